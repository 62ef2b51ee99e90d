"""The status bar and the menu of speed limits."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot
from tests.fakes.scenes import GB, MB, NOON, RUN, a_batch, the_batches

from pipette.model.transfer import BatchId, Changes, State
from pipette.ui import figures
from pipette.ui.limit_menu import PRESETS, LimitMenu
from pipette.ui.status_bar import StatusBar, Totals, totals_of
from pipette.ui.theme import Theme, ThemeChoice

pytestmark = pytest.mark.qt_log_ignore("^This plugin does not support")


@dataclass
class HandClock:
    at: float = 0.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture(scope="module")
def theme(qapp: QApplication) -> Theme:
    return Theme(qapp, ThemeChoice.LIGHT)


@pytest.fixture
def bar(theme: Theme, clock: HandClock, qtbot: QtBot) -> StatusBar:
    bar = StatusBar(theme, clock, lambda: NOON)
    qtbot.addWidget(bar)
    with qtbot.waitExposed(bar):
        bar.show()
    return bar


def labels(bar: StatusBar) -> list[str]:
    return [label.text() for label in bar.findChildren(QLabel)]


def test_it_says_what_is_under_way(bar: StatusBar) -> None:
    bar.show_changes(Changes(batches=the_batches(), up_rate=84.2 * MB))
    assert bar.text.startswith("3 sending · 2,012 waiting · 1 needs you · 853 GB left")
    assert "↑ 84.2 MB/s" in labels(bar)
    assert "↓ 0 MB/s" in labels(bar)
    assert "Online" in labels(bar)


def test_when_it_is_done_is_told_after_ten_seconds(bar: StatusBar, clock: HandClock) -> None:
    batch = a_batch(counts={State.MOVING: 1}, size=7200 * MB)
    for second in range(10):
        clock.at = float(second)
        bar.show_changes(Changes(batches=(batch,), up_rate=2.0 * MB))
        assert "done about" not in bar.text
    clock.at = 10.0
    bar.show_changes(Changes(up_rate=2.0 * MB))
    assert bar.text.endswith(f"7.2 GB left, done about {figures.clock(NOON + 3600)}")


def test_with_nothing_to_do_it_says_so(bar: StatusBar) -> None:
    bar.show_changes(Changes(batches=(a_batch(counts={State.VERIFIED: 1}),)))
    assert bar.text == "Nothing to send"


def test_a_cleared_batch_no_longer_counts(bar: StatusBar) -> None:
    bar.show_changes(Changes(batches=the_batches()))
    bar.show_changes(Changes(removed=(RUN,)))
    assert "needs you" not in bar.text


def test_a_lost_network_is_said_in_words(bar: StatusBar) -> None:
    bar.show_changes(Changes(online=False))
    assert "No network" in labels(bar)


def test_a_click_on_what_needs_you_asks_for_that_filter(bar: StatusBar, qtbot: QtBot) -> None:
    bar.show_changes(Changes(batches=the_batches()))
    with qtbot.waitSignal(bar.needs_you_pressed):
        QTest.mouseClick(bar._needs_you, Qt.MouseButton.LeftButton)


def test_the_limit_button_says_the_limit_in_force(bar: StatusBar) -> None:
    assert bar.limit_button.text() == "No limit"
    bar.show_limit(100.0 * MB)
    assert bar.limit_button.text() == "Limit: 100.0 MB/s"


@pytest.mark.parametrize("preset", [None, *PRESETS])
def test_each_preset_can_be_picked(bar: StatusBar, preset: float | None) -> None:
    picked: list[float | None] = []
    bar.limit_picked.connect(picked.append)
    place = 0 if preset is None else PRESETS.index(preset) + 1
    entries = [action for action in bar.limit_menu.actions() if not action.isSeparator()]
    entries[place].trigger()
    assert picked == [preset]


def test_a_limit_set_elsewhere_stands_in_the_menu(qapp: QApplication, qtbot: QtBot) -> None:
    menu = LimitMenu()
    qtbot.addWidget(menu)
    menu.show_limit(33.0 * MB)
    ticked = [action.text() for action in menu.actions() if action.isChecked()]
    assert ticked == ["33.0 MB/s"]
    menu.show_limit(None)
    assert "33.0 MB/s" not in [action.text() for action in menu.actions()]


def test_what_is_done_leaves_nothing_to_go() -> None:
    done = a_batch("d", counts={State.VERIFIED: 1, State.FAILED: 1}, size=5 * GB, arrived=GB)
    assert totals_of([done]) == Totals(needs_you=1)
    assert done.id == BatchId("d")
