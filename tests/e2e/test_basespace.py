"""The program against a made-up BaseSpace: there and back, killed and gone on, with nothing leaked."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.e2e.program import Ended, Program, kill, tree, write_random
from tests.fakes.basespace import TOKEN, BaseSpaceServer, basespace
from tests.fakes.basespace_faults import Cut, Fault, Say, Script

from pipette.model.files import MiB

PROJECT = "Oncology 2026"
PART = 10 * MiB
LARGE = 3 * PART + 11
FLOWS = 8


@dataclass(frozen=True, slots=True)
class Lab:
    server: BaseSpaceServer
    program: Program
    folder: Path

    @property
    def script(self) -> Script:
        return self.server.script

    @property
    def sent_numbers(self) -> list[tuple[str, str]]:
        """File id and number of every part that was taken."""
        parts = self.script.seen("parts.put")
        return [(one.details["file"], one.details["part"]) for one in parts if one.status == 200]

    def holds(self, app_result: str = "run7") -> dict[str, bytes]:
        """Everything in the app results of this name."""
        found: dict[str, bytes] = {}
        for holder in reversed(self.server.world.named(PROJECT, app_result)):
            files = self.server.world.whole_files(holder.id)
            found |= {path: file.read() for path, file in files.items()}
        return found

    def sessions(self, app_result: str = "run7") -> list[str]:
        world = self.server.world
        return [world.session_of(row.id).status for row in world.named(PROJECT, app_result)]


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with basespace(tmp_path / "server") as server:
        server.world.add_project(PROJECT)
        program = Program(tmp_path / "home", {"bs": TOKEN})
        added = program.run(
            "account", "add", "basespace", "--name", "bs", "--url", server.url, stdin=TOKEN
        )
        assert added.code == 0, added.said
        yield Lab(server, program, tmp_path)
        program.end_all()
        assert server.script.breaches == []
        for folder in ("home", "exports"):
            assert leaks(tmp_path / folder, server) == []


def planted(server: BaseSpaceServer) -> list[bytes]:
    """The token, and every signature that was given out."""
    return [TOKEN.encode(), *(signature.encode() for signature in server.world.addresses)]


def leaks(folder: Path, server: BaseSpaceServer) -> list[str]:
    """Files in which a secret stands."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    contents = {str(path): path.read_bytes() for path in files}
    secrets = planted(server)
    return [name for name, text in contents.items() if any(one in text for one in secrets)]


def make_source(folder: Path) -> Path:
    source = folder / "run7"
    write_random(source / "Lib07_S7_L001_R1_001.fastq.gz", LARGE)
    write_random(source / "deep" / "er" / "x y.bam", 5 * MiB)
    for number in range(6):
        write_random(source / "InterOp" / f"m{number}.bin", 3000 + number)
    write_random(source / "empty.txt", 0)
    (source / "no files here").mkdir()
    return source


def content_of(source: Path) -> dict[str, bytes]:
    files = (path for path in source.rglob("*") if path.is_file())
    return {path.relative_to(source).as_posix(): path.read_bytes() for path in files}


def assert_adds_up(ended: Ended, source: Path) -> None:
    sizes = [path.stat().st_size for path in source.rglob("*") if path.is_file()]
    told = ended.of("file")
    assert (len(told), ended.summary["verified"]) == (len(sizes), len(sizes))
    assert sum(event["size"] for event in told) == sum(sizes) == ended.summary["bytes"]


def without_empty(folder: dict[str, str]) -> dict[str, str]:
    return {name: digest for name, digest in folder.items() if name != "no files here"}


def test_a_folder_goes_there_and_comes_back_identical_and_proven(lab: Lab) -> None:
    source = make_source(lab.folder)
    up = lab.program.run("upload", str(source), "--to", f"bs:/{PROJECT}", "--json")
    assert up.code == 0, up.said
    assert_adds_up(up, source)
    proofs = {Path(event["source"]).name: event["proof"] for event in up.of("file")}
    large = {"Lib07_S7_L001_R1_001.fastq.gz", "x y.bam"}
    assert {name for name, proof in proofs.items() if proof == "every-part"} == large
    assert {proof for name, proof in proofs.items() if name not in large} == {"whole-file"}
    assert up.summary["sent_bytes"] == up.summary["bytes"]
    assert all(event["remote_id"] for event in up.of("file"))
    assert lab.holds() == content_of(source)
    assert lab.sessions() == ["Complete"]
    back = lab.folder / "back"
    down = lab.program.run("download", f"bs:/{PROJECT}/run7", "--to", str(back), "--json")
    assert down.code == 0, down.said
    assert_adds_up(down, source)
    assert {event["proof"] for event in down.of("file")} <= {"whole-file", "every-part"}
    assert tree(back / "run7") == without_empty(tree(source))
    batch = up.summary["batch"]
    verified = lab.program.run("verify", batch, "--json")
    assert verified.code == 0, verified.said
    (lab.folder / "exports").mkdir()
    for kind in ("json", "csv"):
        out = str(lab.folder / "exports" / f"receipt.{kind}")
        assert lab.program.run("receipt", batch, "--format", kind, "--output", out).code == 0
    said = (up.said + down.said + verified.said).encode()
    assert not any(secret in said for secret in planted(lab.server))


