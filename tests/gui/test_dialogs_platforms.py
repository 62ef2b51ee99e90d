"""Adding a location of each platform: its tile, its regions, its key, and what was pasted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel, QLineEdit
from pytestqt.qtbot import QtBot
from tests.gui.window_scene import ALL_KINDS, ScriptedDesk

from pipette.model.account import Account, Secret
from pipette.model.errors import NotAllowed, SignInNeeded, TransferError
from pipette.model.files import Kind, Location, RemoteFile
from pipette.providers.protocol import AccountTest, Who
from pipette.store.accounts import Accounts
from pipette.store.credentials import Credentials, MemoryCredentials
from pipette.ui.account_keeping import AccountKeeper, Tried
from pipette.ui.add_location import AddLocation, Step
from pipette.ui.background import Background
from pipette.ui.browser_sign_in import SignInCode
from pipette.ui.key_fields import OneKey
from pipette.ui.key_test_lines import lines_of
from pipette.ui.theme import Theme

pytestmark = pytest.mark.qt_log_ignore("^This plugin does not support")

KEY = "0123456789abcdef0123456789abcdef"
PROJECT = "0f5ae2d2-7a2b-4c1e-9d3e-0123456789ab"


class ScriptedBrowser:
    """Agrees after ``waits`` questions, or fails."""

    def __init__(self) -> None:
        self.begun: list[Account] = []
        self.asked = 0
        self.waits = 2
        self.failure: TransferError | None = None

    def offers(self, kind: str) -> bool:
        return kind == "basespace"

    def begin(self, account: Account) -> SignInCode:
        self.begun.append(account)
        return SignInCode("ABCD-EFGH", "https://page.example", "https://page.example?code=ABCD")

    def ask(self, code: SignInCode) -> Secret | float:
        self.asked += 1
        if self.failure is not None:
            raise self.failure
        return Secret(KEY) if self.asked > self.waits else 0.001


class Wizard:
    """The dialog on scripted parts."""

    def __init__(self, folder: Path, theme: Theme, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.desk = ScriptedDesk()
        self.browser = ScriptedBrowser()
        self.background = Background()
        self.accounts = Accounts(folder / "accounts.json")
        self.credentials = Credentials(MemoryCredentials(), {})
        keeper = AccountKeeper(self.accounts, self.credentials)
        self.dialog = AddLocation(
            theme, self.background, self.desk, self.desk, keeper, ALL_KINDS, self.browser
        )
        self.opened: list[Location] = []
        self.dialog.finished_at.connect(self.opened.append)
        self.closed: list[int] = []
        self.dialog.finished.connect(self.closed.append)
        self.dialog.show()

    def settle(self) -> None:
        self.qtbot.waitUntil(lambda: not self.background.is_busy)

    def choose(self, kind: str) -> None:
        self.dialog.platform.choose(kind)
        self.dialog.next()

    def paste_address(self, text: str) -> None:
        self.dialog.platform.address.setText(text)
        self.dialog.next()

    def give_key(self) -> None:
        self.dialog.key.fields.paste(f"  {KEY}\n")
        self.dialog.key.test()
        self.settle()


@pytest.fixture
def wizard(tmp_path: Path, light: Theme, qtbot: QtBot) -> Iterator[Wizard]:
    wizard = Wizard(tmp_path, light, qtbot)
    yield wizard
    if not wizard.closed:
        wizard.dialog.close()
    wizard.background.close()


@pytest.mark.parametrize(
    ("kind", "steps", "name", "url", "region"),
    [
        ("ica", [Step.SERVER, Step.KEY], "ICA", "", ""),
        ("basespace", [Step.SERVER, Step.KEY], "BaseSpace", "", "USE1"),
        ("sevenbridges", [Step.SERVER, Step.KEY], "CGC", "", "cgc"),
        ("onecodex", [Step.KEY], "One Codex", "", ""),
    ],
)
def test_a_platform_is_added_with_one_key(
    wizard: Wizard, kind: str, steps: list[Step], name: str, url: str, region: str
) -> None:
    wizard.choose(kind)
    seen = [wizard.dialog.step]
    while wizard.dialog.step is not Step.KEY:
        wizard.dialog.next()
        seen.append(wizard.dialog.step)
    assert seen == steps
    assert isinstance(wizard.dialog.key.fields, OneKey)
    wizard.desk.put(Location(name), *(RemoteFile(Location(name, "p"), Kind.PROJECT),))
    wizard.give_key()
    wizard.dialog.next()
    wizard.settle()
    assert wizard.dialog.step is Step.DONE
    wizard.dialog.next()
    wizard.settle()
    (account,) = wizard.accounts.list()
    assert (account.name, account.kind, account.url, account.region) == (name, kind, url, region)
    assert account.container == "p"
    assert wizard.opened == [Location(name, "p")]
    assert wizard.credentials.get(name) == Secret(KEY)


@pytest.mark.parametrize(
    ("kind", "row", "region", "name"),
    [("basespace", 1, "EUC1", "BaseSpace"), ("sevenbridges", 4, "cavatica", "CAVATICA")],
)
def test_a_region_is_picked_by_its_plain_name(
    wizard: Wizard, kind: str, row: int, region: str, name: str
) -> None:
    wizard.choose(kind)
    page = wizard.dialog.server
    page.region.setCurrentIndex(row)
    assert region in page.region.currentText()
    wizard.dialog.next()
    account = wizard.dialog.key.account
    assert (account.region, account.url, account.name) == (region, "", name)


@pytest.mark.parametrize("kind", ["ica", "basespace", "sevenbridges"])
def test_a_server_of_ones_own_replaces_the_region(wizard: Wizard, kind: str) -> None:
    wizard.choose(kind)
    wizard.dialog.server.use_own_server("https://genomics.lab.example:8443/v2/")
    wizard.dialog.next()
    account = wizard.dialog.key.account
    assert (account.url, account.region) == ("https://genomics.lab.example:8443/v2", "")


@pytest.mark.parametrize(
    ("text", "kind", "region", "container"),
    [
        (f"https://ica.illumina.com/ica/link/project/{PROJECT}", "ica", "", ""),
        ("https://euw2.sh.basespace.illumina.com/projects/9", "basespace", "EUW2", ""),
        ("https://cavatica.sbgenomics.com/u/lab/exomes", "sevenbridges", "cavatica", "lab/exomes"),
        ("https://app.onecodex.com/projects/0123456789abcdef", "onecodex", "", ""),
    ],
)
def test_a_pasted_project_address_leads_straight_to_the_key(
    wizard: Wizard, text: str, kind: str, region: str, container: str
) -> None:
    wizard.paste_address(text)
    assert wizard.dialog.step is Step.KEY
    account = wizard.dialog.key.account
    assert (account.kind, account.region, account.container) == (kind, region, container)
    wizard.dialog.back()
    assert wizard.dialog.step is Step.PLATFORM


def test_the_project_whose_address_was_pasted_is_chosen_at_the_end(wizard: Wizard) -> None:
    wizard.paste_address(f"https://ica.illumina.com/ica/projects/{PROJECT}/data")
    names = {"Exomes": "1", "Oncology": PROJECT, "Pilot": "3"}
    rows = [RemoteFile(Location("ICA", n), Kind.PROJECT, id=id_) for n, id_ in names.items()]
    wizard.desk.put(Location("ICA"), *rows)
    wizard.give_key()
    wizard.dialog.next()
    wizard.settle()
    assert wizard.dialog.done_page.place == Location("ICA", "Oncology")


def test_a_project_named_in_the_address_is_opened_at_once(wizard: Wizard) -> None:
    wizard.paste_address("https://cgc.sbgenomics.com/u/rfranklin/my-project/files")
    wizard.give_key()
    assert wizard.dialog.next_button.text() == "Save and open"
    wizard.dialog.next()
    wizard.settle()
    assert wizard.opened == [Location("CGC", "rfranklin/my-project")]


def test_the_project_need_not_become_the_one_to_begin_with(wizard: Wizard) -> None:
    wizard.choose("onecodex")
    wizard.desk.put(Location("One Codex"), RemoteFile(Location("One Codex", "p"), Kind.PROJECT))
    wizard.give_key()
    wizard.dialog.next()
    wizard.settle()
    wizard.dialog.done_page.make_default.setChecked(False)
    wizard.dialog.next()
    assert wizard.opened == [Location("One Codex", "p")]
    assert wizard.accounts.get("One Codex").container == ""


def test_an_unknown_address_is_taken_for_s3_unless_a_tile_was_pressed(wizard: Wizard) -> None:
    page = wizard.dialog.platform
    page.address.setText("http://127.0.0.1:9000/reads")
    assert page.kind is ALL_KINDS.named("s3")
    page.choose("onecodex")
    wizard.dialog.next()
    assert wizard.dialog.step is Step.KEY
    account = wizard.dialog.key.account
    assert (account.kind, account.url) == ("onecodex", "http://127.0.0.1:9000")


def test_a_certain_address_wins_over_a_pressed_tile(wizard: Wizard) -> None:
    wizard.dialog.platform.choose("s3")
    wizard.dialog.platform.address.setText("https://app.onecodex.com/")
    assert wizard.dialog.platform.kind is ALL_KINDS.named("onecodex")


def test_another_platform_does_not_get_the_key_typed_before(wizard: Wizard) -> None:
    wizard.choose("onecodex")
    wizard.dialog.key.fields.paste(KEY)
    wizard.dialog.back()
    wizard.choose("basespace")
    wizard.dialog.next()
    assert not wizard.dialog.key.can_test
    wizard.dialog.back()
    wizard.dialog.back()
    wizard.choose("s3")
    wizard.dialog.next()
    assert not wizard.dialog.key.can_test


def test_the_page_with_the_key_is_offered_where_it_is_known(wizard: Wizard) -> None:
    wizard.choose("sevenbridges")
    wizard.dialog.next()
    help_ = wizard.dialog.key.help
    assert help_.page_button.toolTip() == "https://cgc.sbgenomics.com/developer"
    assert "Authentication token" in help_.accessibleDescription()
    wizard.dialog.back()
    wizard.dialog.server.use_own_server("https://own.example/v2")
    wizard.dialog.next()
    assert help_.page_button.isHidden()


def test_a_second_location_of_a_platform_gets_a_name_of_its_own(wizard: Wizard) -> None:
    wizard.accounts.add(Account("ICA", "ica"))
    wizard.choose("ica")
    wizard.dialog.next()
    assert wizard.dialog.key.account.name == "ICA 2"


def test_the_key_stays_hidden_until_the_eye_is_pressed(wizard: Wizard) -> None:
    wizard.choose("onecodex")
    fields = wizard.dialog.key.fields
    (field,) = fields.findChildren(QLineEdit)
    assert field.echoMode() is QLineEdit.EchoMode.Password
    fields.eyes[0].trigger()
    assert field.echoMode() is QLineEdit.EchoMode.Normal


def test_two_words_are_no_key(wizard: Wizard) -> None:
    wizard.choose("onecodex")
    wizard.dialog.key.fields.paste("my key")
    assert not wizard.dialog.key.can_test


# The browser instead of a key.


def to_basespace(wizard: Wizard) -> None:
    wizard.choose("basespace")
    wizard.dialog.server.region.setCurrentIndex(1)
    wizard.dialog.next()


def test_agreeing_in_the_browser_brings_the_key(wizard: Wizard) -> None:
    to_basespace(wizard)
    card = wizard.dialog.key.browser
    assert card.isVisible()
    card.begin_button.click()
    wizard.qtbot.waitUntil(lambda: bool(wizard.dialog.key.fields.key()))
    assert wizard.browser.begun == [Account("", "basespace", region="EUC1")]
    assert wizard.browser.asked == 3
    assert wizard.dialog.key.fields.key() == Secret(KEY)
    wizard.qtbot.waitUntil(lambda: wizard.dialog.next_button.isEnabled())
    assert wizard.desk.tried[-1][1] == Secret(KEY)


def test_the_code_and_its_page_are_shown_while_waiting(wizard: Wizard) -> None:
    wizard.browser.waits = 1_000_000
    to_basespace(wizard)
    card = wizard.dialog.key.browser
    card.begin_button.click()
    wizard.qtbot.waitUntil(lambda: card.shown_code == "ABCD-EFGH")
    assert "https://page.example" in card.said
    assert card.page_button.isVisible()
    with wizard.qtbot.waitSignal(card.destroyed):
        wizard.dialog.reject()
    wizard.settle()


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (NotAllowed("refused"), "refused in the browser"),
        (SignInNeeded("expired"), "expired"),
        (TransferError("x"), "BaseSpace"),
    ],
)
def test_a_refusal_in_the_browser_is_told_and_can_be_tried_again(
    wizard: Wizard, failure: TransferError, said: str
) -> None:
    wizard.browser.failure = failure
    to_basespace(wizard)
    card = wizard.dialog.key.browser
    card.begin_button.click()
    wizard.settle()
    wizard.qtbot.waitUntil(card.begin_button.isEnabled)
    assert said in card.said or isinstance(failure, TransferError)
    assert card.page_button.isHidden()


@pytest.mark.parametrize("kind", ["ica", "sevenbridges", "s3"])
def test_the_browser_is_not_offered_where_a_service_has_no_such_way(
    wizard: Wizard, kind: str
) -> None:
    wizard.choose(kind)
    wizard.dialog.next()
    assert wizard.dialog.key.browser.isHidden()


# The words of the test.


@pytest.mark.parametrize(
    ("test", "said"),
    [
        (
            AccountTest("reach", True, "v4"),
            ("Reached euc1.sh.basespace.illumina.com", "Frankfurt, EU"),
        ),
        (AccountTest("key", True, "dana@lab"), ("Key accepted", "Dana Whitfield")),
        (AccountTest("projects", True, "14"), ("Can see 14 projects", "")),
        (AccountTest("projects", True, "1"), ("Can see 1 project", "")),
        (AccountTest("projects", True, "100+"), ("Can see 100+ projects", "")),
        (
            AccountTest("upload", None, "noise"),
            ("Whether it may upload shows with the first file", ""),
        ),
        (AccountTest("clock", True, "3"), ("This computer's clock is right", "")),
    ],
)
def test_lines_of_the_test_are_plain_sentences(test: AccountTest, said: tuple[str, str]) -> None:
    kind = ALL_KINDS.named("basespace")
    tried = Tried([test], Who("1", "Dana Whitfield"))
    (line,) = lines_of(tried, kind, Account("", "basespace", region="EUC1"))
    assert (line.what, line.detail) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [("-240", "4 minutes slow"), ("360", "6 minutes fast"), ("x", "wrong")],
)
def test_a_wrong_clock_is_told_in_minutes(seconds: str, said: str) -> None:
    kind = ALL_KINDS.named("ica")
    tried = Tried([AccountTest("clock", False, seconds, "ClockWrong")], None)
    (line,) = lines_of(tried, kind, Account("", "ica"))
    assert line.what == f"This computer's clock is {said}"
    assert line.detail


def test_every_word_of_the_key_page_names_the_platform(wizard: Wizard) -> None:
    wizard.choose("basespace")
    wizard.dialog.next()
    texts = [label.text() for label in wizard.dialog.key.findChildren(QLabel)]
    assert any(text.startswith("BaseSpace Sequence Hub, Virginia, US.") for text in texts)
