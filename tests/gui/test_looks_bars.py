"""The aliquot bar: what its cells are, and that they are painted as such."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from pytestqt.qtbot import QtBot
from tests.fakes.scenes import a_batch, a_file, first_parts, part_bits, the_sending_file

from pipette.model.transfer import PartMap, State
from pipette.ui.aliquot import (
    LEAST_CELL,
    CellKind,
    arrived_tone,
    cell_count,
    cells_of,
    paint_aliquot,
)
from pipette.ui.roles import percent_arrived
from pipette.ui.tokens import DARK, LIGHT, Tokens

ARRIVED, TO_GO, GOING = CellKind.ARRIVED, CellKind.TO_GO, CellKind.GOING
RETRYING, FAILED = CellKind.RETRYING, CellKind.FAILED


def painted(
    cells: tuple[CellKind, ...], state: State, tokens: Tokens = LIGHT, width: int = 280
) -> QImage:
    image = QImage(width, 20, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(QColor(tokens.surface))
    painter = QPainter(image)
    paint_aliquot(painter, QRectF(0, 0, width, 20), cells, tokens, state)
    painter.end()
    return image


def middle_of(image: QImage, number: int, count: int) -> str:
    pitch = (image.width() + 1.5) / count
    x = round(number * pitch + (pitch - 1.5) / 2)
    return image.pixelColor(x, 10).name().upper()


def test_a_cell_is_never_narrower_than_the_least() -> None:
    for width in range(20, 400):
        count = cell_count(width)
        assert count == 1 or (width + 1.5) / count - 1.5 >= LEAST_CELL


def test_no_more_cells_than_the_table_wants() -> None:
    assert cell_count(10_000) == 28
    assert cell_count(10_000, 48) == 48


def test_no_room_still_gives_one_cell() -> None:
    assert cell_count(0) == 1


def test_each_part_has_its_cell_when_there_are_as_many() -> None:
    parts = PartMap(5, 1, part_bits(1), part_bits(2), part_bits(3), part_bits(4))

    assert cells_of(parts, 5) == (ARRIVED, GOING, RETRYING, FAILED, TO_GO)


def test_one_bad_part_among_thousands_is_not_averaged_away() -> None:
    parts = PartMap(10_000, 1, first_parts(10_000) & ~part_bits(5_001), failed=part_bits(5_001))

    cells = cells_of(parts, 28)

    assert cells.count(FAILED) == 1
    assert cells.count(ARRIVED) == 27


def test_a_cell_with_one_part_missing_has_not_arrived() -> None:
    assert cells_of(PartMap(100, 1, first_parts(99)), 10) == (ARRIVED,) * 9 + (TO_GO,)


def test_fewer_parts_than_cells_spread_over_all_of_them() -> None:
    assert cells_of(PartMap(2, 1, part_bits(1)), 8) == (ARRIVED,) * 4 + (TO_GO,) * 4


def test_every_part_belongs_to_a_cell_whatever_the_numbers() -> None:
    for count in (1, 2, 3, 7, 27, 28, 29, 96, 385, 9_999):
        for cells in (1, 5, 18, 28, 48):
            for part in {1, count // 2 + 1, count}:
                kinds = cells_of(PartMap(count, 1, failed=part_bits(part)), cells)
                assert len(kinds) == cells
                assert FAILED in kinds


def test_ten_thousand_parts_take_no_time() -> None:
    parts = PartMap(10_000, 1, first_parts(6_000), part_bits(6_001, 6_002))
    started = time.perf_counter()
    for _ in range(100):
        cells_of(parts, 28)
    assert (time.perf_counter() - started) / 100 < 0.004


def test_the_file_of_the_details_picture_shows_its_one_retrying_part() -> None:
    cells = cells_of(the_sending_file(), 48)

    assert cells.count(RETRYING) == 1
    assert cells.index(RETRYING) == 30
    assert GOING in cells


@pytest.mark.parametrize(
    "state", [State.VERIFIED, State.SIZE_MATCHED, State.UNPROVEN, State.VERIFYING]
)
def test_a_file_that_is_all_there_has_only_arrived_cells(state: State) -> None:
    assert cells_of(a_file(state=state, size=0), 20) == (ARRIVED,) * 20


def test_a_batch_shows_arrived_bytes_and_one_cell_for_each_trouble() -> None:
    counts = {State.MOVING: 3, State.RETRYING: 1, State.FAILED: 2, State.WAITING: 9}
    batch = a_batch(counts=counts, size=100, arrived=50)

    assert cells_of(batch, 10) == (ARRIVED,) * 5 + (FAILED, RETRYING, GOING, GOING, TO_GO)


def test_a_paused_batch_has_nothing_going() -> None:
    batch = a_batch(counts={State.MOVING: 3}, size=100, arrived=50, paused=True)

    assert GOING not in cells_of(batch, 10)


def test_a_batch_with_a_byte_missing_is_not_full() -> None:
    batch = a_batch(counts={State.MOVING: 1}, size=1_000_000, arrived=999_999)

    assert percent_arrived(batch) == 99
    assert cells_of(batch, 28)[-1] is not ARRIVED


def test_an_empty_file_is_at_100_percent_only_when_it_is_done() -> None:
    assert percent_arrived(a_file(size=0, state=State.WAITING)) == 0
    assert percent_arrived(a_file(size=0, state=State.FAILED)) == 0
    assert percent_arrived(a_file(size=0, state=State.VERIFIED)) == 100


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
def test_a_verified_bar_is_green_from_end_to_end(tokens: Tokens, qtbot: QtBot) -> None:
    image = painted((ARRIVED,) * 28, State.VERIFIED, tokens)

    assert {middle_of(image, number, 28) for number in range(28)} == {tokens.ok}


def test_paused_cells_turn_violet_grey(qtbot: QtBot) -> None:
    image = painted((ARRIVED, TO_GO), State.PAUSED)

    assert middle_of(image, 0, 2) == LIGHT.paused
    assert middle_of(image, 1, 2) == LIGHT.track


def test_each_kind_of_cell_looks_different(qtbot: QtBot) -> None:
    kinds = (ARRIVED, GOING, RETRYING, FAILED, TO_GO)
    image = painted(kinds, State.MOVING, width=100)
    pitch = 101.5 / 5

    faces = {bytes(image.copy(round(number * pitch), 5, 18, 10).constBits()) for number in range(5)}

    assert len(faces) == 5


def test_a_wide_failed_cell_carries_a_cross(qtbot: QtBot) -> None:
    narrow = painted((FAILED,) * 28, State.FAILED, width=190)
    wide = painted((FAILED,) * 4, State.FAILED, width=100)

    assert middle_of(narrow, 3, 28) == LIGHT.err
    assert middle_of(wide, 1, 4) != LIGHT.err


def test_the_bar_is_ten_pixels_high_in_the_middle(qtbot: QtBot) -> None:
    image = painted((ARRIVED,), State.MOVING)

    inside = [y for y in range(20) if image.pixelColor(140, y).name().upper() == LIGHT.accent]
    assert inside == list(range(5, 15))


def test_nothing_to_paint_paints_nothing(qtbot: QtBot) -> None:
    image = painted((), State.MOVING)
    blank = QImage(image.size(), image.format())
    blank.fill(QColor(LIGHT.surface))

    assert image == blank


def test_held_files_lose_the_accent_and_keep_their_cells() -> None:
    file = replace(the_sending_file(), state=State.NEEDS_SIGN_IN)

    assert arrived_tone(file.state).value == "paused"
    assert ARRIVED in cells_of(file, 28)


def test_painting_leaves_the_painter_as_it_was(qtbot: QtBot) -> None:
    image = QImage(50, 20, QImage.Format.Format_ARGB32_Premultiplied)
    painter = QPainter(image)
    painter.setPen(Qt.PenStyle.DashLine)
    paint_aliquot(painter, QRectF(0, 0, 50, 20), (GOING, FAILED), LIGHT, State.MOVING)

    assert painter.pen().style() is Qt.PenStyle.DashLine
    painter.end()
