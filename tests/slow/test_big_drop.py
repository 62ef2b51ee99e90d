"""A hundred thousand files dropped on the real window: it stays usable, and memory stays bounded.

The bounds are generous, for a busy build server; the figures of a quiet machine are measured by
``python3 dev.py bench window``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from benchmarks.servers import Server
from benchmarks.window.measuring import make_many, perform, table
from benchmarks.window.scripts import BUCKET, Givens, Phase
from tests.e2e.program import write_random

from pipette.model.files import MiB
from pipette.practice.server import PRACTICE_KEY, S3Server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

FILES = 100_000
USABLE_MS = 300
"""Until the window takes the next click after the drop."""
ASKED_MS = 1000
FROZEN_MS = 1000
ADDED_MIB = 120
ALL_MIB = 400


@pytest.fixture(scope="module")
def phases(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Phase]:
    """The program in a process of its own sends to a strict S3 service in this one."""
    folder = Path(tmp_path_factory.mktemp("drop"))
    write_random(folder / "large.bam", 200 * MiB)
    many = make_many(folder / "many", FILES)
    givens = Givens(str(folder / "large.bam"), many=str(many), rows=FILES, phase_ms=3000)
    with S3Server(folder / "server") as server:
        server.create_bucket(BUCKET)
        there = Server(server.url, PRACTICE_KEY.id, PRACTICE_KEY.secret)
        done = perform("drop", givens, folder / "home", there)
    print(table("drop", done))  # noqa: T201  for whoever runs it with -s
    return {phase.name: phase for phase in done}


def test_the_window_is_usable_at_once(phases: Mapping[str, Phase]) -> None:
    assert phases["dropping"].found["ms until dropped"] < USABLE_MS
    assert phases["dropping"].found["ms until asked"] < ASKED_MS


def test_every_file_is_on_the_list(phases: Mapping[str, Phase]) -> None:
    assert phases["opening it"].found["rows"] > FILES


def test_nothing_freezes(phases: Mapping[str, Phase]) -> None:
    worst = {phase.name: phase.lag.most for phase in phases.values()}
    assert {name: late for name, late in worst.items() if late > FROZEN_MS} == {}


def test_files_are_sent_meanwhile(phases: Mapping[str, Phase]) -> None:
    assert phases["looking on"].found["files sent"] > 0


def test_memory_is_bounded(phases: Mapping[str, Phase]) -> None:
    before, after = phases["dropping"].memory_mib, phases["looking on"].memory_mib
    assert after - before < ADDED_MIB
    assert after < ALL_MIB
