"""The benchmarks' server answers as one that checks, or the figures would prove nothing."""

from __future__ import annotations

import base64
import hashlib
import http.client
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from awscrt.checksums import crc64nvme
from benchmarks import work
from benchmarks.building import SINK, build
from benchmarks.clients import Pipette, Task
from benchmarks.servers import Server, Sink
from tests.e2e.program import Program, tree

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

CONTENT = b"123456789"
CRC = "x-amz-checksum-crc64nvme"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(SINK, Path(tmp_path_factory.mktemp("built")))


@pytest.fixture
def files(tmp_path: Path) -> work.Files:
    return work.make(work.Work("large", 1, 20 * work.MIB + 1), tmp_path)


@pytest.fixture
def server(built: Path, files: work.Files) -> Iterator[Server]:
    with Sink(built).serve(files) as running:
        yield running


def put(server: Server, headers: dict[str, str], body: bytes = CONTENT) -> int:
    line = http.client.HTTPConnection(urlsplit(server.url).netloc)
    line.request("PUT", "/bench/one", body, headers)
    status = line.getresponse().status
    line.close()
    return status


def written(value: bytes) -> str:
    return base64.b64encode(value).decode()


def framed(crc: str) -> tuple[dict[str, str], bytes]:
    """As S3 takes a checksum after the bytes."""
    headers = {
        "content-encoding": "aws-chunked",
        "x-amz-decoded-content-length": str(len(CONTENT)),
        "x-amz-trailer": CRC,
    }
    return headers, b"%x\r\n%b\r\n0\r\n%b:%b\r\n\r\n" % (
        len(CONTENT),
        CONTENT,
        CRC.encode(),
        crc.encode(),
    )


def test_a_small_body_with_the_right_checksum_is_taken(server: Server) -> None:
    crc = written(crc64nvme(CONTENT).to_bytes(8, "big"))
    md5 = written(hashlib.md5(CONTENT, usedforsecurity=False).digest())
    assert put(server, {CRC: crc}) == 200
    assert put(server, {"content-md5": md5}) == 200
    assert put(server, *framed(crc)) == 200


def test_a_small_body_with_a_wrong_checksum_is_refused(server: Server) -> None:
    assert put(server, {CRC: written(bytes(8))}) == 400
    assert put(server, {"content-md5": written(bytes(16))}) == 400
    assert put(server, *framed(written(bytes(8)))) == 400


def test_one_that_knows_only_md5_ignores_other_checksums(built: Path, files: work.Files) -> None:
    with Sink(built, md5_only=True).serve(files) as server:
        assert put(server, {CRC: written(bytes(8))}) == 200
        assert put(server, {"content-md5": written(bytes(16))}) == 400


@pytest.mark.parametrize("tls", [False, True], ids=["http", "tls"])
def test_pipette_proves_what_it_sends_to_it_and_fetches_from_it(
    built: Path, files: work.Files, tmp_path: Path, tls: bool
) -> None:
    with Sink(built, tls=tls).serve(files) as server:
        home = tmp_path / "home"
        Pipette().upload(Task(server, files.folder, "up", home))
        program = Program(home, {"bench": f"{server.access}:{server.secret}"})
        up = program.run("upload", str(files.folder), "--to", "bench:/bench/up", "--json")
        back = tmp_path / "back"
        down = program.run("download", "bench:/bench/large/", "--to", str(back), "--json")
        assert (up.code, down.code) == (0, 0), up.said + down.said
        assert up.summary["verified"] == down.summary["verified"] == 1
        assert server.arrived("up") == (1, files.work.bytes)
        assert tree(back) == tree(files.folder)
        log = "".join(path.read_text() for path in (home / "logs").iterdir())
        assert "checks parts by crc64-trailer" in log
