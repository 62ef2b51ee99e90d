"""There and back by the command line: identical, proven, and every figure adds up."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest
from tests.e2e.conftest import Lab
from tests.e2e.program import Ended, Program, tree, write_random
from tests.fakes.rclone import serve_s3

from pipette.model.files import MiB

ODD_NAMES = (
    "with space.txt",
    "plus+percent%hash#.txt",
    "quotes'\".txt",
    "caf\u00e9 composed.txt",
    unicodedata.normalize("NFD", "caf\u00e9 decomposed.txt"),
    "emoji \U0001f9ec.fastq.gz",
    "n" * 194 + ".fq.gz",
    "a&b=c;d,e(f)[g]{h}~!@$^`.txt",
)


def make_sources(folder: Path, largest: int) -> Path:
    source = folder / "run7"
    sizes = (0, 1, 5 * MiB - 1, 5 * MiB, largest)
    for size in sizes:
        write_random(source / "sizes" / f"{size}.bin", size)
    for index, name in enumerate(ODD_NAMES):
        write_random(source / "odd names" / name, 100 + index)
    write_random(source / "deep" / "er" / "still" / "x.fastq.gz", 10_000)
    (source / "empty").mkdir()
    (source / "nested" / "empty too").mkdir(parents=True)
    return source


def assert_adds_up(ended: Ended, files: int, size: int) -> None:
    [planned] = ended.of("planned")
    told = ended.of("file")
    assert (planned["files"], planned["bytes"], planned["left_out"]) == (files, size, 0)
    assert len({event["source"] for event in told}) == len(told) == files
    assert {event["state"] for event in told} == {"verified"}
    assert sum(event["size"] for event in told) == size
    assert ended.summary["verified"] == files
    assert ended.summary["bytes"] == size
    assert ended.summary["sent_bytes"] == size


@pytest.mark.parametrize("md5", [True, False])
def test_everything_comes_back_identical_from_a_checking_service(lab: Lab, md5: bool) -> None:
    source = make_sources(lab.folder, 64 * MiB + 3)
    flags = ["--json"] if md5 else ["--json", "--no-md5"]
    up = lab.program.run("upload", str(source), "--to", "lab:/runs/2026", *flags)
    assert up.code == 0, up.said
    files = [path for path in source.rglob("*") if path.is_file()]
    assert_adds_up(up, len(files), sum(path.stat().st_size for path in files))
    assert all((event["md5"] is not None) is md5 for event in up.of("file"))
    back = lab.folder / "back"
    down = lab.program.run("download", "lab:/runs/2026/run7", "--to", str(back), *flags)
    assert down.code == 0, down.said
    assert_adds_up(down, len(files), sum(path.stat().st_size for path in files))
    assert tree(back / "run7") == tree(source)


def test_everything_comes_back_identical_from_a_service_that_knows_md5_only(tmp_path: Path) -> None:
    (tmp_path / "server" / "runs").mkdir(parents=True)
    with serve_s3(tmp_path / "server") as server:
        key = f"{server.access}:{server.secret}"
        program = Program(tmp_path / "home", {"lab": key})
        program.add_s3("lab", server.url, key)
        source = make_sources(tmp_path, 24 * MiB + 3)
        up = program.run("upload", str(source), "--to", "lab:/runs/2026", "--json")
        assert up.code == 0, up.said
        assert {event["state"] for event in up.of("file")} == {"verified"}
        down = program.run(
            "download", "lab:/runs/2026/run7", "--to", str(tmp_path / "back"), "--json"
        )
        assert down.code == 0, down.said
        assert tree(tmp_path / "back" / "run7") == tree(source)


def test_a_trailing_slash_sends_the_content_without_its_folder(lab: Lab) -> None:
    write_random(lab.folder / "run7" / "a" / "b.txt", 10)
    up = lab.program.run("upload", f"{lab.folder / 'run7'}/", "--to", "lab:/runs/x", "--json")
    assert up.code == 0, up.said
    assert lab.server.keys("runs") == ["x/a/b.txt"]
    down = lab.program.run("download", "lab:/runs/x/", "--to", str(lab.folder / "d"), "--json")
    assert down.code == 0, down.said
    assert set(tree(lab.folder / "d")) == {"a", "a/b.txt"}


def test_the_receipt_says_what_the_events_said(lab: Lab) -> None:
    for name in ("a.txt", "b.txt"):
        write_random(lab.folder / "run7" / name, 1000)
    up = lab.program.run("upload", str(lab.folder / "run7"), "--to", "lab:/runs", "--json")
    batch = up.summary["batch"]
    out = lab.folder / "receipt.json"
    assert lab.program.run("receipt", batch, "--output", str(out)).code == 0
    receipt = json.loads(out.read_text("utf-8"))
    told = {event["place"]: event["md5"] for event in up.of("file")}
    assert {file["place"]: file["md5_here"] for file in receipt["files"]} == told
    kept = json.loads((lab.folder / "home" / "receipts" / f"{batch}.json").read_text("utf-8"))
    assert kept["files"] == receipt["files"]


def test_a_stored_copy_that_rots_is_noticed_when_asked_again(lab: Lab) -> None:
    write_random(lab.folder / "run7" / "a.txt", 1000)
    up = lab.program.run("upload", str(lab.folder / "run7"), "--to", "lab:/runs", "--json")
    batch = up.summary["batch"]
    assert lab.program.run("verify", batch, "--json").code == 0
    lab.server.put("runs", "run7/a.txt", b"x" * 1000)
    assert lab.program.run("verify", batch, "--json").code == 1


def test_a_second_upload_of_the_same_folder_skips_what_is_there(lab: Lab) -> None:
    for name in ("a.txt", "b.txt"):
        write_random(lab.folder / "run7" / name, 1000)
    arguments = ("upload", str(lab.folder / "run7"), "--to", "lab:/runs", "--json")
    assert lab.program.run(*arguments).summary["verified"] == 2
    write_random(lab.folder / "run7" / "c.txt", 1000)
    again = lab.program.run(*arguments)
    assert (again.code, again.summary["skipped"], again.summary["verified"]) == (0, 2, 1)
    both = lab.program.run(*arguments, "--if-exists", "keep-both")
    assert both.summary["verified"] == 3
    assert "run7/a_1.txt" in lab.server.keys("runs")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_gibibytes_come_back_identical(lab: Lab) -> None:
    source = make_sources(lab.folder, 2048 * MiB)
    up = lab.program.run("upload", str(source), "--to", "lab:/runs/2026", "--json")
    assert up.code == 0, up.said
    down = lab.program.run(
        "download", "lab:/runs/2026/run7", "--to", str(lab.folder / "back"), "--json"
    )
    assert down.code == 0, down.said
    assert tree(lab.folder / "back" / "run7") == tree(source)
