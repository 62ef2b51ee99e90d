"""The window as a whole: menus, keys, areas, shape, names for screen readers, never blocking."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QLineEdit,
    QMenu,
    QSlider,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot
from tests.fakes.scenes import RUN, the_main_picture
from tests.gui.conftest import Stage
from tests.gui.window_scene import Scene

from pipette.model.files import Location
from pipette.model.transfer import QueueMove
from pipette.store import settings as store
from pipette.store.settings import Settings
from pipette.ui.actions import ORDERS, Act
from pipette.ui.banners import MOST_SHOWN, Notice
from pipette.ui.main_window_menus import MENUS
from pipette.ui.upload_sheet import UploadSheet

pytestmark = pytest.mark.qt_log_ignore("^This plugin does not support")

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
RUNS = Location("seq-archive", "oncology-panel", "runs")


def menu_actions(scene: Scene) -> list[QAction]:
    found: list[QAction] = []
    for top in scene.window.menuBar().actions():
        menu = top.menu()
        assert isinstance(menu, QMenu)
        found += menu.actions()
    return found


def put_picture(scene: Scene) -> None:
    scene.queue.put(*the_main_picture().changes().batches)
    scene.window.transfers.refresh()


def test_every_action_stands_in_a_menu(stage: Stage) -> None:
    scene = stage()
    in_menus = set(menu_actions(scene))
    missing = [act.name for act in Act if scene.window.actions_[act] not in in_menus]
    assert missing == []


def test_each_menu_gives_every_entry_a_letter_of_its_own() -> None:
    for title, entries in MENUS:
        texts = [ORDERS[act].text for act in entries if act is not None]
        letters = [text[text.index("&") + 1].lower() for text in texts if "&" in text]
        assert len(letters) == len(set(letters)), title
    titles = [title[title.index("&") + 1].lower() for title, _ in MENUS]
    assert len(titles) == len(set(titles))


def test_no_key_orders_two_things() -> None:
    keys = [key for order in ORDERS.values() for key in order.keys]
    assert len(keys) == len(set(keys))


def test_what_cannot_be_done_is_greyed_with_its_reason(stage: Stage) -> None:
    scene = stage()
    actions = scene.window.actions_
    assert not actions[Act.ARCHIVE].isEnabled()
    assert actions[Act.ARCHIVE].toolTip() == "Archive: seq-archive has no archive"
    assert not actions[Act.DOWNLOAD].isEnabled()
    scene.window.browser.list.select_names({"SampleSheet.csv"})
    assert actions[Act.DOWNLOAD].isEnabled()
    assert actions[Act.DOWNLOAD].toolTip() == "Download… (Ctrl+D)"
    scene.window.browser.list.select_names({"controls"})
    assert not actions[Act.COPY_LINK].isEnabled()


def test_function_keys_go_round_the_areas(stage: Stage, qtbot: QtBot) -> None:
    scene = stage()
    window = scene.window
    put_picture(scene)
    window.areas.to_sidebar()
    seen: list[QWidget] = []
    for _ in range(3):
        qtbot.keyClick(window, Qt.Key.Key_F6)
        focused = QApplication.focusWidget()
        assert focused is not None
        seen.append(focused)
    assert seen == [window.browser.list, window.transfers.page.table, window.sidebar.tree]
    qtbot.keyClick(window, Qt.Key.Key_F6, SHIFT)
    assert window.transfers.page.table.hasFocus()


def test_areas_that_are_empty_take_the_focus_too(stage: Stage, qtbot: QtBot) -> None:
    window = stage(accounts=()).window
    assert window.start_page.isAncestorOf(QApplication.focusWidget())
    qtbot.keyClick(window, Qt.Key.Key_F6)
    assert window.transfers.bar.tabs.hasFocus()
    qtbot.keyClick(window, Qt.Key.Key_F6)
    assert window.sidebar.tree.hasFocus()


def test_ctrl_and_a_number_go_straight_to_an_area(stage: Stage, qtbot: QtBot) -> None:
    scene = stage()
    put_picture(scene)
    window = scene.window
    for key, area in (
        (Qt.Key.Key_1, window.sidebar.tree),
        (Qt.Key.Key_3, window.transfers.page.table),
        (Qt.Key.Key_2, window.browser.list),
    ):
        qtbot.keyClick(window, key, CTRL)
        assert QApplication.focusWidget() is area
    assert window.details.isHidden()
    qtbot.keyClick(window, Qt.Key.Key_4, CTRL)
    assert not window.details.isHidden()
    assert window.details.isAncestorOf(QApplication.focusWidget())
    assert window.actions_[Act.DETAILS].isChecked()
    qtbot.keyClick(window, Qt.Key.Key_I, CTRL)
    assert window.details.isHidden()


def test_tab_goes_from_the_toolbar_by_path_and_filter_to_the_list(
    stage: Stage, qtbot: QtBot
) -> None:
    window = stage().window
    window._toolbar.button(0).setFocus()
    stops: list[QWidget] = []
    for _ in range(40):
        focused = QApplication.focusWidget()
        assert focused is not None
        stops.append(focused)
        qtbot.keyClick(focused, Qt.Key.Key_Tab)
    wanted = [
        window._toolbar.button(1),
        window.sidebar.tree,
        window.browser.header.filter,
        window.browser.list,
        window.transfers.bar.tabs,
    ]
    places = [stops.index(stop) for stop in wanted]
    assert places == sorted(places)


def test_transfers_obey_the_window_keys(stage: Stage, qtbot: QtBot) -> None:
    scene = stage()
    put_picture(scene)
    table = scene.window.transfers.page.table
    table.choose(0)
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_End, CTRL | SHIFT)
    assert scene.queue.commands_named("move") == [("move", frozenset({RUN}), QueueMove.LAST)]
    qtbot.keyClick(table, Qt.Key.Key_P, CTRL | SHIFT)
    assert scene.queue.commands_named("pause") == [("pause", None)]
    qtbot.keyClick(table, Qt.Key.Key_A, CTRL)
    assert len(scene.window.transfers.selected()) == 4


def test_select_all_selects_where_the_focus_is(stage: Stage, qtbot: QtBot) -> None:
    window = stage().window
    window.areas.to_browser()
    qtbot.keyClick(window.browser.list, Qt.Key.Key_A, CTRL)
    assert len(window.browser.selected()) == 9


def test_a_narrow_window_shows_icons_only(stage: Stage, qtbot: QtBot) -> None:
    window = stage().window
    button = window._toolbar.button(0)
    assert button.toolButtonStyle() is Qt.ToolButtonStyle.ToolButtonTextBesideIcon
    window.resize(960, 600)
    qtbot.waitUntil(lambda: button.toolButtonStyle() is Qt.ToolButtonStyle.ToolButtonIconOnly)
    assert button.toolTip() == "Upload files… (Ctrl+O)"
    assert (window.minimumWidth(), window.minimumHeight()) == (960, 600)


def test_nothing_is_cut_off_at_the_least_size(stage: Stage) -> None:
    window = stage(size=(960, 600)).window
    assert (window.width(), window.height()) == (960, 600)
    assert window.transfers.height() > 150
    assert window.browser.list.height() > 120
    for button in window._toolbar.findChildren(QToolButton):
        if button.isVisible() and button.objectName() != "qt_toolbar_ext_button":
            assert window._toolbar.rect().contains(button.geometry())


def test_everything_that_can_be_operated_has_a_name(stage: Stage) -> None:
    window = stage().window
    kinds = (QAbstractButton, QLineEdit, QAbstractItemView, QSlider)
    nameless = [
        widget
        for kind in kinds
        for widget in window.findChildren(kind)
        if widget.isVisible() and not _spoken(widget)
    ]
    assert [(type(w).__name__, w.objectName(), type(w.parent()).__name__) for w in nameless] == []


def _spoken(widget: QWidget) -> str:
    """What a screen reader has to go by; Qt's own inner parts speak for themselves."""
    if widget.objectName().startswith("qt_") or widget.accessibleName():
        return widget.accessibleName() or widget.objectName()
    actions = widget.actions()
    if isinstance(widget, QToolButton) and actions:
        return actions[0].text()
    return widget.text() if isinstance(widget, QAbstractButton) else ""


