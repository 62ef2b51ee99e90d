"""A small grid of labels and values, used throughout the details panel."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QLabel, QWidget

from pipette.ui.details_words import Fact
from pipette.ui.sheet import Kind, mark
from pipette.ui.tokens import Space


class FactsGrid(QWidget):
    """Shows facts line by line; values can be selected and copied."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: list[Fact] = []
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setHorizontalSpacing(Space.LARGE)
        self._form.setVerticalSpacing(Space.TINY)
        self._form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        self._form.setFormAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)

    def show_facts(self, facts: Sequence[Fact]) -> None:
        if [fact.label for fact in facts] != [fact.label for fact in self._shown]:
            self._rebuild(facts)
        for place, fact in enumerate(facts):
            self._value_at(place).setText(fact.text)
        self._shown = list(facts)

    def text(self) -> str:
        """All lines, for tests and copying."""
        return "\n".join(f"{fact.label}: {fact.text}" for fact in self._shown)

    def _rebuild(self, facts: Sequence[Fact]) -> None:
        while self._form.rowCount():
            self._form.removeRow(0)
        for fact in facts:
            label, value = QLabel(fact.label), QLabel(fact.text)
            mark(label, Kind.SECONDARY)
            mark(value, Kind.SECONDARY)
            value.setWordWrap(True)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            value.setForegroundRole(value.palette().ColorRole.Text)
            self._form.addRow(label, value)

    def _value_at(self, place: int) -> QLabel:
        item = self._form.itemAt(place, QFormLayout.ItemRole.FieldRole)
        value = item.widget() if item else None
        if not isinstance(value, QLabel):
            raise LookupError(place)
        return value
