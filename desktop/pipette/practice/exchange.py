"""One request while it is being answered, and the taking in of its payload."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pipette.practice.blobs import fill
from pipette.practice.digests import (
    SHA256,
    UNSIGNED,
    UNSIGNED_TRAILER,
    Intake,
    Promise,
    intake_for,
    read_promise,
    verify,
)
from pipette.practice.log import RequestLog
from pipette.practice.manners import Manners, MiB
from pipette.practice.records import Blob, Bucket
from pipette.practice.refusals import Refusal, invalid_argument, not_implemented
from pipette.practice.routing import Target
from pipette.practice.shelf import Shelf
from pipette.practice.sources import AwsChunks, Body, Source, incomplete
from pipette.practice.wire import LARGEST_BLOCK, Request

LARGEST_DOCUMENT = 4 * MiB


@dataclass(slots=True)
class Payload:
    """The bytes that a request is about, without what they were wrapped in."""

    source: Source
    length: int
    trailers: Mapping[str, str]
    taken: int = 0

    def read_into(self, view: memoryview) -> int:
        count = self.source.read_into(view)
        self.taken += count
        return count


@dataclass(slots=True)
class Exchange:
    """What an operation needs to answer one request."""

    request: Request
    target: Target
    payload: Payload
    shelf: Shelf
    manners: Manners
    log: RequestLog
    now: float
    home_region: str
    owner: str
    block: Callable[[int], memoryview]

    @property
    def bucket(self) -> Bucket:
        return self.shelf.bucket(self.target.bucket)

    @property
    def uses_kms(self) -> bool:
        return self.manners.kms or self.bucket.kms

    def header(self, name: str) -> str:
        return self.request.header(name)

    def promise(self) -> Promise:
        return read_promise(self.request.headers, checksums_count=self.manners.checks_checksums)

    def receive(self, promise: Promise, *, extra: set[str], md5: bool) -> tuple[Blob, Intake]:
        """Put the payload on the shelf if it is what was promised."""
        check_hash = self.manners.checks_payload_hash
        intake = intake_for(promise, extra=extra, check_hash=check_hash, md5=md5)
        block = self.block(min(self.payload.length, LARGEST_BLOCK))
        blob = self.shelf.blobs.receive(self.payload, intake, block)
        try:
            self._verify(intake, promise)
        except Refusal:
            self.shelf.blobs.discard([blob])
            raise
        return blob, intake

    def read_document(self, promise: Promise | None = None) -> bytes:
        """The whole payload, for the small ones that are XML."""
        if self.payload.length > LARGEST_DOCUMENT:
            raise Refusal("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
        promise = promise or Promise(self.header("x-amz-content-sha256") or UNSIGNED)
        check_hash = self.manners.checks_payload_hash
        intake = intake_for(promise, extra=set(), check_hash=check_hash, md5=False)
        body = memoryview(bytearray(self.payload.length))
        intake.update(body[: fill(self.payload, body)])
        self._verify(intake, promise)
        return bytes(body)

    def _verify(self, intake: Intake, promise: Promise) -> None:
        if self.payload.read_into(memoryview(bytearray(1))) or intake.size != self.payload.length:
            raise incomplete()
        check_hash = self.manners.checks_payload_hash
        verify(intake, promise, self.payload.trailers, check_hash=check_hash)


def payload_of(request: Request, body: Body, manners: Manners) -> Payload:
    """Unwrap the body as its head says. Raises the Refusal that a wrong wrapping deserves."""
    kind = request.header("x-amz-content-sha256") or UNSIGNED
    if kind == UNSIGNED_TRAILER:
        return _chunked_payload(request, body, manners)
    if kind.startswith("STREAMING-"):
        raise not_implemented("x-amz-content-sha256")
    if kind != UNSIGNED and not SHA256.fullmatch(kind):
        message = f"x-amz-content-sha256 must be {UNSIGNED}, {UNSIGNED_TRAILER} or a sha256."
        raise invalid_argument(message, "x-amz-content-sha256", kind)
    if "transfer-encoding" in request.headers:
        raise not_implemented("Transfer-Encoding")
    return Payload(body, int(request.header("content-length") or "0"), {})


def _chunked_payload(request: Request, body: Body, manners: Manners) -> Payload:
    if not manners.takes_trailers:
        message = "The provided 'x-amz-content-sha256' header does not match what was computed."
        raise Refusal("XAmzContentSHA256Mismatch", message)
    length = request.header("x-amz-decoded-content-length")
    if not (length.isascii() and length.isdigit()):
        raise missing_length()
    chunks = AwsChunks(body)
    return Payload(chunks, int(length), chunks.trailers)


def missing_length() -> Refusal:
    return Refusal("MissingContentLength", "You must provide the Content-Length HTTP header.")
