"""Runs one program as a whole process and says what it took."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
_TAIL = 2000


class Failed(Exception):
    """The program did not end well; the message ends with what it said."""


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds, and KiB for memory. ``server`` and ``others`` are processor seconds meanwhile."""

    wall: float
    user: float
    system: float
    peak_kib: int
    server: float | None = None
    others: float | None = None

    @property
    def cpu(self) -> float:
        return self.user + self.system


class Gauge:
    """Measures with the program made of ``gauge.c``. Needs Linux or macOS."""

    def __init__(self, program: Path, longest_seconds: int = 900) -> None:
        self._program = program
        self._longest = longest_seconds

    def run(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        server: int | None = None,
        folder: Path | None = None,
    ) -> Run:
        """Raises Failed when the command does not end with code 0 in time.

        ``server`` is the process whose processor time is told beside it.
        """
        with tempfile.TemporaryDirectory() as scratch:
            report, said = Path(scratch, "report"), Path(scratch, "said")
            before = _Busy.now(server)
            with said.open("wb") as output:
                subprocess.run(
                    [str(self._program), str(self._longest), str(report), *command],
                    env=dict(environment),
                    cwd=folder,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                )
            after = _Busy.now(server)
            return self._read(report, said, command, before, after)

    def _read(
        self, report: Path, said: Path, command: Sequence[str], before: _Busy, after: _Busy
    ) -> Run:
        words = report.read_text().split()
        if words[4] != "0":
            tail = said.read_bytes()[-_TAIL:].decode(errors="replace")
            raise Failed(f"{' '.join(command)} ended with {words[4]}:\n{tail}")
        run = Run(float(words[0]), float(words[1]), float(words[2]), int(words[3]))
        return after.added_to(run, before)


@dataclass(frozen=True, slots=True)
class _Busy:
    """Processor seconds used so far; None where this system does not tell."""

    server: float | None
    machine: float | None

    @staticmethod
    def now(server: int | None) -> _Busy:
        return _Busy(cpu_seconds(server) if server else None, _machine_seconds())

    def added_to(self, run: Run, before: _Busy) -> Run:
        if self.machine is None or before.machine is None:
            return run
        server = (self.server or 0.0) - (before.server or 0.0)
        others = max(0.0, self.machine - before.machine - server - run.cpu)
        return Run(run.wall, run.user, run.system, run.peak_kib, server, others)


def cpu_seconds(process: int) -> float | None:
    """Processor seconds of a running process so far; None where this system does not tell."""
    if sys.platform != "linux":
        return None
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _machine_seconds() -> float | None:
    if sys.platform != "linux":
        return None
    with Path("/proc/stat").open() as file:
        fields = [int(word) for word in file.readline().split()[1:]]
    user, nice, system, _, _, interrupts, soft = fields[:7]
    return (user + nice + system + interrupts + soft) / _TICKS


def resident_bytes(process: int) -> int:
    """Memory of a running process. Linux."""
    pages = Path(f"/proc/{process}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
