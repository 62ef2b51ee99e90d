"""The proxy is the one set here, else the system's, and never for this computer itself."""

from __future__ import annotations

import pytest

from pipette.engine.proxies import Proxy, is_loopback, parse_proxy, proxy_for
from pipette.model.account import Network
from pipette.model.errors import ProxyRefused

SYSTEM = Network()


def test_without_any_proxy_the_way_is_direct() -> None:
    assert proxy_for(SYSTEM, "https", "s3.example.org") is None


def test_the_systems_proxy_is_used_by_scheme(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.lab:3128")
    assert proxy_for(SYSTEM, "https", "s3.example.org") == Proxy("proxy.lab", 3128)
    assert proxy_for(SYSTEM, "http", "s3.example.org") is None


def test_a_proxy_for_all_schemes_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("all_proxy", "http://proxy.lab:3128")
    assert proxy_for(SYSTEM, "http", "s3.example.org") == Proxy("proxy.lab", 3128)


def test_hosts_the_system_excepts_are_reached_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.lab:3128")
    monkeypatch.setenv("no_proxy", "example.org")
    assert proxy_for(SYSTEM, "https", "s3.example.org") is None


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "127.0.0.1", "127.8.9.1", "::1"])
def test_this_computer_is_never_reached_through_the_systems_proxy(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.lab:3128")
    assert is_loopback(host)
    assert proxy_for(SYSTEM, "http", host) is None


@pytest.mark.parametrize(
    "host", ["10.0.0.1", "localhost.evil.org", "128.0.0.1", "s3.amazonaws.com"]
)
def test_other_hosts_are_not_taken_for_this_computer(host: str) -> None:
    assert not is_loopback(host)


def test_our_own_setting_wins_and_serves_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://other:1")
    monkeypatch.setenv("no_proxy", "*")
    ours = Network(proxy="http://proxy.lab:3128")
    assert proxy_for(ours, "https", "s3.example.org") == Proxy("proxy.lab", 3128)
    assert proxy_for(ours, "http", "127.0.0.1") == Proxy("proxy.lab", 3128)


def test_name_and_password_become_an_authorization_that_does_not_show() -> None:
    proxy = parse_proxy("http://ada:p%40ss%3A@proxy.lab:3128")
    assert proxy.authorization == "Basic YWRhOnBAc3M6"
    assert "Basic" not in repr(proxy)


def test_scheme_and_port_may_be_left_out() -> None:
    assert parse_proxy("proxy.lab") == Proxy("proxy.lab", 80)
    assert parse_proxy("proxy.lab:8080") == Proxy("proxy.lab", 8080)


@pytest.mark.parametrize(
    "address",
    ["socks5://u:hunter2@p:1", "https://u:hunter2@p:1", "http://u:hunter2@p:70000", "http://"],
)
def test_a_kind_of_proxy_we_do_not_speak_to_is_refused_without_showing_its_password(
    address: str,
) -> None:
    with pytest.raises(ProxyRefused) as caught:
        parse_proxy(address)
    assert "hunter2" not in caught.value.detail
    assert caught.value.__cause__ is None
