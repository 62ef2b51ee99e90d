"""Stops a running job from another thread: pause, cancel or quit."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType

from pipette.engine.clock import Clock, SystemClock
from pipette.model.errors import Interrupted

_SYSTEM_CLOCK = SystemClock()


class Interrupt:
    """One per running job. All methods may be called from any thread.

    Once tripped it stays tripped; the next run of the job gets a new one.
    """

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._wakers: list[Callable[[], None]] = []

    @property
    def tripped(self) -> bool:
        return self._event.is_set()

    def trip(self) -> None:
        """Stop the job: whatever it is blocked in returns at once.

        Wakers run under the lock, so that none runs after its block ended: by then the socket it
        would shut down may serve another job.
        """
        with self._lock:
            if self._event.is_set():
                return
            self._event.set()
            for wake in self._wakers:
                wake()

    def check(self) -> None:
        """Raises Interrupted when tripped."""
        if self._event.is_set():
            raise Interrupted

    def waking(self, wake: Callable[[], None]) -> Waking:
        """A block in which ``trip`` calls ``wake``, which must be quick and must not come back here.

        Raises Interrupted on entry when already tripped.
        """
        return Waking(self, wake)

    def sleep(self, seconds: float, clock: Clock = _SYSTEM_CLOCK) -> None:
        """Wait; raises Interrupted as soon as tripped."""
        if clock.wait(self._event, seconds):
            raise Interrupted

    def _register(self, wake: Callable[[], None]) -> None:
        with self._lock:
            self.check()
            self._wakers.append(wake)

    def _forget(self, wake: Callable[[], None]) -> None:
        with self._lock:
            self._wakers.remove(wake)


class Waking:
    """The block made by ``Interrupt.waking``."""

    __slots__ = ("_interrupt", "_wake")

    def __init__(self, interrupt: Interrupt, wake: Callable[[], None]) -> None:
        self._interrupt = interrupt
        self._wake = wake

    def __enter__(self) -> None:
        self._interrupt._register(self._wake)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._interrupt._forget(self._wake)
