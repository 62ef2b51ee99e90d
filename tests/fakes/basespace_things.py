"""What a made-up BaseSpace is made of, and how it may behave."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

MiB = 1024 * 1024


class Refusal(Exception):
    """Said instead of doing it."""

    def __init__(self, status: int, code: str, message: str = "") -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message or code.lower()


@dataclass(frozen=True, slots=True)
class Manners:
    """What is not documented, as one of the ways it may be."""

    smallest_part: int = 5 * MiB
    largest_part: int = 25 * MiB
    most_parts: int = 10_000
    largest_whole: int = 25 * MiB
    gaps: str = "strict"
    """``strict``: completing with parts missing is a conflict. ``lenient``: a shorter file."""
    parts_list: str = "list"
    """``list``, ``missing`` (404), ``garbage`` or ``foreign`` (rows in another form)."""
    duplicates: str = "replace"
    """``allow`` (two files of one path), ``replace`` or ``refuse`` (409)."""
    second_complete: str = "conflict"
    """``conflict`` or ``same``."""
    ended_status: int = 409
    """Of an upload begun after the session ended: 409 or 403."""
    small_part: str = "at-complete"
    """When too small a part is refused: ``at-complete`` or ``at-part``."""
    unknown_file: int = 403
    oversize: int = 413
    one_part_etag: str = "composite"
    """ETag of an upload of one part: ``composite`` or ``md5``."""
    etags: str = "parts"
    """``parts`` (composite of the parts sent), ``8MiB``, ``opaque``, ``none``."""
    pending_listed: bool = True
    over_limit: str = "clamp"
    checks_whole_md5: bool = True
    address_seconds: float = 7 * 86400.0
    takes_ranges: bool = True
    empty_files: bool = True
    token_on_scopes: bool = True
    """Whether ``token/current`` takes the token from the header."""


@dataclass(slots=True)
class Token:
    user: str
    scopes: tuple[str, ...]


@dataclass(slots=True)
class Project:
    id: str
    name: str
    owner: str
    created: float


@dataclass(slots=True)
class Session:
    id: str
    name: str
    status: str = "Running"
    summary: str = ""


@dataclass(slots=True)
class AppResult:
    id: str
    project: str
    name: str
    description: str
    session: str
    created: float


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of a part, on the disk of the fake."""

    path: Path
    size: int
    md5: str

    def read(self) -> bytes:
        return self.path.read_bytes()


@dataclass(slots=True)
class File:
    id: str
    app_result: str
    path: str
    kind: str
    created: float
    status: str = "pending"
    parts: dict[int, Piece] = field(default_factory=dict)
    content: tuple[Piece, ...] = ()
    etag: str = ""
    archived: bool = False
    trashed: bool = False

    @property
    def size(self) -> int:
        return sum(piece.size for piece in self.content)

    @property
    def directory(self) -> str:
        return self.path.rpartition("/")[0]

    def read(self) -> bytes:
        return b"".join(piece.read() for piece in self.content)


@dataclass(frozen=True, slots=True)
class Address:
    """A signed address as it was given out."""

    file: str
    expires: float
