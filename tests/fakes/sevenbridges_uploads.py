"""Multipart uploads of the fake Seven Bridges platform, and the storage their parts go to."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from tests.fakes.sevenbridges_state import (
    SentPart,
    State,
    Trouble,
    Upload,
    User,
    md5,
    written_time,
)
from tests.fakes.sevenbridges_wire import Reply, Request

MIB = 1024 * 1024
LEAST_PART, MOST_PART, MOST_PARTS = 5 * MIB, 5 * 1024 * MIB, 10_000
LARGEST = 5 * 1024 * 1024 * MIB
WISH = 32 * MIB
_SECRET = b"the storage's own"
_NAME = re.compile(r"[^/\x00]{1,255}")


def begin(state: State, user: User, request: Request) -> Reply:
    body = _body(request)
    project, parent, at_root = _target(state, user, body)
    name, size = body.get("name"), body.get("size", 0)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise Trouble(400, 5024, "Invalid file name")
    if not isinstance(size, int) or not 0 <= size <= LARGEST:
        raise Trouble(400, 8013, "Invalid size")
    overwrite = request.one("overwrite").lower() == "true"
    there = state.named(parent, name)
    if there and not overwrite and not state.manners.renames:
        raise Trouble(409, 8005, "File already exists")
    if there and overwrite and state.manners.deletes_at_start:
        state.remove(there)
    upload = Upload(
        id=f"up-{state.new_id()}",
        owner=user.username,
        project=project,
        parent=parent,
        at_root=at_root,
        name=name,
        size=size,
        part_size=_part_size(state, body.get("part_size"), size),
        overwrite=overwrite,
        begun=state.clock(),
    )
    state.uploads[upload.id] = upload
    return Reply(
        data={
            "upload_id": upload.id,
            "project": project,
            "name": name,
            "size": size,
            "part_size": upload.part_size,
            "parallel_uploads": state.manners.parallel_uploads,
        }
    )


def _target(state: State, user: User, body: Mapping[str, Any]) -> tuple[str, str, bool]:
    project, parent = body.get("project"), body.get("parent")
    if bool(project) == bool(parent):
        raise Trouble(400, 5031 if project else 5029, "Project or parent")
    if project:
        found = state.project(project, user, write=True)
        return found.id, found.root, True
    folder = state.nodes.get(str(parent))
    if folder is None:
        raise Trouble(404, 5026, "Parent does not exist")
    state.node(folder.id, user, write=True)
    if not folder.is_folder:
        raise Trouble(400, 5022, "Parent is not a folder")
    return folder.project, folder.id, False


def _part_size(state: State, wish: object, size: int) -> int:
    asked = wish if isinstance(wish, int) else WISH
    if not LEAST_PART <= asked <= MOST_PART:
        raise Trouble(400, 8013, "Invalid part size")
    return max(state.manners.part_size or asked, -(-size // MOST_PARTS))


def mine(state: State, user: User, request: Request) -> Reply:
    rows = [
        {
            "href": f"{request.base}/v2/upload/multipart/{one.id}",
            "project": one.project,
            "name": one.name,
            "initiated": written_time(one.begun),
            "upload_id": one.id,
        }
        for one in state.uploads.values()
        if one.owner == user.username
    ]
    return Reply(data={"href": request.base + request.path, "items": rows})


def info(state: State, user: User, request: Request, upload_id: str) -> Reply:
    upload = _upload(state, user, upload_id)
    known = [number for number in sorted(upload.parts) if upload.parts[number].reported]
    told: dict[str, Any] = {
        "upload_id": upload.id,
        "name": upload.name,
        "initiated": written_time(upload.begun),
        "parallel_uploads": state.manners.parallel_uploads,
        "part_size": upload.part_size,
        "uploaded_parts_count": len(known),
        **({"project": upload.project} if upload.at_root else {"parent": upload.parent}),
    }
    if request.one("list_parts").lower() == "true":
        told["parts"] = [
            {"part_number": number, "response": {"headers": _wanted(state, upload.parts[number])}}
            for number in known
        ]
    return Reply(data=told)


def part_url(
    state: State, user: User, request: Request, upload_id: str, number: int, storage: str
) -> Reply:
    upload = _upload(state, user, upload_id)
    if not 1 <= number <= upload.count:
        raise Trouble(400, 8012, "Invalid part number")
    manners = state.manners
    until = state.clock() + manners.url_seconds
    report: dict[str, Any] = {"headers": list(manners.headers_reported)}
    told: dict[str, Any] = {
        "method": "PUT",
        "url": signed(storage, f"/parts/{upload.id}/{number}", "PUT", until),
        "expires": written_time(until),
        "headers": dict(manners.headers_wanted),
        "report": report,
    }
    (told if manners.codes_on_top else report)["success_codes"] = [manners.success]
    return Reply(data=told)


def report_one(state: State, user: User, request: Request, upload_id: str) -> Reply:
    upload = _upload(state, user, upload_id)
    body = _body(request)
    _report(state, upload, [body], 8014)
    return Reply(data=body)


def report_many(state: State, user: User, request: Request, upload_id: str) -> Reply:
    upload = _upload(state, user, upload_id)
    parts = _body(request).get("parts")
    if not isinstance(parts, list) or not parts:
        raise Trouble(400, 8015, "Invalid list of parts")
    _report(state, upload, parts, 8015)
    return Reply(data={"parts": parts})


def _report(state: State, upload: Upload, parts: Sequence[Any], code: int) -> None:
    """All of them or none."""
    good = []
    for part in parts:
        sent = upload.parts.get(part.get("part_number"))
        if sent is None:
            raise Trouble(400, code, "This part was never sent")
        told = part.get("response", {}).get("headers", {})
        if {name: str(text).strip('"') for name, text in told.items()} != _wanted(state, sent):
            raise Trouble(400, code, "The report does not fit what was sent")
        good.append(sent)
    for sent in good:
        sent.reported = True


def _wanted(state: State, sent: SentPart) -> dict[str, str]:
    return {name: sent.headers[name].strip('"') for name in state.manners.headers_reported}


def complete(state: State, user: User, request: Request, upload_id: str) -> Reply:
    upload = _upload(state, user, upload_id)
    parts = (request.data or {}).get("parts") or []
    try:
        _report(state, upload, parts, 8014)
    except Trouble as trouble:
        raise Trouble(409, 8007, f"Could not complete: {trouble.message}") from trouble
    content, etag = _assembled(upload)
    name = upload.name
    there = state.named(upload.parent, name)
    if there and not upload.overwrite and not state.manners.renames:
        raise Trouble(409, 8005, "File already exists")
    if there and upload.overwrite:
        state.remove(there)
    elif there:
        name = state.free_name(upload.parent, name)
    node = state.add_file(name, upload.project, upload.parent, content, etag)
    del state.uploads[upload.id]
    return Reply(
        data={
            "href": f"{request.base}/v2/files/{node.id}",
            "id": node.id,
            "name": node.name,
            "project": node.project,
            "type": "FILE",
            "size": node.size,
            "created_on": written_time(node.created),
            "modified_on": written_time(node.modified),
        }
    )


def _assembled(upload: Upload) -> tuple[bytes, str]:
    sent = [upload.parts.get(number) for number in range(1, upload.count + 1)]
    good = [part for part in sent if part is not None and part.reported]
    if len(good) != upload.count or len(upload.parts) != upload.count:
        raise Trouble(409, 8007, "Parts are missing")
    # A last part of one byte the official client sends with the one before it, and then nothing:
    # so the sum is compared, not each length.
    if any(len(part.content) < LEAST_PART for part in good[:-1]):
        raise Trouble(409, 8007, "A part is too small")
    content = b"".join(part.content for part in good)
    if len(content) != upload.size:
        raise Trouble(409, 8007, "The parts do not add up to the size")
    digests = b"".join(bytes.fromhex(part.md5) for part in good)
    return content, f"{md5(digests)}-{len(good)}"


def abort(state: State, user: User, request: Request, upload_id: str) -> Reply:
    del state.uploads[_upload(state, user, upload_id).id]
    return Reply(204)


def _upload(state: State, user: User, upload_id: str) -> Upload:
    found = state.uploads.get(upload_id)
    if found is None:
        raise Trouble(404, 8003, "Upload does not exist")
    if found.owner != user.username:
        raise Trouble(403, 8001, "Insufficient privileges")
    return found


def _body(request: Request) -> dict[str, Any]:
    body = request.data
    if not isinstance(body, dict):
        raise Trouble(400, 90000, "A JSON object is needed")
    return body


# The storage


def signed(storage: str, path: str, method: str, until: float) -> str:
    return (
        f"{storage}{quote(path)}?X-Amz-Expires={int(until)}"
        f"&X-Amz-Signature={_signature(method, path, int(until))}"
    )


def _signature(method: str, path: str, until: int) -> str:
    return hmac.new(_SECRET, f"{method} {path} {until}".encode(), hashlib.sha256).hexdigest()


def xml(status: int, code: str, message: str = "said so", **headers: str) -> Reply:
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(status, raw=body.encode(), headers={"Content-Type": "application/xml", **named})


def refusal(state: State, request: Request) -> Reply | None:
    """Why a signed address is not served."""
    until = request.one("X-Amz-Expires", "0")
    good = _signature(request.method, request.path, int(until) if until.isdigit() else 0)
    if not hmac.compare_digest(good, request.one("X-Amz-Signature")):
        return xml(403, "SignatureDoesNotMatch")
    if int(until) < state.clock():
        return xml(403, "AccessDenied", "Request has expired")
    return None


def put_part(state: State, request: Request, upload_id: str, number: int) -> Reply:
    refused = refusal(state, request)
    if refused:
        return refused
    upload = state.uploads.get(upload_id)
    if upload is None:
        return xml(404, "NoSuchUpload")
    manners = state.manners
    for name, text in manners.headers_wanted.items():
        if request.headers.get(name.lower()) != text:
            return xml(403, "SignatureDoesNotMatch", "A signed header is missing")
    if "content-length" not in request.headers:
        return xml(411, "MissingContentLength")
    # One byte more than agreed is what the official client sends at one edge.
    if len(request.body) > upload.part_size + 1:
        return xml(400, "EntityTooLarge")
    sent = SentPart(request.body)
    headers = sent.headers
    headers |= _part_headers(manners.etags, sent, upload.times_put.get(number, 0))
    if manners.speaks_s3:
        headers["x-amz-request-id"] = "4442587FB7D0A2F9"
    upload.parts[number] = sent
    upload.times_put[number] = upload.times_put.get(number, 0) + 1
    state.parts_put.append((upload_id, number, len(request.body)))
    return Reply(manners.success, raw=b"", headers=headers)


def _part_headers(etags: str, sent: SentPart, nonce: int) -> dict[str, str]:
    if etags == "md5":
        return {"ETag": f'"{sent.md5}"', "x-hash": f"crc={len(sent.content)}"}
    headers = {"ETag": f'"{md5(sent.content + f"scrambled {nonce}".encode())}"'}
    if etags == "kms":
        headers["x-amz-server-side-encryption"] = "aws:kms"
    return headers


def get_object(state: State, request: Request, node_id: str) -> Reply:
    refused = refusal(state, request)
    if refused:
        return refused
    node = state.nodes.get(node_id)
    if node is None:
        return xml(404, "NoSuchKey")
    headers = {"Content-Type": "application/octet-stream", "Accept-Ranges": "bytes"}
    headers["ETag"] = f'"{node.etag}"'
    if state.manners.speaks_s3:
        headers["x-amz-request-id"] = "4442587FB7D0A2F9"
    if state.manners.etags == "kms":
        headers["x-amz-server-side-encryption"] = "aws:kms"
    wanted = request.headers.get("range")
    if wanted is None:
        return Reply(200, raw=node.content, headers=headers)
    found = re.fullmatch(r"bytes=(\d+)-(\d*)", wanted)
    if found is None or int(found[1]) >= node.size:
        return xml(416, "InvalidRange")
    first, last = int(found[1]), min(int(found[2] or node.size - 1), node.size - 1)
    headers["Content-Range"] = f"bytes {first}-{last}/{node.size}"
    return Reply(206, raw=node.content[first : last + 1], headers=headers)
