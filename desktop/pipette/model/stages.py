"""Where a transfer can stand, what can happen to it, and what a worker can be asked to do.

Plain values for ``model.walk``, which holds every transition between them.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipette.model.errors import TransferError
from pipette.model.parts import Handle, Proof

# Steps: what a worker shall do.


@dataclass(frozen=True, slots=True)
class Open:
    """Begin at the service (or create the local file), applying the name rule."""


@dataclass(frozen=True, slots=True)
class Rejoin:
    """Find out what of an earlier run is still there."""


@dataclass(frozen=True, slots=True)
class MovePart:
    number: int


@dataclass(frozen=True, slots=True)
class Close:
    """Put the parts together."""


@dataclass(frozen=True, slots=True)
class Check:
    """Compare the finished copy with the original."""


@dataclass(frozen=True, slots=True)
class Abort:
    """Remove what was opened."""


Step = Open | Rejoin | MovePart | Close | Check | Abort

# Events: what happened.


@dataclass(frozen=True, slots=True)
class Room:
    """A worker is free for this transfer."""


@dataclass(frozen=True, slots=True)
class Pause:
    pass


@dataclass(frozen=True, slots=True)
class Go:
    """Go on after a pause or failure."""


@dataclass(frozen=True, slots=True)
class Cancel:
    asked: bool = False
    """The service was asked to open it by a try whose answer nobody knows."""


@dataclass(frozen=True, slots=True)
class StartOver:
    """Forget what was opened and begin again, with what the file is now."""


@dataclass(frozen=True, slots=True)
class Opened:
    handle: Handle
    count: int


@dataclass(frozen=True, slots=True)
class AlreadyThere:
    """The name rule says: leave it."""


@dataclass(frozen=True, slots=True)
class Rejoined:
    landed: int


@dataclass(frozen=True, slots=True)
class PartMoved:
    number: int


@dataclass(frozen=True, slots=True)
class Closed:
    pass


@dataclass(frozen=True, slots=True)
class Settled:
    proof: Proof


@dataclass(frozen=True, slots=True)
class Delivered:
    """One step took it all the way: it is whole, checked, and this well proven."""

    proof: Proof


@dataclass(frozen=True, slots=True)
class AskAgain:
    """The service needs more time before it can tell."""


@dataclass(frozen=True, slots=True)
class NothingThere:
    """The check found no copy, or another one, after a close whose answer was lost."""


@dataclass(frozen=True, slots=True)
class Aborted:
    pass


@dataclass(frozen=True, slots=True)
class Failed:
    step: Step
    error: TransferError


@dataclass(frozen=True, slots=True)
class Stopped:
    """The step was interrupted and may or may not have reached the service."""

    step: Step


Outcome = (
    Opened
    | AlreadyThere
    | Rejoined
    | PartMoved
    | Closed
    | Settled
    | Delivered
    | AskAgain
    | NothingThere
    | Aborted
    | Failed
    | Stopped
)
Event = Outcome | Room | Pause | Go | Cancel | StartOver

# Stages: where it stands.


@dataclass(frozen=True, slots=True)
class Queued:
    pass


@dataclass(frozen=True, slots=True)
class Opening:
    pass


@dataclass(frozen=True, slots=True)
class Resuming:
    """Was under way in an earlier run; nothing asked yet."""

    handle: Handle
    count: int
    landed: int


@dataclass(frozen=True, slots=True)
class Rejoining:
    handle: Handle
    count: int
    landed: int


@dataclass(frozen=True, slots=True)
class Moving:
    handle: Handle
    count: int
    landed: int = 0
    in_flight: int = 0


@dataclass(frozen=True, slots=True)
class Landed:
    """Every part arrived; not put together yet."""

    handle: Handle
    count: int


@dataclass(frozen=True, slots=True)
class Closing:
    handle: Handle
    count: int


@dataclass(frozen=True, slots=True)
class Unchecked:
    """Put together, or (``certain`` False) perhaps put together: the answer was lost."""

    handle: Handle
    count: int
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Checking:
    handle: Handle
    count: int
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Leaving:
    """Cancelled or starting over; waits for what is in flight, then aborts."""

    handle: Handle | None
    in_flight: int = 0
    opening: bool = False
    again: bool = False


@dataclass(frozen=True, slots=True)
class Orphaned:
    """Left while nobody knows what the service opened for it: to be found, then removed."""

    again: bool = False


@dataclass(frozen=True, slots=True)
class Seeking:
    """Opens once more; the service answers with what is open already, or with a new one."""

    again: bool = False


@dataclass(frozen=True, slots=True)
class Aborting:
    handle: Handle
    again: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    proof: Proof


@dataclass(frozen=True, slots=True)
class Skipped:
    pass


@dataclass(frozen=True, slots=True)
class Cancelled:
    pass


Running = (
    Queued
    | Opening
    | Resuming
    | Rejoining
    | Moving
    | Landed
    | Closing
    | Unchecked
    | Checking
    | Leaving
    | Orphaned
    | Seeking
    | Aborting
)
OnItsWayOut = Leaving | Orphaned | Seeking | Aborting
Finished = Done | Skipped | Cancelled


@dataclass(frozen=True, slots=True)
class Halted:
    """Keeps its place. ``error`` None means someone paused it."""

    at: Running
    error: TransferError | None = None


Stage = Running | Finished | Halted
