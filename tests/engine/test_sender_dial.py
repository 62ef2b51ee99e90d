"""Connections are made in time, past dead addresses, and kept only while they are good."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
from tests.fakes.clock import FakeClock
from tests.fakes.wire import Wire, WireServer

from pipette.engine import dial as dialling
from pipette.engine.dial import dial
from pipette.engine.interrupt import Interrupt
from pipette.engine.lines import Lines, Origin
from pipette.model.account import Network
from pipette.model.errors import Interrupted, NetworkDown


@pytest.fixture
def server() -> Iterator[WireServer]:
    def serve(wire: Wire) -> None:
        while wire.read_request() is not None:
            wire.answer(200)

    with WireServer(serve) as server:
        yield server


@pytest.fixture
def dead_port() -> Iterator[int]:
    """A port whose queue is full: connecting to it neither succeeds nor fails."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]
        for one in waiting:
            one.close()


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def name_has(monkeypatch: pytest.MonkeyPatch, *ports: int, family: int = socket.AF_INET) -> None:
    """The name server tells these addresses, all on this computer."""
    found = [(family, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)) for port in ports]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)


def test_an_address_that_refuses_gives_way_to_the_next(
    monkeypatch: pytest.MonkeyPatch, server: WireServer
) -> None:
    name_has(monkeypatch, closed_port(), server.port)
    dialled = dial("store.example", 80, 10, Interrupt())
    assert dialled.socket.getpeername()[1] == server.port
    dialled.socket.close()


def test_an_address_that_is_dead_does_not_hold_up_the_next(
    monkeypatch: pytest.MonkeyPatch, server: WireServer, dead_port: int
) -> None:
    name_has(monkeypatch, dead_port, server.port)
    dialled = dial("store.example", 80, 30, Interrupt())
    assert dialled.socket.getpeername()[1] == server.port
    assert dialled.seconds < 0.25
    dialled.socket.close()


def test_when_all_addresses_refuse_the_network_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    name_has(monkeypatch, closed_port(), closed_port())
    with pytest.raises(NetworkDown, match=r"store\.example"):
        dial("store.example", 80, 10, Interrupt())


def test_an_address_of_a_kind_this_computer_lacks_is_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name_has(monkeypatch, 80, family=9999)
    with pytest.raises(NetworkDown):
        dial("store.example", 80, 10, Interrupt())


def test_an_address_that_cannot_be_reached_at_all_is_passed_over() -> None:
    with pytest.raises(NetworkDown):
        dial("255.255.255.255", 80, 5, Interrupt())


def test_both_kinds_of_address_are_tried_early() -> None:
    six = [dialling._Address(socket.AF_INET6, (f"::{n}", 1, 0, 0)) for n in range(3)]
    four = [dialling._Address(socket.AF_INET, (f"10.0.0.{n}", 1)) for n in range(2)]
    assert dialling._alternating([*six, *four]) == [six[0], four[0], six[1], six[2], four[1]]


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b", "x" * 300])
def test_a_name_nobody_knows_is_a_network_that_is_down(host: str) -> None:
    with pytest.raises(NetworkDown):
        dial(host, 80, 20, Interrupt())


@pytest.fixture
def silent_name_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Set while it is being asked; it answers when the test is over."""
    asked, over = threading.Event(), threading.Event()

    def ask(*_: object, **__: object) -> list[object]:
        asked.set()
        assert over.wait(20)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", ask)
    yield asked
    over.set()


@pytest.mark.usefixtures("silent_name_server")
def test_a_silent_name_server_is_given_up_in_time() -> None:
    with pytest.raises(NetworkDown):
        dial("store.example", 80, 0.1, Interrupt())


def test_waiting_for_a_name_server_ends_when_interrupted(
    silent_name_server: threading.Event,
) -> None:
    interrupt = Interrupt()
    ended = threading.Event()

    def work() -> None:
        with pytest.raises(Interrupted):
            dial("store.example", 80, 60, interrupt)
        ended.set()

    worker = threading.Thread(target=work)
    worker.start()
    assert silent_name_server.wait(10)
    interrupt.trip()
    assert ended.wait(1.0)
    worker.join()


class Kept:
    """Lines to one server, by a clock that runs by hand."""

    def __init__(self, server: WireServer) -> None:
        self.clock = FakeClock()
        self.lines = Lines(Network(), self.clock)
        self.origin = Origin("http", "127.0.0.1", server.port)

    def use(self) -> object:
        """Take a connection and give it back as good."""
        connection = self.lines.take(self.origin, Interrupt())
        connection.reusable = True
        self.lines.give_back(self.origin, connection)
        return connection


@pytest.fixture
def kept(server: WireServer) -> Iterator[Kept]:
    kept = Kept(server)
    yield kept
    kept.lines.close()


def test_a_connection_used_a_while_ago_is_used_again_if_it_is_still_open(kept: Kept) -> None:
    first = kept.use()
    kept.clock.advance(15)
    assert kept.use() is first


def test_a_connection_idle_for_too_long_is_not_trusted_any_more(kept: Kept) -> None:
    """A firewall may have dropped it without a word."""
    first = kept.use()
    kept.clock.advance(25)
    assert kept.use() is not first


def test_idle_connections_are_closed_when_they_are_old(kept: Kept) -> None:
    first = kept.lines.take(kept.origin, Interrupt())
    kept.use()
    kept.clock.advance(25)
    first.reusable = True
    kept.lines.give_back(kept.origin, first)
    assert list(kept.lines._idle[kept.origin]) == [first]


def test_a_connection_closed_over_there_is_noticed_before_it_is_used() -> None:
    closing = threading.Event()
    with WireServer(lambda wire: [closing.wait(10)].clear()) as server:
        kept = Kept(server)
        first = kept.lines.take(kept.origin, Interrupt())
        first.reusable = True
        kept.lines.give_back(kept.origin, first)
        closing.set()
        while not first.answer_waits():
            pass
        kept.clock.advance(5)
        assert kept.use() is not first
        kept.lines.close()


def test_each_worker_has_a_connection_of_its_own(kept: Kept) -> None:
    mine = kept.lines.take(kept.origin, Interrupt())
    yours = kept.lines.take(kept.origin, Interrupt())
    assert mine is not yours
    kept.lines.give_back(kept.origin, mine)
    kept.lines.give_back(kept.origin, yours)


def test_a_connection_whose_exchange_did_not_end_well_is_not_kept(kept: Kept) -> None:
    first = kept.lines.take(kept.origin, Interrupt())
    kept.lines.give_back(kept.origin, first)
    assert kept.use() is not first


def test_no_connection_is_handed_out_after_closing(kept: Kept) -> None:
    kept.lines.close()
    with pytest.raises(Interrupted):
        kept.lines.take(kept.origin, Interrupt())
