"""Checking the rows of a manifest, and writing refused ones so that they can be run again."""

from __future__ import annotations

import pytest

from pipette.model.drs_manifest import (
    Checks,
    Fault,
    Manifest,
    ManifestRow,
    RowResult,
    checked,
    is_address,
    read_manifest,
    refused_text,
    result_text,
)
from pipette.model.drs_table import guessed_roles, table_from_text
from pipette.model.transfer import IfExists


def manifest(text: str, **checks: object) -> Manifest:
    return read_manifest("m.csv", table_from_text(text), Checks(**checks))


def faults(text: str, **checks: object) -> list[Fault | None]:
    return [row.fault for row in manifest(text, **checks).rows]


@pytest.mark.parametrize(
    "address",
    [
        "drs://nci-crdc.datacommons.io/1803d249-ae77-3bda-b191-86d333d7563f",
        "drs://nci-crdc.datacommons.io/dg.4DFC/1803d249",
        "drs://localhost:8080/abc",
        "drs://dg.4503:dg.4503%2F15fdd543",
        "drs://drs.anv0:v2_cd5b8d0f",
        "drs://h/%7Bid%7D",
    ],
)
def test_both_forms_of_an_address_are_known(address: str) -> None:
    assert is_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "https://h/1",
        "drs:/h/1",
        "drs://",
        "drs://host",
        "drs://host/",
        "drs://host:",
        "drs:///id",
        "drs://ho st/1",
        "drs://h/1 2",
        "drs://h/<1>",
        "drs://-h/1",
        "drs://h/é",
    ],
)
def test_what_is_no_address_is_told(address: str) -> None:
    assert not is_address(address)
    assert faults(f"drs_uri,name\n{address},a\n") == [Fault.ADDRESS]


def test_the_scheme_may_be_in_capitals() -> None:
    assert manifest("drs_uri\nDRS://h/1\n").rows[0].uri == "drs://h/1"


def test_every_other_column_is_metadata_and_blank_cells_are_none() -> None:
    row = manifest("drs_uri,name,cohort,note\ndrs://h/1,a.bam,4,\n").rows[0]
    assert row == ManifestRow(1, "drs://h/1", "a.bam", metadata=(("cohort", "4"),))


@pytest.mark.parametrize(
    ("text", "fault", "detail"),
    [
        ("drs_uri,name\n,a\n", Fault.NO_ADDRESS, ""),
        ("drs_uri,name\ndrs://h/" + "x" * 2100 + ",a\n", Fault.ADDRESS, None),
        ("drs_uri,project,parent\ndrs://h/1,u/p,5f00\n", Fault.TWO_TARGETS, "u/p, 5f00"),
        ("drs_uri,project\ndrs://h/1,TCGA-BRCA\n", Fault.PROJECT, "TCGA-BRCA"),
        ("drs_uri,project\ndrs://h/1,u/ p\n", Fault.PROJECT, "u/ p"),
        ("drs_uri,parent\ndrs://h/1,a/b\n", Fault.FOLDER, "a/b"),
        ("drs_uri,name\ndrs://h/1,a/b\n", Fault.NAME, "a/b"),
        ("drs_uri,name\ndrs://h/1,..\n", Fault.NAME, ".."),
        ("drs_uri,name\ndrs://h/1,a\x07b\n", Fault.NAME, "a\x07b"),
        ("drs_uri,name\ndrs://h/1," + "n" * 256 + "\n", Fault.NAME_LENGTH, "256"),
        ("drs_uri,cohort\ndrs://h/1," + "é" * 151 + "\n", Fault.VALUE_LENGTH, "cohort"),
        ("drs_uri," + "é" * 51 + "\ndrs://h/1,x\n", Fault.KEY_LENGTH, "é" * 51),
        ("drs_uri,name\ndrs://h/1,a,extra,\n", Fault.CELLS, "extra"),
    ],
)
def test_a_row_at_fault_is_set_aside_with_its_reason(
    text: str, fault: Fault, detail: str | None
) -> None:
    row = manifest(text).rows[0]
    assert row.fault is fault
    if detail is not None:
        assert row.detail == detail


def test_what_is_just_within_the_limits_is_fine() -> None:
    text = f"drs_uri,name,{'k' * 100}\ndrs://h/1,{'n' * 255},{'v' * 300}\n"
    assert faults(text) == [None]


