"""Two files that arrive as one thing: the order between them, and what the one's fate is to the other.

The one that leads stands just before its mate in the queue. It is opened first; its mate then joins
what was opened. Both are sent at the same time. When all parts of both are there the leader is closed,
then its mate, whose close makes them one; only then is either checked. Nothing waits on a worker.
"""

from __future__ import annotations

from pipette.engine.journal import Journal
from pipette.engine.ledger import Ledger
from pipette.engine.records import Transfer
from pipette.model.stages import (
    Aborting,
    Checking,
    Closing,
    Done,
    Finished,
    Halted,
    Landed,
    Leaving,
    Moving,
    Queued,
    Stage,
    Unchecked,
)
from pipette.model.transfer import TransferId
from pipette.providers.protocol import Mate

_JOINABLE = (Moving, Landed, Closing, Unchecked, Checking)
_SENT = (Landed, Closing, Unchecked, Checking, Done)
_CLOSED = (Unchecked, Checking, Done)


class Mates:
    """Belongs to the engine's thread."""

    def __init__(self, ledger: Ledger, journal: Journal) -> None:
        self._ledger = ledger
        self._journal = journal

    def waits(self, t: Transfer) -> bool:
        """The step that would come next must not be taken before the other file is further on."""
        if not t.mate:
            return False
        mate = self._ledger.live.get(_id_of_mate(t))
        match t.stage:
            case Queued() if not leads(t):
                return mate is not None and not isinstance(mate.at, _JOINABLE)
            case Landed():
                further = _SENT if leads(t) else _CLOSED
                return isinstance(mate.at, further) is False if mate else leads(t)
            case Unchecked(certain=True) if leads(t):
                return mate is not None and not isinstance(mate.at, _CLOSED)
        return False

    def is_half(self, t: Transfer) -> bool:
        """It is closed and its mate is not: nothing arrived whole yet."""
        mate = self._ledger.live.get(_id_of_mate(t)) if t.mate else None
        certain = isinstance(t.at, Unchecked) and t.at.certain
        return certain and mate is not None and not isinstance(mate.at, _CLOSED)

    def as_seen(self, t: Transfer) -> Mate | None:
        """The other file as the service is told of it."""
        if not t.mate:
            return None
        mate = self._ledger.live.get(_id_of_mate(t)) or self._from_journal(t)
        if mate is None:
            return None
        return Mate(mate.at_service, mate.size, None if leads(t) else mate.handle)

    def unsettled(self, t: Transfer) -> Transfer | None:
        """The other file, if it still has a way to go; in hand from now on."""
        mate = self.other(t)
        return None if mate is None or isinstance(mate.stage, Finished) else mate

    def halted(self, t: Transfer) -> Transfer | None:
        """The other file, if something is wrong with it or with its pair."""
        mate = self.other(t)
        failed = mate is not None and isinstance(mate.stage, Halted) and mate.stage.error
        return mate if failed else None

    def sharing_lost(self, t: Transfer, before: Stage) -> Transfer | None:
        """The other file, if it is part of what this one has just lost."""
        lost = getattr(before.at if isinstance(before, Halted) else before, "handle", None)
        mate = self._ledger.live.get(_id_of_mate(t)) if t.mate else None
        if lost is None or mate is None or mate.handle is None or not isinstance(t.at, Queued):
            return None
        same = mate.handle.id == lost.id and not isinstance(mate.at, Leaving | Aborting)
        return mate if same else None

    def other(self, t: Transfer) -> Transfer | None:
        """The other file; in hand from now on."""
        return next(self._ledger.fetch([_id_of_mate(t)]), None) if t.mate else None

    def _from_journal(self, t: Transfer) -> Transfer | None:
        batch = self._ledger.batches[t.batch]
        return next(iter(self._journal.transfers(batch, [_id_of_mate(t)])), None)


def leads(t: Transfer) -> bool:
    return t.mate > 0


def _id_of_mate(t: Transfer) -> TransferId:
    """Both were written down at once, one after the other."""
    return TransferId(t.id + t.mate)
