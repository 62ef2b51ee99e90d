"""The command line: ``pipette COMMAND …``.

Scripts rely on its words (``cli_arguments``), events (``cli_output``) and exit codes (``cli_engine``):
they are added to, never changed. ``tests/e2e/test_command_line.py`` holds it to that.
"""

from __future__ import annotations

import argparse
import logging
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from pipette.cli_arguments import parse
from pipette.cli_engine import INTERRUPTED, SOME_FAILED, TERMINATED, Refusal, Terminated
from pipette.cli_output import Streams, speaker_for, standard_streams
from pipette.cli_session import Session
from pipette.store.logs import start_logging, stop_logging
from pipette.store.paths import Paths

log = logging.getLogger(__name__)

Handler = Callable[[int, FrameType | None], object]
Command = Callable[[Session, argparse.Namespace], int]


def main(arguments: Sequence[str]) -> int:
    """Run one command; returns its exit code."""
    streams = standard_streams()
    try:
        parsed = parse(arguments)
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else SOME_FAILED
    try:
        with _signals():
            return _run(parsed, streams)
    except KeyboardInterrupt:
        streams.err("\nStopped. The queue is kept; 'pipette resume' goes on.")
        return INTERRUPTED
    except Terminated:
        streams.err("Ended. The queue is kept; 'pipette resume' goes on.")
        return TERMINATED


def _run(parsed: argparse.Namespace, streams: Streams) -> int:
    try:
        session = _session(parsed, streams)
        return _command(parsed)(session, parsed)
    except Refusal as refusal:
        streams.err(f"pipette: {refusal.words}")
        return refusal.code
    except Exception as error:
        # The top of the program: whatever was not foreseen is logged in full and told in short.
        log.exception("the command failed")
        streams.err(f"pipette: something unexpected went wrong ({type(error).__name__}).")
        return SOME_FAILED
    finally:
        stop_logging()


def _session(parsed: argparse.Namespace, streams: Streams) -> Session:
    paths = Paths.for_user()
    try:
        paths.make()
        redaction = start_logging(paths)
    except OSError as error:
        raise Refusal(f"{paths.home} cannot be used: {error.strerror}.") from error
    as_json = bool(getattr(parsed, "json", False))
    return Session(paths, streams, speaker_for(streams, as_json=as_json), redaction)


def _command(parsed: argparse.Namespace) -> Command:
    """Each command loads only what it needs, so that the light ones answer at once."""
    if parsed.command == "account":
        from pipette import cli_accounts

        actions: dict[str, Command] = {
            "add": cli_accounts.add,
            "list": cli_accounts.show,
            "test": cli_accounts.test,
            "remove": cli_accounts.remove,
        }
        return actions[parsed.action]
    from pipette import cli_imports, cli_look, cli_transfers

    commands: dict[str, Command] = {
        "ls": cli_look.ls,
        "queue": cli_look.queue,
        "receipt": cli_look.receipt,
        "verify": cli_look.verify,
        "upload": cli_transfers.upload,
        "download": cli_transfers.download,
        "import-drs": cli_imports.import_drs,
        "resume": cli_transfers.resume,
        "cancel": cli_transfers.cancel,
    }
    return commands[parsed.command]


@contextmanager
def _signals() -> Iterator[None]:
    """SIGTERM (and Windows' Ctrl+Break) end the command as Ctrl+C does, through the same door.

    Ctrl+C too is asked for by name: a shell starts background commands with it switched off.
    """
    handlers: dict[int, Handler] = {signal.SIGINT: signal.default_int_handler}
    handlers[signal.SIGTERM] = _terminate
    if sys.platform == "win32":
        handlers[signal.SIGBREAK] = _terminate
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _terminate(number: int, frame: FrameType | None) -> None:
    raise Terminated
