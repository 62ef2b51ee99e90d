"""A door in front of any fake service: passes every request on, unless a fault is due.

It speaks plain HTTP and knows no service, so that every provider can be tried with the same faults.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_PER_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "upgrade", "expect"}


@dataclass(frozen=True, slots=True)
class Answer:
    """Said instead of passing the request on."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class LoseReply:
    """The request is passed on and done, but its answer never comes back."""


@dataclass(frozen=True, slots=True)
class Damage:
    """One bit of the first byte of the payload turns over on the way."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that came by; ``target`` is path and query as they were sent."""

    method: str
    target: str
    headers: frozenset[str]
    storage: bool = False
    """It came by the door of the storage."""


Fault = Answer | LoseReply | Damage
Which = Callable[[Seen], bool]


@dataclass(slots=True)
class Front:
    """The running door. Faults are used up in the order they were set."""

    url: str
    seen: list[Seen] = field(default_factory=list)
    _due: list[tuple[Which, Fault]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fail(self, fault: Fault, which: Which = lambda seen: True) -> None:
        """The next request like this meets this fault, once."""
        with self._lock:
            self._due.append((which, fault))

    def take(self, seen: Seen) -> Fault | None:
        with self._lock:
            self.seen.append(seen)
            for place, (which, fault) in enumerate(self._due):
                if which(seen):
                    del self._due[place]
                    return fault
        return None

    def forget(self) -> None:
        """Start anew: nothing seen, no fault due."""
        with self._lock:
            self.seen.clear()
            self._due.clear()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    # Head and body leave in two writes; without this the second waits for an acknowledgement.
    disable_nagle_algorithm = True

    def handle_any(self) -> None:
        names = frozenset(name.lower() for name in self.headers)
        seen = Seen(self.command, self.path, names, self.server.storage)
        fault = self.server.front.take(seen)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if isinstance(fault, Answer):
            self.reply(fault.status, list(fault.headers), fault.body)
            return
        if isinstance(fault, Damage):
            body = self.damaged(body)
        status, headers, content = self.pass_on(body)
        if isinstance(fault, LoseReply):
            self.close_connection = True
            return
        self.reply(status, headers, content)

    def __getattr__(self, name: str) -> object:
        """Every method is handled alike."""
        if name.startswith("do_"):
            return self.handle_any
        raise AttributeError(name)

    def damaged(self, body: bytes) -> bytes:
        at = 0
        if self.headers.get("Content-Encoding") == "aws-chunked":
            at = body.index(b"\r\n") + 2
        elif self.headers.get_content_type() == "multipart/form-data":
            at = body.index(b"\r\n\r\n", body.index(b'name="file"')) + 4
        return body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]

    def pass_on(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        upstream = http.client.HTTPConnection(urlsplit(self.server.upstream).netloc)
        try:
            upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, text in self.headers.items():
                if name.lower() not in _PER_HOP:
                    upstream.putheader(name, text)
            # Whoever refuses may answer and hang up before it has read the whole body.
            with suppress(BrokenPipeError, ConnectionResetError):
                upstream.endheaders(body)
            answer = upstream.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            upstream.close()

    def reply(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        told = {name.lower() for name, _ in headers}
        for name, text in headers:
            if name.lower() not in _PER_HOP:
                self.send_header(name, text)
        if "content-length" not in told:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: what came by stands in ``seen``."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    upstream: str
    storage: bool
    front: Front

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def front_of(upstream: str) -> Iterator[Front]:
    server = _Server(("127.0.0.1", 0), _Handler)
    server.upstream, server.storage = upstream, False
    server.front = Front(server.url)
    with _running(server):
        yield server.front


@contextmanager
def storage_door(front: Front, upstream: str) -> Iterator[str]:
    """A second door of the same front, before the storage of a service; yields its address."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.upstream, server.storage = upstream, True
    server.front = front
    with _running(server):
        yield server.url


@contextmanager
def _running(server: _Server) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
