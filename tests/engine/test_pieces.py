"""Large files that go in one piece: what a pause would cost is told, and they may finish first."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.engine.rig import Rig
from tests.fakes import performer

from pipette.model import transfer
from pipette.model.stages import MovePart
from pipette.model.transfer import (
    LARGE_PIECE,
    BatchId,
    Direction,
    PartMap,
    State,
    is_large_piece,
)

PIECE = 500


@pytest.fixture(autouse=True)
def in_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service takes everything in one piece, and little counts as large."""
    monkeypatch.setattr(performer, "PART", PIECE)
    monkeypatch.setattr(transfer, "LARGE_PIECE", 100)


def begin(rig: Rig, count: int = 1) -> BatchId:
    """Until the pieces are with the workers, which have not moved them yet."""
    batch = rig.upload(rig.files_of(count, (PIECE,)))
    rig.run_until(lambda: len(rig.service.uploads) == min(count, 4))
    rig.turn(work=False)
    rig.turn(work=False)
    return batch


def parts_moved(rig: Rig) -> int:
    return sum(isinstance(step, MovePart) for _, step in rig.service.steps)


def idle(rig: Rig, turns: int = 30) -> None:
    for _ in range(turns):
        rig.turn()


def test_the_batch_tells_how_much_goes_in_one_piece(rig: Rig) -> None:
    batch = begin(rig)
    rig.clock.advance(1.0)
    rig.turn(work=False)
    told = [one for one in rig.engine.changes().batches if one.id == batch]
    assert told[-1].pieces == 1
    rig.run_to_rest(batch)
    assert rig.batch(batch).pieces == 0


def test_a_piece_may_finish_before_its_batch_pauses(rig: Rig) -> None:
    batch = begin(rig, 6)
    rig.engine.pause([batch], after_pieces=True)
    idle(rig)
    counts = dict(rig.batch(batch).counts)
    assert counts[State.VERIFIED] >= 1
    assert counts[State.VERIFIED] + counts.get(State.PAUSED, 0) + counts.get(State.WAITING, 0) == 6
    assert rig.batch(batch).state is State.PAUSED
    rig.engine.resume([batch])
    rig.run_to_rest(batch)
    assert parts_moved(rig) == 6
    assert set(rig.service.moved.values()) == {1}


def test_without_that_wish_it_is_broken_off(rig: Rig) -> None:
    batch = begin(rig)
    rig.engine.pause([batch])
    idle(rig)
    assert rig.batch(batch).count(State.VERIFIED) == 0
    assert rig.service.moved == {}
    rig.engine.resume([batch])
    rig.run_to_rest(batch)
    assert rig.batch(batch).count(State.VERIFIED) == 1


MOVING = PartMap(1, 100, moving=1)


@pytest.mark.parametrize(
    ("direction", "parts", "size", "expected"),
    [
        (Direction.UPLOAD, MOVING, LARGE_PIECE + 1, True),
        (Direction.UPLOAD, MOVING, 100, False),
        (Direction.DOWNLOAD, MOVING, LARGE_PIECE + 1, False),
        (Direction.UPLOAD, PartMap(1, 100), LARGE_PIECE + 1, False),
        (Direction.UPLOAD, PartMap(2, 100, moving=1), LARGE_PIECE + 1, False),
        (Direction.UPLOAD, None, LARGE_PIECE + 1, False),
    ],
)
def test_only_large_uploads_under_way_in_one_piece_count(
    direction: Direction, parts: PartMap | None, size: int, expected: bool
) -> None:
    assert is_large_piece(direction, parts, size) is expected


def test_nothing_of_this_concerns_small_files(
    tmp_path: Path, rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "LARGE_PIECE", LARGE_PIECE)
    batch = begin(rig)
    rig.engine.pause([batch], after_pieces=True)
    idle(rig)
    assert rig.batch(batch).count(State.VERIFIED) == 0
