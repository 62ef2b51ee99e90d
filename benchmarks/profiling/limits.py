"""What this machine can do at best: hash, copy, read, send, and write durably."""

from __future__ import annotations

import hashlib
import os
import socket
import sqlite3
import statistics
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from awscrt.checksums import crc64nvme

from benchmarks.servers import Server
from benchmarks.work import GIB, MIB

AMOUNT = 256 * MIB
REPEATS = 5
COMMITS = 50
REQUESTS = 2000
_HEAD = b"PUT /bench/limit HTTP/1.1\r\nHost: sink\r\nContent-Length: %d\r\n\r\n"


def limits(large: Path, server: Server, scratch: Path) -> Mapping[str, str]:
    """The median of several tries at each, in words for a table."""
    block = memoryview(bytearray(os.urandom(MIB)))
    md5 = hashlib.md5(usedforsecurity=False)
    each_mib: Mapping[str, Callable[[], object]] = {
        "MD5": lambda: md5.update(block),
        "CRC-64/NVME": lambda: crc64nvme(block),
        "copy in memory": lambda: bytes(block),
    }
    found = {name: _rate(partial(_repeat, act)) for name, act in each_mib.items()}
    found["read a file that is in memory"] = _rate(lambda: _read(large))
    found["send to the sink, one connection"] = _rate(lambda: _send(server, block))
    found["one request of 16 KiB and its answer, one connection"] = _each(
        REQUESTS, lambda: _requests(server, block[: 16 * 1024])
    )
    found["durable commit of the journal"] = _each(COMMITS, lambda: _commits(scratch))
    return found


def _median_seconds(act: Callable[[], object]) -> float:
    taken = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        act()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def _rate(act: Callable[[], object]) -> str:
    seconds = _median_seconds(act)
    return f"{AMOUNT / seconds / GIB:.2f} GiB/s, {seconds * GIB / AMOUNT:.2f} s/GiB"


def _each(number: int, act: Callable[[], object]) -> str:
    return f"{_median_seconds(act) / number * 1e6:,.0f} µs"


def _repeat(act: Callable[[], object]) -> None:
    for _ in range(AMOUNT // MIB):
        act()


def _read(path: Path) -> None:
    room = memoryview(bytearray(MIB))
    left = AMOUNT
    with path.open("rb", buffering=0) as file:
        while left > 0 and (count := file.readinto(room)):
            left -= count


def _connect(server: Server) -> socket.socket:
    place = urlsplit(server.url)
    made = socket.create_connection((place.hostname, place.port))
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def _send(server: Server, block: memoryview) -> None:
    with closing(_connect(server)) as line:
        line.sendall(_HEAD % AMOUNT)
        for _ in range(AMOUNT // MIB):
            line.sendall(block)
        line.recv(4096)


def _requests(server: Server, body: memoryview) -> None:
    request = _HEAD % len(body) + bytes(body)
    with closing(_connect(server)) as line:
        for _ in range(REQUESTS):
            line.sendall(request)
            line.recv(4096)


def _commits(scratch: Path) -> None:
    path = scratch / "limit.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE IF NOT EXISTS row (text TEXT)")
        for _ in range(COMMITS):
            database.execute("INSERT INTO row VALUES ('a line like one of a receipt')")
