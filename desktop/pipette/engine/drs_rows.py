"""Rows of an import as the engine keeps them, and as they are written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from pipette.engine.records import Batch, Transfer
from pipette.model.drs_manifest import Fault, Manifest, ManifestRow
from pipette.model.files import Location
from pipette.model.transfer import BatchId
from pipette.providers.protocol_drs import DrsItem, DrsState, DrsTarget


class JobState(Enum):
    """How far a request to the service has come. Written down before and after each change."""

    NEW = "new"
    SENDING = "sending"
    """About to be handed over. Found so after a start, nobody knows whether it was."""
    SENT = "sent"
    FINISHED = "finished"


@dataclass(slots=True)
class ImportJob:
    """Up to a hundred rows handed over in one request. Times are seconds since the epoch."""

    id: int
    batch: BatchId
    account: str
    state: JobState
    planned: int
    service_id: str = ""
    stage: DrsState | None = None
    handed: int = 0
    told: int = 0
    handed_at: float | None = None
    not_before: float = 0.0
    cancelled: bool = False


@dataclass(slots=True)
class ImportRow:
    """A row with a way to go, or one that went it."""

    transfer: Transfer
    content: ManifestRow
    there: str | None = None
    """Id of what had its name when we last looked before handing it over; "" for nothing."""
    asked: bool = False
    files: int = 0


@dataclass(slots=True)
class Flight:
    """A job the service has, or may have."""

    job: ImportJob
    rows: list[ImportRow]
    next_at: float
    """When to ask about it again (monotonic)."""
    tries: int = 0
    moved_at: float = 0.0
    """Since when (monotonic) nothing new was found of a job whose answer was lost."""
    found: int = 0

    @property
    def is_lost(self) -> bool:
        return self.job.state is JobState.SENDING


@dataclass(frozen=True, slots=True)
class Asked:
    """A row as a worker takes it along."""

    key: int
    item: DrsItem
    there: str | None = None
    asked: bool = False

    @property
    def name(self) -> str:
        return self.item.name


@dataclass(frozen=True, slots=True)
class JobView:
    """One request as the window shows it: a cell of the bar."""

    id: int
    state: JobState
    planned: int
    handed: int
    told: int
    handed_at: float | None
    not_before: float


@dataclass(frozen=True, slots=True)
class RowView:
    """What the manifest says of a row, beside its snapshot."""

    transfer: int
    content: ManifestRow
    files: int = 0


def asked_of(batch: Batch, row: ImportRow) -> Asked:
    content = row.content
    item = DrsItem(
        uri=content.uri,
        into=target_of(batch.place, content),
        name=content.name,
        metadata=dict(content.metadata),
    )
    return Asked(row.transfer.id, item, row.there, row.asked)


def target_of(place: Location, row: ManifestRow) -> DrsTarget:
    if row.parent:
        return DrsTarget(Location(place.account), row.parent)
    return DrsTarget(Location(place.account, row.project) if row.project else place)


def place_of(place: Location, row: ManifestRow, name: str) -> Location:
    """Where a row goes, its project in the path: that may be another one for each row."""
    inside = "/".join(part for part in (place.container, place.path.strip("/")) if part)
    return Location(place.account, "", f"{row.parent or row.project or inside}/{name}")


# As JSON


def manifest_to_json(manifest: Manifest) -> dict[str, object]:
    return {"name": manifest.name, "rows": [row_to_json(row) for row in manifest.rows]}


def manifest_from_json(data: dict[str, Any]) -> Manifest:
    return Manifest(str(data["name"]), tuple(row_from_json(row) for row in data["rows"]))


def row_to_json(row: ManifestRow) -> list[object]:
    fault = row.fault.value if row.fault else None
    pairs = [list(pair) for pair in row.metadata]
    return [row.number, row.uri, row.name, row.project, row.parent, pairs, fault, row.detail]


def row_from_json(data: Sequence[Any]) -> ManifestRow:
    number, uri, name, project, parent, pairs, fault, detail = data
    return ManifestRow(
        number,
        uri,
        name,
        project,
        parent,
        tuple((key, value) for key, value in pairs),
        Fault(fault) if fault else None,
        detail,
    )
