"""Reading the journal from another connection, thread or process: only what was committed."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes.records import HANDLE, NOW, add, journal_at, new_batch, new_transfer, receipt

from pipette.engine.journal import Journal
from pipette.engine.journal_reader import JournalReader
from pipette.engine.records import Batch, Transfer
from pipette.model.parts import Proof
from pipette.model.stages import Done, Halted, Queued
from pipette.model.transfer import BatchId, LogLine, State, TransferId

ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "queue.sqlite"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    with journal_at(path) as made:
        yield made


@pytest.fixture
def reader(path: Path) -> Iterator[JournalReader]:
    with JournalReader(path) as made:
        yield made


def finished_batch(journal: Journal, number: int, at: float | None) -> Batch:
    batch = new_batch(f"20270115-{number}", order=number)
    journal.add_batch(batch)
    batch.finished_at = at
    journal.save_batch(batch)
    return batch


def settle(journal: Journal, transfer: Transfer, state: State) -> None:
    transfer.shown = state
    transfer.finish_order = journal.next_finish_order()
    transfer.finished_at = NOW
    journal.save_states([transfer])


def test_without_a_journal_everything_is_empty(reader: JournalReader) -> None:
    assert reader.batches() == []
    assert reader.batch(BatchId("x")) is None
    assert reader.files(BatchId("x")) == ()
    assert reader.file(TransferId(1)) is None
    assert reader.details(TransferId(1)) is None
    assert reader.history(None, 10) == []


def test_a_journal_that_is_only_being_made_is_empty(path: Path, reader: JournalReader) -> None:
    path.touch()
    assert reader.batches() == []
    with journal_at(path) as journal:
        journal.add_batch(new_batch())
    assert len(reader.batches()) == 1


def test_a_foreign_file_is_not_taken_for_an_empty_journal(
    path: Path, reader: JournalReader
) -> None:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE batch (other TEXT)")
    db.close()
    with pytest.raises(sqlite3.OperationalError):
        reader.batches()


def test_another_connection_sees_what_was_committed_and_no_more(
    journal: Journal, reader: JournalReader
) -> None:
    batch = new_batch()
    journal.add_batch(batch)
    assert reader.batches() == []
    journal.commit()
    add(journal, new_transfer(batch))
    assert [found.id for found in reader.batches()] == [batch.id]
    assert list(reader.files(batch.id)) == []
    journal.commit()
    assert [file.name for file in reader.files(batch.id)] == ["a.fastq.gz"]


def test_many_threads_may_share_a_reader_while_the_journal_is_written(
    journal: Journal, reader: JournalReader
) -> None:
    batch = new_batch()
    journal.add_batch(batch)
    journal.commit()
    counts: list[list[int]] = [[] for _ in range(4)]
    done = threading.Event()

    def look(seen: list[int]) -> None:
        while not done.is_set():
            seen.append(len(reader.files(batch.id)))
        seen.append(len(reader.files(batch.id)))

    threads = [threading.Thread(target=look, args=(seen,)) for seen in counts]
    for thread in threads:
        thread.start()
    for step in range(20):
        add(journal, *(new_transfer(batch, f"f{step}-{n}") for n in range(5)))
        journal.commit()
    done.set()
    for thread in threads:
        thread.join()
    for seen in counts:
        assert seen == sorted(seen)
        assert all(count % 5 == 0 for count in seen)
        assert seen[-1] == 100


def test_another_process_sees_what_was_committed(journal: Journal, path: Path) -> None:
    batch = new_batch()
    journal.add_batch(batch)
    add(journal, new_transfer(batch))
    journal.commit()
    add(journal, new_transfer(batch, "not yet"))
    script = f"""
from pathlib import Path
from pipette.engine.journal_reader import JournalReader
with JournalReader(Path({str(path)!r})) as reader:
    [batch] = reader.batches()
    print(*(file.name for file in reader.files(batch.id)), sep=",")
