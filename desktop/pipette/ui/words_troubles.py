"""How one kind of trouble is told: the form of an entry, and what its buttons do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

Sentence = str | tuple[str, ...]
"""A sentence, or its forms: the first whose facts are all known is said."""


class Remedy(Enum):
    """What a button under a message does; the value is what stands on it."""

    TRY_NOW = "Try now"
    TRY_AGAIN = "Try again"
    PASTE_KEY = "Paste new key…"
    CHOOSE_PROJECT = "Choose another project"
    CHOOSE_LOCATION = "Choose another location"
    CANCEL_THEM = "Cancel them"
    SEND_NEW_VERSION = "Send new version"
    KEEP_OLD = "Keep old"
    KEEP_BOTH = "Keep both"
    REPLACE = "Replace"
    FIND = "Find it…"
    SKIP = "Skip"
    SHOW = "Show"
    SEND_ANYWAY = "Send anyway"
    USE_PROPOSAL = "Use proposal"
    RENAME = "Rename…"
    SEND_AGAIN = "Send again"
    LEAVE = "Leave"
    COPY_DETAILS = "Copy details"
    CHECK_NOW = "Check now"
    GO_ON = "Go on"
    GO_ON_AS = "Go on as {name}"
    CHOOSE_FOLDER = "Choose folder…"
    RESUME = "Resume"
    ENTER_PASSWORD = "Enter password…"  # noqa: S105 (words on a button)
    ADD_CERTIFICATE = "Add lab certificate…"
    DATE_SETTINGS = "Open date settings"
    RESTORE = "Restore and download later"
    SHOW_ROWS = "Show rows"
    MAKE_LIST = "Make new list"
    UNLOCK = "Unlock"
    USE_FOR_SESSION = "Use for this session"
    CANCEL = "Cancel"


@dataclass(frozen=True, slots=True)
class Trouble:
    """``short`` is for the State column; ``reason`` and ``advice`` make the one-line failure."""

    id: str
    title: Sentence
    short: str
    reason: str
    advice: str
    text: tuple[Sentence, ...]
    remedies: tuple[Remedy, ...] = ()
