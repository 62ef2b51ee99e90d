"""What only ICA does with temporary keys: asked for once, renewed in time, limited to a prefix."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.contract.ica_lab import BY_KEYS, LARGE, PATIENT, Lab, ica_lab
from tests.contract.ica_raw import md5
from tests.contract.mover import digests_of
from tests.fakes.ica_rules import HOUR
from tests.fakes.ica_wire import LOST_REPLY, Break, Say

from pipette.model import errors
from pipette.model.files import MiB
from pipette.model.parts import Algorithm, Digest, Proof
from pipette.practice.faults import LOST_REPLY as LOST_AT_STORAGE
from pipette.practice.faults import ErrorInside, Fault, Respond
from pipette.practice.manners import Manners
from pipette.providers.protocol import Differs, NotYet, Stored

DATA = b"content of a small file"
BIG = random.Random(3).randbytes(LARGE)
KEYS_ASKED = ":createTemporaryCredentials$"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with ica_lab(tmp_path) as found:
        found.open_account(**BY_KEYS)
        yield found


@pytest.fixture
def strict(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lab]:
    """A lab whose storage has the manners given as parameter."""
    manners: Manners = request.param
    with ica_lab(tmp_path, replace(manners, clock_skew_seconds=PATIENT.clock_skew_seconds)) as lab:
        lab.open_account(**BY_KEYS)
        yield lab


def test_a_large_file_goes_in_parts_and_is_proven_by_their_checksums(lab: Lab) -> None:
    verdict = lab.stored("runs/deep/big.bam", BIG)
    assert verdict.proof is Proof.EVERY_PART
    assert lab.content("runs/deep/big.bam") == BIG
    assert verdict.remote.etag
    assert verdict.remote.etag.endswith("-2")
    assert lab.parts_stored() == {1: 1, 2: 1}


def test_small_files_cost_no_call_of_their_own(lab: Lab) -> None:
    lab.stored("runs/warm", DATA)
    before = len(lab.fake.door.seen)
    for number in range(20):
        lab.sent(f"runs/d{number % 3}/{number}.txt", b"%d" % number)
    assert len(lab.fake.door.seen) == before


def test_the_storage_is_asked_only_what_keys_of_a_prefix_allow(lab: Lab) -> None:
    upload, receipts, _ = lab.sent("runs/big.bam", BIG)
    assert isinstance(lab.settled(upload, None, receipts), Stored)
    lab.upload("runs/other.bam", BIG).open().abort()
    assert lab.operations() <= {
        "CreateMultipartUpload",
        "UploadPart",
        "CompleteMultipartUpload",
        "AbortMultipartUpload",
        "HeadObject",
    }
    assert {entry.status for entry in lab.fake.storage.log.entries()} <= {200, 204, 206}


def test_keys_are_asked_for_once_by_many_threads(lab: Lab) -> None:
    workers = 8
    together = threading.Barrier(workers)
    failures: list[BaseException] = []

    def work(number: int) -> None:
        together.wait()
        try:
            lab.upload(f"runs/new/{number}.txt", DATA).open()
        except BaseException as error:  # noqa: BLE001 - shown by the assertion below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert lab.fake.calls(KEYS_ASKED) == 1
    assert lab.fake.calls("/tokens$") == 1


def test_a_new_folder_tree_is_opened_by_its_topmost_folder(lab: Lab) -> None:
    lab.stored("RUN1/Data/Intensities/a.bcl", DATA)
    lab.stored("RUN1/Logs/b.log", DATA)
    lab.stored("RUN1/c.csv", DATA)
    assert lab.fake.calls(KEYS_ASKED) == 1
    (keys,) = lab.fake.making.issued
    assert keys.policy is not None
    assert keys.policy.prefix.endswith("/RUN1/")


def test_a_folder_that_is_there_is_opened_itself(lab: Lab) -> None:
    lab.fake.make_folder(lab.project, "/runs/2026/RUN1")
    lab.stored("runs/2026/RUN1/a.bcl", DATA)
    (keys,) = lab.fake.making.issued
    assert keys.policy is not None
    assert keys.policy.prefix.endswith("/runs/2026/RUN1/")


# Renewal


@pytest.mark.parametrize("hours", [36.0, 1.0])
def test_keys_that_end_three_times_within_one_upload_cost_no_part(lab: Lab, hours: float) -> None:
    """A file of 14 parts over four lives of its keys; every part leaves once and is stored once."""
    lab.fake.rules.key_seconds = hours * HOUR
    lab.fake.rules.token_seconds = 24 * HOUR
    data = random.Random(4).randbytes(13 * 8 * MiB + 5)
    upload = lab.upload("runs/huge.bam", data).open()
    receipts = []
    for part in upload.parts():
        receipts.append(upload.send(part))
        lab.scene.clock.advance(hours * HOUR * 0.29)
    verdict = lab.settled(upload, upload.close(receipts), receipts)
    assert isinstance(verdict, Stored)
    assert verdict.proof is Proof.EVERY_PART
    assert lab.content("runs/huge.bam") == data
    entries = lab.fake.storage.log.entries("UploadPart")
    assert [entry.status for entry in entries] == [200] * 14
    assert lab.parts_stored() == dict.fromkeys(range(1, 15), 1)
    ended = [keys for keys in lab.fake.making.issued if (keys.expires_at or 0) < lab.fake.clock()]
    assert len(ended) >= 3


def test_keys_are_renewed_by_one_of_many_threads(lab: Lab) -> None:
    upload = lab.upload("runs/big.bam", BIG).open()
    lab.scene.clock.advance(28 * HOUR)
    part = upload.parts()[0]
    workers = 8
    together = threading.Barrier(workers)

    def work() -> None:
        together.wait()
        lab.ica.part_request(upload.to, upload.handle, part, _digest(BIG[: part.length]))

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lab.fake.calls(KEYS_ASKED) == 2


def _digest(data: bytes) -> Digest:
    return Digest(Algorithm.MD5, digests_of(data)[Algorithm.MD5])


def test_keys_that_end_earlier_than_thought_are_renewed_when_refused(lab: Lab) -> None:
    """Customers' own buckets give 12 hours, and old answers do not tell the end."""
    lab.fake.rules.tells_expiry = False
    lab.fake.rules.key_seconds = 12 * HOUR
    upload = lab.upload("runs/big.bam", BIG).open()
    first, second = upload.parts()
    receipts = [upload.send(first)]
    lab.scene.clock.advance(13 * HOUR)
    with pytest.raises(errors.Temporary):
        upload.send(second)
    receipts.append(upload.send(second))
    lab.scene.clock.advance(13 * HOUR)
    with pytest.raises(errors.Temporary):
        upload.close(receipts)
    verdict = lab.settled(upload, upload.close(receipts), receipts)
    assert isinstance(verdict, Stored)
    assert lab.parts_stored() == {1: 1, 2: 1}


