"""Asking the service again, against a service that may have lost or changed what it held."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.engine.rig import OneAccount
from tests.fakes.performer import QuietProvider
from tests.fakes.records import PLACE, add, journal_at, new_batch, new_transfer

import pipette.engine.recheck as recheck_module
from pipette.engine.journal import Journal
from pipette.engine.journal_reader import JournalReader
from pipette.engine.recheck import Found, Rechecking
from pipette.engine.records import Transfer
from pipette.model.errors import NetworkDown, NotAllowed, SignInNeeded, SlowDown, TransferError
from pipette.model.files import Location, RemoteFile
from pipette.model.transfer import BatchId, Direction, State

MD5, OTHER = "a" * 32, "b" * 32


@dataclass
class Shelf(QuietProvider):
    """Answers ``find`` from a table."""

    holds: dict[str, RemoteFile | TransferError] = field(default_factory=dict)

    def find(self, at: Location) -> RemoteFile | None:
        found = self.holds.get(at.path)
        if isinstance(found, TransferError):
            raise found
        return found


@dataclass
class Scene:
    journal: Journal
    reader: JournalReader
    shelf: Shelf = field(default_factory=Shelf)

    def __post_init__(self) -> None:
        self.accounts = OneAccount(self.shelf)

    @property
    def rechecking(self) -> Rechecking:
        return Rechecking(self.reader, self.accounts)

    def delivered(self, *names: str, direction: Direction = Direction.UPLOAD) -> BatchId:
        batch = new_batch(direction=direction)
        self.journal.add_batch(batch)
        for name in names:
            self.keep(new_transfer(batch, name))
        self.journal.commit()
        return batch.id

    def keep(self, transfer: Transfer) -> None:
        state = State.CANCELLED if transfer.name == "cancelled" else State.VERIFIED
        add(self.journal, transfer)
        transfer.shown, transfer.md5, transfer.etag = state, MD5, MD5
        self.journal.save_states([transfer])

    def holds(self, name: str, size: int | None = 35, **told: str) -> None:
        at = PLACE.child(name)
        self.shelf.holds[at.path] = RemoteFile(
            at, size=size, etag=told.get("etag"), md5=told.get("md5")
        )

    def found(self, batch: BatchId) -> dict[str, Found]:
        return {one.file.name: one.found for one in self.rechecking.files(batch)}


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    path = tmp_path / "queue.sqlite"
    with journal_at(path) as journal, JournalReader(path) as reader:
        yield Scene(journal, reader)


def test_each_file_is_told_as_it_stands_now(scene: Scene) -> None:
    names = ("md5", "etag", "size", "other-md5", "other-etag", "shorter", "gone", "cancelled")
    batch = scene.delivered(*names)
    scene.holds("md5", md5=MD5, etag=OTHER)
    scene.holds("etag", etag=MD5)
    scene.holds("size", size=None)
    scene.holds("other-md5", md5=OTHER)
    scene.holds("other-etag", etag=OTHER)
    scene.holds("shorter", size=34, md5=MD5)
    assert scene.found(batch) == {
        "md5": Found.SAME,
        "etag": Found.SAME,
        "size": Found.SIZE_SAME,
        "other-md5": Found.DIFFERS,
        "other-etag": Found.DIFFERS,
        "shorter": Found.DIFFERS,
        "gone": Found.GONE,
    }
    assert scene.rechecking.summary(batch) == {
        "same": 2,
        "size-same": 1,
        "differs": 3,
        "gone": 1,
    }


def test_a_file_that_cannot_be_asked_for_does_not_stop_the_others(scene: Scene) -> None:
    batch = scene.delivered("a", "b")
    scene.shelf.holds["runs/a"] = NotAllowed("403")
    scene.holds("b", md5=MD5)
    [first, second] = scene.rechecking.files(batch)
    assert (first.found, type(first.error)) == (Found.UNKNOWN, NotAllowed)
    assert (second.found, second.error) == (Found.SAME, None)


def test_what_was_fetched_is_looked_for_where_it_came_from(scene: Scene) -> None:
    batch = scene.delivered("a", direction=Direction.DOWNLOAD)
    scene.holds("a", md5=MD5)
    assert scene.found(batch) == {"a": Found.SAME}


def test_all_pages_are_looked_through(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recheck_module, "PAGE", 2)
    batch = scene.delivered(*"abcde")
    assert scene.found(batch) == dict.fromkeys("abcde", Found.GONE)


def test_without_a_key_everything_is_unknown(scene: Scene) -> None:
    batch = scene.delivered("a", "b")
    scene.accounts.key_is_good = False
    assert scene.rechecking.summary(batch) == {"unknown": 2}
    with pytest.raises(SignInNeeded):
        list(scene.rechecking.files(batch))


def test_a_network_that_breaks_is_told_file_by_file(scene: Scene) -> None:
    batch = scene.delivered("a")
    scene.shelf.holds["runs/a"] = NetworkDown("x")
    assert scene.rechecking.summary(batch) == {"unknown": 1}


def test_a_batch_nobody_knows_has_no_files(scene: Scene) -> None:
    assert scene.rechecking.summary(BatchId("20270115-99")) == {}


def test_an_etag_that_stayed_says_the_same_though_it_is_no_digest(scene: Scene) -> None:
    batch = scene.delivered("encrypted")
    scene.holds("encrypted", etag=MD5, md5=OTHER)
    assert scene.found(batch) == {"encrypted": Found.SAME}


@dataclass
class Busy(Shelf):
    """Asks whoever comes to come later, so many times."""

    refusals: int = 0

    def find(self, at: Location) -> RemoteFile | None:
        if self.refusals:
            self.refusals -= 1
            raise SlowDown("429", wait_seconds=3.0 if self.refusals else None)
        return super().find(at)


@pytest.mark.parametrize(("refusals", "found"), [(2, Found.GONE), (50, Found.UNKNOWN)])
def test_a_service_that_counts_calls_is_waited_for_but_not_for_ever(
    scene: Scene, refusals: int, found: Found
) -> None:
    batch = scene.delivered("a")
    slept: list[float] = []
    busy = OneAccount(Busy(refusals=refusals))
    rechecking = Rechecking(scene.reader, busy, slept.append)
    assert [one.found for one in rechecking.files(batch)] == [found]
    assert slept[:2] == ([3.0, 5.0] if refusals == 2 else [3.0, 3.0])
    assert len(slept) == min(refusals, 8)
