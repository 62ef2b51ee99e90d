"""A new key for a location that has one already: the same fields, in place."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QDialogButtonBox, QLabel, QPushButton, QWidget

from pipette.model.account import Account, Secret
from pipette.model.kinds import ServiceKind
from pipette.store.credentials import KeychainTrouble
from pipette.ui import figures, words
from pipette.ui.account_keeping import AccountKeeper, Tried, TriesKeys, try_key
from pipette.ui.background import Background, Errand
from pipette.ui.browser_sign_in import BrowserSignIn, SignsInByBrowser
from pipette.ui.dialogs import Asked, Question
from pipette.ui.dialogs_account import SomeoneElse
from pipette.ui.key_fields import KeyFields, key_fields
from pipette.ui.key_help import KeyHelp
from pipette.ui.key_test_lines import TriedLines, hinders, lines_of
from pipette.ui.sheet import Kind, mark
from pipette.ui.theme import Theme
from pipette.ui.tokens import Tone


class SignIn(Question):
    """Tests the new key, asks when it belongs to someone else, keeps it. Window-modal.

    ``signed_in`` carries the account as it stands then, with whose key it is.
    """

    signed_in = Signal(object)

    def __init__(
        self,
        theme: Theme,
        background: Background,
        desk: TriesKeys,
        keeper: AccountKeeper,
        kind: ServiceKind,
        account: Account,
        waiting: int = 0,
        kept: str = "",
        browser: SignsInByBrowser | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, _asked(account, waiting), parent)
        self._background = background
        self._desk = desk
        self._keeper = keeper
        self._kind = kind
        self._account = account
        self._waiting = waiting
        self._errand: Errand[Tried] | Errand[None] | None = None
        self.fields: KeyFields = key_fields(kind.key_form, theme)
        self.body.addWidget(self.fields)
        self.session_only = QCheckBox(self.tr("&Keep for this session only"))
        self.body.addWidget(self.session_only)
        if kept:
            note = QLabel(
                self.tr("{kept} already sent stays sent; uploads go on from there.").format(
                    kept=kept
                )
            )
            mark(note, Kind.SECONDARY)
            self.body.addWidget(note)
        self.browser = BrowserSignIn(theme, background, browser)
        self.browser.use_account(account)
        self.browser.granted.connect(self._take_key)
        self.body.addWidget(self.browser)
        self.help = KeyHelp()
        self.help.show_kind(kind, account)
        self.help.hide()
        self.body.addWidget(self.help)
        self.lines = TriedLines(theme)
        self.lines.hide()
        self.body.addWidget(self.lines)
        self._add_buttons()
        self.fields.first_field().setFocus()

    def _add_buttons(self) -> None:
        self.help_button = self.add_link(self.tr("Where do I find it?"))
        self.help_button.clicked.connect(lambda: self.help.setVisible(self.help.isHidden()))
        self.add_button(self.tr("Later"), QDialogButtonBox.ButtonRole.RejectRole)
        self.go_button: QPushButton = self.add_button(
            self.tr("Test and go on"), QDialogButtonBox.ButtonRole.AcceptRole, Kind.PRIMARY
        )
        self.go_button.setEnabled(False)
        self.go_button.clicked.connect(self.try_out)
        self.fields.changed.connect(lambda: self.go_button.setEnabled(self.fields.is_complete))

    def try_out(self) -> None:
        """Test what was typed."""
        if not self.fields.is_complete:
            return
        account, secret = self._account, self.fields.key()
        self._say(self.tr("Testing…"))
        self.go_button.setEnabled(False)
        self._errand = self._background.run(
            lambda: try_key(self._desk, account, secret), self._judge, self._fail
        )

    def done(self, result: int) -> None:
        if self._errand is not None:
            self._errand.drop()
        self.browser.stop()
        self.fields.clear()
        super().done(result)

    def _take_key(self, key: Secret) -> None:
        self.fields.paste(key.reveal())
        self.try_out()

    def _judge(self, tried: Tried) -> None:
        self.lines.show()
        self.lines.show_lines(lines_of(tried, self._kind, self._account))
        if hinders(tried.tests):
            self.go_button.setEnabled(True)
            return
        account = _with_person(self._account, tried)
        if self._account.who_id and account.who_id != self._account.who_id:
            self._ask_about(account)
            return
        self._keep(account)

    def _ask_about(self, account: Account) -> None:
        other = self._account.who or self._account.who_id
        question = SomeoneElse(
            self._theme, account.who or account.who_id, other, self._waiting, self
        )
        question.confirmed.connect(lambda: self._keep(account))
        question.rejected.connect(lambda: self.go_button.setEnabled(True))
        question.open()

    def _keep(self, account: Account) -> None:
        secret, session_only = self.fields.key(), self.session_only.isChecked()
        changed = account != self._account

        def keep() -> None:
            self._keeper.set_key(account.name, secret, session_only=session_only)
            if changed:
                self._keeper.update(account)

        self._errand = self._background.run(keep, lambda _: self._finish(account), self._fail)

    def _finish(self, account: Account) -> None:
        self.accept()
        self.signed_in.emit(account)

    def _fail(self, error: Exception) -> None:
        self.go_button.setEnabled(True)
        if isinstance(error, KeychainTrouble):
            self.session_only.setChecked(True)
            self._say(
                f"{words.message(error.kind).text} It can be kept for this session only: "
                "press the button once more to do so."
            )
            return
        self._say(self.tr("The key could not be kept: {why}").format(why=error))

    def _say(self, text: str) -> None:
        self.lines.show()
        self.lines.show_text(text)


def _asked(account: Account, waiting: int) -> Asked:
    whose = f" for {account.who}" if account.who else ""
    held = (
        f" {figures.plural(waiting, 'file')} {'waits' if waiting == 1 else 'wait'} in line."
        if waiting
        else ""
    )
    text = (
        f"Give the key{whose} that shall be used from now on. Pipette stopped asking "
        f"{account.name} for anything.{held}"
        if waiting
        else f"Give the key{whose} that shall be used from now on."
    )
    return Asked("Pipette", "key", Tone.WARN, f"Sign in to {account.name} again", text)


def _with_person(account: Account, tried: Tried) -> Account:
    if tried.who is None:
        return account
    return replace(account, who=tried.who.label, who_id=tried.who.id)
