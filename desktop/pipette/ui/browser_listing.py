"""Loads the listing of a folder page by page, remembers it, and says how far it is."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from pipette.model.files import Location, RemoteFile
from pipette.providers.protocol import Page
from pipette.ui.background import Background, Errand
from pipette.ui.browser_order import Row, place_of, rows_of

PAUSE_AT_ROWS = 100_000
"""So many rows come by themselves; the next ones on request, so that memory stays bounded."""
_REMEMBERED_ROWS = 200_000


@dataclass(frozen=True, slots=True)
class _Fetched:
    """A page whose rows were made ready on the worker."""

    rows: Sequence[Row]
    cursor: str | None


def _fetched(page: Page) -> _Fetched:
    return _Fetched(rows_of(page.items), page.cursor)


class Lists(Protocol):
    """The part of ``engine.desk.Desk`` a listing needs; blocks, so it is called on a worker."""

    def list(self, folder: Location, cursor: str | None = None) -> Page: ...


def list_all(lists: Lists, folder: Location, most: int) -> list[RemoteFile]:
    """Page after page, until there is no more or ``most`` are found. Blocks."""
    found: list[RemoteFile] = []
    cursor: str | None = None
    while len(found) < most:
        page = lists.list(folder, cursor)
        found.extend(page.items)
        cursor = page.cursor
        if cursor is None:
            break
    return found


@dataclass(frozen=True, slots=True)
class Remembered:
    """A complete listing as it was at ``at`` (seconds since the epoch)."""

    rows: Sequence[Row]
    """By name, folders first."""
    at: float


class ListingMemory:
    """The last complete listings, forgotten oldest first when they grow too many."""

    def __init__(self, most_rows: int = _REMEMBERED_ROWS) -> None:
        self._most_rows = most_rows
        self._kept: OrderedDict[Location, Remembered] = OrderedDict()

    def get(self, folder: Location) -> Remembered | None:
        if folder in self._kept:
            self._kept.move_to_end(folder)
        return self._kept.get(folder)

    def keep(self, folder: Location, remembered: Remembered) -> None:
        self._kept[folder] = remembered
        self._kept.move_to_end(folder)
        while len(self._kept) > 1 and self._rows() > self._most_rows:
            self._kept.popitem(last=False)

    def forget_account(self, account: str) -> None:
        """The account was removed or belongs to someone else now."""
        for folder in [folder for folder in self._kept if folder.account == account]:
            del self._kept[folder]

    def _rows(self) -> int:
        return sum(len(remembered.rows) for remembered in self._kept.values())


class Listing(QObject):
    """One folder at a time. ``open`` drops whatever an earlier folder still had under way."""

    page_arrived = Signal(object)
    """A sequence of Row, in the order the service sent them."""
    finished = Signal()
    """Every row is here; ``rows`` holds them all."""
    halted = Signal()
    """Stopped by the person or at the row limit; ``go_on`` fetches more."""
    failed = Signal(object)
    """The exception."""

    def __init__(
        self,
        desk: Lists,
        background: Background,
        memory: ListingMemory,
        now: Callable[[], float] = time.time,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._desk = desk
        self._background = background
        self._memory = memory
        self._now = now
        self._folder: Location | None = None
        self._errand: Errand[_Fetched] | None = None
        self._cursor: str | None = None
        self._pause_at = PAUSE_AT_ROWS
        self.rows: list[Row] = []

    @property
    def is_running(self) -> bool:
        return self._errand is not None

    @property
    def can_go_on(self) -> bool:
        return self._errand is None and self._cursor is not None

    def remembered(self, folder: Location) -> Remembered | None:
        return self._memory.get(folder)

    def open(self, folder: Location) -> None:
        self._drop()
        self._folder = folder
        self._cursor = None
        self._pause_at = PAUSE_AT_ROWS
        self.rows = []
        self._fetch()

    def close(self) -> None:
        """Nothing is shown any more."""
        self._drop()
        self._folder = None
        self._cursor = None
        self.rows = []

    def stop(self) -> None:
        if self._errand is None:
            return
        self._drop()
        self.halted.emit()

    def go_on(self) -> None:
        if not self.can_go_on:
            return
        self._pause_at = len(self.rows) + PAUSE_AT_ROWS
        self._fetch()

    def _drop(self) -> None:
        if self._errand is not None:
            self._errand.drop()
        self._errand = None

    def _fetch(self) -> None:
        folder, cursor = self._folder, self._cursor
        if folder is None:
            return
        self._errand = self._background.run(
            lambda: _fetched(self._desk.list(folder, cursor)), self._take, self._give_up
        )

    def _take(self, fetched: _Fetched) -> None:
        self._errand = None
        self._cursor = fetched.cursor
        self.rows.extend(fetched.rows)
        self.page_arrived.emit(fetched.rows)
        if fetched.cursor is None:
            self._complete()
        elif len(self.rows) >= self._pause_at:
            self.halted.emit()
        elif self._errand is None:
            self._fetch()

    def _complete(self) -> None:
        if self._folder is not None:
            self.rows.sort(key=place_of)
            self._memory.keep(self._folder, Remembered(tuple(self.rows), self._now()))
        self.finished.emit()

    def _give_up(self, error: Exception) -> None:
        self._errand = None
        self.failed.emit(error)
