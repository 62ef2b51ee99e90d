"""Which operation a request asks for, on what."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote, unquote_plus

from pipette.practice.refusals import Refusal, not_implemented
from pipette.practice.wire import Request

LONGEST_KEY_BYTES = 1024
OTHER_MATTERS = frozenset(
    {
        "accelerate",
        "acl",
        "analytics",
        "attributes",
        "cors",
        "encryption",
        "intelligent-tiering",
        "inventory",
        "legal-hold",
        "lifecycle",
        "logging",
        "metrics",
        "notification",
        "object-lock",
        "ownershipControls",
        "policy",
        "policyStatus",
        "publicAccessBlock",
        "replication",
        "requestPayment",
        "restore",
        "retention",
        "select",
        "tagging",
        "torrent",
        "versionId",
        "versioning",
        "versions",
        "website",
    }
)
"""Parts of S3 that this service does not have; it says so rather than answer something else."""


@dataclass(frozen=True, slots=True)
class Target:
    operation: str
    bucket: str
    key: str
    query: Mapping[str, str]
    part: int | None = None
    upload_id: str | None = None


def route(request: Request) -> Target:
    """Raises the Refusal for what S3 does not have, and for what this service leaves out."""
    query = _parse_query(request.query)
    for name in query:
        if name in OTHER_MATTERS:
            raise not_implemented(name)
    bucket, key = _place_of(request)
    operation = _operation(request, bucket, key, query)
    part = query.get("partNumber")
    number = int(part) if part and part.isascii() and part.isdigit() else None
    return Target(operation, bucket, key, query, number, query.get("uploadId"))


@lru_cache(maxsize=64)
def bucket_in_host(host: str) -> str:
    """The bucket in front of the service's name, or nothing for path style."""
    name = host.rpartition(":")[0] if _has_port(host) else host
    name = name.strip("[]").lower()
    if _is_address(name) or name == "localhost" or name.startswith(("s3.", "s3-")):
        return ""
    for mark in (".s3.", ".s3-"):
        if mark in name:
            return name.partition(mark)[0]
    return name.removesuffix(".localhost") if name.endswith(".localhost") else ""


def _has_port(host: str) -> bool:
    return host.rpartition(":")[2].isdigit() and not host.endswith("]")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _place_of(request: Request) -> tuple[str, str]:
    try:
        path = unquote(request.path, errors="strict")
    except UnicodeDecodeError as error:
        raise Refusal("InvalidURI", "Couldn't parse the specified URI.") from error
    bucket = bucket_in_host(request.header("host"))
    if not bucket:
        bucket, _, key = path[1:].partition("/")
    else:
        key = path[1:]
    if len(key.encode()) > LONGEST_KEY_BYTES:
        raise Refusal(
            "KeyTooLongError",
            "Your key is too long",
            Size=len(key.encode()),
            MaxSizeAllowed=LONGEST_KEY_BYTES,
        )
    return bucket, key


def _parse_query(text: str) -> dict[str, str]:
    pairs = (each.partition("=") for each in text.split("&") if each)
    return {unquote_plus(name): unquote_plus(value) for name, _, value in pairs}


def _operation(request: Request, bucket: str, key: str, query: Mapping[str, str]) -> str:
    if not bucket:
        return _known({"GET": "ListBuckets"}, request)
    if key:
        return _object_operation(request, query)
    if request.method == "GET":
        return _bucket_reading(query)
    if request.method == "POST" and "delete" in query:
        return "DeleteObjects"
    names = {"PUT": "CreateBucket", "HEAD": "HeadBucket", "DELETE": "DeleteBucket"}
    return _known(names, request)


def _bucket_reading(query: Mapping[str, str]) -> str:
    if "location" in query:
        return "GetBucketLocation"
    if "uploads" in query:
        return "ListMultipartUploads"
    if query.get("list-type") == "2":
        return "ListObjectsV2"
    raise not_implemented("list-type")


def _object_operation(request: Request, query: Mapping[str, str]) -> str:
    if "uploadId" in query:
        if "x-amz-copy-source" in request.headers:
            raise not_implemented("x-amz-copy-source")
        names = {
            "PUT": "UploadPart",
            "POST": "CompleteMultipartUpload",
            "DELETE": "AbortMultipartUpload",
            "GET": "ListParts",
        }
        return _known(names, request)
    if request.method == "POST" and "uploads" in query:
        return "CreateMultipartUpload"
    if request.method == "PUT" and "x-amz-copy-source" in request.headers:
        return "CopyObject"
    names = {
        "GET": "GetObject",
        "HEAD": "HeadObject",
        "PUT": "PutObject",
        "DELETE": "DeleteObject",
    }
    return _known(names, request)


def _known(names: Mapping[str, str], request: Request) -> str:
    if request.method not in names:
        raise Refusal(
            "MethodNotAllowed",
            "The specified method is not allowed against this resource.",
            Method=request.method,
        )
    return names[request.method]
