"""A service with a memory and a script of faults, performed without a network, for the engine's tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pipette.engine.jobs import Job, Report
from pipette.model.errors import Interrupted, TransferError, UploadGone
from pipette.model.files import Kind, Location, RemoteFile, SourceFile
from pipette.model.parts import (
    Digest,
    Handle,
    Limits,
    Part,
    PartRequest,
    Proof,
    Receipt,
    Reply,
    count_parts,
    part_at,
)
from pipette.model.stages import (
    Abort,
    Aborted,
    AlreadyThere,
    Check,
    Close,
    Closed,
    Delivered,
    Failed,
    MovePart,
    NothingThere,
    Open,
    Opened,
    PartMoved,
    Rejoin,
    Rejoined,
    Settled,
    Step,
    Stopped,
)
from pipette.providers.protocol import Features, Page, Sent, Stored, Verdict

WHOLE = 10
PART = 10


@dataclass(slots=True)
class Upload:
    path: str
    parts: set[int] = field(default_factory=set)
    is_open: bool = True


@dataclass(slots=True)
class Fault:
    """Answers the next ``times`` steps of this kind with an error, before or after they took effect."""

    step: type[Step]
    error: TransferError | None
    """None: the step is interrupted."""
    times: int = 1
    after: bool = False
    path: str = ""
    number: int = 0

    def fits(self, job: Job, *, after: bool) -> bool:
        return (
            self.times > 0
            and self.after == after
            and isinstance(job.step, self.step)
            and self.path in job.at_service.path
            and (not self.number or getattr(job.step, "number", 0) == self.number)
        )


class ScriptedService:
    """Performs jobs on its own memory: what the engine's workers would do over a network."""

    def __init__(self) -> None:
        self.uploads: dict[str, Upload] = {}
        self.stored: dict[str, int] = {}
        self.faults: list[Fault] = []
        self.steps: list[tuple[str, Step]] = []
        self.moved: dict[tuple[str, int], int] = {}
        """How often each part arrived, by upload id and number."""
        self._next = 1

    def fail(
        self,
        step: type[Step],
        error: TransferError | None,
        *,
        times: int = 1,
        after: bool = False,
        path: str = "",
        number: int = 0,
    ) -> None:
        self.faults.append(Fault(step, error, times, after, path, number))

    def run(self, jobs: Sequence[Job], tell: Callable[[Sequence[Report]], None]) -> None:
        for job in jobs:
            tell([self._report(job)])

    def _report(self, job: Job) -> Report:
        self.steps.append((job.at_service.path, job.step))
        try:
            job.interrupt.check()
            self._maybe_fail(job, after=False)
            report = self._perform(job)
            self._maybe_fail(job, after=True)
        except Interrupted:
            return Report(job.transfer, Stopped(job.step))
        except TransferError as error:
            return Report(job.transfer, Failed(job.step, error), key=job.key)
        return report

    def _maybe_fail(self, job: Job, *, after: bool) -> None:
        for fault in self.faults:
            if fault.fits(job, after=after):
                fault.times -= 1
                raise fault.error or Interrupted()

    def _perform(self, job: Job) -> Report:
        path = job.at_service.path
        match job.step:
            case Open() if job.seeking and job.size <= WHOLE:
                return Report(job.transfer, AlreadyThere())
            case Open() if job.size <= WHOLE:
                self.stored[path] = self.stored.get(path, 0) + 1
                return Report(job.transfer, Delivered(Proof.WHOLE_FILE), proof=Proof.WHOLE_FILE)
            case Open():
                return self._open(job)
            case Rejoin():
                upload = self._upload(job)
                receipts = [_receipt(job, number) for number in sorted(upload.parts)]
                landed = sum(1 << (number - 1) for number in upload.parts)
                found = len(receipts)
                return Report(job.transfer, Rejoined(landed), receipts=receipts, reused_parts=found)
            case MovePart(number):
                return self._move(job, number)
            case Close():
                return self._close(job)
            case Check() if path in self.stored:
                return Report(job.transfer, Settled(Proof.EVERY_PART), proof=Proof.EVERY_PART)
            case Check():
                return Report(job.transfer, NothingThere())
            case Abort():
                if job.handle and job.handle.id in self.uploads:
                    self.uploads[job.handle.id].is_open = False
                return Report(job.transfer, Aborted())

    def _open(self, job: Job) -> Report:
        left = [
            name for name in self.open_uploads if self.uploads[name].path == job.at_service.path
        ]
        upload_id = left[0] if job.asked_before and left else f"u{self._next}"
        self._next += 1
        self.uploads.setdefault(upload_id, Upload(job.at_service.path))
        handle = Handle(part_size=PART, id=upload_id)
        return Report(job.transfer, Opened(handle, count_parts(job.size, PART)))

    def _upload(self, job: Job) -> Upload:
        upload = self.uploads.get(job.handle.id or "") if job.handle else None
        if upload is None or not upload.is_open:
            raise UploadGone
        return upload

    def _move(self, job: Job, number: int) -> Report:
        upload = self._upload(job)
        upload.parts.add(number)
        assert job.handle is not None
        key = (job.handle.id or "", number)
        self.moved[key] = self.moved.get(key, 0) + 1
        return Report(job.transfer, PartMoved(number), receipt=_receipt(job, number))

    def _close(self, job: Job) -> Report:
        upload = self._upload(job)
        assert upload.parts == set(range(1, count_parts(job.size, PART) + 1)), "parts are missing"
        assert [receipt.number for receipt in job.receipts] == sorted(upload.parts)
        upload.is_open = False
        self.stored[upload.path] = self.stored.get(upload.path, 0) + 1
        return Report(job.transfer, Closed(), remote=RemoteFile(job.at_service, size=job.size))

    @property
    def open_uploads(self) -> list[str]:
        return [name for name, upload in self.uploads.items() if upload.is_open]


