"""Single objects, driven by the official client."""

from __future__ import annotations

import base64
import hashlib
import random
from collections.abc import Callable
from typing import Any

import pytest
from awscrt import checksums
from tests.practice.conftest import Connect, Serve
from tests.practice.raw import Raw, refused

from pipette.practice.manners import Manners, MiB
from pipette.practice.server import S3Server

DATA = random.Random(1).randbytes(100_000)
OTHER = b"something else"
ODD_KEYS = (
    "plain",
    "with space/and+plus",
    "per%cent%41#hash?question&and=is",
    'quote\'s "double" <tag>',
    "é composed \u00e9 and not e\u0301",
    "emoji 🧬 α β",
    "dir//twice",
    "trailing/",
    "~tilde-_.!*'()",
    "n" * 1024,
)


def b64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


DIGESTS: dict[str, Callable[[bytes], bytes]] = {
    "CRC64NVME": lambda data: checksums.crc64nvme(data).to_bytes(8, "big"),
    "CRC32": lambda data: checksums.crc32(data).to_bytes(4, "big"),
    "CRC32C": lambda data: checksums.crc32c(data).to_bytes(4, "big"),
    "SHA1": lambda data: hashlib.sha1(data).digest(),
    "SHA256": lambda data: hashlib.sha256(data).digest(),
}


def read(s3: Any, key: str, **how: Any) -> bytes:
    with s3.get_object(Bucket="lab", Key=key, **how)["Body"] as body:
        return bytes(body.read())


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, MiB, 3 * MiB + 1])
def test_an_object_comes_back_as_it_was_put(s3: Any, size: int) -> None:
    data = random.Random(size).randbytes(size)
    answer = s3.put_object(Bucket="lab", Key="a", Body=data)
    assert answer["ETag"] == f'"{hashlib.md5(data).hexdigest()}"'
    assert read(s3, "a") == data


@pytest.mark.parametrize("key", ODD_KEYS)
def test_odd_keys_are_kept_to_the_letter(s3: Any, key: str) -> None:
    s3.put_object(Bucket="lab", Key=key, Body=b"x")
    assert read(s3, key) == b"x"
    assert [row["Key"] for row in s3.list_objects_v2(Bucket="lab")["Contents"]] == [key]


def test_a_key_of_more_than_1024_bytes_is_refused(s3: Any) -> None:
    with refused("KeyTooLongError", 400):
        s3.put_object(Bucket="lab", Key="é" * 513, Body=b"x")


def test_a_missing_object_and_a_missing_bucket_are_told_apart(s3: Any) -> None:
    with refused("NoSuchKey", 404):
        s3.get_object(Bucket="lab", Key="gone")
    with refused("NoSuchBucket", 404):
        s3.get_object(Bucket="nowhere", Key="gone")
    with refused("404", 404):
        s3.head_object(Bucket="lab", Key="gone")
    with refused("NoSuchBucket", 404):
        s3.put_object(Bucket="nowhere", Key="a", Body=b"x")


@pytest.mark.parametrize(
    ("asked", "expected", "told"),
    [
        ("bytes=10-109", DATA[10:110], "bytes 10-109/100000"),
        ("bytes=99990-", DATA[99_990:], "bytes 99990-99999/100000"),
        ("bytes=-5", DATA[-5:], "bytes 99995-99999/100000"),
        ("bytes=-200000", DATA, "bytes 0-99999/100000"),
        ("bytes=99999-200000", DATA[-1:], "bytes 99999-99999/100000"),
    ],
)
def test_a_range_is_answered_with_206(s3: Any, asked: str, expected: bytes, told: str) -> None:
    s3.put_object(Bucket="lab", Key="a", Body=DATA)
    answer = s3.get_object(Bucket="lab", Key="a", Range=asked)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert answer["ContentRange"] == told
    assert answer["Body"].read() == expected


@pytest.mark.parametrize("asked", ["bytes=100000-", "bytes=200000-300000", "bytes=-0"])
def test_a_range_behind_the_end_is_refused(s3: Any, asked: str) -> None:
    s3.put_object(Bucket="lab", Key="a", Body=DATA)
    with refused("InvalidRange", 416):
        s3.get_object(Bucket="lab", Key="a", Range=asked)


@pytest.mark.parametrize("asked", ["bytes=9-3", "bytes=x-y", "lines=1-2", "bytes=1-2,5-6"])
def test_a_range_that_makes_no_sense_is_ignored(s3: Any, asked: str) -> None:
    s3.put_object(Bucket="lab", Key="a", Body=DATA)
    answer = s3.get_object(Bucket="lab", Key="a", Range=asked)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert answer["Body"].read() == DATA


