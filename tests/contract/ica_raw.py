"""A plain client for the fake of ICA, and a scene in which its clock runs by hand."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import requests
from botocore.config import Config
from botocore.session import Session
from tests.contract.ica_places import lab_project
from tests.fakes.clock import FakeClock
from tests.fakes.ica import KEY, IcaFake, ica_server
from tests.fakes.ica_shelf import Project, Right

from pipette.practice.manners import STRICT, Manners

V3 = "application/vnd.illumina.v3+json"
V4 = "application/vnd.illumina.v4+json"


@dataclass(slots=True)
class Scene:
    fake: IcaFake
    project: Project
    clock: FakeClock
    session: requests.Session = field(default_factory=requests.Session)

    @property
    def right(self) -> Right:
        """Of the one user in the one project."""
        (right,) = self.project.rights.values()
        return right

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        accept: str = V3,
        type: str = V3,
        key: str = KEY,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> requests.Response:
        """``path`` after ``/api/``; ``P`` at its begin stands for the project."""
        where = f"projects/{self.project.id}{path[1:]}" if path.startswith("P") else path
        sent = {"Accept": accept, "X-API-Key": key, **(headers or {})}
        if body is not None:
            sent["Content-Type"] = type
        return self.session.request(
            method,
            f"{self.fake.url}/api/{where}",
            json=body,
            headers={name: value for name, value in sent.items() if value},
            params=params,
        )

    def get(self, path: str, **more: Any) -> requests.Response:
        return self.call("GET", path, **more)

    def post(self, path: str, body: object = None, **more: Any) -> requests.Response:
        return self.call("POST", path, body, **more)

    def code(self, answer: requests.Response) -> tuple[int, str]:
        return answer.status_code, str(answer.json()["title"])

    def made_file(self, name: str, folder: str = "/runs/") -> tuple[str, str]:
        """Id and upload address of a new file."""
        body = {"name": name, "folderPath": folder}
        told = self.post("P/data:createFileWithUploadUrl", body).json()
        return str(told["data"]["id"]), str(told["uploadUrl"])

    def status(self, data: str) -> str:
        return str(self.details(data)["status"])

    def details(self, data: str) -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"P/data/{data}").json()["data"]["details"]
        return found

    def keys_of(self, data: str, **options: Any) -> dict[str, Any]:
        told = self.post(f"P/data/{data}:createTemporaryCredentials", options).json()
        found: dict[str, Any] = told["awsTempCredentials"]
        return found

    def storage(self, keys: Mapping[str, Any]) -> Any:
        """The official S3 client with temporary keys."""
        return _official().create_client(
            "s3",
            endpoint_url=self.fake.storage.url,
            region_name=keys["region"],
            aws_access_key_id=keys["accessKey"],
            aws_secret_access_key=keys["secretKey"],
            aws_session_token=keys["sessionToken"],
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                request_checksum_calculation="when_required",
            ),
        )

    def folder(self, path: str) -> str:
        found = self.fake.shelf.find(self.project.id, path, is_folder=True)
        return (found or self.fake.make_folder(self.project, path)).id


@lru_cache(maxsize=1)
def _official() -> Session:
    """Loading the description of S3 takes long; clients made from one session share it."""
    return Session()


@contextmanager
def ica_scene(folder: Path, manners: Manners = STRICT) -> Iterator[Scene]:
    # The official client signs with the real time, from which this clock therefore starts.
    clock = FakeClock(time.time())
    with ica_server(folder, clock=clock.time, manners=manners) as fake:
        scene = Scene(fake, lab_project(fake), clock)
        with scene.session:
            yield scene


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
