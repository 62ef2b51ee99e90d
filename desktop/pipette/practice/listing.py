"""The lists: buckets, objects, uploads, parts."""

from __future__ import annotations

import base64
import binascii
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from urllib.parse import quote

from pipette.practice.documents import Raw, document, element, elements, iso_time, together
from pipette.practice.exchange import Exchange
from pipette.practice.multipart import checksum_elements, find_upload
from pipette.practice.records import Stored, StoredPart, Upload
from pipette.practice.refusals import access_denied, invalid_argument, not_implemented
from pipette.practice.wire import Reply

MOST_PER_PAGE = 1000
AFTER_ALL = "\U0010ffff"

Spell = Callable[[str], str]


def list_buckets(exchange: Exchange) -> Reply:
    told = [
        element(
            "Bucket",
            elements(
                Name=bucket.name,
                CreationDate=iso_time(bucket.created),
                BucketRegion=bucket.region,
            ),
        )
        for bucket in exchange.shelf.buckets()
    ]
    content = elements(Owner=_owner(exchange), Buckets=together(told))
    return Reply(body=document("ListAllMyBucketsResult", content))


def list_objects(exchange: Exchange) -> Reply:
    query = exchange.target.query
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
    most = _count(exchange, "max-keys")
    spell = _spelling(exchange)
    names = _rolled_up(exchange.shelf.keys(exchange.target.bucket), prefix, delimiter, exchange)
    page = list(islice(names, most))
    more = most > 0 and next(names, None) is not None
    keys = [name for name in page if not _is_group(name, prefix, delimiter)]
    groups = [name for name in page if _is_group(name, prefix, delimiter)]
    told = elements(
        Name=exchange.target.bucket,
        Prefix=spell(prefix),
        Delimiter=spell(delimiter) if delimiter else None,
        StartAfter=spell(query["start-after"]) if "start-after" in query else None,
        MaxKeys=most,
        KeyCount=len(page),
        EncodingType=query.get("encoding-type"),
        ContinuationToken=query.get("continuation-token"),
        NextContinuationToken=_token(page[-1]) if more else None,
        IsTruncated=more,
    )
    contents = (_object_element(exchange, key, spell) for key in keys)
    prefixes = (element("CommonPrefixes", elements(Prefix=spell(name))) for name in groups)
    return Reply(body=document("ListBucketResult", together([told, *contents, *prefixes])))


def list_uploads(exchange: Exchange) -> Reply:
    query = exchange.target.query
    if "delimiter" in query:
        raise not_implemented("delimiter")
    most = _count(exchange, "max-uploads")
    spell = _spelling(exchange)
    marks = query.get("key-marker", ""), query.get("upload-id-marker", "")
    waiting = _uploads_after(exchange, *marks)
    page = waiting[:most]
    more = len(waiting) > len(page) and most > 0
    told = elements(
        Bucket=exchange.target.bucket,
        KeyMarker=spell(marks[0]),
        UploadIdMarker=marks[1],
        Prefix=spell(query.get("prefix", "")),
        EncodingType=query.get("encoding-type"),
        NextKeyMarker=spell(page[-1].key) if more else None,
        NextUploadIdMarker=page[-1].id if more else None,
        MaxUploads=most,
        IsTruncated=more,
    )
    uploads = (_upload_element(exchange, upload, spell) for upload in page)
    return Reply(body=document("ListMultipartUploadsResult", together([told, *uploads])))


def list_parts(exchange: Exchange) -> Reply:
    if not exchange.manners.lists_parts:
        raise access_denied()
    upload = find_upload(exchange)
    most = _count(exchange, "max-parts")
    after = _number(exchange, "part-number-marker", 0)
    held = exchange.shelf.parts(upload)
    waiting = [held[number] for number in sorted(held) if number > after]
    page = waiting[:most]
    more = len(waiting) > len(page)
    told = elements(
        Bucket=upload.bucket,
        Key=upload.key,
        UploadId=upload.id,
        Initiator=_owner(exchange),
        Owner=_owner(exchange),
        StorageClass="STANDARD",
        PartNumberMarker=after,
        NextPartNumberMarker=page[-1].number if page else 0,
        MaxParts=most,
        IsTruncated=more,
        ChecksumAlgorithm=upload.algorithm.upper() if upload.algorithm else None,
        ChecksumType=upload.checksum_type if upload.algorithm else None,
    )
    return Reply(body=document("ListPartsResult", together([told, *map(_part_element, page)])))