@pytest.mark.parametrize("moment", [1, 4])
def test_an_upload_killed_in_the_middle_goes_on_with_what_is_missing(lab: Lab, moment: int) -> None:
    source = make_source(lab.folder)
    write_random(source / "second.bam", LARGE)
    arguments = ("upload", str(source), "--to", f"bs:/{PROJECT}", "--limit", "40", "--json")
    process = lab.program.start(*arguments)
    assert lab.script.wait_until(moment, "parts.put")
    kill(process)
    resumed = lab.program.run("resume", "--json")
    assert resumed.code == 0, resumed.said
    assert lab.holds() == content_of(source)
    sent = lab.sent_numbers
    assert len(sent) - len(set(sent)) <= FLOWS
    assert len({file for file, _ in sent}) == 3
    assert lab.server.world.pending() == []
    assert lab.sessions() == ["Complete"]


def test_a_download_killed_in_the_middle_goes_on(lab: Lab) -> None:
    world = lab.server.world
    row = world.add_app_result(next(iter(world.projects)), "run7")
    write_random(lab.folder / "big", 5 * 16 * MiB + 3)
    data = (lab.folder / "big").read_bytes()
    world.add_file(row.id, "big.bam", data, part_size=8 * MiB)
    back = lab.folder / "back"
    arguments = ("download", f"bs:/{PROJECT}/run7", "--to", str(back), "--limit", "30", "--json")
    process = lab.program.start(*arguments)
    assert lab.script.wait_until(3, "storage.get")
    kill(process)
    assert not (back / "run7" / "big.bam").exists()
    resumed = lab.program.run("resume", "--json")
    assert resumed.code == 0, resumed.said
    assert (back / "run7" / "big.bam").read_bytes() == data
    [event] = resumed.of("file")
    assert event["proof"] == "every-part"


def test_faults_on_the_way_are_overcome_and_nothing_is_doubled(lab: Lab) -> None:
    source = make_source(lab.folder)
    lab.server.world.manners = type(lab.server.world.manners)(duplicates="allow")
    gateway = Say(502, b"<html>Bad Gateway</html>", kind="text/html")
    lab.script.fail("appresults.create", Cut.AFTER)
    lab.script.fail("files.initiate", Cut.AFTER, gateway)
    lab.script.fail("files.simple", Cut.AFTER, Say(500), Cut.DURING)
    lab.script.fail("parts.put", Cut.AFTER, Say(429, b"{}", {"Retry-After": "1"}), gateway)
    lab.script.fail("files.complete", Cut.AFTER)
    lab.script.fail("sessions.post", Cut.AFTER)
    up = lab.program.run("upload", str(source), "--to", f"bs:/{PROJECT}", "--json")
    assert up.code == 0, up.said
    assert_adds_up(up, source)
    assert lab.holds() == content_of(source)
    [row] = lab.server.world.named(PROJECT, "run7")
    whole = [f for f in lab.server.world.files.values() if f.status == "complete"]
    assert len(whole) == len(lab.server.world.whole_files(row.id))
    assert lab.sessions() == ["Complete"]
    lab.script.fail("content.meta", gateway, Say(429, b"{}", {"Retry-After": "1"}))
    lab.script.fail("storage.get", Fault.CUT_SHORT, Say(503), Cut.BEFORE)
    down = lab.program.run(
        "download", f"bs:/{PROJECT}/run7", "--to", str(lab.folder / "back"), "--json"
    )
    assert down.code == 0, down.said
    assert tree(lab.folder / "back" / "run7") == without_empty(tree(source))


def test_a_byte_that_flips_on_the_way_back_is_noticed_or_nothing_is_called_verified(
    lab: Lab,
) -> None:
    """Small files have a checksum there and are fetched again; one that went in parts has none."""
    source = make_source(lab.folder)
    up = lab.program.run("upload", str(source), "--to", f"bs:/{PROJECT}", "--json")
    assert up.code == 0, up.said
    back = lab.folder / "back"
    states = {}
    for name in ("InterOp", "Lib07_S7_L001_R1_001.fastq.gz"):
        lab.script.fail("storage.get", Fault.FLIPPED)
        place = f"bs:/{PROJECT}/run7/{name}"
        down = lab.program.run("download", place, "--to", str(back), "--json")
        assert down.code == 0, down.said
        states[name] = {(event["state"], event["proof"]) for event in down.of("file")}
    assert tree(back / "InterOp") == tree(source / "InterOp")
    assert states == {
        "InterOp": {("verified", "whole-file")},
        "Lib07_S7_L001_R1_001.fastq.gz": {("size-matched", "size-only")},
    }


