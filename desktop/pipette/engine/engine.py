"""The queue: takes orders, decides, remembers. The only one who decides.

One thread of its own turns over a mailbox of orders and reports. A turn: carry out what came in,
hand out work, write down what changed, tell whoever looks. Workers do the rest and only ever answer
by the mailbox, so that nothing here needs a lock.
"""

from __future__ import annotations

import logging
import queue
import random
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from pipette.engine.adapters import Adapters
from pipette.engine.batch_ids import BatchIds
from pipette.engine.clock import Clock
from pipette.engine.course import Course
from pipette.engine.desk import Providers
from pipette.engine.dispatch import Dispatch
from pipette.engine.drs_importing import Importing
from pipette.engine.drs_orders import ImportOrders
from pipette.engine.drs_rows import JobView, RowView
from pipette.engine.endings import Endings
from pipette.engine.errand import answer_of
from pipette.engine.jobs import Job, Report
from pipette.engine.journal import Journal
from pipette.engine.journal_reader import JournalReader
from pipette.engine.ledger import Ledger
from pipette.engine.meter import Meter
from pipette.engine.orders import Orders
from pipette.engine.planning import Planning
from pipette.engine.pool import Pool
from pipette.engine.publish import Publisher
from pipette.engine.queue import Selection
from pipette.engine.recheck import Rechecking
from pipette.engine.scribe import COMMIT_SECONDS, Scribe
from pipette.engine.throttle import Throttle
from pipette.engine.waits import Hashes, Holds, Retries
from pipette.model.drs_manifest import Manifest
from pipette.model.errors import TransferError
from pipette.model.files import Location
from pipette.model.transfer import (
    BatchId,
    BatchOptions,
    BatchSnapshot,
    Changes,
    Details,
    Direction,
    FileSnapshot,
    IfExists,
    QueueMove,
    TransferId,
)

log = logging.getLogger(__name__)

LONGEST_TURN_SECONDS = 0.05
IDLE_SECONDS = 0.5
OFFLINE_AFTER_FAILURES = 3


class Line(Protocol):
    """What the engine wants to know of, and do to, the connections of its workers."""

    def slowest_round_trip(self) -> float | None: ...

    def close(self) -> None: ...


class Performing(Protocol):
    """Carries jobs out, on the calling worker."""

    def run(self, jobs: Sequence[Job], tell: Callable[[Sequence[Report]], None]) -> None: ...


@dataclass(frozen=True, slots=True)
class Workers:
    """What the engine sets to work."""

    providers: Providers
    performer: Performing
    pool: Pool
    hash_pool: Pool
    meter: Meter
    up: Throttle
    down: Throttle
    line: Line


