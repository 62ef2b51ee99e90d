"""Ranges come in byte for byte, and nothing is kept of what was not accepted."""

from __future__ import annotations

import gzip
import hashlib
import os
import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.fakes.sending import Desk
from tests.fakes.wire import TEST_CA, Wire, WireServer

from pipette.engine.bodies import BLOCK, FileSink
from pipette.model.account import Network
from pipette.model.errors import (
    Interrupted,
    NetworkDown,
    RemoteChanged,
    Stalled,
    Temporary,
    TransferError,
)
from pipette.model.parts import Algorithm, Part, PartRequest, Reply
from pipette.model.transfer import Direction

CONTENT = random.Random(9).randbytes(4 * BLOCK + 123)
BOTH = pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.sender.close()


@pytest.fixture
def sink(tmp_path: Path) -> FileSink:
    sink = FileSink(str(tmp_path / "reads.fastq.gz.pipette-part"))
    sink.prepare(len(CONTENT))
    return sink


def get(url: str) -> PartRequest:
    return PartRequest("GET", f"{url}/b/k", {}, success=frozenset({206}))


def ranges(wire: Wire) -> None:
    """Serves ranges of the content as S3 does."""
    while (request := wire.read_request()) is not None:
        first, last = map(int, request.headers["range"].removeprefix("bytes=").split("-"))
        wire.answer(206, CONTENT[first : last + 1], {"ETag": '"e"'})


def ranged(url: str, part: Part) -> PartRequest:
    span = f"bytes={part.offset}-{part.offset + part.length - 1}"
    return PartRequest("GET", url, {"Range": span}, success=frozenset({206}))


def written(sink: FileSink) -> bytes:
    return Path(sink.path).read_bytes()


@BOTH
def test_ranges_fetched_in_any_order_make_the_file(desk: Desk, sink: FileSink, tls: bool) -> None:
    parts = [
        Part(3, 2 * BLOCK + 7, len(CONTENT) - 2 * BLOCK - 7),
        Part(1, 0, 10),
        Part(2, 10, 2 * BLOCK - 3),
    ]
    with WireServer(ranges, tls=tls) as server:
        for part in parts:
            desk.receive(ranged(server.url, part), part, sink)
        assert server.connections == 1
    assert written(sink) == CONTENT
    assert desk.wire_bytes == len(CONTENT)


