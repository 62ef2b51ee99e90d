"""A person's computer: one home, its keychain, and the real window on the real engine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QCoreApplication, QEvent, QPoint
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from tests.gui.dragging import Drag
from tests.gui.platform_labs import Lab

from pipette.engine.desk import Desk
from pipette.engine.home import Home
from pipette.engine.journal_reader import JournalReader
from pipette.model.account import Account, Secret
from pipette.model.kinds import Kinds
from pipette.model.transfer import BatchSnapshot, FileSnapshot
from pipette.providers.kinds import KINDS
from pipette.providers.memory import MemoryInProcess
from pipette.store.accounts import Accounts
from pipette.store.credentials import Credentials, MemoryCredentials, environment_name
from pipette.store.paths import Paths
from pipette.store.settings import Settings
from pipette.ui.account_keeping import AccountKeeper
from pipette.ui.add_location import AddLocation, Step
from pipette.ui.download_sheet import DownloadSheet
from pipette.ui.main_window import MainWindow
from pipette.ui.main_window_parts import Parts
from pipette.ui.theme import Theme
from pipette.ui.transfers_bar import Tab
from pipette.ui.upload_sheet import UploadSheet
from pipette.wiring import adapters, open_home

PATIENCE_MS = 60_000
Dialog = TypeVar("Dialog")


class Station:
    """``open`` shows the window, ``close`` ends engine and window as leaving the program does."""

    def __init__(self, folder: Path, theme: Theme, qtbot: QtBot) -> None:
        self.paths = Paths.for_user(folder / "home")
        self.paths.make()
        self.keychain = MemoryCredentials()
        self._shared = Accounts(self.paths.accounts)
        self._credentials = Credentials(self.keychain, {})
        self._theme = theme
        self._qtbot = qtbot
        self._home: Home | None = None
        self._window: MainWindow | None = None

    @property
    def window(self) -> MainWindow:
        assert self._window is not None
        return self._window

    @property
    def accounts(self) -> Accounts:
        return self._shared

    def open(self, up_limit: float | None = None) -> None:
        settings = Settings(up_limit=up_limit)
        settings.save(self.paths.settings)
        accounts, credentials = self._shared, self._credentials
        self._home = open_home(self.paths, settings, accounts, credentials, resume=True)
        assert self._home.own()
        engine = self._home.engine
        assert engine is not None
        self._window = MainWindow(
            Parts(
                queue=engine,
                desk=Desk(adapters(accounts, credentials, settings.network, MemoryInProcess())),
                accounts=accounts,
                credentials=credentials,
                settings=settings,
                save_settings=lambda changed: changed.save(self.paths.settings),
                theme=self._theme,
                clean=lambda text: text,
                read_receipt=lambda _batch: {},
                kinds=Kinds(info.about for info in KINDS.values()),
            )
        )
        self._window.resize(1360, 880)
        self._window.show()
        self._window.activateWindow()
        self._qtbot.waitUntil(self._window.isActiveWindow)
        self._window.start()

    def close(self) -> None:
        window, home = self._window, self._home
        self._window = self._home = None
        if home is not None:
            home.close()
        if window is None:
            return
        while (dialog := QApplication.activeModalWidget()) is not None:
            dialog.close()
        window.transfers.stop()
        window.background.close()
        window.hide()
        window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    def wait(self, condition: Callable[[], object]) -> None:
        self._qtbot.waitUntil(lambda: bool(condition()), timeout=PATIENCE_MS)

    def settle(self) -> None:
        self.wait(lambda: not self.window.background.is_busy)

    def dialog(self, kind: type[Dialog]) -> Dialog:
        """The question that comes up."""
        self.wait(lambda: isinstance(QApplication.activeModalWidget(), kind))
        found = QApplication.activeModalWidget()
        assert isinstance(found, kind)
        return found

    # What a person does.

    def add_location(self, lab: Lab, name: str) -> str:
        """By the wizard, from the address to the project. Returns what the test of the key said."""
        self.window.start_page.add_location.emit()
        wizard = self.dialog(AddLocation)
        wizard.platform.choose(lab.kind)
        wizard.platform.address.setText(lab.url)
        while wizard.step is not Step.KEY:
            wizard.next()
        wizard.key.name.setText(name)
        wizard.key.fields.paste(lab.key)
        self.wait(wizard.next_button.isEnabled)
        said = wizard.key.lines.accessibleDescription()
        wizard.next()
        self.wait(lambda: wizard.done_page.projects.count() > 0)
        rows = wizard.done_page.projects
        names = [rows.item(row).text() for row in range(rows.count())]
        rows.setCurrentRow(names.index(lab.container))
        wizard.next()
        self.wait(lambda: self.window.browser.place is not None)
        self.settle()
        return said

    def put_location(self, account: Account, key: Secret) -> None:
        """As if it had been added before."""
        AccountKeeper(self._shared, self._credentials).add(account, key, session_only=False)
        self.window.locations.show()

    def drop(self, *paths: Path) -> None:
        """Onto the folder shown."""
        viewport = self.window.browser.list.viewport()
        Drag(*map(str, paths)).drop(viewport, QPoint(60, viewport.height() - 4))
        sheet = self.dialog(UploadSheet)
        self.settle()
        sheet.accept()

    def fetch(self, name: str, to: Path) -> None:
        """What stands in the folder shown under this name."""
        browser = self.window.browser
        browser.refresh()
        self.settle()
        browser.list.select_names({name})
        self.window.remote.download(browser.selected())
        sheet = self.dialog(DownloadSheet)
        sheet.folder_field.setText(str(to))
        self.settle()
        self.wait(sheet.download_button.isEnabled)
        sheet.accept()

    # What a person sees.

    def batches(self, tab: Tab = Tab.UPLOADS) -> list[BatchSnapshot]:
        rows = self.window.transfers.pages[tab].model.rows()
        return [row.snapshot for row in rows if isinstance(row.snapshot, BatchSnapshot)]

    def wait_for_end(self, tab: Tab = Tab.UPLOADS) -> list[FileSnapshot]:
        """Until the one batch of this tab is through; its files."""
        self.wait(lambda: [b.finished_at for b in self.batches(tab) if b.finished_at])
        return self.files(tab)

    def files(self, tab: Tab = Tab.UPLOADS) -> list[FileSnapshot]:
        (batch,) = self.batches(tab)
        assert self._home is not None
        assert self._home.engine is not None
        return list(self._home.engine.files(batch.id))

    def arrived(self) -> int:
        return sum(batch.arrived for batch in self.batches())


def run_killed(station: Station, lab: Lab, account: str) -> None:
    """The whole program as a process of its own, killed once it has gone on for a bit.

    It finds in the home what to go on with.
    """
    environment = {
        **os.environ,
        **lab.environment,
        "PIPETTE_HOME": str(station.paths.home),
        "QT_QPA_PLATFORM": "offscreen",
        environment_name(account): lab.key,
    }
    with JournalReader(station.paths.journal) as reader:
        before = _progress(reader, lab)
        program = subprocess.Popen(
            [sys.executable, "-m", "pipette", "-style", "fusion"],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        try:
            station.wait(lambda: program.poll() is not None or _progress(reader, lab) > before)
            assert program.poll() is None, program.communicate()[1]
        finally:
            program.kill()
            program.communicate()
        assert reader.batches(unfinished_only=True)


def _progress(reader: JournalReader, lab: Lab) -> int:
    """Bytes that arrived; where a file goes in one piece, what was done about it so far."""
    files = [file for batch in reader.batches() for file in reader.files(batch.id)]
    if lab.resumes:
        return sum(file.arrived for file in files)
    return sum(len(reader.log(file.id)) for file in files)
