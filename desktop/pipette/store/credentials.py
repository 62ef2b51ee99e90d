"""Keys, in the system's keychain or in memory, nowhere else.

Windows keeps at most 2,560 bytes an entry and stores UTF-16, so a long key is split over numbered
entries; this is done on every system, so that it is tried out on every system. The head entry then
names the set its parts belong to. There are two sets in turn: the new parts are written beside the
old ones, the head is switched over, and what is left of the old set is deleted.
"""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from pipette.model.account import Secret

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

PART_UNITS = 1200
"""UTF-16 units in one entry; Windows takes 1,280."""

_HEAD = re.compile(r"pipette parts ([01]) (\d{1,4})")


class KeychainTrouble(Exception):
    """The keychain did not do what it was asked. ``kind`` is known to ``ui.words``."""

    @property
    def kind(self) -> str:
        return type(self).__name__


class NoKeychain(KeychainTrouble):
    """This computer has no keychain that could hold a key."""


class KeychainLocked(KeychainTrouble):
    """The keychain is locked, or it refused."""


class CredentialStore(Protocol):
    """Where keys are kept, by account name. May block on the system: call it on a worker."""

    def get(self, account: str) -> Secret | None:
        """None when there is no key. Raises KeychainTrouble."""
        ...

    def set(self, account: str, secret: Secret) -> None:
        """Keep this key instead of the one before. Raises KeychainTrouble."""
        ...

    def delete(self, account: str) -> None:
        """Forget the key, if there is one. Raises KeychainTrouble."""
        ...


class MemoryCredentials:
    """Keys that are forgotten when the process ends."""

    def __init__(self) -> None:
        self._secrets: dict[str, Secret] = {}

    def get(self, account: str) -> Secret | None:
        return self._secrets.get(account)

    def set(self, account: str, secret: Secret) -> None:
        self._secrets[account] = secret

    def delete(self, account: str) -> None:
        self._secrets.pop(account, None)


class KeyringCredentials:
    """Keys in the system's keychain, under the name of a home (``Paths.keychain``)."""

    def __init__(self, home: str, backend: KeyringBackend | None = None) -> None:
        self._home = home
        self._chosen = backend
        self._lock = threading.Lock()

    def get(self, account: str) -> Secret | None:
        with self._lock, _own_errors():
            head = self._entry(account).read()
            split = _HEAD.fullmatch(head) if head is not None else None
            if head is None or split is None:
                return Secret(head) if head else None
            generation, count = split.group(1), int(split.group(2))
            parts = [self._entry(account, generation, n).read() for n in range(1, count + 1)]
        if None in parts:
            return None
        return Secret("".join(part for part in parts if part))

    def set(self, account: str, secret: Secret) -> None:
        text = secret.reveal()
        with self._lock, _own_errors():
            head = self._entry(account)
            before = head.read()
            if before is not None and not _HEAD.fullmatch(before):
                # Windows' backend would keep a copy of the key that is overwritten.
                head.delete()
            if _units(text) <= PART_UNITS and not _HEAD.fullmatch(text):
                head.write(text)
                self._delete_parts(account, "0")
                self._delete_parts(account, "1")
                return
            self._write_parts(account, text, before)

    def delete(self, account: str) -> None:
        with self._lock, _own_errors():
            self._entry(account).delete()
            self._delete_parts(account, "0")
            self._delete_parts(account, "1")

    def _write_parts(self, account: str, text: str, before: str | None) -> None:
        old = _HEAD.fullmatch(before or "")
        generation = "1" if old and old.group(1) == "0" else "0"
        parts = _split(text)
        for number, part in enumerate(parts, 1):
            self._entry(account, generation, number).write(part)
        self._entry(account).write(f"pipette parts {generation} {len(parts)}")
        self._delete_parts(account, generation, after=len(parts))
        self._delete_parts(account, "0" if generation == "1" else "1")

    def _delete_parts(self, account: str, generation: str, after: int = 0) -> None:
        number = after + 1
        while self._entry(account, generation, number).delete():
            number += 1

    def _entry(self, account: str, *part: object) -> _Entry:
        # Not before a key is looked for there: looking for keychains takes its time.
        import keyring

        # A service name of its own for each entry: Windows' backend moves entries of one service
        # about when they have different user names. Account names hold no colon.
        service = ":".join([self._home, account, *map(str, part)])
        return _Entry(self._chosen or keyring.get_keyring(), service, account)


class Credentials:
    """Where a key comes from: the environment, else this session, else the keychain.

    ``seen`` is told every key that is handed out, so that the log can strip it.
    """

    def __init__(
        self,
        keychain: CredentialStore,
        environ: Mapping[str, str] = os.environ,
        seen: Callable[[Secret], None] = lambda secret: None,
    ) -> None:
        self._keychain = keychain
        self._session = MemoryCredentials()
        self._environ = environ
        self._seen = seen

    def get(self, account: str) -> Secret | None:
        secret = self.overriding(account) or self._session.get(account)
        secret = secret or self._keychain.get(account)
        if secret:
            self._seen(secret)
        return secret

    def set(self, account: str, secret: Secret) -> None:
        self._seen(secret)
        self._keychain.set(account, secret)
        self._session.delete(account)

    def set_for_session(self, account: str, secret: Secret) -> None:
        """Keep this key until the program ends, for computers without a keychain."""
        self._seen(secret)
        self._session.set(account, secret)

    def delete(self, account: str) -> None:
        self._session.delete(account)
        self._keychain.delete(account)

    def overriding(self, account: str) -> Secret | None:
        """The key the environment gives for this account, if it does."""
        text = self._environ.get(environment_name(account), "").strip()
        return Secret(text) if text else None


def environment_name(account: str) -> str:
    """``PIPETTE_KEY_CORE_ICA`` for ``core-ica``."""
    return "PIPETTE_KEY_" + re.sub(r"[^A-Z0-9]", "_", account.upper())


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry of the keychain."""

    backend: KeyringBackend
    service: str
    username: str

    def read(self) -> str | None:
        return self.backend.get_password(self.service, self.username)

    def write(self, text: str) -> None:
        self.backend.set_password(self.service, self.username, text)

    def delete(self) -> bool:
        """False when there was none."""
        if self.read() is None:
            return False
        self.backend.delete_password(self.service, self.username)
        return True


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _split(text: str) -> list[str]:
    """Pieces of at most PART_UNITS; a character outside the basic plane (two units) stays whole."""
    parts, units = [""], 0
    for char in text:
        width = _units(char)
        if units + width > PART_UNITS:
            parts.append("")
            units = 0
        parts[-1] += char
        units += width
    return parts


@contextmanager
def _own_errors() -> Iterator[None]:
    import keyring.errors

    try:
        yield
    except keyring.errors.NoKeyringError as error:
        raise NoKeychain("no keychain") from error
    except _backend_errors() as error:
        raise KeychainLocked(type(error).__name__) from error


def _backend_errors() -> tuple[type[Exception], ...]:
    """Keyring's own and those of the system libraries below it, which some backends let through."""
    import keyring.errors

    below = {
        "win32ctypes.pywin32.pywintypes": "error",
        "secretstorage.exceptions": "SecretStorageException",
        "jeepney.wrappers": "DBusErrorResponse",
    }
    loaded = ((sys.modules.get(module), name) for module, name in below.items())
    foreign = [getattr(module, name) for module, name in loaded if hasattr(module, name)]
    return (keyring.errors.KeyringError, OSError, *foreign)
