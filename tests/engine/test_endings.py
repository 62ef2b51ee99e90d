"""What a service is told when a batch is whole."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.engine.rig import Rig
from tests.fakes.performer import QuietProvider

from pipette.engine import endings
from pipette.model.files import Location
from pipette.model.transfer import BatchOptions, IfExists

PROJECT = Location("lab", "bucket")


class EndingProvider(QuietProvider):
    """Keeps the names it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def end_batch(self, place: Location, names: Sequence[str], size: int) -> None:
        self.names = list(names)


def test_what_was_left_out_is_not_named_as_arrived(rig: Rig) -> None:
    provider = EndingProvider()
    rig.accounts.use(provider)
    folder = rig.files_of(2, (5,))
    (folder / ".DS_Store").write_bytes(b"junk")
    rig.run_to_rest(rig.upload(folder))
    assert provider.names == ["runs/f000.fastq.gz", "runs/f001.fastq.gz"]


def test_of_very_many_files_each_top_folder_is_named_at_least_once(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endings, "MOST_NAMES", 1)
    provider = EndingProvider()
    rig.accounts.use(provider)
    for top in ("run7", "run8"):
        (rig.folder / top).mkdir()
        for name in ("a.txt", "b.txt"):
            (rig.folder / top / name).write_bytes(b"12345")
    given = [str(rig.folder / top) for top in ("run7", "run8")]
    batch = rig.engine.upload(given, PROJECT, BatchOptions(IfExists.SKIP, md5=False))
    rig.run_to_rest(batch)
    assert provider.names == ["run7/a.txt", "run8/a.txt"]


def test_files_that_arrived_a_moment_ago_are_named(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Workers so quick that nothing was committed before the last file was there."""
    provider = EndingProvider()
    rig.accounts.use(provider)
    monkeypatch.setattr(rig.pool, "start", lambda job: job())
    rig.run_to_rest(rig.upload(rig.files_of(2, (5,))))
    assert provider.names == ["runs/f000.fastq.gz", "runs/f001.fastq.gz"]
