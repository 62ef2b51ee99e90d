"""Whatever breaks on the way has its kind, in time, and tells no secret."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Queue

import pytest
from tests.fakes.sending import Desk, file_of, put, vast_file
from tests.fakes.wire import TEST_CA, Wire, WireServer

from pipette.engine.bodies import BLOCK, FileSink
from pipette.engine.interrupt import Interrupt
from pipette.model.account import Network
from pipette.model.errors import (
    DiskFull,
    Interrupted,
    NetworkDown,
    Refused,
    SourceChanged,
    Stalled,
    Temporary,
    TransferError,
    Untrusted,
)
from pipette.model.parts import Algorithm, Part, PartRequest

AT_ONCE = 1.0
"""Promised are 0.25 seconds; a busy build machine gets some more."""

BOTH = pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.sender.close()


@pytest.fixture
def hasty() -> Iterator[Desk]:
    """Gives up quickly."""
    desk = Desk(Network(extra_ca=TEST_CA, connect_seconds=0.5, stall_seconds=0.5))
    yield desk
    desk.sender.close()


def failure(act: Callable[[], object]) -> TransferError:
    with pytest.raises(TransferError) as caught:
        act()
    return caught.value


@BOTH
def test_an_error_told_before_the_body_was_sent_is_returned_not_a_broken_line(
    desk: Desk, tmp_path: Path, tls: bool
) -> None:
    """The service answers after the head and closes while we are sending megabytes."""
    body = vast_file(tmp_path)

    def serve(wire: Wire) -> None:
        wire.read_head()
        wire.answer(403, b"<Code>ExpiredToken</Code>", {"Connection": "close"})
        wire.read(BLOCK)

    with WireServer(serve, tls=tls) as server:
        reply = desk.send(body, put(server.url), digests=(Algorithm.MD5,))
    assert (reply.status, reply.body) == (403, b"<Code>ExpiredToken</Code>")
    assert reply.sent == {}
    assert desk.wire_bytes < body.length


@BOTH
def test_an_error_told_early_is_noticed_though_the_service_reads_no_further(
    desk: Desk, tmp_path: Path, tls: bool
) -> None:
    body = vast_file(tmp_path)
    stop = threading.Event()

    def serve(wire: Wire) -> None:
        wire.read_head()
        wire.answer(503, b"slow down", {"Retry-After": "3"})
        assert stop.wait(20)

    with WireServer(serve, tls=tls) as server:
        reply = desk.send(body, put(server.url))
        stop.set()
    assert (reply.status, reply.headers["retry-after"]) == (503, "3")


def test_a_success_told_before_everything_was_sent_is_not_believed(
    desk: Desk, tmp_path: Path
) -> None:
    def serve(wire: Wire) -> None:
        wire.read_head()
        wire.answer(200, b"thanks")
        server.stopped.wait(20)

    with WireServer(serve) as server:
        body = vast_file(tmp_path)
        assert type(failure(lambda: desk.send(body, put(server.url)))) is Temporary


@BOTH
def test_a_reset_in_the_middle_of_a_part_is_a_broken_network(
    desk: Desk, tmp_path: Path, tls: bool
) -> None:
    def serve(wire: Wire) -> None:
        wire.read_head()
        wire.read(BLOCK)
        wire.reset()

    with WireServer(serve, tls=tls) as server:
        body = vast_file(tmp_path)
        assert type(failure(lambda: desk.send(body, put(server.url)))) is NetworkDown
        assert server.connections == 1
    assert desk.wire_bytes > 0
    assert desk.meter.running(1) == 0


def test_a_first_connection_closed_without_an_answer_is_not_tried_twice(
    desk: Desk, tmp_path: Path
) -> None:
    def serve(wire: Wire) -> None:
        wire.read_request()

    with WireServer(serve) as server:
        body = file_of(tmp_path, 10)
        assert type(failure(lambda: desk.send(body, put(server.url)))) is NetworkDown
        assert server.connections == 1


def test_a_second_replacement_is_not_made(desk: Desk, tmp_path: Path) -> None:
    def serve(wire: Wire) -> None:
        assert wire.read_request() is not None
        if wire.number == 0:
            wire.answer(200)
            wire.read_head()

    body = file_of(tmp_path, 2 * BLOCK)
    with WireServer(serve) as server:
        desk.send(body, put(server.url))
        assert type(failure(lambda: desk.send(body, put(server.url)))) is NetworkDown
        assert server.connections == 2


@BOTH
def test_a_service_that_takes_nothing_more_has_stalled(
    hasty: Desk, tmp_path: Path, tls: bool
) -> None:
    def serve(wire: Wire) -> None:
        wire.read_head()
        server.stopped.wait(20)

    with WireServer(serve, tls=tls) as server:
        body = vast_file(tmp_path)
        assert type(failure(lambda: hasty.send(body, put(server.url)))) is Stalled


@BOTH
def test_a_service_that_never_answers_has_stalled(hasty: Desk, tmp_path: Path, tls: bool) -> None:
    def serve(wire: Wire) -> None:
        wire.read_request()
        server.stopped.wait(20)

    with WireServer(serve, tls=tls) as server:
        body = file_of(tmp_path, 10)
        assert type(failure(lambda: hasty.send(body, put(server.url)))) is Stalled


def test_a_service_that_never_agrees_on_encryption_has_stalled(hasty: Desk, tmp_path: Path) -> None:
    def serve(wire: Wire) -> None:
        server.stopped.wait(20)

    with WireServer(serve) as server:
        body = file_of(tmp_path, 10)
        url = server.url.replace("http:", "https:")
        assert type(failure(lambda: hasty.send(body, put(url)))) is Stalled


def test_a_closed_port_and_an_unknown_name_are_a_network_that_is_down(
    desk: Desk, tmp_path: Path
) -> None:
    body = file_of(tmp_path, 10)
    with WireServer(lambda wire: None) as server:
        gone = server.url
    assert type(failure(lambda: desk.send(body, put(gone)))) is NetworkDown
    assert type(failure(lambda: desk.send(body, put("http://no-such-host.invalid")))) is NetworkDown


def test_an_address_that_never_answers_is_given_up_in_time(
    hasty: Desk, tmp_path: Path, full_port: int
) -> None:
    body = file_of(tmp_path, 10)
    error = failure(lambda: hasty.send(body, put(f"http://127.0.0.1:{full_port}")))
    assert type(error) is NetworkDown


@pytest.fixture
def full_port() -> Iterator[int]:
    """A port whose queue is full: connecting to it neither succeeds nor fails."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = []
        for _ in range(4):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
            waiting.append(one)
        yield listener.getsockname()[1]
        for one in waiting:
            one.close()


