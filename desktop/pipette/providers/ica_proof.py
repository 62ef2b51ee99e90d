"""How well an arrival at ICA is proven. Pure.

The ETag of a file in one piece is its MD5 unless a KMS key encrypts it; that of a file in parts is
made of theirs. Where it is neither, the size speaks, and nothing is ever called damaged for an ETag
that cannot be read.
"""

from __future__ import annotations

from dataclasses import replace

from pipette.model.files import RemoteFile
from pipette.model.parts import Proof
from pipette.providers.ica_records import ETAG_IS_MD5_BELOW, MD5_ETAG
from pipette.providers.protocol import Differs, Sent, Stored, Verdict
from pipette.providers.s3_proof import composite_of, downloaded


def uploaded(remote: RemoteFile, sent: Sent, given: str | None) -> Stored | Differs:
    """Compares the record with what was sent. ``given`` is the ETag the storage gave on arrival.

    ``Differs`` where what ICA shows is not what was sent; it may only be late.
    """
    etag = remote.etag
    if remote.size is not None and remote.size != sent.size:
        return Differs(f"{sent.size} bytes here, {remote.size} there")
    if not etag:
        return Stored(remote, Proof.NONE if remote.size is None else Proof.SIZE_ONLY)
    if etag == _whole_md5(sent):
        return Stored(replace(remote, md5=etag), Proof.WHOLE_FILE)
    if etag == composite_of(sent.receipts):
        return Stored(remote, Proof.EVERY_PART)
    if etag == given and _all_checked(sent):
        # Encrypted with KMS: no digest, but the one of these bytes, which the storage checked.
        return Stored(replace(remote, md5=None), Proof.EVERY_PART)
    if _speaks(remote, sent, given):
        return Differs(f"ETag {given or _whole_md5(sent)} here, {etag} there")
    return Stored(replace(remote, md5=None), Proof.SIZE_ONLY)


def fetched(remote: RemoteFile, received: Sent) -> Verdict:
    """The verdict on a download. A composite ETag proves, but cannot disprove: its parts are a guess."""
    verdict = downloaded(remote, received)
    if not isinstance(verdict, Differs) or remote.part_size is None:
        return verdict
    return downloaded(replace(remote, part_size=None), received)


def _whole_md5(sent: Sent) -> str | None:
    return sent.receipts[0].md5 if sent.md5 is None and len(sent.receipts) == 1 else sent.md5


def _all_checked(sent: Sent) -> bool:
    return bool(sent.receipts) and all(receipt.proven for receipt in sent.receipts)


def _speaks(remote: RemoteFile, sent: Sent, given: str | None) -> bool:
    """Whether another ETag than expected says that there is other content."""
    if given is not None:
        return True
    is_md5 = MD5_ETAG.fullmatch(remote.etag or "") is not None
    return is_md5 and sent.size < ETAG_IS_MD5_BELOW and _whole_md5(sent) is not None
