"""Handing a request over: look what is there, write it down, ask the service, keep its answer."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from functools import partial

from pipette.engine.clock import Clock
from pipette.engine.drs_allowance import Allowance
from pipette.engine.drs_errands import Errands
from pipette.engine.drs_flights import POLL_SECONDS, Flights
from pipette.engine.drs_line import Courier, Line
from pipette.engine.drs_pairing import TAKEN, Ending, Named, Outcome, Outcomes, found_again
from pipette.engine.drs_rows import Flight, ImportJob, ImportRow, JobState, asked_of
from pipette.engine.drs_settling import Settling
from pipette.engine.journal import Journal
from pipette.engine.ledger import Ledger
from pipette.engine.records import Batch
from pipette.model.errors import (
    ContainerGone,
    NotAllowed,
    Refused,
    SignInNeeded,
    SlowDown,
    StorageFull,
    TransferError,
    Unavailable,
)
from pipette.model.transfer import IfExists, State

log = logging.getLogger(__name__)

_SAME_FOR_ALL = (ContainerGone, NotAllowed, StorageFull)
"""Refusals that are about the target, not about a row."""


class HandOver:
    """Belongs to the engine's thread."""

    def __init__(
        self,
        ledger: Ledger,
        journal: Journal,
        courier: Courier,
        errands: Errands,
        settling: Settling,
        flights: Flights,
        allowance: Allowance,
        clock: Clock,
    ) -> None:
        self._ledger = ledger
        self._journal = journal
        self._courier = courier
        self._errands = errands
        self._settling = settling
        self._flights = flights
        self._allowance = allowance
        self._clock = clock
        self.stopping = False

    def next_job(self, batch: Batch) -> tuple[ImportJob, list[ImportRow]] | None:
        """The first request that has rows left, and those rows."""
        while job := self._journal.imports.next_new(batch.id):
            rows = self._waiting(batch, job)
            if rows:
                return job, rows
            self._finish(job)
        return None

    def _waiting(self, batch: Batch, job: ImportJob) -> list[ImportRow]:
        self._ledger.flush()
        rows = self._journal.imports.rows_of(batch, job.id)
        return [row for row in rows if row.transfer.shown is State.WAITING]

    def _finish(self, job: ImportJob) -> None:
        job.state = JobState.FINISHED
        self._journal.imports.save_job(job)

    def begin(self, line: Line, batch: Batch, job: ImportJob, rows: Sequence[ImportRow]) -> None:
        """``job`` is NEW and there is room for its rows."""
        asked = [asked_of(batch, row) for row in rows]
        look = partial(self._errands.look_first, line.account, asked)
        looked = partial(self._looked, line, batch, job)
        self._courier.send(line, look, looked, partial(self._not_looked, line, batch, job))

    def _not_looked(self, line: Line, batch: Batch, job: ImportJob, error: TransferError) -> None:
        if isinstance(error, Refused | Unavailable):
            # Then the service will say, when it is asked to import, what is wrong.
            self._looked(line, batch, job, None)
        else:
            self._courier.trouble(line, error)

    def _looked(self, line: Line, batch: Batch, job: ImportJob, named: Named | None) -> None:
        if batch.rests or self.stopping or batch.id not in self._ledger.batches:
            return
        rows = self._waiting(batch, job)
        if named is not None:
            rows = self._left_after_looking(batch, rows, named)
        if not rows:
            self._finish(job)
            return
        job.state, job.handed, job.handed_at = JobState.SENDING, len(rows), self._clock.time()
        self._journal.imports.save_job(job)
        self._journal.imports.save_rows(rows)
        self._settling.show(rows, State.SUBMITTED)
        self._ledger.flush()
        self._journal.commit()
        self._submit(line, batch, job, rows)

    def _left_after_looking(
        self, batch: Batch, rows: Sequence[ImportRow], named: Named
    ) -> list[ImportRow]:
        """Rows whose name is taken already need not be handed over, if the rule is to skip them."""
        rule = batch.options.if_exists
        again = [asked_of(batch, row) for row in rows if row.asked]
        outcomes: Outcomes = found_again(again, named, rule)
        for row in rows:
            file = named.get((asked_of(batch, row).item.into, row.content.name))
            if not row.asked and row.content.name:
                row.there = file.id if file else ""
            if file and rule is IfExists.SKIP:
                skipped = Outcome(Ending.SKIPPED, file.id, kind=TAKEN)
                outcomes.setdefault(row.transfer.id, skipped)
        settled = [row for row in rows if row.transfer.id in outcomes]
        self._settling.settle(settled, outcomes, cancelled=False)
        return [row for row in rows if row.transfer.id not in outcomes]

    # The service's answer

    def _submit(self, line: Line, batch: Batch, job: ImportJob, rows: list[ImportRow]) -> None:
        line.handing = job
        asked = [asked_of(batch, row) for row in rows]
        options = batch.options
        submit = partial(self._errands.submit, line.account, asked, options.if_exists, options.tags)
        self._courier.send(
            line,
            submit,
            partial(self._submitted, line, job, rows),
            partial(self._not_submitted, line, batch, job, rows),
        )

    def _submitted(
        self, line: Line, job: ImportJob, rows: list[ImportRow], service_id: str
    ) -> None:
        line.handing = None
        self._allowance.handed(line, job)
        job.state, job.service_id = JobState.SENT, service_id
        log.info("import request %s: handed over, %s rows", job.id, len(rows))
        self._journal.imports.save_job(job)
        self._flights.take_off(line, job, rows, POLL_SECONDS)
        self._ledger.flush()
        self._journal.commit()

    def _not_submitted(
        self,
        line: Line,
        batch: Batch,
        job: ImportJob,
        rows: list[ImportRow],
        error: TransferError,
    ) -> None:
        line.handing = None
        if isinstance(error, SlowDown):
            not_before = self._allowance.slow_down(line, error.wait_seconds)
            self._not_begun(job, rows, not_before)
        elif isinstance(error, SignInNeeded):
            self._not_begun(job, rows, 0.0)
            self._courier.trouble(line, error)
        elif isinstance(error, Unavailable):
            self._not_begun(job, rows, 0.0)
            self.fail_all(line, error)
        elif isinstance(error, Refused):
            self._refused(line, batch, job, rows, error)
        else:
            self._allowance.handed(line, job)
            self._courier.trouble(line, error)
            self._flights.lost(line, batch, Flight(job, rows, 0.0))

    def _not_begun(self, job: ImportJob, rows: Sequence[ImportRow], not_before: float) -> None:
        job.state, job.handed, job.handed_at = JobState.NEW, 0, None
        if job.cancelled:
            self._finish(job)
            self._settling.show(rows, State.CANCELLED)
            return
        job.not_before = max(job.not_before, not_before)
        self._journal.imports.save_job(job)
        self._settling.wait(rows)

    def _refused(
        self, line: Line, batch: Batch, job: ImportJob, rows: list[ImportRow], error: Refused
    ) -> None:
        """All of it, because of some row or of the target: find out by asking for fewer."""
        job.handed, job.handed_at = 0, None
        self._finish(job)
        groups = _by_target(batch, rows)
        is_clear = len(groups) == 1 and (len(rows) == 1 or isinstance(error, _SAME_FOR_ALL))
        if is_clear or job.cancelled:
            self._settling.refuse(rows, error)
            return
        if len(groups) == 1:
            middle = len(rows) // 2
            groups = [rows[:middle], rows[middle:]]
        for group in groups:
            self._flights.hand_over_again(line, batch, group, 0.0)

    def fail_all(self, line: Line, error: TransferError) -> None:
        """Nothing can be imported there at all."""
        for batch in self._courier.batches(line):
            while found := self.next_job(batch):
                job, rows = found
                self._finish(job)
                self._settling.refuse(rows, error)


def _by_target(batch: Batch, rows: Iterable[ImportRow]) -> list[list[ImportRow]]:
    groups: dict[object, list[ImportRow]] = {}
    for row in rows:
        groups.setdefault(asked_of(batch, row).item.into, []).append(row)
    return list(groups.values())
