"""Moves one part over real HTTP, in the plainest way, for the contract suite."""

from __future__ import annotations

import base64
import hashlib
import http.client
from collections.abc import Mapping
from urllib.parse import urlsplit

from awscrt.checksums import crc64nvme

from pipette.model.parts import Algorithm, Digest, Handle, PartRequest, Reply

CHUNK = 1024 * 1024
_TRAILERS = {Algorithm.CRC64NVME: b"x-amz-checksum-crc64nvme"}


def digests_of(data: bytes) -> dict[Algorithm, bytes]:
    return {
        Algorithm.MD5: hashlib.md5(data, usedforsecurity=False).digest(),
        Algorithm.CRC64NVME: crc64nvme(data).to_bytes(8, "big"),
    }


def digest_for(handle: Handle, data: bytes) -> Digest | None:
    """The digest that a header needs; None where it follows in a trailer or is not asked for."""
    algorithm = handle.check.algorithm
    if algorithm is None or handle.check.value.endswith("trailer"):
        return None
    return Digest(algorithm, digests_of(data)[algorithm])


def send(request: PartRequest, data: bytes, meant: bytes | None = None) -> Reply:
    """Send ``data``; checksums are those of ``meant``, so that damage on the way can be played."""
    digests = digests_of(data if meant is None else meant)
    body = _framed(request.trailer, data, digests) if request.trailer else data
    status, headers, content = _exchange(request, body)
    return Reply(status, headers, content, digests)


def fetch(request: PartRequest) -> tuple[Reply, bytes]:
    """The answer as the provider sees it before its bytes are kept, and those bytes."""
    status, headers, content = _exchange(request, b"")
    failed = status not in request.success
    return Reply(status, headers, content if failed else b""), content


def _exchange(request: PartRequest, body: bytes) -> tuple[int, Mapping[str, str], bytes]:
    address = urlsplit(request.url)
    connection = http.client.HTTPConnection(address.netloc, timeout=30)
    target = request.url.removeprefix(f"{address.scheme}://{address.netloc}")
    try:
        connection.putrequest(request.method, target, skip_accept_encoding=True)
        for name, text in request.headers.items():
            connection.putheader(name, text)
        if request.method != "GET":
            connection.putheader("content-length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        headers = {name.lower(): text for name, text in answer.getheaders()}
        return answer.status, headers, answer.read()
    finally:
        connection.close()


def _framed(trailer: Algorithm, data: bytes, digests: Mapping[Algorithm, bytes]) -> bytes:
    chunks = [data[at : at + CHUNK] for at in range(0, len(data), CHUNK)]
    framed = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    told = base64.b64encode(digests[trailer])
    return framed + b"0\r\n%b:%b\r\n\r\n" % (_TRAILERS[trailer], told)
