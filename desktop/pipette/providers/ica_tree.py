"""Files and folders of a project: found by exact path, listed one level at a time, made.

ICA matches paths without regard to case, so every row is compared with what was asked for.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator, Sequence

from pipette.model.errors import NameRefused, NameTaken, Refused, RemoteMissing, Temporary
from pipette.providers.ica_api import V4, WRONG_VERSION, Api, Rows
from pipette.providers.ica_create import Creator, data_path
from pipette.providers.ica_records import Project, Record, record_of
from pipette.providers.web import Params

FRESH_SECONDS = 60.0
MOST_KEPT = 10_000
_TYPES = {True: "FOLDER", False: "FILE"}


def parent_of(path: str) -> str:
    """The folder something is in; "" for what lies in the project itself."""
    return path.rpartition("/")[0]


def name_of(path: str) -> str:
    return path.rpartition("/")[2]


def checked_path(path: str) -> str:
    """A place's path as ICA has it. Raises NameRefused for what would be another place there."""
    segments = path.rstrip("/").split("/")
    if any(segment in ("", ".", "..") for segment in segments):
        raise NameRefused(f"{path!r} has an empty or dotted segment")
    try:
        path.encode()
    except UnicodeEncodeError as error:
        raise NameRefused("the name cannot be written in UTF-8") from error
    return "/" + "/".join(segments)


