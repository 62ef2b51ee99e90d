"""Multipart uploads, driven by the official client."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from tests.practice.conftest import Connect, Serve
from tests.practice.raw import Raw, refused
from tests.practice.uploads import (
    LAST,
    ONE,
    SMALL_PARTS,
    TWO,
    UNCHECKED,
    Upload,
    multipart_etag,
)

from pipette.practice.manners import KiB, Manners
from pipette.practice.server import S3Server


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
