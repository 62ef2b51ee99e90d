"""What the engine waits for: planned tries, held accounts, whole-file hashes."""

from __future__ import annotations

import hashlib
import queue
import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.fakes.records import HANDLE, new_batch, new_transfer, receipt

from pipette.engine.records import Transfer
from pipette.engine.waits import MOST_HASHES, Hashes, Holds, Retries
from pipette.model.errors import (
    NetworkDown,
    SignInNeeded,
    SourceMissing,
    Temporary,
    TransferError,
)
from pipette.model.stages import MovePart, Open
from pipette.model.transfer import TransferId

PATIENCE = 10.0


def transfer(number: int = 1, path: str = "", size: int = 35) -> Transfer:
    made = new_transfer(new_batch(), size=size)
    made.id = TransferId(number)
    made.local = path or made.local
    return made


# Tries


@pytest.fixture
def retries() -> Retries:
    return Retries(random.Random(1))


def test_a_try_is_due_when_its_time_has_come_and_once(retries: Retries) -> None:
    one = transfer()
    wait = retries.plan(one, Open(), Temporary("500", wait_seconds=7.0), now=100.0)
    assert wait is not None
    at = 100.0 + wait
    assert retries.next_at() == at
    assert retries.due(at - 0.01, {1: one}.get) == []
    assert retries.due(at, {1: one}.get) == [(one, Open())]
    assert retries.due(at, {1: one}.get) == []
    assert retries.next_at() is None
    assert one.attempts == 1


def test_tries_come_in_the_order_of_their_times(retries: Retries) -> None:
    one, two = transfer(1), transfer(2)
    retries.plan(one, MovePart(1), Temporary("x", wait_seconds=50.0), 0.0)
    retries.plan(two, MovePart(4), Temporary("x", wait_seconds=5.0), 0.0)
    retries.plan(one, MovePart(2), Temporary("x", wait_seconds=20.0), 0.0)
    due = retries.due(100.0, {1: one, 2: two}.get)
    assert due == [(two, MovePart(4)), (one, MovePart(2)), (one, MovePart(1))]


def test_what_was_tried_too_often_is_not_planned(retries: Retries) -> None:
    one = transfer()
    waits = [retries.plan(one, Open(), Temporary("500"), 0.0) for _ in range(8)]
    assert waits[-1] is None
    assert None not in waits[:-1]
    assert one.attempts == 8


def test_each_step_of_a_transfer_has_its_own_tries(retries: Retries) -> None:
    one = transfer()
    for _ in range(7):
        assert retries.plan(one, MovePart(1), Temporary("500"), 0.0) is not None
    assert retries.plan(one, MovePart(2), Temporary("500"), 0.0) is not None


def test_dropped_begun_or_vanished_tries_are_passed_over(retries: Retries) -> None:
    dropped, begun, vanished = (transfer(number) for number in (1, 2, 3))
    for one in (dropped, begun, vanished):
        retries.plan(one, Open(), Temporary("x", wait_seconds=1.0), 0.0)
    assert list(retries.drop(dropped)) == [Open()]
    retries.begun(begun, Open())
    assert retries.due(100.0, {1: dropped, 2: begun}.get) == []


def test_hurrying_brings_every_try_forward_and_none_comes_twice(retries: Retries) -> None:
    one, two = transfer(1), transfer(2)
    for number in (1, 2):
        retries.plan(one, MovePart(number), NetworkDown("x", wait_seconds=500.0), 0.0)
    retries.plan(two, Open(), NetworkDown("x", wait_seconds=500.0), 0.0)
    retries.hurry(10.0, iter([one]))
    assert retries.next_at() == 10.0
    find = {1: one, 2: two}.get
    assert retries.due(10.0, find) == [(one, MovePart(1)), (one, MovePart(2))]
    retries.begun(one, MovePart(1))
    retries.begun(one, MovePart(2))
    assert retries.due(1000.0, find) == [(two, Open())]


