"""The first start: one large area to drop on, and three tips for the empty list of uploads."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QKeySequence,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from pipette.ui import words_places as words
from pipette.ui.aliquot import CellKind
from pipette.ui.dropping import paths_in
from pipette.ui.sheet import Kind, mark
from pipette.ui.theme import Theme
from pipette.ui.tokens import Radius, Size, Space, Tone
from pipette.ui.wells import paint_well

_BORDER_MARGIN = 26
_WELLS = (
    *(CellKind.ARRIVED,) * 4,
    CellKind.GOING,
    *(CellKind.TO_GO,) * 4,
)
_WELL_PITCH = 30.0
_WELL_RADIUS = 11.0


class StartPage(QWidget):
    """Shown while there is no location. Takes drops, which the window keeps for later."""

    add_location = Signal()
    try_demo = Signal()
    files_dropped = Signal(list)
    """Local paths, in the order they were dropped."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._is_over = False
        self.setAcceptDrops(True)
        self.setAccessibleName(words.WELCOME_TITLE)
        mark(self, Kind.PAGE)
        self._lay_out()
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens = self._theme.tokens
        painter.fillRect(self.rect(), QColor(tokens.surface))
        box = QRectF(self.rect()).adjusted(
            _BORDER_MARGIN, _BORDER_MARGIN, -_BORDER_MARGIN, -_BORDER_MARGIN
        )
        painter.setPen(_dashes(tokens.accent if self._is_over else tokens.control_border))
        if self._is_over:
            painter.setBrush(QColor(tokens.accent_soft))
        painter.drawRoundedRect(box, Radius.CARD + 4, Radius.CARD + 4)
        painter.end()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if not paths_in(event.mimeData()):
            return
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        self._show_over(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._show_over(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._show_over(False)
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        self.files_dropped.emit(paths_in(event.mimeData()))

    def _show_over(self, is_over: bool) -> None:
        self._is_over = is_over
        self.update()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        margin = _BORDER_MARGIN + Space.WIDE
        column.setContentsMargins(margin, margin, margin, margin)
        column.setSpacing(Space.SMALL)
        column.addStretch(1)
        column.addWidget(_Drawing(self._theme), alignment=Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(Space.LARGE)
        for kind, said in ((Kind.TITLE, words.WELCOME_TITLE), (Kind.LEAD, words.WELCOME_TEXT)):
            column.addWidget(_centred(said, kind))
        column.addSpacing(Space.MEDIUM)
        column.addLayout(self._buttons())
        column.addSpacing(Space.TINY)
        keys = QKeySequence(QKeySequence.StandardKey.Open)
        shown = keys.toString(QKeySequence.SequenceFormat.NativeText)
        column.addWidget(_centred(words.WELCOME_KEY.format(keys=shown), Kind.SECONDARY))
        column.addStretch(1)

    def _buttons(self) -> QHBoxLayout:
        add = QPushButton(words.WELCOME_ADD)
        mark(add, Kind.PRIMARY)
        add.clicked.connect(self.add_location)
        demo = QPushButton(words.WELCOME_DEMO)
        demo.clicked.connect(self.try_demo)
        row = QHBoxLayout()
        row.setSpacing(Space.SMALL + 2)
        row.addStretch(1)
        row.addWidget(add)
        row.addWidget(demo)
        row.addStretch(1)
        return row


class TipsStrip(QWidget):
    """Three short tips side by side."""

    def __init__(
        self,
        theme: Theme,
        tips: Sequence[tuple[str, str, str]] = words.TIPS,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.HUGE, Space.LARGE, Space.HUGE, Space.LARGE)
        row.setSpacing(Space.WIDE)
        for tip in tips:
            row.addWidget(_Tip(theme, *tip), stretch=1)


class _Tip(QWidget):
    def __init__(self, theme: Theme, icon: str, title: str, text: str) -> None:
        super().__init__()
        self._theme = theme
        self._icon = icon
        column = QVBoxLayout(self)
        column.setContentsMargins(Size.ICON_LARGE + Space.MEDIUM, 0, 0, 0)
        column.setSpacing(2)
        column.addStretch(1)
        column.addWidget(_label(title, Kind.STRONG))
        column.addWidget(_label(text, Kind.SECONDARY))
        column.addStretch(1)
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        density = self.devicePixelRatioF()
        size = Size.ICON_LARGE
        drawing = self._theme.pixmap(self._icon, Tone.ACCENT, size, density)
        painter.drawPixmap(0, (self.height() - size) // 2, drawing)
        painter.end()


class _Drawing(QWidget):
    """A pipette over a row of wells: four full, one filling, four to go."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(round(_WELL_PITCH * len(_WELLS)), 116)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(self.width() / 2, 0)
        self._paint_pipette(painter)
        middle = len(_WELLS) // 2
        for number, kind in enumerate(_WELLS):
            centre = QPointF((number - middle) * _WELL_PITCH, 103.0)
            paint_well(painter, centre, _WELL_RADIUS, kind, self._theme.tokens)
        painter.end()

    def _paint_pipette(self, painter: QPainter) -> None:
        tokens = self._theme.tokens
        painter.setPen(_round_pen(tokens.accent, 2.0))
        painter.setBrush(QColor(tokens.accent_soft))
        painter.drawRoundedRect(QRectF(-9, 1.5, 18, 9), 3, 3)
        painter.drawPath(_body())
        painter.drawLine(QPointF(-6, 23), QPointF(6, 23))
        painter.drawLine(QPointF(-6, 30), QPointF(6, 30))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.accent))
        painter.drawPath(_drop(QPointF(0, 73.5), 15.5))


def _body() -> QPainterPath:
    path = QPainterPath(QPointF(-13, 13))
    path.lineTo(13, 13)
    path.lineTo(13, 37)
    path.cubicTo(13, 45, 7, 44, 5.5, 50)
    path.lineTo(2.5, 69)
    path.lineTo(-2.5, 69)
    path.lineTo(-5.5, 50)
    path.cubicTo(-7, 44, -13, 45, -13, 37)
    path.closeSubpath()
    return path


def _drop(tip: QPointF, height: float) -> QPainterPath:
    half = height * 0.39
    low = tip.y() + height
    path = QPainterPath(tip)
    path.cubicTo(
        tip.x() + half * 0.5, tip.y() + height * 0.3, half, low - half * 1.5, half, low - half
    )
    path.arcTo(QRectF(-half, low - 2 * half, 2 * half, 2 * half), 0, -180)
    path.cubicTo(-half, low - half * 1.5, -half * 0.5, tip.y() + height * 0.3, tip.x(), tip.y())
    return path


def _dashes(colour: str) -> QPen:
    pen = QPen(QColor(colour), 1.5)
    pen.setDashPattern([7.0, 4.5])
    return pen


def _round_pen(colour: str, width: float) -> QPen:
    return QPen(QColor(colour), width, c=Qt.PenCapStyle.RoundCap, j=Qt.PenJoinStyle.RoundJoin)


def _label(said: str, kind: Kind) -> QLabel:
    label = QLabel(said)
    label.setWordWrap(True)
    mark(label, kind)
    return label


def _centred(said: str, kind: Kind) -> QLabel:
    label = _label(said, kind)
    label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
    return label
