"""The steps of a download, as a worker performs them.

Ranges are written into ``name.pipette-part`` beside the final name, which never holds a half or
unproven file: it appears by one rename after the check.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from pipette.engine.bodies import FileSink, FileSlice, openable
from pipette.engine.checks import md5_of, sent_summary
from pipette.engine.digests import Digests
from pipette.engine.jobs import Job, Report
from pipette.engine.landing import Landing, exists, make_folder, part_path, remove
from pipette.engine.meter import Meter
from pipette.engine.sender import Sender
from pipette.model.errors import (
    Mismatch,
    RemoteChanged,
    RemoteMissing,
    TargetUnwritable,
    TransferError,
    Unavailable,
    UploadGone,
)
from pipette.model.files import Location, MiB, RemoteFile, SourceFile
from pipette.model.parts import (
    Algorithm,
    Handle,
    Part,
    PartCheck,
    Proof,
    Receipt,
    Reply,
    count_parts,
    part_at,
)
from pipette.model.stages import (
    Aborted,
    AlreadyThere,
    Delivered,
    NothingThere,
    Opened,
    PartMoved,
    Rejoined,
)
from pipette.model.transfer import Direction
from pipette.providers.protocol import (
    Differs,
    Downloads,
    NotYet,
    Provider,
    Sent,
    offers,
)

RANGE = 16 * MiB
LARGEST_RANGE = 64 * MiB


class Downloading:
    """Any number of workers may use one. Holds nothing but who fetches to which local name."""

    def __init__(
        self,
        sender: Sender,
        meter: Meter,
        free_bytes: Callable[[str], int] = lambda folder: shutil.disk_usage(folder).free,
    ) -> None:
        self._sender = sender
        self._meter = meter
        self._landing = Landing(free_bytes)

    def open(self, job: Job, provider: Provider) -> Report:
        if job.at_service.is_folder_marker:
            make_folder(job.local)
            return Report(job.transfer, Delivered(Proof.WHOLE_FILE), proof=Proof.WHOLE_FILE)
        local = self._landing.claim(job)
        if local is None:
            return Report(job.transfer, AlreadyThere())
        opened = False
        try:
            report = self._begin(replace(job, local=local), provider)
            opened = isinstance(report.outcome, Opened)
            return report
        finally:
            if not opened:
                self._landing.release(job.transfer)

    def rejoin(self, job: Job, provider: Provider) -> Report:
        """After a restart: is it the same remote file, and do our ranges hold what they held?"""
        handle = _handle(job)
        self._landing.reclaim(job)
        if not exists(part_path(job.local)):
            return self._renamed_already(job, provider, handle)
        remote = self._found(job, provider)
        was = remote_from(job.at_service, handle)
        if (remote.etag, remote.id, remote.size) != (was.etag, was.id, job.size):
            raise RemoteChanged(f"{job.at_service} is another file than when it was begun")
        FileSink(part_path(job.local)).prepare(job.size)
        kept = tuple(
            receipt
            for receipt in job.receipts
            if receipt.crc64nvme
            == self._reread(job, part_path(job.local), receipt.number).crc64nvme
        )
        landed = sum(1 << (receipt.number - 1) for receipt in kept)
        return Report(job.transfer, Rejoined(landed), receipts=kept, reused_parts=len(kept))

    def move(self, job: Job, number: int, provider: Provider) -> Report:
        handle = _handle(job)
        remote = remote_from(job.at_service, handle)
        part = part_at(number, job.size, handle.part_size)
        try:
            _, reply = self._receive(
                job, provider, remote, part, _range_algorithms(handle), sync=True
            )
        except TargetUnwritable as error:
            if exists(part_path(job.local)):
                raise
            raise UploadGone(f"{part_path(job.local)} is gone") from error
        receipt = _range_receipt(part, reply.sent)
        return Report(job.transfer, PartMoved(number), receipt=receipt)

    def close(self, job: Job, provider: Provider) -> Report:
        """Check, make durable, and only then give it its name."""
        remote = remote_from(job.at_service, _handle(job))
        sent = sent_summary(job.size, job.receipts, job.md5)
        proof = _proof(provider, remote, sent)
        local = self._landing.finish(job)
        self._landing.release(job.transfer)
        return Report(job.transfer, Delivered(proof), remote=remote, local=local, proof=proof)

    def check(self, job: Job, provider: Provider) -> Report:
        """Closing checks too; so this is asked only when what was fetched is gone from the disk."""
        return Report(job.transfer, NothingThere())

    def abort(self, job: Job, provider: Provider) -> Report:
        remove(part_path(job.local))
        self._landing.release(job.transfer)
        return Report(job.transfer, Aborted())

    # Opening

    def _begin(self, job: Job, provider: Provider) -> Report:
        make_folder(os.path.dirname(job.local))  # noqa: PTH120 - local paths are text
        if job.size > RANGE:
            return self._begin_ranges(job, self._found(job, provider))
        try:
            return self._deliver(job, provider)
        except RemoteChanged:
            remote = self._found(job, provider)
        if (remote.size or 0) > RANGE:
            return self._begin_ranges(job, remote)
        now = replace(job, remote=remote, size=remote.size or 0)
        return replace(self._deliver(now, provider), size=now.size)

    def _begin_ranges(self, job: Job, remote: RemoteFile) -> Report:
        size = remote.size or 0
        self._landing.expect_room(replace(job, size=size))
        handle = _handle_for(remote)
        FileSink(part_path(job.local)).prepare(size)
        return Report(
            job.transfer,
            Opened(handle, count_parts(size, handle.part_size)),
            remote=remote,
            local=job.local,
            size=size,
        )

    def _deliver(self, job: Job, provider: Provider) -> Report:
        """In one piece; leaves nothing behind when it fails."""
        with ExitStack() as leaving:
            leaving.callback(remove, part_path(job.local))
            FileSink(part_path(job.local)).prepare(job.size)
            report = self._delivered(job, provider)
            leaving.pop_all()
            return report

    def _delivered(self, job: Job, provider: Provider) -> Report:
        remote = job.remote or RemoteFile(job.at_service, size=job.size)
        part = Part(1, 0, job.size)
        algorithms = frozenset({Algorithm.MD5, Algorithm.CRC64NVME})
        told, reply = self._receive(job, provider, remote, part, algorithms, sync=True)
        receipt = _range_receipt(part, reply.sent)
        proof = _proof(provider, told, sent_summary(job.size, (receipt,), receipt.md5))
        return Report(
            job.transfer,
            Delivered(proof),
            remote=told,
            local=self._landing.finish(job, durable=job.size > 0),
            md5=receipt.md5 if job.md5_wanted else None,
            proof=proof,
        )

    # Ranges

    def _receive(
        self,
        job: Job,
        provider: Provider,
        remote: RemoteFile,
        part: Part,
        algorithms: frozenset[Algorithm],
        *,
        sync: bool = False,
    ) -> tuple[RemoteFile, Reply]:
        if not offers(provider, Downloads):
            raise Unavailable(f"{job.at_service.account} gives nothing back")
        told = remote

        def accept(head: Reply) -> None:
            nonlocal told
            told = provider.range_receipt(remote, part, head)

        request = provider.range_request(remote, part)
        sink = FileSink(part_path(job.local))
        with self._meter.attempt(job.transfer, Direction.DOWNLOAD) as attempt:
            reply = self._sender.receive(
                request,
                part,
                sink,
                accept=accept,
                interrupt=job.interrupt,
                attempt=attempt,
                observe=job.hash.offer if job.hash else None,
                digests=algorithms,
                sync=sync,
            )
        return told, reply

    def _found(self, job: Job, provider: Provider) -> RemoteFile:
        remote = provider.find(job.at_service)
        if remote is None or remote.size is None:
            raise RemoteMissing(str(job.at_service))
        return remote

    # After a restart

    def _reread(self, job: Job, path: str, number: int) -> Receipt:
        """What the disk gives back of a range."""
        handle = _handle(job)
        status = os.stat(openable(path))  # noqa: PTH116 - local paths are text
        part = part_at(number, job.size, handle.part_size)
        piece = FileSlice.of(SourceFile(path, status.st_size, status.st_mtime_ns), part)
        running = Digests(_range_algorithms(handle))
        for block in piece.blocks(job.interrupt):
            running.update(block.data)
        return _range_receipt(part, running.values())

    def _renamed_already(self, job: Job, provider: Provider, handle: Handle) -> Report:
        """Perhaps the last run got as far as the rename, and no further."""
        path = Path(openable(job.local))
        everything = job.landed == (1 << job.count) - 1
        if not everything or not path.exists() or path.stat().st_size != job.size:
            raise UploadGone(f"{part_path(job.local)} is gone")
        receipts = [self._reread(job, job.local, number) for number in range(1, job.count + 1)]
        if any(
            now.crc64nvme != then.crc64nvme
            for now, then in zip(receipts, job.receipts, strict=True)
        ):
            raise UploadGone(f"{part_path(job.local)} is gone, and {job.local} is another file")
        status = path.stat()
        md5 = md5_of(SourceFile(job.local, status.st_size, status.st_mtime_ns), job.interrupt)
        remote = remote_from(job.at_service, handle)
        proof = _proof(provider, remote, sent_summary(job.size, receipts, md5))
        self._landing.release(job.transfer)
        return Report(
            job.transfer,
            Delivered(proof),
            remote=remote,
            md5=md5 if job.md5_wanted else None,
            proof=proof,
            reused_parts=job.count,
        )


def remote_from(at: Location, handle: Handle) -> RemoteFile:
    """The remote file as it was when the download began."""
    told = handle.details
    crc = told.get("crc64nvme")
    return RemoteFile(
        at,
        size=int(told["size"]),
        etag=told.get("etag"),
        id=told.get("id"),
        md5=told.get("md5"),
        crc64nvme=int(crc, 16) if crc else None,
        part_size=int(told["part_size"]) if "part_size" in told else None,
    )


def wants_md5(handle: Handle) -> bool:
    """The service's own checksum of the whole is an MD5 and nothing faster."""
    return "md5" in handle.details and "crc64nvme" not in handle.details


