"""How fast a row goes and how long it will take: calm figures from jumpy ones."""

from __future__ import annotations

from collections import deque

SMOOTHED_SECONDS = 60.0
SHOWN_AFTER_SECONDS = 10.0
_BETWEEN_SAMPLES = 1.0


class Pace:
    """Bytes moved over the last minute. Fed on the GUI thread with one clock.

    ``rate`` and ``seconds_left`` are None until ten seconds were seen: blank rather than wild.
    """

    __slots__ = ("_last_at", "_moved", "_samples")

    def __init__(self) -> None:
        self._samples: deque[tuple[float, float]] = deque()
        self._moved = 0.0
        self._last_at: float | None = None

    def note_moved(self, at: float, moved: float) -> None:
        """``moved`` is the sum so far; it may fall when a failed attempt gives its bytes back."""
        self._moved, self._last_at = moved, at
        if not self._samples or at - self._samples[-1][0] >= _BETWEEN_SAMPLES:
            self._samples.append((at, moved))
        while at - self._samples[0][0] > SMOOTHED_SECONDS:
            self._samples.popleft()

    def note_rate(self, at: float, rate_bytes: float) -> None:
        """For sources that know only how fast they go just now."""
        elapsed = 0.0 if self._last_at is None else at - self._last_at
        self.note_moved(at, self._moved + rate_bytes * elapsed)

    @property
    def rate(self) -> float | None:
        if self._last_at is None:
            return None
        started_at, moved_before = self._samples[0]
        elapsed = self._last_at - started_at
        if elapsed < SHOWN_AFTER_SECONDS:
            return None
        return max(0.0, (self._moved - moved_before) / elapsed)

    def seconds_left(self, remaining: float) -> float | None:
        rate = self.rate
        return remaining / rate if rate else None
