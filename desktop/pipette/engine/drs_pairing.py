"""Which result of a finished import belongs to which row. Pure.

The service promises no order. Results count as being in the order of their rows only where the names
of the files show it; else a file is paired with the row that has its name, and a refusal with the
rows that are left, if there is no doubt. A row in doubt stays unknown: nothing counts as imported
without a file that was seen.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from enum import Enum

from pipette.engine.drs_rows import Asked
from pipette.model.errors import NameTaken, Refused
from pipette.model.transfer import IfExists
from pipette.providers.protocol_drs import DrsFile, DrsResult, DrsTarget

TAKEN = NameTaken.__name__

Named = Mapping[tuple[DrsTarget, str], DrsFile]
"""What is in the target, by target and name."""


class Ending(Enum):
    IMPORTED = "imported"
    SKIPPED = "skipped"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row. ``kind`` names a class of ``model.errors``."""

    ending: Ending
    file_id: str = ""
    name: str = ""
    size: int | None = None
    files: int = 0
    kind: str = ""
    code: str = ""
    detail: str = ""


UNKNOWN = Outcome(Ending.UNKNOWN)
Outcomes = dict[int, Outcome]


def paired(
    rows: Sequence[Asked],
    results: Sequence[DrsResult],
    files: Mapping[str, DrsFile],
    rule: IfExists,
    look: Callable[[Sequence[Asked]], Named],
) -> Outcomes:
    """An outcome for each row, by its key. ``look`` is asked, once, for names that are in doubt."""
    outcomes = _by_order(rows, results, files, rule)
    if outcomes is None:
        return _Puzzle(rows, results, files, rule).solved(look)
    return outcomes | _taken_by_us(rows, outcomes, look)


def found_again(rows: Sequence[Asked], named: Named, rule: IfExists) -> Outcomes:
    """Rows of a request whose answer was lost, as far as they can be seen in the target now."""
    found = ((row, named.get((row.item.into, row.name))) for row in rows if row.name)
    return {row.key: _imported(file) for row, file in found if file and _is_new(row, file.id, rule)}


def _is_new(row: Asked, file_id: str, rule: IfExists) -> bool:
    """Whether what has the name now came with this import."""
    if row.there is None:
        return rule is IfExists.SKIP
    return row.there == "" or (rule is IfExists.REPLACE and file_id != row.there)


def _imported(file: DrsFile, files: int = 1) -> Outcome:
    return Outcome(Ending.IMPORTED, file.id, file.name, file.size, files)


def _of_result(result: DrsResult, files: Mapping[str, DrsFile], rule: IfExists) -> Outcome:
    if result.file_id:
        file = files.get(result.file_id)
        return _imported(file) if file else Outcome(Ending.IMPORTED, result.file_id, files=1)
    if not result.kind:
        return UNKNOWN
    skipped = result.kind == TAKEN and rule is IfExists.SKIP
    ending = Ending.SKIPPED if skipped else Ending.REFUSED
    return Outcome(ending, kind=result.kind, code=result.code, detail=result.detail)


# In order


def _by_order(
    rows: Sequence[Asked],
    results: Sequence[DrsResult],
    files: Mapping[str, DrsFile],
    rule: IfExists,
) -> Outcomes | None:
    """None where the order shows nothing, or the contrary."""
    if len(results) > len(rows):
        return _by_order_with_bundles(rows, results, files, rule)
    if len(rows) != len(results):
        return None
    pairs = list(zip(rows, results, strict=True))
    seen = [
        _is_of(row, file, rule)
        for row, result in pairs
        if row.name and (file := files.get(result.file_id)) is not None
    ]
    alike = len({(bool(result.file_id), result.kind, result.code) for result in results}) < 2
    if not all(seen) or not (seen or alike or len(rows) == 1):
        return None
    return {row.key: _of_result(result, files, rule) for row, result in pairs}


def _by_order_with_bundles(
    rows: Sequence[Asked],
    results: Sequence[DrsResult],
    files: Mapping[str, DrsFile],
    rule: IfExists,
) -> Outcomes | None:
    """Some rows became several files, which follow one another. None if a name says otherwise."""
    names = {row.name for row in rows}
    if "" in names:
        return None
    outcomes: Outcomes = {}
    coming = deque(results)
    for row in rows:
        if not coming:
            return None
        first = coming.popleft()
        file = files.get(first.file_id, DrsFile("", ""))
        if first.file_id and not _is_of(row, file, rule):
            return None
        outcomes[row.key] = _of_result(first, files, rule)
        more = []
        while coming and coming[0].file_id and _belongs_to_none(files, coming[0], names):
            more.append(files[coming.popleft().file_id])
        if more and first.file_id:
            size = sum(one.size or 0 for one in (file, *more))
            outcomes[row.key] = _imported(replace(file, size=size), 1 + len(more))
    return None if coming else outcomes


def _belongs_to_none(
    files: Mapping[str, DrsFile], result: DrsResult, names: AbstractSet[str]
) -> bool:
    file = files.get(result.file_id)
    return file is not None and file.name not in names


def _is_of(row: Asked, file: DrsFile, rule: IfExists) -> bool:
    """Whether its name and its place speak for this row."""
    numbered = rule is IfExists.KEEP_BOTH and _is_numbered(file.name, row.name)
    return (file.name == row.name or numbered) and _goes_to(row, file)


def _is_numbered(actual: str, wanted: str) -> bool:
    """Whether this is a free name the service made of ``wanted``, by putting a number anywhere."""
    added = len(actual) - len(wanted)
    if added <= 0:
        return False
    last = _alike(actual, wanted)
    first = len(wanted) - _alike(actual[::-1], wanted[::-1])
    places = range(first, last + 1)
    return any(_NUMBER.fullmatch(actual[place : place + added]) for place in places)


