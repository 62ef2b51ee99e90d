"""An S3 service on this machine, as strict as AWS and as faulty as a test wants it.

It keeps everything in one folder, and goes on from it when started again. Nothing but loopback can
reach it.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Self

from pipette.practice.attributes import attributes_of, unlike_md5
from pipette.practice.digests import Intake
from pipette.practice.faults import Faults
from pipette.practice.line import Hangup
from pipette.practice.log import RequestLog
from pipette.practice.manners import STRICT, Manners
from pipette.practice.records import Bucket, Checksum, Stored
from pipette.practice.service import Service
from pipette.practice.shelf import Shelf
from pipette.practice.signing import Gate, KeyPair
from pipette.practice.sources import FileSource, MemorySource
from pipette.practice.wire import LARGEST_BLOCK, Connection

ADDRESS = "127.0.0.1"
BACKLOG = 512
PORTS = range(20_000, 32_000)
"""Below those that systems give to outgoing connections, so that a port is still free at a restart."""
PORT_TRIES = 50
RING_STOP = b"s"
RING_NETWORK = b"n"
PRACTICE_KEY = KeyPair("AKIAPRACTICE", "practice-secret-key")


class S3Server:
    """Starts with ``start`` or ``with``; may be stopped and started again, on the same port.

    ``url`` is path style; the bucket may also stand before ``localhost`` in the Host header.
    ``faults`` and ``log`` outlive a stop. A ``receive_buffer`` keeps the system from taking in much
    more than the line's speed allows.
    """

    def __init__(
        self,
        folder: Path,
        *,
        keys: Iterable[KeyPair] = (PRACTICE_KEY,),
        manners: Manners = STRICT,
        faults: Faults | None = None,
        clock: Callable[[], float] = time.time,
        tls: ssl.SSLContext | None = None,
        region: str = "us-east-1",
        port: int = 0,
        receive_buffer: int | None = None,
    ) -> None:
        self.faults = faults or Faults()
        self.log = RequestLog()
        self.region = region
        self._folder = folder
        self._keys = {key.id: key for key in keys}
        self._manners = manners
        self._clock = clock
        self._tls = tls
        self._port = port
        self._receive_buffer = receive_buffer
        self._running: _Running | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def port(self) -> int:
        """Known once it was started."""
        return self._port

    @property
    def url(self) -> str:
        scheme = "https" if self._tls else "http"
        return f"{scheme}://{ADDRESS}:{self._port}"

    def start(self) -> None:
        """Returns when connections are taken."""
        if self._running is not None:
            raise RuntimeError("it runs already")
        shelf = Shelf(self._folder)
        try:
            self._running = _Running(
                self._service(shelf), self._port, self._tls, self._receive_buffer
            )
        except OSError:
            shelf.close()
            raise
        self._port = self._running.port

    def stop(self) -> None:
        """Break off what is under way; returns when no thread and no socket is left."""
        running, self._running = self._running, None
        if running is not None:
            running.stop()

    def add_key(self, key: KeyPair) -> None:
        """Let this key in from now on; one with the same id is replaced."""
        self._keys[key.id] = key

    def create_bucket(self, name: str, *, region: str | None = None, kms: bool = False) -> None:
        """Without a request. ``kms`` encrypts by default, so that no ETag is an MD5."""
        self._shelf.create_bucket(Bucket(name, region or self.region, self._clock(), kms))

    def buckets(self) -> list[str]:
        """Their names, in order."""
        return [bucket.name for bucket in self._shelf.buckets()]

    def put(self, bucket: str, key: str, data: bytes) -> None:
        """Without a request."""
        kms = self._manners.kms or self._shelf.bucket(bucket).kms
        intake = Intake({"crc64nvme"})
        block = memoryview(bytearray(LARGEST_BLOCK))
        blob = self._shelf.blobs.receive(MemorySource(data), intake, block)
        stored = Stored(
            (blob,),
            unlike_md5() if kms else intake.digest("md5").hex(),
            self._clock(),
            attributes_of({}, kms=kms),
            Checksum("crc64nvme", intake.text("crc64nvme")),
        )
        self._shelf.put(bucket, key, stored, lambda existing: None)

    def read(self, bucket: str, key: str) -> bytes | None:
        """The whole object, without a request; None if there is none."""
        stored = self._shelf.find(bucket, key)
        if stored is None:
            return None
        data = memoryview(bytearray(stored.size))
        with FileSource(self._shelf.blobs.pieces(stored.blobs, 0, stored.size)) as files:
            filled = 0
            while count := files.read_into(data[filled:]):
                filled += count
        return bytes(data)

    def stored(self, bucket: str, key: str) -> Stored | None:
        """What is known of an object, without a request; None if there is none."""
        return self._shelf.find(bucket, key)

    def remove(self, bucket: str, key: str) -> None:
        """Without a request; an object that is not there is no error."""
        self._shelf.remove(bucket, key)

    def keys(self, bucket: str) -> list[str]:
        """Of all objects in a bucket."""
        return self._shelf.keys(bucket)

    def open_uploads(self, bucket: str) -> list[str]:
        """Ids of the uploads that were begun and not finished."""
        return [upload.id for upload in self._shelf.uploads(bucket)]

    def _service(self, shelf: Shelf) -> Service:
        return Service(
            shelf,
            Gate(self._keys, self.faults, self._manners.clock_skew_seconds),
            self._manners,
            self.faults,
            self._clock,
            self.region,
            self.log,
        )

    @property
    def _shelf(self) -> Shelf:
        if self._running is None:
            raise RuntimeError("it does not run")
        return self._running.service.shelf


class _Running:
    """The door and all who came through it, from one start to the stop."""

    def __init__(
        self, service: Service, port: int, tls: ssl.SSLContext | None, buffer: int | None
    ) -> None:
        self.service = service
        self._tls = tls
        self._buffer = buffer
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._guests: dict[threading.Thread, Connection] = {}
        self._door = self._open_door(port) if port else self._open_any_door()
        self._bell, self._ringer = socket.socketpair()
        self._turned = threading.Semaphore(0)
        self.port: int = self._door.getsockname()[1]
        self._porter = threading.Thread(target=self._keep_door, name="practice door", daemon=True)
        self._porter.start()
        service.faults.line.watch(self._network_changed)

    def stop(self) -> None:
        self.service.faults.line.unwatch(self._network_changed)
        self._stopping.set()
        self._ringer.send(RING_STOP)
        self._porter.join()
        guests = self._interrupt_guests()
        self.service.faults.wake()
        for guest in guests:
            guest.join()
        self._bell.close()
        self._ringer.close()
        self.service.shelf.close()

    def _open_any_door(self) -> socket.socket:
        for port in Random().sample(PORTS, PORT_TRIES):  # noqa: S311 - any will do
            with contextlib.suppress(OSError):
                return self._open_door(port)
        return self._open_door(0)

    def _open_door(self, port: int) -> socket.socket:
        door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            door.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if self._buffer is not None:
            door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._buffer)
        try:
            door.bind((ADDRESS, port))
            if not self.service.faults.line.lost:
                door.listen(BACKLOG)
        except OSError:
            door.close()
            raise
        door.setblocking(False)
        return door

    def _keep_door(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._bell, selectors.EVENT_READ)
            if not self.service.faults.line.lost:
                selector.register(self._door, selectors.EVENT_READ)
            while not self._stopping.is_set():
                for ready, _ in selector.select():
                    self._answer_door(ready.fileobj is self._bell, selector)
        self._door.close()

    def _answer_door(self, bell: bool, selector: selectors.BaseSelector) -> None:
        if not bell:
            self._let_in()
        elif self._bell.recv(1) == RING_NETWORK:
            try:
                self._turn_door(selector)
            finally:
                self._turned.release()

    def _let_in(self) -> None:
        try:
            sock, _ = self._door.accept()
        except OSError:  # whoever knocked has gone again
            return
        sock.setblocking(True)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        number = self.service.log.connected()
        connection = Connection(sock, number, self.service.faults.line, self._stopping)
        thread = threading.Thread(
            target=self._host, args=(connection,), name=f"practice {number}", daemon=True
        )
        with self._lock:
            self._guests[thread] = connection
        thread.start()

    def _host(self, connection: Connection) -> None:
        try:
            if self._tls is not None:
                connection.secure(self._tls)
            self.service.serve(connection)
        except Hangup as end:
            connection.close(reset=end.reset)
        finally:
            connection.close()
            with self._lock:
                del self._guests[threading.current_thread()]

    def _network_changed(self, lost: bool) -> None:
        self._ringer.send(RING_NETWORK)
        self._turned.acquire()

    def _turn_door(self, selector: selectors.BaseSelector) -> None:
        """Behind a bound socket that does not listen the port stays ours, yet nobody gets in."""
        with contextlib.suppress(KeyError):
            selector.unregister(self._door)
        self._door.close()
        self._door = self._open_door(self.port)
        if self.service.faults.line.lost:
            self._interrupt_guests()
        else:
            selector.register(self._door, selectors.EVENT_READ)

    def _interrupt_guests(self) -> list[threading.Thread]:
        with self._lock:
            guests = dict(self._guests)
        for connection in guests.values():
            connection.interrupt()
        return list(guests)
