"""What is remembered of buckets, objects, uploads and parts, and how that is written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes in a file of the shelf; with an ``offset`` they share it with others."""

    file: str
    size: int
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class Checksum:
    """A checksum of an object or a part as S3 shows it; ``type`` is FULL_OBJECT or COMPOSITE."""

    algorithm: str
    value: str
    type: str = "FULL_OBJECT"


@dataclass(frozen=True, slots=True)
class Stored:
    """An object. ``headers`` are those that came with it and go out with it."""

    blobs: tuple[Blob, ...]
    etag: str
    modified: float
    headers: Mapping[str, str] = field(default_factory=dict)
    checksum: Checksum | None = None
    parts: int = 0
    """How many parts it was put together from; 0 for a single PUT."""

    @property
    def size(self) -> int:
        return sum(blob.size for blob in self.blobs)


@dataclass(frozen=True, slots=True)
class StoredPart:
    number: int
    blob: Blob
    etag: str
    md5: str
    """Empty where the bucket's encryption makes MD5s useless."""
    crc: int
    """CRC64NVME, or the upload's own algorithm where that joins up."""
    modified: float
    checksum: Checksum | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """A multipart upload under way. Its parts are in the shelf's keeping."""

    id: str
    bucket: str
    key: str
    begun: float
    headers: Mapping[str, str]
    algorithm: str | None = None
    checksum_type: str = "FULL_OBJECT"


@dataclass(frozen=True, slots=True)
class Bucket:
    name: str
    region: str
    created: float
    kms: bool = False


def stored_from(data: dict[str, Any]) -> Stored:
    blobs = tuple(Blob(**blob) for blob in data.pop("blobs"))
    return Stored(blobs=blobs, checksum=_checksum(data.pop("checksum")), **data)


def part_from(data: dict[str, Any]) -> StoredPart:
    blob = Blob(**data.pop("blob"))
    return StoredPart(blob=blob, checksum=_checksum(data.pop("checksum")), **data)


def _checksum(data: dict[str, str] | None) -> Checksum | None:
    return None if data is None else Checksum(**data)
