"""How each kind of service presents itself: its regions, and the addresses people paste."""

from __future__ import annotations

import pytest

from pipette.model.account import Account, Network, Secret
from pipette.model.kinds import Kinds, Recognised, ServiceKind, recognised_in
from pipette.providers import basespace_regions, sevenbridges_api
from pipette.providers.kinds import KINDS
from pipette.providers.memory import MemoryInProcess

PROJECT = "0f5ae2d2-7a2b-4c1e-9d3e-0123456789ab"
ABOUT = {code: info.about for code, info in KINDS.items()}


def first_reading(text: str) -> tuple[str, Recognised] | None:
    readings = recognised_in(text, list(ABOUT.values()))
    return (readings[0][0].code, readings[0][1]) if readings else None


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        (
            f"https://ica.illumina.com/ica/link/project/{PROJECT}/data/fol.{'0' * 32}",
            "ica",
            Recognised(project_id=PROJECT),
        ),
        (
            f"https://ica.illumina.com/ica/projects/{PROJECT.upper()}/data",
            "ica",
            Recognised(project_id=PROJECT),
        ),
        ("https://core-lab.login.illumina.com/", "ica", Recognised()),
        (
            f"https://ica.lab.example/ica/link/project/{PROJECT}",
            "ica",
            Recognised("https://ica.lab.example", project_id=PROJECT),
        ),
        (
            "https://basespace.illumina.com/projects/123456/about",
            "basespace",
            Recognised(region="USE1", project_id="123456"),
        ),
        (
            "https://core-lab.euc1.sh.basespace.illumina.com/projects/7",
            "basespace",
            Recognised(region="EUC1", project_id="7"),
        ),
        ("https://cnn1.sh.basespace.illumina.com.cn", "basespace", Recognised(region="CNN1")),
        (
            "https://cgc.sbgenomics.com/u/rfranklin/my-project/files/#q?path=a",
            "sevenbridges",
            Recognised(region="cgc", container="rfranklin/my-project"),
        ),
        (
            "https://eu-api.sbgenomics.com/v2/projects/lab/exomes",
            "sevenbridges",
            Recognised(region="eu", container="lab/exomes"),
        ),
        (
            "https://platform.sb.biodatacatalyst.nhlbi.nih.gov/home",
            "sevenbridges",
            Recognised(region="bdc"),
        ),
        (
            "https://app.onecodex.com/projects/0123456789abcdef",
            "onecodex",
            Recognised(project_id="0123456789abcdef"),
        ),
        ("s3://reads/2026/", "s3", Recognised(container="reads", path="2026")),
        (
            "https://reads.s3.eu-central-1.amazonaws.com/runs",
            "s3",
            Recognised(region="eu-central-1", container="reads", path="runs"),
        ),
        ("https://s3.amazonaws.com/reads", "s3", Recognised(container="reads")),
        (
            "https://eu-west-1.console.aws.amazon.com/s3/buckets/reads?region=eu-west-1&prefix=a/",
            "s3",
            Recognised(region="eu-west-1", container="reads", path="a"),
        ),
        (
            "https://user:key@host:9000/bucket/folder",
            "s3",
            Recognised("https://host:9000", "", "bucket", "folder", is_certain=False),
        ),
    ],
)
def test_pasted_addresses_are_recognised(text: str, kind: str, found: Recognised) -> None:
    assert first_reading(f" {text}\n") == (kind, found)


@pytest.mark.parametrize("text", ["", "bucket", "s3://", "https://", "https://[", "ftp://host/x"])
def test_other_text_is_no_address(text: str) -> None:
    assert first_reading(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "https://ica.illumina.com.evil.example/",
        "https://onecodex.com.evil.example/",
        "https://basespace.illumina.com.evil.example/projects/1",
        "https://cgc.sbgenomics.com.evil.example/u/a/b",
    ],
)
def test_a_host_that_only_looks_alike_is_not_taken_for_the_platform(text: str) -> None:
    reading = first_reading(text)
    assert reading is not None
    assert reading[0] == "s3"
    assert not reading[1].is_certain


@pytest.mark.parametrize("kind", list(ABOUT.values()), ids=list(ABOUT))
def test_each_region_of_a_kind_can_be_used(kind: ServiceKind) -> None:
    for region in kind.regions:
        account = Account("lab", kind.code, region=region.code)
        KINDS[kind.code].factory(account, Secret("A:B"), Network(), MemoryInProcess())
        assert region.name


def test_regions_are_those_the_adapters_know() -> None:
    assert [r.code for r in ABOUT["basespace"].regions] == list(basespace_regions.REGIONS)
    assert [r.code for r in ABOUT["sevenbridges"].regions] == list(sevenbridges_api.REGIONS)


@pytest.mark.parametrize(
    ("kind", "code", "known"),
    [
        ("basespace", "euc1", "EUC1"),
        ("basespace", "aus", "APS2"),
        ("basespace", "", "USE1"),
        ("sevenbridges", "CGC", "cgc"),
        ("ica", "", ""),
        ("sevenbridges", "moon", None),
    ],
)
def test_regions_are_found_by_their_codes(kind: str, code: str, known: str | None) -> None:
    region = ABOUT[kind].region(code)
    assert (region.code if region is not None else None) == known


@pytest.mark.parametrize(
    ("account", "where", "host"),
    [
        (Account("a", "ica"), "", "ica.illumina.com"),
        (
            Account("a", "basespace", region="EUC1"),
            "Frankfurt, EU",
            "euc1.sh.basespace.illumina.com",
        ),
        (Account("a", "basespace"), "Virginia, US", "basespace.illumina.com"),
        (Account("a", "onecodex"), "", "app.onecodex.com"),
        (Account("a", "s3", region="eu-central-1"), "eu-central-1", "Amazon S3, eu-central-1"),
        (Account("a", "s3", region="eu-nowhere-9"), "eu-nowhere-9", "Amazon S3, eu-nowhere-9"),
        (Account("a", "s3"), "", "Amazon S3"),
        (Account("a", "s3", url="http://h:90/"), "h", "h:90"),
        (Account("a", "sevenbridges", url="https://own.example/v2"), "own.example", "own.example"),
    ],
)
def test_a_server_is_told_in_plain_words(account: Account, where: str, host: str) -> None:
    kind = ABOUT[account.kind]
    assert (kind.where(account), kind.host(account)) == (where, host)


def test_tiles_come_in_one_order_and_have_a_colour_each() -> None:
    kinds = Kinds(ABOUT.values())
    assert [kind.code for kind in kinds] == ["ica", "basespace", "sevenbridges", "onecodex", "s3"]
    assert [kind.tile for kind in kinds] == [0, 1, 2, 3, 4]


def test_a_kind_of_a_later_version_stands_for_itself() -> None:
    gopher = Kinds(ABOUT.values()).of(Account("a", "gopher", region="eu"))
    assert (gopher.title, gopher.monogram, gopher.recognise("https://h")) == ("gopher", "GO", None)
    assert gopher.where(Account("a", "gopher", region="eu")) == "eu"


@pytest.mark.parametrize("kind", list(ABOUT.values()), ids=list(ABOUT))
def test_the_segments_of_a_project_are_those_of_the_adapter(kind: ServiceKind) -> None:
    adapter = KINDS[kind.code].factory(
        Account("lab", kind.code), Secret("A:B"), Network(), MemoryInProcess()
    )
    assert adapter.features.container_segments == kind.container_segments
