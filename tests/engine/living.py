"""An engine that lives on its own thread, with real workers, a real journal and a scripted service."""

from __future__ import annotations

import threading
from pathlib import Path

from tests.engine.rig import NoLine, OneAccount
from tests.fakes.performer import QuietProvider, ScriptedService

from pipette.engine.clock import SystemClock
from pipette.engine.engine import Engine, Workers
from pipette.engine.journal import Journal
from pipette.engine.journal_reader import JournalReader
from pipette.engine.meter import Meter
from pipette.engine.pool import QtThreads, WorkerPool
from pipette.engine.throttle import Throttle


class Living:
    def __init__(self, folder: Path, service: ScriptedService | None = None) -> None:
        self.service = service or ScriptedService()
        self.accounts = OneAccount(QuietProvider())
        self.rested = threading.Event()
        clock = SystemClock()
        self.pool = WorkerPool(6, QtThreads)
        workers = Workers(
            providers=self.accounts,
            performer=self.service,
            pool=self.pool,
            hash_pool=WorkerPool(2, QtThreads),
            meter=Meter(clock),
            up=Throttle(clock),
            down=Throttle(clock),
            line=NoLine(),
        )
        path = folder / "queue.sqlite"
        self.engine = Engine(
            Journal(path), JournalReader(path), workers, clock, lambda batch: self.rested.set()
        )
        self.path = path
