"""Imports by DRS address: what is handed over when, what is asked again when, what came of it.

A request (``ImportJob``) walks NEW, SENDING, SENT, FINISHED. SENDING is written before the service is
asked and SENT right after its answer, so that after a crash a request is either not handed over, or
known by its id, or in doubt. The doubt is settled by the name rule: with SKIP the rows are simply
handed over again, since the service passes by names it has; otherwise they are first looked for by
name, for as long as a slow service may take, and only what cannot have arrived goes again.

Before rows are handed over their names are looked up. So it is known afterwards whether a file with
that name came with this import or was there before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from pipette.engine.clock import Clock
from pipette.engine.desk import Providers
from pipette.engine.drs_allowance import Allowance
from pipette.engine.drs_errands import Errands
from pipette.engine.drs_flights import Flights
from pipette.engine.drs_handover import HandOver
from pipette.engine.drs_line import Courier, Line
from pipette.engine.drs_rows import Flight, ImportRow, JobState
from pipette.engine.drs_settling import Settling
from pipette.engine.drs_window import Window
from pipette.engine.journal import Journal
from pipette.engine.ledger import Ledger
from pipette.engine.pool import Pool
from pipette.engine.records import Batch
from pipette.engine.waits import Holds
from pipette.model.errors import TransferError, Unavailable
from pipette.providers.protocol_drs import DrsLimits

AT_A_TIME = 1000
"""Rows refused together where nothing can be imported."""
MOST_FLIGHTS = 5
"""Requests of one account that the service works on at the same time."""


class Importing:
    """Belongs to the engine's thread. One errand at a time is under way for each account."""

    def __init__(
        self,
        ledger: Ledger,
        journal: Journal,
        holds: Holds,
        providers: Providers,
        pool: Pool,
        clock: Clock,
        post: Callable[[Callable[[], None]], None],
    ) -> None:
        self._ledger = ledger
        self._journal = journal
        self._holds = holds
        self._clock = clock
        self._errands = Errands(providers)
        self._courier = Courier(ledger, holds, pool, clock, post)
        self.settling = Settling(ledger, journal, clock)
        self._allowance = Allowance(journal, clock)
        self._flights = Flights(
            ledger, journal, self._courier, self._errands, self.settling, self._allowance, clock
        )
        self._hand_over = HandOver(
            ledger,
            journal,
            self._courier,
            self._errands,
            self.settling,
            self._flights,
            self._allowance,
            clock,
        )
        self._lines: dict[str, Line] = {}

    def stop(self) -> None:
        """Nothing more is begun; what comes back is still written down."""
        self._hand_over.stopping = True

    def begin(self, batch: Batch) -> None:
        """It is new, or rows of it were set going again."""
        account = batch.place.account
        line = self._lines.setdefault(account, Line(account))
        if line.knows_limits:
            self._form_jobs(batch, line.window)
        line.hurry()

    def restore(self, batch: Batch) -> None:
        """After a start: requests that the service has, or may have."""
        self.begin(batch)
        line = self._lines[batch.place.account]
        for job in self._journal.imports.begun_jobs(batch.id):
            rows = _unsettled(self._journal.imports.rows_of(batch, job.id))
            if job.state is JobState.SENDING:
                # Killed while asking: the service may have taken it until just now.
                job.handed_at = self._clock.time()
                self._flights.lost(line, batch, Flight(job, rows, 0.0))
            else:
                self._flights.take_off(line, job, rows, 0.0)

    def account_back(self, account: str) -> None:
        line = self._lines.get(account)
        if line:
            line.failures = 0
            line.hurry()

    def cancel(self, batch: Batch) -> None:
        """Nothing more is handed over. What the service has, it finishes; its outcome is told."""
        self._journal.imports.drop_new(batch.id)
        for line in self._lines.values():
            jobs = [flight.job for flight in line.flights.values()]
            for job in [*jobs, *([line.handing] if line.handing else [])]:
                job.cancelled |= job.batch == batch.id

    def again(self, batch: Batch, rows: Sequence[ImportRow]) -> None:
        """Hand these over once more, on somebody's order."""
        for row in rows:
            row.asked = True
        self.settling.wait(rows)
        self._journal.imports.save_rows(rows)
        self._journal.imports.leave_jobs(rows)
        for row in rows:
            if not row.content.name:
                # By itself: then its outcome cannot be taken for another row's.
                self._journal.imports.add_job(batch, [row.transfer.id])
        self._ledger.flush()
        self.begin(batch)

    # A turn

    def run(self, now: float) -> None:
        """Send an errand for each account that has something to do."""
        if self._hand_over.stopping:
            return
        for line in self._lines.values():
            self._follow_hold(line)
            if not line.is_busy and not line.is_held and now >= line.wake_at:
                self._next(line, now)

    def _follow_hold(self, line: Line) -> None:
        held = line.account in self._holds
        if held != line.is_held:
            line.is_held = held
            line.hurry()
            for flight in line.flights.values():
                self._flights.show(line, flight)

    def _next(self, line: Line, now: float) -> None:
        awake = self._flights.awake(line)
        due = [flight for flight in awake if flight.next_at <= now]
        if not self._courier.batches(line):
            line.wake_at = float("inf")
        elif not line.knows_limits:
            self._ask_limits(line)
        elif due:
            self._flights.ask(line, min(due, key=lambda flight: flight.next_at))
        else:
            line.wake_at = min((flight.next_at for flight in awake), default=float("inf"))
            if len(awake) < MOST_FLIGHTS:
                self._hand_over_next(line, now)

    def _hand_over_next(self, line: Line, now: float) -> None:
        """The first in line for which there is room; else wake up when there is."""
        for batch in self._courier.batches(line):
            found = None if batch.paused else self._hand_over.next_job(batch)
            if found is None:
                continue
            job, rows = found
            due = now + job.not_before - self._clock.time()
            opens_at = max(line.window.opens_at(len(rows), now), due)
            if opens_at <= now:
                self._hand_over.begin(line, batch, job, rows)
                return
            line.wake_at = min(line.wake_at, opens_at)

    def _ask_limits(self, line: Line) -> None:
        self._courier.send(
            line,
            partial(self._errands.limits, line.account),
            partial(self._limits_known, line),
            partial(self._limits_unknown, line),
        )

    def _limits_known(self, line: Line, limits: DrsLimits) -> None:
        self._allowance.learn(line, limits)
        for batch in self._courier.batches(line):
            self._form_jobs(batch, line.window)

    def _limits_unknown(self, line: Line, error: TransferError) -> None:
        if not isinstance(error, Unavailable):
            self._courier.trouble(line, error)
            return
        for batch in self._courier.batches(line):
            self._journal.imports.form_jobs(batch, AT_A_TIME)
        self._hand_over.fail_all(line, error)
        line.wake_at = float("inf")

    def _form_jobs(self, batch: Batch, window: Window) -> None:
        self._ledger.flush()
        self._journal.imports.form_jobs(batch, min(window.limits.items, window.limits.files))


def _unsettled(rows: Sequence[ImportRow]) -> list[ImportRow]:
    return [row for row in rows if not row.transfer.shown.is_final]
