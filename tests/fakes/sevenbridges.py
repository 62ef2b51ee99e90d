"""A strict Seven Bridges platform on loopback: calls at one address, storage at another.

It refuses what the platform refuses, runs on a clock that can be set, keeps what it holds when it
is started again, and notes as a leak every token that reaches its storage.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from types import TracebackType
from typing import Any

from tests.fakes import sevenbridges_files as files
from tests.fakes import sevenbridges_jobs as jobs
from tests.fakes import sevenbridges_uploads as uploads
from tests.fakes.sevenbridges_state import Manners, State, Trouble, User
from tests.fakes.sevenbridges_wire import Reply, Request, Route, Script, listening

TOKEN = "0123456789abcdef0123456789abcdef"
PROJECT = "rfranklin/lab-data"
_SECRET_HEADERS = ("x-sbg-auth-token", "authorization", "x-sbg-session-id", "cookie")

Serve = Callable[..., Reply]

_ID = r"([^/]+)"
_CALLS: tuple[tuple[str, str, str, Serve], ...] = (
    ("user", "GET", r"/user", files.me),
    ("projects", "GET", r"/projects", files.projects),
    ("projects", "GET", r"/projects/([^/]+)", files.projects),
    ("project", "GET", r"/projects/([^/]+/[^/]+)", files.project),
    ("member", "GET", r"/projects/([^/]+/[^/]+)/members/([^/]+)", files.member),
    ("files", "GET", r"/files", files.files),
    ("folder", "POST", r"/files", files.make_folder),
    ("files", "GET", rf"/files/{_ID}/list", files.folder_list),
    ("file", "GET", rf"/files/{_ID}", files.one_file),
    ("edit", "PATCH", rf"/files/{_ID}", files.edit),
    ("delete", "DELETE", rf"/files/{_ID}", files.delete),
    ("metadata", "GET|PATCH|PUT", rf"/files/{_ID}/metadata", files.metadata),
    ("tags", "PUT", rf"/files/{_ID}/tags", files.tags),
    ("copy", "POST", rf"/files/{_ID}/actions/copy", files.copy),
    ("move", "POST", rf"/files/{_ID}/actions/move", files.move),
    ("bulk", "POST", r"/bulk/files/(get|delete|edit|update)", files.bulk),
    ("async", "POST", r"/async/files/(copy|move|delete)", jobs.start),
    ("async", "GET", rf"/async/files/(copy|move|delete)/{_ID}", jobs.look),
    ("async", "GET", r"/async/files", jobs.all_jobs),
    ("init", "POST", r"/upload/multipart", uploads.begin),
    ("uploads", "GET", r"/upload/multipart", uploads.mine),
    ("info", "GET", rf"/upload/multipart/{_ID}", uploads.info),
    ("abort", "DELETE", rf"/upload/multipart/{_ID}", uploads.abort),
    ("report-many", "POST", rf"/upload/multipart/{_ID}", uploads.report_many),
    ("report", "POST", rf"/upload/multipart/{_ID}/part", uploads.report_one),
    ("complete", "POST", rf"/upload/multipart/{_ID}/complete", uploads.complete),
)
_PART = re.compile(rf"/v2/upload/multipart/{_ID}/part/(\d+)")
_DOWNLOAD = re.compile(rf"/v2/files/{_ID}/download_info")
_DRS = re.compile(r"/v2/bulk/drs/imports/([^/]+)")
_STORED_PART = re.compile(r"/parts/([^/]+)/(\d+)")
_OBJECT = re.compile(r"/objects/([^/]+)")


class SevenBridgesServer:
    """Use as a context. ``state`` of an earlier one makes it the same platform, started again."""

    def __init__(
        self,
        manners: Manners | None = None,
        clock: Callable[[], float] = time.time,
        state: State | None = None,
    ) -> None:
        self.state = state or furnished(clock, manners or Manners())
        self.manners = self.state.manners
        self.clock = clock
        self.script = Script()
        self.leaks: list[str] = []
        """Headers with secrets that reached the storage."""
        self.drs = jobs.DrsImports(self.state)
        self.url = ""
        """What calls begin with, up to ``/v2``."""
        self.storage_url = ""
        self._storage_shown = ""
        self._doors = ExitStack()

    def __enter__(self) -> SevenBridgesServer:
        self.storage_url = self._doors.enter_context(
            listening(self._storage_route, self.script, self._now)
        )
        self._storage_shown = self.storage_url
        host = self._doors.enter_context(listening(self._route, self.script, self._now))
        self.url = f"{host}/v2"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._doors.close()

    def _now(self) -> float:
        return self.clock()

    def renew(self, manners: Manners) -> None:
        """Behind the same doors a platform that holds nothing yet."""
        self.state = furnished(self.clock, manners)
        self.manners = manners
        self.drs = jobs.DrsImports(self.state)
        self.script.clear()

    def send_to(self, url: str) -> None:
        """Signed addresses begin with this from now on: a door before the storage."""
        self._storage_shown = url

    def fail(self, operation: str, code: int, status: int, *, times: int = 1) -> None:
        """The next such call is refused with this numbered error."""
        from tests.fakes.sevenbridges_wire import Say

        body = Trouble(status, code).body
        self.script.fail(operation, Say(Reply(status, body)), times=times)

    # Calls

    def _route(self, method: str, path: str) -> Route:
        part = _PART.fullmatch(path)
        if part and method == "GET":
            number = int(part[2])
            signed = partial(self._part_url, upload=part[1], number=number)
            return Route("part-url", partial(self._as_user, signed), number)
        download = _DOWNLOAD.fullmatch(path)
        if download and method == "GET":
            return Route("download-info", partial(self._as_user, partial(self._info, download[1])))
        drs = _DRS.fullmatch(path)
        if drs and method == "POST" and drs[1] == "create":
            return Route("drs-create", partial(self._as_user, self.drs.create))
        if drs and method == "GET":
            return Route("drs-job", partial(self._as_user, partial(self._drs_job, drs[1])))
        if path == "/v2/rate_limit" and method == "GET":
            return Route("rate-limit", self._rate_limit)
        for operation, methods, pattern, serve in _CALLS:
            found = re.fullmatch(f"/v2{pattern}", path)
            if found and re.fullmatch(methods, method):
                return Route(operation, partial(self._as_user, partial(self._call, serve, found)))
        return Route("unknown", _unrouted)

    def _call(self, serve: Serve, found: re.Match[str], user: User, request: Request) -> Reply:
        return serve(self.state, user, request, *found.groups())

    def _part_url(self, user: User, request: Request, *, upload: str, number: int) -> Reply:
        storage = self._storage_shown
        return uploads.part_url(self.state, user, request, upload, number, storage)

    def _info(self, node: str, user: User, request: Request) -> Reply:
        return files.download_info(self.state, user, request, node, self._storage_shown)

    def _drs_job(self, job: str, user: User, request: Request) -> Reply:
        return self.drs.details(user, request, job)

    def _as_user(self, serve: Callable[[User, Request], Reply], request: Request) -> Reply:
        with self.state.lock:
            try:
                user = self._user(request)
                headers = self._counted(user)
                reply = serve(user, request)
            except _Limited as limited:
                return limited.reply
            except json.JSONDecodeError:
                reply, headers = Reply(400, Trouble(400, 90000, "No JSON").body), {}
            except Trouble as trouble:
                reply = Reply(trouble.status, trouble.body)
                headers = self._limits(self._known(request))
            return Reply(reply.status, reply.data, reply.raw, {**headers, **reply.headers})

    def _known(self, request: Request) -> User | None:
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        token = request.headers.get("x-sbg-auth-token") or (bearer if scheme == "Bearer" else "")
        return self.state.users.get(token)

    def _user(self, request: Request) -> User:
        user = self._known(request)
        if user is None:
            raise Trouble(401, 90001, "Unauthorized")
        return user

    def _counted(self, user: User) -> Mapping[str, str]:
        """Every call counts, in spans that begin with the first."""
        now = self.clock()
        if now >= user.window + self.manners.seconds:
            user.window, user.calls = now, 0
        if user.calls >= self.manners.calls:
            body = Trouble(429, 1000, "API rate limit exceeded").body
            headers = dict(self._limits(user))
            if self.manners.retry_after:
                headers["Retry-After"] = str(int(user.window + self.manners.seconds - now) + 1)
            raise _Limited(Reply(429, body, headers=headers))
        user.calls += 1
        return self._limits(user)

    def _limits(self, user: User | None) -> Mapping[str, str]:
        if user is None:
            return {}
        return {
            "X-RateLimit-Limit": str(self.manners.calls),
            "X-RateLimit-Remaining": str(max(0, self.manners.calls - user.calls)),
            "X-RateLimit-Reset": str(int(user.window + self.manners.seconds)),
        }

    def _rate_limit(self, request: Request) -> Reply:
        with self.state.lock:
            user = self._known(request)
            if user is None:
                return Reply(401, Trouble(401, 90001, "Unauthorized").body)
            told = self._limits(user)
            names = ("Limit", "Remaining", "Reset")
            rate = {name.lower(): int(told[f"X-RateLimit-{name}"]) for name in names}
            return Reply(data={"rate": rate, "instance_limit": {"limit": -1, "remaining": -1}})

    # Storage

    def _storage_route(self, method: str, path: str) -> Route:
        part = _STORED_PART.fullmatch(path)
        if part and method == "PUT":
            number = int(part[2])
            serve = partial(self._put, upload=part[1], number=number)
            return Route("put", partial(self._stored, serve), number)
        found = _OBJECT.fullmatch(path)
        if found and method == "GET":
            return Route("get", partial(self._stored, partial(self._get, found[1])))
        return Route("unknown", lambda request: uploads.xml(404, "NoSuchKey"))

    def _put(self, request: Request, *, upload: str, number: int) -> Reply:
        return uploads.put_part(self.state, request, upload, number)

    def _get(self, node: str, request: Request) -> Reply:
        return uploads.get_object(self.state, request, node)

    def _stored(self, serve: Callable[[Request], Reply], request: Request) -> Reply:
        with self.state.lock:
            self.leaks += [name for name in _SECRET_HEADERS if name in request.headers]
            return serve(request)


def furnished(clock: Callable[[], float], manners: Manners) -> State:
    """A platform with one person and one project."""
    state = State(clock, manners)
    state.add_user("rfranklin", TOKEN)
    state.add_project(PROJECT, {"rfranklin": True})
    return state


class _Limited(Exception):
    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def _unrouted(request: Request) -> Reply:
    body: dict[str, Any] = {"status": "NOT_FOUND", "message": f"No route {request.path}"}
    return Reply(404, body)
