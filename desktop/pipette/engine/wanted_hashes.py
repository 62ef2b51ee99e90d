"""Which transfers need the MD5 of their whole file, and when they cannot go on without it."""

from __future__ import annotations

from pipette.engine.downloading import wants_md5
from pipette.engine.landing import part_path
from pipette.engine.ledger import Ledger
from pipette.engine.records import Transfer
from pipette.engine.waits import Hashes
from pipette.model.files import MiB
from pipette.model.stages import Landed, Moving, Unchecked
from pipette.model.transfer import Direction
from pipette.model.walk import next_to_move

MOST_BEHIND = 128 * MiB
"""More than a core hashes between two turns of the engine, so that it never runs dry."""


class WantedHashes:
    """Belongs to the engine's thread."""

    def __init__(self, ledger: Ledger, hashes: Hashes) -> None:
        self._ledger = ledger
        self._hashes = hashes

    def waits(self, t: Transfer) -> bool:
        """The step that would come next needs the MD5 of the whole, which is not known yet."""
        last = Landed if t.direction is Direction.DOWNLOAD else Unchecked
        return isinstance(t.stage, last) and self._is_missing(t)

    def lags(self, t: Transfer) -> bool:
        """Its hash is so far behind the next part that its bytes would only be read once more.

        The transfer ends no later for waiting, as its end waits for the hash. Not after a restart:
        there the hash begins far behind, and what is still to be moved need not wait for that.
        """
        position = self._hashes.position(t.id)
        if position is None or t.reused_parts or not isinstance(t.stage, Moving):
            return False
        next_part = next_to_move(t.stage)
        return (next_part - 1) * t.stage.handle.part_size - position > MOST_BEHIND

    def begin(self, t: Transfer) -> None:
        """Have it worked out, if it is wanted, not known, and nobody is at it."""
        handle = t.handle
        if handle is None or t.id in self._hashes or not self._is_missing(t):
            return
        path = t.local if t.direction is Direction.UPLOAD else part_path(t.local)
        self._hashes.begin(t, handle, path)

    def _is_missing(self, t: Transfer) -> bool:
        handle = t.handle
        if t.md5 is not None or handle is None:
            return False
        wanted = self._ledger.batches[t.batch].options.md5
        return wanted or (t.direction is Direction.DOWNLOAD and wants_md5(handle))
