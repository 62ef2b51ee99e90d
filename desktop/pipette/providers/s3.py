"""S3 and the many services that speak its language.

botocore makes the control calls, our own signer addresses the parts. A file of up to 8 MiB is one
PUT and costs one request; a larger one is a multipart upload. How parts are checked depends on what
the endpoint was seen to do (``s3_conduct``): CRC-64/NVME where it refuses a wrong one, else MD5.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Sequence
from dataclasses import replace

from pipette.model import errors
from pipette.model.account import Account, Network, Secret
from pipette.model.files import GiB, Kind, Location, MiB, RemoteFile, SourceFile, TiB
from pipette.model.parts import (
    Algorithm,
    Digest,
    Handle,
    Limits,
    Part,
    PartRequest,
    Receipt,
    Reply,
    part_size_for,
)
from pipette.providers import s3_listing, s3_parts, s3_proof, s3_uploads
from pipette.providers.memory import EndpointMemory
from pipette.providers.protocol import (
    AccountTest,
    Differs,
    Features,
    OpenUpload,
    Page,
    Sent,
    Verdict,
    Who,
)
from pipette.providers.s3_client import Control, clients_for, keys_of
from pipette.providers.s3_conduct import Conduct, Conducts
from pipette.providers.s3_errors import control_errors
from pipette.providers.s3_folders import Folders
from pipette.providers.s3_trial import try_out
from pipette.providers.sigv4 import Clock

log = logging.getLogger(__name__)

LIMITS = Limits(
    largest_file=5 * TiB, most_parts=10_000, smallest_part=5 * MiB, largest_part=5 * GiB
)
_LONGEST_LINK_HOURS = 7 * 24


class S3:
    """One account at an S3 service. Any thread; makes no request before it is asked something."""

    def __init__(
        self,
        account: Account,
        secret: Secret,
        network: Network,
        memory: EndpointMemory,
        clock: Clock = time.time,
    ) -> None:
        """Raises SignInNeeded when the secret is no ``ACCESS:SECRET`` or ``ACCESS:SECRET:SESSION``."""
        extra = dict(account.extra)
        self._account = account
        self._clock = clock
        self._control = Control(account, keys_of(secret), clients_for(network), clock)
        self._conducts = Conducts(self._control, memory)
        self._folders = Folders(self._control, memory)
        self._encryption = {
            name: extra[setting]
            for setting, name in (
                ("sse", "ServerSideEncryption"),
                ("sse_kms_key_id", "SSEKMSKeyId"),
            )
            if extra.get(setting)
        }
        self._encryption_headers = {
            _ENCRYPTION_HEADERS[name]: text for name, text in self._encryption.items()
        }

    @property
    def limits(self) -> Limits:
        return LIMITS

    @property
    def features(self) -> Features:
        return Features()

    def open(
        self, source: SourceFile, to: Location, key: str, *, may_replace: bool, again: bool = False
    ) -> Handle:
        if source.size > LIMITS.largest_file:
            raise errors.TooLarge(f"{source.size} bytes, at most {LIMITS.largest_file}")
        target = self._folders.key_of(to)
        conduct = self._conducts.of(to.container, target)
        handle = _handle(to, target, conduct, may_replace=may_replace)
        if source.size <= LIMITS.whole:
            return replace(handle, part_size=max(source.size, 1), resumable=False)
        if again:
            s3_uploads.remove_unanswered(self._control, to.container, target)
        crc64 = conduct.check.algorithm is Algorithm.CRC64NVME
        opened = s3_uploads.open_upload(
            self._control, to.container, target, crc64, self._encryption
        )
        return replace(handle, part_size=part_size_for(source.size, LIMITS), id=opened)

    def part_request(
        self, to: Location, handle: Handle, part: Part, digest: Digest | None
    ) -> PartRequest:
        bucket = self._control.bucket(to.container)
        key = _key(to, handle)
        if handle.resumable:
            return s3_parts.part_request(bucket, key, handle, part, digest)
        return s3_parts.whole_request(bucket, key, handle, part, digest, self._encryption_headers)

    def receipt(self, handle: Handle, part: Part, reply: Reply) -> Receipt:
        return s3_parts.receipt_of(handle, part, reply)

    def close(
        self, to: Location, handle: Handle, receipts: Sequence[Receipt], size: int
    ) -> RemoteFile:
        key = _key(to, handle)
        if handle.resumable:
            return s3_uploads.close_upload(self._control, to, key, handle, receipts, size)
        (receipt,) = receipts
        return RemoteFile(
            to,
            Kind.FOLDER if to.is_folder_marker else Kind.FILE,
            size=size,
            etag=receipt.etag or None,
            md5=receipt.md5 if receipt.md5 == receipt.etag else None,
            crc64nvme=receipt.crc64nvme if receipt.proven else None,
        )

    def check(self, to: Location, handle: Handle, remote: RemoteFile | None, sent: Sent) -> Verdict:
        closed = remote is not None
        if remote is None or not s3_proof.is_settled(handle, remote, sent):
            remote = s3_listing.find_file(self._control, to, _key(to, handle))
        if remote is None:
            return Differs("nothing is there")
        return s3_proof.uploaded(handle, remote, sent, closed=closed)

    def abort(self, to: Location, handle: Handle) -> None:
        if handle.resumable and handle.id:
            s3_uploads.abort_upload(self._control, to.container, _key(to, handle), handle.id)

    def find(self, at: Location) -> RemoteFile | None:
        if not at.path:
            return s3_listing.find_bucket(self._control, at)
        if at.is_folder_marker:
            return RemoteFile(at, Kind.FOLDER, size=0) if self._folders.keys_at(at) else None
        return s3_listing.find_file(self._control, at, at.path)

    def parts(self, to: Location, handle: Handle, known: Sequence[Receipt]) -> Sequence[Receipt]:
        if not handle.id:
            raise errors.UploadGone("nothing was opened")
        return s3_uploads.list_parts(self._control, to.container, _key(to, handle), handle.id)

    def list(self, folder: Location, cursor: str | None = None, *, recursive: bool = False) -> Page:
        if not folder.container:
            own = self._account.container
            return s3_listing.list_buckets(self._control, own, folder.account, cursor)
        return s3_listing.list_folder(self._control, folder, cursor, recursive=recursive)

    def range_request(self, remote: RemoteFile, part: Part) -> PartRequest:
        at = remote.location
        bucket = self._control.bucket(at.container)
        return s3_parts.range_request(bucket, at.path, remote, part)

    def range_receipt(self, remote: RemoteFile, part: Part, reply: Reply) -> RemoteFile:
        return s3_parts.range_receipt(remote, part, reply)

    def verify(self, remote: RemoteFile, received: Sent) -> Verdict:
        return s3_proof.downloaded(remote, received)

    def make_folder(self, folder: Location) -> None:
        marker = replace(folder, path=f"{folder.path.rstrip('/')}/")
        client = self._control.client_for(folder.container)
        with control_errors():
            page = client.list_objects_v2(Bucket=folder.container, Prefix=marker.path, MaxKeys=1)
            if page.get("Contents"):
                return
        key = self._folders.key_of(marker)
        with control_errors():
            client.put_object(Bucket=folder.container, Key=key, Body=b"", **self._encryption)  # type: ignore[arg-type]  # settings, not literals

    def delete(self, at: Location) -> None:
        keys = self._folders.keys_at(at) if at.is_folder_marker else [at.path]
        client = self._control.client_for(at.container)
        with control_errors():
            for key in keys:
                client.delete_object(Bucket=at.container, Key=key)

    def link(self, at: Location, hours: float) -> str:
        if not 0 < hours <= _LONGEST_LINK_HOURS:
            raise errors.Unavailable(f"links last at most {_LONGEST_LINK_HOURS} hours")
        return self._control.bucket(at.container).link(at.path, round(hours * 3600))

    def unfinished(self, container: str) -> Sequence[OpenUpload]:
        """Only those begun with this key, where the service says who began an upload."""
        listed = self._all_unfinished(container)
        if not any("initiator" in upload.handle.details for upload in listed):
            return listed
        return s3_listing.of_initiator(listed, self._own_initiator(container))

    def test(self) -> Sequence[AccountTest]:
        return try_out(self._control, self._account, self._clock)

    def who(self) -> Who:
        access = self._control.keys.access
        return Who(access, access)

    def _all_unfinished(self, container: str) -> Sequence[OpenUpload]:
        return s3_listing.list_unfinished(
            self._control, self._account.name, container, LIMITS.preferred_part
        )

    def _own_initiator(self, container: str) -> str:
        """How this service calls us: begin an upload, see who it says began it, and remove it."""
        name = f".pipette-{uuid.uuid4().hex}"
        key = Location("", container, self._account.path).child(name).path
        opened = s3_uploads.open_upload(self._control, container, key, False, {})
        try:
            listed = self._all_unfinished(container)
        finally:
            s3_uploads.abort_upload(self._control, container, key, opened)
        own = [upload for upload in listed if upload.handle.id == opened]
        return own[0].handle.details.get("initiator", "") if own else ""


_ENCRYPTION_HEADERS = {
    "ServerSideEncryption": "x-amz-server-side-encryption",
    "SSEKMSKeyId": "x-amz-server-side-encryption-aws-kms-key-id",
}


def _handle(to: Location, key: str, conduct: Conduct, *, may_replace: bool) -> Handle:
    details: dict[str, str] = {}
    if key != to.path:
        details[s3_parts.KEY] = key
    if not may_replace:
        details[s3_parts.NEW_ONLY] = "yes"
    if conduct.refuses_wrong_md5:
        details[s3_parts.MD5_REFUSED] = "yes"
    return Handle(1, check=conduct.check, details=details)


def _key(to: Location, handle: Handle) -> str:
    return handle.details.get(s3_parts.KEY, to.path)
