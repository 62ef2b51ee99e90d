"""Which result belongs to which row, and when nobody can tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations

import pytest

from pipette.engine.drs_pairing import Ending, Named, Outcomes, found_again, paired
from pipette.engine.drs_rows import Asked
from pipette.model.files import Location
from pipette.model.transfer import IfExists
from pipette.providers.protocol_drs import DrsFile, DrsItem, DrsResult, DrsTarget

HERE = DrsTarget(Location("cgc", "u/p", "in"))
SKIP, BOTH, REPLACE = IfExists.SKIP, IfExists.KEEP_BOTH, IfExists.REPLACE
MISSING = DrsResult(kind="RemoteMissing", code="10225")
DENIED = DrsResult(kind="NotAllowed", code="10226")
TAKEN = DrsResult(kind="NameTaken", code="10223")


def row(
    key: int,
    name: str = "",
    there: str | None = "",
    asked: bool = False,
    into: DrsTarget = HERE,
) -> Asked:
    return Asked(key, DrsItem(f"drs://h/{key}", into, name), there, asked)


def named(*names: str) -> list[Asked]:
    return [row(number, name) for number, name in enumerate(names)]


def file(name: str, **fields: object) -> DrsFile:
    return DrsFile(f"id-{name}", name, 10, **fields)


def ok(name: str) -> DrsResult:
    return DrsResult(file_id=f"id-{name}")


def pair(
    rows: Sequence[Asked],
    results: Sequence[DrsResult],
    files: Sequence[DrsFile] = (),
    rule: IfExists = SKIP,
    there: Sequence[DrsFile] = (),
) -> Outcomes:
    def look(some: Sequence[Asked]) -> Named:
        by_name = {one.name: one for one in there}
        return {(r.item.into, r.name): by_name[r.name] for r in some if r.name in by_name}

    known = {one.id: one for one in files}
    return paired(rows, results, known, rule, look)


def endings(outcomes: Outcomes) -> list[str]:
    return [outcomes[key].ending.value for key in sorted(outcomes)]


def test_results_in_order_are_taken_in_order() -> None:
    found = pair(named("a", "b", "c"), [ok("a"), DENIED, ok("c")], [file("a"), file("c")])
    assert endings(found) == ["imported", "refused", "imported"]
    assert (found[0].file_id, found[0].size, found[0].files) == ("id-a", 10, 1)
    assert (found[1].kind, found[1].code) == ("NotAllowed", "10226")


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_results_in_any_order_find_the_rows_of_their_names(order: tuple[int, ...]) -> None:
    results = [ok("a"), DENIED, ok("c")]
    shuffled = [results[place] for place in order]
    found = pair(named("a", "b", "c"), shuffled, [file("a"), file("c")])
    assert endings(found) == ["imported", "refused", "imported"]
    assert [found[0].file_id, found[2].file_id] == ["id-a", "id-c"]


def test_refusals_of_one_kind_belong_to_all_rows_left() -> None:
    found = pair(named("a", "b", "c"), [DENIED, ok("a"), DENIED], [file("a")])
    assert endings(found) == ["imported", "refused", "refused"]
    assert found[1].code == found[2].code == "10226"


def test_refusals_of_several_kinds_are_told_together_when_their_order_is_not_known() -> None:
    found = pair(named("a", "b", "c"), [DENIED, ok("a"), MISSING], [file("a")])
    assert endings(found) == ["imported", "refused", "refused"]
    assert "10225" in found[1].detail
    assert "10226" in found[1].detail
    assert found[1] == found[2]


def test_missing_results_leave_rows_unknown_unless_they_are_seen() -> None:
    found = pair(named("a", "b", "c"), [ok("a")], [file("a")], there=[file("b")])
    assert endings(found) == ["imported", "imported", "unknown"]


def test_a_name_that_was_there_before_is_skipped_when_no_result_speaks_of_it() -> None:
    rows = [row(0, "a"), row(1, "b", there="id-b")]
    found = pair(rows, [ok("a")], [file("a")], there=[file("b")])
    assert endings(found) == ["imported", "skipped"]


def test_a_taken_name_is_skipped_only_under_that_rule() -> None:
    assert endings(pair(named("a"), [TAKEN])) == ["skipped"]
    assert endings(pair(named("a"), [TAKEN], rule=REPLACE)) == ["refused"]


def test_a_name_taken_by_our_own_lost_try_is_imported() -> None:
    rows = [row(0, "a", asked=True), row(1, "b", there="old", asked=True)]
    found = pair(rows, [TAKEN, TAKEN], there=[file("a"), file("b")])
    assert endings(found) == ["imported", "skipped"]
    assert found[0].file_id == "id-a"


def test_shuffled_skips_and_refusals_are_told_apart_by_looking() -> None:
    rows = named("a", "b", "c")
    rows[1] = row(1, "b", there="id-b")
    found = pair(rows, [TAKEN, ok("a"), DENIED], [file("a")], there=[file("b"), file("a")])
    assert endings(found) == ["imported", "skipped", "refused"]
    assert found[2].code == "10226"


def test_nameless_rows_that_all_went_well_are_imported() -> None:
    found = pair([row(0), row(1)], [ok("x"), ok("y")], [file("x"), file("y")])
    assert endings(found) == ["imported", "imported"]


def test_nameless_rows_some_of_which_were_refused_stay_unknown() -> None:
    found = pair([row(0), row(1)], [ok("x"), DENIED], [file("x")])
    assert endings(found) == ["unknown", "unknown"]


def test_a_nameless_row_among_named_ones_is_told_by_their_order() -> None:
    found = pair(
        [row(0, "a"), row(1), row(2, "c")], [ok("a"), DENIED, ok("c")], [file("a"), file("c")]
    )
    assert endings(found) == ["imported", "refused", "imported"]


def test_the_only_row_is_told_whatever_it_is_called() -> None:
    assert endings(pair([row(0)], [DENIED])) == ["refused"]
    assert endings(pair([row(0)], [ok("x")])) == ["imported"]


def test_an_empty_result_says_nothing() -> None:
    assert endings(pair(named("a"), [DrsResult()])) == ["unknown"]


def test_nothing_at_all_says_nothing() -> None:
    assert endings(pair(named("a", "b"), [])) == ["unknown", "unknown"]


def test_a_number_added_by_the_service_is_read_back() -> None:
    files = [file("1_a.bam"), file("b.bam")]
    in_order = pair(named("a.bam", "b.bam"), [ok("1_a.bam"), ok("b.bam")], files, BOTH)
    shuffled = pair(named("a.bam", "b.bam"), [ok("b.bam"), ok("1_a.bam")], files, BOTH)
    assert in_order == shuffled
    assert in_order[0].name == "1_a.bam"


@pytest.mark.parametrize(
    ("actual", "wanted", "fits"),
    [
        ("1_a.bam", "a.bam", True),
        ("a_1.fastq.gz", "a.fastq.gz", True),
        ("a (2).bam", "a.bam", True),
        ("11.bam", "1.bam", True),
        ("b.bam", "a.bam", False),
        ("xa.bam", "a.bam", False),
        ("aa.bam", "a.bam", False),
        ("1.bam", "11.bam", False),
    ],
)
def test_only_a_number_makes_a_name_another(actual: str, wanted: str, *, fits: bool) -> None:
    found = pair(named(wanted, "z"), [ok("z"), ok(actual)], [file("z"), file(actual)], BOTH)
    assert found[1].name == "z"
    found = pair(named(wanted, "z"), [DENIED, ok(actual)], [file(actual)], BOTH)
    assert (found[0].name == actual) is fits


def test_a_number_that_fits_two_rows_is_nobodys() -> None:
    rows = [row(0, "a.bam"), row(1, "1a.bam"), row(2, "c")]
    results = [ok("11a.bam"), ok("c"), DENIED]
    found = pair(rows, results, [file("11a.bam"), file("c")], BOTH)
    assert endings(found) == ["unknown", "unknown", "imported"]


def test_under_keep_both_what_was_there_before_proves_nothing() -> None:
    rows = [row(0, "a", there="old"), row(1, "b", there="")]
    found = pair(rows, [], there=[file("a"), file("b")], rule=BOTH)
    assert endings(found) == ["unknown", "imported"]


def test_under_replace_another_file_of_the_name_is_the_new_one() -> None:
    rows = [row(0, "a", there="old"), row(1, "b", there="id-b")]
    found = pair(rows, [], there=[file("a"), file("b")], rule=REPLACE)
    assert endings(found) == ["imported", "unknown"]


def test_one_name_in_two_places_is_told_apart_by_the_place() -> None:
    there = DrsTarget(Location("cgc", "u/q"))
    folder = DrsTarget(Location("cgc"), "f1")
    rows = [row(0, "a"), row(1, "a", into=there), row(2, "a", into=folder)]
    files = [
        DrsFile("1", "a", 1, project="u/p"),
        DrsFile("2", "a", 2, project="U/Q"),
    ]
    results = [DrsResult("2"), DrsResult("1"), DENIED]
    found = pair(rows[:2], results[:2], files)
    assert (found[0].file_id, found[1].file_id) == ("1", "2")
    inside = [DrsFile("3", "a", 3, folder_id="f1"), DrsFile("4", "b", 4, folder_id="f1")]
    found = pair([row(2, "a", into=folder), row(3, "b")], [DrsResult("4"), DrsResult("3")], inside)
    assert (found[2].file_id, found[3].file_id) == ("3", "4")


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_bundle_in_order_takes_the_files_that_follow_it(at: int) -> None:
    rows = named("a", "b", "c")
    results = [ok("a"), DENIED, ok("c")]
    if at == 1:
        results[1] = ok("b")
    names = ["a", "b", "c"]
    results[at + 1 : at + 1] = [ok("x"), ok("y")]
    files = [file(name) for name in (*names, "x", "y")]
    found = pair(rows, results, files)
    assert found[at].files == 3
    assert found[at].size == 30
    assert sum(outcome.files == 1 for outcome in found.values()) == (2 if at == 1 else 1)


@pytest.mark.parametrize(
    ("rows", "results"),
    [
        (named("a", ""), ["a", "x", "y"]),
        (named("a", "b"), ["b", "a", "x"]),
        (named("a", "b"), ["a", "x", "y"]),
        (named("a"), ["a", "a", "x"]),
    ],
)
def test_more_files_than_rows_out_of_order_are_paired_by_name(
    rows: Sequence[Asked], results: Sequence[str]
) -> None:
    found = pair(rows, [ok(name) for name in results], [file(name) for name in results])
    first = found[0]
    assert first.ending is Ending.IMPORTED
    assert first.name == "a"


def test_two_files_of_one_name_are_told_apart_by_looking() -> None:
    there = DrsTarget(Location("cgc", "u/q"))
    rows = [row(0, "a"), row(1, "a", into=there), row(2, "c")]
    files = {one: DrsFile(one, "a", 1) for one in "xy"} | {"z": DrsFile("z", "c", 1)}
    results = [DrsResult("z"), DrsResult("y"), DrsResult("x")]
    named_there = {(HERE, "a"): files["x"], (there, "a"): files["y"]}
    found = paired(rows, results, files, SKIP, lambda some: named_there)
    assert (found[0].file_id, found[1].file_id, found[2].file_id) == ("x", "y", "z")


def test_a_bundle_that_became_a_folder_is_found_by_it() -> None:
    inside = [file("x", folder_id="id-run"), file("y", folder_id="id-run")]
    found = pair(
        named("run", "b"), [ok("x"), ok("b"), ok("y")], [*inside, file("b")], there=[file("run")]
    )
    assert (found[0].file_id, found[0].files, found[0].size) == ("id-run", 2, 20)
    assert found[1].files == 1


def test_files_nobody_else_claims_belong_to_the_last_row() -> None:
    found = pair(named("run", "b"), [ok("x"), ok("b"), ok("y")], [file(n) for n in "xby"])
    assert (found[0].files, found[0].ending) == (2, Ending.IMPORTED)


def test_as_many_nameless_rows_as_files_left_are_imported() -> None:
    rows = [row(0, "a"), row(1), row(2)]
    found = pair(rows, [ok("x"), ok("a"), ok("y")], [file(n) for n in "xay"])
    assert endings(found) == ["imported", "imported", "imported"]


def test_a_file_that_may_not_be_seen_is_no_proof_of_order() -> None:
    found = pair(named("a", "b"), [ok("a"), DENIED], [])
    assert endings(found) == ["unknown", "unknown"]


@pytest.mark.parametrize(
    ("rule", "there", "expected"),
    [
        (SKIP, "", True),
        (SKIP, None, True),
        (SKIP, "id-a", False),
        (BOTH, "", True),
        (BOTH, None, False),
        (BOTH, "id-a", False),
        (REPLACE, "", True),
        (REPLACE, None, False),
        (REPLACE, "id-a", False),
        (REPLACE, "older", True),
    ],
)
def test_after_a_lost_answer_only_what_came_since_counts(
    rule: IfExists, there: str | None, *, expected: bool
) -> None:
    seen: Mapping[tuple[DrsTarget, str], DrsFile] = {(HERE, "a"): file("a")}
    found = found_again([row(0, "a", there), row(1, "b"), row(2)], seen, rule)
    assert (0 in found) is expected
    assert set(found) <= {0}