def test_an_empty_object_has_no_range(s3: Any) -> None:
    s3.put_object(Bucket="lab", Key="a", Body=b"")
    with refused("InvalidRange", 416):
        s3.get_object(Bucket="lab", Key="a", Range="bytes=0-")


def test_a_read_can_insist_on_the_version_it_knows(s3: Any) -> None:
    etag = s3.put_object(Bucket="lab", Key="a", Body=DATA)["ETag"]
    assert read(s3, "a", IfMatch=etag) == DATA
    s3.put_object(Bucket="lab", Key="a", Body=OTHER)
    with refused("PreconditionFailed", 412):
        s3.get_object(Bucket="lab", Key="a", IfMatch=etag)


def test_a_read_can_be_spared_when_nothing_changed(s3: Any) -> None:
    etag = s3.put_object(Bucket="lab", Key="a", Body=DATA)["ETag"]
    with refused("304", 304):
        s3.get_object(Bucket="lab", Key="a", IfNoneMatch=etag)
    assert read(s3, "a", IfNoneMatch='"another"') == DATA


def test_a_write_can_insist_that_nothing_is_there(s3: Any) -> None:
    s3.put_object(Bucket="lab", Key="a", Body=DATA, IfNoneMatch="*")
    with refused("PreconditionFailed", 412):
        s3.put_object(Bucket="lab", Key="a", Body=OTHER, IfNoneMatch="*")
    assert read(s3, "a") == DATA


def test_a_write_can_insist_on_what_it_replaces(s3: Any) -> None:
    etag = s3.put_object(Bucket="lab", Key="a", Body=DATA)["ETag"]
    s3.put_object(Bucket="lab", Key="a", Body=OTHER, IfMatch=etag)
    with refused("PreconditionFailed", 412):
        s3.put_object(Bucket="lab", Key="a", Body=DATA, IfMatch=etag)
    with refused("NoSuchKey", 404):
        s3.put_object(Bucket="lab", Key="new", Body=DATA, IfMatch=etag)


@pytest.mark.parametrize("name", DIGESTS)
def test_a_right_checksum_is_echoed_and_kept(s3: Any, name: str) -> None:
    value = b64(DIGESTS[name](DATA))
    put = s3.put_object(Bucket="lab", Key="a", Body=DATA, **{f"Checksum{name}": value})
    head = s3.head_object(Bucket="lab", Key="a", ChecksumMode="ENABLED")
    for answer in (put, head):
        assert answer[f"Checksum{name}"] == value
        assert answer["ChecksumType"] == "FULL_OBJECT"


@pytest.mark.parametrize("name", DIGESTS)
def test_a_wrong_checksum_is_refused_and_nothing_stored(s3: Any, name: str) -> None:
    value = b64(DIGESTS[name](OTHER))
    with refused("BadDigest", 400):
        s3.put_object(Bucket="lab", Key="a", Body=DATA, **{f"Checksum{name}": value})
    assert "Contents" not in s3.list_objects_v2(Bucket="lab")


def test_without_a_checksum_the_service_keeps_its_own(raw: Raw, s3: Any) -> None:
    raw.send("PUT", "/lab/a", DATA)
    head = s3.head_object(Bucket="lab", Key="a", ChecksumMode="ENABLED")
    assert head["ChecksumCRC64NVME"] == b64(DIGESTS["CRC64NVME"](DATA))


def test_checksums_are_shown_only_on_request_and_only_of_whole_objects(s3: Any) -> None:
    s3.put_object(Bucket="lab", Key="a", Body=DATA)
    assert "ChecksumCRC32" not in s3.head_object(Bucket="lab", Key="a")
    ranged = s3.get_object(Bucket="lab", Key="a", Range="bytes=0-9", ChecksumMode="ENABLED")
    assert "ChecksumCRC32" not in ranged
    assert len(ranged["Body"].read()) == 10


def test_a_checksum_that_is_none_is_refused(raw: Raw) -> None:
    answer = raw.send("PUT", "/lab/a", DATA, headers={"x-amz-checksum-crc32": "AAAA"})
    assert answer.said == (400, "InvalidRequest")


