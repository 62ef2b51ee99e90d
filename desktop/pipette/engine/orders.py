"""Orders from people, carried out on the engine's thread."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from pipette.engine.bodies import openable
from pipette.engine.clock import Clock
from pipette.engine.course import Course
from pipette.engine.drs_orders import ImportOrders
from pipette.engine.journal import Journal
from pipette.engine.ledger import Ledger
from pipette.engine.planning import Planning
from pipette.engine.publish import Publisher
from pipette.engine.queue import Selection
from pipette.engine.records import Batch, Transfer
from pipette.engine.scribe import Scribe
from pipette.engine.waits import Retries
from pipette.model.errors import Mismatch, SourceChanged, holds_account
from pipette.model.files import Location
from pipette.model.stages import Finished, Halted
from pipette.model.transfer import (
    BatchId,
    BatchOptions,
    Direction,
    IfExists,
    QueueMove,
    State,
    TransferId,
    is_large_piece,
)

ANEW = (Mismatch, SourceChanged)
"""After these, going on means starting over: what was sent does not fit any more."""


class Orders:
    """Belongs to the engine's thread."""

    def __init__(
        self,
        ledger: Ledger,
        journal: Journal,
        course: Course,
        retries: Retries,
        planning: Planning,
        publisher: Publisher,
        scribe: Scribe,
        imports: ImportOrders,
        clock: Clock,
    ) -> None:
        self._ledger = ledger
        self._journal = journal
        self._course = course
        self._retries = retries
        self._planning = planning
        self._publisher = publisher
        self._scribe = scribe
        self._imports = imports
        self._clock = clock

    def add(
        self,
        batch_id: BatchId,
        direction: Direction,
        given: tuple[str, ...],
        place: Location,
        local: str,
        options: BatchOptions,
    ) -> None:
        batch = Batch(
            id=batch_id,
            direction=direction,
            name=_name_of(direction, given, place),
            place=place,
            local=local,
            given=given,
            options=options,
            created_at=self._clock.time(),
            order=self._journal.next_queue_order(),
        )
        self._journal.add_batch(batch)
        self._journal.commit()
        self._ledger.add_batch(batch)
        self._planning.begin(batch)

    def restore(self, batch: Batch, *, resume: bool) -> None:
        """A batch of an earlier run. ``resume`` False leaves it alone until somebody resumes it."""
        batch.parked = not resume
        if batch.problem and holds_account(batch.problem.kind):
            batch.problem = None
        self._ledger.add_batch(batch)
        if batch.scanned and not batch.unsettled and not self._may_end(batch):
            self._scribe.known_at_rest(batch.id)
        if batch.direction is Direction.IMPORT:
            self._imports.restore(batch)
            return
        for transfer in self._ledger.restore(batch):
            if batch.paused and not isinstance(transfer.stage, Halted):
                self._course.pause(transfer)
            self._course.refresh(transfer)
        if not batch.scanned and not batch.rests:
            self._planning.begin(batch)

    def _may_end(self, batch: Batch) -> bool:
        """Every file is there, but the last run ended before the batch did."""
        return batch.finished_at is None and not batch.counts[State.NEEDS_YOU]

    def pause(self, which: Selection | None, *, after_pieces: bool = False) -> None:
        for batch in self._batches(which):
            if batch.finished_at is None:
                batch.paused = True
                self._ledger.touch(batch.id)
            for transfer in self._ledger.live_of(batch.id):
                self._pause_one(transfer, after_pieces)
        for transfer in self._files(which):
            self._pause_one(transfer, after_pieces)

    def _pause_one(self, t: Transfer, after_pieces: bool) -> None:
        finishes = after_pieces and is_large_piece(t.direction, t.parts, t.size)
        if not finishes and not isinstance(t.stage, Halted | Finished):
            self._course.pause(t)

    def resume(self, which: Selection | None) -> None:
        for batch in self._batches(which):
            self._resume_batch(batch)
        for transfer in self._files(which):
            self._go(transfer)
            self._course.refresh(transfer)
            self._ledger.look_again(self._ledger.batches[transfer.batch])
            self._scribe.disturbed(transfer.batch)
        for batch_id in self._imports.resume_rows(_ids(which)):
            self._scribe.disturbed(batch_id)

    def _resume_batch(self, batch: Batch) -> None:
        """Everything of it: paused, failed, or waiting for someone."""
        if batch.direction is Direction.IMPORT:
            if self._imports.resume(batch) or batch.unsettled:
                self._scribe.disturbed(batch.id)
            return
        batch.paused = batch.parked = False
        self._ledger.flush()
        halted = self._journal.stopped(batch.id)
        if halted or batch.unsettled or not batch.scanned:
            self._scribe.disturbed(batch.id)
        for transfer in list(self._ledger.fetch(halted)):
            self._go(transfer)
        for transfer in self._ledger.live_of(batch.id):
            self._go(transfer)
        self._ledger.look_again(batch)
        if not batch.scanned:
            self._planning.begin(batch)

    def _go(self, t: Transfer) -> None:
        """Of a pair, both: what stopped the one stopped the other."""
        mate = self._course.mates.halted(t)
        self._go_on(t)
        if mate:
            self._go_on(mate)

    def _go_on(self, t: Transfer) -> None:
        if isinstance(t.stage, Halted) and isinstance(t.stage.error, ANEW):
            self._anew(t)
        elif isinstance(t.stage, Halted):
            self._course.go(t)
        elif t.retry_at:
            self._retries.hurry(self._clock.monotonic(), iter([t]))

    def cancel(self, which: Selection) -> None:
        for batch in self._batches(which):
            self._cancel_batch(batch)
            self._scribe.disturbed(batch.id)
        for transfer in self._files(which):
            if transfer.shown.is_final and transfer.shown is not State.FAILED:
                self._ledger.let_go(transfer)
                continue
            self._course.cancel(transfer)
            self._scribe.disturbed(transfer.batch)
        for batch_id in self._imports.cancel_rows(_ids(which)):
            self._scribe.disturbed(batch_id)

    def _cancel_batch(self, batch: Batch) -> None:
        if batch.direction is Direction.IMPORT:
            self._imports.cancel(batch)
            return
        self._planning.cancel(batch)
        # What is left of it to do is removing what it began, also when nobody resumed it.
        batch.parked = False
        for transfer in self._ledger.live_of(batch.id):
            self._course.cancel(transfer)
        self._ledger.cancel_waiting(batch)
        for transfer in list(self._ledger.fetch(self._journal.stopped(batch.id))):
            self._course.cancel(transfer)

    def send_new_version(self, which: Selection) -> None:
        for transfer in self._files(which):
            mate = self._course.mates.halted(transfer)
            self._anew(transfer)
            if mate:
                self._go_on(mate)
            self._scribe.disturbed(transfer.batch)

    def decide(self, which: Selection, rule: IfExists) -> None:
        for transfer in self._files(which):
            mate = self._course.mates.skipped(transfer)
            if self._course.queue_again(transfer, rule):
                self._scribe.disturbed(transfer.batch)
                if mate:
                    self._course.queue_again(mate, rule)

    def _anew(self, t: Transfer) -> None:
        if t.direction is Direction.UPLOAD:
            self._look_at_source(t)
        self._course.start_over(t)

    def _look_at_source(self, t: Transfer) -> None:
        """What is on disk now is what will be sent; if it is gone, opening says so."""
        try:
            status = os.stat(openable(t.local))  # noqa: PTH116 - long Windows paths are text
        except OSError:
            return
        batch = self._ledger.batches[t.batch]
        batch.size += status.st_size - t.size
        t.size, t.mtime_ns = status.st_size, status.st_mtime_ns

    def move(self, which: Selection, to: QueueMove) -> None:
        moved = {batch.id for batch in self._batches(which)}
        for place, batch in enumerate(_moved(self._ledger.in_order(), moved, to)):
            if batch.order != place + 1:
                batch.order = place + 1
                self._ledger.touch(batch.id)

    def clear_finished(self) -> None:
        for batch in list(self._ledger.batches.values()):
            if batch.finished_at is not None:
                batch.listed = False
                self._ledger.touch(batch.id)
                self._ledger.forget_batch(batch.id)
                self._publisher.removed(batch.id)

    def account_back(self, account: str) -> None:
        self._planning.account_back(account)
        mine = (t for t in list(self._ledger.live.values()) if t.account == account)
        self._retries.hurry(self._clock.monotonic(), mine)

    def _batches(self, which: Selection | None) -> list[Batch]:
        if which is None:
            return list(self._ledger.batches.values())
        return [b for b in self._ledger.batches.values() if b.id in which]

    def _files(self, which: Selection | None) -> Iterator[Transfer]:
        """Single files; the rows of imports go their own way."""
        wanted: Iterable[TransferId] = (one for one in _ids(which) if not self._imports.has(one))
        return iter(list(self._ledger.fetch(wanted)))


def _ids(which: Selection | None) -> list[TransferId]:
    return [TransferId(one) for one in which or () if isinstance(one, int)]


def _name_of(direction: Direction, given: tuple[str, ...], place: Location) -> str:
    """What a batch is called: by what was dropped."""
    if direction is Direction.DOWNLOAD:
        first = place.name or place.account
    else:
        first = given[0].rstrip("/\\").replace("\\", "/").rpartition("/")[2] if given else ""
    return first if len(given) <= 1 else f"{first} + {len(given) - 1}"


def _moved(line: list[Batch], moved: set[BatchId], to: QueueMove) -> list[Batch]:
    chosen = [batch for batch in line if batch.id in moved]
    rest = [batch for batch in line if batch.id not in moved]
    if not chosen:
        return line
    first = line.index(chosen[0])
    before = sum(batch.id not in moved for batch in line[:first])
    at = {
        QueueMove.FIRST: 0,
        QueueMove.LAST: len(rest),
        QueueMove.UP: max(0, before - 1),
        QueueMove.DOWN: min(len(rest), before + 1),
    }[to]
    return [*rest[:at], *chosen, *rest[at:]]
