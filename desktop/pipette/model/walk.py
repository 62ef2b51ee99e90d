"""The walk of one transfer, upload or download: which step comes next.

``advance`` is pure and knows nothing of threads, services or disks. A transfer stands in one stage;
an event says what happened; the answer is the stage that follows and at most one step to perform.

::

    Queued ─Room→ Opening ─Opened→ Moving ─…─ last part → Landed ─Room→ Closing ─Closed→ Unchecked
                                                                                            │Room
    Resuming ─Room→ Rejoining ─Rejoined→ Moving            Done ←Settled─ Checking ←────────┘

    any of them ─Cancel→ Leaving ─Room→ Aborting ─Aborted→ Cancelled
    Opening ─Cancel, and no answer→ Orphaned ─Room→ Seeking ─Opened→ Leaving

A file sent in one piece leaves nothing behind when it fails; ``Open`` then takes it all the way and
answers ``Delivered``.

Only ``Room`` (a worker is free) hands out a step, one at a time; outcomes never do. So an outcome
that arrives while the transfer is halted just moves the place it will go on from, and a paused,
failed or restarted transfer needs no stages of its own: ``Halted(at, error)`` keeps the place and
``Go`` continues there. Parts in flight are always known, as bit n-1 of ``in_flight`` for part n.

An event that cannot happen in a stage raises ``UnexpectedEvent``; nothing is ignored by accident.
"""

from __future__ import annotations

from dataclasses import replace

from pipette.model.errors import RemoteChanged, Temporary, UploadGone
from pipette.model.parts import Handle
from pipette.model.stages import (
    Abort,
    Aborted,
    Aborting,
    AlreadyThere,
    AskAgain,
    Cancel,
    Cancelled,
    Check,
    Checking,
    Close,
    Closed,
    Closing,
    Delivered,
    Done,
    Event,
    Failed,
    Finished,
    Go,
    Halted,
    Landed,
    Leaving,
    MovePart,
    Moving,
    NothingThere,
    Open,
    Opened,
    Opening,
    Orphaned,
    PartMoved,
    Pause,
    Queued,
    Rejoin,
    Rejoined,
    Rejoining,
    Resuming,
    Room,
    Running,
    Seeking,
    Settled,
    Skipped,
    Stage,
    StartOver,
    Step,
    Stopped,
    Unchecked,
)

NOTHING: tuple[Step, ...] = ()


class UnexpectedEvent(AssertionError):
    """A fault in the program: this event cannot happen in this stage."""


def advance(stage: Stage, event: Event) -> tuple[Stage, tuple[Step, ...]]:
    """The stage that follows and at most one step to perform (only after ``Room``)."""
    match stage, event:
        case Halted(), _:
            return _while_halted(stage, event)
        case (
            (Done() | Skipped() | Cancelled()),
            (Pause() | Go() | Cancel() | StartOver() | Room()),
        ):
            return stage, NOTHING
        case _, Room():
            return _next_step(stage)
        case ((Leaving() | Orphaned() | Seeking() | Aborting()), (Pause() | Go() | Cancel())):
            return stage, NOTHING
        case _, Pause():
            return Halted(_running(stage)), NOTHING
        case _, Go():
            return stage, NOTHING
        case Queued(), Cancel(asked=True):
            return Orphaned(), NOTHING
        case _, Cancel():
            return _leave(_running(stage), again=False), NOTHING
        case _, StartOver():
            return _leave(_running(stage), again=True), NOTHING
        case _, Failed():
            return _after_failure(_running(stage), event), NOTHING
        case _, Stopped(step):
            return _put_back(_running(stage), step), NOTHING
    return _after_success(stage, event), NOTHING


def has_room(stage: Stage) -> bool:
    """True when ``Room`` would hand out a step."""
    match stage:
        case Moving(handle, count, landed, in_flight):
            held_back = handle.in_turn and in_flight
            return not held_back and (landed | in_flight) != full(count)
        case Queued() | Resuming() | Landed() | Unchecked() | Orphaned():
            return True
        case Leaving(handle, in_flight, opening):
            return not in_flight and not opening and handle is not None
    return False


