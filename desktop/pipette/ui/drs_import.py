"""The window for importing lists of DRS addresses. Not modal: the main window stays usable behind it.

Three pages: where the list comes from, what is wrong with it and where it shall go, and how far the
platform is. It may be closed at any time; an import that was started goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFileDialog, QStackedWidget, QVBoxLayout, QWidget

from pipette.engine.desk import Desk
from pipette.engine.queue import Queue
from pipette.model.drs_manifest import Checks, Manifest
from pipette.model.drs_table import (
    ManifestUnreadable,
    Table,
    table_from_bytes,
    table_from_text,
)
from pipette.model.files import Location
from pipette.model.transfer import BatchId, BatchOptions, BatchSnapshot, Changes
from pipette.ui import words_drs
from pipette.ui.background import Background, Errand
from pipette.ui.drs_import_check import CheckPage
from pipette.ui.drs_import_draft import Draft
from pipette.ui.drs_import_lines import Line
from pipette.ui.drs_import_lists import read_progress, refused_list, results_text
from pipette.ui.drs_import_open import OpenPage
from pipette.ui.drs_import_run import Progress, RunPage
from pipette.ui.drs_import_start import Preparing
from pipette.ui.drs_import_tables import Column
from pipette.ui.drs_import_target import ImportTarget
from pipette.ui.drs_pace import requests_for, seconds_for
from pipette.ui.theme import Theme

TICK_MS = 1000
_CSV = "CSV (*.csv)"

Targets = Callable[[], Sequence[ImportTarget]]


class DrsImportWindow(QWidget):
    """Open it with ``open_new``, ``open_file`` or ``open_import``; give it the ``Changes``."""

    started = Signal(object)
    """BatchId."""
    trouble = Signal(object)
    """Exception: a list could not be saved, or the journal not be read."""

    def __init__(
        self,
        queue: Queue,
        desk: Desk,
        background: Background,
        theme: Theme,
        targets: Targets,
        operator: Callable[[], str] = str,
        now: Callable[[], float] = time.time,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self._queue = queue
        self._background = background
        self._targets = targets
        self._operator = operator
        self._proposed: Location | None = None
        self._draft: Draft | None = None
        self._manifest = Manifest("", ())
        self._checking: Errand[Manifest] | None = None
        self._checked_with = Checks()
        self._batch: BatchSnapshot | None = None
        self._batch_id: BatchId | None = None
        self._is_looking = False
        self._look_again = False
        self.opening = OpenPage(theme)
        self.checking = CheckPage(theme)
        self.running = RunPage(theme, now)
        self.preparing = Preparing(desk, background, self)
        self._pages = QStackedWidget()
        self._tick = QTimer(self)
        self._tick.setInterval(TICK_MS)
        self._tick.timeout.connect(self.running.tick)
        self._lay_out()
        self._connect()

    # Ways in

    def propose(self, to: Location | None) -> None:
        """Where the next new import would go, unless somebody says otherwise."""
        self._proposed = to

    def open_new(self, to: Location | None = None) -> None:
        """A new import; ``to`` is proposed as its target."""
        self._draft = None
        self._offer_targets(to or self._proposed)
        self._show(self.opening)

    def open_file(self, path: str, to: Location | None = None) -> None:
        self.open_new(to)
        self._read_file(path)

    def open_import(self, batch: BatchSnapshot) -> None:
        """One that was started before."""
        self._follow(batch.id)
        self._take_batch(batch)
        self._show(self.running)

    def show_changes(self, changes: Changes) -> None:
        """Keep the rows in step with the queue."""
        for batch in changes.batches:
            if batch.id == self._batch_id:
                self._take_batch(batch)

    def showEvent(self, event: object) -> None:
        self._tick.start()
        self._look()

    def hideEvent(self, event: object) -> None:
        self._tick.stop()

    # The list

    def _read_file(self, path: str) -> None:
        self._background.run(
            lambda: table_from_bytes(Path(path).read_bytes()),
            lambda table: self._take_table(path, table),
            lambda error: self._cannot_read(path, error),
        )

    def _read_text(self, text: str) -> None:
        name = self.tr("Pasted list")
        self._background.run(
            lambda: table_from_text(text),
            lambda table: self._take_table(name, table),
            lambda error: self._cannot_read(name, error),
        )

    def _cannot_read(self, path: str, error: Exception) -> None:
        if isinstance(error, ManifestUnreadable):
            self.opening.say(words_drs.UNREADABLE[error.reason])
        elif isinstance(error, OSError):
            self.opening.say(f"{path}: {error.strerror}")
        else:
            raise error

    def _take_table(self, name: str, table: Table) -> None:
        draft = Draft.of(name, table)
        if not table.rows:
            self.opening.say(words_drs.UNREADABLE["empty"])
            return
        self.opening.say("")
        self._use(draft)
        self._show(self.checking)

    def _use(self, draft: Draft) -> None:
        self._draft = draft
        self.checking.show_table(draft.short_name, draft.table, draft.roles)
        self._check()

    def _take_roles(self) -> None:
        if self._draft:
            self._draft = self._draft.with_roles(self.checking.columns.roles)
            self._check()

    def _take_headings(self, has_headings: bool) -> None:
        if self._draft:
            self._use(self._draft.with_headings(has_headings=has_headings))

    def _mend(self, number: int, column: int, text: str) -> None:
        if self._draft is None:
            return
        before = self._draft.roles
        self._draft = self._draft.mended(number, Column(column), text)
        if self._draft.roles != before:
            self._use(self._draft)
        else:
            self._check()

    def _check(self) -> None:
        """Go through all rows again, away from the window."""
        if self._checking:
            self._checking.drop()
        draft, checks = self._draft, self._checks()
        if draft is None:
            return
        self._checked_with = checks
        self._checking = self._background.run(lambda: draft.manifest(checks), self._take_manifest)
        self._show_plan()

    def _checks(self) -> Checks:
        form = self.checking.target
        target, place = form.target, form.place
        project = place.container if place and not place.path else ""
        return Checks(form.chosen_rule, target.segments if target else 2, project)

    def _take_manifest(self, manifest: Manifest) -> None:
        self._checking = None
        self._manifest = manifest
        self.checking.show_manifest(manifest)
        self.preparing.look_at(self.checking.target.place, manifest)
        self._show_plan()

    # The target

    def _offer_targets(self, to: Location | None) -> None:
        targets = self._targets()
        self.checking.target.show_targets(targets, to)
        self.opening.say("" if targets else words_drs.NO_PLACE)

    def _take_target(self) -> None:
        """Only the rule and the project bear on the rows; a folder does not."""
        if self._checks() != self._checked_with:
            self._check()
            return
        self.preparing.look_at(self.checking.target.place, self._manifest)
        self._show_plan()

    def _show_plan(self) -> None:
        form = self.checking.target
        rows = len(self._manifest.fine)
        limits = self.preparing.limits(form.target.account) if form.target else None
        plan = ""
        if limits:
            plan = words_drs.plan_words(
                rows, requests_for(rows, limits), seconds_for(rows, limits), limits
            )
        note, is_ready = self._note()
        can_start = is_ready and rows > 0 and self._checking is None
        self.checking.show_plan(plan, note, can_start=can_start)

    def _note(self) -> tuple[str, bool]:
        """What is to be known before the start, and whether nothing stands against it."""
        form = self.checking.target
        if form.target is None:
            return words_drs.NO_PLACE, False
        if self._draft and not self._draft.has_addresses:
            return words_drs.NO_ADDRESSES, False
        place = form.place
        if place is None:
            return words_drs.WHERE, False
        taken = self.preparing.taken_at(place)
        if taken is None:
            return "", True
        if taken.problem:
            return taken.problem, False
        return words_drs.taken_words(taken.names, form.chosen_rule), True

    def _start(self) -> None:
        form = self.checking.target
        place = form.place
        if place is None or self._checking is not None or not self._manifest.fine:
            return
        options = BatchOptions(form.chosen_rule, False, self._operator(), form.chosen_tags)
        batch = self._queue.import_drs(self._manifest, place, options)
        self._follow(batch)
        self._show(self.running)
        self.started.emit(batch)

    # Under way

    def _follow(self, batch: BatchId) -> None:
        self._batch_id, self._batch = batch, None

    def _take_batch(self, batch: BatchSnapshot) -> None:
        self._batch = batch
        account = batch.place.account
        self.preparing.learn(account)
        self._show_limits()
        self.setWindowTitle(self.tr("Bulk import: {place}").format(place=self._called(account)))
        self._look()

    def _show_limits(self) -> None:
        if self._batch:
            account = self._batch.place.account
            self.running.show_limits(self._called(account), self.preparing.limits(account))

    def _called(self, account: str) -> str:
        found = (target.place for target in self._targets() if target.account == account)
        return next(found, account)

    def _look(self) -> None:
        """Read the rows, unless that is being done; what changes meanwhile is read after it."""
        batch = self._batch
        if batch is None or not self.isVisible():
            return
        if self._is_looking:
            self._look_again = True
            return
        self._is_looking, self._look_again = True, False
        self._background.run(
            lambda: read_progress(self._queue, batch), self._take_progress, self._cannot_look
        )

    def _take_progress(self, progress: Progress) -> None:
        self._is_looking = False
        if progress.batch.id == self._batch_id:
            self.running.show_progress(progress)
        if self._look_again:
            self._look()

    def _cannot_look(self, error: Exception) -> None:
        self._is_looking = False
        self.trouble.emit(error)

    def _pause(self, wanted: bool) -> None:
        if self._batch_id:
            order = self._queue.pause if wanted else self._queue.resume
            order([self._batch_id])

    # Lists to keep

    def _save_results(self) -> None:
        lines = self._lines()
        self._save(self.tr("Save the result list"), "results", lambda: results_text(lines))

    def _save_refused(self) -> None:
        lines = [line for line in self._lines() if line.is_refused]
        self._save(self.tr("Save the refused rows"), "refused", lambda: refused_list(lines))

    def _lines(self) -> Sequence[Line]:
        return self.running.progress.lines if self.running.progress else ()

    def _save(self, title: str, suffix: str, text: Callable[[], str]) -> None:
        name = Path(self._batch.name if self._batch else "import").stem
        path, _ = QFileDialog.getSaveFileName(self, title, f"{name}-{suffix}.csv", _CSV)
        if path:
            self.save_to(Path(path), text)

    def save_to(self, path: Path, text: Callable[[], str]) -> None:
        self._background.run(
            lambda: path.write_text(text(), encoding="utf-8", newline="\n"),
            lambda _: None,
            self.trouble.emit,
        )

    # Set-up

    def _show(self, page: OpenPage | CheckPage | RunPage) -> None:
        if page is not self.running:
            self.setWindowTitle(words_drs.TITLE)
        self._pages.setCurrentWidget(page)
        page.take_focus()
        self.show()
        self.raise_()
        self.activateWindow()

    def _connect(self) -> None:
        self.opening.file_given.connect(self._read_file)
        self.opening.text_given.connect(self._read_text)
        page = self.checking
        page.columns.changed.connect(self._take_roles)
        page.columns.headings_changed.connect(self._take_headings)
        page.rows.mended.connect(self._mend)
        page.target.changed.connect(self._take_target)
        page.target.account_changed.connect(self.preparing.learn)
        page.other_list_wanted.connect(lambda: self._show(self.opening))
        page.start_wanted.connect(self._start)
        self.preparing.changed.connect(self._show_plan)
        self.preparing.changed.connect(self._show_limits)
        self.preparing.projects_known.connect(page.target.show_projects)
        run = self.running
        run.results_wanted.connect(self._save_results)
        run.refused_wanted.connect(self._save_refused)
        run.pause_wanted.connect(self._pause)
        run.again_wanted.connect(self._queue.resume)
        run.new_wanted.connect(lambda: self.open_new())
        run.close_wanted.connect(self.close)
        QShortcut(QKeySequence(Qt.Key.Key_Escape), self, self.close)

    def _lay_out(self) -> None:
        self.resize(1040, 620)
        self.setMinimumSize(820, 520)
        for page in (self.opening, self.checking, self.running):
            self._pages.addWidget(page)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._pages)

    @property
    def page(self) -> QWidget | None:
        return self._pages.currentWidget()
