"""SIGKILL at any moment: the next run goes on, and sends nothing twice but what was in flight."""

from __future__ import annotations

import random
import signal
import subprocess
from pathlib import Path

import pytest
from tests.e2e.conftest import Lab
from tests.e2e.program import kill, write_random

from pipette.engine.journal_reader import JournalReader
from pipette.model.files import MiB

FLOWS = 8
"""At most so many parts are in flight on a short line."""
PARTS = 7
LARGE = {
    "Lib07_S7_L001_R1_001.fastq.gz": PARTS * 8 * MiB - 5,
    "Lib07_S7_L001_R2_001.fastq.gz": 20 * MiB,
}
MOMENTS = [
    *range(6),
    *(pytest.param(moment, marks=pytest.mark.slow) for moment in range(6, 20)),
]
SLOW_LINE = 60 * MiB


def make_source(folder: Path) -> Path:
    source = folder / "run7"
    for name, size in LARGE.items():
        write_random(source / name, size)
    for number in range(12):
        write_random(source / "InterOp" / f"m{number}.bin", 3000 + number)
    return source


def kill_when(lab: Lab, process: subprocess.Popen[str], requests: int) -> None:
    """Once the order is written down, at this request: before that there is nothing to go on with."""
    with JournalReader(lab.program.home / "queue.sqlite") as reader:
        assert lab.server.log.wait_until(
            lambda log: len(log.entries()) >= requests and bool(reader.batches()), timeout=30
        )
        kill(process)


def sent_parts(lab: Lab) -> list[tuple[str, int | None, str | None]]:
    """(key, part, upload id) of every part that was taken; what tries the service out is smaller."""
    taken = lab.server.log.entries("UploadPart", status=200)
    return [(e.key, e.part, e.upload_id) for e in taken if e.received > 1000]


@pytest.mark.parametrize("moment", MOMENTS)
def test_an_upload_killed_at_any_moment_goes_on_where_it_stopped(lab: Lab, moment: int) -> None:
    chance = random.Random(moment)
    source = make_source(lab.folder)
    lab.server.faults.line.set_speed(SLOW_LINE, None)
    process = lab.program.start("upload", str(source), "--to", "lab:/runs", "--json")
    kill_when(lab, process, requests=chance.randint(1, 24))
    lab.server.faults.line.set_speed(None, None)
    resumed = lab.program.run("resume", "--json")
    assert resumed.code == 0, resumed.said
    for path in source.rglob("*"):
        if path.is_file():
            key = f"run7/{path.relative_to(source).as_posix()}"
            assert lab.server.read("runs", key) == path.read_bytes()
    assert lab.server.open_uploads("runs") == []
    sent = sent_parts(lab)
    for key in LARGE:
        assert len({upload for name, _, upload in sent if name == f"run7/{key}"}) == 1
    assert len(sent) - len(set(sent)) <= FLOWS
    assert {event["state"] for event in resumed.of("file")} <= {"verified"}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_download_killed_at_any_moment_goes_on_where_it_stopped(lab: Lab, moment: int) -> None:
    chance = random.Random(moment)
    size = 6 * 16 * MiB + 7
    write_random(lab.folder / "big.bam", size)
    data = (lab.folder / "big.bam").read_bytes()
    lab.server.put("runs", "run7/big.bam", data)
    for number in range(8):
        lab.server.put("runs", f"run7/small{number}.txt", b"x" * (1000 + number))
    back = lab.folder / "back"
    lab.server.faults.line.set_speed(None, SLOW_LINE)
    process = lab.program.start("download", "lab:/runs/run7", "--to", str(back), "--json")
    kill_when(lab, process, requests=chance.randint(1, 16))
    assert not (back / "run7" / "big.bam").exists() or (
        (back / "run7" / "big.bam").read_bytes() == data
    )
    lab.server.faults.line.set_speed(None, None)
    resumed = lab.program.run("resume", "--json")
    assert resumed.code == 0, resumed.said
    assert (back / "run7" / "big.bam").read_bytes() == data
    assert {path.name for path in (back / "run7").iterdir()} == {
        "big.bam",
        *(f"small{number}.txt" for number in range(8)),
    }
    ranges = [entry.range for entry in lab.server.log.entries("GetObject", key="run7/big.bam")]
    assert len(ranges) <= 7 + FLOWS


def test_interrupted_by_hand_it_says_so_and_keeps_the_queue(lab: Lab) -> None:
    source = make_source(lab.folder)
    lab.server.faults.line.set_speed(SLOW_LINE / 4, None)
    process = lab.program.start("upload", str(source), "--to", "lab:/runs", "--json")
    assert lab.server.log.wait_until(lambda log: bool(log.parts_accepted()), timeout=30)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 143
    lab.server.faults.line.set_speed(None, None)
    resumed = lab.program.run("resume", "--json")
    assert resumed.code == 0, resumed.said
    sent = sent_parts(lab)
    assert len(sent) - len(set(sent)) <= FLOWS


def test_the_changed_file_of_a_killed_upload_is_never_verified(lab: Lab) -> None:
    source = make_source(lab.folder)
    big = source / "Lib07_S7_L001_R1_001.fastq.gz"
    lab.server.faults.line.set_speed(SLOW_LINE / 4, None)
    process = lab.program.start("upload", str(source), "--to", "lab:/runs", "--json")
    assert lab.server.log.wait_until(lambda log: bool(log.parts_accepted()), timeout=30)
    kill(process)
    lab.server.faults.line.set_speed(None, None)
    write_random(big, PARTS * 8 * MiB - 5, seed=1)
    resumed = lab.program.run("resume", "--json")
    assert resumed.code == 1
    states = {Path(event["source"]).name: event["state"] for event in resumed.of("file")}
    assert states[big.name] == "needs-you"
    assert lab.server.read("runs", f"run7/{big.name}") is None
