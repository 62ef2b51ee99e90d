"""What the engine holds of a batch and of a transfer while it works on it.

Mutable, and touched by the engine's thread only; what leaves is a snapshot.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from pipette.model.files import Location, RemoteFile, SourceFile
from pipette.model.parts import Handle, Proof, Receipt
from pipette.model.stages import (
    Cancelled,
    Checking,
    Closing,
    Done,
    Halted,
    Landed,
    Moving,
    OnItsWayOut,
    Open,
    Queued,
    Rejoining,
    Resuming,
    Running,
    Skipped,
    Stage,
    Step,
    Unchecked,
)
from pipette.model.transfer import (
    BatchId,
    BatchOptions,
    Direction,
    IfExists,
    PartMap,
    Problem,
    State,
    TransferId,
)
from pipette.model.walk import full


@dataclass(slots=True)
class Batch:
    id: BatchId
    direction: Direction
    name: str
    place: Location
    local: str
    given: tuple[str, ...]
    options: BatchOptions
    created_at: float
    order: int
    scanned: bool = False
    paused: bool = False
    parked: bool = False
    """Left alone by this run, though nobody paused it: not written down."""
    listed: bool = True
    finished_at: float | None = None
    problem: Problem | None = None
    files: int = 0
    size: int = 0
    arrived: int = 0
    sent_bytes: int = 0
    counts: Counter[State] = field(default_factory=Counter)
    next_position: int = 0
    """Position after the last file known."""
    loaded_to: int = -1
    """Waiting files up to this position have been taken from the journal."""

    @property
    def rests(self) -> bool:
        """Nothing of it is handed out."""
        return self.paused or self.parked

    @property
    def unsettled(self) -> int:
        """Files that still have a way to go without anybody's help."""
        return self.files - sum(n for state, n in self.counts.items() if is_settled(state))


def is_settled(state: State) -> bool:
    return state.is_final or state is State.NEEDS_YOU


@dataclass(slots=True)
class Transfer:
    id: TransferId
    batch: BatchId
    direction: Direction
    account: str
    position: int
    name: str
    at_service: Location
    local: str
    size: int
    mtime_ns: int = 0
    mate: int = 0
    """Where the other file of a pair stands in the queue: 1 behind this one, -1 before it."""
    stage: Stage = field(default_factory=Queued)
    shown: State = State.WAITING
    """The state last counted in its batch."""
    remote: RemoteFile | None = None
    """Download: what is fetched. Upload: what ``close`` returned."""
    may_replace: bool = False
    rule: IfExists | None = None
    """The name rule somebody decided for this file alone."""
    look: bool = False
    """The name rule must still be asked at the service."""
    opening_key: str | None = None
    asked_before: bool = False
    """An earlier try to open may have reached the service."""
    receipts: dict[int, Receipt] = field(default_factory=dict)
    proof: Proof = Proof.NONE
    md5: str | None = None
    etag: str | None = None
    remote_id: str | None = None
    remote_size: int | None = None
    attempts: int = 0
    tries: dict[Step, int] = field(default_factory=dict)
    retry_at: dict[Step, float] = field(default_factory=dict)
    not_before: float = 0.0
    """No step before this moment (monotonic): the service asked for time."""
    problem: Problem | None = None
    reopened: int = 0
    reused_parts: int = 0
    sent_bytes: int = 0
    renamed_to: str | None = None
    finished_at: float | None = None
    finish_order: int = 0

    @property
    def source(self) -> SourceFile:
        return SourceFile(self.local, self.size, self.mtime_ns)

    @property
    def at(self) -> Running | Stage:
        return self.stage.at if isinstance(self.stage, Halted) else self.stage

    @property
    def was_asked(self) -> bool:
        """A try to open it may have reached the service without our knowing."""
        return self.asked_before or self.tries.get(Open(), 0) > 0

    @property
    def is_going(self) -> bool:
        """Cancelled, or on the way to it."""
        leaves = isinstance(self.at, OnItsWayOut) and not self.at.again
        return leaves or isinstance(self.at, Cancelled)

    @property
    def has_failed(self) -> bool:
        return isinstance(self.stage, Halted) and self.stage.error is not None

    @property
    def has_parts_in_flight(self) -> bool:
        return bool(getattr(self.at, "in_flight", 0))

    @property
    def handle(self) -> Handle | None:
        handle = getattr(self.at, "handle", None)
        return handle if isinstance(handle, Handle) else None

    @property
    def arrived(self) -> int:
        """Bytes with a receipt."""
        match self.at:
            case Done() | Landed() | Closing() | Unchecked() | Checking():
                return self.size
            case Moving(handle, count, landed) | Resuming(handle, count, landed):
                return bytes_in(landed, count, handle.part_size, self.size)
            case Rejoining(handle, count, landed):
                return bytes_in(landed, count, handle.part_size, self.size)
        return 0

    @property
    def parts(self) -> PartMap | None:
        match self.at:
            case Moving(handle, count, landed, in_flight):
                waiting = self._retrying & ~landed
                return PartMap(count, handle.part_size, landed, in_flight & ~waiting, waiting)
            case Resuming(handle, count, landed) | Rejoining(handle, count, landed):
                return PartMap(count, handle.part_size, landed)
            case Landed(handle, count) | Closing(handle, count):
                return PartMap(count, handle.part_size, full(count))
            case Unchecked(handle, count) | Checking(handle, count):
                return PartMap(count, handle.part_size, full(count))
            case Done() | Skipped():
                return None
        return None

    @property
    def _retrying(self) -> int:
        bits = 0
        for step in self.retry_at:
            number = getattr(step, "number", 0)
            if number:
                bits |= 1 << (number - 1)
        return bits


def bytes_in(landed: int, count: int, part_size: int, size: int) -> int:
    """How many bytes the parts of this bit set hold."""
    whole = landed.bit_count() * part_size
    last_landed = landed >> (count - 1) & 1
    return whole - (count * part_size - size) if last_landed else whole
