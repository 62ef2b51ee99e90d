"""Writes on the rows of an import what became of them. Belongs to the engine's thread."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

from pipette.engine.clock import Clock
from pipette.engine.drs_pairing import UNKNOWN, Ending, Outcome, Outcomes
from pipette.engine.drs_rows import ImportRow
from pipette.engine.journal import Journal
from pipette.engine.ledger import Ledger
from pipette.engine.records import Transfer
from pipette.model.errors import SlowDown, Temporary, TransferError, error_of_kind
from pipette.model.parts import Proof
from pipette.model.stages import Done, Queued
from pipette.model.transfer import LogLine, Problem, State

log = logging.getLogger(__name__)

MOST_TRIES = 4
"""So often is a row handed over for which the service had but passing trouble."""
UNCLEAR = "drs-unclear"
"""Kind of problem of a row of which nobody can tell whether it was imported."""


class Settling:
    def __init__(self, ledger: Ledger, journal: Journal, clock: Clock) -> None:
        self._ledger = ledger
        self._journal = journal
        self._clock = clock

    def settle(
        self, rows: Sequence[ImportRow], outcomes: Outcomes, *, cancelled: bool
    ) -> list[ImportRow]:
        """Give each row its outcome; returns those to be handed over again later."""
        again = []
        for row in rows:
            outcome = outcomes.get(row.transfer.id, UNKNOWN)
            if not cancelled and self._may_try_again(row.transfer, outcome):
                again.append(row)
            else:
                self._end(row, outcome, cancelled=cancelled)
        self._journal.imports.save_rows(rows)
        return again

    def wait(self, rows: Iterable[ImportRow]) -> None:
        """Not handed over (any more)."""
        for row in rows:
            row.transfer.problem = None
            row.transfer.stage = Queued()
            self._ledger.show(row.transfer, State.WAITING)

    def show(self, rows: Iterable[ImportRow], state: State) -> None:
        for row in rows:
            self._ledger.show(row.transfer, state)

    def refuse(self, rows: Iterable[ImportRow], error: TransferError) -> None:
        for row in rows:
            self._stop(row.transfer, State.FAILED, error.kind, error.detail)

    def _may_try_again(self, t: Transfer, outcome: Outcome) -> bool:
        if outcome.ending is not Ending.REFUSED:
            return False
        error = error_of_kind(outcome.kind, outcome.detail)
        if not isinstance(error, Temporary):
            return False
        t.attempts += 1
        self._note(t, "retried", error.kind)
        return isinstance(error, SlowDown) or t.attempts < MOST_TRIES

    def _end(self, row: ImportRow, outcome: Outcome, *, cancelled: bool) -> None:
        match outcome.ending:
            case Ending.IMPORTED:
                self._imported(row, outcome)
            case Ending.SKIPPED:
                row.transfer.remote_id = outcome.file_id or None
                self._stop(row.transfer, State.SKIPPED, outcome.kind, outcome.detail)
            case Ending.REFUSED:
                detail = f"{outcome.code} {outcome.detail}".strip()
                self._stop(row.transfer, State.FAILED, outcome.kind, detail)
            case _:
                # Who cancelled wants to decide nothing any more.
                state = State.FAILED if cancelled else State.NEEDS_YOU
                self._stop(row.transfer, state, UNCLEAR, outcome.detail)

    def _imported(self, row: ImportRow, outcome: Outcome) -> None:
        t = row.transfer
        row.files = outcome.files
        t.remote_id, t.remote_size = outcome.file_id or None, outcome.size
        if outcome.name and outcome.name != t.at_service.name:
            t.renamed_to = outcome.name
            t.at_service = t.at_service.parent.child(outcome.name)
        self._resize(t, outcome.size or 0)
        t.problem = None
        t.stage = Done(Proof.NONE)
        self._ledger.arrived(t, t.size)
        self._note(t, "imported", "" if row.files == 1 else str(row.files))
        self._ledger.show(t, State.IMPORTED)

    def _resize(self, t: Transfer, size: int) -> None:
        """How large it is the service tells only now."""
        self._ledger.batches[t.batch].size += size - t.size
        t.size = size

    def _stop(self, t: Transfer, state: State, kind: str, detail: str) -> None:
        t.problem = Problem(kind, detail, self._clock.time())
        self._note(t, "skipped" if state is State.SKIPPED else "failed", kind)
        self._ledger.show(t, state)

    def _note(self, t: Transfer, kind: str, text: str) -> None:
        log.info("transfer %s: %s %s", t.id, kind, text)
        self._journal.log(t.id, LogLine(self._clock.time(), kind, text))
