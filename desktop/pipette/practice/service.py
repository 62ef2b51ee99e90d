"""Answers the requests of one connection: routing, faults, signature, operation, log."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from pipette.practice import buckets, listing, multipart, objects
from pipette.practice.conditions import first_byte
from pipette.practice.documents import error_document
from pipette.practice.exchange import Exchange, Payload, payload_of
from pipette.practice.faults import (
    Action,
    Call,
    ErrorInside,
    ExpireTokens,
    Faults,
    Hang,
    LoseNetwork,
    Moment,
    Reset,
    Respond,
    WrongETag,
)
from pipette.practice.line import Hangup
from pipette.practice.log import Entry, RequestLog
from pipette.practice.manners import Manners, MiB
from pipette.practice.meddling import (
    MeddledSource,
    Meddler,
    concerns_incoming,
    concerns_outgoing,
)
from pipette.practice.refusals import Refusal, access_denied
from pipette.practice.routing import Target, route
from pipette.practice.shelf import Shelf
from pipette.practice.signing import Gate, KeyPair
from pipette.practice.sources import Body, FileSource, MemorySource, PlainBody, Source, body_of
from pipette.practice.wire import BadHead, Connection, Reply, Request, head_of

LARGEST_COURTESY = 1 * MiB
"""So much of a body that nobody wants is read to keep the connection."""
UNROUTED = Target("Unknown", "", "", {})

OPERATIONS: dict[str, Callable[[Exchange], Reply]] = {
    "ListBuckets": listing.list_buckets,
    "CreateBucket": buckets.create_bucket,
    "HeadBucket": buckets.head_bucket,
    "DeleteBucket": buckets.delete_bucket,
    "GetBucketLocation": buckets.get_location,
    "ListObjectsV2": listing.list_objects,
    "PutObject": objects.put_object,
    "GetObject": objects.get_object,
    "HeadObject": objects.head_object,
    "DeleteObject": objects.delete_object,
    "DeleteObjects": objects.delete_objects,
    "CopyObject": objects.copy_object,
    "CreateMultipartUpload": multipart.create_upload,
    "UploadPart": multipart.upload_part,
    "CompleteMultipartUpload": multipart.complete_upload,
    "AbortMultipartUpload": multipart.abort_upload,
    "ListParts": listing.list_parts,
    "ListMultipartUploads": listing.list_uploads,
}

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Service:
    """What all connections share. ``serve`` runs on the thread of its connection."""

    shelf: Shelf
    gate: Gate
    manners: Manners
    faults: Faults
    clock: Callable[[], float]
    home_region: str
    log: RequestLog
    owner: str = "practice"

    def serve(self, connection: Connection) -> None:
        """Until the client goes or the service stops; ``Hangup`` when a fault ends it."""
        try:
            while not connection.stopping.is_set() and self._serve_one(connection):
                pass
        except BadHead:
            connection.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            connection.linger()

    def _serve_one(self, connection: Connection) -> bool:
        request = connection.read_request()
        if request is None:
            return False
        self.faults.line.delay(connection.stopping)
        return _Turn(self, connection, request).take()


class _Turn:
    """One request from its head to the last byte of its answer."""

    def __init__(self, service: Service, connection: Connection, request: Request) -> None:
        self._service = service
        self._connection = connection
        self._request = request
        self._target = UNROUTED
        self._action: Action | None = None
        self._payload: Payload | None = None
        self._id = secrets.token_hex(8).upper()

    def take(self) -> bool:
        """True when another request may follow."""
        try:
            body = body_of(self._request, self._connection)
        except Refusal as refusal:
            self._send(self._refused(refusal), keep_alive=False)
            return False
        reply = self._answer(body)
        self._record(reply)
        if _strikes(self._action, Reset, Moment.AFTER):
            raise Hangup
        if _strikes(self._action, Hang, Moment.AFTER):
            self._service.faults.hold(self._connection.stopping)
        keep_alive = self._request.keep_alive and self._is_done_with(body)
        self._send(reply, keep_alive=keep_alive)
        if not keep_alive and not body.exhausted:
            self._connection.linger()
        return keep_alive

    def _answer(self, body: Body) -> Reply:
        try:
            self._target = route(self._request)
            self._action = self._service.faults.take(self._call())
            self._strike_before()
            return self._perform(body)
        except Refusal as refusal:
            return self._refused(refusal)
        except OSError:
            logger.exception("the practice place could not use its folder")
            return self._refused(Refusal("InternalError", "The disk of the practice place failed."))

    def _strike_before(self) -> None:
        action, faults = self._action, self._service.faults
        if _strikes(action, Reset, Moment.BEFORE):
            raise Hangup
        if _strikes(action, Hang, Moment.BEFORE):
            faults.hold(self._connection.stopping)
        if isinstance(action, ExpireTokens):
            faults.expire_tokens()
        if isinstance(action, LoseNetwork):
            faults.line.lose()
            raise Hangup

    def _perform(self, body: Body) -> Reply:
        service, action = self._service, self._action
        if isinstance(action, Respond):
            return self._scripted(action, body)
        now = service.clock()
        found = service.shelf.find_bucket(self._target.bucket)
        regions = self._regions(found.region if found else None)
        key = service.gate.check(self._request, self._target.query, regions, now)
        self._expect_allowed(key)
        self._payload = self._open_payload(body)
        if isinstance(action, ErrorInside) and not action.done:
            _drain(self._payload, self._connection)
            return self._error_inside(action)
        reply = OPERATIONS[self._target.operation](self._exchange(self._payload, now))
        if isinstance(action, ErrorInside):
            return self._error_inside(action)
        if isinstance(action, WrongETag):
            reply.headers["ETag"] = f'"{"0" * 32}"'
        return reply

    def _expect_allowed(self, key: KeyPair) -> None:
        target = self._target
        prefix = target.query.get("prefix", "")
        if key.policy and not key.policy.allows(
            target.operation, target.bucket, target.key, prefix
        ):
            raise access_denied()

    def _exchange(self, payload: Payload, now: float) -> Exchange:
        service = self._service
        return Exchange(
            self._request,
            self._target,
            payload,
            service.shelf,
            service.manners,
            service.log,
            now,
            service.home_region,
            service.owner,
            self._connection.block,
        )

    def _open_payload(self, body: Body) -> Payload:
        payload = payload_of(self._request, body, self._service.manners)
        action = self._action
        if action is not None and concerns_incoming(action, self._target.operation):
            payload.source = MeddledSource(payload.source, self._meddler(action, payload.length))
        return payload

    def _meddler(self, action: Action, length: int) -> Meddler:
        return Meddler(action, length, self._service.faults, self._connection.stopping)

    def _call(self) -> Call:
        target = self._target
        start = first_byte(self._request.header("range"))
        return Call(target.operation, target.key, target.part, start)

    def _regions(self, region: str | None) -> frozenset[str]:
        """Where a request about this bucket may be signed for; empty is anywhere."""
        if region is None:
            return frozenset()
        elsewhere = {"us-east-1"} if self._target.operation == "GetBucketLocation" else set()
        return frozenset({region} | elsewhere)

    def _scripted(self, action: Respond, body: Body) -> Reply:
        if action.read_body:
            self._payload = payload_of(self._request, body, self._service.manners)
            _drain(self._payload, self._connection)
        reply = self._refused(Refusal(action.code, action.message, status=action.status))
        if action.retry_after is not None:
            reply.headers["Retry-After"] = str(action.retry_after)
        return reply

    def _error_inside(self, action: ErrorInside) -> Reply:
        message = "We encountered an internal error. Please try again."
        return self._refused(Refusal(action.code, message, status=200))

    def _refused(self, refusal: Refusal) -> Reply:
        body = error_document(refusal, self._request.path, self._id)
        if refusal.status in (204, 304):
            body = b""
        headers = {"Content-Type": "application/xml", "x-amz-request-id": self._id}
        return Reply(refusal.status, refusal.headers | headers, body, code=refusal.code)

    def _record(self, reply: Reply) -> None:
        target, request = self._target, self._request
        self._service.log.add(
            Entry(
                target.operation,
                target.bucket,
                target.key,
                target.part,
                target.upload_id,
                reply.status,
                reply.code,
                self._payload.taken if self._payload else 0,
                request.header("range"),
                frozenset(request.headers),
                self._connection.number,
                self._action,
            )
        )

    def _is_done_with(self, body: Body) -> bool:
        """Whether the body is out of the way; a small rest is read for that."""
        if body.exhausted:
            return True
        if not isinstance(body, PlainBody) or body.unasked or body.remaining > LARGEST_COURTESY:
            return False
        try:
            _drain(body, self._connection)
        except Refusal:  # it ended early, which is why it was refused
            return False
        return True

    def _send(self, reply: Reply, *, keep_alive: bool) -> None:
        reply.headers.setdefault("x-amz-request-id", self._id)
        if reply.body:
            reply.headers.setdefault("Content-Type", "application/xml")
        head = head_of(reply, reply.length, keep_alive=keep_alive)
        if self._request.method == "HEAD":
            self._connection.send(head)
        elif reply.pieces or self._meddles_with_answer():
            self._connection.send(head)
            self._stream(reply)
        else:
            self._connection.send(head + reply.body)

    def _meddles_with_answer(self) -> bool:
        return concerns_outgoing(self._action, self._target.operation)

    def _stream(self, reply: Reply) -> None:
        block = self._connection.block(reply.length)
        try:
            with FileSource(reply.pieces) as files:
                source = self._outgoing(files, reply)
                while count := source.read_into(block):
                    self._connection.send(block[:count])
        except OSError as error:  # the object was replaced while it was read
            raise Hangup from error

    def _outgoing(self, files: FileSource, reply: Reply) -> Source:
        source: Source = files if reply.pieces else MemorySource(reply.body)
        if self._action is not None and self._meddles_with_answer():
            return MeddledSource(source, self._meddler(self._action, reply.length))
        return source


def _strikes(action: Action | None, kind: type[Reset | Hang], moment: Moment) -> bool:
    return isinstance(action, kind) and action.moment is moment


def _drain(source: Payload | Body, connection: Connection) -> None:
    block = connection.block(MiB)
    while source.read_into(block):
        pass
