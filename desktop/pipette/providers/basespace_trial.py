"""Trying an account out before it is kept. Nothing is made, since nothing could be removed again."""

from __future__ import annotations

import email.utils
from collections.abc import Callable, Sequence

from pipette.model import errors
from pipette.providers.basespace_api import Api, Clock
from pipette.providers.basespace_places import Places
from pipette.providers.protocol import AccountTest
from pipette.providers.web import Answer

_LARGEST_CLOCK_ERROR = 300.0


def try_out(api: Api, places: Places, project: str, clock: Clock) -> Sequence[AccountTest]:
    """The five lines of the connection test."""
    try:
        _, answer = api.user()
    except errors.SignInNeeded as error:
        key = _failed("key", error)
        return [AccountTest("reach", True), key, *_unknown("projects", "upload", "clock")]
    except errors.TransferError as error:
        return [_failed("reach", error), *_unknown("key", "projects", "upload", "clock")]
    return [
        AccountTest("reach", True),
        AccountTest("key", True),
        _tried("projects", lambda: _see_projects(places, project)),
        _tried("upload", lambda: _may_upload(api)),
        _compare_clocks(answer, clock),
    ]


def _tried(name: str, look: Callable[[], AccountTest]) -> AccountTest:
    try:
        return look()
    except errors.TransferError as error:
        return _failed(name, error)


def _see_projects(places: Places, project: str) -> AccountTest:
    found = places.projects()
    if project:
        places.expected_project(project)
    return AccountTest("projects", True, str(len(found)))


def _may_upload(api: Api) -> AccountTest:
    """By the token's scopes, where BaseSpace tells them."""
    try:
        scopes = [scope.lower() for scope in api.scopes()]
    except (errors.Refused, errors.Temporary) as error:
        return AccountTest("upload", None, error.detail)
    if not scopes:
        return AccountTest("upload", None)
    if any(scope.startswith(("create", "write")) for scope in scopes):
        return AccountTest("upload", True)
    return AccountTest("upload", False, ", ".join(scopes), errors.NotAllowed.__name__)


def _compare_clocks(answer: Answer, clock: Clock) -> AccountTest:
    try:
        there = email.utils.parsedate_to_datetime(answer.headers.get("date", "")).timestamp()
    except ValueError:
        return AccountTest("clock", None)
    apart = round(clock() - there)
    if abs(apart) <= _LARGEST_CLOCK_ERROR:
        return AccountTest("clock", True, str(apart))
    return AccountTest("clock", False, str(apart), errors.ClockWrong.__name__)


def _failed(name: str, error: errors.TransferError) -> AccountTest:
    return AccountTest(name, False, error.detail, error.kind)


def _unknown(*names: str) -> list[AccountTest]:
    return [AccountTest(name, None) for name in names]
