"""The transfers pane under real keys and clicks: tabs, filters, actions, queue order, history."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QStyleOptionViewItem
from pytestqt.qtbot import QtBot
from tests.fakes.queue import ScriptedQueue
from tests.fakes.scenes import (
    CHANGED,
    CONTROLS,
    NOON,
    RUN,
    SENDING,
    SWABS,
    TRIO,
    a_batch,
    a_finished_batch,
    a_long_batch,
    the_main_picture,
)

from pipette.model.transfer import BatchId, FileSnapshot, QueueMove, State
from pipette.ui.background import Background
from pipette.ui.delegates import action_rect
from pipette.ui.roles import ActionsCell, CellRole, RowAction
from pipette.ui.theme import Theme, ThemeChoice
from pipette.ui.transfers_bar import Tab
from pipette.ui.transfers_cells import Column
from pipette.ui.transfers_loading import FILES_AT_ONCE
from pipette.ui.transfers_orders import TransferOrders
from pipette.ui.transfers_pane import TransfersPane
from pipette.ui.transfers_rows import Chip, Chosen, Row
from pipette.ui.transfers_table import TransfersTable

pytestmark = pytest.mark.qt_log_ignore("^This plugin does not support")

NONE = Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier
CTRL_SHIFT = CTRL | Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def queue() -> ScriptedQueue:
    return the_main_picture()


@pytest.fixture(scope="module")
def theme(qapp: QApplication) -> Theme:
    return Theme(qapp, ThemeChoice.LIGHT)


@pytest.fixture
def background(qapp: QApplication) -> Iterator[Background]:
    background = Background()
    yield background
    background.close()


@pytest.fixture
def orders(queue: ScriptedQueue) -> TransferOrders:
    return TransferOrders(queue)


@pytest.fixture
def pane(
    queue: ScriptedQueue,
    background: Background,
    theme: Theme,
    orders: TransferOrders,
    qtbot: QtBot,
) -> TransfersPane:
    pane = TransfersPane(queue, background, theme, orders, now=lambda: NOON)
    qtbot.addWidget(pane)
    pane.resize(1125, 392)
    with qtbot.waitExposed(pane):
        pane.show()
    pane.refresh()
    return pane


def table(pane: TransfersPane) -> TransfersTable:
    return pane.page.table


def settle(pane: TransfersPane, background: Background, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not background.is_busy)


def open_run(pane: TransfersPane, background: Background, qtbot: QtBot) -> None:
    pane.page.model.open_batch(pane.page.model.listed[0])
    settle(pane, background, qtbot)


def choose(pane: TransfersPane, place: int) -> None:
    table(pane).choose(place)
    table(pane).setFocus()


def press(pane: TransfersPane, key: Qt.Key, modifiers: Qt.KeyboardModifier = NONE) -> None:
    QTest.keyClick(table(pane), key, modifiers)


def click_cell(pane: TransfersPane, row: int, column: Column, from_left: int) -> None:
    view = table(pane)
    rect = view.visualRect(pane.page.model.index(row, column))
    point = QPoint(rect.left() + from_left, rect.center().y())
    QTest.mouseClick(view.viewport(), LEFT, NONE, point)


def click_action(pane: TransfersPane, row: int, action: RowAction) -> None:
    view = table(pane)
    index = pane.page.model.index(row, Column.ACTIONS)
    cell = index.data(CellRole.ACTIONS)
    assert isinstance(cell, ActionsCell)
    option = QStyleOptionViewItem()
    view.initViewItemOption(option)
    option.rect = view.visualRect(index)
    box = action_rect(option, cell.actions.index(action), len(cell.actions))
    QTest.mouseClick(view.viewport(), LEFT, NONE, box.center())


def test_tabs_and_chips_count_what_there_is(pane: TransfersPane) -> None:
    texts = [pane.bar.tabs.tabText(tab) for tab in Tab]
    assert texts == ["Uploads  4", "Downloads  1", "History"]
    said = [pane.bar.chips.words_of(chip.name) for chip in Chip]
    assert said == ["All", "Active  2", "Waiting  2", "Needs you  1", "Done"]


def test_a_click_on_the_expander_opens_the_batch_and_reads_its_files(
    pane: TransfersPane, queue: ScriptedQueue, background: Background, qtbot: QtBot
) -> None:
    click_cell(pane, 0, Column.NAME, 13)
    assert queue.watched == {RUN}
    settle(pane, background, qtbot)
    assert pane.page.model.rowCount() == 10
    click_cell(pane, 0, Column.NAME, 13)
    assert queue.watched == frozenset()
    assert pane.page.model.rowCount() == 4


def test_enter_and_arrows_open_and_close_a_batch(
    pane: TransfersPane, background: Background, qtbot: QtBot
) -> None:
    choose(pane, 0)
    press(pane, Qt.Key.Key_Return)
    settle(pane, background, qtbot)
    assert pane.page.model.rowCount() == 10
    press(pane, Qt.Key.Key_Left)
    assert pane.page.model.rowCount() == 4
    press(pane, Qt.Key.Key_Right)
    settle(pane, background, qtbot)
    choose(pane, 3)
    press(pane, Qt.Key.Key_Left)
    assert table(pane).currentIndex().row() == 0


def test_a_double_click_opens_a_batch(
    pane: TransfersPane, background: Background, qtbot: QtBot
) -> None:
    view = table(pane)
    rect = view.visualRect(pane.page.model.index(0, Column.STATE))
    QTest.mouseDClick(view.viewport(), LEFT, NONE, rect.center())
    settle(pane, background, qtbot)
    assert pane.page.model.rowCount() == 10


@pytest.mark.parametrize(
    ("row", "action", "command"),
    [
        (0, RowAction.PAUSE, ("pause", frozenset({RUN}))),
        (1, RowAction.RESUME, ("resume", frozenset({SWABS}))),
        (2, RowAction.FIRST_IN_LINE, ("move", frozenset({TRIO}), QueueMove.FIRST)),
        (3, RowAction.CANCEL, ("cancel", frozenset({CONTROLS}))),
    ],
)
def test_the_small_buttons_of_a_row_do_what_they_say(
    pane: TransfersPane,
    queue: ScriptedQueue,
    row: int,
    action: RowAction,
    command: tuple[object, ...],
) -> None:
    click_action(pane, row, action)
    assert queue.commands == [command]


def test_a_small_button_acts_on_all_chosen_rows_when_its_own_is_one_of_them(
    pane: TransfersPane, queue: ScriptedQueue
) -> None:
    table(pane).selectAll()
    click_action(pane, 3, RowAction.PAUSE)
    assert queue.commands == [("pause", frozenset({RUN, SWABS, TRIO, CONTROLS}))]


def test_a_small_button_of_another_row_leaves_the_chosen_ones_alone(
    pane: TransfersPane, queue: ScriptedQueue
) -> None:
    choose(pane, 0)
    click_action(pane, 3, RowAction.PAUSE)
    assert queue.commands == [("pause", frozenset({CONTROLS}))]


@pytest.mark.parametrize(
    ("key", "modifiers", "command"),
    [
        (Qt.Key.Key_Space, NONE, ("pause", frozenset({TRIO}))),
        (Qt.Key.Key_T, CTRL, ("resume", frozenset({TRIO}))),
        (Qt.Key.Key_Delete, NONE, ("cancel", frozenset({TRIO}))),
        (Qt.Key.Key_Up, CTRL_SHIFT, ("move", frozenset({TRIO}), QueueMove.UP)),
        (Qt.Key.Key_Down, CTRL_SHIFT, ("move", frozenset({TRIO}), QueueMove.DOWN)),
        (Qt.Key.Key_Home, CTRL_SHIFT, ("move", frozenset({TRIO}), QueueMove.FIRST)),
        (Qt.Key.Key_End, CTRL_SHIFT, ("move", frozenset({TRIO}), QueueMove.LAST)),
    ],
)
def test_keys_act_on_the_chosen_rows(
    pane: TransfersPane,
    queue: ScriptedQueue,
    key: Qt.Key,
    modifiers: Qt.KeyboardModifier,
    command: tuple[object, ...],
) -> None:
    choose(pane, 2)
    press(pane, key, modifiers)
    assert queue.commands == [command]


def test_a_chip_filters_and_says_so_when_nothing_is_left(pane: TransfersPane, qtbot: QtBot) -> None:
    pane.bar.chips.choose(Chip.WAITING.name)
    assert pane.page.model.rowCount() == 2
    pane.bar.chips.choose(Chip.DONE.name)
    assert pane.page.currentWidget() is not table(pane)
    pane.bar.chips.choose(Chip.ALL.name)
    assert pane.page.currentWidget() is table(pane)


def test_each_tab_keeps_its_own_filter(pane: TransfersPane) -> None:
    pane.show_chip(Chip.WAITING)
    pane.show_tab(Tab.DOWNLOADS)
    assert pane.bar.chips.current == Chip.ALL.name
    pane.show_tab(Tab.UPLOADS)
    assert pane.bar.chips.current == Chip.WAITING.name


def test_the_status_bar_can_ask_for_what_needs_you(pane: TransfersPane) -> None:
    pane.show_tab(Tab.DOWNLOADS)
    pane.show_what_needs_you()
    assert pane.bar.tab is Tab.UPLOADS
    assert pane.page.model.chip is Chip.NEEDS_YOU


def test_ctrl_j_opens_the_batch_and_goes_to_the_file_that_needs_you(
    pane: TransfersPane, background: Background, qtbot: QtBot
) -> None:
    choose(pane, 1)
    press(pane, Qt.Key.Key_J, CTRL)
    settle(pane, background, qtbot)
    chosen = pane.selected()
    assert [row.id for row in chosen] == [CHANGED]


def test_retry_on_a_changed_file_asks_the_window(
    pane: TransfersPane, orders: TransferOrders, background: Background, qtbot: QtBot
) -> None:
    asked: list[FileSnapshot] = []
    orders.decision_wanted.connect(asked.append)
    open_run(pane, background, qtbot)
    click_action(pane, 1, RowAction.RETRY)
    assert [file.id for file in asked] == [CHANGED]


def test_pause_all_follows_what_is_held(pane: TransfersPane, queue: ScriptedQueue) -> None:
    assert pane.bar.pause_all.text() == "Pause all"
    QTest.mouseClick(pane.bar.pause_all, LEFT)
    held = [replace(row.snapshot, paused=True) for tab in Tab for row in batches(pane, tab)]
    queue.put(*held)
    pane.refresh()
    assert pane.bar.pause_all.text() == "Resume all"
    QTest.mouseClick(pane.bar.pause_all, LEFT)
    assert queue.commands == [("pause", None), ("resume", None)]


def batches(pane: TransfersPane, tab: Tab) -> list:
    return list(pane.pages[tab].model.batches)


def test_the_details_follow_the_chosen_row_as_it_changes(
    pane: TransfersPane, queue: ScriptedQueue
) -> None:
    heard: list[Chosen | None] = []
    pane.row_chosen.connect(heard.append)
    choose(pane, 2)
    queue.put(a_batch(TRIO, "Trio", counts={State.MOVING: 6}, order=3, arrived=5))
    pane.refresh()
    pane.refresh()
    assert [chosen.snapshot.arrived for chosen in heard if chosen] == [0, 5]


def test_other_parts_of_the_window_get_every_change_once(
    pane: TransfersPane, queue: ScriptedQueue, qtbot: QtBot
) -> None:
    queue.tell(up_rate=7.0)
    with qtbot.waitSignal(pane.changes_taken) as heard:
        pane.refresh()
    assert heard.args is not None
    assert heard.args[0].up_rate == 7.0


def test_the_beat_takes_changes_by_itself(
    pane: TransfersPane, queue: ScriptedQueue, qtbot: QtBot
) -> None:
    with qtbot.waitSignals([pane.changes_taken, pane.changes_taken], timeout=2000):
        pane.start()
    pane.stop()


def test_the_context_menu_offers_the_same_actions_in_words(
    pane: TransfersPane, queue: ScriptedQueue
) -> None:
    choose(pane, 2)
    table(pane).customContextMenuRequested.emit(QPoint(20, 20))
    menu = next(menu for menu in pane.findChildren(QMenu) if menu.isVisible())
    entries = {action.text(): action for action in menu.actions() if action.text()}
    assert not entries["Receipt"].isEnabled()
    entries["Pause"].trigger()
    entries["Last in line"].trigger()
    menu.close()
    assert queue.commands == [
        ("pause", frozenset({TRIO})),
        ("move", frozenset({TRIO}), QueueMove.LAST),
    ]


@pytest.mark.parametrize(
    ("width", "hidden"),
    [
        (1125, set()),
        (830, {Column.TO}),
        (705, {Column.TO, Column.SPEED, Column.SIZE}),
        (560, {Column.TO, Column.SPEED, Column.SIZE, Column.TIME_LEFT}),
    ],
)
def test_columns_give_way_in_their_order(
    pane: TransfersPane, width: int, hidden: set[Column]
) -> None:
    pane.resize(width, 392)
    QApplication.sendPostedEvents()
    assert {column for column in Column if table(pane).isColumnHidden(column)} == hidden


@pytest.mark.parametrize(
    ("width", "shown"),
    [(1125, ("All", "Pause all")), (790, ("All",)), (640, ("few",)), (420, ())],
)
def test_the_bar_shows_what_there_is_room_for(
    pane: TransfersPane, width: int, shown: tuple[str, ...]
) -> None:
    pane.resize(width, 392)
    QApplication.sendPostedEvents()
    bar = pane.bar
    visible = {
        "All": bar.chips.isVisible(),
        "few": bar._few_chips.isVisible(),
        "Pause all": bar.pause_all.isVisible(),
    }
    assert tuple(name for name, is_shown in visible.items() if is_shown) == shown
    assert bar.more.isVisible()


def test_a_filter_that_is_on_is_never_hidden_behind_another(pane: TransfersPane) -> None:
    pane.resize(640, 392)
    QApplication.sendPostedEvents()
    pane.show_chip(Chip.WAITING)
    assert not pane.bar._few_chips.isVisible()
    pane.show_chip(Chip.NEEDS_YOU)
    assert pane.bar._few_chips.current == Chip.NEEDS_YOU.name


def test_an_empty_tab_has_nothing_to_filter(pane: TransfersPane, queue: ScriptedQueue) -> None:
    queue.remove(RUN, SWABS, TRIO, CONTROLS)
    pane.refresh()
    assert not pane.bar.chips.isVisible()
    pane.show_tab(Tab.DOWNLOADS)
    assert pane.bar.chips.isVisible()


def test_the_pane_can_be_very_narrow(pane: TransfersPane) -> None:
    assert pane.minimumSizeHint().width() <= 320


def test_columns_can_be_kept_and_brought_back(pane: TransfersPane) -> None:
    table(pane).setColumnWidth(Column.STATE, 222)
    kept = pane.save_columns()
    table(pane).setColumnWidth(Column.STATE, 150)
    pane.restore_columns(kept)
    pane.show_tab(Tab.DOWNLOADS)
    assert pane.pages[Tab.DOWNLOADS].table.columnWidth(Column.STATE) == 222


def test_a_narrow_list_leaves_room_for_names_and_forgets_nothing(pane: TransfersPane) -> None:
    table(pane).setColumnWidth(Column.STATE, 222)
    pane.resize(560, 392)
    QApplication.sendPostedEvents()
    assert table(pane).columnWidth(Column.NAME) >= 140
    kept = pane.save_columns()
    pane.resize(1125, 392)
    QApplication.sendPostedEvents()
    assert table(pane).columnWidth(Column.STATE) == 222
    pane.restore_columns(kept)
    assert table(pane).columnWidth(Column.STATE) == 222


def test_empty_tabs_say_what_belongs_there(
    background: Background, theme: Theme, qtbot: QtBot
) -> None:
    queue = ScriptedQueue()
    pane = TransfersPane(queue, background, theme, TransferOrders(queue))
    qtbot.addWidget(pane)
    pane.refresh()
    for tab in Tab:
        page = pane.pages[tab]
        assert page.currentWidget() is not page.table
    queue.put(a_batch())
    pane.refresh()
    assert pane.page.currentWidget() is table(pane)


def test_history_is_read_page_by_page_as_it_is_scrolled(
    background: Background, theme: Theme, qtbot: QtBot
) -> None:
    queue = ScriptedQueue()
    queue.add_history(*(a_finished_batch(f"h-{n}", f"run {n}", NOON - n) for n in range(450)))
    pane = TransfersPane(queue, background, theme, TransferOrders(queue))
    qtbot.addWidget(pane)
    pane.resize(1125, 392)
    with qtbot.waitExposed(pane):
        pane.show()
    pane.show_tab(Tab.HISTORY)
    model = pane.page.model
    qtbot.waitUntil(lambda: model.rowCount() == 200)
    table(pane).scrollToBottom()
    qtbot.waitUntil(lambda: model.rowCount() == 400)
    table(pane).scrollToBottom()
    qtbot.waitUntil(lambda: model.rowCount() == 450)
    assert model.index(0, Column.NAME).data() == "run 0 (42 files)"


def test_history_shows_what_finished_since_it_was_read(
    pane: TransfersPane, queue: ScriptedQueue, background: Background, qtbot: QtBot
) -> None:
    pane.show_tab(Tab.HISTORY)
    qtbot.waitUntil(lambda: pane.page.model.rowCount() == 2)
    queue.add_history(a_finished_batch("new", "just done", NOON))
    queue.remove(BatchId("new"))
    pane.refresh()
    qtbot.waitUntil(lambda: pane.page.model.rowCount() == 3)
    assert pane.page.model.index(0, Column.NAME).data() == "just done (42 files)"


def test_a_journal_that_cannot_be_read_closes_the_batch_and_says_so(
    pane: TransfersPane,
    queue: ScriptedQueue,
    background: Background,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(*_: object) -> None:
        raise OSError("disk")

    monkeypatch.setattr(queue, "files", fails)
    heard: list[Exception] = []
    pane.trouble.connect(heard.append)
    pane.page.model.open_batch(pane.page.model.listed[0])
    qtbot.waitUntil(lambda: bool(heard))
    assert isinstance(heard[0], OSError)
    assert not pane.page.model.listed[0].is_open


def test_a_batch_closed_while_it_is_read_stays_closed(
    background: Background, theme: Theme, qtbot: QtBot
) -> None:
    batch, files = a_long_batch(2 * FILES_AT_ONCE + 400)
    queue = ScriptedQueue([batch], files)
    pane = TransfersPane(queue, background, theme, TransferOrders(queue))
    qtbot.addWidget(pane)
    pane.refresh()
    row = pane.page.model.listed[0]
    pane.page.model.open_batch(row)
    pane.page.model.close_batch(row)
    settle(pane, background, qtbot)
    assert pane.page.model.rowCount() == 1


def test_very_many_files_come_in_chunks(background: Background, theme: Theme, qtbot: QtBot) -> None:
    batch, files = a_long_batch(2 * FILES_AT_ONCE + 400)
    queue = ScriptedQueue([batch], files)
    pane = TransfersPane(queue, background, theme, TransferOrders(queue))
    qtbot.addWidget(pane)
    pane.refresh()
    model = pane.page.model
    inserts: list[int] = []
    model.rowsInserted.connect(lambda _, first, last: inserts.append(last - first + 1))
    model.open_batch(model.listed[0])
    settle(pane, background, qtbot)
    assert inserts == [FILES_AT_ONCE, FILES_AT_ONCE, 400]


class DropFrom(QDropEvent):
    """A drop that says where the drag began; only a running drag could make Qt say it."""

    def __init__(self, y: int, source: TransfersTable | None) -> None:
        moves, kind = Qt.DropAction.MoveAction, QEvent.Type.Drop
        super().__init__(QPointF(40, y), moves, QMimeData(), LEFT, NONE, kind)
        self._source = source

    def source(self) -> TransfersTable | None:
        return self._source


@pytest.mark.parametrize(
    ("dragged", "rows_down", "moves"),
    [
        (TRIO, 0, [QueueMove.UP, QueueMove.UP]),
        (TRIO, 1, [QueueMove.UP]),
        (TRIO, 4, [QueueMove.DOWN]),
        (RUN, 3, [QueueMove.DOWN, QueueMove.DOWN]),
        (TRIO, 2, []),
    ],
)
def test_a_batch_dropped_elsewhere_in_the_list_moves_in_the_queue(
    pane: TransfersPane,
    queue: ScriptedQueue,
    dragged: BatchId,
    rows_down: int,
    moves: list[QueueMove],
) -> None:
    view = table(pane)
    place = pane.page.model.place_of_batch(dragged)
    assert place is not None
    choose(pane, place)
    height = view.verticalHeader().defaultSectionSize()
    view.dropEvent(DropFrom(rows_down * height + 2, view))
    assert [command[2] for command in queue.commands] == moves


def test_files_from_outside_are_left_to_the_window(pane: TransfersPane) -> None:
    event = DropFrom(20, None)
    table(pane).dropEvent(event)
    assert not event.isAccepted()


def test_the_list_can_be_written_to_a_file(
    pane: TransfersPane, background: Background, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "list.csv"
    pane.export_to(path)
    settle(pane, background, qtbot)
    assert len(path.read_text(encoding="utf-8").splitlines()) == 5


def test_the_more_menu_clears_and_opens_receipts(
    pane: TransfersPane, queue: ScriptedQueue, qtbot: QtBot
) -> None:
    entries = {action.text(): action for action in pane.bar.more.menu().actions()}
    entries["Clear done from the list"].trigger()
    assert queue.commands == [("clear_finished",)]
    with qtbot.waitSignal(pane.receipts_wanted):
        entries["Receipts"].trigger()


def test_rows_grow_when_they_are_made_comfortable(pane: TransfersPane) -> None:
    assert table(pane).rowHeight(0) == 31
    pane.make_rows_comfortable(True)
    assert table(pane).rowHeight(0) == 38


def test_the_sending_file_is_found_by_its_number(
    pane: TransfersPane, background: Background, qtbot: QtBot
) -> None:
    open_run(pane, background, qtbot)
    assert pane.page.model.place_of_file(RUN, SENDING) == 2


class CountedRows(list[Row]):
    """The rows of a list, and how often one was looked at."""

    looks = 0

    def __getitem__(self, place: Any) -> Any:
        self.looks += 1
        return super().__getitem__(place)


def test_choosing_very_many_rows_does_not_look_at_each(
    background: Background, theme: Theme, qtbot: QtBot
) -> None:
    batch, files = a_long_batch(20_000)
    queue = ScriptedQueue([batch], files)
    pane = TransfersPane(queue, background, theme, TransferOrders(queue))
    qtbot.addWidget(pane)
    with qtbot.waitExposed(pane):
        pane.show()
    pane.refresh()
    open_run(pane, background, qtbot)
    rows = pane.page.model._list.rows = CountedRows(pane.page.model.rows())
    table(pane).selectAll()
    table(pane).horizontalHeader().repaint()
    assert rows.looks < 1_000
    assert len(pane.selected()) == 20_001
