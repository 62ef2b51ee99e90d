"""ICA joins the contract suite, with files sent by the keys of their folder."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.contract.front import Answer
from tests.contract.joined import Faults, Joined, Lacks, Place
from tests.contract.s3_places import plain_client
from tests.fakes.ica import KEY, IcaFake, ica_server
from tests.fakes.ica_shelf import BUCKET, PARTIAL, Project

from pipette.model.account import Account, Network, Secret
from pipette.model.files import Location
from pipette.practice.server import PRACTICE_KEY
from pipette.providers.ica import Ica
from pipette.providers.ica_pace import Pace
from pipette.providers.memory import MemoryInProcess

PROJECT = "Oncology 2026"
FOLDER = Location("core-ica", PROJECT, "runs")
AT_ONCE = (0.0, 2.0)


def refusal(status: int, code: str, *headers: tuple[str, str]) -> Answer:
    body = {"type": "about:blank", "title": code, "status": status, "detail": "said so"}
    told = (("Content-Type", "application/problem+json"), *headers)
    return Answer(status, json.dumps(body).encode(), told)


def stored_refusal(status: int, code: str, *headers: tuple[str, str]) -> Answer:
    return Answer(status, f"<Error><Code>{code}</Code></Error>".encode(), headers)


FAULTS = Faults(
    slow_down=refusal(429, "ICA_API_429", ("Retry-After", "7")),
    broken=refusal(500, "ICA_API_500"),
    expired=refusal(401, "ICA_SEC_002"),
)
STORAGE_FAULTS = Faults(
    slow_down=stored_refusal(503, "SlowDown", ("Retry-After", "7")),
    broken=stored_refusal(500, "InternalError"),
    expired=stored_refusal(400, "ExpiredToken"),
)


def unhurried() -> Pace:
    """Each look at its clock finds minutes gone by, so that no call is ever too early."""
    return Pace(itertools.count(step=300).__next__)


def ica_at(url: str, secret: str = KEY, storage_url: str = "", **options: Any) -> Ica:
    account = Account("core-ica", "ica", url, container=PROJECT, path="runs")
    chosen: dict[str, Any] = {"waits": AT_ONCE, "pace": unhurried(), "few": 0}
    chosen |= {"storage_url": storage_url, **options}
    return Ica(account, Secret(secret), Network(), MemoryInProcess(), **chosen)


@dataclass(frozen=True, slots=True)
class IcaPlace:
    """A running fake, looked into from behind."""

    fake: IcaFake
    project: Project

    @property
    def url(self) -> str:
        return self.fake.door.url

    @property
    def storage_url(self) -> str:
        return self.fake.storage.url

    def send_to(self, url: str) -> None:
        self.fake.making.storage_url = url

    def read(self, at: Location) -> bytes | None:
        return self.fake.content(self.project, f"/{at.path}")

    def write(self, at: Location, content: bytes) -> None:
        self.fake.put(self.project, f"/{at.path}", content)

    def unfinished(self, below: Location) -> int:
        """Uploads in parts, and records that wait for their bytes."""
        start = f"/{below.path}/" if below.path else "/"
        key = f"{self.project.id}{start}"
        client = plain_client(self.fake.storage.url, PRACTICE_KEY.id, PRACTICE_KEY.secret)
        open_uploads = client.list_multipart_uploads(Bucket=BUCKET, Prefix=key).get("Uploads", [])
        records = self.fake.shelf.records.values()
        waiting = [one for one in records if one.status == PARTIAL and one.path.startswith(start)]
        return len(open_uploads) + len(waiting)


@dataclass(slots=True)
class Rig:
    """Remembers where the storage is, which a provider must be told in a test."""

    places: list[IcaPlace] = field(default_factory=list)

    @contextmanager
    def start(self, folder: Path) -> Iterator[Place]:
        with ica_server(folder) as fake:
            project = lab_project(fake)
            self.places.append(IcaPlace(fake, project))
            yield self.places[-1]

    def provider(self, url: str, secret: str = KEY) -> Ica:
        return ica_at(url, secret, self.places[-1].fake.making.storage_url)

    def stranger(self, url: str) -> Ica:
        return self.provider(url, "a-key-nobody-knows")


def lab_project(fake: IcaFake) -> Project:
    """With its one user as administrator, and the folder ``runs``."""
    (user,) = fake.shelf.users.values()
    project = fake.shelf.add_project(PROJECT, user)
    project.rights[user.id].role = "ADMINISTRATOR"
    fake.make_folder(project, "/runs")
    return project


def ica_joined() -> Joined:
    rig = Rig()
    return Joined(
        name="ica",
        start=rig.start,
        provider=rig.provider,
        stranger=rig.stranger,
        folder=FOLDER,
        faults=FAULTS,
        at_storage=STORAGE_FAULTS,
        lacks=frozenset({Lacks.NAMED_KEYS}),
        expired_times=2,
        closes_at_storage=True,
    )


ICA_JOINED = (ica_joined(),)
