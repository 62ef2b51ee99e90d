"""How many files may be handed over now: never more than the service takes in any span of time.

What was handed over counts from the moment its answer came, the latest at which the service can have
taken it. Times are monotonic seconds; what an earlier run handed over is told by its age.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from pipette.providers.protocol_drs import DrsLimits

MARGIN_SECONDS = 1.0
"""Clocks there and here may run a little differently."""
SLOW_SECONDS = 900.0
"""So long is half as much handed over after the service asked to slow down."""


class Window:
    def __init__(self, limits: DrsLimits) -> None:
        self.limits = limits
        self._handed: deque[tuple[float, int]] = deque()
        self._closed_until = float("-inf")
        self._slow_until = float("-inf")

    def handed(self, at: float, files: int) -> None:
        """Any order: an earlier run's come in late."""
        self._handed.append((at, files))

    def earlier(self, ages: Iterable[tuple[float, int]], now: float) -> None:
        """What earlier runs handed over, as (seconds ago, files)."""
        for age, files in ages:
            self.handed(now - max(0.0, age), files)

    def restart(self, now: float, wait_seconds: float | None) -> float:
        """The service said that it was too much; returns when it may be asked again."""
        wait = max(self.limits.window_seconds + MARGIN_SECONDS, wait_seconds or 0.0)
        self.close(now + wait)
        self.slow(now + SLOW_SECONDS)
        return self._closed_until

    def close(self, until: float) -> None:
        self._closed_until = max(self._closed_until, until)

    def slow(self, until: float) -> None:
        self._slow_until = max(self._slow_until, until)

    def opens_at(self, files: int, now: float) -> float:
        """When so many more may be handed over; ``now`` or earlier if they may already."""
        span = self.limits.window_seconds + MARGIN_SECONDS
        self._forget(now - span)
        room = self._most(now) - sum(count for _, count in self._handed)
        opens = self._closed_until
        for at, count in sorted(self._handed):
            if room >= files:
                break
            room += count
            opens = max(opens, at + span)
        return opens

    def _most(self, now: float) -> int:
        if now < self._slow_until:
            return max(self.limits.items, self.limits.files // 2)
        return self.limits.files

    def _forget(self, before: float) -> None:
        kept = [(at, files) for at, files in self._handed if at > before]
        self._handed = deque(kept)
