"""Which one word stands for a transfer right now. Pure."""

from __future__ import annotations

from pipette.engine.records import Transfer
from pipette.model.errors import (
    Archived,
    ClockWrong,
    ContainerGone,
    DiskFull,
    NameRefused,
    NameTaken,
    NetworkDown,
    ProxyRefused,
    SlowDown,
    SourceChanged,
    StorageFull,
    TargetUnwritable,
    TransferError,
    Untrusted,
)
from pipette.model.parts import Proof
from pipette.model.stages import (
    Aborting,
    Cancelled,
    Checking,
    Closing,
    Done,
    Halted,
    Landed,
    Leaving,
    Moving,
    Opening,
    Orphaned,
    Queued,
    Rejoining,
    Resuming,
    Seeking,
    Skipped,
    Unchecked,
)
from pipette.model.transfer import State

SOMEONE_CAN_HELP = (
    Archived,
    ClockWrong,
    ContainerGone,
    DiskFull,
    NameRefused,
    NameTaken,
    ProxyRefused,
    SourceChanged,
    StorageFull,
    TargetUnwritable,
    Untrusted,
)
"""Halted on one of these a file waits for a decision; on any other it failed."""

_BY_PROOF = {
    Proof.WHOLE_FILE: State.VERIFIED,
    Proof.EVERY_PART: State.VERIFIED,
    Proof.SIZE_ONLY: State.SIZE_MATCHED,
    Proof.NONE: State.UNPROVEN,
}


def state_of(t: Transfer, *, held: bool, waits_for: TransferError | None) -> State:
    """``held``: its account needs a sign-in. ``waits_for``: why the next try is being delayed."""
    match t.stage:
        case Done(proof):
            return _BY_PROOF[proof]
        case Skipped():
            return State.SKIPPED
        case Cancelled():
            return State.CANCELLED
        case Halted(_, None):
            return State.PAUSED
        case Halted(_, error):
            return State.NEEDS_YOU if isinstance(error, SOMEONE_CAN_HELP) else State.FAILED
    if held:
        return State.NEEDS_SIGN_IN
    if waits_for is not None and not _moves_otherwise(t):
        return _delayed(waits_for)
    return _running(t)


def _delayed(error: TransferError) -> State:
    if isinstance(error, NetworkDown):
        return State.NO_NETWORK
    return State.SLOWED if isinstance(error, SlowDown) else State.RETRYING


def _moves_otherwise(t: Transfer) -> bool:
    parts = t.parts
    return parts is not None and bool(parts.moving)


def _running(t: Transfer) -> State:
    match t.stage:
        case Queued():
            return State.WAITING
        case Resuming() | Rejoining():
            return State.CHECKING
        case Opening() | Moving():
            return State.MOVING
        case Landed() | Closing():
            return State.FINISHING
        case Unchecked() | Checking():
            return State.VERIFYING
        case (
            Leaving(again=True) | Orphaned(again=True) | Seeking(again=True) | Aborting(again=True)
        ):
            return State.WAITING
    return State.FINISHING
