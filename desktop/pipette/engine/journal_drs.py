"""The part of the journal that remembers imports: requests to the service, and the rows in them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Sequence

from pipette.engine.drs_rows import (
    ImportJob,
    ImportRow,
    JobState,
    JobView,
    RowView,
    row_from_json,
    row_to_json,
)
from pipette.engine.journal_rows import transfer_from_row
from pipette.engine.records import Batch
from pipette.model.drs_manifest import ManifestRow
from pipette.model.transfer import BatchId, TransferId
from pipette.providers.protocol_drs import DrsState

MOST_IN_A_QUERY = 500

_ROWS = (
    "SELECT transfer.*, import_row.content, import_row.there, import_row.asked, import_row.files"
    " FROM import_row JOIN transfer ON transfer.id = import_row.transfer WHERE "
)


class ImportJournal:
    """Belongs to the engine's thread, and to the journal it is a part of."""

    def __init__(self, db: sqlite3.Connection, begin: Callable[[], None]) -> None:
        """``begin`` starts a transaction unless there is one."""
        self._db = db
        self._begin = begin

    def add_rows(self, batch: BatchId, rows: Sequence[ManifestRow]) -> None:
        """The transfers of these rows stand in the journal already, one for each, in order."""
        self._begin()
        self._db.executemany(
            "INSERT INTO import_row (transfer, number, content)"
            " SELECT id, ?, ? FROM transfer WHERE batch=? AND position=?",
            (
                (row.number, json.dumps(row_to_json(row)), batch, position)
                for position, row in enumerate(rows)
            ),
        )

    def form_jobs(self, batch: Batch, most_rows: int) -> None:
        """Put the rows that wait, and are in no request yet, into requests."""
        while True:
            rows = self._db.execute(
                "SELECT transfer.id FROM import_row JOIN transfer ON transfer.id=import_row.transfer"
                " WHERE transfer.batch=? AND transfer.state='waiting' AND import_row.job IS NULL"
                " ORDER BY transfer.position LIMIT ?",
                (batch.id, most_rows),
            ).fetchall()
            if not rows:
                return
            self.add_job(batch, [TransferId(row[0]) for row in rows])

    def add_job(
        self, batch: Batch, transfers: Sequence[TransferId], not_before: float = 0.0
    ) -> None:
        """A new request of these rows, which leave the one they were in."""
        self._begin()
        made = self._db.execute(
            "INSERT INTO import_job (batch, account, state, planned, not_before) VALUES (?,?,?,?,?)",
            (batch.id, batch.place.account, JobState.NEW.value, len(transfers), not_before),
        )
        self._db.executemany(
            "UPDATE import_row SET job=? WHERE transfer=?",
            ((made.lastrowid, transfer) for transfer in transfers),
        )

    def leave_jobs(self, rows: Iterable[ImportRow]) -> None:
        """They are in no request until they are put into one."""
        self._begin()
        self._db.executemany(
            "UPDATE import_row SET job=NULL WHERE transfer=?",
            ((row.transfer.id,) for row in rows),
        )

    def begun_jobs(self, batch: BatchId) -> list[ImportJob]:
        """Those the service has or may have."""
        rows = self._db.execute(
            "SELECT * FROM import_job WHERE batch=? AND state IN (?,?) ORDER BY id",
            (batch, JobState.SENDING.value, JobState.SENT.value),
        )
        return [_job(row) for row in rows.fetchall()]

    def next_new(self, batch: BatchId) -> ImportJob | None:
        """The request to be handed over next."""
        row = self._db.execute(
            "SELECT * FROM import_job WHERE batch=? AND state=? ORDER BY not_before, id LIMIT 1",
            (batch, JobState.NEW.value),
        ).fetchone()
        return _job(row) if row else None

    def save_job(self, job: ImportJob) -> None:
        self._begin()
        self._db.execute(
            "UPDATE import_job SET state=?, service_id=?, stage=?, handed=?, told=?, handed_at=?,"
            " not_before=?, cancelled=? WHERE id=?",
            (
                job.state.value,
                job.service_id,
                job.stage.value if job.stage else "",
                job.handed,
                job.told,
                job.handed_at,
                job.not_before,
                job.cancelled,
                job.id,
            ),
        )

    def drop_new(self, batch: BatchId) -> None:
        """Nothing more of it is handed over."""
        self._begin()
        self._db.execute(
            "UPDATE import_job SET state=? WHERE batch=? AND state=?",
            (JobState.FINISHED.value, batch, JobState.NEW.value),
        )
        self._db.execute(
            "UPDATE import_job SET cancelled=1 WHERE batch=? AND state IN (?,?)",
            (batch, JobState.SENDING.value, JobState.SENT.value),
        )

    def rows_of(self, batch: Batch, job: int) -> list[ImportRow]:
        """In order."""
        return self._rows(batch, "import_row.job=? ORDER BY transfer.position", job)

    def rows(self, batch: Batch, transfers: Collection[TransferId]) -> list[ImportRow]:
        """These, as far as they are rows of this batch."""
        left, found = list(transfers), list[ImportRow]()
        while left:
            some, left = left[:MOST_IN_A_QUERY], left[MOST_IN_A_QUERY:]
            marks = ",".join("?" * len(some))
            where = f"transfer.id IN ({marks}) AND transfer.batch=?"
            found += self._rows(batch, where, *some, batch.id)
        return found

    def stopped(self, batch: Batch) -> list[ImportRow]:
        """Rows that were refused, set aside, or need someone."""
        return self._rows(
            batch,
            "transfer.batch=? AND transfer.state IN ('failed', 'needs-you') ORDER BY position",
            batch.id,
        )

    def _rows(self, batch: Batch, where: str, *values: object) -> list[ImportRow]:
        rows = self._db.execute(_ROWS + where, values).fetchall()
        return [_row(batch, row) for row in rows]

    def save_rows(self, rows: Iterable[ImportRow]) -> None:
        """What an import knows of its rows beside their state."""
        self._begin()
        listed = list(rows)
        self._db.executemany(
            "UPDATE import_row SET there=?, asked=?, files=? WHERE transfer=?",
            ((row.there, row.asked, row.files, row.transfer.id) for row in listed),
        )
        self._db.executemany(
            "UPDATE transfer SET size=? WHERE id=?",
            ((row.transfer.size, row.transfer.id) for row in listed),
        )

    def handed_since(self, account: str, since: float) -> list[tuple[float, int]]:
        """When how many rows were handed over, whatever became of them."""
        rows = self._db.execute(
            "SELECT handed_at, handed FROM import_job WHERE account=? AND handed_at>?",
            (account, since),
        )
        return [(row[0], row[1]) for row in rows.fetchall()]


