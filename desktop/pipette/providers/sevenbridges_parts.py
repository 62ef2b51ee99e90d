"""Parts on their way to the storage of a Seven Bridges platform. No requests are made here.

The platform signs an address for each part and says what counts as success and which headers of
the answer it wants to be told. Where the storage speaks S3 the ETag of a part is its MD5. Others
may put anything there, so a storage's ETags are believed once one was an MD5, or doubted for good
after some that never were.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipette.model import errors
from pipette.model.parts import Algorithm, Part, PartRequest, Receipt, Reply
from pipette.providers.memory import EndpointMemory
from pipette.providers.s3_errors import error_in_reply
from pipette.providers.s3_parts import etag_is_md5, plain_etag

_HEX = re.compile(r"[0-9a-fA-F]{32}")
_MD5, _OTHER = "md5", "other"
_MOST_DOUBTS = 3
_ETAG = "etag"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the platform wants of the storage's answers; the same for all parts of an upload."""

    success: frozenset[int] = frozenset({200})
    headers: tuple[str, ...] = ("ETag",)


def part_request(signed: Mapping[str, Any]) -> tuple[PartRequest, Wish]:
    """The request a signed address stands for, and what to make of its answer."""
    report = signed.get("report") or {}
    codes = report.get("success_codes") or signed.get("success_codes") or [200]
    wish = Wish(frozenset(map(int, codes)), tuple(map(str, report.get("headers", ["ETag"]))))
    headers = {str(name): str(text) for name, text in (signed.get("headers") or {}).items()}
    request = PartRequest(str(signed.get("method") or "PUT"), signed["url"], headers, wish.success)
    return request, wish


class Wishes:
    """What each open upload's answers are read by. Made anew with every signed address."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_upload: dict[str, Wish] = {}

    def note(self, upload: str, wish: Wish) -> None:
        with self._lock:
            self._by_upload[upload] = wish

    def of(self, upload: str) -> Wish:
        with self._lock:
            return self._by_upload.get(upload, Wish())

    def drop(self, upload: str) -> None:
        with self._lock:
            self._by_upload.pop(upload, None)


class Etags:
    """Whether ETags of a project's storage are MD5s, as far as was seen; kept over restarts."""

    def __init__(self, memory: EndpointMemory, base: str) -> None:
        self._memory = memory
        self._base = base
        self._lock = threading.Lock()

    def are_md5(self, project: str) -> bool:
        return self._memory.recall(self._name(project)) == _MD5

    def matched(self, project: str) -> None:
        if not self.are_md5(project):
            self._memory.remember(self._name(project), _MD5)

    def doubted(self, project: str) -> bool:
        """An ETag that could be an MD5 was another one; True when no such ETag is believed here."""
        with self._lock:
            known = self._memory.recall(self._name(project)) or "0"
            if known in (_MD5, _OTHER):
                return known == _OTHER
            doubts = int(known) + 1
            self._memory.remember(
                self._name(project), _OTHER if doubts >= _MOST_DOUBTS else str(doubts)
            )
        return False

    def _name(self, project: str) -> str:
        return f"{self._base} etags of {project.lower()}"


def receipt_of(part: Part, reply: Reply, wish: Wish, etags: Etags, project: str) -> Receipt:
    """Read the storage's answer. Raises BadPart, UploadGone, SlowDown, Temporary."""
    if reply.status not in wish.success:
        raise storage_error(reply)
    values = {name: _value(reply, name) for name in wish.headers}
    missing = [name for name, text in values.items() if not text]
    if missing:
        raise errors.Temporary(f"{reply.status} without {', '.join(missing)}")
    etag = next((text for name, text in values.items() if name.lower() == _ETAG), "")
    md5 = reply.sent.get(Algorithm.MD5)
    ours = md5.hex() if md5 is not None else None
    proven = _proven(etag, ours, reply, etags, project)
    return Receipt(part.number, part.length, _written(values), md5=ours, proven=proven)


def _value(reply: Reply, name: str) -> str:
    text = reply.headers.get(name.lower(), "")
    return plain_etag(text) if name.lower() == _ETAG else text


def _proven(etag: str, ours: str | None, reply: Reply, etags: Etags, project: str) -> bool:
    if ours is None or not _HEX.fullmatch(etag) or not etag_is_md5(etag.lower(), reply.headers):
        return False
    if etag.lower() == ours:
        etags.matched(project)
        return True
    if etags.doubted(project):
        return False
    raise errors.BadPart(f"MD5 here {ours}, there {etag}")


def storage_error(reply: Reply) -> errors.TransferError:
    """A signed address that is refused is signed anew for the next try: hardly anything is final."""
    error = error_in_reply(reply.status, reply.headers, reply.body)
    if isinstance(error, errors.Temporary | errors.UploadGone | errors.RemoteChanged):
        return error
    return errors.Temporary(f"the storage refused: {error.detail}", wait_seconds=error.wait_seconds)


def _written(values: Mapping[str, str]) -> str:
    """In a receipt: the plain ETag, or all headers as JSON where others are wanted."""
    if [name.lower() for name in values] == [_ETAG]:
        return next(iter(values.values()))
    return json.dumps(values, sort_keys=True)


def report_of(receipt: Receipt) -> dict[str, Any]:
    """A part as the platform wants to be told of it."""
    written = receipt.etag
    headers = json.loads(written) if written.startswith("{") else {"ETag": written}
    return {"part_number": receipt.number, "response": {"headers": headers}}


def reported(parts: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    """Number and ETag, written as in receipts, of the parts the platform was told of."""
    return {int(part["part_number"]): _written(_told(part)) for part in parts}


def _told(part: Mapping[str, Any]) -> dict[str, str]:
    headers = (part.get("response") or {}).get("headers") or {}
    return {
        str(name): plain_etag(str(text)) if name.lower() == _ETAG else str(text)
        for name, text in headers.items()
    }
