"""The bytes of a part: read from a local file block by block, or written into one.

Each worker thread has one buffer of a block. A slice of a file is read into it and leaves from it;
no part is ever whole in memory and no file is mapped, so a file cut short on a network drive is an
error and not a dead process.
"""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Collection, Generator, Mapping
from dataclasses import dataclass
from io import FileIO
from types import TracebackType

from pipette.engine.digests import Digests
from pipette.engine.interrupt import Interrupt
from pipette.model.errors import (
    DiskFull,
    SourceChanged,
    SourceDamaged,
    SourceMissing,
    SourceUnreadable,
    TargetUnwritable,
    TransferError,
)
from pipette.model.files import KiB, MiB, SourceFile
from pipette.model.parts import Algorithm, Part

BLOCK = 1 * MiB

LEAD = 8 * KiB
"""Room before the data: enough for a request head and what frames the body."""

TAIL = 1 * KiB
"""Room after the data: enough for a trailer."""

_LONGEST_PLAIN_WINDOWS_PATH = 240


class Block:
    """A worker's buffer: up to BLOCK bytes of data with room around them.

    Head, framing and data leave in one piece from there, without being copied together.
    """

    __slots__ = ("_view", "length", "loads", "offset")

    def __init__(self) -> None:
        self._view = memoryview(bytearray(LEAD + BLOCK + TAIL))
        self.offset = 0
        self.length = 0
        self.loads = 0
        """How often it was filled: shows whoever kept it that it holds something else now."""

    @property
    def data(self) -> memoryview:
        return self._view[LEAD : LEAD + self.length]

    def claim(self, offset: int, length: int) -> memoryview:
        """Make it hold this span of a file; returns where to put the bytes."""
        self.loads += 1
        self.offset = offset
        self.length = length
        return self.data

    def framed(self, lead: bytes, tail: bytes) -> memoryview:
        """The data with ``lead`` (at most LEAD) before it and ``tail`` (at most TAIL) after it."""
        start = LEAD - len(lead)
        end = LEAD + self.length
        self._view[start:LEAD] = lead
        self._view[end : end + len(tail)] = tail
        return self._view[start : end + len(tail)]


_of_thread = threading.local()


def worker_block() -> Block:
    """The calling thread's own block."""
    block: Block | None = getattr(_of_thread, "block", None)
    if block is None:
        block = _of_thread.block = Block()
    return block


@dataclass(frozen=True, slots=True)
class FileSlice:
    """A span of a local file that must still be as it was when it was dropped."""

    path: str
    offset: int
    length: int
    size: int
    mtime_ns: int

    @staticmethod
    def of(source: SourceFile, part: Part) -> FileSlice:
        return FileSlice(source.path, part.offset, part.length, source.size, source.mtime_ns)

    def blocks(self, interrupt: Interrupt) -> Generator[Block, None, None]:
        """The span in blocks, all in the calling thread's buffer: use each before the next.

        The file is looked at before the last block is handed out, so that a part read from a file
        that changed is never completed, and if there are several, before the first is read. Raises
        SourceChanged, SourceMissing, SourceUnreadable, SourceDamaged, Interrupted.
        """
        if not self.length:
            return
        block = worker_block()
        end = self.offset + self.length
        try:
            with _opened(self.path) as file:
                if self.length > BLOCK:
                    self._expect_unchanged(file)
                if self.offset:
                    file.seek(self.offset)
                for offset in range(self.offset, end, BLOCK):
                    interrupt.check()
                    length = min(BLOCK, end - offset)
                    self._read_exactly(file, block.claim(offset, length))
                    if offset + length == end:
                        self._expect_unchanged(file)
                    yield block
        except OSError as error:
            raise source_error(error, self.path) from error

    def preload(self, interrupt: Interrupt, digests: Collection[Algorithm] = ()) -> Preloaded:
        """Read a span of at most one block now, so that its digests are known before it is sent."""
        if self.length > BLOCK:
            raise ValueError("only a part of one block is read ahead")
        running = Digests(digests)
        block = worker_block()
        block.claim(self.offset, 0)
        for filled in self.blocks(interrupt):
            running.update(filled.data)
        return Preloaded(block, running)

    def digest(self, algorithm: Algorithm, interrupt: Interrupt) -> bytes:
        """Read it all once for its digest: for large parts whose digest stands in a header."""
        running = Digests((algorithm,))
        for block in self.blocks(interrupt):
            running.update(block.data)
        return running[algorithm]

    def _read_exactly(self, file: FileIO, room: memoryview) -> None:
        filled = 0
        while filled < len(room):
            count = file.readinto(room[filled:])
            if not count:
                raise SourceChanged(f"{self.path} ended early")
            filled += count

    def _expect_unchanged(self, file: FileIO) -> None:
        now = os.fstat(file.fileno())
        if (now.st_size, now.st_mtime_ns) != (self.size, self.mtime_ns):
            raise SourceChanged(f"{self.path} has another size or time than when it was dropped")


