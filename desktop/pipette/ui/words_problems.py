"""What went wrong, in words: messages, the State column's few words, one-line failures.

A sentence names the facts it needs in braces; where one is not known, the next form of the sentence
is taken, and a sentence without a fitting form is left out.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pipette.model.transfer import Direction
from pipette.ui.words_troubles import Remedy, Sentence, Trouble
from pipette.ui.words_troubles_drs import TROUBLES_DRS
from pipette.ui.words_troubles_here import TROUBLES_HERE
from pipette.ui.words_troubles_there import TROUBLES_THERE

_OUT_OF_REACH = frozenset({"E01", "E02"})

TROUBLES: Mapping[str, Trouble] = MappingProxyType(
    {**TROUBLES_HERE, **TROUBLES_THERE, **TROUBLES_DRS}
)


@dataclass(frozen=True, slots=True)
class Button:
    remedy: Remedy
    text: str


@dataclass(frozen=True, slots=True)
class Message:
    """What a banner, a dialog or the details panel shows about one problem."""

    id: str
    title: str
    text: str
    buttons: tuple[Button, ...] = ()


def message(kind: str, **facts: str) -> Message:
    """The message for an error kind (the name of a class in ``model.errors``) or an occasion.

    Facts used, all optional: place, file, project, time, waiting ("3 files"), kept ("116.6 GB"),
    sizes, dates, size, limit, name, proposed, days, free, needed, proxy, host, minutes, count,
    other, part, drive, position. An unknown kind is told in general words.
    """
    trouble = _trouble(kind)
    known = _with_defaults(facts)
    told = (_told(sentence, known) for sentence in trouble.text)
    text = " ".join(sentence for sentence in told if sentence)
    buttons = tuple(_button(remedy, known) for remedy in trouble.remedies)
    return Message(trouble.id, _told(trouble.title, known), text, buttons)


def short_words(kind: str, place: str = "") -> str:
    """A few words for the State column: ``Changed on disk``, ``Refused by archive``."""
    return _told(_trouble(kind).short, _with_defaults({"place": place}))


def failure_line(
    kind: str, file: str, place: str = "", direction: Direction = Direction.UPLOAD
) -> str:
    """What happened · to which file · what you can do, in one line for terminal and tooltip."""
    trouble = _trouble(kind)
    known = _with_defaults({"place": place})
    reason = _told(trouble.reason, known)
    return f"Could not {direction.value} {file}: {reason}. {_told(trouble.advice, known)}".rstrip()


def refusal_line(kind: str, place: str) -> str:
    """Why a question to a place was not answered, and what one can do."""
    trouble = _trouble(kind)
    known = _with_defaults({"place": place})
    if trouble.id in _OUT_OF_REACH:
        return f"{place} could not be reached. Try again when the network is back."
    reason = _told(trouble.reason, known)
    start = "" if reason.startswith(place) else f"{place}: "
    return f"{start}{reason}. {_told(trouble.advice, known)}"


def advice(kind: str, place: str = "") -> str:
    """Only what the person can do."""
    return _told(_trouble(kind).advice, _with_defaults({"place": place}))


def _trouble(kind: str) -> Trouble:
    return TROUBLES.get(kind, TROUBLES["TransferError"])


def _with_defaults(facts: Mapping[str, str]) -> dict[str, str]:
    """``{Place}`` and ``{File}`` open a sentence; a real name is written as it is in both."""
    known = {name: text for name, text in facts.items() if text}
    place, file = known.get("place"), known.get("file")
    return known | {
        "place": place or "the platform",
        "Place": place or "The platform",
        "file": file or "this file",
        "File": file or "A file",
        "project": known.get("project", "this project"),
        "Project": known.get("project", "The project"),
    }


def _told(sentence: Sentence, known: Mapping[str, str]) -> str:
    forms = (sentence,) if isinstance(sentence, str) else sentence
    return next((form.format_map(known) for form in forms if _is_fillable(form, known)), "")


def _is_fillable(form: str, known: Mapping[str, str]) -> bool:
    return all(name is None or name in known for _, name, _, _ in string.Formatter().parse(form))


def _button(remedy: Remedy, known: Mapping[str, str]) -> Button:
    if remedy is Remedy.GO_ON_AS:
        return Button(remedy, _told(("Go on as {name}", "Go on"), known))
    return Button(remedy, remedy.value)
