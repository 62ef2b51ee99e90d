"""The locations in the sidebar: adding, signing in again, renaming, removing, and what holds them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from pipette.engine.desk import Desk
from pipette.engine.queue import Queue
from pipette.model.account import Account
from pipette.model.errors import TransferError
from pipette.model.files import Location, RemoteFile
from pipette.model.kinds import Kinds, ServiceKind
from pipette.model.transfer import BatchId, BatchSnapshot
from pipette.store.accounts import AccountRefused
from pipette.ui import figures, words
from pipette.ui.account_keeping import AccountKeeper
from pipette.ui.add_location import MOST_PROJECTS, AddLocation
from pipette.ui.background import Background
from pipette.ui.browser_listing import list_all
from pipette.ui.browser_sign_in import SignsInByBrowser
from pipette.ui.demo_controls import OpenPractice, Practice
from pipette.ui.dialogs import Asked, AskText
from pipette.ui.dialogs_account import ConfirmRemove
from pipette.ui.kept_settings import KeptSettings
from pipette.ui.sidebar import AccountOrder, Sidebar
from pipette.ui.sign_in import SignIn
from pipette.ui.theme import Theme
from pipette.ui.tokens import Tone

DEFAULT = "default-account"
FAVOURITES = "favourites"


@dataclass(frozen=True, slots=True)
class Adding:
    """What adding a location and signing in again need."""

    keeper: AccountKeeper
    kinds: Kinds
    browser: SignsInByBrowser | None = None


class Locations(QObject):
    """Keeps the sidebar in step with the accounts; one for the window."""

    open_wanted = Signal(object)
    """Location to show in the browser."""
    refresh_wanted = Signal()
    accounts_changed = Signal()
    account_changed = Signal(str)
    """Its key, its server or its name is another, or it is new."""
    account_gone = Signal(str)
    account_signed_in = Signal(str)
    adding_ended = Signal()
    """The add-location dialog was closed, whether or not something was added."""
    said = Signal(str)

    def __init__(
        self,
        window: QWidget,
        queue: Queue,
        desk: Desk,
        background: Background,
        settings: KeptSettings,
        theme: Theme,
        adding: Adding,
        sidebar: Sidebar,
        practice: Practice | None,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._queue = queue
        self._desk = desk
        self._keeper = adding.keeper
        self._kinds = adding.kinds
        self._browser = adding.browser
        self._background = background
        self._settings = settings
        self._theme = theme
        self._sidebar = sidebar
        self._practice = practice
        self._batches: dict[BatchId, BatchSnapshot] = {}
        sidebar.projects_wanted.connect(self.load_projects)
        sidebar.account_ordered.connect(self.perform)
        sidebar.favourite_dropped.connect(self.drop_favourite)

    @property
    def accounts(self) -> Sequence[Account]:
        return self._keeper.list()

    @property
    def default_place(self) -> Location | None:
        """Where the window opens: the default account's own project, else its list of projects."""
        accounts = self.accounts
        if not accounts:
            return None
        wanted = self._settings.text(DEFAULT)
        chosen = next((a for a in accounts if a.name == wanted), accounts[0])
        return Location(chosen.name, chosen.container, chosen.path)

    def account(self, name: str) -> Account | None:
        return next((account for account in self.accounts if account.name == name), None)

    @property
    def kinds(self) -> Kinds:
        return self._kinds

    def kind_of(self, name: str) -> ServiceKind:
        """The service of this account; one that is gone has a kind of its own."""
        account = self.account(name)
        return self._kinds.named(account.kind if account is not None else "")

    def show(self) -> None:
        """Bring the sidebar in step with what is kept."""
        self._sidebar.show_accounts(self.accounts)
        self._sidebar.show_favourites(self._settings.places(FAVOURITES))
        self.accounts_changed.emit()

    def take_batches(self, batches: Sequence[BatchSnapshot], removed: Sequence[BatchId]) -> None:
        self._batches.update({batch.id: batch for batch in batches})
        for batch in removed:
            self._batches.pop(batch, None)

    def unfinished(self, account: str) -> list[BatchSnapshot]:
        """Batches that still need this account."""
        return [
            batch
            for batch in self._batches.values()
            if batch.place.account == account and not batch.state.is_final
        ]

    @property
    def sending(self) -> int:
        """Files on the way now, over all accounts."""
        return sum(
            count
            for batch in self._batches.values()
            if not batch.paused
            for state, count in batch.counts
            if state.is_active
        )

    @property
    def sending_pieces(self) -> int:
        """Those of them that go in one piece, of which an end keeps nothing."""
        return sum(batch.pieces for batch in self._batches.values())

    def waiting_files(self, account: str) -> int:
        return sum(
            count
            for batch in self.unfinished(account)
            for state, count in batch.counts
            if not state.is_final
        )

    def kept_percent(self, account: str) -> str:
        """How much of what waits has arrived already, as ``62%``; "" when nothing has."""
        batches = self.unfinished(account)
        size, arrived = sum(b.size for b in batches), sum(b.arrived for b in batches)
        return f"{figures.percent(arrived, size)}%" if arrived else ""

    # Projects.

    def load_projects(self, account: str) -> None:
        self._sidebar.show_note(account, self.tr("Loading…"))
        self._background.run(
            lambda: list_all(self._desk, Location(account), MOST_PROJECTS),
            lambda found: self.show_projects(account, [item.location for item in found]),
            lambda error: self._sidebar.show_note(account, _short(error, account)),
        )

    def show_projects(self, account: str, places: Sequence[Location]) -> None:
        if places:
            self._sidebar.show_projects(account, places)
        else:
            container = self.kind_of(account).container
            self._sidebar.show_note(account, self.tr("No {what}").format(what=container))

    def open_project(self, account: str, project_id: str) -> None:
        """Show the project that the service calls by this id."""
        self._background.run(
            lambda: list_all(self._desk, Location(account), MOST_PROJECTS),
            lambda found: self._open_listed(account, found, project_id),
            lambda error: self.said.emit(_short(error, account)),
        )

    def _open_listed(self, account: str, found: Sequence[RemoteFile], project_id: str) -> None:
        place = next((item.location for item in found if item.id == project_id), None)
        if place is None:
            said = self.tr("The key of {name} does not see this project.")
            self.said.emit(said.format(name=account))
            return
        self.open_wanted.emit(place)

    # Orders.

    def add(self) -> None:
        dialog = AddLocation(
            self._theme,
            self._background,
            self._desk,
            self._desk,
            self._keeper,
            self._kinds,
            self._browser,
            self._window,
        )
        dialog.added.connect(self._added)
        dialog.finished_at.connect(self.open_wanted)
        dialog.demo_wanted.connect(self.open_demo)
        dialog.finished.connect(lambda _result: self.adding_ended.emit())
        dialog.open()

    def _added(self, account: Account) -> None:
        self._account_changed(account.name)
        self.show()
        self._sidebar.open_account(account.name)

    def perform(self, order: AccountOrder, name: str) -> None:
        account = self.account(name)
        if account is None:
            return
        match order:
            case AccountOrder.OPEN:
                self.open_wanted.emit(Location(name, account.container, account.path))
            case AccountOrder.REFRESH:
                self.load_projects(name)
                self.refresh_wanted.emit()
            case AccountOrder.RENAME:
                self.rename(account)
            case AccountOrder.SIGN_IN:
                self.sign_in(name)
            case AccountOrder.DEFAULT:
                self._settings.remember(DEFAULT, name)
                self.said.emit(self.tr("Pipette opens with {name}.").format(name=name))
            case AccountOrder.REMOVE:
                self.remove(name)

    def sign_in(self, name: str) -> None:
        account = self.account(name)
        if account is None:
            return
        if account.demo:
            self.open_demo()
            return
        dialog = SignIn(
            self._theme,
            self._background,
            self._desk,
            self._keeper,
            self._kinds.of(account),
            account,
            self.waiting_files(name),
            self.kept_percent(name),
            self._browser,
            self._window,
        )
        dialog.signed_in.connect(self._signed_in)
        dialog.open()

    def _signed_in(self, account: Account) -> None:
        self._account_changed(account.name)
        self.show()
        self.account_signed_in.emit(account.name)
        self.refresh_wanted.emit()

    def remove(self, name: str) -> None:
        question = ConfirmRemove(self._theme, name, len(self.unfinished(name)), self._window)
        question.confirmed.connect(lambda: self._remove(name))
        question.open()

    def _remove(self, name: str) -> None:
        waiting = frozenset(batch.id for batch in self.unfinished(name))
        if waiting:
            self._queue.pause(waiting)
        self._background.run(
            lambda: self._keeper.remove(name), lambda _: self._removed(name), self._miss
        )

    def _removed(self, name: str) -> None:
        self._account_changed(name)
        places = [p for p in self._settings.places(FAVOURITES) if p.account != name]
        self._settings.remember_places(FAVOURITES, places)
        self.show()
        self.account_gone.emit(name)

    def rename(self, account: Account) -> None:
        if self.unfinished(account.name):
            said = self.tr("{name} has unfinished transfers; rename it when they are done.")
            self.said.emit(said.format(name=account.name))
            return
        asked = Asked("Rename", "globe", Tone.ACCENT, f"Rename {account.name}", "")
        question = AskText(self._theme, asked, self.tr("New name"), self.tr("Rename"), self._window)
        question.entered.connect(lambda new: self._rename(account.name, new))
        question.open()

    def _rename(self, old: str, new: str) -> None:
        if new == old:
            return
        self._background.run(
            lambda: self._keeper.rename(old, new), lambda _: self._renamed(old, new), self._miss
        )

    def _renamed(self, old: str, new: str) -> None:
        moved = [
            replace(place, account=new) if place.account == old else place
            for place in self._settings.places(FAVOURITES)
        ]
        self._settings.remember_places(FAVOURITES, moved)
        if self._settings.text(DEFAULT) == old:
            self._settings.remember(DEFAULT, new)
        self._account_changed(old)
        self._account_changed(new)
        self.show()
        self.account_gone.emit(old)
        self.open_wanted.emit(Location(new))

    def _miss(self, error: Exception) -> None:
        if isinstance(error, AccountRefused):
            taken = str(error) == "taken"
            said = (
                self.tr("Another location has this name.")
                if taken
                else self.tr("This name cannot be used.")
            )
            self.said.emit(said)
            return
        self.said.emit(self.tr("The locations could not be changed: {why}").format(why=error))

    def _account_changed(self, name: str) -> None:
        self._desk.forget(name)
        self._queue.account_changed(name)
        self.account_changed.emit(name)

    # Favourites.

    def add_favourite(self, place: Location) -> None:
        places = self._settings.places(FAVOURITES)
        if place not in places:
            self._settings.remember_places(FAVOURITES, [*places, place])
            self._sidebar.show_favourites(self._settings.places(FAVOURITES))

    def drop_favourite(self, place: Location) -> None:
        places = [kept for kept in self._settings.places(FAVOURITES) if kept != place]
        self._settings.remember_places(FAVOURITES, places)
        self._sidebar.show_favourites(places)

    # The practice place.

    def open_demo(self) -> None:
        """Start the practice place, or give it a new key, and show it."""
        practice = self._practice
        if practice is None:
            self.said.emit(self.tr("This build has no demo location."))
            return

        def start() -> OpenPractice:
            opened = practice.open()
            self._keeper.put_demo(opened.account, opened.secret)
            return opened

        self._background.run(start, self._show_demo, self._miss_demo)

    def _show_demo(self, opened: OpenPractice) -> None:
        account = opened.account
        self._account_changed(account.name)
        self.show()
        self._sidebar.open_account(account.name)
        self.account_signed_in.emit(account.name)
        self.open_wanted.emit(Location(account.name, account.container, account.path))

    def _miss_demo(self, error: Exception) -> None:
        self.said.emit(self.tr("The demo location could not be started: {why}").format(why=error))


def _short(error: Exception, account: str) -> str:
    kind = error.kind if isinstance(error, TransferError) else "TransferError"
    return words.short_words(kind, account)
