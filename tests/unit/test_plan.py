"""What was dropped, or asked for, becomes rows: nothing lost, nothing twice, each name by the rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tests.fakes.clock import FakeClock
from tests.fakes.performer import QuietProvider

import pipette.engine.plan as plan_module
from pipette.engine.interrupt import Interrupt
from pipette.engine.plan import CHUNK, PlanOrder, Row, plan_download, plan_upload
from pipette.model.errors import (
    ContainerGone,
    Interrupted,
    NotAllowed,
    RemoteMissing,
    Unavailable,
)
from pipette.model.files import Kind, Location, RemoteFile
from pipette.model.parts import Part, PartRequest, Proof, Reply
from pipette.model.transfer import IfExists, State
from pipette.providers.protocol import Page, Sent, Stored, Verdict

BUCKET = Location("lab", "bucket", "runs")


class Blind:
    """A service that can be asked for one name at a time and cannot be looked through."""

    limits = QuietProvider.limits
    features = QuietProvider.features

    def __init__(self, there: Sequence[str] = ()) -> None:
        self._quiet = QuietProvider(there)
        self.find = self._quiet.find
        self.open = self._quiet.open
        self.part_request = self._quiet.part_request
        self.receipt = self._quiet.receipt
        self.close = self._quiet.close
        self.check = self._quiet.check
        self.abort = self._quiet.abort


class Catalogue(QuietProvider):
    """A service that holds these paths, tells them page by page, and gives them back."""

    def __init__(self, there: Sequence[str] = (), page: int = 2) -> None:
        super().__init__(there)
        self.page = page
        self.listings = 0

    def find(self, at: Location) -> RemoteFile | None:
        if not at.path:
            return RemoteFile(at, Kind.PROJECT)
        return RemoteFile(at, size=7, etag="e") if at.path in self.there else None

    def list(self, folder: Location, cursor: str | None = None, *, recursive: bool = False) -> Page:
        self.listings += 1
        prefix = f"{folder.path}/" if folder.path else ""
        inside = [path for path in sorted(self.there) if path.startswith(prefix)]
        start = int(cursor or 0)
        here = inside[start : start + self.page]
        more = start + self.page < len(inside)
        items = [
            RemoteFile(Location(folder.account, folder.container, path), size=7, etag="e", id="i")
            for path in here
        ]
        return Page(items, str(start + self.page) if more else None)

    def range_request(self, remote: RemoteFile, part: Part) -> PartRequest:
        raise AssertionError("only planned")

    def range_receipt(self, remote: RemoteFile, part: Part, reply: Reply) -> RemoteFile:
        raise AssertionError("only planned")

    def verify(self, remote: RemoteFile, received: Sent) -> Verdict:
        return Stored(remote, Proof.NONE)


def upload(
    provider: QuietProvider | Blind,
    *given: Path | str,
    rule: IfExists = IfExists.SKIP,
    known: Sequence[str] = (),
    place: Location = BUCKET,
) -> list[Row]:
    rows: list[Row] = []
    order = PlanOrder([str(path) for path in given], place, "", rule, frozenset(known))
    plan_upload(order, provider, rows.extend, Interrupt(), FakeClock())
    return rows


def download(
    provider: QuietProvider | Blind, *places: str, known: Sequence[str] = (), to: str = "/back"
) -> list[Row]:
    rows: list[Row] = []
    order = PlanOrder(places, BUCKET, to, IfExists.SKIP, frozenset(known))
    parsed = [Location.parse(f"lab:/bucket/{place}") for place in places]
    plan_download(order, parsed, provider, rows.extend, Interrupt())
    return rows


def tree(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * len(name))
    return folder


def local_names(rows: Sequence[Row], to: str = "/back") -> list[str]:
    return [Path(row.local).relative_to(to).as_posix() for row in rows]


# Uploads


def test_a_folder_becomes_one_row_for_each_file_with_one_listing(tmp_path: Path) -> None:
    provider = Catalogue()
    rows = upload(provider, tree(tmp_path / "run7", "a", "sub/b", "sub/c"))
    assert [row.name for row in rows] == ["run7/a", "run7/sub/b", "run7/sub/c"]
    assert [row.at_service.path for row in rows] == [f"runs/{row.name}" for row in rows]
    assert [row.size for row in rows] == [1, 5, 5]
    assert all(row.state is State.WAITING and not row.look for row in rows)
    assert provider.listings == 1


def test_files_at_the_top_are_asked_about_one_by_one(tmp_path: Path) -> None:
    provider = Catalogue()
    rows = upload(provider, *sorted(tree(tmp_path, "a", "b").iterdir()))
    assert [(row.name, row.look) for row in rows] == [("a", True), ("b", True)]
    assert provider.listings == 0


def test_a_service_that_cannot_be_looked_through_is_asked_file_by_file(tmp_path: Path) -> None:
    rows = upload(Blind(), tree(tmp_path / "run7", "a", "b"))
    assert all(row.look for row in rows)


def test_a_folder_with_too_many_names_to_keep_is_asked_about_file_by_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan_module, "MOST_LISTED", 3)
    provider = Catalogue([f"runs/run7/{n}" for n in range(4)])
    assert all(row.look for row in upload(provider, tree(tmp_path / "run7", "a")))


def test_names_that_are_taken_are_skipped_with_what_is_there(tmp_path: Path) -> None:
    provider = Catalogue(["runs/run7/a", "runs/run7/sub/b"])
    rows = upload(provider, tree(tmp_path / "run7", "a", "b", "sub/b"))
    assert [(row.name, row.state, row.etag) for row in rows] == [
        ("run7/a", State.SKIPPED, "e"),
        ("run7/b", State.WAITING, None),
        ("run7/sub/b", State.SKIPPED, "e"),
    ]


def test_names_that_are_taken_are_numbered_apart_in_each_folder(tmp_path: Path) -> None:
    provider = Catalogue(["runs/run7/a.fq.gz", "runs/run7/a_1.fq.gz", "runs/run7/sub/a.fq.gz"])
    folder = tree(tmp_path / "run7", "a.fq.gz", "a_2.fq.gz", "sub/a.fq.gz")
    rows = upload(provider, folder, rule=IfExists.KEEP_BOTH)
    assert [(row.name, row.at_service.path, row.renamed_to) for row in rows] == [
        ("run7/a.fq.gz", "runs/run7/a_2.fq.gz", "a_2.fq.gz"),
        ("run7/a_2.fq.gz", "runs/run7/a_2_1.fq.gz", "a_2_1.fq.gz"),
        ("run7/sub/a.fq.gz", "runs/run7/sub/a_1.fq.gz", "a_1.fq.gz"),
    ]


def test_replacing_lists_and_asks_nothing(tmp_path: Path) -> None:
    provider = Catalogue(["runs/run7/a"])
    rows = upload(provider, tree(tmp_path / "run7", "a"), rule=IfExists.REPLACE)
    assert [(row.may_replace, row.look, row.state) for row in rows] == [
        (True, False, State.WAITING)
    ]


@pytest.mark.parametrize("rule", [IfExists.SKIP, IfExists.KEEP_BOTH])
def test_the_marker_of_an_empty_folder_that_is_there_is_left(
    tmp_path: Path, rule: IfExists
) -> None:
    (tmp_path / "run7" / "empty").mkdir(parents=True)
    rows = upload(Catalogue(["runs/run7/empty/"]), tmp_path / "run7", rule=rule)
    assert [(row.name, row.state) for row in rows] == [("run7/empty/", State.SKIPPED)]


def test_what_cannot_or_shall_not_be_sent_is_told_with_its_reason(tmp_path: Path) -> None:
    folder = tree(tmp_path / "run7", ".DS_Store", "a")
    (folder / "dangling").symlink_to(folder / "nowhere")
    rows = upload(Catalogue(), folder)
    told = {row.name: (row.state, row.problem.kind if row.problem else "") for row in rows}
    assert told == {
        "run7/.DS_Store": (State.LEFT_OUT, "junk"),
        "run7/a": (State.WAITING, ""),
        "run7/dangling": (State.FAILED, "SourceMissing"),
    }


def test_a_file_larger_than_the_service_takes_fails_before_anything_is_sent(
    tmp_path: Path,
) -> None:
    folder = tree(tmp_path / "run7", "a")
    with (folder / "vast").open("wb") as file:
        file.truncate(Catalogue.limits.largest_file + 1)
    rows = upload(Catalogue(), folder)
    assert [(row.name, row.state) for row in rows] == [
        ("run7/a", State.WAITING),
        ("run7/vast", State.FAILED),
    ]
    assert rows[1].problem is not None
    assert rows[1].problem.kind == "TooLarge"


def test_what_an_interrupted_plan_found_is_not_found_twice(tmp_path: Path) -> None:
    folder = tree(tmp_path / "run7", "a", "b", "c")
    rows = upload(Catalogue(), folder, known=["run7/a", "run7/c"])
    assert [row.name for row in rows] == ["run7/b"]


def test_a_plan_taken_up_again_gives_no_name_out_twice(tmp_path: Path) -> None:
    """The first part numbered ``a`` to ``a_1``; the rest must not give ``a_1`` to another file."""
    provider = Catalogue(["runs/run7/a.txt"])
    folder = tree(tmp_path / "run7", "a.txt", "a_1.txt")
    whole = upload(provider, folder, rule=IfExists.KEEP_BOTH)
    rest = upload(provider, folder, rule=IfExists.KEEP_BOTH, known=["run7/a.txt"])
    assert rest == whole[1:]
    assert len({row.at_service.path for row in whole}) == 2


def test_a_key_that_may_write_and_not_look_is_tried(tmp_path: Path) -> None:
    class WriteOnly(Blind):
        """Says 403 to every question."""

        def __init__(self) -> None:
            super().__init__()
            self.find = self.refuse

        def refuse(self, at: Location) -> RemoteFile | None:
            raise NotAllowed(f"403 {at}")

    rows = upload(WriteOnly(), tree(tmp_path / "run7", "a"))
    assert [(row.name, row.look) for row in rows] == [("run7/a", True)]


def test_a_missing_container_sends_nothing(tmp_path: Path) -> None:
    with pytest.raises(ContainerGone):
        upload(QuietProvider(), tmp_path, place=Location("lab", "nowhere", "runs"))


def test_an_upload_plan_that_is_stopped_ends(tmp_path: Path) -> None:
    interrupt = Interrupt()
    interrupt.trip()
    order = PlanOrder([str(tree(tmp_path / "r", "a"))], BUCKET, "", IfExists.SKIP)
    with pytest.raises(Interrupted):
        plan_upload(order, Catalogue(), lambda rows: None, interrupt, FakeClock())


# Downloads


def test_a_folder_is_fetched_under_its_own_name(tmp_path: Path) -> None:
    provider = Catalogue(["runs/run7/a", "runs/run7/sub/b", "runs/run7/empty/", "runs/run70/x"])
    rows = download(provider, "runs/run7")
    assert [row.name for row in rows] == ["run7/a", "run7/empty/", "run7/sub/b"]
    assert local_names(rows) == ["run7/a", "run7/empty", "run7/sub/b"]
    assert [(row.size, row.etag, row.remote_id) for row in rows[:1]] == [(7, "e", "i")]
    assert provider.listings == 2


def test_with_a_slash_its_content_is_fetched_directly() -> None:
    rows = download(Catalogue(["runs/run7/a", "runs/run7/"]), "runs/run7/")
    assert local_names(rows) == ["a"]


def test_a_whole_container_is_fetched_under_its_name() -> None:
    rows = download(Catalogue(["a", "runs/b"]), "")
    assert {name.rpartition("/")[2] for name in local_names(rows)} == {"a", "b"}


def test_a_single_file_is_fetched_by_its_name() -> None:
    provider = Catalogue(["runs/a.fq.gz"])
    rows = download(provider, "runs/a.fq.gz")
    assert local_names(rows) == ["a.fq.gz"]
    assert provider.listings == 0


def test_places_of_one_name_are_kept_apart() -> None:
    provider = Catalogue(["x/fastq/a", "y/fastq/a", "x/one", "y/one"])
    rows = download(provider, "x/fastq", "y/fastq", "x/one", "y/one")
    assert local_names(rows) == ["fastq/a", "fastq_1/a", "one", "one_1"]
    assert len({row.name for row in rows}) == 4


def test_the_contents_of_two_places_fetched_directly_are_kept_apart() -> None:
    provider = Catalogue(["x/a.txt", "y/a.txt", "x/b.txt", "y/sub/b.txt"])
    rows = download(provider, "x/", "y/")
    assert len(rows) == 4
    assert len(set(local_names(rows))) == 4
    assert len({row.name for row in rows}) == 4


def test_a_key_with_two_slashes_is_another_file_than_one_with_one() -> None:
    rows = download(Catalogue(["runs/run7/a", "runs/run7//a"]), "runs/run7")
    assert len(set(local_names(rows))) == 2


@pytest.mark.parametrize(
    "key", ["../../etc/passwd", "/etc/passwd", "..\\x", "C:\\x", "CON", "a/../../x", "\0x", "x "]
)
def test_no_remote_name_leaves_the_folder_or_means_something_else_here(
    tmp_path: Path, key: str
) -> None:
    to = tmp_path / "back"
    rows = download(Catalogue([f"runs/{key}"]), "runs/", to=str(to))
    assert len(rows) == 1
    assert Path(rows[0].local).resolve().is_relative_to(to)
    assert rows[0].at_service.path == f"runs/{key}"
    parts = Path(rows[0].local).relative_to(to).parts
    assert not {"..", "CON", "C:\\x", "\0x", "x "} & set(parts)
    assert rows[0].renamed_to == parts[-1] or key.startswith(("../", "/", "a/"))


def test_names_that_differ_only_by_case_get_places_of_their_own() -> None:
    rows = download(Catalogue(["runs/A.txt", "runs/a.txt"]), "runs/")
    assert len({name.casefold() for name in local_names(rows)}) == 2


def test_a_download_plan_taken_up_again_gives_no_place_out_twice() -> None:
    provider = Catalogue(["runs/A.txt", "runs/a.txt", "runs/b.txt"])
    whole = download(provider, "runs/")
    assert download(provider, "runs/", known=["A.txt"]) == whole[1:]


def test_long_listings_arrive_in_chunks() -> None:
    provider = Catalogue([f"runs/f{n:05}" for n in range(2 * CHUNK + 3)], page=700)
    sizes: list[int] = []
    order = PlanOrder(["x"], BUCKET, "/back", IfExists.SKIP)
    place = Location.parse("lab:/bucket/runs")
    plan_download(order, [place], provider, lambda rows: sizes.append(len(rows)), Interrupt())
    assert sizes == [CHUNK, CHUNK, 3]


def test_an_empty_folder_with_a_marker_is_no_error_and_one_without_is_missing() -> None:
    assert local_names(download(Catalogue(["runs/empty/"]), "runs/empty")) == []
    with pytest.raises(RemoteMissing):
        download(Catalogue(["runs/a"]), "runs/nothing")
    with pytest.raises(RemoteMissing):
        download(Catalogue(), "runs/nothing/")


def test_an_empty_container_is_no_error() -> None:
    assert download(Catalogue(), "") == []


def test_a_service_that_gives_nothing_back_says_so() -> None:
    with pytest.raises(Unavailable):
        download(Blind(["runs/a"]), "runs/a")


def test_without_listings_only_single_files_can_be_fetched() -> None:
    class OneByOne(Blind):
        """Gives back what is asked for by name."""

        range_request = Catalogue.range_request
        range_receipt = Catalogue.range_receipt
        verify = Catalogue.verify

    provider = OneByOne(["runs/a"])
    assert local_names(download(provider, "runs/a")) == ["a"]
    with pytest.raises(RemoteMissing):
        download(provider, "runs")


def test_a_download_plan_that_is_stopped_ends() -> None:
    interrupt = Interrupt()
    interrupt.trip()
    order = PlanOrder(["x"], BUCKET, "/back", IfExists.SKIP)
    place = Location.parse("lab:/bucket/runs")
    with pytest.raises(Interrupted):
        plan_download(order, [place], Catalogue(["runs/a"]), lambda rows: None, interrupt)


@pytest.mark.parametrize(("status", "state"), [("partial", State.WAITING), ("x", State.SKIPPED)])
def test_what_was_never_finished_there_stands_in_nobodys_way(
    tmp_path: Path, status: str, state: State
) -> None:
    class Unfinished(Catalogue):
        def list(
            self, folder: Location, cursor: str | None = None, *, recursive: bool = False
        ) -> Page:
            page = super().list(folder, cursor, recursive=recursive)
            return Page([replace(item, status=status) for item in page.items], page.cursor)

    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "a").write_bytes(b"x")
    [row] = upload(Unfinished(["runs/run/a"]), tmp_path / "run")
    assert row.state is state
