"""Follows batches by looking at the journal, until nothing goes on any more by itself.

The same way whether this process moves the bytes or another one does. What arrived is told at once;
what failed or needs someone only at the end, because it may still be decided meanwhile. In the end
every file was told exactly once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pipette.cli_engine import (
    ALL_WELL,
    OUT_OF_REACH,
    REFUSED,
    SIGN_IN,
    SOME_FAILED,
    Reader,
)
from pipette.model.errors import holds_account
from pipette.model.transfer import BatchId, BatchSnapshot, FileSnapshot, State

FIRST_POLL_SECONDS = 0.02
"""Short at first, so that a few small files are not waited for longer than they take."""
POLL_SECONDS = 0.2
PROGRESS_SECONDS = 0.21
"""At most five a second are promised."""
SIGN_IN_SECONDS = 1.0
"""So long must nothing but a missing key hold a batch before it is given up."""
OLD_SIGN_IN_SECONDS = 5.0
"""The same, when that was written down before we began: it may be solved and about to be seen."""
RATE_SECONDS = 10.0
PAGE = 2000

_UNREACHED = frozenset({State.NO_NETWORK, State.RETRYING})
_NETWORK_KINDS = frozenset({"NetworkDown", "Temporary", "Stalled"})
_WORTH_NOTHING_SENT = frozenset({"ContainerGone", "RemoteMissing", "Unavailable"})


@dataclass(frozen=True, slots=True)
class Planned:
    batch: BatchSnapshot
    files: int
    left_out: int


@dataclass(frozen=True, slots=True)
class Progress:
    batch: BatchSnapshot
    rate_bytes: float


@dataclass(frozen=True, slots=True)
class Summary:
    batch: BatchSnapshot
    counts: Counter[str]
    """By the state told in the ``file`` events."""
    bytes: int
    """Of the files that arrived."""
    seconds: float
    problem: str = ""
    """Kind of the error that stopped the batch as a whole."""
    only_compared: bool = False
    """Nothing was moved."""


class Listener(Protocol):
    def planned(self, planned: Planned) -> None: ...

    def progress(self, progress: Progress) -> None: ...

    def file(self, file: FileSnapshot, state: str, problem: str) -> None:
        """``state`` is one of the words of the contract, ``problem`` an error kind or ""."""
        ...

    def summary(self, summary: Summary) -> None: ...

    def waiting(self, batch: BatchId) -> None:
        """Another process owns the queue and has not taken this batch up yet."""
        ...


class Clock(Protocol):
    def time(self) -> float: ...

    def monotonic(self) -> float: ...

    def wait(self, seconds: float) -> None: ...


def told_state(state: State) -> str:
    """The contract's word for a state in which a file is left."""
    return _TOLD.get(state, "needs-you")


_TOLD = {
    State.VERIFIED: "verified",
    State.SIZE_MATCHED: "size-matched",
    # The contract's word for what is there without a checksum; ``proof`` says that none was made.
    State.IMPORTED: "size-matched",
    State.SKIPPED: "skipped",
    State.LEFT_OUT: "left-out",
    State.CANCELLED: "left-out",
    State.FAILED: "failed",
}
_MAY_STILL_CHANGE = frozenset({State.FAILED, State.NEEDS_YOU, State.UNPROVEN})
_ARRIVED = frozenset({"verified", "size-matched"})


def is_settled(batch: BatchSnapshot) -> bool:
    """True when nothing of it goes on without somebody's help."""
    if batch.finished_at is not None:
        return True
    if batch.scanning or not batch.count(State.NEEDS_YOU):
        return False
    return all(_is_settled(state) for state, number in batch.counts if number)


def _is_settled(state: State) -> bool:
    return state.is_final or state is State.NEEDS_YOU


def is_held_for_sign_in(batch: BatchSnapshot) -> bool:
    """True when only a key is missing for it to go on."""
    held = batch.count(State.NEEDS_SIGN_IN) > 0
    held |= batch.problem is not None and holds_account(batch.problem.kind)
    return held and not any(number and state.is_active for state, number in batch.counts)


