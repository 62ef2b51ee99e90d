"""The program against a Seven Bridges platform, as processes: send, kill, go on, fetch back, verify."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.e2e.program import Ended, Program, kill, tree, write_random
from tests.fakes.sevenbridges import PROJECT, TOKEN, SevenBridgesServer
from tests.fakes.sevenbridges_state import Manners
from tests.fakes.sevenbridges_uploads import xml
from tests.fakes.sevenbridges_wire import (
    DamageIncoming,
    Fault,
    LoseReply,
    LoseRequest,
    Reply,
    ResetInBody,
    Say,
    damaged_body,
    without_header,
)

from pipette.engine.journal_reader import JournalReader
from pipette.model.files import MiB

PART = 5 * MiB
PLACE = f"cgc:/{PROJECT}/runs"
FLOWS = 8
"""At most so many parts are in flight on a short line."""
SIZES = {
    "empty.txt": 0,
    "one.txt": 1,
    "almost.bin": PART - 1,
    "part.bin": PART,
    "more.bin": 3 * PART + 3,
    "two words + 100% é 🧬.fq": 1000,
    "deep/er/nested.bin": 70_000,
}


@dataclass(frozen=True, slots=True)
class Lab:
    server: SevenBridgesServer
    program: Program
    folder: Path

    def run(self, *arguments: str) -> Ended:
        return self.program.run(*arguments)

    def content(self, path: str) -> bytes | None:
        node = self.server.state.at_path(PROJECT, f"runs/{path}")
        return None if node is None else node.content


@pytest.fixture(scope="module")
def server() -> Iterator[SevenBridgesServer]:
    with SevenBridgesServer() as running:
        yield running


@pytest.fixture(scope="module")
def home(server: SevenBridgesServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the account; each test works in a copy of it."""
    made = Path(tmp_path_factory.mktemp("homes")) / "home"
    added = Program(made, {"cgc": TOKEN}).run(
        "account", "add", "sevenbridges", "--name", "cgc", "--url", server.url, stdin=TOKEN
    )
    assert added.code == 0, added.said
    return made


@pytest.fixture
def lab(server: SevenBridgesServer, home: Path, tmp_path: Path) -> Iterator[Lab]:
    server.renew(Manners(part_size=PART))
    shutil.copytree(home, tmp_path / "home")
    program = Program(tmp_path / "home", {"cgc": TOKEN})
    yield Lab(server, program, tmp_path)
    program.end_all()
    assert server.leaks == []
    assert_no_secret_in(tmp_path / "home")


def assert_no_secret_in(home: Path) -> None:
    for path in home.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert TOKEN.encode() not in data, path
            assert b"X-Amz-Signature" not in data, path


def make_run(folder: Path, sizes: dict[str, int] = SIZES) -> Path:
    run = folder / "run_7"
    for name, size in sizes.items():
        write_random(run / name, size)
    return run


def upload(lab: Lab, source: Path, *more: str) -> Ended:
    return lab.run("upload", str(source), "--to", PLACE, "--json", *more)


def test_a_folder_makes_the_round_trip_and_is_proven(lab: Lab) -> None:
    run = make_run(lab.folder)
    (run / "nothing").mkdir()
    sent = upload(lab, run)
    assert sent.code == 0, sent.said
    files = sent.of("file")
    [planned] = sent.of("planned")
    assert planned["files"] == len(files) == sent.summary["verified"] == len(SIZES)
    assert {event["state"] for event in files} == {"verified"}
    assert {event["proof"] for event in files} == {"every-part"}
    assert sent.summary["bytes"] == sent.summary["sent_bytes"] == sum(SIZES.values())
    assert lab.server.state.uploads == {}
    back = lab.run("download", f"{PLACE}/run_7", "--to", str(lab.folder / "back"), "--json")
    assert back.code == 0, back.said
    assert tree(lab.folder / "back" / "run_7") == tree(run)
    verified = lab.run("verify", sent.summary["batch"], "--json")
    assert verified.code == 0, verified.said
    exported = [lab.run("receipt", "--format", form).said for form in ("json", "csv")]
    for text in (sent.said, back.said, verified.said, *exported):
        assert TOKEN not in text
        assert "X-Amz-" not in text


def test_ls_shows_projects_folders_and_files(lab: Lab) -> None:
    upload(lab, make_run(lab.folder, {"a.txt": 3, "deep/b.txt": 4}))
    [project] = lab.run("ls", "cgc:/", "--json").events
    assert (project["path"], project["kind"]) == (f"/{PROJECT}", "project")
    rows = lab.run("ls", f"{PLACE}/run_7", "--json").events
    file, folder = sorted(rows, key=lambda row: str(row["kind"]))
    assert (folder["name"], folder["kind"]) == ("deep", "folder")
    assert (file["name"], file["kind"], file["size"]) == ("a.txt", "file", 3)
    assert len(file["id"]) == 24
    assert lab.run("upload", str(lab.folder / "run_7"), "--to", "cgc:/rfranklin/none").code == 2


