"""The accounts file."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from pipette.model.account import Account
from pipette.store.accounts import AccountRefused, Accounts, UnknownAccount

ARCHIVE = Account(
    "archive",
    "s3",
    url="https://s3.example.org:9000",
    region="eu-central-1",
    container="seq-archive",
    path="2026",
    who="Dana",
    who_id="123",
    extra=(("sse", "aws:kms"), ("sse-key", "alias/lab")),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "accounts.json"


def names(accounts: Accounts) -> list[str]:
    return [account.name for account in accounts.list()]


def test_a_new_home_has_no_accounts(path: Path) -> None:
    assert list(Accounts(path).list()) == []


def test_an_account_comes_back_as_it_was_added(path: Path) -> None:
    Accounts(path).add(ARCHIVE)
    assert list(Accounts(path).list()) == [ARCHIVE]
    assert Accounts(path).get("archive") == ARCHIVE


def test_a_name_can_be_given_only_once(path: Path) -> None:
    accounts = Accounts(path)
    accounts.add(ARCHIVE)
    with pytest.raises(AccountRefused, match="taken"):
        accounts.add(replace(ARCHIVE, kind="ica"))
    assert list(accounts.list()) == [ARCHIVE]


@pytest.mark.parametrize("name", ["", "  ", "a:b", "a/b", "a\\b", "a\nb"])
def test_a_name_that_could_not_stand_in_a_place_is_refused(path: Path, name: str) -> None:
    with pytest.raises(AccountRefused, match="name"):
        Accounts(path).add(replace(ARCHIVE, name=name))


def test_an_unknown_kind_of_service_is_refused(path: Path) -> None:
    with pytest.raises(AccountRefused, match="kind"):
        Accounts(path).add(replace(ARCHIVE, kind="ftp"))


@pytest.mark.parametrize(
    "url",
    [
        "s3.example.org",
        "ftp://host",
        "https://",
        "https://me:pass@host",
        "https://host/?token=abc",
        "https://host/#secret",
        "https://[bad",
    ],
)
def test_an_address_that_is_none_or_holds_a_key_is_refused(path: Path, url: str) -> None:
    with pytest.raises(AccountRefused, match="url"):
        Accounts(path).add(replace(ARCHIVE, url=url))
    assert not path.exists()


def test_an_account_can_be_changed_and_removed(path: Path) -> None:
    accounts = Accounts(path)
    accounts.add(ARCHIVE)
    accounts.add(replace(ARCHIVE, name="other"))
    accounts.update(replace(ARCHIVE, who="Ravi"))
    assert Accounts(path).get("archive").who == "Ravi"
    accounts.remove("archive")
    assert names(accounts) == names(Accounts(path)) == ["other"]


def test_what_is_not_there_cannot_be_changed(path: Path) -> None:
    accounts = Accounts(path)
    with pytest.raises(UnknownAccount):
        accounts.get("nobody")
    with pytest.raises(UnknownAccount):
        accounts.remove("nobody")
    with pytest.raises(UnknownAccount):
        accounts.update(ARCHIVE)


def test_fields_and_entries_of_a_later_version_are_kept(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    entries = [
        {"name": "archive", "kind": "s3", "colour": "green"},
        {"name": 7, "kind": "s3", "future": True},
    ]
    path.write_text(json.dumps({"accounts": entries}), encoding="utf-8")
    accounts = Accounts(path)
    assert names(accounts) == ["archive"]
    accounts.update(ARCHIVE)
    after = json.loads(path.read_text(encoding="utf-8"))["accounts"]
    assert after[0]["colour"] == "green"
    assert after[0]["region"] == "eu-central-1"
    assert after[1] == entries[1]
    assert "passed over" in caplog.text


@pytest.mark.parametrize("content", ["{", "[1]", '{"accounts": 3}'])
def test_a_file_that_cannot_be_understood_is_kept_beside(
    path: Path, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    path.write_text(content, encoding="utf-8")
    accounts = Accounts(path)
    accounts.add(ARCHIVE)
    assert path.with_name("accounts.json.unreadable").read_text(encoding="utf-8") == content
    assert names(Accounts(path)) == ["archive"]
    assert caplog.records


def test_another_process_s_account_is_seen_and_not_overwritten(path: Path) -> None:
    mine, other = Accounts(path), Accounts(path)
    other.add(replace(ARCHIVE, name="theirs"))
    assert mine.get("theirs").kind == "s3"
    other.add(replace(ARCHIVE, name="more"))
    mine.add(ARCHIVE)
    assert names(Accounts(path)) == ["theirs", "more", "archive"]


def test_many_threads_lose_no_account(path: Path) -> None:
    accounts = Accounts(path)
    threads = [
        threading.Thread(target=accounts.add, args=(replace(ARCHIVE, name=f"a{n}"),))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(names(Accounts(path))) == [f"a{n}" for n in range(8)]
