"""Looking through S3: buckets, folders, single files, and uploads that were never finished."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pipette.model import errors
from pipette.model.files import Kind, Location, RemoteFile
from pipette.model.parts import Handle
from pipette.providers.protocol import OpenUpload, Page
from pipette.providers.s3_client import Control
from pipette.providers.s3_errors import control_errors
from pipette.providers.s3_folders import folder_of
from pipette.providers.s3_parts import etag_is_md5, plain_etag
from pipette.providers.s3_proof import ENCRYPTION

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef

_PAGE = 1000
_ARCHIVED = ("GLACIER", "DEEP_ARCHIVE")


def list_buckets(control: Control, own: str, account: str, cursor: str | None) -> Page:
    """The buckets this key sees; its own alone when it may not list them."""
    asked: dict[str, Any] = {"ContinuationToken": cursor} if cursor else {}
    try:
        with control_errors():
            answer = control.client().list_buckets(**asked)
    except errors.NotAllowed:
        if not own:
            raise
        return Page([RemoteFile(Location(account, own), Kind.PROJECT)])
    found = [_bucket(account, row) for row in answer.get("Buckets", [])]
    if own and not cursor and own not in {item.location.container for item in found}:
        found.insert(0, RemoteFile(Location(account, own), Kind.PROJECT))
    return Page(found, answer.get("ContinuationToken") or None)


def _bucket(account: str, row: Mapping[str, Any]) -> RemoteFile:
    made = row.get("CreationDate")
    return RemoteFile(
        Location(account, row["Name"]), Kind.PROJECT, changed=made.timestamp() if made else None
    )


def list_folder(control: Control, folder: Location, cursor: str | None, *, recursive: bool) -> Page:
    prefix = _prefix(folder.path)
    asked: dict[str, Any] = {"ContinuationToken": cursor} if cursor else {}
    if not recursive:
        asked["Delimiter"] = "/"
    with control_errors():
        answer = control.client_for(folder.container).list_objects_v2(
            Bucket=folder.container, Prefix=prefix, MaxKeys=_PAGE, **asked
        )
    folders = [_folder(folder, row["Prefix"]) for row in answer.get("CommonPrefixes", [])]
    rows = [row for row in answer.get("Contents", []) if recursive or _is_inside(row, prefix)]
    items = folders + [_row(folder, row) for row in rows]
    return Page(items, answer.get("NextContinuationToken") or None)


def _prefix(path: str) -> str:
    return path if not path or path.endswith("/") else f"{path}/"


def _is_inside(row: Mapping[str, Any], prefix: str) -> bool:
    """The marker of the listed folder itself is no item in it."""
    return folder_of(row["Key"]) != prefix


def _folder(parent: Location, prefix: str) -> RemoteFile:
    path = prefix.removesuffix("/")
    # A folder with an empty name: without its slash it would be another one.
    kept = prefix if not path or path.endswith("/") else path
    return RemoteFile(Location(parent.account, parent.container, kept), Kind.FOLDER)


def _row(parent: Location, row: Mapping[str, Any]) -> RemoteFile:
    key: str = row["Key"]
    marker = folder_of(key)
    if marker is not None and not row["Size"]:
        return RemoteFile(Location(parent.account, parent.container, marker), Kind.FOLDER)
    storage = row.get("StorageClass", "")
    return RemoteFile(
        Location(parent.account, parent.container, key),
        Kind.FILE,
        size=row["Size"],
        etag=plain_etag(row.get("ETag")) or None,
        changed=row["LastModified"].timestamp(),
        status="archived" if storage in _ARCHIVED else "available",
        storage=storage,
    )


def find_file(control: Control, at: Location, key: str) -> RemoteFile | None:
    """What HEAD says of one key, with all the checksums the service gives."""
    try:
        answer = _head(control, at.container, key, ChecksumMode="ENABLED")
    except errors.NotAllowed:
        # With KMS the checksums need the right to decrypt, which a key for sending may lack.
        answer = _head(control, at.container, key)
    if answer is None:
        return None
    found = _from_head(at, answer)
    needed = found.crc64nvme is None and "-" in (found.etag or "")
    return found if not needed else _with_part_size(control, key, found)


def find_bucket(control: Control, at: Location) -> RemoteFile | None:
    from botocore.exceptions import ClientError

    client = control.client_for(at.container)
    with control_errors():
        try:
            client.head_bucket(Bucket=at.container)
        except ClientError as error:
            if _status(error) == 404:
                return None
            if _status(error) not in (400, 403):
                raise
            # As for files: only an answer with a body says whether it is the key or the right.
            client.list_objects_v2(Bucket=at.container, MaxKeys=1)
    return RemoteFile(at, Kind.PROJECT)


def _head(control: Control, bucket: str, key: str, **asked: Any) -> HeadObjectOutputTypeDef | None:
    """None when nothing is there. A refusal is asked for again in a way that gives its reason."""
    from botocore.exceptions import ClientError

    client = control.client_for(bucket)
    with control_errors():
        try:
            return client.head_object(Bucket=bucket, Key=key, **asked)
        except ClientError as error:
            if _status(error) == 404:
                return None
            if _status(error) not in (400, 403):
                raise
            # A HEAD has no body, hence no reason: an expired key and a missing right look alike.
            client.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1)
            raise


def _status(error: Any) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _from_head(at: Location, answer: HeadObjectOutputTypeDef) -> RemoteFile:
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    etag = plain_etag(answer.get("ETag"))
    storage = answer.get("StorageClass", "STANDARD")
    restored = 'ongoing-request="false"' in answer.get("Restore", "")
    encryption = answer.get("ServerSideEncryption")
    return RemoteFile(
        at,
        Kind.FOLDER if at.is_folder_marker else Kind.FILE,
        size=answer["ContentLength"],
        etag=etag or None,
        changed=answer["LastModified"].timestamp(),
        status="archived" if storage in _ARCHIVED and not restored else "available",
        storage=storage,
        md5=etag if etag_is_md5(etag, headers) else None,
        crc64nvme=crc_of_whole(answer),
        details={ENCRYPTION: encryption} if encryption else {},
    )


def crc_of_whole(answer: Mapping[str, Any]) -> int | None:
    """CRC-64 of the content as the service worked it out.

    Not one made from those of the parts; and without a type it may be a header kept from the sender.
    """
    text = answer.get("ChecksumCRC64NVME")
    if not text or answer.get("ChecksumType") != "FULL_OBJECT":
        return None
    return int.from_bytes(base64.b64decode(text), "big")


def _with_part_size(control: Control, key: str, found: RemoteFile) -> RemoteFile:
    """Ask for the first part: its length and the ETag's count must fit together."""
    try:
        answer = _head(control, found.location.container, key, PartNumber=1)
    except (errors.Refused, errors.Unavailable):
        return found
    if answer is None or not found.size:
        return found
    size = answer["ContentLength"]
    count = (found.etag or "").rpartition("-")[2]
    fits = size > 0 and str(math.ceil(found.size / size)) == count
    return replace(found, part_size=size) if fits else found


def list_unfinished(
    control: Control, account: str, bucket: str, part_size: int
) -> list[OpenUpload]:
    """Every upload in this bucket that was opened and neither finished nor removed."""
    pages = control.client_for(bucket).get_paginator("list_multipart_uploads")
    try:
        with control_errors():
            return [
                _open_upload(account, bucket, row, part_size)
                for page in pages.paginate(Bucket=bucket)
                for row in page.get("Uploads", [])
            ]
    except errors.UploadGone:  # rclone says so when there is none at all
        return []


def _open_upload(account: str, bucket: str, row: Mapping[str, Any], part_size: int) -> OpenUpload:
    begun = row.get("Initiated")
    who = (row.get("Initiator") or {}).get("ID", "")
    return OpenUpload(
        Location(account, bucket, row["Key"]),
        Handle(part_size, row["UploadId"], details={"initiator": who} if who else {}),
        begun.timestamp() if begun else None,
    )


def of_initiator(uploads: Sequence[OpenUpload], who: str) -> list[OpenUpload]:
    return [upload for upload in uploads if upload.handle.details.get("initiator", "") == who]
