"""Uploads as BaseSpace keeps them: begun, refused, completed, looked at again, aborted.

BaseSpace is never told how large a file will be, so it cannot know that parts are missing. Only we
can: an upload is completed when every part has its receipt, and believed when the size is right.
What a status code means here is not documented, so after a conflict the state itself is asked for.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipette.model import errors
from pipette.model.files import Location
from pipette.model.parts import Handle, Receipt
from pipette.providers.basespace_api import Api, Clock
from pipette.providers.basespace_listing import Listing
from pipette.providers.basespace_names import Target, composed
from pipette.providers.basespace_parts import APP_RESULT, NEW_ONLY, SESSION
from pipette.providers.basespace_places import Places
from pipette.providers.basespace_rows import COMPLETE, PENDING, AppResult, File

log = logging.getLogger(__name__)

LOOK_SECONDS = 30.0
"""So long a listing of a folder is believed before a small file is sent into it."""
MOST_FOLDERS = 256
ASSEMBLY_SECONDS = 600.0
"""So long a completed upload may stay pending."""
_GONE = (errors.NotAllowed, errors.RemoteMissing)
"""An id that BaseSpace does not know (any more); it calls that a missing right."""


@dataclass(slots=True)
class _Looked:
    at: float
    files: dict[str, File] = field(default_factory=dict)


class Uploads:
    """Any thread."""

    def __init__(self, api: Api, places: Places, listing: Listing, clock: Clock) -> None:
        self._api = api
        self._places = places
        self._listing = listing
        self._clock = clock
        self._lock = threading.Lock()
        self._looked: dict[tuple[str, str], _Looked] = {}
        self._pending_since: dict[str, float] = {}

    # Begin

    def begin(self, to: Location, target: Target) -> tuple[AppResult, File]:
        """Begin an upload in parts, in a new app result should this one take no more files."""
        for _ in range(2):
            place = self._places.writable(to.container, target.app_result)
            begun = self._initiated(place, target)
            if begun is not None:
                return place, begun
        raise errors.Refused("the upload cannot be begun: a conflict that does not go away")

    def _initiated(self, place: AppResult, target: Target) -> File | None:
        """None when another try is worth it. Raises NameTaken."""
        try:
            begun = self._api.initiate(place.id, target.directory, target.name, target.content_type)
        except errors.NotAllowed:
            if self._still_runs(place.id, place.session):
                raise
            return None
        if begun is None:
            if self._still_runs(place.id, place.session):
                self.expect_free(place.id, target, fresh=True)
            return None
        if begun.status != PENDING:
            raise errors.Temporary(f"an upload that is {begun.status or 'nothing'} from the start")
        return begun

    def _still_runs(self, app_result: str, session: str) -> bool:
        """Whether its app session takes files; if not, nothing is written there again."""
        if self._places.is_running(session):
            return True
        log.info("App result %s takes no more files: its session has ended", app_result)
        self._places.ended(app_result)
        return False

    def remove_unanswered(self, app_result: str, target: Target) -> None:
        """Abort uploads of this very path that hold nothing: their opening was never heard of."""
        for file in self._api.all_files(app_result, target.directory):
            if composed(file.path) == target.path and file.status in ("", PENDING):
                self._abort_if_empty(file)

    def _abort_if_empty(self, file: File) -> None:
        try:
            if self._api.file(file.id).status == PENDING and not self._api.listed_parts(file.id):
                self._api.abort(file.id)
        except (errors.Refused, errors.Unavailable, errors.Temporary) as error:
            log.info("An opening without answer could not be looked into: %s", error.kind)

    # Names

    def expect_free(
        self, app_result: str, target: Target, own: str = "", *, fresh: bool = False
    ) -> None:
        """Raises NameTaken when a whole file of this path, other than ``own``, is there."""
        looked = self._look(app_result, target.directory, fresh=fresh)
        found = looked.files.get(target.path)
        if found is not None and found.id != own and self._listing.is_whole(found):
            raise errors.NameTaken(f"file {found.id} has this path")

    def _look(self, app_result: str, directory: str, *, fresh: bool) -> _Looked:
        key = (app_result, directory)
        now = self._clock()
        with self._lock:
            known = self._looked.get(key)
        if known is not None and not fresh and 0 <= now - known.at < LOOK_SECONDS:
            return known
        files = self._api.all_files(app_result, directory)
        # Of one path the finished one counts, whichever was begun first.
        rows = sorted(files, key=lambda file: file.status == COMPLETE or bool(file.etag))
        looked = _Looked(now, {composed(file.path): file for file in rows})
        with self._lock:
            if len(self._looked) >= MOST_FOLDERS:
                self._looked.clear()
            self._looked[key] = looked
        return looked

    # Refusals

    def why_part_refused(
        self, handle: Handle, refused: errors.TransferError
    ) -> errors.TransferError:
        """What a conflict or a missing right means for a part of this upload."""
        try:
            found = self._api.file(handle.id or "")
        except _GONE:
            return errors.UploadGone(refused.detail)
        if found.status != PENDING or not self.runs(handle):
            return errors.UploadGone(refused.detail)
        return refused

    def why_whole_refused(
        self, handle: Handle, refused: errors.TransferError
    ) -> errors.TransferError:
        """What a conflict or a missing right means for a small file."""
        return refused if self.runs(handle) else errors.Temporary(refused.detail)

    def runs(self, handle: Handle) -> bool:
        """Whether the app session of this upload still takes files."""
        return self._still_runs(handle.details.get(APP_RESULT, ""), handle.details.get(SESSION, ""))

    # Going on

    def expect_open(self, handle: Handle) -> None:
        """Raises UploadGone unless parts can still be sent."""
        try:
            found = self._api.file(handle.id or "")
        except _GONE as error:
            raise errors.UploadGone(error.detail) from error
        if found.status != PENDING:
            raise errors.UploadGone(f"the upload is {found.status}")
        if not self.runs(handle):
            raise errors.UploadGone("its app session has ended")

    def parts(self, handle: Handle, known: Sequence[Receipt]) -> Sequence[Receipt]:
        """What BaseSpace lists, where it lists anything we can read; else what we remember."""
        try:
            listed = self._api.listed_parts(handle.id or "")
        except errors.SignInNeeded:
            raise
        except (errors.Refused, errors.Unavailable, errors.Temporary) as error:
            log.info("Parts of file %s are not listed: %s", handle.id, error.kind)
            return known
        return [Receipt(part.number, part.size, part.etag) for part in listed]

    # The end

    def complete(
        self, target: Target, handle: Handle, receipts: Sequence[Receipt], size: int
    ) -> File:
        """Raises UploadGone, NameTaken, and Temporary while nothing certain is known."""
        if sum(receipt.length for receipt in receipts) != size:
            raise errors.Mismatch("the receipts do not add up to the file")
        if NEW_ONLY in handle.details:
            self.expect_free(handle.details[APP_RESULT], target, own=handle.id or "", fresh=True)
        try:
            done = self._api.complete(handle.id or "")
        except _GONE as error:
            raise errors.UploadGone(error.detail) from error
        if done is None:
            raise self._why_not_complete(handle, receipts)
        return done

    def _why_not_complete(
        self, handle: Handle, receipts: Sequence[Receipt]
    ) -> errors.TransferError:
        self.expect_open(handle)
        if self._lacks_parts(handle, receipts):
            self.abort(handle.id or "")
            return errors.UploadGone("parts are missing that had been taken")
        return errors.Temporary("not completed yet: a conflict")

    def _lacks_parts(self, handle: Handle, receipts: Sequence[Receipt]) -> bool:
        """Certain only where BaseSpace lists parts in a form we know."""
        there = {(part.number, part.etag) for part in self.parts(handle, receipts)}
        return any((receipt.number, receipt.etag) not in there for receipt in receipts)

    def abort(self, file: str) -> None:
        """Only what is pending: a file that is whole is never touched."""
        try:
            if self._api.file(file).status == PENDING:
                self._api.abort(file)
        except (errors.Refused, errors.Unavailable) as error:
            log.info("Upload %s could not be aborted: %s", file, error.kind)

    def state(self, handle: Handle) -> File | None:
        """What became of this upload; None when BaseSpace knows nothing of it."""
        try:
            found = self._api.file(handle.id or "")
        except _GONE:
            return None
        if found.status != PENDING:
            with self._lock:
                self._pending_since.pop(found.id, None)
        return found

    def is_late(self, file: str) -> bool:
        """Whether this completed upload has been pending for too long, since we first saw it."""
        now = self._clock()
        with self._lock:
            since = self._pending_since.setdefault(file, now)
        return now - since >= ASSEMBLY_SECONDS
