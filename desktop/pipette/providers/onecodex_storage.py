"""A file in parts: S3 with keys that the service hands out for one sample.

The keys are a secret of this process: without them nothing of the upload can be resumed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipette.model import errors
from pipette.model.account import Account, Secret
from pipette.model.files import Location, MiB
from pipette.model.parts import Handle, Part, PartRequest, Receipt
from pipette.providers import s3_uploads
from pipette.providers.s3_client import Clients, Control
from pipette.providers.sigv4 import Keys

log = logging.getLogger(__name__)

MOST_PARTS = 9_999
PART_STEP = 10 * MiB
LARGEST_PART = 100 * MiB
LARGEST_FILE = MOST_PARTS * LARGEST_PART
ENCRYPTION = {"ServerSideEncryption": "AES256"}
REGION = "us-east-1"

BUCKET = "bucket"
KEY = "key"
UPLOAD = "upload"
CALLBACK = "callback"
"""Names in ``Handle.details``."""


def part_size_of(size: int, step: int = PART_STEP) -> int:
    """The smallest multiple of the step that makes few enough parts."""
    needed = -(-size // MOST_PARTS)
    return max(1, -(-needed // step)) * step


@dataclass(frozen=True, slots=True)
class Storage:
    """The bucket of one sample, and who may write there."""

    control: Control = field(repr=False)
    bucket: str
    key: str
    second_key: str
    callback: str

    def open(self, key: str) -> str:
        """Open the upload of one file; returns its id."""
        return s3_uploads.open_upload(self.control, self.bucket, key, False, ENCRYPTION)

    def request(self, handle: Handle, part: Part) -> PartRequest:
        query = {"partNumber": str(part.number), "uploadId": handle.details[UPLOAD]}
        bucket = self.control.bucket(self.bucket)
        return bucket.request("PUT", handle.details[KEY], query)

    def parts(self, handle: Handle) -> Sequence[Receipt]:
        """Raises UploadGone, NotAllowed."""
        key, upload = handle.details[KEY], handle.details[UPLOAD]
        return s3_uploads.list_parts(self.control, self.bucket, key, upload)

    def complete(self, handle: Handle, receipts: Sequence[Receipt], size: int) -> str:
        """Put the parts together; returns the ETag. Raises UploadGone, NotAllowed, SignInNeeded."""
        at, key = Location("", self.bucket, handle.details[KEY]), handle.details[KEY]
        opened = Handle(handle.part_size, handle.details[UPLOAD], check=handle.check)
        done = s3_uploads.close_upload(self.control, at, key, opened, receipts, size)
        return done.etag or ""

    def abort(self, handle: Handle) -> None:
        """These keys may lack the right; what is left then, the storage clears away in time."""
        try:
            s3_uploads.abort_upload(
                self.control, self.bucket, handle.details[KEY], handle.details[UPLOAD]
            )
        except (errors.NotAllowed, errors.SignInNeeded) as error:
            log.info("The parts of a cancelled upload stay with the storage: %s", error.detail)


@dataclass(frozen=True, slots=True)
class Storages:
    """Makes the storage of a sample from the service's answer."""

    account: str
    endpoint: str
    """"" is Amazon's own."""
    clients: Clients
    clock: Callable[[], float]

    def of(self, opened: Mapping[str, Any]) -> Storage:
        """Raises Temporary when something is missing in the answer."""
        bucket, key, callback, access, secret = (
            _text(opened, name)
            for name in (
                "s3_bucket",
                "file_id",
                "callback_url",
                "upload_aws_access_key_id",
                "upload_aws_secret_access_key",
            )
        )
        second = str(opened.get("paired_end_file_id") or "")
        return Storage(
            self.made(bucket, Keys(access, Secret(secret))), bucket, key, second, callback
        )

    def made(self, bucket: str, keys: Keys) -> Control:
        place = Account(self.account, "s3", self.endpoint, REGION, container=bucket)
        return Control(place, keys, self.clients, self.clock)


def _text(opened: Mapping[str, Any], name: str) -> str:
    value = opened.get(name)
    if not isinstance(value, str) or not value:
        raise errors.Temporary(f"an opened upload without {name}")
    return value
