"""Counts bytes on the wire: for progress, for the receipt, for the speed in the status bar."""

from __future__ import annotations

import threading
from collections import deque
from types import TracebackType

from pipette.engine.clock import Clock
from pipette.model.transfer import Direction

_WINDOW_SECONDS = 3.0
_SLOT_SECONDS = 0.25


class Meter:
    """Bytes moved, by transfer and direction. Any thread; feed it in large steps."""

    def __init__(self, clock: Clock) -> None:
        self._lock = threading.Lock()
        self._running: dict[int, int] = {}
        self._wire: dict[int, int] = {}
        self._speeds = {direction: _Speed(clock) for direction in Direction}

    def attempt(self, transfer: int, direction: Direction) -> Attempt:
        """Counts one try at one part, as a context manager."""
        return Attempt(self, transfer, direction)

    def running(self, transfer: int) -> int:
        """Bytes moved by the attempts under way; what they brought home is counted by receipts."""
        with self._lock:
            return self._running.get(transfer, 0)

    def wire_bytes(self, transfer: int) -> int:
        """Payload bytes that crossed the wire so far, those of failed attempts included."""
        with self._lock:
            return self._wire.get(transfer, 0)

    def take_wire_bytes(self, transfer: int) -> int:
        """The same, and start again from nothing."""
        with self._lock:
            return self._wire.pop(transfer, 0)

    def up_rate(self) -> float:
        """Bytes per second sent over the last seconds."""
        return self._rate(Direction.UPLOAD)

    def down_rate(self) -> float:
        """Bytes per second received over the last seconds."""
        return self._rate(Direction.DOWNLOAD)

    def _rate(self, direction: Direction) -> float:
        with self._lock:
            return self._speeds[direction].rate()

    def _moved(self, transfer: int, direction: Direction, count: int) -> None:
        with self._lock:
            self._running[transfer] = self._running.get(transfer, 0) + count
            self._wire[transfer] = self._wire.get(transfer, 0) + count
            self._speeds[direction].add(count)

    def _drop(self, transfer: int, count: int) -> None:
        with self._lock:
            left = self._running.get(transfer, 0) - count
            if left:
                self._running[transfer] = left
            else:
                self._running.pop(transfer, None)


class Attempt:
    """One try at one part. Its running figure is dropped when the block ends, however it ends."""

    __slots__ = ("_count", "_direction", "_meter", "_transfer")

    def __init__(self, meter: Meter, transfer: int, direction: Direction) -> None:
        self._meter = meter
        self._transfer = transfer
        self._direction = direction
        self._count = 0

    def add(self, count: int) -> None:
        """So many payload bytes more moved."""
        self._count += count
        self._meter._moved(self._transfer, self._direction, count)

    def restart(self) -> None:
        """The same bytes are about to move again: forget the running figure."""
        if self._count:
            self._meter._drop(self._transfer, self._count)
        self._count = 0

    def __enter__(self) -> Attempt:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.restart()


class _Speed:
    """Bytes of the last seconds, in slots."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._slots: deque[tuple[float, int]] = deque()
        self._total = 0

    def add(self, count: int) -> None:
        now = self._clock.monotonic()
        self._forget_old(now)
        self._total += count
        if self._slots and now - self._slots[-1][0] < _SLOT_SECONDS:
            since, already = self._slots[-1]
            self._slots[-1] = (since, already + count)
        else:
            self._slots.append((now, count))

    def rate(self) -> float:
        now = self._clock.monotonic()
        self._forget_old(now)
        if not self._slots:
            return 0.0
        span = min(max(now - self._slots[0][0], 1.0), _WINDOW_SECONDS)
        return self._total / span

    def _forget_old(self, now: float) -> None:
        while self._slots and now - self._slots[0][0] > _WINDOW_SECONDS:
            self._total -= self._slots.popleft()[1]
