"""Files dragged onto every area of the window, with Qt's own drag and drop events."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QGuiApplication,
)
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from tests.gui.conftest import Stage, settle
from tests.gui.window_scene import Scene, ScriptedDesk, a_folder, a_remote_file

from pipette.model.account import Account
from pipette.model.files import Kind, Location, RemoteFile
from pipette.model.transfer import BatchOptions, IfExists
from pipette.store.settings import Settings
from pipette.ui.add_location import AddLocation
from pipette.ui.background import Background
from pipette.ui.dialogs import Choose
from pipette.ui.drop_label import DropLabel
from pipette.ui.dropping import (
    Dropping,
    DropTarget,
    count_files,
    drop_words,
    paths_in,
)
from pipette.ui.main_window_uploads import QUIETLY
from pipette.ui.theme import Theme
from pipette.ui.upload_sheet import UploadSheet

pytestmark = pytest.mark.qt_log_ignore("^This plugin does not support")

RUNS = Location("seq-archive", "oncology-panel", "runs")
LEFT = Qt.MouseButton.LeftButton
PLAIN = Qt.KeyboardModifier.NoModifier
COPY = Qt.DropAction.CopyAction
BOTH = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction


class Drag:
    """Files under the pointer; the mime data lives as long as the drag does."""

    def __init__(self, *paths: str) -> None:
        self.data = QMimeData()
        self.data.setUrls([QUrl.fromLocalFile(path) for path in paths])

    def enter(self, surface: QWidget, point: QPoint) -> QDragEnterEvent:
        event = QDragEnterEvent(point, BOTH, self.data, LEFT, PLAIN)
        QApplication.sendEvent(surface, event)
        return event

    def over(self, surface: QWidget, point: QPoint) -> QDragMoveEvent:
        self.enter(surface, point)
        event = QDragMoveEvent(point, BOTH, self.data, LEFT, PLAIN)
        QApplication.sendEvent(surface, event)
        return event

    def drop(self, surface: QWidget, point: QPoint) -> QDropEvent:
        self.over(surface, point)
        event = QDropEvent(QPointF(point), BOTH, self.data, LEFT, PLAIN)
        QApplication.sendEvent(surface, event)
        return event


def row_point(scene: Scene, name: str) -> QPoint:
    listing = scene.window.browser.list
    row = scene.window.browser.model.row_of(name)
    assert row is not None
    return listing.visualRect(listing.model().index(row, 0)).center()


def empty_point(scene: Scene) -> QPoint:
    viewport = scene.window.browser.list.viewport()
    return QPoint(60, viewport.height() - 4)


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


@pytest.fixture
def reads(tmp_path: Path) -> list[str]:
    paths = [tmp_path / f"S1_L001_R{read}_001.fastq.gz" for read in (1, 2)]
    for path in paths:
        path.write_bytes(b"reads")
    return [str(path) for path in paths]


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


class PlainZone:
    """One target that springs open."""

    target = DropTarget(Location("a", "b"), "b", springs=True)

    def __init__(self) -> None:
        self.opened: list[DropTarget] = []

    def drop_target_at(self, position: QPoint) -> DropTarget | None:
        return self.target if position.x() < 50 else None

    def outline(self, target: DropTarget | None) -> None:
        pass

    def spring_open(self, target: DropTarget) -> None:
        self.opened.append(target)


@pytest.fixture
def watched(qtbot: QtBot, light: Theme) -> Iterator[tuple[Dropping, QWidget, PlainZone]]:
    window = QWidget()
    qtbot.addWidget(window)
    surface = QWidget(window)
    surface.setGeometry(0, 0, 100, 100)
    background = Background()
    here = DropTarget(Location("a", "b", "c"), "c")
    dropping = Dropping(window, background, DropLabel(light, window), lambda: here, spring_ms=1)
    zone = PlainZone()
    dropping.add_zone(surface, zone)
    window.show()
    yield dropping, surface, zone
    background.close()


def test_a_folder_springs_open_when_files_rest_on_it(
    watched: tuple[Dropping, QWidget, PlainZone], qtbot: QtBot
) -> None:
    _, surface, zone = watched
    drag = Drag("/data/a")
    drag.over(surface, QPoint(10, 10))
    qtbot.waitUntil(lambda: zone.opened == [zone.target])


def test_moving_on_before_that_opens_nothing(
    watched: tuple[Dropping, QWidget, PlainZone], qtbot: QtBot
) -> None:
    dropping, surface, zone = watched
    drag = Drag("/data/a")
    drag.over(surface, QPoint(10, 10))
    drag.over(surface, QPoint(90, 10))
    assert not dropping._spring.isActive()
    assert dropping.target == DropTarget(Location("a", "b", "c"), "c")
    assert zone.opened == []


def test_resting_on_a_remote_folder_goes_into_it(stage: Stage, reads: list[str]) -> None:
    scene = stage()
    browser = scene.window.browser
    target = browser.list.drop_target_at(row_point(scene, "controls"))
    assert target is not None
    assert target.springs
    browser.list.spring_open(target)
    assert browser.place == RUNS.child("controls")


def test_a_list_scrolls_while_files_are_held_at_its_edge(
    stage: Stage, qtbot: QtBot, reads: list[str]
) -> None:
    desk = ScriptedDesk()
    desk.put(RUNS, *(a_remote_file(RUNS.child(f"f{n:03}")) for n in range(200)))
    scene = stage(desk=desk)
    listing = scene.window.browser.list
    drag = Drag(*reads)
    drag.over(listing.viewport(), QPoint(60, listing.viewport().height() - 3))
    qtbot.waitUntil(lambda: listing.verticalScrollBar().value() > 30)
    drag.over(listing.viewport(), QPoint(60, 2))
    qtbot.waitUntil(lambda: listing.verticalScrollBar().value() == 0)


def test_counting_stops_when_nobody_waits_for_it(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "file").touch()
    assert count_files([str(tmp_path)], lambda: False) == 5
    assert count_files([str(tmp_path)], lambda: True) == 0


def test_what_cannot_be_told_exactly_is_not_told_exactly() -> None:
    target = DropTarget(Location("a", "b"), "controls")
    assert drop_words(target, None) == "Upload items to controls"
    assert drop_words(target, 1) == "Upload 1 item to controls"
    assert drop_words(target, 100_000) == "Upload over 100,000 items to controls"


def test_only_local_files_of_a_drag_count() -> None:
    data = QMimeData()
    data.setUrls([QUrl("https://example.org/a"), QUrl.fromLocalFile("/data/a"), QUrl("file:")])
    assert paths_in(data) == ["/data/a"]


def test_a_project_row_takes_files_too(stage: Stage) -> None:
    desk = ScriptedDesk()
    desk.put(Location("plain"), RemoteFile(Location("plain", "bucket"), Kind.PROJECT))
    scene = stage(accounts=(Account("plain", "s3"),), desk=desk)
    target = scene.window.browser.list.drop_target_at(row_point(scene, "bucket"))
    assert target is not None
    assert target.location == Location("plain", "bucket")


def test_the_event_filter_leaves_other_events_alone(stage: Stage) -> None:
    scene = stage()
    assert not scene.window.dropping.eventFilter(scene.window, QEvent(QEvent.Type.FocusIn))
