"""One tab of the transfers: its list, or what is said while there is nothing in it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QStackedWidget, QWidget

from pipette.ui import words_places
from pipette.ui.theme import Theme
from pipette.ui.transfers_model import TransfersModel
from pipette.ui.transfers_rows import Chip
from pipette.ui.transfers_table import TransfersTable

_NOTHING_UNDER = {
    Chip.ACTIVE: words_places.EMPTY_ACTIVE,
    Chip.WAITING: words_places.EMPTY_WAITING,
    Chip.NEEDS_YOU: words_places.EMPTY_NEEDS_YOU,
    Chip.DONE: words_places.EMPTY_DONE,
}


class TransfersPage(QStackedWidget):
    """Swaps between the table, ``nothing_yet`` and one line for an empty filter."""

    def __init__(
        self,
        model: TransfersModel,
        theme: Theme,
        nothing_yet: QWidget,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.model = model
        self.table = TransfersTable(model, theme)
        self._nothing_yet = nothing_yet
        self._nothing_here = quiet_line("")
        for page in (self.table, nothing_yet, self._nothing_here):
            self.addWidget(page)
        for signal in (model.rowsInserted, model.rowsRemoved, model.modelReset):
            signal.connect(self.show_what_there_is)
        self.show_what_there_is()

    def show_what_there_is(self) -> None:
        if self.model.rowCount():
            self.setCurrentWidget(self.table)
        elif self.model.chip is Chip.ALL:
            self.setCurrentWidget(self._nothing_yet)
        else:
            self._nothing_here.setText(_NOTHING_UNDER[self.model.chip])
            self.setCurrentWidget(self._nothing_here)


def quiet_line(words: str) -> QLabel:
    """One sentence in the middle of an empty list."""
    line = QLabel(words)
    line.setAlignment(Qt.AlignmentFlag.AlignCenter)
    line.setWordWrap(True)
    line.setAutoFillBackground(True)
    line.setBackgroundRole(line.palette().ColorRole.Base)
    return line
