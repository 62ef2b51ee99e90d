"""ICA by the command line: there and back, killed in between, with proof; and no secret left anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.contract.ica_places import PROJECT, lab_project
from tests.e2e.program import Ended, Program, kill, tree, write_random
from tests.fakes.ica import KEY, IcaFake, ica_server
from tests.fakes.ica_rules import Rules
from tests.fakes.ica_shelf import Project

from pipette.model.files import MiB

PLACE = f"core:/{PROJECT}/runs"
SLOW_LINE = 40 * MiB
PART = 8 * MiB
FLOWS = 8


@dataclass(frozen=True, slots=True)
class Core:
    """ICA with one project, and the program that knows it as ``core``."""

    fake: IcaFake
    project: Project
    program: Program
    folder: Path

    @property
    def rules(self) -> Rules:
        return self.fake.rules

    def parts(self) -> list[tuple[str, int | None]]:
        """(key, part) of every part that was taken."""
        taken = self.fake.storage.log.entries("UploadPart", status=200)
        return [(entry.key, entry.part) for entry in taken]

    def content(self, path: str) -> bytes | None:
        return self.fake.content(self.project, f"/runs/{path}")


@pytest.fixture
def core(tmp_path: Path) -> Iterator[Core]:
    with ica_server(tmp_path / "server") as fake:
        project = lab_project(fake)
        storage = {"AWS_ENDPOINT_URL_S3": fake.storage.url}
        program = Program(tmp_path / "home", {"core": KEY}, storage)
        added = program.run("account", "add", "ica", "--name", "core", "--url", fake.url, stdin=KEY)
        assert added.code == 0, added.said
        yield Core(fake, project, program, tmp_path)
        program.end_all()
        assert fake.leaks() == []


def make_source(folder: Path, large: int = 3 * PART + 5) -> Path:
    source = folder / "run7"
    write_random(source / "Lib07_S7_L001_R1_001.fastq.gz", large)
    for number in range(12):
        write_random(source / "InterOp" / f"m{number}.bin", 1000 + number)
    write_random(source / "odd names" / "caf\u00e9 +100% #1.txt", 77)
    (source / "odd names" / "nothing").write_bytes(b"")
    (source / "empty").mkdir()
    return source


def assert_adds_up(ended: Ended, source: Path, state: str = "verified") -> None:
    files = [path for path in source.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    [planned] = ended.of("planned")
    told = ended.of("file")
    assert (planned["files"], planned["bytes"], planned["left_out"]) == (len(files), size, 0)
    assert len({event["source"] for event in told}) == len(told) == len(files)
    assert {event["state"] for event in told} == {state}
    assert sum(event["size"] for event in told) == size
    assert (ended.summary["verified"], ended.summary["bytes"]) == (len(files), size)


def secrets_of(fake: IcaFake) -> list[str]:
    """Everything that must not be found on the disk afterwards."""
    keys = [text for pair in fake.making.issued for text in (pair.secret, pair.session_token or "")]
    return [KEY, "X-Amz-Signature=", *fake.keeper.tokens, *keys]


def assert_no_secret_below(folder: Path, secrets: list[str], said: str = "") -> None:
    content = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert content
    for secret in secrets:
        assert secret not in said
        assert [path for path, data in content.items() if secret.encode() in data] == []


def test_a_folder_goes_there_and_comes_back_identical_and_proven(core: Core) -> None:
    core.rules.notice_seconds = 0.5
    source = make_source(core.folder)
    up = core.program.run("upload", str(source), "--to", PLACE, "--json")
    assert up.code == 0, up.said
    assert_adds_up(up, source)
    assert up.summary["sent_bytes"] == up.summary["bytes"]
    proofs = {Path(event["source"]).suffix: event["proof"] for event in up.of("file")}
    assert proofs == {
        ".gz": "every-part",
        ".bin": "whole-file",
        ".txt": "whole-file",
        "": "whole-file",
    }
    assert all(event["remote_id"].startswith("fil.") for event in up.of("file"))
    verified = core.program.run("verify", up.summary["batch"], "--json")
    assert verified.code == 0, verified.said
    down = core.program.run("download", f"{PLACE}/run7", "--to", str(core.folder / "d"), "--json")
    assert down.code == 0, down.said
    assert_adds_up(down, source)
    assert tree(core.folder / "d" / "run7") == tree(source)
    listed = core.program.run("ls", f"{PLACE}/run7", "--json")
    assert listed.code == 0
    receipt = core.program.run("receipt", up.summary["batch"], "--format", "json")
    assert_no_secret_below(
        core.folder / "home", secrets_of(core.fake), up.said + down.said + receipt.said
    )


def test_without_whole_file_checksums_the_proof_is_the_platforms(core: Core) -> None:
    source = make_source(core.folder)
    up = core.program.run("upload", str(source), "--to", PLACE, "--json", "--no-md5")
    assert up.code == 0, up.said
    assert_adds_up(up, source)
    assert {event["proof"] for event in up.of("file")} == {"whole-file", "every-part"}
    assert all(event["md5"] is None for event in up.of("file"))


def test_an_upload_killed_while_it_sends_goes_on_and_sends_nothing_twice(core: Core) -> None:
    source = make_source(core.folder, 7 * PART - 3)
    core.fake.storage.faults.line.set_speed(SLOW_LINE, None)
    process = core.program.start("upload", str(source), "--to", PLACE, "--json")
    assert core.fake.storage.log.wait_until(lambda log: len(log.parts_accepted()) >= 2, timeout=60)
    kill(process)
    core.fake.storage.faults.line.set_speed(None, None)
    resumed = core.program.run("resume", "--json")
    assert resumed.code == 0, resumed.said
    for path in source.rglob("*"):
        if path.is_file():
            assert core.content(f"run7/{path.relative_to(source)}") == path.read_bytes()
    assert {event["state"] for event in resumed.of("file")} == {"verified"}
    reused = sum(event["reused_parts"] for event in resumed.of("file"))
    assert reused >= 1
    sent = core.parts()
    assert len(sent) - len(set(sent)) <= FLOWS
    assert core.fake.storage.open_uploads("stratus-gds-use1") == []
    assert_no_secret_below(core.folder / "home", secrets_of(core.fake), resumed.said)


def test_an_upload_killed_while_it_waits_for_ica_goes_on_waiting(core: Core) -> None:
    core.rules.notice_seconds = 3600
    source = make_source(core.folder)
    process = core.program.start("upload", str(source), "--to", PLACE, "--json")
    puts = 14  # every small file is one PUT, the empty one too
    assert core.fake.storage.log.wait_until(
        lambda log: (
            len(log.entries("PutObject", status=200)) >= puts
            and bool(log.entries("CompleteMultipartUpload", status=200))
        ),
        timeout=60,
    )
    kill(process)
    core.rules.notice_seconds = 0
    before = len(core.fake.storage.log.entries("UploadPart"))
    resumed = core.program.run("resume", "--json")
    assert resumed.code == 0, resumed.said
    assert {event["state"] for event in resumed.of("file")} == {"verified"}
    assert len(core.fake.storage.log.entries("UploadPart")) == before


def test_a_download_killed_goes_on(core: Core) -> None:
    write_random(core.folder / "big.bam", 5 * PART + 7)
    data = (core.folder / "big.bam").read_bytes()
    up = core.program.run("upload", str(core.folder / "big.bam"), "--to", PLACE, "--json")
    assert up.code == 0, up.said
    core.fake.storage.faults.line.set_speed(None, SLOW_LINE)
    back = core.folder / "back"
    process = core.program.start("download", f"{PLACE}/big.bam", "--to", str(back), "--json")
    assert core.fake.storage.log.wait_until(
        lambda log: len(log.entries("GetObject")) >= 3, timeout=60
    )
    kill(process)
    core.fake.storage.faults.line.set_speed(None, None)
    resumed = core.program.run("resume", "--json")
    assert resumed.code == 0, resumed.said
    assert (back / "big.bam").read_bytes() == data
    [event] = resumed.of("file")
    assert event["proof"] == "every-part"


def test_keys_that_end_three_times_within_one_upload_cost_no_part(core: Core) -> None:
    """The whole program, with keys that last three seconds on a line that takes ten."""
    core.rules.key_seconds = 3.0
    write_random(core.folder / "big.bam", 10 * PART)
    core.fake.storage.faults.line.set_speed(8 * MiB, None)
    up = core.program.run("upload", str(core.folder / "big.bam"), "--to", PLACE, "--json")
    assert up.code == 0, up.said
    [event] = up.of("file")
    assert (event["state"], event["attempts"]) == ("verified", 1)
    sent = core.fake.storage.log.entries("UploadPart")
    assert [entry.status for entry in sent] == [200] * 10
    assert len(core.fake.making.issued) >= 4
    assert up.summary["sent_bytes"] == 10 * PART


def test_a_withdrawn_key_holds_everything_until_there_is_a_new_one(core: Core) -> None:
    core.rules.notice_seconds = 3600
    source = make_source(core.folder)
    process = core.program.start("upload", str(source), "--to", PLACE, "--json")
    assert core.fake.storage.log.wait_until(lambda log: bool(log.parts_accepted()), timeout=60)
    (user,) = core.fake.shelf.users.values()
    core.fake.shelf.users.clear()
    core.fake.keeper.tokens.clear()
    process.communicate(timeout=60)
    assert process.returncode == 3
    core.rules.notice_seconds = 0
    core.fake.shelf.users["another-key"] = user
    program = Program(core.folder / "home", {"core": "another-key"}, core.program.extra)
    resumed = program.run("resume", "--json")
    assert resumed.code == 0, resumed.said
    assert {event["state"] for event in resumed.of("file")} == {"verified"}
    assert set(core.fake.storage.log.parts_accepted().values()) == {1}


def test_a_second_upload_skips_what_is_there_but_not_what_was_never_finished(core: Core) -> None:
    source = make_source(core.folder)
    arguments = ("upload", str(source), "--to", PLACE, "--json")
    first = core.program.run(*arguments)
    assert first.code == 0, first.said
    left = core.fake.record(core.project, "/runs/run7/InterOp/m0.bin")
    assert left is not None
    core.fake.storage.remove("stratus-gds-use1", f"{core.project.id}/runs/run7/InterOp/m0.bin")
    left.status, left.seen = "PARTIAL", None
    again = core.program.run(*arguments)
    assert again.code == 0, again.said
    assert (again.summary["verified"], again.summary["skipped"]) == (1, 14)
    both = core.program.run(*arguments, "--if-exists", "keep-both")
    assert both.summary["verified"] == 15
    assert core.content("run7/InterOp/m0_1.bin") == core.content("run7/InterOp/m0.bin")
    replaced = core.program.run(*arguments, "--if-exists", "replace")
    assert replaced.summary["verified"] == 15


def test_the_account_can_be_tried_out(core: Core) -> None:
    tried = core.program.run("account", "test", "core", "--json")
    assert tried.code == 0, tried.said
    assert KEY not in tried.said
    core.fake.shelf.users.clear()
    refused = core.program.run("account", "test", "core", "--json")
    assert refused.code == 3, refused.said


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_gibibytes_whose_keys_end_three_times_cost_no_part(core: Core) -> None:
    core.rules.key_seconds = 6.0
    write_random(core.folder / "huge.bam", 2048 * MiB)
    core.fake.storage.faults.line.set_speed(90 * MiB, None)
    up = core.program.run("upload", str(core.folder / "huge.bam"), "--to", PLACE, "--json")
    assert up.code == 0, up.said
    sent = core.parts()
    assert len(sent) == len(set(sent)) == 256
    assert len(core.fake.making.issued) >= 4
    assert up.summary["sent_bytes"] == 2048 * MiB
