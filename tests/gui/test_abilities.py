"""The window follows what a service can do: what it cannot is greyed with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QRadioButton
from pytestqt.qtbot import QtBot
from tests.gui.conftest import Stage, settle
from tests.gui.window_scene import Scene, ScriptedDesk, a_folder, a_remote_file

from pipette.model.account import Account
from pipette.model.errors import SignInNeeded
from pipette.model.files import Kind, Location, RemoteFile
from pipette.model.transfer import IfExists
from pipette.providers.protocol import (
    Deletes,
    Downloads,
    Features,
    Links,
    ListsUploads,
    MakesFolders,
    ShowsPages,
)
from pipette.ui.actions import Act
from pipette.ui.browser_cells import is_archived, storage_words
from pipette.ui.browser_model import Column
from pipette.ui.dialogs import Choose
from pipette.ui.dropping import DropTarget
from pipette.ui.main_window_uploads import QUIETLY
from pipette.ui.upload_sheet import UploadSheet
from pipette.ui.words import RULE_WORDS

pytestmark = pytest.mark.qt_log_ignore("^This plugin does not support")

ACCOUNTS = (
    Account("lab", "onecodex", container="Swabs"),
    Account("cgc", "sevenbridges", container="rfranklin/exomes"),
    Account("archive", "s3", container="reads"),
)
SWABS = Location("lab", "Swabs")
EXOMES = Location("cgc", "rfranklin/exomes")
READS = Location("archive", "reads")


@pytest.fixture
def desk() -> ScriptedDesk:
    desk = ScriptedDesk()
    for place in (SWABS, EXOMES, READS):
        desk.put(place, a_remote_file(place.child("a.fastq.gz")), a_folder(place.child("run")))
        desk.put(Location(place.account), RemoteFile(place, Kind.PROJECT))
    return desk


@pytest.fixture
def scene(stage: Stage, desk: ScriptedDesk) -> Scene:
    return stage(accounts=ACCOUNTS, desk=desk)


def go_to(qtbot: QtBot, scene: Scene, place: Location, *names: str) -> None:
    scene.window.browser.open(place)
    settle(qtbot, scene)
    scene.window.browser.list.select_names(set(names))


def why_not(scene: Scene, act: Act) -> str:
    """ "" when it can be done."""
    action = scene.window.actions_[act]
    return "" if action.isEnabled() else action.statusTip()


@pytest.mark.parametrize(
    ("ability", "act", "reason"),
    [
        (Deletes, Act.DELETE, "lab lets nothing be deleted"),
        (Downloads, Act.DOWNLOAD, "lab gives no files back"),
        (Links, Act.COPY_LINK, "lab gives no links"),
        (MakesFolders, Act.NEW_FOLDER, "lab keeps no empty folders; they come with the first"),
        (ListsUploads, Act.CLEAN_UP, "lab does not tell of unfinished uploads"),
    ],
)
def test_what_a_service_cannot_do_is_greyed_with_the_reason(
    stage: Stage, qtbot: QtBot, desk: ScriptedDesk, ability: type, act: Act, reason: str
) -> None:
    desk.lacks["lab"] = {ability, ShowsPages}
    scene = stage(accounts=ACCOUNTS, desk=desk)
    go_to(qtbot, scene, SWABS, "a.fastq.gz")
    assert why_not(scene, act).startswith(reason)
    assert reason in scene.window.actions_[act].toolTip()
    go_to(qtbot, scene, EXOMES, "a.fastq.gz")
    assert why_not(scene, act) == ""


def test_nothing_has_an_archive_yet(qtbot: QtBot, scene: Scene) -> None:
    go_to(qtbot, scene, SWABS, "a.fastq.gz")
    assert why_not(scene, Act.ARCHIVE) == "lab has no archive"


def test_without_a_key_nothing_is_greyed_for_what_is_not_known(
    stage: Stage, qtbot: QtBot, desk: ScriptedDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(account: str) -> Features:
        raise SignInNeeded("no key")

    monkeypatch.setattr(desk, "features", refuse)
    desk.lacks["lab"] = {Deletes}
    scene = stage(accounts=ACCOUNTS, desk=desk)
    go_to(qtbot, scene, SWABS, "a.fastq.gz")
    assert why_not(scene, Act.DELETE) == ""


def test_a_new_key_is_asked_again_what_can_be_done(
    stage: Stage, qtbot: QtBot, desk: ScriptedDesk
) -> None:
    desk.lacks["lab"] = {Deletes, ShowsPages}
    scene = stage(accounts=ACCOUNTS, desk=desk)
    go_to(qtbot, scene, SWABS, "a.fastq.gz")
    assert why_not(scene, Act.DELETE)
    desk.lacks["lab"] = {ShowsPages}
    scene.window.locations.account_changed.emit("lab")
    scene.window.browser.refresh()
    settle(qtbot, scene)
    scene.window.browser.list.select_names({"a.fastq.gz"})
    assert why_not(scene, Act.DELETE) == ""


@pytest.mark.parametrize(("depth", "allowed"), [("", True), ("run", False)])
def test_folders_are_offered_only_where_they_would_stand(
    stage: Stage, qtbot: QtBot, desk: ScriptedDesk, depth: str, allowed: bool
) -> None:
    desk.told["lab"] = Features(folder_levels=1)
    scene = stage(accounts=ACCOUNTS, desk=desk)
    go_to(qtbot, scene, Location("lab", "Swabs", depth))
    assert (why_not(scene, Act.NEW_FOLDER) == "") is allowed
    assert scene.window.browser.header._new_folder.isEnabled() is allowed


@pytest.mark.parametrize(("account", "word"), [("lab", "project"), ("archive", "bucket")])
def test_above_all_projects_the_reason_names_what_to_open(
    qtbot: QtBot, scene: Scene, account: str, word: str
) -> None:
    go_to(qtbot, scene, Location(account))
    assert why_not(scene, Act.NEW_FOLDER) == f"open a {word} first"


def test_a_platform_with_pages_gives_its_own_address_at_once(
    stage: Stage, qtbot: QtBot, desk: ScriptedDesk
) -> None:
    desk.lacks["lab"] = {Links}
    scene = stage(accounts=ACCOUNTS, desk=desk)
    go_to(qtbot, scene, SWABS, "run")
    scene.window.actions_[Act.COPY_LINK].trigger()
    settle(qtbot, scene)
    assert QApplication.clipboard().text() == "https://platform.example/Swabs/run"
    assert "those who may sign in" in scene.window.browser.footer.words


# Uploads.


def rules_shown(sheet: UploadSheet) -> set[str]:
    return {radio.text() for radio in sheet.findChildren(QRadioButton) if radio.isVisible()}


def ask_upload(qtbot: QtBot, scene: Scene, paths: list[str], to: Location) -> UploadSheet:
    scene.window.uploads.start(paths, DropTarget(to, to.name))
    qtbot.waitUntil(lambda: isinstance(QApplication.activeModalWidget(), UploadSheet))
    settle(qtbot, scene)
    sheet = QApplication.activeModalWidget()
    assert isinstance(sheet, UploadSheet)
    return sheet


def test_only_rules_that_a_service_can_keep_are_offered(
    stage: Stage, qtbot: QtBot, desk: ScriptedDesk, reads: list[str]
) -> None:
    keeps = frozenset({IfExists.SKIP, IfExists.KEEP_BOTH})
    desk.told["lab"] = Features(rules=keeps)
    scene = stage(accounts=ACCOUNTS, desk=desk)
    assert rules_shown(ask_upload(qtbot, scene, reads, SWABS)) == {RULE_WORDS[r] for r in keeps}


def test_loose_files_are_given_a_folder_where_a_project_holds_none(
    stage: Stage, qtbot: QtBot, desk: ScriptedDesk, reads: list[str]
) -> None:
    desk.told["lab"] = Features(file_level=1)
    scene = stage(accounts=ACCOUNTS, desk=desk)
    scene.window.settings.remember(QUIETLY, "yes")
    sheet = ask_upload(qtbot, scene, reads, SWABS)
    assert sheet.folder.isVisible()
    sheet.folder.setText("")
    assert not sheet.upload_button.isEnabled()
    sheet.folder.setText("swabs may")
    sheet.accept()
    ((_, _, to, _),) = scene.queue.commands_named("upload")
    assert to == SWABS.child("swabs may")


def test_a_folder_needs_no_other_one_around_it(
    stage: Stage, qtbot: QtBot, desk: ScriptedDesk, tmp_path: Path
) -> None:
    desk.told["lab"] = Features(file_level=1)
    scene = stage(accounts=ACCOUNTS, desk=desk)
    (tmp_path / "run").mkdir()
    sheet = ask_upload(qtbot, scene, [str(tmp_path / "run")], SWABS)
    assert not sheet.folder.isVisible()
    sheet.accept()
    ((_, _, to, _),) = scene.queue.commands_named("upload")
    assert to == SWABS


def test_on_an_account_one_is_asked_for_a_project_that_takes_files(
    qtbot: QtBot, stage: Stage, desk: ScriptedDesk, reads: list[str]
) -> None:
    read_only = RemoteFile(Location("lab", "Public"), Kind.PROJECT, details={"read_only": "yes"})
    loose = a_remote_file(Location("lab", "", "lost.fastq"))
    desk.put(Location("lab"), RemoteFile(SWABS, Kind.PROJECT), read_only, loose)
    scene = stage(accounts=ACCOUNTS, desk=desk)
    scene.window.uploads.start(reads, DropTarget(Location("lab"), "lab"))
    qtbot.waitUntil(lambda: isinstance(QApplication.activeModalWidget(), Choose))
    question = QApplication.activeModalWidget()
    assert isinstance(question, Choose)
    assert [radio.text() for radio in question.findChildren(QRadioButton)] == ["Swabs"]


def test_a_project_that_may_only_be_read_takes_no_drop(
    qtbot: QtBot, stage: Stage, desk: ScriptedDesk
) -> None:
    public = Location("lab", "Public")
    desk.put(Location("lab"), RemoteFile(public, Kind.PROJECT, details={"read_only": "yes"}))
    scene = stage(accounts=ACCOUNTS, desk=desk)
    go_to(qtbot, scene, Location("lab"))
    listing = scene.window.browser.list
    row = listing.visualRect(listing.model().index(0, 0)).center()
    target = listing.drop_target_at(row)
    assert target is not None
    assert target.refusal == "You can only read this project"
    go_to(qtbot, scene, public)
    assert scene.window.browser.drop_target().refusal == "You can only read this project"


# Projects of two segments.


def test_a_project_named_by_two_segments_is_one_crumb(qtbot: QtBot, scene: Scene) -> None:
    run = EXOMES.child("run")
    go_to(qtbot, scene, run)
    browser = scene.window.browser
    browser.up()
    assert browser.place == EXOMES
    browser.up()
    assert browser.place == Location("cgc")


def test_a_favourite_in_such_a_project_is_found_again(qtbot: QtBot, scene: Scene) -> None:
    run = EXOMES.child("run")
    scene.window.locations.add_favourite(run)
    assert scene.window.settings.places("favourites") == [run]


def test_favourites_of_earlier_versions_are_still_read(scene: Scene) -> None:
    scene.window.settings.remember("favourites", '["archive:/reads/100%25"]')
    assert scene.window.settings.places("favourites") == [READS.child("100%")]


def test_a_typed_path_leads_into_such_a_project(qtbot: QtBot, scene: Scene) -> None:
    scene.window.orders.go_to_text("cgc:/rfranklin/exomes/run")
    settle(qtbot, scene)
    assert scene.window.browser.place == EXOMES.child("run")


def test_a_pasted_address_with_an_id_leads_to_the_project_of_that_id(
    qtbot: QtBot, scene: Scene, desk: ScriptedDesk
) -> None:
    row = RemoteFile(SWABS, Kind.PROJECT, id="0123456789abcdef")
    desk.put(Location("lab"), row)
    scene.window.orders.go_to_text("https://app.onecodex.com/projects/0123456789abcdef")
    settle(qtbot, scene)
    assert scene.window.browser.place == SWABS
    scene.window.orders.go_to_text("https://app.onecodex.com/projects/fedcba9876543210")
    settle(qtbot, scene)
    assert "does not see this project" in scene.window.browser.footer.words


# States of files.


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"status": "partial"}, "Arriving"),
        ({"status": "awaiting_data"}, "Arriving"),
        ({"status": "importing"}, "Being taken in"),
        ({"status": "validating"}, "Being checked there"),
        ({"status": "failed_validation"}, "Refused there"),
        ({"status": "deleting"}, "Being deleted"),
        ({"status": "archived"}, "Archived"),
        ({"status": "archived", "storage": "DEEP_ARCHIVE"}, "Archived, deep"),
        ({"status": "restoring", "storage": "GLACIER"}, "Restoring"),
        ({"status": "something_new"}, "Something new"),
        ({"storage": "PLATFORM"}, "Standard"),
        ({"storage": "VOLUME"}, "On a volume"),
        ({}, ""),
    ],
)
def test_what_a_service_says_of_a_file_is_told(facts: dict[str, str], words: str) -> None:
    assert storage_words(a_remote_file(READS.child("a"), **facts)) == words


def test_the_size_of_what_is_still_arriving_is_not_told_as_nothing(
    qtbot: QtBot, stage: Stage, desk: ScriptedDesk
) -> None:
    desk.put(SWABS, a_remote_file(SWABS.child("new.fq"), 0, status="partial"))
    scene = stage(accounts=ACCOUNTS, desk=desk)
    go_to(qtbot, scene, SWABS)
    model = scene.window.browser.model
    shown = {column: model.index(0, column).data() for column in (Column.SIZE, Column.STORAGE)}
    assert shown == {Column.SIZE: None, Column.STORAGE: "Arriving"}
    assert not is_archived(a_remote_file(SWABS.child("new.fq"), status="partial"))


@pytest.mark.parametrize(("account", "icon"), [("lab", "folder"), ("archive", "bucket")])
def test_projects_and_buckets_look_as_what_they_are(
    qtbot: QtBot, scene: Scene, account: str, icon: str
) -> None:
    go_to(qtbot, scene, Location(account))
    model = scene.window.browser.model
    assert model._name_cell(model._shown[0]).icon == icon
