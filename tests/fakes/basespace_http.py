"""HTTP for made-up services: one handler, scripted faults, and a log of every request."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol
from urllib.parse import parse_qsl, urlsplit

from tests.fakes.basespace_faults import Cut, Fault, Say, Script, Seen, Twist, Wrong

_HALF = 2


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    query: Mapping[str, str]
    """Names in lower case."""
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = "application/json"
    sent: int | None = None
    """So many bytes really leave."""
    stalls: bool = False
    """Once the bytes have left, nothing happens until the client goes."""


class Site(Protocol):
    """What a handler asks of the service behind it."""

    script: Script

    def route(self, request: Request) -> tuple[str, Mapping[str, str]]:
        """Name of the route and what stands in its place-holders."""
        ...

    def answer(
        self, route: str, details: Mapping[str, str], request: Request, wrong: Wrong | None
    ) -> Reply: ...


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server
    _log: Callable[[int], None] | None = None

    def handle_any(self) -> None:
        site = self.server.site
        parts = urlsplit(self.path)
        query = {name.lower(): text for name, text in parse_qsl(parts.query, True)}
        headers = {name.lower(): text for name, text in self.headers.items()}
        request = Request(self.command, parts.path, query, headers)
        self._log = None
        route, details = site.route(request)
        site.script.begun(route)
        length = int(headers.get("content-length", 0))

        def log(status: int) -> None:
            seen = Seen(self.command, route, self.path, headers, length, status, details)
            site.script.ended(route, seen)

        self._log = log
        try:
            self._serve(site, route, details, request, length)
        finally:
            self._logged(0)

    def _serve(
        self, site: Site, route: str, details: Mapping[str, str], request: Request, length: int
    ) -> None:
        if "transfer-encoding" in request.headers:
            site.script.breach(f"{route}: chunked")
        wrong = site.script.due(route)
        if wrong is Cut.BEFORE:
            return self._hang_up()
        if wrong is Cut.DURING:
            self.rfile.read(length // _HALF)
            return self._hang_up()
        body = self.rfile.read(length)
        if len(body) < length:
            # The client went away in the middle: nothing of it counts.
            return self._hang_up()
        if isinstance(wrong, Say) and not wrong.done:
            return self._send(Reply(wrong.status, wrong.body, wrong.headers, wrong.kind))
        whole = Request(request.method, request.path, request.query, request.headers, body)
        reply = site.answer(route, details, whole, wrong)
        if wrong is Cut.AFTER:
            return self._hang_up()
        if wrong is Fault.STALLED:
            reply = replace(reply, sent=len(reply.body) // _HALF, stalls=True)
        if isinstance(wrong, Say):
            reply = Reply(wrong.status, wrong.body, wrong.headers, wrong.kind)
        if isinstance(wrong, Twist):
            reply = _twisted(reply, wrong)
        return self._send(reply)

    def _logged(self, status: int) -> None:
        """Before anything is answered, so that who has the answer finds it in the log."""
        log, self._log = self._log, None
        if log is not None:
            log(status)

    def __getattr__(self, name: str) -> object:
        """Every method is handled alike."""
        if name.startswith("do_"):
            return self.handle_any
        raise AttributeError(name)

    def _send(self, reply: Reply) -> None:
        self._logged(reply.status)
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.kind)
        self.send_header("X-Request-ID", uuid.uuid4().hex)
        self.send_header("Set-Cookie", "session=cookie-of-the-service; Path=/")
        for name, text in reply.headers.items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body if reply.sent is None else reply.body[: reply.sent])
        if reply.stalls:
            self.wfile.flush()
            self.connection.recv(1)
        if reply.sent is not None:
            self.close_connection = True

    def _hang_up(self) -> None:
        """With a reset, not a polite end."""
        self._logged(0)
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: what came stands in the script's log."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    site: Site

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away in the middle is no fault of the fake."""

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        """Close at once: a polite end would come before the reset that was asked for."""
        with contextlib.suppress(OSError):
            if isinstance(request, socket.socket) and not _resets(request):
                request.shutdown(socket.SHUT_WR)
        self.close_request(request)


def _resets(sock: socket.socket) -> bool:
    return sock.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER) != 0


def _twisted(reply: Reply, twist: Twist) -> Reply:
    told = json.loads(reply.body)
    inner = told.get("Response", told)
    for name, value in twist.fields.items():
        if value is None:
            inner.pop(name, None)
        else:
            inner[name] = value
    return Reply(reply.status, json.dumps(told).encode(), reply.headers, reply.kind)


@contextmanager
def serving(site: Site) -> Iterator[str]:
    """Runs it on loopback and yields its address."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.site = site
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
