"""BaseSpace joins the contract suite."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.contract.front import Answer
from tests.contract.joined import ODD_NAMES, Faults, Joined, Lacks, Place
from tests.fakes.basespace import TOKEN, BaseSpaceServer, basespace
from tests.fakes.basespace_things import Manners

from pipette.model.account import Account, Network, Secret
from pipette.model.files import KiB, Location
from pipette.model.parts import Limits
from pipette.providers.basespace import BaseSpace
from pipette.providers.basespace_parts import LIMITS
from pipette.providers.memory import MemoryInProcess

PROJECT = "Lab: data 2026"
FOLDER = Location("lab", PROJECT, "runs")
SMALL_LIMITS = Limits(
    largest_file=100 * KiB,
    most_parts=10,
    smallest_part=5 * KiB,
    largest_part=25 * KiB,
    preferred_part=10 * KiB,
    whole=10 * KiB,
)
SMALL_MANNERS = Manners(
    smallest_part=5 * KiB, largest_part=25 * KiB, most_parts=10, largest_whole=25 * KiB
)
"""The same rules with sizes that cost nothing to reach."""


def error(status: int, code: str, *headers: tuple[str, str]) -> Answer:
    said = {"ResponseStatus": {"ErrorCode": code, "Message": "said so"}, "Notifications": []}
    return Answer(status, json.dumps(said).encode(), headers)


BASESPACE_FAULTS = Faults(
    slow_down=error(429, "BASESPACE.COMMON.TOO_MANY", ("Retry-After", "7")),
    broken=error(500, "BASESPACE.COMMON.INTERNAL"),
    expired=error(401, "BASESPACE.COMMON.AUTHENTICATION_FAILURE"),
)


def basespace_at(url: str, token: str, limits: Limits = LIMITS) -> BaseSpace:
    account = Account("lab", "basespace", url, container=PROJECT)
    return BaseSpace(account, Secret(token), Network(), MemoryInProcess(), limits=limits)


@dataclass(frozen=True, slots=True)
class BaseSpacePlace:
    """A running fake, seen from behind."""

    server: BaseSpaceServer

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def storage_url(self) -> str:
        return self.server.storage_url

    def send_to(self, url: str) -> None:
        self.server.send_to(url)

    def read(self, at: Location) -> bytes | None:
        app_result, _, path = at.path.partition("/")
        for holder in self.server.world.named(at.container, app_result):
            found = self.server.world.whole_files(holder.id).get(path)
            if found is not None:
                return found.read()
        return None

    def write(self, at: Location, content: bytes) -> None:
        app_result, _, path = at.path.partition("/")
        world = self.server.world
        holder = world.named(at.container, app_result)[0]
        there = world.whole_files(holder.id).get(path)
        if there is None:
            world.add_file(holder.id, path, content)
        else:
            world.set_content(there, content)

    def unfinished(self, below: Location) -> int:
        app_result, _, path = below.path.partition("/")
        holders = {one.id for one in self.server.world.named(below.container, app_result)}
        begun = self.server.world.pending()
        if not app_result:
            return len(begun)
        return len([f for f in begun if f.app_result in holders and f.path.startswith(path)])


def place_of(manners: Manners) -> Callable[[Path], AbstractContextManager[Place]]:
    @contextmanager
    def start(folder: Path) -> Iterator[BaseSpacePlace]:
        with basespace(folder, manners) as server:
            project = server.world.add_project(PROJECT)
            server.world.add_app_result(project.id, "runs")
            yield BaseSpacePlace(server)
            assert server.script.breaches == []

    return start


def basespace_joined(name: str, manners: Manners, limits: Limits) -> Joined:
    return Joined(
        name=name,
        start=place_of(manners),
        provider=lambda url: basespace_at(url, TOKEN, limits),
        stranger=lambda url: basespace_at(url, "wrong-token", limits),
        folder=FOLDER,
        faults=BASESPACE_FAULTS,
        lacks=frozenset({Lacks.LINKS, Lacks.NAMED_KEYS, Lacks.DELETING, Lacks.EMPTY_FOLDERS}),
        # It is told names in composed form only, so the decomposed one is left out.
        odd_names=tuple(name for name in ODD_NAMES if name != "cafe\u0301.txt"),
    )


BASESPACE_JOINED = (
    basespace_joined("basespace", Manners(), LIMITS),
    basespace_joined("basespace-small-parts", SMALL_MANNERS, SMALL_LIMITS),
)
