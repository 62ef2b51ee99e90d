"""Operations on single objects."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import formatdate
from urllib.parse import unquote

from pipette.practice.attributes import (
    KEPT,
    METADATA,
    attributes_of,
    checksum_headers,
    encryption_shown,
    is_kms,
    unlike_md5,
)
from pipette.practice.conditions import Span, check_reading, span_asked, write_guard
from pipette.practice.digests import Intake, Promise
from pipette.practice.documents import (
    document,
    element,
    elements,
    iso_time,
    malformed,
    parse,
    together,
)
from pipette.practice.exchange import Exchange, missing_length
from pipette.practice.records import Blob, Checksum, Stored
from pipette.practice.refusals import Refusal, invalid_argument, no_such_key, not_implemented
from pipette.practice.sources import FileSource
from pipette.practice.wire import Reply

MOST_DELETED = 1000


def put_object(exchange: Exchange) -> Reply:
    check_length(exchange, exchange.manners.largest_put)
    attributes = attributes_of(exchange.request.headers, kms=exchange.uses_kms)
    guard = write_guard(
        exchange.request.headers,
        exchange.target.key,
        honoured=exchange.manners.conditional_writes,
    )
    promise = exchange.promise()
    md5 = not is_kms(attributes)
    blob, intake = exchange.receive(promise, extra=set(), md5=md5)
    stored = _stored(exchange, blob, intake, promise, attributes)
    try:
        exchange.shelf.put(exchange.target.bucket, exchange.target.key, stored, guard)
    except Refusal:
        exchange.shelf.blobs.discard([blob])
        raise
    headers = {"ETag": f'"{stored.etag}"'}
    return Reply(headers=headers | checksum_headers(stored.checksum) | encryption_shown(attributes))


def get_object(exchange: Exchange) -> Reply:
    stored = find_object(exchange)
    span, shown = _span(exchange, stored)
    pieces = exchange.shelf.blobs.pieces(stored.blobs, span.start, span.length)
    return Reply(206 if span.partial else 200, shown, pieces=pieces)


def head_object(exchange: Exchange) -> Reply:
    stored = find_object(exchange)
    span, shown = _span(exchange, stored)
    return Reply(206 if span.partial else 200, shown | {"Content-Length": str(span.length)})


def delete_object(exchange: Exchange) -> Reply:
    exchange.shelf.remove(exchange.target.bucket, exchange.target.key)
    return Reply(204)


def delete_objects(exchange: Exchange) -> Reply:
    promise = exchange.promise()
    signed_hash = exchange.header("content-md5") or promise.algorithm
    if not signed_hash and exchange.manners.checks_checksums:
        raise Refusal("InvalidRequest", "Missing required header for this request: Content-MD5")
    asked = parse(exchange.read_document(promise), "Delete")
    keys = [found.findtext("Key") or "" for found in asked.iter("Object")]
    if not 0 < len(keys) <= MOST_DELETED or "" in keys:
        raise malformed()
    for key in keys:
        exchange.shelf.remove(exchange.target.bucket, key)
    quiet = asked.findtext("Quiet") == "true"
    told = [] if quiet else [element("Deleted", elements(Key=key)) for key in keys]
    return Reply(body=document("DeleteResult", together(told)))


def copy_object(exchange: Exchange) -> Reply:
    source = _copy_source(exchange)
    attributes = _copied_attributes(exchange, source)
    guard = write_guard(
        exchange.request.headers,
        exchange.target.key,
        honoured=exchange.manners.conditional_writes,
    )
    pieces = exchange.shelf.blobs.pieces(source.blobs, 0, source.size)
    algorithm = exchange.header("x-amz-checksum-algorithm").lower() or None
    promise = Promise(algorithm=algorithm)
    intake = Intake({algorithm or "crc64nvme"})
    with FileSource(pieces) as files:
        blob = exchange.shelf.blobs.receive(files, intake, exchange.block(source.size))
    stored = _stored(exchange, blob, intake, promise, attributes)
    exchange.shelf.put(exchange.target.bucket, exchange.target.key, stored, guard)
    told = elements(LastModified=iso_time(stored.modified), ETag=f'"{stored.etag}"')
    return Reply(headers=encryption_shown(attributes), body=document("CopyObjectResult", told))


def find_object(exchange: Exchange) -> Stored:
    """The object asked for, if the request's conditions let it be read."""
    stored = exchange.shelf.find(exchange.target.bucket, exchange.target.key)
    if stored is None:
        raise no_such_key(exchange.target.key)
    check_reading(exchange.request.headers, stored)
    return stored


