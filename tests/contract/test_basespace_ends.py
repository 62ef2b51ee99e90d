"""How files at BaseSpace are completed, and names that are taken meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.contract.basespace_rig import Rig, content, proof, rig_in
from tests.contract.bench import sent_of
from tests.fakes.basespace_faults import Cut, Say, Twist

from pipette.model import errors
from pipette.model.files import KiB
from pipette.model.parts import Proof
from pipette.providers import basespace
from pipette.providers.protocol import Differs, NotYet

SMALL = b"reads"


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with rig_in(tmp_path) as made:
        yield made


@pytest.mark.parametrize("listed", ["list", "missing"])
@pytest.mark.parametrize("number", [2, 3])
def test_a_part_that_vanished_is_never_taken_for_a_whole_file_where_gaps_are_taken(
    rig: Rig, listed: str, number: int
) -> None:
    rig.with_manners(gaps="lenient", parts_list=listed)
    upload = rig.upload().open()
    receipts = upload.send_all()
    del rig.world.files[upload.handle.id or ""].parts[number]
    verdict = upload.check(upload.close(receipts), receipts)
    assert isinstance(verdict, Differs)
    assert str(len(upload.data)) in verdict.why


def test_a_gap_that_is_refused_and_shown_begins_the_file_anew(rig: Rig) -> None:
    upload = rig.upload().open()
    receipts = upload.send_all()
    del rig.world.files[upload.handle.id or ""].parts[2]
    with pytest.raises(errors.UploadGone):
        upload.close(receipts)
    assert rig.world.pending() == []
    assert isinstance(upload.check(None, receipts), Differs)
    assert proof(upload.through()) is Proof.EVERY_PART


def test_a_gap_that_is_refused_and_not_shown_is_no_success_and_loses_nothing(rig: Rig) -> None:
    rig.with_manners(parts_list="missing")
    upload = rig.upload().open()
    receipts = upload.send_all()
    del rig.world.files[upload.handle.id or ""].parts[2]
    for _ in range(3):
        with pytest.raises(errors.Temporary):
            upload.close(receipts)
    assert len(rig.world.pending()) == 1
    upload.send(upload.parts()[1])
    assert proof(upload.check(upload.close(receipts), receipts)) is Proof.EVERY_PART


def test_receipts_that_do_not_add_up_complete_nothing(rig: Rig) -> None:
    upload = rig.upload().open()
    receipts = upload.send_all()
    with pytest.raises(errors.Mismatch):
        upload.close(receipts[:-1])
    assert rig.script.count("files.complete") == 0


@pytest.mark.parametrize("second", ["same", "conflict"])
@pytest.mark.parametrize("lost", [Cut.AFTER, Say(504, b"<html>", kind="text/html", done=True)])
def test_a_completion_without_answer_is_found_out(rig: Rig, second: str, lost: Cut | Say) -> None:
    rig.with_manners(second_complete=second)
    upload = rig.upload().open()
    receipts = upload.send_all()
    rig.script.fail("files.complete", lost)
    with pytest.raises(errors.Temporary):
        upload.close(receipts)
    if second == "conflict":
        with pytest.raises(errors.UploadGone):
            upload.close(receipts)
        verdict = upload.check(None, receipts)
    else:
        verdict = upload.check(upload.close(receipts), receipts)
    assert proof(verdict) is Proof.EVERY_PART
    assert rig.read() == upload.data


@pytest.mark.parametrize("cut", [Cut.BEFORE, Say(500), Say(200), Say(200, b'{"Response": []}')])
def test_a_completion_that_did_not_happen_is_asked_for_again(rig: Rig, cut: Cut | Say) -> None:
    upload = rig.upload().open()
    receipts = upload.send_all()
    rig.script.fail("files.complete", cut)
    with pytest.raises(errors.Temporary):
        upload.close(receipts)
    assert proof(upload.check(upload.close(receipts), receipts)) is Proof.EVERY_PART


def test_a_session_that_ends_before_the_completion_is_no_reason_to_wait(rig: Rig) -> None:
    upload = rig.upload().open()
    receipts = upload.send_all()
    rig.world.session_of(rig.runs.id).status = "TimedOut"
    with pytest.raises(errors.UploadGone):
        upload.close(receipts)
    assert isinstance(upload.check(None, receipts), Differs)
    assert proof(upload.through()) is Proof.EVERY_PART


def test_a_file_that_is_still_put_together_is_waited_for_but_not_for_ever(rig: Rig) -> None:
    upload = rig.upload().open()
    receipts = upload.send_all()
    remote = upload.close(receipts)
    file = rig.world.files[upload.handle.id or ""]
    file.status = "pending"
    assert upload.check(remote, receipts) == NotYet(5.0)
    rig.clock.advance(599)
    assert upload.check(None, receipts) == NotYet(5.0)
    rig.clock.advance(1)
    assert isinstance(upload.check(None, receipts), Differs)
    file.status = "complete"
    assert proof(upload.check(None, receipts)) is Proof.EVERY_PART


@pytest.mark.parametrize(
    ("etags", "expected"),
    [
        ("parts", Proof.EVERY_PART),
        ("8MiB", Proof.EVERY_PART),
        ("opaque", Proof.EVERY_PART),
        ("none", Proof.EVERY_PART),
    ],
)
def test_whatever_etag_the_file_gets_every_part_was_proven(
    rig: Rig, etags: str, expected: Proof
) -> None:
    rig.with_manners(etags=etags)
    assert proof(rig.upload().through()) is expected


def test_an_upload_of_one_part_with_a_plain_etag_is_proven_as_a_whole(tmp_path: Path) -> None:
    with rig_in(tmp_path) as rig:
        rig.with_manners(one_part_etag="md5", largest_whole=1)
        upload = rig.upload("x", content(8 * KiB))
        with pytest.raises(errors.Temporary):
            upload.through()
        assert proof(upload.through()) is Proof.WHOLE_FILE


def test_a_small_file_without_an_etag_is_proven_by_its_size_only(rig: Rig) -> None:
    rig.with_manners(etags="none")
    assert proof(rig.upload("x", SMALL).through()) is Proof.SIZE_ONLY


@pytest.mark.parametrize(
    ("untold", "expected"),
    [({"Size": None}, Proof.WHOLE_FILE), ({"Size": None, "ETag": None}, Proof.NONE)],
)
def test_what_the_answer_to_a_small_file_does_not_tell_proves_nothing(
    rig: Rig, untold: dict[str, None], expected: Proof
) -> None:
    rig.script.fail("files.simple", Twist(untold))
    assert proof(rig.upload("x", SMALL).through()) is expected


def test_an_answer_that_was_let_go_meanwhile_is_known_by_its_receipt(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(basespace, "_MOST_ARRIVALS", 1)
    first, second = rig.upload("x", SMALL).open(), rig.upload("y", SMALL)
    receipts = first.send_all()
    second.handle = replace(first.handle, details={**first.handle.details, "ticket": "other"})
    second.send_all()
    remote = first.close(receipts)
    assert (remote.id, remote.md5) == (None, receipts[0].md5)
    assert proof(first.check(remote, receipts)) is Proof.WHOLE_FILE


def test_an_upload_that_vanished_after_its_completion_is_a_difference(rig: Rig) -> None:
    upload = rig.upload().open()
    receipts = upload.send_all()
    remote = upload.close(receipts)
    del rig.world.files[upload.handle.id or ""]
    assert isinstance(upload.check(remote, receipts), Differs)


def test_an_upload_that_vanished_before_its_completion_is_gone(rig: Rig) -> None:
    rig.world.manners = replace(rig.world.manners, unknown_file=404)
    upload = rig.upload(may_replace=True).open()
    receipts = upload.send_all()
    del rig.world.files[upload.handle.id or ""]
    with pytest.raises(errors.UploadGone):
        upload.close(receipts)


def test_an_upload_that_begins_as_something_else_is_begun_again(rig: Rig) -> None:
    rig.script.fail("files.initiate", Twist({"UploadStatus": "complete"}))
    with pytest.raises(errors.Temporary):
        rig.upload().open()
    assert proof(rig.upload().through()) is Proof.EVERY_PART


def test_a_whole_file_of_other_content_is_a_difference(rig: Rig) -> None:
    upload = rig.upload("x", SMALL).open()
    receipts = upload.send_all()
    remote = upload.close(receipts)
    verdict = rig.provider.check(upload.to, upload.handle, remote, sent_of(b"other", ()))
    assert isinstance(verdict, Differs)


@pytest.mark.parametrize("cut", [Cut.BEFORE, Cut.DURING])
def test_a_small_file_that_did_not_arrive_is_sent_again(rig: Rig, cut: Cut) -> None:
    upload = rig.upload("x", SMALL).open()
    rig.script.fail("files.simple", cut, cut)
    with pytest.raises(errors.Temporary):
        upload.send_all()
    rig.script.forget()
    upload.open(again=True)
    receipts = upload.send_all()
    assert proof(upload.check(upload.close(receipts), receipts)) is Proof.WHOLE_FILE
    assert len(rig.world.whole_files(rig.runs.id)) == 1


@pytest.mark.parametrize("duplicates", ["allow", "replace", "refuse"])
def test_a_small_file_whose_answer_was_lost_is_found_and_not_sent_twice(
    rig: Rig, duplicates: str
) -> None:
    rig.with_manners(duplicates=duplicates)
    rig.upload("first", SMALL).through()
    upload = rig.upload("x", SMALL).open()
    rig.script.fail("files.simple", Cut.AFTER)
    with pytest.raises(errors.Temporary):
        upload.send_all()
    upload.open(again=True)
    with pytest.raises(errors.NameTaken):
        upload.send_all()
    assert proof(upload.check(rig.provider.find(upload.to), ())) is Proof.WHOLE_FILE
    assert rig.script.count("files.simple") == 2


def test_a_small_file_stored_damaged_is_said_to_differ_and_never_passed_over(rig: Rig) -> None:
    rig.with_manners(checks_whole_md5=False)
    upload = rig.upload("x", SMALL).open()
    rig.script.fail("files.simple", Twist({"ETag": "0" * 32}))
    with pytest.raises(errors.Mismatch):
        upload.send_all()
    rig.script.fail("files.simple", Twist({"Size": 4}))
    with pytest.raises(errors.Mismatch):
        rig.upload("y", SMALL).open().send_all()


SMALL_WRONGS = {
    "500": (Say(500), errors.Temporary),
    "html": (Say(502, b"<html>", kind="text/html"), errors.Temporary),
    "empty": (Say(200), errors.Temporary),
    "pending": (Twist({"UploadStatus": "pending"}), errors.Temporary),
    "bad md5": (
        Say(400, b'{"ResponseStatus": {"ErrorCode": "X.BAD_MD5", "Message": ""}}'),
        errors.BadPart,
    ),
    "bad name": (
        Say(400, b'{"ResponseStatus": {"ErrorCode": "X.NAME", "Message": "bad name"}}'),
        errors.Refused,
    ),
    "no right": (
        Say(
            403,
            b'{"ResponseStatus": {"ErrorCode":'
            b' "BASESPACE.COMMON.INSUFFICIENT_RESOURCE_PERMISSIONS"}}',
        ),
        errors.NotAllowed,
    ),
    "taken": (Say(409, b'{"ResponseStatus": {"ErrorCode": "X.EXISTS"}}'), errors.NameTaken),
    "odd v1 error": (
        Say(400, b'{"ErrorCode": "X.DIGEST", "MessageFormatted": "digest differs"}'),
        errors.BadPart,
    ),
}


@pytest.mark.parametrize(("wrong", "kind"), SMALL_WRONGS.values(), ids=SMALL_WRONGS.keys())
def test_every_way_a_small_file_can_go_wrong_has_its_kind(
    rig: Rig, wrong: Say | Twist, kind: type[errors.TransferError]
) -> None:
    upload = rig.upload("x", SMALL).open()
    rig.script.fail("files.simple", wrong)
    with pytest.raises(kind) as refused:
        upload.send_all()
    assert type(refused.value) is kind


@pytest.mark.parametrize("duplicates", ["allow", "replace", "refuse"])
def test_what_appeared_meanwhile_is_neither_replaced_nor_doubled(rig: Rig, duplicates: str) -> None:
    rig.with_manners(duplicates=duplicates)
    large = rig.upload("large", content()).open()
    receipts = large.send_all()
    rig.world.add_file(rig.runs.id, "large", b"first")
    with pytest.raises(errors.NameTaken):
        large.close(receipts)
    assert rig.read("large") == b"first"


def test_a_conflict_at_the_beginning_that_is_none_is_tried_once_more(rig: Rig) -> None:
    upload = rig.upload()
    conflict = Say(409, b'{"ResponseStatus": {"ErrorCode": "X.BUSY"}}')
    rig.script.fail("files.initiate", conflict)
    assert proof(upload.through()) is Proof.EVERY_PART
    rig.script.fail("files.initiate", conflict, conflict)
    with pytest.raises(errors.Refused):
        rig.upload("other").open()


def test_a_beginning_in_a_taken_name_is_a_taken_name(rig: Rig) -> None:
    rig.with_manners(duplicates="refuse")
    rig.world.add_file(rig.runs.id, "a.bam", b"first")
    with pytest.raises(errors.NameTaken):
        rig.upload().open()


@pytest.mark.parametrize("way", ["list", "missing", "garbage", "foreign"])
def test_an_opening_without_answer_is_removed_only_where_it_surely_holds_nothing(
    rig: Rig, way: str
) -> None:
    rig.with_manners(parts_list=way)
    rig.script.fail("files.initiate", Cut.AFTER)
    upload = rig.upload()
    with pytest.raises(errors.Temporary):
        upload.open()
    upload.open(again=True)
    assert len(rig.world.pending()) == (1 if way in ("list", "foreign") else 2)
    receipts = upload.send_all()
    assert proof(upload.check(upload.close(receipts), receipts)) is Proof.EVERY_PART


def test_somebody_elses_upload_of_that_name_is_left_alone(rig: Rig) -> None:
    other = rig.upload().open()
    other.send(other.parts()[0])
    upload = rig.upload().open(again=True)
    assert len(rig.world.pending()) == 2
    upload.abort()
    assert [file.id for file in rig.world.pending()] == [other.handle.id]


def test_openings_that_are_not_listed_do_no_harm(rig: Rig) -> None:
    rig.with_manners(pending_listed=False)
    rig.script.fail("files.initiate", Cut.AFTER)
    upload = rig.upload()
    with pytest.raises(errors.Temporary):
        upload.open()
    assert proof(upload.through()) is Proof.EVERY_PART
    assert list(rig.world.whole_files(rig.runs.id)) == ["a.bam"]


def test_a_whole_file_is_never_aborted(rig: Rig) -> None:
    upload = rig.upload().open()
    upload.close(upload.send_all())
    upload.abort()
    assert rig.read() == upload.data
    assert rig.script.count("files.aborted") == 0
