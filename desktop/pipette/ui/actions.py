"""Every order of the window as a QAction: its words, its icon, its keys, and why it is greyed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from pipette.ui.theme import Theme
from pipette.ui.tokens import Tone


class Act(Enum):
    """What can be ordered."""

    UPLOAD_FILES = auto()
    UPLOAD_FOLDER = auto()
    NEW_FOLDER = auto()
    ADD_LOCATION = auto()
    EXPORT = auto()
    CLOSE = auto()
    QUIT = auto()
    COPY_LINK = auto()
    PASTE = auto()
    SELECT_ALL = auto()
    FIND = auto()
    EDIT_PATH = auto()
    SETTINGS = auto()
    GO_SIDEBAR = auto()
    GO_BROWSER = auto()
    GO_TRANSFERS = auto()
    GO_DETAILS = auto()
    DETAILS = auto()
    BACK = auto()
    FORWARD = auto()
    UP = auto()
    REFRESH = auto()
    FAVOURITE = auto()
    PAUSE = auto()
    PAUSE_ALL = auto()
    RETRY = auto()
    FIRST = auto()
    EARLIER = auto()
    LATER = auto()
    LAST = auto()
    CANCEL = auto()
    NEXT_NEEDING = auto()
    CLEAR_FINISHED = auto()
    DOWNLOAD = auto()
    ARCHIVE = auto()
    DELETE = auto()
    BULK_IMPORT = auto()
    RECEIPTS = auto()
    WATCH_FOLDERS = auto()
    COMPARE = auto()
    CLEAN_UP = auto()
    MINIMISE = auto()
    NEXT_AREA = auto()
    PREVIOUS_AREA = auto()
    NOTICES = auto()
    KEYS = auto()
    DIAGNOSTICS = auto()
    ABOUT = auto()


@dataclass(frozen=True, slots=True)
class Order:
    """``text`` carries the mnemonic; ``short`` is what a toolbar button says."""

    text: str
    icon: str = ""
    keys: tuple[str, ...] = ()
    short: str = ""
    checkable: bool = False
    role: QAction.MenuRole = QAction.MenuRole.NoRole
    tone: Tone = Tone.TEXT
    own_key: str = ""
    """A key the list itself understands while it has the focus; only named in the menu."""


def _native(elsewhere: str, mac: str) -> tuple[str, ...]:
    return (mac,) if sys.platform == "darwin" else (elsewhere,)


ORDERS: dict[Act, Order] = {
    Act.UPLOAD_FILES: Order("Upload &files…", "upload", ("Ctrl+O",), tone=Tone.ACCENT),
    Act.UPLOAD_FOLDER: Order("Upload f&older…", "folder", ("Ctrl+Shift+O",), tone=Tone.ACCENT),
    Act.NEW_FOLDER: Order("&New folder…", "newfolder", ("Ctrl+Shift+N",)),
    Act.ADD_LOCATION: Order("&Add a location…", "plus", ("Ctrl+N",)),
    Act.EXPORT: Order("&Export list…", "list", ("Ctrl+E",)),
    Act.CLOSE: Order("&Close window", "", ("Ctrl+W",)),
    Act.QUIT: Order("&Quit", "", ("Ctrl+Q",), role=QAction.MenuRole.QuitRole),
    Act.COPY_LINK: Order("Copy lin&k…", "link", ("Ctrl+C",), short="Copy link"),
    Act.PASTE: Order("Upload from cli&pboard", "copy", ("Ctrl+V",)),
    Act.SELECT_ALL: Order("Select &all", "", ("Ctrl+A",)),
    Act.FIND: Order("&Find", "search", ("Ctrl+F",)),
    Act.EDIT_PATH: Order("&Go to a path or link", "", ("Ctrl+L",)),
    Act.SETTINGS: Order("&Settings…", "gear", ("Ctrl+,",), role=QAction.MenuRole.PreferencesRole),
    Act.GO_SIDEBAR: Order("To the &sidebar", "", ("Ctrl+1",)),
    Act.GO_BROWSER: Order("To the &browser", "", ("Ctrl+2",)),
    Act.GO_TRANSFERS: Order("To the &transfers", "", ("Ctrl+3",)),
    Act.GO_DETAILS: Order("To the deta&ils", "", ("Ctrl+4",)),
    Act.DETAILS: Order("&Details", "panel", ("Ctrl+I",), checkable=True),
    Act.BACK: Order("Bac&k", "left", _native("Alt+Left", "Ctrl+[")),
    Act.FORWARD: Order("F&orward", "right", _native("Alt+Right", "Ctrl+]")),
    Act.UP: Order("&Up", "up", _native("Alt+Up", "Ctrl+Up")),
    Act.REFRESH: Order("&Refresh", "retry", ("F5", "Ctrl+R")),
    Act.FAVOURITE: Order("Add to fa&vourites", "star"),
    Act.PAUSE: Order("&Pause or resume", "pause", own_key="Space"),
    Act.PAUSE_ALL: Order("Pause or resume &all", "pause", ("Ctrl+Shift+P",)),
    Act.RETRY: Order("Try a&gain", "retry", ("Ctrl+T",)),
    Act.FIRST: Order("&First in line", "topq", ("Ctrl+Shift+Home",)),
    Act.EARLIER: Order("&Up in line", "", ("Ctrl+Shift+Up",)),
    Act.LATER: Order("&Down in line", "", ("Ctrl+Shift+Down",)),
    Act.LAST: Order("&Last in line", "", ("Ctrl+Shift+End",)),
    Act.CANCEL: Order("&Cancel", "x", own_key="Del"),
    Act.NEXT_NEEDING: Order("&Next that needs you", "warn", ("Ctrl+J",)),
    Act.CLEAR_FINISHED: Order("Clear d&one from the list"),
    Act.DOWNLOAD: Order("&Download…", "download", ("Ctrl+D",), short="Download"),
    Act.ARCHIVE: Order("&Archive", "archive"),
    Act.DELETE: Order("De&lete…", "trash", short="Delete", own_key="Del"),
    Act.BULK_IMPORT: Order("&Bulk import (DRS)…", "import", ("Ctrl+B",)),
    Act.RECEIPTS: Order("&Receipts…", "receipt"),
    Act.WATCH_FOLDERS: Order("&Watch folders…", "watch"),
    Act.COMPARE: Order("&Compare with a local file…"),
    Act.CLEAN_UP: Order("Clean &up unfinished uploads…"),
    Act.MINIMISE: Order("&Minimise", "", ("Ctrl+M",)),
    Act.NEXT_AREA: Order("&Next area", "", ("F6",)),
    Act.PREVIOUS_AREA: Order("&Previous area", "", ("Shift+F6",)),
    Act.NOTICES: Order("N&otices", "bell"),
    Act.KEYS: Order("&Keyboard", "", ("F1",)),
    Act.DIAGNOSTICS: Order("Copy &diagnostics"),
    Act.ABOUT: Order("&About Pipette", role=QAction.MenuRole.AboutRole),
}


class Actions(QObject):
    """The actions of one window. Their keys work anywhere in it unless ``confine`` is called."""

    def __init__(self, window: QWidget, theme: Theme) -> None:
        super().__init__(window)
        self._theme = theme
        self._actions = {act: self._make(order, window) for act, order in ORDERS.items()}
        self._renew_icons()
        theme.changed.connect(self._renew_icons)

    def __getitem__(self, act: Act) -> QAction:
        return self._actions[act]

    def on(self, act: Act, slot: Callable[[], object]) -> None:
        self._actions[act].triggered.connect(lambda _checked=False: slot())

    def allow(self, act: Act, why_not: str = "") -> None:
        """Grey the action with a reason, or give it free."""
        action = self._actions[act]
        action.setEnabled(not why_not)
        plain = _plain(ORDERS[act].text)
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        with_keys = f"{plain} ({keys})" if keys else plain
        action.setToolTip(f"{plain}: {why_not}" if why_not else with_keys)
        action.setStatusTip(why_not)

    def _make(self, order: Order, window: QWidget) -> QAction:
        text = self.tr(order.text)
        action = QAction(f"{text}\t{order.own_key}" if order.own_key else text, self)
        short = self.tr(order.short) if order.short else _plain(text)
        # Neither Qt nor the style sheet leaves room between a button's icon and its text.
        action.setIconText(f" {short}")
        action.setShortcuts([QKeySequence(key) for key in order.keys])
        action.setCheckable(order.checkable)
        action.setMenuRole(order.role)
        action.setToolTip(_tooltip(action, order))
        window.addAction(action)
        return action

    def _renew_icons(self) -> None:
        for act, order in ORDERS.items():
            if order.icon:
                self._actions[act].setIcon(self._theme.icon(order.icon, order.tone))


def _tooltip(action: QAction, order: Order) -> str:
    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    plain = _plain(order.text)
    return f"{plain} ({keys})" if keys else plain


def _plain(text: str) -> str:
    return text.replace("&", "")
