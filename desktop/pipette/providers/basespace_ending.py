"""Completing app sessions, which is final: no file can be added afterwards.

So it is done only when every file of the batch is listed there, and only to sessions that Pipette
began. A session is never aborted; one with files missing stays open until somebody sends them.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence

from pipette.model import errors
from pipette.model.files import Location
from pipette.providers.basespace_api import MARK, Api
from pipette.providers.basespace_listing import Listing
from pipette.providers.basespace_names import split_path
from pipette.providers.basespace_places import Places
from pipette.providers.basespace_rows import COMPLETE, AppResult, File, Project

log = logging.getLogger(__name__)

MOST_LOOKS = 6
"""A listing may lag behind; so often it is looked at again before files count as missing."""


class Ending:
    """Any thread."""

    def __init__(self, api: Api, places: Places, listing: Listing) -> None:
        self._api = api
        self._places = places
        self._listing = listing
        self._lock = threading.Lock()
        self._looks: dict[Location, int] = {}

    def end(self, place: Location, names: Sequence[str], size: int) -> None:
        """Raises Temporary while files are not listed yet, RemoteMissing when that does not end."""
        project = self._places.expected_project(place.container)
        paths = [split_path(name) for name in names if not name.endswith("/")]
        tops = dict.fromkeys(top for top, inside in paths if inside)
        open_ones = {top: self._open_ones(project, top) for top in tops}
        if not any(open_ones.values()):
            return
        held = {top: self._listing.merged_files(project, top) for top in tops}
        self._expect_everything(place, paths, held, size)
        for rows in open_ones.values():
            for row in rows:
                self._complete(row)

    def _open_ones(self, project: Project, top: str) -> list[AppResult]:
        """Those whose session we began and nobody has ended."""
        named = self._places.named(project, top, fresh=True)
        return [row for row in named if row.is_running and self._is_ours(row)]

    def _is_ours(self, row: AppResult) -> bool:
        ours = self._api.app_result(row.id).description == MARK
        if not ours:
            log.info("App result %s is not ours to complete", row.id)
        return ours

    def _expect_everything(
        self,
        place: Location,
        paths: Sequence[tuple[str, str]],
        held: Mapping[str, Mapping[str, File]],
        size: int,
    ) -> None:
        missing = [inside for top, inside in paths if inside and inside not in held[top]]
        total = sum(file.size or 0 for files in held.values() for file in files.values())
        if not missing and total >= size:
            with self._lock:
                self._looks.pop(place, None)
            return
        with self._lock:
            self._looks[place] = self._looks.get(place, 0) + 1
            looks = self._looks[place]
        detail = f"{len(missing)} files are not listed; {total} of {size} bytes are"
        if looks < MOST_LOOKS:
            raise errors.Temporary(detail)
        raise errors.RemoteMissing(detail)

    def _complete(self, row: AppResult) -> None:
        files = self._api.all_files(row.id)
        total = sum(file.size or 0 for file in files)
        status = self._api.complete_session(row.session, f"{len(files)} files, {total} bytes")
        if status != COMPLETE:
            raise errors.Temporary(f"the app session is {status or 'in no known state'}")
        self._places.ended(row.id)
        log.info("The app session of app result %s is complete", row.id)
