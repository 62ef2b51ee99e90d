"""Everything below a folder, page by page: files, and the folders that nothing is in.

ICA lists folders and files in no order, so a folder is known to be empty only when all was seen.
What a crawl has seen so far is kept between its pages. Linked folders, which a list by path may not
look into, are walked afterwards one by one.
"""

from __future__ import annotations

import threading
import uuid
from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from pipette.model.errors import Temporary
from pipette.providers.ica_records import Project, Record, record_of
from pipette.providers.ica_tree import Tree, parent_of

MOST_CRAWLS = 64
_BY_PATH = "path"
_LINKED = "linked"


@dataclass(slots=True)
class _Crawl:
    """Used by one caller at a time, as pages follow each other."""

    id: str
    inhabited: set[str] = field(default_factory=set)
    folders: dict[str, Record] = field(default_factory=dict)
    """Not yet seen to hold anything."""
    linked: deque[Record] = field(default_factory=deque)
    """Still to be looked into."""
    foreign: set[str] = field(default_factory=set)
    """Ids of linked data that was told already."""

    def take(self, records: Iterable[Record], project: Project) -> list[Record]:
        """Note what these say; returns the files among them that are new."""
        files = []
        for record in records:
            if record.is_linked(project.id) and not self._is_new(record):
                continue
            self._inhabit(parent_of(record.path))
            if not record.is_folder:
                files.append(record)
                continue
            if record.path not in self.inhabited:
                self.folders[record.path] = record
            if record.is_linked(project.id):
                self.linked.append(record)
        return files

    def empty_folders(self) -> list[Record]:
        return [folder for folder in self.folders.values() if folder.is_taken]

    def _is_new(self, record: Record) -> bool:
        is_new = record.id not in self.foreign
        self.foreign.add(record.id)
        return is_new

    def _inhabit(self, path: str) -> None:
        self.inhabited.add(path)
        self.folders.pop(path, None)


@dataclass(frozen=True, slots=True)
class Found:
    files: list[Record]
    empty_folders: list[Record]
    cursor: str | None


class Crawls:
    """Any thread. A crawl that nobody goes on with is forgotten in time."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._lock = threading.Lock()
        self._crawls: OrderedDict[str, _Crawl] = OrderedDict()

    def page(self, project: Project, path: str, cursor: str | None) -> Found:
        """``path`` is a folder, "" for the whole project."""
        if cursor is None:
            return self._begin(project, path)
        id, _, rest = cursor.partition(" ")
        way, _, token = rest.partition(" ")
        crawl = self._resumed(id)
        if way == _LINKED:
            return self._look_into(crawl, project, token)
        return self._by_path(crawl, project, path, token)

    def _begin(self, project: Project, path: str) -> Found:
        crawl = _Crawl(uuid.uuid4().hex)
        self._keep(crawl)
        linked = self._tree.linked_folder(project, path)
        if linked is None:
            return self._by_path(crawl, project, path, None)
        crawl.take([linked], project)
        return self._look_into(crawl, project, "")

    def _by_path(self, crawl: _Crawl, project: Project, path: str, token: str | None) -> Found:
        rows = self._tree.below(project, path, token)
        found = [record for row in rows.items if (record := record_of(row))]
        files = crawl.take([one for one in found if one.path.startswith(f"{path}/")], project)
        if rows.cursor:
            return Found(files, [], f"{crawl.id} {_BY_PATH} {rows.cursor}")
        return self._next(crawl, files)

    def _look_into(self, crawl: _Crawl, project: Project, token: str) -> Found:
        if not crawl.linked:
            raise Temporary("this listing was forgotten; it must begin again")
        folder = crawl.linked[0]
        found, cursor = self._tree.children(project, folder.id, folder.path, token)
        files = crawl.take(found, project)
        if cursor:
            return Found(files, [], f"{crawl.id} {_LINKED} {cursor.partition(':')[2]}")
        crawl.linked.popleft()
        return self._next(crawl, files)

    def _next(self, crawl: _Crawl, files: list[Record]) -> Found:
        if crawl.linked:
            return Found(files, [], f"{crawl.id} {_LINKED} ")
        self._forget(crawl)
        return Found(files, crawl.empty_folders(), None)

    def _resumed(self, id: str) -> _Crawl:
        with self._lock:
            crawl = self._crawls.get(id)
        if crawl is None:
            crawl = _Crawl(id)
            self._keep(crawl)
        return crawl

    def _keep(self, crawl: _Crawl) -> None:
        with self._lock:
            self._crawls[crawl.id] = crawl
            while len(self._crawls) > MOST_CRAWLS:
                self._crawls.popitem(last=False)

    def _forget(self, crawl: _Crawl) -> None:
        with self._lock:
            self._crawls.pop(crawl.id, None)
