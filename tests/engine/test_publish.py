"""What the outside is told: each change once, files only where somebody looks, honest speeds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.fakes.clock import FakeClock
from tests.fakes.records import HANDLE, journal_at, new_batch

from pipette.engine.journal import Journal
from pipette.engine.ledger import Ledger
from pipette.engine.meter import Meter
from pipette.engine.plan import Row
from pipette.engine.publish import PUBLISH_SECONDS, RATE_SECONDS, Publisher
from pipette.engine.records import Batch, Transfer
from pipette.engine.waits import Holds
from pipette.model.errors import SignInNeeded
from pipette.model.files import MiB
from pipette.model.stages import MovePart, Moving
from pipette.model.transfer import BatchSnapshot, Changes, Direction, State


@dataclass
class Desk:
    """A ledger with two batches of two files, and a publisher that tells of it."""

    journal: Journal
    clock: FakeClock = field(default_factory=FakeClock)
    holds: Holds = field(default_factory=Holds)

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.journal, self.clock)
        self.meter = Meter(self.clock)
        self.publisher = Publisher(self.ledger, self.meter, self.holds, self.clock)
        self.batches = [self._batch(number) for number in (1, 2)]

    def _batch(self, number: int) -> Batch:
        batch = new_batch(f"20270115-{number}", order=number)
        self.journal.add_batch(batch)
        self.ledger.add_batch(batch)
        rows = [Row(name, batch.place.child(name), f"/{name}", 64 * MiB) for name in "ab"]
        self.ledger.rows_arrived(batch, rows)
        batch.scanned = True
        return batch

    def begin(self, batch: Batch) -> Transfer:
        transfer = self.ledger.next_waiting(batch)
        assert transfer is not None
        self.ledger.take(batch)
        transfer.stage = Moving(HANDLE, 4)
        self.ledger.show(transfer, State.MOVING)
        return transfer

    def tell(self, seconds: float = 2 * PUBLISH_SECONDS) -> Changes:
        self.clock.advance(seconds)
        assert self.publisher.is_due(self.clock.monotonic())
        self.publisher.run(online=True)
        return self.publisher.take()

    def told_of(self, changes: Changes, batch: Batch) -> BatchSnapshot:
        [found] = [one for one in changes.batches if one.id == batch.id]
        return found

    def move(self, transfer: Transfer, count: int) -> None:
        with self.meter.attempt(transfer.id, Direction.UPLOAD) as attempt:
            attempt.add(count)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with journal_at(tmp_path / "queue.sqlite") as journal:
        yield Desk(journal)


def test_each_change_is_told_once(desk: Desk) -> None:
    assert {batch.id for batch in desk.tell().batches} == {batch.id for batch in desk.batches}
    assert desk.tell() == Changes()
    desk.ledger.touch(desk.batches[0].id)
    assert [batch.id for batch in desk.tell().batches] == [desk.batches[0].id]


def test_what_nobody_took_yet_is_kept_and_the_latest_of_it_told(desk: Desk) -> None:
    desk.publisher.run(online=True)
    desk.begin(desk.batches[0])
    desk.publisher.run(online=True)
    changes = desk.publisher.take()
    assert len(changes.batches) == 2
    assert desk.told_of(changes, desk.batches[0]).count(State.MOVING) == 1


def test_files_are_told_only_of_batches_somebody_looks_into(desk: Desk) -> None:
    first, second = desk.batches
    desk.publisher.watch([second.id])
    assert {file.batch for file in desk.tell().files} == {second.id}
    desk.publisher.watch([])
    desk.begin(second)
    assert desk.tell().files == ()
    desk.publisher.watch([second.id, first.id])
    assert [file.batch for file in desk.tell().files] == [second.id]


def test_what_moves_is_told_again_and_again_with_its_running_bytes(desk: Desk) -> None:
    batch = desk.batches[0]
    transfer = desk.begin(batch)
    desk.publisher.watch([batch.id])
    desk.tell()
    with desk.meter.attempt(transfer.id, Direction.UPLOAD) as attempt:
        for total in (MiB, 2 * MiB):
            attempt.add(MiB)
            changes = desk.tell()
            assert [file.moving for file in changes.files] == [total]
            assert desk.told_of(changes, batch).sent_bytes == total
    assert [file.moving for file in desk.tell().files] == [0]


def test_a_file_tells_when_its_next_try_comes(desk: Desk) -> None:
    transfer = desk.begin(desk.batches[0])
    desk.publisher.watch([desk.batches[0].id])
    transfer.retry_at = {
        MovePart(1): desk.clock.monotonic() + 30.0,
        MovePart(2): desk.clock.monotonic() + 12.0,
    }
    [file] = [one for one in desk.tell(2.0).files if one.id == transfer.id]
    assert file.retry_at == pytest.approx(desk.clock.time() + 10.0)


def test_the_speed_of_a_batch_follows_what_it_moves_and_forgets_slowly(desk: Desk) -> None:
    batch = desk.batches[0]
    transfer = desk.begin(batch)
    desk.tell()
    speeds = []
    for _ in range(40):
        desk.move(transfer, 10 * MiB)
        speeds.append(desk.told_of(desk.tell(1.0), batch).rate_bytes)
    assert speeds == sorted(speeds)
    assert speeds[-1] == pytest.approx(10 * MiB, rel=0.01)
    slower = desk.told_of(desk.tell(1.0), batch).rate_bytes
    assert slower == pytest.approx(speeds[-1] * (1 - 1 / RATE_SECONDS))


def test_a_batch_that_stands_still_has_no_speed(desk: Desk) -> None:
    batch = desk.batches[0]
    transfer = desk.begin(batch)
    desk.tell()
    desk.move(transfer, 10 * MiB)
    assert desk.told_of(desk.tell(1.0), batch).rate_bytes > 0
    desk.ledger.show(transfer, State.PAUSED)
    assert desk.told_of(desk.tell(1.0), batch).rate_bytes == 0


def test_two_looks_at_one_moment_divide_by_nothing(desk: Desk) -> None:
    transfer = desk.begin(desk.batches[0])
    desk.publisher.run(online=True)
    desk.move(transfer, MiB)
    desk.publisher.run(online=True)
    assert desk.told_of(desk.publisher.take(), desk.batches[0]).rate_bytes == 0


def test_a_batch_taken_off_the_list_is_told_and_not_shown_any_more(desk: Desk) -> None:
    first = desk.batches[0]
    desk.publisher.run(online=True)
    desk.ledger.touch(first.id)
    desk.ledger.forget_batch(first.id)
    desk.publisher.removed(first.id)
    changes = desk.tell()
    assert changes.removed == (first.id,)
    assert [batch.id for batch in changes.batches] == [desk.batches[1].id]
    assert desk.tell().removed == ()


def test_held_accounts_and_a_lost_network_are_told(desk: Desk) -> None:
    desk.holds.hold("lab", SignInNeeded("ExpiredToken"))
    desk.holds.hold("lab", SignInNeeded("again"))
    assert desk.tell().accounts_waiting == (("lab", "SignInNeeded"),)
    assert desk.holds.release("lab")
    assert not desk.holds.release("lab")
    assert desk.tell().accounts_waiting == ()
    desk.publisher.run(online=False)
    assert not desk.publisher.take().online


def test_the_speeds_of_both_directions_are_told(desk: Desk) -> None:
    for direction in Direction:
        with desk.meter.attempt(1, direction) as attempt:
            attempt.add(3 * MiB)
    changes = desk.tell(1.0)
    assert changes.up_rate == pytest.approx(3 * MiB)
    assert changes.down_rate == pytest.approx(3 * MiB)


def test_nothing_is_made_more_often_than_somebody_can_see(desk: Desk) -> None:
    desk.publisher.run(online=True)
    assert not desk.publisher.is_due(desk.clock.monotonic() + PUBLISH_SECONDS / 2)
    assert desk.publisher.is_due(desk.clock.monotonic() + PUBLISH_SECONDS)
