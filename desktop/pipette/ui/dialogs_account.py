"""Questions about a location: removing it, and a new key that belongs to someone else."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialogButtonBox, QWidget

from pipette.ui import figures, words
from pipette.ui.dialogs import Asked, Question
from pipette.ui.sheet import Kind
from pipette.ui.theme import Theme
from pipette.ui.tokens import Tone


class ConfirmRemove(Question):
    """Removing a location from Pipette; says what hangs on it."""

    confirmed = Signal()

    def __init__(
        self, theme: Theme, account: str, unfinished: int, parent: QWidget | None = None
    ) -> None:
        asked = Asked(
            "Remove location",
            "trash",
            Tone.ERR,
            f"Remove {account} from Pipette?",
            _removal_words(account, unfinished),
        )
        super().__init__(theme, asked, parent)
        remove = self.add_button("Remove", QDialogButtonBox.ButtonRole.DestructiveRole, Kind.DANGER)
        remove.clicked.connect(self._confirm)
        cancel = self.add_button("Cancel", QDialogButtonBox.ButtonRole.RejectRole)
        cancel.setDefault(True)
        cancel.setFocus()
        self.remove_button = remove

    def _confirm(self) -> None:
        self.confirmed.emit()
        self.accept()


def _removal_words(account: str, unfinished: int) -> str:
    kept = f"Its key is forgotten on this computer. Nothing at {account} is deleted; receipts stay."
    if not unfinished:
        return kept
    transfers = figures.plural(unfinished, "unfinished transfer")
    verb = "depends" if unfinished == 1 else "depend"
    return (
        f"{transfers} {verb} on it and will be paused; what was sent is kept for when you add the "
        f"location again under this name. {kept}"
    )


class SomeoneElse(Question):
    """E29: the new key belongs to another person than the transfers that wait."""

    confirmed = Signal()

    def __init__(
        self,
        theme: Theme,
        name: str,
        other: str,
        waiting: int,
        parent: QWidget | None = None,
    ) -> None:
        queued = f"{figures.plural(waiting, 'file')} {'was' if waiting == 1 else 'were'} queued by"
        told = words.message("OtherPerson", name=name)
        asked = Asked(
            "Pipette",
            "user",
            Tone.WARN,
            told.title,
            f"The new key belongs to {name}. "
            + (f"{queued} {other}." if waiting else f"The location was set up by {other}."),
        )
        super().__init__(theme, asked, parent)
        cancel = self.add_button("Cancel", QDialogButtonBox.ButtonRole.RejectRole)
        cancel.setFocus()
        go = self.add_button(f"Go on as {name}", QDialogButtonBox.ButtonRole.AcceptRole)
        go.setAutoDefault(False)
        go.clicked.connect(self._confirm)
        self.go_button = go

    def _confirm(self) -> None:
        self.confirmed.emit()
        self.accept()
