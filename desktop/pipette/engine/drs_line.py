"""One account's imports as the engine holds them, and the errands workers run for it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from pipette.engine.clock import Clock
from pipette.engine.drs_rows import Flight, ImportJob
from pipette.engine.drs_window import Window
from pipette.engine.errand import answer_of
from pipette.engine.ledger import Ledger
from pipette.engine.pool import Pool
from pipette.engine.records import Batch
from pipette.engine.waits import Holds
from pipette.model.errors import SignInNeeded, TransferError
from pipette.model.transfer import Direction, Problem
from pipette.providers.protocol_drs import DrsLimits

log = logging.getLogger(__name__)

FIRST_TROUBLE_SECONDS = 5.0
LONGEST_TROUBLE_SECONDS = 60.0

UNKNOWN = DrsLimits(items=1, files=1, window_seconds=300.0)
"""Nothing is handed over under these."""

Answer = TypeVar("Answer")


@dataclass(slots=True)
class Line:
    account: str
    window: Window = field(default_factory=lambda: Window(UNKNOWN))
    knows_limits: bool = False
    """Whether the service told what it takes."""
    is_busy: bool = False
    is_held: bool = False
    wake_at: float = 0.0
    """Nothing is to be done before this moment (monotonic)."""
    failures: int = 0
    flights: dict[int, Flight] = field(default_factory=dict)
    handing: ImportJob | None = None
    """What the service is just being asked to take."""

    def hurry(self) -> None:
        """Something may be to do now."""
        self.wake_at = 0.0


class Courier:
    """Sends errands, one at a time for each account. Belongs to the engine's thread."""

    def __init__(
        self,
        ledger: Ledger,
        holds: Holds,
        pool: Pool,
        clock: Clock,
        post: Callable[[Callable[[], None]], None],
    ) -> None:
        self._ledger = ledger
        self._holds = holds
        self._pool = pool
        self._clock = clock
        self._post = post

    def send(
        self,
        line: Line,
        errand: Callable[[], Answer],
        then: Callable[[Answer], None],
        otherwise: Callable[[TransferError], None],
    ) -> None:
        """Have a worker run ``errand``; its answer, or its failure, is handed back here."""
        line.is_busy = True
        self._pool.start(partial(self._run, line, errand, then, otherwise))

    def _run(
        self,
        line: Line,
        errand: Callable[[], Answer],
        then: Callable[[Answer], None],
        otherwise: Callable[[TransferError], None],
    ) -> None:
        """On a worker."""
        answer = answer_of(errand, f"an import at {line.account}")
        if isinstance(answer, TransferError):
            self._post(partial(self._failed, line, answer, otherwise))
        else:
            self._post(partial(self._came_back, line, answer, then))

    def _came_back(self, line: Line, answer: Answer, then: Callable[[Answer], None]) -> None:
        line.is_busy = False
        line.failures = 0
        line.hurry()
        self._tell(line, None)
        then(answer)

    def _failed(
        self, line: Line, error: TransferError, otherwise: Callable[[TransferError], None]
    ) -> None:
        line.is_busy = False
        otherwise(error)

    def trouble(self, line: Line, error: TransferError) -> None:
        """The account waits for a new key, or for better times."""
        if isinstance(error, SignInNeeded):
            self._holds.hold(line.account, error)
            return
        line.failures += 1
        grown = FIRST_TROUBLE_SECONDS * 2.0 ** (line.failures - 1)
        wait = error.wait_seconds or min(LONGEST_TROUBLE_SECONDS, grown)
        line.wake_at = self._clock.monotonic() + wait
        self._tell(line, Problem(error.kind, error.detail, self._clock.time()))

    def _tell(self, line: Line, problem: Problem | None) -> None:
        for batch in self.batches(line):
            if batch.problem != problem:
                batch.problem = problem
                self._ledger.touch(batch.id)

    def batches(self, line: Line) -> list[Batch]:
        """Those of this account that are not left alone, first in line first."""
        return [
            batch
            for batch in self._ledger.in_order()
            if batch.direction is Direction.IMPORT
            and batch.place.account == line.account
            and not batch.parked
            and batch.finished_at is None
        ]
