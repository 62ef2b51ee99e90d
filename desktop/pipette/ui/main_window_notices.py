"""Trouble of whole locations as the queue reports it, told in banners."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMenu, QWidget

from pipette.ui import figures, words
from pipette.ui.banners import Banners, Notice
from pipette.ui.main_window_locations import Locations
from pipette.ui.tokens import Tone
from pipette.ui.words import Remedy

_ON_ROWS = frozenset({"NetworkDown", "Stalled", "Temporary", "SlowDown"})
"""Goes on by itself; rows and status bar say it."""


class AccountNotices(QObject):
    """One banner for each location whose transfers are held by something only a person can end."""

    def __init__(
        self,
        banners: Banners,
        locations: Locations,
        now: Callable[[], float] = time.time,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._banners = banners
        self._locations = locations
        self._now = now
        self._since: dict[tuple[str, str], float] = {}

    def take(self, held: Sequence[tuple[str, str]]) -> None:
        """(account, error kind) of all that is held now."""
        current = {pair for pair in held if pair[1] not in _ON_ROWS}
        for pair in self._since.keys() - current:
            del self._since[pair]
            self._banners.end(_key(pair))
        for pair in held:
            if pair in current:
                self._since.setdefault(pair, self._now())
                self._banners.tell(self._notice(pair))

    def account_of(self, key: str) -> tuple[str, str] | None:
        """The account and error kind a banner is about."""
        return next((pair for pair in self._since if _key(pair) == key), None)

    def _notice(self, pair: tuple[str, str]) -> Notice:
        account, kind = pair
        waiting = self._locations.waiting_files(account)
        facts = {
            "place": account,
            "time": figures.clock(self._since[pair]),
            "waiting": figures.plural(waiting, "file") if waiting else "",
            "kept": self._locations.kept_percent(account),
        }
        told = words.message(kind, **{name: text for name, text in facts.items() if text})
        is_key = any(button.remedy is Remedy.PASTE_KEY for button in told.buttons)
        return Notice(
            _key(pair),
            told.title,
            told.text,
            button=Remedy.PASTE_KEY.value if is_key else Remedy.TRY_NOW.value,
            icon="warn",
            tone=Tone.WARN,
        )


def notices_menu(banners: Banners, parent: QWidget) -> QMenu:
    """All notices, newest first, closed ones included."""
    menu = QMenu(parent)
    for notice in banners.notices():
        action = menu.addAction(f"{notice.title}: {notice.text}")
        action.triggered.connect(lambda _=False, key=notice.key: banners.pressed.emit(key))
    if menu.isEmpty():
        menu.addAction(menu.tr("No notices")).setEnabled(False)
    return menu


def _key(pair: tuple[str, str]) -> str:
    return f"{pair[0]}:{pair[1]}"
