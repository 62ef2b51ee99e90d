"""Adding a location in four steps: platform, region, key and test, done."""

from __future__ import annotations

import sys

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from pipette.model.account import Account
from pipette.model.files import Location, RemoteFile
from pipette.model.kinds import Kinds
from pipette.store.accounts import AccountRefused
from pipette.store.credentials import KeychainTrouble
from pipette.ui import words
from pipette.ui.account_keeping import AccountKeeper, TriesKeys
from pipette.ui.add_location_done import DonePage
from pipette.ui.add_location_key import KeyPage
from pipette.ui.add_location_pages import Page, PlatformPage
from pipette.ui.add_location_server import ServerPage
from pipette.ui.add_location_steps import Step, StepList
from pipette.ui.background import Background, Errand
from pipette.ui.browser_listing import Lists, list_all
from pipette.ui.browser_sign_in import SignsInByBrowser
from pipette.ui.sheet import Kind, mark
from pipette.ui.theme import Theme
from pipette.ui.tokens import Space, Tone

_SIZE = (860, 700)
MOST_PROJECTS = 1000
_REFUSALS = {
    "name": "This name cannot be used: it may hold no colon and no slash.",
    "taken": "Another location has this name already.",
    "url": "The address of the server must not hold a key or a question mark.",
    "kind": "This kind of location is not known.",
}


def keychain_name(platform: str = sys.platform) -> str:
    """What this system calls the place where keys are kept."""
    names = {"win32": "Windows Credential Manager", "darwin": "the macOS Keychain"}
    return names.get(platform, "this computer's keychain")