def test_two_checksums_at_once_are_refused(raw: Raw) -> None:
    both = {
        f"x-amz-checksum-{name.lower()}": b64(DIGESTS[name](DATA)) for name in ("CRC32", "SHA1")
    }
    assert raw.send("PUT", "/lab/a", DATA, headers=both).said == (400, "InvalidRequest")


def test_a_checksum_that_was_announced_must_come(raw: Raw) -> None:
    headers = {"x-amz-sdk-checksum-algorithm": "CRC64NVME"}
    assert raw.send("PUT", "/lab/a", DATA, headers=headers).said == (400, "InvalidRequest")


def test_content_md5_is_checked(s3: Any) -> None:
    s3.put_object(Bucket="lab", Key="a", Body=DATA, ContentMD5=b64(hashlib.md5(DATA).digest()))
    with refused("BadDigest", 400):
        s3.put_object(Bucket="lab", Key="a", Body=OTHER, ContentMD5=b64(hashlib.md5(DATA).digest()))
    with refused("InvalidDigest", 400):
        s3.put_object(Bucket="lab", Key="a", Body=DATA, ContentMD5="no md5")
    assert read(s3, "a") == DATA


def test_more_than_one_put_may_hold_is_refused(serve: Serve, connect: Connect) -> None:
    s3 = connect(serve(manners=Manners(largest_put=10)))
    s3.put_object(Bucket="lab", Key="a", Body=b"0123456789")
    with refused("EntityTooLarge", 400):
        s3.put_object(Bucket="lab", Key="b", Body=b"0123456789a")


def test_metadata_and_content_headers_come_back(s3: Any) -> None:
    given = {
        "Metadata": {"sha256": "abc", "run-id": "201120_M1"},
        "ContentType": "text/csv",
        "ContentEncoding": "gzip",
        "ContentDisposition": 'attachment; filename="a.csv"',
        "CacheControl": "no-store",
        "StorageClass": "STANDARD_IA",
    }
    s3.put_object(Bucket="lab", Key="a", Body=DATA, **given)
    head = s3.head_object(Bucket="lab", Key="a")
    assert {name: head[name] for name in given} == given


def test_too_much_metadata_is_refused(s3: Any) -> None:
    with refused("MetadataTooLarge", 400):
        s3.put_object(Bucket="lab", Key="a", Body=DATA, Metadata={"a": "x" * 2048})


def test_encryption_is_echoed_and_unknown_kinds_are_refused(s3: Any) -> None:
    plain = s3.put_object(Bucket="lab", Key="a", Body=DATA, ServerSideEncryption="AES256")
    assert plain["ServerSideEncryption"] == "AES256"
    with refused("InvalidArgument", 400):
        s3.put_object(Bucket="lab", Key="a", Body=DATA, ServerSideEncryption="ROT13")
    with refused("NotImplemented", 501):
        s3.put_object(Bucket="lab", Key="a", Body=DATA, SSECustomerAlgorithm="AES256")


def test_with_kms_the_etag_is_no_md5(s3: Any) -> None:
    key = "arn:aws:kms:us-east-1:000000000000:key/1"
    put = s3.put_object(
        Bucket="lab", Key="a", Body=DATA, ServerSideEncryption="aws:kms", SSEKMSKeyId=key
    )
    head = s3.head_object(Bucket="lab", Key="a")
    for answer in (put, head):
        assert (answer["ServerSideEncryption"], answer["SSEKMSKeyId"]) == ("aws:kms", key)
        assert answer["ETag"] != f'"{hashlib.md5(DATA).hexdigest()}"'
    assert read(s3, "a") == DATA


def test_a_bucket_may_encrypt_with_kms_of_its_own_accord(server: S3Server, s3: Any) -> None:
    server.create_bucket("sealed", kms=True)
    answer = s3.put_object(Bucket="sealed", Key="a", Body=DATA)
    assert answer["ServerSideEncryption"] == "aws:kms"
    assert answer["ETag"] != f'"{hashlib.md5(DATA).hexdigest()}"'


def test_deleting_is_for_good_and_may_be_repeated(s3: Any) -> None:
    s3.put_object(Bucket="lab", Key="a", Body=DATA)
    for _ in range(2):
        s3.delete_object(Bucket="lab", Key="a")
    with refused("NoSuchKey", 404):
        s3.get_object(Bucket="lab", Key="a")


