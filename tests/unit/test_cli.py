"""The commands that need no service, and how the program starts and ends."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import keyring
import keyring.backends.fail
import pytest
from keyring.backend import KeyringBackend

from pipette import __main__ as program
from pipette import cli, cli_look
from pipette.store.paths import Paths

DESKTOP = str(Path(__file__).parents[2] / "desktop")
KEY = "AKEXAMPLE:planted-secret"


class MemoryKeychain(KeyringBackend):
    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.entries: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.entries[service, username]


@pytest.fixture(autouse=True)
def keychain(monkeypatch: pytest.MonkeyPatch) -> MemoryKeychain:
    backend = MemoryKeychain()
    monkeypatch.setattr(keyring, "get_keyring", lambda: backend)
    return backend


@pytest.fixture
def no_keychain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring, "get_keyring", keyring.backends.fail.Keyring)


Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """Run a command line; returns the exit code, standard output and standard error."""

    def run(*arguments: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        code = cli.main(arguments)
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def add(say: Say, name: str = "archive", *more: str, key: str = KEY) -> int:
    code, _, _ = say("account", "add", "s3", "--name", name, *more, typed=f"{key}\n")
    return code


@pytest.mark.parametrize(
    ("kind", "region", "kept"),
    [
        ("basespace", "euc1", "EUC1"),
        ("sevenbridges", "CAVATICA", "cavatica"),
        ("s3", "eu-nowhere-9", "eu-nowhere-9"),
    ],
)
def test_a_region_is_kept_as_its_service_calls_it(
    say: Say, kind: str, region: str, kept: str
) -> None:
    told = ("account", "add", kind, "--name", "lab", "--region", region, "--json")
    code, out, _ = say(*told, typed=KEY)
    assert (code, json.loads(out)["region"]) == (0, kept)


@pytest.mark.parametrize("kind", ["basespace", "sevenbridges", "ica", "onecodex"])
def test_a_region_that_a_service_has_not_is_refused(say: Say, kind: str) -> None:
    code, _, err = say("account", "add", kind, "--name", "lab", "--region", "moon", typed=KEY)
    assert code == 2
    assert "'moon'" in err
    assert say("account", "list")[1] == ""


def test_an_account_is_added_listed_and_removed(say: Say, keychain: MemoryKeychain) -> None:
    assert add(say, "archive", "--url", "http://127.0.0.1:9", "--region", "eu") == 0
    assert list(keychain.entries.values()) == [KEY]
    code, out, _ = say("account", "list", "--json")
    assert code == 0
    assert json.loads(out) == {
        "event": "account",
        "name": "archive",
        "kind": "s3",
        "url": "http://127.0.0.1:9",
        "region": "eu",
        "who": None,
        "demo": False,
    }
    assert say("account", "remove", "archive")[0] == 0
    assert keychain.entries == {}
    assert say("account", "list", "--json")[:2] == (0, "")


def test_the_key_stands_nowhere_but_in_the_keychain(say: Say, tmp_path: Path) -> None:
    _, out, err = say("account", "add", "s3", "--name", "archive", typed=KEY)
    assert "planted-secret" not in out + err
    for file in Path(os.environ["PIPETTE_HOME"]).rglob("*"):
        if file.is_file():
            assert b"planted-secret" not in file.read_bytes()


def test_a_byte_order_mark_before_the_key_is_dropped(say: Say, keychain: MemoryKeychain) -> None:
    add(say, key=f"\ufeff{KEY}\r")
    assert list(keychain.entries.values()) == [KEY]


def test_without_a_key_nothing_is_added(say: Say) -> None:
    assert add(say, key="") == 3
    assert say("account", "list")[:2] == (0, "")


def test_adding_a_name_again_gives_it_a_new_key(say: Say, keychain: MemoryKeychain) -> None:
    add(say, "archive", "--url", "http://h:1")
    assert add(say, key="A:new") == 0
    assert list(keychain.entries.values()) == ["A:new"]
    assert "http://h:1" in say("account", "list")[1]


def test_another_kind_or_address_under_the_same_name_is_refused(
    say: Say, keychain: MemoryKeychain
) -> None:
    add(say, "archive", "--url", "http://h:1")
    assert add(say, "archive", "--url", "http://h:2", key="A:new") == 2
    assert say("account", "add", "ica", "--name", "archive", typed="A:new")[0] == 2
    assert list(keychain.entries.values()) == [KEY]


@pytest.mark.parametrize(
    "more", [("--name", "a:b"), ("--name", "a", "--url", "http://me:secret@host")]
)
def test_a_name_or_address_that_cannot_be_kept_is_refused(say: Say, more: tuple[str, ...]) -> None:
    code, _, err = say("account", "add", "s3", *more, typed=KEY)
    assert code == 2
    assert "secret@" not in err


@pytest.mark.usefixtures("no_keychain")
def test_without_a_keychain_the_way_out_is_told(say: Say) -> None:
    code, _, err = say("account", "add", "s3", "--name", "core-ica", typed=KEY)
    assert code == 3
    assert "PIPETTE_KEY_CORE_ICA" in err


@pytest.mark.usefixtures("no_keychain")
def test_without_a_keychain_the_environment_will_do(
    say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIPETTE_KEY_ARCHIVE", KEY)
    assert add(say, key="") == 0
    assert say("account", "remove", "archive")[0] == 0


UNKNOWN = [
    ("account", "test", "nobody"),
    ("account", "remove", "nobody"),
    ("ls", "nobody:/bucket"),
    ("upload", ".", "--to", "nobody:/bucket"),
    ("download", "nobody:/bucket/x", "--to", "."),
    ("import-drs", "x.csv", "--to", "nobody:/p"),
]


@pytest.mark.parametrize("command", UNKNOWN)
def test_an_unknown_account_ends_with_code_2(say: Say, command: tuple[str, ...]) -> None:
    add(say)
    code, out, err = say(*command)
    assert (code, out) == (2, "")
    assert "There are: archive." in err


@pytest.mark.parametrize("place", ["archive", "archive:bucket", ":/bucket", "/tmp/x", ""])
def test_what_is_no_place_ends_with_code_2(say: Say, place: str) -> None:
    add(say)
    assert say("ls", place)[0] == 2
    assert say("upload", ".", "--to", place)[0] == 2


def test_a_path_that_is_not_there_ends_with_code_2_before_anything_else(say: Say) -> None:
    code, _, err = say("upload", "no such file", "--to", "nobody:/x")
    assert code == 2
    assert "does not exist" in err


def test_a_missing_key_ends_with_code_3(say: Say, keychain: MemoryKeychain) -> None:
    add(say, "archive", "--url", "http://127.0.0.1:9")
    keychain.entries.clear()
    assert say("ls", "archive:/bucket")[0] == 3
    assert say("upload", ".", "--to", "archive:/bucket")[0] == 3
    code, out, _ = say("account", "test", "--json")
    assert code == 3
    assert json.loads(out)["error"] == "SignInNeeded"


@pytest.mark.parametrize("command", ["cancel", "verify", "receipt"])
def test_an_unknown_batch_ends_with_code_2(say: Say, command: str) -> None:
    code, out, err = say(command, "20260101-9")
    assert (code, out) == (2, "")
    assert "pipette queue" in err


def test_a_new_home_has_an_empty_queue_and_nothing_to_resume(say: Say) -> None:
    assert say("queue", "--json") == (0, "", "")
    code, out, _ = say("resume", "--json")
    assert (code, out) == (0, "")
    assert say("receipt")[0] == 2


@pytest.mark.parametrize("form", ["xlsx", "html"])
def test_receipts_in_forms_that_come_later_say_so(say: Say, form: str) -> None:
    code, out, err = say("receipt", "--format", form)
    assert (code, out) == (2, "")
    assert "later" in err


def test_what_nobody_foresaw_is_logged_and_ends_with_code_1(
    say: Say, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> int:
        raise LookupError("planted")

    monkeypatch.setattr(cli_look, "queue", broken)
    code, _, err = say("queue")
    assert code == 1
    assert "LookupError" in err
    log = Paths.for_user().logs / "pipette.log"
    assert "Traceback" in log.read_text(encoding="utf-8")
    assert caplog.records


def test_a_home_that_cannot_be_used_ends_with_code_2(
    say: Say, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("PIPETTE_HOME", str(tmp_path / "file" / "home"))
    code, _, err = say("queue")
    assert code == 2
    assert "cannot be used" in err


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl+C", "SIGTERM"]
)
def test_an_interrupted_command_ends_with_its_own_code(
    say: Say, monkeypatch: pytest.MonkeyPatch, number: int, code: int
) -> None:
    def interrupted(*_: object) -> int:
        signal.raise_signal(number)
        return 0

    before = signal.getsignal(number)
    monkeypatch.setattr(cli_look, "queue", interrupted)
    ended, _, err = say("queue")
    assert ended == code
    assert "pipette resume" in err
    assert signal.getsignal(number) is before


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], False),
        (["--demo"], False),
        (["-platform", "offscreen"], False),
        (["--help"], True),
        (["--version"], True),
        (["queue"], True),
        (["frobnicate"], True),
    ],
)
def test_the_window_opens_only_without_a_command(arguments: list[str], expected: bool) -> None:
    assert program.is_for_command_line(arguments) is expected


LIGHT = (
    "import sys; from pipette.__main__ import run; code = run({arguments}); "
    "heavy = {{'boto3', 'botocore', 'PySide6', 'keyring', 'requests'}}; "
    "print(sorted(heavy & sys.modules.keys()), code)"
)


@pytest.mark.parametrize("arguments", [["--help"], ["account", "list"], ["queue"]])
def test_light_commands_load_nothing_heavy(arguments: list[str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIGHT.format(arguments=arguments)],
        env={**os.environ, "PYTHONPATH": DESKTOP, "PIPETTE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[] 0"


def test_the_program_ends_with_the_command_s_code(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": DESKTOP, "PIPETTE_HOME": str(tmp_path)}
    for arguments, code in ((["queue"], 0), (["cancel", "x"], 2), (["frobnicate"], 2)):
        done = subprocess.run(
            [sys.executable, "-m", "pipette", *arguments],
            env=environment,
            capture_output=True,
            check=False,
        )
        assert done.returncode == code
