"""Multipart uploads at Seven Bridges: begun, told of parts, completed, removed.

The platform rules the size of parts. It is told of all parts when the upload is completed, so that
a part costs one call; parts sent in an earlier run are told when the upload is taken up again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipette.model import errors
from pipette.model.files import GiB, Location, MiB, TiB
from pipette.model.parts import Handle, Limits, PartCheck, Receipt, count_parts, part_at
from pipette.providers.protocol import OpenUpload
from pipette.providers.sevenbridges_api import Api, segment
from pipette.providers.sevenbridges_errors import (
    NOT_COMPLETED,
    PARTS_NOT_ACCEPTED,
    code_of,
    told,
)
from pipette.providers.sevenbridges_folders import Place, seconds_of
from pipette.providers.sevenbridges_parts import report_of, reported
from pipette.providers.web import Answer, Params

log = logging.getLogger(__name__)

LIMITS = Limits(
    largest_file=5 * TiB,
    most_parts=10_000,
    smallest_part=5 * MiB,
    largest_part=5 * GiB,
    preferred_part=64 * MiB,
    whole=0,
)
PREFERRED_PARTS = 1000
REPORTED_AT_ONCE = 50
_UPLOADS = "/upload/multipart"
_CLOCKS_APART = 600.0

SIZE = "size"
PROJECT = "project"
BEGUN = "begun"
"""Names in ``Handle.details``; ``begun`` is the platform's time in seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class NewFile:
    """What an upload is begun for."""

    place: Place
    name: str
    size: int


