"""Multipart uploads, driven by the official client."""

from __future__ import annotations

import base64
import hashlib
import random
from dataclasses import dataclass, field
from typing import Any

import pytest
from awscrt import checksums
from tests.practice.conftest import Connect, Serve
from tests.practice.raw import Raw, refused

from pipette.practice.manners import KiB, Manners
from pipette.practice.server import S3Server

SMALL_PARTS = Manners(smallest_part=64 * KiB)
ONE, TWO = (random.Random(seed).randbytes(96 * KiB) for seed in (1, 2))
LAST = b"the end"
UNCHECKED = {"request_checksum_calculation": "when_required"}


def crc(data: bytes) -> str:
    return base64.b64encode(checksums.crc64nvme(data).to_bytes(8, "big")).decode()


def multipart_etag(*parts: bytes) -> str:
    digests = b"".join(hashlib.md5(part).digest() for part in parts)
    return f'"{hashlib.md5(digests).hexdigest()}-{len(parts)}"'


@dataclass
class Upload:
    """An open upload, and what was said of its parts."""

    s3: Any
    key: str = "a"
    how: dict[str, Any] = field(default_factory=dict)
    sent: dict[int, dict[str, Any]] = field(default_factory=dict)
    id: str = ""

    def __post_init__(self) -> None:
        answer = self.s3.create_multipart_upload(Bucket="lab", Key=self.key, **self.how)
        self.id = answer["UploadId"]

    @property
    def which(self) -> dict[str, str]:
        return {"Bucket": "lab", "Key": self.key, "UploadId": self.id}

    def send(self, number: int, data: bytes, **how: Any) -> dict[str, Any]:
        algorithm = {name: self.how[name] for name in ("ChecksumAlgorithm",) if name in self.how}
        how = algorithm | how
        answer = self.s3.upload_part(**self.which, PartNumber=number, Body=data, **how)
        named = {name: value for name, value in answer.items() if name.startswith("Checksum")}
        self.sent[number] = {"PartNumber": number, "ETag": answer["ETag"]} | named
        return dict(answer)

    def complete(self, *numbers: int, **how: Any) -> dict[str, Any]:
        parts = [self.sent[number] for number in numbers or sorted(self.sent)]
        return self.complete_with(parts, **how)

    def complete_with(self, parts: list[dict[str, Any]], **how: Any) -> dict[str, Any]:
        named = {"Parts": parts}
        return dict(self.s3.complete_multipart_upload(**self.which, MultipartUpload=named, **how))


@pytest.fixture
def server(serve: Serve) -> S3Server:
    return serve(manners=SMALL_PARTS)


@pytest.fixture
def upload(s3: Any) -> Upload:
    return Upload(s3, how={"ChecksumAlgorithm": "CRC64NVME"})


@pytest.fixture
def unchecked(server: S3Server, connect: Connect) -> Any:
    """A client that sends no checksum unless it is told to."""
    return connect(server, config=UNCHECKED)


@pytest.fixture
def plain(unchecked: Any) -> Upload:
    return Upload(unchecked)


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2), (2, 3, 1)])
def test_parts_may_come_in_any_order(server: S3Server, plain: Upload, order: list[int]) -> None:
    for number in order:
        plain.send(number, (ONE, TWO, LAST)[number - 1])
    assert plain.complete()["ETag"] == multipart_etag(ONE, TWO, LAST)
    assert server.read("lab", "a") == ONE + TWO + LAST


def test_numbers_may_have_gaps(server: S3Server, plain: Upload) -> None:
    plain.send(7, TWO)
    plain.send(10_000, LAST)
    plain.send(3, ONE)
    plain.complete()
    assert server.read("lab", "a") == ONE + TWO + LAST


def test_a_part_sent_again_replaces_the_one_before(server: S3Server, plain: Upload) -> None:
    plain.send(1, ONE)
    plain.send(2, LAST)
    plain.send(1, TWO)
    plain.complete()
    assert server.read("lab", "a") == TWO + LAST
    assert server.log.parts_accepted(plain.id) == {1: 2, 2: 1}


def test_only_the_parts_that_are_named_are_put_together(server: S3Server, plain: Upload) -> None:
    plain.send(1, ONE)
    plain.send(2, TWO)
    plain.send(3, LAST)
    plain.complete(1, 3)
    assert server.read("lab", "a") == ONE + LAST


def test_nothing_is_to_be_seen_before_it_is_complete(server: S3Server, plain: Upload) -> None:
    plain.send(1, ONE)
    assert server.read("lab", "a") is None
    assert server.keys("lab") == []


