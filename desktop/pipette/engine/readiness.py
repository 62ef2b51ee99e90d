"""Waits for a socket that never blocks by itself, a tick at a time."""

from __future__ import annotations

import select
import socket
import ssl
import sys

TICK_SECONDS = 0.2
"""The longest anything blocks without looking at its interrupt."""

NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
"""What a socket that never blocks raises when there is nothing to do yet."""


class Readiness:
    """Of one socket. ``wait`` methods return whether it is ready; at most a tick later."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        if sys.platform != "win32":
            self._reading = select.poll()
            self._reading.register(sock, select.POLLIN)
            self._writing = select.poll()
            self._writing.register(sock, select.POLLOUT)

    def wait(self, error: OSError, *, writing: bool) -> bool:
        """Until what gave this error is worth another try: TLS may have to read in order to write."""
        if isinstance(error, ssl.SSLError):
            writing = isinstance(error, ssl.SSLWantWriteError)
        return self.wait_writable() if writing else self.wait_readable()

    if sys.platform == "win32":

        def wait_readable(self) -> bool:
            return bool(select.select([self._socket], [], [], TICK_SECONDS)[0])

        def wait_writable(self) -> bool:
            return bool(select.select([], [self._socket], [], TICK_SECONDS)[1])

    else:

        def wait_readable(self) -> bool:
            return bool(self._reading.poll(TICK_SECONDS * 1000))

        def wait_writable(self) -> bool:
            return bool(self._writing.poll(TICK_SECONDS * 1000))
