"""One receipt: its headline, who sent what where and when, counts that add up, every file."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from pipette.model.parts import Proof
from pipette.model.receipt_document import is_unedited
from pipette.ui import receipts_document as read
from pipette.ui import words
from pipette.ui.details_facts import FactsGrid
from pipette.ui.receipts_document import Document
from pipette.ui.receipts_files import ReceiptFilesModel, ReceiptFilesTable
from pipette.ui.sheet import Kind, mark
from pipette.ui.theme import Theme
from pipette.ui.tokens import Size, Space, Tone

_NOTES = {
    Tone.OK: (Kind.NOTE_OK, "shield"),
    Tone.WARN: (Kind.NOTE_WARN, "warn"),
    Tone.ERR: (Kind.NOTE_ERR, "error"),
}
_PROOF_ICONS = {
    Proof.EVERY_PART: ("shield", Tone.OK),
    Proof.WHOLE_FILE: ("shield", Tone.OK),
    Proof.SIZE_ONLY: ("check", Tone.INFO),
    Proof.NONE: ("info", Tone.TEXT2),
}


class Headline(QFrame):
    """The coloured note at the top: it follows the weakest proof."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.tone = Tone.OK
        self._icon = QLabel()
        self.title = QLabel()
        self.title.setWordWrap(True)
        self._text = QLabel()
        self._text.setWordWrap(True)
        mark(self.title, Kind.HEAD)
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(self.title)
        texts.addWidget(self._text)
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.WIDE, Space.MEDIUM, Space.WIDE, Space.MEDIUM)
        row.setSpacing(Space.LARGE)
        row.addWidget(self._icon)
        row.addLayout(texts, 1)
        theme.changed.connect(self._dress)

    def show_document(self, document: Document) -> None:
        self.tone = read.headline_tone(document)
        self.title.setText(str(document.get("headline") or ""))
        self._text.setText(read.headline_text(document))
        self._dress()

    def _dress(self) -> None:
        kind, icon = _NOTES[self.tone]
        mark(self, kind)
        self._icon.setPixmap(self._theme.icon(icon, self.tone).pixmap(Size.ICON_HUGE + 8))