def test_shape_columns_and_theme_are_found_again(stage: Stage, qtbot: QtBot) -> None:
    first = stage(size=(1200, 800))
    first.window._centre.columns.setSizes([300, 900])
    first.window._centre.rows.setSizes([200, 500])
    with qtbot.waitSignal(first.window.closed):
        first.window.close()
    kept = first.saved[-1]
    again = stage(accounts=(), settings=kept, size=(1200, 800)).window
    assert again._centre.columns.sizes()[0] == 300
    upper, lower = again._centre.rows.sizes()
    assert lower > 2 * upper


def test_the_theme_follows_the_settings_at_once(stage: Stage) -> None:
    scene = stage()
    settings = scene.window.settings
    settings.change(replace(settings.now, theme=store.Theme.DARK))
    assert scene.theme.is_dark
    settings.change(replace(settings.now, theme=store.Theme.LIGHT))
    assert not scene.theme.is_dark


def test_the_settings_menu_ticks_what_is_in_force(stage: Stage) -> None:
    scene = stage(settings=Settings(row_height=store.RowHeight.COMFORTABLE))
    menu = scene.window.settings_menu.menu()
    rows = next(a.menu() for a in menu.actions() if a.text() == "&Row height")
    assert isinstance(rows, QMenu)
    rows.aboutToShow.emit()
    ticked = [action.text() for action in rows.actions() if action.isChecked()]
    assert ticked == ["Comfortable rows"]
    rows.actions()[0].trigger()
    assert scene.window.settings.now.row_height is store.RowHeight.DENSE


