"""Lists of buckets and objects, and the regions of buckets."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from tests.practice.conftest import Connect
from tests.practice.raw import Raw, presigned, refused

from pipette.practice.server import S3Server

KEYS = [
    "README",
    "runs/1/R1.fastq.gz",
    "runs/1/R2.fastq.gz",
    "runs/2/",
    "runs/2/a b",
    "runs/a+b",
    "runs/é",
    "runs0",
    "z/\u00e9",
]


@pytest.fixture
def filled(server: S3Server, s3: Any) -> Any:
    for key in reversed(KEYS):
        server.put("lab", key, key.encode())
    return s3


def names(answer: Any) -> tuple[list[str], list[str]]:
    keys = [row["Key"] for row in answer.get("Contents", [])]
    return keys, [row["Prefix"] for row in answer.get("CommonPrefixes", [])]


def test_objects_are_listed_in_the_order_of_their_bytes(filled: Any) -> None:
    answer = filled.list_objects_v2(Bucket="lab")
    assert names(answer) == (sorted(KEYS, key=str.encode), [])
    assert answer["KeyCount"] == len(KEYS)
    assert answer["Contents"][0]["Size"] == len("README")


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_pages_join_without_gap_or_repetition(filled: Any, size: int) -> None:
    pages = filled.get_paginator("list_objects_v2").paginate(
        Bucket="lab", PaginationConfig={"PageSize": size}
    )
    assert [key for page in pages for key in names(page)[0]] == sorted(KEYS, key=str.encode)


@pytest.mark.parametrize("size", [1, 2, 100])
def test_a_folder_shows_its_files_and_folders(filled: Any, size: int) -> None:
    pages = list(
        filled.get_paginator("list_objects_v2").paginate(
            Bucket="lab", Prefix="runs/", Delimiter="/", PaginationConfig={"PageSize": size}
        )
    )
    assert [key for page in pages for key in names(page)[0]] == ["runs/a+b", "runs/é"]
    assert [key for page in pages for key in names(page)[1]] == ["runs/1/", "runs/2/"]


def test_a_folder_marker_is_a_file_of_its_own_folder(filled: Any) -> None:
    answer = filled.list_objects_v2(Bucket="lab", Prefix="runs/2/", Delimiter="/")
    assert names(answer) == (["runs/2/", "runs/2/a b"], [])


def test_the_top_shows_folders_once(filled: Any) -> None:
    answer = filled.list_objects_v2(Bucket="lab", Delimiter="/")
    assert names(answer) == (["README", "runs0"], ["runs/", "z/"])


def test_a_list_can_start_behind_a_key(filled: Any) -> None:
    answer = filled.list_objects_v2(Bucket="lab", StartAfter="runs/a+b")
    assert names(answer)[0] == ["runs/é", "runs0", "z/é"]


def test_a_page_of_nothing_is_not_truncated(filled: Any) -> None:
    answer = filled.list_objects_v2(Bucket="lab", MaxKeys=0)
    assert (answer["KeyCount"], answer["IsTruncated"]) == (0, False)


def test_the_owner_is_told_only_on_request(filled: Any) -> None:
    assert "Owner" not in filled.list_objects_v2(Bucket="lab")["Contents"][0]
    told = filled.list_objects_v2(Bucket="lab", FetchOwner=True)["Contents"][0]
    assert told["Owner"]["ID"] == "practice"


def test_without_url_encoding_the_names_stand_as_they_are(raw: Raw, filled: Any) -> None:
    plain = raw.send("GET", "/lab?list-type=2&prefix=runs%2Fa").body
    coded = raw.send("GET", "/lab?encoding-type=url&list-type=2&prefix=runs%2Fa").body
    assert b"<Key>runs/a+b</Key>" in plain
    assert b"<Key>runs/a%2Bb</Key>" in coded


@pytest.mark.parametrize("query", ["max-keys=x", "continuation-token=%C3%A9", "encoding-type=hex"])
def test_questions_that_make_no_sense_are_refused(raw: Raw, query: str) -> None:
    assert raw.send("GET", f"/lab?list-type=2&{query}").said == (400, "InvalidArgument")


def test_a_token_of_no_text_is_refused(raw: Raw) -> None:
    token = base64.urlsafe_b64encode(b"\xff\xfe").decode().rstrip("=")
    answer = raw.send("GET", f"/lab?continuation-token={token}%3D%3D&list-type=2")
    assert answer.said == (400, "InvalidArgument")


def test_buckets_are_made_listed_and_removed(s3: Any) -> None:
    s3.create_bucket(Bucket="another")
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["another", "lab"]
    s3.put_object(Bucket="another", Key="a", Body=b"x")
    with refused("BucketNotEmpty", 409):
        s3.delete_bucket(Bucket="another")
    s3.delete_object(Bucket="another", Key="a")
    s3.delete_bucket(Bucket="another")
    with refused("404", 404):
        s3.head_bucket(Bucket="another")
    with refused("NoSuchBucket", 404):
        s3.list_objects_v2(Bucket="another")


@pytest.mark.parametrize("name", ["ab", "Capital", "under_score", "1.2.3.4", "a..b", "-a-b"])
def test_buckets_have_names_that_fit_a_host(raw: Raw, name: str) -> None:
    assert raw.send("PUT", f"/{name}").said == (400, "InvalidBucketName")


def test_a_bucket_of_ones_own_cannot_be_made_twice(s3: Any) -> None:
    there = {"LocationConstraint": "eu-central-1"}
    s3.create_bucket(Bucket="europe", CreateBucketConfiguration=there)
    with refused("BucketAlreadyOwnedByYou", 409):
        s3.create_bucket(Bucket="europe", CreateBucketConfiguration=there)


def test_a_bucket_tells_its_region(server: S3Server, s3: Any) -> None:
    server.create_bucket("europe", region="eu-central-1")
    assert s3.get_bucket_location(Bucket="europe")["LocationConstraint"] == "eu-central-1"
    assert s3.get_bucket_location(Bucket="lab").get("LocationConstraint") is None


def test_a_request_for_the_wrong_region_is_told_the_right_one(server: S3Server, raw: Raw) -> None:
    server.create_bucket("europe", region="eu-central-1")
    answer = raw.send("GET", "/europe?list-type=2")
    assert answer.said == (400, "AuthorizationHeaderMalformed")
    assert b"<Region>eu-central-1</Region>" in answer.body
    assert raw.send("GET", "/europe?list-type=2", region="eu-central-1").status == 200


def test_a_signed_address_for_the_wrong_region_is_told_too(server: S3Server, raw: Raw) -> None:
    server.create_bucket("europe", region="eu-central-1")
    answer = raw.plain("GET", presigned(server, "GET", "/europe/a"))
    assert answer.said == (400, "AuthorizationQueryParametersError")
    assert b"<Region>eu-central-1</Region>" in answer.body


@pytest.mark.parametrize(("region", "status"), [("us-east-1", 400), ("eu-central-1", 200)])
def test_the_head_of_a_bucket_tells_its_region(
    server: S3Server, raw: Raw, region: str, status: int
) -> None:
    server.create_bucket("europe", region="eu-central-1")
    answer = raw.send("HEAD", "/europe", region=region)
    assert (answer.status, answer.headers["x-amz-bucket-region"]) == (status, "eu-central-1")
    assert answer.body == b""


def test_the_official_client_finds_the_region_by_itself(server: S3Server, connect: Connect) -> None:
    server.create_bucket("europe", region="eu-central-1")
    server.put("europe", "a", b"x")
    s3 = connect(server, attempts=3, config={"s3": {"addressing_style": "virtual"}})
    assert names(s3.list_objects_v2(Bucket="europe"))[0] == ["a"]
