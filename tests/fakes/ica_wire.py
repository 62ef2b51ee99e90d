"""HTTP on loopback for the fake of ICA: requests in, answers out, faults in between."""

from __future__ import annotations

import gzip
import json
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

GZIP_FROM = 400
LARGEST_BODY = 1_000_000


@dataclass(frozen=True, slots=True)
class Request:
    """``path`` is encoded as it came, without the query; ``raw`` is the body."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    raw: bytes

    def one(self, name: str) -> str | None:
        values = self.query.get(name)
        return values[0] if values else None


@dataclass(frozen=True, slots=True)
class Answer:
    """``body`` is sent as JSON unless it is text or bytes already."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    type: str = "application/vnd.illumina.v3+json"

    def content(self) -> bytes:
        if self.body is None:
            return b""
        if isinstance(self.body, bytes):
            return self.body
        return (self.body if isinstance(self.body, str) else json.dumps(self.body)).encode()


# What may go wrong with one request.


@dataclass(frozen=True, slots=True)
class Say:
    """Answer this. ``done`` does the work before; ``raw`` sends the detail as it stands."""

    status: int
    code: str = ""
    detail: str = "said so"
    retry_after: str = ""
    done: bool = False
    raw: bool = False


@dataclass(frozen=True, slots=True)
class Break:
    """Reset the connection, before the work or (``done``) after it."""

    done: bool = False


@dataclass(frozen=True, slots=True)
class Hang:
    """No byte comes until ``Faults.release``."""


@dataclass(frozen=True, slots=True)
class Drip:
    """The answer comes in pieces of so many bytes, each on its own."""

    size: int = 16


Action = Say | Break | Hang | Drip
LOST_REPLY = Break(done=True)


@dataclass(slots=True)
class _Armed:
    method: str
    path: re.Pattern[str]
    action: Action
    left: int | None


class Faults:
    """Scripted; each is spent on the first requests that match it. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[_Armed] = []
        self.go_on = threading.Event()
        self.hanging = threading.Semaphore(0)

    def add(self, action: Action, path: str = "", method: str = "", times: int | None = 1) -> None:
        """``path`` is looked for in the path, as a pattern."""
        with self._lock:
            self._armed.append(_Armed(method, re.compile(path), action, times))

    def take(self, request: Request) -> Action | None:
        with self._lock:
            for armed in self._armed:
                if armed.method in ("", request.method) and armed.path.search(request.path):
                    if armed.left is not None:
                        armed.left -= 1
                    self._armed = [one for one in self._armed if one.left != 0]
                    return armed.action
        return None

    def clear(self) -> None:
        with self._lock:
            self._armed.clear()
        self.release()

    def release(self) -> None:
        self.go_on.set()


Respond = Callable[[Request], Answer]
Refuse = Callable[[Say], Answer]


class Door:
    """Serves until closed. ``seen`` are all requests, in order."""

    def __init__(self, respond: Respond, refuse: Refuse, faults: Faults) -> None:
        self.respond = respond
        self.refuse = refuse
        self.faults = faults
        self.seen: list[Request] = []
        self.answered: list[tuple[Request, int]] = []
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.door = self
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}
        )
        self._thread.start()

    def close(self) -> None:
        self.faults.release()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    disable_nagle_algorithm = True

    def handle_any(self) -> None:
        door = self.server.door
        request = self._request()
        door.seen.append(request)
        action = door.faults.take(request)
        if isinstance(action, Break) and not action.done:
            self._reset()
            return
        if isinstance(action, Hang):
            door.faults.hanging.release()
            door.faults.go_on.wait()
        if isinstance(action, Say) and not action.done:
            answer = door.refuse(action)
        else:
            answer = door.respond(request)
        door.answered.append((request, answer.status))
        if isinstance(action, Break):
            self._reset()
            return
        if isinstance(action, Say) and action.done:
            answer = door.refuse(action)
        self._send(answer, action)

    def __getattr__(self, name: str) -> object:
        if name.startswith("do_"):
            return self.handle_any
        raise AttributeError(name)

    def _request(self) -> Request:
        length = int(self.headers.get("Content-Length", 0))
        split = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = parse_qs(split.query, keep_blank_values=True)
        return Request(self.command, split.path, query, headers, self.rfile.read(length))

    def _send(self, answer: Answer, action: Action | None) -> None:
        content = answer.content()
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if content:
            self.send_header("Content-Type", answer.type)
        if "gzip" in self.headers.get("Accept-Encoding", "") and len(content) >= GZIP_FROM:
            content = gzip.compress(content, 1)
            self.send_header("Content-Encoding", "gzip")
        if answer.status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        for piece in _pieces(content, action.size if isinstance(action, Drip) else 0):
            self.wfile.write(piece)
            self.wfile.flush()

    def _reset(self) -> None:
        self.close_connection = True
        # With this set, closing answers with a reset instead of a farewell.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def finish(self) -> None:
        if self.connection.fileno() >= 0:
            super().finish()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: what came by stands in ``Door.seen``."""


def _pieces(content: bytes, size: int) -> Iterator[bytes]:
    step = size or max(1, len(content))
    for start in range(0, len(content), step):
        yield content[start : start + step]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    door: Door

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error; anything else must be seen."""
        import sys

        if not isinstance(sys.exception(), ConnectionError | ValueError):
            super().handle_error(request, client_address)


@contextmanager
def door_for(respond: Respond, refuse: Refuse, faults: Faults) -> Iterator[Door]:
    door = Door(respond, refuse, faults)
    try:
        yield door
    finally:
        door.close()
