"""How many requests of one account run at once.

Few on a short line, where more only cost processor time; more on a long or lossy one, where each
connection carries only so much. Found by trying: a step up is kept if the speed follows. A service
that says "too many" halves the number and stops the whole account for as long as it asked.
"""

from __future__ import annotations

import os

from pipette.model.files import KiB

MOST_FLOWS = 32
SHORT_LINE_SECONDS = 0.005
LONG_LINE_SECONDS = 0.02
SAMPLE_SECONDS = 1.5
CLIMB_SECONDS = 0.3
CLIMB_RESTS = 6
QUICK_FILE = 128 * KiB
WORTH_IT = 1.08
WORSE = 0.80
AS_GOOD = 0.97


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
        self._climb = Climb()

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

    def bundle_begins(self, now: float) -> None:
        if not self.bundles:
            self._climb.begin(now)
        self.bundles += 1

    def bundle_ended(self, now: float, files: int) -> None:
        self.bundles -= 1
        self._climb.ended(now, files)

    def most_bundles(self, round_trip_seconds: float | None, file_bytes: int) -> int:
        """Small files cost the interpreter's time, of which there is one: beside a worker that need
        not wait for answers, others only get in its way."""
        if round_trip_seconds is None:
            return MOST_FLOWS
        if round_trip_seconds >= SHORT_LINE_SECONDS:
            return self._climb.height(MOST_FLOWS // 4)
        return self._climb.height(1 if file_bytes < QUICK_FILE else 2)

    def _most(self, round_trip_seconds: float | None) -> int:
        long_line = round_trip_seconds is not None and round_trip_seconds >= LONG_LINE_SECONDS
        return max(MOST_FLOWS if long_line else flows_on_short_line(), self._climb.height(0))

    def _start_over(self, now: float) -> None:
        self._rate = 0.0
        self._sampled_at = now


class Climb:
    """Finds how many bundles at once make the most files a second: now and then more of them are
    tried, or fewer, and what was worth it stays."""

    def __init__(self) -> None:
        self._height = 0
        self._files = 0
        self._since = 0.0
        self._rate = 0.0
        self._upwards = True
        self._before = 0
        """The height from which another one is being tried; 0 when none is."""
        self._rests = 0
        """Samples until the next try."""

    def height(self, at_first: int) -> int:
        self._height = self._height or at_first
        return self._height

    def begin(self, now: float) -> None:
        """After a while in which there was nothing to count."""
        self._files, self._since = 0, now

    def ended(self, now: float, files: int) -> None:
        self._files += files
        if not self._height or now - self._since < CLIMB_SECONDS:
            return
        rate = self._files / (now - self._since)
        self.begin(now)
        if not self._before:
            self._rate, self._rests = rate, self._rests - 1
            if self._rests >= 0:
                return
            self._before = self._height
            step = max(1, self._height // 2) if self._upwards else -1
            self._height = max(1, min(MOST_FLOWS, self._height + step))
            return
        if rate < self._rate * (WORTH_IT if self._upwards else AS_GOOD):
            self._height = self._before
            self._upwards = not self._upwards
            self._rests = CLIMB_RESTS
        self._before = 0
