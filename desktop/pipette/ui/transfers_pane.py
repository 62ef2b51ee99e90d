"""Uploads, downloads and history: the lower half of the window, and the beat of its figures.

The pane asks the queue four times a second what changed, hands that to its lists and passes it on
with ``changes_taken``. Nothing else in the window may call ``queue.changes``, which tells each
change once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QByteArray, QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QStackedWidget, QVBoxLayout, QWidget

from pipette.engine.queue import Queue
from pipette.model.transfer import BatchSnapshot, Direction, QueueMove
from pipette.ui import words_places
from pipette.ui.background import Background
from pipette.ui.roles import RowAction
from pipette.ui.sheet import Kind, mark
from pipette.ui.start_page import TipsStrip
from pipette.ui.theme import Theme
from pipette.ui.transfers_announce import Announcer, speaker
from pipette.ui.transfers_bar import Tab, TransfersBar
from pipette.ui.transfers_export import list_csv
from pipette.ui.transfers_loading import FilesLoader, HistoryLoader
from pipette.ui.transfers_menu import MenuOrders, row_menu
from pipette.ui.transfers_model import TransfersModel
from pipette.ui.transfers_orders import Snapshot, TransferOrders, everything_is_held
from pipette.ui.transfers_page import TransfersPage, quiet_line
from pipette.ui.transfers_rows import BatchRow, Chip, Chosen, FileRow, Row, needs_someone

BEAT_MS = 250


class TransfersPane(QWidget):
    """Shows the queue and passes on what a person asks of it.

    ``start`` begins the beat; ``refresh`` is one beat. ``nothing_sent`` is shown while there are
    no uploads at all; three tips unless another widget is given.
    """

    changes_taken = Signal(object)
    """Changes, after the lists took them."""
    row_chosen = Signal(object)
    """Chosen (the row under the cursor), again whenever it changes; None for none."""
    receipts_wanted = Signal()
    trouble = Signal(object)
    """Exception: the journal could not be read or a list not be written."""

    def __init__(
        self,
        queue: Queue,
        background: Background,
        theme: Theme,
        orders: TransferOrders,
        nothing_sent: QWidget | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._queue = queue
        self._background = background
        self._theme = theme
        self._orders = orders
        self._now = now
        self._told: Chosen | None = None
        self._sought: BatchRow | None = None
        self._announcer = Announcer(speaker(self), clock)
        self.bar = TransfersBar(theme)
        self.pages = self._make_pages(nothing_sent or _tips(theme), clock)
        self._stack = QStackedWidget()
        self._loaders = [self._loader(page.model) for page in self.pages.values()]
        self._history = HistoryLoader(
            queue, background, self.pages[Tab.HISTORY].model, self.trouble.emit
        )
        self._timer = QTimer(self)
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self.refresh)
        self._lay_out()
        self._connect_bar()
        for page in self.pages.values():
            self._connect_page(page)
        self._show_counts()

    # The beat.

    def start(self) -> None:
        self.refresh()
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    def refresh(self) -> None:
        """Take what changed since the last time."""
        changes = self._queue.changes()
        for tab in (Tab.UPLOADS, Tab.DOWNLOADS):
            page = self.pages[tab]
            page.table.tell_visible()
            page.model.update(changes)
        if changes.removed and self.bar.tab is Tab.HISTORY:
            self._history.refresh()
        self._tell_chosen()
        self._announcer.take(changes)
        self.changes_taken.emit(changes)

    # What the window asks for by menu and key.

    @property
    def page(self) -> TransfersPage:
        """The tab in front."""
        return self.pages[self.bar.tab]

    def selected(self) -> list[Snapshot]:
        return [row.snapshot for row in self.page.table.selected_rows()]

    def perform(self, action: RowAction) -> None:
        """Do it to all chosen rows."""
        self._orders.perform(action, self.selected())

    def pause_or_resume_selected(self) -> None:
        self._orders.pause_or_resume(self.selected())

    def move_selected(self, to: QueueMove) -> None:
        self._orders.move(self.selected(), to)

    def pause_or_resume_all(self) -> None:
        self._orders.pause_or_resume_all(self._queued())

    def show_tab(self, tab: Tab) -> None:
        self.bar.tabs.setCurrentIndex(tab)

    def show_chip(self, chip: Chip) -> None:
        self.page.model.set_chip(chip)
        self._show_counts()

    def show_what_needs_you(self) -> None:
        """From the status bar: the filter, in the first tab where it finds something."""
        tabs = [tab for tab in (Tab.UPLOADS, Tab.DOWNLOADS) if self._needing(tab)]
        self.show_tab(tabs[0] if tabs else Tab.UPLOADS)
        self.show_chip(Chip.NEEDS_YOU)

    def go_to_next_needing(self) -> None:
        """To the next file that waits for a decision, opening its batch where it must."""
        page = self.page
        place = next(iter(self._places_ahead(page)), None)
        if place is None:
            return
        page.table.setFocus()
        page.table.choose(place)
        row = page.model.row_at(place)
        if isinstance(row, BatchRow):
            self._sought = row
            page.model.open_batch(row)

    def open_newest(self) -> None:
        """Show the files of the batch that was added last."""
        listed = self.page.model.listed
        if listed:
            self.page.model.open_batch(listed[-1])

    def export_list(self) -> None:
        """Ask where to, then write what the tab in front lists."""
        title = self.tr("Export list")
        path, _filter = QFileDialog.getSaveFileName(self, title, "transfers.csv", "CSV (*.csv)")
        if path:
            self.export_to(Path(path))

    def export_to(self, path: Path) -> None:
        text = list_csv([row.snapshot for row in self.page.model.rows()], self._now())
        self._background.run(
            lambda: path.write_text(text, encoding="utf-8"), lambda _: None, self.trouble.emit
        )

    def save_columns(self) -> QByteArray:
        return self.pages[Tab.UPLOADS].table.save_columns()

    def restore_columns(self, state: QByteArray) -> None:
        for page in self.pages.values():
            page.table.restore_columns(state)

    def make_rows_comfortable(self, comfortable: bool) -> None:
        for page in self.pages.values():
            page.table.make_rows_comfortable(comfortable)

    # Set-up.

    def _make_pages(
        self, nothing_sent: QWidget, clock: Callable[[], float]
    ) -> dict[Tab, TransfersPage]:
        def page(shows: Shows, order: Order, nothing_yet: QWidget) -> TransfersPage:
            model = TransfersModel(shows, order, clock, self._now, self)
            return TransfersPage(model, self._theme, nothing_yet)

        no_downloads = quiet_line(words_places.EMPTY_DOWNLOADS)
        no_history = quiet_line(words_places.EMPTY_HISTORY)
        return {
            Tab.UPLOADS: page(_is_upload, _queue_order, nothing_sent),
            Tab.DOWNLOADS: page(_is_download, _queue_order, no_downloads),
            Tab.HISTORY: page(lambda _batch: True, _newest_first, no_history),
        }

    def _loader(self, model: TransfersModel) -> FilesLoader:
        # Watched first: what changes while the files are read must not be missed.
        model.opened.connect(lambda _: self._watch())
        model.closed.connect(lambda _: self._watch())
        return FilesLoader(self._queue, self._background, model, self.trouble.emit)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(self._stack, 1)
        self._stack.setMinimumWidth(self.bar.minimumWidth())
        for tab, page in self.pages.items():
            page.table.setAccessibleName(self.bar.tabs.tabText(tab))
            self._stack.addWidget(page)

    def _connect_bar(self) -> None:
        self.bar.tab_picked.connect(self._show_tab)
        self.bar.chip_picked.connect(self.show_chip)
        self.bar.pause_all_wanted.connect(self.pause_or_resume_all)
        self.bar.clear_finished_wanted.connect(self._queue.clear_finished)
        self.bar.export_wanted.connect(self.export_list)
        self.bar.receipts_wanted.connect(self.receipts_wanted)

    def _connect_page(self, page: TransfersPage) -> None:
        table, model = page.table, page.model
        table.rows_chosen.connect(self._tell_chosen)
        table.action_wanted.connect(self.perform)
        table.row_action_wanted.connect(self._perform_on_row)
        table.pause_or_resume_wanted.connect(self.pause_or_resume_selected)
        table.move_wanted.connect(self.move_selected)
        table.moved_by.connect(self._orders.move_by)
        table.next_needing_wanted.connect(self.go_to_next_needing)
        table.customContextMenuRequested.connect(self._show_menu)
        model.figures_changed.connect(self._show_counts)
        model.filled.connect(self._choose_sought)

    # Reactions.

    def _show_tab(self, tab: Tab) -> None:
        self._stack.setCurrentWidget(self.pages[tab])
        self._show_counts()
        self._tell_chosen()
        if tab is Tab.HISTORY:
            self._history.refresh()

    def _show_counts(self) -> None:
        uploads, downloads = self.pages[Tab.UPLOADS].model, self.pages[Tab.DOWNLOADS].model
        self.bar.show_tab_counts(len(uploads.batches), len(downloads.batches))
        self.bar.show_chips(self.page.model.chip, self.page.model.chip_counts)
        self.bar.show_everything_held(everything_is_held(self._queued()))
        self.bar.show_filters(self.bar.tab is not Tab.HISTORY and bool(self.page.model.batches))

    def _watch(self) -> None:
        opened = [batch for page in self.pages.values() for batch in page.model.open_batches]
        self._queue.watch(frozenset(opened))

    def _perform_on_row(self, action: RowAction, row: Row) -> None:
        """A small button acts on all chosen rows when its own row is one of them."""
        chosen = self.selected()
        rows = chosen if row.snapshot in chosen else [row.snapshot]
        self._orders.perform(action, rows)

    def _show_menu(self, point: QPoint) -> None:
        rows = self.selected()
        if not rows:
            return
        menu = row_menu(self, self._theme, rows, self._menu_orders())
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.page.table.viewport().mapToGlobal(point))

    def _menu_orders(self) -> MenuOrders:
        return MenuOrders(
            self.perform,
            self.move_selected,
            lambda rule: self._orders.decide(self.selected(), rule),
        )

    def _tell_chosen(self) -> None:
        row = self.page.table.current_row()
        chosen = Chosen.of(row) if row else None
        if chosen != self._told:
            self._told = chosen
            self.row_chosen.emit(chosen)

    def _choose_sought(self, batch: BatchRow) -> None:
        if batch is not self._sought:
            return
        self._sought = None
        self.go_to_next_needing()

    def _places_ahead(self, page: TransfersPage) -> list[int]:
        """Rows that need someone, in the order in which the cursor would meet them."""
        here = page.table.currentIndex().row()
        rows = page.model.rows()
        places = [place for place, row in enumerate(rows) if _needs_visit(row)]
        return [p for p in places if p > here] + [p for p in places if p <= here]

    def _queued(self) -> list[BatchSnapshot]:
        tabs = (Tab.UPLOADS, Tab.DOWNLOADS)
        return [batch.snapshot for tab in tabs for batch in self.pages[tab].model.batches]

    def _needing(self, tab: Tab) -> int:
        return self.pages[tab].model.chip_counts.needs_you


Shows = Callable[[BatchSnapshot], bool]
Order = Callable[[BatchSnapshot], float]


def _tips(theme: Theme) -> QWidget:
    tips = TipsStrip(theme)
    mark(tips, Kind.PAGE)
    tips.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    return tips


def _needs_visit(row: Row) -> bool:
    if isinstance(row, FileRow):
        return row.snapshot.state.needs_someone
    return not row.is_open and needs_someone(row.snapshot) > 0


def _is_upload(batch: BatchSnapshot) -> bool:
    return batch.direction is not Direction.DOWNLOAD


def _is_download(batch: BatchSnapshot) -> bool:
    return batch.direction is Direction.DOWNLOAD


def _queue_order(batch: BatchSnapshot) -> float:
    return batch.order


def _newest_first(batch: BatchSnapshot) -> float:
    return -(batch.finished_at or batch.created_at)
