"""``pipette import-drs`` as real processes against the strict platform."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.e2e.program import Ended, Program, kill
from tests.fakes.sevenbridges import PROJECT, TOKEN, SevenBridgesServer
from tests.fakes.sevenbridges_wire import Reply, Request

PLACE = f"cgc:/{PROJECT}/drs-import"
LONG_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Lab:
    """The platform, the program that knows it as ``cgc``, and a manifest of 120 rows."""

    server: SevenBridgesServer
    program: Program
    manifest: Path
    handed_over: threading.Event

    def import_drs(self, *further: str) -> tuple[str, ...]:
        return ("import-drs", str(self.manifest), "--to", PLACE, "--json", *further)

    @property
    def sources(self) -> list[str]:
        return sorted(node.source for node in self.server.state.nodes.values() if node.source)


def write_manifest(path: Path) -> None:
    """Rows 3, 4 and 5 are at fault by themselves; the platform refuses row 6."""
    lines = ["DRS URI\tname\tproject\tparent\tcohort"]
    lines += [
        f"drs://nci.example.org/{number}\tsample_{number}.bam\t\t\t4" for number in range(1, 121)
    ]
    lines[3] = "https://nci.example.org/3\tsample_3.bam\t\t\t4"
    lines[4] = f"drs://nci.example.org/4\tsample_4.bam\t{PROJECT}\t5f00\t4"
    lines[5] = lines[1]
    path.write_bytes(b"\xff\xfe" + "\r\n".join(lines).encode("utf-16-le"))


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with SevenBridgesServer() as server:
        server.drs.refused["drs://nci.example.org/6"] = (403, 10226)
        handed_over = threading.Event()
        create = server.drs.create

        def quick(user: object, request: Request) -> Reply:
            """Jobs are done the first time they are asked about."""
            reply = create(user, request)
            for job in server.drs.jobs.values():
                job.begun -= 100.0
            handed_over.set()
            return reply

        server.drs.create = quick
        program = Program(tmp_path / "home", {"cgc": TOKEN})
        url = ("--url", server.url)
        added = program.run("account", "add", "sevenbridges", "--name", "cgc", *url, stdin=TOKEN)
        assert added.code == 0, added.said
        manifest = tmp_path / "icdc.tsv"
        write_manifest(manifest)
        yield Lab(server, program, manifest, handed_over)
        program.end_all()


def expect_all_told(ended: Ended) -> None:
    assert ended.code == 1, ended.said
    [planned] = ended.of("planned")
    assert (planned["files"], planned["left_out"]) == (120, 0)
    summary = ended.summary
    states = ("verified", "size_matched", "skipped", "left_out", "failed", "needs_you")
    assert sum(summary[state] for state in states) == planned["files"]
    assert (summary["size_matched"], summary["failed"]) == (116, 4)
    files = {event["row"]: event for event in ended.of("file")}
    assert len(files) == len(ended.of("file")) == 120
    assert {row: files[row]["error"] for row in (3, 4, 5, 6)} == {
        3: "drs-address",
        4: "drs-two-targets",
        5: "drs-double",
        6: "NotAllowed",
    }
    assert all(files[row]["message"] for row in (3, 4, 5, 6))
    first = files[1]
    assert first["source"] == "drs://nci.example.org/1"
    assert first["place"] == f"{PLACE}/sample_1.bam"
    assert (first["proof"], first["md5"], first["imported"]) == ("none", None, True)
    assert first["size"] == 23
    assert len(first["remote_id"]) == 24
    assert summary["sent_bytes"] == 0


def test_every_row_is_told_once_and_refused_ones_with_their_reason(lab: Lab) -> None:
    ended = lab.program.run(*lab.import_drs("--tag", "pilot", "--tag", "2026"))
    expect_all_told(ended)
    assert len(lab.sources) == len(set(lab.sources)) == 116
    nodes = [node for node in lab.server.state.nodes.values() if node.source]
    assert {tuple(node.tags) for node in nodes} == {("pilot", "2026")}
    assert {node.metadata["cohort"] for node in nodes} == {"4"}

    batch = str(ended.summary["batch"])
    receipt = json.loads(lab.program.run("receipt", batch).said)
    assert receipt["headline"] == "116 of 120 rows imported; 4 were not"
    assert receipt["counts"]["imported"] == 116
    imported = [node for node in lab.server.state.nodes.values() if node.source]
    lab.server.state.remove(imported[0])
    verified = lab.program.run("verify", batch, "--json")
    assert verified.code == 1, verified.said
    assert (verified.summary["size_matched"], verified.summary["failed"]) == (115, 5)
    again = lab.program.run("resume", "--json")
    assert "unfinished" in again.said
    home = lab.program.home
    told = [
        path for path in home.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()
    ]
    assert told == []


def test_killed_while_handing_over_it_goes_on_and_imports_nothing_twice(lab: Lab) -> None:
    process = lab.program.start(*lab.import_drs())
    assert lab.handed_over.wait(LONG_SECONDS)
    kill(process)
    with lab.server.state.lock:
        lab.server.drs.go_on()
    ended = lab.program.run("resume", "--json")
    expect_all_told(ended)
    assert len(lab.sources) == len(set(lab.sources)) == 116


def test_people_read_plain_sentences(lab: Lab) -> None:
    lab.manifest.write_text("drs_uri,name\ndrs://h/1,a\nnonsense,b\n")
    arguments = [one for one in lab.import_drs() if one != "--json"]
    ended = lab.program.run(*arguments)
    assert ended.code == 1
    assert "Importing 2 rows into" in ended.said
    assert "Could not import b: the address is not of the form drs://host/id" in ended.said
    assert "1 imported, 1 refused" in ended.said or "1 refused, 1 imported" in ended.said


@pytest.mark.parametrize(
    ("content", "to", "said"),
    [
        (None, PLACE, "cannot be read"),
        (b"", PLACE, "empty"),
        (b"PK\x03\x04", PLACE, "spreadsheet"),
        (b"guid,size\na,1\n", PLACE, "DRS addresses"),
        (b"drs_uri\n", PLACE, "DRS addresses"),
        (b"drs://h/1\n", "cgc:/", "names no project"),
        (b"drs://h/1\n", "cgc:/rfranklin/none", "no project"),
        (b"drs://h/1\n", "nowhere:/a/b", "no location"),
    ],
)
def test_what_cannot_be_begun_is_refused_with_code_2(
    lab: Lab, content: bytes | None, to: str, said: str
) -> None:
    lab.manifest.unlink()
    if content is not None:
        lab.manifest.write_bytes(content)
    ended = lab.program.run("import-drs", str(lab.manifest), "--to", to)
    assert ended.code == 2, ended.said
    assert said in ended.said
    assert not lab.handed_over.is_set()


def test_a_wrong_key_is_told_by_code_3(lab: Lab) -> None:
    lab.server.state.users.clear()
    ended = lab.program.run(*lab.import_drs())
    assert ended.code == 3, ended.said
