"""What One Codex takes: names, formats, and which two files are the reads of one sample. Pure."""

from __future__ import annotations

import re

from pipette.model.errors import NameRefused, Refused, TooLarge
from pipette.model.files import Location, SourceFile

LONGEST_TAG = 30

_TAKEN = re.compile(r"[\w.]+[\w\-.\[\](){} ]*\.[\w.]+", re.ASCII)
_SEQUENCES = re.compile(
    r".+\.(?:fa|fna|fasta|fq|fastq)(?:\.(?:gz|gzip|bz|bz2|bzip))?", re.IGNORECASE
)
_READS = re.compile(r".+\.(?:fq|fastq)(?:\.(?:gz|gzip|bz|bz2|bzip))?", re.IGNORECASE)
_UNUSUAL = re.compile(r"[^A-Za-z0-9._-]+")

_SECOND_READ = re.compile(r"(?<=[._])([Rr]?)2(?=[._])")
"""``_R2_``, ``.r2.``, ``_2.`` …: marks the second file of a pair, and ``1`` there the first."""


def expect_sendable(source: SourceFile, to: Location, largest: int) -> None:
    """Raises NameRefused (its detail proposes a name), Refused or TooLarge."""
    if _TAKEN.fullmatch(to.name) is None:
        raise NameRefused(f"{to.name!r} is not taken; {proposed(to.name)!r} would be")
    if _SEQUENCES.fullmatch(to.name) is None:
        raise NameRefused(f"{to.name!r} is no FASTA or FASTQ file by its name")
    if not source.size:
        raise Refused("an empty file is not taken")
    if source.size > largest:
        raise TooLarge(f"{source.size} bytes, at most {largest}")


def proposed(name: str) -> str:
    """The name with everything unusual replaced; never used without asking."""
    plain = _UNUSUAL.sub("_", name).lstrip("-") or "_"
    return plain if "." in plain.strip(".") else f"{plain}.fastq"


def first_reads(name: str) -> tuple[str, ...]:
    """What the first file could be called if this is a second one; the likeliest first."""
    if _READS.fullmatch(name) is None:
        return ()
    marks = list(_SECOND_READ.finditer(name))
    # A plain 2 may be anything beside a mark that says R2.
    told = [mark for mark in marks if mark.group(1)] or marks
    return tuple(
        f"{name[: mark.start()]}{mark.group(1)}1{name[mark.end() :]}" for mark in told[::-1]
    )
