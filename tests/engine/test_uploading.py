"""The steps of an upload, performed over real HTTP against a strict S3 service."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.engine.carrier import (
    BUCKET,
    FOLDER,
    Carrier,
    Walk,
    carrier_in,
    content,
    failure,
    landed,
    numbers_of,
    proof,
    skipped,
)

from pipette.engine.jobs import Job, Report
from pipette.model.errors import (
    BadPart,
    Mismatch,
    NameTaken,
    NetworkDown,
    SourceChanged,
    SourceMissing,
    Temporary,
    TransferError,
    Unavailable,
    UploadGone,
)
from pipette.model.files import Location, MiB
from pipette.model.parts import PartCheck, Proof
from pipette.model.stages import (
    Abort,
    Aborted,
    AskAgain,
    Close,
    Closed,
    MovePart,
    NothingThere,
    Open,
    Opened,
    Rejoin,
    Settled,
    Step,
    Stopped,
)
from pipette.model.transfer import IfExists
from pipette.practice.faults import (
    LOST_REPLY,
    CorruptIncoming,
    Fault,
    Respond,
    WrongETag,
)
from pipette.practice.manners import LIKE_RADOSGW, LIKE_RCLONE, Manners
from pipette.providers.protocol import Differs, Features, NotYet, Provider
from pipette.providers.s3 import S3

SMALL = 300_000
LARGE = 17 * MiB
PARTS = 3


@pytest.fixture
def carrier(tmp_path: Path) -> Iterator[Carrier]:
    with carrier_in(tmp_path) as made:
        yield made


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


# In one piece


@pytest.mark.parametrize("size", [0, 1, SMALL, 2 * MiB, 8 * MiB])
def test_a_small_file_is_delivered_and_proven_in_one_step(carrier: Carrier, size: int) -> None:
    report = carrier.run(carrier.upload(carrier.file("a.fastq.gz", size)))
    assert proof(report) is Proof.WHOLE_FILE
    assert carrier.stored("a.fastq.gz") == content(size)
    assert report.md5 == md5(content(size))
    assert carrier.asked("PutObject") == 1


@pytest.mark.parametrize("size", [0, SMALL, 2 * MiB])
def test_without_md5_a_small_file_is_proven_all_the_same(carrier: Carrier, size: int) -> None:
    job = replace(carrier.upload(carrier.file("a", size)), md5_wanted=False)
    report = carrier.run(job)
    assert proof(report) is Proof.WHOLE_FILE
    assert report.md5 is None


def test_an_empty_folder_becomes_a_marker(carrier: Carrier) -> None:
    folder = carrier.folder / "empty"
    folder.mkdir()
    job = carrier.upload(folder)
    job = replace(job, at_service=job.at_service.child("").parent.child("empty/"), size=0)
    assert proof(carrier.run(job)) is Proof.WHOLE_FILE
    assert carrier.keys() == ["runs/empty/"]


def test_a_marker_that_is_there_is_left(carrier: Carrier) -> None:
    carrier.put("empty/", b"")
    folder = carrier.folder / "empty"
    folder.mkdir()
    job = carrier.upload(folder, IfExists.KEEP_BOTH, look=True)
    job = replace(job, at_service=job.at_service.parent.child("empty/"), size=0)
    assert skipped(carrier.run(job))
    assert carrier.keys() == ["runs/empty/"]


def test_the_lost_answer_to_a_single_put_is_settled_as_delivered(carrier: Carrier) -> None:
    """It arrived, nobody learned of it, and sending it again meets itself there."""
    carrier.server.faults.add(Fault(LOST_REPLY, operation="PutObject"))
    job = carrier.upload(carrier.file("a", SMALL))
    assert isinstance(failure(carrier.run(job)), NetworkDown)
    report = carrier.run(replace(job, asked_before=True))
    assert proof(report) is Proof.WHOLE_FILE
    assert report.md5 == md5(content(SMALL))
    assert report.reused_parts == 1
    assert carrier.keys() == ["runs/a"]


def test_the_lost_answer_for_an_empty_file_is_settled_too(carrier: Carrier) -> None:
    carrier.server.faults.add(Fault(LOST_REPLY, operation="PutObject"))
    job = carrier.upload(carrier.file("a", 0))
    carrier.run(job)
    assert proof(carrier.run(replace(job, asked_before=True))) is Proof.WHOLE_FILE


@pytest.mark.parametrize("same_size", [True, False])
@pytest.mark.parametrize("rule", [IfExists.SKIP, IfExists.KEEP_BOTH])
def test_somebody_elses_file_that_came_first_is_not_taken_for_ours(
    carrier: Carrier, rule: IfExists, same_size: bool
) -> None:
    """Nothing was there when the listing was made; the service says 412 now."""
    other = content(SMALL if same_size else SMALL + 1, seed=9)
    carrier.put("a.fastq.gz", other)
    report = carrier.run(carrier.upload(carrier.file("a.fastq.gz", SMALL), rule))
    assert carrier.stored("a.fastq.gz") == other
    if rule is IfExists.SKIP:
        assert skipped(report)
        assert carrier.keys() == ["runs/a.fastq.gz"]
    else:
        assert proof(report) is Proof.WHOLE_FILE
        assert report.at_service is not None
        assert report.at_service.name == "a_1.fastq.gz"
        assert carrier.stored("a_1.fastq.gz") == content(SMALL)


def test_an_empty_marker_that_came_first_is_left(carrier: Carrier) -> None:
    carrier.put("empty/", b"")
    folder = carrier.folder / "empty"
    folder.mkdir()
    job = carrier.upload(folder, IfExists.KEEP_BOTH)
    job = replace(job, at_service=job.at_service.parent.child("empty/"), size=0)
    assert skipped(carrier.run(job))


def test_a_damaged_small_file_is_refused_and_nothing_is_there(carrier: Carrier) -> None:
    carrier.server.faults.add(Fault(CorruptIncoming(), operation="PutObject"))
    job = carrier.upload(carrier.file("a", SMALL))
    assert isinstance(failure(carrier.run(job)), BadPart)
    assert carrier.keys() == []
    assert proof(carrier.run(job)) is Proof.WHOLE_FILE


def test_an_answer_with_an_etag_that_is_not_ours_proves_nothing(tmp_path: Path) -> None:
    with carrier_in(tmp_path, LIKE_RCLONE) as carrier:
        carrier.server.faults.add(Fault(WrongETag(), operation="PutObject"))
        report = carrier.run(carrier.upload(carrier.file("a", SMALL)))
        assert isinstance(failure(report), BadPart | Mismatch)


# The name rule, by look


def test_a_free_name_is_used_as_it_is(carrier: Carrier) -> None:
    for rule in IfExists:
        name = f"{rule.value}.txt"
        report = carrier.run(carrier.upload(carrier.file(name, 10), rule, look=True))
        assert proof(report) is Proof.WHOLE_FILE
        assert carrier.stored(name) == content(10)


def test_a_taken_name_is_skipped_numbered_or_replaced_by_the_rule(carrier: Carrier) -> None:
    for name in ("a.fastq.gz", "a_1.fastq.gz"):
        carrier.put(name, b"older")
    path = carrier.file("a.fastq.gz", SMALL)
    assert skipped(carrier.run(carrier.upload(path, IfExists.SKIP, look=True)))
    both = carrier.run(carrier.upload(path, IfExists.KEEP_BOTH, look=True))
    assert both.at_service is not None
    assert both.at_service.name == "a_2.fastq.gz"
    assert carrier.stored("a.fastq.gz") == b"older"
    replaced = carrier.run(carrier.upload(path, IfExists.REPLACE, look=True))
    assert proof(replaced) is Proof.WHOLE_FILE
    assert carrier.stored("a.fastq.gz") == content(SMALL)


def test_when_no_number_is_free_somebody_must_decide(
    carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipette.engine.uploading.MOST_NUMBERED_NAMES", 3)
    for name in ("a", "a_1", "a_2"):
        carrier.put(name, b"older")
    report = carrier.run(carrier.upload(carrier.file("a", 10), IfExists.KEEP_BOTH, look=True))
    assert isinstance(failure(report), NameTaken)


def test_a_name_refused_although_it_may_be_replaced_is_told(carrier: Carrier) -> None:
    carrier.put("a", b"older")
    job = carrier.upload(carrier.file("a", 10), IfExists.REPLACE)
    report = carrier.run(replace(job, may_replace=False))
    assert isinstance(failure(report), NameTaken)
    assert carrier.stored("a") == b"older"


# In parts


@pytest.mark.parametrize(
    ("manners", "check", "strength"),
    [
        (Manners(), PartCheck.CRC64_TRAILER, Proof.EVERY_PART),
        (Manners(takes_trailers=False), PartCheck.CRC64_HEADER, Proof.EVERY_PART),
        (LIKE_RADOSGW, PartCheck.MD5_HEADER, Proof.EVERY_PART),
        (LIKE_RCLONE, PartCheck.MD5_HEADER, Proof.EVERY_PART),
        (Manners(kms=True), PartCheck.CRC64_TRAILER, Proof.EVERY_PART),
        (Manners(kms=True, checks_checksums=False), PartCheck.MD5_HEADER, Proof.EVERY_PART),
    ],
    ids=["strict", "no-trailers", "radosgw", "rclone", "kms", "kms-md5"],
)
def test_a_large_file_is_sent_in_parts_and_proven_at_every_kind_of_service(
    tmp_path: Path, manners: Manners, check: PartCheck, strength: Proof
) -> None:
    with carrier_in(tmp_path, manners) as carrier:
        walk = Walk(carrier, carrier.upload(carrier.file("a.bam", LARGE))).open()
        assert (walk.handle.check, walk.job.count) == (check, PARTS)
        walk.move()
        assert isinstance(walk.close().outcome, Closed)
        assert walk.check().outcome == Settled(strength)
        assert carrier.stored("a.bam") == content(LARGE)
        assert carrier.server.open_uploads(BUCKET) == []


def test_a_damaged_part_is_refused_and_sent_again(carrier: Carrier) -> None:
    walk = Walk(carrier, carrier.upload(carrier.file("a", LARGE))).open()
    carrier.server.faults.add(Fault(CorruptIncoming(5 * MiB), operation="UploadPart", part=2))
    assert isinstance(failure(walk.step(MovePart(2))), BadPart)
    walk.move()
    walk.close()
    assert walk.check().outcome == Settled(Proof.EVERY_PART)
    assert carrier.stored("a") == content(LARGE)


def test_cancelling_leaves_nothing_open_even_when_it_is_gone_already(carrier: Carrier) -> None:
    walk = Walk(carrier, carrier.upload(carrier.file("a", LARGE))).open().move(1)
    for _ in range(2):
        assert isinstance(walk.abort().outcome, Aborted)
    assert carrier.server.open_uploads(BUCKET) == []


def test_a_part_of_an_upload_that_is_gone_says_so(carrier: Carrier) -> None:
    walk = Walk(carrier, carrier.upload(carrier.file("a", LARGE))).open()
    walk.abort()
    assert isinstance(failure(walk.step(MovePart(1))), UploadGone)


# Services that need time, lack something, or make folders


def test_a_service_that_has_not_looked_yet_is_asked_again_later(
    carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk = Walk(carrier, carrier.upload(carrier.file("a", LARGE))).open().move()
    walk.close()
    with monkeypatch.context() as busy:
        busy.setattr(carrier.accounts.provider("lab"), "check", lambda *_: NotYet(30.0))
        report = walk.check()
    assert isinstance(report.outcome, AskAgain)
    assert report.wait_seconds == 30.0
    assert walk.check().outcome == Settled(Proof.EVERY_PART)


def test_a_small_file_the_service_has_not_looked_at_yet_is_delivered_unproven(
    carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrier.accounts.provider("lab"), "check", lambda *_: NotYet(30.0))
    assert proof(carrier.run(carrier.upload(carrier.file("a", SMALL)))) is Proof.NONE


def test_a_small_file_that_differs_there_is_a_mismatch(
    carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrier.accounts.provider("lab"), "check", lambda *_: Differs("size"))
    assert isinstance(failure(carrier.run(carrier.upload(carrier.file("a", SMALL)))), Mismatch)


def test_a_name_that_is_free_again_after_a_refusal_is_used(
    carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody was quicker, and has removed it again before we looked."""
    carrier.server.faults.add(Fault(Respond(412, "PreconditionFailed"), operation="PutObject"))
    report = carrier.run(carrier.upload(carrier.file("a", SMALL), IfExists.KEEP_BOTH))
    assert proof(report) is Proof.WHOLE_FILE
    assert carrier.keys() == ["runs/a"]


