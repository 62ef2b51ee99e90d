"""The wrapper of everything a worker does for the engine: a failure comes back as a value.

A fault in the program is logged in full and becomes an error like any other, so that it stops one
file, one plan or one account's imports, and never the queue.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from pipette.model.errors import Interrupted, TransferError

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")


def answer_of(errand: Callable[[], Answer], what: str) -> Answer | TransferError:
    """Run it on this thread. Raises Interrupted and nothing else; ``what`` names it in the log."""
    try:
        return errand()
    except Interrupted:
        raise
    except TransferError as error:
        log.debug("%s: %s: %s", what, error.kind, error.detail)
        return error
    except Exception as error:
        log.exception("a fault in %s", what)
        return TransferError(type(error).__name__)
