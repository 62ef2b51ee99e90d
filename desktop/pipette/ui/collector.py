"""Python's search for unreachable cycles, on the window's thread and a little at a time.

Left to itself it runs on whichever thread happens to allocate: a search through everything a list of
100,000 rows consists of then stops the window for a tenth of a second, and a widget that was part of
a cycle would be taken down outside its thread.
"""

from __future__ import annotations

import gc
import time

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication

STEP_MS = 200
MANY_NEW = 700
OFTEN = 10
FULL_SECONDS = 600.0
"""Everything is searched no more often, and only while nobody looks at the window."""


class Collector(QObject):
    """Lives as long as the window. On its end Python does as it did before."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._full_at = time.monotonic() + FULL_SECONDS
        if gc.isenabled():
            gc.disable()
            parent.destroyed.connect(gc.enable)
        self._timer = QTimer(self, interval=STEP_MS)
        self._timer.timeout.connect(self.step)
        self._timer.start()

    def step(self) -> None:
        new, young, _ = gc.get_count()
        if time.monotonic() >= self._full_at and not _is_looked_at():
            gc.collect()
            self._full_at = time.monotonic() + FULL_SECONDS
        elif young >= OFTEN:
            gc.collect(1)
        elif new >= MANY_NEW:
            gc.collect(0)


def _is_looked_at() -> bool:
    return QGuiApplication.applicationState() == Qt.ApplicationState.ApplicationActive
