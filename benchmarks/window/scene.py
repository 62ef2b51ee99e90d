"""The program itself with its real window, steered from inside as a person would."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QEventLoop, QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget

from pipette import app as program
from pipette.engine.queue import Queue
from pipette.model.files import Location
from pipette.ui.main_window import MainWindow
from pipette.ui.upload_sheet import UploadSheet

SIZE = (1360, 880)
LONGEST_MS = 240_000
_BOTH = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction
_LEFT = Qt.MouseButton.LeftButton
_PLAIN = Qt.KeyboardModifier.NoModifier


@dataclass(frozen=True, slots=True)
class Scene:
    window: MainWindow

    @property
    def queue(self) -> Queue:
        return self.window.transfers._queue

    def open(self, place: Location) -> None:
        """Show a remote folder and wait until it is listed."""
        self.window.browser.open(place)
        pass_until(lambda: not self.window.background.is_busy)

    def drop(self, *paths: Path) -> None:
        """Onto the folder shown. What follows, follows on the event loop."""
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        surface = self.window.browser.list.viewport()
        at = QPoint(60, surface.height() - 4)
        QApplication.sendEvent(surface, QDragEnterEvent(at, _BOTH, data, _LEFT, _PLAIN))
        QApplication.sendEvent(surface, QDropEvent(QPointF(at), _BOTH, data, _LEFT, _PLAIN))

    def sheet(self) -> UploadSheet | None:
        """The question after a drop, once it is asked."""
        dialog: QWidget | None = QApplication.activeModalWidget()
        return dialog if isinstance(dialog, UploadSheet) else None


def run_program(act: Callable[[Scene], None]) -> None:
    """Start the program in this process; once its window is there, act, and then end it.

    Which home it uses, and with which keys, it finds in its environment as always.
    """
    failures: list[Exception] = []
    show = program.show

    def show_and_act(app: program.Application, window: MainWindow, paths: Sequence[str]) -> int:
        def perform() -> None:
            try:
                act(Scene(window))
            except Exception as error:  # noqa: BLE001  told once the program has ended in order
                failures.append(error)
            app.exit()

        window.resize(*SIZE)
        QTimer.singleShot(0, perform)
        return show(app, window, paths)

    program.show = show_and_act
    program.main([])
    if failures:
        raise failures[0]


def pass_time(milliseconds: int) -> None:
    """Let the event loop run for so long."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def pass_until(holds: Callable[[], bool], every_ms: int = 20) -> None:
    """Let the event loop run until it holds. Raises TimeoutError."""
    loop = QEventLoop()
    looking = QTimer(interval=every_ms)
    looking.timeout.connect(lambda: loop.quit() if holds() else None)
    looking.start()
    QTimer.singleShot(LONGEST_MS, loop.quit)
    loop.exec()
    looking.stop()
    if not holds():
        raise TimeoutError("waited in vain at the window")
