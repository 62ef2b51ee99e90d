"""The strip of the demo location: its speed, and buttons to play what can go wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSlider, QWidget

from pipette.model.account import Account, Secret
from pipette.ui import figures, words_places
from pipette.ui.background import Background
from pipette.ui.sheet import Kind, mark
from pipette.ui.theme import Theme
from pipette.ui.tokens import Size, Space, Tone

SPEEDS: tuple[float | None, ...] = (1e6, 2e6, 5e6, 10e6, 20e6, 50e6, 100e6, None)
"""Bytes per second of each notch of the slider; None is as fast as it goes."""
FIRST_SPEED = 20e6


@dataclass(frozen=True, slots=True)
class OpenPractice:
    """The practice place once it runs."""

    account: Account
    secret: Secret


class Practice(Protocol):
    """The practice place as the window sees it. Every method may block: called on a worker."""

    def open(self) -> OpenPractice:
        """Start it, unless it runs. Raises OSError."""
        ...

    def samples(self) -> Sequence[str]:
        """Paths of sample data, made now unless they exist. Raises OSError."""
        ...

    def set_speed(self, bytes_per_second: float | None) -> None: ...

    def lose_network(self, lost: bool) -> None: ...

    def expire_key(self) -> None:
        """The key in use is refused from now on; ``open`` then hands out a new one."""
        ...

    def damage_one_part(self) -> None:
        """The next part arrives with a flipped bit."""
        ...


class DemoControls(QFrame):
    """Shown while a demo location exists."""

    trouble = Signal(object)
    """Exception of the practice place."""
    samples_ready = Signal(object)
    """Paths to send."""
    key_expired = Signal()

    def __init__(
        self,
        practice: Practice,
        background: Background,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._practice = practice
        self._background = background
        self._theme = theme
        mark(self, Kind.BANNER_INFO)
        self.setAccessibleName(words_places.DEMO_NOTE)
        self._picture = QLabel()
        self.speed = QSlider(Qt.Orientation.Horizontal)
        self._speed_words = QLabel()
        self.lose_network = QPushButton(self.tr("Lose network"))
        self.expire_key = QPushButton(self.tr("Expire key"))
        self.damage = QPushButton(self.tr("Damage a part"))
        self.samples = QPushButton(self.tr("Send samples"))
        self._set_up()
        self._lay_out()
        self._connect()
        self._renew_icon()

    def _set_up(self) -> None:
        self.speed.setRange(0, len(SPEEDS) - 1)
        self.speed.setValue(SPEEDS.index(FIRST_SPEED))
        self.speed.setPageStep(1)
        self.speed.setMinimumWidth(60)
        self.speed.setMaximumWidth(140)
        self.speed.setAccessibleName(self.tr("Speed of the demo location"))
        self.lose_network.setCheckable(True)
        self.damage.setToolTip(self.tr("The next part arrives with a flipped bit"))
        self._show_speed(self.speed.value())

    def _lay_out(self) -> None:
        label = QLabel(words_places.DEMO_LABEL)
        mark(label, Kind.STRONG)
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.LARGE, Space.TINY, Space.MEDIUM, Space.TINY)
        row.setSpacing(Space.SMALL)
        for widget in (self._picture, label, self.speed, self._speed_words):
            row.addWidget(widget)
        row.addStretch(1)
        for button in (self.samples, self.lose_network, self.expire_key, self.damage):
            row.addWidget(button)

    def _connect(self) -> None:
        self.speed.valueChanged.connect(self._set_speed)
        self.lose_network.toggled.connect(self._lose)
        self.expire_key.clicked.connect(self._expire)
        self.damage.clicked.connect(lambda: self._ask(self._practice.damage_one_part))
        self.samples.clicked.connect(self._make_samples)
        self._theme.changed.connect(self._renew_icon)

    def _set_speed(self, notch: int) -> None:
        self._show_speed(notch)
        self._ask(lambda: self._practice.set_speed(SPEEDS[notch]))

    def _show_speed(self, notch: int) -> None:
        speed = SPEEDS[notch]
        said = figures.rate(speed) if speed is not None else self.tr("As fast as it goes")
        self._speed_words.setText(said)
        self.speed.setAccessibleDescription(said)

    def _lose(self, lost: bool) -> None:
        self.lose_network.setText(self.tr("Restore network") if lost else self.tr("Lose network"))
        self._ask(lambda: self._practice.lose_network(lost))

    def _expire(self) -> None:
        self._background.run(
            self._practice.expire_key, lambda _: self.key_expired.emit(), self.trouble.emit
        )

    def _make_samples(self) -> None:
        self.samples.setEnabled(False)
        self._background.run(self._practice.samples, self._offer_samples, self._miss_samples)

    def _offer_samples(self, paths: Sequence[str]) -> None:
        self.samples.setEnabled(True)
        self.samples_ready.emit(list(paths))

    def _miss_samples(self, error: Exception) -> None:
        self.samples.setEnabled(True)
        self.trouble.emit(error)

    def _ask(self, what: Callable[[], None]) -> None:
        self._background.run(what, lambda _: None, self.trouble.emit)

    def _renew_icon(self) -> None:
        ratio = self.devicePixelRatioF()
        self._picture.setPixmap(self._theme.pixmap("drop", Tone.ACCENT, Size.ICON, ratio))
