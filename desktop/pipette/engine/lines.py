"""Open connections by host: dialled, tunnelled, encrypted, and kept for the next request."""

from __future__ import annotations

import socket
import ssl
import threading
from collections import deque
from dataclasses import dataclass

from pipette.engine.clock import Clock
from pipette.engine.connection import Connection
from pipette.engine.dial import dial
from pipette.engine.interrupt import Interrupt
from pipette.engine.pace import Pace
from pipette.engine.proxies import Proxy, proxy_for
from pipette.engine.readiness import NOT_NOW, Readiness
from pipette.model.account import Network
from pipette.model.errors import Interrupted, NetworkDown, ProxyRefused, Untrusted
from pipette.trust import Trust

_FRESH_SECONDS = 0.5
"""A connection used this recently is taken to be open still."""

_OLD_SECONDS = 20.0
"""Services and firewalls drop idle connections after about this, some without a word."""

_PROXY_PASSWORD_WANTED = 407


@dataclass(frozen=True, slots=True)
class Origin:
    """What one connection leads to."""

    scheme: str
    host: str
    port: int

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        standard = 443 if self.scheme == "https" else 80
        return host if self.port == standard else f"{host}:{self.port}"

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


class Lines:
    """Any thread. A connection taken belongs to the taker alone until it is given back.

    So there are never more connections to a host than workers that talked to it at one time.
    """

    def __init__(self, network: Network, clock: Clock) -> None:
        self._network = network
        self._clock = clock
        self._trust = Trust(network)
        self._lock = threading.Lock()
        self._idle: dict[Origin, deque[Connection]] = {}
        self._busy: set[Connection] = set()
        self._round_trips: dict[str, float] = {}
        self.closed = False

    def take(self, origin: Origin, interrupt: Interrupt, *, fresh: bool = False) -> Connection:
        """A kept connection, or a new one. Raises NetworkDown, Untrusted, ProxyRefused …"""
        connection = None if fresh else self._take_kept(origin)
        if connection is None:
            connection = self._open(origin, interrupt)
        connection.begin()
        with self._lock:
            self._busy.add(connection)
        if self.closed:
            self.give_back(origin, connection)
            raise Interrupted
        return connection

    def give_back(self, origin: Origin, connection: Connection) -> None:
        """Kept for the next request when its last exchange ended well, else closed."""
        with self._lock:
            self._busy.discard(connection)
            keep = connection.reusable and not self.closed
            if keep:
                connection.rest()
                self._idle.setdefault(origin, deque()).append(connection)
            old = self._pop_old(origin)
        if not keep:
            connection.close()
        _close(old)

    def round_trip_seconds(self, host: str) -> float | None:
        """The shortest time in which this host answered a connection."""
        return self._round_trips.get(host)

    def slowest_round_trip(self) -> float | None:
        """Of the hosts spoken to, the one farthest away."""
        with self._lock:
            return max(self._round_trips.values(), default=None)

    def close(self) -> None:
        """Close what is idle and end what is busy, for good."""
        with self._lock:
            self.closed = True
            idle = [connection for kept in self._idle.values() for connection in kept]
            self._idle.clear()
            for connection in self._busy:
                connection.wake()
        _close(idle)

    def _take_kept(self, origin: Origin) -> Connection | None:
        while (connection := self._pop_idle(origin)) is not None:
            idle_seconds = self._clock.monotonic() - connection.idle_since
            if idle_seconds < _FRESH_SECONDS:
                return connection
            if idle_seconds < _OLD_SECONDS and not connection.answer_waits():
                return connection
            connection.close()
        return None

    def _pop_idle(self, origin: Origin) -> Connection | None:
        with self._lock:
            kept = self._idle.get(origin)
            return kept.pop() if kept else None

    def _pop_old(self, origin: Origin) -> list[Connection]:
        kept = self._idle.get(origin, deque())
        oldest = self._clock.monotonic() - _OLD_SECONDS
        old = []
        while kept and kept[0].idle_since < oldest:
            old.append(kept.popleft())
        return old

    def _open(self, origin: Origin, interrupt: Interrupt) -> Connection:
        proxy = proxy_for(self._network, origin.scheme, origin.host)
        sock = self._dial(origin, proxy, interrupt)
        try:
            return self._set_up(sock, origin, proxy, interrupt)
        except BaseException:
            sock.close()
            raise

    def _dial(self, origin: Origin, proxy: Proxy | None, interrupt: Interrupt) -> socket.socket:
        target: Origin | Proxy = proxy or origin
        dialled = dial(target.host, target.port, self._network.connect_seconds, interrupt)
        if proxy is None:
            self._note_round_trip(origin.host, dialled.seconds)
        return dialled.socket

    def _note_round_trip(self, host: str, seconds: float) -> None:
        with self._lock:
            self._round_trips[host] = min(seconds, self._round_trips.get(host, seconds))

    def _set_up(
        self, sock: socket.socket, origin: Origin, proxy: Proxy | None, interrupt: Interrupt
    ) -> Connection:
        pace = Pace(self._clock, interrupt, self._network.connect_seconds)
        if origin.scheme == "https":
            if proxy is not None:
                self._tunnel(sock, origin, proxy, pace)
            return Connection(self._encrypt(sock, origin.host, pace), origin.host, self._clock)
        if proxy is None:
            return Connection(sock, origin.host, self._clock)
        prefix = f"http://{origin.host_header}"
        return Connection(
            sock, origin.host, self._clock, prefix=prefix, authorization=proxy.authorization
        )

    def _tunnel(self, sock: socket.socket, origin: Origin, proxy: Proxy, pace: Pace) -> None:
        """Ask the proxy for a way through. Raises ProxyRefused."""
        started = self._clock.monotonic()
        connection = Connection(sock, proxy.host, self._clock)
        connection.send(_connect_request(origin, proxy), pace, _ignore)
        head = connection.read_head(pace)
        expect_proxy_consent(head.status)
        if head.status != 200 or not connection.clean:
            raise ProxyRefused(f"the proxy answered {head.status} to {origin.host}")
        self._note_round_trip(origin.host, self._clock.monotonic() - started)

    def _encrypt(self, sock: socket.socket, host: str, pace: Pace) -> ssl.SSLSocket:
        context = self._trust.take()
        try:
            # WORKAROUND: wrap_socket leaks the socket of a connection that was reset already
            # https://github.com/python/cpython/blob/3.11/Lib/ssl.py (SSLSocket._create)
            sock.getpeername()
            encrypted = context.wrap_socket(
                sock, server_hostname=host, do_handshake_on_connect=False
            )
            try:
                _shake_hands(encrypted, pace)
            except BaseException:
                encrypted.close()
                raise
            return encrypted
        except OSError as error:
            pace.check()
            raise _handshake_error(error, host) from error
        finally:
            self._trust.give_back(context)


