"""Fetching from Seven Bridges: addresses that end, files that change, what proves what."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.contract.bench import sent_of
from tests.contract.sevenbridges_shop import LARGE, PART, SMALL, Shop, shop_in
from tests.fakes.sevenbridges_uploads import xml
from tests.fakes.sevenbridges_wire import Alter, Fault, LoseReply, Reply, Say, damaged_body

from pipette.model import errors
from pipette.model.files import RemoteFile
from pipette.model.parts import Part, Proof, Receipt
from pipette.providers import sevenbridges_downloads
from pipette.providers.protocol import Differs, Stored

CONTENT = random.Random(8).randbytes(1000)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with shop_in(tmp_path / "moving") as open_shop:
        yield open_shop


def remote(shop: Shop, content: bytes = CONTENT) -> RemoteFile:
    shop.write("file", content)
    found = shop.provider.find(shop.at("file"))
    assert found is not None
    return found


def test_the_ranges_of_a_file_share_one_address(shop: Shop) -> None:
    file = remote(shop)
    data, verdict = shop.bench().download(file, 100)
    assert data == CONTENT
    assert verdict == Stored(verdict.remote, Proof.WHOLE_FILE)
    assert shop.operations().count("download-info") == 1
    assert shop.operations().count("get") == 10


def test_a_listed_file_is_fetched_without_being_looked_up_again(shop: Shop) -> None:
    shop.write("file", CONTENT)
    [listed] = shop.provider.list(shop.at("")).items
    shop.script.clear()
    shop.bench().download(listed, 10_000)
    assert shop.operations() == ["download-info", "get"]


def test_an_address_is_made_anew_when_it_is_old(shop: Shop) -> None:
    file = remote(shop)
    for _ in range(2):
        shop.bench().fetch(file, Part(1, 0, 10))
        shop.clock.advance(301)
    assert shop.operations().count("download-info") == 2


def test_an_address_that_ended_is_made_anew(shop: Shop) -> None:
    shop.manners.url_seconds = 60
    file = remote(shop)
    shop.bench().fetch(file, Part(1, 0, 10))
    shop.clock.advance(61)
    with pytest.raises(errors.Temporary):
        shop.bench().fetch(file, Part(2, 10, 10))
    _, content = shop.bench().fetch(file, Part(2, 10, 10))
    assert content == CONTENT[10:20]


def test_addresses_are_kept_of_so_many_files_only(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sevenbridges_downloads, "MOST_KEPT", 3)
    files = []
    for number in range(4):
        node = shop.write(f"{number}", SMALL)
        files.append(RemoteFile(shop.at(node.name), size=node.size, id=node.id))
        shop.provider.range_request(files[-1], Part(1, 0, 1))
    shop.script.clear()
    shop.provider.range_request(files[-1], Part(1, 0, 1))
    assert shop.operations() == []
    shop.provider.range_request(files[0], Part(1, 0, 1))
    assert shop.operations() == ["download-info"]


RANGE_TROUBLE: list[tuple[str, Fault, type[errors.TransferError]]] = [
    ("500", Say(xml(500, "InternalError")), errors.Temporary),
    ("503", Say(xml(503, "SlowDown", Retry_After="7")), errors.SlowDown),
    ("403", Say(xml(403, "AccessDenied")), errors.Temporary),
    ("404", Say(xml(404, "NoSuchKey")), errors.Temporary),
    ("416", Say(xml(416, "InvalidRange")), errors.RemoteChanged),
    ("HTML", Say(Reply(502, raw=b"<html>")), errors.Temporary),
    ("all instead of a range", Alter(lambda reply: replace(reply, status=200)), errors.Temporary),
    (
        "another range",
        Alter(lambda reply: _with(reply, "Content-Range", "bytes 0-9/1000")),
        errors.Temporary,
    ),
    (
        "another size",
        Alter(lambda reply: _with(reply, "Content-Range", "bytes 10-19/999")),
        errors.RemoteChanged,
    ),
    ("answer lost", LoseReply(), errors.Temporary),
]


def _with(reply: Reply, name: str, text: str) -> Reply:
    return replace(reply, headers={**reply.headers, name: text})


@pytest.mark.parametrize(
    ("fault", "kind"), [row[1:] for row in RANGE_TROUBLE], ids=[row[0] for row in RANGE_TROUBLE]
)
def test_a_range_that_fails_is_fetched_again_from_a_new_address(
    shop: Shop, fault: Fault, kind: type[errors.TransferError]
) -> None:
    file = remote(shop)
    if isinstance(fault, Alter) and fault.change(Reply(206)).status == 200:
        fault = Alter(lambda reply: Reply(200, raw=CONTENT, headers={"ETag": '"x"'}))
    shop.script.fail("get", fault)
    part = Part(2, 10, 10)
    with pytest.raises(kind):
        shop.bench().fetch(file, part)
    _, content = shop.bench().fetch(file, part)
    assert content == CONTENT[10:20]


def test_a_file_that_was_replaced_is_another_one(shop: Shop) -> None:
    file = remote(shop)
    shop.write("file", CONTENT)
    with pytest.raises(errors.RemoteChanged):
        shop.provider.range_request(file, Part(1, 0, 10))


def test_a_file_that_is_gone_is_missing(shop: Shop) -> None:
    file = remote(shop)
    shop.provider.delete(file.location)
    with pytest.raises(errors.RemoteMissing):
        shop.provider.range_request(file, Part(1, 0, 10))
    with pytest.raises(errors.RemoteMissing):
        shop.provider.range_request(replace(file, id=None), Part(1, 0, 10))


def test_another_etag_than_at_the_first_range_is_a_change(shop: Shop) -> None:
    told, _ = shop.bench().fetch(remote(shop), Part(1, 0, 10))
    shop.script.fail("get", Alter(lambda reply: _with(reply, "ETag", '"another"')))
    with pytest.raises(errors.RemoteChanged):
        shop.bench().fetch(told, Part(2, 10, 10))


def test_a_file_on_a_volume_that_is_off_says_so(shop: Shop) -> None:
    shop.write("file", CONTENT).storage = "INACTIVE"
    found = shop.provider.find(shop.at("file"))
    assert found is not None
    assert found.storage == "INACTIVE"
    with pytest.raises(errors.Refused):
        shop.provider.range_request(found, Part(1, 0, 10))


def test_damage_on_the_way_is_noticed_where_the_storage_speaks_s3(shop: Shop) -> None:
    shop.script.fail("get", damaged_body())
    _, verdict = shop.bench().download(remote(shop), 10_000)
    assert isinstance(verdict, Differs)


def test_a_file_sent_in_one_part_is_proven_by_its_composite(shop: Shop) -> None:
    shop.upload("file", SMALL).through()
    found = shop.provider.find(shop.at("file"))
    assert found is not None
    _, verdict = shop.bench().download(found, PART)
    assert verdict == Stored(verdict.remote, Proof.EVERY_PART)


@pytest.mark.parametrize(("span", "proof"), [(PART, Proof.EVERY_PART), (PART - 1, Proof.SIZE_ONLY)])
def test_a_composite_proves_only_ranges_cut_like_its_parts(
    shop: Shop, span: int, proof: Proof
) -> None:
    shop.upload("file", LARGE).through()
    found = shop.provider.find(shop.at("file"))
    assert found is not None
    data, verdict = shop.bench().download(found, span)
    assert data == LARGE
    assert isinstance(verdict, Stored)
    assert verdict.proof is proof


@pytest.mark.parametrize("etags", ["kms", "opaque"])
def test_an_etag_that_may_be_anything_claims_nothing(shop: Shop, etags: str) -> None:
    shop.manners.etags, shop.manners.speaks_s3 = etags, etags == "kms"
    file = remote(shop)
    node = shop.node("file")
    assert node is not None
    node.etag = "0" * 32
    data, verdict = shop.bench().download(file, 10_000)
    assert data == CONTENT
    assert verdict == Stored(verdict.remote, Proof.SIZE_ONLY)


def test_fewer_bytes_are_a_difference(shop: Shop) -> None:
    verdict = shop.provider.verify(remote(shop), sent_of(CONTENT[:-1], [Receipt(1, 999)]))
    assert isinstance(verdict, Differs)


def test_a_file_known_by_its_place_alone_is_looked_up(shop: Shop) -> None:
    file = replace(remote(shop), id=None)
    _, content = shop.bench().fetch(file, Part(1, 0, 10))
    assert content == CONTENT[:10]


def test_an_md5_that_agrees_proves_whatever_the_storage_is(shop: Shop) -> None:
    shop.manners.speaks_s3 = False
    _, verdict = shop.bench().download(remote(shop), 10_000)
    assert verdict == Stored(verdict.remote, Proof.WHOLE_FILE)


def test_a_range_of_a_file_without_id_that_fails_forgets_no_address(shop: Shop) -> None:
    file = replace(remote(shop), id=None)
    shop.script.fail("get", Say(xml(500, "InternalError")))
    with pytest.raises(errors.Temporary):
        shop.bench().fetch(file, Part(1, 0, 10))
