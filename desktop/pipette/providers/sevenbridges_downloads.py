"""Fetching from Seven Bridges: signed addresses, ranges, and what their answers prove."""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from dataclasses import replace

from pipette.model import errors
from pipette.model.files import RemoteFile
from pipette.model.parts import Part, PartRequest, Proof, Reply
from pipette.providers.protocol import Sent, Stored, Verdict
from pipette.providers.ranges import FETCHED, expect_range, range_header
from pipette.providers.s3_parts import etag_is_md5, plain_etag
from pipette.providers.s3_proof import composite_of, downloaded
from pipette.providers.sevenbridges_api import Api
from pipette.providers.sevenbridges_folders import file_path
from pipette.providers.sevenbridges_parts import Etags, storage_error
from pipette.providers.web import Clock

KEPT_SECONDS = 300.0
"""The ranges of a file share an address as long as the official client would use one at least."""
MOST_KEPT = 1000
_S3_ID = "x-amz-request-id"
_HEX = re.compile(r"[0-9a-f]{32}(-\d+)?")


class Addresses:
    """Signed addresses of files that are being fetched, in memory only. Any thread."""

    def __init__(self, api: Api, clock: Clock = time.monotonic) -> None:
        self._api = api
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[str, float]] = OrderedDict()

    def of(self, file_id: str) -> str:
        """Raises RemoteMissing when the file is gone."""
        with self._lock:
            url, until = self._kept.get(file_id, ("", 0.0))
        if url and self._clock() < until:
            return url
        url = str(self._api.get(f"{file_path(file_id)}/download_info")["url"])
        with self._lock:
            self._kept[file_id] = url, self._clock() + KEPT_SECONDS
            self._kept.move_to_end(file_id)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return url

    def forget(self, file_id: str) -> None:
        """It did not serve (any more): the next one who asks gets a new one."""
        with self._lock:
            self._kept.pop(file_id, None)


def range_request(url: str, part: Part) -> PartRequest:
    return PartRequest("GET", url, range_header(part), success=FETCHED)


def range_receipt(remote: RemoteFile, part: Part, reply: Reply, etags: Etags) -> RemoteFile:
    """Raises unless exactly the bytes asked for, of the file asked for, follow."""
    if reply.status not in FETCHED:
        raise storage_error(reply)
    etag = plain_etag(reply.headers.get("etag"))
    if remote.etag and etag and etag != remote.etag:
        raise errors.RemoteChanged(f"ETag was {remote.etag}, is {etag}")
    expect_range(remote, part, reply)
    believed = _S3_ID in reply.headers or etags.are_md5(remote.location.container)
    md5 = etag.lower() if believed and etag_is_md5(etag.lower(), reply.headers) else None
    return replace(remote, etag=etag or None, md5=md5)


def verdict_of(remote: RemoteFile, received: Sent) -> Verdict:
    """An ETag that agrees with our own sums proves; one that cannot be compared says nothing."""
    verdict = downloaded(remote, received)
    if not isinstance(verdict, Stored) or verdict.proof is not Proof.SIZE_ONLY:
        return verdict
    etag = (remote.etag or "").lower()
    if not _HEX.fullmatch(etag):
        return verdict
    if etag == received.md5:
        return Stored(remote, Proof.WHOLE_FILE)
    agrees = etag == composite_of(received.receipts)
    return Stored(remote, Proof.EVERY_PART) if agrees else verdict
