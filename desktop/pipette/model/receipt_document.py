"""The form of a delivery receipt: one JSON document, and CSV and ``md5sum`` lists made from it.

A receipt is a record, not a screen: its few sentences and column names belong to it, are covered by
its fingerprint, and read the same in every language and version of the program. Hence they stand
here and not with the words of the window.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import starmap
from typing import cast

from pipette.model.account import Account
from pipette.model.parts import Proof
from pipette.model.transfer import BatchSnapshot, Direction, FileSnapshot, State

FORM = "pipette-receipt-1"
"""Names the form of the document; a changed form gets another number."""

FINGERPRINT = "fingerprint_sha256"
WATERMARK = "DEMO: a practice place on this computer. Nothing was delivered anywhere."

Json = str | int | float | bool | None | Sequence["Json"] | Mapping[str, "Json"]
Document = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Recheck:
    """One later comparison with the platform, as counts by outcome."""

    at: float
    outcome: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ReceiptFacts:
    """What a receipt tells beside the batch and its files."""

    app_version: str
    account: Account
    computer: str
    made_at: float
    checks: Sequence[Recheck] = ()
    zone: tzinfo | None = None
    """Zone of the times; None for that of this computer."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How the files of a batch ended. ``found`` is the sum of all others."""

    whole_file: int = 0
    every_part: int = 0
    size_only: int = 0
    not_checked: int = 0
    imported: int = 0
    """The platform refers to them; nothing was copied or compared."""
    failed: int = 0
    needs_you: int = 0
    skipped: int = 0
    left_out: int = 0
    cancelled: int = 0
    unfinished: int = 0

    @property
    def proven(self) -> int:
        return self.whole_file + self.every_part

    @property
    def arrived(self) -> int:
        return self.proven + self.size_only + self.not_checked + self.imported

    @property
    def missing(self) -> int:
        return self.failed + self.needs_you + self.cancelled + self.unfinished

    @property
    def found(self) -> int:
        return self.arrived + self.missing + self.skipped + self.left_out


def counts_of(files: Iterable[FileSnapshot]) -> Counts:
    return Counts(**Counter(_ending(file) for file in files))


def _ending(file: FileSnapshot) -> str:
    if file.state in {State.VERIFIED, State.SIZE_MATCHED, State.UNPROVEN}:
        return _PROVEN_AS[file.proof]
    return _OTHER_ENDINGS.get(file.state, "unfinished")


_PROVEN_AS = {
    Proof.WHOLE_FILE: "whole_file",
    Proof.EVERY_PART: "every_part",
    Proof.SIZE_ONLY: "size_only",
    Proof.NONE: "not_checked",
}
_OTHER_ENDINGS = {
    State.IMPORTED: "imported",
    State.FAILED: "failed",
    State.NEEDS_YOU: "needs_you",
    State.NEEDS_SIGN_IN: "needs_you",
    State.SKIPPED: "skipped",
    State.LEFT_OUT: "left_out",
    State.CANCELLED: "cancelled",
}


def headline(counts: Counts, direction: Direction = Direction.UPLOAD) -> str:
    """The one sentence above a receipt. It never promises more than the weakest proof among them."""
    tried = counts.arrived + counts.missing
    if direction is Direction.IMPORT and tried:
        return _import_headline(counts, tried)
    if not tried:
        return "Nothing had to be sent" if counts.found else "No files were found"
    if counts.missing:
        return f"{counts.arrived:,} of {_files(tried)} arrived; {counts.missing:,} did not"
    all_of_them = f"All {tried:,} files" if tried > 1 else "The file"
    if counts.proven == tried:
        return f"{all_of_them} arrived intact"
    return f"{all_of_them} arrived; {_proofs(counts)}"


def _import_headline(counts: Counts, tried: int) -> str:
    if counts.missing:
        rows = "1 row" if tried == 1 else f"{tried:,} rows"
        return f"{counts.arrived:,} of {rows} imported; {counts.missing:,} were not"
    return f"All {tried:,} rows imported" if tried > 1 else "The row was imported"


def _proofs(counts: Counts) -> str:
    told = (
        (counts.proven, "proven by checksum"),
        (counts.size_only, "by size only"),
        (counts.not_checked, "not checked yet"),
    )
    return ", ".join(f"{count:,} {words}" for count, words in told if count)


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count:,} files"


def receipt_document(
    batch: BatchSnapshot, files: Sequence[FileSnapshot], facts: ReceiptFacts
) -> Document:
    """The receipt of a batch as it stands, with its fingerprint."""
    counts = counts_of(files)
    document: Document = {
        "form": FORM,
        "number": batch.id,
        "demo": WATERMARK if facts.account.demo else None,
        "headline": headline(counts, batch.direction),
        "direction": batch.direction.value,
        "app": f"Pipette {facts.app_version}",
        "computer": facts.computer,
        "operator": batch.options.operator or None,
        "account": _account(facts.account),
        "from": str(batch.place) if batch.direction is Direction.DOWNLOAD else batch.local,
        "to": batch.local if batch.direction is Direction.DOWNLOAD else str(batch.place),
        "if_exists": batch.options.if_exists.value,
        "started": _time(batch.created_at, facts.zone),
        "finished": _time(batch.finished_at, facts.zone),
        "made": _time(facts.made_at, facts.zone),
        "counts": _counts(counts, files),
        "bytes": _bytes(batch, files),
        "checks": [_check(check, facts.zone) for check in facts.checks],
        "files": [_file(file, facts.zone) for file in files],
    }
    document[FINGERPRINT] = fingerprint(document)
    return document


