"""Requests that no decent client would send, signed by botocore all the same."""

from __future__ import annotations

import contextlib
import http.client
import re
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from pipette.practice.server import PRACTICE_KEY, S3Server
from pipette.practice.signing import KeyPair

UNSIGNED = "UNSIGNED-PAYLOAD"
TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
CODE = re.compile(rb"<Code>(.*?)</Code>")


@dataclass
class ShiftedClock:
    """The time of day, put forward by ``shift`` seconds."""

    shift: float = 0.0

    def __call__(self) -> float:
        return time.time() + self.shift


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def code(self) -> str:
        found = CODE.search(self.body)
        return found[1].decode() if found else ""

    @property
    def said(self) -> tuple[int, str]:
        return self.status, self.code


@dataclass
class Raw:
    """One kept-alive connection. What ``change`` says is changed behind the signature's back."""

    server: S3Server
    tls: ssl.SSLContext | None = None
    connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        if self.tls is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.server.port, 30)
            return
        self.connection = http.client.HTTPSConnection(
            "127.0.0.1", self.server.port, timeout=30, context=self.tls
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.connection.close()

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        change: Mapping[str, str | None] | None = None,
        payload: str = UNSIGNED,
        key: KeyPair = PRACTICE_KEY,
        region: str = "us-east-1",
    ) -> Answer:
        signed = signed_headers(self.server, method, path, headers or {}, payload, key, region)
        for name, value in (change or {}).items():
            signed.pop(name, None)
            if value is not None:
                signed[name] = value
        return self.plain(method, path, body, signed)

    def plain(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        try:
            self.connection.request(method, path, body, dict(headers or {}))
            return self.answer()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            raise

    def answer(self) -> Answer:
        with self.connection.getresponse() as response:
            named = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, named, response.read())


class _Auth(S3SigV4Auth):
    def __init__(self, payload_hash: str, *more: Any) -> None:
        super().__init__(*more)
        self._payload_hash = payload_hash

    def payload(self, request: AWSRequest) -> str:
        return self._payload_hash


def signed_headers(
    server: S3Server,
    method: str,
    path: str,
    headers: Mapping[str, str],
    payload: str = UNSIGNED,
    key: KeyPair = PRACTICE_KEY,
    region: str = "us-east-1",
) -> dict[str, str]:
    request = AWSRequest(method, server.url + path, headers=dict(headers))
    credentials = Credentials(key.id, key.secret, key.session_token)
    _Auth(payload, credentials, "s3", region).add_auth(request)
    return dict(request.headers.items())


def presigned(
    server: S3Server, method: str, path: str, *, seconds: int = 60, key: KeyPair = PRACTICE_KEY
) -> str:
    """Path and query of a signed address."""
    request = AWSRequest(method, server.url + path)
    credentials = Credentials(key.id, key.secret, key.session_token)
    S3SigV4QueryAuth(credentials, "s3", "us-east-1", expires=seconds).add_auth(request)
    return str(request.url).removeprefix(server.url)


def chunked(data: bytes, size: int, *trailers: str) -> bytes:
    """``data`` as aws-chunked with the trailers given."""
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return chunks + b"0\r\n" + "".join(f"{line}\r\n" for line in trailers).encode() + b"\r\n"


@contextlib.contextmanager
def refused(code: str, status: int | None = None) -> Iterator[Any]:
    """The official client must be refused with this code."""
    with pytest.raises(ClientError) as caught:
        yield caught
    answer = caught.value.response
    assert answer["Error"]["Code"] == code
    assert status in (None, answer["ResponseMetadata"]["HTTPStatusCode"])
