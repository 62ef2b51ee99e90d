"""How bytes come in: lengths, hashes, chunks, trailers, and what is left over."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import random
import socket
import ssl
from typing import Any

import pytest
from awscrt import checksums
from tests.fakes.wire import CERTS, TEST_CA
from tests.practice.conftest import Connect, Serve
from tests.practice.raw import TRAILER, Raw, chunked, refused, signed_headers

from pipette.practice.manners import MiB
from pipette.practice.server import S3Server

DATA = random.Random(3).randbytes(3 * MiB + 17)


def crc_of(data: bytes) -> str:
    return base64.b64encode(checksums.crc64nvme(data).to_bytes(8, "big")).decode()


def trailing(data: bytes = DATA, name: str = "crc64nvme") -> dict[str, str]:
    return {
        "x-amz-decoded-content-length": str(len(data)),
        "x-amz-trailer": f"x-amz-checksum-{name}",
        "content-encoding": "aws-chunked",
    }


def send_chunked(raw: Raw, data: bytes, body: bytes, name: str = "crc64nvme") -> tuple[int, str]:
    return raw.send("PUT", "/lab/a", body, headers=trailing(data, name), payload=TRAILER).said


@pytest.mark.parametrize("size", [3, 65_536, MiB, len(DATA)])
def test_a_body_in_chunks_with_a_right_trailer_is_stored(
    server: S3Server, raw: Raw, size: int
) -> None:
    data = DATA[: 4 * MiB] if size > 3 else DATA[:100]
    body = chunked(data, size, f"x-amz-checksum-crc64nvme:{crc_of(data)}")
    assert send_chunked(raw, data, body) == (200, "")
    assert server.read("lab", "a") == data


def test_an_empty_body_may_have_a_trailer(server: S3Server, raw: Raw) -> None:
    body = chunked(b"", 1, f"x-amz-checksum-crc64nvme:{crc_of(b'')}")
    assert send_chunked(raw, b"", body) == (200, "")
    assert server.read("lab", "a") == b""


def test_how_it_travelled_is_not_kept(raw: Raw, s3: Any) -> None:
    body = chunked(DATA, MiB, f"x-amz-checksum-crc64nvme:{crc_of(DATA)}")
    headers = trailing() | {"content-encoding": "gzip,aws-chunked"}
    assert raw.send("PUT", "/lab/a", body, headers=headers, payload=TRAILER).status == 200
    head = s3.head_object(Bucket="lab", Key="a", ChecksumMode="ENABLED")
    assert (head["ContentEncoding"], head["ChecksumCRC64NVME"]) == ("gzip", crc_of(DATA))


def test_a_wrong_trailer_is_refused_and_nothing_stored(server: S3Server, raw: Raw) -> None:
    body = chunked(DATA, MiB, f"x-amz-checksum-crc64nvme:{crc_of(b'other')}")
    assert send_chunked(raw, DATA, body) == (400, "BadDigest")
    assert server.read("lab", "a") is None


@pytest.mark.parametrize("name", ["crc32", "crc32c", "sha256", "sha1"])
def test_every_algorithm_is_checked_in_the_trailer(server: S3Server, raw: Raw, name: str) -> None:
    right = {
        "crc32": checksums.crc32(DATA).to_bytes(4, "big"),
        "crc32c": checksums.crc32c(DATA).to_bytes(4, "big"),
        "sha256": hashlib.sha256(DATA).digest(),
        "sha1": hashlib.sha1(DATA).digest(),
    }[name]
    wrong = bytes([right[0] ^ 1]) + right[1:]
    for value, said in ((wrong, (400, "BadDigest")), (right, (200, ""))):
        line = f"x-amz-checksum-{name}:{base64.b64encode(value).decode()}"
        assert send_chunked(raw, DATA, chunked(DATA, MiB, line), name) == said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", (400, "MalformedTrailerError")),
        ("x-amz-checksum-crc32:AAAAAA==", (400, "MalformedTrailerError")),
        ("no colon", (400, "MalformedTrailerError")),
        ("x-amz-checksum-crc64nvme:short", (400, "InvalidRequest")),
    ],
)
def test_a_trailer_that_is_none_is_refused(raw: Raw, line: str, said: tuple[int, str]) -> None:
    lines = (line,) if line else ()
    assert send_chunked(raw, DATA, chunked(DATA, MiB, *lines)) == said


def test_a_trailer_must_be_of_a_known_kind(raw: Raw) -> None:
    assert send_chunked(raw, DATA, chunked(DATA, MiB), "md4") == (400, "InvalidRequest")


@pytest.mark.parametrize("change", [1, -1])
def test_a_decoded_length_that_is_wrong_is_refused(raw: Raw, change: int) -> None:
    body = chunked(DATA, MiB, f"x-amz-checksum-crc64nvme:{crc_of(DATA)}")
    headers = trailing() | {"x-amz-decoded-content-length": str(len(DATA) + change)}
    answer = raw.send("PUT", "/lab/a", body, headers=headers, payload=TRAILER)
    assert answer.said == (400, "IncompleteBody")


def test_a_decoded_length_is_required(raw: Raw) -> None:
    headers = {"x-amz-trailer": "x-amz-checksum-crc64nvme"}
    answer = raw.send("PUT", "/lab/a", chunked(b"x", 1), headers=headers, payload=TRAILER)
    assert answer.said == (411, "MissingContentLength")


@pytest.mark.parametrize("body", [b"zz\r\nx\r\n0\r\n\r\n", b"1\r\nxx\r\n0\r\n\r\n", b"5\r\nx"])
def test_chunks_of_another_form_are_refused(raw: Raw, body: bytes) -> None:
    assert send_chunked(raw, b"x", body) == (400, "IncompleteBody")


def test_signed_chunks_are_not_pretended(raw: Raw) -> None:
    answer = raw.send("PUT", "/lab/a", b"x", payload="STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
    assert answer.said == (501, "NotImplemented")


def test_a_payload_hash_is_checked(server: S3Server, raw: Raw) -> None:
    right, wrong = hashlib.sha256(DATA).hexdigest(), hashlib.sha256(b"other").hexdigest()
    refusal = raw.send("PUT", "/lab/a", DATA, payload=wrong)
    assert refusal.said == (400, "XAmzContentSHA256Mismatch")
    assert right.encode() in refusal.body
    assert server.read("lab", "a") is None
    assert raw.send("PUT", "/lab/a", DATA, payload=right).status == 200


def test_a_payload_hash_of_another_form_is_refused(raw: Raw) -> None:
    assert raw.send("PUT", "/lab/a", b"x", payload="abc").said == (400, "InvalidArgument")


def test_data_must_come_with_its_length(server: S3Server, raw: Raw) -> None:
    headers = signed_headers(server, "PUT", "/lab/a", {})
    raw.connection.putrequest("PUT", "/lab/a")
    for name, value in headers.items():
        raw.connection.putheader(name, value)
    raw.connection.endheaders()
    assert raw.answer().said == (411, "MissingContentLength")


def test_plain_http_chunks_are_not_taken(raw: Raw) -> None:
    change = {"Transfer-Encoding": "chunked"}
    answer = raw.send("PUT", "/lab/a", iter([b"x"]), change=change)
    assert answer.said == (501, "NotImplemented")


def test_a_body_that_ends_early_is_refused(server: S3Server, raw: Raw) -> None:
    headers = signed_headers(server, "PUT", "/lab/a", {}) | {"Content-Length": "10"}
    raw.connection.request("PUT", "/lab/a", b"12345", headers)
    raw.connection.sock.shutdown(socket.SHUT_WR)
    assert raw.answer().said == (400, "IncompleteBody")
    assert server.read("lab", "a") is None


def test_a_connection_serves_many_requests(server: S3Server, raw: Raw) -> None:
    for number in range(20):
        assert raw.send("PUT", f"/lab/{number}", b"x" * number).status == 200
    assert {entry.connection for entry in server.log.entries()} == {1}


def test_a_small_refused_body_does_not_cost_the_connection(server: S3Server, raw: Raw) -> None:
    assert raw.send("PUT", "/nowhere/a", b"x" * 1000).code == "NoSuchBucket"
    assert raw.send("PUT", "/lab/a", b"x").status == 200
    assert {entry.connection for entry in server.log.entries()} == {1}


def test_a_large_refused_body_still_gets_its_answer(raw: Raw) -> None:
    answer = raw.send("PUT", "/nowhere/a", bytes(20 * MiB))
    assert (answer.code, answer.headers["connection"]) == ("NoSuchBucket", "close")


def test_who_asks_before_sending_is_told_to_go_on(server: S3Server) -> None:
    said = _expecting(server, "/lab/a", b"hello")
    assert said.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
    assert server.read("lab", "a") == b"hello"


def test_who_asks_before_sending_is_spared_when_it_is_refused(server: S3Server) -> None:
    said = _expecting(server, "/nowhere/a", b"hello")
    assert said.startswith(b"HTTP/1.1 404 Not Found\r\n")


def _expecting(server: S3Server, path: str, body: bytes) -> bytes:
    """Everything that comes back to one request that waits for 100 Continue."""
    headers = signed_headers(server, "PUT", path, {}) | {
        "Host": f"127.0.0.1:{server.port}",
        "Content-Length": str(len(body)),
        "Expect": "100-continue",
        "Connection": "close",
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    with socket.create_connection(("127.0.0.1", server.port), 10) as sock:
        sock.sendall(f"PUT {path} HTTP/1.1\r\n{head}\r\n".encode())
        said = sock.recv(4096)
        if said.startswith(b"HTTP/1.1 100"):
            sock.sendall(body)
        while more := sock.recv(4096):
            said += more
    return said


@pytest.mark.parametrize(
    "head", [b"hello\r\n\r\n", b"GET http://x/ HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nbad\r\n\r\n"]
)
def test_what_is_no_http_is_answered_and_left(server: S3Server, head: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), 10) as sock:
        sock.sendall(head)
        assert sock.recv(100).startswith(b"HTTP/1.1 400 ")
        assert sock.recv(100) == b""


def test_a_length_that_is_no_number_is_refused(server: S3Server, raw: Raw) -> None:
    headers = signed_headers(server, "PUT", "/lab/a", {}) | {"Content-Length": "many"}
    assert raw.plain("PUT", "/lab/a", b"", headers).said == (400, "InvalidRequest")


def test_a_path_that_is_no_text_is_refused(raw: Raw) -> None:
    assert raw.plain("GET", "/lab/%FF").said == (400, "InvalidURI")


def test_a_method_that_s3_does_not_have_is_refused(raw: Raw) -> None:
    assert raw.send("PATCH", "/lab/a").said == (405, "MethodNotAllowed")
    assert raw.send("POST", "/").said == (405, "MethodNotAllowed")


@pytest.fixture
def secure(serve: Serve) -> S3Server:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTS / "server.pem", CERTS / "server.key")
    return serve(tls=context)


def test_over_tls_the_official_client_sends_trailers(secure: S3Server, connect: Connect) -> None:
    s3 = connect(secure, verify=TEST_CA)
    s3.put_object(Bucket="lab", Key="a", Body=DATA, ChecksumAlgorithm="CRC64NVME")
    assert secure.read("lab", "a") == DATA
    assert "x-amz-trailer" in secure.log.entries("PutObject")[0].headers
    assert s3.get_object(Bucket="lab", Key="a")["Body"].read() == DATA


def test_a_wrong_trailer_is_noticed_over_tls_too(secure: S3Server) -> None:
    context = ssl.create_default_context(cafile=TEST_CA)
    with Raw(secure, context) as raw:
        body = chunked(DATA, MiB, f"x-amz-checksum-crc64nvme:{crc_of(b'other')}")
        assert send_chunked(raw, DATA, body) == (400, "BadDigest")


def test_who_does_not_speak_tls_is_left_and_others_are_served(
    secure: S3Server, connect: Connect
) -> None:
    with socket.create_connection(("127.0.0.1", secure.port), 10) as stranger:
        stranger.sendall(b"GET / HTTP/1.1\r\n\r\n")
        with contextlib.suppress(ConnectionResetError):
            assert b"HTTP" not in stranger.recv(100)
    with refused("NoSuchKey"):
        connect(secure, verify=TEST_CA).get_object(Bucket="lab", Key="a")


@pytest.mark.parametrize("size", [1, 1000, 65_536])
def test_chunks_may_travel_in_chunks_of_http(server: S3Server, raw: Raw, size: int) -> None:
    data = DATA[:70_000] if size > 1 else DATA[:50]
    inner = chunked(data, 30_000, f"x-amz-checksum-crc64nvme:{crc_of(data)}")
    change = {"Transfer-Encoding": "chunked"}
    body = iter([chunked(inner, size)])
    answer = raw.send("PUT", "/lab/a", body, headers=trailing(data), payload=TRAILER, change=change)
    assert answer.said == (200, "")
    assert server.read("lab", "a") == data
    assert raw.send("HEAD", "/lab/a").status == 200


def test_chunks_of_http_that_end_early_are_refused(server: S3Server) -> None:
    headers = signed_headers(server, "PUT", "/lab/a", trailing(b"abc"), TRAILER) | {
        "Host": f"127.0.0.1:{server.port}",
        "Transfer-Encoding": "chunked",
        "Expect": "100-continue",
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    with socket.create_connection(("127.0.0.1", server.port), 10) as sock:
        sock.sendall(f"PUT /lab/a HTTP/1.1\r\n{head}\r\n".encode())
        assert sock.recv(4096).startswith(b"HTTP/1.1 100")
        sock.sendall(b"5\r\n3\r\nab")
        sock.shutdown(socket.SHUT_WR)
        assert sock.recv(4096).startswith(b"HTTP/1.1 400 ")
    assert server.read("lab", "a") is None


def test_a_head_without_end_is_not_read_for_ever(server: S3Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), 10) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nx: " + b"y" * 70_000)
        assert sock.recv(100).startswith(b"HTTP/1.1 400 ")
