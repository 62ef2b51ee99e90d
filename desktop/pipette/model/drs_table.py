"""A manifest as it stands in the file: rows of cells, and what each column seems to hold.

Whatever a spreadsheet, a portal or a clipboard gives is read: CSV and TSV in the usual encodings,
with or without headings, and plain lists of addresses. Nothing is judged here.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum

DELIMITERS = "\t,;"
SAMPLE_LINES = 50
MOST_LINES_IN_A_CELL = 20
"""A quoted cell that goes on for longer is a quote somebody forgot to close."""

OURS = "pipette_"
"""Headings that begin so were added by us when refused rows were saved; they are passed over."""


class ManifestUnreadable(Exception):
    """Nothing in it can be read as rows. ``reason`` is ``empty``, ``spreadsheet`` or ``no-text``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Role(Enum):
    """What a column holds."""

    ADDRESS = "drs_uri"
    NAME = "name"
    PROJECT = "project"
    PARENT = "parent"
    METADATA = "metadata"
    IGNORED = ""


@dataclass(frozen=True, slots=True)
class TableRow:
    number: int
    """From 1, headings and blank rows not counted."""
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    headings: tuple[str, ...]
    """One for each column; made up (``column_3``) where the file has none."""
    rows: tuple[TableRow, ...]
    has_headings: bool = True

    def with_cell(self, number: int, column: int, text: str) -> Table:
        """The same table after somebody mended one cell."""
        return replace(self, rows=tuple(_mended(row, number, column, text) for row in self.rows))


def table_from_bytes(data: bytes) -> Table:
    """Raises ManifestUnreadable."""
    return table_from_text(decoded(data))


def table_from_text(text: str) -> Table:
    """Also for what was pasted. Raises ManifestUnreadable."""
    lines = text.splitlines()
    records = [record for record in _records(lines) if any(record)]
    if not records:
        raise ManifestUnreadable("empty")
    has_headings = _is_heading(records[0])
    headings = _headings(records, has_headings=has_headings)
    rows = records[1:] if has_headings else records
    numbered = (TableRow(number, record) for number, record in enumerate(rows, 1))
    return Table(headings, tuple(numbered), has_headings)


def decoded(data: bytes) -> str:
    """Text of a file whose encoding nobody tells. Raises ManifestUnreadable."""
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise ManifestUnreadable("spreadsheet")
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _text(data[len(mark) :], encoding)
    if b"\0" in data[:400]:
        return _text(data, "utf-16-le" if data[1:2] == b"\0" else "utf-16-be")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def _text(data: bytes, encoding: str) -> str:
    text = data.decode(encoding, "replace")
    if "\0" in text:
        raise ManifestUnreadable("no-text")
    return text


def guessed_roles(table: Table) -> tuple[Role, ...]:
    """What each column seems to hold, by its heading; the addresses also by what they look like."""
    roles = [_role_of(heading) for heading in table.headings]
    _keep_first(roles)
    if Role.ADDRESS not in roles:
        at = _column_of_addresses(table)
        if at is not None:
            roles[at] = Role.ADDRESS
    return tuple(roles)


def mended(
    table: Table, roles: Sequence[Role], number: int, role: Role, text: str
) -> tuple[Table, tuple[Role, ...]]:
    """The table after somebody changed one cell of a row; a column nobody had is added for it."""
    if role in roles:
        return table.with_cell(number, list(roles).index(role), text), tuple(roles)
    if not text:
        return table, tuple(roles)
    wider = replace(table, headings=(*table.headings, role.value))
    return wider.with_cell(number, len(table.headings), text), (*roles, role)


def retold(table: Table, *, has_headings: bool) -> Table:
    """The same list, with its first row taken for headings or not."""
    if has_headings == table.has_headings:
        return table
    records = [row.cells for row in table.rows]
    records = records if has_headings else [table.headings, *records]
    headings = _headings(records, has_headings=has_headings)
    rows = records[1:] if has_headings else records
    numbered = (TableRow(number, record) for number, record in enumerate(rows, 1))
    return Table(headings, tuple(numbered), has_headings)


def looks_like_address(text: str) -> bool:
    return text.strip().lower().startswith("drs:")


def _role_of(heading: str) -> Role:
    key = re.sub(r"[^a-z0-9]+", "_", heading.lower()).strip("_")
    if key.startswith(OURS):
        return Role.IGNORED
    return _BY_HEADING.get(key, Role.METADATA)


