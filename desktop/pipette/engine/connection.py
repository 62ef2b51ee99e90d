"""One kept-alive connection: bytes out, answers in, and nothing that blocks for long.

The socket itself never blocks. Waiting is a step of its own, a tick at a time, so that on every
system and with or without TLS an interrupt is noticed and a standstill is measured.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Callable

from pipette.engine.clock import Clock
from pipette.engine.pace import Pace
from pipette.engine.readiness import NOT_NOW, Readiness
from pipette.engine.replies import Head, parse_head
from pipette.model.errors import NetworkDown, Temporary
from pipette.model.files import KiB

_READ = 64 * KiB
_LONGEST_HEAD = 64 * KiB


_MOST_UNSENT = 512 * KiB
"""How much the system may take before it went out; more would make progress and pauses lie."""


class AnsweredEarly(Exception):
    """The answer came before the body was sent, so the rest of it is of no use."""


class Connection:
    """Used by one worker at a time; only ``wake`` may be called from another thread.

    Operations raise NetworkDown, Stalled and Interrupted.
    """

    def __init__(
        self,
        sock: socket.socket,
        host: str,
        clock: Clock,
        *,
        prefix: str = "",
        authorization: str = "",
    ) -> None:
        self._socket = sock
        self._host = host
        self._clock = clock
        self._held = b""
        self._closed_there = False
        self.prefix = prefix
        """Stands before the path of a request when a proxy passes it on."""
        self.authorization = authorization
        """For that proxy; a secret."""
        self.reused = False
        self.answered = False
        """A byte of an answer arrived since the last ``begin``."""
        self.reusable = False
        """The last exchange ended so that the next may follow."""
        self.idle_since = 0.0
        sock.setblocking(False)
        _tune(sock)
        self._readiness = Readiness(sock)
        self._encrypted = isinstance(sock, ssl.SSLSocket)

    def wake(self) -> None:
        """End whatever is blocked in it; it is of no use afterwards.

        Not ``SSLSocket.shutdown``: that takes the encryption off while the other thread may still
        be sending.
        """
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def close(self) -> None:
        self._socket.close()

    def begin(self) -> None:
        """A new request goes out on it."""
        self.answered = False
        self.reusable = False

    def rest(self) -> None:
        """The exchange is over; it waits for the next."""
        self.reused = True
        self.idle_since = self._clock.monotonic()

    @property
    def went_stale(self) -> bool:
        """It was kept from an earlier request and closed over there before this one came along."""
        return self.reused and not self.answered

    @property
    def clean(self) -> bool:
        """Nothing came after the last answer."""
        return not self._held and not self._closed_there

    def send(self, view: memoryview | bytes, pace: Pace, moved: Callable[[int], None]) -> None:
        """Send all of it, telling ``moved`` of each piece. Raises AnsweredEarly."""
        rest = memoryview(view)
        while rest:
            count = self._send_some(rest, pace)
            moved(count)
            rest = rest[count:]

    def answer_waits(self) -> bool:
        """Whether a final answer, or the end of the connection, is there already. Never blocks."""
        self._socket.settimeout(0)
        try:
            self._hold(self._socket.recv(_READ))
        except NOT_NOW:
            pass
        except OSError:
            self._closed_there = True
        return self._closed_there or self._final_head_held()

    def read_head(self, pace: Pace) -> Head:
        """The next final head; interim ones are dropped."""
        while True:
            head = self._take_head()
            if head is None:
                self._hold_more(pace)
            elif not head.interim:
                return head

    def read_into(self, room: memoryview, pace: Pace) -> int:
        if self._held:
            count = min(len(room), len(self._held))
            room[:count] = self._held[:count]
            self._held = self._held[count:]
            return count
        receive = self._receive_records if self._encrypted else self._socket.recv_into
        count = self._receive(lambda: receive(room), pace)
        if not count:
            pace.check()
        return count

    def read_line(self, limit: int, pace: Pace) -> bytes:
        while b"\n" not in self._held:
            if len(self._held) > limit:
                raise Temporary("a line of the answer is too long")
            self._hold_more(pace)
        line, _, self._held = self._held.partition(b"\n")
        return line.removesuffix(b"\r")

    def _send_some(self, view: memoryview, pace: Pace) -> int:
        pace.start()
        while True:
            try:
                count = self._socket.send(view)
            except NOT_NOW as error:
                ready = self._readiness.wait(error, writing=True)
                pace.waited()
                if not ready and self.answer_waits():
                    raise AnsweredEarly from None
            except OSError as error:
                raise self._broken(error, pace) from error
            else:
                pace.moved(count)
                return count

    def _receive(self, receive: Callable[[], int], pace: Pace) -> int:
        pace.start()
        while True:
            try:
                count = receive()
            except NOT_NOW as error:
                self._readiness.wait(error, writing=False)
                pace.waited()
            except OSError as error:
                raise self._broken(error, pace) from error
            else:
                pace.moved(count)
                self._closed_there = not count
                return count

    def _receive_records(self, room: memoryview) -> int:
        """All that is there by now: TLS hands out no more than 16 KiB at a time."""
        received = self._socket.recv_into(room)
        with contextlib.suppress(*NOT_NOW):
            while 0 < received < len(room):
                count = self._socket.recv_into(room[received:])
                if not count:
                    break
                received += count
        return received

    def _hold_more(self, pace: Pace) -> None:
        """Raises NetworkDown when nothing more will come."""
        if not self._closed_there:
            self._wait_for_answer(pace)
            self._receive(lambda: self._hold(self._socket.recv(_READ)), pace)
        if self._closed_there:
            pace.check()
            raise NetworkDown(f"{self._host}: closed before the answer was whole")

    def _wait_for_answer(self, pace: Pace) -> None:
        """Saves the try that is nearly always too early.

        Not with TLS, which may hold bytes for which the socket never becomes readable.
        """
        if not self._encrypted:
            pace.start()
            self._readiness.wait_readable()
            pace.waited()

    def _hold(self, data: bytes) -> int:
        self._held += data
        if data:
            self.answered = True
        else:
            self._closed_there = True
        return len(data)

    def _final_head_held(self) -> bool:
        while (end := _end_of_head(self._held)) is not None:
            head = parse_head(self._held[: end[0]])
            if not head.interim:
                return True
            self._held = self._held[end[1] :]
        return False

    def _take_head(self) -> Head | None:
        end = _end_of_head(self._held)
        if end is None:
            if len(self._held) > _LONGEST_HEAD:
                raise Temporary("the head of the answer is too long")
            return None
        head = parse_head(self._held[: end[0]])
        self._held = self._held[end[1] :]
        return head

    def _broken(self, error: OSError, pace: Pace) -> NetworkDown:
        """What an error of the socket means; one that our own ``wake`` caused is Interrupted."""
        pace.check()
        return NetworkDown(f"{self._host}: {error.strerror or type(error).__name__}")


def _end_of_head(held: bytes) -> tuple[int, int] | None:
    """Where the head ends and where what follows it begins."""
    for mark in (b"\r\n\r\n", b"\n\n"):
        end = held.find(mark)
        if end >= 0:
            return end, end + len(mark)
    return None


def _tune(sock: socket.socket) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    low_water: int | None = getattr(socket, "TCP_NOTSENT_LOWAT", None)
    if low_water is not None:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, low_water, _MOST_UNSENT)
