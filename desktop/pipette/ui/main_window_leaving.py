"""Closing the window while something is sent: one question, and nothing is lost either way."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from pipette.ui.dialogs import Leave, quit_question
from pipette.ui.theme import Theme


class Leaving(QObject):
    """``sending`` tells how many files are on the way, ``pieces`` how many of them in one piece."""

    def __init__(
        self,
        window: QWidget,
        theme: Theme,
        sending: Callable[[], int],
        pieces: Callable[[], int] = lambda: 0,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._theme = theme
        self._sending = sending
        self._pieces = pieces
        self._decided = False
        self._is_asking = False

    def may_close(self) -> bool:
        """False when the person is being asked; the window closes itself once they say so."""
        sending = self._sending()
        if self._decided or not sending:
            return True
        if not self._is_asking:
            self._ask(sending)
        return False

    def _ask(self, sending: int) -> None:
        self._is_asking = True
        question = quit_question(self._theme, sending, None, self._window, self._pieces())
        question.chosen.connect(self._leave)
        question.finished.connect(self._asked)
        question.open()

    def _asked(self, _result: int) -> None:
        self._is_asking = False

    def _leave(self, how: Leave) -> None:
        if how is Leave.HIDE:
            self._window.showMinimized()
            return
        self._decided = True
        self._window.close()
