"""How many requests run at once: found by trying, halved when a service says it is too much."""

from __future__ import annotations

import os

import pytest

from pipette.engine.flows import (
    LONG_LINE_SECONDS,
    MOST_FLOWS,
    SAMPLE_SECONDS,
    Flows,
    flows_on_short_line,
)

FAR = LONG_LINE_SECONDS
NEAR = LONG_LINE_SECONDS / 100


def observed(rates: list[float], round_trip: float | None) -> list[int]:
    """Flows allowed after each sample."""
    flows = Flows(0.0)
    allowed = []
    for count, rate in enumerate(rates, 1):
        flows.observe(count * SAMPLE_SECONDS, rate, round_trip)
        allowed.append(flows.allowed)
    return allowed


def test_on_a_long_line_more_flows_are_tried_as_long_as_the_speed_follows() -> None:
    assert observed([1e6, 2e6, 4e6, 8e6, 16e6, 32e6, 64e6], FAR) == [6, 9, 13, 19, 28, 32, 32]
    assert MOST_FLOWS == 32


@pytest.mark.parametrize("round_trip", [NEAR, None])
def test_a_short_line_gets_few(round_trip: float | None) -> None:
    assert observed([1e6 * 2**n for n in range(9)], round_trip)[-1] == flows_on_short_line()


def test_a_speed_that_does_not_follow_ends_the_climb() -> None:
    assert observed([1e6, 1.01e6, 1.02e6], FAR) == [6, 6, 6]


def test_a_speed_that_falls_takes_flows_away_but_leaves_two() -> None:
    falling = observed([1e9, *(1e9 * 0.5**n for n in range(1, 12))], FAR)
    assert falling[0] == 6
    assert falling == sorted(falling, reverse=True)
    assert falling[-1] == 2


def test_nothing_changes_between_samples() -> None:
    flows = Flows(0.0)
    flows.observe(SAMPLE_SECONDS * 0.9, 1e9, FAR)
    assert flows.allowed == 4


def test_free_flows_are_those_not_taken() -> None:
    flows = Flows(0.0)
    assert flows.free(0.0) == 4
    flows.active = 3
    assert flows.free(0.0) == 1
    flows.active = 9
    assert flows.free(0.0) == 0


def test_too_many_halves_the_flows_and_blocks_for_as_long_as_asked() -> None:
    flows = Flows(0.0)
    flows.slow_down(10.0, 30.0)
    assert (flows.allowed, flows.free(39.9), flows.free(40.0)) == (2, 0, 2)


def test_many_answers_of_too_many_at_once_count_as_one() -> None:
    """All requests in flight are answered alike."""
    flows = Flows(0.0)
    for _ in range(4):
        flows.slow_down(10.0, 30.0)
    flows.slow_down(10.0, 5.0)
    assert (flows.allowed, flows.blocked_until) == (2, 40.0)


def test_one_flow_is_always_left() -> None:
    flows = Flows(0.0)
    for now in range(10):
        flows.slow_down(float(now), 0.5)
    assert flows.allowed == 1


def test_after_a_slow_down_the_climb_begins_anew() -> None:
    flows = Flows(0.0)
    flows.observe(SAMPLE_SECONDS, 1e9, FAR)
    flows.slow_down(10.0, 1.0)
    flows.observe(10.0 + SAMPLE_SECONDS, 1e3, FAR)
    assert flows.allowed == 4


def test_a_short_line_follows_the_processors_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = {None: 4, 1: 4, 2: 4, 3: 6, 4: 8, 64: 8}
    for count, flows in expected.items():
        monkeypatch.setattr(os, "cpu_count", lambda count=count: count)
        assert flows_on_short_line() == flows
