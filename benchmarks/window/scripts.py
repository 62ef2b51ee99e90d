"""What a person does at the window while transfers run; each script in a process of its own.

Started by ``measuring.py`` with the script's name and its givens as JSON; the last line of the
answer is a list of phases as JSON.
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

from benchmarks.measure import resident_bytes
from benchmarks.window.lag import Lag, LagGauge
from benchmarks.window.scene import Scene, pass_time, pass_until, run_program
from pipette.model.files import Location
from pipette.model.transfer import BatchId, BatchOptions, State
from pipette.ui.browser_model import Column
from pipette.ui.transfers_bar import Tab
from pipette.ui.transfers_rows import BatchRow, Chip

ACCOUNT = BUCKET = "bench"
MIB = 1 << 20
_FRAME_MS = 16
_AT_ONCE_MS = 5


@dataclass(frozen=True, slots=True)
class Givens:
    large: str = ""
    """A file that takes some seconds to send."""
    small: str = ""
    """A folder of many small files."""
    many: str = ""
    """A folder of very many tiny files."""
    rows: int = 0
    phase_ms: int = 1000


@dataclass(frozen=True, slots=True)
class Phase:
    """``found``: figures of this phase alone, by name."""

    name: str
    lag: Lag
    memory_mib: float
    seconds: float
    found: Mapping[str, float]


@dataclass(slots=True)
class Stage:
    """A script's view of the window: measures what happens in each of its phases."""

    scene: Scene
    givens: Givens
    gauge: LagGauge
    phases: list[Phase] = field(default_factory=list)

    @contextmanager
    def phase(self, name: str) -> Iterator[dict[str, float]]:
        """What is put into the mapping is told beside the figures."""
        found: dict[str, float] = {}
        self.gauge.take()
        began = time.perf_counter()
        yield found
        took = time.perf_counter() - began
        memory = resident_bytes(os.getpid()) / MIB
        self.phases.append(Phase(name, self.gauge.take(), memory, took, found))

    @contextmanager
    def busy(self) -> Iterator[None]:
        """A large file is sent at full speed all the while, again and again."""
        numbers = count()
        sent: list[BatchId] = []

        def send_another() -> None:
            if not sent or _is_finished(self.scene, sent[-1]):
                to = Location(ACCOUNT, BUCKET, f"busy/{next(numbers)}")
                sent.append(self.scene.queue.upload([self.givens.large], to, BatchOptions()))

        timer = QTimer(interval=100)
        timer.timeout.connect(send_another)
        send_another()
        timer.start()
        yield
        timer.stop()

    def repeat(self, act: Callable[[], object], every_ms: int) -> None:
        timer = QTimer(interval=every_ms)
        timer.timeout.connect(act)
        timer.start()
        pass_time(self.givens.phase_ms)
        timer.stop()

    def scroll(self, view: QAbstractItemView) -> None:
        """From the top to the bottom, a step each frame."""
        bar = view.verticalScrollBar()
        step = max(1, bar.maximum() * _FRAME_MS // self.givens.phase_ms)
        self.repeat(lambda: bar.setValue(bar.value() + step), _FRAME_MS)
        bar.setValue(0)

    def switch_chips(self) -> None:
        transfers = self.scene.window.transfers
        chips = cycle([Chip.DONE, Chip.ACTIVE, Chip.ALL])
        self.repeat(lambda: transfers.show_chip(next(chips)), 400)
        transfers.show_chip(Chip.ALL)


def flows(stage: Stage) -> None:
    """Nothing on the list but one large file at a time."""
    with stage.phase("idle"):
        pass_time(stage.givens.phase_ms)
    with stage.busy(), stage.phase("a large file at full speed"):
        pass_time(2 * stage.givens.phase_ms)


def rows(stage: Stage) -> None:
    """A batch with very many files is open in the list."""
    transfers = stage.scene.window.transfers
    model = transfers.page.model
    pass_until(lambda: model.rowCount() > 0)
    with stage.busy():
        pass_time(500)
        with stage.phase("opening it") as found:
            model.open_batch(max(model.listed, key=lambda row: row.file_count))
            pass_until(lambda: model.rowCount() > stage.givens.rows)
            found["rows"] = model.rowCount()
        with stage.phase("looking on"):
            pass_time(stage.givens.phase_ms)
        with stage.phase("scrolling"):
            stage.scroll(transfers.page.table)
        with stage.phase("filtering"):
            stage.switch_chips()


def drop(stage: Stage) -> None:
    """Very many tiny files are dropped while a large one is sent."""
    scene, model = stage.scene, stage.scene.window.transfers.page.model
    folder = Path(stage.givens.many)
    with stage.busy():
        pass_time(1000)
        with stage.phase("dropping") as found:
            _drop(scene, folder, found)
        with stage.phase("until all are found") as found:
            pass_until(lambda: _is_planned(scene, folder.name, stage.givens.rows))
        with stage.phase("opening it") as found:
            _open(scene, folder.name)
            pass_until(lambda: model.rowCount() > stage.givens.rows)
            found["rows"] = model.rowCount()
        with stage.phase("scrolling"):
            stage.scroll(scene.window.transfers.page.table)
        with stage.phase("filtering"):
            stage.switch_chips()
        with stage.phase("looking on") as found:
            before = _verified(scene, folder.name)
            pass_time(stage.givens.phase_ms)
            found["files sent"] = _verified(scene, folder.name) - before
    scene.queue.pause()


def small(stage: Stage) -> None:
    """Many small files, shown row by row while they are sent, and nothing beside them."""
    scene = stage.scene
    folder = Path(stage.givens.small)
    with stage.phase("sending them all") as found:
        _drop(scene, folder, found)
        _open(scene, folder.name)
        pass_until(lambda: _is_done(scene, folder.name))
    last = stage.phases[-1]
    found["files a second"] = len(list(folder.iterdir())) / last.seconds


def browse(stage: Stage) -> None:
    """A remote folder of very many files is listed, scrolled, filtered and sorted."""
    browser = stage.scene.window.browser
    header = browser.list.horizontalHeader()
    with stage.busy():
        with stage.phase("listing it") as found:
            browser.open(Location(ACCOUNT, BUCKET, "many"))
            pass_until(lambda: browser.model.rowCount() >= stage.givens.rows)
            found["rows"] = browser.model.rowCount()
        with stage.phase("scrolling"):
            stage.scroll(browser.list)
        with stage.phase("filtering"):
            texts = cycle(["1", "12", "123", "1234", ""])
            stage.repeat(lambda: browser.header.filter.setText(next(texts)), 400)
            browser.header.filter.setText("")
        with stage.phase("sorting"):
            columns = cycle([Column.SIZE, Column.NAME])
            stage.repeat(lambda: header.setSortIndicator(next(columns), _other_order(header)), 600)


def history(stage: Stage) -> None:
    """The past of a busy laboratory."""
    transfers = stage.scene.window.transfers
    model = transfers.pages[Tab.HISTORY].model
    bar = transfers.pages[Tab.HISTORY].table.verticalScrollBar()
    with stage.busy():
        with stage.phase("opening it") as found:
            began = time.perf_counter()
            transfers.show_tab(Tab.HISTORY)
            pass_until(lambda: model.rowCount() > 0, _AT_ONCE_MS)
            found["ms to the first rows"] = _ms(began)
        with stage.phase("to its end, page after page") as found:
            stage.repeat(lambda: bar.setValue(bar.maximum()), _FRAME_MS)
            found["batches"] = model.rowCount()


# What is known is what the window knows: the journal must not be read on its thread.


def _rows(scene: Scene) -> list[BatchRow]:
    return list(scene.window.transfers.page.model.batches)


def _row(scene: Scene, name: str) -> BatchRow | None:
    rows = [row for row in _rows(scene) if row.snapshot.name == name]
    return rows[-1] if rows else None


def _is_finished(scene: Scene, batch: BatchId) -> bool:
    return any(row.id == batch and row.snapshot.finished_at is not None for row in _rows(scene))


def _is_done(scene: Scene, name: str) -> bool:
    row = _row(scene, name)
    return row is not None and row.snapshot.finished_at is not None


def _is_planned(scene: Scene, name: str, files: int) -> bool:
    row = _row(scene, name)
    return row is not None and row.snapshot.files >= files and not row.snapshot.scanning


def _verified(scene: Scene, name: str) -> int:
    row = _row(scene, name)
    return row.snapshot.count(State.VERIFIED) if row else 0


def _open(scene: Scene, name: str) -> None:
    row = _row(scene, name)
    if row is None:
        raise LookupError(name)
    scene.window.transfers.page.model.open_batch(row)


def _drop(scene: Scene, folder: Path, found: dict[str, float]) -> None:
    """Drop, answer the question with its default, and wait until the batch is on the list."""
    began = time.perf_counter()
    scene.drop(folder)
    found["ms until dropped"] = _ms(began)
    pass_until(lambda: scene.sheet() is not None, _AT_ONCE_MS)
    found["ms until asked"] = _ms(began)
    sheet = scene.sheet()
    if sheet is None:
        raise LookupError("the question after a drop went away")
    sheet.accept()
    pass_until(lambda: _row(scene, folder.name) is not None, _AT_ONCE_MS)
    found["ms until listed"] = _ms(began)


def _other_order(header: QHeaderView) -> Qt.SortOrder:
    ascending = header.sortIndicatorOrder() == Qt.SortOrder.AscendingOrder
    return Qt.SortOrder.DescendingOrder if ascending else Qt.SortOrder.AscendingOrder


def _ms(began: float) -> float:
    return (time.perf_counter() - began) * 1000


SCRIPTS: Mapping[str, Callable[[Stage], None]] = {
    one.__name__: one for one in (flows, rows, drop, small, browse, history)
}


def perform(script: str, givens: Givens) -> list[Phase]:
    phases: list[Phase] = []

    def act(scene: Scene) -> None:
        scene.open(Location(ACCOUNT, BUCKET, "target"))
        stage = Stage(scene, givens, LagGauge(scene.window), phases)
        SCRIPTS[script](stage)
        stage.gauge.stop()

    run_program(act)
    return phases


if __name__ == "__main__":
    told = perform(sys.argv[1], Givens(**json.loads(sys.argv[2])))
    sys.stdout.write(json.dumps([asdict(phase) for phase in told]) + "\n")
