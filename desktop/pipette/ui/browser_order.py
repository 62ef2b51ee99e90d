"""The rows of a listing as the browser keeps them, and how they are put in order. Pure.

All rows of a folder are kept by name, folders first. Any other order starts from that one and needs
a single stable sort by a plain number or word, which is quick also for a hundred thousand rows.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter

from pipette.model.files import Kind, RemoteFile

Place = tuple[bool, str, str]
place_of = attrgetter("place")


@dataclass(frozen=True, slots=True)
class Row:
    """A remote file with what sorting and searching need of it, worked out once."""

    file: RemoteFile
    name: str
    is_folder: bool
    place: Place
    """Folders first, then by name without regard to case; the exact name settles a tie."""


def row(file: RemoteFile) -> Row:
    name = file.location.name
    is_folder = file.kind is not Kind.FILE
    return Row(file, name, is_folder, (not is_folder, name.casefold(), name))


def rows_of(files: Iterable[RemoteFile]) -> list[Row]:
    """In their order. Takes a while for very many: call it on a worker."""
    return [row(file) for file in files]


def runs_into(rows: Sequence[Row], new: Sequence[Row]) -> Iterator[tuple[int, Sequence[Row]]]:
    """Where sorted new rows belong among sorted rows: (place, neighbours), from the end on.

    From the end, so that inserting a run does not move the places of those still to come.
    """
    places = [bisect_left(rows, one.place, key=place_of) for one in new]
    end = len(new)
    while end:
        start = end - 1
        while start and places[start - 1] == places[start]:
            start -= 1
        yield places[start], new[start:end]
        end = start


def merge(rows: list[Row], new: Sequence[Row]) -> None:
    """Put sorted new rows where they belong."""
    for at, run in runs_into(rows, new):
        rows[at:at] = run


def arranged(
    rows: Sequence[Row], key: Callable[[Row], object] | None, *, descending: bool
) -> list[Row]:
    """Rows kept by name, put in another order: by ``key``, or by name when it is None.

    Folders stay first whichever way the rest is turned.
    """
    files_from = bisect_left(rows, (True, "", ""), key=place_of)
    halves = [list(rows[:files_from]), list(rows[files_from:])]
    for half in halves:
        if key is not None:
            half.sort(key=key, reverse=descending)  # type: ignore[arg-type]  # one column, one type
        elif descending:
            half.reverse()
    return halves[0] + halves[1]


def find(rows: Sequence[Row], name: str) -> int | None:
    """The number of the row of this name among rows kept by name."""
    for is_file in (False, True):
        place = (is_file, name.casefold(), name)
        at = bisect_left(rows, place, key=place_of)
        if at < len(rows) and rows[at].place == place:
            return at
    return None
