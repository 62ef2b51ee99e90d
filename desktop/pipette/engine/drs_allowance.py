"""What each account may hand over when, remembered over restarts. Belongs to the engine's thread."""

from __future__ import annotations

import json

from pipette.engine.clock import Clock
from pipette.engine.drs_line import Line
from pipette.engine.drs_rows import ImportJob
from pipette.engine.drs_window import SLOW_SECONDS, Window
from pipette.engine.journal import Journal
from pipette.providers.protocol_drs import DrsLimits

TOPIC = "drs-limit"
"""Under which the journal remembers until when an account wants nothing, or less."""


class Allowance:
    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock

    def learn(self, line: Line, limits: DrsLimits) -> None:
        """The service told what it takes; what earlier runs handed over counts against it."""
        line.window, line.knows_limits = Window(limits), True
        now, time = self._clock.monotonic(), self._clock.time()
        span = limits.window_seconds
        handed = self._journal.imports.handed_since(line.account, time - 2 * span)
        line.window.earlier(((time - at, files) for at, files in handed), now)
        remembered = self._journal.memories(TOPIC).get(line.account)
        if remembered:
            closed_until, slow_until = json.loads(remembered)
            line.window.close(now + min(closed_until - time, 2 * span))
            line.window.slow(now + min(slow_until - time, SLOW_SECONDS))

    def handed(self, line: Line, job: ImportJob) -> None:
        """It counts from now, the latest moment at which the service can have taken it."""
        job.handed_at = self._clock.time()
        line.window.handed(self._clock.monotonic(), job.handed)

    def slow_down(self, line: Line, wait_seconds: float | None) -> float:
        """The service wants less; returns when (seconds since the epoch) it takes more."""
        now, time = self._clock.monotonic(), self._clock.time()
        closed_until = time + line.window.restart(now, wait_seconds) - now
        limit = json.dumps([closed_until, time + SLOW_SECONDS])
        self._journal.remember(TOPIC, line.account, limit, time)
        return closed_until
