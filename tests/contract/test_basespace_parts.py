"""Files in parts at BaseSpace: sizes, parts that go wrong, going on, and the end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.contract.basespace_places import PROJECT
from tests.contract.basespace_rig import PLACE, Rig, content, proof, rig_in
from tests.contract.mover import digest_for, mover_in
from tests.fakes.basespace import SCOPES, TOKEN
from tests.fakes.basespace_faults import Cut, Say, Twist

from pipette.model import errors
from pipette.model.account import Account, Network, Secret
from pipette.model.files import KiB, MiB, SourceFile
from pipette.model.parts import Part, Proof, count_parts
from pipette.providers.basespace import BaseSpace
from pipette.providers.basespace_parts import LIMITS, part_size_of
from pipette.providers.memory import MemoryInProcess

SMALL = b"reads"


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with rig_in(tmp_path) as made:
        yield made


def test_the_part_sizes_are_those_of_the_rules() -> None:
    gb = 1_000_000_000
    assert part_size_of(95 * gb) == 10 * MiB
    assert part_size_of(95 * gb + 1) == part_size_of(200 * gb) == 20 * MiB
    assert part_size_of(250 * gb) == 25_000_000
    for size in (5 * MiB, 95 * gb, 95 * gb + 1, 200 * gb, 200 * gb + 1, 230 * gb, 250 * gb):
        part = part_size_of(size)
        assert LIMITS.smallest_part <= part <= LIMITS.largest_part
        assert count_parts(size, part) <= LIMITS.most_parts


def test_a_file_of_more_than_250_gb_is_refused_before_anything_is_asked(rig: Rig) -> None:
    account = Account("lab", "basespace", rig.server.url)
    provider = BaseSpace(account, Secret(TOKEN), Network(), MemoryInProcess())
    source = SourceFile("/made/up", 250_000_000_001, 0)
    with pytest.raises(errors.TooLarge):
        provider.open(source, PLACE.child("x"), "key", may_replace=False)
    assert rig.script.seen() == []


@pytest.mark.parametrize("way", ["at-complete", "at-part"])
def test_no_part_is_ever_too_small_but_the_last(rig: Rig, way: str) -> None:
    rig.with_manners(small_part=way, smallest_part=5 * KiB if way == "at-complete" else 1)
    for size in (10 * KiB + 1, 15 * KiB, 20 * KiB, 100 * KiB):
        assert proof(rig.upload(f"{size}", content(size)).through()) is Proof.EVERY_PART


def test_what_is_too_large_for_one_post_goes_in_parts_from_then_on(rig: Rig) -> None:
    rig.with_manners(largest_whole=6 * KiB)
    upload = rig.upload("x.bin", content(8 * KiB))
    with pytest.raises(errors.Temporary):
        upload.open().send_all()
    assert proof(upload.through()) is Proof.WHOLE_FILE or upload.handle.resumable
    assert rig.read("x.bin") == upload.data
    assert rig.upload("y.bin", content(8 * KiB)).open().handle.resumable
    assert not rig.upload("z.bin", content(5 * KiB)).open().handle.resumable


def test_an_empty_file_that_is_not_taken_is_refused(rig: Rig) -> None:
    rig.with_manners(empty_files=False)
    with pytest.raises(errors.Refused):
        rig.upload("empty", b"").through()


def test_every_part_goes_with_its_checksum_and_length(rig: Rig) -> None:
    rig.upload("dir one/ä+b.bam").through()
    parts = rig.script.seen("parts.put")
    assert len(parts) == 3
    assert all("content-md5" in one.headers and "content-length" in one.headers for one in parts)
    [begun] = rig.script.seen("files.initiate")
    assert begun.target.endswith("?name=%C3%A4%2Bb.bam&multipart=true&directory=dir%20one")
    assert begun.headers["content-length"] == "0"


def test_parts_may_come_from_many_workers_in_any_order(rig: Rig, tmp_path: Path) -> None:
    upload = rig.upload("many.bam", content(95 * KiB)).open()
    receipts = {}

    def send(part: Part) -> None:
        (tmp_path / str(part.number)).mkdir()
        with mover_in(tmp_path / str(part.number)) as mover:
            data = upload.data[part.offset : part.offset + part.length]
            digest = digest_for(upload.handle, data)
            request = rig.provider.part_request(upload.to, upload.handle, part, digest)
            reply = mover.send(request, data)
            receipts[part.number] = rig.provider.receipt(upload.handle, part, reply)

    threads = [threading.Thread(target=send, args=(part,)) for part in reversed(upload.parts())]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ordered = [receipts[number] for number in sorted(receipts)]
    assert proof(upload.check(upload.close(ordered), ordered)) is Proof.EVERY_PART
    assert rig.read("many.bam") == upload.data


WRONG_PARTS = {
    "other ETag": Twist({"ETag": "0" * 32}),
    "other size": Twist({"Size": 1}),
    "other number": Twist({"Number": 7}),
    "no ETag": Twist({"ETag": None}),
    "empty answer": Say(200, done=True),
    "a good status and a bad word": Say(
        200, b'{"ResponseStatus": {"ErrorCode": "BASESPACE.X", "Message": "no"}}'
    ),
    "an OAuth error with 200": Say(200, b'{"error": "odd"}'),
    "refused bytes": Say(400, b'{"ResponseStatus": {"ErrorCode": "B.BAD", "Message": "md5"}}'),
    "too large once": Say(413, b'{"ResponseStatus": {"ErrorCode": "B.LARGE"}}'),
    "500": Say(500, b'{"ResponseStatus": {"ErrorCode": "B.INTERNAL"}}'),
    "502 of a gateway": Say(502, b"<html>Bad Gateway</html>", kind="text/html"),
    "503": Say(503),
    "504": Say(504, b"<html>", kind="text/html"),
    "403 of a gateway": Say(403, b"<html>blocked</html>", kind="text/html"),
    "429": Say(429, b'{"ErrorCode": "THROTTLED", "ErrorMessage": "slow"}'),
    "not an envelope": Say(200, b'["a", "list"]'),
    "cut before": Cut.BEFORE,
    "cut during": Cut.DURING,
    "cut after": Cut.AFTER,
}


@pytest.mark.parametrize("wrong", WRONG_PARTS.values(), ids=WRONG_PARTS.keys())
def test_a_part_that_goes_wrong_is_sent_again_and_the_file_is_right(
    rig: Rig, wrong: Twist | Say | Cut
) -> None:
    upload = rig.upload().open()
    first, *others = upload.parts()
    rig.script.fail("parts.put", wrong, wrong)
    with pytest.raises(errors.Temporary):
        upload.send(first)
    if isinstance(wrong, Cut):
        with pytest.raises(errors.Temporary):
            upload.send(first)
    rig.script.forget()
    receipts = [upload.send(part) for part in (first, *others)]
    assert proof(upload.check(upload.close(receipts), receipts)) is Proof.EVERY_PART
    assert rig.read() == upload.data


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "9"}, 9.0),
        ({"Retry-After": "Fri, 15 Jan 2027 08:00:30 GMT"}, 30.0),
        ({}, None),
        ({"Retry-After": "soon"}, None),
    ],
)
@pytest.mark.parametrize("route", ["parts.put", "files.complete", "files.initiate"])
def test_too_many_requests_slow_the_account_down_for_as_long_as_asked(
    rig: Rig, headers: dict[str, str], wait: float | None, route: str
) -> None:
    upload = rig.upload()
    rig.script.fail(route, Say(429, b"{}", headers))
    with pytest.raises(errors.SlowDown) as slowed:
        upload.through()
    assert slowed.value.wait_seconds == wait


@pytest.mark.parametrize("way", ["403", "404", "410", "aborted"])
def test_an_upload_that_the_service_forgot_is_gone(rig: Rig, way: str) -> None:
    rig.with_manners(unknown_file=404 if way == "404" else 403)
    upload = rig.upload().open()
    file = rig.world.files[upload.handle.id or ""]
    if way == "aborted":
        file.status = "aborted"
    elif way == "410":
        file.trashed = True
    else:
        del rig.world.files[file.id]
    with pytest.raises(errors.UploadGone):
        upload.send(upload.parts()[0])
    with pytest.raises(errors.UploadGone):
        rig.provider.parts(upload.to, upload.handle, ())
    upload.abort()


def test_a_session_that_ends_in_the_middle_sends_the_rest_to_a_new_app_result(rig: Rig) -> None:
    upload = rig.upload().open()
    upload.send(upload.parts()[0])
    rig.world.session_of(rig.runs.id).status = "TimedOut"
    with pytest.raises(errors.UploadGone):
        upload.send(upload.parts()[1])
    with pytest.raises(errors.UploadGone):
        rig.provider.parts(upload.to, upload.handle, ())
    assert proof(upload.through()) is Proof.EVERY_PART
    assert len(rig.world.named(PROJECT, "runs")) == 2
    assert rig.read() == upload.data


def test_a_right_that_was_withdrawn_stops_the_file_and_keeps_the_upload(rig: Rig) -> None:
    upload = rig.upload().open()
    rig.world.grant(TOKEN, "browse global")
    with pytest.raises(errors.NotAllowed):
        upload.send(upload.parts()[0])
    assert rig.world.files[upload.handle.id or ""].status == "pending"


def test_a_token_revoked_in_the_middle_keeps_everything_for_the_next_one(rig: Rig) -> None:
    upload = rig.upload().open()
    receipts = [upload.send(upload.parts()[0])]
    del rig.world.tokens[TOKEN]
    with pytest.raises(errors.SignInNeeded):
        upload.send(upload.parts()[1])
    with pytest.raises(errors.SignInNeeded):
        rig.provider.parts(upload.to, upload.handle, receipts)
    rig.world.grant("new-token", *SCOPES)
    upload.provider = rig.another("new-token")
    receipts += [upload.send(part) for part in upload.parts()[1:]]
    assert proof(upload.check(upload.close(receipts), receipts)) is Proof.EVERY_PART


@pytest.mark.parametrize("way", ["list", "missing", "garbage", "foreign"])
def test_resuming_is_right_however_the_service_lists_parts(rig: Rig, way: str) -> None:
    rig.with_manners(parts_list=way)
    upload = rig.upload().open()
    receipts = [upload.send(upload.parts()[0])]
    listed = rig.provider.parts(upload.to, upload.handle, receipts)
    assert [(one.number, one.length, one.etag) for one in listed] == [
        (one.number, one.length, one.etag) for one in receipts
    ]
    receipts += [upload.send(part) for part in upload.parts()[1:]]
    assert proof(upload.check(upload.close(receipts), receipts)) is Proof.EVERY_PART


def test_a_part_the_service_lost_is_missing_in_its_list(rig: Rig) -> None:
    upload = rig.upload().open()
    receipts = upload.send_all()
    del rig.world.files[upload.handle.id or ""].parts[2]
    listed = rig.provider.parts(upload.to, upload.handle, receipts)
    assert [one.number for one in listed] == [1, 3]


def test_a_list_of_parts_that_needs_sign_in_says_so(rig: Rig) -> None:
    upload = rig.upload().open()
    rig.script.fail("parts.list", Say(401))
    with pytest.raises(errors.SignInNeeded):
        rig.provider.parts(upload.to, upload.handle, ())


def test_hundreds_of_listed_parts_come_in_pages(rig: Rig) -> None:
    upload = rig.upload().open()
    file = rig.world.files[upload.handle.id or ""]
    piece = rig.world.piece(b"x")
    file.parts.update(dict.fromkeys(range(1, 2501), piece))
    assert len(rig.provider.parts(upload.to, upload.handle, ())) == 2500
