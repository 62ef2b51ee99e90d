"""What BaseSpace answers when it says no, turned into our errors. One table for all of its routes.

BaseSpace has five forms of saying no, and may do so with status 200. So the body decides first, and
the status only where the body says nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pipette.model import errors
from pipette.model.parts import Reply
from pipette.providers.web import Answer, judge_by_status, retry_after, without_secrets

_BY_CODE: Mapping[str, type[errors.TransferError]] = {
    "AUTHENTICATION_FAILURE": errors.SignInNeeded,
    "INSUFFICIENT_RESOURCE_PERMISSIONS": errors.NotAllowed,
    "RESOURCE_REMOVED": errors.RemoteMissing,
}
_FROM_A_GATEWAY = (400, 403)
"""Statuses that mean nothing about us when no BaseSpace wrote them."""


def judge(answer: Answer, now: float) -> errors.TransferError | None:
    """None when this is a good answer with JSON in it."""
    code, message = said_in(answer.data)
    good = 200 <= answer.status < 300
    if good and isinstance(answer.data, dict) and not (code or message):
        return None
    known = _BY_CODE.get(code.rpartition(".")[2])
    detail = detail_of(answer, code, message)
    if known is not None or good:
        return (known or errors.Temporary)(detail)
    if answer.status in _FROM_A_GATEWAY and not isinstance(answer.data, dict):
        return errors.Temporary(detail)
    if answer.status in (429, 503):
        return errors.SlowDown(detail, wait_seconds=retry_after(answer.headers, now))
    by_status = judge_by_status(answer, said=f"{code} {message}")
    return None if by_status is None else type(by_status)(detail)


def answer_of(reply: Reply) -> Answer:
    """A reply of the data path, read as the answers of the control calls are."""
    try:
        data: Any = json.loads(reply.body) if reply.body else None
    except ValueError:
        data = None
    return Answer(reply.status, reply.headers, data)


def said_in(data: Any) -> tuple[str, str]:
    """Code and message of a refusal in any of its forms; empty strings where there is none."""
    if not isinstance(data, dict):
        return "", ""
    status = data.get("ResponseStatus")
    if isinstance(status, dict):
        inner = _first(status.get("Errors"))
        code = status.get("ErrorCode") or inner.get("ErrorCode")
        message = status.get("Message") or inner.get("Message")
        if code or message:
            return str(code or ""), str(message or "")
    code = data.get("ErrorCode") or data.get("error")
    message = data.get("ErrorMessage") or data.get("MessageFormatted")
    return str(code or ""), str(message or data.get("error_description") or "")


def detail_of(answer: Answer, code: str, message: str) -> str:
    """For the log: what support asks for, and no secret."""
    request = answer.headers.get("x-request-id", "")
    asked = f"(request {request})" if request else ""
    said = f"{code} {message}".strip() or "an answer that is not BaseSpace's"
    return without_secrets(f"{answer.status} {said} {asked}".strip())


def _first(rows: Any) -> Mapping[str, Any]:
    return rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], dict) else {}