@pytest.mark.parametrize("fault", [Say(500), Say(429), Say(503), Break(), Break(done=True)])
def test_old_keys_serve_on_while_new_ones_cannot_be_had(lab: Lab, fault: Say | Break) -> None:
    upload = lab.upload("runs/big.bam", BIG).open()
    lab.scene.clock.advance(30 * HOUR)
    lab.fake.faults.add(fault, KEYS_ASKED)
    receipts = upload.send_all()
    assert isinstance(lab.settled(upload, upload.close(receipts), receipts), Stored)


def test_keys_that_ended_and_cannot_be_renewed_are_tried_later(lab: Lab) -> None:
    upload = lab.upload("runs/big.bam", BIG).open()
    lab.scene.clock.advance(37 * HOUR)
    lab.fake.faults.add(Say(500), KEYS_ASKED)
    with pytest.raises(errors.Temporary):
        upload.send(upload.parts()[0])
    upload.send(upload.parts()[0])


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "ExpiredToken"),
        (403, "InvalidAccessKeyId"),
        (400, "TokenRefreshRequired"),
        (403, "AccessDenied"),
    ],
)
def test_known_good_keys_that_are_refused_are_replaced_once(
    lab: Lab, status: int, code: str
) -> None:
    upload = lab.upload("runs/big.bam", BIG).open()
    lab.scene.clock.advance(HOUR)
    lab.fake.storage.faults.add(Fault(Respond(status, code), "UploadPart"))
    with pytest.raises(errors.Temporary):
        upload.send(upload.parts()[0])
    upload.send_all()
    assert lab.fake.calls(KEYS_ASKED) == 2


