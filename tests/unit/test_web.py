"""The small client all platforms share keeps its connections, whoever asks."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.fakes.wire import TEST_CA, Wire, WireServer

from pipette.engine.pool import QtThreads, WorkerPool
from pipette.model.account import Network
from pipette.model.errors import NetworkDown
from pipette.providers.web import Web

PATIENCE = 10.0


def answer_all(wire: Wire) -> None:
    while wire.read_request():
        wire.answer(200, b"{}", {"Content-Type": "application/json"})


def web_at(url: str) -> Web:
    return Web(url, Network(extra_ca=TEST_CA), dict, lambda _: None)


def test_workers_that_ask_one_after_the_other_use_one_connection() -> None:
    with WireServer(answer_all, tls=True) as server:
        web = web_at(server.url)
        pool = WorkerPool(4, QtThreads)
        for _ in range(5):
            asked = threading.Event()
            pool.start(lambda asked=asked: (web.get("/a"), asked.set()))
            assert asked.wait(PATIENCE)
            assert pool.wait(PATIENCE)
        assert server.connections == 1


def test_those_who_ask_at_once_wait_for_nobody() -> None:
    together = threading.Barrier(3)

    def answer_together(wire: Wire) -> None:
        while wire.read_request():
            together.wait(PATIENCE)
            wire.answer(200, b"{}")

    with WireServer(answer_together) as server, ThreadPoolExecutor(3) as threads:
        web = web_at(server.url)
        for _ in range(2):
            answers = list(threads.map(lambda _: web.get("/a").status, range(3)))
            assert answers == [200] * 3
        assert server.connections == 3


def test_calls_go_by_the_proxy_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer_as_proxy(wire: Wire) -> None:
        while request := wire.read_request():
            asked.append(request.target)
            wire.answer(200, b"{}")

    with WireServer(answer_as_proxy) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        web_at("http://platform.example").get("/a")
        monkeypatch.setenv("no_proxy", "*")
        with pytest.raises(NetworkDown):
            web_at("http://platform.invalid").get("/a")
    assert asked == ["http://platform.example/a"]