class Tree:
    """Any thread. Remembers folders for a minute, nothing else."""

    def __init__(self, api: Api, creator: Creator) -> None:
        self._api = api
        self._creator = creator
        self._lock = threading.Lock()
        self._folders: dict[tuple[str, str], tuple[float, Record]] = {}
        self._missing: dict[tuple[str, str], float] = {}

    def by_id(self, project: Project, data: str) -> Record | None:
        try:
            return record_of(self._api.get(f"{data_path(project)}/{data}"))
        except RemoteMissing:
            return None

    def file(self, project: Project, path: str) -> Record | None:
        """Whatever its status."""
        return self._find(project, path, is_folder=False)

    def files(self, project: Project, folder: str, names: Sequence[str]) -> dict[str, Record]:
        """Those of a few files of one folder that ICA knows, by name."""
        asked: dict[str, str | int | bool | list[str]] = {
            "parentFolderPath": f"{folder}/",
            "filename": list(names),
            "filenameMatchMode": "EXACT",
            "type": "FILE",
        }
        wanted = {f"{folder}/{name}": name for name in names}
        found = self._all(data_path(project), asked)
        return {wanted[record.path]: record for record in found if record.path in wanted}

    def folder(self, project: Project, path: str) -> Record | None:
        """One that is not being deleted."""
        known = self._known(project, path)
        if known is not None:
            return known
        found = self._find(project, path, is_folder=True)
        if found is None or not found.is_taken:
            return None
        self._keep(project, path, found)
        return found

    def make_folder(self, project: Project, path: str) -> Record:
        """The folder and those above it, unless it is there."""
        there = self.folder(project, path)
        if there is not None:
            return there
        try:
            made = self._creator.folder(project, parent_of(path), name_of(path), uuid.uuid4().hex)
        except NameTaken as error:
            made_meanwhile = self.folder(project, path)
            if made_meanwhile is None:
                raise Temporary(error.detail) from error
            return made_meanwhile
        self._keep(project, path, made)
        return made

    def forget_folder(self, project: Project, path: str) -> None:
        with self._lock:
            self._folders.pop((project.id, path), None)

    def level(self, project: Project, path: str, cursor: str | None) -> tuple[list[Record], str]:
        """One page of one folder, and the cursor for the next; "" after the last."""
        inside, _, token = (cursor or "").partition(":")
        if inside:
            return self.children(project, inside, path, token)
        rows = self._api.page(
            data_path(project), {"parentFolderPath": f"{path}/"}, token if cursor else None
        )
        found = [record for record in _records(rows) if parent_of(record.path) == path]
        if found or cursor or not path:
            return found, f":{rows.cursor}" if rows.cursor else ""
        linked = self.linked_folder(project, path)
        return self.children(project, linked.id, path, "") if linked else (found, "")

    def children(
        self, project: Project, folder: str, path: str, token: str
    ) -> tuple[list[Record], str]:
        """One page of a linked folder, which lists by path do not look into."""
        rows = self._children(f"{data_path(project)}/{folder}/children", {}, token)
        return _records(rows, path), f"{folder}:{rows.cursor}" if rows.cursor else ""

    def below(self, project: Project, path: str, cursor: str | None) -> Rows:
        """One page of everything below a folder, at any depth, with rows that do not belong."""
        asked: Params = {
            "filePath": f"{path}/",
            "filePathMatchMode": "STARTS_WITH_CASE_INSENSITIVE",
        }
        return self._api.page(data_path(project), asked, cursor)

    def _find(self, project: Project, path: str, *, is_folder: bool) -> Record | None:
        asked: Params = {
            "parentFolderPath": f"{parent_of(path)}/",
            "filename": name_of(path),
            "filenameMatchMode": "EXACT",
            "type": _TYPES[is_folder],
        }
        for record in self._all(data_path(project), asked):
            if record.path == path and record.is_folder is is_folder:
                return record
        above = self.linked_folder(project, parent_of(path))
        return self._find_inside(project, above, path, is_folder) if above else None

    def _find_inside(
        self, project: Project, above: Record, path: str, is_folder: bool
    ) -> Record | None:
        cursor = f"{above.id}:"
        while cursor:
            token = cursor.partition(":")[2]
            found, cursor = self.children(project, above.id, parent_of(path), token)
            for record in found:
                if record.path == path and record.is_folder is is_folder:
                    return record
        return None

    def linked_folder(self, project: Project, path: str) -> Record | None:
        """The folder, if it is linked or lies in a linked one."""
        if not path or self._was_missing(project, path):
            return None
        found = self.folder(project, path)
        if found is None:
            self._miss(project, path)
        return found if found and found.is_linked(project.id) else None

    def _all(self, path: str, asked: Params) -> Iterator[Record]:
        cursor: str | None = None
        while True:
            rows = self._api.page(path, asked, cursor)
            yield from _records(rows)
            cursor = rows.cursor
            if cursor is None:
                return

    def _children(self, path: str, asked: Params, token: str) -> Rows:
        try:
            return self._api.page(path, asked, token or None, version=V4)
        except Refused as error:
            if token or not (WRONG_VERSION in error.detail or error.detail.startswith("406")):
                raise
        # Older servers know no pages here: everything comes at once.
        items = self._api.get(path, asked).get("items") or []
        return Rows([row for row in items if isinstance(row, dict)], None)

    def _known(self, project: Project, path: str) -> Record | None:
        with self._lock:
            kept_at, record = self._folders.get((project.id, path), (0.0, None))
        fresh = kept_at > self._api.clock() - FRESH_SECONDS
        return record if fresh else None

    def _was_missing(self, project: Project, path: str) -> bool:
        """A folder that was not there a minute ago is no linked one now."""
        with self._lock:
            missed_at = self._missing.get((project.id, path), 0.0)
        return missed_at > self._api.clock() - FRESH_SECONDS

    def _miss(self, project: Project, path: str) -> None:
        with self._lock:
            if len(self._missing) >= MOST_KEPT:
                self._missing.clear()
            self._missing[project.id, path] = self._api.clock()

    def _keep(self, project: Project, path: str, record: Record) -> None:
        with self._lock:
            if len(self._folders) >= MOST_KEPT:
                self._folders.clear()
            self._folders[project.id, path] = (self._api.clock(), record)


def _records(rows: Rows, below: str = "") -> list[Record]:
    return [record for row in rows.items if (record := record_of(row, below))]
