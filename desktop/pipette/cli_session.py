"""What every command has at hand: the home, its accounts and keys, and a desk to ask services at.

What is costly to load (the keychain, the adapters, boto3) is loaded when it is first asked for.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from pipette.cli_engine import OUT_OF_REACH, REFUSED, SIGN_IN, SOME_FAILED, Refusal
from pipette.cli_output import Speaker, Streams, Value
from pipette.model.account import Account, Secret
from pipette.model.errors import SignInNeeded, Temporary, TransferError
from pipette.model.files import Location
from pipette.model.transfer import BatchId, BatchSnapshot
from pipette.store.accounts import Accounts, UnknownAccount
from pipette.store.logs import Redaction
from pipette.store.paths import Paths
from pipette.store.settings import Settings
from pipette.ui import words

if TYPE_CHECKING:
    from pipette.engine.desk import Desk, Providers
    from pipette.engine.journal_reader import JournalReader
    from pipette.store.credentials import Credentials

Answer = TypeVar("Answer")

TRIES = 3
TRY_AGAIN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class SystemClock:
    def time(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        """A signal ends it by the exception its handler raises."""
        time.sleep(seconds)


@dataclass
class Session:
    """One run of the command line."""

    paths: Paths
    streams: Streams
    speaker: Speaker
    redaction: Redaction
    clock: SystemClock = field(default_factory=SystemClock)
    unreached_since: float | None = None
    """Since when (monotonic) the service asked last could not be reached."""

    @cached_property
    def settings(self) -> Settings:
        return Settings.load(self.paths.settings)

    @cached_property
    def accounts(self) -> Accounts:
        return Accounts(self.paths.accounts)

    @cached_property
    def credentials(self) -> Credentials:
        from pipette.store.credentials import Credentials, KeyringCredentials

        keychain = KeyringCredentials(self.paths.keychain)
        return Credentials(keychain, seen=self.redaction.hide)

    @cached_property
    def providers(self) -> Providers:
        from pipette.providers.memory import MemoryInProcess
        from pipette.wiring import adapters

        network = self.settings.network
        return adapters(self.accounts, self.credentials, network, MemoryInProcess())

    @cached_property
    def desk(self) -> Desk:
        from pipette.engine.desk import Desk

        return Desk(self.providers)

    @cached_property
    def reader(self) -> JournalReader:
        from pipette.engine.journal_reader import JournalReader

        return JournalReader(self.paths.journal)

    def account(self, name: str) -> Account:
        """Raises Refusal when there is none."""
        try:
            return self.accounts.get(name)
        except UnknownAccount as error:
            raise Refusal(
                f"There is no location called {name!r}. {_known(self.accounts)}"
            ) from error

    def secret(self, name: str) -> Secret:
        """Raises SignInNeeded."""
        from pipette.wiring import secret_of

        return secret_of(self.credentials, name)

    def place(self, text: str) -> Location:
        """Read ``ACCOUNT:/path`` as that account's service counts its segments. Raises Refusal."""
        try:
            account = self.account(Location.parse(text).account)
            features = self.ask(account.name, lambda: self.desk.features(account.name))
            return Location.parse(text, features.container_segments)
        except ValueError as error:
            raise Refusal(f"{text!r} is no place; one reads ACCOUNT:/path.") from error

    def batch(self, text: str) -> BatchSnapshot:
        """Raises Refusal when there is none."""
        found = self.reader.batch(BatchId(text))
        if found is None:
            raise Refusal(f"There is no batch called {text!r}. 'pipette queue' lists them.")
        return found

    def tell_owner(self, account: str) -> None:
        """An account or its key changed: the process that owns the queue, if any, shall know."""
        if not self.paths.lock.exists():
            return
        from pipette.wiring import has_owner, open_home

        if has_owner(self.paths):
            home = open_home(
                self.paths, self.settings, self.accounts, self.credentials, resume=False
            )
            home.account_changed(account)
            home.close()

    def ask(
        self, account: str, question: Callable[[], Answer], patience_seconds: float | None = None
    ) -> Answer:
        """Put a question to a service, again when it cannot be reached. Raises Refusal."""
        began = self.clock.monotonic()
        until = began + (patience_seconds or 0.0)
        tries = 0
        while True:
            tries += 1
            try:
                answer = question()
            except Temporary as error:
                self.unreached_since = began
                if tries >= TRIES and self.clock.monotonic() >= until:
                    raise refusal_for(error, account) from error
            except TransferError as error:
                raise refusal_for(error, account) from error
            else:
                self.unreached_since = None
                return answer
            self.clock.wait(TRY_AGAIN_SECONDS)


def _known(accounts: Accounts) -> str:
    names = ", ".join(account.name for account in accounts.list())
    return f"There are: {names}." if names else "Add one with 'pipette account add'."


def refusal_for(error: TransferError, account: str) -> Refusal:
    """Why a question could not be answered, with the exit code for it."""
    kind = error.detail if error.detail in {"NoKeychain", "KeychainLocked"} else error.kind
    line = words.refusal_line(kind, account)
    if kind != error.kind:
        from pipette.store.credentials import environment_name

        line += f" Or set {environment_name(account)} to the key."
    return Refusal(line, exit_code_of(error))


def exit_code_of(error: TransferError) -> int:
    if isinstance(error, SignInNeeded):
        return SIGN_IN
    if isinstance(error, Temporary):
        return OUT_OF_REACH
    return (
        REFUSED if error.kind in {"ContainerGone", "RemoteMissing", "Unavailable"} else SOME_FAILED
    )


def iso_time(seconds: float | None) -> Value:
    """ISO 8601 with offset."""
    from datetime import datetime

    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds).astimezone().isoformat(timespec="seconds")


def read_key() -> str:
    """The key from standard input; typed unseen at a terminal."""
    stream = sys.stdin
    if stream is None:
        return ""
    if stream.isatty():
        import getpass

        return getpass.getpass("Key: ").strip()
    return stream.readline().lstrip("\ufeff").strip()
