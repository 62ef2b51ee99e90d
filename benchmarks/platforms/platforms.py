"""The platforms that are measured, what they allow, and which plain S3 service they are held against."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch

from benchmarks.platforms.services import S3, S3_MD5
from benchmarks.work import GIB, KIB, Work

LARGEST_FORM = GIB
"""Up to here Pipette sends a file to One Codex as one form, of which only the MD5 comes back."""


@dataclass(frozen=True, slots=True)
class Platform:
    name: str
    title: str
    limit: str
    """What the platform says it takes, and how Pipette keeps to it."""
    base: Callable[[int], str]
    """The S3 service that checks what the platform's storage checks of a file of this size."""
    calls: int | None = None
    seconds: float = 1.0
    """So many calls in so many seconds; None where no limit is published."""

    def least_seconds(self, calls: int) -> float | None:
        """So long the limit alone makes so many calls take."""
        return calls * self.seconds / self.calls if self.calls else None


def _by_form_or_parts(size: int) -> str:
    return S3_MD5 if size <= LARGEST_FORM else S3


PLATFORMS = (
    Platform(
        "ica",
        "Illumina ICA",
        "not published; Pipette begins with 5 a second, 4 at once, halves at a refusal, grows slowly",
        lambda size: S3,
    ),
    Platform(
        "basespace",
        "BaseSpace",
        "not published; Pipette makes 4 calls at once; parts go through the API and are calls",
        lambda size: S3_MD5,
    ),
    Platform(
        "sevenbridges",
        "Seven Bridges",
        "1,000 in 5 minutes for a token; Pipette makes 900",
        lambda size: S3_MD5,
        1000,
        300.0,
    ),
    Platform(
        "onecodex",
        "One Codex",
        "10 a second for a client; Pipette makes 8",
        _by_form_or_parts,
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
