"""The two list views of the window: whole-row selection, a focus ring and a drop outline.

Delegates ask their view whether a row is the drop target; the outlines are drawn over the cells
by the view, because they span the whole row.
"""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableView, QTreeView, QWidget

from pipette.ui.theme import Theme
from pipette.ui.tokens import Radius, Size


class RowTable(QTableView):
    """A table without grid, one fixed row height, rows chosen as a whole."""

    def __init__(self, theme: Theme, row_height: int = Size.ROW, parent: QWidget | None = None):
        super().__init__(parent)
        self._theme = theme
        self._row_height = row_height
        self._target = QPersistentModelIndex()
        _settle(self)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        _settle_header(self.horizontalHeader())
        self._renew()
        theme.changed.connect(self._renew)

    def show_drop_target(self, index: QModelIndex | None) -> None:
        """Outline the row that would take the files; None takes the outline away."""
        self._target = _kept(index)
        self.viewport().update()

    def is_drop_target(self, index: QModelIndex | QPersistentModelIndex) -> bool:
        return self._target.isValid() and self._target.row() == index.row()

    def set_row_height(self, height: int) -> None:
        self._row_height = height
        self._renew()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        _paint_outlines(self, self._target, self._theme)

    def _renew(self) -> None:
        height = self._theme.row_height(self._row_height)
        self.verticalHeader().setMinimumSectionSize(height)
        self.verticalHeader().setDefaultSectionSize(height)


class RowTree(QTreeView):
    """A tree whose delegates paint everything, expanders included."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._target = QPersistentModelIndex()
        _settle(self)
        self.setRootIsDecorated(False)
        self.setIndentation(0)
        self.setUniformRowHeights(False)
        self.setExpandsOnDoubleClick(False)
        _settle_header(self.header())
        theme.changed.connect(self.scheduleDelayedItemsLayout)

    def show_drop_target(self, index: QModelIndex | None) -> None:
        """Outline the row that would take the files; None takes the outline away."""
        self._target = _kept(index)
        self.viewport().update()

    def is_drop_target(self, index: QModelIndex | QPersistentModelIndex) -> bool:
        return (
            self._target.isValid()
            and self._target.row() == index.row()
            and self._target.parent() == index.parent()
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        _paint_outlines(self, self._target, self._theme)


def _kept(index: QModelIndex | None) -> QPersistentModelIndex:
    return QPersistentModelIndex() if index is None else QPersistentModelIndex(index)


def _settle(view: QAbstractItemView) -> None:
    view.setFrameShape(QFrame.Shape.NoFrame)
    view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    view.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    view.setMouseTracking(True)


def _settle_header(header: QHeaderView) -> None:
    header.setHighlightSections(False)
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)


def _paint_outlines(view: RowTable | RowTree, target: QPersistentModelIndex, theme: Theme) -> None:
    painter = QPainter(view.viewport())
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(theme.tokens.accent), Size.FOCUS_RING))
    if target.isValid():
        _paint_outline(painter, _row_rect(view, target))
    if _shows_focus(view) or (theme.is_high_contrast and view.currentIndex().isValid()):
        _paint_outline(painter, _row_rect(view, view.currentIndex()))
    painter.end()


def _shows_focus(view: QAbstractItemView) -> bool:
    """Only for people who move by keyboard, as Qt itself does."""
    by_keyboard = view.window().testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)
    return by_keyboard and view.hasFocus() and view.currentIndex().isValid()


def _row_rect(view: QAbstractItemView, index: QModelIndex | QPersistentModelIndex) -> QRect:
    rect = view.visualRect(index)
    return QRect(0, rect.top(), view.viewport().width(), rect.height())


def _paint_outline(painter: QPainter, row: QRect) -> None:
    inner = QRectF(row).adjusted(1, 1, -1, -1)
    painter.drawRoundedRect(inner, Radius.TICK, Radius.TICK)