def _rolled_up(
    keys: Sequence[str], prefix: str, delimiter: str, exchange: Exchange
) -> Iterator[str]:
    """Keys and groups of keys behind the page before, in order."""
    after = _start(exchange)
    index = max(bisect_left(keys, prefix), bisect_right(keys, after))
    if after and _is_group(after, prefix, delimiter):
        index = max(index, bisect_left(keys, after + AFTER_ALL))
    while index < len(keys) and keys[index].startswith(prefix):
        name = _group_of(keys[index], prefix, delimiter)
        grouped = name != keys[index] or _is_group(name, prefix, delimiter)
        index = bisect_left(keys, name + AFTER_ALL) if grouped else index + 1
        yield name


def _group_of(key: str, prefix: str, delimiter: str) -> str:
    if not delimiter:
        return key
    head, found, _ = key[len(prefix) :].partition(delimiter)
    return f"{prefix}{head}{found}"


def _is_group(name: str, prefix: str, delimiter: str) -> bool:
    return bool(delimiter) and len(name) > len(prefix) and name.endswith(delimiter)


def _start(exchange: Exchange) -> str:
    query = exchange.target.query
    token = query.get("continuation-token")
    if token is None:
        return query.get("start-after", "")
    try:
        return base64.urlsafe_b64decode(token).decode()
    except (binascii.Error, ValueError) as error:
        message = "The continuation token provided is incorrect"
        raise invalid_argument(message, "continuation-token", token) from error


def _token(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode()).decode("ascii")


def _object_element(exchange: Exchange, key: str, spell: Spell) -> Raw:
    stored = exchange.shelf.find(exchange.target.bucket, key)
    if stored is None:
        return Raw()
    fetch_owner = exchange.target.query.get("fetch-owner") == "true"
    return element(
        "Contents",
        elements(
            Key=spell(key),
            LastModified=iso_time(stored.modified),
            ETag=f'"{stored.etag}"',
            **_checksum_kind(stored),
            Size=stored.size,
            Owner=_owner(exchange) if fetch_owner else None,
            StorageClass=stored.headers.get("x-amz-storage-class", "STANDARD"),
        ),
    )


def _checksum_kind(stored: Stored) -> dict[str, str]:
    if stored.checksum is None:
        return {}
    return {
        "ChecksumAlgorithm": stored.checksum.algorithm.upper(),
        "ChecksumType": stored.checksum.type,
    }


def _uploads_after(exchange: Exchange, key: str, upload_id: str) -> list[Upload]:
    prefix = exchange.target.query.get("prefix", "")
    uploads = exchange.shelf.uploads(exchange.target.bucket)
    mine = [upload for upload in uploads if upload.key.startswith(prefix)]
    for index, upload in enumerate(mine):
        if upload_id and (upload.key, upload.id) == (key, upload_id):
            return mine[index + 1 :]
    return [upload for upload in mine if upload.key > key] if key else mine


def _upload_element(exchange: Exchange, upload: Upload, spell: Spell) -> Raw:
    return element(
        "Upload",
        elements(
            Key=spell(upload.key),
            UploadId=upload.id,
            Initiator=_owner(exchange),
            Owner=_owner(exchange),
            StorageClass="STANDARD",
            Initiated=iso_time(upload.begun),
        ),
    )


def _part_element(part: StoredPart) -> Raw:
    return element(
        "Part",
        elements(
            PartNumber=part.number,
            LastModified=iso_time(part.modified),
            ETag=f'"{part.etag}"',
            Size=part.blob.size,
            **checksum_elements(part.checksum, with_type=False),
        ),
    )


def _owner(exchange: Exchange) -> Raw:
    return elements(ID=exchange.owner, DisplayName=exchange.owner)


def _spelling(exchange: Exchange) -> Spell:
    kind = exchange.target.query.get("encoding-type")
    if kind not in (None, "url"):
        raise invalid_argument("Invalid Encoding Method specified", "encoding-type", kind or "")
    return quote if kind == "url" else str


def _count(exchange: Exchange, name: str) -> int:
    return min(_number(exchange, name, MOST_PER_PAGE), MOST_PER_PAGE)


def _number(exchange: Exchange, name: str, default: int) -> int:
    text = exchange.target.query.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit()):
        raise invalid_argument(f"Provided {name} not an integer or within range", name, text)
    return int(text)
