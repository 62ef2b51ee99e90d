"""How a person comes by a key, step by step, with the page where that is done."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QPushButton, QWidget

from pipette.model.account import Account
from pipette.model.kinds import ServiceKind
from pipette.ui.sheet import Kind, mark
from pipette.ui.tokens import Space

OpenPage = Callable[[str], object]


def open_page(address: str) -> None:
    """In the system's web browser."""
    QDesktopServices.openUrl(QUrl(address))


class KeyHelp(QFrame):
    """Where to find the key. ``show_kind`` before it is shown."""

    def __init__(self, open_page: OpenPage = open_page, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._open_page = open_page
        self._page = ""
        mark(self, Kind.CARD)
        self.setAccessibleName(self.tr("Where to find the key"))
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(Space.LARGE, Space.SMALL, Space.LARGE, Space.SMALL)
        self._grid.setHorizontalSpacing(Space.MEDIUM)
        self._grid.setVerticalSpacing(Space.TINY)
        self._grid.setColumnStretch(1, 1)
        head = QLabel(self.accessibleName())
        mark(head, Kind.STRONG)
        self._grid.addWidget(head, 0, 0, 1, 2)
        self._steps: list[QLabel] = []
        self.page_button = QPushButton(self.tr("Open that page in the browser"))
        self.page_button.setAutoDefault(False)
        mark(self.page_button, Kind.LINK)
        self.page_button.clicked.connect(self._open)

    def show_kind(self, kind: ServiceKind, account: Account) -> None:
        """A page is known for the service's own servers only."""
        for label in self._steps:
            label.hide()
            label.deleteLater()
        self._steps = []
        for number, step in enumerate(kind.key_steps, 1):
            self._add_step(number, step)
        region = None if account.url else kind.region(account.region)
        self._page = region.key_page if region is not None else ""
        self._grid.removeWidget(self.page_button)
        self._grid.addWidget(self.page_button, len(kind.key_steps) + 1, 0, 1, 2)
        self.page_button.setVisible(bool(self._page))
        self.page_button.setToolTip(self._page)
        self.setAccessibleDescription(". ".join(kind.key_steps))

    def _add_step(self, number: int, step: str) -> None:
        mark_ = QLabel(str(number))
        mark(mark_, Kind.STEP)
        words = QLabel(step)
        words.setWordWrap(True)
        self._grid.addWidget(mark_, number, 0)
        self._grid.addWidget(words, number, 1)
        self._steps += [mark_, words]

    def _open(self) -> None:
        self._open_page(self._page)
