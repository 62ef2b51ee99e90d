"""The locations a person added, without their keys."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from urllib.parse import urlsplit

from pipette.model.account import Account
from pipette.store.atomic import write_atomically

log = logging.getLogger(__name__)

KINDS = ("s3", "ica", "basespace", "onecodex", "sevenbridges")

_FORBIDDEN_IN_NAMES = frozenset(":/\\")
_FIELDS = tuple(part.name for part in fields(Account))

Entry = dict[str, object]


class UnknownAccount(Exception):
    """No account of this name; the name is the argument."""


class AccountRefused(Exception):
    """This account cannot be kept; the argument is one of ``name``, ``kind``, ``url``, ``taken``."""


class Accounts:
    """The accounts of a home, in memory and in one file. Safe to call from any thread.

    ``list`` and ``get`` look at memory; changes read the file again first, so that an account added
    by another process meanwhile is kept. Fields and entries of a later version are kept as they are.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._entries = _read(path)

    def list(self) -> Sequence[Account]:
        with self._lock:
            entries = list(self._entries)
        return [account for account in map(_account, entries) if account]

    def get(self, name: str) -> Account:
        """Raises UnknownAccount. An unknown name is looked for in the file once more."""
        account = self._find(name)
        if account is None:
            self.refresh()
            account = self._find(name)
        if account is None:
            raise UnknownAccount(name)
        return account

    def add(self, account: Account) -> None:
        """Raises AccountRefused, OSError."""
        _refuse_bad(account)
        with self._lock:
            entries = _read(self._path)
            if any(entry.get("name") == account.name for entry in entries):
                raise AccountRefused("taken")
            self._write([*entries, _entry(account, {})])

    def update(self, account: Account) -> None:
        """Replace the account of this name. Raises UnknownAccount, AccountRefused, OSError."""
        _refuse_bad(account)
        with self._lock:
            entries = _read(self._path)
            at = _index(entries, account.name)
            self._write([*entries[:at], _entry(account, entries[at]), *entries[at + 1 :]])

    def remove(self, name: str) -> None:
        """Raises UnknownAccount, OSError. The key is removed by whoever keeps it."""
        with self._lock:
            entries = _read(self._path)
            at = _index(entries, name)
            self._write([*entries[:at], *entries[at + 1 :]])

    def refresh(self) -> None:
        """Read what other processes wrote."""
        with self._lock:
            self._entries = _read(self._path)

    def _find(self, name: str) -> Account | None:
        return next((account for account in self.list() if account.name == name), None)

    def _write(self, entries: Sequence[Entry]) -> None:
        text = json.dumps({"version": 1, "accounts": [*entries]}, ensure_ascii=False, indent=2)
        write_atomically(self._path, text + "\n")
        self._entries = [*entries]


def _refuse_bad(account: Account) -> None:
    name = account.name
    if not name.strip() or not name.isprintable() or _FORBIDDEN_IN_NAMES & set(name):
        raise AccountRefused("name")
    if account.kind not in KINDS:
        raise AccountRefused("kind")
    if account.url and not _is_plain_address(account.url):
        raise AccountRefused("url")


def _is_plain_address(url: str) -> bool:
    """True for an address without a key in it: those never go into a file."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    has_secret = parts.username or parts.password or parts.query or parts.fragment
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not has_secret


def _index(entries: Sequence[Entry], name: str) -> int:
    for at, entry in enumerate(entries):
        if entry.get("name") == name:
            return at
    raise UnknownAccount(name)


def _read(path: Path) -> list[Entry]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    except ValueError as error:
        return _set_aside(path, str(error))
    entries = content.get("accounts") if isinstance(content, dict) else None
    if isinstance(entries, list):
        return [entry for entry in entries if isinstance(entry, dict)]
    return _set_aside(path, "it holds no list of accounts")


def _set_aside(path: Path, why: str) -> list[Entry]:
    """Keep what cannot be understood beside the file, where nothing overwrites it."""
    beside = path.with_name(f"{path.name}.unreadable")
    path.replace(beside)
    log.error("the accounts could not be understood and are kept as %s: %s", beside.name, why)
    return []


def _account(entry: Entry) -> Account | None:
    try:
        return Account(**{name: _field(name, entry[name]) for name in _FIELDS if name in entry})  # type: ignore[arg-type]  # _field checked it
    except (TypeError, ValueError):
        log.warning("an account in the file cannot be used and is passed over")
        return None


def _field(name: str, value: object) -> object:
    if name == "extra":
        return _extra(value)
    expected = bool if name == "demo" else str
    if not isinstance(value, expected):
        raise ValueError(name)
    return value


def _extra(value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, Mapping):
        raise ValueError("extra")
    return tuple((str(name), str(text)) for name, text in value.items())


def _entry(account: Account, before: Mapping[str, object]) -> Entry:
    ours: Entry = {name: getattr(account, name) for name in _FIELDS}
    return {**before, **ours, "extra": dict(account.extra)}
