"""The bar of an import: one cell for each request to the platform."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from pipette.engine.drs_rows import JobState, JobView
from pipette.model.transfer import State
from pipette.ui import figures
from pipette.ui.aliquot import CellKind, cell_count, paint_aliquot
from pipette.ui.theme import Theme

HEIGHT = 14
_MOST_CELLS = 200
_KINDS = {
    JobState.NEW: CellKind.TO_GO,
    JobState.SENDING: CellKind.RETRYING,
    JobState.SENT: CellKind.GOING,
    JobState.FINISHED: CellKind.ARRIVED,
}
_WORST_FIRST = (CellKind.RETRYING, CellKind.GOING, CellKind.TO_GO, CellKind.ARRIVED)


def cells_of_jobs(jobs: Sequence[JobView], count: int) -> tuple[CellKind, ...]:
    """At most ``count`` cells; where a cell stands for several requests it shows the worst."""
    kinds = [_KINDS[job.state] for job in jobs]
    if len(kinds) <= count:
        return tuple(kinds)
    shares = [
        kinds[at * len(kinds) // count : (at + 1) * len(kinds) // count] for at in range(count)
    ]
    return tuple(next(kind for kind in _WORST_FIRST if kind in share) for share in shares)


class RequestBar(QWidget):
    """Solid: finished. Half full: the platform works on it. Hatched: its answer was lost."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._jobs: Sequence[JobView] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def show_jobs(self, jobs: Sequence[JobView]) -> None:
        self._jobs = jobs
        done = sum(job.state is JobState.FINISHED for job in jobs)
        there = sum(job.state in {JobState.SENT, JobState.SENDING} for job in jobs)
        self.setAccessibleName(self.tr("Requests"))
        self.setAccessibleDescription(
            self.tr("{done} of {all} finished, {there} at the platform").format(
                done=figures.number(done), all=figures.number(len(jobs)), there=there
            )
        )
        self.update()

    @property
    def cells(self) -> tuple[CellKind, ...]:
        return cells_of_jobs(self._jobs, cell_count(self.width(), _MOST_CELLS))

    def sizeHint(self) -> QSize:
        return QSize(400, HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        box = QRectF(self.rect())
        tokens = self._theme.tokens
        paint_aliquot(painter, box, self.cells, tokens, State.MOVING, HEIGHT)
        painter.end()
