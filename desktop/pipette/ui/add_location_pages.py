"""The first two pages of adding a location: which platform, and which server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from pipette.ui.add_location_recognise import REGIONS, Recognised, recognise
from pipette.ui.delegates_side import paint_tile
from pipette.ui.sheet import Kind, mark
from pipette.ui.theme import Theme
from pipette.ui.tokens import Space, Tone, Type

_TILE = 40


@dataclass(frozen=True, slots=True)
class Platform:
    """One kind of location one can add. A kind without letters shows its icon."""

    kind: str
    name: str
    about: str
    monogram: str = ""
    tile: int = 0
    icon: str = ""


DEMO = "demo"
PLATFORMS: tuple[Platform, ...] = (
    Platform("s3", "S3 bucket", "Any bucket you have keys for", "S3", 4),
    Platform(DEMO, "Demo location", "No account; nothing leaves this PC", icon="drop"),
)


class Page(QWidget):
    """A page of the dialog: title, a sentence, and what it asks. ``ready`` follows its state."""

    changed = Signal()

    def __init__(self, title: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        mark(self, Kind.PAGE)
        self._title = QLabel(title)
        mark(self._title, Kind.TITLE)
        self._text = QLabel(text)
        self._text.setWordWrap(True)
        mark(self._text, Kind.LEAD)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(Space.HUGE, Space.WIDE, Space.HUGE, Space.LARGE)
        self.column.setSpacing(Space.MEDIUM)
        self.column.addWidget(self._title)
        self.column.addWidget(self._text)

    @property
    def ready(self) -> bool:
        return True

    def set_text(self, text: str) -> None:
        self._text.setText(text)

    def first_field(self) -> QWidget:
        """What gets the focus when the page comes up."""
        raise NotImplementedError


class PlatformPage(Page):
    """Tiles to choose from, or an address to paste."""

    recognised = Signal(object)
    """Recognised, from the address pasted."""

    def __init__(self, theme: Theme, platforms: Sequence[Platform], parent: QWidget | None = None):
        super().__init__(
            "Where do your data go?",
            "Choose the platform your lab uses. Not sure? Ask whoever set up the project for its "
            "web address and paste it here.",
            parent,
        )
        self._platforms = platforms
        self._group = QButtonGroup(self)
        self.address = QLineEdit()
        self.address.setAcceptDrops(False)
        self.address.setAccessibleName(self.tr("Address of a bucket"))
        self.address.setPlaceholderText(
            self.tr("Paste an address, for example s3://bucket or https://…")
        )
        self.address.addAction(
            theme.icon("link", Tone.TEXT2), QLineEdit.ActionPosition.LeadingPosition
        )
        self.address.textChanged.connect(self._read)
        self.column.addWidget(self.address)
        self.column.addLayout(self._tiles(theme))
        self.column.addStretch(1)

    @property
    def kind(self) -> str:
        return self._platforms[self._group.checkedId()].kind

    def choose(self, kind: str) -> None:
        number = next(n for n, platform in enumerate(self._platforms) if platform.kind == kind)
        self._group.button(number).setChecked(True)

    def first_field(self) -> QWidget:
        return self.address

    def _tiles(self, theme: Theme) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(Space.MEDIUM)
        for number, platform in enumerate(self._platforms):
            tile = _tile_button(theme, platform)
            self._group.addButton(tile, number)
            grid.addWidget(tile, number // 2, number % 2)
        self._group.button(0).setChecked(True)
        self._group.idToggled.connect(lambda *_: self.changed.emit())
        return grid

    def _read(self, text: str) -> None:
        found = recognise(text)
        if found is not None:
            self.choose("s3")
            self.recognised.emit(found)


class ServerPage(Page):
    """Amazon with a region, or another S3 server with its address."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "Which server?",
            "Amazon's own, or one that your institute or another company runs.",
            parent,
        )
        self._amazon = QRadioButton(self.tr("&Amazon S3"))
        self._other = QRadioButton(self.tr("A&nother S3 server"))
        self._amazon.setChecked(True)
        self.region = QComboBox()
        self.region.setEditable(True)
        self.region.setAccessibleName(self.tr("Region"))
        for code, name in REGIONS:
            self.region.addItem(f"{name} ({code})" if code else name, code)
        self.endpoint = QLineEdit()
        self.endpoint.setAcceptDrops(False)
        self.endpoint.setAccessibleName(self.tr("Address of the server"))
        self.endpoint.setPlaceholderText("https://s3.example.org")
        self._warning = QLabel()
        self._warning.setWordWrap(True)
        mark(self._warning, Kind.WARNING_TEXT)
        self._lay_out()
        self._amazon.toggled.connect(self._look)
        self.endpoint.textChanged.connect(self._look)
        self.region.currentTextChanged.connect(lambda _text: self.changed.emit())
        self._look()

    @property
    def ready(self) -> bool:
        return self._amazon.isChecked() or recognise(self.endpoint.text()) is not None

    @property
    def url(self) -> str:
        """ "" for Amazon."""
        found = None if self._amazon.isChecked() else recognise(self.endpoint.text())
        return found.url if found is not None else ""

    @property
    def region_code(self) -> str:
        """What was picked, or typed for a region that is not in the list; "" to find it out."""
        text = self.region.currentText().strip()
        number = self.region.findText(text)
        return str(self.region.itemData(number)) if number >= 0 else text

    def fill(self, found: Recognised) -> None:
        if found.url:
            self._other.setChecked(True)
            self.endpoint.setText(found.url)
            return
        self._amazon.setChecked(True)
        number = self.region.findData(found.region)
        self.region.setCurrentIndex(max(number, 0))

    def use_other_server(self, address: str) -> None:
        self._other.setChecked(True)
        self.endpoint.setText(address)

    def first_field(self) -> QWidget:
        return self._amazon if self._amazon.isChecked() else self.endpoint

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setSpacing(Space.SMALL)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for words, field in (
            (self.tr("&Region"), self.region),
            (self.tr("A&ddress"), self.endpoint),
        ):
            label = QLabel(words)
            label.setBuddy(field)
            form.addRow(label, field)
        self.column.addWidget(self._amazon)
        self.column.addWidget(self._other)
        self.column.addSpacing(Space.SMALL)
        self.column.addLayout(form)
        self.column.addWidget(self._warning)
        self.column.addStretch(1)

    def _look(self) -> None:
        other = self._other.isChecked()
        self.endpoint.setEnabled(other)
        insecure = other and self.endpoint.text().strip().startswith("http://")
        self._warning.setText(
            self.tr("This address is not encrypted: anyone on the way can read what is sent.")
            if insecure
            else ""
        )
        self.changed.emit()


