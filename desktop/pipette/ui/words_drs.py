"""What people read about importing lists of DRS addresses. No Qt."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pipette.model.drs_manifest import Fault, Manifest, ManifestRow
from pipette.model.drs_table import Role
from pipette.model.transfer import Direction, IfExists
from pipette.providers.protocol_drs import DrsLimits
from pipette.ui import figures
from pipette.ui.words_problems import failure_line, short_words

UNREADABLE: Mapping[str, str] = MappingProxyType(
    {
        "empty": "The list is empty.",
        "spreadsheet": "This is a spreadsheet. Save it as CSV and choose that file.",
        "no-text": "This is no text file.",
    }
)
"""By the reason of ``ManifestUnreadable``."""

NO_ADDRESSES = "No column of it holds DRS addresses (drs://…)."

TITLE = "Bulk import (DRS)"
LEAD = (
    "A platform fetches files by their DRS addresses and refers to them in your project. Nothing "
    "passes through this computer, and nothing is copied."
)
DROP = "Drop a CSV, TSV or plain list of DRS addresses here"
PASTE_HINT = "Or paste addresses or rows here, one a line"
NO_PLACE = "None of your locations takes a bulk import. Add a Seven Bridges or CGC location first."

NO_PLACE_SHORT = "none of your locations takes a bulk import"
DROPPED_HEAD = "{name} lists DRS addresses"
DROPPED_TEXT = "The files it names can be imported into {place}, or the list itself uploaded there."
DROPPED_IMPORT = "Import what it lists"
DROPPED_UPLOAD = "Upload the list itself"

ROLE_WORDS: Mapping[Role, str] = MappingProxyType(
    {
        Role.ADDRESS: "DRS address",
        Role.NAME: "Name in the project",
        Role.PROJECT: "Project",
        Role.PARENT: "Folder ID",
        Role.METADATA: "Extra field",
        Role.IGNORED: "Leave out",
    }
)

RULE_WORDS: Mapping[IfExists, str] = MappingProxyType(
    {
        IfExists.SKIP: "Skip",
        IfExists.KEEP_BOTH: "Keep both (adds a number)",
        IfExists.REPLACE: "Replace",
    }
)

WHERE = "Say where the files shall go: owner/project, or a folder in it."
MAY_CLOSE = "You may close this window. The import goes on at {place} and in Transfers."
FINISHED = "All rows have their outcome. The receipt is in Receipts."
FOREVER = "What was handed over goes on at {place}; pausing holds back the rest."


def read_words(manifest: Manifest) -> str:
    """``1,163 rows read, 1,160 fine, 3 set aside``."""
    fine, aside = len(manifest.fine), len(manifest.set_aside)
    told = f"{figures.plural(len(manifest.rows), 'row')} read, {figures.number(fine)} fine"
    return f"{told}, {figures.number(aside)} set aside" if aside else told


def fault_words(row: ManifestRow) -> str:
    """A few words for the list; of two that are alike, which one the other is."""
    if row.fault is None:
        return "Fine"
    if row.fault in _OF_ANOTHER:
        return f"{_OF_ANOTHER[row.fault]} row {row.detail}"
    return short_words(row.fault.value)


_OF_ANOTHER = {Fault.DOUBLE: "Double of", Fault.SAME_NAME: "Same name as"}


def fault_sentence(row: ManifestRow) -> str:
    return failure_line(row.fault.value, row.label, direction=Direction.IMPORT) if row.fault else ""


def fields_words(row: ManifestRow) -> str:
    """``study_id=1, cohort=4``."""
    return ", ".join(f"{key}={value}" for key, value in row.metadata)


def start_words(rows: int) -> str:
    return f"Import {figures.plural(rows, 'row')}" if rows else "Import"


def plan_words(rows: int, requests: int, seconds: float, limits: DrsLimits) -> str:
    """``12 requests of up to 100 rows, about 15 min: it takes 500 files every 5 minutes.``"""
    if not rows:
        return ""
    about = figures.about_time_left(seconds)
    of = f"{figures.plural(requests, 'request')} of up to {limits.items} rows, {about}"
    return f"{of}: {limit_words(limits)}."


def limit_words(limits: DrsLimits) -> str:
    minutes = round(limits.window_seconds / 60)
    every = "minute" if minutes == 1 else f"{minutes} minutes"
    return f"it takes {limits.files} files every {every}"


def taken_words(count: int | None, rule: IfExists) -> str:
    """About names that are in the target already; None when they were too many to ask."""
    if count is None:
        return "Which names are taken there shows while importing."
    if not count:
        return "None of the names is taken there."
    names = f"{figures.plural(count, 'name')} {'is' if count == 1 else 'are'} taken there already"
    then = {
        IfExists.SKIP: "such rows are skipped",
        IfExists.KEEP_BOTH: "such files get a number",
        IfExists.REPLACE: "such files are replaced",
    }
    return f"{names}; {then[rule]}."


def handed_words(requests_done: int, requests: int, limits: DrsLimits) -> str:
    """``5 of 12 requests, up to 100 files each``."""
    of = f"{figures.number(requests_done)} of {figures.plural(requests, 'request')}"
    return f"{of}, up to {limits.items} files each"


def imported_words(files: int) -> str:
    return "Imported" if files < 2 else f"Imported, {figures.plural(files, 'file')}"


def rule_words(rule: IfExists) -> str:
    """``If the name exists: skip``."""
    words = {IfExists.SKIP: "skip", IfExists.KEEP_BOTH: "keep both", IfExists.REPLACE: "replace"}
    return f"If the name exists: {words[rule]}"
