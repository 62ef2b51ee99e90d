"""The fields a key is typed or pasted into. Nothing secret is readable unless revealed."""

from __future__ import annotations

import re
from abc import abstractmethod
from typing import NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFormLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from pipette.model.account import Secret
from pipette.model.kinds import KeyForm
from pipette.ui.theme import Theme
from pipette.ui.tokens import Space, Tone

LABEL_WIDTH = 112


class Key(NamedTuple):
    access: str
    secret: str
    session: str = ""


_NAMES = {
    "aws_access_key_id": "access",
    "accesskeyid": "access",
    "access_key": "access",
    "aws_secret_access_key": "secret",
    "secretaccesskey": "secret",
    "secret_key": "secret",
    "aws_session_token": "session",
    "sessiontoken": "session",
    "session_token": "session",
}
_NAMED_VALUE = re.compile(r"[\"']?(\w+)[\"']?\s*[=:]\s*[\"']?([^\s\"',;]+)")


def read_pasted_key(text: str) -> Key | None:
    """A whole key in one of the forms consoles and programs hand it out, else None.

    Known are ``ACCESS:SECRET[:SESSION]``, shell exports, credential files and JSON.
    """
    found: dict[str, str] = {}
    for name, value in _NAMED_VALUE.findall(text):
        part = _NAMES.get(name.lower())
        if part is not None:
            found[part] = value
    if "access" in found and "secret" in found:
        return Key(**found)
    pieces = text.strip().split(":", 2)
    if len(pieces) > 1 and all(pieces) and not re.search(r"\s", text.strip()):
        return Key(*pieces)
    return None


class KeyFields(QWidget):
    """What a key is given by; the forms it comes in differ by service."""

    changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.eyes: list[QAction] = []

    @property
    @abstractmethod
    def is_complete(self) -> bool: ...

    @abstractmethod
    def key(self) -> Secret:
        """As the credential store keeps it."""

    @abstractmethod
    def paste(self, text: str) -> None:
        """As if it was pasted into the first field."""

    def clear(self) -> None:
        """Let go of what was typed."""
        for field in self.findChildren(QLineEdit):
            field.clear()

    @abstractmethod
    def first_field(self) -> QLineEdit: ...

    def _field(self, name: str, icon: str, *, hidden: bool) -> QLineEdit:
        field = QLineEdit()
        field.setAccessibleName(name)
        field.setAcceptDrops(False)
        field.addAction(
            self._theme.icon(icon, Tone.TEXT2), QLineEdit.ActionPosition.LeadingPosition
        )
        field.setInputMethodHints(
            Qt.InputMethodHint.ImhSensitiveData | Qt.InputMethodHint.ImhNoPredictiveText
        )
        if hidden:
            field.setEchoMode(QLineEdit.EchoMode.Password)
            self._add_eye(field, name)
        return field

    def _add_eye(self, field: QLineEdit, name: str) -> None:
        eye = field.addAction(
            self._theme.icon("eye", Tone.TEXT2), QLineEdit.ActionPosition.TrailingPosition
        )
        eye.setCheckable(True)
        eye.setText(self.tr("Show {name}").format(name=name.lower()))
        eye.setToolTip(eye.text())
        eye.toggled.connect(
            lambda shown: field.setEchoMode(
                QLineEdit.EchoMode.Normal if shown else QLineEdit.EchoMode.Password
            )
        )
        self.eyes.append(eye)


class OneKey(KeyFields):
    """A key of one word: an API key or a token."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.secret = self._field(self.tr("Key"), "key", hidden=True)
        self.secret.setPlaceholderText(self.tr("Paste the key"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.secret)
        self.secret.textChanged.connect(lambda _text: self.changed.emit())

    @property
    def is_complete(self) -> bool:
        text = self.secret.text().strip()
        return bool(text) and len(text.split()) == 1

    def key(self) -> Secret:
        return Secret(self.secret.text().strip())

    def paste(self, text: str) -> None:
        self.secret.setText(text)

    def first_field(self) -> QLineEdit:
        return self.secret


class KeyPair(KeyFields):
    """Access key, secret and optional session token."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.access = self._field(self.tr("Access key"), "key", hidden=False)
        self.secret = self._field(self.tr("Secret key"), "lock", hidden=True)
        self.session = self._field(
            self.tr("Session token, only for temporary keys"), "clock", hidden=True
        )
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setSpacing(Space.SMALL)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for words, field in (
            (self.tr("&Access key"), self.access),
            (self.tr("&Secret key"), self.secret),
            (self.tr("Session &token"), self.session),
        ):
            label = QLabel(words)
            label.setMinimumWidth(LABEL_WIDTH)
            label.setBuddy(field)
            form.addRow(label, field)
            field.textChanged.connect(self._look)
        self.session.setPlaceholderText(self.tr("Optional: only temporary keys have one"))
        self.access.setPlaceholderText(self.tr("Paste the access key, or the whole key at once"))

    @property
    def is_complete(self) -> bool:
        return bool(self.access.text().strip() and self.secret.text().strip())

    def key(self) -> Secret:
        """``ACCESS:SECRET`` or ``ACCESS:SECRET:SESSION``."""
        parts = [field.text().strip() for field in (self.access, self.secret, self.session)]
        return Secret(":".join(part for part in parts if part))

    def paste(self, text: str) -> None:
        self.access.setText(text)

    def first_field(self) -> QLineEdit:
        return self.access

    def _look(self, text: str) -> None:
        key = read_pasted_key(text) if self.sender() is self.access else None
        if key is not None:
            self.access.setText(key.access)
            self.secret.setText(key.secret)
            self.session.setText(key.session)
            return
        self.changed.emit()


def key_fields(form: KeyForm, theme: Theme) -> KeyFields:
    """The fields for a key of this form."""
    return KeyPair(theme) if form is KeyForm.PAIR else OneKey(theme)
