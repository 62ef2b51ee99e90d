"""What the service was asked and what it did, for tests to look at."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass

from pipette.practice.faults import Action

MOST_ENTRIES = 200_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One request. ``status`` is what was, or with a lost reply would have been, answered."""

    operation: str
    bucket: str
    key: str
    part: int | None
    upload_id: str | None
    status: int
    code: str
    """The error's code; empty when it went well."""
    received: int
    """Bytes of the payload that were read."""
    range: str
    """The ``Range`` header as it came."""
    headers: frozenset[str]
    """Names of the request's headers, in lower case."""
    connection: int
    """Number of the connection, counted from 1."""
    struck: Action | None
    """The action of the fault that was spent on it."""


class RequestLog:
    """Bounded, thread-safe. An entry is there before its answer reaches the client."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._entries: deque[Entry] = deque(maxlen=MOST_ENTRIES)
        self._parts: Counter[tuple[str, int]] = Counter()
        self.uploads_created = 0
        self.uploads_completed = 0
        self.uploads_aborted = 0
        self.connections = 0

    def entries(
        self,
        operation: str | None = None,
        *,
        key: str | None = None,
        part: int | None = None,
        status: int | None = None,
    ) -> list[Entry]:
        """Those that match, oldest first."""
        with self._changed:
            everything = list(self._entries)
        return [
            entry
            for entry in everything
            if operation in (None, entry.operation)
            and key in (None, entry.key)
            and part in (None, entry.part)
            and status in (None, entry.status)
        ]

    def parts_accepted(self, upload_id: str | None = None) -> dict[int, int]:
        """How often each part number was stored, over all uploads or in one."""
        with self._changed:
            pairs = list(self._parts.items())
        totals: dict[int, int] = {}
        for (upload, number), count in pairs:
            if upload_id in (None, upload):
                totals[number] = totals.get(number, 0) + count
        return totals

    def wait_until(self, holds: Callable[[RequestLog], bool], timeout: float = 10.0) -> bool:
        """Wait until ``holds(log)``; looked at after each change. False when it was too late."""
        with self._changed:
            return self._changed.wait_for(lambda: holds(self), timeout)

    def clear(self) -> None:
        """Forget the entries; the counters go on."""
        with self._changed:
            self._entries.clear()

    def add(self, entry: Entry) -> None:
        with self._changed:
            self._entries.append(entry)
            self._changed.notify_all()

    def connected(self) -> int:
        """Count a connection and return its number."""
        with self._changed:
            self.connections += 1
            self._changed.notify_all()
            return self.connections

    def upload_created(self) -> None:
        with self._changed:
            self.uploads_created += 1
            self._changed.notify_all()

    def upload_completed(self) -> None:
        with self._changed:
            self.uploads_completed += 1
            self._changed.notify_all()

    def upload_aborted(self) -> None:
        with self._changed:
            self.uploads_aborted += 1
            self._changed.notify_all()

    def part_accepted(self, upload_id: str, number: int) -> None:
        with self._changed:
            self._parts[upload_id, number] += 1
            self._changed.notify_all()
