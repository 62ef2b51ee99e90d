"""The painter of the sidebar: headings, accounts of two lines, and places."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QMouseEvent, QPainter
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from pipette.ui.delegates_row import CENTRED, LEADING, TRAILING, Brush, Index, RowDelegate
from pipette.ui.roles import CellRole, Expander, SideKind, SideRow
from pipette.ui.row_views import RowTable, RowTree
from pipette.ui.tokens import Radius, Size, Space, Tone, Type

_HEADING_HEIGHT = 30
_ACCOUNT_HEIGHT = 42
_PLACE_HEIGHT = 27
_TILE = 24
_TILE_LEFT = 25
_TEXT_LEFT = 58
_HEADING_LEFT = 21
_PLACE_ICON = 26
_PLACE_STEP = 18
_RIGHT_EDGE = 16
_GUTTER = 24


class SideDelegate(RowDelegate):
    """Paints ``SideRow`` values; announces clicks on expanders and on the plus of a heading."""

    expander_clicked = Signal(QModelIndex)
    add_clicked = Signal(QModelIndex)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        row = index.data(CellRole.SIDE)
        kind = row.kind if isinstance(row, SideRow) else SideKind.PLACE
        return QSize(Size.SIDEBAR_LEAST, max(_HEIGHTS[kind], self._text_height(kind)))

    def paint_ground(self, brush: Brush, index: Index) -> None:
        row = index.data(CellRole.SIDE)
        if isinstance(row, SideRow) and row.kind is not SideKind.HEADING:
            self._paint_choice(brush, index)

    def paint_cell(self, brush: Brush, index: Index) -> None:
        row = index.data(CellRole.SIDE)
        if isinstance(row, SideRow):
            _PAINTERS[row.kind](self, brush, row)

    def editorEvent(
        self,
        event: QEvent,
        model: QAbstractItemModel,
        option: QStyleOptionViewItem,
        index: Index,
    ) -> bool:
        row = index.data(CellRole.SIDE)
        if not isinstance(event, QMouseEvent) or not isinstance(row, SideRow):
            return False
        if event.type() is not QEvent.Type.MouseButtonPress:
            return False
        position = event.position().toPoint()
        if row.expander is not None and expander_rect(option).contains(position):
            self.expander_clicked.emit(index)
            return True
        if row.adds and add_rect(option).contains(position):
            self.add_clicked.emit(index)
            return True
        return False

    def paint_heading(self, brush: Brush, row: SideRow) -> None:
        font = self.theme.font(Type.CAPTION, Type.STRONG)
        width = brush.rect.width() - _HEADING_LEFT - _RIGHT_EDGE - Size.TARGET
        box = QRect(brush.rect.left() + _HEADING_LEFT, brush.rect.top() + 6, width, 24)
        brush.text_in(box, row.text.upper(), font, Tone.TEXT3)
        if row.adds:
            plus = add_rect(brush.option)
            density = brush.painter.device().devicePixelRatioF()
            drawing = self.theme.pixmap("plus", Tone.TEXT2, Size.ICON_SMALL, density)
            brush.painter.drawPixmap(plus.left() + 5, plus.top() + 5, drawing)

    def paint_account(self, brush: Brush, row: SideRow) -> None:
        self._paint_expander(brush, row)
        if row.monogram:
            self._paint_tile(brush, row)
        else:
            brush.icon(row.icon, row.icon_tone, _TILE_LEFT + 4)
        end = self._paint_badge(brush, row)
        self._paint_two_lines(brush, row, brush.rect.width() - _TEXT_LEFT - end)

    def paint_place(self, brush: Brush, row: SideRow) -> None:
        left = _PLACE_ICON + row.level * _PLACE_STEP
        self._paint_expander(brush, row)
        brush.icon(row.icon, row.icon_tone, left)
        end = self._paint_trailing(brush, row)
        text_left = left + Size.ICON + 7
        weight = Type.STRONG if brush.is_selected else Type.REGULAR
        width = brush.rect.width() - text_left - end
        brush.text(row.text, self.theme.font(Type.BODY, weight), Tone.TEXT, text_left, width)

    def _paint_choice(self, brush: Brush, index: Index) -> None:
        colour = self._choice_colour(brush, index)
        if colour is None:
            return
        brush.painter.setPen(Qt.PenStyle.NoPen)
        brush.painter.setBrush(QColor(colour))
        box = brush.rect.adjusted(Space.MEDIUM, 1, -Space.SMALL, -1)
        brush.painter.drawRoundedRect(box, Radius.CONTROL, Radius.CONTROL)

    def _choice_colour(self, brush: Brush, index: Index) -> str | None:
        tokens = self.theme.tokens
        view = brush.option.widget
        if isinstance(view, RowTable | RowTree) and view.is_drop_target(index):
            return tokens.accent_soft
        if brush.is_selected:
            is_active = brush.option.state & QStyle.StateFlag.State_Active
            return tokens.selected if is_active else tokens.selected_unfocused
        is_under = brush.option.state & QStyle.StateFlag.State_MouseOver
        return tokens.hover if is_under else None

    def _paint_expander(self, brush: Brush, row: SideRow) -> None:
        if row.expander is not None:
            drawing = "down" if row.expander is Expander.OPEN else "right"
            left = 6 + row.level * _PLACE_STEP
            brush.icon(drawing, Tone.TEXT2, left, Size.ICON_SMALL)

    def _paint_tile(self, brush: Brush, row: SideRow) -> None:
        tiles = self.theme.tokens.tiles
        rect = brush.rect
        box = QRect(
            rect.left() + _TILE_LEFT, rect.top() + (rect.height() - _TILE) // 2, _TILE, _TILE
        )
        box = QStyle.visualRect(brush.option.direction, rect, box)
        paint_tile(
            brush.painter,
            box,
            row.monogram,
            self.theme.font(Type.CAPTION, Type.STRONG),
            tiles[row.tile % len(tiles)],
            self.theme.tokens.on_tile,
        )

    def _paint_badge(self, brush: Brush, row: SideRow) -> int:
        """Returns the room it takes at the end of the row."""
        if not row.badge:
            return _RIGHT_EDGE
        left = brush.rect.width() - _RIGHT_EDGE - Size.ICON
        brush.icon(row.badge, row.badge_tone, left)
        return _RIGHT_EDGE + Size.ICON + Space.SMALL

    def _paint_trailing(self, brush: Brush, row: SideRow) -> int:
        """Returns the room it takes at the end of the row."""
        if not row.trailing:
            return _RIGHT_EDGE
        font = self.theme.font(Type.CAPTION, Type.STRONG, tabular=True)
        width = round(QFontMetricsF(font).horizontalAdvance(row.trailing)) + 1
        left = brush.rect.width() - _RIGHT_EDGE - width
        brush.text(row.trailing, font, row.trailing_tone, left, width, TRAILING)
        return _RIGHT_EDGE + width + Space.TINY

    def _paint_two_lines(self, brush: Brush, row: SideRow, width: int) -> None:
        name = self.theme.font(Type.BODY, Type.STRONG)
        if not row.sub:
            brush.text(row.text, name, Tone.TEXT, _TEXT_LEFT, width)
            return
        sub = self.theme.font(Type.CAPTION)
        upper, lower = QFontMetricsF(name).height(), QFontMetricsF(sub).height()
        left = brush.rect.left() + _TEXT_LEFT
        top = brush.rect.top() + round((brush.rect.height() - upper - lower) / 2)
        brush.text_in(QRect(left, top, width, round(upper)), row.text, name, Tone.TEXT)
        box = QRect(left, top + round(upper), width, round(lower))
        brush.text_in(box, row.sub, sub, row.sub_tone, LEADING)

    def _text_height(self, kind: SideKind) -> int:
        height = self.theme.metrics().height()
        if kind is SideKind.ACCOUNT:
            height += self.theme.metrics(Type.CAPTION).height()
        return round(height + Space.SMALL)


_HEIGHTS = {
    SideKind.HEADING: _HEADING_HEIGHT,
    SideKind.ACCOUNT: _ACCOUNT_HEIGHT,
    SideKind.PLACE: _PLACE_HEIGHT,
}
_PAINTERS = {
    SideKind.HEADING: SideDelegate.paint_heading,
    SideKind.ACCOUNT: SideDelegate.paint_account,
    SideKind.PLACE: SideDelegate.paint_place,
}


def paint_tile(
    painter: QPainter, box: QRect, monogram: str, font: QFont, back: str, front: str
) -> None:
    """An account's own letters on its colour; never a maker's logo."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(back))
    radius = box.width() / 4
    painter.drawRoundedRect(box, radius, radius)
    fitted = QFont(font)
    advance = QFontMetricsF(font).horizontalAdvance(monogram)
    fitted.setPointSizeF(font.pointSizeF() * min(1.0, (box.width() - 7) / max(1.0, advance)))
    painter.setFont(fitted)
    painter.setPen(QColor(front))
    painter.drawText(box, int(CENTRED), monogram)


def expander_rect(option: QStyleOptionViewItem) -> QRect:
    rect = QRect(option.rect.topLeft(), QSize(_GUTTER, option.rect.height()))
    return QStyle.visualRect(option.direction, option.rect, rect)


def add_rect(option: QStyleOptionViewItem) -> QRect:
    """The plus button of a heading."""
    rect = option.rect
    left = rect.right() - _RIGHT_EDGE - Size.TARGET + 4
    box = QRect(left, rect.top() + 6, Size.TARGET, Size.TARGET)
    return QStyle.visualRect(option.direction, rect, box)
