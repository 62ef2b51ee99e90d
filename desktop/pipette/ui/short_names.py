"""Names made to fit: sample, lane and read are the last thing to go."""

from __future__ import annotations

import re
from collections.abc import Callable

_FASTQ_END = re.compile(r"\.(fastq|fq)(\.(gz|ora|bz2))?$", re.IGNORECASE)
_CHUNK = re.compile(r"_\d{3}$")
_LANE_AND_READ = re.compile(r"_(L\d{3}_)?[RI][12]$")
_LEAST_HEAD = 3


def short_name(name: str, fits: Callable[[str], bool]) -> str | None:
    """The longest of the allowed short forms that fits, or None when none does.

    First ``.fastq.gz`` goes, then ``_001``, then the middle of the sample; never lane or read.
    """
    if fits(name):
        return name
    bare = _FASTQ_END.sub("", name)
    if bare == name:
        return None
    chunkless = _CHUNK.sub("", bare)
    for candidate in (f"{bare}…", f"{chunkless}…"):
        if fits(candidate):
            return candidate
    return _with_short_sample(chunkless, fits)


def _with_short_sample(name: str, fits: Callable[[str], bool]) -> str | None:
    end = _LANE_AND_READ.search(name)
    if end is None:
        return None
    head, tail = name[: end.start()], end.group()
    for length in range(len(head) - 1, _LEAST_HEAD - 1, -1):
        if fits(f"{head[:length]}…{tail}"):
            return f"{head[:length]}…{tail}"
    return None
