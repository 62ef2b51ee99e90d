"""The headers that are kept with an object: content, metadata, encryption."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping

from pipette.practice.records import Checksum
from pipette.practice.refusals import Refusal, invalid_argument, not_implemented

KEPT = frozenset(
    {
        "cache-control",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-type",
        "expires",
    }
)
METADATA = "x-amz-meta-"
LARGEST_METADATA = 2 * 1024
SSE = "x-amz-server-side-encryption"
SSE_KEY = SSE + "-aws-kms-key-id"
SSE_BUCKET_KEY = SSE + "-bucket-key-enabled"
STORAGE_CLASS = "x-amz-storage-class"
BUCKET_KEY_ID = "arn:aws:kms:us-east-1:000000000000:key/practice"


def attributes_of(headers: Mapping[str, str], *, kms: bool) -> dict[str, str]:
    """What to keep of a request's headers; ``kms`` is the encryption the bucket falls back on."""
    kept = {name: value for name, value in headers.items() if name in KEPT}
    kept.setdefault("content-type", "binary/octet-stream")
    _strip_transport(kept)
    metadata = {name: value for name, value in headers.items() if name.startswith(METADATA)}
    if sum(len(name) - len(METADATA) + len(value) for name, value in metadata.items()) > (
        LARGEST_METADATA
    ):
        raise Refusal(
            "MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size"
        )
    if STORAGE_CLASS in headers:
        kept[STORAGE_CLASS] = headers[STORAGE_CLASS]
    return kept | metadata | _encryption(headers, kms=kms)


def encryption_shown(attributes: Mapping[str, str]) -> dict[str, str]:
    """The headers about encryption that go with every answer about these bytes."""
    return {name: value for name, value in attributes.items() if name.startswith(SSE)}


def is_kms(attributes: Mapping[str, str]) -> bool:
    return attributes.get(SSE, "").startswith("aws:kms")


def unlike_md5() -> str:
    """An ETag as KMS makes them: as long as an MD5, and of nothing."""
    return hashlib.md5(os.urandom(16), usedforsecurity=False).hexdigest()


def checksum_headers(checksum: Checksum | None) -> dict[str, str]:
    if checksum is None:
        return {}
    return {
        f"x-amz-checksum-{checksum.algorithm}": checksum.value,
        "x-amz-checksum-type": checksum.type,
    }


def _encryption(headers: Mapping[str, str], *, kms: bool) -> dict[str, str]:
    if any(name.startswith(SSE + "-customer") for name in headers):
        raise not_implemented(SSE + "-customer-algorithm")
    method = headers.get(SSE) or ("aws:kms" if kms else "AES256")
    if method == "AES256":
        return {SSE: method}
    if method not in ("aws:kms", "aws:kms:dsse"):
        raise invalid_argument("The encryption method specified is not supported", SSE, method)
    shown = {SSE: method, SSE_KEY: headers.get(SSE_KEY, BUCKET_KEY_ID)}
    if SSE_BUCKET_KEY in headers:
        shown[SSE_BUCKET_KEY] = headers[SSE_BUCKET_KEY]
    return shown


def _strip_transport(kept: dict[str, str]) -> None:
    """aws-chunked is how the bytes travelled, not what they are."""
    codings = [each.strip() for each in kept.pop("content-encoding", "").split(",")]
    left = [each for each in codings if each and each != "aws-chunked"]
    if left:
        kept["content-encoding"] = ",".join(left)
