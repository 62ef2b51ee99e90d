"""The rows of the transfers list and the rules which of them are shown, and in what order.

No Qt here: a batch row holds its file rows, sorts and filters them, and forgets them when it is
closed, so that only what is open costs memory.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from operator import attrgetter

from pipette.model.transfer import BatchId, BatchSnapshot, FileSnapshot, State, TransferId
from pipette.ui.transfers_pace import Pace


class Chip(Enum):
    """The filter above the list; the value is what it says."""

    ALL = "All"
    ACTIVE = "Active"
    WAITING = "Waiting"
    NEEDS_YOU = "Needs you"
    DONE = "Done"


_HELD_WHILE_ACTIVE = frozenset({State.PAUSED, State.NEEDS_SIGN_IN})
_BLOCKED = frozenset({State.RETRYING, State.SLOWED, State.NO_NETWORK})
# Looked up for each of very many rows at once: asking the state each time took three times as long.
_STATES_UNDER = {
    Chip.ALL: frozenset(State),
    Chip.ACTIVE: frozenset(s for s in State if s.is_active) | _HELD_WHILE_ACTIVE,
    Chip.WAITING: frozenset({State.WAITING}),
    Chip.NEEDS_YOU: frozenset(s for s in State if s.needs_someone),
    Chip.DONE: frozenset(s for s in State if s.is_final),
}


def state_shown_under(state: State, chip: Chip) -> bool:
    """Whether a file in this state is shown under the chip."""
    return state in _STATES_UNDER[chip]


def batch_shown_under(batch: BatchSnapshot, chip: Chip) -> bool:
    """A batch stands under the chip of its one word, and under Needs you when any file does."""
    if chip is Chip.NEEDS_YOU:
        return batch.problem is not None or needs_someone(batch) > 0
    return state_shown_under(batch.state, chip)


def needs_someone(batch: BatchSnapshot) -> int:
    """How many of its files wait for a person."""
    return sum(number for state, number in batch.counts if state.needs_someone)


def file_rank(state: State) -> int:
    """Place inside a batch: needs you, active, retrying, paused, waiting, done."""
    return _RANKS[state]


def _rank(state: State) -> int:
    if state.needs_someone:
        return 0
    if state in _BLOCKED:
        return 2
    if state.is_active:
        return 1
    if state is State.PAUSED:
        return 3
    return 4 if state is State.WAITING else 5


_RANKS = {state: _rank(state) for state in State}
_RANK_STEP = 1 << 40
"""More than any position, so that rank and position sort as one number."""


class FileRow:
    """One file of an open batch."""

    __slots__ = ("batch", "key", "pace", "snapshot")

    def __init__(self, batch: BatchRow, snapshot: FileSnapshot) -> None:
        self.batch = batch
        self.snapshot = snapshot
        self.key = _sort_key(snapshot)
        self.pace: Pace | None = None

    def take(self, snapshot: FileSnapshot, at: float) -> bool:
        """Show a newer snapshot; True when the row now belongs elsewhere in its batch."""
        before = self.key
        self.snapshot = snapshot
        self.key = _sort_key(snapshot)
        self._keep_pace(at)
        return self.key != before

    def _keep_pace(self, at: float) -> None:
        if self.snapshot.state not in {State.MOVING, State.RETRYING}:
            self.pace = None
            return
        self.pace = self.pace or Pace()
        self.pace.note_moved(at, self.snapshot.arrived + self.snapshot.moving)

    def is_shown_under(self, chip: Chip) -> bool:
        return state_shown_under(self.snapshot.state, chip)

    @property
    def is_lively(self) -> bool:
        """Whether what it says changes with the clock alone: a countdown, a fading speed."""
        return self.pace is not None or self.snapshot.retry_at is not None

    @property
    def speed(self) -> float | None:
        return self.pace.rate if self.pace else None

    @property
    def seconds_left(self) -> float | None:
        remaining = self.snapshot.size - self.snapshot.arrived - self.snapshot.moving
        return self.pace.seconds_left(remaining) if self.pace else None


def _sort_key(snapshot: FileSnapshot) -> int:
    return file_rank(snapshot.state) * _RANK_STEP + snapshot.position


_by_key = attrgetter("key")


class BatchRow:
    """One batch and, while it is open, its files."""

    __slots__ = (
        "_files",
        "_paced",
        "early",
        "is_loading",
        "is_open",
        "pace",
        "place_in_line",
        "settled_at",
        "shown",
        "snapshot",
        "unsettled",
    )

    def __init__(self, snapshot: BatchSnapshot) -> None:
        self.snapshot = snapshot
        self.pace = Pace()
        self.place_in_line: int | None = None
        """From 1, among what is not finished; None for what is."""
        self._forget()

    def _forget(self) -> None:
        self.is_open = False
        self.is_loading = False
        self.shown: list[FileRow] = []
        """The rows in the list below the batch, in their order."""
        self.early: dict[TransferId, FileSnapshot] = {}
        """What changed before the rows it belongs to were read."""
        self.unsettled = False
        self.settled_at = 0.0
        self._files: dict[TransferId, FileRow] = {}
        self._paced: set[TransferId] = set()

    @property
    def id(self) -> BatchId:
        return self.snapshot.id

    @property
    def file_count(self) -> int:
        """How many files are in memory, shown or not."""
        return len(self._files)

    def open(self) -> None:
        self.is_open = self.is_loading = True

    def close(self) -> None:
        """Forget the files; they are read again when it is opened again."""
        self._forget()

    def find(self, file: TransferId) -> FileRow | None:
        return self._files.get(file)

    def take(self, snapshot: BatchSnapshot, at: float) -> None:
        self.snapshot = snapshot
        if snapshot.state.is_active:
            self.pace.note_rate(at, snapshot.rate_bytes)
        else:
            self.pace = Pace()

    def take_file(self, snapshot: FileSnapshot, at: float) -> FileRow | None:
        """The row that changed; None when it is not there (yet)."""
        row = self._files.get(snapshot.id)
        if row is None:
            self.early[snapshot.id] = snapshot
            return None
        self.unsettled = row.take(snapshot, at) or self.unsettled
        self._mark_paced(row)
        return row

    def adopt(self, rows: Sequence[FileRow], at: float) -> list[FileRow]:
        """Add rows made by ``rows_of``; returns those that were not there before."""
        fresh = [row for row in rows if row.snapshot.id not in self._files]
        for row in fresh:
            self._files[row.snapshot.id] = row
            newest = self.early.pop(row.snapshot.id, row.snapshot)
            self.unsettled = row.take(newest, at) or self.unsettled
            self._mark_paced(row)
        return fresh

    def adopt_early(self, at: float) -> list[FileRow]:
        """Add files that were only ever announced: those found after the reading was over."""
        return self.adopt(self.rows_of(self.early.values()), at)

    def rows_of(self, snapshots: Iterable[FileSnapshot]) -> list[FileRow]:
        """New rows in their order. Touches nothing shared: a worker may do it."""
        return sorted((FileRow(self, snapshot) for snapshot in snapshots), key=_by_key)

    def wanted(self, chip: Chip) -> list[FileRow]:
        """The rows that should be shown, in their order."""
        if not self.is_open:
            return []
        if len(self.shown) == len(self._files) and chip is Chip.ALL:
            return sorted(self.shown, key=_by_key)  # nearly in order already: five times faster
        rows = self._files.values()
        states = _STATES_UNDER[chip]
        return sorted((row for row in rows if row.snapshot.state in states), key=_by_key)

    @property
    def is_lively(self) -> bool:
        return self.snapshot.state.is_active

    @property
    def speed(self) -> float | None:
        return self.snapshot.rate_bytes or None

    @property
    def seconds_left(self) -> float | None:
        """The longest path: all that remains at the smoothed speed, or one slow file."""
        together = self.pace.seconds_left(self.snapshot.size - self.snapshot.arrived)
        if together is None:
            return None
        alone = (self._files[file].seconds_left for file in self._paced)
        return max((together, *(seconds for seconds in alone if seconds is not None)))

    def _mark_paced(self, row: FileRow) -> None:
        if row.pace is None:
            self._paced.discard(row.snapshot.id)
        else:
            self._paced.add(row.snapshot.id)


Row = BatchRow | FileRow


@dataclass(frozen=True, slots=True)
class Chosen:
    """The row under the cursor, for the panel that tells more about it."""

    snapshot: BatchSnapshot | FileSnapshot
    speed: float | None = None
    seconds_left: float | None = None

    @staticmethod
    def of(row: Row) -> Chosen:
        return Chosen(row.snapshot, row.speed, row.seconds_left)


@dataclass(frozen=True, slots=True)
class ChipCounts:
    """How many batches stand under each chip; All has no number."""

    active: int = 0
    waiting: int = 0
    needs_you: int = 0
    done: int = 0

    def of(self, chip: Chip) -> int:
        by_chip = {
            Chip.ACTIVE: self.active,
            Chip.WAITING: self.waiting,
            Chip.NEEDS_YOU: self.needs_you,
            Chip.DONE: self.done,
        }
        return by_chip.get(chip, 0)


def count_chips(batches: Collection[BatchSnapshot]) -> ChipCounts:
    def under(chip: Chip) -> int:
        return sum(batch_shown_under(batch, chip) for batch in batches)

    return ChipCounts(
        under(Chip.ACTIVE), under(Chip.WAITING), under(Chip.NEEDS_YOU), under(Chip.DONE)
    )


def runs_of(flags: Sequence[bool]) -> list[tuple[int, int]]:
    """Runs of True as (first, end) pairs, ``end`` being the place after the last."""
    runs: list[tuple[int, int]] = []
    for place, flag in enumerate(flags):
        if not flag:
            continue
        if runs and runs[-1][1] == place:
            runs[-1] = (runs[-1][0], place + 1)
        else:
            runs.append((place, place + 1))
    return runs


_FEW = 32


def places_of(rows: Collection[Row], flat: Sequence[Row]) -> dict[Row, int]:
    """Where each of ``rows`` stands in ``flat``; a few are looked for one by one, which is faster."""
    if len(rows) <= _FEW:
        return {row: flat.index(row) for row in rows}
    return {row: place for place, row in enumerate(flat) if row in rows}
