"""The plate as a list, for screen readers and for people who would rather read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from pipette.model.parts import part_at
from pipette.model.transfer import FileSnapshot, PartMap
from pipette.ui import figures, words
from pipette.ui.details_words import PartErrors, part_range_words, part_state_words

AnyIndex = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_HEADINGS = ("Part", "State", "Size", "Bytes", "Tries")


class PartListModel(QAbstractTableModel):
    """One row a part; works out what it shows only for the rows that are looked at."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._file: FileSnapshot | None = None
        self._parts = PartMap(0, 0)
        self._errors: Mapping[int, tuple[int, str]] = {}

    def show_parts(self, file: FileSnapshot, parts: PartMap, errors: PartErrors) -> None:
        is_other = self._file is None or file.id != self._file.id
        if is_other or parts.count != self._parts.count:
            self.beginResetModel()
            self._take(file, parts, errors)
            self.endResetModel()
            return
        self._take(file, parts, errors)
        self.dataChanged.emit(self.index(0, 0), self.index(parts.count - 1, len(_HEADINGS) - 1))

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:
        return 0 if parent.isValid() else self._parts.count

    def columnCount(self, parent: AnyIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(_HEADINGS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.tr(_HEADINGS[section])
        return None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role != Qt.ItemDataRole.DisplayRole or self._file is None:
            return None
        return self._words(self._file, index.row() + 1, index.column())

    def _words(self, file: FileSnapshot, number: int, column: int) -> str:
        match column:
            case 0:
                return figures.number(number)
            case 1:
                return part_state_words(self._parts, number)
            case 2:
                return figures.size(part_at(number, file.size, self._parts.part_size).length)
            case 3:
                return part_range_words(file, self._parts, number)
        tries, kind = self._errors.get(number, (0, ""))
        return f"{tries}, {words.short_words(kind).lower()}" if tries else ""

    def _take(self, file: FileSnapshot, parts: PartMap, errors: PartErrors) -> None:
        self._file, self._parts = file, parts
        self._errors = {number: (tries, kind) for number, tries, kind in errors}
