"""Whether files of one folder are there, for callers that ask for many one after the other.

The first questions about a folder are asked one by one. If more follow, the folder is listed once,
and the list answers for a few seconds. What it lacks is asked for: it may just have come.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from pipette.providers.ica_records import Project, Record
from pipette.providers.ica_tree import Tree, parent_of
from pipette.providers.web import Clock

FRESH_SECONDS = 10.0
ONE_BY_ONE = 3
MOST_PAGES = 5
"""A larger folder is not listed for this: what is asked for may be little of it."""
MOST_FOLDERS = 200


@dataclass(slots=True)
class _Folder:
    since: float
    asked: int = 0
    listed: dict[str, Record] | None = None
    is_large: bool = False
    listing: threading.Lock = field(default_factory=threading.Lock)


class Glances:
    """Any thread."""

    def __init__(self, tree: Tree, clock: Clock) -> None:
        self._tree = tree
        self._clock = clock
        self._lock = threading.Lock()
        self._folders: OrderedDict[tuple[str, str], _Folder] = OrderedDict()

    def file(self, project: Project, path: str) -> Record | None:
        """As ``Tree.file``, but perhaps some seconds old."""
        folder = self._folder(project, path)
        if folder.is_large or folder.asked <= ONE_BY_ONE:
            return self._tree.file(project, path)
        # Held while asking on purpose: one list serves everybody who waits here.
        with folder.listing:
            if folder.listed is None and not folder.is_large:
                self._list(project, parent_of(path), folder)
        return (folder.listed or {}).get(path) or self._tree.file(project, path)

    def forget(self, project: Project, path: str) -> None:
        """Something happened to this file."""
        with self._lock:
            self._folders.pop((project.id, parent_of(path)), None)

    def _folder(self, project: Project, path: str) -> _Folder:
        place = (project.id, parent_of(path))
        now = self._clock()
        with self._lock:
            folder = self._folders.get(place)
            if folder is None or now - folder.since > FRESH_SECONDS:
                folder = self._folders[place] = _Folder(now)
            folder.asked += 1
            while len(self._folders) > MOST_FOLDERS:
                self._folders.popitem(last=False)
        return folder

    def _list(self, project: Project, path: str, folder: _Folder) -> None:
        found: dict[str, Record] = {}
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            records, cursor = self._tree.level(project, path, cursor)
            found |= {record.path: record for record in records if not record.is_folder}
            if not cursor:
                folder.listed = found
                return
        folder.is_large = True
