"""The calls of BaseSpace's API that Pipette makes, each as one method. No decisions here."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pipette.model import errors
from pipette.model.account import Network, Secret
from pipette.providers.basespace_errors import judge
from pipette.providers.basespace_names import query_of
from pipette.providers.basespace_rows import (
    AppResult,
    Content,
    File,
    Json,
    ListedPart,
    Project,
    Rows,
    app_result_of,
    content_of,
    file_of,
    listed_part_of,
    project_of,
    response_of,
    rows_of,
)
from pipette.providers.protocol import Who
from pipette.providers.web import Answer, Params, Web

Clock = Callable[[], float]

PAGE = 1000
MOST_PAGES = 100_000
CALLS_AT_ONCE = 4
"""No limit is published; so many questions at a time are surely bearable."""
MARK = "Sent by Pipette"
"""Description of the app results we make: only their sessions are ours to complete."""
TOKEN_HEADER = "x-access-token"  # noqa: S105 - the name of the header, not what stands in it
_CONFLICT = 409


class Api:
    """One account in one region. Any thread; at most a few calls at once."""

    def __init__(
        self, base: str, token: Secret, network: Network, clock: Clock = time.time
    ) -> None:
        """Raises SignInNeeded for what cannot be a token."""
        self._token = _checked(token)
        self._clock = clock
        self._lane = threading.BoundedSemaphore(CALLS_AT_ONCE)
        self._web = Web(base, network, self.token_header, self._judge)

    @property
    def base(self) -> str:
        return self._web.base

    def token_header(self) -> dict[str, str]:
        """For this API's own host and for nobody else."""
        return {TOKEN_HEADER: self._token.reveal()}

    # The account

    def user(self) -> tuple[Who, Answer]:
        """Whose token it is, and the answer as it came (its date tells the clock there)."""
        answer = self._call("GET", "/v1pre3/users/current")
        row = response_of(answer.data)
        names = [str(row[name]) for name in ("Name", "Email") if row.get(name)]
        found = str(row.get("Id", ""))
        return Who(found, " · ".join(dict.fromkeys(names)) or found), answer

    def workgroup(self) -> str:
        """Name of the workgroup that the token acts in; "" for somebody's own."""
        row = self._call("GET", "/v2/users/current").data
        return str(row.get("Name", "")) if row.get("IsWorkgroup") is True else ""

    def scopes(self) -> list[str]:
        """What the token may do, in BaseSpace's words."""
        row = response_of(self._call("GET", "/v1pre3/oauthv2/token/current").data)
        found = row.get("Scopes")
        return [str(scope) for scope in found] if isinstance(found, list) else []

    # Projects and app results

    def projects(self) -> list[Project]:
        return [project_of(row) for row in self._all("/v1pre3/users/current/projects")]

    def app_results(self, project: str) -> list[AppResult]:
        return [app_result_of(row) for row in self._all(f"/v1pre3/projects/{project}/appresults")]

    def app_result(self, app_result: str) -> AppResult:
        """With its description, which lists leave out."""
        return app_result_of(self._get(f"/v1pre3/appresults/{app_result}"))

    def create_app_result(self, project: str, name: str) -> AppResult:
        """Makes an app session with it, which runs until somebody completes it."""
        body = {"Name": name, "Description": MARK}
        answer = self._call("POST", f"/v1pre3/projects/{project}/appresults", body=body)
        return app_result_of(response_of(answer.data))

    def session_status(self, session: str) -> str:
        return str(self._get(f"/v1pre3/appsessions/{session}").get("Status", "")).lower()

    def complete_session(self, session: str, summary: str) -> str:
        """Final: no file can be added any more. Returns the status it has now."""
        body = {"status": "complete", "statussummary": summary}
        answer = self._call("POST", f"/v1pre3/appsessions/{session}", body=body)
        return str(response_of(answer.data).get("Status", "")).lower()

    # Files

    def files(self, app_result: str, offset: int = 0, directory: str = "") -> Rows:
        """One page of what an app result holds."""
        path = f"/v1pre3/appresults/{app_result}/files"
        return self._page(path, offset, {"Directory": directory} if directory else {})

    def all_files(self, app_result: str, directory: str = "") -> list[File]:
        path = f"/v1pre3/appresults/{app_result}/files"
        more = {"Directory": directory} if directory else {}
        return [file_of(row) for row in self._all(path, more)]

    def file(self, file: str) -> File:
        """Raises NotAllowed also for an id that does not exist: BaseSpace does not say which."""
        return file_of(self._get(f"/v1pre3/files/{file}"))

    def initiate(self, app_result: str, directory: str, name: str, kind: str) -> File | None:
        """Begin an upload in parts; None when BaseSpace sees a conflict."""
        query = query_of(name=name, multipart="true", directory=directory)
        path = f"/v1pre3/appresults/{app_result}/files?{query}"
        headers = {"Content-Type": kind}
        return self._unless_conflict("POST", path, headers=headers)

    def complete(self, file: str) -> File | None:
        """None when BaseSpace sees a conflict, such as with an upload that is complete already."""
        return self._unless_conflict("POST", f"/v1pre3/files/{file}?uploadstatus=complete")

    def abort(self, file: str) -> File | None:
        return self._unless_conflict("POST", f"/v1pre3/files/{file}?uploadstatus=aborted")

    def listed_parts(self, file: str) -> list[ListedPart]:
        """Raises TransferError of any kind: nothing is known for certain of this listing."""
        rows = list(self._all(f"/v1pre3/files/{file}/parts", sort=False))
        parts = [listed_part_of(row) for row in rows]
        if None in parts:
            raise errors.Unavailable("parts in a form that is not known")
        return [part for part in parts if part is not None]

    def content(self, file: str) -> Content:
        return content_of(self._get(f"/v1pre3/files/{file}/content", {"redirect": "meta"}))

    # How

    def _get(self, path: str, params: Params | None = None) -> Json:
        return response_of(self._call("GET", path, params=params).data)

    def _unless_conflict(self, method: str, path: str, **more: Any) -> File | None:
        answer = self._call(method, path, judge=self._judge_but_conflict, **more)
        return None if answer.status == _CONFLICT else file_of(response_of(answer.data))

    def _all(
        self, path: str, more: Mapping[str, str] | None = None, *, sort: bool = True
    ) -> Iterator[Json]:
        """Every row of a listing once, however the pages shift meanwhile."""
        seen: set[str] = set()
        received = 0
        for _ in range(MOST_PAGES):
            rows = self._page(path, received, more or {}, sort=sort)
            received += len(rows.items)
            for row in rows.items:
                key = str(row.get("Id", row.get("Number", "")))
                if key not in seen:
                    seen.add(key)
                    yield row
            if received >= rows.total:
                return
        raise errors.Temporary("a listing without an end")

    def _page(self, path: str, offset: int, more: Mapping[str, str], *, sort: bool = True) -> Rows:
        params: dict[str, str | int | bool | list[str]] = {"Offset": offset, "Limit": PAGE}
        if sort:
            params |= {"SortBy": "Id", "SortDir": "Asc"}
        rows = rows_of(self._call("GET", path, params=params | dict(more)).data, "Response")
        if not rows.items and rows.total > offset:
            raise errors.Temporary(f"a page without rows, {offset} of {rows.total}")
        return rows

    def _call(self, method: str, path: str, **more: Any) -> Answer:
        with self._lane:
            return self._web.call(method, path, **more)

    def _judge(self, answer: Answer) -> errors.TransferError | None:
        return judge(answer, self._clock())

    def _judge_but_conflict(self, answer: Answer) -> errors.TransferError | None:
        return None if answer.status == _CONFLICT else self._judge(answer)


def _checked(token: Secret) -> Secret:
    """Nothing that could break out of a header; what is pasted often ends in a line break."""
    text = token.reveal().strip()
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise errors.SignInNeeded("this is no access token")
    return Secret(text)
