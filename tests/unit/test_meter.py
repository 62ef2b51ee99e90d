"""Bytes are counted once, failed ones apart, and the speed is that of the last seconds."""

from __future__ import annotations

import threading

import pytest
from tests.fakes.clock import FakeClock

from pipette.engine.meter import Meter
from pipette.model.transfer import Direction

UP, DOWN = Direction.UPLOAD, Direction.DOWNLOAD


def test_what_attempts_moved_adds_up_while_they_run_and_vanishes_when_they_end() -> None:
    meter = Meter(FakeClock())
    with meter.attempt(7, UP) as first:
        first.add(100)
        with meter.attempt(7, UP) as second:
            second.add(30)
            assert meter.running(7) == 130
        assert meter.running(7) == 100
    assert meter.running(7) == 0


def test_a_failed_attempt_takes_its_own_figure_away_but_its_bytes_were_on_the_wire() -> None:
    meter = Meter(FakeClock())
    attempt = meter.attempt(7, UP)

    def fail() -> None:
        with attempt:
            attempt.add(500)
            raise OSError("broken")

    with pytest.raises(OSError, match="broken"):
        fail()
    assert meter.running(7) == 0
    assert meter.wire_bytes(7) == 500


def test_an_attempt_that_starts_over_counts_its_progress_anew() -> None:
    meter = Meter(FakeClock())
    with meter.attempt(7, UP) as attempt:
        attempt.add(500)
        attempt.restart()
        attempt.add(20)
        assert meter.running(7) == 20
    assert meter.wire_bytes(7) == 520


def test_wire_bytes_are_taken_once() -> None:
    meter = Meter(FakeClock())
    with meter.attempt(7, UP) as attempt:
        attempt.add(500)
    assert meter.take_wire_bytes(7) == 500
    assert meter.take_wire_bytes(7) == 0


def test_transfers_do_not_mix() -> None:
    meter = Meter(FakeClock())
    with meter.attempt(1, UP) as one, meter.attempt(2, DOWN) as two:
        one.add(10)
        two.add(20)
        assert (meter.running(1), meter.running(2)) == (10, 20)
    assert (meter.wire_bytes(1), meter.wire_bytes(2)) == (10, 20)


def test_the_speed_is_that_of_the_last_seconds_by_direction() -> None:
    clock = FakeClock()
    meter = Meter(clock)
    with meter.attempt(1, UP) as attempt:
        for _ in range(100):
            attempt.add(100_000)
            clock.advance(0.1)
    assert meter.up_rate() == pytest.approx(1_000_000, rel=0.1)
    assert meter.down_rate() == 0.0


def test_the_speed_falls_to_nothing_when_nothing_moves() -> None:
    clock = FakeClock()
    meter = Meter(clock)
    with meter.attempt(1, DOWN) as attempt:
        attempt.add(1_000_000)
    assert meter.down_rate() > 0
    clock.advance(4)
    assert meter.down_rate() == 0.0


def test_nothing_is_lost_between_threads() -> None:
    meter = Meter(FakeClock())

    def work() -> None:
        with meter.attempt(1, UP) as attempt:
            for _ in range(1000):
                attempt.add(3)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert meter.wire_bytes(1) == 12_000
    assert meter.running(1) == 0
