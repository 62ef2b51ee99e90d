"""What follows from an event: the walk, then what must be written, shown, stopped or begun.

The only place that changes a transfer's stage. Belongs to the engine's thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from pipette.engine.clock import Clock
from pipette.engine.facts import Facts
from pipette.engine.interrupt import Interrupt
from pipette.engine.jobs import Report
from pipette.engine.journal import Journal
from pipette.engine.ledger import Ledger
from pipette.engine.mates import Mates
from pipette.engine.meter import Meter
from pipette.engine.records import Transfer, is_settled
from pipette.engine.rooms import Rooms
from pipette.engine.showing import state_of
from pipette.engine.waits import Hashes, Holds, Retries
from pipette.engine.wanted_hashes import WantedHashes
from pipette.model.errors import (
    BadPart,
    MateFailed,
    Mismatch,
    NameTaken,
    NetworkDown,
    SignInNeeded,
    SlowDown,
    Temporary,
    TransferError,
    UploadGone,
)
from pipette.model.parts import Handle
from pipette.model.stages import (
    Cancel,
    Checking,
    Close,
    Event,
    Failed,
    Finished,
    Go,
    Halted,
    Landed,
    Leaving,
    MovePart,
    Moving,
    OnItsWayOut,
    Open,
    Opened,
    Opening,
    Pause,
    Queued,
    Rejoined,
    Room,
    Stage,
    StartOver,
    Step,
    Stopped,
    Unchecked,
)
from pipette.model.transfer import Direction, IfExists, LogLine, Problem, State, TransferId
from pipette.model.walk import advance

log = logging.getLogger(__name__)

MOST_REOPENINGS = 3
MOST_REFETCHES = 2


class Course:
    def __init__(
        self,
        ledger: Ledger,
        journal: Journal,
        clock: Clock,
        meter: Meter,
        retries: Retries,
        holds: Holds,
        hashes: Hashes,
        slow_down: Callable[[str, float], None],
    ) -> None:
        self._ledger = ledger
        self._journal = journal
        self._clock = clock
        self._meter = meter
        self._retries = retries
        self._holds = holds
        self._hashes = hashes
        self._slow_down = slow_down
        self._facts = Facts(ledger, journal)
        self._wanted = WantedHashes(ledger, hashes)
        self.mates = Mates(ledger, journal)
        self._interrupts: dict[TransferId, list[Interrupt]] = {}
        self.rooms = Rooms(ledger, clock)
        """By account: transfers that could take a step now."""
        self.commit_first = False
        """Something must be durable before the next step is handed out."""
        self.network_failures = 0
        """In a row, over everything; back to zero as soon as anything works."""

    # From workers

    def report(self, report: Report) -> None:
        t = self._ledger.live.get(report.transfer)
        if t is None:
            log.info("a report for transfer %s, which left the list", report.transfer)
            return
        self._facts.take(t, report)
        outcome = report.outcome
        if isinstance(outcome, Failed):
            self._failed(t, outcome, report.key)
            return
        if not isinstance(outcome, Stopped):
            self.network_failures = 0
        if report.wait_seconds:
            t.not_before = self._clock.monotonic() + report.wait_seconds
        self.event(t, outcome)

    def hashed(self, transfer: TransferId, result: str | TransferError) -> None:
        t = self._ledger.live.get(transfer)
        self._hashes.end(transfer)
        if t is None:
            return
        if isinstance(result, str):
            t.md5 = result
            self._ledger.changed(t)
        else:
            self._halt(t, result)
        self.rooms.note(t)

    def _failed(self, t: Transfer, failed: Failed, key: int) -> None:
        error, step = failed.error, failed.step
        if isinstance(error, SignInNeeded):
            self._holds.hold(t.account, error, key)
            self.event(t, Stopped(step))
            return
        if isinstance(error, Mismatch) and self._fetch_again(t, step, error):
            return
        if isinstance(error, Temporary) and not isinstance(t.stage, Halted | Leaving):
            wait = self._retries.plan(t, step, error, self._clock.monotonic())
            if wait is not None:
                self._wait(t, step, error, wait)
                return
        self._note(t, "failed", error.kind)
        self.event(t, failed)

    def _fetch_again(self, t: Transfer, step: Step, error: Mismatch) -> bool:
        """A copy that came in damaged is fetched anew, some times, before anybody is told."""
        if t.direction is Direction.UPLOAD or isinstance(t.stage, Halted | Leaving):
            return False
        if isinstance(step, Open):
            tries_left = t.tries.get(step, 0) < MOST_REFETCHES
            damaged = BadPart(error.detail)
            wait = self._retries.plan(t, step, damaged, self._clock.monotonic())
            if not tries_left or wait is None:
                return False
            self._wait(t, step, damaged, wait)
            return True
        if t.reopened >= MOST_REFETCHES:
            return False
        t.attempts += 1
        self.event(t, Stopped(step))
        self.event(t, StartOver())
        return True

    def _wait(self, t: Transfer, step: Step, error: Temporary, wait: float) -> None:
        if isinstance(error, SlowDown):
            self._slow_down(t.account, wait)
        if isinstance(error, NetworkDown):
            self.network_failures += 1
        number = step.number if isinstance(step, MovePart) else 0
        self._note(t, "part-retried" if number else "retried", f"{number} {error.kind}".strip())
        self._show(t)

    # From people

    def pause(self, t: Transfer) -> None:
        self._withdraw(t)
        self.event(t, Pause())

    def go(self, t: Transfer) -> None:
        """Go on after a pause, a failure or a decision."""
        halted = t.stage if isinstance(t.stage, Halted) else None
        t.asked_before = t.was_asked
        t.tries.clear()
        t.reopened = 0
        if halted and halted.error:
            t.problem = None
            t.finish_order, t.finished_at = 0, None
        self.event(t, Go())
        if isinstance(t.stage, Queued) and not t.was_asked and not t.mate:
            self._line_up(t)

    def _line_up(self, t: Transfer) -> None:
        """Nothing was begun for it: it waits in line as before, not in hand."""
        if t.opening_key:
            t.opening_key = None
            self._journal.save_opening(t)
        self._ledger.let_go(t)
        self.rooms.note(t)

    def cancel(self, t: Transfer) -> None:
        """Of a pair, both: one is of no use without the other."""
        self._withdraw(t)
        if self.mates.is_half(t):
            self.event(t, Pause())
        self.event(t, Cancel(asked=t.was_asked and t.direction is Direction.UPLOAD))
        mate = self.mates.unsettled(t)
        if mate and t.is_going and not mate.is_going:
            self.cancel(mate)

    def start_over(self, t: Transfer) -> None:
        self._withdraw(t)
        t.problem = None
        t.may_replace = True
        t.tries.clear()
        self.event(t, StartOver())

    def queue_again(self, t: Transfer, rule: IfExists) -> bool:
        """Send a file its name kept back by another rule. False when nothing kept it back."""
        taken = isinstance(t.stage, Halted) and isinstance(t.stage.error, NameTaken)
        if t.shown is not State.SKIPPED and not taken:
            return False
        t.rule, t.may_replace, t.look = rule, rule is IfExists.REPLACE, True
        t.problem = None
        if t.handle is not None:
            self.event(t, StartOver())
            return True
        t.stage = Queued()
        self.refresh(t)
        return True

    def stop(self, t: Transfer) -> None:
        """The program ends: no step goes on, the place is kept."""
        for interrupt in self._interrupts.get(t.id, ()):
            interrupt.trip()

    def _withdraw(self, t: Transfer) -> None:
        """Nothing of it goes on or is tried again; what is in flight answers soon."""
        for step in self._retries.drop(t):
            self.event(t, Stopped(step))
        self.stop(t)

    # Steps

    def next_step(self, t: Transfer) -> Step | None:
        """Hand out the next step, if there is one."""
        before = t.stage
        t.stage, steps = advance(t.stage, Room())
        self.rooms.note(t)
        if not steps:
            return None
        if type(before) is not type(t.stage):
            self._show(t)
        if isinstance(steps[0], Close):
            # Should the answer be lost with us, these receipts tell that it may have been closed.
            self.commit_first = True
        return steps[0]

    def begun(self, t: Transfer, interrupt: Interrupt) -> None:
        self._interrupts.setdefault(t.id, []).append(interrupt)

    def ended(self, transfer: TransferId, interrupt: Interrupt) -> None:
        running = self._interrupts.get(transfer, [])
        if interrupt in running:
            running.remove(interrupt)
        if running:
            return
        self._interrupts.pop(transfer, None)
        t = self._ledger.live.get(transfer)
        if t is not None:
            self._let_go_if_settled(t)

    # The walk

    def event(self, t: Transfer, event: Event) -> None:
        before, arrived = t.stage, t.arrived
        if event == Stopped(Open()):
            t.asked_before = True
        t.stage, _ = advance(before, event)
        self._follow(t, before, event)
        self._ledger.arrived(t, t.arrived - arrived)
        self.refresh(t)
        self._tell_mate(t, before)
        if isinstance(event, Opened | Rejoined) and self.mates.is_stale(t):
            self._start_again(t)

    def _follow(self, t: Transfer, before: Stage, event: Event) -> None:
        if isinstance(event, Opened):
            self._opened(t, event.handle, event.count)
        now = t.at
        if isinstance(now, Queued) and _was_open(before):
            self._lost(t)
        elif isinstance(now, Unchecked) and now.certain and not isinstance(before, _CLOSED):
            self._journal.save_closed(t)
        elif isinstance(now, OnItsWayOut) and not isinstance(before, OnItsWayOut):
            self._journal.save_leaving(t, again=now.again)
            self.commit_first = True
        if isinstance(t.stage, Halted) and t.stage.error:
            error = t.stage.error
            t.problem = Problem(error.kind, error.detail, self._clock.time())
        if isinstance(t.stage, Halted | Finished | OnItsWayOut):
            self._hashes.end(t.id)
        elif isinstance(now, Moving | Landed):
            self._wanted.begin(t)
        if isinstance(t.stage, Finished):
            self._finished(t)

    def _opened(self, t: Transfer, handle: Handle, count: int) -> None:
        self._journal.save_opened(t, handle, count)
        self.commit_first = True
        self._note(t, "opened", f"{count} {handle.part_size}")

    def _lost(self, t: Transfer) -> None:
        """What was opened is gone; from the beginning, but not for ever."""
        t.receipts.clear()
        t.md5 = None
        t.opening_key, t.asked_before = None, False
        self._journal.forget_opened(t)
        self._note(t, "started-over", "")
        t.reopened += 1
        if t.reopened > MOST_REOPENINGS:
            t.stage = Halted(Queued(), UploadGone("opened again and again"))

    def _finished(self, t: Transfer) -> None:
        wire = self._meter.take_wire_bytes(t.id)
        t.sent_bytes += wire
        self._ledger.batches[t.batch].sent_bytes += wire
        t.problem = None

    def _halt(self, t: Transfer, error: TransferError) -> None:
        """Something beside the steps failed, such as reading the file for its hash."""
        self._withdraw(t)
        if isinstance(t.stage, Halted | Finished | OnItsWayOut):
            return
        before = t.stage
        t.stage, _ = advance(t.stage, Pause())
        if isinstance(t.stage, Halted):
            t.stage = Halted(t.stage.at, error)
        self._follow(t, before, Pause())
        self._show(t)
        self._tell_mate(t, before)

    def _tell_mate(self, t: Transfer, before: Stage) -> None:
        """What befalls one file of a pair befalls the other."""
        if t.has_failed and not (isinstance(before, Halted) and before.error):
            mate = self.mates.going(t)
            if mate:
                self._halt(mate, MateFailed(t.name))
            return
        mate = self.mates.sharing_lost(t, before)
        if mate:
            self._start_again(mate)

    def _start_again(self, t: Transfer) -> None:
        """What it was part of is gone, or will be."""
        self._withdraw(t)
        self.event(t, StartOver())

    def waits(self, t: Transfer) -> bool:
        """The step that would come next waits for the MD5 of the whole, or the other file of a pair.

        An MD5 that was lost with an earlier run is worked out anew.
        """
        if self._wanted.waits(t):
            self._wanted.begin(t)
            return True
        return self._wanted.lags(t) or self.mates.waits(t)

    # Showing

    def refresh(self, t: Transfer) -> None:
        """Its account was held or released."""
        self._show(t)
        self.rooms.note(t)

    def _show(self, t: Transfer) -> None:
        state = state_of(t, held=t.account in self._holds, waits_for=self._retries.reason(t))
        self._ledger.show(t, state)
        self._let_go_if_settled(t)

    def _let_go_if_settled(self, t: Transfer) -> None:
        if is_settled(t.shown) and not self._interrupts.get(t.id) and not t.has_parts_in_flight:
            self._ledger.let_go(t)

    def _note(self, t: Transfer, kind: str, text: str) -> None:
        log.info("transfer %s: %s %s", t.id, kind, text)
        self._journal.log(t.id, LogLine(self._clock.time(), kind, text))


_CLOSED = (Unchecked, Checking)


def _was_open(stage: Stage) -> bool:
    at = stage.at if isinstance(stage, Halted) else stage
    return not isinstance(at, Queued | Opening)
