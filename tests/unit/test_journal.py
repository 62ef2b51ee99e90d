"""What the queue remembers: nothing is lost, nothing uncommitted stays, and every stage comes back."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes.clock import FakeClock
from tests.fakes.records import (
    HANDLE,
    NOW,
    add,
    as_new,
    journal_at,
    new_batch,
    new_transfer,
    receipt,
)

import pipette.engine.journal as journal_module
from pipette.engine.batch_ids import BatchIds
from pipette.engine.journal import Journal, JournalTooNew
from pipette.engine.journal_schema import CURRENT, UPGRADES
from pipette.model.errors import DiskFull, NotAllowed
from pipette.model.files import Location
from pipette.model.parts import Proof, Receipt
from pipette.model.stages import (
    Cancelled,
    Done,
    Halted,
    Leaving,
    Moving,
    Queued,
    Resuming,
    Skipped,
    Stage,
    Unchecked,
)
from pipette.model.transfer import (
    BatchOptions,
    Direction,
    IfExists,
    Problem,
    State,
    TransferId,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "queue.sqlite"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    with journal_at(path) as made:
        yield made


def version_of(path: Path) -> int:
    with sqlite3.connect(path) as db:
        version: int = db.execute("PRAGMA user_version").fetchone()[0]
    db.close()
    return version


def tables_of(path: Path) -> set[str]:
    with sqlite3.connect(path) as db:
        rows = db.execute("SELECT name FROM sqlite_master WHERE type='table'").fetchall()
    db.close()
    return {row[0] for row in rows}


# Versions


@pytest.mark.parametrize("version", range(CURRENT + 1))
def test_a_journal_of_every_version_so_far_opens(path: Path, version: int) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as db:
        db.executescript("".join(UPGRADES[:version]))
        db.execute(f"PRAGMA user_version={version}")
    db.close()
    with journal_at(path) as journal:
        assert list(journal.unfinished_batches()) == []
    assert version_of(path) == CURRENT


def test_a_journal_of_version_1_keeps_its_batches_files_and_receipts(path: Path) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as db:
        db.executescript(UPGRADES[0])
        db.execute("PRAGMA user_version=1")
        db.execute(
            "INSERT INTO batch (id, direction, name, account, container, path, local, given,"
            " options, created_at, queue_order, scanned) VALUES ('20261120-1', 'upload', 'run7',"
            " 'lab', 'bucket', 'runs', '/data/run7', '[\"/data/run7\"]',"
            ' \'{"if_exists": "keep-both", "md5": true}\', 5.0, 1, 1)'
        )
        db.execute(
            "INSERT INTO transfer (id, batch, position, name, path, local, size, state, handle,"
            " part_count) VALUES (1, '20261120-1', 0, 'a', 'runs/a', '/data/run7/a', 20, 'moving',"
            ' \'{"id": "u1", "part_size": 10, "resumable": true, "check": "md5-header",'
            ' "details": {}}\', 2)'
        )
        db.execute("INSERT INTO receipt VALUES (1, 2, 10, 'e2', NULL, 'abc', 1)")
    db.close()
    with journal_at(path) as journal:
        [batch] = journal.unfinished_batches()
        assert batch.options == BatchOptions(IfExists.KEEP_BOTH, md5=True, operator="")
        [file] = journal.begun(batch)
        assert file.receipts == {2: Receipt(2, 10, "e2", md5="abc", proven=True)}
        assert isinstance(file.stage, Resuming)
        assert file.stage.landed == 0b10


def test_a_journal_of_a_later_version_is_left_alone(path: Path) -> None:
    with journal_at(path):
        pass
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version={CURRENT + 1}")
    db.close()
    with pytest.raises(JournalTooNew, match=str(CURRENT + 1)):
        Journal(path)
    assert version_of(path) == CURRENT + 1


def test_an_upgrade_that_fails_half_way_leaves_the_old_version(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with journal_at(path) as journal:
        journal.add_batch(new_batch())
    broken = (*UPGRADES, "CREATE TABLE further (a TEXT); CREATE nonsense;")
    with monkeypatch.context() as patched:
        patched.setattr(journal_module, "UPGRADES", broken)
        patched.setattr(journal_module, "CURRENT", CURRENT + 1)
        with pytest.raises(sqlite3.OperationalError):
            Journal(path)
    assert version_of(path) == CURRENT
    assert "further" not in tables_of(path)
    with journal_at(path) as journal:
        assert len(list(journal.unfinished_batches())) == 1


# What survives


def test_what_was_not_committed_is_gone_with_the_process(path: Path) -> None:
    """A real process, killed while it holds work that was written but not committed."""
    with journal_at(path) as journal:
        batch = new_batch()
        journal.add_batch(batch)
        add(journal, new_transfer(batch))
    script = f"""