JOBS_OF_BATCH = "SELECT * FROM import_job WHERE batch=? ORDER BY id"
ROWS_OF_BATCH = (
    "SELECT import_row.* FROM import_row JOIN transfer ON transfer.id = import_row.transfer"
    " WHERE transfer.batch=? AND transfer.position>? ORDER BY transfer.position LIMIT ?"
)
"""For the reader, which makes its views of them with the two functions below."""


def job_view(row: sqlite3.Row) -> JobView:
    return JobView(
        id=row["id"],
        state=JobState(row["state"]),
        planned=row["planned"],
        handed=row["handed"],
        told=row["told"],
        handed_at=row["handed_at"],
        not_before=row["not_before"],
    )


def row_view(row: sqlite3.Row) -> RowView:
    return RowView(row["transfer"], row_from_json(json.loads(row["content"])), row["files"])


def _job(row: sqlite3.Row) -> ImportJob:
    return ImportJob(
        id=row["id"],
        batch=BatchId(row["batch"]),
        account=row["account"],
        state=JobState(row["state"]),
        planned=row["planned"],
        service_id=row["service_id"],
        stage=DrsState(row["stage"]) if row["stage"] else None,
        handed=row["handed"],
        told=row["told"],
        handed_at=row["handed_at"],
        not_before=row["not_before"],
        cancelled=bool(row["cancelled"]),
    )


def _row(batch: Batch, row: sqlite3.Row) -> ImportRow:
    return ImportRow(
        transfer=transfer_from_row(batch, row),
        content=row_from_json(json.loads(row["content"])),
        there=row["there"],
        asked=bool(row["asked"]),
        files=row["files"],
    )
