"""A new key for a location: in place, asked about when it is someone else's, told in banners."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from tests.fakes.scenes import a_batch
from tests.gui.conftest import Stage, settle

from pipette.model.account import Account, Secret
from pipette.model.files import Location
from pipette.model.transfer import State
from pipette.providers.protocol import AccountTest, Who
from pipette.ui.dialogs_account import SomeoneElse
from pipette.ui.main_window_notices import AccountNotices
from pipette.ui.sign_in import SignIn

PLANTED = "PLANTED-SECRET"

pytestmark = pytest.mark.qt_log_ignore("^This plugin does not support")


def test_a_new_key_lets_the_same_transfers_go_on(stage: Stage, qtbot: QtBot) -> None:
    scene = stage()
    scene.queue.tell(accounts_waiting=[("core-lab", "SignInNeeded")])
    counts = {State.NEEDS_SIGN_IN: 91, State.VERIFIED: 9}
    place = Location("core-lab", "exome")
    scene.queue.put(a_batch(place=place, counts=counts, size=100, arrived=62))
    scene.window.transfers.refresh()
    scene.window.transfers.refresh()
    (notice,) = scene.window.banners.notices()
    banner = scene.window.banners.banner(notice.key)
    assert banner is not None
    assert notice.title == "core-lab needs you to sign in again"
    assert "91 files wait; 62% already sent is kept." in notice.text
    qtbot.mouseClick(banner.button, Qt.MouseButton.LeftButton)
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, SignIn)
    dialog.fields.paste(f"NEW:{PLANTED}:TOKEN")
    dialog.go_button.click()
    settle(qtbot, scene)
    assert scene.credentials.get("core-lab") == Secret(f"NEW:{PLANTED}:TOKEN")
    assert scene.queue.commands_named("account_changed") == [("account_changed", "core-lab")]
    assert scene.desk.forgotten == ["core-lab"]
    scene.queue.tell()
    scene.window.transfers.refresh()
    assert scene.window.banners.notices() == []
    assert scene.window.banners.isHidden()


@pytest.mark.parametrize(("agreed", "person"), [(False, "Dana"), (True, "Rob")])
def test_a_key_of_someone_else_is_asked_about_first(
    stage: Stage, qtbot: QtBot, agreed: bool, person: str
) -> None:
    scene = stage(accounts=(Account("lab", "s3", who="Dana", who_id="id-dana"),))
    scene.desk.person = Who("id-rob", "Rob")
    scene.window.locations.sign_in("lab")
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, SignIn)
    dialog.fields.paste("NEW:KEY")
    dialog.go_button.click()
    qtbot.waitUntil(lambda: isinstance(QApplication.activeModalWidget(), SomeoneElse))
    question = QApplication.activeModalWidget()
    assert isinstance(question, SomeoneElse)
    assert "belongs to Rob" in question.accessibleDescription()
    if agreed:
        question.go_button.click()
    else:
        question.reject()
    settle(qtbot, scene)
    assert scene.accounts.get("lab").who == person
    assert (scene.credentials.get("lab") is not None) is agreed


def test_a_wrong_key_is_told_in_place(stage: Stage, qtbot: QtBot) -> None:
    scene = stage()
    scene.desk.tests = (AccountTest("key", False, "403", "SignInNeeded"),)
    scene.window.locations.sign_in("core-lab")
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, SignIn)
    dialog.fields.paste("NEW:KEY")
    dialog.go_button.click()
    settle(qtbot, scene)
    assert dialog.isVisible()
    assert "Key not accepted" in dialog.lines.accessibleDescription()
    assert scene.credentials.get("core-lab") is None


def test_a_closed_banner_stays_closed_until_its_words_change(stage: Stage) -> None:
    scene = stage()
    scene.queue.tell(accounts_waiting=[("core-lab", "SignInNeeded")])
    scene.window.transfers.refresh()
    (notice,) = scene.window.banners.notices()
    scene.window.banners.close_notice(notice.key)
    scene.window.transfers.refresh()
    assert scene.window.banners.isHidden()
    place = Location("core-lab", "exome")
    scene.queue.put(a_batch(place=place, counts={State.NEEDS_SIGN_IN: 2}, size=10, arrived=5))
    scene.window.transfers.refresh()
    scene.window.transfers.refresh()
    assert not scene.window.banners.isHidden()


def test_a_lost_network_is_told_on_rows_not_in_banners(stage: Stage) -> None:
    scene = stage()
    notices: AccountNotices = scene.window.notices
    notices.take([("core-lab", "NetworkDown"), ("seq-archive", "ContainerGone")])
    titles = [notice.title for notice in scene.window.banners.notices()]
    assert len(titles) == 1
    scene.window.banners.pressed.emit(scene.window.banners.notices()[0].key)
    assert scene.queue.commands_named("account_changed") == [("account_changed", "seq-archive")]
