"""A page of adding a location, and the first of them: which platform."""

from __future__ import annotations

from abc import abstractmethod

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from pipette.model.kinds import Kinds, Recognised, ServiceKind, recognised_in
from pipette.ui.delegates_side import paint_tile
from pipette.ui.sheet import Kind, mark
from pipette.ui.theme import Theme
from pipette.ui.tokens import Space, Tone, Type

_TILE = 40
DEMO = "demo"


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

    @abstractmethod
    def first_field(self) -> QWidget:
        """What gets the focus when the page comes up."""


class PlatformPage(Page):
    """Tiles to choose from, or an address to paste: then the tile is chosen by itself."""

    def __init__(self, theme: Theme, kinds: Kinds, parent: QWidget | None = None) -> None:
        super().__init__(
            "Where do your data go?",
            "Choose the platform your lab uses. Not sure? Ask whoever set up the project for its "
            "web address and paste it here.",
            parent,
        )
        self._kinds = list(kinds)
        self._picked: ServiceKind | None = None
        """The tile that a person pressed, which no guess takes back."""
        self._group = QButtonGroup(self)
        self.found = Recognised()
        """What the pasted address says about the platform chosen."""
        self.address = QLineEdit()
        self.address.setAcceptDrops(False)
        self.address.setAccessibleName(self.tr("Web address of a project or bucket"))
        self.address.setPlaceholderText(
            self.tr("Paste a project web address, for example https://…/ica/link/project/…")
        )
        self.address.addAction(
            theme.icon("link", Tone.TEXT2), QLineEdit.ActionPosition.LeadingPosition
        )
        self.address.textChanged.connect(self._read)
        self.column.addWidget(self.address)
        self.column.addLayout(self._tiles(theme))
        self.column.addStretch(1)

    @property
    def kind(self) -> ServiceKind | None:
        """None is the demo location."""
        number = self._group.checkedId()
        return self._kinds[number] if number < len(self._kinds) else None

    def choose(self, code: str) -> None:
        """As if its tile was pressed."""
        codes = [*(kind.code for kind in self._kinds), DEMO]
        self._group.button(codes.index(code)).click()

    def start_over(self) -> None:
        self._picked = None
        self.address.clear()

    def first_field(self) -> QWidget:
        return self.address

    def _tiles(self, theme: Theme) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(Space.MEDIUM)
        tiles = [_tile_of(theme, kind) for kind in self._kinds]
        tiles.append(_tile(self.tr("Demo location"), self.tr("No account; nothing leaves this PC")))
        _show_picture(tiles[-1], theme.pixmap("drop", Tone.ACCENT, _TILE - Space.LARGE, 2.0))
        for number, tile in enumerate(tiles):
            self._group.addButton(tile, number)
            grid.addWidget(tile, number // 2, number % 2)
        tiles[0].setChecked(True)
        self._group.idClicked.connect(self._pick)
        self._group.idToggled.connect(lambda *_: self.changed.emit())
        return grid

    def _pick(self, _number: int) -> None:
        self._picked = self.kind
        self._read(self.address.text())

    def _read(self, text: str) -> None:
        """Take the first reading; one that is no more than a guess gives way to a pressed tile."""
        self.found = Recognised()
        readings = recognised_in(text, self._kinds)
        if not readings:
            return
        kind, found = readings[0]
        self.found = found
        if found.is_certain or self._picked is None:
            self._group.button(self._kinds.index(kind)).setChecked(True)
        elif kind is not self._picked:
            self.found = Recognised(found.url, is_certain=False)


class _Tile(QPushButton):
    """As large as what is in it; a plain button only looks at its text."""

    def sizeHint(self) -> QSize:
        layout = self.layout()
        return layout.sizeHint() if layout is not None else super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()


def _tile_of(theme: Theme, kind: ServiceKind) -> QPushButton:
    tile = _tile(kind.title, kind.about)
    _show_picture(tile, _monogram(theme, kind))
    return tile


def _tile(name: str, about: str) -> QPushButton:
    button = _Tile()
    mark(button, Kind.TILE)
    button.setCheckable(True)
    button.setAutoDefault(False)
    button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    row = QHBoxLayout(button)
    row.setContentsMargins(Space.LARGE, Space.LARGE, Space.LARGE, Space.LARGE)
    row.setSpacing(Space.LARGE)
    words = QVBoxLayout()
    words.setSpacing(2)
    for said, kind in ((name, Kind.STRONG), (about, Kind.SECONDARY)):
        label = QLabel(said)
        label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        mark(label, kind)
        words.addWidget(label)
    row.addLayout(words, 1)
    button.setAccessibleName(name)
    button.setAccessibleDescription(about)
    return button


def _show_picture(tile: QPushButton, picture: QPixmap) -> None:
    label = QLabel()
    label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    label.setPixmap(picture)
    label.setFixedSize(_TILE, _TILE)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    row = tile.layout()
    if isinstance(row, QHBoxLayout):
        row.insertWidget(0, label)


def _monogram(theme: Theme, kind: ServiceKind) -> QPixmap:
    density = 2.0
    picture = QPixmap(QSize(_TILE, _TILE) * density)
    picture.setDevicePixelRatio(density)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    tiles = theme.tokens.tiles
    paint_tile(
        painter,
        QRect(0, 0, _TILE, _TILE),
        kind.monogram,
        theme.font(Type.DIALOG_HEAD, Type.STRONG),
        tiles[kind.tile % len(tiles)],
        theme.tokens.on_tile,
    )
    painter.end()
    return picture
