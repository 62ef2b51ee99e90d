"""Where an import goes, with which tags, and what happens to names that are there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLabel, QLineEdit, QWidget

from pipette.model.files import Location
from pipette.model.transfer import IfExists
from pipette.ui import words_drs
from pipette.ui.sheet import Kind, mark
from pipette.ui.tokens import Space

_RULES = tuple(IfExists)


@dataclass(frozen=True, slots=True)
class ImportTarget:
    """An account that takes imports."""

    account: str
    place: str
    """What people call the platform."""
    segments: int = 2
    """How many path segments name a project there."""


class TargetForm(QWidget):
    changed = Signal()
    account_changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._targets: Sequence[ImportTarget] = ()
        self.account = QComboBox()
        self.path = QComboBox()
        self.path.setEditable(True)
        self.path.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.path.setMinimumWidth(320)
        self.rule = QComboBox()
        self.rule.addItems([words_drs.RULE_WORDS[rule] for rule in _RULES])
        self.tags = QLineEdit()
        self._lay_out()
        self.account.currentIndexChanged.connect(self._take_account)
        self.path.editTextChanged.connect(lambda _text: self.changed.emit())
        self.rule.currentIndexChanged.connect(lambda _index: self.changed.emit())

    def show_targets(self, targets: Sequence[ImportTarget], chosen: Location | None) -> None:
        """Keeps what was chosen before, as long as it is among them."""
        before = self.target.account if self.target else ""
        self._targets = targets
        self.account.blockSignals(True)
        self.account.clear()
        self.account.addItems([target.account for target in targets])
        wanted = chosen.account if chosen else before
        self.account.setCurrentIndex(max(0, self.account.findText(wanted)) if targets else -1)
        self.account.blockSignals(False)
        if chosen and self.account.currentText() == chosen.account:
            parts = (chosen.container, chosen.path.strip("/"))
            self.path.setEditText("/".join(part for part in parts if part))
        self._take_account()

    def show_projects(self, account: str, projects: Sequence[str]) -> None:
        """To choose from; a folder may be written behind one."""
        if self.target is None or self.target.account != account:
            return
        written = self.path.currentText()
        self.path.blockSignals(True)
        self.path.clear()
        self.path.addItems(list(projects))
        self.path.setEditText(written)
        self.path.blockSignals(False)

    @property
    def target(self) -> ImportTarget | None:
        index = self.account.currentIndex()
        return self._targets[index] if 0 <= index < len(self._targets) else None

    @property
    def place(self) -> Location | None:
        """None while what is written names no project."""
        target = self.target
        if target is None:
            return None
        parts = [part.strip() for part in self.path.currentText().strip().strip("/").split("/")]
        if len(parts) < target.segments or not all(parts):
            return None
        container = "/".join(parts[: target.segments])
        return Location(target.account, container, "/".join(parts[target.segments :]))

    @property
    def chosen_rule(self) -> IfExists:
        return _RULES[self.rule.currentIndex()]

    @property
    def chosen_tags(self) -> tuple[str, ...]:
        tags = (tag.strip() for tag in self.tags.text().split(","))
        return tuple(dict.fromkeys(tag for tag in tags if tag))

    def _take_account(self) -> None:
        if self.target:
            self.account_changed.emit(self.target.account)
        self.changed.emit()

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(Space.MEDIUM)
        grid.setVerticalSpacing(Space.SMALL)
        into = QHBoxLayout()
        into.setSpacing(Space.SMALL)
        into.addWidget(self.account)
        into.addWidget(self.path, 1)
        self.account.setAccessibleName(self.tr("Location"))
        self.path.setAccessibleName(self.tr("Project and folder"))
        field = self.path.lineEdit()
        if field is not None:
            field.setPlaceholderText(self.tr("owner/project or owner/project/folder"))
        self.tags.setPlaceholderText(self.tr("Optional, with commas between them"))
        grid.addWidget(_label(self.tr("Import &into"), self.path), 0, 0)
        grid.addLayout(into, 0, 1)
        grid.addWidget(_label(self.tr("If the &name exists"), self.rule), 0, 2)
        grid.addWidget(self.rule, 0, 3)
        grid.addWidget(_label(self.tr("&Tags"), self.tags), 1, 0)
        grid.addWidget(self.tags, 1, 1, 1, 3)
        grid.setColumnStretch(1, 1)


def _label(text: str, buddy: QWidget) -> QLabel:
    label = QLabel(text)
    mark(label, Kind.SECONDARY)
    label.setBuddy(buddy)
    return label
