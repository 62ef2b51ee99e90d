"""A clock that runs by hand: waiting costs no time and moves it on."""

from __future__ import annotations

import threading


class FakeClock:
    """Starts at a fixed date. Whoever sleeps or waits moves it on. Any thread."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self._lock = threading.Lock()
        self._start = now
        self._passed = 0.0
        self.slept: list[float] = []

    def time(self) -> float:
        return self._start + self._passed

    def monotonic(self) -> float:
        return 1000.0 + self._passed

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self._passed += max(0.0, seconds)

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """An event that is set already costs no time; otherwise all of it passes at once."""
        if not event.is_set():
            self.sleep(seconds)
        return event.is_set()

    def advance(self, seconds: float) -> None:
        with self._lock:
            self._passed += seconds
