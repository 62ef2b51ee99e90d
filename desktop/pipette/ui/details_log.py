"""The Log tab: what happened to one file, newest first, and a copy fit to send to support."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from pipette.model.transfer import LogLine
from pipette.ui import figures, words
from pipette.ui.tokens import Space

_USER_FOLDER = re.compile(
    r"""(/home/|/Users/|[A-Za-z]:\\Users\\)"""
    r"""(?:[^/\\"'\r\n]{1,40}(?=[/\\])|[^/\\\s"']+)""",
    re.IGNORECASE,
)
"""Names of people may hold spaces; where the path goes on, all of the name is taken."""


def log_words(lines: Sequence[LogLine]) -> str:
    """One line each with its time, newest first."""
    newest_first = sorted(lines, key=lambda line: line.at, reverse=True)
    return "\n".join(_line_words(line) for line in newest_first)


def _line_words(line: LogLine) -> str:
    return f"{figures.exact_moment(line.at)}  {words.log_sentence(line)}"


def without_people(text: str, home: Path) -> str:
    """Paths inside someone's own folder lose the part that names the person."""
    shortened = text.replace(str(home), "~")
    return _USER_FOLDER.sub(r"\1…", shortened)


class LogTab(QWidget):
    """``clean`` strips keys and signed addresses; it is applied to what is shown and copied."""

    def __init__(
        self, clean: Callable[[str], str], home: Path, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._clean = clean
        self._home = home
        self._lines: tuple[LogLine, ...] | None = None
        self.view = QPlainTextEdit()
        self.view.setReadOnly(True)
        self.view.setAccessibleName(self.tr("Log"))
        self.view.setPlaceholderText(self.tr("Nothing happened yet."))
        self.copy = QPushButton(self.tr("Copy for support"))
        self.copy.setToolTip(self.tr("Without keys, signed addresses and names of people"))
        self.copy.clicked.connect(self.copy_for_support)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.LARGE, Space.MEDIUM, Space.MEDIUM, Space.MEDIUM)
        column.addWidget(self.view, 1)
        column.addLayout(buttons)

    def show_lines(self, lines: Sequence[LogLine]) -> None:
        if self._lines != tuple(lines):
            self._lines = tuple(lines)
            self.view.setPlainText(self._clean(log_words(lines)))

    def copy_for_support(self) -> None:
        text = without_people(self.view.toPlainText(), self._home)
        QGuiApplication.clipboard().setText(text)
