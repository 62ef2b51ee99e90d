"""Multipart uploads: opening, parts, putting together, giving up."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import md5
from itertools import pairwise
from xml.etree.ElementTree import Element

from pipette.practice.attributes import (
    attributes_of,
    checksum_headers,
    encryption_shown,
    is_kms,
    unlike_md5,
)
from pipette.practice.conditions import write_guard
from pipette.practice.digests import ALGORITHMS, PREFIX, Promise, bad_checksum
from pipette.practice.documents import document, elements, malformed, parse
from pipette.practice.exchange import Exchange
from pipette.practice.objects import check_length
from pipette.practice.records import Checksum, Stored, StoredPart, Upload
from pipette.practice.refusals import Refusal, access_denied, invalid_argument
from pipette.practice.wire import Reply

COMPOSITE = "COMPOSITE"
FULL_OBJECT = "FULL_OBJECT"
TYPES = {
    "crc64nvme": (FULL_OBJECT,),
    "crc32": (COMPOSITE, FULL_OBJECT),
    "crc32c": (COMPOSITE, FULL_OBJECT),
    "sha1": (COMPOSITE,),
    "sha256": (COMPOSITE,),
}
"""What kinds of checksum an upload can have by each algorithm; the first is used unless asked."""


@dataclass(frozen=True, slots=True)
class _Named:
    """A part as the client names it when it asks to put the object together."""

    number: int
    etag: str
    checksums: Mapping[str, str]


def create_upload(exchange: Exchange) -> Reply:
    attributes = attributes_of(exchange.request.headers, kms=exchange.uses_kms)
    algorithm, kind = _checksum_wanted(exchange)
    target = exchange.target
    upload = Upload(
        secrets.token_urlsafe(24),
        target.bucket,
        target.key,
        exchange.now,
        attributes,
        algorithm,
        kind,
    )
    exchange.shelf.open_upload(upload)
    exchange.log.upload_created()
    headers = encryption_shown(attributes)
    if algorithm:
        headers["x-amz-checksum-algorithm"] = algorithm.upper()
        headers["x-amz-checksum-type"] = kind
    told = elements(Bucket=target.bucket, Key=target.key, UploadId=upload.id)
    return Reply(headers=headers, body=document("InitiateMultipartUploadResult", told))


def upload_part(exchange: Exchange) -> Reply:
    number = _part_number(exchange)
    upload = find_upload(exchange)
    check_length(exchange, exchange.manners.largest_part)
    promise = exchange.promise()
    _check_same_algorithm(upload, promise)
    wanted = {upload.algorithm} if upload.algorithm else set()
    kms = is_kms(upload.headers)
    blob, intake = exchange.receive(promise, extra=wanted, md5=not kms)
    digest = "" if kms else intake.digest("md5").hex()
    part = StoredPart(
        number,
        blob,
        unlike_md5() if kms else digest,
        digest,
        int.from_bytes(intake.digest(_joining(upload)), "big"),
        exchange.now,
        Checksum(upload.algorithm, intake.text(upload.algorithm)) if upload.algorithm else None,
    )
    try:
        exchange.shelf.add_part(upload, part)
    except Refusal:
        exchange.shelf.blobs.discard([blob])
        raise
    exchange.log.part_accepted(upload.id, number)
    headers = {"ETag": f'"{part.etag}"'} | encryption_shown(upload.headers)
    shown = checksum_headers(part.checksum)
    shown.pop("x-amz-checksum-type", None)
    return Reply(headers=headers | shown)


def complete_upload(exchange: Exchange) -> Reply:
    # A checksum header here is that of the object, so this document itself has none.
    named = _read_named(exchange.read_document())
    upload = find_upload(exchange)
    guard = write_guard(
        exchange.request.headers, upload.key, honoured=exchange.manners.conditional_writes
    )
    parts = _match(named, exchange.shelf.parts(upload), upload)
    _check_sizes(parts, exchange.manners.smallest_part)
    _check_named_checksums(named, upload)
    checksum = _whole_checksum(upload, parts) if exchange.manners.checks_checksums else None
    _check_promised_whole(exchange, upload, parts, checksum)
    stored = Stored(
        tuple(part.blob for part in parts),
        _whole_etag(upload, parts),
        exchange.now,
        upload.headers,
        checksum,
        len(parts),
    )
    exchange.shelf.finish_upload(upload, stored, guard)
    exchange.log.upload_completed()
    told = elements(
        Location=f"/{upload.bucket}/{upload.key}",
        Bucket=upload.bucket,
        Key=upload.key,
        ETag=f'"{stored.etag}"',
        **checksum_elements(checksum, with_type=True),
    )
    body = document("CompleteMultipartUploadResult", told)
    return Reply(headers=encryption_shown(upload.headers), body=body)


def abort_upload(exchange: Exchange) -> Reply:
    if not exchange.manners.aborts:
        raise access_denied()
    exchange.shelf.abort_upload(find_upload(exchange))
    exchange.log.upload_aborted()
    return Reply(204)


def find_upload(exchange: Exchange) -> Upload:
    target = exchange.target
    return exchange.shelf.upload(target.upload_id, target.bucket, target.key)


def checksum_elements(checksum: Checksum | None, *, with_type: bool) -> dict[str, str]:
    """A checksum as it stands in a document."""
    if checksum is None:
        return {}
    named = {f"Checksum{checksum.algorithm.upper()}": checksum.value}
    return named | ({"ChecksumType": checksum.type} if with_type else {})


def _checksum_wanted(exchange: Exchange) -> tuple[str | None, str]:
    if not exchange.manners.checks_checksums:
        return None, FULL_OBJECT
    algorithm = exchange.header("x-amz-checksum-algorithm").lower()
    kind = exchange.header("x-amz-checksum-type").upper()
    if not algorithm:
        if kind:
            raise Refusal("InvalidRequest", "x-amz-checksum-type needs x-amz-checksum-algorithm")
        return None, FULL_OBJECT
    if algorithm not in TYPES:
        raise Refusal("InvalidRequest", "Checksum algorithm provided is unsupported.")
    if kind and kind not in TYPES[algorithm]:
        message = f"The {kind} checksum type cannot be used with the {algorithm} algorithm."
        raise Refusal("InvalidRequest", message)
    return algorithm, kind or TYPES[algorithm][0]


def _part_number(exchange: Exchange) -> int:
    number, most = exchange.target.part, exchange.manners.most_parts
    if number is None or not 1 <= number <= most:
        text = exchange.target.query.get("partNumber", "")
        message = f"Part number must be an integer between 1 and {most}, inclusive"
        raise invalid_argument(message, "partNumber", text)
    return number


def _check_same_algorithm(upload: Upload, promise: Promise) -> None:
    optional = promise.algorithm is None and upload.checksum_type == FULL_OBJECT
    if not optional and promise.algorithm != upload.algorithm:
        raise Refusal(
            "InvalidRequest",
            f"Checksum Type mismatch occurred, expected checksum Type: {upload.algorithm or 'null'}"
            f", actual checksum Type: {promise.algorithm or 'null'}",
        )


def _joining(upload: Upload) -> str:
    """The algorithm by which the checksums of the parts are joined to that of the object."""
    if upload.algorithm and upload.checksum_type == FULL_OBJECT:
        return upload.algorithm
    return "crc64nvme"


def _read_named(body: bytes) -> list[_Named]:
    named = [_named(each) for each in parse(body, "CompleteMultipartUpload").iter("Part")]
    if not named:
        raise malformed()
    return named


def _named(part: Element) -> _Named:
    number, etag = part.findtext("PartNumber"), part.findtext("ETag")
    if not number or not number.strip().isdigit() or not etag:
        raise malformed()
    checksums = {
        each.tag.removeprefix("Checksum").lower(): each.text or ""
        for each in part
        if each.tag.startswith("Checksum")
    }
    return _Named(int(number), etag.strip().strip('"'), checksums)


def _match(
    named: Sequence[_Named], held: Mapping[int, StoredPart], upload: Upload
) -> list[StoredPart]:
    numbers = [each.number for each in named]
    if any(later <= earlier for earlier, later in pairwise(numbers)):
        raise Refusal(
            "InvalidPartOrder", "The list of parts was not in ascending order.", UploadId=upload.id
        )
    return [_match_one(each, held.get(each.number), upload) for each in named]


def _match_one(named: _Named, part: StoredPart | None, upload: Upload) -> StoredPart:
    if part is None or part.etag != named.etag or not _agrees(named, part):
        raise Refusal(
            "InvalidPart",
            "One or more of the specified parts could not be found. The part may not have been "
            "uploaded, or the specified entity tag may not match the part's entity tag.",
            UploadId=upload.id,
            PartNumber=named.number,
            ETag=named.etag,
        )
    return part


def _agrees(named: _Named, part: StoredPart) -> bool:
    if part.checksum is None:
        return True
    given = named.checksums.get(part.checksum.algorithm)
    return given in (None, part.checksum.value)


def _check_sizes(parts: Sequence[StoredPart], smallest: int) -> None:
    for part in parts[:-1]:
        if part.blob.size < smallest:
            raise Refusal(
                "EntityTooSmall",
                "Your proposed upload is smaller than the minimum allowed size",
                ProposedSize=part.blob.size,
                MinSizeAllowed=smallest,
                PartNumber=part.number,
                ETag=part.etag,
            )


def _check_named_checksums(named: Sequence[_Named], upload: Upload) -> None:
    if upload.algorithm is None or upload.checksum_type == FULL_OBJECT:
        return
    for each in named:
        if upload.algorithm not in each.checksums:
            raise Refusal(
                "InvalidRequest",
                f"The upload was created using a {upload.algorithm} checksum. The complete request "
                f"must include the checksum for each part. It was missing for part {each.number} "
                "in the request.",
            )


def _whole_checksum(upload: Upload, parts: Sequence[StoredPart]) -> Checksum:
    algorithm = ALGORITHMS[_joining(upload)]
    if upload.algorithm and upload.checksum_type == COMPOSITE:
        return _composite(upload.algorithm, parts)
    whole = 0
    for part in parts:
        if algorithm.combine is not None:
            whole = algorithm.combine(whole, part.crc, part.blob.size)
    raw = whole.to_bytes(algorithm.size, "big")
    return Checksum(algorithm.name, base64.b64encode(raw).decode("ascii"))


def _composite(algorithm: str, parts: Sequence[StoredPart]) -> Checksum:
    hasher = ALGORITHMS[algorithm].start()
    for part in parts:
        value = part.checksum.value if part.checksum else ""
        hasher.update(memoryview(base64.b64decode(value)))
    text = base64.b64encode(hasher.digest()).decode("ascii")
    return Checksum(algorithm, f"{text}-{len(parts)}", COMPOSITE)


def _check_promised_whole(
    exchange: Exchange,
    upload: Upload,
    parts: Sequence[StoredPart],
    checksum: Checksum | None,
) -> None:
    size = sum(part.blob.size for part in parts)
    promised = exchange.header("x-amz-mp-object-size")
    if promised and promised != str(size):
        raise Refusal(
            "InvalidRequest",
            f"The provided 'x-amz-mp-object-size' header value {promised} does not match what was "
            f"computed: {size}",
        )
    if size > exchange.manners.largest_object:
        raise Refusal("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
    if checksum is None:
        return
    kind = exchange.header("x-amz-checksum-type").upper()
    if kind and kind != upload.checksum_type:
        raise Refusal("InvalidRequest", f"The upload was created with {upload.checksum_type}")
    for name in ALGORITHMS:
        value = exchange.header(PREFIX + name)
        if value and (name, value) != (checksum.algorithm, checksum.value):
            raise bad_checksum(name)


def _whole_etag(upload: Upload, parts: Sequence[StoredPart]) -> str:
    if is_kms(upload.headers):
        return f"{unlike_md5()}-{len(parts)}"
    together = b"".join(bytes.fromhex(part.md5) for part in parts)
    return f"{md5(together, usedforsecurity=False).hexdigest()}-{len(parts)}"
