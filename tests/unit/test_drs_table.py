"""Reading manifests in whatever form they come."""

from __future__ import annotations

import pytest

from pipette.model.drs_table import (
    ManifestUnreadable,
    Role,
    Table,
    decoded,
    guessed_roles,
    harmless,
    mended,
    plain,
    retold,
    table_from_bytes,
    table_from_text,
)


def cells(table: Table) -> list[tuple[str, ...]]:
    return [row.cells for row in table.rows]


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_the_delimiter_is_found_out(delimiter: str) -> None:
    lines = ["drs_uri,name,cohort", "drs://h/1,a.bam,4", "drs://h/2,b.bam,5"]
    table = table_from_text("\n".join(lines).replace(",", delimiter))
    assert table.headings == ("drs_uri", "name", "cohort")
    assert cells(table) == [("drs://h/1", "a.bam", "4"), ("drs://h/2", "b.bam", "5")]


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", b"\xef\xbb\xbf"),
        ("utf-16-le", b"\xff\xfe"),
        ("utf-16-be", b"\xfe\xff"),
        ("utf-16-le", b""),
        ("utf-16-be", b""),
        ("cp1252", b""),
    ],
)
def test_the_encoding_is_found_out(encoding: str, mark: bytes) -> None:
    data = mark + "drs_uri,name\r\ndrs://h/1,Prüfung.bam\r\n".encode(encoding)
    assert cells(table_from_bytes(data)) == [("drs://h/1", "Prüfung.bam")]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b" \n\n ", "empty"),
        (b"drs_uri", None),
        (b"PK\x03\x04rest of a workbook", "spreadsheet"),
        (b"\xd0\xcf\x11\xe0old workbook", "spreadsheet"),
        (b"a\0\0\0b\0\0\0", "no-text"),
    ],
)
def test_what_is_no_list_says_why(data: bytes, reason: str | None) -> None:
    if reason is None:
        assert table_from_bytes(data).rows == ()
        return
    with pytest.raises(ManifestUnreadable) as raised:
        table_from_bytes(data)
    assert raised.value.reason == reason


def test_a_plain_list_needs_no_headings() -> None:
    table = table_from_text('# from the portal\ndrs://h/1\n\n  drs://h/2\n"drs://h/3"\n')
    assert table.headings == ("column_1",)
    assert not table.has_headings
    assert cells(table) == [("drs://h/1",), ("drs://h/2",), ("drs://h/3",)]
    assert guessed_roles(table) == (Role.ADDRESS,)


def test_addresses_pasted_into_one_line_are_rows_of_their_own() -> None:
    table = table_from_text("drs://h/1 drs://h/2  drs://h/3\ndrs://h/4")
    assert [row.cells for row in table.rows] == [(f"drs://h/{number}",) for number in range(1, 5)]


def test_a_list_with_a_heading_only_is_read_as_such() -> None:
    table = table_from_text("DRS URI\ndrs://h/1\n")
    assert table.has_headings
    assert cells(table) == [("drs://h/1",)]


def test_rows_are_numbered_without_headings_and_blank_lines() -> None:
    table = table_from_text("drs_uri,name\n\ndrs://h/1,a\n,\ndrs://h/2,b\n")
    assert [row.number for row in table.rows] == [1, 2]


def test_quoted_cells_may_hold_delimiters_and_line_breaks() -> None:
    table = table_from_text('drs_uri,name,note\ndrs://h/1,"a, b.bam","two\nlines"\n')
    assert cells(table) == [("drs://h/1", "a, b.bam", "two\nlines")]


@pytest.mark.parametrize(
    "text",
    [
        'drs_uri,name\n"drs://h/1,a\ndrs://h/2,b\n',
        'drs_uri,name\n"drs://h/1"x,a\ndrs://h/2,b\n',
    ],
)
def test_a_broken_quote_costs_no_other_row(text: str) -> None:
    table = table_from_text(text)
    assert len(table.rows) == 2
    assert table.rows[1].cells == ("drs://h/2", "b")


def test_a_quote_that_goes_on_for_very_long_is_a_broken_one() -> None:
    rows = "".join(f"drs://h/{number},b\n" for number in range(50))
    table = table_from_text(f'drs_uri,name\ndrs://h/x,"a\n{rows}drs://h/y,"z\n')
    assert len(table.rows) == 52


