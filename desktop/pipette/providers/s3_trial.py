"""Trying an account out before it is kept: reach, key, projects, upload right, clock."""

from __future__ import annotations

import email.utils
import logging
import uuid
from collections.abc import Sequence
from typing import Any

from pipette.model import errors
from pipette.model.account import Account
from pipette.model.files import Location
from pipette.providers.protocol import AccountTest
from pipette.providers.s3_client import Control
from pipette.providers.s3_errors import control_errors
from pipette.providers.sigv4 import Clock

log = logging.getLogger(__name__)

_REACH = (errors.NetworkDown, errors.Stalled, errors.Untrusted, errors.ProxyRefused)
_LARGEST_CLOCK_ERROR = 300.0


def try_out(control: Control, account: Account, clock: Clock) -> Sequence[AccountTest]:
    """The five lines of the connection test. Leaves nothing at the service."""
    answer, error = _ask_for_buckets(control, account)
    if isinstance(error, _REACH):
        return [_failed("reach", error), *_unknown("key", "projects", "upload", "clock")]
    reach = AccountTest("reach", True)
    if isinstance(error, errors.ClockWrong):
        return [reach, *_unknown("key", "projects", "upload"), _failed("clock", error)]
    if isinstance(error, errors.SignInNeeded):
        return [reach, _failed("key", error), *_unknown("projects", "upload", "clock")]
    return [
        reach,
        AccountTest("key", True),
        _failed("projects", error) if error else AccountTest("projects", True, _seen(answer)),
        _try_upload(control, account),
        _compare_clocks(answer, clock),
    ]


def _ask_for_buckets(
    control: Control, account: Account
) -> tuple[dict[str, Any], errors.TransferError | None]:
    try:
        with control_errors():
            return dict(control.client().list_buckets()), None
    except errors.NotAllowed as error:
        if not account.container:
            return {}, error
    except errors.TransferError as error:
        return {}, error
    return _ask_for_content(control, account)


def _ask_for_content(
    control: Control, account: Account
) -> tuple[dict[str, Any], errors.TransferError | None]:
    try:
        with control_errors():
            answer = control.client_for(account.container).list_objects_v2(
                Bucket=account.container, Prefix=account.path, MaxKeys=1
            )
    except errors.TransferError as error:
        return {}, error
    return dict(answer), None


def _seen(answer: dict[str, Any]) -> str:
    return str(len(answer["Buckets"])) if "Buckets" in answer else "1"


def _try_upload(control: Control, account: Account) -> AccountTest:
    """Opening an upload needs the same right as sending a file; it is removed at once."""
    bucket = account.container
    if not bucket:
        return AccountTest("upload", None)
    key = Location("", bucket, account.path).child(f".pipette-test-{uuid.uuid4().hex}").path
    try:
        with control_errors():
            client = control.client_for(bucket)
            opened = client.create_multipart_upload(Bucket=bucket, Key=key)
    except errors.TransferError as error:
        return _failed("upload", error)
    try:
        with control_errors():
            client.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=opened["UploadId"])
    except errors.TransferError as error:
        log.warning("The trial upload could not be removed: %s", error.detail)
    return AccountTest("upload", True)


def _compare_clocks(answer: dict[str, Any], clock: Clock) -> AccountTest:
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    there = _seconds(headers.get("date", ""))
    if there is None:
        return AccountTest("clock", None)
    apart = round(clock() - there)
    if abs(apart) <= _LARGEST_CLOCK_ERROR:
        return AccountTest("clock", True, str(apart))
    return AccountTest("clock", False, str(apart), errors.ClockWrong.__name__)


def _seconds(date: str) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None


def _failed(name: str, error: errors.TransferError) -> AccountTest:
    return AccountTest(name, False, error.detail, error.kind)


def _unknown(*names: str) -> list[AccountTest]:
    return [AccountTest(name, None) for name in names]
