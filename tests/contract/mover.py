"""Moves single parts over real HTTP with the engine's own Sender, for the contract suite."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from awscrt.checksums import crc64nvme

from pipette.engine.bodies import FileSink, FileSlice
from pipette.engine.clock import SystemClock
from pipette.engine.interrupt import Interrupt
from pipette.engine.meter import Meter
from pipette.engine.sender import Sender
from pipette.engine.throttle import Throttle
from pipette.model.account import Network
from pipette.model.files import SourceFile
from pipette.model.parts import Algorithm, Digest, Handle, Part, PartRequest, Reply
from pipette.model.transfer import Direction


def digests_of(data: bytes) -> dict[Algorithm, bytes]:
    return {
        Algorithm.MD5: hashlib.md5(data, usedforsecurity=False).digest(),
        Algorithm.CRC64NVME: crc64nvme(data).to_bytes(8, "big"),
    }


def digest_for(handle: Handle, data: bytes) -> Digest | None:
    """The digest that a header needs; None where it follows in a trailer or is not asked for."""
    algorithm = handle.check.algorithm
    if algorithm is None or not handle.check.in_header:
        return None
    return Digest(algorithm, digests_of(data)[algorithm])


class Mover:
    """Keeps each part in a file of its own, as the Sender reads and writes files."""

    def __init__(self, sender: Sender, folder: Path) -> None:
        self._sender = sender
        self._folder = folder
        self._meter = Meter(SystemClock())

    def send(self, request: PartRequest, data: bytes) -> Reply:
        path = self._folder / "going out"
        path.write_bytes(data)
        source = SourceFile(str(path), len(data), path.stat().st_mtime_ns)
        with self._meter.attempt(1, Direction.UPLOAD) as attempt:
            return self._sender.send(
                request,
                FileSlice.of(source, Part(1, 0, len(data))),
                interrupt=Interrupt(),
                attempt=attempt,
                digests=list(Algorithm),
            )

    def fetch(self, request: PartRequest, part: Part, accept: Callable[[Reply], None]) -> bytes:
        """The bytes of a part; ``accept`` sees the answer first and raises to refuse it."""
        path = self._folder / "coming in"
        sink = FileSink(str(path))
        sink.prepare(part.offset + part.length)
        with self._meter.attempt(1, Direction.DOWNLOAD) as attempt:
            self._sender.receive(
                request, part, sink, accept=accept, interrupt=Interrupt(), attempt=attempt
            )
        content = path.read_bytes()[part.offset :]
        path.unlink()
        return content


@contextmanager
def mover_in(folder: Path, network: Network = Network()) -> Iterator[Mover]:  # noqa: B008 - frozen
    clock = SystemClock()
    sender = Sender(network, Throttle(clock), Throttle(clock), clock)
    try:
        yield Mover(sender, folder)
    finally:
        sender.close()
