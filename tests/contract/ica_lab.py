"""An ICA adapter, the fake before it, and files sent and fetched step by step, by a clock of theirs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.contract.bench import Bench, Upload
from tests.contract.front import front_of
from tests.contract.ica_places import FAULTS, PROJECT, IcaPlace, unhurried
from tests.contract.ica_raw import Scene, ica_scene
from tests.contract.joined import Joined
from tests.contract.mover import mover_in
from tests.fakes.ica import KEY, IcaFake
from tests.fakes.ica_shelf import Project

from pipette.model.account import Account, Network, Secret
from pipette.model.files import Location, MiB, RemoteFile
from pipette.model.parts import Receipt
from pipette.practice.manners import Manners
from pipette.providers.ica import Ica
from pipette.providers.memory import MemoryInProcess
from pipette.providers.protocol import NotYet, Stored, Verdict

WEEKS = 60 * 24 * 3600
PATIENT = Manners(clock_skew_seconds=WEEKS)
"""The official client inside the adapter signs with the real time, the fake's clock runs ahead."""
BY_ADDRESS: dict[str, Any] = {"few": 1_000_000}
BY_KEYS: dict[str, Any] = {"few": 0}
LARGE = 8 * MiB + 1
"""Two parts."""


@dataclass(slots=True)
class Lab:
    scene: Scene
    bench: Bench
    providers: list[Ica] = field(default_factory=list)

    @property
    def fake(self) -> IcaFake:
        return self.scene.fake

    @property
    def project(self) -> Project:
        return self.scene.project

    @property
    def ica(self) -> Ica:
        return self.providers[-1]

    def open_account(self, key: str = KEY, **options: Any) -> Ica:
        """A new adapter, as after a restart."""
        account = Account("core", "ica", self.fake.url, container=PROJECT, path="runs")
        chosen: dict[str, Any] = {
            "clock": self.scene.clock.time,
            "pace": unhurried(),
            "storage_url": self.fake.storage.url,
            **options,
        }
        made = Ica(account, Secret(key), Network(), MemoryInProcess(), **chosen)
        self.providers.append(made)
        return made

    def at(self, path: str) -> Location:
        return Location("core", PROJECT, path)

    def bench_of(self, provider: Ica) -> Bench:
        return replace(self.bench, provider=provider)

    def upload(self, path: str, data: bytes, *, may_replace: bool = False) -> Upload:
        return Upload(self.bench, self.ica, self.at(path), data, may_replace)

    def sent(self, path: str, data: bytes, **more: Any) -> tuple[Upload, list[Receipt], RemoteFile]:
        upload = self.upload(path, data, **more).open()
        receipts = upload.send_all()
        return upload, receipts, upload.close(receipts)

    def stored(self, path: str, data: bytes, **more: Any) -> Stored:
        """All the way, with as much patience as it takes."""
        upload, receipts, remote = self.sent(path, data, **more)
        verdict = self.settled(upload, remote, receipts)
        assert isinstance(verdict, Stored), verdict
        return verdict

    def settled(
        self, upload: Upload, remote: RemoteFile | None, receipts: list[Receipt]
    ) -> Verdict:
        verdict = upload.check(remote, receipts)
        while isinstance(verdict, NotYet):
            self.scene.clock.advance(verdict.after_seconds)
            verdict = upload.check(remote, receipts)
        return verdict

    def content(self, path: str) -> bytes | None:
        return self.fake.content(self.project, f"/{path}")

    def operations(self) -> set[str]:
        """What the storage was asked."""
        return {entry.operation for entry in self.fake.storage.log.entries()}

    def parts_stored(self) -> dict[int, int]:
        return self.fake.storage.log.parts_accepted()

    def partial(self) -> list[str]:
        """Paths of records that wait for their bytes."""
        records = self.fake.shelf.records.values()
        return [one.path for one in records if one.status == "PARTIAL"]


@contextmanager
def ica_lab(folder: Path, manners: Manners = PATIENT) -> Iterator[Lab]:
    with ExitStack() as stack:
        scene = stack.enter_context(ica_scene(folder / "server", manners))
        front = stack.enter_context(front_of(scene.fake.door.url))
        moving = folder / "moving"
        moving.mkdir()
        mover = stack.enter_context(mover_in(moving))
        place = IcaPlace(scene.fake, scene.project)
        joined = Joined("ica", _never, _never, _never, Location("core", PROJECT), FAULTS)
        lab = Lab(scene, Bench(joined, place, front, mover, _nobody()))
        lab.open_account()
        yield lab
        assert scene.fake.leaks() == []


def _never(*given: object) -> Any:
    raise AssertionError("the lab has its own")


def _nobody() -> Any:
    return None
