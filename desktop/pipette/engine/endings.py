"""Tells the service that all files of an upload are there, where it wants to know."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from pipette.engine.clock import Clock
from pipette.engine.desk import Providers
from pipette.engine.errand import answer_of
from pipette.engine.journal_reader import JournalReader
from pipette.engine.pool import Pool
from pipette.engine.records import Batch
from pipette.model.errors import Temporary, TransferError
from pipette.model.files import Location
from pipette.model.transfer import BatchId, Direction, Problem, State
from pipette.providers.protocol import EndsBatches, Provider

log = logging.getLogger(__name__)

MOST_NAMES = 500
RETRY_SECONDS = 10.0
ARRIVED = (State.VERIFIED, State.SIZE_MATCHED, State.UNPROVEN, State.SKIPPED)


class Endings:
    """Belongs to the engine's thread. A batch counts as finished only when this is done."""

    def __init__(
        self,
        reader: JournalReader,
        providers: Providers,
        ready: Mapping[str, Provider],
        pool: Pool,
        clock: Clock,
        post: Callable[[Callable[[], None]], None],
    ) -> None:
        """``ready`` are the adapters at hand, by account."""
        self._reader = reader
        self._providers = providers
        self._ready = ready
        self._pool = pool
        self._clock = clock
        self._post = post
        self._not_before: dict[BatchId, float] = {}
        self._done: set[BatchId] = set()

    def is_done(self, batch: Batch) -> bool:
        """Begins it if need be. Asked again and again until it says yes."""
        if batch.id in self._done or not self._is_wanted(batch):
            return True
        if self._clock.monotonic() >= self._not_before.get(batch.id, 0.0):
            self._not_before[batch.id] = float("inf")
            self._pool.start(partial(self._run, batch))
        return False

    def undo(self, batch: BatchId) -> None:
        """Something of it goes on after all."""
        self._done.discard(batch)
        self._not_before.pop(batch, None)

    def _is_wanted(self, batch: Batch) -> bool:
        if batch.direction is not Direction.UPLOAD or not batch.files:
            return False
        provider = self._ready.get(batch.place.account)
        if provider is not None and not isinstance(provider, EndsBatches):
            return False
        arrived = sum(batch.counts[state] for state in ARRIVED)
        return arrived == batch.files - batch.counts[State.LEFT_OUT]

    def _run(self, batch: Batch) -> None:
        """On a worker."""
        error = answer_of(partial(self._end, batch), f"ending batch {batch.id}")
        self._post(partial(self._ended, batch, error))

    def _end(self, batch: Batch) -> None:
        provider = self._providers.provider(batch.place.account)
        if isinstance(provider, EndsBatches):
            names = self._names(batch, provider)
            if not names:
                raise Temporary("what arrived is not in the journal yet")
            provider.end_batch(batch.place, names, batch.size)

    def _names(self, batch: Batch, provider: Provider) -> list[str]:
        """The first files, and of every folder right below the container one file at least."""
        names: list[str] = []
        tops: set[str] = set()
        for path in self._paths(batch, provider.features.container_segments):
            top = path.partition("/")[0]
            if len(names) < MOST_NAMES or top not in tops:
                names.append(path)
            tops.add(top)
        return names

    def _paths(self, batch: Batch, segments: int) -> Iterator[str]:
        position = -1
        while page := self._reader.files(batch.id, position):
            position = page[-1].position
            for file in page:
                if file.state is not State.LEFT_OUT:
                    yield Location.parse(file.target, segments).path

    def _ended(self, batch: Batch, error: TransferError | None) -> None:
        if isinstance(error, Temporary):
            self._not_before[batch.id] = self._clock.monotonic() + RETRY_SECONDS
            return
        self._done.add(batch.id)
        if error is not None:
            log.info("batch %s could not be ended there: %s %s", batch.id, error.kind, error.detail)
            batch.problem = Problem(error.kind, error.detail, self._clock.time())
