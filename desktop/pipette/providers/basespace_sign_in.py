"""Signing in to BaseSpace in the browser, without pasting a token: the device flow, step by step.

Whoever drives it does the waiting::

    flow = DeviceFlow(base, client, network)
    code = flow.begin()                        # show code.user_code and code.address
    while not isinstance(answer := flow.ask(code), Granted):
        wait(answer.seconds)

The lab registers an app with Illumina and configures its id and secret; the program brings none.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipette.model import errors
from pipette.model.account import Network, Secret
from pipette.providers.basespace_api import Clock
from pipette.providers.basespace_errors import detail_of, judge, said_in
from pipette.providers.web import Answer, Web

CLIENT_ID = "PIPETTE_BASESPACE_CLIENT_ID"
CLIENT_SECRET = "PIPETTE_BASESPACE_CLIENT_SECRET"  # noqa: S105 - the name of a variable
SCOPES = ("browse global", "read global", "create global", "create projects")
_FEWER_SCOPES = ("browse global",)
_FEWEST_SECONDS = 2.0
_SLOWER_SECONDS = 5.0
_REFUSED = frozenset({"access_denied", "accessdenied"})


@dataclass(frozen=True, slots=True)
class Client:
    """The app that the lab registered."""

    id: str
    secret: Secret


@dataclass(frozen=True, slots=True)
class Code:
    """What the person types at ``address``. ``device`` is for us alone."""

    user_code: str
    address: str
    address_with_code: str
    expires_at: float
    interval_seconds: float
    device: Secret


@dataclass(frozen=True, slots=True)
class Granted:
    token: Secret


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nobody has agreed yet; ask again after so many seconds, with this code."""

    seconds: float
    code: Code


def client_in(environment: Mapping[str, str]) -> Client | None:
    """The client the lab configured; None where one half or both are missing."""
    found = environment.get(CLIENT_ID, "").strip(), environment.get(CLIENT_SECRET, "").strip()
    return Client(found[0], Secret(found[1])) if all(found) else None


class DeviceFlow:
    """Each method is one request. Raises NetworkDown and the like as every control call."""

    def __init__(
        self, base: str, client: Client, network: Network, clock: Clock = time.time
    ) -> None:
        self._client = client
        self._clock = clock
        self._web = Web(base, network, dict, self._judge)

    def begin(self, projects: Sequence[str] = ()) -> Code:
        """Ask for a code. ``projects`` are ids to ask rights for where global ones are refused."""
        answer = self._device_code(SCOPES)
        if _error_in(answer) == "invalid_scope":
            own = [f"{verb} project {one}" for one in projects for verb in ("read", "write")]
            answer = self._device_code((*_FEWER_SCOPES, *own))
        error = _error_in(answer)
        if error:
            raise self._refusal(answer)
        return self._code_in(answer)

    def ask(self, code: Code) -> Granted | Waiting:
        """Has the person agreed? Raises NotAllowed (refused), SignInNeeded (expired), Refused."""
        if self._clock() >= code.expires_at:
            raise errors.SignInNeeded("the code has expired")
        answer = self._ask_token(code)
        error = _error_in(answer)
        if not error:
            return Granted(_token_in(answer))
        if error == "authorization_pending":
            return Waiting(code.interval_seconds, code)
        if error == "slow_down":
            slower = code.interval_seconds + _SLOWER_SECONDS
            return Waiting(slower, replace(code, interval_seconds=slower))
        if error in _REFUSED:
            raise errors.NotAllowed("sign-in was refused in the browser")
        if error == "expired_token":
            raise errors.SignInNeeded("the code has expired")
        raise self._refusal(answer)

    def _device_code(self, scopes: Sequence[str]) -> Answer:
        form = {
            "response_type": "device_code",
            "client_id": self._client.id,
            "scope": ",".join(scopes),
        }
        return self._web.call(
            "POST", "/v1pre3/oauthv2/deviceauthorization", form=form, signed=False
        )

    def _ask_token(self, code: Code) -> Answer:
        form = {
            "client_id": self._client.id,
            "client_secret": self._client.secret.reveal(),
            "code": code.device.reveal(),
            "grant_type": "device",
        }
        return self._web.call("POST", "/v1pre3/oauthv2/token", form=form, signed=False)

    def _code_in(self, answer: Answer) -> Code:
        told = answer.data
        lasts, interval = _number(told.get("expires_in")), _number(told.get("interval"))
        address = str(told.get("verification_uri") or "")
        device = str(told.get("device_code") or "")
        user_code = str(told.get("user_code") or "")
        if not (address and device and user_code):
            raise errors.Temporary("an answer without a code")
        return Code(
            user_code,
            address,
            str(told.get("verification_with_code_uri") or address),
            self._clock() + (lasts or 1800.0),
            max(_FEWEST_SECONDS, interval),
            Secret(device),
        )

    def _judge(self, answer: Answer) -> errors.TransferError | None:
        """OAuth says in the body what it means, whatever the status: the body goes first."""
        if _error_in(answer) and answer.status < 500:
            return None
        return judge(answer, self._clock())

    def _refusal(self, answer: Answer) -> errors.TransferError:
        return errors.Refused(detail_of(answer, *said_in(answer.data)))


def _error_in(answer: Answer) -> str:
    found = answer.data.get("error") if isinstance(answer.data, dict) else None
    return found.lower() if isinstance(found, str) else ""


def _token_in(answer: Answer) -> Secret:
    token = answer.data.get("access_token")
    if not isinstance(token, str) or not token:
        raise errors.Temporary("an answer without a token")
    return Secret(token)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