import sys
from pathlib import Path
from tests.fakes.records import HANDLE, receipt
from pipette.engine.journal import Journal
journal = Journal(Path({str(path)!r}))
[batch] = journal.unfinished_batches()
[file] = journal.waiting(batch, 5)
journal.save_opened(file, HANDLE, 4)
journal.save_receipts([(file.id, receipt(1))])
journal.commit()
journal.save_receipts([(file.id, receipt(2))])
assert journal.is_dirty
print("written", flush=True)
sys.stdin.read()
"""
    with python(script) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "written\n"
        process.send_signal(signal.SIGKILL)
    with journal_at(path) as journal:
        [batch] = journal.unfinished_batches()
        [file] = journal.begun(batch)
        assert file.receipts == {1: receipt(1)}


def python(script: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
        env={"PYTHONPATH": "desktop:."},
    )


def test_closing_commits_and_an_idle_journal_is_clean(path: Path) -> None:
    with journal_at(path) as journal:
        assert not journal.is_dirty
        journal.commit()
        journal.add_batch(new_batch())
        assert journal.is_dirty
    with journal_at(path) as journal:
        assert [batch.id for batch in journal.unfinished_batches()] == ["20270115-1"]


def test_a_batch_comes_back_as_it_was_written(path: Path) -> None:
    batch = new_batch(options=BatchOptions(IfExists.REPLACE, md5=False, operator="M. Q."))
    with journal_at(path) as journal:
        journal.add_batch(batch)
        batch.scanned, batch.paused, batch.listed = True, True, False
        batch.problem = Problem("ContainerGone", "lab:/bucket", NOW)
        batch.order = 4
        journal.save_batch(batch)
    with journal_at(path) as journal:
        [found] = journal.unfinished_batches()
    assert found == as_new(batch)


def test_a_finished_batch_is_given_back_only_while_it_is_listed(journal: Journal) -> None:
    for number, (finished, listed) in enumerate(((NOW, True), (NOW, False), (None, True)), 1):
        batch = new_batch(f"20270115-{number}", order=number)
        journal.add_batch(batch)
        batch.finished_at, batch.listed = finished, listed
        journal.save_batch(batch)
    assert [batch.id for batch in journal.unfinished_batches()] == ["20270115-1", "20270115-3"]


@pytest.mark.parametrize("crc", [None, 0, 7, 1 << 63, (1 << 64) - 1])
def test_checksums_of_every_size_survive(journal: Journal, crc: int | None) -> None:
    """SQLite's integers are signed: half of all CRC-64 values would not fit."""
    batch = new_batch()
    journal.add_batch(batch)
    file = new_transfer(batch)
    add(journal, file)
    journal.save_opened(file, HANDLE, 4)
    journal.save_receipts([(file.id, receipt(1, crc64nvme=crc))])
    [found] = journal.begun(batch)
    assert found.receipts[1].crc64nvme == crc


# Where each transfer goes on


