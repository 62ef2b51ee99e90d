"""The first page of an import: where the list comes from."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from pipette.ui import words_drs
from pipette.ui.dropping import paths_in
from pipette.ui.sheet import Kind, mark
from pipette.ui.theme import Theme
from pipette.ui.tokens import Radius, Size, Space, Tone

_DROP_HEIGHT = 190
_FILTERS = "Lists (*.csv *.tsv *.txt *.tab);;All files (*)"


class DropArea(QWidget):
    """Takes one file, or text, dropped on it."""

    file_dropped = Signal(str)
    text_dropped = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._is_over = False
        self.setAcceptDrops(True)
        self.setMinimumHeight(_DROP_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.column = QVBoxLayout(self)
        self.column.setSpacing(Space.MEDIUM)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), _DROP_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens = self._theme.tokens
        pen = QPen(QColor(tokens.accent if self._is_over else tokens.control_border), 1.5)
        pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        if self._is_over:
            painter.setBrush(QColor(tokens.accent_soft))
        painter.drawRoundedRect(
            QRectF(self.rect()).adjusted(1, 1, -1, -1), Radius.CARD, Radius.CARD
        )
        painter.end()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if paths_in(event.mimeData()) or event.mimeData().hasText():
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self._show_over(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._show_over(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._show_over(False)
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        paths = paths_in(event.mimeData())
        if paths:
            self.file_dropped.emit(paths[0])
        else:
            self.text_dropped.emit(event.mimeData().text())

    def _show_over(self, is_over: bool) -> None:
        self._is_over = is_over
        self.update()


class OpenPage(QWidget):
    """``file_given`` and ``text_given`` carry what was dropped, chosen or pasted."""

    file_given = Signal(str)
    text_given = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        mark(self, Kind.PAGE)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.area = DropArea(theme)
        self.open_button = QPushButton(self.tr("Open a list…"))
        self.paste = QPlainTextEdit()
        self.use_pasted = QPushButton(self.tr("Use what I pasted"))
        self._note = QLabel()
        self._lay_out()
        self.area.file_dropped.connect(self.file_given)
        self.area.text_dropped.connect(self.text_given)
        self.open_button.clicked.connect(self._choose_file)
        self.use_pasted.clicked.connect(lambda: self.text_given.emit(self.paste.toPlainText()))
        self.paste.textChanged.connect(self._note_pasted)
        self._note_pasted()

    def take_focus(self) -> None:
        self.open_button.setFocus()

    def say(self, trouble: str) -> None:
        """Why the last list could not be used; "" takes that away."""
        self._note.setText(trouble)
        self._note.setVisible(bool(trouble))

    @property
    def said(self) -> str:
        return self._note.text()

    def _note_pasted(self) -> None:
        self.use_pasted.setEnabled(bool(self.paste.toPlainText().strip()))

    def _choose_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, self.tr("Open a list"), "", _FILTERS)
        if path:
            self.file_given.emit(path)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.WIDE, Space.WIDE, Space.WIDE, Space.WIDE)
        column.setSpacing(Space.MEDIUM)
        for text, kind in ((words_drs.TITLE, Kind.TITLE), (words_drs.LEAD, Kind.LEAD)):
            line = QLabel(text)
            line.setWordWrap(True)
            mark(line, kind)
            column.addWidget(line)
        self._fill_area()
        column.addWidget(self.area)
        mark(self._note, Kind.ERROR_TEXT)
        self._note.setWordWrap(True)
        self._note.hide()
        column.addWidget(self._note)
        self.paste.setPlaceholderText(words_drs.PASTE_HINT)
        self.paste.setAccessibleName(self.tr("Addresses or rows"))
        self.paste.setTabChangesFocus(True)
        self.paste.setFont(self._theme.monospace())
        column.addWidget(self.paste, 1)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.use_pasted)
        column.addLayout(row)

    def _fill_area(self) -> None:
        icon = QLabel()
        icon.setPixmap(self._theme.icon("import", Tone.ACCENT, Size.ICON_HUGE).pixmap(32))
        icon.setAlignment(Qt.AlignmentFlag.AlignCenter)
        words = QLabel(words_drs.DROP)
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        mark(words, Kind.HEAD)
        mark(self.open_button, Kind.PRIMARY)
        column = self.area.column
        column.addStretch(1)
        column.addWidget(icon)
        column.addWidget(words)
        column.addWidget(self.open_button, alignment=Qt.AlignmentFlag.AlignCenter)
        column.addStretch(1)
