"""Puts the faults that strike in the middle of a body into the stream of its bytes."""

from __future__ import annotations

import threading

from pipette.practice.faults import (
    Action,
    CorruptIncoming,
    CorruptOutgoing,
    CutOff,
    Faults,
    Hang,
    Moment,
    Reset,
    Trickle,
)
from pipette.practice.line import Hangup, Valve
from pipette.practice.sources import Source


class Meddler:
    """Follows one body. ``limit`` before each step and ``passed`` after it let the fault strike."""

    def __init__(
        self, action: Action, length: int, faults: Faults, stopping: threading.Event
    ) -> None:
        self._action = action
        self._faults = faults
        self._stopping = stopping
        self._position = 0
        self._trigger = _trigger(action, length)
        self._valve = Valve(action.bytes_per_second if isinstance(action, Trickle) else None)

    def limit(self, wanted: int) -> int:
        """How many bytes may pass in the next step; the fault may strike here instead."""
        if self._trigger == self._position:
            self._trigger = None
            self._strike()
        if self._trigger is not None:
            wanted = min(wanted, self._trigger - self._position)
        return self._valve.gulp(wanted)

    def passed(self, view: memoryview) -> None:
        action = self._action
        if isinstance(action, CorruptIncoming | CorruptOutgoing):
            place = action.offset - self._position
            if 0 <= place < len(view):
                view[place] ^= 1
        self._position += len(view)
        self._valve.take(len(view), self._stopping)

    def _strike(self) -> None:
        if isinstance(self._action, Hang):
            self._faults.hold(self._stopping)
        else:
            raise Hangup(reset=isinstance(self._action, Reset))


class MeddledSource:
    """A payload on its way in with a fault in it."""

    def __init__(self, source: Source, meddler: Meddler) -> None:
        self._source = source
        self._meddler = meddler

    def read_into(self, view: memoryview) -> int:
        allowed = self._meddler.limit(len(view))
        count = self._source.read_into(view[:allowed])
        self._meddler.passed(view[:count])
        return count


def concerns_incoming(action: Action | None, operation: str) -> bool:
    if _is_midway(action):
        return operation != "GetObject"
    return isinstance(action, CorruptIncoming | Trickle)


def concerns_outgoing(action: Action | None, operation: str) -> bool:
    if _is_midway(action):
        return operation == "GetObject"
    return isinstance(action, CorruptOutgoing | CutOff | Trickle)


def _is_midway(action: Action | None) -> bool:
    return isinstance(action, Reset | Hang) and action.moment is Moment.DURING


def _trigger(action: Action, length: int) -> int | None:
    if isinstance(action, CutOff | Reset | Hang):
        return length // 2 if action.after_bytes is None else min(action.after_bytes, length)
    return None