def fingerprint(document: Mapping[str, Json]) -> str:
    """SHA-256 of the document without its fingerprint, whatever the order and spacing of its text."""
    content = {name: value for name, value in document.items() if name != FINGERPRINT}
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def is_unedited(document: Mapping[str, Json]) -> bool:
    """False when anything in a saved receipt is not as it was made. Raises nothing."""
    return document.get(FINGERPRINT) == fingerprint(document)


def json_text(document: Mapping[str, Json]) -> str:
    """Names of files that are no proper text keep their escapes, so that any reader takes it."""
    return "{\n" + ",\n".join(starmap(_member, document.items())) + "\n}\n"


def _member(name: str, value: Json) -> str:
    """A line, and one for each item of a list: with ``indent`` very many files take seconds."""
    if not isinstance(value, list) or not value:
        return f"  {json.dumps(name)}: {json.dumps(value)}"
    items = ",\n".join(f"    {json.dumps(item)}" for item in value)
    return f"  {json.dumps(name)}: [\n{items}\n  ]"


CSV_COLUMNS = (
    "name",
    "source",
    "place",
    "id",
    "size",
    "state",
    "proof",
    "md5_here",
    "checksum_there",
    "checksum_kind",
    "checked",
    "renamed_to",
    "reason",
    "attempts",
    "reused_parts",
)


def csv_text(document: Mapping[str, Json]) -> str:
    """One row a file, under a row of column names. Cells that a spreadsheet could run are quoted."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    extra = ("demo",) if document.get("demo") else ()
    writer.writerow((*CSV_COLUMNS, *extra))
    for file in _rows(document):
        cells = [_harmless(file.get(column)) for column in CSV_COLUMNS]
        writer.writerow([*cells, *("DEMO" for _ in extra)])
    # A lone half of a surrogate pair is how undecodable file names are kept; no file takes it.
    return out.getvalue().encode("utf-8", "backslashreplace").decode("utf-8")


def md5sum_text(document: Mapping[str, Json]) -> str:
    """The list that ``md5sum --check`` takes, of the files that arrived with a known MD5."""
    lines = (_md5_line(file) for file in _rows(document) if file.get("md5_here"))
    return "".join(lines).encode("utf-8", "backslashreplace").decode("utf-8")


def _rows(document: Mapping[str, Json]) -> Sequence[Mapping[str, Json]]:
    return cast("Sequence[Mapping[str, Json]]", document.get("files") or ())


def _harmless(value: Json) -> str:
    text = "" if value is None else str(value)
    if text.startswith(("\t", "\r", "\n")) or text.lstrip().startswith(("=", "+", "-", "@")):
        return f"'{text}"
    return text


def _md5_line(file: Mapping[str, Json]) -> str:
    name = str(file["name"])
    if not any(char in name for char in "\\\n\r"):
        return f"{file['md5_here']}  {name}\n"
    escaped = name.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return f"\\{file['md5_here']}  {escaped}\n"


def _account(account: Account) -> Document:
    return {
        "name": account.name,
        "kind": account.kind,
        "url": account.url or None,
        "region": account.region or None,
        "who": account.who or None,
        "who_id": account.who_id or None,
    }


def _counts(counts: Counts, files: Sequence[FileSnapshot]) -> Document:
    return {
        "found": counts.found,
        "arrived": counts.arrived,
        "whole_file": counts.whole_file,
        "every_part": counts.every_part,
        "size_only": counts.size_only,
        "not_checked": counts.not_checked,
        "imported": counts.imported,
        "failed": counts.failed,
        "needs_you": counts.needs_you,
        "cancelled": counts.cancelled,
        "unfinished": counts.unfinished,
        "skipped": counts.skipped,
        "left_out": counts.left_out,
        "renamed": sum(1 for file in files if file.renamed_to),
    }


def _bytes(batch: BatchSnapshot, files: Sequence[FileSnapshot]) -> Document:
    arrived = (file.size for file in files if _ending(file) in _PROVEN_AS.values())
    return {"arrived": sum(arrived), "sent": batch.sent_bytes}


def _check(check: Recheck, zone: tzinfo | None) -> Document:
    return {"at": _time(check.at, zone), **check.outcome}


def _file(file: FileSnapshot, zone: tzinfo | None) -> Document:
    arrived = _ending(file) in _PROVEN_AS.values()
    return {
        "name": file.name,
        "source": file.source,
        "place": file.target,
        "id": file.remote_id,
        "size": file.size,
        "state": file.state.value,
        "proof": file.proof.value if arrived else Proof.NONE.value,
        "md5_here": file.md5,
        "checksum_there": file.etag,
        "checksum_kind": _checksum_kind(file),
        "checked": _time(file.finished_at, zone) if arrived else None,
        "renamed_to": file.renamed_to,
        "reason": file.problem.kind if file.problem else None,
        "attempts": file.attempts,
        "reused_parts": file.reused_parts,
    }


def _checksum_kind(file: FileSnapshot) -> str | None:
    """``md5`` of the whole, ``composite`` of the parts, or ``opaque``: some value of the platform's."""
    if not file.etag:
        return None
    if file.md5 is not None and file.etag.lower() == file.md5:
        return "md5"
    return "composite" if "-" in file.etag else "opaque"


def _time(seconds: float | None, zone: tzinfo | None) -> str | None:
    if seconds is None:
        return None
    moment = datetime.fromtimestamp(seconds, zone)
    return (moment if zone else moment.astimezone()).isoformat(timespec="seconds")
