"""Which FASTQ files genomics apps take by their names, their headers and their partners. Pure.

Illumina's rule: ``SampleName_S1_L001_R1_001.fastq.gz``. A file that breaks it is stored all the same,
but no app offers it as reads of a sample.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

GZIP_MAGIC = b"\x1f\x8b"

_FASTQ = re.compile(r"\.(?:fastq|fq)(?:\.\w+)?$", re.IGNORECASE)
_NAME = re.compile(
    r"(?P<sample>.+)_S(?P<number>\d+)_L(?P<lane>[^_]+)_(?P<read>[^_]+)_(?P<set>[^_]+)"
    r"\.fastq\.gz"
)
_SAMPLE = re.compile(r"[A-Za-z0-9-]+")
_HEADER = re.compile(
    r"@(?P<cluster>[^:\s]+:[^:\s]+:[^:\s]+:\d+:\d+:\d+:\d+(?::[^:\s]+)?)"
    r" (?P<read>\d):(?P<filtered>[YN]):(?P<control>\d+):(?P<index>\S*)"
)


class Fault(Enum):
    """Why apps would not take a file as reads."""

    NOT_GZIP = "not-gzip"
    """FASTQ, but its name does not end in ``.fastq.gz``."""
    PATTERN = "pattern"
    """The fields ``_S1_L001_R1_001`` are not all there, or not in order."""
    SAMPLE = "sample"
    """The sample's name holds more than letters, digits and hyphens."""
    LANE = "lane"
    """The lane does not have three digits."""
    READ = "read"
    """Neither R1 nor R2; index reads go as plain files."""
    SET = "set"
    """The last field is not 001."""
    HEADER = "header"
    """The first line of a record is not in Illumina's form."""
    OTHER_READ = "other-read"
    """The header names another read than the file's name."""
    FILTERED = "filtered"
    """A read that did not pass the filter (``Y``)."""
    LENGTHS = "lengths"
    """A record with more bases than qualities, or fewer."""


@dataclass(frozen=True, slots=True)
class FastqName:
    sample: str
    number: int
    """0 for reads that belong to no sample."""
    lane: int
    read: int


def is_fastq(name: str) -> bool:
    return _FASTQ.search(name) is not None


def fastq_name(name: str) -> FastqName | None:
    """The name's parts, when every app takes it."""
    found = _NAME.fullmatch(name)
    if found is None or fault_in(name) is not None:
        return None
    read = int(found["read"].removeprefix("R"))
    return FastqName(found["sample"], int(found["number"]), int(found["lane"]), read)


def fault_in(name: str) -> Fault | None:
    """What is wrong with a FASTQ file's name; None for good ones and for other files."""
    if not is_fastq(name):
        return None
    if not name.endswith(".fastq.gz"):
        return Fault.NOT_GZIP
    found = _NAME.fullmatch(name)
    if found is None:
        return Fault.PATTERN
    if _SAMPLE.fullmatch(found["sample"]) is None:
        return Fault.SAMPLE
    if re.fullmatch(r"[0-9]{3}", found["lane"]) is None:
        return Fault.LANE
    if found["read"] not in ("R1", "R2"):
        return Fault.READ
    return None if found["set"] == "001" else Fault.SET


def without_partner(names: Iterable[str]) -> list[str]:
    """Names of second reads whose first reads are not among them."""
    by_name = {parsed: name for name in names if (parsed := fastq_name(name))}
    return [
        name
        for parsed, name in by_name.items()
        if parsed.read == 2 and replace(parsed, read=1) not in by_name
    ]


def samples(names: Iterable[str]) -> dict[str, list[str]]:
    """The good names of each sample, in order of lane and read."""
    found: dict[str, list[tuple[FastqName, str]]] = defaultdict(list)
    for name in names:
        parsed = fastq_name(name)
        if parsed:
            found[parsed.sample].append((parsed, name))
    return {
        sample: [name for _, name in sorted(own, key=lambda one: _in_order(one[0]))]
        for sample, own in sorted(found.items())
    }


def _in_order(name: FastqName) -> tuple[int, int, int]:
    return name.number, name.lane, name.read


def fault_in_record(lines: Sequence[str], name: FastqName) -> Fault | None:
    """What is wrong with one record (four lines without their ends) of the file of this name."""
    if len(lines) != 4 or not lines[2].startswith("+"):
        return Fault.HEADER
    header = _HEADER.fullmatch(lines[0])
    if header is None:
        return Fault.HEADER
    if int(header["read"]) != name.read:
        return Fault.OTHER_READ
    if header["filtered"] == "Y":
        return Fault.FILTERED
    return None if len(lines[1]) == len(lines[3]) else Fault.LENGTHS


def cluster_of(header: str) -> str | None:
    """What the two reads of a pair have in common; None for a header in another form."""
    found = _HEADER.fullmatch(header)
    return found["cluster"] if found else None
