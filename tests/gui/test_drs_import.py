"""The window for importing DRS addresses: from a dropped list to every row's outcome."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit
from pytestqt.qtbot import QtBot
from tests.engine.drs_rig import importing
from tests.fakes.sevenbridges import PROJECT
from tests.gui.conftest import Stage
from tests.gui.drs_scene import BATCH, NOW, PLACE, DrsScene, a_job, drs_scene, put_import
from tests.gui.window_scene import Scene

from pipette.engine.desk import Desk
from pipette.engine.drs_rows import JobState
from pipette.model.account import Account
from pipette.model.drs_manifest import Checks, Fault, Manifest, read_manifest
from pipette.model.drs_table import Role, table_from_bytes
from pipette.model.files import Location
from pipette.model.transfer import (
    BatchId,
    BatchOptions,
    BatchSnapshot,
    Changes,
    IfExists,
    State,
    TransferId,
)
from pipette.providers.protocol_drs import DrsLimits
from pipette.ui import words_drs
from pipette.ui.actions import Act
from pipette.ui.aliquot import CellKind
from pipette.ui.background import Background
from pipette.ui.dialogs import Choose
from pipette.ui.drs_import import DrsImportWindow
from pipette.ui.drs_import_bar import RequestBar, cells_of_jobs
from pipette.ui.drs_import_check import ASIDE
from pipette.ui.drs_import_lines import Group
from pipette.ui.drs_import_tables import Column
from pipette.ui.drs_import_target import ImportTarget
from pipette.ui.main_window_imports import Dropped
from pipette.ui.roles import CellRole
from pipette.ui.sidebar_model import Entry
from pipette.ui.theme import Theme
from pipette.ui.upload_sheet import UploadSheet

pytestmark = pytest.mark.qt_log_ignore("^This plugin does not support")

LEFT = Qt.MouseButton.LeftButton
LIST = (
    "DRS URI,name,project,parent,cohort\n"
    "drs://h/1,a.bam,,,4\n"
    "https://h/2,b.bam,,,4\n"
    "drs://h/1,c.bam,,,4\n"
    "drs://h/4,d.bam,u/p,5f00,4\n"
    "drs://h/5,e.bam,,,4\n"
)


@pytest.fixture
def background(qapp: QApplication) -> Iterator[Background]:
    background = Background()
    yield background
    background.close()


@pytest.fixture
def scene(light: Theme, background: Background, qtbot: QtBot) -> DrsScene:
    made = drs_scene(light, background)
    qtbot.addWidget(made.window)
    return made


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    path = tmp_path / "icdc.csv"
    path.write_text(LIST, encoding="utf-8")
    return path


def settle(scene: DrsScene, background: Background, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not background.is_busy)


@pytest.fixture
def checking(scene: DrsScene, background: Background, listed: Path, qtbot: QtBot) -> DrsScene:
    """The list is open and was gone through."""
    scene.window.open_file(str(listed), PLACE)
    qtbot.waitUntil(lambda: scene.window.checking.start.isEnabled())
    settle(scene, background, qtbot)
    return scene


@pytest.fixture
def running(scene: DrsScene, background: Background, qtbot: QtBot) -> DrsScene:
    """The import of the design's picture."""
    scene.window.open_import(put_import(scene.queue))
    qtbot.waitUntil(lambda: scene.window.running.text("requests") != "")
    settle(scene, background, qtbot)
    return scene


def state_at(scene: DrsScene, row: int) -> str:
    model = scene.window.checking.rows
    return str(model.index(row, Column.STATE).data())


# Where the list comes from


def drop(scene: DrsScene, data: QMimeData) -> None:
    area = scene.window.opening.area
    given = (data, LEFT, Qt.KeyboardModifier.NoModifier)
    enter = QDragEnterEvent(QPoint(5, 5), Qt.DropAction.CopyAction, *given)
    QApplication.sendEvent(area, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(area, QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, *given))


def test_a_dropped_list_is_read_and_checked(
    scene: DrsScene, background: Background, listed: Path, qtbot: QtBot
) -> None:
    scene.window.open_new(PLACE)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(listed))])
    drop(scene, data)
    qtbot.waitUntil(lambda: scene.window.page is scene.window.checking)
    settle(scene, background, qtbot)
    assert scene.window.checking.read == "5 rows read, 2 fine, 3 set aside"
    assert scene.window.checking.start.text() == "Import 2 rows"


