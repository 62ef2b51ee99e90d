"""Moves the bytes of parts, out and in: the one place for speed, speed limit, time-outs and pause.

One pass: a block is read into the worker's buffer, goes through the checksums, and leaves from the
same buffer. Answers are handed over as they are; what they mean, the provider judges.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection
from dataclasses import dataclass

from pipette.engine.bodies import BLOCK, LEAD, Body, FileSink, RangeWriter, worker_block
from pipette.engine.calls import Call
from pipette.engine.clock import Clock
from pipette.engine.connection import AnsweredEarly, Connection
from pipette.engine.digests import Digests
from pipette.engine.flow import Flow
from pipette.engine.framing import Framing, framing_for
from pipette.engine.interrupt import Interrupt
from pipette.engine.lines import Lines, expect_proxy_consent
from pipette.engine.meter import Attempt
from pipette.engine.pace import Pace
from pipette.engine.replies import Content, Head, content_of
from pipette.engine.throttle import Throttle
from pipette.model.account import Network
from pipette.model.errors import Interrupted, NetworkDown, Stalled, Temporary
from pipette.model.files import KiB, MiB
from pipette.model.parts import Algorithm, Part, PartRequest, Reply

LONGEST_ANSWER = 1 * MiB
"""Of answers that are messages and not files, no more than this is kept."""

_ANSWER_STEP = 64 * KiB

_SALVAGE_SECONDS = 3.0
"""How long to look for the answer behind a connection that broke while we sent."""

_REPEATABLE = frozenset({"GET", "PUT"})
"""What may be sent twice without asking: a POST whose answer was lost may have made something."""

Observe = Callable[[int, memoryview], None]
"""Told of each block (its offset in the file) as it passes; the view is good only during the call."""


class Sender:
    """Shared by all workers; any thread. Raises only ``model.errors``, with no secret in them."""

    def __init__(self, network: Network, up: Throttle, down: Throttle, clock: Clock) -> None:
        self._network = network
        self._up = up
        self._down = down
        self._clock = clock
        self._lines = Lines(network, clock)

    def send(
        self,
        request: PartRequest,
        body: Body,
        *,
        interrupt: Interrupt,
        attempt: Attempt,
        observe: Observe | None = None,
        digests: Collection[Algorithm] = (),
    ) -> Reply:
        """Send a part; returns the answer whatever its status.

        ``Reply.sent`` holds the asked digests and that of the trailer, unless the service answered
        before it had everything. ``observe`` may be told of a block twice: a connection that had
        been closed over there meanwhile is replaced without counting as a failure.
        """
        framing = framing_for(request)
        call = Call(request, framing.total(body.length), framing.headers)
        upload = _Upload(request, call, framing, body, frozenset(digests), observe)

        def talk(connection: Connection, pace: Pace) -> Reply:
            flow = Flow(self._up, attempt, interrupt, self._clock)
            return _Sending(upload, connection, pace, flow, interrupt).run(self._salvage_pace)

        return self._exchange(call, interrupt, attempt, talk)

    def receive(
        self,
        request: PartRequest,
        part: Part,
        sink: FileSink,
        *,
        accept: Callable[[Reply], None],
        interrupt: Interrupt,
        attempt: Attempt,
        observe: Observe | None = None,
        digests: Collection[Algorithm] = (),
        sync: bool = False,
    ) -> Reply:
        """Fetch a part into the sink.

        ``accept`` is given the head of the answer before a byte is kept, and raises to refuse it;
        an answer whose status is not in ``request.success`` comes with its body, and then nothing
        is kept. With ``sync`` the disk has it all when this returns. Raises NetworkDown when the
        answer is cut short.
        """
        call = Call(request, None)
        download = _Download(part, sink, frozenset(digests), observe, sync)

        def talk(connection: Connection, pace: Pace) -> Reply:
            connection.send(call.head(connection), pace, _ignore)
            head = _final_head(connection, pace)
            content = content_of(head, call.method, connection)
            if head.status not in request.success:
                reply = _message(head, content, connection, pace)
                accept(reply)
                return reply
            accept(Reply(head.status, head.headers))
            flow = Flow(self._down, attempt, interrupt, self._clock)
            kept = _Receiving(download, content, pace, flow).run()
            _settle(connection, head, content)
            return Reply(head.status, head.headers, sent=kept.values())

        return self._exchange(call, interrupt, attempt, talk)

    def round_trip_seconds(self, host: str) -> float | None:
        """The shortest time in which this host answered a connection; None before the first."""
        return self._lines.round_trip_seconds(host)

    def slowest_round_trip(self) -> float | None:
        """Of the hosts spoken to, that of the one farthest away; None before the first."""
        return self._lines.slowest_round_trip()

    def close(self) -> None:
        """End everything that is under way, with Interrupted, and take no more."""
        self._lines.close()

    def _exchange(
        self,
        call: Call,
        interrupt: Interrupt,
        attempt: Attempt,
        talk: Callable[[Connection, Pace], Reply],
    ) -> Reply:
        try:
            try:
                return self._talk_once(call, interrupt, talk, fresh=False)
            except _WentStale:
                attempt.restart()
                return self._talk_once(call, interrupt, talk, fresh=True)
        except NetworkDown:
            if self._lines.closed:
                raise Interrupted from None
            raise

    def _talk_once(
        self,
        call: Call,
        interrupt: Interrupt,
        talk: Callable[[Connection, Pace], Reply],
        *,
        fresh: bool,
    ) -> Reply:
        interrupt.check()
        connection = self._lines.take(call.origin, interrupt, fresh=fresh)
        pace = Pace(self._clock, interrupt, self._network.stall_seconds)
        try:
            with interrupt.waking(connection.wake):
                reply = talk(connection, pace)
            connection.reusable = connection.reusable and not interrupt.tripped
            return reply
        except NetworkDown:
            if connection.went_stale and call.method in _REPEATABLE:
                raise _WentStale from None
            raise
        finally:
            self._lines.give_back(call.origin, connection)

    def _salvage_pace(self, interrupt: Interrupt) -> Pace:
        return Pace(self._clock, interrupt, min(_SALVAGE_SECONDS, self._network.stall_seconds))


class _WentStale(Exception):
    """A kept connection turned out to be closed; a fresh one is worth a try."""


@dataclass(frozen=True, slots=True)
class _Upload:
    request: PartRequest
    call: Call
    framing: Framing
    body: Body
    algorithms: frozenset[Algorithm]
    observe: Observe | None


class _Sending:
    """One try at sending one part over one connection."""

    def __init__(
        self,
        upload: _Upload,
        connection: Connection,
        pace: Pace,
        flow: Flow,
        interrupt: Interrupt,
    ) -> None:
        self._upload = upload
        self._connection = connection
        self._pace = pace
        self._flow = flow
        self._interrupt = interrupt
        trailer = upload.request.trailer
        self._digests = Digests(upload.algorithms | ({trailer} if trailer else set()))

    def run(self, salvage_pace: Callable[[Interrupt], Pace]) -> Reply:
        self._pace.expect_flow()
        try:
            with self._flow:
                self._send_body()
        except AnsweredEarly:
            return self._early_answer(self._pace)
        except NetworkDown as broken:
            return self._salvaged(broken, salvage_pace(self._interrupt))
        reply = self._answer(self._pace)
        return Reply(reply.status, reply.headers, reply.body, self._digests.values())

    def _send_body(self) -> None:
        upload, framing = self._upload, self._upload.framing
        lead = upload.call.head(self._connection) + framing.opening
        if len(lead) > LEAD - 64 or not upload.body.length:
            self._send_frame(lead)
            lead = b""
        end = upload.body.offset + upload.body.length
        with contextlib.closing(upload.body.blocks(self._interrupt)) as blocks:
            for block in blocks:
                self._pass_on(block.offset, block.data)
                last = block.offset + block.length == end
                ending = framing.ending(self._digests) if last else b""
                before = lead + framing.before(block.length)
                frame = block.framed(before, framing.after + ending)
                self._flow.put(self._connection, self._pace, frame, len(before), block.length)
                lead = b""
                if not last and self._connection.answer_waits():
                    raise AnsweredEarly
        if not upload.body.length:
            self._send_frame(framing.ending(self._digests))

    def _pass_on(self, offset: int, data: memoryview) -> None:
        self._digests.update(data)
        if self._upload.observe is not None:
            self._upload.observe(offset, data)

    def _send_frame(self, frame: bytes) -> None:
        self._flow.put(self._connection, self._pace, memoryview(frame), len(frame), 0)

    def _answer(self, pace: Pace) -> Reply:
        head = _final_head(self._connection, pace)
        content = content_of(head, self._upload.call.method, self._connection)
        return _message(head, content, self._connection, pace)

    def _early_answer(self, pace: Pace) -> Reply:
        """Part of the body was never sent, so the connection is of no further use."""
        reply = self._answer(pace)
        self._connection.reusable = False
        if reply.status in self._upload.request.success:
            raise Temporary(f"answered {reply.status} before it had everything")
        return reply

    def _salvaged(self, broken: NetworkDown, pace: Pace) -> Reply:
        """A service that refuses may close at once; its answer says more than the broken line."""
        try:
            return self._early_answer(pace)
        except (Temporary, Stalled):
            raise broken from None


@dataclass(frozen=True, slots=True)
class _Download:
    part: Part
    sink: FileSink
    algorithms: frozenset[Algorithm]
    observe: Observe | None
    sync: bool


class _Receiving:
    """One try at fetching one part: writes it whole, or raises."""

    def __init__(self, download: _Download, content: Content, pace: Pace, flow: Flow) -> None:
        self._download = download
        self._content = content
        self._pace = pace
        self._flow = flow
        self._digests = Digests(download.algorithms)

    def run(self) -> Digests:
        self._expect_length()
        self._pace.expect_flow()
        part = self._download.part
        end = part.offset + part.length
        with self._flow, self._download.sink.writer(part.offset) as writer:
            for offset in range(part.offset, end, BLOCK):
                self._keep(worker_block().claim(offset, min(BLOCK, end - offset)), offset, writer)
            self._expect_end()
            if self._download.sync:
                writer.sync()
        return self._digests

    def _keep(self, room: memoryview, offset: int, writer: RangeWriter) -> None:
        if self._flow.fill(self._content, self._pace, room) < len(room):
            raise NetworkDown("the answer was shorter than the part")
        self._digests.update(room)
        writer.write(room)
        if self._download.observe is not None:
            self._download.observe(offset, room)

    def _expect_length(self) -> None:
        length = self._content.length
        if length is not None and length != self._download.part.length:
            raise Temporary(f"{length} bytes answered for {self._download.part.length}")

    def _expect_end(self) -> None:
        if self._content.read_into(memoryview(bytearray(1)), self._pace):
            raise Temporary("the answer was longer than the part")


def _final_head(connection: Connection, pace: Pace) -> Head:
    """The head of the service's answer. Raises ProxyRefused for one of the proxy's own."""
    pace.expect_answer()
    head = connection.read_head(pace)
    if connection.prefix:
        expect_proxy_consent(head.status)
    return head


def _message(head: Head, content: Content, connection: Connection, pace: Pace) -> Reply:
    """An answer with its body, capped."""
    body = bytearray()
    expected = _ANSWER_STEP if content.length is None else content.length
    room = memoryview(bytearray(min(expected, LONGEST_ANSWER)))
    while len(body) < LONGEST_ANSWER:
        count = content.read_into(room[: LONGEST_ANSWER - len(body)], pace)
        if not count:
            _settle(connection, head, content)
            break
        body += room[:count]
    return Reply(head.status, head.headers, bytes(body))


def _settle(connection: Connection, head: Head, content: Content) -> None:
    """The answer was read to its end: may another request follow?"""
    connection.reusable = head.stays_open and connection.clean and not content.ends_with_connection


def _ignore(count: int) -> None:
    """Bytes that are nobody's payload."""
