"""Numbers as people read them."""

from __future__ import annotations

import math
from datetime import timedelta, timezone

import pytest

from pipette.ui import figures

BERLIN = timezone(timedelta(hours=2), "CEST")
JUNE = 1781179331.0  # 11 Jun 2026, 14:02:11 CEST


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (612, "612 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 KB"),
        (14_208, "14.2 KB"),
        (99_960, "100 KB"),
        (999_400, "999 KB"),
        (999_950, "1.0 MB"),
        (2_104_889, "2.1 MB"),
        (38_600_112_231, "38.6 GB"),
        (112_000_000_000, "112 GB"),
        (1_020_000_000_000, "1.02 TB"),
        (9_996_000_000_000, "10.0 TB"),
        (5 * 1024**4, "5.50 TB"),
        (2 * 10**18, "2,000 PB"),
    ],
)
def test_a_size_is_decimal_and_has_three_figures(count: int, words: str) -> None:
    assert figures.size(count) == words


@pytest.mark.parametrize(
    ("arrived", "total", "words"),
    [
        (27_800_000_000, 38_600_000_000, "27.8 of 38.6 GB"),
        (0, 38_600_000_000, "0 of 38.6 GB"),
        (5_200_000, 38_600_000_000, "5.2 MB of 38.6 GB"),
        (300, 612, "300 of 612 bytes"),
        (0, 0, "0 of 0 bytes"),
    ],
)
def test_a_part_of_a_size_shares_its_unit_where_that_reads_well(
    arrived: int, total: int, words: str
) -> None:
    assert figures.size_of(arrived, total) == words


def test_exact_bytes_hide_no_digit() -> None:
    assert figures.exact_bytes(38_600_112_231) == "38,600,112,231 bytes"


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        (0, "0 MB/s"),
        (499, "0 MB/s"),
        (64_000, "64 KB/s"),
        (31_000_000, "31.0 MB/s"),
        (84_240_000, "84.2 MB/s"),
        (1_240_000_000, "1,240 MB/s"),
    ],
)
def test_a_speed_is_told_in_megabytes(rate: float, words: str) -> None:
    assert figures.rate(rate) == words


def test_a_speed_can_be_told_in_bits() -> None:
    assert figures.rate(31_000_000, as_bits=True) == "248 Mbit/s"


@pytest.mark.parametrize(
    ("arrived", "total", "done", "percent"),
    [(999, 1000, False, 99), (1000, 1000, False, 100), (0, 0, False, 0), (0, 0, True, 100)],
)
def test_a_percentage_is_rounded_down(arrived: int, total: int, done: bool, percent: int) -> None:
    assert figures.percent(arrived, total, done=done) == percent


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "under 1 min"),
        (59.9, "under 1 min"),
        (60, "1 min"),
        (299, "5 min"),
        (6840, "1 h 54 min"),
        (3600, "1 h"),
        (3599, "1 h"),
        (14 * 3600 - 5, "14 h"),
        (60 * 3600, "3 days"),
    ],
)
def test_time_left_is_rounded_up_to_what_one_can_plan_with(seconds: float, words: str) -> None:
    assert figures.time_left(seconds) == words


@pytest.mark.parametrize("seconds", [None, math.inf, math.nan, -1.0, 31 * 86400.0])
def test_time_left_is_blank_rather_than_wild(seconds: float | None) -> None:
    assert figures.time_left(seconds) == ""
    assert figures.about_time_left(seconds) == ""


def test_about_stands_before_a_figure_only() -> None:
    assert figures.about_time_left(280) == "about 5 min"
    assert figures.about_time_left(10) == "under 1 min"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(7.2, "8 s"), (102, "1:42"), (61, "1:01"), (7500, "2 h 5 min"), (-3, "0 s")],
)
def test_a_countdown_names_the_moment(seconds: float, words: str) -> None:
    assert figures.countdown(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(4.21, "4.2 s"), (42, "42 s"), (725, "12 min 5 s"), (12_000, "3 h 20 min")],
)
def test_a_duration_is_told_as_exactly_as_it_matters(seconds: float, words: str) -> None:
    assert figures.duration(seconds) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (1, "1st"),
        (2, "2nd"),
        (3, "3rd"),
        (4, "4th"),
        (11, "11th"),
        (112, "112th"),
        (1023, "1,023rd"),
    ],
)
def test_ordinals(value: int, words: str) -> None:
    assert figures.ordinal(value) == words


@pytest.mark.parametrize(("count", "words"), [(0, "0 files"), (1, "1 file"), (3386, "3,386 files")])
def test_one_file_is_no_files(count: int, words: str) -> None:
    assert figures.plural(count, "file") == words


def test_an_irregular_plural_is_given() -> None:
    assert figures.plural(2, "copy", "copies") == "2 copies"


def test_moments_of_this_year_leave_the_year_out() -> None:
    assert figures.moment(JUNE, JUNE, BERLIN) == "11 Jun, 14:02"
    assert figures.moment(JUNE, JUNE + 365 * 86400, BERLIN) == "11 Jun 2026, 14:02"


def test_a_receipt_s_moment_names_second_and_zone() -> None:
    assert figures.exact_moment(JUNE, BERLIN) == "11 Jun 2026, 14:02:11 CEST"
    assert figures.clock(JUNE, BERLIN) == "14:02"


def test_without_a_zone_times_are_the_computer_s_own() -> None:
    assert figures.clock(JUNE)[-2:] in {"02", "32", "47", "17"}
