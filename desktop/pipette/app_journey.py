"""The main job, shown from end to end on the practice place, for machines without a screen.

Uploads the sample data, damages a part on the way, pauses, resumes, fetches it all back, compares
every byte and names the receipt; says each step, and leaves pictures of the window.
"""

from __future__ import annotations

import filecmp
import json
import shutil
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QWidget

from pipette.app_practice import NAME, HomePractice
from pipette.engine.journal_reader import JournalReader
from pipette.engine.queue import Queue
from pipette.model.files import Location
from pipette.model.transfer import BatchId, BatchOptions, BatchSnapshot, IfExists, State
from pipette.practice.place import BUCKET
from pipette.ui import figures

LINE_BYTES_PER_SECOND = 25e6
LOOK_SECONDS = 0.05
PATIENCE_SECONDS = 120.0
ANEW = BatchOptions(IfExists.REPLACE)
"""An earlier journey may have been there."""


class JourneyFailed(Exception):
    """A step did not come to its end; the message says which."""


class Journey(QObject):
    """Runs on a thread of its own and steers the queue, as the window's buttons do."""

    ended = Signal(int)
    """Exit code; emitted on the journey's thread."""
    halfway = Signal()
    """Some files have arrived and some are on their way; emitted on the journey's thread."""
    _picture_wanted = Signal(str)

    def __init__(
        self,
        queue: Queue,
        reader: JournalReader,
        practice: HomePractice,
        window: QWidget,
        picture: Path,
        folder: Path,
        receipts: Path,
    ) -> None:
        """``folder`` is where the data comes back to; it is emptied first."""
        super().__init__()
        self._queue = queue
        self._reader = reader
        self._practice = practice
        self._window = window
        self._picture = picture
        self._folder = folder
        self._receipts = receipts
        self._tick = threading.Event()
        self._picture_wanted.connect(self._save, Qt.ConnectionType.BlockingQueuedConnection)

    def start(self) -> None:
        threading.Thread(target=self._run, name="journey", daemon=True).start()

    def _run(self) -> None:
        try:
            self._go()
        except (JourneyFailed, OSError) as error:
            _say(f"The journey failed: {error}")
            self.ended.emit(1)
        else:
            _say("The journey is complete.")
            self.ended.emit(0)

    def _go(self) -> None:
        samples = self._practice.samples()
        self._practice.set_speed(LINE_BYTES_PER_SECOND)
        _say("Practice place open on this computer; sample data made.")
        sent = self._send(samples)
        self._practice.set_speed(None)
        self._fetch(samples)
        self._show_receipt(sent)

    def _send(self, samples: Sequence[str]) -> BatchId:
        place = Location(NAME, BUCKET, "runs")
        batch = self._queue.upload(samples, place, ANEW)
        begun = self._wait("the upload to begin", batch, lambda b: b.arrived > 0)
        _say(
            f"Sending {figures.plural(begun.files, 'file')}, {figures.size(begun.size)}, to {place}."
        )
        self._practice.damage_one_part()
        self._wait("a third to arrive", batch, lambda b: b.arrived * 3 > b.size)
        self._queue.pause([batch])
        paused = self._wait("the pause", batch, _stands_still)
        _say(f"Paused at {figures.percent(paused.arrived, paused.size)} %; what arrived is kept.")
        self._queue.resume([batch])
        self.halfway.emit()
        self._wait("half to arrive", batch, lambda b: b.arrived * 2 > b.size)
        self._picture_wanted.emit(str(self._picture))
        _say(f"Resumed. A picture of the window is in {self._picture}.")
        done = self._wait("the upload to end", batch, lambda b: b.finished_at is not None)
        self._expect(done.count(State.VERIFIED) == done.files, "every file to be verified")
        tries = sum(file.attempts for file in self._reader.files(batch))
        self._expect(tries > 0, "the damaged part to be noticed")
        _say(f"All {done.files} files verified; a part damaged on the way was sent again.")
        return batch

    def _fetch(self, samples: Sequence[str]) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        names = [Path(sample).name for sample in samples]
        places = [Location(NAME, BUCKET, f"runs/{name}") for name in names]
        batch = self._queue.download(places, str(self._folder), ANEW)
        done = self._wait("the download to end", batch, lambda b: b.finished_at is not None)
        self._expect(done.count(State.VERIFIED) == done.files, "every file to come back verified")
        for sample, name in zip(samples, names, strict=True):
            self._expect(_is_same(Path(sample), self._folder / name), f"{name} to be identical")
        _say(f"Fetched back {done.files} files; every byte is the same.")

    def _show_receipt(self, batch: BatchId) -> None:
        path = self._receipts / f"{batch}.json"
        self._look_until("the receipt", path.exists)
        headline = json.loads(path.read_text("utf-8"))["headline"]
        _say(f"Receipt {path}: {headline}")

    def _wait(
        self, what: str, batch: BatchId, holds: Callable[[BatchSnapshot], bool]
    ) -> BatchSnapshot:
        latest: list[BatchSnapshot] = []

        def look() -> bool:
            latest[:] = [found] if (found := self._reader.batch(batch)) else []
            return bool(latest) and holds(latest[0])

        self._look_until(what, look)
        return latest[0]

    def _look_until(self, what: str, holds: Callable[[], bool]) -> None:
        for _ in range(int(PATIENCE_SECONDS / LOOK_SECONDS)):
            if holds():
                return
            self._tick.wait(LOOK_SECONDS)
        raise JourneyFailed(f"waited in vain for {what}")

    def _expect(self, holds: bool, what: str) -> None:
        if not holds:
            raise JourneyFailed(f"expected {what}")

    def _save(self, path: str) -> None:
        """On the window's thread."""
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._window.grab().save(path)


def _stands_still(batch: BatchSnapshot) -> bool:
    return batch.paused and not any(number and state.is_active for state, number in batch.counts)


def _is_same(one: Path, other: Path) -> bool:
    if one.is_file():
        return other.is_file() and filecmp.cmp(one, other, shallow=False)
    names = {path.name for path in one.iterdir()}
    if not other.is_dir() or names != {path.name for path in other.iterdir()}:
        return False
    return all(_is_same(one / name, other / name) for name in names)


def _say(text: str) -> None:
    if sys.stdout is not None:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
