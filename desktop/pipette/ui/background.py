"""Runs what may block (disk, network, keychain, journal) away from the window and brings it back."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from PySide6.QtCore import QObject, Qt, QThreadPool, Signal, Slot

log = logging.getLogger(__name__)

T = TypeVar("T")

_THREADS = 6
_QUIT_WAIT_MS = 2000


class Errand(Generic[T]):
    """One function on its way through a worker. ``drop`` it and its result is not delivered."""

    __slots__ = ("_done", "_failed", "_job", "dropped", "error", "result")

    def __init__(
        self,
        job: Callable[[], T],
        done: Callable[[T], object],
        failed: Callable[[Exception], object] | None,
    ) -> None:
        self._job = job
        self._done = done
        self._failed = failed
        self.dropped = False
        self.result: T | None = None
        self.error: Exception | None = None

    def drop(self) -> None:
        self.dropped = True

    def perform(self) -> None:
        if self.dropped:
            return
        try:
            self.result = self._job()
        except Exception as error:  # noqa: BLE001  the worker's job wrapper: handed to the window
            self.error = error

    def deliver(self) -> None:
        if self.dropped:
            return
        if self.error is None:
            self._done(cast(T, self.result))
            return
        if self._failed is None:
            log.error("a background task failed", exc_info=self.error)
            return
        self._failed(self.error)


@dataclass(frozen=True, slots=True)
class _Landed:
    errand: Errand[object]


class Background(QObject):
    """The only way the window reaches disk, network, keychain or journal.

    ``run`` returns at once. ``job`` is called on a worker; then ``done(result)`` or
    ``failed(error)`` is called on the thread this object lives on, unless the errand was dropped
    meanwhile. An error nobody asked for is logged with its traceback.
    """

    _landed = Signal(object)
    idle = Signal()
    """Nothing is under way any more."""

    def __init__(self, threads: int = _THREADS, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(threads)
        self._open: set[Errand[object]] = set()
        self._closed = False
        self._landed.connect(self._take, Qt.ConnectionType.QueuedConnection)

    @property
    def is_busy(self) -> bool:
        return bool(self._open)

    def run(
        self,
        job: Callable[[], T],
        done: Callable[[T], object],
        failed: Callable[[Exception], object] | None = None,
    ) -> Errand[T]:
        errand = Errand(job, done, failed)
        kept = cast("Errand[object]", errand)
        if self._closed:
            errand.drop()
            return errand
        self._open.add(kept)
        self._pool.start(lambda: self._work(kept))
        return errand

    def close(self) -> None:
        """Deliver nothing more, and wait a bounded time for what is running."""
        self._closed = True
        for errand in self._open:
            errand.drop()
        self._pool.clear()
        if not self._pool.waitForDone(_QUIT_WAIT_MS):
            log.warning("a background task was still running when the window closed")

    def _work(self, errand: Errand[object]) -> None:
        errand.perform()
        self._landed.emit(_Landed(errand))

    @Slot(object)
    def _take(self, landed: _Landed) -> None:
        self._open.discard(landed.errand)
        try:
            landed.errand.deliver()
        finally:
            if not self._open:
                self.idle.emit()
