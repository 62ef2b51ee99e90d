"""Through a proxy: tunnels for https, whole addresses for http, its password to it alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fakes.sending import Desk, content_of, file_of, put
from tests.fakes.wire import TEST_CA, ConnectProxy, Request, Wire, WireServer

from pipette.model.account import Network
from pipette.model.errors import NetworkDown, ProxyRefused, Untrusted
from pipette.model.parts import Reply

ADA = "Basic YWRhOmxvdmVsYWNl"


def through(address: str) -> Desk:
    network = Network(proxy=address, extra_ca=TEST_CA, connect_seconds=5, stall_seconds=5)
    return Desk(network)


class Store:
    def __init__(self) -> None:
        self.requests: list[Request] = []

    def __call__(self, wire: Wire) -> None:
        while (request := wire.read_request()) is not None:
            self.requests.append(request)
            wire.answer(200, b"thanks")


def send(desk: Desk, folder: Path, url: str) -> Reply:
    try:
        return desk.send(file_of(folder, 5000), put(url))
    finally:
        desk.sender.close()


def test_https_goes_through_a_tunnel_to_which_the_proxy_is_deaf(tmp_path: Path) -> None:
    store = Store()
    with WireServer(store, tls=True) as server, ConnectProxy(ADA) as proxy:
        desk = through(f"http://ada:lovelace@{proxy.address}")
        reply = send(desk, tmp_path, server.url)
        assert [seen.method for seen in proxy.seen] == ["CONNECT"]
        assert proxy.seen[0].target == f"127.0.0.1:{server.port}"
    assert reply.body == b"thanks"
    assert store.requests[0].body == content_of(file_of(tmp_path, 5000))
    assert "proxy-authorization" not in store.requests[0].headers


def test_http_is_passed_on_by_the_proxy_with_its_whole_address(tmp_path: Path) -> None:
    with ConnectProxy(ADA) as proxy:
        desk = through(f"http://ada:lovelace@{proxy.address}")
        reply = send(desk, tmp_path, "http://store.example.org:9000")
        assert proxy.seen[0].target == (
            "http://store.example.org:9000/bucket/sample?X-Signature=s3cr3t"
        )
        assert proxy.seen[0].headers["host"] == "store.example.org:9000"
    assert reply.body.startswith(b"passed on ")


def test_the_systems_proxy_is_used_for_hosts_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ConnectProxy() as proxy:
        monkeypatch.setenv("http_proxy", f"http://{proxy.address}")
        reply = send(Desk(), tmp_path, "http://store.example.org")
    assert reply.body.startswith(b"passed on ")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_wants_a_password_refuses_by_name(tmp_path: Path, scheme: str) -> None:
    with ConnectProxy(ADA) as proxy, pytest.raises(ProxyRefused) as caught:
        send(through(f"http://ada:wrong@{proxy.address}"), tmp_path, f"{scheme}://store.example")
    assert "wrong" not in caught.value.detail


def test_a_proxy_that_will_not_tunnel_refuses(tmp_path: Path) -> None:
    def serve(wire: Wire) -> None:
        wire.read_head()
        wire.answer(403, b"policy")

    with WireServer(serve) as server, pytest.raises(ProxyRefused):
        send(through(f"http://127.0.0.1:{server.port}"), tmp_path, "https://store.example")


def test_a_proxy_that_is_not_there_is_a_network_that_is_down(tmp_path: Path) -> None:
    with WireServer(lambda wire: None) as server:
        gone = f"http://127.0.0.1:{server.port}"
    with pytest.raises(NetworkDown):
        send(through(gone), tmp_path, "https://store.example")


def test_behind_a_tunnel_the_host_must_still_prove_its_name(tmp_path: Path) -> None:
    store = Store()
    with (
        WireServer(store, tls=True) as server,
        ConnectProxy(port=server.port) as proxy,
        pytest.raises(Untrusted),
    ):
        send(through(f"http://{proxy.address}"), tmp_path, "https://store.example.org")
    assert store.requests == []
