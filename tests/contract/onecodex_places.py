"""One Codex joins the contract suite, by form and in parts."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tests.contract.front import Answer
from tests.contract.joined import Faults, Joined, Lacks, Place
from tests.fakes.onecodex import KEY, OneCodexServer
from tests.fakes.onecodex_records import Manners, Sample

from pipette.model.account import Account, Network, Secret
from pipette.model.files import GiB, KiB, Location
from pipette.model.parts import Proof
from pipette.practice.manners import Manners as S3Manners
from pipette.providers.memory import MemoryInProcess
from pipette.providers.onecodex import ENDPOINT_VARIABLE, OneCodex
from pipette.providers.onecodex_opening import Sizes

PROJECT = "Lab"
FOLDER = Location("oc", PROJECT, "runs")
PART = 64 * KiB
BY_FORM = Sizes(by_form=GiB)
IN_PARTS = Sizes(by_form=0, part_step=PART)
TAKEN = re.compile(r"[\w.][\w\-.\[\](){} ]*\.(fa|fasta|fq|fastq)(\.gz)?", re.ASCII)


def refusal(status: int, message: str, word: str = "message") -> Answer:
    return Answer(status, json.dumps({word: message, "status": status}).encode())


def stored_refusal(status: int, code: str, *headers: tuple[str, str]) -> Answer:
    return Answer(status, f"<Error><Code>{code}</Code></Error>".encode(), headers)


FAULTS = Faults(
    slow_down=refusal(429, "Rate limited.", "msg"),
    broken=refusal(500, "Internal error"),
    expired=refusal(401, "Invalid API key"),
)
STORAGE_FAULTS = Faults(
    slow_down=stored_refusal(503, "SlowDown", ("Retry-After", "7")),
    broken=stored_refusal(500, "InternalError"),
    expired=stored_refusal(403, "AccessDenied"),
)
NAMES = (
    "two words.fastq.gz",
    "UPPER.FQ",
    "dots.and-dashes_1.fasta",
    "brackets [1] (2) {3}.fq",
    ".hidden.fa",
    "n" * 200 + ".fastq.gz",
    "folder/deeper/same.fq",
    "folder/elsewhere/same.fq",
)


def named(name: str) -> str:
    """Each segment as the service takes it for a file's name."""
    return "/".join(map(_named, name.split("/")))


def _named(segment: str) -> str:
    if TAKEN.fullmatch(segment) or segment in ("folder", "deeper", "elsewhere"):
        return segment
    return re.sub(r"[^\w.-]", "_", segment, flags=re.ASCII) + ".fastq"


@dataclass(slots=True)
class Storage:
    """Where the parts of an account go; known when the door before the storage stands."""

    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OneCodexPlace:
    """A running platform, looked into from behind."""

    server: OneCodexServer
    storage: Storage
    in_parts: bool

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def storage_url(self) -> str:
        return self.server.s3_url if self.in_parts else self.server.storage_url

    def send_to(self, url: str) -> None:
        self.storage.environment[ENDPOINT_VARIABLE] = url if self.in_parts else self.server.s3_url
        if not self.in_parts:
            self.server.storage.url = url

    def read(self, at: Location) -> bytes | None:
        found = [one for one in self.server.samples() if _path(one) == at.path]
        if not found:
            return None
        first = min(found, key=lambda sample: sample.created)
        return b"".join(content or b"" for content in self.server.content(first))

    def write(self, at: Location, content: bytes) -> None:
        folder, _, filename = at.path.rpartition("/")
        self.server.put(filename, content, self.server.project, folder)

    def unfinished(self, below: Location) -> int:
        return len([one for one in self.server.unfinished() if _path(one).startswith(below.path)])


def _path(sample: Sample) -> str:
    folder = sample.metadata.get("custom", {}).get("pipette_folder", "")
    return f"{folder}/{sample.filename}" if folder else sample.filename


def provider_at(
    url: str, environment: dict[str, str], sizes: Sizes = BY_FORM, key: str = KEY
) -> OneCodex:
    """Its time runs a second further whenever it looks: a suite calls more often than a person."""
    account = Account("oc", "onecodex", url, container=PROJECT)
    return OneCodex(
        account,
        Secret(key),
        Network(),
        MemoryInProcess(),
        ticking=partial(next, itertools.count(0.0, 1.0)),
        sizes=sizes,
        environment=environment,
    )


def place_with(
    manners: Manners, storage: Storage, *, in_parts: bool
) -> Callable[[Path], AbstractContextManager[Place]]:
    @contextmanager
    def start(folder: Path) -> Iterator[OneCodexPlace]:
        s3 = S3Manners(smallest_part=PART)
        with OneCodexServer(folder, manners=manners, s3_manners=s3) as server:
            yield OneCodexPlace(server, storage, in_parts)
            assert server.leaks() == []
            assert server.calls.broken_promises == []

    return start


def joined(name: str, sizes: Sizes, manners: Manners) -> Joined:
    storage = Storage()
    lacks = {
        Lacks.CHECKSUMS,
        Lacks.NAMED_KEYS,
        Lacks.EMPTY_FOLDERS,
        Lacks.EMPTY_FILES,
        Lacks.REPLACING,
        Lacks.REFUSING_TO_REPLACE_WHEN_CLOSING,
        Lacks.RENEWED_ADDRESSES,
    }
    return Joined(
        name=name,
        start=place_with(manners, storage, in_parts=sizes is IN_PARTS),
        provider=lambda url: provider_at(url, storage.environment, sizes),
        stranger=lambda url: provider_at(url, storage.environment, sizes, "f" * 32),
        folder=FOLDER,
        faults=FAULTS,
        at_storage=STORAGE_FAULTS,
        lacks=frozenset(lacks),
        best=Proof.EVERY_PART,
        part_size=PART,
        odd_names=NAMES,
        named=named,
    )


ONECODEX_JOINED = (
    joined("onecodex", BY_FORM, Manners()),
    joined(
        "onecodex-in-parts",
        IN_PARTS,
        Manners(takes_project_reference=False, expands=False, second_confirm=409),
    ),
)
