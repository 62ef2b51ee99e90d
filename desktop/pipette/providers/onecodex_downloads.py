"""Fetching samples: an address that the service signs for some hours, read without our key."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from pipette.model import errors
from pipette.model.files import Location, RemoteFile
from pipette.model.parts import Part, PartRequest, Proof, Reply
from pipette.providers.onecodex_api import Calls
from pipette.providers.protocol import Differs, Sent, Stored, Verdict
from pipette.providers.ranges import FETCHED, expect_range, range_header
from pipette.providers.s3_errors import error_in_reply
from pipette.providers.s3_parts import plain_etag

_SPARE_SECONDS = 300.0
"""An address is not used in the last of its time."""
_MOST_LINKS = 2000


@dataclass(frozen=True, slots=True)
class _Link:
    url: str = field(repr=False)
    good_until: float
    etag: str = ""
    """Of the first answer: later ranges must be of the same content."""
    renewed: bool = False
    """It was made because the one before was refused."""


class Fetching:
    """Any thread. Addresses are kept and shared: making one may cost the account something."""

    def __init__(
        self, calls: Calls, named: Callable[[Location], str | None], clock: Callable[[], float]
    ) -> None:
        """``named`` gives the id of the sample at a place."""
        self._calls = calls
        self._named = named
        self._clock = clock
        self._lock = threading.Lock()
        self._links: dict[str, _Link] = {}
        self._refused: set[str] = set()

    def request(self, remote: RemoteFile, part: Part) -> PartRequest:
        link = self._link(self._id_of(remote))
        headers = {"accept-encoding": "identity", **range_header(part)}
        if link.etag and part.length:
            headers["if-range"] = f'"{link.etag}"'
        return PartRequest("GET", link.url, headers, FETCHED)

    def receipt(self, remote: RemoteFile, part: Part, reply: Reply) -> RemoteFile:
        sample = self._id_of(remote)
        if reply.status not in FETCHED:
            raise self._refusal(sample, reply)
        etag = plain_etag(reply.headers.get("etag"))
        with self._lock:
            link = self._links.get(sample)
            if link and not link.etag and etag:
                self._links[sample] = replace(link, etag=etag)
        if link and link.etag and etag and etag != link.etag:
            raise errors.RemoteChanged(f"ETag was {link.etag}, is {etag}")
        expect_range(remote, part, reply)
        return replace(remote, id=sample)

    def link(self, at: Location, hours: float) -> str:
        """A fresh address, if the service lets it last that long."""
        sample = self._named(at)
        if sample is None:
            raise errors.RemoteMissing(str(at))
        url, lasts = self._calls.download_uri(sample)
        if lasts < hours:
            raise errors.Unavailable(f"links last {lasts:g} hours")
        return url

    def _id_of(self, remote: RemoteFile) -> str:
        sample = remote.id or self._named(remote.location)
        if sample is None:
            raise errors.RemoteMissing(str(remote.location))
        return sample

    def _link(self, sample: str) -> _Link:
        now = self._clock()
        with self._lock:
            known = self._links.get(sample)
            renewed = sample in self._refused
        if known is not None and known.good_until > now:
            return known
        url, hours = self._calls.download_uri(sample)
        self._expect_safe(url)
        made = _Link(url, now + hours * 3600 - _SPARE_SECONDS, renewed=renewed)
        with self._lock:
            self._forget_old(now)
            self._refused.discard(sample)
            self._links[sample] = made
        return made

    def _forget_old(self, now: float) -> None:
        if len(self._links) < _MOST_LINKS:
            return
        self._links = {one: link for one, link in self._links.items() if link.good_until > now}

    def _expect_safe(self, url: str) -> None:
        if self._calls.base.startswith("https:") and urlsplit(url).scheme != "https":
            raise errors.Refused("the service gave an address without encryption")

    def _refusal(self, sample: str, reply: Reply) -> errors.TransferError:
        """An address may have expired: one new one is made. The data may be there a little late."""
        error = error_in_reply(reply.status, reply.headers, reply.body)
        if reply.status == 404:
            return errors.Temporary(error.detail)
        if reply.status not in (400, 401, 403):
            return error
        with self._lock:
            link = self._links.pop(sample, None)
            again = link is not None and link.renewed
            if not again:
                self._refused.add(sample)
        return errors.NotAllowed(error.detail) if again else errors.Temporary(error.detail)


def verify(remote: RemoteFile, received: Sent) -> Verdict:
    """The service tells no checksum of a sample: its size is all there is to compare."""
    if remote.size is None:
        return Stored(remote, Proof.NONE)
    if remote.size != received.size:
        return Differs(f"{remote.size} bytes there, {received.size} here")
    return Stored(remote, Proof.SIZE_ONLY)
