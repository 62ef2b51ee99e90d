"""The transfers list as Qt sees it: batches, and below each open one its files, in one flat table.

Snapshots go in with ``update`` and ``adopt``; what comes out is the smallest set of signals: rows
come and go in blocks, a change of order is one layout change, and progress is told only for the
rows somebody looks at. A reset happens only when the person picks another filter.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from pipette.model.transfer import BatchId, BatchSnapshot, Changes, TransferId
from pipette.ui.roles import CellRole
from pipette.ui.transfers_cells import Cells, Column, heading
from pipette.ui.transfers_flat import FlatList
from pipette.ui.transfers_rows import (
    BatchRow,
    Chip,
    ChipCounts,
    FileRow,
    Row,
    count_chips,
    places_of,
    runs_of,
)

AnyIndex = QModelIndex | QPersistentModelIndex

_ROOT = QModelIndex()
_MANY_ROWS = 5_000
_COLUMNS = tuple(Column)
_SELECTABLE = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
_DRAGGABLE = _SELECTABLE | Qt.ItemFlag.ItemIsDragEnabled
_SETTLE_SECONDS = 1.0
"""A batch with very many files is put in order at most this often."""
_MOST_GAPS = 64
"""More separate blocks to remove than this, and the batch's rows are exchanged as one."""
_BEAT_SECONDS = 1.0
"""How often rows that only count down or whose speed fades are painted anew."""
_LIVE_ROLES = [
    int(Qt.ItemDataRole.DisplayRole),
    int(Qt.ItemDataRole.ToolTipRole),
    int(Qt.ItemDataRole.AccessibleTextRole),
    *(int(role) for role in CellRole),
]


