"""A file in one piece: a form whose fields the service signed, posted to its storage.

It cannot be resumed. The fields are a secret of this process and are good for some time only.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipette.model import errors
from pipette.model.files import GiB
from pipette.model.parts import Algorithm, Part, PartRequest, Receipt, Reply
from pipette.providers.onecodex_api import Calls
from pipette.providers.s3_errors import error_in_reply
from pipette.providers.s3_parts import etag_is_md5, plain_etag

log = logging.getLogger(__name__)

LARGEST_FORM = 20_000_000_000
LARGEST_S3_FORM = 5 * GiB
"""Where the form goes to S3 itself, as its fields show."""
LASTS_SECONDS = 45 * 60.0
"""Older fields are not tried any more: how long they last is not told."""

_TAKEN = frozenset({200, 201, 204})
_SIGNED_BY_S3 = frozenset({"AWSAccessKeyId", "x-amz-credential"})


@dataclass(frozen=True, slots=True)
class Form:
    """Where one file goes by form."""

    url: str = field(repr=False)
    fields: tuple[tuple[str, str], ...] = field(repr=False)
    begun_at: float
    status_url: str = field(default="", repr=False)
    calls_back: bool = False
    """The storage tells the service itself; nothing is to be confirmed."""

    @property
    def largest(self) -> int:
        to_s3 = any(name in _SIGNED_BY_S3 for name, _ in self.fields)
        return LARGEST_S3_FORM if to_s3 else LARGEST_FORM

    def request(self, filename: str) -> PartRequest:
        return PartRequest("POST", self.url, {}, _TAKEN, form=self.fields, form_filename=filename)


def form_of(opened: Mapping[str, Any], *, second: bool, now: float) -> Form:
    """Read what the service answered to the opening. Raises Temporary."""
    names = (
        ("paired_end_upload_url", "paired_end_additional_fields")
        if second
        else ("upload_url", "additional_fields")
    )
    url, fields = (opened.get(name) for name in names)
    told = fields if isinstance(fields, dict) else {}
    if not isinstance(url, str) or not url:
        raise errors.Temporary("an opened upload without an address")
    status, back = str(told.get("status_url") or ""), bool(told.get("callback_url"))
    if status or back:
        log.warning("The service asks for its older way of uploading by form")
    # Numbers are told as numbers, and sent as text.
    texts = tuple((str(name), str(value)) for name, value in told.items())
    return Form(url, texts, now, status, back)


def receipt_of(part: Part, reply: Reply) -> Receipt:
    """Read the storage's answer. Raises NotAllowed when the fields are not good any more."""
    if reply.status not in _TAKEN:
        raise error_in_reply(reply.status, reply.headers, reply.body)
    if reply.status != 201:
        log.info("A form was answered %s", reply.status)
    etag = plain_etag(reply.headers.get("etag"))
    ours = reply.sent.get(Algorithm.MD5)
    md5 = ours.hex() if ours is not None else None
    if md5 is None or not etag_is_md5(etag, reply.headers):
        return Receipt(part.number, part.length, etag, md5=md5)
    if etag != md5:
        raise errors.BadPart(f"MD5 here {md5}, there {etag}")
    return Receipt(part.number, part.length, etag, md5=md5, proven=True)


def is_handed_on(calls: Calls, status_url: str, sample: str) -> bool:
    """Whether the storage has passed the file on to the service. Raises Refused when it failed."""
    told = calls.ask_elsewhere(status_url, {"sample_id": sample})
    if told.get("complete") is False:
        return False
    if told.get("code") not in (200, 201):
        raise errors.Refused(f"the storage could not pass the file on: {told.get('code')}")
    return True
