"""Seven Bridges platforms: the Cancer Genomics Cloud, SB Platform, CAVATICA, BioData Catalyst.

A file is an upload in parts, whatever its size: begun, each part sent to an address the platform
signs for it, completed. Folders are real and have ids. Contents never change under an id, so an id
tells a file from the one that replaced it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from pipette.model import errors
from pipette.model.account import Account, Network, Secret
from pipette.model.files import Kind, Location, RemoteFile, SourceFile
from pipette.model.parts import Digest, Handle, Limits, Part, PartRequest, Receipt, Reply
from pipette.model.transfer import IfExists
from pipette.providers import (
    sevenbridges_downloads,
    sevenbridges_drs,
    sevenbridges_labels,
    sevenbridges_listing,
    sevenbridges_parts,
    sevenbridges_proof,
    sevenbridges_uploads,
)
from pipette.providers.memory import EndpointMemory
from pipette.providers.protocol import (
    AccountTest,
    Features,
    OpenUpload,
    Page,
    Sent,
    Stored,
    Verdict,
    Who,
)
from pipette.providers.protocol_drs import DrsFile, DrsItem, DrsJob, DrsLimits, DrsTarget
from pipette.providers.sevenbridges_api import Api
from pipette.providers.sevenbridges_folders import Folders, file_path, remote_of
from pipette.providers.sevenbridges_trial import try_out, who_is
from pipette.providers.sevenbridges_uploads import LIMITS, PROJECT, NewFile
from pipette.providers.web import Clock


class SevenBridges:
    """One account at one platform. Any thread; makes no request before it is asked something."""

    def __init__(
        self,
        account: Account,
        secret: Secret,
        network: Network,
        memory: EndpointMemory,
        clock: Clock = time.time,
        monotonic: Clock = time.monotonic,
    ) -> None:
        """Raises SignInNeeded for what cannot be a token, Unavailable for an unknown region."""
        self._account = account
        self._clock = clock
        self._api = Api(account, secret, network, clock, monotonic)
        self._folders = Folders(self._api)
        self._etags = sevenbridges_parts.Etags(memory, self._api.base)
        self._wishes = sevenbridges_parts.Wishes()
        self._addresses = sevenbridges_downloads.Addresses(self._api, monotonic)
        self._labels = sevenbridges_labels.labels_of(account)
        self._openings = sevenbridges_uploads.Openings()

    @property
    def limits(self) -> Limits:
        return LIMITS

    @property
    def features(self) -> Features:
        return Features(container_segments=2, real_folders=True)

    @property
    def drs_limits(self) -> DrsLimits:
        return sevenbridges_drs.LIMITS

    def open(
        self, source: SourceFile, to: Location, key: str, *, may_replace: bool, again: bool = False
    ) -> Handle:
        if source.size > LIMITS.largest_file:
            raise errors.TooLarge(f"{source.size} bytes, at most {LIMITS.largest_file}")
        new = NewFile(self._folders.made(to.parent), to.name, source.size)
        if again:
            sevenbridges_uploads.remove_unanswered(self._api, new, self._openings.began(key))
        self._openings.note(key, self._clock())
        try:
            handle = sevenbridges_uploads.begin(self._api, new, may_replace=may_replace)
        except errors.RemoteMissing as gone:
            self._folders.forget(to.parent)
            raise errors.Temporary(f"the folder is gone: {gone.detail}") from gone
        self._openings.drop(key)
        return handle

    def part_request(
        self, to: Location, handle: Handle, part: Part, digest: Digest | None
    ) -> PartRequest:
        signed = sevenbridges_uploads.signed_part(self._api, handle, part.number)
        request, wish = sevenbridges_parts.part_request(signed)
        self._wishes.note(handle.id or "", wish)
        return request

    def receipt(self, handle: Handle, part: Part, reply: Reply) -> Receipt:
        wish = self._wishes.of(handle.id or "")
        project = handle.details[PROJECT]
        return sevenbridges_parts.receipt_of(part, reply, wish, self._etags, project)

    def close(
        self, to: Location, handle: Handle, receipts: Sequence[Receipt], size: int
    ) -> RemoteFile:
        made = sevenbridges_uploads.complete(self._api, handle, receipts)
        self._wishes.drop(handle.id or "")
        return sevenbridges_proof.named_as_there(made, to)

    def check(self, to: Location, handle: Handle, remote: RemoteFile | None, sent: Sent) -> Verdict:
        if remote is None and sevenbridges_proof.all_sent(handle, sent):
            remote = sevenbridges_proof.arrived(self._api, self._folders, to, handle, sent.size)
        elif remote is not None and remote.size is None and remote.id:
            remote = remote_of(self._api.get(file_path(remote.id)), remote.location)
        verdict = sevenbridges_proof.verdict_of(handle, remote, sent)
        if isinstance(verdict, Stored) and self._labels and verdict.remote.id:
            sevenbridges_labels.put_on(self._api, verdict.remote.id, self._labels)
        return verdict

    def abort(self, to: Location, handle: Handle) -> None:
        if handle.id:
            self._wishes.drop(handle.id)
            sevenbridges_uploads.abort(self._api, handle)

    def find(self, at: Location) -> RemoteFile | None:
        if not at.path:
            return sevenbridges_listing.find_project(self._api, at)
        return sevenbridges_listing.find(self._api, self._folders, at)

    def parts(self, to: Location, handle: Handle, known: Sequence[Receipt]) -> Sequence[Receipt]:
        return sevenbridges_uploads.parts(self._api, handle, known)

    def list(self, folder: Location, cursor: str | None = None, *, recursive: bool = False) -> Page:
        if "/" not in folder.container:
            return sevenbridges_listing.list_projects(self._api, folder, cursor)
        if recursive:
            return sevenbridges_listing.list_tree(self._api, self._folders, folder, cursor)
        return sevenbridges_listing.list_folder(self._api, self._folders, folder, cursor)

    def range_request(self, remote: RemoteFile, part: Part) -> PartRequest:
        return sevenbridges_downloads.range_request(self._address(remote), part)

    def range_receipt(self, remote: RemoteFile, part: Part, reply: Reply) -> RemoteFile:
        try:
            return sevenbridges_downloads.range_receipt(remote, part, reply, self._etags)
        except errors.TransferError:
            if remote.id:
                self._addresses.forget(remote.id)
            raise

    def verify(self, remote: RemoteFile, received: Sent) -> Verdict:
        return sevenbridges_downloads.verdict_of(remote, received)

    def make_folder(self, folder: Location) -> None:
        self._folders.made(folder)

    def delete(self, at: Location) -> None:
        found = self.find(at)
        if found is None or found.kind is Kind.PROJECT or not found.id:
            return
        self._folders.forget(at)
        try:
            self._api.ask("DELETE", file_path(found.id))
        except errors.RemoteMissing:
            return

    def unfinished(self, container: str) -> Sequence[OpenUpload]:
        return sevenbridges_uploads.unfinished(self._api, self._account.name, container)

    def submit_drs(self, items: Sequence[DrsItem], rule: IfExists, tags: Sequence[str]) -> str:
        return sevenbridges_drs.submit(self._api, self._folders, items, rule, tags)

    def poll_drs(self, job: str) -> DrsJob:
        return sevenbridges_drs.poll(self._api, job)

    def drs_files(self, ids: Sequence[str]) -> Sequence[DrsFile]:
        return sevenbridges_drs.files(self._api, ids)

    def drs_named(self, into: DrsTarget, names: Sequence[str]) -> Sequence[DrsFile]:
        return sevenbridges_drs.named(self._api, self._folders, into, names)

    def test(self) -> Sequence[AccountTest]:
        return try_out(self._api, self._account, self._clock)

    def who(self) -> Who:
        return who_is(self._api)

    def _address(self, remote: RemoteFile) -> str:
        """Raises RemoteChanged when another file has the name now, RemoteMissing when none has."""
        known = remote.id or self._id_at(remote.location)
        try:
            return self._addresses.of(known)
        except errors.RemoteMissing as gone:
            found = self.find(remote.location)
            if found is not None and found.id != known:
                raise errors.RemoteChanged("another file has taken this name") from gone
            raise

    def _id_at(self, at: Location) -> str:
        found = self.find(at)
        if found is None or not found.id:
            raise errors.RemoteMissing(str(at))
        return found.id
