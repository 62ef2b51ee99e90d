"""What the rows of a folder say beside the listing: what is on its way there, and what is proven."""

from __future__ import annotations

import ntpath
import posixpath
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from pipette.model.files import Location, RemoteFile
from pipette.model.parts import Proof
from pipette.model.transfer import BatchId, BatchSnapshot, Direction, FileSnapshot, State

_MOST_FILES = 50_000
"""So many receipts are looked through for one folder."""


@dataclass(frozen=True, slots=True)
class OnItsWay:
    """What is being sent to one row. ``percent`` counts arrived bytes only, rounded down."""

    arrived: int
    size: int
    is_folder: bool
    active: bool

    @property
    def percent(self) -> int:
        return self.arrived * 100 // self.size if self.size else 0


@dataclass(frozen=True, slots=True)
class Arrival:
    """What the receipts say about one row: a file's own proof, or a count for a folder."""

    proof: Proof = Proof.NONE
    size: int = 0
    etag: str | None = None
    verified: int = 0

    def covers(self, file: RemoteFile) -> bool:
        """False once the file there is no longer the one that was sent."""
        if self.etag and file.etag:
            return self.etag == file.etag
        return self.size == file.size


class ReadsReceipts(Protocol):
    """The part of ``engine.queue.Queue`` that answers for finished transfers; blocks."""

    def history(self, before: float | None = None, count: int = 200) -> Sequence[BatchSnapshot]: ...

    def files(
        self, batch: BatchId, after: int = -1, count: int = 5000
    ) -> Sequence[FileSnapshot]: ...


def on_their_way(
    folder: Location, batches: Iterable[BatchSnapshot], files: Iterable[FileSnapshot]
) -> dict[str, OnItsWay]:
    """Rows of ``folder`` by name that something is being sent to."""
    found: dict[str, OnItsWay] = {}
    for batch in batches:
        name = _row_of_batch(folder, batch)
        if name is not None:
            found[name] = _both(found.get(name), _batch_on_its_way(batch))
    for file in files:
        if file.direction is not Direction.UPLOAD or file.state.is_final:
            continue
        name = file.target.removeprefix(_prefix(folder))
        if name != file.target and "/" not in name:
            found[name.replace("%25", "%")] = _file_on_its_way(file)
    return found


def arrivals(
    receipts: ReadsReceipts, folder: Location, running: Iterable[BatchSnapshot] = ()
) -> dict[str, Arrival]:
    """What is proven about the rows of ``folder``, by name. Blocks: call it on a worker."""
    known: dict[str, Arrival] = {}
    left = _MOST_FILES
    seen: set[BatchId] = set()
    for batch in [*running, *receipts.history()]:
        if left <= 0:
            break
        if batch.id in seen or not touches(folder, batch):
            continue
        seen.add(batch.id)
        left -= _note_batch(receipts, batch.id, _prefix(folder), known, left)
    return known


def _note_batch(
    receipts: ReadsReceipts, batch: BatchId, prefix: str, known: dict[str, Arrival], most: int
) -> int:
    after, read = -1, 0
    while read < most:
        files = receipts.files(batch, after)
        for file in files:
            _note(file, prefix, known)
        read += len(files)
        if not files or files[-1].position <= after:
            break
        after = files[-1].position
    return read


def _note(file: FileSnapshot, prefix: str, known: dict[str, Arrival]) -> None:
    below = file.target.removeprefix(prefix)
    if file.proof is Proof.NONE or below == file.target:
        return
    first, slash, _ = below.partition("/")
    name = first.replace("%25", "%")
    if not slash:
        known.setdefault(name, Arrival(file.proof, file.size, file.etag))
        return
    if file.proof is not Proof.SIZE_ONLY:
        known[name] = Arrival(verified=known.get(name, Arrival()).verified + 1)


def touches(folder: Location, batch: BatchSnapshot) -> bool:
    """Whether an upload goes into this folder, above it or below it."""
    if batch.direction is not Direction.UPLOAD or not folder.container:
        return False
    here, there = _prefix(folder), _prefix(batch.place)
    return here.startswith(there) or there.startswith(here)


def _prefix(folder: Location) -> str:
    return str(folder).rstrip("/") + "/"


def _row_of_batch(folder: Location, batch: BatchSnapshot) -> str | None:
    if batch.direction is not Direction.UPLOAD or batch.finished_at is not None:
        return None
    here, there = _prefix(folder), _prefix(batch.place)
    if here == there:
        return _name_there(batch)
    if not there.startswith(here):
        return None
    return there.removeprefix(here).partition("/")[0].replace("%25", "%")


def _name_there(batch: BatchSnapshot) -> str | None:
    """The row a dropped thing becomes; None for many things or the bare content of a folder."""
    if batch.local.endswith(("/", "\\")):
        return None
    names = {posixpath.basename(batch.local), ntpath.basename(batch.local)}
    return batch.name if batch.name in names else None


def _batch_on_its_way(batch: BatchSnapshot) -> OnItsWay:
    active = batch.state.is_active
    return OnItsWay(batch.arrived, batch.size, batch.files > 1 or batch.scanning, active)


def _file_on_its_way(file: FileSnapshot) -> OnItsWay:
    active = file.state.is_active and file.state is not State.NO_NETWORK
    return OnItsWay(file.arrived, file.size, is_folder=False, active=active)


def _both(one: OnItsWay | None, other: OnItsWay) -> OnItsWay:
    if one is None:
        return other
    return OnItsWay(
        one.arrived + other.arrived,
        one.size + other.size,
        one.is_folder or other.is_folder,
        one.active or other.active,
    )
