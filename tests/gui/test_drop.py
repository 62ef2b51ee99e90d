"""Files dragged onto every area of the window, with Qt's own drag and drop events."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QGuiApplication,
)
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from tests.gui.conftest import Stage, settle
from tests.gui.dragging import BOTH, COPY, LEFT, PLAIN, Drag, empty_point, row_point
from tests.gui.picture_scene import RUNS
from tests.gui.window_scene import Scene, ScriptedDesk, a_folder

from pipette.model.account import Account
from pipette.model.files import Location
from pipette.model.transfer import BatchOptions, IfExists
from pipette.store.settings import Settings
from pipette.ui.add_location import AddLocation
from pipette.ui.dialogs import Choose
from pipette.ui.dropping import (
    DropTarget,
)
from pipette.ui.main_window_uploads import QUIETLY
from pipette.ui.upload_sheet import UploadSheet

pytestmark = pytest.mark.qt_log_ignore("^This plugin does not support")


def the_sheet(qtbot: QtBot) -> UploadSheet:
    qtbot.waitUntil(lambda: isinstance(QApplication.activeModalWidget(), UploadSheet))
    sheet = QApplication.activeModalWidget()
    assert isinstance(sheet, UploadSheet)
    return sheet


def sent(qtbot: QtBot, scene: Scene) -> tuple[object, ...]:
    """Answer the sheet with its default and return what was ordered."""
    qtbot.mouseClick(the_sheet(qtbot).upload_button, LEFT)
    commands = scene.queue.commands_named("upload")
    assert len(commands) == 1
    return commands[0][1:]


def test_a_drop_on_a_remote_folder_goes_into_that_folder(
    stage: Stage, qtbot: QtBot, reads: list[str]
) -> None:
    scene = stage()
    event = Drag(*reads).drop(scene.window.browser.list.viewport(), row_point(scene, "controls"))
    assert event.isAccepted()
    paths, to, options = sent(qtbot, scene)
    assert (paths, to) == (tuple(reads), RUNS.child("controls"))
    assert options == BatchOptions(IfExists.SKIP)


def test_a_drop_on_a_file_or_on_empty_space_goes_into_the_folder_shown(
    stage: Stage, qtbot: QtBot, reads: list[str]
) -> None:
    scene = stage()
    viewport = scene.window.browser.list.viewport()
    for point in (row_point(scene, "SampleSheet.csv"), empty_point(scene)):
        Drag(*reads).over(viewport, point)
        assert scene.window.dropping.target == DropTarget(RUNS, "runs")
    Drag(*reads).drop(viewport, empty_point(scene))
    assert sent(qtbot, scene)[1] == RUNS


def test_a_drop_on_a_crumb_goes_to_that_ancestor(
    stage: Stage, qtbot: QtBot, reads: list[str]
) -> None:
    scene = stage()
    crumbs = scene.window.browser.header.breadcrumb
    bucket = crumbs._crumbs._crumbs[1]
    point = bucket.mapTo(crumbs, bucket.rect().center())
    Drag(*reads).drop(crumbs, point)
    assert sent(qtbot, scene)[1] == Location("seq-archive", "oncology-panel")


def test_a_drop_on_a_bucket_or_favourite_of_the_sidebar_goes_there(
    stage: Stage, qtbot: QtBot, reads: list[str]
) -> None:
    scene = stage()
    sidebar = scene.window.sidebar
    scene.window.locations.add_favourite(RUNS.child("controls"))
    sidebar.open_account("seq-archive")
    settle(qtbot, scene)
    tree, model = sidebar.tree, sidebar.model
    bucket = model.index_of_project(Location("seq-archive", "exome-trios"))
    favourite = model.index_of_favourite(RUNS.child("controls"))
    drag = Drag(*reads)
    drag.over(tree.viewport(), tree.visualRect(favourite).center())
    target = scene.window.dropping.target
    assert target is not None
    assert target.location == RUNS.child("controls")
    drag.drop(tree.viewport(), tree.visualRect(bucket).center())
    assert sent(qtbot, scene)[1] == Location("seq-archive", "exome-trios")


def test_a_drop_on_a_location_asks_for_the_bucket(
    stage: Stage, qtbot: QtBot, reads: list[str]
) -> None:
    scene = stage()
    tree = scene.window.sidebar.tree
    index = scene.window.sidebar.model.index_of_account("seq-archive")
    Drag(*reads).drop(tree.viewport(), tree.visualRect(index).center())
    qtbot.waitUntil(lambda: isinstance(QApplication.activeModalWidget(), Choose))
    question = QApplication.activeModalWidget()
    assert isinstance(question, Choose)
    question.choose(Location("seq-archive", "microbiome-pilot"))
    question.accept()
    assert sent(qtbot, scene)[1] == Location("seq-archive", "microbiome-pilot")


@pytest.mark.parametrize("area", ["toolbar", "status", "transfers", "menu"])
def test_a_drop_anywhere_else_goes_into_the_folder_shown(
    stage: Stage, qtbot: QtBot, reads: list[str], area: str
) -> None:
    scene = stage()
    window = scene.window
    surfaces: dict[str, QWidget] = {
        "toolbar": window._toolbar,
        "status": window.status,
        "transfers": window.transfers.page.table.viewport(),
        "menu": window.menuBar(),
    }
    Drag(*reads).drop(surfaces[area], QPoint(5, 5))
    assert sent(qtbot, scene)[1] == RUNS


def test_the_label_says_how_many_items_go_where_once_they_are_counted(
    stage: Stage, qtbot: QtBot, tmp_path: Path
) -> None:
    scene = stage()
    folder = tmp_path / "Controls"
    for name in ("a", "deep/b", "deep/c"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    drag = Drag(str(folder))
    drag.over(scene.window.browser.list.viewport(), row_point(scene, "controls"))
    label = scene.window.drop_label
    assert label.isVisible()
    qtbot.waitUntil(lambda: label.words == "Upload 3 items to controls")
    assert not label.refused


def test_the_row_under_the_pointer_is_outlined_until_the_drag_leaves(
    stage: Stage, reads: list[str]
) -> None:
    scene = stage()
    listing = scene.window.browser.list
    drag = Drag(*reads)
    drag.over(listing.viewport(), row_point(scene, "controls"))
    row = scene.window.browser.model.row_of("controls")
    index = listing.model().index(row, 0)
    assert listing.is_drop_target(index)
    QApplication.sendEvent(listing.viewport(), QDragLeaveEvent())
    assert not listing.is_drop_target(index)
    assert not scene.window.drop_label.isVisible()
    assert scene.window.dropping.target is None


def test_an_archived_folder_refuses_and_says_why(stage: Stage, reads: list[str]) -> None:
    desk = ScriptedDesk()
    desk.put(RUNS, a_folder(RUNS.child("references"), storage="GLACIER"))
    scene = stage(desk=desk)
    viewport = scene.window.browser.list.viewport()
    drag = Drag(*reads)
    event = drag.over(viewport, row_point(scene, "references"))
    assert not event.isAccepted()
    label = scene.window.drop_label
    assert (label.words, label.refused) == ("references is archived", True)
    assert not drag.drop(viewport, row_point(scene, "references")).isAccepted()
    assert QApplication.activeModalWidget() is None
    assert not scene.queue.commands_named("upload")


def test_files_are_always_taken_as_a_copy_never_as_a_move(stage: Stage, reads: list[str]) -> None:
    scene = stage()
    drag = Drag(*reads)
    point = empty_point(scene)
    assert drag.over(scene.window.browser.list.viewport(), point).dropAction() is COPY
    event = QDropEvent(QPointF(point), BOTH, drag.data, LEFT, PLAIN)
    event.setDropAction(Qt.DropAction.MoveAction)
    QApplication.sendEvent(scene.window.browser.list.viewport(), event)
    assert event.dropAction() is COPY


def test_dragged_text_is_left_to_whoever_wants_it(stage: Stage) -> None:
    scene = stage()
    data = QMimeData()
    data.setText("ACGT")
    event = QDragEnterEvent(QPoint(5, 5), BOTH, data, LEFT, PLAIN)
    QApplication.sendEvent(scene.window, event)
    assert not scene.window.drop_label.isVisible()
    assert scene.window.dropping.target is None


def test_copied_files_are_pasted_into_the_folder_shown(
    stage: Stage, qtbot: QtBot, reads: list[str]
) -> None:
    scene = stage()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(path) for path in reads])
    QGuiApplication.clipboard().setMimeData(data)
    qtbot.keyClick(scene.window.browser.list, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    paths, to, _ = sent(qtbot, scene)
    assert (paths, to) == (tuple(reads), RUNS)


def test_without_a_location_the_same_files_go_on_once_one_is_added(
    stage: Stage, qtbot: QtBot, reads: list[str]
) -> None:
    scene = stage(accounts=())
    Drag(*reads).drop(scene.window, QPoint(600, 300))
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, AddLocation)
    account = Account("archive", "s3", container="bucket")
    scene.accounts.add(account)
    dialog.added.emit(account)
    dialog.finished_at.emit(Location("archive", "bucket"))
    dialog.accept()
    paths, to, _ = sent(qtbot, scene)
    assert (paths, to) == (tuple(reads), Location("archive", "bucket"))


def test_files_are_forgotten_when_adding_a_location_is_called_off(
    stage: Stage, reads: list[str]
) -> None:
    scene = stage(accounts=())
    scene.window.start_page.files_dropped.emit(reads)
    assert scene.window.uploads.has_pending
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, AddLocation)
    dialog.reject()
    assert not scene.window.uploads.has_pending


def test_the_sheet_hands_over_the_rule_and_stops_asking_when_told(
    stage: Stage, qtbot: QtBot, reads: list[str]
) -> None:
    scene = stage()
    viewport = scene.window.browser.list.viewport()
    Drag(*reads).drop(viewport, empty_point(scene))
    sheet = the_sheet(qtbot)
    sheet.choose_rule(IfExists.KEEP_BOTH)
    sheet.do_not_ask_again()
    sheet.accept()
    Drag(*reads).drop(viewport, empty_point(scene))
    commands = scene.queue.commands_named("upload")
    assert [command[3] for command in commands] == [BatchOptions(IfExists.KEEP_BOTH)] * 2
    assert scene.window.settings.text(QUIETLY)


def test_escape_leaves_the_sheet_without_an_upload(
    stage: Stage, qtbot: QtBot, reads: list[str]
) -> None:
    scene = stage()
    Drag(*reads).drop(scene.window.browser.list.viewport(), empty_point(scene))
    qtbot.keyClick(the_sheet(qtbot), Qt.Key.Key_Escape)
    assert not scene.queue.commands_named("upload")


def test_the_operator_and_md5_settings_go_with_the_batch(
    stage: Stage, qtbot: QtBot, reads: list[str]
) -> None:
    scene = stage(settings=Settings(md5=False, operator="Dana"))
    Drag(*reads).drop(scene.window.browser.list.viewport(), empty_point(scene))
    assert sent(qtbot, scene)[2] == BatchOptions(IfExists.SKIP, md5=False, operator="Dana")
