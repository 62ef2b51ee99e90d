"""The table of files in a receipt."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)
from PySide6.QtWidgets import QHeaderView, QWidget

from pipette.model.parts import Proof
from pipette.ui import figures, words
from pipette.ui.delegates import StateDelegate, TextDelegate
from pipette.ui.delegates_row import Brush, Index
from pipette.ui.receipts_document import ReceiptLine
from pipette.ui.roles import CellRole, StateCell
from pipette.ui.row_views import RowTable
from pipette.ui.theme import Theme
from pipette.ui.tokens import Size, Space, Tone

AnyIndex = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class Column(IntEnum):
    NAME = 0
    SIZE = 1
    HERE = 2
    THERE = 3
    PROOF = 4
    CHECKED = 5


_HEADINGS = (
    "File",
    "Size (bytes)",
    "MD5 on this computer",
    "Checksum on the platform",
    "Proof",
    "Checked",
)
_WIDTHS = {
    Column.SIZE: 118,
    Column.HERE: 196,
    Column.THERE: 196,
    Column.PROOF: 144,
    Column.CHECKED: 76,
}
_RIGHT = frozenset({Column.SIZE, Column.CHECKED})


class ReceiptFilesModel(QAbstractTableModel):
    """Shows the lines of one document; they do not change."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lines: Sequence[ReceiptLine] = ()

    def show_lines(self, lines: Sequence[ReceiptLine]) -> None:
        self.beginResetModel()
        self._lines = lines
        self.endResetModel()

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._lines)

    def columnCount(self, parent: AnyIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(Column)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(Column(section))
        return self.tr(_HEADINGS[section]) if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        line, column = self._lines[index.row()], Column(index.column())
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.AccessibleTextRole:
                return _text(line, column)
            case Qt.ItemDataRole.ToolTipRole:
                return _text(line, column)
            case Qt.ItemDataRole.TextAlignmentRole:
                return _alignment(column)
            case CellRole.STATE:
                return proof_cell(line)
            case CellRole.TONE:
                return Tone.TEXT if column is Column.NAME else None
            case CellRole.BAND:
                return index.row() % 2 == 1
        return None


def proof_cell(line: ReceiptLine) -> StateCell:
    """Green and a shield only for what is proven by checksum."""
    if line.arrived and line.proof in {Proof.WHOLE_FILE, Proof.EVERY_PART}:
        return StateCell("shield", words.PROOF_WORDS[line.proof], Tone.OK, Tone.TEXT)
    if line.arrived:
        looks = {Proof.SIZE_ONLY: ("check", Tone.INFO), Proof.NONE: ("info", Tone.TEXT2)}
        icon, tone = looks[line.proof]
        return StateCell(icon, words.PROOF_WORDS[line.proof], tone, Tone.TEXT)
    return _missing_cell(line)


def _missing_cell(line: ReceiptLine) -> StateCell:
    said = words.short_words(line.reason) if line.reason else line.state.replace("-", " ")
    if line.state in {"failed", "needs-you", "needs-sign-in"}:
        return StateCell("error", said.capitalize(), Tone.ERR)
    return StateCell("info", said.capitalize(), Tone.TEXT2)


def _text(line: ReceiptLine, column: Column) -> str:
    match column:
        case Column.NAME:
            return line.name
        case Column.SIZE:
            return figures.number(line.size)
        case Column.HERE:
            return line.md5_here
        case Column.THERE:
            return line.checksum_there
        case Column.PROOF:
            return proof_cell(line).words
        case Column.CHECKED:
            return line.checked


def _alignment(column: Column) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in _RIGHT else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


class ChecksumDelegate(TextDelegate):
    """Checksums in even letters, cut in the middle where they do not fit."""

    def paint_cell(self, brush: Brush, index: Index) -> None:
        brush.text(
            str(index.data(Qt.ItemDataRole.DisplayRole) or ""),
            self.theme.monospace(),
            Tone.TEXT2,
            Space.SMALL,
            brush.rect.width() - 2 * Space.SMALL,
            elide=Qt.TextElideMode.ElideMiddle,
        )


class ReceiptFilesTable(RowTable):
    def __init__(
        self, model: ReceiptFilesModel, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, Size.ROW, parent)
        self.setModel(model)
        self.setAccessibleName(self.tr("Files of the receipt"))
        self.setItemDelegate(TextDelegate(theme, self))
        checksums = ChecksumDelegate(theme, self)
        self.setItemDelegateForColumn(Column.HERE, checksums)
        self.setItemDelegateForColumn(Column.THERE, checksums)
        self.setItemDelegateForColumn(Column.PROOF, StateDelegate(theme, self))
        header = self.horizontalHeader()
        header.setSectionResizeMode(Column.NAME, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(64)
        # Else Ctrl+A in a long receipt takes seconds: the header asks for every row of each column.
        header.setSelectionModel(QItemSelectionModel(model, header))
        for column, width in _WIDTHS.items():
            self.setColumnWidth(column, width)
