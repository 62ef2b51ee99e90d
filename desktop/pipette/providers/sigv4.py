"""AWS Signature Version 4 for S3, as far as moving bytes needs it.

botocore signs the control calls; its call path costs a millisecond a request, which small files
cannot afford. Here a request is turned into text in the one order and spelling that both sides
agree on, and that text is signed with a key that lasts a day. Paths are signed exactly as they are
sent: S3 does not fold ``//``, ``.`` or ``..``.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from pipette.model.account import Secret

UNSIGNED = "UNSIGNED-PAYLOAD"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
_ALGORITHM = "AWS4-HMAC-SHA256"
_SERVICE = "s3"

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Keys:
    """An access key: its public id, its secret, and the token of temporary ones."""

    access: str
    secret: Secret
    session: Secret | None = None


def encoded_path(path: str) -> str:
    """The path as S3 signs and receives it. Raises UnicodeEncodeError for undecodable names."""
    return quote(path, safe="/")


def encoded_query(query: Mapping[str, str]) -> str:
    """The query string in canonical order: by encoded name, then by encoded value."""
    pairs = sorted((quote(name, safe=""), quote(value, safe="")) for name, value in query.items())
    return "&".join(f"{name}={value}" for name, value in pairs)


class Signer:
    """Signs requests with one key for one region. Safe to share between threads."""

    def __init__(self, keys: Keys, region: str, clock: Clock = time.time) -> None:
        self._keys = keys
        self._region = region
        self._clock = clock
        # One tuple, replaced as a whole: two threads at midnight at worst compute it twice.
        self._day_key: tuple[str, bytes] = ("", b"")

    def headers(
        self,
        method: str,
        host: str,
        path: str,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        payload: str = UNSIGNED,
    ) -> dict[str, str]:
        """The headers to send: those given (names in lower case) and those that sign them.

        ``path`` and ``query`` must be encoded already; ``host`` is signed but not returned, as
        whoever sends the request writes it from the address.
        """
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(self._clock()))
        sent = {**(headers or {}), "x-amz-content-sha256": payload, "x-amz-date": stamp}
        if self._keys.session:
            sent["x-amz-security-token"] = self._keys.session.reveal()
        names, lines = _canonical_headers({**sent, "host": host})
        scope = self._scope(stamp)
        request = f"{method}\n{path}\n{query}\n{lines}\n{names}\n{payload}"
        signature = self._signature(stamp, scope, request)
        sent["authorization"] = (
            f"{_ALGORITHM} Credential={self._keys.access}/{scope}, "
            f"SignedHeaders={names}, Signature={signature}"
        )
        return sent

    def query(
        self, method: str, host: str, path: str, query: Mapping[str, str], seconds: int
    ) -> str:
        """The query string of a link that is good for so many seconds. It is a secret."""
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(self._clock()))
        scope = self._scope(stamp)
        full = {
            **query,
            "X-Amz-Algorithm": _ALGORITHM,
            "X-Amz-Credential": f"{self._keys.access}/{scope}",
            "X-Amz-Date": stamp,
            "X-Amz-Expires": str(seconds),
            "X-Amz-SignedHeaders": "host",
        }
        if self._keys.session:
            full["X-Amz-Security-Token"] = self._keys.session.reveal()
        canonical = encoded_query(full)
        request = f"{method}\n{path}\n{canonical}\nhost:{host}\n\nhost\n{UNSIGNED}"
        return f"{canonical}&X-Amz-Signature={self._signature(stamp, scope, request)}"

    def _scope(self, stamp: str) -> str:
        return f"{stamp[:8]}/{self._region}/{_SERVICE}/aws4_request"

    def _signature(self, stamp: str, scope: str, request: str) -> str:
        hashed = hashlib.sha256(request.encode()).hexdigest()
        text = f"{_ALGORITHM}\n{stamp}\n{scope}\n{hashed}"
        return hmac.digest(self._key_of(stamp[:8]), text.encode(), "sha256").hex()

    def _key_of(self, day: str) -> bytes:
        known, key = self._day_key
        if known == day:
            return key
        key = f"AWS4{self._keys.secret.reveal()}".encode()
        for step in (day, self._region, _SERVICE, "aws4_request"):
            key = hmac.digest(key, step.encode(), "sha256")
        self._day_key = (day, key)
        return key


def _canonical_headers(headers: Mapping[str, str]) -> tuple[str, str]:
    ordered = sorted(headers.items())
    names = ";".join(name for name, _ in ordered)
    lines = "".join(f"{name}:{' '.join(value.split())}\n" for name, value in ordered)
    return names, lines
