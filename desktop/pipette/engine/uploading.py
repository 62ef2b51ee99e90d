"""The steps of an upload, as a worker performs them: one provider call or one part each."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

from pipette.engine.bodies import BLOCK, Body, FileSlice, Preloaded, openable, source_error
from pipette.engine.checks import crc64_of, md5_of, sent_summary
from pipette.engine.jobs import Job, Report
from pipette.engine.meter import Meter
from pipette.engine.sender import Sender
from pipette.model.errors import (
    Mismatch,
    NameTaken,
    NotAllowed,
    SourceChanged,
    Temporary,
    TransferError,
    Unavailable,
)
from pipette.model.files import Kind, Location, RemoteFile
from pipette.model.names import numbered
from pipette.model.parts import (
    Algorithm,
    Digest,
    Handle,
    Part,
    Proof,
    Receipt,
    Reply,
    count_parts,
    part_at,
)
from pipette.model.stages import (
    Aborted,
    AlreadyThere,
    AskAgain,
    Closed,
    Delivered,
    NothingThere,
    Opened,
    PartMoved,
    Rejoined,
    Settled,
)
from pipette.model.transfer import Direction, IfExists
from pipette.providers.protocol import (
    Differs,
    ListsParts,
    MakesFolders,
    NotYet,
    PairsFiles,
    Provider,
    Stored,
)

MOST_NUMBERED_NAMES = 10_000


class Uploading:
    """Holds no state of its own; any number of workers may use one."""

    def __init__(self, sender: Sender, meter: Meter) -> None:
        self._sender = sender
        self._meter = meter

    def open(self, job: Job, provider: Provider) -> Report:
        """Open at the service; a file sent in one piece is delivered at once."""
        if job.seeking:
            return self._sought(job, provider)
        if not job.size or job.size > provider.limits.whole:
            self._expect_source(job)
        if job.look and job.mate is None:
            settled = self._settle_name(job, provider)
            if settled is None:
                return Report(job.transfer, AlreadyThere())
            job = settled
        return self._open_under_free_name(job, provider)

    def rejoin(self, job: Job, provider: Provider) -> Report:
        """After a restart: is the file as it was, and which parts does the service hold?"""
        self._expect_source(job)
        handle = _handle(job)
        known = {receipt.number: receipt for receipt in job.receipts}
        there = self._listed(job, provider, handle)
        kept = job.receipts if there is None else self._agreed(job, handle, known, there)
        landed = sum(1 << (receipt.number - 1) for receipt in kept)
        return Report(job.transfer, Rejoined(landed), receipts=kept, reused_parts=len(kept))

    def move(self, job: Job, number: int, provider: Provider) -> Report:
        handle = _handle(job)
        part = part_at(number, job.size, handle.part_size)
        receipt, _ = self._send(job, provider, handle, part)
        return Report(job.transfer, PartMoved(number), receipt=receipt)

    def close(self, job: Job, provider: Provider) -> Report:
        self._expect_source(job)
        remote = provider.close(job.at_service, _handle(job), job.receipts, job.size)
        return Report(job.transfer, Closed(), remote=remote, at_service=remote.location)

    def check(self, job: Job, provider: Provider) -> Report:
        sent = sent_summary(job.size, job.receipts, job.md5)
        verdict = provider.check(job.at_service, _handle(job), job.remote, sent)
        match verdict:
            case Stored(remote, proof):
                at = remote.location
                return Report(
                    job.transfer, Settled(proof), remote=remote, proof=proof, at_service=at
                )
            case NotYet(after):
                return Report(job.transfer, AskAgain(), wait_seconds=after)
            case Differs(why):
                if not job.closed:
                    return Report(job.transfer, NothingThere())
                raise Mismatch(why)

    def abort(self, job: Job, provider: Provider) -> Report:
        provider.abort(job.at_service, _handle(job))
        return Report(job.transfer, Aborted())

    # Opening

    def _sought(self, job: Job, provider: Provider) -> Report:
        """What a try whose answer was lost has opened, so that it can be removed."""
        if job.at_service.is_folder_marker:
            return Report(job.transfer, AlreadyThere())
        handle = _opened_at(job, provider)
        if not handle.resumable:
            return Report(job.transfer, AlreadyThere())
        return Report(job.transfer, Opened(handle, count_parts(job.size, handle.part_size)))

    def _open_under_free_name(self, job: Job, provider: Provider) -> Report:
        """The name rule once more, for a file that appeared at the service since we looked."""
        try:
            return self._opened(job, provider)
        except NameTaken:
            arrived = self._arrived_already(job, provider)
            if arrived:
                return arrived
            if job.if_exists is IfExists.SKIP:
                return Report(job.transfer, AlreadyThere())
            if job.if_exists is IfExists.REPLACE:
                raise
        settled = self._settle_name(job, provider)
        if settled is None:
            return Report(job.transfer, AlreadyThere())
        return self._opened(settled, provider)

    def _opened(self, job: Job, provider: Provider) -> Report:
        if job.at_service.is_folder_marker and provider.features.real_folders:
            return _made_folder(job, provider)
        handle = _opened_at(job, provider)
        if not handle.resumable:
            return self._deliver(job, provider, handle)
        count = count_parts(job.size, handle.part_size)
        return Report(job.transfer, Opened(handle, count), at_service=job.at_service)

    def _deliver(self, job: Job, provider: Provider, handle: Handle) -> Report:
        receipt, reply = self._send(job, provider, handle, Part(1, 0, job.size), whole=True)
        remote = provider.close(job.at_service, handle, (receipt,), job.size)
        digest = reply.sent.get(Algorithm.MD5)
        md5 = digest.hex() if digest is not None and job.md5_wanted else None
        sent = sent_summary(job.size, (receipt,), digest.hex() if digest is not None else None)
        verdict = provider.check(job.at_service, handle, remote, sent)
        if isinstance(verdict, Differs):
            raise Mismatch(verdict.why)
        remote, proof = _stored(verdict, remote)
        return Report(
            job.transfer,
            Delivered(proof),
            receipt=receipt,
            remote=remote,
            at_service=job.at_service,
            md5=md5,
            proof=proof,
        )

    def _settle_name(self, job: Job, provider: Provider) -> Job | None:
        """Apply the rule for a name that is taken; None means leave it."""
        if job.if_exists is IfExists.REPLACE:
            return replace(job, may_replace=True, look=False)
        if not _is_taken(job.at_service, provider):
            return replace(job, look=False)
        if job.if_exists is IfExists.SKIP or job.at_service.is_folder_marker:
            return None
        return replace(job, at_service=_free_name(job.at_service, provider), look=False)

    def _arrived_already(self, job: Job, provider: Provider) -> Report | None:
        """The name is taken, perhaps by this very file, sent by a try whose answer was lost."""
        remote = provider.find(job.at_service)
        if remote is None or remote.size != job.size or job.at_service.is_folder_marker:
            return None
        md5 = md5_of(job.source, job.interrupt)
        receipt = Receipt(1, job.size, remote.etag or "", crc64_of(job.source, job.interrupt), md5)
        handle = Handle(part_size=max(job.size, 1), resumable=False)
        sent = sent_summary(job.size, (receipt,), md5)
        verdict = provider.check(job.at_service, handle, remote, sent)
        if not isinstance(verdict, Stored) or verdict.proof is not Proof.WHOLE_FILE:
            return None
        return Report(
            job.transfer,
            Delivered(verdict.proof),
            remote=verdict.remote,
            md5=md5 if job.md5_wanted else None,
            proof=verdict.proof,
            reused_parts=1,
        )

    # Parts

    def _send(
        self, job: Job, provider: Provider, handle: Handle, part: Part, *, whole: bool = False
    ) -> tuple[Receipt, Reply]:
        algorithms = self._algorithms(handle, md5=whole and job.md5_wanted)
        body, digest = self._body(job, handle, part, algorithms)
        request = provider.part_request(job.at_service, handle, part, digest)
        known = body.digests if isinstance(body, Preloaded) else {}
        if digest:
            known = {**known, digest.algorithm: digest.value}
        with self._meter.attempt(job.transfer, Direction.UPLOAD) as attempt:
            reply = self._sender.send(
                request,
                body,
                interrupt=job.interrupt,
                attempt=attempt,
                observe=job.hash.offer if job.hash else None,
                digests=algorithms - known.keys(),
            )
        if known:
            reply = replace(reply, sent={**known, **reply.sent})
        return provider.receipt(handle, part, reply), reply

    def _algorithms(self, handle: Handle, *, md5: bool) -> frozenset[Algorithm]:
        wanted = {handle.check.algorithm} if handle.check.algorithm else set()
        return frozenset(wanted | {Algorithm.MD5}) if md5 else frozenset(wanted)

    def _body(
        self, job: Job, handle: Handle, part: Part, algorithms: frozenset[Algorithm]
    ) -> tuple[Body, Digest | None]:
        """The bytes, and their checksum where it is known, or must be known, before they leave."""
        piece = FileSlice.of(job.source, part)
        checked_by = handle.check.algorithm
        if part.length <= BLOCK:
            loaded = piece.preload(job.interrupt, algorithms)
            digest = Digest(checked_by, loaded.digest(checked_by)) if checked_by else None
            return loaded, digest
        if checked_by and handle.check.in_header:
            return piece, Digest(checked_by, piece.digest(checked_by, job.interrupt))
        return piece, None

    # Going on after a restart

    def _listed(self, job: Job, provider: Provider, handle: Handle) -> dict[int, Receipt] | None:
        """The parts the service holds, or None when it cannot tell (then our memory counts)."""
        if not isinstance(provider, ListsParts):
            return None
        try:
            return {
                receipt.number: receipt
                for receipt in provider.parts(job.at_service, handle, job.receipts)
            }
        except NotAllowed:
            return None

    def _agreed(
        self,
        job: Job,
        handle: Handle,
        known: dict[int, Receipt],
        there: dict[int, Receipt],
    ) -> Sequence[Receipt]:
        kept = []
        for number in sorted(there):
            part = part_at(number, job.size, handle.part_size)
            ours = known.get(number)
            if ours and _same_part(ours, there[number]):
                kept.append(ours)
            elif ours is None and (adopted := self._adopted(job, part, there[number])):
                kept.append(adopted)
        return kept

    def _adopted(self, job: Job, part: Part, listed: Receipt) -> Receipt | None:
        """A part the service has and we have no receipt of: ours only if its checksum is."""
        if part.length != listed.length or part.length == 0:
            return None
        piece = FileSlice.of(job.source, part)
        if listed.crc64nvme is not None:
            value = int.from_bytes(piece.digest(Algorithm.CRC64NVME, job.interrupt), "big")
            return replace(listed, proven=True) if value == listed.crc64nvme else None
        md5 = piece.digest(Algorithm.MD5, job.interrupt).hex()
        return replace(listed, md5=md5, proven=True) if md5 == listed.etag else None

    def _expect_source(self, job: Job) -> None:
        if job.at_service.is_folder_marker:
            return
        try:
            now = os.stat(openable(job.local))  # noqa: PTH116 - long Windows paths are text
        except OSError as error:
            raise source_error(error, job.local) from error
        if (now.st_size, now.st_mtime_ns) != (job.size, job.mtime_ns):
            raise SourceChanged(f"{job.local} has another size or time than when it was dropped")


def _opened_at(job: Job, provider: Provider) -> Handle:
    again = job.asked_before
    if job.mate is not None and isinstance(provider, PairsFiles):
        if job.mate.leads and job.mate.handle is None:
            raise Temporary("the file that leads is not open yet")
        return provider.open_paired(
            job.source, job.at_service, job.opening_key, job.mate, again=again
        )
    return provider.open(
        job.source, job.at_service, job.opening_key, may_replace=job.may_replace, again=again
    )


def _made_folder(job: Job, provider: Provider) -> Report:
    if not isinstance(provider, MakesFolders):
        raise Unavailable("folders cannot be made here")
    folder = replace(job.at_service, path=job.at_service.path.rstrip("/"))
    provider.make_folder(folder)
    made = RemoteFile(job.at_service, Kind.FOLDER)
    return Report(job.transfer, Delivered(Proof.WHOLE_FILE), remote=made, proof=Proof.WHOLE_FILE)


def _handle(job: Job) -> Handle:
    if job.handle is None:
        raise TransferError(f"transfer {job.transfer} has nothing opened")
    return job.handle


def _same_part(ours: Receipt, theirs: Receipt) -> bool:
    return ours.length == theirs.length and (not theirs.etag or ours.etag == theirs.etag)


def _stored(verdict: Stored | NotYet, closed: RemoteFile) -> tuple[RemoteFile, Proof]:
    if isinstance(verdict, Stored):
        return verdict.remote, verdict.proof
    return closed, Proof.NONE


def _is_taken(at: Location, provider: Provider) -> bool:
    """A key that may write and not look cannot tell; then the service guards the name, if it can."""
    try:
        return provider.find(at) is not None
    except NotAllowed:
        return False


def _free_name(taken: Location, provider: Provider) -> Location:
    """The next free number; asks the service for each, as nothing lists names faster than one."""
    for number in range(1, MOST_NUMBERED_NAMES):
        name = numbered(taken.name, number)
        candidate = replace(taken, path=taken.path[: -len(taken.name)] + name)
        if provider.find(candidate) is None:
            return candidate
    raise NameTaken(f"{taken} and {MOST_NUMBERED_NAMES} numbered names are taken")
