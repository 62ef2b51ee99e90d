"""The doors of the pretend One Codex: HTTP on loopback, with faults that strike on demand."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from typing import Any
from urllib.parse import parse_qsl, urlsplit


class Drop(Enum):
    """The connection is closed without an answer."""

    BEFORE = "before anything is done"
    AFTER = "after all is done"
    DURING = "in the middle of the answer's body"


@dataclass(frozen=True, slots=True)
class Say:
    """Answered instead of doing anything."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    kind: str = "application/json"
    done: bool = False
    """True: it is done nevertheless."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request as it came."""

    route: str
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""


@dataclass(slots=True)
class Answer:
    status: int
    data: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    """Instead of JSON."""
    kind: str = "application/json"
    close: bool = False
    cut: bool = False
    """Only half of the body is sent."""


class Refused(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, message: str, *, word: str = "message") -> None:
        super().__init__(message)
        self.answer = Answer(status, {word: message, "status": status})


@dataclass(slots=True)
class _Armed:
    route: str
    action: Drop | Say
    times: int | None
    skip: int


class Faults:
    """What strikes which route, in the order it was set."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[_Armed] = []
        self.struck: list[str] = []

    def add(self, route: str, action: Drop | Say, *, times: int | None = 1, skip: int = 0) -> None:
        with self._lock:
            self._armed.append(_Armed(route, action, times, skip))

    def clear(self) -> None:
        with self._lock:
            self._armed.clear()

    def take(self, route: str) -> Drop | Say | None:
        with self._lock:
            for armed in self._armed:
                if armed.route != route or armed.times == 0:
                    continue
                if armed.skip:
                    armed.skip -= 1
                    return None
                armed.times = None if armed.times is None else armed.times - 1
                self.struck.append(route)
                return armed.action
        return None


@dataclass(slots=True)
class Request:
    """What a route works on. ``stream`` is the unread body."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    stream: BufferedIOBase
    taken: int = 0

    @property
    def length(self) -> int:
        return int(self.headers.get("content-length", "0"))

    def read(self, count: int) -> bytes:
        data = self.stream.read(min(count, self.length - self.taken))
        self.taken += len(data)
        return data

    def json(self) -> Any:
        raw = self.read(self.length)
        try:
            return json.loads(raw) if raw else None
        except ValueError as error:
            raise Refused(400, "no JSON") from error


class Service:
    """One door's side of the service: names the route, then answers."""

    def route(self, request: Request) -> str:
        raise NotImplementedError

    def answer(self, route: str, request: Request) -> Answer:
        raise NotImplementedError


class Door:
    """A running server in front of a service. ``calls`` holds what came by."""

    def __init__(self, service: Service, faults: Faults, port: int = 0) -> None:
        self.calls: list[Call] = []
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.service = service
        self._server.faults = faults
        self._server.calls = self.calls
        self._server.arrived = self.arrived = threading.Condition()
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def wait_until(self, holds: Callable[[list[Call]], bool], timeout: float = 30.0) -> bool:
        """Wait for what came by to be so."""
        with self.arrived:
            return self.arrived.wait_for(lambda: holds(self.calls), timeout)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    service: Service
    faults: Faults
    calls: list[Call]
    arrived: threading.Condition

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever hangs up in the middle is none of our concern."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def handle_any(self) -> None:
        split = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(
            self.command, split.path, dict(parse_qsl(split.query)), headers, self.rfile
        )
        route = self.server.service.route(request)
        fault = self.server.faults.take(route)
        if fault is Drop.BEFORE:
            self.hang_up()
            return
        if isinstance(fault, Say) and not fault.done:
            self.note(route, request)
            self.drain(request)
            self.say(_said(fault), request)
            return
        answer = self.answered(route, request)
        if fault is Drop.AFTER:
            self.hang_up()
            return
        answer.cut = fault is Drop.DURING
        self.say(_said(fault) if isinstance(fault, Say) else answer, request)

    def answered(self, route: str, request: Request) -> Answer:
        try:
            return self.server.service.answer(route, request)
        except Refused as refused:
            return refused.answer
        finally:
            self.note(route, request)

    def note(self, route: str, request: Request) -> None:
        call = Call(route, request.method, request.path, request.query, request.headers)
        with self.server.arrived:
            self.server.calls.append(call)
            self.server.arrived.notify_all()

    def drain(self, request: Request) -> None:
        while request.read(1 << 20):
            pass

    def say(self, answer: Answer, request: Request) -> None:
        body = answer.raw
        if body is None:
            body = b"" if answer.status == 204 else json.dumps(answer.data).encode()
        self.close_connection |= answer.close or request.taken < request.length or answer.cut
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[: len(body) // 2] if answer.cut else body)

    def hang_up(self) -> None:
        """With a reset, so that nobody takes it for the end of an answer."""
        self.close_connection = True
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()

    def __getattr__(self, name: str) -> object:
        if name.startswith("do_"):
            return self.handle_any
        raise AttributeError(name)

    def log_message(self, format: str, *args: object) -> None:
        """What came by stands in ``calls``."""


def _said(fault: Say) -> Answer:
    return Answer(fault.status, headers=dict(fault.headers), raw=fault.body, kind=fault.kind)
