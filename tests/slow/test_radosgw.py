"""The program against Ceph's own gateway: there and back, and killed in the middle."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.contract.radosgw_place import radosgw_place
from tests.contract.s3_places import BUCKET, S3Place
from tests.e2e.program import Program, kill, tree, write_random
from tests.e2e.test_round_trip import assert_adds_up, make_sources
from tests.fakes import radosgw

from pipette.model.files import Location, MiB

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

KEY = f"{radosgw.ACCESS}:{radosgw.SECRET}"
LARGE = 96 * MiB + 5


@dataclass(frozen=True, slots=True)
class Ceph:
    """The gateway, and the program that knows it as ``ceph``."""

    place: S3Place
    program: Program
    folder: Path

    def open_uploads(self) -> list[str]:
        answer = self.place.client.list_multipart_uploads(Bucket=BUCKET)
        return [row["UploadId"] for row in answer.get("Uploads", [])]

    def stored(self, key: str) -> bytes | None:
        return self.place.read(Location("ceph", BUCKET, key))


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Place]:
    with radosgw_place(tmp_path_factory.mktemp("ceph")) as place:
        yield place


@pytest.fixture
def ceph(gateway: S3Place, tmp_path: Path) -> Iterator[Ceph]:
    program = Program(tmp_path / "home", {"ceph": KEY})
    program.add_s3("ceph", gateway.url, KEY)
    yield Ceph(gateway, program, tmp_path)
    program.end_all()


def test_everything_comes_back_identical(ceph: Ceph) -> None:
    source = make_sources(ceph.folder, 64 * MiB + 3)
    up = ceph.program.run("upload", str(source), "--to", f"ceph:/{BUCKET}/2026", "--json")
    assert up.code == 0, up.said
    files = [path for path in source.rglob("*") if path.is_file()]
    assert_adds_up(up, len(files), sum(path.stat().st_size for path in files))
    back = ceph.folder / "back"
    down = ceph.program.run("download", f"ceph:/{BUCKET}/2026/run7", "--to", str(back), "--json")
    assert down.code == 0, down.said
    assert tree(back / "run7") == tree(source)


def test_only_what_the_gateway_can_prove_is_called_verified_on_the_way_back(ceph: Ceph) -> None:
    """It tells the MD5 of what came in one piece, and of what came in parts only the size."""
    write_random(ceph.folder / "run8" / "small.bin", 1000)
    write_random(ceph.folder / "run8" / "large.bin", 20 * MiB)
    source, place = str(ceph.folder / "run8"), f"ceph:/{BUCKET}/proof"
    assert ceph.program.run("upload", source, "--to", place, "--json").code == 0
    back = str(ceph.folder / "back")
    down = ceph.program.run("download", f"{place}/run8", "--to", back, "--json")
    states = {Path(event["source"]).name: event["state"] for event in down.of("file")}
    assert states == {"small.bin": "verified", "large.bin": "size-matched"}


def test_a_killed_upload_goes_on_with_the_parts_that_arrived(ceph: Ceph) -> None:
    write_random(ceph.folder / "run9" / "large.bam", LARGE)
    process = start_slowly(ceph, "run9")
    wait_for_bytes(process, LARGE // 2)
    kill(process)
    [begun] = ceph.open_uploads()
    listed = ceph.place.client.list_parts(Bucket=BUCKET, Key="kept/large.bam", UploadId=begun)
    resumed = ceph.program.run("resume", "--json")
    assert resumed.code == 0, resumed.said
    [told] = resumed.of("file")
    assert told["state"] == "verified"
    assert told["reused_parts"] == len(listed["Parts"]) > 0
    assert ceph.stored("kept/large.bam") == (ceph.folder / "run9" / "large.bam").read_bytes()
    assert ceph.open_uploads() == []


def test_an_upload_that_vanished_over_there_begins_anew(ceph: Ceph) -> None:
    write_random(ceph.folder / "run10" / "large.bam", LARGE, seed=1)
    process = start_slowly(ceph, "run10")
    wait_for_bytes(process, LARGE // 2)
    kill(process)
    [begun] = ceph.open_uploads()
    ceph.place.client.abort_multipart_upload(Bucket=BUCKET, Key="kept/large.bam", UploadId=begun)
    resumed = ceph.program.run("resume", "--json")
    assert resumed.code == 0, resumed.said
    assert {event["state"] for event in resumed.of("file")} == {"verified"}
    assert ceph.stored("kept/large.bam") == (ceph.folder / "run10" / "large.bam").read_bytes()


def start_slowly(ceph: Ceph, folder: str) -> subprocess.Popen[str]:
    source, place = f"{ceph.folder / folder}/", f"ceph:/{BUCKET}/kept"
    rule = ("--if-exists", "replace", "--limit", "20")
    return ceph.program.start("upload", source, "--to", place, "--json", *rule)


def wait_for_bytes(process: subprocess.Popen[str], count: int) -> None:
    """Until the program tells that so many bytes are over there."""
    assert process.stdout is not None
    for line in process.stdout:
        event = json.loads(line)
        if event["event"] == "progress" and event["bytes"] >= count:
            return
    raise AssertionError("it ended before")
