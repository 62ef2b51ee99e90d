"""The strip above the transfers: tabs with counts, filter chips, pause all, more."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QPalette
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QMenu,
    QSizePolicy,
    QTabBar,
    QToolButton,
    QWidget,
)

from pipette.ui import chips, figures
from pipette.ui.sheet import Kind, mark
from pipette.ui.theme import Theme
from pipette.ui.tokens import Space, Tone
from pipette.ui.transfers_rows import Chip, ChipCounts


class Tab(IntEnum):
    UPLOADS = 0
    DOWNLOADS = 1
    HISTORY = 2


_TAB_WORDS = ("Uploads", "Downloads", "History")
_FEW = (Chip.ALL, Chip.ACTIVE, Chip.NEEDS_YOU)
"""The chips that stay where there is no room for all."""
_LEAST = 300
_GAPS = 24
"""What margins and spaces between the parts take."""


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
        self.chips = self._make_chips(tuple(Chip))
        self._few_chips = self._make_chips(_FEW)
        self._rule = _upright_rule()
        self.pause_all = self._make_pause_all()
        self.more = self._make_more()
        self._lay_out()
        self._show_icons()
        theme.changed.connect(self._show_icons)

    @property
    def tab(self) -> Tab:
        return Tab(self.tabs.currentIndex())

    def show_tab_counts(self, uploads: int, downloads: int) -> None:
        for tab, count in ((Tab.UPLOADS, uploads), (Tab.DOWNLOADS, downloads)):
            number = f"  {figures.number(count)}" if count else ""
            self._set_tab_text(tab, self.tr(_TAB_WORDS[tab]) + number)

    def show_chips(self, chosen: Chip, counts: ChipCounts) -> None:
        self._chosen = chosen
        self.chips.choose(chosen.name)
        self.chips.set_counts({chip.name: counts.of(chip) for chip in Chip})
        self._few_chips.set_counts({chip.name: counts.of(chip) for chip in _FEW})
        if chosen in _FEW:
            self._few_chips.choose(chosen.name)
        self._fit()

    def show_everything_held(self, held: bool) -> None:
        """What the button for everything does next: pause or resume."""
        words = self.tr("Resume all") if held else self.tr("Pause all")
        if self.pause_all.text() != words:
            self.pause_all.setText(words)
            self.pause_all.setIcon(self._theme.icon("play" if held else "pause", Tone.TEXT))

    def show_filters(self, visible: bool) -> None:
        """History and an empty tab have neither filters nor anything to pause."""
        if visible != self._has_filters:
            self._has_filters = visible
            self._fit()

    def resizeEvent(self, event: object) -> None:
        self._fit()

    _has_filters = True
    _chosen = Chip.ALL

    def _fit(self) -> None:
        """Show what there is room for: all of it, without Pause all, with few chips, with none."""
        room = self.width() - self.tabs.sizeHint().width() - self.more.sizeHint().width() - _GAPS
        shown = self._fitting_chips(room) if self._has_filters else None
        for each in (self.chips, self._few_chips):
            each.setVisible(each is shown)
        left = room - self.chips.sizeHint().width()
        fits = shown is self.chips and left >= self.pause_all.sizeHint().width() + _GAPS
        for part in (self._rule, self.pause_all):
            part.setVisible(self._has_filters and fits)

    def _fitting_chips(self, room: int) -> chips.Chips | None:
        if self.chips.sizeHint().width() <= room:
            return self.chips
        can_show_few = self._chosen in _FEW and self._few_chips.sizeHint().width() <= room
        return self._few_chips if can_show_few else None

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

    def _make_chips(self, shown: Sequence[Chip]) -> chips.Chips:
        row = chips.Chips([chips.Chip(chip.name, self.tr(chip.value)) for chip in shown])
        row.setAccessibleName(self.tr("Filter"))
        row.chosen.connect(lambda key: self.chip_picked.emit(Chip[key]))
        return row

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
        menu.addMenu(self._filter_menu(menu))
        for action in self._more_actions():
            menu.addAction(action)
        button.setMenu(menu)
        return button

    def _filter_menu(self, parent: QMenu) -> QMenu:
        menu = QMenu(self.tr("Show"), parent)
        for chip in Chip:
            entry = menu.addAction(self.tr(chip.value))
            entry.triggered.connect(lambda _=False, chip=chip: self.chip_picked.emit(chip))
        return menu

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
        row.addWidget(self.chips)
        row.addWidget(self._few_chips)
        row.addWidget(self._rule)
        row.addWidget(self.pause_all)
        row.addWidget(self.more)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(_LEAST)

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
