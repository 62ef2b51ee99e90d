"""Theme, fonts and icons: in both themes everything loads, follows and can be read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontInfo, QFontMetricsF, QPalette
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QSpinBox,
    QWidget,
)
from pytestqt.qtbot import QtBot
from tests.gui.gallery import PARTS

from pipette.ui.icons import Icons, app_icon, app_pixmap, icon_names
from pipette.ui.sheet import Kind, mark, style_sheet
from pipette.ui.theme import Theme, ThemeChoice, tokens_from
from pipette.ui.tokens import DARK, LIGHT, Tokens, Tone, Type

RESOURCES = Path(__file__).parents[2] / "resources"
NAMES_OF_THE_DESIGN = (
    "upload download pause play retry x check warn error info folder file fastq search columns "
    "right down left up plus gear link archive trash clock receipt shield key wifi bucket eye copy "
    "gauge drop pipette watch star filter more list user lock globe newfolder moon print import "
    "bell panel topq computer"
)

pytestmark = pytest.mark.qt_log_ignore("^This plugin does not support")
"""The offscreen screen has no window manager to raise windows or take size hints."""


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    return Theme(qapp, ThemeChoice.LIGHT)


def colours_of(widget: QWidget) -> set[str]:
    image = widget.grab().toImage()
    return {
        image.pixelColor(x, y).name().upper()
        for x in range(image.width())
        for y in range(image.height())
    }


def shown(widget: QWidget, qtbot: QtBot) -> QWidget:
    qtbot.addWidget(widget)
    with qtbot.waitExposed(widget):
        widget.show()
    return widget


def test_the_set_has_every_icon_of_the_design() -> None:
    assert icon_names() == set(NAMES_OF_THE_DESIGN.split())


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("name", sorted(NAMES_OF_THE_DESIGN.split()))
def test_every_icon_is_drawn_in_the_colour_asked_for(
    name: str, tokens: Tokens, qapp: QApplication
) -> None:
    image = Icons().pixmap(name, tokens.accent, 32).toImage()
    drawn = [
        image.pixelColor(x, y).name().upper()
        for x in range(32)
        for y in range(32)
        if image.pixelColor(x, y).alpha() == 255
    ]

    assert drawn
    assert set(drawn) == {tokens.accent}


def test_no_icon_touches_the_edge_of_its_square(qapp: QApplication) -> None:
    for name in icon_names():
        image = Icons().pixmap(name, LIGHT.text, 64).toImage()
        edge = [
            image.pixelColor(*place).alpha()
            for at in range(64)
            for place in ((at, 0), (at, 63), (0, at), (63, at))
        ]
        assert max(edge) == 0, name


def test_an_icon_is_drawn_once_and_kept(qapp: QApplication) -> None:
    icons = Icons()

    once = icons.pixmap("folder", LIGHT.text, 16, 2.0)
    assert icons.pixmap("folder", LIGHT.text, 16, 2.0) is once
    assert once.width() == 32
    assert once.devicePixelRatio() == 2.0


def test_an_unknown_icon_is_an_error(qapp: QApplication) -> None:
    with pytest.raises(FileNotFoundError):
        Icons().pixmap("unicorn", LIGHT.text)


def test_a_greyed_button_has_a_greyed_icon(theme: Theme) -> None:
    icon = theme.icon("trash", Tone.ERR)
    normal, grey = (
        icon.pixmap(16, mode).toImage() for mode in (icon.Mode.Normal, icon.Mode.Disabled)
    )

    assert normal != grey


def test_the_app_icon_leaves_the_wells_out_when_it_is_tiny(qapp: QApplication) -> None:
    large, tiny = app_pixmap(128).toImage(), app_pixmap(16).toImage()
    wells = [large.pixelColor(round(x * 2), 113).lightness() for x in (12.8, 22.4, 32)]

    assert min(wells) > 150
    assert tiny.pixelColor(3, 14).lightness() < 100
    assert not app_icon().isNull()


def test_the_icon_files_are_made_from_the_drawings_as_they_are() -> None:
    drawings = [RESOURCES / "icon.svg", RESOURCES / "icon-tiny.svg"]
    texts = "\n".join(drawing.read_text(encoding="utf-8") for drawing in drawings)
    stamp = (RESOURCES / "icons.stamp").read_text(encoding="utf-8").strip()

    assert stamp == hashlib.sha256(texts.encode()).hexdigest(), "run resources/make_icons.py"
    assert (RESOURCES / "icon.png").read_bytes().startswith(b"\x89PNG")
    assert (RESOURCES / "icon.ico").read_bytes().startswith(b"\0\0\1\0")
    assert (RESOURCES / "icon.icns").read_bytes().startswith(b"icns")


def test_the_choice_of_a_theme_changes_palette_and_tells(theme: Theme, qtbot: QtBot) -> None:
    with qtbot.waitSignal(theme.changed):
        theme.choose(ThemeChoice.DARK)

    assert theme.tokens is DARK
    assert theme.is_dark
    palette = QApplication.palette()
    assert palette.color(QPalette.ColorRole.Base).name().upper() == DARK.surface
    assert palette.color(QPalette.ColorRole.PlaceholderText).name().upper() == DARK.text3


def test_the_same_choice_again_changes_nothing(theme: Theme, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(theme.changed):
        theme.choose(ThemeChoice.LIGHT)
        theme.scale_text(1.0)


def test_following_the_system_means_asking_it(qapp: QApplication, qtbot: QtBot) -> None:
    theme = Theme(qapp, ThemeChoice.SYSTEM)
    is_dark = qapp.styleHints().colorScheme() is Qt.ColorScheme.Dark

    assert theme.is_dark is is_dark
    with qtbot.waitSignal(theme.changed):
        qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)


def test_high_contrast_uses_only_the_colours_of_the_system() -> None:
    palette = QPalette()
    palette.setColor(QPalette.ColorRole.Base, Qt.GlobalColor.black)
    palette.setColor(QPalette.ColorRole.Text, Qt.GlobalColor.yellow)
    palette.setColor(QPalette.ColorRole.Highlight, Qt.GlobalColor.cyan)
    palette.setColor(QPalette.ColorRole.HighlightedText, Qt.GlobalColor.blue)

    tokens = tokens_from(palette)

    fronts = {tokens.tone(tone) for tone in Tone} | {tokens.control_border, tokens.border}
    grounds = {tokens.surface, tokens.window, tokens.selected, tokens.on_accent, tokens.track}
    assert fronts == {"#ffff00"}
    assert grounds == {"#000000"}
    assert (tokens.tiles, tokens.on_tile) == (("#00ffff",), "#0000ff")


def test_the_style_sheet_stays_short() -> None:
    sizes = dict.fromkeys(("size_title", "size_head", "size_secondary", "size_caption"), "10pt")

    assert len(style_sheet(LIGHT, sizes).strip().splitlines()) <= 120


def test_body_text_is_thirteen_pixels_and_grows_with_the_setting(theme: Theme) -> None:
    assert QFontInfo(theme.font()).pixelSize() == Type.BODY
    theme.scale_text(2.0)
    assert QFontInfo(theme.font()).pixelSize() == 2 * Type.BODY
    theme.scale_text(1.0)


def test_figures_of_a_column_are_equally_wide(theme: Theme) -> None:
    metrics = QFontMetricsF(theme.font(Type.SECONDARY, tabular=True))

    assert len({metrics.horizontalAdvance(digit) for digit in "0123456789"}) == 1


def test_checksums_stand_in_a_font_of_one_width(theme: Theme) -> None:
    metrics = QFontMetricsF(theme.monospace())

    assert metrics.horizontalAdvance("iiii") == metrics.horizontalAdvance("0f8e")


@pytest.mark.parametrize("choice", [ThemeChoice.LIGHT, ThemeChoice.DARK])
def test_a_placeholder_can_be_read(choice: ThemeChoice, theme: Theme, qtbot: QtBot) -> None:
    theme.choose(choice)
    field = QLineEdit()
    field.setPlaceholderText("██████")
    field.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    shown(field, qtbot)

    assert theme.tokens.text3 in colours_of(field)


def test_the_primary_button_is_filled_and_the_others_are_not(theme: Theme, qtbot: QtBot) -> None:
    primary, plain = QPushButton("Upload"), QPushButton("Cancel")
    mark(primary, Kind.PRIMARY)
    for button in (primary, plain):
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        shown(button, qtbot)

    assert LIGHT.accent in colours_of(primary)
    assert LIGHT.accent not in colours_of(plain)
    assert primary.height() == plain.height() == 30


@pytest.mark.parametrize("make", [QPushButton, QLineEdit, QCheckBox, QRadioButton, QSpinBox])
def test_focus_is_seen(make: Callable[[], QWidget], theme: Theme, qtbot: QtBot) -> None:
    page = QWidget()
    box = make()
    box.setParent(page)
    box.setGeometry(10, 10, 120, 32)
    shown(page, qtbot)
    page.activateWindow()
    box.clearFocus()
    without = box.grab().toImage()
    page.setAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)
    box.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(box.hasFocus)

    assert box.grab().toImage() != without


def test_a_ticked_box_is_filled_and_an_empty_one_has_an_edge(theme: Theme, qtbot: QtBot) -> None:
    theme.choose(ThemeChoice.DARK)
    box = QCheckBox()
    box.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    shown(box, qtbot)
    empty = colours_of(box)
    box.setChecked(True)

    assert DARK.control_border in empty
    assert DARK.accent not in empty
    assert DARK.accent in colours_of(box)


@pytest.mark.parametrize("choice", [ThemeChoice.LIGHT, ThemeChoice.DARK])
@pytest.mark.parametrize("name", PARTS)
def test_every_painted_part_appears_in_both_themes(
    name: str, choice: ThemeChoice, theme: Theme, qtbot: QtBot
) -> None:
    theme.choose(choice)
    widget = PARTS[name](theme)
    qtbot.addWidget(widget)
    seen = colours_of(widget)

    assert theme.tokens.accent in seen or theme.tokens.text in seen
    assert len(seen) > 5
