"""What the engine asks of a service that imports files by their DRS address; see ``protocol``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol, runtime_checkable

from pipette.model.files import Location
from pipette.model.transfer import IfExists


class DrsState(Enum):
    """Where an import job stands. A state that is not known counts as RUNNING."""

    SUBMITTED = "submitted"
    RESOLVING = "resolving"
    RUNNING = "running"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class DrsTarget:
    """The project or folder that imported files go to.

    With ``folder_id`` it is that folder, as the service calls it, and ``place`` names its project
    only (or nothing, when it is not known).
    """

    place: Location
    folder_id: str = ""


@dataclass(frozen=True, slots=True)
class DrsItem:
    """One row to import. Without ``name`` the source's own is used."""

    uri: str
    into: DrsTarget
    name: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DrsResult:
    """What became of one row: a file (``file_id``) or a refusal (``kind``).

    ``kind`` names a class of ``model.errors``: NameTaken where the rule left an existing file
    alone, Temporary and SlowDown where trying again later may help. The order of results says
    nothing certain about the rows they belong to.
    """

    file_id: str = ""
    kind: str = ""
    code: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class DrsJob:
    """A job as the service tells it; while it runs ``results`` may be partial or empty."""

    state: DrsState
    results: Sequence[DrsResult] = ()


@dataclass(frozen=True, slots=True)
class DrsFile:
    """A file as the service holds it: to find out which row a result belongs to."""

    id: str
    name: str
    size: int | None = None
    folder_id: str = ""
    project: str = ""


@dataclass(frozen=True, slots=True)
class DrsLimits:
    items: int
    """At most so many rows in one job, and ids in one ``drs_files``."""
    files: int
    """At most so many files in any span of ``window_seconds``."""
    window_seconds: float


@runtime_checkable
class ImportsDrs(Protocol):
    """The service fetches files by their DRS address, in jobs of many. It refers, it copies not."""

    @property
    def drs_limits(self) -> DrsLimits: ...

    def submit_drs(self, items: Sequence[DrsItem], rule: IfExists, tags: Sequence[str]) -> str:
        """Begin one job and return its id, to be kept as text.

        Nothing was begun when this raises SlowDown (with the wait), SignInNeeded, Refused or
        Unavailable (no such import here). After any other error, Temporary ones included, the job
        may exist, and nothing tells its id: it is safe to submit again only with the rule SKIP.
        """
        ...

    def poll_drs(self, job: str) -> DrsJob:
        """Raises RemoteMissing when the service does not know this job (any more)."""
        ...

    def drs_files(self, ids: Sequence[str]) -> Sequence[DrsFile]:
        """What these results are called; those that are gone or hidden are left out."""
        ...

    def drs_named(self, into: DrsTarget, names: Sequence[str]) -> Sequence[DrsFile]:
        """Which of these names are taken directly in this place, and by what. Any number of names."""
        ...
