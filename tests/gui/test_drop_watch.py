"""What the watcher of a drag does by itself: springing open, scrolling, counting."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QUrl
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from tests.gui.conftest import Stage
from tests.gui.dragging import Drag, row_point
from tests.gui.picture_scene import RUNS
from tests.gui.window_scene import ScriptedDesk, a_remote_file

from pipette.model.account import Account
from pipette.model.files import Kind, Location, RemoteFile
from pipette.ui.background import Background
from pipette.ui.drop_label import DropLabel
from pipette.ui.dropping import (
    Dropping,
    DropTarget,
    count_files,
    drop_words,
    paths_in,
)
from pipette.ui.theme import Theme

pytestmark = pytest.mark.qt_log_ignore("^This plugin does not support")


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
