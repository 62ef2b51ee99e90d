"""Who gets in, and how those who do not are told."""

from __future__ import annotations

import secrets
import time
from email.utils import formatdate

import pytest
from tests.practice.conftest import Connect, Serve
from tests.practice.raw import Raw, ShiftedClock, presigned, refused, signed_headers

from pipette.practice.server import PRACTICE_KEY, S3Server
from pipette.practice.signing import KeyPair

TEMPORARY = KeyPair("ASIATEMPORARY", "temporary-secret", "a-session-token")
DAY = 24 * 3600


@pytest.fixture
def filled(server: S3Server) -> S3Server:
    server.put("lab", "a b+é", b"content")
    server.put("lab", "other", b"other content")
    return server


def test_without_a_signature_nobody_gets_in(raw: Raw) -> None:
    assert raw.plain("GET", "/lab?list-type=2").said == (403, "AccessDenied")


def test_a_wrong_secret_is_refused(server: S3Server, connect: Connect) -> None:
    with refused("SignatureDoesNotMatch", 403):
        connect(server, KeyPair(PRACTICE_KEY.id, "wrong")).list_objects_v2(Bucket="lab")


def test_an_unknown_key_is_refused(server: S3Server, connect: Connect) -> None:
    with refused("InvalidAccessKeyId", 403):
        connect(server, KeyPair("AKIAUNKNOWN", "secret")).list_objects_v2(Bucket="lab")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x-amz-meta-run", "8"),
        ("X-Amz-Content-SHA256", "0" * 64),
        ("Host", "elsewhere:80"),
    ],
)
def test_a_header_changed_behind_the_signature_is_noticed(raw: Raw, name: str, value: str) -> None:
    run = {"x-amz-meta-run": "7"}
    answer = raw.send("PUT", "/lab/b", b"x", headers=run, change={name: value})
    assert answer.said == (403, "SignatureDoesNotMatch")


def test_another_method_or_path_is_noticed(filled: S3Server, raw: Raw) -> None:
    signed = signed_headers(filled, "GET", "/lab/other", {})
    assert raw.plain("DELETE", "/lab/other", None, signed).said == (403, "SignatureDoesNotMatch")
    assert raw.plain("GET", "/lab/a", None, signed).said == (403, "SignatureDoesNotMatch")
    assert raw.plain("GET", "/lab/other", None, signed).body == b"other content"


def test_an_amz_header_that_is_not_signed_is_refused(raw: Raw) -> None:
    answer = raw.send("PUT", "/lab/a", b"x", change={"x-amz-acl": "public-read"})
    assert answer.said == (403, "AccessDenied")
    assert b"<HeadersNotSigned>x-amz-acl</HeadersNotSigned>" in answer.body


def test_a_payload_hash_is_required(raw: Raw) -> None:
    answer = raw.send("PUT", "/lab/a", b"x", change={"X-Amz-Content-SHA256": None})
    assert answer.said == (400, "InvalidRequest")


@pytest.mark.parametrize(
    ("authorization", "said"),
    [
        ("AWS AKIAPRACTICE:c2lnbmF0dXJl", (400, "InvalidRequest")),
        ("AWS4-HMAC-SHA256 Credential=x", (400, "AuthorizationHeaderMalformed")),
        (
            "AWS4-HMAC-SHA256 Credential=AKIAPRACTICE/20200101/us-east-1/s3/aws4_request, "
            "SignedHeaders=host, Signature=0",
            (400, "AuthorizationHeaderMalformed"),
        ),
        (
            "AWS4-HMAC-SHA256 Credential=AKIAPRACTICE/20200101/us-east-1/sts/aws4_request, "
            "SignedHeaders=host, Signature=0",
            (400, "AuthorizationHeaderMalformed"),
        ),
    ],
)
def test_an_authorization_of_another_form_is_refused(
    raw: Raw, authorization: str, said: tuple[int, str]
) -> None:
    answer = raw.send("GET", "/lab/a", change={"Authorization": authorization})
    assert answer.said == said


@pytest.mark.parametrize("shift", [16 * 60, -16 * 60])
def test_a_clock_that_is_wrong_by_a_quarter_of_an_hour_is_refused(
    raw: Raw, clock: ShiftedClock, shift: float
) -> None:
    clock.shift = shift
    answer = raw.send("GET", "/lab?list-type=2")
    assert answer.said == (403, "RequestTimeTooSkewed")
    assert b"<ServerTime>" in answer.body
    clock.shift = shift * 14 / 16
    assert raw.send("GET", "/lab?list-type=2").status == 200


def test_the_date_header_will_do(server: S3Server, raw: Raw) -> None:
    date = formatdate(usegmt=True)
    assert raw.send("GET", "/lab?list-type=2", headers={"Date": date}).status == 200
    wrong = raw.send("GET", "/lab?list-type=2", change={"X-Amz-Date": None, "Date": "one day"})
    assert wrong.said == (403, "AccessDenied")