def expect_proxy_consent(status: int) -> None:
    """Raises ProxyRefused when this is a proxy's wish for a password."""
    if status == _PROXY_PASSWORD_WANTED:
        raise ProxyRefused("the proxy wants a name and password, or others than these")


def _connect_request(origin: Origin, proxy: Proxy) -> bytes:
    lines = [f"CONNECT {origin.authority} HTTP/1.1", f"Host: {origin.authority}"]
    if proxy.authorization:
        lines.append(f"Proxy-Authorization: {proxy.authorization}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _shake_hands(encrypted: ssl.SSLSocket, pace: Pace) -> None:
    readiness = Readiness(encrypted)
    pace.start()
    while True:
        try:
            encrypted.do_handshake()
        except NOT_NOW as error:
            readiness.wait(error, writing=False)
            pace.waited()
        else:
            return


def _handshake_error(error: OSError, host: str) -> NetworkDown | Untrusted:
    """A broken line may heal; a certificate or a kind of TLS we do not accept will not."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return Untrusted(f"{host}: {error.verify_message or error.reason}")
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError | ssl.SSLSyscallError):
        return NetworkDown(f"{host}: closed while agreeing on encryption")
    if isinstance(error, ssl.SSLError):
        return Untrusted(f"{host}: no safe connection could be agreed on ({error.reason})")
    return NetworkDown(f"{host}: {error.strerror or type(error).__name__}")


def _ignore(count: int) -> None:
    """Bytes that are nobody's payload."""


def _close(connections: list[Connection]) -> None:
    for connection in connections:
        connection.close()
