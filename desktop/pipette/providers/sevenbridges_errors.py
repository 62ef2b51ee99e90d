"""What the numbered errors of a Seven Bridges platform mean to us. Pure."""

from __future__ import annotations

import email.utils
import time
from collections.abc import Mapping

from pipette.model import errors
from pipette.providers.web import Answer, Clock, judge_by_status, retry_after, without_secrets

MAINTENANCE_SECONDS = 300.0
WINDOW_SECONDS = 300.0

MAINTENANCE = 0
TOO_MANY_CALLS = 1000
TOO_MANY_IMPORTS = 10371
PARTS_NOT_ACCEPTED = (8014, 8015)
NOT_COMPLETED = 8007
NO_SUCH_CALL = (90003, 90006, 404, 405)

_CODES: Mapping[type[errors.TransferError], str] = {
    errors.SignInNeeded: "90001",
    errors.NotAllowed: "3001 5001 5009 5011 8001 10210 10221 10226",
    errors.ContainerGone: "3002 3012",
    errors.RemoteMissing: "5002 5026 10213 10222 10225",
    errors.NameTaken: "5003 5030 8005 8006 10223 10224 10372",
    errors.NameRefused: "5024 10235",
    errors.UploadGone: "8003",
    errors.Temporary: "8000 8007 8008 8009 10215 10220 90004 90005 90009",
    errors.Refused: """5005 5006 5015 5017 5018 5021 5022 5023 5025 5027 5029 5031 5034
        8010 8011 8012 8013 8014 8015 10230 10231 10232 10246 10248 10276 10277 10278""",
}
_BY_CODE = {int(code): kind for kind, codes in _CODES.items() for code in codes.split()}


class Judge:
    """Reads the answers of one platform; ``clock`` tells seconds since the epoch."""

    def __init__(self, clock: Clock = time.time) -> None:
        self._clock = clock

    def __call__(self, answer: Answer) -> errors.TransferError | None:
        """200 to 204 are good, as the official client has it; all else is an error."""
        if 200 <= answer.status <= 204:
            return None
        code, message = told(answer.data)
        text = f"{message} (code {code})" if code is not None else message
        detail = without_secrets(f"{answer.status} {text}".strip())
        if code == TOO_MANY_CALLS:
            return errors.SlowDown(detail, wait_seconds=self._until_reset(answer))
        if code == TOO_MANY_IMPORTS:
            return errors.SlowDown(detail, wait_seconds=WINDOW_SECONDS)
        if code == MAINTENANCE and answer.status == 503:
            return errors.SlowDown(detail, wait_seconds=MAINTENANCE_SECONDS)
        kind = _BY_CODE.get(code) if code is not None else None
        if kind is not None:
            return kind(detail)
        return judge_by_status(answer, text) or errors.Refused(detail)

    def _until_reset(self, answer: Answer) -> float | None:
        seconds = seconds_to_reset(answer, self._clock)
        return retry_after(answer.headers) if seconds is None else seconds


def told(data: object) -> tuple[int | None, str]:
    """Code and message of an error body, as far as it has them."""
    if not isinstance(data, dict):
        return None, ""
    code, message = data.get("code"), data.get("message")
    return code if isinstance(code, int) else None, message if isinstance(message, str) else ""


def code_of(answer: Answer) -> int:
    """The numbered error an answer holds; its status where it holds none."""
    code, _ = told(answer.data)
    return answer.status if code is None else code


def kind_of(code: int | None, status: object) -> type[errors.TransferError]:
    """The class for an error inside an answer about many things."""
    if code in (TOO_MANY_IMPORTS, TOO_MANY_CALLS):
        return errors.SlowDown
    known = _BY_CODE.get(code) if code is not None else None
    if known is not None:
        return known
    number = status if isinstance(status, int) else 400
    return type(judge_by_status(Answer(number, {}, None)) or errors.Refused())


def seconds_to_reset(answer: Answer, clock: Clock) -> float | None:
    """How long until calls are counted anew, by the platform's clock where it tells its time."""
    reset = answer.headers.get("x-ratelimit-reset", "")
    if not reset.isdigit():
        return None
    now = time_there(answer)
    return min(max(0.0, float(reset) - (clock() if now is None else now)), 2 * WINDOW_SECONDS)


def time_there(answer: Answer) -> float | None:
    """The platform's own time when it answered, in seconds since the epoch."""
    try:
        return email.utils.parsedate_to_datetime(answer.headers.get("date", "")).timestamp()
    except ValueError:
        return None
