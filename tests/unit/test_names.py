"""Names from a service become safe names on any disk, and stay recognisable."""

from __future__ import annotations

import random
import unicodedata

import pytest

from pipette.model.names import (
    LINUX,
    MACOS,
    NAME_BYTES,
    PART_SUFFIX,
    WINDOWS,
    LocalNames,
    NameRules,
    can_be_sent,
    first_free,
    is_left_out,
    numbered,
    part_name,
    readable,
    rules_of,
    safe_relative_path,
)

EVERY_RULES = pytest.mark.parametrize("rules", [LINUX, MACOS, WINDOWS], ids=["linux", "mac", "win"])
DEVICES = {"con", "prn", "aux", "nul", "conin$", "conout$"} | {
    f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³"
}


@pytest.mark.parametrize(
    ("remote", "local"),
    [
        ("run7/Data/S1_R1.fastq.gz", "run7/Data/S1_R1.fastq.gz"),
        ("../../etc/passwd", "__/__/etc/passwd"),
        ("a/./b", "a/_/b"),
        ("/etc/passwd", "_/etc/passwd"),
        ("a//b", "a/_/b"),
        ("", "_"),
        ("/", "_/"),
        ("empty/", "empty/"),
        ("C:/Windows", "C_/Windows"),
        ("C:\\Windows", "C__Windows"),
        ("\\\\server\\share\\x", "__server_share_x"),
        ("..\\up", ".._up"),
        ("stream:hidden", "stream_hidden"),
        ("ends. . ", "ends____"),
        ("CON", "CON_"),
        ("nul.tar.gz", "nul_.tar.gz"),
        ("Com1 .txt", "Com1 _.txt"),
        ("lpt².log", "lpt²_.log"),
        ("console", "console"),
        ("a\0b\x1fc\x7fd", "a_b_c_d"),
        ("half \ud83d", "half _"),
        ("x" + PART_SUFFIX, "x" + PART_SUFFIX + "_"),
        ("X.Pipette-Part", "X.Pipette-Part_"),
    ],
)
def test_what_would_mean_something_else_somewhere_is_replaced_on_every_system(
    remote: str, local: str
) -> None:
    assert [safe_relative_path(remote, rules) for rules in (LINUX, MACOS, WINDOWS)] == [local] * 3


@pytest.mark.parametrize(
    "name",
    [
        "a b.txt",
        "50%+1 #2 (final)!.csv",
        "it's “fine”.txt",
        "caf\u00e9.fastq.gz",
        "cafe\u0301.fastq.gz",
        "👩‍🔬 plate.txt",
        "x" * 200,
        "〠 한글.bam",
        ".hidden",
    ],
)
@EVERY_RULES
def test_an_odd_but_harmless_name_stays_as_it_is(name: str, rules: NameRules) -> None:
    assert safe_relative_path(f"{name}/{name}", rules) == f"{name}/{name}"


def test_what_only_windows_refuses_is_replaced_only_there() -> None:
    remote = 'say "hi"? <a|b>*'
    assert safe_relative_path(remote, LINUX) == remote
    assert safe_relative_path(remote, WINDOWS) == "say _hi__ _a_b__"


def test_a_name_too_long_for_a_disk_keeps_its_beginning_and_its_whole_extension() -> None:
    local = safe_relative_path("é" * 200 + ".fastq.gz")
    assert len(local.encode()) <= NAME_BYTES
    assert local.startswith("é" * 100)
    assert local.endswith(".fastq.gz")


def test_two_long_names_that_differ_only_at_the_end_stay_two() -> None:
    assert safe_relative_path("x" * 300 + "1") != safe_relative_path("x" * 300 + "2")


def test_a_name_that_is_nearly_all_extension_is_cut_like_any_other() -> None:
    local = safe_relative_path("a" + ".gz" * 200)
    assert len(local.encode()) == NAME_BYTES
    assert local.startswith("a.gz.gz")


