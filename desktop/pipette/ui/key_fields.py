"""The fields an S3 key is typed or pasted into, and the lines of the test that follows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFormLayout, QFrame, QGridLayout, QLabel, QLineEdit, QWidget

from pipette.model.account import Account, Secret
from pipette.providers.protocol import AccountTest
from pipette.ui import figures, words
from pipette.ui.sheet import Kind, mark
from pipette.ui.theme import Theme
from pipette.ui.tokens import Size, Space, Tone

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
    """Access key, secret and optional session token. Nothing is readable unless revealed."""

    changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._eyes: list[QAction] = []
        self.access = self._field(self.tr("Access key"), "key", hidden=False)
        self.secret = self._field(self.tr("Secret key"), "lock", hidden=True)
        self.session = self._field(
            self.tr("Session token, only for temporary keys"), "clock", hidden=True
        )
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setSpacing(Space.SMALL)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for words_, field in (
            (self.tr("&Access key"), self.access),
            (self.tr("&Secret key"), self.secret),
            (self.tr("Session &token"), self.session),
        ):
            label = QLabel(words_)
            label.setMinimumWidth(LABEL_WIDTH)
            label.setBuddy(field)
            form.addRow(label, field)
        self.session.setPlaceholderText(self.tr("Optional: only temporary keys have one"))
        self.access.setPlaceholderText(self.tr("Paste the access key, or the whole key at once"))

    @property
    def is_complete(self) -> bool:
        return bool(self.access.text().strip() and self.secret.text().strip())

    def key(self) -> Secret:
        """As the credential store keeps it: ``ACCESS:SECRET`` or ``ACCESS:SECRET:SESSION``."""
        parts = [field.text().strip() for field in (self.access, self.secret, self.session)]
        return Secret(":".join(part for part in parts if part))

    def clear(self) -> None:
        """Let go of what was typed."""
        for field in (self.access, self.secret, self.session):
            field.clear()

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
        field.textChanged.connect(self._look)
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
        self._eyes.append(eye)

    def _look(self, text: str) -> None:
        key = read_pasted_key(text) if self.sender() is self.access else None
        if key is not None:
            self.access.setText(key.access)
            self.secret.setText(key.secret)
            self.session.setText(key.session)
            return
        self.changed.emit()


@dataclass(frozen=True, slots=True)
class TriedLine:
    """One line of the connection test, in words."""

    icon: str
    tone: Tone
    what: str
    detail: str = ""


_GONE_WELL = {
    "reach": "Reached {host}",
    "key": "Key accepted",
    "projects": "Buckets can be seen",
    "upload": "May upload",
    "clock": "This computer's clock is right",
}
_GONE_WRONG = {
    "reach": "Could not reach {host}",
    "key": "Key not accepted",
    "projects": "Buckets cannot be listed",
    "upload": "May not upload",
    "clock": "This computer's clock is wrong",
}
_UNKNOWN = {
    "reach": "{host} was not asked",
    "key": "Key not tried",
    "projects": "Buckets were not listed",
    "upload": "Whether it may upload shows with the first file",
    "clock": "Clock not compared",
}
_HINDERS = frozenset({"reach", "key"})
"""What must go well before a location is of any use; the rest may be lived with."""


def line_of_test(test: AccountTest, host: str) -> TriedLine:
    """A line with ✓ ! or ✕, and the reason when it did not go well."""
    if test.passed:
        return TriedLine("check", Tone.OK, _said(_GONE_WELL, test.name, host), test.detail)
    if test.passed is None:
        return TriedLine("info", Tone.TEXT2, _said(_UNKNOWN, test.name, host), test.detail)
    reason = words.advice(test.kind, host) if test.kind else test.detail
    icon, tone = ("error", Tone.ERR) if test.name in _HINDERS else ("warn", Tone.WARN)
    return TriedLine(icon, tone, _said(_GONE_WRONG, test.name, host), reason)


def hinders(tests: Sequence[AccountTest]) -> bool:
    """Whether the location cannot work at all with this key."""
    return any(test.passed is False and test.name in _HINDERS for test in tests)


def host_of(account: Account) -> str:
    """What people call the server of an account."""
    bare = account.url.partition("://")[2] or account.url
    return bare.rstrip("/") or f"Amazon S3{f', {account.region}' if account.region else ''}"


def _said(table: dict[str, str], name: str, host: str) -> str:
    return table.get(name, name.capitalize()).format(host=host)


class TriedLines(QFrame):
    """The result of the test, line by line."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        mark(self, Kind.CARD)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(Space.LARGE, Space.MEDIUM, Space.LARGE, Space.MEDIUM)
        self._grid.setHorizontalSpacing(Space.MEDIUM)
        self._grid.setVerticalSpacing(Space.SMALL)
        self._grid.setColumnStretch(2, 1)
        self.setAccessibleName(self.tr("Test"))
        self.show_text(self.tr("Runs by itself once the key is complete."))

    def show_text(self, text: str) -> None:
        self._clear()
        label = QLabel(text)
        label.setWordWrap(True)
        mark(label, Kind.SECONDARY)
        self._grid.addWidget(label, 0, 0, 1, 3)
        self.setAccessibleDescription(text)

    def show_lines(self, lines: Sequence[TriedLine]) -> None:
        self._clear()
        for number, line in enumerate(lines):
            self._add(number, line)
        self.setAccessibleDescription(". ".join(f"{line.what} {line.detail}" for line in lines))

    def _add(self, number: int, line: TriedLine) -> None:
        picture = QLabel()
        ratio = self.devicePixelRatioF()
        picture.setPixmap(self._theme.pixmap(line.icon, line.tone, Size.ICON, ratio))
        what = QLabel(line.what)
        mark(what, Kind.STRONG)
        detail = QLabel(line.detail)
        detail.setWordWrap(True)
        detail.setTextFormat(Qt.TextFormat.PlainText)
        detail.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        mark(detail, Kind.SECONDARY)
        self._grid.addWidget(picture, number, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(what, number, 1, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(detail, number, 2)

    def _clear(self) -> None:
        while item := self._grid.takeAt(0):
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()


def found_words(count: int) -> str:
    """``Can see 3 buckets``."""
    return f"Can see {figures.plural(count, 'bucket')}"
