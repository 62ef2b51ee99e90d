"""The settings file."""

from __future__ import annotations

import json
import logging
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import pytest

from pipette.model.account import Network
from pipette.model.transfer import IfExists
from pipette.store.settings import RowHeight, Settings, Theme

CHANGED = Settings(
    theme=Theme.DARK,
    row_height=RowHeight.COMFORTABLE,
    if_exists=IfExists.KEEP_BOTH,
    md5=False,
    up_limit=12.5e6,
    down_limit=1e6,
    operator="Dana Müller",
    download_folder="/data/ünder",
    network=Network("http://proxy:3128", "/etc/lab.pem", 5.0, 30.0),
    window={"splitter": "AAAA/w=="},
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "settings.json"


def test_without_a_file_the_defaults_hold(path: Path) -> None:
    assert Settings.load(path) == Settings()


@pytest.mark.parametrize("settings", [Settings(), CHANGED])
def test_settings_come_back_as_they_were_saved(path: Path, settings: Settings) -> None:
    settings.save(path)
    assert Settings.load(path) == settings


def test_settings_are_values(path: Path) -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().md5 = False


def test_what_a_later_version_wrote_is_kept(path: Path) -> None:
    Settings().save(path)
    values = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(values | {"week_grid": [[1, 2], None]}), encoding="utf-8")
    replace(Settings.load(path), md5=False).save(path)
    after = json.loads(path.read_text(encoding="utf-8"))
    assert after["week_grid"] == [[1, 2], None]
    assert after["md5"] is False


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("theme", "violet"),
        ("theme", ["dark"]),
        ("row_height", 38),
        ("if_exists", None),
        ("md5", "yes"),
        ("up_limit", -1),
        ("up_limit", True),
        ("down_limit", "fast"),
        ("operator", 7),
        ("network", "proxy"),
        ("network", {"connect_seconds": 0}),
        ("window", {"a": 1}),
        ("window", []),
    ],
)
def test_a_value_that_cannot_be_used_falls_back_with_a_line_in_the_log(
    path: Path, name: str, value: object, caplog: pytest.LogCaptureFixture
) -> None:
    path.parent.mkdir()
    path.write_text(json.dumps({name: value, "operator_note": 1}), encoding="utf-8")
    assert getattr(Settings.load(path), name) == getattr(Settings(), name)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert name in caplog.text


def test_one_bad_value_does_not_touch_the_others(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path.parent.mkdir()
    content = {"theme": "violet", "md5": False, "network": {"proxy": 1, "extra_ca": "/a.pem"}}
    path.write_text(json.dumps(content), encoding="utf-8")
    loaded = Settings.load(path)
    assert loaded.md5 is False
    assert loaded.network == Network(extra_ca="/a.pem")
    assert len(caplog.records) == 2


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "\x00"])
def test_a_broken_file_gives_the_defaults_and_a_line_in_the_log(
    path: Path, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    path.parent.mkdir()
    path.write_text(content, encoding="utf-8")
    assert Settings.load(path) == Settings()
    assert len(caplog.records) == 1
