"""What a made-up BaseSpace knows and what it allows. No HTTP here; one lock around everything."""

from __future__ import annotations

import base64
import binascii
import hashlib
import itertools
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from tests.fakes.basespace_things import (
    Address,
    AppResult,
    File,
    Manners,
    MiB,
    Piece,
    Project,
    Refusal,
    Session,
    Token,
)


class World:
    """Everything there is. Methods that a request calls raise Refusal."""

    def __init__(
        self, folder: Path, manners: Manners, clock: Callable[[], float] = time.time
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.manners = manners
        self.clock = clock
        self.lock = threading.RLock()
        self._ids = itertools.count(5_000_000_001)
        self._pieces = itertools.count(1)
        self.tokens: dict[str, Token] = {}
        self.projects: dict[str, Project] = {}
        self.app_results: dict[str, AppResult] = {}
        self.sessions: dict[str, Session] = {}
        self.files: dict[str, File] = {}
        self.addresses: dict[str, Address] = {}
        self.users = {"1001": "Ada Lab", "1002": "Bo Other"}
        self.workgroup = False

    # Set by tests

    def grant(self, token: str, *scopes: str, user: str = "1001") -> None:
        self.tokens[token] = Token(user, scopes)

    def add_project(self, name: str, owner: str = "1001") -> Project:
        with self.lock:
            made = Project(self.new_id(), name, owner, self.clock())
            self.projects[made.id] = made
            return made

    def add_app_result(self, project: str, name: str, description: str = "") -> AppResult:
        with self.lock:
            session = Session(self.new_id(), name)
            self.sessions[session.id] = session
            made = AppResult(self.new_id(), project, name, description, session.id, self.clock())
            self.app_results[made.id] = made
            return made

    def add_file(
        self, app_result: str, path: str, content: bytes, *, part_size: int | None = None
    ) -> File:
        """A whole file; of several parts where a part size is given."""
        with self.lock:
            made = File(self.new_id(), app_result, path, "text/plain", self.clock())
            self.files[made.id] = made
        self.set_content(made, content, part_size=part_size)
        return made

    def set_content(self, file: File, content: bytes, *, part_size: int | None = None) -> None:
        step = part_size or max(len(content), 1)
        starts = range(0, max(len(content), 1), step)
        pieces = tuple(self.piece(content[start : start + step]) for start in starts)
        with self.lock:
            file.content = pieces
            file.status = "complete"
            file.etag = self._etag(file) if part_size else pieces[0].md5

    def session_of(self, app_result: str) -> Session:
        return self.sessions[self.app_results[app_result].session]

    def named(self, project: str, app_result: str) -> list[AppResult]:
        """App results of these names, the newest first."""
        with self.lock:
            ids = {one.id for one in self.projects.values() if one.name == project}
            found = [
                one
                for one in self.app_results.values()
                if one.project in ids and one.name == app_result
            ]
            return sorted(found, key=lambda one: one.id, reverse=True)

    def whole_files(self, app_result: str) -> dict[str, File]:
        with self.lock:
            return {
                file.path: file
                for file in self.files.values()
                if file.app_result == app_result and file.status == "complete" and not file.trashed
            }

    def pending(self) -> list[File]:
        with self.lock:
            return [file for file in self.files.values() if file.status == "pending"]

    def new_id(self) -> str:
        return str(next(self._ids))

    def piece(self, data: bytes) -> Piece:
        path = self.folder / str(next(self._pieces))
        path.write_bytes(data)
        return Piece(path, len(data), hashlib.md5(data, usedforsecurity=False).hexdigest())

    # Asked by requests

    def user_of(self, token: str | None) -> Token:
        known = self.tokens.get(token or "")
        if known is None:
            raise Refusal(401, "BASESPACE.COMMON.AUTHENTICATION_FAILURE", "Access token is bad")
        return known

    def expect_scope(self, token: Token, *verbs: str) -> None:
        if not any(scope.split(" ")[0] in verbs for scope in token.scopes):
            raise Refusal(403, NO_RIGHT, "The access token may not do this")

    def project(self, project_id: str) -> Project:
        found = self.projects.get(project_id)
        if found is None:
            raise Refusal(403, NO_RIGHT, f"project {project_id}")
        return found

    def app_result(self, app_result_id: str) -> AppResult:
        found = self.app_results.get(app_result_id)
        if found is None:
            raise Refusal(403, NO_RIGHT, f"appresult {app_result_id}")
        return found

    def session(self, session_id: str) -> Session:
        found = self.sessions.get(session_id)
        if found is None:
            raise Refusal(403, NO_RIGHT, f"appsession {session_id}")
        return found

    def file(self, file_id: str) -> File:
        found = self.files.get(file_id)
        if found is None:
            status = self.manners.unknown_file
            raise Refusal(status, NO_RIGHT if status == 403 else "BASESPACE.FILES.NOT_FOUND")
        if found.trashed:
            raise Refusal(410, "BASESPACE.COMMON.RESOURCE_REMOVED", "was moved to the trash")
        return found

    def expect_running(self, app_result: AppResult) -> None:
        if self.sessions[app_result.session].status != "Running":
            code = NO_RIGHT if self.manners.ended_status == 403 else "BASESPACE.APPSESSION.ENDED"
            raise Refusal(self.manners.ended_status, code, "the session has ended")

    def create_app_result(self, project: str, name: str, description: str) -> AppResult:
        if not name.strip():
            raise Refusal(400, "BASESPACE.COMMON.BAD_REQUEST", "Name is required")
        return self.add_app_result(self.project(project).id, name.strip(), description)

    def set_session(self, session_id: str, status: str, summary: str) -> Session:
        with self.lock:
            session = self.session(session_id)
            if session.status in ("Complete", "Aborted"):
                raise Refusal(409, "BASESPACE.APPSESSION.FINAL", f"it is {session.status}")
            names = {"complete": "Complete", "aborted": "Aborted", "running": "Running"}
            if status.lower() not in names:
                raise Refusal(400, "BASESPACE.COMMON.BAD_REQUEST", "no such status")
            session.status, session.summary = names[status.lower()], summary
            return session

    def begin(self, app_result_id: str, name: str, directory: str, kind: str) -> File:
        with self.lock:
            app_result = self.app_result(app_result_id)
            self.expect_running(app_result)
            path = _path(name, directory)
            if self.manners.duplicates == "refuse" and path in self.whole_files(app_result_id):
                raise Refusal(409, "BASESPACE.FILES.EXISTS", "a file of this name exists")
            made = File(self.new_id(), app_result_id, path, kind, self.clock())
            self.files[made.id] = made
            return made

    def put_whole(
        self, app_result_id: str, name: str, directory: str, kind: str, body: bytes, md5: str | None
    ) -> File:
        if len(body) > self.manners.largest_whole:
            raise Refusal(self.manners.oversize, "BASESPACE.FILES.TOO_LARGE")
        if not body and not self.manners.empty_files:
            raise Refusal(400, "BASESPACE.FILES.EMPTY", "the body is empty")
        piece = self.piece(body)
        if md5 is not None and self.manners.checks_whole_md5:
            _expect_md5(md5, piece)
        with self.lock:
            file = self.begin(app_result_id, name, directory, kind)
            file.content, file.status = (piece,), "complete"
            file.etag = "" if self.manners.etags == "none" else piece.md5
            self._settle_duplicates(file)
            return file

    def put_part(self, file_id: str, number_text: str, body: bytes, md5: str | None) -> Piece:
        if not (number_text.isascii() and number_text.isdigit()):
            raise Refusal(400, "BASESPACE.FILES.PART_NUMBER", "not a number")
        number = int(number_text)
        if not 1 <= number <= self.manners.most_parts:
            raise Refusal(400, "BASESPACE.FILES.PART_NUMBER", f"part {number}")
        if len(body) > self.manners.largest_part:
            raise Refusal(self.manners.oversize, "BASESPACE.FILES.PART_SIZE", "too large")
        if self.manners.small_part == "at-part" and len(body) < self.manners.smallest_part:
            raise Refusal(400, "EntityTooSmall", "the part is too small")
        piece = self.piece(body)
        if md5 is not None:
            _expect_md5(md5, piece)
        with self.lock:
            file = self.file(file_id)
            self._expect_pending(file)
            file.parts[number] = piece
            return piece

    def complete(self, file_id: str) -> File:
        with self.lock:
            file = self.file(file_id)
            if file.status == "complete" and self.manners.second_complete == "same":
                return file
            self._expect_pending(file)
            self._expect_joinable(file)
            file.content = tuple(file.parts[number] for number in sorted(file.parts))
            file.etag = self._etag(file)
            file.status = "complete"
            self._settle_duplicates(file)
            return file

    def abort(self, file_id: str) -> File:
        with self.lock:
            file = self.file(file_id)
            self._expect_pending(file)
            file.status = "aborted"
            file.parts.clear()
            return file

    def address(self, file_id: str) -> tuple[str, Address]:
        """A signature that lets whoever has it read this file for a while."""
        with self.lock:
            file = self.file(file_id)
            if file.status != "complete" or file.archived:
                raise Refusal(403, NO_RIGHT, "the content is not available")
            signature = f"SIGNED{secrets.token_hex(12)}"
            made = Address(file_id, self.clock() + self.manners.address_seconds)
            self.addresses[signature] = made
            return signature, made

    def expire_addresses(self) -> None:
        with self.lock:
            for signature, address in self.addresses.items():
                self.addresses[signature] = replace(address, expires=0.0)

    def _expect_pending(self, file: File) -> None:
        if file.status != "pending":
            raise Refusal(409, "BASESPACE.FILES.NOT_PENDING", f"the file is {file.status}")
        self.expect_running(self.app_results[file.app_result])

    def _expect_joinable(self, file: File) -> None:
        numbers = sorted(file.parts)
        if not numbers:
            raise Refusal(400, "BASESPACE.FILES.NO_PARTS", "no parts")
        if any(file.parts[one].size < self.manners.smallest_part for one in numbers[:-1]):
            raise Refusal(400, "EntityTooSmall", "a part is too small")
        if self.manners.gaps == "strict" and numbers != list(range(1, len(numbers) + 1)):
            raise Refusal(409, "BASESPACE.FILES.PARTS_MISSING", "parts are missing")

    def _settle_duplicates(self, file: File) -> None:
        if self.manners.duplicates == "allow":
            return
        for other in list(self.files.values()):
            same = (other.app_result, other.path) == (file.app_result, file.path)
            if same and other.id != file.id and other.status == "complete":
                del self.files[other.id]

    def _etag(self, file: File) -> str:
        kind = self.manners.etags
        if kind in ("opaque", "none"):
            return "opaque-value" if kind == "opaque" else ""
        if kind == "8MiB":
            return composite(_md5s_of(file.read(), 8 * MiB))
        if len(file.content) == 1 and self.manners.one_part_etag == "md5":
            return file.content[0].md5
        return composite(piece.md5 for piece in file.content)


NO_RIGHT = "BASESPACE.COMMON.INSUFFICIENT_RESOURCE_PERMISSIONS"


def composite(digests: Iterable[str]) -> str:
    rows = [bytes.fromhex(digest) for digest in digests]
    return f"{hashlib.md5(b''.join(rows), usedforsecurity=False).hexdigest()}-{len(rows)}"


def _md5s_of(content: bytes, step: int) -> list[str]:
    pieces = [content[start : start + step] for start in range(0, max(len(content), 1), step)]
    return [hashlib.md5(piece, usedforsecurity=False).hexdigest() for piece in pieces]


def _path(name: str, directory: str) -> str:
    inner = directory.strip("/")
    segments = [*inner.split("/"), name] if inner else [name]
    if not name or any(one in ("", ".", "..") or "\\" in one for one in segments):
        raise Refusal(400, "BASESPACE.COMMON.BAD_REQUEST", "name is required")
    return "/".join(segments)


def _expect_md5(text: str, piece: Piece) -> None:
    try:
        told = base64.b64decode(text, validate=True).hex()
    except binascii.Error:
        told = ""
    if told != piece.md5:
        piece.path.unlink()
        raise Refusal(400, "BASESPACE.FILES.BAD_MD5", "Content-MD5 does not match the content")
