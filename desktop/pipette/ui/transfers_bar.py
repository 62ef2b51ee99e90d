"""The strip above the transfers: tabs with counts, filter chips, pause all, more."""

from __future__ import annotations

from enum import IntEnum

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QPalette
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QSizePolicy,
    QTabBar,
    QToolButton,
    QWidget,
)

from pipette.ui import figures
from pipette.ui.sheet import Kind, mark
from pipette.ui.theme import Theme
from pipette.ui.tokens import Space, Tone
from pipette.ui.transfers_rows import Chip, ChipCounts


class Tab(IntEnum):
    UPLOADS = 0
    DOWNLOADS = 1
    HISTORY = 2


_TAB_WORDS = ("Uploads", "Downloads", "History")
_NARROW = 860
"""Below this the chips that matter least give way."""
_HIDDEN_WHEN_NARROW = (Chip.WAITING, Chip.DONE)


class TransfersBar(QWidget):
    """Says what the person picks; shows the counts it is given."""

    tab_picked = Signal(object)
    """Tab."""
    chip_picked = Signal(object)
    """Chip."""
    pause_all_wanted = Signal()
    clear_finished_wanted = Signal()
    export_wanted = Signal()
    receipts_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("transfers-bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        mark(self, Kind.BAR)
        self._theme = theme
        self.tabs = self._make_tabs()
        self._chips = {chip: self._make_chip(chip) for chip in Chip}
        self._make_chips_exclusive()
        self._rule = _upright_rule()
        self.pause_all = self._make_pause_all()
        self.more = self._make_more()
        self._lay_out()
        self._show_icons()
        theme.changed.connect(self._show_icons)

    @property
    def tab(self) -> Tab:
        return Tab(self.tabs.currentIndex())

    def chip_button(self, chip: Chip) -> QPushButton:
        return self._chips[chip]

    def show_tab_counts(self, uploads: int, downloads: int) -> None:
        for tab, count in ((Tab.UPLOADS, uploads), (Tab.DOWNLOADS, downloads)):
            number = f"  {figures.number(count)}" if count else ""
            self._set_tab_text(tab, self.tr(_TAB_WORDS[tab]) + number)

    def show_chips(self, chosen: Chip, counts: ChipCounts) -> None:
        self._chips[chosen].setChecked(True)
        for chip, button in self._chips.items():
            count = counts.of(chip)
            number = f"  {figures.number(count)}" if count else ""
            button.setText(self.tr(chip.value) + number)

    def show_everything_held(self, held: bool) -> None:
        """What the button for everything does next: pause or resume."""
        words = self.tr("Resume all") if held else self.tr("Pause all")
        if self.pause_all.text() != words:
            self.pause_all.setText(words)
            self.pause_all.setIcon(self._theme.icon("play" if held else "pause", Tone.TEXT))

    def show_filters(self, visible: bool) -> None:
        """History has neither filters nor anything to pause."""
        self._has_filters = visible
        self._fit()

    def resizeEvent(self, event: object) -> None:
        self._fit()

    _has_filters = True

    def _fit(self) -> None:
        is_narrow = self.width() < _NARROW
        for chip, button in self._chips.items():
            gives_way = is_narrow and chip in _HIDDEN_WHEN_NARROW and not button.isChecked()
            button.setVisible(self._has_filters and not gives_way)
        for part in (self._rule, self.pause_all):
            part.setVisible(self._has_filters and not is_narrow)

    def _set_tab_text(self, tab: Tab, text: str) -> None:
        # Setting the same text again would lay the bar out anew four times a second.
        if self.tabs.tabText(tab) != text:
            self.tabs.setTabText(tab, text)

    def _make_tabs(self) -> QTabBar:
        tabs = QTabBar()
        tabs.setExpanding(False)
        tabs.setDrawBase(False)
        tabs.setAccessibleName(self.tr("Transfers"))
        for words in _TAB_WORDS:
            tabs.addTab(self.tr(words))
        tabs.currentChanged.connect(lambda place: self.tab_picked.emit(Tab(place)))
        return tabs

    def _make_chip(self, chip: Chip) -> QPushButton:
        button = QPushButton(self.tr(chip.value))
        button.setCheckable(True)
        button.setChecked(chip is Chip.ALL)
        mark(button, Kind.CHIP)
        button.clicked.connect(lambda: self.chip_picked.emit(chip))
        return button

    def _make_chips_exclusive(self) -> None:
        group = QButtonGroup(self)
        for button in self._chips.values():
            group.addButton(button)

    def _make_pause_all(self) -> QToolButton:
        button = QToolButton()
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setText(self.tr("Pause all"))
        button.setToolTip(self.tr("Pause or resume everything (Ctrl+Shift+P)"))
        button.clicked.connect(self.pause_all_wanted)
        return button

    def _make_more(self) -> QToolButton:
        button = QToolButton()
        mark(button, Kind.ICON_BUTTON)
        button.setAccessibleName(self.tr("More"))
        button.setToolTip(self.tr("More"))
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(button)
        for action in self._more_actions():
            menu.addAction(action)
        button.setMenu(menu)
        return button

    def _more_actions(self) -> tuple[QAction, ...]:
        pause = QAction(self.tr("Pause or resume all"), self)
        pause.triggered.connect(self.pause_all_wanted)
        clear = QAction(self.tr("Clear done from the list"), self)
        clear.triggered.connect(self.clear_finished_wanted)
        export = QAction(self.tr("Export list…"), self)
        export.triggered.connect(self.export_wanted)
        receipts = QAction(self.tr("Receipts"), self)
        receipts.triggered.connect(self.receipts_wanted)
        return pause, clear, export, receipts

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.TINY, 0, Space.SMALL, 0)
        row.setSpacing(Space.TINY)
        row.addWidget(self.tabs, alignment=Qt.AlignmentFlag.AlignBottom)
        row.addStretch(1)
        for button in self._chips.values():
            row.addWidget(button)
        row.addWidget(self._rule)
        row.addWidget(self.pause_all)
        row.addWidget(self.more)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def _show_icons(self) -> None:
        self.more.setIcon(self._theme.icon("more", Tone.TEXT))
        held = self.pause_all.text() == self.tr("Resume all")
        self.pause_all.setIcon(self._theme.icon("play" if held else "pause", Tone.TEXT))


def _upright_rule() -> QFrame:
    rule = QFrame()
    rule.setFrameShape(QFrame.Shape.VLine)
    rule.setFrameShadow(QFrame.Shadow.Plain)
    rule.setForegroundRole(QPalette.ColorRole.Mid)
    rule.setFixedHeight(Space.LARGE)
    return rule
