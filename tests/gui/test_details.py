"""The details panel: parts, checksums, log, batches, and what it reads when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton
from pytestqt.qtbot import QtBot
from tests.fakes.queue import ScriptedQueue
from tests.fakes.scenes import (
    MB,
    NOON,
    RUN,
    SENDING,
    a_batch,
    a_file,
    first_parts,
    part_bits,
    the_batches,
    the_main_picture,
    the_run_files,
    the_sending_details,
    the_sending_file,
)

from pipette.model.parts import Proof
from pipette.model.transfer import Details, Direction, LogLine, PartMap, State
from pipette.store.logs import Redaction
from pipette.ui.aliquot import CellKind
from pipette.ui.background import Background
from pipette.ui.details_dock import DetailsDock
from pipette.ui.details_log import log_words, without_people
from pipette.ui.details_part_list import PartListModel
from pipette.ui.details_words import (
    batch_facts,
    checks_so_far,
    match_words,
    part_note,
    parts_words,
    route_words,
)
from pipette.ui.roles import RowAction
from pipette.ui.theme import Theme, ThemeChoice
from pipette.ui.transfers_orders import TransferOrders
from pipette.ui.transfers_rows import Chosen

pytestmark = pytest.mark.qt_log_ignore("^This plugin does not support")

LEFT = Qt.MouseButton.LeftButton


@dataclass
class HandClock:
    at: float = 0.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def queue() -> ScriptedQueue:
    return the_main_picture()


@pytest.fixture(scope="module")
def theme(qapp: QApplication) -> Theme:
    return Theme(qapp, ThemeChoice.LIGHT)


@pytest.fixture
def background(qapp: QApplication) -> Iterator[Background]:
    background = Background()
    yield background
    background.close()


@pytest.fixture
def dock(
    theme: Theme,
    queue: ScriptedQueue,
    background: Background,
    clock: HandClock,
    qtbot: QtBot,
) -> DetailsDock:
    dock = DetailsDock(
        queue,
        background,
        theme,
        TransferOrders(queue),
        Redaction().clean,
        home=Path("/home/dana"),
        clock=clock,
        now=lambda: NOON,
    )
    qtbot.addWidget(dock)
    with qtbot.waitExposed(dock):
        dock.show()
    return dock


def show(dock: DetailsDock, background: Background, qtbot: QtBot, chosen: Chosen) -> None:
    dock.show_row(chosen)
    qtbot.waitUntil(lambda: not background.is_busy)


def test_the_chosen_file_is_told_with_its_parts(
    dock: DetailsDock, background: Background, qtbot: QtBot
) -> None:
    show(dock, background, qtbot, Chosen(the_sending_file(), 31.0 * MB, 340.0))
    assert dock.parts.plate.selected_well == 181
    assert dock.parts.card.text.startswith("Well H14: parts 725 to 728\nPart 726 (33.3 MB):")
    assert "3rd try in 8 s. The other 3 parts are safe." in dock.parts.card.text
    assert "835 of 1,160 parts" in dock.parts.facts.text()


def test_arrow_keys_on_the_plate_change_the_card(
    dock: DetailsDock, background: Background, qtbot: QtBot
) -> None:
    show(dock, background, qtbot, Chosen(the_sending_file()))
    QTest.keyClick(dock.parts.plate, Qt.Key.Key_Home)
    assert dock.parts.card.text.startswith("Well A1: parts 1 to 4\nAll 4 arrived.")


def test_the_plate_can_be_read_as_a_list(
    dock: DetailsDock, background: Background, qtbot: QtBot
) -> None:
    show(dock, background, qtbot, Chosen(the_sending_file()))
    QTest.mouseClick(dock.parts.as_list, LEFT)
    assert dock.parts.shows_list
    assert dock.parts.plate.isHidden()
    model = dock.parts.list_model
    assert model.rowCount() == 1160
    cells = [model.index(725, column).data() for column in range(model.columnCount())]
    assert cells[:3] == ["726", "Retrying", "33.3 MB"]
    assert cells[4] == "2, no network, goes on by itself"
    QTest.mouseClick(dock.parts.as_list, LEFT)
    assert not dock.parts.shows_list


def test_a_part_list_keeps_its_place_while_parts_arrive(qapp: QApplication) -> None:
    model = PartListModel()
    file = the_sending_file()
    assert file.parts is not None
    model.show_parts(file, file.parts, ())
    resets: list[bool] = []
    model.modelReset.connect(lambda: resets.append(True))
    further = replace(file.parts, arrived=first_parts(840), moving=0)
    model.show_parts(file, further, ())
    assert resets == []
    assert model.index(837, 1).data() == "Arrived"


def test_checksums_stand_side_by_side_and_can_be_copied(
    dock: DetailsDock, background: Background, qtbot: QtBot
) -> None:
    file = the_run_files()[4]
    show(dock, background, qtbot, Chosen(file))
    said = dock.checksums.text()
    assert "MD5 of the whole file" in said
    assert "They match" in said
    first = dock.checksums.findChildren(QToolButton)[0]
    QTest.mouseClick(first, LEFT)
    assert QGuiApplication.clipboard().text() == file.md5


def test_the_log_is_told_newest_first(
    dock: DetailsDock, background: Background, qtbot: QtBot
) -> None:
    show(dock, background, qtbot, Chosen(the_sending_file()))
    lines = dock.log.view.toPlainText().splitlines()
    assert len(lines) == 3
    assert "726" in lines[0]


def test_a_copy_for_support_holds_no_key_no_signed_address_and_no_person(
    dock: DetailsDock, background: Background, qtbot: QtBot, queue: ScriptedQueue
) -> None:
    planted = "AKIAIOSFODNN7EXAMPLE"
    text = (
        f"/home/dana/runs/a.fastq.gz to https://x.test/k?X-Amz-Credential={planted}"
        "&X-Amz-Signature=abc, read from C:\\Users\\Dana Whitfield\\a"
    )
    queue.add_details(Details(file=the_sending_file(), log=(LogLine(NOON, "odd", text),)))
    show(dock, background, qtbot, Chosen(the_sending_file()))
    QTest.mouseClick(dock.log.copy, LEFT)
    copied = QGuiApplication.clipboard().text()
    assert planted not in copied
    assert "abc" not in copied
    assert "dana" not in copied.lower()
    assert "~/runs/a.fastq.gz" in copied


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/home/dana/a", "~/a"),
        ("/home/lee/a", "/home/…/a"),
        ("/Users/lee/a b", "/Users/…/a b"),
        (r"C:\Users\Lee\a", r"C:\Users\…\a"),
        (r"d:\users\Lee Ann\a", r"d:\users\…\a"),
    ],
)
def test_folders_of_people_lose_the_person(text: str, expected: str) -> None:
    assert without_people(text, Path("/home/dana")) == expected


@pytest.mark.parametrize(
    ("action", "state", "command"),
    [
        (RowAction.PAUSE, State.MOVING, "pause"),
        (RowAction.PAUSE, State.PAUSED, "resume"),
        (RowAction.FIRST_IN_LINE, State.MOVING, "move"),
    ],
)
def test_the_buttons_in_the_head_act_on_the_chosen_row(
    dock: DetailsDock,
    queue: ScriptedQueue,
    background: Background,
    qtbot: QtBot,
    action: RowAction,
    state: State,
    command: str,
) -> None:
    show(dock, background, qtbot, Chosen(a_file(1, state=state)))
    QTest.mouseClick(dock.header.button(action), LEFT)
    assert [each[0] for each in queue.commands] == [command]


def test_a_link_is_only_offered_for_what_has_arrived(
    dock: DetailsDock, background: Background, qtbot: QtBot
) -> None:
    link = dock.header.button(RowAction.COPY_LINK)
    show(dock, background, qtbot, Chosen(the_sending_file()))
    assert not link.isEnabled()
    assert link.toolTip()
    show(dock, background, qtbot, Chosen(the_run_files()[4]))
    assert link.isEnabled()


def test_a_chosen_batch_shows_totals_and_the_files_with_trouble(
    dock: DetailsDock, background: Background, qtbot: QtBot
) -> None:
    show(dock, background, qtbot, Chosen(the_batches()[0]))
    assert "Files: 3,386" in dock.batch.facts.text()
    assert "Need you: 1" in dock.batch.facts.text()
    worst = [dock.batch.worst.item(row).text() for row in range(dock.batch.worst.count())]
    assert worst[1] == "SampleSheet.csv: Changed on disk"
    assert not dock.batch.receipt.isEnabled()


def test_a_finished_batch_leads_to_its_receipt(
    dock: DetailsDock, background: Background, qtbot: QtBot
) -> None:
    show(dock, background, qtbot, Chosen(a_batch(counts={State.VERIFIED: 2})))
    with qtbot.waitSignal(dock._orders.receipt_wanted) as heard:
        QTest.mouseClick(dock.batch.receipt, LEFT)
    assert heard.args == [RUN]


def count_readings(queue: ScriptedQueue, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    read: list[int] = []

    def details(transfer: int) -> Details | None:
        read.append(transfer)
        return the_sending_details() if transfer == SENDING else None

    monkeypatch.setattr(queue, "details", details)
    return read


def test_log_and_checks_are_read_at_most_once_a_second(
    dock: DetailsDock,
    queue: ScriptedQueue,
    background: Background,
    clock: HandClock,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read = count_readings(queue, monkeypatch)
    for quarter in range(9):
        clock.at = quarter * 0.25
        moved = replace(the_sending_file(), moving=quarter)
        show(dock, background, qtbot, Chosen(moved))
    assert read == [SENDING] * 3


def test_nothing_is_read_while_the_panel_is_closed(
    dock: DetailsDock,
    queue: ScriptedQueue,
    background: Background,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read = count_readings(queue, monkeypatch)
    dock.close()
    show(dock, background, qtbot, Chosen(the_sending_file()))
    assert read == []
    dock.show()
    qtbot.waitUntil(lambda: read == [SENDING])


def test_what_was_read_for_another_file_is_not_shown(
    dock: DetailsDock, background: Background, qtbot: QtBot
) -> None:
    dock.show_row(Chosen(the_sending_file()))
    show(dock, background, qtbot, Chosen(a_file(99)))
    assert dock.log.view.toPlainText() == ""


def test_without_a_row_the_panel_says_what_it_is_for(dock: DetailsDock) -> None:
    dock.show_row(None)
    assert not dock.header.isVisible()


def test_the_close_button_closes(dock: DetailsDock, background: Background, qtbot: QtBot) -> None:
    show(dock, background, qtbot, Chosen(the_sending_file()))
    close = dock.header.findChildren(QToolButton)[0]
    assert close.accessibleName() == "Close details"
    QTest.mouseClick(close, LEFT)
    assert dock.isHidden()


def test_a_well_with_a_lost_part_says_so() -> None:
    parts = PartMap(4, MB, arrived=part_bits(1), failed=part_bits(2))
    file = a_file(1, size=4 * MB, parts=parts, state=State.FAILED)
    note = part_note(file, "A2", (2, 2), [(2, 8, "BadPart")], NOON)
    assert note.kind is CellKind.FAILED
    assert "Given up after 8 tries." in note.text
    assert "Bytes 1,000,001 to 2,000,000." in note.text


def test_a_part_that_arrived_at_a_later_try_says_at_which() -> None:
    parts = PartMap(2, MB, arrived=part_bits(1))
    file = a_file(1, size=2 * MB, parts=parts, state=State.MOVING)
    note = part_note(file, "A1", (1, 1), [(1, 1, "BadPart")], NOON)
    assert "It arrived at try 2." in note.text


def test_a_file_in_one_piece_is_called_that() -> None:
    assert parts_words(PartMap(1, 500), 1) == "Sent in one piece."


@pytest.mark.parametrize(
    ("here", "there", "said"),
    [
        ("a", "a", "They match"),
        ("a", "b", "They differ"),
        ("a", "", "Nothing to compare yet"),
        ("", "", "Not known yet"),
    ],
)
def test_a_match_is_only_claimed_where_both_sides_are_known(
    here: str, there: str, said: str
) -> None:
    assert match_words(here, there) == said


def test_no_proof_is_told_before_the_end() -> None:
    going = [fact.label for fact in checks_so_far(the_sending_file())]
    assert "Proof" not in going
    done = a_file(1, state=State.SIZE_MATCHED, proof=Proof.SIZE_ONLY)
    said = {fact.label: fact.text for fact in checks_so_far(done)}
    assert said["Proof"] == "Size matched"


def test_the_counts_of_a_batch_add_up() -> None:
    batch = the_batches()[0]
    facts = {fact.label: fact.text for fact in batch_facts(batch)}
    counted = ("Verified", "Under way", "Retrying", "Being verified", "Need you", "Waiting")
    numbers = [int(facts[label].replace(",", "")) for label in counted]
    assert sum(numbers) == batch.files


def test_a_route_says_which_way_and_whether_it_is_over() -> None:
    assert route_words(the_sending_file()).startswith("Sending to seq-archive › oncology-panel")
    assert route_words(the_run_files()[4]).startswith("Sent to ")
    remote = str(the_batches()[0].place.child("a.bin"))
    down = replace(a_file(1, direction=Direction.DOWNLOAD), source=remote, target="/data/a.bin")
    assert route_words(down) == "Fetching from seq-archive › oncology-panel › runs"


def test_an_unknown_kind_of_log_line_is_not_hidden() -> None:
    assert "From later" in log_words([LogLine(NOON, "from-later", "x")])
