"""Why a row of a DRS import was set aside, refused, or needs somebody to look."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pipette.model.drs_manifest import (
    LONGEST_KEY_BYTES,
    LONGEST_NAME,
    LONGEST_VALUE_BYTES,
    MOST_PAIRS,
    Fault,
)
from pipette.ui.words_troubles import Remedy, Trouble

_MEND = "Mend the row and import it again."
_TITLE = "A row was set aside"
_OTHERS = "The other rows are imported."


def _fault(short: str, reason: str, advice: str = _MEND) -> Trouble:
    sentence = f"{reason[:1].upper()}{reason[1:]}."
    return Trouble(
        "E26",
        _TITLE,
        short=short,
        reason=reason,
        advice=advice,
        text=(sentence, _OTHERS),
        remedies=(Remedy.SHOW_ROWS, Remedy.MAKE_LIST),
    )


_ENTRIES: Mapping[str, Trouble] = {
    Fault.NO_ADDRESS.value: _fault("No DRS address", "the row has no DRS address"),
    Fault.ADDRESS.value: _fault(
        "Not a DRS address",
        "the address is not of the form drs://host/id or drs://prefix:id",
    ),
    Fault.TWO_TARGETS.value: _fault(
        "Project and folder given",
        "the row names both a project and a folder",
        "Keep one of them and import the row again.",
    ),
    Fault.PROJECT.value: _fault(
        "Not a project", "the project is not written as owner/project-name"
    ),
    Fault.FOLDER.value: _fault("Not a folder ID", "the parent is not the ID of a folder"),
    Fault.NAME.value: _fault(
        "Name not allowed", "the name holds a slash or a sign that cannot be seen"
    ),
    Fault.NAME_LENGTH.value: _fault(
        "Name too long", f"the name is longer than {LONGEST_NAME} letters"
    ),
    Fault.KEY_LENGTH.value: _fault(
        "Field name too long",
        f"the name of an extra field is longer than {LONGEST_KEY_BYTES} bytes",
    ),
    Fault.VALUE_LENGTH.value: _fault(
        "Field too long", f"an extra field is longer than {LONGEST_VALUE_BYTES} bytes"
    ),
    Fault.PAIRS.value: _fault(
        "Too many fields", f"the row has more than {MOST_PAIRS:,} extra fields"
    ),
    Fault.CELLS.value: _fault("More cells than columns", "the row has more cells than columns"),
    Fault.DOUBLE.value: _fault(
        "Double of another row",
        "another row imports the same address to the same place",
        "Nothing needs to be done.",
    ),
    Fault.SAME_NAME.value: _fault(
        "Name used twice",
        "another row brings a file of the same name to the same place",
        "Give one of them another name, or choose to keep both.",
    ),
    "drs-unclear": Trouble(
        "E26",
        "An import could not be confirmed",
        short="Not confirmed",
        reason="{place} did not tell what became of it, and no file shows it",
        advice="Look for it in the project, then try again or cancel.",
        text=(
            "The answer was lost, or did not say which row it meant.",
            "It was not handed over again, so that nothing is imported twice.",
            "Look for it in the project, then try again or cancel.",
        ),
        remedies=(Remedy.TRY_AGAIN, Remedy.CANCEL),
    ),
    "drs-stalled": Trouble(
        "E26",
        "{Place} has not finished this import",
        short="Not finished at {place}",
        reason="{place} has not finished it for hours",
        advice="It is asked about every hour; nothing is lost.",
        text=(
            "The platform has worked on it for more than six hours.",
            "It is asked about every hour.",
        ),
    ),
}

TROUBLES_DRS: Mapping[str, Trouble] = MappingProxyType(dict(_ENTRIES))
