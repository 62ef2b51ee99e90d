"""The last two pages of adding a location: key and test, and the bucket to begin with."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from pipette.model.account import Account
from pipette.model.files import Location
from pipette.ui.account_keeping import Tried, TriesKeys, try_key
from pipette.ui.add_location_pages import Page
from pipette.ui.add_location_recognise import Recognised
from pipette.ui.background import Background, Errand
from pipette.ui.key_fields import LABEL_WIDTH, KeyFields, TriedLines, hinders, host_of, line_of_test
from pipette.ui.sheet import Kind, mark
from pipette.ui.theme import Theme
from pipette.ui.tokens import Space

TEST_MS = 700
"""After the last change of a complete key the test runs by itself."""
_STEPS = (
    "Sign in where your storage is managed; for Amazon that is the IAM console",
    "Choose your user, then Security credentials",
    "Create an access key, copy both halves, paste them here",
)


class KeyPage(Page):
    """Key, bucket and name, with a test that runs by itself. ``ready`` once the key was accepted."""

    def __init__(
        self,
        theme: Theme,
        desk: TriesKeys,
        background: Background,
        keychain: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("Paste your key", "", parent)
        self._desk = desk
        self._background = background
        self._server = Account("", "s3")
        self._tried: Tried | None = None
        self._errand: Errand[Tried] | None = None
        self._named = False
        self.fields = KeyFields(theme)
        self.bucket = QLineEdit()
        self.name = QLineEdit()
        self.session_only = QCheckBox(self.tr("&Keep for this session only"))
        self.lines = TriedLines(theme)
        self._complaint = QLabel()
        self._timer = QTimer(self, singleShot=True, interval=TEST_MS)
        self._timer.timeout.connect(self.test)
        self._lay_out(keychain)
        self.fields.changed.connect(self._wait_and_test)
        self.bucket.textChanged.connect(self._suggest_name)
        self.bucket.textChanged.connect(lambda _text: self._wait_and_test())
        self.name.textEdited.connect(self._take_name)
        self.name.textChanged.connect(lambda _text: self.changed.emit())

    @property
    def ready(self) -> bool:
        return (
            self._tried is not None and not hinders(self._tried.tests) and bool(self.account.name)
        )

    @property
    def can_test(self) -> bool:
        return self.fields.is_complete

    @property
    def account(self) -> Account:
        """As it would be kept, with whose key it is once that is known."""
        bucket, _, path = self.bucket.text().strip().removeprefix("s3://").partition("/")
        who = self._tried.who if self._tried is not None else None
        return Account(
            self.name.text().strip(),
            self._server.kind,
            url=self._server.url,
            region=self._server.region,
            container=bucket,
            path=path.strip("/"),
            who=who.label if who is not None else "",
            who_id=who.id if who is not None else "",
        )

    def use_server(self, url: str, region: str) -> None:
        self._server = Account("", "s3", url=url, region=region)
        self.set_text(
            f"{host_of(self._server)}. With it, Pipette can do only what you yourself may do."
        )
        self._suggest_name()
        self._wait_and_test()

    def fill(self, found: Recognised) -> None:
        if found.bucket:
            self.bucket.setText("/".join(part for part in (found.bucket, found.path) if part))

    def test(self) -> None:
        """Try the key now. An older test under way no longer counts."""
        if not self.can_test:
            return
        self.stop()
        self._tried = None
        account, secret = self.account, self.fields.key()
        self.lines.show_text(self.tr("Testing…"))
        self._errand = self._background.run(
            lambda: try_key(self._desk, account, secret), self._take_tried, self._miss
        )
        self.changed.emit()

    def stop(self) -> None:
        """Forget a test that is under way."""
        self._timer.stop()
        if self._errand is not None:
            self._errand.drop()
        self._errand = None

    def complain(self, words: str) -> None:
        self._complaint.setText(words)
        self._complaint.setVisible(bool(words))

    def offer_session_only(self) -> None:
        """There is no keychain, or it refused."""
        self.session_only.setChecked(True)

    def first_field(self) -> QWidget:
        return self.fields.access

    def _take_tried(self, tried: Tried) -> None:
        self._errand = None
        self._tried = tried
        host = host_of(self._server)
        self.lines.show_lines([line_of_test(test, host) for test in tried.tests])
        self.changed.emit()

    def _miss(self, error: Exception) -> None:
        self._errand = None
        self.lines.show_text(self.tr("The test could not run: {why}").format(why=error))
        self.changed.emit()

    def _wait_and_test(self) -> None:
        self.stop()
        self._tried = None
        self.complain("")
        if self.can_test:
            self._timer.start()
        self.changed.emit()

    def _suggest_name(self) -> None:
        """Until a name is typed it follows the bucket, else the server."""
        if self._named:
            return
        bucket = self.bucket.text().strip().removeprefix("s3://").partition("/")[0]
        host = self._server.url.partition("://")[2].partition(":")[0].partition("/")[0]
        self.name.setText(bucket or host or "s3")

    def _take_name(self, text: str) -> None:
        self._named = bool(text.strip())

    def _lay_out(self, keychain: str) -> None:
        self.column.addWidget(self.fields)
        kept = QLabel(
            self.tr("Kept in {keychain}. Pipette never writes it to a file or a log.").format(
                keychain=keychain
            )
        )
        kept.setWordWrap(True)
        mark(kept, Kind.SECONDARY)
        self.column.addWidget(kept)
        self.column.addWidget(self.session_only)
        form = QFormLayout()
        form.setSpacing(Space.SMALL)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for words, field, hint in (
            (self.tr("&Bucket"), self.bucket, self.tr("Optional: bucket, or bucket/folder")),
            (self.tr("&Name in Pipette"), self.name, self.tr("Required")),
        ):
            label = QLabel(words)
            label.setMinimumWidth(LABEL_WIDTH)
            label.setBuddy(field)
            field.setAcceptDrops(False)
            field.setPlaceholderText(hint)
            field.setAccessibleName(words.replace("&", ""))
            form.addRow(label, field)
        self.column.addLayout(form)
        self.column.addWidget(_where_to_find())
        head = QLabel(self.tr("Test"))
        mark(head, Kind.STRONG)
        self.column.addWidget(head)
        self.column.addWidget(self.lines)
        self._complaint.setWordWrap(True)
        mark(self._complaint, Kind.ERROR_TEXT)
        self._complaint.hide()
        self.column.addWidget(self._complaint)
        self.column.addStretch(1)


class DonePage(Page):
    """The location is kept; the bucket to begin with can be picked."""

    another = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Ready", "", parent)
        self._account = Account("", "s3")
        self.buckets = QListWidget()
        self.buckets.setAccessibleName(self.tr("Buckets this key sees"))
        self._note = QLabel()
        self._note.setWordWrap(True)
        mark(self._note, Kind.SECONDARY)
        self.column.addWidget(self.buckets, 1)
        self.column.addWidget(self._note)
        another = QPushButton(self.tr("Add another"))
        another.setAutoDefault(False)
        another.clicked.connect(self.another)
        row = QHBoxLayout()
        row.addWidget(another)
        row.addStretch(1)
        self.column.addLayout(row)
        self.buckets.currentRowChanged.connect(lambda _row: self.changed.emit())

    @property
    def place(self) -> Location:
        """Where the browser opens."""
        item = self.buckets.currentItem()
        bucket = (
            item.data(Qt.ItemDataRole.UserRole) if item is not None else self._account.container
        )
        path = self._account.path if bucket == self._account.container else ""
        return Location(self._account.name, bucket, path)

    def show_account(self, account: Account) -> None:
        self._account = account
        self.set_text(f"{account.name} was added. Choose the bucket to begin with.")
        self.buckets.clear()
        self._note.setText(self.tr("Looking for buckets…"))

    def show_buckets(self, places: Sequence[Location]) -> None:
        self._note.setText("" if places else self.tr("This key sees no bucket."))
        for place in places:
            self.buckets.addItem(place.container)
            self.buckets.item(self.buckets.count() - 1).setData(
                Qt.ItemDataRole.UserRole, place.container
            )
        if places:
            self.buckets.setCurrentRow(0)

    def show_trouble(self, words: str) -> None:
        self._note.setText(words)

    def first_field(self) -> QWidget:
        return self.buckets


def _where_to_find() -> QFrame:
    card = QFrame()
    mark(card, Kind.CARD)
    column = QVBoxLayout(card)
    column.setContentsMargins(Space.LARGE, Space.SMALL, Space.LARGE, Space.SMALL)
    column.setSpacing(Space.TINY)
    head = QLabel(card.tr("Where to find the key"))
    mark(head, Kind.STRONG)
    column.addWidget(head)
    for number, step in enumerate(_STEPS, 1):
        label = QLabel(f"{number}   {step}")
        label.setWordWrap(True)
        column.addWidget(label)
    return card
