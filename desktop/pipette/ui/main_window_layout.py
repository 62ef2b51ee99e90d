"""Thin splitters, and what of the window's shape is found again at the next start."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QMainWindow, QMenu, QSplitter, QSplitterHandle, QWidget

from pipette.ui.browser_list import BrowserList
from pipette.ui.kept_settings import KeptSettings
from pipette.ui.theme import Theme
from pipette.ui.transfers_pane import TransfersPane

FIRST_SIZE = QSize(1360, 880)
LEAST_SIZE = QSize(960, 600)
_OF_SCREEN = 0.85


class Splitter(QSplitter):
    """A hairline between two areas; Qt lets it be grabbed a little beside it."""

    def __init__(self, theme: Theme, way: Qt.Orientation, *areas: QWidget) -> None:
        super().__init__(way)
        self._theme = theme
        self.setChildrenCollapsible(False)
        self.setHandleWidth(1)
        for area in areas:
            self.addWidget(area)
        theme.changed.connect(self.update)

    def createHandle(self) -> QSplitterHandle:  # noqa: N802  Qt's name
        return _Hairline(self._theme, self.orientation(), self)


class _Hairline(QSplitterHandle):
    def __init__(self, theme: Theme, way: Qt.Orientation, parent: QSplitter) -> None:
        super().__init__(way, parent)
        self._theme = theme

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._theme.tokens.border))
        painter.end()


class Shape:
    """Sizes, splitters, columns and panels, kept per user of this computer."""

    def __init__(
        self,
        window: QMainWindow,
        columns: QSplitter,
        rows: QSplitter,
        listing: BrowserList,
        transfers: TransfersPane,
        settings: KeptSettings,
    ) -> None:
        self._window = window
        self._columns = columns
        self._rows = rows
        self._listing = listing
        self._transfers = transfers
        self._settings = settings
        listing.columns_changed.connect(self._remember_columns)

    def restore(self) -> None:
        settings = self._settings
        self._window.resize(_first_size())
        self._window.restoreGeometry(settings.state("geometry"))
        self._window.restoreState(settings.state("docks"))
        self._columns.restoreState(settings.state("columns"))
        self._rows.restoreState(settings.state("rows"))
        self._listing.restore_unwanted(settings.text("browser-columns"))
        columns = settings.state("transfers-columns")
        if not columns.isEmpty():
            self._transfers.restore_columns(columns)

    def remember(self) -> None:
        settings = self._settings
        settings.remember_state("geometry", self._window.saveGeometry())
        settings.remember_state("docks", self._window.saveState())
        settings.remember_state("columns", self._columns.saveState())
        settings.remember_state("transfers-columns", self._transfers.save_columns())

    def remember_rows(self) -> None:
        settings = self._settings
        settings.remember_state("rows", self._rows.saveState())

    def _remember_columns(self) -> None:
        self._settings.remember("browser-columns", self._listing.unwanted_columns())


def _first_size() -> QSize:
    """1360 × 880, or most of a smaller screen."""
    screen = QGuiApplication.primaryScreen().availableSize()
    room = QSize(round(screen.width() * _OF_SCREEN), round(screen.height() * _OF_SCREEN))
    fits = screen.width() >= FIRST_SIZE.width() and screen.height() >= FIRST_SIZE.height()
    return FIRST_SIZE if fits else room.expandedTo(LEAST_SIZE)


def pop_up(menu: QMenu, beside: QWidget, *, above: bool = False) -> None:
    """Show a menu at a button; it is deleted when it closes."""
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.setToolTipsVisible(True)
    corner = beside.rect().topLeft() if above else beside.rect().bottomLeft()
    menu.popup(beside.mapToGlobal(corner))
