"""What the fake Seven Bridges platform holds. It outlives the servers that show it."""

from __future__ import annotations

import hashlib
import itertools
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


class Trouble(Exception):
    """Answered with this status and numbered error."""

    def __init__(self, status: int, code: int, message: str = "said so") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    @property
    def body(self) -> dict[str, object]:
        return {
            "status": self.status,
            "code": self.code,
            "message": self.message,
            "more_info": None,
        }


@dataclass(slots=True)
class Manners:
    """Where platforms differ, or where it is not known what they do."""

    part_size: int | None = None
    """None: as wished; else always this, or more when there would be too many parts."""
    parallel_uploads: bool = True
    renames: bool = False
    """A name that is taken gets a number before it, instead of a refusal."""
    deletes_at_start: bool = False
    """Overwriting deletes when the upload begins, not when it ends."""
    url_seconds: float = 3600.0
    success: int = 200
    codes_on_top: bool = False
    headers_wanted: Mapping[str, str] = field(default_factory=dict)
    """Headers that a part must be sent with."""
    headers_reported: tuple[str, ...] = ("ETag",)
    etags: str = "md5"
    """``md5``, ``kms`` (an MD5 of something else, and said so) or ``opaque`` (not said)."""
    speaks_s3: bool = True
    retry_after: bool = False
    calls: int = 1000
    seconds: float = 300.0
    bulk_key: str = ""
    """``file_id``: bulk edits take only this name for an id."""
    drs_files: int = 500
    drs_seconds: float = 300.0
    drs_refuses: bool = False
    """Beyond its limit the import refuses with 429 instead of stalling."""
    drs_shuffled: bool = False
    drs_partial: bool = True
    drs_skipped: str = "10223"
    """Code of the error that stands for a skipped clash; "" when it is left out."""
    drs_unavailable: bool = False


@dataclass(slots=True)
class User:
    username: str
    token: str
    calls: int = 0
    window: float = 0.0


@dataclass(slots=True)
class Node:
    """A file or folder."""

    id: str
    name: str
    project: str
    parent: str
    type: str = "file"
    content: bytes = b""
    size: int = 0
    etag: str = ""
    created: float = 0.0
    modified: float = 0.0
    tags: list[str] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)
    storage: str = "PLATFORM"
    source: str = ""
    """The DRS address it was imported from."""

    @property
    def is_folder(self) -> bool:
        return self.type.lower() == "folder"


@dataclass(slots=True)
class SentPart:
    content: bytes
    headers: dict[str, str] = field(default_factory=dict)
    reported: bool = False
    md5: str = field(init=False)

    def __post_init__(self) -> None:
        self.md5 = md5(self.content)


@dataclass(slots=True)
class Upload:
    id: str
    owner: str
    project: str
    parent: str
    """Id of the folder, or of the project's root."""
    at_root: bool
    name: str
    size: int
    part_size: int
    overwrite: bool
    begun: float
    parts: dict[int, SentPart] = field(default_factory=dict)
    times_put: dict[int, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return max(1, -(-self.size // self.part_size))


@dataclass(slots=True)
class Project:
    id: str
    root: str
    members: dict[str, bool]
    """Who sees it, and whether they may write."""
    created: float = 0.0


class State:
    """Everything the platform knows. Held under ``lock`` while a request is served."""

    def __init__(self, clock: Callable[[], float], manners: Manners) -> None:
        self.clock = clock
        self.manners = manners
        self.lock = threading.RLock()
        self.users: dict[str, User] = {}
        self.projects: dict[str, Project] = {}
        self.nodes: dict[str, Node] = {}
        self.uploads: dict[str, Upload] = {}
        self.jobs: dict[str, dict[str, Any]] = {}
        self.parts_put: list[tuple[str, int, int]] = []
        """Upload, number and length of every part the storage took, in order."""
        self._ids = itertools.count(0x5F00000000000000_00000001)

    def new_id(self) -> str:
        return f"{next(self._ids):024x}"

    def add_user(self, username: str, token: str) -> User:
        self.users[token] = User(username, token)
        return self.users[token]

    def add_project(self, project: str, members: Mapping[str, bool]) -> Project:
        now = self.clock()
        root = Node(self.new_id(), project, project, "", "folder", created=now, modified=now)
        self.nodes[root.id] = root
        made = Project(project, root.id, dict(members), now)
        self.projects[project.lower()] = made
        return made

    def project(self, name: str, user: User, *, write: bool = False) -> Project:
        found = self.projects.get(name.lower())
        if found is None:
            raise Trouble(404, 3002, "Project does not exist")
        self.expect_member(found, user, write=write, code=3001)
        return found

    def expect_member(self, project: Project, user: User, *, write: bool, code: int) -> None:
        if user.username not in project.members or (write and not project.members[user.username]):
            raise Trouble(403, code, "Insufficient privileges")

    def node(self, node_id: str, user: User, *, write: bool = False) -> Node:
        found = self.nodes.get(node_id)
        if found is None:
            raise Trouble(404, 5002, "Requested file does not exist")
        self.expect_member(self.projects[found.project.lower()], user, write=write, code=5001)
        return found

    def children(self, folder: str) -> list[Node]:
        return [node for node in self.nodes.values() if node.parent == folder]

    def named(self, folder: str, name: str) -> Node | None:
        return next((node for node in self.children(folder) if node.name == name), None)

    def free_name(self, folder: str, name: str) -> str:
        """With a number before it, as clashes are renamed."""
        numbers = itertools.count(1)
        return next(
            free for number in numbers if not self.named(folder, free := f"{number}_{name}")
        )

    def add_node(self, node: Node) -> Node:
        node.created = node.modified = self.clock()
        self.nodes[node.id] = node
        return node

    def add_folder(self, name: str, project: str, parent: str) -> Node:
        return self.add_node(Node(self.new_id(), name, project, parent, "folder"))

    def add_file(self, name: str, project: str, parent: str, content: bytes, etag: str) -> Node:
        made = Node(
            self.new_id(), name, project, parent, content=content, size=len(content), etag=etag
        )
        return self.add_node(made)

    def remove(self, node: Node) -> None:
        for child in self.children(node.id):
            self.remove(child)
        self.nodes.pop(node.id, None)

    # Behind everybody's back, by path

    def at_path(self, project: str, path: str) -> Node | None:
        with self.lock:
            here: Node | None = self.nodes[self.projects[project.lower()].root]
            for name in [one for one in path.split("/") if one]:
                here = self.named(here.id, name) if here else None
            return here

    def make_path(self, project: str, path: str) -> Node:
        with self.lock:
            here = self.nodes[self.projects[project.lower()].root]
            for name in [one for one in path.split("/") if one]:
                here = self.named(here.id, name) or self.add_folder(name, project, here.id)
            return here

    def write(self, project: str, path: str, content: bytes) -> Node:
        """Put a file there as some other program would; what was there is gone."""
        folder, _, name = path.rpartition("/")
        with self.lock:
            parent = self.make_path(project, folder)
            old = self.named(parent.id, name)
            if old:
                self.remove(old)
            return self.add_file(name, project, parent.id, content, md5(content))

    def walk(self, folder: str, path: str = "") -> Iterator[tuple[str, Node]]:
        for node in self.children(folder):
            below = f"{path}/{node.name}" if path else node.name
            yield below, node
            if node.is_folder:
                yield from self.walk(node.id, below)


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def written_time(moment: float) -> str:
    return datetime.fromtimestamp(int(moment), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
