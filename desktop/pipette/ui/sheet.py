"""The style sheet: what Fusion and the palette cannot do alone.

Widgets are told apart by the dynamic property ``kind`` (see ``Kind`` and ``mark``). Spin boxes,
check boxes and combo boxes are painted by ``ui.style``: by sheet they lose text or arrows.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from string import Template

from PySide6.QtWidgets import QWidget

from pipette.ui.tokens import Tokens


class Kind(Enum):
    """What a standard widget is for; ``mark`` gives it the looks."""

    PRIMARY = "primary"
    """The one filled button of a window."""
    DANGER = "danger"
    LINK = "link"
    CHIP = "chip"
    CRUMB = "crumb"
    CRUMB_HERE = "crumb-here"
    ICON_BUTTON = "icon"
    """Tool button with an icon only, 24 by 24 or larger."""
    TITLE = "title"
    HEAD = "head"
    STRONG = "strong"
    STEP = "step"
    """The number of a step."""
    LEAD = "lead"
    """A sentence under a page title."""
    SECONDARY = "secondary"
    CAPTION = "caption"
    WARNING_TEXT = "warning-text"
    ERROR_TEXT = "error-text"
    BAR = "bar"
    """A strip on the window's colour with a hairline below: toolbars of panes."""
    FOOTER = "footer"
    """The button row of a dialog: window colour, hairline above."""
    SIDE = "side"
    PAGE = "page"
    """A plain area on the surface colour."""
    CARD = "card"
    TILE = "tile"
    """A card that can be chosen: a checkable button in a card's clothes."""
    NOTE_INFO = "note-info"
    NOTE_OK = "note-ok"
    NOTE_WARN = "note-warn"
    NOTE_ERR = "note-err"
    BANNER_WARN = "banner-warn"
    BANNER_ERR = "banner-err"
    BANNER_INFO = "banner-info"


def mark(widget: QWidget, kind: Kind) -> None:
    """Give a widget its looks; may be called again when what it says changes."""
    widget.setProperty("kind", kind.value)
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)


def style_sheet(tokens: Tokens, sizes: Mapping[str, str]) -> str:
    """One sheet for the whole application; ``sizes`` names font sizes with their unit."""
    colours = {name: getattr(tokens, name) for name in tokens.__slots__ if name != "tiles"}
    return Template(_SHEET).substitute(colours, **sizes)


