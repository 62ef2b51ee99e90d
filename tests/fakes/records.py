"""Batches and transfers as the engine holds them, made with as few words as a test needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from pipette.engine.journal import Journal
from pipette.engine.records import Batch, Transfer
from pipette.model.files import Location
from pipette.model.parts import Handle, PartCheck, Receipt
from pipette.model.transfer import BatchId, BatchOptions, Direction, State, TransferId

NOW = 1_800_000_000.0
PLACE = Location("lab", "bucket", "runs")
HANDLE = Handle(10, "u1", check=PartCheck.CRC64_TRAILER, details={"key": "runs/a"})


def new_batch(
    name: str = "20270115-1",
    *,
    order: int = 1,
    direction: Direction = Direction.UPLOAD,
    options: BatchOptions | None = None,
    place: Location = PLACE,
) -> Batch:
    return Batch(
        id=BatchId(name),
        direction=direction,
        name="run7",
        place=place,
        local="/data/run7",
        given=("/data/run7",),
        options=options or BatchOptions(),
        created_at=NOW,
        order=order,
    )


def new_transfer(
    batch: Batch, name: str = "a.fastq.gz", *, size: int = 35, state: State = State.WAITING
) -> Transfer:
    position = batch.next_position
    batch.next_position += 1
    return Transfer(
        id=TransferId(0),
        batch=batch.id,
        direction=batch.direction,
        account=batch.place.account,
        position=position,
        name=name,
        at_service=batch.place.child(name),
        local=f"/data/run7/{name}",
        size=size,
        mtime_ns=1_800_000_000_123_456_789,
        shown=state,
    )


def receipt(number: int, length: int = 10, crc64nvme: int | None = 7) -> Receipt:
    return Receipt(number, length, f"etag{number}", crc64nvme, proven=True)


def add(journal: Journal, *transfers: Transfer) -> None:
    journal.add_files(transfers)


@contextmanager
def journal_at(path: Path) -> Iterator[Journal]:
    journal = Journal(path)
    try:
        yield journal
    finally:
        journal.close()


def as_new(batch: Batch) -> Batch:
    """The same batch, as a later run finds it: nothing loaded, nothing counted."""
    return replace(batch, loaded_to=-1, next_position=0)