@dataclass(slots=True)
class _Followed:
    """One batch on its way through the events."""

    id: BatchId
    since: float
    latest: BatchSnapshot | None = None
    is_planned: bool = False
    after_order: int = 0
    told: set[int] = field(default_factory=set)
    held: dict[int, FileSnapshot] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    arrived_bytes: int = 0
    progress_at: float = float("-inf")
    progress_told: tuple[int, int] = (-1, -1)
    pace: list[tuple[float, int]] = field(default_factory=list)
    held_since: float | None = None
    is_over: bool = False

    def mark(self) -> tuple[int, int, int]:
        """Moves on whenever something really went on."""
        batch = self.latest
        if batch is None:
            return (-1, 0, 0)
        return (batch.files, batch.arrived, sum(n for s, n in batch.counts if _is_settled(s)))

    def rate(self, now: float, arrived: int) -> float:
        self.pace.append((now, arrived))
        while self.pace[0][0] < now - RATE_SECONDS:
            self.pace.pop(0)
        (then, before), span = self.pace[0], now - self.pace[0][0]
        return max(0.0, (arrived - before) / span) if span > 0 and then < now else 0.0


class Follower:
    """Runs on the main thread of the command line."""

    def __init__(
        self,
        reader: Reader,
        listener: Listener,
        clock: Clock,
        keep_going: Callable[[], None],
        patience_seconds: float | None = None,
        waiting_since: float | None = None,
    ) -> None:
        """``waiting_since`` (monotonic): the service was out of reach already before."""
        self._reader = reader
        self._listener = listener
        self._clock = clock
        self._keep_going = keep_going
        self._patience = patience_seconds
        self._marks: tuple[tuple[int, int, int], ...] = ()
        self._began_at = clock.time()
        self._moved_at = clock.monotonic() if waiting_since is None else waiting_since
        self._was_unreached = False

    def follow(self, batches: Sequence[BatchId]) -> int:
        """Returns the exit code."""
        began = self._clock.monotonic()
        followed = [_Followed(batch, began) for batch in batches]
        codes = {ALL_WELL}
        pause = FIRST_POLL_SECONDS
        while True:
            for one in followed:
                codes |= self._step(one)
            if all(one.is_over for one in followed):
                return worst(codes)
            if self._is_out_of_patience(followed):
                self._give_up(followed)
                return OUT_OF_REACH
            self._keep_going()
            self._clock.wait(pause)
            pause = min(POLL_SECONDS, pause * 1.5)

    def _step(self, one: _Followed) -> set[int]:
        if one.is_over:
            return set()
        one.latest = batch = self._reader.batch(one.id)
        if batch is None:
            self._listener.waiting(one.id)
            return set()
        settled = is_settled(batch)
        if not one.is_planned and (settled or not batch.scanning):
            self._plan(one, batch)
        self._tell_finished(one)
        if settled:
            return {self._end(one, batch)}
        if self._is_held(one, batch):
            self._end(one, batch, problem="SignInNeeded")
            return {SIGN_IN}
        self._tell_progress(one, batch)
        return set()

    def _plan(self, one: _Followed, batch: BatchSnapshot) -> None:
        one.is_planned = True
        left_out = batch.count(State.LEFT_OUT)
        self._listener.planned(Planned(batch, batch.files - left_out, left_out))

    def _tell_finished(self, one: _Followed) -> None:
        for file in self._finished(one):
            one.after_order = max(one.after_order, file.finish_order)
            if file.state in _MAY_STILL_CHANGE or not file.state.is_final:
                one.held[file.id] = file
            else:
                one.held.pop(file.id, None)
                self._tell(one, file)

    def _finished(self, one: _Followed) -> Iterator[FileSnapshot]:
        while True:
            page = self._reader.finished_files(one.id, one.after_order, PAGE)
            yield from page
            if len(page) < PAGE:
                return

    def _tell(self, one: _Followed, file: FileSnapshot, problem: str = "") -> None:
        if file.id in one.told:
            return
        one.told.add(file.id)
        state = told_state(file.state)
        one.counts[state] += 1
        one.arrived_bytes += file.size if state in _ARRIVED else 0
        self._listener.file(file, state, problem or _problem_of(file))

    def _is_held(self, one: _Followed, batch: BatchSnapshot) -> bool:
        now = self._clock.monotonic()
        if not is_held_for_sign_in(batch):
            one.held_since = None
        elif one.held_since is None:
            one.held_since = now
        is_old = batch.problem is not None and batch.problem.since < self._began_at
        patience = OLD_SIGN_IN_SECONDS if is_old else SIGN_IN_SECONDS
        return one.held_since is not None and now - one.held_since >= patience

    def _tell_progress(self, one: _Followed, batch: BatchSnapshot) -> None:
        now = self._clock.monotonic()
        if now - one.progress_at < PROGRESS_SECONDS or batch.scanning:
            return
        rate = one.rate(now, batch.arrived)
        if (batch.arrived, batch.size) == one.progress_told and not rate:
            return
        one.progress_at = now
        one.progress_told = (batch.arrived, batch.size)
        self._listener.progress(Progress(batch, rate))

    def _end(self, one: _Followed, batch: BatchSnapshot, problem: str = "") -> int:
        """Tell whatever was not told yet, then the sum."""
        problem = problem or _lasting_problem(batch)
        if not one.is_planned:
            self._plan(one, batch)
        for file in one.held.values():
            self._tell_as_it_is(one, file, problem)
        if len(one.told) != batch.files:
            self._tell_the_rest(one, problem)
        one.is_over = True
        seconds = self._clock.monotonic() - one.since
        self._listener.summary(Summary(batch, one.counts, one.arrived_bytes, seconds, problem))
        return _code_of(one.counts, problem, batch)

    def _tell_the_rest(self, one: _Followed, problem: str) -> None:
        position = -1
        while page := self._reader.files(one.id, position, PAGE):
            position = page[-1].position
            for file in page:
                self._tell_as_it_is(one, file, problem)

    def _tell_as_it_is(self, one: _Followed, file: FileSnapshot, problem: str) -> None:
        self._tell(one, file, "" if _is_settled(file.state) else problem)

    def _is_out_of_patience(self, followed: Sequence[_Followed]) -> bool:
        now = self._clock.monotonic()
        marks = tuple(one.mark() for one in followed)
        if self._marks and marks != self._marks:
            self._moved_at, self._was_unreached = now, False
        self._marks = marks
        batches = [one.latest for one in followed if one.latest and not one.is_over]
        self._was_unreached |= any(map(_is_unreached, batches))
        if self._patience is None or not self._was_unreached:
            return False
        return now - self._moved_at >= self._patience

    def _give_up(self, followed: Sequence[_Followed]) -> None:
        for one in followed:
            if not one.is_over and one.latest:
                self._end(one, one.latest, problem="NetworkDown")


