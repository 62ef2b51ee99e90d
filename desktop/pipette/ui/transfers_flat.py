"""The rows of the transfers list in one flat sequence: each batch, then the files below it.

Plain bookkeeping without Qt; the model wraps each change in the signals that belong to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pipette.model.transfer import BatchId, BatchSnapshot, TransferId
from pipette.ui.transfers_rows import BatchRow, Chip, FileRow, Row, batch_shown_under


class FlatList:
    """``batches`` are all there are, ``listed`` those the filter lets through, ``rows`` the list."""

    def __init__(self, order: Callable[[BatchSnapshot], float]) -> None:
        self._order = order
        self.batches: dict[BatchId, BatchRow] = {}
        self.listed: list[BatchRow] = []
        self.rows: list[Row] = []
        self.chip = Chip.ALL

    def start(self, batch: BatchRow) -> int:
        """The place of a listed batch's own row."""
        before = self.listed[: self.listed.index(batch)]
        return sum(1 + len(earlier.shown) for earlier in before)

    def place_of_batch(self, batch: BatchId) -> int | None:
        row = self.batches.get(batch)
        return self.start(row) if row is not None and row in self.listed else None

    def place_of_file(self, batch: BatchId, file: TransferId) -> int | None:
        row = self.batches.get(batch)
        found = row.find(file) if row else None
        if row is None or found is None or found not in row.shown:
            return None
        return self.start(row) + 1 + row.shown.index(found)

    def lets_through(self, row: FileRow) -> bool:
        return self.chip is Chip.ALL or row.is_shown_under(self.chip)

    def wanted_batches(self) -> list[BatchRow]:
        """What ``listed`` should be."""
        shown = (b for b in self.batches.values() if batch_shown_under(b.snapshot, self.chip))
        return sorted(shown, key=self._key)

    def flattened(self) -> list[Row]:
        """What ``rows`` should be for ``listed`` as it is."""
        flat: list[Row] = []
        for batch in self.listed:
            flat.append(batch)
            flat.extend(batch.shown)
        return flat

    def number_the_line(self) -> None:
        """Give what is not finished its place in line, whatever the filter."""
        place = 0
        for batch in sorted(self.batches.values(), key=self._key):
            is_over = batch.snapshot.state.is_final
            place += not is_over
            batch.place_in_line = None if is_over else place

    def list_batches(self, batches: Sequence[BatchRow], rows: Sequence[Row]) -> None:
        self.rows.extend(rows)
        self.listed.extend(batches)

    def unlist(self, batch: BatchRow, start: int) -> None:
        del self.rows[start : start + 1 + len(batch.shown)]
        self.listed.remove(batch)

    def insert_files(self, batch: BatchRow, place: int, files: Sequence[FileRow]) -> None:
        """Files that come last in their batch."""
        self.rows[place:place] = files
        batch.shown.extend(files)

    def remove_files(self, batch: BatchRow, place: int, first: int, end: int) -> None:
        """``first`` to ``end`` of the batch's files, the first of which stands at ``place``."""
        del self.rows[place + first : place + end]
        del batch.shown[first:end]

    def _key(self, batch: BatchRow) -> float:
        return self._order(batch.snapshot)
