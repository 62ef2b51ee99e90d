"""A server that is as strict, as slow to notice and as forgetful as ICA, on loopback.

The API answers at one port, the storage (an S3 service of its own) at another. Everything is in
memory but the objects; the clock is whatever the test gives.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tests.fakes.ica_life import Jobs, Life, etag_of
from tests.fakes.ica_listing import children_rows, data_rows, paged
from tests.fakes.ica_making import Making, Remembered, body_of
from tests.fakes.ica_rules import Ages, Problem, Rules, answer_of
from tests.fakes.ica_shelf import (
    BUCKET,
    Project,
    Record,
    Right,
    Shelf,
    User,
    data_json,
    project_data_json,
    project_json,
)
from tests.fakes.ica_side import Side
from tests.fakes.ica_sign_in import Doorkeeper
from tests.fakes.ica_wire import LARGEST_BODY, Answer, Door, Faults, Request, Say, door_for

from pipette.practice.manners import STRICT, Manners
from pipette.practice.server import S3Server

BASE = "/ica/rest"
KEY = "ica-api-key-planted-secret"
EMAIL = "rosalind@lab.example"
_VERSION = re.compile(r"application/vnd\.illumina\.v([34])\+json")
_V3_ONLY = re.compile(r":createDownloadUrls$|/dataUnlinkingBatch$")
_HAS_V4 = re.compile(r"/dataLinkingBatch(/|$)|/children$|/permissions$")
_JSON = ("application/json", "application/vnd.illumina.v3+json", "application/vnd.illumina.v4+json")
_DATA = "(?P<data>[^/:]+)"
_PROJECT = "/api/projects/(?P<project>[^/:]+)"
_BATCHES = {
    "dataCopyBatch": "copy",
    "dataMoveBatch": "move",
    "dataLinkingBatch": "link",
    "dataUnlinkingBatch": "unlink",
    "dataUpdateBatch": "update",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of somebody who may make it, with the parts of its path."""

    request: Request
    user: User
    parts: dict[str, str]

    @property
    def body(self) -> dict[str, Any]:
        return body_of(self.request)

    @property
    def version(self) -> str:
        found = _VERSION.search(self.request.headers.get("accept", ""))
        return found.group(1) if found else "3"


Work = Callable[[Asked], Answer]


