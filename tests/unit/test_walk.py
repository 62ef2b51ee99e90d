"""The walk, row by row and at random."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest

from pipette.model.errors import (
    Mismatch,
    NetworkDown,
    NotAllowed,
    RemoteChanged,
    SourceChanged,
    TransferError,
    UploadGone,
)
from pipette.model.parts import Handle, Proof
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
    Seeking,
    Settled,
    Skipped,
    Stage,
    StartOver,
    Step,
    Stopped,
    Unchecked,
)
from pipette.model.walk import UnexpectedEvent, advance, full, has_room

H = Handle(part_size=10, id="u1")
ONE_BY_ONE = Handle(part_size=10, id="u1", in_turn=True)
GONE = UploadGone()
DENIED = NotAllowed()

ROWS: list[tuple[Stage, Event, Stage, tuple[Step, ...]]] = [
    (Queued(), Room(), Opening(), (Open(),)),
    (Queued(), Pause(), Halted(Queued()), ()),
    (Queued(), Go(), Queued(), ()),
    (Queued(), Cancel(), Cancelled(), ()),
    (Queued(), StartOver(), Queued(), ()),
    (Opening(), Room(), Opening(), ()),
    (Opening(), Opened(H, 3), Moving(H, 3), ()),
    (Opening(), AlreadyThere(), Skipped(), ()),
    (Opening(), Delivered(Proof.WHOLE_FILE), Done(Proof.WHOLE_FILE), ()),
    (Halted(Opening()), Delivered(Proof.WHOLE_FILE), Done(Proof.WHOLE_FILE), ()),
    (Leaving(None, opening=True), Delivered(Proof.WHOLE_FILE), Done(Proof.WHOLE_FILE), ()),
    (Closing(H, 3), Delivered(Proof.EVERY_PART), Done(Proof.EVERY_PART), ()),
    (Rejoining(H, 3, 7), Delivered(Proof.EVERY_PART), Done(Proof.EVERY_PART), ()),
    (Opening(), Failed(Open(), DENIED), Halted(Queued(), DENIED), ()),
    (Opening(), Stopped(Open()), Queued(), ()),
    (Opening(), Cancel(), Leaving(None, opening=True), ()),
    (Moving(H, 3), Room(), Moving(H, 3, 0, 0b001), (MovePart(1),)),
    (Moving(H, 3, 0b001, 0b010), Room(), Moving(H, 3, 0b001, 0b110), (MovePart(3),)),
    (Moving(H, 3, 0b001, 0b110), Room(), Moving(H, 3, 0b001, 0b110), ()),
    (Moving(ONE_BY_ONE, 3, 0b001, 0b010), Room(), Moving(ONE_BY_ONE, 3, 0b001, 0b010), ()),
    (Moving(ONE_BY_ONE, 3, 0b001), Room(), Moving(ONE_BY_ONE, 3, 0b001, 0b010), (MovePart(2),)),
    (Moving(H, 3, 0b001, 0b010), PartMoved(2), Moving(H, 3, 0b011), ()),
    (Moving(H, 3, 0b011, 0b100), PartMoved(3), Landed(H, 3), ()),
    (Moving(H, 3, 0, 0b011), Stopped(MovePart(1)), Moving(H, 3, 0, 0b010), ()),
    (Moving(H, 3, 0, 0b011), Failed(MovePart(2), DENIED), Halted(Moving(H, 3, 0, 1), DENIED), ()),
    (Moving(H, 3, 1, 0b010), Failed(MovePart(2), GONE), Queued(), ()),
    (Moving(H, 3, 1, 0b110), Failed(MovePart(2), GONE), Leaving(None, 0b100, again=True), ()),
    (Moving(H, 2, 0, 1), Failed(MovePart(1), RemoteChanged()), Queued(), ()),
    (Moving(H, 3, 1, 0b110), Cancel(), Leaving(H, 0b110), ()),
    (Moving(H, 3, 1, 0), StartOver(), Leaving(H, again=True), ()),
    (Landed(H, 3), Room(), Closing(H, 3), (Close(),)),
    (Landed(H, 3), Cancel(), Leaving(H), ()),
    (Closing(H, 3), Closed(), Unchecked(H, 3), ()),
    (Closing(H, 3), Failed(Close(), GONE), Unchecked(H, 3, certain=False), ()),
    (Closing(H, 3), Failed(Close(), DENIED), Halted(Landed(H, 3), DENIED), ()),
    (Closing(H, 3), Stopped(Close()), Landed(H, 3), ()),
    (Closing(H, 3), Cancel(), Closing(H, 3), ()),
    (Unchecked(H, 3), Room(), Checking(H, 3), (Check(),)),
    (Unchecked(H, 3), StartOver(), Queued(), ()),
    (Unchecked(H, 3), Cancel(), Unchecked(H, 3), ()),
    (Unchecked(H, 3, certain=False), Cancel(), Leaving(H), ()),
    (Checking(H, 3), Settled(Proof.EVERY_PART), Done(Proof.EVERY_PART), ()),
    (Checking(H, 3), AskAgain(), Unchecked(H, 3), ()),
    (Checking(H, 3), Stopped(Check()), Unchecked(H, 3), ()),
    (Checking(H, 3, certain=False), NothingThere(), Queued(), ()),
    (Checking(H, 3), Cancel(), Checking(H, 3), ()),
    (Resuming(H, 3, 1), Room(), Rejoining(H, 3, 1), (Rejoin(),)),
    (Resuming(H, 3, 1), Cancel(), Leaving(H), ()),
    (Rejoining(H, 3, 1), Rejoined(0b011), Moving(H, 3, 0b011), ()),
    (Rejoining(H, 3, 1), Rejoined(0b111), Landed(H, 3), ()),
    (Rejoining(H, 3, 1), Failed(Rejoin(), GONE), Queued(), ()),
    (Rejoining(H, 3, 7), Failed(Rejoin(), GONE), Unchecked(H, 3, certain=False), ()),
    (Rejoining(H, 3, 7), Failed(Rejoin(), RemoteChanged()), Queued(), ()),
    (Rejoining(H, 3, 1), Cancel(), Leaving(H, opening=True), ()),
    (Rejoining(H, 3, 1), Stopped(Rejoin()), Resuming(H, 3, 1), ()),
    (Leaving(None, opening=True), Opened(H, 3), Leaving(H), ()),
    (Leaving(None, opening=True), AlreadyThere(), Cancelled(), ()),
    (Leaving(None, opening=True), Failed(Open(), DENIED), Cancelled(), ()),
    (Leaving(None, opening=True), Failed(Open(), NetworkDown()), Orphaned(), ()),
    (Leaving(None, opening=True, again=True), Stopped(Open()), Orphaned(again=True), ()),
    (Queued(), Cancel(asked=True), Orphaned(), ()),
    (Halted(Queued(), DENIED), Cancel(asked=True), Orphaned(), ()),
    (Orphaned(), Room(), Seeking(), (Open(),)),
    (Orphaned(), Cancel(asked=True), Orphaned(), ()),
    (Orphaned(), StartOver(), Orphaned(again=True), ()),
    (Seeking(), Opened(H, 3), Leaving(H), ()),
    (Seeking(again=True), AlreadyThere(), Queued(), ()),
    (Seeking(), Delivered(Proof.WHOLE_FILE), Done(Proof.WHOLE_FILE), ()),
    (Seeking(), Failed(Open(), DENIED), Cancelled(), ()),
    (Seeking(), Stopped(Open()), Orphaned(), ()),
    (Leaving(H, opening=True), Rejoined(1), Leaving(H), ()),
    (Leaving(H, 0b10), PartMoved(2), Leaving(H), ()),
    (Leaving(H, 0b10), Failed(MovePart(2), GONE), Leaving(H), ()),
    (Leaving(None, 0b10, again=True), PartMoved(2), Queued(), ()),
    (Leaving(H, 0b10), Room(), Leaving(H, 0b10), ()),
    (Leaving(H), Room(), Aborting(H), (Abort(),)),
    (Leaving(H), Pause(), Leaving(H), ()),
    (Leaving(H), StartOver(), Leaving(H, again=True), ()),
    (Aborting(H), Aborted(), Cancelled(), ()),
    (Aborting(H, again=True), Aborted(), Queued(), ()),
    (Aborting(H), Failed(Abort(), DENIED), Cancelled(), ()),
    (Aborting(H), Stopped(Abort()), Leaving(H), ()),
    (Halted(Queued()), Go(), Queued(), ()),
    (Halted(Queued()), Room(), Halted(Queued()), ()),
    (Halted(Moving(H, 2, 0, 1)), PartMoved(1), Halted(Moving(H, 2, 1)), ()),
    (Halted(Moving(H, 1, 0, 1)), PartMoved(1), Halted(Landed(H, 1)), ()),
    (Halted(Moving(H, 2, 0, 1)), Cancel(), Leaving(H, 1), ()),
    (Halted(Moving(H, 2, 0, 3), DENIED), Failed(MovePart(1), NetworkDown()),
     Halted(Moving(H, 2, 0, 2), DENIED), ()),
    (Halted(Moving(H, 2, 0, 1)), Failed(MovePart(1), DENIED), Halted(Moving(H, 2), DENIED), ()),
    (Halted(Moving(H, 2, 0, 1)), Failed(MovePart(1), GONE), Halted(Queued()), ()),
    (Halted(Moving(H, 2, 0, 3)), Failed(MovePart(1), GONE),
     Halted(Leaving(None, 2, again=True)), ()),
    (Halted(Leaving(None, 2, again=True)), PartMoved(2), Halted(Queued()), ()),
    (Halted(Opening()), Opened(H, 2), Halted(Moving(H, 2)), ()),
    (Halted(Opening()), AlreadyThere(), Skipped(), ()),
    (Halted(Checking(H, 2)), Settled(Proof.WHOLE_FILE), Done(Proof.WHOLE_FILE), ()),
    (Halted(Unchecked(H, 2), Mismatch()), Cancel(), Cancelled(), ()),
    (Halted(Unchecked(H, 2), Mismatch()), StartOver(), Queued(), ()),
    (Halted(Landed(H, 2), Mismatch()), StartOver(), Leaving(H, again=True), ()),
    (Done(Proof.SIZE_ONLY), Pause(), Done(Proof.SIZE_ONLY), ()),
    (Cancelled(), Go(), Cancelled(), ()),
]  # fmt: skip


@pytest.mark.parametrize(("stage", "event", "then", "steps"), ROWS)
def test_each_row_of_the_walk(
    stage: Stage, event: Event, then: Stage, steps: tuple[Step, ...]
) -> None:
    assert advance(stage, event) == (then, steps)


@pytest.mark.parametrize(
    ("stage", "event"),
    [
        (Queued(), PartMoved(1)),
        (Moving(H, 3, 0, 0b010), PartMoved(1)),
        (Moving(H, 3), Opened(H, 3)),
        (Leaving(H, 0b10), PartMoved(1)),
        (Checking(H, 3), NothingThere()),
        (Done(Proof.NONE), PartMoved(1)),
        (Done(Proof.NONE), Failed(Check(), DENIED)),
        (Opening(), Stopped(Close())),
        (Halted(Queued()), PartMoved(1)),
        (Halted(Queued()), Failed(Open(), DENIED)),
    ],
)
def test_an_impossible_event_is_never_swallowed(stage: Stage, event: Event) -> None:
    with pytest.raises(UnexpectedEvent):
        advance(stage, event)


@pytest.mark.parametrize(("stage", "event", "then", "steps"), ROWS)
def test_room_hands_out_a_step_exactly_when_the_stage_says_so(
    stage: Stage, event: Event, then: Stage, steps: tuple[Step, ...]
) -> None:
    assert bool(advance(then, Room())[1]) == has_room(then)


@dataclass
class Service:
    """A service with a memory, that a random walk plays against; it notices every double act."""

    chance: random.Random
    count: int
    open_id: int = 0
    next_id: int = 1
    parts: set[int] = field(default_factory=set)
    whole: bool = False
    closed_times: int = 0
    opened_times: int = 0
    unseen: bool = False
    """It opened something, and its answer was lost."""
    forgets: int = 2

    def perform(self, step: Step, stage: Stage) -> Event:
        roll = self.chance.random()
        handle_id = getattr(_handle_of(stage), "id", None)
        stale = handle_id is not None and handle_id != str(self.open_id)
        match step:
            case Open():
                return self._open(roll, sought=isinstance(stage, Seeking))
            case Rejoin():
                if stale:
                    return Failed(step, UploadGone())
                return Rejoined(sum(1 << (part - 1) for part in self.parts))
            case MovePart(number):
                return self._move(number, roll, stale)
            case Close():
                return self._close(roll, stale)
            case Check():
                return self._check(roll, stage)
            case Abort():
                return self._abort(stale)

    def _open(self, roll: float, *, sought: bool) -> Event:
        assert not self.whole, "opened again although it was delivered"
        # While it seeks, a failure that may pass is tried again before the walk hears of it.
        lost = Stopped(Open()) if sought or roll >= 0.2 else Failed(Open(), NetworkDown())
        if roll < 0.1:
            return lost
        if not self.unseen:
            self.open_id, self.next_id = self.next_id, self.next_id + 1
            self.parts.clear()
            self.opened_times += 1
        self.unseen = roll < 0.3
        if self.unseen:
            return lost
        return Opened(Handle(part_size=1, id=str(self.open_id)), self.count)

    def _move(self, number: int, roll: float, stale: bool) -> Event:
        if stale:
            return Failed(MovePart(number), UploadGone())
        assert number not in self.parts, "a confirmed part was sent again"
        if roll < 0.1:
            return Failed(MovePart(number), SourceChanged())
        if roll < 0.15:
            return Stopped(MovePart(number))
        if roll < 0.17 and self.forgets:
            self.forgets -= 1
            self.open_id = 0
            return Failed(MovePart(number), UploadGone())
        self.parts.add(number)
        return PartMoved(number)

    def _close(self, roll: float, stale: bool) -> Event:
        if stale:
            return Failed(Close(), UploadGone())
        assert self.parts == set(range(1, self.count + 1)), "closed with parts missing"
        if roll < 0.15:
            return Failed(Close(), NetworkDown())
        self.whole, self.open_id = True, 0
        self.closed_times += 1
        return Stopped(Close()) if roll < 0.4 else Closed()

    def _check(self, roll: float, stage: Stage) -> Event:
        if roll < 0.2:
            return AskAgain()
        if roll < 0.3:
            return Stopped(Check())
        if self.whole:
            return Settled(Proof.EVERY_PART)
        assert isinstance(stage, Checking)
        assert not stage.certain, "a certain close left nothing there"
        return NothingThere()

    def _abort(self, stale: bool) -> Event:
        if self.chance.random() < 0.2:
            return Stopped(Abort())
        if not stale:
            self.open_id = 0
        return Aborted()


def _handle_of(stage: Stage) -> Handle | None:
    at = stage.at if isinstance(stage, Halted) else stage
    handle = getattr(at, "handle", None)
    return handle if isinstance(handle, Handle) else None


def _after_restart(stage: Stage) -> Stage:
    """What the journal restores: a handle and what had a receipt; nothing in flight."""
    at = stage.at if isinstance(stage, Halted) else stage
    match at:
        case Moving(handle, count, landed) | Resuming(handle, count, landed):
            return Resuming(handle, count, landed)
        case Rejoining(handle, count, landed):
            return Resuming(handle, count, landed)
        case Landed(handle, count) | Closing(handle, count):
            return Resuming(handle, count, full(count))
        case Unchecked(handle, count, certain) | Checking(handle, count, certain):
            return Unchecked(handle, count, certain)
        case Leaving(handle, again=again) | Aborting(handle, again):
            return Leaving(handle, again=again) if handle else Orphaned(again)
        case Seeking(again):
            return Orphaned(again)
        case Opening():
            return Queued()
    return at


@pytest.mark.parametrize("hundred", range(40))
def test_random_walks_with_trouble_deliver_once_or_leave_nothing(hundred: int) -> None:
    for seed in range(hundred * 100, hundred * 100 + 100):
        _walk_at_random(random.Random(seed))


def _walk_at_random(chance: random.Random) -> None:
    service = Service(chance, count=chance.randint(1, 9))
    stage: Stage = Queued()
    under_way: list[tuple[Step, Stage]] = []
    cancels = chance.random() < 0.2
    for _ in range(2000):
        if isinstance(stage, Finished):
            break
        roll = chance.random()
        if under_way and roll < 0.45:
            step, seen = under_way.pop(chance.randrange(len(under_way)))
            stage, steps = advance(stage, service.perform(step, seen))
            assert not steps
        elif roll < 0.85:
            stage, steps = advance(stage, Room())
            under_way += [(step, stage) for step in steps]
        elif roll < 0.9:
            stage, _ = advance(stage, Pause())
        elif roll < 0.97:
            stage, _ = advance(stage, Go())
        elif roll < 0.985:
            # Those under way reach the service, and nobody hears of it.
            opened = [service.perform(step, seen) for step, seen in under_way if step == Open()]
            service.unseen = service.unseen or any(isinstance(event, Opened) for event in opened)
            under_way.clear()
            stage = _after_restart(stage)
        elif cancels and roll > 0.995:
            stage, _ = advance(stage, Cancel(asked=service.unseen))
    assert isinstance(stage, Done | Cancelled), stage
    assert service.closed_times == (1 if service.whole else 0)
    if isinstance(stage, Done):
        assert service.whole
    else:
        assert service.open_id == 0, "something was left open"


def test_a_paused_transfer_hands_out_nothing_until_it_goes_on() -> None:
    stage: Stage = Halted(Moving(H, 3))
    assert advance(stage, Room()) == (stage, ())
    stage, _ = advance(stage, Go())
    assert advance(stage, Room())[1] == (MovePart(1),)


def test_the_error_is_kept_while_parts_in_flight_land() -> None:
    stage: Stage = Moving(H, 3, 0, 0b011)
    error: TransferError = SourceChanged()
    stage, _ = advance(stage, Failed(MovePart(1), error))
    stage, _ = advance(stage, PartMoved(2))
    assert stage == Halted(Moving(H, 3, 0b010), error)
