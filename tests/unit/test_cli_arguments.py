"""The grammar of the command line."""

from __future__ import annotations

import pytest

from pipette.cli_arguments import parse

GOOD = [
    "account add s3 --name archive",
    "account add s3 --name archive --url http://h:1 --region eu-central-1",
    "account list",
    "account list --json",
    "account test archive",
    "account test --json",
    "account remove archive --json",
    "ls archive:/bucket --json",
    "upload a b/ --to archive:/bucket --if-exists keep-both --json --dry-run --no-md5 --limit 12.5",
    "upload a --to archive:/b --give-up-after 0",
    "download archive:/b/x archive:/b/y --to out --if-exists replace --limit 1 --no-md5 --json",
    "import-drs list.csv --to cgc:/a/b --tag x --tag y --if-exists skip --json",
    "queue",
    "queue --json",
    "resume --json --give-up-after 30",
    "cancel 20261120-1",
    "receipt",
    "receipt 20261120-1 --format csv --output r.csv",
    "verify 20261120-1 --json",
]
BAD = [
    "",
    "frobnicate",
    "account",
    "account add ftp --name x",
    "account add s3",
    "account remove",
    "account add s3 --name x --key SECRET",
    "ls",
    "upload a",
    "upload --to archive:/b",
    "upload a --to archive:/b --if-exists overwrite",
    "upload a --to archive:/b --limit 0",
    "upload a --to archive:/b --limit fast",
    "upload a --to archive:/b --limit inf",
    "upload a --to archive:/b --give-up-after -1",
    "upload a --to archive:/b --dry",
    "download --to x",
    "cancel",
    "verify",
    "receipt --format pdf",
]


@pytest.mark.parametrize("line", GOOD)
def test_everything_the_contract_names_is_understood(line: str) -> None:
    assert parse(line.split()).command == line.split()[0]


@pytest.mark.parametrize("line", BAD)
def test_wrong_usage_ends_with_code_2(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ending:
        parse(line.split())
    assert ending.value.code == 2
    assert "usage: pipette" in capsys.readouterr().err


@pytest.mark.parametrize(
    "line", ["--help", "upload --help", "account --help", "account add --help", "--version"]
)
def test_help_and_version_end_with_code_0(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ending:
        parse(line.split())
    assert ending.value.code == 0
    assert "ipette" in capsys.readouterr().out


def test_a_limit_is_given_in_megabytes_and_kept_in_bytes() -> None:
    assert parse(["upload", "a", "--to", "b:/c", "--limit", "12.5"]).limit == 12_500_000


def test_paths_that_look_like_options_can_be_given() -> None:
    parsed = parse(["upload", "--to", "archive:/b", "--", "--json", "-x"])
    assert parsed.paths == ["--json", "-x"]
    assert parsed.json is False
