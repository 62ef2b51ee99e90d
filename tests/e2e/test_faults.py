"""What may go wrong on the way, each with its own outcome, seen from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.e2e.conftest import KEY, Lab
from tests.e2e.program import Ended, Program, kill, write_random

from pipette.model.files import MiB
from pipette.practice.faults import (
    LOST_REPLY,
    Action,
    CorruptIncoming,
    CorruptOutgoing,
    CutOff,
    ErrorInside,
    Fault,
    Hang,
    Reset,
    Respond,
)
from pipette.practice.server import S3Server
from pipette.practice.signing import KeyPair

BIG = 20 * MiB + 1


def make_source(lab: Lab) -> Path:
    source = lab.folder / "run7"
    write_random(source / "Lib07_S7_L001_R1_001.fastq.gz", BIG)
    write_random(source / "SampleSheet.csv", 1000)
    return source


def upload(lab: Lab, source: Path, *more: str) -> Ended:
    return lab.program.run("upload", str(source), "--to", "lab:/runs", "--json", *more)


def stored_whole(lab: Lab, source: Path) -> bool:
    return all(
        lab.server.read("runs", f"run7/{path.name}") == path.read_bytes()
        for path in source.iterdir()
    )


UPLOAD_TROUBLE: list[tuple[str, str, int | None, Action]] = [
    ("503 with Retry-After", "UploadPart", 2, Respond(503, "SlowDown", retry_after=1)),
    ("429", "UploadPart", 2, Respond(429, "TooManyRequests", retry_after=1)),
    ("500 on a small file", "PutObject", None, Respond(500)),
    ("refused while the body comes", "UploadPart", 1, Respond(503, "SlowDown", read_body=False)),
    ("reset in the middle of a part", "UploadPart", 2, Reset()),
    ("a part damaged on the way", "UploadPart", 3, CorruptIncoming(1000)),
    ("a small file damaged on the way", "PutObject", None, CorruptIncoming(10)),
    ("the answer to a part is lost", "UploadPart", 1, LOST_REPLY),
    ("the answer to a small file is lost", "PutObject", None, LOST_REPLY),
    ("the answer to opening is lost", "CreateMultipartUpload", None, LOST_REPLY),
    ("the answer to closing is lost", "CompleteMultipartUpload", None, LOST_REPLY),
    ("an error inside a 200", "CompleteMultipartUpload", None, ErrorInside()),
    ("an error inside a 200, yet done", "CompleteMultipartUpload", None, ErrorInside(done=True)),
    ("500 while closing", "CompleteMultipartUpload", None, Respond(500)),
    ("500 while opening", "CreateMultipartUpload", None, Respond(500)),
    ("500 while listing", "ListObjectsV2", None, Respond(500)),
]


@pytest.mark.parametrize(
    ("operation", "part", "action"),
    [row[1:] for row in UPLOAD_TROUBLE],
    ids=[row[0] for row in UPLOAD_TROUBLE],
)
def test_an_upload_survives_it(lab: Lab, operation: str, part: int | None, action: Action) -> None:
    write_random(lab.folder / "first.txt", 10)
    assert upload(lab, lab.folder / "first.txt").code == 0
    source = make_source(lab)
    fault = lab.server.faults.add(Fault(action, operation, part=part))
    ended = upload(lab, source)
    assert lab.server.faults.fired(fault) == 1
    assert ended.code == 0, ended.said
    assert {event["state"] for event in ended.of("file")} == {"verified"}
    assert stored_whole(lab, source)
    assert lab.server.open_uploads("runs") == []


DOWNLOAD_TROUBLE: list[tuple[str, Action]] = [
    ("503 with Retry-After", Respond(503, "SlowDown", retry_after=1)),
    ("reset in the middle", Reset()),
    ("cut off politely", CutOff()),
    ("500", Respond(500)),
]


@pytest.mark.parametrize(
    "action", [row[1] for row in DOWNLOAD_TROUBLE], ids=[row[0] for row in DOWNLOAD_TROUBLE]
)
@pytest.mark.parametrize("size", [1000, BIG])
def test_a_download_survives_it(lab: Lab, action: Action, size: int) -> None:
    write_random(lab.folder / "a.bam", size)
    data = (lab.folder / "a.bam").read_bytes()
    lab.server.put("runs", "run7/a.bam", data)
    fault = lab.server.faults.add(Fault(action, "GetObject"))
    back = lab.folder / "back"
    ended = lab.program.run("download", "lab:/runs/run7", "--to", str(back), "--json")
    assert lab.server.faults.fired(fault) == 1
    assert ended.code == 0, ended.said
    assert (back / "run7" / "a.bam").read_bytes() == data
    assert [path.name for path in (back / "run7").iterdir()] == ["a.bam"]


@pytest.mark.parametrize("size", [1000, BIG])
def test_a_copy_damaged_on_the_way_down_is_fetched_again(lab: Lab, size: int) -> None:
    write_random(lab.folder / "a.bam", size)
    lab.server.put("runs", "run7/a.bam", (lab.folder / "a.bam").read_bytes())
    lab.server.faults.add(Fault(CorruptOutgoing(500), "GetObject"))
    back = lab.folder / "back"
    ended = lab.program.run("download", "lab:/runs/run7", "--to", str(back), "--json")
    assert ended.code == 0, ended.said
    assert (back / "run7" / "a.bam").read_bytes() == (lab.folder / "a.bam").read_bytes()


@pytest.mark.parametrize("size", [1000, BIG])
def test_a_copy_that_stays_damaged_is_never_called_verified(lab: Lab, size: int) -> None:
    write_random(lab.folder / "a.bam", size)
    lab.server.put("runs", "run7/a.bam", (lab.folder / "a.bam").read_bytes())
    lab.server.faults.add(Fault(CorruptOutgoing(500), "GetObject", times=None))
    back = lab.folder / "back"
    ended = lab.program.run("download", "lab:/runs/run7", "--to", str(back), "--json")
    assert ended.code == 1
    assert [event["state"] for event in ended.of("file")] == ["failed"]
    assert not (back / "run7" / "a.bam").exists()


def test_an_expired_session_asks_for_a_key_and_goes_on_with_the_new_one(tmp_path: Path) -> None:
    session = KeyPair("ASIATEMPORARY", "temporary-secret", "session-token-1")
    with S3Server(tmp_path / "server", keys=[session]) as server:
        server.create_bucket("runs")
        program = Program(
            tmp_path / "home", {"lab": f"{session.id}:{session.secret}:{session.session_token}"}
        )
        program.add_s3("lab", server.url, "typed:in:later")
        write_random(tmp_path / "run7" / "big.bam", 4 * BIG)
        server.faults.line.set_speed(30 * MiB, None)
        process = program.start("upload", str(tmp_path / "run7"), "--to", "lab:/runs", "--json")
        assert server.log.wait_until(lambda log: 2 in log.parts_accepted(), timeout=30)
        server.faults.expire_tokens()
        process.communicate(timeout=60)
        assert process.returncode == 3
        server.faults.line.set_speed(None, None)
        renewed = KeyPair(session.id, session.secret, "session-token-2")
        server.faults.renew_tokens()
        server.add_key(renewed)
        again = Program(
            tmp_path / "home", {"lab": f"{session.id}:{session.secret}:session-token-2"}
        )
        ended = again.run("resume", "--json")
        assert ended.code == 0, ended.said
        sent = [e for e in server.log.entries("UploadPart", status=200) if e.received > 1000]
        assert len({e.upload_id for e in sent}) == 1
        data = server.read("runs", "run7/big.bam")
        assert data == (tmp_path / "run7" / "big.bam").read_bytes()


@pytest.mark.parametrize("key", ["AKIAPRACTICE:wrong", "AKIANOBODY:x", "no-key-at-all"])
def test_a_wrong_key_is_told_by_code_three(lab: Lab, key: str) -> None:
    source = make_source(lab)
    other = Program(lab.program.home, {"lab": key})
    assert other.run("upload", str(source), "--to", "lab:/runs", "--json").code == 3
    assert other.run("ls", "lab:/runs").code == 3
    assert other.run("download", "lab:/runs/x", "--to", str(lab.folder / "d"), "--json").code == 3


def test_a_file_changed_while_it_is_sent_is_never_verified(lab: Lab) -> None:
    source = make_source(lab)
    big = source / "Lib07_S7_L001_R1_001.fastq.gz"
    lab.server.faults.add(Fault(Hang(), "UploadPart", part=2))
    write_random(lab.folder / "first.txt", 10)
    process = lab.program.start("upload", str(source), "--to", "lab:/runs", "--json")
    assert lab.server.faults.wait_until_hanging(timeout=30)
    with big.open("r+b") as file:
        file.write(b"changed")
    lab.server.faults.release()
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert '"state": "needs-you"' in out
    assert lab.server.read("runs", f"run7/{big.name}") is None


def test_an_unreadable_source_fails_alone(lab: Lab) -> None:
    source = make_source(lab)
    (source / "gone.fastq.gz").symlink_to(lab.folder / "nowhere")
    ended = upload(lab, source)
    states = {Path(event["source"]).name: event["state"] for event in ended.of("file")}
    assert ended.code == 1
    assert states.pop("gone.fastq.gz") == "failed"
    assert set(states.values()) == {"verified"}
    assert ended.summary["verified"] + ended.summary["failed"] == ended.of("planned")[0]["files"]


def test_a_folder_that_leads_back_to_itself_is_left_out(lab: Lab) -> None:
    source = make_source(lab)
    (source / "again").symlink_to(source)
    ended = upload(lab, source)
    assert ended.code == 0, ended.said
    assert ended.summary["left_out"] == 1
    assert ended.summary["verified"] == 2


def test_a_network_that_stays_away_is_given_up_when_asked_to(lab: Lab) -> None:
    source = make_source(lab)
    lab.server.faults.line.lose()
    ended = lab.program.run(
        "upload", str(source), "--to", "lab:/runs", "--json", "--give-up-after", "2"
    )
    assert ended.code == 4
    lab.server.faults.line.restore()


def test_a_network_that_comes_back_is_used_again(lab: Lab) -> None:
    source = make_source(lab)
    lab.server.faults.line.set_speed(10 * MiB, None)
    process = lab.program.start("upload", str(source), "--to", "lab:/runs", "--json")
    assert lab.server.log.wait_until(lambda log: bool(log.parts_accepted()), timeout=30)
    lab.server.faults.line.lose()
    lab.server.faults.line.set_speed(None, None)
    lab.server.faults.line.restore()
    out, err = process.communicate(timeout=90)
    assert process.returncode == 0, err
    assert '"state": "failed"' not in out
    assert stored_whole(lab, source)


def test_a_second_process_hands_its_work_to_the_first(lab: Lab) -> None:
    source = make_source(lab)
    write_random(lab.folder / "run8" / "b.txt", 1000)
    lab.server.faults.add(Fault(Hang(), "UploadPart", part=2))
    first = lab.program.start("upload", str(source), "--to", "lab:/runs", "--json")
    assert lab.server.faults.wait_until_hanging(timeout=30)
    second = lab.program.run("upload", str(lab.folder / "run8"), "--to", "lab:/runs", "--json")
    assert (second.code, second.summary["verified"]) == (0, 1)
    lab.server.faults.release()
    first.communicate(timeout=60)
    assert first.returncode == 0
    assert lab.server.read("runs", "run8/b.txt") is not None


def test_work_handed_over_goes_on_when_the_first_process_is_killed(lab: Lab) -> None:
    source = make_source(lab)
    write_random(lab.folder / "run8" / "big.bam", BIG)
    lab.server.faults.add(Fault(Hang(), "UploadPart", part=2, times=2))
    first = lab.program.start("upload", str(source), "--to", "lab:/runs", "--json")
    assert lab.server.faults.wait_until_hanging(timeout=30)
    second = lab.program.start("upload", str(lab.folder / "run8"), "--to", "lab:/runs", "--json")
    assert lab.server.faults.wait_until_hanging(2, timeout=30)
    kill(first)
    lab.server.faults.release()
    second.communicate(timeout=60)
    assert second.returncode == 0
    assert lab.server.read("runs", "run8/big.bam") is not None


def test_no_key_is_written_anywhere(lab: Lab) -> None:
    source = make_source(lab)
    upload(lab, source)
    lab.program.run("download", "lab:/runs/run7", "--to", str(lab.folder / "back"), "--json")
    lab.program.run("receipt", "--output", str(lab.folder / "r.json"))
    secret = KEY.partition(":")[2].encode()
    for path in (*lab.program.home.rglob("*"), lab.folder / "r.json"):
        if path.is_file():
            content = path.read_bytes()
            assert secret not in content, path
            assert b"Signature=" not in content, path
            assert b"X-Amz-Signature" not in content, path