def test_an_account_is_tried_out(lab: Lab) -> None:
    tested = lab.run("account", "test", "cgc", "--json")
    assert tested.code == 0, tested.said
    told = {event["test"]: event["passed"] for event in tested.events}
    assert told == {"reach": True, "key": True, "projects": True, "upload": None, "clock": True}


@pytest.mark.parametrize("moment", [2, 8])
def test_an_upload_killed_at_any_moment_goes_on_where_it_stopped(lab: Lab, moment: int) -> None:
    run = make_run(lab.folder, {"big.bam": 7 * PART - 5, "other.bam": 2 * PART, "s.txt": 12})
    process = lab.program.start(
        "upload", str(run), "--to", PLACE, "--json", "--limit", "60", stdin=None
    )
    assert lab.server.script.wait_for("put", moment)
    kill(process)
    resumed = lab.run("resume", "--json")
    assert resumed.code == 0, resumed.said
    assert {event["state"] for event in resumed.of("file")} <= {"verified"}
    for path in run.iterdir():
        assert lab.content(f"run_7/{path.name}") == path.read_bytes()
    assert lab.server.state.uploads == {}
    put = lab.server.state.parts_put
    assert len({upload for upload, _, _ in put}) == 3
    twice = Counter((upload, number) for upload, number, _ in put)
    assert sum(times - 1 for times in twice.values()) <= FLOWS


@pytest.mark.parametrize("moment", [4])
def test_a_download_killed_at_any_moment_goes_on_where_it_stopped(lab: Lab, moment: int) -> None:
    write_random(lab.folder / "big.bam", 6 * 16 * MiB + 7)
    data = (lab.folder / "big.bam").read_bytes()
    lab.server.state.write(PROJECT, "runs/big.bam", data)
    process = lab.program.start(
        "download", f"{PLACE}/big.bam", "--to", str(lab.folder / "back"), "--json", "--limit", "60"
    )
    with JournalReader(lab.program.home / "queue.sqlite") as reader:
        assert lab.server.script.wait_for("get", moment)
        assert reader.batches()
    kill(process)
    resumed = lab.run("resume", "--json")
    assert resumed.code == 0, resumed.said
    [file] = resumed.of("file")
    assert (file["state"], file["proof"]) == ("size-matched", "size-only")
    assert (lab.folder / "back" / "big.bam").read_bytes() == data
    assert len(lab.server.script.entries("get")) <= 7 + FLOWS


BROKEN = Say(Reply(500, {"status": 500, "code": 90009, "message": "m"}))
UPLOAD_TROUBLE: dict[str, list[tuple[str, Fault]]] = {
    "lines that break": [
        ("files", BROKEN),
        ("folder", LoseReply()),
        ("init", LoseReply()),
        ("part-url", BROKEN),
        ("put", ResetInBody(100_000)),
        ("put", LoseReply()),
        ("complete", LoseReply()),
        ("complete", BROKEN),
    ],
    "answers that are not good": [
        ("init", Say(Reply(502, raw=b"<html>"))),
        ("part-url", LoseRequest()),
        ("put", Say(xml(403, "AccessDenied", "Request has expired"))),
        ("put", DamageIncoming()),
        ("put", Say(xml(503, "SlowDown", Retry_After="1"))),
        ("put", without_header("ETag")),
        ("complete", Say(Reply(409, {"status": 409, "code": 8007, "message": "m"}))),
    ],
    "uploads that are gone": [
        ("put", Say(xml(404, "NoSuchUpload"))),
        ("complete", Say(Reply(404, {"status": 404, "code": 8003, "message": "m"}))),
    ],
}


@pytest.mark.parametrize("trouble", UPLOAD_TROUBLE.values(), ids=UPLOAD_TROUBLE)
def test_an_upload_survives_it(lab: Lab, trouble: list[tuple[str, Fault]]) -> None:
    run = make_run(lab.folder, {"reads.fastq.gz": 2 * PART + 1, "sheet.csv": 1000, "x.txt": 1})
    due = [lab.server.script.fail(operation, fault) for operation, fault in trouble]
    ended = upload(lab, run)
    assert [one.fired for one in due] == [1] * len(due)
    assert ended.code == 0, ended.said
    assert {event["state"] for event in ended.of("file")} == {"verified"}
    for path in run.iterdir():
        assert lab.content(f"run_7/{path.name}") == path.read_bytes()


