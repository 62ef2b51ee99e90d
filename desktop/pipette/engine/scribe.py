"""Writes what changed down, in good time and together, and notices when a batch has come to rest."""

from __future__ import annotations

from collections.abc import Callable

from pipette.engine.clock import Clock
from pipette.engine.course import Course
from pipette.engine.endings import Endings
from pipette.engine.journal import Journal
from pipette.engine.ledger import Ledger
from pipette.engine.records import Batch
from pipette.engine.waits import Holds
from pipette.model.errors import holds_account
from pipette.model.transfer import BatchId, Problem, State

COMMIT_SECONDS = 0.05
"""Receipts are gathered for so long: a power cut loses what was in flight then anyway."""


class Scribe:
    """Belongs to the engine's thread."""

    def __init__(
        self,
        ledger: Ledger,
        journal: Journal,
        course: Course,
        holds: Holds,
        endings: Endings,
        clock: Clock,
        batch_at_rest: Callable[[BatchId], None],
    ) -> None:
        self._ledger = ledger
        self._journal = journal
        self._course = course
        self._holds = holds
        self._endings = endings
        self._clock = clock
        self._batch_at_rest = batch_at_rest
        self._resting: set[BatchId] = set()
        self._committed_at = clock.monotonic()

    def write(self, *, force: bool) -> None:
        self._follow_holds()
        now = self._clock.monotonic()
        if not force and now - self._committed_at < COMMIT_SECONDS:
            return
        self._commit()
        # What is done at a batch's end, on a worker, reads what stands in the journal.
        come_to_rest = [batch for batch in self._ledger.batches.values() if self._rests(batch)]
        if come_to_rest:
            self._commit()
        self._committed_at = now
        for batch in come_to_rest:
            self._batch_at_rest(batch.id)

    def _commit(self) -> None:
        self._ledger.flush()
        self._journal.commit()

    @property
    def has_something_to_write(self) -> bool:
        return self._journal.is_dirty or self._ledger.is_dirty

    def known_at_rest(self, batch: BatchId) -> None:
        """It was at rest already when the program started."""
        self._resting.add(batch)

    def disturbed(self, batch: BatchId) -> None:
        """Somebody set something of it going again."""
        self._resting.discard(batch)
        self._endings.undo(batch)
        self._ledger.batches[batch].finished_at = None
        self._ledger.touch(batch)

    def rechecked(self, batch: BatchId, outcome: dict[str, int]) -> None:
        """It was compared with the service again: add that to the record and the receipt."""
        self._journal.add_recheck(batch, self._clock.time(), outcome)
        self._journal.commit()
        self._batch_at_rest(batch)

    def _rests(self, batch: Batch) -> bool:
        """True once, when the last of its files has settled."""
        if batch.id in self._resting or not batch.scanned or batch.unsettled:
            return False
        if any(not t.shown.is_final for t in self._ledger.live_of(batch.id)):
            return False
        if not self._endings.is_done(batch):
            return False
        if not batch.counts[State.NEEDS_YOU]:
            batch.finished_at = self._clock.time()
        self._ledger.touch(batch.id)
        self._resting.add(batch.id)
        return True

    def _follow_holds(self) -> None:
        if not self._holds.changed:
            return
        self._holds.changed = False
        for transfer in list(self._ledger.live.values()):
            self._course.refresh(transfer)
        for batch in self._ledger.batches.values():
            self._mark_held(batch)

    def _mark_held(self, batch: Batch) -> None:
        error = self._holds.why(batch.place.account)
        if error is not None and batch.finished_at is None:
            batch.problem = Problem(error.kind, error.detail, self._clock.time())
        elif batch.problem and holds_account(batch.problem.kind):
            batch.problem = None
        self._ledger.touch(batch.id)
