"""A running job stops at once, and only that job."""

from __future__ import annotations

import threading

import pytest
from tests.fakes.clock import FakeClock

from pipette.engine.interrupt import Interrupt
from pipette.model.errors import Interrupted


def test_check_passes_until_it_is_tripped() -> None:
    interrupt = Interrupt()
    interrupt.check()
    assert not interrupt.tripped
    interrupt.trip()
    assert interrupt.tripped
    with pytest.raises(Interrupted):
        interrupt.check()


def test_tripping_wakes_every_block_once_however_often_it_is_tripped() -> None:
    woken: list[str] = []
    interrupt = Interrupt()
    first = interrupt.waking(lambda: woken.append("outer"))
    with first, interrupt.waking(lambda: woken.append("inner")):
        interrupt.trip()
        interrupt.trip()
    assert sorted(woken) == ["inner", "outer"]


def test_a_block_that_ended_is_not_woken() -> None:
    woken: list[str] = []
    interrupt = Interrupt()
    with interrupt.waking(lambda: woken.append("ended")):
        pass
    interrupt.trip()
    assert woken == []


def test_no_block_is_entered_after_it_was_tripped() -> None:
    interrupt = Interrupt()
    interrupt.trip()
    with pytest.raises(Interrupted), interrupt.waking(lambda: None):
        pytest.fail("entered")


def test_a_block_ends_only_after_its_waker_returned() -> None:
    """Else the waker could shut down a socket that serves another job by then."""
    interrupt = Interrupt()
    in_waker = threading.Event()
    go_on = threading.Event()
    order: list[str] = []

    def wake() -> None:
        in_waker.set()
        assert go_on.wait(10)
        order.append("waker done")

    def work() -> None:
        with interrupt.waking(wake):
            assert in_waker.wait(10)
            go_on.set()
        order.append("block left")

    worker = threading.Thread(target=work)
    worker.start()
    while not interrupt._wakers:
        worker.join(0.001)
    interrupt.trip()
    worker.join(10)
    assert order == ["waker done", "block left"]


def test_sleep_lets_its_time_pass() -> None:
    clock = FakeClock()
    Interrupt().sleep(7.5, clock)
    assert clock.slept == [7.5]


def test_sleep_ends_at_once_when_tripped_from_another_thread() -> None:
    interrupt = Interrupt()
    outcome: list[str] = []
    asleep = threading.Event()

    def work() -> None:
        asleep.set()
        try:
            interrupt.sleep(3600)
        except Interrupted:
            outcome.append("interrupted")

    worker = threading.Thread(target=work)
    worker.start()
    assert asleep.wait(10)
    interrupt.trip()
    worker.join(10)
    assert outcome == ["interrupted"]


def test_sleep_does_not_begin_when_tripped_before() -> None:
    clock = FakeClock()
    interrupt = Interrupt()
    interrupt.trip()
    with pytest.raises(Interrupted):
        interrupt.sleep(5, clock)
    assert clock.slept == []
