"""What each cell of the transfers list shows, says aloud and tells in its tooltip."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from enum import IntEnum
from typing import Any

from PySide6.QtCore import Qt

from pipette.model.transfer import Direction
from pipette.ui import figures, words
from pipette.ui.browser_cells import READ_ENDINGS
from pipette.ui.roles import ActionsCell, CellRole, Expander, NameCell, ProgressCell, StateCell
from pipette.ui.state_looks import state_look
from pipette.ui.transfers_actions import ACTION_WORDS, batch_actions, file_actions
from pipette.ui.transfers_rows import BatchRow, FileRow, Row

_Align = Qt.AlignmentFlag


class Column(IntEnum):
    NAME = 0
    TO = 1
    SIZE = 2
    PROGRESS = 3
    SPEED = 4
    TIME_LEFT = 5
    STATE = 6
    ACTIONS = 7


_HEADINGS = ("Name", "To", "Size", "Progress", "Speed", "Time left", "State", "Actions")
_RIGHT = frozenset({Column.SIZE, Column.SPEED, Column.TIME_LEFT})


def heading(column: Column, role: int) -> Any:
    if role == Qt.ItemDataRole.DisplayRole:
        return "" if column is Column.ACTIONS else _HEADINGS[column]
    if role == Qt.ItemDataRole.AccessibleTextRole:
        return _HEADINGS[column]
    return _alignment(column) if role == Qt.ItemDataRole.TextAlignmentRole else None


class Cells:
    """Turns rows into the values of one cell. ``now`` gives the time of day for countdowns."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._by_role: dict[int, Callable[[Row, Column], Any]] = {
            int(Qt.ItemDataRole.DisplayRole): self._text,
            int(Qt.ItemDataRole.AccessibleTextRole): self._spoken,
            int(Qt.ItemDataRole.ToolTipRole): self._tip,
            int(Qt.ItemDataRole.TextAlignmentRole): lambda _row, column: _alignment(column),
            int(CellRole.NAME): lambda row, _column: name_cell(row),
            int(CellRole.PROGRESS): lambda row, _column: ProgressCell.of(row.snapshot),
            int(CellRole.STATE): lambda row, _column: self._state(row),
            int(CellRole.ACTIONS): lambda row, _column: ActionsCell(actions_of(row)),
            int(CellRole.BAND): lambda row, _column: isinstance(row, BatchRow) and not row.is_open,
        }

    def value(self, row: Row, column: Column, role: int) -> Any:
        found = self._by_role.get(int(role))
        return found(row, column) if found else None

    def _text(self, row: Row, column: Column) -> str:
        match column:
            case Column.NAME:
                return name_of(row)
            case Column.TO:
                return to_words(row)
            case Column.SIZE:
                return figures.size(row.snapshot.size)
            case Column.PROGRESS:
                return f"{ProgressCell.of(row.snapshot).percent}%"
            case Column.SPEED:
                return figures.rate(row.speed) if row.speed else ""
            case Column.TIME_LEFT:
                return figures.time_left(row.seconds_left)
            case Column.STATE:
                return self._state_words(row)
            case Column.ACTIONS:
                return ""

    def _spoken(self, row: Row, column: Column) -> str:
        match column:
            case Column.NAME:
                return _spoken_name(row)
            case Column.PROGRESS:
                return words.progress_sentence(row.snapshot)
            case Column.STATE:
                return words.state_sentence(row.snapshot, self._now())
            case Column.ACTIONS:
                return ", ".join(ACTION_WORDS[action] for action in actions_of(row))
        text = self._text(row, column)
        return text or f"no {_HEADINGS[column].lower()}"

    def _tip(self, row: Row, column: Column) -> str:
        match column:
            case Column.NAME:
                return row.snapshot.name
            case Column.TO:
                return _full_target(row)
            case Column.SIZE:
                return _exact_size(row)
            case Column.STATE:
                return words.state_sentence(row.snapshot, self._now())
        return ""

    def _state(self, row: Row) -> StateCell:
        look = state_look(row.snapshot.state, row.snapshot.direction)
        return StateCell(look.icon, self._state_words(row), look.tone)

    def _state_words(self, row: Row) -> str:
        place = row.place_in_line if isinstance(row, BatchRow) else None
        return words.state_words(row.snapshot, self._now(), place)


def actions_of(row: Row) -> tuple[Any, ...]:
    if isinstance(row, BatchRow):
        return batch_actions(row.snapshot, row.place_in_line)
    return file_actions(row.snapshot)


def name_of(row: Row) -> str:
    if isinstance(row, FileRow):
        return row.snapshot.renamed_to or posixpath.basename(row.snapshot.name.rstrip("/"))
    if row.is_open or row.snapshot.files < 2:
        return row.snapshot.name
    return f"{row.snapshot.name} ({figures.plural(row.snapshot.files, 'file')})"


def name_cell(row: Row) -> NameCell:
    if isinstance(row, FileRow):
        return NameCell(name_of(row), _icon(row.snapshot.name), level=1)
    expander = Expander.OPEN if row.is_open else Expander.CLOSED
    icon = _icon(row.snapshot.name) if row.snapshot.files == 1 else "folder"
    return NameCell(name_of(row), icon, expander=expander, bold=True)


def to_words(row: Row) -> str:
    """Where it goes: the whole place for a batch, the folder inside it for a file."""
    if isinstance(row, FileRow):
        return posixpath.dirname(row.snapshot.name.rstrip("/")) or "(top level)"
    if row.snapshot.direction is Direction.DOWNLOAD:
        return row.snapshot.local
    return words.place_words(row.snapshot.place)


def _full_target(row: Row) -> str:
    return row.snapshot.target if isinstance(row, FileRow) else to_words(row)


def _exact_size(row: Row) -> str:
    arrived, size = row.snapshot.arrived, row.snapshot.size
    return f"{figures.number(arrived)} of {figures.exact_bytes(size)}"


def _spoken_name(row: Row) -> str:
    if isinstance(row, FileRow):
        return name_of(row)
    how = "open" if row.is_open else "closed"
    return f"{row.snapshot.name}, {how}, {figures.plural(row.snapshot.files, 'file')}"


def _icon(name: str) -> str:
    return "fastq" if name.lower().endswith(READ_ENDINGS) else "file"


def _alignment(column: Column) -> Qt.AlignmentFlag:
    side = _Align.AlignRight if column in _RIGHT else _Align.AlignLeft
    return side | _Align.AlignVCenter
