"""Turns what a person types or pastes into the path field into a place, and back."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from pipette.model.account import Account
from pipette.model.files import Location

_AWS = ".amazonaws.com"


def place_from_text(
    text: str, accounts: Sequence[Account], shown: Location | None
) -> Location | None:
    """The place meant, or None when it cannot be told.

    Understands ``account:/bucket/folder``, ``s3://bucket/folder``, web addresses of a bucket, and
    a bare path, which is read inside the location shown.
    """
    text = text.strip()
    if text.startswith("s3://"):
        return _in_some_account(text[5:], _s3_accounts(accounts), shown)
    if text.startswith(("https://", "http://")):
        return _from_web_address(text, accounts, shown)
    if ":" in text.partition("/")[0]:
        return _from_written_form(text, accounts)
    if shown is None or not shown.account or not text:
        return None
    return _inside(shown.account, text)


def text_of(place: Location) -> str:
    return str(place)


def crumbs_of(place: Location) -> list[Location]:
    """The place and everything above it, from the account down."""
    trail = [place]
    while trail[0].container:
        trail.insert(0, trail[0].parent)
    return trail


def _from_written_form(text: str, accounts: Sequence[Account]) -> Location | None:
    try:
        place = Location.parse(text)
    except ValueError:
        return None
    return place if any(account.name == place.account for account in accounts) else None


def _from_web_address(
    text: str, accounts: Sequence[Account], shown: Location | None
) -> Location | None:
    address = urlsplit(text)
    path = unquote(address.path).strip("/")
    host = (address.hostname or "").lower()
    for account in accounts:
        own = urlsplit(account.url)
        if own.hostname and own.hostname.lower() == host and own.port == address.port:
            return _inside(account.name, path)
    if not host.endswith(_AWS):
        return None
    bucket, _, rest = host.removesuffix(_AWS).rpartition("s3")
    on_aws = [account for account in _s3_accounts(accounts) if not account.url]
    if rest.strip(".-").count("."):
        return None
    bucket = bucket.rstrip(".")
    return _in_some_account(f"{bucket}/{path}" if bucket else path, on_aws, shown)


def _in_some_account(
    path: str, candidates: Sequence[Account], shown: Location | None
) -> Location | None:
    """In the account shown when it is one of them, else the one set up for that bucket, else the first."""
    bucket = path.partition("/")[0]
    here = [
        account for account in candidates if shown is not None and account.name == shown.account
    ]
    for_bucket = [account for account in candidates if account.container == bucket]
    chosen = [*for_bucket, *here, *candidates]
    return _inside(chosen[0].name, path) if chosen and bucket else None


def _inside(account: str, path: str) -> Location:
    container, _, folder = path.strip("/").partition("/")
    return Location(account, container, folder.rstrip("/"))


def _s3_accounts(accounts: Sequence[Account]) -> list[Account]:
    return [account for account in accounts if account.kind == "s3"]
