"""Runs the plans of new batches on workers and takes their rows in, chunk by chunk."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from functools import partial

from pipette.engine.clock import Clock
from pipette.engine.desk import Providers
from pipette.engine.errand import answer_of
from pipette.engine.interrupt import Interrupt
from pipette.engine.journal import Journal
from pipette.engine.ledger import Ledger
from pipette.engine.plan import PlanOrder, Row, plan_download, plan_upload
from pipette.engine.pool import Pool
from pipette.engine.records import Batch
from pipette.engine.waits import Holds
from pipette.model.errors import Interrupted, SignInNeeded, Temporary, TransferError
from pipette.model.files import Location
from pipette.model.transfer import BatchId, Direction, Problem

log = logging.getLogger(__name__)

RETRY_SECONDS = 5.0
LOOK_SECONDS = 0.1
MOST_CHUNKS = 8
"""Found and not yet written down, over all plans."""


class Planning:
    """Belongs to the engine's thread, but for the methods that say otherwise."""

    def __init__(
        self,
        ledger: Ledger,
        journal: Journal,
        holds: Holds,
        providers: Providers,
        pool: Pool,
        clock: Clock,
        post: Callable[[Callable[[], None]], None],
    ) -> None:
        self._ledger = ledger
        self._journal = journal
        self._holds = holds
        self._providers = providers
        self._pool = pool
        self._clock = clock
        self._post = post
        self._chunks = threading.Semaphore(MOST_CHUNKS)
        self._running: dict[BatchId, Interrupt] = {}
        self._retry_at: dict[BatchId, float] = {}

    def begin(self, batch: Batch) -> None:
        """Plan it, or go on with a plan that was interrupted."""
        if batch.id in self._running:
            return
        self._retry_at.pop(batch.id, None)
        interrupt = Interrupt()
        self._running[batch.id] = interrupt
        order = PlanOrder(
            given=batch.given,
            place=batch.place,
            local=batch.local,
            if_exists=batch.options.if_exists,
            known=self._journal.names(batch.id),
        )
        self._pool.start(partial(self._run, batch.id, batch.direction, order, interrupt))

    def cancel(self, batch: Batch) -> None:
        """Whatever was found so far stays; nothing more is looked for."""
        running = self._running.get(batch.id)
        if running:
            running.trip()
        self._retry_at.pop(batch.id, None)
        batch.scanned = True

    def stop(self) -> None:
        for interrupt in self._running.values():
            interrupt.trip()

    def retry_due(self, now: float) -> None:
        for batch_id in [b for b, at in self._retry_at.items() if at <= now]:
            del self._retry_at[batch_id]
            if batch_id in self._ledger.batches:
                self.begin(self._ledger.batches[batch_id])

    def account_back(self, account: str) -> None:
        for batch in self._ledger.batches.values():
            if batch.place.account == account and not batch.scanned:
                self.begin(batch)

    def _run(
        self, batch: BatchId, direction: Direction, order: PlanOrder, interrupt: Interrupt
    ) -> None:
        """On a worker."""
        plan = partial(self._plan, batch, direction, order, interrupt)
        try:
            error = answer_of(plan, f"planning batch {batch}")
        except Interrupted:
            self._post(partial(self._forget, batch))
            return
        self._post(partial(self._ended, batch, error))

    def _plan(
        self, batch: BatchId, direction: Direction, order: PlanOrder, interrupt: Interrupt
    ) -> None:
        emit = partial(self._emit, batch, interrupt)
        provider = self._providers.provider(order.place.account)
        if direction is Direction.UPLOAD:
            plan_upload(order, provider, emit, interrupt, self._clock)
            return
        segments = provider.features.container_segments
        places = [Location.parse(text, segments) for text in order.given]
        plan_download(order, places, provider, emit, interrupt)

    def _emit(self, batch: BatchId, interrupt: Interrupt, rows: Sequence[Row]) -> None:
        """On a worker. Waits while the journal is behind, so that memory holds a few chunks."""
        if not rows:
            return
        while not self._chunks.acquire(timeout=LOOK_SECONDS):
            interrupt.check()
        self._post(partial(self._arrived, batch, rows))

    def _arrived(self, batch_id: BatchId, rows: Sequence[Row]) -> None:
        self._chunks.release()
        batch = self._ledger.batches.get(batch_id)
        if batch and not batch.scanned:
            self._ledger.rows_arrived(batch, rows)

    def _forget(self, batch: BatchId) -> None:
        self._running.pop(batch, None)

    def _ended(self, batch_id: BatchId, error: TransferError | None) -> None:
        self._running.pop(batch_id, None)
        batch = self._ledger.batches.get(batch_id)
        if batch is None:
            return
        self._ledger.touch(batch_id)
        if error is None:
            batch.scanned, batch.problem = True, None
            return
        log.info("planning batch %s: %s %s", batch_id, error.kind, error.detail)
        batch.problem = Problem(error.kind, error.detail, self._clock.time())
        if isinstance(error, SignInNeeded):
            self._holds.hold(batch.place.account, error)
        elif isinstance(error, Temporary):
            self._retry_at[batch_id] = self._clock.monotonic() + RETRY_SECONDS
        else:
            batch.scanned = True
