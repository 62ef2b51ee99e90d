"""The program against One Codex, as processes: send, kill, go on, fetch back, verify, pair, cancel."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.request import urlopen

import pytest
from tests.e2e.program import Ended, Program, kill, tree, write_random
from tests.fakes.onecodex import KEY, OneCodexServer
from tests.fakes.onecodex_records import Sample
from tests.fakes.onecodex_web import Drop, Say

from pipette.model.files import MiB

PLACE = "oc:/Lab/2026"
SIZES = {
    "one.fastq": 1,
    "small.fastq.gz": 70_000,
    "two words [1].fq": 1000,
    "deep/er/small.fastq.gz": 5000,
    "large.fasta": 11 * MiB + 3,
}


@dataclass(frozen=True, slots=True)
class Lab:
    server: OneCodexServer
    program: Program
    folder: Path

    def run(self, *arguments: str) -> Ended:
        return self.program.run(*arguments)

    def upload(self, source: Path, *more: str) -> Ended:
        return self.run("upload", str(source), "--to", PLACE, "--json", *more)

    def make(self, sizes: dict[str, int] = SIZES) -> Path:
        run = self.folder / "run_7"
        for name, size in sizes.items():
            write_random(run / name, size)
        return run

    def only_parts(self) -> None:
        """As a service without forms, so that also small files go in parts."""
        self.server.records.manners = replace(self.server.records.manners, offers_form=False)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneCodexServer]:
    with OneCodexServer(Path(tmp_path_factory.mktemp("onecodex"))) as running:
        yield running


@pytest.fixture(scope="module")
def home(server: OneCodexServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the account; each test works in a copy of it."""
    made = Path(tmp_path_factory.mktemp("homes")) / "home"
    add = ("account", "add", "onecodex", "--name", "oc", "--url", server.url)
    added = Program(made, {"oc": KEY}).run(*add, stdin=KEY)
    assert added.code == 0, added.said
    return made


@pytest.fixture
def lab(server: OneCodexServer, home: Path, tmp_path: Path) -> Iterator[Lab]:
    server.renew()
    shutil.copytree(home, tmp_path / "home")
    extra = {"AWS_ENDPOINT_URL_S3": server.s3_url}
    program = Program(tmp_path / "home", {"oc": KEY}, extra)
    yield Lab(server, program, tmp_path)
    program.end_all()
    assert server.leaks() == []
    assert server.calls.broken_promises == []
    secrets = [KEY, "Basic ", "X-Amz-Signature", *server.storage.secrets]
    assert_no_secret_in(tmp_path / "home", secrets)


def assert_no_secret_in(home: Path, secrets: list[str]) -> None:
    for path in home.rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        assert not [secret for secret in secrets if secret.encode() in data], path


def contents(lab: Lab) -> dict[str, list[bytes | None]]:
    return {path_of(sample): lab.server.content(sample) for sample in lab.server.samples()}


def path_of(sample: Sample) -> str:
    folder = sample.metadata["custom"].get("pipette_folder", "")
    return f"{folder}/{sample.filename}" if folder else sample.filename


def assert_all_there_once(lab: Lab, run: Path) -> None:
    files = [path for path in run.rglob("*") if path.is_file()]
    there = contents(lab)
    assert there == {
        f"2026/run_7/{path.relative_to(run).as_posix()}": [path.read_bytes()] for path in files
    }
    assert len(lab.server.samples()) == len(files)
    assert lab.server.unfinished() == []