class Openings:
    """When each opening was first asked for, until it is answered. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since: dict[str, float] = {}

    def note(self, key: str, now: float) -> None:
        with self._lock:
            self._since.setdefault(key, now)

    def began(self, key: str) -> float:
        """Zero for one of an earlier run."""
        with self._lock:
            return self._since.get(key, 0.0)

    def drop(self, key: str) -> None:
        with self._lock:
            self._since.pop(key, None)


def wished_part_size(size: int) -> int:
    """About a thousand parts of whole MiB: each costs a call."""
    needed = -(-size // (PREFERRED_PARTS * MiB)) * MiB
    return min(max(LIMITS.preferred_part, needed), LIMITS.largest_part)


def begin(api: Api, new: NewFile, *, may_replace: bool) -> Handle:
    """Raises NameTaken, NameRefused, TooLarge …"""
    wish = wished_part_size(new.size)
    body = {"name": new.name, "size": new.size, "part_size": wish, **new.place.named}
    answer = api.ask("POST", _UPLOADS, {"overwrite": "true"} if may_replace else None, body)
    upload = answer.data
    handle = Handle(
        part_size=int(upload.get("part_size") or wish),
        id=str(upload["upload_id"]),
        check=PartCheck.MD5_REPLY,
        in_turn=upload.get("parallel_uploads") is False,
        details={
            SIZE: str(new.size),
            PROJECT: new.place.project,
            BEGUN: str(int(api.now(answer))),
        },
    )
    _expect_usable(api, handle, new.size)
    return handle


def _expect_usable(api: Api, handle: Handle, size: int) -> None:
    usable = 0 < handle.part_size <= LIMITS.largest_part
    if usable and count_parts(size, handle.part_size) <= LIMITS.most_parts:
        return
    abort(api, handle)
    raise errors.TooLarge(f"the platform wants parts of {handle.part_size} bytes of {size}")


def remove_unanswered(api: Api, new: NewFile, since: float) -> None:
    """Remove uploads for this very file that nothing was sent to and that are not older.

    Their opening was never heard of by us.
    """
    for item in _mine(api):
        began = seconds_of(item.get("initiated"))
        if item.get("name") != new.name or (began is not None and began < since - _CLOCKS_APART):
            continue
        try:
            _remove_if_unused(api, str(item["upload_id"]), new.place)
        except errors.UploadGone:
            log.debug("An upload was gone before it could be removed")


def _remove_if_unused(api: Api, upload: str, place: Place) -> None:
    info = api.get(f"{_UPLOADS}/{segment(upload)}")
    where = (str(info.get("project") or "").lower(), str(info.get("parent") or ""))
    same = where[1] == place.folder if place.folder else where[0] == place.project.lower()
    if same and not info.get("uploaded_parts_count"):
        log.info("An upload whose opening was never answered is removed")
        api.ask("DELETE", f"{_UPLOADS}/{segment(upload)}")


def _mine(api: Api) -> Iterator[Mapping[str, Any]]:
    yield from api.get(_UPLOADS)["items"]


def signed_part(api: Api, handle: Handle, number: int) -> Mapping[str, Any]:
    """An address for one part, to be used at once."""
    signed: Mapping[str, Any] = _ask(api, "GET", handle, f"/part/{number}").data
    return signed


def parts(api: Api, handle: Handle, known: Sequence[Receipt]) -> list[Receipt]:
    """The parts the platform knows of, after it was told of those we know."""
    info = _ask(api, "GET", handle, params={"list_parts": "true"}).data
    if info.get("part_size") not in (None, handle.part_size):
        raise errors.UploadGone("the platform cuts this upload otherwise now")
    held = reported(info.get("parts") or ())
    fresh = [one for one in known if held.get(one.number) != one.etag]
    for start in range(0, len(fresh), REPORTED_AT_ONCE):
        batch = fresh[start : start + REPORTED_AT_ONCE]
        accepted = _report(api, handle, batch)
        for one in batch:
            held.pop(one.number, None)
        held |= {one.number: one.etag for one in batch} if accepted else {}
    size = int(handle.details[SIZE])
    return [
        Receipt(number, part_at(number, size, handle.part_size).length, held[number])
        for number in sorted(held)
    ]


def _report(api: Api, handle: Handle, batch: Sequence[Receipt]) -> bool:
    """False when the platform does not take them: they are sent again."""
    body = {"parts": [report_of(receipt) for receipt in batch]}
    answer = _ask(api, "POST", handle, body=body, known=PARTS_NOT_ACCEPTED)
    accepted = code_of(answer) not in PARTS_NOT_ACCEPTED
    if not accepted:
        log.warning("The platform did not take the report of %s parts", len(batch))
    return accepted


def complete(api: Api, handle: Handle, receipts: Sequence[Receipt]) -> Mapping[str, Any]:
    """The new file. What the platform lacks is told it once more before this is given up."""
    answer = _complete(api, handle, receipts)
    if code_of(answer) == NOT_COMPLETED:
        log.warning("The upload could not be completed: %s", told(answer.data)[1])
        parts(api, handle, receipts)
        answer = _complete(api, handle, receipts)
    if code_of(answer) == NOT_COMPLETED:
        abort(api, handle)
        raise errors.UploadGone(f"not to be completed: {told(answer.data)[1]}")
    made: Mapping[str, Any] = answer.data
    return made


def _complete(api: Api, handle: Handle, receipts: Sequence[Receipt]) -> Answer:
    body = {"parts": [report_of(receipt) for receipt in receipts]}
    return _ask(api, "POST", handle, "/complete", body=body, known=(NOT_COMPLETED,))


def abort(api: Api, handle: Handle) -> None:
    try:
        _ask(api, "DELETE", handle)
    except errors.UploadGone:
        log.debug("An upload was gone before it was removed")


def unfinished(api: Api, account: str, container: str) -> list[OpenUpload]:
    """Open uploads into this project. In which folder of it is not told."""
    return [
        OpenUpload(
            Location(account, container, str(item["name"])),
            Handle(LIMITS.preferred_part, str(item["upload_id"]), check=PartCheck.MD5_REPLY),
            seconds_of(item.get("initiated")),
        )
        for item in _mine(api)
        if str(item.get("project", "")).lower() == container.lower()
    ]


def _ask(
    api: Api,
    method: str,
    handle: Handle,
    below: str = "",
    *,
    params: Params | None = None,
    body: object = None,
    known: Collection[int] = (),
) -> Answer:
    """A call about one upload. Those that end it may use what is kept back of the allowance."""
    if not handle.id:
        raise errors.UploadGone("nothing was opened")
    path = f"{_UPLOADS}/{segment(handle.id)}{below}"
    try:
        return api.ask(method, path, params, body, urgent=method != "GET", known=known)
    except errors.RemoteMissing as gone:
        raise errors.UploadGone(gone.detail) from gone
