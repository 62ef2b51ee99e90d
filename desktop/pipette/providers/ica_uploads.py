"""Uploads to ICA: opened, sent, put together, removed."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace

from pipette.model import errors
from pipette.model.files import Location, RemoteFile, SourceFile
from pipette.model.parts import Digest, Handle, Part, PartRequest, Receipt, Reply
from pipette.providers import ica_handles, s3_parts, s3_uploads
from pipette.providers.ica_addresses import Addresses, is_signed_v4
from pipette.providers.ica_api import Api
from pipette.providers.ica_create import Creator, data_path
from pipette.providers.ica_glance import Glances
from pipette.providers.ica_grants import Grants
from pipette.providers.ica_handles import MADE, RECORD
from pipette.providers.ica_records import (
    ARCHIVES,
    AVAILABLE,
    DELETING,
    PARTIAL,
    Project,
    Record,
    plain,
)
from pipette.providers.ica_routes import Routes
from pipette.providers.ica_storage import PROJECT, Storage, object_of
from pipette.providers.ica_tree import Tree, name_of, parent_of

NAME_FREE_SECONDS = 5.0
"""After a deletion the name is not free at once."""


class Uploads:
    """Any thread."""

    def __init__(
        self,
        api: Api,
        tree: Tree,
        glances: Glances,
        creator: Creator,
        routes: Routes,
        grants: Grants,
        storage: Storage,
    ) -> None:
        self._api = api
        self._tree = tree
        self._glances = glances
        self._creator = creator
        self._routes = routes
        self._grants = grants
        self._storage = storage
        self._addresses = Addresses(api.clock)

    # Opening

    def open(
        self,
        source: SourceFile,
        project: Project,
        path: str,
        key: str,
        *,
        may_replace: bool,
        again: bool,
    ) -> Handle:
        there = self._glances.file(project, path) if may_replace else None
        _expect_replaceable(project, there)
        whole = there is not None and there.is_taken
        if not whole and self._routes.takes_address(project, path, source.size):
            return self._open_address(project, path, source.size, key)
        if not parent_of(path):
            handle = self._open_file_keys(project, path, source.size, key, there, may_replace)
            return self._opened(handle, source.size, again=again)
        try:
            folder, grant = self._routes.grant_for(project, path)
        except (errors.NotAllowed, errors.NameRefused):
            if whole or not self._routes.is_small(source.size):
                raise
            return self._open_address(project, path, source.size, key)
        target = grant.key_of(path.removeprefix(f"{folder.path}/"))
        handle = ica_handles.by_keys(
            project, folder.id, grant.bucket, target, source.size, may_replace=may_replace
        )
        return self._opened(handle, source.size, again=again)

    def _open_address(self, project: Project, path: str, size: int, key: str) -> Handle:
        made = True
        url = ""
        try:
            record, url = self._creator.file_with_url(project, parent_of(path), name_of(path), key)
        except errors.NameTaken as taken:
            record, made = self._left_over(project, path, taken), False
        if url:
            self._addresses.keep(record.id, url)
        return ica_handles.by_address(project, record, size, made=made)

    def _open_file_keys(
        self,
        project: Project,
        path: str,
        size: int,
        key: str,
        there: Record | None,
        may_replace: bool,
    ) -> Handle:
        """Of a project itself no keys can be had, so the file gets keys of its own."""
        record, made = there, False
        if record is None:
            try:
                record, keys = self._creator.file_with_keys(project, "", name_of(path), key)
                made = True
                self._grants.keep(project, record.id, keys)
            except errors.NameTaken as taken:
                record = self._left_over(project, path, taken)
        grant = self._grants.of(project, record.id)
        return ica_handles.by_keys(
            project,
            record.id,
            grant.bucket,
            grant.key_of(""),
            size,
            may_replace=may_replace,
            record=record,
            made=made,
        )

    def _opened(self, handle: Handle, size: int, *, again: bool) -> Handle:
        if ica_handles.is_single(handle):
            return handle
        at = object_of(handle)
        with self._storage.reading(handle.details):
            grant = self._storage.grant(handle)
            if again:
                s3_uploads.remove_unanswered(grant.control, at.container, at.path)
            opened = s3_uploads.open_upload(
                grant.control, at.container, at.path, False, grant.encryption
            )
        return replace(handle, id=opened)

    def _left_over(self, project: Project, path: str, taken: errors.NameTaken) -> Record:
        """The name is taken, or ICA was busy with it: what is really there?"""
        self._glances.forget(project, path)
        found = self._tree.file(project, path)
        if found is None:
            raise errors.Temporary(taken.detail) from taken
        if found.status == DELETING:
            raise errors.Temporary("being deleted", wait_seconds=NAME_FREE_SECONDS) from taken
        if found.status != PARTIAL or found.is_linked(project.id):
            raise taken
        return found

    # Parts

    def part_request(self, handle: Handle, part: Part, digest: Digest | None) -> PartRequest:
        if ica_handles.goes_by_address(handle):
            return _put(self._address(handle), digest)
        at = object_of(handle)
        grant = self._storage.grant(handle)
        bucket = grant.control.bucket(at.container)
        if ica_handles.is_single(handle):
            return s3_parts.whole_request(
                bucket, at.path, handle, part, digest, grant.encryption_headers
            )
        return s3_parts.part_request(bucket, at.path, handle, part, digest)

    def receipt(self, handle: Handle, part: Part, reply: Reply) -> Receipt:
        try:
            return s3_parts.receipt_of(handle, part, reply)
        except (errors.SignInNeeded, errors.NotAllowed) as error:
            if ica_handles.goes_by_address(handle):
                # The next try gets a new address.
                raise errors.Temporary(error.detail) from error
            raise self._storage.judged(handle.details, error) from error
        except errors.NameTaken as error:
            settled = self._sent_before(handle, part, reply)
            if settled is None:
                raise error from None
            return settled

    def parts(self, handle: Handle, known: Sequence[Receipt]) -> Sequence[Receipt]:
        if ica_handles.goes_by_address(handle):
            return self._part_of_record(handle, known)
        if ica_handles.is_single(handle):
            return known
        at = object_of(handle)
        with self._storage.reading(handle.details):
            control = self._storage.grant(handle).control
            return s3_uploads.list_parts(control, at.container, at.path, handle.id or "")

    def _address(self, handle: Handle) -> str:
        name = handle.details[RECORD]
        kept = self._addresses.take(name)
        return kept.url.reveal() if kept else self._mint(handle, name)

    def _mint(self, handle: Handle, data: str) -> str:
        project = _project(handle)
        try:
            answer = self._api.post(f"{data_path(project)}/{data}:createUploadUrl")
        except (errors.Refused, errors.NameTaken) as error:
            found = self._tree.by_id(project, data)
            if found is None or found.status != PARTIAL:
                # It is whole already, perhaps by a try whose answer was lost, or it is gone.
                raise errors.UploadGone(error.detail) from error
            raise
        return str(answer["url"])

    def _part_of_record(self, handle: Handle, known: Sequence[Receipt]) -> Sequence[Receipt]:
        found = self._tree.by_id(_project(handle), handle.details[RECORD])
        if found is None or found.status == DELETING:
            raise errors.UploadGone("the record of this file is gone")
        if known or found.status != AVAILABLE:
            return known
        return [Receipt(1, found.size or 0, found.etag or "")]

    def _sent_before(self, handle: Handle, part: Part, reply: Reply) -> Receipt | None:
        """A name taken by exactly these bytes was taken by a try whose answer was lost."""
        found = self._storage.find(handle)
        ours = s3_parts.receipt_of(handle, part, replace(reply, status=200))
        if found is None or found.size != part.length or not ours.md5 or found.md5 != ours.md5:
            return None
        return replace(ours, etag=plain(found.etag), proven=True)

    # The end

    def close(
        self, to: Location, handle: Handle, receipts: Sequence[Receipt], size: int
    ) -> RemoteFile:
        record = handle.details.get(RECORD)
        if ica_handles.is_single(handle):
            (receipt,) = receipts
            return RemoteFile(to, size=size, etag=receipt.etag or None, id=record)
        at = object_of(handle)
        with self._storage.reading(handle.details):
            control = self._storage.grant(handle).control
            closed = s3_uploads.close_upload(control, at, at.path, handle, receipts, size)
        return replace(closed, location=to, id=record)

    def abort(self, handle: Handle) -> None:
        """Raises NotAllowed when something had to be left behind."""
        if not ica_handles.is_single(handle):
            self._abort_parts(handle)
        if MADE in handle.details:
            self._remove_record(_project(handle), handle.details[RECORD])

    def _abort_parts(self, handle: Handle) -> None:
        at = object_of(handle)
        try:
            with self._storage.reading(handle.details):
                control = self._storage.grant(handle).control
                s3_uploads.abort_upload(control, at.container, at.path, handle.id or "")
        except errors.UploadGone:
            return

    def _remove_record(self, project: Project, data: str) -> None:
        """Only what never became whole: a file that arrived stays."""
        found = self._tree.by_id(project, data)
        if found is None or found.status != PARTIAL:
            return
        try:
            self._api.call("POST", f"{data_path(project)}/{data}:delete")
        except errors.RemoteMissing:
            return


def _project(handle: Handle) -> Project:
    return Project(handle.details[PROJECT], "")


def _put(url: str, digest: Digest | None) -> PartRequest:
    headers = {"content-type": "application/octet-stream"}
    if digest is not None and is_signed_v4(url):
        headers["content-md5"] = base64.b64encode(digest.value).decode()
    return PartRequest("PUT", url, headers)


def _expect_replaceable(project: Project, there: Record | None) -> None:
    """Linked and archived data is never overwritten, nor is what is just moving."""
    if there is None:
        return
    if there.is_linked(project.id):
        raise errors.NotAllowed("linked from another project: it cannot be replaced here")
    if there.status in (PARTIAL, AVAILABLE):
        return
    if there.status in ARCHIVES:
        raise errors.Archived(f"{there.status}: it cannot be replaced")
    if there.status == DELETING:
        raise errors.Temporary("being deleted", wait_seconds=NAME_FREE_SECONDS)
    raise errors.Refused(f"{there.status}: it cannot be replaced")
