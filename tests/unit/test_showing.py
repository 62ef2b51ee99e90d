"""Which one word stands for a transfer, and what it tells of bytes and parts, as tables."""

from __future__ import annotations

import pytest
from tests.fakes.records import HANDLE, new_batch, new_transfer

from pipette.engine.records import Transfer, bytes_in
from pipette.engine.showing import SOMEONE_CAN_HELP, state_of
from pipette.model.errors import (
    NetworkDown,
    NotAllowed,
    SlowDown,
    Temporary,
    TransferError,
)
from pipette.model.files import Location
from pipette.model.parts import Proof
from pipette.model.stages import (
    Aborting,
    Cancelled,
    Checking,
    Closing,
    Done,
    Halted,
    Landed,
    Leaving,
    MovePart,
    Moving,
    Open,
    Opening,
    Queued,
    Rejoining,
    Resuming,
    Skipped,
    Stage,
    Unchecked,
)
from pipette.model.transfer import BatchId, BatchSnapshot, Direction, PartMap, State

COUNT = 4
SIZE = 35
RUNNING: list[tuple[Stage, State]] = [
    (Queued(), State.WAITING),
    (Opening(), State.MOVING),
    (Resuming(HANDLE, COUNT, 0), State.CHECKING),
    (Rejoining(HANDLE, COUNT, 0), State.CHECKING),
    (Moving(HANDLE, COUNT), State.MOVING),
    (Landed(HANDLE, COUNT), State.FINISHING),
    (Closing(HANDLE, COUNT), State.FINISHING),
    (Unchecked(HANDLE, COUNT), State.VERIFYING),
    (Checking(HANDLE, COUNT), State.VERIFYING),
    (Leaving(HANDLE), State.FINISHING),
    (Aborting(HANDLE), State.FINISHING),
    (Leaving(HANDLE, again=True), State.WAITING),
    (Aborting(HANDLE, again=True), State.WAITING),
]
ENDED: list[tuple[Stage, State]] = [
    (Done(Proof.WHOLE_FILE), State.VERIFIED),
    (Done(Proof.EVERY_PART), State.VERIFIED),
    (Done(Proof.SIZE_ONLY), State.SIZE_MATCHED),
    (Done(Proof.NONE), State.UNPROVEN),
    (Skipped(), State.SKIPPED),
    (Cancelled(), State.CANCELLED),
    (Halted(Queued()), State.PAUSED),
    (Halted(Moving(HANDLE, COUNT), NotAllowed("403")), State.FAILED),
    *((Halted(Queued(), kind("x")), State.NEEDS_YOU) for kind in SOMEONE_CAN_HELP),
]
DELAYS: list[tuple[TransferError, State]] = [
    (NetworkDown("x"), State.NO_NETWORK),
    (SlowDown("x"), State.SLOWED),
    (Temporary("x"), State.RETRYING),
]


def at(stage: Stage) -> Transfer:
    transfer = new_transfer(new_batch(), size=SIZE)
    transfer.stage = stage
    return transfer


def word(stage: Stage, *, held: bool = False, waits_for: TransferError | None = None) -> State:
    return state_of(at(stage), held=held, waits_for=waits_for)


@pytest.mark.parametrize(("stage", "state"), RUNNING + ENDED)
def test_each_stage_has_its_word(stage: Stage, state: State) -> None:
    assert word(stage) is state


@pytest.mark.parametrize(("stage", "state"), RUNNING)
def test_what_is_under_way_needs_a_sign_in_while_its_account_is_held(
    stage: Stage, state: State
) -> None:
    assert word(stage, held=True, waits_for=Temporary("x")) is State.NEEDS_SIGN_IN


@pytest.mark.parametrize(("stage", "state"), ENDED)
def test_what_stands_still_keeps_its_word_whatever_else_is_wrong(
    stage: Stage, state: State
) -> None:
    assert word(stage, held=True, waits_for=NetworkDown("x")) is state


@pytest.mark.parametrize(("error", "state"), DELAYS)
def test_a_delayed_transfer_says_what_it_waits_for(error: TransferError, state: State) -> None:
    assert word(Opening(), waits_for=error) is state
    assert word(Moving(HANDLE, COUNT), waits_for=error) is state


def test_while_other_parts_move_a_delayed_one_does_not_show() -> None:
    transfer = at(Moving(HANDLE, COUNT, 0, 0b11))
    transfer.retry_at = {MovePart(1): 5.0}
    assert state_of(transfer, held=False, waits_for=SlowDown("x")) is State.MOVING
    transfer.retry_at[MovePart(2)] = 5.0
    assert state_of(transfer, held=False, waits_for=SlowDown("x")) is State.SLOWED


