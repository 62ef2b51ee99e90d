"""Importing by DRS at Seven Bridges, on a clock that is set by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from tests.contract.sevenbridges_places import FOLDER
from tests.contract.sevenbridges_shop import SMALL, Shop, shop_in
from tests.fakes.sevenbridges import PROJECT
from tests.fakes.sevenbridges_jobs import FIRST_ID, Source
from tests.fakes.sevenbridges_wire import LoseReply, LoseRequest, Reply, Say

from pipette.model import errors
from pipette.model.files import Location
from pipette.model.transfer import IfExists
from pipette.providers.protocol_drs import (
    DrsItem,
    DrsJob,
    DrsResult,
    DrsState,
    DrsTarget,
    ImportsDrs,
)

HERE = DrsTarget(FOLDER)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with shop_in(tmp_path / "moving") as open_shop:
        yield open_shop


def rows(count: int, start: int = 0) -> list[DrsItem]:
    return [
        DrsItem(f"drs://dg.4503/{number}", HERE, f"{number:05}.bam")
        for number in range(start, start + count)
    ]


def submit(shop: Shop, items: Sequence[DrsItem], rule: IfExists = IfExists.SKIP, *tags: str) -> str:
    return shop.provider.submit_drs(items, rule, tags)


def finished(shop: Shop, items: Sequence[DrsItem], rule: IfExists = IfExists.SKIP) -> DrsJob:
    job = submit(shop, items, rule)
    shop.clock.advance(600)
    return shop.provider.poll_drs(job)


def test_the_adapter_has_the_ability(shop: Shop) -> None:
    assert isinstance(shop.provider, ImportsDrs)
    limits = shop.provider.drs_limits
    assert (limits.items, limits.files, limits.window_seconds) == (100, 500, 300.0)


def test_a_job_says_all_and_only_what_was_asked(shop: Shop) -> None:
    shop.provider.make_folder(FOLDER)
    item = DrsItem(
        "drs://dg.4503/one", HERE, "one.bam", {"sample_id": "S12", "case_id": "", "run": "7"}
    )
    bare = DrsItem("drs://dg.4503:two", DrsTarget(Location("cgc", PROJECT)))
    job = submit(shop, [item, bare], IfExists.SKIP, "wgs")
    folder = shop.node("")
    assert folder is not None
    [entry] = shop.script.entries("drs-create")
    assert entry.data == {
        "conflict_resolution": "SKIP",
        "tags": ["wgs"],
        "items": [
            {
                "drs_uri": "drs://dg.4503/one",
                "parent": folder.id,
                "name": "one.bam",
                "metadata": {"sample_id": "S12", "run": "7"},
            },
            {"drs_uri": "drs://dg.4503:two", "project": PROJECT},
        ],
    }
    assert job == str(FIRST_ID)


def test_folders_are_made_and_folders_by_id_are_used_as_they_are(shop: Shop) -> None:
    folder = shop.state.make_path(PROJECT, "by-id")
    items = [
        DrsItem("drs://x/1", DrsTarget(FOLDER.child("new/deep"))),
        DrsItem("drs://x/2", DrsTarget(Location("cgc"), folder.id)),
    ]
    assert len(finished(shop, items).results) == 2
    assert shop.node("new/deep/1") is not None
    assert shop.state.at_path(PROJECT, "by-id/2") is not None


def test_a_job_goes_through_its_states(shop: Shop) -> None:
    job = submit(shop, rows(100))
    seen = []
    for _ in range(12):
        found = shop.provider.poll_drs(job)
        seen.append((found.state, len(found.results)))
        shop.clock.advance(1.0)
    states = list(dict.fromkeys(state for state, _ in seen))
    assert states == list(DrsState)
    assert seen[-1] == (DrsState.FINISHED, 100)
    running = [count for state, count in seen if state is DrsState.RUNNING]
    assert running == sorted(running)
    assert 0 < running[-1] < 100


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ("PENDING", DrsState.RUNNING),
        ("finished", DrsState.FINISHED),
        (None, DrsState.RUNNING),
        ("Resolving", DrsState.RESOLVING),
    ],
)
def test_a_state_that_is_not_known_counts_as_running(
    shop: Shop, told: str | None, state: DrsState
) -> None:
    shop.script.fail("drs-job", Say(Reply(200, {"id": "1", "state": told, "result": None})))
    assert shop.provider.poll_drs("1") == DrsJob(state)


REFUSALS = [
    (403, 10210, "NotAllowed"),
    (403, 10221, "NotAllowed"),
    (403, 10226, "NotAllowed"),
    (404, 10225, "RemoteMissing"),
    (404, 10222, "RemoteMissing"),
    (409, 10224, "NameTaken"),
    (409, 10372, "NameTaken"),
    (400, 10246, "Refused"),
    (400, 10248, "Refused"),
    (400, 10276, "Refused"),
    (503, 10215, "Temporary"),
    (503, 10220, "Temporary"),
    (429, 10371, "SlowDown"),
    (429, 1000, "SlowDown"),
    (500, 99999, "Temporary"),
    (400, 99999, "Refused"),
    (403, 99999, "NotAllowed"),
]


@pytest.mark.parametrize(("status", "code", "kind"), REFUSALS)
def test_a_row_that_was_refused_says_why(shop: Shop, status: int, code: int, kind: str) -> None:
    shop.server.drs.refused["drs://dg.4503/0"] = (status, code)
    refused, good = finished(shop, rows(2)).results
    assert refused == DrsResult(kind=kind, code=str(code), detail="The source says no")
    assert good.file_id
    assert good.kind == ""


@pytest.mark.parametrize(
    "item",
    [{}, {"resource": None, "error": None}, {"resource": {}}, {"resource": {"href": "x"}}],
)
def test_a_result_that_says_nothing_claims_nothing(shop: Shop, item: dict[str, object]) -> None:
    found = Reply(200, {"id": "1", "state": "FINISHED", "result": [item]})
    shop.script.fail("drs-job", Say(found))
    assert shop.provider.poll_drs("1").results == (DrsResult(),)


@pytest.mark.parametrize(
    ("rule", "names", "first_stays"),
    [
        (IfExists.SKIP, ["00000.bam", "00001.bam"], True),
        (IfExists.KEEP_BOTH, ["00000.bam", "00001.bam", "1_00000.bam"], True),
        (IfExists.REPLACE, ["00000.bam", "00001.bam"], False),
    ],
)
def test_the_rule_for_names_that_are_taken_is_kept(
    shop: Shop, rule: IfExists, names: list[str], first_stays: bool
) -> None:
    shop.write("00000.bam", SMALL)
    results = finished(shop, rows(2), rule).results
    folder = shop.node("")
    assert folder is not None
    assert sorted(node.name for node in shop.state.children(folder.id)) == names
    node = shop.node("00000.bam")
    assert node is not None
    assert (node.content == SMALL) is first_stays
    assert [one.kind for one in results] == (
        ["NameTaken", ""] if rule is IfExists.SKIP else ["", ""]
    )


def test_a_skipped_row_may_be_left_out_of_the_results(shop: Shop) -> None:
    shop.manners.drs_skipped = ""
    shop.write("00000.bam", SMALL)
    assert len(finished(shop, rows(2)).results) == 1


def test_a_bundle_brings_more_files_than_rows(shop: Shop) -> None:
    bundle = Source(tuple((f"part{number}.fq", SMALL) for number in range(3)))
    shop.server.drs.sources["drs://x/bundle"] = bundle
    results = finished(shop, [DrsItem("drs://x/bundle", HERE)]).results
    files = shop.provider.drs_files([one.file_id for one in results])
    assert [file.name for file in files] == ["part0.fq", "part1.fq", "part2.fq"]


def test_results_may_come_in_any_order_and_are_told_apart_by_their_files(shop: Shop) -> None:
    shop.manners.drs_shuffled = True
    results = finished(shop, rows(20)).results
    files = shop.provider.drs_files([one.file_id for one in results])
    names = [file.name for file in files]
    assert names != sorted(names)
    assert sorted(names) == [row.name for row in rows(20)]
    folder = shop.node("")
    assert folder is not None
    assert {(file.folder_id, file.project) for file in files} == {(folder.id, PROJECT)}
    assert all(file.size == len(f"drs://dg.4503/{int(file.name[:5])}") for file in files)


def test_files_that_are_gone_are_left_out(shop: Shop) -> None:
    node = shop.write("file", SMALL)
    files = shop.provider.drs_files([node.id, "0" * 24])
    assert [(file.id, file.size) for file in files] == [(node.id, len(SMALL))]


def test_taken_names_are_found_however_many_are_asked_for(shop: Shop) -> None:
    for number in range(0, 130, 2):
        shop.write(f"{number:03}é", SMALL)
    shop.state.make_path(PROJECT, "runs/001é")
    names = [f"{number:03}é" for number in range(130)]
    shop.script.clear()
    found = shop.provider.drs_named(HERE, names)
    assert [file.name for file in found] == names[::2]
    folder = shop.node("")
    assert folder is not None
    again = shop.provider.drs_named(DrsTarget(Location("cgc"), folder.id), names[:4])
    assert [file.name for file in again] == [names[0], names[2]]
    asked = [len(entry.query["name"]) for entry in shop.script.entries("files")]
    assert sum(asked) - 4 in (130, 131)
    assert max(asked) <= 50


def test_long_names_are_asked_for_in_addresses_that_are_not_refused(shop: Shop) -> None:
    names = [f"{'é' * 120}{number}" for number in range(20)]
    shop.write(names[7], SMALL)
    [found] = shop.provider.drs_named(HERE, names)
    assert found.name == names[7]
    assert max(len(entry.query["name"]) for entry in shop.script.entries("files")) <= 5


def test_nothing_is_taken_where_there_is_no_folder(shop: Shop) -> None:
    assert shop.provider.drs_named(DrsTarget(FOLDER.child("none")), ["a"]) == []


# Five hundred files in five minutes


def test_beyond_the_limit_a_job_stalls_and_goes_on_by_itself(shop: Shop) -> None:
    jobs = [submit(shop, rows(100, start)) for start in range(0, 600, 100)]
    shop.clock.advance(200)
    states = [shop.provider.poll_drs(job).state for job in jobs]
    assert states == [*[DrsState.FINISHED] * 5, DrsState.RUNNING]
    shop.clock.advance(200)
    assert shop.provider.poll_drs(jobs[-1]).state is DrsState.FINISHED
    times = shop.server.drs.imported_at
    assert all(later - earlier >= 300 for earlier, later in zip(times, times[500:], strict=False))


def test_a_platform_that_refuses_beyond_the_limit_says_how_long(shop: Shop) -> None:
    shop.manners.drs_refuses = True
    for start in range(0, 500, 100):
        submit(shop, rows(100, start))
    with pytest.raises(errors.SlowDown) as refused:
        submit(shop, rows(1, 500))
    assert refused.value.wait_seconds == 300.0
    shop.clock.advance(400)
    submit(shop, rows(1, 500))
    assert shop.server.drs.submitted == [100] * 5 + [1]


# What can happen to a call


@pytest.mark.parametrize(("count", "code"), [(0, 10230), (101, 10230)])
def test_too_few_or_too_many_rows_are_refused(shop: Shop, count: int, code: int) -> None:
    with pytest.raises(errors.Refused, match=str(code)):
        submit(shop, rows(count))
    assert shop.server.drs.jobs == {}


def test_a_lost_answer_leaves_a_job_that_nobody_knows_of(shop: Shop) -> None:
    shop.provider.make_folder(FOLDER)
    shop.script.fail("drs-create", LoseReply())
    with pytest.raises(errors.NetworkDown):
        submit(shop, rows(3))
    assert len(shop.server.drs.jobs) == 1
    results = finished(shop, rows(3)).results
    assert [one.kind for one in results] == ["NameTaken"] * 3
    assert len(shop.provider.drs_named(HERE, [row.name for row in rows(3)])) == 3


def test_a_lost_request_leaves_nothing(shop: Shop) -> None:
    shop.script.fail("drs-create", LoseRequest())
    with pytest.raises(errors.NetworkDown):
        submit(shop, rows(3))
    assert shop.server.drs.jobs == {}


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (404, 90003, errors.Unavailable),
        (405, 90006, errors.Unavailable),
        (404, None, errors.Unavailable),
        (404, 3002, errors.ContainerGone),
        (401, 90001, errors.SignInNeeded),
        (400, 10232, errors.Refused),
        (500, 90009, errors.Temporary),
        (429, 1000, errors.SlowDown),
    ],
)
def test_a_call_that_is_refused_begins_nothing(
    shop: Shop, status: int, code: int | None, kind: type[errors.TransferError]
) -> None:
    shop.provider.make_folder(FOLDER)
    body = {"status": "NOT_FOUND", "message": "m", **({} if code is None else {"code": code})}
    shop.script.fail("drs-create", Say(Reply(status, body)))
    with pytest.raises(kind):
        submit(shop, rows(1))
    assert shop.server.drs.jobs == {}


def test_a_platform_without_the_import_says_so(shop: Shop) -> None:
    shop.manners.drs_unavailable = True
    with pytest.raises(errors.Unavailable):
        submit(shop, rows(1))


def test_a_job_that_is_not_known_is_missing(shop: Shop) -> None:
    with pytest.raises(errors.RemoteMissing):
        shop.provider.poll_drs("1")


def test_jobs_are_known_again_after_a_restart_of_the_program(shop: Shop) -> None:
    job = submit(shop, rows(3))
    shop.provider = shop.adapter()
    shop.clock.advance(600)
    assert len(shop.provider.poll_drs(job).results) == 3
