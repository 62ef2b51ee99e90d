"""Thin splitters, and what of the window's shape is found again at the next start."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QMainWindow,
    QMenu,
    QSizePolicy,
    QSplitter,
    QSplitterHandle,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from pipette.ui.browser import Browser
from pipette.ui.kept_settings import KeptSettings
from pipette.ui.sheet import Kind, mark
from pipette.ui.start_page import TipsStrip
from pipette.ui.theme import Theme
from pipette.ui.tokens import Size
from pipette.ui.transfers_pane import TransfersPane

FIRST_SIZE = QSize(1360, 880)
LEAST_SIZE = QSize(960, 600)
_OF_SCREEN = 0.85
_TIPS_HEIGHT = 152
_TRANSFERS_SHARE = 0.53


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


class Centre:
    """Sidebar at the left; above at the right the start page or the browser, below the transfers."""

    def __init__(
        self,
        theme: Theme,
        sidebar: QWidget,
        strips: Sequence[QWidget],
        start_page: QWidget,
        browser: Browser,
        transfers: TransfersPane,
    ) -> None:
        self.browser = browser
        self.transfers = transfers
        self._start_page = start_page
        self._upper = QStackedWidget()
        self._upper.addWidget(start_page)
        self._upper.addWidget(browser)
        self.rows = Splitter(theme, Qt.Orientation.Vertical, self._half(strips), transfers)
        self.columns = Splitter(theme, Qt.Orientation.Horizontal, sidebar, self.rows)
        self.columns.setSizes([Size.SIDEBAR, FIRST_SIZE.width() - Size.SIDEBAR])
        self.columns.setStretchFactor(1, 1)

    @property
    def shows_browser(self) -> bool:
        return self._upper.currentWidget() is self.browser

    def show_start(self) -> None:
        """The first start gives nearly all room to the place where one drops."""
        self._show(self._start_page)
        self._share(_TIPS_HEIGHT)

    def show_browser(self, remembered: QByteArray) -> None:
        """With the heights of the last time, once the browser comes up."""
        if self.shows_browser:
            return
        self._show(self.browser)
        self._share(round(self.rows.height() * _TRANSFERS_SHARE))
        self.rows.restoreState(remembered)

    def _show(self, page: QWidget) -> None:
        # The page that is hidden must not hold the window open for its own least height.
        hidden = self._start_page if page is self.browser else self.browser
        ignored, fitting = QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred
        hidden.setSizePolicy(ignored, ignored)
        page.setSizePolicy(fitting, fitting)
        self._upper.setCurrentWidget(page)

    def _share(self, lower: int) -> None:
        self.rows.setSizes([max(1, self.rows.height() - lower), lower])

    def _half(self, strips: Sequence[QWidget]) -> QWidget:
        half = QWidget()
        column = QVBoxLayout(half)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for strip in strips:
            column.addWidget(strip)
        column.addWidget(self._upper, 1)
        return half


class Shape:
    """Sizes, splitters, columns and panels, kept per user of this computer."""

    def __init__(self, window: QMainWindow, centre: Centre, settings: KeptSettings) -> None:
        self._window = window
        self._centre = centre
        self._settings = settings
        centre.browser.columns_changed.connect(self._remember_columns)

    def restore(self) -> None:
        settings = self._settings
        self._window.resize(_first_size())
        self._window.restoreGeometry(settings.state("geometry"))
        self._window.restoreState(settings.state("docks"))
        self._centre.columns.restoreState(settings.state("columns"))
        self._centre.browser.list.restore_unwanted(settings.text("browser-columns"))
        columns = settings.state("transfers-columns")
        if not columns.isEmpty():
            self._centre.transfers.restore_columns(columns)

    def remember(self) -> None:
        settings = self._settings
        settings.remember_state("geometry", self._window.saveGeometry())
        settings.remember_state("docks", self._window.saveState())
        settings.remember_state("columns", self._centre.columns.saveState())
        settings.remember_state("transfers-columns", self._centre.transfers.save_columns())
        if self._centre.shows_browser:
            settings.remember_state("rows", self._centre.rows.saveState())

    def _remember_columns(self) -> None:
        listing = self._centre.browser.list
        self._settings.remember("browser-columns", listing.unwanted_columns())


def tips(theme: Theme) -> TipsStrip:
    """What stands in the list of uploads while nothing was sent yet."""
    strip = TipsStrip(theme)
    strip.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    mark(strip, Kind.PAGE)
    return strip


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
