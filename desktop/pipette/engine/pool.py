"""The workers, behind the two methods the engine needs: threads of Qt's pool in the window's
process, plain ones on the command line, which starts sooner without Qt.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import Protocol

Job = Callable[[], None]


class Pool(Protocol):
    def start(self, job: Job) -> None:
        """Run ``job`` soon on some worker. It must not raise."""
        ...

    def wait(self, seconds: float) -> bool:
        """Wait until every job ended; False when the time ran out."""
        ...


class Threads(Protocol):
    """Starts threads, and waits until all of them ended."""

    def start(self, serve: Job) -> None: ...

    def wait(self, seconds: float) -> bool: ...


MakeThreads = Callable[[int], Threads]
"""Given how many there will be at most."""


class QtThreads:
    """Those of a pool of Qt's."""

    def __init__(self, most: int) -> None:
        from PySide6.QtCore import QThreadPool

        self._pool = QThreadPool()
        self._pool.setMaxThreadCount(most)

    def start(self, serve: Job) -> None:
        self._pool.start(serve)

    def wait(self, seconds: float) -> bool:
        return self._pool.waitForDone(int(seconds * 1000))


class PlainThreads:
    """Python's own. They end with the program whatever they do."""

    def __init__(self, most: int) -> None:
        self._started: list[threading.Thread] = []

    def start(self, serve: Job) -> None:
        thread = threading.Thread(target=serve, name="worker", daemon=True)
        self._started = [*filter(threading.Thread.is_alive, self._started), thread]
        thread.start()

    def wait(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        for thread in self._started:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._started)


class WorkerPool:
    """Threads that stay until ``wait``, since each keeps its buffer.

    To Python a thread of Qt's is a new one each time Qt calls it, and nothing that belongs to the
    thread is kept in between. So each is started once, to serve one job after the other.
    """

    def __init__(self, most: int, make_threads: MakeThreads) -> None:
        self._most = most
        self._threads = make_threads(most)
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._serving = 0
        self._unfinished = 0

    def start(self, job: Job) -> None:
        with self._lock:
            self._unfinished += 1
            grows = self._serving < min(self._unfinished, self._most)
            self._serving += grows
        self._jobs.put(job)
        if grows:
            self._threads.start(self._serve)

    def wait(self, seconds: float) -> bool:
        """As promised by ``Pool``; the threads end with it, and later jobs get new ones."""
        with self._lock:
            leaving, self._serving = self._serving, 0
        for _ in range(leaving):
            self._jobs.put(None)
        return self._threads.wait(seconds)

    def _serve(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
            with self._lock:
                self._unfinished -= 1
