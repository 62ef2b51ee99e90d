"""What the command line asks of the queue, of its reader and of itself while it follows a batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from pipette.model.drs_manifest import Manifest
from pipette.model.files import Location
from pipette.model.transfer import BatchId, BatchOptions, BatchSnapshot, FileSnapshot


class Reader(Protocol):
    """The journal, seen from any process."""

    def batch(self, batch: BatchId) -> BatchSnapshot | None: ...

    def batches(self) -> Sequence[BatchSnapshot]:
        """In queue order."""
        ...

    def files(self, batch: BatchId, after: int = -1, count: int = 5000) -> Sequence[FileSnapshot]:
        """By position."""
        ...

    def finished_files(
        self, batch: BatchId, after_order: int, count: int = 5000
    ) -> Sequence[FileSnapshot]:
        """In the order in which they finished or came to need someone."""
        ...


def all_files(reader: Reader, batch: BatchId) -> Iterator[FileSnapshot]:
    """Every file of a batch, by position."""
    position = -1
    while page := reader.files(batch, position):
        position = page[-1].position
        yield from page


class Engine(Protocol):
    """A home's queue: ours while we own it, else orders are handed to the process that does.

    Every command returns when the journal shows that it was taken up, so that a follower who looks
    at the journal afterwards does not take the state before for the outcome.
    """

    @property
    def is_owner(self) -> bool: ...

    def upload(self, paths: Sequence[str], to: Location, options: BatchOptions) -> BatchId: ...

    def download(
        self, places: Sequence[Location], to_folder: str, options: BatchOptions
    ) -> BatchId: ...

    def import_drs(self, manifest: Manifest, to: Location, options: BatchOptions) -> BatchId: ...

    def resume(self, batches: Sequence[BatchId]) -> None: ...

    def cancel(self, batch: BatchId) -> None: ...

    def set_limits(self, up_bytes: float | None, down_bytes: float | None) -> None: ...

    def account_changed(self, account: str) -> None:
        """An account or its key was changed, added or removed."""
        ...

    def keep_going(self) -> None:
        """Called a few times a second while following: own the queue if its owner is gone."""
        ...

    def close(self) -> None:
        """Stop what we own, within a bound, and keep everything that has a receipt."""
        ...


class Refusal(Exception):
    """Nothing was done, and this is why; ``code`` is the exit code."""

    def __init__(self, words: str, code: int = 2) -> None:
        super().__init__(words)
        self.words = words
        self.code = code


class Terminated(BaseException):
    """The system asked this process to end (SIGTERM)."""


ALL_WELL = 0
SOME_FAILED = 1
REFUSED = 2
SIGN_IN = 3
OUT_OF_REACH = 4
INTERRUPTED = 130
TERMINATED = 143
