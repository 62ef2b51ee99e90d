"""What the queue remembers of imports, how orders for them travel, and older journals."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from tests.fakes.records import journal_at, new_batch, new_transfer

from pipette.engine.drs_rows import JobState, manifest_from_json, manifest_to_json
from pipette.engine.home import Order
from pipette.engine.journal_reader import JournalReader
from pipette.engine.journal_schema import UPGRADES
from pipette.model.drs_manifest import Fault, Manifest, ManifestRow
from pipette.model.files import Location
from pipette.model.transfer import BatchOptions, Direction, IfExists, State
from pipette.providers.protocol_drs import DrsState

ROWS = (
    ManifestRow(1, "drs://h/1", "a.bam", "u/p", "", (("cohort", "4"), ("näme", "é"))),
    ManifestRow(2, "x", "", "", "5f00", (), Fault.ADDRESS, "x"),
)


def test_an_order_to_import_travels_whole_between_processes() -> None:
    manifest = Manifest("/data/icdc.csv", ROWS)
    assert manifest_from_json(manifest_to_json(manifest)) == manifest
    options = BatchOptions(IfExists.KEEP_BOTH, False, "Dana", ("pilot", "2026"))
    order = Order("import", place=("cgc", "u/p", "in"), options=options, manifest=manifest)
    assert Order.from_json(order.to_json()) == order


def test_a_journal_of_before_there_were_imports_takes_them(tmp_path: Path) -> None:
    path = tmp_path / "queue.sqlite"
    with sqlite3.connect(path) as db:
        db.executescript(UPGRADES[0])
        db.execute("PRAGMA user_version=1")
        db.execute(
            "INSERT INTO batch (id, direction, name, account, container, path, local, given,"
            " options, created_at, queue_order) VALUES ('20261120-1', 'upload', 'run7', 'lab',"
            " 'bucket', 'runs', '/d', '[]', '{\"if_exists\": \"skip\", \"md5\": true}', 5.0, 1)"
        )
    db.close()
    with journal_at(path) as journal:
        assert [batch.id for batch in journal.unfinished_batches()] == ["20261120-1"]
        batch = new_batch("20261120-2", order=2, direction=Direction.IMPORT)
        journal.add_batch(batch)
        journal.add_files([new_transfer(batch, row.label, size=0) for row in ROWS])
        journal.imports.add_rows(batch.id, ROWS)
        journal.imports.form_jobs(batch, 1)
        journal.commit()
    with JournalReader(path) as reader:
        assert [view.content for view in reader.import_rows(batch.id)] == list(ROWS)
        assert [job.state for job in reader.import_jobs(batch.id)] == [JobState.NEW] * 2
        [old] = [one for one in reader.batches() if one.id == "20261120-1"]
        assert old.options.tags == ()


def test_a_request_and_its_rows_come_back_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "queue.sqlite"
    with journal_at(path) as journal:
        batch = new_batch(direction=Direction.IMPORT)
        journal.add_batch(batch)
        journal.add_files([new_transfer(batch, row.label, size=0) for row in ROWS])
        journal.imports.add_rows(batch.id, ROWS)
        journal.imports.form_jobs(batch, 100)
        job = journal.imports.next_new(batch.id)
        assert job is not None
        job.state, job.service_id, job.stage = JobState.SENT, "9007199254740993", DrsState.RUNNING
        job.handed, job.handed_at, job.told, job.cancelled = 2, 1000.5, 1, True
        journal.imports.save_job(job)
        rows = journal.imports.rows_of(batch, job.id)
        rows[0].there, rows[0].asked, rows[0].files = "5f01", True, 4
        journal.imports.save_rows(rows)
    with journal_at(path) as journal:
        assert journal.imports.begun_jobs(batch.id) == [job]
        again = journal.imports.rows_of(batch, job.id)
        assert (again[0].there, again[0].asked, again[0].files) == ("5f01", True, 4)
        assert again[0].content == ROWS[0]
        assert journal.imports.handed_since("lab", 1000.0) == [(1000.5, 2)]
        assert journal.imports.handed_since("lab", 1001.0) == []
        ids = [row.transfer.id for row in again] * 300
        assert len(journal.imports.rows(batch, ids)) == 4
        journal.imports.leave_jobs(again[:1])
        assert [row.content for row in journal.imports.rows_of(batch, job.id)] == [ROWS[1]]


def test_an_import_names_each_rows_own_project(tmp_path: Path) -> None:
    path = tmp_path / "queue.sqlite"
    with journal_at(path) as journal:
        batch = new_batch(direction=Direction.IMPORT, place=Location("lab", "u/p"))
        journal.add_batch(batch)
        transfer = new_transfer(batch, "a.bam", size=0, state=State.IMPORTED)
        transfer.at_service = Location("lab", "", "u/other/a.bam")
        journal.add_files([transfer])
    with JournalReader(path) as reader:
        [file] = reader.files(batch.id)
        assert file.target == "lab:/u/other/a.bam"
        assert file.source == transfer.local
