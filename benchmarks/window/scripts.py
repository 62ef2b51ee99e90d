"""What a person does at the window while transfers run; each script in a process of its own.

Run by ``benchmarks.window.measuring`` with the script's name and its givens as JSON; the last line of
the answer is a list of phases as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import count, cycle
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QAbstractItemView, QHeaderView

from benchmarks.measure import MemoryWatch
from benchmarks.window.lag import Lag, LagGauge
from benchmarks.window.scene import Scene, pass_time, pass_until, real_window
from benchmarks.window.seeding import seed
from pipette.model.account import Account, Secret
from pipette.model.files import Location
from pipette.model.transfer import BatchId, BatchOptions
from pipette.ui.browser_model import Column
from pipette.ui.transfers_bar import Tab
from pipette.ui.transfers_rows import BatchRow, Chip

ACCOUNT = "bench"
MIB = 1 << 20
_FRAME_MS = 16
_LONGEST_MS = 180_000


@dataclass(frozen=True, slots=True)
class Givens:
    url: str
    secret: str
    home: str
    large: str
    """A file that takes some seconds to send."""
    small: str
    """A folder of many small files."""
    many: str
    """A folder of very many tiny files."""
    rows: int
    phase_ms: int


@dataclass(frozen=True, slots=True)
class Phase:
    name: str
    lag: Lag
    memory_mib: float
    seconds: float
    note: str = ""


@dataclass(slots=True)
class Stage:
    """A script's view of the window: measures what happens in each of its phases."""

    scene: Scene
    givens: Givens
    gauge: LagGauge
    memory: MemoryWatch
    phases: list[Phase] = field(default_factory=list)

    @contextmanager
    def phase(self, name: str) -> Iterator[list[str]]:
        """What is put into the list is told beside the figures."""
        notes: list[str] = []
        self.gauge.take()
        began = time.perf_counter()
        yield notes
        took = time.perf_counter() - began
        lag = self.gauge.take()
        self.phases.append(Phase(name, lag, self.memory.now() / MIB, took, "; ".join(notes)))

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Large files are sent at full speed all the while, one after the other."""
        numbers = count()
        sent: list[BatchId] = []

        def send_another() -> None:
            if not sent or is_finished(self.scene, sent[-1]):
                to = Location(ACCOUNT, "bench", f"busy/{next(numbers)}-{os.getpid()}")
                sent.append(self.scene.queue.upload([self.givens.large], to, BatchOptions()))

        timer = QTimer(interval=100)
        timer.timeout.connect(send_another)
        send_another()
        timer.start()
        yield
        timer.stop()

    def every_frame(self, act: Callable[[], object], milliseconds: int) -> None:
        self.repeat(act, _FRAME_MS, milliseconds)

    def repeat(self, act: Callable[[], object], every_ms: int, milliseconds: int) -> None:
        timer = QTimer(interval=every_ms)
        timer.timeout.connect(act)
        timer.start()
        pass_time(milliseconds)
        timer.stop()

    def scroll(self, view: QAbstractItemView) -> None:
        bar = view.verticalScrollBar()
        step = max(1, bar.maximum() // max(1, self.givens.phase_ms // _FRAME_MS))
        self.every_frame(lambda: bar.setValue(bar.value() + step), self.givens.phase_ms)
        bar.setValue(0)


def flows(stage: Stage) -> None:
    """Nothing on the list but one large file at a time."""
    with stage.phase("idle"):
        pass_time(stage.givens.phase_ms)
    with stage.busy(), stage.phase("large files at full speed"):
        pass_time(2 * stage.givens.phase_ms)


def rows(stage: Stage) -> None:
    """A batch with very many files is open in the list."""
    transfers = stage.scene.window.transfers
    model = transfers.page.model
    wanted = stage.givens.rows
    pass_until(lambda: model.rowCount() > 0, _LONGEST_MS)
    with stage.busy():
        pass_time(500)
        with stage.phase(f"opening {wanted:,} rows") as notes:
            model.open_batch(max(model.listed, key=lambda row: row.file_count))
            complete = pass_until(lambda: model.rowCount() >= wanted, _LONGEST_MS)
            notes.append(f"{model.rowCount():,} rows" + ("" if complete else ", not complete"))
        with stage.phase("looking on"):
            pass_time(stage.givens.phase_ms)
        with stage.phase("scroll"):
            stage.scroll(transfers.page.table)
        with stage.phase("filter"):
            chips = cycle([Chip.DONE, Chip.ACTIVE, Chip.ALL])
            stage.repeat(lambda: transfers.show_chip(next(chips)), 400, stage.givens.phase_ms)
        transfers.show_chip(Chip.ALL)


def drop_many(stage: Stage) -> None:
    """Very many tiny files are dropped while a large one is sent."""
    scene, transfers = stage.scene, stage.scene.window.transfers
    folder = Path(stage.givens.many)
    with stage.busy():
        pass_time(1000)
        with stage.phase(f"drop of {stage.givens.rows:,} files") as notes:
            began = time.perf_counter()
            scene.drop(folder)
            notes.append(f"back in {_ms(began)}")
            _answer_sheet(scene)
            notes.append(f"asked and answered after {_ms(began)}")
            batch = folder.name
            pass_until(lambda: _row(scene, batch) is not None, _LONGEST_MS, 5)
            notes.append(f"on the list after {_ms(began)}")
        with stage.phase("looking through it") as notes:
            found = pass_until(lambda: _files(scene, batch) >= stage.givens.rows, _LONGEST_MS)
            notes.append("all found" if found else "not all found")
        with stage.phase("opening it"):
            _open(scene, batch)
            pass_until(lambda: transfers.page.model.rowCount() >= stage.givens.rows, _LONGEST_MS)
        with stage.phase("scroll while it is sent"):
            stage.scroll(transfers.page.table)
        with stage.phase("filter while it is sent"):
            chips = cycle([Chip.DONE, Chip.ACTIVE, Chip.ALL])
            stage.repeat(lambda: transfers.show_chip(next(chips)), 400, stage.givens.phase_ms)


def small_files(stage: Stage) -> None:
    """Ten thousand small files, shown row by row while they are sent, and nothing beside them."""
    scene = stage.scene
    folder = Path(stage.givens.small)
    number = len(list(folder.iterdir()))
    with stage.phase(f"{number:,} small files") as notes:
        began = time.perf_counter()
        scene.drop(folder)
        _answer_sheet(scene)
        pass_until(lambda: _row(scene, folder.name) is not None, _LONGEST_MS, 5)
        _open(scene, folder.name)
        done = pass_until(lambda: _is_done(scene, folder.name), _LONGEST_MS)
        took = time.perf_counter() - began
        notes.append(f"{number / took:,.0f} files/s" if done else "not done")


def browse(stage: Stage) -> None:
    """A remote folder of very many files is listed, filtered and sorted."""
    browser = stage.scene.window.browser
    wanted = stage.givens.rows
    with stage.busy():
        with stage.phase(f"listing {wanted:,} remote files") as notes:
            browser.open(Location(ACCOUNT, "bench", "many"))
            pass_until(lambda: browser.model.rowCount() >= wanted, _LONGEST_MS)
            notes.append(f"{browser.model.rowCount():,} listed")
        with stage.phase("scroll"):
            stage.scroll(browser.list)
        with stage.phase("filter"):
            texts = cycle(["1", "12", "123", "1234", ""])
            stage.repeat(
                lambda: browser.header.filter.setText(next(texts)), 400, stage.givens.phase_ms
            )
        browser.header.filter.setText("")
        with stage.phase("sort"):
            columns = cycle([Column.SIZE, Column.NAME])
            header = browser.list.horizontalHeader()
            stage.repeat(
                lambda: header.setSortIndicator(next(columns), _other_order(header)),
                600,
                stage.givens.phase_ms,
            )


def history(stage: Stage) -> None:
    """A past of a million transfers."""
    transfers = stage.scene.window.transfers
    model = transfers.pages[Tab.HISTORY].model
    with stage.busy():
        with stage.phase("opening the history") as notes:
            began = time.perf_counter()
            transfers.show_tab(Tab.HISTORY)
            pass_until(lambda: model.rowCount() > 0, _LONGEST_MS, 5)
            notes.append(f"first rows after {_ms(began)}")
        with stage.phase("scrolling to the end, page after page") as notes:
            bar = transfers.page.table.verticalScrollBar()
            stage.every_frame(lambda: bar.setValue(bar.maximum()), 2 * stage.givens.phase_ms)
            notes.append(f"{model.rowCount():,} batches")


def is_finished(scene: Scene, batch: BatchId) -> bool:
    """As the window knows it: the journal must not be read on this thread."""
    known = [row.snapshot for row in scene.window.transfers.page.model.batches]
    return any(one.id == batch and one.finished_at is not None for one in known)


def _row(scene: Scene, name: str) -> BatchRow | None:
    rows = [row for row in scene.window.transfers.page.model.listed if row.snapshot.name == name]
    return rows[-1] if rows else None


def _files(scene: Scene, name: str) -> int:
    row = _row(scene, name)
    return row.snapshot.files if row else 0


def _is_done(scene: Scene, name: str) -> bool:
    row = _row(scene, name)
    return row is not None and row.snapshot.finished_at is not None


def _open(scene: Scene, name: str) -> None:
    row = _row(scene, name)
    assert row is not None
    scene.window.transfers.page.model.open_batch(row)


def _answer_sheet(scene: Scene) -> None:
    pass_until(lambda: scene.sheet() is not None, _LONGEST_MS, 5)
    sheet = scene.sheet()
    assert sheet is not None
    sheet.accept()


def _other_order(header: QHeaderView) -> Qt.SortOrder:
    ascending = header.sortIndicatorOrder() == Qt.SortOrder.AscendingOrder
    return Qt.SortOrder.DescendingOrder if ascending else Qt.SortOrder.AscendingOrder


def _ms(began: float) -> str:
    return f"{(time.perf_counter() - began) * 1000:.0f} ms"


SCRIPTS: Mapping[str, Callable[[Stage], None]] = {
    "flows": flows,
    "rows": rows,
    "drop": drop_many,
    "small": small_files,
    "browse": browse,
    "history": history,
}


def prepare(script: str, givens: Givens) -> None:
    journal = Path(givens.home) / "queue.sqlite"
    journal.parent.mkdir(parents=True, exist_ok=True)
    if script == "rows":
        seed(journal, ACCOUNT, 1, givens.rows, listed=True)
    if script == "history":
        seed(journal, ACCOUNT, givens.rows // 100, 100, listed=False)


def perform(script: str, givens: Givens) -> list[Phase]:
    prepare(script, givens)
    account = Account(ACCOUNT, "s3", givens.url, "us-east-1", container="bench")
    with (
        real_window(Path(givens.home), account, Secret(givens.secret)) as scene,
        MemoryWatch(os.getpid()) as memory,
    ):
        gauge = LagGauge(scene.window)
        stage = Stage(scene, givens, gauge, memory)
        pass_time(1500)
        SCRIPTS[script](stage)
        gauge.stop()
    return stage.phases


if __name__ == "__main__":
    phases = perform(sys.argv[1], Givens(**json.loads(sys.argv[2])))
    sys.stdout.write(json.dumps([asdict(phase) for phase in phases]) + "\n")
    sys.stdout.flush()
    os._exit(0)
