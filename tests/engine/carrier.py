"""Single steps of uploads and downloads, performed for real over loopback against a strict S3."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipette.engine.clock import SystemClock
from pipette.engine.downloading import Downloading
from pipette.engine.interrupt import Interrupt
from pipette.engine.jobs import Job, Report
from pipette.engine.meter import Meter
from pipette.engine.perform import Performer
from pipette.engine.sender import Sender
from pipette.engine.throttle import Throttle
from pipette.engine.uploading import Uploading
from pipette.model.account import Account, Network, Secret
from pipette.model.errors import TransferError
from pipette.model.files import Location, MiB
from pipette.model.parts import Handle, Proof, Receipt
from pipette.model.stages import (
    Abort,
    AlreadyThere,
    Check,
    Close,
    Delivered,
    Failed,
    MovePart,
    Open,
    Opened,
    PartMoved,
    Rejoin,
    Rejoined,
    Step,
)
from pipette.model.transfer import Direction, IfExists, TransferId
from pipette.practice.manners import STRICT, Manners
from pipette.practice.server import PRACTICE_KEY, S3Server
from pipette.providers.kinds import OpenAccounts
from pipette.providers.memory import MemoryInProcess
from pipette.providers.protocol import Deletes

BUCKET = "lab-data"
FOLDER = Location("lab", BUCKET, "runs")
PLENTY = 1 << 50


@dataclass
class Carrier:
    """A server, an account there, and the engine's own hands."""

    server: S3Server
    folder: Path
    performer: Performer
    accounts: OpenAccounts
    free: list[int] = field(default_factory=lambda: [PLENTY])

    def file(self, name: str, size: int, seed: int = 1) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content(size, seed))
        return path

    def upload(self, path: Path, rule: IfExists = IfExists.SKIP, *, look: bool = False) -> Job:
        status = path.stat()
        return Job(
            transfer=TransferId(1),
            direction=Direction.UPLOAD,
            step=Open(),
            at_service=FOLDER.child(path.name),
            local=str(path),
            size=status.st_size,
            mtime_ns=status.st_mtime_ns,
            interrupt=Interrupt(),
            if_exists=rule,
            md5_wanted=True,
            opening_key="k1",
            may_replace=rule is IfExists.REPLACE,
            look=look,
        )

    def download(self, key: str, rule: IfExists = IfExists.SKIP, *, to: Path | None = None) -> Job:
        """Of what the service lists under this key now."""
        at = Location("lab", BUCKET, key)
        remote = self.accounts.provider("lab").find(at)
        return Job(
            transfer=TransferId(1),
            direction=Direction.DOWNLOAD,
            step=Open(),
            at_service=at,
            local=str(to or self.folder / "back" / at.name),
            size=(remote.size or 0) if remote else 0,
            mtime_ns=0,
            interrupt=Interrupt(),
            if_exists=rule,
            md5_wanted=True,
            opening_key="k1",
            remote=remote,
        )

    def run(self, job: Job, step: Step | None = None) -> Report:
        reports: list[Report] = []
        self.performer.run([replace(job, step=step or job.step)], reports.extend)
        [report] = reports
        return report

    def keys(self) -> list[str]:
        return self.server.keys(BUCKET)

    def stored(self, name: str) -> bytes | None:
        return self.server.read(BUCKET, f"runs/{name}")

    def put(self, name: str, data: bytes) -> None:
        self.server.put(BUCKET, f"runs/{name}", data)

    def delete(self, name: str) -> None:
        provider = self.accounts.provider("lab")
        assert isinstance(provider, Deletes)
        provider.delete(FOLDER.child(name))

    def asked(self, operation: str) -> int:
        return len(self.server.log.entries(operation))


@contextmanager
def carrier_in(folder: Path, manners: Manners = STRICT) -> Iterator[Carrier]:
    with S3Server(folder / "server", manners=manners) as server:
        server.create_bucket(BUCKET)
        account = Account("lab", "s3", server.url, "us-east-1", container=BUCKET)
        secret = Secret(f"{PRACTICE_KEY.id}:{PRACTICE_KEY.secret}")
        network = Network(connect_seconds=10, stall_seconds=10)
        accounts = OpenAccounts(lambda _: account, lambda _: secret, network, MemoryInProcess())
        clock = SystemClock()
        sender = Sender(network, Throttle(clock), Throttle(clock), clock)
        meter = Meter(clock)
        free = [PLENTY]
        downloading = Downloading(sender, meter, lambda _: free[0])
        performer = Performer(accounts, Uploading(sender, meter), downloading, clock)
        try:
            yield Carrier(server, folder, performer, accounts, free)
        finally:
            sender.close()


@dataclass
class Walk:
    """One transfer taken on by hand, step by step, as the engine would."""

    carrier: Carrier
    job: Job
    receipts: dict[int, Receipt] = field(default_factory=dict)

    def open(self) -> Walk:
        report = self.step(Open())
        opened = report.outcome
        assert isinstance(opened, Opened), opened
        self.job = replace(self.job, handle=opened.handle, count=opened.count)
        return self

    def move(self, *numbers: int) -> Walk:
        """These parts; all of them when none is named."""
        for number in numbers or range(1, self.job.count + 1):
            outcome = self.step(MovePart(number)).outcome
            assert outcome == PartMoved(number), outcome
        return self

    def step(self, step: Step) -> Report:
        landed = sum(1 << (number - 1) for number in self.receipts)
        receipts = tuple(self.receipts[number] for number in sorted(self.receipts))
        job = replace(self.job, landed=landed, receipts=receipts)
        report = self.carrier.run(job, step)
        self._take(report)
        return report

    def rejoin(self) -> Report:
        """As after a restart: nothing is known but what the journal keeps."""
        self.job = replace(self.job, remote=None, interrupt=Interrupt())
        return self.step(Rejoin())

    def close(self) -> Report:
        return self.step(Close())

    def check(self) -> Report:
        return self.step(Check())

    def abort(self) -> Report:
        return self.step(Abort())

    @property
    def handle(self) -> Handle:
        assert self.job.handle is not None
        return self.job.handle

    @property
    def part_file(self) -> Path:
        local = Path(self.job.local)
        return local.with_name(f"{local.name}.pipette-part")

    def _take(self, report: Report) -> None:
        if report.receipt:
            self.receipts[report.receipt.number] = report.receipt
        if report.receipts is not None:
            self.receipts = {receipt.number: receipt for receipt in report.receipts}
        self.job = replace(
            self.job,
            remote=report.remote or self.job.remote,
            at_service=report.at_service or self.job.at_service,
            local=report.local or self.job.local,
            size=self.job.size if report.size is None else report.size,
        )


def content(size: int, seed: int = 1) -> bytes:
    """Random bytes, made quickly: they repeat after a MiB and a bit."""
    block = random.Random(seed).randbytes(min(size, MiB + 7))
    return (block * (size // max(len(block), 1) + 1))[:size]


def failure(report: Report) -> TransferError:
    assert isinstance(report.outcome, Failed), report.outcome
    return report.outcome.error


def proof(report: Report) -> Proof:
    assert isinstance(report.outcome, Delivered), report.outcome
    return report.outcome.proof


def landed(report: Report) -> int:
    assert isinstance(report.outcome, Rejoined), report.outcome
    return report.outcome.landed


def skipped(report: Report) -> bool:
    return isinstance(report.outcome, AlreadyThere)


def numbers_of(receipts: Sequence[Receipt] | None) -> list[int]:
    assert receipts is not None
    return [receipt.number for receipt in receipts]
