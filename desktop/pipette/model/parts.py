"""How a file is cut into parts, and what moves and proves one part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from pipette.model.files import MiB


class Algorithm(Enum):
    """A checksum; the value is its name in lower case."""

    MD5 = "md5"
    CRC64NVME = "crc64nvme"


class PartCheck(Enum):
    """How the service checks a part on arrival; settled when the upload is opened.

    TRAILER and HEADER need a service proven to refuse a wrong value. With REPLY nothing is told
    beforehand: the answer names the checksum of what arrived.
    """

    CRC64_TRAILER = "crc64-trailer"
    CRC64_HEADER = "crc64-header"
    MD5_HEADER = "md5-header"
    MD5_REPLY = "md5-reply"
    NONE = "none"

    @property
    def algorithm(self) -> Algorithm | None:
        if self is PartCheck.NONE:
            return None
        by_md5 = self in (PartCheck.MD5_HEADER, PartCheck.MD5_REPLY)
        return Algorithm.MD5 if by_md5 else Algorithm.CRC64NVME

    @property
    def in_header(self) -> bool:
        """The checksum must be known before the part is sent."""
        return self in (PartCheck.CRC64_HEADER, PartCheck.MD5_HEADER)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a service takes, in bytes. ``whole`` is the largest file sent in one piece."""

    largest_file: int
    most_parts: int
    smallest_part: int
    largest_part: int
    preferred_part: int = 8 * MiB
    whole: int = 8 * MiB


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a file. Numbers start at 1."""

    number: int
    offset: int
    length: int


def part_size_for(size: int, limits: Limits) -> int:
    """The part size for a new upload of ``size`` bytes: preferred, grown in whole MiB to fit."""
    needed = -(-size // limits.most_parts)
    grown = -(-needed // MiB) * MiB
    return min(max(limits.preferred_part, limits.smallest_part, grown), limits.largest_part)


def count_parts(size: int, part_size: int) -> int:
    """An empty file is one empty part."""
    return max(1, -(-size // part_size))


def part_at(number: int, size: int, part_size: int) -> Part:
    offset = (number - 1) * part_size
    return Part(number, offset, max(0, min(part_size, size - offset)))


@dataclass(frozen=True, slots=True)
class Handle:
    """What the service returned on opening a transfer; kept in the journal, so never a secret.

    ``resumable`` says whether something was opened at the service that outlives this process. If
    not, nothing needs to be remembered between the steps of this transfer.
    """

    part_size: int
    id: str | None = None
    resumable: bool = True
    check: PartCheck = PartCheck.NONE
    details: Mapping[str, str] = field(default_factory=dict)
    in_turn: bool = False
    """The service takes one part at a time."""


@dataclass(frozen=True, slots=True)
class Digest:
    """A checksum of one part, known before it is sent. ``value`` is the raw digest, big-endian."""

    algorithm: Algorithm
    value: bytes


@dataclass(frozen=True, slots=True)
class PartRequest:
    """How to move one part now. Made anew for every attempt, never stored.

    ``trailer`` names the checksum the sender must compute while sending and put into an
    aws-chunked trailer. ``form`` are the text fields of a multipart/form-data POST in which the
    bytes go last, as the part named ``file``. Headers may hold credentials: never log them.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    success: frozenset[int] = frozenset({200})
    trailer: Algorithm | None = None
    form: tuple[tuple[str, str], ...] | None = None
    form_filename: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """The service's answer to a PartRequest. Header names are lower case; ``body`` is capped."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    sent: Mapping[Algorithm, bytes] = field(default_factory=dict)
    """Digests of what was really moved, computed on the way."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that a part arrived."""

    number: int
    length: int
    etag: str = ""
    crc64nvme: int | None = None
    md5: str | None = None
    proven: bool = False
    """True when the service checked this part against a checksum of ours, or we ours against its."""


class Proof(Enum):
    """How well an arrival is proven, strongest first."""

    WHOLE_FILE = "whole-file"
    EVERY_PART = "every-part"
    SIZE_ONLY = "size-only"
    NONE = "none"