def restored(path: Path, stage: Stage, shown: State, *, write: str) -> Stage:
    """What a later run finds of a transfer in this stage, after what the engine wrote of it."""
    with journal_at(path) as journal:
        batch = new_batch()
        journal.add_batch(batch)
        file = new_transfer(batch)
        add(journal, file)
        if write != "nothing":
            journal.save_opened(file, HANDLE, 4)
            journal.save_receipts([(file.id, receipt(1)), (file.id, receipt(3))])
        if write == "closed":
            journal.save_closed(file)
        if write in ("cancel", "again"):
            journal.save_leaving(file, again=write == "again")
        file.stage, file.shown = stage, shown
        error = stage.error if isinstance(stage, Halted) else None
        file.problem = Problem(error.kind, error.detail, NOW) if error else None
        journal.save_states([file])
    with journal_at(path) as journal:
        [file] = journal.transfers(batch, [TransferId(1)])
        return file.stage


WAY = Resuming(HANDLE, 4, 0b101)
RUNNING = [
    (Queued(), State.WAITING, "nothing", Queued()),
    (Moving(HANDLE, 4, 0b101, 0b10), State.MOVING, "opened", WAY),
    (Resuming(HANDLE, 4, 0b101), State.CHECKING, "opened", WAY),
    (Unchecked(HANDLE, 4), State.VERIFYING, "closed", Unchecked(HANDLE, 4)),
    (Leaving(HANDLE, 0b10), State.FINISHING, "cancel", Leaving(HANDLE)),
    (Leaving(HANDLE, 0b10, again=True), State.WAITING, "again", Leaving(HANDLE, again=True)),
]


@pytest.mark.parametrize(("stage", "shown", "write", "expected"), RUNNING)
def test_a_transfer_goes_on_from_where_it_stood(
    path: Path, stage: Stage, shown: State, write: str, expected: Stage
) -> None:
    assert restored(path, stage, shown, write=write) == expected


@pytest.mark.parametrize(("at", "write", "expected"), [(one[0], one[2], one[3]) for one in RUNNING])
def test_a_paused_transfer_stays_paused_there(
    path: Path, at: Stage, write: str, expected: Stage
) -> None:
    assert not isinstance(at, Halted | Done | Cancelled)
    assert not isinstance(expected, Halted | Done | Cancelled)
    found = restored(path, Halted(at), State.PAUSED, write=write)
    assert found == Halted(expected)


@pytest.mark.parametrize(
    ("state", "proof", "stage"),
    [
        (State.VERIFIED, Proof.WHOLE_FILE, Done(Proof.WHOLE_FILE)),
        (State.VERIFIED, Proof.EVERY_PART, Done(Proof.EVERY_PART)),
        (State.SIZE_MATCHED, Proof.SIZE_ONLY, Done(Proof.SIZE_ONLY)),
        (State.UNPROVEN, Proof.NONE, Done(Proof.NONE)),
        (State.SKIPPED, Proof.NONE, Skipped()),
        (State.LEFT_OUT, Proof.NONE, Skipped()),
        (State.CANCELLED, Proof.NONE, Cancelled()),
    ],
)
def test_what_has_ended_stays_ended(
    journal: Journal, state: State, proof: Proof, stage: Stage
) -> None:
    batch = new_batch()
    journal.add_batch(batch)
    file = new_transfer(batch, state=state)
    add(journal, file)
    file.proof = proof
    journal.save_states([file])
    [found] = journal.transfers(batch, [file.id])
    assert (found.stage, found.proof) == (stage, proof)


@pytest.mark.parametrize("write", ["nothing", "opened"])
@pytest.mark.parametrize(
    ("error", "shown"),
    [(NotAllowed("403 here"), State.FAILED), (DiskFull("0 free"), State.NEEDS_YOU)],
)
def test_a_transfer_that_stopped_knows_its_place_and_why(
    path: Path, error: NotAllowed | DiskFull, shown: State, write: str
) -> None:
    at = Queued() if write == "nothing" else Moving(HANDLE, 4, 0b101)
    found = restored(path, Halted(at, error), shown, write=write)
    assert isinstance(found, Halted)
    assert found.at == (Queued() if write == "nothing" else WAY)
    assert type(found.error) is type(error)
    assert found.error.detail == error.detail


