"""The parts plate: its arithmetic, its choice by mouse and keys, and how it is painted."""

from __future__ import annotations

import time

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from tests.fakes.scenes import first_parts, part_bits, the_sending_file

from pipette.model.transfer import PartMap, State
from pipette.ui.aliquot import CellKind
from pipette.ui.plate import PlateLegend, PlateWidget
from pipette.ui.plate_wells import legend_of, shape_for, summary_of, wells_of
from pipette.ui.theme import Theme, ThemeChoice
from pipette.ui.tokens import LIGHT


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    return Theme(qapp, ThemeChoice.LIGHT)


@pytest.fixture
def plate(theme: Theme, qtbot: QtBot) -> PlateWidget:
    plate = PlateWidget(theme)
    qtbot.addWidget(plate)
    plate.resize(400, plate.heightForWidth(400))
    plate.show()
    return plate


def the_parts() -> PartMap:
    parts = the_sending_file().parts
    assert parts is not None
    return parts


def colours_in(plate: PlateWidget) -> set[str]:
    image = plate.grab().toImage()
    return {
        image.pixelColor(x, y).name().upper()
        for x in range(image.width())
        for y in range(image.height())
    }


@pytest.mark.parametrize(
    ("parts", "rows", "columns", "per_well"),
    [
        (1, 8, 12, 1),
        (96, 8, 12, 1),
        (97, 16, 24, 1),
        (384, 16, 24, 1),
        (385, 16, 24, 2),
        (1160, 16, 24, 4),
        (10_000, 16, 24, 27),
    ],
)
def test_a_plate_is_as_large_as_its_parts_need(
    parts: int, rows: int, columns: int, per_well: int
) -> None:
    shape = shape_for(parts)

    assert (shape.rows, shape.columns, shape.per_well) == (rows, columns, per_well)
    assert shape.wells <= rows * columns
    assert shape.parts_of(shape.wells - 1)[1] == parts


def test_wells_are_named_as_on_a_lab_plate() -> None:
    shape = shape_for(1160)

    assert shape.name_of(181) == "H14"
    assert shape.parts_of(181) == (725, 728)
    assert shape.well_of(726) == 181


def test_a_well_shows_its_worst_part() -> None:
    assert wells_of(the_parts())[181] is CellKind.RETRYING


def test_the_legend_counts_parts_not_wells() -> None:
    said = [entry.words for entry in legend_of(the_parts())]

    assert said == ["arrived 835", "going 4", "retrying 1", "to go 320"]


def test_the_legend_adds_up_when_bits_overlap() -> None:
    parts = PartMap(10, 1, first_parts(6), first_parts(4), first_parts(3), first_parts(2))

    assert sum(entry.parts for entry in legend_of(parts)) == 10


def test_the_plate_tells_a_screen_reader_its_counts(plate: PlateWidget) -> None:
    plate.show_parts(the_parts())

    assert plate.accessibleName() == "Parts plate"
    assert plate.accessibleDescription() == summary_of(the_parts())
    plate.select_well(181)
    assert plate.accessibleDescription().startswith("Well H14, parts 725 to 728")


def test_pointing_at_a_well_chooses_it(plate: PlateWidget, qtbot: QtBot) -> None:
    plate.show_parts(PartMap(96, 1))
    pitch = (400 - 24) / 12

    with qtbot.waitSignal(plate.well_selected) as chosen:
        QTest.mouseMove(plate, QPoint(round(19 + 1.5 * pitch), round(23 + 2.5 * pitch)))

    assert chosen.args == [26, 26]
    assert plate.shape_of_plate.name_of(25) == "C2"


def test_arrow_keys_walk_over_the_wells_in_use(plate: PlateWidget, qtbot: QtBot) -> None:
    plate.show_parts(PartMap(30, 1))
    chosen: list[int] = []
    plate.well_selected.connect(lambda first, _last: chosen.append(first))

    for key in ("Right", "Right", "Down", "Down", "Left", "Up", "End", "Right", "Home", "Left"):
        QTest.keyClick(plate, getattr(Qt.Key, f"Key_{key}"))

    # The first key enters at A1; Down in the last row and steps past the ends stay.
    assert chosen == [1, 2, 14, 26, 25, 13, 30, 1]


def test_other_keys_are_left_to_the_window(plate: PlateWidget) -> None:
    plate.show_parts(PartMap(30, 1))
    QTest.keyClick(plate, Qt.Key.Key_A)

    assert plate.selected_well is None


def test_an_unused_well_cannot_be_chosen(plate: PlateWidget) -> None:
    plate.show_parts(PartMap(30, 1))
    plate.select_well(30)

    assert plate.selected_well is None


def test_the_choice_stays_while_parts_arrive_and_goes_with_the_file(plate: PlateWidget) -> None:
    plate.show_parts(PartMap(30, 1))
    plate.select_well(4)
    plate.show_parts(PartMap(30, 1, first_parts(9)))
    assert plate.selected_well == 4
    plate.show_parts(PartMap(31, 1))
    assert plate.selected_well is None


def test_a_verified_plate_is_green(plate: PlateWidget) -> None:
    plate.show_parts(PartMap(96, 1, first_parts(96)), State.VERIFIED)
    seen = colours_in(plate)

    assert LIGHT.ok in seen
    assert LIGHT.accent not in seen


def test_wells_differ_in_shape_and_colour(plate: PlateWidget) -> None:
    parts = PartMap(20, 1, first_parts(5), part_bits(6, 7), part_bits(8), part_bits(9))
    plate.show_parts(parts)

    assert {LIGHT.accent, LIGHT.err, LIGHT.warn_bg, LIGHT.surface} <= colours_in(plate)


def test_many_changes_are_painted_at_most_four_times_a_second(
    plate: PlateWidget, qtbot: QtBot
) -> None:
    plate.show_parts(PartMap(100, 1))
    for arrived in range(1, 100):
        plate.show_parts(PartMap(100, 1, first_parts(arrived)))
    assert plate.accessibleDescription() == "100 parts, to go 100"

    qtbot.waitUntil(lambda: "arrived 99" in plate.accessibleDescription(), timeout=2000)


def test_ten_thousand_parts_are_painted_within_a_frame(plate: PlateWidget) -> None:
    plate.resize(400, plate.heightForWidth(400))
    plate.show_parts(PartMap(10_000, 1, first_parts(5_000), part_bits(5_003), part_bits(5_007)))
    plate.grab()
    started = time.perf_counter()
    plate.grab()
    assert time.perf_counter() - started < 0.1


def test_dark_and_light_are_painted_anew(plate: PlateWidget, theme: Theme, qtbot: QtBot) -> None:
    plate.show_parts(PartMap(96, 1, first_parts(50)))
    assert LIGHT.accent in colours_in(plate)
    theme.choose(ThemeChoice.DARK)
    assert theme.tokens.accent in colours_in(plate)


def test_the_legend_is_painted_and_spoken(theme: Theme, qtbot: QtBot) -> None:
    legend = PlateLegend(theme)
    qtbot.addWidget(legend)
    legend.show_parts(the_parts())
    legend.resize(legend.sizeHint())
    image = legend.grab().toImage()

    assert legend.accessibleName() == "1,160 parts, arrived 835, going 4, retrying 1, to go 320"
    assert image.pixelColor(7, legend.height() // 2).name().upper() == LIGHT.accent
