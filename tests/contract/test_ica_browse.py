"""Looking through ICA and fetching from it: pages, linked data, addresses in batches, rights."""

from __future__ import annotations

import random
import threading
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.contract.bench import sent_of
from tests.contract.ica_lab import BY_KEYS, Lab, ica_lab
from tests.contract.ica_raw import V3, V4
from tests.contract.test_names import listed
from tests.fakes.ica_rules import HOUR
from tests.fakes.ica_shelf import BUCKET, Project
from tests.fakes.ica_wire import LOST_REPLY, Break, Drip, Say

from pipette.model import errors
from pipette.model.files import Kind, Location, MiB, RemoteFile
from pipette.model.parts import Part, Proof, Receipt
from pipette.practice.faults import CutOff, Fault, Respond
from pipette.providers.ica import Ica
from pipette.providers.ica_pace import Pace
from pipette.providers.protocol import ShowsPages, Stored

DATA = b"content of a small file"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with ica_lab(tmp_path) as found:
        yield found


def found_at(lab: Lab, path: str) -> RemoteFile:
    found = lab.ica.find(lab.at(path))
    assert found is not None
    return found


def names(items: list[RemoteFile]) -> set[str]:
    return {item.location.path for item in items}


# Pages


@pytest.mark.parametrize("last", ["null", "empty", "missing"])
def test_a_large_folder_is_listed_whole_and_once(lab: Lab, last: str) -> None:
    lab.fake.rules.last_page = last
    lab.fake.rules.largest_page = 100
    for number in range(430):
        lab.fake.shelf.make(lab.project.id, f"/runs/{number}.txt", is_folder=False)
    found = listed(lab.ica, lab.at("runs"))
    assert len(found) == len(names(found)) == 430
    assert {item.status for item in found} == {"partial"}


def test_the_largest_page_is_found_out_once(lab: Lab) -> None:
    lab.fake.rules.largest_page = 250
    listed(lab.ica, lab.at("runs"))
    asked = lab.fake.calls("/projects$") + lab.fake.calls("/data$")
    assert asked == 3 + 2
    listed(lab.ica, lab.at("runs"))
    assert lab.fake.calls("/projects$") + lab.fake.calls("/data$") == asked + 1


def test_a_refusal_that_is_not_about_the_page_is_told(lab: Lab) -> None:
    lab.fake.faults.add(Say(400, "ICA_API_005"), "/data$", times=None)
    with pytest.raises(errors.Refused):
        lab.ica.list(lab.at("runs"))
    assert lab.fake.calls("/data$") == 6
    lab.fake.faults.clear()
    lab.ica.list(lab.at("runs"))
    assert lab.fake.door.seen[-1].one("pageSize") == "1000"


def test_everything_below_a_folder_is_listed_with_its_empty_folders(lab: Lab) -> None:
    lab.fake.rules.largest_page = 50
    paths = {f"Run/d{number % 7}/{number}.txt" for number in range(120)}
    for path in paths:
        lab.fake.shelf.make(lab.project.id, f"/{path}", is_folder=False)
    lab.fake.make_folder(lab.project, "/Run/empty/er")
    lab.fake.shelf.make(lab.project.id, "/run/other.txt", is_folder=False)
    lab.fake.shelf.make(lab.project.id, "/Runner/other.txt", is_folder=False)
    found = listed(lab.ica, lab.at("Run"), recursive=True)
    assert names(found) == {*paths, "Run/empty/er/"}
    assert len(found) == 121


def test_a_listing_that_is_asked_for_again_repeats_nothing(lab: Lab) -> None:
    lab.fake.rules.largest_page = 50
    for number in range(120):
        lab.fake.shelf.make(lab.project.id, f"/runs/d{number}/x", is_folder=False)
    page = lab.ica.list(lab.at("runs"), recursive=True)
    assert page.cursor
    lab.fake.faults.add(LOST_REPLY, "/data$")
    with pytest.raises(errors.Temporary):
        lab.ica.list(lab.at("runs"), page.cursor, recursive=True)
    seen = list(page.items)
    while page.cursor:
        page = lab.ica.list(lab.at("runs"), page.cursor, recursive=True)
        seen += page.items
    assert len(seen) == len(names(seen)) == 120