"""
    said = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT / "desktop")},
    )
    assert said.stdout == "a.fastq.gz\n"


def test_history_goes_back_page_by_page_newest_first(
    journal: Journal, reader: JournalReader
) -> None:
    for number in range(1, 6):
        finished_batch(journal, number, NOW + number)
    finished_batch(journal, 6, None)
    journal.commit()
    pages = []
    before: float | None = None
    while page := reader.history(before, 2):
        pages.append([batch.id.rpartition("-")[2] for batch in page])
        before = page[-1].finished_at
    assert pages == [["5", "4"], ["3", "2"], ["1"]]


def test_batches_come_in_queue_order_and_unfinished_ones_can_be_asked_for(
    journal: Journal, reader: JournalReader
) -> None:
    finished_batch(journal, 1, NOW)
    second = finished_batch(journal, 2, None)
    finished_batch(journal, 3, None)
    second.order = 9
    journal.save_batch(second)
    journal.commit()
    assert [batch.id[-1] for batch in reader.batches()] == ["1", "3", "2"]
    assert [batch.id[-1] for batch in reader.batches(unfinished_only=True)] == ["3", "2"]


def test_files_come_page_by_page_without_stand_ins_of_folders(
    journal: Journal, reader: JournalReader
) -> None:
    batch = new_batch()
    journal.add_batch(batch)
    add(journal, *(new_transfer(batch, name) for name in ("a", "empty/", "b", "c")))
    journal.commit()
    first = reader.files(batch.id, count=2)
    assert [file.name for file in first] == ["a", "b"]
    rest = reader.files(batch.id, after=first[-1].position)
    assert [file.name for file in rest] == ["c"]


def test_finished_files_come_in_the_order_of_finishing(
    journal: Journal, reader: JournalReader
) -> None:
    batch = new_batch()
    journal.add_batch(batch)
    files = {name: new_transfer(batch, name) for name in ("a", "b", "c", "made/", "refused/")}
    add(journal, *files.values())
    settle(journal, files["c"], State.VERIFIED)
    settle(journal, files["made/"], State.VERIFIED)
    settle(journal, files["refused/"], State.FAILED)
    settle(journal, files["a"], State.NEEDS_YOU)
    journal.commit()
    found = reader.finished_files(batch.id, 0)
    assert [file.name for file in found] == ["c", "refused/", "a"]
    assert [file.name for file in reader.finished_files(batch.id, found[0].finish_order, 1)] == [
        "refused/"
    ]


def test_a_file_that_was_paused_reads_paused_whatever_it_did_then(
    journal: Journal, reader: JournalReader
) -> None:
    batch = new_batch()
    journal.add_batch(batch)
    file = new_transfer(batch, state=State.NEEDS_SIGN_IN)
    add(journal, file)
    file.stage = Halted(Queued())
    journal.save_states([file])
    journal.commit()
    found = reader.file(file.id)
    assert found is not None
    assert found.state is State.PAUSED


def test_a_file_that_was_paused_and_cancelled_reads_cancelled(
    journal: Journal, reader: JournalReader
) -> None:
    batch = new_batch()
    journal.add_batch(batch)
    file = new_transfer(batch, state=State.CANCELLED)
    add(journal, file)
    file.stage = Halted(Queued())
    journal.save_states([file])
    journal.commit()
    found = reader.file(file.id)
    assert found is not None
    assert found.state is State.CANCELLED


def test_details_hold_checks_log_and_parts_in_trouble(
    journal: Journal, reader: JournalReader
) -> None:
    batch = new_batch()
    journal.add_batch(batch)
    file = new_transfer(batch, size=20)
    add(journal, file)
    journal.save_opened(file, HANDLE, 2)
    journal.save_receipts([(file.id, receipt(1)), (file.id, receipt(2))])
    journal.log(file.id, LogLine(NOW, "opened", "2 10"))
    journal.log(file.id, LogLine(NOW + 1, "part-retried", "2 BadPart"))
    file.stage, file.shown = Done(Proof.EVERY_PART), State.VERIFIED
    file.md5, file.etag = "d" * 32, "e" * 32
    journal.save_states([file])
    journal.commit()
    details = reader.details(file.id)
    assert details is not None
    assert [line.kind for line in details.log] == ["part-retried", "opened"]
    assert details.part_errors == ((2, 2, "BadPart"),)
    assert [row[0] for row in details.checks] == ["md5", "crc64nvme"]
    assert details.checks[0] == ("md5", "d" * 32, "e" * 32)
    assert details.file.arrived == 20
    assert reader.receipts(file.id) == [receipt(1), receipt(2)]


def test_second_checks_are_told_oldest_first(journal: Journal, reader: JournalReader) -> None:
    batch = new_batch()
    journal.add_batch(batch)
    journal.add_recheck(batch.id, NOW + 5, {"same": 3})
    journal.add_recheck(batch.id, NOW, {"gone": 1, "same": 2})
    journal.commit()
    assert reader.rechecks(batch.id) == [(NOW, {"gone": 1, "same": 2}), (NOW + 5, {"same": 3})]


def test_a_closed_reader_reads_again_when_it_is_asked(
    journal: Journal, reader: JournalReader
) -> None:
    journal.add_batch(new_batch())
    journal.commit()
    assert len(reader.batches()) == 1
    reader.close()
    reader.close()
    assert len(reader.batches()) == 1
