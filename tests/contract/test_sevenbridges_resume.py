"""Going on with an upload to Seven Bridges after a restart: what is reported, kept, sent again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.contract.sevenbridges_shop import LARGE, PART, Shop, shop_in
from tests.fakes.sevenbridges import SevenBridgesServer

from pipette.model import errors
from pipette.model.files import MiB, SourceFile
from pipette.model.parts import Proof
from pipette.providers.protocol import Stored


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with shop_in(tmp_path / "moving") as open_shop:
        yield open_shop


def source(size: int) -> SourceFile:
    return SourceFile("/made/up", size, 0)


def proof(verdict: object) -> Proof:
    assert isinstance(verdict, Stored), verdict
    return verdict.proof


def test_parts_that_were_sent_and_not_reported_are_reported_now(shop: Shop) -> None:
    handle = shop.provider.open(source(700 * MiB), shop.at("big"), "key", may_replace=True)
    known = [shop.sent_behind(handle, number) for number in range(1, 121)]
    shop.script.clear()
    again = shop.adapter()
    held = again.parts(shop.at("big"), handle, known)
    assert [one.number for one in held] == list(range(1, 121))
    assert [one.etag for one in held] == [one.etag for one in known]
    assert {one.length for one in held} == {PART}
    assert shop.operations() == ["info", "report-many", "report-many", "report-many"]
    shop.script.clear()
    assert len(again.parts(shop.at("big"), handle, known)) == 120
    assert shop.operations() == ["info"]


def test_parts_whose_report_is_refused_are_sent_again(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    upload = shop.upload("file", LARGE).open()
    first, second, _ = [upload.send(part) for part in upload.parts()]
    shop.provider.parts(upload.to, upload.handle, [first])
    forged = replace(second, etag="0" * 32)
    held = shop.provider.parts(upload.to, upload.handle, [first, forged])
    assert [one.number for one in held] == [1]
    assert "did not take" in caplog.text


def test_a_part_sent_anew_since_its_report_is_reported_anew(shop: Shop) -> None:
    upload = shop.upload("file", LARGE).open()
    first = upload.parts()[0]
    shop.provider.parts(upload.to, upload.handle, [upload.send(first)])
    upload.data = bytes(PART) + LARGE[PART:]
    receipt = upload.send(first)
    [held] = shop.provider.parts(upload.to, upload.handle, [receipt])
    assert held.etag == receipt.etag


def test_parts_of_an_unknown_run_are_listed_for_comparison(shop: Shop) -> None:
    upload = shop.upload("file", LARGE).open()
    receipts = upload.send_all()
    shop.provider.parts(upload.to, upload.handle, receipts)
    held = shop.provider.parts(upload.to, upload.handle, ())
    assert [(one.number, one.length, one.etag) for one in held] == [
        (1, PART, receipts[0].etag),
        (2, PART, receipts[1].etag),
        (3, 7, receipts[2].etag),
    ]


def test_an_upload_that_is_cut_otherwise_now_is_begun_anew(shop: Shop) -> None:
    upload = shop.upload("file", LARGE).open()
    shop.state.uploads[upload.handle.id or ""].part_size *= 2
    with pytest.raises(errors.UploadGone):
        shop.provider.parts(upload.to, upload.handle, ())


def test_an_upload_goes_on_when_the_platform_was_started_again(shop: Shop) -> None:
    upload = shop.upload("file", LARGE).open()
    first, *others = upload.parts()
    known = [upload.send(first)]
    with SevenBridgesServer(state=shop.state, clock=shop.clock.time) as restarted:
        again = shop.adapter(url=restarted.url)
        upload.provider = again
        held = again.parts(upload.to, upload.handle, known)
        assert [one.number for one in held] == [1]
        receipts = [*known, *(upload.send(part) for part in others)]
        assert proof(upload.check(upload.close(receipts), receipts)) is Proof.EVERY_PART
    assert [number for _, number, _ in shop.state.parts_put] == [1, 2, 3]
