"""A strict platform on a clock that is set by hand, and the adapter that goes to it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from tests.contract.bench import Bench, Upload
from tests.contract.front import Front
from tests.contract.mover import Mover, mover_in
from tests.contract.sevenbridges_places import FOLDER, SEVENBRIDGES_JOINED, SevenBridgesPlace
from tests.fakes.clock import FakeClock
from tests.fakes.sevenbridges import PROJECT, TOKEN, SevenBridgesServer
from tests.fakes.sevenbridges_state import Manners, Node, SentPart, md5

from pipette.model.account import Account, Network, Secret
from pipette.model.files import Location, MiB
from pipette.model.parts import Handle, Receipt
from pipette.providers.memory import MemoryInProcess
from pipette.providers.sevenbridges import SevenBridges

PART = 5 * MiB
SMALL = b"small"
LARGE = random.Random(3).randbytes(2 * PART + 7)


class Shop:
    """``provider`` and the server read one clock, so that what expires there expires here."""

    def __init__(self, server: SevenBridgesServer, clock: FakeClock, mover: Mover) -> None:
        self.server = server
        self.state = server.state
        self.manners = server.manners
        self.script = server.script
        self.clock = clock
        self.mover = mover
        self.memory = MemoryInProcess()
        self.provider = self.adapter()

    def adapter(self, token: str = TOKEN, **account: object) -> SevenBridges:
        """A new one, as after a restart of the program."""
        base = Account("cgc", "sevenbridges", self.server.url, container=PROJECT)
        changed = replace(base, **account)
        return SevenBridges(
            changed, Secret(token), Network(), self.memory, self.clock.time, self.clock.monotonic
        )

    def at(self, name: str) -> Location:
        return FOLDER.child(name)

    def upload(self, name: str, data: bytes, *, may_replace: bool = True) -> Upload:
        place = SevenBridgesPlace(self.server)
        front = Front(self.server.url)
        bench = Bench(SEVENBRIDGES_JOINED[0], place, front, self.mover, self.provider)
        return Upload(bench, self.provider, self.at(name), data, may_replace)

    def bench(self) -> Bench:
        return self.upload("none", b"").bench

    def node(self, name: str) -> Node | None:
        return self.state.at_path(PROJECT, f"{FOLDER.path}/{name}")

    def write(self, name: str, content: bytes) -> Node:
        return self.state.write(PROJECT, f"{FOLDER.path}/{name}", content)

    def operations(self) -> list[str]:
        return self.script.operations()

    def sent_behind(self, handle: Handle, number: int) -> Receipt:
        """A part that lies at the storage and that the platform was not told of."""
        content = f"part {number}".encode()
        headers = {"ETag": f'"{md5(content)}"'}
        upload = self.state.uploads[handle.id or ""]
        upload.parts[number] = SentPart(content, headers)
        return Receipt(number, handle.part_size, md5(content), md5=md5(content), proven=True)


@contextmanager
def shop_in(folder: Path, manners: Manners | None = None) -> Iterator[Shop]:
    clock = FakeClock()
    folder.mkdir(exist_ok=True)
    with ExitStack() as stack:
        server = SevenBridgesServer(manners or Manners(part_size=PART), clock.time)
        stack.enter_context(server)
        mover = stack.enter_context(mover_in(folder))
        yield Shop(server, clock, mover)
        assert server.leaks == [], "the token reached the storage"