def test_more_pairs_than_the_platform_takes_are_told() -> None:
    keys = ",".join(f"k{number}" for number in range(1001))
    values = ",".join("1" for _ in range(1001))
    assert faults(f"drs_uri,{keys}\ndrs://h/1,{values}\n") == [Fault.PAIRS]


def test_a_slash_at_the_end_of_a_project_is_no_part_of_it() -> None:
    assert manifest("drs_uri,project\ndrs://h/1,u/p/\n").rows[0].project == "u/p"


def test_how_a_project_is_named_is_the_services_affair() -> None:
    assert faults("drs_uri,project\ndrs://h/1,bucket\n", container_segments=1) == [None]


def test_the_second_of_two_rows_with_address_and_target_is_a_double() -> None:
    rows = manifest(
        "drs_uri,name,project\ndrs://h/1,a,u/p\ndrs://h/1,b,U/P\ndrs://h/1,c,u/q\ndrs://h/1,d,\n",
        project="u/q",
    ).rows
    assert [row.fault for row in rows] == [None, Fault.DOUBLE, None, Fault.DOUBLE]
    assert [row.detail for row in rows] == ["", "1", "", "3"]


def test_two_rows_of_one_name_in_one_place_can_only_be_kept_both() -> None:
    text = "drs_uri,name\ndrs://h/1,a\ndrs://h/2,a\n"
    assert faults(text) == [None, Fault.SAME_NAME]
    assert faults(text, rule=IfExists.REPLACE) == [None, Fault.SAME_NAME]
    assert faults(text, rule=IfExists.KEEP_BOTH) == [None, None]


def test_a_manifest_tells_fine_rows_from_those_set_aside() -> None:
    found = manifest("drs_uri\ndrs://h/1\nnonsense\n")
    assert [row.number for row in found.fine] == [1]
    assert [row.number for row in found.set_aside] == [2]


@pytest.mark.parametrize(
    ("row", "label"),
    [
        (ManifestRow(1, "drs://h/1", "a.bam"), "a.bam"),
        (ManifestRow(1, "drs://h/dg.4/1803"), "1803"),
        (ManifestRow(1, "drs://dg.4503:abc"), "abc"),
        (ManifestRow(1, "drs://h/1", "a/b/"), "a_b_"),
        (ManifestRow(7, ""), "row 7"),
    ],
)
def test_a_row_can_be_called_something(row: ManifestRow, label: str) -> None:
    assert row.label == label


# Lists to keep


def test_refused_rows_read_back_as_they_were() -> None:
    found = manifest(
        "drs_uri,name,project,parent,cohort,=cmd|x\n"
        "drs://h/1,=HYPERLINK(x),,,-5,1\n"
        "nonsense,b.bam,u/p,5f00,4,\n"
        "drs://h/3,c.bam,u/p,,,2\n"
    )
    text = refused_text([(row, "NotAllowed", "=10226") for row in found.rows])
    for line in text.splitlines():
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in line.split(","))
    assert "pipette_reason" in text.splitlines()[0]
    assert manifest(text) == found


def test_columns_nobody_used_are_not_written() -> None:
    text = refused_text([(ManifestRow(1, "drs://h/1"), "Refused", "")])
    assert text.splitlines()[0] == "drs_uri,pipette_row,pipette_reason,pipette_detail"


def test_results_stand_beside_the_original_columns() -> None:
    row = ManifestRow(3, "drs://h/1", "a.bam", metadata=(("cohort", "4"),))
    text = result_text(
        [
            RowResult(row, "imported", place="cgc:/u/p/a.bam", file_id="5f", size=12, files=4),
            RowResult(ManifestRow(4, "drs://h/2"), "failed", "NotAllowed", "10226"),
        ]
    )
    lines = text.splitlines()
    assert lines[0] == (
        "drs_uri,name,cohort,pipette_row,pipette_state,pipette_reason,pipette_detail,"
        "pipette_place,pipette_file_id,pipette_size,pipette_files"
    )
    assert lines[1] == "drs://h/1,a.bam,4,3,imported,,,cgc:/u/p/a.bam,5f,12,4"
    assert lines[2] == "drs://h/2,,,4,failed,NotAllowed,10226,,,,"


def test_columns_can_be_matched_by_hand() -> None:
    table = table_from_text("guid,file_name,size\ndrs://h/1,a.bam,12\n")
    roles = list(guessed_roles(table))
    roles[1] = type(roles[0]).NAME
    row = checked("m", table, roles, Checks()).rows[0]
    assert (row.name, row.metadata) == ("a.bam", (("size", "12"),))