def test_an_opening_that_was_never_answered_is_begun_again_under_its_key(path: Path) -> None:
    with journal_at(path) as journal:
        batch = new_batch()
        journal.add_batch(batch)
        file = new_transfer(batch)
        add(journal, file)
        file.opening_key = "k1"
        journal.save_opening(file)
    with journal_at(path) as journal:
        assert journal.waiting(batch, 5) == []
        [found] = journal.begun(batch)
    assert (found.stage, found.opening_key, found.asked_before) == (Queued(), "k1", True)


def test_what_was_opened_is_forgotten_whole(journal: Journal) -> None:
    batch = new_batch()
    journal.add_batch(batch)
    file = new_transfer(batch)
    add(journal, file)
    journal.save_opened(file, HANDLE, 4)
    journal.save_receipts([(file.id, receipt(1))])
    journal.save_closed(file)
    file.size, file.mtime_ns = 55, 99
    journal.forget_opened(file)
    [found] = journal.waiting(batch, 5)
    assert (found.stage, found.receipts, found.size) == (Queued(), {}, 55)
    journal.save_opened(found, HANDLE, 6)
    [again] = journal.begun(batch)
    assert again.receipts == {}
    assert again.stage == Resuming(HANDLE, 6, 0)


def test_the_services_list_of_parts_replaces_ours(journal: Journal) -> None:
    batch = new_batch()
    journal.add_batch(batch)
    file = new_transfer(batch)
    add(journal, file)
    journal.save_opened(file, HANDLE, 4)
    journal.save_receipts([(file.id, receipt(1)), (file.id, receipt(2))])
    file.receipts = {2: receipt(2), 3: receipt(3)}
    journal.replace_receipts(file)
    [found] = journal.begun(batch)
    assert found.receipts == {2: receipt(2), 3: receipt(3)}


def test_a_finished_transfer_has_nothing_opened_left_but_its_proof(journal: Journal) -> None:
    batch = new_batch()
    journal.add_batch(batch)
    file = new_transfer(batch)
    add(journal, file)
    file.opening_key = "k1"
    journal.save_opening(file)
    journal.save_opened(file, HANDLE, 4)
    file.stage, file.shown = Done(Proof.EVERY_PART), State.VERIFIED
    file.proof, file.md5, file.renamed_to = Proof.EVERY_PART, "d41d", "a_1.fastq.gz"
    journal.save_states([file])
    assert journal.begun(batch) == []
    [found] = journal.transfers(batch, [file.id])
    assert (found.proof, found.md5, found.renamed_to) == (
        Proof.EVERY_PART,
        "d41d",
        "a_1.fastq.gz",
    )
    assert (found.handle, found.opening_key) == (None, None)


@pytest.mark.parametrize(
    "text",
    ["", "plain", 'it\'s "quoted"', "é e\u0301 🧬", "back\\slash\n\t", "[1, null]", "0", "null"],
)
def test_text_of_every_kind_survives(journal: Journal, text: str) -> None:
    batch = new_batch()
    journal.add_batch(batch)
    file = new_transfer(batch)
    add(journal, file)
    file.stage, file.shown = Halted(Queued(), NotAllowed(text)), State.FAILED
    file.problem = Problem("NotAllowed", text, NOW + 0.123456)
    file.local, file.at_service = f"/data/{text}", batch.place.child(f"x{text}")
    file.renamed_to, file.etag, file.remote_id, file.md5 = text, text, text, text
    journal.save_states([file])
    [found] = journal.transfers(batch, [file.id])
    assert found.problem == file.problem
    assert (found.local, found.at_service) == (file.local, file.at_service)
    assert (found.renamed_to, found.etag, found.remote_id, found.md5) == (text,) * 4


