"""Signed addresses that files are fetched from: made when needed, kept in memory, renewed in time.

An address is a credential. It goes to the storage host alone, without the token, and into no log,
file or journal.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from pipette.model import errors
from pipette.providers.basespace_api import Api, Clock
from pipette.providers.basespace_rows import COMPLETE, Content

log = logging.getLogger(__name__)

RENEW_SECONDS = 600.0
"""An address with less than this left is not begun with."""
MOST_KEPT = 512


@dataclass(slots=True)
class _Kept:
    """What is known of one file's address. Guarded by its lock."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    content: Content | None = None
    etag: str = ""
    """As the storage told it first."""
    was_refused: bool = False
    """The address before this one was refused, and nothing worked since."""


class Addresses:
    """Any thread."""

    def __init__(self, api: Api, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._in_use: dict[tuple[str, int], Content] = {}

    def take(self, file: str, part: int) -> Content:
        """An address that is good for a while. Raises Archived, RemoteMissing, NotAllowed …"""
        kept = self._of(file)
        # Held while asking on purpose: the file's other ranges wait for the same address.
        with kept.lock:
            if kept.content is None or self._is_stale(kept.content):
                kept.content = self._made(file)
            content = kept.content
        with self._lock:
            self._in_use[file, part] = content
        return content

    def expect_same(self, file: str, part: int, etag: str) -> None:
        """This part's answer is good. Raises RemoteChanged when it is of another file than before."""
        kept = self._of(file)
        with self._lock:
            self._in_use.pop((file, part), None)
        with kept.lock:
            kept.was_refused = False
            before, kept.etag = kept.etag, kept.etag or etag
        if etag and before and etag != before:
            raise errors.RemoteChanged(f"ETag was {before}, is {etag}")

    def refused(self, file: str, part: int) -> errors.TransferError:
        """The storage did not take this part's address: it is renewed once, then that is that."""
        kept = self._of(file)
        with self._lock:
            used = self._in_use.pop((file, part), None)
        with kept.lock:
            if kept.content is not used:
                return errors.Temporary("the address had expired and was renewed meanwhile")
            kept.content = None
            if kept.was_refused:
                return errors.NotAllowed("the storage refuses a new address too")
            kept.was_refused = True
        return errors.Temporary("the address has expired")

    def _is_stale(self, content: Content) -> bool:
        return content.expires is not None and content.expires - self._clock() < RENEW_SECONDS

    def _of(self, file: str) -> _Kept:
        with self._lock:
            kept = self._kept.setdefault(file, _Kept())
            self._kept.move_to_end(file)
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
            return kept

    def _made(self, file: str) -> Content:
        try:
            content = self._api.content(file)
        except errors.NotAllowed as error:
            raise self._why_not(file, error) from error
        if urlsplit(content.url).scheme != "https" and self._api.base.startswith("https:"):
            raise errors.Refused("the platform gave an address without encryption")
        return content

    def _why_not(self, file: str, refused: errors.NotAllowed) -> errors.TransferError:
        found = self._api.file(file)
        if found.archived:
            return errors.Archived(refused.detail)
        if found.status not in ("", COMPLETE):
            return errors.RemoteMissing(f"the file is {found.status}")
        return refused