class _Tile(QPushButton):
    """As large as what is in it; a plain button only looks at its text."""

    def sizeHint(self) -> QSize:
        layout = self.layout()
        return layout.sizeHint() if layout is not None else super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()


def _tile_button(theme: Theme, platform: Platform) -> QPushButton:
    button = _Tile()
    mark(button, Kind.TILE)
    button.setCheckable(True)
    button.setAutoDefault(False)
    button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    row = QHBoxLayout(button)
    row.setContentsMargins(Space.LARGE, Space.MEDIUM, Space.LARGE, Space.MEDIUM)
    row.setSpacing(Space.LARGE)
    picture = QLabel()
    picture.setPixmap(_tile_picture(theme, platform))
    picture.setFixedSize(_TILE, _TILE)
    picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
    row.addWidget(picture)
    words = QVBoxLayout()
    words.setSpacing(2)
    for said, kind in ((platform.name, Kind.STRONG), (platform.about, Kind.SECONDARY)):
        label = QLabel(said)
        mark(label, kind)
        words.addWidget(label)
    row.addLayout(words, 1)
    for label in button.findChildren(QLabel):
        label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    button.setAccessibleName(platform.name)
    button.setAccessibleDescription(platform.about)
    return button


def _tile_picture(theme: Theme, platform: Platform) -> QPixmap:
    density = 2.0
    if not platform.monogram:
        return theme.pixmap(platform.icon, Tone.ACCENT, _TILE - Space.LARGE, density)
    picture = QPixmap(QSize(_TILE, _TILE) * density)
    picture.setDevicePixelRatio(density)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    tiles = theme.tokens.tiles
    paint_tile(
        painter,
        QRect(0, 0, _TILE, _TILE),
        platform.monogram,
        theme.font(Type.DIALOG_HEAD, Type.STRONG),
        tiles[platform.tile % len(tiles)],
        theme.tokens.on_tile,
    )
    painter.end()
    return picture
