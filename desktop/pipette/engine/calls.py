"""A request as it goes over the wire: where to, and the bytes of its head."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Iterable

from pipette.engine.connection import Connection
from pipette.engine.lines import Origin
from pipette.model.errors import Refused
from pipette.model.parts import PartRequest

_NOT_IN_TARGET = re.compile(r"[\x00-\x20\x7f]")
_OURS = frozenset({"content-length", "transfer-encoding", "connection"})
"""Headers that only the sender writes."""


class Call:
    """One request, ready to go out. Raises Refused when it could smuggle in a second one."""

    def __init__(
        self, request: PartRequest, length: int | None, further: Iterable[tuple[str, str]] = ()
    ) -> None:
        parts = urllib.parse.urlsplit(request.url)
        self.method = request.method
        self.origin = _origin(parts)
        self._target = _target(parts)
        self._headers = _headers(request, self.origin, length, further)
        self._expect_one_request()

    def head(self, connection: Connection) -> bytes:
        """The head, as a proxy on the way wants it."""
        lines = [f"{self.method} {connection.prefix}{self._target} HTTP/1.1", *self._headers]
        if connection.authorization:
            lines.append(f"Proxy-Authorization: {connection.authorization}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def _expect_one_request(self) -> None:
        text = "".join([self.method, *self._headers])
        broken = "\r" in text or "\n" in text or "\0" in text
        if broken or _NOT_IN_TARGET.search(self._target) or not self.method.isalpha():
            raise Refused("a line break or a blank in a header or an address")
        if not text.isascii() and any(ord(sign) > 0xFF for sign in text):
            raise Refused("a sign in a header that cannot be sent")
        if not self._target.isascii():
            raise Refused("an address that is not encoded")


def _origin(parts: urllib.parse.SplitResult) -> Origin:
    standard = {"http": 80, "https": 443}.get(parts.scheme)
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        raise Refused("an address with an impossible port") from None
    if standard is None or not host or _NOT_IN_TARGET.search(host):
        raise Refused("an address that is neither http nor https")
    return Origin(parts.scheme, host, port or standard)


def _target(parts: urllib.parse.SplitResult) -> str:
    path = parts.path or "/"
    return f"{path}?{parts.query}" if parts.query else path


def _headers(
    request: PartRequest, origin: Origin, length: int | None, further: Iterable[tuple[str, str]]
) -> list[str]:
    given = {name.lower() for name in request.headers}
    lines = [] if "host" in given else [f"Host: {origin.host_header}"]
    for name, value in (*request.headers.items(), *further):
        if not name.replace("-", "").replace("_", "").isalnum():
            raise Refused("a header with an impossible name")
        if name.lower() not in _OURS:
            lines.append(f"{name}: {value}")
    if "user-agent" not in given:
        lines.append("User-Agent: Pipette")
    if "accept-encoding" not in given:
        lines.append("Accept-Encoding: identity")
    if length is not None:
        lines.append(f"Content-Length: {length}")
    return lines