class AddLocation(QDialog):
    """Window-modal. Everything that blocks runs on the background; closing drops it."""

    added = Signal(object)
    """Account, as soon as it is kept."""
    finished_at = Signal(object)
    """Location to open, when the person is done."""
    demo_wanted = Signal()

    def __init__(
        self,
        theme: Theme,
        background: Background,
        desk: TriesKeys,
        lists: Lists,
        keeper: AccountKeeper,
        kinds: Kinds,
        browser: SignsInByBrowser | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._background = background
        self._lists = lists
        self._keeper = keeper
        self._errands: list[Errand[None] | Errand[list[RemoteFile]]] = []
        self._account: Account | None = None
        self._skips_server = False
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Add a location"))
        self.resize(*_SIZE)
        first = next(iter(kinds))
        self.platform = PlatformPage(theme, kinds)
        self.server = ServerPage(first)
        self.key = KeyPage(theme, first, desk, background, keeper, keychain_name(), browser)
        self.done_page = DonePage(first)
        self._pages: list[Page] = [self.platform, self.server, self.key, self.done_page]
        self._stack = QStackedWidget()
        self.steps = StepList(theme)
        self.cancel_button = QPushButton(self.tr("Not now"))
        self.test_button = QPushButton(self.tr("Test again"))
        self.back_button = QPushButton(self.tr("Back"))
        self.next_button = QPushButton(self.tr("Next"))
        self._lay_out()
        self._connect()
        self._go(Step.PLATFORM)

    @property
    def step(self) -> Step:
        return Step(self._stack.currentIndex())

    def next(self) -> None:
        match self.step:
            case Step.PLATFORM:
                self._leave_platform()
            case Step.SERVER:
                self._ask_key()
            case Step.KEY:
                self._keep()
            case Step.DONE:
                self._finish()

    def back(self) -> None:
        skips = self.step is Step.KEY and self._skips_server
        self._go(Step.PLATFORM if skips else Step(max(self.step - 1, Step.PLATFORM)))

    def done(self, result: int) -> None:
        self.key.stop()
        for errand in self._errands:
            errand.drop()
        super().done(result)

    # Where.

    def _leave_platform(self) -> None:
        kind, found = self.platform.kind, self.platform.found
        if kind is None:
            self.demo_wanted.emit()
            self.accept()
            return
        self.server.use_kind(kind, found)
        is_told = found.is_certain and bool(found.url or found.region)
        is_only_one = bool(found.project_id) and len(kind.regions) == 1
        self._skips_server = is_told or is_only_one or not kind.asks_server
        if self._skips_server:
            self._ask_key()
        else:
            self._go(Step.SERVER)

    def _ask_key(self) -> None:
        kind = self.platform.kind
        if kind is not None:
            server = self.server
            self.key.use_server(kind, server.url, server.region_code, self.platform.found)
            self._go(Step.KEY)

    # Keeping.

    def _keep(self) -> None:
        account, secret = self.key.account, self.key.fields.key()
        session_only = self.key.session_only.isChecked()
        self.next_button.setEnabled(False)
        self._errands.append(
            self._background.run(
                lambda: self._keeper.add(account, secret, session_only=session_only),
                lambda _: self._kept(account),
                self._not_kept,
            )
        )

    def _kept(self, account: Account) -> None:
        self._account = account
        self.key.stop()
        self.added.emit(account)
        if account.container:
            self._open(Location(account.name, account.container, account.path))
            return
        self.done_page.show_account(self.key.kind, account)
        self._go(Step.DONE)
        wanted = self.key.project_id
        self._errands.append(
            self._background.run(
                lambda: list_all(self._lists, Location(account.name), MOST_PROJECTS),
                lambda found: self.done_page.show_projects(found, wanted),
                lambda _error: self.done_page.show_trouble(),
            )
        )

    def _not_kept(self, error: Exception) -> None:
        if isinstance(error, AccountRefused):
            self.key.complain(_REFUSALS.get(str(error), _REFUSALS["name"]))
        elif isinstance(error, KeychainTrouble):
            self.key.offer_session_only()
            self.key.complain(
                f"{words.message(error.kind).text} The key can be kept for this session only: "
                "press the button once more to do so."
            )
        else:
            self.key.complain(
                self.tr("The location could not be written to disk: {why}").format(why=error)
            )
        self._look()

    def _finish(self) -> None:
        """Keep the project chosen, then open it."""
        place, account = self.done_page.place, self.done_page.account
        if account == self._account:
            self._open(place)
            return
        self.next_button.setEnabled(False)
        self._errands.append(
            self._background.run(
                lambda: self._keeper.update(account),
                lambda _: self._begin_at(account, place),
                lambda _error: self._open(place),
            )
        )

    def _begin_at(self, account: Account, place: Location) -> None:
        self.added.emit(account)
        self._open(place)

    def _open(self, place: Location) -> None:
        self.finished_at.emit(place)
        self.accept()

    def _start_over(self) -> None:
        self._account = None
        self.platform.start_over()
        self._go(Step.PLATFORM)

    # Showing.

    def _go(self, step: Step) -> None:
        self._stack.setCurrentIndex(step)
        self.steps.show_step(step)
        self._pages[step].first_field().setFocus()
        self._look()

    def _look(self) -> None:
        step = self.step
        self.back_button.setEnabled(step in {Step.SERVER, Step.KEY})
        self.back_button.setVisible(step is not Step.DONE)
        self.test_button.setVisible(step is Step.KEY)
        self.test_button.setEnabled(self.key.can_test)
        self.cancel_button.setVisible(step is not Step.DONE)
        self.next_button.setText(self._next_words(step))
        self.next_button.setEnabled(self._pages[step].ready)

    def _next_words(self, step: Step) -> str:
        if step is Step.KEY:
            has_bucket = bool(self.key.account.container)
            return self.tr("Save and open") if has_bucket else self.tr("Save")
        return self.tr("Open") if step is Step.DONE else self.tr("Next")

    def _connect(self) -> None:
        for page in self._pages:
            page.changed.connect(self._look)
        self.done_page.another.connect(self._start_over)
        self.cancel_button.clicked.connect(self.reject)
        self.back_button.clicked.connect(self.back)
        self.next_button.clicked.connect(self.next)
        self.test_button.clicked.connect(self.key.test)

    def _lay_out(self) -> None:
        for page in self._pages:
            area = QScrollArea()
            area.setWidgetResizable(True)
            area.setFrameShape(QScrollArea.Shape.NoFrame)
            area.setWidget(page)
            self._stack.addWidget(area)
        upper = QHBoxLayout()
        upper.setSpacing(0)
        upper.addWidget(self.steps)
        upper.addWidget(self._stack, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addLayout(upper, 1)
        outer.addWidget(self._bottom())

    def _bottom(self) -> QWidget:
        bottom = QWidget()
        bottom.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        mark(bottom, Kind.FOOTER)
        mark(self.next_button, Kind.PRIMARY)
        self.next_button.setDefault(True)
        self.test_button.setIcon(self._theme.icon("retry", Tone.TEXT2))
        row = QHBoxLayout(bottom)
        row.setContentsMargins(Space.LARGE, Space.MEDIUM, Space.LARGE, Space.MEDIUM)
        for button in (self.cancel_button, self.test_button, self.back_button):
            button.setAutoDefault(False)
        row.addWidget(self.cancel_button)
        row.addWidget(self.test_button)
        row.addStretch(1)
        row.addWidget(self.back_button)
        row.addWidget(self.next_button)
        return bottom
