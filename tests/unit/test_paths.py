"""Where a home lies."""

from __future__ import annotations

import os
import stat
from dataclasses import fields
from pathlib import Path

import pytest

from pipette.store.atomic import write_atomically
from pipette.store.paths import Paths


def test_everything_lies_under_the_home_that_is_asked_for(tmp_path: Path) -> None:
    paths = Paths.for_user(tmp_path / "lab home")
    for part in fields(paths):
        if part.name != "keychain":
            assert getattr(paths, part.name).is_relative_to(tmp_path / "lab home")


def test_the_environment_names_the_home(tmp_path: Path) -> None:
    paths = Paths.for_user(environ={"PIPETTE_HOME": str(tmp_path)})
    assert paths == Paths.for_user(tmp_path)


def test_without_a_word_the_platform_s_folders_are_used() -> None:
    paths = Paths.for_user(environ={})
    assert paths.home.is_absolute()
    assert "pipette" in str(paths.home).lower()
    assert paths.keychain == "Pipette"


def test_two_homes_share_nothing_not_even_keys(tmp_path: Path) -> None:
    one, other = Paths.for_user(tmp_path / "one"), Paths.for_user(tmp_path / "other")
    for part in fields(Paths):
        assert getattr(one, part.name) != getattr(other, part.name)


def test_a_home_is_the_same_however_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    assert Paths.for_user(tmp_path / "a" / ".." / "b") == Paths.for_user(tmp_path / "b")


def test_folders_are_made_once_and_may_exist(tmp_path: Path) -> None:
    paths = Paths.for_user(tmp_path / "home")
    paths.make()
    paths.make()
    assert paths.receipts.is_dir()
    assert paths.logs.is_dir()
    assert paths.inbox.is_dir()


def test_other_users_may_not_look_into_a_home(tmp_path: Path) -> None:
    paths = Paths.for_user(tmp_path / "home")
    paths.make()
    write_atomically(paths.settings, "{}")
    if os.name == "posix":
        assert not stat.S_IMODE(paths.home.stat().st_mode) & 0o077
        assert not stat.S_IMODE(paths.settings.stat().st_mode) & 0o077


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    write_atomically(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "\ud800 cannot be written")
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]
