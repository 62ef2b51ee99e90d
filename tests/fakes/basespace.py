"""A made-up BaseSpace on loopback: strict, with state, and with every oddity of the real one.

It holds what clients do to what is known of BaseSpace, and where nothing is known ``Manners`` picks
one of the ways. ``script`` says what goes wrong, and knows what came in.
"""

from __future__ import annotations

import datetime
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.fakes.basespace_faults import Script, Wrong
from tests.fakes.basespace_http import Reply, Request, serving
from tests.fakes.basespace_oauth import DeviceSignIn
from tests.fakes.basespace_routes import route_of
from tests.fakes.basespace_storage import Storage
from tests.fakes.basespace_things import (
    AppResult,
    File,
    Manners,
    Project,
    Refusal,
    Session,
    Token,
)
from tests.fakes.basespace_world import World

TOKEN = "planted-token-0123456789abcdef"
BROWSE_TOKEN = "browse-token-0123456789abcdef"
SCOPES = ("browse global", "read global", "create global", "create projects")

_UNKNOWN_DATE = "0001-01-01T00:00:00.0000000Z"
MOST_ROWS = 1024
Json = dict[str, Any]


@dataclass(slots=True)
class BaseSpaceApi:
    """The API host."""

    world: World
    script: Script
    storage_url: str = ""
    sign_in: DeviceSignIn = field(default_factory=DeviceSignIn)
    before_page: Callable[[str, int], None] = lambda route, offset: None
    """Called before a page of a listing is made; may change what is there."""

    def route(self, request: Request) -> tuple[str, Mapping[str, str]]:
        return route_of(request)

    def answer(
        self, route: str, details: Mapping[str, str], request: Request, wrong: Wrong | None
    ) -> Reply:
        if "access_token" in request.query:
            self.script.breach(f"{route}: token in the address")
        if "cookie" in request.headers:
            self.script.breach(f"{route}: cookie beside the token")
        try:
            return self._answered(route, details, request)
        except Refusal as refusal:
            return _refused(refusal)

    def _answered(self, route: str, details: Mapping[str, str], request: Request) -> Reply:
        if route == "unknown":
            return _json(404, {"ResponseStatus": {"Message": "no route"}, "Notifications": []})
        if route.startswith("oauth."):
            status, told = self.sign_in.answer(route, request, self.world)
            return _json(status, told)
        token = self.world.user_of(_token_in(request))
        handler = getattr(self, "_" + route.replace(".", "_"))
        with self.world.lock:
            made: Reply = handler(details, request, token)
        return made

    # The account

    def _users_current(self, details: Mapping[str, str], request: Request, token: Token) -> Reply:
        name = self.world.users[token.user]
        row = {"Id": token.user, "Name": name, "Email": "ada@lab.example", "Href": "v1pre3/users/1"}
        return _one(row)

    def _users_current_v2(
        self, details: Mapping[str, str], request: Request, token: Token
    ) -> Reply:
        group = self.world.workgroup
        name = "Sequencing core" if group else self.world.users[token.user]
        return _json(200, {"Id": token.user, "Name": name, "IsWorkgroup": group})

    def _token_current(self, details: Mapping[str, str], request: Request, token: Token) -> Reply:
        if not self.world.manners.token_on_scopes:
            raise Refusal(400, "BASESPACE.COMMON.BAD_REQUEST", "access_token is required")
        return _one({"Scopes": list(token.scopes), "DateCreated": _UNKNOWN_DATE})

    # Projects, app results, sessions

    def _projects_list(self, details: Mapping[str, str], request: Request, token: Token) -> Reply:
        rows = [self.project_row(one) for one in self.world.projects.values()]
        return self._page("projects.list", request, rows, ("Id", "Name", "DateCreated"))

    def _projects_get(self, details: Mapping[str, str], request: Request, token: Token) -> Reply:
        return _one(self.project_row(self.world.project(details["project"])))

    def _appresults_list(self, details: Mapping[str, str], request: Request, token: Token) -> Reply:
        project = self.world.project(details["project"])

        def rows() -> list[Json]:
            found = self.world.app_results.values()
            return [self.app_result_row(one) for one in found if one.project == project.id]

        return self._page("appresults.list", request, rows, ("Id", "Name", "DateCreated"))

    def _appresults_create(
        self, details: Mapping[str, str], request: Request, token: Token
    ) -> Reply:
        self.world.expect_scope(token, "create", "write")
        body = json.loads(request.body)
        made = self.world.create_app_result(
            details["project"], str(body.get("Name", "")), str(body.get("Description", ""))
        )
        return _one(self.app_result_row(made, full=True), 201)

    def _appresults_get(self, details: Mapping[str, str], request: Request, token: Token) -> Reply:
        found = self.world.app_result(details["appresult"])
        return _one(self.app_result_row(found, full=True))

    def _sessions_get(self, details: Mapping[str, str], request: Request, token: Token) -> Reply:
        return _one(_session_row(self.world.session(details["session"])))

    def _sessions_post(self, details: Mapping[str, str], request: Request, token: Token) -> Reply:
        self.world.expect_scope(token, "create", "write")
        body = json.loads(request.body)
        summary = str(body.get("statussummary", ""))
        found = self.world.set_session(details["session"], str(body.get("status")), summary)
        return _one(_session_row(found))

    # Files

    def _files_list(self, details: Mapping[str, str], request: Request, token: Token) -> Reply:
        self.world.app_result(details["appresult"])
        directory = request.query.get("directory")

        def rows() -> list[Json]:
            return [
                self.file_row(file)
                for file in self.world.files.values()
                if file.app_result == details["appresult"]
                and self._is_listed(file)
                and directory in (None, file.directory)
            ]

        return self._page("files.list", request, rows, ("Id", "Path", "DateCreated"))

    def _files_initiate(self, details: Mapping[str, str], request: Request, token: Token) -> Reply:
        self.world.expect_scope(token, "create", "write")
        file = self.world.begin(
            details["appresult"],
            request.query.get("name", ""),
            request.query.get("directory", ""),
            request.headers.get("content-type", ""),
        )
        return _one(self.file_row(file, full=True))

    def _files_simple(self, details: Mapping[str, str], request: Request, token: Token) -> Reply:
        self.world.expect_scope(token, "create", "write")
        file = self.world.put_whole(
            details["appresult"],
            request.query.get("name", ""),
            request.query.get("directory", ""),
            request.headers.get("content-type", ""),
            request.body,
            request.headers.get("content-md5"),
        )
        return _one(self.file_row(file, full=True), 201)

    def _files_get(self, details: Mapping[str, str], request: Request, token: Token) -> Reply:
        return _one(self.file_row(self.world.file(details["file"]), full=True))

    def _files_complete(self, details: Mapping[str, str], request: Request, token: Token) -> Reply:
        self.world.expect_scope(token, "create", "write")
        return _one(self.file_row(self.world.complete(details["file"]), full=True), 201)

    def _files_aborted(self, details: Mapping[str, str], request: Request, token: Token) -> Reply:
        self.world.expect_scope(token, "create", "write")
        return _one(self.file_row(self.world.abort(details["file"]), full=True))

    def _parts_put(self, details: Mapping[str, str], request: Request, token: Token) -> Reply:
        self.world.expect_scope(token, "create", "write")
        piece = self.world.put_part(
            details["file"], details["part"], request.body, request.headers.get("content-md5")
        )
        return _one({"Number": int(details["part"]), "ETag": piece.md5, "Size": piece.size})

    def _parts_list(self, details: Mapping[str, str], request: Request, token: Token) -> Reply:
        way = self.world.manners.parts_list
        if way == "missing":
            return _json(404, {"ResponseStatus": {"Message": "no route"}, "Notifications": []})
        if way == "garbage":
            return Reply(200, b"]]] parts {{{")
        parts = self.world.file(details["file"]).parts
        if way == "foreign":
            rows: list[Json] = [{"PartNo": number} for number in sorted(parts)]
        else:
            rows = [
                {"Number": number, "ETag": parts[number].md5, "Size": parts[number].size}
                for number in sorted(parts)
            ]
        return self._page("parts.list", request, rows, ("Number",))

    def _content_meta(self, details: Mapping[str, str], request: Request, token: Token) -> Reply:
        self.world.expect_scope(token, "read", "write")
        signature, address = self.world.address(details["file"])
        query = f"AWSAccessKeyId=AKIDFAKE&Expires={int(address.expires)}&Signature={signature}"
        url = f"{self.storage_url}/basespace-data/{address.file}?{query}"
        if request.query.get("redirect") != "meta":
            return Reply(302, headers={"Location": url})
        ranges = self.world.manners.takes_ranges
        expires = _date(address.expires)
        return _one({"HrefContent": url, "Expires": expires, "SupportsRange": ranges})

    # Rows

    def _is_listed(self, file: File) -> bool:
        if file.trashed or file.status == "aborted":
            return False
        return file.status == "complete" or self.world.manners.pending_listed

    def project_row(self, project: Project) -> Json:
        return {
            "Id": project.id,
            "Name": project.name,
            "Href": f"v1pre3/projects/{project.id}",
            "UserOwnedBy": {"Id": project.owner, "Name": self.world.users[project.owner]},
            "DateCreated": _date(project.created),
            "TotalSize": 0,
            "SomethingNew": {"Nested": [1, 2]},
        }

    def app_result_row(self, app_result: AppResult, *, full: bool = False) -> Json:
        session = self.world.sessions[app_result.session]
        row = {
            "Id": app_result.id,
            "Name": app_result.name,
            "Href": f"v1pre3/appresults/{app_result.id}",
            "Status": session.status,
            "StatusSummary": session.summary,
            "DateCreated": _date(app_result.created),
            "AppSession": _session_row(session),
        }
        return row | {"Description": app_result.description, "References": []} if full else row

    def file_row(self, file: File, *, full: bool = False) -> Json:
        row: Json = {
            "Id": file.id,
            "Href": f"v1pre3/files/{file.id}",
            "HrefContent": f"v1pre3/files/{file.id}/content",
            "Name": file.path.rpartition("/")[2],
            "ContentType": file.kind,
            "Size": file.size if file.status == "complete" else 0,
            "Path": file.path,
            "IsArchived": file.archived,
            "DateCreated": _date(file.created),
            "DateModified": _UNKNOWN_DATE,
            "IdAsLong": int(file.id),
        }
        if file.etag:
            row["ETag"] = file.etag
        return row | {"UploadStatus": file.status, "Properties": {}} if full else row

    def _page(
        self,
        route: str,
        request: Request,
        rows: Sequence[Json] | Callable[[], list[Json]],
        sortable: tuple[str, ...],
    ) -> Reply:
        offset, limit = int(request.query.get("offset", 0)), int(request.query.get("limit", 10))
        if limit > MOST_ROWS and self.world.manners.over_limit == "refuse":
            raise Refusal(400, "BASESPACE.COMMON.BAD_REQUEST", "Limit is too large")
        self.before_page(route, offset)
        found = rows() if callable(rows) else rows
        asked = request.query.get("sortby", "")
        by = asked if asked in sortable else sortable[0]
        ordered = sorted(found, key=lambda row: _key(row.get(by, "")))
        shown = ordered[offset : offset + min(limit, MOST_ROWS)]
        page = {
            "Items": shown,
            "DisplayedCount": len(shown),
            "TotalCount": len(ordered),
            "Offset": offset,
            "Limit": min(limit, MOST_ROWS),
            "SortDir": "Asc",
            "SortBy": by,
        }
        return _one(page)


