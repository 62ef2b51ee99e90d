"""The menu bar and the toolbar: every action of the window, in its menu."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QMainWindow, QMenu, QSizePolicy, QToolBar, QToolButton, QWidget

from pipette.ui.actions import Act, Actions
from pipette.ui.tokens import Size

Entry = Act | None
"""None draws a line."""

MENUS: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    (
        "&File",
        (
            Act.UPLOAD_FILES,
            Act.UPLOAD_FOLDER,
            None,
            Act.NEW_FOLDER,
            Act.ADD_LOCATION,
            None,
            Act.EXPORT,
            Act.SETTINGS,
            None,
            Act.CLOSE,
            Act.QUIT,
        ),
    ),
    (
        "&Edit",
        (
            Act.COPY_LINK,
            Act.PASTE,
            None,
            Act.SELECT_ALL,
            Act.FIND,
            Act.EDIT_PATH,
        ),
    ),
    (
        "&View",
        (
            Act.BACK,
            Act.FORWARD,
            Act.UP,
            Act.REFRESH,
            Act.FAVOURITE,
            None,
            Act.GO_SIDEBAR,
            Act.GO_BROWSER,
            Act.GO_TRANSFERS,
            Act.GO_DETAILS,
            Act.DETAILS,
        ),
    ),
    (
        "&Transfer",
        (
            Act.PAUSE,
            Act.PAUSE_ALL,
            Act.RETRY,
            None,
            Act.FIRST,
            Act.EARLIER,
            Act.LATER,
            Act.LAST,
            None,
            Act.CANCEL,
            Act.NEXT_NEEDING,
            Act.CLEAR_FINISHED,
        ),
    ),
    ("&Data", (Act.DOWNLOAD, Act.COPY_LINK, Act.ARCHIVE, None, Act.DELETE)),
    (
        "T&ools",
        (Act.BULK_IMPORT, Act.RECEIPTS, Act.WATCH_FOLDERS, Act.COMPARE, None, Act.CLEAN_UP),
    ),
    (
        "&Window",
        (Act.MINIMISE, Act.NOTICES, None, Act.NEXT_AREA, Act.PREVIOUS_AREA),
    ),
    ("&Help", (Act.KEYS, Act.DIAGNOSTICS, None, Act.ABOUT)),
)

_LEFT = (
    Act.UPLOAD_FILES,
    Act.UPLOAD_FOLDER,
    None,
    Act.DOWNLOAD,
    Act.COPY_LINK,
    Act.ARCHIVE,
    Act.DELETE,
)
_RIGHT = (Act.NOTICES, Act.DETAILS)


def build_menus(window: QMainWindow, actions: Actions) -> dict[str, QMenu]:
    """Fill the menu bar; the menus are returned by name for what is added to them later."""
    menus = {}
    for title, entries in MENUS:
        menu = window.menuBar().addMenu(title)
        fill_menu(menu, actions, entries)
        menus[title.replace("&", "")] = menu
    return menus


def fill_menu(menu: QMenu, actions: Actions, entries: Sequence[Entry]) -> None:
    menu.setToolTipsVisible(True)
    for entry in entries:
        if entry is None:
            menu.addSeparator()
        else:
            menu.addAction(actions[entry])


class ToolBar(QToolBar):
    """Not movable. Text beside icons, or icons alone when the window is narrow."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__("Toolbar", parent)
        self.setObjectName("toolbar")
        self.setMovable(False)
        self.setFloatable(False)
        self.setIconSize(QSize(Size.ICON, Size.ICON))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.setAccessibleName(self.tr("Toolbar"))
        for act in _LEFT:
            if act is None:
                self.addSeparator()
            else:
                self.addAction(actions[act])
        gap = QWidget()
        gap.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(gap)
        for act in _RIGHT:
            self.addAction(actions[act])
        self._texts = [self._button(actions, act) for act in _LEFT if act is not None]
        self._icons = [self._button(actions, act) for act in _RIGHT]
        self.set_narrow(False)

    def set_narrow(self, narrow: bool) -> None:
        beside = Qt.ToolButtonStyle.ToolButtonTextBesideIcon
        alone = Qt.ToolButtonStyle.ToolButtonIconOnly
        for button in self._texts:
            button.setToolButtonStyle(alone if narrow else beside)
        for button in self._icons:
            button.setToolButtonStyle(alone)

    def button(self, action_index: int) -> QToolButton:
        """From the left, counted without lines; the right ones follow."""
        return [*self._texts, *self._icons][action_index]

    def _button(self, actions: Actions, act: Act) -> QToolButton:
        button = self.widgetForAction(actions[act])
        if not isinstance(button, QToolButton):
            raise TypeError(act)
        # Qt leaves toolbar buttons out of the Tab order.
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAccessibleName(actions[act].iconText().strip())
        return button