def check_length(exchange: Exchange, largest: int) -> None:
    """For requests whose body is data: there must be a length, and it must not be too large."""
    headers = exchange.request.headers
    if "content-length" not in headers and "x-amz-decoded-content-length" not in headers:
        raise missing_length()
    if exchange.payload.length > largest:
        raise Refusal(
            "EntityTooLarge",
            "Your proposed upload exceeds the maximum allowed size",
            ProposedSize=exchange.payload.length,
            MaxSizeAllowed=largest,
        )


def checksum_of(intake: Intake, promise: Promise) -> Checksum:
    """The one that was promised; CRC64NVME if none was."""
    algorithm = promise.algorithm or "crc64nvme"
    return Checksum(algorithm, intake.text(algorithm))


def _stored(
    exchange: Exchange,
    blob: Blob,
    intake: Intake,
    promise: Promise,
    attributes: Mapping[str, str],
) -> Stored:
    etag = unlike_md5() if is_kms(attributes) else intake.digest("md5").hex()
    checksum = checksum_of(intake, promise) if exchange.manners.checks_checksums else None
    return Stored((blob,), etag, exchange.now, attributes, checksum)


def _span(exchange: Exchange, stored: Stored) -> tuple[Span, dict[str, str]]:
    """Which bytes are asked for, and the headers that describe them."""
    shown = {
        "Last-Modified": formatdate(stored.modified, usegmt=True),
        "Accept-Ranges": "bytes",
        "ETag": f'"{stored.etag}"',
        **stored.headers,
        **_overrides(exchange),
    }
    if "partNumber" in exchange.target.query:
        span = _part_span(exchange, stored)
        shown |= {"x-amz-mp-parts-count": str(stored.parts)} if stored.parts else {}
    else:
        span = span_asked(exchange.header("range"), stored.size)
    if span.partial:
        shown["Content-Range"] = span.content_range(stored.size)
    elif exchange.header("x-amz-checksum-mode").upper() == "ENABLED":
        shown |= checksum_headers(stored.checksum)
    return span, shown


def _part_span(exchange: Exchange, stored: Stored) -> Span:
    number = exchange.target.part
    if exchange.header("range"):
        raise Refusal("InvalidRequest", "Cannot specify both Range header and partNumber")
    if number is None or number < 1:
        text = exchange.target.query["partNumber"]
        raise invalid_argument("Part number must be a positive integer", "partNumber", text)
    if number > max(1, stored.parts):
        raise Refusal("InvalidPartNumber", "The requested partnumber is not satisfiable")
    start = sum(blob.size for blob in stored.blobs[: number - 1])
    return Span(start, stored.blobs[number - 1].size, partial=stored.size > 0)


def _overrides(exchange: Exchange) -> dict[str, str]:
    prefix = "response-"
    return {
        name.removeprefix(prefix): value
        for name, value in exchange.target.query.items()
        if name.startswith(prefix) and name.removeprefix(prefix) in KEPT
    }


def _copy_source(exchange: Exchange) -> Stored:
    for name in exchange.request.headers:
        if name.startswith("x-amz-copy-source-"):
            raise not_implemented(name)
    bucket, _, key = unquote(exchange.header("x-amz-copy-source")).lstrip("/").partition("/")
    source = exchange.shelf.find(bucket, key)
    if source is None:
        raise no_such_key(key)
    if source.size > exchange.manners.largest_put:
        raise Refusal("InvalidRequest", "The specified copy source is larger than allowed")
    replaces = exchange.header("x-amz-metadata-directive") == "REPLACE"
    if (bucket, key) == (exchange.target.bucket, exchange.target.key) and not replaces:
        raise Refusal(
            "InvalidRequest",
            "This copy request is illegal because it is trying to copy an object to itself "
            "without changing the object's metadata.",
        )
    return source


def _copied_attributes(exchange: Exchange, source: Stored) -> dict[str, str]:
    given = dict(exchange.request.headers)
    if exchange.header("x-amz-metadata-directive") != "REPLACE":
        given = {
            name: value
            for name, value in given.items()
            if name not in KEPT and not name.startswith(METADATA)
        } | {
            name: value
            for name, value in source.headers.items()
            if name in KEPT or name.startswith(METADATA)
        }
    return attributes_of(given, kms=exchange.uses_kms)
