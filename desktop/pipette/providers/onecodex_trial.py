"""Trying a One Codex account out before it is kept: reach, key, projects, upload right, clock."""

from __future__ import annotations

import email.utils
from collections.abc import Callable, Mapping, Sequence

from pipette.model import errors
from pipette.model.account import Account
from pipette.providers.onecodex_api import Calls
from pipette.providers.protocol import AccountTest
from pipette.providers.web import Answer

_REACH = (errors.NetworkDown, errors.Stalled, errors.Untrusted, errors.ProxyRefused)
_LARGEST_CLOCK_ERROR = 300.0


def try_out(calls: Calls, account: Account, clock: Callable[[], float]) -> Sequence[AccountTest]:
    """Makes nothing: an upload cannot be tried without leaving a sample, so the right is looked up."""
    try:
        answer = calls.account()
    except _REACH as error:
        return [_failed("reach", error), *_unknown("key", "projects", "upload", "clock")]
    except errors.TransferError as error:
        reach = AccountTest("reach", True)
        return [reach, _failed("key", error), *_unknown("projects", "upload", "clock")]
    return [
        AccountTest("reach", True),
        AccountTest("key", True, _owner(answer)),
        _projects(calls),
        _upload(calls, account.container),
        _clocks(answer.headers, clock),
    ]


def _owner(answer: Answer) -> str:
    return str(answer.data.get("email") or "") if isinstance(answer.data, dict) else ""


def _projects(calls: Calls) -> AccountTest:
    try:
        found, more = calls.projects({})
    except errors.TransferError as error:
        return _failed("projects", error)
    return AccountTest("projects", True, f"{len(found)}{'+' if more else ''}")


def _upload(calls: Calls, container: str) -> AccountTest:
    if not container:
        return AccountTest("upload", None)
    try:
        project = calls.project(container)
    except errors.TransferError as error:
        return _failed("upload", error)
    if project is None:
        return _failed("upload", errors.ContainerGone(container))
    if not project.takes_files:
        return _failed("upload", errors.NotAllowed("no right to add files"))
    return AccountTest("upload", True if project.permissions is not None else None)


def _clocks(headers: Mapping[str, str], clock: Callable[[], float]) -> AccountTest:
    try:
        there = email.utils.parsedate_to_datetime(headers.get("date", "")).timestamp()
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
