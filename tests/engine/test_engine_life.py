"""The queue's own life: what is durable before it is asked, plans that fail, a thread of its own."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from hashlib import md5
from itertools import pairwise
from pathlib import Path

import pytest
from tests.engine.living import Living
from tests.engine.rig import BUCKET, PLAIN, Rig
from tests.fakes.performer import QuietProvider, ScriptedService

from pipette.engine.jobs import Job, Report
from pipette.engine.journal_reader import JournalReader
from pipette.model.errors import (
    NetworkDown,
    NotAllowed,
    SignInNeeded,
    SourceChanged,
    Temporary,
    TransferError,
    Unavailable,
)
from pipette.model.files import Location, RemoteFile
from pipette.model.stages import Abort, AskAgain, Check, Close, MovePart, Open, Rejoin
from pipette.model.transfer import BatchId, BatchOptions, Direction, State, TransferId
from pipette.providers.protocol import Page, Provider

# What is durable before the service is asked


class Witness:
    """Looks, before each step, at what another process would find in the journal."""

    def __init__(self, journal: Path, service: ScriptedService) -> None:
        self._journal = journal
        self._perform = service._report
        self.seen: set[str] = set()

    def report(self, job: Job) -> Report:
        self._expect_durable(job)
        return self._perform(job)

    def _expect_durable(self, job: Job) -> None:
        with closing(sqlite3.connect(self._journal)) as db:
            db.row_factory = sqlite3.Row
            row = db.execute("SELECT * FROM transfer WHERE id=?", (job.transfer,)).fetchone()
            parts = "SELECT count(*) FROM receipt WHERE transfer=?"
            receipts = db.execute(parts, (job.transfer,)).fetchone()[0]
        match job.step:
            case Open() if job.size > 10:
                assert row["opening_key"] == job.opening_key
            case MovePart() | Rejoin():
                assert row["handle"]
            case Close():
                assert receipts == job.count
            case Abort():
                assert row["leaving"]
        self.seen.add(type(job.step).__name__)


def test_what_is_about_to_be_asked_is_durable_before_it_is_asked(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    witness = Witness(rig.folder / "queue-0.sqlite", rig.service)
    monkeypatch.setattr(rig.service, "_report", witness.report)
    done = rig.upload(rig.files_of(2, (35, 5)))
    rig.run_to_rest(done)
    left = rig.upload(rig.files_of(1, (95,)))
    rig.run_until(lambda: len(rig.service.moved) >= 6)
    rig.engine.cancel([left])
    rig.run_until(lambda: rig.batch(left).finished_at is not None)
    assert witness.seen == {"Open", "MovePart", "Close", "Check", "Abort"}


def test_a_kill_right_after_the_last_part_still_knows_that_a_close_may_have_worked(
    rig: Rig,
) -> None:
    """The upload is gone then; only the receipts tell that the file may be whole there."""
    batch = rig.upload(rig.files_of(1, (35,)))
    rig.run_until(lambda: any(isinstance(step, Close) for _, step in rig.service.steps))
    rig.kill()
    rig.run_to_rest(batch)
    assert rig.files(batch)[0].state is State.VERIFIED
    assert set(rig.service.stored.values()) == {1}
    assert len(rig.service.uploads) == 1


# Plans that fail


class Moody(QuietProvider):
    """Raises what it is told to when it is asked for the bucket."""

    def __init__(self) -> None:
        super().__init__()
        self.moods: list[Exception] = []
        self.asked = 0

    def find(self, at: Location) -> RemoteFile | None:
        self.asked += 1
        if self.moods and not at.path:
            raise self.moods.pop(0)
        return super().find(at)


@pytest.fixture
def moody(rig: Rig) -> Moody:
    provider = Moody()
    rig.accounts._provider = provider
    return provider


def scanned(rig: Rig, batch: BatchId) -> bool:
    found = rig.reader.batch(batch)
    return found is not None and not found.scanning


def test_a_plan_that_failed_in_passing_is_tried_again(rig: Rig, moody: Moody) -> None:
    moody.moods = [Temporary("500"), NetworkDown("x")]
    batch = rig.upload(rig.files_of(2, (5,)))
    rig.run_until(lambda: rig.batch_problem(batch) == "Temporary")
    assert not scanned(rig, batch)
    rig.run_to_rest(batch)
    assert rig.batch(batch).problem is None
    assert rig.batch(batch).counts == ((State.VERIFIED, 2),)


def test_a_plan_that_somebody_hurried_is_not_made_a_second_time(rig: Rig, moody: Moody) -> None:
    moody.moods = [Temporary("500")]
    batch = rig.upload(rig.files_of(2, (5,)))
    rig.run_until(lambda: rig.batch_problem(batch) == "Temporary")
    rig.engine.resume([batch])
    rig.run_to_rest(batch)
    asked = moody.asked
    rig.clock.advance(60.0)
    for _ in range(10):
        rig.turn()
    assert moody.asked == asked


def test_a_plan_that_was_cancelled_before_its_next_try_is_not_made(rig: Rig, moody: Moody) -> None:
    moody.moods = [Temporary("500")]
    batch = rig.upload(rig.files_of(2, (5,)))
    rig.run_until(lambda: rig.batch_problem(batch) == "Temporary")
    rig.engine.cancel([batch])
    rig.run_until(lambda: scanned(rig, batch))
    rig.clock.advance(60.0)
    for _ in range(10):
        rig.turn()
    assert moody.asked == 1


def test_a_batch_taken_off_the_list_is_not_planned_any_more(rig: Rig, moody: Moody) -> None:
    moody.moods = [NotAllowed("403 for good")]
    batch = rig.upload(rig.files_of(2, (5,)))
    rig.run_to_rest(batch)
    rig.engine.clear_finished()
    rig.clock.advance(60.0)
    for _ in range(5):
        rig.turn()
    assert rig.engine.changes().removed == (batch,)


def test_a_key_refused_while_planning_holds_the_account_and_the_plan_goes_on_with_a_new_one(
    rig: Rig, moody: Moody
) -> None:
    moody.moods = [SignInNeeded("ExpiredToken")]
    batch = rig.upload(rig.files_of(2, (5,)))
    rig.run_until(lambda: rig.engine.changes().accounts_waiting != ())
    rig.run_until(lambda: rig.batch_problem(batch) == "SignInNeeded")
    rig.engine.account_changed("lab")
    rig.run_to_rest(batch)
    assert rig.batch(batch).counts == ((State.VERIFIED, 2),)


def test_a_fault_in_the_program_stops_one_plan_and_is_logged(
    rig: Rig, moody: Moody, caplog: pytest.LogCaptureFixture
) -> None:
    moody.moods = [ZeroDivisionError()]
    broken = rig.upload(rig.files_of(1, (5,)))
    rig.run_to_rest(broken)
    assert rig.batch_problem(broken) == "TransferError"
    assert "a fault in planning" in caplog.text
    well = rig.upload(rig.files_of(2, (5,)))
    rig.run_to_rest(well)
    assert rig.batch(well).counts == ((State.VERIFIED, 2),)


# Adapters


def test_an_adapter_that_cannot_be_made_is_tried_again_after_a_while(
    rig: Rig, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = rig.upload(rig.files_of(1, (5,)))
    rig.engine.pause([batch])
    rig.run_until(lambda: scanned(rig, batch))
    made: list[float] = []
    good = rig.accounts.provider

    def provider(account: str) -> Provider:
        made.append(rig.clock.monotonic())
        if len(made) == 1:
            raise Unavailable("no service of this kind")
        return good(account)

    monkeypatch.setattr(rig.accounts, "provider", provider)
    rig.engine.resume([batch])
    rig.run_to_rest(batch)
    assert made[1] - made[0] >= 10.0
    assert "no adapter" in caplog.text


# With a thread of its own


@pytest.fixture
def living(tmp_path: Path) -> Iterator[Living]:
    made = Living(tmp_path)
    yield made
    made.engine.stop()


def small_files(folder: Path, count: int) -> str:
    folder.mkdir()
    for number in range(count):
        (folder / f"f{number}").write_bytes(b"x" * 35)
    return str(folder)


def test_on_its_own_thread_it_delivers_and_tells(living: Living, tmp_path: Path) -> None:
    living.engine.start()
    batch = living.engine.upload([small_files(tmp_path / "run", 3)], BUCKET, PLAIN)
    assert living.rested.wait(20)
    assert living.engine.settle()
    assert len(living.service.stored) == 3
    [found] = living.engine.history()
    assert found.id == batch
    [first, *_] = living.engine.files(batch)
    details = living.engine.details(first.id)
    assert details is not None
    assert [line.kind for line in details.log] == ["opened"]
    assert living.engine.details(type(first.id)(99)) is None


def test_stopping_writes_everything_down_and_a_later_run_goes_on(tmp_path: Path) -> None:
    first = Living(tmp_path)
    first.engine.start()
    batch = first.engine.upload([small_files(tmp_path / "run", 20)], BUCKET, PLAIN)
    assert first.engine.settle()
    first.engine.stop()
    later = Living(tmp_path, first.service)
    later.engine.restore(resume=True)
    later.engine.start()
    try:
        while not later.rested.wait(0.01):
            if later.engine.history():
                break
        assert later.engine.settle()
        with JournalReader(later.path) as reader:
            found = reader.batch(batch)
        assert found is not None
        assert found.count(State.VERIFIED) == 20
        assert set(later.service.moved.values()) == {1}
    finally:
        later.engine.stop()


def test_an_engine_that_does_not_live_settles_nothing(living: Living) -> None:
    assert not living.engine.settle(patience_seconds=0.01)


def test_a_second_check_is_added_to_the_record(rig: Rig) -> None:
    batch = rig.upload(rig.files_of(2, (5,)))
    rig.run_to_rest(batch)
    rig.engine.recheck(batch)
    rig.run_until(lambda: len(rig.rested) == 2)
    [(_, outcome)] = rig.reader.rechecks(batch)
    assert outcome == {"gone": 2}


def test_limits_reach_the_throttles(rig: Rig) -> None:
    rig.engine.set_limits(5e6, None)
    assert rig.engine._workers.up._rate == 5e6
    assert rig.engine._workers.down._rate is None


# Downloads in the queue


class Lender(QuietProvider):
    """Can be fetched from, as far as a plan sees."""

    def range_request(self, *_: object) -> None:
        raise AssertionError("the script performs")

    range_receipt = verify = range_request

    def list(self, folder: Location, cursor: str | None = None, *, recursive: bool = False) -> Page:
        if self.there:
            return super().list(folder, cursor, recursive=recursive)
        raise Temporary("500")


def test_a_folder_is_fetched_and_each_file_counted(rig: Rig) -> None:
    rig.accounts._provider = Lender(["runs/run7/a", "runs/run7/b"])
    place = Location("lab", "bucket", "runs/run7")
    batch = rig.engine.download([place], str(rig.folder / "back"), BatchOptions(md5=False))
    rig.run_to_rest(batch)
    found = rig.batch(batch)
    assert found.direction is Direction.DOWNLOAD
    assert found.counts == ((State.VERIFIED, 2),)
    assert rig.files(batch)[0].target == str(rig.folder / "back" / "run7" / "a")


# Hashes and services that need time


def test_a_file_that_cannot_be_read_for_its_hash_stops_and_can_be_sent_anew(rig: Rig) -> None:
    batch = rig.upload(rig.files_of(1, (95,)))
    rig.run_until(lambda: len(rig.service.moved) >= 2)
    transfer = next(iter(rig.engine._ledger.live))
    rig.engine._hashed(transfer, SourceChanged("ended early"))
    rig.run_to_rest(batch)
    [file] = rig.files(batch)
    assert file.state is State.NEEDS_YOU
    assert file.problem is not None
    assert file.problem.kind == "SourceChanged"
    rig.rested.clear()
    rig.engine.resume([batch])
    rig.run_to_rest(batch)
    assert rig.files(batch)[0].state is State.VERIFIED
    assert rig.service.open_uploads == []


def test_trouble_with_a_hash_that_comes_too_late_changes_nothing(rig: Rig) -> None:
    batch = rig.upload(rig.files_of(1, (95,)))
    rig.run_until(lambda: len(rig.service.moved) >= 2)
    transfer = next(iter(rig.engine._ledger.live))
    rig.engine.pause([batch])
    rig.engine.turn(wait=False)
    rig.engine._hashed(transfer, SourceChanged("x"))
    rig.engine._hashed(TransferId(99), "d41d8cd98f00b204e9800998ecf8427e")
    rig.run_until(lambda: rig.batch(batch).state is State.PAUSED)
    rig.engine.resume([batch])
    rig.run_to_rest(batch)
    assert rig.files(batch)[0].state is State.VERIFIED
    assert set(rig.service.moved.values()) == {1}


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_hash_lost_with_a_kill_at_the_end_is_worked_out_by_the_next_run(
    rig: Rig, turns: int
) -> None:
    """All parts are there and the file may be closed: nothing moves any more that would begin it."""
    source = rig.files_of(1, (95,))
    batch = rig.engine.upload([f"{source}/"], BUCKET, BatchOptions(md5=True))
    rig.run_until(lambda: any(isinstance(step, Close) for _, step in rig.service.steps))
    for _ in range(turns):
        rig.turn()
    rig.kill()

    def ended() -> bool:
        rig.hash_pool.run_one()
        return batch in rig.rested

    rig.run_until(ended, most_turns=500)
    [file] = rig.files(batch)
    assert (file.state, file.md5) == (State.VERIFIED, md5(b"x" * 95).hexdigest())
    assert set(rig.service.stored.values()) == {1}


def test_a_hash_is_kept_as_soon_as_it_is_known(rig: Rig) -> None:
    source = rig.files_of(1, (95,))
    batch = rig.engine.upload([f"{source}/"], BUCKET, BatchOptions(md5=True))
    rig.run_until(lambda: len(rig.service.moved) >= 2)
    transfer = next(iter(rig.engine._ledger.live))
    for _ in range(40):
        rig.turn()
    assert not any(isinstance(step, Check) for _, step in rig.service.steps)
    rig.engine._hashed(transfer, "d" * 32)
    rig.run_to_rest(batch)
    [file] = rig.files(batch)
    assert (file.state, file.md5) == (State.VERIFIED, "d" * 32)


def test_a_service_that_needs_time_to_look_is_asked_again_no_sooner_than_it_said(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []
    perform = rig.service._report

    def report(job: Job) -> Report:
        if not isinstance(job.step, Check):
            return perform(job)
        asked.append(rig.clock.monotonic())
        if len(asked) < 3:
            return Report(job.transfer, AskAgain(), wait_seconds=30.0)
        return perform(job)

    monkeypatch.setattr(rig.service, "_report", report)
    batch = rig.upload(rig.files_of(1, (35,)))
    rig.run_to_rest(batch)
    assert rig.files(batch)[0].state is State.VERIFIED
    assert [later - earlier >= 30.0 for earlier, later in pairwise(asked)] == [True, True]


# Trouble that is told


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (Temporary("500", wait_seconds=600.0), State.RETRYING),
        (NetworkDown("x"), State.NO_NETWORK),
    ],
)
def test_what_a_file_waits_for_is_told_with_the_time_of_the_next_try(
    rig: Rig, error: TransferError, state: State
) -> None:
    rig.service.fail(Open, error, times=99)
    batch = rig.upload(rig.files_of(1, (5,)))
    rig.engine.watch([batch])

    def told() -> bool:
        files = rig.engine.changes().files
        return any(file.state is state and file.retry_at for file in files)

    rig.run_until(told)


def test_the_log_of_a_run_names_its_transfers(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    rig.service.fail(MovePart, NotAllowed("403"), number=2)
    batch = rig.upload(rig.files_of(1, (35,)))
    rig.run_to_rest(batch)
    transfer = rig.files(batch)[0].id
    assert f"transfer {transfer}: failed NotAllowed" in caplog.text
