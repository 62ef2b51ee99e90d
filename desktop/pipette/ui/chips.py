"""Filter chips: exactly one is chosen, each with a live count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QWidget

from pipette.ui.figures import number
from pipette.ui.sheet import Kind, mark
from pipette.ui.tokens import Size, Space


@dataclass(frozen=True, slots=True)
class Chip:
    key: str
    words: str
    """What it says, translated; the count is added."""


class Chips(QWidget):
    """A row of chips; the first is chosen at the start.

    ``chosen`` carries the key of the new choice, by hand or by ``choose``. Left and right arrows
    move the choice, Tab leaves the row.
    """

    chosen = Signal(str)

    def __init__(self, chips: Sequence[Chip], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = {chip.key: chip.words for chip in chips}
        self._counts: dict[str, int | None] = dict.fromkeys(self._words)
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.TINY)
        self._buttons = {chip.key: self._button(chip) for chip in chips}
        for button in self._buttons.values():
            self._group.addButton(button)
            row.addWidget(button)
        self._key = chips[0].key
        self._buttons[self._key].setChecked(True)
        self._group.buttonToggled.connect(self._take_choice)

    @property
    def current(self) -> str:
        return self._key

    def choose(self, key: str) -> None:
        self._buttons[key].setChecked(True)

    def set_counts(self, counts: Mapping[str, int | None]) -> None:
        """Counts by key; None and 0 show no figure, keys left out keep theirs."""
        for key, count in counts.items():
            if self._counts[key] != count:
                self._counts[key] = count
                self._say(key)

    def words_of(self, key: str) -> str:
        """What the chip says, count included."""
        return self._buttons[key].text()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        step = steps.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        keys = list(self._buttons)
        self.choose(keys[(keys.index(self._key) + step) % len(keys)])
        self._buttons[self._key].setFocus(Qt.FocusReason.OtherFocusReason)

    def _button(self, chip: Chip) -> QPushButton:
        button = _ChipButton(chip.words, self)
        button.setCheckable(True)
        button.setAutoDefault(False)
        mark(button, Kind.CHIP)
        return button

    def _take_choice(self, button: QPushButton, is_checked: bool) -> None:
        if not is_checked:
            return
        self._key = next(key for key, each in self._buttons.items() if each is button)
        self.chosen.emit(self._key)

    def _say(self, key: str) -> None:
        count = self._counts[key]
        words = self._words[key]
        self._buttons[key].setText(f"{words}  {number(count)}" if count else words)
        self._buttons[key].setAccessibleName(f"{words}, {number(count or 0)}")


class _ChipButton(QPushButton):
    """Arrow keys belong to the row, not to the single button."""

    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        return QSize(hint.width(), max(hint.height(), Size.TARGET))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Left, Qt.Key.Key_Right}:
            event.ignore()
            return
        super().keyPressEvent(event)