def test_dropped_text_is_a_list_as_well(scene: DrsScene, qtbot: QtBot) -> None:
    scene.window.open_new()
    data = QMimeData()
    data.setText("drs://h/1\ndrs://h/2\n")
    drop(scene, data)
    qtbot.waitUntil(lambda: scene.window.checking.read == "2 rows read, 2 fine")


def test_a_pasted_list_is_used_by_its_button(scene: DrsScene, qtbot: QtBot) -> None:
    scene.window.open_new()
    page = scene.window.opening
    assert not page.use_pasted.isEnabled()
    page.paste.setPlainText("drs://h/1 drs://h/2")
    QTest.mouseClick(page.use_pasted, LEFT)
    qtbot.waitUntil(lambda: scene.window.checking.read == "2 rows read, 2 fine")


def test_a_chosen_file_is_read(
    scene: DrsScene, listed: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(listed), ""))
    scene.window.open_new()
    QTest.mouseClick(scene.window.opening.open_button, LEFT)
    qtbot.waitUntil(lambda: scene.window.checking.read.startswith("5 rows"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The list is empty."),
        (b"drs_uri\n", "The list is empty."),
        (b"PK\x03\x04x", "Save it as CSV"),
        (None, "No such file"),
    ],
)
def test_what_cannot_be_read_says_why(
    scene: DrsScene, tmp_path: Path, content: bytes | None, said: str, qtbot: QtBot
) -> None:
    path = tmp_path / "list.csv"
    if content is not None:
        path.write_bytes(content)
    scene.window.open_file(str(path))
    qtbot.waitUntil(lambda: said in scene.window.opening.said)
    assert scene.window.page is scene.window.opening


def test_without_a_location_that_imports_the_page_says_so(
    light: Theme, background: Background, qtbot: QtBot
) -> None:
    scene = drs_scene(light, background, targets=())
    qtbot.addWidget(scene.window)
    scene.window.open_new()
    assert scene.window.opening.said == words_drs.NO_PLACE


# Checking


def test_rows_set_aside_say_what_was_noticed(checking: DrsScene) -> None:
    assert [state_at(checking, row) for row in range(5)] == [
        "Fine",
        "Not a DRS address",
        "Double of row 1",
        "Project and folder given",
        "Fine",
    ]
    model = checking.window.checking.rows
    tip = str(model.index(1, Column.STATE).data(Qt.ItemDataRole.ToolTipRole))
    assert tip.startswith("Could not import b.bam: the address is not of the form")


def test_the_filter_shows_only_what_was_set_aside(checking: DrsScene) -> None:
    checking.window.checking.chips.choose(ASIDE)
    model = checking.window.checking.rows
    assert [model.index(row, Column.ROW).data() for row in range(model.rowCount())] == [
        "2",
        "3",
        "4",
    ]


def test_a_row_is_mended_in_place(checking: DrsScene, qtbot: QtBot) -> None:
    page = checking.window.checking
    index = page.rows.index(1, Column.ADDRESS)
    page.table.setCurrentIndex(index)
    page.table.edit(index)
    editor = page.table.findChild(QLineEdit)
    assert editor is not None
    editor.setText("drs://h/2")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.read == "5 rows read, 3 fine, 2 set aside")
    assert page.table.currentIndex().row() == 1


def test_of_two_targets_one_can_be_kept(checking: DrsScene, qtbot: QtBot) -> None:
    page = checking.window.checking
    page.rows.setData(page.rows.index(3, Column.TARGET), "u/p")
    qtbot.waitUntil(lambda: state_at(checking, 3) == "Fine")
    page.rows.setData(page.rows.index(3, Column.TARGET), "5f00")
    qtbot.waitUntil(lambda: page.rows.content(3).parent == "5f00")
    assert page.rows.content(3).project == ""


def test_a_name_may_be_given_where_the_list_has_none(scene: DrsScene, qtbot: QtBot) -> None:
    scene.window.open_new(PLACE)
    scene.window.opening.text_given.emit("drs://h/1\ndrs://h/2\n")
    page = scene.window.checking
    qtbot.waitUntil(lambda: page.read == "2 rows read, 2 fine")
    page.rows.setData(page.rows.index(1, Column.NAME), "b.bam")
    qtbot.waitUntil(lambda: page.rows.content(1).name == "b.bam")
    assert page.columns.roles == (Role.ADDRESS, Role.NAME)


