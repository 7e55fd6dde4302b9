"""The command that makes vectors.json."""

from pathlib import Path

import pytest

from keys.protocol import make_vectors


def test_the_file_is_what_the_command_would_write() -> None:
    assert make_vectors.main(["--check"]) == 0


def test_a_new_file_is_made_and_then_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "vectors.json"
    monkeypatch.setattr(make_vectors, "PATH", path)
    assert make_vectors.main(["--check"]) == 1
    assert make_vectors.main([]) == 0
    assert make_vectors.main(["--check"]) == 0
    path.write_text(path.read_text(encoding="utf-8").replace("alice", "alicf"), encoding="utf-8")
    assert make_vectors.main(["--check"]) == 1
