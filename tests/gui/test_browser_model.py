"""The rows of a remote folder: pages, order, filter, what is on its way, and what is proven."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from random import Random

import pytest
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from pytestqt.modeltest import ModelTester
from tests.fakes.queue import ScriptedQueue
from tests.fakes.scenes import NOON, a_batch, a_file, a_finished_batch
from tests.gui.window_scene import a_folder, a_remote_file

from pipette.model.files import Location, RemoteFile
from pipette.model.parts import Proof
from pipette.model.transfer import BatchId, Direction, State
from pipette.ui.browser_model import BrowserModel, Column
from pipette.ui.browser_order import Row, arranged, find, merge, place_of, rows_of
from pipette.ui.browser_rows import Arrival, OnItsWay, arrivals, on_their_way, touches
from pipette.ui.roles import CellRole, NameCell, StateCell
from pipette.ui.tokens import Tone

RUNS = Location("lab", "bucket", "runs")
NOW = datetime(2026, 6, 11, 12).timestamp()


def file(name: str, size: int | None = 1000, **facts: object) -> RemoteFile:
    return a_remote_file(RUNS.child(name), size, **facts)


def folder(name: str) -> RemoteFile:
    return a_folder(RUNS.child(name))


def names(model: BrowserModel) -> list[str]:
    return [found.location.name for found in model.shown_files()]


def text(model: BrowserModel, name: str, column: Column) -> object:
    row = model.row_of(name)
    assert row is not None
    return model.index(row, column).data()


def proof(model: BrowserModel, name: str) -> StateCell | None:
    row = model.row_of(name)
    assert row is not None
    cell = model.index(row, Column.PROOF).data(CellRole.STATE)
    assert cell is None or isinstance(cell, StateCell)
    return cell


@pytest.fixture
def model(qtmodeltester: ModelTester) -> BrowserModel:
    return BrowserModel(now=lambda: NOW)


def test_folders_come_first_and_names_ignore_case(model: BrowserModel) -> None:
    model.show(RUNS, rows_of([file("b"), file("A"), folder("z"), file("c")]))
    assert names(model) == ["z", "A", "b", "c"]


def test_pages_are_put_where_their_rows_belong(
    model: BrowserModel, qtmodeltester: ModelTester
) -> None:
    model.show(RUNS, rows_of([]))
    qtmodeltester.check(model)
    model.add(rows_of([folder("b"), file("k")]))
    model.add(rows_of([folder("a"), folder("c"), file("l"), file("j")]))
    assert names(model) == ["a", "b", "c", "j", "k", "l"]


def test_a_page_of_many_scattered_rows_keeps_the_selection_on_its_rows(
    model: BrowserModel,
) -> None:
    model.show(RUNS, rows_of([file(f"{n:03}b") for n in range(100)]))
    held = QPersistentModelIndex(model.index(50, 0))
    model.add(rows_of([file(f"{n:03}a") for n in range(100)]))
    assert len(names(model)) == 200
    assert held.data() == "050b"


def test_sorting_keeps_folders_first_whichever_way_it_is_turned(model: BrowserModel) -> None:
    model.show(RUNS, rows_of([file("a", 3), file("b", 1), file("c", 2), folder("f"), folder("g")]))
    model.sort(Column.SIZE, Qt.SortOrder.DescendingOrder)
    assert names(model) == ["f", "g", "a", "c", "b"]
    model.sort(Column.SIZE, Qt.SortOrder.AscendingOrder)
    assert names(model) == ["f", "g", "b", "c", "a"]


def test_pages_keep_arriving_in_order_while_sorted_descending(model: BrowserModel) -> None:
    model.show(RUNS, rows_of([file("a"), file("c")]))
    model.sort(Column.NAME, Qt.SortOrder.DescendingOrder)
    model.add(rows_of([file("b")]))
    assert names(model) == ["c", "b", "a"]


def test_the_filter_finds_part_of_a_name_and_holds_for_later_pages(model: BrowserModel) -> None:
    model.show(RUNS, rows_of([file("Lib07_R1"), file("Lib08_R1")]))
    model.set_filter(" lib07 ")
    model.add(rows_of([file("Lib07_R2"), file("Lib09_R1")]))
    assert names(model) == ["Lib07_R1", "Lib07_R2"]
    assert model.loaded == 4
    model.set_filter("")
    assert len(names(model)) == 4


def test_sizes_and_times_that_are_not_known_stay_blank(model: BrowserModel) -> None:
    model.show(RUNS, rows_of([folder("f"), file("a", None), file("b", 0)]))
    assert text(model, "f", Column.SIZE) is None
    assert text(model, "a", Column.SIZE) is None
    assert text(model, "b", Column.SIZE) == "0 bytes"
    assert text(model, "a", Column.CHANGED) is None


def test_a_row_tells_size_time_and_storage_in_words(model: BrowserModel) -> None:
    changed = datetime(2026, 5, 28, 17, 21).timestamp()
    model.show(RUNS, rows_of([file("a", 38_600_000_000, changed=changed, storage="DEEP_ARCHIVE")]))
    row = [text(model, "a", column) for column in Column]
    assert row == ["a", "38.6 GB", "28 May, 17:21", "Archived, deep", "Not checked yet"]
    exact = model.index(0, Column.SIZE).data(Qt.ItemDataRole.ToolTipRole)
    assert exact == "38,600,000,000 bytes"


def test_a_row_from_memory_is_grey_until_refreshed(model: BrowserModel) -> None:
    model.show(RUNS, rows_of([file("a")]), stale=True)
    cell = model.index(0, Column.NAME).data(CellRole.NAME)
    assert isinstance(cell, NameCell)
    assert (cell.tone, model.index(0, Column.SIZE).data(CellRole.TONE)) == (Tone.TEXT3, Tone.TEXT3)
    model.show(RUNS, rows_of([file("a")]))
    assert model.index(0, Column.SIZE).data(CellRole.TONE) is None


def test_a_row_being_sent_says_how_far_it_is(model: BrowserModel) -> None:
    model.show(RUNS, rows_of([folder("run")]))
    model.set_on_their_way({"run": OnItsWay(41, 100, is_folder=True, active=True)})
    assert text(model, "run", Column.PROOF) == "Uploading 41%"
    assert text(model, "run", Column.SIZE) == "41 bytes so far"
    assert text(model, "run", Column.CHANGED) == "now"


def test_what_is_on_its_way_has_a_row_before_it_is_listed(
    model: BrowserModel, qtmodeltester: ModelTester
) -> None:
    model.show(RUNS, rows_of([file("a")]))
    model.set_on_their_way({"run": OnItsWay(0, 100, is_folder=True, active=False)})
    assert names(model) == ["run", "a"]
    assert not model.is_listed(0)
    assert proof(model, "run") == StateCell(
        "clock", "Waiting, 0%", Tone.TEXT2, Tone.TEXT2, strong=False
    )
    model.add(rows_of([folder("run")]))
    assert names(model) == ["run", "a"]
    assert model.is_listed(0)
    model.set_on_their_way({})
    assert names(model) == ["run", "a"]
    qtmodeltester.check(model)


def test_a_row_that_stood_only_for_a_transfer_goes_with_it(model: BrowserModel) -> None:
    model.show(RUNS, rows_of([file("a")]))
    model.set_on_their_way({"run": OnItsWay(0, 100, is_folder=True, active=True)})
    model.set_on_their_way({})
    assert names(model) == ["a"]


def test_only_rows_whose_progress_moved_are_told(model: BrowserModel) -> None:
    model.show(RUNS, rows_of([file("a"), file("b")]))
    told: list[int] = []
    model.dataChanged.connect(lambda first, _last: told.append(first.row()))
    moving = {"b": OnItsWay(1, 10, is_folder=False, active=True)}
    model.set_on_their_way(moving)
    model.set_on_their_way(dict(moving))
    assert told == [1]


def test_proof_is_said_only_of_the_file_that_was_sent(model: BrowserModel) -> None:
    model.show(
        RUNS, rows_of([file("same", 10, etag="1"), file("other", 10, etag="2"), file("size", 10)])
    )
    known = Arrival(Proof.EVERY_PART, 10, "1")
    model.set_arrivals({"same": known, "other": known, "size": replace(known, size=9)})
    assert text(model, "same", Column.PROOF) == "Every part"
    assert text(model, "other", Column.PROOF) == "Not checked yet"
    assert text(model, "size", Column.PROOF) == "Not checked yet"


def test_size_only_is_never_called_verified_nor_gets_the_shield(model: BrowserModel) -> None:
    model.show(RUNS, rows_of([file("a", 10)]))
    model.set_arrivals({"a": Arrival(Proof.SIZE_ONLY, 10)})
    cell = proof(model, "a")
    assert cell is not None
    assert (cell.icon, cell.words) == ("check", "Size matched")


def test_a_folder_counts_what_the_receipts_verified_in_it(model: BrowserModel) -> None:
    model.show(RUNS, rows_of([folder("run"), folder("other")]))
    model.set_arrivals({"run": Arrival(verified=3412)})
    assert text(model, "run", Column.PROOF) == "3,412 verified"
    assert proof(model, "other") is None


def test_every_cell_speaks_to_a_screen_reader(model: BrowserModel) -> None:
    model.show(RUNS, rows_of([folder("run"), file("a")]))
    spoken = [
        model.index(row, column).data(Qt.ItemDataRole.AccessibleTextRole)
        for row in range(2)
        for column in Column
    ]
    assert all(isinstance(said, str) and said for said in spoken)


def test_there_is_nothing_below_a_row(model: BrowserModel) -> None:
    model.show(RUNS, rows_of([file("a")]))
    assert model.rowCount(model.index(0, 0)) == 0
    assert model.index(0, 0).isValid()
    assert not model.index(1, 0, QModelIndex()).isValid()


def test_many_rows_are_filtered_and_found_again(model: BrowserModel) -> None:
    model.show(RUNS, rows_of([file(f"f{n:06}") for n in range(100_000)]))
    model.set_filter("f0999")
    assert len(names(model)) == 100
    assert model.row_of("f099950") == 50


def test_typing_goes_to_the_name_that_begins_so_and_round_again(model: BrowserModel) -> None:
    model.show(RUNS, rows_of([file("Lib07"), file("Lib08"), file("zero")]))
    assert model.row_beginning("lib", 0) == 0
    assert model.row_beginning("LIB", 1) == 1
    assert model.row_beginning("lib", 2) == 0
    assert model.row_beginning("x", 0) is None


# The order of rows.


def test_merging_pages_equals_sorting_them_all() -> None:
    random = Random(7)
    kinds = (file, folder)
    everything = rows_of(random.choice(kinds)(f"{random.randrange(10**6):06}") for _ in range(500))
    kept: list[Row] = []
    for start in range(0, 500, 50):
        merge(kept, sorted(everything[start : start + 50], key=place_of))
    assert [row.place for row in kept] == sorted(row.place for row in everything)
    assert all(kept[find(kept, row.name) or 0].name == row.name for row in everything)
    assert find(kept, "missing") is None


def test_equal_rows_keep_the_order_of_their_names_both_ways() -> None:
    rows = sorted(rows_of([file("b", 1), file("a", 1), file("c", 2), folder("f")]), key=place_of)
    names_by = [
        [row.name for row in arranged(rows, lambda row: row.file.size or 0, descending=down)]
        for down in (False, True)
    ]
    assert names_by == [["f", "a", "b", "c"], ["f", "c", "a", "b"]]


# What the queue says about a folder's rows.


def on_way(*batches: object, files: Sequence[object] = ()) -> dict[str, int]:
    found = on_their_way(RUNS, batches, files)
    return {name: moving.percent for name, moving in found.items()}


def test_a_dropped_folder_is_the_row_of_its_name() -> None:
    batch = a_batch(name="run", place=RUNS, size=100, arrived=41)
    assert on_way(batch) == {"run": 41}


def test_what_goes_deeper_shows_on_the_folder_it_goes_into() -> None:
    deep = a_batch(name="x", place=RUNS.child("may/controls"), size=100, arrived=10)
    also = a_batch("2", name="y", place=RUNS.child("may"), size=100, arrived=30)
    assert on_way(deep, also) == {"may": 20}


def test_what_goes_elsewhere_or_comes_down_or_is_done_does_not_show() -> None:
    assert (
        on_way(
            a_batch(name="a", place=Location("lab", "bucket", "runs2")),
            a_batch("2", name="b", place=RUNS, direction=Direction.DOWNLOAD),
            a_batch("3", name="c", place=RUNS, finished_at=NOON),
            a_batch("4", name="several (3 files)", place=RUNS, local="/data"),
            a_batch("5", name="run", place=RUNS, local="/data/run/"),
        )
        == {}
    )


def test_single_files_show_their_own_percent() -> None:
    sending = replace(a_file(state=State.MOVING, size=10, arrived=5), target=f"{RUNS}/a%25b")
    deeper = replace(sending, target=f"{RUNS}/deep/a")
    done = replace(sending, target=f"{RUNS}/b", state=State.VERIFIED)
    assert on_way(files=[sending, deeper, done]) == {"a%b": 50}


def test_receipts_tell_what_is_proven_here_newest_first() -> None:
    queue = ScriptedQueue()
    for batch, at, kind in (("1", NOON, Proof.SIZE_ONLY), ("2", NOON + 9, Proof.WHOLE_FILE)):
        queue.add_history(replace(a_finished_batch(batch, "x", at), place=RUNS))
        sent = a_file(int(batch), "a", batch=batch, state=State.VERIFIED, proof=kind)
        queue.put_files([replace(sent, target=f"{RUNS}/a")])
    deep = a_file(7, "d", batch="2", state=State.VERIFIED, proof=Proof.EVERY_PART)
    queue.put_files([replace(deep, target=f"{RUNS}/run/d")])
    known = arrivals(queue, RUNS)
    assert known["a"].proof is Proof.WHOLE_FILE
    assert known["run"].verified == 1


def test_batches_that_went_elsewhere_are_not_read() -> None:
    queue = ScriptedQueue()
    queue.add_history(
        replace(a_finished_batch("1", "x", NOON), place=Location("lab", "other")),
        replace(a_finished_batch("2", "y", NOON), direction=Direction.DOWNLOAD, place=RUNS),
    )
    read: list[BatchId] = []
    queue.files = lambda batch, after=-1, count=0: read.append(batch) or []
    assert arrivals(queue, RUNS) == {}
    assert read == []


def test_a_batch_touches_the_folders_above_and_below_it() -> None:
    batch = a_batch(place=RUNS)
    assert touches(Location("lab", "bucket"), batch)
    assert touches(RUNS.child("deep"), batch)
    assert not touches(Location("lab", "bucket", "run"), batch)
    assert not touches(Location("lab"), batch)
