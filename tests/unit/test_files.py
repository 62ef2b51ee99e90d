"""Places and how they are written."""

from __future__ import annotations

import pytest

from pipette.model.files import Location

BUCKET = Location("lab", "bucket")


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (Location("lab"), "lab:/"),
        (BUCKET, "lab:/bucket"),
        (BUCKET.child("runs"), "lab:/bucket/runs"),
        (BUCKET.child("runs/"), "lab:/bucket/runs/"),
        (BUCKET.child("100%.txt"), "lab:/bucket/100%25.txt"),
        (BUCKET.child("%2F.txt"), "lab:/bucket/%252F.txt"),
        (BUCKET.child("a+b #1 é🧬.txt"), "lab:/bucket/a+b #1 é🧬.txt"),
        (BUCKET.child("runs//twice"), "lab:/bucket/runs//twice"),
        (BUCKET.child("/leading"), "lab:/bucket//leading"),
    ],
)
def test_places_are_written_and_read_back(place: Location, text: str) -> None:
    assert str(place) == text
    assert Location.parse(text) == place


@pytest.mark.parametrize("text", ["", "lab", "lab:", "lab:bucket", ":/bucket", "/data/run7"])
def test_other_text_is_no_place(text: str) -> None:
    with pytest.raises(ValueError, match="^" + text):
        Location.parse(text)


def test_a_slash_inside_a_name_is_escaped_when_it_is_given() -> None:
    assert Location.parse("lab:/My%2fproject/a%2Fb").path == "a/b"
    assert Location.parse("lab:/My%2fproject/a%2Fb").container == "My/project"


def test_some_projects_take_more_than_one_segment() -> None:
    place = Location.parse("lab:/owner/project/runs/a", container_segments=2)
    assert (place.container, place.path) == ("owner/project", "runs/a")
    assert Location.parse("lab:/owner", container_segments=2).container == "owner"


@pytest.mark.parametrize(
    ("place", "name", "parent"),
    [
        (BUCKET.child("runs/a.txt"), "a.txt", BUCKET.child("runs")),
        (BUCKET.child("runs/empty/"), "empty", BUCKET.child("runs")),
        (BUCKET.child("runs"), "runs", BUCKET),
        (BUCKET, "bucket", Location("lab")),
        (Location("lab"), "", Location("lab")),
    ],
)
def test_a_place_has_a_name_and_a_parent(place: Location, name: str, parent: Location) -> None:
    assert place.name == name
    assert place.parent == parent


def test_a_child_of_a_folder_with_or_without_its_slash_is_the_same() -> None:
    assert BUCKET.child("runs").child("a") == BUCKET.child("runs/").child("a")


def test_only_a_trailing_slash_makes_a_stand_in_of_a_folder() -> None:
    assert BUCKET.child("empty/").is_folder_marker
    assert not BUCKET.child("empty").is_folder_marker
    assert not BUCKET.is_folder_marker
