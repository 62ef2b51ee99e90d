"""Light, dark and high contrast: palette, style sheet and fonts for the whole application."""

from __future__ import annotations

import sys
from dataclasses import replace
from enum import Enum
from importlib.resources import files

from PySide6.QtCore import QByteArray, QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontMetricsF, QIcon, QPalette, QPixmap
from PySide6.QtWidgets import QApplication

from pipette.ui.icons import Icons
from pipette.ui.sheet import style_sheet
from pipette.ui.style import Style
from pipette.ui.tokens import DARK, LIGHT, Size, Tokens, Tone, Type

_POINTS_PER_PIXEL = 1.0 if sys.platform == "darwin" else 0.75
_HAS_OWN_FONT = sys.platform in {"win32", "darwin"}
_FONT_FILES = ("Inter-Regular.ttf", "Inter-Medium.ttf", "Inter-SemiBold.ttf")


class ThemeChoice(Enum):
    """The value is what the settings file keeps."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class Theme(QObject):
    """The looks in force. Made once by the wiring and handed to every widget that paints.

    ``changed`` comes after palette and style sheet are in place; widgets that keep colours or
    icons renew them then. GUI thread only.
    """

    changed = Signal()

    def __init__(
        self,
        app: QApplication,
        choice: ThemeChoice = ThemeChoice.SYSTEM,
        text_scale: float = 1.0,
    ) -> None:
        super().__init__(app)
        self._app = app
        self._choice = choice
        self._text_scale = text_scale
        self._icons = Icons()
        self._fonts: dict[tuple[int, int, bool], QFont] = {}
        self._families = _load_families()
        self._native = QPalette(app.palette())
        self._style = Style()
        app.setStyle(self._style)
        self.tokens = LIGHT
        # Both are kept: PySide forgets the second as soon as nobody holds the first.
        self._hints = app.styleHints()
        self._contrast = self._hints.accessibility()
        self._hints.colorSchemeChanged.connect(self._apply)
        self._contrast.contrastPreferenceChanged.connect(self._apply)
        self._request_scheme()
        self._apply()

    @property
    def choice(self) -> ThemeChoice:
        return self._choice

    @property
    def is_dark(self) -> bool:
        return QColor(self.tokens.surface).lightnessF() < 0.5

    @property
    def is_high_contrast(self) -> bool:
        return self._contrast.contrastPreference() is Qt.ContrastPreference.HighContrast

    def choose(self, choice: ThemeChoice) -> None:
        if choice is self._choice:
            return
        self._choice = choice
        self._request_scheme()
        self._apply()

    def scale_text(self, scale: float) -> None:
        if scale == self._text_scale:
            return
        self._text_scale = scale
        self._apply()

    def colour(self, tone: Tone) -> QColor:
        return QColor(self.tokens.tone(tone))

    def icon(self, name: str, tone: Tone = Tone.TEXT2, size: int = Size.ICON) -> QIcon:
        return self._icons.icon(name, self.tokens, self.tokens.tone(tone), size)

    def pixmap(
        self, name: str, colour: str | Tone, size: int = Size.ICON, density: float = 1.0
    ) -> QPixmap:
        """Kept, so cheap to ask for while painting."""
        shade = self.tokens.tone(colour) if isinstance(colour, Tone) else colour
        return self._icons.pixmap(name, shade, size, density)

    def font(
        self, size: int = Type.BODY, weight: int = Type.REGULAR, tabular: bool = False
    ) -> QFont:
        """``size`` in pixels at 100%, ``weight`` 400, 500 or 600; tabular gives even digits.

        The font is shared: copy it before changing it.
        """
        key = (size, weight, tabular)
        if key not in self._fonts:
            self._fonts[key] = self._made_font(size, weight, tabular)
        return self._fonts[key]

    def metrics(
        self, size: int = Type.BODY, weight: int = Type.REGULAR, tabular: bool = False
    ) -> QFontMetricsF:
        return QFontMetricsF(self.font(size, weight, tabular))

    def _made_font(self, size: int, weight: int, tabular: bool) -> QFont:
        font = self._base_font()
        font.setPointSizeF(size * _POINTS_PER_PIXEL * self._text_scale)
        font.setWeight(QFont.Weight(weight))
        if tabular:
            font.setFeature(QFont.Tag("tnum"), 1)
        return font

    def monospace(self, size: int = Type.MONOSPACE) -> QFont:
        """For checksums and addresses: every character as it is, no ligatures."""
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPointSizeF(size * _POINTS_PER_PIXEL * self._text_scale)
        for feature in ("liga", "calt", "clig"):
            font.setFeature(QFont.Tag(feature), 0)
        return font

    def row_height(self, least: int) -> int:
        """``least``, or more where the text has grown."""
        return max(least, round(self.metrics().height() + 12))

    def _base_font(self) -> QFont:
        if self._families:
            return QFont(self._families)
        return QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)

    def _request_scheme(self) -> None:
        self._hints.setColorScheme(_SCHEMES[self._choice])

    def _apply(self) -> None:
        tokens = self._wanted_tokens()
        own_looks = not self.is_high_contrast
        self.tokens = tokens
        self._style.tokens = tokens
        self._fonts.clear()
        self._app.setFont(self.font())
        self._app.setPalette(_palette(tokens) if own_looks else self._native)
        self._app.setStyleSheet(style_sheet(tokens, self._sheet_sizes()) if own_looks else "")
        self.changed.emit()

    def _wanted_tokens(self) -> Tokens:
        if self.is_high_contrast:
            return tokens_from(self._native)
        if self._choice is ThemeChoice.SYSTEM:
            is_dark = self._hints.colorScheme() is Qt.ColorScheme.Dark
        else:
            is_dark = self._choice is ThemeChoice.DARK
        return DARK if is_dark else LIGHT

    def _sheet_sizes(self) -> dict[str, str]:
        factor = _POINTS_PER_PIXEL * self._text_scale
        return {name: f"{size * factor:.2f}pt" for name, size in _SHEET_SIZES.items()}


_SCHEMES = {
    ThemeChoice.SYSTEM: Qt.ColorScheme.Unknown,
    ThemeChoice.LIGHT: Qt.ColorScheme.Light,
    ThemeChoice.DARK: Qt.ColorScheme.Dark,
}
_SHEET_SIZES = {
    "size_title": Type.PAGE_TITLE,
    "size_head": Type.DIALOG_HEAD,
    "size_secondary": Type.SECONDARY,
    "size_caption": Type.CAPTION,
}


def _load_families() -> list[str]:
    """Systems with a good interface font keep theirs; elsewhere the bundled Inter is used."""
    if _HAS_OWN_FONT:
        return []
    families: list[str] = []
    for name in _FONT_FILES:
        data = (files("pipette.ui") / "fonts" / name).read_bytes()
        number = QFontDatabase.addApplicationFontFromData(QByteArray(data))
        families += QFontDatabase.applicationFontFamilies(number)
    return sorted(set(families), key=len)


def _palette(tokens: Tokens) -> QPalette:
    palette = QPalette()
    for role, colour in _palette_colours(tokens).items():
        palette.setColor(role, QColor(colour))
    for role in (_Role.WindowText, _Role.Text, _Role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(tokens.text3))
    return palette


_Role = QPalette.ColorRole


def _palette_colours(tokens: Tokens) -> dict[QPalette.ColorRole, str]:
    return {
        _Role.Window: tokens.window,
        _Role.WindowText: tokens.text,
        _Role.Base: tokens.surface,
        _Role.AlternateBase: tokens.subtle,
        _Role.Text: tokens.text,
        _Role.PlaceholderText: tokens.text3,
        _Role.Button: tokens.surface,
        _Role.ButtonText: tokens.text,
        _Role.BrightText: tokens.err,
        _Role.ToolTipBase: tokens.surface,
        _Role.ToolTipText: tokens.text,
        _Role.Highlight: tokens.accent,
        _Role.HighlightedText: tokens.on_accent,
        _Role.Accent: tokens.accent,
        _Role.Link: tokens.accent,
        _Role.LinkVisited: tokens.accent_hover,
        _Role.Light: tokens.surface,
        _Role.Midlight: tokens.subtle,
        _Role.Mid: tokens.border,
        _Role.Dark: tokens.control_border,
        _Role.Shadow: tokens.control_border,
    }


def tokens_from(palette: QPalette) -> Tokens:
    """Tokens made of a system's own colours, for people who asked for high contrast.

    Only the system's pairs are used: text on its background, chosen text on the chosen one.
    """
    base = palette.color(_Role.Base).name()
    text = palette.color(_Role.Text).name()
    chosen = palette.color(_Role.Highlight).name()
    on_chosen = palette.color(_Role.HighlightedText).name()
    backs = ("window", "sidebar", "surface", "subtle", "hover", "track", "schedule_full")
    softs = ("selected", "selected_unfocused", "accent_soft", "on_accent")
    colours = {
        name: base if name in backs or name in softs or name.endswith("_bg") else text
        for name in Tokens.__slots__
        if name != "tiles"
    }
    return replace(LIGHT, **(colours | {"on_tile": on_chosen}), tiles=(chosen,))
