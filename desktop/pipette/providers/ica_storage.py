"""The storage behind ICA, reached with a grant: S3's own calls, with its refusals read ICA's way.

An S3 key that is refused is never the account's key: it is renewed and the step done again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from pipette.model import errors
from pipette.model.files import Location, RemoteFile
from pipette.model.parts import Handle
from pipette.providers import s3_listing
from pipette.providers.ica_grants import Grant, Grants
from pipette.providers.ica_records import Project

PROJECT = "project"
"""Names in ``Handle.details``: whose …"""
GRANT = "grant"
"""… folder or file the keys are asked for …"""
BUCKET = "bucket"
KEY = "key"
"""… and the object that is written."""


def object_of(handle: Handle) -> Location:
    return Location("", handle.details[BUCKET], handle.details[KEY])


class Storage:
    """Any thread."""

    def __init__(self, grants: Grants) -> None:
        self._grants = grants

    def grant(self, handle: Handle) -> Grant:
        """The keys that are good now. Raises UploadGone when what they were for is gone."""
        project = Project(handle.details[PROJECT], "")
        try:
            return self._grants.of(project, handle.details[GRANT])
        except errors.RemoteMissing as error:
            raise errors.UploadGone(error.detail) from error

    @contextmanager
    def reading(self, details: Mapping[str, str]) -> Iterator[None]:
        """Turns refusals of the keys into tries with new ones."""
        try:
            yield
        except (errors.SignInNeeded, errors.NotAllowed) as error:
            raise self.judged(details, error) from error

    def judged(
        self, details: Mapping[str, str], error: errors.TransferError
    ) -> errors.TransferError:
        """What a refusal at the storage means for the transfer."""
        if not isinstance(error, errors.SignInNeeded | errors.NotAllowed):
            return error
        other_keys = self._grants.refused(details[PROJECT], details[GRANT])
        if isinstance(error, errors.NotAllowed) and not other_keys:
            return error
        return errors.Temporary(error.detail)

    def find(self, handle: Handle) -> RemoteFile | None:
        """The object itself, whatever ICA knows of it so far."""
        at = object_of(handle)
        with self.reading(handle.details):
            return s3_listing.find_file(self.grant(handle).control, at, at.path)
