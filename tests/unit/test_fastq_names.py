"""Which FASTQ files apps take, by name, header and partner."""

from __future__ import annotations

import pytest

from pipette.model.fastq_names import (
    FastqName,
    Fault,
    cluster_of,
    fastq_name,
    fault_in,
    fault_in_record,
    is_fastq,
    samples,
    without_partner,
)

GOOD = "Lib-07_S12_L003_R2_001.fastq.gz"
HEADER = "@M01234:7:000000000-ABCDE:1:1101:15589:1332 1:N:0:12"
READ_1 = FastqName("Lib-07", 12, 3, 1)


def test_a_good_name_has_all_its_parts() -> None:
    assert fastq_name(GOOD) == FastqName("Lib-07", 12, 3, 2)
    assert fault_in(GOOD) is None


def test_undetermined_reads_are_number_zero() -> None:
    assert fastq_name("Undetermined_S0_L001_R1_001.fastq.gz") == FastqName("Undetermined", 0, 1, 1)


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("Lib_S1_L001_R1_001.fastq", Fault.NOT_GZIP),
        ("Lib_S1_L001_R1_001.fq.gz", Fault.NOT_GZIP),
        ("Lib_S1_L001_R1_001.fastq.bz2", Fault.NOT_GZIP),
        ("Lib_S1_L001_R1_001.FASTQ.GZ", Fault.NOT_GZIP),
        ("reads.fastq.gz", Fault.PATTERN),
        ("Lib_1.fastq.gz", Fault.PATTERN),
        ("_S1_L001_R1_001.fastq.gz", Fault.PATTERN),
        ("Lib_L001_S1_R1_001.fastq.gz", Fault.PATTERN),
        ("my_lib_S1_L001_R1_001.fastq.gz", Fault.SAMPLE),
        ("my lib_S1_L001_R1_001.fastq.gz", Fault.SAMPLE),
        ("Größe_S1_L001_R1_001.fastq.gz", Fault.SAMPLE),
        ("Lib_S1_L1_R1_001.fastq.gz", Fault.LANE),
        ("Lib_S1_L0001_R1_001.fastq.gz", Fault.LANE),
        ("Lib_S1_L001_R3_001.fastq.gz", Fault.READ),
        ("Lib_S1_L001_I1_001.fastq.gz", Fault.READ),
        ("Lib_S1_L001_R1_002.fastq.gz", Fault.SET),
    ],
)
def test_a_name_that_apps_pass_over_has_its_fault(name: str, fault: Fault) -> None:
    assert fault_in(name) is fault
    assert fastq_name(name) is None


@pytest.mark.parametrize("name", ["reads.bam", "fastq.txt", "notes.gz", "x.fastqc.html", ""])
def test_files_that_are_no_reads_have_no_fault(name: str) -> None:
    assert not is_fastq(name)
    assert fault_in(name) is None
    assert fastq_name(name) is None


def test_second_reads_need_their_first_ones() -> None:
    first, second = "A_S1_L001_R1_001.fastq.gz", "A_S1_L001_R2_001.fastq.gz"
    alone = "B_S2_L001_R2_001.fastq.gz"
    assert without_partner([first, second, alone, "notes.txt"]) == [alone]
    assert without_partner([second, "A_S1_L002_R1_001.fastq.gz"]) == [second]


def test_files_are_sorted_into_samples_by_lane_and_read_and_not_by_luck() -> None:
    names = [
        "B_S2_L001_R1_001.fastq.gz",
        "A_S1_L010_R1_001.fastq.gz",
        "A_S1_L002_R2_001.fastq.gz",
        "A_S01_L002_R1_001.fastq.gz",
        "no_S1.fastq.gz",
    ]
    assert samples(names) == {
        "A": [
            "A_S01_L002_R1_001.fastq.gz",
            "A_S1_L002_R2_001.fastq.gz",
            "A_S1_L010_R1_001.fastq.gz",
        ],
        "B": ["B_S2_L001_R1_001.fastq.gz"],
    }


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ([HEADER, "ACGT", "+", "IIII"], None),
        ([HEADER.replace(":1332 ", ":1332:ACGTAC "), "ACGT", "+", "IIII"], None),
        ([HEADER.replace(":0:12", ":0:ACGT+TTTT"), "ACGT", "+", "IIII"], None),
        (["@SRR1.1 length=4", "ACGT", "+", "IIII"], Fault.HEADER),
        ([HEADER, "ACGT", "+"], Fault.HEADER),
        ([HEADER, "ACGT", "IIII", "+"], Fault.HEADER),
        ([HEADER.replace(" 1:N", " 2:N"), "ACGT", "+", "IIII"], Fault.OTHER_READ),
        ([HEADER.replace(":N:", ":Y:"), "ACGT", "+", "IIII"], Fault.FILTERED),
        ([HEADER, "ACGT", "+", "III"], Fault.LENGTHS),
    ],
)
def test_a_record_is_held_to_its_header_and_lengths(lines: list[str], fault: Fault | None) -> None:
    assert fault_in_record(lines, READ_1) is fault


def test_the_two_reads_of_a_pair_share_their_cluster() -> None:
    cluster = cluster_of(HEADER)
    assert cluster == "M01234:7:000000000-ABCDE:1:1101:15589:1332"
    assert cluster_of(HEADER.replace(" 1:N", " 2:N")) == cluster
    assert cluster_of("@SRR1.1") is None
