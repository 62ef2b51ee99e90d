"""The project around the code: the lock file, the pages, the one command, and what must not be in."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import dev
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
NOT_OURS = {".git", ".venv", ".bench", "build", "dist", "htmlcov", "__pycache__"}
PAGES = ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md")

OWN_TEST_KEY = ROOT / "tests" / "fakes" / "certs" / "server.key"
"""Of the tests' own server on loopback; nobody trusts its certificate."""

# Written in pieces, so that this file is not found by its own search.
FORBIDDEN = {
    "a package index": r"pypi\." + r"org|python" + r"hosted|npm" + r"js|--(extra-)?index" + "-url",
    "a path of one machine": r"(?<![\w.])/(wor" + "k|roo" + "t|far" + r"m|opt/py" + r"pi)/",
    "an AWS key": r"\b(AK|AS)" + r"IA[0-9A-Z]{9}(?!\w*EXAMPLE)[0-9A-Z]{7}\b",
    "a private key": "-----BEGIN [A-Z ]*" + "PRIVATE KEY-----",
    "a token": r"\bgh[ps]_" + r"\w{36}|\beyJ[\w-]{20,}\.eyJ" + r"[\w-]{20,}\.",
}


def project_files() -> Iterator[Path]:
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [
            one for one in folders if one not in NOT_OURS and not one.endswith(("_cache", "info"))
        ]
        yield from (Path(folder) / name for name in names if not name.startswith(".coverage"))


def text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def forbidden_in(text: str) -> list[str]:
    return [what for what, pattern in FORBIDDEN.items() if re.search(pattern, text)]


def test_no_file_names_a_registry_a_machine_or_a_secret() -> None:
    files = [path for path in project_files() if path != OWN_TEST_KEY]
    found = {str(path): forbidden_in(text_of(path)) for path in files}
    assert {path: what for path, what in found.items() if what} == {}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("https://files.python" + "hosted.org/x", "a package index"),
        ("see /ro" + "ot/.cache", "a path of one machine"),
        ("AK" + "IAABCDEFGHIJKLMNOP", "an AWS key"),
        ("-----BEGIN RSA PRI" + "VATE KEY-----", "a private key"),
        ("gh" + "p_" + "a" * 36, "a token"),
    ],
)
def test_what_must_not_be_in_is_recognised(text: str, what: str) -> None:
    assert forbidden_in(text) == [what]


def locked_versions() -> dict[str, str]:
    lines = re.findall(r"^([\w.-]+)==([\w.]+)", text_of(ROOT / "requirements.txt"), re.MULTILINE)
    return {canonicalize_name(name): version for name, version in lines}


def wanted() -> list[Requirement]:
    project = tomllib.loads(text_of(ROOT / "pyproject.toml"))["project"]
    return [
        Requirement(line)
        for line in [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    ]


@pytest.mark.parametrize("requirement", [pytest.param(one, id=one.name) for one in wanted()])
def test_the_lock_holds_what_the_project_asks_for(requirement: Requirement) -> None:
    version = locked_versions()[canonicalize_name(requirement.name)]
    assert requirement.specifier.contains(version)


def test_every_locked_package_has_hashes() -> None:
    lock = text_of(ROOT / "requirements.txt")
    entries = re.split(r"^(?=[\w.-]+==)", lock, flags=re.MULTILINE)[1:]
    assert len(entries) == len(locked_versions())
    assert all(" \\\n    --hash=sha256:" in entry for entry in entries)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_links_only_to_what_is_there(page: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", text_of(ROOT / page))
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("page", ["ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_the_modules_a_page_speaks_of_exist(page: str) -> None:
    package = ROOT / "desktop" / "pipette"
    named = re.findall(
        r"`((?:model|providers|engine|store|ui|practice)/[\w*./]+)`", text_of(ROOT / page)
    )
    assert [name for name in named if not list(package.glob(name))] == []


def test_the_readme_gives_the_two_commands() -> None:
    readme = text_of(ROOT / "README.md")
    assert "python3 dev.py demo" in readme
    assert "python3 dev.py test" in readme


def test_the_build_servers_run_the_command_everybody_runs() -> None:
    workflow = text_of(ROOT / ".github" / "workflows" / "ci.yml")
    systems = re.findall(r"\{os: (\w+)-.*dev\.py test\b", workflow)
    assert set(systems) == {"ubuntu", "windows", "macos"}
    assert len(systems) == workflow.count("{os: ")
    assert "python3 dev.py test" in text_of(ROOT / ".ci" / "run")


def test_an_unknown_command_is_answered_with_the_known_ones(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert dev.main(["tset"]) == 2
    assert "dev.py test" in capsys.readouterr().out


def test_missing_libraries_and_programs_are_found_and_named_by_package() -> None:
    needs = {"libno-such-thing.so.9": "libnosuch9", "no-such-program": "nosuch", "python3": "have"}
    assert dev.missing_packages(needs) == ["libnosuch9", "nosuch"]


def test_who_may_not_install_is_told_the_exact_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "apt-get").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "  sudo apt-get install --no-install-recommends libegl1 libgl1\n" in dev.how_to_install(
        ["libegl1", "libgl1"]
    )


def test_another_system_is_told_what_to_look_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert dev.how_to_install(["libegl1"]).endswith("Debian packages: libegl1")


def test_another_list_or_another_python_makes_the_environment_anew(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_text("a==1\n", encoding="utf-8")
    assert not dev.is_installed(tmp_path, lock)
    (tmp_path / dev.STAMP).write_text(dev.stamp(lock), encoding="utf-8")
    assert dev.is_installed(tmp_path, lock)
    lock.write_text("a==2\n", encoding="utf-8")
    assert not dev.is_installed(tmp_path, lock)
