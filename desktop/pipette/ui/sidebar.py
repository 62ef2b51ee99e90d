"""The sidebar: where things are and where things go. A drop zone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from functools import partial

from PySide6.QtCore import QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QMenu,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from pipette.model.account import Account
from pipette.model.files import Location
from pipette.model.kinds import Kinds
from pipette.ui.delegates_side import SideDelegate
from pipette.ui.dropping import DropTarget
from pipette.ui.row_views import RowTree
from pipette.ui.sheet import Kind, mark
from pipette.ui.sidebar_model import Entry, SidebarModel
from pipette.ui.theme import Theme
from pipette.ui.tokens import Size, Space, Tone


class AccountOrder(Enum):
    """What the context menu of a location offers; the value is its text."""

    OPEN = "Open in browser"
    REFRESH = "Refresh"
    RENAME = "Rename…"
    SIGN_IN = "Sign in again…"
    DEFAULT = "Set as default"
    REMOVE = "Remove…"


class SideTree(RowTree):
    """The tree itself; the rest of the sidebar is around it."""

    def __init__(self, theme: Theme, model: SidebarModel, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        mark(self, Kind.SIDE)
        self.setModel(model)
        self.setHeaderHidden(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAccessibleName(self.tr("Locations, favourites and tools"))
        self.delegate = SideDelegate(theme, self)
        self.setItemDelegate(self.delegate)


class Sidebar(QWidget):
    """Announces what was chosen; the window decides what happens."""

    place_chosen = Signal(object)
    """Location: an account, a project or a favourite folder."""
    projects_wanted = Signal(str)
    """An account was opened and its projects are not known yet."""
    add_wanted = Signal()
    receipts_wanted = Signal()
    bulk_import_wanted = Signal()
    settings_wanted = Signal(object)
    """The button a menu may stand above."""
    account_ordered = Signal(object, str)
    """AccountOrder, account."""
    favourite_dropped = Signal(object)
    """Location to take off the favourites."""

    def __init__(self, theme: Theme, kinds: Kinds, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        mark(self, Kind.SIDE)
        self.setMinimumWidth(Size.SIDEBAR_LEAST)
        self.setMaximumWidth(Size.SIDEBAR_MOST)
        self.model = SidebarModel(kinds, self)
        self.tree = SideTree(theme, self.model, self)
        self._add = QToolButton()
        self._gear = QToolButton()
        self._place: Location | None = None
        self._lay_out()
        self._connect()
        self._renew_icons()

    # What the window puts in.

    def show_accounts(self, accounts: Sequence[Account]) -> None:
        self.model.set_accounts(accounts)
        self._settle()

    def show_projects(self, account: str, projects: Sequence[Location]) -> None:
        self.model.set_projects(account, projects)
        self._mark_place()

    def show_note(self, account: str, words: str) -> None:
        self.model.set_note(account, words)

    def show_favourites(self, favourites: Sequence[Location]) -> None:
        self.model.set_favourites(favourites)
        self._settle()

    def show_held(self, held: Mapping[str, str]) -> None:
        self.model.set_held(held)

    def allow_bulk_import(self, is_possible: bool) -> None:
        self.model.allow_bulk_import(is_possible)

    def show_place(self, place: Location | None) -> None:
        """Mark the row that stands for the folder shown."""
        self._place = place
        self._mark_place()

    def open_account(self, account: str) -> None:
        self.tree.expand(self.model.index_of_account(account))

    # The drop zone.

    def drop_target_at(self, position: QPoint) -> DropTarget | None:
        index = self.tree.indexAt(position)
        place = self.model.place(index)
        entry = self.model.entry(index)
        if place is None or entry not in {Entry.ACCOUNT, Entry.PROJECT, Entry.FAVOURITE}:
            return None
        return DropTarget(place, place.name or place.account, springs=entry is Entry.ACCOUNT)

    def outline(self, target: DropTarget | None) -> None:
        self.tree.show_drop_target(self._index_of(target.location) if target is not None else None)

    def spring_open(self, target: DropTarget) -> None:
        if target.location is not None:
            self.open_account(target.location.account)

    # Within.

    def _lay_out(self) -> None:
        self._add.setText(f" {self.tr('Add a location')}")
        self._add.setAccessibleName(self.tr("Add a location"))
        self._add.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._add.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._gear.setToolTip(self.tr("Settings"))
        self._gear.setAccessibleName(self.tr("Settings"))
        mark(self._gear, Kind.ICON_BUTTON)
        bottom = QHBoxLayout()
        bottom.setContentsMargins(Space.LARGE, Space.TINY, Space.MEDIUM, Space.SMALL)
        bottom.addWidget(self._add, 0, Qt.AlignmentFlag.AlignLeft)
        bottom.addStretch(1)
        bottom.addWidget(self._gear)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, Space.SMALL, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.tree, 1)
        column.addLayout(bottom)

    def _connect(self) -> None:
        self._add.clicked.connect(self.add_wanted)
        self._gear.clicked.connect(lambda: self.settings_wanted.emit(self._gear))
        self.tree.clicked.connect(self._choose)
        self.tree.activated.connect(self._choose)
        self.tree.expanded.connect(lambda index: self._opened(index, is_open=True))
        self.tree.collapsed.connect(lambda index: self._opened(index, is_open=False))
        self.tree.delegate.expander_clicked.connect(self._turn)
        self.tree.delegate.add_clicked.connect(lambda _index: self.add_wanted.emit())
        self.tree.customContextMenuRequested.connect(self._show_menu)
        self._theme.changed.connect(self._renew_icons)

    def _choose(self, index: QModelIndex) -> None:
        place = self.model.place(index)
        match self.model.entry(index):
            case Entry.ACCOUNT | Entry.PROJECT | Entry.FAVOURITE if place is not None:
                self.place_chosen.emit(place)
            case Entry.RECEIPTS:
                self.receipts_wanted.emit()
            case Entry.BULK_IMPORT:
                self.bulk_import_wanted.emit()

    def _turn(self, index: QModelIndex) -> None:
        self.tree.setExpanded(index, not self.tree.isExpanded(index))

    def _opened(self, index: QModelIndex, *, is_open: bool) -> None:
        place = self.model.place(index)
        if place is None:
            return
        self.model.set_open(place.account, is_open)
        if is_open and not self.model.has_projects(place.account):
            self.projects_wanted.emit(place.account)

    def _settle(self) -> None:
        """After a rebuild: accounts that were open are open again, and the place is marked."""
        for account in self.model.open_accounts():
            self.tree.expand(self.model.index_of_account(account))
        self._mark_place()

    def _mark_place(self) -> None:
        index = self._index_of(self._place)
        if index.isValid():
            self.tree.setCurrentIndex(index)
        else:
            self.tree.clearSelection()

    def _index_of(self, place: Location | None) -> QModelIndex:
        if place is None:
            return QModelIndex()
        favourite = self.model.index_of_favourite(place)
        if favourite.isValid() and place.path:
            return favourite
        project = self.model.index_of_project(place)
        is_shown = project.isValid() and self.tree.isExpanded(project.parent())
        return project if is_shown else self.model.index_of_account(place.account)

    def _show_menu(self, position: QPoint) -> None:
        menu = self.menu_for(self.tree.indexAt(position))
        if menu is not None:
            menu.popup(self.tree.viewport().mapToGlobal(position))

    def menu_for(self, index: QModelIndex) -> QMenu | None:
        """The context menu of a row; None where there is nothing to offer."""
        place = self.model.place(index)
        if place is None:
            return None
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if self.model.entry(index) is Entry.ACCOUNT:
            for order in AccountOrder:
                self._offer(menu, order.value, partial(self._order, order, place.account))
            return menu
        self._offer(menu, self.tr("Open in browser"), lambda: self.place_chosen.emit(place))
        if self.model.entry(index) is Entry.FAVOURITE:
            words = self.tr("Remove from favourites")
            self._offer(menu, words, lambda: self.favourite_dropped.emit(place))
        return menu

    def _offer(self, menu: QMenu, text: str, slot: Callable[[], object]) -> QAction:
        action = menu.addAction(text)
        action.triggered.connect(lambda _checked=False: slot())
        return action

    def _order(self, order: AccountOrder, account: str) -> None:
        self.account_ordered.emit(order, account)

    def _renew_icons(self) -> None:
        self._add.setIcon(self._theme.icon("plus", Tone.TEXT2))
        self._gear.setIcon(self._theme.icon("gear", Tone.TEXT2))
