"""What orders must not do: lose a file's turn, leave an upload open, undo what is settled."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.engine.rig import Rig

from pipette.engine.home import Home
from pipette.model.errors import NameTaken, NetworkDown, NotAllowed
from pipette.model.stages import Close, Open
from pipette.model.transfer import IfExists, State


def idle(rig: Rig, turns: int = 20) -> None:
    for _ in range(turns):
        rig.turn()


def test_resuming_files_that_only_wait_does_not_take_them_out_of_the_line(rig: Rig) -> None:
    batch = rig.upload(rig.files_of(6, (5,)))
    rig.engine.pause([batch])
    rig.run_until(lambda: len(rig.files(batch)) == 6)
    rig.engine.resume([file.id for file in rig.files(batch)])
    rig.engine.resume([batch])
    idle(rig, 60)
    assert dict(rig.batch(batch).counts) == {State.VERIFIED: 6}


def test_deciding_on_a_large_file_whose_name_was_taken_at_the_end_leaves_no_upload_open(
    rig: Rig,
) -> None:
    rig.service.fail(Close, NameTaken("412"))
    batch = rig.upload(rig.files_of(1, (35,)))
    rig.run_to_rest(batch)
    [file] = rig.files(batch)
    rig.rested.clear()
    rig.engine.decide([file.id], IfExists.REPLACE)
    rig.run_to_rest(batch)
    assert rig.files(batch)[0].state is State.VERIFIED
    assert rig.service.open_uploads == []


def test_cancelling_a_file_that_was_left_out_changes_nothing(rig: Rig) -> None:
    folder = rig.files_of(1, (5,))
    (folder / ".DS_Store").write_bytes(b"junk")
    batch = rig.upload(folder)
    rig.run_to_rest(batch)
    rig.engine.cancel([file.id for file in rig.files(batch)])
    idle(rig)
    states = {file.name: (file.state, file.problem) for file in rig.files(batch)}
    assert states[".DS_Store"][0] is State.LEFT_OUT
    assert states[".DS_Store"][1] is not None


@pytest.mark.parametrize("killed", [False, True], ids=["running", "killed"])
def test_cancelling_a_file_whose_opening_was_not_answered_leaves_no_upload_open(
    rig: Rig, killed: bool
) -> None:
    rig.service.fail(Open, NetworkDown("x"), after=True)
    batch = rig.upload(rig.files_of(1, (35,)))
    rig.run_until(lambda: len(rig.service.open_uploads) == 1)
    if killed:
        rig.kill(resume=False)
    else:
        rig.turn(work=False)
    rig.engine.cancel([batch])
    rig.run_to_rest(batch)
    assert rig.service.open_uploads == []
    assert dict(rig.batch(batch).counts) == {State.CANCELLED: 1}


def test_a_cancel_is_not_forgotten_when_the_program_is_killed_before_the_service_answers(
    rig: Rig,
) -> None:
    batch = rig.upload(rig.files_of(1, (35,)))
    rig.run_until(lambda: bool(rig.pool.jobs))
    rig.engine.cancel([batch])
    rig.turn(work=False)
    rig.clock.advance(1.0)
    rig.turn(work=False)
    rig.kill()
    rig.run_to_rest(batch)
    assert rig.service.open_uploads == []
    assert dict(rig.batch(batch).counts) == {State.CANCELLED: 1}


def test_resuming_very_many_failed_files_takes_few_in_hand_at_a_time(rig: Rig) -> None:
    many = 300
    batch = rig.upload(rig.files_of(many, (5,)))
    rig.service.fail(Open, NotAllowed("403"), times=many)
    rig.run_to_rest(batch)
    rig.rested.clear()
    rig.engine.resume([batch])
    rig.turn(work=False)
    assert len(rig.engine._ledger.live) < 200
    rig.run_to_rest(batch)
    assert dict(rig.batch(batch).counts) == {State.VERIFIED: many}


def test_a_queue_that_could_not_be_started_is_free_for_others(tmp_path: Path) -> None:

    def start() -> object:
        raise OSError("disk full")

    home = Home(tmp_path / "lock", tmp_path / "inbox", start)
    with pytest.raises(OSError, match="disk full"):
        home.own()
    assert not home._lock.is_locked
