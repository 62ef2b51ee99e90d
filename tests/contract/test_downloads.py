"""The contract of downloads, for every provider alike."""

from __future__ import annotations

import random
import urllib.request
from dataclasses import replace

import pytest
from tests.contract.bench import Bench, sent_of
from tests.contract.joined import Lacks

from pipette.model import errors
from pipette.model.files import RemoteFile
from pipette.model.parts import Part, Proof, Receipt
from pipette.providers.protocol import Differs, Downloads, Links, Sent, Stored


def stored(bench: Bench, name: str, data: bytes) -> RemoteFile:
    bench.place.write(bench.at(name), data)
    found = bench.provider.find(bench.at(name))
    assert found is not None
    return found


def able(bench: Bench) -> Downloads:
    assert isinstance(bench.provider, Downloads)
    return bench.provider


@pytest.mark.parametrize(("size", "part_size"), [(0, 10), (1, 10), (10, 10), (11, 10), (95, 10)])
def test_every_size_comes_back_in_ranges(bench: Bench, size: int, part_size: int) -> None:
    data = random.Random(size).randbytes(size)
    remote = stored(bench, f"{size} bytes", data)
    fetched, verdict = bench.download(remote, part_size)
    assert fetched == data
    assert isinstance(verdict, Stored)
    if not bench.lacks(Lacks.CHECKSUMS):
        assert verdict.proof is Proof.WHOLE_FILE


def test_a_file_sent_in_parts_comes_back_proven(bench: Bench) -> None:
    limits = bench.provider.limits
    part = bench.joined.part_size or limits.preferred_part
    data = random.Random(5).randbytes(max(limits.whole, part) + 1)
    upload = bench.upload(bench.at("in parts"), data)
    upload.through()
    remote = bench.provider.find(upload.to)
    assert remote is not None
    fetched, verdict = bench.download(remote, upload.handle.part_size)
    assert fetched == data
    assert isinstance(verdict, Stored)
    if bench.lacks(Lacks.PART_SIZES):
        assert verdict.proof is Proof.SIZE_ONLY
    elif not bench.lacks(Lacks.CHECKSUMS):
        assert verdict.proof in (Proof.WHOLE_FILE, Proof.EVERY_PART)


def test_a_file_that_changed_meanwhile_is_refused(bench: Bench) -> None:
    remote = stored(bench, "changing", b"a" * 100)
    bench.place.write(remote.location, b"b" * 100)
    part = Part(2, 50, 50)
    if bench.lacks(Lacks.REPLACING):
        assert bench.fetch(remote, part)[1] == b"a" * 50
        return
    with pytest.raises(errors.RemoteChanged):
        bench.fetch(remote, part)


def test_a_file_that_shrank_meanwhile_is_refused(bench: Bench) -> None:
    remote = stored(bench, "shrinking", b"a" * 100)
    bench.place.write(remote.location, b"b")
    part = Part(2, 50, 50)
    if bench.lacks(Lacks.REPLACING):
        assert bench.fetch(remote, part)[1] == b"a" * 50
        return
    with pytest.raises(errors.RemoteChanged):
        bench.fetch(remote, part)


def test_a_file_that_is_gone_is_missing(bench: Bench) -> None:
    remote = replace(stored(bench, "vanishing", b"abc"), location=bench.at("vanished"), id=None)
    part = Part(1, 0, 3)
    with pytest.raises(errors.RemoteMissing):
        bench.fetch(remote, part)


@pytest.mark.parametrize("fault", ["slow_down", "broken", "expired"])
def test_a_refused_range_says_why(bench: Bench, fault: str) -> None:
    expected = {
        "slow_down": errors.SlowDown,
        "broken": errors.Temporary,
        "expired": errors.SignInNeeded,
    }[fault]
    remote = stored(bench, f"refused {fault}", b"abc")
    bench.fail(fault)
    part = Part(1, 0, 3)
    with pytest.raises(expected):
        bench.fetch(remote, part)


def test_other_bytes_than_those_stored_are_a_difference(bench: Bench) -> None:
    remote = stored(bench, "flipped", b"abc")
    verdict = able(bench).verify(remote, sent_of(b"abd", [Receipt(1, 3)]))
    if bench.lacks(Lacks.CHECKSUMS):
        assert verdict == Stored(remote, Proof.SIZE_ONLY)
        return
    assert isinstance(verdict, Differs)


def test_fewer_bytes_than_those_stored_are_a_difference(bench: Bench) -> None:
    remote = stored(bench, "short", b"abc")
    assert isinstance(able(bench).verify(remote, Sent(2, [Receipt(1, 2)])), Differs)


def test_without_a_checksum_only_the_size_is_proven(bench: Bench) -> None:
    remote = stored(bench, "unhashed", b"abc")
    verdict = able(bench).verify(remote, Sent(3, [Receipt(1, 3)]))
    assert isinstance(verdict, Stored)
    assert verdict.proof is Proof.SIZE_ONLY


def test_a_link_lets_anyone_read_the_file(bench: Bench) -> None:
    provider = bench.provider
    assert isinstance(provider, Links) is not bench.lacks(Lacks.LINKS)
    if not isinstance(provider, Links):
        return
    for name in bench.joined.odd_names:
        stored(bench, name, name.encode())
        with urllib.request.urlopen(provider.link(bench.at(name), 1)) as answer:
            assert answer.read() == name.encode()
