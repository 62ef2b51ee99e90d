"""The workers: Qt's thread pool behind the two methods the engine needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QThreadPool

KEEP_FOREVER = -1


class Pool(Protocol):
    def start(self, job: Callable[[], None]) -> None:
        """Run ``job`` soon on some worker. It must not raise."""
        ...

    def wait(self, seconds: float) -> bool:
        """Wait until every job ended; False when the time ran out."""
        ...


class WorkerPool:
    """Threads that stay, since each keeps its connections and its buffer."""

    def __init__(self, threads: int) -> None:
        self._pool = QThreadPool()
        self._pool.setMaxThreadCount(threads)
        self._pool.setExpiryTimeout(KEEP_FOREVER)

    def start(self, job: Callable[[], None]) -> None:
        self._pool.start(job)

    def wait(self, seconds: float) -> bool:
        return self._pool.waitForDone(int(seconds * 1000))
