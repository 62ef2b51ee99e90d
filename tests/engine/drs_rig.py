"""The engine's queue importing from the strict Seven Bridges platform, both on one clock by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tests.engine.rig import Rig
from tests.fakes.sevenbridges import PROJECT, TOKEN, SevenBridgesServer
from tests.fakes.sevenbridges_state import Manners, Node
from tests.fakes.sevenbridges_wire import Reply, Request

from pipette.model.account import Account, Network, Secret
from pipette.model.drs_manifest import Checks, Manifest, ManifestRow, checked
from pipette.model.drs_table import guessed_roles, table_from_text
from pipette.model.files import Location
from pipette.model.transfer import BatchId, BatchOptions, FileSnapshot, IfExists, State
from pipette.providers.memory import MemoryInProcess
from pipette.providers.protocol_drs import DrsLimits
from pipette.providers.sevenbridges import SevenBridges

TARGET = Location("lab", PROJECT, "drs-import")


def row(number: int, **fields: str) -> ManifestRow:
    given = {"uri": f"drs://nci.example.org/{number}", "name": f"sample_{number}.bam"} | fields
    return ManifestRow(number, metadata=(("cohort", "4"),), **given)


def rows(count: int) -> Manifest:
    return Manifest("manifest.csv", tuple(row(number) for number in range(1, count + 1)))


def manifest_of(text: str, rule: IfExists = IfExists.SKIP) -> Manifest:
    table = table_from_text(text)
    return checked("manifest.csv", table, guessed_roles(table), Checks(rule))


class _Narrow:
    """The adapter, with limits of its own."""

    def __init__(self, adapter: SevenBridges, limits: DrsLimits) -> None:
        self._adapter = adapter
        self.drs_limits = limits

    def __getattr__(self, name: str) -> object:
        return getattr(self._adapter, name)


class ImportRig(Rig):
    """``server`` is the platform, which works on as time passes: a step when nothing is to be done."""

    def __init__(self, folder: Path, server_of: Callable[[ImportRig], SevenBridgesServer]) -> None:
        super().__init__(folder)
        self.server = server_of(self)
        self.handed_over: list[tuple[float, int]] = []
        """When each accepted request reached the platform, and how many rows it had."""
        self.shown: dict[str, list[State]] = {}
        self.step_seconds = 1.0

    def connect(self) -> None:
        clock = self.clock
        account = Account("lab", "sevenbridges", url=self.server.url)
        self.adapter = SevenBridges(
            account, Secret(TOKEN), Network(), MemoryInProcess(), clock.time, clock.monotonic
        )
        self.accounts.use(self.adapter)
        create = self.server.drs.create

        def counted(user: object, request: Request) -> Reply:
            reply = create(user, request)
            self.handed_over.append((self.clock.time(), len(request.data["items"])))
            return reply

        self.server.drs.create = counted

    def import_drs(
        self,
        manifest: Manifest,
        rule: IfExists = IfExists.SKIP,
        to: Location = TARGET,
        tags: Sequence[str] = (),
    ) -> BatchId:
        options = BatchOptions(rule, md5=False, tags=tuple(tags))
        batch = self.engine.import_drs(manifest, to, options)
        self.engine.turn(wait=False)
        return batch

    def turn(self, *, work: bool = True) -> None:
        """As the rig does, but time passes faster: imports take their time."""
        busy = self.engine.turn(wait=False)
        for file in self.engine.changes().files:
            known = self.shown.setdefault(file.name, [])
            if known[-1:] != [file.state]:
                known.append(file.state)
        if work and self.pool.run_one():
            return
        if not busy:
            self.clock.advance(self.step_seconds)
            with self.server.state.lock:
                self.server.drs.go_on()

    def run_for(self, seconds: float) -> None:
        until = self.clock.time() + seconds
        self.run_until(lambda: self.clock.time() >= until)

    def adapter_limits(self, items: int) -> None:
        """The platform takes fewer rows in a request."""
        limits = replace(self.adapter.drs_limits, items=items)
        self.accounts.use(_Narrow(self.adapter, limits))

    # What is there

    @property
    def there(self) -> list[Node]:
        return [node for node in self.server.state.nodes.values() if node.source]

    @property
    def sources(self) -> list[str]:
        """The address each imported file came from."""
        return sorted(node.source for node in self.there)

    def asked(self, operation: str) -> int:
        return sum(entry.operation == operation for entry in self.server.script.entries())

    def listed(self) -> set[BatchId]:
        return {batch.id for batch in self.journal.unfinished_batches()}

    def counts(self, batch: BatchId) -> Mapping[State, int]:
        return dict(self.batch(batch).counts)

    def row(self, batch: BatchId, name: str) -> FileSnapshot:
        return next(file for file in self.files(batch) if file.name == name)

    def most_in(self, seconds: float) -> int:
        """The most rows that reached the platform in any such span."""
        return max(
            sum(count for at, count in self.handed_over if begin <= at < begin + seconds)
            for begin, _ in self.handed_over
        )


@contextmanager
def importing(folder: Path, manners: Manners | None = None) -> Iterator[ImportRig]:
    rig = ImportRig(folder, lambda rig: SevenBridgesServer(manners, rig.clock.time))
    with rig.server:
        rig.connect()
        yield rig
        rig.close()
