"""The receipts there are, newest first: a list that is searched and fills as it is scrolled."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from enum import IntEnum
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from pipette.model.transfer import BatchId, BatchSnapshot
from pipette.ui import figures, words
from pipette.ui.roles import CellRole, StateCell
from pipette.ui.state_looks import state_look
from pipette.ui.tokens import Tone

AnyIndex = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class Column(IntEnum):
    NAME = 0
    FINISHED = 1
    RESULT = 2


_HEADINGS = ("Batch", "Finished", "Result")


class ReceiptListModel(QAbstractTableModel):
    """Finished batches, each of which has a receipt. Filters its own list."""

    more_wanted = Signal()

    def __init__(self, now: Callable[[], float] = time.time, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._now = now
        self._batches: dict[BatchId, BatchSnapshot] = {}
        self._shown: list[BatchSnapshot] = []
        self._sought = ""
        self._more_available = False

    def put_batches(self, batches: Iterable[BatchSnapshot]) -> None:
        """Add or renew; batches that are not finished have no receipt and stay out."""
        finished = {batch.id: batch for batch in batches if batch.finished_at is not None}
        if not finished:
            return
        if finished.keys() <= self._batches.keys():
            self._batches.update(finished)
            self._renew(finished)
            return
        self._batches.update(finished)
        self._show()

    def has(self, batch: BatchId) -> bool:
        return batch in self._batches

    def search(self, text: str) -> None:
        """Batch number, name, place, person and date, all words, in any order."""
        self._sought = text.casefold()
        self._show()

    def batch_at(self, row: int) -> BatchSnapshot:
        return self._shown[row]

    def place_of(self, batch: BatchId) -> int | None:
        return next((row for row, each in enumerate(self._shown) if each.id == batch), None)

    def set_more_available(self, available: bool) -> None:
        self._more_available = available
        if available and self._sought:
            self.fetchMore(_ROOT)

    def canFetchMore(self, parent: AnyIndex) -> bool:
        return not parent.isValid() and self._more_available

    def fetchMore(self, parent: AnyIndex) -> None:
        if self.canFetchMore(parent):
            self._more_available = False
            self.more_wanted.emit()

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: AnyIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(Column)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.tr(_HEADINGS[section])
        return None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        batch, column = self._shown[index.row()], Column(index.column())
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.AccessibleTextRole:
                return self._text(batch, column)
            case Qt.ItemDataRole.ToolTipRole:
                return f"{batch.id}: {batch.name}, {words.place_words(batch.place)}"
            case CellRole.STATE:
                return self._result(batch)
            case CellRole.TONE:
                return Tone.TEXT if column is Column.NAME else None
        return None

    def _text(self, batch: BatchSnapshot, column: Column) -> str:
        match column:
            case Column.NAME:
                return batch.name
            case Column.FINISHED:
                return figures.moment(batch.finished_at or batch.created_at, self._now())
            case Column.RESULT:
                return words.state_words(batch, self._now())

    def _result(self, batch: BatchSnapshot) -> StateCell:
        look = state_look(batch.state, batch.direction)
        said = words.state_words(batch, self._now())
        return StateCell(look.icon, said, look.tone, Tone.TEXT2, strong=False)

    def _show(self) -> None:
        self.beginResetModel()
        matching = (batch for batch in self._batches.values() if self._matches(batch))
        self._shown = sorted(matching, key=_finished_at, reverse=True)
        self.endResetModel()

    def _renew(self, batches: dict[BatchId, BatchSnapshot]) -> None:
        for row, shown in enumerate(self._shown):
            if shown.id in batches:
                self._shown[row] = batches[shown.id]
                self.dataChanged.emit(self.index(row, 0), self.index(row, len(Column) - 1))

    def _matches(self, batch: BatchSnapshot) -> bool:
        if not self._sought:
            return True
        day = figures.exact_moment(batch.finished_at or batch.created_at)
        known = (batch.id, batch.name, str(batch.place), batch.local, batch.options.operator, day)
        haystack = " ".join(known).casefold()
        return all(word in haystack for word in self._sought.split())


def _finished_at(batch: BatchSnapshot) -> float:
    return batch.finished_at or batch.created_at
