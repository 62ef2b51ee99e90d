"""``pipette`` and ``python -m pipette``: the window, or a command on the command line."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from pipette.cli_arguments import COMMANDS


def main(arguments: Sequence[str] | None = None) -> int:
    """Without a command the window opens. Returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if _is_for_command_line(given):
        from pipette import cli

        return cli.main(given)
    from pipette import app

    return app.main(given)


def _is_for_command_line(given: Sequence[str]) -> bool:
    """The window's own options (``--demo`` and those of Qt) come without a command."""
    if not given:
        return False
    return given[0] in {*COMMANDS, "-h", "--help", "--version"} or not given[0].startswith("-")


if __name__ == "__main__":
    sys.exit(main())
