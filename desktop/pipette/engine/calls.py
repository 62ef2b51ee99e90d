"""A request as it goes over the wire: where to, and the bytes of its head."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from pipette.engine.connection import Connection
from pipette.engine.lines import Origin
from pipette.model.errors import Refused
from pipette.model.parts import PartRequest

_URL = re.compile(r"(https?)://([^/?#\s]+)(/[^?#\x00-\x20\x7f]*)?(\?[^#\x00-\x20\x7f]*)?(?:#.*)?")
_AUTHORITY = re.compile(r"(?:[^@]*@)?(\[[0-9A-Fa-f:.%]+\]|[^:\[\]@]+)(?::([0-9]{1,5}))?")
_LAST_LATIN = 0xFF
_STANDARD_PORTS = {"http": 80, "https": 443}
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_OURS = frozenset(
    {"content-length", "transfer-encoding", "connection", "user-agent", "accept-encoding"}
)
"""Headers that only the sender writes."""


class Call:
    """One request, ready to go out.

    Raises Refused when a line break or a blank would let it say something else than it should.
    """

    __slots__ = ("_lines", "_target", "method", "origin")

    def __init__(
        self, request: PartRequest, length: int | None, further: Iterable[tuple[str, str]] = ()
    ) -> None:
        url = _URL.fullmatch(request.url)
        if url is None or not request.url.isascii():
            raise Refused("an address that is not http, not https or not encoded")
        scheme, authority, path, query = url.groups()
        self.method = request.method
        self.origin = _origin(scheme, authority)
        self._target = f"{path or '/'}{query or ''}"
        self._lines = _header_lines(request, self.origin, length, further)
        self._expect_single_lines()

    def head(self, connection: Connection) -> bytes:
        """The head, as a proxy on the way wants it."""
        lines = [f"{self.method} {connection.prefix}{self._target} HTTP/1.1", *self._lines]
        if connection.authorization:
            lines.append(f"Proxy-Authorization: {connection.authorization}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def _expect_single_lines(self) -> None:
        text = "".join(self._lines)
        if "\r" in text or "\n" in text or "\0" in text or not self.method.isalpha():
            raise Refused("a line break in a header")
        if not text.isascii() and any(ord(sign) > _LAST_LATIN for sign in text):
            raise Refused("a sign in a header that cannot be sent")


@lru_cache(maxsize=64)
def _origin(scheme: str, authority: str) -> Origin:
    match = _AUTHORITY.fullmatch(authority)
    if match is None:
        raise Refused("an address whose host cannot be read")
    host, port = match.groups()
    return Origin(scheme, host.strip("[]").lower(), int(port or _STANDARD_PORTS[scheme]))


def _header_lines(
    request: PartRequest, origin: Origin, length: int | None, further: Iterable[tuple[str, str]]
) -> list[str]:
    lines = ["User-Agent: Pipette", "Accept-Encoding: identity"]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    given_host = False
    for name, value in (*request.headers.items(), *further):
        if not _NAME.fullmatch(name):
            raise Refused("a header with an impossible name")
        lower = name.lower()
        given_host = given_host or lower == "host"
        if lower not in _OURS:
            lines.append(f"{name}: {value}")
    if not given_host:
        lines.append(f"Host: {origin.host_header}")
    return lines
