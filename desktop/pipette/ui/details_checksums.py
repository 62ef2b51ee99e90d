"""The Checksums tab: what was worked out here, what the platform reports, whether they match."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from pipette.model.transfer import Details
from pipette.ui.details_words import check_name, match_words
from pipette.ui.sheet import Kind, mark
from pipette.ui.theme import Theme
from pipette.ui.tokens import Space, Tone

Check = tuple[str, str, str]
"""(what, here, there), as in ``Details.checks``."""


class ChecksumsTab(QScrollArea):
    """One card a check, each value with a button that copies it."""

    copied = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._shown: tuple[Check, ...] | None = None
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.show_checks(())
        theme.changed.connect(self._rebuild)

    def show_details(self, details: Details) -> None:
        self.show_checks(details.checks)

    def show_checks(self, checks: Sequence[Check]) -> None:
        if self._shown != tuple(checks):
            self._shown = tuple(checks)
            self._rebuild()

    def text(self) -> str:
        """Everything that is shown, line by line."""
        labels = self.findChildren(QLabel)
        return "\n".join(label.text() for label in labels)

    def _rebuild(self) -> None:
        page = QWidget()
        mark(page, Kind.PAGE)
        column = QVBoxLayout(page)
        column.setContentsMargins(Space.LARGE, Space.LARGE, Space.MEDIUM, Space.LARGE)
        column.setSpacing(Space.MEDIUM)
        for check in self._shown or ():
            column.addWidget(self._card(check))
        if not self._shown:
            column.addWidget(_quiet(self.tr("Checksums show here as they are worked out.")))
        column.addStretch(1)
        self.setWidget(page)

    def _card(self, check: Check) -> QFrame:
        what, here, there = check
        card = QFrame()
        mark(card, Kind.CARD)
        column = QVBoxLayout(card)
        column.setContentsMargins(Space.MEDIUM, Space.SMALL, Space.MEDIUM, Space.SMALL)
        column.setSpacing(Space.TINY)
        column.addLayout(self._head(check_name(what), here, there))
        column.addLayout(self._value(self.tr("Here"), here))
        column.addLayout(self._value(self.tr("On the platform"), there))
        return card

    def _head(self, name: str, here: str, there: str) -> QHBoxLayout:
        title = QLabel(name)
        mark(title, Kind.STRONG)
        verdict = QLabel(match_words(here, there))
        differs = bool(here and there and here != there)
        mark(verdict, Kind.ERROR_TEXT if differs else Kind.SECONDARY)
        row = QHBoxLayout()
        row.addWidget(title, 1)
        row.addWidget(verdict)
        return row

    def _value(self, side: str, value: str) -> QHBoxLayout:
        label = _quiet(side)
        label.setMinimumWidth(92)
        shown = QLabel(value or "—")
        shown.setFont(self._theme.monospace())
        shown.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        row = QHBoxLayout()
        row.addWidget(label)
        row.addWidget(shown, 1)
        if value:
            row.addWidget(self._copy_button(side, value))
        return row

    def _copy_button(self, side: str, value: str) -> QToolButton:
        button = QToolButton()
        mark(button, Kind.ICON_BUTTON)
        button.setIcon(self._theme.icon("copy", Tone.TEXT2))
        words = self.tr("Copy: {side}").format(side=side)
        button.setAccessibleName(words)
        button.setToolTip(words)
        button.clicked.connect(lambda: self._copy(value))
        return button

    def _copy(self, value: str) -> None:
        QGuiApplication.clipboard().setText(value)
        self.copied.emit(value)


def _quiet(words: str) -> QLabel:
    label = QLabel(words)
    label.setWordWrap(True)
    mark(label, Kind.SECONDARY)
    return label
