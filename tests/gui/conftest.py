"""A whole window on scripted parts, shown and taken down again for each test that asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from tests.gui.picture_scene import ACCOUNTS, the_desk
from tests.gui.window_scene import Scene, ScriptedDesk, make_scene

from pipette.model.account import Account
from pipette.store.settings import Settings
from pipette.ui.main_window_parts import Parts
from pipette.ui.theme import Theme, ThemeChoice

Stage = Callable[..., Scene]


@pytest.fixture(scope="session")
def light(qapp: QApplication) -> Theme:
    return Theme(qapp, ThemeChoice.LIGHT)


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path, light: Theme) -> Iterator[Stage]:
    """Shows a window with the picture's locations unless others are given."""
    scenes: list[Scene] = []

    def show(
        accounts: tuple[Account, ...] = ACCOUNTS,
        desk: ScriptedDesk | None = None,
        settings: Settings | None = None,
        change: Callable[[Parts], Parts] = lambda parts: parts,
        size: tuple[int, int] = (1360, 880),
        quiet: bool = True,
    ) -> Scene:
        scene = make_scene(
            tmp_path, accounts, None, desk or the_desk(), settings, light, change=change
        )
        scenes.append(scene)
        scene.window.resize(*size)
        scene.window.show()
        scene.window.activateWindow()
        qtbot.waitUntil(scene.window.isActiveWindow)
        scene.window.start()
        if quiet:
            settle(qtbot, scene)
        return scene

    yield show
    for scene in scenes:
        take_down(scene)


@pytest.fixture
def reads(tmp_path: Path) -> list[str]:
    paths = [tmp_path / f"S1_L001_R{read}_001.fastq.gz" for read in (1, 2)]
    for path in paths:
        path.write_bytes(b"reads")
    return [str(path) for path in paths]


def settle(qtbot: QtBot, scene: Scene) -> None:
    """Until everything under way has arrived."""
    qtbot.waitUntil(lambda: not scene.window.background.is_busy)


def take_down(scene: Scene) -> None:
    scene.desk.let_go()
    while (dialog := QApplication.activeModalWidget()) is not None:
        dialog.close()
    window = scene.window
    window.transfers.stop()
    window.background.close()
    window.hide()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
