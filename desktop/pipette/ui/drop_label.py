"""The words under the pointer while files are dragged over the window."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from pipette.ui.theme import Theme
from pipette.ui.tokens import Radius, Size, Space, Tone, Type

_HEIGHT = 34
_OFFSET = QPoint(18, 20)


class DropLabel(QWidget):
    """Floats over its window, in accent where files may go, grey with the reason where not.

    Never takes the mouse. ``at`` is in the window's coordinates.
    """

    def __init__(self, theme: Theme, window: QWidget) -> None:
        super().__init__(window)
        self._theme = theme
        self._window = window
        self._words = ""
        self._refused = False
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()
        theme.changed.connect(self.update)

    @property
    def words(self) -> str:
        return self._words

    @property
    def refused(self) -> bool:
        return self._refused

    def show_words(self, words: str, refused: bool, at: QPoint) -> None:
        self._words = words
        self._refused = refused
        self.setAccessibleName(words)
        self.setGeometry(self._place(at))
        self.show()
        self.raise_()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens = self._theme.tokens
        painter.setPen(QColor(tokens.on_accent if not self._refused else tokens.control_border))
        painter.setBrush(QColor(tokens.subtle if self._refused else tokens.accent))
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(box, Radius.CONTROL, Radius.CONTROL)
        self._paint_icon(painter)
        painter.setFont(self._font())
        painter.setPen(QColor(self._front()))
        words = self.rect().adjusted(Space.MEDIUM + Size.ICON + Space.SMALL, 0, -Space.SMALL, 0)
        painter.drawText(words, int(Qt.AlignmentFlag.AlignVCenter), self._elided(words.width()))
        painter.end()

    def _paint_icon(self, painter: QPainter) -> None:
        name = "lock" if self._refused else "upload"
        top = (self.height() - Size.ICON) // 2
        density = self.devicePixelRatioF()
        drawing = self._theme.pixmap(name, self._front(), Size.ICON, density)
        painter.drawPixmap(Space.MEDIUM, top, drawing)

    def _front(self) -> str:
        tokens = self._theme.tokens
        return tokens.tone(Tone.TEXT2) if self._refused else tokens.on_accent

    def _font(self) -> QFont:
        return self._theme.font(Type.BODY, Type.STRONG, tabular=True)

    def _elided(self, width: int) -> str:
        metrics = self._theme.metrics(Type.BODY, Type.STRONG, tabular=True)
        return metrics.elidedText(self._words, Qt.TextElideMode.ElideMiddle, width + 1)

    def _place(self, at: QPoint) -> QRect:
        """Beside the pointer, but never outside the window."""
        metrics = self._theme.metrics(Type.BODY, Type.STRONG, tabular=True)
        frame = 2 * Space.MEDIUM + Size.ICON + Space.SMALL
        room = self._window.rect()
        width = min(round(metrics.horizontalAdvance(self._words)) + frame, room.width())
        box = QRect(at + _OFFSET, QSize(width, self._theme.row_height(_HEIGHT)))
        box.moveRight(min(box.right(), room.right()))
        box.moveBottom(min(box.bottom(), room.bottom()))
        box.moveLeft(max(box.left(), room.left()))
        return box
