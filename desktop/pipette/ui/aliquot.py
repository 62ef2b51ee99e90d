"""The aliquot bar: a transfer as a row of cells, each an equal share of its parts.

``cells_of`` decides what the cells are and knows no Qt widget; ``paint_aliquot`` draws them. A
cell shows its worst part, so one bad part is never averaged away.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from functools import lru_cache
from math import ceil, floor

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap

from pipette.model.transfer import BatchSnapshot, FileSnapshot, PartMap, State
from pipette.ui.roles import percent_arrived
from pipette.ui.tokens import Tokens, Tone

BAR_HEIGHT = 10.0
CELL_GAP = 1.5
LEAST_CELL = 5.4
MOST_CELLS_IN_TABLES = 28
MOST_CELLS_IN_DETAILS = 48
_CROSS_FROM = 8.0
_CELL_RADIUS = 1.6


class CellKind(IntEnum):
    """Ordered from best to worst; the worst part of a cell gives its kind."""

    ARRIVED = 0
    TO_GO = 1
    GOING = 2
    RETRYING = 3
    FAILED = 4


def cell_count(width: float, most: int = MOST_CELLS_IN_TABLES) -> int:
    """How many cells fit, each at least 5.4 pixels wide."""
    fitting = int((width + CELL_GAP) // (LEAST_CELL + CELL_GAP))
    return max(1, min(most, fitting))


def cells_of(source: PartMap | FileSnapshot | BatchSnapshot, count: int) -> tuple[CellKind, ...]:
    """The kinds of ``count`` cells (1 or more), first part first."""
    if isinstance(source, PartMap):
        return _cells_of_parts(source, count)
    if isinstance(source, BatchSnapshot):
        return _cells_of_shares(source, count)
    if source.state in _ALL_THERE:
        return (CellKind.ARRIVED,) * count
    if source.parts is not None and source.parts.count > 1:
        return _cells_of_parts(source.parts, count)
    return _cells_of_shares(source, count)


_ALL_THERE = frozenset(
    {State.VERIFIED, State.SIZE_MATCHED, State.UNPROVEN, State.VERIFYING, State.IMPORTED}
)


def kind_of_parts(parts: PartMap, first: int, last: int) -> CellKind:
    """The worst of the parts ``first`` to ``last`` (counted from 1, both included)."""
    mask = (1 << last) - (1 << (first - 1))
    if parts.failed & mask:
        return CellKind.FAILED
    if parts.retrying & mask:
        return CellKind.RETRYING
    if parts.moving & mask:
        return CellKind.GOING
    return CellKind.ARRIVED if parts.arrived & mask == mask else CellKind.TO_GO


def _cells_of_parts(parts: PartMap, count: int) -> tuple[CellKind, ...]:
    whole = (1 << parts.count) - 1
    if parts.arrived & whole == whole and not (parts.failed | parts.retrying | parts.moving):
        return (CellKind.ARRIVED,) * count
    return tuple(
        kind_of_parts(parts, *_share(parts.count, number, count)) for number in range(count)
    )


def _share(parts: int, number: int, count: int) -> tuple[int, int]:
    """First and last part of a cell; with fewer parts than cells, a part spans several cells."""
    first = number * parts // count + 1
    last = max(first, (number + 1) * parts // count)
    return first, last


def _cells_of_shares(source: FileSnapshot | BatchSnapshot, count: int) -> tuple[CellKind, ...]:
    """For batches and one-part files: arrived by bytes, then one cell for each kind of trouble."""
    arrived = percent_arrived(source) * count // 100
    ahead = _ahead(source)[: count - arrived]
    rest = count - arrived - len(ahead)
    return (CellKind.ARRIVED,) * arrived + ahead + (CellKind.TO_GO,) * rest


def _ahead(source: FileSnapshot | BatchSnapshot) -> tuple[CellKind, ...]:
    if isinstance(source, FileSnapshot):
        return _FILE_AHEAD.get(source.state, ())
    failed = min(1, source.count(State.FAILED))
    retrying = min(1, source.count(State.RETRYING))
    going = 0 if source.paused else min(2, source.count(State.MOVING))
    return (CellKind.FAILED,) * failed + (CellKind.RETRYING,) * retrying + (CellKind.GOING,) * going


_FILE_AHEAD = {
    State.MOVING: (CellKind.GOING,),
    State.RETRYING: (CellKind.RETRYING,),
    State.FAILED: (CellKind.FAILED,),
}

_HELD = frozenset(
    {State.PAUSED, State.NEEDS_SIGN_IN, State.NEEDS_YOU, State.CANCELLED, State.SKIPPED}
)


def arrived_tone(state: State) -> Tone:
    """The colour of arrived cells: green once verified, violet-grey while held."""
    if state is State.VERIFIED:
        return Tone.OK
    return Tone.PAUSED if state in _HELD else Tone.ACCENT


def paint_aliquot(
    painter: QPainter,
    rect: QRectF,
    cells: Sequence[CellKind],
    tokens: Tokens,
    state: State,
    height: float = BAR_HEIGHT,
) -> None:
    """Draw the bar over the width of ``rect``, in its vertical middle."""
    if not cells:
        return
    box = QRectF(rect.left(), rect.center().y() - height / 2, rect.width(), height)
    corner = QPointF(floor(box.left()), floor(box.top()))
    box.translate(-corner)
    density = painter.device().devicePixelRatioF()
    shape = (box.left(), box.top(), box.width(), box.height())
    painter.drawPixmap(corner, _picture(tuple(cells), shape, tokens, arrived_tone(state), density))


@lru_cache(maxsize=512)
def _picture(
    cells: tuple[CellKind, ...],
    shape: tuple[float, float, float, float],
    tokens: Tokens,
    tone: Tone,
    density: float,
) -> QPixmap:
    """Many rows show the same bar, above all those that wait and those that are done."""
    box = QRectF(*shape)
    picture = QPixmap(ceil((box.right() + 1) * density), ceil((box.bottom() + 1) * density))
    picture.setDevicePixelRatio(density)
    picture.fill(Qt.GlobalColor.transparent)
    pitch = (box.width() + CELL_GAP) / len(cells)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for number, kind in enumerate(cells):
        left = box.left() + number * pitch
        cell = QRectF(left, box.top(), pitch - CELL_GAP, box.height())
        _PAINTERS[kind](painter, cell, tokens, tone)
    painter.end()
    return picture


def _paint_solid(painter: QPainter, cell: QRectF, colour: str) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    painter.drawRoundedRect(cell, _CELL_RADIUS, _CELL_RADIUS)


def _paint_arrived(painter: QPainter, cell: QRectF, tokens: Tokens, tone: Tone) -> None:
    _paint_solid(painter, cell, tokens.tone(tone))


def _paint_to_go(painter: QPainter, cell: QRectF, tokens: Tokens, tone: Tone) -> None:
    _paint_solid(painter, cell, tokens.track)


def _paint_going(painter: QPainter, cell: QRectF, tokens: Tokens, tone: Tone) -> None:
    _paint_solid(painter, cell, tokens.track)
    lower = QRectF(cell)
    lower.setTop(cell.center().y())
    painter.setBrush(faded(tokens.tone(tone)))
    painter.drawRoundedRect(lower, _CELL_RADIUS, _CELL_RADIUS)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(tokens.tone(tone)), 1.0))
    painter.drawRoundedRect(cell.adjusted(0.5, 0.5, -0.5, -0.5), _CELL_RADIUS, _CELL_RADIUS)


def _paint_retrying(painter: QPainter, cell: QRectF, tokens: Tokens, tone: Tone) -> None:
    _paint_solid(painter, cell, tokens.warn_bg)
    painter.save()
    outline = QPainterPath()
    outline.addRoundedRect(cell, _CELL_RADIUS, _CELL_RADIUS)
    painter.setClipPath(outline)
    painter.setPen(QPen(QColor(tokens.warn), 1.3))
    painter.drawLines(_slashes(cell))
    painter.restore()


def _slashes(cell: QRectF, distance: float = 3.0) -> list[QLineF]:
    rise = cell.width() * 1.1
    number = int((cell.height() + rise) / distance) + 1
    return [
        QLineF(
            QPointF(cell.left(), cell.top() + step * distance),
            QPointF(cell.right(), cell.top() + step * distance - rise),
        )
        for step in range(1, number + 1)
    ]


def _paint_failed(painter: QPainter, cell: QRectF, tokens: Tokens, tone: Tone) -> None:
    _paint_solid(painter, cell, tokens.err)
    if cell.width() < _CROSS_FROM:
        return
    painter.setPen(QPen(QColor(tokens.surface), 1.3, c=Qt.PenCapStyle.RoundCap))
    paint_cross(painter, cell.center(), 2.2)


def paint_cross(painter: QPainter, centre: QPointF, arm: float) -> None:
    x, y = centre.x(), centre.y()
    painter.drawLine(QPointF(x - arm, y - arm), QPointF(x + arm, y + arm))
    painter.drawLine(QPointF(x + arm, y - arm), QPointF(x - arm, y + arm))


def faded(colour: str) -> QColor:
    """The half-strength filling of something that is under way."""
    shade = QColor(colour)
    shade.setAlphaF(0.6)
    return shade


_PAINTERS = {
    CellKind.ARRIVED: _paint_arrived,
    CellKind.TO_GO: _paint_to_go,
    CellKind.GOING: _paint_going,
    CellKind.RETRYING: _paint_retrying,
    CellKind.FAILED: _paint_failed,
}
