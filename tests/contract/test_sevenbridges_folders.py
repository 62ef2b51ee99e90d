"""Folders at Seven Bridges: found, made, forgotten, walked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.contract.sevenbridges_shop import SMALL, Shop, shop_in
from tests.contract.test_names import listed
from tests.fakes.sevenbridges import PROJECT
from tests.fakes.sevenbridges_wire import LoseReply, Reply, Say

from pipette.model import errors
from pipette.model.files import Kind, Location


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with shop_in(tmp_path / "moving") as open_shop:
        yield open_shop


def made_folders(shop: Shop) -> int:
    return shop.operations().count("folder")


def test_a_folder_is_looked_up_once(shop: Shop) -> None:
    shop.upload("a/b/one", SMALL).through()
    shop.script.clear()
    shop.upload("a/b/two", SMALL).through()
    shop.upload("a/three", SMALL).through()
    assert "files" not in shop.operations()
    assert "folder" not in shop.operations()


def test_many_at_once_make_a_folder_once(shop: Shop) -> None:
    handles: list[object] = []

    def open_one(number: int) -> None:
        handles.append(shop.upload(f"new/deep/{number}", SMALL).open().handle)

    threads = [threading.Thread(target=open_one, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(handles) == 8
    assert made_folders(shop) == 3
    assert [name for name, _ in shop.state.walk(shop.state.projects[PROJECT].root)] == [
        "runs",
        "runs/new",
        "runs/new/deep",
    ]


def test_a_folder_somebody_else_made_meanwhile_is_used(shop: Shop) -> None:
    shop.provider.make_folder(shop.at(""))
    shop.state.make_path(PROJECT, "runs/new")
    page = Reply(200, {"items": [], "links": []})
    shop.script.fail("files", Say(page))
    shop.provider.make_folder(shop.at("new"))
    assert made_folders(shop) == 2


def test_a_folder_whose_making_was_not_answered_is_there(shop: Shop) -> None:
    shop.script.fail("folder", LoseReply())
    with pytest.raises(errors.NetworkDown):
        shop.provider.make_folder(shop.at("new"))
    shop.provider.make_folder(shop.at("new"))
    assert shop.node("new") is not None


def test_a_folder_that_appears_and_disappears_is_tried_again_later(shop: Shop) -> None:
    shop.provider.make_folder(shop.at(""))
    shop.server.fail("folder", 5030, 409)
    with pytest.raises(errors.Temporary):
        shop.provider.make_folder(shop.at("new"))


def test_a_folder_deleted_by_somebody_is_made_anew(shop: Shop) -> None:
    shop.upload("a/b/one", SMALL).through()
    node = shop.node("a")
    assert node is not None
    shop.state.remove(node)
    upload = shop.upload("a/b/two", SMALL)
    with pytest.raises(errors.Temporary):
        upload.open()
    shop.provider.list(shop.at("a"))
    upload.through()
    assert shop.node("a/b/two") is not None


def test_looking_into_a_folder_deleted_and_made_anew_shows_the_new_one(shop: Shop) -> None:
    shop.write("a/one", SMALL)
    assert [item.location.name for item in listed(shop.provider, shop.at("a"))] == ["one"]
    node = shop.node("a")
    assert node is not None
    shop.state.remove(node)
    assert listed(shop.provider, shop.at("a")) == []
    shop.write("a/two", SMALL)
    assert [item.location.name for item in listed(shop.provider, shop.at("a"))] == ["two"]


def test_a_file_cannot_be_a_folder_too(shop: Shop) -> None:
    shop.write("file", SMALL)
    with pytest.raises(errors.NameRefused):
        shop.upload("file/inside", SMALL).open()
    assert shop.provider.find(shop.at("file/inside")) is None


@pytest.mark.parametrize("name", ["two words", "__private", "é", "a+b"])
def test_a_folder_name_that_the_platform_refuses_is_said_to_be(shop: Shop, name: str) -> None:
    with pytest.raises(errors.NameRefused):
        shop.upload(f"{name}/file", SMALL).open()


def test_a_folder_is_found_by_its_name_and_by_its_marker(shop: Shop) -> None:
    shop.provider.make_folder(shop.at("run"))
    by_name = shop.provider.find(shop.at("run"))
    by_marker = shop.provider.find(replace(shop.at("run"), path="runs/run/"))
    assert by_name is not None
    assert by_marker is not None
    assert (by_name.kind, by_marker.kind) == (Kind.FOLDER, Kind.FOLDER)
    assert by_name.id == by_marker.id


def test_a_file_is_no_folder_for_its_marker(shop: Shop) -> None:
    shop.write("run", SMALL)
    assert shop.provider.find(replace(shop.at("run"), path="runs/run/")) is None


def test_only_empty_folders_are_deleted(shop: Shop) -> None:
    shop.write("run/file", SMALL)
    marker = replace(shop.at("run"), path="runs/run/")
    with pytest.raises(errors.Refused):
        shop.provider.delete(marker)
    shop.provider.delete(shop.at("run/file"))
    shop.provider.delete(marker)
    shop.provider.delete(marker)
    assert shop.node("run") is None


def test_a_file_deleted_meanwhile_is_deleted(shop: Shop) -> None:
    shop.write("file", SMALL)
    shop.server.fail("delete", 5002, 404)
    shop.provider.delete(shop.at("file"))


def test_a_project_is_never_deleted(shop: Shop) -> None:
    shop.provider.delete(Location("cgc", PROJECT))
    assert "delete" not in shop.operations()


def test_a_long_folder_comes_page_by_page(shop: Shop) -> None:
    for number in range(250):
        shop.write(f"{number:03}", b"")
    names = [item.location.name for item in listed(shop.provider, shop.at(""))]
    assert names == [f"{number:03}" for number in range(250)]
    assert [entry.query["limit"] for entry in shop.script.entries("files")[-3:]] == [["100"]] * 3


def test_a_tree_comes_whole_with_markers_for_what_is_empty(shop: Shop) -> None:
    for name in ("a/1", "a/b/2", "c/3", "4"):
        shop.write(name, SMALL)
    for number in range(120):
        shop.write(f"many/{number:03}", b"")
    shop.state.make_path(PROJECT, "runs/a/empty")
    found = listed(shop.provider, shop.at(""), recursive=True)
    paths = sorted(item.location.path.removeprefix("runs/") for item in found)
    expected = ["4", "a/1", "a/b/2", "a/empty/", "c/3", *(f"many/{n:03}" for n in range(120))]
    assert paths == sorted(expected)
    assert {item.kind for item in found if item.location.path.endswith("/")} == {Kind.FOLDER}


def test_a_whole_project_is_walked_from_its_root(shop: Shop) -> None:
    shop.write("a/1", SMALL)
    [item] = listed(shop.provider, Location("cgc", PROJECT), recursive=True)
    assert item.location == shop.at("a/1")


def test_a_folder_deleted_during_a_walk_is_passed_over(shop: Shop) -> None:
    for name in ("a/1", "b/2"):
        shop.write(name, SMALL)
    page = shop.provider.list(shop.at(""), recursive=True)
    node = shop.node("a")
    assert node is not None
    shop.state.remove(node)
    found = list(page.items)
    while page.cursor is not None:
        page = shop.provider.list(shop.at(""), page.cursor, recursive=True)
        found += page.items
    assert [item.location.name for item in found if item.kind is Kind.FILE] == ["2"]


def test_a_walk_of_what_is_not_there_is_empty(shop: Shop) -> None:
    assert listed(shop.provider, shop.at("none"), recursive=True) == []


def test_projects_come_page_by_page_also_those_of_one_owner(shop: Shop) -> None:
    for number in range(130):
        shop.state.add_project(f"other/{number:03}", {"rfranklin": True})
    assert len(listed(shop.provider, Location("cgc"))) == 131
    mine = listed(shop.provider, Location("cgc", "rfranklin"))
    assert [item.location.container for item in mine] == [PROJECT]


def test_projects_that_are_hidden_are_not_listed_and_not_to_be_read(shop: Shop) -> None:
    shop.state.add_project("other/secret", {"somebody": True})
    assert len(listed(shop.provider, Location("cgc"))) == 1
    with pytest.raises(errors.NotAllowed):
        shop.provider.find(Location("cgc", "other/secret"))


def test_the_owner_of_a_project_may_be_written_in_other_letters(shop: Shop) -> None:
    shop.write("file", SMALL)
    found = shop.provider.find(Location("cgc", PROJECT.upper(), "runs/file"))
    assert found is not None
    assert found.size == len(SMALL)


def test_a_folder_deleted_while_its_pages_are_read_ends_there(shop: Shop) -> None:
    for number in range(120):
        shop.write(f"run/{number:03}", b"")
    page = shop.provider.list(shop.at("run"), recursive=True)
    node = shop.node("run")
    assert node is not None
    shop.state.remove(node)
    assert page.cursor is not None
    assert shop.provider.list(shop.at("run"), page.cursor, recursive=True).items == []