def test_figures_of_every_size_survive_for_many_files_at_once(journal: Journal) -> None:
    batch = new_batch()
    journal.add_batch(batch)
    files = [new_transfer(batch, f"f{n}") for n in range(3)]
    add(journal, *files)
    for number, file in enumerate(files):
        file.size = 5 * 2**40 - number
        file.mtime_ns = 4_102_444_800_123_456_789 + number
        file.sent_bytes, file.attempts, file.reused_parts = 2**60 + number, 7, 10_000
        file.stage, file.shown = Done(Proof.EVERY_PART), State.VERIFIED
        file.finished_at = NOW + number / 7
    journal.save_states(files)
    for file, found in zip(files, journal.transfers(batch, [f.id for f in files]), strict=True):
        assert (found.size, found.mtime_ns, found.sent_bytes) == (
            file.size,
            file.mtime_ns,
            file.sent_bytes,
        )
        assert found.finished_at == file.finished_at
        assert (found.attempts, found.reused_parts) == (7, 10_000)


# The line


def test_waiting_files_come_in_order_and_from_where_the_last_look_ended(journal: Journal) -> None:
    batch = new_batch()
    journal.add_batch(batch)
    add(journal, *(new_transfer(batch, f"f{n}") for n in range(5)))
    assert [file.name for file in journal.waiting(batch, 2)] == ["f0", "f1"]
    batch.loaded_to = 1
    assert [file.name for file in journal.waiting(batch, 9)] == ["f2", "f3", "f4"]


def test_files_added_later_get_the_next_ids(journal: Journal) -> None:
    batch, other = new_batch(), new_batch("20270115-2", order=2)
    journal.add_batch(batch)
    journal.add_batch(other)
    first, second = new_transfer(batch, "a"), new_transfer(other, "b")
    add(journal, first)
    add(journal, second)
    add(journal)
    assert (first.id, second.id) == (1, 2)
    assert journal.batch_of(second.id) == other.id
    assert journal.batch_of(TransferId(77)) is None
    assert journal.transfers(batch, [first.id, second.id])[0].name == "a"
    assert len(journal.transfers(batch, [first.id, second.id])) == 1


def test_names_are_those_of_one_batch(journal: Journal) -> None:
    batch, other = new_batch(), new_batch("20270115-2", order=2)
    journal.add_batch(batch)
    journal.add_batch(other)
    add(journal, new_transfer(batch, "a"), new_transfer(batch, "empty/"))
    add(journal, new_transfer(other, "b"))
    assert journal.names(batch.id) == {"a", "empty/"}


def test_cancelling_settles_only_what_nobody_has_begun(journal: Journal) -> None:
    batch = new_batch()
    journal.add_batch(batch)
    names = ("waiting", "opened", "asked", "failed", "verified")
    files = {name: new_transfer(batch, name) for name in names}
    add(journal, *files.values())
    journal.save_opened(files["opened"], HANDLE, 4)
    files["asked"].opening_key = "k"
    journal.save_opening(files["asked"])
    for name, state in (("failed", State.FAILED), ("verified", State.VERIFIED)):
        files[name].shown = state
        journal.save_states([files[name]])
    assert journal.cancel_waiting(batch.id, NOW) == 1
    assert journal.waiting(batch, 9) == []
    [cancelled] = journal.transfers(batch, [files["waiting"].id])
    assert (cancelled.shown, cancelled.finished_at) == (State.CANCELLED, NOW)
    assert cancelled.finish_order == 1


def test_the_order_of_finishing_goes_on_over_a_restart(path: Path) -> None:
    with journal_at(path) as journal:
        assert [journal.next_finish_order(), journal.next_finish_order()] == [1, 2]
        batch = new_batch()
        journal.add_batch(batch)
        file = new_transfer(batch)
        add(journal, file)
        file.finish_order = 2
        journal.save_states([file])
    with journal_at(path) as journal:
        assert journal.next_finish_order() == 3


