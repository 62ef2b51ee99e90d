"""What stands around the bytes of a part in the body of a request."""

from __future__ import annotations

import base64
import secrets
from typing import Protocol

from pipette.engine.bodies import BLOCK
from pipette.engine.digests import Digests
from pipette.model.parts import Algorithm, PartRequest

_TRAILER = {Algorithm.CRC64NVME: (b"x-amz-checksum-crc64nvme", 8)}
"""Name of the trailer and length of the raw digest."""


class Framing(Protocol):
    opening: bytes
    """Before everything."""

    headers: tuple[tuple[str, str], ...]
    """Headers that follow from the framing."""

    def total(self, length: int) -> int:
        """Exact length of the body that carries so many bytes, sent in blocks of BLOCK."""
        ...

    def before(self, length: int) -> bytes:
        """Before a block of so many bytes."""
        ...

    @property
    def after(self) -> bytes:
        """After each block."""
        ...

    def ending(self, digests: Digests) -> bytes:
        """After everything."""
        ...


def framing_for(request: PartRequest) -> Framing:
    if request.trailer is not None:
        return AwsChunked(request.trailer)
    if request.form is not None:
        return Form(request.form, request.form_filename)
    return Plain()


class Plain:
    """The bytes and nothing else."""

    opening = b""
    headers: tuple[tuple[str, str], ...] = ()
    after = b""

    def total(self, length: int) -> int:
        return length

    def before(self, length: int) -> bytes:
        return b""

    def ending(self, digests: Digests) -> bytes:
        return b""


class AwsChunked:
    """Amazon's own chunks (unsigned), with a checksum as trailer.

    ``size in hex CRLF data CRLF`` for each block, then ``0 CRLF name:base64 CRLF CRLF``.
    """

    opening = b""
    headers: tuple[tuple[str, str], ...] = ()
    after = b"\r\n"

    def __init__(self, trailer: Algorithm) -> None:
        self._algorithm = trailer
        self._name, self._digest_length = _TRAILER[trailer]

    def total(self, length: int) -> int:
        full, rest = divmod(length, BLOCK)
        chunks = full * self._chunk(BLOCK) + (self._chunk(rest) if rest else 0)
        return chunks + len(self._trailer(bytes(self._digest_length)))

    def before(self, length: int) -> bytes:
        return b"%x\r\n" % length

    def ending(self, digests: Digests) -> bytes:
        return self._trailer(digests[self._algorithm])

    def _chunk(self, length: int) -> int:
        return len(self.before(length)) + length + len(self.after)

    def _trailer(self, digest: bytes) -> bytes:
        return b"0\r\n%s:%s\r\n\r\n" % (self._name, base64.b64encode(digest))


class Form:
    """A multipart/form-data body: the text fields, then the bytes as the part named ``file``."""

    after = b""

    def __init__(self, fields: tuple[tuple[str, str], ...], filename: str) -> None:
        boundary = secrets.token_hex(16)
        self.headers: tuple[tuple[str, str], ...] = (
            ("Content-Type", f"multipart/form-data; boundary={boundary}"),
        )
        texts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"\r\n\r\n{value}\r\n'
            for name, value in fields
        ]
        file = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; '
            f'filename="{_quoted(filename)}"\r\nContent-Type: application/octet-stream\r\n\r\n'
        )
        self.opening = ("".join(texts) + file).encode()
        self._closing = f"\r\n--{boundary}--\r\n".encode()

    def total(self, length: int) -> int:
        return len(self.opening) + length + len(self._closing)

    def before(self, length: int) -> bytes:
        return b""

    def ending(self, digests: Digests) -> bytes:
        return self._closing


def _quoted(name: str) -> str:
    """As browsers write it: a quote or a line break cannot end the name."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
