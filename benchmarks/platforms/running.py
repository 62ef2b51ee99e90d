"""A service in a process of its own, and Pipette's commands for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.clients import ROOT
from benchmarks.platforms.services import Arrived, Calls

ACCOUNT = "bench"
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR")
_PATHS = os.pathsep.join(str(path) for path in (ROOT / "desktop", ROOT))


@dataclass(frozen=True, slots=True)
class Look:
    """What it was asked so far, and what it holds."""

    api: Calls
    storage: Calls
    arrived: Arrived


class Running:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._told = self._heard()

    @property
    def process(self) -> int:
        return self._process.pid

    def look(self) -> Look:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        heard = self._heard()
        files, size = heard["arrived"]
        return Look(Counter(heard["api"]), Counter(heard["storage"]), (files, size))

    def add_account(self, home: Path) -> None:
        """With the command a person would use."""
        home.mkdir(parents=True)
        add = ["account", "add", self._told["kind"], "--name", ACCOUNT, "--url", self._told["url"]]
        subprocess.run(
            [sys.executable, "-m", "pipette", *add],
            env=self.environment(home),
            input=self._told["key"],
            text=True,
            check=True,
            capture_output=True,
        )

    def upload(self, folder: Path) -> Sequence[str]:
        """The folder under its own name, as it arrives when it is dropped on the window."""
        place = f"{ACCOUNT}:/{self._told['container']}"
        command = [sys.executable, "-m", "benchmarks.platforms.unhurried"]
        return [*command, "upload", str(folder), "--to", place, "--json"]

    def environment(self, home: Path) -> Mapping[str, str]:
        return {
            **_plain_environment(),
            **self._told["environment"],
            "PIPETTE_HOME": str(home),
            f"PIPETTE_KEY_{ACCOUNT.upper()}": self._told["key"],
        }

    def _heard(self) -> dict[str, object]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the service ended; what it said stands above")
        return json.loads(line)


@contextmanager
def running(name: str, folder: Path) -> Iterator[Running]:
    """One of ``services.SERVICES``, with everything it keeps below the folder or in its memory."""
    command = [sys.executable, "-m", "benchmarks.platforms.serve", name, str(folder)]
    with subprocess.Popen(
        command,
        env=_plain_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Running(process)
        finally:
            process.terminate()


def _plain_environment() -> dict[str, str]:
    known = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return known | {"PYTHONPATH": _PATHS}
