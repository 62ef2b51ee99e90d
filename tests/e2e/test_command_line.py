"""The command line's contract against a real service: places, codes, and commands that only look."""

from __future__ import annotations

import csv
import io
import json
import signal
import subprocess
from pathlib import Path

import pytest
from tests.e2e.conftest import Lab
from tests.e2e.program import LONGEST_SECONDS, Program, tree, write_random

from pipette.model.files import MiB
from pipette.model.receipt_document import is_unedited


def make_run(lab: Lab) -> Path:
    run = lab.folder / "run7"
    write_random(run / "a.fastq.gz", 3_000_000)
    write_random(run / "sub" / "b é.txt", 12)
    (run / "sub" / ".DS_Store").touch()
    return run


def test_a_folder_arrives_under_its_name_and_with_a_slash_its_content_does(lab: Lab) -> None:
    run = make_run(lab)
    assert lab.program.run("upload", str(run), "--to", "lab:/runs/one").code == 0
    assert lab.program.run("upload", f"{run}/", "--to", "lab:/runs/two").code == 0
    places = {
        place: [
            json.loads(line)["name"]
            for line in lab.program.run("ls", place, "--json").said.splitlines()
        ]
        for place in ("lab:/runs/one", "lab:/runs/two")
    }
    assert places == {"lab:/runs/one": ["run7"], "lab:/runs/two": ["sub", "a.fastq.gz"]}
    assert (
        lab.program.run("download", "lab:/runs/one/run7", "--to", str(lab.folder / "x")).code == 0
    )
    assert (
        lab.program.run("download", "lab:/runs/one/run7/", "--to", str(lab.folder / "y")).code == 0
    )
    assert tree(lab.folder / "x" / "run7") == tree(lab.folder / "y")


def test_what_is_left_out_is_counted_and_the_sums_add_up(lab: Lab) -> None:
    ended = lab.program.run("upload", str(make_run(lab)), "--to", "lab:/runs/one", "--json")
    assert ended.code == 0
    [planned] = ended.of("planned")
    assert (planned["files"], planned["left_out"]) == (2, 1)
    states = sorted(event["state"] for event in ended.of("file"))
    assert states == ["left-out", "verified", "verified"]
    assert ended.summary["verified"] == planned["files"]
    assert ended.summary["left_out"] == planned["left_out"]


def test_a_dry_run_sends_nothing(lab: Lab) -> None:
    ended = lab.program.run(
        "upload", str(make_run(lab)), "--to", "lab:/runs/one", "--dry-run", "--json"
    )
    assert ended.code == 0
    [planned] = ended.of("planned")
    assert (planned["files"], planned["left_out"]) == (2, 1)
    assert len(ended.of("would-send")) == 2
    assert not ended.of("file")
    assert lab.program.run("ls", "lab:/runs", "--json").said == ""
    assert lab.program.run("queue", "--json").said == ""


def test_ls_tells_buckets_folders_and_files(lab: Lab) -> None:
    lab.program.run("upload", f"{make_run(lab)}/", "--to", "lab:/runs/2026")
    [bucket] = lab.program.run("ls", "lab:/", "--json").events
    assert (bucket["name"], bucket["path"], bucket["kind"]) == ("runs", "/runs", "project")
    folder, file = lab.program.run("ls", "lab:/runs/2026", "--json").events
    assert (folder["name"], folder["path"], folder["kind"]) == ("sub", "/runs/2026/sub", "folder")
    assert file["path"] == "/runs/2026/a.fastq.gz"
    assert (file["kind"], file["size"], file["status"]) == ("file", 3_000_000, "available")
    assert file["etag"]
    assert file["changed"][10] == "T"
    [alone] = lab.program.run("ls", "lab:/runs/2026/a.fastq.gz", "--json").events
    assert alone["path"] == file["path"]


@pytest.mark.parametrize("place", ["lab:/nope", "lab:/nope/x", "lab:/runs/nope"])
def test_looking_where_nothing_is_ends_with_code_2(lab: Lab, place: str) -> None:
    assert lab.program.run("ls", place).code == 2


