"""What is learned of endpoints: known at once, durable when ``remember`` returns, kept over restarts."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.fakes.clock import FakeClock
from tests.fakes.records import journal_at

import pipette.engine.memory as memory_module
from pipette.engine.memory import TOPIC, JournalMemory

ENDPOINT = "http://127.0.0.1:9000"


class Mailbox:
    """An engine's thread, as far as memory needs one."""

    def __init__(self) -> None:
        self.orders: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()

    def carry_out_one(self) -> None:
        self.orders.get(timeout=10)()


def test_what_was_remembered_is_durable_when_it_returns(tmp_path: Path) -> None:
    mail = Mailbox()
    with journal_at(tmp_path / "q.sqlite") as journal, journal_at(tmp_path / "q.sqlite") as other:
        memory = JournalMemory(journal, FakeClock())
        memory.write_with(mail.orders.put)
        worker = threading.Thread(target=memory.remember, args=(ENDPOINT, "md5-header"))
        worker.start()
        mail.carry_out_one()
        worker.join()
        assert other.memories(TOPIC) == {ENDPOINT: "md5-header"}


def test_a_later_run_knows_what_an_earlier_one_learned(tmp_path: Path) -> None:
    with journal_at(tmp_path / "q.sqlite") as journal:
        memory = JournalMemory(journal, FakeClock())
        memory.write_with(lambda write: write())
        memory.remember(ENDPOINT, "md5-header")
        memory.remember(ENDPOINT, "crc64-trailer")
        assert memory.recall(ENDPOINT) == "crc64-trailer"
    with journal_at(tmp_path / "q.sqlite") as journal:
        later = JournalMemory(journal, FakeClock())
        assert later.recall(ENDPOINT) == "crc64-trailer"
        assert later.recall("http://elsewhere") is None


def test_before_there_is_an_engine_it_is_known_but_not_written(tmp_path: Path) -> None:
    with journal_at(tmp_path / "q.sqlite") as journal:
        memory = JournalMemory(journal, FakeClock())
        memory.remember(ENDPOINT, "md5-header")
        assert memory.recall(ENDPOINT) == "md5-header"
        assert journal.memories(TOPIC) == {}


def test_an_engine_that_has_stopped_holds_nobody_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_module, "PATIENCE_SECONDS", 0.01)
    mail = Mailbox()
    with journal_at(tmp_path / "q.sqlite") as journal:
        memory = JournalMemory(journal, FakeClock())
        memory.write_with(mail.orders.put)
        memory.remember(ENDPOINT, "md5-header")
        assert memory.recall(ENDPOINT) == "md5-header"
