"""Accounts at Seven Bridges: tokens, regions, rights, and what they label files with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.contract.sevenbridges_shop import SMALL, Shop, shop_in
from tests.fakes.sevenbridges_wire import (
    Reply,
    Say,
)

from pipette.model import errors
from pipette.model.files import SourceFile
from pipette.model.parts import Proof
from pipette.providers.protocol import Stored
from pipette.providers.sevenbridges import SevenBridges


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with shop_in(tmp_path / "moving") as open_shop:
        yield open_shop


def source(size: int) -> SourceFile:
    return SourceFile("/made/up", size, 0)


def proof(verdict: object) -> Proof:
    assert isinstance(verdict, Stored), verdict
    return verdict.proof


# Accounts


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "ünïcode"])
def test_what_can_be_no_token_is_not_sent_anywhere(shop: Shop, token: str) -> None:
    with pytest.raises(errors.SignInNeeded):
        shop.adapter(token)


def test_a_region_that_nobody_knows_is_refused_by_name(shop: Shop) -> None:
    with pytest.raises(errors.Unavailable, match="atlantis"):
        shop.adapter(url="", region="atlantis")


def lines(provider: SevenBridges) -> dict[str, tuple[bool | None, str]]:
    return {line.name: (line.passed, line.kind) for line in provider.test()}


def test_an_account_that_may_only_read_fails_the_line_of_uploads(shop: Shop) -> None:
    shop.state.add_project("rfranklin/read-only", {"rfranklin": False})
    assert lines(shop.adapter(container="rfranklin/read-only"))["upload"] == (False, "NotAllowed")


@pytest.mark.parametrize(
    ("container", "line"),
    [
        ("", (None, "")),
        ("rfranklin/none", (False, "ContainerGone")),
        ("no-project", (False, "ContainerGone")),
    ],
)
def test_the_line_of_uploads_depends_on_the_project(
    shop: Shop, container: str, line: tuple[bool | None, str]
) -> None:
    assert lines(shop.adapter(container=container))["upload"] == line


def test_a_platform_in_trouble_leaves_the_line_of_the_key_open(shop: Shop) -> None:
    shop.server.fail("user", 0, 503)
    assert lines(shop.provider)["key"] == (None, "SlowDown")


def test_projects_that_cannot_be_seen_fail_their_line(shop: Shop) -> None:
    shop.server.fail("projects", 90002, 403)
    assert lines(shop.provider)["projects"] == (False, "NotAllowed")


def test_a_clock_that_is_off_is_called_so(shop: Shop) -> None:
    shop.server.clock = lambda: shop.clock.time() + 3600
    assert lines(shop.provider)["clock"] == (False, "ClockWrong")


def test_who_it_is_is_asked(shop: Shop) -> None:
    who = shop.provider.who()
    assert (who.id, who.label) == ("rfranklin", "Rfranklin Lab")


def test_a_platform_that_tells_no_time_leaves_the_line_of_the_clock_open(shop: Shop) -> None:
    user = Reply(200, {"username": "rfranklin"}, headers={"Date": "now"})
    shop.script.fail("user", Say(user))
    assert lines(shop.provider)["clock"] == (None, "")


# Metadata and tags


def test_metadata_and_tags_of_an_account_are_set_when_a_file_is_there(shop: Shop) -> None:
    extra = (("tags", "wgs, run 7 ,"), ("metadata.sample_id", "S12"), ("metadata.empty", ""))
    shop.provider = shop.adapter(extra=extra)
    shop.upload("file", SMALL).through()
    node = shop.node("file")
    assert node is not None
    assert (node.tags, node.metadata) == (["wgs", "run 7"], {"sample_id": "S12"})
    assert shop.operations()[-1] == "edit"


@pytest.mark.parametrize(("code", "status"), [(5006, 400), (5009, 403), (5011, 403)])
def test_a_file_whose_labels_are_refused_has_arrived_all_the_same(
    shop: Shop, caplog: pytest.LogCaptureFixture, code: int, status: int
) -> None:
    shop.provider = shop.adapter(extra=(("tags", "wgs"),))
    shop.server.fail("edit", code, status)
    assert proof(shop.upload("file", SMALL).through()) is Proof.EVERY_PART
    assert "were not taken" in caplog.text


def test_metadata_alone_is_set_without_touching_tags(shop: Shop) -> None:
    shop.provider = shop.adapter(extra=(("metadata.case_id", "C1"),))
    shop.upload("file", SMALL).through()
    [edit] = shop.script.entries("edit")
    assert edit.data == {"metadata": {"case_id": "C1"}}
