"""The Parts tab: plate or list, the card of the chosen well, and the checks so far."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QScrollArea,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from pipette.model.transfer import FileSnapshot, PartMap, State
from pipette.ui.aliquot import CellKind
from pipette.ui.details_facts import FactsGrid
from pipette.ui.details_part_list import PartListModel
from pipette.ui.details_words import PartErrors, PartNote, checks_so_far, part_note, parts_words
from pipette.ui.plate import PlateLegend, PlateWidget
from pipette.ui.sheet import Kind, mark
from pipette.ui.theme import Theme
from pipette.ui.tokens import Size, Space, Tone

_LIST_HEIGHT = 280
_NOTE_LOOKS = {
    CellKind.ARRIVED: (Kind.NOTE_OK, "check", Tone.OK),
    CellKind.GOING: (Kind.NOTE_INFO, "upload", Tone.INFO),
    CellKind.RETRYING: (Kind.NOTE_WARN, "retry", Tone.WARN),
    CellKind.FAILED: (Kind.NOTE_ERR, "error", Tone.ERR),
    CellKind.TO_GO: (Kind.CARD, "clock", Tone.TEXT2),
}


class WellCard(QFrame):
    """What is known of the chosen well."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._kind = CellKind.TO_GO
        self._icon = QLabel()
        self._title = QLabel()
        self._text = QLabel()
        self._text.setWordWrap(True)
        mark(self._title, Kind.STRONG)
        self._lay_out()
        self._dress()
        theme.changed.connect(self._dress)

    @property
    def text(self) -> str:
        return f"{self._title.text()}\n{self._text.text()}"

    def show_note(self, note: PartNote) -> None:
        self._title.setText(note.title)
        self._text.setText(note.text)
        if note.kind is not self._kind:
            self._kind = note.kind
            self._dress()

    def _lay_out(self) -> None:
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(self._title)
        texts.addWidget(self._text)
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.MEDIUM, Space.SMALL, Space.MEDIUM, Space.SMALL)
        row.setSpacing(Space.MEDIUM)
        row.addWidget(self._icon)
        row.addLayout(texts, 1)

    def _dress(self) -> None:
        kind, icon, tone = _NOTE_LOOKS[self._kind]
        mark(self, kind)
        self._icon.setPixmap(self._theme.icon(icon, tone).pixmap(Size.ICON))


class PartsTab(QScrollArea):
    """Shows the parts of one file; a file of one piece is a plate with one well."""

    def __init__(
        self, theme: Theme, now: Callable[[], float] = time.time, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._now = now
        self._file: FileSnapshot | None = None
        self._errors: PartErrors = ()
        self._caption = QLabel()
        self.plate = PlateWidget(theme)
        self.legend = PlateLegend(theme)
        self.card = WellCard(theme)
        self.facts = FactsGrid()
        self.list_model = PartListModel(self)
        self.as_list = QPushButton(self.tr("Show as list"))
        self._list = self._list_view()
        self.plate.well_selected.connect(lambda *_: self._show_note())
        self.as_list.clicked.connect(self._swap)
        mark(self._caption, Kind.SECONDARY)
        mark(self.as_list, Kind.LINK)
        self._lay_out()

    @property
    def shows_list(self) -> bool:
        return not self._list.isHidden()

    def show_file(self, file: FileSnapshot, errors: PartErrors) -> None:
        is_other = self._file is None or file.id != self._file.id
        self._file, self._errors = file, errors
        parts = _parts_of(file)
        self.plate.show_parts(parts, file.state)
        self.legend.show_parts(parts, file.state)
        self.list_model.show_parts(file, parts, errors)
        self._caption.setText(parts_words(parts, self.plate.shape_of_plate.per_well))
        self.facts.show_facts(checks_so_far(file))
        if is_other or self.plate.selected_well is None:
            self.plate.select_well(self._most_telling_well(parts))
        self._show_note()

    def _most_telling_well(self, parts: PartMap) -> int:
        """The first with trouble, else the first that is going, else the first."""
        for bits in (parts.failed, parts.retrying, parts.moving):
            if bits:
                lowest = (bits & -bits).bit_length()
                return self.plate.shape_of_plate.well_of(lowest)
        return 0

    def _show_note(self) -> None:
        well = self.plate.selected_well
        if self._file is None or well is None:
            return
        shape = self.plate.shape_of_plate
        span = shape.parts_of(well)
        name = shape.name_of(well)
        self.card.show_note(part_note(self._file, name, span, self._errors, self._now()))

    def _swap(self) -> None:
        to_list = not self.shows_list
        self._list.setVisible(to_list)
        for part in (self.plate, self.legend):
            part.setVisible(not to_list)
        self.as_list.setText(self.tr("Show as plate") if to_list else self.tr("Show as list"))

    def _lay_out(self) -> None:
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inside = QWidget()
        mark(inside, Kind.PAGE)
        column = QVBoxLayout(inside)
        column.setContentsMargins(Space.LARGE, Space.MEDIUM, Space.MEDIUM, Space.LARGE)
        column.setSpacing(Space.SMALL)
        head = QHBoxLayout()
        head.addWidget(self._caption, 1)
        head.addWidget(self.as_list)
        column.addLayout(head)
        for widget in (self.plate, self.legend, self._list, self.card):
            column.addWidget(widget)
        column.addSpacing(Space.SMALL)
        column.addWidget(_heading(self.tr("Checks so far")))
        column.addWidget(self.facts)
        column.addStretch(1)
        self.setWidget(inside)

    def _list_view(self) -> QTableView:
        view = QTableView()
        view.setModel(self.list_model)
        view.setShowGrid(False)
        view.verticalHeader().hide()
        view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        view.verticalHeader().setDefaultSectionSize(Size.TARGET)
        view.horizontalHeader().setStretchLastSection(True)
        view.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        view.setAccessibleName(self.tr("Parts"))
        view.setMinimumHeight(_LIST_HEIGHT)
        view.hide()
        for column, width in enumerate((48, 72, 72, 150)):
            view.setColumnWidth(column, width)
        return view


def _parts_of(file: FileSnapshot) -> PartMap:
    """A file that goes in one piece has no map of its own; its one part follows its state."""
    if file.parts is not None:
        return file.parts
    states = {State.MOVING: "moving", State.RETRYING: "retrying", State.FAILED: "failed"}
    if file.state in states:
        return PartMap(1, file.size, **{states[file.state]: 1})
    has_arrived = file.arrived == file.size and (file.size > 0 or file.state.is_final)
    return PartMap(1, file.size, arrived=int(has_arrived))


def _heading(words: str) -> QLabel:
    label = QLabel(words)
    mark(label, Kind.STRONG)
    return label
