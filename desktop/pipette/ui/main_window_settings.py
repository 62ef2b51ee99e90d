"""The few settings one changes in passing: theme, row height, asking before an upload, MD5."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import Enum
from typing import TypeVar

from PySide6.QtCore import QObject
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from pipette.store import settings as store
from pipette.ui import words
from pipette.ui.kept_settings import KeptSettings
from pipette.ui.main_window_uploads import QUIETLY
from pipette.ui.theme import Theme, ThemeChoice

Choice = TypeVar("Choice", bound=Enum)

_THEMES = {
    store.Theme.SYSTEM: "As the system",
    store.Theme.LIGHT: "Light",
    store.Theme.DARK: "Dark",
}
_ROWS = {store.RowHeight.DENSE: "Dense rows", store.RowHeight.COMFORTABLE: "Comfortable rows"}


class SettingsMenu(QObject):
    """Builds menus that change settings; they show what is in force whenever they open."""

    def __init__(self, settings: KeptSettings, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._settings = settings
        self._theme = theme
        self._parent = parent
        settings.changed.connect(self._dress)
        self._dress(settings.now)

    def view_menus(self) -> list[QMenu]:
        """Theme and row height, for the View menu."""
        return [
            self._choice_menu(
                self.tr("&Theme"),
                _THEMES,
                lambda settings: settings.theme,
                lambda settings, theme: replace(settings, theme=theme),
            ),
            self._choice_menu(
                self.tr("&Row height"),
                _ROWS,
                lambda settings: settings.row_height,
                lambda settings, height: replace(settings, row_height=height),
            ),
        ]

    def menu(self) -> QMenu:
        """All of them, under the gear."""
        menu = QMenu(self._parent)
        for part in self.view_menus():
            menu.addMenu(part)
        menu.addMenu(
            self._choice_menu(
                self.tr("If a &name is already there"),
                words.RULE_WORDS,
                lambda settings: settings.if_exists,
                lambda settings, rule: replace(settings, if_exists=rule),
            )
        )
        menu.addSeparator()
        self._switch(menu, self.tr("&Ask before each upload"), self._asks, self._choose_asking)
        self._switch(
            menu,
            self.tr("Work out the &MD5 of whole files"),
            lambda: self._settings.now.md5,
            lambda on: self._settings.change(replace(self._settings.now, md5=on)),
        )
        return menu

    def _choice_menu(
        self,
        title: str,
        choices: Mapping[Choice, str],
        now: Callable[[store.Settings], Choice],
        chosen: Callable[[store.Settings, Choice], store.Settings],
    ) -> QMenu:
        menu = QMenu(title, self._parent)
        group = QActionGroup(menu)
        for value, text in choices.items():
            action = menu.addAction(self.tr(text))
            action.setCheckable(True)
            group.addAction(action)
            action.triggered.connect(
                lambda _=False, at=value: self._settings.change(chosen(self._settings.now, at))
            )
            menu.aboutToShow.connect(
                lambda at=value, it=action: it.setChecked(now(self._settings.now) is at)
            )
        return menu

    def _switch(
        self, menu: QMenu, text: str, is_on: Callable[[], bool], choose: Callable[[bool], object]
    ) -> None:
        action = menu.addAction(text)
        action.setCheckable(True)
        action.setChecked(is_on())
        action.triggered.connect(choose)

    def _asks(self) -> bool:
        return not self._settings.text(QUIETLY)

    def _choose_asking(self, on: bool) -> None:
        self._settings.remember(QUIETLY, "" if on else "yes")

    def _dress(self, settings: store.Settings) -> None:
        self._theme.choose(ThemeChoice(settings.theme.value))
