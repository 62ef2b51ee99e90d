"""Reads a receipt document into the values its view shows. Pure; the document is never changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipette.model.parts import Proof
from pipette.model.receipt_document import FINGERPRINT, Json, is_unedited
from pipette.model.transfer import Direction
from pipette.ui import figures
from pipette.ui.details_words import Fact
from pipette.ui.tokens import Tone

Document = Mapping[str, Json]

_PROOF_COUNTS = (
    (Proof.EVERY_PART, "every_part", "every part matched"),
    (Proof.WHOLE_FILE, "whole_file", "whole file matched"),
    (Proof.SIZE_ONLY, "size_only", "size only"),
    (Proof.NONE, "not_checked", "not checked yet"),
)
_TALLY = (
    ("failed", "failed"),
    ("needs_you", "not decided"),
    ("cancelled", "cancelled"),
    ("unfinished", "unfinished"),
    ("skipped", "skipped"),
    ("left_out", "left out"),
    ("renamed", "renamed"),
)


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """One file of a receipt."""

    name: str
    size: int
    md5_here: str
    checksum_there: str
    proof: Proof
    state: str
    checked: str
    """Time of day, "" where nothing was checked."""
    reason: str
    """Why it is not there, as a kind of error; "" when it is."""

    @property
    def arrived(self) -> bool:
        return self.state in {"verified", "size-matched", "unproven"}


def lines_of(document: Document) -> list[ReceiptLine]:
    files = document.get("files")
    rows = files if isinstance(files, Sequence) and not isinstance(files, str) else ()
    return [_line(row) for row in rows if isinstance(row, Mapping)]


def headline_tone(document: Document) -> Tone:
    """Green only when every file that should be there is proven by checksum."""
    counts = _counts(document)
    missing = sum(_number(counts, name) for name in ("failed", "needs_you", "unfinished"))
    if missing:
        return Tone.ERR
    weak = sum(
        _number(counts, name) for name in ("size_only", "not_checked", "imported", "cancelled")
    )
    return Tone.WARN if weak or not _number(counts, "arrived") else Tone.OK


def headline_text(document: Document) -> str:
    """The sentence below the headline."""
    if document.get("direction") == Direction.IMPORT.value:
        return "The platform refers to these files; nothing was copied, so nothing was compared."
    match headline_tone(document):
        case Tone.OK:
            return "Each file was compared with the copy on the platform by checksum."
        case Tone.WARN:
            return "Not every copy could be compared by checksum; the list says which."
    return "The list says which files are missing, and why."


def proof_counts(document: Document) -> list[tuple[Proof, str]]:
    """``33 every part matched`` and its like, in the order of the receipt."""
    counts = _counts(document)
    return [
        (proof, f"{figures.number(_number(counts, name))} {said}")
        for proof, name, said in _PROOF_COUNTS
        if _number(counts, name) or proof is not Proof.NONE
    ]


def who_and_where(document: Document) -> list[Fact]:
    account = document.get("account")
    who = account.get("who") if isinstance(account, Mapping) else None
    sender = ", ".join(str(name) for name in (document.get("operator"), who) if name)
    computer = document.get("computer")
    source = f"{computer}, {document.get('from')}" if computer else str(document.get("from"))
    return [
        Fact("Sent by", sender or "not named"),
        Fact("From", source),
        Fact("To", str(document.get("to") or "")),
    ]


def times(document: Document) -> list[Fact]:
    checks = document.get("checks")
    last = checks[-1] if isinstance(checks, Sequence) and checks else None
    again = last.get("at") if isinstance(last, Mapping) else None
    facts = [
        Fact("Started", _moment(document.get("started"))),
        Fact("Finished", _moment(document.get("finished"))),
    ]
    return facts + ([Fact("Checked again", _moment(again))] if again else [])


def tallies(document: Document) -> list[Fact]:
    """Counts that add up to what was found."""
    counts = _counts(document)
    told = [f"{figures.number(_number(counts, 'arrived'))} arrived"]
    told += [
        f"{figures.number(_number(counts, name))} {said}"
        for name, said in _TALLY
        if _number(counts, name)
    ]
    sizes = document.get("bytes")
    arrived = _number(sizes, "arrived") if isinstance(sizes, Mapping) else 0
    return [
        Fact("Found", figures.plural(_number(counts, "found"), "file")),
        Fact("Files", ", ".join(told)),
        Fact("Size", figures.exact_bytes(arrived)),
    ]


def check_lines(document: Document) -> list[str]:
    """One dated line for each later comparison with the platform."""
    checks = document.get("checks")
    if not isinstance(checks, Sequence) or isinstance(checks, str):
        return []
    return [_check_line(check) for check in checks if isinstance(check, Mapping)]


def fingerprint_words(document: Document) -> str:
    if not is_unedited(document):
        return "This receipt was changed after it was made. Do not rely on it."
    digest = str(document.get(FINGERPRINT))
    groups = " ".join(digest[start : start + 4] for start in (0, 4))
    return f"Fingerprint SHA-256 {groups} … {digest[-4:]}. Pipette can tell if a copy was edited."


def as_text(document: Document) -> str:
    """The head of the receipt for the clipboard."""
    facts = [*who_and_where(document), *times(document), *tallies(document)]
    counted = [said for _proof, said in proof_counts(document)]
    head = [f"Delivery receipt {document.get('number')}", str(document.get("headline") or "")]
    demo = [str(document["demo"])] if document.get("demo") else []
    return "\n".join([*head, *demo, *(f"{f.label}: {f.text}" for f in facts), *counted])


def _line(row: Mapping[str, Json]) -> ReceiptLine:
    proof = str(row.get("proof") or Proof.NONE.value)
    known = {member.value: member for member in Proof}
    return ReceiptLine(
        name=str(row.get("name") or ""),
        size=_number(row, "size"),
        md5_here=str(row.get("md5_here") or ""),
        checksum_there=str(row.get("checksum_there") or ""),
        proof=known.get(proof, Proof.NONE),
        state=str(row.get("state") or ""),
        checked=_clock(row.get("checked")),
        reason=str(row.get("reason") or ""),
    )


def _check_line(check: Mapping[str, Json]) -> str:
    outcome = ", ".join(
        f"{value} {name.replace('_', ' ').replace('-', ' ')}"
        for name, value in check.items()
        if name != "at" and value
    )
    return f"{_moment(check.get('at'))}: {outcome or 'no answer'}"


def _counts(document: Document) -> Mapping[str, Json]:
    counts = document.get("counts")
    return counts if isinstance(counts, Mapping) else {}


def _number(values: Mapping[str, Json], name: str) -> int:
    value = values.get(name)
    return value if isinstance(value, int) else 0


def _moment(written: Json) -> str:
    return figures.exact_moment(_seconds(written)) if written else "not yet"


def _clock(written: Json) -> str:
    return f"{datetime.fromtimestamp(_seconds(written)):%H:%M:%S}" if written else ""


def _seconds(written: Json) -> float:
    return datetime.fromisoformat(str(written)).timestamp()
