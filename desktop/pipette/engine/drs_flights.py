"""Requests that the service has, or may have: asked about until every row has its outcome."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial

from pipette.engine.clock import Clock
from pipette.engine.drs_allowance import Allowance
from pipette.engine.drs_errands import Errands, Polled
from pipette.engine.drs_line import Courier, Line
from pipette.engine.drs_pairing import Named, found_again
from pipette.engine.drs_rows import Asked, Flight, ImportJob, ImportRow, JobState, asked_of
from pipette.engine.drs_settling import Settling
from pipette.engine.journal import Journal
from pipette.engine.ledger import Ledger
from pipette.engine.records import Batch
from pipette.model.errors import RemoteMissing, SlowDown, TransferError
from pipette.model.transfer import IfExists, Problem, State
from pipette.providers.protocol_drs import DrsState

log = logging.getLogger(__name__)

POLL_SECONDS = 15.0
SLOW_POLL_SECONDS = 60.0
SLOW_POLL_AFTER = 300.0
STALLED_POLL_SECONDS = 3600.0
STALLED_AFTER = 6 * 3600.0
STALLED = "drs-stalled"
LOST_PATIENCE_SECONDS = 900.0
"""A lost request of which nothing new was seen for so long will show nothing more."""
AGAIN_SECONDS = 60.0

_SHOWN = {
    None: State.SUBMITTED,
    DrsState.SUBMITTED: State.SUBMITTED,
    DrsState.RESOLVING: State.RESOLVING,
    DrsState.RUNNING: State.MOVING,
    DrsState.FINISHED: State.MOVING,
}


class Flights:
    """Belongs to the engine's thread."""

    def __init__(
        self,
        ledger: Ledger,
        journal: Journal,
        courier: Courier,
        errands: Errands,
        settling: Settling,
        allowance: Allowance,
        clock: Clock,
    ) -> None:
        self._ledger = ledger
        self._journal = journal
        self._courier = courier
        self._errands = errands
        self._settling = settling
        self._allowance = allowance
        self._clock = clock

    def take_off(self, line: Line, job: ImportJob, rows: list[ImportRow], wait: float) -> None:
        """The service has it, and will be asked about it."""
        now = self._clock.monotonic()
        line.flights[job.id] = flight = Flight(job, rows, now + wait, moved_at=now)
        self.show(line, flight)

    def awake(self, line: Line) -> list[Flight]:
        """Those of batches that are not left alone."""
        return [
            flight
            for flight in line.flights.values()
            if (batch := self._ledger.batches.get(flight.job.batch)) and not batch.parked
        ]

    def show(self, line: Line, flight: Flight) -> None:
        if line.is_held:
            state = State.NEEDS_SIGN_IN
        elif flight.is_lost:
            state = State.CHECKING
        else:
            state = _SHOWN[flight.job.stage]
        for row in flight.rows:
            if row.transfer.shown is not state:
                self._ledger.show(row.transfer, state)

    def ask(self, line: Line, flight: Flight) -> None:
        """How far the service is with it; where nobody knows whether it has it, what arrived."""
        batch = self._ledger.batches[flight.job.batch]
        rows = [asked_of(batch, row) for row in flight.rows]
        if flight.is_lost:
            look = partial(self._errands.look, line.account, rows)
            found = partial(self._looked, line, batch, flight, rows)
            self._courier.send(line, look, found, partial(self._courier.trouble, line))
            return
        poll = partial(
            self._errands.poll, line.account, flight.job.service_id, rows, batch.options.if_exists
        )
        told = partial(self._told, line, batch, flight)
        self._courier.send(line, poll, told, partial(self._not_told, line, batch, flight))

    # What the service says

    def _told(self, line: Line, batch: Batch, flight: Flight, polled: Polled) -> None:
        job = flight.job
        told, stage = len(polled.job.results), polled.job.state
        if (told, stage) != (job.told, job.stage):
            job.told, job.stage = told, stage
            log.info("import request %s: %s, %s results", job.id, stage.value, told)
            self._journal.imports.save_job(job)
            self._ledger.touch(batch.id)
        if polled.outcomes is not None:
            self._land(line, flight)
            again = self._settling.settle(flight.rows, polled.outcomes, cancelled=job.cancelled)
            kinds = {outcome.kind for outcome in polled.outcomes.values()}
            self._again(line, batch, again, too_much=SlowDown.__name__ in kinds)
            return
        age = self._clock.time() - (job.handed_at or 0.0)
        flight.next_at = self._clock.monotonic() + _pause(age)
        self._mark_stalled(flight, age)
        self.show(line, flight)

    def _mark_stalled(self, flight: Flight, age: float) -> None:
        if age < STALLED_AFTER:
            return
        for row in flight.rows:
            if row.transfer.problem is None:
                row.transfer.problem = Problem(STALLED, "", self._clock.time())
                self._ledger.changed(row.transfer)

    def _not_told(self, line: Line, batch: Batch, flight: Flight, error: TransferError) -> None:
        if isinstance(error, RemoteMissing):
            self.lost(line, batch, flight)
        else:
            self._courier.trouble(line, error)

    def _land(self, line: Line, flight: Flight) -> None:
        line.flights.pop(flight.job.id, None)
        flight.job.state = JobState.FINISHED
        self._journal.imports.save_job(flight.job)

    def _again(
        self, line: Line, batch: Batch, rows: Sequence[ImportRow], *, too_much: bool
    ) -> None:
        """Rows the service had but passing trouble with, in a request of their own."""
        if too_much:
            self._allowance.slow_down(line, None)
        if not rows:
            return
        wait = AGAIN_SECONDS * max(row.transfer.attempts for row in rows)
        self.hand_over_again(line, batch, rows, wait)

    def hand_over_again(
        self, line: Line, batch: Batch, rows: Sequence[ImportRow], wait_seconds: float
    ) -> None:
        self._settling.wait(rows)
        not_before = self._clock.time() + wait_seconds
        ids = [row.transfer.id for row in rows]
        self._journal.imports.add_job(batch, ids, not_before)
        line.hurry()

    # Lost answers

    def lost(self, line: Line, batch: Batch, flight: Flight) -> None:
        """It may have been handed over or not, and nothing tells its id."""
        job = flight.job
        log.info("import request %s: its answer was lost", job.id)
        for row in flight.rows:
            row.asked = True
        self._journal.imports.save_rows(flight.rows)
        if batch.options.if_exists is IfExists.SKIP and not job.cancelled:
            self._land(line, flight)
            self.hand_over_again(line, batch, flight.rows, POLL_SECONDS)
            return
        job.state = JobState.SENDING
        self._journal.imports.save_job(job)
        now = self._clock.monotonic()
        flight.next_at, flight.moved_at, flight.found = now + POLL_SECONDS, now, 0
        line.flights[job.id] = flight
        self.show(line, flight)

    def _looked(
        self, line: Line, batch: Batch, flight: Flight, asked: Sequence[Asked], named: Named
    ) -> None:
        """Into the target, for what a lost request may have brought."""
        now = self._clock.monotonic()
        outcomes = found_again(asked, named, batch.options.if_exists)
        if outcomes:
            flight.moved_at, flight.found = now, flight.found + len(outcomes)
            there = [row for row in flight.rows if row.transfer.id in outcomes]
            self._settling.settle(there, outcomes, cancelled=flight.job.cancelled)
            flight.rows = [row for row in flight.rows if row.transfer.id not in outcomes]
        flight.next_at = now + SLOW_POLL_SECONDS
        if not flight.rows:
            self._land(line, flight)
        elif now - flight.moved_at >= LOST_PATIENCE_SECONDS:
            self._give_up_looking(line, batch, flight)

    def _give_up_looking(self, line: Line, batch: Batch, flight: Flight) -> None:
        """Nothing at all came: it was never handed over. Something did: the rest is in doubt."""
        self._land(line, flight)
        rule, cancelled = batch.options.if_exists, flight.job.cancelled
        would_show = any(row.content.name and row.there == "" for row in flight.rows)
        never_arrived = would_show and not flight.found
        if not cancelled and (rule is IfExists.REPLACE or never_arrived):
            self.hand_over_again(line, batch, flight.rows, 0.0)
        else:
            self._settling.settle(flight.rows, {}, cancelled=cancelled)


def _pause(age_seconds: float) -> float:
    """Until a request of this age is asked about again."""
    if age_seconds >= STALLED_AFTER:
        return STALLED_POLL_SECONDS
    return SLOW_POLL_SECONDS if age_seconds >= SLOW_POLL_AFTER else POLL_SECONDS
