"""The workers: Qt's thread pool behind the two methods the engine needs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Protocol

from PySide6.QtCore import QThreadPool

Job = Callable[[], None]


class Pool(Protocol):
    def start(self, job: Job) -> None:
        """Run ``job`` soon on some worker. It must not raise."""
        ...

    def wait(self, seconds: float) -> bool:
        """Wait until every job ended; False when the time ran out."""
        ...


class WorkerPool:
    """Threads that stay until ``wait``, since each keeps its buffer.

    To Python a thread of Qt's is a new one each time Qt calls it, and nothing that belongs to the
    thread is kept in between. So Qt calls each once, to serve one job after the other.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._pool = QThreadPool()
        self._pool.setMaxThreadCount(threads)
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._serving = 0
        self._unfinished = 0

    def start(self, job: Job) -> None:
        with self._lock:
            self._unfinished += 1
            grows = self._serving < min(self._unfinished, self._threads)
            self._serving += grows
        self._jobs.put(job)
        if grows:
            self._pool.start(self._serve)

    def wait(self, seconds: float) -> bool:
        """As promised by ``Pool``; the threads end with it, and later jobs get new ones."""
        with self._lock:
            leaving, self._serving = self._serving, 0
        for _ in range(leaving):
            self._jobs.put(None)
        return self._pool.waitForDone(int(seconds * 1000))

    def _serve(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
            with self._lock:
                self._unfinished -= 1
