"""What stands in the browser when there are no rows, and the line below them."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from pipette.ui.sheet import Kind, mark
from pipette.ui.theme import Theme
from pipette.ui.tokens import Size, Space, Tone


class BrowserNote(QWidget):
    """A picture, one or two sentences and, where something can be done, one button."""

    pressed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._icon = ""
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        mark(self, Kind.PAGE)
        self._picture = QLabel()
        self._words = QLabel()
        self._words.setWordWrap(True)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._button = QPushButton()
        self._button.clicked.connect(self.pressed)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.HUGE, Space.HUGE, Space.HUGE, Space.HUGE)
        column.setSpacing(Space.MEDIUM)
        column.addStretch(1)
        for widget in (self._picture, self._words, self._button):
            column.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(2)
        theme.changed.connect(self._renew)

    @property
    def words(self) -> str:
        return self._words.text()

    @property
    def button(self) -> QPushButton:
        return self._button

    def show_words(self, words: str, icon: str = "", button: str = "") -> None:
        self._icon = icon
        self._words.setText(words)
        self._words.setMinimumWidth(min(420, max(200, self.width() - 4 * Space.HUGE)))
        self.setAccessibleName(words)
        self._button.setText(button)
        self._button.setVisible(bool(button))
        self._renew()

    def _renew(self) -> None:
        self._picture.setVisible(bool(self._icon))
        if self._icon:
            ratio = self.devicePixelRatioF()
            self._picture.setPixmap(
                self._theme.pixmap(self._icon, Tone.TEXT3, Size.ICON_HUGE, ratio)
            )


class BrowserFooter(QWidget):
    """How far loading is, how old a listing is, or what just happened. Hidden when silent."""

    pressed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._icon = ""
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        mark(self, Kind.FOOTER)
        self._picture = QLabel()
        self._words = QLabel()
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        mark(self._words, Kind.SECONDARY)
        self._button = QPushButton()
        mark(self._button, Kind.LINK)
        self._button.clicked.connect(self.pressed)
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.MEDIUM, 1, Space.MEDIUM, 1)
        row.setSpacing(Space.SMALL)
        row.addWidget(self._picture)
        row.addWidget(self._words, 1)
        row.addWidget(self._button)
        self.hide()
        theme.changed.connect(self._renew)

    @property
    def words(self) -> str:
        return self._words.text() if not self.isHidden() else ""

    @property
    def button(self) -> QPushButton:
        return self._button

    def show_words(self, words: str, icon: str = "", button: str = "") -> None:
        """Empty words hide it."""
        self._icon = icon
        self._words.setText(words)
        self.setAccessibleName(words)
        self._button.setText(button)
        self._button.setVisible(bool(button))
        self._renew()
        self.setVisible(bool(words))

    def _renew(self) -> None:
        self._picture.setVisible(bool(self._icon))
        if self._icon:
            ratio = self.devicePixelRatioF()
            drawing = self._theme.pixmap(self._icon, Tone.TEXT2, Size.ICON_SMALL, ratio)
            self._picture.setPixmap(drawing)
