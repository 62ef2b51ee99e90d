"""What people read about transfers: states, proof, empty places, the status bar. No Qt.

Every sentence of the window and of the command line stands here or in the ``words_…`` modules
beside it (problems in ``words_problems``, the log in ``words_log``); the model and the engine speak
no English. "Verified" is never said of a copy of which only the size was compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pipette.model.files import Location
from pipette.model.parts import Proof
from pipette.model.transfer import BatchSnapshot, Direction, FileSnapshot, IfExists, State
from pipette.ui import figures
from pipette.ui.words_log import log_sentence
from pipette.ui.words_problems import (
    Button,
    Message,
    advice,
    failure_line,
    message,
    refusal_line,
    short_words,
)
from pipette.ui.words_troubles import Remedy

__all__ = [
    "Button",
    "Message",
    "Remedy",
    "advice",
    "failure_line",
    "log_sentence",
    "message",
    "refusal_line",
    "short_words",
    "state_words",
]

_PROVEN = frozenset({Proof.WHOLE_FILE, Proof.EVERY_PART})

_PLAIN: Mapping[State, str] = MappingProxyType(
    {
        State.CHECKING: "Checking the file",
        State.SUBMITTED: "Submitted",
        State.RESOLVING: "Resolving",
        State.NO_NETWORK: "No network, goes on by itself",
        State.NEEDS_SIGN_IN: "Needs sign-in",
        State.PAUSED: "Paused",
        State.VERIFYING: "Verifying",
        State.SIZE_MATCHED: "Arrived, size matched only",
        State.UNPROVEN: "Arrived, not checked yet",
        State.IMPORTED: "Imported",
        State.CANCELLED: "Cancelled",
    }
)

PROOF_WORDS: Mapping[Proof, str] = MappingProxyType(
    {
        Proof.WHOLE_FILE: "Whole file",
        Proof.EVERY_PART: "Every part",
        Proof.SIZE_ONLY: "Size matched",
        Proof.NONE: "Not checked yet",
    }
)

PROOF_MEANING: Mapping[Proof, str] = MappingProxyType(
    {
        Proof.WHOLE_FILE: "The checksum of the entire file is the same here and on the platform.",
        Proof.EVERY_PART: "Each part's checksum was confirmed on arrival, and together they make "
        "the checksum on the platform.",
        Proof.SIZE_ONLY: "Name and size match; the platform gives nothing more to compare.",
        Proof.NONE: "The platform says it has the file; nothing was compared yet.",
    }
)

LEFT_OUT_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "junk": "left about by the system",
        "not-a-file": "not a file",
        "loop": "leads back to its own folder",
    }
)
"""Why the scan left something out, where that is no failure."""

QUEUE_IN_USE = (
    "A command of Pipette is working in this queue on this computer.\n"
    "The window opens by itself when it is done."
)

PIECE_NOTE = "paused before its end, it is sent again from the start."

RULE_WORDS: Mapping[IfExists, str] = MappingProxyType(
    {
        IfExists.SKIP: "Skip",
        IfExists.KEEP_BOTH: "Keep both (adds a number)",
        IfExists.REPLACE: "Replace",
    }
)


def state_words(
    row: FileSnapshot | BatchSnapshot, now: float, place_in_line: int | None = None
) -> str:
    """The State column's words. ``place_in_line`` (from 1) is told for what waits."""
    if isinstance(row, BatchSnapshot):
        return _batch_words(row, place_in_line)
    return _file_words(row, now, place_in_line)


def state_sentence(row: FileSnapshot | BatchSnapshot, now: float) -> str:
    """The full sentence for the State column's tooltip and for screen readers."""
    words = state_words(row, now)
    if isinstance(row, FileSnapshot) and row.is_large_piece:
        words = f"{words}. {place_of(row)} takes this file in one piece; {PIECE_NOTE}"
    if row.problem is None:
        return words
    place = place_of(row)
    if isinstance(row, FileSnapshot) and row.state in {State.FAILED, State.NEEDS_YOU}:
        return failure_line(row.problem.kind, row.name, place, row.direction)
    return f"{words}. {message(row.problem.kind, place=place, file=row.name).text}".strip()


def progress_sentence(row: FileSnapshot | BatchSnapshot) -> str:
    """What a screen reader says of the bar: ``72 percent, 835 of 1,160 parts arrived, 1 retrying``."""
    done = row.state.is_final
    words = [f"{figures.percent(row.arrived, row.size, done=done)} percent"]
    if isinstance(row, BatchSnapshot) and row.direction is Direction.IMPORT:
        return f"{finished_of(row)} rows finished"
    if isinstance(row, BatchSnapshot):
        return f"{words[0]}, {finished_of(row)} files finished"
    if row.parts:
        arrived = figures.number(row.parts.arrived.bit_count())
        words.append(f"{arrived} of {figures.plural(row.parts.count, 'part')} arrived")
        words += _some(row.parts.retrying.bit_count(), "retrying")
        words += _some(row.parts.failed.bit_count(), "failed")
    return ", ".join(words)