def test_columns_can_be_matched_otherwise(checking: DrsScene, qtbot: QtBot) -> None:
    page = checking.window.checking
    page.columns.choose(4, Role.NAME)
    qtbot.waitUntil(lambda: page.rows.content(0).name == "4")
    assert page.columns.roles[1] is Role.METADATA
    assert page.rows.content(0).metadata == (("name", "a.bam"),)


def test_the_first_row_may_be_a_row_like_any(checking: DrsScene, qtbot: QtBot) -> None:
    page = checking.window.checking
    page.columns.first_row.setChecked(False)
    qtbot.waitUntil(lambda: page.read.startswith("6 rows read"))
    page.columns.first_row.setChecked(True)
    qtbot.waitUntil(lambda: page.read.startswith("5 rows read"))


def test_without_a_column_of_addresses_nothing_can_start(
    scene: DrsScene, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "list.csv"
    path.write_text("guid,size\na,1\n")
    scene.window.open_file(str(path), PLACE)
    qtbot.waitUntil(lambda: scene.window.checking.note == words_drs.NO_ADDRESSES)
    assert not scene.window.checking.start.isEnabled()


def test_keeping_both_allows_one_name_twice(scene: DrsScene, qtbot: QtBot) -> None:
    scene.window.open_new(PLACE)
    scene.window.opening.text_given.emit("drs_uri,name\ndrs://h/1,a\ndrs://h/2,a\n")
    page = scene.window.checking
    qtbot.waitUntil(lambda: page.read == "2 rows read, 1 fine, 1 set aside")
    assert state_at(scene, 1) == "Same name as row 1"
    page.target.rule.setCurrentIndex(list(IfExists).index(IfExists.KEEP_BOTH))
    qtbot.waitUntil(lambda: page.read == "2 rows read, 2 fine")


# The target


def test_the_plan_says_how_many_requests_and_how_long(checking: DrsScene) -> None:
    assert checking.window.checking.plan == (
        "1 request of up to 100 rows, under 1 min: it takes 500 files every 5 minutes."
    )


def test_names_that_are_taken_are_counted(
    scene: DrsScene, background: Background, listed: Path, qtbot: QtBot
) -> None:
    scene.desk.taken = {"a.bam"}
    scene.window.open_file(str(listed), PLACE)
    page = scene.window.checking
    qtbot.waitUntil(lambda: "1 name is taken" in page.note)
    assert page.note == "1 name is taken there already; such rows are skipped."
    assert scene.desk.asked == [(PLACE, 2)]


def test_a_project_one_cannot_see_stops_the_start(checking: DrsScene, qtbot: QtBot) -> None:
    page = checking.window.checking
    page.target.path.setEditText("rfranklin/secret")
    qtbot.waitUntil(lambda: "hidden from this key" in page.note)
    assert not page.start.isEnabled()
    page.target.path.setEditText("rfranklin")
    assert page.note == words_drs.WHERE
    assert not page.start.isEnabled()


def test_the_projects_of_the_location_are_offered(checking: DrsScene, qtbot: QtBot) -> None:
    path = checking.window.checking.target.path
    qtbot.waitUntil(lambda: path.count() == 2)
    assert path.currentText() == "rfranklin/canine-pilot/drs-import"


def test_start_hands_the_rows_target_tags_and_rule_to_the_queue(checking: DrsScene) -> None:
    page = checking.window.checking
    page.target.tags.setText("pilot, 2026, pilot,")
    QTest.mouseClick(page.start, LEFT)
    [(_, manifest, to, options)] = checking.queue.commands_named("import_drs")
    assert isinstance(manifest, Manifest)
    assert [row.fault for row in manifest.rows] == [
        None,
        Fault.ADDRESS,
        Fault.DOUBLE,
        Fault.TWO_TARGETS,
        None,
    ]
    assert to == PLACE
    assert options == BatchOptions(IfExists.SKIP, False, "Dana", ("pilot", "2026"))
    assert checking.window.page is checking.window.running


def test_another_list_can_be_chosen(checking: DrsScene) -> None:
    QTest.mouseClick(checking.window.checking.other, LEFT)
    assert checking.window.page is checking.window.opening


# Under way


def test_limits_that_are_known_later_are_told_at_once(running: DrsScene) -> None:
    page = running.window.running
    limits = DrsLimits(items=50, files=500, window_seconds=300.0)
    page.show_limits("CGC", limits)
    assert page.text("requests") == "5 of 12 requests, up to 50 files each"


def test_the_running_page_says_what_the_picture_says(running: DrsScene) -> None:
    page = running.window.running
    assert page.text("name") == "icdc_manifest.csv"
    assert page.text("read") == "1,163 rows read, 1,160 fine, 3 set aside"
    assert page.text("to") == "CGC › rfranklin/canine-pilot › drs-import"
    assert page.text("handed") == "<b>500</b> of 1,160 handed over"
    assert page.text("requests") == "5 of 12 requests, up to 100 files each"
    assert page.text("pace").startswith(
        "CGC takes 500 files every 5 minutes. Next request in <b>1:42</b>, all done about"
    )
    assert page.text("rule") == "If the name exists: skip"
    assert "goes on at CGC" in page.text("said")
    assert running.window.windowTitle() == "Bulk import: CGC"
    assert page.bar.cells == (CellKind.ARRIVED,) * 5 + (CellKind.TO_GO,) * 7
    assert "5 of 12 finished" in page.bar.accessibleDescription()


def test_every_row_says_what_became_of_it(running: DrsScene) -> None:
    model = running.window.running.rows
    said = {
        number: str(model.index(number - 1, Column.STATE).data())
        for number in (495, 496, 498, 499, 501, 1161)
    }
    assert said == {
        495: "Imported",
        496: "Skipped, name exists",
        498: "Not allowed with this key",
        499: "Imported, 4 files",
        501: "Waiting",
        1161: "Not a DRS address",
    }
    assert model.index(498, Column.NAME).data() == "ICDC_C04_499/"
    assert model.index(494, Column.STATE).data(CellRole.STATE).icon == "check"


@pytest.mark.parametrize(
    ("group", "rows"),
    [
        (Group.IMPORTED, 491),
        (Group.SKIPPED, 6),
        (Group.REFUSED, 3),
        (Group.ASIDE, 3),
        (Group.WAITING, 660),
        (Group.ALL, 1163),
    ],
)
def test_the_filter_shows_one_kind_of_rows(running: DrsScene, group: Group, rows: int) -> None:
    page = running.window.running
    page.chips.choose(group.value)
    assert page.rows.rowCount() == rows


def test_the_link_shows_what_was_set_aside(running: DrsScene) -> None:
    page = running.window.running
    assert page.show_aside.text() == "Show the 3"
    QTest.mouseClick(page.show_aside, LEFT)
    assert page.rows.rowCount() == 3


def test_pause_and_go_on_are_ordered_for_the_batch(
    running: DrsScene, background: Background, qtbot: QtBot
) -> None:
    page = running.window.running
    QTest.mouseClick(page.pause, LEFT)
    assert running.queue.commands_named("pause") == [("pause", frozenset({BATCH}))]
    put_import(running.queue, paused=True)
    running.window.show_changes(running.queue.changes())
    qtbot.waitUntil(lambda: page.pause.text() == "Go on")
    assert page.text("pace") == ""
    assert "pausing holds back the rest" in page.text("said")
    QTest.mouseClick(page.pause, LEFT)
    assert running.queue.commands_named("resume") == [("resume", frozenset({BATCH}))]


def test_refused_rows_are_tried_again_but_not_those_at_fault(running: DrsScene) -> None:
    QTest.mouseClick(running.window.running.again, LEFT)
    [(_, which)] = running.queue.commands_named("resume")
    assert which == frozenset(TransferId(number) for number in (30, 44, 498))


def test_a_finished_import_offers_a_new_one(
    running: DrsScene, background: Background, qtbot: QtBot
) -> None:
    put_import(running.queue, finished_at=NOW)
    running.window.show_changes(running.queue.changes())
    page = running.window.running
    qtbot.waitUntil(lambda: page.text("said") == words_drs.FINISHED)
    assert not page.pause.isVisible()
    QTest.mouseClick(page.new, LEFT)
    assert running.window.page is running.window.opening


def test_other_batches_do_not_disturb_the_page(running: DrsScene) -> None:
    before = running.window.running.progress
    batch = put_import(running.queue)
    other = replace(batch, id=BatchId("20261120-9"))
    running.queue.put(other)
    changes = running.queue.changes()
    running.window.show_changes(replace(changes, batches=(other,)))
    assert running.window.running.progress is before


def test_rows_that_change_keep_the_cursor(
    running: DrsScene, background: Background, qtbot: QtBot
) -> None:
    page = running.window.running
    page.table.setCurrentIndex(page.rows.index(500, 0))
    file = next(f for f in running.queue.files(BATCH) if f.id == 501)
    running.queue.put_files([replace(file, state=State.SUBMITTED)])
    running.queue.put(replace(shown_batch(running), order=2))
    running.window.show_changes(running.queue.changes())
    qtbot.waitUntil(
        lambda: str(page.rows.index(500, Column.STATE).data()) == "Submitted", timeout=5000
    )
    assert page.table.currentIndex().row() == 500


def shown_batch(scene: DrsScene) -> BatchSnapshot:
    progress = scene.window.running.progress
    assert progress is not None
    return progress.batch


def test_refused_rows_are_saved_as_a_list_that_reads_back(
    running: DrsScene,
    background: Background,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "refused.csv"
    asked: list[str] = []

    def where(_parent: object, _title: str, name: str, _filter: str) -> tuple[str, str]:
        asked.append(name)
        return str(path), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", where)
    QTest.mouseClick(running.window.running.save_refused, LEFT)
    qtbot.waitUntil(lambda: path.exists() and not background.is_busy)
    assert asked == ["icdc_manifest-refused.csv"]
    again = read_manifest("refused.csv", table_from_bytes(path.read_bytes()), Checks())
    assert [row.name for row in again.rows] == [
        "ICDC_C04_30.bam",
        "ICDC_C04_44.bam",
        "ICDC_C04_498.bam",
        "ICDC_C04_1161.bam",
        "ICDC_C04_1162.bam",
        "ICDC_C04_1163.bam",
    ]
    assert [row.fault for row in again.rows] == [None] * 3 + [Fault.ADDRESS] * 3
    assert again.rows[0].metadata == (("study_id", "1"), ("cohort", "4"))


def test_the_result_list_holds_every_row(
    running: DrsScene,
    background: Background,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "results.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    QTest.mouseClick(running.window.running.save_results, LEFT)
    qtbot.waitUntil(lambda: path.exists() and not background.is_busy)
    lines = path.read_text().splitlines()
    assert len(lines) == 1164
    assert ",imported,,,CGC:/rfranklin/canine-pilot/drs-import/ICDC_C04_1.bam,5f1,10,1" in lines[1]


def test_a_list_that_cannot_be_saved_is_told(
    running: DrsScene, tmp_path: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(running.window.trouble) as told:
        running.window.save_to(tmp_path / "nowhere" / "x.csv", lambda: "x")
    assert isinstance(told.args[0], OSError)


def test_escape_and_close_leave_the_import_alone(running: DrsScene, qtbot: QtBot) -> None:
    qtbot.waitExposed(running.window)
    QTest.mouseClick(running.window.running.close_button, LEFT)
    assert not running.window.isVisible()
    assert running.queue.commands == []


# The bar


def test_a_cell_for_many_requests_shows_the_worst() -> None:
    jobs = [replace(a_job(number), state=JobState.FINISHED) for number in range(1, 9)]
    jobs[2] = replace(jobs[2], state=JobState.SENDING)
    jobs[5] = replace(jobs[5], state=JobState.SENT)
    jobs[7] = replace(jobs[7], state=JobState.NEW)
    assert cells_of_jobs(jobs, 4) == (
        CellKind.ARRIVED,
        CellKind.RETRYING,
        CellKind.GOING,
        CellKind.TO_GO,
    )
    assert len(cells_of_jobs(jobs, 20)) == 8


def test_the_bar_paints_in_any_width(light: Theme, qtbot: QtBot) -> None:
    bar = RequestBar(light)
    qtbot.addWidget(bar)
    for width in (1, 60, 900):
        bar.resize(width, 14)
        bar.show_jobs([a_job(number) for number in range(1, 13)])
        assert not bar.grab().isNull()
        assert len(bar.cells) <= 12


def test_a_place_without_a_known_account_falls_back_to_the_first(scene: DrsScene) -> None:
    scene.window.open_new(Location("elsewhere", "a/b"))
    assert scene.window.checking.target.account.currentText() == "CGC"
    assert scene.window.checking.target.place is None


# From the main window


CGC = Account("cgc", "sevenbridges", region="cgc", container="rfranklin/canine-pilot")
ARCHIVE = Account("archive", "s3", container="bucket")


def act(scene: Scene, wanted: Act) -> QAction:
    return scene.window.actions_[wanted]


def test_the_menu_key_and_sidebar_open_an_import_into_the_place_shown(
    stage: Stage, qtbot: QtBot
) -> None:
    scene = stage(accounts=(CGC,))
    assert act(scene, Act.BULK_IMPORT).shortcut().toString() == "Ctrl+B"
    assert act(scene, Act.BULK_IMPORT).isEnabled()
    scene.window.sidebar.bulk_import_wanted.emit()
    opened = scene.window.imports.window()
    assert opened.page is opened.opening
    assert opened.checking.target.path.currentText() == "rfranklin/canine-pilot"
    assert [target.place for target in scene.window.imports.targets] == ["CGC"]


def test_without_a_location_that_imports_it_is_greyed_with_the_reason(stage: Stage) -> None:
    scene = stage(accounts=(ARCHIVE,))
    action = act(scene, Act.BULK_IMPORT)
    assert not action.isEnabled()
    assert "none of your locations" in action.toolTip()


def test_the_sidebar_row_is_free_once_a_location_imports(stage: Stage) -> None:
    scene = stage(accounts=(CGC,))
    model = scene.window.sidebar.model
    rows = [model.index(row, 0) for row in range(model.rowCount())]
    [row] = [index for index in rows if model.entry(index) is Entry.BULK_IMPORT]
    assert model.flags(row) & Qt.ItemFlag.ItemIsEnabled


def test_an_import_under_way_is_shown_again(stage: Stage, qtbot: QtBot) -> None:
    scene = stage(accounts=(CGC,))
    put_import(scene.queue)
    scene.window.transfers.refresh()
    act(scene, Act.BULK_IMPORT).trigger()
    opened = scene.window.imports.window()
    qtbot.waitUntil(lambda: opened.running.progress is not None)
    assert opened.page is opened.running
    QTest.mouseClick(opened.running.new, LEFT)
    assert opened.page is opened.opening
    assert opened.checking.target.path.currentText() == "rfranklin/canine-pilot"


def test_a_dropped_list_of_addresses_may_be_imported_or_uploaded(
    stage: Stage, listed: Path, qtbot: QtBot
) -> None:
    scene = stage(accounts=(CGC,))
    target = scene.window.browser.drop_target()
    scene.window.imports.offer([str(listed)], target)
    qtbot.waitUntil(lambda: QApplication.activeModalWidget() is not None)
    question = QApplication.activeModalWidget()
    assert isinstance(question, Choose)
    question.choose(Dropped.IMPORT)
    question.accept()
    opened = scene.window.imports.window()
    qtbot.waitUntil(lambda: opened.checking.read.startswith("5 rows"))


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"PK\x03\x04", b"drs_uri\n"])
def test_other_files_are_uploaded_without_a_question(
    stage: Stage, tmp_path: Path, content: bytes, qtbot: QtBot
) -> None:
    scene = stage(accounts=(CGC,))
    path = tmp_path / "samples.csv"
    path.write_bytes(content)
    scene.window.imports.offer([str(path)], scene.window.browser.drop_target())
    qtbot.waitUntil(lambda: isinstance(QApplication.activeModalWidget(), UploadSheet))


# With the real queue and the strict platform


def test_a_dropped_list_goes_all_the_way_to_the_platform(
    light: Theme, background: Background, tmp_path: Path, qtbot: QtBot
) -> None:
    with importing(tmp_path) as rig:
        targets = [ImportTarget("lab", "CGC")]
        desk, queue = Desk(rig.accounts), rig.engine
        window = DrsImportWindow(
            queue, desk, background, light, lambda: targets, now=rig.clock.time
        )
        qtbot.addWidget(window)
        path = tmp_path / "list.csv"
        lines = [f"drs://nci.example.org/{number},s{number}.bam" for number in range(1, 121)]
        path.write_text("\n".join(["drs_uri,name", *lines, "nonsense,x.bam"]))
        window.open_file(str(path), Location("lab", PROJECT, "in"))
        qtbot.waitUntil(lambda: window.checking.note == "None of the names is taken there.")
        with qtbot.waitSignal(window.started) as started:
            QTest.mouseClick(window.checking.start, LEFT)
        batch = started.args[0]
        queue.turn(wait=False)
        rig.run_to_rest(batch)
        window.show_changes(Changes(batches=(rig.batch(batch),)))
        page = window.running
        qtbot.waitUntil(lambda: page.progress is not None and page.rows.rowCount() == 121)
        qtbot.waitUntil(lambda: not background.is_busy)
        assert page.text("handed") == "<b>120</b> of 120 handed over"
        assert page.text("said") == words_drs.FINISHED
        page.chips.choose(Group.IMPORTED.value)
        assert page.rows.rowCount() == 120
        assert len(rig.sources) == len(set(rig.sources)) == 120
