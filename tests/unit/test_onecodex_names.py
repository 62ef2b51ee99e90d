"""Which reads belong together, what a sample is called, and what its states say. No requests."""

from __future__ import annotations

import pytest

from pipette.model.errors import Temporary
from pipette.model.files import MiB
from pipette.providers.onecodex_api import judged
from pipette.providers.onecodex_names import paired_reads, proposed
from pipette.providers.onecodex_samples import (
    id_in_name,
    moment_of,
    named_by_id,
    sample_of,
    seconds,
)
from pipette.providers.onecodex_storage import LARGEST_FILE, MOST_PARTS, part_size_of
from pipette.providers.web import Answer

ID = "0123456789abcdef"


@pytest.mark.parametrize(
    ("names", "pairs"),
    [
        (["s_R1.fastq.gz", "s_R2.fastq.gz"], [("s_R2.fastq.gz", "s_R1.fastq.gz")]),
        (["s_R2.fq", "s_R1.fq"], [("s_R2.fq", "s_R1.fq")]),
        (["s.r1.fq", "s.r2.fq"], [("s.r2.fq", "s.r1.fq")]),
        (["s_1.fq", "s_2.fq"], [("s_2.fq", "s_1.fq")]),
        (
            ["S2_S2_L001_R1_001.fastq.gz", "S2_S2_L001_R2_001.fastq.gz"],
            [("S2_S2_L001_R2_001.fastq.gz", "S2_S2_L001_R1_001.fastq.gz")],
        ),
        (["a_2_R1.fq", "a_2_R2.fq", "a_1_R2.fq"], [("a_2_R2.fq", "a_2_R1.fq")]),
        (["L001_R1.fq", "L002_R2.fq"], []),
        (["s_R1.fq.gz", "s_R2.fq"], []),
        (["s_R1.fasta", "s_R2.fasta"], []),
        (["s_R2.fq"], []),
        (["x_0.fq", "x_1.fq", "x_2.fq"], []),
        (["x_1.fq", "x_2.fq", "x_3.fq"], []),
        (["s_R1.fq", "s_r2.fq"], []),
        (["sR1.fq", "sR2.fq"], []),
        (["s_12.fq", "s_11.fq"], []),
        (["a_2_2.fq", "a_1_2.fq", "a_2_1.fq"], []),
        (
            ["I1.fastq", "s_I1_001.fq", "s_R1_001.fq", "s_R2_001.fq"],
            [("s_R2_001.fq", "s_R1_001.fq")],
        ),
    ],
)
def test_only_what_is_surely_a_pair_is_paired(
    names: list[str], pairs: list[tuple[str, str]]
) -> None:
    assert paired_reads(names) == pairs
    assert paired_reads(names[::-1]) == pairs


@pytest.mark.parametrize(
    ("name", "better"),
    [
        ("a;b.fastq", "a_b.fastq"),
        ("läufe.fq", "l_ufe.fq"),
        ("-x.fq", "x.fq"),
        ("plain", "plain.fastq"),
        ("a (1).fq", "a_1_.fq"),
    ],
)
def test_a_proposal_uses_plain_characters_only(name: str, better: str) -> None:
    assert proposed(name) == better


def test_doubles_carry_their_id_before_the_whole_extension() -> None:
    path = named_by_id("run/s.fastq.gz", ID)
    assert path == f"run/s_{ID}.fastq.gz"
    assert id_in_name(path) == ("run/s.fastq.gz", ID)
    assert id_in_name("run/s.fastq.gz") is None


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"status": "importing"}, "importing"),
        ({"visibility": "awaiting data"}, "awaiting_data"),
        ({"visibility": "importing"}, "importing"),
        ({"visibility": "private"}, "available"),
        ({"visibility": "public"}, "available"),
        ({"status": "available", "visibility": "private"}, "available"),
        ({}, ""),
    ],
)
def test_older_answers_tell_the_state_by_visibility(told: dict[str, str], status: str) -> None:
    assert sample_of({"$uri": f"/api/v1/samples/{ID}", **told}).status == status


@pytest.mark.parametrize("data", [None, [], "text", {}, {"filename": "x"}])
def test_what_is_no_sample_is_not_taken_for_one(data: object) -> None:
    with pytest.raises(Temporary):
        sample_of(data)


def test_moments_are_read_with_and_without_their_zone() -> None:
    assert seconds("2026-01-01T00:00:00+01:00") == seconds("2025-12-31T23:00:00")
    assert seconds(moment_of(1_800_000_000.5)) == 1_800_000_000.5
    assert seconds("yesterday") is seconds(None) is None


@pytest.mark.parametrize(
    ("size", "part"),
    [
        (1, 10),
        (MOST_PARTS * 10 * MiB, 10),
        (MOST_PARTS * 10 * MiB + 1, 20),
        (LARGEST_FILE, 100),
    ],
)
def test_parts_are_the_smallest_multiple_that_makes_few_enough(size: int, part: int) -> None:
    assert part_size_of(size) == part * MiB


@pytest.mark.parametrize(
    ("data", "text", "told"),
    [
        ({"msg": "one", "message": "two"}, "", "one"),
        ({"message": "two"}, "", "two"),
        (None, "<html>three</html>", "three"),
        (["four"], "four", "four"),
    ],
)
def test_the_words_of_the_service_are_found_wherever_they_stand(
    data: object, text: str, told: str
) -> None:
    error = judged(Answer(400, {}, data, text))
    assert error is not None
    assert told in error.detail
