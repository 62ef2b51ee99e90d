"""Everything that may go wrong at the service, on demand.

A ``Fault`` says which requests it strikes and how often; the first one that matches a request is
spent on it. Switches (``expire_tokens``, ``revoke``, ``line.lose`` …) stay until they are put back.
All of it may be changed from any thread while the service runs.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from enum import Enum

from pipette.practice.line import Hangup, Line


class Moment(Enum):
    """When, within one request, an action strikes."""

    BEFORE = "before"
    """The head is read, the body is not."""
    DURING = "during"
    """In the middle of the body; of the answer's body for GetObject."""
    AFTER = "after"
    """All is done and stored, the answer is not sent."""


@dataclass(frozen=True, slots=True)
class Respond:
    """Answer this instead of doing anything. ``read_body`` False answers while the body comes."""

    status: int
    code: str = "InternalError"
    retry_after: int | None = None
    message: str = "We encountered an internal error. Please try again."
    read_body: bool = True


@dataclass(frozen=True, slots=True)
class Reset:
    """Reset the connection. ``after_bytes`` of the body when DURING; None means half of it."""

    moment: Moment = Moment.DURING
    after_bytes: int | None = None


LOST_REPLY = Reset(Moment.AFTER)
"""The work is done and kept, but nobody learns of it."""


@dataclass(frozen=True, slots=True)
class ErrorInside:
    """Answer 200 with an ``<Error>`` as body; ``done`` says whether the work is done nevertheless."""

    code: str = "InternalError"
    done: bool = False


@dataclass(frozen=True, slots=True)
class Hang:
    """Stand still until ``Faults.release``, then go on as if nothing had been."""

    moment: Moment = Moment.BEFORE
    after_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Trickle:
    """Move the body, both ways, only this fast."""

    bytes_per_second: float


@dataclass(frozen=True, slots=True)
class CorruptIncoming:
    """Flip a bit of the payload at this offset before the service looks at it."""

    offset: int = 0


@dataclass(frozen=True, slots=True)
class CorruptOutgoing:
    """Flip a bit of the answer's body at this offset."""

    offset: int = 0


@dataclass(frozen=True, slots=True)
class CutOff:
    """Announce the whole body, send only so many bytes (None: half) and close politely."""

    after_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class WrongETag:
    """Store the bytes as they are, but answer with an ETag that is not theirs."""


@dataclass(frozen=True, slots=True)
class ExpireTokens:
    """From this request on, every session token has run out."""


@dataclass(frozen=True, slots=True)
class LoseNetwork:
    """With this request the network goes."""


Action = (
    Respond
    | Reset
    | ErrorInside
    | Hang
    | Trickle
    | CorruptIncoming
    | CorruptOutgoing
    | CutOff
    | WrongETag
    | ExpireTokens
    | LoseNetwork
)


@dataclass(frozen=True, slots=True)
class Fault:
    """Which requests are struck, and by what. A field that is None matches everything.

    ``operation`` may be several. ``range_start`` is the first byte a GetObject asks for. ``skip`` lets so many matching requests
    pass first; ``times`` None strikes for ever.
    """

    action: Action
    operation: str | tuple[str, ...] | None = None
    key: str | None = None
    part: int | None = None
    range_start: int | None = None
    times: int | None = 1
    skip: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """What is known of a request when its head has been read."""

    operation: str
    key: str
    part: int | None = None
    range_start: int | None = None


@dataclass(slots=True)
class _Armed:
    fault: Fault
    seen: int = 0
    fired: int = 0

    def strikes(self, call: Call) -> bool:
        if not _matches(self.fault, call) or self.spent:
            return False
        self.seen += 1
        if self.seen <= self.fault.skip:
            return False
        self.fired += 1
        return True

    @property
    def spent(self) -> bool:
        return self.fault.times is not None and self.fired >= self.fault.times


class Faults:
    """The switchboard of one service."""

    def __init__(self) -> None:
        self.line = Line()
        self._changed = threading.Condition()
        self._armed: list[_Armed] = []
        self._hanging = 0
        self._releases = 0
        self._tokens_expired = False
        self._expired: frozenset[str] = frozenset()
        self._revoked: frozenset[str] = frozenset()

    def add(self, fault: Fault) -> Fault:
        """Arm it behind those that are armed already."""
        with self._changed:
            self._armed.append(_Armed(fault))
        return fault

    def remove(self, fault: Fault) -> None:
        """Disarm this one; one that is spent or gone already is no error."""
        with self._changed:
            self._armed = [armed for armed in self._armed if armed.fault is not fault]

    def clear(self) -> None:
        """Disarm all faults and let go what hangs. Switches stay as they are."""
        with self._changed:
            self._armed.clear()
        self.release()

    def fired(self, fault: Fault) -> int:
        """How often it has struck."""
        with self._changed:
            return sum(armed.fired for armed in self._armed if armed.fault is fault)

    def take(self, call: Call) -> Action | None:
        """The action that strikes this request, if one does; it counts as used."""
        if not self._armed:
            return None
        with self._changed:
            for armed in self._armed:
                if armed.strikes(call):
                    return armed.fault.action
        return None

    def hold(self, stopping: threading.Event) -> None:
        """Hang the calling thread until ``release``."""
        with self._changed:
            mine = self._releases
            self._hanging += 1
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._releases != mine or stopping.is_set())
            self._hanging -= 1
        if stopping.is_set():
            raise Hangup

    def release(self) -> None:
        """Let everything go that hangs now."""
        with self._changed:
            self._releases += 1
            self._changed.notify_all()

    def wait_until_hanging(self, count: int = 1, timeout: float = 10.0) -> bool:
        """Wait until so many requests hang; False when that did not happen in time."""
        with self._changed:
            return self._changed.wait_for(lambda: self._hanging >= count, timeout)

    def wake(self) -> None:
        """Make everybody who waits look whether the service is stopping."""
        with self._changed:
            self._changed.notify_all()
        self.line.wake()

    def expire_tokens(self) -> None:
        """Every key with a session token is answered 400 ExpiredToken from now on."""
        self._tokens_expired = True

    def renew_tokens(self) -> None:
        self._tokens_expired = False

    def expire(self, key_id: str) -> None:
        """This key is answered 400 ExpiredToken, whether it came with a session token or not."""
        with self._changed:
            self._expired |= {key_id}

    def revoke(self, key_id: str) -> None:
        """This key is answered 403 InvalidAccessKeyId."""
        with self._changed:
            self._revoked |= {key_id}

    def reinstate(self, key_id: str) -> None:
        """Undo ``expire`` and ``revoke``."""
        with self._changed:
            self._expired -= {key_id}
            self._revoked -= {key_id}

    def is_expired(self, key_id: str, *, temporary: bool) -> bool:
        return key_id in self._expired or (temporary and self._tokens_expired)

    def is_revoked(self, key_id: str) -> bool:
        return key_id in self._revoked


def _matches(fault: Fault, call: Call) -> bool:
    return (
        _is_meant(fault.operation, call.operation)
        and fault.key in (None, call.key)
        and fault.part in (None, call.part)
        and fault.range_start in (None, call.range_start)
    )


def _is_meant(meant: str | tuple[str, ...] | None, operation: str) -> bool:
    return meant is None or operation == meant or (isinstance(meant, tuple) and operation in meant)