def test_a_speed_limit_is_kept_and_told_to_the_queue(stage: Stage) -> None:
    scene = stage()
    scene.window.status.limit_picked.emit(100e6)
    assert scene.queue.commands_named("set_limits") == [("set_limits", 100e6, None)]
    assert scene.window.settings.now.up_limit == 100e6
    assert scene.window.status.limit_button.text() == "Limit: 100.0 MB/s"


def test_settings_that_cannot_be_saved_do_not_end_the_window(
    stage: Stage, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(settings: Settings) -> None:
        raise OSError("disk full")

    scene = stage(change=lambda parts: replace(parts, save_settings=fail))
    with qtbot.waitSignal(scene.window.closed):
        scene.window.close()
    assert "could not be saved" in caplog.text


def test_diagnostics_name_no_person_key_or_file(stage: Stage) -> None:
    scene = stage()
    said = scene.window.help.diagnostics()
    assert "3 locations: s3, s3, s3" in said
    for private in ("dana", "seq-archive", "oncology", str(Path.home())):
        assert private not in said


def test_notices_stay_reachable_when_more_than_two_are_open(stage: Stage) -> None:
    banners = stage().window.banners
    for number in range(3):
        banners.tell(Notice(str(number), f"Trouble {number}", "text"))
    shown = [banners.banner(str(number)) is not None for number in range(3)]
    assert shown == [False, True, True]
    assert sum(shown) == MOST_SHOWN
    assert [notice.key for notice in banners.notices()] == ["2", "1", "0"]


def test_files_of_a_second_start_are_taken_up(stage: Stage, qtbot: QtBot) -> None:
    scene = stage()
    scene.window.showMinimized()
    scene.window.receive(["/data/run"])
    assert not scene.window.isMinimized()
    qtbot.waitUntil(lambda: isinstance(QApplication.activeModalWidget(), UploadSheet))
