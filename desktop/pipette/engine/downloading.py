"""The steps of a download, as a worker performs them.

Ranges are written into ``name.pipette-part`` beside the final name, which never holds a half or
unproven file: it appears by one rename after the check.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from pipette.engine.bodies import FileSink, FileSlice, openable, target_error
from pipette.engine.checks import md5_of, sent_summary
from pipette.engine.jobs import Job, Report
from pipette.engine.meter import Meter
from pipette.engine.sender import Sender
from pipette.model.errors import (
    DiskFull,
    Mismatch,
    NameTaken,
    RemoteChanged,
    RemoteMissing,
    TransferError,
    Unavailable,
    UploadGone,
)
from pipette.model.files import Location, MiB, RemoteFile, SourceFile
from pipette.model.names import numbered, part_name
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
    Opened,
    PartMoved,
    Rejoined,
    Settled,
)
from pipette.model.transfer import Direction, IfExists
from pipette.providers.protocol import Differs, Downloads, NotYet, Provider, Sent

RANGE = 16 * MiB
LARGEST_RANGE = 64 * MiB
RESERVE = 256 * MiB
"""Room left on the disk for everybody else."""


class Downloading:
    """Holds no state of its own; any number of workers may use one."""

    def __init__(
        self,
        sender: Sender,
        meter: Meter,
        free_bytes: Callable[[str], int] = lambda folder: shutil.disk_usage(folder).free,
    ) -> None:
        self._sender = sender
        self._meter = meter
        self._free_bytes = free_bytes

    def open(self, job: Job, provider: Provider) -> Report:
        if job.at_service.is_folder_marker:
            _make_folder(job.local)
            return Report(job.transfer, Delivered(Proof.WHOLE_FILE), proof=Proof.WHOLE_FILE)
        settled = _settle_name(job)
        if settled is None:
            return Report(job.transfer, AlreadyThere())
        _make_folder(os.path.dirname(settled.local))  # noqa: PTH120 - local paths are text
        self._expect_room(settled)
        if settled.size <= RANGE:
            return self._deliver(settled, provider)
        remote = self._found(settled, provider)
        handle = _handle_for(remote)
        FileSink(part_path(settled.local)).prepare(remote.size or 0)
        return Report(
            job.transfer,
            Opened(handle, count_parts(remote.size or 0, handle.part_size)),
            remote=remote,
            local=settled.local,
            size=remote.size,
        )

    def rejoin(self, job: Job, provider: Provider) -> Report:
        """After a restart: is it the same remote file, and do our ranges hold what they held?"""
        handle = _handle(job)
        if not Path(openable(part_path(job.local))).exists():
            return self._renamed_already(job, provider, handle)
        remote = self._found(job, provider)
        was = remote_from(job.at_service, handle)
        if (remote.etag, remote.id, remote.size) != (was.etag, was.id, job.size):
            raise RemoteChanged(f"{job.at_service} is another file than when it was begun")
        kept = tuple(receipt for receipt in job.receipts if self._still_holds(job, handle, receipt))
        landed = sum(1 << (receipt.number - 1) for receipt in kept)
        return Report(job.transfer, Rejoined(landed), receipts=kept, reused_parts=len(kept))

    def move(self, job: Job, number: int, provider: Provider) -> Report:
        handle = _handle(job)
        remote = remote_from(job.at_service, handle)
        part = part_at(number, job.size, handle.part_size)
        algorithms = _range_algorithms(handle)
        _, reply = self._receive(job, provider, remote, part, algorithms, sync=True)
        receipt = _range_receipt(part, reply.sent)
        return Report(job.transfer, PartMoved(number), receipt=receipt)

    def close(self, job: Job, provider: Provider) -> Report:
        """Check, make durable, and only then give it its name."""
        remote = remote_from(job.at_service, _handle(job))
        sent = sent_summary(job.size, job.receipts, job.md5)
        proof = _proof(provider, remote, sent)
        local = self._finish(job)
        return Report(job.transfer, Delivered(proof), remote=remote, local=local, proof=proof)

    def check(self, job: Job, provider: Provider) -> Report:
        """Closing checked it already."""
        return Report(job.transfer, Settled(Proof.SIZE_ONLY))

    def abort(self, job: Job, provider: Provider) -> Report:
        Path(openable(part_path(job.local))).unlink(missing_ok=True)
        return Report(job.transfer, Aborted())

    # In one piece

    def _deliver(self, job: Job, provider: Provider) -> Report:
        remote = job.remote or RemoteFile(job.at_service, size=job.size)
        part = Part(1, 0, job.size)
        FileSink(part_path(job.local)).prepare(job.size)
        algorithms = frozenset({Algorithm.MD5, Algorithm.CRC64NVME})
        told, reply = self._receive(job, provider, remote, part, algorithms)
        receipt = _range_receipt(part, reply.sent)
        proof = _proof(provider, told, sent_summary(job.size, (receipt,), receipt.md5))
        local = self._finish(job)
        return Report(
            job.transfer,
            Delivered(proof),
            remote=told,
            local=local,
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
        if not isinstance(provider, Downloads):
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

    def _still_holds(self, job: Job, handle: Handle, receipt: Receipt) -> bool:
        """A range is kept only if the disk gives back what was received."""
        path = part_path(job.local)
        part = part_at(receipt.number, job.size, handle.part_size)
        status = os.stat(openable(path))  # noqa: PTH116 - local paths are text
        if status.st_size != job.size:
            return False
        on_disk = SourceFile(path, status.st_size, status.st_mtime_ns)
        digest = FileSlice.of(on_disk, part).digest(Algorithm.CRC64NVME, job.interrupt)
        return receipt.crc64nvme == int.from_bytes(digest, "big")

    # The end

    def _renamed_already(self, job: Job, provider: Provider, handle: Handle) -> Report:
        """Perhaps the last run got as far as the rename, and no further."""
        path = Path(openable(job.local))
        everything = job.landed == (1 << job.count) - 1
        if not everything or not path.exists() or path.stat().st_size != job.size:
            raise UploadGone(f"{part_path(job.local)} is gone")
        status = path.stat()
        md5 = md5_of(SourceFile(job.local, status.st_size, status.st_mtime_ns), job.interrupt)
        remote = remote_from(job.at_service, handle)
        proof = _proof(provider, remote, sent_summary(job.size, job.receipts, md5))
        return Report(
            job.transfer,
            Delivered(proof),
            remote=remote,
            md5=md5 if job.md5_wanted else None,
            proof=proof,
            reused_parts=job.count,
        )

    def _finish(self, job: Job) -> str:
        """Durable, then renamed; returns the final path."""
        unfinished = Path(openable(part_path(job.local)))
        final = job.local
        try:
            with unfinished.open("r+b") as file:
                os.fsync(file.fileno())
            if Path(openable(final)).exists() and job.if_exists is not IfExists.REPLACE:
                if job.if_exists is IfExists.SKIP:
                    raise NameTaken(f"{final} appeared while it was fetched")
                final = _free_local(final)
            unfinished.replace(openable(final))
        except OSError as error:
            raise target_error(error, final) from error
        return final

    def _expect_room(self, job: Job) -> None:
        folder = openable(os.path.dirname(job.local))  # noqa: PTH120 - local paths are text
        part_file = Path(openable(part_path(job.local)))
        there = part_file.stat().st_blocks * 512 if _has_blocks(part_file) else 0
        free = self._free_bytes(folder)
        if job.size > RANGE and free + there < job.size + RESERVE:
            raise DiskFull(f"{free} bytes free, {job.size + RESERVE} needed")


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
    if not isinstance(provider, Downloads):
        raise Unavailable(f"{remote.location.account} gives nothing back")
    verdict = provider.verify(remote, sent)
    if isinstance(verdict, Differs):
        raise Mismatch(verdict.why)
    return Proof.NONE if isinstance(verdict, NotYet) else verdict.proof


def _settle_name(job: Job) -> Job | None:
    """The rule for a local name that is taken; None means leave it."""
    if job.if_exists is IfExists.REPLACE or not Path(openable(job.local)).exists():
        return job
    if job.if_exists is IfExists.SKIP:
        return None
    return replace(job, local=_free_local(job.local))


def _free_local(taken: str) -> str:
    folder, name = os.path.split(taken)
    number = 1
    while Path(openable(candidate := os.path.join(folder, numbered(name, number)))).exists():  # noqa: PTH118
        number += 1
    return candidate


def _make_folder(path: str) -> None:
    try:
        Path(openable(path)).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise target_error(error, path) from error


def part_path(local: str) -> str:
    folder, name = os.path.split(local)
    return os.path.join(folder, part_name(name))  # noqa: PTH118 - local paths are text


def _has_blocks(path: Path) -> bool:
    return path.exists() and hasattr(path.stat(), "st_blocks")


def _handle(job: Job) -> Handle:
    if job.handle is None:
        raise TransferError(f"transfer {job.transfer} has nothing opened")
    return job.handle
