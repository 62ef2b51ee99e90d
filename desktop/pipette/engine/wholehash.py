"""MD5 of a whole file, from the blocks as they pass.

MD5 has to see a file front to back, while its parts pass out of order from several workers, and
faster than one core can hash. So a block that will be needed soon is copied and hashed from memory;
of any other it is only remembered that it passed, and it is read again from disk, where the system
still has it at hand. The transfer never waits for the hash.
"""

from __future__ import annotations

import hashlib
import threading
from bisect import bisect_left
from io import FileIO

from pipette.engine.bodies import BLOCK, openable, source_error
from pipette.engine.interrupt import Interrupt
from pipette.model.errors import SourceChanged
from pipette.model.files import MiB


class BlockBudget:
    """Buffers for copied blocks: at most so many bytes of them at a time, over all files."""

    def __init__(self, most_bytes: int = 24 * MiB) -> None:
        self.most_bytes = most_bytes
        self._lock = threading.Lock()
        self._lent = 0
        self._spare: list[bytearray] = []

    def take(self) -> bytearray | None:
        """A buffer of one block, or None when all are lent."""
        with self._lock:
            if (self._lent + 1) * BLOCK > self.most_bytes:
                return None
            self._lent += 1
            return self._spare.pop() if self._spare else bytearray(BLOCK)

    def give_back(self, buffer: bytearray) -> None:
        """The memory itself goes back to the system once no file needs any."""
        with self._lock:
            self._lent -= 1
            self._spare.append(buffer)
            if not self._lent:
                self._spare.clear()


class WholeHash:
    """The MD5 of one file. ``offer`` and ``passed`` from any thread, ``run`` from one.

    The same bytes may be offered or passed any number of times; only bytes that are final may.
    """

    def __init__(self, path: str, size: int, budget: BlockBudget) -> None:
        self._path = path
        self._size = size
        self._budget = budget
        self._hash = hashlib.md5(usedforsecurity=False)
        self._changed = threading.Condition()
        self._copies: dict[int, tuple[bytearray, int]] = {}
        self._on_disk = Spans()
        self.position = 0
        """Bytes hashed so far."""

    def offer(self, offset: int, block: memoryview) -> None:
        """These bytes, at most a block, were read or written just now. Never blocks for long."""
        length = len(block)
        with self._changed:
            if self._is_known(offset, length):
                return
            buffer = self._buffer_for(offset)
        if buffer is None:
            self.passed(offset, length)
            return
        buffer[:length] = block
        with self._changed:
            self._keep(offset, buffer, length)
            self._changed.notify()

    def passed(self, offset: int, length: int) -> None:
        """This span is known to be right, from now or an earlier run; it is read from disk."""
        with self._changed:
            self._on_disk.add(offset, offset + length)
            self._changed.notify()

    def run(self, interrupt: Interrupt) -> str:
        """Hash in file order as spans pass, until the end; returns the hex digest.

        Raises Interrupted; another ``run`` then goes on where this one stopped. Raises
        SourceChanged, SourceMissing, SourceUnreadable, SourceDamaged.
        """
        with _Rereading(self._path) as again, interrupt.waking(self._wake):
            while self.position < self._size:
                self._wait_for_next(interrupt)
                self._hash_next(interrupt, again)
        return self._hash.hexdigest()

    def close(self) -> None:
        """Give all copies back; for a transfer that is given up or done."""
        with self._changed:
            for buffer, _ in self._copies.values():
                self._budget.give_back(buffer)
            self._copies.clear()

    def _is_known(self, offset: int, length: int) -> bool:
        end = offset + length
        return end <= self.position or offset in self._copies or self._on_disk.covers(offset, end)

    def _buffer_for(self, offset: int) -> bytearray | None:
        soon = self.position <= offset < self.position + self._budget.most_bytes
        return self._budget.take() if soon else None

    def _keep(self, offset: int, buffer: bytearray, length: int) -> None:
        if offset < self.position or offset in self._copies:
            self._budget.give_back(buffer)
        else:
            self._copies[offset] = (buffer, length)

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _wait_for_next(self, interrupt: Interrupt) -> None:
        with self._changed:
            while not self._has_next():
                interrupt.check()
                self._changed.wait()
        interrupt.check()

    def _has_next(self) -> bool:
        return self.position in self._copies or self._on_disk.reach(self.position) > self.position

    def _hash_next(self, interrupt: Interrupt, again: _Rereading) -> None:
        with self._changed:
            copy = self._copies.pop(self.position, None)
            reach = self._on_disk.reach(self.position)
        if copy is None:
            self._hash_from_disk(reach, interrupt, again)
            return
        buffer, length = copy
        self._hash.update(memoryview(buffer)[:length])
        self._budget.give_back(buffer)
        self._advance(length)

    def _hash_from_disk(self, reach: int, interrupt: Interrupt, again: _Rereading) -> None:
        while self.position < reach:
            interrupt.check()
            block = again.read(self.position, min(BLOCK, reach - self.position))
            self._hash.update(block)
            self._advance(len(block))

    def _advance(self, length: int) -> None:
        with self._changed:
            self.position += length
            for offset in [offset for offset in self._copies if offset < self.position]:
                self._budget.give_back(self._copies.pop(offset)[0])


class Spans:
    """A set of spans of a file, merged where they touch."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def add(self, start: int, end: int) -> None:
        if start >= end:
            return
        first = bisect_left(self._ends, start)
        last = first
        while last < len(self._starts) and self._starts[last] <= end:
            start = min(start, self._starts[last])
            end = max(end, self._ends[last])
            last += 1
        self._starts[first:last] = [start]
        self._ends[first:last] = [end]

    def reach(self, position: int) -> int:
        """How far one gets from here without a gap; ``position`` itself when it is not in."""
        index = bisect_left(self._ends, position + 1)
        if index < len(self._starts) and self._starts[index] <= position:
            return self._ends[index]
        return position

    def covers(self, start: int, end: int) -> bool:
        return self.reach(start) >= end


class _Rereading:
    """The file opened for reading spans again; opened when the first one is needed."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file: FileIO | None = None
        self._room = memoryview(b"")

    def read(self, offset: int, length: int) -> memoryview:
        try:
            file = self._opened()
            file.seek(offset)
            return self._read_exactly(file, length)
        except OSError as error:
            raise source_error(error, self._path) from error

    def __enter__(self) -> _Rereading:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def _opened(self) -> FileIO:
        if self._file is None:
            self._file = FileIO(openable(self._path), "rb")
            self._room = memoryview(bytearray(BLOCK))
        return self._file

    def _read_exactly(self, file: FileIO, length: int) -> memoryview:
        filled = 0
        while filled < length:
            count = file.readinto(self._room[filled:length])
            if not count:
                raise SourceChanged(f"{self._path} ended early")
            filled += count
        return self._room[:length]
