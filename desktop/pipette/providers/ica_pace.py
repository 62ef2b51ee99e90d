"""How often ICA is asked: its limit is told nowhere, so we start low, halve on a refusal, grow slowly."""

from __future__ import annotations

import threading
import time

from pipette.providers.ica_errors import asked_wait
from pipette.providers.web import Answer, Budget, Clock

FIRST_RATE = 5.0
"""Calls per second."""
MOST_RATE = 20.0
LEAST_RATE = 0.5
GROWTH_SECONDS = 10.0
"""After so long without a refusal one more call a second is tried."""
SPAN_SECONDS = 4.0
LEAST_WAIT = 2.0
IN_FLIGHT = 4
_TOO_MANY = (429, 503)


class Pace(Budget):
    """One for each account, shared by all threads."""

    def __init__(self, clock: Clock = time.monotonic, rate: float = FIRST_RATE) -> None:
        super().__init__(round(rate * SPAN_SECONDS), SPAN_SECONDS, clock)
        self._rate = rate
        self._changed_at = clock()
        self._changing = threading.Lock()
        self.gate = threading.BoundedSemaphore(IN_FLIGHT)
        """Held during a call: no more than a few are under way at once."""

    @property
    def rate(self) -> float:
        return self._rate

    def take(self, calls: int = 1, *, urgent: bool = False) -> None:
        self._grow()
        super().take(calls, urgent=urgent)

    def heard(self, answer: Answer) -> None:
        if answer.status not in _TOO_MANY:
            return
        self.close_for(max(asked_wait(answer) or 0.0, LEAST_WAIT))
        with self._changing:
            self._set(max(LEAST_RATE, self._rate / 2))

    def _grow(self) -> None:
        with self._changing:
            steps = int((self._clock() - self._changed_at) / GROWTH_SECONDS)
            if steps and self._rate < MOST_RATE:
                self._set(min(MOST_RATE, self._rate + steps))

    def _set(self, rate: float) -> None:
        self._rate = rate
        self._calls = max(1, round(rate * SPAN_SECONDS))
        self._changed_at = self._clock()
