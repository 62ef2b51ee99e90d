"""The head of the details panel: what it is, how far, how fast, and its buttons."""

from __future__ import annotations

import posixpath

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from pipette.model.transfer import BatchSnapshot, Direction, FileSnapshot
from pipette.ui import figures, words
from pipette.ui.aliquot import (
    BAR_HEIGHT,
    MOST_CELLS_IN_DETAILS,
    cell_count,
    cells_of,
    paint_aliquot,
)
from pipette.ui.browser_cells import READ_ENDINGS
from pipette.ui.details_words import route_words
from pipette.ui.roles import RowAction, percent_arrived
from pipette.ui.sheet import Kind, mark
from pipette.ui.theme import Theme
from pipette.ui.tokens import Size, Space, Tone, Type
from pipette.ui.transfers_actions import ACTION_WORDS
from pipette.ui.transfers_menu import makes_sense
from pipette.ui.transfers_orders import is_held
from pipette.ui.transfers_rows import Chosen

_FILE_BUTTONS = (RowAction.FIRST_IN_LINE, RowAction.COPY_LINK, RowAction.SHOW_LOCAL)


class ElidedLabel(QLabel):
    """One line, cut in the middle where the panel is too narrow; the tooltip has all of it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._whole = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def show_whole(self, text: str) -> None:
        if text == self._whole:
            return
        self._whole = text
        self.setToolTip(text)
        self.setAccessibleName(text)
        self._fit()

    def resizeEvent(self, event: object) -> None:
        self._fit()

    def _fit(self) -> None:
        metrics = QFontMetricsF(self.font())
        elided = metrics.elidedText(self._whole, Qt.TextElideMode.ElideMiddle, self.width())
        self.setText(elided)


class AliquotWidget(QWidget):
    """The bar in its large form, up to 48 cells."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._source: FileSnapshot | BatchSnapshot | None = None
        self.setFixedHeight(round(BAR_HEIGHT) + 2)
        theme.changed.connect(self.update)

    def show_source(self, source: FileSnapshot | BatchSnapshot) -> None:
        if source is self._source:
            return
        self._source = source
        self.setAccessibleName(words.progress_sentence(source))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(Size.DETAILS, round(BAR_HEIGHT) + 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._source is None:
            return
        painter = QPainter(self)
        cells = cells_of(self._source, cell_count(self.width(), MOST_CELLS_IN_DETAILS))
        area = QRectF(self.rect())
        paint_aliquot(painter, area, cells, self._theme.tokens, self._source.state)
        painter.end()


class DetailsHeader(QWidget):
    """Shows a ``Chosen`` row and says which button was pressed."""

    action_wanted = Signal(object)
    """RowAction."""
    close_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._chosen: Chosen | None = None
        self._icon = QLabel()
        self._name = ElidedLabel()
        self._route = ElidedLabel()
        self._bar = AliquotWidget(theme)
        self._percent = QLabel()
        self._bytes = QLabel()
        self._speed = QLabel()
        self._left = QLabel()
        self._close = QToolButton()
        self._buttons = {
            action: self._button(action) for action in (RowAction.PAUSE, *_FILE_BUTTONS)
        }
        mark(self._name, Kind.HEAD)
        mark(self._route, Kind.SECONDARY)
        self._set_up_close()
        self._lay_out()
        theme.changed.connect(self._dress)
        self._dress()

    def button(self, action: RowAction) -> QPushButton:
        """The one for Pause also resumes."""
        return self._buttons[action]

    def show_chosen(self, chosen: Chosen) -> None:
        self._chosen = chosen
        row = chosen.snapshot
        self._name.show_whole(posixpath.basename(row.name.rstrip("/")))
        self._route.show_whole(route_words(row))
        self._bar.show_source(row)
        self._percent.setText(f"{percent_arrived(row)}%")
        self._bytes.setText(figures.size_of(row.arrived, row.size))
        self._speed.setText(figures.rate(chosen.speed) if chosen.speed else "")
        left = figures.time_left(chosen.seconds_left)
        self._left.setText(self.tr("{time} left").format(time=left) if left else "")
        self._show_buttons(row)
        self._show_icon(row)

    def _show_buttons(self, row: FileSnapshot | BatchSnapshot) -> None:
        first = RowAction.RESUME if is_held(row) else RowAction.PAUSE
        pause = self._buttons[RowAction.PAUSE]
        pause.setText(ACTION_WORDS[first])
        pause.setAccessibleName(ACTION_WORDS[first])
        pause.setIcon(self._theme.icon(first.icon, Tone.TEXT))
        pause.setEnabled(not row.state.is_final)
        self._buttons[RowAction.FIRST_IN_LINE].setEnabled(not row.state.is_final)
        link = self._buttons[RowAction.COPY_LINK]
        link.setVisible(isinstance(row, FileSnapshot))
        has_link = makes_sense(RowAction.COPY_LINK, [row])
        link.setEnabled(has_link)
        link.setToolTip("" if has_link else self.tr("There is a link once the file has arrived"))
        done = row.state.is_final or row.direction is Direction.UPLOAD
        is_here = done and makes_sense(RowAction.SHOW_LOCAL, [row])
        self._buttons[RowAction.SHOW_LOCAL].setEnabled(is_here)

    def _press(self, action: RowAction) -> None:
        if action is RowAction.PAUSE and self._chosen and is_held(self._chosen.snapshot):
            action = RowAction.RESUME
        self.action_wanted.emit(action)

    def _button(self, action: RowAction) -> QPushButton:
        # The last one is an icon only: four in words are wider than the panel.
        said = "" if action is RowAction.SHOW_LOCAL else ACTION_WORDS[action]
        button = QPushButton(said)
        button.setAccessibleName(ACTION_WORDS[action])
        button.setToolTip("" if said else ACTION_WORDS[action])
        button.clicked.connect(lambda: self._press(action))
        return button

    def _set_up_close(self) -> None:
        mark(self._close, Kind.ICON_BUTTON)
        self._close.setAccessibleName(self.tr("Close details"))
        self._close.setToolTip(self.tr("Close details (Ctrl+I)"))
        self._close.clicked.connect(self.close_wanted)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.LARGE, Space.MEDIUM, Space.MEDIUM, Space.SMALL)
        column.setSpacing(Space.SMALL)
        column.addLayout(self._head())
        column.addWidget(self._bar)
        column.addLayout(self._figures())
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        for button in self._buttons.values():
            buttons.addWidget(button)
        buttons.addStretch(1)
        column.addLayout(buttons)

    def _head(self) -> QHBoxLayout:
        texts = QVBoxLayout()
        texts.setSpacing(1)
        texts.addWidget(self._name)
        texts.addWidget(self._route)
        row = QHBoxLayout()
        row.setSpacing(Space.MEDIUM)
        row.addWidget(self._icon)
        row.addLayout(texts, 1)
        row.addWidget(self._close, alignment=Qt.AlignmentFlag.AlignTop)
        return row

    def _figures(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(Space.SMALL)
        row.addWidget(self._percent)
        row.addWidget(self._bytes)
        row.addStretch(1)
        row.addWidget(self._speed)
        row.addWidget(self._left)
        return row

    def _show_icon(self, row: FileSnapshot | BatchSnapshot) -> None:
        is_read = row.name.lower().endswith(READ_ENDINGS)
        drawing = "folder" if isinstance(row, BatchSnapshot) else "fastq" if is_read else "file"
        self._icon.setPixmap(self._theme.icon(drawing, Tone.ACCENT).pixmap(Size.ICON_LARGE))

    def _dress(self) -> None:
        self._close.setIcon(self._theme.icon("x", Tone.TEXT))
        for action, button in self._buttons.items():
            button.setIcon(self._theme.icon(action.icon, Tone.TEXT))
            button.setFont(self._theme.font(Type.SECONDARY, Type.MEDIUM))
        strong = self._theme.font(Type.SECONDARY, Type.STRONG, tabular=True)
        plain = self._theme.font(Type.SECONDARY, tabular=True)
        for label, font in (
            (self._percent, strong),
            (self._bytes, plain),
            (self._speed, strong),
            (self._left, plain),
        ):
            label.setFont(font)
        if self._chosen:
            self.show_chosen(self._chosen)
