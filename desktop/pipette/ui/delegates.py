"""Painters of the cells in the transfers table and the browser.

They paint the values of ``ui.roles`` and nothing else: no disk, no network, no database.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyleOptionViewItem, QToolTip, QWidget

from pipette.ui.aliquot import cell_count, cells_of, paint_aliquot
from pipette.ui.delegates_row import Brush, Index, RowDelegate, TextDelegate
from pipette.ui.roles import (
    ActionsCell,
    CellRole,
    Expander,
    NameCell,
    ProgressCell,
    RowAction,
    StateCell,
)
from pipette.ui.short_names import short_name
from pipette.ui.theme import Theme
from pipette.ui.tokens import Radius, Size, Space, Tone, Type

__all__ = ["ActionsDelegate", "NameDelegate", "ProgressDelegate", "StateDelegate", "TextDelegate"]

_GUTTER = 26
_EDGE = 10
_STEP = 14
_ICON_GAP = 7
_PERCENT = 40
_ACTION_PITCH = 26


class NameDelegate(RowDelegate):
    """Expander, type icon and name. Announces clicks on the expander."""

    expander_clicked = Signal(QModelIndex)

    def paint_cell(self, brush: Brush, index: Index) -> None:
        cell = index.data(CellRole.NAME)
        if not isinstance(cell, NameCell):
            return
        if cell.expander is not None:
            drawing = "down" if cell.expander is Expander.OPEN else "right"
            brush.icon(drawing, Tone.TEXT2, _GUTTER // 2 - 9, Size.ICON_SMALL)
        left = (_GUTTER if cell.has_gutter else _EDGE) + cell.level * _STEP
        brush.icon(cell.icon, cell.icon_tone, left)
        self._paint_name(brush, cell, left + Size.ICON + _ICON_GAP)

    def _paint_name(self, brush: Brush, cell: NameCell, left: int) -> None:
        weight = Type.STRONG if cell.bold else Type.REGULAR
        width = brush.rect.width() - left - Space.SMALL
        metrics = self.theme.metrics(Type.BODY, weight)
        words = short_name(cell.text, lambda name: metrics.horizontalAdvance(name) <= width)
        brush.text(
            words if words is not None else cell.text,
            self.theme.font(Type.BODY, weight),
            cell.tone,
            left,
            width,
            elide=Qt.TextElideMode.ElideMiddle,
        )

    def editorEvent(
        self,
        event: QEvent,
        model: QAbstractItemModel,
        option: QStyleOptionViewItem,
        index: Index,
    ) -> bool:
        if not isinstance(event, QMouseEvent) or event.type() is not QEvent.Type.MouseButtonPress:
            return False
        cell = index.data(CellRole.NAME)
        if not isinstance(cell, NameCell) or cell.expander is None:
            return False
        if not _expander_rect(option).contains(event.position().toPoint()):
            return False
        self.expander_clicked.emit(index)
        return True


def _expander_rect(option: QStyleOptionViewItem) -> QRect:
    rect = QRect(option.rect.topLeft(), QSize(_GUTTER, option.rect.height()))
    return QStyle.visualRect(option.direction, option.rect, rect)


class ProgressDelegate(RowDelegate):
    """Aliquot bar and percent."""

    def paint_cell(self, brush: Brush, index: Index) -> None:
        cell = index.data(CellRole.PROGRESS)
        if not isinstance(cell, ProgressCell):
            return
        width = max(0, brush.rect.width() - Space.SMALL - _PERCENT - Space.TINY)
        left = brush.rect.left() + Space.SMALL
        bar = QRectF(left, brush.rect.top(), width, brush.rect.height())
        cells = cells_of(cell.source, cell_count(width))
        paint_aliquot(brush.painter, bar, cells, self.theme.tokens, cell.source.state)
        font = self.theme.font(Type.SECONDARY, Type.STRONG, tabular=True)
        brush.text(f"{cell.percent}%", font, Tone.TEXT, Space.SMALL + width + 6, _PERCENT)


class StateDelegate(RowDelegate):
    """Icon and words in one colour: states in transfers, proof in the browser."""

    def paint_cell(self, brush: Brush, index: Index) -> None:
        cell = index.data(CellRole.STATE)
        if not isinstance(cell, StateCell):
            return
        brush.icon(cell.icon, cell.tone, Space.SMALL, Size.ICON_SMALL)
        left = Space.SMALL + Size.ICON_SMALL + _ICON_GAP
        brush.text(
            cell.words,
            self.theme.font(Type.SECONDARY, Type.MEDIUM if cell.strong else Type.REGULAR),
            cell.words_tone or cell.tone,
            left,
            brush.rect.width() - left - Space.TINY,
        )


class ActionsDelegate(RowDelegate):
    """Up to three small buttons at the end of a row.

    ``triggered`` comes when one is pressed and released; ``words`` gives their tooltips.
    """

    triggered = Signal(QModelIndex, object)

    def __init__(
        self, theme: Theme, words: Callable[[RowAction], str], parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, parent)
        self._words = words
        self._pointer: QPoint | None = None
        self._pressed: tuple[QPersistentModelIndex, RowAction] | None = None

    def paint_cell(self, brush: Brush, index: Index) -> None:
        cell = index.data(CellRole.ACTIONS)
        if not isinstance(cell, ActionsCell):
            return
        under = self._under_pointer(brush.option, cell)
        for number, action in enumerate(cell.actions):
            box = action_rect(brush.option, number, len(cell.actions))
            self._paint_action(brush.painter, box, action, is_under=action is under)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        height = super().sizeHint(option, index).height()
        return QSize(3 * _ACTION_PITCH + Space.MEDIUM, height)

    def editorEvent(
        self,
        event: QEvent,
        model: QAbstractItemModel,
        option: QStyleOptionViewItem,
        index: Index,
    ) -> bool:
        cell = index.data(CellRole.ACTIONS)
        if not isinstance(event, QMouseEvent) or not isinstance(cell, ActionsCell):
            return False
        self._pointer = event.position().toPoint()
        action = action_at(option, self._pointer, cell.actions)
        if event.type() is QEvent.Type.MouseMove:
            _repaint(option)
            return False
        if event.button() is not Qt.MouseButton.LeftButton:
            return False
        return self._press_or_release(event.type(), index, action)

    def helpEvent(
        self,
        event: QHelpEvent,
        view: QAbstractItemView,
        option: QStyleOptionViewItem,
        index: Index,
    ) -> bool:
        cell = index.data(CellRole.ACTIONS)
        actions = cell.actions if isinstance(cell, ActionsCell) else ()
        action = action_at(option, event.pos(), actions)
        if action is None:
            return super().helpEvent(event, view, option, index)
        QToolTip.showText(event.globalPos(), self._words(action), view)
        return True

    def _press_or_release(self, kind: QEvent.Type, index: Index, action: RowAction | None) -> bool:
        if kind is QEvent.Type.MouseButtonPress:
            here = QPersistentModelIndex(index)
            self._pressed = (here, action) if action is not None else None
            return action is not None
        if kind is not QEvent.Type.MouseButtonRelease or self._pressed is None:
            return action is not None
        was_pressed, self._pressed = self._pressed, None
        if was_pressed == (QPersistentModelIndex(index), action):
            self.triggered.emit(index, action)
        return True

    def _under_pointer(self, option: QStyleOptionViewItem, cell: ActionsCell) -> RowAction | None:
        if self._pointer is None or not option.state & QStyle.StateFlag.State_MouseOver:
            return None
        return action_at(option, self._pointer, cell.actions)

    def _paint_action(
        self, painter: QPainter, box: QRect, action: RowAction, *, is_under: bool
    ) -> None:
        if is_under:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self.theme.tokens.track))
            painter.drawRoundedRect(box, Radius.CONTROL, Radius.CONTROL)
        tone = Tone.TEXT if is_under else Tone.TEXT2
        density = painter.device().devicePixelRatioF()
        drawing = self.theme.pixmap(action.icon, tone, Size.ICON, density)
        corner = box.center() - QPoint(Size.ICON // 2 - 1, Size.ICON // 2 - 1)
        painter.drawPixmap(corner, drawing)


def action_rect(option: QStyleOptionViewItem, number: int, count: int) -> QRect:
    """Where button ``number`` of ``count`` is; the last one stands at the end of the row."""
    rect = option.rect
    left = rect.right() - Space.SMALL - (count - number) * _ACTION_PITCH + 2
    top = rect.top() + (rect.height() - Size.TARGET) // 2
    return QStyle.visualRect(option.direction, rect, QRect(left, top, Size.TARGET, Size.TARGET))


def action_at(
    option: QStyleOptionViewItem, position: QPoint, actions: tuple[RowAction, ...]
) -> RowAction | None:
    for number, action in enumerate(actions):
        if action_rect(option, number, len(actions)).contains(position):
            return action
    return None


def _repaint(option: QStyleOptionViewItem) -> None:
    view = option.widget
    if isinstance(view, QAbstractItemView):
        view.viewport().update(option.rect)
