"""The context menu of the transfers list: the same actions as the small buttons, in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from pipette.model.transfer import Direction, FileSnapshot, IfExists, QueueMove, State
from pipette.ui.roles import RowAction
from pipette.ui.theme import Theme
from pipette.ui.tokens import Tone
from pipette.ui.transfers_actions import ACTION_WORDS, file_actions
from pipette.ui.transfers_orders import Snapshot, is_held

_KEYS = {
    RowAction.PAUSE: "Space",
    RowAction.RESUME: "Space",
    RowAction.RETRY: "Ctrl+T",
    RowAction.CANCEL: "Del",
}
_MOVES = (
    (QueueMove.FIRST, "First in line", "Ctrl+Shift+Home"),
    (QueueMove.UP, "Up", "Ctrl+Shift+Up"),
    (QueueMove.DOWN, "Down", "Ctrl+Shift+Down"),
    (QueueMove.LAST, "Last in line", "Ctrl+Shift+End"),
)
_RULES = (
    (IfExists.KEEP_BOTH, "Send after all, keep both"),
    (IfExists.REPLACE, "Send after all, replace"),
)


@dataclass(frozen=True, slots=True)
class MenuOrders:
    """What the entries of the menu do."""

    perform: Callable[[RowAction], object]
    move: Callable[[QueueMove], object]
    decide: Callable[[IfExists], object]


def row_menu(parent: QWidget, theme: Theme, rows: Sequence[Snapshot], orders: MenuOrders) -> QMenu:
    """A menu for the chosen rows. Entries that make no sense for them are greyed."""
    menu = QMenu(parent)
    for action in (RowAction.PAUSE, RowAction.RESUME, RowAction.RETRY, RowAction.CANCEL):
        _add(menu, theme, action, rows, orders)
    menu.addSeparator()
    for action in (RowAction.COPY_LINK, RowAction.SHOW_LOCAL, RowAction.RECEIPT):
        _add(menu, theme, action, rows, orders)
    if any(_is_left_for_its_name(row) for row in rows):
        _add_rules(menu, orders)
    menu.addSeparator()
    for move, words, keys in _MOVES:
        entry = menu.addAction(_tr(words))
        entry.setShortcut(QKeySequence(keys))
        entry.setEnabled(any(not row.state.is_final for row in rows))
        entry.triggered.connect(lambda _=False, move=move: orders.move(move))
    return menu


def _add_rules(menu: QMenu, orders: MenuOrders) -> None:
    """For files that were left because of their name."""
    menu.addSeparator()
    for rule, words in _RULES:
        entry = menu.addAction(_tr(words))
        entry.triggered.connect(lambda _=False, rule=rule: orders.decide(rule))


def makes_sense(action: RowAction, rows: Sequence[Snapshot]) -> bool:
    """Whether at least one of the rows can have that done to it."""
    return any(_fits(action, row) for row in rows)


def _is_left_for_its_name(row: Snapshot) -> bool:
    return row.state is State.SKIPPED and row.direction is not Direction.IMPORT


def _fits(action: RowAction, row: Snapshot) -> bool:
    if isinstance(row, FileSnapshot) and row.direction is Direction.IMPORT:
        return action in file_actions(row)
    match action:
        case RowAction.PAUSE:
            return not row.state.is_final and not is_held(row)
        case RowAction.RESUME:
            return is_held(row)
        case RowAction.RETRY:
            return _may_retry(row)
        case RowAction.CANCEL:
            return not row.state.is_final or row.state is State.FAILED
        case RowAction.COPY_LINK:
            return isinstance(row, FileSnapshot) and _is_there(row)
        case RowAction.RECEIPT:
            return row.state.is_final
        case RowAction.SHOW_LOCAL:
            return row.direction is not Direction.IMPORT
    return True


def _may_retry(row: Snapshot) -> bool:
    if isinstance(row, FileSnapshot):
        return row.state.needs_someone or row.state is State.CANCELLED
    return any(state.needs_someone for state, number in row.counts if number)


def _is_there(file: FileSnapshot) -> bool:
    """Whether the platform holds it."""
    arrived = {
        State.VERIFIED,
        State.SIZE_MATCHED,
        State.UNPROVEN,
        State.IMPORTED,
        State.SKIPPED,
    }
    return file.direction is Direction.DOWNLOAD or file.state in arrived


def _add(
    menu: QMenu, theme: Theme, action: RowAction, rows: Sequence[Snapshot], orders: MenuOrders
) -> None:
    tone = Tone.ERR if action is RowAction.CANCEL else Tone.TEXT2
    entry = QAction(theme.icon(action.icon, tone), _tr(ACTION_WORDS[action]), menu)
    entry.setEnabled(makes_sense(action, rows))
    if action in _KEYS:
        entry.setShortcut(QKeySequence(_KEYS[action]))
    entry.triggered.connect(lambda: orders.perform(action))
    menu.addAction(entry)


def _tr(text: str) -> str:
    return QCoreApplication.translate("TransfersMenu", text)
