"""The receipts window: honest headlines, counts that add up, saving, asking again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from tests.fakes.queue import ScriptedQueue
from tests.fakes.scenes import NOON, a_batch, a_file, a_finished_batch

from pipette.model.account import Account
from pipette.model.parts import Proof
from pipette.model.receipt_document import (
    Json,
    ReceiptFacts,
    Recheck,
    is_unedited,
    receipt_document,
)
from pipette.model.transfer import BatchId, Changes, FileSnapshot, Problem, State
from pipette.ui import receipts_document as read
from pipette.ui.background import Background
from pipette.ui.receipts_files import Column, proof_cell
from pipette.ui.receipts_list import Column as ListColumn
from pipette.ui.receipts_window import ReceiptsWindow
from pipette.ui.theme import Theme, ThemeChoice
from pipette.ui.tokens import Tone

pytestmark = pytest.mark.qt_log_ignore("^This plugin does not support")

CONTROLS = BatchId("20250610-1")
OTHER = BatchId("20250610-2")
MD5 = "379fbc9d16a8a5c67c146c9302be714d"
LEFT = Qt.MouseButton.LeftButton


def an_arrived_file(number: int, proof: Proof = Proof.EVERY_PART) -> FileSnapshot:
    states = {Proof.SIZE_ONLY: State.SIZE_MATCHED, Proof.NONE: State.UNPROVEN}
    file = a_file(
        number,
        f"HG{number:03}.fastq.gz",
        state=states.get(proof, State.VERIFIED),
        proof=proof,
        md5=MD5,
        etag="78c996a528e3ebd7b8dfeac993e9c498-272",
    )
    return replace(file, finished_at=NOON)


def a_document(
    *files: FileSnapshot,
    batch: BatchId = CONTROLS,
    demo: bool = False,
    checks: tuple[Recheck, ...] = (),
) -> Mapping[str, Json]:
    account = Account("seq-archive", "s3", region="eu-central-1", who="core-lab", demo=demo)
    facts = ReceiptFacts("0.1.0", account, "SEQ-PC-04", NOON, checks)
    return receipt_document(a_finished_batch(batch, "Controls_May", NOON), files, facts)


@pytest.fixture
def documents() -> dict[BatchId, Mapping[str, Json]]:
    return {
        CONTROLS: a_document(*(an_arrived_file(number) for number in range(1, 43))),
        OTHER: a_document(an_arrived_file(1), batch=OTHER),
    }


@pytest.fixture
def queue() -> ScriptedQueue:
    queue = ScriptedQueue()
    queue.add_history(
        a_finished_batch(CONTROLS, "Controls_May", NOON - 10),
        a_finished_batch(OTHER, "260602_run", NOON - 20),
    )
    return queue


@pytest.fixture(scope="module")
def theme(qapp: QApplication) -> Theme:
    return Theme(qapp, ThemeChoice.LIGHT)


@pytest.fixture
def background(qapp: QApplication) -> Iterator[Background]:
    background = Background()
    yield background
    background.close()


@pytest.fixture
def window(
    theme: Theme,
    queue: ScriptedQueue,
    background: Background,
    documents: dict[BatchId, Mapping[str, Json]],
    qtbot: QtBot,
) -> ReceiptsWindow:
    window = ReceiptsWindow(queue, background, theme, documents.__getitem__)
    qtbot.addWidget(window)
    return window


def opened(
    window: ReceiptsWindow, background: Background, qtbot: QtBot, batch: BatchId = CONTROLS
) -> ReceiptsWindow:
    window.open_receipt(batch)
    qtbot.waitUntil(lambda: not background.is_busy)
    return window


def test_a_receipt_opens_with_its_files(
    window: ReceiptsWindow, background: Background, qtbot: QtBot
) -> None:
    view = opened(window, background, qtbot).view
    assert view.headline.title.text() == "All 42 files arrived intact"
    assert view.headline.tone is Tone.OK
    assert view.files.rowCount() == 42
    assert view.files.index(0, Column.HERE).data() == MD5
    assert not window.isModal()


def test_the_list_follows_the_open_receipt(
    window: ReceiptsWindow, background: Background, qtbot: QtBot
) -> None:
    opened(window, background, qtbot, OTHER)
    assert window.list.currentIndex().row() == 1
    assert window.windowTitle() == "Receipt: 20250610-2"


def test_choosing_another_line_opens_that_receipt(
    window: ReceiptsWindow, background: Background, qtbot: QtBot
) -> None:
    opened(window, background, qtbot)
    window.list.setFocus()
    QTest.keyClick(window.list, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: window.view.document.get("number") == OTHER)


@pytest.mark.parametrize(
    ("files", "headline", "tone"),
    [
        (
            [an_arrived_file(1), an_arrived_file(2, Proof.SIZE_ONLY)],
            "All 2 files arrived; 1 proven by checksum, 1 by size only",
            Tone.WARN,
        ),
        (
            [an_arrived_file(1), a_file(2, state=State.FAILED, problem=Problem("Mismatch"))],
            "1 of 2 files arrived; 1 did not",
            Tone.ERR,
        ),
        ([an_arrived_file(1), an_arrived_file(2, Proof.WHOLE_FILE)], None, Tone.OK),
        ([an_arrived_file(1, Proof.NONE)], None, Tone.WARN),
        ([], None, Tone.WARN),
    ],
)
def test_the_headline_follows_the_weakest_proof(
    files: list[FileSnapshot], headline: str | None, tone: Tone
) -> None:
    document = a_document(*files)
    assert read.headline_tone(document) is tone
    assert headline is None or document["headline"] == headline


def test_a_size_only_file_gets_no_shield_and_is_not_called_verified() -> None:
    lines = read.lines_of(a_document(an_arrived_file(1, Proof.SIZE_ONLY)))
    cell = proof_cell(lines[0])
    assert (cell.icon, cell.tone) == ("check", Tone.INFO)
    assert "erified" not in cell.words


def test_a_missing_file_says_why() -> None:
    file = a_file(1, state=State.NEEDS_YOU, problem=Problem("SourceChanged"))
    cell = proof_cell(read.lines_of(a_document(file))[0])
    assert (cell.words, cell.tone) == ("Changed on disk", Tone.ERR)


def test_the_counts_on_the_receipt_add_up() -> None:
    files = (
        an_arrived_file(1),
        a_file(2, state=State.SKIPPED),
        a_file(3, state=State.FAILED),
        a_file(4, state=State.CANCELLED),
    )
    facts = {fact.label: fact.text for fact in read.tallies(a_document(*files))}
    assert facts["Found"] == "4 files"
    assert facts["Files"] == "1 arrived, 1 failed, 1 cancelled, 1 skipped"


def test_who_what_where_are_told() -> None:
    facts = {fact.label: fact.text for fact in read.who_and_where(a_document())}
    assert facts == {
        "Sent by": "Dana Whitfield, core-lab",
        "From": "SEQ-PC-04, /data/Controls_May",
        "To": "seq-archive:/oncology-panel/runs",
    }


def test_a_demo_receipt_is_watermarked(
    window: ReceiptsWindow,
    background: Background,
    documents: dict[BatchId, Mapping[str, Json]],
    qtbot: QtBot,
) -> None:
    documents[CONTROLS] = a_document(an_arrived_file(1), demo=True)
    view = opened(window, background, qtbot).view
    assert view.demo.isVisible()
    assert view.demo.text().startswith("DEMO")


def test_an_edited_receipt_is_told_as_such(
    window: ReceiptsWindow,
    background: Background,
    documents: dict[BatchId, Mapping[str, Json]],
    qtbot: QtBot,
) -> None:
    documents[CONTROLS] = dict(documents[CONTROLS]) | {"computer": "another"}
    view = opened(window, background, qtbot).view
    assert "changed after it was made" in view.fingerprint.text()


@pytest.mark.parametrize(
    ("name", "begins", "lines"),
    [("r.json", "{", None), ("r.csv", "name,source", 43), ("r.md5", MD5, 42)],
)
def test_a_receipt_is_saved_in_the_form_its_name_asks_for(
    window: ReceiptsWindow,
    background: Background,
    qtbot: QtBot,
    tmp_path: Path,
    name: str,
    begins: str,
    lines: int | None,
) -> None:
    opened(window, background, qtbot).save_to(tmp_path / name)
    qtbot.waitUntil(lambda: not background.is_busy)
    text = (tmp_path / name).read_text(encoding="utf-8")
    assert text.startswith(begins)
    assert lines is None or len(text.splitlines()) == lines


def test_a_saved_receipt_proves_that_it_was_not_edited(
    window: ReceiptsWindow, background: Background, qtbot: QtBot, tmp_path: Path
) -> None:
    opened(window, background, qtbot).save_to(tmp_path / "r.json")
    qtbot.waitUntil(lambda: not background.is_busy)
    saved = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert is_unedited(saved)
    assert not is_unedited(saved | {"operator": "someone else"})


def test_a_disk_that_takes_nothing_is_told(
    window: ReceiptsWindow, background: Background, qtbot: QtBot, tmp_path: Path
) -> None:
    opened(window, background, qtbot)
    with qtbot.waitSignal(window.trouble) as heard:
        window.save_to(tmp_path / "missing" / "r.json")
    assert heard.args is not None
    assert isinstance(heard.args[0], OSError)


def test_checking_again_asks_the_queue_and_shows_the_dated_answer(
    window: ReceiptsWindow,
    queue: ScriptedQueue,
    background: Background,
    documents: dict[BatchId, Mapping[str, Json]],
    qtbot: QtBot,
) -> None:
    view = opened(window, background, qtbot).view
    QTest.mouseClick(view.check_again, LEFT)
    assert queue.commands == [("recheck", CONTROLS)]
    assert not view.check_again.isEnabled()
    again = Recheck(NOON + 60, {"matches": 42})
    documents[CONTROLS] = a_document(an_arrived_file(1), checks=(again,))
    window.show_changes(Changes(batches=(a_finished_batch(CONTROLS, "Controls_May", NOON),)))
    qtbot.waitUntil(view.check_again.isEnabled)
    assert view.checks.text().endswith("42 matches")


def test_the_answer_for_a_batch_that_left_the_list_is_found_in_its_receipt(
    window: ReceiptsWindow,
    background: Background,
    documents: dict[BatchId, Mapping[str, Json]],
    qtbot: QtBot,
) -> None:
    view = opened(window, background, qtbot).view
    QTest.mouseClick(view.check_again, LEFT)
    window._look_for_answer()
    qtbot.waitUntil(lambda: not background.is_busy)
    assert not view.check_again.isEnabled()
    again = Recheck(NOON + 60, {"matches": 42})
    documents[CONTROLS] = a_document(an_arrived_file(1), checks=(again,))
    qtbot.waitUntil(view.check_again.isEnabled)
    assert view.checks.text().endswith("42 matches")
    assert not window._asking.isActive()


def test_another_receipt_is_shown_while_the_platform_is_asked_about_the_first(
    window: ReceiptsWindow, background: Background, qtbot: QtBot
) -> None:
    view = opened(window, background, qtbot).view
    QTest.mouseClick(view.check_again, LEFT)
    opened(window, background, qtbot, OTHER)
    assert view.document.get("number") == OTHER
    assert view.check_again.isEnabled()


def test_copy_puts_the_head_of_the_receipt_on_the_clipboard(
    window: ReceiptsWindow, background: Background, qtbot: QtBot
) -> None:
    QTest.mouseClick(opened(window, background, qtbot).view.copy, LEFT)
    copied = QGuiApplication.clipboard().text()
    assert copied.startswith("Delivery receipt 20250610-1\nAll 42 files arrived intact")


@pytest.mark.parametrize(
    ("sought", "found"),
    [
        ("controls", ["Controls_May"]),
        ("20250610-2", ["260602_run"]),
        ("dana 2025", ["Controls_May", "260602_run"]),
        ("nobody", []),
    ],
)
def test_receipts_are_found_by_batch_person_and_date(
    window: ReceiptsWindow, background: Background, qtbot: QtBot, sought: str, found: list[str]
) -> None:
    opened(window, background, qtbot)
    QTest.keyClicks(window.search, sought)
    model = window.model
    names = [model.index(row, ListColumn.NAME).data() for row in range(model.rowCount())]
    assert names == found


def test_a_search_reads_on_to_the_end_of_the_history(
    window: ReceiptsWindow, queue: ScriptedQueue, background: Background, qtbot: QtBot
) -> None:
    queue.add_history(*(a_finished_batch(f"h-{n}", f"run {n}", NOON - 100 - n) for n in range(500)))
    opened(window, background, qtbot)
    QTest.keyClicks(window.search, "run 499")
    qtbot.waitUntil(lambda: window.model.rowCount() == 1)


def test_a_batch_that_is_not_over_has_no_line(window: ReceiptsWindow) -> None:
    window.model.put_batches([a_batch("still-going")])
    assert window.model.rowCount() == 0


def test_a_receipt_that_cannot_be_read_is_told(
    window: ReceiptsWindow, background: Background, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(window.trouble):
        window.open_receipt(BatchId("lost"))
    qtbot.waitUntil(lambda: not background.is_busy)
    assert not window.view.isVisible()


def test_every_kind_of_proof_has_an_explanation(
    window: ReceiptsWindow, background: Background, qtbot: QtBot
) -> None:
    view = opened(window, background, qtbot).view
    shown: Callable[[], bool] = view._meanings.isVisible
    assert not shown()
    link = next(b for b in view.findChildren(type(view.copy)) if b.text().startswith("What do"))
    QTest.mouseClick(link, LEFT)
    assert shown()
    assert all(word in view._meanings.text() for word in ("Whole file", "Every part", "Size"))