def test_all_but_the_last_part_must_be_large_enough(plain: Upload) -> None:
    plain.send(1, LAST)
    plain.send(2, ONE)
    with refused("EntityTooSmall", 400):
        plain.complete()
    plain.send(1, TWO)
    plain.complete()


def test_the_smallest_part_is_5_mib_unless_told_otherwise(serve: Serve, connect: Connect) -> None:
    upload = Upload(connect(serve(), config=UNCHECKED))
    upload.send(1, bytes(5 * KiB * KiB - 1))
    upload.send(2, LAST)
    with refused("EntityTooSmall", 400):
        upload.complete()


def test_a_part_may_be_too_large(serve: Serve, connect: Connect) -> None:
    upload = Upload(connect(serve(manners=Manners(largest_part=10)), config=UNCHECKED))
    with refused("EntityTooLarge", 400):
        upload.send(1, ONE)


@pytest.mark.parametrize("number", [0, 10_001, -1])
def test_part_numbers_go_from_1_to_10000(plain: Upload, number: int) -> None:
    with refused("InvalidArgument", 400):
        plain.send(number, ONE)


@pytest.mark.parametrize("number", ["", "x", "1.0", "%C2%B2"])
def test_a_part_number_is_a_number(raw: Raw, plain: Upload, number: str) -> None:
    answer = raw.send("PUT", f"/lab/a?partNumber={number}&uploadId={plain.id}", ONE)
    assert answer.said == (400, "InvalidArgument")


def test_parts_must_be_named_in_order_and_once(plain: Upload) -> None:
    plain.send(1, ONE)
    plain.send(2, TWO)
    with refused("InvalidPartOrder", 400):
        plain.complete(2, 1)
    with refused("InvalidPartOrder", 400):
        plain.complete(1, 1)


def test_parts_must_be_named_by_their_etag(plain: Upload) -> None:
    old = plain.send(1, ONE)["ETag"]
    plain.send(1, TWO)
    with refused("InvalidPart", 400):
        plain.complete_with([{"PartNumber": 1, "ETag": old}])
    with refused("InvalidPart", 400):
        plain.complete_with([plain.sent[1], {"PartNumber": 2, "ETag": old}])
    plain.complete()


def test_an_upload_cannot_be_completed_without_parts(raw: Raw, plain: Upload) -> None:
    body = b"<CompleteMultipartUpload></CompleteMultipartUpload>"
    answer = raw.send("POST", f"/lab/a?uploadId={plain.id}", body)
    assert answer.said == (400, "MalformedXML")


def test_an_upload_that_is_unknown_is_refused_everywhere(s3: Any, plain: Upload) -> None:
    plain.send(1, ONE)
    good, plain.id = plain.id, "unknown"
    with refused("NoSuchUpload", 404):
        plain.send(1, ONE)
    with refused("NoSuchUpload", 404):
        plain.complete()
    with refused("NoSuchUpload", 404):
        s3.list_parts(**plain.which)
    with refused("NoSuchUpload", 404):
        s3.abort_multipart_upload(**plain.which)
    plain.id, plain.key = good, "another key"
    with refused("NoSuchUpload", 404):
        plain.send(2, ONE)


def test_an_upload_is_gone_once_it_is_complete(s3: Any, plain: Upload) -> None:
    plain.send(1, ONE)
    plain.complete()
    with refused("NoSuchUpload", 404):
        plain.complete()
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="lab")


def test_an_aborted_upload_leaves_nothing(server: S3Server, s3: Any, plain: Upload) -> None:
    plain.send(1, ONE)
    s3.abort_multipart_upload(**plain.which)
    with refused("NoSuchUpload", 404):
        s3.list_parts(**plain.which)
    assert server.open_uploads("lab") == []
    assert (server.log.uploads_created, server.log.uploads_aborted) == (1, 1)


def test_the_parts_are_listed_page_by_page(s3: Any, plain: Upload) -> None:
    for number in (5, 1, 3, 2):
        plain.send(number, ONE)
    pages = s3.get_paginator("list_parts").paginate(**plain.which, PaginationConfig={"PageSize": 3})
    found = [page["Parts"] for page in pages]
    assert [[part["PartNumber"] for part in parts] for parts in found] == [[1, 2, 3], [5]]
    assert {(part["Size"], part["ETag"]) for parts in found for part in parts} == {
        (len(ONE), f'"{hashlib.md5(ONE).hexdigest()}"')
    }


