"""When the next request of an import goes, and when all are done. Pure; the engine decides anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipette.engine.drs_rows import JobState, JobView
from pipette.engine.drs_window import Window
from pipette.providers.protocol_drs import DrsLimits

WORK_SECONDS = 30.0
"""About what a platform takes for a request when nothing holds it up."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Moments in seconds since the epoch; None where nothing is left to hand over."""

    next_at: float | None = None
    done_at: float | None = None


def pace_of(jobs: Sequence[JobView], limits: DrsLimits, now: float) -> Pace:
    new = [job for job in jobs if job.state is JobState.NEW]
    window = Window(limits)
    for job in jobs:
        if job.handed_at is not None:
            window.handed(job.handed_at, job.handed)
    moments = []
    moment = now
    for job in new:
        moment = max(moment, window.opens_at(job.planned, moment), job.not_before)
        window.handed(moment, job.planned)
        moments.append(moment)
    if moments:
        return Pace(moments[0], moments[-1] + WORK_SECONDS)
    return Pace()


def seconds_for(rows: int, limits: DrsLimits) -> float:
    """About how long so many rows take from start to end."""
    windows = max(0, -(-rows // limits.files) - 1)
    return windows * limits.window_seconds + (WORK_SECONDS if rows else 0.0)


def requests_for(rows: int, limits: DrsLimits) -> int:
    return -(-rows // limits.items)
