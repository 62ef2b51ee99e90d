"""Puts an engine together: one place that knows all its parts."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from pipette.engine.clock import SystemClock
from pipette.engine.desk import Providers
from pipette.engine.downloading import Downloading
from pipette.engine.engine import Engine, Workers
from pipette.engine.flows import MOST_FLOWS
from pipette.engine.journal import Journal
from pipette.engine.journal_reader import JournalReader
from pipette.engine.memory import JournalMemory
from pipette.engine.meter import Meter
from pipette.engine.perform import Performer
from pipette.engine.pool import MakeThreads, WorkerPool
from pipette.engine.sender import Sender
from pipette.engine.throttle import Throttle
from pipette.engine.uploading import Uploading
from pipette.engine.waits import MOST_HASHES
from pipette.model.account import Network
from pipette.model.transfer import BatchId

SPARE_WORKERS = 6
"""For plans and adapters beside the most flows."""

MakeProviders = Callable[[JournalMemory], Providers]
AtRest = Callable[[JournalReader, BatchId], None]


def assemble(
    journal_path: Path,
    network: Network,
    make_providers: MakeProviders,
    at_rest: AtRest,
    make_threads: MakeThreads,
) -> tuple[Engine, Providers]:
    """An engine that is ready to ``restore`` and ``start``, and the adapters it works with.

    ``at_rest`` is called on a worker when a batch has come to rest. Raises JournalTooNew.
    """
    clock = SystemClock()
    journal = Journal(journal_path)
    reader = JournalReader(journal_path)
    memory = JournalMemory(journal, clock)
    providers = make_providers(memory)
    up, down = Throttle(clock), Throttle(clock)
    meter = Meter(clock)
    sender = Sender(network, up, down, clock)
    pool = WorkerPool(MOST_FLOWS + SPARE_WORKERS, make_threads)
    workers = Workers(
        providers=providers,
        performer=Performer(providers, Uploading(sender, meter), Downloading(sender, meter), clock),
        pool=pool,
        hash_pool=WorkerPool(max(MOST_HASHES, os.cpu_count() or 2), make_threads),
        meter=meter,
        up=up,
        down=down,
        line=sender,
    )
    engine = Engine(
        journal,
        reader,
        workers,
        clock,
        lambda batch: pool.start(lambda: at_rest(reader, batch)),
    )
    memory.write_with(engine.post)
    return engine, providers
