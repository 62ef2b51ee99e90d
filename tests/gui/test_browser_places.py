"""Places typed and pasted, the trail, listings remembered, and the words of a state."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.gui.picture_scene import BUCKET, CONTROLS, RUNS
from tests.gui.window_scene import ALL_KINDS, a_remote_file

from pipette.model.account import Account
from pipette.model.files import Location
from pipette.ui.browser_listing import ListingMemory, Remembered
from pipette.ui.browser_order import rows_of
from pipette.ui.browser_places import Meant, crumbs_of, place_from_text
from pipette.ui.browser_state import ListingState, below_rows, instead_of_rows
from pipette.ui.browser_trail import Trail

pytestmark = pytest.mark.qt_log_ignore("^This plugin does not support")


ACCOUNTS = (
    Account("aws", "s3"),
    Account("lab", "s3", url="https://s3.lab.example:9000"),
    Account("data", "s3", container="data"),
)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("lab:/bucket/a/b", Location("lab", "bucket", "a/b")),
        ("lab:/", Location("lab")),
        ("nowhere:/bucket", None),
        ("s3://data/x", Location("data", "data", "x")),
        ("s3://other/x/", Location("lab", "other", "x")),
        ("https://s3.lab.example:9000/bucket/a%20b/", Location("lab", "bucket", "a b")),
        ("https://s3.lab.example/bucket", None),
        ("https://pics.s3.eu-west-1.amazonaws.com/a", Location("aws", "pics", "a")),
        ("bucket/a", Location("lab", "bucket", "a")),
        ("", None),
    ],
)
def test_pasted_places_are_understood(text: str, place: Location | None) -> None:
    meant = place_from_text(text, ACCOUNTS, Location("lab", "bucket"), ALL_KINDS)
    assert (meant.place if meant is not None else None) == place


PLATFORMS = (
    Account("ica", "ica"),
    Account("own-ica", "ica", url="https://ica.lab.example"),
    Account("bs-us", "basespace"),
    Account("bs-eu", "basespace", region="EUC1"),
    Account("cgc", "sevenbridges"),
    Account("cavatica", "sevenbridges", region="cavatica"),
    Account("oc", "onecodex"),
)
PROJECT = "0f5ae2d2-7a2b-4c1e-9d3e-0123456789ab"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("cgc:/owner/project/a/b", Meant(Location("cgc", "owner/project", "a/b"))),
        ("cgc:/owner", Meant(Location("cgc"))),
        ("cgc:/", Meant(Location("cgc"))),
        ("owner/project/a", Meant(Location("cavatica", "owner/project", "a"))),
        ("ica:/Onco%2Flogy/runs", Meant(Location("ica", "Onco/logy", "runs"))),
        (
            f"https://ica.illumina.com/ica/link/project/{PROJECT}",
            Meant(Location("ica"), PROJECT),
        ),
        (
            f"https://ica.lab.example/ica/link/project/{PROJECT}",
            Meant(Location("own-ica"), PROJECT),
        ),
        (
            "https://euc1.sh.basespace.illumina.com/projects/7",
            Meant(Location("bs-eu"), "7"),
        ),
        ("https://basespace.illumina.com/projects/7", Meant(Location("bs-us"), "7")),
        ("https://euw2.sh.basespace.illumina.com/projects/7", None),
        (
            "https://cavatica.sbgenomics.com/u/lab/exomes/files",
            Meant(Location("cavatica", "lab/exomes")),
        ),
        ("https://app.onecodex.com/", Meant(Location("oc"))),
        ("s3://bucket", None),
    ],
)
def test_addresses_of_platforms_lead_to_the_location_they_belong_to(
    text: str, meant: Meant | None
) -> None:
    assert place_from_text(text, PLATFORMS, Location("cavatica"), ALL_KINDS) == meant


def test_the_crumbs_lead_from_the_account_down() -> None:
    assert [str(place) for place in crumbs_of(RUNS)] == [
        "seq-archive:/",
        "seq-archive:/oncology-panel",
        "seq-archive:/oncology-panel/runs",
    ]


def test_the_trail_forgets_what_lay_ahead_when_one_goes_elsewhere() -> None:
    trail = Trail()
    for place in (BUCKET, RUNS, CONTROLS):
        trail.go(place)
    assert trail.back() == RUNS
    trail.go(BUCKET)
    assert not trail.can_go_forward
    assert trail.back() == RUNS
    trail.forget_account("seq-archive")
    assert trail.here is None


def test_the_oldest_listings_are_forgotten_first() -> None:
    memory = ListingMemory(most_rows=3)
    rows = rows_of(a_remote_file(RUNS.child(name)) for name in "ab")
    memory.keep(RUNS, Remembered(rows, 1.0))
    memory.keep(CONTROLS, Remembered(rows, 2.0))
    assert memory.get(RUNS) is None
    assert memory.get(CONTROLS) is not None
    memory.forget_account("seq-archive")
    assert memory.get(CONTROLS) is None


def test_a_short_wait_is_not_worth_a_word() -> None:
    fresh = ListingState(RUNS, running=True, is_new=True)
    assert instead_of_rows(fresh).words == ""
    assert instead_of_rows(replace(fresh, is_new=False)).words == "Loading…"
    assert below_rows(fresh).words == ""
