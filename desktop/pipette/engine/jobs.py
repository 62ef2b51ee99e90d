"""What the engine hands a worker, and what the worker answers. Frozen values only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipette.engine.interrupt import Interrupt
from pipette.engine.wholehash import WholeHash
from pipette.model.files import Location, RemoteFile, SourceFile
from pipette.model.parts import Handle, Proof, Receipt
from pipette.model.stages import Outcome, Step
from pipette.model.transfer import Direction, IfExists, LogLine, TransferId
from pipette.providers.protocol import Mate


@dataclass(frozen=True, slots=True)
class Job:
    """One step of one transfer. Both the file here and the file there are named in full."""

    transfer: TransferId
    direction: Direction
    step: Step
    at_service: Location
    local: str
    size: int
    mtime_ns: int
    interrupt: Interrupt
    if_exists: IfExists
    md5_wanted: bool
    opening_key: str
    asked_before: bool = False
    seeking: bool = False
    """Opens only to find what an earlier try opened: nothing is sent, nothing fetched."""
    may_replace: bool = False
    look: bool = False
    handle: Handle | None = None
    count: int = 0
    landed: int = 0
    closed: bool = True
    """False: the answer to ``close`` was lost, so that nothing is known of the copy."""
    receipts: Sequence[Receipt] = ()
    """In part order; for closing, checking and rejoining."""
    remote: RemoteFile | None = None
    md5: str | None = None
    """Of the whole file, once it is known."""
    hash: WholeHash | None = None
    mate: Mate | None = None
    """The other file of a pair; for opening."""
    key: int = 0
    """Which of its account's keys it was handed out under, as ``Holds`` numbers them."""

    @property
    def source(self) -> SourceFile:
        return SourceFile(self.local, self.size, self.mtime_ns)


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a job. Fields that are None say nothing new."""

    transfer: TransferId
    outcome: Outcome
    receipt: Receipt | None = None
    receipts: Sequence[Receipt] | None = None
    """Replaces all receipts: what the service itself listed."""
    remote: RemoteFile | None = None
    at_service: Location | None = None
    local: str | None = None
    """Set when the name rule chose another name."""
    size: int | None = None
    md5: str | None = None
    proof: Proof | None = None
    wait_seconds: float = 0.0
    reused_parts: int = 0
    log: Sequence[LogLine] = field(default_factory=tuple)
    key: int = 0
    """As in the job; told with failures."""


@dataclass(frozen=True, slots=True)
class Hashed:
    """The MD5 of a whole file is known."""

    transfer: TransferId
    md5: str