def _alike(one: str, other: str) -> int:
    """How many letters they begin with in common."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (left, right) in pairs if left != right), min(len(one), len(other)))


_NUMBER = re.compile(r"[\s_.()\-]*\d+[\s_.()\-]*")


def _taken_by_us(
    rows: Sequence[Asked], outcomes: Outcomes, look: Callable[[Sequence[Asked]], Named]
) -> Outcomes:
    """Names that an earlier try, whose answer was lost, has taken: these rows are imported."""
    ours = [
        row
        for row in rows
        if row.asked and row.there == "" and outcomes[row.key].ending is Ending.SKIPPED
    ]
    return found_again(ours, look(ours), IfExists.SKIP) if ours else {}


# Out of order


@dataclass(slots=True)
class _Puzzle:
    rows: Sequence[Asked]
    results: Sequence[DrsResult]
    known: Mapping[str, DrsFile]
    rule: IfExists
    outcomes: Outcomes = field(default_factory=dict)
    files: dict[str, DrsFile] = field(default_factory=dict)
    """Of the results, those that belong to no row yet."""

    def solved(self, look: Callable[[Sequence[Asked]], Named]) -> Outcomes:
        self.files = {
            result.file_id: self.known.get(result.file_id, DrsFile(result.file_id, ""))
            for result in self.results
            if result.file_id
        }
        self._take_names()
        left = [row for row in self._left() if row.name]
        if left:
            self._take_found(left, look(left))
        self._take_numbered()
        self._take_last_files()
        self._take_refusals()
        return self.outcomes | {row.key: UNKNOWN for row in self._left()}

    def _left(self) -> list[Asked]:
        return [row for row in self.rows if row.key not in self.outcomes]

    def _take(self, row: Asked, file: DrsFile) -> None:
        self.outcomes[row.key] = _imported(file)
        self.files.pop(file.id, None)

    def _take_names(self) -> None:
        """Files that only one row can mean, where that row can mean no other."""
        self._take_only(lambda row, file: row.name == file.name and _goes_to(row, file))

    def _take_only(self, fits: Callable[[Asked, DrsFile], bool]) -> None:
        for row in self._left():
            mine = [file for file in self.files.values() if row.name and fits(row, file)]
            if len(mine) == 1 and sum(fits(other, mine[0]) for other in self._left()) == 1:
                self._take(row, mine[0])

    def _take_found(self, rows: Iterable[Asked], named: Named) -> None:
        for row in rows:
            file = named.get((row.item.into, row.name))
            if file is None:
                continue
            inside = [one for one in self.files.values() if one.folder_id == file.id]
            if file.id in self.files:
                self._take(row, self.files[file.id])
            elif inside:
                self._take_bundle(row, file, inside)
            elif _is_new(row, file.id, self.rule) and (row.there is not None or row.asked):
                self._take(row, file)
            elif self.rule is IfExists.SKIP:
                self.outcomes[row.key] = Outcome(Ending.SKIPPED, file.id, kind=TAKEN)

    def _take_bundle(self, row: Asked, folder: DrsFile, inside: Sequence[DrsFile]) -> None:
        """A row that became many files, in a folder of its own."""
        size = sum(file.size or 0 for file in inside)
        self.outcomes[row.key] = Outcome(
            Ending.IMPORTED, folder.id, folder.name, size, files=len(inside)
        )
        for file in inside:
            self.files.pop(file.id)

    def _take_numbered(self) -> None:
        if self.rule is IfExists.KEEP_BOTH:
            self._take_only(lambda row, file: _is_numbered(file.name, row.name))

    def _take_last_files(self) -> None:
        """One row left, and nothing was refused that is not explained: the files left are its own."""
        left, files = self._left(), list(self.files.values())
        if not files or self._refusals():
            return
        if len(left) == 1:
            size = sum(file.size or 0 for file in files)
            first = files[0]
            self.outcomes[left[0].key] = Outcome(
                Ending.IMPORTED, first.id, first.name, size, files=len(files)
            )
            self.files.clear()
        elif len(left) == len(files) and not any(row.name for row in left):
            for row, file in zip(left, files, strict=True):
                self._take(row, file)

    def _take_refusals(self) -> None:
        """As many rows left as refusals: these are the ones, though perhaps not in this order."""
        left, refusals = self._left(), self._refusals()
        if self.files or not left or len(left) != len(refusals):
            return
        alike = len({(refusal.kind, refusal.code) for refusal in refusals}) == 1
        shared = _of_result(refusals[0], {}, self.rule) if alike else _one_of(refusals)
        for row in left:
            self.outcomes[row.key] = shared

    def _refusals(self) -> list[DrsResult]:
        """Those not explained yet. A taken name explains as many as rows were found skipped."""
        skipped = sum(one.ending is Ending.SKIPPED for one in self.outcomes.values())
        unexplained = []
        for result in self.results:
            if result.file_id:
                continue
            if result.kind == TAKEN and skipped:
                skipped -= 1
            else:
                unexplained.append(result)
        return unexplained


def _goes_to(row: Asked, file: DrsFile) -> bool:
    """Whether it is where the row wants it, as far as the service tells."""
    target = row.item.into
    if target.folder_id:
        return file.folder_id in {"", target.folder_id}
    return file.project.lower() in {"", target.place.container.lower()}


def _one_of(refusals: Sequence[DrsResult]) -> Outcome:
    """Refused for one of these reasons; which one belongs to which row is not told."""
    told = sorted({f"{refusal.code} {refusal.detail}".strip() for refusal in refusals})
    return Outcome(Ending.REFUSED, kind=Refused.__name__, detail="one of: " + "; ".join(told))
