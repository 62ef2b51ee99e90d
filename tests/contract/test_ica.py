"""What only ICA does with files sent by address: records, conflicts, waiting, proof."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.contract.bench import sent_of
from tests.contract.ica_lab import BY_ADDRESS, BY_KEYS, Lab, ica_lab
from tests.contract.ica_raw import md5
from tests.fakes.ica_rules import NEVER
from tests.fakes.ica_wire import LOST_REPLY, Break, Say

from pipette.model import errors
from pipette.model.files import SourceFile
from pipette.model.parts import Handle, Proof
from pipette.practice.faults import LOST_REPLY as LOST_AT_STORAGE
from pipette.practice.faults import CorruptIncoming, Fault, Respond
from pipette.providers.protocol import Differs, NotYet, Stored

DATA = b"content of a small file"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with ica_lab(tmp_path) as found:
        found.open_account(**BY_ADDRESS)
        yield found


def test_a_small_file_goes_to_an_address_and_is_proven_by_its_etag(lab: Lab) -> None:
    verdict = lab.stored("runs/a.txt", DATA)
    assert verdict.proof is Proof.WHOLE_FILE
    assert (verdict.remote.md5, verdict.remote.size) == (md5(DATA), len(DATA))
    assert verdict.remote.id
    assert lab.content("runs/a.txt") == DATA
    assert lab.operations() == {"PutObject"}


def test_nothing_of_the_platform_goes_to_an_address(lab: Lab) -> None:
    lab.stored("runs/a.txt", DATA)
    (entry,) = lab.fake.storage.log.entries("PutObject")
    assert entry.headers == {
        "host",
        "user-agent",
        "accept-encoding",
        "content-length",
        "content-type",
        "content-md5",
    }


def test_a_small_file_costs_two_calls(lab: Lab) -> None:
    lab.stored("runs/warm.txt", DATA)
    before = len(lab.fake.door.seen)
    lab.stored("runs/a.txt", DATA)
    assert len(lab.fake.door.seen) - before == 2


def test_the_key_is_shown_only_where_tokens_are_made(lab: Lab) -> None:
    lab.stored("runs/a.txt", DATA)
    with_key = [one.path for one in lab.fake.door.seen if "x-api-key" in one.headers]
    assert with_key == ["/ica/rest/api/tokens"]


def test_missing_folders_come_with_the_file(lab: Lab) -> None:
    lab.stored("new/deep/a.txt", DATA)
    assert lab.fake.record(lab.project, "/new/deep", is_folder=True)


def test_an_empty_file_is_sent_too(lab: Lab) -> None:
    assert lab.stored("runs/empty", b"").remote.size == 0
    assert lab.content("runs/empty") == b""


def test_a_handle_holds_no_secret(lab: Lab) -> None:
    upload = lab.upload("runs/a.txt", DATA).open()
    request = lab.ica.part_request(upload.to, upload.handle, upload.parts()[0], None)
    assert "X-Amz-Signature" in request.url
    assert "Amz" not in repr(upload.handle)


@pytest.mark.parametrize("path", ["runs/../a", "runs/./a", "runs//a", ".", "runs/\udcff"])
def test_a_name_that_would_be_another_place_is_refused(lab: Lab, path: str) -> None:
    with pytest.raises(errors.NameRefused):
        lab.upload(path, DATA).open()
    assert lab.fake.calls() == 0


# Creation


def test_a_lost_answer_to_creation_makes_no_second_record(lab: Lab) -> None:
    lab.fake.faults.add(LOST_REPLY, ":createFileWithUploadUrl")
    upload = lab.upload("runs/a.txt", DATA)
    with pytest.raises(errors.Temporary):
        upload.open()
    first = lab.fake.record(lab.project, "/runs/a.txt")
    upload.open(again=True)
    assert first is not None
    assert upload.handle.id == first.id
    upload.send_all()
    assert lab.content("runs/a.txt") == DATA


@pytest.mark.parametrize("done", [False, True])
def test_a_passing_conflict_is_looked_into(lab: Lab, done: bool) -> None:
    lab.fake.faults.add(Say(409, "ICA_DATA_105", done=done), ":createFileWithUploadUrl")
    upload = lab.upload("runs/a.txt", DATA)
    if not done:
        with pytest.raises(errors.Temporary):
            upload.open()
    upload.open(again=True)
    upload.send_all()
    assert lab.content("runs/a.txt") == DATA


@pytest.mark.parametrize("status", [500, 502, 504, 429, 503])
def test_a_creation_that_fails_in_passing_can_be_tried_again(lab: Lab, status: int) -> None:
    lab.fake.faults.add(Say(status), ":createFileWithUploadUrl")
    upload = lab.upload("runs/a.txt", DATA)
    with pytest.raises(errors.Temporary):
        upload.open()
    assert upload.open(again=True).handle.id


def test_a_record_left_by_an_earlier_attempt_is_used_and_not_removed(lab: Lab) -> None:
    left, _ = lab.scene.made_file("a.txt")
    upload = lab.upload("runs/a.txt", DATA).open()
    assert upload.handle.id == left
    upload.abort()
    assert lab.partial() == ["/runs/a.txt"]
    lab.open_account(**BY_ADDRESS)
    assert lab.stored("runs/a.txt", DATA).remote.id == left


def test_a_name_that_is_taken_is_said_so(lab: Lab) -> None:
    lab.fake.put(lab.project, "/runs/a.txt", b"theirs")
    with pytest.raises(errors.NameTaken):
        lab.upload("runs/a.txt", DATA).open()
    assert lab.content("runs/a.txt") == b"theirs"


def test_a_name_that_differs_by_case_is_another_name(lab: Lab) -> None:
    lab.fake.put(lab.project, "/runs/A.txt", b"theirs")
    assert lab.ica.find(lab.at("runs/a.txt")) is None
    lab.stored("runs/a.txt", DATA)
    assert lab.content("runs/A.txt") == b"theirs"


def test_a_name_being_deleted_is_waited_for(lab: Lab) -> None:
    lab.fake.rules.delete_seconds = 20
    lab.fake.put(lab.project, "/runs/a.txt", b"old")
    lab.ica.delete(lab.at("runs/a.txt"))
    assert lab.ica.find(lab.at("runs/a.txt")) is None
    with pytest.raises(errors.Temporary) as later:
        lab.upload("runs/a.txt", DATA).open()
    assert later.value.wait_seconds == 5.0
    lab.scene.clock.advance(21)
    lab.stored("runs/a.txt", DATA)


def test_an_old_server_is_spoken_to_in_its_own_calls(lab: Lab) -> None:
    lab.fake.rules.old = True
    lab.stored("runs/a.txt", DATA)
    lab.ica.make_folder(lab.at("made"))
    assert lab.fake.record(lab.project, "/made", is_folder=True)
    tried = lab.fake.calls(":createFileWithUploadUrl$")
    lab.stored("runs/b.txt", DATA)
    assert lab.fake.calls(":createFileWithUploadUrl$") == tried


def test_a_project_that_is_gone_is_no_old_server(lab: Lab) -> None:
    lab.stored("runs/a.txt", DATA)
    lab.project.rights.clear()
    with pytest.raises(errors.RemoteMissing):
        lab.upload("runs/b.txt", DATA).open()


def test_without_the_right_nothing_is_made(lab: Lab) -> None:
    lab.scene.right.upload = False
    with pytest.raises(errors.NotAllowed):
        lab.upload("runs/a.txt", DATA).open()


# Sending


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (403, "AccessDenied", errors.Temporary),
        (403, "SignatureDoesNotMatch", errors.Temporary),
        (403, "RequestTimeTooSkewed", errors.ClockWrong),
        (400, "EntityTooLarge", errors.TooLarge),
        (400, "BadDigest", errors.BadPart),
        (400, "RequestTimeout", errors.Temporary),
        (503, "SlowDown", errors.SlowDown),
        (500, "InternalError", errors.Temporary),
    ],
)
def test_a_refusal_of_the_storage_is_read_and_the_next_try_has_a_new_address(
    lab: Lab, status: int, code: str, kind: type[errors.TransferError]
) -> None:
    lab.fake.storage.faults.add(Fault(Respond(status, code), "PutObject"))
    upload = lab.upload("runs/a.txt", DATA).open()
    with pytest.raises(kind):
        upload.send(upload.parts()[0])
    before = lab.fake.calls(":createUploadUrl$")
    upload.send_all()
    assert lab.fake.calls(":createUploadUrl$") == before + 1
    assert lab.content("runs/a.txt") == DATA


def test_an_address_that_grew_old_is_not_even_tried(lab: Lab) -> None:
    upload = lab.upload("runs/a.txt", DATA).open()
    lab.scene.clock.advance(3601)
    upload.send_all()
    assert [entry.status for entry in lab.fake.storage.log.entries()] == [200]


def test_bytes_damaged_on_the_way_are_never_stored(lab: Lab) -> None:
    upload = lab.upload("runs/a.txt", DATA).open()
    lab.fake.storage.faults.add(Fault(CorruptIncoming(), "PutObject"))
    with pytest.raises(errors.BadPart):
        upload.send_all()
    assert lab.content("runs/a.txt") is None
    upload.send_all()
    assert lab.content("runs/a.txt") == DATA


def test_a_put_whose_answer_was_lost_is_found_again(lab: Lab) -> None:
    lab.fake.storage.faults.add(Fault(LOST_AT_STORAGE, "PutObject"))
    upload = lab.upload("runs/a.txt", DATA).open()
    (part,) = upload.parts()
    with pytest.raises(errors.Temporary):
        upload.send(part)
    with pytest.raises(errors.UploadGone):
        upload.send(part)
    (found,) = lab.ica.parts(upload.to, upload.handle, ())
    assert (found.length, found.etag) == (len(DATA), md5(DATA))
    source = SourceFile("/made/up", len(DATA), 0)
    with pytest.raises(errors.NameTaken):
        lab.ica.open(source, upload.to, "another key", may_replace=False)
    bare = Handle(len(DATA), resumable=False)
    verdict = lab.ica.check(upload.to, bare, None, sent_of(DATA, []))
    assert isinstance(verdict, Stored)
    assert verdict.proof is Proof.WHOLE_FILE


def test_a_put_not_noticed_yet_is_simply_repeated(lab: Lab) -> None:
    lab.fake.rules.notice_seconds = 60
    lab.fake.storage.faults.add(Fault(LOST_AT_STORAGE, "PutObject"))
    upload = lab.upload("runs/a.txt", DATA).open()
    with pytest.raises(errors.Temporary):
        upload.send_all()
    receipts = upload.send_all()
    assert lab.settled(upload, upload.close(receipts), receipts)


def test_a_record_that_was_deleted_meanwhile_is_gone(lab: Lab) -> None:
    upload = lab.upload("runs/a.txt", DATA).open()
    lab.scene.post(f"P/data/{upload.handle.id}:delete")
    upload.send_all()  # the address that came with the record still works
    for ask in (
        lambda: lab.ica.parts(upload.to, upload.handle, ()),
        lambda: upload.send(upload.parts()[0]),
    ):
        with pytest.raises(errors.UploadGone):
            ask()


# Waiting


def test_a_file_is_waited_for_until_ica_has_noticed_it(lab: Lab) -> None:
    lab.fake.rules.notice_seconds = 40
    upload, receipts, remote = lab.sent("runs/a.txt", DATA)
    waits = []
    verdict = upload.check(remote, receipts)
    while isinstance(verdict, NotYet):
        waits.append(verdict.after_seconds)
        lab.scene.clock.advance(verdict.after_seconds)
        verdict = upload.check(remote, receipts)
    assert waits == [2, 4, 8, 15, 30]
    assert isinstance(verdict, Stored)
    assert verdict.proof is Proof.WHOLE_FILE


def test_waiting_goes_on_after_a_restart(lab: Lab) -> None:
    lab.fake.rules.notice_seconds = 600
    upload, receipts, remote = lab.sent("runs/a.txt", DATA)
    assert isinstance(upload.check(remote, receipts), NotYet)
    upload.provider = lab.open_account(**BY_ADDRESS)
    assert isinstance(upload.check(None, receipts), NotYet)
    lab.scene.clock.advance(601)
    assert isinstance(lab.settled(upload, None, receipts), Stored)


@pytest.mark.parametrize("options", [BY_ADDRESS, BY_KEYS], ids=["address", "keys"])
def test_waiting_ends_after_a_day_and_says_so(lab: Lab, options: dict[str, Any]) -> None:
    lab.fake.rules.notice_seconds = NEVER
    lab.open_account(**options)
    upload, receipts, remote = lab.sent("runs/a.txt", DATA)
    before = lab.fake.calls("/data$")
    with pytest.raises(errors.Refused):
        lab.settled(upload, remote, receipts)
    assert lab.fake.calls("/data$") - before < 250
    assert lab.content("runs/a.txt") == DATA


@pytest.mark.parametrize("options", [BY_ADDRESS, BY_KEYS], ids=["address", "keys"])
def test_many_files_are_asked_about_with_few_questions(lab: Lab, options: dict[str, Any]) -> None:
    lab.fake.rules.notice_seconds = 1
    lab.open_account(**options)
    under_way = [lab.sent(f"runs/{number}.txt", b"%d" % number) for number in range(45)]
    for upload, receipts, remote in under_way:
        assert isinstance(upload.check(remote, receipts), NotYet)
    before = lab.fake.calls("/data$")
    lab.scene.clock.advance(2)
    for upload, receipts, remote in under_way:
        assert isinstance(upload.check(remote, receipts), Stored)
    assert lab.fake.calls("/data$") - before <= 2


def test_in_a_very_large_folder_files_are_asked_for_by_name(lab: Lab) -> None:
    lab.fake.rules.largest_page = 50
    for number in range(230):
        lab.fake.put(lab.project, f"/runs/old{number}", b"x")
    under_way = [lab.sent(f"runs/{number}.txt", b"x") for number in range(25)]
    for upload, receipts, remote in under_way:
        upload.check(remote, receipts)
    lab.scene.clock.advance(3)
    for upload, receipts, remote in under_way[::2]:
        assert isinstance(upload.check(remote, receipts), Stored)
    lab.scene.clock.advance(3)
    before = lab.fake.calls("/data$")
    for upload, receipts, remote in under_way[1::2]:
        assert isinstance(upload.check(remote, receipts), Stored)
    assert lab.fake.calls("/data$") - before <= 3


@pytest.mark.parametrize("fault", [Break(), Break(done=True), Say(500), Say(429), Say(503)])
def test_a_question_that_fails_is_asked_again(lab: Lab, fault: Break | Say) -> None:
    upload, receipts, remote = lab.sent("runs/a.txt", DATA)
    upload.check(remote, receipts)
    lab.fake.faults.add(fault, "/data$")
    with pytest.raises(errors.Temporary):
        upload.check(remote, receipts)
    assert isinstance(upload.check(remote, receipts), Stored)


# Proof


@pytest.mark.parametrize("form", ["quoted", "upper"])
def test_an_etag_is_compared_however_it_is_written(lab: Lab, form: str) -> None:
    upload, receipts, remote = lab.sent("runs/a.txt", DATA)
    record = lab.fake.record(lab.project, "/runs/a.txt")
    assert record is not None
    record.etag = f'"{md5(DATA)}"' if form == "quoted" else md5(DATA).upper()
    verdict = lab.settled(upload, remote, receipts)
    assert isinstance(verdict, Stored)
    assert verdict.proof is Proof.WHOLE_FILE


@pytest.mark.parametrize("change", [{"etag": "0" * 32}, {"size": 7}])
def test_a_record_of_something_else_is_a_difference(lab: Lab, change: dict[str, object]) -> None:
    upload, receipts, remote = lab.sent("runs/a.txt", DATA)
    record = lab.fake.record(lab.project, "/runs/a.txt")
    for name, value in change.items():
        setattr(record, name, value)
    assert isinstance(lab.settled(upload, remote, receipts), Differs)


# Removing


def test_a_cancelled_file_leaves_no_record(lab: Lab) -> None:
    upload = lab.upload("runs/a.txt", DATA).open()
    assert lab.partial() == ["/runs/a.txt"]
    upload.abort()
    upload.abort()
    assert lab.partial() == []


def test_without_the_right_to_delete_it_is_said_that_a_record_stays(lab: Lab) -> None:
    lab.scene.right.role = "CONTRIBUTOR"
    upload = lab.upload("runs/a.txt", DATA).open()
    with pytest.raises(errors.NotAllowed):
        upload.abort()
    assert lab.partial() == ["/runs/a.txt"]


def test_what_arrived_whole_is_not_removed_by_cancelling(lab: Lab) -> None:
    upload, _, _ = lab.sent("runs/a.txt", DATA)
    lab.fake.record(lab.project, "/runs/a.txt")
    upload.abort()
    assert lab.content("runs/a.txt") == DATA


# Choosing the way


def test_the_first_files_go_by_address_and_the_rest_by_keys(lab: Lab) -> None:
    lab.open_account()
    for number in range(14):
        lab.stored(f"runs/{number}.txt", b"%d" % number)
    assert lab.fake.calls(":createFileWithUploadUrl$") == 9
    assert lab.fake.calls(":createTemporaryCredentials$") == 1
    assert lab.fake.shelf.find(lab.project.id, "/runs/13.txt", is_folder=False)


def test_where_keys_are_at_hand_they_serve_small_files_too(lab: Lab) -> None:
    lab.open_account()
    lab.stored("runs/large.bam", random.Random(1).randbytes(16_000_000))
    lab.stored("runs/deep/small.txt", DATA)
    assert lab.fake.calls(":createFileWithUploadUrl$") == 0


@pytest.mark.parametrize(
    ("size", "calls"), [(15_999_999, 1), (16_000_000, 0)], ids=["below", "above"]
)
def test_only_files_whose_md5_ica_vouches_for_go_by_address(
    lab: Lab, size: int, calls: int
) -> None:
    lab.open_account()
    lab.stored("runs/a.bin", random.Random(2).randbytes(size))
    assert lab.fake.calls(":createFileWithUploadUrl$") == calls


def test_in_the_project_itself_a_small_file_goes_by_address(lab: Lab) -> None:
    lab.open_account(**BY_KEYS)
    lab.stored("a.txt", DATA)
    assert lab.fake.calls(":createFileWithUploadUrl$") == 1


def test_a_path_too_long_for_keys_still_takes_small_files(lab: Lab) -> None:
    lab.fake.rules.longest_credential_path = 10
    lab.open_account(**BY_KEYS)
    lab.stored("runs/a.txt", DATA)
    with pytest.raises(errors.NameRefused):
        lab.upload("runs/large", bytes(16_000_000)).open()
