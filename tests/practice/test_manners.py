"""Services that are not as strict as AWS, each gap by itself."""

from __future__ import annotations

import random
from typing import Any

import pytest
from tests.practice.conftest import Connect, Serve
from tests.practice.raw import TRAILER, Raw, chunked, refused
from tests.practice.test_bodies import crc_of, trailing
from tests.practice.uploads import UNCHECKED, Upload

from pipette.practice.manners import LIKE_RADOSGW, LIKE_RCLONE, Manners

DATA = random.Random(4).randbytes(100_000)


@pytest.mark.parametrize("manners", [LIKE_RADOSGW, LIKE_RCLONE])
def test_some_ignore_checksums_and_do_not_echo_them(serve: Serve, manners: Manners) -> None:
    server = serve(manners=manners)
    with Raw(server) as raw:
        wrong = {"x-amz-checksum-crc64nvme": crc_of(b"other")}
        answer = raw.send("PUT", "/lab/a", DATA, headers=wrong)
        head = raw.send("HEAD", "/lab/a", headers={"x-amz-checksum-mode": "ENABLED"})
    assert answer.status == 200
    assert not [name for name in (*answer.headers, *head.headers) if "checksum" in name]


def test_some_ignore_the_checksums_of_uploads(serve: Serve, connect: Connect) -> None:
    s3 = connect(serve(manners=LIKE_RADOSGW))
    opened = s3.create_multipart_upload(Bucket="lab", Key="a", ChecksumAlgorithm="CRC64NVME")
    assert "ChecksumAlgorithm" not in opened
    upload = Upload(s3)
    assert not [name for name in upload.send(1, DATA) if name.startswith("Checksum")]
    done = upload.complete(ChecksumCRC64NVME=crc_of(b"other"))
    assert not [name for name in done if name.startswith("Checksum")]


def test_some_take_no_trailers(serve: Serve) -> None:
    body = chunked(DATA, 65_536, f"x-amz-checksum-crc64nvme:{crc_of(DATA)}")
    with Raw(serve(manners=LIKE_RADOSGW)) as raw:
        answer = raw.send("PUT", "/lab/a", body, headers=trailing(DATA), payload=TRAILER)
    assert answer.said == (400, "XAmzContentSHA256Mismatch")


def test_some_take_trailers_without_looking_at_them(serve: Serve) -> None:
    server = serve(manners=LIKE_RCLONE)
    body = chunked(DATA, 65_536, f"x-amz-checksum-crc64nvme:{crc_of(b'other')}")
    with Raw(server) as raw:
        answer = raw.send("PUT", "/lab/a", body, headers=trailing(DATA), payload=TRAILER)
    assert answer.status == 200
    assert server.read("lab", "a") == DATA


def test_some_do_not_look_at_the_payload_hash(serve: Serve) -> None:
    with Raw(serve(manners=LIKE_RCLONE)) as raw:
        assert raw.send("PUT", "/lab/a", DATA, payload="0" * 64).status == 200
    with Raw(serve(manners=LIKE_RADOSGW)) as raw:
        assert raw.send("PUT", "/lab/a", DATA, payload="0" * 64).status == 400


def test_all_look_at_content_md5(serve: Serve, connect: Connect) -> None:
    s3 = connect(serve(manners=LIKE_RCLONE), config=UNCHECKED)
    with refused("BadDigest", 400):
        s3.put_object(Bucket="lab", Key="a", Body=DATA, ContentMD5="1B2M2Y8AsgTpgAmY7PhCfg==")


def test_some_replace_what_they_were_asked_not_to(serve: Serve, connect: Connect) -> None:
    server = serve(manners=LIKE_RCLONE)
    server.put("lab", "a", b"before")
    s3 = connect(server)
    s3.put_object(Bucket="lab", Key="a", Body=DATA, IfNoneMatch="*")
    assert server.read("lab", "a") == DATA


@pytest.fixture
def guarded(serve: Serve, connect: Connect) -> Any:
    return connect(serve(manners=Manners(lists_parts=False, aborts=False)), config=UNCHECKED)


def test_some_keys_may_not_list_parts_or_abort(guarded: Any) -> None:
    upload = Upload(guarded)
    upload.send(1, DATA)
    with refused("AccessDenied", 403):
        guarded.list_parts(**upload.which)
    with refused("AccessDenied", 403):
        guarded.abort_multipart_upload(**upload.which)
    upload.complete()


def test_some_encrypt_everything_with_kms(serve: Serve, connect: Connect) -> None:
    server = serve(manners=Manners(kms=True))
    s3 = connect(server)
    first = s3.put_object(Bucket="lab", Key="a", Body=DATA)
    second = s3.put_object(Bucket="lab", Key="a", Body=DATA)
    assert first["ServerSideEncryption"] == "aws:kms"
    assert first["ETag"] != second["ETag"]
