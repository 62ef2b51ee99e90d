"""What BaseSpace's JSON says, as values. Tolerant: what is missing or odd never fails an answer."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipette.model.errors import Temporary
from pipette.model.files import Kind, Location, RemoteFile

Json = Mapping[str, Any]

_DATE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6})\d*)?(Z|[+-]\d\d:\d\d)?")
_UNKNOWN_YEAR = "0001"
_MD5 = re.compile(r"[0-9a-f]{32}")

COMPLETE = "complete"
PENDING = "pending"
RUNNING = "running"


@dataclass(frozen=True, slots=True)
class Project:
    id: str
    name: str
    changed: float | None = None


@dataclass(frozen=True, slots=True)
class AppResult:
    id: str
    name: str
    session: str
    """Id of its app session, which decides whether files can still be added."""
    status: str
    changed: float | None = None
    description: str = ""

    @property
    def is_running(self) -> bool:
        return self.status == RUNNING


@dataclass(frozen=True, slots=True)
class File:
    """``status`` is "" where a listing does not tell it."""

    id: str
    path: str
    size: int | None
    etag: str
    status: str = ""
    archived: bool = False
    changed: float | None = None

    @property
    def is_doubtful(self) -> bool:
        """A listing shows it as an upload that was only begun would look: it must be asked for."""
        return not self.status and not self.size and not self.etag

    def as_remote(self, at: Location) -> RemoteFile:
        return RemoteFile(
            at,
            Kind.FILE,
            size=self.size,
            etag=self.etag or None,
            id=self.id,
            changed=self.changed,
            status="archived" if self.archived else "available",
            md5=self.etag if is_md5(self.etag) else None,
        )


@dataclass(frozen=True, slots=True)
class Content:
    """A signed address: whoever has it can read the file."""

    url: str
    expires: float | None
    takes_ranges: bool

    def __repr__(self) -> str:
        return f"Content(expires={self.expires}, takes_ranges={self.takes_ranges})"


@dataclass(frozen=True, slots=True)
class ListedPart:
    number: int
    etag: str
    size: int


@dataclass(frozen=True, slots=True)
class Rows:
    """One page of a listing."""

    items: Sequence[Json]
    total: int
    sorted_by: str


def in_order(row_id: str) -> tuple[int, str]:
    """Ids are numbers written as text; this sorts them as numbers without reading them as such."""
    return len(row_id), row_id


def is_md5(etag: str) -> bool:
    return _MD5.fullmatch(etag) is not None


def seconds_of(text: Any) -> float | None:
    """A date of BaseSpace; None for one that is unknown or cannot be read."""
    found = _DATE.fullmatch(text) if isinstance(text, str) else None
    if found is None or found.group(1).startswith(_UNKNOWN_YEAR):
        return None
    base, fraction, zone = found.groups()
    try:
        moment = datetime.datetime.fromisoformat(base + (zone or "Z").replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment.timestamp() + float(f"0.{fraction or 0}")


def project_of(row: Json) -> Project:
    changed = seconds_of(row.get("DateModified")) or seconds_of(row.get("DateCreated"))
    return Project(_id(row), _text(row, "Name"), changed)


def app_result_of(row: Json) -> AppResult:
    session = _object(row, "AppSession")
    status = _text(session, "Status") or _text(row, "Status")
    return AppResult(
        _id(row),
        _text(row, "Name"),
        _text(session, "Id"),
        status.lower(),
        seconds_of(row.get("DateCreated")),
        _text(row, "Description"),
    )


def file_of(row: Json) -> File:
    changed = seconds_of(row.get("DateModified")) or seconds_of(row.get("DateCreated"))
    return File(
        _id(row),
        (_text(row, "Path") or _text(row, "Name")).lstrip("/"),
        whole_number(row.get("Size")),
        _text(row, "ETag").strip('"').lower(),
        _text(row, "UploadStatus").lower(),
        row.get("IsArchived") is True,
        changed,
    )


def content_of(row: Json) -> Content:
    url = _text(row, "HrefContent")
    if not url:
        raise Temporary("no address to fetch the file from")
    return Content(url, seconds_of(row.get("Expires")), row.get("SupportsRange") is not False)


def listed_part_of(row: Json) -> ListedPart | None:
    """None unless number, ETag and size are all there."""
    number, size = whole_number(row.get("Number")), whole_number(row.get("Size"))
    etag = _text(row, "ETag").strip('"').lower()
    if not number or size is None or not etag:
        return None
    return ListedPart(number, etag, size)


def rows_of(answer: Json, inner: str) -> Rows:
    """One page, of v1 (``inner`` is "Response") or v2 ("Paging" beside the items)."""
    found = answer.get(inner)
    page = found if isinstance(found, dict) else {}
    items = page.get("Items") if inner == "Response" else answer.get("Items")
    if not isinstance(items, list):
        raise Temporary("a listing without items")
    rows = [row for row in items if isinstance(row, dict)]
    total = whole_number(page.get("TotalCount"))
    return Rows(rows, len(rows) if total is None else total, _text(page, "SortBy"))


def response_of(answer: Json) -> Json:
    """What stands in a v1 envelope."""
    found = answer.get("Response")
    if not isinstance(found, dict):
        raise Temporary("an answer without what was asked for")
    return found


def whole_number(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() else None
    return value if isinstance(value, int) else None


def _id(row: Json) -> str:
    found = _text(row, "Id")
    if not found:
        raise Temporary("something without an id")
    return found


def _text(row: Json, name: str) -> str:
    value = row.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else ""


def _object(row: Json, name: str) -> Json:
    value = row.get(name)
    return value if isinstance(value, dict) else {}
