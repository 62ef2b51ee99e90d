"""Files here, files there, and where they are."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

KiB = 1024
MiB = 1024 * KiB
GiB = 1024 * MiB
TiB = 1024 * GiB


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A local file as it was when it was dropped.

    ``path`` is absolute. An empty folder is a SourceFile of size 0 whose remote name ends in "/".
    """

    path: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Location:
    """Where something is or goes: account, container (project or bucket) and the path inside it.

    ``path`` has no leading slash; "" is the container itself. ``ACCOUNT:/container/path`` is its
    written form, in which ``%2F`` stands for a slash inside a name and ``%25`` for a percent sign.
    """

    account: str
    container: str = ""
    path: str = ""

    @property
    def name(self) -> str:
        return posixpath.basename(self.path.rstrip("/")) or self.container

    @property
    def is_folder_marker(self) -> bool:
        """True for the remote stand-in of an empty folder."""
        return self.path.endswith("/")

    def child(self, relative: str) -> Location:
        """The thing called ``relative`` (slashes allowed) inside this folder."""
        joined = f"{self.path.rstrip('/')}/{relative}" if self.path else relative
        return replace(self, path=joined)

    @property
    def parent(self) -> Location:
        if not self.path:
            return replace(self, container="")
        return replace(self, path=posixpath.dirname(self.path.rstrip("/")))

    def __str__(self) -> str:
        parts = [part for part in (self.container, self.path) if part]
        return f"{self.account}:/{'/'.join(part.replace('%', '%25') for part in parts)}"

    @staticmethod
    def parse(text: str, container_segments: int = 1) -> Location:
        """Read ``ACCOUNT:/container/path``; raises ValueError when it has another form.

        Some services need more than one segment to name a project (``container_segments``).
        """
        account, colon, rest = text.partition(":")
        if not colon or not account or not rest.startswith("/"):
            raise ValueError(text)
        segments = rest.lstrip("/").split("/")
        container = "/".join(_unescaped(segment) for segment in segments[:container_segments])
        path = "/".join(_unescaped(segment) for segment in segments[container_segments:])
        return Location(account, container.rstrip("/"), path)


def _unescaped(segment: str) -> str:
    return segment.replace("%2F", "/").replace("%2f", "/").replace("%25", "%")


class Kind(Enum):
    """What a listing row is."""

    FILE = "file"
    FOLDER = "folder"
    PROJECT = "project"


NEVER_WHOLE = frozenset({"partial", "deleting"})
"""What a service calls files that were begun and not finished, or are being deleted."""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file, folder or project a service holds. What the service does not say is None or ""."""

    location: Location
    kind: Kind = Kind.FILE
    size: int | None = None
    etag: str | None = None
    """Without quotes, as the service gave it. A digest only where that service's rules say so."""
    id: str | None = None
    changed: float | None = None
    """Seconds since the epoch."""
    status: str = "available"
    storage: str = ""
    md5: str | None = None
    """Hex MD5 of the whole content, only when the service vouches for it."""
    crc64nvme: int | None = None
    """CRC-64/NVME of the whole content, only when the service computed it itself."""
    part_size: int | None = None
    """Size of the parts a composite ETag was made from, when the service tells."""
    joined: bool = False
    """Made of several files that were sent: its size is that of none of them."""
    details: Mapping[str, str] = field(default_factory=dict)

    @property
    def takes_name(self) -> bool:
        """Something whole is there; what was never finished stands in nobody's way."""
        return self.status not in NEVER_WHOLE
