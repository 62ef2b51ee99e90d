"""Downloads from ICA: addresses minted in batches just before they are used, bytes in ranges."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from pipette.model import errors
from pipette.model.files import RemoteFile
from pipette.model.parts import Part, PartRequest, Reply
from pipette.providers import s3_parts
from pipette.providers.ica_addresses import Address, Addresses
from pipette.providers.ica_api import Api
from pipette.providers.ica_create import data_path
from pipette.providers.ica_records import ARCHIVES, AVAILABLE, Project
from pipette.providers.ica_tree import Tree

MOST_AT_ONCE = 50
"""More addresses than this would grow old before their turn comes."""
_FETCHED = frozenset({200, 206})


class Fetching:
    """Any thread."""

    def __init__(self, api: Api, tree: Tree) -> None:
        self._api = api
        self._tree = tree
        self._addresses = Addresses(api.clock)
        self._lock = threading.Lock()
        self._wanted: dict[str, dict[str, None]] = {}
        """By project: what was to be prepared and is not yet, in order."""

    def prepare(self, project: Project, ids: Sequence[str]) -> None:
        """Addresses for all of these; one that ICA leaves out is asked for on its own later."""
        needed = [data for data in ids if self._addresses.good(data) is None]
        with self._lock:
            self._wanted.setdefault(project.id, {}).update(dict.fromkeys(needed))
        for start in range(0, len(needed), MOST_AT_ONCE):
            self._mint_together(project, needed[start : start + MOST_AT_ONCE])

    def address(self, project: Project, data: str) -> str:
        """A secret. Raises RemoteMissing, Archived, Refused … for what cannot be fetched now."""
        together = self._wanted_with(project, data)
        if together:
            self._mint_together(project, together)
        kept = self._addresses.good(data) or self.fresh(project, data)
        return kept.url.reveal()

    def _wanted_with(self, project: Project, data: str) -> Sequence[str]:
        """This one and others, should preparing them have failed."""
        with self._lock:
            wanted = self._wanted.get(project.id, {})
            others = islice((one for one in wanted if one != data), MOST_AT_ONCE - 1)
            return [data, *others] if data in wanted else []

    def _mint_together(self, project: Project, ids: Sequence[str]) -> None:
        answer = self._api.post(f"{data_path(project)}:createDownloadUrls", {"dataIds": ids})
        for item in answer.get("items") or []:
            if item.get("dataId") and item.get("url"):
                self._addresses.keep(str(item["dataId"]), str(item["url"]))
        with self._lock:
            for data in ids:
                self._wanted.get(project.id, {}).pop(data, None)

    def fresh(self, project: Project, data: str) -> Address:
        """One minted just now."""
        return self._addresses.keep(data, self._minted(project, data))

    def _minted(self, project: Project, data: str) -> str:
        try:
            answer = self._api.post(f"{data_path(project)}/{data}:createDownloadUrl")
        except errors.NotAllowed:
            raise
        except (errors.Refused, errors.NameTaken) as error:
            raise self._why_not(project, data, error) from error
        return str(answer["url"])

    def _why_not(
        self, project: Project, data: str, refused: errors.TransferError
    ) -> errors.TransferError:
        found = self._tree.by_id(project, data)
        if found is None:
            return errors.RemoteMissing(refused.detail)
        if found.status in ARCHIVES:
            return errors.Archived(found.status)
        if found.status != AVAILABLE:
            return errors.Refused(f"{found.status}: it cannot be fetched")
        return refused

    def request(self, url: str, remote: RemoteFile, part: Part) -> PartRequest:
        headers = {}
        if part.length:
            headers["range"] = f"bytes={part.offset}-{part.offset + part.length - 1}"
        if remote.etag:
            headers["if-match"] = f'"{remote.etag}"'
        return PartRequest("GET", url, headers, _FETCHED)

    def receipt(self, data: str | None, remote: RemoteFile, part: Part, reply: Reply) -> RemoteFile:
        # Whether the ETag is an MD5 is told by how the storage encrypts, which the record is not.
        unvouched = replace(remote, md5=None)
        try:
            return s3_parts.range_receipt(unvouched, part, reply)
        except (errors.SignInNeeded, errors.NotAllowed) as error:
            # An address that ran out looks like a missing right; a new one tells which it was.
            aged = data is None or self._addresses.refused(data)
            if aged or "expired" in error.detail or isinstance(error, errors.SignInNeeded):
                raise errors.Temporary(error.detail) from error
            raise
