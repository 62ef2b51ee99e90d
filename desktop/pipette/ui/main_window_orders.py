"""Connects every action with what it does, and greys the ones that cannot be done just now."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QAbstractItemView, QApplication, QMenu, QWidget

from pipette.model.files import Kind, Location, RemoteFile
from pipette.model.transfer import QueueMove
from pipette.ui.actions import Act, Actions
from pipette.ui.browser import Browser
from pipette.ui.browser_places import place_from_text
from pipette.ui.main_window_locations import Locations
from pipette.ui.main_window_remote import RemoteOrders
from pipette.ui.main_window_uploads import Uploads
from pipette.ui.roles import RowAction
from pipette.ui.transfers_pane import TransfersPane

_SELECT_FIRST = "select files in the browser first"
_CHOOSE_TRANSFER = "choose a transfer first"
_NOT_YET = "not part of this version"
_NEED_TRANSFER = (Act.PAUSE, Act.RETRY, Act.FIRST, Act.EARLIER, Act.LATER, Act.LAST, Act.CANCEL)
_NEED_FOLDER = (Act.NEW_FOLDER, Act.FAVOURITE, Act.CLEAN_UP)


class WindowOrders(QObject):
    """The orders about places, files and transfers; the window itself connects the rest."""

    def __init__(
        self,
        actions: Actions,
        browser: Browser,
        transfers: TransfersPane,
        uploads: Uploads,
        remote: RemoteOrders,
        locations: Locations,
    ) -> None:
        super().__init__(browser)
        self._actions = actions
        self._browser = browser
        self._transfers = transfers
        self._uploads = uploads
        self._remote = remote
        self._locations = locations
        self._connect_files()
        self._connect_places()
        self._connect_transfers()
        browser.selection_changed.connect(self.look)
        browser.place_changed.connect(lambda _place: self.look())
        browser.list.delete_wanted.connect(actions[Act.DELETE].trigger)
        browser.path_typed.connect(self.go_to_text)
        transfers.row_chosen.connect(lambda _row: self._look_at_transfers())
        self.look()

    def look(self) -> None:
        """Grey what cannot be done with what is shown and selected."""
        place, chosen = self._browser.place, self._browser.selected()
        files = [item for item in chosen if item.kind is Kind.FILE]
        deletable = [item for item in chosen if item.kind is not Kind.PROJECT]
        allow = self._actions.allow
        allow(Act.DOWNLOAD, "" if chosen else _SELECT_FIRST)
        allow(Act.DELETE, "" if deletable else _SELECT_FIRST)
        one_file = len(files) == 1 and len(chosen) == 1
        allow(Act.COPY_LINK, "" if one_file else "select one file first")
        allow(Act.ARCHIVE, f"{place.account if place else 'this location'} has no archive")
        in_folder = place is not None and bool(place.container)
        for act in _NEED_FOLDER:
            allow(act, "" if in_folder else "open a bucket first")
        for act in (Act.UP, Act.REFRESH):
            allow(act, "" if place is not None else "add a location first")
        allow(Act.BULK_IMPORT, "none of your locations takes a bulk import")
        for act in (Act.WATCH_FOLDERS, Act.COMPARE):
            allow(act, _NOT_YET)
        self._look_at_transfers()

    def menu_of_rows(self) -> QMenu:
        """The context menu of the rows selected in the browser."""
        menu = QMenu(self._browser)
        chosen = self._browser.selected()
        folder = chosen[0] if len(chosen) == 1 and chosen[0].kind is not Kind.FILE else None
        if folder is not None:
            self._offer_folder(menu, folder)
        for act in (Act.DOWNLOAD, Act.COPY_LINK, Act.ARCHIVE, Act.COMPARE):
            menu.addAction(self._actions[act])
        menu.addSeparator()
        for act in (Act.NEW_FOLDER, Act.PASTE, Act.REFRESH):
            menu.addAction(self._actions[act])
        menu.addSeparator()
        menu.addAction(self._actions[Act.DELETE])
        return menu

    def go_to_text(self, text: str) -> None:
        """What was typed or pasted into the path field."""
        place = place_from_text(text, self._locations.accounts, self._browser.place)
        if place is None:
            why = self.tr("No location of yours matches this path or address.")
            self._browser.header.breadcrumb.refuse_path(why)
            self._browser.say(why, "warn")
            return
        self._browser.open(place)
        self._browser.list.setFocus()

    # Connections.

    def _connect_files(self) -> None:
        on, browser = self._actions.on, self._browser
        on(Act.UPLOAD_FILES, lambda: self._uploads.pick_files(browser.drop_target()))
        on(Act.UPLOAD_FOLDER, lambda: self._uploads.pick_folder(browser.drop_target()))
        on(Act.PASTE, lambda: self._uploads.paste(browser.drop_target()))
        on(Act.DOWNLOAD, lambda: self._remote.download(browser.selected()))
        on(Act.DELETE, lambda: self._remote.delete(browser.selected()))
        on(Act.COPY_LINK, self._copy_link)
        on(Act.SELECT_ALL, self._select_all)

    def _connect_places(self) -> None:
        on, browser = self._actions.on, self._browser
        on(Act.BACK, browser.back)
        on(Act.FORWARD, browser.forward)
        on(Act.UP, browser.up)
        on(Act.REFRESH, browser.refresh)
        on(Act.FIND, browser.focus_filter)
        on(Act.EDIT_PATH, browser.edit_path)
        on(Act.ADD_LOCATION, self._locations.add)
        on(Act.NEW_FOLDER, lambda: self._in_folder(self._remote.new_folder))
        on(Act.FAVOURITE, lambda: self._in_folder(self._locations.add_favourite))
        on(Act.CLEAN_UP, lambda: self._in_folder(self._clean_up))
        browser.new_folder_wanted.connect(self._actions[Act.NEW_FOLDER].trigger)

    def _connect_transfers(self) -> None:
        on, transfers = self._actions.on, self._transfers
        on(Act.PAUSE, transfers.pause_or_resume_selected)
        on(Act.PAUSE_ALL, transfers.pause_or_resume_all)
        on(Act.RETRY, lambda: transfers.perform(RowAction.RETRY))
        on(Act.CANCEL, lambda: transfers.perform(RowAction.CANCEL))
        on(Act.FIRST, lambda: transfers.move_selected(QueueMove.FIRST))
        on(Act.EARLIER, lambda: transfers.move_selected(QueueMove.UP))
        on(Act.LATER, lambda: transfers.move_selected(QueueMove.DOWN))
        on(Act.LAST, lambda: transfers.move_selected(QueueMove.LAST))
        on(Act.NEXT_NEEDING, transfers.go_to_next_needing)
        on(Act.CLEAR_FINISHED, transfers.bar.clear_finished_wanted.emit)
        on(Act.EXPORT, transfers.export_list)

    # What needs a look at where the focus is.

    def _look_at_transfers(self) -> None:
        why_not = "" if self._transfers.selected() else _CHOOSE_TRANSFER
        for act in _NEED_TRANSFER:
            self._actions.allow(act, why_not)

    def _copy_link(self) -> None:
        if self._has_focus(self._transfers) and self._transfers.selected():
            self._transfers.perform(RowAction.COPY_LINK)
            return
        chosen = self._browser.selected()
        if chosen:
            self._remote.copy_link(chosen[0])

    def _select_all(self) -> None:
        view: QAbstractItemView = self._browser.list
        if self._has_focus(self._transfers):
            view = self._transfers.page.table
        view.selectAll()

    def _in_folder(self, order: Callable[[Location], None]) -> None:
        place = self._browser.place
        if place is not None and place.container:
            order(place)

    def _clean_up(self, place: Location) -> None:
        batches = self._locations.unfinished(place.account)
        busy = any(batch.place.container == place.container for batch in batches)
        self._remote.clean_up(place, busy)

    def _offer_folder(self, menu: QMenu, folder: RemoteFile) -> None:
        menu.addAction(self.tr("Open")).triggered.connect(
            lambda _=False: self._browser.open(folder.location)
        )
        menu.addAction(self.tr("Add to favourites")).triggered.connect(
            lambda _=False: self._locations.add_favourite(folder.location)
        )
        menu.addSeparator()

    def _has_focus(self, area: QWidget) -> bool:
        focused = QApplication.focusWidget()
        return focused is not None and (focused is area or area.isAncestorOf(focused))
