"""A thousand calls in five minutes: counted here, believed from there, waited for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.contract.sevenbridges_shop import SMALL, Shop, shop_in
from tests.fakes.sevenbridges import PROJECT
from tests.fakes.sevenbridges_state import Manners
from tests.fakes.sevenbridges_wire import Alter, Reply

from pipette.model import errors
from pipette.providers.sevenbridges_api import KEPT_CALLS, MOST_CALLS
from pipette.providers.web import Answer, Budget, Left


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with shop_in(tmp_path / "moving", Manners()) as open_shop:
        yield open_shop


def wait_of(shop: Shop) -> float:
    with pytest.raises(errors.SlowDown) as refused:
        shop.provider.who()
    assert refused.value.wait_seconds is not None
    return refused.value.wait_seconds


def test_we_stay_a_tenth_below_the_allowance(shop: Shop) -> None:
    for _ in range(MOST_CALLS):
        shop.provider.who()
        shop.clock.advance(0.1)
    assert len(shop.script.entries()) == MOST_CALLS
    wait = wait_of(shop)
    assert wait == pytest.approx(300 - 90)
    shop.clock.advance(wait + 0.001)
    shop.provider.who()
    assert len(shop.script.entries()) == MOST_CALLS + 1


def test_calls_of_other_programs_count_too(shop: Shop) -> None:
    upload = shop.upload("file", SMALL).open()
    receipts = upload.send_all()
    [user] = shop.state.users.values()
    user.calls = shop.manners.calls - KEPT_CALLS
    shop.provider.who()
    assert 290 < wait_of(shop) <= 300
    asked = len(shop.script.entries())
    assert wait_of(shop)
    assert len(shop.script.entries()) == asked
    upload.close(receipts)
    shop.clock.advance(301)
    shop.provider.who()


def test_what_is_kept_back_serves_polls_and_completions(shop: Shop) -> None:
    upload = shop.upload("file", SMALL).open()
    other = shop.upload("other", SMALL).open()
    receipts = upload.send_all()
    [user] = shop.state.users.values()
    user.calls = shop.manners.calls - KEPT_CALLS
    shop.provider.who()
    assert wait_of(shop)
    upload.close(receipts)
    other.abort()
    with pytest.raises(errors.RemoteMissing):
        shop.provider.poll_drs("1")
    assert shop.operations()[-3:] == ["complete", "abort", "drs-job"]


def test_a_refusal_waits_until_calls_are_counted_anew(shop: Shop) -> None:
    [user] = shop.state.users.values()
    user.calls, user.window = shop.manners.calls, shop.clock.time() - 100
    assert wait_of(shop) == pytest.approx(200, abs=1)
    shop.clock.advance(201)
    shop.provider.who()


def test_the_platforms_clock_counts_and_not_ours(shop: Shop) -> None:
    shop.server.clock = lambda: shop.clock.time() - 7200
    [user] = shop.state.users.values()
    user.calls, user.window = shop.manners.calls, shop.server.clock()
    assert wait_of(shop) == pytest.approx(300, abs=1)


def test_a_refusal_without_a_time_leaves_the_wait_open(shop: Shop) -> None:
    def bare(reply: Reply) -> Reply:
        return Reply(429, {"code": 1000, "message": "m"})

    shop.script.fail("user", Alter(bare))
    with pytest.raises(errors.SlowDown) as refused:
        shop.provider.who()
    assert refused.value.wait_seconds is None
    shop.provider.who()


def test_storage_addresses_do_not_count(shop: Shop) -> None:
    upload = shop.upload("file", bytes(100)).open()
    calls = [user.calls for user in shop.state.users.values()]
    [part] = upload.parts()
    request = shop.provider.part_request(upload.to, upload.handle, part, None)
    for _ in range(5):
        shop.mover.send(request, bytes(100))
    assert [user.calls for user in shop.state.users.values()] == [calls[0] + 1]


def test_a_listing_asks_for_pages_of_a_hundred(shop: Shop) -> None:
    for number in range(1000):
        shop.state.write(PROJECT, f"many/{number}", b"")
    shop.script.clear()
    page = shop.provider.list(shop.at("").parent.child("many"))
    while page.cursor is not None:
        page = shop.provider.list(shop.at("").parent.child("many"), page.cursor)
    assert shop.operations() == ["files"] * 11


class Ticking:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def told(calls: int, seconds: float) -> Answer:
    return Answer(200, {"left": str(calls), "for": str(seconds)}, None)


def counting(clock: Ticking, kept: int = 2) -> Budget:
    def left(answer: Answer) -> Left | None:
        if "left" not in answer.headers:
            return None
        return Left(int(answer.headers["left"]), float(answer.headers["for"]))

    return Budget(100, 60.0, clock, left, kept)


def refused(budget: Budget, *, urgent: bool = False) -> float | None:
    try:
        budget.take(urgent=urgent)
    except errors.SlowDown as slow:
        return slow.wait_seconds
    return None


def test_a_budget_keeps_back_what_is_for_urgent_calls() -> None:
    budget = counting(Ticking())
    budget.heard(told(4, 30))
    assert [refused(budget) for _ in range(3)] == [None, None, 30.0]
    assert [refused(budget, urgent=True) for _ in range(3)] == [None, None, 30.0]


def test_a_budget_is_free_again_when_the_span_is_over() -> None:
    clock = Ticking()
    budget = counting(clock)
    budget.heard(told(0, 30))
    assert refused(budget, urgent=True) == 30.0
    clock.now += 30
    assert refused(budget) is None


def test_answers_that_overtake_each_other_never_raise_what_is_left() -> None:
    budget = counting(Ticking(), kept=0)
    budget.heard(told(1, 30))
    budget.heard(told(9, 30.9))
    assert [refused(budget) for _ in range(2)] == [None, 30.0]


def test_an_answer_of_the_span_before_says_nothing_of_this_one() -> None:
    clock = Ticking()
    budget = counting(clock, kept=0)
    budget.heard(told(5, 300))
    budget.heard(told(0, 2))
    assert refused(budget) is None


def test_a_new_span_begins_with_what_it_says() -> None:
    clock = Ticking()
    budget = counting(clock, kept=0)
    budget.heard(told(0, 30))
    clock.now += 29
    budget.heard(told(50, 60))
    assert refused(budget) is None


def test_answers_that_do_not_tell_change_nothing() -> None:
    budget = counting(Ticking())
    budget.heard(Answer(200, {}, None))
    assert refused(budget) is None