def test_the_open_uploads_are_listed_page_by_page(s3: Any) -> None:
    ids = {Upload(s3, key).id for key in ("b", "a", "c/1", "a", "c/2")}
    pages = s3.get_paginator("list_multipart_uploads").paginate(
        Bucket="lab", PaginationConfig={"PageSize": 2}
    )
    found = [upload for page in pages for upload in page["Uploads"]]
    assert [upload["Key"] for upload in found] == ["a", "a", "b", "c/1", "c/2"]
    assert {upload["UploadId"] for upload in found} == ids
    below = s3.list_multipart_uploads(Bucket="lab", Prefix="c/")["Uploads"]
    assert [upload["Key"] for upload in below] == ["c/1", "c/2"]


def test_the_whole_checksum_is_computed_over_the_whole_object(s3: Any, upload: Upload) -> None:
    for number, data in ((3, LAST), (1, ONE), (2, TWO)):
        assert upload.send(number, data, ChecksumCRC64NVME=crc(data))["ChecksumCRC64NVME"]
    done = upload.complete(ChecksumCRC64NVME=crc(ONE + TWO + LAST), ChecksumType="FULL_OBJECT")
    head = s3.head_object(Bucket="lab", Key="a", ChecksumMode="ENABLED")
    for answer in (done, head):
        assert answer["ChecksumCRC64NVME"] == crc(ONE + TWO + LAST)
        assert answer["ChecksumType"] == "FULL_OBJECT"


def test_a_whole_checksum_is_there_even_if_nobody_asked(s3: Any, plain: Upload) -> None:
    plain.send(1, ONE)
    plain.send(2, LAST)
    assert plain.complete()["ChecksumCRC64NVME"] == crc(ONE + LAST)


def test_a_wrong_whole_checksum_is_refused_and_the_upload_stays(upload: Upload) -> None:
    upload.send(1, ONE)
    upload.send(2, LAST)
    with refused("BadDigest", 400):
        upload.complete(ChecksumCRC64NVME=crc(LAST + ONE))
    upload.complete(ChecksumCRC64NVME=crc(ONE + LAST))


def test_a_wrong_checksum_of_a_part_is_refused_and_the_part_before_stays(
    server: S3Server, upload: Upload
) -> None:
    upload.send(1, ONE)
    with refused("BadDigest", 400):
        upload.send(1, TWO, ChecksumCRC64NVME=crc(ONE))
    upload.complete()
    assert server.read("lab", "a") == ONE


def test_a_part_must_have_the_checksum_of_its_upload(upload: Upload, plain: Upload) -> None:
    with refused("InvalidRequest", 400):
        upload.send(1, ONE, ChecksumAlgorithm="SHA256")
    with refused("InvalidRequest", 400):
        plain.send(1, ONE, ChecksumAlgorithm="CRC64NVME")


def test_a_part_of_a_composite_upload_must_have_a_checksum(raw: Raw, s3: Any) -> None:
    upload = Upload(s3, how={"ChecksumAlgorithm": "SHA256"})
    answer = raw.send("PUT", f"/lab/a?partNumber=1&uploadId={upload.id}", ONE)
    assert answer.said == (400, "InvalidRequest")


def test_the_checksums_of_parts_are_listed_and_compared(s3: Any, upload: Upload) -> None:
    upload.send(1, ONE)
    listed = s3.list_parts(**upload.which)
    assert listed["ChecksumAlgorithm"] == "CRC64NVME"
    assert listed["Parts"][0]["ChecksumCRC64NVME"] == crc(ONE)
    with refused("InvalidPart", 400):
        upload.complete_with([upload.sent[1] | {"ChecksumCRC64NVME": crc(TWO)}])


def test_a_composite_checksum_is_that_of_the_parts_checksums(s3: Any) -> None:
    upload = Upload(s3, how={"ChecksumAlgorithm": "SHA256"})
    upload.send(1, ONE)
    upload.send(2, LAST)
    together = hashlib.sha256(hashlib.sha256(ONE).digest() + hashlib.sha256(LAST).digest())
    done = upload.complete()
    assert done["ChecksumSHA256"] == base64.b64encode(together.digest()).decode() + "-2"
    assert done["ChecksumType"] == "COMPOSITE"


def test_a_composite_upload_wants_the_checksum_of_each_part(s3: Any) -> None:
    upload = Upload(s3, how={"ChecksumAlgorithm": "SHA256"})
    etag = upload.send(1, ONE)["ETag"]
    with refused("InvalidRequest", 400):
        upload.complete_with([{"PartNumber": 1, "ETag": etag}])


