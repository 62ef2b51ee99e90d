"""The window's ``main``: puts the parts together, runs until the window closes, stops in order."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication, QMessageBox

from pipette import __version__
from pipette.app_journey import Journey
from pipette.app_practice import HomePractice
from pipette.app_sign_in import HomeSignIn
from pipette.engine.desk import Desk
from pipette.engine.engine import Engine
from pipette.engine.home import Home
from pipette.engine.journal import JournalTooNew
from pipette.engine.journal_reader import JournalReader
from pipette.engine.pool import QtThreads
from pipette.model.kinds import Kinds
from pipette.model.receipt_document import Json
from pipette.model.transfer import BatchId
from pipette.providers.kinds import KINDS
from pipette.providers.memory import MemoryInProcess
from pipette.store.accounts import Accounts
from pipette.store.credentials import (
    Credentials,
    CredentialStore,
    KeyringCredentials,
    MemoryCredentials,
)
from pipette.store.logs import Redaction, start_logging
from pipette.store.paths import Paths
from pipette.store.settings import Settings
from pipette.ui import words
from pipette.ui.account_keeping import AccountKeeper
from pipette.ui.collector import Collector
from pipette.ui.icons import app_icon
from pipette.ui.main_window import MainWindow
from pipette.ui.main_window_parts import Parts
from pipette.ui.theme import Theme, ThemeChoice
from pipette.wiring import adapters, make_receipt, open_home

log = logging.getLogger(__name__)

SWITCH_SECONDS = 0.0005
"""How long a worker may keep the interpreter before the window gets its turn."""
_CANNOT_START = 2
QUEUE_LOOK_MS = 500
PICTURE_SIZE = (1360, 880)


@dataclass(frozen=True, slots=True)
class Options:
    """What the window is started with; ``qt`` goes to Qt as it is."""

    demo: bool = False
    journey: str = ""
    """Where to leave a picture of the main job done on the practice place; then the window closes."""
    paths: tuple[str, ...] = ()
    qt: tuple[str, ...] = ()


def main(arguments: Sequence[str] | None = None) -> int:
    """Show the window; returns the exit code once it is closed."""
    sys.setswitchinterval(SWITCH_SECONDS)
    options = parse(sys.argv[1:] if arguments is None else arguments)
    paths = paths_for(options)
    try:
        paths.make()
        redaction = start_logging(paths)
    except OSError as error:
        sys.stderr.write(f"pipette: {paths.home} cannot be used: {error.strerror}\n")
        return _CANNOT_START
    sys.excepthook = _log_uncaught
    return run_window(options, paths, redaction)


def run_window(options: Options, paths: Paths, redaction: Redaction) -> int:
    """The parts list. Needs logging to run; makes the QApplication."""
    settings = Settings.load(paths.settings)
    accounts = Accounts(paths.accounts)
    keychain: CredentialStore = (
        MemoryCredentials() if options.demo else KeyringCredentials(paths.keychain)
    )
    credentials = Credentials(keychain, seen=redaction.hide)
    app = make_application(options)
    practice = HomePractice(paths.demo)
    home = open_home(
        paths,
        settings,
        accounts,
        credentials,
        resume=True,
        show=app.handed_over.emit,
        threads=QtThreads,
    )
    try:
        prepare_demo(options, practice, AccountKeeper(accounts, credentials))
        engine = _engine_of(home, options)
        if engine is None:
            return 0
        reader = JournalReader(paths.journal)
        memory = MemoryInProcess()
        parts = Parts(
            queue=engine,
            desk=Desk(adapters(accounts, credentials, settings.network, memory)),
            accounts=accounts,
            credentials=credentials,
            settings=settings,
            save_settings=lambda changed: changed.save(paths.settings),
            theme=Theme(app, ThemeChoice(settings.theme.value)),
            clean=redaction.clean,
            read_receipt=partial(read_receipt, paths, accounts, reader),
            kinds=Kinds(info.about for info in KINDS.values()),
            browser=HomeSignIn(settings.network, os.environ),
            practice=practice,
        )
        window = MainWindow(parts)
        Collector(window)
        if options.journey:
            return travel(app, window, Path(options.journey), engine, reader, practice, paths)
        return show(app, window, options.paths)
    except JournalTooNew:
        return refuse_newer()
    finally:
        home.close()
        practice.close()


def _engine_of(home: Home, options: Options) -> Engine | None:
    """The queue, once it is ours. None: the window that has it shows our files, or nobody waits."""
    if home.own():
        return home.engine
    return home.engine if home.show(list(options.paths)) else wait_for_queue(home)


def wait_for_queue(home: Home) -> Engine | None:
    """A command is at work in this queue; the window opens when it is done. None: not waited for."""
    box = QMessageBox(
        QMessageBox.Icon.Information,
        "Pipette",
        words.QUEUE_IN_USE,
        QMessageBox.StandardButton.Cancel,
    )
    look = QTimer(box, interval=QUEUE_LOOK_MS)
    look.timeout.connect(lambda: box.accept() if home.own() else None)
    look.start()
    box.exec()
    return home.engine


def show(app: Application, window: MainWindow, paths: Sequence[str]) -> int:
    app.handed_over.connect(window.receive, Qt.ConnectionType.QueuedConnection)
    window.closed.connect(app.quit)
    window.show()
    window.start()
    if paths:
        window.receive(paths)
    return app.exec()


def travel(
    app: Application,
    window: MainWindow,
    picture: Path,
    engine: Engine,
    reader: JournalReader,
    practice: HomePractice,
    paths: Paths,
) -> int:
    """Do the main job on the practice place, leave a picture, and close. 1 when it failed."""
    journey = Journey(
        engine, reader, practice, window, picture, paths.home / "back", paths.receipts
    )
    journey.halfway.connect(window.transfers.open_newest, Qt.ConnectionType.QueuedConnection)
    journey.ended.connect(app.exit, Qt.ConnectionType.QueuedConnection)
    window.closed.connect(app.quit)
    window.resize(*PICTURE_SIZE)
    window.show()
    window.start()
    journey.start()
    return app.exec()


def prepare_demo(options: Options, practice: HomePractice, keeper: AccountKeeper) -> None:
    """Open the practice place before the queue starts when something in it may go on."""
    if options.demo or any(account.demo for account in keeper.list()):
        opened = practice.open()
        keeper.put_demo(opened.account, opened.secret)


def read_receipt(
    paths: Paths, accounts: Accounts, reader: JournalReader, batch: BatchId
) -> Mapping[str, Json]:
    """As the journal tells it now, else as it was written. Raises OSError, LookupError."""
    document = make_receipt(accounts, reader, batch)
    if document is not None:
        return document
    kept: Mapping[str, Json] = json.loads(
        (paths.receipts / f"{batch}.json").read_text(encoding="utf-8")
    )
    return kept


def parse(arguments: Sequence[str]) -> Options:
    parser = argparse.ArgumentParser(prog="pipette", add_help=False)
    parser.add_argument("--demo", action="store_true")
    parser.add_argument("--journey", default="")
    known, rest = parser.parse_known_args(list(arguments))
    paths = tuple(str(Path(text).absolute()) for text in rest if Path(text).exists())
    others = tuple(text for text in rest if not Path(text).exists())
    return Options(known.demo or bool(known.journey), known.journey, paths, others)


def paths_for(options: Options) -> Paths:
    """The demo has a home of its own, beside which the person's own queue stays untouched."""
    own = Paths.for_user()
    return Paths.for_user(own.demo) if options.demo else own


def make_application(options: Options) -> Application:
    app = Application([sys.argv[0], *options.qt])
    app.setApplicationName("Pipette")
    app.setApplicationDisplayName("Pipette")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("pipette")
    app.setWindowIcon(app_icon())
    app.setQuitOnLastWindowClosed(False)
    return app


def refuse_newer() -> int:
    QMessageBox.critical(
        None,
        "Pipette",
        "The queue on this computer was written by a later version of Pipette.\n"
        "Nothing was changed. Install that version or a later one to go on.",
    )
    return _CANNOT_START


class Application(QApplication):
    """Hears of files that the system opens with us (macOS) or that a second start hands over."""

    handed_over = Signal(object)
    """Paths; may be emitted on any thread."""

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QFileOpenEvent):
            self.handed_over.emit([event.file()])
            return True
        return super().event(event)


def _log_uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """An exception in a slot must not pass unseen, nor end a window that still sends."""
    log.error("something unexpected went wrong", exc_info=(kind, error, trace))