def test_a_right_that_new_keys_lack_as_well_is_said_to_lack(lab: Lab) -> None:
    upload = lab.upload("runs/big.bam", BIG).open()
    lab.fake.storage.faults.add(Fault(Respond(403, "AccessDenied"), "UploadPart", times=None))
    with pytest.raises(errors.NotAllowed):
        upload.send(upload.parts()[0])


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (503, "SlowDown", errors.SlowDown),
        (500, "InternalError", errors.Temporary),
        (400, "BadDigest", errors.BadPart),
        (404, "NoSuchUpload", errors.UploadGone),
        (403, "RequestTimeTooSkewed", errors.ClockWrong),
        (400, "EntityTooLarge", errors.TooLarge),
    ],
)
def test_what_the_storage_says_of_a_part_is_read(
    lab: Lab, status: int, code: str, kind: type[errors.TransferError]
) -> None:
    upload = lab.upload("runs/big.bam", BIG).open()
    lab.fake.storage.faults.add(Fault(Respond(status, code), "UploadPart"))
    with pytest.raises(kind):
        upload.send(upload.parts()[0])


def test_keys_in_rclones_form_serve_as_well(lab: Lab) -> None:
    lab.fake.rules.rclone_keys_only = True
    assert lab.stored("runs/big.bam", BIG).proof is Proof.EVERY_PART


@pytest.mark.parametrize(
    ("asked", "header", "proof"),
    [("AES256", "AES256", Proof.WHOLE_FILE), ("AWS:KMS", "aws:kms", Proof.EVERY_PART)],
)
def test_the_encryption_that_keys_ask_for_is_asked_of_the_storage(
    lab: Lab, asked: str, header: str, proof: Proof
) -> None:
    lab.fake.rules.encryption = asked
    assert lab.stored("runs/small", DATA).proof is proof
    assert lab.stored("runs/big", BIG).proof is Proof.EVERY_PART
    for name in ("small", "big"):
        stored = lab.fake.storage.stored("stratus-gds-use1", f"{lab.project.id}/runs/{name}")
        assert stored is not None
        assert stored.headers["x-amz-server-side-encryption"] == header


# The end


def test_an_error_inside_a_good_answer_is_an_error(lab: Lab) -> None:
    upload = lab.upload("runs/big.bam", BIG).open()
    receipts = upload.send_all()
    lab.fake.storage.faults.add(Fault(ErrorInside(), "CompleteMultipartUpload"))
    with pytest.raises(errors.Temporary):
        upload.close(receipts)
    assert isinstance(lab.settled(upload, upload.close(receipts), receipts), Stored)


def test_a_lost_answer_to_the_end_is_settled_though_ica_knows_nothing_yet(lab: Lab) -> None:
    lab.fake.rules.notice_seconds = 60
    upload = lab.upload("runs/big.bam", BIG).open()
    receipts = upload.send_all()
    lab.fake.storage.faults.add(Fault(LOST_AT_STORAGE, "CompleteMultipartUpload"))
    with pytest.raises(errors.Temporary):
        upload.close(receipts)
    with pytest.raises(errors.UploadGone):
        upload.close(receipts)
    assert isinstance(upload.check(None, receipts), NotYet)
    assert isinstance(lab.settled(upload, None, receipts), Stored)


def test_a_lost_upload_is_not_mistaken_for_one_that_waits(lab: Lab) -> None:
    upload = lab.upload("runs/big.bam", BIG).open()
    receipts = upload.send_all()
    upload.abort()
    with pytest.raises(errors.UploadGone):
        upload.close(receipts)
    assert isinstance(upload.check(None, receipts), Differs)


