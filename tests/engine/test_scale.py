"""A drop of 100,000 files: bounded memory, rows in batches, nothing held that nobody has begun."""

from __future__ import annotations

import gc
import os
import tracemalloc
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from tests.engine.living import Living
from tests.engine.rig import BUCKET, PLAIN, Rig

from pipette.engine.journal_reader import JournalReader
from pipette.engine.ledger import AHEAD
from pipette.engine.records import Batch, Transfer
from pipette.engine.scan import CHUNK_FINDINGS
from pipette.model.files import MiB
from pipette.model.transfer import BatchId, State

MANY = 100_000
FOLDERS = 100
TRACED = 20_000
MOST_BYTES = 12 * MiB
"""All of them at once would take 20 MiB."""


@pytest.fixture(scope="module")
def vast(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """100,000 real files; those of a folder are links to one, which is quicker to make."""
    top = tmp_path_factory.mktemp("vast") / "run"
    for folder in range(FOLDERS):
        inside = top / f"d{folder:03}"
        inside.mkdir(parents=True)
        first = inside / "s0000.fastq.gz"
        first.write_bytes(b"x" * 5)
        for number in range(1, MANY // FOLDERS):
            os.link(first, f"{inside}/s{number:04}.fastq.gz")
    return top


@pytest.fixture
def living(tmp_path: Path) -> Iterator[Living]:
    made = Living(tmp_path)
    yield made
    made.engine.stop()


def batch_of(living: Living, batch: BatchId) -> Batch:
    return living.engine._ledger.batches[batch]


def plan(living: Living, top: Path) -> BatchId:
    """Drop it, paused, and turn the engine by hand until everything is found."""
    batch = living.engine.upload([str(top)], BUCKET, PLAIN)
    living.engine.pause([batch])
    living.engine.turn()
    while not batch_of(living, batch).scanned:
        living.engine.turn()
    return batch


def counts_of(living: Living, batch: BatchId) -> Mapping[State, int]:
    with JournalReader(living.path) as reader:
        found = reader.batch(batch)
    return dict(found.counts) if found else {}


def test_a_drop_of_100_000_files_is_found_sent_in_part_and_cancelled_with_few_in_hand(
    living: Living, vast: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = plan(living, vast)
    ledger, found = living.engine._ledger, batch_of(living, batch)
    assert found.files == MANY
    assert (ledger.waiting_loaded(found), len(ledger.live)) == (0, 0)

    living.engine.resume([batch])
    most_waiting = most_live = 0
    while len(living.service.stored) < 3 * AHEAD:
        living.engine.turn()
        most_waiting = max(most_waiting, ledger.waiting_loaded(found))
        most_live = max(most_live, len(ledger.live))
    assert 0 < most_waiting <= AHEAD
    assert most_live <= AHEAD

    def load(one: Batch, count: int) -> list[Transfer]:
        raise AssertionError("cancelling needs nothing in memory")

    monkeypatch.setattr(ledger._journal, "waiting", load)
    living.engine.cancel([batch])
    while found.finished_at is None:
        living.engine.turn()
    living.engine._scribe.write(force=True)
    sent = len(living.service.stored)
    assert counts_of(living, batch) == {State.VERIFIED: sent, State.CANCELLED: MANY - sent}
    assert (ledger.waiting_loaded(found), len(ledger.live)) == (0, 0)


def test_a_large_drop_is_planned_in_bounded_memory(
    living: Living, vast: Path, tmp_path: Path
) -> None:
    some = tmp_path / "some"
    some.mkdir()
    for folder in range(TRACED * FOLDERS // MANY):
        (some / f"d{folder:03}").symlink_to(vast / f"d{folder:03}")
    gc.collect()
    tracemalloc.start(1)
    try:
        batch = plan(living, some)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert batch_of(living, batch).files == TRACED
    assert peak < MOST_BYTES


def test_rows_reach_the_journal_while_the_scan_goes_on(
    tmp_path: Path, vast: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a drop shows up at once, and a kill in the middle loses little of the work."""
    rig = Rig(tmp_path)
    order = [vast / f"d{folder:03}" for folder in range(6)]
    batch = rig.upload(*order, slash=False)
    rig.engine.turn(wait=False)
    rig.engine.pause([batch])
    sizes: list[int] = []
    add = rig.journal.add_files

    def count_and_add(transfers: Sequence[Transfer]) -> None:
        sizes.append(len(transfers))
        add(transfers)

    monkeypatch.setattr(rig.journal, "add_files", count_and_add)
    rig.run_until(lambda: rig.engine._ledger.batches[batch].scanned)
    assert sum(sizes) == 6 * MANY // FOLDERS
    assert len(sizes) >= 3
    assert max(sizes) <= CHUNK_FINDINGS
    rig.close()
