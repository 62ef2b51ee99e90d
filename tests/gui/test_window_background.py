"""What blocks runs elsewhere, comes back on the window's thread, and never holds it up."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import Qt, QThread
from pytestqt.qtbot import QtBot
from tests.gui.conftest import Stage, settle
from tests.gui.picture_scene import RUNS

from pipette.model.files import Location
from pipette.ui.background import Background

pytestmark = pytest.mark.qt_log_ignore("^This plugin does not support")


def test_a_service_that_does_not_answer_leaves_the_window_usable(
    stage: Stage, qtbot: QtBot
) -> None:
    scene = stage()
    scene.desk.hold()
    scene.window.browser.open(RUNS.child("controls"))
    scene.window.sidebar.open_account("core-lab")
    qtbot.keyClick(scene.window, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert scene.window.browser.place == RUNS
    assert scene.window.browser.model.loaded == 9
    scene.desk.let_go()
    settle(qtbot, scene)


def test_services_disk_and_keychain_are_never_asked_on_the_window_thread(
    stage: Stage, qtbot: QtBot
) -> None:
    scene = stage()
    threads: list[bool] = []
    window_thread = threading.get_ident()
    listing = scene.desk.list

    def watched(folder: Location, cursor: str | None = None) -> object:
        threads.append(threading.get_ident() == window_thread)
        return listing(folder, cursor)

    scene.desk.list = watched
    scene.window.browser.refresh()
    scene.window.locations.load_projects("core-lab")
    settle(qtbot, scene)
    assert threads
    assert not any(threads)


def test_results_come_back_on_the_thread_that_asked(qtbot: QtBot) -> None:
    background = Background()
    seen: list[QThread] = []
    with qtbot.waitSignal(background.idle):
        background.run(
            QThread.currentThread, lambda worker: seen.extend((worker, QThread.currentThread()))
        )
    assert seen[0] is not seen[1]
    assert seen[1] is QThread.currentThread()
    background.close()


def test_what_was_dropped_is_not_delivered(qtbot: QtBot) -> None:
    background = Background()
    delivered: list[int] = []
    gate = threading.Event()
    errand = background.run(lambda: gate.wait(10), delivered.append)
    errand.drop()
    with qtbot.waitSignal(background.idle):
        gate.set()
    assert delivered == []
    background.close()


def test_an_error_nobody_asked_for_is_logged(
    qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    background = Background()
    with qtbot.waitSignal(background.idle):
        background.run(lambda: 1 / 0, lambda _: None)
    assert "ZeroDivisionError" in caplog.text
    failed: list[Exception] = []
    with qtbot.waitSignal(background.idle):
        background.run(lambda: 1 / 0, lambda _: None, failed.append)
    assert isinstance(failed[0], ZeroDivisionError)
    background.close()


def test_nothing_is_started_after_the_end(qtbot: QtBot) -> None:
    background = Background()
    background.close()
    ran: list[int] = []
    assert background.run(lambda: ran.append(1), lambda _: None).dropped
    assert ran == []
