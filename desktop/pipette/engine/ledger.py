"""The batches and the transfers in hand, their figures, and what of them must be written down.

Belongs to the engine's thread. Only files that were begun, or that someone touched, are held; those
that wait are taken from the journal as their turn comes, so that a drop of 100,000 files costs no
memory.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from pipette.engine.clock import Clock
from pipette.engine.journal import Journal
from pipette.engine.plan import Row
from pipette.engine.records import Batch, Transfer, is_settled
from pipette.model.transfer import BatchId, State, TransferId

AHEAD = 512


class Ledger:
    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock
        self.batches: dict[BatchId, Batch] = {}
        self.live: dict[TransferId, Transfer] = {}
        self._waiting: dict[BatchId, deque[Transfer]] = {}
        self._exhausted: set[BatchId] = set()
        self._unsaved: dict[TransferId, Transfer] = {}
        self._changed_batches: set[BatchId] = set()
        self.changed_batches: set[BatchId] = set()
        """Since the last look of whoever publishes them."""
        self.changed_files: dict[TransferId, Transfer] = {}

    # Batches

    def add_batch(self, batch: Batch) -> None:
        self.batches[batch.id] = batch
        self._waiting[batch.id] = deque()
        self.touch(batch.id)

    def in_order(self) -> list[Batch]:
        return sorted(self.batches.values(), key=lambda batch: batch.order)

    def touch(self, batch: BatchId) -> None:
        self._changed_batches.add(batch)
        self.changed_batches.add(batch)

    def forget_batch(self, batch: BatchId) -> None:
        self.flush()
        del self.batches[batch]
        del self._waiting[batch]
        for transfer in [t for t in self.live.values() if t.batch == batch]:
            del self.live[transfer.id]

    def rows_arrived(self, batch: Batch, rows: Sequence[Row]) -> list[Transfer]:
        """Write planned files down; returns those that are settled already."""
        transfers = [self._from_row(batch, row) for row in rows]
        self._journal.add_files(transfers)
        for transfer in transfers:
            self._count_in(batch, transfer)
            self.changed_files[transfer.id] = transfer
        self._exhausted.discard(batch.id)
        self.touch(batch.id)
        return [transfer for transfer in transfers if is_settled(transfer.shown)]

    def _from_row(self, batch: Batch, row: Row) -> Transfer:
        position = batch.next_position
        batch.next_position += 1
        settled = is_settled(row.state)
        return Transfer(
            id=TransferId(0),
            batch=batch.id,
            direction=batch.direction,
            account=batch.place.account,
            position=position,
            name=row.name,
            at_service=row.at_service,
            local=row.local,
            size=row.size,
            mtime_ns=row.mtime_ns,
            mate=row.mate,
            shown=row.state,
            may_replace=row.may_replace,
            look=row.look,
            problem=row.problem,
            etag=row.etag,
            remote_id=row.remote_id,
            renamed_to=row.renamed_to,
            finished_at=self._clock.time() if settled else None,
            finish_order=self._journal.next_finish_order() if settled else 0,
        )

    def _count_in(self, batch: Batch, transfer: Transfer) -> None:
        if counts(transfer):
            batch.files += 1
            batch.size += transfer.size
            batch.counts[transfer.shown] += 1

    # Transfers

    def next_waiting(self, batch: Batch) -> Transfer | None:
        """The next file nobody has begun; it becomes live with ``take``."""
        queue = self._waiting[batch.id]
        if not queue and batch.id not in self._exhausted:
            self._load(batch, queue)
        return queue[0] if queue else None

    def take(self, batch: Batch) -> Transfer:
        transfer = self._waiting[batch.id].popleft()
        self.live[transfer.id] = transfer
        return transfer

    def waiting_loaded(self, batch: Batch) -> int:
        return len(self._waiting[batch.id])

    def _load(self, batch: Batch, queue: deque[Transfer]) -> None:
        self.flush()
        while not queue:
            waiting = self._journal.waiting(batch, AHEAD)
            if not waiting:
                self._exhausted.add(batch.id)
                return
            batch.loaded_to = waiting[-1].position
            queue.extend(t for t in waiting if t.id not in self.live)

    def look_again(self, batch: Batch) -> None:
        """Files may wait that were passed already (retried, resumed)."""
        self._waiting[batch.id].clear()
        batch.loaded_to = -1
        self._exhausted.discard(batch.id)

    def restore(self, batch: Batch) -> list[Transfer]:
        """After a start: files an earlier run had begun."""
        transfers = self._journal.begun(batch)
        going = [t for t in transfers if not is_settled(t.shown)]
        for transfer in going:
            self.live[transfer.id] = transfer
        return going

    def fetch(self, ids: Iterable[TransferId]) -> Iterator[Transfer]:
        """These transfers, live or brought back from the journal (and live from now on)."""
        self.flush()
        wanted = list(ids)
        for transfer_id in wanted:
            if transfer_id in self.live:
                yield self.live[transfer_id]
                continue
            batch = self.batches.get(self._journal.batch_of(transfer_id) or BatchId(""))
            if batch is None:
                continue
            for transfer in self._journal.transfers(batch, [transfer_id]):
                self._drop_from_waiting(batch, transfer.id)
                self.live[transfer.id] = transfer
                yield transfer

    def _drop_from_waiting(self, batch: Batch, transfer: TransferId) -> None:
        queue = self._waiting[batch.id]
        self._waiting[batch.id] = deque(t for t in queue if t.id != transfer)

    def live_of(self, batch: BatchId) -> list[Transfer]:
        return [t for t in self.live.values() if t.batch == batch]

    def show(self, t: Transfer, state: State) -> None:
        """Count it under this state; a settled one leaves the hand once nothing is in flight."""
        batch = self.batches[t.batch]
        if state is not t.shown:
            if counts(t):
                batch.counts[t.shown] -= 1
                batch.counts[state] += 1
            t.shown = state
            self._settle(t, state)
        self.changed(t)

    def _settle(self, t: Transfer, state: State) -> None:
        if is_settled(state):
            t.finished_at = self._clock.time()
            t.finish_order = self._journal.next_finish_order()
        elif t.finish_order:
            t.finished_at, t.finish_order = None, 0

    def changed(self, t: Transfer) -> None:
        self._unsaved[t.id] = t
        self.changed_files[t.id] = t
        self.touch(t.batch)

    def arrived(self, t: Transfer, delta: int) -> None:
        if delta and counts(t):
            self.batches[t.batch].arrived += delta

    def let_go(self, t: Transfer) -> None:
        self.live.pop(t.id, None)

    def cancel_waiting(self, batch: Batch) -> None:
        """Settle every file nobody has begun, without loading any."""
        self.flush()
        self._waiting[batch.id].clear()
        self._exhausted.add(batch.id)
        self._journal.cancel_waiting(batch.id, self._clock.time())
        self._journal.recount(batch)
        self.touch(batch.id)

    @property
    def is_dirty(self) -> bool:
        """There is something ``flush`` would hand over."""
        return bool(self._unsaved or self._changed_batches)

    def flush(self) -> None:
        """Hand everything unsaved to the journal (not yet committed)."""
        if self._unsaved:
            self._journal.save_states(self._unsaved.values())
            self._unsaved.clear()
        for batch_id in self._changed_batches:
            if batch_id in self.batches:
                self._journal.save_batch(self.batches[batch_id])
        self._changed_batches.clear()


def counts(t: Transfer) -> bool:
    """Stand-ins of empty folders are sent but are no files."""
    return not t.name.endswith("/")
