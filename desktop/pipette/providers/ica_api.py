"""One account's control calls to ICA: sign-in, media types, pace, pages."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pipette.model.account import Account, Network, Secret
from pipette.model.errors import Refused, SignInNeeded, Temporary, Untrusted
from pipette.providers.ica_errors import judge
from pipette.providers.ica_pace import Pace
from pipette.providers.ica_tokens import Token, Tokens
from pipette.providers.web import Answer, Clock, Params, Web

DEFAULT_HOST = "https://ica.illumina.com"
PATH = "/ica/rest"
V3 = "application/vnd.illumina.v3+json"
V4 = "application/vnd.illumina.v4+json"
WRONG_VERSION = "ICA_API_004"
LARGEST_PAGE = 1000
SMALLEST_PAGE = 50

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rows:
    """One page. ``cursor`` None means it was the last."""

    items: list[Row]
    cursor: str | None


class Api:
    """Safe to share between threads. Raises the errors of ``model.errors`` only."""

    def __init__(
        self,
        account: Account,
        secret: Secret,
        network: Network,
        clock: Clock = time.time,
        pace: Pace | None = None,
    ) -> None:
        """Raises Untrusted for an address the key must not be sent to."""
        self.base = base_of(account.url)
        self.clock = clock
        self._key = secret
        self._pace = pace or Pace()
        self._web = Web(self.base, network, dict, judge, self._pace)
        self._tokens = Tokens(self._fetch_token, clock)
        self._page_size = LARGEST_PAGE

    def get(self, path: str, params: Params | None = None, *, version: str = V3) -> Row:
        return _object(self.call("GET", path, params=params, version=version))

    def post(
        self, path: str, body: object = None, *, key: str = "", params: Params | None = None
    ) -> Row:
        """``key`` makes the call one that ICA does once, however often it is sent."""
        return _object(self.call("POST", path, body=body, key=key, params=params))

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        body: object = None,
        key: str = "",
        version: str = V3,
    ) -> Answer:
        headers = {"Accept": version}
        if body is not None:
            headers["Content-Type"] = version
        if key:
            headers["Idempotency-Key"] = key
        token = self._tokens.current()
        try:
            return self._send(method, path, token, headers, params, body)
        except SignInNeeded:
            token = self._tokens.instead_of(token)
        try:
            return self._send(method, path, token, headers, params, body)
        except SignInNeeded as error:
            if self._tokens.throttled:
                raise Temporary(error.detail) from error
            raise

    def page(
        self, path: str, params: Params, cursor: str | None = None, *, version: str = V3
    ) -> Rows:
        """One page by cursor: complete and without repetition also while data changes."""
        size = self._page_size
        while True:
            try:
                rows = self._one_page(path, params, cursor, size, version)
            except Refused as error:
                # The largest page is told nowhere: what works is found once and kept.
                if not _may_be_too_large(error) or size <= SMALLEST_PAGE:
                    raise
                size = max(SMALLEST_PAGE, size // 2)
                continue
            self._page_size = size
            return rows

    def _one_page(
        self, path: str, params: Params, cursor: str | None, size: int, version: str
    ) -> Rows:
        asked: dict[str, str | int | bool | list[str]] = {**params, "pageSize": size}
        if cursor:
            asked["pageToken"] = cursor
        return _rows(self.get(path, asked, version=version))

    def claims(self) -> Mapping[str, Any]:
        """What the token says of whose key it is. Raises SignInNeeded."""
        return self._tokens.current().claims

    def _send(
        self,
        method: str,
        path: str,
        token: Token,
        headers: Mapping[str, str],
        params: Params | None,
        body: object,
    ) -> Answer:
        signed = {**headers, "Authorization": f"Bearer {token.text.reveal()}"}
        with self._pace.gate:
            return self._web.call(method, path, params=params, body=body, headers=signed)

    def _fetch_token(self) -> str:
        headers = {"X-API-Key": self._key.reveal().strip(), "Accept": V3}
        with self._pace.gate:
            answer = self._web.call("POST", "api/tokens", headers=headers)
        token = _object(answer).get("token")
        if not isinstance(token, str) or not token:
            raise Temporary("an answer without a token")
        return token


def base_of(url: str) -> str:
    """Everything before ``/api``. Keys go by https alone, but for a test on this machine."""
    text = url.strip().rstrip("/") or DEFAULT_HOST
    split = urlsplit(text if "://" in text else f"https://{text}")
    if split.scheme != "https" and not _is_here(split.hostname or ""):
        raise Untrusted(f"{split.hostname}: keys are sent by https only")
    path = split.path.rstrip("/").removesuffix("/api")
    return f"{split.scheme}://{split.netloc}{path or PATH}"


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _may_be_too_large(error: Refused) -> bool:
    """A 400, but not the one about media types."""
    return error.detail.startswith("400") and WRONG_VERSION not in error.detail


def _object(answer: Answer) -> Row:
    if answer.status == 204:
        return {}
    if not isinstance(answer.data, dict):
        raise Temporary(f"{answer.status}: an answer that is no JSON object")
    return answer.data


def _rows(data: Row) -> Rows:
    items = data.get("items")
    if not isinstance(items, list):
        raise Temporary("a page without items")
    cursor = data.get("nextPageToken")
    return Rows([row for row in items if isinstance(row, dict)], str(cursor) if cursor else None)
