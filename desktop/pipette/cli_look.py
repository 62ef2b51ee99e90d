"""Commands that only look: ``ls``, ``queue``, ``receipt``, ``verify``."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pipette.cli_engine import ALL_WELL, OUT_OF_REACH, SIGN_IN, SOME_FAILED, Refusal, all_files
from pipette.cli_follow import Planned, Summary, told_state
from pipette.cli_output import Value
from pipette.cli_session import Session, iso_time, refusal_for
from pipette.model.errors import SignInNeeded, TransferError
from pipette.model.files import Kind, Location, RemoteFile
from pipette.model.receipt_document import (
    Document,
    csv_text,
    json_text,
)
from pipette.model.transfer import BatchSnapshot, State
from pipette.ui import figures, words

if TYPE_CHECKING:
    from pipette.engine.recheck import Recheck as SecondLook

_LATER = frozenset({"xlsx", "html"})


def ls(session: Session, arguments: argparse.Namespace) -> int:
    place = session.place(arguments.place)
    found = 0
    for item in _items(session, place, arguments.give_up_after):
        session.speaker.event("item", _item_fields(item), _item_line(item))
        found += 1
    if not found and place.path and not _is_there(session, place, arguments.give_up_after):
        raise Refusal(f"There is nothing at {place}.")
    return ALL_WELL


def _items(session: Session, place: Location, patience: float | None) -> Iterator[RemoteFile]:
    if place.path and not place.is_folder_marker:
        single = session.ask(place.account, lambda: session.desk.find(place), patience)
        if single is not None and single.kind is Kind.FILE:
            yield single
            return
    cursor: str | None = None
    while True:
        question = partial(session.desk.list, place, cursor)
        page = session.ask(place.account, question, patience)
        yield from page.items
        cursor = page.cursor
        if cursor is None:
            return


def _is_there(session: Session, place: Location, patience: float | None) -> bool:
    marker = replace(place, path=place.path.rstrip("/") + "/")
    return session.ask(place.account, lambda: session.desk.find(marker), patience) is not None


def _item_fields(item: RemoteFile) -> dict[str, Value]:
    written = str(item.location).rstrip("/") if item.kind is not Kind.FILE else str(item.location)
    return {
        "name": item.location.name,
        "path": written.partition(":")[2],
        "kind": item.kind.value,
        "size": item.size,
        "status": item.status,
        "id": item.id,
        "etag": item.etag,
        "changed": iso_time(item.changed),
        "place": written,
    }


def _item_line(item: RemoteFile) -> str:
    size = "" if item.size is None or item.kind is not Kind.FILE else figures.size(item.size)
    changed = str(iso_time(item.changed) or "")[:19].replace("T", " ")
    slash = "" if item.kind is Kind.FILE else "/"
    return f"{size:>12}  {changed:19}  {item.location.name}{slash}"


def queue(session: Session, arguments: argparse.Namespace) -> int:
    for batch in session.reader.batches():
        session.speaker.event(
            "batch", _batch_fields(batch), _batch_line(batch, session.clock.time())
        )
    return ALL_WELL


def _batch_fields(batch: BatchSnapshot) -> dict[str, Value]:
    return {
        "batch": batch.id,
        "direction": batch.direction.value,
        "name": batch.name,
        "place": str(batch.place),
        "local": batch.local,
        "state": batch.state.value,
        "paused": batch.paused,
        "files": batch.files,
        "bytes": batch.size,
        "arrived": batch.arrived,
        "waiting": batch.count(State.WAITING),
        "running": sum(number for state, number in batch.counts if state.is_active),
        "needs_you": batch.count(State.NEEDS_YOU, State.NEEDS_SIGN_IN),
        "failed": batch.count(State.FAILED),
        "done": sum(n for state, n in batch.counts if state.is_final and state is not State.FAILED),
        "created": iso_time(batch.created_at),
        "finished": iso_time(batch.finished_at),
        "error": batch.problem.kind if batch.problem else None,
    }


def _batch_line(batch: BatchSnapshot, now: float) -> str:
    done = batch.finished_at is not None
    share = figures.percent(batch.arrived, batch.size, done=done)
    state = words.state_words(batch, now)
    return f"{batch.id}  {share:3d}%  {figures.size(batch.size):>10}  {state}  {batch.name} → {batch.place}"


def receipt(session: Session, arguments: argparse.Namespace) -> int:
    if arguments.format in _LATER:
        raise Refusal(f"Receipts as {arguments.format} come in a later version; json and csv work.")
    batch = session.batch(arguments.batch) if arguments.batch else _last_batch(session)
    document = _document(session, batch)
    text = csv_text(document) if arguments.format == "csv" else json_text(document)
    _give_out(session, text, arguments.output)
    return ALL_WELL


def _last_batch(session: Session) -> BatchSnapshot:
    finished = session.reader.history(None, 1)
    if not finished:
        raise Refusal("Nothing was finished here yet, so there is no receipt.")
    return finished[0]


def _document(session: Session, batch: BatchSnapshot) -> Document:
    """The receipt written when the batch came to rest; of one that has not, as it stands."""
    from pipette.wiring import make_receipt

    saved = session.paths.receipts / f"{batch.id}.json"
    if batch.finished_at is not None and saved.is_file():
        document: Document = json.loads(saved.read_text(encoding="utf-8"))
        return document
    made = make_receipt(session.accounts, session.reader, batch.id)
    if made is None:
        raise Refusal(f"There is no batch called {batch.id!r}.")
    return made


def _give_out(session: Session, text: str, output: str | None) -> None:
    if output is None:
        session.streams.out_text(text)
        return
    try:
        Path(output).write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise Refusal(f"{output} could not be written: {error.strerror}.") from error


def verify(session: Session, arguments: argparse.Namespace) -> int:
    """Compare every delivered file with what the platform holds now."""
    from pipette.engine.recheck import Rechecking

    batch = session.batch(arguments.batch)
    began = session.clock.monotonic()
    left_out = batch.count(State.LEFT_OUT)
    session.speaker.planned(Planned(batch, batch.files - left_out, left_out))
    looks = Rechecking(session.reader, session.providers).files(batch.id)
    counts, size, codes = _tell_looks(session, batch, looks)
    seconds = session.clock.monotonic() - began
    same = replace(batch, sent_bytes=0)
    session.speaker.summary(Summary(same, counts, size, seconds, only_compared=True))
    return next((code for code in (SIGN_IN, OUT_OF_REACH, SOME_FAILED) if code in codes), ALL_WELL)


def _tell_looks(
    session: Session, batch: BatchSnapshot, looks: Iterator[SecondLook]
) -> tuple[Counter[str], int, set[int]]:
    counts: Counter[str] = Counter()
    told: set[int] = set()
    codes: set[int] = set()
    size = 0
    try:
        for look in looks:
            state, problem, code = _judged(look)
            told.add(look.file.id)
            counts[state] += 1
            codes.add(code)
            size += look.file.size if code == ALL_WELL else 0
            session.speaker.file(look.file, state, problem)
    except TransferError as error:
        raise refusal_for(error, batch.place.account) from error
    for file in all_files(session.reader, batch.id):
        if file.id not in told:
            state = told_state(file.state)
            counts[state] += 1
            codes.add(SOME_FAILED if state in {"failed", "needs-you"} else ALL_WELL)
            session.speaker.file(file, state, file.problem.kind if file.problem else "")
    return counts, size, codes


def _judged(look: SecondLook) -> tuple[str, str, int]:
    """The contract's state, the error kind, and the exit code of one comparison."""
    from pipette.engine.recheck import Found

    if look.found is Found.SAME:
        return told_state(look.file.state), "", ALL_WELL
    if look.found is Found.SIZE_SAME:
        return "size-matched", "", ALL_WELL
    if look.found is Found.UNKNOWN:
        code = SIGN_IN if isinstance(look.error, SignInNeeded) else OUT_OF_REACH
        return "needs-you", look.error.kind if look.error else "Unconfirmed", code
    kind = "RemoteMissing" if look.found is Found.GONE else "Mismatch"
    return "failed", kind, SOME_FAILED
