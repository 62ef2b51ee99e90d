"""Rows of the journal and the values they stand for."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping
from typing import Any

from pipette.engine.records import Batch, Transfer
from pipette.model.errors import error_of_kind
from pipette.model.files import Location
from pipette.model.parts import Handle, PartCheck, Proof, Receipt
from pipette.model.stages import (
    Cancelled,
    Done,
    Finished,
    Halted,
    Leaving,
    Orphaned,
    Queued,
    Resuming,
    Running,
    Skipped,
    Stage,
    Unchecked,
)
from pipette.model.transfer import (
    BatchId,
    BatchOptions,
    Direction,
    IfExists,
    Problem,
    State,
    TransferId,
)


def stage_from_row(row: sqlite3.Row, receipts: Mapping[int, Receipt]) -> Stage:
    """Where the walk goes on after a restart: nothing is in flight then."""
    ended = _end_from_row(row)
    if ended is not None:
        return ended
    at = _place_from_row(row, receipts)
    if row["state"] in {State.NEEDS_YOU.value, State.FAILED.value} and row["error_kind"]:
        return Halted(at, error_of_kind(row["error_kind"], row["error_detail"] or ""))
    return Halted(at) if row["paused"] else at


def _end_from_row(row: sqlite3.Row) -> Finished | None:
    """What has ended stays ended, whatever is ordered of it later."""
    match State(row["state"]):
        case State.VERIFIED | State.SIZE_MATCHED | State.UNPROVEN:
            return Done(Proof(row["proof"]))
        case State.SKIPPED | State.LEFT_OUT:
            return Skipped()
        case State.CANCELLED:
            return Cancelled()
    return None


def _place_from_row(row: sqlite3.Row, receipts: Mapping[int, Receipt]) -> Running:
    again = row["leaving"] == "again"
    if row["handle"] is None:
        return Orphaned(again) if row["leaving"] else Queued()
    handle = handle_from_json(json.loads(row["handle"]))
    if row["leaving"]:
        return Leaving(handle, again=again)
    if row["closed"]:
        return Unchecked(handle, row["part_count"])
    landed = sum(1 << (number - 1) for number in receipts)
    return Resuming(handle, row["part_count"], landed)


def batch_from_row(row: sqlite3.Row) -> Batch:
    return Batch(
        id=BatchId(row["id"]),
        direction=Direction(row["direction"]),
        name=row["name"],
        place=Location(row["account"], row["container"], row["path"]),
        local=row["local"],
        given=tuple(json.loads(row["given"])),
        options=options_from_json(json.loads(row["options"])),
        created_at=row["created_at"],
        order=row["queue_order"],
        scanned=bool(row["scanned"]),
        paused=bool(row["paused"]),
        listed=bool(row["listed"]),
        finished_at=row["finished_at"],
        problem=problem_from_json(row["problem"]),
        files=row["files"],
        size=row["size"],
        arrived=row["arrived"],
        sent_bytes=row["sent_bytes"],
        counts=Counter({State(name): number for name, number in json.loads(row["counts"]).items()}),
    )


def transfer_from_row(batch: Batch, row: sqlite3.Row) -> Transfer:
    state = State(row["state"])
    kind = row["error_kind"]
    return Transfer(
        id=TransferId(row["id"]),
        batch=batch.id,
        direction=batch.direction,
        account=batch.place.account,
        position=row["position"],
        name=row["name"],
        at_service=_at_service(batch, row["path"]),
        local=row["local"],
        size=row["size"],
        mtime_ns=row["mtime_ns"],
        mate=row["mate"],
        shown=state,
        may_replace=bool(row["may_replace"]),
        rule=IfExists(row["rule"]) if row["rule"] else None,
        look=bool(row["look"]),
        opening_key=row["opening_key"],
        asked_before=row["opening_key"] is not None,
        proof=Proof(row["proof"]),
        md5=row["md5"],
        etag=row["etag"],
        remote_id=row["remote_id"],
        remote_size=row["remote_size"],
        attempts=row["attempts"],
        problem=Problem(kind, row["error_detail"] or "", row["error_at"] or 0.0) if kind else None,
        reused_parts=row["reused_parts"],
        sent_bytes=row["sent_bytes"],
        renamed_to=row["renamed_to"],
        finished_at=row["finished_at"],
        finish_order=row["finish_order"],
    )


def _at_service(batch: Batch, path: str) -> Location:
    """Each row of an import may have a project of its own; its path begins with that."""
    container = "" if batch.direction is Direction.IMPORT else batch.place.container
    return Location(batch.place.account, container, path)


def new_row(t: Transfer) -> tuple[object, ...]:
    """The values of a transfer that is written down for the first time."""
    return (
        t.id,
        t.batch,
        t.position,
        t.name,
        t.at_service.path,
        t.local,
        t.size,
        t.mtime_ns,
        t.shown.value,
        t.may_replace,
        t.look,
        t.etag,
        t.remote_id,
        t.remote_size,
        t.renamed_to,
        t.problem.kind if t.problem else None,
        t.problem.detail if t.problem else None,
        t.finished_at,
        t.finish_order,
        t.mate,
    )


_STATE_COLUMNS = (
    "state", "paused", "arrived", "error_kind", "error_detail", "error_at", "proof", "md5",
    "etag", "remote_id", "remote_size", "attempts", "reused_parts", "sent_bytes", "renamed_to",
    "finished_at", "finish_order", "may_replace", "rule", "look", "local", "path", "size",
    "mtime_ns",
)  # fmt: skip
_FINAL, _ID = len(_STATE_COLUMNS), len(_STATE_COLUMNS) + 1


def _value(index: int) -> str:
    return f"json_extract(rows.value, '$[{index}]')"


SAVE_STATES = " ".join(
    (
        "UPDATE transfer SET",
        ", ".join(f"{name}={_value(index)}" for index, name in enumerate(_STATE_COLUMNS)),
        f", handle=CASE WHEN {_value(_FINAL)} THEN NULL ELSE handle END",
        f", opening_key=CASE WHEN {_value(_FINAL)} THEN NULL ELSE opening_key END",
        f"FROM json_each(?) AS rows WHERE transfer.id={_value(_ID)}",
    )
)
"""Takes a JSON list of what ``state_row`` gives."""


def state_row(t: Transfer) -> tuple[object, ...]:
    """Its state, problem, proof and figures as they are now."""
    final = t.shown.is_final and t.handle is None
    paused = isinstance(t.stage, Halted) and t.stage.error is None
    return (
        t.shown.value,
        paused,
        t.arrived,
        t.problem.kind if t.problem else None,
        t.problem.detail if t.problem else None,
        t.problem.since if t.problem else None,
        t.proof.value,
        t.md5,
        t.etag,
        t.remote_id,
        t.remote_size,
        t.attempts,
        t.reused_parts,
        t.sent_bytes,
        t.renamed_to,
        t.finished_at,
        t.finish_order,
        t.may_replace,
        t.rule.value if t.rule else None,
        t.look,
        t.local,
        t.at_service.path,
        t.size,
        t.mtime_ns,
        final,
        t.id,
    )


def receipt_from_row(row: sqlite3.Row) -> Receipt:
    crc = row["crc64nvme"]
    return Receipt(
        number=row["number"],
        length=row["length"],
        etag=row["etag"],
        crc64nvme=None if crc is None else int(crc, 16),
        md5=row["md5"],
        proven=bool(row["proven"]),
    )


def handle_to_json(handle: Handle) -> dict[str, object]:
    return {
        "id": handle.id,
        "part_size": handle.part_size,
        "resumable": handle.resumable,
        "check": handle.check.value,
        "details": dict(handle.details),
        "in_turn": handle.in_turn,
    }


def handle_from_json(data: dict[str, Any]) -> Handle:
    return Handle(
        part_size=data["part_size"],
        id=data["id"],
        resumable=data["resumable"],
        check=PartCheck(data["check"]),
        details=data["details"],
        in_turn=data.get("in_turn", False),
    )


def options_to_json(options: BatchOptions) -> dict[str, object]:
    return {
        "if_exists": options.if_exists.value,
        "md5": options.md5,
        "operator": options.operator,
        "tags": options.tags,
    }


def options_from_json(data: dict[str, Any]) -> BatchOptions:
    return BatchOptions(
        IfExists(data["if_exists"]),
        data["md5"],
        data.get("operator", ""),
        tuple(map(str, data.get("tags", ()))),
    )


def problem_to_json(problem: Problem | None) -> str | None:
    return None if problem is None else json.dumps([problem.kind, problem.detail, problem.since])


def problem_from_json(text: str | None) -> Problem | None:
    return None if text is None else Problem(*json.loads(text))