def test_crc32_can_be_of_the_whole_object_too(s3: Any) -> None:
    upload = Upload(s3, how={"ChecksumAlgorithm": "CRC32", "ChecksumType": "FULL_OBJECT"})
    upload.send(1, ONE)
    upload.send(2, LAST)
    whole = checksums.crc32(ONE + LAST).to_bytes(4, "big")
    assert upload.complete()["ChecksumCRC32"] == base64.b64encode(whole).decode()


@pytest.mark.parametrize(
    ("algorithm", "kind"), [("CRC64NVME", "COMPOSITE"), ("SHA256", "FULL_OBJECT"), ("MD4", None)]
)
def test_checksums_that_do_not_exist_are_refused(raw: Raw, algorithm: str, kind: str) -> None:
    headers = {"x-amz-checksum-algorithm": algorithm}
    headers |= {"x-amz-checksum-type": kind} if kind else {}
    answer = raw.send("POST", "/lab/a?uploads=", headers=headers)
    assert answer.said == (400, "InvalidRequest")


def test_the_size_that_was_promised_is_compared(upload: Upload) -> None:
    upload.send(1, ONE)
    with refused("InvalidRequest", 400):
        upload.complete(MpuObjectSize=len(ONE) + 1)
    upload.complete(MpuObjectSize=len(ONE))


def test_a_large_object_does_not_replace_what_it_must_not(s3: Any, upload: Upload) -> None:
    s3.put_object(Bucket="lab", Key="a", Body=LAST)
    upload.send(1, ONE)
    with refused("PreconditionFailed", 412):
        upload.complete(IfNoneMatch="*")
    s3.delete_object(Bucket="lab", Key="a")
    upload.complete(IfNoneMatch="*")


def test_a_part_can_be_asked_for_by_its_number(s3: Any, plain: Upload) -> None:
    plain.send(1, ONE)
    plain.send(5, LAST)
    plain.complete()
    head = s3.head_object(Bucket="lab", Key="a", PartNumber=2)
    assert (head["ContentLength"], head["PartsCount"]) == (len(LAST), 2)
    got = s3.get_object(Bucket="lab", Key="a", PartNumber=1)
    assert got["ContentRange"] == f"bytes 0-{len(ONE) - 1}/{len(ONE + LAST)}"
    assert got["Body"].read() == ONE
    with refused("416", 416):
        s3.head_object(Bucket="lab", Key="a", PartNumber=3)


def test_a_single_put_is_its_own_first_part(s3: Any) -> None:
    s3.put_object(Bucket="lab", Key="a", Body=ONE)
    head = s3.head_object(Bucket="lab", Key="a", PartNumber=1)
    assert head["ContentLength"] == len(ONE)
    assert "PartsCount" not in head


def test_a_range_may_cross_parts(s3: Any, plain: Upload) -> None:
    plain.send(1, ONE)
    plain.send(2, TWO)
    plain.send(3, LAST)
    plain.complete()
    start = len(ONE) - 10
    asked = f"bytes={start}-{len(ONE + TWO) + 2}"
    got = s3.get_object(Bucket="lab", Key="a", Range=asked)["Body"].read()
    assert got == (ONE + TWO + LAST)[start : len(ONE + TWO) + 3]


def test_with_kms_no_etag_of_an_upload_is_an_md5(server: S3Server, unchecked: Any) -> None:
    upload = Upload(unchecked, how={"ServerSideEncryption": "aws:kms"})
    part = upload.send(1, ONE)
    assert part["ETag"] != f'"{hashlib.md5(ONE).hexdigest()}"'
    done = upload.complete()
    assert done["ServerSideEncryption"] == "aws:kms"
    assert done["ETag"] != multipart_etag(ONE)
    assert done["ETag"].endswith('-1"')
    assert server.read("lab", "a") == ONE


def test_metadata_is_given_when_the_upload_is_opened(unchecked: Any) -> None:
    upload = Upload(unchecked, how={"Metadata": {"run": "7"}, "ContentType": "text/csv"})
    upload.send(1, ONE)
    upload.complete()
    head = unchecked.head_object(Bucket="lab", Key="a")
    assert (head["Metadata"], head["ContentType"]) == ({"run": "7"}, "text/csv")


def test_copying_into_a_part_is_not_pretended(s3: Any, plain: Upload) -> None:
    with refused("NotImplemented", 501):
        s3.upload_part_copy(**plain.which, PartNumber=1, CopySource="lab/a")
