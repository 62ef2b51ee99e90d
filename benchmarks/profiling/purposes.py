"""What a moment of Pipette's time was spent for, read from the functions that were running."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

OTHER = "anything else"
IMPORTING = "importing modules"
WAITING = "waiting"
"""For work, for a socket, or for the interpreter; a thread in it is seen now and then as it wakes."""
_WAITS = re.compile(r"wait\w* \(.*threading|SystemClock\.wait|Readiness\.wait|Engine\._carry_out")
_IMPORTS = "_find_and_load"
_PURPOSES = (
    (r"awscrt/checksums", "CRC-64 of a part"),
    (r"_hash_\w+ \(.*engine/wholehash", "MD5 of the whole file"),
    (r"engine/wholehash", "reading again for the MD5"),
    (r"engine/digests", "MD5 of a part"),
    (r"engine/bodies", "opening, reading and writing files"),
    (r"_send\w* \(.*engine/connection", "sending"),
    (r"engine/(connection|replies)", "receiving"),
    (r"engine/(sender|calls|framing|flow|lines|pace|meter|throttle)", "putting requests together"),
    (r"providers/sigv4|hmac", "signing"),
    (r"engine/journal_reader", "reading the journal"),
    (r"engine/(journal|scribe|memory)", "writing the journal"),
    (r"engine/(scan|plan)", "finding and planning files"),
    (r"engine/home", "looking for orders of other processes"),
    (r"botocore|providers/s3_(client|listing|uploads|conduct)", "control calls by botocore"),
    (r"providers/", "what the adapter decides"),
    (r"model/receipt_document|wiring", "writing the receipt"),
    (r"pipette/cli", "telling the person"),
    (r"engine/(pool|dispatch|errand|jobs|perform)", "handing work to threads and back"),
    (r"pipette/engine/", "the queue's own decisions"),
)
_KNOWN = tuple((re.compile(pattern), purpose) for pattern, purpose in _PURPOSES)


@dataclass(frozen=True, slots=True)
class Sample:
    """Functions from the outermost to the innermost, and how often just they were seen."""

    frames: Sequence[str]
    count: int

    @property
    def purpose(self) -> str:
        if _WAITS.search(self.frames[-1]):
            return WAITING
        if any(_IMPORTS in frame for frame in self.frames):
            return IMPORTING
        for frame in reversed(self.frames):
            for pattern, purpose in _KNOWN:
                if pattern.search(frame):
                    return purpose
        return OTHER


def by_purpose(samples: Sequence[Sample]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for sample in samples:
        counts[sample.purpose] += sample.count
    return counts


def by_function(samples: Sequence[Sample]) -> Counter[str]:
    """By the innermost function, without its line."""
    counts: Counter[str] = Counter()
    for sample in samples:
        counts[re.sub(r":\d+\)$", ")", sample.frames[-1])] += sample.count
    return counts


def by_thread(samples: Sequence[Sample]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for sample in samples:
        named = re.search(r"thread \(\w+\): ([A-Za-z]+)", sample.frames[0])
        counts[named.group(1) if named else "workers"] += sample.count
    return counts


def parse(text: str) -> list[Sample]:
    """Lines as py-spy writes them: functions parted by semicolons, a blank, a number."""
    samples = []
    for line in text.splitlines():
        stack, _, count = line.rpartition(" ")
        samples.append(Sample(stack.split(";"), int(count)))
    return samples
