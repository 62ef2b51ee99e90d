"""Names and folders arrive as they are, for every provider alike."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.contract.bench import Bench
from tests.contract.joined import Lacks

from pipette.model import errors
from pipette.model.files import Kind, Location, RemoteFile
from pipette.providers.protocol import Browses, Deletes, MakesFolders, Provider, Stored


def listed(provider: Provider, folder: Location, *, recursive: bool = False) -> list[RemoteFile]:
    assert isinstance(provider, Browses)
    return list(_pages(provider, folder, recursive))


def _pages(provider: Browses, folder: Location, recursive: bool) -> Iterator[RemoteFile]:
    page = provider.list(folder, recursive=recursive)
    yield from page.items
    while page.cursor is not None:
        page = provider.list(folder, page.cursor, recursive=recursive)
        yield from page.items


def test_odd_names_make_the_round_trip(bench: Bench) -> None:
    sent = {}
    for number, name in enumerate(bench.joined.odd_names):
        place = bench.at(name)
        sent[place] = f"content {number}".encode()
        assert isinstance(bench.upload(place, sent[place]).through(), Stored)
    found = listed(bench.provider, bench.joined.folder, recursive=True)
    assert {remote.location for remote in found} == set(sent)
    for remote in found:
        data, verdict = bench.download(remote, 1024)
        assert data == sent[remote.location]
        assert isinstance(verdict, Stored)


def test_odd_names_are_found_again(bench: Bench) -> None:
    for name in bench.joined.odd_names:
        place = bench.at(name)
        bench.upload(place, b"x").through()
        found = bench.provider.find(place)
        assert found is not None
        assert (found.location, found.size, found.kind) == (place, 1, Kind.FILE)


def test_what_is_not_there_is_not_found(bench: Bench) -> None:
    assert bench.provider.find(bench.at("not there")) is None
    assert bench.provider.find(bench.folder("no folder")) is None


def test_a_project_is_found(bench: Bench) -> None:
    folder = bench.joined.folder
    found = bench.provider.find(Location(folder.account, folder.container))
    assert found is not None
    assert found.kind is Kind.PROJECT


def test_a_missing_project_is_not_found(bench: Bench) -> None:
    folder = bench.joined.folder
    assert bench.provider.find(Location(folder.account, "no-such-project")) is None


def test_projects_are_listed(bench: Bench) -> None:
    projects = listed(bench.provider, Location(bench.joined.folder.account))
    assert bench.joined.folder.container in {item.location.container for item in projects}
    assert {item.kind for item in projects} == {Kind.PROJECT}


def test_a_listing_shows_one_level_with_its_folders(bench: Bench) -> None:
    for name in ("b.txt", "a.txt", "deep/er/c.txt"):
        bench.upload(bench.at(name), b"abc").through()
    found = listed(bench.provider, bench.joined.folder)
    assert sorted((item.kind.value, item.location.name, item.size) for item in found) == [
        ("file", bench.at("a.txt").name, 3),
        ("file", bench.at("b.txt").name, 3),
        ("folder", bench.at("deep").name, None),
    ]


def test_a_listing_tells_size_time_and_etag(bench: Bench) -> None:
    bench.upload(bench.at("one.txt"), b"abc").through()
    (item,) = listed(bench.provider, bench.joined.folder)
    sought = bench.provider.find(bench.at("one.txt"))
    assert sought is not None
    assert (item.size, item.etag) == (3, sought.etag)
    assert item.changed is not None


def test_an_empty_folder_lists_nothing(bench: Bench) -> None:
    assert listed(bench.provider, bench.at("nothing here")) == []


def test_an_empty_folder_makes_the_round_trip(bench: Bench) -> None:
    assert isinstance(bench.upload(bench.folder("empty"), b"").through(), Stored)
    found = listed(bench.provider, bench.joined.folder, recursive=True)
    if bench.lacks(Lacks.EMPTY_FOLDERS):
        assert found == []
        return
    assert [(item.kind, item.location) for item in found] == [(Kind.FOLDER, bench.folder("empty"))]
    (shown,) = listed(bench.provider, bench.joined.folder)
    assert (shown.kind, shown.location) == (Kind.FOLDER, bench.at("empty"))
    assert listed(bench.provider, shown.location) == []


def test_an_empty_folder_can_be_filled_later(bench: Bench) -> None:
    bench.upload(bench.folder("filled"), b"").through()
    place = bench.at("filled/file.txt")
    bench.upload(place, b"abc").through()
    assert bench.place.read(place) == b"abc"
    (item,) = listed(bench.provider, bench.at("filled"))
    assert item.location == place


def test_an_empty_folder_is_found_and_deleted(bench: Bench) -> None:
    provider = bench.provider
    assert isinstance(provider, Deletes) is not bench.lacks(Lacks.DELETING)
    if not isinstance(provider, Deletes):
        return
    marker = bench.folder("short-lived")
    bench.upload(marker, b"").through()
    found = provider.find(marker)
    if bench.lacks(Lacks.EMPTY_FOLDERS):
        assert found is None
        return
    assert found is not None
    assert found.kind is Kind.FOLDER
    provider.delete(marker)
    assert provider.find(marker) is None


def test_a_made_folder_is_there_and_takes_files(bench: Bench) -> None:
    provider = bench.provider
    assert isinstance(provider, MakesFolders)
    provider.make_folder(bench.at("new-folder"))
    provider.make_folder(bench.at("new-folder"))
    found = [(item.kind, item.location) for item in listed(provider, bench.joined.folder)]
    there = [] if bench.lacks(Lacks.EMPTY_FOLDERS) else [(Kind.FOLDER, bench.at("new-folder"))]
    assert found == there
    bench.upload(bench.at("new-folder/file"), b"abc").through()
    assert bench.place.read(bench.at("new-folder/file")) == b"abc"


def test_a_deleted_file_is_gone_and_others_stay(bench: Bench) -> None:
    provider = bench.provider
    assert isinstance(provider, Deletes) is not bench.lacks(Lacks.DELETING)
    if not isinstance(provider, Deletes):
        return
    for name in ("gone.txt", "stays.txt"):
        bench.upload(bench.at(name), b"abc").through()
    provider.delete(bench.at("gone.txt"))
    assert bench.place.read(bench.at("gone.txt")) is None
    assert bench.place.read(bench.at("stays.txt")) == b"abc"


@pytest.mark.parametrize("fault", ["slow_down", "broken", "expired"])
def test_a_listing_that_fails_says_why(bench: Bench, fault: str) -> None:
    expected = {
        "slow_down": errors.SlowDown,
        "broken": errors.Temporary,
        "expired": errors.SignInNeeded,
    }[fault]
    assert isinstance(bench.provider, Browses)
    # With the first question a provider finds out about the place as well.
    bench.provider.list(bench.joined.folder)
    bench.fail(fault)
    with pytest.raises(expected):
        bench.provider.list(bench.joined.folder)
