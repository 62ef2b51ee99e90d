"""Orders from people that concern imports, carried out on the engine's thread."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from pipette.engine.clock import Clock
from pipette.engine.drs_importing import Importing
from pipette.engine.drs_rows import ImportRow, place_of
from pipette.engine.journal import Journal
from pipette.engine.ledger import Ledger
from pipette.engine.plan import Row
from pipette.engine.records import Batch
from pipette.model.drs_manifest import FAULTS, Manifest, ManifestRow
from pipette.model.errors import Temporary, error_of_kind
from pipette.model.files import Location
from pipette.model.transfer import BatchId, BatchOptions, Direction, Problem, State, TransferId


class ImportOrders:
    def __init__(
        self, ledger: Ledger, journal: Journal, importing: Importing, clock: Clock
    ) -> None:
        self._ledger = ledger
        self._journal = journal
        self._importing = importing
        self._clock = clock

    def add(
        self, batch_id: BatchId, manifest: Manifest, place: Location, options: BatchOptions
    ) -> None:
        """Written down whole, or not at all."""
        batch = Batch(
            id=batch_id,
            direction=Direction.IMPORT,
            name=manifest.name.replace("\\", "/").rpartition("/")[2],
            place=place,
            local=manifest.name,
            given=(),
            options=options,
            created_at=self._clock.time(),
            order=self._journal.next_queue_order(),
            scanned=True,
        )
        self._journal.add_batch(batch)
        self._ledger.add_batch(batch)
        self._ledger.rows_arrived(batch, [self._row(place, row) for row in manifest.rows])
        self._journal.imports.add_rows(batch.id, manifest.rows)
        self._ledger.flush()
        self._journal.commit()
        self._importing.begin(batch)

    def _row(self, place: Location, row: ManifestRow) -> Row:
        problem = Problem(row.fault.value, row.detail, self._clock.time()) if row.fault else None
        return Row(
            name=row.label,
            at_service=place_of(place, row, row.label),
            local=row.uri,
            size=0,
            state=State.FAILED if row.fault else State.WAITING,
            problem=problem,
        )

    def restore(self, batch: Batch) -> None:
        self._importing.restore(batch)

    def has(self, transfer: TransferId) -> bool:
        if not self._batches():
            return False
        batch = self._ledger.batches.get(self._journal.batch_of(transfer) or BatchId(""))
        return batch is not None and batch.direction is Direction.IMPORT

    def resume(self, batch: Batch) -> bool:
        """Go on; True when rows go again that had come to an end.

        Rows the service refused for good go again only if the whole batch had come to rest: then
        somebody surely means them.
        """
        at_rest = batch.finished_at is not None
        batch.paused = batch.parked = False
        self._ledger.touch(batch.id)
        self._ledger.flush()
        stopped = self._journal.imports.stopped(batch)
        rows = [row for row in stopped if _may_go_again(row, everything=at_rest)]
        self._importing.again(batch, rows)
        return bool(rows)

    def resume_rows(self, transfers: Collection[TransferId]) -> set[BatchId]:
        """These rows, whatever stopped them; those at fault by themselves need a new manifest."""
        changed = set()
        for batch, rows in self._by_batch(transfers):
            stopped = [row for row in rows if _has_stopped(row) and not _is_at_fault(row)]
            if stopped:
                self._importing.again(batch, stopped)
                changed.add(batch.id)
        return changed

    def cancel(self, batch: Batch) -> None:
        """What is not handed over never will be. What the service has goes on there."""
        self._ledger.cancel_waiting(batch)
        self._importing.cancel(batch)
        for row in self._journal.imports.stopped(batch):
            self._cancel(row, State.NEEDS_YOU)

    def cancel_rows(self, transfers: Collection[TransferId]) -> set[BatchId]:
        changed = set()
        for batch, rows in self._by_batch(transfers):
            for row in rows:
                self._cancel(row, State.WAITING, State.NEEDS_YOU)
            changed.add(batch.id)
        return changed

    def _cancel(self, row: ImportRow, *states: State) -> None:
        if row.transfer.shown in states:
            row.transfer.problem = None
            self._ledger.show(row.transfer, State.CANCELLED)

    def _by_batch(
        self, transfers: Collection[TransferId]
    ) -> Iterable[tuple[Batch, list[ImportRow]]]:
        self._ledger.flush()
        for batch in self._batches():
            rows = self._journal.imports.rows(batch, transfers)
            if rows:
                yield batch, rows

    def _batches(self) -> list[Batch]:
        batches = self._ledger.batches.values()
        return [batch for batch in batches if batch.direction is Direction.IMPORT]


def _has_stopped(row: ImportRow) -> bool:
    return row.transfer.shown in {State.FAILED, State.NEEDS_YOU, State.CANCELLED}


def _is_at_fault(row: ImportRow) -> bool:
    problem = row.transfer.problem
    return problem is not None and problem.kind in FAULTS


def _may_go_again(row: ImportRow, *, everything: bool) -> bool:
    problem = row.transfer.problem
    if _is_at_fault(row):
        return False
    if everything or row.transfer.shown is State.NEEDS_YOU or problem is None:
        return True
    return isinstance(error_of_kind(problem.kind, ""), Temporary)
