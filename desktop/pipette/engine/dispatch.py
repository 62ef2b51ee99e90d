"""Who gets the next free worker.

Within an account: what is to be tried again, then transfers already begun (so that files finish
rather than pile up), then the next files in line. Small files travel in bundles, since handing each
to a worker on its own would cost more than sending it.
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from pipette.engine.clock import Clock
from pipette.engine.course import Course
from pipette.engine.downloading import RANGE
from pipette.engine.flows import Flows
from pipette.engine.interrupt import Interrupt
from pipette.engine.jobs import Job, Report
from pipette.engine.journal import Journal
from pipette.engine.ledger import Ledger
from pipette.engine.pool import Pool
from pipette.engine.records import Batch, Transfer
from pipette.engine.waits import Hashes, Holds, Retries
from pipette.model.files import MiB, RemoteFile
from pipette.model.stages import (
    Check,
    Checking,
    Close,
    Halted,
    Landed,
    Moving,
    OnItsWayOut,
    Open,
    Rejoin,
    Rejoining,
    Seeking,
    Step,
)
from pipette.model.transfer import Direction
from pipette.model.walk import has_room
from pipette.providers.protocol import Provider

BUNDLE_FILES = 32
BUNDLE_BYTES = 16 * MiB
NEEDS_RECEIPTS = (Close, Check, Rejoin)

Post = Callable[[Callable[[], None]], None]
Perform = Callable[[Sequence[Job], Callable[[Sequence[Report]], None]], None]


class Dispatch:
    """Belongs to the engine's thread."""

    def __init__(
        self,
        ledger: Ledger,
        journal: Journal,
        course: Course,
        clock: Clock,
        retries: Retries,
        holds: Holds,
        hashes: Hashes,
        perform: Perform,
        pool: Pool,
        post: Post,
        round_trip_seconds: Callable[[], float | None],
    ) -> None:
        self._ledger = ledger
        self._journal = journal
        self._course = course
        self._clock = clock
        self._retries = retries
        self._holds = holds
        self._hashes = hashes
        self._perform = perform
        self._pool = pool
        self._post = post
        self._round_trip_seconds = round_trip_seconds
        self.flows: dict[str, Flows] = {}
        self._due: dict[str, list[tuple[Transfer, Step]]] = {}
        self.stopping = False
        self._key_prefix = uuid.uuid4().hex
        self._key_numbers = itertools.count(1)

    def run(self, ready: Mapping[str, Provider]) -> None:
        """Hand out work of these accounts until no flow or no work is left."""
        if self.stopping:
            return
        now = self._clock.monotonic()
        self._course.rooms.wake(now)
        for t, step in self._retries.due(now, self._ledger.live.get):
            self._due.setdefault(t.account, []).append((t, step))
        for account, provider in ready.items():
            if account not in self._holds:
                self._serve(account, provider, now)

    def accounts(self) -> set[str]:
        """Those that have something to do, or may have."""
        begun = {account for account, roomy in self._course.rooms.now.items() if roomy}
        waiting = {
            batch.place.account
            for batch in self._ledger.batches.values()
            if _is_ours(batch) and not batch.rests and self._ledger.next_waiting(batch)
        }
        return begun | waiting | {account for account, due in self._due.items() if due}

    def is_busy(self, account: str, now: float) -> bool:
        """All flows are taken, and that is what more work waits for."""
        flows = self.flows.get(account)
        return flows is not None and flows.free(now) == 0 and now >= flows.blocked_until

    def _serve(self, account: str, provider: Provider, now: float) -> None:
        flows = self.flows.setdefault(account, Flows(now))
        begun = self._begun_in_order(account)
        handed_out = []
        while flows.free(now) > 0:
            work = self._next(account, provider, flows, begun)
            if not work:
                break
            handed_out.append(self._begin(flows, work))
        if self._course.commit_first:
            self._ledger.flush()
            self._journal.commit()
            self._course.commit_first = False
        for jobs in handed_out:
            self._pool.start(partial(self._run, account, jobs))

    def _next(
        self, account: str, provider: Provider, flows: Flows, begun: Iterator[Transfer]
    ) -> Sequence[tuple[Transfer, Step]]:
        again = self._next_again(account)
        if again:
            return [again]
        for t in begun:
            step = self._course.next_step(t)
            if step:
                if isinstance(step, Open):
                    self._announce(t)
                return [(t, step)]
        return self._next_in_line(account, provider, flows)

    def _next_again(self, account: str) -> tuple[Transfer, Step] | None:
        due = self._due.get(account, [])
        while due:
            t, step = due.pop(0)
            if step in t.retry_at and not isinstance(t.stage, Halted):
                self._retries.begun(t, step)
                return t, step
        return None

    def _begun_in_order(self, account: str) -> Iterator[Transfer]:
        """Each as often as it has room, which is looked at when it is its turn."""
        roomy = [
            t
            for t in self._course.rooms.now.get(account, {}).values()
            if not self._ledger.batches[t.batch].parked
        ]
        for t in sorted(roomy, key=self._place_in_line):
            while has_room(t.stage) and not self._course.waits(t):
                yield t

    def _place_in_line(self, t: Transfer) -> tuple[bool, int, int]:
        ends = isinstance(t.stage, Landed | OnItsWayOut)
        return (not ends, self._ledger.batches[t.batch].order, t.position)

    def _next_in_line(
        self, account: str, provider: Provider, flows: Flows
    ) -> Sequence[tuple[Transfer, Step]]:
        for batch in self._ledger.in_order():
            if batch.place.account != account or batch.rests or not _is_ours(batch):
                continue
            first = self._ledger.next_waiting(batch)
            while first is not None and self._course.waits(first):
                # It joins what its mate opens, and takes no turn until then.
                self._course.refresh(self._ledger.take(batch))
                first = self._ledger.next_waiting(batch)
            if first is not None:
                return self._bundle(batch, first, provider, flows)
        return ()

    def _bundle(
        self, batch: Batch, first: Transfer, provider: Provider, flows: Flows
    ) -> Sequence[tuple[Transfer, Step]]:
        """Several small files, or one large one unless too many wait for their hash.

        Where ``whole`` is 0 something is opened for every file, also an empty one.
        """
        upload = batch.direction is Direction.UPLOAD
        whole = provider.limits.whole if upload else RANGE
        if first.size > whole or not whole:
            return () if self._hashes.full else [(self._take(batch, resumable=True), Open())]
        if flows.bundles >= flows.most_bundles(self._round_trip_seconds(), first.size):
            return ()
        fair = -(-self._ledger.waiting_loaded(batch) // flows.allowed)
        work: list[tuple[Transfer, Step]] = []
        size = 0
        candidate: Transfer | None = first
        while candidate and candidate.size <= whole and len(work) < min(BUNDLE_FILES, fair):
            if work and size + candidate.size > BUNDLE_BYTES:
                break
            size += candidate.size
            work.append((self._take(batch, resumable=False), Open()))
            candidate = self._ledger.next_waiting(batch)
        return work

    def _take(self, batch: Batch, *, resumable: bool) -> Transfer:
        t = self._ledger.take(batch)
        self._course.next_step(t)
        if resumable:
            self._announce(t)
        else:
            self._name_opening(t)
        return t

    def _announce(self, t: Transfer) -> None:
        """Have it written down that the service will be asked to open something for this file."""
        self._name_opening(t)
        self._journal.save_opening(t)
        self._course.commit_first = True

    def _name_opening(self, t: Transfer) -> None:
        if t.opening_key is None:
            t.opening_key = f"{self._key_prefix}-{next(self._key_numbers)}"

    def _begin(self, flows: Flows, work: Sequence[tuple[Transfer, Step]]) -> Sequence[Job]:
        interrupt = Interrupt()
        jobs = [self._job(t, step, interrupt) for t, step in work]
        for job in jobs:
            self._course.begun(self._ledger.live[job.transfer], interrupt)
        flows.active += 1
        if _is_bundle(jobs):
            flows.bundle_begins(self._clock.monotonic())
        return jobs

    def _run(self, account: str, jobs: Sequence[Job]) -> None:
        """On a worker."""
        self._perform(jobs, self._tell)
        self._post(partial(self._ended, account, jobs))

    def _tell(self, reports: Sequence[Report]) -> None:
        for report in reports:
            self._post(partial(self._course.report, report))

    def _ended(self, account: str, jobs: Sequence[Job]) -> None:
        flows = self.flows[account]
        flows.active -= 1
        if _is_bundle(jobs):
            flows.bundle_ended(self._clock.monotonic(), len(jobs))
        for job in jobs:
            self._course.ended(job.transfer, job.interrupt)

    def _job(self, t: Transfer, step: Step, interrupt: Interrupt) -> Job:
        batch = self._ledger.batches[t.batch]
        receipts = (
            tuple(t.receipts[number] for number in sorted(t.receipts))
            if isinstance(step, NEEDS_RECEIPTS)
            else ()
        )
        at = t.at
        return Job(
            transfer=t.id,
            direction=t.direction,
            step=step,
            at_service=t.at_service,
            local=t.local,
            size=t.size,
            mtime_ns=t.mtime_ns,
            interrupt=interrupt,
            if_exists=t.rule or batch.options.if_exists,
            md5_wanted=batch.options.md5,
            opening_key=t.opening_key or "",
            asked_before=t.was_asked or isinstance(at, Seeking),
            seeking=isinstance(at, Seeking),
            may_replace=t.may_replace,
            look=t.look,
            handle=t.handle,
            count=getattr(at, "count", 0),
            landed=at.landed if isinstance(at, Moving | Rejoining) else 0,
            closed=not isinstance(at, Checking) or at.certain,
            receipts=receipts,
            remote=t.remote or _as_listed(t),
            md5=t.md5,
            key=self._holds.key_of(t.account),
            hash=self._hashes.of(t.id),
            mate=self._course.mates.as_seen(t) if isinstance(step, Open) else None,
        )


def _is_bundle(jobs: Sequence[Job]) -> bool:
    return len(jobs) > 1


def _is_ours(batch: Batch) -> bool:
    """Imports move no bytes: they need no flow."""
    return batch.direction is not Direction.IMPORT


def _as_listed(t: Transfer) -> RemoteFile | None:
    """What a download fetches, as the listing described it."""
    if t.direction is Direction.UPLOAD:
        return None
    return RemoteFile(t.at_service, size=t.size, etag=t.etag, id=t.remote_id)
