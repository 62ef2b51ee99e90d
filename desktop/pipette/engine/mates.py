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
    Checking,
    Closing,
    Done,
    Finished,
    Halted,
    Landed,
    Moving,
    OnItsWayOut,
    Queued,
    Stage,
    Unchecked,
)
from pipette.model.transfer import State, TransferId
from pipette.providers.protocol import Mate

_JOINABLE = (Moving, Landed)
_SENT = (Landed, Closing, Unchecked, Checking, Done)


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
            case Landed() if leads(t):
                return mate is None or not isinstance(mate.at, _SENT)
            case Landed():
                return mate is not None and not _is_closed(mate)
            case Unchecked(certain=True) if leads(t):
                return mate is not None and not _is_closed(mate)
        return False

    def is_half(self, t: Transfer) -> bool:
        """It is closed and its mate is not: nothing arrived whole yet."""
        mate = self._ledger.live.get(_id_of_mate(t)) if t.mate else None
        return _is_closed(t) and mate is not None and not _is_closed(mate)

    def as_seen(self, t: Transfer) -> Mate | None:
        """The other file as the service is told of it."""
        mate = self._seen(t)
        if mate is None:
            return None
        handle = mate.handle if isinstance(mate.at, _JOINABLE) else None
        return Mate(mate.at_service, mate.size, leads=leads(mate), handle=handle)

    def unsettled(self, t: Transfer) -> Transfer | None:
        """The other file, if it still has a way to go; in hand from now on."""
        mate = self._seen(t)
        return None if mate is None or isinstance(mate.stage, Finished) else self._taken(t)

    def going(self, t: Transfer) -> Transfer | None:
        """The other file, if nothing holds it up; in hand from now on."""
        mate = self._seen(t)
        return None if mate is None or isinstance(mate.stage, Finished | Halted) else self._taken(t)

    def halted(self, t: Transfer) -> Transfer | None:
        """The other file, if something is wrong with it or with its pair; in hand from now on."""
        mate = self._seen(t)
        failed = mate is not None and isinstance(mate.stage, Halted) and mate.stage.error
        return self._taken(t) if failed else None

    def skipped(self, t: Transfer) -> Transfer | None:
        """The other file, if its name kept it back; in hand from now on."""
        mate = self._seen(t)
        return self._taken(t) if mate is not None and mate.shown is State.SKIPPED else None

    def is_stale(self, t: Transfer) -> bool:
        """It has joined what its mate had opened, and has no longer."""
        mate = self._seen(t) if t.mate < 0 else None
        if mate is None or t.handle is None or isinstance(mate.stage, Finished):
            return False
        return mate.handle is None or mate.handle.id != t.handle.id

    def sharing_lost(self, t: Transfer, before: Stage) -> Transfer | None:
        """The other file, if it is part of what this one has just lost."""
        lost = getattr(before.at if isinstance(before, Halted) else before, "handle", None)
        if lost is None or t.handle is not None or isinstance(t.stage, Finished):
            return None
        mate = self._ledger.live.get(_id_of_mate(t)) if t.mate else None
        if mate is None or mate.handle is None or mate.handle.id != lost.id:
            return None
        return None if isinstance(mate.at, OnItsWayOut) else mate

    def _seen(self, t: Transfer) -> Transfer | None:
        """The other file as it stands, without a change to where it is kept."""
        if not t.mate:
            return None
        known = self._ledger.live.get(_id_of_mate(t))
        if known is not None:
            return known
        self._ledger.flush()
        batch = self._ledger.batches[t.batch]
        return next(iter(self._journal.transfers(batch, [_id_of_mate(t)])), None)

    def _taken(self, t: Transfer) -> Transfer | None:
        return next(self._ledger.fetch([_id_of_mate(t)]), None)


def _is_closed(t: Transfer) -> bool:
    return isinstance(t.at, Done) or (isinstance(t.at, Unchecked | Checking) and t.at.certain)


def leads(t: Transfer) -> bool:
    return t.mate > 0


def _id_of_mate(t: Transfer) -> TransferId:
    """Both were written down at once, one after the other."""
    return TransferId(t.id + t.mate)