_SHEET = """
QMainWindow, QDialog, QToolBar, QStatusBar, QMenuBar { background: $window; }
QMenuBar { padding: 2px 12px; border: none; }
QMenuBar::item { padding: 5px 10px; border-radius: 5px; background: transparent; }
QMenuBar::item:selected, QMenuBar::item:pressed { background: $selected; }
QMenu { background: $surface; border: 1px solid $border; padding: 4px; }
QMenu::item { padding: 5px 24px 5px 12px; border-radius: 5px; }
QMenu::item:selected { background: $selected; color: $text; }
QMenu::item:disabled { color: $text3; }
QMenu::icon { padding-left: 8px; }
QMenu::separator { height: 1px; background: $border; margin: 4px 8px; }
QToolBar { qproperty-iconSize: 16px 16px; border: none; border-bottom: 1px solid $border; spacing: 4px; padding: 4px; }
QToolBar::separator { width: 1px; background: $border; margin: 8px 8px; }
QToolButton { border: 2px solid transparent; border-radius: 6px; padding: 3px 6px; }
QToolBar QToolButton { padding: 4px 7px; font-weight: 500; }
QToolButton:hover { background: $hover; }
QToolButton:pressed, QToolButton:checked { background: $selected; }
QToolButton:focus { border-color: $accent; }
QToolButton:disabled { color: $text3; }
QToolButton::menu-indicator { image: none; }
QToolButton[kind="crumb"] { color: $text2; padding: 2px 4px; }
QToolButton[kind="crumb-here"] { color: $text; font-weight: 600; padding: 2px 4px; }
QPushButton { background: $surface; border: 1px solid $border; border-radius: 6px; color: $text;
    padding: 0 14px; min-height: 28px; font-weight: 500; }
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $selected; }
QPushButton:focus { border: 2px solid $accent; padding: 0 13px; min-height: 26px; }
QPushButton:disabled { color: $text3; background: $subtle; }
QPushButton[kind="primary"] { background: $accent; border-color: $accent; color: $on_accent; font-weight: 600; }
QPushButton[kind="primary"]:hover { background: $accent_hover; border-color: $accent_hover; }
QPushButton[kind="primary"]:focus { border: 2px solid $text; }
QPushButton[kind="primary"]:disabled { background: $track; border-color: $track; color: $text3; }
QPushButton[kind="danger"] { color: $err; }
QPushButton[kind="link"] { background: transparent; border: 2px solid transparent; color: $accent;
    padding: 0 4px; min-height: 26px; }
QPushButton[kind="link"]:hover { color: $accent_hover; text-decoration: underline; }
QPushButton[kind="link"]:focus { border-color: $accent; }
QPushButton[kind="chip"] { background: transparent; border: 2px solid transparent; border-radius: 12px;
    color: $text2; padding: 0 11px; min-height: 20px; font-size: $size_secondary; font-weight: 500; }
QPushButton[kind="chip"]:hover { background: $hover; }
QPushButton[kind="chip"]:checked { background: $accent_soft; color: $accent; font-weight: 600; }
QPushButton[kind="chip"]:focus { border-color: $accent; }
QPushButton[kind="tile"] { border-radius: 8px; text-align: left; padding: 12px 14px; }
QPushButton[kind="tile"]:checked { border: 2px solid $accent; background: $accent_soft; padding: 11px 13px; }
QLineEdit { background: $surface; border: 1px solid $control_border; border-radius: 6px; color: $text;
    placeholder-text-color: $text3; padding: 0 8px; min-height: 28px; selection-background-color: $accent; selection-color: $on_accent; }
QLineEdit:focus { border: 2px solid $accent; padding: 0 7px; min-height: 26px; }
QLineEdit:disabled { color: $text3; background: $subtle; }
QAbstractSpinBox QLineEdit, QComboBox QLineEdit { border: none; padding: 0; min-height: 0; }
QPlainTextEdit, QTextEdit, QTextBrowser { background: $surface; border: 1px solid $border; border-radius: 6px; }
QTabBar { qproperty-drawBase: 0; background: transparent; outline: 0; }
QTabBar::tab { padding: 8px 10px 7px 10px; margin: 0 2px; border: none; border-bottom: 2px solid transparent;
    color: $text2; font-weight: 500; }
QTabBar::tab:hover { color: $text; background: $hover; }
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; font-weight: 600; }
QTabBar::tab:selected:focus { border: 2px solid $accent; border-radius: 5px; padding: 6px 8px 7px 8px; }
QTabWidget::pane { border: none; border-top: 1px solid $border; }
QHeaderView { background: $subtle; border: none; }
QHeaderView::section { background: $subtle; color: $text2; border: none; border-bottom: 1px solid $border;
    padding: 5px 8px; font-size: $size_secondary; font-weight: 500; }
QHeaderView::section:hover { background: $hover; }
QTableView, QTreeView, QListView { background: $surface; border: none; outline: 0;
    selection-background-color: $selected; selection-color: $text; }
QTreeView[kind="side"], QWidget[kind="side"] { background: $sidebar; }
QScrollBar:vertical { background: transparent; width: 12px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 0; }
QScrollBar::handle { background: $control_border; border-radius: 3px; margin: 3px; min-height: 28px; min-width: 28px; }
QScrollBar::handle:hover { background: $text3; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QAbstractScrollArea::corner { background: transparent; border: none; }
QSplitter::handle:horizontal { border-left: 1px solid $border; }
QSplitter::handle:vertical { border-top: 1px solid $border; }
QDockWidget { border: none; }
QDockWidget > QWidget { background: $surface; border-left: 1px solid $border; }
QStatusBar { border-top: 1px solid $border; min-height: 27px; }
QStatusBar::item { border: none; }
QStatusBar QLabel, QStatusBar QToolButton { color: $text2; font-size: $size_secondary; }
QToolTip { background: $surface; color: $text; border: 1px solid $control_border; padding: 4px 6px; }
QLabel[kind="title"] { font-size: $size_title; font-weight: 600; }
QLabel[kind="head"] { font-size: $size_head; font-weight: 600; }
QLabel[kind="strong"] { font-weight: 600; }
QLabel[kind="step"] { font-weight: 600; color: $accent; }
QLabel[kind="lead"] { color: $text2; }
QLabel[kind="secondary"] { font-size: $size_secondary; color: $text2; }
QLabel[kind="caption"] { font-size: $size_caption; font-weight: 600; color: $text3; }
QLabel[kind="warning-text"] { color: $warn; }
QLabel[kind="error-text"] { color: $err; }
QWidget[kind="page"] { background: $surface; }
QWidget[kind="bar"] { background: $surface; border-bottom: 1px solid $border; }
QWidget[kind="footer"] { background: $window; border-top: 1px solid $border; }
QFrame[kind="card"] { background: $subtle; border: 1px solid $border; border-radius: 8px; }
QFrame[kind="note-info"] { background: $info_bg; border-radius: 8px; }
QFrame[kind="note-ok"] { background: $ok_bg; border-radius: 8px; }
QFrame[kind="note-warn"] { background: $warn_bg; border-radius: 8px; }
QFrame[kind="note-err"] { background: $err_bg; border-radius: 8px; }
QFrame[kind="banner-warn"] { background: $warn_bg; border: none; border-left: 3px solid $warn; }
QFrame[kind="banner-err"] { background: $err_bg; border: none; border-left: 3px solid $err; }
QFrame[kind="banner-info"] { background: $info_bg; border: none; border-left: 3px solid $info; }
"""