@pytest.mark.parametrize("place", ["lab:/nope", "lab:/nope/x", "lab:/"])
def test_a_bucket_that_is_not_there_is_never_made(lab: Lab, place: str) -> None:
    ended = lab.program.run("upload", str(make_run(lab)), "--to", place, "--json")
    assert (ended.code, ended.events) == (2, [])
    assert lab.program.run("queue", "--json").said == ""


def test_fetching_what_is_not_there_ends_with_code_2(lab: Lab) -> None:
    target = lab.folder / "out"
    assert lab.program.run("download", "lab:/runs/nope", "--to", str(target)).code == 2
    assert tree(target) == {}


@pytest.mark.parametrize("key", ["", "PRACTICE:wrong"])
def test_a_missing_or_wrong_key_ends_with_code_3(lab: Lab, key: str) -> None:
    stranger = Program(lab.program.home, {"lab": key}, {"DBUS_SESSION_BUS_ADDRESS": "disabled:"})
    run, out = str(make_run(lab)), str(lab.folder / "out")
    for command in (
        ("upload", run, "--to", "lab:/runs/x"),
        ("download", "lab:/runs/x", "--to", out),
        ("ls", "lab:/runs"),
        ("account", "test", "lab"),
    ):
        assert stranger.run(*command).code == 3, command


def test_a_platform_out_of_reach_ends_with_code_4_and_the_queue_is_kept(lab: Lab) -> None:
    url = lab.server.url
    away = Program(lab.folder / "away", lab.program.keys)
    away.add_s3("lab", "http://127.0.0.1:9", lab.program.keys["lab"])
    run = make_run(lab)
    ended = away.run("upload", str(run), "--to", "lab:/runs/x", "--give-up-after", "1", "--json")
    assert ended.code == 4
    assert away.run("account", "test").code == 4
    [waiting] = away.run("queue", "--json").events
    assert waiting["finished"] is None
    away.run("account", "remove", "lab")
    away.add_s3("lab", url, lab.program.keys["lab"])
    resumed = away.run("resume", "--json")
    assert resumed.code == 0, resumed.said
    assert resumed.summary["verified"] == 2


def test_the_rule_for_names_that_are_there(lab: Lab) -> None:
    run = make_run(lab)

    def send(rule: str) -> dict[str, str]:
        ended = lab.program.run(
            "upload", f"{run}/a.fastq.gz", "--to", "lab:/runs/x", "--if-exists", rule, "--json"
        )
        assert ended.code == 0, ended.said
        [file] = ended.of("file")
        return {"state": file["state"], "place": file["place"]}

    first = {"state": "verified", "place": "lab:/runs/x/a.fastq.gz"}
    assert send("skip") == first
    assert send("skip") == first | {"state": "skipped"}
    assert send("keep-both") == first | {"place": "lab:/runs/x/a_1.fastq.gz"}
    assert send("replace") == first


def test_a_receipt_is_complete_sealed_and_exported(lab: Lab) -> None:
    ended = lab.program.run("upload", str(make_run(lab)), "--to", "lab:/runs/x", "--json")
    batch = ended.summary["batch"]
    document = json.loads(lab.program.run("receipt").said)
    assert document["number"] == batch
    assert document["headline"] == "All 2 files arrived intact"
    assert document["counts"]["left_out"] == 1
    assert is_unedited(document)
    target = lab.folder / "receipt.csv"
    exported = lab.program.run("receipt", batch, "--format", "csv", "--output", str(target))
    assert (exported.code, exported.said) == (0, "")
    rows = list(csv.DictReader(io.StringIO(target.read_text(encoding="utf-8"))))
    md5_of = {event["source"]: event["md5"] for event in ended.of("file")}
    assert {row["source"]: row["md5_here"] or None for row in rows} == md5_of


