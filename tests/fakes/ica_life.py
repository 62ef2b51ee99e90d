"""What becomes of data at the fake of ICA: deleted, archived, changed, copied, moved, linked."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.ica_rules import Problem, stamp
from tests.fakes.ica_shelf import (
    AVAILABLE,
    BUCKET,
    DELETING,
    Project,
    Record,
    Right,
    Shelf,
    key_of,
    project_data_json,
)
from tests.fakes.ica_wire import Answer

from pipette.practice.faults import Fault, Respond

CHANGEABLE = {"willBeArchivedAt", "willBeDeletedAt", "format", "tags"}
ARCHIVED = "ARCHIVED"


class Life:
    """Deleting, archiving, metadata."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._frozen: dict[str, Fault] = {}

    def delete(self, project: Project, right: Right, data: str) -> Answer:
        record = self._own(project, right, data)
        for one in [record, *self._shelf.own_below(record)]:
            if one.status == DELETING:
                raise Problem(409, "ICA_DATA_105", "is being deleted already")
            self._turn(one, DELETING, "", self._shelf.rules.delete_seconds)
        self._shelf.settle()
        return Answer(204)

    def archive(self, project: Project, right: Right, data: str) -> Answer:
        for one in self._files(project, right, data):
            if one.status != AVAILABLE:
                raise Problem(409, "ICA_DATA_111", f"cannot be archived: {one.status}")
            self._turn(one, "ARCHIVING", ARCHIVED, self._shelf.rules.archive_seconds)
            frozen = Fault(Respond(403, "InvalidObjectState"), "GetObject", key_of(one), times=None)
            self._frozen[one.id] = self._shelf.storage.faults.add(frozen)
        return Answer(204)

    def unarchive(self, project: Project, right: Right, data: str) -> Answer:
        for one in self._files(project, right, data):
            if one.status != ARCHIVED:
                raise Problem(409, "ICA_DATA_111", f"cannot be unarchived: {one.status}")
            self._turn(one, "UNARCHIVING", AVAILABLE, self._shelf.rules.unarchive_seconds)
        return Answer(204)

    def thaw(self) -> None:
        """What is available again can be read again."""
        for data in list(self._frozen):
            record = self._shelf.records.get(data)
            if record is None or record.status == AVAILABLE:
                self._shelf.storage.faults.remove(self._frozen.pop(data))

    def put(self, project: Project, right: Right, data: str, body: Mapping[str, Any]) -> Answer:
        expect_contributor(right)
        record, path = self._shelf.get(project, data)
        before = project_data_json(project, record, path, self._shelf.rules)["data"]["details"]
        details = dict((body.get("data") or {}).get("details") or {})
        changed = {name for name in before if details.get(name) != before[name]} - CHANGEABLE
        if changed and self._shelf.rules.rejects_read_only_fields:
            raise Problem(400, "ICA_DATA_112", f"cannot be changed: {sorted(changed)}")
        dates = (details.get("willBeArchivedAt"), details.get("willBeDeletedAt"))
        if record.is_folder and any(dates):
            raise Problem(400, "ICA_DATA_112", "folders have no dates")
        record.archived_at, record.deleted_at = dates
        record.tags = dict(details.get("tags") or record.tags)
        record.modified = self._shelf.clock()
        told = project_data_json(project, record, path, self._shelf.rules)
        return Answer(200, told, {"ETag": etag_of(record)})

    def _files(self, project: Project, right: Right, data: str) -> list[Record]:
        record = self._own(project, right, data)
        return [one for one in [record, *self._shelf.own_below(record)] if not one.is_folder]

    def _own(self, project: Project, right: Right, data: str) -> Record:
        if right.role != "ADMINISTRATOR":
            raise Problem(403, "ICA_SEC_003", "for administrators only")
        record, _ = self._shelf.get(project, data)
        if record.project != project.id:
            raise Problem(403, "ICA_SEC_003", "linked data is read only")
        return record

    def _turn(self, record: Record, now: str, then: str, seconds: float) -> None:
        record.status, record.turns_to = now, then
        record.turns_at = self._shelf.clock() + seconds


@dataclass(slots=True)
class Item:
    data: str
    status: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    made: str | None = None
    """Id of the record that came of it."""
    why: str = ""


@dataclass(slots=True)
class Batch:
    kind: str
    project: str
    items: list[Item]
    body: Mapping[str, Any]
    made: float
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    job: str = field(default_factory=lambda: str(uuid.uuid4()))
    stage: int = 0
    stopped: bool = False


STAGES = ("INITIALIZED", "WAITING_FOR_RESOURCES", "RUNNING")
FIRST = {"copy": "QUEUED", "move": "QUEUED"}
DONE = {
    "copy": "COPIED",
    "move": "MOVED",
    "link": "LINKED",
    "unlink": "UNLINKED",
    "update": "UPDATED",
}


