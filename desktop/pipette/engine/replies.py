"""Reads HTTP/1.x answers: the head, and the body piece by piece.

Written for speed: http.client parses a head with the e-mail package, which costs as much as all
the rest of a small request. Strict where a lax reader could be led to take one answer for another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pipette.engine.pace import Pace
from pipette.model.errors import NetworkDown, Temporary

_BODILESS = frozenset({204, 304})
_LONGEST_LINE = 16 * 1024


class Wire(Protocol):
    """The receiving side of a connection."""

    def read_into(self, room: memoryview, pace: Pace) -> int:
        """At least one byte, or 0 when the other side closed."""
        ...

    def read_line(self, limit: int, pace: Pace) -> bytes:
        """Up to and without the line break."""
        ...


@dataclass(frozen=True, slots=True)
class Head:
    """Status and headers of an answer; header names are lower case, repeated ones are joined."""

    status: int
    headers: Mapping[str, str]
    stays_open: bool

    @property
    def interim(self) -> bool:
        return self.status < 200


def parse_head(raw: bytes) -> Head:
    """Read a head without the empty line that ends it. Raises Temporary."""
    lines = raw.decode("latin-1").replace("\r\n", "\n").split("\n")
    version, _, rest = lines[0].partition(" ")
    code = rest[:3]
    if not version.startswith("HTTP/1.") or not (code.isascii() and code.isdigit()):
        raise Temporary("the answer is not HTTP")
    headers = _parse_headers(lines)
    return Head(int(code), headers, _stays_open(version, headers))


def _parse_headers(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon or not name or name[0] in " \t" or name[-1] in " \t":
            raise Temporary("a header of the answer cannot be read")
        name = name.lower()
        value = value.strip(" \t")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _stays_open(version: str, headers: Mapping[str, str]) -> bool:
    wishes = headers.get("connection", "").lower()
    return "keep-alive" in wishes if version == "HTTP/1.0" else "close" not in wishes


class Content(Protocol):
    """The body of one answer, without its framing."""

    @property
    def length(self) -> int | None:
        """All of it, when that is known beforehand."""
        ...

    @property
    def ends_with_connection(self) -> bool: ...

    def read_into(self, room: memoryview, pace: Pace) -> int:
        """At least one byte; 0 at the proper end. Raises NetworkDown when it is cut short."""
        ...


def content_of(head: Head, method: str, wire: Wire) -> Content:
    """How the body after this head is to be read. Raises Temporary."""
    if method == "HEAD" or head.status in _BODILESS or head.interim:
        return _Sized(wire, 0)
    coding = head.headers.get("transfer-encoding")
    if coding is not None:
        if coding.lower() != "chunked":
            raise Temporary("the answer has an unknown transfer coding")
        return _Chunked(wire)
    if "content-length" in head.headers:
        return _Sized(wire, _length(head.headers["content-length"]))
    return _UntilClosed(wire)


def _length(text: str) -> int:
    values = {value.strip() for value in text.split(",")}
    value = values.pop()
    if values or not (value.isascii() and value.isdigit()):
        raise Temporary("the length of the answer cannot be read")
    return int(value)


class _Sized:
    ends_with_connection = False

    def __init__(self, wire: Wire, length: int) -> None:
        self._wire = wire
        self.length: int | None = length
        self._left = length

    def read_into(self, room: memoryview, pace: Pace) -> int:
        if not self._left:
            return 0
        count = self._wire.read_into(room[: self._left], pace)
        if not count:
            raise NetworkDown("the answer was cut short")
        self._left -= count
        return count


class _Chunked:
    length: int | None = None
    ends_with_connection = False

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._left = 0
        self._started = False
        self._ended = False

    def read_into(self, room: memoryview, pace: Pace) -> int:
        if not self._left and not self._ended:
            self._next_chunk(pace)
        if self._ended:
            return 0
        count = self._wire.read_into(room[: self._left], pace)
        if not count:
            raise NetworkDown("the answer was cut short")
        self._left -= count
        return count

    def _next_chunk(self, pace: Pace) -> None:
        if self._started and self._wire.read_line(_LONGEST_LINE, pace):
            raise Temporary("a chunk of the answer is longer than announced")
        self._started = True
        self._left = _chunk_size(self._wire.read_line(_LONGEST_LINE, pace))
        if not self._left:
            self._ended = True
            while self._wire.read_line(_LONGEST_LINE, pace):
                pass


def _chunk_size(line: bytes) -> int:
    digits = line.partition(b";")[0].strip()
    if not digits or digits.strip(b"0123456789abcdefABCDEF"):
        raise Temporary("a chunk of the answer has no size")
    return int(digits, 16)


class _UntilClosed:
    length: int | None = None
    ends_with_connection = True

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def read_into(self, room: memoryview, pace: Pace) -> int:
        return self._wire.read_into(room, pace)
