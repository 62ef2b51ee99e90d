"""Waiting until ICA has noticed what lies in its storage: nobody can tell it, so it is asked.

Files of one folder are asked about together, and what was answered a moment ago serves them all.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipette.providers.ica_records import Project, Record
from pipette.providers.ica_tree import Tree, name_of, parent_of
from pipette.providers.web import Clock

WAITS = (2.0, 4.0, 8.0, 15.0)
WAIT_SOON = 30.0
SOON = 600.0
"""So long ICA is asked every half minute; after that …"""
WAIT_LATE = 600.0
LATEST = 24 * 3600.0
FRESH_SECONDS = 1.5
MOST_NAMES = 10
"""More in one question would not fit into ICA's cursor."""
MOST_KEPT = 50_000


class Patience:
    """When to ask again about something, and when to stop. Begins anew with each start. Any thread."""

    def __init__(self, clock: Clock, waits: Sequence[float] = WAITS) -> None:
        self._clock = clock
        self._waits = waits
        self._lock = threading.Lock()
        self._since: dict[str, float] = {}

    def begin(self, what: str) -> float:
        """Seconds before it is worth asking at all: 0 unless this is the first we hear of it."""
        with self._lock:
            if what in self._since:
                return 0.0
            if len(self._since) >= MOST_KEPT:
                self._since.clear()
            self._since[what] = self._clock()
        return self._waits[0]

    def waited(self, what: str) -> float:
        with self._lock:
            return self._clock() - self._since.get(what, self._clock())

    def next_wait(self, what: str) -> float:
        waited = self.waited(what)
        due = 0.0
        for wait in self._waits:
            due += wait
            if waited < due:
                return wait
        return WAIT_SOON if waited < SOON else WAIT_LATE

    def end(self, what: str) -> None:
        with self._lock:
            self._since.pop(what, None)


@dataclass(slots=True)
class _Folder:
    expected: set[str] = field(default_factory=set)
    answers: dict[str, tuple[float, Record | None]] = field(default_factory=dict)
    pages: int = 1
    """How many it took to list the whole folder."""


class Arrivals:
    """Any thread."""

    def __init__(self, tree: Tree, clock: Clock) -> None:
        self._tree = tree
        self._clock = clock
        self._lock = threading.Lock()
        self._asking = threading.Lock()
        self._folders: dict[tuple[str, str], _Folder] = {}

    def expect(self, project: Project, path: str) -> None:
        """It will be asked about: whoever asks first asks for it as well."""
        with self._lock:
            self._folder(project, path).expected.add(name_of(path))

    def look(self, project: Project, path: str) -> Record | None:
        """What ICA says of this file now, or said a moment ago. It must be expected."""
        # Held while asking on purpose: the others find their answer when they get in.
        with self._asking:
            known, record = self._known(project, path)
            if known:
                return record
            self._ask(project, path)
            return self._known(project, path)[1]

    def settled(self, project: Project, path: str) -> None:
        with self._lock:
            folder = self._folder(project, path)
            folder.expected.discard(name_of(path))
            folder.answers.pop(name_of(path), None)
            if not folder.expected:
                self._folders.pop((project.id, parent_of(path)), None)

    def _known(self, project: Project, path: str) -> tuple[bool, Record | None]:
        with self._lock:
            answer = self._folder(project, path).answers.get(name_of(path))
        if answer is None or self._clock() - answer[0] > FRESH_SECONDS:
            return False, None
        return True, answer[1]

    def _ask(self, project: Project, path: str) -> None:
        with self._lock:
            folder = self._folder(project, path)
            others = sorted(folder.expected - {name_of(path)})
        by_name = -(-(len(others) + 1) // MOST_NAMES) <= folder.pages
        names = [name_of(path), *(others[: MOST_NAMES - 1] if by_name else others)]
        asked_at = self._clock()
        found = (
            self._tree.files(project, parent_of(path), names)
            if by_name
            else self._listed(project, parent_of(path), folder)
        )
        with self._lock:
            folder.answers |= {name: (asked_at, found.get(name)) for name in names}

    def _listed(self, project: Project, path: str, folder: _Folder) -> dict[str, Record]:
        found: dict[str, Record] = {}
        cursor: str | None = None
        pages = 0
        while cursor is None or cursor:
            records, cursor = self._tree.level(project, path, cursor)
            found |= {name_of(one.path): one for one in records if not one.is_folder}
            pages += 1
        folder.pages = pages
        return found

    def _folder(self, project: Project, path: str) -> _Folder:
        return self._folders.setdefault((project.id, parent_of(path)), _Folder())
