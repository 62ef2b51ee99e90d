"""Notices that a connection stands still, or as good as."""

from __future__ import annotations

from pipette.engine.clock import Clock
from pipette.engine.interrupt import Interrupt
from pipette.model.errors import Stalled

LEAST_RATE = 1000.0
"""Bytes per second below which a part counts as standing still."""


class Pace:
    """Counts the time one exchange spends in the network, and only there.

    Reading the disk and waiting for the speed limit are not the network's fault: call ``start``
    before each network operation, and ``moved`` or ``waited`` after it.
    """

    __slots__ = ("_bytes", "_clock", "_idle", "_interrupt", "_least", "_since", "_stall", "_window")

    def __init__(self, clock: Clock, interrupt: Interrupt, stall_seconds: float) -> None:
        self._clock = clock
        self._interrupt = interrupt
        self._stall = stall_seconds
        self._least = 0.0
        self._since = clock.monotonic()
        self._idle = 0.0
        self._window = 0.0
        self._bytes = 0

    def expect_flow(self) -> None:
        """From now on a body moves: trickling is as bad as standing still."""
        self._expect(LEAST_RATE * self._stall)

    def expect_answer(self) -> None:
        """From now on the other side may think as long as the stall limit."""
        self._expect(0.0)

    def start(self) -> None:
        self._since = self._clock.monotonic()

    def moved(self, count: int) -> None:
        """Raises Stalled when a whole stall limit brought next to nothing."""
        self._pass_time()
        self._idle = 0.0
        self._bytes += count
        if self._window >= self._stall:
            self._judge()

    def waited(self) -> None:
        """Nothing moved for a moment. Raises Interrupted, or Stalled at the stall limit."""
        self._interrupt.check()
        self._pass_time()
        if self._idle >= self._stall:
            raise Stalled(f"nothing moved for {self._stall:g} seconds")

    def check(self) -> None:
        self._interrupt.check()

    def _expect(self, least: float) -> None:
        self._least = least
        self._idle = 0.0
        self._window = 0.0
        self._bytes = 0

    def _pass_time(self) -> None:
        now = self._clock.monotonic()
        took = now - self._since
        self._since = now
        self._idle += took
        self._window += took

    def _judge(self) -> None:
        if self._bytes < self._least:
            raise Stalled(f"only {self._bytes} bytes moved in {self._window:.0f} seconds")
        self._window = 0.0
        self._bytes = 0