@pytest.mark.parametrize("way", ["forms", "parts"])
def test_a_folder_makes_the_round_trip_and_everything_adds_up(lab: Lab, way: str) -> None:
    if way == "parts":
        lab.only_parts()
    run = lab.make()
    sent = lab.upload(run)
    assert sent.code == 0, sent.said
    [planned] = sent.of("planned")
    files = sent.of("file")
    total = sum(SIZES.values())
    assert planned["files"] == len(files) == sent.summary["verified"] == len(SIZES)
    assert planned["bytes"] == sent.summary["bytes"] == sent.summary["sent_bytes"] == total
    assert {(event["state"], event["proof"]) for event in files} == {("verified", "every-part")}
    assert_all_there_once(lab, run)
    back = lab.run("download", f"{PLACE}/run_7", "--to", str(lab.folder / "back"), "--json")
    assert back.code == 0, back.said
    assert {(event["state"], event["proof"]) for event in back.of("file")} == {
        ("size-matched", "size-only")
    }
    assert tree(lab.folder / "back" / "run_7") == tree(run)
    verified = lab.run("verify", sent.summary["batch"], "--json")
    assert verified.code == 0, verified.said
    exported = [lab.run("receipt", "--format", form).said for form in ("json", "csv")]
    for text in (sent.said, back.said, verified.said, *exported):
        assert not [secret for secret in (KEY, *lab.server.storage.secrets) if secret in text]


@pytest.mark.parametrize(("way", "calls"), [("forms", 6), ("forms", 14), ("parts", 12)])
def test_after_a_kill_everything_arrives_once_and_nothing_is_left(
    lab: Lab, way: str, calls: int
) -> None:
    if way == "parts":
        lab.only_parts()
    run = lab.make({**SIZES, "larger.fastq": 25 * MiB})
    process = lab.program.start("upload", str(run), "--to", PLACE, "--json")
    assert lab.server.door.wait_until(lambda log: len(log) >= calls)
    kill(process)
    resumed = lab.run("resume", "--json")
    assert resumed.code == 0, resumed.said
    assert {event["state"] for event in resumed.of("file")} <= {"verified"}
    assert_all_there_once(lab, run)


@pytest.mark.parametrize("way", ["forms", "parts"])
def test_paired_reads_arrive_as_one_sample(lab: Lab, way: str) -> None:
    if way == "parts":
        lab.only_parts()
    names = ("S1_L001_R1_001.fastq.gz", "S1_L001_R2_001.fastq.gz", "S2_R1.fq", "alone_R2.fq")
    run = lab.make(dict.fromkeys(names, 40_000))
    write_random(run / "S2_R2.fq", 30_000)
    sent = lab.upload(run)
    assert sent.code == 0, sent.said
    assert sent.summary["verified"] == len(sent.of("file")) == 5
    there = contents(lab)
    pair = [(run / name).read_bytes() for name in names[:2]]
    assert there.pop(f"2026/run_7/{names[0]}") == pair
    assert there == {
        "2026/run_7/S2_R1.fq": [(run / name).read_bytes() for name in ("S2_R1.fq", "S2_R2.fq")],
        "2026/run_7/alone_R2.fq": [(run / "alone_R2.fq").read_bytes()],
    }
    ids = {event["source"]: event["remote_id"] for event in sent.of("file")}
    assert len(set(ids.values())) == 3
    verified = lab.run("verify", sent.summary["batch"], "--json")
    assert verified.code == 0, verified.said
    again = lab.upload(run)
    assert (again.code, again.summary["skipped"]) == (0, 5)


def test_a_refused_file_takes_its_mate_with_it(lab: Lab) -> None:
    run = lab.make({"S1_R1.fastq": 1000, "S1_R2.fastq": 1001})
    refused = Say(400, b"<Error><Code>EntityTooLarge</Code></Error>", kind="application/xml")
    lab.server.faults.add("form", refused)
    sent = lab.upload(run)
    assert sent.code == 1, sent.said
    states = {Path(event["source"]).name: event["state"] for event in sent.of("file")}
    assert states == {"S1_R1.fastq": "failed", "S1_R2.fastq": "failed"}
    assert contents(lab) == {}


def test_a_cancelled_batch_leaves_nothing_at_the_service(lab: Lab) -> None:
    run = lab.make({f"s{number}.fastq": 4 * MiB for number in range(6)})
    lab.server.faults.add("confirm_upload", Say(503), times=None)
    process = lab.program.start("upload", str(run), "--to", PLACE, "--json")
    assert lab.server.door.wait_until(
        lambda log: sum(call.route == "confirm_upload" for call in log) >= 2
    )
    kill(process)
    [queued] = lab.run("queue", "--json").events
    cancelled = lab.run("cancel", queued["batch"])
    assert cancelled.code == 0, cancelled.said
    assert lab.server.unfinished() == []


