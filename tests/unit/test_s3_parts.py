"""How the answer to a part or a range is read. No requests."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import replace

import pytest
from awscrt.checksums import crc64nvme

from pipette.model import errors
from pipette.model.account import Secret
from pipette.model.files import Location, RemoteFile
from pipette.model.parts import Algorithm, Digest, Handle, Part, PartCheck, Reply
from pipette.providers import s3_parts
from pipette.providers.s3_endpoint import Bucket
from pipette.providers.sigv4 import Keys, Signer

DATA = b"content"
PART = Part(3, 14, 7)
DIGESTS = {
    Algorithm.MD5: hashlib.md5(DATA, usedforsecurity=False).digest(),
    Algorithm.CRC64NVME: crc64nvme(DATA).to_bytes(8, "big"),
}
MD5 = DIGESTS[Algorithm.MD5].hex()
CRC = base64.b64encode(DIGESTS[Algorithm.CRC64NVME]).decode()
BY_CRC = Handle(7, "id", check=PartCheck.CRC64_TRAILER)
BY_MD5 = Handle(7, "id", check=PartCheck.MD5_HEADER)
BY_REFUSED_MD5 = replace(BY_MD5, details={s3_parts.MD5_REFUSED: "yes"})
KMS = {"x-amz-server-side-encryption": "aws:kms"}
BUCKET = Bucket("https", "b.host", "", Signer(Keys("AK", Secret("SK")), "r", lambda: 0.0))
REMOTE = RemoteFile(Location("a", "b", "k"), size=30, etag=MD5)


def reply(headers: Mapping[str, str], sent: Mapping[Algorithm, bytes] = DIGESTS) -> Reply:
    return Reply(200, headers, b"", sent)


@pytest.mark.parametrize(
    ("handle", "headers", "proven"),
    [
        (BY_CRC, {"etag": '"x"', "x-amz-checksum-crc64nvme": CRC}, True),
        (BY_CRC, {"etag": '"x"'}, False),
        (BY_CRC, {"etag": f'"{MD5}"'}, True),
        (BY_MD5, {"etag": f'"{MD5}"'}, True),
        (BY_MD5, {"etag": f'"{"0" * 32}"', **KMS}, False),
        (BY_REFUSED_MD5, {"etag": f'"{"0" * 32}"', **KMS}, True),
        (BY_MD5, {"etag": '"not-a-digest"'}, False),
        (BY_REFUSED_MD5, {"etag": '"not-a-digest"'}, True),
        (BY_MD5, {"etag": '"x"', "x-amz-checksum-crc64nvme": CRC}, False),
    ],
)
def test_a_receipt_is_proven_only_by_what_was_compared(
    handle: Handle, headers: Mapping[str, str], proven: bool
) -> None:
    receipt = s3_parts.receipt_of(handle, PART, reply(headers))
    assert receipt.proven is proven
    assert (receipt.number, receipt.length, receipt.md5) == (3, 7, MD5)
    assert receipt.crc64nvme == crc64nvme(DATA)


@pytest.mark.parametrize(
    ("handle", "headers"),
    [
        (BY_CRC, {"etag": '"x"', "x-amz-checksum-crc64nvme": "AAAAAAAAAAA="}),
        (BY_CRC, {"etag": f'"{"0" * 32}"'}),
        (BY_MD5, {"etag": f'"{"0" * 32}"'}),
    ],
)
def test_another_checksum_there_is_a_bad_part(handle: Handle, headers: Mapping[str, str]) -> None:
    with pytest.raises(errors.BadPart):
        s3_parts.receipt_of(handle, PART, reply(headers))


def test_nothing_is_proven_of_bytes_nobody_summed() -> None:
    headers = {"etag": f'"{MD5}"', "x-amz-checksum-crc64nvme": CRC}
    assert not s3_parts.receipt_of(BY_CRC, PART, reply(headers, {})).proven


def test_a_header_form_needs_the_digest_beforehand() -> None:
    with pytest.raises(ValueError, match="digest"):
        s3_parts.part_request(BUCKET, "k", BY_MD5, PART, None)


def test_a_known_digest_goes_into_the_header_even_where_a_trailer_would_do() -> None:
    digest = Digest(Algorithm.CRC64NVME, DIGESTS[Algorithm.CRC64NVME])
    request = s3_parts.part_request(BUCKET, "k", BY_CRC, PART, digest)
    assert request.trailer is None
    assert request.headers["x-amz-checksum-crc64nvme"] == CRC


def test_a_part_without_digest_carries_it_in_a_trailer() -> None:
    request = s3_parts.part_request(BUCKET, "k", BY_CRC, PART, None)
    assert request.trailer is Algorithm.CRC64NVME
    assert request.url == "https://b.host/k?partNumber=3&uploadId=id"
    assert request.headers["x-amz-decoded-content-length"] == "7"
    assert request.headers["x-amz-content-sha256"] == "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
    assert "host" not in request.headers


def test_nothing_may_be_replaced_when_so_opened() -> None:
    handle = Handle(7, resumable=False, details={s3_parts.NEW_ONLY: "yes"})
    request = s3_parts.whole_request(BUCKET, "k", handle, PART, None, {})
    assert request.headers["if-none-match"] == "*"


def test_a_range_is_asked_for_only_of_the_file_that_was_found() -> None:
    request = s3_parts.range_request(BUCKET, "k", REMOTE, PART)
    assert request.headers["range"] == "bytes=14-20"
    assert request.headers["if-match"] == f'"{MD5}"'


def test_an_empty_file_is_asked_for_without_a_range() -> None:
    assert "range" not in s3_parts.range_request(BUCKET, "k", REMOTE, Part(1, 0, 0)).headers


@pytest.mark.parametrize("status", [200, 206])
def test_the_range_asked_for_is_taken_under_either_status(status: int) -> None:
    answer = Reply(status, {"content-range": "bytes 14-20/30", "etag": f'"{MD5}"'})
    assert s3_parts.range_receipt(REMOTE, PART, answer).md5 == MD5


@pytest.mark.parametrize(
    ("status", "headers", "kind"),
    [
        (206, {"content-range": "bytes 0-6/30"}, errors.Temporary),
        (206, {"content-range": "bytes 14-19/30"}, errors.Temporary),
        (206, {"content-range": "lines 14-20/30"}, errors.Temporary),
        (206, {}, errors.Temporary),
        (200, {"content-length": "30"}, errors.Temporary),
        (206, {"content-range": "bytes 14-20/31"}, errors.RemoteChanged),
        (206, {"content-range": "bytes 14-20/30", "etag": '"other"'}, errors.RemoteChanged),
        (412, {}, errors.RemoteChanged),
        (416, {}, errors.RemoteChanged),
        (404, {}, errors.RemoteMissing),
    ],
)
def test_other_bytes_than_asked_for_are_refused(
    status: int, headers: Mapping[str, str], kind: type[errors.TransferError]
) -> None:
    with pytest.raises(errors.TransferError) as refused:
        s3_parts.range_receipt(REMOTE, PART, Reply(status, headers))
    assert type(refused.value) is kind


def test_a_whole_file_is_taken_without_a_range() -> None:
    whole = Part(1, 0, 30)
    headers = {"x-amz-checksum-crc64nvme": CRC, "x-amz-checksum-type": "FULL_OBJECT"}
    told = s3_parts.range_receipt(REMOTE, whole, Reply(200, headers))
    assert told.crc64nvme == crc64nvme(DATA)


@pytest.mark.parametrize(
    ("part", "kind"), [(PART, "FULL_OBJECT"), (Part(1, 0, 30), "COMPOSITE"), (Part(1, 0, 30), "")]
)
def test_a_checksum_of_something_else_is_not_taken(part: Part, kind: str) -> None:
    span = f"bytes {part.offset}-{part.offset + part.length - 1}/30"
    headers = {"content-range": span, "x-amz-checksum-crc64nvme": CRC}
    headers |= {"x-amz-checksum-type": kind} if kind else {}
    assert s3_parts.range_receipt(REMOTE, part, Reply(206, headers)).crc64nvme is None


def test_a_file_that_shrank_under_its_name_is_refused() -> None:
    with pytest.raises(errors.RemoteChanged):
        s3_parts.range_receipt(REMOTE, Part(1, 0, 30), Reply(200, {"content-length": "29"}))


def test_an_etag_made_with_a_customers_key_is_no_md5() -> None:
    sealed = {"x-amz-server-side-encryption-customer-algorithm": "AES256"}
    assert s3_parts.etag_is_md5(MD5, {})
    assert not s3_parts.etag_is_md5(MD5, sealed)
    assert not s3_parts.etag_is_md5(f"{MD5}-2", {})


def test_a_weakened_etag_is_the_same_etag() -> None:
    assert s3_parts.plain_etag('W/"abc"') == "abc"
