"""The line at the bottom: network, speeds, what is under way, the speed limit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QStatusBar, QToolButton, QWidget

from pipette.model.transfer import BatchId, BatchSnapshot, Changes, State
from pipette.ui import figures, words
from pipette.ui.limit_menu import LimitMenu
from pipette.ui.sheet import Kind, mark
from pipette.ui.theme import Theme
from pipette.ui.tokens import Size, Space, Tone, Type
from pipette.ui.transfers_pace import Pace
from pipette.ui.transfers_rows import needs_someone

_WAITING = (State.WAITING, State.NO_NETWORK)
_MOVING = (State.MOVING, State.RETRYING, State.SLOWED, State.FINISHING)


@dataclass(frozen=True, slots=True)
class Totals:
    """The whole queue in four figures. Bytes left are those of unfinished batches."""

    sending: int = 0
    waiting: int = 0
    needs_you: int = 0
    bytes_left: int = 0


def totals_of(batches: Iterable[BatchSnapshot]) -> Totals:
    sending = waiting = needs_you = bytes_left = 0
    for batch in batches:
        sending += batch.count(*_MOVING)
        waiting += batch.count(*_WAITING)
        needs_you += needs_someone(batch)
        bytes_left += 0 if batch.state.is_final else batch.size - batch.arrived
    return Totals(sending, waiting, needs_you, bytes_left)


class StatusBar(QStatusBar):
    """Shows what ``show_changes`` and ``show_limit`` tell it; decides nothing."""

    needs_you_pressed = Signal()
    limit_picked = Signal(object)
    """Bytes per second, or None."""

    def __init__(
        self,
        theme: Theme,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._clock = clock
        self._now = now
        self._pace = Pace()
        self._batches: dict[BatchId, BatchSnapshot] = {}
        self._online = True
        self._wifi = QLabel()
        self._network = QLabel()
        self._up = QLabel()
        self._down = QLabel()
        self._before = QLabel()
        self._needs_you = self._make_link()
        self._after = QLabel()
        self.limit_menu = LimitMenu(self)
        self.limit_button = self._make_limit_button()
        self._lay_out()
        theme.changed.connect(self._dress)
        self._dress()
        self._say(Changes())

    @property
    def text(self) -> str:
        """The middle part as it reads."""
        parts = (self._before.text(), self._needs_you.text(), self._after.text())
        return " ".join(part for part in parts if part)

    def show_changes(self, changes: Changes) -> None:
        """Take what the queue told; cheap when nothing changed."""
        for batch in changes.batches:
            self._batches[batch.id] = batch
        for removed in changes.removed:
            self._batches.pop(removed, None)
        self._pace.note_rate(self._clock(), changes.up_rate + changes.down_rate)
        self._say(changes)

    def show_limit(self, up_bytes: float | None) -> None:
        self.limit_button.setText(words.limit_words(up_bytes))
        self.limit_menu.show_limit(up_bytes)

    def _say(self, changes: Changes) -> None:
        if changes.online != self._online:
            self._online = changes.online
            self._dress()
        _set(self._network, words.network_words(changes.online))
        _set(self._up, f"↑ {figures.rate(changes.up_rate)}")
        _set(self._down, f"↓ {figures.rate(changes.down_rate)}")
        self._say_queue(totals_of(self._batches.values()))

    def _say_queue(self, totals: Totals) -> None:
        if not totals.bytes_left:
            self._pace = Pace()
        left = self._pace.seconds_left(totals.bytes_left)
        done_at = self._now() + left if left is not None else None
        told = words.queue_words(
            totals.sending, totals.waiting, totals.needs_you, totals.bytes_left, done_at
        )
        link = words.needs_you_words(totals.needs_you) if totals.needs_you else ""
        before, _, after = told.partition(link) if link else (told, "", "")
        _set(self._before, before.rstrip())
        _set(self._after, after.lstrip())
        if self._needs_you.text() != link:
            self._needs_you.setText(link)
            self._needs_you.setVisible(bool(link))

    # Set-up and looks.

    def _make_link(self) -> QToolButton:
        link = QToolButton()
        mark(link, Kind.CRUMB_HERE)
        link.setToolTip(self.tr("Show what needs you"))
        link.setVisible(False)
        link.clicked.connect(self.needs_you_pressed)
        return link

    def _make_limit_button(self) -> QToolButton:
        button = QToolButton()
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setMenu(self.limit_menu)
        button.setAccessibleName(self.tr("Speed limit"))
        button.setText(words.limit_words(None))
        self.limit_menu.limit_picked.connect(self.limit_picked)
        return button

    def _lay_out(self) -> None:
        self.setSizeGripEnabled(False)
        self.setMinimumHeight(Size.STATUS_BAR)
        left = QWidget()
        row = QHBoxLayout(left)
        row.setContentsMargins(Space.MEDIUM, 0, 0, 0)
        row.setSpacing(Space.SMALL)
        parts: list[QWidget] = [self._wifi, self._network, _rule(), self._up, self._down, _rule()]
        for widget in parts:
            row.addWidget(widget)
        queue = QHBoxLayout()
        queue.setSpacing(0)
        words_in_row: list[QWidget] = [self._before, self._needs_you, self._after]
        for widget in words_in_row:
            queue.addWidget(widget)
        row.addLayout(queue)
        row.addStretch(1)
        self.addWidget(left, 1)
        self.addPermanentWidget(self.limit_button)

    def _dress(self) -> None:
        tone = Tone.TEXT2 if self._online else Tone.WARN
        self._wifi.setPixmap(self._theme.icon("wifi", tone).pixmap(Size.ICON_SMALL))
        self.limit_button.setIcon(self._theme.icon("gauge", Tone.TEXT2))
        mark(self._network, Kind.SECONDARY if self._online else Kind.WARNING_TEXT)
        font = self._theme.font(Type.SECONDARY, tabular=True)
        for widget in (self._network, self._down, self._before, self._needs_you, self._after):
            widget.setFont(font)
        self.limit_button.setFont(font)
        self._up.setFont(font)
        mark(self._up, Kind.STRONG)


def _set(label: QLabel, text: str) -> None:
    # A label that gets the same text again still lays the bar out anew.
    if label.text() != text:
        label.setText(text)


def _rule() -> QFrame:
    rule = QFrame()
    rule.setFrameShape(QFrame.Shape.VLine)
    rule.setFrameShadow(QFrame.Shadow.Plain)
    rule.setForegroundRole(rule.palette().ColorRole.Mid)
    rule.setFixedHeight(Space.LARGE)
    return rule
