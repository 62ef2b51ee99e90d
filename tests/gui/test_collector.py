"""Cycles are searched for by the window, and by Python again when it is gone."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from pipette.ui.collector import Collector


class Ring:
    """Holds itself."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture
def owner(qapp: QApplication) -> Iterator[QObject]:
    gc.enable()
    made = QObject()
    yield made
    gc.disable()


def test_a_cycle_is_found_while_the_window_is_there(owner: QObject, qtbot: QtBot) -> None:
    Collector(owner)
    assert not gc.isenabled()
    lost = weakref.ref(Ring())
    kept = [[] for _ in range(1000)]
    qtbot.waitUntil(lambda: lost() is None)
    assert len(kept) == 1000


def test_python_looks_for_itself_once_the_window_is_gone(owner: QObject, qtbot: QtBot) -> None:
    Collector(owner)
    with qtbot.waitSignal(owner.destroyed):
        owner.deleteLater()
    assert gc.isenabled()
