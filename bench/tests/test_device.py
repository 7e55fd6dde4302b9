"""A phone is as slow as it says, whatever the machine."""

import pytest

from bench.device import slowdown_to


@pytest.mark.parametrize("speed", [800, 1448, 3200])
def test_a_processor_is_slowed_down_until_it_has_the_index_of_the_phone(speed: float) -> None:
    slowdown = slowdown_to(264, lambda times: speed / times)
    assert speed / slowdown == pytest.approx(264, rel=0.02)


def test_a_processor_that_is_slower_than_the_phone_stays_as_it_is() -> None:
    assert slowdown_to(264, lambda times: 200 / times) == pytest.approx(1, abs=0.01)