def worst(codes: set[int]) -> int:
    """Sign-in before refused before failed before well."""
    return next(
        code for code in (SIGN_IN, OUT_OF_REACH, SOME_FAILED, REFUSED, ALL_WELL) if code in codes
    )


def _is_unreached(batch: BatchSnapshot) -> bool:
    if batch.problem is not None and batch.problem.kind in _NETWORK_KINDS:
        return True
    return batch.count(*_UNREACHED) > 0


def _lasting_problem(batch: BatchSnapshot) -> str:
    """Why a batch that is settled is not complete; what only held it up is over."""
    kind = batch.problem.kind if batch.problem else ""
    return "" if kind in _NETWORK_KINDS or holds_account(kind) else kind


def _problem_of(file: FileSnapshot) -> str:
    if file.state is State.UNPROVEN:
        return "Unconfirmed"
    if file.state is State.CANCELLED:
        return "cancelled"
    return file.problem.kind if file.problem else ""


def _code_of(counts: Counter[str], problem: str, batch: BatchSnapshot) -> int:
    if problem == "SignInNeeded":
        return SIGN_IN
    if problem in _WORTH_NOTHING_SENT and not batch.files:
        return REFUSED
    is_cancelled = batch.count(State.CANCELLED) > 0
    failed = counts["failed"] or counts["needs-you"] or problem or is_cancelled
    return SOME_FAILED if failed else ALL_WELL
