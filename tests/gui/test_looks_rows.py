"""Painted cells of lists: names that stay readable, buttons that can be hit, rows that tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest
from PySide6.QtCore import QEvent, QPoint, QRect, Qt
from PySide6.QtGui import QHelpEvent, QImage, QStandardItemModel
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractItemView, QApplication, QStyleOptionViewItem, QToolTip
from pytestqt.qtbot import QtBot
from tests.gui.gallery import SIDE_ROWS, browser, item, sidebar, transfers

from pipette.model.transfer import Direction, State
from pipette.ui.delegates import ActionsDelegate, NameDelegate, action_at, action_rect
from pipette.ui.delegates_side import SideDelegate, add_rect, expander_rect
from pipette.ui.icons import icon_names
from pipette.ui.roles import ActionsCell, CellRole, Expander, NameCell, RowAction, SideKind
from pipette.ui.row_views import RowTable, RowTree
from pipette.ui.short_names import short_name
from pipette.ui.state_looks import STATE_LOOKS, state_look
from pipette.ui.theme import Theme, ThemeChoice
from pipette.ui.tokens import LIGHT, Size, Tone

FASTQ = "Lib07_S7_L001_R1_001.fastq.gz"
View = TypeVar("View", bound=QAbstractItemView)
THREE = (RowAction.FIRST_IN_LINE, RowAction.PAUSE, RowAction.CANCEL)

pytestmark = pytest.mark.qt_log_ignore("^This plugin does not support")
"""The offscreen screen has no window manager to raise windows or take size hints."""


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    return Theme(qapp, ThemeChoice.LIGHT)


@pytest.fixture
def table(theme: Theme, qtbot: QtBot) -> RowTable:
    view = transfers(theme)
    assert isinstance(view, RowTable)
    return shown(view, qtbot)


@pytest.fixture
def side(theme: Theme, qtbot: QtBot) -> RowTree:
    view = sidebar(theme)
    assert isinstance(view, RowTree)
    return shown(view, qtbot)


def shown(view: View, qtbot: QtBot) -> View:
    qtbot.addWidget(view)
    with qtbot.waitExposed(view):
        view.show()
    return view


def option_for(view: QAbstractItemView, row: int, column: int) -> QStyleOptionViewItem:
    option = QStyleOptionViewItem()
    option.rect = view.visualRect(view.model().index(row, column))
    option.widget = view
    return option


def ground_of(view: QAbstractItemView, row: int, x: int = 2) -> str:
    image = view.viewport().grab().toImage()
    rect = view.visualRect(view.model().index(row, 0))
    return image.pixelColor(x, rect.center().y()).name().upper()


def fitting(width: int) -> Callable[[str], bool]:
    return lambda name: len(name) <= width


@pytest.mark.parametrize(
    ("width", "shown_name"),
    [
        (29, FASTQ),
        (28, "Lib07_S7_L001_R1_001…"),
        (20, "Lib07_S7_L001_R1…"),
        (16, "Lib07_S…_L001_R1"),
        (14, "Lib07…_L001_R1"),
        (12, "Lib…_L001_R1"),
        (11, None),
    ],
)
def test_sample_lane_and_read_survive_a_narrow_column(width: int, shown_name: str | None) -> None:
    assert short_name(FASTQ, fitting(width)) == shown_name


def test_other_names_are_left_to_the_middle_ellipsis() -> None:
    assert short_name("panel_v3_targets.bed", fitting(5)) is None
    assert short_name("reads.fastq.gz", fitting(6)) == "reads…"
    assert short_name("undetermined_reads.fastq.gz", fitting(4)) is None


def test_every_state_has_a_look_whose_icon_exists() -> None:
    assert set(STATE_LOOKS) == set(State)
    assert {look.icon for look in STATE_LOOKS.values()} <= icon_names()
    assert state_look(State.MOVING, Direction.DOWNLOAD).icon == "download"
    assert {action.icon for action in RowAction} <= icon_names()


def test_only_verified_is_green() -> None:
    green = [state for state, look in STATE_LOOKS.items() if look.tone is Tone.OK]

    assert green == [State.VERIFIED]


def test_rows_show_choice_band_and_plain_ground(table: RowTable, qtbot: QtBot) -> None:
    assert ground_of(table, 1) in {LIGHT.selected, LIGHT.selected_unfocused}
    assert ground_of(table, 0) == LIGHT.subtle
    assert ground_of(table, 3) == LIGHT.surface


def test_rows_are_as_high_as_designed_and_grow_with_the_text(table: RowTable, theme: Theme) -> None:
    assert table.rowHeight(0) == Size.ROW
    theme.scale_text(2.0)
    assert table.rowHeight(0) > Size.ROW
    assert table.rowHeight(0) >= theme.metrics().height()
    theme.scale_text(1.0)
    assert table.rowHeight(0) == Size.ROW


def test_the_verified_row_is_green_in_bar_and_words(table: RowTable) -> None:
    image = table.viewport().grab().toImage()
    bar = table.visualRect(table.model().index(5, 3))
    words = table.visualRect(table.model().index(5, 6))

    assert LIGHT.ok in colours(image, bar)
    assert LIGHT.accent not in colours(image, bar)
    assert LIGHT.ok in colours(image, words)


def colours(image: QImage, rect: QRect) -> set[str]:
    return {
        image.pixelColor(x, y).name().upper()
        for x in range(rect.left(), rect.right())
        for y in range(rect.top(), rect.bottom())
    }


def test_buttons_are_large_enough_and_found_where_they_are_drawn(table: RowTable) -> None:
    option = option_for(table, 8, 7)
    for number, action in enumerate(THREE):
        rect = action_rect(option, number, 3)
        assert min(rect.width(), rect.height()) >= Size.TARGET
        assert option.rect.contains(rect)
        assert action_at(option, rect.center(), THREE) is action
    assert action_at(option, option.rect.topLeft(), THREE) is None


def test_buttons_stand_at_the_other_end_for_right_to_left(table: RowTable) -> None:
    option = option_for(table, 8, 7)
    option.direction = Qt.LayoutDirection.RightToLeft

    assert action_rect(option, 2, 3).left() < action_rect(option, 0, 3).left()


def test_a_click_on_a_button_triggers_it_once(table: RowTable, qtbot: QtBot) -> None:
    delegate = table.itemDelegateForColumn(7)
    assert isinstance(delegate, ActionsDelegate)
    where = action_rect(option_for(table, 8, 7), 0, 3).center()

    with qtbot.waitSignal(delegate.triggered) as triggered:
        QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=where)

    index, action = triggered.args
    assert index.row() == 8
    assert action is RowAction.FIRST_IN_LINE


def test_a_press_that_slides_off_the_button_does_nothing(table: RowTable, qtbot: QtBot) -> None:
    delegate = table.itemDelegateForColumn(7)
    assert isinstance(delegate, ActionsDelegate)
    option = option_for(table, 8, 7)
    first, last = (action_rect(option, number, 3).center() for number in (0, 2))

    with qtbot.assertNotEmitted(delegate.triggered):
        QTest.mousePress(table.viewport(), Qt.MouseButton.LeftButton, pos=first)
        QTest.mouseRelease(table.viewport(), Qt.MouseButton.LeftButton, pos=last)


def test_the_second_click_of_a_double_click_triggers_nothing(table: RowTable, qtbot: QtBot) -> None:
    delegate = table.itemDelegateForColumn(7)
    assert isinstance(delegate, ActionsDelegate)
    where = action_rect(option_for(table, 8, 7), 1, 3).center()
    seen: list[object] = []
    delegate.triggered.connect(lambda _index, action: seen.append(action))

    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=where)
    QTest.mouseDClick(table.viewport(), Qt.MouseButton.LeftButton, pos=where)

    assert seen == [RowAction.PAUSE]


def test_the_button_under_the_pointer_is_lit(table: RowTable, qtbot: QtBot) -> None:
    rect = action_rect(option_for(table, 8, 7), 1, 3)
    corner = rect.topLeft() + QPoint(12, 2)
    before = table.viewport().grab().toImage().pixelColor(corner).name().upper()
    QTest.mouseMove(table.viewport(), rect.center())
    after = table.viewport().grab().toImage().pixelColor(corner).name().upper()

    assert before == LIGHT.subtle
    assert after == LIGHT.track


def test_a_button_says_what_it_does(theme: Theme, table: RowTable, qtbot: QtBot) -> None:
    where = action_rect(option_for(table, 8, 7), 1, 3).center()
    there = table.viewport().mapToGlobal(where)
    QApplication.sendEvent(table.viewport(), QHelpEvent(QEvent.Type.ToolTip, where, there))

    assert QToolTip.text() == "PAUSE"
    QToolTip.hideText()


def test_a_click_on_the_expander_is_announced_and_selects_nothing(
    table: RowTable, qtbot: QtBot
) -> None:
    delegate = table.itemDelegateForColumn(0)
    assert isinstance(delegate, NameDelegate)
    row = table.visualRect(table.model().index(7, 0))

    with qtbot.waitSignal(delegate.expander_clicked) as clicked:
        QTest.mouseClick(
            table.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(10, row.center().y())
        )

    assert clicked.args[0].row() == 7
    assert table.currentIndex().row() == 1


def test_a_click_on_the_name_selects_and_opens_nothing(table: RowTable, qtbot: QtBot) -> None:
    delegate = table.itemDelegateForColumn(0)
    assert isinstance(delegate, NameDelegate)
    row = table.visualRect(table.model().index(7, 0))

    with qtbot.assertNotEmitted(delegate.expander_clicked):
        QTest.mouseClick(
            table.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(120, row.center().y())
        )

    assert table.currentIndex().row() == 7


def test_the_drop_target_is_outlined_over_the_whole_row(theme: Theme, qtbot: QtBot) -> None:
    view = browser(theme)
    assert isinstance(view, RowTree)
    shown(view, qtbot)
    image = view.viewport().grab().toImage()
    rect = view.visualRect(view.model().index(2, 0))

    assert image.pixelColor(400, rect.top() + 1).name().upper() == LIGHT.accent
    assert image.pixelColor(700, rect.bottom() - 1).name().upper() == LIGHT.accent
    assert ground_of(view, 2, x=5) == LIGHT.accent_soft
    view.show_drop_target(None)
    assert ground_of(view, 2, x=5) != LIGHT.accent_soft


def test_the_current_row_is_ringed_for_people_who_use_the_keyboard(
    table: RowTable, qtbot: QtBot
) -> None:
    table.activateWindow()
    table.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(table, Qt.Key.Key_Down)
    table.window().setAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)
    image = table.viewport().grab().toImage()
    rect = table.visualRect(table.currentIndex())

    assert rect.top() == table.visualRect(table.model().index(2, 0)).top()
    assert image.pixelColor(500, rect.top() + 1).name().upper() == LIGHT.accent


def test_accounts_carry_their_letters_and_colour(side: RowTree) -> None:
    image = side.viewport().grab().toImage()
    for row, tile in ((1, 0), (5, 1), (6, 2), (7, 3), (8, 4)):
        rect = side.visualRect(side.model().index(row, 0))
        colour = image.pixelColor(27, rect.center().y()).name().upper()
        assert colour == LIGHT.tiles[tile]


def test_sidebar_rows_have_their_designed_heights(side: RowTree) -> None:
    heights = {
        SIDE_ROWS[row].kind: side.visualRect(side.model().index(row, 0)).height()
        for row in range(len(SIDE_ROWS))
    }

    assert heights == {SideKind.HEADING: 30, SideKind.ACCOUNT: 42, SideKind.PLACE: 27}


def test_the_sidebar_announces_expander_and_plus(side: RowTree, qtbot: QtBot) -> None:
    delegate = side.itemDelegate()
    assert isinstance(delegate, SideDelegate)
    account, heading = option_for(side, 5, 0), option_for(side, 0, 0)

    with qtbot.waitSignal(delegate.expander_clicked) as opened:
        where = expander_rect(account).center()
        QTest.mouseClick(side.viewport(), Qt.MouseButton.LeftButton, pos=where)
    with qtbot.waitSignal(delegate.add_clicked) as added:
        where = add_rect(heading).center()
        QTest.mouseClick(side.viewport(), Qt.MouseButton.LeftButton, pos=where)

    assert opened.args[0].row() == 5
    assert added.args[0].row() == 0


def test_cells_without_a_value_are_left_empty(theme: Theme, qtbot: QtBot) -> None:
    model = QStandardItemModel(1, 8)
    view = transfers(theme)
    assert isinstance(view, RowTable)
    view.setModel(model)
    shown(view, qtbot)

    row = view.visualRect(model.index(0, 0)).united(view.visualRect(model.index(0, 7)))
    assert colours(view.viewport().grab().toImage(), row.adjusted(0, 2, 0, -2)) == {LIGHT.surface}


def test_everything_is_painted_in_the_dark_and_right_to_left(theme: Theme, qtbot: QtBot) -> None:
    theme.choose(ThemeChoice.DARK)
    view = transfers(theme)
    assert isinstance(view, RowTable)
    view.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    shown(view, qtbot)
    image = view.viewport().grab().toImage()
    rect = view.visualRect(view.model().index(5, 3))

    assert theme.tokens.ok in colours(image, rect)
    assert rect.center().x() < view.viewport().width() * 0.7
    theme.choose(ThemeChoice.LIGHT)


def test_values_survive_the_way_through_a_model() -> None:
    model = QStandardItemModel()
    cell = NameCell("a.bed", "file", expander=Expander.OPEN)
    model.appendRow([item(CellRole.NAME, cell), item(CellRole.ACTIONS, ActionsCell(THREE))])

    assert model.index(0, 0).data(CellRole.NAME) == cell
    assert model.index(0, 1).data(CellRole.ACTIONS) == ActionsCell(THREE)