@dataclass(frozen=True, slots=True)
class BaseSpaceServer:
    """Both hosts, running."""

    url: str
    storage_url: str
    world: World
    script: Script
    api: BaseSpaceApi

    def send_to(self, url: str) -> None:
        """Signed addresses begin with this from now on."""
        self.api.storage_url = url


@contextmanager
def basespace(
    folder: Path,
    manners: Manners | None = None,
    clock: Callable[[], float] = time.time,
) -> Iterator[BaseSpaceServer]:
    """One user with a good token, and one whose token may only browse. No project yet."""
    world = World(folder, manners or Manners(), clock)
    world.grant(TOKEN, *SCOPES)
    world.grant(BROWSE_TOKEN, "browse global")
    script = Script()
    api = BaseSpaceApi(world, script)
    with ExitStack() as stack:
        api.storage_url = stack.enter_context(serving(Storage(world, script)))
        url = stack.enter_context(serving(api))
        yield BaseSpaceServer(url, api.storage_url, world, script, api)


def _token_in(request: Request) -> str | None:
    bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
    return request.headers.get("x-access-token") or bearer or request.query.get("access_token")


def _session_row(session: Session) -> Json:
    return {
        "Id": session.id,
        "Name": session.name,
        "Href": f"v1pre3/appsessions/{session.id}",
        "UserCreatedBy": {"Id": "1001", "Name": "Ada Lab", "Href": "v1pre3/users/1001"},
        "DateCreated": _UNKNOWN_DATE,
        "Status": session.status,
        "StatusSummary": session.summary,
    }


def _one(row: Json, status: int = 200) -> Reply:
    return _json(status, {"Response": row, "ResponseStatus": {}, "Notifications": []})


def _json(status: int, told: object) -> Reply:
    # Without blanks, as the official library needs it.
    return Reply(status, json.dumps(told, separators=(",", ":")).encode())


def _refused(refusal: Refusal) -> Reply:
    told = {
        "ResponseStatus": {"ErrorCode": refusal.code, "Message": refusal.message},
        "Notifications": [{"Type": "error", "Item": refusal.message}],
    }
    return _json(refusal.status, told)


def _date(seconds: float) -> str:
    moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "7Z"


def _key(value: object) -> tuple[int, str]:
    text = str(value)
    return (len(text) if text.isdigit() else 0, text)
