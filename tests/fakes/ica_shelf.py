"""What the fake of ICA keeps: people, projects, records, links; and what lies in its storage."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.ica_rules import NEVER, Problem, Rules, stamp

from pipette.practice.server import S3Server

BUCKET = "stratus-gds-use1"
REGION = "us-east-1"
PARTIAL, AVAILABLE, DELETING = "PARTIAL", "AVAILABLE", "DELETING"
REGION_FACTS = {
    "id": "c39b1feb-3e94-4440-805e-45e0c76462bf",
    "code": "US",
    "cityName": "North Virginia",
    "country": {"code": "US", "name": "United States", "region": "North America"},
}


@dataclass(slots=True)
class Right:
    role: str = "CONTRIBUTOR"
    upload: bool = True
    download: bool = True


@dataclass(slots=True)
class User:
    id: str
    email: str


@dataclass(slots=True)
class Project:
    id: str
    name: str
    rights: dict[str, Right] = field(default_factory=dict)
    """By user id; who is not in it does not see the project."""
    linked: dict[str, str] = field(default_factory=dict)
    """Data of other projects that is seen here, and the path it has here."""
    sharing: bool = True


@dataclass(slots=True)
class Record:
    id: str
    project: str
    path: str
    is_folder: bool
    created: float
    status: str = PARTIAL
    size: int = 0
    etag: str | None = None
    modified: float = 0.0
    tags: dict[str, list[str]] = field(default_factory=dict)
    format: str | None = None
    archived_at: str | None = None
    deleted_at: str | None = None
    non_indexed: bool = False
    turns_at: float = NEVER
    turns_to: str = ""
    """The status that comes by itself; "" means it is gone then."""
    seen: tuple[str, float] | None = None
    """ETag and time of the object that was last noticed."""

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def parent(self) -> str:
        return self.path.rpartition("/")[0]


class Shelf:
    """Hold ``lock`` around what belongs together."""

    def __init__(self, storage: S3Server, rules: Rules, clock: Callable[[], float]) -> None:
        self.lock = threading.RLock()
        self.storage = storage
        self.rules = rules
        self.clock = clock
        self.users: dict[str, User] = {}
        """By API key."""
        self.projects: dict[str, Project] = {}
        self.records: dict[str, Record] = {}
        self._paths: dict[tuple[str, str, bool], Record] = {}
        if BUCKET not in storage.buckets():
            storage.create_bucket(BUCKET, region=REGION)

    def add_user(self, key: str, email: str) -> User:
        user = User(str(uuid.uuid4()), email)
        self.users[key] = user
        return user

    def add_project(self, name: str, *users: User) -> Project:
        project = Project(str(uuid.uuid4()), name)
        project.rights = {user.id: Right() for user in users}
        self.projects[project.id] = project
        return project

    def project_seen_by(self, project: str, user: User) -> Project:
        found = self.projects.get(project)
        if found is None or user.id not in found.rights:
            raise Problem(self.rules.hidden_status, "ICA_SEC_404", "no such project for you")
        return found

    def find(self, project: str, path: str, *, is_folder: bool) -> Record | None:
        """A record the project owns, at exactly this path."""
        return self._paths.get((project, path, is_folder))

    def visible(self, project: Project) -> Iterator[tuple[Record, str]]:
        """Every record and the path it has here."""
        for record in list(self.records.values()):
            if record.project == project.id:
                yield record, record.path
            elif record.id in project.linked:
                yield record, project.linked[record.id]

    def get(self, project: Project, data: str) -> tuple[Record, str]:
        record = self.records.get(data)
        if record is not None and record.project == project.id:
            return record, record.path
        if record is not None and data in project.linked:
            return record, project.linked[data]
        raise Problem(404, "ICA_DATA_404", "no such data")

    def make(self, project: str, path: str, *, is_folder: bool) -> Record:
        """With the folders above it. 409 when the name is taken."""
        if self.find(project, path, is_folder=is_folder):
            raise Problem(
                409, "ICA_DATA_105", "Conflict while updating file/folder. Please try again later."
            )
        self._make_parents(project, path)
        return self._add(project, path, is_folder=is_folder)

    def own_below(self, record: Record) -> list[Record]:
        """Everything in a folder, at any depth."""
        if not record.is_folder:
            return []
        start = f"{record.path}/"
        mine = [one for one in self.records.values() if one.project == record.project]
        return [one for one in mine if one.path.startswith(start)]

    def remove(self, record: Record) -> None:
        self.records.pop(record.id, None)
        self._paths.pop((record.project, record.path, record.is_folder), None)
        if not record.is_folder and self.storage.stored(BUCKET, key_of(record)):
            self.storage.remove(BUCKET, key_of(record))

    def settle(self) -> None:
        """Let time do its work: states that turn, objects that are noticed."""
        now = self.clock()
        for record in [one for one in self.records.values() if one.turns_at <= now]:
            if not record.turns_to:
                self.remove(record)
                continue
            record.status, record.turns_at = record.turns_to, NEVER
            record.modified = now
        self._notice(now)

    def _notice(self, now: float) -> None:
        for key in self.storage.keys(BUCKET):
            project, slash, path = key.partition("/")
            stored = self.storage.stored(BUCKET, key)
            if stored is None or not slash or project not in self.projects:
                continue
            if now < stored.modified + self.rules.notice_seconds:
                continue
            record = self.find(project, f"/{path}", is_folder=False)
            if record is None:
                self._make_parents(project, f"/{path}")
                record = self._add(project, f"/{path}", is_folder=False)
            self._update(record, stored.etag, stored.size, stored.modified, now)

    def _update(self, record: Record, etag: str, size: int, modified: float, now: float) -> None:
        was_there = record.seen is not None
        if record.seen == (etag, modified) or record.status not in (PARTIAL, AVAILABLE):
            return
        record.seen = (etag, modified)
        if was_there and not self.rules.notices_replacements:
            return
        record.status, record.size, record.etag, record.modified = AVAILABLE, size, etag, now

    def _make_parents(self, project: str, path: str) -> None:
        segments = path.split("/")[1:-1]
        for count in range(1, len(segments) + 1):
            folder = "/" + "/".join(segments[:count])
            if self.find(project, folder, is_folder=True) is None:
                self._add(project, folder, is_folder=True)

    def _add(self, project: str, path: str, *, is_folder: bool) -> Record:
        id = f"{'fol' if is_folder else 'fil'}.{uuid.uuid4().hex}"
        now = self.clock()
        status = AVAILABLE if is_folder else PARTIAL
        record = Record(id, project, path, is_folder, now, status, modified=now)
        self.records[id] = record
        self._paths[project, path, is_folder] = record
        return record


def key_of(record: Record) -> str:
    return f"{record.project}{record.path}"


def data_json(record: Record, path: str, rules: Rules) -> dict[str, Any]:
    """As real servers show it: the path holds the name, and a folder's ends with a slash."""
    details: dict[str, Any] = {
        "name": record.name,
        "path": f"{path}/" if record.is_folder else path,
        "dataType": "FOLDER" if record.is_folder else "FILE",
        "status": record.status,
        "tags": {"userTags": [], "technicalTags": [], **record.tags},
        "owningProjectId": record.project,
        "tenantId": "00000000-0000-0000-0000-000000000001",
        "tenantName": "lab",
        "region": REGION_FACTS,
        "timeCreated": stamp(record.created),
        "timeModified": stamp(record.modified),
    }
    if not record.is_folder:
        details["fileSizeInBytes"] = record.size
        details |= {"objectETag": record.etag} if record.etag else {}
        details |= {"format": {"code": record.format}} if record.format else {}
    details |= {"willBeArchivedAt": record.archived_at} if record.archived_at else {}
    details |= {"willBeDeletedAt": record.deleted_at} if record.deleted_at else {}
    data: dict[str, Any] = {
        "id": record.id,
        "urn": f"urn:ilmn:ica:region:{REGION_FACTS['id']}:data:{record.id}#{path}",
        "details": details,
    }
    if record.is_folder:
        data["folderDetails"] = {"nonIndexed": record.non_indexed}
    if rules.later_version:
        details["mood"] = {"of": ["a", "later", "version"]}
    return data


def project_data_json(project: Project, record: Record, path: str, rules: Rules) -> dict[str, Any]:
    return {"projectId": project.id, "data": data_json(record, path, rules)}


def project_json(project: Project) -> dict[str, Any]:
    return {
        "id": project.id,
        "name": project.name,
        "active": True,
        "ownerId": "00000000-0000-0000-0000-00000000000a",
        "tenantId": "00000000-0000-0000-0000-000000000001",
        "tenantName": "lab",
        "region": REGION_FACTS,
        "billingMode": "PROJECT",
        "dataSharingEnabled": project.sharing,
        "tags": {"technicalTags": [], "userTags": []},
        "timeCreated": stamp(0),
        "timeModified": stamp(0),
    }
