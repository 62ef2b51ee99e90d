"""The rows of one remote folder: sorted and filtered here, extended page by page."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from pipette.model.files import Kind, Location, RemoteFile
from pipette.ui import figures
from pipette.ui.browser_cells import icon_of, is_arriving, moving_cell, proof_cell, storage_words
from pipette.ui.browser_order import Row, arranged, find, merge, place_of, row, runs_into
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


class BrowserModel(QAbstractTableModel):
    """Holds every loaded row and shows those that pass the filter, in the order asked for."""

    def __init__(self, now: Callable[[], float] = time.time, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._now = now
        self._all: list[Row] = []
        self._shown: list[Row] = []
        self._filter = ""
        self._column = Column.NAME
        self._descending = False
        self._stale = False
        self._on_their_way: Mapping[str, OnItsWay] = {}
        self._arrivals: Mapping[str, Arrival] = {}
        self._folder = Location("")
        self._project_icon = "folder"
        self._listed: set[str] = set()
        self._where: dict[str, int] | None = None

    # What the window puts in.

    def use_project_icon(self, icon: str) -> None:
        """Before ``show``: buckets and projects differ."""
        self._project_icon = icon

    def show(self, folder: Location, rows: Sequence[Row], *, stale: bool = False) -> None:
        """Replace everything, because another folder is shown or its listing is complete."""
        self.beginResetModel()
        self._folder = folder
        self._stale = stale
        self._listed = {row.name for row in rows}
        self._all = sorted([*rows, *self._ghosts()], key=place_of)
        self._rearrange()
        self.endResetModel()

    def add(self, rows: Sequence[Row]) -> None:
        """One more page of the folder shown."""
        new = sorted(rows, key=place_of)
        stood_in = {row.name for row in new} & (self._on_their_way.keys() - self._listed)
        self._listed.update(row.name for row in new)
        if stood_in:
            self._all = [row for row in self._all if row.name not in stood_in]
        merge(self._all, new)
        passing = [row for row in new if self._passes(row)]
        if stood_in or not self._insert(passing):
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
        if self._is_by_name:
            return find(self._shown, name)
        if self._where is None:
            self._where = {row.name: number for number, row in enumerate(self._shown)}
        return self._where.get(name)

    def row_beginning(self, text: str, after: int) -> int | None:
        """The next row whose name begins with what was typed, going round at the end."""
        folded = text.casefold()
        numbers = (*range(after, len(self._shown)), *range(min(after, len(self._shown))))
        return next((n for n in numbers if self._shown[n].place[1].startswith(folded)), None)

    def listed_rows(self) -> tuple[Row, ...]:
        """What was listed, filtered or not."""
        return tuple(row for row in self._all if row.name in self._listed)

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

    def _name_cell(self, row: Row) -> NameCell:
        tone = Tone.TEXT3 if self._stale else Tone.TEXT
        icon, icon_tone = icon_of(row.file, self._project_icon)
        return NameCell(
            row.name,
            icon,
            bold=row.is_folder,
            icon_tone=icon_tone,
            tone=tone,
            has_gutter=False,
        )

    def _proof_cell(self, row: Row) -> StateCell | None:
        moving = self._on_their_way.get(row.name)
        if moving is not None:
            return moving_cell(moving)
        return proof_cell(row.file, self._arrivals.get(row.name))

    def _text(self, row: Row, column: Column) -> str:
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

    def _size_text(self, row: Row) -> str:
        moving = self._on_their_way.get(row.name)
        if moving is not None:
            return self.tr("{size} so far").format(size=figures.size(moving.arrived))
        if row.file.size is None or (is_arriving(row.file) and not row.file.size):
            return ""
        return figures.size(row.file.size)

    def _changed_text(self, row: Row) -> str:
        if row.name in self._on_their_way:
            return self.tr("now")
        changed = row.file.changed
        return "" if changed is None else figures.moment(changed, self._now())

    def _tooltip(self, row: Row, column: Column) -> str | None:
        if column is Column.SIZE and row.file.size is not None:
            return figures.exact_bytes(row.file.size)
        if column is Column.CHANGED and row.file.changed is not None:
            return figures.exact_moment(row.file.changed)
        return row.name if column is Column.NAME else None

    # Order and filter.

    def _passes(self, row: Row) -> bool:
        return not self._filter or self._filter in row.place[1]

    @property
    def _is_by_name(self) -> bool:
        return self._column is Column.NAME and not self._descending

    def _rearrange(self) -> None:
        self._where = None
        passing = [row for row in self._all if self._passes(row)] if self._filter else self._all
        self._shown = arranged(passing, self._key(), descending=self._descending)

    def _key(self) -> Callable[[Row], object] | None:
        match self._column:
            case Column.NAME:
                return None
            case Column.SIZE:
                return lambda row: -1 if row.file.size is None else row.file.size
            case Column.CHANGED:
                return lambda row: row.file.changed or 0.0
            case _:
                return lambda row: self._text(row, self._column)

    def _insert(self, rows: Sequence[Row]) -> bool:
        """Put rows where they belong, unless that would take too many separate insertions."""
        if not self._is_by_name:
            return False
        runs = list(runs_into(self._shown, rows))
        if len(runs) > _MOST_RUNS:
            return False
        self._where = None
        for at, run in runs:
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

    def _ghosts(self) -> list[Row]:
        """Rows for what is on its way here and was not listed yet."""
        return [
            row(
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
        self._all = [row for row in self._all if row.name in self._listed]
        merge(self._all, sorted(self._ghosts(), key=place_of))
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