def next_to_move(stage: Moving) -> int:
    """The lowest part that neither arrived nor is under way; one more than there are for none."""
    taken = stage.landed | stage.in_flight
    return (~taken & (taken + 1)).bit_length()


def full(count: int) -> int:
    """The bit set of all parts."""
    return (1 << count) - 1


def _running(stage: Stage) -> Running:
    if isinstance(stage, Halted | Done | Skipped | Cancelled):
        raise UnexpectedEvent(stage)
    return stage


def _next_step(stage: Stage) -> tuple[Stage, tuple[Step, ...]]:
    if not has_room(stage):
        return stage, NOTHING
    match stage:
        case Queued():
            return Opening(), (Open(),)
        case Resuming(handle, count, landed):
            return Rejoining(handle, count, landed), (Rejoin(),)
        case Moving(in_flight=in_flight):
            number = next_to_move(stage)
            return replace(stage, in_flight=in_flight | 1 << (number - 1)), (MovePart(number),)
        case Landed(handle, count):
            return Closing(handle, count), (Close(),)
        case Unchecked(handle, count, certain):
            return Checking(handle, count, certain), (Check(),)
        case Orphaned(again):
            return Seeking(again), (Open(),)
        case Leaving(Handle() as handle, again=again):
            return Aborting(handle, again), (Abort(),)
    raise UnexpectedEvent(stage, Room())


def _after_success(stage: Stage, event: Event) -> Stage:
    match stage, event:
        case Opening(), Opened(handle, count):
            return Moving(handle, count)
        case Opening(), AlreadyThere():
            return Skipped()
        case ((Opening() | Rejoining() | Closing()), Delivered(proof)):
            return Done(proof)
        case Rejoining(handle, count), Rejoined(landed):
            return _moving(Moving(handle, count, landed))
        case Moving(), PartMoved(number):
            return _landed(stage, number)
        case Closing(handle, count), Closed():
            return Unchecked(handle, count)
        case Checking(), Settled(proof):
            return Done(proof)
        case Checking(handle, count, certain), AskAgain():
            return Unchecked(handle, count, certain)
        case Checking(certain=False), NothingThere():
            return Queued()
        case ((Leaving(opening=True, again=again) | Seeking(again)), Opened(handle, _)):
            return Leaving(handle, again=again)
        case ((Leaving(opening=True, again=again) | Seeking(again)), AlreadyThere()):
            return _left(again)
        case ((Leaving(opening=True) | Seeking()), Delivered(proof)):
            return Done(proof)
        case Leaving(opening=True), Rejoined():
            return replace(stage, opening=False)
        case Leaving(), PartMoved(number):
            return _one_less(stage, number)
        case Aborting(again=again), Aborted():
            return _left(again)
    raise UnexpectedEvent(stage, event)


def _moving(stage: Moving) -> Moving | Landed:
    everything = stage.landed == full(stage.count)
    return Landed(stage.handle, stage.count) if everything else stage


def _landed(stage: Moving, number: int) -> Moving | Landed:
    bit = 1 << (number - 1)
    if not stage.in_flight & bit:
        raise UnexpectedEvent(stage, PartMoved(number))
    return _moving(replace(stage, landed=stage.landed | bit, in_flight=stage.in_flight & ~bit))


def _one_less(stage: Leaving, number: int) -> Running | Finished:
    bit = 1 << (number - 1)
    if not stage.in_flight & bit:
        raise UnexpectedEvent(stage, PartMoved(number))
    return _emptied(replace(stage, in_flight=stage.in_flight & ~bit))


def _emptied(stage: Leaving) -> Running | Finished:
    """Without a handle there is nothing to abort."""
    waits = stage.in_flight or stage.opening
    return stage if waits or stage.handle else _left(stage.again)


def _left(again: bool) -> Queued | Cancelled:
    return Queued() if again else Cancelled()


