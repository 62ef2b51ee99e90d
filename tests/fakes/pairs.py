"""A scripted service that takes two files as one thing and holds the engine to the order between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.fakes.performer import PART, QuietProvider, ScriptedService, _receipt

from pipette.engine.jobs import Job, Report
from pipette.model.errors import Temporary, UploadGone
from pipette.model.files import Location, RemoteFile, SourceFile
from pipette.model.parts import Handle, Limits, Proof, count_parts
from pipette.model.stages import (
    Abort,
    Aborted,
    Check,
    Close,
    Closed,
    MovePart,
    NothingThere,
    Open,
    Opened,
    PartMoved,
    Rejoin,
    Rejoined,
    Settled,
)
from pipette.providers.protocol import Mate


@dataclass(slots=True)
class Sample:
    """What is made of a pair, or of a single file."""

    parts: dict[str, set[int]] = field(default_factory=dict)
    closed: list[str] = field(default_factory=list)
    size: int = 1
    """How many files it needs."""
    is_open: bool = True

    @property
    def is_whole(self) -> bool:
        return len(self.closed) == self.size


class PairService(ScriptedService):
    """``samples`` by id. Asserts that the leader goes first wherever it must."""

    def __init__(self) -> None:
        super().__init__()
        self.samples: dict[str, Sample] = {}

    def whole(self) -> list[Sample]:
        return [sample for sample in self.samples.values() if sample.is_whole]

    def left_open(self) -> list[Sample]:
        return [one for one in self.samples.values() if one.is_open and not one.is_whole]

    def forget(self, path: str) -> None:
        """The service loses every open sample that holds this file."""
        for sample in self.samples.values():
            if any(path in held for held in sample.parts) and not sample.is_whole:
                sample.is_open = False

    def _perform(self, job: Job) -> Report:
        path = job.at_service.path
        match job.step:
            case Open():
                return self._open_sample(job)
            case Rejoin():
                parts = self._sample(job).parts[path]
                receipts = [_receipt(job, number) for number in sorted(parts)]
                landed = sum(1 << (number - 1) for number in parts)
                return Report(job.transfer, Rejoined(landed), receipts=receipts)
            case MovePart(number):
                self._sample(job).parts[path].add(number)
                return Report(job.transfer, PartMoved(number), receipt=_receipt(job, number))
            case Close():
                return self._close_file(job)
            case Check():
                return self._check(job)
            case Abort():
                self.samples[_id(job)].is_open = False
                return Report(job.transfer, Aborted())

    def _open_sample(self, job: Job) -> Report:
        assert job.opening_key
        mate = job.mate
        if mate is not None and mate.leads:
            if mate.handle is None or not self.samples[mate.handle.id or ""].is_open:
                raise Temporary("the leader is not open")
            sample_id = mate.handle.id or ""
        else:
            sample_id = f"s{len(self.samples) + 1}"
            self.samples[sample_id] = Sample(size=2 if mate else 1)
        self.samples[sample_id].parts[job.at_service.path] = set()
        handle = Handle(PART, sample_id)
        return Report(job.transfer, Opened(handle, count_parts(job.size, PART)))

    def _sample(self, job: Job) -> Sample:
        sample = self.samples[_id(job)]
        if not sample.is_open:
            raise UploadGone
        return sample

    def _close_file(self, job: Job) -> Report:
        sample, path = self._sample(job), job.at_service.path
        assert len(sample.parts) == sample.size, "closed before its mate was open"
        leads = next(iter(sample.parts))
        assert path == leads or leads in sample.closed, "closed before the leader"
        if path not in sample.closed:
            sample.closed.append(path)
        return Report(job.transfer, Closed(), remote=RemoteFile(job.at_service, size=job.size))

    def _check(self, job: Job) -> Report:
        sample = self.samples[_id(job)]
        if job.at_service.path not in sample.closed or not sample.is_whole:
            assert not job.closed, "checked before both were closed"
            return Report(job.transfer, NothingThere())
        return Report(job.transfer, Settled(Proof.EVERY_PART), proof=Proof.EVERY_PART)


class PairProvider(QuietProvider):
    """``x_2`` leads, ``x_1`` is its mate."""

    limits = Limits(
        largest_file=1000, most_parts=10_000, smallest_part=1, largest_part=PART, whole=0
    )

    def pairs(self, names: Sequence[str]) -> Sequence[tuple[str, str]]:
        seconds = [name for name in names if "_2" in name]
        found = [(name, name.replace("_2", "_1")) for name in seconds]
        return [(second, first) for second, first in found if first in names]

    def open_paired(
        self, source: SourceFile, to: Location, key: str, mate: Mate, *, again: bool = False
    ) -> Handle:
        raise AssertionError("the script performs")


def _id(job: Job) -> str:
    assert job.handle is not None
    return job.handle.id or ""
