"""Services with folders of their own and with counted calls, as the engine meets them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from tests.fakes.performer import QuietProvider

from pipette.engine.interrupt import Interrupt
from pipette.engine.jobs import Job
from pipette.engine.plan import listed
from pipette.engine.uploading import Uploading
from pipette.model.errors import Interrupted, SlowDown, Temporary, Unavailable
from pipette.model.files import Kind, Location, RemoteFile
from pipette.model.parts import Proof
from pipette.model.stages import Delivered, Open
from pipette.model.transfer import Direction, IfExists, TransferId
from pipette.providers.protocol import Features, Page

MARKER = Location("cgc", "lab/data", "runs/empty/")


class WithFolders(QuietProvider):
    features = Features(real_folders=True)


class Makes(WithFolders):
    def __init__(self) -> None:
        super().__init__()
        self.made: list[Location] = []

    def make_folder(self, folder: Location) -> None:
        self.made.append(folder)


def opening(at: Location) -> Job:
    return Job(
        transfer=TransferId(1),
        direction=Direction.UPLOAD,
        step=Open(),
        at_service=at,
        local="/nowhere",
        size=0,
        mtime_ns=0,
        interrupt=Interrupt(),
        if_exists=IfExists.SKIP,
        md5_wanted=True,
        opening_key="key",
    )


def uploading() -> Uploading:
    """Nothing is sent for a folder, so nothing to send with is needed."""
    return Uploading(cast(Any, None), cast(Any, None))


def test_an_empty_folder_is_made_where_folders_are_real() -> None:
    provider = Makes()
    report = uploading().open(opening(MARKER), provider)
    assert provider.made == [Location("cgc", "lab/data", "runs/empty")]
    assert report.outcome == Delivered(Proof.WHOLE_FILE)
    assert report.remote == RemoteFile(MARKER, Kind.FOLDER)


def test_a_service_that_makes_no_folders_cannot_take_one() -> None:
    with pytest.raises(Unavailable):
        uploading().open(opening(MARKER), WithFolders())


@dataclass
class Slow:
    """Pages that come only after so many requests to wait."""

    refusals: list[Exception]
    asked: list[str | None] = field(default_factory=list)

    def list(self, folder: Location, cursor: str | None = None, *, recursive: bool = False) -> Page:
        self.asked.append(cursor)
        if self.refusals:
            raise self.refusals.pop(0)
        file = RemoteFile(folder.child(f"after {cursor}"))
        return Page([file], None if cursor else "next")


def test_a_listing_waits_where_calls_are_counted_and_does_not_begin_again() -> None:
    slow = Slow([SlowDown(wait_seconds=0.01), SlowDown(wait_seconds=0.01)])
    found = list(listed(slow, MARKER.parent, Interrupt()))
    assert [file.location.name for file in found] == ["after None", "after next"]
    assert slow.asked == [None, None, None, "next"]


def test_a_listing_that_waits_can_be_interrupted() -> None:
    interrupt = Interrupt()
    slow = Slow([SlowDown()])
    files = listed(slow, MARKER.parent, interrupt)
    interrupt.trip()
    with pytest.raises(Interrupted):
        next(files)


def test_other_troubles_of_a_listing_are_for_who_asked() -> None:
    with pytest.raises(Temporary):
        next(listed(Slow([Temporary()]), MARKER.parent, Interrupt()))
