"""``pipette`` and ``python -m pipette``: the window, or a command on the command line."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

from pipette.cli_arguments import COMMANDS


def main() -> NoReturn:
    """The program: runs and ends the process."""
    given = sys.argv[1:]
    code = run(given)
    if is_for_command_line(given):
        _leave(code)
    sys.exit(code)


def run(given: Sequence[str]) -> int:
    """Run a command, or without one the window. Returns the exit code."""
    if is_for_command_line(given):
        from pipette import cli

        return cli.main(given)
    from pipette import app

    return app.main(list(given))


def is_for_command_line(given: Sequence[str]) -> bool:
    """The window's own options (``--demo`` and those of Qt) come without a command."""
    if not given:
        return False
    return given[0] in {*COMMANDS, "-h", "--help", "--version"} or not given[0].startswith("-")


def _leave(code: int) -> NoReturn:
    """End at once. Everything is written down by now; a worker that still hangs in a read which the
    system does not give back, as on a dead network drive, would hold up an orderly end for ever."""
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
