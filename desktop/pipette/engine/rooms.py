"""Which transfers in hand have a step to hand out, and which will have one at a later moment."""

from __future__ import annotations

from heapq import heappop, heappush

from pipette.engine.clock import Clock
from pipette.engine.ledger import Ledger
from pipette.engine.records import Transfer
from pipette.model.stages import Unchecked
from pipette.model.transfer import TransferId
from pipette.model.walk import has_room


class Rooms:
    """Belongs to the engine's thread."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        self.now: dict[str, dict[TransferId, Transfer]] = {}
        """By account."""
        self._later: list[tuple[float, TransferId]] = []
        """A heap: those whose service asked for time, and until when (monotonic)."""

    def note(self, t: Transfer) -> None:
        """It stands elsewhere now."""
        now = self.now.setdefault(t.account, {})
        now.pop(t.id, None)
        if t.id not in self._ledger.live or not has_room(t.stage):
            return
        if isinstance(t.stage, Unchecked) and t.not_before > self._clock.monotonic():
            heappush(self._later, (t.not_before, t.id))
        else:
            now[t.id] = t

    def wake(self, now: float) -> None:
        """Those whose time has come by ``now`` have room."""
        while self._later and self._later[0][0] <= now:
            t = self._ledger.live.get(heappop(self._later)[1])
            if t is not None:
                self.note(t)
