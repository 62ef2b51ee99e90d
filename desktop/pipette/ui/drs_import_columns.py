"""Which column of a list holds what: guessed, and changed here where the guess is wrong."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from pipette.model.drs_table import Role, Table
from pipette.ui import words_drs
from pipette.ui.sheet import Kind, mark
from pipette.ui.tokens import Size, Space

_ROLES = tuple(Role)


class ColumnsStrip(QWidget):
    """A heading and a choice for each column, side by side."""

    changed = Signal()
    """``roles`` is another one now."""
    headings_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.first_row = QCheckBox(self.tr("The first row holds headings"))
        self._choices: list[QComboBox] = []
        self._scroll = QScrollArea()
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setFixedHeight(Size.BUTTON + Size.TARGET + Space.LARGE)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.TINY)
        column.addWidget(self._scroll)
        column.addWidget(self.first_row)
        self.first_row.toggled.connect(self.headings_changed)

    @property
    def roles(self) -> tuple[Role, ...]:
        return tuple(_ROLES[choice.currentIndex()] for choice in self._choices)

    def show_table(self, table: Table, roles: Sequence[Role]) -> None:
        """Silent: nothing is announced."""
        self.first_row.blockSignals(True)
        self.first_row.setChecked(table.has_headings)
        self.first_row.blockSignals(False)
        strip = QWidget()
        mark(strip, Kind.PAGE)
        strip.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(strip)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.MEDIUM)
        self._choices = []
        for heading, role in zip(table.headings, roles, strict=True):
            row.addLayout(self._column(heading, role))
        row.addStretch(1)
        self._scroll.setWidget(strip)

    def choose(self, column: int, role: Role) -> None:
        self._choices[column].setCurrentIndex(_ROLES.index(role))

    def _column(self, heading: str, role: Role) -> QVBoxLayout:
        label = QLabel(heading)
        mark(label, Kind.SECONDARY)
        choice = QComboBox()
        choice.addItems([words_drs.ROLE_WORDS[each] for each in _ROLES])
        choice.setCurrentIndex(_ROLES.index(role))
        choice.setAccessibleName(self.tr("What {column} holds").format(column=heading))
        choice.currentIndexChanged.connect(lambda _: self._take(choice))
        self._choices.append(choice)
        column = QVBoxLayout()
        column.setSpacing(Space.TINY)
        column.addWidget(label)
        column.addWidget(choice)
        column.addStretch(1)
        return column

    def _take(self, changed: QComboBox) -> None:
        """Only one column can be the address, the name, the project, the folder."""
        role = _ROLES[changed.currentIndex()]
        if role not in {Role.METADATA, Role.IGNORED}:
            for other in self._choices:
                if other is not changed and _ROLES[other.currentIndex()] is role:
                    other.blockSignals(True)
                    other.setCurrentIndex(_ROLES.index(Role.METADATA))
                    other.blockSignals(False)
        self.changed.emit()
