"""What One Codex takes: names, formats, and which two files are the reads of one sample. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence

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


def paired_reads(names: Sequence[str]) -> list[tuple[str, str]]:
    """Second and first file of each pair. Never guesses: what could be two things stays alone."""
    there = set(names)
    firsts = {second: _first_of(second, there) for second in names}
    used = Counter(first for first in firsts.values() if first)
    return [(second, first) for second, first in firsts.items() if first and used[first] == 1]


def first_names(second: str) -> list[str]:
    """What the first file could be called if this is the second of a pair."""
    return [_marked(second, mark, "1") for mark in _SECOND_READ.finditer(second)]


def _first_of(second: str, there: Collection[str]) -> str:
    """The first file of this second one; "" where there is none, or too many."""
    if _READS.fullmatch(second) is None:
        return ""
    marks = list(_SECOND_READ.finditer(second))
    # A plain 2 may be anything beside a mark that says R2.
    told = [mark for mark in marks if mark.group(1)]
    firsts = [name for mark in told or marks if (name := _marked(second, mark, "1")) in there]
    if len(firsts) != 1:
        return ""
    chunks = [] if told else [_marked(second, mark, digit) for mark in marks for digit in "03"]
    # A numbered series is no pair: pieces of a nanopore run, say.
    return "" if any(chunk in there for chunk in chunks) else firsts[0]


def _marked(name: str, mark: re.Match[str], digit: str) -> str:
    return f"{name[: mark.start()]}{mark.group(1)}{digit}{name[mark.end() :]}"
