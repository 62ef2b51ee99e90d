"""Uploads to One Codex, by form and in parts: what is sent, what is lost, what is left behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.contract.onecodex_rig import Rig, reads, rig_in, with_manners
from tests.fakes.onecodex import KEY, OTHER_KEY, TOKEN
from tests.fakes.onecodex_web import Drop, Say

from pipette.model import errors
from pipette.model.files import GiB, SourceFile
from pipette.model.parts import Proof
from pipette.providers.onecodex_forms import LARGEST_FORM, LARGEST_S3_FORM, Form
from pipette.providers.onecodex_opening import Sizes
from pipette.providers.protocol import Differs, Mate, NotYet, Stored

HTML = b"<html><body>Service unavailable</body></html>"


@pytest.fixture(params=["form", "parts"])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    with rig_in(tmp_path, request.param) as made:
        yield made


@pytest.fixture
def by_form(tmp_path: Path) -> Iterator[Rig]:
    with rig_in(tmp_path, "form") as made:
        yield made


@pytest.fixture
def in_parts(tmp_path: Path) -> Iterator[Rig]:
    with rig_in(tmp_path, "parts") as made:
        yield made


def confirming(rig: Rig) -> str:
    return "confirm_upload" if rig.sizes.by_form else "callback"


def opening(rig: Rig) -> str:
    return "init_upload" if rig.sizes.by_form else "init_multipart_upload"


# What is sent


def test_the_opening_says_what_the_form_route_wants(by_form: Rig) -> None:
    by_form.open("s.fastq", reads())
    (body,) = by_form.server.bodies("init_upload")
    assert body == {
        "filename": "s.fastq",
        "size": 1000,
        "upload_type": "standard",
        "metadata": {"custom": {"pipette_upload": "k1", "pipette_folder": "runs"}},
        "project": {"$ref": f"/api/v1/projects/{by_form.server.project.id}"},
    }


def test_the_opening_of_parts_tells_neither_size_nor_type(in_parts: Rig) -> None:
    in_parts.open("s.fastq", reads())
    (body,) = in_parts.server.bodies("init_multipart_upload")
    assert not {"size", "upload_type"} & body.keys()


def test_every_signed_field_goes_first_and_the_file_last(by_form: Rig) -> None:
    by_form.open("s.fastq", reads()).through()
    (names,) = by_form.server.storage.fields_seen
    assert names[-1] == "file"
    assert {"key", "policy", "signature", "success_action_status"} <= set(names[:-1])


def test_parts_are_stored_encrypted_and_called_back_with_their_path(in_parts: Rig) -> None:
    in_parts.open("s.fastq", reads(200_000)).through()
    sample = in_parts.sample()
    (called,) = in_parts.server.bodies("callback")
    key = sample.files[0].key
    assert called == {"s3_path": f"s3://{sample.bucket}/{key}", "filename": "s.fastq"}
    (opened,) = in_parts.server.s3.log.entries("CreateMultipartUpload")
    assert "x-amz-server-side-encryption" in opened.headers


def test_tags_and_metadata_of_the_account_go_along(by_form: Rig) -> None:
    by_form.extra = (
        ("tags", "gut, trial 7"),
        ("metadata", '{"platform": "Illumina MiSeq", "custom": {"lab": "west"}}'),
    )
    by_form.again()
    by_form.open("s.fastq", reads()).through()
    sample = by_form.sample()
    assert sample.tags == ["gut", "trial 7"]
    assert sample.metadata["platform"] == "Illumina MiSeq"
    assert sample.metadata["custom"]["lab"] == "west"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tags", "t" * 31),
        ("metadata", "no json"),
        ("metadata", "[1]"),
        ("metadata", '{"library_type": "RNA"}'),
        ("metadata", '{"sample": "x"}'),
        ("metadata", '{"location_lat": 91}'),
        ("metadata", '{"custom": {"nested": {}}}'),
        ("metadata", '{"external_sample_id": "' + "x" * 61 + '"}'),
    ],
)
def test_labels_that_the_service_would_refuse_are_refused_here(
    by_form: Rig, name: str, value: str
) -> None:
    by_form.extra = ((name, value),)
    by_form.again()
    with pytest.raises(errors.Refused):
        by_form.open("s.fastq", reads())
    assert by_form.server.bodies("init_upload") == []


@pytest.mark.parametrize("key", [KEY, TOKEN, f" {KEY}\n"])
def test_keys_and_tokens_sign_in(by_form: Rig, key: str) -> None:
    assert by_form.again(key=key).who().label == "lab@example.org"


# What is proven


def test_the_best_proof_is_that_of_every_part(rig: Rig) -> None:
    verdict = rig.open("s.fastq", reads(200_000)).through()
    assert isinstance(verdict, Stored)
    assert verdict.proof is Proof.EVERY_PART
    assert verdict.remote.md5 is None


def test_without_an_md5_from_the_storage_only_the_size_is_proven(by_form: Rig) -> None:
    upload = by_form.open("s.fastq", reads())
    upload.send_all()
    unproven = [upload.heard(204, ETag='"kms-etag"')]
    verdict = upload.check(upload.close(unproven), unproven)
    assert isinstance(verdict, Stored)
    assert verdict.proof is Proof.SIZE_ONLY


def test_a_sample_of_another_size_is_a_difference(rig: Rig) -> None:
    upload = rig.open("s.fastq", reads())
    receipts = upload.send_all()
    remote = upload.close(receipts)
    rig.sample().size = 999
    assert isinstance(upload.check(remote, receipts), Differs)


def test_a_sample_that_is_deleted_meanwhile_is_a_difference(rig: Rig) -> None:
    upload = rig.open("s.fastq", reads())
    receipts = upload.send_all()
    remote = upload.close(receipts)
    rig.sample().removed = True
    assert isinstance(upload.check(remote, receipts), Differs)


def test_a_sample_that_fails_its_validation_is_refused_in_the_words_of_the_service(
    rig: Rig,
) -> None:
    upload = rig.open("s.fastq", reads())
    receipts = upload.send_all()
    remote = upload.close(receipts)
    rig.sample().error = "no FASTQ at all"
    with pytest.raises(errors.Refused, match="no FASTQ at all"):
        upload.check(remote, receipts)


def test_importing_and_validating_are_waited_for(rig: Rig) -> None:
    with_manners(rig, importing_seconds=100.0, validating_seconds=2000.0)
    upload = rig.open("s.fastq", reads())
    receipts = upload.send_all()
    remote = upload.close(receipts)
    waits = []
    for seconds in (0, 50, 100, 700, 800):
        rig.clock.advance(seconds)
        verdict = upload.check(remote, receipts)
        assert isinstance(verdict, NotYet)
        waits.append(verdict.after_seconds)
    assert waits == [15.0, 15.0, 15.0, 60.0, 60.0]
    rig.clock.advance(500)
    assert isinstance(upload.check(remote, receipts), Stored)


def test_after_a_day_of_waiting_the_watch_ends_without_failing(rig: Rig) -> None:
    with_manners(rig, importing_seconds=1e9)
    upload = rig.open("s.fastq", reads())
    receipts = upload.send_all()
    remote = upload.close(receipts)
    assert isinstance(upload.check(remote, receipts), NotYet)
    rig.clock.advance(25 * 3600)
    assert isinstance(upload.check(remote, receipts), Stored)


# What goes wrong at the opening


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, errors.Refused),
        (401, errors.SignInNeeded),
        (402, errors.PlanNeeded),
        (403, errors.NotAllowed),
        (429, errors.SlowDown),
        (500, errors.Temporary),
        (502, errors.Temporary),
        (503, errors.Temporary),
        (504, errors.Temporary),
    ],
)
def test_an_opening_that_is_refused_says_why(
    rig: Rig, status: int, expected: type[errors.TransferError]
) -> None:
    rig.server.faults.add(opening(rig), Say(status, b'{"msg": "said so"}'))
    with pytest.raises(expected) as refused:
        rig.open("s.fastq", reads())
    assert type(refused.value) in (expected, errors.SlowDown)
    assert "said so" in refused.value.detail
    assert rig.server.unfinished() == []


@pytest.mark.parametrize("body", [HTML, b"", b"[]", b'{"upload_url": "x"}'])
def test_an_opening_that_cannot_be_read_is_tried_again(rig: Rig, body: bytes) -> None:
    rig.server.faults.add(opening(rig), Say(200, body))
    with pytest.raises(errors.Temporary):
        rig.open("s.fastq", reads())


@pytest.mark.parametrize("drop", [Drop.BEFORE, Drop.AFTER])
def test_an_opening_without_answer_leaves_one_sample_after_the_next_try(
    rig: Rig, drop: Drop
) -> None:
    rig.server.faults.add(opening(rig), drop)
    with pytest.raises(errors.Temporary):
        rig.open("s.fastq", reads())
    assert len(rig.server.unfinished()) == (1 if drop is Drop.AFTER else 0)
    rig.open("s.fastq", reads(), again=True)
    assert len(rig.server.unfinished()) == 1


def test_an_opening_of_an_earlier_run_is_found_by_its_key_and_removed(rig: Rig) -> None:
    rig.open("s.fastq", reads(), "mine")
    rig.open("s.fastq", reads(), "another upload of this name")
    rig.again()
    rig.open("s.fastq", reads(), "mine", again=True)
    left = [one.metadata["custom"]["pipette_upload"] for one in rig.server.unfinished()]
    assert sorted(left) == ["another upload of this name", "mine"]


def test_an_opening_held_back_by_our_own_limit_asks_for_nothing_more(by_form: Rig) -> None:
    by_form.server.faults.add("init_upload", Say(429, b'{"msg": "Rate limited."}'))
    with pytest.raises(errors.SlowDown):
        by_form.open("s.fastq", reads())
    before = by_form.server.routes()
    by_form.open("s.fastq", reads(), again=True)
    assert by_form.server.routes()[len(before) :] == ["init_upload", "sample"]


def test_a_sample_whose_first_look_failed_is_given_up(rig: Rig) -> None:
    rig.server.faults.add("sample", Say(500))
    with pytest.raises(errors.Temporary):
        rig.open("s.fastq", reads())
    assert rig.server.unfinished() == []


def test_a_storage_that_opens_nothing_leaves_no_sample(in_parts: Rig) -> None:
    in_parts.server.s3.stop()
    with pytest.raises(errors.Temporary):
        in_parts.open("s.fastq", reads())
    in_parts.server.s3.start()
    assert in_parts.server.unfinished() == []


def test_a_project_is_named_by_its_bare_id_where_a_reference_is_refused(rig: Rig) -> None:
    with_manners(rig, takes_project_reference=False)
    assert isinstance(rig.open("s.fastq", reads()).through(), Stored)
    assert isinstance(rig.open("t.fastq", reads()).through(), Stored)
    told = [body["project"] for body in rig.server.bodies(opening(rig))]
    project = rig.server.project.id
    assert told == [{"$ref": f"/api/v1/projects/{project}"}, project, project]


# Sizes and ways


def test_a_service_without_forms_gets_parts_and_the_other_way_round(rig: Rig) -> None:
    with_manners(rig, offers_form=not rig.sizes.by_form, offers_parts=bool(rig.sizes.by_form))
    assert isinstance(rig.open("s.fastq", reads()).through(), Stored)


def test_a_service_that_offers_neither_refuses(rig: Rig) -> None:
    with_manners(rig, offers_form=False, offers_parts=False)
    with pytest.raises(errors.Refused):
        rig.open("s.fastq", reads())


@pytest.mark.parametrize(("size", "way"), [(GiB, "form"), (GiB + 1, "parts")])
def test_the_size_decides_the_way(by_form: Rig, size: int, way: str) -> None:
    by_form.sizes = Sizes()
    oc = by_form.again()
    oc.open(SourceFile("/made/up", size, 0), by_form.at("s.fastq"), "k", may_replace=False)
    asked = by_form.server.routes()
    assert ("init_upload" in asked) is (way == "form")


def test_a_form_to_s3_takes_five_gibibytes_and_no_more(by_form: Rig) -> None:
    with_manners(by_form, offers_parts=False)
    oc, to = by_form.oc, by_form.at("s.fastq")
    oc.open(SourceFile("/made/up", LARGEST_S3_FORM, 0), to, "k", may_replace=False)
    with pytest.raises(errors.TooLarge, match="in one piece"):
        oc.open(SourceFile("/made/up", LARGEST_S3_FORM + 1, 0), to, "k2", may_replace=False)
    assert len(by_form.server.unfinished()) == 1


def test_a_form_elsewhere_takes_twenty_gigabytes() -> None:
    assert Form("https://proxy/", (("key", "x"),), 0.0).largest == LARGEST_FORM
    assert Form("https://s3/", (("AWSAccessKeyId", "x"),), 0.0).largest == LARGEST_S3_FORM


# What goes wrong at the storage


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (400, b"EntityTooLarge", errors.TooLarge),
        (400, b"MalformedPOSTRequest", errors.Refused),
        (500, b"InternalError", errors.Temporary),
        (503, b"SlowDown", errors.SlowDown),
        (403, b"AccessDenied", errors.UploadGone),
        (403, b"SignatureDoesNotMatch", errors.UploadGone),
        (403, b"InvalidAccessKeyId", errors.UploadGone),
        (404, b"NoSuchUpload", errors.UploadGone),
        (403, b"RequestTimeTooSkewed", errors.ClockWrong),
    ],
)
def test_what_the_storage_says_is_understood(
    rig: Rig, status: int, code: bytes, expected: type[errors.TransferError]
) -> None:
    upload = rig.open("s.fastq", reads())
    with pytest.raises(expected):
        upload.heard(status, b"<Error><Code>%b</Code></Error>" % code)
    assert (rig.server.unfinished() == []) is (expected is errors.UploadGone)


@pytest.mark.parametrize("status", [200, 201, 204])
def test_a_form_is_taken_with_any_of_three_answers(by_form: Rig, status: int) -> None:
    upload = by_form.open("s.fastq", reads())
    assert upload.heard(status, ETag='"x"').length == 1000


def test_a_form_is_not_sent_when_its_policy_may_have_run_out(by_form: Rig) -> None:
    upload = by_form.open("s.fastq", reads())
    by_form.clock.advance(46 * 60)
    with pytest.raises(errors.UploadGone):
        upload.send_all()
    assert by_form.server.unfinished() == []
    assert by_form.server.storage_log == []


def test_a_policy_that_ran_out_earlier_ends_the_upload_cleanly(by_form: Rig) -> None:
    with_manners(by_form, policy_seconds=60.0)
    upload = by_form.open("s.fastq", reads())
    by_form.clock.advance(120)
    with pytest.raises(errors.UploadGone):
        upload.send_all()
    assert by_form.server.unfinished() == []


def test_keys_that_are_withdrawn_end_the_upload_cleanly(in_parts: Rig) -> None:
    upload = in_parts.open("s.fastq", reads(200_000))
    receipts = upload.send_all()
    access = in_parts.server.s3.log.entries("UploadPart")[0]
    assert access.status == 200
    for key in list(in_parts.server.s3._keys):
        in_parts.server.s3.faults.revoke(key)
    with pytest.raises(errors.UploadGone):
        upload.close(receipts)
    assert in_parts.server.unfinished() == []


def test_a_cancellation_that_fails_is_done_with_the_next_try(by_form: Rig) -> None:
    upload = by_form.open("s.fastq", reads())
    by_form.clock.advance(46 * 60)
    by_form.server.faults.add("cancel_upload", Say(503))
    with pytest.raises(errors.Temporary):
        upload.send_all()
    with pytest.raises(errors.UploadGone):
        upload.send_all()
    assert by_form.server.unfinished() == []


# What goes wrong at the confirmation


@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_a_confirmation_that_fails_is_settled_by_looking_before_it_is_sent_again(
    rig: Rig, status: int
) -> None:
    upload = rig.open("s.fastq", reads())
    receipts = upload.send_all()
    rig.server.faults.add(confirming(rig), Say(status))
    with pytest.raises(errors.Temporary):
        upload.close(receipts)
    before = len(rig.server.log)
    upload.close(receipts)
    assert [call.route for call in rig.server.log[before:]] == ["sample", confirming(rig)]
    assert rig.sample().confirmations == 1


@pytest.mark.parametrize("fault", [Drop.AFTER, Say(502, done=True), Say(400, done=True)])
def test_a_confirmation_whose_answer_is_lost_is_not_sent_again(rig: Rig, fault: Drop | Say) -> None:
    upload = rig.open("s.fastq", reads())
    receipts = upload.send_all()
    rig.server.faults.add(confirming(rig), fault)
    remote = None
    for _ in range(2):
        try:
            remote = upload.close(receipts)
        except (errors.Temporary, errors.UploadGone):
            continue
        break
    assert isinstance(upload.check(remote, receipts), Stored)
    assert rig.sample().confirmations == 1


def test_a_confirmation_with_an_empty_answer_counts(rig: Rig) -> None:
    upload = rig.open("s.fastq", reads())
    receipts = upload.send_all()
    rig.server.faults.add(confirming(rig), Say(200, b"", done=True))
    assert isinstance(upload.check(upload.close(receipts), receipts), Stored)


def test_a_confirmation_that_says_no_is_a_failure_in_the_words_of_the_service(by_form: Rig) -> None:
    upload = by_form.open("s.fastq", reads())
    receipts = upload.send_all()
    body = b'{"success": false, "message": "not today"}'
    by_form.server.faults.add("confirm_upload", Say(200, body))
    with pytest.raises(errors.Refused, match="not today"):
        upload.close(receipts)


def test_a_callback_wants_exactly_200(in_parts: Rig) -> None:
    upload = in_parts.open("s.fastq", reads())
    receipts = upload.send_all()
    in_parts.server.faults.add("callback", Say(202, b"{}"))
    with pytest.raises(errors.Refused):
        upload.close(receipts)


def test_a_confirmation_before_the_bytes_is_refused(by_form: Rig) -> None:
    upload = by_form.open("s.fastq", reads())
    receipts = [upload.heard(201, ETag='"x"')]
    with pytest.raises(errors.Refused):
        upload.close(receipts)
    assert len(by_form.server.unfinished()) == 1


def test_a_second_confirmation_that_conflicts_is_no_failure(by_form: Rig) -> None:
    with_manners(by_form, second_confirm=409)
    upload = by_form.open("s.fastq", reads())
    receipts = upload.send_all()
    upload.close(receipts)
    assert isinstance(upload.check(upload.close(receipts), receipts), Stored)


def test_a_sample_that_was_cancelled_elsewhere_is_gone(rig: Rig) -> None:
    upload = rig.open("s.fastq", reads())
    receipts = upload.send_all()
    (sample,) = rig.server.unfinished()
    sample.removed = True
    with pytest.raises(errors.UploadGone):
        upload.close(receipts)


def test_parts_put_together_without_an_answer_are_confirmed_all_the_same(in_parts: Rig) -> None:
    upload = in_parts.open("s.fastq", reads(200_000))
    receipts = upload.send_all()
    in_parts.server.faults.add("callback", Say(503))
    with pytest.raises(errors.Temporary):
        upload.close(receipts)
    assert isinstance(upload.check(upload.close(receipts), receipts), Stored)


def test_parts_that_were_lost_before_they_were_put_together_are_sent_anew(in_parts: Rig) -> None:
    upload = in_parts.open("s.fastq", reads(200_000))
    receipts = upload.send_all()
    in_parts.oc._uploads._ways[upload.handle.id or "", ""].abort(upload.handle)
    with pytest.raises(errors.UploadGone):
        upload.close(receipts)
    assert isinstance(upload.check(None, receipts), Differs)
    assert in_parts.server.unfinished() == []


@pytest.mark.parametrize("hides", [True, False])
def test_samples_may_be_hidden_before_they_have_their_data(rig: Rig, hides: bool) -> None:
    with_manners(rig, hides_before_data=hides)
    upload = rig.open("s.fastq", reads())
    receipts = upload.send_all()
    rig.server.faults.add(confirming(rig), Drop.AFTER)
    with pytest.raises(errors.Temporary):
        upload.close(receipts)
    with pytest.raises(errors.UploadGone):
        upload.close(receipts)
    assert isinstance(upload.check(None, receipts), Stored)
    assert rig.sample().confirmations == 1


# After a restart


def test_what_was_sent_by_form_is_only_confirmed_after_a_restart(by_form: Rig) -> None:
    upload = by_form.open("s.fastq", reads())
    receipts = upload.send_all()
    by_form.again()
    assert [one.number for one in by_form.oc.parts(upload.to, upload.handle, receipts)] == [1]
    assert isinstance(upload.check(upload.close(receipts), receipts), Stored)
    assert len(by_form.server.storage_log) == 1


def test_what_was_not_sent_before_a_restart_is_cancelled(rig: Rig) -> None:
    upload = rig.open("s.fastq", reads())
    rig.again()
    with pytest.raises(errors.UploadGone):
        rig.oc.parts(upload.to, upload.handle, [])
    assert rig.server.unfinished() == []


def test_what_was_confirmed_before_a_restart_is_found_so(rig: Rig) -> None:
    upload = rig.open("s.fastq", reads())
    receipts = upload.send_all()
    upload.close(receipts)
    rig.again()
    with pytest.raises(errors.UploadGone):
        rig.oc.parts(upload.to, upload.handle, receipts)
    assert isinstance(upload.check(None, receipts), Stored)
    assert "cancel_upload" not in rig.server.routes()


def test_parts_that_are_there_are_listed_as_long_as_the_keys_live(in_parts: Rig) -> None:
    upload = in_parts.open("s.fastq", reads(200_000))
    receipts = [upload.send(upload.parts()[0])]
    listed = in_parts.oc.parts(upload.to, upload.handle, receipts)
    assert [(one.number, one.etag) for one in listed] == [(1, receipts[0].etag)]


def test_without_the_right_to_list_parts_our_own_list_counts(tmp_path: Path) -> None:
    with rig_in(tmp_path, "parts", lists_parts=False) as rig:
        upload = rig.open("s.fastq", reads(200_000))
        receipts = [upload.send(upload.parts()[0])]
        with pytest.raises(errors.NotAllowed):
            rig.oc.parts(upload.to, upload.handle, receipts)
        assert len(rig.server.unfinished()) == 1


def test_without_the_right_to_abort_the_sample_is_cancelled_all_the_same(tmp_path: Path) -> None:
    with rig_in(tmp_path, "parts", aborts=False) as rig:
        upload = rig.open("s.fastq", reads(200_000))
        rig.oc.abort(upload.to, upload.handle)
        assert rig.server.unfinished() == []


# Cancelling


def test_a_cancelled_upload_leaves_neither_sample_nor_parts(rig: Rig) -> None:
    upload = rig.open("s.fastq", reads(200_000))
    upload.send(upload.parts()[0])
    rig.oc.abort(upload.to, upload.handle)
    assert rig.server.unfinished() == []
    assert rig.server.s3.open_uploads("onecodex-uploads") == []


def test_what_has_its_data_already_stays_when_it_is_cancelled(rig: Rig) -> None:
    upload = rig.open("s.fastq", reads())
    upload.through()
    rig.oc.abort(upload.to, upload.handle)
    assert rig.sample().filename == "s.fastq"


def test_a_cancellation_that_is_refused_for_another_reason_is_told(rig: Rig) -> None:
    upload = rig.open("s.fastq", reads())
    rig.server.faults.add("cancel_upload", Say(400, b'{"message": "no"}'))
    with pytest.raises(errors.Refused):
        rig.oc.abort(upload.to, upload.handle)


# Pairs


def test_a_pair_becomes_one_sample(rig: Rig) -> None:
    second, first = rig.open_pair(reads(150_000, 1), reads(70_000, 2))
    closed = []
    for upload in (second, first):
        receipts = upload.send_all()
        closed.append((upload, upload.close(receipts), receipts))
    for upload, remote, receipts in closed:
        verdict = upload.check(remote, receipts)
        assert isinstance(verdict, Stored)
        assert verdict.proof is Proof.EVERY_PART
    assert rig.server.content(rig.sample()) == [reads(150_000, 1), reads(70_000, 2)]
    assert rig.sample().filename == "s_R1.fastq"
    assert rig.sample().confirmations == 1


def test_both_names_of_a_pair_lead_to_its_sample(rig: Rig) -> None:
    second, first = rig.open_pair(reads(150_000, 1), reads(70_000, 2))
    for upload in (second, first):
        upload.close(upload.send_all())
    for name in ("s_R1.fastq", "s_R2.fastq"):
        remote = rig.oc.find(rig.at(name))
        assert remote is not None
        assert (remote.id, remote.joined, remote.size) == (rig.sample().id, True, 220_000)
    assert rig.oc.find(rig.at("t_R2.fastq")) is None


def test_half_a_pair_is_not_confirmed(rig: Rig) -> None:
    second, _ = rig.open_pair(reads(), reads())
    receipts = second.send_all()
    second.close(receipts)
    assert confirming(rig) not in rig.server.routes()
    assert len(rig.server.unfinished()) == 1


def test_cancelling_either_file_of_a_pair_leaves_nothing(rig: Rig) -> None:
    second, first = rig.open_pair(reads(), reads())
    second.send_all()
    rig.oc.abort(first.to, first.handle)
    rig.oc.abort(second.to, second.handle)
    assert rig.server.unfinished() == []


def test_a_pair_goes_in_parts_if_one_of_its_files_is_large(by_form: Rig) -> None:
    by_form.sizes = Sizes()
    by_form.again()
    small, large = by_form.at("s_R1.fastq"), by_form.at("s_R2.fastq")
    mate = Mate(small, 10, leads=False)
    by_form.oc.open_paired(SourceFile("/made/up", GiB + 1, 0), large, "k", mate)
    assert by_form.server.bodies("init_multipart_upload")[0]["paired_end_filename"] == "s_R2.fastq"


# The older way by form


@pytest.mark.parametrize(("proxy", "confirmed"), [("callback", 0), ("status", 1)])
def test_a_proxy_is_asked_until_it_has_passed_the_file_on(
    by_form: Rig, proxy: str, confirmed: int, caplog: pytest.LogCaptureFixture
) -> None:
    with_manners(by_form, proxy_form=proxy)
    upload = by_form.open("s.fastq", reads())
    assert "older way" in caplog.text
    receipts = upload.send_all()
    remote = upload.close(receipts)
    assert isinstance(upload.check(remote, receipts), NotYet)
    assert isinstance(upload.check(remote, receipts), Stored)
    assert by_form.server.routes().count("confirm_upload") == confirmed


def test_a_key_of_somebody_else_sees_nothing_of_ours(by_form: Rig) -> None:
    by_form.open("s.fastq", reads()).through()
    stranger = by_form.again(key=OTHER_KEY)
    assert stranger.find(by_form.at("s.fastq")) is None
