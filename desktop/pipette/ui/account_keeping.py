"""Keeps locations and their keys together: what the window asks of accounts and keychain at once."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

from pipette.model.account import Account, Secret
from pipette.model.errors import TransferError
from pipette.providers.protocol import AccountTest, Who
from pipette.store.accounts import Accounts
from pipette.store.credentials import Credentials, KeychainTrouble

log = logging.getLogger(__name__)


class TriesKeys(Protocol):
    """The part of ``engine.desk.Desk`` that tries a key out; blocks."""

    def test(self, account: Account, secret: Secret) -> Sequence[AccountTest]: ...

    def who(self, account: Account, secret: Secret) -> Who: ...


@dataclass(frozen=True, slots=True)
class Tried:
    """What trying a key showed. ``who`` is None when the service does not tell."""

    tests: Sequence[AccountTest]
    who: Who | None


def try_key(desk: TriesKeys, account: Account, secret: Secret) -> Tried:
    """Test a key and ask whose it is. Blocks; every failure is one of the tests."""
    tests = desk.test(account, secret)
    if any(test.name == "key" and test.passed is False for test in tests):
        return Tried(tests, None)
    try:
        return Tried(tests, desk.who(account, secret))
    except TransferError as error:
        log.info("whose key it is could not be found out: %s", error.kind)
        return Tried(tests, None)


class AccountKeeper:
    """Every method but ``list`` blocks on disk or keychain: call it on a worker.

    Raises ``store.accounts.AccountRefused``, ``store.credentials.KeychainTrouble`` and OSError; a
    step that fails leaves things as they were.
    """

    def __init__(self, accounts: Accounts, credentials: Credentials) -> None:
        self._accounts = accounts
        self._credentials = credentials

    def list(self) -> Sequence[Account]:
        """From memory, so at once."""
        return self._accounts.list()

    def add(self, account: Account, secret: Secret, *, session_only: bool) -> None:
        self._accounts.add(account)
        try:
            self.set_key(account.name, secret, session_only=session_only)
        except KeychainTrouble:
            self._accounts.remove(account.name)
            raise

    def put_demo(self, account: Account, secret: Secret) -> None:
        """The practice place has another address at each start, and its key lives as long as it."""
        if any(known.name == account.name for known in self._accounts.list()):
            self._accounts.update(account)
        else:
            self._accounts.add(account)
        self._credentials.set_for_session(account.name, secret)

    def set_key(self, name: str, secret: Secret, *, session_only: bool) -> None:
        if session_only:
            self._credentials.set_for_session(name, secret)
        else:
            self._credentials.set(name, secret)

    def update(self, account: Account) -> None:
        self._accounts.update(account)

    def rename(self, old: str, new: str) -> None:
        account = self._accounts.get(old)
        secret = self._credentials.get(old)
        self._accounts.add(replace(account, name=new))
        if secret is not None:
            try:
                self._credentials.set(new, secret)
            except KeychainTrouble:
                self._credentials.set_for_session(new, secret)
        self.remove(old)

    def remove(self, name: str) -> None:
        """Forget the key, then the account."""
        # Without a keychain there is no key in it either.
        with suppress(KeychainTrouble):
            self._credentials.delete(name)
        self._accounts.remove(name)
