"""Reads what the transfers list shows but the queue does not report by itself, on workers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import SignalInstance

from pipette.engine.queue import Queue
from pipette.model.transfer import BatchId, BatchSnapshot
from pipette.ui.background import Background, Errand
from pipette.ui.transfers_model import TransfersModel
from pipette.ui.transfers_rows import BatchRow, FileRow

FILES_AT_ONCE = 1_500
HISTORY_PAGE = 200

Failed = Callable[[Exception], object]


@dataclass(frozen=True, slots=True)
class _Chunk:
    rows: Sequence[FileRow]
    last_position: int
    is_last: bool


class FilesLoader:
    """Fills opened batches of one model, chunk by chunk. A batch closed meanwhile is given up."""

    def __init__(
        self, queue: Queue, background: Background, model: TransfersModel, failed: Failed
    ) -> None:
        self._queue = queue
        self._background = background
        self._model = model
        self._failed = failed
        self._errands: dict[BatchId, Errand[_Chunk]] = {}
        model.opened.connect(self.read)
        model.closed.connect(self.give_up)

    def read(self, batch: BatchRow) -> None:
        self._read_after(batch, -1)

    def give_up(self, batch: BatchRow) -> None:
        errand = self._errands.pop(batch.id, None)
        if errand:
            errand.drop()

    def _read_after(self, batch: BatchRow, position: int) -> None:
        self._errands[batch.id] = self._background.run(
            lambda: _read_chunk(self._queue, batch, position),
            lambda chunk: self._take(batch, chunk),
            lambda error: self._fail(batch, error),
        )

    def _take(self, batch: BatchRow, chunk: _Chunk) -> None:
        self._model.adopt(batch, chunk.rows, complete=chunk.is_last)
        if chunk.is_last:
            self._errands.pop(batch.id, None)
        else:
            self._read_after(batch, chunk.last_position)

    def _fail(self, batch: BatchRow, error: Exception) -> None:
        self._model.close_batch(batch)
        self._failed(error)


def _read_chunk(queue: Queue, batch: BatchRow, position: int) -> _Chunk:
    files = queue.files(batch.id, position, FILES_AT_ONCE)
    last_position = files[-1].position if files else position
    return _Chunk(batch.rows_of(files), last_position, len(files) < FILES_AT_ONCE)


class PagedModel(Protocol):
    """A list of finished batches that grows at its end."""

    @property
    def more_wanted(self) -> SignalInstance: ...

    def has(self, batch: BatchId) -> bool: ...

    def put_batches(self, batches: Iterable[BatchSnapshot]) -> None: ...

    def set_more_available(self, available: bool) -> None: ...


class HistoryLoader:
    """Fills a paged model of finished batches, newest first, as its end comes into sight."""

    def __init__(
        self, queue: Queue, background: Background, model: PagedModel, failed: Failed
    ) -> None:
        self._queue = queue
        self._background = background
        self._model = model
        self._failed = failed
        self._oldest: float | None = None
        self._is_reading = False
        model.more_wanted.connect(self.read_more)

    def refresh(self) -> None:
        """Look for batches that finished since; what was read stays."""
        if not self._is_reading:
            self._read(None, at_end=self._oldest is None)

    def read_more(self) -> None:
        if self._is_reading:
            self._model.set_more_available(True)
            return
        self._read(self._oldest, at_end=True)

    def _read(self, before: float | None, *, at_end: bool) -> None:
        self._is_reading = True
        self._background.run(
            lambda: self._queue.history(before, HISTORY_PAGE),
            lambda page: self._take(page, at_end=at_end),
            self._fail,
        )

    def _take(self, page: Sequence[BatchSnapshot], *, at_end: bool) -> None:
        self._is_reading = False
        is_full = len(page) == HISTORY_PAGE
        meets_known = any(self._model.has(batch.id) for batch in page)
        self._model.put_batches(page)
        oldest = min((_finished_at(batch) for batch in page), default=None)
        if at_end:
            self._oldest = oldest if oldest is not None else self._oldest
            self._model.set_more_available(is_full)
        elif is_full and not meets_known:
            self._read(oldest, at_end=False)

    def _fail(self, error: Exception) -> None:
        self._is_reading = False
        self._failed(error)


def _finished_at(batch: BatchSnapshot) -> float:
    return batch.finished_at or batch.created_at