class TransfersModel(QAbstractTableModel):
    """One tab's list. Everything happens on the GUI thread and costs no I/O.

    ``shows`` says which batches belong here, ``order`` how they are sorted. Clocks are passed in:
    ``clock`` runs steadily (speeds), ``now`` is the time of day (countdowns).
    """

    opened = Signal(object)
    """BatchRow whose files are wanted now."""
    closed = Signal(object)
    filled = Signal(object)
    """BatchRow of which all files are here."""
    more_wanted = Signal()
    """The end of a paged list came into sight."""
    figures_changed = Signal()
    """Counts for tabs and chips may differ."""

    def __init__(
        self,
        shows: Callable[[BatchSnapshot], bool],
        order: Callable[[BatchSnapshot], float],
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._shows = shows
        self._clock = clock
        self._cells = Cells(now)
        self._list = FlatList(order)
        self._visible = range(sys.maxsize)
        self._more_available = False
        self._beat_at = 0.0

    # Qt's questions.

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._list.rows)

    def columnCount(self, parent: AnyIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(Column)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        return self._cells.value(self._list.rows[index.row()], _COLUMNS[index.column()], role)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        if orientation is Qt.Orientation.Vertical:
            return None
        return heading(Column(section), role)

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        is_batch = isinstance(self._list.rows[index.row()], BatchRow)
        return _DRAGGABLE if is_batch else _SELECTABLE

    def canFetchMore(self, parent: AnyIndex) -> bool:
        return not parent.isValid() and self._more_available

    def fetchMore(self, parent: AnyIndex) -> None:
        if self.canFetchMore(parent):
            self._more_available = False
            self.more_wanted.emit()

    # What the pane asks.

    @property
    def chip(self) -> Chip:
        return self._list.chip

    @property
    def chip_counts(self) -> ChipCounts:
        return count_chips([row.snapshot for row in self._list.batches.values()])

    @property
    def batches(self) -> Collection[BatchRow]:
        """All batches of this tab, whatever the filter."""
        return self._list.batches.values()

    def has(self, batch: BatchId) -> bool:
        return batch in self._list.batches

    @property
    def listed(self) -> Sequence[BatchRow]:
        """The batches in the list, in their order."""
        return self._list.listed

    @property
    def open_batches(self) -> list[BatchId]:
        return [row.id for row in self._list.batches.values() if row.is_open]

    def rows(self) -> Sequence[Row]:
        """The whole list as it stands, top to bottom."""
        return self._list.rows

    def row_at(self, row: int) -> Row:
        return self._list.rows[row]

    def place_of_batch(self, batch: BatchId) -> int | None:
        """Its row; None when it is not in the list."""
        return self._list.place_of_batch(batch)

    def place_of_file(self, batch: BatchId, file: TransferId) -> int | None:
        return self._list.place_of_file(batch, file)

    # What the pane tells.

    def set_chip(self, chip: Chip) -> None:
        if chip is self._list.chip:
            return
        self.beginResetModel()
        self._list.chip = chip
        for batch in self._list.batches.values():
            batch.shown = batch.wanted(chip)
        self._list.listed = self._list.wanted_batches()
        self._list.rows = self._list.flattened()
        self.endResetModel()

    def set_visible(self, first: int, last: int) -> None:
        """Only these rows are told about progress; the others are read when they scroll in."""
        self._visible = range(first, last + 1)

    def set_more_available(self, available: bool) -> None:
        self._more_available = available

    def toggle(self, batch: BatchRow) -> None:
        if batch.is_open:
            self.close_batch(batch)
        else:
            self.open_batch(batch)

    def open_batch(self, batch: BatchRow) -> None:
        """Asks for its files with ``opened``; they come in through ``adopt``."""
        if batch.is_open:
            return
        batch.open()
        self._tell_batch(batch)
        self.opened.emit(batch)

    def close_batch(self, batch: BatchRow) -> None:
        if not batch.is_open:
            return
        self._remove_files(batch, 0, len(batch.shown))
        batch.close()
        self._tell_batch(batch)
        self.closed.emit(batch)

    def adopt(self, batch: BatchRow, rows: Sequence[FileRow], *, complete: bool) -> None:
        """Add files of an open batch, made by ``BatchRow.rows_of``; ``complete`` ends the reading."""
        if not batch.is_open:
            return
        at = self._clock()
        fresh = batch.adopt(rows, at)
        self._append(batch, [row for row in fresh if self._list.lets_through(row)])
        if complete:
            batch.is_loading, batch.unsettled = False, True
            self._settle(batch, at)
            self.filled.emit(batch)

    def put_batches(self, batches: Iterable[BatchSnapshot]) -> None:
        """Add or renew batches, without touching the others."""
        self.update(Changes(batches=tuple(batches)))

    def update(self, changes: Changes) -> None:
        """Take everything that changed since the last call, as few signals as can be."""
        at = self._clock()
        dirty: set[Row] = set()
        self._drop(changes.removed)
        dirty.update(self._take_batches(changes.batches, at))
        dirty.update(self._take_files(changes, at))
        if changes.batches or changes.removed:
            self._arrange()
            self.figures_changed.emit()
        for batch in self._list.listed:
            if batch.is_open:
                self._settle(batch, at)
        self._announce(dirty, at)

    # Taking what is new.

    def _drop(self, removed: Iterable[BatchId]) -> None:
        for batch_id in removed:
            batch = self._list.batches.pop(batch_id, None)
            if batch in self._list.listed and batch is not None:
                self._unlist(batch)

    def _take_batches(self, snapshots: Iterable[BatchSnapshot], at: float) -> list[Row]:
        known: list[Row] = []
        for snapshot in filter(self._shows, snapshots):
            batch = self._list.batches.get(snapshot.id)
            if batch is None:
                batch = self._list.batches[snapshot.id] = BatchRow(snapshot)
            else:
                known.append(batch)
            batch.take(snapshot, at)
        return known

    def _take_files(self, changes: Changes, at: float) -> list[Row]:
        taken: list[Row] = []
        for snapshot in changes.files:
            batch = self._list.batches.get(snapshot.batch)
            row = batch.take_file(snapshot, at) if batch and batch.is_open else None
            if row is not None:
                taken.append(row)
        return taken

    # Keeping the flat list in step.

    def _arrange(self) -> None:
        self._list.number_the_line()
        wanted = self._list.wanted_batches()
        if wanted == self._list.listed:
            return
        staying, listed = set(wanted), set(self._list.listed)
        for batch in [batch for batch in self._list.listed if batch not in staying]:
            self._unlist(batch)
        self._list_new([batch for batch in wanted if batch not in listed])
        if wanted != self._list.listed:
            self._list.listed = wanted
            self._rearrange(self._list.flattened())

    def _unlist(self, batch: BatchRow) -> None:
        start = self._list.start(batch)
        self.beginRemoveRows(_ROOT, start, start + len(batch.shown))
        self._list.unlist(batch, start)
        self.endRemoveRows()

    def _list_new(self, batches: Sequence[BatchRow]) -> None:
        if not batches:
            return
        rows: list[Row] = []
        for batch in batches:
            rows += [batch, *batch.shown]
        end = len(self._list.rows)
        self.beginInsertRows(_ROOT, end, end + len(rows) - 1)
        self._list.list_batches(batches, rows)
        self.endInsertRows()

    def _settle(self, batch: BatchRow, at: float) -> None:
        """Bring what is shown of an open batch in line with its files and the filter."""
        if batch not in self._list.listed:
            return
        if not batch.is_loading and batch.early:
            fresh = batch.adopt_early(at)
            self._append(batch, [row for row in fresh if self._list.lets_through(row)])
            batch.unsettled = True
        wait = _SETTLE_SECONDS if batch.file_count > _MANY_ROWS else 0.0
        if not batch.unsettled or batch.is_loading or at - batch.settled_at < wait:
            return
        batch.unsettled, batch.settled_at = False, at
        self._reshape(batch, batch.wanted(self._list.chip))

    def _reshape(self, batch: BatchRow, wanted: list[FileRow]) -> None:
        if self._list.chip is not Chip.ALL:
            self._take_out(batch, set(wanted))
        if len(wanted) != len(batch.shown):
            present = set(batch.shown)
            self._append(batch, [row for row in wanted if row not in present])
        if wanted != batch.shown:
            batch.shown = wanted
            self._rearrange(self._list.flattened())

    def _take_out(self, batch: BatchRow, staying: set[FileRow]) -> None:
        blocks = runs_of([row not in staying for row in batch.shown])
        if len(blocks) > _MOST_GAPS:
            blocks = [(0, len(batch.shown))]
        for first, end in reversed(blocks):
            self._remove_files(batch, first, end)

    def _append(self, batch: BatchRow, rows: Sequence[FileRow]) -> None:
        if not rows or batch not in self._list.listed:
            return
        place = self._list.start(batch) + 1 + len(batch.shown)
        self.beginInsertRows(_ROOT, place, place + len(rows) - 1)
        self._list.insert_files(batch, place, rows)
        self.endInsertRows()

    def _remove_files(self, batch: BatchRow, first: int, end: int) -> None:
        if first == end or batch not in self._list.listed:
            return
        start = self._list.start(batch) + 1
        self.beginRemoveRows(_ROOT, start + first, start + end - 1)
        self._list.remove_files(batch, start, first, end)
        self.endRemoveRows()

    def _rearrange(self, flat: list[Row]) -> None:
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        places = places_of({self._list.rows[index.row()] for index in before}, flat)
        after = [self.index(places[self._list.rows[i.row()]], i.column()) for i in before]
        self._list.rows = flat
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    # Telling what changed in place.

    def _announce(self, dirty: set[Row], at: float) -> None:
        beat = at - self._beat_at >= _BEAT_SECONDS
        self._beat_at = at if beat else self._beat_at
        stop = min(self._visible.stop, len(self._list.rows))
        places = range(self._visible.start, stop)
        changed = [
            self._list.rows[p] in dirty or (beat and self._list.rows[p].is_lively) for p in places
        ]
        for first, end in runs_of(changed):
            self._tell(self._visible.start + first, self._visible.start + end - 1)

    def _tell_batch(self, batch: BatchRow) -> None:
        if batch in self._list.listed:
            place = self._list.start(batch)
            self._tell(place, place)

    def _tell(self, first: int, last: int) -> None:
        end = self.index(last, len(Column) - 1)
        self.dataChanged.emit(self.index(first, 0), end, _LIVE_ROLES)
