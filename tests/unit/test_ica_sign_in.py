"""ICA's tokens and the pace of calls: shared, renewed once, never hurried."""

from __future__ import annotations

import base64
import json
import threading

import pytest
from tests.fakes.clock import FakeClock

from pipette.model import errors
from pipette.model.account import Account, Network, Secret
from pipette.providers.ica_api import Api, base_of
from pipette.providers.ica_pace import MOST_RATE, Pace
from pipette.providers.ica_tokens import Tokens, claims_of
from pipette.providers.web import Answer

HOUR = 3600.0


def jwt(**claims: object) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"head.{payload}.signature"


class Desk:
    """Hands out tokens and counts them; ``trouble`` is raised instead."""

    def __init__(self, clock: FakeClock, life: float = HOUR) -> None:
        self.clock = clock
        self.life = life
        self.made = 0
        self.trouble: errors.TransferError | None = None

    def fetch(self) -> str:
        if self.trouble:
            raise self.trouble
        self.made += 1
        return jwt(exp=self.clock.time() + self.life, number=self.made)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def number(tokens: Tokens) -> object:
    return tokens.current().claims["number"]


@pytest.mark.parametrize(
    ("life", "good_for"),
    [(HOUR, 0.9 * HOUR), (10 * HOUR, 9 * HOUR), (1200, 900), (60, 30), (2, 1)],
)
def test_a_token_is_renewed_before_it_ends(clock: FakeClock, life: float, good_for: float) -> None:
    """With less than five minutes or a tenth of its life left; of a short life at most half."""
    desk = Desk(clock, life)
    tokens = Tokens(desk.fetch, clock.time)
    assert number(tokens) == 1
    clock.advance(good_for - 0.01)
    assert number(tokens) == 1
    clock.advance(0.02)
    assert number(tokens) == 2


def test_many_threads_make_one_token(clock: FakeClock) -> None:
    desk = Desk(clock)
    workers = 8
    all_here = threading.Barrier(workers)
    tokens = Tokens(desk.fetch, clock.time)
    seen: list[object] = []

    def work() -> None:
        all_here.wait()
        token = tokens.current()
        all_here.wait()
        seen.append(tokens.instead_of(token).claims["number"])

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert desk.made == 2
    assert set(seen) == {2}


def test_a_refused_token_is_replaced_once(clock: FakeClock) -> None:
    desk = Desk(clock)
    tokens = Tokens(desk.fetch, clock.time)
    old = tokens.current()
    first, second = tokens.instead_of(old), tokens.instead_of(old)
    assert first is second
    assert desk.made == 2


def test_a_token_due_for_renewal_serves_on_while_none_can_be_made(clock: FakeClock) -> None:
    desk = Desk(clock)
    tokens = Tokens(desk.fetch, clock.time)
    tokens.current()
    desk.trouble = errors.NetworkDown("away")
    clock.advance(0.95 * HOUR)
    assert number(tokens) == 1
    clock.advance(HOUR)
    with pytest.raises(errors.NetworkDown):
        tokens.current()


def test_a_key_that_is_refused_is_told_at_once(clock: FakeClock) -> None:
    desk = Desk(clock)
    tokens = Tokens(desk.fetch, clock.time)
    tokens.current()
    desk.trouble = errors.SignInNeeded("revoked")
    clock.advance(0.95 * HOUR)
    with pytest.raises(errors.SignInNeeded):
        tokens.current()


def test_it_is_remembered_for_a_minute_that_tokens_were_refused(clock: FakeClock) -> None:
    desk = Desk(clock)
    desk.trouble = errors.SlowDown("429")
    tokens = Tokens(desk.fetch, clock.time)
    assert not tokens.throttled
    with pytest.raises(errors.SlowDown):
        tokens.current()
    assert tokens.throttled
    clock.advance(61)
    assert not tokens.throttled


@pytest.mark.parametrize("text", ["opaque", "a.b", "a.!!!.c", "a.W10.c", jwt(exp="soon")])
def test_a_token_that_cannot_be_read_is_good_until_it_is_refused(
    clock: FakeClock, text: str
) -> None:
    tokens = Tokens(lambda: text, clock.time)
    token = tokens.current()
    clock.advance(1000 * HOUR)
    assert tokens.current() is token


def test_a_token_does_not_show(clock: FakeClock) -> None:
    tokens = Tokens(Desk(clock).fetch, clock.time)
    assert tokens.current().text.reveal() not in repr(tokens.current())
    assert claims_of(jwt(sub="me")) == {"sub": "me"}


def answer(status: int, **headers: str) -> Answer:
    return Answer(status, {name.replace("_", "-"): text for name, text in headers.items()}, None)


def room(pace: Pace) -> int:
    """How many calls may be made now."""
    made = 0
    while True:
        try:
            pace.take()
        except errors.SlowDown:
            return made
        made += 1


def test_the_pace_begins_at_five_calls_a_second(clock: FakeClock) -> None:
    pace = Pace(clock.monotonic)
    assert room(pace) == 20
    clock.advance(4.1)
    assert room(pace) == 20


def test_the_pace_is_halved_by_a_refusal_and_grows_slowly(clock: FakeClock) -> None:
    pace = Pace(clock.monotonic)
    pace.heard(answer(429))
    assert pace.rate == 2.5
    assert room(pace) == 0
    clock.advance(2.1)
    assert room(pace) == 10
    clock.advance(10)
    room(pace)
    assert pace.rate == 3.5
    clock.advance(1000)
    room(pace)
    assert pace.rate == MOST_RATE


@pytest.mark.parametrize(("told", "wait"), [("7", 7), ("86400", 120), ("", 2), ("0", 2)])
def test_a_refusal_stops_all_calls_for_as_long_as_asked_within_reason(
    clock: FakeClock, told: str, wait: float
) -> None:
    pace = Pace(clock.monotonic)
    pace.heard(answer(503, **({"retry_after": told} if told else {})))
    clock.advance(wait - 0.1)
    with pytest.raises(errors.SlowDown) as slow:
        pace.take()
    assert slow.value.wait_seconds == pytest.approx(0.1)
    clock.advance(0.2)
    pace.take()


def test_a_good_answer_changes_no_pace(clock: FakeClock) -> None:
    pace = Pace(clock.monotonic)
    pace.heard(answer(200))
    pace.heard(answer(500))
    assert pace.rate == 5.0


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("", "https://ica.illumina.com/ica/rest"),
        ("ica.illumina.com", "https://ica.illumina.com/ica/rest"),
        ("https://ica.lab.example/", "https://ica.lab.example/ica/rest"),
        ("https://ica.lab.example/ica/rest/", "https://ica.lab.example/ica/rest"),
        ("https://ica.lab.example/ica/rest/api", "https://ica.lab.example/ica/rest"),
        ("https://lab.example/other", "https://lab.example/other"),
        ("http://localhost:8080", "http://localhost:8080/ica/rest"),
        ("http://127.0.0.1:8080/ica/rest", "http://127.0.0.1:8080/ica/rest"),
    ],
)
def test_the_address_is_all_that_stands_before_api(url: str, base: str) -> None:
    assert base_of(url) == base


@pytest.mark.parametrize("url", ["http://ica.illumina.com", "http://192.168.1.4/ica/rest"])
def test_a_key_never_goes_out_unencrypted(url: str) -> None:
    with pytest.raises(errors.Untrusted):
        Api(Account("lab", "ica", url), Secret("key"), Network())