def test_many_objects_are_deleted_at_once(s3: Any) -> None:
    for name in "abc":
        s3.put_object(Bucket="lab", Key=name, Body=DATA)
    named = [{"Key": "a"}, {"Key": "c"}, {"Key": "never was"}]
    answer = s3.delete_objects(Bucket="lab", Delete={"Objects": named})
    assert [row["Key"] for row in answer["Deleted"]] == ["a", "c", "never was"]
    assert [row["Key"] for row in s3.list_objects_v2(Bucket="lab")["Contents"]] == ["b"]


def test_deleting_many_needs_a_checksum(raw: Raw) -> None:
    body = b"<Delete><Object><Key>a</Key></Object></Delete>"
    assert raw.send("POST", "/lab?delete=", body).said == (400, "InvalidRequest")


@pytest.mark.parametrize(
    "body", [b"", b"<Delete/>", b"<Other/>", b"<Delete>", b"<!DOCTYPE x><Delete/>"]
)
def test_a_document_that_is_none_is_refused(raw: Raw, body: bytes) -> None:
    headers = {"content-md5": b64(hashlib.md5(body).digest())}
    assert raw.send("POST", "/lab?delete=", body, headers=headers).said == (400, "MalformedXML")


def test_a_copy_has_the_bytes_and_the_metadata(s3: Any) -> None:
    s3.put_object(Bucket="lab", Key="a é", Body=DATA, Metadata={"x": "1"}, ContentType="text/csv")
    s3.copy_object(Bucket="lab", Key="b", CopySource={"Bucket": "lab", "Key": "a é"})
    head = s3.head_object(Bucket="lab", Key="b")
    assert (head["Metadata"], head["ContentType"]) == ({"x": "1"}, "text/csv")
    assert read(s3, "b") == DATA


def test_a_copy_onto_itself_must_change_something(s3: Any) -> None:
    s3.put_object(Bucket="lab", Key="a", Body=DATA, Metadata={"x": "1"})
    onto_itself = {"Bucket": "lab", "Key": "a", "CopySource": "lab/a"}
    with refused("InvalidRequest", 400):
        s3.copy_object(**onto_itself)
    s3.copy_object(**onto_itself, MetadataDirective="REPLACE", Metadata={"x": "2"})
    assert s3.head_object(Bucket="lab", Key="a")["Metadata"] == {"x": "2"}
    with refused("NoSuchKey", 404):
        s3.copy_object(Bucket="lab", Key="b", CopySource="lab/gone")


def test_what_the_service_does_not_have_it_says_so(s3: Any) -> None:
    with refused("NotImplemented", 501):
        s3.get_object_tagging(Bucket="lab", Key="a")
    with refused("NotImplemented", 501):
        s3.get_bucket_versioning(Bucket="lab")
    with refused("NotImplemented", 501):
        s3.list_objects(Bucket="lab")


@pytest.mark.parametrize("number", ["0", "x", ""])
def test_a_part_is_asked_for_by_a_number(server: S3Server, raw: Raw, number: str) -> None:
    server.put("lab", "a", DATA)
    assert raw.send("GET", f"/lab/a?partNumber={number}").said == (400, "InvalidArgument")


def test_a_part_and_a_range_exclude_each_other(server: S3Server, raw: Raw) -> None:
    server.put("lab", "a", DATA)
    answer = raw.send("GET", "/lab/a?partNumber=1", headers={"Range": "bytes=0-9"})
    assert answer.said == (400, "InvalidRequest")


def test_a_copy_has_its_limits(serve: Serve, connect: Connect) -> None:
    server = serve(manners=Manners(largest_put=10))
    server.put("lab", "a", DATA)
    s3 = connect(server)
    with refused("InvalidRequest", 400):
        s3.copy_object(Bucket="lab", Key="b", CopySource="lab/a")
    with refused("NotImplemented", 501):
        s3.copy_object(Bucket="lab", Key="b", CopySource="lab/a", CopySourceIfMatch="x")


def test_a_reader_may_ask_for_other_headers(server: S3Server, s3: Any) -> None:
    server.put("lab", "a", DATA)
    asked = {"ResponseContentType": "text/x", "ResponseContentDisposition": "attachment"}
    answer = s3.get_object(Bucket="lab", Key="a", **asked)
    assert (answer["ContentType"], answer["ContentDisposition"]) == ("text/x", "attachment")
    assert answer["Body"].read() == DATA


def test_a_write_that_wants_another_condition_is_not_pretended(raw: Raw) -> None:
    answer = raw.send("PUT", "/lab/a", DATA, headers={"If-None-Match": '"etag"'})
    assert answer.said == (501, "NotImplemented")
