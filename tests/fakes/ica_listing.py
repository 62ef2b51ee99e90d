"""Lists of the fake of ICA: filters that ignore case, pages by cursor and by offset."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from tests.fakes.ica_rules import Problem, Rules
from tests.fakes.ica_shelf import Project, Record, Shelf
from tests.fakes.ica_wire import Request

LONGEST_CURSOR = 2000
MOST_BY_OFFSET = 200_000
PAGING = frozenset({"pageSize", "pageToken", "pageOffset", "sort"})
FILTERS = frozenset(
    {
        "id",
        "filename",
        "filenameMatchMode",
        "filePath",
        "filePathMatchMode",
        "status",
        "type",
        "parentFolderId",
        "parentFolderPath",
        "nonIndexedFolders",
    }
)
SORTS = frozenset(
    [
        "timeCreated",
        "timeModified",
        "name",
        "path",
        "fileSizeInBytes",
        "status",
        "format",
        "dataType",
        "willBeArchivedAt",
        "willBeDeletedAt",
    ]
)

T = TypeVar("T")
Key = Callable[[T], str]


def data_rows(shelf: Shelf, project: Project, request: Request) -> list[tuple[Record, str]]:
    """What a list of data shows, before it is cut into pages."""
    _expect_known(request)
    wants = _filter(shelf, project, request.query)
    return [pair for pair in shelf.visible(project) if wants(*pair)]


def children_rows(
    shelf: Shelf, project: Project, folder: Record, path: str, request: Request
) -> list[tuple[Record, str]]:
    _expect_known(request)
    rows = [pair for pair in shelf.visible(project) if pair[1].rpartition("/")[0] == path]
    wants = _names(request.query)
    return [(record, there) for record, there in rows if wants(record)]


def paged(request: Request, rows: Sequence[T], key: Key[T], rules: Rules) -> dict[str, Any]:
    """A page of rows as values, with what leads to the next one. ``items`` are still rows."""
    size = _size(request, rules)
    if request.one("sort") is not None or request.one("pageOffset") is not None:
        return _by_offset(request, rows, size)
    ordered = sorted(rows, key=key)
    token = request.one("pageToken")
    after = _position(token, request) if token else ""
    left = [row for row in ordered if key(row) > after]
    page: dict[str, Any] = {"items": left[:size], "remainingRecords": max(0, len(left) - size)}
    if len(left) > size:
        return page | {"nextPageToken": _token(key(left[size - 1]), request)}
    if rules.last_page != "missing":
        page["nextPageToken"] = None if rules.last_page == "null" else ""
    return page


def _by_offset(request: Request, rows: Sequence[T], size: int) -> dict[str, Any]:
    if request.one("pageToken"):
        raise Problem(400, "ICA_API_005", "pageToken and sort do not go together")
    for wanted in (request.one("sort") or "").split(","):
        name = wanted.strip().removesuffix(" desc")
        if name and name not in SORTS:
            raise Problem(400, "ICA_API_005", f"cannot sort by {wanted}")
    start = int(request.one("pageOffset") or 0)
    if start + size > MOST_BY_OFFSET:
        raise Problem(400, "ICA_API_005", "too far for an offset")
    items = list(rows[start : start + size])
    return {"items": items, "nextPageToken": "", "totalItemCount": len(rows)}


def _size(request: Request, rules: Rules) -> int:
    size = int(request.one("pageSize") or 100)
    if not 0 < size <= rules.largest_page:
        raise Problem(400, "ICA_API_005", "pageSize is out of range")
    return size


def _asked(request: Request) -> dict[str, list[str]]:
    return {name: list(values) for name, values in request.query.items() if name not in PAGING}


def _token(after: str, request: Request) -> str:
    """The cursor holds the whole filter, which is why long filters do not fit."""
    text = json.dumps([after, request.path, _asked(request)])
    token = base64.urlsafe_b64encode(text.encode()).decode()
    if len(token) > LONGEST_CURSOR:
        raise Problem(400, "ICA_API_006", "the page token became too long")
    return token


def _position(token: str, request: Request) -> str:
    try:
        after, path, asked = json.loads(base64.urlsafe_b64decode(token))
    except ValueError as error:
        raise Problem(400, "ICA_API_006", "not a page token") from error
    if (path, asked) != (request.path, _asked(request)):
        raise Problem(400, "ICA_API_006", "the filter changed between pages")
    return str(after)


def _expect_known(request: Request) -> None:
    unknown = set(request.query) - FILTERS - PAGING
    if unknown:
        raise Problem(400, "ICA_API_005", f"unknown parameters {sorted(unknown)}")


def _filter(
    shelf: Shelf, project: Project, query: Mapping[str, list[str]]
) -> Callable[[Record, str], bool]:
    tests = [_by_path(query), _by_parent(shelf, project, query)]
    names = _names(query)
    ids, states = query.get("id"), query.get("status")

    def wants(record: Record, path: str) -> bool:
        return (
            names(record)
            and (ids is None or record.id in ids)
            and (states is None or record.status in states)
            and all(test(record, path) for test in tests)
        )

    return wants


def _names(query: Mapping[str, list[str]]) -> Callable[[Record], bool]:
    wanted = [name.lower() for name in query.get("filename", [])]
    mode = (query.get("filenameMatchMode") or [""])[0]
    if wanted and mode not in ("EXACT", "EXCLUDE", "FUZZY"):
        raise Problem(400, "ICA_API_005", "filename needs filenameMatchMode")
    kind = (query.get("type") or [""])[0]
    if kind not in ("", "FILE", "FOLDER"):
        raise Problem(400, "ICA_API_005", "type is FILE or FOLDER")

    def wants(record: Record) -> bool:
        if kind and record.is_folder is not (kind == "FOLDER"):
            return False
        if not wanted:
            return True
        name = record.name.lower()
        if mode == "FUZZY":
            return any(part in name for part in wanted)
        return (name in wanted) is (mode == "EXACT")

    return wants


def _by_path(query: Mapping[str, list[str]]) -> Callable[[Record, str], bool]:
    wanted = [path.lower() for path in query.get("filePath", [])]
    full = (query.get("filePathMatchMode") or [""])[0] == "FULL_CASE_INSENSITIVE"

    def wants(record: Record, path: str) -> bool:
        if not wanted:
            return True
        shown = f"{path}/".lower() if record.is_folder else path.lower()
        return any(shown == one if full else shown.startswith(one) for one in wanted)

    return wants


def _by_parent(
    shelf: Shelf, project: Project, query: Mapping[str, list[str]]
) -> Callable[[Record, str], bool]:
    path = query["parentFolderPath"][0] if "parentFolderPath" in query else None
    if path is not None and not (path.startswith("/") and path.endswith("/")):
        raise Problem(400, "ICA_API_005", "parentFolderPath starts and ends with a slash")
    parents = query.get("parentFolderId")
    of_ids = {shelf.get(project, data)[1] for data in parents} if parents else None

    def wants(record: Record, shown: str) -> bool:
        parent = shown.rpartition("/")[0]
        if of_ids is not None and parent not in of_ids:
            return False
        if path is None:
            return True
        # Does not look into linked folders.
        inside_linked = record.project != project.id and bool(parent)
        return not inside_linked and f"{parent}/".lower() == path.lower()

    return wants
