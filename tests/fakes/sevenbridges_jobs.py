"""Jobs of the fake Seven Bridges platform that take their time: copy, move, delete, DRS imports.

Nothing runs by itself. Whenever a job is looked at it has come as far as the clock allows.
"""

from __future__ import annotations

import itertools
import random
import re
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.fakes import sevenbridges_files
from tests.fakes.sevenbridges_state import Node, State, Trouble, User, md5, written_time
from tests.fakes.sevenbridges_wire import Reply, Request

SUBMITTED_SECONDS, RESOLVING_SECONDS, FILE_SECONDS = 2.0, 3.0, 0.05
FIRST_ID = 9_007_199_254_740_993
"""Beyond what a floating-point number can tell from its neighbours."""
_URI = re.compile(r"drs://[^/\s:]+(?:/[^\s]+|:[^\s/]+)")
_RULES = ("SKIP", "RENAME", "OVERWRITE")


@dataclass(frozen=True, slots=True)
class Source:
    """What a DRS address leads to: one file, or with several a bundle."""

    files: tuple[tuple[str, bytes], ...]


@dataclass(slots=True)
class Import:
    """One file that a job has to bring."""

    row: int
    item: Mapping[str, Any]
    name: str
    content: bytes


@dataclass(slots=True)
class Job:
    id: str
    owner: User
    rule: str
    tags: list[str]
    begun: float
    rows: int
    todo: deque[Import]
    done: list[tuple[int, dict[str, Any] | None]] = field(default_factory=list)
    """Row and outcome; None for one that is left out."""
    finished: float | None = None

    def running_from(self) -> float:
        return self.begun + SUBMITTED_SECONDS + RESOLVING_SECONDS