def finished_of(batch: BatchSnapshot) -> str:
    """``1,388 of 3,386``."""
    finished = sum(count for state, count in batch.counts if state.is_final)
    return f"{figures.number(finished)} of {figures.number(batch.files)}"


def queue_words(
    sending: int, waiting: int, needs_you: int, bytes_left: int, done_at: float | None
) -> str:
    """The middle of the status bar; ``done_at`` None while it cannot be told."""
    words = _some(sending, "sending") + _some(waiting, "waiting")
    words += [needs_you_words(needs_you)] if needs_you else []
    if bytes_left:
        by = f", done about {figures.clock(done_at)}" if done_at is not None else ""
        words.append(f"{figures.size(bytes_left)} left{by}")
    return " · ".join(words) or "Nothing to send"


def needs_you_words(count: int) -> str:
    """``1 needs you``, ``2 need you``."""
    return f"{figures.number(count)} {'needs' if count == 1 else 'need'} you"


def limit_words(bytes_per_second: float | None) -> str:
    """The limit button of the status bar."""
    return f"Limit: {figures.rate(bytes_per_second)}" if bytes_per_second else "No limit"


def planned_words(batch: BatchSnapshot, files: int, left_out: int) -> str:
    """The command line's first line about a batch."""
    to = batch.local if batch.direction is Direction.DOWNLOAD else str(batch.place)
    if batch.direction is Direction.IMPORT:
        return f"{batch.id}  Importing {figures.plural(files, 'row')} into {to}"
    way = "Uploading" if batch.direction is Direction.UPLOAD else "Downloading"
    what = f"{figures.plural(files, 'file')}, {figures.size(batch.size)}"
    extra = f" ({figures.number(left_out)} left out)" if left_out else ""
    return f"{batch.id}  {way} {what} to {to}{extra}"


def summary_words(
    counts: Mapping[str, int], size: int, seconds: float, direction: Direction | None
) -> str:
    """The command line's last line: ``41 verified, 1 failed; 351 GB sent in 1 h 8 min.``

    Without a direction the files were only compared.
    """
    if direction is Direction.IMPORT:
        return _import_summary(counts, seconds)
    told = ", ".join(
        f"{figures.number(count)} {_COUNTED[state]}" for state, count in counts.items()
    )
    done = _MOVED[direction] if direction else "compared"
    total = f"{figures.size(size)} {done} in {figures.duration(seconds)}"
    return f"{told or 'No files'}; {total}."


def _import_summary(counts: Mapping[str, int], seconds: float) -> str:
    told = ", ".join(
        f"{figures.number(count)} {_COUNTED_IMPORTS.get(state, _COUNTED[state])}"
        for state, count in counts.items()
    )
    return f"{told or 'No rows'} in {figures.duration(seconds)}."


_MOVED: Mapping[Direction, str] = MappingProxyType(
    {Direction.UPLOAD: "sent", Direction.DOWNLOAD: "received"}
)
_COUNTED: Mapping[str, str] = MappingProxyType(
    {
        "verified": "verified",
        "size-matched": "size matched",
        "skipped": "skipped",
        "left-out": "left out",
        "failed": "failed",
        "needs-you": "waiting for you",
    }
)

_COUNTED_IMPORTS: Mapping[str, str] = MappingProxyType(
    {"size-matched": "imported", "failed": "refused"}
)
"""Rows of an import that are called otherwise: nothing was compared, the platform only refers."""

IMPORT_GOES_ON = (
    "Rows that were handed over already cannot be taken back: the platform finishes them, and their "
    "outcome is still told."
)
WAITING_FOR_OWNER = "Pipette is already at work here; it takes this over as soon as it can."


def network_words(online: bool) -> str:
    return "Online" if online else "No network"


def drop_words(items: int | None, target: str) -> str:
    """The label under the pointer; ``items`` None while they are being counted."""
    what = "items" if items is None else figures.plural(items, "item")
    return f"Upload {what} to {target}"


def cancel_question(arrived: int, place: str) -> str:
    """Asked only when something was sent already."""
    return f"Stop and delete {figures.size(arrived)} of parts at {place}, or keep them to resume later?"


def place_words(place: Location) -> str:
    """``archive › bucket › folder › inner``."""
    segments = [place.account, place.container, *place.path.split("/")]
    return " › ".join(segment for segment in segments if segment)