def test_the_disk_is_made_sure_of_before_a_part_counts_as_fetched(
    desk: Desk, sink: FileSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_sure_of: list[int] = []
    monkeypatch.setattr(
        os, "fdatasync", lambda file: made_sure_of.append(os.fstat(file).st_ino), raising=False
    )
    part = Part(1, 0, 100)
    with WireServer(ranges) as server:
        desk.receive(ranged(server.url, part), part, sink)
        assert made_sure_of == []
        desk.receive(ranged(server.url, part), part, sink, sync=True)
    assert made_sure_of == [Path(sink.path).stat().st_ino]


def test_the_head_is_shown_before_a_byte_is_kept(desk: Desk, sink: FileSink) -> None:
    part = Part(1, 0, 100)
    seen: list[Reply] = []

    def refuse(reply: Reply) -> None:
        seen.append(reply)
        raise RemoteChanged("another etag")

    def act(url: str) -> None:
        with desk.meter.attempt(1, Direction.DOWNLOAD) as attempt:
            desk.sender.receive(
                ranged(url, part),
                part,
                sink,
                accept=refuse,
                interrupt=desk.interrupt,
                attempt=attempt,
            )

    with WireServer(ranges) as server, pytest.raises(RemoteChanged):
        act(server.url)
    assert (seen[0].status, seen[0].headers["etag"], seen[0].body) == (206, '"e"', b"")
    assert written(sink) == bytes(len(CONTENT))


def test_a_refusal_is_shown_with_its_words_and_nothing_is_kept(desk: Desk, sink: FileSink) -> None:
    def serve(wire: Wire) -> None:
        while wire.read_request() is not None:
            wire.answer(412, b"<Code>PreconditionFailed</Code>")

    with WireServer(serve) as server:
        for _ in range(2):
            shown, last = desk.receive(get(server.url), Part(1, 0, 31), sink)
            assert (shown.status, shown.body) == (412, b"<Code>PreconditionFailed</Code>")
            assert last == shown
        assert server.connections == 1
    assert written(sink) == bytes(len(CONTENT))


def test_digests_and_blocks_are_those_of_what_was_written(desk: Desk, sink: FileSink) -> None:
    part = Part(1, BLOCK, 2 * BLOCK + 5)
    seen: list[tuple[int, bytes]] = []
    with WireServer(ranges) as server:
        *_, reply = desk.receive(
            ranged(server.url, part),
            part,
            sink,
            observe=lambda offset, block: seen.append((offset, bytes(block))),
            digests=(Algorithm.MD5,),
        )
    expected = CONTENT[BLOCK : 3 * BLOCK + 5]
    assert reply.sent == {Algorithm.MD5: hashlib.md5(expected, usedforsecurity=False).digest()}
    assert [offset for offset, _ in seen] == [BLOCK, 2 * BLOCK, 3 * BLOCK]
    assert b"".join(block for _, block in seen) == expected


def test_a_chunked_answer_is_taken_too(desk: Desk, sink: FileSink) -> None:
    def serve(wire: Wire) -> None:
        wire.read_request()
        wire.send(b"HTTP/1.1 206 X\r\nTransfer-Encoding: chunked\r\n\r\n")
        for start in range(0, 3000, 1000):
            wire.send(b"3e8\r\n" + CONTENT[start : start + 1000] + b"\r\n")
        wire.send(b"0\r\n\r\n")

    with WireServer(serve) as server:
        desk.receive(get(server.url), Part(1, 0, 3000), sink)
    assert written(sink)[:3000] == CONTENT[:3000]


def test_a_compressed_file_stays_compressed(desk: Desk, sink: FileSink) -> None:
    packed = gzip.compress(b"@read1\nACGT\n+\nIIII\n")
    asked: list[str] = []

    def serve(wire: Wire) -> None:
        request = wire.read_request()
        assert request is not None
        asked.append(request.headers["accept-encoding"])
        wire.answer(206, packed, {"Content-Encoding": "gzip"})

    with WireServer(serve) as server:
        desk.receive(get(server.url), Part(1, 0, len(packed)), sink)
    assert written(sink)[: len(packed)] == packed
    assert asked == ["identity"]


def test_an_empty_file_is_fetched(desk: Desk, sink: FileSink) -> None:
    with WireServer(lambda wire: (wire.read_request(), wire.answer(206))[1]) as server:
        *_, reply = desk.receive(get(server.url), Part(1, 0, 0), sink)
    assert reply.status == 206


def _cut_short(wire: Wire) -> None:
    wire.read_request()
    wire.send(b"HTTP/1.1 206 X\r\nContent-Length: 3000000\r\n\r\n" + CONTENT[:2_000_000])


def _reset_midway(wire: Wire) -> None:
    _cut_short(wire)
    wire.reset()


def _ends_with_connection(wire: Wire) -> None:
    wire.read_request()
    wire.send(b"HTTP/1.1 206 X\r\n\r\n" + CONTENT[:2_000_000])


@pytest.mark.parametrize("serve", [_cut_short, _reset_midway, _ends_with_connection])
@BOTH
def test_an_answer_that_ends_early_is_a_broken_network(
    desk: Desk, sink: FileSink, serve: Callable[[Wire], None], tls: bool
) -> None:
    with WireServer(serve, tls=tls) as server, pytest.raises(NetworkDown):
        desk.receive(get(server.url), Part(1, 0, 3_000_000), sink)


@pytest.mark.parametrize("length", [99, 101])
def test_an_answer_of_another_length_is_not_taken(desk: Desk, sink: FileSink, length: int) -> None:
    def serve(wire: Wire) -> None:
        wire.read_request()
        wire.answer(206, b"x" * length)

    with WireServer(serve) as server, pytest.raises(Temporary):
        desk.receive(get(server.url), Part(1, 0, 100), sink)
    assert written(sink) == bytes(len(CONTENT))


def test_a_chunked_answer_that_goes_on_beyond_the_part_is_not_taken(
    desk: Desk, sink: FileSink
) -> None:
    def serve(wire: Wire) -> None:
        wire.read_request()
        wire.send(b"HTTP/1.1 206 X\r\nTransfer-Encoding: chunked\r\n\r\n")
        wire.send(b"65\r\n" + b"x" * 101 + b"\r\n0\r\n\r\n")

    with WireServer(serve) as server, pytest.raises(Temporary):
        desk.receive(get(server.url), Part(1, 0, 100), sink)
    assert written(sink)[100:] == bytes(len(CONTENT) - 100)


def _trickle(wire: Wire) -> None:
    """Never silent for long, and never worth waiting for."""
    wire.read_request()
    wire.send(b"HTTP/1.1 206 X\r\nContent-Length: 3000000\r\n\r\n")
    while not threading.Event().wait(0.05):
        wire.send(b"x")


def _silence(wire: Wire) -> None:
    wire.read_request()
    wire.send(b"HTTP/1.1 206 X\r\nContent-Length: 3000000\r\n\r\nx")
    wire.read(1)


@pytest.mark.parametrize("serve", [_trickle, _silence])
@BOTH
def test_a_standstill_is_noticed_even_if_bytes_trickle(
    sink: FileSink, serve: Callable[[Wire], None], tls: bool
) -> None:
    desk = Desk(Network(extra_ca=TEST_CA, connect_seconds=5, stall_seconds=0.5))
    with WireServer(serve, tls=tls) as server, pytest.raises(Stalled):
        desk.receive(get(server.url), Part(1, 0, 3_000_000), sink)
    desk.sender.close()


@BOTH
def test_a_blocked_receive_ends_at_once_when_interrupted(
    desk: Desk, sink: FileSink, tls: bool
) -> None:
    ended, accepted = threading.Event(), threading.Event()
    outcome: list[BaseException] = []

    def work() -> None:
        try:
            with desk.meter.attempt(1, Direction.DOWNLOAD) as attempt:
                desk.sender.receive(
                    get(server.url),
                    Part(1, 0, 3_000_000),
                    sink,
                    accept=lambda reply: accepted.set(),
                    interrupt=desk.interrupt,
                    attempt=attempt,
                )
        except (Interrupted, TransferError) as error:
            outcome.append(error)
        ended.set()

    with WireServer(_silence, tls=tls) as server:
        worker = threading.Thread(target=work)
        worker.start()
        assert accepted.wait(10)
        desk.interrupt.trip()
        assert ended.wait(1.0)
        worker.join()
    assert [type(error) for error in outcome] == [Interrupted]


def test_a_speed_limit_holds_for_what_is_received(desk: Desk, sink: FileSink) -> None:
    part = Part(1, 0, 2 * BLOCK)
    desk.down.set_rate(10 * BLOCK)
    started = desk.clock.monotonic()
    with WireServer(ranges) as server:
        desk.receive(ranged(server.url, part), part, sink)
    assert desk.clock.monotonic() - started >= 0.19
    assert written(sink)[: 2 * BLOCK] == CONTENT[: 2 * BLOCK]
