"""The steps of a download, performed over real HTTP: the final name never holds a wrong file."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest
from tests.engine.carrier import (
    Carrier,
    Walk,
    carrier_in,
    content,
    failure,
    landed,
    proof,
    skipped,
)

import pipette.engine.bodies as bodies
import pipette.engine.downloading as downloading
from pipette.engine.downloading import remote_from, wants_md5
from pipette.engine.jobs import Report
from pipette.engine.landing import RESERVE, part_path
from pipette.model.errors import (
    BadPart,
    DiskFull,
    Mismatch,
    NameTaken,
    NetworkDown,
    RemoteChanged,
    RemoteMissing,
    TargetUnwritable,
    Temporary,
    TransferError,
    Unavailable,
    UploadGone,
)
from pipette.model.files import KiB, MiB, RemoteFile
from pipette.model.parts import Proof
from pipette.model.stages import Aborted, Close, MovePart, NothingThere, Opened
from pipette.model.transfer import IfExists, TransferId
from pipette.practice.faults import CorruptOutgoing, CutOff, Fault, Respond
from pipette.practice.manners import LIKE_RADOSGW, Manners
from pipette.providers.s3 import S3

SMALL = 300_000
RANGE = 512 * KiB
LARGE = 2 * RANGE + 5
PARTS = 3


@pytest.fixture
def carrier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Carrier]:
    monkeypatch.setattr(downloading, "RANGE", RANGE)
    with carrier_in(tmp_path) as made:
        yield made


def fetch(carrier: Carrier, name: str = "a.bam", rule: IfExists = IfExists.SKIP) -> Walk:
    """A large file at the service, its download opened."""
    carrier.put(name, content(LARGE))
    return Walk(carrier, carrier.download(f"runs/{name}", rule)).open()


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def target(walk: Walk) -> Path:
    return Path(walk.job.local)


# In one piece


@pytest.mark.parametrize("size", [0, 1, SMALL, RANGE])
def test_a_small_file_is_fetched_proven_and_named_in_one_step(carrier: Carrier, size: int) -> None:
    carrier.put("a.fastq.gz", content(size))
    report = carrier.run(carrier.download("runs/a.fastq.gz"))
    assert proof(report) is Proof.WHOLE_FILE
    back = carrier.folder / "back"
    assert (back / "a.fastq.gz").read_bytes() == content(size)
    assert report.md5 == hashlib.md5(content(size), usedforsecurity=False).hexdigest()
    assert names_in(back) == ["a.fastq.gz"]


def test_an_empty_folder_is_made(carrier: Carrier) -> None:
    carrier.put("empty/", b"")
    job = carrier.download("runs/empty/", to=carrier.folder / "back" / "empty")
    for _ in range(2):
        assert proof(carrier.run(job)) is Proof.WHOLE_FILE
    assert names_in(carrier.folder / "back" / "empty") == []


def test_where_a_file_stands_in_the_way_no_folder_is_made(carrier: Carrier) -> None:
    carrier.put("empty/", b"")
    carrier.file("back/empty", 3)
    job = carrier.download("runs/empty/", to=carrier.folder / "back" / "empty")
    assert isinstance(failure(carrier.run(job)), TargetUnwritable)


def test_a_small_file_that_came_damaged_is_not_kept(carrier: Carrier) -> None:
    carrier.put("a", content(SMALL))
    carrier.server.faults.add(Fault(CorruptOutgoing(), operation="GetObject"))
    job = carrier.download("runs/a")
    assert isinstance(failure(carrier.run(job)), Mismatch)
    assert names_in(carrier.folder / "back") == []
    assert proof(carrier.run(job)) is Proof.WHOLE_FILE


def test_a_small_file_that_is_cut_short_leaves_nothing_behind(carrier: Carrier) -> None:
    carrier.put("a", content(SMALL))
    carrier.server.faults.add(Fault(CutOff(), operation="GetObject"))
    job = carrier.download("runs/a")
    assert isinstance(failure(carrier.run(job)), NetworkDown)
    assert names_in(carrier.folder / "back") == []
    assert proof(carrier.run(job)) is Proof.WHOLE_FILE


def test_a_small_file_that_changed_since_it_was_listed_is_fetched_as_it_is_now(
    carrier: Carrier,
) -> None:
    carrier.put("a", content(SMALL))
    job = carrier.download("runs/a")
    carrier.put("a", content(SMALL + 9, seed=9))
    report = carrier.run(job)
    assert proof(report) is Proof.WHOLE_FILE
    assert report.size == SMALL + 9
    assert (carrier.folder / "back" / "a").read_bytes() == content(SMALL + 9, seed=9)


def test_a_small_file_that_grew_large_since_it_was_listed_is_fetched_in_ranges(
    carrier: Carrier,
) -> None:
    carrier.put("a", content(SMALL))
    walk = Walk(carrier, carrier.download("runs/a"))
    carrier.put("a", content(LARGE, seed=9))
    walk.open().move()
    assert proof(walk.close()) is Proof.WHOLE_FILE
    assert target(walk).read_bytes() == content(LARGE, seed=9)


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_a_file_that_is_gone_says_so(carrier: Carrier, size: int) -> None:
    carrier.put("a", content(size))
    job = carrier.download("runs/a")
    carrier.delete("a")
    assert isinstance(failure(carrier.run(job)), RemoteMissing)


def test_without_a_listing_a_small_file_is_fetched_by_its_size(carrier: Carrier) -> None:
    carrier.put("a", content(SMALL))
    job = replace(carrier.download("runs/a"), remote=None)
    assert proof(carrier.run(job)) is Proof.WHOLE_FILE


# The name rule


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_a_local_name_that_is_taken_is_skipped_numbered_or_replaced(
    carrier: Carrier, size: int
) -> None:
    carrier.put("a.fastq.gz", content(size))
    older = carrier.file("back/a.fastq.gz", 3)
    carrier.file("back/a_1.fastq.gz", 3)
    assert skipped(carrier.run(carrier.download("runs/a.fastq.gz", IfExists.SKIP)))
    both = Walk(carrier, carrier.download("runs/a.fastq.gz", IfExists.KEEP_BOTH))
    assert Path(through(both).job.local).name == "a_2.fastq.gz"
    assert target(both).read_bytes() == content(size)
    assert older.read_bytes() == content(3)
    through(Walk(carrier, carrier.download("runs/a.fastq.gz", IfExists.REPLACE)))
    assert older.read_bytes() == content(size)


def through(walk: Walk) -> Walk:
    """From opening to the end, in one piece or in ranges."""
    report = walk.step(walk.job.step)
    if isinstance(report.outcome, Opened):
        opened = report.outcome
        walk.job = replace(walk.job, handle=opened.handle, count=opened.count)
        report = walk.move().close()
    assert proof(report) is Proof.WHOLE_FILE
    return walk


@pytest.mark.parametrize("rule", list(IfExists))
def test_a_file_that_appears_while_its_namesake_is_fetched_is_treated_by_the_rule(
    carrier: Carrier, rule: IfExists
) -> None:
    walk = fetch(carrier, rule=rule).move()
    other = carrier.file("back/a.bam", 3)
    report = walk.close()
    if rule is IfExists.SKIP:
        assert isinstance(failure(report), NameTaken)
        assert other.read_bytes() == content(3)
        assert walk.abort().outcome == Aborted()
        assert names_in(other.parent) == ["a.bam"]
        return
    assert proof(report) is Proof.WHOLE_FILE
    kept = other if rule is IfExists.REPLACE else other.with_name("a_1.bam")
    assert report.local == str(kept)
    assert kept.read_bytes() == content(LARGE)


# In ranges


def test_a_large_file_appears_under_its_name_only_when_it_is_proven(carrier: Carrier) -> None:
    walk = fetch(carrier)
    assert walk.job.count == PARTS
    walk.move(3, 1)
    assert not target(walk).exists()
    assert walk.part_file.stat().st_size == LARGE
    walk.move(2)
    assert not target(walk).exists()
    assert proof(walk.close()) is Proof.WHOLE_FILE
    assert target(walk).read_bytes() == content(LARGE)
    assert names_in(target(walk).parent) == ["a.bam"]


def test_a_check_without_a_close_finds_nothing(carrier: Carrier) -> None:
    """Asked only when every range arrived and the unfinished file is gone."""
    walk = fetch(carrier).move()
    walk.part_file.unlink()
    assert isinstance(failure(walk.rejoin()), UploadGone)
    assert isinstance(walk.check().outcome, NothingThere)


def test_ranges_follow_the_parts_of_a_composite_etag_so_that_it_proves_every_part(
    tmp_path: Path,
) -> None:
    """Where the service computes no checksum of the whole."""
    with carrier_in(tmp_path, LIKE_RADOSGW) as carrier:
        sent = Walk(carrier, carrier.upload(carrier.file("a.bam", 17 * MiB))).open().move()
        sent.close()
        walk = Walk(carrier, carrier.download("runs/a.bam")).open()
        assert walk.handle.part_size == sent.handle.part_size
        assert not wants_md5(walk.handle)
        assert proof(walk.move().close()) is Proof.EVERY_PART
        assert target(walk).read_bytes() == content(17 * MiB)
        walk.job = replace(walk.job, local=str(tmp_path / "again" / "a.bam"))
        walk.receipts.clear()
        walk.open().move()
        walk.receipts[2] = replace(walk.receipts[2], md5="0" * 32)
        assert isinstance(failure(walk.close()), Mismatch)
        assert not target(walk).exists()


def test_a_file_put_together_with_a_crc_is_proven_as_a_whole(carrier: Carrier) -> None:
    sent = Walk(carrier, carrier.upload(carrier.file("a.bam", 17 * MiB))).open().move()
    sent.close()
    walk = Walk(carrier, carrier.download("runs/a.bam")).open()
    assert walk.handle.part_size == RANGE
    assert "crc64nvme" in walk.handle.details
    assert not wants_md5(walk.handle)
    assert proof(walk.move().close()) is Proof.WHOLE_FILE


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_where_the_etag_is_all_there_is_the_md5_of_the_whole_proves_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(downloading, "RANGE", RANGE)
    with carrier_in(tmp_path, LIKE_RADOSGW) as carrier:
        sent = carrier.run(carrier.upload(carrier.file("a", size)))
        assert proof(sent) is Proof.WHOLE_FILE
        walk = Walk(carrier, carrier.download("runs/a"))
        if size == LARGE:
            walk.open().move()
            assert wants_md5(walk.handle)
            md5 = hashlib.md5(content(size), usedforsecurity=False).hexdigest()
            walk.job = replace(walk.job, md5=md5)
            assert proof(walk.close()) is Proof.WHOLE_FILE
        else:
            through(walk)
        assert target(walk).read_bytes() == content(size)


def test_where_nothing_can_be_compared_only_the_size_is_claimed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloading, "RANGE", RANGE)
    with carrier_in(tmp_path, Manners(kms=True, checks_checksums=False)) as carrier:
        carrier.run(carrier.upload(carrier.file("a", LARGE)))
        walk = Walk(carrier, carrier.download("runs/a")).open().move()
        assert proof(walk.close()) is Proof.SIZE_ONLY


def test_a_range_that_came_damaged_is_found_out_before_the_file_gets_its_name(
    carrier: Carrier,
) -> None:
    walk = fetch(carrier)
    carrier.server.faults.add(Fault(CorruptOutgoing(7), operation="GetObject", range_start=RANGE))
    walk.move()
    assert isinstance(failure(walk.close()), Mismatch | BadPart)
    assert not target(walk).exists()


def test_a_remote_file_that_changes_between_two_ranges_is_not_mixed(carrier: Carrier) -> None:
    walk = fetch(carrier).move(1)
    carrier.put("a.bam", content(LARGE, seed=9))
    assert isinstance(failure(walk.step(MovePart(2))), RemoteChanged)
    assert not target(walk).exists()


def test_a_remote_file_that_vanishes_between_two_ranges_says_so(carrier: Carrier) -> None:
    walk = fetch(carrier).move(1)
    carrier.delete("a.bam")
    assert isinstance(failure(walk.step(MovePart(2))), RemoteMissing)


def test_a_busy_service_is_asked_again_for_the_range(carrier: Carrier) -> None:
    walk = fetch(carrier)
    carrier.server.faults.add(Fault(Respond(503, "SlowDown", retry_after=3), operation="GetObject"))
    error = failure(walk.step(MovePart(1)))
    assert isinstance(error, Temporary)
    assert error.wait_seconds == 3
    walk.move()
    assert proof(walk.close()) is Proof.WHOLE_FILE


def test_cancelling_removes_the_unfinished_file_also_when_it_is_gone(carrier: Carrier) -> None:
    walk = fetch(carrier).move(1)
    for _ in range(2):
        assert walk.abort().outcome == Aborted()
        assert names_in(target(walk).parent) == []


def test_steps_beyond_opening_need_what_was_opened(carrier: Carrier) -> None:
    carrier.put("a", content(LARGE))
    job = carrier.download("runs/a")
    for step in (MovePart(1), Close()):
        assert type(failure(carrier.run(job, step))) is TransferError


# Two at once


def test_two_downloads_never_write_into_one_unfinished_file(carrier: Carrier) -> None:
    """``a`` is numbered to a name that another file of the same folder bears by itself."""
    carrier.put("a.bam", content(LARGE))
    carrier.put("a_1.bam", content(LARGE, seed=9))
    carrier.file("back/a.bam", 3)
    first = Walk(carrier, carrier.download("runs/a.bam", IfExists.KEEP_BOTH)).open()
    other = replace(carrier.download("runs/a_1.bam", IfExists.KEEP_BOTH), transfer=TransferId(2))
    second = Walk(carrier, other).open()
    first.move(1, 2)
    second.move()
    first.move(3)
    assert proof(first.close()) is Proof.WHOLE_FILE
    assert proof(second.close()) is Proof.WHOLE_FILE
    assert target(first) != target(second)
    assert target(first).read_bytes() == content(LARGE)
    assert target(second).read_bytes() == content(LARGE, seed=9)


@pytest.mark.parametrize("rule", [IfExists.SKIP, IfExists.REPLACE])
def test_a_name_another_transfer_is_fetching_to_waits_for_somebody(
    carrier: Carrier, rule: IfExists
) -> None:
    first = fetch(carrier, rule=rule).move(1)
    twin = replace(carrier.download("runs/a.bam", rule), transfer=TransferId(2))
    assert isinstance(failure(carrier.run(twin)), NameTaken)
    first.abort()
    assert isinstance(carrier.run(twin).outcome, Opened)


def test_the_same_transfer_may_open_again(carrier: Carrier) -> None:
    walk = fetch(carrier, rule=IfExists.KEEP_BOTH)
    again = walk.step(walk.job.step)
    assert isinstance(again.outcome, Opened)
    assert again.local == str(target(walk))


def test_a_transfer_of_an_earlier_run_gives_way_to_one_that_was_quicker(carrier: Carrier) -> None:
    earlier = fetch(carrier, rule=IfExists.REPLACE).move(1)
    earlier.job = replace(earlier.job, transfer=TransferId(7))
    assert isinstance(failure(earlier.rejoin()), UploadGone)


# After a restart


def test_ranges_on_disk_are_kept_and_only_the_rest_is_fetched(carrier: Carrier) -> None:
    walk = fetch(carrier).move(1, 3)
    report = walk.rejoin()
    assert landed(report) == 0b101
    assert report.reused_parts == 2
    carrier.server.log.clear()
    walk.move(2)
    assert carrier.asked("GetObject") == 1
    assert proof(walk.close()) is Proof.WHOLE_FILE


def alter(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(RANGE + 5)
        file.write(b"\0\0\0\0")


def cut(path: Path) -> None:
    os.truncate(path, RANGE)


def lengthen(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"x")


@pytest.mark.parametrize(
    ("happens", "kept"),
    [(alter, 0b101), (cut, 0b1), (lengthen, 0b111)],
    ids=["altered", "cut", "longer"],
)
def test_ranges_the_disk_does_not_give_back_are_fetched_again(
    carrier: Carrier, happens: Callable[[Path], None], kept: int
) -> None:
    walk = fetch(carrier).move()
    happens(walk.part_file)
    assert landed(walk.rejoin()) == kept
    walk.move(*(number for number in (1, 2, 3) if not kept >> (number - 1) & 1))
    assert proof(walk.close()) is Proof.WHOLE_FILE
    assert target(walk).read_bytes() == content(LARGE)


def test_an_unfinished_file_that_vanished_begins_anew(carrier: Carrier) -> None:
    walk = fetch(carrier).move(1)
    walk.part_file.unlink()
    assert isinstance(failure(walk.rejoin()), UploadGone)


def test_a_remote_file_that_changed_meanwhile_begins_anew(carrier: Carrier) -> None:
    walk = fetch(carrier).move(1)
    carrier.put("a.bam", content(LARGE, seed=9))
    assert isinstance(failure(walk.rejoin()), RemoteChanged)
    walk.receipts.clear()
    walk.open().move()
    assert proof(walk.close()) is Proof.WHOLE_FILE
    assert target(walk).read_bytes() == content(LARGE, seed=9)


def test_a_remote_file_that_is_gone_meanwhile_says_so(carrier: Carrier) -> None:
    walk = fetch(carrier).move(1)
    carrier.delete("a.bam")
    assert isinstance(failure(walk.rejoin()), RemoteMissing)


def test_a_file_that_was_renamed_just_before_the_end_is_recognised(carrier: Carrier) -> None:
    walk = fetch(carrier).move()
    walk.close()
    carrier.server.log.clear()
    report = walk.rejoin()
    assert proof(report) is Proof.WHOLE_FILE
    assert report.reused_parts == PARTS
    assert report.md5 == hashlib.md5(content(LARGE), usedforsecurity=False).hexdigest()
    assert carrier.asked("GetObject") == 0


@pytest.mark.parametrize("with_md5", [True, False])
def test_a_file_of_the_same_name_and_size_is_not_taken_for_the_renamed_one(
    carrier: Carrier, with_md5: bool
) -> None:
    """The service's checksum may be an MD5 or a CRC: either is compared with what is on disk."""
    walk = fetch(carrier).move()
    walk.close()
    target(walk).write_bytes(content(LARGE, seed=9))
    if not with_md5:
        told = {name: text for name, text in walk.handle.details.items() if name != "md5"}
        walk.job = replace(walk.job, handle=replace(walk.handle, details=told))
    assert isinstance(failure(walk.rejoin()), UploadGone | Mismatch)


