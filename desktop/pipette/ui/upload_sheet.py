"""The one question between a drop and a running upload: from where to where, and the name rule."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from pipette.model.files import Location
from pipette.model.transfer import IfExists
from pipette.ui import figures, words
from pipette.ui.background import Background, Errand
from pipette.ui.dialogs import Asked, Question
from pipette.ui.sheet import Kind, mark
from pipette.ui.theme import Theme
from pipette.ui.tokens import Tone

_MOST_WEIGHED = 100_000


@dataclass(frozen=True, slots=True)
class LocalWeight:
    files: int = 0
    size: int = 0
    complete: bool = True
    loose: int = 0
    """Files given by themselves, not in a folder."""


def weigh_local(paths: Sequence[str], stopped: Callable[[], bool]) -> LocalWeight:
    """Files and bytes below these paths. Blocks; what cannot be read is named by the scan."""
    files = size = 0
    waiting = [Path(path) for path in paths]
    loose = sum(1 for path in waiting if not path.is_dir())
    while waiting:
        path = waiting.pop()
        if files >= _MOST_WEIGHED or stopped():
            return LocalWeight(files, size, complete=False, loose=loose)
        try:
            if path.is_dir() and not path.is_symlink():
                waiting.extend(path.iterdir())
            else:
                size += path.stat().st_size
                files += 1
        except OSError:
            continue
    return LocalWeight(files, size, loose=loose)


@dataclass(frozen=True, slots=True)
class UploadChoice:
    """What the sheet was answered with."""

    paths: tuple[str, ...]
    to: Location
    if_exists: IfExists
    ask_again: bool


class UploadSheet(Question):
    """Window-modal. ``chosen`` carries an UploadChoice once Upload was pressed."""

    chosen = Signal(object)

    def __init__(
        self,
        theme: Theme,
        background: Background,
        paths: Sequence[str],
        to: Location,
        rule: IfExists,
        rules: Collection[IfExists] = frozenset(IfExists),
        *,
        takes_files: bool = True,
        parent: QWidget | None = None,
    ) -> None:
        """``takes_files`` False: this place holds folders only, so files need one to go into."""
        asked = Asked(f"Upload to {to.account}", "upload", Tone.ACCENT, f"Upload to {to.name}?", "")
        super().__init__(theme, asked, parent)
        self._paths = tuple(paths)
        self._to = to
        self.set_text(_route(paths, to))
        self._weight = QLabel(self.tr("Counting…"))
        self.body.addWidget(self._weight)
        self._takes_files = takes_files
        self.folder = QLineEdit(_folder_name(paths))
        self._folder_row = self._add_folder()
        self._group = QButtonGroup(self)
        self._add_rules(rule, rules)
        self._quiet = QCheckBox(self.tr("Start without asking from now on"))
        self.body.addWidget(self._quiet)
        self.add_button(self.tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        self._go = self.add_button(
            self.tr("Upload"), QDialogButtonBox.ButtonRole.AcceptRole, Kind.PRIMARY
        )
        self._go.clicked.connect(self.accept)
        self._go.setFocus()
        self._go.setEnabled(takes_files)
        self._errand = self._weigh(background)

    @property
    def upload_button(self) -> QWidget:
        return self._go

    def choose_rule(self, rule: IfExists) -> None:
        self._group.button(list(IfExists).index(rule)).setChecked(True)

    def do_not_ask_again(self) -> None:
        self._quiet.setChecked(True)

    def accept(self) -> None:
        rule = list(IfExists)[self._group.checkedId()]
        to = self._to.child(self.folder.text().strip()) if self._needs_folder else self._to
        choice = UploadChoice(self._paths, to, rule, not self._quiet.isChecked())
        super().accept()
        self.chosen.emit(choice)

    def done(self, result: int) -> None:
        self._errand.drop()
        super().done(result)

    @property
    def _needs_folder(self) -> bool:
        return not self._folder_row.isHidden()

    def _add_folder(self) -> QWidget:
        row = QWidget()
        label = QLabel(
            self.tr("Files by themselves cannot lie here. Put everything into the &folder:")
        )
        label.setWordWrap(True)
        label.setBuddy(self.folder)
        self.folder.setAccessibleName(self.tr("Folder"))
        self.folder.textChanged.connect(lambda _text: self._look())
        column = QVBoxLayout(row)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(label)
        column.addWidget(self.folder)
        row.hide()
        self.body.addWidget(row)
        return row

    def _look(self) -> None:
        name = self.folder.text().strip()
        is_good = bool(name) and "/" not in name and name not in {".", ".."}
        self._go.setEnabled(not self._needs_folder or is_good)

    def _add_rules(self, rule: IfExists, rules: Collection[IfExists]) -> None:
        heading = QLabel(self.tr("If a name is already there"))
        mark(heading, Kind.STRONG)
        self.body.addWidget(heading)
        for number, each in enumerate(IfExists):
            radio = QRadioButton(words.RULE_WORDS[each])
            radio.setVisible(each in rules)
            radio.setChecked(each is rule)
            self._group.addButton(radio, number)
            self.body.addWidget(radio)

    def _weigh(self, background: Background) -> Errand[LocalWeight]:
        paths, errands = self._paths, list[Errand[LocalWeight]]()
        errand = background.run(
            lambda: weigh_local(paths, lambda: bool(errands) and errands[0].dropped),
            self._show_weight,
        )
        errands.append(errand)
        return errand

    def _show_weight(self, weight: LocalWeight) -> None:
        self._folder_row.setVisible(bool(weight.loose) and not self._takes_files)
        self._look()
        files = figures.plural(weight.files, "file")
        size = figures.size(weight.size)
        self._weight.setText(f"{files}, {size}" if weight.complete else f"Over {files}, {size}")


def _route(paths: Sequence[str], to: Location) -> str:
    source = (
        paths[0]
        if len(paths) == 1
        else f"{figures.plural(len(paths), 'item')} from {_folder(paths)}"
    )
    return f"{source}\n→ {words.place_words(to)}"


def _folder(paths: Sequence[str]) -> str:
    folders = {str(Path(path).parent) for path in paths}
    return folders.pop() if len(folders) == 1 else figures.plural(len(folders), "folder")


def _folder_name(paths: Sequence[str]) -> str:
    """What the folder these come from is called."""
    return Path(paths[0]).parent.name if paths else ""
