"""The list as a table for spreadsheets: one line a batch or, where it is open, a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from pipette.model.transfer import BatchSnapshot
from pipette.ui import words
from pipette.ui.transfers_orders import Snapshot

_HEADINGS = ("batch", "name", "from", "to", "size", "arrived", "state", "proof", "md5")


def list_csv(rows: Iterable[Snapshot], now: float) -> str:
    """CSV with exact bytes. Holds names and places, never a key or a signed address."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(_HEADINGS)
    table.writerows(_line(row, now) for row in rows)
    return text.getvalue()


def _line(row: Snapshot, now: float) -> tuple[object, ...]:
    state = words.state_words(row, now)
    if isinstance(row, BatchSnapshot):
        return row.id, row.name, row.local, str(row.place), row.size, row.arrived, state, "", ""
    return (
        row.batch,
        row.name,
        row.source,
        row.target,
        row.size,
        row.arrived,
        state,
        row.proof.value,
        row.md5 or "",
    )
