"""Downloads from ICA: addresses minted in batches just before they are used, bytes in ranges."""

from __future__ import annotations

from collections.abc import Sequence

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

    def prepare(self, project: Project, ids: Sequence[str]) -> None:
        """Addresses for all of these; one that ICA leaves out is asked for on its own later."""
        needed = [data for data in ids if self._addresses.good(data) is None]
        for start in range(0, len(needed), MOST_AT_ONCE):
            body = {"dataIds": needed[start : start + MOST_AT_ONCE]}
            answer = self._api.post(f"{data_path(project)}:createDownloadUrls", body)
            for item in answer.get("items") or []:
                if item.get("dataId") and item.get("url"):
                    self._addresses.keep(str(item["dataId"]), str(item["url"]))

    def address(self, project: Project, data: str) -> str:
        """A secret. Raises RemoteMissing, Archived, Refused … for what cannot be fetched now."""
        kept = self._addresses.good(data) or self.fresh(project, data)
        return kept.url.reveal()

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
        try:
            return s3_parts.range_receipt(remote, part, reply)
        except (errors.SignInNeeded, errors.NotAllowed) as error:
            # An address that ran out looks like a missing right; a new one tells which it was.
            aged = data is None or self._addresses.refused(data)
            if aged or "expired" in error.detail or isinstance(error, errors.SignInNeeded):
                raise errors.Temporary(error.detail) from error
            raise
