"""Checksums of what comes in: which were promised, which are computed, whether they agree."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from awscrt import checksums

from pipette.practice.refusals import Refusal

PREFIX = "x-amz-checksum-"
NOT_VALUES = frozenset({PREFIX + "algorithm", PREFIX + "type", PREFIX + "mode"})
UNSIGNED = "UNSIGNED-PAYLOAD"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
SHA256 = re.compile(r"[0-9a-f]{64}")
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()


class Hasher(Protocol):
    def update(self, data: memoryview, /) -> None: ...
    def digest(self) -> bytes: ...


class Crc:
    """A CRC that looks like a hashlib object."""

    def __init__(self, compute: Callable[[memoryview, int], int], size: int) -> None:
        self._compute = compute
        self._size = size
        self._value = 0

    def update(self, data: memoryview, /) -> None:
        self._value = self._compute(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._size, "big")


@dataclass(frozen=True, slots=True)
class Algorithm:
    """One of the checksums S3 knows; ``combine`` joins those of neighbours, where that works."""

    name: str
    size: int
    start: Callable[[], Hasher]
    combine: Callable[[int, int, int], int] | None = None


ALGORITHMS = {
    each.name: each
    for each in (
        Algorithm("crc64nvme", 8, lambda: Crc(checksums.crc64nvme, 8), checksums.combine_crc64nvme),
        Algorithm("crc32", 4, lambda: Crc(zlib.crc32, 4), checksums.combine_crc32),
        Algorithm("crc32c", 4, lambda: Crc(checksums.crc32c, 4), checksums.combine_crc32c),
        Algorithm("sha1", 20, lambda: hashlib.sha1(usedforsecurity=False)),
        Algorithm("sha256", 32, hashlib.sha256),
    )
}


@dataclass(frozen=True, slots=True)
class Promise:
    """What the head of a request says about its payload. An empty ``value`` comes in the trailer."""

    payload_hash: str = UNSIGNED
    md5: bytes | None = None
    algorithm: str | None = None
    value: str = ""

    @property
    def in_trailer(self) -> bool:
        return self.algorithm is not None and not self.value


class Intake:
    """Computes, in one pass, all that is needed of a payload."""

    def __init__(self, names: set[str], *, md5: bool = True) -> None:
        self.size = 0
        self._hashers: dict[str, Hasher] = {name: ALGORITHMS[name].start() for name in names}
        if md5:
            self._hashers["md5"] = hashlib.md5(usedforsecurity=False)
        self._all = tuple(self._hashers.values())

    def update(self, data: memoryview) -> None:
        self.size += len(data)
        for hasher in self._all:
            hasher.update(data)

    def digest(self, name: str) -> bytes:
        return self._hashers[name].digest()

    def text(self, name: str) -> str:
        return base64.b64encode(self.digest(name)).decode("ascii")


def read_promise(headers: Mapping[str, str], *, checksums_count: bool = True) -> Promise:
    """Raises the Refusal that malformed or contradicting headers deserve."""
    payload_hash = headers.get("x-amz-content-sha256", UNSIGNED)
    md5 = _content_md5(headers.get("content-md5"))
    if not checksums_count:
        return Promise(payload_hash, md5)
    algorithm, value = _checksum_header(headers)
    named = headers.get("x-amz-sdk-checksum-algorithm", "").lower()
    if named and algorithm != named:
        raise Refusal(
            "InvalidRequest",
            "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or "
            "x-amz-trailer headers were found.",
        )
    return Promise(payload_hash, md5, algorithm, value)


def intake_for(promise: Promise, *, extra: set[str], check_hash: bool, md5: bool) -> Intake:
    names = {"crc64nvme"} | extra
    if promise.algorithm:
        names.add(promise.algorithm)
    if check_hash and SHA256.fullmatch(promise.payload_hash):
        names.add("sha256")
    return Intake(names, md5=md5 or promise.md5 is not None)


def verify(
    intake: Intake, promise: Promise, trailers: Mapping[str, str], *, check_hash: bool
) -> None:
    """Raises when a payload is not what was promised."""
    if check_hash and SHA256.fullmatch(promise.payload_hash):
        _verify_payload_hash(intake, promise.payload_hash)
    if promise.md5 is not None and intake.digest("md5") != promise.md5:
        raise Refusal("BadDigest", "The Content-MD5 you specified did not match what we received.")
    if promise.algorithm is None:
        return
    value = _trailing_value(promise, trailers) if promise.in_trailer else promise.value
    if intake.text(promise.algorithm) != value:
        raise bad_checksum(promise.algorithm)


def bad_checksum(algorithm: str) -> Refusal:
    name = algorithm.upper()
    message = f"The {name} you specified did not match the calculated checksum."
    return Refusal("BadDigest", message)


def check_value(name: str, value: str) -> str:
    """``value`` if it is a well-formed checksum of this algorithm."""
    try:
        raw = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if name not in ALGORITHMS or len(raw) != ALGORITHMS[name].size:
        raise Refusal("InvalidRequest", f"Value for {PREFIX}{name} header is invalid.")
    return value


def _verify_payload_hash(intake: Intake, promised: str) -> None:
    computed = intake.digest("sha256").hex()
    if computed != promised:
        raise Refusal(
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
            ClientComputedContentSHA256=promised,
            S3ComputedContentSHA256=computed,
        )


def _trailing_value(promise: Promise, trailers: Mapping[str, str]) -> str:
    name = PREFIX + (promise.algorithm or "")
    if name not in trailers:
        raise Refusal("MalformedTrailerError", f"The trailer {name} that was announced is missing.")
    return check_value(promise.algorithm or "", trailers[name])


def _content_md5(text: str | None) -> bytes | None:
    if text is None:
        return None
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != 16:
        raise Refusal("InvalidDigest", "The Content-MD5 you specified was invalid.")
    return raw


def _checksum_header(headers: Mapping[str, str]) -> tuple[str | None, str]:
    given = [n for n in headers if n.startswith(PREFIX) and n not in NOT_VALUES]
    trailing = [n.strip() for n in headers.get("x-amz-trailer", "").lower().split(",") if n.strip()]
    if len(given) + len(trailing) > 1:
        raise Refusal(
            "InvalidRequest",
            "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
        )
    if given:
        name = given[0].removeprefix(PREFIX)
        return name, check_value(name, headers[given[0]])
    if not trailing:
        return None, ""
    name = trailing[0].removeprefix(PREFIX)
    if name not in ALGORITHMS:
        raise Refusal("InvalidRequest", "The value specified in the x-amz-trailer header is wrong.")
    return name, ""
