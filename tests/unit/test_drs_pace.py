"""When the next request goes, when all are done, and what is said of it."""

from __future__ import annotations

import pytest

from pipette.engine.drs_rows import JobState, JobView
from pipette.model.drs_manifest import Fault, Manifest, ManifestRow
from pipette.model.transfer import Direction, IfExists
from pipette.providers.protocol_drs import DrsLimits
from pipette.ui import words, words_drs
from pipette.ui.drs_pace import Pace, pace_of, requests_for, seconds_for

LIMITS = DrsLimits(items=100, files=500, window_seconds=300.0)
NOW = 10_000.0


def job(number: int, state: JobState, handed_at: float | None = None) -> JobView:
    return JobView(number, state, 100, 100 if handed_at else 0, 0, handed_at, 0.0)


def test_while_there_is_room_the_next_request_goes_now() -> None:
    pace = pace_of([job(1, JobState.SENT, NOW - 5), job(2, JobState.NEW)], LIMITS, NOW)
    assert pace == Pace(NOW, NOW + 30.0)


def test_a_full_window_is_waited_for() -> None:
    jobs = [job(number, JobState.FINISHED, NOW - 199.0) for number in range(5)]
    jobs += [job(number, JobState.NEW) for number in range(5, 12)]
    pace = pace_of(jobs, LIMITS, NOW)
    assert pace.next_at == NOW + 102.0
    assert pace.done_at == NOW + 102.0 + 301.0 + 30.0


def test_when_all_are_handed_over_there_is_no_next() -> None:
    assert pace_of([job(1, JobState.SENT, NOW)], LIMITS, NOW) == Pace()


@pytest.mark.parametrize(
    ("rows", "requests", "seconds"), [(0, 0, 0), (1, 1, 30), (500, 5, 30), (5000, 50, 2730)]
)
def test_a_plan_is_made_before_the_start(rows: int, requests: int, seconds: float) -> None:
    assert requests_for(rows, LIMITS) == requests
    assert seconds_for(rows, LIMITS) == seconds


@pytest.mark.parametrize("fault", list(Fault))
def test_every_fault_has_words_of_its_own(fault: Fault) -> None:
    row = ManifestRow(7, "x", "a.bam", fault=fault, detail="3")
    assert words.short_words(fault.value) != words.short_words("no such kind")
    assert words_drs.fault_words(row)
    assert words_drs.fault_sentence(row).startswith("Could not import a.bam: ")
    assert words.failure_line(fault.value, "a", "CGC", Direction.IMPORT).endswith(".")


@pytest.mark.parametrize("kind", ["drs-unclear", "drs-stalled"])
def test_what_the_engine_finds_out_has_words(kind: str) -> None:
    assert words.short_words(kind, "CGC") != words.short_words("no such kind", "CGC")
    assert words.message(kind, place="CGC").text


def test_the_plan_names_requests_time_and_limit() -> None:
    assert words_drs.plan_words(5000, 50, 2730.0, LIMITS) == (
        "50 requests of up to 100 rows, about 46 min: it takes 500 files every 5 minutes."
    )
    assert words_drs.plan_words(0, 0, 0.0, LIMITS) == ""
    assert "every minute" in words_drs.limit_words(DrsLimits(1, 1, 60.0))


@pytest.mark.parametrize("rule", list(IfExists))
def test_taken_names_say_what_will_happen_to_them(rule: IfExists) -> None:
    assert "2 names are taken" in words_drs.taken_words(2, rule)
    assert words_drs.rule_words(rule).startswith("If the name exists: ")
    assert "None" in words_drs.taken_words(0, rule)
    assert "while importing" in words_drs.taken_words(None, rule)


def test_counts_are_told_in_figures() -> None:
    fine = ManifestRow(1, "drs://h/1")
    assert words_drs.read_words(Manifest("m", (fine,))) == "1 row read, 1 fine"
    assert words_drs.fault_words(fine) == "Fine"
    assert words_drs.fault_sentence(fine) == ""
    assert words_drs.start_words(0) == "Import"
    assert words_drs.start_words(1160) == "Import 1,160 rows"
