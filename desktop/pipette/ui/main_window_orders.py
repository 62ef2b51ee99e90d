"""Connects every action with what it does, and greys the ones that cannot be done just now."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QAbstractItemView, QApplication, QMenu, QWidget

from pipette.model.files import Kind, Location, RemoteFile
from pipette.model.transfer import QueueMove
from pipette.ui import words_places
from pipette.ui.abilities import KnownAbilities
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
_SELECT_ONE = "select one file first"
_ADD_FIRST = "add a location first"
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
        abilities: KnownAbilities,
    ) -> None:
        super().__init__(browser)
        self._actions = actions
        self._browser = browser
        self._transfers = transfers
        self._uploads = uploads
        self._remote = remote
        self._locations = locations
        self._abilities = abilities
        self._connect_files()
        self._connect_places()
        self._connect_transfers()
        browser.selection_changed.connect(self.look)
        browser.place_changed.connect(self._arrive)
        abilities.learned.connect(self._take_abilities)
        browser.list.delete_wanted.connect(actions[Act.DELETE].trigger)
        browser.path_typed.connect(self.go_to_text)
        transfers.row_chosen.connect(lambda _row: self._look_at_transfers())
        self.look()

    def look(self) -> None:
        """Grey what cannot be done with what is shown and selected."""
        place = self._browser.place
        allow = self._actions.allow
        for act, why_not in self._about_rows(place).items():
            allow(act, why_not)
        for act, why_not in self._about_folder(place).items():
            allow(act, why_not)
        for act in (Act.UP, Act.REFRESH):
            allow(act, "" if place is not None else _ADD_FIRST)
        self._browser.allow_new_folder(self._about_folder(place)[Act.NEW_FOLDER])
        for act in (Act.WATCH_FOLDERS, Act.COMPARE):
            allow(act, _NOT_YET)
        self._look_at_transfers()

    def _about_rows(self, place: Location | None) -> dict[Act, str]:
        """Why something cannot be done with the rows selected; what never can be comes first."""
        account = place.account if place is not None else words_places.THIS_LOCATION
        can, chosen = self._abilities.of(account), self._browser.selected()
        deletable = [item for item in chosen if item.kind is not Kind.PROJECT]
        linkable = [item for item in chosen if can.pages or item.kind is Kind.FILE]
        one = len(linkable) == len(chosen) == 1
        lacks = partial(words_places.lacks, account)
        return {
            Act.DOWNLOAD: _first(
                can.downloads or lacks(words_places.NO_DOWNLOADS), chosen or _SELECT_FIRST
            ),
            Act.DELETE: _first(
                can.deletes or lacks(words_places.NO_DELETING), deletable or _SELECT_FIRST
            ),
            Act.COPY_LINK: _first(
                can.links or can.pages or lacks(words_places.NO_LINKS), one or _SELECT_ONE
            ),
            Act.ARCHIVE: lacks(words_places.NO_ARCHIVE),
        }

    def _about_folder(self, place: Location | None) -> dict[Act, str]:
        """Why something cannot be done in the folder shown."""
        if place is None:
            return dict.fromkeys(_NEED_FOLDER, _ADD_FIRST)
        if not place.container:
            container = self._locations.kind_of(place.account).container
            return dict.fromkeys(_NEED_FOLDER, words_places.open_container_first(container))
        can = self._abilities.of(place.account)
        lacks = partial(words_places.lacks, place.account)
        return {
            Act.NEW_FOLDER: _first(
                can.keeps_new_folder(place) or lacks(words_places.NO_EMPTY_FOLDERS)
            ),
            Act.FAVOURITE: "",
            Act.CLEAN_UP: _first(can.lists_uploads or lacks(words_places.NO_CLEANING)),
        }

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
        locations = self._locations
        meant = place_from_text(text, locations.accounts, self._browser.place, locations.kinds)
        if meant is None:
            why = self.tr("No location of yours matches this path or address.")
            self._browser.header.breadcrumb.refuse_path(why)
            self._browser.say(why, "warn")
            return
        if meant.project_id:
            locations.open_project(meant.place.account, meant.project_id)
        else:
            self._browser.open(meant.place)
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

    # What the service can do.

    def _arrive(self, place: Location) -> None:
        self._abilities.learn(place.account)
        self.look()

    def _take_abilities(self, account: str) -> None:
        if self._browser.place is not None and self._browser.place.account == account:
            self.look()

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


def _first(*conditions: object) -> str:
    """The first of these that is a reason; "" when none is."""
    return next((reason for reason in conditions if isinstance(reason, str)), "")
