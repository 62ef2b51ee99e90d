"""Making data at the fake of ICA: records, addresses, temporary keys, upload sessions."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import secrets
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

from tests.fakes.ica_rules import TOO_LONG, Problem, stamp
from tests.fakes.ica_shelf import (
    AVAILABLE,
    BUCKET,
    PARTIAL,
    REGION,
    Project,
    Record,
    Right,
    Shelf,
    key_of,
    project_data_json,
)
from tests.fakes.ica_wire import Answer, Request

from pipette.practice.policies import Policy
from pipette.practice.server import PRACTICE_KEY
from pipette.practice.signing import KeyPair

DAYS_REMEMBERED = 7
FIELDS = {
    "createFile": {"formatCode"},
    "createFolder": set(),
    "createFileWithUploadUrl": {"formatCode", "fileType", "hash"},
    "createFileWithTemporaryCredentials": {"formatCode", "temporaryCredentials"},
    "createFolderWithTemporaryCredentials": {"temporaryCredentials", "nonIndexed"},
    "createFolderWithUploadSession": {"temporaryCredentials"},
    "createNonIndexedFolder": set(),
    "": {"dataType", "formatCode"},
}
COMMON = {"name", "folderId", "folderPath"}


@dataclass(slots=True)
class Remembered:
    """Answers to calls with an Idempotency-Key."""

    shelf: Shelf
    _kept: dict[tuple[str, str, str], tuple[bytes, Answer, float]] = field(default_factory=dict)
    running: set[tuple[str, str, str]] = field(default_factory=set)

    def once(self, request: Request, user: str, work: Callable[[], Answer]) -> Answer:
        key = request.headers.get("idempotency-key", "")
        if not key:
            return work()
        if len(key) > 255:
            raise Problem(400, "ICA_API_007", "the Idempotency-Key is too long")
        place = (request.path, key, user)
        if place in self.running:
            raise Problem(409, "ICA_API_409", "the first call with this key is still running")
        body, answer, at = self._kept.get(place, (b"", None, 0.0))
        if answer is not None and self.shelf.clock() < at + DAYS_REMEMBERED * 86400:
            if body != request.raw:
                raise Problem(422, "ICA_API_422", "this key came with another body")
            return answer
        answer = work()
        self._kept[place] = (request.raw, answer, self.shelf.clock())
        return answer

    def forget(self, request: Request) -> None:
        """An answer that became an error on the way is not remembered."""
        key = request.headers.get("idempotency-key", "")
        self._kept = {place: kept for place, kept in self._kept.items() if place[1] != key}


@dataclass(slots=True)
class Session:
    id: str
    folder: str
    made: float
    ends: float
    status: str = "OPEN"
    completed: float | None = None


class Making:
    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._rules = shelf.rules
        self._sessions: dict[str, Session] = {}
        self._secret = secrets.token_hex(8)
        self.storage_url = shelf.storage.url
        self.issued: list[KeyPair] = []
        """Temporary keys, oldest first."""

    # Records

    def create(self, project: Project, right: Right, verb: str, body: Mapping[str, Any]) -> Answer:
        if self._rules.old and verb:
            raise Problem(405, "ICA_API_405", "no such call")
        expect_upload(right)
        unknown = set(body) - COMMON - FIELDS[verb]
        if unknown or not body.get("name") or "/" in str(body["name"]):
            raise Problem(400, "ICA_API_005", f"wrong fields {sorted(unknown)}")
        is_folder = "Folder" in verb or body.get("dataType") == "FOLDER"
        if verb == "" and body.get("dataType") not in ("FILE", "FOLDER"):
            raise Problem(400, "ICA_API_005", "dataType is FILE or FOLDER")
        path = f"{self._folder(project, body)}/{body['name']}"
        record = self._shelf.make(project.id, path, is_folder=is_folder)
        record.format = body.get("formatCode")
        record.non_indexed = verb == "createNonIndexedFolder" or bool(body.get("nonIndexed"))
        told = project_data_json(project, record, path, self._rules)
        return Answer(201, told | self._extra(verb, project, record, body))

    def _folder(self, project: Project, body: Mapping[str, Any]) -> str:
        folder, path = body.get("folderId"), body.get("folderPath")
        if folder and path:
            raise Problem(400, "ICA_API_005", "folderId or folderPath, not both")
        if folder:
            record, there = self._shelf.get(project, str(folder))
            if record.project != project.id or not record.is_folder:
                raise Problem(400, "ICA_DATA_106", "no folder of this project")
            return there
        if path is None:
            return ""
        if not (str(path).startswith("/") and str(path).endswith("/")):
            raise Problem(400, "ICA_API_005", "folderPath starts and ends with a slash")
        return str(path).rstrip("/")

    def _extra(
        self, verb: str, project: Project, record: Record, body: Mapping[str, Any]
    ) -> dict[str, Any]:
        if verb == "createFileWithUploadUrl":
            return {"uploadUrl": self._upload_url(record, body.get("fileType"), body.get("hash"))}
        if verb.endswith("WithTemporaryCredentials"):
            options = body.get("temporaryCredentials") or {}
            return {"tempCredentials": self._credentials(record, options)}
        if verb == "createFolderWithUploadSession":
            return {"uploadSession": self._open_session(record)}
        return {}

    # Addresses

    def upload_url(self, project: Project, right: Right, data: str, request: Request) -> Answer:
        expect_upload(right)
        record, _ = self._shelf.get(project, data)
        if record.project != project.id or record.is_folder or record.status != PARTIAL:
            raise Problem(400, "ICA_DATA_107", "only for own files that are PARTIAL")
        url = self._upload_url(record, request.one("fileType"), request.one("hash"))
        return Answer(200, {"url": url})

    def download_url(self, project: Project, right: Right, data: str) -> Answer:
        expect_download(right)
        record, _ = self._shelf.get(project, data)
        if record.is_folder or record.status != AVAILABLE:
            raise Problem(400, "ICA_DATA_108", f"cannot be downloaded: {record.status}")
        return Answer(200, {"url": self._address("GET", record)})

    def download_urls(self, project: Project, right: Right, body: Mapping[str, Any]) -> Answer:
        """In no order, and without those that cannot be downloaded."""
        expect_download(right)
        ids = list(body.get("dataIds") or [])
        if not ids or len(ids) > self._rules.most_urls:
            raise Problem(400, "ICA_API_005", "too many or no dataIds")
        visible = {record.id: (record, path) for record, path in self._shelf.visible(project)}
        found = [visible[data] for data in ids if data in visible]
        if any(record.is_folder for record, _ in found):
            raise Problem(400, "ICA_DATA_108", "folders have no address")
        items = [
            {
                "dataId": record.id,
                "dataUrn": f"urn:ilmn:ica:data:{record.id}",
                "dataPath": path,
                "url": self._address("GET", record),
            }
            for record, path in found
            if record.status == AVAILABLE
        ]
        random.Random(len(ids)).shuffle(items)
        return Answer(200, {"items": items})

    def _upload_url(self, record: Record, type: object, digest: object) -> str:
        signed = {"content-type": str(type)} if type else {}
        signed |= {"content-md5": str(digest)} if digest else {}
        return self._address("PUT", record, signed)

    def _address(self, method: str, record: Record, signed: Mapping[str, str] | None = None) -> str:
        path = f"/{BUCKET}/{quote(key_of(record), safe='/')}"
        return presigned(
            self.storage_url,
            method,
            path,
            signed or {},
            self._rules.url_seconds,
            self._shelf.clock(),
        )

    # Temporary keys

    def credentials(
        self, project: Project, right: Right, data: str, body: Mapping[str, Any]
    ) -> Answer:
        read_only = bool(body.get("readOnlyCredentials"))
        if read_only and not self._rules.old:
            expect_download(right)
        else:
            expect_upload(right)
        record, _ = self._shelf.get(project, data)
        if record.project != project.id and not read_only:
            raise Problem(403, "ICA_SEC_003", "linked data is read only")
        return Answer(200, self._credentials(record, body))

    def _credentials(self, record: Record, options: Mapping[str, Any]) -> dict[str, Any]:
        key = key_of(record)
        if len(key) > self._rules.longest_credential_path:
            raise Problem(400, "ICA_DATA_109", TOO_LONG)
        prefix = f"{key}/" if record.is_folder else key
        ends = self._shelf.clock() + self._rules.key_seconds
        pair = KeyPair(
            f"ASIA{secrets.token_hex(8).upper()}",
            secrets.token_hex(20),
            f"session-{secrets.token_hex(16)}",
            ends,
            Policy(BUCKET, prefix, bool(options.get("readOnlyCredentials"))),
        )
        self._shelf.storage.add_key(pair)
        self.issued.append(pair)
        if self._rules.rclone_keys_only or options.get("credentialsFormat") == "RCLONE":
            return self._rclone_form(pair, prefix, ends)
        told: dict[str, Any] = {
            "accessKey": pair.id,
            "secretKey": pair.secret,
            "sessionToken": pair.session_token,
            "region": REGION,
            "bucket": BUCKET,
            "objectPrefix": prefix,
            "serverSideEncryptionAlgorithm": self._rules.encryption,
        }
        told |= {"expirationTime": stamp(ends)} if self._rules.tells_expiry else {}
        return {"awsTempCredentials": told}

    def _rclone_form(self, pair: KeyPair, prefix: str, ends: float) -> dict[str, Any]:
        config = {
            "access_key_id": pair.id,
            "secret_access_key": pair.secret,
            "session_token": pair.session_token,
            "region": REGION,
        }
        return {
            "rcloneTempCredentials": {
                "config": config,
                "filePathPrefix": f"{BUCKET}/{prefix}",
                "storageType": "s3",
                "expirationTime": stamp(ends),
            }
        }

    # Upload sessions

    def open_session(self, project: Project, right: Right, folder: str) -> Answer:
        expect_upload(right)
        record, _ = self._shelf.get(project, folder)
        if not record.is_folder:
            raise Problem(400, "ICA_DATA_106", "no folder")
        return Answer(201, self._open_session(record))

    def session(self, project: Project, folder: str, session: str) -> Answer:
        self._shelf.get(project, folder)
        return Answer(200, self._session_json(self._session_of(folder, session)))

    def complete(self, project: Project, folder: str, session: str, files: int) -> Answer:
        record, _ = self._shelf.get(project, folder)
        found = self._session_of(folder, session)
        whole = [
            one
            for one in self._shelf.own_below(record)
            if not one.is_folder and one.status == AVAILABLE
        ]
        if found.status != "OPEN":
            raise Problem(400, "ICA_DATA_110", f"the session is {found.status}")
        if len(whole) == files:
            found.status, found.completed = "COMPLETED", self._shelf.clock()
        elif self._rules.session_mismatch == "refuse":
            raise Problem(400, "ICA_DATA_110", f"{len(whole)} files, not {files}")
        else:
            found.status = "CLOSED"
        return Answer(200, self._session_json(found))

    def _open_session(self, record: Record) -> dict[str, Any]:
        now = self._shelf.clock()
        session = Session(str(uuid.uuid4()), record.id, now, now + self._rules.session_seconds)
        self._sessions[session.id] = session
        return self._session_json(session) | {"tempCredentials": self._credentials(record, {})}

    def _session_of(self, folder: str, session: str) -> Session:
        found = self._sessions.get(session)
        if found is None or found.folder != folder:
            raise Problem(404, "ICA_DATA_404", "no such session")
        if found.status == "OPEN" and self._shelf.clock() >= found.ends:
            found.status = "CLOSED"
        return found

    def _session_json(self, session: Session) -> dict[str, Any]:
        told = {
            "id": session.id,
            "timeCreated": stamp(session.made),
            "status": session.status,
            "timeSessionExpires": stamp(session.ends),
        }
        return told | (
            {"timeCompleted": stamp(session.completed)} if session.completed is not None else {}
        )


def expect_upload(right: Right) -> None:
    if not right.upload:
        raise Problem(403, "ICA_SEC_003", "you may not upload here")


def expect_download(right: Right) -> None:
    if not right.download:
        raise Problem(403, "ICA_SEC_003", "you may not download here")


def presigned(
    base: str, method: str, path: str, signed: Mapping[str, str], seconds: int, now: float
) -> str:
    """An address as AWS's own tools sign it, worked out here so that nothing of ours checks itself."""
    moment = datetime.fromtimestamp(now, UTC)
    date, full = moment.strftime("%Y%m%d"), moment.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{date}/{REGION}/s3/aws4_request"
    headers = {"host": urlsplit(base).netloc, **signed}
    names = ";".join(sorted(headers))
    query = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{PRACTICE_KEY.id}/{scope}",
        "X-Amz-Date": full,
        "X-Amz-Expires": str(seconds),
        "X-Amz-SignedHeaders": names,
    }
    text = "&".join(f"{name}={quote(value, safe='')}" for name, value in sorted(query.items()))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    canonical = f"{method}\n{path}\n{text}\n{lines}\n{names}\nUNSIGNED-PAYLOAD"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = f"AWS4{PRACTICE_KEY.secret}".encode()
    for word in (date, REGION, "s3", "aws4_request"):
        key = hmac.new(key, word.encode(), hashlib.sha256).digest()
    to_sign = f"AWS4-HMAC-SHA256\n{full}\n{scope}\n{digest}"
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    return f"{base}{path}?{text}&X-Amz-Signature={signature}"


def body_of(request: Request) -> dict[str, Any]:
    try:
        found = json.loads(request.raw or b"null")
    except ValueError as error:
        raise Problem(400, "ICA_API_003", "not JSON") from error
    if not isinstance(found, dict):
        raise Problem(400, "ICA_API_003", "a JSON object is needed")
    return found
