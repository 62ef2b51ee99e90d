"""Multipart uploads as S3 keeps them: opened, listed, put together, removed."""

from __future__ import annotations

import base64
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from pipette.model import errors
from pipette.model.files import Location, RemoteFile
from pipette.model.parts import Algorithm, Handle, Receipt
from pipette.providers.s3_client import Control
from pipette.providers.s3_errors import control_errors, error_of_client
from pipette.providers.s3_listing import crc_of_whole
from pipette.providers.s3_parts import NEW_ONLY, etag_is_md5, plain_etag
from pipette.providers.s3_proof import ENCRYPTION

log = logging.getLogger(__name__)


def open_upload(
    control: Control, bucket: str, key: str, crc64: bool, encryption: Mapping[str, str]
) -> str:
    """Open a multipart upload and return its id."""
    asked: dict[str, Any] = dict(encryption)
    if crc64:
        asked |= {"ChecksumAlgorithm": "CRC64NVME", "ChecksumType": "FULL_OBJECT"}
    with control_errors():
        answer = control.client_for(bucket).create_multipart_upload(Bucket=bucket, Key=key, **asked)
    return answer["UploadId"]


def remove_unanswered(control: Control, bucket: str, key: str, largest_part: int = 0) -> None:
    """Remove uploads to this very key that hold nothing: their opening was never heard of.

    An upload with parts is somebody's work and stays, unless none is larger than ``largest_part``.
    """
    client = control.client_for(bucket)
    try:
        with control_errors():
            answer = client.list_multipart_uploads(Bucket=bucket, Prefix=key)
            same = [row["UploadId"] for row in answer.get("Uploads", []) if row["Key"] == key]
            for upload in same:
                parts = client.list_parts(Bucket=bucket, Key=key, UploadId=upload).get("Parts", [])
                if all(part["Size"] <= largest_part for part in parts):
                    client.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload)
    except (errors.NotAllowed, errors.Unavailable, errors.UploadGone) as error:
        log.warning("An opening without answer could not be removed: %s", error.detail)


def list_parts(control: Control, bucket: str, key: str, upload: str) -> list[Receipt]:
    pages = control.client_for(bucket).get_paginator("list_parts")
    try:
        with control_errors():
            return [
                _listed(row, page)
                for page in pages.paginate(Bucket=bucket, Key=key, UploadId=upload)
                for row in page.get("Parts", [])
            ]
    except errors.RemoteMissing as missing:  # so Ceph's gateway says that the upload is gone
        raise errors.UploadGone(missing.detail) from missing


def _listed(row: Mapping[str, Any], page: Mapping[str, Any]) -> Receipt:
    etag = plain_etag(row.get("ETag"))
    headers = page.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    crc = row.get("ChecksumCRC64NVME")
    return Receipt(
        row["PartNumber"],
        row["Size"],
        etag,
        int.from_bytes(base64.b64decode(crc), "big") if crc else None,
        etag if etag_is_md5(etag, headers) else None,
    )


def close_upload(
    control: Control, to: Location, key: str, handle: Handle, receipts: Sequence[Receipt], size: int
) -> RemoteFile:
    """Complete the upload; an error inside a reply with status 200 counts as one."""
    from botocore.exceptions import ClientError

    asked: dict[str, Any] = {"IfNoneMatch": "*"} if NEW_ONLY in handle.details else {}
    crc64 = handle.check.algorithm is Algorithm.CRC64NVME
    if crc64:
        asked |= {"ChecksumType": "FULL_OBJECT", "MpuObjectSize": size}
    asked["MultipartUpload"] = {"Parts": [_told(receipt, crc64) for receipt in receipts]}
    client = control.client_for(to.container)
    with control_errors():
        try:
            answer = client.complete_multipart_upload(
                Bucket=to.container,
                Key=key,
                UploadId=handle.id or "",
                **asked,
            )
        except ClientError as error:
            raise _why_not_closed(control, to, key, handle, error) from error
    encryption = answer.get("ServerSideEncryption")
    return RemoteFile(
        to,
        etag=plain_etag(answer.get("ETag")) or None,
        crc64nvme=crc_of_whole(answer),
        details={ENCRYPTION: encryption} if encryption else {},
    )


def _told(receipt: Receipt, crc64: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"PartNumber": receipt.number, "ETag": f'"{receipt.etag}"'}
    if crc64 and receipt.crc64nvme is not None:
        raw = receipt.crc64nvme.to_bytes(8, "big")
        told["ChecksumCRC64NVME"] = base64.b64encode(raw).decode()
    return told


def _why_not_closed(
    control: Control, to: Location, key: str, handle: Handle, refused: Any
) -> errors.TransferError:
    error = error_of_client(refused)
    if refused.response.get("Error", {}).get("Code") == "InvalidPart":
        # The service lost a part it had confirmed. Nothing can be made of this upload any more.
        abort_upload(control, to.container, key, handle.id or "")
        return errors.UploadGone(error.detail)
    if isinstance(error, errors.NameTaken) and _is_gone(control, to.container, key, handle):
        # What took the name may be this very upload, closed before; its answer was lost.
        return errors.UploadGone(error.detail)
    return error


def _is_gone(control: Control, bucket: str, key: str, handle: Handle) -> bool:
    try:
        list_parts(control, bucket, key, handle.id or "")
    except errors.UploadGone:
        return True
    except errors.TransferError as error:
        log.debug("Whether an upload is still open was not told: %s", error.kind)
    return False


def abort_upload(control: Control, bucket: str, key: str, upload: str) -> None:
    """Remove an upload and its parts; one that is gone already is no error."""
    try:
        with control_errors():
            control.client_for(bucket).abort_multipart_upload(
                Bucket=bucket, Key=key, UploadId=upload
            )
    except errors.UploadGone:
        log.debug("The upload was gone already")
