"""Lays a long line between this machine and a network namespace of its own. Linux, as root."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.building import LINK, CannotBuild, build

HERE = "10.99.87.1"
"""The server's address; the client is at the other end."""
THERE = "10.99.87.2"
CONGESTION = "cubic"
"""What Windows, macOS and Linux use unless told otherwise; this machine may have been."""
_NAME = "pipette-bench"
_NEAR, _FAR = "pbench0", "pbench1"


class NotHere(Exception):
    """This machine cannot lay such a line; the message says why."""


@dataclass(frozen=True, slots=True)
class Quality:
    """``round_trip_ms`` there and back; ``loss_percent`` each way."""

    round_trip_ms: float = 80.0
    rate_mbit: float = 500.0
    loss_percent: float = 0.0
    queue_ms: float = 60.0

    @property
    def title(self) -> str:
        lost = f"{self.loss_percent:g} % lost" if self.loss_percent else "clean"
        return f"{self.round_trip_ms:g} ms, {self.rate_mbit:g} Mbit/s, {lost}"


def require() -> None:
    """Raises NotHere."""
    if sys.platform != "linux" or os.geteuid() != 0:
        raise NotHere("a long line needs Linux and root")
    if not Path("/dev/net/tun").exists():
        raise NotHere("a long line needs /dev/net/tun")
    if shutil.which("ip") is None:
        raise NotHere("a long line needs the command ip: on Debian, apt-get install iproute2")


@contextmanager
def long_line(quality: Quality, scratch: Path) -> Iterator[Sequence[str]]:
    """Lays the line; gives the words that put a command at its far end. Raises NotHere."""
    require()
    try:
        program = build(LINK, scratch)
    except CannotBuild as missing:
        raise NotHere(str(missing)) from missing
    figures = (
        quality.round_trip_ms / 2,
        quality.loss_percent,
        quality.rate_mbit,
        quality.queue_ms,
    )
    command = [str(program), *map(str, figures), _NEAR, _FAR]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as link:
        try:
            assert link.stdout is not None
            if link.stdout.readline() != "ready\n":
                raise NotHere("TUN devices may not be made here")
            _connect()
            yield ("ip", "netns", "exec", _NAME)
        finally:
            link.terminate()
            with suppress(NotHere):
                _ip("netns", "del", _NAME)


def _connect() -> None:
    _ip("netns", "add", _NAME)
    _ip("link", "set", _FAR, "netns", _NAME)
    _ip("addr", "add", f"{HERE}/30", "dev", _NEAR)
    _ip("link", "set", _NEAR, "up")
    far = ("-n", _NAME)
    _ip(*far, "addr", "add", f"{THERE}/30", "dev", _FAR)
    _ip(*far, "link", "set", _FAR, "up")
    _ip(*far, "link", "set", "lo", "up")
    for end, device, address in (((), _NEAR, HERE), (far, _FAR, THERE)):
        route = ("10.99.87.0/30", "dev", device, "src", address)
        _ip(*end, "route", "replace", *route, "congctl", CONGESTION)


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True)
    if done.returncode:
        raise NotHere(f"ip {' '.join(words)}: {done.stderr.strip()}")
