"""A key got by agreeing in the web browser instead of pasting one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from pipette.model.account import Account, Secret
from pipette.model.errors import TransferError
from pipette.ui import words
from pipette.ui.background import Background, Errand
from pipette.ui.key_help import OpenPage, open_page
from pipette.ui.sheet import Kind, mark
from pipette.ui.theme import Theme
from pipette.ui.tokens import Size, Space, Tone


@dataclass(frozen=True, slots=True)
class SignInCode:
    """What the person types at ``address``; ``address_with_code`` has it filled in."""

    user_code: str
    address: str
    address_with_code: str


class SignsInByBrowser(Protocol):
    """Services that hand out a key once a person agreed in the browser."""

    def offers(self, kind: str) -> bool:
        """Whether this kind of service does, and is set up here. Answers at once."""
        ...

    def begin(self, account: Account) -> SignInCode:
        """Blocks. Raises model.errors.TransferError."""
        ...

    def ask(self, code: SignInCode) -> Secret | float:
        """The key, or the seconds to wait before asking again. Blocks.

        Raises SignInNeeded when the code has expired, NotAllowed when the person refused.
        """
        ...


class BrowserSignIn(QFrame):
    """Shows the code, waits, and hands over the key. Nothing but a click begins it."""

    granted = Signal(object)
    """Secret."""

    def __init__(
        self,
        theme: Theme,
        background: Background,
        flow: SignsInByBrowser | None,
        open_page: OpenPage = open_page,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._background = background
        self._flow = flow
        self._open_page = open_page
        self._account = Account("", "")
        self._code: SignInCode | None = None
        self._errand: Errand[SignInCode] | Errand[Secret | float] | None = None
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._ask)
        mark(self, Kind.CARD)
        self.setAccessibleName(self.tr("Sign in in the browser"))
        self.begin_button = QPushButton(self.tr("Sign in in the browser instead…"))
        self.page_button = QPushButton(self.tr("Open that page in the browser"))
        self._words = QLabel(self.tr("No key at hand? Agree in the browser, and Pipette gets one."))
        self._shown_code = QLabel()
        self._lay_out()
        self.begin_button.clicked.connect(self.begin)
        self.page_button.clicked.connect(self._open)

    @property
    def shown_code(self) -> str:
        return self._shown_code.text()

    @property
    def said(self) -> str:
        return self._words.text()

    def use_account(self, account: Account) -> None:
        """Offer it where this account's service can do so; what was begun for another is over."""
        self.stop()
        self._account = account
        self.setVisible(self._flow is not None and self._flow.offers(account.kind))

    def begin(self) -> None:
        flow, account = self._flow, self._account
        if flow is None:
            return
        self.stop()
        self.begin_button.setEnabled(False)
        self._say(self.tr("Asking for a code…"))
        self._errand = self._background.run(
            lambda: flow.begin(account), self._show_code, self._miss
        )

    def stop(self) -> None:
        self._timer.stop()
        if self._errand is not None:
            self._errand.drop()
        self._errand = None
        self._code = None
        self._shown_code.hide()
        self.page_button.hide()
        self.begin_button.setEnabled(True)

    def _show_code(self, code: SignInCode) -> None:
        self._code = code
        self._shown_code.setText(code.user_code)
        self._shown_code.setAccessibleName(self.tr("Code"))
        self._shown_code.show()
        self.page_button.setToolTip(code.address)
        self.page_button.show()
        self._say(
            self.tr("Open {address}, type this code and agree. Pipette waits for it.").format(
                address=code.address
            )
        )
        self.page_button.setFocus()
        self._ask()

    def _ask(self) -> None:
        flow, code = self._flow, self._code
        if flow is not None and code is not None:
            self._errand = self._background.run(
                lambda: flow.ask(code), self._take_answer, self._miss
            )

    def _take_answer(self, answer: Secret | float) -> None:
        if isinstance(answer, Secret):
            self.stop()
            self._say(self.tr("Agreed."))
            self.granted.emit(answer)
            return
        self._timer.start(round(answer * 1000))

    def _miss(self, error: Exception) -> None:
        self.stop()
        kind = error.kind if isinstance(error, TransferError) else "TransferError"
        said = {
            "SignInNeeded": self.tr("The code has expired. Ask for another one."),
            "NotAllowed": self.tr("Sign-in was refused in the browser."),
        }
        told = words.message(kind, place=self._account.name)
        self._say(said.get(kind, f"{told.title}. {told.text}"))

    def _open(self) -> None:
        if self._code is not None:
            self._open_page(self._code.address_with_code)

    def _say(self, text: str) -> None:
        self._words.setText(text)
        self.setAccessibleDescription(text)

    def _lay_out(self) -> None:
        self._words.setWordWrap(True)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        mark(self._shown_code, Kind.HEAD)
        self._shown_code.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        picture = QLabel()
        ratio = self.devicePixelRatioF()
        picture.setPixmap(self._theme.pixmap("globe", Tone.TEXT2, Size.ICON, ratio))
        mark(self.page_button, Kind.LINK)
        row = QHBoxLayout()
        row.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._words, 1)
        row.addWidget(self.begin_button, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.LARGE, Space.SMALL, Space.LARGE, Space.SMALL)
        column.addLayout(row)
        for widget in (self._shown_code, self.page_button):
            column.addWidget(widget, 0, Qt.AlignmentFlag.AlignLeft)
            widget.hide()
        for button in (self.begin_button, self.page_button):
            button.setAutoDefault(False)
