"""How a file travels to ICA, as its handle remembers it: nothing of it is a secret.

*By address*: ICA makes the record first and signs an address for one PUT. *By keys*: temporary keys
of a folder, or of one file, open the storage itself; a small object is one PUT, a large one is sent
in parts, and ICA finds it there by itself.
"""

from __future__ import annotations

from pipette.model.parts import Handle, PartCheck
from pipette.providers.ica_records import Project, Record, part_size_of
from pipette.providers.ica_storage import BUCKET, GRANT, KEY, PROJECT
from pipette.providers.s3_parts import MD5_REFUSED, NEW_ONLY

MADE = "made"
"""Name in ``Handle.details``: present when the record was made for this upload."""
RECORD = "record"
"""The record's id, where it was known before the bytes were sent."""
SINGLE = "single"
"""Present when the object is one PUT."""


def by_address(project: Project, record: Record, size: int, *, made: bool) -> Handle:
    details = {PROJECT: project.id, RECORD: record.id, MD5_REFUSED: "yes"}
    if made:
        details[MADE] = "yes"
    return Handle(max(size, 1), record.id, check=PartCheck.MD5_HEADER, details=details)


def by_keys(
    project: Project,
    grant_id: str,
    bucket: str,
    key: str,
    size: int,
    *,
    may_replace: bool,
    record: Record | None = None,
    made: bool = False,
) -> Handle:
    """Without the id of the upload yet, where parts are sent."""
    part_size = part_size_of(size)
    told = {
        PROJECT: project.id,
        GRANT: grant_id,
        BUCKET: bucket,
        KEY: key,
        MD5_REFUSED: "yes",
        SINGLE: "yes" if size <= part_size else "",
        NEW_ONLY: "" if may_replace else "yes",
        RECORD: record.id if record else "",
        MADE: "yes" if made else "",
    }
    details = {name: text for name, text in told.items() if text}
    return Handle(min(part_size, max(size, 1)), check=PartCheck.MD5_HEADER, details=details)


def goes_by_address(handle: Handle) -> bool:
    return GRANT not in handle.details


def is_single(handle: Handle) -> bool:
    return goes_by_address(handle) or SINGLE in handle.details
