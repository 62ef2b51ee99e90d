"""A made-up BaseSpace, an adapter with sizes that cost nothing, and files moved part by part."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.contract.basespace_places import (
    PROJECT,
    SMALL_LIMITS,
    SMALL_MANNERS,
    BaseSpacePlace,
    basespace_joined,
)
from tests.contract.bench import Bench, Upload
from tests.contract.front import Front
from tests.contract.mover import Mover, mover_in
from tests.fakes.basespace import TOKEN, BaseSpaceServer, basespace
from tests.fakes.basespace_faults import Script
from tests.fakes.basespace_things import AppResult, Manners
from tests.fakes.basespace_world import World
from tests.fakes.clock import FakeClock

from pipette.model.account import Account, Network, Secret
from pipette.model.files import KiB, Location, RemoteFile
from pipette.model.parts import Proof
from pipette.providers.basespace import BaseSpace
from pipette.providers.memory import MemoryInProcess
from pipette.providers.protocol import Stored

THREE_PARTS = 25 * KiB + 1
PLACE = Location("lab", PROJECT, "runs")


def content(size: int = THREE_PARTS, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


@dataclass(frozen=True, slots=True)
class Rig:
    server: BaseSpaceServer
    provider: BaseSpace
    clock: FakeClock
    mover: Mover
    runs: AppResult

    @property
    def world(self) -> World:
        return self.server.world

    @property
    def script(self) -> Script:
        return self.server.script

    def with_manners(self, **manners: object) -> None:
        self.world.manners = replace(self.world.manners, **manners)

    def another(self, token: str = TOKEN, stall_seconds: float = 5.0, **account: str) -> BaseSpace:
        """An adapter that has not asked anything yet."""
        given: dict[str, str] = {"url": self.server.url, **account}
        return BaseSpace(
            Account("lab", "basespace", **given),
            Secret(token),
            Network(stall_seconds=stall_seconds),
            MemoryInProcess(),
            self.clock.time,
            SMALL_LIMITS,
        )

    def upload(
        self,
        name: str = "a.bam",
        data: bytes | None = None,
        *,
        provider: BaseSpace | None = None,
        may_replace: bool = False,
    ) -> Upload:
        joined = basespace_joined("own", SMALL_MANNERS, SMALL_LIMITS)
        using = provider or self.provider
        place = BaseSpacePlace(self.server)
        bench = Bench(joined, place, Front(self.server.url), self.mover, using)
        given = content() if data is None else data
        return Upload(bench, using, PLACE.child(name), given, may_replace)

    def read(self, name: str = "a.bam") -> bytes | None:
        return BaseSpacePlace(self.server).read(PLACE.child(name))

    def stored(self, name: str, data: bytes, part_size: int | None = None) -> RemoteFile:
        """Put there from behind, and found."""
        self.world.add_file(self.runs.id, name, data, part_size=part_size)
        found = self.provider.find(PLACE.child(name))
        assert found is not None
        return found

    def bench(self) -> Bench:
        return self.upload().bench


@contextmanager
def rig_in(folder: Path, manners: Manners = SMALL_MANNERS) -> Iterator[Rig]:
    """Ends only if nothing was done that no client may ever do."""
    clock = FakeClock()
    with ExitStack() as stack:
        server = stack.enter_context(basespace(folder / "server", manners, clock.time))
        (folder / "moving").mkdir()
        mover = stack.enter_context(mover_in(folder / "moving"))
        project = server.world.add_project(PROJECT)
        runs = server.world.add_app_result(project.id, "runs", "Sent by Pipette")
        account = Account("lab", "basespace", server.url)
        network = Network(stall_seconds=5.0)
        memory = MemoryInProcess()
        provider = BaseSpace(account, Secret(TOKEN), network, memory, clock.time, SMALL_LIMITS)
        yield Rig(server, provider, clock, mover, runs)
        assert server.script.breaches == []


def proof(verdict: object) -> Proof:
    assert isinstance(verdict, Stored), verdict
    return verdict.proof
