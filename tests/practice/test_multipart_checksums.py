"""Checksums of multipart uploads: of each part, and of the whole."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from awscrt import checksums
from tests.practice.conftest import Connect, Serve
from tests.practice.raw import Raw, refused
from tests.practice.uploads import (
    LAST,
    ONE,
    SMALL_PARTS,
    TWO,
    UNCHECKED,
    Upload,
    crc,
)

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
