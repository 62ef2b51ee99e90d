"""Find every file below what was dropped, in order, in chunks, without losing any silently."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from pipette.engine.bodies import openable
from pipette.engine.clock import Clock, SystemClock
from pipette.engine.interrupt import Interrupt
from pipette.model.files import SourceFile
from pipette.model.names import can_be_sent, first_free, is_left_out, readable

CHUNK_FINDINGS = 2000
CHUNK_SECONDS = 0.1


class Reason(Enum):
    """Why something that was found is not sent."""

    JUNK = "junk"
    """Left about by a system or a program."""
    NOT_A_FILE = "not-a-file"
    """A pipe, a socket, a device."""
    LOOP = "loop"
    """A link that leads back to a folder it lies in, or to itself."""
    UNREADABLE = "unreadable"
    MISSING = "missing"
    """Gone since it was listed, or a link that leads nowhere."""
    NAME_NOT_TEXT = "name-not-text"
    """Bytes in an unknown encoding: no service can be told this name."""

    @property
    def error_kind(self) -> str:
        """The class in ``model.errors`` this counts as; "" when leaving it out is no failure."""
        return _ERROR_KINDS.get(self, "")


_ERROR_KINDS = {
    Reason.UNREADABLE: "SourceUnreadable",
    Reason.MISSING: "SourceMissing",
    Reason.NAME_NOT_TEXT: "NameRefused",
}


@dataclass(frozen=True, slots=True)
class Found:
    """A file to send, or an empty folder: size 0 and a name that ends in "/"."""

    source: SourceFile
    name: str
    """Path at the service, relative to the place chosen."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that will not be sent. ``path`` and ``name`` are text that can be shown."""

    path: str
    name: str
    reason: Reason
    detail: str = ""


Finding = Found | LeftOut
ScanChunk = Sequence[Finding]


class Disk:
    """What the scan asks of the file system; paths of any length."""

    def list_folder(self, path: str) -> list[str]:
        return os.listdir(openable(path))  # noqa: PTH208 - names suffice, 100,000 of them

    def look(self, path: str) -> os.stat_result:
        """Follows links. Asks for each file: what Windows lists with a folder may be out of date."""
        return os.stat(openable(path))  # noqa: PTH116 - a Path for each file doubles the time


def scan(
    paths: Sequence[str],
    interrupt: Interrupt,
    clock: Clock | None = None,
    disk: Disk | None = None,
) -> Iterator[ScanChunk]:
    """Walk files and folders, each folder in the order of its names; links are followed.

    A folder arrives under its own name, with a trailing slash its content arrives directly. What
    is given twice, or lies in a folder that is given too, counts once; different things that would
    arrive under one name are numbered. Whatever cannot be sent is reported and the walk goes on.
    Memory holds one chunk and the names in the folders on the way down, never the whole tree.
    Runs on a worker; raises Interrupted.
    """
    findings = _Walk(interrupt, disk or Disk()).findings(paths)
    return _chunks(findings, clock or SystemClock())


def _chunks(findings: Iterable[Finding], clock: Clock) -> Iterator[ScanChunk]:
    chunk: list[Finding] = []
    due = clock.monotonic() + CHUNK_SECONDS
    for finding in findings:
        chunk.append(finding)
        if len(chunk) >= CHUNK_FINDINGS or clock.monotonic() >= due:
            yield tuple(chunk)
            chunk.clear()
            due = clock.monotonic() + CHUNK_SECONDS
    if chunk:
        yield tuple(chunk)


@dataclass(frozen=True, slots=True)
class _Given:
    path: Path
    content_only: bool


def _outermost(paths: Sequence[str]) -> Iterator[_Given]:
    given: dict[str, _Given] = {}
    for path in paths:
        absolute = _absolute(path)
        slash = path.endswith((os.sep, os.altsep or os.sep)) or not absolute.name
        given.setdefault(_same(absolute), _Given(absolute, slash and absolute.is_dir()))
    for one in given.values():
        if not any(_same(folder) in given for folder in one.path.parents):
            yield one


