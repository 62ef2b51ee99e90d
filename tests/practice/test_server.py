"""The server as a thing that is started, stopped, and started again."""

from __future__ import annotations

import http.client
import random
import threading
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.practice.conftest import Connect, Serve
from tests.practice.raw import Raw, presigned
from tests.practice.uploads import UNCHECKED, Upload, multipart_etag

from pipette.practice.faults import Fault, Hang, Moment
from pipette.practice.manners import KiB, Manners, MiB
from pipette.practice.routing import bucket_in_host
from pipette.practice.server import PRACTICE_KEY, S3Server

DATA = random.Random(9).randbytes(200 * KiB)
SMALL_PARTS = Manners(smallest_part=KiB)


def threads() -> set[str]:
    return {each.name for each in threading.enumerate() if each.name.startswith("practice")}


def test_it_starts_at_once_and_leaves_no_thread(tmp_path: Path) -> None:
    before = threads()
    began = time.monotonic()
    with S3Server(tmp_path / "place") as server:
        assert time.monotonic() - began < 0.2
        with Raw(server) as raw:
            raw.send("GET", "/")
            assert len(threads() - before) == 2
    assert threads() <= before


def test_what_is_kept_alive_does_not_keep_it_from_stopping(tmp_path: Path) -> None:
    before = threads()
    server = S3Server(tmp_path / "place")
    server.start()
    with Raw(server) as raw:
        raw.send("GET", "/")
        began = time.monotonic()
        server.stop()
        assert time.monotonic() - began < 1
    assert threads() <= before


def test_it_can_be_stopped_twice_but_not_started_twice(server: S3Server) -> None:
    with pytest.raises(RuntimeError):
        server.start()
    server.stop()
    server.stop()
    with pytest.raises(RuntimeError):
        server.keys("lab")


def test_started_again_it_is_at_the_same_place(server: S3Server, s3: Any) -> None:
    url = server.url
    s3.put_object(Bucket="lab", Key="a", Body=DATA)
    server.stop()
    server.start()
    assert server.url == url
    assert s3.get_object(Bucket="lab", Key="a")["Body"].read() == DATA


def test_two_servers_do_not_share_a_port(server: S3Server, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="in use"):
        S3Server(tmp_path / "second", port=server.port).start()
    assert "practice door" in threads()


def test_an_upload_goes_on_in_another_process(serve: Serve, connect: Connect) -> None:
    first = serve(manners=SMALL_PARTS)
    upload = Upload(connect(first, config=UNCHECKED), how={"Metadata": {"run": "7"}})
    upload.send(1, b"to be replaced")
    upload.send(1, DATA)
    upload.send(2, b"tail")
    first.stop()
    second = serve(manners=SMALL_PARTS)
    upload.s3 = connect(second, config=UNCHECKED)
    listed = upload.s3.list_parts(**upload.which)["Parts"]
    assert [(part["PartNumber"], part["Size"]) for part in listed] == [(1, len(DATA)), (2, 4)]
    upload.send(3, b"end")
    with_gap = upload.complete(1, 3)
    assert with_gap["ETag"] == multipart_etag(DATA, b"end")
    assert second.read("lab", "a") == DATA + b"end"
    assert upload.s3.head_object(Bucket="lab", Key="a")["Metadata"] == {"run": "7"}


