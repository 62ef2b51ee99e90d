"""From a drop to a running upload: at most one sheet, and nothing dropped is lost on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from pipette.engine.desk import Desk
from pipette.engine.queue import Queue
from pipette.model.errors import TransferError
from pipette.model.files import Kind, Location, RemoteFile
from pipette.model.kinds import ServiceKind
from pipette.model.transfer import BatchOptions, IfExists
from pipette.ui import figures, words
from pipette.ui.abilities import KnownAbilities
from pipette.ui.background import Background
from pipette.ui.browser_cells import is_read_only
from pipette.ui.browser_listing import list_all
from pipette.ui.dialogs import Asked, Choose
from pipette.ui.dropping import DropTarget, paths_in
from pipette.ui.kept_settings import KeptSettings
from pipette.ui.theme import Theme
from pipette.ui.tokens import Tone
from pipette.ui.upload_sheet import UploadChoice, UploadSheet

QUIETLY = "upload-quietly"
_LAST_FOLDER = "upload-folder"
_MOST_OFFERED = 1000


class Uploads(QObject):
    """One for the window. ``start`` takes what was dropped, pasted or picked."""

    location_wanted = Signal()
    """There is nowhere to send to yet; ``go_on`` continues with the same files."""
    started = Signal(object)
    """BatchId."""
    said = Signal(str)
    """What a person should know, in a line."""

    def __init__(
        self,
        window: QWidget,
        queue: Queue,
        desk: Desk,
        background: Background,
        settings: KeptSettings,
        theme: Theme,
        abilities: KnownAbilities,
        kind_of: Callable[[str], ServiceKind],
    ) -> None:
        super().__init__(window)
        self._window = window
        self._queue = queue
        self._desk = desk
        self._background = background
        self._settings = settings
        self._theme = theme
        self._abilities = abilities
        self._kind_of = kind_of
        self._pending: list[str] = []
        self._unlearned: list[tuple[list[str], Location]] = []
        """What waits until it is known what its service can do."""
        abilities.learned.connect(self._learned)

    @property
    def has_pending(self) -> bool:
        """Files wait for a location to be added."""
        return bool(self._pending)

    def start(self, paths: Sequence[str], target: DropTarget) -> None:
        if not paths or target.refusal:
            return
        self._pending = list(paths)
        if target.location is None:
            self.location_wanted.emit()
        else:
            self.go_on(target.location)

    def go_on(self, to: Location) -> None:
        """Send what waits to this place."""
        paths, self._pending = self._pending, []
        if not paths:
            return
        if not to.container:
            self._ask_container(paths, to)
        elif not self._abilities.knows(to.account):
            self._unlearned.append((paths, to))
            self._abilities.learn(to.account)
        else:
            self._ask(paths, to)

    def forget_pending(self) -> None:
        """Adding a location was called off."""
        self._pending = []

    def pick_files(self, target: DropTarget) -> None:
        title = self._window.tr("Upload files")
        folder = self._settings.text(_LAST_FOLDER)
        paths, _ = QFileDialog.getOpenFileNames(self._window, title, folder)
        self._picked(paths, target)

    def pick_folder(self, target: DropTarget) -> None:
        title = self._window.tr("Upload folder")
        folder = self._settings.text(_LAST_FOLDER)
        path = QFileDialog.getExistingDirectory(self._window, title, folder)
        self._picked([path] if path else [], target)

    def paste(self, target: DropTarget) -> None:
        """Files that were copied in the system's file manager."""
        paths = paths_in(QGuiApplication.clipboard().mimeData())
        if not paths:
            self.said.emit(self.tr("There are no files on the clipboard."))
            return
        self.start(paths, target)

    def _picked(self, paths: Sequence[str], target: DropTarget) -> None:
        if not paths:
            return
        self._settings.remember(_LAST_FOLDER, paths[0].rpartition("/")[0])
        self.start(paths, target)

    # Where exactly.

    def _ask_container(self, paths: list[str], to: Location) -> None:
        self._background.run(
            lambda: list_all(self._desk, to, _MOST_OFFERED),
            lambda found: self._offer_containers(paths, to, found),
            lambda error: self.said.emit(_why(error, to)),
        )

    def _offer_containers(
        self, paths: list[str], to: Location, found: Sequence[RemoteFile]
    ) -> None:
        what = self._kind_of(to.account).container
        rows = [item for item in found if item.kind is Kind.PROJECT and not is_read_only(item)]
        if not rows:
            said = self.tr("{name} has no {what} to send to.")
            self.said.emit(said.format(name=to.account, what=what))
            return
        asked = Asked(
            "Upload",
            "upload",
            Tone.ACCENT,
            self.tr("Into which {what} of {name}?").format(what=what, name=to.account),
            figures.plural(len(paths), "item") + " will be uploaded.",
        )
        answers = [(row.location, row.location.container) for row in rows]
        question = Choose(self._theme, asked, answers, self.tr("Next"), self._window)
        question.chosen.connect(lambda place: self.start(paths, DropTarget(place, place.name)))
        question.open()

    def _learned(self, account: str) -> None:
        waiting = [one for one in self._unlearned if one[1].account == account]
        self._unlearned = [one for one in self._unlearned if one[1].account != account]
        for paths, to in waiting:
            self._ask(paths, to)

    # The sheet.

    def _ask(self, paths: list[str], to: Location) -> None:
        can = self._abilities.of(to.account)
        rules = can.features.rules
        rule = self._settings.now.if_exists
        rule = rule if rule in rules else IfExists.SKIP
        takes_files = can.takes_files(to)
        if self._settings.text(QUIETLY) and takes_files:
            self._send(UploadChoice(tuple(paths), to, rule, ask_again=False))
            return
        sheet = UploadSheet(
            self._theme,
            self._background,
            paths,
            to,
            rule,
            rules,
            takes_files=takes_files,
            parent=self._window,
        )
        sheet.chosen.connect(self._send)
        sheet.open()

    def _send(self, choice: UploadChoice) -> None:
        settings = self._settings.now
        if not choice.ask_again and not self._settings.text(QUIETLY):
            self._settings.change(replace(settings, if_exists=choice.if_exists))
            self._settings.remember(QUIETLY, "yes")
        options = BatchOptions(choice.if_exists, settings.md5, settings.operator)
        batch = self._queue.upload(list(choice.paths), choice.to, options)
        items = figures.plural(len(choice.paths), "item")
        self.said.emit(f"{items} on the way to {words.place_words(choice.to)}")
        self.started.emit(batch)


def _why(error: Exception, to: Location) -> str:
    kind = error.kind if isinstance(error, TransferError) else "TransferError"
    told = words.message(kind, place=to.account)
    return f"{told.title}. {told.text}"