class ReceiptView(QWidget):
    """Shows a receipt document as it was written, edits nothing."""

    check_again_wanted = Signal()
    save_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._document: Document = {}
        self._number = QLabel()
        self.demo = QLabel()
        self.headline = Headline(theme)
        self.grids = [FactsGrid() for _ in range(3)]
        self._proofs = QHBoxLayout()
        self._meanings = QLabel()
        self.checks = QLabel()
        self.files = ReceiptFilesModel(self)
        self.table = ReceiptFilesTable(self.files, theme)
        self.fingerprint = QLabel()
        self.copy = QPushButton(self.tr("Copy"))
        self.check_again = QPushButton(self.tr("Check again now"))
        self.save = QPushButton(self.tr("Save as…"))
        self._set_up_labels()
        self._lay_out()
        self.copy.clicked.connect(self._copy)
        self.check_again.clicked.connect(self.check_again_wanted)
        self.save.clicked.connect(self.save_wanted)
        theme.changed.connect(self._dress)
        self._dress()

    @property
    def document(self) -> Document:
        return self._document

    def show_document(self, document: Document) -> None:
        self._document = document
        self._number.setText(self.tr("No. {number}").format(number=document.get("number")))
        self.demo.setText(str(document.get("demo") or ""))
        self.demo.setVisible(bool(document.get("demo")))
        self.headline.show_document(document)
        facts = (read.who_and_where, read.times, read.tallies)
        for grid, of_document in zip(self.grids, facts, strict=True):
            grid.show_facts(of_document(document))
        self._show_proofs(document)
        self._show_checks(read.check_lines(document))
        self.files.show_lines(read.lines_of(document))
        self.fingerprint.setText(read.fingerprint_words(document))
        mark(self.fingerprint, Kind.SECONDARY if is_unedited(document) else Kind.ERROR_TEXT)

    def show_asked(self) -> None:
        """The platform is being asked again; the answer comes as a new dated line."""
        self.check_again.setEnabled(False)
        self.checks.setText(self.tr("Asking the platform again…"))
        self.checks.show()

    def _show_checks(self, lines: Sequence[str]) -> None:
        said = "\n".join(self.tr("Checked again {line}").format(line=line) for line in lines)
        self.checks.setText(said)
        self.checks.setVisible(bool(lines))
        self.check_again.setEnabled(True)

    def _show_proofs(self, document: Document) -> None:
        while (item := self._proofs.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for proof, said in read.proof_counts(document):
            icon = QLabel()
            drawing, tone = _PROOF_ICONS[proof]
            icon.setPixmap(self._theme.icon(drawing, tone).pixmap(Size.ICON))
            self._proofs.addWidget(icon)
            self._proofs.addWidget(QLabel(said))
            self._proofs.addSpacing(Space.LARGE)
        self._proofs.addWidget(self._make_meanings_link())
        self._proofs.addStretch(1)

    def _make_meanings_link(self) -> QPushButton:
        link = QPushButton(self.tr("What do these mean?"))
        mark(link, Kind.LINK)
        link.clicked.connect(lambda: self._meanings.setVisible(self._meanings.isHidden()))
        return link

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(read.as_text(self._document))

    def _set_up_labels(self) -> None:
        meanings = [
            f"{words.PROOF_WORDS[proof]}: {words.PROOF_MEANING[proof]}" for proof in _PROOF_ICONS
        ]
        self._meanings.setText("\n".join(meanings))
        for label in (self._meanings, self.checks, self.fingerprint, self.demo):
            label.setWordWrap(True)
        self._meanings.hide()
        mark(self._meanings, Kind.SECONDARY)
        mark(self.checks, Kind.SECONDARY)
        mark(self._number, Kind.SECONDARY)
        mark(self.demo, Kind.WARNING_TEXT)
        mark(self.save, Kind.PRIMARY)
        self.demo.hide()
        self.checks.hide()

    def _lay_out(self) -> None:
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        mark(self, Kind.PAGE)
        head = QVBoxLayout()
        head.setContentsMargins(Space.WIDE, Space.LARGE, Space.WIDE, Space.MEDIUM)
        head.setSpacing(Space.MEDIUM)
        head.addLayout(self._title_row())
        for widget in (self.demo, self.headline):
            head.addWidget(widget)
        head.addLayout(self._facts_row())
        head.addLayout(self._proofs)
        for widget in (self._meanings, self.checks):
            head.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.table, 1)
        column.addWidget(self._footer())

    def _title_row(self) -> QHBoxLayout:
        title = QLabel(self.tr("Delivery receipt"))
        mark(title, Kind.TITLE)
        row = QHBoxLayout()
        row.setSpacing(Space.MEDIUM)
        row.addWidget(title)
        row.addWidget(self._number)
        row.addStretch(1)
        row.addWidget(self.copy)
        return row

    def _facts_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(Space.WIDE)
        for grid, share in zip(self.grids, (4, 4, 3), strict=True):
            row.addWidget(grid, share, Qt.AlignmentFlag.AlignTop)
        return row

    def _footer(self) -> QWidget:
        footer = QWidget()
        footer.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        mark(footer, Kind.FOOTER)
        row = QHBoxLayout(footer)
        row.setContentsMargins(Space.WIDE, Space.MEDIUM, Space.LARGE, Space.MEDIUM)
        row.setSpacing(Space.SMALL)
        row.addWidget(self.fingerprint, 1)
        row.addWidget(self.check_again)
        row.addWidget(self.save)
        return footer

    def _dress(self) -> None:
        self.copy.setIcon(self._theme.icon("copy", Tone.TEXT))
        self.check_again.setIcon(self._theme.icon("retry", Tone.TEXT))
        if self._document:
            self.show_document(self._document)
