"""A sample as One Codex describes it, and the file that people see in it.

One Codex has no folders: a sample has a file name and a project. The folder a file came from is kept
in the sample's own metadata, so that a folder comes back as it was, and two files of one name in
two folders stay two.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pipette.model.errors import Temporary
from pipette.model.files import Location, RemoteFile
from pipette.model.names import split_extension

FOLDER = "pipette_folder"
OPENING = "pipette_upload"
MATE = "pipette_mate"
"""Names in a sample's custom metadata: the folder it was sent from, which opening made it, and what
the second of two files was called that were sent for it."""

AVAILABLE = "available"
FAILED = "failed_validation"
DELETED = "deleted"
NOT_SENT = frozenset({"awaiting_data"})
UNDER_WAY = frozenset({"importing", "validating"})

_ID = re.compile(r"[0-9a-f]{16}")
_NAMED_BY_ID = re.compile(r"(.*)_([0-9a-f]{16})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Sample:
    id: str
    filename: str
    status: str
    size: int | None = None
    project: str | None = None
    """Its id."""
    created: float | None = None
    error: str = ""
    custom: Mapping[str, Any] | None = None
    """None when only the address of the metadata was given."""
    metadata: str = ""
    """Address of the metadata."""
    details: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_there(self) -> bool:
        """It has its data."""
        return self.status != DELETED and self.status not in NOT_SENT

    @property
    def path(self) -> str:
        folder = str((self.custom or {}).get(FOLDER) or "").strip("/")
        return f"{folder}/{self.filename}" if folder else self.filename

    @property
    def mate(self) -> str:
        return str((self.custom or {}).get(MATE) or "")

    @property
    def baseline(self) -> str:
        """What of it changes once its data was accepted."""
        return f"{self.status} {'' if self.size is None else self.size}"


def sample_of(data: Any) -> Sample:
    """Raises Temporary when this is no sample."""
    if not isinstance(data, dict) or not id_of(data):
        raise Temporary("the answer is no sample")
    metadata = data.get("metadata")
    custom = metadata.get("custom") if isinstance(metadata, dict) else None
    return Sample(
        id_of(data),
        str(data.get("filename") or ""),
        _status(data),
        data.get("size"),
        id_of(data.get("project")) or None,
        seconds(data.get("created_at")),
        str(data.get("error_msg") or ""),
        custom if isinstance(custom, dict) else None,
        _address(metadata),
    )


def _status(data: Mapping[str, Any]) -> str:
    """Older answers tell only the visibility, which says the same in other words."""
    told = data.get("status") or data.get("visibility") or ""
    known = {"awaiting data": "awaiting_data", "public": AVAILABLE, "shared": AVAILABLE}
    return known.get(str(told), AVAILABLE if told == "private" else str(told))


def _address(reference: Any) -> str:
    if not isinstance(reference, dict):
        return ""
    return str(reference.get("$uri") or reference.get("$ref") or "")


def id_of(reference: Any) -> str:
    """The id at the end of ``$uri`` or ``$ref``; "" where there is none."""
    return _address(reference).rstrip("/").rpartition("/")[2]


def is_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


def seconds(moment: Any) -> float | None:
    if not isinstance(moment, str):
        return None
    try:
        read = datetime.fromisoformat(moment)
    except ValueError:
        return None
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()


def moment_of(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


def named_by_id(path: str, sample: str) -> str:
    """The path for a sample whose own name is that of another one too."""
    folder, slash, name = path.rpartition("/")
    stem, extension = split_extension(name)
    return f"{folder}{slash}{stem}_{sample}{extension}"


def id_in_name(path: str) -> tuple[str, str] | None:
    """The plain path and the sample id, where ``named_by_id`` may have made this name."""
    folder, slash, name = path.rpartition("/")
    stem, extension = split_extension(name)
    found = _NAMED_BY_ID.fullmatch(stem)
    return (f"{folder}{slash}{found.group(1)}{extension}", found.group(2)) if found else None


def remote_of(sample: Sample, at: Location) -> RemoteFile:
    return RemoteFile(
        at,
        size=sample.size,
        id=sample.id,
        changed=sample.created,
        status=sample.status,
        joined=bool(sample.mate),
    )
