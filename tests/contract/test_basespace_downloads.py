"""What only BaseSpace does on the way down: signed addresses at another host, and odd ETags."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.contract.basespace_places import BASESPACE_FAULTS
from tests.contract.basespace_rig import PLACE, Rig, content, proof, rig_in
from tests.contract.mover import mover_in
from tests.fakes.basespace import TOKEN
from tests.fakes.basespace_faults import Cut, Fault, Say, Twist

from pipette.model import errors
from pipette.model.account import Network
from pipette.model.files import KiB, MiB, RemoteFile
from pipette.model.parts import Part, Proof, Reply
from pipette.providers.basespace_addresses import Addresses
from pipette.providers.basespace_api import Api
from pipette.providers.basespace_proof import likely_part_size
from pipette.providers.basespace_rows import Content
from pipette.providers.protocol import Differs, Prepares

TEN = Part(1, 0, 10)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with rig_in(tmp_path) as made:
        yield made


def test_neither_token_nor_cookie_ever_reaches_the_storage(rig: Rig) -> None:
    """The fake sets cookies with every answer, and remembers whoever brings one along."""
    remote = rig.stored("x", content())
    data, verdict = rig.bench().download(remote, 10 * KiB)
    assert (data, proof(verdict)) == (content(), Proof.WHOLE_FILE)
    fetched = rig.script.seen("storage.get")
    assert len(fetched) == 3
    for one in fetched:
        assert {"x-access-token", "authorization", "cookie"}.isdisjoint(one.headers)
        assert TOKEN not in one.target + str(one.headers)


def test_one_address_serves_all_ranges_of_a_file_also_at_once(rig: Rig) -> None:
    remote = rig.stored("x", content())
    workers = [
        threading.Thread(target=rig.provider.range_request, args=(remote, Part(n, 0, 1)))
        for n in range(1, 9)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert rig.script.count("content.meta") == 1


def test_an_address_is_renewed_before_its_last_ten_minutes(rig: Rig) -> None:
    rig.with_manners(address_seconds=3600.0)
    remote = rig.stored("x", content())
    rig.provider.range_request(remote, TEN)
    rig.clock.advance(2999)
    rig.provider.range_request(remote, TEN)
    assert rig.script.count("content.meta") == 1
    rig.clock.advance(2)
    rig.provider.range_request(remote, TEN)
    assert rig.script.count("content.meta") == 2


def test_thirty_six_hours_of_one_download_renew_the_address_and_nothing_else(rig: Rig) -> None:
    rig.with_manners(address_seconds=12 * 3600.0)
    data = content(72)
    remote = rig.stored("x", data)
    fetched = b""
    for hour in range(36):
        part = Part(hour + 1, 2 * hour, 2)
        fetched += rig.bench().fetch(remote, part)[1]
        rig.clock.advance(3600)
    assert fetched == data
    assert rig.script.count("content.meta") == 3
    assert {one.status for one in rig.script.seen("storage.get")} == {206}


def test_an_address_that_ends_in_the_middle_of_a_file_is_renewed_once(rig: Rig) -> None:
    remote = rig.stored("x", content())
    bench = rig.bench()
    bench.fetch(remote, TEN)
    rig.world.expire_addresses()
    with pytest.raises(errors.Temporary):
        bench.fetch(remote, Part(2, 10, 10))
    assert bench.fetch(remote, Part(2, 10, 10))[1] == content()[10:20]
    assert rig.script.count("content.meta") == 2


def test_a_storage_that_refuses_new_addresses_too_is_not_asked_for_ever(rig: Rig) -> None:
    remote = rig.stored("x", content())
    rig.with_manners(address_seconds=-1.0)
    with pytest.raises(errors.Temporary):
        rig.bench().fetch(remote, TEN)
    with pytest.raises(errors.NotAllowed):
        rig.bench().fetch(remote, TEN)


def test_a_refusal_of_an_address_that_was_renewed_meanwhile_counts_not(rig: Rig) -> None:
    remote = rig.stored("x", content())
    for number in (1, 2, 3):
        rig.provider.range_request(remote, Part(number, 0, 1))
    refused = Reply(403, {})
    with pytest.raises(errors.Temporary):
        rig.provider.range_receipt(remote, Part(1, 0, 1), refused)
    rig.provider.range_request(remote, Part(1, 0, 1))
    for number in (2, 3):
        with pytest.raises(errors.Temporary):
            rig.provider.range_receipt(remote, Part(number, 0, 1), refused)
    assert rig.bench().fetch(remote, Part(1, 0, 1))[1] == content()[:1]


def test_what_changed_between_ranges_is_noticed(rig: Rig) -> None:
    remote = rig.stored("x", content())
    rig.bench().fetch(remote, TEN)
    file = rig.world.files[remote.id or ""]
    rig.world.set_content(file, content(seed=2))
    with pytest.raises(errors.RemoteChanged):
        rig.bench().fetch(remote, Part(2, 10, 10))


def test_what_changed_is_noticed_also_where_etags_mean_nothing(rig: Rig) -> None:
    rig.with_manners(etags="opaque")
    remote = rig.stored("x", content(), part_size=10 * KiB)
    assert remote.etag == "opaque-value"
    rig.bench().fetch(remote, TEN)
    rig.with_manners(etags="parts")
    with pytest.raises(errors.RemoteChanged):
        rig.bench().fetch(remote, Part(2, 10, 10))


DAMAGES = {
    "cut short": (Fault.CUT_SHORT, errors.NetworkDown),
    "the whole for a range": (Fault.WHOLE, errors.Temporary),
    "cut before": (Cut.BEFORE, errors.NetworkDown),
    "500": (Say(500), errors.Temporary),
    "SlowDown": (Say(503, b"<Error><Code>SlowDown</Code></Error>"), errors.SlowDown),
    "429": (Say(429), errors.SlowDown),
    "404": (Say(404), errors.RemoteMissing),
    "412": (Say(412), errors.RemoteChanged),
    "301": (Say(301, headers={"Location": "https://elsewhere.example/"}), errors.Refused),
    "another range": (
        Say(206, b"0123456789", {"Content-Range": "bytes 5-14/25601"}),
        errors.Temporary,
    ),
    "another total": (
        Say(206, b"0123456789", {"Content-Range": "bytes 0-9/99"}),
        errors.RemoteChanged,
    ),
}


@pytest.mark.parametrize(("wrong", "kind"), DAMAGES.values(), ids=DAMAGES.keys())
def test_a_range_that_goes_wrong_has_its_kind_and_comes_right_later(
    rig: Rig, wrong: Fault | Cut | Say, kind: type[errors.TransferError]
) -> None:
    remote = rig.stored("x", content())
    rig.script.fail("storage.get", wrong)
    with pytest.raises(kind):
        rig.bench().fetch(remote, TEN)
    assert rig.bench().fetch(remote, TEN)[1] == content()[:10]


def test_a_flipped_byte_is_a_difference(rig: Rig) -> None:
    remote = rig.stored("x", content())
    rig.script.fail("storage.get", Fault.FLIPPED)
    _, verdict = rig.bench().download(remote, 10 * KiB)
    assert isinstance(verdict, Differs)


def test_a_download_that_stalls_is_given_up_and_tried_again(rig: Rig, tmp_path: Path) -> None:
    remote = rig.stored("x", content())
    rig.script.fail("storage.get", Fault.STALLED)
    (tmp_path / "slow").mkdir()
    with mover_in(tmp_path / "slow", Network(stall_seconds=0.2)) as mover:
        bench = replace(rig.bench(), mover=mover)
        with pytest.raises(errors.Stalled):
            bench.fetch(remote, TEN)
        assert bench.fetch(remote, TEN)[1] == content()[:10]


def test_a_question_without_an_end_is_given_up(rig: Rig) -> None:
    patient = rig.another(stall_seconds=0.2)
    rig.script.fail("users.current", Fault.STALLED)
    with pytest.raises(errors.Temporary):
        patient.who()
    assert patient.who().id == "1001"


def test_an_archived_file_is_said_to_be_archived(rig: Rig) -> None:
    remote = rig.stored("x", content())
    rig.world.files[remote.id or ""].archived = True
    assert rig.provider.list(PLACE).items[0].status == "archived"
    with pytest.raises(errors.Archived):
        rig.provider.range_request(remote, TEN)


def test_a_file_in_the_trash_or_never_finished_is_missing(rig: Rig) -> None:
    remote = rig.stored("x", content())
    file = rig.world.files[remote.id or ""]
    file.status = "pending"
    with pytest.raises(errors.RemoteMissing):
        rig.provider.range_request(remote, TEN)
    file.trashed = True
    with pytest.raises(errors.RemoteMissing):
        rig.provider.range_request(remote, TEN)


def test_a_file_that_is_not_there_looks_like_one_that_may_not_be_read(rig: Rig) -> None:
    """BaseSpace does not tell the two apart."""
    with pytest.raises(errors.NotAllowed):
        rig.provider.range_request(RemoteFile(PLACE.child("x"), id="77", size=10), TEN)


def test_without_ranges_a_file_is_fetched_whole_or_not_at_all(rig: Rig) -> None:
    rig.with_manners(takes_ranges=False)
    remote = rig.stored("x", content(10))
    with pytest.raises(errors.Unavailable):
        rig.provider.range_request(remote, Part(1, 0, 5))
    request = rig.provider.range_request(remote, TEN)
    assert "range" not in request.headers
    assert rig.bench().fetch(remote, TEN)[1] == content(10)


def test_a_file_whose_id_is_not_known_is_looked_up(rig: Rig) -> None:
    remote = replace(rig.stored("x", content()), id=None)
    assert rig.bench().fetch(remote, TEN)[1] == content()[:10]


def test_an_empty_file_is_asked_for_without_a_range(rig: Rig) -> None:
    remote = rig.stored("empty", b"")
    data, verdict = rig.bench().download(remote, 10)
    assert (data, proof(verdict)) == (b"", Proof.WHOLE_FILE)


@pytest.mark.parametrize(
    ("etags", "part", "expected"),
    [
        ("parts", 10 * KiB, Proof.EVERY_PART),
        ("parts", 7 * KiB, Proof.SIZE_ONLY),
        ("8MiB", 10 * KiB, Proof.SIZE_ONLY),
        ("opaque", 10 * KiB, Proof.SIZE_ONLY),
        ("none", 10 * KiB, Proof.SIZE_ONLY),
    ],
)
def test_a_composite_proves_what_its_parts_prove_and_never_corruption(
    rig: Rig, etags: str, part: int, expected: Proof
) -> None:
    rig.with_manners(etags=etags)
    remote = rig.stored("x", content(), part_size=10 * KiB)
    data, verdict = rig.bench().download(remote, part)
    assert (data, proof(verdict)) == (content(), expected)


@pytest.mark.parametrize(
    ("etag", "size", "expected"),
    [
        ("0" * 32 + "-6", 48_526_491, 8 * MiB),
        ("0" * 32 + "-7", 50_934_554, 8 * MiB),
        ("0" * 32 + "-3", 25 * MiB, 10 * MiB),
        ("0" * 32 + "-2", 100 * MiB, 50 * MiB),
        ("0" * 32 + "-99", 100, None),
        ("0" * 32, 100, None),
        ("opaque", 100, None),
        (None, 100, None),
        ("0" * 32 + "-2", None, None),
    ],
)
def test_the_likely_part_size_fits_the_count(
    etag: str | None, size: int | None, expected: int | None
) -> None:
    assert likely_part_size(etag, size) == expected


WRONG_META = {
    "500": (Say(500), errors.Temporary),
    "html": (Say(502, b"<html>", kind="text/html"), errors.Temporary),
    "empty": (Say(200), errors.Temporary),
    "no address": (Twist({"HrefContent": None}), errors.Temporary),
    "a redirect": (
        Say(302, headers={"Location": "http://elsewhere.example"}),
        errors.TransferError,
    ),
    "throttled": (Say(429, BASESPACE_FAULTS.slow_down.body), errors.SlowDown),
}


@pytest.mark.parametrize(("wrong", "kind"), WRONG_META.values(), ids=WRONG_META.keys())
def test_an_address_that_is_not_given_out_is_asked_for_again(
    rig: Rig, wrong: Say | Twist, kind: type[errors.TransferError]
) -> None:
    remote = rig.stored("x", content())
    rig.script.fail("content.meta", wrong)
    with pytest.raises(kind):
        rig.bench().fetch(remote, TEN)
    assert rig.bench().fetch(remote, TEN)[1] == content()[:10]


def test_dates_that_cannot_be_read_do_not_stop_a_download(rig: Rig) -> None:
    remote = rig.stored("x", content())
    rig.script.fail("content.meta", Twist({"Expires": "in a week"}))
    assert rig.bench().fetch(remote, TEN)[1] == content()[:10]


def test_an_address_without_encryption_is_refused_by_an_encrypted_platform(rig: Rig) -> None:
    class Encrypted(Api):
        @property
        def base(self) -> str:
            return "https://api.example"

        def content(self, file: str) -> Content:
            return Content("http://storage.example/x", None, True)

    addresses = Addresses(Encrypted.__new__(Encrypted), rig.clock.time)
    with pytest.raises(errors.Refused):
        addresses.take("1", 1)


def test_very_many_files_keep_few_addresses(rig: Rig) -> None:
    remote = rig.stored("x", content(10))
    addresses = Addresses(rig.provider._api, rig.clock.time)
    addresses.take(remote.id or "", 1)
    for number in range(600):
        addresses.expect_same(str(number), 1, "etag")
    addresses.take(remote.id or "", 1)
    assert rig.script.count("content.meta") == 2


def test_addresses_stand_in_no_text_about_them() -> None:
    secret = "https://storage.example/x?Signature=SIGNEDabc"
    assert "SIGNED" not in repr(Content(secret, 1.0, True))


def test_addresses_are_not_made_up_front(rig: Rig) -> None:
    """They end after a while, so each is asked for when its file's turn comes."""
    assert not isinstance(rig.provider, Prepares)


def test_hostile_paths_come_as_they_are_and_stay_apart(rig: Rig) -> None:
    names = ["../x", "C:\\x", "a:b", "CON", "same", "SAME", "deep/same"]
    for number, name in enumerate(names):
        rig.world.add_file(rig.runs.id, name, content(10, number))
    found = {item.location.path: item for item in rig.provider.list(PLACE, recursive=True).items}
    assert set(found) == {f"runs/{name}" for name in names}
    for number, name in enumerate(names):
        one = replace(found[f"runs/{name}"], location=PLACE.child(name))
        assert rig.bench().download(one, 10)[0] == content(10, number)
