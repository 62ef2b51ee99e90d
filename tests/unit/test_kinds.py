"""Which services there are, and the adapters of accounts that are open."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pipette.engine.desk import Providers
from pipette.model import errors
from pipette.model.account import Account, Network, Secret
from pipette.providers import kinds, protocol
from pipette.providers.kinds import KINDS, OpenAccounts
from pipette.providers.memory import MemoryInProcess
from pipette.providers.s3 import S3
from pipette.providers.s3_client import keys_of
from pipette.providers.s3_conduct import Conduct

ABILITIES = (
    protocol.ListsParts,
    protocol.Browses,
    protocol.Downloads,
    protocol.MakesFolders,
    protocol.Deletes,
    protocol.Links,
    protocol.ListsUploads,
)


class Desk:
    """Accounts and keys as a test sets them; counts what was looked up."""

    def __init__(self) -> None:
        self.key = "AK:SK"
        self.looked_up = 0

    def account(self, name: str) -> Account:
        return Account(name, "s3")

    def secret(self, name: str) -> Secret:
        self.looked_up += 1
        return Secret(self.key)

    def open_accounts(self) -> OpenAccounts:
        return OpenAccounts(self.account, self.secret, Network(), MemoryInProcess())


def test_naming_the_services_loads_none_of_their_libraries() -> None:
    desktop = Path(kinds.__file__).parents[2]
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); import pipette.providers.kinds;"
        "print([name for name in ('boto3', 'botocore', 'requests') if name in sys.modules])"
    )
    said = subprocess.run(
        [sys.executable, "-c", program, str(desktop)], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "[]"


def test_making_an_adapter_loads_nothing_and_asks_nothing() -> None:
    desktop = Path(kinds.__file__).parents[2]
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pipette.model.account import *\n"
        "from pipette.providers.kinds import *\n"
        "from pipette.providers.memory import MemoryInProcess\n"
        "KINDS['s3'].factory(Account('a', 's3'), Secret('AK:SK'), Network(), MemoryInProcess())\n"
        "print('botocore' in sys.modules)"
    )
    said = subprocess.run(
        [sys.executable, "-c", program, str(desktop)], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "False"


def test_s3_has_every_ability() -> None:
    s3 = Desk().open_accounts().provider("lab")
    assert all(isinstance(s3, ability) for ability in ABILITIES)


def test_open_accounts_are_what_the_engine_asks_for() -> None:
    providers: Providers = Desk().open_accounts()
    assert providers.provider("lab").limits.most_parts == 10_000


def test_an_adapter_is_made_once_and_shared() -> None:
    desk = Desk()
    accounts = desk.open_accounts()
    assert accounts.provider("lab") is accounts.provider("lab")
    assert desk.looked_up == 1


def test_a_forgotten_adapter_is_made_anew_with_the_new_key() -> None:
    desk = Desk()
    accounts = desk.open_accounts()
    accounts.provider("lab")
    desk.key = "NEW:SK"
    accounts.forget("lab")
    fresh = accounts.provider("lab")
    assert isinstance(fresh, S3)
    assert fresh.who().id == "NEW"


def test_an_adapter_made_while_its_key_changed_is_not_kept() -> None:
    desk = Desk()
    accounts = desk.open_accounts()
    asked, changed = threading.Event(), threading.Event()
    plain = desk.secret

    def slow(name: str) -> Secret:
        asked.set()
        changed.wait()
        return plain(name)

    accounts = OpenAccounts(desk.account, slow, Network(), MemoryInProcess())
    old = []
    worker = threading.Thread(target=lambda: old.append(accounts.provider("lab")))
    worker.start()
    asked.wait()
    accounts.forget("lab")
    changed.set()
    worker.join()
    assert accounts.provider("lab") is not old[0]


def test_an_account_without_a_key_needs_sign_in() -> None:
    desk = Desk()
    desk.key = ""
    with pytest.raises(errors.SignInNeeded):
        desk.open_accounts().provider("lab")


def test_an_unknown_kind_is_unavailable() -> None:
    with pytest.raises(errors.Unavailable):
        Desk().open_accounts().trial(Account("a", "gopher"), Secret("AK:SK"))


def test_every_kind_presents_itself_under_its_own_code() -> None:
    assert [info.about.code for info in KINDS.values()] == list(KINDS)
    letters = {info.about.monogram for info in KINDS.values()}
    assert len(letters) == len(KINDS)
    assert all(2 <= len(some) <= 3 for some in letters)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("AK:SK", ("AK", "SK", None)),
        (" AK:SK\n", ("AK", "SK", None)),
        ("AK:SK:TOKEN", ("AK", "SK", "TOKEN")),
        ("AK:SK:TOK:EN", ("AK", "SK", "TOK:EN")),
    ],
)
def test_keys_are_read_with_and_without_a_session(
    text: str, expected: tuple[str, str, str | None]
) -> None:
    keys = keys_of(Secret(text))
    session = keys.session.reveal() if keys.session else None
    assert (keys.access, keys.secret.reveal(), session) == expected


@pytest.mark.parametrize("text", ["", "AK", "AK:", ":SK", "::"])
def test_a_key_of_another_form_needs_sign_in_and_is_not_repeated(text: str) -> None:
    with pytest.raises(errors.SignInNeeded) as refused:
        keys_of(Secret(text))
    assert "AK" not in refused.value.detail.replace("ACCESS", "")


@pytest.mark.parametrize("text", ["crc64-trailer", "crc64-header", "md5-header", "md5-unseen"])
def test_what_is_remembered_of_an_endpoint_reads_back(text: str) -> None:
    conduct = Conduct.parse(text)
    assert conduct is not None
    assert conduct.text == text


@pytest.mark.parametrize("text", [None, "", "none", "blake3-trailer"])
def test_what_is_not_understood_of_an_endpoint_is_found_out_anew(text: str | None) -> None:
    assert Conduct.parse(text) is None
