"""The main window: puts the areas together and passes values between them; decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QCloseEvent, QResizeEvent
from PySide6.QtWidgets import QMainWindow, QMenu, QWidget

from pipette.model.files import Location
from pipette.model.transfer import BatchId, Changes
from pipette.store.settings import RowHeight, Settings
from pipette.ui.abilities import KnownAbilities
from pipette.ui.account_keeping import AccountKeeper
from pipette.ui.actions import Act, Actions
from pipette.ui.background import Background
from pipette.ui.banners import Banners
from pipette.ui.browser import Browser
from pipette.ui.demo_controls import DemoControls
from pipette.ui.details_dock import DetailsDock
from pipette.ui.drop_label import DropLabel
from pipette.ui.dropping import Dropping
from pipette.ui.kept_settings import KeptSettings
from pipette.ui.limit_menu import LimitMenu
from pipette.ui.main_window_areas import Areas, order_focus
from pipette.ui.main_window_help import Help
from pipette.ui.main_window_imports import Imports
from pipette.ui.main_window_layout import LEAST_SIZE, Centre, Shape, pop_up, tips
from pipette.ui.main_window_leaving import Leaving
from pipette.ui.main_window_locations import Adding, Locations
from pipette.ui.main_window_menus import ToolBar, build_menus
from pipette.ui.main_window_notices import AccountNotices, notices_menu
from pipette.ui.main_window_orders import WindowOrders
from pipette.ui.main_window_parts import Parts
from pipette.ui.main_window_questions import Questions
from pipette.ui.main_window_remote import RemoteOrders
from pipette.ui.main_window_settings import SettingsMenu
from pipette.ui.main_window_uploads import Uploads
from pipette.ui.receipts_window import ReceiptsWindow
from pipette.ui.sidebar import Sidebar
from pipette.ui.start_page import StartPage
from pipette.ui.status_bar import StatusBar
from pipette.ui.tokens import Size
from pipette.ui.transfers_bar import Tab
from pipette.ui.transfers_orders import TransferOrders
from pipette.ui.transfers_pane import TransfersPane

NARROW = 1100
"""Below this width the toolbar shows icons only and columns give way."""


class MainWindow(QMainWindow):
    """``start`` begins the beat and opens the first place; ``close`` saves and stops everything."""

    closed = Signal()
    """The window is gone for good and the program may end."""

    def __init__(self, parts: Parts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._parts = parts
        self._queue = parts.queue
        self._theme = parts.theme
        self._details_shown = False
        self._receipts: ReceiptsWindow | None = None
        self.setWindowTitle("Pipette")
        self.setMinimumSize(LEAST_SIZE)
        self.background = Background(parent=self)
        self.settings = KeptSettings(parts.settings, parts.save_settings, self.background, self)
        self.actions_ = Actions(self, parts.theme)
        self._make_areas()
        self._make_orders()
        self._lay_out()
        self._make_dropping()
        self._connect()
        self._shape.restore()
        self._note_details()
        self._dress(self.settings.now)

    # Life.

    def start(self) -> None:
        """Call once the window is shown."""
        self.locations.show()
        self.transfers.start()
        place = self.locations.default_place
        if place is None:
            self._centre.show_start()
            self.areas.to_browser()
            return
        self._open(place)
        self.areas.to_browser()

    def receive(self, paths: Sequence[str]) -> None:
        """A second start of the program hands over its files, or the system opens some with us."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()
        if paths:
            self.uploads.start(list(paths), self.browser.drop_target())

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._leaving.may_close():
            event.ignore()
            return
        self.transfers.stop()
        if self._receipts is not None:
            self._receipts.close()
        self.imports.close()
        self._shape.remember()
        self.settings.finish()
        self.background.close()
        super().closeEvent(event)
        self.closed.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._toolbar.set_narrow(self.width() < NARROW)
        self._note_details()

    def createPopupMenu(self) -> QMenu | None:  # noqa: N802  Qt's name
        """No menu to hide the toolbar or the panel: both have their own ways."""
        return None

    # Set-up.

    def _make_areas(self) -> None:
        parts, theme, background = self._parts, self._theme, self.background
        self.transfer_orders = TransferOrders(parts.queue, self)
        self.sidebar = Sidebar(theme, parts.kinds)
        self.banners = Banners(theme)
        self.browser = Browser(
            parts.desk, parts.queue, background, theme, lambda name: self.locations.kind_of(name)
        )
        self.start_page = StartPage(theme)
        self.transfers = TransfersPane(
            parts.queue, background, theme, self.transfer_orders, tips(theme)
        )
        self.details = DetailsDock(
            parts.queue, background, theme, self.transfer_orders, parts.clean, parent=self
        )
        self.status = StatusBar(theme)
        self.demo: DemoControls | None = None
        if parts.practice is not None:
            self.demo = DemoControls(parts.practice, background, theme)
            self.demo.hide()

    def _make_orders(self) -> None:
        parts, theme = self._parts, self._theme
        keeper = AccountKeeper(parts.accounts, parts.credentials)
        shared = (self, parts.queue, parts.desk, self.background, self.settings, theme)
        adding = Adding(keeper, parts.kinds, parts.browser)
        self.locations = Locations(*shared, adding, self.sidebar, parts.practice)
        self.abilities = KnownAbilities(parts.desk, self.background, self)
        self.uploads = Uploads(*shared, self.abilities, self.locations.kind_of)
        self.remote = RemoteOrders(*shared, self.abilities)
        self.imports = Imports(*shared, self.locations, self.uploads, self.actions_, self.sidebar)
        self.notices = AccountNotices(self.banners, self.locations, parent=self)
        self.questions = Questions(
            self, parts.queue, theme, self.transfer_orders, self.locations, self.remote
        )
        self.orders = WindowOrders(
            self.actions_,
            self.browser,
            self.transfers,
            self.uploads,
            self.remote,
            self.locations,
            self.abilities,
        )
        self.settings_menu = SettingsMenu(self.settings, theme, self)
        locations = self.locations
        self._leaving = Leaving(
            self, theme, lambda: locations.sending, lambda: locations.sending_pieces
        )
        self.help = Help(self, parts.accounts, self.actions_, theme)

    def _lay_out(self) -> None:
        menus = build_menus(self, self.actions_)
        menus["View"].addSeparator()
        for menu in self.settings_menu.view_menus():
            menus["View"].addMenu(menu)
        self._limit_menu = LimitMenu(self)
        menus["Transfer"].addMenu(self._limit_menu)
        self._toolbar = ToolBar(self.actions_)
        self.addToolBar(self._toolbar)
        self._centre = Centre(
            self._theme,
            self.sidebar,
            (self.banners, *([self.demo] if self.demo is not None else [])),
            self.start_page,
            self.browser,
            self.transfers,
        )
        self.setCentralWidget(self._centre.columns)
        self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.details)
        self.details.hide()
        self.setStatusBar(self.status)
        self._shape = Shape(self, self._centre, self.settings)
        self.areas = Areas(
            self.sidebar, self.browser, self.transfers, self.details, self.start_page
        )
        order_focus(self._toolbar, self.sidebar, self.browser, self.transfers)

    def _make_dropping(self) -> None:
        self.drop_label = DropLabel(self._theme, self)
        self.dropping = Dropping(self, self.background, self.drop_label, self.browser.drop_target)
        self.dropping.add_zone(self.browser.list.viewport(), self.browser.list)
        self.dropping.add_zone(self.sidebar.tree.viewport(), self.sidebar)
        self.dropping.add_zone(self.browser.header.breadcrumb, self.browser.header.breadcrumb)
        self.dropping.dropped.connect(self.imports.offer)
        self.start_page.files_dropped.connect(
            lambda paths: self.uploads.start(paths, self.browser.drop_target())
        )

    # Connections.

    def _connect(self) -> None:
        self._connect_places()
        self._connect_transfers()
        self._connect_window()
        self._connect_demo()

    def _connect_places(self) -> None:
        self.sidebar.place_chosen.connect(self._open)
        self.sidebar.add_wanted.connect(self.actions_[Act.ADD_LOCATION].trigger)
        self.sidebar.settings_wanted.connect(
            lambda gear: pop_up(self.settings_menu.menu(), gear, above=True)
        )
        self.sidebar.receipts_wanted.connect(self.actions_[Act.RECEIPTS].trigger)
        self.browser.place_changed.connect(self.sidebar.show_place)
        self.browser.listed.connect(self._take_listing)
        self.browser.remedy_wanted.connect(lambda account, _kind: self.locations.sign_in(account))
        self.browser.menu_wanted.connect(self._show_row_menu)
        self.start_page.add_location.connect(self.actions_[Act.ADD_LOCATION].trigger)
        self.start_page.try_demo.connect(self.locations.open_demo)
        self.locations.open_wanted.connect(self._open_after_adding)
        self.locations.refresh_wanted.connect(self.browser.refresh)
        self.locations.accounts_changed.connect(self._show_browser_or_start)
        self.locations.account_changed.connect(self.abilities.forget)
        self.locations.account_gone.connect(self._leave_account)
        self.locations.adding_ended.connect(self.uploads.forget_pending)
        self.uploads.location_wanted.connect(self.locations.add)
        self.remote.changed.connect(self._refresh_if_shown)

    def _connect_transfers(self) -> None:
        self.transfers.changes_taken.connect(self.take_changes)
        self.transfers.row_chosen.connect(self.details.show_row)
        self.transfers.receipts_wanted.connect(self.actions_[Act.RECEIPTS].trigger)
        self.transfers.trouble.connect(self._tell_trouble)
        self.details.trouble.connect(self._tell_trouble)
        self.imports.trouble.connect(self._tell_trouble)
        self.questions.receipt_wanted.connect(
            lambda batch: self.receipts().open_receipt(BatchId(batch))
        )
        for sending in (self.uploads, self.imports):
            sending.started.connect(lambda _batch: self.transfers.show_tab(Tab.UPLOADS))
        self.remote.downloading.connect(lambda _batch: self.transfers.show_tab(Tab.DOWNLOADS))
        self.status.needs_you_pressed.connect(self.transfers.show_what_needs_you)
        for menu in (self.status.limit_picked, self._limit_menu.limit_picked):
            menu.connect(self._set_limit)
        for source in (self.uploads, self.remote, self.locations):
            source.said.connect(self.browser.say)
        self.banners.pressed.connect(self._press_banner)

    def _connect_window(self) -> None:
        on = self.actions_.on
        on(Act.CLOSE, self.close)
        on(Act.QUIT, self.close)
        on(Act.MINIMISE, self.showMinimized)
        on(Act.SETTINGS, lambda: pop_up(self.settings_menu.menu(), self.menuBar()))
        on(Act.GO_SIDEBAR, self.areas.to_sidebar)
        on(Act.GO_BROWSER, self.areas.to_browser)
        on(Act.GO_TRANSFERS, self.areas.to_transfers)
        on(Act.GO_DETAILS, self.areas.to_details)
        on(Act.NEXT_AREA, self.areas.to_next)
        on(Act.PREVIOUS_AREA, self.areas.to_previous)
        on(Act.NOTICES, self._show_notices)
        on(Act.RECEIPTS, lambda: self.receipts().show())
        on(Act.BULK_IMPORT, lambda: self.imports.open(self.browser.place))
        on(Act.KEYS, self.help.show_keys)
        on(Act.ABOUT, self.help.show_about)
        on(Act.DIAGNOSTICS, lambda: self.browser.say(self.help.copy_diagnostics()))
        self.actions_[Act.DETAILS].toggled.connect(self.details.setVisible)
        self.details.visibilityChanged.connect(lambda _visible: self._note_details())
        self.settings.changed.connect(self._dress)

    def _connect_demo(self) -> None:
        if self.demo is None:
            return
        self.demo.key_expired.connect(self.browser.refresh)
        self.demo.trouble.connect(self._tell_trouble)
        self.demo.samples_ready.connect(
            lambda paths: self.uploads.start(paths, self.browser.drop_target())
        )

    # Reactions.

    def take_changes(self, changes: Changes) -> None:
        """What the queue told this beat, for everyone but the lists, which have it already."""
        self.status.show_changes(changes)
        self.locations.take_batches(changes.batches, changes.removed)
        self.notices.take(changes.accounts_waiting)
        self.sidebar.show_held(dict(changes.accounts_waiting))
        self.browser.take_changes(changes)
        if self._receipts is not None:
            self._receipts.show_changes(changes)
        self.imports.take_changes(changes)

    def receipts(self) -> ReceiptsWindow:
        """The window of receipts, made on first use."""
        if self._receipts is None:
            self._receipts = ReceiptsWindow(
                self._queue, self.background, self._theme, self._parts.read_receipt, self
            )
            self._receipts.trouble.connect(self._tell_trouble)
        return self._receipts

    def _open(self, place: Location) -> None:
        self._show_browser_or_start()
        self.browser.open(place)

    def _open_after_adding(self, place: Location) -> None:
        self._open(place)
        self.uploads.go_on(place)

    def _show_browser_or_start(self) -> None:
        if self.locations.accounts:
            self._centre.show_browser(self.settings.state("rows"))
        else:
            self._centre.show_start()
        if self.demo is not None:
            is_demo = any(account.demo for account in self.locations.accounts)
            self.demo.setVisible(is_demo)

    def _take_listing(self, place: Location, inside: Sequence[Location]) -> None:
        if not place.container:
            self.locations.show_projects(place.account, inside)

    def _leave_account(self, account: str) -> None:
        self.browser.close_account(account)
        place = self.browser.place or self.locations.default_place
        self._show_browser_or_start()
        if place is not None:
            self.browser.open(place)

    def _refresh_if_shown(self, place: Location) -> None:
        if self.browser.place == place:
            self.browser.refresh()

    def _press_banner(self, key: str) -> None:
        pair = self.notices.account_of(key)
        if pair is None:
            return
        account, kind = pair
        if kind == "SignInNeeded":
            self.locations.sign_in(account)
        else:
            self._queue.account_changed(account)

    def _tell_trouble(self, error: Exception) -> None:
        self.browser.say(self.tr("Something went wrong here: {why}").format(why=error), "warn")

    def _set_limit(self, limit: float | None) -> None:
        self.settings.change(replace(self.settings.now, up_limit=limit))
        self._queue.set_limits(limit, self.settings.now.down_limit)

    def _dress(self, settings: Settings) -> None:
        self.status.show_limit(settings.up_limit)
        self._limit_menu.show_limit(settings.up_limit)
        self.transfers.make_rows_comfortable(settings.row_height is RowHeight.COMFORTABLE)

    # Menus that pop up.

    def _show_row_menu(self, at: QPoint) -> None:
        menu = self.orders.menu_of_rows()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setToolTipsVisible(True)
        menu.popup(at)

    def _show_notices(self) -> None:
        button = self._toolbar.widgetForAction(self.actions_[Act.NOTICES])
        pop_up(notices_menu(self.banners, self), button)

    # Looks.

    def _note_details(self) -> None:
        """The panel takes room from the browser, as a narrow window does."""
        is_open = not self.details.isHidden()
        if is_open and not self._details_shown:
            self._details_shown = True
            self.resizeDocks([self.details], [Size.DETAILS], Qt.Orientation.Horizontal)
        self.actions_[Act.DETAILS].setChecked(is_open)
        self.browser.set_narrow(self.width() < NARROW or is_open)
