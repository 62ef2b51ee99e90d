"""The steps of adding a location, as a list at its side."""

from __future__ import annotations

from enum import IntEnum

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from pipette.ui.icons import app_pixmap
from pipette.ui.sheet import Kind, mark
from pipette.ui.theme import Theme
from pipette.ui.tokens import Size, Space, Type

_SIDE = 206
_PICTURE = 54
_CIRCLE = 22


class Step(IntEnum):
    PLATFORM = 0
    SERVER = 1
    KEY = 2
    DONE = 3


_STEP_WORDS = {
    Step.PLATFORM: "Platform",
    Step.SERVER: "Region",
    Step.KEY: "Key and test",
    Step.DONE: "Done",
}


class StepList(QWidget):
    """The four steps at the left, each a number and a word, done ones ticked."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        mark(self, Kind.SIDE)
        self.setFixedWidth(_SIDE)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.WIDE, Space.WIDE, Space.MEDIUM, Space.WIDE)
        column.setSpacing(Space.MEDIUM)
        picture = QLabel()
        picture.setPixmap(app_pixmap(_PICTURE, self.devicePixelRatioF()))
        column.addWidget(picture)
        head = QLabel(self.tr("Add a location"))
        mark(head, Kind.HEAD)
        column.addWidget(head)
        column.addSpacing(Space.SMALL)
        self._rows = [StepRow(theme, step) for step in Step]
        for row in self._rows:
            column.addWidget(row)
        column.addStretch(1)
        note = QLabel(self.tr("You can add more locations, or remove this one, at any time."))
        note.setWordWrap(True)
        mark(note, Kind.SECONDARY)
        column.addWidget(note)

    def show_step(self, current: Step) -> None:
        for row in self._rows:
            row.show_step(current)


class StepRow(QWidget):
    """A number in a circle and a word; filled when it is the turn, ticked when done."""

    def __init__(self, theme: Theme, step: Step) -> None:
        super().__init__()
        self._theme = theme
        self._step = step
        self._current = Step.PLATFORM
        self.setFixedHeight(theme.row_height(_CIRCLE))

    def show_step(self, current: Step) -> None:
        self._current = current
        self.setAccessibleName(_said(self._step, current))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens = self._theme.tokens
        box = QRectF(0.5, (self.height() - _CIRCLE) / 2, _CIRCLE - 1, _CIRCLE - 1)
        reached = self._step <= self._current
        painter.setPen(QColor(tokens.accent if reached else tokens.control_border))
        painter.setBrush(QColor(tokens.accent if reached else tokens.surface))
        painter.drawEllipse(box)
        painter.setPen(QColor(tokens.on_accent if reached else tokens.text2))
        painter.setFont(self._theme.font(Type.SECONDARY, Type.STRONG))
        self._paint_sign(painter, box)
        is_turn = self._step is self._current
        painter.setFont(self._theme.font(Type.BODY, Type.STRONG if is_turn else Type.REGULAR))
        painter.setPen(QColor(tokens.text if is_turn else tokens.text2))
        words = self.rect().adjusted(_CIRCLE + Space.MEDIUM, 0, 0, 0)
        painter.drawText(words, int(Qt.AlignmentFlag.AlignVCenter), _STEP_WORDS[self._step])
        painter.end()

    def _paint_sign(self, painter: QPainter, box: QRectF) -> None:
        if self._step >= self._current:
            painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), str(self._step + 1))
            return
        density = self.devicePixelRatioF()
        tick = self._theme.pixmap("check", self._theme.tokens.on_accent, Size.ICON_SMALL, density)
        painter.drawPixmap(box.center() - QPointF(Size.ICON_SMALL / 2, Size.ICON_SMALL / 2), tick)


def _said(step: Step, current: Step) -> str:
    if step is current:
        return f"{_STEP_WORDS[step]}, current step"
    return f"{_STEP_WORDS[step]}, done" if step < current else _STEP_WORDS[step]
