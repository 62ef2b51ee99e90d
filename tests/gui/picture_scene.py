"""The scene of the main design picture, as far as S3 goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from tests.fakes.queue import ScriptedQueue
from tests.fakes.scenes import ARCHIVE, MB, a_file, a_finished_batch, the_main_picture
from tests.gui.window_scene import Scene, ScriptedDesk, a_folder, a_remote_file, make_scene

from pipette.model.account import Account
from pipette.model.files import Kind, Location, RemoteFile
from pipette.model.parts import Proof
from pipette.model.transfer import State
from pipette.store.settings import Settings
from pipette.ui.theme import Theme

BUCKET = Location("seq-archive", "oncology-panel")
RUNS = BUCKET.child("runs")
CONTROLS = RUNS.child("controls")

ACCOUNTS = (
    Account(
        "seq-archive",
        "s3",
        region="eu-central-1",
        container="oncology-panel",
        path="runs",
        who="core-lab",
    ),
    Account("core-lab", "s3", url="https://s3.core-lab.example", who="dana.whitfield"),
    Account("clinical-micro", "s3", region="eu-west-1", who="clinical-micro-team"),
)


def at(month: int, day: int, hour: int, minute: int) -> float:
    return datetime(datetime.now().year, month, day, hour, minute).timestamp()


def the_desk() -> ScriptedDesk:
    desk = ScriptedDesk()
    buckets = ("oncology-panel", "exome-trios", "microbiome-pilot")
    projects = [RemoteFile(Location("seq-archive", name), Kind.PROJECT) for name in buckets]
    desk.put(Location("seq-archive"), *projects)
    desk.put(ARCHIVE, *the_rows())
    return desk


def the_rows() -> list[RemoteFile]:
    def file(name: str, size: int, changed: float) -> RemoteFile:
        return a_remote_file(
            ARCHIVE.child(name), size, changed=changed, storage="STANDARD", etag=name
        )

    folders = (
        "260518_A01234_0179_AHJ5TTDRX5",
        "260602_A01234_0184_BHJ6LMDRX5",
        "260611_A01234_0187_BHJ7KLDRX5",
        "controls",
        "references",
    )
    return [
        *(a_folder(ARCHIVE.child(name)) for name in folders),
        file("HG002_PCRfree_S1_L001_R1_001.fastq.gz", 38_600 * MB, at(5, 28, 17, 21)),
        file("HG002_PCRfree_S1_L001_R2_001.fastq.gz", 41_100 * MB, at(5, 28, 17, 39)),
        file("SampleSheet.csv", 14_200, at(5, 28, 17, 40)),
        file("panel_v3_targets.bed", 2_100_000, at(2, 6, 15, 2)),
    ]


def add_proofs(queue: ScriptedQueue) -> None:
    """Receipts of earlier batches, so that the proof column has something to say."""
    proven: Mapping[str, tuple[Proof, int]] = {
        "HG002_PCRfree_S1_L001_R1_001.fastq.gz": (Proof.EVERY_PART, 38_600 * MB),
        "HG002_PCRfree_S1_L001_R2_001.fastq.gz": (Proof.EVERY_PART, 41_100 * MB),
        "SampleSheet.csv": (Proof.WHOLE_FILE, 14_200),
    }
    queue.add_history(a_finished_batch("20250501-1", "HG002", 1_746_000_000.0, len(proven)))
    numbers = iter(range(5000, 20_000))
    queue.put_files(
        replace(
            a_file(
                next(numbers),
                name,
                batch="20250501-1",
                state=State.VERIFIED,
                size=size,
                proof=proof,
            ),
            target=str(ARCHIVE.child(name)),
            etag=name,
        )
        for name, (proof, size) in proven.items()
    )
    for folder, count in (
        ("260518_A01234_0179_AHJ5TTDRX5", 3412),
        ("260602_A01234_0184_BHJ6LMDRX5", 3397),
        ("controls", 212),
    ):
        batch = f"2025-{folder}"
        queue.add_history(a_finished_batch(batch, folder, 1_746_000_000.0, count))
        queue.put_files(
            replace(
                a_file(
                    next(numbers), f"{n}", batch=batch, state=State.VERIFIED, proof=Proof.EVERY_PART
                ),
                target=str(ARCHIVE.child(f"{folder}/{n}")),
            )
            for n in range(count)
        )


def the_picture(folder: Path, theme: Theme, settings: Settings | None = None) -> Scene:
    queue = the_main_picture()
    add_proofs(queue)
    return make_scene(folder, ACCOUNTS, queue, the_desk(), settings, theme)