def test_a_whole_project_is_listed_too(lab: Lab) -> None:
    lab.fake.put(lab.project, "/a.txt", b"x")
    found = listed(lab.ica, lab.at(""), recursive=True)
    assert names(found) == {"a.txt", "runs/"}
    assert names(listed(lab.ica, lab.at(""))) == {"a.txt", "runs"}


def test_many_files_of_one_folder_are_found_with_few_questions(lab: Lab) -> None:
    for number in range(60):
        lab.fake.put(lab.project, f"/runs/{number}.txt", b"%d" % number)
    before = lab.fake.calls("/data$")
    assert all(found_at(lab, f"runs/{number}.txt").size for number in range(60))
    assert lab.fake.calls("/data$") - before == 4
    assert lab.ica.find(lab.at("runs/other.txt")) is None


def test_what_was_found_is_not_believed_for_long(lab: Lab) -> None:
    for number in range(9):
        lab.fake.put(lab.project, f"/runs/{number}.txt", b"%d" % number)
        found_at(lab, f"runs/{number}.txt")
    lab.fake.shelf.remove(lab.fake.put(lab.project, "/runs/8.txt", b"8"))
    lab.scene.clock.advance(11)
    assert lab.ica.find(lab.at("runs/8.txt")) is None


def test_in_a_very_large_folder_each_file_is_asked_for(lab: Lab) -> None:
    lab.fake.rules.largest_page = 50
    for number in range(300):
        lab.fake.shelf.make(lab.project.id, f"/runs/{number}.txt", is_folder=False)
    lab.fake.put(lab.project, "/runs/whole.txt", b"x")
    for _ in range(6):
        found_at(lab, "runs/whole.txt")


@pytest.mark.parametrize("status", ["PARTIAL", "DELETING"])
def test_what_is_not_whole_is_shown_but_not_found(lab: Lab, status: str) -> None:
    lab.fake.put(lab.project, "/runs/a.txt", b"x").status = status
    assert lab.ica.find(lab.at("runs/a.txt")) is None
    (item,) = listed(lab.ica, lab.at("runs"))
    assert item.status == status.lower()


def test_what_a_later_version_says_is_no_error(lab: Lab) -> None:
    lab.fake.rules.later_version = True
    lab.fake.put(lab.project, "/runs/a.txt", b"x").status = "REHYDRATING"
    (item,) = listed(lab.ica, lab.at("runs"))
    assert item.status == "rehydrating"


# Projects


def test_projects_of_one_name_go_by_their_ids(lab: Lab) -> None:
    (user,) = lab.fake.shelf.users.values()
    twin = lab.fake.shelf.add_project("Oncology 2026", user)
    slash = lab.fake.shelf.add_project("a/b", user)
    alone = lab.fake.shelf.add_project("Alone", user)
    containers = {one.location.container for one in listed(lab.ica, Location("core"))}
    assert containers == {lab.project.id, twin.id, slash.id, alone.name}
    with pytest.raises(errors.Refused):
        lab.ica.list(lab.at("runs"))
    by_id = Location("core", twin.id)
    assert lab.ica.list(by_id).items == []
    assert lab.ica.find(by_id) is not None


def test_a_project_made_just_now_is_found(lab: Lab) -> None:
    assert lab.ica.find(Location("core", "New")) is None
    (user,) = lab.fake.shelf.users.values()
    lab.scene.clock.advance(1)
    lab.fake.shelf.add_project("New", user)
    assert lab.ica.find(Location("core", "New")) is not None


def test_projects_are_asked_for_once_for_many_files(lab: Lab) -> None:
    for number in range(5):
        lab.ica.find(lab.at(f"runs/{number}"))
    assert lab.fake.calls("/projects$") == 1


@pytest.mark.parametrize("status", [403, 404])
def test_a_hidden_project_is_gone(lab: Lab, status: int) -> None:
    lab.fake.rules.hidden_status = status
    lab.fake.shelf.add_project("Secret")
    with pytest.raises(errors.ContainerGone):
        lab.ica.list(Location("core", "Secret"))


# Linked data