def test_a_signed_address_lets_in_whoever_has_it(filled: S3Server, raw: Raw) -> None:
    assert raw.plain("GET", presigned(filled, "GET", "/lab/a%20b%2B%C3%A9")).body == b"content"
    put = raw.plain("PUT", presigned(filled, "PUT", "/lab/new"), b"new")
    assert (put.status, filled.read("lab", "new")) == (200, b"new")


def test_a_signed_address_from_the_official_client_works(
    filled: S3Server, connect: Connect, raw: Raw
) -> None:
    s3 = connect(filled, config={"signature_version": "s3v4"})
    url = s3.generate_presigned_url(
        "get_object", Params={"Bucket": "lab", "Key": "a b+é"}, ExpiresIn=60
    )
    answer = raw.plain("GET", url.removeprefix(filled.url), None, {"Range": "bytes=2-4"})
    assert (answer.status, answer.body) == (206, b"nte")


def test_a_signed_address_ends(filled: S3Server, raw: Raw, clock: ShiftedClock) -> None:
    path = presigned(filled, "GET", "/lab/other", seconds=60)
    clock.shift = 59
    assert raw.plain("GET", path).status == 200
    clock.shift = 62
    answer = raw.plain("GET", path)
    assert answer.said == (403, "AccessDenied")
    assert b"Request has expired" in answer.body


def test_a_signed_address_does_not_begin_in_the_future(
    filled: S3Server, raw: Raw, clock: ShiftedClock
) -> None:
    path = presigned(filled, "GET", "/lab/other")
    clock.shift = -16 * 60
    assert raw.plain("GET", path).said == (403, "AccessDenied")


def test_a_signed_address_cannot_be_bent(filled: S3Server, raw: Raw) -> None:
    path = presigned(filled, "GET", "/lab/other")
    for bent in (
        path.replace("/lab/other", "/lab/another"),
        path.replace("X-Amz-Expires=60", "X-Amz-Expires=61"),
        f"{path}&response-content-type=text/html",
    ):
        assert raw.plain("GET", bent).said == (403, "SignatureDoesNotMatch")
    assert raw.plain("PUT", path, b"x").said == (403, "SignatureDoesNotMatch")


@pytest.mark.parametrize("seconds", [0, 7 * DAY + 1])
def test_a_signed_address_holds_for_a_week_at_most(
    filled: S3Server, raw: Raw, seconds: int
) -> None:
    path = presigned(filled, "GET", "/lab/other", seconds=seconds)
    assert raw.plain("GET", path).said == (400, "AuthorizationQueryParametersError")


def test_a_signed_address_has_all_its_parts(filled: S3Server, raw: Raw) -> None:
    path = presigned(filled, "GET", "/lab/other").replace("X-Amz-SignedHeaders", "X-Amz-Signed")
    assert raw.plain("GET", path).said == (400, "AuthorizationQueryParametersError")


def test_a_temporary_key_needs_its_token(serve: Serve, connect: Connect) -> None:
    server = serve(keys=[TEMPORARY])
    assert connect(server, TEMPORARY).list_objects_v2(Bucket="lab")["KeyCount"] == 0
    with refused("InvalidAccessKeyId", 403):
        connect(server, KeyPair(TEMPORARY.id, TEMPORARY.secret)).list_objects_v2(Bucket="lab")


@pytest.mark.parametrize("key", [PRACTICE_KEY, TEMPORARY])
def test_a_token_that_is_not_the_keys_own_is_refused(
    serve: Serve, connect: Connect, key: KeyPair
) -> None:
    server = serve(keys=[PRACTICE_KEY, TEMPORARY])
    stranger = KeyPair(key.id, key.secret, secrets.token_hex())
    with refused("InvalidToken", 400):
        connect(server, stranger).list_objects_v2(Bucket="lab")


def test_a_temporary_key_ends_by_the_clock(
    serve: Serve, connect: Connect, clock: ShiftedClock
) -> None:
    ending = KeyPair("ASIAENDING", "secret", "token", expires_at=time.time() + 600)
    s3 = connect(serve(keys=[ending]), ending)
    s3.list_objects_v2(Bucket="lab")
    clock.shift = 601
    with refused("ExpiredToken", 400):
        s3.list_objects_v2(Bucket="lab")


def test_a_token_counts_in_a_signed_address_too(serve: Serve) -> None:
    server = serve(keys=[TEMPORARY])
    server.put("lab", "other", b"other content")
    with Raw(server) as raw:
        path = presigned(server, "GET", "/lab/other", key=TEMPORARY)
        assert raw.plain("GET", path).body == b"other content"
        server.faults.expire_tokens()
        assert raw.plain("GET", path).said == (400, "ExpiredToken")


def test_a_key_can_be_added_while_it_runs(server: S3Server, connect: Connect) -> None:
    fresh = KeyPair("AKIAFRESH", "fresh-secret")
    server.add_key(fresh)
    assert connect(server, fresh).list_buckets()["Buckets"]


def test_secrets_do_not_show() -> None:
    assert TEMPORARY.secret not in repr(TEMPORARY)
    assert "a-session-token" not in repr(TEMPORARY)