def _handle_for(remote: RemoteFile) -> Handle:
    told: dict[str, str] = {"size": str(remote.size)}
    if remote.etag:
        told["etag"] = remote.etag
    if remote.id:
        told["id"] = remote.id
    if remote.md5:
        told["md5"] = remote.md5
    if remote.crc64nvme is not None:
        told["crc64nvme"] = f"{remote.crc64nvme:016x}"
    if remote.part_size:
        told["part_size"] = str(remote.part_size)
    return Handle(part_size=_range_size(remote), resumable=True, check=PartCheck.NONE, details=told)


def _range_size(remote: RemoteFile) -> int:
    """Ranges follow the parts of a composite checksum, so that it can be worked out on the way."""
    composite = remote.crc64nvme is None and remote.md5 is None
    if composite and remote.part_size and remote.part_size <= LARGEST_RANGE:
        return remote.part_size
    return RANGE


def _range_algorithms(handle: Handle) -> frozenset[Algorithm]:
    """CRC always, to trust the disk after a restart; MD5 where ranges are a composite's parts."""
    composite = "part_size" in handle.details and "crc64nvme" not in handle.details
    return frozenset({Algorithm.CRC64NVME, Algorithm.MD5} if composite else {Algorithm.CRC64NVME})


def _range_receipt(part: Part, digests: Mapping[Algorithm, bytes]) -> Receipt:
    md5 = digests.get(Algorithm.MD5)
    crc = digests[Algorithm.CRC64NVME]
    return Receipt(
        part.number,
        part.length,
        crc64nvme=int.from_bytes(crc, "big"),
        md5=md5.hex() if md5 is not None else None,
    )


def _proof(provider: Provider, remote: RemoteFile, sent: Sent) -> Proof:
    if not offers(provider, Downloads):
        raise Unavailable(f"{remote.location.account} gives nothing back")
    verdict = provider.verify(remote, sent)
    if isinstance(verdict, Differs):
        raise Mismatch(verdict.why)
    return Proof.NONE if isinstance(verdict, NotYet) else verdict.proof


def _handle(job: Job) -> Handle:
    if job.handle is None:
        raise TransferError(f"transfer {job.transfer} has nothing opened")
    return job.handle
