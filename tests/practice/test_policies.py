"""Keys that may touch only a part of a bucket, as platforms hand them out."""

from __future__ import annotations

import pytest
from tests.practice.conftest import Connect
from tests.practice.raw import Raw, presigned, refused

from pipette.practice.faults import Fault, Respond
from pipette.practice.policies import Policy
from pipette.practice.server import S3Server
from pipette.practice.signing import KeyPair

BELOW = KeyPair("ASIABELOW", "secret-one", "token-one", policy=Policy("lab", "runs/7/"))
ONE = KeyPair("ASIAONE", "secret-two", "token-two", policy=Policy("lab", "runs/7/a.txt"))
READING = KeyPair("ASIAREAD", "secret-three", "token-three", policy=Policy("lab", "runs/7/", True))


@pytest.fixture
def guarded(server: S3Server) -> S3Server:
    for key in (BELOW, ONE, READING):
        server.add_key(key)
    server.put("lab", "runs/7/a.txt", b"there")
    return server


def test_a_key_writes_and_lists_below_its_prefix(guarded: S3Server, connect: Connect) -> None:
    client = connect(guarded, BELOW)
    client.put_object(Bucket="lab", Key="runs/7/deep/er.txt", Body=b"x")
    listed = client.list_objects_v2(Bucket="lab", Prefix="runs/7/deep/")
    assert [row["Key"] for row in listed["Contents"]] == ["runs/7/deep/er.txt"]


@pytest.mark.parametrize("key", ["runs/8/a.txt", "runs/7", "runs/77/a.txt"])
def test_a_key_writes_nothing_beside_its_prefix(
    guarded: S3Server, connect: Connect, key: str
) -> None:
    with refused("AccessDenied", 403):
        connect(guarded, BELOW).put_object(Bucket="lab", Key=key, Body=b"x")
    assert guarded.stored("lab", key) is None


def test_a_key_with_a_prefix_cannot_ask_about_the_bucket(
    guarded: S3Server, connect: Connect
) -> None:
    client = connect(guarded, BELOW)
    with refused("AccessDenied", 403):
        client.list_objects_v2(Bucket="lab")
    with refused("AccessDenied", 403):
        client.list_buckets()
    with refused("AccessDenied", 403):
        client.create_bucket(Bucket="another")


def test_a_key_for_one_object_touches_no_other(guarded: S3Server, connect: Connect) -> None:
    client = connect(guarded, ONE)
    client.put_object(Bucket="lab", Key="runs/7/a.txt", Body=b"mine")
    with refused("AccessDenied", 403):
        client.put_object(Bucket="lab", Key="runs/7/a.txt.gz", Body=b"x")
    assert guarded.read("lab", "runs/7/a.txt") == b"mine"


def test_a_key_for_reading_writes_nothing(guarded: S3Server, connect: Connect) -> None:
    client = connect(guarded, READING)
    with client.get_object(Bucket="lab", Key="runs/7/a.txt")["Body"] as body:
        assert body.read() == b"there"
    with refused("AccessDenied", 403):
        client.put_object(Bucket="lab", Key="runs/7/a.txt", Body=b"x")
    with refused("AccessDenied", 403):
        client.create_multipart_upload(Bucket="lab", Key="runs/7/b.txt")


def test_what_is_stored_is_told_without_a_request(guarded: S3Server) -> None:
    known = guarded.stored("lab", "runs/7/a.txt")
    assert known is not None
    assert (known.size, known.etag) == (5, "d850f04cdb48312a9be171e214c0b4ee")


def test_an_object_is_removed_without_a_request(guarded: S3Server) -> None:
    guarded.remove("lab", "runs/7/a.txt")
    guarded.remove("lab", "runs/7/a.txt")
    assert guarded.keys("lab") == []


def test_a_signed_address_wants_no_other_proof_of_who_asks(guarded: S3Server, raw: Raw) -> None:
    path = presigned(guarded, "GET", "/lab/runs/7/a.txt")
    assert raw.plain("GET", path).body == b"there"
    token = {"Authorization": "Bearer of-a-platform"}
    assert raw.plain("GET", path, None, token).said == (400, "InvalidArgument")


def test_a_single_fault_can_be_disarmed(guarded: S3Server, raw: Raw) -> None:
    frozen = guarded.faults.add(Fault(Respond(403, "InvalidObjectState"), "GetObject", times=None))
    guarded.faults.add(Fault(Respond(503, "SlowDown"), "HeadObject"))
    path = presigned(guarded, "GET", "/lab/runs/7/a.txt")
    assert raw.plain("GET", path).said == (403, "InvalidObjectState")
    guarded.faults.remove(frozen)
    assert raw.plain("GET", path).body == b"there"
    assert raw.plain("HEAD", presigned(guarded, "HEAD", "/lab/runs/7/a.txt")).status == 503
