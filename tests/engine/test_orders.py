"""Orders from people, in every state a transfer may be in when they come."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.engine.rig import PLAIN, Rig

from pipette.engine.ledger import AHEAD
from pipette.model.errors import (
    DiskFull,
    Mismatch,
    NetworkDown,
    NotAllowed,
    SourceChanged,
    Temporary,
)
from pipette.model.files import Location
from pipette.model.stages import Abort, Check, Close, MovePart, Open
from pipette.model.transfer import BatchId, QueueMove, State, TransferId

NOBODY = TransferId(9999)


def counts(rig: Rig, batch: BatchId) -> dict[State, int]:
    return dict(rig.batch(batch).counts)


def steps(rig: Rig, kind: type) -> int:
    return sum(isinstance(step, kind) for _, step in rig.service.steps)


def idle(rig: Rig, turns: int = 20) -> None:
    for _ in range(turns):
        rig.turn()


def three_batches(rig: Rig) -> Sequence[BatchId]:
    made = [rig.upload(rig.files_of(count, (5,))) for count in (1, 2, 3)]
    rig.engine.pause(None)
    rig.run_until(lambda: not any(one.scanning for one in rig.reader.batches()))
    return made


# Resume


def test_more_failed_files_than_are_loaded_at_once_do_not_hide_those_behind_them(rig: Rig) -> None:
    batch = rig.upload(rig.files_of(2 * AHEAD, (5,)))
    rig.service.fail(Open, NotAllowed("403"), times=AHEAD + 60)
    rig.run_until(lambda: rig.service.faults[0].times == 0)
    rig.engine.resume([batch])
    rig.run_until(lambda: counts(rig, batch) == {State.VERIFIED: 2 * AHEAD}, most_turns=2000)


def test_resuming_sends_what_failed_and_what_needed_someone(rig: Rig) -> None:
    rig.service.fail(Open, NotAllowed("403"), path="f000")
    rig.service.fail(Open, DiskFull("0"), path="f001")
    batch = rig.upload(rig.files_of(3, (5,)))
    rig.run_to_rest(batch)
    assert counts(rig, batch) == {State.FAILED: 1, State.NEEDS_YOU: 1, State.VERIFIED: 1}
    rig.rested.clear()
    rig.engine.resume([batch])
    rig.run_to_rest(batch)
    assert counts(rig, batch) == {State.VERIFIED: 3}
    assert rig.batch(batch).finished_at is not None


def test_resuming_a_file_that_waits_for_another_try_tries_at_once(rig: Rig) -> None:
    rig.service.fail(MovePart, Temporary("500", wait_seconds=3000.0), number=2)
    batch = rig.upload(rig.files_of(1, (35,)))
    rig.run_until(lambda: any(fault.times == 0 for fault in rig.service.faults))
    idle(rig)
    assert rig.files(batch)[0].state is State.RETRYING
    before = rig.clock.monotonic()
    rig.engine.resume([rig.files(batch)[0].id])
    rig.run_to_rest(batch)
    assert rig.clock.monotonic() - before < 100.0


def test_resuming_what_goes_on_or_is_done_changes_nothing(rig: Rig) -> None:
    batch = rig.upload(rig.files_of(2, (5, 95)))
    rig.run_until(lambda: len(rig.service.moved) >= 3)
    rig.engine.resume([batch])
    rig.engine.resume([*(file.id for file in rig.files(batch)), NOBODY, BatchId("20000101-1")])
    rig.run_to_rest(batch)
    rig.engine.resume([batch])
    idle(rig)
    assert set(rig.service.moved.values()) == {1}
    assert set(rig.service.stored.values()) == {1}
    assert rig.batch(batch).finished_at is not None


def test_a_copy_that_differs_is_sent_anew_when_it_is_resumed(rig: Rig) -> None:
    rig.service.fail(Check, Mismatch("CRC"))
    source = rig.files_of(1, (35,))
    batch = rig.upload(source)
    rig.run_to_rest(batch)
    assert rig.files(batch)[0].state is State.FAILED
    rig.rested.clear()
    rig.engine.resume([batch])
    rig.run_to_rest(batch)
    assert rig.files(batch)[0].state is State.VERIFIED
    assert len(rig.service.uploads) == 2


def test_a_changed_file_is_sent_as_it_is_now_when_it_is_resumed(rig: Rig) -> None:
    rig.service.fail(MovePart, SourceChanged("x"), number=2)
    source = rig.files_of(1, (35,))
    batch = rig.upload(source)
    rig.run_to_rest(batch)
    (source / "f000.fastq.gz").write_bytes(b"y" * 22)
    rig.rested.clear()
    rig.engine.resume([batch])
    rig.run_to_rest(batch)
    [file] = rig.files(batch)
    assert (file.state, file.size) == (State.VERIFIED, 22)
    assert rig.batch(batch).size == 22
    assert rig.service.open_uploads == []


def test_what_a_changed_file_is_now_is_remembered_though_nothing_was_opened_before(
    rig: Rig,
) -> None:
    rig.service.fail(Open, SourceChanged("x"))
    source = rig.files_of(1, (5,))
    batch = rig.upload(source)
    rig.run_to_rest(batch)
    (source / "f000.fastq.gz").write_bytes(b"y" * 9)
    rig.rested.clear()
    rig.engine.send_new_version([rig.files(batch)[0].id])
    rig.run_to_rest(batch)
    rig.kill()
    assert rig.files(batch)[0].size == rig.batch(batch).size == 9


def test_a_changed_file_that_is_gone_now_is_asked_for_as_it_was(rig: Rig) -> None:
    """Opening will say that it is missing; nobody else has to."""
    rig.service.fail(MovePart, SourceChanged("x"), number=2)
    source = rig.files_of(1, (35,))
    batch = rig.upload(source)
    rig.run_to_rest(batch)
    (source / "f000.fastq.gz").unlink()
    rig.rested.clear()
    rig.engine.send_new_version([rig.files(batch)[0].id])
    rig.run_to_rest(batch)
    assert rig.batch(batch).size == 35


# Pause


def test_one_paused_file_does_not_hold_the_others_and_stays_paused_over_a_restart(
    rig: Rig,
) -> None:
    batch = rig.upload(rig.files_of(3, (5,)))
    rig.engine.pause([batch])
    rig.run_until(lambda: len(rig.files(batch)) == 3)
    held = rig.files(batch)[1].id
    rig.engine.resume([batch])
    rig.engine.pause([held])
    rig.run_until(lambda: counts(rig, batch).get(State.VERIFIED) == 2)
    rig.kill()
    idle(rig)
    assert counts(rig, batch) == {State.VERIFIED: 2, State.PAUSED: 1}
    rig.engine.resume([held])
    rig.run_to_rest(batch)
    assert counts(rig, batch) == {State.VERIFIED: 3}


def test_pausing_twice_or_at_the_end_changes_nothing(rig: Rig) -> None:
    batch = rig.upload(rig.files_of(2, (95,)))
    rig.run_until(lambda: len(rig.service.moved) >= 3)
    rig.engine.pause([batch])
    rig.engine.pause(None)
    idle(rig)
    assert rig.batch(batch).state is State.PAUSED
    rig.engine.resume(None)
    rig.run_to_rest(batch)
    rig.engine.pause(None)
    idle(rig)
    assert rig.batch(batch).state is State.VERIFIED
    assert not rig.batch(batch).paused


def test_a_paused_scan_is_taken_up_again_after_a_restart_only_when_resumed(rig: Rig) -> None:
    batch = rig.upload(rig.files_of(4, (5,)))
    rig.engine.pause([batch])
    rig.engine.turn(wait=False)
    rig.clock.advance(1.0)
    rig.engine.turn(wait=False)
    rig.kill()
    idle(rig)
    assert rig.batch(batch).scanning
    rig.engine.resume([batch])
    rig.run_to_rest(batch)
    assert counts(rig, batch) == {State.VERIFIED: 4}


# Cancel


def test_cancelling_what_failed_removes_what_it_left_at_the_service(rig: Rig) -> None:
    rig.service.fail(MovePart, NotAllowed("403"), number=2)
    batch = rig.upload(rig.files_of(1, (35,)))
    rig.run_to_rest(batch)
    assert len(rig.service.open_uploads) == 1
    rig.engine.cancel([batch])
    rig.run_until(lambda: counts(rig, batch) == {State.CANCELLED: 1})
    assert rig.service.open_uploads == []


def test_cancelling_what_failed_in_an_earlier_run_removes_it_too(rig: Rig) -> None:
    rig.service.fail(MovePart, NotAllowed("403"), number=2)
    batch = rig.upload(rig.files_of(1, (35,)))
    rig.run_to_rest(batch)
    rig.kill()
    rig.engine.cancel([rig.files(batch)[0].id])
    rig.run_until(lambda: counts(rig, batch) == {State.CANCELLED: 1})
    assert rig.service.open_uploads == []


def test_cancelling_what_an_earlier_run_was_sending_removes_it_without_going_on(rig: Rig) -> None:
    batch = rig.upload(rig.files_of(2, (95,)))
    rig.run_until(lambda: bool(rig.service.moved))
    rig.kill(resume=False)
    rig.rested.clear()
    rig.engine.cancel([batch])
    rig.run_to_rest(batch)
    assert {file.state for file in rig.files(batch)} == {State.CANCELLED}
    assert rig.service.open_uploads == []


def test_a_cancel_that_was_killed_half_way_is_ended_by_the_next_run(rig: Rig) -> None:
    batch = rig.upload(rig.files_of(1, (95,)))
    rig.run_until(lambda: len(rig.service.moved) >= 2)
    rig.service.fail(Abort, NetworkDown("x"), times=99)
    rig.engine.cancel([batch])
    rig.run_until(lambda: steps(rig, Abort) >= 1)
    idle(rig, 3)
    rig.kill()
    rig.service.faults.clear()
    rig.run_until(lambda: counts(rig, batch) == {State.CANCELLED: 1})
    assert rig.service.open_uploads == []


def test_cancelling_while_it_waits_for_another_try_ends_it_at_once(rig: Rig) -> None:
    rig.service.fail(MovePart, NetworkDown("x"), times=99)
    batch = rig.upload(rig.files_of(1, (35,)))
    rig.run_until(lambda: steps(rig, MovePart) >= 4)
    rig.engine.cancel([batch])
    rig.run_until(lambda: counts(rig, batch) == {State.CANCELLED: 1}, most_turns=60)
    assert rig.service.open_uploads == []


def test_cancelling_stops_the_scan_and_keeps_what_was_found_as_cancelled(rig: Rig) -> None:
    batch = rig.upload(rig.files_of(4, (5,)))
    rig.engine.turn(wait=False)
    rig.engine.cancel([batch])
    rig.run_until(lambda: rig.batch(batch).finished_at is not None)
    assert rig.service.steps == []
    rig.engine.resume([batch])
    idle(rig)
    assert rig.service.steps == []


def test_skipping_a_file_that_needs_someone_lets_its_batch_finish(rig: Rig) -> None:
    rig.service.fail(Open, DiskFull("0"), path="f001")
    batch = rig.upload(rig.files_of(2, (5,)))
    rig.run_to_rest(batch)
    assert rig.batch(batch).finished_at is None
    rig.engine.skip([rig.files(batch)[1].id])
    rig.run_until(lambda: rig.batch(batch).finished_at is not None)
    assert counts(rig, batch) == {State.VERIFIED: 1, State.CANCELLED: 1}


def test_what_arrived_whole_is_not_cancelled_any_more(rig: Rig) -> None:
    batch = rig.upload(rig.files_of(1, (35,)))
    rig.run_until(lambda: steps(rig, Close) == 1)
    rig.engine.cancel([batch])
    rig.run_until(lambda: rig.batch(batch).finished_at is not None)
    assert counts(rig, batch) == {State.VERIFIED: 1}


def test_orders_about_what_nobody_knows_change_nothing(rig: Rig) -> None:
    for order in (
        rig.engine.pause,
        rig.engine.resume,
        rig.engine.cancel,
        rig.engine.skip,
        rig.engine.send_new_version,
    ):
        order([NOBODY, BatchId("20000101-1")])
    rig.engine.move([BatchId("20000101-1")], QueueMove.FIRST)
    rig.engine.clear_finished()
    idle(rig, 5)
    assert list(rig.reader.batches()) == []


@pytest.mark.parametrize("restarted", [False, True])
def test_no_order_undoes_what_has_ended(rig: Rig, restarted: bool) -> None:
    """Somebody chooses all rows of a batch, finished ones among them."""
    source = rig.files_of(3, (5, 35))
    (source / ".DS_Store").write_bytes(b"junk")
    rig.provider.there = {"runs/again/old.txt"}
    again = rig.folder / "again"
    again.mkdir()
    (again / "old.txt").write_bytes(b"x")
    batch = rig.upload(source, again, slash=False)
    rig.run_to_rest(batch)
    before = [(file.name, file.state, file.finish_order) for file in rig.files(batch)]
    assert {state for _, state, _ in before} == {State.VERIFIED, State.SKIPPED, State.LEFT_OUT}
    if restarted:
        rig.kill()
    steps_before = len(rig.service.steps)
    chosen = [file.id for file in rig.files(batch) if file.state is not State.LEFT_OUT]
    for order in (
        rig.engine.pause,
        rig.engine.resume,
        rig.engine.send_new_version,
        rig.engine.cancel,
    ):
        order(chosen)
        idle(rig, 6)
    assert [(file.name, file.state, file.finish_order) for file in rig.files(batch)] == before
    assert len(rig.service.steps) == steps_before
    assert rig.batch(batch).finished_at is not None


# Order in the queue


@pytest.mark.parametrize(
    ("moved", "to", "expected"),
    [
        ("c", QueueMove.FIRST, "cab"),
        ("a", QueueMove.LAST, "bca"),
        ("b", QueueMove.UP, "bac"),
        ("b", QueueMove.DOWN, "acb"),
        ("a", QueueMove.UP, "abc"),
        ("c", QueueMove.DOWN, "abc"),
        ("ac", QueueMove.UP, "acb"),
        ("ab", QueueMove.DOWN, "cab"),
        ("bc", QueueMove.FIRST, "bca"),
        ("abc", QueueMove.LAST, "abc"),
        ("", QueueMove.FIRST, "abc"),
    ],
)
def test_batches_are_moved_in_the_queue(rig: Rig, moved: str, to: QueueMove, expected: str) -> None:
    names = dict(zip("abc", three_batches(rig), strict=True))
    rig.engine.move([names[letter] for letter in moved], to)
    rig.run_until(
        lambda: (
            [batch.id for batch in rig.reader.batches()] == [names[letter] for letter in expected]
        ),
        most_turns=20,
    )


# Names


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (["/data/run7"], "run7"),
        (["/data/run7/"], "run7"),
        (["C:\\data\\run7\\"], "run7"),
        (["/data/run7", "/data/run8", "/x"], "run7 + 2"),
        ([], ""),
    ],
)
def test_an_upload_is_called_by_what_was_dropped(rig: Rig, given: Sequence[str], name: str) -> None:
    batch = rig.engine.upload(given, Location("lab", "nowhere"), PLAIN)
    rig.run_to_rest(batch)
    assert rig.batch(batch).name == name


@pytest.mark.parametrize(
    ("places", "name"),
    [
        ([Location("lab", "bucket", "runs/run7")], "run7"),
        ([Location("lab", "bucket", "runs/"), Location("lab", "bucket", "x")], "runs + 1"),
        ([Location("lab", "bucket")], "bucket"),
        ([Location("lab")], "lab"),
    ],
)
def test_a_download_is_called_by_what_was_asked_for(
    rig: Rig, places: Sequence[Location], name: str, tmp_path: Path
) -> None:
    batch = rig.engine.download(places, str(tmp_path / "back"), PLAIN)
    rig.run_to_rest(batch)
    assert rig.batch(batch).name == name
    problem = rig.batch(batch).problem
    assert problem is not None
    assert problem.kind == "Unavailable"
    assert not os.path.lexists(tmp_path / "back")
