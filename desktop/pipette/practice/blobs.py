"""The bytes of objects and parts, each in a file of its own, written once."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterable
from pathlib import Path

from pipette.practice.digests import Intake
from pipette.practice.records import Blob
from pipette.practice.sources import Source
from pipette.practice.wire import Piece


class Blobs:
    """A folder of blobs. Any thread may call anything."""

    def __init__(self, folder: Path, known: Iterable[str] = ()) -> None:
        """Whatever lies there and is not ``known`` was left by a crash and is removed."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        kept = set(known)
        for path in folder.iterdir():
            if path.name not in kept:
                path.unlink()
        self._numbers = itertools.count(max((int(name) for name in kept), default=0) + 1)

    def receive(self, source: Source, intake: Intake, block: memoryview) -> Blob:
        """Write all that the source has; nothing stays if it fails on the way."""
        name = f"{next(self._numbers):012}"
        path = self._folder / name
        try:
            with path.open("xb") as file:
                while count := fill(source, block):
                    intake.update(block[:count])
                    file.write(block[:count])
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return Blob(name, intake.size)

    def discard(self, blobs: Iterable[Blob]) -> None:
        for blob in blobs:
            # One that is being read cannot be removed on Windows; the next start does it.
            with contextlib.suppress(PermissionError):
                (self._folder / blob.name).unlink(missing_ok=True)

    def pieces(self, blobs: Iterable[Blob], start: int, length: int) -> tuple[Piece, ...]:
        """Where bytes ``start`` to ``start + length`` of these blobs, laid end to end, are."""
        found = []
        for blob in blobs:
            count = min(blob.size - start, length)
            if count > 0 and start >= 0:
                found.append(Piece(self._folder / blob.name, start, count))
                length -= count
            start = max(0, start - blob.size)
            if length == 0:
                break
        return tuple(found)


def fill(source: Source, block: memoryview) -> int:
    """Read until the block is full or the source at its end."""
    filled = 0
    while filled < len(block) and (count := source.read_into(block[filled:])):
        filled += count
    return filled
