"""Making the read-only views that leave the engine."""

from __future__ import annotations

from pipette.engine.records import Batch, Transfer
from pipette.model.transfer import BatchSnapshot, Direction, FileSnapshot, State


def batch_snapshot(
    batch: Batch,
    rate_bytes: float = 0.0,
    moving: int = 0,
    pieces: int = 0,
    pieces_moving: int = 0,
) -> BatchSnapshot:
    return BatchSnapshot(
        id=batch.id,
        direction=batch.direction,
        name=batch.name,
        place=batch.place,
        local=batch.local,
        created_at=batch.created_at,
        options=batch.options,
        scanning=not batch.scanned,
        files=batch.files,
        size=batch.size,
        arrived=batch.arrived,
        rate_bytes=rate_bytes,
        counts=tuple((state, batch.counts[state]) for state in State if batch.counts[state]),
        order=batch.order,
        paused=batch.paused,
        sent_bytes=batch.sent_bytes + moving,
        finished_at=batch.finished_at,
        problem=batch.problem,
        pieces=pieces,
        pieces_moving=pieces_moving,
    )


def file_snapshot(
    t: Transfer, *, arrived: int | None = None, moving: int = 0, retry_at: float | None = None
) -> FileSnapshot:
    """``retry_at`` in seconds since the epoch; ``arrived`` where the stage does not tell it."""
    place = str(t.at_service)
    outward = t.direction is not Direction.DOWNLOAD
    return FileSnapshot(
        id=t.id,
        batch=t.batch,
        direction=t.direction,
        name=t.name,
        source=t.local if outward else place,
        target=place if outward else t.local,
        size=t.size,
        state=t.shown,
        position=t.position,
        arrived=t.arrived if arrived is None else arrived,
        moving=moving,
        parts=t.parts,
        problem=t.problem,
        proof=t.proof,
        md5=t.md5,
        etag=t.etag,
        remote_id=t.remote_id,
        remote_size=t.remote_size,
        attempts=t.attempts,
        reused_parts=t.reused_parts,
        sent_bytes=t.sent_bytes,
        retry_at=retry_at,
        finished_at=t.finished_at,
        renamed_to=t.renamed_to,
        finish_order=t.finish_order,
    )