class DrsImports:
    """The bulk import. ``sources`` and ``refused`` say what addresses lead to; others have one file."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._numbers = itertools.count(FIRST_ID)
        self._last = 0.0
        self.sources: dict[str, Source] = {}
        self.refused: dict[str, tuple[int, int]] = {}
        """Status and code by address."""
        self.jobs: dict[str, Job] = {}
        self.imported_at: list[float] = []
        """The time of every file that was brought, in order."""
        self.submitted: list[int] = []
        """How many rows each accepted call had."""

    def create(self, user: User, request: Request) -> Reply:
        state = self._state
        if state.manners.drs_unavailable:
            raise Trouble(404, 90003, "No such call")
        self.go_on()
        body = request.data or {}
        items = body.get("items")
        if not isinstance(items, list) or not 1 <= len(items) <= 100:
            raise Trouble(400, 10230, "Between 1 and 100 items")
        rule = body.get("conflict_resolution") or "SKIP"
        if rule not in _RULES:
            raise Trouble(400, 10232, "Unknown conflict resolution")
        for item in items:
            self._expect_target(user, item)
        if state.manners.drs_refuses and self._recent(state.clock()) >= state.manners.drs_files:
            raise Trouble(429, 10371, "Too many imports")
        job = Job(
            str(next(self._numbers)),
            user,
            rule,
            list(body.get("tags") or []),
            state.clock(),
            len(items),
            deque(),
        )
        for row, item in enumerate(items):
            self._resolve(job, row, item)
        self.jobs[job.id] = job
        self.submitted.append(len(items))
        return Reply(data=self._told(request, job))

    def details(self, user: User, request: Request, job_id: str) -> Reply:
        self.go_on()
        job = self.jobs.get(job_id)
        if job is None or job.owner is not user:
            raise Trouble(404, 90003, "No such job")
        return Reply(data=self._told(request, job))

    def _expect_target(self, user: User, item: Mapping[str, Any]) -> None:
        named, parent = item.get("project"), item.get("parent")
        if bool(named) == bool(parent):
            raise Trouble(400, 10232, "Exactly one of project and parent")

    def _resolve(self, job: Job, row: int, item: Mapping[str, Any]) -> None:
        try:
            source = self._source(job, item)
        except Trouble as trouble:
            job.done.append((row, {"error": trouble.body}))
            return
        for number, (name, content) in enumerate(source.files):
            asked = item.get("name")
            chosen = asked if asked and not number else name
            job.todo.append(Import(row, item, chosen, content))

    def _source(self, job: Job, item: Mapping[str, Any]) -> Source:
        uri = item.get("drs_uri")
        if not isinstance(uri, str) or not _URI.fullmatch(uri):
            raise Trouble(400, 10246, "Invalid DRS URI")
        self._folder(job, item)
        if uri in self.refused:
            raise Trouble(*self.refused[uri], message="The source says no")
        sevenbridges_files._good_metadata(item.get("metadata") or {})
        known = self.sources.get(uri)
        if known:
            return known
        name = re.split(r"[/:]", uri)[-1]
        return Source(((name, uri.encode()),))

    def _folder(self, job: Job, item: Mapping[str, Any]) -> Node:
        state = self._state
        named = str(item.get("project") or "").rstrip("/")
        try:
            wanted = {"project": named} if named else {"parent": item.get("parent")}
            return sevenbridges_files.target(state, job.owner, wanted)
        except Trouble as trouble:
            code = {3001: 10210, 5001: 10221, 5002: 10222}.get(trouble.code, 10213)
            raise Trouble(trouble.status, code, trouble.message) from trouble

    def go_on(self) -> None:
        """Bring as many files as there was time and allowance for since it was last looked."""
        now = self._state.clock()
        for job in self.jobs.values():
            while job.todo:
                at = self._next_at(job)
                if at > now:
                    break
                self._bring(job, job.todo.popleft(), at)
            if not job.todo and job.finished is None:
                latest = max(self._last, job.running_from()) if job.done else job.running_from()
                job.finished = latest if latest <= now else None

    def _next_at(self, job: Job) -> float:
        manners = self._state.manners
        at = max(job.running_from(), self._last + FILE_SECONDS)
        if manners.drs_refuses or len(self.imported_at) < manners.drs_files:
            return at
        return max(at, self.imported_at[-manners.drs_files] + manners.drs_seconds)

    def _recent(self, now: float) -> int:
        since = now - self._state.manners.drs_seconds
        waiting = sum(len(job.todo) for job in self.jobs.values())
        return waiting + sum(1 for at in self.imported_at if at > since)

    def _bring(self, job: Job, one: Import, at: float) -> None:
        self._last = at
        self.imported_at.append(at)
        try:
            node = self._made(job, one)
        except Trouble as trouble:
            job.done.append((one.row, {"error": trouble.body}))
            return
        job.done.append((one.row, {"id": node.id} if node else None))

    def _made(self, job: Job, one: Import) -> Node | None:
        state = self._state
        folder = self._folder(job, one.item)
        name = one.name
        taken = state.named(folder.id, name)
        if taken and job.rule == "SKIP":
            code = state.manners.drs_skipped
            if not code:
                return None
            raise Trouble(409, int(code), "File already exists")
        if taken and job.rule == "RENAME":
            name = state.free_name(folder.id, name)
        elif taken:
            state.remove(taken)
        node = state.add_file(name, folder.project, folder.id, one.content, md5(one.content))
        node.storage, node.source = "VOLUME", str(one.item["drs_uri"])
        node.tags = list(job.tags)
        given = one.item.get("metadata") or {}
        node.metadata = {key: str(text) for key, text in given.items() if text is not None}
        return node

    def _told(self, request: Request, job: Job) -> dict[str, Any]:
        state = self._state
        told: dict[str, Any] = {
            "href": f"{request.base}/v2/bulk/drs/imports/{job.id}",
            "id": job.id,
            "state": self._state_of(job),
            "result": [],
            "started_on": written_time(job.begun),
        }
        if job.finished is not None:
            told["finished_on"] = written_time(job.finished)
        begun = state.clock() >= job.running_from()
        if begun and (job.finished is not None or state.manners.drs_partial):
            told["result"] = self._results(request, job)
        return told

    def _state_of(self, job: Job) -> str:
        passed = self._state.clock() - job.begun
        if job.finished is not None:
            return "FINISHED"
        if passed < SUBMITTED_SECONDS:
            return "SUBMITTED"
        return "RESOLVING" if passed < SUBMITTED_SECONDS + RESOLVING_SECONDS else "RUNNING"

    def _results(self, request: Request, job: Job) -> list[dict[str, Any]]:
        outcomes = [outcome for _, outcome in sorted(job.done, key=lambda one: one[0]) if outcome]
        if self._state.manners.drs_shuffled:
            random.Random(job.id).shuffle(outcomes)
        base = f"{request.base}/v2/files"
        return [
            one if "error" in one else {"resource": {"href": f"{base}/{one['id']}", **one}}
            for one in outcomes
        ]


def start(state: State, user: User, request: Request, what: str) -> Reply:
    """An asynchronous file job: done when it is looked at a second later."""
    items: Sequence[Any] = (request.data or {}).get("items", [])
    if not 1 <= len(items) <= 100:
        raise Trouble(400, 90000, "Between 1 and 100 items")
    job: dict[str, Any] = {
        "id": str(len(state.jobs) + 1),
        "type": what.upper(),
        "owner": user.username,
        "begun": state.clock(),
        "items": list(items),
        "result": None,
    }
    state.jobs[job["id"]] = job
    return Reply(data=_job(state, job))


def look(state: State, user: User, request: Request, what: str, job_id: str) -> Reply:
    job = state.jobs.get(job_id)
    if job is None or job["type"] != what.upper():
        raise Trouble(404, 90003, "No such job")
    passed = state.clock() - job["begun"]
    if job["result"] is None and passed >= 1:
        job["result"] = [_one(state, user, request, what, item) for item in job["items"]]
    return Reply(data=_job(state, job))


def all_jobs(state: State, user: User, request: Request) -> Reply:
    rows = [_job(state, job) for job in state.jobs.values() if job["owner"] == user.username]
    headers = {"X-Total-Matching-Query": str(len(rows))}
    return Reply(data={"items": rows, "links": []}, headers=headers)


def _one(
    state: State, user: User, request: Request, what: str, item: Mapping[str, Any]
) -> dict[str, Any]:
    try:
        node = state.node(str(item.get("file")), user, write=what != "copy")
        if what == "delete":
            state.remove(node)
            return {"resource": {}}
        if what == "copy":
            made = sevenbridges_files.copied(state, user, node, item)
        else:
            folder = sevenbridges_files.target(state, user, item)
            made = sevenbridges_files.moved(state, node, folder, item)
    except Trouble as trouble:
        return {"error": trouble.body}
    return {"resource": sevenbridges_files.full(request, made)}


def _job(state: State, job: Mapping[str, Any]) -> dict[str, Any]:
    result = job["result"]
    failed = sum(1 for one in result or () if "error" in one)
    return {
        "id": job["id"],
        "type": job["type"],
        "state": "SUBMITTED" if result is None else "FINISHED",
        "total_files": len(job["items"]),
        "failed_files": failed,
        "completed_files": 0 if result is None else len(result) - failed,
        "result": result or [],
        "started_on": written_time(job["begun"]),
    }