class Jobs:
    """Batches of copies, moves, links, unlinks and updates. Each look takes a job one step on."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self.batches: dict[str, Batch] = {}
        self._work: dict[str, Callable[[Batch, Item], None]] = {
            "copy": self._copy,
            "move": self._move,
            "link": self._link,
            "unlink": self._unlink,
            "update": self._update,
        }

    def begin(self, project: Project, right: Right, kind: str, body: Mapping[str, Any]) -> Answer:
        expect_contributor(right)
        if self._shelf.rules.old and kind in ("copy", "move", "unlink"):
            raise Problem(404, "ICA_API_404", "no such call")
        items = [Item(data, FIRST.get(kind, "INITIALISED")) for data in _ids(kind, body)]
        most = self._shelf.rules.most_unlinked
        if kind == "unlink" and most is not None and len(items) > most:
            raise Problem(400, "ICA_API_005", "too many items")
        if kind == "copy" and body.get("actionOnExist") not in ("OVERWRITE", "SKIP", "RENAME"):
            raise Problem(400, "ICA_API_005", "actionOnExist is needed")
        self._expect_own_folder(project, body)
        batch = Batch(kind, project.id, items, dict(body), self._shelf.clock())
        self.batches[batch.id] = batch
        return Answer(201, {"id": batch.id, "job": self._job_json(batch)})

    def show(self, batch: str) -> Answer:
        found = self._advanced(self.batches.get(batch))
        return Answer(200, {"id": found.id, "job": self._job_json(found)})

    def items(self, batch: str, states: Sequence[str]) -> list[dict[str, Any]]:
        found = self._advanced(self.batches.get(batch))
        items = [item for item in found.items if not states or item.status in states]
        return [self._item_json(found, item) for item in items]

    def job(self, job: str) -> Answer:
        by_job = [batch for batch in self.batches.values() if batch.job == job]
        return Answer(200, self._job_json(self._advanced(by_job[0] if by_job else None)))

    def all(self) -> list[dict[str, Any]]:
        return [self._job_json(batch) for batch in self.batches.values()]

    def stop(self, job: str) -> None:
        """As a person does in the platform's own window."""
        for batch in self.batches.values():
            batch.stopped = batch.stopped or batch.job == job

    def _advanced(self, batch: Batch | None) -> Batch:
        if batch is None:
            raise Problem(404, "ICA_JOB_404", "no such batch")
        batch.stage = min(batch.stage + 1, len(STAGES))
        if batch.stage == len(STAGES) and not batch.stopped:
            for item in [one for one in batch.items if one.status in _OPEN]:
                self._do(batch, item)
        return batch

    def _do(self, batch: Batch, item: Item) -> None:
        try:
            self._work[batch.kind](batch, item)
        except Problem as problem:
            item.status, item.why = "FAILED", problem.detail

    def _copy(self, batch: Batch, item: Item) -> None:
        source = self._source(item.data)
        target = self._target(batch)
        base = source.parent
        statuses = [
            self._copy_one(batch, one, f"{target}{one.path[len(base) :]}")
            for one in [source, *self._shelf.own_below(source)]
        ]
        made = self._shelf.find(
            batch.project, f"{target}/{source.name}", is_folder=source.is_folder
        )
        item.made = made.id if made else None
        item.status = DONE[batch.kind] if all(statuses) else "PARTIALLY_COPIED"

    def _copy_one(self, batch: Batch, source: Record, path: str) -> bool:
        shelf = self._shelf
        there = shelf.find(batch.project, path, is_folder=source.is_folder)
        if source.is_folder:
            # The rule for names is for files; folders are merged.
            if there is None:
                shelf.make(batch.project, path, is_folder=True)
            return True
        if source.status != AVAILABLE:
            return False
        action = batch.body.get("actionOnExist")
        if there is not None and action == "SKIP":
            return True
        if there is not None and action == "RENAME":
            path = self._free(batch.project, path)
            there = None
        made = there or shelf.make(batch.project, path, is_folder=False)
        content = shelf.storage.read(BUCKET, key_of(source)) or b""
        shelf.storage.put(BUCKET, key_of(made), content)
        stored = shelf.storage.stored(BUCKET, key_of(made))
        made.status, made.size, made.etag = AVAILABLE, source.size, source.etag
        made.seen = (stored.etag, stored.modified) if stored else None
        made.modified = shelf.clock()
        return True

    def _move(self, batch: Batch, item: Item) -> None:
        source = self._source(item.data)
        self._copy(batch, item)
        for one in [source, *self._shelf.own_below(source)]:
            self._shelf.remove(one)
        item.status = "MOVED" if item.status == "MOVED" else "PARTIALLY_MOVED"

    def _link(self, batch: Batch, item: Item) -> None:
        """A folder brings what is in it at this moment, and nothing that comes later."""
        source = self._source(item.data)
        project = self._shelf.projects[batch.project]
        if not self._shelf.projects[source.project].sharing:
            raise Problem(400, "ICA_LINK_001", "its project shares no data")
        if source.id in project.linked or source.project == project.id:
            item.status = "ALREADY_LINKED"
            return
        for one in [source, *self._shelf.own_below(source)]:
            project.linked[one.id] = one.path[len(source.parent) :]
        item.status, item.made = "LINKED", source.id

    def _unlink(self, batch: Batch, item: Item) -> None:
        project = self._shelf.projects[batch.project]
        path = project.linked.pop(item.data, None)
        if path is None:
            item.status = "ALREADY_UNLINKED"
            return
        below = [data for data, there in project.linked.items() if there.startswith(f"{path}/")]
        for data in below:
            del project.linked[data]
        item.status = "UNLINKED"

    def _update(self, batch: Batch, item: Item) -> None:
        record = self._source(item.data)
        group = next(g for g in batch.body["dataUpdateGroups"] if item.data in g["dataIds"])
        if record.is_folder and (group.get("willBeArchivedAt") or group.get("willBeDeletedAt")):
            raise Problem(400, "ICA_DATA_112", "folders have no dates")
        record.archived_at = group.get("willBeArchivedAt", record.archived_at)
        if group.get("clearWillBeArchivedAt"):
            record.archived_at = None
        added = (group.get("userTags") or {}).get("addTags") or []
        for one in [record, *self._shelf.own_below(record)]:
            one.tags["userTags"] = [*one.tags.get("userTags", []), *added]
        item.status = "UPDATED"

    def _source(self, data: str) -> Record:
        record = self._shelf.records.get(data)
        if record is None or record.status == DELETING:
            raise Problem(404, "ICA_DATA_404", "no such data")
        return record

    def _target(self, batch: Batch) -> str:
        folder = batch.body.get("destinationFolderId")
        return self._shelf.records[folder].path if folder else ""

    def _expect_own_folder(self, project: Project, body: Mapping[str, Any]) -> None:
        folder = body.get("destinationFolderId")
        if not folder:
            return
        record, _ = self._shelf.get(project, str(folder))
        if record.project != project.id or not record.is_folder:
            raise Problem(400, "ICA_DATA_113", "not into a linked folder")

    def _free(self, project: str, path: str) -> str:
        stem, dot, end = path.rpartition(".")
        number = 1
        while self._shelf.find(project, f"{stem} ({number}){dot}{end}", is_folder=False):
            number += 1
        return f"{stem} ({number}){dot}{end}"

    def _job_json(self, batch: Batch) -> dict[str, Any]:
        return {
            "id": batch.job,
            "status": self._status(batch),
            "subjectType": batch.kind.upper(),
            "subjectId": batch.id,
            "timeCreated": stamp(batch.made),
            "owner": {"id": "someone"},
        }

    def _status(self, batch: Batch) -> str:
        if batch.stopped:
            return "STOPPED"
        if batch.stage < len(STAGES):
            return STAGES[batch.stage]
        good = [item for item in batch.items if item.status in _GOOD]
        if len(good) == len(batch.items):
            return "SUCCEEDED"
        failed = [item for item in batch.items if item.status == "FAILED"]
        return "FAILED" if len(failed) == len(batch.items) else "PARTIALLY_SUCCEEDED"

    def _item_json(self, batch: Batch, item: Item) -> dict[str, Any]:
        told: dict[str, Any] = {
            "id": item.id,
            "request": {"dataId": item.data},
            "processing": {"status": item.status, "additionalStatusInformation": item.why},
        }
        made = self._shelf.records.get(item.made or "")
        if made is not None and batch.kind != "unlink":
            project = self._shelf.projects[batch.project]
            told["createdProjectData"] = project_data_json(
                project, made, made.path, self._shelf.rules
            )
        return told


_OPEN = ("QUEUED", "INITIALISED")
_GOOD = (*DONE.values(), "ALREADY_LINKED", "ALREADY_UNLINKED")


def _ids(kind: str, body: Mapping[str, Any]) -> Iterator[str]:
    if kind == "update":
        for group in body.get("dataUpdateGroups") or []:
            yield from group.get("dataIds") or []
        return
    items = body.get("items")
    if not isinstance(items, list) or not items:
        raise Problem(400, "ICA_API_005", "items are needed")
    for item in items:
        yield str(item["dataId"])


def expect_contributor(right: Right) -> None:
    if right.role not in ("CONTRIBUTOR", "ADMINISTRATOR"):
        raise Problem(403, "ICA_SEC_003", "for contributors")


def etag_of(record: Record) -> str:
    return f'"{record.id}-{record.modified:.0f}"'
