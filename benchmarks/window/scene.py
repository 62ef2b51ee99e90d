"""The real window on a real engine and a real home, put together as the program does it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEventLoop, QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget

from pipette.app import SWITCH_SECONDS, read_receipt
from pipette.engine.desk import Desk
from pipette.engine.engine import Engine
from pipette.engine.journal_reader import JournalReader
from pipette.model.account import Account, Secret
from pipette.providers.memory import MemoryInProcess
from pipette.store.accounts import Accounts
from pipette.store.credentials import Credentials, MemoryCredentials
from pipette.store.paths import Paths
from pipette.store.settings import Settings
from pipette.ui.main_window import MainWindow
from pipette.ui.main_window_parts import Parts
from pipette.ui.theme import Theme, ThemeChoice
from pipette.ui.upload_sheet import UploadSheet
from pipette.wiring import adapters, open_home

SIZE = (1360, 880)
_BOTH = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction
_LEFT = Qt.MouseButton.LeftButton
_PLAIN = Qt.KeyboardModifier.NoModifier


@dataclass(frozen=True, slots=True)
class Scene:
    window: MainWindow
    queue: Engine

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


@contextmanager
def real_window(folder: Path, account: Account, secret: Secret) -> Iterator[Scene]:
    """Shown and started. ``folder`` becomes the home; a queue that is in it goes on."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    paths = Paths.for_user(folder)
    paths.make()
    accounts = Accounts(paths.accounts)
    accounts.add(account)
    credentials = Credentials(MemoryCredentials(), {})
    credentials.set_for_session(account.name, secret)
    settings = Settings.load(paths.settings)
    home = open_home(paths, settings, accounts, credentials, resume=True)
    home.own()
    engine = home.engine
    if engine is None:
        raise RuntimeError(f"another process owns the queue in {folder}")
    reader = JournalReader(paths.journal)
    window = MainWindow(
        Parts(
            queue=engine,
            desk=Desk(adapters(accounts, credentials, settings.network, MemoryInProcess())),
            accounts=accounts,
            credentials=credentials,
            settings=settings,
            save_settings=lambda changed: changed.save(paths.settings),
            theme=Theme(app, ThemeChoice.LIGHT),
            clean=lambda text: text,
            read_receipt=partial(read_receipt, paths, accounts, reader),
        )
    )
    try:
        window.resize(*SIZE)
        window.show()
        window.start()
        yield Scene(window, engine)
    finally:
        window.transfers.stop()
        window.background.close()
        window.hide()
        window.deleteLater()
        home.close()
        reader.close()
        sys.setswitchinterval(before)


def pass_time(milliseconds: int) -> None:
    """Let the event loop run for so long."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def pass_until(holds: Callable[[], bool], longest_ms: int, every_ms: int = 20) -> bool:
    """Let the event loop run until it holds; whether it did in time."""
    loop = QEventLoop()
    looking = QTimer(interval=every_ms)
    looking.timeout.connect(lambda: loop.quit() if holds() else None)
    looking.start()
    QTimer.singleShot(longest_ms, loop.quit)
    loop.exec()
    looking.stop()
    return holds()
