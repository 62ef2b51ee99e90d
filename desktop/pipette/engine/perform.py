"""Run one job on a worker thread and answer with a report, whatever happens."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial

from pipette.engine.clock import Clock
from pipette.engine.desk import Providers
from pipette.engine.downloading import Downloading
from pipette.engine.errand import answer_of
from pipette.engine.jobs import Job, Report
from pipette.engine.uploading import Uploading
from pipette.model.errors import Interrupted, TransferError
from pipette.model.stages import Abort, Check, Close, Failed, MovePart, Open, Rejoin, Stopped
from pipette.model.transfer import Direction
from pipette.providers.protocol import Prepares, offers

TELL_SECONDS = 0.02

log = logging.getLogger(__name__)


class Performer:
    """Thread-safe: holds only what workers may share."""

    def __init__(
        self,
        providers: Providers,
        uploading: Uploading,
        downloading: Downloading,
        clock: Clock,
    ) -> None:
        self._providers = providers
        self._clock = clock
        self._by_direction: dict[Direction, Uploading | Downloading] = {
            Direction.UPLOAD: uploading,
            Direction.DOWNLOAD: downloading,
        }

    def run(self, jobs: Sequence[Job], tell: Callable[[Sequence[Report]], None]) -> None:
        """Perform these jobs one after the other; those that ended are reported now and then, for
        whoever is told is woken each time. Never raises."""
        self._prepare(jobs)
        ended: list[Report] = []
        tell_at = self._clock.monotonic() + TELL_SECONDS
        for job in jobs:
            ended.append(self._report(job))
            now = self._clock.monotonic()
            if now >= tell_at:
                tell(ended)
                ended, tell_at = [], now + TELL_SECONDS
        if ended:
            tell(ended)

    def _prepare(self, jobs: Sequence[Job]) -> None:
        """Where one call readies several downloads. If it fails, each is readied on its own."""
        remotes = [job.remote for job in jobs if job.direction is Direction.DOWNLOAD and job.remote]
        if len(remotes) < 2:
            return
        try:
            provider = self._providers.provider(jobs[0].at_service.account)
            if offers(provider, Prepares):
                provider.prepare(remotes)
        except TransferError as error:
            log.debug("%s downloads could not be readied together: %s", len(remotes), error.kind)

    def _report(self, job: Job) -> Report:
        try:
            what = f"transfer {job.transfer}, {job.step}"
            answer = answer_of(partial(self._perform, job), what)
        except Interrupted:
            return Report(job.transfer, Stopped(job.step))
        if isinstance(answer, TransferError):
            return Report(job.transfer, Failed(job.step, answer), key=job.key)
        return answer

    def _perform(self, job: Job) -> Report:
        job.interrupt.check()
        provider = self._providers.provider(job.at_service.account)
        way = self._by_direction[job.direction]
        match job.step:
            case Open():
                return way.open(job, provider)
            case Rejoin():
                return way.rejoin(job, provider)
            case MovePart(number):
                return way.move(job, number, provider)
            case Close():
                return way.close(job, provider)
            case Check():
                return way.check(job, provider)
            case Abort():
                return way.abort(job, provider)
