"""The control calls of the pretend One Codex: accounts, projects, samples, uploads, downloads."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from tests.fakes.onecodex_openings import CALLBACK, Openings, checked_metadata, signed_in
from tests.fakes.onecodex_records import (
    AVAILABLE,
    ROOT,
    Records,
    User,
)
from tests.fakes.onecodex_storage import Storage
from tests.fakes.onecodex_web import Answer, Refused, Request, Service
from tests.fakes.onecodex_where import matches

from pipette.practice.server import S3Server


class Limiter:
    """So many calls in any second, over all routes."""

    def __init__(self, records: Records, ticking: Callable[[], float]) -> None:
        self._records = records
        self._ticking = ticking
        self._lock = threading.Lock()
        self._taken: list[float] = []
        self.most = 0
        """Calls in the busiest second."""

    def check(self) -> None:
        now = self._ticking()
        with self._lock:
            self._taken = [at for at in self._taken if at > now - 1.0]
            self._taken.append(now)
            self.most = max(self.most, len(self._taken))
            allowed = self._records.manners.calls_per_second
        if allowed is not None and len(self._taken) > allowed:
            raise Refused(429, "Rate limited.", word="msg")


class Calls(Service):
    def __init__(
        self, records: Records, storage: Storage, s3: S3Server, ticking: Callable[[], float]
    ) -> None:
        self._records = records
        self._storage = storage
        self.openings = Openings(records, storage, s3)
        self.limiter = Limiter(records, ticking)
        self.broken_promises: list[str] = []
        """What no client may do: two kinds of sign-in, a key in a path …"""

    # Routing

    def route(self, request: Request) -> str:
        path = request.path
        if path == CALLBACK:
            return "callback"
        if not path.startswith(f"{ROOT}/"):
            return "nowhere"
        segments = path.removeprefix(f"{ROOT}/").split("/")
        match segments:
            case ["samples", name] if name.endswith("_upload") or name == "preupload":
                return name
            case ["samples", "public" | "organization"]:
                return "others"
            case ["samples" | "projects" | "metadata" as kind, _]:
                return kind[:-1] if kind != "metadata" else kind
            case ["samples", _, "download_uri"]:
                return "download_uri"
            case ["account" | "samples" | "projects" | "tags" as name]:
                return name
        return "nowhere"

    def answer(self, route: str, request: Request) -> Answer:
        self.limiter.check()
        user = self._user(request)
        answers: dict[str, Callable[[Request, User | None], Answer]] = {
            "account": self._account,
            "samples": self._samples,
            "others": lambda request, user: Answer(200, []),
            "sample": self._sample,
            "metadata": self._metadata,
            "projects": self._projects,
            "project": self._project,
            "tags": lambda request, user: Answer(200, []),
            "preupload": self.openings.preupload,
            "init_upload": self.openings.init,
            "init_multipart_upload": self.openings.init,
            "confirm_upload": self.openings.confirm,
            "cancel_upload": self.openings.cancel,
            "callback": self.openings.call_back,
            "download_uri": self._download_uri,
        }
        if route not in answers:
            raise Refused(404, "Not found")
        with self._records.lock:
            return answers[route](request, user)

    def _user(self, request: Request) -> User | None:
        """Nobody is anonymous; a wrong key is refused."""
        told = request.headers.get("authorization", "")
        keys = [told] if told else []
        if "x-api-key" in request.headers:
            keys.append(f"Key {request.headers['x-api-key']}")
        if len(keys) > 1:
            self.broken_promises.append("two kinds of sign-in")
        if not keys:
            return None
        for user in self._records.users.values():
            if _proves(keys[0], user):
                return user
        raise Refused(401, "Invalid API key")

    # Looking

    def _account(self, request: Request, user: User | None) -> Answer:
        user = signed_in(user)
        return Answer(
            200,
            {
                "email": user.email,
                "user": {"$ref": f"{ROOT}/users/{user.id}"},
                "created_at": "2026-01-01T00:00:00+00:00",
                "confirmed_at": "2026-01-01T00:00:00+00:00",
            },
        )

    def _samples(self, request: Request, user: User | None) -> Answer:
        if request.method != "GET":
            raise Refused(405, "Method not allowed")
        expand = request.query.get("expand") == "all" and self._records.manners.expands
        where = _json_of(request.query.get("where", "{}"))
        shown = [
            (self._records.shown(sample, expand=False), sample)
            for sample in self._records.of_owner(user)
        ]
        found = [(row, sample) for row, sample in shown if matches(row, where)]
        for name, descending in reversed(_json_of(request.query.get("sort", "{}")).items()):
            found.sort(key=lambda one: str(one[0].get(name) or ""), reverse=bool(descending))
        rows = [self._records.shown(sample, expand=expand) for _, sample in found]
        return _page(request, rows, cursors="x-pagination-style" in request.headers)

    def _sample(self, request: Request, user: User | None) -> Answer:
        sample = self._records.sample(request.path.rpartition("/")[2], user)
        hidden = self._records.manners.hides_before_data
        if sample is None or (hidden and sample.accepted_at is None):
            raise Refused(404, "Sample not found")
        if request.method == "DELETE":
            sample.removed = True
            return Answer(204)
        expand = request.query.get("expand") == "all" and self._records.manners.expands
        return Answer(200, self._records.shown(sample, expand=expand))

    def _metadata(self, request: Request, user: User | None) -> Answer:
        sample = self._records.sample(request.path.rpartition("/")[2], user)
        if sample is None:
            raise Refused(404, "Metadata not found")
        if request.method == "PATCH":
            sample.metadata |= checked_metadata(request.json())
        return Answer(200, self._records.shown_metadata(sample))

    def _projects(self, request: Request, user: User | None) -> Answer:
        where = _json_of(request.query.get("where", "{}"))
        if request.method == "POST":
            body = request.json()
            made = self._records.add_project(
                signed_in(user), body.get("name"), body.get("project_name")
            )
            return Answer(200, self._records.shown_project(made))
        rows = [
            self._records.shown_project(project)
            for project in self._records.projects.values()
            if user is not None and project.owner == user.id
        ]
        return _page(request, [row for row in rows if matches(row, where)], cursors=False)

    def _project(self, request: Request, user: User | None) -> Answer:
        project = self._records.projects.get(request.path.rpartition("/")[2])
        if project is None or user is None or project.owner != user.id:
            raise Refused(404, "Project not found")
        return Answer(200, self._records.shown_project(project))

    # Downloads

    def _download_uri(self, request: Request, user: User | None) -> Answer:
        if request.method != "POST":
            raise Refused(405, "Method not allowed")
        sample = self._records.sample(request.path.split("/")[-2], signed_in(user))
        if sample is None:
            raise Refused(404, "Sample not found")
        now, manners = self._records.clock(), self._records.manners
        if sample.status(now, manners) != AVAILABLE:
            raise Refused(400, "This sample has no data yet")
        contents = [self.openings.content(sample, file) or b"" for file in sample.files]
        link = self._storage.link(b"".join(contents), quote(sample.filename))
        return Answer(200, {"download_uri": link, "expires_in_hours": manners.link_hours})


def _proves(told: str, user: User) -> bool:
    kind, _, rest = told.partition(" ")
    if kind == "Basic":
        return base64.b64decode(rest).decode() == f"{user.key}:"
    if kind == "Bearer":
        return bool(user.token) and rest == user.token
    return kind == "Key" and rest == user.key


def _json_of(text: str) -> dict[str, Any]:
    try:
        read = json.loads(text)
    except ValueError as error:
        raise Refused(400, "not JSON") from error
    return read if isinstance(read, dict) else {}


def _page(request: Request, rows: list[Any], *, cursors: bool) -> Answer:
    size = min(int(request.query.get("per_page", "50")), 1000)
    total = {"X-Total-Count": str(len(rows))}
    if cursors:
        start = int(request.query.get("cursor", "0"))
        following = start + size
        more = {"X-Next-Cursor": str(following)} if following < len(rows) else {}
        return Answer(200, rows[start:following], headers=total | more)
    page = int(request.query.get("page", "1"))
    start = (page - 1) * size
    link = f'<{request.path}?page={page + 1}>; rel="next"'
    more = {"Link": link} if start + size < len(rows) else {}
    return Answer(200, rows[start : start + size], headers=total | more)
