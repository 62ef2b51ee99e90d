"""When a step is tried again, as a table."""

from __future__ import annotations

import random

import pytest

from pipette.engine.retry import (
    LONGEST_ASKED_WAIT,
    LONGEST_WAIT,
    LONGEST_WAIT_OFFLINE,
    MOST_TRIES,
    delay_seconds,
)
from pipette.model.errors import BadPart, NetworkDown, SlowDown, Stalled, Temporary


class Chance(random.Random):
    """Always the least, or always the most."""

    def __init__(self, most: bool) -> None:
        super().__init__(1)
        self._most = most

    def uniform(self, a: float, b: float) -> float:
        return b if self._most else a


LEAST, MOST = Chance(False), Chance(True)


@pytest.mark.parametrize(
    ("error", "tries", "least", "most"),
    [
        (Temporary("500"), 1, 0.5, 1.0),
        (Temporary("500"), 2, 1.0, 2.0),
        (Temporary("500"), 4, 4.0, 8.0),
        (Temporary("500"), 7, 32.0, 64.0),
        (BadPart("crc"), 3, 2.0, 4.0),
        (Stalled("60 s"), 3, 2.0, 4.0),
        (NetworkDown("no route"), 1, 0.5, 1.0),
        (NetworkDown("no route"), 4, 4.0, 8.0),
        (NetworkDown("no route"), 50, LONGEST_WAIT_OFFLINE / 2, LONGEST_WAIT_OFFLINE),
        (SlowDown("503"), 9, LONGEST_WAIT / 2, LONGEST_WAIT),
        (SlowDown("503", wait_seconds=7.0), 1, 7.0, 7.5),
        (SlowDown("429", wait_seconds=0.0), 1, 0.0, 0.5),
        (Temporary("503", wait_seconds=30.0), 7, 30.0, 30.5),
        (SlowDown("429", wait_seconds=86_400.0), 1, LONGEST_ASKED_WAIT, LONGEST_ASKED_WAIT + 0.5),
    ],
)
def test_waits_grow_up_to_a_limit_and_obey_the_service(
    error: Temporary, tries: int, least: float, most: float
) -> None:
    assert delay_seconds(error, tries, LEAST) == least
    assert delay_seconds(error, tries, MOST) == most


@pytest.mark.parametrize("error", [Temporary("500"), BadPart("crc"), Stalled("x")])
@pytest.mark.parametrize("wait", [None, 5.0])
def test_after_the_last_try_there_is_none(error: Temporary, wait: float | None) -> None:
    error.wait_seconds = wait
    assert delay_seconds(error, MOST_TRIES - 1, MOST) is not None
    assert delay_seconds(error, MOST_TRIES, MOST) is None


@pytest.mark.parametrize("error", [NetworkDown("x"), SlowDown("x")])
def test_network_and_slow_down_never_use_up_the_tries(error: Temporary) -> None:
    assert delay_seconds(error, 10_000, MOST) is not None


def test_waits_differ_so_that_many_do_not_come_back_at_once() -> None:
    chance = random.Random(3)
    waits = {delay_seconds(Temporary("500"), 5, chance) for _ in range(50)}
    assert len(waits) == 50
