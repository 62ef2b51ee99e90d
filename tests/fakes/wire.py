"""Small servers on loopback that a test scripts byte by byte, faults included."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

CERTS = Path(__file__).parent / "certs"
TEST_CA = str(CERTS / "ca.pem")

_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Request:
    """What arrived. Header names are lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""


class Wire:
    """The server's end of one connection."""

    def __init__(self, sock: socket.socket, number: int) -> None:
        self.sock = sock
        self.number = number
        """Which connection this is, from 0."""
        self._reader = sock.makefile("rb")

    def read_head(self) -> Request | None:
        """The next request without its body; None when the client closed."""
        first = self._reader.readline()
        if not first:
            return None
        method, target, _ = first.decode("latin-1").split(" ")
        headers: dict[str, str] = {}
        while (line := self._reader.readline().decode("latin-1").rstrip("\r\n")) != "":
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        return Request(method, target, headers)

    def read_request(self) -> Request | None:
        head = self.read_head()
        if head is None:
            return None
        body = self._reader.read(int(head.headers.get("content-length", "0")))
        return Request(head.method, head.target, head.headers, body)

    def read(self, count: int) -> bytes:
        return self._reader.read(count)

    def send(self, raw: bytes) -> None:
        self.sock.sendall(raw)

    def answer(
        self, status: int, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> None:
        lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self.send("\r\n".join([*lines, "", ""]).encode() + body)

    def hang_up(self) -> None:
        """End it from any thread; whoever reads from it comes to the end."""
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)

    def close(self) -> None:
        self.hang_up()
        self._reader.close()
        self.sock.close()

    def reset(self) -> None:
        """Close so that the other side sees a reset, not an end."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._reader.close()
        self.sock.close()


class WireServer:
    """Runs ``serve`` for each connection, in a thread of its own. Its errors fail the test."""

    def __init__(self, serve: Callable[[Wire], None], *, tls: bool = False) -> None:
        self._serve = serve
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._context = _server_context() if tls else None
        self._threads: list[threading.Thread] = []
        self._wires: list[Wire] = []
        self._errors: list[BaseException] = []
        self._stopping = False
        self.stopped = threading.Event()
        """Set when the test is over; a server that holds still waits for it."""
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def connections(self) -> int:
        return len(self._wires)

    def __enter__(self) -> WireServer:
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping = True
        self.stopped.set()
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        self._acceptor.join(_SECONDS)
        self._listener.close()
        for wire in self._wires:
            wire.hang_up()
        for thread in self._threads:
            thread.join(_SECONDS)
        if self._errors:
            raise self._errors[0]

    def _accept(self) -> None:
        while True:
            sock, _ = self._listener.accept()
            if self._stopping:
                sock.close()
                return
            thread = threading.Thread(target=self._run, args=(sock,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _run(self, sock: socket.socket) -> None:
        sock.settimeout(_SECONDS)
        try:
            secured = self._secured(sock)
        except OSError:
            sock.close()
            return
        wire = Wire(secured, len(self._wires))
        self._wires.append(wire)
        try:
            self._serve(wire)
        except (OSError, ValueError):
            pass
        except BaseException as error:  # noqa: BLE001  handed to the test
            self._errors.append(error)
        finally:
            wire.close()

    def _secured(self, sock: socket.socket) -> socket.socket:
        if self._context is None:
            return sock
        return self._context.wrap_socket(sock, server_side=True)


def _server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTS / "server.pem", CERTS / "server.key")
    return context


def unchunked(body: bytes) -> tuple[bytes, dict[str, str]]:
    """Take Amazon's chunks apart, strictly; returns the data and the trailers."""
    data = b""
    while True:
        line, rest = body.split(b"\r\n", 1)
        size = int(line, 16)
        if not size:
            break
        assert rest[size : size + 2] == b"\r\n"
        data += rest[:size]
        body = rest[size + 2 :]
    lines = rest.removesuffix(b"\r\n").split(b"\r\n")
    assert rest.endswith(b"\r\n\r\n")
    assert lines[-1] == b""
    pairs = (line.decode().split(":", 1) for line in lines[:-1])
    return data, dict(pairs)


class ConnectProxy:
    """A proxy that tunnels, and answers plain requests; wants ``authorization`` if given.

    With ``port`` every tunnel leads there, whatever name was asked for.
    """

    def __init__(self, authorization: str = "", port: int = 0) -> None:
        self._authorization = authorization
        self._port = port
        self.seen: list[Request] = []
        self._server = WireServer(self._serve)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.port}"

    def __enter__(self) -> ConnectProxy:
        self._server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.__exit__()

    def _serve(self, wire: Wire) -> None:
        while (head := wire.read_head()) is not None:
            self.seen.append(head)
            if head.headers.get("proxy-authorization", "") != self._authorization:
                wire.answer(407, b"who are you?")
                return
            if head.method == "CONNECT":
                self._tunnel(wire, head.target)
                return
            body = wire.read(int(head.headers.get("content-length", "0")))
            wire.answer(200, b"passed on " + body)

    def _tunnel(self, wire: Wire, target: str) -> None:
        port = self._port or int(target.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as far:
            wire.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
            for data, to in _both_ways(wire.sock, far):
                to.sendall(data)


def _both_ways(near: socket.socket, far: socket.socket) -> Iterator[tuple[bytes, socket.socket]]:
    while True:
        for source in select.select([near, far], [], [])[0]:
            data = source.recv(65536)
            if not data:
                return
            yield data, (far if source is near else near)