def test_the_reason_for_waiting_is_the_latest_and_ends_with_it(retries: Retries) -> None:
    one = transfer()
    assert retries.reason(one) is None
    last = NetworkDown("x")
    retries.plan(one, MovePart(1), Temporary("x"), 0.0)
    retries.plan(one, MovePart(2), last, 0.0)
    assert retries.reason(one) is last
    list(retries.drop(one))
    assert retries.reason(one) is None


# Held accounts


def test_a_held_account_keeps_its_first_reason_until_it_is_released() -> None:
    holds = Holds()
    first = SignInNeeded("ExpiredToken")
    holds.hold("lab", first)
    holds.hold("lab", SignInNeeded("later"))
    assert "lab" in holds
    assert "other" not in holds
    assert holds.why("lab") is first
    assert holds.why("other") is None
    assert holds.changed
    assert holds.release("lab")
    assert not holds.release("lab")
    assert holds.all() == ()


# Hashes


class ThreadPool:
    """A thread for each job."""

    def __init__(self) -> None:
        self.threads: list[threading.Thread] = []

    def start(self, job: Callable[[], None]) -> None:
        self.threads.append(threading.Thread(target=job))
        self.threads[-1].start()

    def wait(self, seconds: float) -> bool:
        for thread in self.threads:
            thread.join(seconds)
        return not any(thread.is_alive() for thread in self.threads)


class Bench:
    """Hashes on threads, and what they told."""

    def __init__(self) -> None:
        self.pool = ThreadPool()
        self.told: queue.SimpleQueue[tuple[TransferId, str | TransferError]] = queue.SimpleQueue()
        self.hashes = Hashes(self.pool, lambda one, result: self.told.put((one, result)))


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.hashes.close()
    assert made.pool.wait(PATIENCE)


def write(folder: Path, data: bytes) -> str:
    path = folder / "a"
    path.write_bytes(data)
    return str(path)


DATA = bytes(range(35))


def test_a_hash_is_told_when_every_part_has_passed(bench: Bench, tmp_path: Path) -> None:
    one = transfer(path=write(tmp_path, DATA))
    one.receipts = {1: receipt(1), 3: receipt(3)}
    bench.hashes.begin(one, HANDLE, one.local)
    assert one.id in bench.hashes
    running = bench.hashes.of(one.id)
    assert running is not None
    running.offer(10, memoryview(DATA)[10:20])
    running.passed(30, 5)
    md5 = hashlib.md5(DATA, usedforsecurity=False).hexdigest()
    assert bench.told.get(timeout=PATIENCE) == (one.id, md5)
    assert bench.hashes.position(one.id) == 35
    bench.hashes.end(one.id)
    assert one.id not in bench.hashes
    assert bench.hashes.of(one.id) is None
    assert bench.hashes.position(one.id) is None


def test_a_hash_that_is_ended_tells_nothing(bench: Bench, tmp_path: Path) -> None:
    one = transfer(path=write(tmp_path, DATA))
    bench.hashes.begin(one, HANDLE, one.local)
    bench.hashes.end(one.id)
    bench.hashes.end(one.id)
    assert bench.pool.wait(PATIENCE)
    assert bench.told.empty()


def test_a_hash_that_cannot_read_its_file_tells_why(bench: Bench, tmp_path: Path) -> None:
    one = transfer(path=str(tmp_path / "gone"))
    one.receipts = {1: receipt(1)}
    bench.hashes.begin(one, HANDLE, one.local)
    number, error = bench.told.get(timeout=PATIENCE)
    assert number == one.id
    assert isinstance(error, SourceMissing)


def test_only_so_many_hashes_run_at_once_and_closing_ends_them_all(
    bench: Bench, tmp_path: Path
) -> None:
    path = write(tmp_path, DATA)
    for number in range(MOST_HASHES):
        assert not bench.hashes.full
        bench.hashes.begin(transfer(number, path), HANDLE, path)
    assert bench.hashes.full
    bench.hashes.close()
    assert bench.pool.wait(PATIENCE)
    assert not bench.hashes.full
    bench.hashes.begin(transfer(99, path), HANDLE, path)
    assert TransferId(99) not in bench.hashes
