"""Where downloads land on this computer: their names, their room, and the rename at the end.

A file is fetched into ``name.pipette-part`` beside its final name, which appears by that rename.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

from pipette.engine.bodies import openable, target_error
from pipette.engine.jobs import Job
from pipette.model.errors import DiskFull, Mismatch, NameTaken, UploadGone
from pipette.model.files import MiB
from pipette.model.names import numbered, part_name
from pipette.model.transfer import IfExists, TransferId

RESERVE = 256 * MiB
"""Room left on the disk for everybody else."""


class Landing:
    """Gives each transfer a name of its own: two that wrote into one unfinished file would mix.

    Any thread.
    """

    def __init__(self, free_bytes: Callable[[str], int]) -> None:
        self._free_bytes = free_bytes
        self._naming = threading.Lock()
        self._owners: dict[str, TransferId] = {}
        """Who fetches to which local path; from opening to the end, or to the end of the program."""

    def claim(self, job: Job) -> str | None:
        """The path to fetch to by the name rule, from now on this transfer's; None: leave it.

        Raises NameTaken when another transfer is fetching to it and it must not be numbered.
        """
        with self._naming:
            if job.if_exists is IfExists.KEEP_BOTH:
                local = self._first_free(job)
            else:
                local = job.local
                if job.if_exists is IfExists.SKIP and exists(local):
                    return None
                if not self._is_ours(local, job.transfer):
                    raise NameTaken(f"another transfer is fetching to {local}")
            self._owners[_key(local)] = job.transfer
            return local

    def reclaim(self, job: Job) -> None:
        """The same for a transfer of an earlier run. Raises UploadGone when another was quicker."""
        with self._naming:
            if not self._is_ours(job.local, job.transfer):
                raise UploadGone(f"another transfer is fetching to {job.local} now")
            self._owners[_key(job.local)] = job.transfer

    def release(self, transfer: TransferId) -> None:
        with self._naming:
            for key in [key for key, owner in self._owners.items() if owner == transfer]:
                del self._owners[key]

    def expect_room(self, job: Job) -> None:
        """Raises DiskFull when a large file would not leave the reserve."""
        folder = openable(os.path.dirname(job.local))  # noqa: PTH120 - local paths are text
        part_file = Path(openable(part_path(job.local)))
        there = part_file.stat().st_blocks * 512 if _has_blocks(part_file) else 0
        free = self._free_bytes(folder)
        if free + there < job.size + RESERVE:
            raise DiskFull(f"{free} bytes free, {job.size + RESERVE} needed")

    def finish(self, job: Job, *, durable: bool = False) -> str:
        """Make it durable unless it is, then give it its name; returns the final path.

        Raises NameTaken, Mismatch, DiskFull, TargetUnwritable, or UploadGone when it vanished.
        """
        unfinished = openable(part_path(job.local))
        try:
            if not durable:
                _sync(unfinished)
            size = os.stat(unfinished).st_size  # noqa: PTH116 - local paths are text
            if size != job.size:
                raise Mismatch(f"{unfinished} has {size} bytes instead of {job.size}")
            with self._naming:
                final = self._final(job)
                os.replace(unfinished, openable(final))  # noqa: PTH105 - local paths are text
        except FileNotFoundError as error:
            raise UploadGone(f"{unfinished} is gone") from error
        except OSError as error:
            raise target_error(error, job.local) from error
        return final

    def _final(self, job: Job) -> str:
        if job.if_exists is IfExists.REPLACE or not exists(job.local):
            return job.local
        if job.if_exists is IfExists.SKIP:
            raise NameTaken(f"{job.local} appeared while it was fetched")
        return self._first_free(job)

    def _first_free(self, job: Job) -> str:
        folder, name = os.path.split(job.local)
        candidate, number = job.local, 0
        while exists(candidate) or not self._is_ours(candidate, job.transfer):
            number += 1
            candidate = os.path.join(folder, numbered(name, number))  # noqa: PTH118 - long Windows paths are text
        return candidate

    def _is_ours(self, local: str, transfer: TransferId) -> bool:
        return self._owners.get(_key(local), transfer) == transfer


def part_path(local: str) -> str:
    folder, name = os.path.split(local)
    return os.path.join(folder, part_name(name))  # noqa: PTH118 - long Windows paths are text - local paths are text


def exists(path: str) -> bool:
    return os.path.exists(openable(path))  # noqa: PTH110 - local paths are text


def make_folder(path: str) -> None:
    """With all above it. Raises DiskFull, TargetUnwritable."""
    try:
        os.makedirs(openable(path), exist_ok=True)  # noqa: PTH103 - local paths are text
    except OSError as error:
        raise target_error(error, path) from error


def remove(path: str) -> None:
    """Harmless when it is gone. Raises TargetUnwritable."""
    try:
        Path(openable(path)).unlink(missing_ok=True)
    except OSError as error:
        raise target_error(error, path) from error


def _sync(path: str) -> None:
    with open(path, "r+b") as file:  # noqa: PTH123 - local paths are text
        os.fsync(file.fileno())


def _key(local: str) -> str:
    return os.path.normcase(local)


def _has_blocks(path: Path) -> bool:
    return path.exists() and hasattr(path.stat(), "st_blocks")
