"""The areas of the window for those who move by key: each takes the focus where work is done."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from pipette.ui.browser import Browser
from pipette.ui.details_dock import DetailsDock
from pipette.ui.sidebar import Sidebar
from pipette.ui.start_page import StartPage
from pipette.ui.transfers_pane import TransfersPane

_BY_KEY = Qt.FocusReason.ShortcutFocusReason


class Areas:
    """Sidebar, browser, transfers, details; the last only while it is open."""

    def __init__(
        self,
        sidebar: Sidebar,
        browser: Browser,
        transfers: TransfersPane,
        details: DetailsDock,
        start_page: StartPage,
    ) -> None:
        self._sidebar = sidebar
        self._browser = browser
        self._transfers = transfers
        self._details = details
        self._start_page = start_page

    def to_sidebar(self) -> None:
        self._sidebar.tree.setFocus(_BY_KEY)

    def to_browser(self) -> None:
        view = self._browser.list
        if not view.currentIndex().isValid() and view.model().rowCount():
            view.setCurrentIndex(view.model().index(0, 0))
        _focus_first(
            view,
            self._browser.note.button,
            self._browser.header.filter,
            *self._start_page.findChildren(QPushButton),
        )

    def to_transfers(self) -> None:
        _focus_first(self._transfers.page.table, self._transfers.bar.tabs)

    def to_details(self) -> None:
        self._details.show()
        self._details.tabs.tabBar().setFocus(_BY_KEY)

    def to_next(self) -> None:
        self._step(1)

    def to_previous(self) -> None:
        self._step(-1)

    def _step(self, by: int) -> None:
        areas = self._open_areas()
        here = next((n for n, (area, _) in enumerate(areas) if _holds_focus(area)), -1)
        start = here if here >= 0 or by > 0 else 0
        areas[(start + by) % len(areas)][1]()

    def _upper(self) -> QWidget:
        return self._browser if self._browser.isVisible() else self._start_page

    def _open_areas(self) -> list[tuple[QWidget, Callable[[], None]]]:
        areas: list[tuple[QWidget, Callable[[], None]]] = [
            (self._sidebar, self.to_sidebar),
            (self._upper(), self.to_browser),
            (self._transfers, self.to_transfers),
        ]
        if not self._details.isHidden():
            areas.append((self._details, self.to_details))
        return areas


def _focus_first(*candidates: QWidget) -> None:
    """An empty list gives the focus to what stands in its place."""
    for candidate in candidates:
        if candidate.isVisible():
            candidate.setFocus(_BY_KEY)
            return


def _holds_focus(area: QWidget) -> bool:
    focused = QApplication.focusWidget()
    return focused is not None and (focused is area or area.isAncestorOf(focused))


def order_focus(
    toolbar: QWidget, sidebar: Sidebar, browser: Browser, transfers: TransfersPane
) -> None:
    """Toolbar, sidebar, path, filter, list, tabs, chips, transfers; Qt goes on from there."""
    header = browser.header
    stops = (
        toolbar,
        sidebar.tree,
        header.breadcrumb,
        header.filter,
        browser.list,
        transfers.bar.tabs,
        transfers.bar.chips,
        transfers.page.table,
    )
    for before, after in itertools.pairwise(stops):
        QWidget.setTabOrder(before, after)
