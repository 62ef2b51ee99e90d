"""Signed addresses of single files: minted by ICA just before they are used, secret, soon over."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from pipette.model.account import Secret
from pipette.providers.web import Clock

ASSUMED_SECONDS = 3600.0
"""Where the address does not say how long it lasts."""
MARGIN_SECONDS = 60.0
SETTLED_SECONDS = 60.0
"""A refusal of an address as new as this says that a new one would not help."""
MOST_KEPT = 2000


@dataclass(frozen=True, slots=True)
class Address:
    url: Secret
    minted_at: float
    ends_at: float

    def is_good(self, now: float) -> bool:
        left = self.ends_at - self.minted_at
        return now < self.ends_at - min(MARGIN_SECONDS, left / 2)


class Addresses:
    """By a name of the caller's choice; the oldest make room. Any thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Address] = OrderedDict()

    def keep(self, name: str, url: str) -> Address:
        now = self._clock()
        address = Address(Secret(url), now, now + lifetime_of(url))
        with self._lock:
            self._kept[name] = address
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return address

    def good(self, name: str) -> Address | None:
        with self._lock:
            address = self._kept.get(name)
        return address if address and address.is_good(self._clock()) else None

    def take(self, name: str) -> Address | None:
        """The good one, for use once."""
        with self._lock:
            address = self._kept.pop(name, None)
        return address if address and address.is_good(self._clock()) else None

    def refused(self, name: str) -> bool:
        """The storage refused it: True when it had some age, so that a new one may be taken."""
        with self._lock:
            address = self._kept.pop(name, None)
        return address is None or self._clock() - address.minted_at >= SETTLED_SECONDS


def lifetime_of(url: str) -> float:
    """How long an address just minted lasts, as it says itself."""
    told = dict(parse_qsl(urlsplit(url).query)).get("X-Amz-Expires", "")
    return float(told) if told.isdigit() else ASSUMED_SECONDS


def is_signed_v4(url: str) -> bool:
    """Only these let headers be added that were not signed."""
    return "X-Amz-Signature" in dict(parse_qsl(urlsplit(url).query))
