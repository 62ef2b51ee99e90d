"""Tells the outside what changed: gathered, bounded in rate, and taken when somebody asks."""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import dataclass, field

from pipette.engine.clock import Clock
from pipette.engine.ledger import Ledger
from pipette.engine.meter import Meter
from pipette.engine.records import Batch, Transfer
from pipette.engine.snapshots import batch_snapshot, file_snapshot
from pipette.engine.waits import Holds
from pipette.model.transfer import (
    BatchId,
    BatchSnapshot,
    Changes,
    FileSnapshot,
    TransferId,
    is_large_piece,
)

PUBLISH_SECONDS = 0.1
RATE_SECONDS = 5.0


@dataclass(slots=True)
class _Speed:
    """Bytes per second of one batch, smoothed over some seconds."""

    bytes: int
    at: float
    rate: float = 0.0

    def update(self, moved: int, now: float) -> float:
        passed = now - self.at
        if passed > 0:
            weight = min(1.0, passed / RATE_SECONDS)
            latest = max(0, moved - self.bytes) / passed
            self.rate += (latest - self.rate) * weight
            self.bytes, self.at = moved, now
        return self.rate


@dataclass(slots=True)
class _Outbox:
    batches: dict[BatchId, BatchSnapshot] = field(default_factory=dict)
    files: dict[TransferId, FileSnapshot] = field(default_factory=dict)
    removed: list[BatchId] = field(default_factory=list)


class Publisher:
    """``run`` belongs to the engine's thread, ``take`` and ``watch`` to any."""

    def __init__(self, ledger: Ledger, meter: Meter, holds: Holds, clock: Clock) -> None:
        self._ledger = ledger
        self._meter = meter
        self._holds = holds
        self._clock = clock
        self._lock = threading.Lock()
        self._outbox = _Outbox()
        self._watched: frozenset[BatchId] = frozenset()
        self._speeds: dict[BatchId, _Speed] = {}
        self._published_at = float("-inf")
        self._online = True
        self._accounts_waiting: tuple[tuple[str, str], ...] = ()

    def watch(self, batches: Collection[BatchId]) -> None:
        self._watched = frozenset(batches)

    def take(self) -> Changes:
        with self._lock:
            outbox, self._outbox = self._outbox, _Outbox()
        return Changes(
            batches=tuple(outbox.batches.values()),
            files=tuple(outbox.files.values()),
            removed=tuple(outbox.removed),
            up_rate=self._meter.up_rate(),
            down_rate=self._meter.down_rate(),
            online=self._online,
            accounts_waiting=self._accounts_waiting,
        )

    def removed(self, batch: BatchId) -> None:
        self._speeds.pop(batch, None)
        with self._lock:
            self._outbox.batches.pop(batch, None)
            self._outbox.removed.append(batch)

    def is_due(self, now: float) -> bool:
        return now - self._published_at >= PUBLISH_SECONDS

    def run(self, *, online: bool) -> None:
        """Make snapshots of what changed and of what moves."""
        now = self._clock.monotonic()
        self._published_at = now
        self._online = online
        self._accounts_waiting = self._holds.all()
        ledger = self._ledger
        moving = {t.batch for t in ledger.live.values() if t.shown.is_active}
        batches = {
            batch_id: self._batch(ledger.batches[batch_id], now, moves=batch_id in moving)
            for batch_id in (ledger.changed_batches | moving)
            if batch_id in ledger.batches
        }
        files = {t.id: self._file(t) for t in self._files() if t.batch in self._watched}
        ledger.changed_batches.clear()
        ledger.changed_files.clear()
        with self._lock:
            self._outbox.batches.update(batches)
            self._outbox.files.update(files)

    def _files(self) -> list[Transfer]:
        moving = [t for t in self._ledger.live.values() if t.shown.is_active]
        return [*self._ledger.changed_files.values(), *moving]

    def _batch(self, batch: Batch, now: float, *, moves: bool) -> BatchSnapshot:
        live = [t for t in self._ledger.live.values() if t.batch == batch.id]
        wire = sum(self._meter.wire_bytes(t.id) for t in live)
        pieces = [t for t in live if is_large_piece(t.direction, t.parts, t.size)]
        moved = batch.sent_bytes + wire
        speed = self._speeds.setdefault(batch.id, _Speed(moved, now))
        rate = speed.update(moved, now)
        gone = sum(self._meter.running(t.id) for t in pieces)
        return batch_snapshot(batch, rate if moves else 0.0, wire, len(pieces), gone)

    def _file(self, t: Transfer) -> FileSnapshot:
        retry_at = None
        if t.retry_at:
            retry_at = self._clock.time() + min(t.retry_at.values()) - self._clock.monotonic()
        return file_snapshot(t, moving=self._meter.running(t.id), retry_at=retry_at)