def test_a_cell_larger_than_any_csv_is_still_a_cell() -> None:
    table = table_from_text(f"drs_uri,name\ndrs://h/1,{'x' * 140_000}\n")
    assert len(table.rows[0].cells[1]) == 140_000


def test_columns_without_a_name_or_with_one_twice_get_their_own() -> None:
    table = table_from_text("drs_uri,,cohort,cohort\ndrs://h/1,a,b,c\n")
    assert table.headings == ("drs_uri", "column_2", "cohort", "cohort_4")


@pytest.mark.parametrize("heading", ["drs_uri", "DRS URI", "DRS_URI", " drs uri ", "DrsUri"])
def test_the_column_of_addresses_is_known_by_its_heading(heading: str) -> None:
    table = table_from_text(f"name,{heading},x\na,drs://h/1,2\n")
    assert guessed_roles(table) == (Role.NAME, Role.ADDRESS, Role.METADATA)


def test_the_column_of_addresses_is_known_by_its_addresses() -> None:
    table = table_from_text("guid,file_name,size\nDRS://h/1,a.bam,12\n")
    assert guessed_roles(table) == (Role.ADDRESS, Role.METADATA, Role.METADATA)


def test_project_and_parent_are_known_and_our_own_columns_passed_over() -> None:
    table = table_from_text("drs_uri,Project,PARENT,pipette_reason,name\ndrs://h/1,,,x,n\n")
    assert guessed_roles(table) == (
        Role.ADDRESS,
        Role.PROJECT,
        Role.PARENT,
        Role.IGNORED,
        Role.NAME,
    )


def test_of_two_columns_of_names_the_second_is_but_a_column() -> None:
    table = table_from_text("drs_uri,name,Name\ndrs://h/1,a,b\n")
    assert guessed_roles(table) == (Role.ADDRESS, Role.NAME, Role.METADATA)


def test_a_table_without_any_address_has_no_such_column() -> None:
    table = table_from_text("guid,size\nabc,12\n")
    assert Role.ADDRESS not in guessed_roles(table)


def test_rows_without_headings_are_all_rows() -> None:
    table = table_from_text("drs://h/1,a\ndrs://h/2,b\n")
    assert not table.has_headings
    assert len(table.rows) == 2


def test_a_mended_cell_is_the_only_one_that_changes() -> None:
    table = table_from_text("drs_uri,name\nnonsense,a\ndrs://h/2\n")
    mended = table.with_cell(1, 0, "drs://h/1").with_cell(2, 1, "b")
    assert cells(mended) == [("drs://h/1", "a"), ("drs://h/2", "b")]
    assert cells(table)[0] == ("nonsense", "a")


def test_a_mended_cell_may_need_a_column_of_its_own() -> None:
    table = table_from_text("drs://h/1\ndrs://h/2\n")
    roles = guessed_roles(table)
    assert mended(table, roles, 1, Role.NAME, "") == (table, roles)
    wider, more = mended(table, roles, 2, Role.NAME, "b.bam")
    assert more == (Role.ADDRESS, Role.NAME)
    assert wider.headings == ("column_1", "name")
    assert cells(wider) == [("drs://h/1",), ("drs://h/2", "b.bam")]
    again, _ = mended(wider, more, 2, Role.NAME, "c.bam")
    assert cells(again)[1] == ("drs://h/2", "c.bam")


def test_a_first_row_can_be_headings_or_not() -> None:
    table = table_from_text("drs_uri,name\ndrs://h/1,a\n")
    plain_rows = retold(table, has_headings=False)
    assert cells(plain_rows) == [("drs_uri", "name"), ("drs://h/1", "a")]
    assert plain_rows.headings == ("column_1", "column_2")
    assert retold(plain_rows, has_headings=False) is plain_rows
    assert retold(plain_rows, has_headings=True) == table


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+49", "-5", "@cmd", "\tx", "'=x", "''=x", "harmless", "'quoted'", "", "a=b", "  =x"],
)
def test_what_a_spreadsheet_could_run_is_made_harmless_and_read_back(text: str) -> None:
    safe = harmless(text)
    assert not safe.lstrip().startswith(("=", "+", "-", "@"))
    assert plain(safe) == text


def test_text_that_is_no_utf_8_is_read_as_windows_wrote_it() -> None:
    assert decoded(b"caf\xe9") == "café"
