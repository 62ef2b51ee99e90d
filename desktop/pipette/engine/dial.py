"""Opens TCP connections: gives up in time, stops at once, and does not hang on a dead address."""

from __future__ import annotations

import errno
import os
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from pipette.engine.interrupt import Interrupt
from pipette.engine.readiness import TICK_SECONDS
from pipette.model.errors import NetworkDown

_HEAD_START_SECONDS = 0.3
"""An address that has not answered by then gets a rival (RFC 8305)."""

_UNDER_WAY = frozenset({0, errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EALREADY})


@dataclass(frozen=True, slots=True)
class _Address:
    family: int
    sockaddr: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Dialled:
    """A connected socket and how long the connecting took."""

    socket: socket.socket
    seconds: float


def dial(host: str, port: int, limit_seconds: float, interrupt: Interrupt) -> Dialled:
    """Connect to the first address of this name that answers. Raises NetworkDown, Interrupted."""
    deadline = time.monotonic() + limit_seconds
    try:
        addresses = _resolve(host, port, deadline, interrupt)
        return _Race(addresses, deadline, interrupt).run()
    except OSError as error:
        raise NetworkDown(f"{host}: {error.strerror or error}") from error


def _resolve(host: str, port: int, deadline: float, interrupt: Interrupt) -> list[_Address]:
    """Ask in a thread of its own, because a name server that is silent cannot be interrupted."""
    answer: Future[list[_Address]] = Future()
    threading.Thread(target=_look_up, args=(host, port, answer), daemon=True).start()
    done = threading.Event()
    answer.add_done_callback(lambda _: done.set())
    while not done.wait(TICK_SECONDS):
        interrupt.check()
        _expect_time_left(deadline)
    interrupt.check()
    return answer.result()


def _look_up(host: str, port: int, answer: Future[list[_Address]]) -> None:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        answer.set_exception(error if isinstance(error, OSError) else OSError("not a host name"))
        return
    answer.set_result(_alternating([_Address(family, to) for family, _, _, _, to in found]))


def _alternating(addresses: Sequence[_Address]) -> list[_Address]:
    """The system's order, but the second address is of the other kind (IPv4, IPv6) if there is one."""
    first = [address for address in addresses if address.family == addresses[0].family]
    others = [address for address in addresses if address.family != addresses[0].family]
    return first[:1] + others[:1] + first[1:] + others[1:]


def _expect_time_left(deadline: float) -> None:
    if time.monotonic() >= deadline:
        raise TimeoutError("no answer in time")


@dataclass(frozen=True, slots=True)
class _Runner:
    socket: socket.socket
    started: float


class _Race:
    """Connects to several addresses, each with a head start over the next; the first wins."""

    def __init__(
        self, addresses: Sequence[_Address], deadline: float, interrupt: Interrupt
    ) -> None:
        self._waiting = deque(addresses)
        self._deadline = deadline
        self._interrupt = interrupt
        self._next_start = 0.0
        self._selector = selectors.DefaultSelector()
        self._failure = OSError("no address")

    def run(self) -> Dialled:
        try:
            while True:
                self._interrupt.check()
                self._start_next()
                winner = self._look_for_winner()
                if winner is not None:
                    return winner
        finally:
            self._close_losers()

    def _start_next(self) -> None:
        now = time.monotonic()
        running = bool(self._selector.get_map())
        if not self._waiting:
            if not running:
                raise self._failure
            return
        if running and now < self._next_start:
            return
        self._next_start = now + _HEAD_START_SECONDS
        self._start(self._waiting.popleft(), now)

    def _start(self, address: _Address, now: float) -> None:
        try:
            runner = socket.socket(address.family, socket.SOCK_STREAM)
        except OSError as error:
            self._failure = error
            return
        runner.setblocking(False)
        code = runner.connect_ex(address.sockaddr)
        if code not in _UNDER_WAY:
            self._note_failure(runner, code)
            return
        self._selector.register(runner, selectors.EVENT_WRITE, _Runner(runner, now))

    def _look_for_winner(self) -> Dialled | None:
        if not self._selector.get_map():
            return None
        _expect_time_left(self._deadline)
        for key, _ in self._selector.select(TICK_SECONDS):
            runner: _Runner = key.data
            self._selector.unregister(runner.socket)
            code = runner.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if not code:
                return Dialled(runner.socket, time.monotonic() - runner.started)
            self._note_failure(runner.socket, code)
        return None

    def _note_failure(self, runner: socket.socket, code: int) -> None:
        runner.close()
        self._failure = OSError(code, os.strerror(code))
        self._next_start = 0.0

    def _close_losers(self) -> None:
        for key in self._selector.get_map().values():
            runner: _Runner = key.data
            runner.socket.close()
        self._selector.close()