def test_everything_that_happened_is_remembered(serve: Serve, connect: Connect) -> None:
    first = serve(manners=SMALL_PARTS)
    s3 = connect(first, config=UNCHECKED)
    first.create_bucket("europe", region="eu-central-1", kms=True)
    first.create_bucket("gone")
    s3.delete_bucket(Bucket="gone")
    for key in ("kept", "replaced", "removed"):
        s3.put_object(Bucket="lab", Key=key, Body=b"first", ContentType="text/csv")
    s3.put_object(Bucket="lab", Key="replaced", Body=DATA, ChecksumAlgorithm="SHA256")
    s3.delete_object(Bucket="lab", Key="removed")
    Upload(s3, "finished").send(1, DATA)
    done, left = Upload(s3, "finished"), Upload(s3, "aborted")
    done.send(1, DATA)
    done.complete()
    s3.abort_multipart_upload(**left.which)
    before = [
        s3.head_object(Bucket="lab", Key=key, ChecksumMode="ENABLED") for key in first.keys("lab")
    ]
    first.stop()
    second = serve(manners=SMALL_PARTS)
    again = connect(second, config=UNCHECKED)
    assert second.buckets() == ["europe", "lab"]
    assert second.keys("lab") == ["finished", "kept", "replaced"]
    assert len(second.open_uploads("lab")) == 1
    after = [
        again.head_object(Bucket="lab", Key=key, ChecksumMode="ENABLED")
        for key in second.keys("lab")
    ]
    for answer in (*before, *after):
        del answer["ResponseMetadata"]
    assert after == before
    assert second.read("lab", "replaced") == DATA


def test_half_a_last_line_of_a_killed_process_is_no_line(serve: Serve, tmp_path: Path) -> None:
    first = serve()
    first.put("lab", "a", DATA)
    first.stop()
    ledger = tmp_path / "place" / "ledger.jsonl"
    with ledger.open("ab") as file:
        file.write(b'["object","lab","b",{"blo')
    left_over = tmp_path / "place" / "blobs" / "999999999999"
    left_over.write_bytes(b"half a part")
    second = serve()
    assert second.keys("lab") == ["a"]
    assert not left_over.exists()
    second.put("lab", "b", DATA)
    second.stop()
    assert serve().keys("lab") == ["a", "b"]


def test_a_refused_body_leaves_no_bytes_behind(server: S3Server, raw: Raw, tmp_path: Path) -> None:
    assert raw.send("PUT", "/lab/a", DATA, payload="0" * 64).status == 400
    assert raw.send("PUT", "/nowhere/a", DATA).status == 404
    assert list((tmp_path / "place" / "blobs").iterdir()) == []


def test_what_is_replaced_or_aborted_frees_its_room(
    serve: Serve, connect: Connect, tmp_path: Path
) -> None:
    s3 = connect(serve(manners=SMALL_PARTS), config=UNCHECKED)
    upload = Upload(s3, "b")
    for data in (DATA, DATA[:-1]):
        s3.put_object(Bucket="lab", Key="a", Body=data)
        upload.send(1, data)
    s3.abort_multipart_upload(**upload.which)
    sizes = [each.stat().st_size for each in (tmp_path / "place" / "blobs").iterdir()]
    assert sizes == [len(DATA) - 1]


def test_a_part_on_its_way_while_its_upload_ends_is_refused(
    server: S3Server, connect: Connect
) -> None:
    s3 = connect(server, config=UNCHECKED)
    upload = Upload(s3)
    server.faults.add(Fault(Hang(Moment.DURING), operation="UploadPart"))
    with ThreadPoolExecutor(1) as pool, Raw(server) as raw:
        path = f"/lab/a?partNumber=1&uploadId={upload.id}"
        answer = pool.submit(raw.send, "PUT", path, DATA)
        assert server.faults.wait_until_hanging()
        s3.abort_multipart_upload(**upload.which)
        server.faults.release()
        assert answer.result(10).said == (404, "NoSuchUpload")


def test_an_object_replaced_while_it_is_read_ends_the_reading(server: S3Server, raw: Raw) -> None:
    server.put("lab", "a", DATA)
    server.faults.add(Fault(Hang(Moment.DURING, after_bytes=0), operation="GetObject"))
    raw.connection.request("GET", presigned(server, "GET", "/lab/a"))
    with raw.connection.getresponse() as response:
        assert server.faults.wait_until_hanging()
        server.put("lab", "a", b"new")
        server.faults.release()
        with pytest.raises((OSError, http.client.HTTPException)):
            response.read()
    raw.connection.close()
    assert raw.plain("GET", presigned(server, "GET", "/lab/a")).body == b"new"