class Blocked:
    """Runs something in a thread that is expected to block until it is interrupted."""

    def __init__(self, act: Callable[[], object]) -> None:
        self.ended = threading.Event()
        self.outcome: BaseException | None = None
        self._act = act
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._act()
        except (Interrupted, TransferError) as error:
            self.outcome = error
        finally:
            self.ended.set()


def assert_ends_at_once(blocked: Blocked, kind: type[BaseException]) -> None:
    assert blocked.ended.wait(AT_ONCE)
    assert type(blocked.outcome) is kind


@BOTH
def test_a_blocked_send_ends_at_once_when_interrupted(
    desk: Desk, tmp_path: Path, tls: bool
) -> None:
    body = vast_file(tmp_path)
    begun = threading.Event()

    def serve(wire: Wire) -> None:
        wire.read_head()
        begun.set()
        server.stopped.wait(20)

    with WireServer(serve, tls=tls) as server:
        blocked = Blocked(lambda: desk.send(body, put(server.url)))
        assert begun.wait(10)
        assert not blocked.ended.wait(0.3)
        desk.interrupt.trip()
        assert_ends_at_once(blocked, Interrupted)


@BOTH
def test_waiting_for_an_answer_ends_at_once_when_interrupted(
    desk: Desk, tmp_path: Path, tls: bool
) -> None:
    body = file_of(tmp_path, 10)
    begun = threading.Event()

    def serve(wire: Wire) -> None:
        wire.read_request()
        begun.set()
        server.stopped.wait(20)

    with WireServer(serve, tls=tls) as server:
        blocked = Blocked(lambda: desk.send(body, put(server.url)))
        assert begun.wait(10)
        desk.interrupt.trip()
        assert_ends_at_once(blocked, Interrupted)


