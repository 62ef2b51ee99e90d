"""Which rows are shown and in what order; how speeds become calm figures."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.fakes.scenes import MB, a_batch, a_file, the_batches

from pipette.model.transfer import BatchId, State, TransferId
from pipette.ui.transfers_pace import Pace
from pipette.ui.transfers_rows import (
    BatchRow,
    Chip,
    ChipCounts,
    FileRow,
    count_chips,
    file_rank,
    runs_of,
)


def an_open_batch(*states: State) -> BatchRow:
    batch = BatchRow(a_batch())
    batch.open()
    files = [a_file(number, state=state) for number, state in enumerate(states, 1)]
    batch.adopt(batch.rows_of(files), at=0.0)
    return batch


def ids(rows: Sequence[FileRow]) -> list[int]:
    return [row.snapshot.id for row in rows]


def test_inside_a_batch_trouble_comes_first_and_what_is_done_last() -> None:
    batch = an_open_batch(
        State.VERIFIED, State.WAITING, State.RETRYING, State.MOVING, State.NEEDS_YOU
    )
    assert ids(batch.wanted(Chip.ALL)) == [5, 4, 3, 2, 1]


def test_files_of_one_rank_keep_their_order() -> None:
    batch = an_open_batch(State.WAITING, State.MOVING, State.WAITING, State.MOVING)
    assert ids(batch.wanted(Chip.ALL)) == [2, 4, 1, 3]


@pytest.mark.parametrize("state", list(State))
def test_every_state_has_a_rank_and_stands_under_some_chip(state: State) -> None:
    assert 0 <= file_rank(state) <= 5
    batch = an_open_batch(state)
    chips = [chip for chip in Chip if chip is not Chip.ALL]
    assert any(batch.wanted(chip) for chip in chips)


def test_the_chips_of_the_main_picture_count_as_drawn() -> None:
    uploads = [batch for batch in the_batches() if batch.direction.value == "upload"]
    assert count_chips(uploads) == ChipCounts(active=2, waiting=2, needs_you=1, done=0)


def test_a_batch_that_is_done_but_for_a_failed_file_is_done_and_needs_someone() -> None:
    batch = a_batch(counts={State.VERIFIED: 3, State.FAILED: 1})
    assert count_chips([batch]) == ChipCounts(needs_you=1, done=1)


def test_a_change_that_arrives_before_its_row_was_read_is_not_lost() -> None:
    batch = BatchRow(a_batch())
    batch.open()
    rows = batch.rows_of([a_file(1, state=State.WAITING)])
    assert batch.take_file(a_file(1, state=State.MOVING, arrived=5), at=1.0) is None
    batch.adopt(rows, at=2.0)
    found = batch.find(TransferId(1))
    assert found is not None
    assert found.snapshot.state is State.MOVING


def test_a_closed_batch_holds_no_files() -> None:
    batch = an_open_batch(State.WAITING)
    batch.close()
    assert batch.file_count == 0
    assert batch.id == BatchId("20250611-1")


def test_a_speed_shows_only_after_ten_seconds() -> None:
    pace = Pace()
    for second in range(10):
        pace.note_moved(float(second), second * 5 * MB)
        assert pace.rate is None
    pace.note_moved(10.0, 50 * MB)
    assert pace.rate == 5 * MB


def test_a_speed_looks_back_one_minute() -> None:
    pace = Pace()
    for second in range(300):
        moved = second * MB if second < 200 else 200 * MB + (second - 200) * 3 * MB
        pace.note_moved(float(second), moved)
    assert pace.rate == pytest.approx(3 * MB)


def test_time_left_is_unknown_while_nothing_moves() -> None:
    pace = Pace()
    for second in range(20):
        pace.note_moved(float(second), 7.0)
    assert pace.rate == 0.0
    assert pace.seconds_left(100.0) is None


def test_a_rate_told_from_outside_is_averaged() -> None:
    pace = Pace()
    for second in range(21):
        pace.note_rate(float(second), 10.0 if second % 2 else 30.0)
    assert pace.rate == pytest.approx(20.0)


def test_a_batch_takes_as_long_as_its_slowest_file() -> None:
    batch = BatchRow(a_batch(counts={State.MOVING: 1}, size=100 * MB))
    batch.open()
    for second in range(12):
        at = float(second)
        counts = {State.MOVING: 1}
        batch.take(a_batch(counts=counts, size=100 * MB, rate_bytes=10 * MB), at)
        file = a_file(1, state=State.MOVING, size=60 * MB, moving=second * MB)
        if second == 0:
            batch.adopt(batch.rows_of([file]), at)
        batch.take_file(file, at)
    assert batch.seconds_left == pytest.approx(49.0)


def test_runs_of_changed_rows_are_told_as_blocks() -> None:
    assert runs_of([False, True, True, False, True]) == [(1, 3), (4, 5)]
    assert runs_of([]) == []
