"""Uploads at One Codex, from the opening to the confirmation.

A small file goes as one form, a large one in parts to S3. Either is opened with the service, which
makes a sample for it, and is confirmed at the end. What the opening answers holds secrets; they stay
in this object. When they are lost or have run out, the sample is cancelled and the upload is gone: it
is opened anew.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from pipette.model import errors
from pipette.model.files import Location, RemoteFile
from pipette.model.parts import Handle, Part, PartCheck, PartRequest, Receipt, Reply
from pipette.providers import onecodex_forms as forms
from pipette.providers import s3_parts
from pipette.providers.onecodex_api import Calls
from pipette.providers.onecodex_forms import Form
from pipette.providers.onecodex_opening import Begun, Opening, Order, Sizes
from pipette.providers.onecodex_storage import (
    BUCKET,
    CALLBACK,
    KEY,
    UPLOAD,
    Storage,
    Storages,
    part_size_of,
)
from pipette.providers.onecodex_watch import (
    BASELINE,
    CREATED,
    PAIR,
    baseline_of,
    is_gone,
    was_taken,
)
from pipette.providers.protocol import NotYet

log = logging.getLogger(__name__)

SIZE = "size"
NAME = "name"
ASKED_LATER = "asked_later"
"""Names in ``Handle.details``. The last one: nothing is to be confirmed when the form was taken."""

FIRST = "first"
SECOND = "second"

_LONGEST_STATUS_SECONDS = 4 * 3600.0
_STATUS_STEP_SECONDS = 15.0
_REFUSED_KEYS = (errors.NotAllowed, errors.SignInNeeded)

Way = Form | Storage


class Uploads:
    """Any thread."""

    def __init__(
        self,
        calls: Calls,
        opening: Opening,
        storages: Storages,
        clock: Callable[[], float],
        sizes: Sizes,
    ) -> None:
        self._calls = calls
        self._opening = opening
        self._storages = storages
        self._clock = clock
        self._sizes = sizes
        self._lock = threading.Lock()
        self._ways: dict[tuple[str, str], Way] = {}
        """By sample and file of a pair."""
        self._confirming: set[str] = set()
        """Samples whose confirmation was sent and not answered."""

    # Opening

    def open(self, order: Order, *, again: bool) -> Handle:
        """Of a pair, this opens the second file; ``join`` then opens the first."""
        begun = self._opening.begin(order, again=again)
        try:
            for file in (FIRST, SECOND) if order.second else ("",):
                self._keep(begun.sample, file, self._way(begun, order, file))
            file = SECOND if order.second else ""
            name, size = order.to.name, order.size
            if order.second:
                name, size = order.second.name, order.second_size
            details = _details(begun, file) | {NAME: name, SIZE: str(size)}
            return self._handle(begun.sample, details, size)
        except errors.TransferError:
            self._forget(begun.sample)
            self._opening.give_up(begun.sample)
            raise

    def join(self, mate: Handle, to: Location, size: int) -> Handle:
        """Open the first file of a pair whose second one is open."""
        details = {
            **{name: mate.details[name] for name in (BASELINE, CREATED)},
            PAIR: FIRST,
            NAME: to.name,
            SIZE: str(size),
        }
        if ASKED_LATER in mate.details:
            details[ASKED_LATER] = mate.details[ASKED_LATER]
        return self._handle(mate.id or "", details, size)

    def _way(self, begun: Begun, order: Order, file: str) -> Way:
        if not begun.by_form:
            return self._storages.of(begun.answer)
        form = forms.form_of(begun.answer, second=file == SECOND, now=begun.at)
        self._expect_safe(form.url)
        if order.largest > form.largest:
            raise errors.TooLarge(f"{order.largest} bytes, at most {form.largest} in one piece")
        return form

    def _expect_safe(self, url: str) -> None:
        if self._calls.base.startswith("https:") and urlsplit(url).scheme != "https":
            raise errors.Refused("the service gave an address without encryption")

    def _handle(self, sample: str, details: dict[str, str], size: int) -> Handle:
        way = self._ways.get((sample, details.get(PAIR, "")))
        if way is None:
            raise errors.Temporary("what the opening answered is lost")
        if isinstance(way, Form):
            if way.calls_back or way.status_url:
                details[ASKED_LATER] = "callback" if way.calls_back else "status"
            return Handle(max(size, 1), sample, check=PartCheck.MD5_REPLY, details=details)
        key = way.second_key if details.get(PAIR) == SECOND else way.key
        details |= {
            BUCKET: way.bucket,
            KEY: key,
            CALLBACK: way.callback,
            UPLOAD: way.open(key),
        }
        part_size = part_size_of(size, self._sizes.part_step)
        return Handle(part_size, sample, check=PartCheck.MD5_REPLY, details=details)

    # Parts

    def request(self, handle: Handle, part: Part) -> PartRequest:
        way = self._way_of(handle)
        if way is None:
            raise errors.UploadGone("what the opening answered is lost")
        if isinstance(way, Storage):
            return way.request(handle, part)
        if self._clock() - way.begun_at > forms.LASTS_SECONDS:
            raise self._lost(handle, "the form may have run out")
        return way.request(handle.details[NAME])

    def receipt(self, handle: Handle, part: Part, reply: Reply) -> Receipt:
        try:
            if BUCKET in handle.details:
                return s3_parts.receipt_of(handle, part, reply)
            return forms.receipt_of(part, reply)
        except (*_REFUSED_KEYS, errors.UploadGone) as refused:
            raise self._lost(handle, refused.detail) from refused

    def parts(self, handle: Handle, known: Sequence[Receipt]) -> Sequence[Receipt]:
        """What is there. Raises UploadGone, also when it was confirmed in the meantime."""
        sample = self._calls.sample(handle.id or "")
        if was_taken(handle, sample):
            raise errors.UploadGone("the sample was taken in already")
        if is_gone(handle, sample):
            self._forget(handle.id or "")
            raise errors.UploadGone("the sample is gone")
        way = self._way_of(handle)
        if isinstance(way, Storage):
            return self._listed(way, handle, known)
        if BUCKET not in handle.details and known:
            return _unproven(known)
        if way is None:
            raise self._lost(handle, "what the opening answered is lost")
        return ()

    def _listed(self, way: Storage, handle: Handle, known: Sequence[Receipt]) -> Sequence[Receipt]:
        try:
            return way.parts(handle)
        except errors.SignInNeeded as refused:
            raise self._lost(handle, refused.detail) from refused
        except errors.UploadGone as gone:
            if sum(receipt.length for receipt in known) == int(handle.details[SIZE]):
                # Put together by an earlier close, perhaps: the confirmation will tell.
                return _unproven(known)
            raise self._lost(handle, gone.detail) from gone

    # The end

    def close(
        self, to: Location, handle: Handle, receipts: Sequence[Receipt], size: int
    ) -> RemoteFile:
        etag, certain = self._put_together(handle, receipts, size)
        if handle.details.get(PAIR) != SECOND and ASKED_LATER not in handle.details:
            self._confirm(handle, certain=certain)
        return RemoteFile(to, id=handle.id, etag=etag or None)

    def pending(self, handle: Handle) -> NotYet | None:
        """The older way by form: the storage hands the file on, and is asked whether it did."""
        if ASKED_LATER not in handle.details or handle.details.get(PAIR) == SECOND:
            return None
        way = self._way_of(handle)
        if isinstance(way, Form) and way.status_url:
            late = self._clock() - way.begun_at > _LONGEST_STATUS_SECONDS
            if not late and not forms.is_handed_on(self._calls, way.status_url, handle.id or ""):
                return NotYet(_STATUS_STEP_SECONDS)
        if handle.details[ASKED_LATER] == "status":
            self._confirm(handle, certain=True)
        self._forget(handle.id or "")
        return None

    def abort(self, handle: Handle) -> None:
        way = self._way_of(handle)
        if isinstance(way, Storage):
            way.abort(handle)
        self._cancel(handle)
        self._forget(handle.id or "")

    def _put_together(
        self, handle: Handle, receipts: Sequence[Receipt], size: int
    ) -> tuple[str, bool]:
        """The ETag, and whether the parts are known to be one file now."""
        if BUCKET not in handle.details:
            return receipts[0].etag, True
        way = self._way_of(handle)
        if not isinstance(way, Storage):
            raise self._lost(handle, "what the opening answered is lost")
        try:
            return way.complete(handle, receipts, size), True
        except errors.UploadGone as gone:
            log.info("Perhaps put together before, its answer lost: %s", gone.detail)
            return "", False
        except _REFUSED_KEYS as refused:
            raise self._lost(handle, refused.detail) from refused

    def _confirm(self, handle: Handle, *, certain: bool) -> None:
        """An unanswered confirmation is settled by looking, not by sending it again."""
        sample = handle.id or ""
        with self._lock:
            unanswered = sample in self._confirming
            self._confirming.add(sample)
        if unanswered and was_taken(handle, self._calls.sample(sample)):
            raise errors.UploadGone("confirmed before, the answer was lost")
        try:
            self._tell(handle)
        except errors.Refused as refused:
            self._settle_refusal(handle, refused, certain=certain)
        with self._lock:
            self._confirming.discard(sample)

    def _tell(self, handle: Handle) -> None:
        told = handle.details
        if BUCKET in told:
            path = f"s3://{told[BUCKET]}/{told[KEY]}"
            self._calls.call_back(told[CALLBACK], path, told[NAME])
        else:
            self._calls.confirm(handle.id or "")

    def _settle_refusal(self, handle: Handle, refused: errors.Refused, *, certain: bool) -> None:
        now = self._calls.sample(handle.id or "")
        if was_taken(handle, now):
            return
        if is_gone(handle, now):
            self._forget(handle.id or "")
            raise errors.UploadGone(refused.detail) from refused
        if not certain:
            raise self._lost(handle, refused.detail) from refused
        raise refused

    def forget(self, handle: Handle) -> None:
        """It has come to its end."""
        self._forget(handle.id or "")

    # Leaving

    def _lost(self, handle: Handle, why: str) -> errors.UploadGone:
        """Cancel what cannot go on, so that nothing is left behind, and say that it is gone."""
        self._cancel(handle)
        self._forget(handle.id or "")
        return errors.UploadGone(why)

    def _cancel(self, handle: Handle) -> None:
        """One that is gone, or has its data, is no error: what arrived whole stays."""
        try:
            self._calls.cancel(handle.id or "")
        except errors.Refused as refused:
            now = self._calls.sample(handle.id or "")
            if now is None or is_gone(handle, now):
                return
            if not was_taken(handle, now):
                raise
            log.info("Not cancelled, the sample has its data: %s", refused.detail)

    # What the openings answered

    def _way_of(self, handle: Handle) -> Way | None:
        return self._ways.get((handle.id or "", handle.details.get(PAIR, "")))

    def _keep(self, sample: str, file: str, way: Way) -> None:
        with self._lock:
            self._ways[sample, file] = way

    def _forget(self, sample: str) -> None:
        with self._lock:
            for file in ("", FIRST, SECOND):
                self._ways.pop((sample, file), None)
            self._confirming.discard(sample)


def _details(begun: Begun, file: str) -> dict[str, str]:
    created = begun.baseline.created if begun.baseline else None
    details = {BASELINE: baseline_of(begun.baseline), CREATED: str(created or begun.at)}
    return {**details, PAIR: file} if file else details


def _unproven(known: Sequence[Receipt]) -> list[Receipt]:
    """As a service lists parts: it vouches for none of our checksums."""
    return [replace(receipt, proven=False) for receipt in known]
