"""The rows of a DRS manifest, checked one by one before anything is sent.

A row that cannot be imported is set aside with its reason; it never stops the others. Rows that were
refused, here or by the service, can be written as a new manifest that reads back the same.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from pipette.model.drs_table import OURS, Role, Table, TableRow, guessed_roles, harmless
from pipette.model.transfer import IfExists

LONGEST_ADDRESS = 2048
LONGEST_NAME = 255
LONGEST_KEY_BYTES = 100
LONGEST_VALUE_BYTES = 300
MOST_PAIRS = 1000


class Fault(Enum):
    """Why a row was set aside. The value is the kind of problem under which the queue keeps it."""

    NO_ADDRESS = "drs-no-address"
    ADDRESS = "drs-address"
    TWO_TARGETS = "drs-two-targets"
    PROJECT = "drs-project"
    FOLDER = "drs-folder"
    NAME = "drs-name"
    NAME_LENGTH = "drs-name-length"
    KEY_LENGTH = "drs-key-length"
    VALUE_LENGTH = "drs-value-length"
    PAIRS = "drs-pairs"
    CELLS = "drs-cells"
    DOUBLE = "drs-double"
    SAME_NAME = "drs-same-name"


FAULTS = frozenset(fault.value for fault in Fault)


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """One row; with a ``fault`` it is not sent. ``detail`` is what the fault is about."""

    number: int
    uri: str
    name: str = ""
    project: str = ""
    parent: str = ""
    metadata: tuple[tuple[str, str], ...] = ()
    fault: Fault | None = None
    detail: str = ""

    @property
    def label(self) -> str:
        """What to call it before the service told a name."""
        if self.name:
            return self.name.replace("/", "_")
        last = re.split(r"[/:]", self.uri.rstrip("/"))[-1]
        return last or f"row {self.number}"


@dataclass(frozen=True, slots=True)
class Manifest:
    name: str
    rows: tuple[ManifestRow, ...]

    @property
    def fine(self) -> tuple[ManifestRow, ...]:
        return tuple(row for row in self.rows if row.fault is None)

    @property
    def set_aside(self) -> tuple[ManifestRow, ...]:
        return tuple(row for row in self.rows if row.fault is not None)


@dataclass(frozen=True, slots=True)
class Checks:
    """What rows are measured by."""

    rule: IfExists = IfExists.SKIP
    container_segments: int = 2
    """How many segments name a project at this service."""
    project: str = ""
    """Where rows without a target of their own go, if that is the top of a project."""


def read_manifest(name: str, table: Table, checks: Checks) -> Manifest:
    """With the columns as they seem to be."""
    return checked(name, table, guessed_roles(table), checks)


def checked(name: str, table: Table, roles: Sequence[Role], checks: Checks) -> Manifest:
    """Every row of the table, in order, with its fault if it has one. ``roles`` is one a column."""
    judge = _Judge(checks)
    rows = (_row_of(cells, table.headings, roles) for cells in table.rows)
    return Manifest(name, tuple(judge.judged(row) for row in rows))


def _row_of(cells: TableRow, headings: Sequence[str], roles: Sequence[Role]) -> ManifestRow:
    by_role: dict[Role, str] = {}
    pairs: list[tuple[str, str]] = []
    for heading, role, text in zip(headings, roles, cells.cells, strict=False):
        if role is Role.METADATA and text:
            pairs.append((heading, text))
        elif role is not Role.METADATA:
            by_role[role] = text
    row = ManifestRow(
        number=cells.number,
        uri=_address(by_role.get(Role.ADDRESS, "")),
        name=by_role.get(Role.NAME, ""),
        project=by_role.get(Role.PROJECT, "").strip("/"),
        parent=by_role.get(Role.PARENT, ""),
        metadata=tuple(pairs),
    )
    extra = " ".join(cells.cells[len(headings) :]).strip()
    return replace(row, fault=Fault.CELLS, detail=extra) if extra else row


def _address(text: str) -> str:
    """The scheme is the same in capitals."""
    return f"drs:{text[4:]}" if text[:4].lower() == "drs:" else text


@dataclass(slots=True)
class _Judge:
    """Goes through the rows in order: of two that are the same, the second is at fault."""

    checks: Checks
    _addresses: dict[tuple[str, str], int] = field(default_factory=dict)
    _names: dict[tuple[str, str], int] = field(default_factory=dict)

    def judged(self, row: ManifestRow) -> ManifestRow:
        if row.fault:
            return row
        found = _fault_of(row, self.checks) or self._repeated(row)
        return replace(row, fault=found[0], detail=found[1]) if found else row

    def _repeated(self, row: ManifestRow) -> tuple[Fault, str] | None:
        target = (row.parent or row.project or self.checks.project).lower()
        first = self._addresses.setdefault((row.uri, target), row.number)
        if first != row.number:
            return Fault.DOUBLE, str(first)
        if not row.name or self.checks.rule is IfExists.KEEP_BOTH:
            return None
        first = self._names.setdefault((row.name, target), row.number)
        return (Fault.SAME_NAME, str(first)) if first != row.number else None


def _fault_of(row: ManifestRow, checks: Checks) -> tuple[Fault, str] | None:
    """Of the row by itself."""
    if not row.uri:
        return Fault.NO_ADDRESS, ""
    if len(row.uri) > LONGEST_ADDRESS or not is_address(row.uri):
        return Fault.ADDRESS, row.uri[:LONGEST_ADDRESS]
    if row.project and row.parent:
        return Fault.TWO_TARGETS, f"{row.project}, {row.parent}"
    if row.project and not _is_project(row.project, checks.container_segments):
        return Fault.PROJECT, row.project
    if row.parent and not _FOLDER_ID.fullmatch(row.parent):
        return Fault.FOLDER, row.parent
    return _name_fault(row.name) or _metadata_fault(row.metadata)


def is_address(text: str) -> bool:
    """``drs://host/id``, or the compact form ``drs://prefix:id``."""
    return _HOSTED.fullmatch(text) is not None or _COMPACT.fullmatch(text) is not None


