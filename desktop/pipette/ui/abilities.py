"""What the service of an account can do: asked once, remembered, told to whoever greys the rest."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from PySide6.QtCore import QObject, Signal

from pipette.engine.desk import Desk
from pipette.model.errors import TransferError
from pipette.model.files import Location
from pipette.providers.protocol import (
    Deletes,
    Downloads,
    Features,
    Links,
    ListsUploads,
    MakesFolders,
    ShowsPages,
)
from pipette.ui.background import Background

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Abilities:
    """As long as a service was not asked, everything is taken for possible."""

    features: Features = field(default_factory=Features)
    downloads: bool = True
    deletes: bool = True
    links: bool = True
    pages: bool = False
    """The service has a page of its own for each place."""
    makes_folders: bool = True
    lists_uploads: bool = True

    def keeps_new_folder(self, place: Location) -> bool:
        """Whether an empty folder made here would stand there."""
        levels = self.features.folder_levels
        return self.makes_folders and (levels is None or depth_of(place) < levels)

    def takes_files(self, place: Location) -> bool:
        """Whether files may lie directly in this folder."""
        return depth_of(place) >= self.features.file_level


def depth_of(place: Location) -> int:
    """How many folders stand above what is in this place, in its project."""
    return len([segment for segment in place.path.split("/") if segment])


class KnownAbilities(QObject):
    """One for the window. ``of`` answers at once, ``learn`` asks on a worker."""

    learned = Signal(str)
    """Account."""

    def __init__(self, desk: Desk, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._background = background
        self._known: dict[str, Abilities] = {}
        self._asked: set[str] = set()

    def knows(self, account: str) -> bool:
        return account in self._known

    def of(self, account: str) -> Abilities:
        return self._known.get(account, Abilities())

    def learn(self, account: str) -> None:
        """Ask, unless it is known or being asked. ``learned`` comes also when it stays unknown."""
        if account in self._known or account in self._asked:
            return
        self._asked.add(account)
        self._background.run(
            lambda: abilities_of(self._desk, account),
            lambda found: self._keep(account, found),
            lambda error: self._miss(account, error),
        )

    def forget(self, account: str) -> None:
        """It may be another service now, or its key another one."""
        self._known.pop(account, None)

    def _keep(self, account: str, found: Abilities) -> None:
        self._asked.discard(account)
        self._known[account] = found
        self.learned.emit(account)

    def _miss(self, account: str, error: Exception) -> None:
        self._asked.discard(account)
        kind = error.kind if isinstance(error, TransferError) else type(error).__name__
        log.info("what %s can do could not be found out: %s", account, kind)
        self.learned.emit(account)


def abilities_of(desk: Desk, account: str) -> Abilities:
    """Blocks: the key may have to be read. Raises SignInNeeded without one."""
    return Abilities(
        features=desk.features(account),
        downloads=desk.can(account, Downloads),
        deletes=desk.can(account, Deletes),
        links=desk.can(account, Links),
        pages=desk.can(account, ShowsPages),
        makes_folders=desk.can(account, MakesFolders),
        lists_uploads=desk.can(account, ListsUploads),
    )
