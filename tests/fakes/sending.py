"""What a test needs to move a part: a sender, a meter, a file."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path

from tests.fakes.wire import TEST_CA

from pipette.engine.bodies import FileSink, FileSlice
from pipette.engine.clock import SystemClock
from pipette.engine.interrupt import Interrupt
from pipette.engine.meter import Meter
from pipette.engine.sender import Observe, Sender
from pipette.engine.throttle import Throttle
from pipette.model.account import Network
from pipette.model.files import MiB, SourceFile
from pipette.model.parts import Algorithm, Part, PartRequest, Reply
from pipette.model.transfer import Direction

TRANSFER = 1


@dataclass
class Desk:
    """A sender with everything around it, and short ways to use it."""

    network: Network = field(
        default_factory=lambda: Network(extra_ca=TEST_CA, connect_seconds=10, stall_seconds=10)
    )
    clock: SystemClock = field(default_factory=SystemClock)
    interrupt: Interrupt = field(default_factory=Interrupt)

    def __post_init__(self) -> None:
        self.meter = Meter(self.clock)
        self.up = Throttle(self.clock)
        self.down = Throttle(self.clock)
        self.sender = Sender(self.network, self.up, self.down, self.clock)

    def send(
        self,
        body: FileSlice,
        request: PartRequest,
        *,
        observe: Observe | None = None,
        digests: tuple[Algorithm, ...] = (),
    ) -> Reply:
        with self.meter.attempt(TRANSFER, Direction.UPLOAD) as attempt:
            return self.sender.send(
                request,
                body,
                interrupt=self.interrupt,
                attempt=attempt,
                observe=observe,
                digests=digests,
            )

    def receive(
        self,
        request: PartRequest,
        part: Part,
        sink: FileSink,
        *,
        observe: Observe | None = None,
        digests: tuple[Algorithm, ...] = (),
        sync: bool = False,
    ) -> list[Reply]:
        """The answers that were shown for acceptance, then the final one."""
        shown: list[Reply] = []
        with self.meter.attempt(TRANSFER, Direction.DOWNLOAD) as attempt:
            last = self.sender.receive(
                request,
                part,
                sink,
                accept=shown.append,
                interrupt=self.interrupt,
                attempt=attempt,
                observe=observe,
                digests=digests,
                sync=sync,
            )
        return [*shown, last]

    @property
    def wire_bytes(self) -> int:
        return self.meter.wire_bytes(TRANSFER)


def file_of(folder: Path, size: int, seed: int = 4) -> FileSlice:
    """A file of random bytes, whole, as one part."""
    path = folder / f"sample-{size}.fastq.gz"
    path.write_bytes(random.Random(seed).randbytes(size))
    return whole_of(path)


def vast_file(folder: Path) -> FileSlice:
    """More than all buffers between here and a server that does not read."""
    path = folder / "vast.bam"
    with path.open("wb") as file:
        file.truncate(24 * MiB)
    return whole_of(path)


def whole_of(path: Path) -> FileSlice:
    now = path.stat()
    source = SourceFile(str(path), now.st_size, now.st_mtime_ns)
    return FileSlice.of(source, Part(1, 0, source.size))


def content_of(body: FileSlice) -> bytes:
    with Path(body.path).open("rb") as file:
        file.seek(body.offset)
        return file.read(body.length)


def put(url: str, **headers: str) -> PartRequest:
    return PartRequest("PUT", f"{url}/bucket/sample?X-Signature=s3cr3t", headers)