def _file_words(file: FileSnapshot, now: float, place_in_line: int | None) -> str:
    match file.state:
        case State.WAITING:
            return _waiting(place_in_line)
        case State.MOVING:
            return _moving(file.direction)
        case State.RETRYING:
            return _retrying(file, now)
        case State.SLOWED:
            return _slowed(file, now)
        case State.FINISHING:
            return _finishing(file.direction)
        case State.VERIFIED:
            return _verified(file.proof)
        case State.NEEDS_YOU | State.FAILED:
            return _stopped(file)
        case State.SKIPPED | State.LEFT_OUT:
            return _not_moved(file)
    return _PLAIN[file.state]


def _waiting(place_in_line: int | None) -> str:
    return f"Waiting, {figures.ordinal(place_in_line)} in line" if place_in_line else "Waiting"


def _moving(direction: Direction) -> str:
    return _MOVING[direction]


_MOVING: Mapping[Direction, str] = MappingProxyType(
    {
        Direction.UPLOAD: "Sending",
        Direction.DOWNLOAD: "Receiving",
        Direction.IMPORT: "Importing",
    }
)


def _finishing(direction: Direction) -> str:
    return "Putting parts together" if direction is Direction.UPLOAD else "Putting it in place"


def _retrying(file: FileSnapshot, now: float) -> str:
    count = file.parts.retrying.bit_count() if file.parts else 0
    words = f"{figures.plural(count, 'part')} retrying" if count else "Retrying"
    wait = (file.retry_at or 0.0) - now
    return f"{words} in {figures.countdown(wait)}" if wait > 0 else words


def _slowed(file: FileSnapshot, now: float) -> str:
    words = f"{place_of(file) or 'The platform'} asks to wait"
    wait = (file.retry_at or 0.0) - now
    return f"{words}, {figures.countdown(wait)}" if wait > 0 else words


def _verified(proof: Proof) -> str:
    if proof not in _PROVEN:
        return _PLAIN[State.SIZE_MATCHED if proof is Proof.SIZE_ONLY else State.UNPROVEN]
    return f"Verified, {PROOF_WORDS[proof].lower()}"


def _stopped(file: FileSnapshot) -> str:
    if file.problem is None:
        return "Needs you" if file.state is State.NEEDS_YOU else "Failed"
    return short_words(file.problem.kind, place_of(file))


def _not_moved(file: FileSnapshot) -> str:
    word = "Skipped" if file.state is State.SKIPPED else "Left out"
    if file.problem is None:
        return word
    reason = LEFT_OUT_WORDS.get(file.problem.kind)
    if reason is None:
        told = short_words(file.problem.kind, place_of(file))
        reason = told[:1].lower() + told[1:]
    return f"{word}, {reason}"


def _batch_words(batch: BatchSnapshot, place_in_line: int | None) -> str:
    if batch.scanning:
        return f"Counting, {figures.plural(batch.files, 'file')} so far"
    state = batch.state
    needing = batch.count(State.NEEDS_YOU, State.FAILED)
    if state.is_final:
        return _batch_end(batch)
    if state is State.WAITING:
        return _waiting(place_in_line)
    if state is State.NEEDS_YOU:
        return f"{needing} of {figures.number(batch.files)} need you"
    if batch.paused and batch.pieces:
        what = "this file" if batch.pieces == 1 else figures.plural(batch.pieces, "file")
        return f"Finishing {what}, then pausing"
    if state.is_active and state is not State.NO_NETWORK:
        return finished_of(batch) + (f", {needs_you_words(needing)}" if needing else "")
    return _PLAIN[state]


def _batch_end(batch: BatchSnapshot) -> str:
    """Which of the ends the files came to, the worst told first; one word when all are alike."""
    ends = _IMPORT_ENDS if batch.direction is Direction.IMPORT else _ENDS
    told = [(words, batch.count(state)) for state, words in ends if batch.count(state)]
    if not told:
        return "Nothing to send"
    if len(told) == 1 and batch.files == 1:
        return told[0][0].capitalize()
    return ", ".join(f"{figures.number(count)} {words}" for words, count in told)


_ENDS = (
    (State.FAILED, "failed"),
    (State.UNPROVEN, "not checked yet"),
    (State.SIZE_MATCHED, "size matched"),
    (State.VERIFIED, "verified"),
    (State.IMPORTED, "imported"),
    (State.SKIPPED, "skipped"),
    (State.LEFT_OUT, "left out"),
    (State.CANCELLED, "cancelled"),
)
_IMPORT_ENDS = ((State.FAILED, "refused"), *_ENDS[1:])


def place_of(row: FileSnapshot | BatchSnapshot) -> str:
    """The account's name, which is what people call the place."""
    if isinstance(row, BatchSnapshot):
        return row.place.account
    remote = row.source if row.direction is Direction.DOWNLOAD else row.target
    return remote.partition(":")[0]


def _some(count: int, words: str) -> list[str]:
    return [f"{figures.number(count)} {words}"] if count else []
