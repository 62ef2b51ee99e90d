"""A kind of service as it presents itself: its names, its servers, and what its key looks like.

Every adapter brings one ``ServiceKind``. Whoever adds an account reads it: the window's wizard and
the command line know no service by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from urllib.parse import SplitResult, urlsplit

from pipette.model.account import Account


class KeyForm(Enum):
    """What a key consists of."""

    ONE = "one"
    """One word."""
    PAIR = "pair"
    """``ACCESS:SECRET`` or ``ACCESS:SECRET:SESSION``."""


@dataclass(frozen=True, slots=True)
class Region:
    """One of a service's own servers. ``code`` is what ``Account.region`` holds."""

    code: str
    name: str
    """In plain words: ``Frankfurt, EU``."""
    host: str = ""
    key_page: str = ""
    """Where a person makes a key; "" where that is not the same for everyone."""
    also: tuple[str, ...] = ()
    """Other codes it is known by."""
    short: str = ""
    """What people call it, where that is not what they call the service."""

    def is_called(self, code: str) -> bool:
        return code.casefold() in {self.code.casefold(), *(name.casefold() for name in self.also)}


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a pasted address says; "" where it says nothing.

    ``url`` is the address of a server of one's own. A project is told by its name
    (``container``) or by the service's own id for it.
    """

    url: str = ""
    region: str = ""
    container: str = ""
    path: str = ""
    project_id: str = ""
    is_certain: bool = True
    """False where any other service might stand behind the address as well."""


Recognise = Callable[[str], Recognised | None]


@dataclass(frozen=True, slots=True)
class ServiceKind:
    code: str
    """As ``Account.kind``."""
    title: str
    short: str
    """What people call it."""
    about: str
    """What it holds, in a few words."""
    monogram: str
    tile: int
    """Its place among the tiles, which also gives its colour."""
    recognise: Recognise
    """Reads a pasted web address; None when it is not one of this service's. Pure."""
    regions: tuple[Region, ...]
    """The first is taken unless another is chosen."""
    takes_other_regions: bool = False
    """There may be regions that are not listed."""
    standard: str = ""
    """What the service's own servers are called, beside servers of one's own."""
    own_server: str = ""
    """The address of a server of one's own, as an example; "" where there are none."""
    key_form: KeyForm = KeyForm.ONE
    key_steps: tuple[str, ...] = ()
    """How a person comes by a key."""
    container: str = "project"
    """What holds files and folders."""
    container_segments: int = 1
    """How many path segments name one."""
    imports_drs: bool = False
    """Whether it fetches files by their DRS addresses."""

    @property
    def asks_server(self) -> bool:
        """Whether there is anything to choose between."""
        return len(self.regions) > 1 or bool(self.own_server)

    def region(self, code: str) -> Region | None:
        """The region of this code, the first one for ""; None when it is not listed."""
        if not code:
            return self.regions[0]
        return next((region for region in self.regions if region.is_called(code)), None)

    def where(self, account: Account) -> str:
        """The account's server as people know it; "" where all accounts share one."""
        if account.url:
            return urlsplit(account.url).hostname or account.url
        region = self.region(account.region)
        if region is None or not region.code or self.takes_other_regions:
            return account.region
        return region.name

    def host(self, account: Account) -> str:
        """What people call the account's server: its host, or the service's name."""
        if account.url:
            address = urlsplit(account.url)
            return address.netloc.rpartition("@")[2] or account.url
        region = self.region(account.region)
        if region is not None and region.host:
            return region.host
        return ", ".join(part for part in (self.standard or self.title, account.region) if part)


class Kinds:
    """All kinds there are, in the order of their tiles."""

    def __init__(self, kinds: Iterable[ServiceKind]) -> None:
        self._kinds = tuple(sorted(kinds, key=lambda kind: kind.tile))

    def __iter__(self) -> Iterator[ServiceKind]:
        return iter(self._kinds)

    def named(self, code: str) -> ServiceKind:
        """A kind of a later version stands for itself, under its code."""
        return next((kind for kind in self._kinds if kind.code == code), _unknown(code))

    def of(self, account: Account) -> ServiceKind:
        return self.named(account.kind)


def _unknown(code: str) -> ServiceKind:
    return ServiceKind(
        code=code,
        title=code,
        short=code,
        about="",
        monogram=code[:2].upper(),
        tile=0,
        recognise=lambda _text: None,
        regions=(Region("", code),),
        takes_other_regions=True,
    )


def recognised_in(
    text: str, kinds: Iterable[ServiceKind]
) -> Sequence[tuple[ServiceKind, Recognised]]:
    """Every reading of a pasted address, the certain ones first."""
    readings = [(kind, found) for kind in kinds if (found := kind.recognise(text)) is not None]
    return sorted(readings, key=lambda reading: not reading[1].is_certain)


def web_address(text: str) -> SplitResult | None:
    """The parts of a pasted web address; None for other text."""
    try:
        address = urlsplit(text.strip())
        host = address.hostname
    except ValueError:
        return None
    return address if address.scheme in {"http", "https"} and host else None


def server_of(address: SplitResult) -> str:
    """The server alone, without whatever key or path it was pasted with."""
    return f"{address.scheme}://{address.netloc.rpartition('@')[2]}"
