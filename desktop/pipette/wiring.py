"""Puts the parts together, the same for the window and the command line."""

from __future__ import annotations

import logging
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from filelock import FileLock, Timeout

from pipette import __version__
from pipette.engine.assembly import assemble
from pipette.engine.desk import Providers
from pipette.engine.engine import Engine
from pipette.engine.home import Home
from pipette.engine.journal_reader import JournalReader
from pipette.engine.pool import MakeThreads, PlainThreads
from pipette.model.account import Account, Network, Secret
from pipette.model.errors import SignInNeeded
from pipette.model.receipt_document import (
    Document,
    ReceiptFacts,
    Recheck,
    json_text,
    receipt_document,
)
from pipette.model.transfer import BatchId, FileSnapshot
from pipette.providers.kinds import OpenAccounts
from pipette.providers.memory import EndpointMemory
from pipette.store.accounts import Accounts, UnknownAccount
from pipette.store.atomic import write_atomically
from pipette.store.credentials import Credentials, KeychainTrouble
from pipette.store.paths import Paths
from pipette.store.settings import Settings

log = logging.getLogger(__name__)


def open_home(
    paths: Paths,
    settings: Settings,
    accounts: Accounts,
    credentials: Credentials,
    *,
    resume: bool,
    show: Callable[[Sequence[str]], None] | None = None,
    threads: MakeThreads = PlainThreads,
) -> Home:
    """The way to this home's queue. Nothing starts before ``own``.

    With ``resume`` the queue of an earlier run goes on by itself, else somebody must resume it.
    """

    def start_engine() -> Engine:
        engine, _ = assemble(
            paths.journal,
            settings.network,
            partial(adapters, accounts, credentials, settings.network),
            partial(write_receipt, paths, accounts),
            threads,
        )
        engine.set_limits(settings.up_limit, settings.down_limit)
        engine.restore(resume=resume)
        engine.start()
        return engine

    return Home(paths.lock, paths.inbox, start_engine, show)


def has_owner(paths: Paths) -> bool:
    """True while some process owns this home's queue."""
    lock = FileLock(paths.lock, blocking=False)
    try:
        lock.acquire()
    except Timeout:
        return True
    lock.release()
    return False


def adapters(
    accounts: Accounts, credentials: Credentials, network: Network, memory: EndpointMemory
) -> Providers:
    """Makes adapters with the key of each account; fails as SignInNeeded where there is none."""
    return OpenAccounts(
        partial(_account, accounts), partial(secret_of, credentials), network, memory
    )


def _account(accounts: Accounts, name: str) -> Account:
    try:
        return accounts.get(name)
    except UnknownAccount as error:
        raise SignInNeeded(f"there is no account called {name}") from error


def secret_of(credentials: Credentials, name: str) -> Secret:
    """Raises SignInNeeded; its detail is the kind of trouble where the keychain is the reason."""
    try:
        secret = credentials.get(name)
    except KeychainTrouble as trouble:
        raise SignInNeeded(trouble.kind) from trouble
    if secret is None:
        raise SignInNeeded(f"no key is stored for {name}")
    return secret


def write_receipt(paths: Paths, accounts: Accounts, reader: JournalReader, batch: BatchId) -> None:
    """Keep the receipt of a batch that came to rest. Runs on a worker; a failure is logged."""
    document = make_receipt(accounts, reader, batch)
    if document is None:
        return
    try:
        write_atomically(paths.receipts / f"{batch}.json", json_text(document))
    except OSError as error:
        log.error("the receipt of batch %s could not be written: %s", batch, error.strerror)


def make_receipt(accounts: Accounts, reader: JournalReader, batch_id: BatchId) -> Document | None:
    """The receipt of a batch as the journal tells it now; None when there is no such batch."""
    batch = reader.batch(batch_id)
    if batch is None:
        return None
    facts = ReceiptFacts(
        app_version=__version__,
        account=_account_or_name(accounts, batch.place.account),
        computer=platform.node(),
        made_at=time.time(),
        checks=[Recheck(at, outcome) for at, outcome in reader.rechecks(batch_id)],
    )
    return receipt_document(batch, list(all_files(reader, batch_id)), facts)


def _account_or_name(accounts: Accounts, name: str) -> Account:
    """The account may have been removed since; its name is still known."""
    try:
        return accounts.get(name)
    except UnknownAccount:
        return Account(name, "")


def all_files(reader: JournalReader, batch: BatchId) -> Iterator[FileSnapshot]:
    """Every file of a batch, by position."""
    position = -1
    while page := reader.files(batch, position):
        position = page[-1].position
        yield from page
