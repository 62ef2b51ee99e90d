"""Paths at Seven Bridges, where files and folders have ids: finding, listing and making them.

Ids of folders are remembered; one that turns out to be gone is forgotten and looked up once more.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from pipette.model import errors
from pipette.model.files import Kind, Location, RemoteFile
from pipette.providers.sevenbridges_api import PAGE, Api, next_offset, segment

log = logging.getLogger(__name__)

ALL_FIELDS = "_all"
NAMES_IN_CALL = 50
LONGEST_NAMES = 4000
"""Characters of names in one call: addresses beyond 6000 are refused."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Place:
    """Where files lie: the root of a project, or a folder by its id."""

    project: str
    folder: str = ""

    @property
    def named(self) -> dict[str, str]:
        """As calls name it: by one of the two, never both."""
        return {"parent": self.folder} if self.folder else {"project": self.project}


class Folders:
    """Any thread. Only the cache of ids is shared."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._ids: dict[tuple[str, str], str] = {}
        self._lock = threading.Lock()
        self._making = threading.Lock()

    def at(self, folder: Location) -> Place | None:
        """The place of a folder, or None when there is none."""
        return self._walk(folder, self._found)

    def made(self, folder: Location) -> Place:
        """The place of a folder, which is made with all above it where it is missing."""
        place = self._cached(folder.container, _segments(folder))
        if place is not None:
            return place
        with self._making:  # else all files of a new folder would each try to make it
            place = self._walk(folder, self._found_or_made)
        if place is None:
            raise errors.Temporary(f"the folder {folder.path!r} appears and disappears")
        return place

    def using(self, folder: Location, use: Callable[[Place], T]) -> T | None:
        """What ``use`` makes of the place; None when there is no such folder."""
        was_known = self._cached(folder.container, _segments(folder)) is not None
        place = self.at(folder)
        if place is None:
            return None
        try:
            return use(place)
        except errors.RemoteMissing:
            self.forget(folder)
            again = self.at(folder) if was_known and folder.path else None
            return None if again is None else use(again)

    def forget(self, folder: Location) -> None:
        """The ids of this folder and all below it are not believed any more."""
        path = "/".join(_segments(folder))
        project = folder.container.lower()
        with self._lock:
            stale = [
                key
                for key in self._ids
                if key[0] == project and f"{key[1]}/".startswith(f"{path}/")
            ]
            for key in stale:
                del self._ids[key]

    def _cached(self, container: str, segments: Sequence[str]) -> Place | None:
        if not segments:
            return Place(container)
        with self._lock:
            known = self._ids.get((container.lower(), "/".join(segments)))
        return Place(container, known) if known else None

    def _walk(self, folder: Location, step: Callable[[Place, str], str | None]) -> Place | None:
        """From the deepest folder that is known down to the one that is wanted."""
        segments = _segments(folder)
        depth = len(segments)
        while (place := self._cached(folder.container, segments[:depth])) is None:
            depth -= 1
        for below in range(depth, len(segments)):
            found = step(place, segments[below])
            if found is None:
                return None
            place = Place(folder.container, found)
            with self._lock:
                self._ids[folder.container.lower(), "/".join(segments[: below + 1])] = found
        return place

    def _found(self, place: Place, name: str) -> str | None:
        item = entry(self._api, place, name)
        return str(item["id"]) if item is not None and is_folder(item) else None

    def _found_or_made(self, place: Place, name: str) -> str | None:
        item = entry(self._api, place, name)
        if item is None:
            return self._make(place, name)
        if not is_folder(item):
            raise errors.NameRefused(f"{name!r} is a file and cannot be a folder too")
        return str(item["id"])

    def _make(self, place: Place, name: str) -> str | None:
        try:
            made = self._api.post("/files", {"name": name, "type": "folder"} | place.named)
        except errors.NameTaken:
            log.debug("A folder was made by somebody else at the same time")
            return self._found(place, name)
        return str(made["id"])


def entry(api: Api, place: Place, name: str) -> Mapping[str, Any] | None:
    """The file or folder of exactly this name in this place."""
    return next(iter(entries(api, place, [name])), None)


def entries(api: Api, place: Place, names: Sequence[str]) -> list[Mapping[str, Any]]:
    """Those of these names that are taken in this place."""
    found: list[Mapping[str, Any]] = []
    for few in _in_calls(names):
        wanted = set(few)
        page = api.get("/files", {**place.named, "name": few, "limit": PAGE, "fields": ALL_FIELDS})
        found += [item for item in page["items"] if item["name"] in wanted]
    return found


def _in_calls(names: Sequence[str]) -> list[list[str]]:
    calls: list[list[str]] = []
    room = 0
    for name in names:
        cost = 6 + 3 * len(name.encode())
        if not calls or len(calls[-1]) >= NAMES_IN_CALL or cost > room:
            calls.append([])
            room = LONGEST_NAMES
        calls[-1].append(name)
        room -= cost
    return calls


def page_of(api: Api, place: Place, offset: int) -> tuple[list[Mapping[str, Any]], int | None]:
    """One page of what lies directly in a place, and where the next one begins."""
    page = api.get("/files", {**place.named, "limit": PAGE, "offset": offset, "fields": ALL_FIELDS})
    return list(page["items"]), next_offset(page, offset)


def is_folder(item: Mapping[str, Any]) -> bool:
    return str(item.get("type", "")).lower() == "folder"


def remote_of(item: Mapping[str, Any], at: Location) -> RemoteFile:
    """A file or folder as it was described; ``at`` is where it was found."""
    if is_folder(item):
        return RemoteFile(at, Kind.FOLDER, id=str(item["id"]), changed=_changed(item))
    size = item.get("size")
    return RemoteFile(
        at,
        Kind.FILE,
        size=size if isinstance(size, int) else None,
        id=str(item["id"]),
        changed=_changed(item),
        storage=str((item.get("storage") or {}).get("type") or ""),
    )


def seconds_of(text: object) -> float | None:
    """Seconds since the epoch of a time as the platform writes it."""
    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except ValueError:
        return None


def _changed(item: Mapping[str, Any]) -> float | None:
    return seconds_of(item.get("modified_on")) or seconds_of(item.get("created_on"))


def file_path(file_id: str) -> str:
    return f"/files/{segment(file_id)}"


def _segments(folder: Location) -> list[str]:
    return [part for part in folder.path.split("/") if part]
