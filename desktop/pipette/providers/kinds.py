"""Which services there are, and where the engine gets the adapter of an account from."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from pipette.model.account import Account, Network, Secret
from pipette.model.errors import SignInNeeded, Unavailable
from pipette.model.kinds import ServiceKind
from pipette.providers.basespace_kind import BASESPACE_KIND
from pipette.providers.ica_kind import ICA_KIND
from pipette.providers.memory import EndpointMemory
from pipette.providers.onecodex_kind import ONECODEX_KIND
from pipette.providers.protocol import Provider, TestsAccount
from pipette.providers.s3_kind import S3_KIND
from pipette.providers.sevenbridges_kind import SEVENBRIDGES_KIND


class Service(Provider, TestsAccount, Protocol):
    """What every adapter is."""


Factory = Callable[[Account, Secret, Network, EndpointMemory], Service]


@dataclass(frozen=True, slots=True)
class KindInfo:
    """A kind of service as it presents itself, and how an adapter is made."""

    about: ServiceKind
    factory: Factory


# Each imports what it makes when it is first needed: no start waits for services nobody uses.


def _s3(account: Account, secret: Secret, network: Network, memory: EndpointMemory) -> Service:
    from pipette.providers.s3 import S3

    return S3(account, secret, network, memory)


def _ica(account: Account, secret: Secret, network: Network, memory: EndpointMemory) -> Service:
    from pipette.providers.ica import Ica

    return Ica(account, secret, network, memory)


def _basespace(
    account: Account, secret: Secret, network: Network, memory: EndpointMemory
) -> Service:
    from pipette.providers.basespace import BaseSpace

    return BaseSpace(account, secret, network, memory)


def _sevenbridges(
    account: Account, secret: Secret, network: Network, memory: EndpointMemory
) -> Service:
    from pipette.providers.sevenbridges import SevenBridges

    return SevenBridges(account, secret, network, memory)


def _onecodex(
    account: Account, secret: Secret, network: Network, memory: EndpointMemory
) -> Service:
    from pipette.providers.onecodex import OneCodex

    return OneCodex(account, secret, network, memory)


KINDS: Mapping[str, KindInfo] = {
    "s3": KindInfo(S3_KIND, _s3),
    "ica": KindInfo(ICA_KIND, _ica),
    "basespace": KindInfo(BASESPACE_KIND, _basespace),
    "sevenbridges": KindInfo(SEVENBRIDGES_KIND, _sevenbridges),
    "onecodex": KindInfo(ONECODEX_KIND, _onecodex),
}


class OpenAccounts:
    """Makes the adapter of an account when it is first needed and shares it. Any thread."""

    def __init__(
        self,
        account: Callable[[str], Account],
        secret: Callable[[str], Secret],
        network: Network,
        memory: EndpointMemory,
    ) -> None:
        """``account`` and ``secret`` look a name up; they may read the disk or the keychain."""
        self._account = account
        self._secret = secret
        self._network = network
        self._memory = memory
        self._lock = threading.Lock()
        self._open: dict[str, Service] = {}
        self._forgotten = 0

    def provider(self, account: str) -> Provider:
        with self._lock:
            known = self._open.get(account)
            before = self._forgotten
        if known is not None:
            return known
        made = self._make(self._account(account), self._secret(account))
        with self._lock:
            # An adapter made with a key that was dropped meanwhile serves once and is not kept.
            if before != self._forgotten:
                return made
            return self._open.setdefault(account, made)

    def trial(self, account: Account, secret: Secret) -> TestsAccount:
        return self._make(account, secret)

    def forget(self, account: str) -> None:
        with self._lock:
            self._forgotten += 1
            self._open.pop(account, None)

    def _make(self, account: Account, secret: Secret) -> Service:
        kind = KINDS.get(account.kind)
        if kind is None:
            raise Unavailable(f"no service of the kind {account.kind!r}")
        if not secret:
            raise SignInNeeded(f"no key is stored for {account.name}")
        return kind.factory(account, secret, self._network, self._memory)
