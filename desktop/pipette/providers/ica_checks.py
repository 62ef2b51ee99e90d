"""The last look at an upload: has ICA seen it, and is it what was sent?"""

from __future__ import annotations

import logging
from dataclasses import replace

from pipette.model.errors import Refused, UploadGone
from pipette.model.files import Location, RemoteFile
from pipette.model.parts import Handle, Proof
from pipette.providers import ica_proof
from pipette.providers.ica_arrivals import LATEST, SOON, Arrivals, Patience
from pipette.providers.ica_handles import RECORD, goes_by_address
from pipette.providers.ica_records import DELETING, PARTIAL, Project, Record, plain, remote_of
from pipette.providers.ica_storage import PROJECT, Storage
from pipette.providers.ica_tree import Tree
from pipette.providers.protocol import Differs, NotYet, Sent, Stored, Verdict

log = logging.getLogger(__name__)


class Checks:
    """Any thread."""

    def __init__(
        self, tree: Tree, arrivals: Arrivals, patience: Patience, storage: Storage
    ) -> None:
        self._tree = tree
        self._arrivals = arrivals
        self._patience = patience
        self._storage = storage

    def check(
        self, to: Location, handle: Handle, path: str, remote: RemoteFile | None, sent: Sent
    ) -> Verdict:
        """``remote`` is what closing returned; after a restart, or a lost answer, it is None."""
        what = f"{handle.details[PROJECT]} {path}"
        self._arrivals.expect(_project(handle), path)
        if remote is not None and (wait := self._patience.begin(what)):
            return NotYet(wait)
        self._patience.begin(what)
        verdict = self._verdict(to, handle, path, remote, sent, what)
        if not isinstance(verdict, NotYet):
            self._patience.end(what)
            self._arrivals.settled(_project(handle), path)
        return verdict

    def of_record(self, to: Location, record: Record | None, sent: Sent) -> Verdict:
        """Of a file that is there, however it came."""
        if record is None or not record.is_taken:
            return Differs("nothing is there")
        return ica_proof.uploaded(remote_of(record, to), sent, None)

    def _verdict(
        self,
        to: Location,
        handle: Handle,
        path: str,
        remote: RemoteFile | None,
        sent: Sent,
        what: str,
    ) -> Verdict:
        record = self._record(handle, path)
        if record is not None and record.status == DELETING:
            return Differs("it is being deleted")
        if record is None or record.status == PARTIAL:
            return self._not_seen(to, handle, remote, sent, what)
        given = _given(remote, sent)
        verdict = ica_proof.uploaded(remote_of(record, to), sent, given)
        if isinstance(verdict, Stored) or goes_by_address(handle):
            return verdict
        stored = self._stored(to, handle, sent, given)
        return self._seen_differently(stored, what, verdict) if stored else verdict

    def _record(self, handle: Handle, path: str) -> Record | None:
        found = self._arrivals.look(_project(handle), path)
        known = handle.details.get(RECORD)
        if not known or (found and found.id == known):
            return found
        return self._tree.by_id(_project(handle), known)

    def _not_seen(
        self, to: Location, handle: Handle, remote: RemoteFile | None, sent: Sent, what: str
    ) -> Verdict:
        if remote is None and not self._has_arrived(to, handle, sent):
            return Differs("nothing is there")
        if self._patience.waited(what) >= LATEST:
            raise Refused("ICA has not noticed the file for a day, though its storage has it")
        return NotYet(self._patience.next_wait(what))

    def _seen_differently(self, stored: RemoteFile, what: str, verdict: Differs) -> Verdict:
        """ICA may still show what was there before; the storage knows what is there now."""
        if self._patience.waited(what) < SOON:
            return NotYet(self._patience.next_wait(what))
        log.warning("ICA goes on showing what a file was before: %s", verdict.why)
        return Stored(stored, Proof.NONE)

    def _has_arrived(self, to: Location, handle: Handle, sent: Sent) -> bool:
        if goes_by_address(handle):
            # Nothing can be lost between the one PUT and the end of it.
            return bool(sent.receipts)
        return self._stored(to, handle, sent, _given(None, sent)) is not None

    def _stored(
        self, to: Location, handle: Handle, sent: Sent, given: str | None
    ) -> RemoteFile | None:
        """The object in the storage, if it is what was sent."""
        try:
            found = self._storage.find(handle)
        except UploadGone:
            return None
        if found is None or isinstance(ica_proof.uploaded(found, sent, given), Differs):
            return None
        return replace(found, location=to)


def _given(remote: RemoteFile | None, sent: Sent) -> str | None:
    """The ETag that the storage gave when it had everything, as far as that is known."""
    if remote is not None and remote.etag:
        return plain(remote.etag)
    only = sent.receipts[0].etag if len(sent.receipts) == 1 else ""
    return plain(only) or None


def _project(handle: Handle) -> Project:
    return Project(handle.details[PROJECT], "")
