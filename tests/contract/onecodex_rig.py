"""One Codex's own tests: the platform, an account there, and files moved as the engine moves them."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.contract.bench import sent_of
from tests.contract.mover import Mover, mover_in
from tests.contract.onecodex_places import PART
from tests.fakes.clock import FakeClock
from tests.fakes.onecodex import KEY, OneCodexServer
from tests.fakes.onecodex_records import Sample

from pipette.model.account import Account, Network, Secret
from pipette.model.files import GiB, Location, RemoteFile, SourceFile
from pipette.model.parts import Handle, Part, Receipt, Reply, count_parts, part_at
from pipette.practice.manners import Manners as S3Manners
from pipette.providers.memory import MemoryInProcess
from pipette.providers.onecodex import ENDPOINT_VARIABLE, OneCodex
from pipette.providers.onecodex_opening import Sizes
from pipette.providers.protocol import Mate, Verdict

BY_FORM = Sizes(by_form=GiB)
IN_PARTS = Sizes(by_form=0, part_step=PART)
WAYS = {"form": BY_FORM, "parts": IN_PARTS}
FOLDER = Location("oc", "Lab", "runs")


def reads(size: int = 1000, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


@dataclass(slots=True)
class Rig:
    """``oc`` is the account as it was made; ``again`` makes it anew, as a restart does."""

    server: OneCodexServer
    mover: Mover
    clock: FakeClock
    sizes: Sizes
    extra: tuple[tuple[str, str], ...] = ()
    key: str = KEY
    network: Network = field(default_factory=Network)
    oc: OneCodex = field(init=False)

    def __post_init__(self) -> None:
        self.oc = self.again()

    def again(self, **changed: object) -> OneCodex:
        ticks = iter(range(10**9))
        url = str(changed.get("url", self.server.url))
        account = Account("oc", "onecodex", url, container="Lab", extra=self.extra)
        self.oc = OneCodex(
            account,
            Secret(str(changed.get("key", self.key))),
            self.network,
            MemoryInProcess(),
            clock=self.clock.time,
            ticking=lambda: float(next(ticks)),
            sizes=self.sizes,
            environment={ENDPOINT_VARIABLE: self.server.s3_url},
        )
        return self.oc

    def at(self, name: str) -> Location:
        return FOLDER.child(name)

    def open(self, name: str, data: bytes, key: str = "k1", *, again: bool = False) -> Upload:
        to = self.at(name)
        source = SourceFile("/made/up", len(data), 0)
        handle = self.oc.open(source, to, key, may_replace=False, again=again)
        return Upload(self, to, data, handle)

    def open_pair(self, first: bytes, second: bytes) -> tuple[Upload, Upload]:
        """Second and first, in the order in which they are opened."""
        at_first, at_second = self.at("s_R1.fastq"), self.at("s_R2.fastq")
        leader = self.oc.open_paired(
            SourceFile("/made/up", len(second), 0),
            at_second,
            "k2",
            Mate(at_first, len(first), leads=False),
        )
        follower = self.oc.open_paired(
            SourceFile("/made/up", len(first), 0),
            at_first,
            "k1",
            Mate(at_second, len(second), leads=True, handle=leader),
        )
        return Upload(self, at_second, second, leader), Upload(self, at_first, first, follower)

    def sample(self) -> Sample:
        (sample,) = self.server.samples()
        return sample


@dataclass(slots=True)
class Upload:
    rig: Rig
    to: Location
    data: bytes
    handle: Handle

    def parts(self) -> list[Part]:
        size = self.handle.part_size
        count = count_parts(len(self.data), size)
        return [part_at(number, len(self.data), size) for number in range(1, count + 1)]

    def send(self, part: Part) -> Receipt:
        request = self.rig.oc.part_request(self.to, self.handle, part, None)
        content = self.data[part.offset : part.offset + part.length]
        reply = self.rig.mover.send(request, content)
        return self.rig.oc.receipt(self.handle, part, reply)

    def heard(self, status: int, body: bytes = b"", **headers: str) -> Receipt:
        """Read a made-up answer to the first part."""
        return self.rig.oc.receipt(self.handle, self.parts()[0], Reply(status, headers, body))

    def send_all(self) -> list[Receipt]:
        return [self.send(part) for part in self.parts()]

    def close(self, receipts: Sequence[Receipt]) -> RemoteFile:
        return self.rig.oc.close(self.to, self.handle, receipts, len(self.data))

    def check(self, remote: RemoteFile | None, receipts: Sequence[Receipt]) -> Verdict:
        sent = sent_of(self.data, receipts)
        return self.rig.oc.check(self.to, self.handle, remote, sent)

    def through(self) -> Verdict:
        receipts = self.send_all()
        return self.check(self.close(receipts), receipts)


@contextmanager
def rig_in(folder: Path, way: str = "form", **s3_manners: bool) -> Iterator[Rig]:
    # botocore signs by the true time, and S3 takes no other.
    clock = FakeClock(time.time())
    s3 = S3Manners(smallest_part=PART, **s3_manners)
    server = OneCodexServer(folder / "server", clock.time, s3_manners=s3)
    (folder / "moving").mkdir()
    with server, mover_in(folder / "moving") as mover:
        yield Rig(server, mover, clock, WAYS[way])
        assert server.leaks() == []
        assert server.calls.broken_promises == []


def with_manners(rig: Rig, **changed: object) -> None:
    rig.server.records.manners = replace(rig.server.records.manners, **changed)
