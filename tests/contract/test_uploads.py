"""The contract of uploads, for every provider alike."""

from __future__ import annotations

import random

import pytest
from tests.contract.bench import Bench, Upload
from tests.contract.front import LoseReply
from tests.contract.joined import Lacks

from pipette.model import errors
from pipette.model.files import SourceFile
from pipette.model.parts import Proof, count_parts
from pipette.providers.protocol import Differs, ListsParts, Stored

SIZES = ("0", "1", "whole", "whole+1", "two parts+3")


def content(bench: Bench, size: str, seed: int = 7) -> bytes:
    limits = bench.provider.limits
    part = bench.joined.part_size or limits.preferred_part
    sizes = {
        "0": 0,
        "1": 1,
        "whole": limits.whole,
        "whole+1": max(limits.whole, part) + 1,
        "two parts+3": 2 * part + 3,
    }
    return random.Random(seed).randbytes(sizes[size])


def large(bench: Bench) -> bytes:
    """Content of two parts, which is enough to have a first, a last and an order."""
    return content(bench, "whole+1")


def proof(verdict: object) -> Proof:
    assert isinstance(verdict, Stored), verdict
    return verdict.proof


@pytest.mark.parametrize("size", SIZES)
def test_every_size_arrives_whole_and_proven(bench: Bench, size: str) -> None:
    data = content(bench, size)
    upload = bench.upload(bench.at(f"file {size}"), data)
    if not data and bench.lacks(Lacks.EMPTY_FILES):
        with pytest.raises(errors.Refused):
            upload.open()
        return
    verdict = upload.through()
    assert proof(verdict) in (Proof.WHOLE_FILE, Proof.EVERY_PART)
    assert bench.place.read(upload.to) == data
    assert bench.unfinished() == 0


def test_the_verdict_names_what_is_stored(bench: Bench) -> None:
    upload = bench.upload(bench.at("named.txt"), b"content")
    verdict = upload.through()
    assert isinstance(verdict, Stored)
    assert verdict.remote.location == upload.to
    assert verdict.remote.etag or verdict.remote.id


def test_files_sent_in_one_piece_are_opened_without_anything_left_to_resume(bench: Bench) -> None:
    handle = bench.upload(bench.at("small"), b"x").open().handle
    assert handle.resumable is (bench.provider.limits.whole == 0)


def test_parts_may_come_in_any_order(bench: Bench) -> None:
    upload = bench.upload(bench.at("backwards"), large(bench)).open()
    backwards = [upload.send(part) for part in reversed(upload.parts())]
    receipts = sorted(backwards, key=lambda receipt: receipt.number)
    verdict = upload.check(upload.close(receipts), receipts)
    assert proof(verdict) in (Proof.WHOLE_FILE, Proof.EVERY_PART)
    assert bench.place.read(upload.to) == upload.data


def test_a_part_may_be_sent_twice(bench: Bench) -> None:
    upload = bench.upload(bench.at("twice"), large(bench)).open()
    receipts = upload.send_all()
    receipts[0] = upload.send(upload.parts()[0])
    verdict = upload.check(upload.close(receipts), receipts)
    assert proof(verdict) in (Proof.WHOLE_FILE, Proof.EVERY_PART)
    assert bench.place.read(upload.to) == upload.data


def test_a_part_damaged_on_the_way_is_a_bad_part(bench: Bench) -> None:
    upload = bench.upload(bench.at("damaged"), large(bench)).open()
    first, *others = upload.parts()
    with pytest.raises(errors.BadPart):
        upload.send(first, damaged=True)
    if bench.lacks(Lacks.PART_CHECK_SURVIVES):
        with pytest.raises(errors.UploadGone):
            upload.send(first)
        return
    receipts = [upload.send(part) for part in (first, *others)]
    assert proof(upload.check(upload.close(receipts), receipts)) is not Proof.SIZE_ONLY


def test_a_small_file_damaged_on_the_way_is_a_bad_part(bench: Bench) -> None:
    upload = bench.upload(bench.at("damaged small"), b"four").open()
    with pytest.raises(errors.BadPart):
        upload.send(upload.parts()[0], damaged=True)
    assert bench.place.read(upload.to) is None


