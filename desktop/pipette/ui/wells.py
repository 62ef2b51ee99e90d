"""Painting of single wells: full, half full, slash, cross and ring."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from pipette.ui.aliquot import CellKind, faded, paint_cross
from pipette.ui.tokens import Tokens, Tone

_HALF_TURN = 180 * 16


def paint_well(
    painter: QPainter,
    centre: QPointF,
    radius: float,
    kind: CellKind,
    tokens: Tokens,
    arrived: Tone = Tone.ACCENT,
) -> None:
    """Draw one well; ``arrived`` is the colour of full ones (green once verified)."""
    match kind:
        case CellKind.ARRIVED:
            _disc(painter, centre, radius, QColor(tokens.tone(arrived)))
        case CellKind.GOING:
            _half_full(painter, centre, radius, tokens, arrived)
        case CellKind.RETRYING:
            _slashed(painter, centre, radius, tokens)
        case CellKind.FAILED:
            _crossed(painter, centre, radius, tokens)
        case CellKind.TO_GO:
            _ring(painter, centre, radius, tokens.control_border, tokens.surface, 1.0)


def paint_empty_well(painter: QPainter, centre: QPointF, tokens: Tokens) -> None:
    """A place of the plate that is not used."""
    _disc(painter, centre, 0.9, QColor(tokens.border))


def paint_well_choice(painter: QPainter, centre: QPointF, radius: float, tokens: Tokens) -> None:
    """The ring around the well that is chosen, set off from its neighbours by a light one."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, distance in ((tokens.surface, 0.8), (tokens.text, 2.2)):
        painter.setPen(QPen(QColor(colour), 1.8))
        painter.drawEllipse(centre, radius + distance, radius + distance)


def _disc(painter: QPainter, centre: QPointF, radius: float, colour: QColor) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawEllipse(centre, radius, radius)


def _ring(
    painter: QPainter, centre: QPointF, radius: float, colour: str, filling: str, width: float
) -> None:
    painter.setPen(QPen(QColor(colour), width))
    painter.setBrush(QColor(filling))
    inner = radius - width / 2
    painter.drawEllipse(centre, inner, inner)


def _half_full(
    painter: QPainter, centre: QPointF, radius: float, tokens: Tokens, arrived: Tone
) -> None:
    width = max(1.2, radius / 6)
    _ring(painter, centre, radius, tokens.tone(arrived), tokens.surface, width)
    inner = radius - width - 0.5
    box = QRectF(centre.x() - inner, centre.y() - inner, 2 * inner, 2 * inner)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(faded(tokens.tone(arrived)))
    painter.drawChord(box, _HALF_TURN, _HALF_TURN)


def _slashed(painter: QPainter, centre: QPointF, radius: float, tokens: Tokens) -> None:
    width = max(1.2, radius / 6)
    _ring(painter, centre, radius, tokens.warn, tokens.warn_bg, width)
    arm = (radius - width) * 0.66
    painter.setPen(QPen(QColor(tokens.warn), width, c=Qt.PenCapStyle.RoundCap))
    painter.drawLine(centre + QPointF(-arm, arm), centre + QPointF(arm, -arm))


def _crossed(painter: QPainter, centre: QPointF, radius: float, tokens: Tokens) -> None:
    _disc(painter, centre, radius, QColor(tokens.err))
    painter.setPen(QPen(QColor(tokens.surface), max(1.2, radius / 6), c=Qt.PenCapStyle.RoundCap))
    paint_cross(painter, centre, radius * 0.45)
