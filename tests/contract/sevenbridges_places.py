"""Seven Bridges joins the contract suite, as the platform is and where others differ."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.contract.front import Answer
from tests.contract.joined import Faults, Joined, Lacks, Place
from tests.fakes.sevenbridges import PROJECT, TOKEN, SevenBridgesServer
from tests.fakes.sevenbridges_state import Manners

from pipette.model.account import Account, Network, Secret
from pipette.model.files import Location, MiB
from pipette.model.parts import Proof
from pipette.providers.memory import MemoryInProcess
from pipette.providers.sevenbridges import SevenBridges

FOLDER = Location("cgc", PROJECT, "runs")
PART = 5 * MiB


def refusal(status: int, code: int, *headers: tuple[str, str]) -> Answer:
    body = {"status": status, "code": code, "message": "said so", "more_info": None}
    return Answer(status, json.dumps(body).encode(), headers)


def stored_refusal(status: int, code: str, *headers: tuple[str, str]) -> Answer:
    return Answer(status, f"<Error><Code>{code}</Code></Error>".encode(), headers)


FAULTS = Faults(
    slow_down=refusal(429, 1000, ("Retry-After", "7")),
    broken=refusal(500, 90009),
    expired=refusal(401, 90001),
)
STORAGE_FAULTS = Faults(
    slow_down=stored_refusal(503, "SlowDown", ("Retry-After", "7")),
    broken=stored_refusal(500, "InternalError"),
    expired=stored_refusal(403, "AccessDenied"),
)
NAMES = (
    "two words.fastq.gz",
    "a+b.fq",
    "100%.txt",
    "%2F.txt",
    "#1.txt",
    'it\'s "quoted".txt',
    "caf\u00e9.txt",
    "cafe\u0301.txt",
    "dna 🧬.txt",
    "n" * 200,
    "a&b=c;d,e@f!g$h(i)[j]{k}~^`.txt",
    "__init__.py",
    "folder_1/sub-folder.2/é.txt",
)


@dataclass(frozen=True, slots=True)
class SevenBridgesPlace:
    """A running platform, looked into from behind."""

    server: SevenBridgesServer

    @property
    def url(self) -> str:
        return self.server.url.removesuffix("/v2")

    @property
    def storage_url(self) -> str:
        return self.server.storage_url

    def send_to(self, url: str) -> None:
        self.server.send_to(url)

    def read(self, at: Location) -> bytes | None:
        node = self.server.state.at_path(at.container, at.path)
        return None if node is None else node.content

    def write(self, at: Location, content: bytes) -> None:
        self.server.state.write(at.container, at.path, content)

    def unfinished(self, below: Location) -> int:
        state = self.server.state
        folder = state.at_path(below.container, below.path)
        if folder is None:
            return 0
        inside = {folder.id} | {node.id for _, node in state.walk(folder.id)}
        return len([one for one in state.uploads.values() if one.parent in inside])


def provider_at(url: str, token: str = TOKEN) -> SevenBridges:
    """Its time runs a second further whenever it looks: a suite calls more often than a person."""
    account = Account("cgc", "sevenbridges", url, container=PROJECT)
    hurried = partial(next, itertools.count(0.0, 1.0))
    return SevenBridges(account, Secret(token), Network(), MemoryInProcess(), monotonic=hurried)


def place_with(manners: Manners) -> Callable[[Path], AbstractContextManager[Place]]:
    @contextmanager
    def start(folder: Path) -> Iterator[SevenBridgesPlace]:
        manners.calls = 1_000_000
        with SevenBridgesServer(manners) as server:
            yield SevenBridgesPlace(server)
            assert server.leaks == []

    return start


def joined(name: str, manners: Manners) -> Joined:
    return Joined(
        name=name,
        start=place_with(manners),
        provider=provider_at,
        stranger=lambda url: provider_at(url, "f" * 32),
        folder=FOLDER,
        faults=FAULTS,
        at_storage=STORAGE_FAULTS,
        lacks=frozenset({Lacks.CHECKSUMS, Lacks.LINKS, Lacks.NAMED_KEYS}),
        best=Proof.EVERY_PART,
        part_size=PART,
        odd_names=NAMES,
    )


SEVENBRIDGES_JOINED = (
    joined("sevenbridges", Manners(part_size=PART)),
    joined(
        "sevenbridges-otherwise",
        Manners(
            part_size=PART,
            success=201,
            codes_on_top=True,
            headers_wanted={"x-amz-meta-lab": "seven"},
            headers_reported=("ETag", "x-hash"),
            parallel_uploads=False,
            deletes_at_start=True,
        ),
    ),
)
