"""Illumina BaseSpace Sequence Hub.

A project holds app results and an app result holds files, so the first folder of every path is an
app result. Files below 5 MiB are one POST; larger ones are uploads in parts, each part checked by its
MD5 on both sides. Nothing can be replaced or deleted. Files are fetched from signed addresses at a
storage host, which never sees the token.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace

from pipette.model import errors
from pipette.model.account import Account, Network, Secret
from pipette.model.fastq_names import fault_in
from pipette.model.files import Location, RemoteFile, SourceFile
from pipette.model.parts import (
    Digest,
    Handle,
    Limits,
    Part,
    PartCheck,
    PartRequest,
    Receipt,
    Reply,
)
from pipette.model.transfer import IfExists
from pipette.providers import basespace_parts, basespace_proof
from pipette.providers.basespace_addresses import Addresses
from pipette.providers.basespace_api import Api, Clock
from pipette.providers.basespace_ending import Ending
from pipette.providers.basespace_errors import answer_of, judge, said_in
from pipette.providers.basespace_listing import Listing
from pipette.providers.basespace_names import Target, split_path, target_of
from pipette.providers.basespace_parts import (
    AGAIN,
    APP_RESULT,
    LIMITS,
    NEW_ONLY,
    SESSION,
    TICKET,
)
from pipette.providers.basespace_places import Places
from pipette.providers.basespace_regions import base_of
from pipette.providers.basespace_rows import COMPLETE, PENDING, File, is_md5
from pipette.providers.basespace_trial import try_out
from pipette.providers.basespace_uploads import Uploads
from pipette.providers.memory import EndpointMemory
from pipette.providers.protocol import (
    AccountTest,
    Differs,
    Features,
    NotYet,
    Page,
    Sent,
    Verdict,
    Who,
)
from pipette.providers.ranges import FETCHED, expect_range, range_header

FASTQ_NAMES = "fastq_names"
"""Public setting of an account: "strict" refuses FASTQ files that apps would not take."""
ASK_AGAIN_SECONDS = 5.0
_MOST_ARRIVALS = 1000
_UNSURE = (403, 404, 409, 410)
"""Statuses of the data path that may mean several things; the state itself is asked for."""


class BaseSpace:
    """One account in one region. Any thread; makes no request before it is asked something."""

    def __init__(
        self,
        account: Account,
        secret: Secret,
        network: Network,
        memory: EndpointMemory,
        clock: Clock = time.time,
        limits: Limits = LIMITS,
    ) -> None:
        """Raises SignInNeeded for what is no token, Unavailable for an unknown region."""
        self._account = account
        self._clock = clock
        self._limits = limits
        self._strict_fastq = dict(account.extra).get(FASTQ_NAMES) == "strict"
        self._api = Api(base_of(account), secret, network, clock)
        self._places = Places(self._api, clock)
        self._listing = Listing(self._api, self._places)
        self._uploads = Uploads(self._api, self._places, self._listing, clock)
        self._ending = Ending(self._api, self._places, self._listing)
        self._addresses = Addresses(self._api, clock)
        self._lock = threading.Lock()
        self._arrived: OrderedDict[str, File] = OrderedDict()
        self._whole = limits.whole

    @property
    def limits(self) -> Limits:
        return self._limits

    @property
    def features(self) -> Features:
        rules = frozenset({IfExists.SKIP, IfExists.KEEP_BOTH})
        return Features(rules, real_folders=True, folder_levels=1, file_level=1)

    def open(
        self, source: SourceFile, to: Location, key: str, *, may_replace: bool, again: bool = False
    ) -> Handle:
        if source.size > self._limits.largest_file:
            raise errors.TooLarge(f"{source.size} bytes, at most {self._limits.largest_file}")
        target = self._target(to)
        details = {TICKET: key} | ({} if may_replace else {NEW_ONLY: "yes"})
        place = self._places.writable(to.container, target.app_result)
        if source.size <= self._whole:
            details |= {APP_RESULT: place.id, SESSION: place.session}
            details |= {AGAIN: "yes"} if again else {}
            return Handle(max(source.size, 1), None, False, PartCheck.MD5_HEADER, details)
        if again:
            self._uploads.remove_unanswered(place.id, target)
        place, begun = self._uploads.begin(to, target)
        details |= {APP_RESULT: place.id, SESSION: place.session}
        size = basespace_parts.part_size_of(source.size, self._limits)
        return Handle(size, begun.id, True, PartCheck.MD5_HEADER, details)

    def part_request(
        self, to: Location, handle: Handle, part: Part, digest: Digest | None
    ) -> PartRequest:
        base, headers = self._api.base, self._api.token_header()
        if handle.resumable:
            return basespace_parts.part_request(base, headers, handle, part, digest)
        target = target_of(to.path)
        if NEW_ONLY in handle.details:
            fresh = AGAIN in handle.details
            self._uploads.expect_free(handle.details[APP_RESULT], target, fresh=fresh)
        return basespace_parts.whole_request(base, headers, handle, target, digest)

    def receipt(self, handle: Handle, part: Part, reply: Reply) -> Receipt:
        answer = answer_of(reply)
        error = judge(answer, self._clock())
        if handle.resumable:
            if error is not None:
                raise self._part_error(handle, reply.status, error)
            return basespace_parts.part_receipt(part, reply, answer)
        if error is not None:
            raise self._whole_error(handle, part, reply, error)
        receipt, file = basespace_parts.whole_receipt(part, reply, answer)
        with self._lock:
            self._arrived[handle.details[TICKET]] = file
            while len(self._arrived) > _MOST_ARRIVALS:
                self._arrived.popitem(last=False)
        return receipt

    def close(
        self, to: Location, handle: Handle, receipts: Sequence[Receipt], size: int
    ) -> RemoteFile:
        if handle.resumable:
            target = target_of(to.path)
            return self._uploads.complete(target, handle, receipts, size).as_remote(to)
        (receipt,) = receipts
        with self._lock:
            file = self._arrived.pop(handle.details[TICKET], None)
        if file is not None:
            return file.as_remote(to)
        md5 = receipt.etag if is_md5(receipt.etag) else None
        return RemoteFile(to, etag=receipt.etag or None, md5=md5)

    def check(self, to: Location, handle: Handle, remote: RemoteFile | None, sent: Sent) -> Verdict:
        if not handle.resumable:
            remote = remote if remote is not None else self.find(to)
            return basespace_proof.uploaded(remote, sent) if remote else Differs("nothing is there")
        file = self._uploads.state(handle)
        if file is None:
            return Differs("nothing is there")
        if file.status == COMPLETE:
            return basespace_proof.uploaded(file.as_remote(to), sent)
        given_up = remote is None and not self._uploads.runs(handle)
        if file.status != PENDING or given_up or self._uploads.is_late(file.id):
            return Differs(f"the upload is {file.status or 'in no known state'}")
        return NotYet(ASK_AGAIN_SECONDS)

    def abort(self, to: Location, handle: Handle) -> None:
        if handle.resumable and handle.id:
            self._uploads.abort(handle.id)

    def find(self, at: Location) -> RemoteFile | None:
        return self._listing.find(at)

    def parts(self, to: Location, handle: Handle, known: Sequence[Receipt]) -> Sequence[Receipt]:
        """BaseSpace's list where it gives one that can be read; else what is known stands."""
        self._uploads.expect_open(handle)
        return self._uploads.parts(handle, known)

    def list(self, folder: Location, cursor: str | None = None, *, recursive: bool = False) -> Page:
        if not folder.container:
            return self._listing.projects(folder.account)
        return self._listing.page(folder, cursor, recursive=recursive)

    def range_request(self, remote: RemoteFile, part: Part) -> PartRequest:
        content = self._addresses.take(self._id(remote), part.number)
        if not content.takes_ranges and (part.offset or part.length != remote.size):
            raise errors.Unavailable("this file cannot be fetched in ranges")
        headers = range_header(part) if content.takes_ranges else {}
        return PartRequest("GET", content.url, headers, success=FETCHED)

    def range_receipt(self, remote: RemoteFile, part: Part, reply: Reply) -> RemoteFile:
        file = self._id(remote)
        if reply.status == 403:
            raise self._addresses.refused(file, part.number)
        if reply.status not in FETCHED:
            raise basespace_parts.storage_error(reply, self._clock())
        etag = reply.headers.get("etag", "").strip('"').lower()
        if etag and basespace_proof.is_content_etag(remote.etag) and etag != remote.etag:
            raise errors.RemoteChanged(f"ETag was {remote.etag}, is {etag}")
        self._addresses.expect_same(file, part.number, etag)
        expect_range(remote, part, reply)
        known = remote.etag or ""
        return replace(remote, md5=known if is_md5(known) else remote.md5)

    def verify(self, remote: RemoteFile, received: Sent) -> Verdict:
        return basespace_proof.downloaded(remote, received)

    def make_folder(self, folder: Location) -> None:
        """Makes an app result. Below it a folder is nothing but the path of its files."""
        project = self._places.expected_project(folder.container)
        app_result, inside = split_path(folder.path)
        if inside or self._places.named(project, app_result, fresh=True):
            return
        target_of(f"{app_result}/file")
        self._places.writable(folder.container, app_result)

    def end_batch(self, place: Location, names: Sequence[str], size: int) -> None:
        """Completes the app sessions that these files went to, if Pipette began them."""
        self._ending.end(place, names, size)

    def test(self) -> Sequence[AccountTest]:
        return try_out(self._api, self._places, self._account.container, self._clock)

    def who(self) -> Who:
        """The user, and the workgroup the token acts in, where BaseSpace tells it."""
        who, _ = self._api.user()
        try:
            group = self._api.workgroup()
        except (errors.Refused, errors.Temporary):
            group = ""
        return replace(who, label=f"{who.label} · {group}") if group else who

    def _target(self, to: Location) -> Target:
        target = target_of(to.path)
        fault = fault_in(target.name) if self._strict_fastq else None
        if fault is not None:
            raise errors.NameRefused(f"no FASTQ name that apps take: {fault.value}")
        return target

    def _id(self, remote: RemoteFile) -> str:
        if remote.id:
            return remote.id
        found = self.find(remote.location)
        if found is None or not found.id:
            raise errors.RemoteMissing(str(remote.location))
        return found.id

    def _part_error(
        self, handle: Handle, status: int, error: errors.TransferError
    ) -> errors.TransferError:
        """A part differs from the next in nothing but its bytes: refused bytes are sent again."""
        if status in _UNSURE:
            refused = errors.Temporary(error.detail) if status == 409 else error
            return self._uploads.why_part_refused(handle, refused)
        if status in (400, 413):
            return errors.BadPart(error.detail)
        return error

    def _whole_error(
        self, handle: Handle, part: Part, reply: Reply, error: errors.TransferError
    ) -> errors.TransferError:
        if reply.status == 409:
            return self._uploads.why_whole_refused(handle, errors.NameTaken(error.detail))
        if reply.status == 403:
            return self._uploads.why_whole_refused(handle, error)
        if reply.status == 413 and part.length:
            with self._lock:
                self._whole = min(self._whole, part.length - 1)
            return errors.Temporary(f"{error.detail}: sent in parts from now on")
        code, message = said_in(answer_of(reply).data)
        if reply.status == 400 and basespace_parts.says_damaged(f"{code} {message}"):
            return errors.BadPart(error.detail)
        return error
