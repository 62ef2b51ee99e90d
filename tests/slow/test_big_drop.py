"""A hundred thousand files dropped on the real window: it stays usable, and memory stays bounded.

The bounds are generous, for a busy build server; the figures of a quiet machine are measured by
``python3 dev.py bench window``.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from benchmarks.window.lag import LagGauge
from benchmarks.window.measuring import make_many
from benchmarks.window.scene import Scene, real_window
from pytestqt.qtbot import QtBot

from pipette.model.account import Account, Secret
from pipette.model.transfer import BatchSnapshot, State
from pipette.practice.server import PRACTICE_KEY, S3Server

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.qt_log_ignore("^This plugin does not support"),
]

FILES = 100_000
MiB = 1 << 20
USABLE_MS = 300
FROZEN_MS = 1000
ADDED_MEMORY = 150 * MiB
LONGEST_MS = 240_000


@pytest.fixture
def scene(qtbot: QtBot, tmp_path: Path) -> Iterator[Scene]:
    """The window on a home of its own, showing the bucket of a strict S3 service."""
    with S3Server(tmp_path / "server") as server:
        server.create_bucket("runs")
        account = Account("lab", "s3", server.url, "us-east-1", container="runs")
        secret = Secret(f"{PRACTICE_KEY.id}:{PRACTICE_KEY.secret}")
        with real_window(tmp_path / "home", account, secret) as scene:
            qtbot.waitUntil(lambda: not scene.window.background.is_busy, timeout=10_000)
            yield scene


def the_batch(scene: Scene) -> BatchSnapshot | None:
    rows = scene.window.transfers.page.model.listed
    return rows[-1].snapshot if rows else None


def resident_bytes() -> int:
    pages = Path(f"/proc/{os.getpid()}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def test_a_hundred_thousand_files_leave_the_window_usable(
    qtbot: QtBot, scene: Scene, tmp_path: Path
) -> None:
    many = make_many(tmp_path / "many", FILES)
    before = resident_bytes()
    gauge = LagGauge(scene.window)

    gauge.take()
    began = time.perf_counter()
    scene.drop(many)
    qtbot.waitUntil(lambda: scene.sheet() is not None, timeout=5000)
    asked_ms = (time.perf_counter() - began) * 1000
    sheet = scene.sheet()
    assert sheet is not None
    sheet.accept()
    qtbot.waitUntil(lambda: the_batch(scene) is not None, timeout=5000)
    assert asked_ms < USABLE_MS
    asking = gauge.take()
    assert asking.most < USABLE_MS

    def all_found() -> bool:
        batch = the_batch(scene)
        return batch is not None and batch.files == FILES and not batch.scanning

    qtbot.waitUntil(all_found, timeout=LONGEST_MS)
    finding = gauge.take()
    assert finding.most < FROZEN_MS

    scene.window.transfers.open_newest()
    model = scene.window.transfers.page.model
    qtbot.waitUntil(lambda: model.rowCount() == FILES + 1, timeout=LONGEST_MS)
    opening = gauge.take()
    assert opening.most < FROZEN_MS

    bar = scene.window.transfers.page.table.verticalScrollBar()
    bar.setValue(bar.maximum())
    enough = arrived(scene) + 2000
    qtbot.waitUntil(lambda: arrived(scene) >= enough, timeout=LONGEST_MS)
    sending = gauge.take()
    assert sending.most < FROZEN_MS
    added = resident_bytes() - before
    assert added < ADDED_MEMORY
    gauge.stop()

    scene.queue.pause()
    qtbot.waitUntil(lambda: is_paused(scene), timeout=30_000)
    tell(asked_ms, asking.most, finding.most, opening.most, sending.most, added / MiB)


def arrived(scene: Scene) -> int:
    batch = the_batch(scene)
    return batch.count(State.VERIFIED) if batch else 0


def is_paused(scene: Scene) -> bool:
    batch = the_batch(scene)
    return batch is not None and batch.paused


def tell(*figures: float) -> None:
    """For whoever runs it with ``-s``."""
    names = ("asked after ms", "lag asking", "finding", "opening", "sending", "MiB added")
    print("\n" + ", ".join(f"{n} {f:.0f}" for n, f in zip(names, figures, strict=True)))  # noqa: T201
