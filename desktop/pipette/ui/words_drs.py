"""What people read about importing lists of DRS addresses. No Qt."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

UNREADABLE: Mapping[str, str] = MappingProxyType(
    {
        "empty": "The list is empty.",
        "spreadsheet": "This is a spreadsheet. Save it as CSV and choose that file.",
        "no-text": "This is no text file.",
    }
)
"""By the reason of ``ManifestUnreadable``."""

NO_ADDRESSES = "No column of it holds DRS addresses (drs://…)."
