"""The details of a whole batch: totals that add up, the worst files, its receipt."""

from __future__ import annotations

import posixpath
import time
from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from pipette.model.transfer import BatchSnapshot, FileSnapshot
from pipette.ui import words
from pipette.ui.details_facts import FactsGrid
from pipette.ui.details_words import batch_facts
from pipette.ui.sheet import Kind, mark
from pipette.ui.state_looks import state_look
from pipette.ui.theme import Theme
from pipette.ui.tokens import Space

MOST_WORST = 12


class BatchPage(QScrollArea):
    """Shows one batch. ``worst`` files are those that need someone or are being tried again."""

    receipt_wanted = Signal()

    def __init__(
        self, theme: Theme, now: Callable[[], float] = time.time, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._now = now
        self.facts = FactsGrid()
        self.worst = QListWidget()
        self.worst.setAccessibleName(self.tr("Files with trouble"))
        self.worst.setFrameShape(QFrame.Shape.NoFrame)
        self._worst_heading = _heading(self.tr("Files with trouble"))
        self.receipt = QPushButton(self.tr("Receipt"))
        self.receipt.clicked.connect(self.receipt_wanted)
        self._lay_out()

    def show_batch(self, batch: BatchSnapshot) -> None:
        self.facts.show_facts(batch_facts(batch))
        finished = batch.state.is_final
        self.receipt.setEnabled(finished)
        tip = "" if finished else self.tr("The receipt is written when the batch ends")
        self.receipt.setToolTip(tip)

    def show_worst(self, files: Sequence[FileSnapshot]) -> None:
        self.worst.clear()
        for file in files[:MOST_WORST]:
            self.worst.addItem(self._line(file))
        line = self.worst.sizeHintForRow(0) if files else 0
        self.worst.setFixedHeight(line * self.worst.count() + Space.SMALL)
        for part in (self.worst, self._worst_heading):
            part.setVisible(bool(files))

    def _line(self, file: FileSnapshot) -> QListWidgetItem:
        look = state_look(file.state, file.direction)
        name = posixpath.basename(file.name)
        item = QListWidgetItem(
            self._theme.icon(look.icon, look.tone),
            f"{name}: {words.state_words(file, self._now())}",
        )
        item.setToolTip(words.state_sentence(file, self._now()))
        return item

    def _lay_out(self) -> None:
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        page = QWidget()
        mark(page, Kind.PAGE)
        column = QVBoxLayout(page)
        column.setContentsMargins(Space.LARGE, Space.LARGE, Space.MEDIUM, Space.LARGE)
        column.setSpacing(Space.MEDIUM)
        column.addWidget(_heading(self.tr("Totals")))
        column.addWidget(self.facts)
        column.addWidget(self._worst_heading)
        column.addWidget(self.worst)
        column.addWidget(self.receipt, alignment=Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        self.setWidget(page)
        self.show_worst(())


def _heading(said: str) -> QLabel:
    label = QLabel(said)
    mark(label, Kind.STRONG)
    return label
