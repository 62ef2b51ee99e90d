"""The bar above the remote list: back, forward, up, path, filter, new folder, columns."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QToolButton, QWidget

from pipette.ui.breadcrumb import Breadcrumb
from pipette.ui.sheet import Kind, mark
from pipette.ui.theme import Theme
from pipette.ui.tokens import Space, Tone

_SEARCH_WIDTH = 220
_SEARCH_NARROW = 150


class FilterField(QLineEdit):
    """Filters the rows as one types. Down goes to the list, Escape clears and then leaves."""

    list_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setAcceptDrops(False)
        self.setPlaceholderText(self.tr("Filter this folder"))
        self.setAccessibleName(self.tr("Filter this folder"))
        self.setClearButtonEnabled(True)
        self._glass = QAction(self.tr("Filter this folder"), self)
        self.addAction(self._glass, QLineEdit.ActionPosition.LeadingPosition)
        self._renew_icon()
        theme.changed.connect(self._renew_icon)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.list_wanted.emit()
            return
        if event.key() == Qt.Key.Key_Escape:
            self.clear()
            self.list_wanted.emit()
            return
        super().keyPressEvent(event)

    def _renew_icon(self) -> None:
        self._glass.setIcon(self._theme.icon("search", Tone.TEXT2))


class BrowserHeader(QWidget):
    """Only lays out and announces; the browser decides."""

    back = Signal()
    forward = Signal()
    up = Signal()
    new_folder = Signal()
    columns = Signal(object)
    """The button a menu may stand under."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._icons: list[tuple[QToolButton, str]] = []
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        mark(self, Kind.BAR)
        self._back = self._button("left", self.tr("Back"))
        self._forward = self._button("right", self.tr("Forward"))
        self._up = self._button("up", self.tr("Up"))
        self.breadcrumb = Breadcrumb(theme, self)
        self.filter = FilterField(theme, self)
        self.filter.setFixedWidth(_SEARCH_WIDTH)
        self._new_folder = self._button("newfolder", self.tr("New folder"))
        self._columns = self._button("columns", self.tr("Choose columns"))
        self._lay_out()
        self._back.clicked.connect(self.back)
        self._forward.clicked.connect(self.forward)
        self._up.clicked.connect(self.up)
        self._new_folder.clicked.connect(self.new_folder)
        self._columns.clicked.connect(lambda: self.columns.emit(self._columns))
        self._renew_icons()
        theme.changed.connect(self._renew_icons)

    def show_ways(self, *, back: bool, forward: bool, up: bool) -> None:
        self._back.setEnabled(back)
        self._forward.setEnabled(forward)
        self._up.setEnabled(up)

    def allow_new_folder(self, why_not: str) -> None:
        """Empty words give it free."""
        words = self.tr("New folder")
        self._new_folder.setEnabled(not why_not)
        self._new_folder.setToolTip(f"{words}: {why_not}" if why_not else words)

    def set_narrow(self, narrow: bool) -> None:
        self.filter.setFixedWidth(_SEARCH_NARROW if narrow else _SEARCH_WIDTH)

    def _button(self, icon: str, words: str) -> QToolButton:
        button = QToolButton(self)
        button.setToolTip(words)
        button.setAccessibleName(words)
        mark(button, Kind.ICON_BUTTON)
        self._icons.append((button, icon))
        return button

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.MEDIUM, 5, Space.MEDIUM, 5)
        row.setSpacing(0)
        for button in (self._back, self._forward, self._up):
            row.addWidget(button)
        row.addSpacing(Space.SMALL)
        row.addWidget(self.breadcrumb, 1)
        row.addWidget(self.filter)
        row.addSpacing(Space.TINY)
        row.addWidget(self._new_folder)
        row.addWidget(self._columns)

    def _renew_icons(self) -> None:
        for button, icon in self._icons:
            button.setIcon(self._theme.icon(icon, Tone.TEXT))
