"""Asking the service again whether it still holds what was delivered."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import partial
from itertools import islice
from typing import TypeVar

from pipette.engine.desk import Providers
from pipette.engine.drs_rows import RowView
from pipette.engine.journal_reader import JournalReader
from pipette.engine.retry import LONGEST_ASKED_WAIT
from pipette.model.errors import SignInNeeded, SlowDown, TransferError
from pipette.model.files import Location, RemoteFile
from pipette.model.transfer import BatchId, Direction, FileSnapshot, State
from pipette.providers.protocol_drs import DrsFile, ImportsDrs

PAGE = 1000
SLOW_SECONDS = 5.0
MOST_WAITS = 8
"""So often one file waits for a service that counts calls."""
DELIVERED = frozenset({State.VERIFIED, State.SIZE_MATCHED, State.UNPROVEN, State.IMPORTED})


Answer = TypeVar("Answer")


class Found(Enum):
    """What a second look at one file showed."""

    SAME = "same"
    """The checksum there is the one in the receipt."""
    SIZE_SAME = "size-same"
    """The size is; the service gives nothing more to compare."""
    DIFFERS = "differs"
    GONE = "gone"
    UNKNOWN = "unknown"
    """It could not be asked."""


@dataclass(frozen=True, slots=True)
class Recheck:
    file: FileSnapshot
    found: Found
    remote: RemoteFile | None = None
    error: TransferError | None = None


class Rechecking:
    """Blocks on the network: any worker thread, any number at once."""

    def __init__(
        self,
        reader: JournalReader,
        providers: Providers,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._reader = reader
        self._providers = providers
        self._sleep = sleep

    def files(self, batch_id: BatchId) -> Iterator[Recheck]:
        """Every delivered file of the batch, in order. Raises SignInNeeded."""
        batch = self._reader.batch(batch_id)
        if batch is None:
            return
        provider = self._providers.provider(batch.place.account)
        if isinstance(provider, ImportsDrs) and batch.direction is Direction.IMPORT:
            yield from self._imported(batch_id, provider)
            return
        segments = provider.features.container_segments
        for file in self._delivered(batch_id):
            written = file.target if file.direction is Direction.UPLOAD else file.source
            yield self._look(file, Location.parse(written, segments))

    def summary(self, batch: BatchId) -> dict[str, int]:
        """How many files showed what; everything unknown when the service could not be asked."""
        counted: Counter[str] = Counter()
        try:
            counted.update(check.found.value for check in self.files(batch))
        except TransferError:
            counted[Found.UNKNOWN.value] = sum(1 for _ in self._delivered(batch))
        return dict(counted)

    def _delivered(self, batch: BatchId) -> Iterator[FileSnapshot]:
        after = -1
        while page := self._reader.files(batch, after, PAGE):
            after = page[-1].position
            yield from (file for file in page if file.state in DELIVERED)

    def _imported(self, batch: BatchId, service: ImportsDrs) -> Iterator[Recheck]:
        """By their ids, many at once: names may have been changed since."""
        bundles = {view.transfer for view in self._views(batch) if view.files > 1}
        for files in _chunks(self._delivered(batch), service.drs_limits.items):
            ids = [file.remote_id for file in files if file.remote_id]
            ask = partial(service.drs_files, ids)
            try:
                there = {one.id: one for one in self._patiently(ask)}
            except SignInNeeded:
                raise
            except TransferError as error:
                yield from (Recheck(file, Found.UNKNOWN, error=error) for file in files)
                continue
            for file in files:
                found = there.get(file.remote_id or "")
                yield Recheck(file, _still(file, found, is_bundle=file.id in bundles))

    def _views(self, batch: BatchId) -> Iterator[RowView]:
        after = -1
        while page := self._reader.import_rows(batch, after, PAGE):
            after += len(page)
            yield from page

    def _look(self, file: FileSnapshot, at: Location) -> Recheck:
        try:
            remote = self._found(at)
        except TransferError as error:
            return Recheck(file, Found.UNKNOWN, error=error)
        if remote is None:
            return Recheck(file, Found.GONE)
        return Recheck(file, _compared(file, remote), remote)

    def _found(self, at: Location) -> RemoteFile | None:
        provider = self._providers.provider(at.account)
        return self._patiently(lambda: provider.find(at))

    def _patiently(self, ask: Callable[[], Answer]) -> Answer:
        """Again and again while the service asks for time."""
        for _ in range(MOST_WAITS):
            try:
                return ask()
            except SlowDown as slow:
                self._sleep(min(slow.wait_seconds or SLOW_SECONDS, LONGEST_ASKED_WAIT))
        return ask()


def _chunks(files: Iterator[FileSnapshot], size: int) -> Iterator[list[FileSnapshot]]:
    while chunk := list(islice(files, size)):
        yield chunk


def _still(file: FileSnapshot, there: DrsFile | None, *, is_bundle: bool) -> Found:
    """Of a bundle only one of its files is known by its id."""
    if there is None:
        return Found.GONE if file.remote_id else Found.UNKNOWN
    is_same = is_bundle or there.size in {None, file.remote_size}
    return Found.SIZE_SAME if is_same else Found.DIFFERS


def _compared(file: FileSnapshot, remote: RemoteFile) -> Found:
    """An ETag that is still the same says so even where it is no digest that could be compared."""
    # What was made of several files has a size of its own, known since the delivery.
    size = file.remote_size if remote.joined else file.size
    if remote.size is not None and size is not None and remote.size != size:
        return Found.DIFFERS
    if remote.joined and remote.id != file.remote_id:
        return Found.DIFFERS
    pairs = [(remote.md5, file.md5), (remote.etag, file.etag)]
    told = [(there, here) for there, here in pairs if there and here]
    if any(there == here for there, here in told):
        return Found.SAME
    return Found.DIFFERS if told else Found.SIZE_SAME
