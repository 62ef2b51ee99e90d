"""The second page of adding a location: in which region, or on which server of one's own."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QFormLayout, QLabel, QLineEdit, QRadioButton, QWidget

from pipette.model.kinds import Recognised, ServiceKind, server_of, web_address
from pipette.ui.add_location_pages import Page
from pipette.ui.sheet import Kind, mark
from pipette.ui.tokens import Space


class ServerPage(Page):
    """What it offers follows the kind of service; ``use_kind`` before it is shown."""

    def __init__(self, kind: ServiceKind, parent: QWidget | None = None) -> None:
        super().__init__("Which region?", "", parent)
        self._kind = kind
        self._standard = QRadioButton()
        self._own = QRadioButton(self.tr("Another &server"))
        self.region = QComboBox()
        self.region.setAccessibleName(self.tr("Region"))
        self.endpoint = QLineEdit()
        self.endpoint.setAcceptDrops(False)
        self.endpoint.setAccessibleName(self.tr("Address of the server"))
        self._region_label = QLabel(self.tr("&Region"))
        self._warning = QLabel()
        self._warning.setWordWrap(True)
        mark(self._warning, Kind.WARNING_TEXT)
        self._lay_out()
        self._standard.toggled.connect(self._look)
        self.endpoint.textChanged.connect(self._look)
        self.region.currentTextChanged.connect(lambda _text: self.changed.emit())
        self.use_kind(kind, Recognised())

    @property
    def ready(self) -> bool:
        return self._standard.isChecked() or web_address(self.endpoint.text()) is not None

    @property
    def url(self) -> str:
        """ "" for the service's own servers."""
        text = self.endpoint.text()
        address = web_address(text)
        if self._standard.isChecked() or address is None:
            return ""
        found = self._kind.recognise(text)
        if found is not None and found.url:
            return found.url
        return f"{server_of(address)}{address.path.rstrip('/')}"

    @property
    def region_code(self) -> str:
        """What was picked, or typed where others are taken; "" for a server of one's own."""
        if not self._standard.isChecked() and not self._kind.takes_other_regions:
            return ""
        text = self.region.currentText().strip()
        number = self.region.findText(text)
        return str(self.region.itemData(number)) if number >= 0 else text

    def use_kind(self, kind: ServiceKind, found: Recognised) -> None:
        """Offer this kind's regions, with what a pasted address said filled in."""
        self._kind = kind
        self.set_text(self._question(kind))
        self._standard.setText(f"&{kind.standard or kind.title}")
        self.endpoint.setPlaceholderText(kind.own_server)
        self._fill_regions(kind)
        for widget in (self._standard, self._own, self.endpoint, self._endpoint_label):
            widget.setVisible(bool(kind.own_server or found.url))
        self._standard.setChecked(not found.url)
        self._own.setChecked(bool(found.url))
        self.endpoint.setText(found.url)
        self.region.setCurrentIndex(max(self.region.findData(found.region), 0))
        self._look()

    def use_own_server(self, address: str) -> None:
        self._own.setChecked(True)
        self.endpoint.setText(address)

    def first_field(self) -> QWidget:
        if not self._standard.isChecked():
            return self.endpoint
        return self._standard if self.region.isHidden() else self.region

    def _question(self, kind: ServiceKind) -> str:
        if kind.takes_other_regions:
            return self.tr("The company's own, or one that your institute or another runs.")
        if len(kind.regions) > 1:
            return self.tr("A key works only where it was made. Not sure? Look at the web address.")
        return self.tr("Most labs use {name}.").format(name=kind.regions[0].name)

    def _fill_regions(self, kind: ServiceKind) -> None:
        self.region.setEditable(kind.takes_other_regions)
        self.region.clear()
        for region in kind.regions:
            in_words = f"{region.name} ({region.code})" if region.code else region.name
            self.region.addItem(in_words, region.code)
        several = len(kind.regions) > 1
        self.region.setVisible(several)
        self._region_label.setVisible(several)

    def _lay_out(self) -> None:
        self._endpoint_label = QLabel(self.tr("A&ddress"))
        form = QFormLayout()
        form.setSpacing(Space.SMALL)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for label, field in (
            (self._region_label, self.region),
            (self._endpoint_label, self.endpoint),
        ):
            label.setBuddy(field)
            form.addRow(label, field)
        self.column.addWidget(self._standard)
        self.column.addWidget(self._own)
        self.column.addSpacing(Space.SMALL)
        self.column.addLayout(form)
        self.column.addWidget(self._warning)
        self.column.addStretch(1)

    def _look(self) -> None:
        own = not self._standard.isChecked()
        self.endpoint.setEnabled(own)
        self.region.setEnabled(not own or self._kind.takes_other_regions)
        insecure = own and self.endpoint.text().strip().startswith("http://")
        self._warning.setText(
            self.tr("This address is not encrypted: anyone on the way can read what is sent.")
            if insecure
            else ""
        )
        self.changed.emit()
