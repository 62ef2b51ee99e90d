"""The queue's memory on disk: SQLite in WAL mode, written by the engine's thread alone.

Order of writing: what is about to be asked of a service is written and committed *before* it is
asked, what the service answered right after. Commits are made durable (``synchronous=FULL``) and
gathered over some tens of milliseconds, so that a power cut loses at most the parts in flight.

Never in here: keys, tokens, signed addresses.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pipette.engine.journal_drs import ImportJournal
from pipette.engine.journal_rows import (
    SAVE_STATES,
    batch_from_row,
    handle_to_json,
    new_row,
    options_to_json,
    problem_to_json,
    receipt_from_row,
    stage_from_row,
    state_row,
    transfer_from_row,
)
from pipette.engine.journal_schema import CURRENT, UPGRADES
from pipette.engine.records import Batch, Transfer
from pipette.model.parts import Handle, Receipt
from pipette.model.transfer import BatchId, LogLine, State, TransferId


class JournalTooNew(Exception):
    """This journal was written by a later version of Pipette."""


class Journal:
    """All methods belong to the engine's thread. Nothing is durable before ``commit``."""

    def __init__(self, path: Path) -> None:
        """Opens or makes the file, upgrading an older one. Raises JournalTooNew."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._dirty = False
        self._upgrade()
        self.imports = ImportJournal(self._db, self._begin)
        self._last_order = self._number("SELECT max(finish_order) FROM transfer")

    def close(self) -> None:
        self.commit()
        self._db.close()

    def commit(self) -> None:
        if self._dirty:
            self._db.execute("COMMIT")
            self._dirty = False

    @property
    def is_dirty(self) -> bool:
        return self._dirty

    # Batches

    def last_batch_number(self, day: str) -> int:
        """The highest n of the ids ``day-n`` (0 for none)."""
        return self._number(
            "SELECT max(CAST(substr(id, ?) AS INTEGER)) FROM batch WHERE id LIKE ?",
            len(day) + 2,
            f"{day}-%",
        )

    def next_queue_order(self) -> int:
        return self._number("SELECT max(queue_order) FROM batch") + 1

    def add_batch(self, batch: Batch) -> None:
        self._write(
            "INSERT INTO batch (id, direction, name, account, container, path, local, given,"
            " options, created_at, queue_order) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
            batch.id,
            batch.direction.value,
            batch.name,
            batch.place.account,
            batch.place.container,
            batch.place.path,
            batch.local,
            json.dumps(batch.given),
            json.dumps(options_to_json(batch.options)),
            batch.created_at,
            batch.order,
        )

    def save_batch(self, batch: Batch) -> None:
        self._write(
            "UPDATE batch SET queue_order=?, scanned=?, paused=?, listed=?, finished_at=?,"
            " problem=?, files=?, size=?, arrived=?, sent_bytes=?, counts=? WHERE id=?",
            batch.order,
            batch.scanned,
            batch.paused,
            batch.listed,
            batch.finished_at,
            problem_to_json(batch.problem),
            batch.files,
            batch.size,
            batch.arrived,
            batch.sent_bytes,
            json.dumps({state.value: number for state, number in batch.counts.items() if number}),
            batch.id,
        )

    def names(self, batch: BatchId) -> frozenset[str]:
        """What an interrupted plan had found already."""
        rows = self._db.execute("SELECT name FROM transfer WHERE batch=?", (batch,))
        return frozenset(row[0] for row in rows)

    def unfinished_batches(self) -> Iterator[Batch]:
        """Batches with work left or still shown in the list, in queue order."""
        rows = self._db.execute(
            "SELECT * FROM batch WHERE finished_at IS NULL OR listed ORDER BY queue_order"
        )
        for row in rows.fetchall():
            batch = batch_from_row(row)
            self.recount(batch)
            yield batch

    def recount(self, batch: Batch) -> None:
        """Sum its figures up afresh from its files."""
        rows = self._db.execute(
            "SELECT state, count(*), sum(size), sum(arrived), sum(sent_bytes), max(position)"
            " FROM transfer WHERE batch=? AND substr(name, -1) != '/' GROUP BY state",
            (batch.id,),
        ).fetchall()
        batch.counts = Counter({State(row[0]): row[1] for row in rows})
        left_out = sum(row[2] for row in rows if row[0] == State.LEFT_OUT.value)
        batch.files = sum(row[1] for row in rows)
        batch.size = sum(row[2] for row in rows) - left_out
        batch.arrived = sum(row[3] for row in rows)
        batch.sent_bytes = sum(row[4] for row in rows)
        batch.next_position = 1 + self._number(
            "SELECT max(position) FROM transfer WHERE batch=?", batch.id, none=-1
        )

    # Transfers

    def add_files(self, transfers: Sequence[Transfer]) -> None:
        """Insert and give each its id."""
        next_id = self._number("SELECT max(id) FROM transfer") + 1
        for offset, transfer in enumerate(transfers):
            transfer.id = TransferId(next_id + offset)
        self._begin()
        self._db.executemany(
            "INSERT INTO transfer (id, batch, position, name, path, local, size, mtime_ns, state,"
            " may_replace, look, etag, remote_id, remote_size, renamed_to, error_kind,"
            " error_detail, finished_at, finish_order, mate)"
            " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (new_row(transfer) for transfer in transfers),
        )

    def next_finish_order(self) -> int:
        self._last_order += 1
        return self._last_order

    def save_opening(self, t: Transfer) -> None:
        """About to ask the service to open: commit before asking."""
        self._write(
            "UPDATE transfer SET opening_key=?, etag=?, remote_id=?, remote_size=?, path=?, local=?"
            " WHERE id=?",
            t.opening_key,
            t.etag,
            t.remote_id,
            t.remote_size,
            t.at_service.path,
            t.local,
            t.id,
        )

    def save_opened(self, t: Transfer, handle: Handle, count: int) -> None:
        self._write(
            "UPDATE transfer SET handle=?, part_count=?, state=?, local=?, path=?, renamed_to=?,"
            " opening_key=NULL WHERE id=?",
            json.dumps(handle_to_json(handle)),
            count,
            State.MOVING.value,
            t.local,
            t.at_service.path,
            t.renamed_to,
            t.id,
        )

    def save_receipts(self, receipts: Iterable[tuple[TransferId, Receipt]]) -> None:
        self._begin()
        self._db.executemany(
            "INSERT OR REPLACE INTO receipt VALUES (?,?,?,?,?,?,?)",
            (
                (
                    transfer,
                    r.number,
                    r.length,
                    r.etag,
                    None if r.crc64nvme is None else f"{r.crc64nvme:016x}",
                    r.md5,
                    r.proven,
                )
                for transfer, r in receipts
            ),
        )

    def replace_receipts(self, t: Transfer) -> None:
        """The service's own list of parts won over ours."""
        self._write("DELETE FROM receipt WHERE transfer=?", t.id)
        self.save_receipts((t.id, receipt) for receipt in t.receipts.values())

    def forget_opened(self, t: Transfer) -> None:
        """What was opened is gone: the transfer starts from the beginning."""
        self._write("DELETE FROM receipt WHERE transfer=?", t.id)
        self._write(
            "UPDATE transfer SET handle=NULL, opening_key=NULL, part_count=0, closed=0, arrived=0,"
            " leaving='', state=?, size=?, mtime_ns=? WHERE id=?",
            State.WAITING.value,
            t.size,
            t.mtime_ns,
            t.id,
        )

    def save_closed(self, t: Transfer) -> None:
        self._write("UPDATE transfer SET closed=1 WHERE id=?", t.id)

    def save_leaving(self, t: Transfer, *, again: bool) -> None:
        self._write(
            "UPDATE transfer SET leaving=? WHERE id=?", "again" if again else "cancel", t.id
        )

    def save_states(self, transfers: Iterable[Transfer]) -> None:
        """State, problem, proof and figures of these transfers as they are now."""
        self._begin()
        # One statement for all: each statement lets go of the interpreter and has to wait for its
        # turn again, which beside busy workers costs more than the statement itself.
        self._db.execute(SAVE_STATES, (json.dumps([state_row(t) for t in transfers]),))

    def waiting(self, batch: Batch, count: int) -> list[Transfer]:
        """The next files of this batch that nobody has begun, in order."""
        rows = self._db.execute(
            "SELECT * FROM transfer WHERE batch=? AND state='waiting' AND position>?"
            " AND handle IS NULL AND opening_key IS NULL ORDER BY position LIMIT ?",
            (batch.id, batch.loaded_to, count),
        )
        return [self._transfer(batch, row) for row in rows.fetchall()]

    def begun(self, batch: Batch) -> list[Transfer]:
        """Files of an earlier run that are under way, paused or need someone, with receipts."""
        idle = (State.WAITING.value, *(state.value for state in State if state.is_final))
        marks = ",".join("?" * len(idle))
        sql = f"""SELECT * FROM transfer WHERE batch=? AND (handle IS NOT NULL
            OR opening_key IS NOT NULL OR state NOT IN ({marks})) ORDER BY position"""  # noqa: S608 - only question marks
        rows = self._db.execute(sql, (batch.id, *idle))
        return [self._transfer(batch, row) for row in rows.fetchall()]

    def transfers(self, batch: Batch, ids: Sequence[TransferId]) -> list[Transfer]:
        marks = ",".join("?" * len(ids))
        rows = self._db.execute(f"SELECT * FROM transfer WHERE id IN ({marks})", ids)  # noqa: S608 - only question marks
        return [self._transfer(batch, row) for row in rows.fetchall() if row["batch"] == batch.id]

    def stopped(self, batch: BatchId) -> list[TransferId]:
        """Files that failed, need someone, or were paused one by one."""
        rows = self._db.execute(
            "SELECT id FROM transfer WHERE batch=? AND (state IN (?,?,?) OR paused)",
            (batch, State.FAILED.value, State.NEEDS_YOU.value, State.PAUSED.value),
        )
        return [TransferId(row[0]) for row in rows.fetchall()]

    def batch_of(self, transfer: TransferId) -> BatchId | None:
        row = self._db.execute("SELECT batch FROM transfer WHERE id=?", (transfer,)).fetchone()
        return BatchId(row[0]) if row else None

    def cancel_waiting(self, batch: BatchId, now: float) -> int:
        """Settle, as cancelled, every file of this batch that nobody has begun."""
        rows = self._db.execute(
            "SELECT id FROM transfer WHERE batch=? AND state='waiting' AND handle IS NULL"
            " AND opening_key IS NULL",
            (batch,),
        ).fetchall()
        self._begin()
        self._db.executemany(
            "UPDATE transfer SET state=?, finished_at=?, finish_order=? WHERE id=?",
            ((State.CANCELLED.value, now, self.next_finish_order(), row[0]) for row in rows),
        )
        return len(rows)

    def _transfer(self, batch: Batch, row: sqlite3.Row) -> Transfer:
        receipts = self._receipts(row["id"]) if row["handle"] else {}
        transfer = transfer_from_row(batch, row)
        transfer.receipts = receipts
        transfer.stage = stage_from_row(row, receipts)
        return transfer

    def _receipts(self, transfer: int) -> dict[int, Receipt]:
        rows = self._db.execute(
            "SELECT * FROM receipt WHERE transfer=? ORDER BY number", (transfer,)
        )
        return {row["number"]: receipt_from_row(row) for row in rows}

    # What else is remembered

    def log(self, transfer: TransferId, line: LogLine) -> None:
        self._write(
            "INSERT INTO log (transfer, at, kind, text) VALUES (?,?,?,?)",
            transfer,
            line.at,
            line.kind,
            line.text,
        )

    def add_recheck(self, batch: BatchId, at: float, outcome: dict[str, int]) -> None:
        self._write("INSERT INTO recheck VALUES (?,?,?)", batch, at, json.dumps(outcome))

    def memories(self, topic: str) -> dict[str, str]:
        rows = self._db.execute("SELECT subject, value FROM memory WHERE topic=?", (topic,))
        return dict(rows.fetchall())

    def remember(self, topic: str, subject: str, value: str, at: float) -> None:
        self._write("INSERT OR REPLACE INTO memory VALUES (?,?,?,?)", topic, subject, value, at)

    # Plumbing

    def _begin(self) -> None:
        if not self._dirty:
            self._db.execute("BEGIN IMMEDIATE")
            self._dirty = True

    def _write(self, sql: str, *values: object) -> None:
        self._begin()
        self._db.execute(sql, values)

    def _number(self, sql: str, *values: object, none: int = 0) -> int:
        value = self._db.execute(sql, values).fetchone()[0]
        return none if value is None else int(value)

    def _upgrade(self) -> None:
        version = self._number("PRAGMA user_version")
        if version > CURRENT:
            raise JournalTooNew(f"version {version}, known up to {CURRENT}")
        for number in range(version, CURRENT):
            self._db.executescript(
                f"BEGIN IMMEDIATE; {UPGRADES[number]} PRAGMA user_version={number + 1}; COMMIT;"
            )
