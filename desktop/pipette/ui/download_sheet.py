"""Asks where downloads go: how much it is, into which folder, whether there is room."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QWidget,
)

from pipette.model.files import Location, RemoteFile
from pipette.model.transfer import IfExists
from pipette.ui import figures, words
from pipette.ui.background import Background, Errand
from pipette.ui.browser_cells import is_archived
from pipette.ui.dialogs import Asked, Question
from pipette.ui.remote_trees import Tree, Weight, weigh
from pipette.ui.sheet import Kind, mark
from pipette.ui.theme import Theme
from pipette.ui.tokens import Space, Tone

_RESERVE = 500 * 10**6
"""So much stays free on the disk."""


@dataclass(frozen=True, slots=True)
class Room:
    """What the disk of a folder has left; ``free`` None when the folder cannot be used."""

    folder: str
    free: int | None


def room_in(folder: str) -> Room:
    """Free bytes where ``folder`` is or will be. Blocks."""
    path = Path(folder).expanduser()
    while not path.exists() and path != path.parent:
        path = path.parent
    try:
        return Room(folder, shutil.disk_usage(path).free)
    except OSError:
        return Room(folder, None)


def room_words(room: Room, needed: int, complete: bool) -> tuple[str, Tone]:
    """What is said of the free space, and how loudly."""
    if room.free is None:
        return "This folder cannot be used. Choose another.", Tone.ERR
    free = figures.size(room.free)
    if needed + _RESERVE > room.free:
        return f"Not enough room: {free} free, {figures.size(needed)} needed.", Tone.ERR
    return (f"{free} free." if complete else f"{free} free; still counting."), Tone.TEXT2


@dataclass(frozen=True, slots=True)
class DownloadChoice:
    """What the sheet was answered with."""

    places: tuple[Location, ...]
    to_folder: str
    if_exists: IfExists


class DownloadSheet(Question):
    """Window-modal. ``chosen`` carries a DownloadChoice once Download was pressed."""

    chosen = Signal(object)

    def __init__(
        self,
        theme: Theme,
        background: Background,
        tree: Tree,
        items: Sequence[RemoteFile],
        to_folder: str,
        rule: IfExists,
        parent: QWidget | None = None,
    ) -> None:
        what = items[0].location.name if len(items) == 1 else figures.plural(len(items), "item")
        asked = Asked("Download", "download", Tone.ACCENT, f"Download {what}", "Counting…")
        super().__init__(theme, asked, parent)
        self._background = background
        self._items = tuple(items)
        self._weight = Weight(complete=False)
        self._room = Room(to_folder, None)
        self._errands: list[Errand[Weight] | Errand[Room]] = []
        self._folder = QLineEdit(to_folder)
        self._add_folder()
        self._space = QLabel(self.tr("Looking for free space…"))
        self.body.addWidget(self._space)
        self._say_archived()
        self._group = QButtonGroup(self)
        self._add_rules(rule)
        self.add_button(self.tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        self._go = self.add_button(
            self.tr("Download"), QDialogButtonBox.ButtonRole.AcceptRole, Kind.PRIMARY
        )
        self._go.setEnabled(False)
        self._go.clicked.connect(self.accept)
        self._weigh(tree)
        self._look_for_room()

    @property
    def folder_field(self) -> QLineEdit:
        return self._folder

    @property
    def download_button(self) -> QPushButton:
        return self._go

    def accept(self) -> None:
        if not self._go.isEnabled():
            return
        places = tuple(item.location for item in self._items)
        rule = list(IfExists)[self._group.checkedId()]
        choice = DownloadChoice(places, self._folder.text().strip(), rule)
        super().accept()
        self.chosen.emit(choice)

    def done(self, result: int) -> None:
        for errand in self._errands:
            errand.drop()
        super().done(result)

    def _add_folder(self) -> None:
        label = QLabel(self.tr("&To folder:"))
        label.setBuddy(self._folder)
        self._folder.setAccessibleName(self.tr("To folder"))
        self._folder.textChanged.connect(self._look_for_room)
        change = QPushButton(self.tr("Change…"))
        change.setAutoDefault(False)
        change.clicked.connect(self._choose_folder)
        row = QHBoxLayout()
        row.setSpacing(Space.SMALL)
        row.addWidget(label)
        row.addWidget(self._folder, 1)
        row.addWidget(change)
        self.body.addLayout(row)

    def _add_rules(self, rule: IfExists) -> None:
        heading = QLabel(self.tr("If a name is already in that folder"))
        mark(heading, Kind.STRONG)
        self.body.addWidget(heading)
        for number, each in enumerate(IfExists):
            radio = QRadioButton(words.RULE_WORDS[each])
            radio.setChecked(each is rule)
            self._group.addButton(radio, number)
            self.body.addWidget(radio)

    def _say_archived(self) -> None:
        archived = sum(1 for item in self._items if is_archived(item))
        if archived:
            verb = "is" if archived == 1 else "are"
            note = QLabel(
                f"{figures.plural(archived, 'file')} {verb} archived and must be restored first."
            )
            note.setWordWrap(True)
            mark(note, Kind.WARNING_TEXT)
            self.body.addWidget(note)

    def _choose_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, self.tr("Download to"), self._folder.text())
        if chosen:
            self._folder.setText(chosen)

    def _weigh(self, tree: Tree) -> None:
        items, errands = self._items, list[Errand[Weight]]()

        def stopped() -> bool:
            return bool(errands) and errands[0].dropped

        errand = self._background.run(
            lambda: weigh(tree, items, stopped), self._take_weight, self._miss_weight
        )
        errands.append(errand)
        self._errands.append(errand)

    def _take_weight(self, weight: Weight) -> None:
        self._weight = weight
        said = f"{figures.plural(weight.files, 'file')}, {figures.size(weight.size)}"
        self.set_text(said if weight.complete else f"Over {said}")
        self._say_room()

    def _miss_weight(self, error: Exception) -> None:
        self.set_text(
            self.tr("The size could not be found out. The download can start all the same.")
        )
        self._weight = Weight()
        self._say_room()

    def _look_for_room(self) -> None:
        folder = self._folder.text().strip()
        self._go.setEnabled(False)
        errand = self._background.run(lambda: room_in(folder), self._take_room)
        self._errands.append(errand)

    def _take_room(self, room: Room) -> None:
        # An answer for what was typed before is of no use any more.
        if room.folder == self._folder.text().strip():
            self._room = room
            self._say_room()

    def _say_room(self) -> None:
        text, tone = room_words(self._room, self._weight.size, self._weight.complete)
        self._space.setText(text)
        mark(self._space, Kind.ERROR_TEXT if tone is Tone.ERR else Kind.SECONDARY)
        self._go.setEnabled(tone is not Tone.ERR and bool(self._folder.text().strip()))
