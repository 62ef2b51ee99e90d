"""What only BaseSpace has: app results, their sessions, rights, and few calls."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.contract.basespace_places import PROJECT, SMALL_LIMITS
from tests.contract.basespace_rig import PLACE, Rig, content, proof, rig_in
from tests.fakes.basespace import BROWSE_TOKEN, TOKEN
from tests.fakes.basespace_faults import Cut, Say, Twist

from pipette.model import errors
from pipette.model.account import Account, Network, Secret
from pipette.model.files import GiB, KiB, Location
from pipette.model.parts import Part, Proof, count_parts
from pipette.model.transfer import IfExists
from pipette.providers import basespace_uploads
from pipette.providers.basespace import BaseSpace
from pipette.providers.basespace_parts import part_size_of
from pipette.providers.memory import MemoryInProcess

SMALL = b"reads"


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with rig_in(tmp_path) as made:
        yield made


def test_a_missing_app_result_is_made_once_for_many_workers(rig: Rig) -> None:
    uploads = [rig.upload(f"f{number}", SMALL) for number in range(6)]
    for upload in uploads:
        upload.to = Location("lab", PROJECT, f"run9/{upload.to.name}")
    threads = [threading.Thread(target=upload.open) for upload in uploads]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rig.world.named(PROJECT, "run9")) == 1
    assert rig.script.count("appresults.create") == 1


def test_an_app_result_whose_making_was_not_answered_is_found_again(rig: Rig) -> None:
    upload = rig.upload("x", SMALL)
    upload.to = Location("lab", PROJECT, "run9/x")
    rig.script.fail("appresults.create", Cut.AFTER)
    with pytest.raises(errors.Temporary):
        upload.open()
    assert proof(upload.through()) is Proof.WHOLE_FILE
    assert len(rig.world.named(PROJECT, "run9")) == 1


def test_a_new_app_result_that_does_not_run_takes_nothing(rig: Rig) -> None:
    rig.script.fail("appresults.create", Twist({"AppSession": {"Id": "7", "Status": "Aborted"}}))
    upload = rig.upload("x", SMALL)
    upload.to = Location("lab", PROJECT, "run9/x")
    with pytest.raises(errors.Refused):
        upload.open()


def test_a_missing_project_is_never_made(rig: Rig) -> None:
    upload = rig.upload("x", SMALL)
    upload.to = Location("lab", "Nobody's", "run9/x")
    with pytest.raises(errors.ContainerGone):
        upload.open()
    assert len(rig.world.projects) == 1


def test_a_file_outside_app_results_is_refused(rig: Rig) -> None:
    upload = rig.upload("x", SMALL)
    upload.to = Location("lab", PROJECT, "x.txt")
    with pytest.raises(errors.Refused) as refused:
        upload.open()
    assert "app result" in refused.value.detail


@pytest.mark.parametrize("status", [409, 403])
@pytest.mark.parametrize("size", [5, 30 * KiB])
def test_an_app_result_that_ended_gets_a_successor_of_its_name(
    rig: Rig, status: int, size: int
) -> None:
    rig.with_manners(ended_status=status)
    first = rig.upload("first.txt", SMALL)
    first.through()
    rig.world.session_of(rig.runs.id).status = "TimedOut"
    second = rig.upload("second.bam", content(size))
    if size < SMALL_LIMITS.whole:
        with pytest.raises(errors.Temporary):
            second.through()
    assert proof(second.through()) is not Proof.SIZE_ONLY
    assert len(rig.world.named(PROJECT, "runs")) == 2
    assert (rig.read("first.txt"), rig.read("second.bam")) == (SMALL, content(size))


def test_files_of_two_app_results_of_one_name_are_one_folder(rig: Rig) -> None:
    rig.world.add_file(rig.runs.id, "old.txt", b"old")
    rig.world.add_file(rig.runs.id, "both.txt", b"older")
    newer = rig.world.add_app_result(rig.runs.project, "runs")
    rig.world.add_file(newer.id, "both.txt", b"newer!")
    for recursive in (True, False):
        found = rig.provider.list(PLACE, recursive=recursive).items
        sizes = {item.location.name: item.size for item in found}
        assert sizes == {"old.txt": 3, "both.txt": 6}
    both = rig.provider.find(PLACE.child("both.txt"))
    assert both is not None
    assert both.size == 6


def test_each_of_two_app_results_of_one_name_can_be_named_by_its_id(rig: Rig) -> None:
    newer = rig.world.add_app_result(rig.runs.project, "runs")
    rig.world.add_file(newer.id, "x.txt", b"x")
    listed = rig.provider.list(Location("lab", PROJECT)).items
    assert {item.location.path for item in listed} == {
        f"runs ({rig.runs.id})",
        f"runs ({newer.id})",
    }
    only_new = Location("lab", PROJECT, f"runs ({newer.id})")
    assert [item.location for item in rig.provider.list(only_new).items] == [
        only_new.child("x.txt")
    ]
    assert rig.provider.find(only_new.child("x.txt")) is not None


def test_an_app_result_named_by_its_id_that_ended_takes_nothing_more(rig: Rig) -> None:
    newer = rig.world.add_app_result(rig.runs.project, "runs")
    rig.world.session_of(newer.id).status = "Complete"
    upload = rig.upload("x", SMALL)
    upload.to = Location("lab", PROJECT, f"runs ({newer.id})/x")
    with pytest.raises(errors.Refused):
        upload.open()


def test_two_projects_of_one_name_must_be_told_apart(rig: Rig) -> None:
    other = rig.world.add_project(PROJECT, owner="1002")
    with pytest.raises(errors.Refused) as refused:
        rig.provider.find(PLACE.parent)
    assert other.id in refused.value.detail
    named = Location("lab", f"{PROJECT} ({other.id})")
    assert rig.provider.find(named) is not None
    assert named.container in {
        item.location.container for item in rig.provider.list(Location("lab")).items
    }


def test_a_session_is_completed_once_every_file_is_listed(rig: Rig) -> None:
    for name in ("a.txt", "deep/b.txt"):
        rig.upload(name, SMALL).through()
    rig.provider.end_batch(PLACE, ["runs/a.txt", "runs/deep/b.txt", "runs/empty/"], 10)
    session = rig.world.session_of(rig.runs.id)
    assert (session.status, session.summary) == ("Complete", "2 files, 10 bytes")
    rig.provider.end_batch(PLACE, ["runs/a.txt"], 10)
    assert rig.script.count("sessions.post") == 1


def test_a_lost_answer_to_the_completion_is_no_failure(rig: Rig) -> None:
    rig.upload("a.txt", SMALL).through()
    rig.script.fail("sessions.post", Cut.AFTER)
    with pytest.raises(errors.Temporary):
        rig.provider.end_batch(PLACE, ["runs/a.txt"], 5)
    rig.provider.end_batch(PLACE, ["runs/a.txt"], 5)
    assert rig.script.count("sessions.post") == 1
    assert rig.world.session_of(rig.runs.id).status == "Complete"


def test_a_completion_that_does_not_complete_is_asked_for_again(rig: Rig) -> None:
    rig.upload("a.txt", SMALL).through()
    rig.script.fail("sessions.post", Twist({"Status": "Running"}))
    with pytest.raises(errors.Temporary):
        rig.provider.end_batch(PLACE, ["runs/a.txt"], 5)


@pytest.mark.parametrize(
    ("names", "size"), [(["runs/a.txt", "runs/b.txt"], 5), (["runs/a.txt"], 6)]
)
def test_a_session_with_files_missing_stays_open(rig: Rig, names: list[str], size: int) -> None:
    rig.upload("a.txt", SMALL).through()
    for _ in range(5):
        with pytest.raises(errors.Temporary):
            rig.provider.end_batch(PLACE, names, size)
    with pytest.raises(errors.RemoteMissing):
        rig.provider.end_batch(PLACE, names, size)
    assert rig.world.session_of(rig.runs.id).status == "Running"


def test_the_session_of_somebody_elses_app_result_is_left_alone(rig: Rig) -> None:
    theirs = rig.world.add_app_result(rig.runs.project, "theirs", "made by an app")
    rig.world.add_file(theirs.id, "a.txt", b"a")
    rig.provider.end_batch(PLACE, ["theirs/a.txt"], 1)
    assert rig.world.sessions[theirs.session].status == "Running"
    assert rig.script.count("sessions.post") == 0


def test_after_the_end_of_a_batch_the_next_one_gets_an_app_result_of_its_own(rig: Rig) -> None:
    rig.upload("a.txt", SMALL).through()
    rig.provider.end_batch(PLACE, ["runs/a.txt"], 5)
    rig.upload("b.txt", SMALL).through()
    assert len(rig.world.named(PROJECT, "runs")) == 2
    assert rig.provider.find(PLACE.child("a.txt")) is not None


def test_no_way_through_ever_aborts_a_session(rig: Rig) -> None:
    upload = rig.upload()
    upload.open()
    upload.abort()
    assert rig.world.session_of(rig.runs.id).status == "Running"
    assert rig.script.count("sessions.post") == 0


def test_what_the_service_cannot_do_is_not_offered(rig: Rig) -> None:
    assert rig.provider.features.rules == {IfExists.SKIP, IfExists.KEEP_BOTH}


def test_a_token_that_may_only_browse_uploads_and_fetches_nothing(rig: Rig) -> None:
    remote = rig.stored("x", SMALL)
    browsing = rig.another(BROWSE_TOKEN)
    assert browsing.find(PLACE.child("x")) is not None
    with pytest.raises(errors.NotAllowed):
        browsing.range_request(remote, Part(1, 0, 5))
    with pytest.raises(errors.NotAllowed):
        rig.upload("y", SMALL, provider=browsing).through()
    with pytest.raises(errors.NotAllowed):
        rig.upload("z", provider=browsing).through()
    lines = {line.name: line.passed for line in browsing.test()}
    assert (lines["projects"], lines["upload"]) == (True, False)


def test_the_right_to_upload_is_unknown_where_it_is_not_told(rig: Rig) -> None:
    rig.with_manners(token_on_scopes=False)
    lines = {line.name: line.passed for line in rig.provider.test()}
    assert (lines["key"], lines["upload"]) == (True, None)


def test_whose_token_it_is_comes_with_the_workgroup(rig: Rig) -> None:
    assert rig.provider.who().label == "Ada Lab · ada@lab.example"
    rig.world.workgroup = True
    assert rig.provider.who().label == "Ada Lab · ada@lab.example · Sequencing core"
    rig.script.fail("users.current.v2", Say(404, b'{"ResponseStatus": {"Message": "no route"}}'))
    assert (rig.provider.who().id, rig.provider.who().label.count("·")) == ("1001", 2)


def test_strict_fastq_names_are_asked_for_by_the_account(rig: Rig) -> None:
    account = Account("lab", "basespace", rig.server.url, extra=(("fastq_names", "strict"),))
    strict = BaseSpace(account, Secret(TOKEN), Network(), MemoryInProcess())
    with pytest.raises(errors.NameRefused):
        rig.upload("sample_1.fastq.gz", SMALL, provider=strict).open()
    good = "Lib-7_S1_L001_R1_001.fastq.gz"
    assert proof(rig.upload(good, SMALL, provider=strict).through()) is Proof.WHOLE_FILE
    assert proof(rig.upload("sample_1.fastq.gz", SMALL).through()) is Proof.WHOLE_FILE


def test_decomposed_names_are_sent_composed_and_found_by_either(rig: Rig) -> None:
    upload = rig.upload("cafe\u0301.txt", SMALL)
    assert proof(upload.through()) is Proof.WHOLE_FILE
    assert rig.read("caf\u00e9.txt") == SMALL
    found = rig.provider.find(PLACE.child("cafe\u0301.txt"))
    assert found is not None
    assert found.location == PLACE.child("cafe\u0301.txt")


def test_an_app_result_is_made_as_a_folder_and_deeper_ones_are_not(rig: Rig) -> None:
    rig.provider.make_folder(Location("lab", PROJECT, "new run"))
    rig.provider.make_folder(Location("lab", PROJECT, "new run"))
    rig.provider.make_folder(Location("lab", PROJECT, "new run/deeper"))
    assert len(rig.world.named(PROJECT, "new run")) == 1
    with pytest.raises(errors.NameRefused):
        rig.provider.make_folder(Location("lab", PROJECT, "bad\\name"))


def test_never_more_than_four_questions_at_once(rig: Rig) -> None:
    rig.stored("x", SMALL)
    rig.script.forget()
    workers = [
        threading.Thread(target=rig.provider.find, args=(PLACE.child("x"),)) for _ in range(24)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert rig.script.most_in_flight["files.list"] <= 4


def test_of_very_many_folders_only_some_are_remembered(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(basespace_uploads, "MOST_FOLDERS", 1)
    for name in ("a/x", "b/x", "a/y"):
        assert proof(rig.upload(name, SMALL).through()) is Proof.WHOLE_FILE
    assert rig.script.count("files.list") == 3


def test_the_line_of_reach_fails_where_something_else_answers(rig: Rig) -> None:
    rig.script.fail("users.current", Say(404, b"<html>", kind="text/html"))
    lines = {line.name: line for line in rig.provider.test()}
    assert (lines["reach"].passed, lines["reach"].kind) == (False, "RemoteMissing")
    assert lines["key"].passed is None


def test_a_default_project_that_is_not_there_fails_its_line(rig: Rig) -> None:
    provider = rig.another(container="nope")
    rig.script.fail("token.current", Twist({"Scopes": None}))
    lines = {line.name: line for line in provider.test()}
    assert (lines["projects"].passed, lines["projects"].kind) == (False, "ContainerGone")
    assert lines["upload"].passed is None


def test_clocks_are_compared_where_the_service_tells_the_time(rig: Rig) -> None:
    lines = {line.name: line for line in rig.provider.test()}
    assert (lines["clock"].passed, lines["clock"].kind) == (False, "ClockWrong")
    rig.clock.advance(time.time() - rig.clock.time())
    assert {line.name: line.passed for line in rig.provider.test()}["clock"] is True


def test_calls_for_each_file_are_few(rig: Rig) -> None:
    rig.upload("warm", SMALL).through()
    rig.script.forget()
    for number in range(20):
        rig.upload(f"small {number}", SMALL).through()
    assert len(rig.script.seen()) == 20
    rig.script.forget()
    rig.upload("large", content(100 * KiB)).through()
    assert len(rig.script.seen()) == 10 + 4


def test_a_gibibyte_takes_103_parts() -> None:
    assert count_parts(GiB, part_size_of(GiB)) == 103
