"""The line: how fast it is, how far away the service, and whether it is there at all."""

from __future__ import annotations

import http.client
import random
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.practice.conftest import Serve
from tests.practice.raw import Raw, presigned

from pipette.practice.faults import (
    Fault,
    Hang,
    LoseNetwork,
)
from pipette.practice.manners import KiB, Manners
from pipette.practice.server import S3Server

DATA = random.Random(5).randbytes(300 * KiB)
BROKEN = (OSError, http.client.HTTPException)


@pytest.fixture
def server(serve: Serve) -> S3Server:
    server = serve(manners=Manners(smallest_part=KiB))
    server.put("lab", "there", DATA)
    return server


@pytest.fixture
def background() -> Any:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def test_a_lost_network_refuses_everybody_until_it_is_back(server: S3Server, raw: Raw) -> None:
    assert raw.send("HEAD", "/lab/there").status == 200
    server.faults.line.lose()
    with pytest.raises(BROKEN):
        raw.send("HEAD", "/lab/there")
    with pytest.raises(ConnectionRefusedError):
        raw.send("HEAD", "/lab/there")
    server.faults.line.restore()
    assert raw.send("HEAD", "/lab/there").status == 200


def test_a_network_lost_by_a_request_breaks_what_is_under_way(
    server: S3Server, background: ThreadPoolExecutor
) -> None:
    server.faults.add(Fault(Hang(), operation="GetObject"))
    server.faults.add(Fault(LoseNetwork(), operation="UploadPart"))
    with Raw(server) as one, Raw(server) as two:
        waiting = background.submit(one.plain, "GET", presigned(server, "GET", "/lab/there"))
        assert server.faults.wait_until_hanging()
        with pytest.raises(BROKEN):
            two.send("PUT", "/lab/a?partNumber=1&uploadId=x", b"x")
        server.faults.release()
        with pytest.raises(BROKEN):
            waiting.result(10)
    assert server.faults.line.lost


def test_a_server_can_be_stopped_and_started_without_network(server: S3Server, raw: Raw) -> None:
    server.faults.line.lose()
    server.stop()
    server.start()
    with pytest.raises(ConnectionRefusedError):
        raw.send("HEAD", "/lab/there")
    server.faults.line.restore()
    assert raw.send("HEAD", "/lab/there").status == 200


def test_losing_the_network_twice_is_losing_it_once(server: S3Server, raw: Raw) -> None:
    for _ in range(2):
        server.faults.line.lose()
    for _ in range(2):
        server.faults.line.restore()
    assert raw.send("HEAD", "/lab/there").status == 200


def test_the_line_has_a_speed_each_way(server: S3Server, raw: Raw) -> None:
    path = presigned(server, "GET", "/lab/there")
    server.faults.line.set_speed(up=None, down=1000 * KiB)
    began = time.monotonic()
    assert raw.plain("GET", path).body == DATA
    assert time.monotonic() - began > 0.2
    server.faults.line.set_speed(up=1000 * KiB, down=None)
    began = time.monotonic()
    assert raw.send("PUT", "/lab/a", DATA).status == 200
    assert time.monotonic() - began > 0.2


def test_the_speed_is_shared_by_all(server: S3Server, background: ThreadPoolExecutor) -> None:
    server.faults.line.set_speed(up=2000 * KiB, down=None)
    began = time.monotonic()
    with Raw(server) as one, Raw(server) as two:
        both = [
            background.submit(each.send, "PUT", f"/lab/{id(each)}", DATA) for each in (one, two)
        ]
        assert [each.result(10).status for each in both] == [200, 200]
    assert time.monotonic() - began > 0.2


def test_a_change_of_speed_is_felt_at_once(
    server: S3Server, raw: Raw, background: ThreadPoolExecutor
) -> None:
    server.faults.line.set_speed(up=100, down=None)
    began = time.monotonic()
    answer = background.submit(raw.send, "PUT", "/lab/a", DATA)
    assert server.log.wait_until(lambda log: log.connections > 0)
    server.faults.line.set_speed(up=None, down=None)
    assert answer.result(10).status == 200
    assert time.monotonic() - began < 5


def test_a_slow_line_does_not_keep_the_server_from_stopping(
    server: S3Server, raw: Raw, background: ThreadPoolExecutor
) -> None:
    server.faults.line.set_speed(up=100, down=None)
    answer = background.submit(raw.send, "PUT", "/lab/a", DATA)
    assert server.log.wait_until(lambda log: log.connections > 0)
    began = time.monotonic()
    server.stop()
    assert time.monotonic() - began < 5
    with pytest.raises(BROKEN):
        answer.result(10)


@pytest.mark.parametrize("speed", [0, -1])
def test_a_speed_is_above_zero(server: S3Server, speed: float) -> None:
    with pytest.raises(ValueError, match="above zero"):
        server.faults.line.set_speed(speed, None)


def test_every_request_takes_the_time_of_the_way(server: S3Server, raw: Raw) -> None:
    server.faults.line.latency_seconds = 0.1
    began = time.monotonic()
    for _ in range(3):
        raw.send("HEAD", "/lab/there")
    assert time.monotonic() - began > 0.29
