"""Fusion with our own ticks, dots, combo boxes, spin boxes and focus rings.

A style sheet cannot draw these without picture files of a fixed colour, and Fusion's own outlines
are too faint on a dark ground.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import (
    QProxyStyle,
    QPushButton,
    QStyle,
    QStyleOption,
    QStyleOptionComplex,
    QWidget,
)

from pipette.ui.tokens import LIGHT, Radius, Size

_Primitive = QStyle.PrimitiveElement
_Complex = QStyle.ComplexControl
_Part = QStyle.SubControl
_State = QStyle.StateFlag
_Metric = QStyle.PixelMetric
_INDICATOR = 16


class Style(QProxyStyle):
    """Made by the theme, which keeps ``tokens`` in step."""

    def __init__(self) -> None:
        super().__init__("Fusion")
        self.tokens = LIGHT
        self._primitives: dict[QStyle.PrimitiveElement, Callable[[QPainter, QStyleOption], None]]
        self._primitives = {
            _Primitive.PE_IndicatorCheckBox: self._paint_tick_box,
            _Primitive.PE_IndicatorItemViewItemCheck: self._paint_tick_box,
            _Primitive.PE_IndicatorRadioButton: self._paint_dot,
            _Primitive.PE_FrameFocusRect: self._paint_focus,
        }

    def pixelMetric(  # noqa: N802  (Qt names it)
        self,
        metric: QStyle.PixelMetric,
        option: QStyleOption | None = None,
        widget: QWidget | None = None,
    ) -> int:
        fixed = _METRICS.get(metric)
        return super().pixelMetric(metric, option, widget) if fixed is None else fixed

    def sizeFromContents(  # noqa: N802  (Qt names it)
        self,
        kind: QStyle.ContentsType,
        option: QStyleOption,
        size: QSize,
        widget: QWidget | None = None,
    ) -> QSize:
        # The stub forgets that there may be no widget.
        wanted = super().sizeFromContents(kind, option, size, widget)  # type: ignore[arg-type]  # None is allowed
        least = Size.BUTTON if kind in _FIELDS else 0
        return wanted.expandedTo(QSize(0, least))

    def drawPrimitive(  # noqa: N802  (Qt names it)
        self,
        element: QStyle.PrimitiveElement,
        option: QStyleOption,
        painter: QPainter,
        widget: QWidget | None = None,
    ) -> None:
        if element is _Primitive.PE_FrameFocusRect and isinstance(widget, QPushButton):
            return  # Their border in the style sheet is the ring; a second one would cut the text.
        paint = self._primitives.get(element)
        if paint is None:
            super().drawPrimitive(element, option, painter, widget)
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint(painter, option)
        painter.restore()

    def drawComplexControl(  # noqa: N802  (Qt names it)
        self,
        control: QStyle.ComplexControl,
        option: QStyleOptionComplex,
        painter: QPainter,
        widget: QWidget | None = None,
    ) -> None:
        if control not in {_Complex.CC_ComboBox, _Complex.CC_SpinBox}:
            super().drawComplexControl(control, option, painter, widget)
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_field(painter, option)
        for part, points_down in _ARROWS[control]:
            box = self.proxy().subControlRect(control, option, part, widget)
            self._paint_arrow(painter, box, option, points_down=points_down)
        painter.restore()

    def _paint_tick_box(self, painter: QPainter, option: QStyleOption) -> None:
        box = _square_in(option.rect)
        is_on = bool(option.state & (_State.State_On | _State.State_NoChange))
        self._paint_ground(painter, option, is_on=is_on)
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), Radius.TICK, Radius.TICK)
        if not is_on:
            return
        painter.setPen(_thick(self._front(option)))
        painter.drawPolyline(_tick(box) if option.state & _State.State_On else _dash(box))

    def _paint_dot(self, painter: QPainter, option: QStyleOption) -> None:
        box = _square_in(option.rect)
        is_on = bool(option.state & _State.State_On)
        self._paint_ground(painter, option, is_on=is_on)
        painter.drawEllipse(box.adjusted(0.5, 0.5, -0.5, -0.5))
        if is_on:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._front(option)))
            painter.drawEllipse(box.center(), 2.8, 2.8)

    def _paint_ground(self, painter: QPainter, option: QStyleOption, *, is_on: bool) -> None:
        tokens = self.tokens
        is_enabled = option.state & _State.State_Enabled
        filling = tokens.accent if is_enabled else tokens.track
        painter.setBrush(QColor(filling if is_on else tokens.surface))
        painter.setPen(QPen(QColor(filling if is_on else tokens.control_border), 1.0))

    def _front(self, option: QStyleOption) -> str:
        is_enabled = option.state & _State.State_Enabled
        return self.tokens.on_accent if is_enabled else self.tokens.text3

    def _paint_focus(self, painter: QPainter, option: QStyleOption) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(self.tokens.accent), Size.FOCUS_RING))
        box = QRectF(option.rect).adjusted(1, 1, -1, -1)
        painter.drawRoundedRect(box, Radius.TICK, Radius.TICK)

    def _paint_field(self, painter: QPainter, option: QStyleOption) -> None:
        tokens = self.tokens
        has_focus = option.state & _State.State_HasFocus
        is_enabled = option.state & _State.State_Enabled
        width = Size.FOCUS_RING if has_focus else 1
        painter.setPen(QPen(QColor(tokens.accent if has_focus else tokens.control_border), width))
        painter.setBrush(QColor(tokens.surface if is_enabled else tokens.subtle))
        inset = width / 2
        box = QRectF(option.rect).adjusted(inset, inset, -inset, -inset)
        painter.drawRoundedRect(box, Radius.CONTROL, Radius.CONTROL)

    def _paint_arrow(
        self, painter: QPainter, box: QRect, option: QStyleOption, *, points_down: bool
    ) -> None:
        is_enabled = option.state & _State.State_Enabled
        painter.setPen(_thick(self.tokens.text2 if is_enabled else self.tokens.control_border, 1.4))
        middle = QRectF(box).center()
        rise = 2.0 if points_down else -2.0
        painter.drawPolyline(
            QPolygonF(
                [
                    middle + QPointF(-3.5, -rise),
                    middle + QPointF(0, rise),
                    middle + QPointF(3.5, -rise),
                ]
            )
        )


_METRICS = {
    _Metric.PM_IndicatorWidth: _INDICATOR,
    _Metric.PM_IndicatorHeight: _INDICATOR,
    _Metric.PM_ExclusiveIndicatorWidth: _INDICATOR,
    _Metric.PM_ExclusiveIndicatorHeight: _INDICATOR,
    _Metric.PM_ToolBarItemMargin: 0,
}
_FIELDS = frozenset({QStyle.ContentsType.CT_ComboBox, QStyle.ContentsType.CT_SpinBox})
_ARROWS = {
    _Complex.CC_ComboBox: ((_Part.SC_ComboBoxArrow, True),),
    _Complex.CC_SpinBox: ((_Part.SC_SpinBoxUp, False), (_Part.SC_SpinBoxDown, True)),
}


def _square_in(rect: QRect) -> QRectF:
    side = min(rect.width(), rect.height(), _INDICATOR)
    box = QRectF(0, 0, side, side)
    box.moveCenter(QRectF(rect).center())
    return box


def _tick(box: QRectF) -> QPolygonF:
    return _scaled(box, ((0.26, 0.52), (0.43, 0.69), (0.75, 0.32)))


def _dash(box: QRectF) -> QPolygonF:
    return _scaled(box, ((0.28, 0.5), (0.72, 0.5)))


def _scaled(box: QRectF, points: tuple[tuple[float, float], ...]) -> QPolygonF:
    return QPolygonF(
        [QPointF(box.left() + x * box.width(), box.top() + y * box.height()) for x, y in points]
    )


def _thick(colour: str, width: float = 2.0) -> QPen:
    return QPen(QColor(colour), width, c=Qt.PenCapStyle.RoundCap, j=Qt.PenJoinStyle.RoundJoin)
