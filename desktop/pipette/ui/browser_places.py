"""Turns what a person types or pastes into the path field into a place, and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from pipette.model.account import Account
from pipette.model.files import Location
from pipette.model.kinds import Kinds, Recognised, ServiceKind, recognised_in


@dataclass(frozen=True, slots=True)
class Meant:
    """The place a text names. ``project_id`` is set where its project is told by an id only."""

    place: Location
    project_id: str = ""


def place_from_text(
    text: str, accounts: Sequence[Account], shown: Location | None, kinds: Kinds
) -> Meant | None:
    """The place meant, or None when it cannot be told.

    Understands ``account:/project/folder``, the web addresses its kind of service recognises, and a
    bare path, which is read inside the location shown.
    """
    text = text.strip()
    if text.startswith(("s3://", "https://", "http://")):
        return _from_address(text, accounts, shown, kinds)
    if ":" in text.partition("/")[0]:
        return _from_written_form(text, accounts, kinds)
    here = next((one for one in accounts if shown is not None and one.name == shown.account), None)
    return _inside(here, text, kinds) if here is not None and text else None


def text_of(place: Location) -> str:
    return str(place)


def crumbs_of(place: Location) -> list[Location]:
    """The place and everything above it, from the account down."""
    trail = [place]
    while trail[0].container:
        trail.insert(0, trail[0].parent)
    return trail


def _from_written_form(text: str, accounts: Sequence[Account], kinds: Kinds) -> Meant | None:
    name = text.partition(":")[0]
    account = next((one for one in accounts if one.name == name), None)
    if account is None or not text.partition(":")[2].startswith("/"):
        return None
    return _inside(account, text.partition(":")[2], kinds)


def _inside(account: Account, path: str, kinds: Kinds) -> Meant:
    """A path too short to name a project means the list of projects."""
    segments = kinds.of(account).container_segments
    place = Location.parse(f"{account.name}:/{path.strip('/')}", segments)
    if place.container.count("/") + 1 < segments:
        return Meant(Location(account.name))
    return Meant(place)


def _from_address(
    text: str, accounts: Sequence[Account], shown: Location | None, kinds: Kinds
) -> Meant | None:
    for kind, found in recognised_in(text, kinds):
        fitting = [a for a in accounts if a.kind == kind.code and _is_there(a, kind, found, text)]
        account = _preferred(fitting, found.container, shown)
        if account is not None:
            place = Location(account.name, found.container, found.path.strip("/"))
            return Meant(place, "" if found.container else found.project_id)
    return None


def _is_there(account: Account, kind: ServiceKind, found: Recognised, text: str) -> bool:
    """Whether the address is one of the server of this account."""
    if text.startswith("s3://"):
        return True
    if found.url or account.url:
        return _server(found.url) == _server(account.url)
    if kind.takes_other_regions:
        return True
    return kind.region(found.region) == kind.region(account.region)


def _server(url: str) -> tuple[str | None, int | None]:
    address = urlsplit(url)
    return address.hostname, address.port


def _preferred(
    fitting: Sequence[Account], container: str, shown: Location | None
) -> Account | None:
    """The one set up for this project, else the one shown, else the first."""
    ranked: Iterable[Account] = [
        *(account for account in fitting if container and account.container == container),
        *(account for account in fitting if shown is not None and account.name == shown.account),
        *fitting,
    ]
    return next(iter(ranked), None)