ALL = 0b1111
PARTS: list[tuple[Stage, PartMap | None, int]] = [
    (Queued(), None, 0),
    (Opening(), None, 0),
    (Resuming(HANDLE, COUNT, 0b1), PartMap(COUNT, 10, 0b1), 10),
    (Rejoining(HANDLE, COUNT, 0b1001), PartMap(COUNT, 10, 0b1001), 15),
    (Moving(HANDLE, COUNT, 0b1, 0b110), PartMap(COUNT, 10, 0b1, 0b110), 10),
    (Landed(HANDLE, COUNT), PartMap(COUNT, 10, ALL), SIZE),
    (Closing(HANDLE, COUNT), PartMap(COUNT, 10, ALL), SIZE),
    (Unchecked(HANDLE, COUNT), PartMap(COUNT, 10, ALL), SIZE),
    (Checking(HANDLE, COUNT), PartMap(COUNT, 10, ALL), SIZE),
    (Leaving(HANDLE, 0b1), None, 0),
    (Done(Proof.EVERY_PART), None, SIZE),
    (Skipped(), None, 0),
    (Cancelled(), None, 0),
    (Halted(Moving(HANDLE, COUNT, 0b11)), PartMap(COUNT, 10, 0b11), 20),
]


@pytest.mark.parametrize(("stage", "parts", "arrived"), PARTS)
def test_each_stage_tells_its_parts_and_bytes(
    stage: Stage, parts: PartMap | None, arrived: int
) -> None:
    assert at(stage).parts == parts
    assert at(stage).arrived == arrived


def test_parts_that_wait_for_another_try_are_told_apart_from_those_that_move() -> None:
    transfer = at(Moving(HANDLE, COUNT, 0b1, 0b110))
    transfer.retry_at = {MovePart(2): 5.0, Open(): 5.0}
    assert transfer.parts == PartMap(COUNT, 10, 0b1, 0b100, 0b10)


@pytest.mark.parametrize(
    ("landed", "count", "part_size", "size", "expected"),
    [
        (0, 4, 10, 35, 0),
        (0b111, 4, 10, 35, 30),
        (0b1000, 4, 10, 35, 5),
        (0b1111, 4, 10, 35, 35),
        (0b1111, 4, 10, 40, 40),
        (0b1, 1, 1, 0, 0),
        (0b1, 1, 8, 3, 3),
    ],
)
def test_the_last_part_counts_with_its_own_length(
    landed: int, count: int, part_size: int, size: int, expected: int
) -> None:
    assert bytes_in(landed, count, part_size, size) == expected


# What a batch says as a whole


def batch(*states: State, paused: bool = False, scanning: bool = False) -> BatchSnapshot:
    counts = tuple((state, states.count(state)) for state in State if state in states)
    return BatchSnapshot(
        BatchId("b"),
        Direction.UPLOAD,
        "run7",
        Location("lab", "bucket"),
        "/data/run7",
        5.0,
        scanning=scanning,
        files=len(states),
        counts=counts,
        paused=paused,
    )


@pytest.mark.parametrize(
    ("states", "word"),
    [
        ((State.VERIFIED, State.VERIFIED), State.VERIFIED),
        ((State.VERIFIED, State.SIZE_MATCHED), State.SIZE_MATCHED),
        ((State.VERIFIED, State.FAILED), State.FAILED),
        ((State.VERIFIED, State.FAILED, State.MOVING), State.MOVING),
        ((State.MOVING, State.NEEDS_SIGN_IN), State.NEEDS_SIGN_IN),
        ((State.WAITING, State.NEEDS_YOU), State.WAITING),
        ((State.SKIPPED, State.VERIFIED), State.VERIFIED),
        ((State.CANCELLED,), State.CANCELLED),
        ((), State.VERIFIED),
    ],
)
def test_a_batch_shows_its_worst_file_but_first_what_still_moves(
    states: tuple[State, ...], word: State
) -> None:
    assert batch(*states).state is word


def test_a_batch_that_is_looked_through_is_being_checked() -> None:
    assert batch(State.FAILED, scanning=True).state is State.CHECKING


def test_a_paused_batch_says_so_until_its_files_are_final() -> None:
    assert batch(State.WAITING, paused=True).state is State.PAUSED
    assert batch(State.VERIFIED, paused=True).state is State.VERIFIED


def test_files_without_any_count_wait() -> None:
    unknown = BatchSnapshot(BatchId("b"), Direction.UPLOAD, "x", Location("lab"), "", 5.0, files=2)
    assert unknown.state is State.WAITING


def test_every_state_is_final_active_or_waits_and_counts_add_up() -> None:
    assert not any(state.is_final and state.is_active for state in State)
    assert batch(State.FAILED, State.FAILED, State.VERIFIED).count(State.FAILED, State.SKIPPED) == 2
    assert {state for state in State if state.needs_someone} == {
        State.NEEDS_YOU,
        State.NEEDS_SIGN_IN,
        State.FAILED,
    }
