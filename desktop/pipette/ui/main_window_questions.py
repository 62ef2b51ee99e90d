"""Answers what transfers ask: keep or delete parts, changed files, links, where a file is."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from pipette.engine.queue import Queue
from pipette.model.files import Location
from pipette.model.transfer import FileSnapshot, TransferId
from pipette.ui import figures
from pipette.ui.dialogs import (
    Changed,
    Pause,
    Stop,
    cancel_question,
    changed_question,
    pause_question,
)
from pipette.ui.main_window_locations import Locations
from pipette.ui.main_window_remote import RemoteOrders
from pipette.ui.theme import Theme
from pipette.ui.transfers_orders import CancelWish, PauseWish, TransferOrders


class Questions(QObject):
    """Modal boxes only answer a click; what can be done at once is done at once."""

    receipt_wanted = Signal(str)
    """BatchId."""

    def __init__(
        self,
        window: QWidget,
        queue: Queue,
        theme: Theme,
        orders: TransferOrders,
        locations: Locations,
        remote: RemoteOrders,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._queue = queue
        self._theme = theme
        self._remote = remote
        self._locations = locations
        self._asking: set[TransferId] = set()
        orders.cancel_wanted.connect(self.ask_cancel)
        orders.pause_wanted.connect(self.ask_pause)
        orders.decision_wanted.connect(self.ask_decision)
        orders.sign_in_wanted.connect(locations.sign_in)
        orders.link_wanted.connect(self.copy_link)
        orders.local_wanted.connect(show_on_disk)
        orders.receipt_wanted.connect(self.receipt_wanted)

    def ask_cancel(self, wish: CancelWish) -> None:
        question = cancel_question(self._theme, wish.arrived, wish.place, "sending", self._window)
        question.chosen.connect(lambda answer: self._stop(wish, answer))
        question.open()

    def ask_pause(self, wish: PauseWish) -> None:
        gone = figures.part_of(wish.gone, wish.size) if wish.size else figures.size(wish.gone)
        question = pause_question(
            self._theme, wish.place, wish.pieces, gone, wish.name, self._window
        )
        question.chosen.connect(
            lambda answer: self._queue.pause(wish.which, after_pieces=answer is Pause.FINISH)
        )
        question.open()

    def ask_decision(self, file: FileSnapshot) -> None:
        """E06 has two ways out; whatever else needs someone is tried again."""
        kind = file.problem.kind if file.problem is not None else ""
        if kind != "SourceChanged":
            self._queue.resume([file.id])
            return
        if file.id in self._asking:
            return
        self._asking.add(file.id)
        name = file.name.rpartition("/")[2]
        detail = file.problem.detail if file.problem is not None else ""
        question = changed_question(self._theme, name, detail, self._window)
        question.chosen.connect(lambda answer: self._decide(file, answer))
        question.finished.connect(lambda _result: self._asking.discard(file.id))
        question.open()

    def copy_link(self, file: FileSnapshot) -> None:
        kind = self._locations.kind_of(file.target.partition(":")[0])
        self._remote.copy_link(Location.parse(file.target, kind.container_segments))

    def _stop(self, wish: CancelWish, answer: Stop) -> None:
        if answer is Stop.DELETE:
            self._queue.cancel(wish.which)
        else:
            self._queue.pause(wish.which)

    def _decide(self, file: FileSnapshot, answer: Changed) -> None:
        if answer is Changed.NEW_VERSION:
            self._queue.send_new_version([file.id])
        else:
            self._queue.skip([file.id])


def show_on_disk(path: str) -> None:
    """Open the folder of this path in the system's file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(path).parent)))
