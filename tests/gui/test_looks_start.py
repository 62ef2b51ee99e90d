"""The first start, the words under a drag, and the filter chips."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from pipette.ui import words_places as words
from pipette.ui.chips import Chip, Chips
from pipette.ui.drop_label import DropLabel
from pipette.ui.icons import icon_names
from pipette.ui.start_page import StartPage, TipsStrip
from pipette.ui.theme import Theme, ThemeChoice
from pipette.ui.tokens import LIGHT, Size

COPY = Qt.DropAction.CopyAction

pytestmark = pytest.mark.qt_log_ignore("^This plugin does not support")
"""The offscreen screen has no window manager to raise windows or take size hints."""


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    return Theme(qapp, ThemeChoice.LIGHT)


@pytest.fixture
def page(theme: Theme, qtbot: QtBot) -> StartPage:
    page = StartPage(theme)
    qtbot.addWidget(page)
    page.resize(900, 600)
    with qtbot.waitExposed(page):
        page.show()
    return page


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(600, 300)
    with qtbot.waitExposed(window):
        window.show()
    return window


@pytest.fixture
def chips(theme: Theme, qtbot: QtBot) -> Chips:
    chips = Chips([Chip("all", "All"), Chip("active", "Active"), Chip("needs", "Needs you")])
    qtbot.addWidget(chips)
    with qtbot.waitExposed(chips):
        chips.show()
    return chips


def files(*paths: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def drag_over(widget: QWidget, data: QMimeData) -> QDragEnterEvent:
    nothing, left = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
    event = QDragEnterEvent(QPoint(300, 200), COPY, data, left, nothing)
    QApplication.sendEvent(widget, event)
    return event


def drop(widget: QWidget, data: QMimeData) -> None:
    nothing, left = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
    drag_over(widget, data)
    QApplication.sendEvent(widget, QDropEvent(QPointF(300, 200), COPY, data, left, nothing))


def pixel(widget: QWidget, x: int, y: int) -> str:
    return widget.grab().toImage().pixelColor(x, y).name().upper()


def button(page: QWidget, said: str) -> QPushButton:
    return next(each for each in page.findChildren(QPushButton) if each.text() == said)


def labels(page: QWidget) -> Sequence[str]:
    return [label.text() for label in page.findChildren(QLabel)]


def test_the_first_start_says_what_to_do(page: StartPage) -> None:
    assert words.WELCOME_TITLE in labels(page)
    assert words.WELCOME_TEXT in labels(page)
    assert "or press Ctrl+O to choose files" in labels(page)
    assert page.accessibleName() == words.WELCOME_TITLE


def test_its_two_buttons_ask_for_a_location_or_the_demo(page: StartPage, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.add_location):
        QTest.mouseClick(button(page, words.WELCOME_ADD), Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(page.try_demo):
        QTest.mouseClick(button(page, words.WELCOME_DEMO), Qt.MouseButton.LeftButton)


def test_files_dropped_there_are_handed_on_in_order(
    page: StartPage, tmp_path: Path, qtbot: QtBot
) -> None:
    dropped = [tmp_path / "b.fastq.gz", tmp_path / "a.fastq.gz"]

    with qtbot.waitSignal(page.files_dropped) as handed_on:
        drop(page, files(*dropped))

    assert [Path(path) for path in handed_on.args[0]] == dropped


def test_the_area_lights_up_only_for_files(page: StartPage, tmp_path: Path) -> None:
    text = QMimeData()
    text.setText("hello")

    assert not drag_over(page, text).isAccepted()
    assert pixel(page, 60, 60) == LIGHT.surface
    assert drag_over(page, files(tmp_path)).isAccepted()
    assert pixel(page, 60, 60) == LIGHT.accent_soft


def test_the_light_goes_out_after_the_drop(page: StartPage, tmp_path: Path) -> None:
    drop(page, files(tmp_path))

    assert pixel(page, 60, 60) == LIGHT.surface


def test_the_page_fits_a_small_window(page: StartPage) -> None:
    page.resize(640, 420)
    for each in page.findChildren(QPushButton):
        assert page.rect().contains(each.geometry())


def test_tips_stand_side_by_side_with_icons_that_exist(theme: Theme, qtbot: QtBot) -> None:
    strip = TipsStrip(theme)
    qtbot.addWidget(strip)
    strip.resize(900, strip.sizeHint().height())

    assert {icon for icon, _title, _text in words.TIPS} <= icon_names()
    assert [title for _icon, title, _text in words.TIPS] == labels(strip)[::2]
    image = strip.grab().toImage()
    seen = {image.pixelColor(x, y).name().upper() for x in range(900) for y in range(60)}
    assert LIGHT.accent in seen


def test_the_label_names_the_drop_in_accent(theme: Theme, window: QWidget) -> None:
    label = DropLabel(theme, window)
    label.show_words("Upload 42 items to controls", False, QPoint(40, 40))

    assert label.isVisible()
    assert label.accessibleName() == "Upload 42 items to controls"
    assert pixel(label, 6, label.height() // 2) == LIGHT.accent
    assert label.x() > 40
    assert label.y() > 40


def test_a_refusal_is_grey_and_carries_its_reason(theme: Theme, window: QWidget) -> None:
    label = DropLabel(theme, window)
    label.show_words("References is archived", True, QPoint(40, 40))

    assert label.words == "References is archived"
    assert label.refused
    assert pixel(label, 6, label.height() // 2) == LIGHT.subtle


def test_the_label_never_leaves_the_window(theme: Theme, window: QWidget) -> None:
    label = DropLabel(theme, window)
    for corner in (QPoint(595, 295), QPoint(0, 0), QPoint(595, 0)):
        label.show_words("Upload 42 items to a folder with a very long name" * 3, False, corner)
        assert window.rect().contains(label.geometry())


def test_the_label_lets_the_mouse_through(theme: Theme, window: QWidget) -> None:
    label = DropLabel(theme, window)
    label.show_words("Upload", False, QPoint(0, 0))

    assert window.childAt(label.geometry().center()) is None


def test_exactly_one_chip_is_chosen(chips: Chips, qtbot: QtBot) -> None:
    assert chips.current == "all"
    with qtbot.waitSignal(chips.chosen) as chosen:
        QTest.mouseClick(button(chips, "Needs you"), Qt.MouseButton.LeftButton)

    assert chosen.args == ["needs"]
    assert [each.isChecked() for each in chips.findChildren(QPushButton)] == [False, False, True]


def test_choosing_the_chosen_chip_is_no_news(chips: Chips, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(chips.chosen):
        QTest.mouseClick(button(chips, "All"), Qt.MouseButton.LeftButton)
        chips.choose("all")
    assert chips.current == "all"


def test_chips_count_live_and_hide_nothing_and_zero(chips: Chips) -> None:
    chips.set_counts({"all": None, "active": 1234, "needs": 0})

    assert [chips.words_of(key) for key in ("all", "active", "needs")] == [
        "All",
        "Active  1,234",
        "Needs you",
    ]
    assert button(chips, "Needs you").accessibleName() == "Needs you, 0"


def test_arrow_keys_move_the_choice(chips: Chips) -> None:
    chips.activateWindow()
    first = button(chips, "All")
    first.setFocus()
    QTest.keyClick(first, Qt.Key.Key_Right)
    assert chips.current == "active"
    QTest.keyClick(button(chips, "Active"), Qt.Key.Key_Left)
    QTest.keyClick(first, Qt.Key.Key_Left)
    assert chips.current == "needs"


def test_chips_are_large_enough_to_aim_at(chips: Chips) -> None:
    for each in chips.findChildren(QPushButton):
        assert each.height() >= Size.TARGET
        assert each.width() >= Size.TARGET


def test_the_chosen_chip_is_filled(chips: Chips) -> None:
    chosen, other = button(chips, "All"), button(chips, "Active")

    assert pixel(chosen, 8, chosen.height() // 2) == LIGHT.accent_soft
    assert pixel(other, 8, other.height() // 2) != LIGHT.accent_soft
