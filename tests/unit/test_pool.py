"""Workers that stay, do every job, and are gone when asked to be."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from queue import Queue

import pytest

from pipette.engine.pool import PlainThreads, QtThreads, WorkerPool

PATIENCE = 10.0


@pytest.fixture(params=[QtThreads, PlainThreads])
def pool(request: pytest.FixtureRequest) -> Iterator[WorkerPool]:
    made = WorkerPool(3, request.param)
    yield made
    assert made.wait(PATIENCE)


def test_what_belongs_to_a_thread_is_kept_from_job_to_job(pool: WorkerPool) -> None:
    own = threading.local()
    seen: Queue[int] = Queue()

    def job() -> None:
        own.jobs = getattr(own, "jobs", 0) + 1
        seen.put(own.jobs)

    for number in range(1, 4):
        pool.start(job)
        assert seen.get(timeout=PATIENCE) == number


def test_every_job_is_done_and_no_more_at_once_than_there_are_threads(pool: WorkerPool) -> None:
    lock = threading.Lock()
    gate = threading.Semaphore(0)
    at_once = most = 0
    done: Queue[int] = Queue()

    def job(number: int) -> None:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        assert gate.acquire(timeout=PATIENCE)
        with lock:
            at_once -= 1
        done.put(number)

    for number in range(20):
        pool.start(lambda number=number: job(number))
    gate.release(20)
    assert sorted(done.get(timeout=PATIENCE) for _ in range(20)) == list(range(20))
    assert most <= 3


def test_waiting_ends_when_the_jobs_do_and_says_when_they_did_not(pool: WorkerPool) -> None:
    gate = threading.Event()
    ended = threading.Event()
    pool.start(lambda: (gate.wait(PATIENCE), ended.set()))
    assert not pool.wait(0.01)
    gate.set()
    assert pool.wait(PATIENCE)
    assert ended.is_set()


def test_there_are_workers_again_after_waiting(pool: WorkerPool) -> None:
    for _ in range(3):
        done = threading.Event()
        pool.start(done.set)
        assert pool.wait(PATIENCE)
        assert done.is_set()
