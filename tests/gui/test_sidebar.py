"""The sidebar: locations, buckets, favourites, tools, and what their menus do."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QStyleOptionViewItem
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot
from tests.fakes.scenes import a_batch
from tests.gui.conftest import Stage, settle
from tests.gui.window_scene import ALL_KINDS, Scene

from pipette.model.account import Account, Secret
from pipette.model.errors import NetworkDown
from pipette.model.files import Location
from pipette.model.transfer import BatchId, State
from pipette.ui.add_location import AddLocation
from pipette.ui.delegates_side import add_rect, expander_rect
from pipette.ui.dialogs import AskText
from pipette.ui.dialogs_account import ConfirmRemove
from pipette.ui.main_window_locations import DEFAULT
from pipette.ui.roles import CellRole, Expander, SideKind, SideRow
from pipette.ui.sidebar import AccountOrder
from pipette.ui.sidebar_model import Entry, SidebarModel, sub_line
from pipette.ui.sign_in import SignIn
from pipette.ui.tokens import Tone

pytestmark = pytest.mark.qt_log_ignore("^This plugin does not support")

RUNS = Location("seq-archive", "oncology-panel", "runs")
LEFT = Qt.MouseButton.LeftButton


def row_of(model: SidebarModel, index: QModelIndex) -> SideRow:
    row = model.data(index, CellRole.SIDE)
    assert isinstance(row, SideRow)
    return row


def roots(model: SidebarModel) -> list[SideRow]:
    return [row_of(model, model.index(n, 0)) for n in range(model.rowCount())]


def rect_in_row(scene: Scene, index: QModelIndex, part: str) -> object:
    tree = scene.window.sidebar.tree
    option = QStyleOptionViewItem()
    option.rect = tree.visualRect(index)
    return (expander_rect if part == "expander" else add_rect)(option)


def order(scene: Scene, wanted: AccountOrder, account: str = "seq-archive") -> None:
    sidebar = scene.window.sidebar
    menu = sidebar.menu_for(sidebar.model.index_of_account(account))
    assert menu is not None
    next(action for action in menu.actions() if action.text() == wanted.value).trigger()


@pytest.fixture
def model(qtmodeltester: ModelTester) -> SidebarModel:
    model = SidebarModel(ALL_KINDS)
    model.set_accounts([Account("archive", "s3", region="eu-central-1", who="core-lab")])
    qtmodeltester.check(model)
    return model


def test_rows_stand_in_their_sections(model: SidebarModel) -> None:
    model.set_favourites([RUNS])
    model.set_receipts(128)
    assert [(row.kind, row.text) for row in roots(model)] == [
        (SideKind.HEADING, "LOCATIONS"),
        (SideKind.ACCOUNT, "archive"),
        (SideKind.HEADING, "FAVOURITES"),
        (SideKind.PLACE, "oncology-panel › runs"),
        (SideKind.HEADING, "TOOLS"),
        (SideKind.PLACE, "Bulk import (DRS)"),
        (SideKind.PLACE, "Receipts"),
    ]
    assert roots(model)[-1].trailing == "128"


def test_an_account_says_who_and_where_beside_its_own_letters(model: SidebarModel) -> None:
    row = roots(model)[1]
    assert (row.sub, row.monogram, row.tile) == ("core-lab · eu-central-1", "S3", 4)


def test_a_server_of_ones_own_is_named_by_its_host() -> None:
    account = Account("a", "s3", url="https://s3.lab.example:9000")
    assert sub_line(account, ALL_KINDS.of(account)) == "s3.lab.example"


@pytest.mark.parametrize(
    ("account", "said"),
    [
        (Account("a", "ica", who="Core lab"), ("Core lab", "ICA", 0)),
        (Account("a", "basespace", region="EUC1", who="d"), ("d · Frankfurt, EU", "BS", 1)),
        (Account("a", "sevenbridges", region="cavatica"), ("CAVATICA", "SB", 2)),
        (Account("a", "onecodex", who="Micro"), ("Micro", "1C", 3)),
    ],
)
def test_each_service_has_letters_and_says_where_it_is(
    account: Account, said: tuple[str, str, int]
) -> None:
    model = SidebarModel(ALL_KINDS)
    model.set_accounts([account])
    row = roots(model)[1]
    assert (row.sub, row.monogram, row.tile) == said


def test_the_demo_location_is_labelled_and_has_a_drop_instead_of_letters() -> None:
    model = SidebarModel(ALL_KINDS)
    model.set_accounts([Account("Demo", "s3", demo=True)])
    row = roots(model)[1]
    assert (row.monogram, row.icon) == ("", "drop")
    assert row.sub.startswith("Demo")


def test_held_transfers_show_why_on_their_location(model: SidebarModel) -> None:
    model.set_held({"archive": "SignInNeeded"})
    row = roots(model)[1]
    assert (row.sub, row.sub_tone, row.badge) == ("Key expired – sign in", Tone.WARN, "key")
    model.set_held({"archive": "NetworkDown"})
    assert roots(model)[1].badge == "wifi"
    model.set_held({})
    assert roots(model)[1].badge == ""


def test_what_no_platform_offers_is_greyed_with_its_reason(model: SidebarModel) -> None:
    index = next(
        model.index(n, 0)
        for n in range(model.rowCount())
        if model.entry(model.index(n, 0)) is Entry.BULK_IMPORT
    )
    assert model.flags(index) == Qt.ItemFlag.NoItemFlags
    assert model.reason(index) == "None of your locations takes a bulk import"


def test_rows_speak_with_both_their_lines(model: SidebarModel) -> None:
    index = model.index_of_account("archive")
    spoken = model.data(index, Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "archive, core-lab · eu-central-1"


def test_buckets_come_and_go_below_their_location(
    model: SidebarModel, qtmodeltester: ModelTester
) -> None:
    model.set_note("archive", "Loading…")
    account = model.index_of_account("archive")
    assert row_of(model, model.index(0, 0, account)).text == "Loading…"
    model.set_projects("archive", [Location("archive", "a"), Location("archive", "b")])
    assert model.rowCount(account) == 2
    assert row_of(model, model.index_of_project(Location("archive", "b", "x"))).text == "b"
    qtmodeltester.check(model)


def test_opening_a_location_loads_its_buckets(stage: Stage, qtbot: QtBot) -> None:
    scene = stage()
    tree, model = scene.window.sidebar.tree, scene.window.sidebar.model
    index = model.index_of_account("seq-archive")
    QTest.mouseClick(
        tree.viewport(),
        LEFT,
        pos=rect_in_row(scene, index, "expander").center(),
    )
    settle(qtbot, scene)
    assert tree.isExpanded(index)
    assert row_of(model, index).expander is Expander.OPEN
    assert model.rowCount(index) == 3
    qtbot.mouseClick(
        tree.viewport(),
        LEFT,
        pos=tree.visualRect(
            model.index_of_project(Location("seq-archive", "exome-trios"))
        ).center(),
    )
    assert scene.window.browser.place == Location("seq-archive", "exome-trios")


def test_buckets_that_cannot_be_listed_say_why(stage: Stage, qtbot: QtBot) -> None:
    scene = stage()
    scene.desk.failures[Location("core-lab")] = NetworkDown("no route")
    scene.window.sidebar.open_account("core-lab")
    settle(qtbot, scene)
    model = scene.window.sidebar.model
    note = model.index(0, 0, model.index_of_account("core-lab"))
    assert row_of(model, note).text.startswith("No network")
    assert scene.window.sidebar.tree.viewport().grab().width() > 0


def test_open_locations_stay_open_when_another_is_added(stage: Stage, qtbot: QtBot) -> None:
    scene = stage()
    scene.window.sidebar.open_account("seq-archive")
    settle(qtbot, scene)
    scene.accounts.add(Account("new", "s3"))
    scene.window.locations.show()
    model = scene.window.sidebar.model
    assert scene.window.sidebar.tree.isExpanded(model.index_of_account("seq-archive"))
    assert model.index_of_account("new").isValid()


def test_the_keyboard_opens_and_chooses(stage: Stage, qtbot: QtBot) -> None:
    scene = stage()
    tree, model = scene.window.sidebar.tree, scene.window.sidebar.model
    qtbot.keyClick(scene.window, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert tree.hasFocus()
    tree.setCurrentIndex(model.index_of_account("core-lab"))
    qtbot.keyClick(tree, Qt.Key.Key_Right)
    assert tree.isExpanded(model.index_of_account("core-lab"))
    qtbot.keyClick(tree, Qt.Key.Key_Return)
    assert scene.window.browser.place == Location("core-lab")


def test_the_plus_of_the_heading_adds_a_location(stage: Stage) -> None:
    scene = stage()
    heading = scene.window.sidebar.model.index(0, 0)
    tree = scene.window.sidebar.tree
    QTest.mouseClick(tree.viewport(), LEFT, pos=rect_in_row(scene, heading, "add").center())
    assert isinstance(QApplication.activeModalWidget(), AddLocation)


def test_favourites_are_kept_and_can_be_dropped_again(stage: Stage) -> None:
    scene = stage()
    window = scene.window
    window.locations.add_favourite(RUNS)
    window.locations.add_favourite(RUNS)
    assert window.settings.places("favourites") == [RUNS]
    menu = window.sidebar.menu_for(window.sidebar.model.index_of_favourite(RUNS))
    assert menu is not None
    menu.actions()[-1].trigger()
    assert window.settings.places("favourites") == []


def test_signing_in_again_starts_from_the_menu(stage: Stage) -> None:
    scene = stage()
    order(scene, AccountOrder.SIGN_IN)
    assert isinstance(QApplication.activeModalWidget(), SignIn)


def test_a_default_is_remembered(stage: Stage) -> None:
    scene = stage()
    order(scene, AccountOrder.DEFAULT, "core-lab")
    assert scene.window.settings.text(DEFAULT) == "core-lab"
    assert scene.window.locations.default_place == Location("core-lab")


def test_removing_tells_what_depends_on_it_pauses_that_and_forgets_the_key(
    stage: Stage, qtbot: QtBot
) -> None:
    scene = stage()
    scene.credentials.set("seq-archive", Secret("a:b"))
    batch = a_batch("b1", place=RUNS, counts={State.WAITING: 2})
    scene.queue.put(batch)
    scene.window.transfers.refresh()
    order(scene, AccountOrder.REMOVE)
    question = QApplication.activeModalWidget()
    assert isinstance(question, ConfirmRemove)
    assert "1 unfinished transfer depends on it" in question.accessibleDescription()
    qtbot.keyClick(question, Qt.Key.Key_Return)
    assert next(account.name for account in scene.accounts.list()) == "seq-archive"
    order(scene, AccountOrder.REMOVE)
    question = QApplication.activeModalWidget()
    assert isinstance(question, ConfirmRemove)
    question.remove_button.click()
    settle(qtbot, scene)
    assert "seq-archive" not in [account.name for account in scene.accounts.list()]
    assert scene.credentials.get("seq-archive") is None
    assert scene.queue.commands_named("pause") == [("pause", frozenset({BatchId("b1")}))]
    assert scene.window.browser.place == Location("core-lab")


def test_a_location_with_unfinished_transfers_keeps_its_name(stage: Stage) -> None:
    scene = stage()
    scene.queue.put(a_batch(place=RUNS, counts={State.WAITING: 2}))
    scene.window.transfers.refresh()
    order(scene, AccountOrder.RENAME)
    assert QApplication.activeModalWidget() is None
    assert "unfinished transfers" in scene.window.browser.footer.words


def test_renaming_takes_key_favourites_and_default_along(stage: Stage, qtbot: QtBot) -> None:
    scene = stage()
    scene.credentials.set("core-lab", Secret("a:b"))
    scene.window.settings.remember(DEFAULT, "core-lab")
    scene.window.locations.add_favourite(Location("core-lab", "x"))
    order(scene, AccountOrder.RENAME, "core-lab")
    question = QApplication.activeModalWidget()
    assert isinstance(question, AskText)
    question.field.setText("lab2")
    question.accept()
    settle(qtbot, scene)
    assert "lab2" in [account.name for account in scene.accounts.list()]
    assert scene.credentials.get("lab2") == Secret("a:b")
    assert scene.window.settings.places("favourites") == [Location("lab2", "x")]
    assert scene.window.settings.text(DEFAULT) == "lab2"


def test_the_accounts_file_never_holds_the_key(stage: Stage, qtbot: QtBot, tmp_path: Path) -> None:
    scene = stage()
    scene.credentials.set("core-lab", Secret("PLANTED-ACCESS:PLANTED-SECRET"))
    scene.window.locations._rename("core-lab", "lab2")
    settle(qtbot, scene)
    assert "PLANTED" not in (tmp_path / "accounts.json").read_text()