@pytest.fixture
def linked(lab: Lab) -> Project:
    """Another project whose folder ``shared`` is linked here."""
    (user,) = lab.fake.shelf.users.values()
    other = lab.fake.shelf.add_project("Other", user)
    lab.fake.put(other, "/at home/shared/deep/a.txt", DATA)
    lab.fake.put(other, "/at home/shared/b.txt", DATA)
    lab.fake.make_folder(other, "/at home/shared/empty")
    shared = lab.fake.shelf.find(other.id, "/at home/shared", is_folder=True)
    assert shared is not None
    for one in [shared, *lab.fake.shelf.own_below(shared)]:
        lab.project.linked[one.id] = one.path.removeprefix("/at home")
    return other


def test_linked_folders_are_looked_into(lab: Lab, linked: Project) -> None:
    top = listed(lab.ica, lab.at(""))
    assert names(top) == {"runs", "shared"}
    assert names(listed(lab.ica, lab.at("shared"))) == {
        "shared/deep",
        "shared/b.txt",
        "shared/empty",
    }
    assert names(listed(lab.ica, lab.at("shared/deep"))) == {"shared/deep/a.txt"}


@pytest.mark.parametrize("folder", ["", "shared"])
def test_linked_folders_are_listed_whole(lab: Lab, linked: Project, folder: str) -> None:
    lab.fake.rules.largest_page = 50
    found = names(listed(lab.ica, lab.at(folder), recursive=True))
    assert found - {"runs/"} == {"shared/deep/a.txt", "shared/b.txt", "shared/empty/"}


def test_an_old_server_lists_linked_folders_in_its_own_way(lab: Lab, linked: Project) -> None:
    lab.fake.rules.old = True
    assert names(listed(lab.ica, lab.at("shared/deep"))) == {"shared/deep/a.txt"}
    accepted = [r.headers["accept"] for r in lab.fake.door.seen if r.path.endswith("/children")]
    assert V3 in accepted
    assert V4 in accepted


def test_linked_files_are_found_and_fetched(lab: Lab, linked: Project) -> None:
    remote = found_at(lab, "shared/deep/a.txt")
    data, verdict = fetched(lab, remote)
    assert data == DATA
    assert isinstance(verdict, Stored)
    assert lab.ica.find(lab.at("shared/deep/other.txt")) is None


def test_linked_data_is_neither_changed_nor_deleted(lab: Lab, linked: Project) -> None:
    lab.open_account(**BY_KEYS)
    for attempt in (
        lambda: lab.ica.delete(lab.at("shared/b.txt")),
        lambda: lab.upload("shared/new.bam", bytes(16_000_001)).open(),
        lambda: lab.upload("shared/b.txt", DATA, may_replace=True).open(),
    ):
        with pytest.raises(errors.NotAllowed):
            attempt()


