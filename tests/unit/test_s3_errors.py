"""What a refusal means, wherever it was met."""

from __future__ import annotations

import ssl
import time
from email.utils import formatdate

import pytest
from botocore import exceptions
from botocore.parsers import ResponseParserError

from pipette.model import errors
from pipette.providers.s3_errors import control_errors, error_in_reply, error_of, error_text

CODES = [
    (503, "SlowDown", errors.SlowDown),
    (429, "TooManyRequests", errors.SlowDown),
    (500, "InternalError", errors.Temporary),
    (400, "RequestTimeout", errors.Temporary),
    (409, "ConditionalRequestConflict", errors.Temporary),
    (400, "BadDigest", errors.BadPart),
    (400, "InvalidDigest", errors.BadPart),
    (400, "XAmzContentChecksumMismatch", errors.BadPart),
    (400, "ExpiredToken", errors.SignInNeeded),
    (403, "InvalidAccessKeyId", errors.SignInNeeded),
    (403, "SignatureDoesNotMatch", errors.SignInNeeded),
    (403, "RequestTimeTooSkewed", errors.ClockWrong),
    (403, "AccessDenied", errors.NotAllowed),
    (404, "NoSuchUpload", errors.UploadGone),
    (404, "NoSuchBucket", errors.ContainerGone),
    (404, "NoSuchKey", errors.RemoteMissing),
    (412, "PreconditionFailed", errors.NameTaken),
    (400, "EntityTooLarge", errors.TooLarge),
    (403, "QuotaExceeded", errors.StorageFull),
    (400, "KeyTooLongError", errors.NameRefused),
    (403, "InvalidObjectState", errors.Archived),
    (501, "NotImplemented", errors.Unavailable),
    (200, "InternalError", errors.Temporary),
    (400, "SomethingNew", errors.Refused),
    (502, "SomethingNew", errors.Temporary),
]
STATUSES = [
    (401, errors.SignInNeeded),
    (403, errors.NotAllowed),
    (404, errors.RemoteMissing),
    (407, errors.ProxyRefused),
    (413, errors.TooLarge),
    (416, errors.RemoteChanged),
    (429, errors.SlowDown),
    (500, errors.Temporary),
    (503, errors.SlowDown),
    (504, errors.Temporary),
    (507, errors.StorageFull),
    (418, errors.Refused),
]


def document(code: str) -> bytes:
    return f"<Error><Code>{code}</Code><Message>in words</Message></Error>".encode()


@pytest.mark.parametrize(("status", "code", "kind"), CODES)
def test_a_code_means_the_same_in_a_reply_and_from_botocore(
    status: int, code: str, kind: type[errors.TransferError]
) -> None:
    assert type(error_in_reply(status, {}, document(code))) is kind
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    with pytest.raises(errors.TransferError) as raised, control_errors():
        raise exceptions.ClientError(answer, "PutObject")
    assert type(raised.value) is kind


@pytest.mark.parametrize(("status", "kind"), STATUSES)
def test_without_a_code_the_status_decides(status: int, kind: type[errors.TransferError]) -> None:
    assert type(error_in_reply(status, {}, b"")) is kind
    answer = {"Error": {"Code": str(status)}, "ResponseMetadata": {"HTTPStatusCode": status}}
    with pytest.raises(errors.TransferError) as raised, control_errors():
        raise exceptions.ClientError(answer, "HeadObject")
    assert type(raised.value) is kind


def test_a_wait_in_seconds_is_kept() -> None:
    assert error_of(503, "SlowDown", headers={"retry-after": "12"}).wait_seconds == 12.0


def test_a_wait_until_a_date_is_turned_into_seconds() -> None:
    date = formatdate(time.time() + 100, usegmt=True)
    wait = error_of(503, "SlowDown", headers={"retry-after": date}).wait_seconds
    assert wait is not None
    assert 90 < wait <= 100


@pytest.mark.parametrize("text", ["", "soon", "-3"])
def test_a_wait_that_cannot_be_read_is_none(text: str) -> None:
    assert error_of(503, "SlowDown", headers={"retry-after": text}).wait_seconds is None


def test_the_detail_names_status_code_words_and_request() -> None:
    error = error_in_reply(400, {"x-amz-request-id": "REQ1"}, document("BadDigest"))
    assert error.detail == "400 BadDigest in words (request REQ1)"


def test_only_code_and_words_are_taken_from_a_document() -> None:
    body = b"<Error><Code>X</Code><Token-0>secret</Token-0><StringToSign>s</StringToSign></Error>"
    assert "secret" not in error_in_reply(400, {}, body).detail


@pytest.mark.parametrize("body", [b"", b"<html>", b"<Code>cut", b"\xff\xfe"])
def test_a_body_without_a_code_has_none(body: bytes) -> None:
    assert error_text(body) == ("", "")


def wrapped(reason: Exception) -> exceptions.SSLError:
    return exceptions.SSLError(endpoint_url="https://h", error=reason)


@pytest.mark.parametrize(
    ("foreign", "kind"),
    [
        (exceptions.EndpointConnectionError(endpoint_url="u"), errors.NetworkDown),
        (exceptions.ConnectTimeoutError(endpoint_url="u"), errors.NetworkDown),
        (exceptions.ConnectionClosedError(endpoint_url="u"), errors.NetworkDown),
        (exceptions.ReadTimeoutError(endpoint_url="u"), errors.Stalled),
        (exceptions.ProxyConnectionError(proxy_url="u"), errors.ProxyRefused),
        (exceptions.ParamValidationError(report="bad"), errors.NameRefused),
        (wrapped(ssl.SSLCertVerificationError("who")), errors.Untrusted),
        (wrapped(ssl.SSLEOFError("cut")), errors.NetworkDown),
        (ResponseParserError("not XML"), errors.Temporary),
        (UnicodeEncodeError("utf-8", "\udcff", 0, 1, "surrogate"), errors.NameRefused),
        (exceptions.NoRegionError(), errors.Refused),
    ],
    ids=lambda value: getattr(value, "__name__", type(value).__name__),
)
def test_foreign_errors_become_ours(foreign: Exception, kind: type[errors.TransferError]) -> None:
    with pytest.raises(errors.TransferError) as raised, control_errors():
        raise foreign
    assert type(raised.value) is kind
    assert raised.value.__cause__ is foreign
