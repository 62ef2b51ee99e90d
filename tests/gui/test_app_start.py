"""Starting the window while somebody else has the queue."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMessageBox
from tests.engine.rig import Rig

from pipette import app
from pipette.engine.engine import Engine
from pipette.engine.home import Home

pytestmark = pytest.mark.qt_log_ignore("^This plugin does not support")


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    """Ended by the home that owns it."""
    return Rig(tmp_path)


@pytest.fixture
def engine(rig: Rig) -> Engine:
    return rig.engine


def home_in(folder: Path, engine: Engine, shown: list[Sequence[str]] | None = None) -> Home:
    show = shown.append if shown is not None else None
    return Home(folder / "queue.lock", folder / "inbox", lambda: engine, show)


def test_a_window_waits_for_a_command_and_opens_when_it_is_done(
    tmp_path: Path, engine: Engine, qapp: QApplication
) -> None:
    command, window = home_in(tmp_path, engine), home_in(tmp_path, engine)
    assert command.own()
    QTimer.singleShot(0, command.close)
    assert app.wait_for_queue(window) is engine
    window.close()


def test_somebody_who_will_not_wait_gets_no_window(
    tmp_path: Path, engine: Engine, qapp: QApplication
) -> None:
    command, window = home_in(tmp_path, engine), home_in(tmp_path, engine)
    assert command.own()
    QTimer.singleShot(0, lambda: _dialog().reject())
    assert app.wait_for_queue(window) is None
    command.close()


def test_a_second_window_hands_its_files_to_the_first(tmp_path: Path, rig: Rig) -> None:
    heard: list[Sequence[str]] = []
    rig.engine.start()
    first, second = home_in(tmp_path, rig.engine, heard), home_in(tmp_path, rig.engine)
    assert first.own()
    assert second.show(["/data/run7"])
    assert heard == [("/data/run7",)]
    first.close()


def test_a_command_has_no_window_to_show(tmp_path: Path, rig: Rig) -> None:
    rig.engine.start()
    command, window = home_in(tmp_path, rig.engine), home_in(tmp_path, rig.engine)
    assert command.own()
    assert not window.show([])
    command.close()


def _dialog() -> QMessageBox:
    found = QApplication.activeModalWidget()
    assert isinstance(found, QMessageBox)
    return found
