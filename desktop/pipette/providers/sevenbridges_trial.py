"""Trying an account at Seven Bridges out before it is kept."""

from __future__ import annotations

from collections.abc import Sequence

from pipette.model import errors
from pipette.model.account import Account
from pipette.providers.protocol import AccountTest, Who
from pipette.providers.sevenbridges_api import Api, project_path, segment
from pipette.providers.sevenbridges_errors import time_there
from pipette.providers.web import Answer, Clock

_REACH = (errors.NetworkDown, errors.Stalled, errors.Untrusted, errors.ProxyRefused)
_LARGEST_CLOCK_ERROR = 300.0


def who_is(api: Api) -> Who:
    user = api.get("/user")
    names = [str(user.get(part) or "") for part in ("first_name", "last_name")]
    label = " ".join(name for name in names if name)
    return Who(str(user["username"]), label or str(user["username"]))


def try_out(api: Api, account: Account, clock: Clock) -> Sequence[AccountTest]:
    """The five lines of the connection test. Leaves nothing at the platform."""
    try:
        answer = api.ask("GET", "/user")
    except _REACH as error:
        return [_failed("reach", error), *_unknown("key", "projects", "upload", "clock")]
    except errors.SignInNeeded as error:
        return [
            AccountTest("reach", True),
            _failed("key", error),
            *_unknown("projects", "upload", "clock"),
        ]
    except errors.TransferError as error:
        return [
            AccountTest("reach", True),
            AccountTest("key", None, error.detail, error.kind),
            *_unknown("projects", "upload", "clock"),
        ]
    return [
        AccountTest("reach", True),
        AccountTest("key", True),
        _see_projects(api),
        _may_write(api, account, str(answer.data["username"])),
        _compare_clocks(answer, clock),
    ]


def _see_projects(api: Api) -> AccountTest:
    try:
        answer = api.ask("GET", "/projects", {"limit": 1})
    except errors.TransferError as error:
        return _failed("projects", error)
    seen = answer.headers.get("x-total-matching-query", str(len(answer.data["items"])))
    return AccountTest("projects", True, seen)


def _may_write(api: Api, account: Account, username: str) -> AccountTest:
    """The right to write as the project's list of members has it."""
    if not account.container:
        return AccountTest("upload", None)
    try:
        member = api.get(f"{project_path(account.container)}/members/{segment(username)}")
    except errors.TransferError as error:
        return _failed("upload", error)
    if (member.get("permissions") or {}).get("write"):
        return AccountTest("upload", True)
    return _failed("upload", errors.NotAllowed("this account may not write to the project"))


def _compare_clocks(answer: Answer, clock: Clock) -> AccountTest:
    there = time_there(answer)
    if there is None:
        return AccountTest("clock", None)
    apart = round(clock() - there)
    if abs(apart) <= _LARGEST_CLOCK_ERROR:
        return AccountTest("clock", True, str(apart))
    return AccountTest("clock", False, str(apart), errors.ClockWrong.__name__)


def _failed(name: str, error: errors.TransferError) -> AccountTest:
    return AccountTest(name, False, error.detail, error.kind)


def _unknown(*names: str) -> list[AccountTest]:
    return [AccountTest(name, None) for name in names]
