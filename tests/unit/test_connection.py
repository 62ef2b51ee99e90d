"""Answers are read to the byte, whatever form they have; requests cannot be made to say two things."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

import pytest
from tests.fakes.clock import FakeClock

from pipette.engine.calls import Call
from pipette.engine.clock import SystemClock
from pipette.engine.connection import Connection
from pipette.engine.interrupt import Interrupt
from pipette.engine.pace import Pace
from pipette.engine.replies import Content, content_of, parse_head
from pipette.model.errors import NetworkDown, Refused, Stalled, Temporary
from pipette.model.parts import PartRequest


class Pair:
    """A connection of ours and the raw socket at its other end."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            near = socket.create_connection(listener.getsockname())
            self.far, _ = listener.accept()
        self.near = Connection(near, "s3.example.org", SystemClock())
        self.pace = Pace(SystemClock(), Interrupt(), 10)

    def answer(self, raw: bytes, *, then_close: bool = True) -> None:
        self.far.sendall(raw)
        if then_close:
            self.far.shutdown(socket.SHUT_WR)

    def content(self, method: str = "GET") -> Content:
        return content_of(self.near.read_head(self.pace), method, self.near)

    def read_all(self, content: Content) -> bytes:
        data = b""
        room = memoryview(bytearray(7))
        while count := content.read_into(room, self.pace):
            data += room[:count]
        return data


@pytest.fixture
def pair() -> Iterator[Pair]:
    pair = Pair()
    yield pair
    pair.near.close()
    pair.far.close()


def test_a_body_of_announced_length_ends_there_and_leaves_the_next_answer(pair: Pair) -> None:
    pair.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello worldHTTP/1.1 404 No\r\n\r\n")
    assert pair.read_all(pair.content()) == b"hello world"
    assert not pair.near.clean
    assert pair.near.read_head(pair.pace).status == 404


def test_header_names_are_lower_case_and_repeated_ones_are_joined(pair: Pair) -> None:
    pair.answer(b'HTTP/1.1 200 OK\r\nETag: "a"\r\nX-Seen: 1\r\nx-seen:2 \r\n\r\n')
    head = pair.near.read_head(pair.pace)
    assert head.headers == {"etag": '"a"', "x-seen": "1, 2"}


def test_interim_answers_are_passed_over(pair: Pair) -> None:
    pair.answer(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\nHTTP/1.1 201 Made\r\n\r\n"
    )
    assert pair.near.read_head(pair.pace).status == 201


def test_a_chunked_body_is_put_together(pair: Pair) -> None:
    pair.answer(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"5\r\nhello\r\nA;note=1\r\n big world\r\n0\r\nX-Trailer: 1\r\n\r\n"
    )
    assert pair.read_all(pair.content()) == b"hello big world"
    assert pair.near.clean


def test_a_body_without_length_goes_on_until_the_connection_ends(pair: Pair) -> None:
    pair.answer(b"HTTP/1.1 200 OK\r\n\r\nall there is")
    content = pair.content()
    assert content.ends_with_connection
    assert pair.read_all(content) == b"all there is"


@pytest.mark.parametrize(
    ("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304), ("PUT", 204)]
)
def test_some_answers_have_no_body_whatever_they_announce(
    pair: Pair, method: str, status: int
) -> None:
    pair.answer(b"HTTP/1.1 %d X\r\nContent-Length: 5\r\n\r\n" % status, then_close=False)
    assert pair.read_all(pair.content(method)) == b""


@pytest.mark.parametrize(
    ("raw", "stays_open"),
    [
        (b"HTTP/1.1 200 OK", True),
        (b"HTTP/1.1 200 OK\r\nConnection: close", False),
        (b"HTTP/1.1 200 OK\r\nConnection: Keep-Alive, Close", False),
        (b"HTTP/1.0 200 OK", False),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive", True),
    ],
)
def test_the_answer_says_whether_the_connection_stays_open(raw: bytes, stays_open: bool) -> None:
    assert parse_head(raw).stays_open is stays_open


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"",
    ],
)
def test_an_answer_cut_short_is_a_broken_connection(pair: Pair, raw: bytes) -> None:
    pair.answer(raw)
    with pytest.raises(NetworkDown):
        pair.read_all(pair.content())


@pytest.mark.parametrize(
    "raw",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nName : x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: 1\r\n folded\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;" + b"y" * 70000,
    ],
)
def test_what_cannot_be_read_for_sure_is_refused_and_tried_again(pair: Pair, raw: bytes) -> None:
    pair.answer(raw)
    with pytest.raises(Temporary):
        pair.read_all(pair.content())


