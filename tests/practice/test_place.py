"""The practice place as the program uses it, and its sample data."""

from __future__ import annotations

import gzip
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from tests.practice.conftest import Connect
from tests.practice.raw import refused

from pipette.practice.manners import MiB
from pipette.practice.place import BUCKET, Access, PracticePlace
from pipette.practice.samples import LIBRARIES, Samples, make_samples
from pipette.practice.signing import KeyPair

FEW = 400


@pytest.fixture
def place() -> Iterator[PracticePlace]:
    place = PracticePlace()
    yield place
    place.stop()


@pytest.fixture
def access(place: PracticePlace, tmp_path: Path) -> Access:
    return place.start(tmp_path)


@pytest.fixture
def s3(access: Access, connect: Connect) -> Any:
    key = KeyPair(access.access_key, access.secret_key)
    return connect(access, key, url=access.url, region=access.region)


def send(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="runs/a", Body=b"reads" * 1000)


def test_it_is_furnished(access: Access, s3: Any) -> None:
    assert access.buckets == (BUCKET,)
    answer = s3.list_objects_v2(Bucket=BUCKET, Delimiter="/")
    assert [row["Prefix"] for row in answer["CommonPrefixes"]] == ["controls/", "runs/"]
    packed = s3.get_object(Bucket=BUCKET, Key="controls/NTC_S10_L001_R1_001.fastq.gz")
    assert gzip.decompress(packed["Body"].read()).startswith(b"@")


def test_nobody_outside_this_computer_can_reach_it(access: Access) -> None:
    assert access.url.startswith("http://127.0.0.1:")


def test_each_place_has_a_key_of_its_own(tmp_path: Path) -> None:
    one, two = PracticePlace(), PracticePlace()
    try:
        keys = [each.start(tmp_path / str(id(each))) for each in (one, two)]
        assert keys[0].secret_key != keys[1].secret_key
        assert keys[0].secret_key not in repr(keys[0])
    finally:
        one.stop()
        two.stop()


def test_what_was_sent_is_there_at_the_next_start(
    place: PracticePlace, s3: Any, tmp_path: Path, connect: Connect
) -> None:
    send(s3)
    place.stop()
    again = PracticePlace()
    try:
        access = again.start(tmp_path)
        key = KeyPair(access.access_key, access.secret_key)
        found = connect(access, key, url=access.url).head_object(Bucket=BUCKET, Key="runs/a")
        assert found["ContentLength"] == 5000
    finally:
        again.stop()


def test_it_can_come_back_at_the_same_address_with_the_same_key(tmp_path: Path) -> None:
    key = KeyPair("AKIADEMO", "kept")
    first = PracticePlace(key=key)
    access = first.start(tmp_path)
    first.stop()
    second = PracticePlace(key=key, port=int(access.url.rpartition(":")[2]))
    try:
        assert second.start(tmp_path) == access
    finally:
        second.stop()


def test_it_can_be_slow(place: PracticePlace, s3: Any) -> None:
    place.set_speed(20_000)
    began = time.monotonic()
    send(s3)
    assert time.monotonic() - began > 0.15
    place.set_speed(None)
    send(s3)


def test_the_network_can_go_and_come_back(place: PracticePlace, access: Access, s3: Any) -> None:
    place.lose_network(True)
    port = int(access.url.rpartition(":")[2])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 10)
    place.lose_network(False)
    send(s3)


def test_the_key_can_end_and_be_renewed(place: PracticePlace, s3: Any) -> None:
    place.expire_key()
    with refused("ExpiredToken", 400):
        send(s3)
    place.renew_key()
    send(s3)


def test_one_part_can_be_damaged(place: PracticePlace, s3: Any) -> None:
    place.damage_next_part()
    s3.list_objects_v2(Bucket=BUCKET)
    with refused("XAmzContentSHA256Mismatch", 400):
        send(s3)
    send(s3)
    assert [entry.status for entry in place.log.entries("PutObject")] == [400, 200]


def test_a_place_that_is_not_open_has_nothing(place: PracticePlace) -> None:
    place.stop()
    with pytest.raises(RuntimeError):
        place.make_samples()
    with pytest.raises(RuntimeError):
        place.log.entries()


def test_its_samples_lie_ready_beside_it(
    place: PracticePlace, access: Access, tmp_path: Path
) -> None:
    samples = place.make_samples()
    sizes = sorted(path.stat().st_size for path in samples.fastq)
    assert samples.folder == tmp_path / "samples"
    assert min(sizes[-2:]) > 24 * MiB
    assert sum(sizes) < 80 * MiB


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    return make_samples(tmp_path_factory.mktemp("samples"), reads=FEW)


def test_the_samples_are_valid_paired_fastq(samples: Samples) -> None:
    assert len(samples.fastq) == 2 * len(LIBRARIES)
    for first, second in zip(samples.fastq[::2], samples.fastq[1::2], strict=True):
        one, two = (gzip.decompress(path.read_bytes()).split(b"\n") for path in (first, second))
        assert [line.split()[0] for line in one[:-1:4]] == [line.split()[0] for line in two[:-1:4]]
        assert len(set(one[:-1:4])) == len(one) // 4
        assert {len(line) for line in one[1::4] + one[3::4]} == {151}
        assert set(b"".join(one[1::4])) <= set(b"ACGT")
        assert all(33 <= value <= 74 for value in b"".join(one[3::4]))
        assert "_R1_001" in first.name
        assert second.name == first.name.replace("_R1_", "_R2_")


def test_the_samples_are_the_same_each_time(samples: Samples, tmp_path: Path) -> None:
    again = make_samples(tmp_path, reads=FEW)
    assert [path.read_bytes() for path in again.fastq] == [
        path.read_bytes() for path in samples.fastq
    ]


def test_the_run_folder_looks_finished(samples: Samples) -> None:
    run = samples.run
    found = ElementTree.parse(run / "RunInfo.xml").find("Run")
    assert found is not None
    assert found.get("Id") == run.name
    assert (run / "RTAComplete.txt").stat().st_size > 0
    assert (run / "CopyComplete.txt").exists()
    assert b"Lib07,Lib07," in (run / "SampleSheet.csv").read_bytes()


def test_the_metrics_of_the_run_have_whole_records(samples: Samples) -> None:
    for path, version, length in (("Tile", 2, 10), ("Error", 3, 30)):
        data = (samples.run / "InterOp" / f"{path}MetricsOut.bin").read_bytes()
        assert (data[0], data[1]) == (version, length)
        assert len(data[2:]) % length == 0
        assert len(data) > 2


def test_the_calls_of_the_run_can_be_unpacked(samples: Samples) -> None:
    calls = sorted(samples.run.glob("Data/Intensities/BaseCalls/L001/C*.1/*.bcl.gz"))
    assert len(calls) == 16
    for path in calls:
        data = gzip.decompress(path.read_bytes())
        assert int.from_bytes(data[:4], "little") == len(data) - 4
