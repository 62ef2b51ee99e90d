"""The menu of speed limits in the status bar and under Transfer."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from pipette.ui import figures

_MB = 1_000_000
PRESETS = tuple(megabytes * _MB for megabytes in (1, 5, 10, 25, 50, 100, 250))


class LimitMenu(QMenu):
    """Presets for one shared upload limit; a limit set elsewhere is listed among them."""

    limit_picked = Signal(object)
    """Bytes per second as a float, or None for no limit."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTitle(self.tr("Speed limit"))
        self._group = QActionGroup(self)
        self._group.setExclusive(True)
        self.show_limit(None)

    def show_limit(self, limit: float | None) -> None:
        """Tick the limit in force."""
        self.clear()
        for action in self._group.actions():
            self._group.removeAction(action)
        self._add(self.tr("No limit"), None, limit)
        self.addSeparator()
        for preset in sorted({*PRESETS, *([limit] if limit else [])}):
            self._add(figures.rate(preset), preset, limit)

    def _add(self, words: str, value: float | None, limit: float | None) -> None:
        action = QAction(words, self)
        action.setCheckable(True)
        action.setChecked(value == limit)
        action.triggered.connect(lambda: self.limit_picked.emit(value))
        self._group.addAction(action)
        self.addAction(action)
