"""What ICA tells of projects and data, read tolerantly: unknown fields and words are no error."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipette.model.files import Kind, Location, MiB, RemoteFile

PARTIAL = "PARTIAL"
AVAILABLE = "AVAILABLE"
DELETING = "DELETING"
ARCHIVES = ("ARCHIVING", "ARCHIVED", "UNARCHIVING")
_STATUS_WORDS = {"ARCHIVING": "archived", "ARCHIVED": "archived", "UNARCHIVING": "restoring"}
ETAG_IS_MD5_BELOW = 16_000_000
"""The vendor's word: below this the ETag of a file is its MD5."""
MD5_ETAG = re.compile(r"[0-9a-f]{32}")
COMPOSITE_ETAG = re.compile(r"[0-9a-f]{32}-([1-9]\d*)")
SMALLEST_PART = 8 * MiB
MOST_PARTS_AIMED_AT = 8192
_OTHER_PARTS = (5, 10, 16, 64, 100)
_MOST_DOUBLINGS = 10


@dataclass(frozen=True, slots=True)
class Project:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Record:
    """A file or folder as ICA keeps it. ``path`` begins with a slash and ends in the name."""

    id: str
    path: str
    is_folder: bool
    status: str
    size: int | None = None
    etag: str | None = None
    changed: float | None = None
    owner: str = ""
    """The project it belongs to; another one than where it was found means that it is linked."""

    @property
    def is_taken(self) -> bool:
        """Something whole has this name, or will have it again."""
        return self.status not in (PARTIAL, DELETING)

    def is_linked(self, project: str) -> bool:
        return bool(self.owner) and self.owner != project


def project_of(row: Mapping[str, Any]) -> Project | None:
    if not row.get("id") or not row.get("name"):
        return None
    return Project(str(row["id"]), str(row["name"]))


def record_of(row: Mapping[str, Any], below: str = "") -> Record | None:
    """Reads data with or without the project around it; None for what has no id or name.

    ``below`` replaces the folder that the row names: linked data tells the path it has at home.
    """
    data = _mapping(row.get("data")) or row
    details = _mapping(data.get("details"))
    name = str(details.get("name") or "")
    if not data.get("id") or not name:
        return None
    path = f"{below}/{name}" if below else _full_path(str(details.get("path") or ""), name)
    is_folder = details.get("dataType") == "FOLDER"
    size = details.get("fileSizeInBytes")
    return Record(
        str(data["id"]),
        path,
        is_folder,
        str(details.get("status") or "UNKNOWN"),
        size if isinstance(size, int) and not is_folder else None,
        plain(details.get("objectETag")) or None,
        seconds(details.get("timeModified") or details.get("timeCreated")),
        str(details.get("owningProjectId") or ""),
    )


def remote_of(record: Record, at: Location, *, marker: bool = False) -> RemoteFile:
    """The record as a row of a listing of the project that ``at`` is in."""
    path = record.path.lstrip("/") + ("/" if marker else "")
    place = Location(at.account, at.container, path)
    if record.is_folder:
        return RemoteFile(place, Kind.FOLDER, id=record.id, changed=record.changed)
    return RemoteFile(
        place,
        Kind.FILE,
        size=record.size,
        etag=record.etag,
        id=record.id,
        changed=record.changed,
        status=_STATUS_WORDS.get(record.status, record.status.lower()),
        md5=md5_in(record),
        part_size=likely_part_size(record.etag, record.size),
    )


def md5_in(record: Record) -> str | None:
    """The MD5 the record tells, where ICA vouches that its ETag is one."""
    small = record.size is not None and record.size < ETAG_IS_MD5_BELOW
    is_md5 = record.status == AVAILABLE and MD5_ETAG.fullmatch(record.etag or "")
    return record.etag if small and is_md5 else None


def part_size_of(size: int) -> int:
    """Parts as ICA's own tools cut them: 8 MiB doubled until there are at most 8192."""
    part = SMALLEST_PART
    while part * MOST_PARTS_AIMED_AT < size:
        part *= 2
    return part


def likely_part_size(etag: str | None, size: int | None) -> int | None:
    """A part size that would give a file of this size so many parts; a guess, never a proof."""
    found = COMPOSITE_ETAG.fullmatch(etag or "")
    if found is None or not size:
        return None
    doubled = [SMALLEST_PART << times for times in range(_MOST_DOUBLINGS)]
    candidates = [part_size_of(size), *doubled, *(count * MiB for count in _OTHER_PARTS)]
    fitting = [part for part in candidates if -(-size // part) == int(found.group(1))]
    return fitting[0] if fitting else None


def plain(etag: object) -> str:
    """Without quotes, in lower case."""
    return str(etag or "").removeprefix("W/").strip('"').lower()


def seconds(stamp: object) -> float | None:
    try:
        return datetime.fromisoformat(str(stamp)).timestamp()
    except ValueError:
        return None


def _mapping(found: object) -> Mapping[str, Any]:
    return found if isinstance(found, Mapping) else {}


def _full_path(path: str, name: str) -> str:
    """The specification calls it the parent's path, real answers hold the name as well."""
    trimmed = path.rstrip("/")
    full = trimmed if trimmed.rpartition("/")[2] == name else f"{trimmed}/{name}"
    return f"/{full.lstrip('/')}"
