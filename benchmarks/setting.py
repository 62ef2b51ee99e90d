"""Where the benchmarks work, how much they do, and where they write."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Setting:
    data: Path
    """For files that are sent and fetched: memory rather than a disk."""
    scratch: Path
    """For homes and programs: a disk, so that Pipette's journal costs what it costs."""
    results: Path
    pairs: int = 5
    shrink: int = 1
    clients: Sequence[str] = ()
    label: str = ""

    @property
    def phase_ms(self) -> int:
        """How long a person does one thing at the window."""
        return 1000 if self.shrink > 1 else 5000

    def file(self, what: str, kind: str) -> Path:
        """Where results of this kind go."""
        self.results.mkdir(parents=True, exist_ok=True)
        name = f"{what}-{self.label}" if self.label else what
        return self.results / f"{name}.{kind}"


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