def test_a_composite_file_that_was_renamed_just_before_the_end_is_read_again(
    tmp_path: Path,
) -> None:
    with carrier_in(tmp_path, LIKE_RADOSGW) as carrier:
        Walk(carrier, carrier.upload(carrier.file("a.bam", 17 * MiB))).open().move().close()
        walk = Walk(carrier, carrier.download("runs/a.bam")).open().move()
        walk.close()
        assert proof(walk.rejoin()) is Proof.EVERY_PART
        target(walk).write_bytes(content(17 * MiB, seed=9))
        assert isinstance(failure(walk.rejoin()), UploadGone | Mismatch)


def test_a_renamed_file_of_another_size_begins_anew(carrier: Carrier) -> None:
    walk = fetch(carrier).move()
    walk.close()
    lengthen(target(walk))
    assert isinstance(failure(walk.rejoin()), UploadGone)


# The disk


def test_a_disk_without_room_is_noticed_before_anything_is_fetched(carrier: Carrier) -> None:
    carrier.put("a.bam", content(LARGE))
    carrier.free[0] = LARGE + RESERVE - 1
    job = carrier.download("runs/a.bam")
    assert isinstance(failure(carrier.run(job)), DiskFull)
    assert names_in(carrier.folder / "back") == []
    carrier.free[0] += 1
    assert isinstance(carrier.run(job).outcome, Opened)


