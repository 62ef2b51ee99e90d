"""Never more files in any span of time than the service takes."""

from __future__ import annotations

import random

from pipette.engine.drs_window import Window
from pipette.providers.protocol_drs import DrsLimits

LIMITS = DrsLimits(items=100, files=500, window_seconds=300.0)


def test_the_window_takes_its_fill_at_once_and_then_waits() -> None:
    window = Window(LIMITS)
    for _ in range(5):
        assert window.opens_at(100, 1000.0) <= 1000.0
        window.handed(1000.0, 100)
    assert window.opens_at(100, 1000.0) == 1301.0
    assert window.opens_at(100, 1301.0) <= 1301.0


def test_as_much_opens_as_has_left() -> None:
    window = Window(LIMITS)
    window.handed(1000.0, 300)
    window.handed(1100.0, 200)
    assert window.opens_at(100, 1200.0) == 1301.0
    assert window.opens_at(400, 1200.0) == 1401.0


def test_a_request_larger_than_the_window_goes_when_it_is_empty() -> None:
    window = Window(LIMITS)
    assert window.opens_at(900, 1000.0) <= 1000.0


def test_what_an_earlier_run_handed_over_counts_by_its_age() -> None:
    window = Window(LIMITS)
    window.earlier([(200.0, 450), (-50.0, 50)], now=1000.0)
    assert window.opens_at(100, 1000.0) == 1101.0


def test_too_much_closes_the_window_and_halves_it_for_a_while() -> None:
    window = Window(LIMITS)
    assert window.restart(1000.0, None) == 1301.0
    assert window.opens_at(100, 1000.0) == 1301.0
    window.handed(1301.0, 200)
    assert window.opens_at(100, 1301.0) == 1602.0
    assert window.opens_at(100, 1901.0) <= 1901.0


def test_a_longer_wait_the_service_asked_for_is_kept() -> None:
    assert Window(LIMITS).restart(1000.0, 900.0) == 1900.0


def test_in_no_span_is_the_limit_passed_whatever_is_handed_over_when() -> None:
    chance = random.Random(7)
    window, now, handed = Window(LIMITS), 0.0, []
    for _ in range(300):
        files = chance.randrange(1, 101)
        now = max(now + chance.choice([0.0, 1.0, 40.0]), window.opens_at(files, now))
        window.handed(now, files)
        handed.append((now, files))
    for begin, _ in handed:
        assert sum(files for at, files in handed if begin <= at <= begin + 300.0) <= 500