def test_a_lost_confirmation_is_sent_once(lab: Lab) -> None:
    lab.server.faults.add("confirm_upload", Drop.AFTER, times=2)
    run = lab.make({"a.fastq": 1000, "b.fastq": 1001})
    sent = lab.upload(run)
    assert sent.code == 0, sent.said
    assert [sample.confirmations for sample in lab.server.samples()] == [1, 1]
    assert_all_there_once(lab, run)


def test_what_is_refused_is_told_with_its_reason(lab: Lab) -> None:
    run = lab.make({"good.fastq": 10, "bad;name.fastq": 10, "notes.txt": 10})
    (run / "empty.fastq").touch()
    sent = lab.upload(run)
    assert sent.code == 1
    told = {Path(event["source"]).name: event["error"] for event in sent.of("file")}
    kinds = {
        name: error["kind"] if isinstance(error, dict) else error for name, error in told.items()
    }
    assert kinds["good.fastq"] is None
    assert {name for name, kind in kinds.items() if kind} == {
        "bad;name.fastq",
        "notes.txt",
        "empty.fastq",
    }
    assert len(lab.server.samples()) == 1


def test_an_account_without_a_plan_waits_and_says_so(lab: Lab) -> None:
    lab.server.faults.add("init_upload", Say(402, b'{"message": "no payment"}'), times=None)
    run = lab.make({"a.fastq": 10, "b.fastq": 11})
    assert lab.upload(run).code == 3
    lab.server.faults.clear()
    resumed = lab.run("resume", "--json")
    assert resumed.code == 0, resumed.said
    assert_all_there_once(lab, run)


def test_replacing_is_refused_before_anything_is_sent(lab: Lab) -> None:
    run = lab.make({"a.fastq": 10})
    refused = lab.upload(run, "--if-exists", "replace")
    assert refused.code == 2
    assert "init_upload" not in lab.server.routes()


def test_keeping_both_gives_the_second_a_number(lab: Lab) -> None:
    run = lab.make({"a.fastq": 10})
    for _ in range(2):
        assert lab.upload(run, "--if-exists", "keep-both").code == 0
    assert set(contents(lab)) == {"2026/run_7/a.fastq", "2026/run_7/a_1.fastq"}


def test_files_are_sent_and_fetched_outside_of_projects(lab: Lab) -> None:
    run = lab.make({"a.fastq": 1000})
    sent = lab.run("upload", str(run / "a.fastq"), "--to", "oc:/", "--json")
    assert sent.code == 0, sent.said
    assert [sample.project for sample in lab.server.samples()] == [None]
    rows = lab.run("ls", "oc:/", "--json").events
    assert {(row["kind"], row["name"]) for row in rows} == {("project", "Lab"), ("file", "a.fastq")}
    assert lab.run("verify", sent.summary["batch"], "--json").code == 0
    back = lab.run("download", "oc:/a.fastq", "--to", str(lab.folder / "back"), "--json")
    assert back.code == 0, back.said
    assert tree(lab.folder / "back") == tree(run)


def test_the_service_is_never_asked_faster_than_it_allows(lab: Lab) -> None:
    lab.server.records.manners = replace(lab.server.records.manners, calls_per_second=10)
    run = lab.make({f"s{number}.fastq": 100 + number for number in range(12)})
    sent = lab.upload(run)
    assert sent.code == 0, sent.said
    assert lab.server.calls.limiter.most <= 10
    assert_all_there_once(lab, run)


def test_the_account_is_tested_without_a_trace(lab: Lab) -> None:
    tested = lab.run("account", "test", "oc", "--json")
    assert tested.code == 0, tested.said
    passed = {event["test"]: event["passed"] for event in tested.of("test")}
    assert passed == {"reach": True, "key": True, "projects": True, "upload": None, "clock": True}
    assert lab.server.unfinished() == []
    lab.server.put("shared.fastq", b"ACGT", lab.server.project)
    with pytest.raises(OSError, match="403"):
        urlopen(f"{lab.server.storage_url}/download/none")