def test_a_download_survives_what_can_happen_to_it(lab: Lab) -> None:
    content = {f"{number}.bin": bytes([number]) * 50_000 for number in range(3)}
    for name, data in content.items():
        lab.server.state.write(PROJECT, f"runs/run_7/{name}", data)
    faults: list[tuple[str, Fault]] = [
        ("files", BROKEN),
        ("download-info", BROKEN),
        ("get", Say(xml(403, "AccessDenied", "Request has expired"))),
        ("get", damaged_body()),
        ("get", LoseReply()),
    ]
    due = [lab.server.script.fail(operation, fault) for operation, fault in faults]
    back = lab.run("download", f"{PLACE}/run_7", "--to", str(lab.folder / "back"), "--json")
    assert back.code == 0, back.said
    assert [one.fired for one in due] == [1] * len(due)
    for name, data in content.items():
        assert (lab.folder / "back" / "run_7" / name).read_bytes() == data


def test_a_key_that_ends_keeps_everything_until_there_is_a_new_one(lab: Lab) -> None:
    run = make_run(lab.folder, {"big.bam": 6 * PART})
    ended_key = Say(Reply(401, {"status": 401, "code": 90001, "message": "Unauthorized"}))
    lab.server.script.fail("complete", ended_key)
    assert upload(lab, run).code == 3
    [left] = lab.server.state.uploads
    again = Program(lab.program.home, {"cgc": "n" * 32})
    lab.server.state.add_user("rfranklin", "n" * 32)
    resumed = again.run("resume", "--json")
    assert resumed.code == 0, resumed.said
    [file] = resumed.of("file")
    assert (file["state"], file["reused_parts"]) == ("verified", 6)
    assert {upload for upload, _, _ in lab.server.state.parts_put} == {left}
    assert len(lab.server.state.parts_put) == 6


def test_a_wrong_key_ends_with_code_3(lab: Lab) -> None:
    stranger = Program(lab.program.home, {"cgc": "f" * 32})
    run = str(make_run(lab.folder, {"a.txt": 3}))
    assert stranger.run("upload", run, "--to", PLACE).code == 3


def test_a_small_allowance_is_waited_for(lab: Lab) -> None:
    lab.server.manners.calls, lab.server.manners.seconds = 100, 1.0
    run = make_run(lab.folder, {f"{number:02}.txt": 10 + number for number in range(20)})
    ended = upload(lab, run)
    assert ended.code == 0, ended.said
    assert ended.summary["verified"] == 20
    assert len(lab.server.state.parts_put) == 20


def test_the_rule_for_names_that_are_there(lab: Lab) -> None:
    run = make_run(lab.folder, {"a.fastq.gz": 1000})
    source = run / "a.fastq.gz"

    def send(rule: str) -> tuple[str, str]:
        ended = upload(lab, source, "--if-exists", rule)
        assert ended.code == 0, ended.said
        [file] = ended.of("file")
        return file["state"], file["place"].rpartition("/")[2]

    assert send("skip") == ("verified", "a.fastq.gz")
    assert send("skip") == ("skipped", "a.fastq.gz")
    assert send("keep-both") == ("verified", "a_1.fastq.gz")
    assert send("replace") == ("verified", "a.fastq.gz")
    assert lab.content("a.fastq.gz") == source.read_bytes()


def test_a_name_the_platform_changed_is_told(lab: Lab) -> None:
    lab.server.manners.renames = True
    run = make_run(lab.folder, {"reads.fq": 2 * PART})
    process = lab.program.start("upload", str(run), "--to", PLACE, "--json", "--limit", "10")
    assert lab.server.script.wait_for("put", 1)
    lab.server.state.write(PROJECT, "runs/run_7/reads.fq", b"first")
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert lab.content("run_7/reads.fq") == b"first"
    assert lab.content("run_7/1_reads.fq") == (run / "reads.fq").read_bytes()
    [file] = lab.run("queue", "--json").events or [{}]
    document = lab.run("receipt").said
    assert "1_reads.fq" in document, file


def test_a_cancelled_batch_leaves_nothing(lab: Lab) -> None:
    run = make_run(lab.folder, {"big.bam": 8 * PART})
    process = lab.program.start("upload", str(run), "--to", PLACE, "--json", "--limit", "8")
    assert lab.server.script.wait_for("put", 2)
    [waiting] = lab.run("queue", "--json").events
    assert lab.run("cancel", waiting["batch"]).code == 0
    process.communicate(timeout=60)
    assert process.returncode == 1
    assert lab.server.state.uploads == {}
    assert lab.content("run_7/big.bam") is None
