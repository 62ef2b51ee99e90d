"""What all painted cells share: the row behind them, icons, and text that is cut to fit."""

from __future__ import annotations

from abc import abstractmethod

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter
from PySide6.QtWidgets import (
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from pipette.ui.roles import CellRole
from pipette.ui.row_views import RowTable, RowTree
from pipette.ui.theme import Theme
from pipette.ui.tokens import Size, Space, Tone, Type

Index = QModelIndex | QPersistentModelIndex
_MIDDLE = Qt.AlignmentFlag.AlignVCenter
LEADING = _MIDDLE | Qt.AlignmentFlag.AlignLeading
TRAILING = _MIDDLE | Qt.AlignmentFlag.AlignTrailing
CENTRED = _MIDDLE | Qt.AlignmentFlag.AlignHCenter
_SELECTED = QStyle.StateFlag.State_Selected.value
_ACTIVE = QStyle.StateFlag.State_Active.value
_UNDER_MOUSE = QStyle.StateFlag.State_MouseOver.value


class Brush:
    """A painter for one cell. Rectangles are given left to right and mirrored where needed."""

    def __init__(self, theme: Theme, painter: QPainter, option: QStyleOptionViewItem) -> None:
        self.theme = theme
        self.painter = painter
        self.option = option
        self.rect: QRect = option.rect
        # Asked once for each cell: every question about a flag makes objects.
        self._state = option.state.value
        self.is_selected = bool(self._state & _SELECTED)

    def fill_row(self, index: Index) -> None:
        colour = self._row_colour(index)
        if colour:
            self.painter.fillRect(self.rect, QColor(colour))

    def icon(self, name: str, tone: Tone, left: int, size: int = Size.ICON) -> None:
        top = self.rect.top() + (self.rect.height() - size) // 2
        place = self._mirrored(QRect(self.rect.left() + left, top, size, size))
        density = self.painter.device().devicePixelRatioF()
        self.painter.drawPixmap(place.topLeft(), self.theme.pixmap(name, tone, size, density))

    def text(
        self,
        words: str,
        font: QFont,
        tone: Tone,
        left: int,
        width: int,
        alignment: Qt.AlignmentFlag = LEADING,
        elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
    ) -> None:
        """One line in the vertical middle, cut with an ellipsis where it is too long."""
        box = QRect(self.rect.left() + left, self.rect.top(), width, self.rect.height())
        self.text_in(box, words, font, tone, alignment, elide)

    def text_in(
        self,
        box: QRect,
        words: str,
        font: QFont,
        tone: Tone,
        alignment: Qt.AlignmentFlag = LEADING,
        elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
    ) -> None:
        if box.width() <= 0:
            return
        fitted = QFontMetricsF(font).elidedText(words, elide, box.width())
        self.painter.setFont(font)
        self.painter.setPen(self.theme.colour(tone))
        direction = self.option.direction
        visual = QStyle.visualAlignment(direction, alignment)
        self.painter.drawText(QRectF(self._mirrored(box)), int(visual), fitted)

    def _mirrored(self, rect: QRect) -> QRect:
        return QStyle.visualRect(self.option.direction, self.rect, rect)

    def _row_colour(self, index: Index) -> str | None:
        tokens = self.theme.tokens
        view = self.option.widget
        if isinstance(view, RowTable | RowTree) and view.is_drop_target(index):
            return tokens.accent_soft
        if self.is_selected:
            return tokens.selected if self._state & _ACTIVE else tokens.selected_unfocused
        if isinstance(view, QTreeView) and self._state & _UNDER_MOUSE:
            return tokens.hover
        return tokens.subtle if index.data(CellRole.BAND) else None


class RowDelegate(QStyledItemDelegate):
    """Paints the row behind a cell; subclasses paint what is on it in ``paint_cell``."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        brush = Brush(self.theme, painter, option)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.paint_ground(brush, index)
        self.paint_cell(brush, index)
        painter.restore()

    def paint_ground(self, brush: Brush, index: Index) -> None:
        brush.fill_row(index)

    @abstractmethod
    def paint_cell(self, brush: Brush, index: Index) -> None: ...

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(Size.SIDEBAR_LEAST, self.theme.row_height(Size.BROWSER_ROW))


class TextDelegate(RowDelegate):
    """Plain text columns: DisplayRole in the second colour, columns of figures in even width."""

    def paint_cell(self, brush: Brush, index: Index) -> None:
        words = index.data(Qt.ItemDataRole.DisplayRole)
        if not words:
            return
        tone = index.data(CellRole.TONE)
        alignment = _alignment(index)
        brush.text(
            str(words),
            self.theme.font(Type.SECONDARY, tabular=alignment == TRAILING),
            tone if isinstance(tone, Tone) else Tone.TEXT2,
            Space.SMALL,
            brush.rect.width() - 2 * Space.SMALL,
            alignment,
        )


def _alignment(index: Index) -> Qt.AlignmentFlag:
    wish = index.data(Qt.ItemDataRole.TextAlignmentRole)
    sides = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTrailing
    if wish is not None and Qt.AlignmentFlag(wish) & sides:
        return TRAILING
    return LEADING
