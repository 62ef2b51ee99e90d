"""The command line's grammar. Wrong usage ends with code 2, as ``argparse`` does by itself."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence

from pipette import __version__
from pipette.store.accounts import KINDS

COMMANDS = (
    "account",
    "ls",
    "upload",
    "download",
    "import-drs",
    "queue",
    "resume",
    "cancel",
    "receipt",
    "verify",
)
RULES = ("skip", "keep-both", "replace")
FORMATS = ("json", "csv", "xlsx", "html")

_PLACE = "ACCOUNT:/path, such as archive:/bucket/folder (%%2F stands for a slash inside a name)"
_ENDING = """\
Exit codes: 0 all arrived, 1 some files failed or need someone, 2 wrong usage and nothing was sent,
3 sign-in needed, 4 not reached within --give-up-after, 130 and 143 interrupted (the queue is kept).
Without a command the window opens; --demo opens it on a practice place that needs no account.
"""


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Raises SystemExit: 2 for wrong usage, 0 after --help and --version."""
    return _parser().parse_args(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pipette",
        description="Send sequencing data to genomics platforms and prove that every byte arrived.",
        epilog=_ENDING,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"Pipette {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_account(_command(commands, "account", "add, list, test or remove a location"))
    _add_ls(_command(commands, "ls", "list what is at a place"))
    _add_upload(_command(commands, "upload", "send files and folders"))
    _add_download(_command(commands, "download", "fetch files and folders"))
    _add_import(_command(commands, "import-drs", "have a platform import a list of DRS addresses"))
    _with_json(_command(commands, "queue", "what waits, runs, is paused, needs someone, is done"))
    _add_resume(_command(commands, "resume", "go on with everything unfinished"))
    _add_cancel(_command(commands, "cancel", "stop a batch and remove what was left of it"))
    _add_receipt(_command(commands, "receipt", "the proof list of a batch"))
    _add_verify(_command(commands, "verify", "ask the platform again and compare"))
    return parser


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, what: str
) -> argparse.ArgumentParser:
    return commands.add_parser(name, help=what, description=what.capitalize(), allow_abbrev=False)


def _with_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def _with_patience(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--give-up-after",
        type=_seconds,
        metavar="SECONDS",
        help="how long the platform may be out of reach before code 4 (default: for ever)",
    )


def _with_transfer_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--if-exists", choices=RULES, help="when the name is already there")
    parser.add_argument("--no-md5", action="store_true", help="no whole-file MD5 in the receipt")
    parser.add_argument(
        "--limit", type=_megabytes, metavar="MB_PER_S", help="most megabytes per second"
    )
    _with_json(parser)
    _with_patience(parser)


def _add_account(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    add = _command(actions, "add", "add a location; its key is read from standard input")
    add.add_argument("kind", choices=KINDS, metavar="KIND", help=", ".join(KINDS))
    add.add_argument("--name", required=True, help="what to call it")
    add.add_argument("--url", default="", help="address of the service, instead of its usual one")
    add.add_argument("--region", default="")
    _with_json(add)
    listing = _command(actions, "list", "the locations there are")
    test = _command(actions, "test", "try a location out, or all of them")
    remove = _command(actions, "remove", "forget a location and its key")
    listing.add_argument("name", nargs="?", metavar="NAME")
    test.add_argument("name", nargs="?", metavar="NAME")
    remove.add_argument("name", metavar="NAME")
    for action in (listing, test, remove):
        _with_json(action)


def _add_ls(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("place", metavar="PLACE", help=_PLACE)
    _with_json(parser)
    _with_patience(parser)


def _add_upload(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths", nargs="+", metavar="PATH", help="with a trailing slash: what is in the folder"
    )
    parser.add_argument("--to", required=True, metavar="PLACE", help=_PLACE)
    parser.add_argument("--dry-run", action="store_true", help="only tell what would be sent")
    _with_transfer_options(parser)


def _add_download(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("places", nargs="+", metavar="PLACE", help=_PLACE)
    parser.add_argument("--to", required=True, metavar="DIR", help="folder on this computer")
    _with_transfer_options(parser)


def _add_import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("manifest", metavar="MANIFEST")
    parser.add_argument("--to", required=True, metavar="PLACE", help=_PLACE)
    parser.add_argument("--if-exists", choices=RULES)
    parser.add_argument("--tag", action="append", default=[], metavar="T")
    _with_json(parser)
    _with_patience(parser)


def _add_resume(parser: argparse.ArgumentParser) -> None:
    _with_json(parser)
    _with_patience(parser)


def _add_cancel(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("batch", metavar="BATCH", help="its number, as the queue shows it")
    _with_json(parser)
    _with_patience(parser)


def _add_receipt(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("batch", nargs="?", metavar="BATCH", help="default: the last one")
    parser.add_argument("--format", choices=FORMATS, default="json")
    parser.add_argument("--output", metavar="FILE", help="default: standard output")


def _add_verify(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("batch", metavar="BATCH", help="its number, as the queue shows it")
    _with_json(parser)
    _with_patience(parser)


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is no positive number")
    return value


def _megabytes(text: str) -> float:
    """Bytes per second."""
    return _positive(text) * 1e6


def _seconds(text: str) -> float:
    return 0.0 if text.strip() in {"0", "0.0"} else _positive(text)