@EVERY_RULES
def test_files_of_one_folder_nested_too_deep_stay_together(rules: NameRules) -> None:
    deep = "/".join(f"level{number}" + "d" * 80 for number in range(60))
    first, second = (safe_relative_path(f"{deep}/{name}", rules) for name in ("a", "b"))
    assert first.rpartition("/")[0] == second.rpartition("/")[0]
    assert first.startswith("level0")
    assert len(first.encode()) <= rules.path_bytes


def hostile_names(seed: int, count: int = 1000) -> list[str]:
    chance = random.Random(seed)
    pieces = [
        *"aZ09._- ~$%+#'\"<>|?*:\\/é\u0301Åẞıİ\0\x1f\x85\ud800\u202e👩",
        *("..", ".", "//", "CON", "nul.", "COM1", "C:", "\\\\?\\", " ", ". ", ".gz", "x" * 120),
    ]
    return ["".join(chance.choices(pieces, k=chance.randint(0, 40))) for _ in range(count)]


def assert_safe(path: str, rules: NameRules) -> None:
    assert len(path.encode()) <= rules.path_bytes
    for segment in path.removesuffix("/").split("/"):
        assert segment
        assert len(segment.encode()) <= NAME_BYTES
        assert not segment.endswith((".", " "))
        assert not set(segment) & set(":\\" + rules.refused)
        assert not any(unicodedata.category(char) in {"Cc", "Cs"} for char in segment)
        assert segment.partition(".")[0].rstrip().casefold() not in DEVICES
        assert not segment.casefold().endswith(PART_SUFFIX)


@pytest.mark.parametrize("seed", range(4))
@EVERY_RULES
def test_no_name_whatsoever_leaves_the_folder_or_is_refused_by_a_system(
    rules: NameRules, seed: int
) -> None:
    for remote in hostile_names(seed):
        local = safe_relative_path(remote, rules)
        assert_safe(local, rules)
        assert safe_relative_path(local, rules) == local
        assert local.endswith("/") == remote.endswith("/")


@pytest.mark.parametrize("seed", range(4))
@EVERY_RULES
def test_every_remote_path_of_a_download_gets_a_place_of_its_own(
    rules: NameRules, seed: int
) -> None:
    remotes = sorted({name.removesuffix("/") for name in hostile_names(seed)})
    random.Random(seed).shuffle(remotes)
    names = LocalNames(rules)
    places = {remote: names.place(remote) for remote in remotes}
    folded = {unicodedata.normalize("NFD", place.casefold()) for place in places.values()}
    assert len(set(places.values())) == len(remotes)
    assert len(folded) == len(remotes) or not rules.folds_form
    assert {remote: names.place(remote) for remote in remotes} == places
    for place in places.values():
        assert_safe(place, NameRules(rules.refused, path_bytes=rules.path_bytes + 100))


def places(*remotes: str, rules: NameRules = LINUX) -> list[str]:
    names = LocalNames(rules)
    return [names.place(remote) for remote in remotes]


def test_names_that_differ_only_in_case_are_told_apart() -> None:
    assert places("A.fastq.gz", "a.fastq.gz", "A.FASTQ.gz") == [
        "A.fastq.gz",
        "a (2).fastq.gz",
        "A (3).FASTQ.gz",
    ]


def test_folders_that_differ_only_in_case_stay_two_folders() -> None:
    assert places("Run/a", "run/a", "Run/b", "run/b") == [
        "Run/a",
        "run (2)/a",
        "Run/b",
        "run (2)/b",
    ]


def test_a_file_and_a_folder_of_one_name_are_told_apart() -> None:
    assert places("data", "data/x", "data/") == ["data", "data (2)/x", "data (2)/"]


def test_a_number_given_out_does_not_hit_a_name_that_comes_later() -> None:
    assert places("A", "a", "a (2)") == ["A", "a (2)", "a (2) (2)"]


