"""The practice place: a pretend platform on this computer, with knobs for what may go wrong.

Nothing leaves the computer. No Qt here; the window puts buttons on these methods.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from pathlib import Path

from pipette.practice.faults import CorruptIncoming, Fault, Faults
from pipette.practice.log import RequestLog
from pipette.practice.manners import KiB
from pipette.practice.samples import LIBRARIES, Samples, fastq_gz, make_samples
from pipette.practice.server import S3Server
from pipette.practice.signing import KeyPair

BUCKET = "demo-lab"
REGION = "us-east-1"
RECEIVE_BUFFER = 128 * KiB
"""Small, so that what the window shows as sent has really gone through at a low speed."""
WELCOME = b"This is the practice place. It lies on this computer, and nothing here leaves it.\n"


@dataclass(frozen=True, slots=True)
class Access:
    """What is needed to add the practice place as a location; path style."""

    url: str
    access_key: str
    secret_key: str = field(repr=False)
    region: str
    buckets: tuple[str, ...]


class PracticePlace:
    """One per program. Every method may be called from any thread once ``start`` has returned.

    Without a ``key`` a new one is made, so that no other program on this computer can get in.
    """

    def __init__(self, *, key: KeyPair | None = None, port: int = 0) -> None:
        made_up = KeyPair("AKIADEMO" + secrets.token_hex(6).upper(), secrets.token_urlsafe(30))
        self._key = key or made_up
        self._port = port
        self._faults = Faults()
        self._server: S3Server | None = None
        self._folder: Path | None = None

    def start(self, folder: Path) -> Access:
        """Open the place; what was left in ``folder`` by an earlier start is there again."""
        server = S3Server(
            folder / "place",
            keys=[self._key],
            faults=self._faults,
            region=REGION,
            port=self._port,
            receive_buffer=RECEIVE_BUFFER,
        )
        server.start()
        self._server, self._folder = server, folder
        if BUCKET not in server.buckets():
            _furnish(server)
        return Access(server.url, self._key.id, self._key.secret, REGION, tuple(server.buckets()))

    def stop(self) -> None:
        """Close it; harmless when it is not open."""
        if self._server is not None:
            self._server.stop()

    def make_samples(self) -> Samples:
        """Write sample data beside the place, ready to be dropped; takes about a second."""
        if self._folder is None:
            raise RuntimeError("the practice place is not open")
        return make_samples(self._folder / "samples")

    @property
    def log(self) -> RequestLog:
        """What was asked of the place so far."""
        if self._server is None:
            raise RuntimeError("the practice place is not open")
        return self._server.log

    def set_speed(self, bytes_per_second: float | None) -> None:
        """The speed of the pretend line, each way; None is as fast as it goes."""
        self._faults.line.set_speed(bytes_per_second, bytes_per_second)

    def lose_network(self, on: bool) -> None:
        """True breaks all connections and lets no new one come about, False mends the line."""
        if on:
            self._faults.line.lose()
        else:
            self._faults.line.restore()

    def expire_key(self) -> None:
        """From now on the key is answered as one that has run out."""
        self._faults.expire(self._key.id)

    def renew_key(self) -> None:
        """The same key is good again."""
        self._faults.reinstate(self._key.id)

    def damage_next_part(self) -> None:
        """Flip a bit of the next part (or whole small file) that is sent to the place."""
        self._faults.add(Fault(CorruptIncoming(), operation=("UploadPart", "PutObject")))


def _furnish(server: S3Server) -> None:
    server.create_bucket(BUCKET)
    server.put(BUCKET, "runs/", b"")
    server.put(BUCKET, "controls/", b"")
    server.put(BUCKET, "runs/README.txt", WELCOME)
    for library in LIBRARIES[-2:]:
        for read in (1, 2):
            server.put(BUCKET, f"controls/{library.file_name(read)}", fastq_gz(library, read, 200))
