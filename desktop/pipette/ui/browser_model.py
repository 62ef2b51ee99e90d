"""The rows of one remote folder: sorted and filtered here, extended page by page."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from pipette.model.files import Kind, Location, RemoteFile
from pipette.ui import figures
from pipette.ui.browser_cells import icon_of, moving_cell, proof_cell, storage_words
from pipette.ui.browser_rows import Arrival, OnItsWay
from pipette.ui.roles import CellRole, NameCell, StateCell
from pipette.ui.tokens import Tone

AnyIndex = QModelIndex | QPersistentModelIndex

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_NOWHERE = QModelIndex()
_MOST_RUNS = 20


class Column(IntEnum):
    NAME = 0
    SIZE = 1
    CHANGED = 2
    STORAGE = 3
    PROOF = 4


HEADINGS = {
    Column.NAME: "Name",
    Column.SIZE: "Size",
    Column.CHANGED: "Changed",
    Column.STORAGE: "Storage",
    Column.PROOF: "Proof of arrival",
}


@dataclass(slots=True)
class _Row:
    file: RemoteFile
    name: str
    is_folder: bool
    place: tuple[bool, str, str]
    """Folders first, then by name without regard to case; the exact name settles a tie."""


class BrowserModel(QAbstractTableModel):
    """Holds every loaded row and shows those that pass the filter, in the order asked for."""

    def __init__(self, now: Callable[[], float] = time.time, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._now = now
        self._all: list[_Row] = []
        self._shown: list[_Row] = []
        self._filter = ""
        self._column = Column.NAME
        self._descending = False
        self._stale = False
        self._on_their_way: Mapping[str, OnItsWay] = {}
        self._arrivals: Mapping[str, Arrival] = {}
        self._folder = Location("")
        self._listed: set[str] = set()
        self._where: dict[str, int] | None = None

    # What the window puts in.

    def show(self, folder: Location, files: Sequence[RemoteFile], *, stale: bool = False) -> None:
        """Replace everything, because another folder is shown or its listing is complete."""
        self.beginResetModel()
        self._folder = folder
        self._stale = stale
        self._all = [_row(file) for file in files]
        self._listed = {row.name for row in self._all}
        self._all.extend(self._ghosts())
        self._rearrange()
        self.endResetModel()

    def add(self, files: Sequence[RemoteFile]) -> None:
        """One more page of the folder shown."""
        ghosts = {file.location.name for file in files} & (self._on_their_way.keys() - self._listed)
        rows = [_row(file) for file in files]
        self._listed.update(row.name for row in rows)
        if ghosts:
            self._all = [row for row in self._all if row.name not in ghosts]
        self._all.extend(rows)
        passing = [row for row in rows if self._passes(row)]
        if ghosts or self._descending or not self._insert_runs(passing):
            self._lay_out_anew()

    def set_filter(self, text: str) -> None:
        folded = text.strip().casefold()
        if folded == self._filter:
            return
        self.beginResetModel()
        self._filter = folded
        self._rearrange()
        self.endResetModel()

    def set_on_their_way(self, rows: Mapping[str, OnItsWay]) -> None:
        """What is being sent into this folder, by row name. Cheap when nothing changed."""
        if rows == self._on_their_way:
            return
        before, self._on_their_way = self._on_their_way, dict(rows)
        if (before.keys() ^ rows.keys()) - self._listed:
            self._replace_ghosts()
        changed = before.keys() | rows.keys()
        self._tell_changed({name for name in changed if before.get(name) != rows.get(name)})

    def set_arrivals(self, arrivals: Mapping[str, Arrival]) -> None:
        """What the receipts prove about these rows."""
        self._arrivals = arrivals
        self._tell_column(Column.PROOF)

    def set_stale(self, stale: bool) -> None:
        """Whether what is shown comes from memory and was not refreshed yet."""
        if stale == self._stale:
            return
        self._stale = stale
        self._tell_all()

    # What the view and the window ask.

    @property
    def loaded(self) -> int:
        return len(self._listed)

    @property
    def is_filtered(self) -> bool:
        return bool(self._filter)

    def file_at(self, row: int) -> RemoteFile | None:
        return self._shown[row].file if 0 <= row < len(self._shown) else None

    def is_listed(self, row: int) -> bool:
        """False for a row that stands only for something still on its way."""
        return 0 <= row < len(self._shown) and self._shown[row].name in self._listed

    def row_of(self, name: str) -> int | None:
        if self._where is None:
            self._where = {row.name: number for number, row in enumerate(self._shown)}
        return self._where.get(name)

    def all_files(self) -> tuple[RemoteFile, ...]:
        """What was listed, filtered or not."""
        return tuple(row.file for row in self._all if row.name in self._listed)

    def shown_files(self) -> list[RemoteFile]:
        return [row.file for row in self._shown]

    # Qt's side.

    def rowCount(self, parent: AnyIndex = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: AnyIndex = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(Column)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> object:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.tr(HEADINGS[Column(section)])
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(_RIGHT if section == Column.SIZE else _LEFT)
        return None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        row, column = self._shown[index.row()], Column(index.column())
        if role == CellRole.NAME:
            return self._name_cell(row) if column is Column.NAME else None
        if role == CellRole.STATE:
            return self._proof_cell(row) if column is Column.PROOF else None
        if role == CellRole.TONE:
            return Tone.TEXT3 if self._stale else None
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole}:
            return self._text(row, column) or (None if role == Qt.ItemDataRole.DisplayRole else "—")
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(_RIGHT if column is Column.SIZE else _LEFT)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tooltip(row, column)
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._column = Column(column)
        self._descending = order is Qt.SortOrder.DescendingOrder
        self._lay_out_anew()

    # Cells.

    def _name_cell(self, row: _Row) -> NameCell:
        tone = Tone.TEXT3 if self._stale else Tone.TEXT
        icon, icon_tone = icon_of(row.file)
        return NameCell(
            row.name,
            icon,
            bold=row.is_folder,
            icon_tone=icon_tone,
            tone=tone,
            has_gutter=False,
        )

    def _proof_cell(self, row: _Row) -> StateCell | None:
        moving = self._on_their_way.get(row.name)
        if moving is not None:
            return moving_cell(moving)
        return proof_cell(row.file, self._arrivals.get(row.name))

    def _text(self, row: _Row, column: Column) -> str:
        match column:
            case Column.NAME:
                return row.name
            case Column.SIZE:
                return self._size_text(row)
            case Column.CHANGED:
                return self._changed_text(row)
            case Column.STORAGE:
                return storage_words(row.file)
            case Column.PROOF:
                cell = self._proof_cell(row)
                return cell.words if cell else ""

    def _size_text(self, row: _Row) -> str:
        moving = self._on_their_way.get(row.name)
        if moving is not None:
            return self.tr("{size} so far").format(size=figures.size(moving.arrived))
        return "" if row.file.size is None else figures.size(row.file.size)

    def _changed_text(self, row: _Row) -> str:
        if row.name in self._on_their_way:
            return self.tr("now")
        changed = row.file.changed
        return "" if changed is None else figures.moment(changed, self._now())

    def _tooltip(self, row: _Row, column: Column) -> str | None:
        if column is Column.SIZE and row.file.size is not None:
            return figures.exact_bytes(row.file.size)
        if column is Column.CHANGED and row.file.changed is not None:
            return figures.exact_moment(row.file.changed)
        return row.name if column is Column.NAME else None

    # Order and filter.

    def _passes(self, row: _Row) -> bool:
        return not self._filter or self._filter in row.place[1]

    def _key(self, row: _Row) -> tuple[object, ...]:
        match self._column:
            case Column.NAME:
                return row.place
            case Column.SIZE:
                return (row.place[0], row.file.size or -1, row.place)
            case Column.CHANGED:
                return (row.place[0], row.file.changed or 0.0, row.place)
            case _:
                return (row.place[0], self._text(row, self._column), row.place)

    def _rearrange(self) -> None:
        self._where = None
        self._shown = [row for row in self._all if self._passes(row)]
        self._shown.sort(key=self._key, reverse=self._descending)
        if self._descending:
            # Folders stay first whichever way the rest is turned.
            self._shown.sort(key=lambda row: not row.is_folder)

    def _insert_runs(self, rows: list[_Row]) -> bool:
        """Put rows where they belong, unless that would take too many separate insertions."""
        rows.sort(key=self._key)
        runs: list[tuple[int, list[_Row]]] = []
        for row in rows:
            at = bisect_left(self._shown, self._key(row), key=self._key)
            if not runs or runs[-1][0] != at:
                runs.append((at, []))
            runs[-1][1].append(row)
        if len(runs) > _MOST_RUNS:
            return False
        self._where = None
        for at, run in reversed(runs):
            self.beginInsertRows(_NOWHERE, at, at + len(run) - 1)
            self._shown[at:at] = run
            self.endInsertRows()
        return True

    def _lay_out_anew(self) -> None:
        """Rearrange, keeping selection and scroll position on the rows they stand on."""
        self.layoutAboutToBeChanged.emit()
        held = self.persistentIndexList()
        rows = [self._shown[index.row()] for index in held]
        self._rearrange()
        where = {id(row): number for number, row in enumerate(self._shown)} if held else {}
        moved = [
            self.index(where[id(row)], index.column()) if id(row) in where else QModelIndex()
            for row, index in zip(rows, held, strict=True)
        ]
        self.changePersistentIndexList(held, moved)
        self.layoutChanged.emit()

    def _ghosts(self) -> list[_Row]:
        """Rows for what is on its way here and was not listed yet."""
        return [
            _row(
                RemoteFile(
                    self._folder.child(name),
                    kind=Kind.FOLDER if moving.is_folder else Kind.FILE,
                    status="on-its-way",
                )
            )
            for name, moving in self._on_their_way.items()
            if name not in self._listed
        ]

    def _replace_ghosts(self) -> None:
        self._all = [row for row in self._all if row.name in self._listed] + self._ghosts()
        self._lay_out_anew()

    # Telling the view.

    def _tell_changed(self, names: set[str]) -> None:
        if len(names) > 50:
            self._tell_all()
            return
        for name in names:
            number = self.row_of(name)
            if number is not None:
                self.dataChanged.emit(self.index(number, 0), self.index(number, len(Column) - 1))

    def _tell_column(self, column: Column) -> None:
        if self._shown:
            last = len(self._shown) - 1
            self.dataChanged.emit(self.index(0, column), self.index(last, column))

    def _tell_all(self) -> None:
        if self._shown:
            last = self.index(len(self._shown) - 1, len(Column) - 1)
            self.dataChanged.emit(self.index(0, 0), last)


def _row(file: RemoteFile) -> _Row:
    name = file.location.name
    is_folder = file.kind is not Kind.FILE
    return _Row(file, name, is_folder, (not is_folder, name.casefold(), name))
