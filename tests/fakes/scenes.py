"""Small factories for snapshots, and the transfers of the main design picture in S3 terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tests.fakes.queue import ScriptedQueue

from pipette.model.files import Location
from pipette.model.parts import Proof
from pipette.model.transfer import (
    BatchId,
    BatchOptions,
    BatchSnapshot,
    Details,
    Direction,
    FileSnapshot,
    LogLine,
    PartMap,
    Problem,
    State,
    TransferId,
)

GB = 1_000_000_000
MB = 1_000_000
NOON = 1_749_640_000.0
"""A fixed moment in June 2025, so that nothing in a test depends on today."""

RUN = BatchId("20250611-1")
SWABS = BatchId("20250611-2")
TRIO = BatchId("20250611-3")
CONTROLS = BatchId("20250611-4")
REFERENCES = BatchId("20250611-5")

SENDING = TransferId(1)
RETRYING = TransferId(2)
CHANGED = TransferId(6)
ARCHIVE = Location("seq-archive", "oncology-panel", "runs")


def a_batch(
    id: str = "20250611-1",
    name: str = "run",
    *,
    counts: Mapping[State, int] | None = None,
    direction: Direction = Direction.UPLOAD,
    place: Location = ARCHIVE,
    local: str = "",
    files: int | None = None,
    size: int = 100 * MB,
    arrived: int = 0,
    rate_bytes: float = 0.0,
    order: int = 0,
    paused: bool = False,
    scanning: bool = False,
    finished_at: float | None = None,
    problem: Problem | None = None,
) -> BatchSnapshot:
    """A batch whose number of files follows ``counts`` unless ``files`` says otherwise."""
    by_state = {State.WAITING: 1} if counts is None else counts
    return BatchSnapshot(
        id=BatchId(id),
        direction=direction,
        name=name,
        place=place,
        local=local or f"/data/{name}",
        created_at=NOON,
        options=BatchOptions(operator="Dana Whitfield"),
        scanning=scanning,
        files=sum(by_state.values()) if files is None else files,
        size=size,
        arrived=arrived,
        rate_bytes=rate_bytes,
        counts=tuple(by_state.items()),
        order=order,
        paused=paused,
        sent_bytes=arrived,
        finished_at=finished_at,
        problem=problem,
    )


def a_file(
    id: int = 1,
    name: str = "sample_S1_L001_R1_001.fastq.gz",
    *,
    batch: str = "20250611-1",
    state: State = State.WAITING,
    size: int = 10 * MB,
    arrived: int = 0,
    moving: int = 0,
    position: int | None = None,
    parts: PartMap | None = None,
    problem: Problem | None = None,
    proof: Proof = Proof.NONE,
    direction: Direction = Direction.UPLOAD,
    retry_at: float | None = None,
    md5: str | None = None,
    etag: str | None = None,
) -> FileSnapshot:
    """One file; its place in the batch is its number unless ``position`` says otherwise."""
    return FileSnapshot(
        id=TransferId(id),
        batch=BatchId(batch),
        direction=direction,
        name=name,
        source=f"/data/run/{name}",
        target=str(ARCHIVE.child(f"run/{name}")),
        size=size,
        state=state,
        position=id if position is None else position,
        arrived=arrived,
        moving=moving,
        parts=parts,
        problem=problem,
        proof=proof,
        md5=md5,
        etag=etag,
        remote_size=size if proof is not Proof.NONE else None,
        sent_bytes=arrived,
        retry_at=retry_at,
        finished_at=NOON if state.is_final else None,
    )


def a_finished_batch(id: str, name: str, finished_at: float, files: int = 42) -> BatchSnapshot:
    """A batch as the history lists it: everything verified."""
    counts = {State.VERIFIED: files}
    size = files * 100 * MB
    batch = a_batch(id, name, counts=counts, size=size, arrived=size, finished_at=finished_at)
    return replace(batch, created_at=finished_at - 600)


def first_parts(count: int) -> int:
    """The bit set in which the parts 1 to ``count`` are set."""
    return (1 << count) - 1


def part_bits(*numbers: int) -> int:
    """The bit set of just these parts."""
    return sum(1 << (number - 1) for number in numbers)


def the_sending_file() -> FileSnapshot:
    """The file of the details picture: 1160 parts, 835 arrived, 4 going, part 726 retrying."""
    parts = PartMap(
        count=1160,
        part_size=33_300_000,
        arrived=first_parts(836) & ~part_bits(726),
        moving=part_bits(837, 838, 841, 842),
        retrying=part_bits(726),
    )
    return a_file(
        1,
        "Data/fastq/Lib07_S7_L001_R1_001.fastq.gz",
        state=State.MOVING,
        size=38_600 * MB,
        arrived=835 * 33_300_000,
        moving=40 * MB,
        parts=parts,
        retry_at=NOON + 8,
    )


def the_sending_details() -> Details:
    """What the details dock shows about ``the_sending_file``."""
    lines = (
        LogLine(NOON, "queued"),
        LogLine(NOON + 2, "opened", "1160 33300000"),
        LogLine(NOON + 900, "part-retried", "726 NetworkDown"),
    )
    checks = (
        ("md5", "", ""),
        ("composite", "78c996a528e3ebd7b8dfeac993e9c498-1160", ""),
    )
    return Details(
        file=the_sending_file(),
        checks=checks,
        log=lines,
        part_errors=((726, 2, "NetworkDown"),),
    )


def the_verified_details() -> Details:
    """What the details dock shows about the file that arrived."""
    file = the_run_files()[4]
    checks = (
        ("md5", file.md5 or "", ""),
        ("composite", file.etag or "", file.etag or ""),
    )
    return Details(file=file, checks=checks, log=(LogLine(NOON + 1200, "verified"),))


def the_run_files() -> tuple[FileSnapshot, ...]:
    """The six files of the run that the main picture shows opened."""
    return (
        the_sending_file(),
        a_file(
            2,
            "Data/fastq/Lib07_S7_L001_R2_001.fastq.gz",
            state=State.RETRYING,
            size=41_100 * MB,
            arrived=23_900 * MB,
            parts=PartMap(1234, 33_300_000, first_parts(719), part_bits(721, 722), part_bits(720)),
            retry_at=NOON + 8,
        ),
        a_file(
            3,
            "Data/fastq/Lib09_S9_L001_R1_001.fastq.gz",
            state=State.MOVING,
            size=35_200 * MB,
            arrived=6_800 * MB,
            parts=PartMap(1057, 33_300_000, first_parts(204), part_bits(205, 206, 207, 270)),
        ),
        a_file(
            4,
            "Data/fastq/Lib08_S8_L001_R1_001.fastq.gz",
            state=State.VERIFYING,
            size=36_900 * MB,
            arrived=36_900 * MB,
            parts=PartMap(1109, 33_300_000, first_parts(1109)),
        ),
        a_file(
            5,
            "Data/fastq/Lib08_S8_L001_R2_001.fastq.gz",
            state=State.VERIFIED,
            size=37_700 * MB,
            arrived=37_700 * MB,
            parts=PartMap(1133, 33_300_000, first_parts(1133)),
            proof=Proof.EVERY_PART,
            md5="379fbc9d16a8a5c67c146c9302be714d",
            etag="78c996a528e3ebd7b8dfeac993e9c498-1133",
        ),
        a_file(
            6,
            "SampleSheet.csv",
            state=State.NEEDS_YOU,
            size=14_200,
            problem=Problem("SourceChanged", "size 14200 is 14900 now", NOON),
        ),
    )


def the_batches() -> tuple[BatchSnapshot, ...]:
    """The four uploads and the one download of the main picture."""
    run_counts = {
        State.VERIFIED: 1388,
        State.MOVING: 2,
        State.RETRYING: 1,
        State.VERIFYING: 1,
        State.NEEDS_YOU: 1,
        State.WAITING: 1993,
    }
    return (
        a_batch(
            RUN,
            "260611_A01234_0187_BHJ7KLDRX5",
            counts=run_counts,
            size=978 * GB,
            arrived=401 * GB,
            rate_bytes=84.2 * MB,
            order=1,
        ),
        a_batch(
            SWABS,
            "Swab-isolates",
            counts={State.VERIFIED: 6, State.PAUSED: 12},
            place=Location("clinical-micro", "clinical", "swabs"),
            size=74_200 * MB,
            arrived=24_600 * MB,
            order=2,
            paused=True,
        ),
        a_batch(
            TRIO,
            "Trio-114 reanalysis",
            counts={State.WAITING: 6},
            place=Location("core-lab", "exome-trios", "2026"),
            size=112 * GB,
            order=3,
        ),
        a_batch(
            CONTROLS,
            "Controls May",
            counts={State.WAITING: 11},
            place=Location("seq-archive", "seq-archive", "2026/controls"),
            size=52_800 * MB,
            order=4,
        ),
        a_batch(
            REFERENCES,
            "references",
            counts={State.WAITING: 2},
            direction=Direction.DOWNLOAD,
            local="/data/references",
            size=61_400 * MB,
            order=5,
        ),
    )


def the_main_picture() -> ScriptedQueue:
    """A queue that shows the transfers of the main design picture; the run's files included."""
    queue = ScriptedQueue(the_batches(), the_run_files())
    queue.tell(up_rate=84.2 * MB)
    queue.add_details(the_sending_details(), the_verified_details())
    yesterday = NOON - 86_400
    queue.add_history(
        a_finished_batch("20250610-1", "Controls_May", yesterday),
        a_finished_batch("20250610-2", "260602_A01234_0184_BHJ6LMDRX5", yesterday - 7200, 3397),
    )
    return queue


def a_long_batch(count: int, id: str = "20250611-9") -> tuple[BatchSnapshot, list[FileSnapshot]]:
    """A batch of ``count`` small waiting files, as a drop of a whole run folder makes one."""
    files = [a_file(n, f"Data/f{n:06}.bin", batch=id, size=1000) for n in range(1, count + 1)]
    return a_batch(id, "long", counts={State.WAITING: count}, size=1000 * count), files
