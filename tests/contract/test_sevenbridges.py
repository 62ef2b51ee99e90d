"""What is particular to sending to Seven Bridges, against the strict platform."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.contract.sevenbridges_shop import LARGE, PART, SMALL, Shop, shop_in
from tests.fakes.sevenbridges import PROJECT
from tests.fakes.sevenbridges_wire import (
    Fault,
    LoseReply,
    LoseRequest,
    Reply,
    Say,
    without_header,
)

from pipette.model import errors
from pipette.model.files import GiB, Location, MiB, SourceFile, TiB
from pipette.model.parts import Handle, PartCheck, Proof, count_parts
from pipette.providers.protocol import Differs, Stored
from pipette.providers.sevenbridges_uploads import wished_part_size


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with shop_in(tmp_path / "moving") as open_shop:
        yield open_shop


def source(size: int) -> SourceFile:
    return SourceFile("/made/up", size, 0)


def proof(verdict: object) -> Proof:
    assert isinstance(verdict, Stored), verdict
    return verdict.proof


# Calls


def test_a_file_costs_two_calls_and_one_for_each_part(shop: Shop) -> None:
    shop.upload("warm", SMALL).through()
    shop.script.clear()
    shop.upload("small", SMALL).through()
    assert shop.operations() == ["init", "part-url", "put", "complete"]
    shop.script.clear()
    shop.upload("large", LARGE).through()
    assert shop.operations() == ["init", *["part-url", "put"] * 3, "complete"]


@pytest.mark.parametrize(
    ("size", "wish"),
    [
        (0, 64 * MiB),
        (64 * GiB // 1024, 64 * MiB),
        (GiB, 64 * MiB),
        (100 * GiB, 103 * MiB),
        (5 * TiB, 5243 * MiB),
    ],
)
def test_parts_are_wished_so_large_that_a_thousand_will_do(size: int, wish: int) -> None:
    assert wished_part_size(size) == min(wish, 5 * GiB)
    assert count_parts(size, wished_part_size(size)) <= 1025


def test_the_platform_rules_the_size_of_parts(shop: Shop) -> None:
    shop.manners.part_size = None
    as_wished = shop.upload("as wished", LARGE).open().handle
    shop.manners.part_size = 256 * MiB
    forced = shop.upload("forced", LARGE).open().handle
    assert (as_wished.part_size, forced.part_size) == (64 * MiB, 256 * MiB)
    asked = [entry.data["part_size"] for entry in shop.script.entries("init")]
    assert asked == [64 * MiB, 64 * MiB]


@pytest.mark.parametrize("size", [0, 6 * GiB])
def test_a_part_size_that_cannot_be_used_leaves_nothing_open(shop: Shop, size: int) -> None:
    shop.manners.part_size = size or None
    if not size:
        shop.upload("warm", SMALL).through()
        begun = {"upload_id": "up-1", "part_size": 1, "parallel_uploads": True}
        shop.script.fail("init", Say(Reply(200, begun)))
    with pytest.raises(errors.TooLarge):
        shop.provider.open(source(20_000), shop.at("odd"), "key", may_replace=True)
    assert shop.state.uploads == {}
    assert shop.operations()[-1] == "abort"


@pytest.mark.parametrize("parallel", [True, False])
def test_parts_go_in_turn_where_the_platform_takes_no_two_at_once(
    shop: Shop, parallel: bool
) -> None:
    shop.manners.parallel_uploads = parallel
    handle = shop.upload("file", LARGE).open().handle
    assert handle.in_turn is not parallel
    assert handle.check is PartCheck.MD5_REPLY


def test_a_part_goes_with_the_headers_it_was_signed_for_and_no_others(shop: Shop) -> None:
    shop.manners.headers_wanted = {"x-amz-meta-lab": "seven"}
    shop.upload("file", SMALL).through()
    [put] = shop.script.entries("put")
    assert put.headers == {
        "user-agent",
        "accept-encoding",
        "content-length",
        "host",
        "x-amz-meta-lab",
    }


def test_every_part_and_every_try_has_an_address_of_its_own(shop: Shop) -> None:
    upload = shop.upload("file", LARGE).open()
    first, *_ = upload.parts()
    shop.manners.url_seconds = 60
    request = shop.provider.part_request(upload.to, upload.handle, first, None)
    shop.clock.advance(61)
    data = LARGE[: first.length]
    with pytest.raises(errors.Temporary):
        shop.provider.receipt(upload.handle, first, shop.mover.send(request, data))
    assert upload.send(first).proven


# Opening


def test_an_opening_without_answer_is_removed_but_nobody_elses(shop: Shop) -> None:
    others = [shop.upload(name, LARGE).open() for name in ("other name", "elsewhere/file")]
    used = shop.upload("file", LARGE).open()
    shop.provider.parts(used.to, used.handle, [used.send(used.parts()[0])])
    upload = shop.upload("file", LARGE)
    shop.script.fail("init", LoseReply())
    with pytest.raises(errors.NetworkDown):
        upload.open()
    upload.open(again=True)
    kept = {one.handle.id for one in (*others, used, upload)}
    assert set(shop.state.uploads) == kept


def test_an_older_upload_for_the_same_file_is_left_alone(shop: Shop) -> None:
    older = shop.upload("file", LARGE).open()
    shop.clock.advance(3600)
    shop.script.fail("init", LoseRequest())
    upload = shop.upload("file", LARGE)
    with pytest.raises(errors.NetworkDown):
        upload.open()
    upload.open(again=True)
    assert set(shop.state.uploads) == {older.handle.id, upload.handle.id}


def test_an_opening_of_an_earlier_run_is_removed_too(shop: Shop) -> None:
    shop.upload("file", LARGE).open()
    shop.clock.advance(3600)
    shop.provider = shop.adapter()
    upload = shop.upload("file", LARGE).open(again=True)
    assert set(shop.state.uploads) == {upload.handle.id}


def test_unfinished_uploads_of_a_project_are_listed(shop: Shop) -> None:
    upload = shop.upload("file", LARGE).open()
    [found] = shop.provider.unfinished(PROJECT)
    assert (found.location.name, found.handle.id) == ("file", upload.handle.id)
    assert found.begun_at == int(shop.clock.time())
    shop.provider.abort(found.location, found.handle)
    assert shop.provider.unfinished(PROJECT) == []


# Closing


def test_what_the_platform_lacks_is_told_once_more_before_giving_up(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    upload = shop.upload("file", LARGE).open()
    receipts = upload.send_all()
    shop.server.fail("complete", 8007, 409)
    assert proof(upload.check(upload.close(receipts), receipts)) is Proof.EVERY_PART
    assert shop.operations()[-4:] == ["complete", "info", "report-many", "complete"]
    assert "could not be completed" in caplog.text


def test_an_upload_that_cannot_be_completed_leaves_nothing(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    upload = shop.upload("file", LARGE).open()
    receipts = upload.send_all()
    forged = [replace(receipts[0], etag="0" * 32), *receipts[1:]]
    with pytest.raises(errors.UploadGone):
        upload.close(forged)
    assert shop.state.uploads == {}
    assert "could not be completed" in caplog.text


@pytest.mark.parametrize("fault", [LoseReply(), LoseRequest()], ids=["after", "before"])
def test_a_lost_answer_to_completing_is_settled_by_looking(shop: Shop, fault: Fault) -> None:
    upload = shop.upload("file", LARGE).open()
    receipts = upload.send_all()
    shop.script.fail("complete", fault)
    with pytest.raises(errors.NetworkDown):
        upload.close(receipts)
    if isinstance(fault, LoseReply):
        with pytest.raises(errors.UploadGone):
            upload.close(receipts)
        remote = None
    else:
        remote = upload.close(receipts)
    assert proof(upload.check(remote, receipts)) is Proof.EVERY_PART


def test_a_file_of_before_is_not_taken_for_the_one_that_was_sent(shop: Shop) -> None:
    shop.write("file", bytes(len(LARGE)))
    shop.clock.advance(10)
    upload = shop.upload("file", LARGE).open()
    receipts = upload.send_all()
    assert isinstance(upload.check(None, receipts), Differs)


def test_a_folder_of_that_name_is_not_taken_for_it_either(shop: Shop) -> None:
    upload = shop.upload("file", b"").open()
    receipts = upload.send_all()
    shop.state.make_path(PROJECT, "runs/file")
    assert isinstance(upload.check(None, receipts), Differs)


def test_a_new_name_is_noticed(shop: Shop) -> None:
    shop.manners.renames = True
    shop.write("reads.fq", b"first")
    upload = shop.upload("reads.fq", SMALL, may_replace=False).open()
    receipts = upload.send_all()
    remote = upload.close(receipts)
    assert remote.location == shop.at("1_reads.fq")
    verdict = upload.check(remote, receipts)
    assert isinstance(verdict, Stored)
    assert verdict.remote.location == shop.at("1_reads.fq")
    first = shop.node("reads.fq")
    assert first is not None
    assert first.content == b"first"


def test_a_new_name_is_noticed_also_when_the_answer_was_lost(shop: Shop) -> None:
    shop.manners.renames = True
    shop.write("reads.fq", b"first")
    shop.clock.advance(10)
    upload = shop.upload("reads.fq", SMALL, may_replace=False).open()
    receipts = upload.send_all()
    shop.script.fail("complete", LoseReply())
    with pytest.raises(errors.NetworkDown):
        upload.close(receipts)
    with pytest.raises(errors.UploadGone):
        upload.close(receipts)
    verdict = upload.check(None, receipts)
    assert isinstance(verdict, Stored)
    assert verdict.remote.location == shop.at("1_reads.fq")


def test_another_size_there_is_a_difference(shop: Shop) -> None:
    upload = shop.upload("file", SMALL).open()
    receipts = upload.send_all()
    remote = replace(upload.close(receipts), size=4)
    assert isinstance(upload.check(remote, receipts), Differs)


def test_a_size_that_was_not_told_is_asked_for(shop: Shop) -> None:
    upload = shop.upload("file", SMALL).open()
    receipts = upload.send_all()
    remote = replace(upload.close(receipts), size=None)
    assert proof(upload.check(remote, receipts)) is Proof.EVERY_PART
    assert shop.operations()[-1] == "file"


# ETags that are no MD5


def test_with_a_key_of_kms_only_the_size_is_proven(shop: Shop) -> None:
    shop.manners.etags = "kms"
    assert proof(shop.upload("file", LARGE).through()) is Proof.SIZE_ONLY


def test_etags_that_never_were_an_md5_are_doubted_for_good(shop: Shop) -> None:
    shop.manners.etags = "opaque"
    upload = shop.upload("file", SMALL).open()
    [part] = upload.parts()
    for _ in range(3):
        with pytest.raises(errors.BadPart):
            upload.send(part)
    receipts = [upload.send(part)]
    assert proof(upload.check(upload.close(receipts), receipts)) is Proof.SIZE_ONLY
    shop.provider = shop.adapter()
    assert proof(shop.upload("next", SMALL).through()) is Proof.SIZE_ONLY


def test_etags_that_were_an_md5_once_are_believed_for_good(shop: Shop) -> None:
    shop.upload("file", SMALL).through()
    shop.manners.etags = "opaque"
    shop.provider = shop.adapter()
    upload = shop.upload("next", SMALL).open()
    for _ in range(5):
        with pytest.raises(errors.BadPart):
            upload.send(upload.parts()[0])


def test_all_headers_a_platform_wants_are_reported(shop: Shop) -> None:
    shop.manners.headers_reported = ("ETag", "x-hash")
    upload = shop.upload("file", LARGE).open()
    receipts = upload.send_all()
    held = shop.provider.parts(upload.to, upload.handle, receipts)
    assert [one.etag for one in held] == [one.etag for one in receipts]
    assert proof(upload.check(upload.close(receipts), receipts)) is Proof.EVERY_PART


def test_a_storage_without_etags_proves_the_size_alone(shop: Shop) -> None:
    shop.manners.headers_reported = ("x-hash",)
    shop.script.fail("put", without_header("ETag"), times=3)
    assert proof(shop.upload("file", LARGE).through()) is Proof.SIZE_ONLY


def test_a_name_longer_than_the_platform_takes_is_refused(shop: Shop) -> None:
    with pytest.raises(errors.NameRefused):
        shop.upload("n" * 256, SMALL).open()


def test_a_project_that_is_not_there_is_called_so(shop: Shop) -> None:
    with pytest.raises(errors.ContainerGone):
        shop.provider.open(
            source(1), Location("cgc", "rfranklin/none", "x"), "key", may_replace=True
        )


def test_an_upload_gone_before_it_could_be_removed_is_gone(shop: Shop) -> None:
    shop.upload("file", LARGE).open()
    shop.server.fail("abort", 8003, 404)
    shop.upload("file", LARGE).open(again=True)
    assert len(shop.state.uploads) == 2


def test_an_upload_that_was_never_opened_has_no_parts(shop: Shop) -> None:
    with pytest.raises(errors.UploadGone):
        shop.provider.parts(shop.at("file"), Handle(PART), ())
    shop.provider.abort(shop.at("file"), Handle(PART))
    assert shop.operations() == []


def test_a_size_that_nobody_tells_is_not_proven(shop: Shop) -> None:
    upload = shop.upload("file", SMALL).open()
    receipts = upload.send_all()
    remote = replace(upload.close(receipts), size=None, id=None)
    assert proof(upload.check(remote, receipts)) is Proof.NONE
