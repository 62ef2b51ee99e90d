"""The colour table can be read by everybody, in both themes, and colours stand nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipette.ui.tokens import DARK, LIGHT, Tokens, Tone

UI = Path(__file__).parents[2] / "desktop" / "pipette" / "ui"
THEMES = {"light": LIGHT, "dark": DARK}
GROUNDS = (
    "window",
    "sidebar",
    "surface",
    "subtle",
    "hover",
    "selected",
    "selected_unfocused",
    "accent_soft",
)
STATE_GROUNDS = ("surface", "subtle", "selected", "selected_unfocused", "accent_soft")
TEXT_AT_LEAST = 4.5
SHAPE_AT_LEAST = 3.0


def luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    red, green, blue = linear
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def text_pairs(tokens: Tokens) -> Iterator[tuple[str, str, str]]:
    """(what, front, ground) of every text that is painted somewhere."""
    for ground in GROUNDS:
        for front in ("text", "text2", "text3"):
            yield f"{front} on {ground}", getattr(tokens, front), getattr(tokens, ground)
    for tone in (Tone.ACCENT, Tone.OK, Tone.WARN, Tone.ERR, Tone.INFO, Tone.PAUSED):
        for ground in STATE_GROUNDS:
            yield f"{tone.value} on {ground}", tokens.tone(tone), getattr(tokens, ground)
        yield f"{tone.value} on its note", tokens.tone(tone), tokens.soft(tone)
        yield f"text on the {tone.value} note", tokens.text, tokens.soft(tone)
    yield "button", tokens.on_accent, tokens.accent
    yield "button under the pointer", tokens.on_accent, tokens.accent_hover
    for number, tile in enumerate(tokens.tiles):
        yield f"tile {number}", tokens.on_tile, tile


def shape_pairs(tokens: Tokens) -> Iterator[tuple[str, str, str]]:
    """(what, shape, ground) of borders of controls and of bar cells beside cells still to go."""
    for ground in ("window", "surface", "subtle"):
        yield f"control border on {ground}", tokens.control_border, getattr(tokens, ground)
        yield f"focus ring on {ground}", tokens.accent, getattr(tokens, ground)
    for tone in (Tone.ACCENT, Tone.PAUSED, Tone.OK, Tone.ERR, Tone.WARN):
        yield f"{tone.value} cell beside track", tokens.tone(tone), tokens.track
        yield f"{tone.value} cell on a chosen row", tokens.tone(tone), tokens.selected
    yield "cross in a failed cell", tokens.surface, tokens.err
    yield "hatch of a retrying cell", tokens.warn, tokens.warn_bg


@pytest.mark.parametrize("name", THEMES)
def test_every_text_stands_out_from_every_ground_it_meets(name: str) -> None:
    faint = [
        f"{what}: {contrast(front, ground):.2f}"
        for what, front, ground in text_pairs(THEMES[name])
        if contrast(front, ground) < TEXT_AT_LEAST
    ]
    assert faint == []


@pytest.mark.parametrize("name", THEMES)
def test_every_border_and_cell_stands_out(name: str) -> None:
    faint = [
        f"{what}: {contrast(shape, ground):.2f}"
        for what, shape, ground in shape_pairs(THEMES[name])
        if contrast(shape, ground) < SHAPE_AT_LEAST
    ]
    assert faint == []


def test_contrast_is_measured_as_the_accessibility_guidelines_say() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("name", THEMES)
def test_every_colour_is_written_in_full(name: str) -> None:
    tokens = THEMES[name]
    colours = [getattr(tokens, field) for field in Tokens.__slots__ if field != "tiles"]
    for colour in [*colours, *tokens.tiles]:
        assert re.fullmatch(r"#[0-9A-F]{6}", colour)


def test_no_colour_is_written_anywhere_else() -> None:
    written = re.compile(
        r"#[0-9a-fA-F]{6}\b|#[0-9a-fA-F]{3}\b|\brgba?\(|GlobalColor\.(?!transparent)"
    )
    guilty = {
        source.name: written.findall(source.read_text(encoding="utf-8"))
        for source in UI.glob("*.py")
        if source.name != "tokens.py" and written.search(source.read_text(encoding="utf-8"))
    }
    assert guilty == {}


def test_icons_have_no_colour_of_their_own() -> None:
    for drawing in (UI / "icons").glob("*.svg"):
        if drawing.stem.startswith("app"):
            continue
        text = drawing.read_text(encoding="utf-8")
        assert 'stroke="currentColor"' in text, drawing.name
        assert "#" not in text, drawing.name