def test_a_listing_of_linked_folders_that_was_forgotten_says_so(
    lab: Lab, linked: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipette.providers.ica_crawl.MOST_CRAWLS", 1)
    page = lab.ica.list(lab.at("shared"), recursive=True)
    assert page.cursor
    lab.ica.list(lab.at("shared"), recursive=True)
    with pytest.raises(errors.Temporary):
        lab.ica.list(lab.at("shared"), page.cursor, recursive=True)


# Folders


def test_a_folder_is_made_once_by_whoever_comes(lab: Lab) -> None:
    lab.ica.make_folder(lab.at("new/deep"))
    lab.ica.make_folder(lab.at("new/deep"))
    lab.open_account()
    lab.fake.faults.add(LOST_REPLY, ":createFolder$")
    with pytest.raises(errors.Temporary):
        lab.ica.make_folder(lab.at("new/other"))
    lab.ica.make_folder(lab.at("new/other"))
    assert names(listed(lab.ica, lab.at("new"))) == {"new/deep", "new/other"}


@pytest.mark.parametrize("done", [True, False])
def test_a_conflict_over_a_folder_is_looked_into(lab: Lab, done: bool) -> None:
    lab.fake.faults.add(Say(409, "ICA_DATA_105", done=done), ":createFolder$")
    if done:
        lab.ica.make_folder(lab.at("new"))
    else:
        with pytest.raises(errors.Temporary):
            lab.ica.make_folder(lab.at("new"))


def test_only_an_empty_folder_is_deleted(lab: Lab) -> None:
    lab.fake.put(lab.project, "/full/a.txt", b"x")
    with pytest.raises(errors.Refused):
        lab.ica.delete(lab.at("full/"))
    lab.ica.delete(lab.at("full/a.txt"))
    lab.ica.delete(lab.at("full/"))
    assert lab.ica.find(lab.at("full/")) is None
    with pytest.raises(errors.RemoteMissing):
        lab.ica.delete(lab.at("full/"))
    with pytest.raises(errors.RemoteMissing):
        lab.ica.delete(lab.at("full/a.txt"))


def test_deleting_is_for_administrators(lab: Lab) -> None:
    lab.fake.put(lab.project, "/runs/a.txt", b"x")
    lab.scene.right.role = "CONTRIBUTOR"
    with pytest.raises(errors.NotAllowed):
        lab.ica.delete(lab.at("runs/a.txt"))


# Links


def test_a_place_has_a_page_of_its_own(lab: Lab) -> None:
    assert isinstance(lab.ica, ShowsPages)
    lab.fake.put(lab.project, "/runs/a.txt", b"x")
    runs = lab.fake.shelf.find(lab.project.id, "/runs", is_folder=True)
    assert runs is not None
    base = f"{lab.fake.door.url}/ica/link/project/{lab.project.id}"
    assert lab.ica.page_of(lab.at("runs/a.txt")) == f"{base}/data/{runs.id}"
    assert lab.ica.page_of(lab.at("runs/")) == f"{base}/data/{runs.id}"
    assert lab.ica.page_of(lab.at("a.txt")) == base


def test_a_link_is_given_only_for_as_long_as_it_lasts(lab: Lab) -> None:
    lab.fake.put(lab.project, "/runs/a.txt", b"x")
    assert "X-Amz-Signature" in lab.ica.link(lab.at("runs/a.txt"), 1)
    for hours in (2, 0):
        with pytest.raises(errors.Unavailable):
            lab.ica.link(lab.at("runs/a.txt"), hours)


# Fetching


def fetched(lab: Lab, remote: RemoteFile, size: int = 1 * MiB) -> tuple[bytes, object]:
    return lab.bench_of(lab.ica).download(remote, size)


def test_many_addresses_are_minted_together_just_in_time(lab: Lab) -> None:
    remotes = []
    for number in range(120):
        lab.fake.put(lab.project, f"/runs/{number}.txt", b"%d" % number)
    remotes = listed(lab.ica, lab.at("runs"))
    lab.ica.prepare(remotes)
    assert lab.fake.calls(":createDownloadUrls$") == 3
    for remote in remotes:
        data, _ = fetched(lab, remote)
        assert data == remote.location.name.partition(".")[0].encode()
    assert lab.fake.calls(":createDownloadUrl$") == 0
    lab.ica.prepare(remotes)
    assert lab.fake.calls(":createDownloadUrls$") == 3


def test_what_could_not_be_prepared_is_prepared_with_the_first_that_is_fetched(lab: Lab) -> None:
    for number in range(30):
        lab.fake.put(lab.project, f"/runs/{number}.txt", b"x")
    remotes = listed(lab.ica, lab.at("runs"))
    lab.fake.faults.add(Say(429, "ICA_API_429"), ":createDownloadUrls$")
    with pytest.raises(errors.SlowDown):
        lab.ica.prepare(remotes)
    for remote in remotes:
        fetched(lab, remote)
    assert lab.fake.calls(":createDownloadUrls$") == 2
    assert lab.fake.calls(":createDownloadUrl$") == 0


def test_what_is_missing_among_many_is_asked_for_alone(lab: Lab) -> None:
    lab.fake.put(lab.project, "/runs/a.txt", b"x")
    archived = lab.fake.put(lab.project, "/runs/b.txt", b"x")
    archived.status = "ARCHIVED"
    remotes = listed(lab.ica, lab.at("runs"))
    lab.ica.prepare(remotes)
    (frozen,) = [one for one in remotes if one.id == archived.id]
    with pytest.raises(errors.Archived):
        lab.ica.range_request(frozen, Part(1, 0, 1))


def test_an_address_that_grew_old_is_minted_anew(lab: Lab) -> None:
    lab.fake.put(lab.project, "/runs/a.txt", DATA)
    remote = found_at(lab, "runs/a.txt")
    fetched(lab, remote)
    lab.scene.clock.advance(2 * HOUR)
    assert fetched(lab, remote)[0] == DATA
    assert lab.fake.calls(":createDownloadUrl$") == 2


def test_an_address_that_ended_before_its_time_is_minted_anew(lab: Lab) -> None:
    lab.fake.put(lab.project, "/runs/a.txt", DATA)
    remote = found_at(lab, "runs/a.txt")
    lab.ica.prepare([remote])
    lab.scene.clock.advance(120)
    lab.fake.storage.faults.add(Fault(Respond(403, "AccessDenied"), "GetObject"))
    with pytest.raises(errors.Temporary):
        fetched(lab, remote)
    assert fetched(lab, remote)[0] == DATA


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        ("AccessDenied", "Request has expired", errors.Temporary),
        ("AccessDenied", "Access Denied", errors.NotAllowed),
        ("SignatureDoesNotMatch", "no", errors.Temporary),
        ("InvalidObjectState", "archived", errors.Archived),
        ("RequestTimeTooSkewed", "clock", errors.ClockWrong),
        ("SlowDown", "later", errors.SlowDown),
        ("InternalError", "oops", errors.Temporary),
    ],
)
def test_a_refusal_of_a_new_address_is_read(
    lab: Lab, code: str, message: str, kind: type[errors.TransferError]
) -> None:
    lab.fake.put(lab.project, "/runs/a.txt", DATA)
    remote = found_at(lab, "runs/a.txt")
    status = {"SlowDown": 503, "InternalError": 500}.get(code, 403)
    fault = Fault(Respond(status, code, message=message), "GetObject")
    lab.fake.storage.faults.add(fault)
    with pytest.raises(kind):
        fetched(lab, remote)