def _leave(stage: Running, *, again: bool) -> Running | Finished:
    match stage:
        case Queued():
            return _left(again)
        case Opening():
            return Leaving(None, opening=True, again=again)
        case Moving(handle, _, _, in_flight):
            return Leaving(handle, in_flight, again=again)
        case Resuming(handle) | Rejoining(handle) | Landed(handle):
            return Leaving(handle, opening=isinstance(stage, Rejoining), again=again)
        case Unchecked(handle, certain=False):
            return Leaving(handle, again=again)
        case Unchecked() | Checking() | Closing():
            # Too late: it may be whole at the service already, and what arrived whole stays.
            return stage if not again or isinstance(stage, Closing) else _again_from_end(stage)
        case Leaving() | Orphaned() | Seeking() | Aborting():
            return replace(stage, again=again)
    raise UnexpectedEvent(stage)


def _again_from_end(stage: Unchecked | Checking) -> Running:
    return stage if isinstance(stage, Checking) else Queued()


def _after_failure(stage: Running, failure: Failed) -> Stage:
    match stage, failure:
        case Moving(_, _, _, in_flight), Failed(MovePart(number), UploadGone() | RemoteChanged()):
            rest = in_flight & ~(1 << (number - 1))
            return _emptied(Leaving(None, rest, again=True))
        case Rejoining(handle, count, landed), Failed(_, UploadGone()):
            # With every part there, an earlier close may have worked and its answer been lost.
            everything = landed == full(count)
            return Unchecked(handle, count, certain=False) if everything else Queued()
        case Rejoining(), Failed(_, RemoteChanged()):
            return Queued()
        case Closing(handle, count), Failed(_, UploadGone()):
            return Unchecked(handle, count, certain=False)
        case Leaving(opening=True), Failed(Open(), Temporary()):
            return _put_back(stage, failure.step)
        case Leaving(opening=True, again=again), Failed(Open()):
            return _left(again)
        case Leaving(), Failed(step):
            return _put_back(stage, step)
        case ((Seeking(again) | Aborting(again=again)), Failed()):
            return _left(again)
    back = _put_back(stage, failure.step)
    return Halted(_running(back), failure.error)


def _put_back(stage: Running, step: Step) -> Running | Finished:
    """The place before this step was handed out."""
    match stage, step:
        case Opening(), Open():
            return Queued()
        case Rejoining(handle, count, landed), Rejoin():
            return Resuming(handle, count, landed)
        case Moving(), MovePart(number):
            return replace(stage, in_flight=stage.in_flight & ~(1 << (number - 1)))
        case Closing(handle, count), Close():
            return Landed(handle, count)
        case Checking(handle, count, certain), Check():
            return Unchecked(handle, count, certain)
        case Leaving(opening=True, again=again), Open():
            return Orphaned(again)
        case Leaving(opening=True), Rejoin():
            return replace(stage, opening=False)
        case Seeking(again), Open():
            return Orphaned(again)
        case Leaving(), MovePart(number):
            return _one_less(stage, number)
        case Aborting(handle, again), Abort():
            return Leaving(handle, again=again)
    raise UnexpectedEvent(stage, step)


def _while_halted(halted: Halted, event: Event) -> tuple[Stage, tuple[Step, ...]]:
    match event:
        case Room() | Pause():
            return halted, NOTHING
        case Go():
            return halted.at, NOTHING
        case Cancel() if isinstance(halted.at, Unchecked) and halted.at.certain:
            return Cancelled(), NOTHING
        case Cancel() | StartOver():
            return advance(halted.at, event)
        case Failed() if isinstance(halted.at, Moving | Opening | Rejoining | Closing | Checking):
            return _halted_again(halted, event), NOTHING
    moved, _ = advance(halted.at, event)
    if isinstance(moved, Finished):
        return moved, NOTHING
    return (moved if isinstance(moved, Halted) else replace(halted, at=moved)), NOTHING


def _halted_again(halted: Halted, failure: Failed) -> Stage:
    """A second failure while halted keeps the first reason; a failure while paused is shown."""
    moved = _after_failure(halted.at, failure)
    if not isinstance(moved, Halted):
        return replace(halted, at=moved) if not isinstance(moved, Finished) else moved
    return replace(moved, error=halted.error or moved.error)
