"""A pretend One Codex on loopback: the platform, its storage, and S3 for uploads in parts.

Strict where the service is, with switches where its book is silent (``records.manners``) and faults
on demand (``faults``). Three doors: ``url`` for calls, ``storage_url`` for forms and downloads,
``s3_url`` for parts.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.fakes.onecodex_calls import Calls
from tests.fakes.onecodex_records import Expected, Manners, Project, Records, Sample, User, new_id
from tests.fakes.onecodex_storage import BUCKET, Storage
from tests.fakes.onecodex_web import Call, Door, Faults

from pipette.practice.manners import STRICT
from pipette.practice.manners import Manners as S3Manners
from pipette.practice.server import S3Server

KEY = "0123456789abcdef0123456789abcdef"
OTHER_KEY = "fedcba9876543210fedcba9876543210"
TOKEN = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJsYWIifQ.c2lnbmVk"
CONTROL_KEYS = ("authorization", "x-api-key")


class OneCodexServer:
    """Starts with ``with``. The user of ``KEY`` has the project ``Lab`` (handle ``lab_main``)."""

    def __init__(
        self,
        folder: Path,
        clock: Callable[[], float] = time.time,
        ticking: Callable[[], float] = time.monotonic,
        manners: Manners | None = None,
        s3_manners: S3Manners = STRICT,
    ) -> None:
        self.records = Records(clock)
        self.records.manners = manners or Manners()
        self.faults = Faults()
        self.storage = Storage(self.records)
        self.s3 = S3Server(folder / "s3", manners=s3_manners)
        self.calls = Calls(self.records, self.storage, self.s3, ticking)
        self.storage.handed_on = self.calls.openings.take_in
        self.user: User = self.records.add_user("lab@example.org", KEY, TOKEN)
        self.stranger: User = self.records.add_user("other@example.org", OTHER_KEY)
        self.project: Project = self.records.add_project(self.user, "Lab", "lab_main")
        self._doors: tuple[Door, Door] | None = None

    def __enter__(self) -> Self:
        self.s3.start()
        self.s3.create_bucket(BUCKET)
        self._doors = Door(self.calls, self.faults), Door(self.storage, self.faults)
        self.storage.url = self.storage_url
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for door in self._running:
            door.stop()
        self.s3.stop()

    @property
    def _running(self) -> tuple[Door, Door]:
        assert self._doors is not None
        return self._doors

    @property
    def url(self) -> str:
        return self._running[0].url

    @property
    def storage_url(self) -> str:
        return self._running[1].url

    @property
    def s3_url(self) -> str:
        return self.s3.url

    @property
    def door(self) -> Door:
        return self._running[0]

    @property
    def log(self) -> list[Call]:
        """Calls to the platform, in order."""
        return self._running[0].calls

    @property
    def storage_log(self) -> list[Call]:
        return self._running[1].calls

    def routes(self) -> list[str]:
        return [call.route for call in self.log]

    def bodies(self, route: str) -> list[Any]:
        return [body for name, body in self.calls.openings.bodies if name == route]

    def leaks(self) -> list[str]:
        """Requests by which a key of the platform reached a storage."""
        to_s3 = [
            f"{entry.operation} {entry.key}"
            for entry in self.s3.log.entries()
            if "x-api-key" in entry.headers
        ]
        return self.storage.leaked + to_s3

    def renew(self) -> None:
        """As on the first day: no sample, no fault, nothing remembered."""
        self.faults.clear()
        self.records.manners = Manners()
        self.records.samples.clear()
        self.storage.renew()
        self.calls.openings.bodies.clear()
        self.calls.limiter.most = 0
        for door in self._running:
            door.calls.clear()
        self.s3.faults.clear()
        self.s3.log.clear()

    # Behind the back of clients

    def samples(self) -> list[Sample]:
        """Those that have their data."""
        found = self.records.samples.values()
        return [one for one in found if one.accepted_at is not None and not one.removed]

    def unfinished(self) -> list[Sample]:
        found = self.records.samples.values()
        return [one for one in found if one.accepted_at is None and not one.removed]

    def content(self, sample: Sample) -> list[bytes | None]:
        """Of each of its files."""
        return [self.calls.openings.content(sample, file) for file in sample.files]

    def put(
        self, filename: str, content: bytes, project: Project | None = None, folder: str = ""
    ) -> Sample:
        """A sample that is there, without a request."""
        sample = Sample(
            new_id(),
            self.user.id,
            self.records.clock(),
            [Expected(filename, "")],
            BUCKET,
            "init_upload",
            project.id if project else None,
            {"custom": {"pipette_folder": folder} if folder else {}},
        )
        sample.files[0].key = f"uploads/{sample.id}/1/{filename}"
        self.storage.objects[sample.files[0].key] = content
        sample.accepted_at, sample.size = self.records.clock(), len(content)
        self.records.samples[sample.id] = sample
        return sample