def test_a_body_that_ends_early_is_no_file(lab: Lab) -> None:
    lab.fake.put(lab.project, "/runs/a.txt", DATA)
    remote = found_at(lab, "runs/a.txt")
    lab.fake.storage.faults.add(Fault(CutOff(5), "GetObject"))
    with pytest.raises(errors.Temporary):
        fetched(lab, remote)
    assert fetched(lab, remote)[0] == DATA


@pytest.mark.parametrize(
    ("status", "kind"),
    [("PARTIAL", errors.Refused), ("ARCHIVED", errors.Archived), ("gone", errors.RemoteMissing)],
)
def test_only_what_is_available_is_fetched(
    lab: Lab, status: str, kind: type[errors.TransferError]
) -> None:
    record = lab.fake.put(lab.project, "/runs/a.txt", DATA)
    remote = found_at(lab, "runs/a.txt")
    record.status = status
    if status == "gone":
        lab.fake.shelf.remove(record)
    with pytest.raises(kind):
        lab.ica.range_request(remote, Part(1, 0, 1))


def test_without_the_right_to_download_it_is_said_so(lab: Lab) -> None:
    lab.fake.put(lab.project, "/runs/a.txt", DATA)
    remote = found_at(lab, "runs/a.txt")
    lab.scene.right.download = False
    with pytest.raises(errors.NotAllowed):
        lab.ica.range_request(remote, Part(1, 0, 1))


def test_an_etag_that_is_no_digest_calls_no_download_damaged(lab: Lab) -> None:
    lab.fake.rules.encryption = "AWS:KMS"
    lab.open_account(**BY_KEYS)
    lab.stored("runs/a.txt", DATA)
    remote = found_at(lab, "runs/a.txt")
    data, verdict = fetched(lab, remote)
    assert data == DATA
    assert isinstance(verdict, Stored)
    assert verdict.proof is Proof.SIZE_ONLY


