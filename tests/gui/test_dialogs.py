"""The small questions: what they say, what Enter and Escape do, what each answer orders."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QRadioButton
from pytestqt.qtbot import QtBot
from tests.fakes.scenes import GB, SENDING, a_batch, a_file
from tests.gui.conftest import Stage, settle
from tests.gui.window_scene import Scene, a_folder, a_remote_file

from pipette.model.errors import NotAllowed, RemoteMissing
from pipette.model.files import Location
from pipette.model.parts import Handle
from pipette.model.transfer import BatchId, BatchOptions, IfExists, Problem, State
from pipette.providers.protocol import OpenUpload, Page
from pipette.ui.dialogs import Asked, AskText, Changed, Choose, ConfirmDelete, Leave, Stop
from pipette.ui.download_sheet import DownloadSheet, Room, room_in, room_words
from pipette.ui.remote_trees import Deleted, Weight, delete_all, weigh
from pipette.ui.theme import Theme
from pipette.ui.tokens import Tone
from pipette.ui.transfers_orders import CancelWish

pytestmark = pytest.mark.qt_log_ignore("^This plugin does not support")

RUNS = Location("seq-archive", "oncology-panel", "runs")
ENTER = Qt.Key.Key_Return
CTRL = Qt.KeyboardModifier.ControlModifier


def the_question(kind: type) -> object:
    question = QApplication.activeModalWidget()
    assert isinstance(question, kind)
    return question


def choose_rows(scene: Scene, *names: str) -> None:
    scene.window.browser.list.clearSelection()
    scene.window.browser.list.select_names(set(names))


def test_the_first_answer_is_the_safe_one_and_escape_answers_nothing(
    qtbot: QtBot, light: Theme
) -> None:
    asked = Asked("T", "info", Tone.INFO, "Head", "Text")
    question = Choose(light, asked, [(1, "safe"), (2, "other")], "Go on")
    answers: list[object] = []
    question.chosen.connect(answers.append)
    qtbot.addWidget(question)
    question.show()
    radios = question.findChildren(QRadioButton)
    assert [radio.isChecked() for radio in radios] == [True, False]
    qtbot.keyClick(question, Qt.Key.Key_Escape)
    assert answers == []


def test_stopping_keeps_the_parts_unless_told_otherwise(stage: Stage) -> None:
    scene = stage()
    wish = CancelWish(frozenset({BatchId("b")}), 27_800_000_000, "seq-archive")
    for answer, command in ((Stop.KEEP, "pause"), (Stop.DELETE, "cancel")):
        scene.window.transfer_orders.cancel_wanted.emit(wish)
        question = the_question(Choose)
        assert isinstance(question, Choose)
        assert "27.8 GB of parts" in question.accessibleDescription()
        question.choose(answer)
        question.accept()
        assert scene.queue.commands_named(command) == [(command, wish.which)]


def test_a_changed_file_is_sent_anew_or_skipped_as_decided(stage: Stage) -> None:
    scene = stage()
    problem = Problem("SourceChanged", "size 1 is 2 now")
    file = a_file(6, "deep/SampleSheet.csv", state=State.NEEDS_YOU, problem=problem)
    for answer, command in ((Changed.NEW_VERSION, "send_new_version"), (Changed.SKIP, "skip")):
        scene.window.transfer_orders.decision_wanted.emit(file)
        scene.window.transfer_orders.decision_wanted.emit(file)
        question = the_question(Choose)
        assert isinstance(question, Choose)
        question.choose(answer)
        question.accept()
        assert scene.queue.commands_named(command) == [(command, frozenset({file.id}))]
    assert QApplication.activeModalWidget() is None


def test_other_decisions_are_tried_again(stage: Stage) -> None:
    scene = stage()
    file = a_file(state=State.NEEDS_YOU, problem=Problem("SourceMissing"))
    scene.window.transfer_orders.decision_wanted.emit(file)
    assert scene.queue.commands_named("resume") == [("resume", frozenset({SENDING}))]


def test_quitting_while_sending_asks_and_cancel_stays(stage: Stage, qtbot: QtBot) -> None:
    scene = stage()
    scene.queue.put(a_batch(counts={State.MOVING: 3}))
    scene.window.transfers.refresh()
    scene.window.close()
    question = the_question(Choose)
    assert isinstance(question, Choose)
    assert scene.window.isVisible()
    qtbot.keyClick(question, Qt.Key.Key_Escape)
    assert scene.window.isVisible()
    scene.window.close()
    question = the_question(Choose)
    assert isinstance(question, Choose)
    question.choose(Leave.QUIT)
    with qtbot.waitSignal(scene.window.closed):
        question.accept()


def test_keeping_on_sending_only_minimises(stage: Stage) -> None:
    scene = stage()
    scene.queue.put(a_batch(counts={State.MOVING: 3}))
    scene.window.transfers.refresh()
    scene.window.close()
    question = the_question(Choose)
    assert isinstance(question, Choose)
    question.accept()
    assert scene.window.isMinimized()


def test_with_nothing_on_the_way_the_window_closes_at_once(stage: Stage, qtbot: QtBot) -> None:
    scene = stage()
    scene.queue.put(a_batch(counts={State.PAUSED: 3}, paused=True))
    scene.window.transfers.refresh()
    with qtbot.waitSignal(scene.window.closed):
        scene.window.close()
    assert scene.saved


# Deleting at the service.


def test_enter_never_deletes(stage: Stage, qtbot: QtBot) -> None:
    scene = stage()
    choose_rows(scene, "SampleSheet.csv")
    qtbot.keyClick(scene.window.browser.list, Qt.Key.Key_Delete)
    question = the_question(ConfirmDelete)
    assert isinstance(question, ConfirmDelete)
    qtbot.keyClick(question, ENTER)
    assert not scene.desk.deleted


def test_a_few_files_are_deleted_by_a_deliberate_click(stage: Stage, qtbot: QtBot) -> None:
    scene = stage()
    choose_rows(scene, "SampleSheet.csv", "panel_v3_targets.bed")
    qtbot.keyClick(scene.window.browser.list, Qt.Key.Key_Backspace, CTRL)
    question = the_question(ConfirmDelete)
    assert isinstance(question, ConfirmDelete)
    assert question.delete_button.text() == "Delete 2 files"
    question.delete_button.click()
    settle(qtbot, scene)
    assert scene.desk.deleted == [RUNS.child("panel_v3_targets.bed"), RUNS.child("SampleSheet.csv")]
    assert scene.window.browser.footer.words.startswith("2 files deleted")


def test_a_folder_is_counted_and_its_number_must_be_typed(stage: Stage, qtbot: QtBot) -> None:
    scene = stage()
    folder = RUNS.child("controls")
    scene.desk.put(folder, a_remote_file(folder.child("a")), a_folder(folder.child("deep")))
    scene.desk.put(folder.child("deep"), a_remote_file(folder.child("deep/b"), 2000))
    choose_rows(scene, "controls")
    scene.window.remote.delete(scene.window.browser.selected())
    qtbot.waitUntil(lambda: isinstance(QApplication.activeModalWidget(), ConfirmDelete))
    question = the_question(ConfirmDelete)
    assert isinstance(question, ConfirmDelete)
    assert "3.0 KB will be removed" in question.accessibleDescription()
    assert not question.delete_button.isEnabled()
    qtbot.keyClicks(question.number_field, "3")
    assert not question.delete_button.isEnabled()
    question.number_field.setText("2")
    question.delete_button.click()
    settle(qtbot, scene)
    assert [str(place).rpartition("runs/")[2] for place in scene.desk.deleted] == [
        "controls/a",
        "controls/deep/b",
        "controls/deep/",
        "controls/",
    ]


@pytest.mark.parametrize(
    ("count", "size", "folder", "typed"),
    [(10, GB, False, False), (11, GB, False, True), (1, 101 * GB, False, True), (0, 0, True, True)],
)
def test_much_needs_the_number_typed(
    qtbot: QtBot, light: Theme, count: int, size: int, folder: bool, typed: bool
) -> None:
    question = ConfirmDelete(light, count, size, folder, "runs")
    qtbot.addWidget(question)
    assert question.delete_button.isEnabled() is not typed


def test_one_file_that_stays_does_not_keep_the_others(stage: Stage) -> None:
    class Tree:
        def __init__(self) -> None:
            self.deleted: list[Location] = []

        def list(self, folder: Location, cursor: str | None = None) -> Page:
            raise AssertionError(folder)

        def delete(self, at: Location) -> None:
            if at.name == "kept":
                raise NotAllowed("403")
            if at.name == "gone":
                raise RemoteMissing("404")
            self.deleted.append(at)

    tree = Tree()
    rows = [a_remote_file(RUNS.child(name)) for name in ("a", "kept", "gone", "b")]
    done = delete_all(tree, rows, lambda: False)
    assert done == Deleted(3, (("kept", "NotAllowed"),))
    assert [place.name for place in tree.deleted] == ["a", "b"]


def test_weighing_goes_through_every_page(stage: Stage) -> None:
    scene = stage()
    folder = RUNS.child("big")
    scene.desk.folders[folder] = [
        Page([a_remote_file(folder.child(f"{page}{n}"), 10) for n in range(3)]) for page in "ab"
    ]
    assert weigh(scene.desk, [a_folder(folder)], lambda: False) == Weight(6, 60, folders=1)
    assert not weigh(scene.desk, [a_folder(folder)], lambda: True).complete


# Downloads.


def test_a_download_goes_to_the_folder_chosen(stage: Stage, qtbot: QtBot, tmp_path: object) -> None:
    scene = stage()
    choose_rows(scene, "SampleSheet.csv", "panel_v3_targets.bed")
    qtbot.keyClick(scene.window.browser.list, Qt.Key.Key_D, CTRL)
    sheet = the_question(DownloadSheet)
    assert isinstance(sheet, DownloadSheet)
    sheet.folder_field.setText(str(tmp_path))
    assert not sheet.download_button.isEnabled()
    settle(qtbot, scene)
    assert "2 files, 2.1 MB" in sheet.accessibleDescription()
    sheet.download_button.click()
    places = (RUNS.child("panel_v3_targets.bed"), RUNS.child("SampleSheet.csv"))
    assert scene.queue.commands_named("download") == [
        ("download", places, str(tmp_path), BatchOptions(IfExists.SKIP))
    ]
    assert scene.window.settings.now.download_folder == str(tmp_path)


def test_a_disk_without_room_is_told_before_and_stops_the_download() -> None:
    words, tone = room_words(Room("/x", 10 * GB), 12 * GB, complete=True)
    assert (words, tone) == ("Not enough room: 10.0 GB free, 12.0 GB needed.", Tone.ERR)
    assert room_words(Room("/x", 10 * GB), GB, complete=True) == ("10.0 GB free.", Tone.TEXT2)
    assert room_words(Room("/x", None), GB, complete=True)[1] is Tone.ERR


def test_room_is_looked_for_where_the_folder_will_be(tmp_path: object) -> None:
    room = room_in(f"{tmp_path}/not/there/yet")
    assert room.free is not None
    assert room.free > 0


# Names and clean-up.


@pytest.mark.parametrize(
    ("text", "fits"), [("May", True), ("a/b", False), ("..", False), (" ", False)]
)
def test_a_name_that_will_not_do_cannot_be_entered(
    qtbot: QtBot, light: Theme, text: str, fits: bool
) -> None:
    question = AskText(light, Asked("T", "info", Tone.INFO, "H", ""), "Name", "Make")
    qtbot.addWidget(question)
    question.field.setText(text)
    assert question._go.isEnabled() is fits


def test_only_old_unfinished_uploads_are_removed_and_only_when_told(
    stage: Stage, qtbot: QtBot
) -> None:
    scene = stage()
    old = OpenUpload(RUNS.child("old"), Handle(8, "1"), begun_at=1.0)
    young = OpenUpload(RUNS.child("young"), Handle(8, "2"), begun_at=4e9)
    scene.desk.left_over = [old, young]
    for remove, aborted in ((False, []), (True, [old])):
        scene.window.remote.clean_up(RUNS, busy=False)
        qtbot.waitUntil(lambda: isinstance(QApplication.activeModalWidget(), Choose))
        question = the_question(Choose)
        assert isinstance(question, Choose)
        question.choose(remove)
        question.accept()
        settle(qtbot, scene)
        assert scene.desk.aborted == aborted


def test_clean_up_waits_for_transfers_of_ones_own(stage: Stage) -> None:
    scene = stage()
    scene.queue.put(replace(a_batch(place=RUNS), counts=((State.WAITING, 1),)))
    scene.window.transfers.refresh()
    scene.window.orders._clean_up(RUNS)
    assert "not finished" in scene.window.browser.footer.words
