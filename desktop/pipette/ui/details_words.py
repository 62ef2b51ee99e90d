"""What the details panel says about parts, checks and routes. No Qt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from pipette.model.files import Location
from pipette.model.parts import Part, Proof, part_at
from pipette.model.transfer import BatchSnapshot, Direction, FileSnapshot, PartMap, State
from pipette.ui import figures, words
from pipette.ui.aliquot import CellKind, kind_of_parts

PartErrors = Sequence[tuple[int, int, str]]
"""(part number, tries, last error kind), as in ``Details.part_errors``."""

_CHECK_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "md5": "MD5 of the whole file",
        "composite": "Worked out from the parts",
        "crc64nvme": "CRC-64/NVME",
        "size": "Size",
    }
)


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of the grids in the panel."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class PartNote:
    """What the card under the plate says of the chosen well."""

    title: str
    text: str
    kind: CellKind


def check_name(what: str) -> str:
    """``md5`` and its like as people read them; other names are shown as they are."""
    return _CHECK_NAMES.get(what, what)


def match_words(here: str, there: str) -> str:
    if not here or not there:
        return "Nothing to compare yet" if here or there else "Not known yet"
    return "They match" if here == there else "They differ"


def route_words(row: FileSnapshot | BatchSnapshot) -> str:
    """``Sending to archive › runs › …/fastq`` or the way back."""
    if row.direction is Direction.UPLOAD:
        verb = "Sent to" if row.state.is_final else "Sending to"
        return f"{verb} {_target_words(row)}"
    if row.direction is Direction.IMPORT:
        verb = "Imported into" if row.state.is_final else "Importing into"
        return f"{verb} {_target_words(row)}"
    verb = "Fetched from" if row.state.is_final else "Fetching from"
    return f"{verb} {_origin_words(row)}"


def parts_words(parts: PartMap, per_well: int) -> str:
    """``1,160 parts of 33.3 MB. One well holds 4 parts.``"""
    count = f"{figures.plural(parts.count, 'part')} of {figures.size(parts.part_size)}."
    if parts.count == 1:
        return "Sent in one piece."
    return count if per_well == 1 else f"{count} One well holds {per_well} parts."


def part_note(
    file: FileSnapshot, well: str, span: tuple[int, int], errors: PartErrors, now: float
) -> PartNote:
    """About the parts ``span`` (first and last) of a well called ``well``."""
    parts = file.parts or PartMap(1, file.size)
    first, last = span
    which = f"part {first}" if first == last else f"parts {first} to {last}"
    kind = kind_of_parts(parts, first, last)
    troubled = [error for error in errors if first <= error[0] <= last]
    told = [_trouble_words(file, parts, error, now) for error in troubled]
    told += [_safe_words(parts, span, {number for number, _, _ in troubled})]
    told += [_range_words(file, parts, span)]
    return PartNote(f"Well {well}: {which}", " ".join(line for line in told if line), kind)


def part_state_words(parts: PartMap, number: int) -> str:
    """One word for one part, for the list."""
    return _PART_WORDS[kind_of_parts(parts, number, number)]


def part_range_words(file: FileSnapshot, parts: PartMap, number: int) -> str:
    part = part_at(number, file.size, parts.part_size)
    return _bytes_words(part, part)


def checks_so_far(file: FileSnapshot) -> list[Fact]:
    """Only what is known; nothing is called checked that was not."""
    facts = [Fact("Receipts", _receipts_words(file)), Fact("File on disk", _disk_words(file))]
    facts.append(Fact("Whole file MD5", _md5_words(file)))
    if file.state.is_final:
        facts.append(Fact("Proof", words.PROOF_WORDS[file.proof]))
    if file.reused_parts:
        facts.append(Fact("Found there", figures.plural(file.reused_parts, "part")))
    return facts


def batch_facts(batch: BatchSnapshot) -> list[Fact]:
    """The totals of a batch; the numbers of files add up to the first line."""
    facts = [Fact("Files", figures.number(batch.files))]
    facts += [Fact(_COUNT_WORDS[state], figures.number(count)) for state, count in batch.counts]
    facts.append(Fact("Size", figures.exact_bytes(batch.size)))
    facts.append(Fact("Arrived", figures.exact_bytes(batch.arrived)))
    if batch.sent_bytes > batch.arrived:
        again = figures.size(batch.sent_bytes - batch.arrived)
        facts.append(Fact("Sent more than once", again))
    facts.append(Fact("Same name there", words.RULE_WORDS[batch.options.if_exists]))
    if batch.options.operator:
        facts.append(Fact("Sent by", batch.options.operator))
    return facts


_PART_WORDS = {
    CellKind.ARRIVED: "Arrived",
    CellKind.GOING: "Going",
    CellKind.RETRYING: "Retrying",
    CellKind.FAILED: "Failed",
    CellKind.TO_GO: "To go",
}

_COUNT_WORDS: Mapping[State, str] = MappingProxyType(
    {
        State.CHECKING: "Being checked",
        State.WAITING: "Waiting",
        State.SUBMITTED: "Submitted",
        State.RESOLVING: "Being looked up",
        State.MOVING: "Under way",
        State.RETRYING: "Retrying",
        State.SLOWED: "Asked to wait",
        State.NO_NETWORK: "Without network",
        State.NEEDS_SIGN_IN: "Need sign-in",
        State.NEEDS_YOU: "Need you",
        State.PAUSED: "Paused",
        State.FINISHING: "Being put together",
        State.VERIFYING: "Being verified",
        State.VERIFIED: "Verified",
        State.SIZE_MATCHED: "Size matched",
        State.UNPROVEN: "Not checked yet",
        State.IMPORTED: "Imported",
        State.FAILED: "Failed",
        State.SKIPPED: "Skipped",
        State.LEFT_OUT: "Left out",
        State.CANCELLED: "Cancelled",
    }
)


def _target_words(row: FileSnapshot | BatchSnapshot) -> str:
    if isinstance(row, BatchSnapshot):
        return words.place_words(row.place)
    return _place_of_file(row.target)


def _origin_words(row: FileSnapshot | BatchSnapshot) -> str:
    if isinstance(row, BatchSnapshot):
        return words.place_words(row.place)
    return _place_of_file(row.source)


def _place_of_file(written: str) -> str:
    return words.place_words(Location.parse(written).parent)


def _trouble_words(
    file: FileSnapshot, parts: PartMap, error: tuple[int, int, str], now: float
) -> str:
    number, tries, kind = error
    size = figures.size(part_at(number, file.size, parts.part_size).length)
    reason = words.short_words(kind).lower()
    told = f"Part {number} ({size}): {reason}."
    if parts.arrived >> (number - 1) & 1:
        return f"{told} It arrived at try {tries + 1}."
    wait = (file.retry_at or 0.0) - now
    again = f" in {figures.countdown(wait)}" if wait > 0 else ""
    if parts.failed >> (number - 1) & 1:
        return f"{told} Given up after {figures.plural(tries, 'try', 'tries')}."
    return f"{told} {figures.ordinal(tries + 1)} try{again}."


def _safe_words(parts: PartMap, span: tuple[int, int], troubled: set[int]) -> str:
    numbers = [number for number in range(span[0], span[1] + 1) if number not in troubled]
    safe = sum(parts.arrived >> (number - 1) & 1 for number in numbers)
    if not numbers or not safe:
        return ""
    others = "other " if troubled else ""
    if safe == len(numbers):
        one = f"The {others}part is safe." if others else "Arrived."
        many = f"The {others}{safe} parts are safe." if others else f"All {safe} arrived."
        return one if safe == 1 else many
    return f"{safe} of {len(numbers)} {others}parts arrived."


def _range_words(file: FileSnapshot, parts: PartMap, span: tuple[int, int]) -> str:
    first = part_at(span[0], file.size, parts.part_size)
    last = part_at(span[1], file.size, parts.part_size)
    return f"Bytes {_bytes_words(first, last)}."


def _bytes_words(first: Part, last: Part) -> str:
    if not last.length:
        return "none, the file is empty"
    end = last.offset + last.length
    return f"{figures.number(first.offset + 1)} to {figures.number(end)}"


def _receipts_words(file: FileSnapshot) -> str:
    if file.parts is None:
        whole = file.arrived == file.size and file.state.is_final
        return "1 of 1 part" if whole else "0 of 1 part"
    arrived = figures.number(file.parts.arrived.bit_count())
    return f"{arrived} of {figures.plural(file.parts.count, 'part')}"


def _disk_words(file: FileSnapshot) -> str:
    if file.direction is Direction.IMPORT:
        return "none: the platform refers to it"
    if file.direction is Direction.DOWNLOAD:
        return (
            "complete" if file.state.is_final and file.proof is not Proof.NONE else "in the making"
        )
    if file.problem is not None and file.problem.kind in {"SourceChanged", "SourceMissing"}:
        return words.short_words(file.problem.kind).lower()
    if file.arrived or file.moving:
        return "unchanged so far (size and time)"
    return "not looked at yet"


def _md5_words(file: FileSnapshot) -> str:
    if file.md5:
        return file.md5
    if file.state.is_final:
        return "not worked out"
    return "worked out while it moves" if file.arrived or file.moving else "not begun"
