"""The remote browser: a folder at a service, its path, and what is on its way into it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from pipette.model.errors import NotAllowed, SignInNeeded
from pipette.model.files import Location, RemoteFile
from pipette.model.kinds import ServiceKind
from pipette.model.transfer import BatchId, BatchSnapshot, Changes, FileSnapshot, TransferId
from pipette.ui import words_places
from pipette.ui.background import Background, Errand
from pipette.ui.browser_cells import container_icon, is_read_only
from pipette.ui.browser_header import BrowserHeader
from pipette.ui.browser_list import BrowserList
from pipette.ui.browser_listing import Listing, ListingMemory, Lists, Remembered
from pipette.ui.browser_model import BrowserModel
from pipette.ui.browser_note import BrowserFooter, BrowserNote
from pipette.ui.browser_order import Row, rows_of
from pipette.ui.browser_rows import (
    Arrival,
    OnItsWay,
    ReadsReceipts,
    arrivals,
    on_their_way,
    touches,
)
from pipette.ui.browser_state import ListingState, below_rows, instead_of_rows
from pipette.ui.browser_trail import Trail
from pipette.ui.dropping import DropTarget
from pipette.ui.theme import Theme

QUIET_MS = 400
"""Loading that takes longer is mentioned."""
_SAID_MS = 10_000


class Browser(QWidget):
    """Shows one place at a time; everything that blocks runs on the background."""

    place_changed = Signal(object)
    """Location shown now."""
    listed = Signal(object, object)
    """Location, and the Locations of everything in it, now that all of it is known."""
    selection_changed = Signal()
    new_folder_wanted = Signal()
    path_typed = Signal(str)
    remedy_wanted = Signal(str, str)
    """Account and error kind, when the button of a failure was pressed."""
    menu_wanted = Signal(QPoint)
    """Global position for the context menu of the selected rows."""
    columns_changed = Signal()

    def __init__(
        self,
        desk: Lists,
        receipts: ReadsReceipts,
        background: Background,
        theme: Theme,
        kind_of: Callable[[str], ServiceKind],
        now: Callable[[], float] = time.time,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._desk = desk
        self._kind_of = kind_of
        self._receipts = receipts
        self._background = background
        self._now = now
        self._trail = Trail()
        self._remembered: Remembered | None = None
        self._failure: Exception | None = None
        self._batches: dict[BatchId, BatchSnapshot] = {}
        self._files: dict[TransferId, FileSnapshot] = {}
        self._proving: Errand[dict[str, Arrival]] | None = None
        self.memory = ListingMemory()
        self.model = BrowserModel(now, self)
        self.header = BrowserHeader(theme, self)
        self.list = BrowserList(theme, self.model, self)
        self.note = BrowserNote(theme, self)
        self.footer = BrowserFooter(theme, self)
        self._listing = Listing(desk, background, self.memory, now, self)
        self._stack = QStackedWidget()
        self._quiet = QTimer(self, singleShot=True, interval=QUIET_MS)
        self._said = QTimer(self, singleShot=True, interval=_SAID_MS)
        self._lay_out()
        self._connect()
        self._show_ways()

    @property
    def place(self) -> Location | None:
        return self._trail.here

    # Going places.

    def open(self, place: Location) -> None:
        self._trail.go(place)
        self._arrive()

    def back(self) -> None:
        self._return_to(self._trail.back())

    def forward(self) -> None:
        self._return_to(self._trail.forward())

    def up(self) -> None:
        place = self.place
        if place is not None and place.container:
            self.open(place.parent)
            self.list.select_names({place.name})

    def refresh(self) -> None:
        """Ask the service again; what is shown stays until the new listing is complete."""
        place = self.place
        if place is None:
            return
        chosen = {file.location.name for file in self.selected()}
        self._show()
        self.list.select_names(chosen)

    def close_account(self, account: str) -> None:
        """The location was removed, or its key belongs to someone else now."""
        self.memory.forget_account(account)
        if self.place is not None and self.place.account == account:
            self._listing.close()
        self._trail.forget_account(account)

    def edit_path(self) -> None:
        self.header.breadcrumb.edit_path()

    def focus_filter(self) -> None:
        self.header.filter.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.header.filter.selectAll()

    # What the window puts in and asks.

    def selected(self) -> list[RemoteFile]:
        return self.list.selected_files()

    def take_changes(self, changes: Changes) -> None:
        """New snapshots: rows being sent change, and what has arrived is listed anew."""
        place = self.place
        ended = self._note_batches(changes)
        self._note_files(changes)
        if place is None:
            return
        self.model.set_on_their_way(self._on_their_way(place))
        if any(touches(place, batch) for batch in ended) and not self._listing.is_running:
            self._remembered = self._remembered or Remembered(self.model.listed_rows(), self._now())
            self._listing.open(place)

    def say(self, said: str, icon: str = "info") -> None:
        """Tell in the footer, for a while, what just happened."""
        self.footer.show_words(said, icon)
        self._said.start()

    def set_narrow(self, narrow: bool) -> None:
        self.list.set_narrow(narrow)
        self.header.set_narrow(narrow)

    def drop_target(self) -> DropTarget:
        """The folder shown, which takes what is dropped anywhere else."""
        place = self.place
        if place is None:
            return DropTarget(None, self.tr("a location"))
        if isinstance(self._failure, NotAllowed):
            return DropTarget(place, place.name, self.tr("You may not look into this folder"))
        if self._is_read_only(place):
            return DropTarget(place, place.name, words_places.READ_ONLY)
        return DropTarget(place, place.name or place.account)

    def allow_new_folder(self, why_not: str) -> None:
        self.header.allow_new_folder(why_not)

    # Showing.

    def _is_read_only(self, place: Location) -> bool:
        """As the list of projects told, where it was looked at."""
        listed = self.memory.get(Location(place.account))
        project = replace(place, path="")
        rows = listed.rows if listed is not None else ()
        return any(row.file.location == project and is_read_only(row.file) for row in rows)

    def _note_batches(self, changes: Changes) -> list[BatchSnapshot]:
        """Returns those that have just ended."""
        ended = []
        for batch in changes.batches:
            before = self._batches.get(batch.id)
            if before is not None and before.finished_at is None and batch.finished_at is not None:
                ended.append(batch)
            self._batches[batch.id] = batch
        for removed in changes.removed:
            self._batches.pop(removed, None)
        return ended

    def _note_files(self, changes: Changes) -> None:
        for file in changes.files:
            if file.state.is_final:
                self._files.pop(file.id, None)
            else:
                self._files[file.id] = file
        gone = {id for id, file in self._files.items() if file.batch not in self._batches}
        for file_id in gone:
            del self._files[file_id]

    def _on_their_way(self, place: Location) -> dict[str, OnItsWay]:
        return on_their_way(place, self._batches.values(), self._files.values())

    def _return_to(self, place: Location | None) -> None:
        if place is not None:
            self._arrive()

    def _arrive(self) -> None:
        """At another place than before: what was said or looked for there is over."""
        self._said.stop()
        self.header.filter.clear()
        self._show()

    def _show(self) -> None:
        place = self.place
        if place is None:
            return
        self._failure = None
        self.header.breadcrumb.show_place(place)
        self._remembered = self._listing.remembered(place)
        self.model.set_arrivals({})
        self.model.set_on_their_way({})
        known = self._remembered.rows if self._remembered is not None else ()
        self.model.use_project_icon(container_icon(self._kind_of(place.account)))
        self.model.show(place, known, stale=self._remembered is not None)
        self.model.set_on_their_way(self._on_their_way(place))
        self._quiet.start()
        self._listing.open(place)
        self._say_state()
        self._show_ways()
        self._prove()
        self.place_changed.emit(place)

    def _take_page(self, rows: Sequence[Row]) -> None:
        if self._remembered is None:
            self.model.add(rows)
        self._say_state()

    def _complete(self) -> None:
        place = self.place
        if place is None:
            return
        if self._remembered is not None:
            chosen = {file.location.name for file in self.selected()}
            self._remembered = None
            self.model.show(place, self._listing.rows)
            self.list.select_names(chosen)
        self._say_state()
        self._prove()
        self.listed.emit(place, [row.file.location for row in self._listing.rows])

    def _fail(self, error: Exception) -> None:
        self._failure = error
        self._say_state()

    def _prove(self) -> None:
        """Look up what the receipts say about these rows."""
        place = self.place
        if self._proving is not None:
            self._proving.drop()
        if place is None or not place.container:
            return
        running = list(self._batches.values())
        self._proving = self._background.run(
            lambda: arrivals(self._receipts, place, running), self.model.set_arrivals
        )

    def _show_ways(self) -> None:
        place = self.place
        self.header.show_ways(
            back=self._trail.can_go_back,
            forward=self._trail.can_go_forward,
            up=place is not None and bool(place.container),
        )

    # Words.

    def _say_state(self) -> None:
        place = self.place
        if place is None:
            self.note.show_words(words_places.NO_LOCATION)
            self._stack.setCurrentWidget(self.note)
            return
        state = self._state(place)
        if state.shown:
            self._stack.setCurrentWidget(self.list)
        else:
            said = instead_of_rows(state)
            self.note.show_words(said.words, said.icon, said.button)
            self._stack.setCurrentWidget(self.note)
        if not self._said.isActive():
            said = below_rows(state)
            self.footer.show_words(said.words, said.icon, said.button)

    def _state(self, place: Location) -> ListingState:
        listing = self._listing
        return ListingState(
            place,
            loaded=len(listing.rows),
            shown=self.model.rowCount(),
            running=listing.is_running,
            can_go_on=listing.can_go_on,
            is_new=self._quiet.isActive(),
            remembered_at=self._remembered.at if self._remembered is not None else None,
            failure=self._failure,
            filter_text=self.header.filter.text().strip(),
            container=self._kind_of(place.account).container,
        )

    # Within.

    def _press_footer(self) -> None:
        if self._listing.is_running:
            self._listing.stop()
        elif self._listing.can_go_on and self._failure is None:
            self._listing.go_on()
            self._say_state()
        else:
            self._press_note()

    def _press_note(self) -> None:
        if isinstance(self._failure, SignInNeeded) and self.place is not None:
            self.remedy_wanted.emit(self.place.account, self._failure.kind)
            return
        self.refresh()

    def _offer_siblings(self, folder: Location) -> None:
        remembered = self.memory.get(folder)
        if remembered is not None:
            self.header.breadcrumb.offer(folder, _folders(remembered.rows))
            return
        self._background.run(
            lambda: self._desk.list(folder),
            lambda page: self.header.breadcrumb.offer(folder, _folders(rows_of(page.items))),
            lambda error: self.say(self.tr("The folders could not be listed."), "warn"),
        )

    def _filter(self, text: str) -> None:
        self.model.set_filter(text)
        self._say_state()

    def _lay_out(self) -> None:
        self._stack.addWidget(self.list)
        self._stack.addWidget(self.note)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self._stack, 1)
        column.addWidget(self.footer)

    def _connect(self) -> None:
        header, crumbs = self.header, self.header.breadcrumb
        header.back.connect(self.back)
        header.forward.connect(self.forward)
        header.up.connect(self.up)
        header.new_folder.connect(self.new_folder_wanted)
        header.columns.connect(self._show_columns)
        header.filter.textChanged.connect(self._filter)
        header.filter.list_wanted.connect(self.list.setFocus)
        crumbs.chosen.connect(self.open)
        crumbs.typed.connect(self.path_typed)
        crumbs.siblings_wanted.connect(self._offer_siblings)
        self._listing.page_arrived.connect(self._take_page)
        self._listing.finished.connect(self._complete)
        self._listing.halted.connect(self._say_state)
        self._listing.failed.connect(self._fail)
        self.list.opened.connect(lambda file: self.open(file.location))
        self.list.back_wanted.connect(self.up)
        self.list.columns_changed.connect(self.columns_changed)
        self.list.selectionModel().selectionChanged.connect(
            lambda *_: self.selection_changed.emit()
        )
        self.list.customContextMenuRequested.connect(
            lambda at: self.menu_wanted.emit(self.list.viewport().mapToGlobal(at))
        )
        self.note.pressed.connect(self._press_note)
        self.footer.pressed.connect(self._press_footer)
        self._quiet.timeout.connect(self._say_state)
        self._said.timeout.connect(self._say_state)

    def _show_columns(self, button: QWidget) -> None:
        self.list.column_menu().popup(button.mapToGlobal(QPoint(0, button.height())))


def _folders(rows: Sequence[Row]) -> list[Location]:
    return [row.file.location for row in rows if row.is_folder]
