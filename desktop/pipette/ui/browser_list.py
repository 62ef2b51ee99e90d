"""The list of a remote folder as a view, and as a drop zone: each folder row takes files."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QWidget

from pipette.model.files import Kind, Location, RemoteFile
from pipette.ui import words_places
from pipette.ui.browser_cells import is_archived, is_read_only
from pipette.ui.browser_model import HEADINGS, BrowserModel, Column
from pipette.ui.delegates import NameDelegate, StateDelegate
from pipette.ui.delegates_row import TextDelegate
from pipette.ui.dropping import DropTarget
from pipette.ui.row_views import RowTable
from pipette.ui.theme import Theme
from pipette.ui.tokens import Size

_WIDTHS = {Column.SIZE: 112, Column.CHANGED: 118, Column.STORAGE: 92, Column.PROOF: 134}
_TYPING_MS = 1000
_Move = QAbstractItemView.CursorAction
HIDE_WHEN_NARROW = (Column.STORAGE, Column.CHANGED)
NEVER_HIDE = (Column.NAME,)


class BrowserList(RowTable):
    """Shows a BrowserModel. Knows which columns the person wants and which have room."""

    opened = Signal(object)
    """RemoteFile of a folder or project to go into."""
    back_wanted = Signal()
    delete_wanted = Signal()
    columns_changed = Signal()

    def __init__(self, theme: Theme, model: BrowserModel, parent: QWidget | None = None) -> None:
        super().__init__(theme, Size.BROWSER_ROW, parent)
        self._rows = model
        self._unwanted: set[Column] = set()
        self._narrow = False
        self._typed = ""
        self._since_typed = QElapsedTimer()
        self._since_typed.start()
        self.setModel(model)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAccessibleName(self.tr("Files in the folder shown"))
        self.setItemDelegateForColumn(Column.NAME, NameDelegate(theme, self))
        self.setItemDelegateForColumn(Column.PROOF, StateDelegate(theme, self))
        for column in (Column.SIZE, Column.CHANGED, Column.STORAGE):
            self.setItemDelegateForColumn(column, TextDelegate(theme, self))
        self._set_up_header()
        self.activated.connect(self._activate)

    # Columns.

    def set_narrow(self, narrow: bool) -> None:
        """Under 1100 pixels of window some columns give way."""
        self._narrow = narrow
        self._apply_columns()

    def column_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for column in Column:
            action = menu.addAction(self.tr(HEADINGS[column]))
            action.setCheckable(True)
            action.setChecked(column not in self._unwanted)
            action.setEnabled(column not in NEVER_HIDE)
            action.toggled.connect(lambda wanted, at=column: self.want_column(at, wanted))
        return menu

    def want_column(self, column: Column, wanted: bool) -> None:
        if wanted:
            self._unwanted.discard(column)
        else:
            self._unwanted.add(column)
        self._apply_columns()
        self.columns_changed.emit()

    def unwanted_columns(self) -> str:
        """As it is kept in the settings."""
        return ",".join(sorted(column.name for column in self._unwanted))

    def restore_unwanted(self, text: str) -> None:
        names = set(text.split(","))
        self._unwanted = {c for c in Column if c.name in names and c not in NEVER_HIDE}
        self._apply_columns()

    # Selection.

    def selected_files(self) -> list[RemoteFile]:
        """In the order they stand; rows that are only on their way are left out."""
        rows = sorted(index.row() for index in self.selectionModel().selectedRows())
        files = [self._rows.file_at(row) for row in rows if self._rows.is_listed(row)]
        return [file for file in files if file is not None]

    def select_names(self, names: set[str]) -> None:
        """Select these rows, as far as they are shown."""
        selection = self.selectionModel()
        flags = selection.SelectionFlag.Select | selection.SelectionFlag.Rows
        for name in names:
            row = self._rows.row_of(name)
            if row is not None:
                selection.select(self._rows.index(row, 0), flags)

    # The drop zone.

    def drop_target_at(self, position: QPoint) -> DropTarget | None:
        index = self.indexAt(position)
        file = self._rows.file_at(index.row()) if index.isValid() else None
        if file is None or file.kind is Kind.FILE:
            return None
        name = file.location.name
        if is_archived(file):
            return DropTarget(file.location, name, self.tr("{name} is archived").format(name=name))
        if is_read_only(file):
            return DropTarget(file.location, name, words_places.READ_ONLY)
        return DropTarget(file.location, name, springs=self._rows.is_listed(index.row()))

    def outline(self, target: DropTarget | None) -> None:
        self.show_drop_target(self._index_of(target.location) if target is not None else None)

    def spring_open(self, target: DropTarget) -> None:
        index = self._index_of(target.location)
        if index.isValid():
            self._activate(index)

    # Qt's side.

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_backspace = event.key() == Qt.Key.Key_Backspace
        with_control = event.modifiers() == Qt.KeyboardModifier.ControlModifier
        if event.key() == Qt.Key.Key_Delete or (is_backspace and with_control):
            self.delete_wanted.emit()
        elif is_backspace and not event.modifiers():
            self.back_wanted.emit()
        else:
            super().keyPressEvent(event)

    def moveCursor(  # noqa: N802  Qt's name
        self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier
    ) -> QModelIndex:
        """Rows are chosen as a whole: Home and End go to the first and last of them."""
        rows, here = self._rows.rowCount(), self.currentIndex()
        ends = {_Move.MoveHome: 0, _Move.MoveEnd: rows - 1}
        if action in ends and rows:
            return self._rows.index(ends[action], 0)
        if action in {_Move.MoveLeft, _Move.MoveRight} and here.isValid():
            return here
        return super().moveCursor(action, modifiers)

    def keyboardSearch(self, search: str) -> None:  # noqa: N802  Qt's name
        """Typing goes to the name that begins so; letters typed quickly belong together."""
        self._typed = search if self._since_typed.hasExpired(_TYPING_MS) else self._typed + search
        self._since_typed.restart()
        first = max(0, self.currentIndex().row() + (1 if len(self._typed) == 1 else 0))
        row = self._rows.row_beginning(self._typed, first)
        if row is not None:
            self.setCurrentIndex(self._rows.index(row, 0))

    def _index_of(self, place: Location | None) -> QModelIndex:
        row = self._rows.row_of(place.name) if place is not None else None
        return self._rows.index(row, 0) if row is not None else QModelIndex()

    def _activate(self, index: QModelIndex) -> None:
        file = self._rows.file_at(index.row())
        if file is not None and file.kind is not Kind.FILE and self._rows.is_listed(index.row()):
            self.opened.emit(file)

    def _set_up_header(self) -> None:
        header = self.horizontalHeader()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(60)
        header.setSectionResizeMode(Column.NAME, QHeaderView.ResizeMode.Stretch)
        header.setSectionsMovable(False)
        header.setAccessibleName(self.tr("Columns"))
        for column, width in _WIDTHS.items():
            header.resizeSection(column, width)
        header.setSortIndicator(Column.NAME, Qt.SortOrder.AscendingOrder)
        header.setSectionsClickable(True)
        header.sortIndicatorChanged.connect(self._sort)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(
            lambda at: self.column_menu().popup(header.mapToGlobal(at))
        )

    def _sort(self, column: int, order: Qt.SortOrder) -> None:
        usual = column == Column.NAME and order is Qt.SortOrder.AscendingOrder
        self.horizontalHeader().setSortIndicatorShown(not usual)
        self._rows.sort(column, order)

    def _apply_columns(self) -> None:
        for column in Column:
            squeezed = self._narrow and column in HIDE_WHEN_NARROW
            self.setColumnHidden(column, column in self._unwanted or squeezed)