def test_a_key_that_may_write_and_not_look_leaves_the_name_to_the_service(
    carrier: Carrier,
) -> None:
    carrier.put("a", b"older")
    carrier.server.faults.add(
        Fault(Respond(403, "AccessDenied"), operation="HeadObject", times=None)
    )
    job = carrier.upload(carrier.file("b", SMALL), IfExists.SKIP, look=True)
    assert proof(carrier.run(job)) is Proof.WHOLE_FILE


def test_where_folders_are_real_one_is_made_instead_of_a_marker(
    carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(S3, "features", Features(real_folders=True))
    (carrier.folder / "empty").mkdir()
    job = carrier.upload(carrier.folder / "empty")
    job = replace(job, at_service=FOLDER.child("empty/"), size=0)
    made: list[Location] = []
    monkeypatch.setattr(carrier.accounts.provider("lab"), "make_folder", made.append)
    assert proof(carrier.run(job)) is Proof.WHOLE_FILE
    assert made == [FOLDER.child("empty")]
    assert carrier.keys() == []


class Writer:
    """An adapter that can do what every adapter must, and nothing more."""

    def __init__(self, whole: Provider) -> None:
        self.limits = whole.limits
        self.features = Features(real_folders=True)
        self.open = whole.open
        self.part_request = whole.part_request
        self.receipt = whole.receipt
        self.close = whole.close
        self.check = whole.check
        self.abort = whole.abort
        self.find = whole.find


def test_a_service_that_lacks_folders_and_lists_is_taken_as_it_is(
    carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = Writer(carrier.accounts.provider("lab"))
    monkeypatch.setattr(carrier.accounts, "provider", lambda _: writer)
    (carrier.folder / "empty").mkdir()
    job = replace(
        carrier.upload(carrier.folder / "empty"), at_service=FOLDER.child("empty/"), size=0
    )
    assert isinstance(failure(carrier.run(job)), Unavailable)
    walk = Walk(carrier, carrier.upload(carrier.file("a", LARGE))).open().move(2)
    assert landed(walk.rejoin()) == 0b10


# After a restart


def other_hand(walk: Walk, path: Path) -> Job:
    """Somebody who sends another file into our upload."""
    status = path.stat()
    return replace(walk.job, local=str(path), size=status.st_size, mtime_ns=status.st_mtime_ns)


def test_parts_that_arrived_are_kept_and_only_the_rest_is_sent(carrier: Carrier) -> None:
    walk = Walk(carrier, carrier.upload(carrier.file("a", LARGE))).open().move(1, 3)
    report = walk.rejoin()
    assert landed(report) == 0b101
    assert report.reused_parts == 2
    assert all(receipt.proven for receipt in report.receipts or ())
    walk.move(2)
    walk.close()
    assert walk.check().outcome == Settled(Proof.EVERY_PART)
    assert carrier.server.log.parts_accepted(walk.handle.id) == {1: 1, 2: 1, 3: 1}


def test_a_part_whose_receipt_was_lost_is_adopted_after_reading_it_again(
    carrier: Carrier,
) -> None:
    walk = Walk(carrier, carrier.upload(carrier.file("a", LARGE))).open().move(1, 2)
    del walk.receipts[2]
    report = walk.rejoin()
    assert landed(report) == 0b11
    walk.move(3)
    walk.close()
    assert walk.check().outcome == Settled(Proof.EVERY_PART)


def test_parts_are_adopted_by_their_md5_where_there_is_no_crc(tmp_path: Path) -> None:
    with carrier_in(tmp_path, LIKE_RADOSGW) as carrier:
        walk = Walk(carrier, carrier.upload(carrier.file("a", LARGE))).open().move(1, 2)
        walk.receipts.clear()
        assert landed(walk.rejoin()) == 0b11


def test_a_part_that_gives_no_checksum_is_sent_again(tmp_path: Path) -> None:
    """With a key of KMS and no checksums the ETag says nothing of the content."""
    with carrier_in(tmp_path, Manners(kms=True, checks_checksums=False)) as carrier:
        walk = Walk(carrier, carrier.upload(carrier.file("a", LARGE))).open().move(1, 2)
        del walk.receipts[2]
        assert landed(walk.rejoin()) == 0b1


@pytest.mark.parametrize("manners", [Manners(), LIKE_RADOSGW], ids=["crc", "md5"])
def test_a_part_that_holds_something_else_is_not_adopted(tmp_path: Path, manners: Manners) -> None:
    with carrier_in(tmp_path, manners) as carrier:
        walk = Walk(carrier, carrier.upload(carrier.file("a", LARGE))).open()
        stranger = other_hand(walk, carrier.file("b", LARGE, seed=9))
        carrier.run(stranger, MovePart(1))
        carrier.run(stranger, MovePart(3))
        walk.move(3)
        assert landed(walk.rejoin()) == 0b100


def test_a_part_sent_again_by_somebody_else_since_is_not_trusted(carrier: Carrier) -> None:
    walk = Walk(carrier, carrier.upload(carrier.file("a", LARGE))).open().move(1)
    stranger = other_hand(walk, carrier.file("b", LARGE, seed=9))
    carrier.run(stranger, MovePart(1))
    assert landed(walk.rejoin()) == 0


def test_parts_of_another_length_or_beyond_the_end_are_left_out(carrier: Carrier) -> None:
    """Somebody sent other parts into our upload; they must not be put together with ours."""
    walk = Walk(carrier, carrier.upload(carrier.file("a", LARGE))).open().move(1)
    stranger = other_hand(walk, carrier.file("b", 30 * MiB))
    carrier.run(stranger, MovePart(3))
    carrier.run(stranger, MovePart(4))
    report = walk.rejoin()
    assert numbers_of(report.receipts) == [1]
    walk.move(2, 3)
    walk.close()
    assert carrier.stored("a") == content(LARGE)


def test_a_part_the_service_lost_is_sent_again(carrier: Carrier) -> None:
    walk = Walk(carrier, carrier.upload(carrier.file("a", LARGE))).open().move(1)
    walk.receipts[2] = replace(walk.receipts[1], number=2)
    assert landed(walk.rejoin()) == 0b1


def test_where_parts_may_not_be_listed_our_memory_counts(tmp_path: Path) -> None:
    with carrier_in(tmp_path, Manners(lists_parts=False)) as carrier:
        walk = Walk(carrier, carrier.upload(carrier.file("a", LARGE))).open().move(1, 3)
        assert landed(walk.rejoin()) == 0b101
        walk.move(2)
        walk.close()
        assert walk.check().outcome == Settled(Proof.EVERY_PART)


def test_an_upload_that_vanished_says_so(carrier: Carrier) -> None:
    walk = Walk(carrier, carrier.upload(carrier.file("a", LARGE))).open().move(1)
    walk.abort()
    assert isinstance(failure(walk.rejoin()), UploadGone)


def test_an_upload_of_somebody_else_is_not_ours_to_go_on_with(carrier: Carrier) -> None:
    walk = Walk(carrier, carrier.upload(carrier.file("a", LARGE))).open()
    walk.job = replace(walk.job, handle=replace(walk.handle, id="made-up-id"))
    assert isinstance(failure(walk.rejoin()), UploadGone)


# The end


def test_the_lost_answer_to_closing_is_settled_by_checking(carrier: Carrier) -> None:
    walk = Walk(carrier, carrier.upload(carrier.file("a", LARGE))).open().move()
    carrier.server.faults.add(Fault(LOST_REPLY, operation="CompleteMultipartUpload"))
    assert isinstance(failure(walk.close()), Temporary)
    assert isinstance(failure(walk.close()), UploadGone)
    walk.job = replace(walk.job, closed=False)
    assert walk.check().outcome == Settled(Proof.EVERY_PART)


def test_nothing_there_after_an_uncertain_close_begins_anew(carrier: Carrier) -> None:
    walk = Walk(carrier, carrier.upload(carrier.file("a", LARGE))).open().move()
    walk.abort()
    walk.job = replace(walk.job, closed=False)
    assert isinstance(walk.check().outcome, NothingThere)


def test_something_else_there_after_an_uncertain_close_begins_anew(carrier: Carrier) -> None:
    walk = Walk(carrier, carrier.upload(carrier.file("a", LARGE))).open().move()
    walk.abort()
    carrier.put("a", content(LARGE, seed=9))
    walk.job = replace(walk.job, closed=False)
    assert isinstance(walk.check().outcome, NothingThere)


def test_a_copy_that_differs_after_closing_is_a_mismatch(carrier: Carrier) -> None:
    walk = Walk(carrier, carrier.upload(carrier.file("a", LARGE))).open().move()
    walk.close()
    carrier.put("a", content(LARGE - 1, seed=9))
    walk.job = replace(walk.job, remote=None)
    assert isinstance(failure(walk.check()), Mismatch)


def test_a_name_taken_before_the_close_is_left_for_somebody_to_decide(carrier: Carrier) -> None:
    walk = Walk(carrier, carrier.upload(carrier.file("a", LARGE))).open().move()
    carrier.put("a", b"came first")
    assert isinstance(failure(walk.close()), NameTaken)
    assert carrier.stored("a") == b"came first"
    assert walk.abort().outcome == Aborted()


def test_steps_beyond_opening_need_what_was_opened(
    carrier: Carrier, caplog: pytest.LogCaptureFixture
) -> None:
    job = carrier.upload(carrier.file("a", LARGE))
    for step in (MovePart(1), Close(), Abort()):
        assert type(failure(carrier.run(job, step))) is TransferError


# The source


def lengthen(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"x")


def shorten(path: Path) -> None:
    """An empty file cannot be shortened; it is touched."""
    os.utime(path, ns=(0, 0))
    os.truncate(path, path.stat().st_size // 2)


def overwrite(path: Path) -> None:
    """The same size, the same time but for a tick."""
    times = path.stat()
    path.write_bytes(content(times.st_size, seed=9))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns + 1))


def remove(path: Path) -> None:
    path.unlink()


Happens = Callable[[Path], None]
TROUBLE: list[tuple[Happens, type[TransferError]]] = [
    (lengthen, SourceChanged),
    (shorten, SourceChanged),
    (overwrite, SourceChanged),
    (remove, SourceMissing),
]


@pytest.mark.parametrize("size", [0, SMALL, LARGE])
@pytest.mark.parametrize(("happens", "kind"), TROUBLE)
def test_a_source_that_changed_before_opening_is_not_sent(
    carrier: Carrier, happens: Happens, kind: type[TransferError], size: int
) -> None:
    path = carrier.file("a", size)
    job = carrier.upload(path)
    happens(path)
    assert isinstance(failure(carrier.run(job)), kind)
    assert carrier.keys() == []
    assert carrier.server.open_uploads(BUCKET) == []


@pytest.mark.parametrize("step", [MovePart(2), Rejoin(), Close()])
@pytest.mark.parametrize(("happens", "kind"), TROUBLE)
def test_a_source_that_changes_meanwhile_is_noticed_at_the_next_step(
    carrier: Carrier, happens: Happens, kind: type[TransferError], step: Step
) -> None:
    path = carrier.file("a", LARGE)
    walk = Walk(carrier, carrier.upload(path)).open()
    walk.move(*([1, 2, 3] if step == Close() else [1]))
    happens(path)
    assert isinstance(failure(walk.step(step)), kind)
    assert carrier.keys() == []


# Interruptions and faults


def test_a_step_that_was_stopped_before_it_began_asks_nothing(carrier: Carrier) -> None:
    job = carrier.upload(carrier.file("a", SMALL))
    job.interrupt.trip()
    report = carrier.run(job)
    assert report.outcome == Stopped(Open())
    assert carrier.server.log.entries() == []


def test_several_jobs_are_reported_one_by_one_and_one_failure_stops_no_other(
    carrier: Carrier,
) -> None:
    jobs = [carrier.upload(carrier.file(f"f{n}", 10 + n)) for n in range(3)]
    carrier.server.faults.add(Fault(Respond(403, "AccessDenied"), key="runs/f1"))
    reports: list[Report] = []
    carrier.performer.run(jobs, reports.extend)
    assert len(reports) == 3
    assert failure(reports[1]).kind == "NotAllowed"
    assert carrier.keys() == ["runs/f0", "runs/f2"]


def test_a_fault_in_the_program_stops_one_file_and_is_logged(
    carrier: Carrier, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = carrier.upload(carrier.file("a", SMALL))
    monkeypatch.setattr("pipette.engine.uploading.sent_summary", None)
    report = carrier.run(job)
    assert failure(report).kind == "TransferError"
    assert "a fault in transfer" in caplog.text


def test_an_opening_asked_before_leaves_no_second_upload(carrier: Carrier) -> None:
    carrier.server.faults.add(Fault(LOST_REPLY, operation="CreateMultipartUpload", skip=1))
    job = carrier.upload(carrier.file("a", LARGE))
    assert isinstance(failure(carrier.run(job)), NetworkDown)
    assert len(carrier.server.open_uploads(BUCKET)) == 1
    again = carrier.run(replace(job, asked_before=True))
    assert isinstance(again.outcome, Opened)
    assert carrier.server.open_uploads(BUCKET) == [again.outcome.handle.id]
