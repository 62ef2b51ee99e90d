"""Where the bytes of a request come from: plain, in HTTP chunks, in aws-chunks with a trailer.

Every source fills a view with some bytes and answers 0 at its end; a body that ends before it
should raises ``Refusal`` IncompleteBody.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from io import FileIO
from typing import Protocol, Self

from pipette.practice.refusals import Refusal
from pipette.practice.wire import LONGEST_LINE, Connection, Piece, Request

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Source(Protocol):
    def read_into(self, view: memoryview) -> int: ...


class Body(Source, Protocol):
    """A body as it lies on the connection."""

    @property
    def exhausted(self) -> bool:
        """True when the next request may follow on this connection."""
        ...

    def read_line(self) -> bytes:
        """One line without its end."""
        ...


class PlainBody:
    """``length`` bytes. Asks for them first where the client waits to be asked."""

    def __init__(self, connection: Connection, length: int, *, expected: bool) -> None:
        self.remaining = length
        self.unasked = expected and length > 0
        self._connection = connection

    @property
    def exhausted(self) -> bool:
        return self.remaining == 0

    def read_into(self, view: memoryview) -> int:
        if self.remaining == 0 or not view:
            return 0
        self._ask()
        count = self._connection.read_into(view[: self.remaining])
        if count == 0:
            raise incomplete()
        self.remaining -= count
        return count

    def read_line(self) -> bytes:
        self._ask()
        line = self._connection.read_line(min(self.remaining, LONGEST_LINE))
        self.remaining -= len(line)
        return without_end(line)

    def _ask(self) -> None:
        if self.unasked:
            self.unasked = False
            self._connection.send(CONTINUE)


class ChunkedBody:
    """HTTP's own chunks, as clients send that do not know the length beforehand."""

    def __init__(self, connection: Connection, *, expected: bool) -> None:
        self.exhausted = False
        self._unasked = expected
        self._connection = connection
        self._left = 0

    def read_into(self, view: memoryview) -> int:
        if self.exhausted or not view:
            return 0
        if self._left == 0 and not self._next_chunk():
            return 0
        count = self._connection.read_into(view[: self._left])
        if count == 0:
            raise incomplete()
        self._left -= count
        if self._left == 0:
            without_end(self._connection.read_line())
        return count

    def read_line(self) -> bytes:
        one = bytearray(1)
        line = bytearray()
        while not line.endswith(b"\n") and len(line) < LONGEST_LINE:
            if self.read_into(memoryview(one)) == 0:
                break
            line += one
        return without_end(bytes(line))

    def _next_chunk(self) -> bool:
        if self._unasked:
            self._unasked = False
            self._connection.send(CONTINUE)
        self._left = _hexadecimal(without_end(self._connection.read_line()))
        if self._left == 0:
            while without_end(self._connection.read_line()):
                pass
            self.exhausted = True
        return self._left > 0


class AwsChunks:
    """The payload inside an aws-chunked body; ``trailers`` are complete at its end."""

    def __init__(self, body: Body) -> None:
        self.trailers: dict[str, str] = {}
        self._body = body
        self._left = 0
        self._ended = False

    def read_into(self, view: memoryview) -> int:
        if self._ended or not view:
            return 0
        if self._left == 0:
            self._left = _hexadecimal(self._body.read_line())
        if self._left == 0:
            self._read_trailers()
            return 0
        count = self._body.read_into(view[: self._left])
        if count == 0:
            raise incomplete()
        self._left -= count
        if self._left == 0 and self._body.read_line():
            raise incomplete()
        return count

    def _read_trailers(self) -> None:
        self._ended = True
        while line := self._body.read_line():
            name, colon, value = line.decode("latin-1").partition(":")
            if not colon:
                raise bad_trailer()
            self.trailers[name.strip().lower()] = value.strip()


class MemorySource:
    """Bytes that are in memory already."""

    def __init__(self, data: bytes) -> None:
        self._rest = memoryview(data)

    def read_into(self, view: memoryview) -> int:
        count = min(len(view), len(self._rest))
        view[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


class FileSource:
    """Bytes that lie on the shelf already."""

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self._pieces = deque(pieces)
        self._file: FileIO | None = None
        self._left = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        if self._file is not None:
            self._file.close()

    def read_into(self, view: memoryview) -> int:
        """Raises OSError when a file has gone or is shorter than it was."""
        if self._left == 0 and not self._next_piece():
            return 0
        count = self._file.readinto(view[: self._left]) if self._file else 0
        if not count:
            raise OSError("a file of the shelf is shorter than it was")
        self._left -= count
        return count

    def _next_piece(self) -> bool:
        if not self._pieces:
            return False
        self.__exit__()
        piece = self._pieces.popleft()
        self._file = FileIO(piece.path)
        self._file.seek(piece.offset)
        self._left = piece.length
        return True


def body_of(request: Request, connection: Connection) -> Body:
    """The body as the head announces it."""
    expected = request.header("expect").lower() == "100-continue"
    if request.header("transfer-encoding").lower() == "chunked":
        return ChunkedBody(connection, expected=expected)
    length = request.header("content-length") or "0"
    if not length.isascii() or not length.isdigit():
        raise Refusal("InvalidRequest", "Content-Length is no number")
    return PlainBody(connection, int(length), expected=expected)


def incomplete() -> Refusal:
    message = "You did not provide the number of bytes specified by the Content-Length HTTP header"
    return Refusal("IncompleteBody", message)


def bad_trailer() -> Refusal:
    message = "The request contained trailing data that was not well-formed"
    return Refusal("MalformedTrailerError", message)


def without_end(line: bytes) -> bytes:
    if not line.endswith(b"\n"):
        raise incomplete()
    return line[:-1].removesuffix(b"\r")


def _hexadecimal(line: bytes) -> int:
    digits = line.partition(b";")[0].strip()
    try:
        return int(digits, 16)
    except ValueError as error:
        raise incomplete() from error
