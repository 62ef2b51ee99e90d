"""The parts plate: the parts of one file as the wells of a lab plate."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from pipette.model.transfer import PartMap, State
from pipette.ui.aliquot import CellKind, arrived_tone
from pipette.ui.plate_wells import PlateShape, legend_of, shape_for, summary_of, wells_of
from pipette.ui.theme import Theme
from pipette.ui.tokens import Size, Tone, Type
from pipette.ui.wells import paint_empty_well, paint_well, paint_well_choice

REPAINT_MS = 250
_LETTERS = 14.0
_NUMBERS = 18.0
_PADDING = 5.0
_NOTCH = 9.0
_FILL = 0.435
_NUMBERED_EACH = {12: 1, 24: 3}


class PlateWidget(QWidget):
    """Shows a PartMap; hover and arrow keys choose a well.

    ``well_selected`` carries the first and last part of the chosen well. New parts may be shown as
    often as one likes; it repaints at most four times a second.
    """

    well_selected = Signal(int, int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._parts = PartMap(0, 0)
        self._shape = shape_for(0)
        self._wells: tuple[CellKind, ...] = ()
        self._arrived = Tone.ACCENT
        self._well: int | None = None
        self._drawn: QPixmap | None = None
        self._pause = QTimer(self, singleShot=True, interval=REPAINT_MS)
        self._pause.timeout.connect(self._refresh_if_stale)
        self._is_stale = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setAccessibleName(self.tr("Parts plate"))
        theme.changed.connect(self._refresh)

    @property
    def shape_of_plate(self) -> PlateShape:
        return self._shape

    @property
    def selected_well(self) -> int | None:
        return self._well

    def show_parts(self, parts: PartMap, state: State = State.MOVING) -> None:
        """Show these parts; the chosen well stays while the file keeps its parts."""
        if parts.count != self._parts.count:
            self._well = None
            self._shape = shape_for(parts.count)
            self.updateGeometry()
        self._parts = parts
        self._arrived = arrived_tone(state)
        self._is_stale = True
        if not self._pause.isActive():
            self._refresh_if_stale()

    def select_well(self, well: int) -> None:
        """Choose a well in use (counted from 0); others are ignored."""
        if not 0 <= well < self._shape.wells or well == self._well:
            return
        self._well = well
        self._describe()
        self.update()
        self.well_selected.emit(*self._shape.parts_of(well))

    def sizeHint(self) -> QSize:
        return QSize(Size.DETAILS - 24, self.heightForWidth(Size.DETAILS - 24))

    def minimumSizeHint(self) -> QSize:
        return QSize(Size.SIDEBAR_LEAST, self.heightForWidth(Size.SIDEBAR_LEAST))

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        pitch = (width - _LETTERS - 2 * _PADDING) / self._shape.columns
        return round(_NUMBERS + 2 * _PADDING + pitch * self._shape.rows)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.hasFocus() and self._is_by_keyboard():
            painter.setPen(QPen(QColor(self._theme.tokens.accent), Size.FOCUS_RING))
            painter.drawPolygon(_notched(self._plate()))
        if self._well is not None:
            paint_well_choice(
                painter, self._centre(self._well), self._pitch() * _FILL, self._theme.tokens
            )
        painter.end()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        well = self._well_at(event.position())
        if well is not None:
            self.select_well(well)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        target = self._well_by_key(event.key())
        if target is None:
            super().keyPressEvent(event)
            return
        self.select_well(max(0, min(self._shape.wells - 1, target)))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in {QEvent.Type.FontChange, QEvent.Type.PaletteChange}:
            self._refresh()

    def _is_by_keyboard(self) -> bool:
        return self.window().testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)

    def _well_by_key(self, key: int) -> int | None:
        here = self._well if self._well is not None else 0
        columns = self._shape.columns
        steps = {
            Qt.Key.Key_Left: here - 1,
            Qt.Key.Key_Right: here + 1,
            Qt.Key.Key_Up: here - columns if here >= columns else here,
            Qt.Key.Key_Down: here + columns if here + columns < self._shape.wells else here,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: self._shape.wells - 1,
        }
        target = steps.get(Qt.Key(key))
        return 0 if target is not None and self._well is None else target

    def _refresh_if_stale(self) -> None:
        if self._is_stale:
            self._is_stale = False
            self._wells = wells_of(self._parts)
            self._describe()
            self._refresh()
            self._pause.start()

    def _refresh(self) -> None:
        self._drawn = None
        self.update()

    def _describe(self) -> None:
        summary = summary_of(self._parts) if self._parts.count else ""
        if self._well is not None:
            first, last = self._shape.parts_of(self._well)
            words = self.tr("Well {well}, parts {first} to {last}")
            here = words.format(well=self._shape.name_of(self._well), first=first, last=last)
            summary = f"{here}. {summary}"
        self.setAccessibleDescription(summary)

    def _picture(self) -> QPixmap:
        density = self.devicePixelRatioF()
        if self._drawn is None or self._drawn.size() != self.size() * density:
            self._drawn = QPixmap(self.size() * density)
            self._drawn.setDevicePixelRatio(density)
            self._drawn.fill(Qt.GlobalColor.transparent)
            self._draw(QPainter(self._drawn))
        return self._drawn

    def _draw(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens = self._theme.tokens
        painter.setPen(QPen(QColor(tokens.border), 1.0))
        painter.setBrush(QColor(tokens.subtle))
        painter.drawPolygon(_notched(self._plate()))
        self._draw_labels(painter)
        radius = self._pitch() * _FILL
        for well, kind in enumerate(self._wells):
            paint_well(painter, self._centre(well), radius, kind, tokens, self._arrived)
        for well in range(self._shape.wells, self._shape.rows * self._shape.columns):
            paint_empty_well(painter, self._centre(well), tokens)
        painter.end()

    def _draw_labels(self, painter: QPainter) -> None:
        painter.setFont(self._theme.font(Type.CAPTION, Type.MEDIUM))
        painter.setPen(self._theme.colour(Tone.TEXT3))
        pitch = self._pitch()
        centred = int(Qt.AlignmentFlag.AlignCenter)
        for row in range(self._shape.rows):
            centre = self._centre(row * self._shape.columns)
            box = QRectF(0, centre.y() - pitch / 2, _LETTERS - 3, pitch)
            painter.drawText(box, centred | Qt.TextFlag.TextDontClip, chr(ord("A") + row))
        for column in _numbered(self._shape.columns):
            centre = self._centre(column)
            box = QRectF(centre.x() - 12, 0, 24, _NUMBERS - 3)
            painter.drawText(box, centred, str(column + 1))

    def _plate(self) -> QRectF:
        height = self._pitch() * self._shape.rows + 2 * _PADDING
        return QRectF(_LETTERS, _NUMBERS, self.width() - _LETTERS - 1, height - 1)

    def _pitch(self) -> float:
        across = (self.width() - _LETTERS - 2 * _PADDING) / self._shape.columns
        down = (self.height() - _NUMBERS - 2 * _PADDING) / self._shape.rows
        return max(4.0, min(across, down))

    def _centre(self, well: int) -> QPointF:
        row, column = divmod(well, self._shape.columns)
        pitch = self._pitch()
        across = (self.width() - _LETTERS - 2 * _PADDING) / self._shape.columns
        x = _LETTERS + _PADDING + (column + 0.5) * across
        return QPointF(x, _NUMBERS + _PADDING + (row + 0.5) * pitch)

    def _well_at(self, position: QPointF) -> int | None:
        across = (self.width() - _LETTERS - 2 * _PADDING) / self._shape.columns
        column = int((position.x() - _LETTERS - _PADDING) // across)
        row = int((position.y() - _NUMBERS - _PADDING) // self._pitch())
        if not (0 <= column < self._shape.columns and 0 <= row < self._shape.rows):
            return None
        well = row * self._shape.columns + column
        return well if well < self._shape.wells else None


class PlateLegend(QWidget):
    """One line under the plate: a small well and a count for each kind of part."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._parts = PartMap(0, 0)
        self._arrived = Tone.ACCENT
        self.setMinimumHeight(Size.TARGET)
        theme.changed.connect(self.update)

    def show_parts(self, parts: PartMap, state: State = State.MOVING) -> None:
        self._parts = parts
        self._arrived = arrived_tone(state)
        self.setAccessibleName(summary_of(parts))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(Size.DETAILS - 24, self._theme.row_height(Size.TARGET))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._theme.font(Type.SECONDARY, tabular=True))
        metrics = self._theme.metrics(Type.SECONDARY, tabular=True)
        left = 7.0
        middle = self.height() / 2
        for entry in legend_of(self._parts):
            well = QPointF(left, middle)
            paint_well(painter, well, 5.5, entry.kind, self._theme.tokens, self._arrived)
            painter.setPen(self._theme.colour(Tone.TEXT2))
            width = metrics.horizontalAdvance(entry.words)
            box = QRectF(left + 12, 0, width + 2, self.height())
            painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter), entry.words)
            left += 12 + width + 20
        painter.end()


def _notched(rect: QRectF) -> QPolygonF:
    """Both corners at the side of the letters are cut, as on a real plate."""
    return QPolygonF(
        [
            QPointF(rect.left() + _NOTCH, rect.top()),
            rect.topRight(),
            rect.bottomRight(),
            QPointF(rect.left() + _NOTCH, rect.bottom()),
            QPointF(rect.left(), rect.bottom() - _NOTCH),
            QPointF(rect.left(), rect.top() + _NOTCH),
        ]
    )


def _numbered(columns: int) -> list[int]:
    """Columns that carry a number: each on a small plate, every third and the last on a large."""
    numbered = list(range(0, columns, _NUMBERED_EACH[columns]))
    if numbered[-1] != columns - 1:
        numbered.append(columns - 1)
    return numbered
