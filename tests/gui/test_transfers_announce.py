"""What screen readers are told by themselves: little, and not too often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from tests.fakes.scenes import a_batch

from pipette.model.transfer import BatchSnapshot, Changes, State
from pipette.ui.transfers_announce import Announcer, speaker


@dataclass
class HandClock:
    at: float = 0.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def announcer(said: list[str], clock: HandClock) -> Announcer:
    return Announcer(said.append, clock)


def seen(name: str, counts: Mapping[State, int]) -> Changes:
    batch: BatchSnapshot = a_batch(name, name, counts=counts)
    return Changes(batches=(batch,))


def test_a_batch_that_becomes_verified_is_told_once(announcer: Announcer, said: list[str]) -> None:
    announcer.take(seen("Controls", {State.VERIFYING: 42}))
    for _ in range(3):
        announcer.take(seen("Controls", {State.VERIFIED: 42}))
    assert said == ["Controls: all 42 files verified"]


def test_a_size_only_end_is_not_called_verified(announcer: Announcer, said: list[str]) -> None:
    announcer.take(seen("Controls", {State.VERIFYING: 2}))
    announcer.take(seen("Controls", {State.VERIFIED: 1, State.SIZE_MATCHED: 1}))
    assert said == []


def test_what_was_so_at_the_start_is_no_news(announcer: Announcer, said: list[str]) -> None:
    announcer.take(seen("Controls", {State.NEEDS_YOU: 1, State.VERIFIED: 1}))
    assert said == []


def test_what_comes_within_five_seconds_is_said_together(
    announcer: Announcer, said: list[str], clock: HandClock
) -> None:
    for name in "abc":
        announcer.take(seen(name, {State.MOVING: 1}))
    announcer.take(seen("a", {State.NEEDS_YOU: 1}))
    clock.at = 1.0
    announcer.take(seen("b", {State.FAILED: 1}))
    clock.at = 4.9
    announcer.take(seen("c", {State.VERIFIED: 1}))
    assert said == ["a: 1 needs you"]
    clock.at = 5.0
    announcer.take(Changes())
    assert said == ["a: 1 needs you", "b: 1 needs you. c: verified"]


def test_progress_is_never_announced(announcer: Announcer, said: list[str]) -> None:
    for moving in range(1, 50):
        announcer.take(seen("a", {State.MOVING: moving}))
    assert said == []


def test_an_account_that_needs_a_sign_in_is_told(announcer: Announcer, said: list[str]) -> None:
    held = Changes(accounts_waiting=(("seq-archive", "SignInNeeded"),))
    announcer.take(held)
    announcer.take(held)
    assert said == ["seq-archive needs you to sign in again"]


def test_the_system_takes_what_is_said(qapp: QApplication, qtbot: QtBot) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    speaker(widget)("Controls: all 42 files verified")
