"""How a place in Pipette and a name at BaseSpace belong together. Pure.

A project holds app results, an app result holds files, and a file's path inside it is the file's
``directory`` and ``name``. Names of projects and app results are not unique: several of one name are
told apart as ``name (id)``, and so is a name that no path could hold.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar
from urllib.parse import quote

from pipette.model.errors import NameRefused, Refused

LONGEST_SEGMENT = 255
LONGEST_PATH = 1000
"""Bytes in UTF-8; BaseSpace tells no limits of its own."""
_FORBIDDEN = re.compile(r"[\\\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_TYPES = {
    "gz": "application/gzip",
    "json": "application/json",
    "pdf": "application/pdf",
    "xml": "application/xml",
    "zip": "application/zip",
    "png": "image/png",
    "csv": "text/csv",
    "html": "text/html",
    "txt": "text/plain",
}


class Named(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str: ...


Row = TypeVar("Row", bound=Named)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a file goes inside a project."""

    app_result: str
    directory: str
    name: str

    @property
    def path(self) -> str:
        """As BaseSpace calls it: inside the app result."""
        return f"{self.directory}/{self.name}" if self.directory else self.name

    @property
    def content_type(self) -> str:
        return _TYPES.get(self.name.rpartition(".")[2].lower(), "application/octet-stream")


def target_of(path: str) -> Target:
    """Read the path of a file inside a project. Raises NameRefused, and Refused outside app results."""
    segments = [composed(segment) for segment in path.split("/")]
    if len(segments) < 2:
        raise Refused("a project holds no files itself: choose or name an app result in it")
    for segment in segments:
        _expect_good(segment)
    if segments[0] != segments[0].strip():
        raise NameRefused("the name of an app result begins or ends with a blank")
    inside = "/".join(segments[1:])
    if len(inside.encode()) > LONGEST_PATH:
        raise NameRefused(f"the path is longer than {LONGEST_PATH} bytes")
    return Target(segments[0], "/".join(segments[1:-1]), segments[-1])


def _expect_good(segment: str) -> None:
    if not segment.strip() or segment in (".", ".."):
        raise NameRefused("a name in the path is empty or dots only")
    if _FORBIDDEN.search(segment):
        raise NameRefused("a name in the path holds a backslash or a control character")
    if len(segment.encode()) > LONGEST_SEGMENT:
        raise NameRefused(f"a name in the path is longer than {LONGEST_SEGMENT} bytes")


def composed(text: str) -> str:
    """BaseSpace is told names in one form only (NFC)."""
    return unicodedata.normalize("NFC", text)


def split_path(path: str) -> tuple[str, str]:
    """App result, and the path in it without slashes at its ends."""
    app_result, _, inside = composed(path).partition("/")
    return app_result, inside.strip("/")


def query_of(**fields: str | int) -> str:
    """A query in which a blank is ``%20`` and a slash is ``%2F``; empty fields are left out."""
    return "&".join(f"{name}={quote(str(text), safe='')}" for name, text in fields.items() if text)


def labelled(rows: Sequence[Row]) -> list[tuple[str, Row]]:
    """What each row is called in a path: by its name where that is clear, else with its id."""
    often = Counter(composed(row.name) for row in rows)
    return [(_label(row, often[composed(row.name)]), row) for row in rows]


def _label(row: Named, count: int) -> str:
    name = composed(row.name)
    clear = name == name.strip() and name.isprintable() and "/" not in name
    return name if clear and count == 1 and name not in ("", ".", "..") else _with_id(row)


def _with_id(row: Named) -> str:
    name = composed(row.name).strip()
    kept = "".join(sign if sign.isprintable() and sign != "/" else "_" for sign in name)
    return f"{kept} ({row.id})"


def called(rows: Sequence[Row], text: str) -> list[Row]:
    """The rows somebody means by a name: all of that name, else the one with the id it ends in."""
    wanted = composed(text)
    same = [row for row in rows if composed(row.name) == wanted]
    return same or [row for row in rows if _with_id(row) == wanted]


def names_one(text: str, row: Named) -> bool:
    """Whether this name means that very row by its id, not whatever is called so."""
    return composed(row.name) != composed(text)