def test_verify_notices_a_copy_that_changed_or_is_gone(lab: Lab) -> None:
    run = make_run(lab)
    sent = lab.program.run("upload", f"{run}/", "--to", "lab:/runs/x", "--json")
    batch = sent.summary["batch"]
    well = lab.program.run("verify", batch, "--json")
    assert well.code == 0, well.said
    assert well.summary["verified"] == 2
    write_random(run / "a.fastq.gz", 3_000_000, seed=1)
    lab.program.run("upload", f"{run}/a.fastq.gz", "--to", "lab:/runs/x", "--if-exists", "replace")
    changed = lab.program.run("verify", batch, "--json")
    assert changed.code == 1
    told = {Path(event["source"]).name: event for event in changed.of("file")}
    assert (told["a.fastq.gz"]["state"], told["a.fastq.gz"]["error"]) == ("failed", "Mismatch")
    assert told["b é.txt"]["state"] == "verified"


def test_a_file_that_cannot_be_read_does_not_stop_the_others(lab: Lab) -> None:
    run = make_run(lab)
    (run / "dangling").symlink_to(run / "nowhere")
    (run / "loop").symlink_to(run)
    ended = lab.program.run("upload", str(run), "--to", "lab:/runs/x", "--json")
    assert ended.code == 1
    summary = ended.summary
    assert (summary["verified"], summary["failed"], summary["left_out"]) == (2, 1, 2)
    [failed] = [event for event in ended.of("file") if event["state"] == "failed"]
    assert failed["error"] == "SourceMissing"
    assert "dangling" in failed["message"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_upload_goes_on_where_it_stopped(lab: Lab, number: int, code: int) -> None:
    source = lab.folder / "big.bin"
    write_random(source, 48 * MiB)
    command = ["upload", str(source), "--to", "lab:/runs/x", "--json", "--limit", "16"]
    process = lab.program.start(*command)
    assert process.stdout is not None
    for line in process.stdout:
        event = json.loads(line)
        if event["event"] == "progress" and event["bytes"] > 0:
            break
    process.send_signal(number)
    _, said = process.communicate(timeout=LONGEST_SECONDS)
    assert process.returncode == code, said
    assert "pipette resume" in said
    assert "Traceback" not in said
    resumed = lab.program.run("resume", "--json")
    assert resumed.code == 0, resumed.said
    [file] = resumed.of("file")
    assert file["state"] == "verified"
    assert file["reused_parts"] > 0
    assert lab.program.run("resume", "--json").events == []


def test_a_cancelled_batch_is_over_and_leaves_nothing(lab: Lab) -> None:
    source = lab.folder / "big.bin"
    write_random(source, 48 * MiB)
    process = lab.program.start(
        "upload", str(source), "--to", "lab:/runs/x", "--json", "--limit", "8"
    )
    batch = _first_progress(process)
    cancelled = lab.program.run("cancel", batch)
    assert cancelled.code == 0, cancelled.said
    out, said = process.communicate(timeout=LONGEST_SECONDS)
    assert process.returncode == 1, said
    events = [json.loads(line) for line in out.splitlines()]
    assert events[-1]["left_out"] == 1
    assert lab.program.run("ls", "lab:/runs", "--json").said == ""
    assert lab.program.run("resume", "--json").events == []
    assert lab.program.run("cancel", batch).code == 0


def test_two_uploads_at_once_share_one_queue(lab: Lab) -> None:
    big = lab.folder / "big.bin"
    write_random(big, 40 * MiB)
    first = lab.program.start("upload", str(big), "--to", "lab:/runs/x", "--json", "--limit", "16")
    _first_progress(first)
    second = lab.program.run("upload", str(make_run(lab)), "--to", "lab:/runs/y", "--json")
    assert second.code == 0, second.said
    assert second.summary["verified"] == 2
    _, said = first.communicate(timeout=LONGEST_SECONDS)
    assert first.returncode == 0, said


def _first_progress(process: subprocess.Popen[str]) -> str:
    """The batch, once bytes have arrived."""
    assert process.stdout is not None
    for line in process.stdout:
        event = json.loads(line)
        if event["event"] == "progress" and event["bytes"] > 0:
            return str(event["batch"])
    raise AssertionError("it ended too early")