def test_a_session_that_ends_meanwhile_splits_the_upload_and_loses_nothing(lab: Lab) -> None:
    source = make_source(lab.folder)
    process = lab.program.start(
        "upload", str(source), "--to", f"bs:/{PROJECT}", "--limit", "40", "--json"
    )
    assert lab.script.wait_until(1, "parts.put")
    [row] = lab.server.world.named(PROJECT, "run7")
    lab.server.world.session_of(row.id).status = "TimedOut"
    out, err = process.communicate(timeout=90)
    assert process.returncode == 0, out + err
    assert lab.holds() == content_of(source)
    assert lab.sessions() == ["Complete", "TimedOut"]
    again = lab.program.run("upload", str(source), "--to", f"bs:/{PROJECT}", "--json")
    assert (again.code, again.summary["skipped"]) == (0, len(content_of(source)))


def test_a_revoked_token_holds_everything_until_a_new_one_comes(lab: Lab) -> None:
    source = make_source(lab.folder)
    process = lab.program.start(
        "upload", str(source), "--to", f"bs:/{PROJECT}", "--limit", "40", "--json"
    )
    assert lab.script.wait_until(2, "parts.put")
    token = lab.server.world.tokens.pop(TOKEN)
    out, err = process.communicate(timeout=90)
    assert process.returncode == 3, out + err
    lab.server.world.tokens[TOKEN] = token
    resumed = lab.program.run("resume", "--json")
    assert resumed.code == 0, resumed.said
    sent = lab.sent_numbers
    assert len(sent) - len(set(sent)) <= FLOWS
    assert lab.holds() == content_of(source)


def test_what_is_there_is_skipped_or_kept_beside_and_never_replaced(lab: Lab) -> None:
    source = lab.folder / "run7"
    write_random(source / "a.txt", 1000)
    arguments = ("upload", str(source), "--to", f"bs:/{PROJECT}", "--json")
    assert lab.program.run(*arguments).summary["verified"] == 1
    assert lab.program.run(*arguments).summary["skipped"] == 1
    both = lab.program.run(*arguments, "--if-exists", "keep-both")
    assert both.summary["verified"] == 1
    assert set(lab.holds()) == {"a.txt", "a_1.txt"}
    refused = lab.program.run(*arguments, "--if-exists", "replace")
    assert refused.code == 2
    assert "replace" in refused.said


def test_wrong_places_are_refused_before_anything_is_sent(lab: Lab) -> None:
    source = make_source(lab.folder)
    for place in ("bs:/Nobody's/run7", "bs:/"):
        assert lab.program.run("upload", str(source), "--to", place, "--json").code == 2
    file = str(source / "empty.txt")
    outside = lab.program.run("upload", file, "--to", f"bs:/{PROJECT}", "--json")
    assert (outside.code, outside.summary["failed"] + outside.summary["needs_you"]) == (1, 1)
    assert lab.script.count("files.simple", "files.initiate", "appresults.create") == 0


def test_a_file_stays_and_a_session_stays_open_where_another_file_failed(lab: Lab) -> None:
    source = lab.folder / "run7"
    write_random(source / "a.txt", 10)
    write_random(source / "back\\slash.txt", 10)
    up = lab.program.run("upload", str(source), "--to", f"bs:/{PROJECT}", "--json")
    assert up.code == 1
    assert lab.sessions() == ["Running"]
    (source / "back\\slash.txt").unlink()
    write_random(source / "b.txt", 10)
    assert lab.program.run("upload", str(source), "--to", f"bs:/{PROJECT}", "--json").code == 0
    assert lab.sessions() == ["Complete"]
    assert set(lab.holds()) == {"a.txt", "b.txt"}


def test_cancelling_removes_what_was_left_and_leaves_the_session_open(lab: Lab) -> None:
    source = make_source(lab.folder)
    arguments = ("upload", str(source), "--to", f"bs:/{PROJECT}", "--limit", "30", "--json")
    process = lab.program.start(*arguments)
    assert lab.script.wait_until(2, "parts.put")
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=60)
    batch = re.findall(r'"batch": ?"([^"]+)"', out)[0]
    assert lab.program.run("cancel", batch, "--json").code == 0
    assert lab.server.world.pending() == []
    assert lab.sessions() == ["Running"]


def test_listing_shows_projects_app_results_and_files(lab: Lab) -> None:
    source = lab.folder / "run7"
    write_random(source / "d" / "a.txt", 10)
    lab.program.run("upload", str(source), "--to", f"bs:/{PROJECT}", "--json")
    shown = {
        place: [
            (event["name"], event["kind"])
            for event in lab.program.run("ls", place, "--json").of("item")
        ]
        for place in ("bs:/", f"bs:/{PROJECT}", f"bs:/{PROJECT}/run7", f"bs:/{PROJECT}/run7/d")
    }
    assert list(shown.values()) == [
        [(PROJECT, "project")],
        [("run7", "folder")],
        [("d", "folder")],
        [("a.txt", "file")],
    ]


def test_the_account_is_tried_out_in_plain_words(lab: Lab) -> None:
    good = lab.program.run("account", "test", "bs", "--json")
    assert good.code == 0, good.said
    assert [event["passed"] for event in good.of("test")][:4] == [True] * 4
    del lab.server.world.tokens[TOKEN]
    assert lab.program.run("account", "test", "bs", "--json").code == 3
