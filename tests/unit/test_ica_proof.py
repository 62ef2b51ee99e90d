"""How well an arrival at ICA is proven, and how long it is waited for."""

from __future__ import annotations

import hashlib

import pytest
from tests.fakes.clock import FakeClock

from pipette.model.files import Location, RemoteFile
from pipette.model.parts import Proof, Receipt
from pipette.providers.ica_arrivals import LATEST, Patience
from pipette.providers.ica_proof import fetched, uploaded
from pipette.providers.protocol import Differs, Sent, Stored
from pipette.providers.s3_proof import composite_of

A, B, OTHER = "a" * 32, "b" * 32, "c" * 32
BIG = 20_000_000
AT = Location("core", "Oncology", "runs/a")


def receipt(
    number: int, md5: str | None, etag: str | None = None, *, proven: bool = True
) -> Receipt:
    return Receipt(number, 10, md5 if etag is None else etag, None, md5, proven)


ONE = (receipt(1, A),)
TWO = (receipt(1, A), receipt(2, B))
COMPOSITE = composite_of(TWO) or ""
KMS_ONE = (receipt(1, A, OTHER),)
KMS_TWO = (receipt(1, A, OTHER), receipt(2, B, OTHER))


@pytest.mark.parametrize(
    ("etag", "sent", "given", "proof"),
    [
        (A, Sent(10, ONE, A), A, Proof.WHOLE_FILE),
        (A, Sent(10, ONE), A, Proof.WHOLE_FILE),
        (A, Sent(BIG, (), A), None, Proof.WHOLE_FILE),
        (COMPOSITE, Sent(20, TWO, OTHER), COMPOSITE, Proof.EVERY_PART),
        (COMPOSITE, Sent(20, TWO), None, Proof.EVERY_PART),
        (OTHER, Sent(10, KMS_ONE, A), OTHER, Proof.EVERY_PART),
        (f"{OTHER}-2", Sent(20, KMS_TWO, B), f"{OTHER}-2", Proof.EVERY_PART),
        (f"{OTHER}-2", Sent(20, KMS_TWO, B), None, Proof.SIZE_ONLY),
        (f"{OTHER}-7", Sent(20, (), A), None, Proof.SIZE_ONLY),
        (OTHER, Sent(BIG, (), A), None, Proof.SIZE_ONLY),
        (None, Sent(10, ONE, A), A, Proof.SIZE_ONLY),
    ],
)
def test_a_record_proves_as_much_as_its_etag_can(
    etag: str | None, sent: Sent, given: str | None, proof: Proof
) -> None:
    verdict = uploaded(RemoteFile(AT, size=sent.size, etag=etag), sent, given)
    assert isinstance(verdict, Stored)
    assert verdict.proof is proof


@pytest.mark.parametrize(
    ("etag", "size", "sent", "given"),
    [
        (A, 11, Sent(10, ONE, A), A),
        (OTHER, 10, Sent(10, ONE, A), A),
        (OTHER, 10, Sent(10, (), A), None),
        (f"{OTHER}-2", 20, Sent(20, TWO), COMPOSITE),
    ],
)
def test_a_record_of_something_else_is_a_difference(
    etag: str, size: int, sent: Sent, given: str | None
) -> None:
    assert isinstance(uploaded(RemoteFile(AT, size=size, etag=etag), sent, given), Differs)


def test_without_size_and_etag_nothing_is_proven() -> None:
    verdict = uploaded(RemoteFile(AT), Sent(10, ONE, A), A)
    assert verdict == Stored(RemoteFile(AT), Proof.NONE)


def test_unproven_parts_prove_nothing_by_an_etag_that_is_no_digest() -> None:
    sent = Sent(10, (receipt(1, A, OTHER, proven=False),), A)
    assert isinstance(uploaded(RemoteFile(AT, size=10, etag=OTHER), sent, OTHER), Differs)


def test_a_composite_that_fits_proves_a_download_and_one_that_does_not_says_nothing() -> None:
    ranges = Sent(20, TWO)
    told = RemoteFile(AT, size=20, etag=COMPOSITE, part_size=10)
    fitting = fetched(told, ranges)
    assert isinstance(fitting, Stored)
    assert fitting.proof is Proof.EVERY_PART
    other = fetched(RemoteFile(AT, size=20, etag=f"{OTHER}-2", part_size=10), ranges)
    assert isinstance(other, Stored)
    assert other.proof is Proof.SIZE_ONLY


def test_a_size_or_an_md5_that_differs_decides_against_a_download() -> None:
    assert isinstance(
        fetched(RemoteFile(AT, size=21, etag=f"{OTHER}-2", part_size=10), Sent(20, TWO)), Differs
    )
    md5 = hashlib.md5(b"x", usedforsecurity=False).hexdigest()
    assert isinstance(fetched(RemoteFile(AT, size=10, md5=md5), Sent(10, ONE, A)), Differs)


def test_ica_is_asked_less_and_less_often() -> None:
    clock = FakeClock()
    patience = Patience(clock.time)
    waits = [patience.begin("file")]
    assert patience.begin("file") == 0.0
    moments = 0.0
    while moments < 3600:
        clock.advance(waits[-1])
        moments += waits[-1]
        waits.append(patience.next_wait("file"))
    assert waits[:6] == [2, 4, 8, 15, 30, 30]
    assert waits[-1] == 600
    asked_in_ten_minutes = [w for w in waits if w < 600]
    assert sum(asked_in_ten_minutes) < 660
    clock.advance(LATEST)
    assert patience.waited("file") > LATEST
    patience.end("file")
    assert patience.waited("file") == 0.0


def test_only_so_many_waits_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipette.providers.ica_arrivals.MOST_KEPT", 2)
    clock = FakeClock()
    patience = Patience(clock.time)
    for what in ("a", "b", "c"):
        patience.begin(what)
    clock.advance(5)
    assert [patience.waited(what) for what in ("a", "b", "c")] == [0.0, 0.0, 5.0]
