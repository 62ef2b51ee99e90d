"""The speed limit holds, whatever the pieces and however many ask."""

from __future__ import annotations

import pytest
from tests.fakes.clock import FakeClock

from pipette.engine.interrupt import Interrupt
from pipette.engine.throttle import Throttle
from pipette.model.errors import Interrupted
from pipette.model.files import KiB, MiB


def move(throttle: Throttle, count: int, step: int = 256 * KiB) -> int:
    """Take so many bytes in all; returns the largest grant."""
    interrupt, largest = Interrupt(), 0
    while count:
        granted = throttle.take(min(step, count), interrupt)
        assert 1 <= granted <= min(step, count)
        largest = max(largest, granted)
        count -= granted
    return largest


def test_without_a_limit_everything_is_granted_at_once() -> None:
    clock = FakeClock()
    throttle = Throttle(clock)
    assert not throttle.limited
    assert throttle.take(5 * MiB, Interrupt()) == 5 * MiB
    assert clock.slept == []


@pytest.mark.parametrize("rate", [300.0, 20_000.0, 1_000_000.0, 80_000_000.0])
def test_so_many_bytes_take_their_time(rate: float) -> None:
    clock = FakeClock()
    throttle = Throttle(clock, rate)
    started = clock.monotonic()
    move(throttle, int(rate * 60))
    assert clock.monotonic() - started == pytest.approx(60, rel=0.02)


def test_bytes_are_granted_in_small_turns_so_that_workers_share() -> None:
    throttle = Throttle(FakeClock(), 1_000_000)
    assert move(throttle, 3_000_000) <= 100_000


def test_an_idle_bucket_holds_no_more_than_a_quarter_of_a_second() -> None:
    clock = FakeClock()
    throttle = Throttle(clock, 1_000_000)
    clock.advance(3600)
    started = clock.monotonic()
    move(throttle, 1_250_000)
    assert clock.monotonic() - started == pytest.approx(1.0, abs=0.06)


def test_a_new_limit_counts_from_now_on() -> None:
    clock = FakeClock()
    throttle = Throttle(clock, 1_000)
    move(throttle, 1_000)
    throttle.set_rate(1_000_000)
    started = clock.monotonic()
    move(throttle, 10_000_000)
    assert clock.monotonic() - started == pytest.approx(10, rel=0.02)


def test_a_lifted_limit_frees_those_who_wait_within_a_tenth_of_a_second() -> None:
    clock = FakeClock()
    throttle = Throttle(clock, 0.001)
    interrupt = Interrupt()
    granted, wait_seconds = throttle._grant(1000)
    assert granted == 0
    assert wait_seconds <= 0.1
    throttle.set_rate(None)
    assert throttle.take(1000, interrupt) == 1000


def test_what_was_given_back_may_move_at_once() -> None:
    clock = FakeClock()
    throttle = Throttle(clock, 1_000_000)
    granted = throttle.take(50_000, Interrupt())
    throttle.give_back(granted)
    before = len(clock.slept)
    assert throttle.take(granted, Interrupt()) == granted
    assert len(clock.slept) == before


def test_a_job_that_is_stopped_waits_no_longer() -> None:
    interrupt = Interrupt()
    interrupt.trip()
    with pytest.raises(Interrupted):
        Throttle(FakeClock(), 1.0).take(10, interrupt)


@pytest.mark.parametrize("rate", [0.0, -5.0])
def test_a_limit_of_nothing_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="more than nothing"):
        Throttle(FakeClock()).set_rate(rate)
