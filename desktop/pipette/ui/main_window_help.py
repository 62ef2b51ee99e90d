"""Help: the keys, what this program is, and facts for whoever looks into a problem."""

from __future__ import annotations

import platform
import sys

from PySide6.QtCore import QObject, qVersion
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtWidgets import QDialogButtonBox, QLabel, QWidget

from pipette import __version__
from pipette.store.accounts import Accounts
from pipette.ui import figures
from pipette.ui.actions import Act, Actions
from pipette.ui.dialogs import Asked, Question
from pipette.ui.sheet import Kind
from pipette.ui.theme import Theme
from pipette.ui.tokens import Tone


class Help(QObject):
    """One for the window."""

    def __init__(self, window: QWidget, accounts: Accounts, actions: Actions, theme: Theme) -> None:
        super().__init__(window)
        self._window = window
        self._accounts = accounts
        self._actions = actions
        self._theme = theme

    def show_keys(self) -> None:
        lines = [(_keys(self._actions, act), _words(self._actions, act)) for act in Act]
        said = "\n".join(f"{keys}\t{words}" for keys, words in lines if keys)
        self._tell("Keyboard", "info", "Keys", said)

    def show_about(self) -> None:
        self._tell(
            "About Pipette",
            "pipette",
            f"Pipette {__version__}",
            "Sends sequencing data to genomics platforms, part by part, and proves that every "
            "byte arrived.",
        )

    def copy_diagnostics(self) -> str:
        """Versions and counts, nothing that names people, keys or files. Returns what to say."""
        QGuiApplication.clipboard().setText(self.diagnostics())
        return self.tr("Diagnostics were copied.")

    def diagnostics(self) -> str:
        kinds = sorted(account.kind for account in self._accounts.list())
        return "\n".join(
            (
                f"Pipette {__version__}",
                f"Python {platform.python_version()}, Qt {qVersion()}",
                f"{platform.system()} {platform.release()} {platform.machine()}",
                f"Screen density {self._window.devicePixelRatioF()}",
                f"{figures.plural(len(kinds), 'location')}: {', '.join(kinds) or 'none'}",
                f"Packaged: {getattr(sys, 'frozen', False)}",
            )
        )

    def _tell(self, title: str, icon: str, head: str, text: str) -> None:
        told = Question(self._theme, Asked(title, icon, Tone.ACCENT, head, ""), self._window)
        label = QLabel(text)
        label.setWordWrap(True)
        told.body.addWidget(label)
        close = told.add_button(
            self.tr("Close"), QDialogButtonBox.ButtonRole.RejectRole, Kind.PRIMARY
        )
        close.setFocus()
        told.open()


def _keys(actions: Actions, act: Act) -> str:
    native = QKeySequence.SequenceFormat.NativeText
    return actions[act].shortcut().toString(native)


def _words(actions: Actions, act: Act) -> str:
    return actions[act].text().replace("&", "").partition("\t")[0]
