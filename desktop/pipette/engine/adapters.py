"""The adapters of accounts that have something to do.

They are made on a worker: the keychain may take its time, or ask somebody.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from functools import partial

from pipette.engine.clock import Clock
from pipette.engine.desk import Providers
from pipette.engine.errand import answer_of
from pipette.engine.pool import Pool
from pipette.engine.waits import Holds
from pipette.model.errors import SignInNeeded, TransferError
from pipette.providers.protocol import Provider

log = logging.getLogger(__name__)

RETRY_SECONDS = 10.0


class Adapters:
    """Belongs to the engine's thread."""

    def __init__(
        self,
        providers: Providers,
        holds: Holds,
        pool: Pool,
        clock: Clock,
        post: Callable[[Callable[[], None]], None],
    ) -> None:
        self._providers = providers
        self._holds = holds
        self._pool = pool
        self._clock = clock
        self._post = post
        self._not_before: dict[str, float] = {}
        self.ready: dict[str, Provider] = {}
        """By account."""

    def want(self, accounts: Iterable[str]) -> None:
        """Have those made that are not at hand. A missing key holds the account."""
        now = self._clock.monotonic()
        for account in accounts:
            waits = now < self._not_before.get(account, 0.0)
            if account in self.ready or account in self._holds or waits:
                continue
            self._not_before[account] = float("inf")
            self._pool.start(partial(self._make, account))

    def forget(self, account: str) -> None:
        """Its key or settings changed."""
        self._providers.forget(account)
        self.ready.pop(account, None)
        self._not_before.pop(account, None)

    def _make(self, account: str) -> None:
        """On a worker."""
        made = answer_of(partial(self._providers.provider, account), f"the adapter of {account}")
        if isinstance(made, TransferError):
            self._post(partial(self._failed, account, made))
        else:
            self._post(partial(self._made, account, made))

    def _made(self, account: str, provider: Provider) -> None:
        self._not_before.pop(account, None)
        self.ready[account] = provider

    def _failed(self, account: str, error: TransferError) -> None:
        if isinstance(error, SignInNeeded):
            self._not_before.pop(account, None)
            self._holds.hold(account, error)
            return
        self._not_before[account] = self._clock.monotonic() + RETRY_SECONDS
        log.warning("no adapter for an account: %s %s", error.kind, error.detail)