def test_connecting_ends_at_once_when_interrupted(
    desk: Desk, tmp_path: Path, full_port: int
) -> None:
    body = file_of(tmp_path, 10)
    blocked = Blocked(lambda: desk.send(body, put(f"http://127.0.0.1:{full_port}")))
    assert not blocked.ended.wait(0.1)
    desk.interrupt.trip()
    assert_ends_at_once(blocked, Interrupted)


def test_agreeing_on_encryption_ends_at_once_when_interrupted(desk: Desk, tmp_path: Path) -> None:
    begun = threading.Event()

    def serve(wire: Wire) -> None:
        begun.set()
        server.stopped.wait(20)

    with WireServer(serve) as server:
        url = server.url.replace("http:", "https:")
        blocked = Blocked(lambda: desk.send(file_of(tmp_path, 10), put(url)))
        assert begun.wait(10)
        desk.interrupt.trip()
        assert_ends_at_once(blocked, Interrupted)


def test_waiting_for_the_speed_limit_ends_at_once_when_interrupted(
    desk: Desk, tmp_path: Path
) -> None:
    desk.up.set_rate(10.0)
    begun = threading.Event()

    def serve(wire: Wire) -> None:
        begun.set()
        wire.read_request()

    with WireServer(serve) as server:
        blocked = Blocked(lambda: desk.send(file_of(tmp_path, BLOCK), put(server.url)))
        assert begun.wait(10)
        desk.interrupt.trip()
        assert_ends_at_once(blocked, Interrupted)


def test_a_job_interrupted_before_it_began_opens_nothing(desk: Desk, tmp_path: Path) -> None:
    desk.interrupt.trip()
    with WireServer(lambda wire: None) as server:
        with pytest.raises(Interrupted):
            desk.send(file_of(tmp_path, 10), put(server.url))
        assert server.connections == 0


def test_an_interrupt_stops_its_own_job_and_the_next_works_as_ever(
    desk: Desk, tmp_path: Path
) -> None:
    begun = threading.Event()

    def serve(wire: Wire) -> None:
        while wire.read_request() is not None:
            if wire.number == 0:
                begun.set()
                server.stopped.wait(20)
            else:
                wire.answer(200)

    body = file_of(tmp_path, 10)
    with WireServer(serve) as server:
        blocked = Blocked(lambda: desk.send(body, put(server.url)))
        assert begun.wait(10)
        desk.interrupt.trip()
        assert_ends_at_once(blocked, Interrupted)
        desk.interrupt = Interrupt()
        assert desk.send(body, put(server.url)).status == 200


def test_closing_the_sender_ends_what_is_under_way_and_takes_no_more(
    desk: Desk, tmp_path: Path
) -> None:
    begun = threading.Event()

    def serve(wire: Wire) -> None:
        wire.read_request()
        begun.set()
        server.stopped.wait(20)

    body = file_of(tmp_path, 10)
    with WireServer(serve) as server:
        blocked = Blocked(lambda: desk.send(body, put(server.url)))
        assert begun.wait(10)
        desk.sender.close()
        assert_ends_at_once(blocked, Interrupted)
        with pytest.raises(Interrupted):
            desk.send(body, put(server.url))


def test_a_file_cut_short_while_it_is_sent_never_becomes_a_whole_part(
    desk: Desk, tmp_path: Path
) -> None:
    body = file_of(tmp_path, 5 * BLOCK)
    arrived: Queue[int] = Queue()

    def serve(wire: Wire) -> None:
        head = wire.read_head()
        assert head is not None
        arrived.put(len(wire.read(int(head.headers["content-length"]))))

    def cut(offset: int, block: memoryview) -> None:
        if offset == 2 * BLOCK:
            os.truncate(body.path, 3 * BLOCK + 5)

    with WireServer(serve) as server:
        error = failure(lambda: desk.send(body, put(server.url), observe=cut))
        assert type(error) is SourceChanged
        assert arrived.get(timeout=10) == 3 * BLOCK


