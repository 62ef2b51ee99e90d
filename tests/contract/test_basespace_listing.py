"""Looking through BaseSpace: pages that shift, names that are not unique, files that are none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.contract.basespace_places import PROJECT
from tests.contract.basespace_rig import PLACE, Rig, rig_in
from tests.fakes.basespace_faults import Cut, Say, Twist

from pipette.model import errors
from pipette.model.files import Kind, Location, RemoteFile
from pipette.providers import basespace_api


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with rig_in(tmp_path) as made:
        yield made


def fill(rig: Rig, count: int, folder: str = "many") -> None:
    piece = rig.world.piece(b"x")
    first = rig.world.add_file(rig.runs.id, f"{folder}/0", b"x")
    for number in range(1, count):
        made = type(first)(rig.world.new_id(), rig.runs.id, f"{folder}/{number}", "", 0.0)
        made.status, made.content, made.etag = "complete", (piece,), piece.md5
        rig.world.files[made.id] = made


def everything(rig: Rig, folder: Location = PLACE) -> list[RemoteFile]:
    page = rig.provider.list(folder, recursive=True)
    found = list(page.items)
    while page.cursor is not None:
        page = rig.provider.list(folder, page.cursor, recursive=True)
        found += page.items
    return found


def test_thousands_of_files_come_in_pages_and_once_each(rig: Rig) -> None:
    fill(rig, 2500)
    names = [item.location.name for item in everything(rig)]
    assert len(names) == len(set(names)) == 2500
    pages = rig.script.seen("files.list")
    assert len(pages) == 3
    assert all("Limit=1000" in one.target and "SortBy=Id" in one.target for one in pages)


def test_files_that_come_while_listing_are_neither_doubled_nor_an_error(rig: Rig) -> None:
    fill(rig, 1500)

    def insert(route: str, offset: int) -> None:
        if offset:
            rig.world.add_file(rig.runs.id, f"late/{offset}", b"x")

    rig.server.api.before_page = insert
    names = [str(item.location) for item in everything(rig)]
    assert len(names) == len(set(names)) == 1501
    (folder, late) = rig.provider.list(PLACE).items
    assert {folder.location.name, late.location.name} == {"many", "late"}


def test_files_that_push_others_to_the_next_page_double_none(rig: Rig) -> None:
    fill(rig, 1500)

    def insert(route: str, offset: int) -> None:
        if offset and "1" not in rig.world.files:
            first = rig.world.add_file(rig.runs.id, "pushed/in", b"x")
            del rig.world.files[first.id]
            first.id = "1"
            rig.world.files["1"] = first

    rig.server.api.before_page = insert
    names = [str(item.location) for item in everything(rig)]
    assert len(names) == len(set(names)) == 1500
    del rig.world.files["1"]
    folder = rig.provider.list(PLACE.child("many")).items
    assert len(folder) == len({item.id for item in folder}) == 1500


def test_a_listing_without_an_end_is_given_up(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(basespace_api, "MOST_PAGES", 1)
    fill(rig, 1001)
    with pytest.raises(errors.Temporary):
        rig.provider.list(PLACE)


def test_a_service_that_sorts_otherwise_is_listed_whole_all_the_same(rig: Rig) -> None:
    fill(rig, 1500)
    rig.script.fail("files.list", Twist({"SortBy": "Path"}), Twist({"SortBy": "Path"}))
    assert len(everything(rig)) == 1500


def test_a_page_without_rows_before_the_end_is_an_error(rig: Rig) -> None:
    fill(rig, 3)
    rig.script.fail("files.list", Twist({"Items": []}))
    with pytest.raises(errors.Temporary):
        rig.provider.list(PLACE, recursive=True)
    rig.script.fail("files.list", Twist({"Items": None}))
    with pytest.raises(errors.Temporary):
        rig.provider.list(PLACE)


def test_a_listing_that_lacks_its_total_is_taken_as_it_is(rig: Rig) -> None:
    fill(rig, 3)
    rig.script.fail("files.list", Twist({"TotalCount": None}))
    assert len(everything(rig)) == 3


def test_a_folder_lists_one_level(rig: Rig) -> None:
    for name in ("a.txt", "d/b.txt", "d/e/c.txt", "dd/x"):
        rig.world.add_file(rig.runs.id, name, b"x")
    found = {(item.kind, item.location.path) for item in rig.provider.list(PLACE.child("d")).items}
    assert found == {(Kind.FILE, "runs/d/b.txt"), (Kind.FOLDER, "runs/d/e")}
    deep = {item.location.path for item in everything(rig, PLACE.child("d"))}
    assert deep == {"runs/d/b.txt", "runs/d/e/c.txt"}


def test_a_whole_project_is_listed_app_result_by_app_result(rig: Rig) -> None:
    fill(rig, 1200)
    other = rig.world.add_app_result(rig.runs.project, "other")
    rig.world.add_file(other.id, "x", b"x")
    rig.world.add_app_result(rig.runs.project, "nothing in it")
    first = rig.provider.list(Location("lab", PROJECT), recursive=True)
    assert len(first.items) == 1200
    second = rig.provider.list(Location("lab", PROJECT), first.cursor, recursive=True)
    assert [(item.kind, item.location.path) for item in second.items] == [
        (Kind.FILE, "other/x"),
        (Kind.FOLDER, "nothing in it/"),
    ]
    assert second.cursor is None


def test_app_results_say_whether_files_can_still_be_added(rig: Rig) -> None:
    done = rig.world.add_app_result(rig.runs.project, "done")
    rig.world.sessions[done.session].status = "Complete"
    rows = rig.provider.list(Location("lab", PROJECT)).items
    assert {item.location.path: item.details["app_result"] for item in rows} == {
        "runs": "open",
        "done": "finished",
    }


def test_uploads_that_were_only_begun_are_no_files(rig: Rig) -> None:
    rig.upload().open()
    rig.world.add_file(rig.runs.id, "empty", b"")
    assert [item.location.name for item in everything(rig)] == ["empty"]
    assert [item.location.name for item in rig.provider.list(PLACE).items] == ["empty"]
    assert rig.provider.find(PLACE.child("a.bam")) is None


def test_an_empty_file_without_an_etag_is_asked_about_and_shown(rig: Rig) -> None:
    rig.with_manners(etags="none")
    rig.upload("empty", b"").through()
    assert [item.location.name for item in everything(rig)] == ["empty"]
    assert rig.script.count("files.get") == 1


def test_folders_and_app_results_are_found_by_a_slash(rig: Rig) -> None:
    rig.world.add_file(rig.runs.id, "d/x", b"x")
    for path, there in (("runs/", True), ("runs/d/", True), ("runs/e/", False), ("nope/", False)):
        found = rig.provider.find(Location("lab", PROJECT, path))
        assert (found is not None) is there
        assert found is None or found.kind is Kind.FOLDER
    assert rig.provider.find(Location("lab", PROJECT, "runs")) is None
    assert rig.provider.find(Location("lab", "nope", "runs/x")) is None


def test_a_place_in_a_missing_project_cannot_be_listed(rig: Rig) -> None:
    with pytest.raises(errors.ContainerGone):
        rig.provider.list(Location("lab", "nope"))


def test_names_that_no_path_could_hold_are_told_by_their_ids(rig: Rig) -> None:
    odd = rig.world.add_project("a/b")
    row = rig.world.add_app_result(odd.id, " x/y ")
    labels = {item.location.container for item in rig.provider.list(Location("lab")).items}
    assert f"a_b ({odd.id})" in labels
    project = Location("lab", f"a_b ({odd.id})")
    (shown,) = rig.provider.list(project).items
    assert shown.location.path == f"x_y ({row.id})"
    rig.world.add_file(row.id, "f", b"x")
    assert rig.provider.find(shown.location.child("f")) is not None


def test_a_project_made_meanwhile_is_found(rig: Rig) -> None:
    at = Location("lab", "fresh")
    assert rig.provider.find(at) is None
    rig.world.add_project("fresh")
    assert rig.provider.find(at) is not None


WRONG_ANSWERS = {
    "no connection": (Cut.BEFORE, errors.NetworkDown),
    "500": (Say(500), errors.Temporary),
    "502 html": (Say(502, b"<html>", kind="text/html"), errors.Temporary),
    "503": (Say(503), errors.SlowDown),
    "504": (Say(504), errors.Temporary),
    "empty": (Say(200), errors.Temporary),
    "error with 200": (
        Say(200, b'{"ResponseStatus": {"Errors": [{"ErrorCode": "X.Y"}]}}'),
        errors.Temporary,
    ),
    "403 of a gateway": (Say(403, b"<html>", kind="text/html"), errors.Temporary),
    "403": (
        Say(403, b'{"ErrorCode": "BASESPACE.COMMON.INSUFFICIENT_RESOURCE_PERMISSIONS"}'),
        errors.NotAllowed,
    ),
    "404 of a bad route": (
        Say(404, b'{"ResponseStatus": {"Message": "no"}, "Notifications": []}'),
        errors.RemoteMissing,
    ),
    "410": (
        Say(410, b'{"ResponseStatus": {"ErrorCode": "BASESPACE.COMMON.RESOURCE_REMOVED"}}'),
        errors.RemoteMissing,
    ),
    "401": (Say(401, b"<html>", kind="text/html"), errors.SignInNeeded),
    "revoked with 400": (
        Say(400, b'{"ErrorCode": "BASESPACE.COMMON.AUTHENTICATION_FAILURE"}'),
        errors.SignInNeeded,
    ),
}


@pytest.mark.parametrize(("wrong", "kind"), WRONG_ANSWERS.values(), ids=WRONG_ANSWERS.keys())
@pytest.mark.parametrize("route", ["projects.list", "appresults.list", "files.list"])
def test_a_listing_that_goes_wrong_has_its_kind(
    rig: Rig, wrong: Cut | Say, kind: type[errors.TransferError], route: str
) -> None:
    rig.script.fail(route, wrong)
    with pytest.raises(kind) as failed:
        rig.provider.list(PLACE)
    assert type(failed.value) is kind


def test_errors_carry_the_id_that_support_asks_for(rig: Rig) -> None:
    del rig.world.projects[rig.runs.project]
    rig.world.projects["1"] = type(rig.world.add_project("z"))("1", PROJECT, "1001", 0.0)
    rig.script.fail("appresults.list", Say(400, b'{"ErrorCode": "X.ODD", "ErrorMessage": "hm"}'))
    with pytest.raises(errors.Refused) as refused:
        rig.provider.list(PLACE)
    assert "X.ODD hm (request " in refused.value.detail
