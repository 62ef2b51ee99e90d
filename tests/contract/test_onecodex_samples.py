"""Samples at One Codex as places: names, folders, doubles, projects, listings, downloads, calls."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.contract.onecodex_rig import Rig, reads, rig_in, with_manners
from tests.contract.test_names import listed
from tests.fakes.onecodex_records import Sample
from tests.fakes.onecodex_web import Drop, Say

from pipette.model import errors
from pipette.model.files import Kind, Location, RemoteFile, SourceFile
from pipette.model.parts import Part, Proof, Receipt
from pipette.providers.onecodex_api import CALLS_PER_SECOND
from pipette.providers.protocol import NotYet, Sent, Stored

OUTSIDE = Location("oc")


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with rig_in(tmp_path) as made:
        yield made


def project(name: str = "Lab", path: str = "") -> Location:
    return Location("oc", name, path)


def fetch(rig: Rig, remote: RemoteFile, part: Part) -> bytes:
    request = rig.oc.range_request(remote, part)
    return rig.mover.fetch(
        request, part, lambda reply: _ignore(rig.oc.range_receipt(remote, part, reply))
    )


def _ignore(remote: RemoteFile) -> None:
    """Only its refusals count here."""


def found(rig: Rig, at: Location) -> RemoteFile:
    remote = rig.oc.find(at)
    assert remote is not None
    return remote


# Names


@pytest.mark.parametrize(
    "name",
    [
        "a;b.fastq",
        "café.fq",
        "-dash.fastq",
        " lead.fq",
        "noextension",
        "a\u00a0b.fq",
        "~.fq",
    ],
)
def test_a_name_the_service_refuses_is_refused_here_with_a_proposal(rig: Rig, name: str) -> None:
    with pytest.raises(errors.NameRefused, match="would be"):
        rig.open(name.rstrip("/"), reads())
    assert rig.server.log == []


@pytest.mark.parametrize("name", ["a.txt", "a.fastq.zip", "a.bam", "README.md", "a.fastq.gz.md5"])
def test_what_is_no_sequence_by_its_name_is_refused(rig: Rig, name: str) -> None:
    with pytest.raises(errors.NameRefused, match="FASTA or FASTQ"):
        rig.open(name, reads())


@pytest.mark.parametrize("ending", ["fa", "fna", "fasta", "fq", "fastq.gz", "FQ.GZ", "fa.bz2"])
def test_sequences_are_taken_packed_and_plain(rig: Rig, ending: str) -> None:
    assert isinstance(rig.open(f"a.{ending}", reads()).through(), Stored)


def test_an_empty_file_is_refused(rig: Rig) -> None:
    with pytest.raises(errors.Refused, match="empty"):
        rig.open("a.fastq", b"")


# Folders and doubles


def test_a_folder_of_any_name_comes_back_as_it_was(rig: Rig) -> None:
    folder = "läufe 2026/a+b %/[x]"
    to = project("Lab", f"{folder}/s.fastq")
    handle = rig.oc.open(SourceFile("/x", 4, 0), to, "k", may_replace=False)
    assert handle.id
    rig.server.records.samples[handle.id].accepted_at = rig.clock.time()
    (item,) = listed(rig.oc, project(), recursive=True)
    assert item.location == to


def test_one_name_in_two_folders_are_two_files(rig: Rig) -> None:
    for folder in ("a", "b"):
        rig.server.put("s.fastq", folder.encode(), rig.server.project, folder)
    for folder in ("a", "b"):
        remote = found(rig, project("Lab", f"{folder}/s.fastq"))
        assert fetch(rig, remote, Part(1, 0, 1)) == folder.encode()
    assert rig.oc.find(project("Lab", "s.fastq")) is None


def test_doubles_are_listed_apart_and_the_oldest_keeps_the_name(rig: Rig) -> None:
    first = rig.server.put("s.fastq.gz", b"1", rig.server.project)
    rig.clock.advance(60)
    second = rig.server.put("s.fastq.gz", b"22", rig.server.project)
    names = {item.location.name: item.id for item in listed(rig.oc, project())}
    assert names == {"s.fastq.gz": first.id, f"s_{second.id}.fastq.gz": second.id}
    for name, sample_id in names.items():
        assert found(rig, project("Lab", name)).id == sample_id


def test_doubles_are_told_apart_over_the_pages_of_a_listing(rig: Rig) -> None:
    for number in range(99):
        rig.server.put(f"a{number:03}.fastq", b"x", rig.server.project)
    for _ in range(3):
        rig.server.put("b.fastq", b"x", rig.server.project)
    items = listed(rig.oc, project(), recursive=True)
    assert len({item.location for item in items}) == len(items) == 102


def test_folders_are_shown_once_over_the_pages_of_a_listing(rig: Rig) -> None:
    for number in range(150):
        rig.server.put(f"a{number:03}.fastq", b"x", rig.server.project, "run7/deep")
    (shown,) = listed(rig.oc, project())
    assert (shown.kind, shown.location.path) == (Kind.FOLDER, "run7")
    assert len(listed(rig.oc, project("Lab", "run7/deep"))) == 150


def test_a_folder_is_found_while_something_is_in_it(rig: Rig) -> None:
    rig.server.put("s.fastq", b"x", rig.server.project, "run7")
    marker = project("Lab", "run7/")
    assert found(rig, marker).kind is Kind.FOLDER
    rig.oc.delete(project("Lab", "run7/s.fastq"))
    assert rig.oc.find(marker) is None


def test_what_has_no_data_yet_is_no_file(rig: Rig) -> None:
    rig.open("s.fastq", reads())
    assert rig.oc.find(rig.at("s.fastq")) is None
    assert listed(rig.oc, project(), recursive=True) == []


# Outside of projects


def test_samples_without_a_project_stand_beside_the_projects(rig: Rig) -> None:
    rig.server.put("s.fastq", b"x")
    rig.server.put("t.fastq", b"x", rig.server.project)
    shown = {
        (item.kind, item.location.container, item.location.path) for item in listed(rig.oc, OUTSIDE)
    }
    assert shown == {(Kind.PROJECT, "Lab", ""), (Kind.FILE, "", "s.fastq")}


def test_a_sample_is_sent_outside_of_projects_and_found_by_its_written_place(rig: Rig) -> None:
    to = Location("oc", "", "run7/s.fastq")
    handle = rig.oc.open(SourceFile("/x", 4, 0), to, "k", may_replace=False)
    sample = rig.server.records.samples[handle.id or ""]
    sample.accepted_at, sample.size = rig.clock.time(), 4
    assert sample.project is None
    assert found(rig, Location.parse(str(to))).id == sample.id
    assert found(rig, to).id == sample.id
    (shown,) = listed(rig.oc, Location("oc", "run7"))
    assert str(shown.location) == str(to)


# Projects


@pytest.mark.parametrize("way", ["name", "handle", "id"])
def test_a_project_is_found_by_name_handle_and_id(rig: Rig, way: str) -> None:
    there = rig.server.project
    name = {"name": "Lab", "handle": "lab_main", "id": there.id}[way]
    assert found(rig, project(name)).id == there.id


def test_two_projects_of_one_name_are_told_apart_and_never_guessed(rig: Rig) -> None:
    other = rig.server.records.add_project(rig.server.user, "Lab", "lab_two")
    with pytest.raises(errors.Refused, match=other.id):
        rig.oc.find(project())
    names = {item.location.container for item in listed(rig.oc, OUTSIDE)}
    assert names == {"lab_main", "lab_two"}


def test_nothing_is_sent_to_a_project_that_takes_no_files(rig: Rig) -> None:
    rig.server.records.add_project(rig.server.user, "Seen only", read_only=True)
    to = project("Seen only", "s.fastq")
    with pytest.raises(errors.NotAllowed):
        rig.oc.open(SourceFile("/x", 4, 0), to, "k", may_replace=False)
    assert found(rig, project("Seen only")).details == {"read_only": "yes"}


def test_a_project_that_is_not_there_is_said_so(rig: Rig) -> None:
    to = project("None such", "s.fastq")
    with pytest.raises(errors.ContainerGone):
        rig.oc.open(SourceFile("/x", 4, 0), to, "k", may_replace=False)
    with pytest.raises(errors.ContainerGone):
        rig.oc.list(project("None such"))


def test_more_projects_than_a_page_are_all_listed(rig: Rig) -> None:
    for number in range(120):
        rig.server.records.add_project(rig.server.user, f"P{number:03}")
    assert len(listed(rig.oc, OUTSIDE)) == 121


# Downloads


def stored(rig: Rig, content: bytes = b"0123456789") -> RemoteFile:
    rig.server.put("s.fastq", content, rig.server.project)
    return found(rig, project("Lab", "s.fastq"))


def test_one_address_serves_all_ranges(rig: Rig) -> None:
    remote = stored(rig)
    pieces = [fetch(rig, remote, Part(n, n - 1, 1)) for n in range(1, 11)]
    assert b"".join(pieces) == b"0123456789"
    assert rig.server.routes().count("download_uri") == 1


def test_later_ranges_are_asked_for_under_the_mark_of_the_first(rig: Rig) -> None:
    remote = stored(rig)
    fetch(rig, remote, Part(1, 0, 5))
    rig.server.storage.links[next(iter(rig.server.storage.links))].content = b"XXXXXXXXXX"
    with pytest.raises(errors.RemoteChanged):
        fetch(rig, remote, Part(2, 5, 5))


def test_an_address_that_ran_out_is_made_anew_in_time(rig: Rig) -> None:
    remote = stored(rig)
    fetch(rig, remote, Part(1, 0, 5))
    rig.clock.advance(56 * 60)
    assert fetch(rig, remote, Part(2, 5, 5)) == b"56789"
    assert rig.server.routes().count("download_uri") == 2


def test_an_address_that_is_refused_is_made_anew_once(rig: Rig) -> None:
    with_manners(rig, link_seconds=10.0)
    remote = stored(rig)
    fetch(rig, remote, Part(1, 0, 5))
    rig.clock.advance(60)
    with pytest.raises(errors.Temporary):
        fetch(rig, remote, Part(2, 5, 5))
    assert fetch(rig, remote, Part(2, 5, 5)) == b"56789"


def test_a_fresh_address_that_is_refused_too_is_a_missing_right(rig: Rig) -> None:
    with_manners(rig, link_seconds=-1.0)
    remote = stored(rig)
    with pytest.raises(errors.Temporary):
        fetch(rig, remote, Part(1, 0, 5))
    with pytest.raises(errors.NotAllowed):
        fetch(rig, remote, Part(1, 0, 5))


def test_data_that_is_there_a_little_late_is_tried_again(rig: Rig) -> None:
    remote = stored(rig)
    rig.server.faults.add("fetch", Say(404, b"<Error><Code>NoSuchKey</Code></Error>"))
    with pytest.raises(errors.Temporary):
        fetch(rig, remote, Part(1, 0, 10))
    assert fetch(rig, remote, Part(1, 0, 10)) == b"0123456789"


def test_an_error_page_is_never_taken_for_content(rig: Rig) -> None:
    remote = stored(rig)
    rig.server.faults.add("fetch", Say(200, b"<html>oops</html>", kind="text/html"))
    with pytest.raises(errors.Temporary):
        fetch(rig, remote, Part(2, 5, 5))


def test_content_that_breaks_off_is_tried_again(rig: Rig) -> None:
    remote = stored(rig)
    rig.server.faults.add("fetch", Drop.DURING)
    with pytest.raises(errors.Temporary):
        fetch(rig, remote, Part(1, 0, 10))
    assert fetch(rig, remote, Part(1, 0, 10)) == b"0123456789"


def test_packed_content_is_kept_as_it_is_stored(rig: Rig) -> None:
    rig.server.storage.gzipped = True
    remote = stored(rig, b"\x1f\x8b packed")
    assert fetch(rig, remote, Part(1, 0, 9)) == b"\x1f\x8b packed"


def test_no_key_of_ours_goes_to_the_storage(rig: Rig) -> None:
    fetch(rig, stored(rig), Part(1, 0, 10))
    rig.open("t.fastq", reads()).through()
    names = {name for call in rig.server.storage_log for name in call.headers}
    assert not {"authorization", "x-api-key", "cookie"} & names


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, errors.SignInNeeded),
        (402, errors.PlanNeeded),
        (403, errors.NotAllowed),
        (404, errors.RemoteMissing),
        (405, errors.Unavailable),
        (500, errors.Temporary),
    ],
)
def test_a_download_that_is_not_allowed_says_why(
    rig: Rig, status: int, expected: type[errors.TransferError]
) -> None:
    remote = stored(rig)
    rig.server.faults.add("download_uri", Say(status))
    with pytest.raises(expected):
        rig.oc.range_request(remote, Part(1, 0, 1))


def test_a_download_is_proven_by_its_size_and_no_better(rig: Rig) -> None:
    remote = stored(rig)
    verdict = rig.oc.verify(remote, Sent(10, [Receipt(1, 10)], md5="0" * 32))
    assert verdict == Stored(remote, Proof.SIZE_ONLY)


def test_a_link_that_would_not_last_is_not_given(rig: Rig) -> None:
    stored(rig)
    at = project("Lab", "s.fastq")
    with pytest.raises(errors.Unavailable, match="1 hours"):
        rig.oc.link(at, 24)
    with urllib.request.urlopen(rig.oc.link(at, 1)) as answer:
        assert answer.read() == b"0123456789"


def test_what_is_not_there_has_no_link_and_is_not_deleted(rig: Rig) -> None:
    with pytest.raises(errors.RemoteMissing):
        rig.oc.link(project("Lab", "s.fastq"), 1)
    with pytest.raises(errors.RemoteMissing):
        rig.oc.delete(project("Lab", "s.fastq"))


# Calls


def test_the_account_makes_no_more_calls_a_second_than_it_may(rig: Rig) -> None:
    now = [0.0]
    rig.oc._calls._budget._clock = lambda: now[0]
    for _ in range(CALLS_PER_SECOND):
        rig.oc.who()
    with pytest.raises(errors.SlowDown) as held:
        rig.oc.who()
    assert held.value.wait_seconds == 1.0
    now[0] += 1.0
    assert rig.oc.who().label


def test_an_opening_is_begun_only_with_room_for_all_its_calls(rig: Rig) -> None:
    rig.oc._calls._budget._clock = lambda: 0.0
    rig.oc.find(rig.at("s.fastq"))
    for _ in range(CALLS_PER_SECOND - 4):
        rig.oc.who()
    before = len(rig.server.log)
    rig.oc.open(SourceFile("/x", 4, 0), rig.at("s.fastq"), "k", may_replace=False)
    with pytest.raises(errors.SlowDown):
        rig.oc.open(SourceFile("/x", 4, 0), rig.at("t.fastq"), "k2", may_replace=False)
    assert [call.route for call in rig.server.log[before:]] == ["init_upload", "sample"]


def test_the_limit_of_the_service_itself_is_understood(rig: Rig) -> None:
    with_manners(rig, calls_per_second=1)
    rig.oc.who()
    with pytest.raises(errors.SlowDown, match="Rate limited"):
        rig.oc.who()


def test_a_small_file_costs_four_calls(rig: Rig) -> None:
    rig.open("first.fastq", reads())
    before = len(rig.server.log)
    rig.open("s.fastq", reads()).through()
    asked = [call.route for call in rig.server.log[before:]]
    assert asked == ["init_upload", "sample", "confirm_upload", "sample"]


def test_many_that_wait_are_asked_about_together(rig: Rig) -> None:
    with_manners(rig, importing_seconds=1e9)
    waiting = []
    for number in range(30):
        upload = rig.open(f"s{number}.fastq", reads(seed=number), f"k{number}")
        receipts = upload.send_all()
        remote = upload.close(receipts)
        assert isinstance(upload.check(remote, receipts), NotYet)
        waiting.append((upload, remote, receipts))
    rig.clock.advance(20)
    before = len(rig.server.log)
    for upload, remote, receipts in waiting:
        assert isinstance(upload.check(remote, receipts), NotYet)
    assert [call.route for call in rig.server.log[before:]] == ["samples"]
    with_manners(rig, importing_seconds=0.0)
    rig.clock.advance(20)
    for upload, remote, receipts in waiting:
        assert isinstance(upload.check(remote, receipts), Stored)
    assert len(rig.server.log) - before == 2


def test_one_that_the_list_does_not_show_is_asked_about_alone(rig: Rig) -> None:
    with_manners(rig, importing_seconds=1e9)
    waiting = []
    for number in range(6):
        upload = rig.open(f"s{number}.fastq", reads(seed=number), f"k{number}")
        receipts = upload.send_all()
        waiting.append((upload, upload.close(receipts), receipts))
        upload.check(waiting[-1][1], receipts)
    rig.clock.advance(20)
    hidden: Sample = rig.server.records.samples[waiting[0][0].handle.id or ""]
    hidden.created = 0.0
    verdicts = [upload.check(remote, receipts) for upload, remote, receipts in waiting]
    assert all(isinstance(verdict, NotYet) for verdict in verdicts)


def test_a_service_that_points_to_plain_http_is_not_followed(rig: Rig) -> None:
    rig.oc._calls._web._base = "https://127.0.0.1"
    with pytest.raises(errors.Refused, match="without encryption"):
        rig.oc._fetching._expect_safe("http://elsewhere/x")
    with pytest.raises(errors.Refused, match="without encryption"):
        rig.oc._uploads._expect_safe("http://elsewhere/x")