def test_parts_of_another_size_prove_a_download_as_well(lab: Lab) -> None:
    keys = lab.scene.keys_of(lab.scene.folder("/runs"))
    client = lab.scene.storage(keys)
    key = f"{keys['objectPrefix']}foreign.bam"
    data = random.Random(8).randbytes(12 * MiB)
    opened = client.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"]
    parts = []
    for number, start in enumerate(range(0, len(data), 5 * MiB), 1):
        piece = data[start : start + 5 * MiB]
        told = client.upload_part(
            Bucket=BUCKET, Key=key, UploadId=opened, PartNumber=number, Body=piece
        )
        parts.append({"PartNumber": number, "ETag": told["ETag"]})
    client.complete_multipart_upload(
        Bucket=BUCKET, Key=key, UploadId=opened, MultipartUpload={"Parts": parts}
    )
    remote = found_at(lab, "runs/foreign.bam")
    assert remote.part_size == 5 * MiB
    fetched_data, verdict = fetched(lab, remote, 5 * MiB)
    assert fetched_data == data
    assert isinstance(verdict, Stored)
    assert verdict.proof is Proof.EVERY_PART


# Signing in, and what may go wrong with any call


def test_many_threads_sign_in_once_and_again_once(lab: Lab) -> None:
    workers = 8
    together = threading.Barrier(workers)

    def work() -> None:
        together.wait()
        lab.ica.find(lab.at("runs/a"))

    for expected in (1, 2):
        threads = [threading.Thread(target=work) for _ in range(workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert lab.fake.calls("/tokens$") == expected
        lab.scene.clock.advance(HOUR)


def test_a_token_withdrawn_before_its_time_is_replaced_quietly(lab: Lab) -> None:
    lab.ica.find(lab.at("runs/a"))
    lab.fake.keeper.tokens.clear()
    lab.ica.find(lab.at("runs/b"))
    assert lab.fake.calls("/tokens$") == 2


def test_a_token_that_cannot_be_read_serves_as_well(lab: Lab) -> None:
    lab.fake.rules.opaque_tokens = True
    lab.ica.find(lab.at("runs/a"))
    lab.scene.clock.advance(2 * HOUR)
    lab.ica.find(lab.at("runs/b"))
    assert lab.ica.who().id == ""


def test_a_key_that_was_withdrawn_asks_for_another(lab: Lab) -> None:
    lab.ica.find(lab.at("runs/a"))
    lab.fake.keeper.tokens.clear()
    lab.fake.shelf.users.clear()
    with pytest.raises(errors.SignInNeeded):
        lab.ica.find(lab.at("runs/b"))


def test_a_refusal_right_after_too_many_tokens_is_not_about_the_key(lab: Lab) -> None:
    lab.fake.faults.add(Say(429, "ICA_API_429"), "/tokens$")
    with pytest.raises(errors.SlowDown):
        lab.ica.find(lab.at("runs/a"))
    lab.fake.faults.add(Say(401, "ICA_SEC_002"), "/projects$", times=2)
    with pytest.raises(errors.Temporary):
        lab.ica.find(lab.at("runs/a"))
    lab.scene.clock.advance(61)
    lab.fake.faults.add(Say(401, "ICA_SEC_002"), "/projects$", times=2)
    with pytest.raises(errors.SignInNeeded):
        lab.ica.find(lab.at("runs/a"))


@pytest.mark.parametrize("form", ["problem", "code", "html", "empty"])
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Say(403, "ICA_SEC_003"), errors.NotAllowed),
        (Say(500), errors.Temporary),
        (Say(502), errors.Temporary),
        (Say(503, "ICA_API_503", retry_after="7"), errors.SlowDown),
        (Say(429, "ICA_API_429", retry_after="86400"), errors.SlowDown),
    ],
)
def test_every_refusal_is_told_by_its_kind(
    lab: Lab, fault: Say, kind: type[errors.TransferError], form: str
) -> None:
    lab.fake.rules.error_form = form
    lab.fake.faults.add(fault, "/data$")
    with pytest.raises(kind) as refused:
        lab.ica.list(lab.at("runs"))
    expected = {"7": 7.0, "86400": 120.0}.get(fault.retry_after)
    assert refused.value.wait_seconds == expected
    lab.ica.list(lab.at("runs"))


