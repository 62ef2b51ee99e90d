"""What is moved: sets of files with random content, made once, and a list of them for the sink."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from awscrt.checksums import crc64nvme

KIB = 1 << 10
MIB = 1 << 20
GIB = 1 << 30
BUCKET = "bench"
_PART = 8 * MIB
"""Larger files get the ETag of an upload in parts of this size."""


@dataclass(frozen=True, slots=True)
class Work:
    name: str
    files: int
    size: int
    suffix: str = ".bin"

    @property
    def bytes(self) -> int:
        return self.files * self.size

    @property
    def title(self) -> str:
        if self.files == 1:
            return f"one file of {_size(self.size)}"
        return f"{self.files:,} × {_size(self.size)}"

    def shrunk(self, by: int) -> Work:
        """The same kind of work, smaller: for trying things out."""
        if self.files == 1:
            return replace(self, size=self.size // by)
        return replace(self, files=max(1, self.files // by))


WORKS = {
    work.name: work
    for work in (
        Work("4g", 1, 4 * GIB),
        Work("1g", 1, GIB),
        Work("256m", 1, 256 * MIB),
        Work("128m", 1, 128 * MIB),
        Work("1m", 1000, MIB),
        Work("16k", 10_000, 16 * KIB),
    )
}


def _size(count: int) -> str:
    for unit, name in ((GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB")):
        if count >= unit and count % unit == 0:
            return f"{count // unit} {name}"
    return f"{count} B"


@dataclass(frozen=True, slots=True)
class Files:
    """A folder with the files of one work, and the list that tells a sink about them."""

    work: Work
    folder: Path
    manifest: Path


def make(work: Work, below: Path) -> Files:
    """Made when they are not there yet. Keys in the list are ``bench/<work>/<file>``."""
    folder = below / f"{work.name}-{work.bytes}" / work.name
    manifest = folder.parent / "manifest"
    if not manifest.exists():
        shutil.rmtree(folder.parent, ignore_errors=True)
        folder.mkdir(parents=True)
        lines = [
            _make_file(folder / f"sample-{at:05d}{work.suffix}", work) for at in range(work.files)
        ]
        manifest.write_text("".join(lines))
    return Files(work, folder, manifest)


def _make_file(path: Path, work: Work) -> str:
    crc = 0
    digests = []
    with path.open("wb") as file:
        for block in _blocks(work.size):
            file.write(block)
            crc = crc64nvme(block, crc)
            digests.append(hashlib.md5(block, usedforsecurity=False))
    joined = hashlib.md5(b"".join(one.digest() for one in digests), usedforsecurity=False)
    etag = digests[0].hexdigest() if len(digests) == 1 else f"{joined.hexdigest()}-{len(digests)}"
    return f"{BUCKET}/{work.name}/{path.name} {work.size} {etag} {crc:016x}\n"


def _blocks(size: int) -> Iterator[bytes]:
    while size > 0:
        block = os.urandom(min(size, _PART))
        size -= len(block)
        yield block


def check_same(one: Path, other: Path) -> None:
    """Raises ValueError unless both folders hold the same files with the same content."""
    names = sorted(path.name for path in one.iterdir())
    if sorted(path.name for path in other.iterdir()) != names:
        raise ValueError(f"{other} does not hold the files of {one}")
    for name in names:
        if _digest(one / name) != _digest(other / name):
            raise ValueError(f"{other / name} differs from what was sent")


def check_sizes(folder: Path, work: Work) -> None:
    """The quick look after every run. Raises ValueError."""
    sizes = [path.stat().st_size for path in folder.iterdir()]
    if sizes != [work.size] * work.files:
        raise ValueError(f"{folder} holds {len(sizes)} files, {sum(sizes)} bytes")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