def test_after_a_restart_the_upload_goes_on_with_new_keys(lab: Lab) -> None:
    upload = lab.upload("runs/big.bam", BIG).open()
    first, second = upload.parts()
    receipt = upload.send(first)
    upload.provider = lab.open_account(**BY_KEYS)
    (listed,) = lab.ica.parts(upload.to, upload.handle, [receipt])
    assert (listed.number, listed.etag) == (1, receipt.etag)
    receipts = [receipt, upload.send(second)]
    assert isinstance(lab.settled(upload, upload.close(receipts), receipts), Stored)
    assert lab.parts_stored() == {1: 1, 2: 1}


@pytest.mark.parametrize("strict", [Manners(lists_parts=False)], indirect=True)
def test_where_parts_may_not_be_listed_our_own_memory_counts(strict: Lab) -> None:
    upload = strict.upload("runs/big.bam", BIG).open()
    with pytest.raises(errors.NotAllowed):
        strict.ica.parts(upload.to, upload.handle, ())


@pytest.mark.parametrize("strict", [Manners(aborts=False)], indirect=True)
def test_what_may_not_be_removed_is_said_to_stay(strict: Lab) -> None:
    upload = strict.upload("runs/big.bam", BIG).open()
    with pytest.raises(errors.NotAllowed):
        upload.abort()


def test_an_opening_without_answer_leaves_nothing_behind(lab: Lab) -> None:
    lab.stored("runs/warm", DATA)
    lab.fake.storage.faults.add(Fault(LOST_AT_STORAGE, "CreateMultipartUpload"))
    upload = lab.upload("runs/big.bam", BIG)
    with pytest.raises(errors.Temporary):
        upload.open()
    upload.open(again=True)
    assert len(lab.fake.storage.open_uploads("stratus-gds-use1")) == 1


# Names


def test_a_name_taken_by_these_very_bytes_is_ours(lab: Lab) -> None:
    lab.fake.storage.faults.add(Fault(LOST_AT_STORAGE, "PutObject"))
    upload = lab.upload("runs/a.txt", DATA).open()
    with pytest.raises(errors.Temporary):
        upload.send_all()
    receipts = upload.send_all()
    verdict = lab.settled(upload, upload.close(receipts), receipts)
    assert isinstance(verdict, Stored)
    assert verdict.proof is Proof.WHOLE_FILE


def test_a_name_taken_by_other_bytes_is_taken(lab: Lab) -> None:
    upload = lab.upload("runs/a.txt", DATA).open()
    lab.fake.put(lab.project, "/runs/a.txt", b"x" * len(DATA))
    with pytest.raises(errors.NameTaken):
        upload.send_all()
    assert lab.content("runs/a.txt") == b"x" * len(DATA)


def test_a_partial_record_takes_no_name(lab: Lab) -> None:
    left, _ = lab.scene.made_file("a.txt")
    assert lab.ica.find(lab.at("runs/a.txt")) is None
    assert lab.stored("runs/a.txt", DATA).remote.id == left


@pytest.mark.parametrize("data", [DATA, BIG], ids=["small", "large"])
@pytest.mark.parametrize("path", ["runs/a.bin", "a.bin"])
def test_what_is_there_is_replaced_in_place(lab: Lab, path: str, data: bytes) -> None:
    old = lab.fake.put(lab.project, f"/{path}", b"old")
    verdict = lab.stored(path, data, may_replace=True)
    assert verdict.remote.id == old.id
    assert lab.content(path) == data


def test_a_replacement_that_ica_shows_late_is_waited_for(lab: Lab) -> None:
    lab.fake.put(lab.project, "/runs/a.txt", b"old")
    lab.fake.rules.notice_seconds = 120
    upload, receipts, remote = lab.sent("runs/a.txt", DATA, may_replace=True)
    upload.check(remote, receipts)
    lab.scene.clock.advance(2)
    assert isinstance(upload.check(remote, receipts), NotYet)
    verdict = lab.settled(upload, remote, receipts)
    assert isinstance(verdict, Stored)
    assert verdict.proof is Proof.WHOLE_FILE


