"""What is particular to sending to Seven Bridges, against the strict platform."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.contract.sevenbridges_shop import LARGE, PART, SMALL, Shop, shop_in
from tests.fakes.sevenbridges import PROJECT, TOKEN, SevenBridgesServer
from tests.fakes.sevenbridges_uploads import xml
from tests.fakes.sevenbridges_wire import (
    DamageIncoming,
    Fault,
    LoseReply,
    LoseRequest,
    Reply,
    ResetInBody,
    Say,
    without_header,
)

from pipette.model import errors
from pipette.model.files import GiB, Location, MiB, SourceFile, TiB
from pipette.model.parts import Handle, PartCheck, Proof, count_parts
from pipette.providers.protocol import Differs, Stored
from pipette.providers.sevenbridges import SevenBridges
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
    asked = [entry.data["part_size"] for entry in shop.script.entries("init")]  # type: ignore[index]  # a JSON object
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


# What can happen to a part


PART_TROUBLE: list[tuple[str, Fault, type[errors.TransferError]]] = [
    ("500", Say(xml(500, "InternalError")), errors.Temporary),
    ("503", Say(xml(503, "SlowDown", Retry_After="7")), errors.SlowDown),
    ("expired address", Say(xml(403, "AccessDenied", "Request has expired")), errors.Temporary),
    ("tampered address", Say(xml(403, "SignatureDoesNotMatch")), errors.Temporary),
    ("ended key of the platform", Say(xml(400, "ExpiredToken")), errors.Temporary),
    ("401", Say(xml(401, "Unauthorized")), errors.Temporary),
    ("time-out of the storage", Say(xml(400, "RequestTimeout")), errors.Temporary),
    ("unknown code", Say(xml(400, "NeverHeardOf")), errors.Temporary),
    ("a clock that is off there", Say(xml(403, "RequestTimeTooSkewed")), errors.Temporary),
    ("wrong digest", Say(xml(400, "BadDigest")), errors.BadPart),
    ("no such upload", Say(xml(404, "NoSuchUpload")), errors.UploadGone),
    ("204 that was not agreed", Say(Reply(204, raw=b"")), errors.Temporary),
    ("no ETag", without_header("ETag"), errors.Temporary),
    ("HTML from a gateway", Say(Reply(502, raw=b"<html>")), errors.Temporary),
    ("reset in the body", ResetInBody(3), errors.Temporary),
    ("line lost before", LoseRequest(), errors.Temporary),
    ("answer lost", LoseReply(), errors.Temporary),
    ("damaged on the way", DamageIncoming(), errors.BadPart),
]


@pytest.mark.parametrize(
    ("fault", "kind"), [row[1:] for row in PART_TROUBLE], ids=[row[0] for row in PART_TROUBLE]
)
def test_a_part_that_fails_is_sent_again(
    shop: Shop, fault: Fault, kind: type[errors.TransferError]
) -> None:
    upload = shop.upload("file", SMALL).open()
    [part] = upload.parts()
    shop.script.fail("put", fault)
    with pytest.raises(kind):
        upload.send(part)
    receipts = [upload.send(part)]
    assert proof(upload.check(upload.close(receipts), receipts)) is Proof.EVERY_PART
    node = shop.node("file")
    assert node is not None
    assert node.content == SMALL


# Numbered errors, by the call that meets them

CALLS: dict[str, Callable[[Shop], object]] = {
    "init": lambda shop: shop.upload("x", SMALL).open(),
    "part-url": lambda shop: shop.upload("x", SMALL).open().send_all(),
    "complete": lambda shop: (up := shop.upload("x", SMALL).open()).close(up.send_all()),
    "info": lambda shop: shop.provider.parts(
        shop.at("x"), shop.upload("x", SMALL).open().handle, ()
    ),
    "abort": lambda shop: shop.upload("x", SMALL).open().abort(),
    "files": lambda shop: shop.provider.list(shop.at("")),
    "folder": lambda shop: shop.provider.make_folder(shop.at("new")),
    "download-info": lambda shop: shop.bench().download(
        shop.provider.find(shop.at("there")),  # type: ignore[arg-type]  # it is there
        100,
    ),
    "user": lambda shop: shop.provider.who(),
}
REFUSALS: list[tuple[str, int, int, type[errors.TransferError]]] = [
    ("init", 403, 3001, errors.NotAllowed),
    ("init", 404, 3002, errors.ContainerGone),
    ("init", 400, 5024, errors.NameRefused),
    ("init", 409, 8005, errors.NameTaken),
    ("init", 409, 8006, errors.NameTaken),
    ("init", 400, 8010, errors.Refused),
    ("init", 400, 8013, errors.Refused),
    ("init", 503, 8000, errors.Temporary),
    ("init", 404, 5026, errors.Temporary),
    ("init", 500, 90009, errors.Temporary),
    ("part-url", 400, 8012, errors.Refused),
    ("part-url", 409, 8008, errors.Temporary),
    ("part-url", 403, 8001, errors.NotAllowed),
    ("part-url", 404, 8003, errors.UploadGone),
    ("part-url", 404, 90003, errors.UploadGone),
    ("part-url", 503, 90004, errors.Temporary),
    ("complete", 409, 8005, errors.NameTaken),
    ("complete", 404, 8003, errors.UploadGone),
    ("complete", 503, 90005, errors.Temporary),
    ("complete", 401, 90001, errors.SignInNeeded),
    ("info", 404, 8003, errors.UploadGone),
    ("info", 400, 8011, errors.Refused),
    ("abort", 409, 8009, errors.Temporary),
    ("files", 404, 3002, errors.ContainerGone),
    ("files", 400, 3012, errors.ContainerGone),
    ("files", 405, 90006, errors.Refused),
    ("folder", 400, 5024, errors.NameRefused),
    ("folder", 403, 5001, errors.NotAllowed),
    ("download-info", 403, 5001, errors.NotAllowed),
    ("download-info", 400, 5017, errors.Refused),
    ("download-info", 409, 5034, errors.Refused),
    ("user", 401, 90001, errors.SignInNeeded),
    ("user", 403, 90002, errors.NotAllowed),
]


@pytest.mark.parametrize(
    ("call", "status", "code", "kind"), REFUSALS, ids=[f"{row[0]} {row[2]}" for row in REFUSALS]
)
def test_a_numbered_error_is_what_it_means(
    shop: Shop, call: str, status: int, code: int, kind: type[errors.TransferError]
) -> None:
    shop.write("there", SMALL)
    shop.server.fail(call, code, status)
    with pytest.raises(kind) as refused:
        CALLS[call](shop)
    assert type(refused.value) is kind
    assert TOKEN not in refused.value.detail


@pytest.mark.parametrize("call", sorted(set(CALLS) - {"abort"}))
@pytest.mark.parametrize(
    ("reply", "kind", "wait"),
    [
        (Reply(503, {"status": 503, "code": 0, "message": "m"}), errors.SlowDown, 300.0),
        (Reply(502, raw=b"<html>oh no</html>"), errors.Temporary, None),
        (Reply(200, raw=b"<html>welcome</html>"), errors.Temporary, None),
        (Reply(500, {"status": "X", "message": None}), errors.Temporary, None),
        (Reply(302, raw=b"", headers={"Location": "https://x.invalid/"}), errors.Refused, None),
    ],
    ids=["maintenance", "html 502", "html 200", "odd error", "redirect"],
)
def test_what_is_no_answer_of_the_platform_is_never_taken_for_one(
    shop: Shop, call: str, reply: Reply, kind: type[errors.TransferError], wait: float | None
) -> None:
    shop.write("there", SMALL)
    shop.script.fail(call, Say(reply))
    with pytest.raises(kind) as refused:
        CALLS[call](shop)
    assert (type(refused.value), refused.value.wait_seconds) == (kind, wait)


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


# Going on after a restart


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


def test_metadata_alone_is_set_without_touching_tags(shop: Shop) -> None:
    shop.provider = shop.adapter(extra=(("metadata.case_id", "C1"),))
    shop.upload("file", SMALL).through()
    [edit] = shop.script.entries("edit")
    assert edit.data == {"metadata": {"case_id": "C1"}}


def test_a_platform_that_tells_no_time_leaves_the_line_of_the_clock_open(shop: Shop) -> None:
    user = Reply(200, {"username": "rfranklin"}, headers={"Date": "now"})
    shop.script.fail("user", Say(user))
    assert lines(shop.provider)["clock"] == (None, "")
