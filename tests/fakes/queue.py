"""A queue in memory: tests put snapshots in, the window shows them and its commands are kept."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Sequence

from pipette.engine.drs_rows import JobView, RowView
from pipette.engine.queue import Selection
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

Command = tuple[object, ...]
"""The name of a method of ``engine.queue.Queue``, then what it was called with."""


class ScriptedQueue:
    """Implements ``engine.queue.Queue`` without moving a byte; safe to call from any thread.

    Commands change nothing: they are kept in ``commands``, selections as frozensets. What the
    window sees changes only through ``put``, ``remove``, ``tell``, ``add_history`` and
    ``add_details``.
    """

    def __init__(
        self, batches: Iterable[BatchSnapshot] = (), files: Iterable[FileSnapshot] = ()
    ) -> None:
        self.commands: list[Command] = []
        self.watched: frozenset[BatchId] = frozenset()
        self._lock = threading.Lock()
        self._batches: dict[BatchId, BatchSnapshot] = {}
        self._files: dict[BatchId, dict[TransferId, FileSnapshot]] = {}
        self._history: list[BatchSnapshot] = []
        self._details: dict[TransferId, Details] = {}
        self._new_batches: dict[BatchId, BatchSnapshot] = {}
        self._new_files: dict[TransferId, FileSnapshot] = {}
        self._removed: list[BatchId] = []
        self._import_jobs: dict[BatchId, Sequence[JobView]] = {}
        self._import_rows: dict[BatchId, Sequence[RowView]] = {}
        self._speeds = (0.0, 0.0)
        self._online = True
        self._accounts_waiting: tuple[tuple[str, str], ...] = ()
        self._batches_made = 0
        self.put(*batches)
        self.put_files(files)

    def put(self, *snapshots: BatchSnapshot | FileSnapshot) -> None:
        """Add or replace what the next ``changes`` reports."""
        files = [snapshot for snapshot in snapshots if isinstance(snapshot, FileSnapshot)]
        batches = {s.id: s for s in snapshots if isinstance(s, BatchSnapshot)}
        with self._lock:
            self._batches.update(batches)
            self._new_batches.update(batches)
        self.put_files(files)

    def put_files(self, files: Iterable[FileSnapshot]) -> None:
        with self._lock:
            for file in files:
                self._files.setdefault(file.batch, {})[file.id] = file
                self._new_files[file.id] = file

    def remove(self, *batches: BatchId) -> None:
        """Let batches leave the list, as ``clear_finished`` does in the real one."""
        with self._lock:
            for batch in batches:
                self._batches.pop(batch, None)
                self._new_batches.pop(batch, None)
            self._removed.extend(batches)

    def tell(
        self,
        *,
        up_rate: float = 0.0,
        down_rate: float = 0.0,
        online: bool = True,
        accounts_waiting: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Set what ``changes`` says about the whole queue from now on."""
        with self._lock:
            self._speeds = (up_rate, down_rate)
            self._online = online
            self._accounts_waiting = tuple(accounts_waiting)

    def add_history(self, *batches: BatchSnapshot) -> None:
        with self._lock:
            self._history.extend(batches)
            self._history.sort(key=_finished_at, reverse=True)

    def add_details(self, *details: Details) -> None:
        with self._lock:
            self._details.update({found.file.id: found for found in details})

    def put_import(self, batch: BatchId, jobs: Sequence[JobView], rows: Sequence[RowView]) -> None:
        """What the journal would tell of an import; ``rows`` in the order of its files."""
        with self._lock:
            self._import_jobs[batch] = jobs
            self._import_rows[batch] = rows

    def commands_named(self, name: str) -> list[Command]:
        return [command for command in self.commands if command[0] == name]

    # What the window and the command line call.

    def upload(self, paths: Sequence[str], to: Location, options: BatchOptions) -> BatchId:
        self.commands.append(("upload", tuple(paths), to, options))
        return self._next_batch()

    def download(
        self, places: Sequence[Location], to_folder: str, options: BatchOptions
    ) -> BatchId:
        self.commands.append(("download", tuple(places), to_folder, options))
        return self._next_batch()

    def import_drs(self, manifest: Manifest, to: Location, options: BatchOptions) -> BatchId:
        self.commands.append(("import_drs", manifest, to, options))
        return self._next_batch()

    def pause(self, which: Selection | None = None, *, after_pieces: bool = False) -> None:
        done = "pause after pieces" if after_pieces else "pause"
        self.commands.append((done, _kept(which)))

    def resume(self, which: Selection | None = None) -> None:
        self.commands.append(("resume", _kept(which)))

    def cancel(self, which: Selection) -> None:
        self.commands.append(("cancel", _kept(which)))

    def skip(self, which: Selection) -> None:
        self.commands.append(("skip", _kept(which)))

    def send_new_version(self, which: Selection) -> None:
        self.commands.append(("send_new_version", _kept(which)))

    def decide(self, which: Selection, rule: IfExists) -> None:
        self.commands.append(("decide", _kept(which), rule))

    def move(self, which: Selection, to: QueueMove) -> None:
        self.commands.append(("move", _kept(which), to))

    def clear_finished(self) -> None:
        self.commands.append(("clear_finished",))

    def set_limits(self, up_bytes: float | None, down_bytes: float | None) -> None:
        self.commands.append(("set_limits", up_bytes, down_bytes))

    def account_changed(self, account: str) -> None:
        self.commands.append(("account_changed", account))

    def recheck(self, batch: BatchId) -> None:
        self.commands.append(("recheck", batch))

    def watch(self, batches: Collection[BatchId]) -> None:
        self.watched = frozenset(batches)

    def changes(self) -> Changes:
        with self._lock:
            new_files = tuple(f for f in self._new_files.values() if f.batch in self.watched)
            changes = Changes(
                batches=tuple(self._new_batches.values()),
                files=new_files,
                removed=tuple(self._removed),
                up_rate=self._speeds[0],
                down_rate=self._speeds[1],
                online=self._online,
                accounts_waiting=self._accounts_waiting,
            )
            self._new_batches, self._new_files, self._removed = {}, {}, []
        return changes

    def files(self, batch: BatchId, after: int = -1, count: int = 5000) -> Sequence[FileSnapshot]:
        with self._lock:
            known = sorted(self._files.get(batch, {}).values(), key=lambda file: file.position)
        return [file for file in known if file.position > after][:count]

    def history(self, before: float | None = None, count: int = 200) -> Sequence[BatchSnapshot]:
        with self._lock:
            known = list(self._history)
        return [b for b in known if before is None or _finished_at(b) < before][:count]

    def details(self, transfer: TransferId) -> Details | None:
        with self._lock:
            return self._details.get(transfer)

    def import_jobs(self, batch: BatchId) -> Sequence[JobView]:
        with self._lock:
            return self._import_jobs.get(batch, ())

    def import_rows(self, batch: BatchId, after: int = -1, count: int = 5000) -> Sequence[RowView]:
        with self._lock:
            return self._import_rows.get(batch, ())[after + 1 : after + 1 + count]

    def _next_batch(self) -> BatchId:
        self._batches_made += 1
        return BatchId(f"20261120-{self._batches_made}")


def _kept(which: Selection | None) -> frozenset[TransferId | BatchId] | None:
    return None if which is None else frozenset(which)


def _finished_at(batch: BatchSnapshot) -> float:
    return batch.finished_at or 0.0
