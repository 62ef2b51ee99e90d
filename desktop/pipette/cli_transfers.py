"""Commands that move files or stop them: ``upload``, ``download``, ``resume``, ``cancel``."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pipette.cli_engine import (
    ALL_WELL,
    OUT_OF_REACH,
    SIGN_IN,
    SOME_FAILED,
    Engine,
    Reader,
    Refusal,
    all_files,
)
from pipette.cli_follow import Follower
from pipette.cli_output import Value
from pipette.cli_session import Session
from pipette.model.errors import Temporary, error_of_kind
from pipette.model.files import Location, RemoteFile
from pipette.model.transfer import (
    BatchId,
    BatchOptions,
    BatchSnapshot,
    Direction,
    IfExists,
    State,
)
from pipette.ui import figures, words


def upload(session: Session, arguments: argparse.Namespace) -> int:
    paths = [_existing(path) for path in arguments.paths]
    options = _options(session, arguments)
    to = session.place(arguments.to)
    _refuse_bad_target(session, to, options.if_exists)
    if arguments.dry_run:
        return _dry_run(session, paths, to)

    def order(engine: Engine) -> Sequence[BatchId]:
        if arguments.limit:
            engine.set_limits(arguments.limit, session.settings.down_limit)
        return [engine.upload(paths, to, options)]

    return run(session, order, arguments.give_up_after)


def download(session: Session, arguments: argparse.Namespace) -> int:
    folder = _target_folder(arguments.to)
    options = _options(session, arguments)
    places = [session.place(text) for text in arguments.places]
    by_account: dict[str, list[Location]] = {}
    for place in places:
        _refuse_missing_source(session, place)
        by_account.setdefault(place.account, []).append(place)

    def order(engine: Engine) -> Sequence[BatchId]:
        if arguments.limit:
            engine.set_limits(session.settings.up_limit, arguments.limit)
        return [engine.download(mine, folder, options) for mine in by_account.values()]

    return run(session, order, arguments.give_up_after)


def resume(session: Session, arguments: argparse.Namespace) -> int:
    batches = session.reader.batches()
    unfinished = [batch.id for batch in batches if _is_unfinished(session.reader, batch)]
    if not unfinished:
        session.speaker.say("Nothing is unfinished here.")
        return ALL_WELL

    def order(engine: Engine) -> Sequence[BatchId]:
        engine.resume(unfinished)
        return unfinished

    return run(session, order, arguments.give_up_after)


def cancel(session: Session, arguments: argparse.Namespace) -> int:
    """Done when nothing of the batch is left to stop. What arrived whole stays."""
    batch = session.batch(arguments.batch)
    if batch.finished_at is not None:
        session.speaker.say(f"{batch.id} is finished already; there is nothing to cancel.")
        return ALL_WELL
    if batch.direction is Direction.IMPORT:
        session.speaker.say(words.IMPORT_GOES_ON)

    def order(engine: Engine) -> Sequence[BatchId]:
        engine.cancel(batch.id)
        return [batch.id]

    code = run(session, order, arguments.give_up_after)
    # Files that ended otherwise, and those just cancelled, are what was asked for.
    return code if code in {SIGN_IN, OUT_OF_REACH} else ALL_WELL


def run(
    session: Session, order: Callable[[Engine], Sequence[BatchId]], patience: float | None
) -> int:
    """Have the order taken up by whoever owns the queue, and follow it to its end."""
    with _opened(session) as engine:
        batches = order(engine)
        follower = Follower(
            session.reader,
            session.speaker,
            session.clock,
            engine.keep_going,
            patience,
            session.unreached_since,
        )
        return follower.follow(batches)


@contextmanager
def _opened(session: Session) -> Iterator[Engine]:
    """The way to the queue; ours if nobody else owns it."""
    from pipette.engine.journal import JournalTooNew
    from pipette.wiring import open_home

    home = open_home(
        session.paths, session.settings, session.accounts, session.credentials, resume=False
    )
    try:
        if not home.own():
            session.speaker.say(words.WAITING_FOR_OWNER)
        yield home
    except JournalTooNew as error:
        raise Refusal("The queue here was written by a later version of Pipette.") from error
    finally:
        home.close()


def _options(session: Session, arguments: argparse.Namespace) -> BatchOptions:
    settings = session.settings
    rule = IfExists(arguments.if_exists) if arguments.if_exists else settings.if_exists
    md5 = settings.md5 and not arguments.no_md5
    return BatchOptions(rule, md5, settings.operator)


def _existing(path: str) -> str:
    """The absolute path, keeping the trailing slash that asks for a folder's content."""
    if not os.path.exists(path):  # noqa: PTH110 - False also where we may not look
        raise Refusal(f"{path} does not exist. Nothing was sent.")
    slash = os.sep if path.endswith(("/", os.sep)) else ""
    return os.path.abspath(path).rstrip(os.sep) + slash or os.sep  # noqa: PTH100 - keeps links


