"""The whole file's MD5 is right however its parts pass, and its memory is bounded."""

from __future__ import annotations

import hashlib
import random
import threading
from pathlib import Path

import pytest

from pipette.engine.bodies import BLOCK
from pipette.engine.interrupt import Interrupt
from pipette.engine.wholehash import BlockBudget, Spans, WholeHash
from pipette.model.errors import Interrupted, SourceChanged, SourceMissing
from pipette.model.files import MiB


@pytest.fixture
def content() -> bytes:
    return random.Random(5).randbytes(9 * MiB + 12345)


@pytest.fixture
def path(tmp_path: Path, content: bytes) -> str:
    file = tmp_path / "reads.fastq.gz"
    file.write_bytes(content)
    return str(file)


def blocks_of(content: bytes) -> list[tuple[int, memoryview]]:
    view = memoryview(content)
    return [(offset, view[offset : offset + BLOCK]) for offset in range(0, len(content), BLOCK)]


def md5_of(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def test_blocks_that_pass_in_order_are_never_read_again(content: bytes, tmp_path: Path) -> None:
    """The file is not even there."""
    whole = WholeHash(str(tmp_path / "no such file"), len(content), BlockBudget())
    for offset, block in blocks_of(content):
        whole.offer(offset, block)
    assert whole.run(Interrupt()) == md5_of(content)
    assert whole.position == len(content)


def test_an_empty_file_has_the_md5_of_nothing(tmp_path: Path) -> None:
    assert WholeHash(str(tmp_path / "empty"), 0, BlockBudget()).run(Interrupt()) == md5_of(b"")


def test_blocks_may_pass_out_of_order_from_several_workers(content: bytes, path: str) -> None:
    whole = WholeHash(path, len(content), BlockBudget(3 * MiB))
    blocks = blocks_of(content)
    random.Random(1).shuffle(blocks)

    def work(mine: list[tuple[int, memoryview]]) -> None:
        for offset, block in mine:
            whole.offer(offset, block)

    workers = [threading.Thread(target=work, args=(blocks[start::3],)) for start in range(3)]
    for worker in workers:
        worker.start()
    assert whole.run(Interrupt()) == md5_of(content)
    for worker in workers:
        worker.join()


def test_without_any_budget_everything_is_read_again(content: bytes, path: str) -> None:
    whole = WholeHash(path, len(content), BlockBudget(0))
    for offset, block in reversed(blocks_of(content)):
        whole.offer(offset, block)
    assert whole.run(Interrupt()) == md5_of(content)


def test_spans_of_an_earlier_run_are_read_from_disk(content: bytes, path: str) -> None:
    whole = WholeHash(path, len(content), BlockBudget())
    whole.passed(0, 5 * MiB)
    for offset, block in blocks_of(content)[5:]:
        whole.offer(offset, block)
    assert whole.run(Interrupt()) == md5_of(content)


def test_bytes_may_be_offered_and_passed_again_and_again(content: bytes, path: str) -> None:
    budget = BlockBudget(4 * MiB)
    whole = WholeHash(path, len(content), budget)
    for offset, block in blocks_of(content)[:4] * 2:
        whole.offer(offset, block)
    whole.passed(0, 2 * MiB + 77)
    whole.passed(1 * MiB, len(content) - 1 * MiB)
    assert whole.run(Interrupt()) == md5_of(content)
    assert all_of(budget) == 4


def all_of(budget: BlockBudget) -> int:
    """How many buffers it has to lend now."""
    count = 0
    while budget.take() is not None:
        count += 1
    return count


def test_a_copy_that_was_overtaken_by_the_disk_is_given_back(content: bytes, path: str) -> None:
    budget = BlockBudget(4 * MiB)
    whole = WholeHash(path, len(content), budget)
    whole.offer(BLOCK, memoryview(content)[BLOCK : 2 * BLOCK])
    whole.passed(0, len(content))
    assert whole.run(Interrupt()) == md5_of(content)
    assert all_of(budget) == 4


def test_of_two_workers_that_offer_the_same_block_one_copy_is_kept(
    content: bytes, path: str
) -> None:
    first = memoryview(content)[:BLOCK]

    class Crowded(BlockBudget):
        """Another worker gets in between while the first asks for a buffer."""

        crowded = False

        def take(self) -> bytearray | None:
            if not self.crowded:
                self.crowded = True
                whole.offer(0, first)
            return super().take()

    budget = Crowded(4 * MiB)
    whole = WholeHash(path, len(content), budget)
    whole.offer(0, first)
    assert all_of(budget) == 3


def test_copies_never_exceed_the_budget_over_all_files(content: bytes, path: str) -> None:
    budget = BlockBudget(4 * MiB)
    for _ in range(2):
        whole = WholeHash(path, len(content), budget)
        for offset, block in blocks_of(content):
            whole.offer(offset, block)
    assert budget.take() is None


def test_only_blocks_needed_soon_are_copied(content: bytes, path: str) -> None:
    budget = BlockBudget(2 * MiB)
    whole = WholeHash(path, len(content), budget)
    far = blocks_of(content)[5:]
    for offset, block in far:
        whole.offer(offset, block)
    assert all_of(budget) == 2


def test_all_buffers_come_back_when_a_file_is_given_up(content: bytes, path: str) -> None:
    budget = BlockBudget(4 * MiB)
    whole = WholeHash(path, len(content), budget)
    for offset, block in blocks_of(content)[1:]:
        whole.offer(offset, block)
    whole.close()
    assert all_of(budget) == 4


def test_it_waits_for_what_has_not_passed_and_ends_at_once_when_stopped(
    content: bytes, path: str
) -> None:
    whole = WholeHash(path, len(content), BlockBudget())
    whole.offer(0, memoryview(content)[:BLOCK])
    interrupt = Interrupt()
    outcome: list[str] = []

    def work() -> None:
        try:
            whole.run(interrupt)
        except Interrupted:
            outcome.append("interrupted")

    worker = threading.Thread(target=work)
    worker.start()
    while whole.position < BLOCK:
        worker.join(0.001)
    interrupt.trip()
    worker.join(10)
    assert outcome == ["interrupted"]


def test_another_run_goes_on_where_the_first_stopped(content: bytes, path: str) -> None:
    whole = WholeHash(path, len(content), BlockBudget())
    stopped = Interrupt()
    stopped.trip()
    whole.passed(0, len(content))
    with pytest.raises(Interrupted):
        whole.run(stopped)
    assert whole.run(Interrupt()) == md5_of(content)


def test_a_file_cut_short_meanwhile_is_told(content: bytes, path: str) -> None:
    whole = WholeHash(path, len(content), BlockBudget())
    whole.passed(0, len(content))
    Path(path).write_bytes(content[: 3 * MiB])
    with pytest.raises(SourceChanged):
        whole.run(Interrupt())


def test_a_file_that_vanished_meanwhile_is_told(content: bytes, path: str) -> None:
    whole = WholeHash(path, len(content), BlockBudget())
    whole.passed(0, len(content))
    Path(path).unlink()
    with pytest.raises(SourceMissing):
        whole.run(Interrupt())


def test_spans_agree_with_a_plain_set_of_positions() -> None:
    chance = random.Random(3)
    for _ in range(300):
        spans, positions = Spans(), set[int]()
        for _ in range(chance.randrange(12)):
            start, length = chance.randrange(40), chance.randrange(9)
            spans.add(start, start + length)
            positions |= set(range(start, start + length))
        for position in range(50):
            reach = position
            while reach in positions:
                reach += 1
            assert spans.reach(position) == reach
