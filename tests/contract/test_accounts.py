"""Trying an account out, for every provider alike."""

from __future__ import annotations

import socket
from dataclasses import replace

import pytest
from tests.contract.bench import Bench
from tests.contract.joined import Lacks

from pipette.model import errors
from pipette.providers import protocol

LINES = ["reach", "key", "projects", "upload", "clock"]


def test_a_good_account_passes_every_line_and_nothing_is_left(bench: Bench) -> None:
    provider: protocol.TestsAccount = bench.provider
    project = replace(bench.joined.folder, path="")
    before = bench.place.unfinished(project)
    lines = provider.test()
    assert [line.name for line in lines] == LINES
    assert [line.passed for line in lines[:4]] == [True] * 4
    assert lines[4].passed is not False
    assert bench.place.unfinished(project) == before


def test_a_wrong_key_fails_the_line_of_the_key(bench: Bench) -> None:
    provider: protocol.TestsAccount = bench.stranger()
    lines = {line.name: line for line in provider.test()}
    assert list(lines) == LINES
    assert lines["reach"].passed is True
    assert (lines["key"].passed, lines["key"].kind) == (False, "SignInNeeded")


def test_an_address_that_nobody_answers_fails_the_line_of_reach(bench: Bench) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    provider: protocol.TestsAccount = bench.joined.provider(f"http://127.0.0.1:{port}")
    lines = {line.name: line for line in provider.test()}
    assert list(lines) == LINES
    assert (lines["reach"].passed, lines["reach"].kind) == (False, "NetworkDown")
    assert lines["key"].passed is None


@pytest.mark.parametrize("good", [True, False])
def test_whose_key_it_is_needs_no_secret_to_say(bench: Bench, good: bool) -> None:
    provider: protocol.TestsAccount = bench.provider if good else bench.stranger()
    if not good and bench.lacks(Lacks.NAMED_KEYS):
        with pytest.raises(errors.SignInNeeded):
            provider.who()
        return
    who = provider.who()
    assert who.id
    assert "secret" not in repr(who).lower()
