"""Following a batch through the journal: every file told once, sums that add up, the right code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import pytest

from pipette.cli_engine import ALL_WELL, OUT_OF_REACH, REFUSED, SIGN_IN, SOME_FAILED
from pipette.cli_follow import Follower, Planned, Progress, Summary
from pipette.model.files import Location
from pipette.model.parts import Proof
from pipette.model.transfer import (
    BatchId,
    BatchSnapshot,
    Direction,
    FileSnapshot,
    Problem,
    State,
    TransferId,
)

ID = BatchId("20261120-1")
ARRIVED = {State.VERIFIED, State.SIZE_MATCHED, State.UNPROVEN}


@dataclass
class HandClock:
    """Time passes only by waiting; each wait may make something happen."""

    seconds: float = 1000.0
    events: list[Callable[[], None]] = field(default_factory=list)

    def time(self) -> float:
        return self.seconds

    def monotonic(self) -> float:
        return self.seconds

    def wait(self, seconds: float) -> None:
        self.seconds += seconds
        if self.events:
            self.events.pop(0)()


class HandJournal:
    """Batches and files put in by hand; reads like the journal."""

    def __init__(self) -> None:
        self.shown: dict[BatchId, BatchSnapshot] = {}
        self.rows: dict[BatchId, dict[int, FileSnapshot]] = {}
        self.order = 0

    def put(self, *states: State, batch: BatchId = ID, **fields: object) -> None:
        """The files of a batch are now in these states, by position."""
        rows = self.rows.setdefault(batch, {})
        for position, state in enumerate(states):
            self._put_file(rows, batch, position, state)
        counts = {state: states.count(state) for state in State if state in states}
        ended = all(state.is_final for state in states)
        plain = BatchSnapshot(
            id=batch,
            direction=Direction.UPLOAD,
            name="run",
            place=Location("archive", "bucket"),
            local="/run",
            created_at=0,
            files=len(states),
            size=10 * sum(state is not State.LEFT_OUT for state in states),
            arrived=10 * sum(state in ARRIVED for state in states),
            counts=tuple(counts.items()),
            finished_at=1.0 if ended else None,
        )
        self.shown[batch] = replace(plain, **fields)

    def _put_file(
        self, rows: dict[int, FileSnapshot], batch: BatchId, position: int, state: State
    ) -> None:
        before = rows.get(position)
        if before is not None and before.state is state:
            return
        settled = state.is_final or state is State.NEEDS_YOU
        self.order += settled
        problem = Problem("Mismatch") if state is State.FAILED else None
        rows[position] = FileSnapshot(
            id=TransferId(position + 1),
            batch=batch,
            direction=Direction.UPLOAD,
            name=f"f{position}",
            source=f"/run/f{position}",
            target=f"archive:/bucket/f{position}",
            size=10,
            state=state,
            position=position,
            proof=Proof.EVERY_PART if state is State.VERIFIED else Proof.NONE,
            problem=Problem("SourceChanged") if state is State.NEEDS_YOU else problem,
            finish_order=self.order if settled else 0,
        )

    def batch(self, batch: BatchId) -> BatchSnapshot | None:
        return self.shown.get(batch)

    def batches(self) -> Sequence[BatchSnapshot]:
        return list(self.shown.values())

    def files(self, batch: BatchId, after: int = -1, count: int = 5000) -> Sequence[FileSnapshot]:
        rows = sorted(self.rows.get(batch, {}).values(), key=lambda file: file.position)
        return [file for file in rows if file.position > after][:count]

    def finished_files(
        self, batch: BatchId, after_order: int, count: int = 5000
    ) -> Sequence[FileSnapshot]:
        rows = sorted(self.rows.get(batch, {}).values(), key=lambda file: file.finish_order)
        return [file for file in rows if file.finish_order > after_order][:count]


@dataclass
class Heard:
    plans: list[Planned] = field(default_factory=list)
    progresses: list[tuple[float, Progress]] = field(default_factory=list)
    files: list[tuple[str, str, str]] = field(default_factory=list)
    summaries: list[Summary] = field(default_factory=list)
    waits: list[BatchId] = field(default_factory=list)
    clock: HandClock = field(default_factory=HandClock)

    def planned(self, planned: Planned) -> None:
        self.plans.append(planned)

    def progress(self, progress: Progress) -> None:
        self.progresses.append((self.clock.seconds, progress))

    def file(self, file: FileSnapshot, state: str, problem: str) -> None:
        self.files.append((file.name, state, problem))

    def summary(self, summary: Summary) -> None:
        self.summaries.append(summary)

    def waiting(self, batch: BatchId) -> None:
        self.waits.append(batch)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def journal() -> HandJournal:
    return HandJournal()


@pytest.fixture
def heard(clock: HandClock) -> Heard:
    return Heard(clock=clock)


@pytest.fixture
def follow(journal: HandJournal, heard: Heard, clock: HandClock) -> Callable[..., int]:
    def run(*batches: BatchId, patience: float | None = None) -> int:
        def keep_going() -> None:
            assert clock.seconds < 2000, "it never ends"

        follower = Follower(journal, heard, clock, keep_going, patience)
        return follower.follow(batches or [ID])

    return run


Follow = Callable[..., int]


def test_what_arrived_is_told_and_summed_up(
    journal: HandJournal, heard: Heard, follow: Follow
) -> None:
    journal.put(State.VERIFIED, State.SIZE_MATCHED, State.SKIPPED, State.LEFT_OUT)
    assert follow() == ALL_WELL
    assert [(file[0], file[1]) for file in heard.files] == [
        ("f0", "verified"),
        ("f1", "size-matched"),
        ("f2", "skipped"),
        ("f3", "left-out"),
    ]
    [planned], [summary] = heard.plans, heard.summaries
    assert (planned.files, planned.left_out, planned.batch.size) == (3, 1, 30)
    assert sum(summary.counts.values()) == planned.files + planned.left_out
    assert summary.bytes == 20


def test_a_batch_is_planned_when_its_scan_ends(
    journal: HandJournal, heard: Heard, clock: HandClock, follow: Follow
) -> None:
    journal.put(State.WAITING, scanning=True)
    clock.events = [
        lambda: journal.put(State.WAITING, State.WAITING, scanning=True),
        lambda: journal.put(State.WAITING, State.WAITING, State.WAITING),
        lambda: journal.put(State.VERIFIED, State.VERIFIED, State.VERIFIED),
    ]
    assert follow() == ALL_WELL
    assert [planned.files for planned in heard.plans] == [3]


def test_files_are_told_as_they_finish(
    journal: HandJournal, heard: Heard, clock: HandClock, follow: Follow
) -> None:
    journal.put(State.WAITING, State.MOVING)
    told_then: list[int] = []
    clock.events = [
        lambda: journal.put(State.MOVING, State.VERIFIED),
        lambda: told_then.append(len(heard.files)),
        lambda: journal.put(State.VERIFIED, State.VERIFIED),
    ]
    assert follow() == ALL_WELL
    assert told_then == [1]
    assert [file[0] for file in heard.files] == ["f1", "f0"]


@pytest.mark.parametrize(
    ("state", "told", "problem"),
    [
        (State.FAILED, "failed", "Mismatch"),
        (State.NEEDS_YOU, "needs-you", "SourceChanged"),
        (State.UNPROVEN, "needs-you", "Unconfirmed"),
        (State.CANCELLED, "left-out", "cancelled"),
    ],
)
def test_what_did_not_arrive_as_wished_ends_with_code_1(
    journal: HandJournal, heard: Heard, follow: Follow, state: State, told: str, problem: str
) -> None:
    journal.put(State.VERIFIED, state)
    assert follow() == SOME_FAILED
    assert heard.files == [("f0", "verified", ""), ("f1", told, problem)]


def test_a_failure_that_is_mended_meanwhile_is_told_once_as_what_it_became(
    journal: HandJournal, heard: Heard, clock: HandClock, follow: Follow
) -> None:
    journal.put(State.FAILED, State.NEEDS_YOU, State.MOVING)
    clock.events = [
        lambda: journal.put(State.MOVING, State.NEEDS_YOU, State.MOVING),
        lambda: journal.put(State.VERIFIED, State.VERIFIED, State.VERIFIED),
    ]
    assert follow() == ALL_WELL
    assert sorted(heard.files) == [(f"f{n}", "verified", "") for n in range(3)]


def test_a_failure_that_is_set_going_again_and_left_is_told_as_it_is_left(
    journal: HandJournal, heard: Heard, clock: HandClock, follow: Follow
) -> None:
    journal.put(State.NEEDS_YOU, State.MOVING)
    clock.events = [lambda: journal.put(State.SKIPPED, State.VERIFIED)]
    assert follow() == ALL_WELL
    assert sorted(heard.files) == [("f0", "skipped", ""), ("f1", "verified", "")]


def test_files_without_a_finish_order_are_found_at_the_end(
    journal: HandJournal, heard: Heard, follow: Follow
) -> None:
    journal.put(State.VERIFIED, State.SKIPPED)
    rows = journal.rows[ID]
    rows[1] = replace(rows[1], finish_order=0)
    assert follow() == ALL_WELL
    assert [file[1] for file in heard.files] == ["verified", "skipped"]


def test_ten_thousand_files_are_told_page_by_page(
    journal: HandJournal, heard: Heard, follow: Follow
) -> None:
    journal.put(*[State.VERIFIED] * 9_999, State.FAILED)
    assert follow() == SOME_FAILED
    assert len({file[0] for file in heard.files}) == len(heard.files) == 10_000


def test_progress_comes_at_most_five_times_a_second(
    journal: HandJournal, heard: Heard, clock: HandClock, follow: Follow
) -> None:
    began = clock.seconds

    def advance() -> None:
        arrived = int(50 * (clock.seconds - began))
        journal.put(State.MOVING, arrived=arrived, size=1000)

    journal.put(State.MOVING, arrived=0, size=1000)
    clock.events = [advance] * 60 + [lambda: journal.put(State.VERIFIED)]
    follow()
    times = [at for at, _ in heard.progresses]
    assert len(times) > 10
    assert all(later - earlier >= 0.2 for earlier, later in pairwise(times))
    rates = [progress.rate_bytes for _, progress in heard.progresses[5:]]
    assert all(40 < rate < 60 for rate in rates)


def test_nothing_new_is_no_progress(
    journal: HandJournal, heard: Heard, clock: HandClock, follow: Follow
) -> None:
    journal.put(State.MOVING)
    clock.events = [lambda: None] * 60 + [lambda: journal.put(State.VERIFIED)]
    follow()
    assert len(heard.progresses) == 1


def test_a_missing_key_ends_with_code_3_and_nothing_is_left_untold(
    journal: HandJournal, heard: Heard, follow: Follow
) -> None:
    journal.put(State.VERIFIED, State.NEEDS_SIGN_IN, State.WAITING)
    assert follow() == SIGN_IN
    assert heard.files == [
        ("f0", "verified", ""),
        ("f1", "needs-you", "SignInNeeded"),
        ("f2", "needs-you", "SignInNeeded"),
    ]
    assert heard.summaries[0].problem == "SignInNeeded"


def test_a_key_that_comes_back_in_time_is_no_failure(
    journal: HandJournal, heard: Heard, clock: HandClock, follow: Follow
) -> None:
    journal.put(State.NEEDS_SIGN_IN)
    clock.events = [lambda: journal.put(State.MOVING), lambda: journal.put(State.VERIFIED)]
    assert follow() == ALL_WELL


def test_files_still_under_way_are_awaited_before_the_missing_key_counts(
    journal: HandJournal, heard: Heard, clock: HandClock, follow: Follow
) -> None:
    journal.put(State.NEEDS_SIGN_IN, State.MOVING)
    clock.events = [lambda: None] * 20 + [lambda: journal.put(State.NEEDS_SIGN_IN, State.VERIFIED)]
    assert follow() == SIGN_IN
    assert ("f1", "verified", "") in heard.files


def test_an_old_note_of_a_missing_key_is_given_time_to_be_taken_back(
    journal: HandJournal, heard: Heard, clock: HandClock, follow: Follow
) -> None:
    old = Problem("SignInNeeded", since=clock.seconds - 100)
    journal.put(State.WAITING, problem=old)
    clock.events = [lambda: None] * 15 + [
        lambda: journal.put(State.MOVING, problem=old),
        lambda: journal.put(State.VERIFIED, problem=old),
    ]
    assert follow() == ALL_WELL
    assert heard.summaries[0].problem == ""


def test_an_old_note_that_stays_true_ends_with_code_3(
    journal: HandJournal, clock: HandClock, follow: Follow
) -> None:
    journal.put(State.WAITING, problem=Problem("SignInNeeded", since=0.0))
    assert follow() == SIGN_IN


def test_without_a_limit_of_patience_the_network_is_awaited(
    journal: HandJournal, clock: HandClock, follow: Follow
) -> None:
    journal.put(State.NO_NETWORK)
    clock.events = [lambda: None] * 3000 + [lambda: journal.put(State.VERIFIED)]
    assert follow() == ALL_WELL


@pytest.mark.parametrize("state", [State.NO_NETWORK, State.RETRYING])
def test_patience_that_runs_out_ends_with_code_4(
    journal: HandJournal, heard: Heard, clock: HandClock, follow: Follow, state: State
) -> None:
    journal.put(State.VERIFIED, state, State.WAITING)
    began = clock.seconds
    assert follow(patience=30) == OUT_OF_REACH
    assert 30 <= clock.seconds - began < 31
    assert heard.files[1:] == [
        ("f1", "needs-you", "NetworkDown"),
        ("f2", "needs-you", "NetworkDown"),
    ]
    assert sum(heard.summaries[0].counts.values()) == 3


def test_a_scan_that_cannot_reach_the_platform_counts_as_out_of_reach(
    journal: HandJournal, follow: Follow
) -> None:
    journal.put(scanning=True, problem=Problem("NetworkDown"), finished_at=None)
    assert follow(patience=5) == OUT_OF_REACH


def test_something_that_arrives_renews_the_patience(
    journal: HandJournal, clock: HandClock, follow: Follow
) -> None:
    journal.put(State.NO_NETWORK, State.WAITING)
    quiet = [lambda: None] * 100
    clock.events = [
        *quiet,
        lambda: journal.put(State.VERIFIED, State.NO_NETWORK),
        *quiet,
        lambda: journal.put(State.VERIFIED, State.VERIFIED),
    ]
    assert follow(patience=30) == ALL_WELL


def test_slow_is_not_out_of_reach(journal: HandJournal, clock: HandClock, follow: Follow) -> None:
    journal.put(State.MOVING)
    clock.events = [lambda: None] * 500 + [lambda: journal.put(State.VERIFIED)]
    assert follow(patience=30) == ALL_WELL


def test_time_already_spent_out_of_reach_counts(
    journal: HandJournal, heard: Heard, clock: HandClock
) -> None:
    journal.put(State.NO_NETWORK)
    since = clock.seconds - 28
    follower = Follower(journal, heard, clock, lambda: None, 30, since)
    began = clock.seconds
    assert follower.follow([ID]) == OUT_OF_REACH
    assert clock.seconds - began < 3


@pytest.mark.parametrize("kind", ["ContainerGone", "RemoteMissing", "Unavailable"])
def test_a_place_that_is_not_there_ends_with_code_2(
    journal: HandJournal, heard: Heard, follow: Follow, kind: str
) -> None:
    journal.put(problem=Problem(kind))
    assert follow() == REFUSED
    assert heard.summaries[0].problem == kind


def test_a_plan_that_broke_off_half_way_is_no_success(journal: HandJournal, follow: Follow) -> None:
    journal.put(State.VERIFIED, problem=Problem("NotAllowed"))
    assert follow() == SOME_FAILED


def test_a_network_problem_that_is_over_does_not_spoil_the_end(
    journal: HandJournal, follow: Follow
) -> None:
    journal.put(State.VERIFIED, problem=Problem("NetworkDown"))
    assert follow() == ALL_WELL


def test_an_empty_batch_is_all_well(journal: HandJournal, heard: Heard, follow: Follow) -> None:
    journal.put()
    assert follow() == ALL_WELL
    assert (heard.plans[0].files, heard.files) == (0, [])


def test_work_handed_over_is_awaited_until_it_is_taken_up(
    journal: HandJournal, heard: Heard, clock: HandClock, follow: Follow
) -> None:
    clock.events = [lambda: None, lambda: journal.put(State.VERIFIED)]
    assert follow() == ALL_WELL
    assert heard.waits == [ID, ID]


def test_several_batches_are_followed_together_and_the_worst_counts(
    journal: HandJournal, heard: Heard, clock: HandClock, follow: Follow
) -> None:
    other = BatchId("20261120-2")
    journal.put(State.VERIFIED)
    journal.put(State.MOVING, batch=other)
    clock.events = [lambda: journal.put(State.FAILED, batch=other)]
    assert follow(ID, other) == SOME_FAILED
    assert [summary.batch.id for summary in heard.summaries] == [ID, other]


def test_a_batch_that_only_waits_for_someone_ends(
    journal: HandJournal, heard: Heard, follow: Follow
) -> None:
    journal.put(State.VERIFIED, State.NEEDS_YOU, finished_at=None)
    assert follow() == SOME_FAILED


def test_the_end_is_not_told_before_the_journal_says_so(
    journal: HandJournal, heard: Heard, clock: HandClock, follow: Follow
) -> None:
    journal.put(State.VERIFIED, finished_at=None)
    clock.events = [lambda: journal.put(State.VERIFIED)]
    began = clock.seconds
    assert follow() == ALL_WELL
    assert clock.seconds > began
