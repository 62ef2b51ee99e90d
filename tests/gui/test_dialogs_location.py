"""Adding a location and signing in again: test of the key, keychain trouble, someone else's key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot
from tests.gui.window_scene import ALL_KINDS, ScriptedDesk

from pipette.model.account import Account, Secret
from pipette.model.files import Kind, Location, RemoteFile
from pipette.providers.protocol import AccountTest
from pipette.store.accounts import Accounts
from pipette.store.credentials import Credentials, MemoryCredentials, NoKeychain
from pipette.ui.account_keeping import AccountKeeper
from pipette.ui.add_location import AddLocation, Step, keychain_name
from pipette.ui.background import Background
from pipette.ui.browser_sign_in import SignsInByBrowser
from pipette.ui.key_fields import Key, KeyPair, read_pasted_key
from pipette.ui.key_test_lines import TriedLine, hinders, line_of_test
from pipette.ui.theme import Theme
from pipette.ui.tokens import Tone

pytestmark = pytest.mark.qt_log_ignore("^This plugin does not support")

PLANTED = "PLANTED-SECRET"


class NoKeychainHere(MemoryCredentials):
    def set(self, account: str, secret: Secret) -> None:
        raise NoKeychain("none")


class Adding:
    """The dialog on scripted parts."""

    def __init__(self, folder: Path, theme: Theme, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.desk = ScriptedDesk()
        self.accounts = Accounts(folder / "accounts.json")
        self.background = Background()
        self.credentials = Credentials(MemoryCredentials(), {})
        self.theme = theme
        self.browser: SignsInByBrowser | None = None
        self.added: list[Account] = []
        self.opened: list[Location] = []
        self.dialog = self.make()

    def make(self, credentials: Credentials | None = None) -> AddLocation:
        keeper = AccountKeeper(self.accounts, credentials or self.credentials)
        dialog = AddLocation(
            self.theme, self.background, self.desk, self.desk, keeper, ALL_KINDS, self.browser
        )
        dialog.added.connect(self.added.append)
        dialog.finished_at.connect(self.opened.append)
        dialog.show()
        self.dialog = dialog
        return dialog

    def settle(self) -> None:
        self.qtbot.waitUntil(lambda: not self.background.is_busy)

    def to_key(self, key: str = f"ACCESS:{PLANTED}", kind: str = "s3") -> None:
        if not self.dialog.platform.address.text():
            self.dialog.platform.choose(kind)
        while self.dialog.step is not Step.KEY:
            self.dialog.next()
        self.dialog.key.fields.paste(key)

    def test(self) -> None:
        self.dialog.key.test()
        self.settle()


@pytest.fixture
def adding(tmp_path: Path, light: Theme, qtbot: QtBot) -> Iterator[Adding]:
    adding = Adding(tmp_path, light, qtbot)
    yield adding
    adding.desk.let_go()
    adding.background.close()


def test_the_test_runs_by_itself_once_the_key_is_complete(adding: Adding) -> None:
    adding.to_key()
    assert not adding.dialog.next_button.isEnabled()
    adding.qtbot.waitUntil(lambda: len(adding.desk.tried) == 1)
    adding.settle()
    assert adding.dialog.next_button.isEnabled()
    assert "Key accepted" in adding.dialog.key.lines.accessibleDescription()
    account, secret = adding.desk.tried[0]
    assert (account.kind, secret) == ("s3", Secret(f"ACCESS:{PLANTED}"))


def test_with_a_bucket_saving_opens_it_at_once(adding: Adding, tmp_path: Path) -> None:
    adding.to_key()
    adding.dialog.key.bucket.setText("archive/runs/2026")
    adding.test()
    assert adding.dialog.next_button.text() == "Save and open"
    adding.dialog.next()
    adding.settle()
    (account,) = adding.accounts.list()
    assert (account.name, account.container, account.path) == ("archive", "archive", "runs/2026")
    assert (account.who, account.who_id) == ("Dana Whitfield", "id-dana")
    assert adding.opened == [Location("archive", "archive", "runs/2026")]
    assert adding.credentials.get("archive") == Secret(f"ACCESS:{PLANTED}")
    assert PLANTED not in (tmp_path / "accounts.json").read_text()


def test_without_a_bucket_one_chooses_from_those_the_key_sees(adding: Adding) -> None:
    place = Location("S3")
    adding.desk.put(
        place, *(RemoteFile(Location("S3", name), Kind.PROJECT) for name in ("one", "two"))
    )
    adding.to_key()
    adding.test()
    adding.dialog.next()
    adding.settle()
    assert adding.dialog.step is Step.DONE
    assert [account.name for account in adding.added] == ["S3"]
    adding.dialog.done_page.projects.setCurrentRow(1)
    adding.dialog.next()
    adding.settle()
    assert adding.opened == [Location("S3", "two")]
    assert adding.accounts.get("S3").container == "two"


def test_a_refused_key_cannot_be_saved(adding: Adding) -> None:
    adding.desk.tests = (
        AccountTest("reach", True),
        AccountTest("key", False, "403", "SignInNeeded"),
    )
    adding.to_key()
    adding.test()
    assert not adding.dialog.next_button.isEnabled()
    assert "Key not accepted" in adding.dialog.key.lines.accessibleDescription()


def test_a_key_that_cannot_list_buckets_may_still_be_kept(adding: Adding) -> None:
    adding.desk.tests = (AccountTest("key", True), AccountTest("projects", False, "", "NotAllowed"))
    adding.to_key()
    adding.dialog.key.bucket.setText("mine")
    adding.test()
    assert adding.dialog.next_button.isEnabled()


def test_changing_the_key_after_the_test_asks_for_another(adding: Adding) -> None:
    adding.to_key()
    adding.test()
    adding.dialog.key.fields.paste("ACCESS:other")
    assert not adding.dialog.next_button.isEnabled()


def test_without_a_keychain_the_key_can_be_kept_for_this_session(adding: Adding) -> None:
    credentials = Credentials(NoKeychainHere(), {})
    adding.make(credentials)
    adding.to_key()
    adding.dialog.key.bucket.setText("archive")
    adding.test()
    adding.dialog.next()
    adding.settle()
    assert adding.accounts.list() == []
    assert adding.dialog.key.session_only.isChecked()
    assert "this session only" in adding.dialog.key._complaint.text()
    adding.dialog.next()
    adding.settle()
    assert [account.name for account in adding.accounts.list()] == ["archive"]
    assert credentials.get("archive") == Secret(f"ACCESS:{PLANTED}")


def test_a_name_that_is_taken_is_told_and_can_be_changed(adding: Adding) -> None:
    adding.accounts.add(Account("archive", "s3"))
    adding.to_key()
    adding.dialog.key.bucket.setText("archive")
    assert adding.dialog.key.name.text() == "archive 2"
    adding.dialog.key.name.setText("archive")
    adding.test()
    adding.dialog.next()
    adding.settle()
    assert adding.dialog.key._complaint.text() == "Another location has this name already."
    adding.dialog.key.name.setText("archive2")
    adding.dialog.next()
    adding.settle()
    assert [account.name for account in adding.accounts.list()] == ["archive", "archive2"]


def test_a_pasted_address_fills_server_and_bucket(adding: Adding) -> None:
    adding.dialog.platform.address.setText("https://s3.lab.example:9000/reads/2026")
    adding.to_key()
    account = adding.dialog.key.account
    assert (account.url, account.container, account.path) == (
        "https://s3.lab.example:9000",
        "reads",
        "2026",
    )


def test_a_server_needs_an_address_and_one_without_tls_is_warned_about(adding: Adding) -> None:
    adding.dialog.platform.choose("s3")
    adding.dialog.next()
    page = adding.dialog.server
    page.use_own_server("")
    assert not adding.dialog.next_button.isEnabled()
    page.use_own_server("http://127.0.0.1:9000")
    assert adding.dialog.next_button.isEnabled()
    assert "not encrypted" in page._warning.text()


def test_a_region_that_is_not_listed_can_be_typed(adding: Adding) -> None:
    adding.dialog.platform.choose("s3")
    adding.dialog.next()
    page = adding.dialog.server
    assert page.region_code == ""
    page.region.setEditText("eu-nowhere-9")
    assert page.region_code == "eu-nowhere-9"
    page.region.setCurrentIndex(1)
    assert page.region_code == "eu-central-1"


def test_the_demo_tile_needs_no_further_step(adding: Adding, qtbot: QtBot) -> None:
    adding.dialog.platform.choose("demo")
    with qtbot.waitSignal(adding.dialog.demo_wanted):
        adding.dialog.next()


def test_closing_drops_the_test_and_lets_go_of_the_key(adding: Adding) -> None:
    adding.desk.hold()
    adding.to_key()
    adding.dialog.key.test()
    fields = adding.dialog.key.fields
    adding.dialog.reject()
    assert [field.text() for field in fields.findChildren(QLineEdit)] == ["", "", ""]
    adding.desk.let_go()
    adding.settle()


def test_the_secret_is_hidden_until_the_eye_is_pressed(qtbot: QtBot, light: Theme) -> None:
    fields = KeyPair(light)
    qtbot.addWidget(fields)
    hidden, plain = QLineEdit.EchoMode.Password, QLineEdit.EchoMode.Normal
    assert [f.echoMode() for f in (fields.secret, fields.session)] == [hidden, hidden]
    fields.eyes[0].trigger()
    assert fields.secret.echoMode() is plain
    fields.eyes[0].trigger()
    assert fields.secret.echoMode() is hidden


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("A:B", Key("A", "B")),
        ("A:B:C:D", Key("A", "B", "C:D")),
        (
            "export AWS_ACCESS_KEY_ID=A\nexport AWS_SECRET_ACCESS_KEY='b/+='\n"
            "export AWS_SESSION_TOKEN=c",
            Key("A", "b/+=", "c"),
        ),
        ("[default]\naws_access_key_id = A\naws_secret_access_key = B", Key("A", "B")),
        ('{"AccessKeyId": "A", "SecretAccessKey": "B", "SessionToken": "C"}', Key("A", "B", "C")),
        ("AKIA0000", None),
        ("A:", None),
        ("some words: and more", None),
    ],
)
def test_pasted_keys_are_read_in_the_forms_they_come_in(text: str, key: Key | None) -> None:
    assert read_pasted_key(text) == key


def test_test_lines_differ_in_icon_word_and_colour() -> None:
    def line(test: AccountTest) -> TriedLine:
        return line_of_test(test, ALL_KINDS.named("s3"), Account("a", "s3", url="https://host"))

    well = line(AccountTest("reach", True, "38 ms"))
    unknown = line(AccountTest("clock", None))
    lived_with = line(AccountTest("clock", False, "", "ClockWrong"))
    wrong = line(AccountTest("key", False, "", "SignInNeeded"))
    assert [line.icon for line in (well, unknown, lived_with, wrong)] == [
        "check",
        "info",
        "warn",
        "error",
    ]
    assert (well.what, well.detail, well.tone) == ("Reached host", "38 ms", Tone.OK)
    assert wrong.detail
    assert hinders([AccountTest("key", False)])
    assert not hinders([AccountTest("upload", False), AccountTest("key", True)])


def test_each_system_calls_its_keychain_by_name() -> None:
    assert keychain_name("win32") == "Windows Credential Manager"
    assert keychain_name("darwin") == "the macOS Keychain"
    assert keychain_name("linux") == "this computer's keychain"
