"""The platforms that are measured, what they allow, and what is sent to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch

from benchmarks.work import GIB, KIB, Work


@dataclass(frozen=True, slots=True)
class Platform:
    name: str
    title: str
    limit: str
    """What the platform says it takes, and how Pipette keeps to it."""
    calls: int | None = None
    seconds: float = 1.0
    """So many calls in so many seconds; None where no limit is published."""

    def least_seconds(self, calls: float) -> float | None:
        """So long the limit alone makes so many calls take."""
        return calls * self.seconds / self.calls if self.calls else None


PLATFORMS = (
    Platform(
        "ica",
        "Illumina ICA",
        "not published; Pipette begins with 5 a second, 4 at once, halves at a refusal, grows slowly",
    ),
    Platform(
        "basespace",
        "BaseSpace",
        "not published; Pipette makes 4 calls at once; parts go through the API and are calls",
    ),
    Platform(
        "sevenbridges",
        "Seven Bridges",
        "1,000 in 5 minutes for a token; Pipette makes 900",
        1000,
        300.0,
    ),
    Platform(
        "onecodex",
        "One Codex",
        "10 a second for a client; Pipette makes 8",
        10,
    ),
)

ONE = Work("one", 1, 16 * KIB, ".fastq")
LARGE = Work("2g", 1, 2 * GIB, ".fastq")
GIBIBYTE = Work("1g-reads", 1, GIB, ".fastq")
SMALL = Work("2k", 2000, 16 * KIB, ".fastq")
"""One Codex takes files that are called sequences, so all are."""


def chosen(patterns: Sequence[str]) -> list[Platform]:
    """Those whose name fits one of the patterns."""
    if not patterns:
        return list(PLATFORMS)
    return [one for one in PLATFORMS if any(fnmatch(one.name, pattern) for pattern in patterns)]