def test_an_answer_waiting_is_noticed_without_reading_further(pair: Pair) -> None:
    assert not pair.near.answer_waits()
    pair.answer(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 403 For", then_close=False)
    assert not pair.near.answer_waits()
    pair.answer(b"bidden\r\nContent-Length: 0\r\n\r\n", then_close=False)
    while not pair.near.answer_waits():
        pass
    assert pair.near.read_head(pair.pace).status == 403


def test_a_connection_that_was_reset_counts_as_ended(pair: Pair) -> None:
    pair.far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    pair.far.close()
    while not pair.near.answer_waits():
        pass
    with pytest.raises(NetworkDown):
        pair.near.read_head(pair.pace)


def test_a_connection_that_stands_still_is_given_up_at_the_stall_limit() -> None:
    clock = FakeClock()
    pace = Pace(clock, Interrupt(), 60)
    clock.advance(59)
    pace.waited()
    clock.advance(1)
    with pytest.raises(Stalled):
        pace.waited()


def test_a_body_that_trickles_is_given_up_too() -> None:
    clock = FakeClock()
    pace = Pace(clock, Interrupt(), 60)
    pace.expect_flow()
    for _ in range(59):
        clock.advance(1)
        pace.moved(10)
    clock.advance(1)
    with pytest.raises(Stalled):
        pace.moved(10)


def test_slow_but_steady_is_no_standstill() -> None:
    clock = FakeClock()
    pace = Pace(clock, Interrupt(), 60)
    pace.expect_flow()
    for _ in range(600):
        clock.advance(1)
        pace.moved(1100)


def test_time_spent_with_the_disk_or_the_speed_limit_does_not_count() -> None:
    clock = FakeClock()
    pace = Pace(clock, Interrupt(), 60)
    pace.expect_flow()
    for _ in range(10):
        clock.advance(600)
        pace.start()
        clock.advance(0.1)
        pace.moved(1)


def test_a_service_may_think_long_before_a_short_answer() -> None:
    clock = FakeClock()
    pace = Pace(clock, Interrupt(), 60)
    pace.expect_answer()
    clock.advance(59)
    pace.waited()
    clock.advance(2)
    pace.moved(20)


def head_of(request: PartRequest, length: int | None = 3) -> list[str]:
    pair = Pair()
    head = Call(request, length).head(pair.near)
    pair.near.close()
    pair.far.close()
    return head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")


def test_a_request_head_says_what_was_asked() -> None:
    request = PartRequest("PUT", "https://h.org:8443/b/a%20b?x=1&y#frag", {"X-One": "1"})
    first, *headers = head_of(request)
    assert first == "PUT /b/a%20b?x=1&y HTTP/1.1"
    assert set(headers) == {
        "Host: h.org:8443",
        "X-One: 1",
        "Content-Length: 3",
        "User-Agent: Pipette",
        "Accept-Encoding: identity",
    }


def test_a_signed_host_header_stays_and_a_length_of_others_does_not() -> None:
    lines = head_of(PartRequest("PUT", "http://h.org", {"HOST": "signed", "content-length": "9"}))
    assert lines[0] == "PUT / HTTP/1.1"
    assert "HOST: signed" in lines
    assert [line for line in lines if line.lower().startswith(("host", "content-length"))] == [
        "Content-Length: 3",
        "HOST: signed",
    ]


def test_a_query_without_a_path_and_a_numeric_host_are_understood() -> None:
    request = PartRequest("GET", "http://[::1]:9000?list", {})
    call = Call(request, None)
    assert (call.origin.host, call.origin.port) == ("::1", 9000)
    lines = head_of(request, None)
    assert lines[0] == "GET /?list HTTP/1.1"
    assert "Host: [::1]:9000" in lines


@pytest.mark.parametrize(
    ("method", "url", "headers"),
    [
        ("PUT", "http://h/x", {"A": "b\r\nEvil: 1"}),
        ("PUT", "http://h/x", {"A": "b\nEvil: 1"}),
        ("PUT", "http://h/x", {"A": "b\rEvil: 1"}),
        ("PUT", "http://h/x", {"A": "b\0"}),
        ("PUT", "http://h/x", {"A\r\nEvil": "b"}),
        ("PUT", "http://h/x", {"A: b": "c"}),
        ("PUT", "http://h/x", {"": "c"}),
        ("PUT", "http://h/x", {"A": "\u4e16"}),
        ("PUT", "http://h/x y", {}),
        ("PUT", "http://h/x\r\nEvil: 1", {}),
        ("PUT", "http://h/x?q=\t", {}),
        ("PUT", "http://h/\xe9", {}),
        ("PUT", "http://h\r\nEvil/x", {}),
        ("PUT /evil", "http://h/x", {}),
        ("PUT", "ftp://h/x", {}),
        ("PUT", "file:///etc/passwd", {}),
        ("PUT", "http://", {}),
        ("PUT", "http://h:99999999/x", {}),
    ],
)
def test_a_request_that_could_be_read_as_two_is_refused(
    method: str, url: str, headers: dict[str, str]
) -> None:
    with pytest.raises(Refused) as caught:
        Call(PartRequest(method, url, headers), 0)
    assert "vil" not in caught.value.detail
