"""Pipette's command line as a process of its own, in a home of its own."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DESKTOP = Path(__file__).parents[2] / "desktop"
LONGEST_SECONDS = 90
Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    events: Sequence[Event]
    said: str

    def of(self, kind: str) -> list[Event]:
        return [event for event in self.events if event["event"] == kind]

    @property
    def summary(self) -> Event:
        [summary] = self.of("summary")
        return summary


@dataclass
class Program:
    """Runs commands in one home; keys come by the environment, as on a headless machine."""

    home: Path
    keys: Mapping[str, str]
    extra: Mapping[str, str] = field(default_factory=dict)
    _started: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        kept = {
            name: os.environ[name] for name in ("PATH", "LANG", "SYSTEMROOT") if name in os.environ
        }
        keys = {f"PIPETTE_KEY_{name.upper()}": key for name, key in self.keys.items()}
        return {
            **kept,
            "PYTHONPATH": str(DESKTOP),
            "PYTHONDEVMODE": "1",
            "PIPETTE_HOME": str(self.home),
            "HOME": str(self.home),
            **keys,
            **self.extra,
        }

    def start(self, *arguments: str, stdin: str | None = None) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "pipette", *arguments],
            env=self.environment,
            stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._started.append(process)
        return process

    def end_all(self) -> None:
        """Leave no process behind, whatever the test did."""
        for process in self._started:
            if process.poll() is None:
                kill(process)

    def run(self, *arguments: str, stdin: str | None = None) -> Ended:
        """Run to the end; standard output must be JSON lines when ``--json`` is asked for."""
        process = self.start(*arguments, stdin=stdin)
        out, err = process.communicate(stdin, timeout=LONGEST_SECONDS)
        events = [json.loads(line) for line in out.splitlines()] if "--json" in arguments else []
        return Ended(process.returncode, events, out + err)

    def add_s3(self, name: str, url: str, key: str) -> None:
        ended = self.run("account", "add", "s3", "--name", name, "--url", url, stdin=key)
        assert ended.code == 0, ended.said


def kill(process: subprocess.Popen[str]) -> None:
    """No chance to say anything."""
    process.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    process.communicate(timeout=LONGEST_SECONDS)


def tree(folder: Path) -> dict[str, str]:
    """Every file and folder below, with the digest of each file."""
    return {
        str(path.relative_to(folder)): _digest(path) if path.is_file() else "folder"
        for path in sorted(folder.rglob("*"))
    }


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_random(path: Path, size: int, seed: int = 0) -> None:
    """``size`` bytes that do not repeat, made block by block."""
    chance = random.Random(f"{seed} {size}")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        while size > 0:
            block = chance.randbytes(min(size, 1 << 22))
            file.write(block)
            size -= len(block)
