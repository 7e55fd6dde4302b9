"""The password split, names as they are compared, and made-up salts."""

import dataclasses
import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.passwords import KdfError, KdfParameters, fake_salt, hkdf, normalise_name, split_password
from accounts.wire import WireError, decode_base64url

Entry = dict[str, Any]

PATH = Path(__file__).parents[2] / "keys" / "protocol" / "vectors.json"
VECTORS: Entry = json.loads(PATH.read_text(encoding="utf-8"))
KDF = KdfParameters.default(bytes(16))


@pytest.mark.parametrize("entry", VECTORS["passwords"]["split"])
def test_a_password_is_split(entry: Entry) -> None:
    secrets = split_password(entry["password"], KdfParameters.from_json(entry["kdf"]))
    assert secrets.sign_in_secret == entry["sign_in_secret"]
    assert secrets.wrapping_key == decode_base64url(entry["wrapping_key"])


def test_spellings_of_one_password_are_one_password() -> None:
    split = VECTORS["passwords"]["split"]
    assert split[2]["password"] != split[3]["password"]
    assert split[2]["sign_in_secret"] == split[3]["sign_in_secret"]


def test_the_two_secrets_tell_nothing_of_each_other() -> None:
    for entry in VECTORS["passwords"]["split"]:
        assert entry["sign_in_secret"] != entry["wrapping_key"]


def test_an_empty_password_is_refused() -> None:
    with pytest.raises(WireError):
        split_password("", KDF)


@pytest.mark.parametrize("entry", VECTORS["passwords"]["refused_kdf"], ids=lambda entry: str(entry["why"]))
def test_weak_and_costly_parameters_are_refused(entry: Entry) -> None:
    with pytest.raises(KdfError):
        KdfParameters.from_json(entry["kdf"])


@pytest.mark.parametrize("missing", ["algorithm", "memory_kib", "passes", "lanes", "salt"])
def test_a_missing_parameter_is_refused(missing: str) -> None:
    json_object = KDF.to_json()
    del json_object[missing]
    with pytest.raises(KdfError):
        KdfParameters.from_json(json_object)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(JSON, st.dictionaries(st.sampled_from(["algorithm", "memory_kib", "passes", "lanes", "salt"]), JSON))
def test_any_json_is_parameters_or_refused(value: object, change: dict[str, object]) -> None:
    for given_json in (value, {**KDF.to_json(), **change}):
        try:
            parameters = KdfParameters.from_json(given_json)
        except KdfError:
            continue
        assert 47_104 <= parameters.memory_kib <= 262_144


@settings(deadline=None)
@given(st.sampled_from([47_104, 65_536, 262_144]), st.integers(3, 10), st.binary(min_size=16, max_size=16))
def test_parameters_within_bounds_go_through_json(memory_kib: int, passes: int, salt: bytes) -> None:
    parameters = KdfParameters("argon2id", memory_kib, passes, 1, salt)
    assert KdfParameters.from_json(json.loads(json.dumps(parameters.to_json()))) == parameters


@pytest.mark.parametrize("passes", [1, 2])
def test_fewer_passes_need_more_memory(passes: int) -> None:
    assert dataclasses.replace(KDF, passes=passes).passes == passes
    with pytest.raises(KdfError):
        dataclasses.replace(KDF, passes=passes, memory_kib=65_535)


def test_new_accounts_have_a_salt_of_their_own() -> None:
    first, second = KdfParameters.default(), KdfParameters.default()
    assert first.salt != second.salt
    assert dataclasses.replace(first, salt=second.salt) == second
    assert (first.memory_kib, first.passes, first.lanes) == (65_536, 3, 1)


@pytest.mark.parametrize("entry", VECTORS["names"]["normalised"], ids=lambda entry: str(entry["name"]))
def test_names_are_compared_without_case_and_spelling(entry: Entry) -> None:
    assert normalise_name(entry["name"]) == entry["normalised"]


@settings(deadline=None)
@given(st.text())
def test_a_normalised_name_is_nfkc(name: str) -> None:
    assert unicodedata.is_normalized("NFKC", normalise_name(name))


def test_upper_and_lower_case_of_a_letter_are_one_name() -> None:
    for letter in map(chr, range(0x370, 0x590)):
        assert normalise_name(letter.lower()) == normalise_name(letter)


@pytest.mark.parametrize("entry", VECTORS["names"]["fake_salts"], ids=lambda entry: str(entry["normalised"]))
def test_a_made_up_salt_is_always_the_same(entry: Entry) -> None:
    salt = fake_salt(decode_base64url(entry["server_secret"]), entry["normalised"])
    assert salt == decode_base64url(entry["salt"])


@settings(deadline=None)
@given(st.text(), st.text())
def test_made_up_salts_look_like_real_ones(name: str, other: str) -> None:
    salt = fake_salt(b"secret", name)
    assert len(salt) == 16
    assert (salt == fake_salt(b"secret", other)) == (name == other)
    assert salt != fake_salt(b"another", name)


def test_any_json_text_has_a_made_up_salt() -> None:
    assert len(fake_salt(b"secret", "\ud800")) == 16


def test_hkdf_gives_what_rfc_5869_publishes() -> None:
    """Test case 3 of appendix A: empty salt and info; the first 32 bytes of 42."""
    expected = "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
    assert hkdf(b"\x0b" * 22, b"").hex() == expected
