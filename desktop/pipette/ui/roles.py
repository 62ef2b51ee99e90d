"""What models hand to delegates: one small frozen value per painted cell, under a role of its own.

Models build these values; delegates paint them and look at nothing else. The words for screen
readers go under ``Qt.AccessibleTextRole`` as usual, sort values stay inside the model.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum

from PySide6.QtCore import Qt

from pipette.model.transfer import BatchSnapshot, Direction, FileSnapshot, State
from pipette.ui.tokens import Tone

_FIRST = int(Qt.ItemDataRole.UserRole) + 1


class CellRole(IntEnum):
    """Roles of the painted cells. Plain text columns use DisplayRole and TextAlignmentRole."""

    NAME = _FIRST
    PROGRESS = _FIRST + 1
    STATE = _FIRST + 2
    """StateCell; the browser's proof column uses it too."""
    ACTIONS = _FIRST + 3
    SIDE = _FIRST + 4
    """SideRow, in the sidebar."""
    BAND = _FIRST + 5
    """bool, the same for every column of a row: paint the row on the subtle background."""
    TONE = _FIRST + 6
    """Tone of a plain text column; TEXT2 when the model returns None."""


class Expander(Enum):
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class NameCell:
    """``level`` 0 is a batch (or a browser row), 1 a file inside a batch."""

    text: str
    icon: str
    level: int = 0
    expander: Expander | None = None
    bold: bool = False
    icon_tone: Tone = Tone.TEXT2
    tone: Tone = Tone.TEXT
    has_gutter: bool = True
    """Whether room is kept for an expander; False in the browser."""


@dataclass(frozen=True, slots=True)
class ProgressCell:
    """The delegate works out the cells for the width it has; percent counts arrived bytes only."""

    source: FileSnapshot | BatchSnapshot
    percent: int

    @classmethod
    def of(cls, source: FileSnapshot | BatchSnapshot) -> ProgressCell:
        return cls(source, percent_arrived(source))


def percent_arrived(source: FileSnapshot | BatchSnapshot) -> int:
    """Rounded down, so 100 means that every byte arrived; of an import, that every row ended well."""
    if isinstance(source, BatchSnapshot) and source.direction is Direction.IMPORT:
        return source.count(State.IMPORTED, State.SKIPPED) * 100 // max(1, source.files)
    if source.size:
        return min(100, source.arrived * 100 // source.size)
    return 100 if source.state.is_final and not source.state.needs_someone else 0


@dataclass(frozen=True, slots=True)
class StateCell:
    """An icon and words in one colour; ``words_tone`` differs where only the icon is coloured."""

    icon: str
    words: str
    tone: Tone
    words_tone: Tone | None = None
    strong: bool = True


class RowAction(Enum):
    """The small buttons at the end of a row. The value is the icon's name."""

    PAUSE = "pause"
    RESUME = "play"
    RETRY = "retry"
    CANCEL = "x"
    COPY_LINK = "link"
    RECEIPT = "receipt"
    FIRST_IN_LINE = "topq"
    SIGN_IN = "key"
    DECIDE = "warn"
    SHOW_LOCAL = "folder"

    @property
    def icon(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class ActionsCell:
    """At most three, in the order they stand from left to right."""

    actions: tuple[RowAction, ...] = ()


class SideKind(Enum):
    HEADING = "heading"
    ACCOUNT = "account"
    PLACE = "place"


@dataclass(frozen=True, slots=True)
class SideRow:
    """One row of the sidebar.

    HEADING uses ``text`` and ``adds`` (whether it has a plus button). ACCOUNT uses ``text``,
    ``sub``, ``monogram``, ``tile``, ``badge``, ``expander``; an account without a monogram shows
    ``icon``. PLACE uses ``icon``, ``text``, ``trailing``, ``level`` (1: a project in an account).
    """

    kind: SideKind
    text: str
    sub: str = ""
    sub_tone: Tone = Tone.TEXT2
    monogram: str = ""
    tile: int = 0
    """Which of the tile colours; counted round when there are more accounts than colours."""
    icon: str = ""
    icon_tone: Tone = Tone.TEXT2
    badge: str = ""
    """Icon at the right edge: ``key``, ``wifi``, ``lock``; empty for none."""
    badge_tone: Tone = Tone.WARN
    trailing: str = ""
    trailing_tone: Tone = Tone.TEXT2
    level: int = 0
    expander: Expander | None = None
    adds: bool = False