def test_counting_anew_leaves_stand_ins_of_folders_and_left_out_bytes_aside(
    journal: Journal,
) -> None:
    batch = new_batch()
    journal.add_batch(batch)
    done = new_transfer(batch, "done", size=35, state=State.VERIFIED)
    done.stage = Done(Proof.EVERY_PART)
    done.sent_bytes = 40
    junk = new_transfer(batch, ".DS_Store", size=6, state=State.LEFT_OUT)
    waiting = new_transfer(batch, "waiting", size=10)
    folder = new_transfer(batch, "empty/", size=0)
    add(journal, done, junk, waiting, folder)
    journal.save_states([done])
    batch.next_position = 0
    journal.recount(batch)
    assert (batch.files, batch.size, batch.arrived, batch.sent_bytes) == (3, 45, 35, 40)
    assert batch.counts == {State.VERIFIED: 1, State.LEFT_OUT: 1, State.WAITING: 1}
    assert batch.next_position == 4


def test_an_empty_batch_counts_nothing_and_begins_at_position_0(journal: Journal) -> None:
    batch = new_batch()
    journal.add_batch(batch)
    batch.next_position = 9
    journal.recount(batch)
    assert (batch.files, batch.size, batch.next_position) == (0, 0, 0)


def test_stopped_files_are_those_that_failed_need_someone_or_were_paused(journal: Journal) -> None:
    batch = new_batch()
    journal.add_batch(batch)
    states = (State.FAILED, State.NEEDS_YOU, State.PAUSED, State.WAITING, State.VERIFIED)
    files = [new_transfer(batch, state.value, state=state) for state in states]
    add(journal, *files)
    one_by_one = new_transfer(batch, "held", state=State.NEEDS_SIGN_IN)
    add(journal, one_by_one)
    one_by_one.stage = Halted(Queued())
    journal.save_states([one_by_one])
    assert journal.stopped(batch.id) == [files[0].id, files[1].id, files[2].id, one_by_one.id]


def test_the_queue_grows_at_its_end(journal: Journal) -> None:
    assert journal.next_queue_order() == 1
    journal.add_batch(new_batch(order=7))
    assert journal.next_queue_order() == 8


# Ids of batches


def test_batch_ids_go_on_within_a_day_and_begin_anew_on_the_next(path: Path) -> None:
    clock = FakeClock()
    with journal_at(path) as journal:
        first = BatchIds(journal, clock).next()
        day = first.removesuffix("-1")
        for number in (2, 10):
            journal.add_batch(new_batch(f"{day}-{number}", order=number))
    with journal_at(path) as journal:
        ids = BatchIds(journal, clock)
        assert ids.next() == f"{day}-11"
        clock.advance(86_400.0)
        tomorrow = ids.next()
        assert tomorrow.endswith("-1")
        assert not tomorrow.startswith(day)


# What else is remembered


def test_what_is_remembered_is_told_by_topic_and_the_latest_counts(journal: Journal) -> None:
    journal.remember("endpoint", "https://s3", "md5-header", NOW)
    journal.remember("endpoint", "https://s3", "crc64-trailer", NOW)
    journal.remember("other", "https://s3", "x", NOW)
    assert journal.memories("endpoint") == {"https://s3": "crc64-trailer"}
    assert journal.memories("nothing") == {}


def test_a_download_keeps_what_was_listed(journal: Journal) -> None:
    batch = new_batch(direction=Direction.DOWNLOAD, place=Location("lab", "bucket", "runs"))
    journal.add_batch(batch)
    file = new_transfer(batch)
    file.etag, file.remote_id, file.remote_size = "e1", "id1", 35
    file.look, file.may_replace = True, True
    add(journal, file)
    [found] = journal.waiting(batch, 1)
    assert (found.etag, found.remote_id, found.remote_size) == ("e1", "id1", 35)
    assert (found.look, found.may_replace, found.direction) == (True, True, Direction.DOWNLOAD)
