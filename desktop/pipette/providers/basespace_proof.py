"""How well an arrival is proven. Pure.

BaseSpace tells an ETag of a file and no checksum. One of 32 digits is the MD5 of the content. One
with a count is made from parts whose size is not published and need not be that of our parts: where
it agrees it proves something, where it does not it says nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from pipette.model.files import MiB, RemoteFile
from pipette.model.parts import Proof, Receipt, count_parts
from pipette.providers.basespace_parts import part_size_of
from pipette.providers.basespace_rows import is_md5
from pipette.providers.protocol import Differs, Sent, Stored, Verdict

_COMPOSITE = re.compile(r"[0-9a-f]{32}-(\d+)")
_USUAL_PART = 8 * MiB
"""What Illumina's own programs were seen to use."""


def uploaded(remote: RemoteFile, sent: Sent) -> Verdict:
    """The verdict on an upload that BaseSpace calls complete."""
    wrong = _contradiction(remote, sent)
    if wrong:
        return Differs(wrong)
    if remote.md5 is not None and remote.md5 == _md5_of(sent):
        return Stored(remote, Proof.WHOLE_FILE)
    proven = bool(sent.receipts) and all(receipt.proven for receipt in sent.receipts)
    if proven and remote.size == sent.size:
        return Stored(remote, Proof.EVERY_PART)
    return Stored(remote, _by_size(remote))


def downloaded(remote: RemoteFile, received: Sent) -> Verdict:
    wrong = _contradiction(remote, received)
    if wrong:
        return Differs(wrong)
    if remote.md5 is not None and remote.md5 == _md5_of(received):
        return Stored(remote, Proof.WHOLE_FILE)
    composite = composite_of(received.receipts)
    agrees = composite is not None and composite == remote.etag
    return Stored(remote, Proof.EVERY_PART if agrees else _by_size(remote))


def is_content_etag(etag: str | None) -> bool:
    """Made from the content, so that the storage tells the same one."""
    return etag is not None and (is_md5(etag) or _COMPOSITE.fullmatch(etag) is not None)


def likely_part_size(remote_etag: str | None, size: int | None) -> int | None:
    """The size of the parts that a composite ETag was probably made from."""
    found = _COMPOSITE.fullmatch(remote_etag or "")
    if found is None or not size:
        return None
    count = int(found.group(1))
    for part in (part_size_of(size), _USUAL_PART):
        if count_parts(size, part) == count:
            return part
    at_least = -(-size // count)
    whole = -(-at_least // MiB) * MiB
    return whole if count_parts(size, whole) == count else None


def composite_of(receipts: Sequence[Receipt]) -> str | None:
    """The ETag that these parts add up to; None unless each has an MD5."""
    digests = [receipt.md5 for receipt in receipts if receipt.md5 is not None]
    if not digests or len(digests) != len(receipts):
        return None
    joined = b"".join(bytes.fromhex(digest) for digest in digests)
    return f"{hashlib.md5(joined, usedforsecurity=False).hexdigest()}-{len(digests)}"


def _md5_of(sent: Sent) -> str | None:
    """Of the whole; a single part is the whole."""
    if sent.md5 is None and len(sent.receipts) == 1:
        return sent.receipts[0].md5
    return sent.md5


def _contradiction(remote: RemoteFile, sent: Sent) -> str:
    if remote.size is not None and remote.size != sent.size:
        return f"{sent.size} bytes here, {remote.size} there"
    ours = _md5_of(sent)
    if remote.md5 is not None and ours is not None and remote.md5 != ours:
        return f"MD5 {ours} here, {remote.md5} there"
    return ""


def _by_size(remote: RemoteFile) -> Proof:
    return Proof.NONE if remote.size is None else Proof.SIZE_ONLY