def _receipt(job: Job, number: int) -> Receipt:
    return Receipt(number, part_at(number, job.size, PART).length, etag=f"e{number}", proven=True)


class QuietProvider:
    """What the planning needs of an adapter; everything else is performed by the script."""

    limits = Limits(
        largest_file=10**9, most_parts=10_000, smallest_part=1, largest_part=PART, whole=WHOLE
    )
    features = Features()

    def __init__(self, there: Sequence[str] = ()) -> None:
        self.there = set(there)

    def find(self, at: Location) -> RemoteFile | None:
        if not at.path:
            return RemoteFile(at, Kind.PROJECT) if at.container == "bucket" else None
        return RemoteFile(at, size=1) if at.path in self.there else None

    def list(self, folder: Location, cursor: str | None = None, *, recursive: bool = False) -> Page:
        inside = [path for path in sorted(self.there) if path.startswith(f"{folder.path}/")]
        here = [Location(folder.account, folder.container, path) for path in inside]
        return Page([RemoteFile(at, size=1) for at in here])

    def open(
        self, source: SourceFile, to: Location, key: str, *, may_replace: bool, again: bool = False
    ) -> Handle:
        raise AssertionError("the script performs")

    def part_request(
        self, to: Location, handle: Handle, part: Part, digest: Digest | None
    ) -> PartRequest:
        raise AssertionError("the script performs")

    def receipt(self, handle: Handle, part: Part, reply: Reply) -> Receipt:
        raise AssertionError("the script performs")

    def close(
        self, to: Location, handle: Handle, receipts: Sequence[Receipt], size: int
    ) -> RemoteFile:
        raise AssertionError("the script performs")

    def check(self, to: Location, handle: Handle, remote: RemoteFile | None, sent: Sent) -> Verdict:
        return Stored(RemoteFile(to), Proof.NONE)

    def abort(self, to: Location, handle: Handle) -> None:
        raise AssertionError("the script performs")
