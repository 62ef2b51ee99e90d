"""Waiting for samples to be taken in, and what their state says of an upload.

Each is asked about on its own at first. Many that wait are asked about together: with one call for a
hundred, so that waiting leaves room for sending.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from pipette.model import errors
from pipette.model.files import Location, RemoteFile
from pipette.model.parts import Handle, Proof
from pipette.providers.onecodex_api import PAGE, Calls
from pipette.providers.onecodex_samples import (
    DELETED,
    FAILED,
    NOT_SENT,
    UNDER_WAY,
    Sample,
    moment_of,
    remote_of,
)
from pipette.providers.protocol import Differs, NotYet, Sent, Stored, Verdict

BASELINE = "baseline"
CREATED = "created"
PAIR = "pair"
"""Names in ``Handle.details``: the sample's state before its data, when it was made, and which file
of a pair this is."""

HIDDEN = "hidden"
"""A baseline: the sample could not be seen before its data was accepted."""

SOON_SECONDS = 15.0
LATER_SECONDS = 60.0
SOON_FOR_SECONDS = 10 * 60.0
LONGEST_WATCH_SECONDS = 24 * 3600.0

_FRESH_SECONDS = 10.0
_MANY = 4
"""From so many that wait on, one list costs less than asking about each."""


@dataclass(frozen=True, slots=True)
class _Awaited:
    since: float
    created: float
    seen_at: float
    sample: Sample


class Watch:
    """Any thread. Times are of the clock given."""

    def __init__(self, calls: Calls, clock: Callable[[], float]) -> None:
        self._calls = calls
        self._clock = clock
        self._lock = threading.Lock()
        self._awaited: dict[str, _Awaited] = {}
        self._looking = False

    def see(self, handle: Handle) -> Sample | None:
        """The sample as it is now, or was some seconds ago while many are awaited."""
        known = self._fresh(handle)
        if known is None and self._begin_looking(handle):
            try:
                self._look_through()
            finally:
                self._looking = False
            known = self._fresh(handle)
        if known is not None:
            return known
        found = self._calls.sample(handle.id or "")
        self._keep(handle, found)
        return found

    def waited(self, handle: Handle) -> float:
        """Seconds since this sample was first seen under way."""
        with self._lock:
            known = self._awaited.get(handle.id or "")
        return self._clock() - known.since if known else 0.0

    def forget(self, handle: Handle) -> None:
        with self._lock:
            self._awaited.pop(handle.id or "", None)

    def _fresh(self, handle: Handle) -> Sample | None:
        old = self._clock() - _FRESH_SECONDS
        with self._lock:
            known = self._awaited.get(handle.id or "")
            if known and (known.seen_at > old or self._looking):
                return known.sample
        return None

    def _begin_looking(self, handle: Handle) -> bool:
        """Whether it is worth asking about all that wait, and nobody does."""
        old = self._clock() - _FRESH_SECONDS
        with self._lock:
            stale = [one for one in self._awaited.values() if one.seen_at <= old]
            worth_it = handle.id in self._awaited and len(stale) >= _MANY and not self._looking
            self._looking = self._looking or worth_it
        return worth_it

    def _look_through(self) -> None:
        with self._lock:
            oldest = min(one.created for one in self._awaited.values())
            pages = 1 + 2 * len(self._awaited) // PAGE
        cursor: str | None = None
        for _ in range(pages):
            where = {"created_at": {"$gte": moment_of(oldest)}}
            page = self._calls.samples(where, cursor, created_at=False)
            self._refresh(page.samples)
            cursor = page.cursor
            if cursor is None:
                return

    def _refresh(self, samples: list[Sample]) -> None:
        now = self._clock()
        with self._lock:
            for sample in samples:
                known = self._awaited.get(sample.id)
                if known:
                    self._awaited[sample.id] = replace(known, seen_at=now, sample=sample)

    def _keep(self, handle: Handle, sample: Sample | None) -> None:
        now = self._clock()
        created = float(handle.details.get(CREATED) or now)
        with self._lock:
            known = self._awaited.get(handle.id or "")
            if sample is None or sample.status not in UNDER_WAY | NOT_SENT:
                self._awaited.pop(handle.id or "", None)
            else:
                since = known.since if known else now
                self._awaited[sample.id] = _Awaited(since, created, now, sample)


def baseline_of(sample: Sample | None) -> str:
    return HIDDEN if sample is None else sample.baseline


def was_taken(handle: Handle, sample: Sample | None) -> bool:
    """Whether the sample shows that its data was accepted since the upload was opened."""
    return sample is not None and sample.is_there and sample.baseline != handle.details[BASELINE]


def is_gone(handle: Handle, sample: Sample | None) -> bool:
    """Cancelled or deleted since the upload was opened."""
    if sample is None:
        return handle.details[BASELINE] != HIDDEN
    return sample.status == DELETED


def verdict(
    to: Location,
    handle: Handle,
    remote: RemoteFile | None,
    sample: Sample | None,
    sent: Sent,
    waited: float,
) -> Verdict:
    """What the sample's state says of the upload. Raises Refused when it failed validation."""
    if sample is None or sample.status == DELETED:
        return Differs("the sample is gone")
    if remote is None and not was_taken(handle, sample):
        return Differs("the sample has no data")
    alone = PAIR not in handle.details
    # What becomes of the two files of a pair is told nowhere, so their sizes prove nothing.
    if alone and sample.size is not None and sample.size != sent.size:
        return Differs(f"{sent.size} bytes here, {sample.size} there")
    if sample.status == FAILED:
        raise errors.Refused(sample.error or "the sample failed its validation")
    if sample.status in UNDER_WAY | NOT_SENT and waited < LONGEST_WATCH_SECONDS:
        return NotYet(SOON_SECONDS if waited < SOON_FOR_SECONDS else LATER_SECONDS)
    etag = remote.etag if remote else None
    stored = replace(remote_of(sample, to), etag=etag)
    return Stored(stored, _proof(sample, sent, alone=alone))


def _proof(sample: Sample, sent: Sent, *, alone: bool) -> Proof:
    """The service tells no checksum of a sample, so nothing is better than every part's."""
    if sample.status in NOT_SENT:
        return Proof.NONE
    if sent.receipts and all(receipt.proven for receipt in sent.receipts):
        return Proof.EVERY_PART
    return Proof.SIZE_ONLY if alone and sample.size is not None else Proof.NONE