_ID = r"[A-Za-z0-9._~:/?#@!$&()*+,;=%\-]+"
_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9.\-]*[A-Za-z0-9])?"
_HOSTED = re.compile(rf"drs://{_HOST}(?::[0-9]{{1,5}})?/{_ID}")
_COMPACT = re.compile(rf"drs://[A-Za-z0-9][A-Za-z0-9._]*:(?!/){_ID}")
_FOLDER_ID = re.compile(r"[A-Za-z0-9_\-]{1,64}")


def _is_project(text: str, segments: int) -> bool:
    parts = text.split("/")
    return len(parts) == segments and all(part and part == part.strip() for part in parts)


def _name_fault(name: str) -> tuple[Fault, str] | None:
    if len(name) > LONGEST_NAME:
        return Fault.NAME_LENGTH, str(len(name))
    if "/" in name or name in {".", ".."} or not name.isprintable():
        return Fault.NAME, name
    return None


def _metadata_fault(pairs: Sequence[tuple[str, str]]) -> tuple[Fault, str] | None:
    if len(pairs) > MOST_PAIRS:
        return Fault.PAIRS, str(len(pairs))
    for key, value in pairs:
        if len(key.encode()) > LONGEST_KEY_BYTES:
            return Fault.KEY_LENGTH, key
        if len(value.encode()) > LONGEST_VALUE_BYTES:
            return Fault.VALUE_LENGTH, key
    return None


# Lists to keep


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of a row, in the words of the journal."""

    row: ManifestRow
    state: str
    reason: str = ""
    detail: str = ""
    place: str = ""
    file_id: str = ""
    size: int | None = None
    files: int = 0


def refused_text(rows: Iterable[tuple[ManifestRow, str, str]]) -> str:
    """A manifest of these rows, each with reason and detail, that can be run again once mended."""
    listed = list(rows)
    extra = [
        {f"{OURS}row": str(row.number), f"{OURS}reason": reason, f"{OURS}detail": detail}
        for row, reason, detail in listed
    ]
    return _csv([row for row, _, _ in listed], extra)


def result_text(results: Sequence[RowResult]) -> str:
    """The original columns and what came out."""
    return _csv([result.row for result in results], [_outcome(result) for result in results])


def _outcome(result: RowResult) -> Mapping[str, str]:
    return {
        f"{OURS}row": str(result.row.number),
        f"{OURS}state": result.state,
        f"{OURS}reason": result.reason,
        f"{OURS}detail": result.detail,
        f"{OURS}place": result.place,
        f"{OURS}file_id": result.file_id,
        f"{OURS}size": "" if result.size is None else str(result.size),
        f"{OURS}files": str(result.files or ""),
    }


def _csv(rows: Sequence[ManifestRow], extra: Sequence[Mapping[str, str]]) -> str:
    """Cells that a spreadsheet would run are made harmless; reading undoes that."""
    ours = list(dict.fromkeys(key for cells in extra for key in cells))
    keys = list(dict.fromkeys(key for row in rows for key, _ in row.metadata))
    fixed = [
        role
        for role in (Role.NAME, Role.PROJECT, Role.PARENT)
        if any(_cell(row, role) for row in rows)
    ]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    heading = [Role.ADDRESS.value, *(role.value for role in fixed), *keys, *ours]
    writer.writerow([harmless(text) for text in heading])
    for row, cells in zip(rows, extra, strict=True):
        values = dict(row.metadata)
        line = [row.uri, *(_cell(row, role) for role in fixed)]
        line += [values.get(key, "") for key in keys]
        line += [cells.get(key, "") for key in ours]
        writer.writerow([harmless(text) for text in line])
    return out.getvalue()


def _cell(row: ManifestRow, role: Role) -> str:
    return {Role.NAME: row.name, Role.PROJECT: row.project, Role.PARENT: row.parent}[role]