def test_of_two_who_must_not_replace_each_other_one_is_refused(server: S3Server) -> None:
    server.faults.add(Fault(Hang(Moment.DURING), operation="PutObject", times=2))
    alone = {"If-None-Match": "*"}
    with ThreadPoolExecutor(2) as pool, Raw(server) as one, Raw(server) as two:
        both = [pool.submit(each.send, "PUT", "/lab/a", DATA, headers=alone) for each in (one, two)]
        assert server.faults.wait_until_hanging(2)
        server.faults.release()
        assert sorted(each.result(10).status for each in both) == [200, 412]


@pytest.mark.parametrize(
    ("host", "bucket"),
    [
        ("127.0.0.1:9000", ""),
        ("[::1]:9000", ""),
        ("localhost", ""),
        ("lab.localhost:9000", "lab"),
        ("my.lab.localhost", "my.lab"),
        ("lab.s3.localhost:1", "lab"),
        ("s3.localhost:1", ""),
        ("lab.s3.eu-central-1.amazonaws.com", "lab"),
        ("s3.eu-central-1.amazonaws.com", ""),
        ("lab.s3-accelerate.amazonaws.com", "lab"),
        ("example.org", ""),
    ],
)
def test_the_bucket_may_stand_in_the_host(host: str, bucket: str) -> None:
    assert bucket_in_host(host) == bucket


def test_virtual_hosts_are_served(server: S3Server, raw: Raw) -> None:
    server.put("lab", "runs/a", DATA)
    named = {"Host": f"lab.localhost:{server.port}"}
    answer = raw.send("HEAD", "/runs/a", headers=named)
    assert (answer.status, answer.headers["content-length"]) == (200, str(len(DATA)))
    listed = raw.send("GET", "/?list-type=2", headers=named)
    assert b"<Key>runs/a</Key>" in listed.body


def test_a_large_object_is_never_whole_in_memory(server: S3Server, raw: Raw) -> None:
    size = 64 * MiB
    block = bytes(MiB)
    tracemalloc.start()
    try:
        length = {"Content-Length": str(size)}
        answer = raw.send("PUT", "/lab/a", (block for _ in range(64)), change=length)
        assert answer.status == 200
        raw.connection.request("GET", presigned(server, "GET", "/lab/a"))
        with raw.connection.getresponse() as response:
            received = sum(iter(lambda: len(response.read(MiB)), 0))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert received == size
    assert most < 8 * MiB


def test_many_small_files_are_a_matter_of_moments(server: S3Server) -> None:
    paths = [presigned(server, "PUT", f"/lab/{number:04}") for number in range(1000)]

    def send(mine: list[str]) -> list[int]:
        with Raw(server) as raw:
            return [raw.plain("PUT", path, DATA[: 16 * KiB]).status for path in mine]

    began = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        statuses = [
            status for part in pool.map(send, [paths[at::4] for at in range(4)]) for status in part
        ]
    assert statuses == [200] * 1000
    assert time.monotonic() - began < 10
    assert len(server.keys("lab")) == 1000
    assert server.read("lab", "0999") == DATA[: 16 * KiB]


def test_a_failing_disk_is_told_and_survived(
    server: S3Server, raw: Raw, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server.put("lab", "a", DATA)
    for blob in (tmp_path / "place" / "blobs").iterdir():
        blob.write_bytes(b"short")
    with pytest.raises(OSError, match="shorter"):
        server.read("lab", "a")
    (tmp_path / "place" / "blobs").rename(tmp_path / "elsewhere")
    assert raw.send("PUT", "/lab/b", DATA).said == (500, "InternalError")
    (tmp_path / "elsewhere").rename(tmp_path / "place" / "blobs")
    assert raw.send("PUT", "/lab/b", DATA).status == 200
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_the_practice_key_lets_in(server: S3Server, connect: Connect) -> None:
    assert connect(server, PRACTICE_KEY).list_buckets()["Buckets"][0]["Name"] == "lab"
