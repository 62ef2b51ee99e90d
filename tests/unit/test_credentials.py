"""Keys: kept whole, kept apart, kept out of sight."""

from __future__ import annotations

import keyring.backends.fail
import keyring.errors
import pytest
from keyring.backend import KeyringBackend

from pipette.model.account import Secret
from pipette.store.credentials import (
    PART_UNITS,
    Credentials,
    KeychainLocked,
    KeyringCredentials,
    MemoryCredentials,
    NoKeychain,
    environment_name,
)

Entries = dict[tuple[str, str], str]


class PlugPulled(KeyboardInterrupt):
    pass


class WindowsLike(KeyringBackend):
    """A keychain with Windows' limit, which can fail after so many writes."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.entries: Entries = {}
        self.copies: list[str] = []
        self.writes_left: int | None = None

    def get_password(self, service: str, username: str) -> str | None:
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if len(password.encode("utf-16-le")) > 2560:
            raise keyring.errors.PasswordSetError("stub received bad data")
        if self.writes_left == 0:
            raise PlugPulled
        if self.writes_left is not None:
            self.writes_left -= 1
        if (service, username) in self.entries:
            self.copies.append(self.entries[service, username])
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if (service, username) not in self.entries:
            raise keyring.errors.PasswordDeleteError
        del self.entries[service, username]


class Locked(WindowsLike):
    def get_password(self, service: str, username: str) -> str | None:
        raise keyring.errors.KeyringLocked("locked")


@pytest.fixture
def backend() -> WindowsLike:
    return WindowsLike()


@pytest.fixture
def store(backend: WindowsLike) -> KeyringCredentials:
    return KeyringCredentials("Pipette", backend)


LONG = Secret("".join(chr(0x21 + n % 90) for n in range(7000)))
LONGER = Secret("z" * 9000)
LENGTHS = [1, PART_UNITS - 1, PART_UNITS, PART_UNITS + 1, 2 * PART_UNITS, 70_000]


@pytest.mark.parametrize("length", LENGTHS)
def test_a_key_of_any_length_comes_back(store: KeyringCredentials, length: int) -> None:
    secret = Secret("ab:é/+"[:length] + "x" * (length - 6))
    store.set("archive", secret)
    assert store.get("archive") == secret


def test_characters_that_need_two_units_stay_whole(store: KeyringCredentials) -> None:
    secret = Secret("a" + "🧬" * 2000)
    store.set("archive", secret)
    assert store.get("archive") == secret


def test_a_key_that_looks_like_a_head_entry_is_no_trap(store: KeyringCredentials) -> None:
    secret = Secret("pipette parts 1 99")
    store.set("archive", secret)
    assert store.get("archive") == secret


def test_what_was_never_kept_is_not_there(store: KeyringCredentials) -> None:
    assert store.get("archive") is None
    store.delete("archive")


def test_accounts_and_homes_do_not_see_each_other(backend: WindowsLike) -> None:
    one, other = KeyringCredentials("one", backend), KeyringCredentials("other", backend)
    one.set("archive", LONG)
    other.set("archive", Secret("short"))
    one.set("bs", Secret("else"))
    assert (one.get("archive"), other.get("archive")) == (LONG, Secret("short"))
    other.delete("archive")
    assert one.get("archive") == LONG


@pytest.mark.parametrize("secret", [Secret("short"), LONG])
def test_deleting_leaves_nothing_behind(
    store: KeyringCredentials, backend: WindowsLike, secret: Secret
) -> None:
    store.set("archive", LONGER)
    store.set("archive", secret)
    store.delete("archive")
    assert backend.entries == {}


@pytest.mark.parametrize("new", [Secret("short"), LONG, LONGER])
@pytest.mark.parametrize("old", [Secret("former"), LONG, LONGER])
def test_no_piece_of_the_old_key_survives_a_new_one(
    store: KeyringCredentials, backend: WindowsLike, old: Secret, new: Secret
) -> None:
    store.set("archive", old)
    store.set("archive", new)
    store.set("archive", Secret("last"))
    assert list(backend.entries.values()) == ["last"]
    assert all(copy.startswith("pipette parts") for copy in backend.copies)


@pytest.mark.parametrize("writes", range(9))
def test_the_plug_pulled_while_a_key_is_replaced_leaves_the_old_or_the_new(
    store: KeyringCredentials, backend: WindowsLike, writes: int
) -> None:
    store.set("archive", LONG)
    backend.writes_left = writes
    with pytest.raises(PlugPulled):
        store.set("archive", Secret(LONGER.reveal() + "more"))
    backend.writes_left = None
    assert store.get("archive") == LONG
    store.set("archive", Secret("short"))
    assert list(backend.entries.values()) == ["short"]


def test_a_lost_part_means_no_key_instead_of_half_a_key(
    store: KeyringCredentials, backend: WindowsLike
) -> None:
    store.set("archive", LONG)
    lost = next(entry for entry in backend.entries if entry[0].endswith(":2"))
    del backend.entries[lost]
    assert store.get("archive") is None


def test_a_computer_without_a_keychain_is_told_apart() -> None:
    store = KeyringCredentials("Pipette", keyring.backends.fail.Keyring())
    for action in (lambda: store.get("a"), lambda: store.delete("a")):
        with pytest.raises(NoKeychain):
            action()
    with pytest.raises(NoKeychain) as caught:
        store.set("a", Secret("hunter2"))
    assert caught.value.kind == "NoKeychain"


def test_a_locked_keychain_is_told_apart() -> None:
    with pytest.raises(KeychainLocked) as caught:
        KeyringCredentials("Pipette", Locked()).get("a")
    assert caught.value.kind == "KeychainLocked"


def test_a_refusal_never_repeats_the_key() -> None:
    class Chatty(WindowsLike):
        def set_password(self, service: str, username: str, password: str) -> None:
            raise keyring.errors.PasswordSetError(f"could not store {password}")

    with pytest.raises(KeychainLocked) as caught:
        KeyringCredentials("Pipette", Chatty()).set("a", Secret("hunter2"))
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("account", "variable"),
    [
        ("archive", "PIPETTE_KEY_ARCHIVE"),
        ("core-ica", "PIPETTE_KEY_CORE_ICA"),
        ("Lab 7.b", "PIPETTE_KEY_LAB_7_B"),
        ("größe", "PIPETTE_KEY_GR_SSE"),
    ],
)
def test_the_environment_variable_follows_the_account_s_name(account: str, variable: str) -> None:
    assert environment_name(account) == variable


def test_the_environment_overrides_the_keychain() -> None:
    keychain = MemoryCredentials()
    keychain.set("archive", Secret("kept"))
    credentials = Credentials(keychain, {"PIPETTE_KEY_ARCHIVE": " given\n"})
    assert credentials.get("archive") == Secret("given")
    assert Credentials(keychain, {"PIPETTE_KEY_ARCHIVE": " "}).get("archive") == Secret("kept")


def test_the_environment_serves_where_there_is_no_keychain() -> None:
    keychain = KeyringCredentials("Pipette", keyring.backends.fail.Keyring())
    credentials = Credentials(keychain, {"PIPETTE_KEY_ARCHIVE": "given"})
    assert credentials.get("archive") == Secret("given")
    with pytest.raises(NoKeychain):
        credentials.get("other")


def test_a_key_for_this_session_never_reaches_the_keychain() -> None:
    keychain = MemoryCredentials()
    credentials = Credentials(keychain, {})
    credentials.set_for_session("archive", Secret("now"))
    assert credentials.get("archive") == Secret("now")
    assert keychain.get("archive") is None
    credentials.delete("archive")
    assert credentials.get("archive") is None


def test_a_kept_key_takes_the_place_of_the_session_s() -> None:
    credentials = Credentials(MemoryCredentials(), {})
    credentials.set_for_session("archive", Secret("now"))
    credentials.set("archive", Secret("kept"))
    assert credentials.get("archive") == Secret("kept")


def test_every_key_handed_out_is_made_known_to_the_log() -> None:
    seen: list[Secret] = []
    credentials = Credentials(MemoryCredentials(), {"PIPETTE_KEY_B": "env"}, seen.append)
    credentials.set("a", Secret("kept"))
    credentials.set_for_session("c", Secret("now"))
    for account in ("a", "b", "c", "d"):
        credentials.get(account)
    assert set(seen) == {Secret("kept"), Secret("env"), Secret("now")}
