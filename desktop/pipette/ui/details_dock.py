"""The details panel at the right: everything about the row under the cursor."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDockWidget,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from pipette.engine.queue import Queue
from pipette.model.transfer import (
    BatchId,
    BatchSnapshot,
    Details,
    FileSnapshot,
    State,
    TransferId,
)
from pipette.ui.background import Background, Errand
from pipette.ui.details_batch import MOST_WORST, BatchPage
from pipette.ui.details_checksums import ChecksumsTab
from pipette.ui.details_header import DetailsHeader
from pipette.ui.details_log import LogTab
from pipette.ui.details_parts import PartsTab
from pipette.ui.roles import RowAction
from pipette.ui.theme import Theme
from pipette.ui.tokens import Size, Space
from pipette.ui.transfers_orders import TransferOrders
from pipette.ui.transfers_page import quiet_line
from pipette.ui.transfers_rows import Chosen

_READ_EACH = 1.0
"""Seconds between two readings of the same file's log and checks."""
_FILES_AT_ONCE = 5_000
_TROUBLED = (State.NEEDS_YOU, State.FAILED, State.NEEDS_SIGN_IN, State.RETRYING, State.UNPROVEN)


class DetailsDock(QDockWidget):
    """Give it the row with ``show_row`` as often as it changes; it reads the rest on workers.

    ``clean`` strips keys and signed addresses from text that leaves the program.
    """

    trouble = Signal(object)
    """Exception: the journal could not be read."""

    def __init__(
        self,
        queue: Queue,
        background: Background,
        theme: Theme,
        orders: TransferOrders,
        clean: Callable[[str], str],
        home: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._queue = queue
        self._background = background
        self._orders = orders
        self._clock = clock
        self._chosen: Chosen | None = None
        self._errand: Errand[Details | None] | Errand[list[FileSnapshot]] | None = None
        self._read: TransferId | BatchId | None = None
        self._read_at = 0.0
        self.header = DetailsHeader(theme)
        self.parts = PartsTab(theme, now)
        self.checksums = ChecksumsTab(theme)
        self.log = LogTab(clean, home or Path.home())
        self.batch = BatchPage(theme, now)
        self.tabs = QTabWidget()
        self._pages = QStackedWidget()
        self._nothing = quiet_line(self.tr("Choose a transfer to see its parts and checks."))
        self._whole = QStackedWidget()
        self._lay_out()
        self.header.action_wanted.connect(self._perform)
        self.header.close_wanted.connect(self.close)
        self.batch.receipt_wanted.connect(lambda: self._perform(RowAction.RECEIPT))
        self.visibilityChanged.connect(self._show_again)

    def show_row(self, chosen: Chosen | None) -> None:
        """The row under the cursor of the list, or None."""
        is_other = _id_of(chosen) != _id_of(self._chosen)
        self._chosen = chosen
        if is_other:
            self._forget()
        if not self.isHidden():
            self._show(chosen)

    def _show_again(self, visible: bool) -> None:
        if visible:
            self._show(self._chosen)

    def _show(self, chosen: Chosen | None) -> None:
        if chosen is None:
            self._whole.setCurrentWidget(self._nothing)
            return
        self._whole.setCurrentIndex(0)
        self.header.show_chosen(chosen)
        if isinstance(chosen.snapshot, BatchSnapshot):
            self._show_batch(chosen.snapshot)
        else:
            self._show_file(chosen.snapshot)

    def _show_batch(self, batch: BatchSnapshot) -> None:
        self._pages.setCurrentWidget(self.batch)
        self.batch.show_batch(batch)
        if not batch.count(*_TROUBLED):
            self.batch.show_worst(())
        elif self._may_read(batch.id):
            self._errand = self._background.run(
                lambda: _worst_of(self._queue, batch.id), self._take_worst, self._fail
            )

    def _show_file(self, file: FileSnapshot) -> None:
        self._pages.setCurrentWidget(self.tabs)
        errors = self._details.part_errors if self._details else ()
        self.parts.show_file(file, errors)
        if self._may_read(file.id):
            self._errand = self._background.run(
                lambda: self._queue.details(file.id), self._take_details, self._fail
            )

    _details: Details | None = None

    def _may_read(self, what: TransferId | BatchId) -> bool:
        """Once at first, then at most once a second, and never twice at a time."""
        is_due = self._read != what or self._clock() - self._read_at >= _READ_EACH
        if self._errand is not None or not is_due:
            return False
        self._read, self._read_at = what, self._clock()
        return True

    def _take_details(self, details: Details | None) -> None:
        self._errand = None
        self._details = details
        if details is None:
            return
        self.checksums.show_details(details)
        self.log.show_lines(details.log)
        if self._chosen and isinstance(self._chosen.snapshot, FileSnapshot):
            self.parts.show_file(self._chosen.snapshot, details.part_errors)

    def _take_worst(self, files: Sequence[FileSnapshot]) -> None:
        self._errand = None
        self.batch.show_worst(files)

    def _fail(self, error: Exception) -> None:
        self._errand = None
        self.trouble.emit(error)

    def _forget(self) -> None:
        """Another row: what is being read for the old one is not wanted any more."""
        if self._errand is not None:
            self._errand.drop()
        self._errand = self._details = self._read = None
        self.checksums.show_checks(())
        self.log.show_lines(())
        self.batch.show_worst(())

    def _perform(self, action: RowAction) -> None:
        if self._chosen:
            self._orders.perform(action, [self._chosen.snapshot])

    def _lay_out(self) -> None:
        self.setWindowTitle(self.tr("Details"))
        self.setObjectName("details")
        self.setFeatures(QDockWidget.DockWidgetFeature.DockWidgetClosable)
        self.setAllowedAreas(
            Qt.DockWidgetArea.RightDockWidgetArea | Qt.DockWidgetArea.LeftDockWidgetArea
        )
        self.setTitleBarWidget(_no_title())
        self.tabs.addTab(self.parts, self.tr("Parts"))
        self.tabs.addTab(self.checksums, self.tr("Checksums"))
        self.tabs.addTab(self.log, self.tr("Log"))
        self._pages.addWidget(self.tabs)
        self._pages.addWidget(self.batch)
        filled = QWidget()
        column = QVBoxLayout(filled)
        column.setContentsMargins(1, 0, 0, 0)  # leaves the hairline at the edge in sight
        column.setSpacing(Space.TINY)
        column.addWidget(self.header)
        column.addWidget(self._pages, 1)
        self._whole.addWidget(filled)
        self._whole.addWidget(self._nothing)
        self._whole.setCurrentWidget(self._nothing)
        self.setWidget(self._whole)
        self.setMinimumWidth(Size.DETAILS)


def _worst_of(queue: Queue, batch: BatchId) -> list[FileSnapshot]:
    """The first files with trouble, in their order. Reads until it has enough."""
    found: list[FileSnapshot] = []
    position = -1
    while len(found) < MOST_WORST:
        files = queue.files(batch, position, _FILES_AT_ONCE)
        found += [file for file in files if file.state in _TROUBLED]
        if len(files) < _FILES_AT_ONCE:
            break
        position = files[-1].position
    return found[:MOST_WORST]


def _id_of(chosen: Chosen | None) -> TransferId | BatchId | None:
    return chosen.snapshot.id if chosen else None


def _no_title() -> QWidget:
    """The panel's own head has the name and the close button."""
    title = QWidget()
    title.setFixedHeight(0)
    return title