def test_the_service_lists_the_parts_it_holds(bench: Bench) -> None:
    provider = bench.provider
    assert isinstance(provider, ListsParts)
    upload = bench.upload(bench.at("half"), large(bench)).open()
    receipts = [upload.send(upload.parts()[0])]
    listed = provider.parts(upload.to, upload.handle, receipts)
    assert [(one.number, one.length, one.etag) for one in listed] == [
        (one.number, one.length, one.etag) for one in receipts
    ]
    assert not any(one.proven for one in listed)
    upload.abort()


def test_an_aborted_upload_leaves_nothing(bench: Bench) -> None:
    provider = bench.provider
    assert isinstance(provider, ListsParts)
    upload = bench.upload(bench.at("aborted"), large(bench)).open()
    upload.send(upload.parts()[0])
    upload.abort()
    assert bench.unfinished() == 0
    assert bench.place.read(upload.to) is None
    with pytest.raises(errors.UploadGone):
        provider.parts(upload.to, upload.handle, ())


def test_aborting_twice_is_no_error(bench: Bench) -> None:
    upload = bench.upload(bench.at("aborted twice"), large(bench)).open()
    upload.abort()
    upload.abort()
    assert bench.unfinished() == 0


def test_a_part_of_an_aborted_upload_finds_it_gone(bench: Bench) -> None:
    upload = bench.upload(bench.at("gone"), large(bench)).open()
    upload.abort()
    with pytest.raises(errors.UploadGone):
        upload.send(upload.parts()[0])


def test_a_lost_answer_to_close_is_settled_by_the_check(bench: Bench) -> None:
    upload = bench.upload(bench.at("lost answer"), large(bench)).open()
    receipts = upload.send_all()
    bench.front.fail(
        LoseReply(),
        lambda seen: seen.method == "POST" and seen.storage is bench.joined.closes_at_storage,
    )
    with pytest.raises(errors.Temporary):
        upload.close(receipts)
    if bench.lacks(Lacks.REFUSING_TO_CLOSE_AGAIN):
        found = bench.provider.find(upload.to)
        assert found is not None
        assert upload.close(receipts).etag == found.etag
    else:
        with pytest.raises(errors.UploadGone):
            upload.close(receipts)
    assert proof(upload.check(None, receipts)) in (Proof.WHOLE_FILE, Proof.EVERY_PART)


def test_an_opening_whose_answer_was_lost_leaves_one_upload(bench: Bench) -> None:
    data = large(bench)
    upload = bench.upload(bench.at("opened twice"), data)
    bench.upload(bench.at("warm"), b"warm").through()
    bench.front.fail(LoseReply(), lambda seen: seen.method == "POST")
    with pytest.raises(errors.Temporary):
        upload.open()
    assert bench.unfinished() == 1
    upload.open(again=True)
    assert bench.unfinished() == 1
    upload.abort()


def test_nothing_there_is_a_difference(bench: Bench) -> None:
    upload = bench.upload(bench.at("never sent"), b"content").open()
    assert isinstance(upload.check(None, []), Differs)


def test_other_content_there_is_a_difference(bench: Bench) -> None:
    upload = bench.upload(bench.at("other"), b"content").open()
    bench.place.write(upload.to, b"CONTENT")
    assert isinstance(upload.check(None, []), Differs)


def test_what_is_there_is_not_replaced_unless_allowed(bench: Bench) -> None:
    place = bench.at("taken")
    bench.place.write(place, b"first")
    upload = bench.upload(place, b"second", may_replace=False)
    if bench.lacks(Lacks.REFUSING_TO_REPLACE):
        upload.open().send_all()
        assert bench.place.read(place) == b"second"
        return
    if bench.lacks(Lacks.REPLACING):
        upload.through()
        assert bench.place.read(place) == b"first"
        return
    with pytest.raises(errors.NameTaken):
        upload.open().send_all()
    assert bench.place.read(place) == b"first"