class Engine:
    """Implements ``engine.queue.Queue``. ``turn`` may be driven by hand, without ``start``."""

    def __init__(
        self,
        journal: Journal,
        reader: JournalReader,
        workers: Workers,
        clock: Clock,
        batch_at_rest: Callable[[BatchId], None],
        chance: random.Random | None = None,
    ) -> None:
        """``batch_at_rest`` is called on the engine's thread, after the commit, when every file of
        a batch is settled: the moment to write its receipt."""
        self._journal = journal
        self._reader = reader
        self._workers = workers
        self._clock = clock
        self._mail: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._ledger = Ledger(journal, clock)
        self._holds = Holds()
        self._retries = Retries(chance or random.Random())  # noqa: S311 - spreads waits, no secret
        self._hashes = Hashes(workers.hash_pool, self._hashed)
        self._course = Course(
            self._ledger,
            journal,
            clock,
            workers.meter,
            self._retries,
            self._holds,
            self._hashes,
            self._slow_down,
        )
        self._dispatch = self._make_dispatch()
        self._planning = Planning(
            self._ledger, journal, self._holds, workers.providers, workers.pool, clock, self.post
        )
        self._importing = Importing(
            self._ledger, journal, self._holds, workers.providers, workers.pool, clock, self.post
        )
        self._publisher = Publisher(self._ledger, workers.meter, self._holds, clock)
        self._adapters = Adapters(workers.providers, self._holds, workers.pool, clock, self.post)
        endings = Endings(
            reader, workers.providers, self._adapters.ready, workers.pool, clock, self.post
        )
        self._scribe = Scribe(
            self._ledger, journal, self._course, self._holds, endings, clock, batch_at_rest
        )
        self._orders, self._import_orders = self._make_orders()
        self._ids = BatchIds(journal, clock)
        self._thread: threading.Thread | None = None
        self._ending = threading.Event()

    def _make_dispatch(self) -> Dispatch:
        return Dispatch(
            self._ledger,
            self._journal,
            self._course,
            self._clock,
            self._retries,
            self._holds,
            self._hashes,
            self._workers.performer.run,
            self._workers.pool,
            self.post,
            self._workers.line.slowest_round_trip,
        )

    def _make_orders(self) -> tuple[Orders, ImportOrders]:
        imports = ImportOrders(self._ledger, self._journal, self._importing, self._clock)
        orders = Orders(
            self._ledger,
            self._journal,
            self._course,
            self._retries,
            self._planning,
            self._publisher,
            self._scribe,
            imports,
            self._clock,
        )
        return orders, imports

    # Life

    def restore(self, *, resume: bool) -> None:
        """Take up the queue of an earlier run; with ``resume`` False its batches are left alone
        until somebody resumes them. Before ``start``."""
        for batch in list(self._journal.unfinished_batches()):
            self._orders.restore(batch, resume=resume)

    def start(self) -> None:
        self._thread = threading.Thread(target=self._live, name="engine", daemon=True)
        self._thread.start()

    def stop(self, patience_seconds: float = 5.0) -> None:
        """Interrupt everything, keep every place, write it all down. Returns when done."""
        self.post(self._wind_up)
        if self._thread:
            self._thread.join(patience_seconds + 10.0)
        self._workers.pool.wait(patience_seconds)
        self._workers.hash_pool.wait(patience_seconds)
        while self.turn(wait=False):
            pass
        self._scribe.write(force=True)
        self._workers.line.close()
        self._journal.close()
        self._reader.close()

    def post(self, order: Callable[[], None]) -> None:
        """Have ``order`` carried out on the engine's thread."""
        self._mail.put(order)

    def settle(self, patience_seconds: float = 30.0) -> bool:
        """Wait until everything ordered so far stands in the journal; False if that took too long.

        For any thread but the engine's own.
        """
        written = threading.Event()

        def write() -> None:
            self._scribe.write(force=True)
            written.set()

        self.post(write)
        return written.wait(patience_seconds)

    def turn(self, *, wait: bool = True) -> bool:
        """One turn; True when something came in. Never raises for what one order did."""
        came_in = self._carry_out(self._next_wait() if wait else 0.0)
        now = self._clock.monotonic()
        self._adapters.want(self._dispatch.accounts())
        self._dispatch.run(self._adapters.ready)
        self._observe_flows(now)
        self._planning.retry_due(now)
        self._importing.run(now)
        self._scribe.write(force=False)
        if not self._ledger.live:
            # Nobody asks any more, so nobody would notice that the network is back.
            self._course.network_failures = 0
        if self._publisher.is_due(now):
            self._publisher.run(online=self._course.network_failures < OFFLINE_AFTER_FAILURES)
        return came_in

    def _live(self) -> None:
        while not self._ending.is_set():
            self.turn()

    def _wind_up(self) -> None:
        self._dispatch.stopping = True
        self._planning.stop()
        self._importing.stop()
        self._hashes.close()
        for transfer in list(self._ledger.live.values()):
            self._course.stop(transfer)
        self._ending.set()

    def _carry_out(self, wait_seconds: float) -> bool:
        try:
            order = (
                self._mail.get(timeout=wait_seconds) if wait_seconds else self._mail.get_nowait()
            )
        except queue.Empty:
            return False
        until = self._clock.monotonic() + LONGEST_TURN_SECONDS
        while True:
            answer_of(order, "an order to the queue")
            if self._clock.monotonic() >= until:
                return True
            try:
                order = self._mail.get_nowait()
            except queue.Empty:
                return True

    def _next_wait(self) -> float:
        wait = COMMIT_SECONDS if self._scribe.has_something_to_write else IDLE_SECONDS
        retry_at = self._retries.next_at()
        if retry_at is not None:
            wait = min(wait, max(0.001, retry_at - self._clock.monotonic()))
        return min(wait, 0.1) if self._ledger.live else wait

    def _slow_down(self, account: str, wait_seconds: float) -> None:
        flows = self._dispatch.flows.get(account)
        if flows:
            flows.slow_down(self._clock.monotonic(), wait_seconds)

    def _observe_flows(self, now: float) -> None:
        rate = self._workers.meter.up_rate() + self._workers.meter.down_rate()
        for account, flows in self._dispatch.flows.items():
            if self._dispatch.is_busy(account, now):
                flows.observe(now, rate, self._workers.line.slowest_round_trip())

    # What ``engine.queue.Queue`` promises

    def upload(self, paths: Sequence[str], to: Location, options: BatchOptions) -> BatchId:
        local = paths[0] if paths else ""
        return self._add(Direction.UPLOAD, tuple(paths), to, local, options)

    def download(
        self, places: Sequence[Location], to_folder: str, options: BatchOptions
    ) -> BatchId:
        given = tuple(str(place) for place in places)
        return self._add(Direction.DOWNLOAD, given, places[0], to_folder, options)

    def import_drs(self, manifest: Manifest, to: Location, options: BatchOptions) -> BatchId:
        batch_id = self._ids.next()
        self.post(partial(self._import_orders.add, batch_id, manifest, to, options))
        return batch_id

    def _add(
        self,
        direction: Direction,
        given: tuple[str, ...],
        place: Location,
        local: str,
        options: BatchOptions,
    ) -> BatchId:
        batch_id = self._ids.next()
        self.post(partial(self._orders.add, batch_id, direction, given, place, local, options))
        return batch_id

    def pause(self, which: Selection | None = None, *, after_pieces: bool = False) -> None:
        self.post(partial(self._orders.pause, which, after_pieces=after_pieces))

    def resume(self, which: Selection | None = None) -> None:
        self.post(partial(self._orders.resume, which))

    def cancel(self, which: Selection) -> None:
        self.post(partial(self._orders.cancel, which))

    def skip(self, which: Selection) -> None:
        self.post(partial(self._orders.cancel, which))

    def send_new_version(self, which: Selection) -> None:
        self.post(partial(self._orders.send_new_version, which))

    def decide(self, which: Selection, rule: IfExists) -> None:
        self.post(partial(self._orders.decide, which, rule))

    def move(self, which: Selection, to: QueueMove) -> None:
        self.post(partial(self._orders.move, which, to))

    def clear_finished(self) -> None:
        self.post(self._orders.clear_finished)

    def account_changed(self, account: str) -> None:
        self.post(partial(self._account_changed, account))

    def recheck(self, batch: BatchId) -> None:
        self._workers.pool.start(partial(self._recheck, batch))

    def set_limits(self, up_bytes: float | None, down_bytes: float | None) -> None:
        self._workers.up.set_rate(up_bytes)
        self._workers.down.set_rate(down_bytes)

    def watch(self, batches: Collection[BatchId]) -> None:
        self._publisher.watch(batches)

    def changes(self) -> Changes:
        return self._publisher.take()

    def files(self, batch: BatchId, after: int = -1, count: int = 5000) -> Sequence[FileSnapshot]:
        return self._reader.files(batch, after, count)

    def history(self, before: float | None = None, count: int = 200) -> Sequence[BatchSnapshot]:
        return self._reader.history(before, count)

    def import_jobs(self, batch: BatchId) -> Sequence[JobView]:
        return self._reader.import_jobs(batch)

    def import_rows(self, batch: BatchId, after: int = -1, count: int = 5000) -> Sequence[RowView]:
        return self._reader.import_rows(batch, after, count)

    def details(self, transfer: TransferId) -> Details | None:
        return self._reader.details(transfer)

    # Plumbing

    def _account_changed(self, account: str) -> None:
        self._adapters.forget(account)
        self._holds.release(account)
        self._orders.account_back(account)
        self._importing.account_back(account)

    def _recheck(self, batch: BatchId) -> None:
        """On a worker."""
        outcome = Rechecking(self._reader, self._workers.providers).summary(batch)
        self.post(partial(self._scribe.rechecked, batch, outcome))

    def _hashed(self, transfer: TransferId, result: str | TransferError) -> None:
        """On a hashing thread."""
        self.post(partial(self._course.hashed, transfer, result))