_BY_HEADING = {
    "drs_uri": Role.ADDRESS,
    "drsuri": Role.ADDRESS,
    "name": Role.NAME,
    "project": Role.PROJECT,
    "parent": Role.PARENT,
}


def _keep_first(roles: list[Role]) -> None:
    """Of two columns with the same role, the second is but a column."""
    for role in (Role.ADDRESS, Role.NAME, Role.PROJECT, Role.PARENT):
        for at in [place for place, found in enumerate(roles) if found is role][1:]:
            roles[at] = Role.METADATA


def _column_of_addresses(table: Table) -> int | None:
    found = Counter(
        at
        for row in table.rows[:SAMPLE_LINES]
        for at, cell in enumerate(row.cells)
        if looks_like_address(cell)
    )
    return found.most_common(1)[0][0] if found else None


def _is_heading(record: Sequence[str]) -> bool:
    if any(looks_like_address(cell) for cell in record):
        return False
    return any(_role_of(cell) not in {Role.METADATA, Role.IGNORED} for cell in record) or (
        len(record) > 1 and all(record)
    )


def _headings(records: Sequence[tuple[str, ...]], *, has_headings: bool) -> tuple[str, ...]:
    """Each column's own name: those that are blank, missing or there twice get one."""
    given = records[0] if has_headings else ()
    width = len(given) or max(len(record) for record in records)
    headings: list[str] = []
    for at in range(width):
        heading = (given[at] if at < len(given) else "") or f"column_{at + 1}"
        headings.append(heading if heading not in headings else f"{heading}_{at + 1}")
    return tuple(headings)


def _records(lines: Sequence[str]) -> Iterator[tuple[str, ...]]:
    delimiter = _delimiter_of(lines)
    if not delimiter:
        yield from _plain_list(lines)
        return
    try:
        records = list(_quoted(lines, delimiter))
    except csv.Error:
        records = [_cells(line, delimiter) for line in lines]
    for record in records:
        yield tuple(plain(cell.strip()) for cell in record)


def _quoted(lines: Sequence[str], delimiter: str) -> Iterator[list[str]]:
    """Raises csv.Error where a quote is never closed."""
    text = io.StringIO("\n".join(lines), newline="")
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    before = 0
    for record in reader:
        if reader.line_num - before > MOST_LINES_IN_A_CELL:
            raise csv.Error("a quote that is never closed")
        before = reader.line_num
        yield record


def _cells(line: str, delimiter: str) -> list[str]:
    """Of one line by itself, whatever is wrong with its quotes."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return line.split(delimiter)


def _plain_list(lines: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """One address a line, or several with blanks between them; lines with # are remarks."""
    for line in lines:
        text = plain(line.strip().strip('"'))
        words = text.split()
        if text.startswith("#"):
            continue
        if len(words) > 1 and all(looks_like_address(word) for word in words):
            yield from ((word,) for word in words)
        else:
            yield (text,)


def _delimiter_of(lines: Sequence[str]) -> str:
    """What parts the cells of most lines alike; "" for a plain list."""
    sample = [line for line in lines if line.strip()][:SAMPLE_LINES]
    best = max(DELIMITERS, key=lambda sign: _evenness(sample, sign))
    return best if _evenness(sample, best) else ""


def _evenness(sample: Sequence[str], delimiter: str) -> tuple[int, int] | tuple[()]:
    """How many lines have as many cells as the first, and how many cells; nothing if just one."""
    counts = [len(_cells(line, delimiter)) for line in sample]
    if not counts or counts[0] < 2:
        return ()
    return (sum(count == counts[0] for count in counts), counts[0])


def harmless(text: str) -> str:
    """A cell that no spreadsheet runs as a formula; ``plain`` gives the text back."""
    return f"'{text}" if _RISKY.match(text) else text


def plain(cell: str) -> str:
    """The text of a cell that was made ``harmless``."""
    return cell[1:] if cell.startswith("'") and _RISKY.match(cell[1:]) else cell


_RISKY = re.compile(r"'*\s*[=+\-@\t\r\n]")


def _mended(row: TableRow, number: int, column: int, text: str) -> TableRow:
    if row.number != number:
        return row
    cells = [*row.cells, *("" for _ in range(column + 1 - len(row.cells)))]
    cells[column] = text
    return replace(row, cells=tuple(cells))
