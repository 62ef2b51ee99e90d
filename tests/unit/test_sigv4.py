"""Our signer against botocore's, over hundreds of made-up requests, and against odd keys by hand."""

from __future__ import annotations

import calendar
import datetime
import random
from unittest import mock
from urllib.parse import parse_qsl, urlsplit

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from pipette.model.account import Secret
from pipette.providers.sigv4 import (
    UNSIGNED,
    UNSIGNED_TRAILER,
    Keys,
    Signer,
    encoded_path,
    encoded_query,
)

STAMP = "20261120T101500Z"
NOW = float(calendar.timegm((2026, 11, 20, 10, 15, 0)))
CHARACTERS = "abzAZ09 -_.~/+%#?&=;:@,$'\"()*![]{}|\\^`<>éßλ漢😀\u0301\t\n"
ODD_KEYS = [
    "plain.fastq.gz",
    "a b+c%d#e?f&g=h",
    "quote'\"`",
    "caf\u00e9",
    "cafe\u0301",
    "😀/漢字.txt",
    "a//b",
    "/leading",
    "trailing/",
    "./a/../b/.",
    "..",
    "%2F%25",
    "~tilde*star(paren)!",
]


def keys_of(source: random.Random) -> tuple[Keys, Credentials]:
    access = "AKIA" + "".join(source.choices("ABCDEFGH234567", k=16))
    secret = "".join(source.choices("abcXYZ019+/", k=40))
    session = "".join(source.choices("abcXYZ019+/=", k=200)) if source.random() < 0.5 else None
    ours = Keys(access, Secret(secret), Secret(session) if session else None)
    return ours, Credentials(access, secret, session)


def odd_text(source: random.Random, most: int = 30) -> str:
    return "".join(source.choices(CHARACTERS, k=source.randint(1, most)))


def odd_query(source: random.Random) -> dict[str, str]:
    return {odd_text(source, 8): odd_text(source) for _ in range(source.randint(0, 4))}


def botocore_headers(
    credentials: Credentials, region: str, method: str, url: str, headers: dict[str, str]
) -> dict[str, str]:
    """What botocore signs when the payload's hash is given by us, as it takes from its caller."""
    request = AWSRequest(method=method, url=url, headers=dict(headers))
    signer = S3SigV4Auth(credentials, "s3", region)
    payload = headers["x-amz-content-sha256"]
    with (
        mock.patch("botocore.auth.get_current_datetime", return_value=at_now()),
        mock.patch.object(signer, "payload", return_value=payload),
    ):
        signer.add_auth(request)
    return {name.lower(): value for name, value in request.headers.items()}


def at_now() -> datetime.datetime:
    return datetime.datetime(2026, 11, 20, 10, 15, 0, tzinfo=datetime.UTC)


@pytest.mark.parametrize("seed", range(300))
def test_header_signatures_equal_those_of_botocore(seed: int) -> None:
    source = random.Random(seed)
    ours, credentials = keys_of(source)
    region = source.choice(["us-east-1", "eu-central-1", "cn-north-1", "lab"])
    host = source.choice(["b.s3.eu-west-1.amazonaws.com", "127.0.0.1:9000", "[::1]:81", "minio"])
    method = source.choice(["GET", "PUT", "POST", "HEAD", "DELETE"])
    path = "/" + encoded_path(odd_text(source))
    query = encoded_query(odd_query(source))
    headers = {"x-amz-meta-note": "  two   spaces "} if source.random() < 0.5 else {}
    headers |= {"range": "bytes=0-99"} if source.random() < 0.5 else {}
    payload = source.choice([UNSIGNED, UNSIGNED_TRAILER])

    signed = Signer(ours, region, lambda: NOW).headers(method, host, path, query, headers, payload)

    url = f"https://{host}{path}" + (f"?{query}" if query else "")
    theirs = botocore_headers(
        credentials, region, method, url, {**headers, "x-amz-content-sha256": payload}
    )
    assert signed["authorization"] == theirs["authorization"]
    assert signed["x-amz-date"] == STAMP
    assert signed.get("x-amz-security-token") == theirs.get("x-amz-security-token")


@pytest.mark.parametrize("seed", range(200))
def test_links_equal_those_of_botocore(seed: int) -> None:
    source = random.Random(seed)
    ours, credentials = keys_of(source)
    path = "/" + encoded_path(odd_text(source))
    seconds = source.randint(1, 604800)
    query = {"response-content-type": odd_text(source)} if source.random() < 0.5 else {}

    link = Signer(ours, "eu-west-1", lambda: NOW).query("GET", "host:81", path, query, seconds)

    url = f"http://host:81{path}" + (f"?{encoded_query(query)}" if query else "")
    request = AWSRequest(method="GET", url=url)
    with mock.patch("botocore.auth.get_current_datetime", return_value=at_now()):
        S3SigV4QueryAuth(credentials, "s3", "eu-west-1", expires=seconds).add_auth(request)
    theirs = dict(parse_qsl(urlsplit(str(request.url)).query, keep_blank_values=True))
    assert dict(parse_qsl(link, keep_blank_values=True)) == theirs


@pytest.mark.parametrize("key", ODD_KEYS)
def test_odd_keys_are_signed_as_botocore_signs_them(key: str) -> None:
    ours, credentials = keys_of(random.Random(1))
    path = "/bucket/" + encoded_path(key)
    signed = Signer(ours, "us-east-1", lambda: NOW).headers("PUT", "h", path)
    theirs = botocore_headers(
        credentials,
        "us-east-1",
        "PUT",
        f"https://h{path}",
        {"x-amz-content-sha256": UNSIGNED},
    )
    assert signed["authorization"] == theirs["authorization"]


def test_only_letters_digits_and_four_signs_stay_as_they_are() -> None:
    assert encoded_path("aZ0-_.~/") == "aZ0-_.~/"
    assert encoded_path(" +%#'\"") == "%20%2B%25%23%27%22"
    assert encoded_path("é") == "%C3%A9"


def test_dots_and_double_slashes_are_not_folded() -> None:
    assert encoded_path("a//./../b") == "a//./../b"


def test_queries_are_ordered_by_name_before_value() -> None:
    assert encoded_query({"a-b": "1", "a": "2", "B": "3"}) == "B=3&a=2&a-b=1"


def test_a_name_that_is_no_text_cannot_be_signed() -> None:
    with pytest.raises(UnicodeEncodeError):
        encoded_path("broken\udcff")


def test_the_key_of_the_day_is_made_anew_at_midnight() -> None:
    moment = [NOW]
    ours, _ = keys_of(random.Random(3))
    signer = Signer(ours, "us-east-1", lambda: moment[0])
    signer.headers("GET", "h", "/")
    moment[0] += 86400
    fresh = Signer(ours, "us-east-1", lambda: moment[0])
    assert signer.headers("GET", "h", "/") == fresh.headers("GET", "h", "/")


def test_no_secret_shows_in_the_keys() -> None:
    ours = Keys("AKIA", Secret("hidden"), Secret("token"))
    assert "hidden" not in repr(ours)
    assert "token" not in repr(ours)
