"""The short-lived token that stands for an API key: one for the account, renewed by one thread.

ICA limits how often tokens may be made, so a token for each worker would lock the account out.
"""

from __future__ import annotations

import base64
import binascii
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pipette.model.account import Secret
from pipette.model.errors import SlowDown, Temporary
from pipette.providers.web import Clock

LEAST_LEFT = 300.0
"""Renewed when less is left …"""
LEAST_SHARE = 0.1
"""… or less than this share of its life; of a very short life never more than half."""
THROTTLED_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Token:
    """``claims`` is what the token itself says, {} where it cannot be read."""

    text: Secret
    claims: Mapping[str, Any]
    made_at: float
    renew_at: float
    ends_at: float


class Tokens:
    """Any thread. ``fetch`` asks ICA for a new token; it may raise SignInNeeded or Temporary."""

    def __init__(self, fetch: Callable[[], str], clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._renewing = threading.Lock()
        self._token: Token | None = None
        self._throttled_at = float("-inf")

    def current(self) -> Token:
        """One that is good for a while."""
        token = self._token
        if token is not None and self._clock() < token.renew_at:
            return token
        # Held while asking on purpose: the others wait for this token instead of asking too.
        with self._renewing:
            token = self._token
            if token is not None and self._clock() < token.renew_at:
                return token
            return self._renew_in_time(token)

    def instead_of(self, refused: Token) -> Token:
        """One that is not the refused one; made anew unless another thread did so already."""
        with self._renewing:
            if self._token is not None and self._token is not refused:
                return self._token
            return self._renew()

    @property
    def throttled(self) -> bool:
        """Asking for tokens was refused a moment ago; a refusal of a call may follow from that."""
        return self._clock() - self._throttled_at < THROTTLED_SECONDS

    def _renew_in_time(self, old: Token | None) -> Token:
        try:
            return self._renew()
        except Temporary:
            if old is None or self._clock() >= old.ends_at:
                raise
            return old

    def _renew(self) -> Token:
        try:
            text = self._fetch()
        except SlowDown:
            self._throttled_at = self._clock()
            raise
        self._token = token_of(text, self._clock())
        return self._token


def token_of(text: str, now: float) -> Token:
    """Its end as the token says it; one that cannot be read is good until it is refused."""
    claims = claims_of(text)
    end = claims.get("exp")
    if not isinstance(end, int | float):
        return Token(Secret(text), claims, now, float("inf"), float("inf"))
    left = max(0.0, end - now)
    margin = max(left * LEAST_SHARE, min(LEAST_LEFT, left / 2))
    return Token(Secret(text), claims, now, end - margin, float(end))


def claims_of(text: str) -> dict[str, Any]:
    """The payload of a JWT, {} for anything else. The signature is ICA's business."""
    _, _, rest = text.partition(".")
    payload = rest.partition(".")[0]
    try:
        found = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (binascii.Error, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
