"""What is dropped is found whole, in order, once, and nothing is lost silently."""

from __future__ import annotations

import errno
import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes.clock import FakeClock

from pipette.engine.interrupt import Interrupt
from pipette.engine.scan import (
    CHUNK_FINDINGS,
    CHUNK_SECONDS,
    Disk,
    Finding,
    Found,
    LeftOut,
    Reason,
    scan,
)
from pipette.model import errors
from pipette.model.errors import Interrupted
from pipette.model.files import SourceFile


def write(path: Path, content: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def all_findings(*paths: Path | str, disk: Disk | None = None) -> list[Finding]:
    chunks = scan([str(path) for path in paths], Interrupt(), disk=disk)
    return [finding for chunk in chunks for finding in chunk]


def names(*paths: Path | str) -> list[str]:
    return [finding.name for finding in all_findings(*paths) if isinstance(finding, Found)]


def left_out(*paths: Path | str, disk: Disk | None = None) -> list[tuple[str, Reason]]:
    findings = all_findings(*paths, disk=disk)
    return [(one.name, one.reason) for one in findings if isinstance(one, LeftOut)]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A small run folder."""
    run = tmp_path / "run7"
    for name in ("Data/b.fastq.gz", "Data/a.fastq.gz", "RunInfo.xml", "Data/Logs/log.txt"):
        write(run / name, name.encode())
    return run


def test_a_folder_arrives_under_its_own_name_in_the_order_of_names(run: Path) -> None:
    assert names(run) == [
        "run7/Data/Logs/log.txt",
        "run7/Data/a.fastq.gz",
        "run7/Data/b.fastq.gz",
        "run7/RunInfo.xml",
    ]


def test_with_a_trailing_slash_the_content_arrives_directly(run: Path) -> None:
    assert names(f"{run}{os.sep}") == [
        "Data/Logs/log.txt",
        "Data/a.fastq.gz",
        "Data/b.fastq.gz",
        "RunInfo.xml",
    ]


def test_a_file_arrives_under_its_own_name_with_its_size_and_time(run: Path) -> None:
    path = run / "RunInfo.xml"
    status = path.stat()
    source = SourceFile(str(path), len(b"RunInfo.xml"), status.st_mtime_ns)
    assert all_findings(path) == [Found(source, "RunInfo.xml")]


def test_a_path_given_relative_to_where_one_stands_becomes_absolute(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(run / "Data")
    found = all_findings("a.fastq.gz", "../RunInfo.xml")
    assert [one.source.path for one in found if isinstance(one, Found)] == [
        str(run / "Data" / "a.fastq.gz"),
        str(run / "RunInfo.xml"),
    ]


def test_the_folder_one_stands_in_has_a_name_too(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(run / "Data")
    assert names(".") == ["Data/Logs/log.txt", "Data/a.fastq.gz", "Data/b.fastq.gz"]


def test_an_empty_folder_is_found_as_a_marker_of_size_zero(tmp_path: Path) -> None:
    empty = tmp_path / "run" / "empty"
    empty.mkdir(parents=True)
    source = SourceFile(str(empty), 0, empty.stat().st_mtime_ns)
    assert all_findings(tmp_path / "run") == [Found(source, "run/empty/")]


def test_a_folder_with_nothing_to_send_in_it_counts_as_empty(tmp_path: Path) -> None:
    write(tmp_path / "run" / ".DS_Store")
    assert names(tmp_path / "run") == ["run/"]


def test_an_empty_folder_whose_content_is_wanted_gives_nothing(tmp_path: Path) -> None:
    assert all_findings(f"{tmp_path}{os.sep}") == []


def test_what_is_given_twice_or_lies_in_what_is_given_counts_once(run: Path) -> None:
    given = [run / "Data" / "a.fastq.gz", run, run, run / "Data", run / "Data" / ".." / "Data"]
    assert names(*given) == names(run)


def test_two_files_of_one_name_from_different_folders_both_arrive(tmp_path: Path) -> None:
    first, second = write(tmp_path / "x" / "a.fastq.gz"), write(tmp_path / "y" / "a.fastq.gz")
    assert names(first, second) == ["a.fastq.gz", "a_1.fastq.gz"]


def test_folders_of_one_name_are_never_mixed(tmp_path: Path) -> None:
    for place in ("x", "y"):
        write(tmp_path / place / "run" / "a")
    assert names(tmp_path / "x" / "run", tmp_path / "y" / "run") == ["run/a", "run_1/a"]


def test_the_contents_of_two_folders_are_never_mixed(tmp_path: Path) -> None:
    for place in ("x", "y"):
        write(tmp_path / place / "run" / "a")
        write(tmp_path / place / "b.txt")
    given = [f"{tmp_path / place}{os.sep}" for place in ("x", "y")]
    assert names(*given) == ["b.txt", "run/a", "b_1.txt", "run_1/a"]


def test_a_slash_after_a_file_means_nothing(run: Path) -> None:
    assert names(f"{run / 'RunInfo.xml'}{os.sep}") == ["RunInfo.xml"]


def test_links_are_followed(tmp_path: Path) -> None:
    write(tmp_path / "store" / "a.bam", b"four")
    run = tmp_path / "run"
    run.mkdir()
    (run / "file").symlink_to(tmp_path / "store" / "a.bam")
    (run / "folder").symlink_to(tmp_path / "store")
    found = all_findings(run)
    assert [(one.name, one.source.size) for one in found if isinstance(one, Found)] == [
        ("run/file", 4),
        ("run/folder/a.bam", 4),
    ]


def test_a_link_back_to_a_folder_above_ends_there_and_the_rest_goes_on(run: Path) -> None:
    (run / "Data" / "again").symlink_to(run)
    assert left_out(run) == [("run7/Data/again", Reason.LOOP)]
    assert "run7/Data/b.fastq.gz" in names(run)


def test_two_links_to_one_folder_are_no_loop(run: Path) -> None:
    for name in ("one", "two"):
        (run / name).symlink_to(run / "Data" / "Logs")
    assert left_out(run) == []
    assert {"run7/one/log.txt", "run7/two/log.txt"} <= set(names(run))


def test_a_link_to_itself_is_a_loop(tmp_path: Path) -> None:
    (tmp_path / "ring").symlink_to(tmp_path / "ring")
    assert left_out(tmp_path / "ring") == [("ring", Reason.LOOP)]


def test_folders_without_numbers_of_their_own_are_told_apart_by_their_paths(run: Path) -> None:
    class Numberless(Disk):
        def look(self, path: str) -> os.stat_result:
            mode, _, *rest = super().look(path)
            return os.stat_result((mode, 0, *rest))

    (run / "Data" / "again").symlink_to(run)
    assert left_out(run, disk=Numberless()) == [("run7/Data/again", Reason.LOOP)]


def test_a_link_that_leads_nowhere_is_missing(run: Path) -> None:
    (run / "gone.bam").symlink_to(run / "nowhere")
    assert left_out(run) == [("run7/gone.bam", Reason.MISSING)]


def test_a_path_that_does_not_exist_is_missing_and_the_others_are_found(run: Path) -> None:
    assert left_out(run / "no such", run / "RunInfo.xml") == [("no such", Reason.MISSING)]
    assert names(run / "no such", run / "RunInfo.xml") == ["RunInfo.xml"]


def test_what_systems_leave_lying_about_is_listed_as_left_out(run: Path) -> None:
    write(run / "Data" / "Thumbs.db")
    write(run / ".DS_Store")
    assert left_out(run) == [
        ("run7/.DS_Store", Reason.JUNK),
        ("run7/Data/Thumbs.db", Reason.JUNK),
    ]


def test_a_folder_is_never_taken_for_what_systems_leave_about(tmp_path: Path) -> None:
    write(tmp_path / "calls.tmp" / "a")
    assert names(tmp_path / "calls.tmp") == ["calls.tmp/a"]


class Locked(Disk):
    """A folder and a file that the system does not let us see."""

    def list_folder(self, path: str) -> list[str]:
        if path.endswith("Data"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return super().list_folder(path)

    def look(self, path: str) -> os.stat_result:
        if path.endswith("RunInfo.xml"):
            raise OSError(errno.EIO, "Input/output error", path)
        return super().look(path)


def test_what_cannot_be_read_is_reported_and_the_rest_goes_on(run: Path) -> None:
    write(run / "z.txt")
    findings = all_findings(run, disk=Locked())
    assert [(one.name, type(one)) for one in findings] == [
        ("run7/Data", LeftOut),
        ("run7/RunInfo.xml", LeftOut),
        ("run7/z.txt", Found),
    ]
    assert {one.reason for one in findings if isinstance(one, LeftOut)} == {Reason.UNREADABLE}
    assert isinstance(findings[0], LeftOut)
    assert "Permission denied" in findings[0].detail


def test_a_path_longer_than_the_system_takes_is_unreadable(tmp_path: Path) -> None:
    assert [reason for _, reason in left_out(tmp_path / ("x" * 300))] == [Reason.UNREADABLE]


def test_a_folder_that_vanishes_while_it_is_opened_is_missing(run: Path) -> None:
    class Vanishing(Disk):
        def list_folder(self, path: str) -> list[str]:
            if path.endswith("Data"):
                raise FileNotFoundError(errno.ENOENT, "gone", path)
            return super().list_folder(path)

    assert left_out(run, disk=Vanishing()) == [("run7/Data", Reason.MISSING)]


def test_only_what_the_person_wanted_sent_counts_as_a_failure() -> None:
    kinds = {reason.error_kind for reason in Reason}
    assert kinds == {"", "SourceUnreadable", "SourceMissing", "NameRefused"}
    assert all(hasattr(errors, kind) for kind in kinds if kind)
    assert Reason.JUNK.error_kind == ""


def test_a_deep_tree_does_not_exhaust_the_stack(tmp_path: Path) -> None:
    levels = 700
    path = tmp_path / "deep"
    for _ in range(levels):
        path.mkdir()
        path /= "d"
    path.mkdir()
    assert names(tmp_path / "deep") == ["deep" + "/d" * levels + "/"]


class ManyFiles(Disk):
    """A folder of 5,000 files, without the files."""

    def list_folder(self, path: str) -> list[str]:
        return [f"{number:04}.fastq.gz" for number in range(5000)]

    def look(self, path: str) -> os.stat_result:
        mode = 0o040755 if path.endswith("many") else 0o100644
        return os.stat_result((mode, 1, 1, 1, 0, 0, 7, 0, 0, 0))


def test_findings_come_in_chunks_of_bounded_size() -> None:
    chunks = scan([os.sep + "many"], Interrupt(), disk=ManyFiles())
    assert max(len(chunk) for chunk in chunks) <= CHUNK_FINDINGS


def test_on_a_slow_disk_findings_do_not_wait_for_a_full_chunk() -> None:
    clock = FakeClock()

    class Slow(ManyFiles):
        def look(self, path: str) -> os.stat_result:
            clock.advance(CHUNK_SECONDS / 4)
            return super().look(path)

    first, second, *_ = scan([os.sep + "many"], Interrupt(), clock, Slow())
    assert (len(first), len(second)) == (3, 4)  # the folder itself took a look too


def test_a_tripped_interrupt_stops_the_walk_at_once() -> None:
    interrupt = Interrupt()
    chunks: Iterator[object] = scan([os.sep + "many"], interrupt, disk=ManyFiles())
    next(chunks)
    interrupt.trip()
    with pytest.raises(Interrupted):
        next(chunks)


def test_ten_thousand_files_take_a_fraction_of_a_second(tmp_path: Path) -> None:
    seed = write(tmp_path / "seed")
    for number in range(10_000):
        folder = tmp_path / f"{number % 10}"
        folder.mkdir(exist_ok=True)
        os.link(seed, folder / f"S{number}_L001_R1_001.fastq.gz")
    begun = time.perf_counter()
    assert sum(len(chunk) for chunk in scan([str(tmp_path)], Interrupt())) == 10_001
    assert time.perf_counter() - begun < 1.5


if sys.platform == "linux":  # other systems have no such files and names

    def test_a_pipe_and_a_socket_are_no_files(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        os.mkfifo("pipe")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("socket")
            assert left_out(f"{tmp_path}{os.sep}") == [
                ("pipe", Reason.NOT_A_FILE),
                ("socket", Reason.NOT_A_FILE),
            ]

    @pytest.mark.parametrize("name", [b"caf\xe9.txt", b"\xff\xfe/inside.txt"])
    def test_a_name_in_an_unknown_encoding_is_reported_as_text(tmp_path: Path, name: bytes) -> None:
        path = Path(os.fsdecode(os.fsencode(tmp_path / "run") + b"/" + name))
        write(path)
        (reported,) = [one for one in all_findings(tmp_path / "run") if isinstance(one, LeftOut)]
        assert reported.reason is Reason.NAME_NOT_TEXT
        assert reported.path.encode()
        assert "\\udc" in reported.name
