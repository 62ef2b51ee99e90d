"""Questions and small orders to a service that are no transfers: list, make a folder, delete, link.

Every method blocks on the network and belongs on a worker thread. All raise
``model.errors.TransferError``; ``Unavailable`` where the service lacks the ability.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from pipette.model.account import Account, Secret
from pipette.model.errors import Unavailable
from pipette.model.files import Location, RemoteFile
from pipette.providers.protocol import (
    AccountTest,
    Browses,
    Deletes,
    Features,
    Links,
    ListsUploads,
    MakesFolders,
    OpenUpload,
    Page,
    Provider,
    ShowsPages,
    TestsAccount,
    Who,
)
from pipette.providers.protocol_drs import DrsFile, DrsLimits, DrsTarget, ImportsDrs

Ability = TypeVar("Ability")


class Providers(Protocol):
    """Where the engine gets the adapter of an account from."""

    def provider(self, account: str) -> Provider:
        """The adapter, made once and shared. Raises SignInNeeded when there is no key for it."""
        ...

    def trial(self, account: Account, secret: Secret) -> TestsAccount:
        """An adapter for an account that is not kept yet."""
        ...

    def forget(self, account: str) -> None:
        """Drop the adapter: its account or key changed."""
        ...


class Desk:
    def __init__(self, providers: Providers) -> None:
        self._providers = providers

    def list(self, folder: Location, cursor: str | None = None) -> Page:
        """One page of a folder; of the account's projects when the container is empty."""
        return self._able(folder.account, Browses).list(folder, cursor)

    def find(self, at: Location) -> RemoteFile | None:
        return self._providers.provider(at.account).find(at)

    def make_folder(self, folder: Location) -> None:
        self._able(folder.account, MakesFolders).make_folder(folder)

    def delete(self, at: Location) -> None:
        self._able(at.account, Deletes).delete(at)

    def link(self, at: Location, hours: float) -> str:
        """The link is a secret: show and copy it, never log it."""
        return self._able(at.account, Links).link(at, hours)

    def page(self, at: Location) -> str:
        """The platform's own page of this place; no secret."""
        return self._able(at.account, ShowsPages).page_of(at)

    def features(self, account: str) -> Features:
        return self._providers.provider(account).features

    def can(self, account: str, ability: type) -> bool:
        return isinstance(self._providers.provider(account), ability)

    def drs_limits(self, account: str) -> DrsLimits:
        """Unavailable tells that nothing can be imported there."""
        return self._able(account, ImportsDrs).drs_limits

    def drs_named(self, into: DrsTarget, names: Sequence[str]) -> Sequence[DrsFile]:
        """Which of these names are taken where an import would go."""
        return self._able(into.place.account, ImportsDrs).drs_named(into, names)

    def unfinished(self, account: str, container: str) -> Sequence[OpenUpload]:
        return self._able(account, ListsUploads).unfinished(container)

    def abort(self, account: str, upload: OpenUpload) -> None:
        self._providers.provider(account).abort(upload.location, upload.handle)

    def test(self, account: Account, secret: Secret) -> Sequence[AccountTest]:
        return self._providers.trial(account, secret).test()

    def who(self, account: Account, secret: Secret) -> Who:
        return self._providers.trial(account, secret).who()

    def forget(self, account: str) -> None:
        """The account or its key changed. Returns at once; any thread."""
        self._providers.forget(account)

    def _able(self, account: str, ability: type[Ability]) -> Ability:
        provider = self._providers.provider(account)
        if not isinstance(provider, ability):
            raise Unavailable(f"{account} has no {ability.__name__}")
        return provider