class Preloaded:
    """A small part already in the calling thread's buffer.

    To be sent by the same thread before it reads anything else; checked, not trusted.
    """

    __slots__ = ("_block", "_digests", "_loads", "length", "offset")

    def __init__(self, block: Block, digests: Digests) -> None:
        self._block = block
        self._digests = digests
        self._loads = block.loads
        self.offset = block.offset
        self.length = block.length

    @property
    def digests(self) -> Mapping[Algorithm, bytes]:
        return self._digests.values()

    def digest(self, algorithm: Algorithm) -> bytes:
        return self._digests[algorithm]

    def blocks(self, interrupt: Interrupt) -> Generator[Block, None, None]:
        interrupt.check()
        if self._block.loads != self._loads or self._block is not worker_block():
            raise RuntimeError("the buffer was filled with something else meanwhile")
        if self.length:
            yield self._block


Body = FileSlice | Preloaded


class FileSink:
    """The unfinished file on this computer's disk into which ranges are written.

    Any number of workers may write different ranges at the same time.
    """

    def __init__(self, path: str) -> None:
        self.path = path

    def prepare(self, size: int) -> None:
        """Make it and give it its full length; what an earlier run wrote stays."""
        try:
            with _made(self.path) as file:
                file.truncate(size)
        except OSError as error:
            raise target_error(error, self.path) from error

    def writer(self, offset: int) -> RangeWriter:
        """A context manager that writes from ``offset`` on into what was prepared.

        It makes no file: in one that vanished meanwhile the ranges before would be holes.
        """
        return RangeWriter(self.path, offset)


class RangeWriter:
    """One range of a sink, written front to back by one worker."""

    def __init__(self, path: str, offset: int) -> None:
        self._path = path
        self._offset = offset
        self._file: FileIO | None = None

    def write(self, block: memoryview) -> None:
        """Raises DiskFull or TargetUnwritable."""
        try:
            file = self._opened()
            written = 0
            while written < len(block):
                written += file.write(block[written:])
        except OSError as error:
            raise target_error(error, self._path) from error

    def sync(self) -> None:
        """Returns when the disk has what was written."""
        if self._file is None:
            return
        try:
            getattr(os, "fdatasync", os.fsync)(self._file.fileno())
        except OSError as error:
            raise target_error(error, self._path) from error

    def __enter__(self) -> RangeWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()

    def _opened(self) -> FileIO:
        if self._file is None:
            self._file = FileIO(openable(self._path), "r+b", opener=_find)
            self._file.seek(self._offset)
        return self._file


def openable(path: str, system: str = os.name) -> str:
    """The path in the form in which the system opens it however long it is."""
    if system != "nt" or len(path) < _LONGEST_PLAIN_WINDOWS_PATH or path.startswith("\\\\?\\"):
        return path
    plain = path.replace("/", "\\")
    return f"\\\\?\\UNC{plain[1:]}" if plain.startswith("\\\\") else f"\\\\?\\{plain}"


def source_error(error: OSError, path: str) -> TransferError:
    """What it means for a transfer that this file could not be opened or read."""
    detail = f"{path}: {error.strerror or error}"
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return SourceMissing(detail)
    if isinstance(error, PermissionError | IsADirectoryError):
        return SourceUnreadable(detail)
    return SourceDamaged(detail)


def target_error(error: OSError, path: str) -> TransferError:
    """What it means for a transfer that this file could not be written."""
    detail = f"{path}: {error.strerror or error}"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(detail)
    return TargetUnwritable(detail)


def _opened(path: str) -> FileIO:
    return FileIO(openable(path), "rb")


def _made(path: str) -> FileIO:
    return FileIO(openable(path), "r+b", opener=_make)


def _make(path: str, flags: int) -> int:
    """Open for writing, made if missing, and never through a link someone put there."""
    return _find(path, flags | os.O_CREAT)


def _find(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o666)
