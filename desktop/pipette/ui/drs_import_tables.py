"""The two tables of the import window: rows to be checked, and rows under way."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QWidget

from pipette.model.drs_manifest import ManifestRow
from pipette.ui import words, words_drs
from pipette.ui.delegates import StateDelegate, TextDelegate
from pipette.ui.drs_import_lines import Line
from pipette.ui.receipts_files import ChecksumDelegate
from pipette.ui.roles import CellRole, StateCell
from pipette.ui.row_views import RowTable
from pipette.ui.theme import Theme
from pipette.ui.tokens import Size, Tone

AnyIndex = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class Column(IntEnum):
    ROW = 0
    ADDRESS = 1
    NAME = 2
    TARGET = 3
    FIELDS = 4
    STATE = 5


_HEADINGS = ("Row", "DRS address", "Name in the project", "Project or folder", "Extra fields")
_WIDTHS = {
    Column.ROW: 52,
    Column.NAME: 170,
    Column.TARGET: 130,
    Column.FIELDS: 146,
    Column.STATE: 196,
}


class _Rows(QAbstractTableModel):
    """What both tables share: headings, sides, tones. Subclasses say what the cells hold."""

    last_heading = "State"

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:
        return 0 if parent.isValid() else self.count()

    def columnCount(self, parent: AnyIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(Column)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(Column(section))
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return self.tr((*_HEADINGS, self.last_heading)[section])

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        at, column = index.row(), Column(index.column())
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.EditRole:
                return self.text(at, column)
            case Qt.ItemDataRole.AccessibleTextRole:
                return self.text(at, column) or "none"
            case Qt.ItemDataRole.ToolTipRole:
                return self.tip(at, column)
            case Qt.ItemDataRole.TextAlignmentRole:
                return _alignment(column)
            case CellRole.STATE:
                return self.state(at)
            case CellRole.TONE:
                return Tone.TEXT if column is Column.NAME else None
        return None

    @abstractmethod
    def content(self, at: int) -> ManifestRow: ...

    @abstractmethod
    def count(self) -> int: ...

    @abstractmethod
    def state(self, at: int) -> StateCell: ...

    def tip(self, at: int, column: Column) -> str:
        return self.text(at, column)

    def text(self, at: int, column: Column) -> str:
        row = self.content(at)
        match column:
            case Column.ROW:
                return str(row.number)
            case Column.ADDRESS:
                return row.uri
            case Column.NAME:
                return row.name
            case Column.TARGET:
                return ", ".join(part for part in (row.project, row.parent) if part)
            case Column.FIELDS:
                return words_drs.fields_words(row)
            case Column.STATE:
                return self.state(at).words


class CheckRows(_Rows):
    """Rows as they were read; addresses, names and targets may be mended in place."""

    last_heading = "What we noticed"

    mended = Signal(int, int, str)
    """Number of the row, ``Column``, new text."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: Sequence[ManifestRow] = ()

    def show_rows(self, rows: Sequence[ManifestRow]) -> None:
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def renew_rows(self, rows: Sequence[ManifestRow]) -> None:
        """The same rows, judged anew: the cursor stays where it is."""
        if [row.number for row in rows] != [row.number for row in self._rows]:
            self.show_rows(rows)
            return
        self._rows = rows
        last = self.index(len(rows) - 1, len(Column) - 1)
        self.dataChanged.emit(self.index(0, 0), last)

    def count(self) -> int:
        return len(self._rows)

    def content(self, at: int) -> ManifestRow:
        return self._rows[at]

    def state(self, at: int) -> StateCell:
        row = self._rows[at]
        if row.fault is None:
            return StateCell("check", words_drs.fault_words(row), Tone.INFO, Tone.TEXT)
        return StateCell("warn", words_drs.fault_words(row), Tone.WARN, Tone.TEXT)

    def tip(self, at: int, column: Column) -> str:
        if column is Column.STATE:
            return words_drs.fault_sentence(self._rows[at])
        return super().tip(at, column)

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        plain = super().flags(index)
        if Column(index.column()) in {Column.ADDRESS, Column.NAME, Column.TARGET}:
            return plain | Qt.ItemFlag.ItemIsEditable
        return plain

    def setData(self, index: AnyIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        at, column = index.row(), Column(index.column())
        text = str(value).strip()
        if role != Qt.ItemDataRole.EditRole or text == self.text(at, column):
            return False
        self.mended.emit(self._rows[at].number, int(column), text)
        return True


class ResultRows(_Rows):
    """Rows of an import under way. ``now`` gives the time of day for countdowns."""

    def __init__(self, now: Callable[[], float], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._now = now
        self._lines: Sequence[Line] = ()

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Rows that are the same ones as before keep the cursor and the place."""
        same = [line.content.number for line in lines] == [
            line.content.number for line in self._lines
        ]
        if not same:
            self.beginResetModel()
            self._lines = lines
            self.endResetModel()
            return
        changed = [at for at, line in enumerate(lines) if line != self._lines[at]]
        self._lines = lines
        if changed:
            last = self.index(changed[-1], len(Column) - 1)
            self.dataChanged.emit(self.index(changed[0], 0), last)

    def line(self, at: int) -> Line:
        return self._lines[at]

    def count(self) -> int:
        return len(self._lines)

    def content(self, at: int) -> ManifestRow:
        return self._lines[at].content

    def state(self, at: int) -> StateCell:
        return self._lines[at].state_cell(self._now())

    def text(self, at: int, column: Column) -> str:
        return self._lines[at].name if column is Column.NAME else super().text(at, column)

    def tip(self, at: int, column: Column) -> str:
        if column is Column.STATE:
            return words.state_sentence(self._lines[at].file, self._now())
        if column is Column.NAME:
            return self._lines[at].file.target
        return super().tip(at, column)


class ImportTable(RowTable):
    """Shows either model; the address takes what room is left."""

    def __init__(
        self, model: QAbstractItemModel, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, Size.ROW, parent)
        self.setModel(model)
        self.setAccessibleName(self.tr("Rows of the import"))
        self.setItemDelegate(TextDelegate(theme, self))
        self.setItemDelegateForColumn(Column.ADDRESS, ChecksumDelegate(theme, self))
        self.setItemDelegateForColumn(Column.STATE, StateDelegate(theme, self))
        header = self.horizontalHeader()
        header.setSectionResizeMode(Column.ADDRESS, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(48)
        # Else Ctrl+A in a long list takes seconds: the header asks for every row of each column.
        header.setSelectionModel(QItemSelectionModel(model, header))
        for column, width in _WIDTHS.items():
            self.setColumnWidth(column, width)

    def allow_mending(self) -> None:
        triggers = QAbstractItemView.EditTrigger
        self.setEditTriggers(triggers.DoubleClicked | triggers.EditKeyPressed)


def _alignment(column: Column) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column is Column.ROW else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
