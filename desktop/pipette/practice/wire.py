"""HTTP/1.1 on one connection: heads in, bytes in, bytes out, at the speed the line allows."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import struct
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipette.practice.line import Hangup, Line

LARGEST_HEAD = 64 * 1024
LONGEST_LINE = 8 * 1024
GULP = 64 * 1024
LINGER_SECONDS = 2.0
HANDSHAKE_SECONDS = 10.0
LARGEST_LINGER = 256 * 1024 * 1024
LARGEST_BLOCK = 1024 * 1024
RESET_ON_CLOSE = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


class BadHead(Exception):
    """What came is no HTTP request."""


@dataclass(frozen=True, slots=True)
class Request:
    """The head of a request. ``path`` and ``query`` are as they came, header names lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    keep_alive: bool = True

    def header(self, name: str) -> str:
        return self.headers.get(name, "")


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of a file on disk."""

    path: Path
    offset: int
    length: int


@dataclass(slots=True)
class Reply:
    """The answer to a request; its body is ``body`` or, for an object, ``pieces``."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    pieces: tuple[Piece, ...] = ()
    code: str = ""

    @property
    def length(self) -> int:
        return len(self.body) + sum(piece.length for piece in self.pieces)


class Connection:
    """One accepted socket, used by one thread. Every way it can break raises ``Hangup``."""

    def __init__(
        self, sock: socket.socket, number: int, line: Line, stopping: threading.Event
    ) -> None:
        self.number = number
        self.stopping = stopping
        self._socket = sock
        self._line = line
        self._buffer = bytearray()
        self._gulp = memoryview(bytearray(GULP))
        self._block = bytearray()
        # Apart from the block: lines are read between chunks while the block holds payload.
        self._gulp = memoryview(bytearray(GULP))

    def secure(self, context: ssl.SSLContext) -> None:
        """Become a TLS connection, as the server's end."""
        try:
            self._socket.settimeout(HANDSHAKE_SECONDS)
            self._socket = context.wrap_socket(
                self._socket, server_side=True, do_handshake_on_connect=False
            )
            if self.stopping.is_set():
                raise Hangup
            self._socket.do_handshake()
            self._socket.settimeout(None)
        except OSError as error:
            raise Hangup from error

    def block(self, size: int) -> memoryview:
        """This connection's one working buffer, at least ``size`` or the largest there is."""
        wanted = min(max(size, GULP), LARGEST_BLOCK)
        if len(self._block) < wanted:
            self._block = bytearray(wanted)
        return memoryview(self._block)

    def read_request(self) -> Request | None:
        """The next request; None when the client has gone."""
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            if len(self._buffer) > LARGEST_HEAD:
                raise BadHead
            if not self._fill():
                return None
        head = self._buffer[:end].decode("latin-1")
        del self._buffer[: end + 4]
        return parse_head(head)

    def read_line(self, limit: int = LONGEST_LINE) -> bytes:
        """One line with its end; without one if ``limit`` bytes or the connection end first."""
        while (end := self._buffer.find(b"\n", 0, limit)) < 0:
            if len(self._buffer) >= limit or not self._fill():
                end = limit
                break
        line = bytes(self._buffer[: end + 1])
        del self._buffer[: end + 1]
        return line

    def read_into(self, view: memoryview) -> int:
        """Some bytes, at least one; 0 when the client sends no more."""
        if not self._buffer:
            return self._receive(view)
        count = min(len(view), len(self._buffer))
        view[:count] = self._buffer[:count]
        del self._buffer[:count]
        return count

    def send(self, data: bytes | memoryview) -> None:
        view = memoryview(data)
        while view:
            count = self._line.down.gulp(len(view))
            try:
                self._socket.sendall(view[:count])
            except OSError as error:
                raise Hangup from error
            self._line.down.take(count, self.stopping)
            view = view[count:]

    def linger(self) -> None:
        """Take in what the client still sends, so that it gets to read our answer."""
        with contextlib.suppress(OSError, Hangup):
            socket.socket.shutdown(self._socket, socket.SHUT_WR)
            self._socket.settimeout(LINGER_SECONDS)
            block, taken = self.block(LARGEST_BLOCK), 0
            while taken < LARGEST_LINGER and (count := self._receive(block)):
                taken += count

    def close(self, *, reset: bool = False) -> None:
        if reset:
            with contextlib.suppress(OSError):
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        self._socket.close()

    def interrupt(self) -> None:
        """Wake the thread that waits here; may be called from another one."""
        with contextlib.suppress(OSError):
            # The plain socket's method: SSLSocket's would pull the session from under its reader.
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def _fill(self) -> int:
        count = self._receive(self._gulp)
        self._buffer += self._gulp[:count]
        return count

    def _receive(self, view: memoryview) -> int:
        valve = self._line.up
        try:
            count = self._socket.recv_into(view, valve.gulp(len(view)))
        except OSError as error:
            raise Hangup from error
        valve.take(count, self.stopping)
        return count


def parse_head(head: str) -> Request:
    first, *lines = head.split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1.") or not words[1].startswith("/"):
        raise BadHead
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise BadHead
        _add_header(headers, name.lower(), value.strip())
    path, _, query = words[1].partition("?")
    keep_alive = words[2] != "HTTP/1.0" and headers.get("connection", "").lower() != "close"
    return Request(words[0], path, query, headers, keep_alive)


def head_of(reply: Reply, length: int, *, keep_alive: bool) -> bytes:
    reason = http.client.responses.get(reply.status, "Unknown")
    lines = [f"HTTP/1.1 {reply.status} {reason}"]
    lines += [f"{name}: {value}" for name, value in reply.headers.items()]
    if reply.status not in (204, 304) and "Content-Length" not in reply.headers:
        lines.append(f"Content-Length: {length}")
    if not keep_alive:
        lines.append("Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _add_header(headers: dict[str, str], name: str, value: str) -> None:
    headers[name] = f"{headers[name]},{value}" if name in headers else value
