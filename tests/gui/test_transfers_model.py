"""The flattened transfers model: its rows, its signals, what it says aloud."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import pytest
from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from tests.fakes.scenes import (
    MB,
    NOON,
    RUN,
    SENDING,
    a_batch,
    a_file,
    a_long_batch,
    the_batches,
    the_run_files,
)

from pipette.model.transfer import BatchId, Changes, FileSnapshot, State, TransferId
from pipette.ui.roles import ActionsCell, CellRole, Expander, NameCell, ProgressCell, StateCell
from pipette.ui.transfers_cells import Column
from pipette.ui.transfers_model import TransfersModel
from pipette.ui.transfers_rows import BatchRow, Chip

SPOKEN = Qt.ItemDataRole.AccessibleTextRole


@dataclass
class HandClock:
    at: float = 0.0

    def __call__(self) -> float:
        return self.at


@dataclass
class Signals:
    """How often the model said what."""

    inserts: list[tuple[int, int]] = field(default_factory=list)
    removes: list[tuple[int, int]] = field(default_factory=list)
    changes: list[tuple[int, int]] = field(default_factory=list)
    layouts: int = 0
    resets: int = 0

    def listen(self, model: TransfersModel) -> None:
        model.rowsInserted.connect(lambda _, first, last: self.inserts.append((first, last)))
        model.rowsRemoved.connect(lambda _, first, last: self.removes.append((first, last)))
        model.dataChanged.connect(lambda a, b, _: self.changes.append((a.row(), b.row())))
        model.layoutChanged.connect(self._note_layout)
        model.modelReset.connect(self._note_reset)

    def _note_layout(self) -> None:
        self.layouts += 1

    def _note_reset(self) -> None:
        self.resets += 1


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def model(qapp: object, clock: HandClock) -> Iterator[TransfersModel]:
    model = TransfersModel(
        lambda batch: batch.direction.value == "upload",
        lambda batch: batch.order,
        clock,
        lambda: NOON,
    )
    fatal = QAbstractItemModelTester.FailureReportingMode.Fatal
    tester = QAbstractItemModelTester(model, fatal)
    yield model
    tester.deleteLater()


@pytest.fixture
def signals(model: TransfersModel) -> Signals:
    signals = Signals()
    signals.listen(model)
    return signals


def batch_row(model: TransfersModel, batch: BatchId = RUN) -> BatchRow:
    place = model.place_of_batch(batch)
    assert place is not None
    row = model.row_at(place)
    assert isinstance(row, BatchRow)
    return row


def open_with(
    model: TransfersModel, files: Iterable[FileSnapshot], batch: BatchId = RUN
) -> BatchRow:
    row = batch_row(model, batch)
    model.open_batch(row)
    model.adopt(row, row.rows_of(files), complete=True)
    return row


def the_picture(model: TransfersModel) -> BatchRow:
    model.put_batches(the_batches())
    return open_with(model, the_run_files())


def names(model: TransfersModel) -> list[str]:
    return [model.index(row, Column.NAME).data() for row in range(model.rowCount())]


def spoken(model: TransfersModel, row: int, column: Column) -> str:
    text = model.index(row, column).data(SPOKEN)
    assert isinstance(text, str)
    return text


def test_batches_stand_in_queue_order_and_the_other_direction_stays_out(
    model: TransfersModel,
) -> None:
    model.put_batches(reversed(the_batches()))
    assert names(model) == [
        "260611_A01234_0187_BHJ7KLDRX5 (3,386 files)",
        "Swab-isolates (18 files)",
        "Trio-114 reanalysis (6 files)",
        "Controls May (11 files)",
    ]


def test_an_open_batch_shows_its_files_right_below(model: TransfersModel) -> None:
    the_picture(model)
    assert names(model)[:3] == [
        "260611_A01234_0187_BHJ7KLDRX5",
        "SampleSheet.csv",
        "Lib07_S7_L001_R1_001.fastq.gz",
    ]
    assert model.rowCount() == 10


def test_closing_takes_the_files_away_in_one_block(model: TransfersModel, signals: Signals) -> None:
    model.close_batch(the_picture(model))
    assert signals.removes == [(1, 6)]
    assert model.rowCount() == 4


def test_opening_asks_for_the_files_once(model: TransfersModel) -> None:
    asked: list[BatchRow] = []
    model.opened.connect(asked.append)
    model.put_batches(the_batches())
    row = batch_row(model)
    model.open_batch(row)
    model.open_batch(row)
    assert asked == [row]


def test_files_read_after_the_batch_was_closed_are_dropped(model: TransfersModel) -> None:
    model.put_batches(the_batches())
    row = batch_row(model)
    model.open_batch(row)
    late = row.rows_of(the_run_files())
    model.close_batch(row)
    model.adopt(row, late, complete=True)
    assert model.rowCount() == 4


def test_a_hundred_thousand_files_come_in_twenty_blocks_without_a_reset(
    qapp: object, clock: HandClock
) -> None:
    model = TransfersModel(lambda _: True, lambda batch: batch.order, clock)
    signals = Signals()
    signals.listen(model)
    batch, files = a_long_batch(100_000)
    model.put_batches([batch])
    row = batch_row(model, batch.id)
    model.open_batch(row)
    for start in range(0, 100_000, 5_000):
        chunk = row.rows_of(files[start : start + 5_000])
        model.adopt(row, chunk, complete=start == 95_000)
    assert model.rowCount() == 100_001
    assert len(signals.inserts) == 1 + 20
    assert (signals.resets, signals.layouts, signals.removes) == (0, 0, [])
    assert len(signals.changes) == 1


def test_progress_of_ten_thousand_files_is_told_only_where_somebody_looks(
    qapp: object, clock: HandClock
) -> None:
    model = TransfersModel(lambda _: True, lambda batch: batch.order, clock)
    batch, files = a_long_batch(10_000)
    model.put_batches([batch])
    open_with(model, files, batch.id)
    model.set_visible(100, 130)
    signals = Signals()
    signals.listen(model)
    changed = [a_file(f.id, f.name, batch=f.batch, size=f.size, arrived=500) for f in files]
    model.update(Changes(files=tuple(changed)))
    assert signals.changes == [(100, 130)]
    assert (signals.resets, signals.layouts) == (0, 0)
    assert model.index(9_000, Column.PROGRESS).data() == "50%"


def test_nothing_is_said_when_nothing_changed(model: TransfersModel, signals: Signals) -> None:
    model.put_batches(the_batches()[2:])
    before = Signals(inserts=list(signals.inserts), changes=list(signals.changes))
    model.update(Changes())
    assert (signals.inserts, signals.changes) == (before.inserts, before.changes)


def test_neighbouring_changes_are_told_in_one_signal(
    model: TransfersModel, signals: Signals
) -> None:
    the_picture(model)
    signals.changes.clear()
    moved = [f for f in the_run_files() if f.id in {1, 3}]
    model.update(Changes(files=tuple(moved)))
    assert signals.changes == [(2, 3)]


def test_a_file_that_needs_someone_moves_up_and_stays_chosen(
    model: TransfersModel, signals: Signals
) -> None:
    row = the_picture(model)
    chosen = QItemSelectionModel(model)
    place = model.place_of_file(RUN, SENDING)
    assert place == 2
    chosen.select(
        model.index(place, 0),
        QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows,
    )
    model.update(Changes(files=(a_file(1, state=State.NEEDS_YOU),)))
    assert model.place_of_file(RUN, SENDING) == 1
    assert [index.row() for index in chosen.selectedRows()] == [1]
    assert row.snapshot.id == RUN
    assert signals.resets == 0


def test_very_many_files_are_put_in_order_at_most_once_a_second(
    qapp: object, clock: HandClock
) -> None:
    model = TransfersModel(lambda _: True, lambda batch: batch.order, clock)
    batch, files = a_long_batch(6_000)
    model.put_batches([batch])
    clock.at = 1.0
    open_with(model, files, batch.id)
    signals = Signals()
    signals.listen(model)
    for step in range(12):
        clock.at = 1.0 + (step + 1) * 0.25
        done = files[step]
        moving = a_file(done.id, done.name, batch=done.batch, size=1000, state=State.VERIFIED)
        model.update(Changes(files=(moving,)))
    assert signals.layouts == 3


def test_files_announced_while_the_batch_is_open_join_it(model: TransfersModel) -> None:
    the_picture(model)
    model.update(Changes(files=(a_file(77, "Data/new.bin", state=State.WAITING),)))
    assert names(model)[6] == "new.bin"
    assert model.rowCount() == 11


def test_a_filter_shows_only_what_stands_under_it(model: TransfersModel) -> None:
    the_picture(model)
    model.set_chip(Chip.NEEDS_YOU)
    assert names(model) == ["260611_A01234_0187_BHJ7KLDRX5", "SampleSheet.csv"]
    model.set_chip(Chip.WAITING)
    assert names(model) == ["Trio-114 reanalysis (6 files)", "Controls May (11 files)"]
    model.set_chip(Chip.ALL)
    assert model.rowCount() == 10


def test_under_a_filter_files_come_and_go_with_their_state(
    model: TransfersModel, signals: Signals
) -> None:
    the_picture(model)
    model.set_chip(Chip.ACTIVE)
    assert "Lib08_S8_L001_R1_001.fastq.gz" in names(model)
    model.update(Changes(files=(a_file(4, state=State.VERIFIED),)))
    assert "Lib08_S8_L001_R1_001.fastq.gz" not in names(model)
    model.update(Changes(files=(a_file(4, "back.bin", state=State.MOVING),)))
    assert "back.bin" in names(model)
    assert signals.resets == 1


def test_a_batch_leaves_a_filter_and_comes_back_with_its_files(model: TransfersModel) -> None:
    the_picture(model)
    model.set_chip(Chip.NEEDS_YOU)
    settled = a_batch(RUN, counts={State.MOVING: 1}, order=1)
    model.update(Changes(batches=(settled,), files=(a_file(6, state=State.WAITING),)))
    assert model.rowCount() == 0
    model.update(Changes(batches=(the_batches()[0],), files=(the_run_files()[5],)))
    assert names(model) == ["260611_A01234_0187_BHJ7KLDRX5", "SampleSheet.csv"]


def test_a_batch_moved_in_the_queue_takes_its_files_along(
    model: TransfersModel, signals: Signals
) -> None:
    the_picture(model)
    first = a_batch("20250611-3", "Trio-114 reanalysis", counts={State.WAITING: 6}, order=0)
    model.update(Changes(batches=(first,)))
    assert names(model)[:3] == [
        "Trio-114 reanalysis (6 files)",
        "260611_A01234_0187_BHJ7KLDRX5",
        "SampleSheet.csv",
    ]
    assert signals.layouts == 1
    assert signals.resets == 0


def test_a_batch_that_was_cleared_goes_with_its_files(model: TransfersModel) -> None:
    the_picture(model)
    model.update(Changes(removed=(RUN,)))
    assert names(model)[0] == "Swab-isolates (18 files)"
    assert model.rowCount() == 3


def test_what_waits_knows_its_place_in_line(model: TransfersModel) -> None:
    the_picture(model)
    assert model.index(8, Column.STATE).data() == "Waiting, 3rd in line"
    model.update(Changes(batches=(a_batch(RUN, counts={State.VERIFIED: 9}, order=1),)))
    assert model.index(8, Column.STATE).data() == "Waiting, 2nd in line"


def test_painted_cells_get_their_values(model: TransfersModel) -> None:
    the_picture(model)
    name = model.index(0, Column.NAME).data(CellRole.NAME)
    assert isinstance(name, NameCell)
    assert (name.expander, name.bold, name.level) == (Expander.OPEN, True, 0)
    progress = model.index(2, Column.PROGRESS).data(CellRole.PROGRESS)
    assert isinstance(progress, ProgressCell)
    assert progress.percent == 72
    state = model.index(1, Column.STATE).data(CellRole.STATE)
    assert isinstance(state, StateCell)
    assert state.words == "Changed on disk"
    actions = model.index(8, Column.ACTIONS).data(CellRole.ACTIONS)
    assert isinstance(actions, ActionsCell)
    assert [action.name for action in actions.actions] == ["FIRST_IN_LINE", "PAUSE", "CANCEL"]


def test_speed_and_time_left_stay_blank_for_ten_seconds(
    model: TransfersModel, clock: HandClock
) -> None:
    model.put_batches([a_batch(counts={State.MOVING: 1})])
    open_with(model, [a_moving_file(0)])
    for second in range(10):
        clock.at = float(second)
        model.update(Changes(files=(a_moving_file(second),)))
        assert model.index(1, Column.SPEED).data() == ""
    clock.at = 10.0
    model.update(Changes(files=(a_moving_file(10),)))
    assert model.index(1, Column.SPEED).data() == "5.0 MB/s"
    assert model.index(1, Column.TIME_LEFT).data() == "2 min"


def a_moving_file(second: int) -> FileSnapshot:
    return a_file(1, state=State.MOVING, size=600 * MB, moving=second * 5 * MB)


def test_rows_that_only_count_down_are_told_once_a_second(
    model: TransfersModel, clock: HandClock, signals: Signals
) -> None:
    the_picture(model)
    signals.changes.clear()
    for quarter in range(1, 9):
        clock.at = 100 + quarter * 0.25
        model.update(Changes())
    told = {row for first, last in signals.changes for row in range(first, last + 1)}
    retrying = model.place_of_file(RUN, TransferId(2))
    assert retrying in told
    assert 1 not in told
    assert len(signals.changes) <= 2 * 3


@pytest.mark.parametrize("column", list(Column))
def test_every_cell_says_something(model: TransfersModel, column: Column) -> None:
    the_picture(model)
    assert all(spoken(model, row, column) for row in range(model.rowCount()))


def test_progress_is_told_in_parts(model: TransfersModel) -> None:
    the_picture(model)
    said = spoken(model, 2, Column.PROGRESS)
    assert said == "72 percent, 835 of 1,160 parts arrived, 1 retrying"


def test_a_batch_says_whether_it_is_open_and_how_many_files_it_has(model: TransfersModel) -> None:
    the_picture(model)
    assert spoken(model, 0, Column.NAME) == "260611_A01234_0187_BHJ7KLDRX5, open, 3,386 files"
    assert spoken(model, 7, Column.NAME) == "Swab-isolates, closed, 18 files"


def test_the_tooltip_of_a_size_tells_exact_bytes(model: TransfersModel) -> None:
    the_picture(model)
    tip = model.index(1, Column.SIZE).data(Qt.ItemDataRole.ToolTipRole)
    assert tip == "0 of 14,200 bytes"


def test_a_paged_list_asks_for_more_once(model: TransfersModel) -> None:
    asked: list[bool] = []
    model.more_wanted.connect(lambda: asked.append(True))
    model.fetchMore(QModelIndex())
    assert asked == []
    model.set_more_available(True)
    model.fetchMore(QModelIndex())
    model.fetchMore(QModelIndex())
    assert asked == [True]