def test_what_appeared_meanwhile_is_not_replaced_by_a_large_file(bench: Bench) -> None:
    upload = bench.upload(bench.at("taken large"), large(bench), may_replace=False).open()
    receipts = upload.send_all()
    bench.place.write(upload.to, b"first")
    if bench.lacks(Lacks.REFUSING_TO_REPLACE) or bench.lacks(
        Lacks.REFUSING_TO_REPLACE_WHEN_CLOSING
    ):
        upload.close(receipts)
        assert bench.place.read(upload.to) == upload.data
        return
    with pytest.raises(errors.NameTaken):
        upload.close(receipts)
    upload.abort()
    assert bench.place.read(upload.to) == b"first"


def test_a_replacement_is_taken_where_it_is_allowed(bench: Bench) -> None:
    place = bench.at("replaced")
    bench.place.write(place, b"first")
    assert proof(bench.upload(place, b"second").through()) is bench.joined.best
    there = b"first" if bench.lacks(Lacks.REPLACING) else b"second"
    assert bench.place.read(place) == there


def test_too_large_a_file_is_refused_before_anything_is_sent(bench: Bench) -> None:
    source = SourceFile("/made/up", bench.provider.limits.largest_file + 1, 0)
    with pytest.raises(errors.TooLarge):
        bench.provider.open(source, bench.at("too large"), "key", may_replace=True)
    assert not bench.front.seen


def test_the_parts_of_the_largest_file_are_few_enough(bench: Bench) -> None:
    limits = bench.provider.limits
    source = SourceFile("/made/up", limits.largest_file, 0)
    place = bench.at("largest")
    handle = bench.provider.open(source, place, "key", may_replace=True)
    assert count_parts(source.size, handle.part_size) <= limits.most_parts
    assert limits.smallest_part <= handle.part_size <= limits.largest_part
    bench.provider.abort(place, handle)


@pytest.mark.parametrize("fault", ["slow_down", "broken", "expired"])
def test_a_refused_part_says_why_and_is_taken_later(bench: Bench, fault: str) -> None:
    at_storage = bench.joined.at_storage
    expected = {
        "slow_down": errors.SlowDown,
        "broken": errors.Temporary,
        "expired": errors.Temporary if at_storage else errors.SignInNeeded,
    }[fault]
    ended = fault == "expired" and bench.lacks(Lacks.RENEWED_ADDRESSES)
    upload = bench.upload(bench.at(f"after {fault}"), b"content").open()
    (part,) = upload.parts()
    answer = getattr(at_storage or bench.joined.faults, fault)
    bench.front.fail(
        answer, lambda seen: seen.storage if at_storage is not None else seen.method != "GET"
    )
    with pytest.raises(errors.UploadGone if ended else expected) as refused:
        upload.send(part)
    if ended:
        assert bench.unfinished() == 0
        return
    assert refused.value.wait_seconds == (7.0 if fault == "slow_down" else None)
    receipts = [upload.send(part)]
    assert proof(upload.check(upload.close(receipts), receipts)) is bench.joined.best


@pytest.mark.parametrize("fault", ["slow_down", "broken", "expired"])
def test_a_refused_close_says_why_and_is_done_later(bench: Bench, fault: str) -> None:
    at_storage = bench.joined.closes_at_storage
    expected = {
        "slow_down": errors.SlowDown,
        "broken": errors.Temporary,
        "expired": errors.Temporary if at_storage else errors.SignInNeeded,
    }[fault]
    upload = bench.upload(bench.at(f"closed after {fault}"), large(bench)).open()
    receipts = upload.send_all()
    bench.front.fail(
        getattr(bench.joined.at_storage if at_storage else bench.joined.faults, fault),
        lambda seen: seen.method == "POST" and seen.storage is at_storage,
    )
    with pytest.raises(expected):
        upload.close(receipts)
    assert proof(upload.check(upload.close(receipts), receipts)) is not Proof.SIZE_ONLY


def test_a_wrong_key_asks_for_another(bench: Bench) -> None:
    with pytest.raises(errors.SignInNeeded):
        Upload(bench, bench.stranger(), bench.at("stranger"), b"content").through()