def test_composed_and_decomposed_names_are_one_only_where_the_disk_says_so() -> None:
    both = ("\u00e9.txt", "e\u0301.txt")
    assert places(*both, rules=LINUX) == list(both)
    assert places(*both, rules=WINDOWS) == list(both)
    assert places(*both, rules=MACOS) == ["\u00e9.txt", "e\u0301 (2).txt"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.fastq.gz", "a_1.fastq.gz"),
        ("a.FASTQ.GZ", "a_1.FASTQ.GZ"),
        ("backup.tar.gz", "backup_1.tar.gz"),
        ("x.bam.bai", "x_1.bam.bai"),
        ("x.vcf.gz.tbi", "x_1.vcf.gz.tbi"),
        ("x.g.vcf", "x_1.g.vcf"),
        ("x.g.vcf.gz", "x_1.g.vcf.gz"),
        ("x.fastq.gz.md5", "x_1.fastq.gz.md5"),
        ("archive.v2.bam", "archive.v2_1.bam"),
        ("archive.v2.gz", "archive.v2_1.gz"),
        ("run.2024", "run.2024_1"),
        ("Dr. Smith notes", "Dr. Smith notes_1"),
        ("README", "README_1"),
        ("ends.", "ends._1"),
        (".bashrc", ".bashrc_1"),
        (".hidden.txt", ".hidden_1.txt"),
        ("line\nbreak.gz", "line\nbreak_1.gz"),
        ("break.gz\n", "break.gz\n_1"),
    ],
)
def test_the_number_goes_before_the_whole_extension(name: str, expected: str) -> None:
    assert numbered(name, 1) == expected


def test_a_number_fits_even_on_the_longest_name() -> None:
    longest = "é" * 123 + ".fastq.gz"
    assert len(numbered(longest, 12).encode()) <= NAME_BYTES
    assert numbered(longest, 12).endswith("_12.fastq.gz")


def test_the_first_free_name_is_the_plain_one_or_has_the_lowest_number() -> None:
    assert first_free("a.gz", set()) == "a.gz"
    assert first_free("a.gz", {"a.gz", "a_1.gz", "a_3.gz"}) == "a_2.gz"


def test_an_unfinished_download_is_recognised_by_the_end_of_its_name() -> None:
    assert part_name("a.fastq.gz") == "a.fastq.gz.pipette-part"


def test_unfinished_downloads_of_two_long_names_do_not_meet() -> None:
    first, second = (part_name("x" * 254 + end) for end in "12")
    assert first != second
    assert first.endswith(PART_SUFFIX)
    assert len(first) == NAME_BYTES


@pytest.mark.parametrize(
    "name",
    [
        ".DS_Store",
        "Thumbs.db",
        "THUMBS.DB",
        "desktop.ini",
        "._S1_R1.fastq.gz",
        "~$SampleSheet.xlsx",
        "half.tmp",
        "movie.PART",
        "a.fastq.gz.pipette-part",
    ],
)
def test_what_systems_leave_lying_about_is_left_out(name: str) -> None:
    assert is_left_out(name)


@pytest.mark.parametrize(
    "name", [".hidden", "S1.fastq.gz", "tmp", "part", "a.partial", "_.x", "~a"]
)
def test_a_file_of_the_persons_own_is_never_left_out(name: str) -> None:
    assert not is_left_out(name)


def test_a_name_that_is_no_text_cannot_be_sent_but_can_be_shown() -> None:
    unknown = b"caf\xe9.txt".decode("utf-8", "surrogateescape")
    assert not can_be_sent(unknown)
    assert readable(unknown) == "caf\\udce9.txt"
    assert can_be_sent("cafe\u0301 👩‍🔬.txt")


def test_each_system_has_its_rules() -> None:
    assert [rules_of(name) for name in ("win32", "darwin", "linux")] == [WINDOWS, MACOS, LINUX]
