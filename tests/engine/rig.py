"""An engine with a real journal, a scripted service, a clock by hand and workers that run on order."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.fakes.clock import FakeClock
from tests.fakes.performer import QuietProvider, ScriptedService
from tests.fakes.pool import PatientPool

from pipette.engine.engine import Engine, Workers
from pipette.engine.journal import Journal
from pipette.engine.journal_reader import JournalReader
from pipette.engine.meter import Meter
from pipette.engine.throttle import Throttle
from pipette.model.account import Account, Secret
from pipette.model.errors import SignInNeeded
from pipette.model.files import Location
from pipette.model.transfer import (
    BatchId,
    BatchOptions,
    BatchSnapshot,
    FileSnapshot,
    IfExists,
    State,
)
from pipette.providers.protocol import Provider, TestsAccount

BUCKET = Location("lab", "bucket", "runs")
PLAIN = BatchOptions(md5=False)


class OneAccount:
    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self.key_is_good = True

    def use(self, provider: Provider) -> None:
        self._provider = provider

    def provider(self, account: str) -> Provider:
        if not self.key_is_good:
            raise SignInNeeded("no key")
        return self._provider

    def trial(self, account: Account, secret: Secret) -> TestsAccount:
        raise AssertionError("not asked here")

    def forget(self, account: str) -> None:
        pass


class NoLine:
    def slowest_round_trip(self) -> float | None:
        return None

    def close(self) -> None:
        pass


class Rig:
    def __init__(self, folder: Path, seed: int | None = None) -> None:
        self.folder = folder
        self.chance = random.Random(seed)
        self.shuffles = seed is not None
        self.clock = FakeClock()
        self.service = ScriptedService()
        self.provider = QuietProvider()
        self.accounts = OneAccount(self.provider)
        self.rested: list[BatchId] = []
        self._generation = 0
        self._start(resume=True)

    def _start(self, *, resume: bool) -> None:
        path = self._journal_path
        self.journal = Journal(path)
        self.reader = JournalReader(path)
        self.pool = PatientPool(self.chance if self.shuffles else None)
        self.hash_pool = PatientPool()
        workers = Workers(
            providers=self.accounts,
            performer=self.service,
            pool=self.pool,
            hash_pool=self.hash_pool,
            meter=Meter(self.clock),
            up=Throttle(self.clock),
            down=Throttle(self.clock),
            line=NoLine(),
        )
        self.engine = Engine(
            self.journal, self.reader, workers, self.clock, self.rested.append, self.chance
        )
        self.engine.restore(resume=resume)

    @property
    def _journal_path(self) -> Path:
        return self.folder / f"queue-{self._generation}.sqlite"

    def kill(self, *, resume: bool = True) -> None:
        """As SIGKILL does: whatever was not committed is gone, and so is whoever worked on it."""
        before = self._journal_path
        self._generation += 1
        for suffix in ("", "-wal"):
            old = before.with_name(before.name + suffix)
            if old.exists():
                shutil.copy(old, self._journal_path.with_name(self._journal_path.name + suffix))
        self.reader.close()
        self.journal.close()
        self._start(resume=resume)

    def close(self) -> None:
        self.engine.stop(patience_seconds=0)

    def upload(self, *paths: Path, rule: IfExists = IfExists.SKIP, slash: bool = True) -> BatchId:
        given = [f"{path}/" if slash and path.is_dir() else str(path) for path in paths]
        return self.engine.upload(given, BUCKET, BatchOptions(rule, md5=False))

    def files_of(self, count: int, sizes: Sequence[int]) -> Path:
        folder = self.folder / f"src-{count}-{len(sizes)}"
        folder.mkdir()
        for index in range(count):
            size = sizes[index % len(sizes)]
            (folder / f"f{index:03}.fastq.gz").write_bytes(b"x" * size)
        return folder

    def turn(self, *, work: bool = True) -> None:
        """One turn of the engine, and one job if there is any; else a little time passes."""
        busy = self.engine.turn(wait=False)
        if work and self.pool.run_one():
            return
        if not busy:
            self.clock.advance(0.5)

    def run_until(self, done: Callable[[], bool], most_turns: int = 20_000) -> None:
        for _ in range(most_turns):
            if done():
                return
            self.turn()
        raise AssertionError(f"not reached: {self.states()}")

    def run_to_rest(self, batch: BatchId) -> None:
        self.run_until(lambda: batch in self.rested)

    def batch(self, batch: BatchId) -> BatchSnapshot:
        found = self.reader.batch(batch)
        assert found is not None
        return found

    def batch_problem(self, batch: BatchId) -> str:
        found = self.reader.batch(batch)
        return found.problem.kind if found and found.problem else ""

    def files(self, batch: BatchId) -> Sequence[FileSnapshot]:
        return self.reader.files(batch)

    def states(self) -> list[tuple[str, State]]:
        return [
            (file.name, file.state)
            for batch in self.reader.batches()
            for file in self.reader.files(batch.id)
        ]
