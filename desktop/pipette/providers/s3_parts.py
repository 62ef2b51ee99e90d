"""The data path of S3: how a part goes out or comes in, and how the answer is read. No requests."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import replace

from pipette.model import errors
from pipette.model.files import RemoteFile
from pipette.model.parts import (
    Algorithm,
    Digest,
    Handle,
    Part,
    PartCheck,
    PartRequest,
    Receipt,
    Reply,
)
from pipette.providers.ranges import FETCHED, expect_range, range_header
from pipette.providers.s3_endpoint import Bucket
from pipette.providers.s3_errors import error_in_reply
from pipette.providers.s3_trailer import CRC64_HEADER, trailer_headers
from pipette.providers.sigv4 import UNSIGNED, UNSIGNED_TRAILER

KEY = "key"
"""Name in ``Handle.details``: the key written to, where it is not the path."""
NEW_ONLY = "new_only"
"""Name in ``Handle.details``: present when nothing may be replaced."""
MD5_REFUSED = "md5_refused"
"""Name in ``Handle.details``: present when the service was seen to refuse a wrong Content-MD5."""

_MD5_ETAG = re.compile(r"[0-9a-f]{32}")
NO_DIGEST_SSE = ("aws:kms", "aws:kms:dsse")
_CRC_TYPE = "x-amz-checksum-type"
_OF_WHOLE = "FULL_OBJECT"


def whole_request(
    bucket: Bucket,
    key: str,
    handle: Handle,
    part: Part,
    digest: Digest | None,
    extra: Mapping[str, str],
) -> PartRequest:
    """The one PUT of a small file."""
    headers = dict(extra)
    if NEW_ONLY in handle.details:
        headers["if-none-match"] = "*"
    return _put(bucket, key, {}, headers, handle, digest, part.length)


def part_request(
    bucket: Bucket, key: str, handle: Handle, part: Part, digest: Digest | None
) -> PartRequest:
    query = {"partNumber": str(part.number), "uploadId": handle.id or ""}
    return _put(bucket, key, query, {}, handle, digest, part.length)


def _put(
    bucket: Bucket,
    key: str,
    query: Mapping[str, str],
    headers: dict[str, str],
    handle: Handle,
    digest: Digest | None,
    length: int,
) -> PartRequest:
    if digest is None and handle.check is PartCheck.CRC64_TRAILER:
        headers |= trailer_headers(length)
        return bucket.request(
            "PUT", key, query, headers, payload=UNSIGNED_TRAILER, trailer=Algorithm.CRC64NVME
        )
    if digest is None and handle.check is not PartCheck.NONE:
        raise ValueError(f"{handle.check} needs the digest before the part is sent")
    if digest is not None:
        name = "content-md5" if digest.algorithm is Algorithm.MD5 else CRC64_HEADER
        headers[name] = base64.b64encode(digest.value).decode()
    return bucket.request("PUT", key, query, headers, payload=UNSIGNED)


def receipt_of(handle: Handle, part: Part, reply: Reply) -> Receipt:
    """Read the answer to a part. Raises BadPart when a checksum there differs from ours."""
    if reply.status != 200:
        raise error_in_reply(reply.status, reply.headers, reply.body)
    etag = plain_etag(reply.headers.get("etag"))
    md5 = reply.sent.get(Algorithm.MD5)
    crc = reply.sent.get(Algorithm.CRC64NVME)
    echo = _decoded(reply.headers.get(CRC64_HEADER))
    return Receipt(
        part.number,
        part.length,
        etag,
        int.from_bytes(crc, "big") if crc is not None else None,
        md5.hex() if md5 is not None else None,
        proven=any([_crc_proven(handle, crc, echo), _md5_proven(handle, md5, etag, reply)]),
    )


def _crc_proven(handle: Handle, ours: bytes | None, echo: bytes | None) -> bool:
    if ours is None or echo is None or handle.check.algorithm is not Algorithm.CRC64NVME:
        return False
    if ours != echo:
        raise errors.BadPart(f"CRC-64 here {ours.hex()}, there {echo.hex()}")
    return True


def _md5_proven(handle: Handle, ours: bytes | None, etag: str, reply: Reply) -> bool:
    if ours is None:
        return False
    if not etag_is_md5(etag, reply.headers):
        return handle.check is PartCheck.MD5_HEADER and MD5_REFUSED in handle.details
    if etag != ours.hex():
        raise errors.BadPart(f"MD5 here {ours.hex()}, there {etag}")
    return True


def etag_is_md5(etag: str, headers: Mapping[str, str]) -> bool:
    """An ETag is the MD5 of a part or single PUT unless a key of KMS or the customer encrypts it."""
    if headers.get("x-amz-server-side-encryption", "") in NO_DIGEST_SSE:
        return False
    if "x-amz-server-side-encryption-customer-algorithm" in headers:
        return False
    return _MD5_ETAG.fullmatch(etag) is not None


def plain_etag(text: str | None) -> str:
    """Without quotes and without the mark that proxies put on weakened ones."""
    return (text or "").removeprefix("W/").strip('"')


def _decoded(text: str | None) -> bytes | None:
    if text is None:
        return None
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise errors.Temporary(f"not a checksum: {text}") from error


def range_request(bucket: Bucket, key: str, remote: RemoteFile, part: Part) -> PartRequest:
    headers = {"x-amz-checksum-mode": "ENABLED", **range_header(part)}
    if remote.etag:
        headers["if-match"] = f'"{remote.etag}"'
    return bucket.request("GET", key, {}, headers, success=FETCHED)


def range_receipt(remote: RemoteFile, part: Part, reply: Reply) -> RemoteFile:
    """Raises unless exactly the bytes asked for, of the file asked for, follow."""
    if reply.status == 412:
        raise errors.RemoteChanged("412: the ETag is another one now")
    if reply.status not in FETCHED:
        raise error_in_reply(reply.status, reply.headers, reply.body)
    etag = plain_etag(reply.headers.get("etag"))
    if remote.etag and etag and etag != remote.etag:
        raise errors.RemoteChanged(f"ETag was {remote.etag}, is {etag}")
    expect_range(remote, part, reply)
    return _with_checksums(remote, part, reply, etag)


def _with_checksums(remote: RemoteFile, part: Part, reply: Reply, etag: str) -> RemoteFile:
    md5 = etag if etag_is_md5(etag, reply.headers) else remote.md5
    crc = _decoded(reply.headers.get(CRC64_HEADER))
    whole = part.offset == 0 and part.length == remote.size
    # Of a range the service tells the checksum of that range, and of parts one made from theirs.
    # Without a type it may be no checksum at all but a header the service kept from the sender.
    if crc is None or not whole or reply.headers.get(_CRC_TYPE) != _OF_WHOLE:
        return replace(remote, md5=md5)
    return replace(remote, md5=md5, crc64nvme=int.from_bytes(crc, "big"))
