"""The third page of adding a location: the key, and a test that runs by itself."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from pipette.model.account import Account, Secret
from pipette.model.kinds import Recognised, ServiceKind
from pipette.ui.account_keeping import AccountKeeper, Tried, TriesKeys, try_key
from pipette.ui.add_location_pages import Page
from pipette.ui.background import Background, Errand
from pipette.ui.browser_sign_in import BrowserSignIn, SignsInByBrowser
from pipette.ui.key_fields import LABEL_WIDTH, KeyFields, key_fields
from pipette.ui.key_help import KeyHelp
from pipette.ui.key_test_lines import TriedLines, hinders, lines_of
from pipette.ui.sheet import Kind, mark
from pipette.ui.theme import Theme
from pipette.ui.tokens import Size, Space, Tone

TEST_MS = 700
"""After the last change of a complete key the test runs by itself."""


class KeyPage(Page):
    """Key, name and, for buckets, the bucket. ``ready`` once the key was accepted."""

    def __init__(
        self,
        theme: Theme,
        kind: ServiceKind,
        desk: TriesKeys,
        background: Background,
        keeper: AccountKeeper,
        keychain: str,
        browser: SignsInByBrowser | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("Paste your key", "", parent)
        self._theme = theme
        self._desk = desk
        self._background = background
        self._keeper = keeper
        self._kind = kind
        self._server = Account("", kind.code)
        self._found = Recognised()
        self._tried: Tried | None = None
        self._errand: Errand[Tried] | None = None
        self._named = False
        self._place_of_fields = QVBoxLayout()
        self.fields: KeyFields = key_fields(kind.key_form, theme)
        self.bucket = QLineEdit()
        self.name = QLineEdit()
        self.session_only = QCheckBox(self.tr("&Keep for this session only"))
        self.browser = BrowserSignIn(theme, background, browser)
        self.help = KeyHelp()
        self.lines = TriedLines(theme)
        self._complaint = QLabel()
        self._timer = QTimer(self, singleShot=True, interval=TEST_MS)
        self._timer.timeout.connect(self.test)
        self._lay_out(keychain)
        self.browser.granted.connect(self._take_key)
        self.bucket.textChanged.connect(self._suggest_name)
        self.bucket.textChanged.connect(lambda _text: self._wait_and_test())
        self.name.textEdited.connect(self._take_name)
        self.name.textChanged.connect(lambda _text: self.changed.emit())
        self._put_fields()

    @property
    def ready(self) -> bool:
        return (
            self._tried is not None and not hinders(self._tried.tests) and bool(self.account.name)
        )

    @property
    def can_test(self) -> bool:
        return self.fields.is_complete

    @property
    def kind(self) -> ServiceKind:
        return self._kind

    @property
    def project_id(self) -> str:
        """The project whose address was pasted, where it told no more than an id."""
        return self._found.project_id

    @property
    def account(self) -> Account:
        """As it would be kept, with whose key it is once that is known."""
        container, path = self._container()
        who = self._tried.who if self._tried is not None else None
        return Account(
            self.name.text().strip(),
            self._kind.code,
            url=self._server.url,
            region=self._server.region,
            container=container,
            path=path,
            who=who.label if who is not None else "",
            who_id=who.id if who is not None else "",
        )

    def use_server(self, kind: ServiceKind, url: str, region: str, found: Recognised) -> None:
        """Ask for a key of this service, on this server; ``found`` is what was pasted before."""
        if kind.key_form is not self._kind.key_form:
            self._replace_fields(kind)
        elif (kind, url) != (self._kind, self._server.url):
            self.fields.clear()
        self._kind, self._found = kind, found
        self._server = Account("", kind.code, url=url, region=region)
        where = ", ".join(dict.fromkeys((kind.title, kind.where(self._server) or kind.title)))
        self.set_text(f"{where}. With it, Pipette can do only what you yourself may do.")
        self.bucket.setText("/".join(part for part in (found.container, found.path) if part))
        self._show_bucket()
        self.help.show_kind(kind, self._server)
        self.browser.use_account(self._server)
        self._suggest_name()
        self._wait_and_test()

    def test(self) -> None:
        """Try the key now. An older test under way no longer counts."""
        if not self.can_test:
            return
        self.stop_test()
        self._tried = None
        account, secret = self.account, self.fields.key()
        self.lines.show_text(self.tr("Testing…"))
        self._errand = self._background.run(
            lambda: try_key(self._desk, account, secret), self._take_tried, self._miss
        )
        self.changed.emit()

    def stop_test(self) -> None:
        """Forget a test that is under way."""
        self._timer.stop()
        if self._errand is not None:
            self._errand.drop()
        self._errand = None

    def stop(self) -> None:
        """The dialog closes: nothing goes on, and the key is let go of."""
        self.stop_test()
        self.browser.stop()
        self.fields.clear()

    def complain(self, words: str) -> None:
        self._complaint.setText(words)
        self._complaint.setVisible(bool(words))

    def offer_session_only(self) -> None:
        """There is no keychain, or it refused."""
        self.session_only.setChecked(True)

    def first_field(self) -> QWidget:
        return self.fields.first_field()

    # Within.

    def _container(self) -> tuple[str, str]:
        """The project or bucket to begin with, and the folder in it."""
        segments = self.bucket.text().strip().removeprefix("s3://").strip("/").split("/")
        many = self._kind.container_segments
        return "/".join(segments[:many]), "/".join(segments[many:])

    def _take_key(self, key: Secret) -> None:
        self.fields.paste(key.reveal())

    def _take_tried(self, tried: Tried) -> None:
        self._errand = None
        self._tried = tried
        self.lines.show_lines(lines_of(tried, self._kind, self._server))
        self.changed.emit()

    def _miss(self, error: Exception) -> None:
        self._errand = None
        self.lines.show_text(self.tr("The test could not run: {why}").format(why=error))
        self.changed.emit()

    def _wait_and_test(self) -> None:
        self.stop_test()
        self._tried = None
        self.complain("")
        if self.can_test:
            self._timer.start()
        self.changed.emit()

    def _suggest_name(self) -> None:
        """Until a name is typed it follows the bucket, else what people call the service."""
        if self._named:
            return
        wanted = self._wanted_name()
        taken = {account.name for account in self._keeper.list()}
        free = (f"{wanted} {number}" for number in range(2, len(taken) + 3))
        self.name.setText(
            wanted if wanted not in taken else next(name for name in free if name not in taken)
        )

    def _wanted_name(self) -> str:
        if self._takes_bucket:
            bucket = self._container()[0]
            host = self._server.url.partition("://")[2].partition(":")[0].partition("/")[0]
            return bucket or host or self._kind.short
        region = None if self._server.url else self._kind.region(self._server.region)
        return (region.short if region is not None else "") or self._kind.short

    @property
    def _takes_bucket(self) -> bool:
        """Keys may be good for one bucket without being allowed to list any."""
        return self._kind.container == "bucket"

    def _take_name(self, text: str) -> None:
        self._named = bool(text.strip())

    def _replace_fields(self, kind: ServiceKind) -> None:
        self.fields.clear()
        self._place_of_fields.removeWidget(self.fields)
        self.fields.hide()
        self.fields.deleteLater()
        self.fields = key_fields(kind.key_form, self._theme)
        self._put_fields()

    def _put_fields(self) -> None:
        self._place_of_fields.addWidget(self.fields)
        self.fields.changed.connect(self._wait_and_test)

    def _show_bucket(self) -> None:
        shown = self._takes_bucket or bool(self._found.container)
        words = self._kind.container.capitalize()
        self._bucket_label.setText(f"&{words}")
        self._bucket_label.setVisible(shown)
        self.bucket.setVisible(shown)
        self.bucket.setAccessibleName(words)
        self.bucket.setPlaceholderText(
            self.tr("Optional: {container}, or {container}/folder").format(
                container=self._kind.container
            )
        )

    def _lay_out(self, keychain: str) -> None:
        self.column.addLayout(self._place_of_fields)
        self.column.addLayout(self._kept(keychain))
        self.column.addWidget(self.session_only)
        self.column.addWidget(self.browser)
        self.column.addLayout(self._names())
        self.column.addWidget(self.help)
        head = QLabel(self.tr("Test"))
        mark(head, Kind.STRONG)
        self.column.addWidget(head)
        self.column.addWidget(self.lines)
        self._complaint.setWordWrap(True)
        mark(self._complaint, Kind.ERROR_TEXT)
        self._complaint.hide()
        self.column.addWidget(self._complaint)
        self.column.addStretch(1)

    def _kept(self, keychain: str) -> QHBoxLayout:
        picture = QLabel()
        ratio = self.devicePixelRatioF()
        picture.setPixmap(self._theme.pixmap("lock", Tone.OK, Size.ICON, ratio))
        kept = QLabel(
            self.tr("Kept in {keychain}. Pipette never writes it to a file or a log.").format(
                keychain=keychain
            )
        )
        kept.setWordWrap(True)
        mark(kept, Kind.SECONDARY)
        row = QHBoxLayout()
        row.setSpacing(Space.SMALL)
        row.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(kept, 1)
        return row

    def _names(self) -> QFormLayout:
        form = QFormLayout()
        form.setSpacing(Space.SMALL)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._bucket_label = QLabel()
        name_label = QLabel(self.tr("&Name in Pipette"))
        self.name.setPlaceholderText(self.tr("Required"))
        self.name.setAccessibleName(self.tr("Name in Pipette"))
        for label, field in ((self._bucket_label, self.bucket), (name_label, self.name)):
            label.setMinimumWidth(LABEL_WIDTH)
            label.setBuddy(field)
            field.setAcceptDrops(False)
            form.addRow(label, field)
        return form
