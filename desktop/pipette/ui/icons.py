"""The icon set: drawn once in ``currentColor``, coloured per theme, cached as it is used."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from pipette.ui.tokens import Tokens


@cache
def icon_names() -> frozenset[str]:
    """The names of the set; the application's own icon is not one of them."""
    folder = files("pipette.ui") / "icons"
    names = {entry.name.removesuffix(".svg") for entry in folder.iterdir()}
    return frozenset(names - _APP_DRAWINGS)


@cache
def _drawing(name: str) -> str:
    return (files("pipette.ui") / "icons" / f"{name}.svg").read_text(encoding="utf-8")


_APP_DRAWINGS = frozenset({"app", "app-tiny"})
_APP_TINY_UP_TO = 24
_APP_SIZES = (16, 20, 24, 32, 48, 64, 128, 256)


def app_icon() -> QIcon:
    """For windows and the task bar; the small sizes leave the wells out."""
    icon = QIcon()
    for size in _APP_SIZES:
        icon.addPixmap(app_pixmap(size))
    return icon


def app_pixmap(size: int, density: float = 1.0) -> QPixmap:
    is_tiny = size * density <= _APP_TINY_UP_TO
    return _rendered(_drawing("app-tiny" if is_tiny else "app"), size, density)


class Icons:
    """Pixmaps and QIcons by name. Used on the GUI thread only.

    Each pixmap is drawn once for its name, colour, size and screen density. An unknown name
    raises FileNotFoundError.
    """

    def __init__(self) -> None:
        self._pixmaps: dict[tuple[str, str, int, float], QPixmap] = {}

    def pixmap(self, name: str, colour: str, size: int = 16, density: float = 1.0) -> QPixmap:
        key = (name, colour, size, density)
        if key not in self._pixmaps:
            self._pixmaps[key] = _drawn(name, colour, size, density)
        return self._pixmaps[key]

    def icon(self, name: str, tokens: Tokens, colour: str, size: int = 16) -> QIcon:
        """For buttons and menus: greyed when disabled, sharp on single and double density."""
        icon = QIcon()
        for density in (1.0, 2.0):
            icon.addPixmap(self.pixmap(name, colour, size, density), QIcon.Mode.Normal)
            faded = self.pixmap(name, tokens.text3, size, density)
            icon.addPixmap(faded, QIcon.Mode.Disabled)
        return icon


def _drawn(name: str, colour: str, size: int, density: float) -> QPixmap:
    coloured = _drawing(name).replace("currentColor", QColor(colour).name())
    return _rendered(coloured, size, density)


def _rendered(drawing: str, size: int, density: float) -> QPixmap:
    renderer = QSvgRenderer(QByteArray(drawing.encode()))
    pixmap = QPixmap(QSize(round(size * density), round(size * density)))
    pixmap.setDevicePixelRatio(density)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    renderer.render(painter, QRectF(0, 0, size, size))
    painter.end()
    return pixmap