def test_what_an_earlier_run_wrote_already_counts_as_room(carrier: Carrier) -> None:
    walk = fetch(carrier).move()
    carrier.free[0] = RESERVE
    if not hasattr(walk.part_file.stat(), "st_blocks"):
        carrier.free[0] += LARGE
    assert isinstance(carrier.run(walk.job).outcome, Opened)


def test_small_files_are_fetched_as_long_as_they_fit(carrier: Carrier) -> None:
    carrier.put("a", content(SMALL))
    carrier.free[0] = SMALL
    assert proof(carrier.run(carrier.download("runs/a"))) is Proof.WHOLE_FILE


def test_a_disk_that_fills_up_meanwhile_keeps_the_place(
    carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """/dev/full is a real device that is always full."""
    walk = fetch(carrier).move(1)
    with monkeypatch.context() as full:
        full.setattr(bodies, "_find", lambda path, flags: os.open("/dev/full", os.O_RDWR))
        assert isinstance(failure(walk.step(MovePart(2))), DiskFull)
    walk.move(2, 3)
    assert proof(walk.close()) is Proof.WHOLE_FILE


def test_a_small_file_on_a_full_disk_leaves_nothing_behind(
    carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    carrier.put("a", content(SMALL))
    job = carrier.download("runs/a")
    opened: list[int] = []

    def find(path: str, flags: int) -> int:
        """Preparing the file works; its content finds no room."""
        opened.append(flags)
        return os.open(path if flags & os.O_CREAT else "/dev/full", flags)

    monkeypatch.setattr(bodies, "_find", find)
    assert isinstance(failure(carrier.run(job)), DiskFull)
    assert len(opened) == 2
    assert names_in(carrier.folder / "back") == []


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_a_folder_that_cannot_be_made_stops_the_file(carrier: Carrier, size: int) -> None:
    carrier.put("a", content(size))
    blocked = carrier.file("in the way", 3)
    report = carrier.run(carrier.download("runs/a", to=blocked / "a"))
    assert isinstance(failure(report), TargetUnwritable)


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_an_unfinished_name_that_leads_elsewhere_is_not_followed(
    carrier: Carrier, size: int
) -> None:
    """A link put there by somebody must not make us write into what it points to."""
    carrier.put("a", content(size))
    job = carrier.download("runs/a")
    precious = carrier.file("precious", 40)
    (carrier.folder / "back").mkdir()
    Path(part_path(job.local)).symlink_to(precious)
    assert isinstance(failure(carrier.run(job)), TargetUnwritable)
    assert precious.read_bytes() == content(40)


def test_an_unfinished_file_that_vanishes_before_the_rename_is_told(carrier: Carrier) -> None:
    walk = fetch(carrier).move()
    walk.part_file.unlink()
    assert isinstance(failure(walk.close()), UploadGone)
    assert not target(walk).exists()


def test_an_unfinished_file_that_vanishes_between_two_ranges_leaves_no_holes(
    carrier: Carrier,
) -> None:
    walk = fetch(carrier).move(1)
    walk.part_file.unlink()
    assert isinstance(failure(walk.step(MovePart(2))), UploadGone)
    assert not walk.part_file.exists()


def test_an_unfinished_file_that_cannot_be_written_any_more_is_told(carrier: Carrier) -> None:
    walk = fetch(carrier).move(1)
    walk.part_file.unlink()
    walk.part_file.mkdir()
    assert isinstance(failure(walk.step(MovePart(2))), TargetUnwritable)


def test_an_unfinished_file_that_got_another_length_never_gets_the_name(carrier: Carrier) -> None:
    walk = fetch(carrier).move()
    lengthen(walk.part_file)
    assert isinstance(failure(walk.close()), Mismatch)
    assert not target(walk).exists()


def test_a_rename_that_the_disk_refuses_is_told_and_tried_again(
    carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk = fetch(carrier, rule=IfExists.REPLACE).move()
    target(walk).mkdir()
    assert isinstance(failure(walk.close()), TargetUnwritable)
    target(walk).rmdir()
    assert proof(walk.close()) is Proof.WHOLE_FILE


def test_an_unfinished_file_that_cannot_be_removed_is_told(carrier: Carrier) -> None:
    walk = fetch(carrier).move(1)
    walk.part_file.unlink()
    walk.part_file.mkdir()
    assert isinstance(failure(walk.abort()), TargetUnwritable)


# Services that lack something, or want to be told


def test_what_is_known_of_the_remote_file_is_kept_without_a_secret(
    carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a service names files by an id and has no ETag."""
    carrier.put("a.bam", content(LARGE))
    job = carrier.download("runs/a.bam")
    bare = RemoteFile(job.at_service, size=LARGE, id="file-17")
    monkeypatch.setattr(carrier.accounts.provider("lab"), "find", lambda _: bare)
    walk = Walk(carrier, replace(job, remote=bare)).open()
    assert walk.handle.details == {"size": str(LARGE), "id": "file-17"}
    assert remote_from(job.at_service, walk.handle) == bare


class Preparing(S3):
    """Wants to be told of several files before they are fetched."""

    told: ClassVar[list[list[str]]] = []
    trouble: ClassVar[TransferError | None] = None

    def prepare(self, remotes: Sequence[RemoteFile]) -> None:
        if self.trouble:
            raise self.trouble
        self.told.append([remote.location.name for remote in remotes])


def test_several_small_files_are_readied_with_one_call(
    carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = carrier.accounts.provider("lab")
    monkeypatch.setattr(provider, "__class__", Preparing)
    for name in "abc":
        carrier.put(name, content(9))
    jobs = [carrier.download(f"runs/{name}") for name in "abc"]
    reports: list[Report] = []
    carrier.performer.run(jobs[:1], reports.extend)
    assert Preparing.told == []
    carrier.performer.run(jobs[1:], reports.extend)
    assert Preparing.told == [["b", "c"]]
    monkeypatch.setattr(Preparing, "trouble", Temporary("500"))
    for job in jobs:
        Path(job.local).unlink()
    carrier.performer.run(jobs, reports.extend)
    assert [proof(report) for report in reports] == [Proof.WHOLE_FILE] * 6


def test_a_service_that_gives_nothing_back_says_so(
    carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk = fetch(carrier)

    class SendsOnly:
        """An adapter without the ability."""

        limits = carrier.accounts.provider("lab").limits
        find = carrier.accounts.provider("lab").find

    monkeypatch.setattr(carrier.accounts, "provider", lambda _: SendsOnly())
    assert isinstance(failure(walk.step(MovePart(1))), Unavailable)
    assert isinstance(failure(walk.close()), Unavailable)


def test_an_unfinished_file_lies_beside_its_file(tmp_path: Path) -> None:
    assert part_path(str(tmp_path / "a.bam")) == str(tmp_path / "a.bam.pipette-part")
