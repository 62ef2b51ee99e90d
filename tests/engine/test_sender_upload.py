"""Parts go out byte for byte in one pass, over connections that stay open."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from awscrt import checksums
from tests.fakes.sending import Desk, content_of, file_of, put
from tests.fakes.wire import Request, Wire, WireServer, unchunked

from pipette.engine.bodies import BLOCK, LEAD
from pipette.engine.sender import LONGEST_ANSWER
from pipette.model.errors import NetworkDown
from pipette.model.parts import Algorithm, PartRequest
from pipette.model.transfer import Direction


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.sender.close()


class Store:
    """Keeps what arrives and thanks for it."""

    def __init__(self) -> None:
        self.requests: list[Request] = []

    def __call__(self, wire: Wire) -> None:
        while (request := wire.read_request()) is not None:
            self.requests.append(request)
            wire.answer(200, b"thanks", {"ETag": '"abc"'})


_UP = Direction.UPLOAD
SIZES = [0, 1, 777, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 777]


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("size", SIZES)
def test_a_part_arrives_as_it_is(desk: Desk, tmp_path: Path, size: int, tls: bool) -> None:
    store = Store()
    body = file_of(tmp_path, size)
    with WireServer(store, tls=tls) as server:
        reply = desk.send(body, put(server.url))
    assert (reply.status, reply.body, reply.headers["etag"]) == (200, b"thanks", '"abc"')
    assert [request.body for request in store.requests] == [content_of(body)]
    assert desk.wire_bytes == size


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("size", SIZES)
def test_a_trailer_carries_the_checksum_of_what_was_sent(
    desk: Desk, tmp_path: Path, size: int, tls: bool
) -> None:
    store = Store()
    body = file_of(tmp_path, size)
    with WireServer(store, tls=tls) as server:
        request = PartRequest("PUT", server.url, {}, trailer=Algorithm.CRC64NVME)
        reply = desk.send(body, request)
    data, trailers = unchunked(store.requests[0].body)
    crc = checksums.crc64nvme(content_of(body)).to_bytes(8, "big")
    assert data == content_of(body)
    assert reply.sent == {Algorithm.CRC64NVME: crc}
    assert list(trailers) == ["x-amz-checksum-crc64nvme"]
    assert desk.wire_bytes == size


def test_a_part_from_the_middle_of_a_file_is_only_that(desk: Desk, tmp_path: Path) -> None:
    store = Store()
    whole = file_of(tmp_path, 3 * BLOCK)
    middle = type(whole)(whole.path, 1000, BLOCK + 5, whole.size, whole.mtime_ns)
    with WireServer(store) as server:
        desk.send(middle, put(server.url))
    assert store.requests[0].body == content_of(whole)[1000 : 1000 + BLOCK + 5]


def test_a_part_read_ahead_goes_out_from_the_same_buffer(desk: Desk, tmp_path: Path) -> None:
    store = Store()
    body = file_of(tmp_path, 5000)
    ahead = body.preload(desk.interrupt, (Algorithm.MD5,))
    with WireServer(store) as server, desk.meter.attempt(1, _UP) as attempt:
        desk.sender.send(put(server.url), ahead, interrupt=desk.interrupt, attempt=attempt)
    assert store.requests[0].body == content_of(body)


def test_asked_digests_and_blocks_are_those_of_what_was_sent(desk: Desk, tmp_path: Path) -> None:
    body = file_of(tmp_path, 2 * BLOCK + 3)
    seen: list[tuple[int, bytes]] = []
    with WireServer(Store()) as server:
        reply = desk.send(
            body,
            put(server.url),
            observe=lambda offset, block: seen.append((offset, bytes(block))),
            digests=(Algorithm.MD5,),
        )
    content = content_of(body)
    assert reply.sent == {Algorithm.MD5: hashlib.md5(content, usedforsecurity=False).digest()}
    assert seen == [(start, content[start : start + BLOCK]) for start in range(0, body.size, BLOCK)]


def test_a_form_arrives_with_its_fields_before_its_file(desk: Desk, tmp_path: Path) -> None:
    store = Store()
    body = file_of(tmp_path, BLOCK + 9)
    fields = (("key", "a/b"), ("policy", "p" * (2 * LEAD)))
    with WireServer(store) as server:
        desk.send(body, PartRequest("POST", server.url, {}, form=fields, form_filename="x.gz"))
    arrived = store.requests[0]
    boundary = arrived.headers["content-type"].partition("boundary=")[2].encode()
    *texts, file, end = arrived.body.split(b"--" + boundary)
    assert [text.partition(b"\r\n\r\n")[2] for text in texts[1:]] == [
        b"a/b\r\n",
        b"p" * (2 * LEAD) + b"\r\n",
    ]
    assert file.partition(b"\r\n\r\n")[2] == content_of(body) + b"\r\n"
    assert end == b"--\r\n"


def test_requests_follow_each_other_on_one_connection(desk: Desk, tmp_path: Path) -> None:
    body = file_of(tmp_path, 100)
    store = Store()
    with WireServer(store) as server:
        for _ in range(5):
            desk.send(body, put(server.url))
        assert len(store.requests) == 5
        assert server.connections == 1


@pytest.mark.parametrize("headers", [{"Connection": "close"}])
def test_a_connection_the_service_closes_is_not_used_again(
    desk: Desk, tmp_path: Path, headers: dict[str, str]
) -> None:
    def serve(wire: Wire) -> None:
        while wire.read_request() is not None:
            wire.answer(200, b"", headers)

    with WireServer(serve) as server:
        for _ in range(2):
            desk.send(file_of(tmp_path, 100), put(server.url))
        assert server.connections == 2


def test_a_kept_connection_that_was_closed_meanwhile_is_replaced_without_a_failure(
    desk: Desk, tmp_path: Path
) -> None:
    """The second request is on its way when the service hangs up without an answer."""
    body = file_of(tmp_path, 2 * BLOCK)

    def serve(wire: Wire) -> None:
        assert wire.read_request() is not None
        wire.answer(200, str(wire.number).encode())
        if wire.number == 0:
            wire.read_head()

    observed: list[int] = []
    with WireServer(serve) as server:
        replies = [
            desk.send(body, put(server.url), observe=lambda offset, _: observed.append(offset))
            for _ in range(2)
        ]
        assert [reply.body for reply in replies] == [b"0", b"1"]
        assert server.connections == 2
    assert set(observed) == {0, BLOCK}


def test_a_post_without_an_answer_is_left_to_those_who_can_look_what_became_of_it(
    desk: Desk, tmp_path: Path
) -> None:
    def serve(wire: Wire) -> None:
        assert wire.read_request() is not None
        wire.answer(200)
        wire.read_head()

    with WireServer(serve) as server:
        body = file_of(tmp_path, 100)
        post = PartRequest("POST", server.url, {})
        assert desk.send(body, post).status == 200
        with pytest.raises(NetworkDown):
            desk.send(body, post)
        assert server.connections == 1


def test_every_status_is_returned_and_redirects_are_not_followed(
    desk: Desk, tmp_path: Path
) -> None:
    elsewhere = Store()
    with WireServer(elsewhere) as trap:

        def serve(wire: Wire) -> None:
            for status in (307, 403, 412, 429, 500, 503):
                wire.read_request()
                wire.answer(status, b"why", {"Location": f"{trap.url}/x", "Retry-After": "7"})

        with WireServer(serve) as server:
            replies = [desk.send(file_of(tmp_path, 9), put(server.url)) for _ in range(6)]
    assert [reply.status for reply in replies] == [307, 403, 412, 429, 500, 503]
    assert all(reply.headers["retry-after"] == "7" for reply in replies)
    assert elsewhere.requests == []


def test_of_a_huge_answer_only_the_beginning_is_kept(desk: Desk, tmp_path: Path) -> None:
    def serve(wire: Wire) -> None:
        wire.read_request()
        wire.answer(500, b"x" * (LONGEST_ANSWER + 5))

    with WireServer(serve) as server:
        reply = desk.send(file_of(tmp_path, 9), put(server.url))
    assert reply.body == b"x" * LONGEST_ANSWER


def test_the_time_to_connect_is_remembered_by_host(desk: Desk, tmp_path: Path) -> None:
    assert desk.sender.round_trip_seconds("127.0.0.1") is None
    with WireServer(Store()) as server:
        desk.send(file_of(tmp_path, 9), put(server.url))
    seconds = desk.sender.round_trip_seconds("127.0.0.1")
    assert seconds is not None
    assert 0 < seconds < 5
    assert desk.sender.slowest_round_trip() == seconds


def test_a_speed_limit_holds_for_what_is_sent(desk: Desk, tmp_path: Path) -> None:
    """A fifth of a second is far more than loopback needs without the limit."""
    body = file_of(tmp_path, 2 * BLOCK)
    desk.up.set_rate(10 * BLOCK)
    started = desk.clock.monotonic()
    with WireServer(Store()) as server:
        desk.send(body, put(server.url))
    assert desk.clock.monotonic() - started >= 0.19
    assert desk.wire_bytes == 2 * BLOCK