@pytest.mark.parametrize("fault", [Break(), Break(done=True)])
def test_a_connection_that_breaks_is_the_networks_fault(lab: Lab, fault: Break) -> None:
    lab.fake.faults.add(fault, "/data$")
    with pytest.raises(errors.NetworkDown):
        lab.ica.list(lab.at("runs"))


def test_an_answer_that_drips_is_an_answer(lab: Lab) -> None:
    lab.fake.faults.add(Drip(32), "/projects$")
    assert lab.ica.find(lab.at("")) is not None


@pytest.mark.parametrize("body", ["<html>sign in to the wireless</html>", "[]", ""])
def test_an_answer_of_something_on_the_way_is_no_answer(lab: Lab, body: str) -> None:
    lab.fake.answers_instead(body, "/projects$")
    with pytest.raises(errors.Temporary):
        lab.ica.find(lab.at(""))


def test_calls_are_held_to_the_pace(lab: Lab) -> None:
    clock = lab.scene.clock
    lab.fake.put(lab.project, "/runs/a.txt", DATA)
    ica = lab.open_account(pace=Pace(clock.monotonic))
    for _ in range(18):  # beside the calls for a token and the projects
        ica.list(lab.at("runs"))
    with pytest.raises(errors.SlowDown) as slow:
        ica.list(lab.at("runs"))
    clock.advance(slow.value.wait_seconds or 0)
    ica.list(lab.at("runs"))


def test_who_has_the_key_is_read_from_the_token(lab: Lab) -> None:
    (user,) = lab.fake.shelf.users.values()
    assert (lab.ica.who().id, lab.ica.who().label) == (user.id, user.email)


# Trying an account out


def lines(ica: Ica) -> dict[str, tuple[bool | None, str]]:
    return {line.name: (line.passed, line.kind or line.detail) for line in ica.test()}


def test_a_trial_says_what_is_there(lab: Lab) -> None:
    told = lines(lab.ica)
    assert told["reach"] == (True, "ICA 2.40.0")
    assert told["projects"] == (True, "1")
    assert told["upload"][0] is True
    assert lab.partial() == []


def test_a_trial_notices_a_missing_right(lab: Lab) -> None:
    lab.scene.right.upload = False
    assert lines(lab.ica)["upload"] == (False, "NotAllowed")
    lab.fake.shelf.remove(lab.fake.shelf.records[lab.scene.folder("/runs")])
    assert lines(lab.open_account())["upload"][0] is False


def test_a_trial_notices_a_wrong_clock(lab: Lab) -> None:
    time = lab.scene.clock.time
    ahead = lab.open_account(clock=lambda: time() + 3600)
    assert lines(ahead)["clock"] == (False, "ClockWrong")


@pytest.mark.parametrize("status", [403, 500])
def test_a_trial_that_is_refused_says_so(lab: Lab, status: int) -> None:
    lab.fake.faults.add(Say(status), "/projects$")
    told = lines(lab.ica)
    assert told["reach"][0] is True
    assert told["projects"][0] is False


def test_the_last_check_of_bytes_needs_no_request(lab: Lab) -> None:
    lab.fake.put(lab.project, "/runs/a.txt", DATA)
    remote = found_at(lab, "runs/a.txt")
    before = lab.fake.calls()
    lab.ica.verify(remote, sent_of(DATA, [Receipt(1, len(DATA))]))
    assert lab.fake.calls() == before


def test_an_address_is_never_in_an_error(lab: Lab) -> None:
    lab.fake.put(lab.project, "/runs/a.txt", DATA)
    remote = found_at(lab, "runs/a.txt")
    lab.fake.storage.faults.add(Fault(Respond(403, "AccessDenied"), "GetObject"))
    with pytest.raises(errors.TransferError) as refused:
        fetched(lab, remote)
    assert "Signature" not in urllib.parse.unquote(str(refused.value))


def test_kinds_are_kept_apart(lab: Lab) -> None:
    lab.fake.put(lab.project, "/twin", b"x")
    lab.fake.make_folder(lab.project, "/twin")
    assert found_at(lab, "twin").kind is Kind.FILE
    assert found_at(lab, "twin/").kind is Kind.FOLDER