class IcaFake:
    """What tests set and look at; ``url`` is what a client is given."""

    def __init__(self, storage: S3Server, clock: Callable[[], float]) -> None:
        self.rules = Rules()
        self.faults = Faults()
        self.storage = storage
        self.clock = clock
        self.shelf = Shelf(storage, self.rules, clock)
        self.making = Making(self.shelf)
        self.life = Life(self.shelf)
        self.jobs = Jobs(self.shelf)
        self.side = Side(self.shelf)
        self.remembered = Remembered(self.shelf)
        self.keeper = Doorkeeper(self.shelf)
        self._ages = Ages(clock)
        self._routes = self._all_routes()
        self.door: Door

    # For tests

    @property
    def url(self) -> str:
        return f"{self.door.url}{BASE}"

    def calls(self, pattern: str = "", method: str = "") -> int:
        """How many requests came whose path matches."""
        found = re.compile(pattern)
        return len(
            [one for one in self.door.seen if method in ("", one.method) and found.search(one.path)]
        )

    def record(self, project: Project, path: str, *, is_folder: bool = False) -> Record | None:
        with self.shelf.lock:
            self.shelf.settle()
            return self.shelf.find(project.id, path, is_folder=is_folder)

    def content(self, project: Project, path: str) -> bytes | None:
        return self.storage.read(BUCKET, f"{project.id}{path}")

    def put(self, project: Project, path: str, content: bytes) -> Record:
        """A file that is whole, without a request."""
        self.storage.put(BUCKET, f"{project.id}{path}", content)
        with self.shelf.lock:
            before, self.rules.notice_seconds = self.rules.notice_seconds, 0.0
            self.shelf.settle()
            self.rules.notice_seconds = before
        found = self.shelf.find(project.id, path, is_folder=False)
        assert found is not None
        return found

    def make_folder(self, project: Project, path: str) -> Record:
        with self.shelf.lock:
            return self.shelf.make(project.id, path, is_folder=True)

    def leaks(self) -> list[str]:
        """Requests that brought something of the platform to the storage."""
        platform = {"x-api-key", "idempotency-key"}
        return [
            f"{entry.operation} {entry.key}"
            for entry in self.storage.log.entries()
            if entry.headers & platform
            or (
                "authorization" in entry.headers
                and entry.code in ("InvalidArgument", "InvalidRequest")
            )
        ]

    def answers_instead(self, body: str, path: str) -> None:
        """The next such call is answered, with 200, by something else on the way."""
        self.faults.add(Say(200, detail=body, raw=True), path)

    # Answering

    def respond(self, request: Request) -> Answer:
        try:
            with self.shelf.lock:
                self.shelf.settle()
                self.life.thaw()
                return self._answer(request)
        except Problem as problem:
            return self._refused(problem)

    def refuse(self, say: Say) -> Answer:
        if say.raw:
            return Answer(say.status, say.detail, type="text/html")
        headers = {"Retry_After": say.retry_after} if say.retry_after else {}
        if say.done:
            self.remembered.forget(self.door.seen[-1])
        return self._refused(Problem(say.status, say.code, say.detail, **headers))

    def _refused(self, problem: Problem) -> Answer:
        return answer_of(problem, self.rules.error_form, self.clock())

    def _answer(self, request: Request) -> Answer:
        if not request.path.startswith(f"{BASE}/api/"):
            raise Problem(404, "ICA_API_404", "nothing here")
        if len(request.raw) > LARGEST_BODY:
            raise Problem(413, "ICA_API_413", "too large")
        self._ages.expect_room(self.rules)
        path = request.path.removeprefix(BASE)
        self._expect_version(request, path)
        if path in ("/api/tokens", "/api/tokens:refresh"):
            return self.keeper.token(request, path)
        user = self.keeper.user(request)
        for method, pattern, work in self._routes:
            found = pattern.fullmatch(path)
            if found and method == request.method:
                parts = {name: unquote(text) for name, text in found.groupdict().items() if text}
                return work(Asked(request, user, parts))
        raise Problem(404, "ICA_API_404", f"no call {request.method} {path}")

    def _expect_version(self, request: Request, path: str) -> None:
        accepted = _VERSION.search(request.headers.get("accept", ""))
        has_v4 = _HAS_V4.search(path) and not self.rules.old
        if accepted is None or (accepted.group(1) == "4" and not has_v4):
            raise Problem(400, "ICA_API_004", "Invalid Accept Header")
        type = request.headers.get("content-type", "")
        if not request.raw:
            return
        if type not in _JSON or (_V3_ONLY.search(path) and type != _JSON[1]):
            raise Problem(415, "ICA_API_415", f"Content-Type {type}")
        sent = _VERSION.search(type)
        if sent and _HAS_V4.search(path) and sent.group(1) != accepted.group(1):
            raise Problem(400, "ICA_API_004", "Accept and Content-Type name two versions")

    # Calls

    def _all_routes(self) -> list[tuple[str, re.Pattern[str], Work]]:
        data = f"{_PROJECT}/data"
        one = f"{data}/{_DATA}"
        batches = f"{_PROJECT}/(?P<kind>{'|'.join(_BATCHES)})"
        sessions = f"{one}/folderUploadSessions"
        transfers = f"{_PROJECT}/dataTransfers"
        table: list[tuple[str, str, Work]] = [
            ("GET", "/api/projects", self._list_projects),
            ("GET", _PROJECT, lambda a: Answer(200, project_json(self._project(a)))),
            ("GET", f"{_PROJECT}/permissions", lambda a: self.side.permissions(self._project(a))),
            ("GET", "/api/regions", lambda a: self.side.regions()),
            ("GET", "/api/dataFormats", self._list_formats),
            ("GET", "/api/system/info", lambda a: self.side.system()),
            ("GET", data, self._list_data),
            ("POST", f"{data}(?::(?P<verb>create(?!DownloadUrls)[A-Za-z]+))?", self._create),
            ("POST", f"{data}:createDownloadUrls", self._download_urls),
            ("GET", one, self._get_data),
            ("PUT", one, lambda a: self.life.put(*self._of(a), a.body)),
            ("GET", f"{one}/children", self._children),
            (
                "POST",
                f"{one}:createUploadUrl",
                lambda a: self.making.upload_url(*self._of(a), a.request),
            ),
            ("POST", f"{one}:createDownloadUrl", lambda a: self.making.download_url(*self._of(a))),
            (
                "POST",
                f"{one}:createInlineViewUrl",
                lambda a: self.making.download_url(*self._of(a)),
            ),
            (
                "POST",
                f"{one}:createTemporaryCredentials",
                lambda a: self.making.credentials(*self._of(a), a.body),
            ),
            ("POST", f"{one}:delete", lambda a: self.life.delete(*self._of(a))),
            ("POST", f"{one}:archive", lambda a: self.life.archive(*self._of(a))),
            ("POST", f"{one}:unarchive", lambda a: self.life.unarchive(*self._of(a))),
            ("POST", f"{one}:scheduleDownload", lambda a: self.side.schedule(*self._of(a), a.body)),
            ("POST", sessions, lambda a: self.making.open_session(*self._of(a))),
            ("GET", f"{sessions}/(?P<session>[^/:]+)", self._session),
            ("POST", f"{sessions}/(?P<session>[^/:]+):complete", self._complete),
            ("POST", batches, self._begin_batch),
            ("GET", f"{batches}/(?P<batch>[^/:]+)", lambda a: self.jobs.show(a.parts["batch"])),
            ("GET", f"{batches}/(?P<batch>[^/:]+)/items", self._batch_items),
            ("GET", "/api/jobs", self._list_jobs),
            ("GET", "/api/jobs/(?P<job>[^/:]+)", lambda a: self.jobs.job(a.parts["job"])),
            ("GET", "/api/connectors", self._list_connectors),
            ("GET", transfers, self._list_transfers),
            (
                "GET",
                f"{transfers}/(?P<id>[^/:]+)",
                lambda a: self.side.transfer(self._project(a), a.parts["id"]),
            ),
            (
                "POST",
                f"{transfers}/(?P<id>[^/:]+):abort",
                lambda a: self.side.abort(self._project(a), a.parts["id"]),
            ),
        ]
        return [(method, re.compile(pattern), work) for method, pattern, work in table]

    def _project(self, asked: Asked) -> Project:
        return self.shelf.project_seen_by(asked.parts["project"], asked.user)

    def _right(self, asked: Asked) -> Right:
        return self._project(asked).rights[asked.user.id]

    def _of(self, asked: Asked) -> tuple[Project, Right, str]:
        return self._project(asked), self._right(asked), asked.parts["data"]

    def _list_projects(self, asked: Asked) -> Answer:
        found = [one for one in self.shelf.projects.values() if asked.user.id in one.rights]
        sought = (asked.request.one("search") or "").lower()
        page = paged(
            asked.request,
            [one for one in found if sought in one.name.lower()],
            lambda one: one.id,
            self.rules,
        )
        return Answer(200, page | {"items": [project_json(one) for one in page["items"]]})

    def _list_formats(self, asked: Asked) -> Answer:
        return self._rows(asked, self.side.formats())

    def _rows(self, asked: Asked, rows: Sequence[Mapping[str, Any]]) -> Answer:
        return Answer(200, paged(asked.request, rows, lambda row: str(row["id"]), self.rules))

    def _list_data(self, asked: Asked) -> Answer:
        project = self._project(asked)
        rows = data_rows(self.shelf, project, asked.request)
        return self._page(project, rows, asked)

    def _children(self, asked: Asked) -> Answer:
        project, _, data = self._of(asked)
        record, path = self.shelf.get(project, data)
        found = children_rows(self.shelf, project, record, path, asked.request)
        # What is in a linked folder tells the path that it has at home.
        rows = [(one, one.path) for one, _ in found]
        if asked.version == "4":
            return self._page(project, rows, asked)
        return Answer(200, {"items": [data_json(one, one.path, self.rules) for one, _ in rows]})

    def _page(self, project: Project, rows: list[tuple[Record, str]], asked: Asked) -> Answer:
        page = paged(asked.request, rows, lambda row: row[0].id, self.rules)
        items = [
            project_data_json(project, record, path, self.rules) for record, path in page["items"]
        ]
        return Answer(200, page | {"items": items})

    def _create(self, asked: Asked) -> Answer:
        verb = asked.parts.get("verb", "")
        return self.remembered.once(
            asked.request,
            asked.user.id,
            lambda: self.making.create(self._project(asked), self._right(asked), verb, asked.body),
        )

    def _get_data(self, asked: Asked) -> Answer:
        project, _, data = self._of(asked)
        record, path = self.shelf.get(project, data)
        told = project_data_json(project, record, path, self.rules)
        return Answer(200, told, {"ETag": etag_of(record)})

    def _download_urls(self, asked: Asked) -> Answer:
        return self.making.download_urls(self._project(asked), self._right(asked), asked.body)

    def _session(self, asked: Asked) -> Answer:
        project, _, data = self._of(asked)
        return self.making.session(project, data, asked.parts["session"])

    def _complete(self, asked: Asked) -> Answer:
        project, _, data = self._of(asked)
        files = asked.body.get("numberOfExpectedUploadedFiles")
        if not isinstance(files, int):
            raise Problem(400, "ICA_API_005", "numberOfExpectedUploadedFiles is needed")
        return self.making.complete(project, data, asked.parts["session"], files)

    def _begin_batch(self, asked: Asked) -> Answer:
        kind = _BATCHES[asked.parts["kind"]]
        return self.jobs.begin(self._project(asked), self._right(asked), kind, asked.body)

    def _batch_items(self, asked: Asked) -> Answer:
        rows = self.jobs.items(asked.parts["batch"], asked.request.query.get("status", []))
        return self._rows(asked, rows)

    def _list_jobs(self, asked: Asked) -> Answer:
        wanted = asked.request.query.get("status")
        rows = [job for job in self.jobs.all() if not wanted or job["status"] in wanted]
        return self._rows(asked, rows)

    def _list_connectors(self, asked: Asked) -> Answer:
        return self.side.list_connectors(asked.request.one("activeOnly") == "true")

    def _list_transfers(self, asked: Asked) -> Answer:
        rows = self.side.list_transfers(self._project(asked), asked.request.one("status"))
        return self._rows(asked, rows)


@contextmanager
def ica_server(
    folder: Path, *, clock: Callable[[], float] = time.time, manners: Manners = STRICT
) -> Iterator[IcaFake]:
    """With one user, whose key is ``KEY``, and no project yet."""
    with S3Server(folder, clock=clock, manners=manners) as storage:
        ica = IcaFake(storage, clock)
        ica.shelf.add_user(KEY, EMAIL)
        with door_for(ica.respond, ica.refuse, ica.faults) as door:
            ica.door = door
            yield ica