def _absolute(path: str) -> Path:
    """Without ``..``; otherwise as it was given, so that people recognise it."""
    return Path(path).resolve() if ".." in Path(path).parts else Path(path).absolute()


def _same(path: Path) -> str:
    return os.path.normcase(path)


@dataclass(slots=True)
class _Folder:
    path: str
    name: str
    """Ends in "/"; "" when the content arrives directly."""
    identity: object
    mtime_ns: int
    left: list[str]
    """Names still to visit, last one first."""
    is_empty: bool = True

    @property
    def marker(self) -> Found:
        return Found(SourceFile(self.path, 0, self.mtime_ns), self.name)


class _Walk:
    """One scan. The stack holds the folders on the way down from what was given."""

    def __init__(self, interrupt: Interrupt, disk: Disk) -> None:
        self._interrupt = interrupt
        self._disk = disk
        self._stack: list[_Folder] = []
        self._top_names: set[str] = set()

    def findings(self, paths: Sequence[str]) -> Iterator[Finding]:
        for given in _outermost(paths):
            name = "" if given.content_only else self._claimed(given.path.name)
            yield from self._taken(self._seen(str(given.path), name))
            while self._stack:
                yield from self._next(self._stack[-1])

    def _next(self, folder: _Folder) -> Iterator[Finding]:
        if folder.left:
            child = folder.left.pop()
            name = folder.name + child if folder.name else self._claimed(child)
            yield from self._taken(self._seen(_join(folder.path, child), name))
            return
        self._stack.pop()
        if folder.is_empty and folder.name:
            yield folder.marker

    def _claimed(self, name: str) -> str:
        free = first_free(name, self._top_names)
        self._top_names.add(free)
        return free

    def _taken(self, seen: Finding | _Folder) -> Iterator[Finding]:
        if self._stack and not isinstance(seen, LeftOut):
            self._stack[-1].is_empty = False
        if isinstance(seen, _Folder):
            self._stack.append(seen)
        else:
            yield seen

    def _seen(self, path: str, name: str) -> Finding | _Folder:
        self._interrupt.check()
        if not can_be_sent(path):
            return _left_out(path, name, Reason.NAME_NOT_TEXT)
        try:
            return self._looked_at(path, name)
        except OSError as error:
            return _left_out(path, name, _reason(error), str(error))

    def _looked_at(self, path: str, name: str) -> Finding | _Folder:
        status = self._disk.look(path)
        if stat.S_ISDIR(status.st_mode):
            return self._opened(path, name, status)
        if is_left_out(_last(path)):
            return _left_out(path, name, Reason.JUNK)
        if not stat.S_ISREG(status.st_mode):
            return _left_out(path, name, Reason.NOT_A_FILE)
        return Found(SourceFile(path, status.st_size, status.st_mtime_ns), name)

    def _opened(self, path: str, name: str, status: os.stat_result) -> Finding | _Folder:
        identity = _identity(path, status)
        if any(folder.identity == identity for folder in self._stack):
            return _left_out(path, name, Reason.LOOP)
        left = sorted(self._disk.list_folder(path), reverse=True)
        prefix = f"{name}/" if name else ""
        return _Folder(path, prefix, identity, status.st_mtime_ns, left)


def _join(folder: str, name: str) -> str:
    return folder + name if folder.endswith(os.sep) else folder + os.sep + name


def _last(path: str) -> str:
    return path.rpartition(os.sep)[2]


def _identity(path: str, status: os.stat_result) -> object:
    """Tells folders apart; some network drives on Windows give them no number."""
    return (status.st_dev, status.st_ino) if status.st_ino else str(Path(path).resolve())


def _left_out(path: str, name: str, reason: Reason, detail: str = "") -> LeftOut:
    return LeftOut(readable(path), readable(name or _last(path)), reason, readable(detail))


def _reason(error: OSError) -> Reason:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return Reason.MISSING
    if error.errno == errno.ELOOP or getattr(error, "winerror", 0) == _WINDOWS_LINK_LOOP:
        return Reason.LOOP
    return Reason.UNREADABLE


_WINDOWS_LINK_LOOP = 1921
"""ERROR_CANT_RESOLVE_FILENAME"""
