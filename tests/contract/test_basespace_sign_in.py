"""Signing in to BaseSpace in the browser, step by step, on a clock that runs by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.fakes.basespace import BaseSpaceServer, basespace
from tests.fakes.basespace_faults import Cut, Say
from tests.fakes.basespace_oauth import CLIENT_ID, CLIENT_SECRET, DEVICE_CODE, GRANTED_TOKEN
from tests.fakes.clock import FakeClock

from pipette.model import errors
from pipette.model.account import Account, Network, Secret
from pipette.providers.basespace import BaseSpace
from pipette.providers.basespace_sign_in import (
    Client,
    Code,
    DeviceFlow,
    Granted,
    Waiting,
    client_in,
)
from pipette.providers.memory import MemoryInProcess

PENDING = (400, "authorization_pending")


@dataclass(frozen=True, slots=True)
class Browser:
    server: BaseSpaceServer
    clock: FakeClock
    flow: DeviceFlow

    def drive(self, code: Code) -> Secret:
        """As the command line does it, with a clock that jumps."""
        while not isinstance(answer := self.flow.ask(code), Granted):
            assert isinstance(answer, Waiting)
            self.clock.advance(answer.seconds)
            code = answer.code
        return answer.token


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    clock = FakeClock()
    with basespace(tmp_path / "server", clock=clock.time) as server:
        client = Client(CLIENT_ID, Secret(CLIENT_SECRET))
        yield Browser(server, clock, DeviceFlow(server.url, client, Network(), clock.time))
        assert server.api.sign_in.too_fast == 0


@pytest.mark.parametrize("status", [400, 200])
def test_the_token_comes_once_somebody_agreed(browser: Browser, status: int) -> None:
    browser.server.api.sign_in.script = [(status, "authorization_pending")] * 4
    code = browser.flow.begin()
    assert (code.user_code, code.address) == ("ABCD-1234", "https://basespace.example/oauth/device")
    assert code.address_with_code.endswith("?code=ABCD-1234")
    token = browser.drive(code)
    assert token.reveal() == GRANTED_TOKEN
    account = Account("lab", "basespace", browser.server.url)
    assert BaseSpace(account, token, Network(), MemoryInProcess()).who().id == "1001"
    assert browser.server.api.sign_in.asked_scopes == [
        "browse global,read global,create global,create projects"
    ]


def test_who_is_told_to_slow_down_asks_less_often(browser: Browser) -> None:
    browser.server.api.sign_in.script = [(400, "slow_down"), PENDING, (429, "slow_down"), PENDING]
    began = browser.clock.time()
    browser.drive(browser.flow.begin())
    assert browser.clock.time() - began == 7 + 7 + 12 + 12


def test_a_service_that_wants_to_be_asked_every_second_is_asked_every_two(browser: Browser) -> None:
    browser.server.api.sign_in.interval = 1
    browser.server.api.sign_in.script = [PENDING]
    began = browser.clock.time()
    browser.drive(browser.flow.begin())
    assert browser.clock.time() - began == 2


@pytest.mark.parametrize("word", ["access_denied", "AccessDenied"])
def test_a_refusal_ends_it(browser: Browser, word: str) -> None:
    browser.server.api.sign_in.script = [PENDING, (400, word)]
    with pytest.raises(errors.NotAllowed):
        browser.drive(browser.flow.begin())


def test_a_code_ends_by_our_own_clock_too(browser: Browser) -> None:
    browser.server.api.sign_in.script = [PENDING] * 10_000
    browser.server.api.sign_in.expires_in = 60
    with pytest.raises(errors.SignInNeeded):
        browser.drive(browser.flow.begin())
    assert browser.server.script.count("oauth.token") == 30


def test_an_expired_code_ends_it(browser: Browser) -> None:
    browser.server.api.sign_in.script = [(400, "expired_token")]
    with pytest.raises(errors.SignInNeeded):
        browser.drive(browser.flow.begin())


def test_where_global_rights_are_refused_those_for_projects_are_asked_for(browser: Browser) -> None:
    sign_in = browser.server.api.sign_in
    sign_in.refuses_scopes = ("create global",)
    browser.drive(browser.flow.begin(projects=["42"]))
    assert sign_in.asked_scopes[1] == "browse global,read project 42,write project 42"
    sign_in.refuses_scopes = ("browse global",)
    with pytest.raises(errors.Refused):
        browser.flow.begin()


@pytest.mark.parametrize("wrong", [Client("other", Secret("x")), Client(CLIENT_ID, Secret("x"))])
def test_a_wrong_client_is_told_why_and_not_its_secret(browser: Browser, wrong: Client) -> None:
    flow = DeviceFlow(browser.server.url, wrong, Network(), browser.clock.time)
    with pytest.raises(errors.Refused) as refused:
        flow.ask(flow.begin())
    assert "because of invalid_" in refused.value.detail
    assert CLIENT_SECRET not in refused.value.detail


@pytest.mark.parametrize(
    "wrong",
    [
        Cut.BEFORE,
        Say(500, b'{"error": "server_error"}'),
        Say(502, b"<html>", kind="text/html"),
        Say(200),
        Say(200, b"{}"),
    ],
)
@pytest.mark.parametrize("route", ["oauth.device", "oauth.token"])
def test_what_goes_wrong_on_the_way_can_be_tried_again(
    browser: Browser, wrong: Cut | Say, route: str
) -> None:
    browser.server.script.fail(route, wrong)
    with pytest.raises(errors.Temporary):
        browser.drive(browser.flow.begin())
    browser.clock.advance(5)
    assert browser.drive(browser.flow.begin()).reveal() == GRANTED_TOKEN


def test_secrets_show_in_no_text(browser: Browser) -> None:
    code = browser.flow.begin()
    client = Client(CLIENT_ID, Secret(CLIENT_SECRET))
    shown = repr([code, client, Granted(Secret(GRANTED_TOKEN)), Waiting(1.0, code)])
    for secret in (DEVICE_CODE, CLIENT_SECRET, GRANTED_TOKEN):
        assert secret not in shown


def test_the_client_comes_from_the_environment_whole_or_not_at_all() -> None:
    whole = {
        "PIPETTE_BASESPACE_CLIENT_ID": " id ",
        "PIPETTE_BASESPACE_CLIENT_SECRET": "secret\n",
    }
    assert client_in(whole) == Client("id", Secret("secret"))
    assert client_in({"PIPETTE_BASESPACE_CLIENT_ID": "id"}) is None
    assert client_in({**whole, "PIPETTE_BASESPACE_CLIENT_ID": ""}) is None
    assert client_in({}) is None
