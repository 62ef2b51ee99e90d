"""The view of one tab: columns that give way when it is narrow, keys, drags inside the list."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QByteArray, QItemSelectionModel, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
    QMouseEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QWidget

from pipette.model.transfer import BatchId, QueueMove
from pipette.ui.delegates import (
    ActionsDelegate,
    NameDelegate,
    ProgressDelegate,
    StateDelegate,
    TextDelegate,
)
from pipette.ui.roles import RowAction
from pipette.ui.row_views import RowTable
from pipette.ui.theme import Theme
from pipette.ui.tokens import Size
from pipette.ui.transfers_actions import ACTION_WORDS
from pipette.ui.transfers_cells import Column
from pipette.ui.transfers_model import TransfersModel
from pipette.ui.transfers_rows import BatchRow, Row

_WIDTHS = {
    Column.NAME: 292,
    Column.TO: 132,
    Column.SIZE: 72,
    Column.PROGRESS: 176,
    Column.SPEED: 82,
    Column.TIME_LEFT: 86,
    Column.STATE: 196,
    Column.ACTIONS: 88,
}
_NARROW = 740
_NARROW_WIDTHS = {
    Column.PROGRESS: 140,
    Column.TIME_LEFT: 80,
    Column.STATE: 186,
    Column.ACTIONS: 88,
}
_GIVE_WAY = ((Column.TO, 860), (Column.SPEED, 800), (Column.SIZE, 740), (Column.TIME_LEFT, 660))
"""Columns that hide, the first first, when the list is narrower than this."""

_CtrlShift = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
_MODIFIERS = (
    Qt.KeyboardModifier.ControlModifier
    | Qt.KeyboardModifier.ShiftModifier
    | Qt.KeyboardModifier.AltModifier
)
_QUEUE_MOVES = {
    Qt.Key.Key_Up: QueueMove.UP,
    Qt.Key.Key_Down: QueueMove.DOWN,
    Qt.Key.Key_Home: QueueMove.FIRST,
    Qt.Key.Key_End: QueueMove.LAST,
}


class TransfersTable(RowTable):
    """Shows a ``TransfersModel`` and says what the person wants with the chosen rows."""

    rows_chosen = Signal()
    """Selection or current row changed."""
    action_wanted = Signal(object)
    """RowAction for the selected rows."""
    row_action_wanted = Signal(object, object)
    """RowAction and the Row whose small button was pressed."""
    pause_or_resume_wanted = Signal()
    move_wanted = Signal(object)
    """QueueMove for the selected rows."""
    moved_by = Signal(str, int)
    """A batch was dragged so many places down (up when negative)."""
    next_needing_wanted = Signal()

    def __init__(self, model: TransfersModel, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, Size.ROW, parent)
        self._model = model
        self._wide_columns: QByteArray | None = None
        self.setModel(model)
        self._keys = self._plain_keys()
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._set_up_painters(theme)
        self._set_up_columns()
        self._set_up_drags()
        self.selectionModel().selectionChanged.connect(lambda *_: self.rows_chosen.emit())
        self.verticalScrollBar().valueChanged.connect(lambda _: self.tell_visible())

    def selected_rows(self) -> list[Row]:
        """The chosen rows from top to bottom."""
        # By ranges: selectedRows makes an index a row and takes seconds when very many are chosen.
        chosen = self.selectionModel().selection()
        parts = [chosen.at(number) for number in range(chosen.count())]
        places = {place for part in parts for place in range(part.top(), part.bottom() + 1)}
        return [self._model.row_at(place) for place in sorted(places)]

    def current_row(self) -> Row | None:
        index = self.currentIndex()
        return self._model.row_at(index.row()) if index.isValid() else None

    def choose(self, place: int) -> None:
        """Select just this row and bring it into sight."""
        # Not selectRow: that adds to the selection while a key such as Ctrl is held down.
        only = QItemSelectionModel.SelectionFlag.ClearAndSelect
        rows = QItemSelectionModel.SelectionFlag.Rows
        self.selectionModel().setCurrentIndex(self._model.index(place, 0), only | rows)
        self.scrollTo(self._model.index(place, 0))

    def make_rows_comfortable(self, comfortable: bool) -> None:
        self.set_row_height(Size.ROW_COMFORTABLE if comfortable else Size.ROW)

    def tell_visible(self) -> None:
        """Let the model know which rows are looked at."""
        first = self.rowAt(0)
        last = self.rowAt(self.viewport().height() - 1)
        count = self._model.rowCount()
        self._model.set_visible(max(first, 0), last if last >= 0 else count - 1)

    # Set-up.

    def _set_up_painters(self, theme: Theme) -> None:
        names = NameDelegate(theme, self)
        names.expander_clicked.connect(self._toggle)
        buttons = ActionsDelegate(theme, ACTION_WORDS.__getitem__, self)
        buttons.triggered.connect(self._press)
        self.setItemDelegate(TextDelegate(theme, self))
        self.setItemDelegateForColumn(Column.NAME, names)
        self.setItemDelegateForColumn(Column.PROGRESS, ProgressDelegate(theme, self))
        self.setItemDelegateForColumn(Column.STATE, StateDelegate(theme, self))
        self.setItemDelegateForColumn(Column.ACTIONS, buttons)

    def _set_up_columns(self) -> None:
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(Column.NAME, QHeaderView.ResizeMode.Stretch)
        header.setSectionsClickable(False)
        # Painting the header asks whether whole columns are chosen, each time for every row: seconds
        # after Ctrl+A in a long list. A selection of its own, always empty, answers at once.
        header.setSelectionModel(QItemSelectionModel(self._model, header))
        header.setMinimumSectionSize(48)
        for column, width in _WIDTHS.items():
            self.setColumnWidth(column, width)

    def _set_up_drags(self) -> None:
        self.setDragEnabled(True)
        self.setAcceptDrops(True)
        self.setDropIndicatorShown(True)
        self.setDragDropOverwriteMode(False)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)

    # Size, mouse and keys.

    def save_columns(self) -> QByteArray:
        """The columns as the person made them, also while the list is too narrow for them."""
        return self._wide_columns or self.horizontalHeader().saveState()

    def restore_columns(self, state: QByteArray) -> None:
        self.horizontalHeader().restoreState(state)
        self._wide_columns = None
        self._fit_columns()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit_columns()
        super().resizeEvent(event)
        self.tell_visible()

    def _fit_columns(self) -> None:
        is_narrow = self.width() < _NARROW
        if is_narrow and self._wide_columns is None:
            self._wide_columns = self.horizontalHeader().saveState()
            for column, width in _NARROW_WIDTHS.items():
                self.setColumnWidth(column, width)
        elif not is_narrow and self._wide_columns is not None:
            self.horizontalHeader().restoreState(self._wide_columns)
            self._wide_columns = None
        for column, least in _GIVE_WAY:
            self.setColumnHidden(column, self.width() < least)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        row = self._model.row_at(index.row()) if index.isValid() else None
        # A quick second click on a small button or an expander is a click, not a wish to open.
        edited = self.edit(index, QAbstractItemView.EditTrigger.NoEditTriggers, event)
        if isinstance(row, BatchRow) and not edited and index.column() != Column.ACTIONS:
            self._model.toggle(row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        pressed = event.modifiers() & _MODIFIERS
        if pressed == _CtrlShift and event.key() in _QUEUE_MOVES:
            self.move_wanted.emit(_QUEUE_MOVES[Qt.Key(event.key())])
            return
        wanted = self._keys.get((pressed, Qt.Key(event.key())))
        if wanted is None:
            super().keyPressEvent(event)
        else:
            wanted()

    def _plain_keys(self) -> dict[tuple[Qt.KeyboardModifier, Qt.Key], Callable[[], None]]:
        none, control = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
        return {
            (none, Qt.Key.Key_Space): self.pause_or_resume_wanted.emit,
            (none, Qt.Key.Key_Return): self._toggle_current,
            (none, Qt.Key.Key_Enter): self._toggle_current,
            (none, Qt.Key.Key_Right): self._open_current,
            (none, Qt.Key.Key_Left): self._close_current,
            (none, Qt.Key.Key_Delete): lambda: self.action_wanted.emit(RowAction.CANCEL),
            (control, Qt.Key.Key_Backspace): lambda: self.action_wanted.emit(RowAction.CANCEL),
            (control, Qt.Key.Key_T): lambda: self.action_wanted.emit(RowAction.RETRY),
            (control, Qt.Key.Key_J): self.next_needing_wanted.emit,
        }

    def _toggle_current(self) -> None:
        row = self.current_row()
        if isinstance(row, BatchRow):
            self._model.toggle(row)

    def _open_current(self) -> None:
        row = self.current_row()
        if isinstance(row, BatchRow):
            self._model.open_batch(row)

    def _close_current(self) -> None:
        """On a file: up to its batch, as in any tree."""
        row = self.current_row()
        if row is None:
            return
        if isinstance(row, BatchRow):
            self._model.close_batch(row)
            return
        place = self._model.place_of_batch(row.batch.id)
        if place is not None:
            self.choose(place)

    def _toggle(self, index: QModelIndex) -> None:
        row = self._model.row_at(index.row())
        if isinstance(row, BatchRow):
            self._model.toggle(row)

    def _press(self, index: QModelIndex, action: RowAction) -> None:
        self.row_action_wanted.emit(action, self._model.row_at(index.row()))

    # Drags inside the list; files from outside are the window's business.

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.source() is self:
            event.acceptProposedAction()
        else:
            event.ignore()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        if event.source() is self:
            event.acceptProposedAction()
        else:
            event.ignore()

    def dropEvent(self, event: QDropEvent) -> None:
        batch = self._dragged()
        if event.source() is not self or batch is None:
            event.ignore()
            return
        # Accepted as a copy: after a move Qt would take the rows out of the model itself.
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        steps = self.steps_to(batch, event.position().toPoint())
        if steps:
            self.moved_by.emit(batch, steps)

    def steps_to(self, batch: BatchId, point: QPoint) -> int:
        """How many places down (negative: up) the batch goes when it is dropped there."""
        listed = [row.id for row in self._model.listed]
        above = sum(top + height / 2 < point.y() for top, height in self._batch_spans())
        here = listed.index(batch)
        return above - here if above <= here else above - here - 1

    def _dragged(self) -> BatchId | None:
        batches = [row.id for row in self.selected_rows() if isinstance(row, BatchRow)]
        return batches[0] if len(batches) == 1 else None

    def _batch_spans(self) -> list[tuple[int, int]]:
        """Top and height of each batch with its open files, in view coordinates."""
        height = self.verticalHeader().defaultSectionSize()
        scrolled = self.verticalScrollBar().value()
        starts = [self._model.place_of_batch(row.id) or 0 for row in self._model.listed]
        ends = [*starts[1:], self._model.rowCount()]
        return [
            (start * height - scrolled, (end - start) * height)
            for start, end in zip(starts, ends, strict=True)
        ]
