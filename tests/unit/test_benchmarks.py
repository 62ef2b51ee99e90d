"""What the benchmarks make of their runs: medians, ratios, goals, purposes."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from awscrt.checksums import crc64nvme
from benchmarks import figures, goals, rows, work
from benchmarks.measure import Run
from benchmarks.profiling.purposes import (
    IMPORTING,
    OTHER,
    WAITING,
    Sample,
    by_purpose,
    by_thread,
    parse,
)
from benchmarks.window.lag import Lag

UP_4G = rows.Row(work.WORKS["4g"], rows.Way.UP, rows.Place.SINK)


def runs(*walls: float, cpu: float = 1.0) -> list[Run]:
    return [Run(wall, cpu, 0.0, 1024) for wall in walls]


def result(**walls: tuple[float, ...]) -> figures.Result:
    named = {name.replace("_", " --"): took for name, took in walls.items()}
    return figures.Result(
        UP_4G, [figures.Measured(name, runs(*took)) for name, took in named.items()]
    )


def test_a_ratio_compares_runs_of_the_same_round() -> None:
    """A round in which the whole machine was slow counts like any other."""
    ours = figures.Measured("pipette", runs(1.0, 10.0, 1.0))
    theirs = figures.Measured("s5cmd", runs(2.0, 20.0, 4.0))
    assert ours.times(theirs) == figures.Spread(0.5, 0.25, 0.5)


def test_the_table_tells_median_and_spread_of_every_client() -> None:
    text = figures.table(result(s5cmd=(4.0, 5.0, 6.0), pipette=(1.0, 2.0, 3.0)))
    assert "| s5cmd | 5.00 [4.00–6.00] | 1.00 [1.00–1.00] |" in text
    assert "| pipette | 2.00 [1.00–3.00] | 0.40 [0.25–0.50] |" in text


def test_a_result_is_read_as_it_was_written() -> None:
    before = result(s5cmd=(4.0, 5.0), pipette=(1.0, 2.0))
    values = figures.as_json(before)
    assert figures.from_json(UP_4G, values) == before


def test_a_goal_is_met_or_missed_by_the_median() -> None:
    met = goals.goals_table([result(s5cmd=(4.0, 4.0, 4.0), **{"pipette_no-md5": (1.0, 1.0, 9.0)})])
    assert "| --no-md5: wall × s5cmd | 0.33 | 0.25 | met |" in met
    missed = goals.goals_table([result(s5cmd=(4.0,), **{"pipette_no-md5": (2.0,)})])
    assert "missed, 1.52 times as much" in missed


def test_a_goal_without_its_client_is_told_as_not_measured() -> None:
    assert "not measured" in goals.goals_table([result(s5cmd=(4.0,))])


@pytest.mark.parametrize(
    ("patterns", "found"),
    [
        (["4g-up-http"], ["4g-up-http"]),
        (["16k-*-tls"], ["16k-up-tls", "16k-down-tls"]),
        (["*-radosgw"], ["1g-up-radosgw", "1m-up-radosgw", "1m-down-radosgw"]),
    ],
)
def test_rows_are_chosen_by_pattern(patterns: list[str], found: list[str]) -> None:
    assert [row.name for row in rows.chosen(patterns)] == found


def test_a_server_of_its_own_is_measured_only_when_named() -> None:
    assert not any(row.place is rows.Place.RADOSGW for row in rows.chosen([]))


def test_files_are_made_once_and_listed_as_a_service_would_hold_them(tmp_path: Path) -> None:
    small = work.Work("few", 3, 1000)
    made = work.make(small, tmp_path)
    lines = [line.split() for line in made.manifest.read_text().splitlines()]
    for (key, size, etag, crc), path in zip(lines, sorted(made.folder.iterdir()), strict=True):
        content = path.read_bytes()
        assert key == f"bench/few/{path.name}"
        assert int(size) == len(content) == 1000
        assert etag == hashlib.md5(content, usedforsecurity=False).hexdigest()
        assert int(crc, 16) == crc64nvme(content)
    before = {path: path.stat().st_mtime_ns for path in made.folder.iterdir()}
    again = work.make(small, tmp_path)
    assert {path: path.stat().st_mtime_ns for path in again.folder.iterdir()} == before


def test_a_download_that_is_not_whole_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12")
    with pytest.raises(ValueError, match="holds 1 files, 2 bytes"):
        work.check_sizes(tmp_path, work.Work("few", 1, 3))


def test_a_moment_belongs_to_the_innermost_purpose_known() -> None:
    outer = "Uploading.move (pipette/engine/uploading.py:100)"
    samples = [
        Sample([outer, "Connection._send_some (pipette/engine/connection.py:152)"], 3),
        Sample([outer, "x (requests/a.py:1)"], 2),
        Sample(["_find_and_load (<frozen importlib._bootstrap>:1)", outer], 1),
        Sample(["x (elsewhere.py:1)"], 1),
        Sample([outer, "Readiness.wait_readable (pipette/engine/readiness.py:45)"], 4),
    ]
    assert by_purpose(samples) == {
        "sending": 3,
        "the queue's own decisions": 2,
        IMPORTING: 1,
        OTHER: 1,
        WAITING: 4,
    }


def test_samples_are_read_as_the_profiler_writes_them() -> None:
    text = "thread (12): engine;run (a.py:1);_send (b c.py:2) 7\nthread (13);run (a.py:1) 2\n"
    samples = parse(text)
    assert samples[0].frames[-1] == "_send (b c.py:2)"
    assert by_thread(samples) == {"engine": 7, "workers": 2}


def test_lag_is_told_by_its_percentiles() -> None:
    late = [0.1] * 98 + [20.0, 60.0]
    assert Lag.of(late) == Lag(100, 0.1, 60.0, 60.0, 2)
