"""Adding a location in four steps: platform, server, key and test, done."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import IntEnum

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from pipette.model.account import Account
from pipette.model.files import Location
from pipette.providers.protocol import Page as ListingPage
from pipette.store.accounts import AccountRefused
from pipette.store.credentials import KeychainTrouble
from pipette.ui import words
from pipette.ui.account_keeping import AccountKeeper, TriesKeys
from pipette.ui.add_location_key import DonePage, KeyPage
from pipette.ui.add_location_pages import DEMO, PLATFORMS, Page, Platform, PlatformPage, ServerPage
from pipette.ui.add_location_recognise import Recognised
from pipette.ui.background import Background, Errand
from pipette.ui.browser_listing import Lists
from pipette.ui.icons import app_pixmap
from pipette.ui.sheet import Kind, mark
from pipette.ui.theme import Theme
from pipette.ui.tokens import Size, Space, Tone, Type

_SIZE = (860, 700)
_SIDE = 206
_PICTURE = 54
_CIRCLE = 22
_REFUSALS = {
    "name": "This name cannot be used: it may hold no colon and no slash.",
    "taken": "Another location has this name already.",
    "url": "The address of the server must not hold a key or a question mark.",
    "kind": "This kind of location is not known.",
}


class Step(IntEnum):
    PLATFORM = 0
    SERVER = 1
    KEY = 2
    DONE = 3


_STEP_WORDS = {
    Step.PLATFORM: "Platform",
    Step.SERVER: "Server",
    Step.KEY: "Key and test",
    Step.DONE: "Done",
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
        platforms: Sequence[Platform] = PLATFORMS,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._background = background
        self._lists = lists
        self._keeper = keeper
        self._errands: list[Errand[None] | Errand[ListingPage]] = []
        self._account: Account | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Add a location"))
        self.resize(*_SIZE)
        self.platform = PlatformPage(theme, platforms)
        self.server = ServerPage()
        self.key = KeyPage(theme, desk, background, keychain_name())
        self.done_page = DonePage()
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
            case Step.PLATFORM if self.platform.kind == DEMO:
                self.demo_wanted.emit()
                self.accept()
            case Step.PLATFORM:
                self._go(Step.SERVER)
            case Step.SERVER:
                self.key.use_server(self.server.url, self.server.region_code)
                self._go(Step.KEY)
            case Step.KEY:
                self._keep()
            case Step.DONE:
                self._finish(self.done_page.place)

    def back(self) -> None:
        self._go(Step(max(self.step - 1, Step.PLATFORM)))

    def done(self, result: int) -> None:
        self.key.stop()
        self.key.fields.clear()
        for errand in self._errands:
            errand.drop()
        super().done(result)

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
        self.key.fields.clear()
        self.added.emit(account)
        if account.container:
            self._finish(Location(account.name, account.container, account.path))
            return
        self.done_page.show_account(account)
        self._go(Step.DONE)
        self._errands.append(
            self._background.run(
                lambda: self._lists.list(Location(account.name)),
                lambda page: self.done_page.show_buckets([item.location for item in page.items]),
                lambda _error: self.done_page.show_trouble(
                    self.tr("The buckets could not be listed; type one into the path field later.")
                ),
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

    def _finish(self, place: Location) -> None:
        self.finished_at.emit(place)
        self.accept()

    def _start_over(self) -> None:
        self._account = None
        self.platform.address.clear()
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

    def _recognised(self, found: Recognised) -> None:
        self.server.fill(found)
        self.key.fill(found)

    def _connect(self) -> None:
        for page in self._pages:
            page.changed.connect(self._look)
        self.platform.recognised.connect(self._recognised)
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


class StepList(QWidget):
    """The four steps at the left, each a number and a word, done ones ticked."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        mark(self, Kind.SIDE)
        self.setFixedWidth(_SIDE)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.WIDE, Space.WIDE, Space.MEDIUM, Space.WIDE)
        column.setSpacing(Space.MEDIUM)
        picture = QLabel()
        picture.setPixmap(app_pixmap(_PICTURE, self.devicePixelRatioF()))
        column.addWidget(picture)
        head = QLabel(self.tr("Add a location"))
        mark(head, Kind.HEAD)
        column.addWidget(head)
        column.addSpacing(Space.SMALL)
        self._rows = [StepRow(theme, step) for step in Step]
        for row in self._rows:
            column.addWidget(row)
        column.addStretch(1)
        note = QLabel(self.tr("You can add more locations, or remove this one, at any time."))
        note.setWordWrap(True)
        mark(note, Kind.SECONDARY)
        column.addWidget(note)

    def show_step(self, current: Step) -> None:
        for row in self._rows:
            row.show_step(current)


class StepRow(QWidget):
    """A number in a circle and a word; filled when it is the turn, ticked when done."""

    def __init__(self, theme: Theme, step: Step) -> None:
        super().__init__()
        self._theme = theme
        self._step = step
        self._current = Step.PLATFORM
        self.setFixedHeight(theme.row_height(_CIRCLE))

    def show_step(self, current: Step) -> None:
        self._current = current
        self.setAccessibleName(_said(self._step, current))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens = self._theme.tokens
        box = QRectF(0.5, (self.height() - _CIRCLE) / 2, _CIRCLE - 1, _CIRCLE - 1)
        reached = self._step <= self._current
        painter.setPen(QColor(tokens.accent if reached else tokens.control_border))
        painter.setBrush(QColor(tokens.accent if reached else tokens.surface))
        painter.drawEllipse(box)
        painter.setPen(QColor(tokens.on_accent if reached else tokens.text2))
        painter.setFont(self._theme.font(Type.SECONDARY, Type.STRONG))
        self._paint_sign(painter, box)
        is_turn = self._step is self._current
        painter.setFont(self._theme.font(Type.BODY, Type.STRONG if is_turn else Type.REGULAR))
        painter.setPen(QColor(tokens.text if is_turn else tokens.text2))
        words = self.rect().adjusted(_CIRCLE + Space.MEDIUM, 0, 0, 0)
        painter.drawText(words, int(Qt.AlignmentFlag.AlignVCenter), _STEP_WORDS[self._step])
        painter.end()

    def _paint_sign(self, painter: QPainter, box: QRectF) -> None:
        if self._step >= self._current:
            painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), str(self._step + 1))
            return
        density = self.devicePixelRatioF()
        tick = self._theme.pixmap("check", self._theme.tokens.on_accent, Size.ICON_SMALL, density)
        painter.drawPixmap(box.center() - QPointF(Size.ICON_SMALL / 2, Size.ICON_SMALL / 2), tick)


def _said(step: Step, current: Step) -> str:
    if step is current:
        return f"{_STEP_WORDS[step]}, current step"
    return f"{_STEP_WORDS[step]}, done" if step < current else _STEP_WORDS[step]
