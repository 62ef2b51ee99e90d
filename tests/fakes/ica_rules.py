"""How the fake of ICA behaves, and how it says no."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.fakes.ica_wire import Answer

HOUR = 3600.0
NEVER = float("inf")
CONFLICT = "Conflict while updating file/folder. Please try again later."
TOO_LONG = "Unable to generate credentials from the objectstore as the requested path is too long."


@dataclass(slots=True)
class Rules:
    """Switches of one server; may be changed while it runs. Times are seconds of its clock."""

    token_seconds: float = HOUR
    opaque_tokens: bool = False
    hidden_status: int = 404
    """How a project that one may not see answers."""
    notice_seconds: float = 0.0
    """From an object lying in the storage to its record being AVAILABLE; NEVER for never."""
    notices_replacements: bool = True
    url_seconds: int = 3600
    key_seconds: float = 36 * HOUR
    tells_expiry: bool = True
    rclone_keys_only: bool = False
    encryption: str | None = None
    """What keys are said to need: None, AES256 or AWS:KMS."""
    longest_credential_path: int = 900
    old: bool = False
    """A server from before createFile and the batches."""
    error_form: str = "problem"
    """Or ``code``, ``html``, ``empty``."""
    last_page: str = "null"
    """Or ``empty``, ``missing``: how the last page says that it is the last."""
    largest_page: int = 1000
    most_urls: int = 100
    most_unlinked: int | None = None
    archive_seconds: float = 60.0
    unarchive_seconds: float = 48 * HOUR
    delete_seconds: float = 0.0
    rejects_read_only_fields: bool = True
    session_mismatch: str = "refuse"
    """Or ``close``: what a wrong number of files does to an upload session."""
    session_seconds: float = 36 * HOUR
    schedule_status: int = 200
    calls_per_second: int | None = None
    retry_after: str = ""
    """Sent with a 429 by rate."""
    later_version: bool = False
    """Adds fields and words that no client knows yet."""


class Problem(Exception):
    """A refusal."""

    def __init__(self, status: int, code: str = "", detail: str = "", **headers: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code or f"ICA_API_{status}"
        self.detail = detail or "refused"
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def answer_of(problem: Problem, form: str, now: float) -> Answer:
    """The refusal in one of the forms that servers and the proxies before them use."""
    if form == "empty":
        return Answer(problem.status, None, problem.headers)
    if form == "html":
        page = f"<html><body><h1>{problem.status}</h1></body></html>"
        return Answer(problem.status, page, problem.headers, "text/html")
    if form == "code":
        body: Any = {"code": problem.code, "message": problem.detail}
        return Answer(problem.status, body, problem.headers, "application/json")
    body = {
        "id": "not-a-uuid",
        "type": "about:blank",
        "title": problem.code,
        "status": problem.status,
        "detail": problem.detail,
        "parameters": {},
        "timestamp": stamp(now),
        "method": "whatever",
    }
    return Answer(problem.status, body, problem.headers, "application/problem+json")


def stamp(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(slots=True)
class Ages:
    """When each call came, to refuse more than so many a second."""

    clock: Callable[[], float]
    _calls: list[float] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def expect_room(self, rules: Rules) -> None:
        now = self.clock()
        with self._lock:
            self._calls = [moment for moment in self._calls if moment > now - 1.0]
            if rules.calls_per_second is not None and len(self._calls) >= rules.calls_per_second:
                headers = {"Retry_After": rules.retry_after} if rules.retry_after else {}
                detail = "Too many requests. Please try again later!"
                raise Problem(429, "ICA_API_429", detail, **headers)
            self._calls.append(now)
