"""Questions and small orders to a service, over real HTTP, and what lacks an ability."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.engine.carrier import BUCKET, FOLDER, Carrier, Walk, carrier_in
from tests.engine.rig import OneAccount
from tests.fakes.performer import QuietProvider

from pipette.engine.desk import Desk
from pipette.model.account import Account, Secret
from pipette.model.errors import Unavailable
from pipette.model.files import Location, MiB
from pipette.model.transfer import IfExists
from pipette.practice.server import PRACTICE_KEY
from pipette.providers.protocol import Deletes
from pipette.providers.protocol_drs import ImportsDrs


@pytest.fixture
def carrier(tmp_path: Path) -> Iterator[Carrier]:
    with carrier_in(tmp_path) as made:
        yield made


@pytest.fixture
def desk(carrier: Carrier) -> Desk:
    return Desk(carrier.accounts)


def test_a_folder_is_made_listed_found_and_deleted(desk: Desk, carrier: Carrier) -> None:
    folder = FOLDER.child("run7/")
    desk.make_folder(FOLDER.child("run7"))
    carrier.put("a.txt", b"x")
    names = {item.location.path for item in desk.list(FOLDER).items}
    assert names == {"runs/run7", "runs/a.txt"}
    assert desk.find(folder) is not None
    desk.delete(folder)
    desk.delete(FOLDER.child("a.txt"))
    assert desk.find(folder) is None
    assert carrier.keys() == []


def test_a_link_reads_one_file(desk: Desk, carrier: Carrier) -> None:
    carrier.put("a.txt", b"x")
    assert "runs/a.txt" in desk.link(FOLDER.child("a.txt"), hours=1)


def test_unfinished_uploads_are_listed_and_removed(desk: Desk, carrier: Carrier) -> None:
    Walk(carrier, carrier.upload(carrier.file("a", 9 * MiB))).open()
    [unfinished] = desk.unfinished("lab", BUCKET)
    assert unfinished.location.path == "runs/a"
    desk.abort("lab", unfinished)
    assert desk.unfinished("lab", BUCKET) == []


def test_an_account_is_tried_out_before_it_is_kept(desk: Desk, carrier: Carrier) -> None:
    account = Account("new", "s3", carrier.server.url, "us-east-1", container=BUCKET)
    key = Secret(f"{PRACTICE_KEY.id}:{PRACTICE_KEY.secret}")
    assert not any(test.passed is False for test in desk.test(account, key))
    assert desk.who(account, key).id == PRACTICE_KEY.id
    wrong = Secret(f"{PRACTICE_KEY.id}:wrong")
    assert any(test.passed is False for test in desk.test(account, wrong))


def test_what_a_service_can_do_is_told(desk: Desk) -> None:
    assert desk.features("lab").rules == frozenset(IfExists)
    assert desk.can("lab", Deletes)
    assert not desk.can("lab", ImportsDrs)
    with pytest.raises(Unavailable):
        desk.drs_limits("lab")


def test_a_forgotten_account_is_made_anew(desk: Desk, carrier: Carrier) -> None:
    before = carrier.accounts.provider("lab")
    assert carrier.accounts.provider("lab") is before
    desk.forget("lab")
    assert carrier.accounts.provider("lab") is not before


def test_an_ability_that_is_lacking_is_named() -> None:
    desk = Desk(OneAccount(QuietProvider()))
    at = Location("lab", "bucket", "a")
    for order in (desk.make_folder, desk.delete, lambda one: desk.link(one, 1.0)):
        with pytest.raises(Unavailable, match="lab has no"):
            order(at)
