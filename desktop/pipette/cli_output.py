"""What the command line says: events as JSON lines, plain lines for a pipe, a bar for a terminal."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Protocol, TextIO

from pipette.cli_follow import Planned, Progress, Summary
from pipette.model.transfer import BatchId, BatchSnapshot, Direction, FileSnapshot, State
from pipette.ui import figures, words

Value = str | int | float | bool | None | list[str]

_ARRIVED = frozenset({"verified", "size-matched"})


class Streams:
    """Standard output and error. Either may be missing, or be closed by whoever read it."""

    def __init__(self, out: TextIO | None, err: TextIO | None) -> None:
        self._out = out
        self._err = err

    @property
    def has_output(self) -> bool:
        return self._out is not None

    @property
    def is_terminal(self) -> bool:
        return self._err is not None and self._err.isatty()

    def out(self, text: str) -> None:
        """A line of results."""
        self._out = _written(self._out, f"{text}\n")

    def out_text(self, text: str) -> None:
        """Results as they are."""
        self._out = _written(self._out, text)

    def err(self, text: str, end: str = "\n") -> None:
        """A line for people."""
        self._err = _written(self._err, f"{text}{end}")


def standard_streams() -> Streams:
    """UTF-8 whatever the system's code page; names that are no proper text are shown escaped."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")
    return Streams(sys.stdout, sys.stderr)


def _written(stream: TextIO | None, text: str) -> TextIO | None:
    """The stream, or None when nobody reads it any more: transfers go on all the same."""
    if stream is None:
        return None
    try:
        stream.write(text)
        stream.flush()
    except (OSError, ValueError):
        _silence(stream)
        return None
    return stream


def _silence(stream: TextIO) -> None:
    # Python flushes standard output once more at its end and would fail on the broken pipe.
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


class Speaker(Protocol):
    """How a command tells what happens: a listener to a follower, and words for people."""

    def planned(self, planned: Planned) -> None: ...

    def progress(self, progress: Progress) -> None: ...

    def file(self, file: FileSnapshot, state: str, problem: str) -> None: ...

    def summary(self, summary: Summary) -> None: ...

    def waiting(self, batch: BatchId) -> None: ...

    def event(self, kind: str, fields: Mapping[str, Value], line: str) -> None:
        """Something other than a transfer: ``fields`` for programs, ``line`` for people."""
        ...

    def say(self, text: str) -> None:
        """For people only."""
        ...


class JsonSpeaker:
    """One JSON object a line on standard output, words for people on standard error."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._people = _People(streams)

    def planned(self, planned: Planned) -> None:
        fields: dict[str, Value] = {
            "batch": planned.batch.id,
            "files": planned.files,
            "bytes": planned.batch.size,
            "left_out": planned.left_out,
        }
        self._emit("planned", fields)

    def progress(self, progress: Progress) -> None:
        batch = progress.batch
        fields: dict[str, Value] = {
            "batch": batch.id,
            "bytes": batch.arrived,
            "total": batch.size,
            "rate_bytes": round(progress.rate_bytes),
        }
        self._emit("progress", fields)

    def file(self, file: FileSnapshot, state: str, problem: str) -> None:
        self._emit("file", file_fields(file, state, problem))

    def summary(self, summary: Summary) -> None:
        self._emit("summary", summary_fields(summary))
        self._people.summary(summary)

    def waiting(self, batch: BatchId) -> None:
        self._people.waiting(batch)

    def event(self, kind: str, fields: Mapping[str, Value], line: str) -> None:
        self._emit(kind, fields)

    def say(self, text: str) -> None:
        self._streams.err(text)

    def _emit(self, event: str, fields: Mapping[str, Value]) -> None:
        # ASCII with escapes keeps file names that are no proper text, on every system.
        self._streams.out(json.dumps({"event": event, **fields}, ensure_ascii=True))


class PlainSpeaker:
    """Plain lines, one for each file, for a pipe or a log."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._people = _People(streams)

    def planned(self, planned: Planned) -> None:
        self._streams.out(planned_line(planned))

    def progress(self, progress: Progress) -> None:
        """A pipe gets no running figures."""

    def file(self, file: FileSnapshot, state: str, problem: str) -> None:
        self._streams.out(file_line(file, state, problem))

    def summary(self, summary: Summary) -> None:
        self._streams.out(summary_line(summary))

    def waiting(self, batch: BatchId) -> None:
        self._people.waiting(batch)

    def event(self, kind: str, fields: Mapping[str, Value], line: str) -> None:
        self._streams.out(line)

    def say(self, text: str) -> None:
        self._streams.err(text)


