"""The queue with many transfers, failures and restarts, on a clock that runs by hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.engine.rig import PLAIN, Rig
from tests.fakes.performer import QuietProvider

from pipette.model.errors import (
    DiskFull,
    NetworkDown,
    NotAllowed,
    SignInNeeded,
    SlowDown,
    SourceChanged,
    Temporary,
    UploadGone,
)
from pipette.model.files import Location
from pipette.model.stages import Abort, Check, Close, MovePart, Open, Rejoin
from pipette.model.transfer import IfExists, QueueMove, State

MIXED = (0, 1, 10, 11, 35, 95)


def test_files_of_all_sizes_arrive_once_each(rig: Rig) -> None:
    batch = rig.upload(rig.files_of(30, MIXED))
    rig.run_to_rest(batch)
    snapshot = rig.batch(batch)
    assert snapshot.counts == ((State.VERIFIED, 30),)
    assert snapshot.arrived == snapshot.size == 5 * sum(MIXED)
    assert set(rig.service.stored.values()) == {1}
    assert set(rig.service.moved.values()) == {1}


def test_each_file_gets_its_place_in_the_order_of_finishing(rig: Rig) -> None:
    batch = rig.upload(rig.files_of(12, MIXED))
    rig.run_to_rest(batch)
    finished = rig.reader.finished_files(batch, 0)
    orders = [file.finish_order for file in finished]
    assert orders == sorted(set(orders))
    assert len(orders) == 12


def test_a_part_that_fails_in_passing_is_sent_again_and_only_that_part(rig: Rig) -> None:
    rig.service.fail(MovePart, Temporary("503"), times=3, number=4)
    batch = rig.upload(rig.files_of(1, (95,)))
    rig.run_to_rest(batch)
    [file] = rig.files(batch)
    assert (file.state, file.attempts) == (State.VERIFIED, 3)
    assert set(rig.service.moved.values()) == {1}


def test_a_part_is_given_up_after_eight_tries_and_its_place_is_kept(rig: Rig) -> None:
    rig.service.fail(MovePart, Temporary("500"), times=99, number=2)
    batch = rig.upload(rig.files_of(1, (35,)))
    rig.run_to_rest(batch)
    [file] = rig.files(batch)
    assert (file.state, file.attempts) == (State.FAILED, 8)
    assert len(rig.service.open_uploads) == 1
    rig.service.faults.clear()
    rig.rested.clear()
    rig.engine.resume([batch])
    rig.run_to_rest(batch)
    assert rig.files(batch)[0].state is State.VERIFIED
    assert set(rig.service.moved.values()) == {1}


def test_a_lost_network_uses_up_no_tries(rig: Rig) -> None:
    rig.service.fail(MovePart, NetworkDown("no route"), times=50)
    batch = rig.upload(rig.files_of(1, (35,)))
    rig.run_to_rest(batch)
    assert rig.files(batch)[0].state is State.VERIFIED


def test_offline_is_told_and_ends_when_something_works_again(rig: Rig) -> None:
    rig.service.fail(Open, NetworkDown("no route"), times=6)
    batch = rig.upload(rig.files_of(6, (5,)))
    rig.run_until(lambda: not rig.engine.changes().online)
    rig.run_to_rest(batch)
    rig.run_until(lambda: rig.engine.changes().online)


def test_who_has_cancelled_everything_is_not_told_of_a_lost_network_any_more(rig: Rig) -> None:
    batch = rig.upload(rig.files_of(4, (35,)))
    rig.service.fail(Open, NetworkDown("x"), times=50)
    rig.run_until(lambda: not rig.engine.changes().online)
    rig.service.faults.clear()
    rig.engine.cancel([batch])
    rig.run_until(lambda: rig.engine.changes().online)
    assert dict(rig.batch(batch).counts) == {State.CANCELLED: 4}


def test_parts_found_again_after_every_restart_are_counted_once(rig: Rig) -> None:
    batch = rig.upload(rig.files_of(1, (95,)))
    for moved in (3, 6):
        rig.run_until(lambda moved=moved: len(rig.service.moved) >= moved)
        rig.kill()
    rig.run_to_rest(batch)
    [file] = rig.files(batch)
    assert file.state is State.VERIFIED
    assert 6 <= file.reused_parts <= 10


def test_one_refused_file_does_not_stop_the_others(rig: Rig) -> None:
    rig.service.fail(Open, NotAllowed("403"), path="f003")
    batch = rig.upload(rig.files_of(8, (5, 35)))
    rig.run_to_rest(batch)
    assert rig.batch(batch).counts == ((State.VERIFIED, 7), (State.FAILED, 1))
    assert rig.batch(batch).finished_at is not None


def test_a_changed_source_waits_for_a_decision_and_a_new_version_is_sent_whole(rig: Rig) -> None:
    rig.service.fail(MovePart, SourceChanged("x"), number=2)
    source = rig.files_of(1, (35,))
    batch = rig.upload(source)
    rig.run_to_rest(batch)
    [file] = rig.files(batch)
    assert file.state is State.NEEDS_YOU
    assert rig.batch(batch).finished_at is None
    (source / "f000.fastq.gz").write_bytes(b"y" * 55)
    rig.rested.clear()
    rig.engine.send_new_version([file.id])
    rig.run_to_rest(batch)
    [file] = rig.files(batch)
    assert (file.state, file.size) == (State.VERIFIED, 55)
    assert rig.batch(batch).size == 55
    assert rig.service.open_uploads == []
    assert [step for _, step in rig.service.steps].count(Abort()) == 1


def test_a_refused_key_holds_the_account_until_there_is_a_new_one(rig: Rig) -> None:
    rig.service.fail(MovePart, SignInNeeded("ExpiredToken"), number=2)
    batch = rig.upload(rig.files_of(3, (35,)))
    rig.run_until(lambda: bool(rig.engine.changes().accounts_waiting))
    steps = len(rig.service.steps)
    for _ in range(50):
        rig.turn()
    assert len(rig.service.steps) <= steps + 8
    held = rig.batch(batch)
    assert held.problem is not None
    assert held.problem.kind == "SignInNeeded"
    assert held.count(State.NEEDS_SIGN_IN) >= 1
    rig.engine.account_changed("lab")
    rig.run_to_rest(batch)
    assert rig.batch(batch).counts == ((State.VERIFIED, 3),)
    assert rig.batch(batch).problem is None
    assert set(rig.service.moved.values()) == {1}


def test_a_refusal_of_the_old_key_that_comes_late_does_not_hold_the_new_one(rig: Rig) -> None:
    rig.service.fail(MovePart, SignInNeeded("ExpiredToken"), times=2)
    batch = rig.upload(rig.files_of(1, (35,)))
    rig.run_until(lambda: rig.service.faults[0].times == 1)
    rig.turn(work=False)
    assert rig.pool.jobs, "parts are still under way with the old key"
    rig.engine.account_changed("lab")
    rig.turn(work=False)
    rig.run_to_rest(batch)
    assert rig.batch(batch).counts == ((State.VERIFIED, 1),)
    assert set(rig.service.moved.values()) == {1}


def test_without_any_key_nothing_is_asked_and_the_batch_says_why(rig: Rig) -> None:
    rig.accounts.key_is_good = False
    batch = rig.upload(rig.files_of(2, (5,)))
    rig.run_until(lambda: rig.batch_problem(batch) == "SignInNeeded")
    assert rig.service.steps == []
    rig.accounts.key_is_good = True
    rig.engine.account_changed("lab")
    rig.run_to_rest(batch)
    assert rig.batch(batch).counts == ((State.VERIFIED, 2),)


def test_too_many_requests_slows_the_whole_account_for_as_long_as_asked(rig: Rig) -> None:
    rig.service.fail(MovePart, SlowDown("429", wait_seconds=60.0))
    batch = rig.upload(rig.files_of(2, (95,)))
    rig.run_until(lambda: any(fault.times == 0 for fault in rig.service.faults))
    rig.turn()
    asked_at = rig.clock.monotonic()
    steps = len(rig.service.steps)
    rig.run_until(lambda: len(rig.service.steps) > steps + 6)
    assert rig.clock.monotonic() - asked_at >= 55.0
    rig.run_to_rest(batch)
    assert rig.batch(batch).counts == ((State.VERIFIED, 2),)


def test_a_lost_answer_to_closing_is_settled_by_looking(rig: Rig) -> None:
    rig.service.fail(Close, Temporary("reset"), after=True)
    batch = rig.upload(rig.files_of(1, (35,)))
    rig.run_to_rest(batch)
    assert rig.files(batch)[0].state is State.VERIFIED
    assert set(rig.service.stored.values()) == {1}
    assert len(rig.service.uploads) == 1


def test_an_upload_that_is_gone_is_opened_anew(rig: Rig) -> None:
    rig.service.fail(MovePart, UploadGone("NoSuchUpload"), number=3)
    batch = rig.upload(rig.files_of(1, (55,)))
    rig.run_to_rest(batch)
    assert rig.files(batch)[0].state is State.VERIFIED
    assert len(rig.service.uploads) == 2


def test_an_upload_that_is_gone_again_and_again_is_given_up(rig: Rig) -> None:
    rig.service.fail(MovePart, UploadGone("NoSuchUpload"), times=99)
    batch = rig.upload(rig.files_of(1, (35,)))
    rig.run_to_rest(batch)
    assert rig.files(batch)[0].state is State.FAILED


def test_pause_and_resume_keep_every_part(rig: Rig) -> None:
    batch = rig.upload(rig.files_of(2, (95,)))
    rig.run_until(lambda: len(rig.service.moved) >= 5)
    rig.engine.pause([batch])
    for _ in range(20):
        rig.turn()
    moved = len(rig.service.moved)
    for _ in range(20):
        rig.turn()
    assert len(rig.service.moved) == moved
    assert rig.batch(batch).state is State.PAUSED
    rig.engine.resume([batch])
    rig.run_to_rest(batch)
    assert set(rig.service.moved.values()) == {1}
    assert len(rig.service.uploads) == 2


def test_cancel_leaves_nothing_open_and_keeps_what_arrived_whole(rig: Rig) -> None:
    batch = rig.upload(rig.files_of(6, (5, 95)))
    rig.run_until(lambda: len(rig.service.moved) >= 4)
    rig.engine.cancel([batch])
    rig.run_until(lambda: rig.batch(batch).finished_at is not None)
    snapshot = rig.batch(batch)
    assert rig.service.open_uploads == []
    assert snapshot.count(State.VERIFIED) == len(rig.service.stored)
    assert snapshot.count(State.CANCELLED) == 6 - len(rig.service.stored)


def test_cancel_before_anything_began_asks_the_service_nothing(rig: Rig) -> None:
    batch = rig.upload(rig.files_of(6, (5, 95)))
    rig.engine.pause([batch])
    rig.engine.turn(wait=False)
    rig.engine.cancel([batch])
    rig.run_until(lambda: rig.batch(batch).finished_at is not None)
    assert rig.service.steps == []


@pytest.mark.parametrize("turns", range(1, 60, 3))
def test_killed_at_any_turn_it_goes_on_and_sends_no_part_twice(tmp_path: Path, turns: int) -> None:
    rig = Rig(tmp_path)
    batch = rig.upload(rig.files_of(4, (95, 35)))
    rig.engine.turn(wait=False)
    for _ in range(turns):
        rig.turn()
    rig.kill()
    rig.run_until(lambda: batch in rig.rested or rig.batch(batch).finished_at is not None)
    assert rig.batch(batch).counts == ((State.VERIFIED, 4),)
    assert rig.batch(batch).arrived == rig.batch(batch).size
    assert set(rig.service.moved.values()) == {1}
    assert set(rig.service.stored.values()) == {1}
    rig.close()


@pytest.mark.parametrize("seed", range(40))
def test_random_trouble_and_kills_deliver_every_file(tmp_path: Path, seed: int) -> None:
    rig = Rig(tmp_path, seed)
    chance = rig.chance
    batch = rig.upload(rig.files_of(9, MIXED))
    rig.engine.turn(wait=False)
    errors = [Temporary("500"), NetworkDown("x"), SlowDown("503"), None, UploadGone("gone")]
    for _ in range(12):
        step = chance.choice([Open, MovePart, MovePart, MovePart, Close, Check, Rejoin])
        error = chance.choice(errors) if step is MovePart else chance.choice(errors[:4])
        rig.service.fail(step, error, after=step is Close and chance.random() < 0.5)
    for _ in range(6):
        for _ in range(chance.randrange(40)):
            rig.turn()
        act = chance.random()
        if act < 0.3:
            rig.kill()
        elif act < 0.6:
            rig.engine.pause(None)
            rig.turn()
            rig.engine.resume(None)
    rig.run_until(lambda: rig.batch(batch).finished_at is not None)
    assert rig.batch(batch).counts == ((State.VERIFIED, 9),)
    assert rig.batch(batch).arrived == rig.batch(batch).size
    rig.close()


def test_paused_batches_stay_paused_over_a_restart(rig: Rig) -> None:
    batch = rig.upload(rig.files_of(2, (95,)))
    rig.run_until(lambda: len(rig.service.moved) >= 3)
    rig.engine.pause([batch])
    for _ in range(10):
        rig.turn()
    rig.kill()
    moved = len(rig.service.moved)
    for _ in range(30):
        rig.turn()
    assert len(rig.service.moved) == moved
    rig.engine.resume([batch])
    rig.run_to_rest(batch)
    assert set(rig.service.moved.values()) == {1}


def test_an_earlier_queue_waits_when_it_is_not_to_be_resumed(rig: Rig) -> None:
    old = rig.upload(rig.files_of(2, (95,)))
    rig.run_until(lambda: len(rig.service.moved) >= 3)
    rig.kill(resume=False)
    new = rig.upload(rig.files_of(1, (5,)))
    rig.run_to_rest(new)
    assert rig.batch(old).finished_at is None
    rig.engine.resume([old])
    rig.run_to_rest(old)


def test_a_scan_cut_short_goes_on_without_sending_anything_twice(rig: Rig) -> None:
    folder = rig.files_of(5, (5,))
    batch = rig.upload(folder)
    rig.engine.turn(wait=False)
    rig.kill()
    rig.run_to_rest(batch)
    assert rig.batch(batch).counts == ((State.VERIFIED, 5),)
    assert set(rig.service.stored.values()) == {1}


def test_names_already_there_are_skipped_numbered_or_replaced_by_the_rule(rig: Rig) -> None:
    folder = rig.folder / "run7"
    folder.mkdir()
    for name in ("a.fastq.gz", "b.fastq.gz"):
        (folder / name).write_bytes(b"12345")
    rig.provider.there = {"runs/run7/a.fastq.gz", "runs/run7/a_1.fastq.gz"}
    skipped = rig.upload(folder, slash=False)
    rig.run_to_rest(skipped)
    assert rig.batch(skipped).counts == ((State.VERIFIED, 1), (State.SKIPPED, 1))
    both = rig.upload(folder, rule=IfExists.KEEP_BOTH, slash=False)
    rig.run_to_rest(both)
    assert {file.renamed_to for file in rig.files(both)} == {"a_2.fastq.gz", None}
    replaced = rig.upload(folder, rule=IfExists.REPLACE, slash=False)
    rig.run_to_rest(replaced)
    assert rig.batch(replaced).counts == ((State.VERIFIED, 2),)


def test_a_missing_bucket_sends_nothing_and_says_so(rig: Rig) -> None:
    batch = rig.engine.upload([str(rig.files_of(1, (5,)))], Location("lab", "nowhere", ""), PLAIN)
    rig.run_to_rest(batch)
    problem = rig.batch(batch).problem
    assert problem is not None
    assert problem.kind == "ContainerGone"
    assert rig.service.steps == []


def test_a_full_disk_waits_for_someone(rig: Rig) -> None:
    rig.service.fail(Open, DiskFull("no space"))
    batch = rig.upload(rig.files_of(1, (5,)))
    rig.run_to_rest(batch)
    assert rig.files(batch)[0].state is State.NEEDS_YOU
    rig.rested.clear()
    rig.engine.resume([rig.files(batch)[0].id])
    rig.run_to_rest(batch)
    assert rig.files(batch)[0].state is State.VERIFIED


def test_the_first_in_line_is_served_first(rig: Rig) -> None:
    first = rig.upload(rig.files_of(2, (95,)))
    second = rig.upload(rig.files_of(3, (35, 35)))
    rig.engine.turn(wait=False)
    rig.engine.pause(None)
    rig.run_until(lambda: not any(batch.scanning for batch in rig.reader.batches()))
    rig.engine.move([second], QueueMove.FIRST)
    rig.engine.resume(None)
    rig.run_to_rest(first)
    orders = {name: [f.finish_order for f in rig.files(name)] for name in (first, second)}
    assert max(orders[second]) < min(orders[first])


def test_what_changed_is_told_once_and_files_only_of_watched_batches(rig: Rig) -> None:
    batch = rig.upload(rig.files_of(3, (35,)))
    rig.run_to_rest(batch)
    rig.turn()
    changes = rig.engine.changes()
    assert [snapshot.id for snapshot in changes.batches] == [batch]
    assert changes.files == ()
    assert rig.engine.changes().batches == ()
    rig.engine.watch([batch])
    other = rig.upload(rig.files_of(2, (5, 5)))
    rig.engine.watch([other])
    rig.run_to_rest(other)
    rig.turn()
    assert {file.batch for file in rig.engine.changes().files} == {other}


def test_finished_batches_leave_the_list_and_stay_in_the_history(rig: Rig) -> None:
    batch = rig.upload(rig.files_of(2, (5,)))
    rig.run_to_rest(batch)
    rig.engine.clear_finished()
    rig.run_until(lambda: batch in rig.engine.changes().removed)
    assert [snapshot.id for snapshot in rig.engine.history()] == [batch]
    rig.kill()
    assert rig.engine.changes().batches == ()


class EndingProvider(QuietProvider):
    """Wants to know when a batch is whole; its first answers are lost."""

    def __init__(self, lost_answers: int) -> None:
        super().__init__()
        self.lost_answers = lost_answers
        self.ended: list[tuple[str, int, int]] = []

    def end_batch(self, place: Location, names: Sequence[str], size: int) -> None:
        self.ended.append((place.path, len(names), size))
        if len(self.ended) <= self.lost_answers:
            raise Temporary("lost")


def test_the_service_is_told_when_a_batch_is_whole_and_only_then(rig: Rig) -> None:
    provider = EndingProvider(lost_answers=2)
    rig.accounts.use(provider)
    rig.service.fail(Open, NotAllowed("403"), path="f001")
    batch = rig.upload(rig.files_of(3, (5,)))
    rig.run_to_rest(batch)
    assert provider.ended == []
    rig.service.faults.clear()
    rig.rested.clear()
    rig.engine.resume([batch])
    rig.run_to_rest(batch)
    assert provider.ended == [("runs", 3, 15)] * 3
    assert rig.batch(batch).finished_at is not None


def test_a_batch_killed_before_its_end_was_told_is_ended_by_the_next_run(rig: Rig) -> None:
    provider = EndingProvider(lost_answers=10**6)
    rig.accounts.use(provider)
    batch = rig.upload(rig.files_of(2, (5,)))
    rig.run_until(lambda: bool(provider.ended))
    provider.lost_answers = 0
    rig.kill()
    rig.run_to_rest(batch)
    assert rig.batch(batch).finished_at is not None


def test_a_skipped_file_is_sent_after_all_by_the_rule_decided_for_it(rig: Rig) -> None:
    folder = rig.folder / "run7"
    folder.mkdir()
    for name in ("a.fastq.gz", "b.fastq.gz"):
        (folder / name).write_bytes(b"12345")
    rig.provider.there = {"runs/run7/a.fastq.gz", "runs/run7/b.fastq.gz"}
    batch = rig.upload(folder, slash=False)
    rig.run_to_rest(batch)
    skipped, other = rig.files(batch)
    assert skipped.state is other.state is State.SKIPPED
    rig.rested.clear()
    rig.engine.decide([skipped.id], IfExists.REPLACE)
    rig.kill()
    rig.engine.decide([skipped.id], IfExists.REPLACE)
    rig.run_to_rest(batch)
    assert [file.state for file in rig.files(batch)] == [State.VERIFIED, State.SKIPPED]
    assert rig.batch(batch).finished_at is not None
