"""What was learned of endpoints, kept over restarts and at hand for any thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

from pipette.engine.clock import Clock
from pipette.engine.journal import Journal

TOPIC = "endpoint"
PATIENCE_SECONDS = 10.0
"""A stopped engine writes nothing any more; then it is learned again."""


class JournalMemory:
    """Answers from memory; new knowledge is written by the journal's own thread."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock
        self._lock = threading.Lock()
        self._known = journal.memories(TOPIC)
        self._post: Callable[[Callable[[], None]], None] | None = None

    def write_with(self, post: Callable[[Callable[[], None]], None]) -> None:
        """From now on there is an engine whose thread writes."""
        self._post = post

    def recall(self, endpoint: str) -> str | None:
        with self._lock:
            return self._known.get(endpoint)

    def remember(self, endpoint: str, value: str) -> None:
        """Returns when it is durable. For workers, never for the engine's own thread."""
        with self._lock:
            self._known[endpoint] = value
        if self._post is None:
            return
        written = threading.Event()
        self._post(partial(self._write, endpoint, value, written))
        written.wait(PATIENCE_SECONDS)

    def _write(self, endpoint: str, value: str, written: threading.Event) -> None:
        self._journal.remember(TOPIC, endpoint, value, self._clock.time())
        self._journal.commit()
        written.set()
