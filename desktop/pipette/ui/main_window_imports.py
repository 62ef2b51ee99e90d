"""The way from the main window to imports by DRS: menu, key, sidebar, a list that is dropped."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from pipette.engine.desk import Desk
from pipette.engine.queue import Queue
from pipette.model.account import Account
from pipette.model.files import Location
from pipette.model.kinds import Kinds
from pipette.model.transfer import BatchSnapshot, Changes
from pipette.ui.background import Background
from pipette.ui.drs_import import DrsImportWindow
from pipette.ui.drs_import_target import ImportTarget
from pipette.ui.theme import Theme


class Imports(QObject):
    """One for the window, whose import window is made on first use."""

    started = Signal(object)
    """BatchId."""
    trouble = Signal(object)
    """Exception."""

    def __init__(
        self,
        window: QWidget,
        queue: Queue,
        desk: Desk,
        background: Background,
        theme: Theme,
        kinds: Kinds,
        accounts: Callable[[], Sequence[Account]],
        operator: Callable[[], str],
    ) -> None:
        super().__init__(window)
        self._window = window
        self._queue = queue
        self._desk = desk
        self._background = background
        self._theme = theme
        self._kinds = kinds
        self._accounts = accounts
        self._operator = operator
        self._opened: DrsImportWindow | None = None

    @property
    def targets(self) -> list[ImportTarget]:
        """The accounts that take imports."""
        return [
            self._target(account)
            for account in self._accounts()
            if self._kinds.of(account).imports_drs
        ]

    def open(self, here: Location | None) -> None:
        """A new import; the place that is open is proposed as its target."""
        self.window().open_new(here)

    def open_file(self, path: str, here: Location | None) -> None:
        self.window().open_file(path, here)

    def open_batch(self, batch: BatchSnapshot) -> None:
        """An import that was started before."""
        self.window().open_import(batch)

    def window(self) -> DrsImportWindow:
        if self._opened is None:
            self._opened = DrsImportWindow(
                self._queue,
                self._desk,
                self._background,
                self._theme,
                lambda: self.targets,
                self._operator,
                parent=self._window,
            )
            self._opened.started.connect(self.started)
            self._opened.trouble.connect(self.trouble)
        return self._opened

    def take_changes(self, changes: Changes) -> None:
        if self._opened is not None:
            self._opened.show_changes(changes)

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()

    def _target(self, account: Account) -> ImportTarget:
        kind = self._kinds.of(account)
        region = kind.region(account.region)
        called = region.short if region is not None and region.short else account.name
        return ImportTarget(account.name, called, kind.container_segments)
