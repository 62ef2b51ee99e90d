"""Pipette's command line without its own limits of calls: ``python -m benchmarks.platforms.unhurried``.

At a platform that takes few calls a second, Pipette waits most of the time; what is measured here is
everything else.
"""

from __future__ import annotations

from pipette.__main__ import main
from pipette.providers.web import Budget


def _take_at_once(self: Budget, calls: int = 1, *, urgent: bool = False) -> None:
    """In place of waiting for room."""


if __name__ == "__main__":
    Budget.take = _take_at_once
    main()
