"""What ICA answers when it says no, turned into our errors.

Answers follow RFC 7807 with ICA's own code as the title; older servers and proxies on the way say it
in other forms, so everything here reads tolerantly.
"""

from __future__ import annotations

import re
from typing import Any

from pipette.model import errors
from pipette.providers.web import Answer, judge_by_status, retry_after, without_secrets

LONGEST_ASKED_WAIT = 120.0
_CODE = re.compile(r"ICA_[A-Z]+_\d+")
_TOO_LONG = "path is too long"


def judge(answer: Answer) -> errors.TransferError | None:
    """None for an answer that is good."""
    if 200 <= answer.status < 300:
        return None
    code, message = said(answer)
    detail = without_secrets(f"{answer.status} {code} {message}".strip())
    kind = _KINDS.get(answer.status)
    if _TOO_LONG in message:
        return errors.NameRefused(detail)
    if answer.status in (429, 503):
        return errors.SlowDown(detail, wait_seconds=asked_wait(answer))
    return kind(detail) if kind else judge_by_status(answer, f"{code} {message}".strip())


def said(answer: Answer) -> tuple[str, str]:
    """ICA's code and the words for people, "" where there is none."""
    data: dict[str, Any] = answer.data if isinstance(answer.data, dict) else {}
    title = str(data.get("title") or "")
    code = str(data.get("code") or (title if _CODE.match(title) else ""))
    message = str(data.get("detail") or data.get("message") or (title if not code else ""))
    return code, message or ("" if data else answer.text.strip())


def asked_wait(answer: Answer) -> float | None:
    """Some servers ask for a day; more than two minutes is not believed."""
    wait = retry_after(answer.headers)
    return None if wait is None else min(wait, LONGEST_ASKED_WAIT)


_KINDS: dict[int, type[errors.TransferError]] = {
    405: errors.Unavailable,
    409: errors.NameTaken,
    413: errors.TooLarge,
    501: errors.Unavailable,
}
