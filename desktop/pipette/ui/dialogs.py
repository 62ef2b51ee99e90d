"""The small questions. Each answers a click of the person's own; Escape is always the safe way out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from pipette.ui import figures, words
from pipette.ui.sheet import Kind, mark
from pipette.ui.theme import Theme
from pipette.ui.tokens import Size, Space, Tone

_WIDTH = 560
MANY_FILES = 10
MANY_BYTES = 100 * 10**9


@dataclass(frozen=True, slots=True)
class Asked:
    """What stands at the top of a question."""

    title: str
    icon: str
    tone: Tone
    head: str
    text: str


class Question(QDialog):
    """Icon, heading, text, a body for choices, and a footer with the buttons of the system's order.

    Shown with ``open``: the window behind goes on painting and the transfers go on moving.
    """

    def __init__(self, theme: Theme, asked: Asked, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(asked.title)
        self.setAccessibleDescription(asked.text)
        self.setMinimumWidth(_WIDTH)
        self.body = QVBoxLayout()
        self.body.setSpacing(Space.SMALL)
        self.buttons = QDialogButtonBox()
        self.buttons.rejected.connect(self.reject)
        self._footer = QHBoxLayout()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self._page(asked), 1)
        outer.addWidget(self._bottom())

    def set_text(self, text: str) -> None:
        self._text.setText(text)
        self.setAccessibleDescription(text)

    def add_link(self, text: str) -> QPushButton:
        """A quiet button at the left of the footer."""
        link = QPushButton(text)
        link.setAutoDefault(False)
        mark(link, Kind.LINK)
        self._footer.insertWidget(0, link)
        return link

    def add_button(
        self, text: str, role: QDialogButtonBox.ButtonRole, kind: Kind | None = None
    ) -> QPushButton:
        button = self.buttons.addButton(text, role)
        button.setAutoDefault(kind is Kind.PRIMARY)
        button.setDefault(kind is Kind.PRIMARY)
        if kind is not None:
            mark(button, kind)
        return button

    def _page(self, asked: Asked) -> QWidget:
        page = QWidget()
        mark(page, Kind.PAGE)
        picture = QLabel()
        ratio = self.devicePixelRatioF()
        picture.setPixmap(self._theme.pixmap(asked.icon, asked.tone, Size.ICON_HUGE, ratio))
        head = QLabel(asked.head)
        head.setTextFormat(Qt.TextFormat.PlainText)
        head.setWordWrap(True)
        mark(head, Kind.HEAD)
        self._text = QLabel(asked.text)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        right = QVBoxLayout()
        right.setSpacing(Space.SMALL)
        right.addWidget(head)
        right.addWidget(self._text)
        right.addLayout(self.body)
        right.addStretch(1)
        row = QHBoxLayout(page)
        row.setContentsMargins(Space.WIDE, Space.WIDE, Space.WIDE, Space.WIDE)
        row.setSpacing(Space.LARGE)
        row.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(right, 1)
        return page

    def _bottom(self) -> QWidget:
        bottom = QWidget()
        mark(bottom, Kind.FOOTER)
        bottom.setLayout(self._footer)
        self._footer.setContentsMargins(Space.WIDE, Space.MEDIUM, Space.WIDE, Space.MEDIUM)
        self._footer.addStretch(1)
        self._footer.addWidget(self.buttons)
        return bottom


class Choose(Question):
    """One of a few answers, the first being the safe one. ``chosen`` carries the answer's value."""

    chosen = Signal(object)

    def __init__(
        self,
        theme: Theme,
        asked: Asked,
        answers: Sequence[tuple[object, str]],
        go_words: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, asked, parent)
        self._group = QButtonGroup(self)
        self._values = [value for value, _ in answers]
        for number, (_, text) in enumerate(answers):
            radio = QRadioButton(text)
            radio.setChecked(number == 0)
            self._group.addButton(radio, number)
            self.body.addWidget(radio)
        self.add_button(self.tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        go = self.add_button(go_words, QDialogButtonBox.ButtonRole.AcceptRole, Kind.PRIMARY)
        go.clicked.connect(self.accept)
        self._group.button(0).setFocus()

    def choose(self, value: object) -> None:
        self._group.button(self._values.index(value)).setChecked(True)

    def accept(self) -> None:
        self.chosen.emit(self._values[self._group.checkedId()])
        super().accept()


class Stop(Enum):
    KEEP = "keep"
    """Pause: the parts stay and sending can go on later."""
    DELETE = "delete"


def cancel_question(
    theme: Theme, arrived: int, place: str, what: str, parent: QWidget | None
) -> Choose:
    """Asked only when something was sent already."""
    asked = Asked(
        "Cancel",
        "x",
        Tone.WARN,
        f"Stop {what}?",
        words.cancel_question(arrived, place),
    )
    answers = [
        (Stop.KEEP, "Keep the parts and pause; it can go on later"),
        (Stop.DELETE, f"Stop and delete {figures.size(arrived)} of parts"),
    ]
    return Choose(theme, asked, answers, "Stop", parent)


class Pause(Enum):
    FINISH = "finish"
    """What goes in one piece is sent to its end first."""
    NOW = "now"


def pause_question(
    theme: Theme, place: str, pieces: int, gone: str, name: str, parent: QWidget | None
) -> Choose:
    """Asked only where a pause would cost what was sent; ``gone`` says how much that is."""
    what = name or figures.plural(pieces, "file")
    each = "this file" if pieces == 1 else "each of these files"
    asked = Asked(
        "Pause",
        "pause",
        Tone.PAUSED,
        f"{place} cannot stop mid-file",
        f"{place} takes {each} in a single piece. {gone} of {what} have gone.",
    )
    answers = [
        (Pause.FINISH, f"Finish {what}, then pause"),
        (Pause.NOW, f"Stop now and send {what} again from the start later"),
    ]
    return Choose(theme, asked, answers, "Pause", parent)


class Leave(Enum):
    HIDE = "hide"
    """The window goes away, sending goes on."""
    QUIT = "quit"


def quit_question(
    theme: Theme,
    sending: int,
    seconds_left: float | None,
    parent: QWidget | None,
    pieces: int = 0,
) -> Choose:
    """``pieces`` go in one piece each, of which quitting keeps nothing."""
    files = figures.plural(sending, "file")
    left = figures.about_time_left(seconds_left)
    begin = f"{left[:1].upper()}{left[1:]} to go. " if left else ""
    asked = Asked(
        "Quit Pipette",
        "upload",
        Tone.ACCENT,
        f"{files} {'is' if sending == 1 else 'are'} on the way",
        begin + _kept_by_quitting(pieces),
    )
    answers = [
        (Leave.HIDE, "Keep sending with the window minimised"),
        (Leave.QUIT, "Quit; pick up from here at the next start"),
    ]
    return Choose(theme, asked, answers, "Close window", parent)


def _kept_by_quitting(pieces: int) -> str:
    if not pieces:
        return "Nothing that was sent will be lost either way."
    files = figures.plural(pieces, "file")
    verb = "goes" if pieces == 1 else "go"
    return f"{files} {verb} in one piece and would be sent again from the start after quitting."


class Changed(Enum):
    NEW_VERSION = "new-version"
    SKIP = "skip"


def changed_question(theme: Theme, file: str, detail: str, parent: QWidget | None) -> Choose:
    """E06: what is sent no longer belongs to one file."""
    told = words.message("SourceChanged", file=file)
    asked = Asked("Needs you", "warn", Tone.WARN, f"{file} changed while it was waiting", told.text)
    answers = [
        (Changed.NEW_VERSION, "Send the changed file from the start"),
        (Changed.SKIP, "Keep what is on the platform, skip this file"),
    ]
    question = Choose(theme, asked, answers, "Go on", parent)
    question.setToolTip(detail)
    return question


class ConfirmDelete(Question):
    """Deleting at the service. Many files, much data or any folder: the number must be typed."""

    confirmed = Signal()

    def __init__(
        self,
        theme: Theme,
        count: int,
        size: int,
        has_folder: bool,
        place: str,
        parent: QWidget | None = None,
    ) -> None:
        files = figures.plural(count, "file")
        asked = Asked(
            "Delete",
            "trash",
            Tone.ERR,
            f"Delete {files} from {place}?",
            f"{figures.size(size)} will be removed for everyone who uses {place}. "
            "This cannot be undone.",
        )
        super().__init__(theme, asked, parent)
        self._count = count
        self._typed = QLineEdit()
        self._delete = self.add_button(
            f"Delete {files}", QDialogButtonBox.ButtonRole.DestructiveRole, Kind.DANGER
        )
        self._delete.clicked.connect(self._confirm)
        cancel = self.add_button("Cancel", QDialogButtonBox.ButtonRole.RejectRole)
        # Enter answers with the safe button: deleting takes a deliberate click or Tab and Space.
        cancel.setDefault(True)
        cancel.setFocus()
        if has_folder or count > MANY_FILES or size > MANY_BYTES:
            self._ask_number()

    @property
    def delete_button(self) -> QPushButton:
        return self._delete

    @property
    def number_field(self) -> QLineEdit:
        return self._typed

    def _ask_number(self) -> None:
        label = QLabel(self.tr("To confirm, type the &number of files:"))
        label.setBuddy(self._typed)
        self._typed.setMaximumWidth(90)
        self._typed.setAccessibleName(self.tr("Number of files"))
        self._typed.textChanged.connect(self._compare)
        row = QHBoxLayout()
        row.addWidget(label)
        row.addWidget(self._typed)
        row.addStretch(1)
        self.body.addLayout(row)
        self._delete.setEnabled(False)
        self._typed.setFocus()

    def _compare(self, text: str) -> None:
        digits = "".join(character for character in text if character.isdigit())
        self._delete.setEnabled(digits == str(self._count))

    def _confirm(self) -> None:
        self.confirmed.emit()
        self.accept()


class AskText(Question):
    """One line of text: the name of a new folder, a location's new name."""

    entered = Signal(str)

    def __init__(
        self, theme: Theme, asked: Asked, label: str, go_words: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, asked, parent)
        self.field = QLineEdit()
        self.field.setAccessibleName(label)
        self.field.setPlaceholderText(label)
        self.field.textChanged.connect(self._look)
        self.body.addWidget(self.field)
        self._complaint = QLabel()
        mark(self._complaint, Kind.ERROR_TEXT)
        self._complaint.setWordWrap(True)
        self.body.addWidget(self._complaint)
        self.add_button(self.tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        self._go = self.add_button(go_words, QDialogButtonBox.ButtonRole.AcceptRole, Kind.PRIMARY)
        self._go.clicked.connect(self.accept)
        self._look("")
        self.field.setFocus()

    def complaint(self, text: str) -> str:
        """Why this text will not do; "" when it will."""
        if "/" in text:
            return self.tr("A slash cannot be part of a name.")
        return self.tr("This name cannot be used.") if text in {".", ".."} else ""

    def accept(self) -> None:
        self.entered.emit(self.field.text().strip())
        super().accept()

    def _look(self, text: str) -> None:
        complaint = self.complaint(text.strip())
        self._complaint.setText(complaint)
        self._go.setEnabled(bool(text.strip()) and not complaint)
