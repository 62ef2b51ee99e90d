"""The lines of the connection test: what was tried, how it went, and why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QWidget

from pipette.model.account import Account
from pipette.model.kinds import ServiceKind
from pipette.providers.protocol import AccountTest
from pipette.ui import figures, words
from pipette.ui.account_keeping import Tried
from pipette.ui.sheet import Kind, mark
from pipette.ui.theme import Theme
from pipette.ui.tokens import Size, Space, Tone

_HINDERS = frozenset({"reach", "key"})
"""What must go well before a location is of any use; the rest may be lived with."""


@dataclass(frozen=True, slots=True)
class TriedLine:
    """One line of the connection test, in words."""

    icon: str
    tone: Tone
    what: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class _Words:
    well: str
    wrong: str
    unknown: str


_WORDS = {
    "reach": _Words("Reached {host}", "Could not reach {host}", "{Host} was not asked"),
    "key": _Words("Key accepted", "Key not accepted", "Key not tried"),
    "projects": _Words(
        "Can see {containers}", "No {container} can be listed", "{Containers} were not listed"
    ),
    "upload": _Words(
        "May upload", "May not upload", "Whether it may upload shows with the first file"
    ),
    "clock": _Words(
        "This computer's clock is right",
        "This computer's clock is {minutes}",
        "Clock not compared",
    ),
}


def lines_of(tried: Tried, kind: ServiceKind, account: Account) -> list[TriedLine]:
    """The whole test. Whose key it is stands beside the key, the region beside the server."""
    beside = {
        "reach": kind.where(account),
        "key": tried.who.label if tried.who is not None else "",
    }
    return [line_of_test(test, kind, account, beside.get(test.name, "")) for test in tried.tests]


def line_of_test(
    test: AccountTest, kind: ServiceKind, account: Account, beside: str = ""
) -> TriedLine:
    """A line with ✓ ! or ✕, and the reason when it did not go well."""
    host = kind.host(account)
    said = _WORDS.get(test.name, _Words(*(test.name.capitalize(),) * 3))
    facts = {
        "host": host,
        "Host": host,
        "container": kind.container,
        "containers": _containers(test.detail, kind.container),
        "Containers": f"{kind.container.capitalize()}s",
        "minutes": _apart(test.detail),
    }
    if test.passed:
        detail = beside or (test.detail if test.name not in {"projects", "clock"} else "")
        return TriedLine("check", Tone.OK, said.well.format_map(facts), detail)
    if test.passed is None:
        return TriedLine("info", Tone.TEXT2, said.unknown.format_map(facts))
    reason = words.advice(test.kind, host) if test.kind else test.detail
    icon, tone = ("error", Tone.ERR) if test.name in _HINDERS else ("warn", Tone.WARN)
    return TriedLine(icon, tone, said.wrong.format_map(facts), reason)


def hinders(tests: Sequence[AccountTest]) -> bool:
    """Whether the location cannot work at all with this key."""
    return any(test.passed is False and test.name in _HINDERS for test in tests)


def _containers(count: str, container: str) -> str:
    """``14 projects``, where the service told how many."""
    if count.isdigit():
        return figures.plural(int(count), container)
    return f"{count} {container}s" if count[:1].isdigit() else f"{container}s"


def _apart(seconds: str) -> str:
    try:
        apart = float(seconds)
    except ValueError:
        return "wrong"
    way = "fast" if apart > 0 else "slow"
    return f"{figures.plural(round(abs(apart) / 60) or 1, 'minute')} {way}"


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
