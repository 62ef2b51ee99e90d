"""Reading the journal without owning it: for the command line, the window's lists and receipts.

Any thread of any process may hold one; it sees what was committed. Calls block on the disk.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pipette.engine.details import checks_of, part_errors_in
from pipette.engine.drs_rows import JobView, RowView
from pipette.engine.journal_drs import JOBS_OF_BATCH, ROWS_OF_BATCH, job_view, row_view
from pipette.engine.journal_rows import batch_from_row, receipt_from_row, transfer_from_row
from pipette.engine.records import Batch
from pipette.engine.snapshots import batch_snapshot, file_snapshot
from pipette.model.parts import Receipt
from pipette.model.transfer import (
    BatchId,
    BatchSnapshot,
    Details,
    FileSnapshot,
    LogLine,
    State,
    TransferId,
)


class JournalReader:
    def __init__(self, path: Path) -> None:
        """``path`` need not exist yet; until it does, everything is empty."""
        self._path = path
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        with self._lock:
            if self._db:
                self._db.close()
                self._db = None

    def batches(self, *, unfinished_only: bool = False) -> Sequence[BatchSnapshot]:
        """In queue order."""
        where = "WHERE finished_at IS NULL" if unfinished_only else ""
        rows = self._rows(f"SELECT * FROM batch {where} ORDER BY queue_order")  # noqa: S608 - one of two constants
        return [batch_snapshot(batch_from_row(row)) for row in rows]

    def batch(self, batch: BatchId) -> BatchSnapshot | None:
        found = self._batch(batch)
        return batch_snapshot(found) if found else None

    def history(self, before: float | None, count: int) -> Sequence[BatchSnapshot]:
        """Finished batches, newest first."""
        rows = self._rows(
            "SELECT * FROM batch WHERE finished_at IS NOT NULL AND finished_at < ?"
            " ORDER BY finished_at DESC LIMIT ?",
            1e18 if before is None else before,
            count,
        )
        return [batch_snapshot(batch_from_row(row)) for row in rows]

    def files(self, batch: BatchId, after: int = -1, count: int = 5000) -> Sequence[FileSnapshot]:
        """By position, folder markers left out."""
        return self._files(
            batch,
            "position > ? AND substr(name, -1) != '/' ORDER BY position LIMIT ?",
            after,
            count,
        )

    def finished_files(
        self, batch: BatchId, after_order: int, count: int = 5000
    ) -> Sequence[FileSnapshot]:
        """Files that reached a final state or need someone, in the order in which they did.

        Markers of empty folders appear only when they failed.
        """
        return self._files(
            batch,
            "finish_order > ? AND (substr(name, -1) != '/' OR state IN ('failed', 'needs-you'))"
            " ORDER BY finish_order LIMIT ?",
            after_order,
            count,
        )

    def file(self, transfer: TransferId) -> FileSnapshot | None:
        rows = self._rows("SELECT batch FROM transfer WHERE id=?", transfer)
        found = self._files(BatchId(rows[0][0]), "id=?", transfer) if rows else ()
        return found[0] if found else None

    def details(self, transfer: TransferId) -> Details | None:
        file = self.file(transfer)
        if file is None:
            return None
        log = self.log(transfer)
        checks = checks_of(file, self.receipts(transfer))
        return Details(file, checks, tuple(log), part_errors_in(log))

    def receipts(self, transfer: TransferId) -> Sequence[Receipt]:
        rows = self._rows("SELECT * FROM receipt WHERE transfer=? ORDER BY number", transfer)
        return [receipt_from_row(row) for row in rows]

    def log(self, transfer: TransferId) -> Sequence[LogLine]:
        """Newest first."""
        rows = self._rows("SELECT * FROM log WHERE transfer=? ORDER BY id DESC", transfer)
        return [LogLine(row["at"], row["kind"], row["text"]) for row in rows]

    def rechecks(self, batch: BatchId) -> Sequence[tuple[float, dict[str, Any]]]:
        """When this batch was compared with the service again, and what came out."""
        rows = self._rows("SELECT at, outcome FROM recheck WHERE batch=? ORDER BY at", batch)
        return [(row["at"], json.loads(row["outcome"])) for row in rows]

    def import_jobs(self, batch: BatchId) -> Sequence[JobView]:
        """The requests of an import, in the order in which they were made."""
        return [job_view(row) for row in self._rows(JOBS_OF_BATCH, batch)]

    def import_rows(self, batch: BatchId, after: int = -1, count: int = 5000) -> Sequence[RowView]:
        """What the manifest said, by position."""
        return [row_view(row) for row in self._rows(ROWS_OF_BATCH, batch, after, count)]

    def _batch(self, batch: BatchId) -> Batch | None:
        rows = self._rows("SELECT * FROM batch WHERE id=?", batch)
        return batch_from_row(rows[0]) if rows else None

    def _files(self, batch_id: BatchId, where: str, *values: object) -> Sequence[FileSnapshot]:
        batch = self._batch(batch_id)
        if batch is None:
            return ()
        rows = self._rows(
            f"SELECT * FROM transfer WHERE batch=? AND {where}",  # noqa: S608 - constants of this class
            batch_id,
            *values,
        )
        return [self._snapshot(batch, row) for row in rows]

    def _snapshot(self, batch: Batch, row: sqlite3.Row) -> FileSnapshot:
        transfer = transfer_from_row(batch, row)
        if row["paused"] and not transfer.shown.is_final:
            transfer.shown = State.PAUSED
        return file_snapshot(transfer, arrived=row["arrived"])

    def _rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        with self._lock:
            if self._db is None:
                if not self._path.exists():
                    return []
                self._db = self._open()
            try:
                return self._db.execute(sql, values).fetchall()
            except sqlite3.OperationalError as error:
                if "no such table" in str(error):
                    return []
                raise

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(
            f"{self._path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False
        )
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA busy_timeout=5000")
        return db
