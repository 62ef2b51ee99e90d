"""Turns what a person asks of a row into commands for the queue, or into a question for the window."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from pipette.engine.queue import Queue
from pipette.model.transfer import (
    BatchId,
    BatchSnapshot,
    Direction,
    FileSnapshot,
    IfExists,
    QueueMove,
    State,
    TransferId,
)
from pipette.ui.roles import RowAction

Snapshot = BatchSnapshot | FileSnapshot


@dataclass(frozen=True, slots=True)
class PauseWish:
    """Some of it goes in one piece, so that the person is asked what shall become of that."""

    which: frozenset[TransferId | BatchId] | None
    """None is everything."""
    place: str
    pieces: int
    gone: int
    """Bytes of them that have been sent."""
    name: str = ""
    """Of the file, when it is one alone."""
    size: int = 0


@dataclass(frozen=True, slots=True)
class CancelWish:
    """Something was sent already, so the person is asked whether it may go."""

    which: frozenset[TransferId | BatchId]
    arrived: int
    place: str
    """The account's name, as the question puts it."""


class TransferOrders(QObject):
    """One for the window; lists and panels share it. Decides nothing: what needs an answer is asked.

    ``retry`` on a file that waits for a decision asks for that decision; everything else goes to
    the queue at once.
    """

    decision_wanted = Signal(object)
    """FileSnapshot that only the person can decide about."""
    sign_in_wanted = Signal(str)
    """Account."""
    cancel_wanted = Signal(object)
    """CancelWish."""
    pause_wanted = Signal(object)
    """PauseWish."""
    link_wanted = Signal(object)
    """FileSnapshot."""
    receipt_wanted = Signal(str)
    """BatchId."""
    local_wanted = Signal(str)
    """Path on this computer to show in the system's file manager."""

    def __init__(self, queue: Queue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self._by_action: dict[RowAction, Callable[[Sequence[Snapshot]], None]] = {
            RowAction.PAUSE: lambda rows: self._pause(rows, selection(rows)),
            RowAction.RESUME: lambda rows: queue.resume(selection(rows)),
            RowAction.RETRY: self.retry,
            RowAction.CANCEL: self.cancel,
            RowAction.FIRST_IN_LINE: lambda rows: self.move(rows, QueueMove.FIRST),
            RowAction.SIGN_IN: lambda rows: self.sign_in_wanted.emit(_account(rows[0])),
            RowAction.DECIDE: self.retry,
            RowAction.COPY_LINK: self._ask_link,
            RowAction.RECEIPT: lambda rows: self.receipt_wanted.emit(_batch(rows[0])),
            RowAction.SHOW_LOCAL: lambda rows: self.local_wanted.emit(_local(rows[0])),
        }

    def perform(self, action: RowAction, rows: Sequence[Snapshot]) -> None:
        """Do to all rows what the small button says; nothing when there are none."""
        if rows:
            self._by_action[action](rows)

    def pause_or_resume(self, rows: Sequence[Snapshot]) -> None:
        """Pause, unless all of them are held already."""
        unfinished = [row for row in rows if not row.state.is_final]
        if not unfinished:
            return
        held = all(is_held(row) for row in unfinished)
        self.perform(RowAction.RESUME if held else RowAction.PAUSE, unfinished)

    def pause_or_resume_all(self, batches: Iterable[BatchSnapshot]) -> None:
        rows = list(batches)
        if everything_is_held(rows):
            self._queue.resume()
        else:
            self._pause(rows, None)

    def retry(self, rows: Sequence[Snapshot]) -> None:
        undecided = [row for row in rows if _needs_decision(row)]
        for row in undecided:
            self.decision_wanted.emit(row)
        self._resume([row for row in rows if row not in undecided])

    def cancel(self, rows: Sequence[Snapshot]) -> None:
        """At once when nothing arrived; what arrived whole stays in any case."""
        which = selection(rows)
        lost = sum(row.arrived for row in rows if not row.state.is_final)
        if not which:
            return
        if lost:
            self.cancel_wanted.emit(CancelWish(which, lost, _account(rows[0])))
        else:
            self._queue.cancel(which)

    def decide(self, rows: Sequence[Snapshot], rule: IfExists) -> None:
        """Send skipped files after all, by this rule."""
        skipped = [
            row for row in rows if isinstance(row, FileSnapshot) and row.state is State.SKIPPED
        ]
        self._queue.decide(selection(skipped), rule)

    def move(self, rows: Sequence[Snapshot], to: QueueMove) -> None:
        """Files have no place of their own in the queue; their batch moves."""
        batches = frozenset(_batch(row) for row in rows)
        if batches:
            self._queue.move(batches, to)

    def move_by(self, batch: BatchId, steps: int) -> None:
        """Up by ``steps`` when negative, else down."""
        way = QueueMove.UP if steps < 0 else QueueMove.DOWN
        for _step in range(abs(steps)):
            self._queue.move(frozenset({batch}), way)

    def _pause(
        self, rows: Sequence[Snapshot], which: frozenset[TransferId | BatchId] | None
    ) -> None:
        """At once, unless something goes in one piece, of which a pause would keep nothing."""
        pieces = [row for row in rows if _pieces(row)]
        if not pieces:
            self._queue.pause(which)
            return
        first = pieces[0]
        alone = first if isinstance(first, FileSnapshot) and len(pieces) == 1 else None
        self.pause_wanted.emit(
            PauseWish(
                which,
                _account(first),
                sum(map(_pieces, pieces)),
                sum(map(_gone, pieces)),
                alone.name.rpartition("/")[2] if alone is not None else "",
                alone.size if alone is not None else 0,
            )
        )

    def _resume(self, rows: Sequence[Snapshot]) -> None:
        if rows:
            self._queue.resume(selection(rows))

    def _ask_link(self, rows: Sequence[Snapshot]) -> None:
        files = [row for row in rows if isinstance(row, FileSnapshot)]
        if files:
            self.link_wanted.emit(files[0])


def selection(rows: Iterable[Snapshot]) -> frozenset[TransferId | BatchId]:
    """The rows as the queue takes them; files whose whole batch is meant are left out."""
    chosen = list(rows)
    batches = {row.id for row in chosen if isinstance(row, BatchSnapshot)}
    files = {row.id for row in chosen if isinstance(row, FileSnapshot) and row.batch not in batches}
    return frozenset(batches) | frozenset(files)


def is_held(row: Snapshot) -> bool:
    """Whether resuming is what a person would want of it."""
    is_paused = row.paused if isinstance(row, BatchSnapshot) else False
    return is_paused or row.state in {State.PAUSED, State.NEEDS_YOU, State.NEEDS_SIGN_IN}


def everything_is_held(batches: Iterable[BatchSnapshot]) -> bool:
    unfinished = [batch for batch in batches if not batch.state.is_final]
    return bool(unfinished) and all(batch.paused for batch in unfinished)


def _pieces(row: Snapshot) -> int:
    return row.pieces if isinstance(row, BatchSnapshot) else int(row.is_large_piece)


def _gone(row: Snapshot) -> int:
    return row.pieces_moving if isinstance(row, BatchSnapshot) else row.moving


def _needs_decision(row: Snapshot) -> bool:
    return isinstance(row, FileSnapshot) and row.state is State.NEEDS_YOU


def _batch(row: Snapshot) -> BatchId:
    return row.id if isinstance(row, BatchSnapshot) else row.batch


def _account(row: Snapshot) -> str:
    if isinstance(row, BatchSnapshot):
        return row.place.account
    remote = row.source if row.direction is Direction.DOWNLOAD else row.target
    return remote.partition(":")[0]


def _local(row: Snapshot) -> str:
    if isinstance(row, BatchSnapshot):
        return row.local
    return row.source if row.direction is Direction.UPLOAD else row.target
