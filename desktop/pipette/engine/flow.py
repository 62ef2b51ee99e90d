"""Moves the bytes of one attempt under the speed limit, and counts the payload among them."""

from __future__ import annotations

from types import TracebackType

from pipette.engine.clock import Clock
from pipette.engine.connection import Connection
from pipette.engine.interrupt import Interrupt
from pipette.engine.meter import Attempt
from pipette.engine.pace import Pace
from pipette.engine.replies import Content
from pipette.engine.throttle import Throttle
from pipette.model.files import KiB

STEP = 256 * KiB
"""The most that moves without asking the speed limit, and the least worth telling the meter …"""

_REPORT_SECONDS = 0.2
"""… unless so much time passed."""


class Flow:
    """A context manager: what was counted and not yet told is told at its end."""

    def __init__(
        self, throttle: Throttle, attempt: Attempt, interrupt: Interrupt, clock: Clock
    ) -> None:
        self._throttle = throttle
        self._attempt = attempt
        self._interrupt = interrupt
        self._clock = clock
        self._untold = 0
        self._told_at = clock.monotonic()
        self._framing_left = 0
        self._payload_left = 0

    def put(
        self, connection: Connection, pace: Pace, frame: memoryview, lead: int, payload: int
    ) -> None:
        """Send a frame in which ``payload`` bytes count, after ``lead`` that do not."""
        self._framing_left = lead
        self._payload_left = payload
        while frame:
            granted = self._grant(len(frame))
            connection.send(frame[:granted], pace, self._sent)
            frame = frame[granted:]

    def fill(self, content: Content, pace: Pace, room: memoryview) -> int:
        """Receive until the room is full or the content ends; returns how much there is now."""
        filled = 0
        while filled < len(room):
            granted = self._grant(len(room) - filled)
            count = content.read_into(room[filled : filled + granted], pace)
            if self._throttle.limited:
                self._throttle.give_back(granted - count)
            if not count:
                break
            self._count(count)
            filled += count
        return filled

    def __enter__(self) -> Flow:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._tell(self._clock.monotonic())

    def _grant(self, wanted: int) -> int:
        if not self._throttle.limited:
            return wanted
        return self._throttle.take(min(wanted, STEP), self._interrupt)

    def _sent(self, count: int) -> None:
        framing = min(count, self._framing_left)
        payload = min(count - framing, self._payload_left)
        self._framing_left -= framing
        self._payload_left -= payload
        self._count(payload)

    def _count(self, payload: int) -> None:
        self._untold += payload
        now = self._clock.monotonic()
        if self._untold >= STEP or now - self._told_at >= _REPORT_SECONDS:
            self._tell(now)

    def _tell(self, now: float) -> None:
        if self._untold:
            self._attempt.add(self._untold)
        self._untold = 0
        self._told_at = now