def test_a_replacement_that_ica_never_shows_is_not_called_proven(
    lab: Lab, caplog: pytest.LogCaptureFixture
) -> None:
    lab.fake.put(lab.project, "/runs/a.txt", b"old")
    lab.fake.rules.notices_replacements = False
    began = lab.scene.clock.time()
    verdict = lab.stored("runs/a.txt", DATA, may_replace=True)
    assert verdict.proof is Proof.NONE
    assert verdict.remote.etag == md5(DATA)
    assert 600 <= lab.scene.clock.time() - began < 700
    assert "goes on showing" in caplog.text


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("ARCHIVED", errors.Archived),
        ("UNARCHIVING", errors.Archived),
        ("DELETING", errors.Temporary),
        ("REHYDRATING", errors.Refused),
    ],
)
def test_only_what_is_available_is_replaced(
    lab: Lab, status: str, kind: type[errors.TransferError]
) -> None:
    lab.fake.put(lab.project, "/runs/a.txt", b"old").status = status
    with pytest.raises(kind):
        lab.upload("runs/a.txt", DATA, may_replace=True).open()
    assert lab.content("runs/a.txt") == b"old"


# In the project itself


def test_in_the_project_itself_a_large_file_gets_keys_of_its_own(lab: Lab) -> None:
    verdict = lab.stored("big.bam", random.Random(6).randbytes(16_000_001))
    assert verdict.proof is Proof.EVERY_PART
    assert lab.fake.calls(":createFileWithTemporaryCredentials$") == 1
    assert lab.fake.calls(KEYS_ASKED) == 0
    (keys,) = lab.fake.making.issued
    assert keys.policy is not None
    assert keys.policy.prefix == f"{lab.project.id}/big.bam"


def test_a_cancelled_large_file_leaves_neither_parts_nor_record(lab: Lab) -> None:
    upload = lab.upload("big.bam", bytes(16_000_001)).open()
    upload.send(upload.parts()[0])
    upload.abort()
    assert lab.partial() == []
    assert lab.fake.storage.open_uploads("stratus-gds-use1") == []


def test_a_lost_answer_to_its_creation_makes_no_second_file(lab: Lab) -> None:
    lab.fake.faults.add(LOST_REPLY, ":createFileWithTemporaryCredentials")
    upload = lab.upload("big.bam", bytes(16_000_001))
    with pytest.raises(errors.Temporary):
        upload.open()
    upload.open(again=True)
    assert lab.partial() == ["/big.bam"]
    receipts = upload.send_all()
    assert isinstance(lab.settled(upload, upload.close(receipts), receipts), Stored)


def test_an_old_server_gives_keys_in_a_second_call(lab: Lab) -> None:
    lab.fake.rules.old = True
    lab.stored("big.bam", bytes(16_000_001))
    assert lab.fake.calls(KEYS_ASKED) == 1


# Folders that change


def test_a_folder_deleted_meanwhile_is_made_again(lab: Lab) -> None:
    lab.stored("RUN1/a.txt", DATA)
    folder = lab.fake.shelf.find(lab.project.id, "/RUN1", is_folder=True)
    assert folder is not None
    lab.scene.post(f"P/data/{folder.id}:delete")
    lab.scene.clock.advance(28 * HOUR)
    lab.stored("RUN1/b.txt", DATA)
    assert lab.content("RUN1/b.txt") == DATA


def test_parts_of_a_folder_that_is_gone_find_it_gone(lab: Lab) -> None:
    upload = lab.upload("RUN1/big.bam", BIG).open()
    folder = lab.fake.shelf.find(lab.project.id, "/RUN1", is_folder=True)
    assert folder is not None
    lab.scene.post(f"P/data/{folder.id}:delete")
    lab.scene.clock.advance(28 * HOUR)
    with pytest.raises(errors.UploadGone):
        upload.send(upload.parts()[0])
    upload.abort()


def test_without_the_right_to_upload_no_keys_are_had(lab: Lab) -> None:
    lab.scene.right.upload = False
    with pytest.raises(errors.NotAllowed):
        lab.upload("runs/big.bam", bytes(16_000_001)).open()
