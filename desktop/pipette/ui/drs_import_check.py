"""The second page of an import: what was read, what is wrong with it, and where it shall go."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from pipette.model.drs_manifest import Manifest
from pipette.model.drs_table import Role, Table
from pipette.ui import words_drs
from pipette.ui.chips import Chip, Chips
from pipette.ui.drs_import_columns import ColumnsStrip
from pipette.ui.drs_import_tables import CheckRows, ImportTable
from pipette.ui.drs_import_target import TargetForm
from pipette.ui.sheet import Kind, mark
from pipette.ui.theme import Theme
from pipette.ui.tokens import Size, Space, Tone

ALL, FINE, ASIDE = "all", "fine", "aside"


class CheckPage(QWidget):
    start_wanted = Signal()
    other_list_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark(self, Kind.PAGE)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._manifest = Manifest("", ())
        self.columns = ColumnsStrip()
        self.chips = Chips(
            [
                Chip(ALL, self.tr("All")),
                Chip(FINE, self.tr("Fine")),
                Chip(ASIDE, self.tr("Set aside")),
            ]
        )
        self.rows = CheckRows(self)
        self.table = ImportTable(self.rows, theme)
        self.table.allow_mending()
        self.target = TargetForm()
        self.other = QPushButton(self.tr("Choose another list…"))
        self.start = QPushButton()
        self._name = QLabel()
        self._read = QLabel()
        self._plan = QLabel()
        self._note = QLabel()
        self._icon = QLabel()
        self._theme = theme
        self._lay_out()
        self._renew()
        theme.changed.connect(self._renew)
        self.chips.chosen.connect(lambda _key: self._filter())
        self.other.clicked.connect(self.other_list_wanted)
        self.start.clicked.connect(self.start_wanted)

    def take_focus(self) -> None:
        self.table.setFocus()

    def show_table(self, name: str, table: Table, roles: Sequence[Role]) -> None:
        self._name.setText(name)
        self.columns.show_table(table, roles)

    def show_manifest(self, manifest: Manifest) -> None:
        """The rows as they are judged now."""
        self._manifest = manifest
        self._read.setText(words_drs.read_words(manifest))
        fine, aside = len(manifest.fine), len(manifest.set_aside)
        self.chips.set_counts({ALL: len(manifest.rows), FINE: fine, ASIDE: aside})
        self.start.setText(words_drs.start_words(fine))
        self._filter()

    def show_plan(self, plan: str, note: str, *, can_start: bool) -> None:
        """How long it takes, what else is to be known, and whether it can be begun."""
        self._plan.setText(plan)
        self._note.setText(note)
        self.start.setEnabled(can_start)

    @property
    def plan(self) -> str:
        return self._plan.text()

    @property
    def note(self) -> str:
        return self._note.text()

    @property
    def read(self) -> str:
        return self._read.text()

    def _filter(self) -> None:
        shown = {
            ALL: self._manifest.rows,
            FINE: self._manifest.fine,
            ASIDE: self._manifest.set_aside,
        }
        self.rows.renew_rows(shown[self.chips.current])

    def _renew(self) -> None:
        self._icon.setPixmap(self._theme.pixmap("file", Tone.ACCENT, Size.ICON_LARGE))

    def _lay_out(self) -> None:
        title = QLabel(words_drs.TITLE)
        mark(title, Kind.TITLE)
        top = QVBoxLayout()
        top.setContentsMargins(Space.WIDE, Space.LARGE, Space.WIDE, Space.SMALL)
        top.setSpacing(Space.SMALL)
        top.addWidget(title)
        top.addLayout(self._list_line())
        top.addWidget(self.columns)
        top.addWidget(self.chips, alignment=Qt.AlignmentFlag.AlignLeft)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self.table, 1)
        column.addWidget(self._footer())

    def _list_line(self) -> QHBoxLayout:
        mark(self._name, Kind.STRONG)
        mark(self._read, Kind.LEAD)
        mark(self.other, Kind.LINK)
        line = QHBoxLayout()
        line.setSpacing(Space.SMALL)
        for widget in (self._icon, self._name, self._read, self.other):
            line.addWidget(widget)
        line.addStretch(1)
        return line

    def _footer(self) -> QWidget:
        mark(self.start, Kind.PRIMARY)
        mark(self._plan, Kind.SECONDARY)
        mark(self._note, Kind.SECONDARY)
        self._note.setWordWrap(True)
        self._plan.setWordWrap(True)
        self.start.setDefault(True)
        said = QVBoxLayout()
        said.setSpacing(2)
        said.addWidget(self._plan)
        said.addWidget(self._note)
        last = QHBoxLayout()
        last.setSpacing(Space.LARGE)
        last.addLayout(said, 1)
        last.addWidget(self.start, alignment=Qt.AlignmentFlag.AlignBottom)
        footer = QWidget()
        mark(footer, Kind.FOOTER)
        footer.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(footer)
        column.setContentsMargins(Space.WIDE, Space.MEDIUM, Space.WIDE, Space.MEDIUM)
        column.setSpacing(Space.MEDIUM)
        column.addWidget(self.target)
        column.addLayout(last)
        return footer
