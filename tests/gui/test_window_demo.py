"""The demo location in the window: its strip, its buttons, its key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from PySide6.QtWidgets import (
    QApplication,
)
from pytestqt.qtbot import QtBot
from tests.gui.conftest import Stage, settle

from pipette.model.account import Account, Secret
from pipette.model.files import Location
from pipette.ui.demo_controls import SPEEDS, OpenPractice
from pipette.ui.main_window_parts import Parts
from pipette.ui.upload_sheet import UploadSheet

pytestmark = pytest.mark.qt_log_ignore("^This plugin does not support")


class ScriptedPractice:
    """Remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[object] = []
        self.opened = 0

    def open(self) -> OpenPractice:
        self.opened += 1
        account = Account("Demo", "s3", url="http://127.0.0.1:1", container="demo-lab", demo=True)
        return OpenPractice(account, Secret(f"demo:{self.opened}"))

    def samples(self) -> Sequence[str]:
        return ["/demo/samples/run"]

    def set_speed(self, bytes_per_second: float | None) -> None:
        self.asked.append(bytes_per_second)

    def lose_network(self, lost: bool) -> None:
        self.asked.append(("lost", lost))

    def expire_key(self) -> None:
        self.asked.append("expired")

    def damage_one_part(self) -> None:
        self.asked.append("damaged")


def with_practice(practice: ScriptedPractice) -> object:
    def change(parts: Parts) -> Parts:
        return replace(parts, practice=practice)

    return change


def test_the_demo_location_opens_from_the_first_page(stage: Stage, qtbot: QtBot) -> None:
    practice = ScriptedPractice()
    scene = stage(accounts=(), change=with_practice(practice))
    window = scene.window
    assert window._centre.shows_browser is False
    window.start_page.try_demo.emit()
    settle(qtbot, scene)
    assert window._centre.shows_browser
    assert window.browser.place == Location("Demo", "demo-lab")
    assert scene.credentials.get("Demo") == Secret("demo:1")
    assert window.demo is not None
    assert window.demo.isVisible()


def test_the_demo_buttons_play_what_can_go_wrong(stage: Stage, qtbot: QtBot) -> None:
    practice = ScriptedPractice()
    account = practice.open().account
    scene = stage(accounts=(account,), change=with_practice(practice))
    demo = scene.window.demo
    assert demo is not None
    demo.speed.setValue(len(SPEEDS) - 1)
    for button in (demo.lose_network, demo.expire_key, demo.damage):
        button.click()
    settle(qtbot, scene)
    assert demo.lose_network.text() == "Restore network"
    demo.lose_network.click()
    settle(qtbot, scene)
    assert sorted(map(str, practice.asked)) == sorted(
        map(str, [None, ("lost", True), "expired", "damaged", ("lost", False)])
    )


def test_a_new_demo_key_needs_no_typing(stage: Stage, qtbot: QtBot) -> None:
    practice = ScriptedPractice()
    account = practice.open().account
    scene = stage(accounts=(account,), change=with_practice(practice))
    scene.window.locations.sign_in("Demo")
    settle(qtbot, scene)
    assert QApplication.activeModalWidget() is None
    assert scene.credentials.get("Demo") == Secret("demo:2")
    assert scene.queue.commands_named("account_changed") == [("account_changed", "Demo")]


def test_sample_data_is_sent_like_a_drop(stage: Stage, qtbot: QtBot) -> None:
    practice = ScriptedPractice()
    account = practice.open().account
    scene = stage(accounts=(account,), change=with_practice(practice))
    assert scene.window.demo is not None
    scene.window.demo.samples.click()
    qtbot.waitUntil(lambda: isinstance(QApplication.activeModalWidget(), UploadSheet))
