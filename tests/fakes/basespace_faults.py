"""What goes wrong at a made-up BaseSpace, in the order a test asked for; and what it saw."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Cut(Enum):
    """A connection that ends without an answer."""

    BEFORE = "before anything was read"
    DURING = "while the body was read"
    AFTER = "after it was done"


@dataclass(frozen=True, slots=True)
class Say:
    """This answer, and nothing is done; with ``done`` it is done all the same."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = "application/json"
    done: bool = False


@dataclass(frozen=True, slots=True)
class Twist:
    """It is done, but the answer's fields say something else. A value of None leaves a field out."""

    fields: Mapping[str, object]


class Fault(Enum):
    """What the storage may do with a file; any answer may stall."""

    CUT_SHORT = "right headers, half of the bytes"
    FLIPPED = "one byte is another one"
    WHOLE = "the whole file, whatever range was asked for"
    STALLED = "half of the answer, and then nothing any more"


Wrong = Cut | Say | Twist | Fault


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it came in. Header names are lower case."""

    method: str
    route: str
    target: str
    headers: Mapping[str, str]
    length: int
    status: int
    details: Mapping[str, str]


@dataclass(slots=True)
class Script:
    """Faults by route, used up one after the other, and the log of requests. Any thread."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _due: dict[str, list[Wrong]] = field(default_factory=dict)
    _seen: list[Seen] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _in_flight: dict[str, int] = field(default_factory=dict)
    most_in_flight: dict[str, int] = field(default_factory=dict)
    """Of each route, how many were under way at once."""
    breaches: list[str] = field(default_factory=list)
    """What no client may ever do."""

    def fail(self, route: str, *wrong: Wrong) -> None:
        with self._lock:
            self._due.setdefault(route, []).extend(wrong)

    def forget(self) -> None:
        with self._lock:
            self._due.clear()
            self._seen.clear()
            self.breaches.clear()
            self.most_in_flight.clear()

    def due(self, route: str) -> Wrong | None:
        with self._lock:
            waiting = self._due.get(route)
            return waiting.pop(0) if waiting else None

    def breach(self, what: str) -> None:
        with self._lock:
            self.breaches.append(what)

    def begun(self, route: str) -> None:
        with self._lock:
            now = self._in_flight.get(route, 0) + 1
            self._in_flight[route] = now
            self.most_in_flight[route] = max(now, self.most_in_flight.get(route, 0))

    def ended(self, route: str, seen: Seen) -> None:
        with self._lock:
            self._in_flight[route] -= 1
            self._seen.append(seen)
        with self._changed:
            self._changed.notify_all()

    def seen(self, *routes: str) -> list[Seen]:
        with self._lock:
            return [one for one in self._seen if not routes or one.route in routes]

    def count(self, *routes: str) -> int:
        return len(self.seen(*routes))

    def wait_until(self, count: int, *routes: str, seconds: float = 30.0) -> bool:
        """So many requests of these routes were answered."""
        with self._changed:
            return self._changed.wait_for(lambda: self.count(*routes) >= count, seconds)
