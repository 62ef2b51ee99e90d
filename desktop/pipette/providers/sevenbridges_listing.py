"""Looking through Seven Bridges: projects, folders, and whole trees folder by folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipette.model import errors
from pipette.model.files import Kind, Location, RemoteFile
from pipette.providers.protocol import Page
from pipette.providers.sevenbridges_api import PAGE, Api, next_offset, project_path, segment
from pipette.providers.sevenbridges_folders import (
    ALL_FIELDS,
    Folders,
    Place,
    entry,
    is_folder,
    page_of,
    remote_of,
    seconds_of,
)


def find_project(api: Api, at: Location) -> RemoteFile | None:
    try:
        project = api.get(project_path(at.container))
    except (errors.RemoteMissing, errors.ContainerGone):
        return None
    return _project(at.account, project)


def list_projects(api: Api, top: Location, cursor: str | None) -> Page:
    """All projects, or those of the one owner that ``top`` names."""
    offset = int(cursor or 0)
    path = f"/projects/{segment(top.container)}" if top.container else "/projects"
    page = api.get(path, {"limit": PAGE, "offset": offset, "fields": ALL_FIELDS})
    following = next_offset(page, offset)
    items = [_project(top.account, project) for project in page["items"]]
    return Page(items, None if following is None else str(following))


def _project(account: str, project: Mapping[str, Any]) -> RemoteFile:
    return RemoteFile(
        Location(account, str(project["id"])),
        Kind.PROJECT,
        id=str(project["id"]),
        changed=seconds_of(project.get("modified_on")),
    )


def find(api: Api, folders: Folders, at: Location) -> RemoteFile | None:
    """A file or, by its marker or its name, a folder."""
    if at.is_folder_marker:
        place = folders.at(at)
        if place is None or not place.folder:
            return None
        return RemoteFile(at, Kind.FOLDER, id=place.folder)
    item = folders.using(at.parent, lambda place: entry(api, place, at.name))
    return None if item is None else remote_of(item, at)


def list_folder(api: Api, folders: Folders, folder: Location, cursor: str | None) -> Page:
    """One page of one level. A folder that is not there is an empty one."""
    offset = int(cursor or 0)
    found = folders.using(folder, lambda place: page_of(api, place, offset))
    if found is None:
        return Page([])
    items, following = found
    shown = [remote_of(item, folder.child(str(item["name"]))) for item in items]
    return Page(shown, None if following is None else str(following))


@dataclass(frozen=True, slots=True)
class _Stop:
    """A folder still to be listed, from this offset on."""

    path: str
    folder: str
    offset: int = 0


def list_tree(api: Api, folders: Folders, top: Location, cursor: str | None) -> Page:
    """Files, and markers of empty folders, a page of one folder at a time, the deepest first."""
    if cursor is not None:
        stops = [_Stop(*stop) for stop in json.loads(cursor)]
        return _tree_page(api, top, stops)
    start = folders.using(top, lambda place: [_Stop(top.path, place.folder)])
    return Page([]) if start is None else _tree_page(api, top, start)


def _tree_page(api: Api, top: Location, stops: list[_Stop]) -> Page:
    *rest, stop = stops
    place = Place(top.container, stop.folder)
    try:
        items, following = page_of(api, place, stop.offset)
    except errors.RemoteMissing:
        if not rest:
            return Page([])
        items, following = [], None  # deleted while we looked elsewhere
    here = Location(top.account, top.container, stop.path)
    if following is not None:
        rest.append(_Stop(stop.path, stop.folder, following))
    for item in reversed(items):
        if is_folder(item):
            rest.append(_Stop(here.child(str(item["name"])).path, str(item["id"])))
    files = [
        remote_of(item, here.child(str(item["name"]))) for item in items if not is_folder(item)
    ]
    if not items and not stop.offset and stop.path != top.path:
        files.append(RemoteFile(Location(top.account, top.container, f"{stop.path}/"), Kind.FOLDER))
    return Page(files, _written(rest))


def _written(stops: list[_Stop]) -> str | None:
    return json.dumps([(stop.path, stop.folder, stop.offset) for stop in stops]) if stops else None
