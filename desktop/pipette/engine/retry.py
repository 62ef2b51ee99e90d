"""When to try a step again. Pure; the engine keeps the counts."""

from __future__ import annotations

import random

from pipette.model.errors import NetworkDown, SlowDown, Temporary

MOST_TRIES = 8
LONGEST_WAIT = 120.0
LONGEST_WAIT_OFFLINE = 10.0
MOST_DOUBLINGS = 10
"""More would reach no longer wait, and in a night without network a number no float can hold."""
LONGEST_ASKED_WAIT = 3600.0
"""A service that asks for more gets this much: a day's wait would look like a hang."""


def delay_seconds(error: Temporary, tries: int, chance: random.Random) -> float | None:
    """The wait before try ``tries + 1``, or None when it was tried often enough.

    Failures of the network and requests to slow down never use up the tries: they say nothing
    about this part.
    """
    free = isinstance(error, NetworkDown | SlowDown)
    if tries >= MOST_TRIES and not free:
        return None
    if error.wait_seconds is not None:
        return min(error.wait_seconds, LONGEST_ASKED_WAIT) + chance.uniform(0.0, 0.5)
    longest = LONGEST_WAIT_OFFLINE if isinstance(error, NetworkDown) else LONGEST_WAIT
    grown = float(min(longest, 2.0 ** min(tries - 1, MOST_DOUBLINGS)))
    return grown * chance.uniform(0.5, 1.0)
