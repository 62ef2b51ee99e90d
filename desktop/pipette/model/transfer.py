"""A transfer as the outside sees it: identifiers, options, snapshots."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import NewType

from pipette.model.files import Location, MiB
from pipette.model.parts import Proof

BatchId = NewType("BatchId", str)
"""Short and speakable, unique in a home, e.g. ``20261120-1``."""
TransferId = NewType("TransferId", int)


class Direction(Enum):
    UPLOAD = "upload"
    DOWNLOAD = "download"
    IMPORT = "import"
    """The service refers to files elsewhere; no byte passes through this computer."""


class IfExists(Enum):
    """The rule for a name that is already there."""

    SKIP = "skip"
    KEEP_BOTH = "keep-both"
    REPLACE = "replace"


class State(Enum):
    """What a row says; exactly one at a time. The value is its name in the journal."""

    CHECKING = "checking"
    WAITING = "waiting"
    SUBMITTED = "submitted"
    """Import: handed over to the service, which has not begun."""
    RESOLVING = "resolving"
    """Import: the service looks the address up."""
    MOVING = "moving"
    RETRYING = "retrying"
    SLOWED = "slowed"
    NO_NETWORK = "no-network"
    NEEDS_SIGN_IN = "needs-sign-in"
    NEEDS_YOU = "needs-you"
    PAUSED = "paused"
    FINISHING = "finishing"
    VERIFYING = "verifying"
    VERIFIED = "verified"
    SIZE_MATCHED = "size-matched"
    UNPROVEN = "unproven"
    IMPORTED = "imported"
    """The service says that it refers to the file now. Nothing was copied, nothing compared."""
    FAILED = "failed"
    SKIPPED = "skipped"
    LEFT_OUT = "left-out"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        return self in _FINAL

    @property
    def is_active(self) -> bool:
        return self in _ACTIVE

    @property
    def needs_someone(self) -> bool:
        return self in {State.NEEDS_YOU, State.NEEDS_SIGN_IN, State.FAILED}


_FINAL = frozenset(
    {
        State.VERIFIED,
        State.SIZE_MATCHED,
        State.UNPROVEN,
        State.IMPORTED,
        State.FAILED,
        State.SKIPPED,
        State.LEFT_OUT,
        State.CANCELLED,
    }
)
_ACTIVE = frozenset(
    {
        State.CHECKING,
        State.SUBMITTED,
        State.RESOLVING,
        State.MOVING,
        State.RETRYING,
        State.SLOWED,
        State.NO_NETWORK,
        State.FINISHING,
        State.VERIFYING,
    }
)


class QueueMove(Enum):
    FIRST = "first"
    UP = "up"
    DOWN = "down"
    LAST = "last"


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """What a person chose for one drop. ``limit_bytes`` is this batch's speed limit per second."""

    if_exists: IfExists = IfExists.SKIP
    md5: bool = True
    operator: str = ""
    tags: tuple[str, ...] = ()
    """Put on every file of an import."""


LARGE_PIECE = 64 * MiB
"""As much may be lost with the parts that any pause breaks off."""


@dataclass(frozen=True, slots=True)
class PartMap:
    """The parts of one file as bit sets: bit n-1 stands for part n."""

    count: int
    part_size: int
    arrived: int = 0
    moving: int = 0
    retrying: int = 0
    failed: int = 0


