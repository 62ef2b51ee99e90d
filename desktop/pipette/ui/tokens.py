"""Every colour, space and size of the window. No colour is written down anywhere else."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Tone(Enum):
    """What a colour says. The value is the name of the colour in ``Tokens``."""

    TEXT = "text"
    TEXT2 = "text2"
    TEXT3 = "text3"
    ACCENT = "accent"
    OK = "ok"
    WARN = "warn"
    ERR = "err"
    INFO = "info"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Tokens:
    """The colours of one theme, as ``#RRGGBB``."""

    window: str
    sidebar: str
    surface: str
    subtle: str
    hover: str
    selected: str
    selected_unfocused: str
    border: str
    control_border: str
    text: str
    text2: str
    text3: str
    accent: str
    accent_hover: str
    on_accent: str
    accent_soft: str
    track: str
    ok: str
    ok_bg: str
    warn: str
    warn_bg: str
    err: str
    err_bg: str
    info: str
    info_bg: str
    paused: str
    paused_bg: str
    schedule_full: str
    tiles: tuple[str, ...]
    """Backgrounds of the monogram tiles; ``on_tile`` is what is written on them."""
    on_tile: str

    def tone(self, tone: Tone) -> str:
        colour: str = getattr(self, tone.value)
        return colour

    def soft(self, tone: Tone) -> str:
        """The quiet background of notes and banners in that tone."""
        colour: str = getattr(self, _SOFT.get(tone, "subtle"))
        return colour


_SOFT = {
    Tone.ACCENT: "accent_soft",
    Tone.OK: "ok_bg",
    Tone.WARN: "warn_bg",
    Tone.ERR: "err_bg",
    Tone.INFO: "info_bg",
    Tone.PAUSED: "paused_bg",
}

LIGHT = Tokens(
    window="#F2F5F5",
    sidebar="#E8EDED",
    surface="#FFFFFF",
    subtle="#F7F9F9",
    hover="#EEF3F3",
    selected="#D3EAEA",
    selected_unfocused="#E3E9E9",
    border="#D5DCDD",
    control_border="#7A878B",
    text="#16232A",
    text2="#46565D",
    text3="#56656C",
    accent="#0A6C74",
    accent_hover="#07575E",
    on_accent="#FFFFFF",
    accent_soft="#DCEFEF",
    track="#DDE4E5",
    ok="#1A7441",
    ok_bg="#E1F2E7",
    warn="#855100",
    warn_bg="#FCF0D9",
    err="#B3231C",
    err_bg="#FBE7E5",
    info="#1D5BB0",
    info_bg="#E5EEFA",
    paused="#565B72",
    paused_bg="#EBECF1",
    schedule_full="#7FBDC1",
    tiles=("#0A6C74", "#2B5FA8", "#6B48A8", "#A14E17", "#566B1B"),
    on_tile="#FFFFFF",
)

DARK = Tokens(
    window="#151B1E",
    sidebar="#11171A",
    surface="#1A2124",
    subtle="#1F272B",
    hover="#242E32",
    selected="#163F46",
    selected_unfocused="#29343A",
    border="#2F3A3F",
    control_border="#74858C",
    text="#E7EDEF",
    text2="#B0BDC2",
    text3="#9FAEB4",
    accent="#4DC2C8",
    accent_hover="#74D3D8",
    on_accent="#05262A",
    accent_soft="#143A3F",
    track="#2E393E",
    ok="#5DCB8B",
    ok_bg="#15342A",
    warn="#E9B24E",
    warn_bg="#3A2E14",
    err="#FF8F86",
    err_bg="#43211F",
    info="#86B4FF",
    info_bg="#1B2D4A",
    paused="#B0B4CB",
    paused_bg="#2A2D38",
    schedule_full="#2B7A80",
    tiles=("#4DC2C8", "#86B4FF", "#C7A6FF", "#F0A574", "#A9BF6B"),
    on_tile="#05262A",
)


class Space:
    """Distances in pixels, all on a 4-pixel grid."""

    TINY = 4
    SMALL = 8
    MEDIUM = 12
    LARGE = 16
    WIDE = 24
    HUGE = 28


class Size:
    """Heights and widths of things, in pixels."""

    ROW = 31
    ROW_COMFORTABLE = 38
    BROWSER_ROW = 30
    TOOLBAR = 40
    STATUS_BAR = 28
    BUTTON = 30
    SMALL_BUTTON = 24
    TARGET = 24
    """The smallest thing that may be aimed at."""
    ICON = 16
    ICON_SMALL = 14
    ICON_LARGE = 18
    ICON_HUGE = 24
    SIDEBAR = 236
    SIDEBAR_LEAST = 200
    SIDEBAR_MOST = 360
    DETAILS = 424
    FOCUS_RING = 2


class Radius:
    TICK = 4
    CELL = 2
    CONTROL = 6
    CARD = 8


class Type:
    """Font sizes in pixels at 100%; the theme turns them into fonts."""

    CAPTION = 11
    SECONDARY = 12
    BODY = 13
    DIALOG_HEAD = 15
    PAGE_TITLE = 22
    MONOSPACE = 11
    REGULAR = 400
    MEDIUM = 500
    STRONG = 600
