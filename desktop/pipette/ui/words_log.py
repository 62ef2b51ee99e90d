"""The log of one file in plain sentences, by the kind of its lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from pipette.model.transfer import LogLine
from pipette.ui import figures
from pipette.ui.words_problems import short_words

_SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "opened": "Begun at the platform",
        "failed": "Stopped",
        "retried": "Tried again",
        "part-retried": "A part is tried again",
        "started-over": "What was sent before is gone; it begins anew",
        "paused": "Paused",
        "resumed": "Went on where it stopped",
        "parts-found": "Parts found already there",
        "closed": "All parts are put together",
        "verified": "Verified",
        "size-matched": "Arrived; only the size could be compared",
        "unproven": "Arrived; not checked yet",
        "skipped": "Skipped",
        "cancelled": "Cancelled",
        "imported": "Imported",
        "rechecked": "The platform was asked again",
    }
)


def log_sentence(line: LogLine) -> str:
    """One line of the log. A kind from a later version is shown as it is, never hidden."""
    say = _DETAILED.get(line.kind)
    if say is not None and line.text:
        return say(line.text)
    sentence = _SENTENCES.get(line.kind) or line.kind.replace("-", " ").capitalize()
    return f"{sentence}: {line.text}" if line.text else f"{sentence}."


def _opened(text: str) -> str:
    """``text`` is "count part_size"."""
    count, _, part_size = text.partition(" ")
    if not (count.isdigit() and part_size.isdigit()):
        return f"{_SENTENCES['opened']}: {text}"
    parts = figures.plural(int(count), "part")
    of = f" of {figures.size(int(part_size))}" if int(count) > 1 else ""
    return f"{_SENTENCES['opened']}, in {parts}{of}."


def _part_retried(text: str) -> str:
    """``text`` is "number kind"."""
    number, _, kind = text.partition(" ")
    return f"Part {number} is tried again. {_why(kind)}".rstrip()


def _retried(text: str) -> str:
    return f"Tried again. {_why(text)}"


def _failed(text: str) -> str:
    return f"Stopped. {_why(text)}"


def _imported(text: str) -> str:
    """``text`` is a number of files, given where it is not one."""
    return (
        f"Imported, {figures.plural(int(text), 'file')}." if text.isdigit() else f"Imported: {text}"
    )


def _why(kind: str) -> str:
    return f"{short_words(kind)}." if kind else ""


_DETAILED: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {
        "opened": _opened,
        "part-retried": _part_retried,
        "retried": _retried,
        "failed": _failed,
        "imported": _imported,
    }
)
