"""The pretend network cable: its speed each way, its delay, and whether it is plugged in."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

SMALLEST_GULP = 1024
GULPS_PER_SECOND = 20
LONGEST_BURST_SECONDS = 0.05


class Hangup(Exception):
    """The connection ends here and now; ``reset`` says whether rudely."""

    def __init__(self, *, reset: bool = True) -> None:
        super().__init__()
        self.reset = reset


class Valve:
    """A token bucket that many connections share. Any thread may turn it at any time."""

    def __init__(self, bytes_per_second: float | None = None) -> None:
        self._turned = threading.Condition()
        self._rate = bytes_per_second
        self._free_at = 0.0

    @property
    def rate(self) -> float | None:
        return self._rate

    def turn(self, bytes_per_second: float | None) -> None:
        """None opens it wholly. Whoever waits at it feels the change at once."""
        if bytes_per_second is not None and bytes_per_second <= 0:
            raise ValueError("a speed limit must be above zero")
        with self._turned:
            self._rate = bytes_per_second
            self._free_at = time.monotonic()
            self._turned.notify_all()

    def wake(self) -> None:
        with self._turned:
            self._turned.notify_all()

    def gulp(self, wanted: int) -> int:
        """How many of the wanted bytes to move in one go, so that the flow stays even."""
        rate = self._rate
        if rate is None:
            return wanted
        return min(wanted, max(SMALLEST_GULP, int(rate / GULPS_PER_SECOND)))

    def take(self, count: int, stopping: threading.Event) -> None:
        """Wait until ``count`` bytes that were moved are paid for."""
        if self._rate is None:
            return
        with self._turned:
            if self._rate is None:
                return
            earliest = time.monotonic() - LONGEST_BURST_SECONDS
            self._free_at = max(self._free_at, earliest) + count / self._rate
            due, rate = self._free_at, self._rate
            while rate == self._rate and (rest := due - time.monotonic()) > 0:
                if stopping.is_set():
                    raise Hangup
                self._turned.wait(rest)


class Line:
    """What lies between the client and the service. Any thread may call anything."""

    def __init__(self) -> None:
        self.up = Valve()
        self.down = Valve()
        self.latency_seconds = 0.0
        self._changed = threading.Condition()
        self._lost = False
        self._watchers: list[Callable[[bool], None]] = []

    @property
    def lost(self) -> bool:
        return self._lost

    def set_speed(self, up: float | None, down: float | None) -> None:
        """Bytes per second each way; None is as fast as it goes."""
        self.up.turn(up)
        self.down.turn(down)

    def lose(self) -> None:
        """Break every connection and refuse new ones until ``restore``."""
        self._switch(lost=True)

    def restore(self) -> None:
        self._switch(lost=False)

    def watch(self, watcher: Callable[[bool], None]) -> None:
        """``watcher(lost)`` is called at each change, on the thread that makes it."""
        with self._changed:
            self._watchers.append(watcher)

    def unwatch(self, watcher: Callable[[bool], None]) -> None:
        with self._changed:
            self._watchers.remove(watcher)

    def delay(self, stopping: threading.Event) -> None:
        """Let the time of one journey over the line pass."""
        if self.latency_seconds > 0 and stopping.wait(self.latency_seconds):
            raise Hangup

    def wake(self) -> None:
        """Make everybody who waits look whether the service is stopping."""
        self.up.wake()
        self.down.wake()

    def _switch(self, *, lost: bool) -> None:
        with self._changed:
            if lost is self._lost:
                return
            self._lost = lost
            watchers = tuple(self._watchers)
        for watcher in watchers:
            watcher(lost)
