"""What a person asks of rows becomes the right command, or the right question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from tests.fakes.queue import ScriptedQueue
from tests.fakes.scenes import MB, NOON, a_batch, a_file, the_batches, the_run_files

from pipette.model.files import Location
from pipette.model.parts import Proof
from pipette.model.transfer import (
    BatchId,
    Direction,
    FileSnapshot,
    IfExists,
    PartMap,
    Problem,
    QueueMove,
    State,
    TransferId,
)
from pipette.ui.roles import RowAction
from pipette.ui.theme import Theme, ThemeChoice
from pipette.ui.transfers_actions import batch_actions, file_actions
from pipette.ui.transfers_export import list_csv
from pipette.ui.transfers_menu import MenuOrders, makes_sense, row_menu
from pipette.ui.transfers_orders import (
    CancelWish,
    PauseWish,
    Snapshot,
    TransferOrders,
    everything_is_held,
)


@pytest.fixture
def queue() -> ScriptedQueue:
    return ScriptedQueue()


@pytest.fixture
def orders(qapp: QApplication, queue: ScriptedQueue) -> TransferOrders:
    return TransferOrders(queue)


@pytest.fixture(scope="module")
def theme(qapp: QApplication) -> Theme:
    return Theme(qapp, ThemeChoice.LIGHT)


def told(signal: object) -> list[object]:
    heard: list[object] = []
    signal.connect(heard.append)
    return heard


@pytest.mark.parametrize(
    ("action", "command"),
    [
        (RowAction.PAUSE, ("pause", frozenset({1}))),
        (RowAction.RESUME, ("resume", frozenset({1}))),
        (RowAction.CANCEL, ("cancel", frozenset({1}))),
        (RowAction.FIRST_IN_LINE, ("move", frozenset({"20250611-1"}), QueueMove.FIRST)),
        (RowAction.RETRY, ("resume", frozenset({1}))),
    ],
)
def test_a_small_button_becomes_a_command(
    orders: TransferOrders, queue: ScriptedQueue, action: RowAction, command: tuple[object, ...]
) -> None:
    orders.perform(action, [a_file(1)])
    assert queue.commands == [command]


def test_files_whose_whole_batch_is_meant_are_not_named_twice(
    orders: TransferOrders, queue: ScriptedQueue
) -> None:
    orders.perform(RowAction.PAUSE, [a_batch("b"), a_file(1, batch="b"), a_file(2, batch="c")])
    assert queue.commands == [("pause", frozenset({"b", 2}))]


def test_cancelling_asks_only_when_something_was_sent(
    orders: TransferOrders, queue: ScriptedQueue
) -> None:
    asked = told(orders.cancel_wanted)
    orders.perform(RowAction.CANCEL, [a_file(1), a_file(2, state=State.PAUSED, arrived=700)])
    assert queue.commands == []
    assert asked == [CancelWish(frozenset({TransferId(1), TransferId(2)}), 700, "seq-archive")]


def test_what_arrived_whole_is_not_counted_as_lost_by_a_cancel(
    orders: TransferOrders, queue: ScriptedQueue
) -> None:
    orders.cancel([a_file(1, state=State.VERIFIED, arrived=700), a_file(2)])
    assert queue.commands == [("cancel", frozenset({1, 2}))]


def test_trying_again_asks_where_only_the_person_can_decide(
    orders: TransferOrders, queue: ScriptedQueue
) -> None:
    asked = told(orders.decision_wanted)
    changed = a_file(6, state=State.NEEDS_YOU, problem=Problem("SourceChanged"))
    orders.retry([changed, a_file(7, state=State.FAILED)])
    assert asked == [changed]
    assert queue.commands == [("resume", frozenset({7}))]


@pytest.mark.parametrize(
    ("action", "signal", "expected"),
    [
        (RowAction.SIGN_IN, "sign_in_wanted", "seq-archive"),
        (RowAction.RECEIPT, "receipt_wanted", "20250611-1"),
        (RowAction.SHOW_LOCAL, "local_wanted", "/data/run/sample_S1_L001_R1_001.fastq.gz"),
    ],
)
def test_what_is_no_command_goes_to_the_window(
    orders: TransferOrders, action: RowAction, signal: str, expected: str
) -> None:
    heard = told(getattr(orders, signal))
    orders.perform(action, [a_file(1)])
    assert heard == [expected]


def test_a_link_is_asked_for_the_file(orders: TransferOrders) -> None:
    asked = told(orders.link_wanted)
    file = a_file(1, state=State.VERIFIED)
    orders.perform(RowAction.COPY_LINK, [a_batch(), file])
    assert asked == [file]


def test_a_download_shows_the_folder_on_this_computer(orders: TransferOrders) -> None:
    heard = told(orders.local_wanted)
    batch = a_batch(direction=Direction.DOWNLOAD, local="/data/here")
    orders.perform(RowAction.SHOW_LOCAL, [batch])
    assert heard == ["/data/here"]


def test_space_pauses_what_runs_and_resumes_when_all_is_held(
    orders: TransferOrders, queue: ScriptedQueue
) -> None:
    orders.pause_or_resume([a_file(1, state=State.MOVING), a_file(2, state=State.PAUSED)])
    orders.pause_or_resume([a_file(2, state=State.PAUSED), a_file(3, state=State.VERIFIED)])
    orders.pause_or_resume([a_file(3, state=State.VERIFIED)])
    assert queue.commands == [("pause", frozenset({1, 2})), ("resume", frozenset({2}))]


def test_pause_all_becomes_resume_all_once_everything_is_held(
    orders: TransferOrders, queue: ScriptedQueue
) -> None:
    running, held = a_batch("a"), a_batch("b", paused=True)
    done = a_batch("c", counts={State.VERIFIED: 1})
    orders.pause_or_resume_all([running, held])
    orders.pause_or_resume_all([held, done])
    assert queue.commands == [("pause", None), ("resume", None)]
    assert not everything_is_held([done])


def test_a_drag_of_two_places_is_two_steps(orders: TransferOrders, queue: ScriptedQueue) -> None:
    batch = a_batch().id
    orders.move_by(batch, -2)
    orders.move_by(batch, 1)
    moves = [command[2] for command in queue.commands]
    assert moves == [QueueMove.UP, QueueMove.UP, QueueMove.DOWN]


def test_nothing_chosen_is_nothing_done(orders: TransferOrders, queue: ScriptedQueue) -> None:
    for action in RowAction:
        orders.perform(action, [])
    orders.move([], QueueMove.LAST)
    assert queue.commands == []


@pytest.mark.parametrize("state", list(State))
def test_a_row_offers_at_most_three_buttons(state: State) -> None:
    for direction in Direction:
        assert len(file_actions(a_file(state=state, direction=direction))) <= 3
        batch = a_batch(counts={state: 1}, direction=direction)
        assert len(batch_actions(batch, 3)) <= 3


def test_what_offers_a_receipt_has_arrived() -> None:
    for state in State:
        if RowAction.RECEIPT in file_actions(a_file(state=state)):
            assert state.is_final


def offered(make: Callable[[State], FileSnapshot], action: RowAction) -> set[State]:
    return {state for state in State if makes_sense(action, [make(state)])}


def test_the_menu_greys_what_cannot_be_done() -> None:
    def make(state: State) -> FileSnapshot:
        return a_file(state=state)

    assert State.VERIFIED not in offered(make, RowAction.PAUSE)
    assert offered(make, RowAction.RESUME) == {
        State.PAUSED,
        State.NEEDS_YOU,
        State.NEEDS_SIGN_IN,
    }
    assert State.MOVING not in offered(make, RowAction.COPY_LINK)
    assert State.VERIFIED in offered(make, RowAction.RECEIPT)


def test_an_exported_list_has_exact_bytes_and_one_line_a_row() -> None:
    rows: list[Snapshot] = [the_batches()[0], *the_run_files()]
    lines = list_csv(rows, NOON).splitlines()
    assert len(lines) == 1 + len(rows)
    assert lines[0].startswith("batch,name,from,to,size,arrived,state,proof,md5")
    assert str(Location("seq-archive", "oncology-panel", "runs")) in lines[1]
    assert "37700000000" in lines[6]
    assert Proof.EVERY_PART.value in lines[6]


def test_skipped_files_can_be_sent_after_all_and_only_those(
    orders: TransferOrders, queue: ScriptedQueue, theme: Theme, qtbot: QtBot
) -> None:
    rows: list[Snapshot] = [a_file(1, state=State.SKIPPED), a_file(2, state=State.VERIFIED)]
    parent = QWidget()
    qtbot.addWidget(parent)
    menu = row_menu(
        parent,
        theme,
        rows,
        MenuOrders(print, print, lambda rule: orders.decide(rows, rule)),
    )
    entries = {action.text(): action for action in menu.actions()}
    entries["Send after all, keep both"].trigger()
    entries["Send after all, replace"].trigger()
    assert queue.commands == [
        ("decide", frozenset({1}), IfExists.KEEP_BOTH),
        ("decide", frozenset({1}), IfExists.REPLACE),
    ]
    nothing = row_menu(parent, theme, rows[1:], MenuOrders(print, print, print))
    assert not any(action.text().startswith("Send after all") for action in nothing.actions())


# What goes in one piece.

PIECE = PartMap(1, 80_000 * MB, moving=1)


def test_pausing_a_large_piece_is_asked_about_first(
    orders: TransferOrders, queue: ScriptedQueue
) -> None:
    asked = told(orders.pause_wanted)
    file = a_file(1, state=State.MOVING, size=7400 * MB, moving=6100 * MB, parts=PIECE)
    orders.perform(RowAction.PAUSE, [file, a_file(2, state=State.WAITING)])
    assert queue.commands == []
    assert asked == [
        PauseWish(
            frozenset({TransferId(1), TransferId(2)}),
            "seq-archive",
            1,
            6100 * MB,
            file.name,
            7400 * MB,
        )
    ]


def test_pausing_batches_and_everything_counts_their_pieces(
    orders: TransferOrders, queue: ScriptedQueue
) -> None:
    asked = told(orders.pause_wanted)
    batches = [
        replace(a_batch(name, counts={State.MOVING: 2}), pieces=count, pieces_moving=count * MB)
        for name, count in (("a", 2), ("b", 1), ("c", 0))
    ]
    orders.perform(RowAction.PAUSE, batches[:1])
    orders.pause_or_resume_all(batches)
    assert queue.commands == []
    assert asked == [
        PauseWish(frozenset({BatchId("a")}), "seq-archive", 2, 2 * MB),
        PauseWish(None, "seq-archive", 3, 3 * MB),
    ]


@pytest.mark.parametrize(
    "parts",
    [None, PartMap(1, 80_000 * MB), PartMap(2, 8 * MB, moving=1)],
    ids=["not begun", "not moving", "in parts"],
)
def test_what_keeps_its_parts_is_paused_at_once(
    orders: TransferOrders, queue: ScriptedQueue, parts: PartMap | None
) -> None:
    orders.perform(RowAction.PAUSE, [a_file(1, state=State.MOVING, size=7400 * MB, parts=parts)])
    assert queue.commands == [("pause", frozenset({1}))]