def _target_folder(path: str) -> str:
    if Path(path).exists() and not Path(path).is_dir():
        raise Refusal(f"{path} is no folder. Nothing was fetched.")
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refusal(f"{path} cannot be made: {error.strerror}. Nothing was fetched.") from error
    return os.path.abspath(path)  # noqa: PTH100 - keeps links


def _refuse_bad_target(session: Session, to: Location, rule: IfExists) -> None:
    """What would fail for every file is refused before anything is sent."""
    account = session.account(to.account)
    features = session.ask(account.name, lambda: session.desk.features(account.name))
    if rule not in features.rules:
        raise Refusal(f"{account.name} cannot keep the rule {rule.value!r}. Nothing was sent.")
    if not to.container and not features.files_outside:
        raise Refusal(f"{to} names no project or bucket. Nothing was sent.")
    refuse_missing_container(session, to)


def _refuse_missing_source(session: Session, place: Location) -> None:
    if not place.container:
        raise Refusal(f"{place} names no project or bucket. Nothing was fetched.")
    refuse_missing_container(session, place)


def refuse_missing_container(session: Session, place: Location) -> None:
    container = Location(place.account, place.container)
    try:
        found = _asked_for(session, container)
    except Refusal as refusal:
        if refusal.code in {OUT_OF_REACH, SOME_FAILED}:
            # The queue waits for the network and finds out what this key may do file by file.
            return
        raise
    if found is None:
        raise Refusal(f"There is no project or bucket {container}. Nothing was sent.")


def _asked_for(session: Session, container: Location) -> RemoteFile | None:
    """Some services refuse without a reason here, so the reason is asked for by a listing."""
    try:
        return session.ask(container.account, lambda: session.desk.find(container))
    except Refusal as refusal:
        if refusal.code == SOME_FAILED:
            session.ask(container.account, lambda: session.desk.list(container))
        raise


def _dry_run(session: Session, paths: Sequence[str], to: Location) -> int:
    from pipette.engine.interrupt import Interrupt
    from pipette.engine.scan import Found, scan

    files = size = left_out = 0
    for chunk in scan(paths, Interrupt()):
        for finding in chunk:
            place = str(to.child(finding.name))
            if isinstance(finding, Found):
                if finding.name.endswith("/"):
                    continue
                files, size = files + 1, size + finding.source.size
                _tell_found(session, finding.source.path, place, finding.source.size)
            else:
                left_out += 1
                _tell_left_out(session, finding.path, finding.reason.value)
    fields: dict[str, Value] = {
        "batch": None,
        "files": files,
        "bytes": size,
        "left_out": left_out,
        "dry_run": True,
    }
    line = f"{figures.plural(files, 'file')}, {figures.size(size)}, would go to {to}"
    extra = f"; {figures.number(left_out)} would be left out" if left_out else ""
    session.speaker.event("planned", fields, f"{line}{extra}.")
    return ALL_WELL


def _tell_found(session: Session, source: str, place: str, size: int) -> None:
    fields: dict[str, Value] = {"source": source, "place": place, "size": size}
    session.speaker.event("would-send", fields, f"{source} → {place}")


def _tell_left_out(session: Session, source: str, reason: str) -> None:
    fields: dict[str, Value] = {"source": source, "reason": reason}
    session.speaker.event("would-leave-out", fields, f"{source} (left out: {reason})")


def _is_unfinished(reader: Reader, batch: BatchSnapshot) -> bool:
    """Also when files were given up for a reason that may be over; not when they were refused."""
    if batch.finished_at is None:
        return True
    return batch.count(State.FAILED) > 0 and any(
        file.problem is not None and isinstance(error_of_kind(file.problem.kind, ""), Temporary)
        for file in all_files(reader, batch.id)
    )
