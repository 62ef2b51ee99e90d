"""The settings in force, and what the window wants to find again at the next start."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QByteArray, QObject, QTimer, Signal

from pipette.model.files import Location
from pipette.store.settings import Settings
from pipette.ui.background import Background

log = logging.getLogger(__name__)

_SAVE_AFTER_MS = 800


class KeptSettings(QObject):
    """Holds one frozen ``Settings``; each change makes a new one, tells, and is saved soon after.

    ``save`` blocks and is called on a worker. Many changes in a row are saved once.
    """

    changed = Signal(object)
    """Settings."""

    def __init__(
        self,
        settings: Settings,
        save: Callable[[Settings], None],
        background: Background,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._save = save
        self._background = background
        self._timer = QTimer(self, singleShot=True, interval=_SAVE_AFTER_MS)
        self._timer.timeout.connect(self._save_now)

    @property
    def now(self) -> Settings:
        return self._settings

    def change(self, settings: Settings) -> None:
        if settings == self._settings:
            return
        self._settings = settings
        self.changed.emit(settings)
        self._timer.start()

    def finish(self) -> None:
        """Save what was not saved yet; the window is closing. Blocks for one small file."""
        if not self._timer.isActive():
            return
        self._timer.stop()
        try:
            self._save(self._settings)
        except OSError as error:
            log.warning("the settings could not be saved: %s", error)

    # What the window remembers, as texts.

    def text(self, name: str) -> str:
        return self._settings.window.get(name, "")

    def remember(self, name: str, text: str) -> None:
        self.change(replace(self._settings, window={**self._settings.window, name: text}))

    def state(self, name: str) -> QByteArray:
        """A geometry or splitter state as Qt writes it."""
        return QByteArray.fromBase64(self.text(name).encode())

    def remember_state(self, name: str, state: QByteArray) -> None:
        self.remember(name, bytes(state.toBase64().data()).decode())

    def places(self, name: str) -> list[Location]:
        """A list of places; what cannot be read is left out."""
        try:
            kept = json.loads(self.text(name) or "[]")
            return [_place(entry) for entry in kept]
        except (ValueError, TypeError, AttributeError) as error:
            log.warning("the list of %s in the settings cannot be read: %s", name, error)
            return []

    def remember_places(self, name: str, places: Sequence[Location]) -> None:
        kept = [[place.account, place.container, place.path] for place in places]
        self.remember(name, json.dumps(kept, ensure_ascii=False))

    def _save_now(self) -> None:
        settings = self._settings
        self._background.run(
            lambda: self._save(settings),
            lambda _: None,
            lambda error: log.warning("the settings could not be saved: %s", error),
        )


def _place(entry: object) -> Location:
    """Earlier versions kept the written form, which does not tell how many segments name a project."""
    if isinstance(entry, str):
        return Location.parse(entry)
    if isinstance(entry, list) and len(entry) == 3 and all(isinstance(part, str) for part in entry):
        return Location(*entry)
    raise ValueError(entry)
