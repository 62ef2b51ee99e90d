"""Which small buttons a row offers. The window only offers; what happens is the queue's business."""

from __future__ import annotations

from pipette.model.drs_manifest import FAULTS
from pipette.model.transfer import BatchSnapshot, Direction, FileSnapshot, State
from pipette.ui.roles import RowAction

_ARRIVED = frozenset({State.VERIFIED, State.SIZE_MATCHED, State.UNPROVEN, State.IMPORTED})

ACTION_WORDS = {
    RowAction.PAUSE: "Pause",
    RowAction.RESUME: "Resume",
    RowAction.RETRY: "Try again",
    RowAction.CANCEL: "Cancel",
    RowAction.COPY_LINK: "Copy link",
    RowAction.RECEIPT: "Receipt",
    RowAction.FIRST_IN_LINE: "First in line",
    RowAction.SIGN_IN: "Paste new key",
    RowAction.DECIDE: "Decide",
    RowAction.SHOW_LOCAL: "Show on disk",
}


def batch_actions(batch: BatchSnapshot, place_in_line: int | None) -> tuple[RowAction, ...]:
    """At most three, left to right."""
    state = batch.state
    if state.is_final:
        return _finished_batch(batch)
    if state is State.NEEDS_SIGN_IN:
        return RowAction.SIGN_IN, RowAction.CANCEL
    if batch.paused or state is State.PAUSED:
        return RowAction.RESUME, RowAction.CANCEL
    if state is State.NEEDS_YOU:
        return RowAction.RETRY, RowAction.CANCEL
    if state is State.WAITING and (place_in_line or 0) > 1:
        return RowAction.FIRST_IN_LINE, RowAction.PAUSE, RowAction.CANCEL
    return RowAction.PAUSE, RowAction.CANCEL


def file_actions(file: FileSnapshot) -> tuple[RowAction, ...]:
    """At most three, left to right."""
    state = file.state
    if file.direction is Direction.IMPORT:
        return _import_actions(file)
    if state in _ARRIVED:
        return _where_it_is(file.direction), RowAction.RECEIPT
    if state in {State.NEEDS_YOU, State.FAILED}:
        return RowAction.RETRY, RowAction.CANCEL
    if state is State.NEEDS_SIGN_IN:
        return RowAction.SIGN_IN, RowAction.CANCEL
    if state.is_final:
        return (RowAction.RETRY,) if state is State.CANCELLED else ()
    if state is State.PAUSED:
        return RowAction.RESUME, RowAction.CANCEL
    return RowAction.PAUSE, RowAction.CANCEL


def _import_actions(file: FileSnapshot) -> tuple[RowAction, ...]:
    """A row cannot be paused by itself, nor taken back once the platform has it."""
    retry = (RowAction.RETRY,) if may_import_again(file) else ()
    match file.state:
        case State.IMPORTED:
            return (RowAction.RECEIPT,)
        case State.WAITING:
            return (RowAction.CANCEL,)
        case State.NEEDS_YOU:
            return (*retry, RowAction.CANCEL)
        case State.NEEDS_SIGN_IN:
            return (RowAction.SIGN_IN,)
    return retry


def may_import_again(file: FileSnapshot) -> bool:
    """Not a row that was set aside: it must be mended in the list first."""
    stopped = {State.FAILED, State.NEEDS_YOU, State.CANCELLED}
    is_at_fault = file.problem is not None and file.problem.kind in FAULTS
    return file.state in stopped and not is_at_fault


def _finished_batch(batch: BatchSnapshot) -> tuple[RowAction, ...]:
    if batch.count(State.FAILED):
        return RowAction.RETRY, RowAction.RECEIPT
    if batch.direction is Direction.DOWNLOAD:
        return RowAction.SHOW_LOCAL, RowAction.RECEIPT
    return (RowAction.RECEIPT,)


def _where_it_is(direction: Direction) -> RowAction:
    return RowAction.SHOW_LOCAL if direction is Direction.DOWNLOAD else RowAction.COPY_LINK
