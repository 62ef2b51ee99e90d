"""The last page of adding a location: the project to begin with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QLabel, QListWidget, QListWidgetItem, QPushButton, QWidget

from pipette.model.account import Account
from pipette.model.files import Location, RemoteFile
from pipette.model.kinds import ServiceKind
from pipette.ui.add_location_pages import Page
from pipette.ui.sheet import Kind, mark


class DonePage(Page):
    """The location is kept; what Pipette opens with can be picked."""

    another = Signal()

    def __init__(self, kind: ServiceKind, parent: QWidget | None = None) -> None:
        super().__init__("Ready", "", parent)
        self._kind = kind
        self._account = Account("", kind.code)
        self.projects = QListWidget()
        self._note = QLabel()
        self._note.setWordWrap(True)
        mark(self._note, Kind.SECONDARY)
        self.make_default = QCheckBox(self.tr("&Begin here from now on"))
        self.make_default.setChecked(True)
        another = QPushButton(self.tr("&Add another"))
        another.setAutoDefault(False)
        another.clicked.connect(self.another)
        self.column.addWidget(self.projects, 1)
        self.column.addWidget(self._note)
        self.column.addWidget(self.make_default)
        self.column.addWidget(another, 0, Qt.AlignmentFlag.AlignLeft)

    @property
    def place(self) -> Location:
        """Where the browser opens."""
        chosen = self._chosen()
        if chosen is None:
            return Location(self._account.name, self._account.container, self._account.path)
        return chosen

    @property
    def account(self) -> Account:
        """As it was kept, with the project to begin with from now on."""
        chosen = self._chosen()
        if chosen is None or not self.make_default.isChecked():
            return self._account
        return replace(self._account, container=chosen.container, path=chosen.path)

    def show_account(self, kind: ServiceKind, account: Account) -> None:
        self._kind, self._account = kind, account
        self.set_text(f"{account.name} was added. Choose the {kind.container} to begin with.")
        self.projects.clear()
        self.projects.setAccessibleName(f"{kind.container.capitalize()}s")
        self._note.setText(self.tr("Looking for {what}s…").format(what=kind.container))

    def show_projects(self, projects: Sequence[RemoteFile], wanted: str) -> None:
        """``wanted`` is the service's own id of the one whose address was pasted, or ""."""
        nothing = self.tr("This key sees no {what}.").format(what=self._kind.container)
        self._note.setText("" if projects else nothing)
        for project in projects:
            item = QListWidgetItem(project.location.container)
            item.setData(Qt.ItemDataRole.UserRole, project.location)
            self.projects.addItem(item)
        ids = [project.id for project in projects]
        if projects:
            self.projects.setCurrentRow(ids.index(wanted) if wanted in ids else 0)

    def show_trouble(self) -> None:
        self._note.setText(
            self.tr("The {what}s could not be listed; type one into the path field later.").format(
                what=self._kind.container
            )
        )

    def first_field(self) -> QWidget:
        return self.projects

    def _chosen(self) -> Location | None:
        item = self.projects.currentItem()
        place = item.data(Qt.ItemDataRole.UserRole) if item is not None else None
        return place if isinstance(place, Location) else None
