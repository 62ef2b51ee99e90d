"""What the window and the command line ask of the engine, and nothing more.

All methods may be called from any thread and return at once (``files`` and ``details`` read the
journal and belong on a worker). Commands are carried out on the engine's own thread, in order.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from pipette.engine.drs_rows import JobView, RowView
from pipette.model.drs_manifest import Manifest
from pipette.model.files import Location
from pipette.model.transfer import (
    BatchId,
    BatchOptions,
    BatchSnapshot,
    Changes,
    Details,
    FileSnapshot,
    IfExists,
    QueueMove,
    TransferId,
)

Selection = Collection[TransferId | BatchId]
"""Whole batches by BatchId (a str), single files by TransferId (an int)."""


class Queue(Protocol):
    def upload(self, paths: Sequence[str], to: Location, options: BatchOptions) -> BatchId:
        """Send files and folders to the folder ``to``. Scanned on a worker; shows up at once.

        A folder arrives under its own name; with a trailing slash its content goes directly into
        ``to``.
        """
        ...

    def download(
        self, places: Sequence[Location], to_folder: str, options: BatchOptions
    ) -> BatchId:
        """Fetch remote files and folders into a local folder; trailing slash as for ``upload``."""
        ...

    def import_drs(self, manifest: Manifest, to: Location, options: BatchOptions) -> BatchId:
        """Have the service import the rows without fault; the others are refused at once.

        Rows without a target of their own go to the folder ``to``. What was handed over to the
        service goes on there: pausing and cancelling concern the rows that were not.
        """
        ...

    def pause(self, which: Selection | None = None, *, after_pieces: bool = False) -> None:
        """Stop within 250 ms, keeping what has a receipt. None means everything.

        With ``after_pieces`` large files that go in one piece just now are sent to their end first.
        """
        ...

    def resume(self, which: Selection | None = None) -> None:
        """Go on with what is paused, failed or waiting for someone."""
        ...

    def cancel(self, which: Selection) -> None:
        """Stop for good and remove what was left at the service; what arrived whole stays."""
        ...

    def skip(self, which: Selection) -> None:
        """Decide for files that need someone: leave them out."""
        ...

    def send_new_version(self, which: Selection) -> None:
        """Decide for files that changed on disk: forget the old parts, send what is there now."""
        ...

    def decide(self, which: Selection, rule: IfExists) -> None:
        """Send files that were skipped, or wait because of their name, by this rule after all."""
        ...

    def move(self, which: Selection, to: QueueMove) -> None:
        """Change the order of batches in the queue."""
        ...

    def clear_finished(self) -> None:
        """Take finished batches off the list; their receipts and history stay."""
        ...

    def set_limits(self, up_bytes: float | None, down_bytes: float | None) -> None:
        """Speed limits in bytes per second, shared by everything; None for no limit."""
        ...

    def account_changed(self, account: str) -> None:
        """A new key was stored or an account edited: its held transfers go on."""
        ...

    def watch(self, batches: Collection[BatchId]) -> None:
        """The batches whose files ``changes`` shall report (those open in the window)."""
        ...

    def changes(self) -> Changes:
        """What changed since the last call; cheap when nothing did."""
        ...

    def files(self, batch: BatchId, after: int = -1, count: int = 5000) -> Sequence[FileSnapshot]:
        """The next files of a batch, by position. Reads the journal: call it on a worker."""
        ...

    def history(self, before: float | None = None, count: int = 200) -> Sequence[BatchSnapshot]:
        """Finished batches, newest first. Reads the journal: call it on a worker."""
        ...

    def details(self, transfer: TransferId) -> Details | None:
        """Everything about one file. Reads the journal: call it on a worker."""
        ...

    def import_jobs(self, batch: BatchId) -> Sequence[JobView]:
        """The requests of an import, in order. Reads the journal: call it on a worker."""
        ...

    def import_rows(self, batch: BatchId, after: int = -1, count: int = 5000) -> Sequence[RowView]:
        """What the manifest said, by position. Reads the journal: call it on a worker."""
        ...

    def recheck(self, batch: BatchId) -> None:
        """Ask the service again whether it holds what was sent; adds to the receipt."""
        ...
