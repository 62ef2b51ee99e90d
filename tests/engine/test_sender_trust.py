"""Who is believed: the system's authorities, one further file, and TLS 1.2 at least."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.fakes import wire
from tests.fakes.sending import Desk, file_of, put
from tests.fakes.wire import TEST_CA, Wire, WireServer

from pipette import trust as trusting
from pipette.model.account import Network
from pipette.model.errors import NetworkDown, Untrusted
from pipette.trust import Trust


def serve(wire: Wire) -> None:
    while wire.read_request() is not None:
        wire.answer(200)


@pytest.fixture
def send(tmp_path: Path) -> Iterator[Callable[[Network, str], int]]:
    desks: list[Desk] = []

    def send(network: Network, url: str) -> int:
        desks.append(Desk(network))
        return desks[-1].send(file_of(tmp_path, 10), put(url)).status

    yield send
    for desk in desks:
        desk.sender.close()


Send = Callable[[Network, str], int]


def test_one_context_serves_all_handshakes_of_a_system_without_a_verifier_of_its_own() -> None:
    trust = Trust(Network())
    first = trust.take()
    trust.give_back(first)
    assert trust.take() is trust.take() is first
    assert first.minimum_version is ssl.TLSVersion.TLSv1_2
    assert first.verify_mode is ssl.CERT_REQUIRED
    assert first.check_hostname


def test_on_mac_and_windows_the_systems_verifier_decides(
    monkeypatch: pytest.MonkeyPatch, send: Send
) -> None:
    monkeypatch.setattr(trusting, "_HAS_SYSTEM_VERIFIER", True)
    with WireServer(serve, tls=True) as server:
        assert send(Network(extra_ca=TEST_CA), server.url) == 200
        with pytest.raises(Untrusted):
            send(Network(), server.url)


def test_there_two_handshakes_at_one_time_have_a_context_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trusting, "_HAS_SYSTEM_VERIFIER", True)
    trust = Trust(Network())
    first, second = trust.take(), trust.take()
    assert first is not second
    trust.give_back(first)
    trust.give_back(second)
    assert {trust.take(), trust.take()} == {first, second}


def test_authorities_are_looked_for_where_the_system_keeps_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, send: Send
) -> None:
    """As in a packaged program, whose OpenSSL looks where the build machine kept them."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    monkeypatch.setattr(trusting, "_BUNDLES", (str(tmp_path / "nor here.pem"), TEST_CA))
    with WireServer(serve, tls=True) as server:
        assert send(Network(), server.url) == 200


def test_without_any_authority_nobody_is_trusted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, send: Send
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    monkeypatch.setattr(trusting, "_BUNDLES", ())
    with WireServer(serve, tls=True) as server, pytest.raises(Untrusted):
        send(Network(), server.url)


def test_a_host_that_hangs_up_while_agreeing_on_encryption_is_a_broken_network(send: Send) -> None:
    with WireServer(lambda wire: None) as server, pytest.raises(NetworkDown):
        send(Network(extra_ca=TEST_CA), server.url.replace("http:", "https:"))


def test_a_host_that_breaks_off_while_agreeing_on_encryption_is_a_broken_network(
    send: Send,
) -> None:
    with WireServer(Wire.reset) as server, pytest.raises(NetworkDown):
        send(Network(extra_ca=TEST_CA), server.url.replace("http:", "https:"))


def test_a_host_with_an_old_kind_of_encryption_is_not_trusted(
    monkeypatch: pytest.MonkeyPatch, send: Send
) -> None:
    modern = wire._server_context

    def old() -> ssl.SSLContext:
        context = modern()
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        return context

    monkeypatch.setattr(wire, "_server_context", old)
    with WireServer(serve, tls=True) as server, pytest.raises(Untrusted):
        send(Network(extra_ca=TEST_CA), server.url)
