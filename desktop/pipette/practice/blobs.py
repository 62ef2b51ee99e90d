"""The bytes of objects and parts: large ones in a file each, small ones one behind the other.

Making a file costs more than filling it with 16 KiB, and a sequencer makes many small files.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Iterable
from io import FileIO
from pathlib import Path

from pipette.practice.digests import Intake
from pipette.practice.records import Blob
from pipette.practice.sources import Source
from pipette.practice.wire import GULP, Piece


class Blobs:
    """A folder of blobs. Any thread may call anything."""

    def __init__(self, folder: Path, known: Iterable[Blob] = ()) -> None:
        """A file in which nothing ``known`` lies was left over and is removed."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        kept = {blob.file for blob in known}
        for path in folder.iterdir():
            if path.name not in kept:
                path.unlink()
        self._numbers = itertools.count(max((int(name) for name in kept), default=0) + 1)
        self._pack_lock = threading.Lock()
        self._pack_name = ""
        self._pack: FileIO | None = None

    def close(self) -> None:
        if self._pack is not None:
            self._pack.close()

    def receive(self, source: Source, intake: Intake, block: memoryview) -> Blob:
        """Write all that the source has; nothing stays if it fails on the way."""
        count = fill(source, block)
        intake.update(block[:count])
        if count < min(len(block), GULP):
            return self._pack_small(block[:count])
        name = self._next_name()
        path = self._folder / name
        try:
            with path.open("xb") as file:
                file.write(block[:count])
                while count := fill(source, block):
                    intake.update(block[:count])
                    file.write(block[:count])
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return Blob(name, intake.size)

    def discard(self, blobs: Iterable[Blob]) -> None:
        """Small ones keep their place until all in their file have gone."""
        for blob in blobs:
            if blob.offset is None:
                # One that is being read cannot be removed on Windows; the next start does it.
                with contextlib.suppress(PermissionError):
                    (self._folder / blob.file).unlink(missing_ok=True)

    def pieces(self, blobs: Iterable[Blob], start: int, length: int) -> tuple[Piece, ...]:
        """Where bytes ``start`` to ``start + length`` of these blobs, laid end to end, are."""
        found = []
        for blob in blobs:
            count = min(blob.size - start, length)
            if count > 0:
                found.append(Piece(self._folder / blob.file, (blob.offset or 0) + start, count))
                length -= count
            start = max(0, start - blob.size)
            if length == 0:
                break
        return tuple(found)

    def _pack_small(self, data: memoryview) -> Blob:
        with self._pack_lock:
            if self._pack is None:
                self._pack_name = self._next_name()
                self._pack = FileIO(self._folder / self._pack_name, "a")
            offset = self._pack.seek(0, 2)
            if self._pack.write(data) != len(data):
                raise OSError("the disk is full")
        return Blob(self._pack_name, len(data), offset)

    def _next_name(self) -> str:
        return f"{next(self._numbers):012}"


def fill(source: Source, block: memoryview) -> int:
    """Read until the block is full or the source at its end."""
    filled = 0
    while filled < len(block) and (count := source.read_into(block[filled:])):
        filled += count
    return filled
