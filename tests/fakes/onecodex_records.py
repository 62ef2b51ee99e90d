"""What the pretend One Codex holds: users, projects, samples and what becomes of them with time."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

ROOT = "/api/v1"
AWAITING, IMPORTING, VALIDATING = "awaiting_data", "importing", "validating"
AVAILABLE, FAILED = "available", "failed_validation"


@dataclass(frozen=True, slots=True)
class Manners:
    """Switches where the service's book is silent, and how long it takes over samples."""

    importing_seconds: float = 0.0
    validating_seconds: float = 0.0
    hides_before_data: bool = False
    """A sample without data is answered 404."""
    second_confirm: int = 200
    takes_project_reference: bool = True
    """False: only the bare id, as the official client sends it."""
    offers_form: bool = True
    offers_parts: bool = True
    proxy_form: str = ""
    """``callback`` or ``status``: the form goes to a proxy as in 2019."""
    policy_seconds: float = 3600.0
    link_seconds: float = 3600.0
    calls_per_second: int | None = None
    expands: bool = True
    """False: ``expand=all`` is ignored."""
    link_hours: int = 1


@dataclass(slots=True)
class User:
    id: str
    email: str
    key: str
    token: str = ""


@dataclass(slots=True)
class Project:
    id: str
    owner: str
    name: str | None
    project_name: str | None
    permissions: list[str]
    description: str = ""


@dataclass(slots=True)
class Stored:
    """Bytes and where they are kept."""

    bucket: str
    key: str


@dataclass(slots=True)
class Expected:
    """One file of a sample, as it was promised when the upload was opened."""

    filename: str
    key: str
    size: int | None = None
    handed_on: bool = True


@dataclass(slots=True)
class Sample:
    id: str
    owner: str
    created: float
    files: list[Expected]
    bucket: str
    route: str
    project: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    accepted_at: float | None = None
    size: int | None = None
    error: str = ""
    removed: bool = False
    confirmations: int = 0

    def status(self, now: float, manners: Manners) -> str:
        if self.accepted_at is None:
            return AWAITING
        waited = now - self.accepted_at
        if waited < manners.importing_seconds:
            return IMPORTING
        if waited < manners.importing_seconds + manners.validating_seconds:
            return VALIDATING
        return FAILED if self.error else AVAILABLE

    @property
    def filename(self) -> str:
        return self.files[0].filename


class Records:
    """Everything behind one lock; ids are sixteen hex digits."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.manners = Manners()
        self.lock = threading.RLock()
        self.users: dict[str, User] = {}
        self.projects: dict[str, Project] = {}
        self.samples: dict[str, Sample] = {}

    def add_user(self, email: str, key: str, token: str = "") -> User:
        user = User(new_id(), email, key, token)
        self.users[user.id] = user
        return user

    def add_project(
        self,
        owner: User,
        name: str | None,
        project_name: str | None = None,
        *,
        read_only: bool = False,
    ) -> Project:
        permissions = ["can_see_files", "can_download_files"]
        if not read_only:
            permissions.append("can_add_files")
        project = Project(new_id(), owner.id, name, project_name, permissions)
        self.projects[project.id] = project
        return project

    def of_owner(self, user: User | None) -> Iterator[Sample]:
        """Those that a list shows, in the order they were made."""
        if user is None:
            return
        hides = self.manners.hides_before_data
        for sample in self.samples.values():
            waits = sample.accepted_at is None
            if sample.owner == user.id and not sample.removed and not (waits and hides):
                yield sample

    def sample(self, sample_id: str, user: User | None) -> Sample | None:
        """None also for what belongs to somebody else."""
        sample = self.samples.get(sample_id)
        if sample is None or user is None or sample.owner != user.id or sample.removed:
            return None
        return sample

    def shown(self, sample: Sample, *, expand: bool) -> dict[str, Any]:
        status = sample.status(self.clock(), self.manners)
        visible = {AWAITING: "awaiting data", IMPORTING: "importing"}.get(status, "private")
        metadata = {"$ref": f"{ROOT}/metadata/{sample.id}"}
        whole = self.shown_metadata(sample)
        classified = f"{ROOT}/classifications/{sample.id}"
        return {
            "$uri": f"{ROOT}/samples/{sample.id}",
            "created_at": moment(sample.created),
            "updated_at": moment(sample.created),
            "filename": sample.filename,
            "size": sample.size,
            "status": status,
            "visibility": visible,
            "error_msg": sample.error if status == FAILED else None,
            "owner": self._owner(sample, expand=expand),
            "metadata": whole if expand else metadata,
            "project": self._project(sample, expand=expand),
            "primary_classification": None if expand else {"$ref": classified},
            "tags": [{"$uri": f"{ROOT}/tags/{new_id()}", "name": tag} for tag in sample.tags]
            if expand
            else [],
        }

    def shown_metadata(self, sample: Sample) -> dict[str, Any]:
        return {
            "$uri": f"{ROOT}/metadata/{sample.id}",
            "sample": {"$ref": f"{ROOT}/samples/{sample.id}"},
            "starred": False,
            "custom": {},
            **sample.metadata,
        }

    def _owner(self, sample: Sample, *, expand: bool) -> dict[str, Any]:
        if not expand:
            return {"$ref": f"{ROOT}/users/{sample.owner}"}
        return {"$uri": f"{ROOT}/users/{sample.owner}", "email": self.users[sample.owner].email}

    def _project(self, sample: Sample, *, expand: bool) -> dict[str, Any] | None:
        if sample.project is None:
            return None
        if not expand:
            return {"$ref": f"{ROOT}/projects/{sample.project}"}
        return self.shown_project(self.projects[sample.project])

    def shown_project(self, project: Project) -> dict[str, Any]:
        return {
            "$uri": f"{ROOT}/projects/{project.id}",
            "name": project.name,
            "project_name": project.project_name,
            "description": project.description,
            "external_id": None,
            "owner": {"$ref": f"{ROOT}/users/{project.owner}"},
            "permissions": project.permissions,
            "public": False,
        }


def new_id() -> str:
    return secrets.token_hex(8)


def moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()
