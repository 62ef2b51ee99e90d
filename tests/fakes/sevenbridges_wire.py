"""How the fake Seven Bridges platform speaks HTTP, and the faults that can be set on it."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    """Decoded, without a trailing slash."""
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes = b""

    @property
    def base(self) -> str:
        """The address this server was reached by."""
        return f"http://{self.headers.get('host', '')}"

    @property
    def data(self) -> Any:
        return json.loads(self.body) if self.body.strip() else None

    def one(self, name: str, default: str = "") -> str:
        return self.query.get(name, [default])[0]


@dataclass(frozen=True, slots=True)
class Reply:
    status: int = 200
    data: object = None
    raw: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        if self.raw is not None:
            return self.raw
        return b"" if self.status == 204 else json.dumps(self.data).encode()


@dataclass(frozen=True, slots=True)
class Say:
    """This answer instead of doing anything."""

    reply: Reply


@dataclass(frozen=True, slots=True)
class LoseRequest:
    """The line breaks before anything is done."""


@dataclass(frozen=True, slots=True)
class LoseReply:
    """It is done, and the line breaks before the answer."""


@dataclass(frozen=True, slots=True)
class ResetInBody:
    """The line is reset after so many bytes of the body were read."""

    after: int = 1000


@dataclass(frozen=True, slots=True)
class DamageIncoming:
    """One bit of the body turns over on the way in."""


@dataclass(frozen=True, slots=True)
class Alter:
    """It is done, and the answer is changed."""

    change: Callable[[Reply], Reply]


Fault = Say | LoseRequest | LoseReply | ResetInBody | DamageIncoming | Alter


def without_header(name: str) -> Alter:
    def change(reply: Reply) -> Reply:
        kept = {key: text for key, text in reply.headers.items() if key.lower() != name.lower()}
        return replace(reply, headers=kept)

    return Alter(change)


def damaged_body() -> Alter:
    def change(reply: Reply) -> Reply:
        content = reply.content
        return replace(reply, raw=bytes([content[0] ^ 1]) + content[1:])

    return Alter(change)


@dataclass(slots=True)
class Due:
    operation: str
    fault: Fault
    times: int
    part: int | None = None
    fired: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """One request that came by."""

    operation: str
    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: frozenset[str]
    data: object = None


class Script:
    """Faults that are due and a record of everything asked. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._due: list[Due] = []
        self._entries: list[Entry] = []

    def fail(self, operation: str, fault: Fault, *, times: int = 1, part: int | None = None) -> Due:
        due = Due(operation, fault, times, part)
        with self._lock:
            self._due.append(due)
        return due

    def take(self, operation: str, part: int | None) -> Fault | None:
        with self._lock:
            for due in self._due:
                right_part = due.part is None or due.part == part
                if due.operation == operation and right_part and due.fired < due.times:
                    due.fired += 1
                    return due.fault
        return None

    def note(self, entry: Entry) -> None:
        with self._lock:
            self._entries.append(entry)
            self._lock.notify_all()

    def wait_for(self, operation: str, times: int, timeout: float = 30.0) -> bool:
        """Until this was asked so often, or for good."""

        def often_enough() -> bool:
            return sum(1 for one in self._entries if one.operation == operation) >= times

        with self._lock:
            return self._lock.wait_for(often_enough, timeout)

    def entries(self, operation: str = "") -> list[Entry]:
        with self._lock:
            return [one for one in self._entries if operation in ("", one.operation)]

    def operations(self) -> list[str]:
        return [entry.operation for entry in self.entries()]

    def clear(self) -> None:
        with self._lock:
            self._due.clear()
            self._entries.clear()


@dataclass(frozen=True, slots=True)
class Route:
    """What a request is for: the name of the operation, what serves it, and which part it is of."""

    operation: str
    serve: Callable[[Request], Reply]
    part: int | None = None


Find = Callable[[str, str], Route]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    disable_nagle_algorithm = True

    def __getattr__(self, name: str) -> object:
        """Every method is handled alike."""
        if name.startswith("do_"):
            return self.handle_any
        raise AttributeError(name)

    def handle_any(self) -> None:
        split = urlsplit(self.path)
        path = unquote(split.path).rstrip("/")
        route = self.server.find(self.command, path)
        fault = self.server.script.take(route.operation, route.part)
        length = int(self.headers.get("Content-Length") or 0)
        if isinstance(fault, ResetInBody):
            self.rfile.read(min(fault.after, length))
            self.reset()
            return
        body = self.rfile.read(length)
        if isinstance(fault, DamageIncoming):
            body = bytes([body[0] ^ 1]) + body[1:]
        headers = {name.lower(): text for name, text in self.headers.items()}
        request = Request(self.command, path, parse_qs(split.query), headers, body)
        self.server.script.note(_entry(route, request))
        if isinstance(fault, LoseRequest):
            self.reset()
            return
        reply = fault.reply if isinstance(fault, Say) else route.serve(request)
        if isinstance(fault, LoseReply):
            self.reset()
            return
        self.say(fault.change(reply) if isinstance(fault, Alter) else reply)

    def reset(self) -> None:
        """Not even a goodbye."""
        self.close_connection = True
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()

    def say(self, reply: Reply) -> None:
        content = reply.content
        headers = {"Content-Type": "application/json", **reply.headers}
        headers.setdefault("Date", formatdate(self.server.clock(), usegmt=True))
        headers.setdefault("Content-Length", str(len(content)))
        # Whoever has seen enough may hang up: the official client does so to learn a length.
        with suppress(ConnectionError):
            self.send_response_only(reply.status)
            for name, text in headers.items():
                self.send_header(name, text)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: what came by stands in the script."""


def _entry(route: Route, request: Request) -> Entry:
    data = None
    if request.headers.get("content-type", "").startswith("application/json"):
        with suppress(ValueError):
            data = request.data
    return Entry(
        route.operation,
        request.method,
        request.path,
        request.query,
        frozenset(request.headers),
        data,
    )


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    find: Find
    script: Script
    clock: Callable[[], float]

    def handle_error(self, request: object, client_address: object) -> None:
        """Lines break in tests on purpose; anything else is a fault of this fake."""
        import sys

        if not isinstance(sys.exception(), ConnectionError | ValueError):
            super().handle_error(request, client_address)


@contextmanager
def listening(
    find: Find, script: Script, clock: Callable[[], float], port: int = 0
) -> Iterator[str]:
    """A door on loopback; yields its address."""
    server = _Server(("127.0.0.1", port), _Handler)
    server.find, server.script, server.clock = find, script, clock
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
