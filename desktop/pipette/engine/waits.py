"""What the engine waits for: tries to be repeated, accounts that need a sign-in, whole-file hashes.

All belong to the engine's thread.
"""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from pipette.engine.interrupt import Interrupt
from pipette.engine.pool import Pool
from pipette.engine.records import Transfer
from pipette.engine.retry import delay_seconds
from pipette.engine.wholehash import BlockBudget, WholeHash
from pipette.model.errors import Interrupted, Temporary, TransferError
from pipette.model.parts import Handle, part_at
from pipette.model.stages import Step
from pipette.model.transfer import TransferId

MOST_HASHES = 8


@dataclass(order=True, slots=True)
class _Due:
    at: float
    order: int
    transfer: TransferId = field(compare=False)
    step: Step = field(compare=False)


class Retries:
    """Steps that failed in passing and will be handed out again. Times are monotonic seconds."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._heap: list[_Due] = []
        self._order = 0
        self._errors: dict[TransferId, Temporary] = {}

    def plan(self, t: Transfer, step: Step, error: Temporary, now: float) -> float | None:
        """Note when to try again; None when it was tried often enough."""
        t.attempts += 1
        t.tries[step] = t.tries.get(step, 0) + 1
        wait = delay_seconds(error, t.tries[step], self._chance)
        if wait is None:
            return None
        t.retry_at[step] = now + wait
        self._errors[t.id] = error
        self._order += 1
        heapq.heappush(self._heap, _Due(now + wait, self._order, t.id, step))
        return wait

    def due(
        self, now: float, find: Callable[[TransferId], Transfer | None]
    ) -> list[tuple[Transfer, Step]]:
        """Steps whose time has come. Those dropped meanwhile are passed over."""
        ready = []
        while self._heap and self._heap[0].at <= now:
            due = heapq.heappop(self._heap)
            t = find(due.transfer)
            if t is not None and t.retry_at.get(due.step) == due.at:
                ready.append((t, due.step))
        return ready

    def next_at(self) -> float | None:
        return self._heap[0].at if self._heap else None

    def begun(self, t: Transfer, step: Step) -> None:
        t.retry_at.pop(step, None)

    def drop(self, t: Transfer) -> Iterator[Step]:
        """Forget all planned tries of this transfer; yields their steps."""
        steps = list(t.retry_at)
        t.retry_at.clear()
        self._errors.pop(t.id, None)
        yield from steps

    def hurry(self, now: float, transfers: Iterator[Transfer]) -> None:
        """Try everything of these now: the network or the account is back."""
        for t in transfers:
            for step in t.retry_at:
                t.retry_at[step] = now
                self._order += 1
                heapq.heappush(self._heap, _Due(now, self._order, t.id, step))

    def reason(self, t: Transfer) -> Temporary | None:
        return self._errors.get(t.id) if t.retry_at else None


class Holds:
    """Accounts whose key was refused: nothing more is asked of them until there is a new one."""

    def __init__(self) -> None:
        self._errors: dict[str, TransferError] = {}
        self._keys: Counter[str] = Counter()
        self.changed = False

    def key_of(self, account: str) -> int:
        """Tells the keys of an account apart: what was begun with one says nothing of the next."""
        return self._keys[account]

    def hold(self, account: str, error: TransferError, key: int | None = None) -> None:
        """Unless the ``key`` that was refused has been replaced meanwhile."""
        if account not in self._errors and key in {None, self._keys[account]}:
            self._errors[account] = error
            self.changed = True

    def release(self, account: str) -> bool:
        self.changed = True
        self._keys[account] += 1
        return self._errors.pop(account, None) is not None

    def __contains__(self, account: str) -> bool:
        return account in self._errors

    def why(self, account: str) -> TransferError | None:
        return self._errors.get(account)

    def all(self) -> tuple[tuple[str, str], ...]:
        return tuple((account, error.kind) for account, error in self._errors.items())


Tell = Callable[[TransferId, str | TransferError], None]


class Hashes:
    """Whole-file MD5s being worked out beside the transfers, each on a thread of its own."""

    def __init__(self, pool: Pool, tell: Tell, budget: BlockBudget | None = None) -> None:
        """``tell`` is called on the hashing thread with the digest or what went wrong."""
        self._pool = pool
        self._tell = tell
        self._budget = budget or BlockBudget()
        self._running: dict[TransferId, tuple[WholeHash, Interrupt]] = {}
        self._closed = False

    def __contains__(self, transfer: TransferId) -> bool:
        return transfer in self._running

    @property
    def full(self) -> bool:
        return len(self._running) >= MOST_HASHES

    def of(self, transfer: TransferId) -> WholeHash | None:
        running = self._running.get(transfer)
        return running[0] if running else None

    def position(self, transfer: TransferId) -> int | None:
        running = self._running.get(transfer)
        return running[0].position if running else None

    def begin(self, t: Transfer, handle: Handle, path: str) -> None:
        """Start with what has a receipt already marked as passed."""
        if self._closed:
            return
        whole = WholeHash(path, t.size, self._budget)
        for number in t.receipts:
            part = part_at(number, t.size, handle.part_size)
            whole.passed(part.offset, part.length)
        interrupt = Interrupt()
        self._running[t.id] = (whole, interrupt)
        self._pool.start(lambda: self._run(t.id, whole, interrupt))

    def _run(self, transfer: TransferId, whole: WholeHash, interrupt: Interrupt) -> None:
        try:
            self._tell(transfer, whole.run(interrupt))
        except Interrupted:
            whole.close()
        except TransferError as error:
            self._tell(transfer, error)

    def end(self, transfer: TransferId) -> None:
        """Stop it, or forget it when it is done."""
        running = self._running.pop(transfer, None)
        if running:
            running[1].trip()

    def close(self) -> None:
        """End them all; none begins any more."""
        self._closed = True
        for transfer in list(self._running):
            self.end(transfer)
