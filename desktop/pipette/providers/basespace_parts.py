"""The data path of BaseSpace: how bytes go out, and how the answers are read. No requests."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from pipette.model import errors
from pipette.model.files import MiB
from pipette.model.parts import Algorithm, Digest, Handle, Limits, Part, PartRequest, Receipt, Reply
from pipette.providers.basespace_names import Target, query_of
from pipette.providers.basespace_rows import COMPLETE, File, file_of, is_md5, response_of
from pipette.providers.basespace_rows import listed_part_of as part_of
from pipette.providers.web import Answer, retry_after

GB = 1_000_000_000
LIMITS = Limits(
    largest_file=250 * GB,
    most_parts=10_000,
    smallest_part=5 * MiB,
    largest_part=25_000_000,
    preferred_part=10 * MiB,
    whole=5 * MiB - 1,
)
"""The guide says 5 and 25 "MB"; these are what both readings of it allow."""
_UP_TO_95 = 95 * GB
_UP_TO_200 = 200 * GB

APP_RESULT = "app_result"
SESSION = "session"
NEW_ONLY = "new_only"
"""Present when nothing of this name may be there."""
AGAIN = "again"
"""Present when an earlier try may have arrived: look, do not remember."""
TICKET = "ticket"
"""Tells one small file's answer from another's."""

_TAKEN = frozenset({200, 201})


def part_size_of(size: int, limits: Limits = LIMITS) -> int:
    """The part size for a file of so many bytes, with room to spare where there is any."""
    if _UP_TO_95 < size <= _UP_TO_200:
        return 2 * limits.preferred_part
    needed = -(-size // limits.most_parts)
    return min(max(limits.preferred_part, limits.smallest_part, needed), limits.largest_part)


def part_request(
    base: str, headers: Mapping[str, str], handle: Handle, part: Part, digest: Digest | None
) -> PartRequest:
    url = f"{base}/v1pre3/files/{handle.id}/parts/{part.number}"
    sent = {**headers, "Content-Type": "application/octet-stream", **_checksum(digest)}
    return PartRequest("PUT", url, sent, success=_TAKEN)


def whole_request(
    base: str, headers: Mapping[str, str], handle: Handle, target: Target, digest: Digest | None
) -> PartRequest:
    """The one POST of a small file."""
    query = query_of(name=target.name, directory=target.directory)
    url = f"{base}/v1pre3/appresults/{handle.details[APP_RESULT]}/files?{query}"
    sent = {**headers, "Content-Type": target.content_type, **_checksum(digest)}
    return PartRequest("POST", url, sent, success=_TAKEN)


def _checksum(digest: Digest | None) -> dict[str, str]:
    if digest is None or digest.algorithm is not Algorithm.MD5:
        raise ValueError("BaseSpace needs the MD5 of what is sent before it is sent")
    return {"Content-MD5": base64.b64encode(digest.value).decode()}


def part_receipt(part: Part, reply: Reply, answer: Answer) -> Receipt:
    """A part that was taken. Raises BadPart unless BaseSpace has exactly these bytes."""
    told = part_of(response_of(answer.data))
    ours = reply.sent.get(Algorithm.MD5, b"").hex()
    if told is None:
        raise errors.BadPart("the answer tells no number, ETag and size of the part")
    if (told.number, told.size, told.etag) != (part.number, part.length, ours):
        raise errors.BadPart(
            f"part {part.number}, {part.length} bytes, MD5 {ours} here;"
            f" part {told.number}, {told.size} bytes, {told.etag} there"
        )
    return Receipt(part.number, part.length, told.etag, md5=ours, proven=True)


def whole_receipt(part: Part, reply: Reply, answer: Answer) -> tuple[Receipt, File]:
    """A small file that was taken. Raises Mismatch when other bytes are stored under its name."""
    stored = file_of(response_of(answer.data))
    if stored.status not in ("", COMPLETE):
        raise errors.Temporary(f"the file is {stored.status}")
    digest = reply.sent.get(Algorithm.MD5)
    ours = digest.hex() if digest is not None else None
    if stored.size is not None and stored.size != part.length:
        raise errors.Mismatch(f"{part.length} bytes here, {stored.size} there")
    if ours and is_md5(stored.etag) and stored.etag != ours:
        raise errors.Mismatch(f"MD5 {ours} here, {stored.etag} there")
    receipt = Receipt(part.number, part.length, stored.etag, md5=ours, proven=stored.etag == ours)
    return receipt, stored


def says_damaged(message: str) -> bool:
    """Whether a refusal is about the checksum of what was sent."""
    lowered = message.lower()
    return any(word in lowered for word in ("md5", "digest", "checksum"))


def storage_error(reply: Reply, now: float) -> errors.TransferError:
    """What the storage host means when it gives no bytes."""
    detail = f"the storage answered {reply.status}"
    if reply.status == 404:
        return errors.RemoteMissing(detail)
    if reply.status in (412, 416):
        return errors.RemoteChanged(detail)
    if reply.status in (429, 503):
        return errors.SlowDown(detail, wait_seconds=retry_after(reply.headers, now))
    if reply.status >= 500 or reply.status in (400, 408):
        return errors.Temporary(detail)
    return errors.Refused(detail)
