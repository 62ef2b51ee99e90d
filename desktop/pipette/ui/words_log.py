"""The log of one file in plain sentences, by the kind of its lines."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pipette.model.transfer import LogLine

_SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "queued": "Put in line",
        "started": "Started",
        "opened": "Opened at the platform",
        "resumed": "Went on where it stopped",
        "parts-found": "Parts found already there",
        "parts-lost": "Parts sent before are gone and are sent again",
        "part-retried": "A part is tried again",
        "part-damaged": "A part was damaged on the way and is sent again",
        "paused": "Paused",
        "slowed": "The platform asked to wait",
        "no-network": "No network; it goes on by itself",
        "sign-in": "Held: the key is not accepted",
        "closed": "All parts are put together",
        "checked": "Compared with the copy at the platform",
        "verified": "Verified",
        "size-matched": "Arrived; only the size could be compared",
        "unproven": "Arrived; not checked yet",
        "differs": "The copy differs; not counted as delivered",
        "source-changed": "The file changed on disk",
        "renamed": "Goes under another name, because this one is taken",
        "replaced": "Replaces what was there",
        "skipped": "Skipped",
        "left-out": "Left out",
        "needs-you": "Waits for your decision",
        "failed": "Given up",
        "cancelled": "Cancelled",
        "aborted": "What was left at the platform is removed",
        "rechecked": "Asked the platform again",
    }
)


def log_sentence(line: LogLine) -> str:
    """One line of the log. A kind from a later version is shown as it is, never hidden."""
    sentence = _SENTENCES.get(line.kind) or line.kind.replace("-", " ").capitalize()
    return f"{sentence}: {line.text}" if line.text else f"{sentence}."
