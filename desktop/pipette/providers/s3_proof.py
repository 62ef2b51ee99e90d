"""How well an arrival is proven. Pure: compares what the service says with what we know.

Nothing is claimed that was not shown. A checksum that is known on both sides and differs decides
against the file, whatever else agrees.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from pipette.model.files import RemoteFile
from pipette.model.parts import Handle, Proof, Receipt, count_parts, part_at
from pipette.providers.protocol import Differs, Sent, Stored, Verdict
from pipette.providers.s3_parts import NO_DIGEST_SSE

ENCRYPTION = "encryption"
"""Name in ``RemoteFile.details``: how the service encrypts it, in the service's own word."""
_COMPOSITE_ETAG = re.compile(r"[0-9a-f]{32}-\d+")


def composite_of(receipts: Sequence[Receipt]) -> str | None:
    """The ETag that parts with these MD5s add up to; None unless every part has one."""
    digests = [receipt.md5 for receipt in receipts]
    if not digests or any(digest is None for digest in digests):
        return None
    joined = b"".join(bytes.fromhex(digest) for digest in digests if digest)
    whole = hashlib.md5(joined, usedforsecurity=False).hexdigest()
    return f"{whole}-{len(digests)}"


def is_settled(handle: Handle, remote: RemoteFile | None, sent: Sent) -> bool:
    """Whether what ``close`` returned is enough, so that nothing more need be asked."""
    if remote is None:
        return False
    if not handle.resumable:
        return _all_proven(sent)
    return _crc_agrees(remote, sent) is not None or _sent_composite(remote, sent) is not None


def uploaded(handle: Handle, remote: RemoteFile, sent: Sent, *, closed: bool) -> Verdict:
    """The verdict on an upload. ``closed``: the service answered our list of parts with yes."""
    composite = _sent_composite(remote, sent)
    wrong = _contradiction(remote, sent, composite)
    if wrong:
        return Differs(wrong)
    if _md5_agrees(remote, sent):
        return Stored(remote, Proof.WHOLE_FILE)
    crc = _crc_agrees(remote, sent)
    if not handle.resumable and crc:
        return Stored(remote, Proof.WHOLE_FILE)
    listed = closed and (not handle.resumable or remote.size == sent.size)
    if _all_proven(sent) and (crc or composite or listed):
        return Stored(remote, Proof.EVERY_PART)
    return Stored(remote, _by_size(remote))


def downloaded(remote: RemoteFile, received: Sent) -> Verdict:
    """The verdict on a download."""
    composite = _received_composite(remote, received)
    wrong = _contradiction(remote, received, composite)
    if wrong:
        return Differs(wrong)
    if _md5_agrees(remote, received) or _crc_agrees(remote, received):
        return Stored(remote, Proof.WHOLE_FILE)
    return Stored(remote, Proof.EVERY_PART if composite else _by_size(remote))


def _by_size(remote: RemoteFile) -> Proof:
    return Proof.NONE if remote.size is None else Proof.SIZE_ONLY


def _contradiction(remote: RemoteFile, sent: Sent, composite: bool | None) -> str:
    if remote.size is not None and remote.size != sent.size:
        return f"{sent.size} bytes here, {remote.size} there"
    if _md5_agrees(remote, sent) is False:
        return f"MD5 {sent.md5} here, {remote.md5} there"
    if _crc_agrees(remote, sent) is False:
        return f"CRC-64 {sent.crc64nvme:016x} here, {remote.crc64nvme:016x} there"
    if composite is False:
        return f"parts add up to {composite_of(sent.receipts)} here, {remote.etag} there"
    return ""


def _all_proven(sent: Sent) -> bool:
    return bool(sent.receipts) and all(receipt.proven for receipt in sent.receipts)


def _md5_agrees(remote: RemoteFile, sent: Sent) -> bool | None:
    if remote.md5 is None or sent.md5 is None:
        return None
    return remote.md5 == sent.md5


def _crc_agrees(remote: RemoteFile, sent: Sent) -> bool | None:
    if remote.crc64nvme is None or sent.crc64nvme is None:
        return None
    return remote.crc64nvme == sent.crc64nvme


def _sent_composite(remote: RemoteFile, sent: Sent) -> bool | None:
    """None unless this service makes ETags of MD5s, as those of our parts show."""
    if not _is_composite(remote) or any(one.etag != one.md5 for one in sent.receipts):
        return None
    return composite_of(sent.receipts) == remote.etag if sent.receipts else None


def _received_composite(remote: RemoteFile, received: Sent) -> bool | None:
    """None unless the ranges fetched are the parts the ETag was made of."""
    size = remote.part_size
    if size is None or not _is_composite(remote):
        return None
    count = count_parts(received.size, size)
    expected = [part_at(number, received.size, size).length for number in range(1, count + 1)]
    if [one.length for one in received.receipts] != expected:
        return None
    ours = composite_of(received.receipts)
    return None if ours is None else ours == remote.etag


def _is_composite(remote: RemoteFile) -> bool:
    if remote.details.get(ENCRYPTION) in NO_DIGEST_SSE:
        return False
    return _COMPOSITE_ETAG.fullmatch(remote.etag or "") is not None
