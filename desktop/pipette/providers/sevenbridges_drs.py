"""Importing by DRS at Seven Bridges: jobs of up to a hundred rows.

The files stay where they are and are only referred to. No call repeats a job or lists those that
were begun, and the order of results is not promised.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pipette.model import errors
from pipette.model.transfer import IfExists
from pipette.providers.protocol_drs import (
    DrsFile,
    DrsItem,
    DrsJob,
    DrsLimits,
    DrsResult,
    DrsState,
    DrsTarget,
)
from pipette.providers.sevenbridges_api import Api, segment
from pipette.providers.sevenbridges_errors import (
    NO_SUCH_CALL,
    WINDOW_SECONDS,
    code_of,
    kind_of,
    told,
)
from pipette.providers.sevenbridges_folders import ALL_FIELDS, Folders, Place, entries, is_folder

LIMITS = DrsLimits(items=100, files=500, window_seconds=WINDOW_SECONDS)
_IMPORTS = "/bulk/drs/imports"
_RULES = {
    IfExists.SKIP: "SKIP",
    IfExists.KEEP_BOTH: "RENAME",
    IfExists.REPLACE: "OVERWRITE",
}
_STATES = {state.name: state for state in DrsState}


def submit(
    api: Api, folders: Folders, items: Sequence[DrsItem], rule: IfExists, tags: Sequence[str]
) -> str:
    """The id of the job, begun just now."""
    body: dict[str, object] = {
        "conflict_resolution": _RULES[rule],
        "items": [_written(folders, item) for item in items],
    }
    if tags:
        body["tags"] = list(tags)
    answer = api.ask("POST", f"{_IMPORTS}/create", body=body, known=NO_SUCH_CALL)
    if code_of(answer) in NO_SUCH_CALL:
        raise errors.Unavailable("this platform imports nothing by DRS")
    return str(answer.data["id"])


def _written(folders: Folders, item: DrsItem) -> dict[str, object]:
    place = _place(item.into, folders.made)
    written: dict[str, object] = {"drs_uri": item.uri, **place.named}
    if item.name:
        written["name"] = item.name
    metadata = {key: text for key, text in item.metadata.items() if text}
    if metadata:
        written["metadata"] = metadata
    return written


def _place(into: DrsTarget, made: Callable[[Any], Place]) -> Place:
    if into.folder_id:
        return Place(into.place.container, into.folder_id)
    return made(into.place)


def poll(api: Api, job: str) -> DrsJob:
    found = api.get(f"{_IMPORTS}/{segment(job)}", urgent=True)
    state = _STATES.get(str(found.get("state", "")).upper(), DrsState.RUNNING)
    return DrsJob(state, tuple(_result(item) for item in found.get("result") or ()))


def _result(item: Mapping[str, Any]) -> DrsResult:
    resource, error = item.get("resource"), item.get("error")
    if resource and resource.get("id"):
        return DrsResult(file_id=str(resource["id"]))
    if not error:
        return DrsResult()
    code, message = told(error)
    kind = kind_of(code, error.get("status"))
    return DrsResult(kind=kind.__name__, code="" if code is None else str(code), detail=message)


def files(api: Api, ids: Sequence[str]) -> list[DrsFile]:
    """At most a hundred at once."""
    found = api.ask(
        "POST", "/bulk/files/get", {"fields": ALL_FIELDS}, {"file_ids": list(ids)}, urgent=True
    ).data
    return [_file(item["resource"]) for item in found["items"] if item.get("resource")]


def named(api: Api, folders: Folders, into: DrsTarget, names: Sequence[str]) -> list[DrsFile]:
    def look(place: Place) -> list[DrsFile]:
        return [_file(item) for item in entries(api, place, names) if not is_folder(item)]

    if into.folder_id:
        return look(Place(into.place.container, into.folder_id))
    return folders.using(into.place, look) or []


def _file(item: Mapping[str, Any]) -> DrsFile:
    size = item.get("size")
    return DrsFile(
        id=str(item["id"]),
        name=str(item.get("name") or ""),
        size=size if isinstance(size, int) else None,
        folder_id=str(item.get("parent") or ""),
        project=str(item.get("project") or ""),
    )