def is_large_piece(direction: Direction, parts: PartMap | None, size: int) -> bool:
    """A large file is being sent as one piece: breaking it off keeps nothing of it."""
    one = parts is not None and parts.count == 1 and bool(parts.moving)
    return one and direction is Direction.UPLOAD and size > LARGE_PIECE


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a transfer is not going on. ``kind`` is the name of a class in ``model.errors``."""

    kind: str
    detail: str = ""
    since: float = 0.0


@dataclass(frozen=True, slots=True)
class FileSnapshot:
    """The read-only view of one transfer. Times are seconds since the epoch, sizes bytes."""

    id: TransferId
    batch: BatchId
    direction: Direction
    name: str
    """Path relative to what was dropped, with forward slashes."""
    source: str
    """Local path (upload), written form of the remote place (download), DRS address (import)."""
    target: str
    """Written form of the remote place (upload, import) or local path (download)."""
    size: int
    state: State
    position: int = 0
    arrived: int = 0
    """Bytes with a receipt. Percentages use this, rounded down."""
    moving: int = 0
    """Bytes of running attempts that have no receipt yet."""
    parts: PartMap | None = None
    problem: Problem | None = None
    proof: Proof = Proof.NONE
    md5: str | None = None
    etag: str | None = None
    remote_id: str | None = None
    remote_size: int | None = None
    attempts: int = 0
    """Failed tries so far, over all steps."""
    reused_parts: int = 0
    sent_bytes: int = 0
    """Payload bytes put on the wire, retries included."""
    retry_at: float | None = None
    finished_at: float | None = None
    renamed_to: str | None = None
    """The last part of the name, when keep-both or a name rule changed it."""
    finish_order: int = 0
    """Counts up over the home as files reach a final state or change it; 0 before."""

    @property
    def is_large_piece(self) -> bool:
        """It goes in one piece just now, so that a pause costs what was sent of it."""
        return is_large_piece(self.direction, self.parts, self.size)


@dataclass(frozen=True, slots=True)
class BatchSnapshot:
    """The read-only view of what came from one drop."""

    id: BatchId
    direction: Direction
    name: str
    place: Location
    """Where it goes (upload) or came from (download)."""
    local: str
    """The local folder or file dropped, or the folder downloads go to."""
    created_at: float
    options: BatchOptions = field(default_factory=BatchOptions)
    scanning: bool = False
    files: int = 0
    size: int = 0
    arrived: int = 0
    rate_bytes: float = 0.0
    counts: tuple[tuple[State, int], ...] = ()
    """Number of files by state; states with none are left out."""
    order: int = 0
    """Place in the queue, first is lowest."""
    paused: bool = False
    sent_bytes: int = 0
    finished_at: float | None = None
    problem: Problem | None = None
    pieces: int = 0
    """Large files that go in one piece just now: a pause costs what was sent of them …"""
    pieces_moving: int = 0
    """… so many bytes."""

    def count(self, *states: State) -> int:
        return sum(number for state, number in self.counts if state in states)

    @property
    def state(self) -> State:
        """The one word for the whole batch: it shows its worst file but keeps sending."""
        if self.scanning:
            return State.CHECKING
        present = {state for state, number in self.counts if number}
        for state in _BATCH_ORDER:
            if state in present:
                return State.PAUSED if self.paused and not state.is_final else state
        return State.WAITING if self.files else State.VERIFIED


_BATCH_ORDER = (
    State.NEEDS_SIGN_IN,
    State.MOVING,
    State.RESOLVING,
    State.SUBMITTED,
    State.RETRYING,
    State.SLOWED,
    State.NO_NETWORK,
    State.FINISHING,
    State.VERIFYING,
    State.CHECKING,
    State.PAUSED,
    State.WAITING,
    State.NEEDS_YOU,
    State.FAILED,
    State.UNPROVEN,
    State.SIZE_MATCHED,
    State.VERIFIED,
    State.IMPORTED,
    State.SKIPPED,
    State.LEFT_OUT,
    State.CANCELLED,
)


@dataclass(frozen=True, slots=True)
class LogLine:
    at: float
    kind: str
    """What happened, as a word the window turns into a sentence: ``opened``, ``part-retried`` …"""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Details:
    """Everything the details panel shows about one file."""

    file: FileSnapshot
    checks: tuple[tuple[str, str, str], ...] = ()
    """(what, here, there) rows: whole-file MD5, composite, CRC; "" where a side has none."""
    log: tuple[LogLine, ...] = ()
    part_errors: tuple[tuple[int, int, str], ...] = ()
    """(part number, tries, last error kind) of parts that needed more than one try."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed since it was last asked for; taken by the window's timer."""

    batches: tuple[BatchSnapshot, ...] = ()
    files: tuple[FileSnapshot, ...] = ()
    """Only files of batches that are watched (opened in the window)."""
    removed: tuple[BatchId, ...] = ()
    up_rate: float = 0.0
    down_rate: float = 0.0
    online: bool = True
    accounts_waiting: tuple[tuple[str, str], ...] = ()
    """(account, error kind) of accounts whose transfers are held."""
