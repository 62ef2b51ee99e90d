"""The import window on scripted parts, and an import as the design's picture shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.fakes.queue import ScriptedQueue

from pipette.engine.drs_rows import JobState, JobView, RowView
from pipette.model.drs_manifest import Fault, ManifestRow
from pipette.model.errors import ContainerGone
from pipette.model.files import Kind, Location, RemoteFile
from pipette.model.transfer import (
    BatchId,
    BatchOptions,
    BatchSnapshot,
    Direction,
    FileSnapshot,
    Problem,
    State,
    TransferId,
)
from pipette.providers.protocol import Page
from pipette.providers.protocol_drs import DrsFile, DrsLimits, DrsTarget
from pipette.ui.background import Background
from pipette.ui.drs_import import DrsImportWindow
from pipette.ui.drs_import_target import ImportTarget
from pipette.ui.theme import Theme

NOW = 1_781_179_331.0
BATCH = BatchId("20261120-4")
PLACE = Location("CGC", "rfranklin/canine-pilot", "drs-import")
LIMITS = DrsLimits(items=100, files=500, window_seconds=300.0)
TARGETS = (ImportTarget("CGC", "CGC"), ImportTarget("cavatica", "CAVATICA"))
FIELDS = (("study_id", "1"), ("cohort", "4"))


@dataclass
class DrsDesk:
    """Answers what the import window asks of a desk."""

    taken: set[str] = field(default_factory=set)
    projects: tuple[str, ...] = ("rfranklin/canine-pilot", "rfranklin/other")
    asked: list[tuple[Location, int]] = field(default_factory=list)

    def drs_limits(self, account: str) -> DrsLimits:
        return LIMITS

    def list(self, folder: Location, cursor: str | None = None) -> Page:
        found = (Location(folder.account, project) for project in self.projects)
        return Page([RemoteFile(place, Kind.PROJECT) for place in found])

    def find(self, at: Location) -> RemoteFile | None:
        if at.container == "rfranklin/secret":
            raise ContainerGone(str(at))
        return RemoteFile(at, Kind.PROJECT) if at.container in self.projects else None

    def drs_named(self, into: DrsTarget, names: Sequence[str]) -> Sequence[DrsFile]:
        self.asked.append((into.place, len(names)))
        return [DrsFile(name, name) for name in names if name in self.taken]


@dataclass
class DrsScene:
    window: DrsImportWindow
    queue: ScriptedQueue
    desk: DrsDesk


def drs_scene(
    theme: Theme, background: Background, targets: Sequence[ImportTarget] = TARGETS
) -> DrsScene:
    queue, desk = ScriptedQueue(), DrsDesk()
    window = DrsImportWindow(
        queue,
        desk,
        background,
        theme,
        lambda: targets,
        operator=lambda: "Dana",
        now=lambda: NOW,
    )
    return DrsScene(window, queue, desk)


# An import under way


def a_state(number: int) -> tuple[State, Problem | None, int]:
    """State, problem and number of files of a row of the picture."""
    if number in {496, 12, 77, 201, 333, 402}:
        return State.SKIPPED, Problem("NameTaken"), 0
    if number in {498, 30, 44}:
        return State.FAILED, Problem("NotAllowed", "10226"), 0
    if number == 499:
        return State.IMPORTED, None, 4
    return (State.IMPORTED, None, 1) if number <= 500 else (State.WAITING, None, 0)


def a_row(number: int) -> tuple[RowView, FileSnapshot]:
    state, problem, files = a_state(number)
    uri = f"drs://nci-crdc.datacommons.io/{number:08x}-ae77-3bda-b191-86d333d7563f"
    name = f"ICDC_C04_{number}.bam" if number != 499 else "ICDC_C04_499"
    fault = None
    if number > 1160:
        state, fault = State.FAILED, Fault.ADDRESS
        problem, uri = Problem(fault.value, "x"), f"https://example.org/{number}"
    content = ManifestRow(number, uri, name, metadata=FIELDS, fault=fault)
    file = FileSnapshot(
        id=TransferId(number),
        batch=BATCH,
        direction=Direction.IMPORT,
        name=name,
        source=uri,
        target=f"{PLACE}/{name}",
        size=10 if state is State.IMPORTED else 0,
        state=state,
        position=number - 1,
        problem=problem,
        remote_id=f"5f{number}" if state is State.IMPORTED else None,
        remote_size=10 if state is State.IMPORTED else None,
    )
    return RowView(number, content, files), file


def a_job(number: int) -> JobView:
    state = JobState.FINISHED if number <= 5 else JobState.NEW
    handed_at = NOW - 199.0 if number <= 5 else None
    rows = 100 if number < 12 else 60
    return JobView(number, state, rows, rows if handed_at else 0, 0, handed_at, 0.0)


def put_import(queue: ScriptedQueue, **changes: object) -> BatchSnapshot:
    """The picture's import, as the queue tells it."""
    pairs = [a_row(number) for number in range(1, 1164)]
    files = [file for _, file in pairs]
    counts = {state: sum(file.state is state for file in files) for state in State}
    fields: dict[str, object] = {
        "id": BATCH,
        "direction": Direction.IMPORT,
        "name": "icdc_manifest.csv",
        "place": PLACE,
        "local": "/data/icdc_manifest.csv",
        "created_at": NOW - 200,
        "options": BatchOptions(md5=False),
        "files": len(files),
        "counts": tuple((state, number) for state, number in counts.items() if number),
    }
    batch = BatchSnapshot(**(fields | changes))
    queue.put(batch, *files)
    queue.put_import(BATCH, [a_job(number) for number in range(1, 13)], [row for row, _ in pairs])
    return batch
