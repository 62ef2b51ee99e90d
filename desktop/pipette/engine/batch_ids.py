"""Batch ids such as ``20261120-3``: short, speakable, unique in a home, made on any thread."""

from __future__ import annotations

import threading
from datetime import datetime

from pipette.engine.clock import Clock
from pipette.engine.journal import Journal
from pipette.model.transfer import BatchId


class BatchIds:
    def __init__(self, journal: Journal, clock: Clock) -> None:
        """Made before the engine's thread starts: reads the journal once."""
        self._clock = clock
        self._lock = threading.Lock()
        self._day = self._today()
        self._last = journal.last_batch_number(self._day)

    def next(self) -> BatchId:
        with self._lock:
            today = self._today()
            if today != self._day:
                self._day, self._last = today, 0
            self._last += 1
            return BatchId(f"{self._day}-{self._last}")

    def _today(self) -> str:
        return datetime.fromtimestamp(self._clock.time()).astimezone().strftime("%Y%m%d")
