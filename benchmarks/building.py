"""Builds the small C programs of the benchmarks with this machine's own compiler."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent


class CannotBuild(Exception):
    """What is missing, in words."""


@dataclass(frozen=True, slots=True)
class Program:
    name: str
    sources: str
    """A pattern below this folder."""
    libraries: tuple[str, ...] = ()


SINK = Program("sink", "sink/*.c", ("ssl", "crypto"))
GAUGE = Program("gauge", "gauge.c")
LINK = Program("link", "line/link.c")


def build(program: Program, into: Path) -> Path:
    """The program, made anew in ``into``. Raises CannotBuild."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise CannotBuild("a C compiler is needed: on Debian, apt-get install build-essential")
    made = into / program.name
    sources = sorted(str(path) for path in HERE.glob(program.sources))
    libraries = [f"-l{name}" for name in program.libraries]
    command = [compiler, "-O2", "-Wall", "-Wextra", "-pthread", "-o", str(made)]
    done = subprocess.run([*command, *sources, *libraries], capture_output=True, text=True)
    if done.returncode:
        hint = "OpenSSL's headers may be missing: on Debian, apt-get install libssl-dev"
        raise CannotBuild(f"{program.name} does not build. {hint}\n{done.stderr}")
    return made
