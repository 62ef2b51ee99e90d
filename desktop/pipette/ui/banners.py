"""Trouble of a whole location, told once above the browser; at most two banners at a time."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from pipette.ui.sheet import Kind, mark
from pipette.ui.theme import Theme
from pipette.ui.tokens import Size, Space, Tone

MOST_SHOWN = 2


@dataclass(frozen=True, slots=True)
class Notice:
    """``key`` tells notices about the same trouble apart; a newer one replaces the older."""

    key: str
    title: str
    text: str
    button: str = ""
    icon: str = "warn"
    tone: Tone = Tone.WARN


_KINDS = {Tone.WARN: Kind.BANNER_WARN, Tone.ERR: Kind.BANNER_ERR, Tone.INFO: Kind.BANNER_INFO}


class Banner(QFrame):
    """One notice with one button and a close cross."""

    pressed = Signal()
    closed = Signal()

    def __init__(self, theme: Theme, notice: Notice, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._notice = notice
        mark(self, _KINDS.get(notice.tone, Kind.BANNER_INFO))
        self._picture = QLabel()
        self._words = QLabel()
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        title = QLabel(_as_sentence(notice.title))
        title.setTextFormat(Qt.TextFormat.PlainText)
        mark(title, Kind.STRONG)
        self._words.setText(notice.text)
        self._words.setWordWrap(True)
        self.setAccessibleName(notice.title)
        self.setAccessibleDescription(notice.text)
        self._close = QToolButton()
        self._close.setToolTip(self.tr("Close"))
        self._close.setAccessibleName(self.tr("Close: {title}").format(title=notice.title))
        mark(self._close, Kind.ICON_BUTTON)
        self._close.clicked.connect(self.closed)
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.LARGE, 6, Space.MEDIUM, 6)
        row.setSpacing(Space.SMALL)
        row.addWidget(self._picture)
        row.addWidget(title)
        row.addWidget(self._words, 1)
        self.button = QPushButton(notice.button)
        self.button.setVisible(bool(notice.button))
        self.button.clicked.connect(self.pressed)
        row.addWidget(self.button)
        row.addWidget(self._close)
        self._paint_icons()
        theme.changed.connect(self._paint_icons)

    def _paint_icons(self) -> None:
        ratio = self.devicePixelRatioF()
        self._picture.setPixmap(
            self._theme.pixmap(self._notice.icon, self._notice.tone, Size.ICON, ratio)
        )
        self._close.setIcon(self._theme.icon("x", Tone.TEXT2))


class Banners(QWidget):
    """The newest two open notices; all of them are kept for the Notices menu until they end."""

    pressed = Signal(str)
    """Key of the notice whose button was pressed."""
    changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._notices: dict[str, Notice] = {}
        self._closed: set[str] = set()
        self._shown: dict[str, Banner] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self.hide()

    def notices(self) -> list[Notice]:
        """Newest first, closed ones included."""
        return list(reversed(self._notices.values()))

    def banner(self, key: str) -> Banner | None:
        return self._shown.get(key)

    def tell(self, notice: Notice) -> None:
        """Show it, or renew what is said; one that was closed comes back only if its words changed."""
        if self._notices.get(notice.key) == notice:
            return
        self._notices.pop(notice.key, None)
        self._notices[notice.key] = notice
        self._closed.discard(notice.key)
        self._show_newest()

    def end(self, key: str) -> None:
        """The trouble is over."""
        if self._notices.pop(key, None) is not None:
            self._closed.discard(key)
            self._show_newest()

    def close_notice(self, key: str) -> None:
        self._closed.add(key)
        self._show_newest()

    def _show_newest(self) -> None:
        open_ones = [notice for notice in self.notices() if notice.key not in self._closed]
        for banner in self._shown.values():
            self._column.removeWidget(banner)
            banner.hide()
            banner.deleteLater()
        self._shown = {notice.key: self._banner(notice) for notice in open_ones[:MOST_SHOWN]}
        self.setVisible(bool(self._shown))
        self.changed.emit()

    def _banner(self, notice: Notice) -> Banner:
        banner = Banner(self._theme, notice, self)
        banner.pressed.connect(lambda: self.pressed.emit(notice.key))
        banner.closed.connect(lambda: self.close_notice(notice.key))
        self._column.addWidget(banner)
        return banner


def _as_sentence(title: str) -> str:
    return title if title.endswith((".", "!", "?")) else f"{title}."
