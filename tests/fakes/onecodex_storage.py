"""The storage of the pretend One Codex: takes signed forms, gives signed downloads.

Strict as S3 is with forms: exact length, every signed field, the file last. It notes every request
that carries a key of the platform.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.fakes.onecodex_records import Records, Sample, moment
from tests.fakes.onecodex_web import Answer, Refused, Request, Service

GiB = 1024**3
LARGEST_FORM = 5 * GiB
BUCKET = "onecodex-uploads"
ACCESS_KEY = "AKIAFORMPOLICY"
_SIGNING_KEY = secrets.token_bytes(16)
_BLOCK = 1 << 16
_PART = re.compile(r'form-data; name="([^"]*)"(?:; filename="([^"]*)")?')
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
PLATFORM_HEADERS = frozenset({"authorization", "x-api-key", "cookie"})


@dataclass(slots=True)
class Link:
    """A download that was signed."""

    content: bytes
    expires_at: float
    filename: str


class Storage(Service):
    def __init__(self, records: Records) -> None:
        self._records = records
        self.url = ""
        """The address it gives itself in what it signs."""
        self.objects: dict[str, bytes] = {}
        self.secrets: list[str] = []
        """What was given out and must be written down nowhere."""
        self.leaked: list[str] = []
        """Requests that showed a key of the platform."""
        self.handed_on: Callable[[Sample], None] = lambda sample: None
        """Told when the proxy has passed a sample's files on to the service."""
        self.links: dict[str, Link] = {}
        self.late: set[str] = set()
        """Tokens of links that are answered 404 the first time."""
        self.gzipped = False
        """Downloads are announced as Content-Encoding: gzip."""
        self.fields_seen: list[list[str]] = []
        """Names of the form's parts, in the order in which they came."""

    def renew(self) -> None:
        for kept in (self.objects, self.links, self.secrets, self.leaked, self.fields_seen):
            kept.clear()
        self.late.clear()
        self.gzipped = False

    # Signing

    def form_fields(self, key: str, **more: str) -> dict[str, Any]:
        """What a form to this key must carry. ``${filename}`` in it is for the storage to fill in."""
        now, manners = self._records.clock(), self._records.manners
        fields: dict[str, Any] = {
            "AWSAccessKeyId": ACCESS_KEY,
            "acl": "private",
            "key": key,
            "success_action_status": 201,
            "x-amz-server-side-encryption": "AES256",
            **more,
        }
        conditions: list[Any] = [{name: str(value)} for name, value in fields.items()]
        conditions.append(["content-length-range", 0, LARGEST_FORM])
        policy = {"expiration": moment(now + manners.policy_seconds), "conditions": conditions}
        encoded = base64.b64encode(json.dumps(policy).encode()).decode()
        self.secrets += [encoded, _signature(encoded)]
        return {**fields, "policy": encoded, "signature": _signature(encoded)}

    def link(self, content: bytes, filename: str) -> str:
        token = secrets.token_urlsafe(12)
        expires = self._records.clock() + self._records.manners.link_seconds
        self.links[token] = Link(content, expires, filename)
        self.secrets.append(token)
        return f"{self.url}/download/{token}?X-Amz-Signature={secrets.token_hex(16)}"

    # Answering

    def route(self, request: Request) -> str:
        if request.path.startswith("/download/"):
            return "fetch"
        return "status" if request.path == "/status" else "form"

    def answer(self, route: str, request: Request) -> Answer:
        if PLATFORM_HEADERS & request.headers.keys():
            self.leaked.append(f"{request.method} {request.path}")
            raise xml(400, "InvalidArgument", "Only one auth mechanism allowed")
        if route == "fetch":
            return self._fetch(request)
        if route == "status":
            return self._status(request)
        return self._form(request)

    def _form(self, request: Request) -> Answer:
        if request.method != "POST":
            raise xml(405, "MethodNotAllowed")
        if "transfer-encoding" in request.headers:
            raise xml(501, "NotImplemented", "A header you provided implies chunked coding")
        if "content-length" not in request.headers:
            raise xml(411, "MissingContentLength")
        form = _Form(request)
        fields, filename, content = form.read()
        self.fields_seen.append([*fields, "file"])
        self._check(fields, len(content))
        key = fields["key"].replace("${filename}", filename)
        self.objects[key] = content
        etag = hashlib.md5(content, usedforsecurity=False).hexdigest()
        return _taken(fields, key, etag)

    def _check(self, fields: Mapping[str, str], size: int) -> None:
        if fields.get("AWSAccessKeyId") != ACCESS_KEY:
            raise xml(403, "InvalidAccessKeyId")
        policy = fields.get("policy", "")
        if fields.get("signature") != _signature(policy):
            raise xml(403, "SignatureDoesNotMatch")
        told = json.loads(base64.b64decode(policy))
        if told["expiration"] < moment(self._records.clock()):
            raise xml(403, "AccessDenied", "Invalid according to Policy: Policy expired.")
        named = {name for one in told["conditions"] if isinstance(one, dict) for name in one}
        for condition in told["conditions"]:
            _check_condition(condition, fields, size)
        extra = fields.keys() - named - {"policy", "signature"}
        if extra:
            raise xml(403, "AccessDenied", f"Extra input fields: {', '.join(sorted(extra))}")

    def _fetch(self, request: Request) -> Answer:
        token = request.path.rpartition("/")[2]
        link = self.links.get(token)
        if link is None or link.expires_at < self._records.clock():
            raise xml(403, "AccessDenied", "Request has expired")
        if token in self.late:
            self.late.discard(token)
            raise xml(404, "NoSuchKey")
        etag = hashlib.md5(link.content, usedforsecurity=False).hexdigest()
        headers = {"ETag": f'"{etag}"', "Accept-Ranges": "bytes"}
        if self.gzipped:
            headers["Content-Encoding"] = "gzip"
        same = request.headers.get("if-range", f'"{etag}"') == f'"{etag}"'
        asked = _RANGE.fullmatch(request.headers.get("range", ""))
        kind = "application/octet-stream"
        if asked is None or not same:
            return Answer(200, headers=headers, raw=link.content, kind=kind)
        first, last = int(asked[1]), int(asked[2] or len(link.content) - 1)
        if first >= len(link.content):
            raise xml(416, "InvalidRange")
        piece = link.content[first : last + 1]
        headers["Content-Range"] = f"bytes {first}-{first + len(piece) - 1}/{len(link.content)}"
        return Answer(206, headers=headers, raw=piece, kind=kind)

    def _status(self, request: Request) -> Answer:
        """The proxy of 2019: has it passed the file on?"""
        asked = request.json()
        sample = self._records.samples[asked["sample_id"]]
        done = all(file.handed_on for file in sample.files)
        for file in sample.files:
            file.handed_on = True
        if done and self._records.manners.proxy_form == "callback":
            self.handed_on(sample)
        return Answer(200, {"complete": True, "code": 201} if done else {"complete": False})


