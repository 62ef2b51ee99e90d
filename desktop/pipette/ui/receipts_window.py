"""The receipts window: all receipts at the left, the chosen one at the right. Not modal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHeaderView,
    QLineEdit,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from pipette.engine.queue import Queue
from pipette.model.receipt_document import Json, csv_text, json_text, md5sum_text
from pipette.model.transfer import BatchId, Changes
from pipette.ui import words_places
from pipette.ui.background import Background
from pipette.ui.delegates import StateDelegate, TextDelegate
from pipette.ui.receipts_document import Document, check_lines
from pipette.ui.receipts_list import Column, ReceiptListModel
from pipette.ui.receipts_view import ReceiptView
from pipette.ui.row_views import RowTable
from pipette.ui.theme import Theme
from pipette.ui.tokens import Size, Space
from pipette.ui.transfers_loading import HistoryLoader
from pipette.ui.transfers_page import quiet_line

ASK_AGAIN_MS = 1000

ReadReceipt = Callable[[BatchId], Mapping[str, Json]]
"""Reads or makes the receipt document of a batch. Blocks; raises OSError or LookupError."""

_WRITERS: Mapping[str, Callable[[Document], str]] = {
    ".json": json_text,
    ".csv": csv_text,
    ".md5": md5sum_text,
}
_FILTERS = "JSON (*.json);;CSV (*.csv);;md5sum list (*.md5)"


class ReceiptsWindow(QWidget):
    """Open it with ``open_receipt`` or ``show``; give it the ``Changes`` so that it stays true."""

    trouble = Signal(object)
    """Exception: a receipt could not be read or saved."""

    def __init__(
        self,
        queue: Queue,
        background: Background,
        theme: Theme,
        read_receipt: ReadReceipt,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self._queue = queue
        self._background = background
        self._read_receipt = read_receipt
        self._open: BatchId | None = None
        self._checks_before: int | None = None
        """While the platform is being asked again: how many answers the receipt had."""
        self._asking = QTimer(self)
        self._asking.setInterval(ASK_AGAIN_MS)
        self._asking.timeout.connect(self._look_for_answer)
        self.model = ReceiptListModel(parent=self)
        self._history = HistoryLoader(queue, background, self.model, self.trouble.emit)
        self.search = QLineEdit()
        self.list = RowTable(theme, Size.ROW)
        self.view = ReceiptView(theme)
        self._note = quiet_line("")
        self._right = QStackedWidget()
        self._set_up_list(theme)
        self._lay_out()
        self.search.textChanged.connect(self._seek)
        self.view.check_again_wanted.connect(self._check_again)
        self.view.save_wanted.connect(self._ask_where)

    def open_receipt(self, batch: BatchId) -> None:
        """Show this receipt, whether or not the list has come to it."""
        self._stop_asking()
        self._open = batch
        self._say(self.tr("Loading…"))
        if self.isVisible():
            self._read(batch)
        self.show()
        self.raise_()
        self.activateWindow()

    def show_changes(self, changes: Changes) -> None:
        """Keep the list and the open receipt in step with the queue."""
        if not self.isVisible():
            return
        self.model.put_batches(changes.batches)
        if self._open in {batch.id for batch in changes.batches} and self._open is not None:
            self._read(self._open)

    def save_to(self, path: Path) -> None:
        """In the form its ending asks for; JSON when it has none of ours."""
        write = _WRITERS.get(path.suffix.lower(), json_text)
        document = self.view.document
        self._background.run(
            lambda: path.write_text(write(document), encoding="utf-8", newline="\n"),
            lambda _: None,
            self.trouble.emit,
        )

    def showEvent(self, event: object) -> None:
        self._history.refresh()
        if self._open:
            self._read(self._open)

    def hideEvent(self, event: object) -> None:
        self._stop_asking()

    def _seek(self, text: str) -> None:
        self.model.search(text)
        self.model.fetchMore(QModelIndex())
        self._choose_open()

    def _choose(self, current: QModelIndex) -> None:
        if not current.isValid():
            return
        batch = self.model.batch_at(current.row()).id
        if batch != self._open:
            self._stop_asking()
            self._open = batch
            self._read(batch)

    def _choose_open(self) -> None:
        """After the list was made anew: the cursor back onto what is shown."""
        place = self.model.place_of(self._open) if self._open else None
        if place is not None:
            self.list.setCurrentIndex(self.model.index(place, 0))

    def _read(self, batch: BatchId) -> None:
        self._background.run(
            lambda: self._read_receipt(batch),
            lambda document: self._take(batch, document),
            lambda error: self._fail(batch, error),
        )

    def _take(self, batch: BatchId, document: Document) -> None:
        if batch != self._open or self._still_waits(document):
            return
        self._stop_asking()
        self.view.show_document(document)
        self._right.setCurrentWidget(self.view)
        self.setWindowTitle(self.tr("Receipt: {number}").format(number=document.get("number")))

    def _fail(self, batch: BatchId, error: Exception) -> None:
        self._stop_asking()
        if batch == self._open:
            self._say(self.tr("This receipt could not be read."))
        self.trouble.emit(error)

    def _say(self, said: str) -> None:
        self._note.setText(said)
        self._right.setCurrentWidget(self._note)

    def _check_again(self) -> None:
        if self._open:
            self._checks_before = len(check_lines(self.view.document))
            self._queue.recheck(self._open)
            self.view.show_asked()
            self._asking.start()

    def _look_for_answer(self) -> None:
        # The queue tells only of batches on its list; an older one is known by its receipt alone.
        if self._open:
            self._read(self._open)

    def _still_waits(self, document: Document) -> bool:
        before = self._checks_before
        is_same = document.get("number") == self.view.document.get("number")
        return before is not None and is_same and len(check_lines(document)) <= before

    def _stop_asking(self) -> None:
        self._checks_before = None
        self._asking.stop()

    def _ask_where(self) -> None:
        name = f"receipt-{self._open}.json"
        title = self.tr("Save receipt")
        path, _filter = QFileDialog.getSaveFileName(self, title, name, _FILTERS)
        if path:
            self.save_to(Path(path))

    def _set_up_list(self, theme: Theme) -> None:
        self.list.setModel(self.model)
        self.list.setAccessibleName(self.tr("Receipts"))
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setItemDelegate(TextDelegate(theme, self.list))
        self.list.setItemDelegateForColumn(Column.RESULT, StateDelegate(theme, self.list))
        header = self.list.horizontalHeader()
        header.setSectionResizeMode(Column.NAME, QHeaderView.ResizeMode.Stretch)
        self.list.setColumnWidth(Column.FINISHED, 124)
        self.list.setColumnWidth(Column.RESULT, 126)
        self.list.selectionModel().currentRowChanged.connect(lambda now, _: self._choose(now))
        self.model.modelReset.connect(self._choose_open)

    def _lay_out(self) -> None:
        self.setWindowTitle(self.tr("Receipts"))
        self.resize(1360, 760)
        self.search.setPlaceholderText(self.tr("Search by batch, place, person or date"))
        self.search.setClearButtonEnabled(True)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, Space.SMALL, 0, 0)
        field = QVBoxLayout()
        field.setContentsMargins(Space.SMALL, 0, Space.SMALL, 0)
        field.addWidget(self.search)
        column.addLayout(field)
        column.addWidget(self.list, 1)
        self._right.addWidget(self._note)
        self._right.addWidget(self.view)
        self._say(words_places.EMPTY_HISTORY)
        both = QSplitter()
        both.addWidget(left)
        both.addWidget(self._right)
        both.setSizes([390, 970])
        both.setStretchFactor(1, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(both)