def test_a_file_touched_while_it_is_sent_never_becomes_a_whole_part(
    desk: Desk, tmp_path: Path
) -> None:
    body = file_of(tmp_path, 3 * BLOCK)

    def touch(offset: int, block: memoryview) -> None:
        os.utime(body.path, ns=(1, 1))

    with WireServer(lambda wire: [wire.read_request()].clear()) as server:
        error = failure(lambda: desk.send(body, put(server.url), observe=touch))
    assert type(error) is SourceChanged


def _reset(wire: Wire) -> None:
    wire.read_head()
    wire.reset()


def _nonsense(wire: Wire) -> None:
    wire.read_request()
    wire.send(b"SSH-2.0 s3cr3t\r\n\r\n")


@pytest.mark.parametrize("serve", [_reset, _nonsense])
def test_no_error_tells_the_address_or_a_header(
    desk: Desk, tmp_path: Path, serve: Callable[[Wire], None]
) -> None:
    with WireServer(serve) as server:
        request = PartRequest(
            "PUT", f"{server.url}/b/k?X-Amz-Signature=s3cr3t", {"Authorization": "s3cr3t"}
        )
        error = failure(lambda: desk.send(file_of(tmp_path, 10), request))
    assert_silent(error)


def test_no_refusal_tells_the_address_or_a_header(desk: Desk, tmp_path: Path) -> None:
    body = file_of(tmp_path, 10)
    for request in (
        PartRequest("PUT", "http://h/ ?s3cr3t", {}),
        PartRequest("PUT", "http://h/", {"Authorization": "s3cr3t\r\nX: y"}),
        PartRequest("PUT", "http://h/", {"Authorization": "s3cr3t\u4e16"}),
    ):
        error = failure(lambda request=request: desk.send(body, request))
        assert type(error) is Refused
        assert_silent(error)


def assert_silent(error: BaseException | None) -> None:
    """Neither it nor what caused it, nor what was being handled, says the secret."""
    while error is not None:
        assert "s3cr3t" not in f"{error} {error!r}"
        error = error.__cause__ or error.__context__


def test_a_certificate_nobody_vouches_for_is_not_trusted_and_nothing_is_sent(
    tmp_path: Path,
) -> None:
    heard: list[object] = []
    desk = Desk(Network(connect_seconds=5, stall_seconds=5))
    with WireServer(lambda wire: heard.append(wire.read_head()), tls=True) as server:
        error = failure(lambda: desk.send(file_of(tmp_path, 10), put(server.url)))
    desk.sender.close()
    assert type(error) is Untrusted
    assert [request for request in heard if request is not None] == []


def test_a_host_that_does_not_encrypt_is_not_trusted(desk: Desk, tmp_path: Path) -> None:
    def serve(wire: Wire) -> None:
        wire.send(b"HTTP/1.1 400 Bad\r\n\r\n")
        server.stopped.wait(20)

    with WireServer(serve) as server:
        url = server.url.replace("http:", "https:")
        assert type(failure(lambda: desk.send(file_of(tmp_path, 10), put(url)))) is Untrusted


def test_a_certificate_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    desk = Desk(Network(extra_ca=str(tmp_path / "gone.pem"), connect_seconds=5))
    with WireServer(lambda wire: None, tls=True) as server:
        error = failure(lambda: desk.send(file_of(tmp_path, 10), put(server.url)))
    desk.sender.close()
    assert type(error) is Untrusted
    assert "gone.pem" in error.detail


def test_what_a_disk_cannot_hold_is_told_while_receiving(desk: Desk) -> None:
    def serve(wire: Wire) -> None:
        wire.read_request()
        wire.answer(200, b"x" * 100)

    with WireServer(serve) as server:
        request = PartRequest("GET", server.url, {})
        sink = FileSink("/dev/full")
        assert type(failure(lambda: desk.receive(request, Part(1, 0, 100), sink))) is DiskFull
