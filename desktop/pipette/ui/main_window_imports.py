"""The way from the main window to imports by DRS: menu, key, sidebar, a list that is dropped."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from pipette.engine.desk import Desk
from pipette.engine.queue import Queue
from pipette.model.account import Account
from pipette.model.drs_table import (
    ManifestUnreadable,
    Role,
    guessed_roles,
    looks_like_address,
    table_from_bytes,
)
from pipette.model.files import Location
from pipette.model.transfer import BatchId, BatchSnapshot, Changes, Direction
from pipette.ui import words_drs
from pipette.ui.actions import Act, Actions
from pipette.ui.background import Background
from pipette.ui.dialogs import Asked, Choose
from pipette.ui.dropping import DropTarget
from pipette.ui.drs_import import DrsImportWindow
from pipette.ui.drs_import_target import ImportTarget
from pipette.ui.kept_settings import KeptSettings
from pipette.ui.main_window_locations import Locations
from pipette.ui.main_window_uploads import Uploads
from pipette.ui.sidebar import Sidebar
from pipette.ui.theme import Theme
from pipette.ui.tokens import Tone

_LISTS = frozenset({".csv", ".tsv", ".txt", ".tab"})
_MOST_BYTES = 64 * 1024 * 1024
"""A larger file is no list that somebody keeps by hand."""


class Dropped(Enum):
    """What shall be done with a list that was dropped."""

    IMPORT = "import"
    UPLOAD = "upload"


class Imports(QObject):
    """One for the window; its import window is made on first use."""

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
        settings: KeptSettings,
        theme: Theme,
        locations: Locations,
        uploads: Uploads,
        actions: Actions,
        sidebar: Sidebar,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._queue = queue
        self._desk = desk
        self._background = background
        self._settings = settings
        self._theme = theme
        self._locations = locations
        self._uploads = uploads
        self._actions = actions
        self._sidebar = sidebar
        self._under_way: dict[BatchId, BatchSnapshot] = {}
        self._opened: DrsImportWindow | None = None
        sidebar.bulk_import_wanted.connect(actions[Act.BULK_IMPORT].trigger)
        locations.accounts_changed.connect(self.look)
        self.look()

    def look(self) -> None:
        """Both ways in are greyed while no location takes an import."""
        why_not = "" if self.targets else words_drs.NO_PLACE_SHORT
        self._actions.allow(Act.BULK_IMPORT, why_not)
        self._sidebar.allow_bulk_import(not why_not)

    @property
    def targets(self) -> list[ImportTarget]:
        """The accounts that take imports."""
        accounts = self._locations.accounts
        return [self._target(account) for account in accounts if self._imports(account)]

    def open(self, here: Location | None) -> None:
        """The import that is under way, else a new one into the place that is shown."""
        window = self.window()
        window.propose(here)
        newest = max(self._under_way.values(), key=lambda batch: batch.created_at, default=None)
        if newest is None:
            window.open_new(here)
        else:
            window.open_import(newest)

    def offer(self, paths: Sequence[str], target: DropTarget) -> None:
        """What was dropped is uploaded; a list of DRS addresses may be meant otherwise."""
        place = target.location
        account = self._locations.account(place.account) if place is not None else None
        may_be = len(paths) == 1 and Path(paths[0]).suffix.lower() in _LISTS
        if not may_be or account is None or not self._imports(account) or target.refusal:
            self._uploads.start(paths, target)
            return
        self._background.run(
            lambda: holds_addresses(paths[0]),
            lambda is_list: self._ask(paths, target) if is_list else self._upload(paths, target),
            lambda _error: self._upload(paths, target),
        )

    def window(self) -> DrsImportWindow:
        if self._opened is None:
            self._opened = DrsImportWindow(
                self._queue,
                self._desk,
                self._background,
                self._theme,
                lambda: self.targets,
                lambda: self._settings.now.operator,
                parent=self._window,
            )
            self._opened.started.connect(self.started)
            self._opened.trouble.connect(self.trouble)
        return self._opened

    def take_changes(self, changes: Changes) -> None:
        for batch in changes.batches:
            if batch.direction is Direction.IMPORT and batch.finished_at is None:
                self._under_way[batch.id] = batch
            else:
                self._under_way.pop(batch.id, None)
        for gone in changes.removed:
            self._under_way.pop(gone, None)
        if self._opened is not None:
            self._opened.show_changes(changes)

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()

    def _ask(self, paths: Sequence[str], target: DropTarget) -> None:
        place = target.location
        name = Path(paths[0]).name
        asked = Asked(
            words_drs.TITLE,
            "import",
            Tone.ACCENT,
            words_drs.DROPPED_HEAD.format(name=name),
            words_drs.DROPPED_TEXT.format(place=target.name),
        )
        answers = [
            (Dropped.IMPORT, words_drs.DROPPED_IMPORT),
            (Dropped.UPLOAD, words_drs.DROPPED_UPLOAD),
        ]
        question = Choose(self._theme, asked, answers, self.tr("Go on"), self._window)

        def follow(answer: Dropped) -> None:
            if answer is Dropped.IMPORT:
                self.window().open_file(paths[0], place)
            else:
                self._upload(paths, target)

        question.chosen.connect(follow)
        question.open()

    def _upload(self, paths: Sequence[str], target: DropTarget) -> None:
        self._uploads.start(paths, target)

    def _imports(self, account: Account) -> bool:
        return self._locations.kind_of(account.name).imports_drs

    def _target(self, account: Account) -> ImportTarget:
        kind = self._locations.kind_of(account.name)
        region = kind.region(account.region)
        called = region.short if region is not None and region.short else account.name
        return ImportTarget(account.name, called, kind.container_segments)


def holds_addresses(path: str) -> bool:
    """Whether this file is a list of DRS addresses. Blocks on the disk."""
    if Path(path).stat().st_size > _MOST_BYTES:
        return False
    try:
        table = table_from_bytes(Path(path).read_bytes())
    except ManifestUnreadable:
        return False
    roles = guessed_roles(table)
    if Role.ADDRESS not in roles:
        return False
    column = roles.index(Role.ADDRESS)
    return any(looks_like_address("".join(row.cells[column : column + 1])) for row in table.rows)
