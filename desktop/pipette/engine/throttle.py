"""The speed limit: one token bucket for all transfers of a direction."""

from __future__ import annotations

import threading

from pipette.engine.clock import Clock
from pipette.engine.interrupt import Interrupt

_BURST_SECONDS = 0.25
"""What an idle bucket may hold, as time at the limit."""

_TURN_SECONDS = 0.05
"""Bytes are granted in turns of about this length, so that many workers share evenly."""

_SHORTEST_WAIT = 0.001


class Throttle:
    """Grants bytes no faster than the limit. Any thread; the limit may change at any time."""

    def __init__(self, clock: Clock, rate_bytes: float | None = None) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._rate: float | None = None
        self._tokens = 0.0
        self._filled_at = clock.monotonic()
        self.set_rate(rate_bytes)

    @property
    def limited(self) -> bool:
        return self._rate is not None

    def set_rate(self, rate_bytes: float | None) -> None:
        """Bytes per second from now on; None for no limit. Those who wait notice within a turn."""
        if rate_bytes is not None and rate_bytes <= 0:
            raise ValueError("a speed limit is more than nothing")
        with self._lock:
            self._rate = rate_bytes
            self._tokens = 0.0
            self._filled_at = self._clock.monotonic()

    def take(self, wanted: int, interrupt: Interrupt) -> int:
        """Wait until some bytes may move; returns how many, from 1 to ``wanted``.

        Raises Interrupted.
        """
        while True:
            interrupt.check()
            granted, wait_seconds = self._grant(wanted)
            if granted:
                return granted
            interrupt.sleep(wait_seconds, self._clock)

    def give_back(self, unused: int) -> None:
        """Return bytes that were granted and did not move after all."""
        with self._lock:
            self._tokens += unused

    def _grant(self, wanted: int) -> tuple[int, float]:
        """Bytes granted now, or 0 and how long to wait before asking again."""
        with self._lock:
            if self._rate is None:
                return wanted, 0.0
            self._refill(self._rate)
            turn = max(1.0, min(wanted, self._rate * _TURN_SECONDS))
            if self._tokens < turn:
                missing_seconds = (turn - self._tokens) / self._rate
                return 0, min(max(missing_seconds, _SHORTEST_WAIT), 2 * _TURN_SECONDS)
            granted = min(wanted, int(self._tokens))
            self._tokens -= granted
            return granted, 0.0

    def _refill(self, rate: float) -> None:
        now = self._clock.monotonic()
        room = max(1.0, rate * _BURST_SECONDS)
        self._tokens = min(self._tokens + (now - self._filled_at) * rate, room)
        self._filled_at = now
