"""The way to a Seven Bridges platform: environments, token, and the count of calls.

A platform takes 1000 calls in five minutes from one token and says in each answer how many are
left. We stay a tenth below, for the person's other tools, and keep the last fifty for closing what
was sent and asking after what runs.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from pipette.model import errors
from pipette.model.account import Account, Network, Secret
from pipette.providers.sevenbridges_errors import (
    WINDOW_SECONDS,
    Judge,
    code_of,
    seconds_to_reset,
    time_there,
)
from pipette.providers.web import Answer, Budget, Clock, Left, Params, Web

REGIONS: Mapping[str, str] = {
    "cgc": "https://cgc-api.sbgenomics.com/v2",
    "us": "https://api.sbgenomics.com/v2",
    "eu": "https://eu-api.sbgenomics.com/v2",
    "china": "https://api.sevenbridges.cn/v2",
    "cavatica": "https://cavatica-api.sbgenomics.com/v2",
    "bdc": "https://api.sb.biodatacatalyst.nhlbi.nih.gov/v2",
}
DEFAULT_REGION = "cgc"
MOST_CALLS = 900
KEPT_CALLS = 50
PAGE = 100
_TOKEN = re.compile(r"[\x21-\x7e]+")


def base_of(account: Account) -> str:
    """The address that calls begin with. Raises Unavailable for a region that is not known."""
    if account.url:
        url = account.url.rstrip("/")
        return url if urlsplit(url).path else f"{url}/v2"
    base = REGIONS.get((account.region or DEFAULT_REGION).lower())
    if base is None:
        raise errors.Unavailable(f"no region {account.region!r}; known are {', '.join(REGIONS)}")
    return base


class Api:
    """One account's calls. Any thread."""

    def __init__(
        self,
        account: Account,
        secret: Secret,
        network: Network,
        clock: Clock = time.time,
        monotonic: Clock = time.monotonic,
    ) -> None:
        """Raises SignInNeeded for what cannot be a token, Unavailable for an unknown region."""
        if not _TOKEN.fullmatch(secret.reveal().strip()):
            raise errors.SignInNeeded("a token is one word without blanks")
        self._secret = secret
        self._clock = clock
        budget = Budget(MOST_CALLS, WINDOW_SECONDS, monotonic, self._left, KEPT_CALLS)
        self._judge = Judge(clock)
        self._web = Web(base_of(account), network, self._sign_in, self._judge, budget)

    @property
    def base(self) -> str:
        return self._web.base

    def get(self, path: str, params: Params | None = None, *, urgent: bool = False) -> Any:
        """The JSON of the answer. ``urgent`` calls may use what is kept back of the allowance."""
        return self.ask("GET", path, params, urgent=urgent).data

    def post(self, path: str, body: object, params: Params | None = None) -> Any:
        return self.ask("POST", path, params, body).data

    def ask(
        self,
        method: str,
        path: str,
        params: Params | None = None,
        body: object = None,
        *,
        urgent: bool = False,
        known: Collection[int] = (),
    ) -> Answer:
        """Errors with one of the ``known`` codes (see ``code_of``) are returned, others raised.

        Raises Temporary for a good answer without JSON: a gateway on the way spoke.
        """

        def judge(answer: Answer) -> errors.TransferError | None:
            return None if code_of(answer) in known else self._judge(answer)

        answer = self._web.call(method, path, params=params, body=body, urgent=urgent, judge=judge)
        if answer.data is None and method != "DELETE":
            raise errors.Temporary(f"{answer.status} without an answer that can be read")
        return answer

    def now(self, answer: Answer) -> float:
        """The platform's time, else ours."""
        there = time_there(answer)
        return self._clock() if there is None else there

    def _sign_in(self) -> Mapping[str, str]:
        return {"X-SBG-Auth-Token": self._secret.reveal().strip()}

    def _left(self, answer: Answer) -> Left | None:
        remaining = answer.headers.get("x-ratelimit-remaining", "")
        seconds = seconds_to_reset(answer, self._clock)
        if not remaining.isdigit() or seconds is None:
            return None
        return Left(int(remaining), seconds)


def segment(text: str) -> str:
    """An id as one piece of a path, whatever it holds."""
    return quote(text, safe="")


def project_path(container: str) -> str:
    """``/projects/owner/name``. Raises ContainerGone for what can be no project."""
    owner, slash, name = container.partition("/")
    if not owner or not name or not slash or "/" in name:
        raise errors.ContainerGone(f"{container!r} is not of the form owner/project")
    return f"/projects/{segment(owner)}/{segment(name)}"


def next_offset(page: Mapping[str, Any], offset: int) -> int | None:
    """Where the next page begins, if there is one.

    Read from the link but not followed as an address: that may name a host behind a proxy.
    """
    for link in page.get("links") or ():
        if link.get("rel") == "next":
            told = parse_qs(urlsplit(link.get("href", "")).query).get("offset", [""])[0]
            following = int(told) if told.isdigit() else offset + len(page["items"])
            return following if following > offset else None
    return None
