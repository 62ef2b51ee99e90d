"""Users, projects, files and folders of the fake Seven Bridges platform."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from tests.fakes.sevenbridges_state import Node, Project, State, Trouble, User, written_time
from tests.fakes.sevenbridges_uploads import signed
from tests.fakes.sevenbridges_wire import Reply, Request

BRIEF = ("href", "id", "name", "project")
MOST_PAIRS, LONGEST_KEY, LONGEST_VALUE = 1000, 100, 300
_FOLDER_NAME = re.compile(r"(?!__)[A-Za-z0-9_.-]{1,255}")
_FILE_NAME = re.compile(r"[^/\x00]{1,255}")


def me(state: State, user: User, request: Request) -> Reply:
    return Reply(
        data={
            "href": f"{request.base}/v2/users/{user.username}",
            "username": user.username,
            "email": f"{user.username}@lab.example",
            "first_name": user.username.capitalize(),
            "last_name": "Lab",
        }
    )


def projects(state: State, user: User, request: Request, owner: str = "") -> Reply:
    seen = [
        project
        for project in state.projects.values()
        if user.username in project.members
        and (not owner or project.id.partition("/")[0].lower() == owner.lower())
    ]
    return _page(request, [_project(request, one) for one in seen])


def project(state: State, user: User, request: Request, name: str) -> Reply:
    return Reply(data=_project(request, state.project(name, user)))


def member(state: State, user: User, request: Request, name: str, username: str) -> Reply:
    found = state.project(name, user)
    if username not in found.members:
        raise Trouble(404, 90003, "No such member")
    write = found.members[username]
    rights = {"write": write, "read": True, "copy": True, "execute": write, "admin": False}
    return Reply(data={"username": username, "permissions": rights})


def _project(request: Request, one: Project) -> dict[str, Any]:
    return {
        "href": f"{request.base}/v2/projects/{one.id}",
        "id": one.id,
        "name": one.id.partition("/")[2],
        "type": "v2",
        "root_folder": one.root,
        "tags": [],
        "created_on": written_time(one.created),
        "modified_on": written_time(one.created),
    }


def _page(request: Request, rows: Sequence[Mapping[str, Any]]) -> Reply:
    limit = min(int(request.one("limit") or 50), 100)
    offset = int(request.one("offset") or 0)
    links = []
    if offset + limit < len(rows):
        links = [{"rel": "next", "method": "GET", "href": _link(request, offset + limit, limit)}]
    if offset:
        before = max(0, offset - limit)
        links.append({"rel": "prev", "method": "GET", "href": _link(request, before, limit)})
    return Reply(
        data={
            "href": _link(request, offset, limit),
            "items": list(rows[offset : offset + limit]),
            "links": links,
        },
        headers={"X-Total-Matching-Query": str(len(rows))},
    )


def _link(request: Request, offset: int, limit: int) -> str:
    kept = [
        (name, text)
        for name, texts in request.query.items()
        for text in texts
        if name not in ("offset", "limit")
    ]
    query = urlencode([*kept, ("offset", offset), ("limit", limit)])
    return f"{request.base}{request.path}?{query}"


def files(state: State, user: User, request: Request) -> Reply:
    named, parent = request.one("project"), request.one("parent")
    if bool(named) == bool(parent):
        raise Trouble(400, 5031 if named else 5005, "Project or parent")
    folder = state.project(named, user).root if named else _folder(state, user, parent).id
    return listed(state, user, request, folder)


def folder_list(state: State, user: User, request: Request, folder: str) -> Reply:
    return listed(state, user, request, _folder(state, user, folder).id)


def listed(state: State, user: User, request: Request, folder: str) -> Reply:
    rows = [node for node in state.children(folder) if _matches(node, request.query)]
    rows.sort(key=lambda node: node.name)
    return _page(request, [_told(request, node) for node in rows])


def _matches(node: Node, query: Mapping[str, list[str]]) -> bool:
    """The same filter twice means either, different ones mean both."""
    if "name" in query and node.name not in query["name"]:
        return False
    if "tag" in query and not set(query["tag"]) & set(node.tags):
        return False
    wanted = {key[9:]: texts for key, texts in query.items() if key.startswith("metadata.")}
    return all(node.metadata.get(key) in texts for key, texts in wanted.items())


def _folder(state: State, user: User, node_id: str) -> Node:
    found = state.node(node_id, user)
    if not found.is_folder:
        raise Trouble(400, 5022, "Parent is not a folder")
    return found


def _told(request: Request, node: Node) -> dict[str, Any]:
    whole = full(request, node)
    wanted = [name for text in request.query.get("fields", []) for name in text.split(",")]
    if "_all" in wanted:
        return whole
    names = {name.partition(".")[0] for name in wanted if not name.startswith("!")} or set(BRIEF)
    return {name: whole[name] for name in whole if name in names and f"!{name}" not in wanted}


def full(request: Request, node: Node) -> dict[str, Any]:
    told: dict[str, Any] = {
        "href": f"{request.base}/v2/files/{node.id}",
        "id": node.id,
        "name": node.name,
        "project": node.project,
        "parent": node.parent,
        "type": "FOLDER" if node.is_folder else "file",
        "created_on": written_time(node.created),
        "modified_on": written_time(node.modified),
    }
    if node.is_folder:
        return told
    return told | {
        "size": node.size,
        "storage": {"type": node.storage},
        "origin": {},
        "tags": node.tags,
        "metadata": node.metadata,
    }


def one_file(state: State, user: User, request: Request, node_id: str) -> Reply:
    return Reply(data=full(request, state.node(node_id, user)))


def make_folder(state: State, user: User, request: Request) -> Reply:
    body = request.data or {}
    named, parent = body.get("project"), body.get("parent")
    if bool(named) == bool(parent):
        raise Trouble(400, 5031, "Project or parent")
    if named:
        found = state.project(named, user, write=True)
        project_id, folder = found.id, found.root
    else:
        node = _folder(state, user, str(parent))
        state.node(node.id, user, write=True)
        project_id, folder = node.project, node.id
    if body.get("type", "").lower() != "folder" or not _FOLDER_NAME.fullmatch(body.get("name", "")):
        raise Trouble(400, 5024, "Invalid folder name")
    if state.named(folder, body["name"]):
        raise Trouble(409, 5030, "Folder already exists")
    made = state.add_folder(body["name"], project_id, folder)
    return Reply(201, full(request, made))


def edit(state: State, user: User, request: Request, node_id: str) -> Reply:
    node = state.node(node_id, user, write=True)
    change(state, node, request.data or {})
    return Reply(data=full(request, node))


def change(state: State, node: Node, wanted: Mapping[str, Any], *, replace: bool = False) -> None:
    """New name, tags and metadata, or none of them."""
    name = wanted.get("name") or node.name
    if node.is_folder and ("metadata" in wanted or "tags" in wanted):
        raise Trouble(400, 5025, "Folders have no metadata")
    if not _FILE_NAME.fullmatch(name):
        raise Trouble(400, 5024, "Invalid file name")
    taken = state.named(node.parent, name)
    if taken is not None and taken is not node:
        raise Trouble(409, 5003, "File already exists")
    metadata = _good_metadata(wanted.get("metadata") or {})
    node.name = name
    if wanted.get("metadata") is not None or replace:
        node.metadata = metadata if replace else {**node.metadata, **metadata}
    if wanted.get("tags") is not None or replace:
        node.tags = list(wanted.get("tags") or [])
    node.modified = state.clock()


def _good_metadata(metadata: Mapping[str, Any]) -> dict[str, str]:
    given = {key: str(value) for key, value in metadata.items() if value is not None}
    fits = all(
        len(key.encode()) <= LONGEST_KEY and len(text.encode()) <= LONGEST_VALUE
        for key, text in given.items()
    )
    if not fits or len(given) > MOST_PAIRS:
        raise Trouble(400, 5006, "Invalid metadata")
    return given


def metadata(state: State, user: User, request: Request, node_id: str) -> Reply:
    node = state.node(node_id, user, write=request.method != "GET")
    if request.method != "GET":
        given = _good_metadata(request.data or {})
        node.metadata = {**({} if request.method == "PUT" else node.metadata), **given}
    return Reply(data=node.metadata)


def tags(state: State, user: User, request: Request, node_id: str) -> Reply:
    node = state.node(node_id, user, write=True)
    if not isinstance(request.data, list):
        raise Trouble(400, 90000, "An array is needed")
    node.tags = [str(tag) for tag in request.data]
    return Reply(data=node.tags)


def delete(state: State, user: User, request: Request, node_id: str) -> Reply:
    node = state.node(node_id, user, write=True)
    if node.is_folder and state.children(node.id):
        raise Trouble(400, 5021, "Folder is not empty")
    state.remove(node)
    return Reply(204)


def copy(state: State, user: User, request: Request, node_id: str) -> Reply:
    made = copied(state, user, state.node(node_id, user), request.data or {})
    return Reply(data=full(request, made))


def move(state: State, user: User, request: Request, node_id: str) -> Reply:
    node = state.node(node_id, user, write=True)
    folder = _folder(state, user, str((request.data or {}).get("parent")))
    if folder.project != node.project:
        raise Trouble(400, 5015, "Not across projects")
    return Reply(data=full(request, moved(state, node, folder, request.data or {})))


def copied(state: State, user: User, node: Node, wanted: Mapping[str, Any]) -> Node:
    if node.is_folder:
        raise Trouble(400, 5018, "Folders cannot be copied")
    folder = target(state, user, wanted)
    name = wanted.get("name") or node.name
    if state.named(folder.id, name):
        name = state.free_name(folder.id, name)
    made = state.add_file(name, folder.project, folder.id, node.content, node.etag)
    made.tags, made.metadata = list(node.tags), dict(node.metadata)
    return made


def moved(state: State, node: Node, folder: Node, wanted: Mapping[str, Any]) -> Node:
    name = wanted.get("name") or node.name
    taken = state.named(folder.id, name)
    if taken is not None and taken is not node:
        name = state.free_name(folder.id, name)
    node.name, node.parent, node.project = name, folder.id, folder.project
    return node


def target(state: State, user: User, wanted: Mapping[str, Any]) -> Node:
    named, parent = wanted.get("project"), wanted.get("parent")
    if bool(named) == bool(parent):
        raise Trouble(400, 5031, "Project or parent")
    if parent:
        return state.node(_folder(state, user, parent).id, user, write=True)
    return state.nodes[state.project(str(named), user, write=True).root]


def download_info(state: State, user: User, request: Request, node_id: str, storage: str) -> Reply:
    node = state.node(node_id, user)
    if node.is_folder:
        raise Trouble(400, 5017, "Folders cannot be downloaded")
    if node.storage == "INACTIVE":
        raise Trouble(409, 5034, "The volume is inactive")
    until = state.clock() + state.manners.url_seconds
    return Reply(data={"url": signed(storage, f"/objects/{node.id}", "GET", until)})


Each = Callable[[Any], Node | None]


def in_bulk(request: Request, items: Sequence[Any], each: Each) -> Reply:
    """Every item has its own outcome, inside an answer that is good in any case."""
    if not 1 <= len(items) <= 100:
        raise Trouble(400, 90000, "Between 1 and 100 items")
    outcomes: list[dict[str, Any]] = []
    for item in items:
        try:
            node = each(item)
        except Trouble as trouble:
            outcomes.append({"error": trouble.body})
            continue
        outcomes.append({"resource": full(request, node) if node else {}})
    return Reply(data={"items": outcomes})


def bulk(state: State, user: User, request: Request, what: str) -> Reply:
    body = request.data or {}

    def removed(node_id: Any) -> None:
        state.remove(state.node(node_id, user, write=True))

    def edited(item: Mapping[str, Any]) -> Node:
        key = state.manners.bulk_key
        node_id = item.get(key) if key else item.get("id") or item.get("file_id")
        if not node_id:
            raise Trouble(400, 90000, "An id is needed")
        node = state.node(node_id, user, write=True)
        change(state, node, item, replace=what == "update")
        return node

    if what == "get":
        return in_bulk(request, body.get("file_ids", []), lambda one: state.node(one, user))
    if what == "delete":
        return in_bulk(request, body.get("file_ids", []), removed)
    return in_bulk(request, body.get("items", []), edited)
