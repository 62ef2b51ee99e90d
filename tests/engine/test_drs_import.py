"""Importing lists of DRS addresses: within the service's limits, once each, whatever happens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.engine.drs_rig import TARGET, ImportRig, importing, manifest_of, row, rows
from tests.fakes.performer import QuietProvider
from tests.fakes.sevenbridges import PROJECT, TOKEN
from tests.fakes.sevenbridges_jobs import Source
from tests.fakes.sevenbridges_state import Node
from tests.fakes.sevenbridges_wire import LoseReply, LoseRequest

from pipette.engine.drs_rows import JobState
from pipette.model.drs_manifest import Manifest
from pipette.model.errors import RemoteMissing
from pipette.model.files import Location
from pipette.model.parts import Proof
from pipette.model.transfer import BatchId, BatchOptions, IfExists, QueueMove, State

ALL_RULES = list(IfExists)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[ImportRig]:
    with importing(tmp_path) as made:
        yield made


def put(rig: ImportRig, name: str, folder: str = "") -> Node:
    """A file that is at the target before anything is imported."""
    state = rig.server.state
    root = state.projects[PROJECT].root
    there = state.named(root, "drs-import")
    if there is None:
        there = Node(state.new_id(), "drs-import", PROJECT, root, "folder")
        state.nodes[there.id] = there
    return state.add_file(name, PROJECT, folder or there.id, b"old", "old")


def names_there(rig: ImportRig) -> list[str]:
    return sorted(node.name for node in rig.there)


def kinds(rig: ImportRig, batch: BatchId) -> Counter[str]:
    return Counter(file.problem.kind for file in rig.files(batch) if file.problem)


# The whole


def large_manifest() -> Manifest:
    """5,000 rows, 20 of which are at fault by themselves."""
    lines = ["DRS URI,name,project,parent,cohort"]
    for number in range(1, 5001):
        lines.append(f"drs://nci.example.org/{number},sample_{number}.bam,,,4")
    lines[7] = "nci.example.org/7,sample_7.bam,,,4"
    lines[8] = ",sample_8.bam,,,4"
    lines[9] = f"drs://nci.example.org/9,sample_9.bam,{PROJECT},5f0000000000000000000001,4"
    lines[10] = f"drs://nci.example.org/10,{'n' * 300}.bam,,,4"
    lines[11] = f"drs://nci.example.org/11,sample_11.bam,,,{'v' * 301}"
    for number in range(12, 27):
        lines[number] = lines[1]
    return manifest_of("\n".join(lines))


def test_five_thousand_rows_with_trouble_are_imported_once_each_within_the_limits(
    rig: ImportRig,
) -> None:
    for number in range(4000, 4017):
        rig.server.drs.refused[f"drs://nci.example.org/{number}"] = (403, 10226)
    batch = rig.import_drs(large_manifest())
    rig.run_until(lambda: len(rig.handed_over) >= 3)
    rig.server.fail("drs-create", 10371, 429)
    rig.run_until(lambda: len(rig.handed_over) >= 12)
    rig.server.script.fail("drs-create", LoseReply())
    rig.run_until(lambda: len(rig.handed_over) >= 25)
    rig.server.fail("drs-create", 1000, 429)
    rig.run_until(lambda: batch in rig.rested, 100_000)

    assert rig.counts(batch) == {State.IMPORTED: 4963, State.FAILED: 37}
    assert len(rig.sources) == len(set(rig.sources)) == 4963
    assert sorted(kinds(rig, batch).items()) == [
        ("NotAllowed", 17),
        ("drs-address", 1),
        ("drs-double", 15),
        ("drs-name-length", 1),
        ("drs-no-address", 1),
        ("drs-two-targets", 1),
        ("drs-value-length", 1),
    ]
    assert max(count for _, count in rig.handed_over) <= 100
    assert rig.most_in(300.0) <= 500
    imported_at = rig.server.drs.imported_at
    assert max(sum(at <= one < at + 300 for one in imported_at) for at in imported_at[::50]) <= 500
    assert {node.metadata["cohort"] for node in rig.there} == {"4"}


def test_an_imported_row_is_told_as_a_reference_that_nothing_proves(rig: ImportRig) -> None:
    batch = rig.import_drs(rows(1), tags=["pilot"])
    rig.run_to_rest(batch)
    file = rig.files(batch)[0]
    assert (file.state, file.proof) == (State.IMPORTED, Proof.NONE)
    assert file.source == "drs://nci.example.org/1"
    assert file.target == f"lab:/{PROJECT}/drs-import/sample_1.bam"
    assert file.remote_id == rig.there[0].id
    assert file.size == file.remote_size == rig.there[0].size
    assert rig.there[0].tags == ["pilot"]
    assert rig.batch(batch).arrived == rig.batch(batch).size == file.size
    assert rig.batch(batch).sent_bytes == 0


def test_rows_show_what_the_service_says_of_them(rig: ImportRig) -> None:
    rig.server.manners.drs_files = 150
    batch = rig.import_drs(rows(200))
    rig.engine.watch([batch])
    rig.run_to_rest(batch)
    shown = [state for row in rig.shown.values() for state in row]
    assert {State.SUBMITTED, State.MOVING, State.IMPORTED} <= set(shown)


def test_a_request_that_is_resolved_says_so(rig: ImportRig) -> None:
    batch = rig.import_drs(rows(1))
    rig.engine.watch([batch])
    rig.run_until(lambda: len(rig.handed_over) == 1)
    job = rig.server.drs.jobs.popitem()
    job[1].begun += 12.0
    rig.server.drs.jobs[job[0]] = job[1]
    rig.run_to_rest(batch)
    assert State.RESOLVING in rig.shown["sample_1.bam"]


def test_at_most_five_requests_are_under_way(rig: ImportRig) -> None:
    rig.server.manners.drs_files = 100
    rig.adapter_limits(items=10)
    batch = rig.import_drs(rows(80))
    most = 0
    while batch not in rig.rested:
        rig.turn()
        jobs = rig.reader.import_jobs(batch)
        most = max(most, sum(job.state is JobState.SENT for job in jobs))
    assert most == 5


# Where rows go


def test_rows_go_to_the_project_or_folder_they_name(rig: ImportRig) -> None:
    rig.server.state.add_project("rfranklin/other", {"rfranklin": True})
    folder = rig.server.state.nodes[put(rig, "x").parent]
    manifest = manifest_of(
        "drs_uri,name,project,parent\n"
        "drs://h/1,a.bam,rfranklin/other/,\n"
        f"drs://h/2,b.bam,,{folder.id}\n"
        "drs://h/3,c.bam,,\n"
    )
    batch = rig.import_drs(manifest, to=Location("lab", PROJECT))
    rig.run_to_rest(batch)
    where = {node.name: (node.project, node.parent == folder.id) for node in rig.there}
    assert where == {
        "a.bam": ("rfranklin/other", False),
        "b.bam": (PROJECT, True),
        "c.bam": (PROJECT, False),
    }
    assert rig.row(batch, "a.bam").target == "lab:/rfranklin/other/a.bam"
    assert rig.row(batch, "c.bam").target == f"lab:/{PROJECT}/c.bam"


def test_rows_without_a_name_get_the_one_of_their_source(rig: ImportRig) -> None:
    batch = rig.import_drs(manifest_of("drs://h/1\ndrs://h/abc.bam\n"))
    rig.run_to_rest(batch)
    assert names_there(rig) == ["1", "abc.bam"]
    assert rig.counts(batch) == {State.IMPORTED: 2}


# The rules


def test_skip_leaves_what_is_there_alone(rig: ImportRig) -> None:
    old = put(rig, "sample_2.bam")
    batch = rig.import_drs(rows(3))
    rig.run_to_rest(batch)
    skipped = rig.row(batch, "sample_2.bam")
    assert skipped.state is State.SKIPPED
    assert skipped.problem is not None
    assert skipped.problem.kind == "NameTaken"
    assert rig.server.state.nodes[old.id].content == b"old"
    assert rig.counts(batch) == {State.IMPORTED: 2, State.SKIPPED: 1}


@pytest.mark.parametrize("told_as", ["10223", "10372", ""])
def test_a_name_taken_in_the_last_moment_is_skipped_however_the_service_tells(
    rig: ImportRig, told_as: str
) -> None:
    rig.server.manners.drs_skipped = told_as
    batch = rig.import_drs(rows(3))
    rig.run_until(lambda: len(rig.handed_over) == 1)
    put(rig, "sample_2.bam")
    rig.run_to_rest(batch)
    counts = rig.counts(batch)
    assert counts[State.IMPORTED] >= 2
    assert rig.row(batch, "sample_1.bam").state is State.IMPORTED


def test_keep_both_adds_the_new_ones_under_a_name_that_is_read_back(rig: ImportRig) -> None:
    put(rig, "sample_2.bam")
    batch = rig.import_drs(rows(3), IfExists.KEEP_BOTH)
    rig.run_to_rest(batch)
    assert names_there(rig) == ["1_sample_2.bam", "sample_1.bam", "sample_3.bam"]
    renamed = rig.row(batch, "sample_2.bam")
    assert renamed.state is State.IMPORTED
    assert renamed.renamed_to == "1_sample_2.bam"
    assert renamed.target.endswith("/drs-import/1_sample_2.bam")


def test_replace_puts_the_new_ones_in_place_of_the_old(rig: ImportRig) -> None:
    old = put(rig, "sample_2.bam")
    batch = rig.import_drs(rows(3), IfExists.REPLACE)
    rig.run_to_rest(batch)
    assert rig.counts(batch) == {State.IMPORTED: 3}
    assert old.id not in rig.server.state.nodes
    assert names_there(rig) == ["sample_1.bam", "sample_2.bam", "sample_3.bam"]


# Odd results


def test_a_bundle_becomes_several_files_of_one_row(rig: ImportRig) -> None:
    inside = tuple((f"part_{number}.bam", b"12345") for number in range(4))
    rig.server.drs.sources["drs://nci.example.org/2"] = Source(inside)
    rig.server.drs.refused["drs://nci.example.org/4"] = (404, 10225)
    batch = rig.import_drs(rows(5))
    rig.run_to_rest(batch)
    assert rig.counts(batch) == {State.IMPORTED: 4, State.FAILED: 1}
    assert rig.row(batch, "sample_4.bam").state is State.FAILED
    views = {view.content.name: view.files for view in rig.reader.import_rows(batch)}
    assert views["sample_2.bam"] == 4
    assert views["sample_1.bam"] == 1
    assert rig.row(batch, "sample_2.bam").size == 20


@pytest.mark.parametrize("partial", [True, False])
def test_results_in_any_order_find_their_rows(rig: ImportRig, *, partial: bool) -> None:
    rig.server.manners.drs_shuffled = True
    rig.server.manners.drs_partial = partial
    rig.server.manners.drs_files = 30
    for number in (5, 17, 60):
        rig.server.drs.refused[f"drs://nci.example.org/{number}"] = (404, 10225)
    batch = rig.import_drs(rows(80))
    rig.run_to_rest(batch)
    failed = sorted(file.name for file in rig.files(batch) if file.state is State.FAILED)
    assert failed == ["sample_17.bam", "sample_5.bam", "sample_60.bam"]
    by_name = {node.name: node.id for node in rig.there}
    imported = [file for file in rig.files(batch) if file.state is State.IMPORTED]
    assert {file.name: file.remote_id for file in imported} == by_name


def test_nameless_rows_whose_results_cannot_be_told_apart_are_not_called_imported(
    rig: ImportRig,
) -> None:
    rig.server.manners.drs_shuffled = True
    rig.server.drs.refused["drs://h/2"] = (404, 10225)
    batch = rig.import_drs(manifest_of("drs://h/1\ndrs://h/2\ndrs://h/3\n"))
    rig.run_to_rest(batch)
    assert rig.counts(batch) == {State.NEEDS_YOU: 3}
    rig.engine.resume([batch])
    rig.run_until(lambda: rig.batch(batch).finished_at is not None)
    assert rig.counts(batch) == {State.SKIPPED: 2, State.FAILED: 1}
    assert rig.row(batch, "2").state is State.FAILED
    assert names_there(rig) == ["1", "3"]


def test_rows_the_service_had_but_passing_trouble_with_go_again_by_themselves(
    rig: ImportRig,
) -> None:
    rig.server.drs.refused["drs://nci.example.org/2"] = (503, 10215)
    batch = rig.import_drs(rows(3))
    rig.run_until(lambda: rig.counts(batch).get(State.IMPORTED) == 2)
    assert rig.counts(batch)[State.WAITING] == 1
    rig.server.drs.refused.clear()
    rig.run_to_rest(batch)
    assert rig.counts(batch) == {State.IMPORTED: 3}
    assert rig.row(batch, "sample_2.bam").attempts == 1


def test_a_row_that_never_goes_well_is_given_up_with_its_reason(rig: ImportRig) -> None:
    rig.server.drs.refused["drs://nci.example.org/2"] = (503, 10215)
    batch = rig.import_drs(rows(3))
    rig.run_to_rest(batch)
    failed = rig.row(batch, "sample_2.bam")
    assert failed.state is State.FAILED
    assert failed.problem is not None
    assert failed.problem.kind == "Temporary"
    assert "10215" in failed.problem.detail
    rig.server.drs.refused.clear()
    rig.engine.resume([batch])
    rig.run_until(lambda: rig.counts(batch) == {State.IMPORTED: 3})
    assert len(set(rig.sources)) == len(rig.sources) == 3


def test_a_request_refused_as_a_whole_is_asked_for_row_by_row(rig: ImportRig) -> None:
    """One project that is gone must not cost the other rows."""
    rig.server.fail("drs-create", 10230, 400)
    batch = rig.import_drs(rows(8))
    rig.run_to_rest(batch)
    assert rig.counts(batch) == {State.IMPORTED: 8}
    assert [count for _, count in rig.handed_over] == [4, 4]


def test_a_target_one_may_not_write_to_refuses_all_rows_at_once(rig: ImportRig) -> None:
    rig.server.fail("drs-create", 3001, 403)
    batch = rig.import_drs(rows(8))
    rig.run_to_rest(batch)
    assert rig.counts(batch) == {State.FAILED: 8}
    assert kinds(rig, batch) == {"NotAllowed": 8}
    assert rig.handed_over == []


def test_a_service_without_imports_refuses_every_row(rig: ImportRig) -> None:
    rig.accounts.use(QuietProvider())
    batch = rig.import_drs(rows(3))
    rig.run_to_rest(batch)
    assert kinds(rig, batch) == {"Unavailable": 3}


def test_a_platform_that_lacks_the_call_refuses_every_row(rig: ImportRig) -> None:
    rig.server.manners.drs_unavailable = True
    batch = rig.import_drs(rows(230))
    rig.run_to_rest(batch)
    assert kinds(rig, batch) == {"Unavailable": 230}


def test_a_request_that_takes_very_long_says_so_and_is_still_asked_about(rig: ImportRig) -> None:
    batch = rig.import_drs(rows(1))
    rig.run_until(lambda: len(rig.handed_over) == 1)
    next(iter(rig.server.drs.jobs.values())).begun += 7.5 * 3600
    rig.step_seconds = 20.0
    rig.run_for(6.5 * 3600)
    assert kinds(rig, batch) == {"drs-stalled": 1}
    asked = sum(entry.operation == "drs-job" for entry in rig.server.script.entries())
    rig.run_to_rest(batch)
    assert rig.counts(batch) == {State.IMPORTED: 1}
    more = sum(entry.operation == "drs-job" for entry in rig.server.script.entries()) - asked
    assert 1 <= more <= 3


def test_rows_of_many_targets_are_imported_without_a_look_at_each(rig: ImportRig) -> None:
    for number in range(7):
        rig.server.state.add_project(f"rfranklin/p{number}", {"rfranklin": True})
    lines = [f"drs://h/{number},{number}.bam,rfranklin/p{number}" for number in range(7)]
    batch = rig.import_drs(manifest_of("\n".join(["drs_uri,name,project", *lines])))
    rig.run_to_rest(batch)
    assert rig.counts(batch) == {State.IMPORTED: 7}
    assert rig.asked("files") == 0


def test_a_row_whose_project_is_gone_costs_the_others_nothing(rig: ImportRig) -> None:
    manifest = manifest_of(
        "drs_uri,name,project,parent\n"
        "drs://h/1,a.bam,,\n"
        "drs://h/2,b.bam,rfranklin/gone,\n"
        "drs://h/3,c.bam,,5f0000000000000000009999\n"
    )
    batch = rig.import_drs(manifest)
    rig.run_to_rest(batch)
    assert rig.row(batch, "a.bam").state is State.IMPORTED
    assert rig.counts(batch) == {State.IMPORTED: 1, State.FAILED: 2}
    assert all(file.problem for file in rig.files(batch) if file.state is State.FAILED)


def test_a_request_refused_for_several_targets_is_asked_for_target_by_target(
    rig: ImportRig,
) -> None:
    rig.server.state.add_project("rfranklin/other", {"rfranklin": True})
    rig.server.fail("drs-create", 3001, 403)
    manifest = manifest_of(
        "drs_uri,name,project\ndrs://h/1,a,\ndrs://h/2,b,rfranklin/other\ndrs://h/3,c,\n"
    )
    batch = rig.import_drs(manifest)
    rig.run_to_rest(batch)
    assert rig.counts(batch) == {State.IMPORTED: 3}
    assert [count for _, count in rig.handed_over] == [2, 1]


def test_where_names_may_not_be_looked_up_the_import_itself_says_what_is_wrong(
    rig: ImportRig,
) -> None:
    rig.server.fail("files", 3001, 403)
    batch = rig.import_drs(rows(3))
    rig.run_to_rest(batch)
    assert rig.counts(batch) == {State.IMPORTED: 3}


def test_a_job_that_cannot_be_asked_about_is_asked_about_again(rig: ImportRig) -> None:
    rig.server.fail("drs-job", 90004, 503, times=3)
    batch = rig.import_drs(rows(3))
    rig.run_to_rest(batch)
    assert rig.counts(batch) == {State.IMPORTED: 3}


def test_rows_the_service_was_too_busy_for_wait_with_the_whole_account(rig: ImportRig) -> None:
    rig.server.drs.refused["drs://nci.example.org/2"] = (429, 10371)
    batch = rig.import_drs(rows(3))
    rig.run_until(lambda: rig.counts(batch).get(State.IMPORTED) == 2)
    told_at = rig.clock.time()
    rig.server.drs.refused.clear()
    rig.run_to_rest(batch)
    assert rig.handed_over[1][0] - told_at >= 299.0
    assert rig.counts(batch) == {State.IMPORTED: 3}


def test_a_folder_that_is_yet_to_be_made_holds_no_names(
    rig: ImportRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> object:
        raise RemoteMissing("no such folder")

    monkeypatch.setattr(rig.adapter, "drs_named", gone)
    batch = rig.import_drs(rows(3))
    rig.run_to_rest(batch)
    assert rig.counts(batch) == {State.IMPORTED: 3}


# Lost answers and restarts


@pytest.mark.parametrize("rule", ALL_RULES)
@pytest.mark.parametrize("fault", [LoseReply(), LoseRequest()])
def test_after_a_lost_answer_every_row_is_imported_once(
    rig: ImportRig, rule: IfExists, fault: LoseReply | LoseRequest
) -> None:
    rig.server.script.fail("drs-create", fault)
    batch = rig.import_drs(rows(120), rule)
    rig.run_to_rest(batch)
    assert rig.counts(batch) == {State.IMPORTED: 120}
    assert len(rig.sources) == len(set(rig.sources)) == 120
    assert len({file.remote_id for file in rig.files(batch)}) == 120


@pytest.mark.parametrize("rule", ALL_RULES)
def test_after_a_lost_answer_names_that_were_there_before_are_treated_by_the_rule(
    rig: ImportRig, rule: IfExists
) -> None:
    old = put(rig, "sample_2.bam")
    rig.server.script.fail("drs-create", LoseReply())
    batch = rig.import_drs(rows(4), rule)
    rig.run_to_rest(batch)
    state = rig.row(batch, "sample_2.bam").state
    if rule is IfExists.SKIP:
        assert state is State.SKIPPED
        assert rig.counts(batch)[State.IMPORTED] == 3
    elif rule is IfExists.REPLACE:
        assert rig.counts(batch) == {State.IMPORTED: 4}
        assert old.id not in rig.server.state.nodes
    else:
        # A copy under a number cannot be told from another file: a person has to look.
        assert state is State.NEEDS_YOU
        assert names_there(rig).count("1_sample_2.bam") == 1


def test_nameless_rows_after_a_lost_answer_are_handed_over_again_only_under_skip(
    rig: ImportRig,
) -> None:
    rig.server.script.fail("drs-create", LoseReply())
    batch = rig.import_drs(manifest_of("drs://h/1\ndrs://h/2\n"), IfExists.KEEP_BOTH)
    rig.run_to_rest(batch)
    assert rig.counts(batch) == {State.NEEDS_YOU: 2}
    assert kinds(rig, batch) == {"drs-unclear": 2}
    assert names_there(rig) == ["1", "2"]


@pytest.mark.parametrize("rule", ALL_RULES)
@pytest.mark.parametrize("turns", [1, 3, 4, 5, 6, 8, 12, 30])
def test_killed_at_any_turn_nothing_is_imported_twice(
    tmp_path: Path, rule: IfExists, turns: int
) -> None:
    with importing(tmp_path) as rig:
        batch = rig.import_drs(rows(230), rule)
        for _ in range(turns):
            rig.turn()
        rig.kill()
        rig.run_until(lambda: rig.batch(batch).finished_at is not None)
        assert rig.counts(batch) == {State.IMPORTED: 230}
        assert len(rig.sources) == len(set(rig.sources)) == 230


def test_limits_hold_over_restarts(rig: ImportRig) -> None:
    batch = rig.import_drs(rows(1200))
    rig.run_until(lambda: len(rig.handed_over) == 4)
    rig.kill()
    rig.run_until(lambda: len(rig.handed_over) == 7)
    rig.server.fail("drs-create", 10371, 429)
    rig.run_until(lambda: rig.reader.import_jobs(batch)[7].not_before > 0)
    told_at = rig.clock.time()
    rig.kill()
    rig.run_until(lambda: len(rig.handed_over) == 8)
    assert rig.handed_over[-1][0] - told_at >= 299.0
    rig.run_until(lambda: rig.batch(batch).finished_at is not None)
    assert rig.most_in(300.0) <= 500
    assert rig.counts(batch) == {State.IMPORTED: 1200}


def test_after_a_request_to_slow_down_half_as_much_is_handed_over_for_a_while(
    rig: ImportRig,
) -> None:
    rig.server.fail("drs-create", 10371, 429)
    batch = rig.import_drs(rows(1000))
    rig.run_to_rest(batch)
    first = rig.handed_over[0][0]
    assert sum(count for at, count in rig.handed_over if at < first + 300) <= 250


def test_a_request_the_service_forgot_is_settled_by_looking(rig: ImportRig) -> None:
    batch = rig.import_drs(rows(50))
    rig.run_until(lambda: len(rig.handed_over) == 1)
    rig.clock.advance(10)
    rig.server.drs.go_on()
    rig.server.drs.jobs.clear()
    rig.run_to_rest(batch)
    assert rig.counts(batch) == {State.IMPORTED: 50}
    assert len(rig.handed_over) == 1


@pytest.mark.parametrize("operation", ["files", "drs-create", "drs-job"])
def test_a_fault_in_the_program_delays_an_import_but_loses_nothing(
    rig: ImportRig,
    operation: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    name = {"files": "drs_named", "drs-create": "submit_drs", "drs-job": "poll_drs"}[operation]
    real = getattr(rig.adapter, name)
    calls = []

    def broken(*arguments: object) -> object:
        calls.append(name)
        if len(calls) == 1:
            raise ZeroDivisionError
        return real(*arguments)

    monkeypatch.setattr(rig.adapter, name, broken)
    batch = rig.import_drs(rows(3))
    rig.run_to_rest(batch)
    assert rig.counts(batch) == {State.IMPORTED: 3}
    assert "ZeroDivisionError" in caplog.text


# Orders


def test_pause_hands_nothing_more_over_but_follows_what_was(rig: ImportRig) -> None:
    batch = rig.import_drs(rows(700))
    rig.run_until(lambda: len(rig.handed_over) == 5)
    rig.engine.pause([batch])
    rig.run_for(1000)
    assert rig.counts(batch) == {State.IMPORTED: 500, State.WAITING: 200}
    assert rig.batch(batch).state is State.PAUSED
    rig.engine.resume([batch])
    rig.run_to_rest(batch)
    assert rig.counts(batch) == {State.IMPORTED: 700}


def test_cancel_stops_what_was_not_handed_over_and_tells_what_became_of_the_rest(
    rig: ImportRig,
) -> None:
    batch = rig.import_drs(rows(700))
    rig.run_until(lambda: len(rig.handed_over) == 3)
    rig.engine.cancel([batch])
    rig.run_until(lambda: rig.batch(batch).finished_at is not None)
    counts = rig.counts(batch)
    assert counts[State.IMPORTED] == len(rig.there) == 100 * len(rig.handed_over)
    assert counts[State.CANCELLED] == 700 - len(rig.there)


@pytest.mark.parametrize("turns", range(2, 12))
def test_cancel_at_any_moment_comes_to_an_end(tmp_path: Path, turns: int) -> None:
    with importing(tmp_path) as rig:
        rig.server.fail("drs-create", 10371, 429)
        batch = rig.import_drs(rows(150))
        for _ in range(turns):
            rig.turn()
        rig.engine.cancel([batch])
        rig.run_until(lambda: rig.batch(batch).finished_at is not None)
        counts = rig.counts(batch)
        assert counts.get(State.IMPORTED, 0) == len(rig.there)
        assert sum(counts.values()) == 150
        assert set(counts) <= {State.IMPORTED, State.CANCELLED}


def test_single_rows_can_be_cancelled_and_taken_up_again(rig: ImportRig) -> None:
    batch = rig.import_drs(rows(3))
    rig.engine.pause([batch])
    rig.turn(work=False)
    rig.engine.turn(wait=False)
    rig.run_for(5)
    second = rig.row(batch, "sample_2.bam")
    rig.engine.cancel([second.id])
    rig.engine.resume([batch])
    rig.run_to_rest(batch)
    assert rig.counts(batch) == {State.IMPORTED: 2, State.CANCELLED: 1}
    rig.engine.resume([second.id])
    rig.run_until(lambda: rig.counts(batch) == {State.IMPORTED: 3})


def test_refused_rows_go_again_when_somebody_says_so_but_never_those_at_fault(
    rig: ImportRig,
) -> None:
    rig.server.drs.refused["drs://h/1"] = (403, 10226)
    batch = rig.import_drs(manifest_of("drs_uri,name\ndrs://h/1,a\nnonsense,b\n"))
    rig.run_to_rest(batch)
    assert rig.counts(batch) == {State.FAILED: 2}
    rig.server.drs.refused.clear()
    rig.engine.resume([batch])
    rig.run_until(lambda: rig.batch(batch).count(State.IMPORTED) == 1)
    rig.run_until(lambda: rig.batch(batch).finished_at is not None)
    assert kinds(rig, batch) == {"drs-address": 1}


def test_a_refused_key_holds_imports_and_a_new_one_sets_them_going(rig: ImportRig) -> None:
    batch = rig.import_drs(rows(700))
    rig.run_until(lambda: len(rig.handed_over) == 2)
    user = rig.server.state.users.pop(TOKEN)
    rig.run_until(lambda: rig.batch_problem(batch) == "SignInNeeded")
    rig.run_for(60)
    assert rig.counts(batch)[State.NEEDS_SIGN_IN] >= 100
    rig.server.state.users[TOKEN] = user
    rig.engine.account_changed("lab")
    rig.run_to_rest(batch)
    assert rig.counts(batch) == {State.IMPORTED: 700}
    assert rig.batch_problem(batch) == ""


def test_while_the_service_cannot_be_reached_the_batch_says_so(rig: ImportRig) -> None:
    rig.server.script.fail("files", LoseRequest(), times=3)
    batch = rig.import_drs(rows(3))
    rig.run_until(lambda: rig.batch_problem(batch) in {"NetworkDown", "Temporary"})
    rig.run_to_rest(batch)
    assert rig.batch_problem(batch) == ""
    assert rig.counts(batch) == {State.IMPORTED: 3}


def test_an_earlier_import_waits_when_it_is_not_to_be_resumed(rig: ImportRig) -> None:
    batch = rig.import_drs(rows(300))
    rig.run_until(lambda: len(rig.handed_over) == 1)
    rig.kill(resume=False)
    rig.run_for(600)
    assert len(rig.handed_over) <= 2
    new = rig.import_drs(Manifest("second.csv", (row(9001),)))
    rig.run_to_rest(new)
    rig.engine.resume([batch])
    rig.run_to_rest(batch)
    assert len(rig.sources) == len(set(rig.sources)) == 301


def test_a_finished_import_leaves_the_list_like_any_batch(rig: ImportRig) -> None:
    batch = rig.import_drs(rows(3))
    rig.engine.move([batch], QueueMove.LAST)
    rig.run_to_rest(batch)
    rig.engine.clear_finished()
    rig.run_until(lambda: rig.engine.turn(wait=False) or batch not in rig.listed())
    assert rig.batch(batch).name == "manifest.csv"


def test_without_a_key_nothing_is_asked_until_there_is_one(rig: ImportRig) -> None:
    rig.accounts.key_is_good = False
    batch = rig.import_drs(rows(3))
    rig.run_until(lambda: rig.batch_problem(batch) == "SignInNeeded")
    rig.run_for(30)
    assert rig.server.script.entries() == []
    rig.accounts.key_is_good = True
    rig.engine.account_changed("lab")
    rig.run_to_rest(batch)
    assert rig.counts(batch) == {State.IMPORTED: 3}


def test_a_key_refused_while_handing_over_keeps_the_rows_waiting(rig: ImportRig) -> None:
    rig.server.fail("drs-create", 90001, 401)
    batch = rig.import_drs(rows(3))
    rig.run_until(lambda: rig.batch_problem(batch) == "SignInNeeded")
    assert rig.counts(batch) == {State.WAITING: 3}
    rig.engine.account_changed("lab")
    rig.run_to_rest(batch)
    assert rig.counts(batch) == {State.IMPORTED: 3}


def test_paused_while_names_are_looked_up_nothing_is_handed_over(rig: ImportRig) -> None:
    batch = rig.import_drs(rows(3))
    assert rig.pool.run_one(), "the question what the service takes"
    rig.engine.turn(wait=False)
    assert rig.pool.jobs, "the look at the names"
    rig.engine.pause([batch])
    rig.run_for(60)
    assert rig.handed_over == []
    rig.engine.resume([batch])
    rig.run_to_rest(batch)
    assert rig.counts(batch) == {State.IMPORTED: 3}


def test_while_rows_need_somebody_only_what_may_go_well_is_tried_again(rig: ImportRig) -> None:
    rig.server.manners.drs_shuffled = True
    rig.adapter_limits(items=2)
    rig.server.drs.refused |= {
        "drs://h/2": (404, 10225),
        "drs://h/3": (503, 10215),
        "drs://h/4": (403, 10226),
    }
    names = ("", "", "c.bam", "e.bam", "d.bam", "f.bam")
    addresses = (1, 2, 3, 5, 4, 6)
    pairs = zip(addresses, names, strict=True)
    lines = [f"drs://h/{address},{name}" for address, name in pairs]
    batch = rig.import_drs(manifest_of("\n".join(["drs_uri,name", *lines])))
    rig.run_to_rest(batch)
    assert rig.counts(batch) == {State.NEEDS_YOU: 2, State.FAILED: 2, State.IMPORTED: 2}
    rig.server.drs.refused.clear()
    rig.engine.resume([batch])
    rig.run_until(lambda: rig.batch(batch).finished_at is not None)
    assert rig.row(batch, "c.bam").state is State.IMPORTED
    assert rig.row(batch, "d.bam").state is State.FAILED


def test_cancel_decides_rows_that_needed_somebody(rig: ImportRig) -> None:
    rig.server.manners.drs_shuffled = True
    rig.server.drs.refused["drs://h/2"] = (404, 10225)
    batch = rig.import_drs(manifest_of("drs://h/1\ndrs://h/2\n"))
    rig.run_to_rest(batch)
    assert rig.counts(batch) == {State.NEEDS_YOU: 2}
    rig.engine.cancel([batch])
    rig.run_until(lambda: rig.batch(batch).finished_at is not None)
    assert rig.counts(batch) == {State.CANCELLED: 2}


def test_a_row_the_service_has_cannot_be_taken_back(rig: ImportRig) -> None:
    batch = rig.import_drs(rows(3))
    rig.run_until(lambda: rig.counts(batch).get(State.SUBMITTED) == 3)
    rig.engine.cancel([rig.row(batch, "sample_1.bam").id])
    rig.engine.resume([rig.row(batch, "sample_2.bam").id])
    rig.run_to_rest(batch)
    assert rig.counts(batch) == {State.IMPORTED: 3}


def test_cancelled_while_its_answer_is_lost_it_is_not_handed_over_again(rig: ImportRig) -> None:
    rig.server.script.fail("drs-create", LoseRequest())
    batch = rig.import_drs(rows(3), IfExists.KEEP_BOTH)
    rig.run_until(lambda: rig.counts(batch).get(State.CHECKING) == 3)
    rig.engine.cancel([batch])
    rig.run_until(lambda: rig.batch(batch).finished_at is not None)
    assert rig.counts(batch) == {State.FAILED: 3}
    assert kinds(rig, batch) == {"drs-unclear": 3}
    assert rig.there == []


def test_rows_cancelled_one_by_one_leave_nothing_to_hand_over(rig: ImportRig) -> None:
    batch = rig.import_drs(rows(3))
    rig.engine.pause([batch])
    rig.run_for(5)
    rig.engine.cancel([file.id for file in rig.files(batch)])
    rig.engine.resume([batch])
    rig.run_to_rest(batch)
    assert rig.counts(batch) == {State.CANCELLED: 3}
    assert rig.handed_over == []


def test_orders_for_single_files_leave_imports_of_others_alone(rig: ImportRig) -> None:
    source = rig.folder / "a.bin"
    source.write_bytes(b"x" * 5)
    batch = rig.import_drs(rows(3))
    upload = rig.engine.upload([str(source)], TARGET, BatchOptions(md5=False))
    rig.engine.pause([upload])
    rig.engine.turn(wait=False)
    rig.run_until(lambda: rig.reader.batch(upload) is not None and bool(rig.files(upload)))
    file = rig.files(upload)[0]
    rig.engine.cancel([file.id])
    rig.run_until(lambda: rig.batch(upload).count(State.CANCELLED) == 1)
    rig.run_to_rest(batch)
    assert rig.counts(batch) == {State.IMPORTED: 3}
