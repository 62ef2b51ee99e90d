"""What is done to rows of the browser: download, link, delete, new folder, clean up."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QStandardPaths, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from pipette.engine.desk import Desk
from pipette.engine.queue import Queue
from pipette.model.errors import TransferError
from pipette.model.files import Kind, Location, RemoteFile
from pipette.model.transfer import BatchOptions
from pipette.providers.protocol import OpenUpload
from pipette.ui import figures, words
from pipette.ui.abilities import KnownAbilities
from pipette.ui.background import Background, Errand
from pipette.ui.dialogs import Asked, AskText, Choose, ConfirmDelete
from pipette.ui.download_sheet import DownloadChoice, DownloadSheet
from pipette.ui.kept_settings import KeptSettings
from pipette.ui.remote_trees import Deleted, Weight, delete_all, weigh
from pipette.ui.theme import Theme
from pipette.ui.tokens import Tone

_HOURS = ((1, "1 hour"), (12, "12 hours"), (24, "1 day"), (7 * 24, "7 days"))
OLD_SECONDS = 7 * 24 * 3600
"""Unfinished uploads younger than this may belong to somebody who is still sending."""


class RemoteOrders(QObject):
    """One for the window. Everything that blocks runs on the background."""

    said = Signal(str)
    """What happened, in a line."""
    changed = Signal(object)
    """Location of a folder whose content changed."""
    downloading = Signal(object)
    """BatchId."""

    def __init__(
        self,
        window: QWidget,
        queue: Queue,
        desk: Desk,
        background: Background,
        settings: KeptSettings,
        theme: Theme,
        abilities: KnownAbilities,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._queue = queue
        self._desk = desk
        self._background = background
        self._settings = settings
        self._theme = theme
        self._abilities = abilities

    # Download.

    def download(self, items: Sequence[RemoteFile]) -> None:
        if not items:
            return
        settings = self._settings.now
        folder = settings.download_folder or _downloads_folder()
        sheet = DownloadSheet(
            self._theme,
            self._background,
            self._desk,
            items,
            folder,
            settings.if_exists,
            self._window,
        )
        sheet.chosen.connect(self._fetch)
        sheet.open()

    def _fetch(self, choice: DownloadChoice) -> None:
        folder = str(Path(choice.to_folder).expanduser())
        settings = replace(self._settings.now, download_folder=choice.to_folder)
        self._settings.change(settings)
        options = BatchOptions(choice.if_exists, settings.md5, settings.operator)
        self.downloading.emit(self._queue.download(list(choice.places), folder, options))

    # Link.

    def copy_link(self, file: RemoteFile | Location) -> None:
        place = file.location if isinstance(file, RemoteFile) else file
        if self._abilities.of(place.account).pages:
            self._copy_page(place)
            return
        asked = Asked(
            "Copy link",
            "link",
            Tone.ACCENT,
            f"Copy a link to {place.name}",
            "Anyone who has the link can read this file until it ends. How long shall it work?",
        )
        question = Choose(self._theme, asked, _HOURS, self.tr("Copy link"), self._window)
        question.chosen.connect(lambda hours: self._make_link(place, hours))
        question.open()

    def _copy_page(self, place: Location) -> None:
        """The platform's own address: no secret, so there is nothing to ask."""
        self._background.run(
            lambda: self._desk.page(place),
            lambda page: self._keep_page(place, page),
            lambda error: self.said.emit(failure(error, place)),
        )

    def _keep_page(self, place: Location, page: str) -> None:
        QGuiApplication.clipboard().setText(page)
        self.said.emit(
            f"The address of {place.name} was copied. It opens for those who may sign in at "
            f"{place.account}."
        )

    def _make_link(self, place: Location, hours: int) -> None:
        self._background.run(
            lambda: self._desk.link(place, hours),
            lambda link: self._keep_link(place, hours, link),
            lambda error: self.said.emit(failure(error, place)),
        )

    def _keep_link(self, place: Location, hours: int, link: str) -> None:
        QGuiApplication.clipboard().setText(link)
        lasts = dict(_HOURS)[hours]
        self.said.emit(
            f"The link to {place.name} was copied; it works for {lasts}. Anyone who has it can read the file."
        )

    # Delete.

    def delete(self, items: Sequence[RemoteFile]) -> None:
        rows = [item for item in items if item.kind is not Kind.PROJECT]
        if not rows:
            return
        if all(row.kind is Kind.FILE for row in rows):
            self._confirm(rows, Weight(len(rows), sum(row.size or 0 for row in rows)))
            return
        self.said.emit(self.tr("Counting what is in the folder…"))
        self._background.run(
            lambda: weigh(self._desk, rows, lambda: False),
            lambda weight: self._confirm(rows, weight),
            lambda error: self.said.emit(failure(error, rows[0].location)),
        )

    def _confirm(self, rows: Sequence[RemoteFile], weight: Weight) -> None:
        place = rows[0].location.parent
        if not weight.complete:
            self.said.emit(
                f"There are over {figures.number(weight.files)} files: delete its folders one by one."
            )
            return
        question = ConfirmDelete(
            self._theme,
            weight.files,
            weight.size,
            bool(weight.folders),
            place.name,
            self._window,
        )
        question.confirmed.connect(lambda: self._delete(rows, place))
        question.open()

    def _delete(self, rows: Sequence[RemoteFile], place: Location) -> None:
        self.said.emit(self.tr("Deleting…"))
        self._background.run(
            lambda: delete_all(self._desk, rows, lambda: False),
            lambda deleted: self._say_deleted(deleted, place),
            lambda error: self._miss_deleted(error, place),
        )

    def _say_deleted(self, deleted: Deleted, place: Location) -> None:
        said = f"{figures.plural(deleted.files, 'file')} deleted"
        if deleted.failures:
            name, kind = deleted.failures[0]
            reason = words.short_words(kind, place.account)
            stayed = figures.plural(len(deleted.failures), "item")
            said += f"; {stayed} could not be deleted ({name}: {reason})"
        self.said.emit(said)
        self.changed.emit(place)

    def _miss_deleted(self, error: Exception, place: Location) -> None:
        self.said.emit(failure(error, place))
        self.changed.emit(place)

    # New folder.

    def new_folder(self, place: Location) -> None:
        asked = Asked(
            "New folder",
            "newfolder",
            Tone.ACCENT,
            self.tr("New folder in {name}").format(name=place.name),
            "",
        )
        question = AskText(
            self._theme, asked, self.tr("Name of the folder"), self.tr("Make folder"), self._window
        )
        question.entered.connect(lambda name: self._make_folder(place, name))
        question.open()

    def _make_folder(self, place: Location, name: str) -> None:
        folder = place.child(name)
        self._background.run(
            lambda: self._desk.make_folder(folder),
            lambda _: self.changed.emit(place),
            lambda error: self.said.emit(failure(error, folder)),
        )

    # Clean up.

    def clean_up(self, place: Location, busy: bool) -> None:
        """Offer to remove this project's old unfinished uploads, unless ours are among them."""
        if busy:
            self.said.emit(
                self.tr("Transfers to {name} are not finished. Clean up after them.").format(
                    name=place.container
                )
            )
            return
        self._background.run(
            lambda: self._desk.unfinished(place.account, place.container),
            lambda found: self._offer_clean_up(place, found),
            lambda error: self.said.emit(failure(error, place)),
        )

    def _offer_clean_up(self, place: Location, found: Sequence[OpenUpload]) -> None:
        oldest = time.time() - OLD_SECONDS
        old = [upload for upload in found if (upload.begun_at or 0) < oldest]
        if not old:
            self.said.emit(f"{place.container} holds no unfinished uploads older than 7 days.")
            return
        uploads = figures.plural(len(old), "unfinished upload")
        asked = Asked(
            "Clean up",
            "trash",
            Tone.WARN,
            f"{uploads} in {place.container}",
            "They were begun more than 7 days ago and never finished. Their parts take room "
            "but are no files. If another program still sends one of them, it has to start anew.",
        )
        answers = [(False, "Leave them"), (True, f"Remove {uploads}")]
        question = Choose(self._theme, asked, answers, self.tr("Go on"), self._window)
        question.chosen.connect(lambda remove: remove and self._remove_uploads(place, old))
        question.open()

    def _remove_uploads(self, place: Location, old: Sequence[OpenUpload]) -> Errand[None]:
        def remove() -> None:
            for upload in old:
                self._desk.abort(place.account, upload)

        removed = figures.plural(len(old), "unfinished upload")
        return self._background.run(
            remove,
            lambda _: self.said.emit(f"{removed} removed from {place.container}"),
            lambda error: self.said.emit(failure(error, place)),
        )


def failure(error: Exception, place: Location) -> str:
    """What went wrong, in a line for the browser's footer."""
    kind = error.kind if isinstance(error, TransferError) else "TransferError"
    told = words.message(kind, place=place.account, file=place.name, project=place.container)
    return f"{told.title}. {told.text}"


def _downloads_folder() -> str:
    where = QStandardPaths.StandardLocation.DownloadLocation
    return QStandardPaths.writableLocation(where) or str(Path.home())
