"""How late the event loop is: a timer that should come every few milliseconds, and when it came."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, QTimer

TICK_MS = 4
FRAME_MS = 16.0


@dataclass(frozen=True, slots=True)
class Lag:
    """Milliseconds by which ticks were late. ``frames`` of them missed a frame of the screen."""

    ticks: int
    p50: float
    p99: float
    most: float
    frames: int

    @staticmethod
    def of(late: Sequence[float]) -> Lag:
        """Of at least one tick."""
        ordered = sorted(late)
        return Lag(
            len(ordered),
            ordered[len(ordered) // 2],
            ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)],
            ordered[-1],
            sum(one > FRAME_MS for one in ordered),
        )


class LagGauge(QObject):
    """Ticks on the thread it was made on. ``take`` gives what was late since the last time."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._late: list[float] = []
        self._last = time.perf_counter()
        self._timer = QTimer(self, interval=TICK_MS)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def take(self) -> Lag:
        """Raises ValueError when there was not one tick since."""
        self._tick()
        late, self._late = self._late, []
        return Lag.of(late)

    def stop(self) -> None:
        self._timer.stop()

    def _tick(self) -> None:
        now = time.perf_counter()
        self._late.append(max(0.0, (now - self._last) * 1000 - TICK_MS))
        self._last = now
