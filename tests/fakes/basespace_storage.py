"""The storage host behind a made-up BaseSpace: knows signed addresses and nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tests.fakes.basespace_faults import Fault, Script, Wrong
from tests.fakes.basespace_http import Reply, Request
from tests.fakes.basespace_things import File
from tests.fakes.basespace_world import World

_RANGE = re.compile(r"bytes=(\d+)-(\d+)?")
_FOREIGN = ("x-access-token", "authorization", "cookie")
_XML = "application/xml"


class Storage:
    def __init__(self, world: World, script: Script) -> None:
        self._world = world
        self.script = script

    def route(self, request: Request) -> tuple[str, Mapping[str, str]]:
        return "storage.get", {"range": request.headers.get("range", "")}

    def answer(
        self, route: str, details: Mapping[str, str], request: Request, wrong: Wrong | None
    ) -> Reply:
        for name in _FOREIGN:
            if name in request.headers:
                self.script.breach(f"{name} at the storage")
        file = self._allowed(request)
        if request.method != "GET" or file is None:
            return _refusal(403, "AccessDenied", "Request has expired")
        headers = {"Accept-Ranges": "bytes"}
        etag = file.etag if self._world.manners.etags not in ("opaque", "none") else "storage-own"
        headers["ETag"] = f'"{etag}"'
        content = file.read()
        asked = _RANGE.fullmatch(request.headers.get("range", ""))
        if asked is None or wrong is Fault.WHOLE:
            return _damaged(Reply(200, content, headers, "binary/octet-stream"), wrong)
        first = int(asked[1])
        if first >= len(content):
            return _refusal(416, "InvalidRange", "")
        last = min(int(asked[2] or len(content)), len(content) - 1)
        headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
        reply = Reply(206, content[first : last + 1], headers, "binary/octet-stream")
        return _damaged(reply, wrong)

    def _allowed(self, request: Request) -> File | None:
        address = self._world.addresses.get(request.query.get("signature", ""))
        if address is None or address.expires <= self._world.clock():
            return None
        if request.path != f"/basespace-data/{address.file}":
            return None
        return self._world.files.get(address.file)


def _damaged(reply: Reply, wrong: Wrong | None) -> Reply:
    body, headers, kind = reply.body, reply.headers, reply.kind
    if wrong is Fault.FLIPPED:
        return Reply(reply.status, bytes([body[0] ^ 1]) + body[1:], headers, kind)
    if wrong is Fault.CUT_SHORT:
        return Reply(reply.status, body, headers, kind, sent=len(body) // 2)
    return reply


def _refusal(status: int, code: str, message: str) -> Reply:
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return Reply(status, body.encode(), kind=_XML)