class BarSpeaker:
    """A bar that stays in its line, and lines only for what did not arrive."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._people = _People(streams)
        self._shown: dict[BatchId, Progress] = {}
        self._has_bar = False

    def planned(self, planned: Planned) -> None:
        self._line(planned_line(planned))

    def progress(self, progress: Progress) -> None:
        self._shown[progress.batch.id] = progress
        width = shutil.get_terminal_size().columns
        self._streams.err("\r" + bar_line(list(self._shown.values()), width - 1), end="")
        self._has_bar = True

    def file(self, file: FileSnapshot, state: str, problem: str) -> None:
        if state not in _ARRIVED:
            self._line(file_line(file, state, problem))

    def summary(self, summary: Summary) -> None:
        self._shown.pop(summary.batch.id, None)
        self._line(summary_line(summary))

    def waiting(self, batch: BatchId) -> None:
        self._people.waiting(batch)

    def event(self, kind: str, fields: Mapping[str, Value], line: str) -> None:
        self._streams.out(line)

    def say(self, text: str) -> None:
        self._clear()
        self._streams.err(text)

    def _line(self, text: str) -> None:
        self._clear()
        self._streams.out(text)

    def _clear(self) -> None:
        if self._has_bar:
            self._streams.err("\r" + " " * (shutil.get_terminal_size().columns - 1) + "\r", end="")
            self._has_bar = False


class _People:
    """What is said to people beside the events, once."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._told_to_wait: set[BatchId] = set()

    def waiting(self, batch: BatchId) -> None:
        if batch not in self._told_to_wait:
            self._told_to_wait.add(batch)
            self._streams.err(words.WAITING_FOR_OWNER)

    def summary(self, summary: Summary) -> None:
        self._streams.err(summary_line(summary))


def speaker_for(streams: Streams, *, as_json: bool) -> Speaker:
    if as_json:
        return JsonSpeaker(streams)
    return BarSpeaker(streams) if streams.is_terminal else PlainSpeaker(streams)


def file_fields(file: FileSnapshot, state: str, problem: str) -> dict[str, Value]:
    arrived = state in _ARRIVED or file.state is State.UNPROVEN
    row: dict[str, Value] = {}
    if file.direction is Direction.IMPORT:
        row = {"row": file.position + 1, "imported": file.state is State.IMPORTED}
    return {
        "batch": file.batch,
        "source": file.source,
        "place": file.target,
        "state": state,
        "size": file.size,
        "md5": file.md5,
        "proof": file.proof.value if arrived else "none",
        "remote_id": file.remote_id,
        "etag": file.etag,
        "attempts": file.attempts + 1 if arrived else file.attempts,
        "reused_parts": file.reused_parts,
        "error": problem or None,
        "message": file_words(file, state, problem) if problem else None,
        **row,
    }


def summary_fields(summary: Summary) -> dict[str, Value]:
    counts = summary.counts
    return {
        "batch": summary.batch.id,
        "verified": counts["verified"],
        "size_matched": counts["size-matched"],
        "skipped": counts["skipped"],
        "left_out": counts["left-out"],
        "failed": counts["failed"],
        "needs_you": counts["needs-you"],
        "bytes": summary.bytes,
        "sent_bytes": summary.batch.sent_bytes,
        "seconds": round(summary.seconds, 3),
        "error": summary.problem or None,
    }


def planned_line(planned: Planned) -> str:
    batch = planned.batch
    return words.planned_words(batch, planned.files, planned.left_out)


def file_line(file: FileSnapshot, state: str, problem: str) -> str:
    word = "imported" if file.state is State.IMPORTED else state
    return f"{word:<12}  {file_words(file, state, problem)}"


def file_words(file: FileSnapshot, state: str, problem: str) -> str:
    """The way of a file that arrived, the reason for one that did not."""
    if state in {"failed", "needs-you"} and problem:
        return words.failure_line(problem, file.name, words.place_of(file), file.direction)
    if state in {"skipped", "left-out"}:
        return f"{file.source} ({words.state_words(file, 0.0)})"
    return f"{file.source} → {file.target}"


def summary_line(summary: Summary) -> str:
    batch = summary.batch
    counts = {state: count for state, count in summary.counts.items() if count}
    direction = None if summary.only_compared else batch.direction
    told = words.summary_words(counts, summary.bytes, summary.seconds, direction)
    if summary.problem:
        told += f" {words.refusal_line(summary.problem, batch.place.account)}"
    return f"{batch.id}  {told}"


def bar_line(shown: list[Progress], width: int) -> str:
    """``[#####.....]  41%  1,388 of 3,386 files  401 of 978 GB  84.2 MB/s  1 h 54 min left``."""
    batches = [progress.batch for progress in shown]
    arrived = sum(batch.arrived for batch in batches)
    total = sum(batch.size for batch in batches)
    rate = sum(progress.rate_bytes for progress in shown)
    only_imports = all(batch.direction is Direction.IMPORT for batch in batches)
    percent = _finished_percent(batches) if only_imports else figures.percent(arrived, total)
    parts = [f"[{'#' * (percent // 5):.<20}]", f"{percent:3d}%", _files_words(batches)]
    if only_imports:
        return "  ".join(parts)[:width].ljust(width)
    parts += [figures.size_of(arrived, total), figures.rate(rate)]
    left = figures.time_left((total - arrived) / rate) if rate else ""
    parts += [f"{left} left"] if left else []
    return "  ".join(parts)[:width].ljust(width)


def _files_words(batches: list[BatchSnapshot]) -> str:
    files = figures.plural(sum(batch.files for batch in batches), "file")
    return f"{figures.number(_finished(batches))} of {files}"


def _finished_percent(batches: list[BatchSnapshot]) -> int:
    """Imports move no bytes here: their rows are counted."""
    return figures.percent(_finished(batches), sum(batch.files for batch in batches))


def _finished(batches: list[BatchSnapshot]) -> int:
    return sum(n for batch in batches for state, n in batch.counts if state.is_final)
