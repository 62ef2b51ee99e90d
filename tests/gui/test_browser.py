"""The remote browser in its window: loading, memory, failures, paths, keys."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot
from tests.fakes.scenes import NOON, a_batch, a_file
from tests.gui.conftest import Stage, settle
from tests.gui.picture_scene import BUCKET, CONTROLS, RUNS, the_desk
from tests.gui.window_scene import Scene, ScriptedDesk, a_folder, a_remote_file

from pipette.model.errors import NetworkDown, NotAllowed, SignInNeeded
from pipette.model.files import Location
from pipette.model.transfer import State
from pipette.providers.protocol import Page
from pipette.ui import browser_listing
from pipette.ui.browser import Browser
from pipette.ui.browser_model import Column
from pipette.ui.sign_in import SignIn

pytestmark = pytest.mark.qt_log_ignore("^This plugin does not support")

CTRL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier


def shown(browser: Browser) -> list[str]:
    return [file.location.name for file in browser.model.shown_files()]


def paged_desk(*pages: list[str]) -> ScriptedDesk:
    desk = the_desk()
    desk.folders[RUNS] = [Page([a_remote_file(RUNS.child(n)) for n in page]) for page in pages]
    return desk


def choose(scene: Scene, *names: str) -> None:
    scene.window.browser.list.clearSelection()
    scene.window.browser.list.select_names(set(names))


def test_the_window_opens_at_the_default_place(stage: Stage) -> None:
    browser = stage().window.browser
    assert browser.place == RUNS
    assert "SampleSheet.csv" in shown(browser)
    assert not browser.footer.words


def test_all_pages_come_by_themselves(stage: Stage) -> None:
    browser = stage(desk=paged_desk(["a"], ["b"], ["c"])).window.browser
    assert shown(browser) == ["a", "b", "c"]


def test_while_pages_come_the_footer_counts_and_stop_keeps_what_is_there(
    stage: Stage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser_listing, "PAUSE_AT_ROWS", 2)
    scene = stage(desk=paged_desk(["a"], ["b"], ["c"], ["d"]))
    browser = scene.window.browser
    assert shown(browser) == ["a", "b"]
    assert browser.footer.words == "The first 2 are shown."
    scene.desk.hold()
    browser.footer.button.click()
    assert browser.footer.words == "Loading… 2 so far"
    assert browser.footer.button.text() == "Stop"
    browser.footer.button.click()
    scene.desk.let_go()
    settle(qtbot, scene)
    assert shown(browser) == ["a", "b"]
    assert browser.footer.button.text() == "Load more"
    browser.footer.button.click()
    settle(qtbot, scene)
    assert shown(browser) == ["a", "b", "c", "d"]


def test_a_folder_seen_before_is_shown_at_once_and_renewed(stage: Stage, qtbot: QtBot) -> None:
    scene = stage()
    browser = scene.window.browser
    browser.open(BUCKET)
    settle(qtbot, scene)
    scene.desk.put(RUNS, a_remote_file(RUNS.child("new")))
    scene.desk.hold()
    browser.open(RUNS)
    assert "SampleSheet.csv" in shown(browser)
    assert browser.footer.words.startswith("Loading…")
    scene.desk.let_go()
    settle(qtbot, scene)
    assert shown(browser) == ["new"]
    assert not browser.footer.words


def test_without_network_the_rows_known_stay_with_their_age(stage: Stage, qtbot: QtBot) -> None:
    scene = stage()
    browser = scene.window.browser
    scene.desk.failures[RUNS] = NetworkDown("no route")
    browser.refresh()
    settle(qtbot, scene)
    assert "SampleSheet.csv" in shown(browser)
    assert browser.footer.words.startswith("No network · as of ")
    assert not browser.drop_target().refusal


def test_a_folder_one_may_not_see_shows_a_lock_and_refuses_drops(
    stage: Stage, qtbot: QtBot
) -> None:
    desk = the_desk()
    desk.failures[CONTROLS] = NotAllowed("403")
    scene = stage(desk=desk)
    scene.window.browser.open(CONTROLS)
    settle(qtbot, scene)
    assert "may not look into controls" in scene.window.browser.note.words
    assert scene.window.browser.drop_target().refusal


def test_a_refused_key_offers_to_paste_a_new_one_in_place(stage: Stage, qtbot: QtBot) -> None:
    desk = the_desk()
    desk.failures[CONTROLS] = SignInNeeded("expired")
    scene = stage(desk=desk)
    scene.window.browser.open(CONTROLS)
    settle(qtbot, scene)
    note = scene.window.browser.note
    assert note.words.startswith("seq-archive needs you to sign in again")
    qtbot.mouseClick(note.button, Qt.MouseButton.LeftButton)
    assert isinstance(QApplication.activeModalWidget(), SignIn)


def test_an_empty_folder_invites_to_drop(stage: Stage, qtbot: QtBot) -> None:
    scene = stage()
    scene.window.browser.open(CONTROLS)
    settle(qtbot, scene)
    assert scene.window.browser.note.words == "Nothing here yet. Drop files to upload them here."


def test_a_filter_without_a_find_says_so_and_escape_clears_it(stage: Stage, qtbot: QtBot) -> None:
    scene = stage()
    browser = scene.window.browser
    qtbot.keyClick(scene.window, Qt.Key.Key_F, CTRL)
    field = browser.header.filter
    assert field.hasFocus()
    assert field.placeholderText() == "Filter this folder"
    qtbot.keyClicks(field, "nothing like it")
    assert browser.note.words == "No file named nothing like it in runs."
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert len(shown(browser)) == 9
    assert browser.list.hasFocus()


def test_refreshing_keeps_filter_and_selection(stage: Stage, qtbot: QtBot) -> None:
    scene = stage()
    browser = scene.window.browser
    browser.header.filter.setText("sample")
    choose(scene, "SampleSheet.csv")
    qtbot.keyClick(browser.list, Qt.Key.Key_F5)
    settle(qtbot, scene)
    assert shown(browser) == ["SampleSheet.csv"]
    assert [file.location.name for file in browser.selected()] == ["SampleSheet.csv"]


def test_back_forward_and_up_by_key(stage: Stage, qtbot: QtBot) -> None:
    scene = stage()
    browser = scene.window.browser
    qtbot.keyClick(browser.list, Qt.Key.Key_Up, ALT)
    assert browser.place == BUCKET
    qtbot.keyClick(browser.list, Qt.Key.Key_Backspace)
    assert browser.place == Location("seq-archive")
    qtbot.keyClick(browser.list, Qt.Key.Key_Left, ALT)
    qtbot.keyClick(browser.list, Qt.Key.Key_Left, ALT)
    assert browser.place == RUNS
    qtbot.keyClick(browser.list, Qt.Key.Key_Right, ALT)
    assert browser.place == BUCKET


def test_home_end_and_typing_move_through_the_names(stage: Stage, qtbot: QtBot) -> None:
    scene = stage()
    listing = scene.window.browser.list
    seen: list[object] = []
    for key in (Qt.Key.Key_End, Qt.Key.Key_Home, Qt.Key.Key_Right, Qt.Key.Key_Down):
        qtbot.keyClick(listing, key)
        seen.append(listing.currentIndex().data())
    assert seen == [
        "SampleSheet.csv",
        "260518_A01234_0179_AHJ5TTDRX5",
        "260518_A01234_0179_AHJ5TTDRX5",
        "260602_A01234_0184_BHJ6LMDRX5",
    ]
    qtbot.keyClicks(listing, "pa")
    assert listing.currentIndex().data() == "panel_v3_targets.bed"


def test_enter_opens_the_folder_under_the_cursor(stage: Stage, qtbot: QtBot) -> None:
    scene = stage()
    listing = scene.window.browser.list
    row = scene.window.browser.model.row_of("controls")
    listing.setCurrentIndex(listing.model().index(row, 0))
    qtbot.keyClick(listing, Qt.Key.Key_Return)
    assert scene.window.browser.place == CONTROLS


def test_a_path_is_typed_into_the_breadcrumb(stage: Stage, qtbot: QtBot) -> None:
    scene = stage()
    browser = scene.window.browser
    qtbot.keyClick(scene.window, Qt.Key.Key_L, CTRL)
    field = browser.header.breadcrumb.field
    assert field.text() == "seq-archive:/oncology-panel/runs"
    field.setText("core-lab:/exome/2026")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert browser.place == Location("core-lab", "exome", "2026")


def test_a_path_that_names_nothing_stays_with_the_reason(stage: Stage, qtbot: QtBot) -> None:
    scene = stage()
    browser = scene.window.browser
    browser.edit_path()
    field = browser.header.breadcrumb.field
    field.setText("nowhere:/x")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert browser.place == RUNS
    assert field.isVisible()
    assert browser.footer.words == "No location of yours matches this path or address."
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert not field.isVisible()


def test_the_menu_between_crumbs_offers_the_siblings(stage: Stage, qtbot: QtBot) -> None:
    scene = stage()
    scene.desk.put(BUCKET, a_folder(RUNS), a_folder(BUCKET.child("panels")))
    crumbs = scene.window.browser.header.breadcrumb._crumbs
    crumbs._gaps[1].click()
    settle(qtbot, scene)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert [(action.text(), action.isChecked()) for action in menu.actions()] == [
        ("runs", True),
        ("panels", False),
    ]
    menu.actions()[1].trigger()
    menu.close()
    assert scene.window.browser.place == BUCKET.child("panels")


def test_rows_being_sent_follow_the_queue_and_what_arrived_is_listed_anew(
    stage: Stage, qtbot: QtBot
) -> None:
    scene = stage()
    window = scene.window
    batch = a_batch(name="fresh", place=RUNS, size=100, arrived=41, counts={State.MOVING: 2})
    scene.queue.put(batch)
    window.transfers.refresh()
    row = window.browser.model.row_of("fresh")
    assert row is not None
    proof = window.browser.model.index(row, Column.PROOF)
    assert proof.data() == "Uploading 41%"
    rows = [*scene.desk.folders[RUNS][0].items, a_folder(RUNS.child("fresh"))]
    scene.desk.put(RUNS, *rows)
    scene.queue.put(replace(batch, arrived=100, counts=((State.VERIFIED, 2),), finished_at=NOON))
    window.transfers.refresh()
    settle(qtbot, scene)
    row = window.browser.model.row_of("fresh")
    assert row is not None
    assert window.browser.model.is_listed(row)
    assert window.browser.model.index(row, Column.PROOF).data() is None


def test_a_single_file_keeps_its_percent_between_two_beats(stage: Stage) -> None:
    scene = stage()
    window = scene.window
    batch = a_batch(name="two", place=RUNS, counts={State.MOVING: 1})
    sending = replace(
        a_file(batch=batch.id, state=State.MOVING, size=10, arrived=5),
        target=str(RUNS.child("SampleSheet.csv")),
    )
    scene.queue.watched = frozenset({batch.id})
    scene.queue.put(batch, sending)
    window.transfers.refresh()
    window.transfers.refresh()
    row = window.browser.model.row_of("SampleSheet.csv")
    assert row is not None
    assert window.browser.model.index(row, Column.PROOF).data() == "Uploading 50%"


def test_columns_give_way_in_a_narrow_window_and_stay_as_chosen(stage: Stage, qtbot: QtBot) -> None:
    scene = stage()
    listing = scene.window.browser.list
    hidden = [c for c in Column if listing.isColumnHidden(c)]
    assert hidden == []
    scene.window.resize(1000, 700)
    qtbot.waitUntil(lambda: listing.isColumnHidden(Column.STORAGE))
    assert listing.isColumnHidden(Column.CHANGED)
    assert not listing.isColumnHidden(Column.SIZE)
    menu = listing.column_menu()
    assert not menu.actions()[Column.NAME].isEnabled()
    menu.actions()[Column.SIZE].trigger()
    assert listing.isColumnHidden(Column.SIZE)
    assert scene.window.settings.text("browser-columns") == "SIZE"


def test_a_link_is_copied_for_the_hours_asked_for(stage: Stage, qtbot: QtBot) -> None:
    scene = stage()
    choose(scene, "SampleSheet.csv")
    qtbot.keyClick(scene.window.browser.list, Qt.Key.Key_C, CTRL)
    question = QApplication.activeModalWidget()
    question.choose(12)
    question.accept()
    settle(qtbot, scene)
    link = QGuiApplication.clipboard().text()
    assert link == "https://store.example/runs/SampleSheet.csv?for=12"
    assert link not in scene.window.browser.footer.words
    assert "Anyone who has it can read" in scene.window.browser.footer.words


def test_a_new_folder_is_made_and_listed(stage: Stage, qtbot: QtBot) -> None:
    scene = stage()
    asked = len(scene.desk.listed)
    qtbot.keyClick(scene.window, Qt.Key.Key_N, CTRL | Qt.KeyboardModifier.ShiftModifier)
    question = QApplication.activeModalWidget()
    field = question.field
    qtbot.keyClicks(field, "May")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    settle(qtbot, scene)
    assert scene.desk.made == [RUNS.child("May")]
    assert len(scene.desk.listed) > asked
