"""How many requests of one account run at once.

Few on a short line, where more only cost processor time; more on a long or lossy one, where each
connection carries only so much. Found by trying: a step up is kept if the speed follows. A service
that says "too many" halves the number and stops the whole account for as long as it asked.
"""

from __future__ import annotations

import os

MOST_FLOWS = 32
SHORT_LINE_SECONDS = 0.005
LONG_LINE_SECONDS = 0.02
BUSY_SECONDS = 0.0012
"""A small file that took no longer kept the worker busy: beside it others would only wait for the
interpreter, of which there is one."""
SAMPLE_SECONDS = 1.5
WORTH_IT = 1.08
WORSE = 0.80


def flows_on_short_line() -> int:
    return max(4, min(8, 2 * (os.cpu_count() or 2)))


class Flows:
    """Belongs to the engine's thread. Times are monotonic seconds."""

    def __init__(self, now: float) -> None:
        self.active = 0
        self.bundles = 0
        """Of the active ones, those that carry several small files."""
        self.blocked_until = 0.0
        self._allowed = 4
        self._rate = 0.0
        self._before_step = 4
        self._sampled_at = now
        self._file_seconds: float | None = None
        """What a small file took lately."""

    @property
    def allowed(self) -> int:
        return self._allowed

    def free(self, now: float) -> int:
        return 0 if now < self.blocked_until else max(0, self._allowed - self.active)

    def slow_down(self, now: float, wait_seconds: float) -> None:
        if now >= self.blocked_until:
            self._allowed = max(1, self._allowed // 2)
        self.blocked_until = max(self.blocked_until, now + wait_seconds)
        self._start_over(now)

    def observe(self, now: float, rate_bytes: float, round_trip_seconds: float | None) -> None:
        """Called while all flows are busy and more work waits; adjusts about every second."""
        if now - self._sampled_at < SAMPLE_SECONDS:
            return
        self._sampled_at = now
        most = self._most(round_trip_seconds)
        if rate_bytes >= self._rate * WORTH_IT:
            self._before_step = self._allowed
            self._allowed = min(most, self._allowed + max(1, self._allowed // 2))
        elif rate_bytes < self._rate * WORSE:
            self._allowed = max(2, min(self._before_step, self._allowed - 1))
        self._rate = max(rate_bytes, self._rate * 0.9)

    def bundle_took(self, files: int, seconds: float) -> None:
        known = self._file_seconds
        new = seconds / files
        self._file_seconds = new if known is None else 0.7 * known + 0.3 * new

    def most_bundles(self, round_trip_seconds: float | None) -> int:
        """So many that all of them together keep one interpreter busy, and no more."""
        if self._file_seconds is not None:
            return min(MOST_FLOWS, 1 + int(self._file_seconds / BUSY_SECONDS))
        short = round_trip_seconds is not None and round_trip_seconds < SHORT_LINE_SECONDS
        return 2 if short else MOST_FLOWS

    def _most(self, round_trip_seconds: float | None) -> int:
        seconds = max(round_trip_seconds or 0.0, self._file_seconds or 0.0)
        return MOST_FLOWS if seconds >= LONG_LINE_SECONDS else flows_on_short_line()

    def _start_over(self, now: float) -> None:
        self._rate = 0.0
        self._sampled_at = now
