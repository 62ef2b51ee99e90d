"""The rows of the sidebar: locations with their projects, favourites, tools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import count

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from pipette.model.account import Account
from pipette.model.files import Location
from pipette.model.kinds import Kinds, ServiceKind
from pipette.ui.browser_cells import container_icon
from pipette.ui.roles import CellRole, Expander, SideKind, SideRow
from pipette.ui.tokens import Tone

AnyIndex = QModelIndex | QPersistentModelIndex

_NOWHERE = QModelIndex()


class Entry(Enum):
    """What a row stands for."""

    HEADING = "heading"
    ACCOUNT = "account"
    PROJECT = "project"
    FAVOURITE = "favourite"
    NOTE = "note"
    RECEIPTS = "receipts"
    BULK_IMPORT = "bulk-import"


@dataclass(eq=False, slots=True)
class _Node:
    entry: Entry
    row: SideRow
    place: Location | None = None
    parent: _Node | None = None
    enabled: bool = True
    reason: str = ""
    children: list[_Node] = field(default_factory=list)

    @property
    def key(self) -> tuple[Entry, str]:
        return self.entry, str(self.place) if self.place else self.row.text


class SidebarModel(QAbstractItemModel):
    """Built from accounts, their projects, favourites and counts; every cell is a ``SideRow``."""

    def __init__(self, kinds: Kinds, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kinds = kinds
        self._accounts: Sequence[Account] = ()
        self._held: Mapping[str, str] = {}
        self._projects: dict[str, tuple[Location, ...]] = {}
        self._notes: dict[str, str] = {}
        self._favourites: tuple[Location, ...] = ()
        self._receipts = 0
        self._may_import = False
        self._open: set[str] = set()
        self._roots: list[_Node] = []
        self._ids = count(1)
        self._nodes: dict[int, _Node] = {}
        self._id_of: dict[_Node, int] = {}
        self._rebuild()

    # What the window puts in.

    def set_accounts(self, accounts: Sequence[Account]) -> None:
        self._accounts = tuple(accounts)
        names = {account.name for account in accounts}
        self._projects = {name: p for name, p in self._projects.items() if name in names}
        self._rebuild()

    def set_held(self, held: Mapping[str, str]) -> None:
        """Accounts whose transfers are held, with the kind of error that holds them."""
        if held == self._held:
            return
        self._held = dict(held)
        for node in self._roots:
            if node.entry is Entry.ACCOUNT:
                node.row = self._account_row(self._account_named(node.row.text))
                self._tell(node)

    def set_projects(self, account: str, projects: Sequence[Location]) -> None:
        self._projects[account] = tuple(projects)
        self._notes.pop(account, None)
        self._refill(account)

    def set_note(self, account: str, words: str) -> None:
        """Said in place of the projects: that they are loading, or why they could not be listed."""
        self._notes[account] = words
        self._refill(account)

    def set_favourites(self, favourites: Sequence[Location]) -> None:
        if tuple(favourites) != self._favourites:
            self._favourites = tuple(favourites)
            self._rebuild()

    def set_receipts(self, number: int) -> None:
        if number != self._receipts:
            self._receipts = number
            for node in self._roots:
                if node.entry is Entry.RECEIPTS:
                    node.row = _receipts_row(number)
                    self._tell(node)

    def allow_bulk_import(self, is_possible: bool) -> None:
        """Whether any location takes one; else its row is greyed."""
        if is_possible != self._may_import:
            self._may_import = is_possible
            self._rebuild()

    def set_open(self, account: str, is_open: bool) -> None:
        """The view opened or closed an account; its row draws the expander."""
        if is_open:
            self._open.add(account)
        else:
            self._open.discard(account)
        node = self._account_node(account)
        if node is not None:
            node.row = self._account_row(self._account_named(account))
            self._tell(node)

    # What the view and the window ask.

    def entry(self, index: AnyIndex) -> Entry | None:
        return self._node(index).entry if index.isValid() else None

    def place(self, index: AnyIndex) -> Location | None:
        return self._node(index).place if index.isValid() else None

    def reason(self, index: AnyIndex) -> str:
        """Why a greyed row cannot be used."""
        return self._node(index).reason if index.isValid() else ""

    def has_projects(self, account: str) -> bool:
        return account in self._projects

    def index_of_account(self, account: str) -> QModelIndex:
        node = self._account_node(account)
        return self._index(node) if node is not None else QModelIndex()

    def index_of_project(self, place: Location) -> QModelIndex:
        node = self._account_node(place.account)
        wanted = Location(place.account, place.container)
        for child in node.children if node is not None else []:
            if child.place == wanted:
                return self._index(child)
        return QModelIndex()

    def index_of_favourite(self, place: Location) -> QModelIndex:
        nodes = (node for node in self._roots if node.entry is Entry.FAVOURITE)
        found = next((node for node in nodes if node.place == place), None)
        return self._index(found) if found is not None else QModelIndex()

    def open_accounts(self) -> frozenset[str]:
        return frozenset(self._open)

    # Qt's side.

    def index(self, row: int, column: int, parent: AnyIndex = _NOWHERE) -> QModelIndex:
        siblings = self._node(parent).children if parent.isValid() else self._roots
        if not 0 <= row < len(siblings) or column != 0:
            return QModelIndex()
        return self.createIndex(row, 0, self._id_of[siblings[row]])

    def parent(self, index: AnyIndex = _NOWHERE) -> QModelIndex:  # type: ignore[override]  # Qt has two of this name
        node = self._node(index).parent if index.isValid() else None
        return self._index(node) if node is not None else QModelIndex()

    def rowCount(self, parent: AnyIndex = _NOWHERE) -> int:
        return len(self._node(parent).children if parent.isValid() else self._roots)

    def columnCount(self, parent: AnyIndex = _NOWHERE) -> int:
        return 1

    def hasChildren(self, parent: AnyIndex = _NOWHERE) -> bool:  # noqa: N802  Qt's name
        if not parent.isValid():
            return bool(self._roots)
        return self._node(parent).entry is Entry.ACCOUNT

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        node = self._node(index)
        if node.entry in {Entry.HEADING, Entry.NOTE} or not node.enabled:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        node = self._node(index)
        if role == CellRole.SIDE:
            return node.row
        if role == Qt.ItemDataRole.DisplayRole:
            return node.row.text
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(
                part for part in (node.row.text, node.row.sub, node.row.trailing) if part
            )
        if role == Qt.ItemDataRole.ToolTipRole:
            return node.reason or _tooltip(node)
        return None

    # Building.

    def _rebuild(self) -> None:
        self.beginResetModel()
        self._nodes, self._id_of = {}, {}
        self._roots = [
            _heading(self.tr("LOCATIONS"), adds=True),
            *(self._account(account) for account in self._accounts),
            _heading(self.tr("FAVOURITES")),
            *(_favourite(place) for place in self._favourites),
            _heading(self.tr("TOOLS")),
            self._bulk_import(),
            _Node(Entry.RECEIPTS, _receipts_row(self._receipts)),
        ]
        for node in self._roots:
            self._register(node)
        self.endResetModel()

    def _register(self, node: _Node) -> None:
        number = next(self._ids)
        self._nodes[number] = node
        self._id_of[node] = number
        for child in node.children:
            self._register(child)

    def _account(self, account: Account) -> _Node:
        node = _Node(Entry.ACCOUNT, self._account_row(account), Location(account.name))
        node.children = self._children(account.name, node)
        return node

    def _children(self, account: str, parent: _Node) -> list[_Node]:
        if account in self._notes:
            row = SideRow(SideKind.PLACE, self._notes[account], icon="info", level=1)
            return [_Node(Entry.NOTE, row, parent=parent)]
        places = self._projects.get(account, ())
        icon = container_icon(self._kinds.of(self._account_named(account)))
        return [_project(place, parent, icon) for place in places]

    def _account_row(self, account: Account) -> SideRow:
        held = self._held.get(account.name, "")
        kind = self._kinds.of(account)
        sub, tone, badge = _held_words(held) if held else (sub_line(account, kind), Tone.TEXT2, "")
        return SideRow(
            SideKind.ACCOUNT,
            account.name,
            sub=sub,
            sub_tone=tone,
            monogram="" if account.demo else kind.monogram,
            tile=kind.tile,
            icon="drop" if account.demo else "",
            icon_tone=Tone.ACCENT,
            badge=badge,
            expander=Expander.OPEN if account.name in self._open else Expander.CLOSED,
        )

    def _bulk_import(self) -> _Node:
        row = SideRow(SideKind.PLACE, self.tr("Bulk import (DRS)"), icon="import")
        reason = "" if self._may_import else self.tr("None of your locations takes a bulk import")
        return _Node(Entry.BULK_IMPORT, row, enabled=self._may_import, reason=reason)

    def _refill(self, account: str) -> None:
        node = self._account_node(account)
        if node is None:
            return
        parent = self._index(node)
        if node.children:
            self.beginRemoveRows(parent, 0, len(node.children) - 1)
            for child in node.children:
                del self._nodes[self._id_of.pop(child)]
            node.children = []
            self.endRemoveRows()
        fresh = self._children(account, node)
        if not fresh:
            return
        self.beginInsertRows(parent, 0, len(fresh) - 1)
        node.children = fresh
        for child in fresh:
            self._register(child)
        self.endInsertRows()

    # Finding.

    def _node(self, index: AnyIndex) -> _Node:
        return self._nodes[index.internalId()]

    def _index(self, node: _Node) -> QModelIndex:
        siblings = node.parent.children if node.parent is not None else self._roots
        return self.createIndex(siblings.index(node), 0, self._id_of[node])

    def _tell(self, node: _Node) -> None:
        index = self._index(node)
        self.dataChanged.emit(index, index)

    def _account_node(self, account: str) -> _Node | None:
        nodes = (node for node in self._roots if node.entry is Entry.ACCOUNT)
        return next((node for node in nodes if node.row.text == account), None)

    def _account_named(self, name: str) -> Account:
        return next(account for account in self._accounts if account.name == name)


def sub_line(account: Account, kind: ServiceKind) -> str:
    """Who · where."""
    if account.demo:
        return "Demo · this computer only"
    return " · ".join(part for part in (account.who, kind.where(account)) if part)


def _held_words(kind: str) -> tuple[str, Tone, str]:
    if kind == "SignInNeeded":
        return "Key expired – sign in", Tone.WARN, "key"
    if kind in {"NetworkDown", "Stalled"}:
        return "No network", Tone.WARN, "wifi"
    if kind == "NotAllowed":
        return "Read only", Tone.WARN, "lock"
    return "Transfers wait", Tone.WARN, "clock"


def _heading(text: str, *, adds: bool = False) -> _Node:
    return _Node(Entry.HEADING, SideRow(SideKind.HEADING, text, adds=adds))


def _favourite(place: Location) -> _Node:
    words = " › ".join([place.container or place.account, *place.path.split("/")][-2:])
    row = SideRow(SideKind.PLACE, words.strip(" ›"), icon="star")
    return _Node(Entry.FAVOURITE, row, place)


def _project(place: Location, parent: _Node, icon: str) -> _Node:
    row = SideRow(SideKind.PLACE, place.container, icon=icon, level=1)
    return _Node(Entry.PROJECT, row, place, parent)


def _receipts_row(number: int) -> SideRow:
    return SideRow(
        SideKind.PLACE, "Receipts", icon="receipt", trailing=f"{number:,}" if number else ""
    )


def _tooltip(node: _Node) -> str | None:
    if node.place is None:
        return None
    return f"{node.row.text}\n{node.row.sub}" if node.row.sub else str(node.place)