class _Form:
    """Reads multipart/form-data without taking the order or the end on trust."""

    def __init__(self, request: Request) -> None:
        kind, _, rest = request.headers.get("content-type", "").partition(";")
        name, _, boundary = rest.strip().partition("=")
        if kind != "multipart/form-data" or name != "boundary" or not boundary:
            raise xml(412, "PreconditionFailed", "Bucket POST must be multipart/form-data")
        self._request = request
        self._line = b"--" + boundary.strip('"').encode()
        self._rest = b""

    def read(self) -> tuple[dict[str, str], str, bytes]:
        """The fields before the file, the file's name, its bytes."""
        fields: dict[str, str] = {}
        self._expect(self._until(b"\r\n") == self._line)
        while True:
            head = self._until(b"\r\n\r\n").decode()
            named = _PART.search(head)
            self._expect(named is not None)
            assert named is not None
            if named[1] == "file":
                self._expect(named[2] is not None)
                return fields, named[2], self._file()
            fields[named[1]] = self._until(b"\r\n" + self._line).decode()
            self._expect(self._until(b"\r\n") == b"")

    def _file(self) -> bytes:
        """Everything to the end; what would follow the file counts as an error here."""
        content = bytearray(self._rest)
        while block := self._request.read(_BLOCK):
            content += block
        self._expect(self._request.taken == self._request.length)
        end = b"\r\n" + self._line + b"--\r\n"
        self._expect(content.endswith(end))
        del content[-len(end) :]
        self._expect(b"\r\n" + self._line not in content)
        return bytes(content)

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._rest:
            block = self._request.read(_BLOCK)
            self._expect(bool(block))
            self._rest += block
        found, _, self._rest = self._rest.partition(mark)
        return found

    def _expect(self, well: bool) -> None:
        if not well:
            raise xml(400, "MalformedPOSTRequest")


def _check_condition(condition: Any, fields: Mapping[str, str], size: int) -> None:
    if isinstance(condition, dict):
        for name, value in condition.items():
            if fields.get(name) != value:
                raise xml(403, "AccessDenied", f"Policy Condition failed: {name}")
    elif not condition[1] <= size <= condition[2]:
        raise xml(400, "EntityTooLarge")


def _taken(fields: Mapping[str, str], key: str, etag: str) -> Answer:
    status = int(fields["success_action_status"])
    body = (
        f"<PostResponse><Location>http://storage/{BUCKET}/{key}</Location><Bucket>{BUCKET}</Bucket>"
        f'<Key>{key}</Key><ETag>"{etag}"</ETag></PostResponse>'
    )
    headers = {"ETag": f'"{etag}"', "x-amz-server-side-encryption": "AES256"}
    return Answer(status, headers=headers, raw=body.encode(), kind="application/xml")


def _signature(policy: str) -> str:
    return base64.b64encode(hmac.digest(_SIGNING_KEY, policy.encode(), "sha1")).decode()


def xml(status: int, code: str, message: str = "") -> Refused:
    refused = Refused(status, message)
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    refused.answer = Answer(status, raw=body.encode(), kind="application/xml", close=True)
    return refused
