"""What must be known before an import can start: limits, projects, names that are taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal

from pipette.engine.desk import Desk
from pipette.model.drs_manifest import Manifest
from pipette.model.errors import ContainerGone, TransferError
from pipette.model.files import Location
from pipette.providers.protocol_drs import DrsLimits, DrsTarget
from pipette.ui import words
from pipette.ui.background import Background, Errand

LOOK_AFTER_MS = 600
"""Somebody who types is not asked about at every letter."""
MOST_NAMES = 1000
"""Of more rows the names are not looked up beforehand: the import finds out."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What was found out about a place."""

    place: Location
    names: int | None = None
    """None: there are too many rows to ask."""
    problem: str = ""


class Preparing(QObject):
    """Asks the platform in the background; ``changed`` comes when something is known."""

    changed = Signal()
    projects_known = Signal(str, list)
    """Account, and its projects as they are written."""

    def __init__(self, desk: Desk, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._background = background
        self._limits: dict[str, DrsLimits] = {}
        self._projects: dict[str, list[str]] = {}
        self._taken: Taken | None = None
        self._looking: Errand[int | None] | None = None
        self._wanted: tuple[Location, Manifest] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(LOOK_AFTER_MS)
        self._timer.timeout.connect(self._look)

    def limits(self, account: str) -> DrsLimits | None:
        return self._limits.get(account)

    def taken_at(self, place: Location) -> Taken | None:
        return self._taken if self._taken is not None and self._taken.place == place else None

    def learn(self, account: str) -> None:
        """Its limits and projects, once."""
        if account in self._limits:
            self.projects_known.emit(account, self._projects.get(account, []))
            return
        self._background.run(
            lambda: self._desk.drs_limits(account),
            lambda limits: self._take_limits(account, limits),
            lambda _error: None,
        )
        self._background.run(
            lambda: _projects(self._desk, account),
            lambda projects: self._take_projects(account, projects),
            lambda _error: None,
        )

    def look_at(self, place: Location | None, manifest: Manifest) -> None:
        """Soon, unless it is asked about another place first."""
        self._drop()
        self._wanted = (place, manifest) if place else None
        self._timer.stop()
        if place is not None:
            self._timer.start()

    def _look(self) -> None:
        if self._wanted is None:
            return
        place, manifest = self._wanted
        names = _own_names(manifest)
        self._looking = self._background.run(
            lambda: _count_taken(self._desk, place, names),
            lambda count: self._take(Taken(place, count)),
            lambda error: self._fail(place, error),
        )

    def _fail(self, place: Location, error: Exception) -> None:
        if not isinstance(error, TransferError):
            raise error
        self._take(Taken(place, problem=words.refusal_line(error.kind, place.account)))

    def _take(self, taken: Taken) -> None:
        self._taken = taken
        self._looking = None
        self.changed.emit()

    def _take_limits(self, account: str, limits: DrsLimits) -> None:
        self._limits[account] = limits
        self.changed.emit()

    def _take_projects(self, account: str, projects: list[str]) -> None:
        self._projects[account] = projects
        self.projects_known.emit(account, projects)

    def _drop(self) -> None:
        if self._looking is not None:
            self._looking.drop()
            self._looking = None


def _projects(desk: Desk, account: str) -> list[str]:
    page = desk.list(Location(account))
    return [item.location.container for item in page.items]


def _own_names(manifest: Manifest) -> Sequence[str] | None:
    """Of rows that go to the common target; None for too many."""
    rows = [row for row in manifest.fine if row.name and not row.project and not row.parent]
    return [row.name for row in rows] if len(rows) <= MOST_NAMES else None


def _count_taken(desk: Desk, place: Location, names: Sequence[str] | None) -> int | None:
    """Raises ContainerGone where there is no such project."""
    if desk.find(Location(place.account, place.container)) is None:
        raise ContainerGone(str(place))
    if names is None:
        return None
    return len(desk.drs_named(DrsTarget(place), names)) if names else 0
