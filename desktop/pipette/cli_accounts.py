"""``pipette account``: add, list, test, remove."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace

from pipette.cli_engine import ALL_WELL, OUT_OF_REACH, SIGN_IN, SOME_FAILED, Refusal
from pipette.cli_output import Value
from pipette.cli_session import Session, read_key
from pipette.model.account import Account, Secret
from pipette.model.errors import SignInNeeded, TransferError, error_of_kind
from pipette.model.kinds import ServiceKind
from pipette.providers.kinds import KINDS
from pipette.providers.protocol import AccountTest
from pipette.store.accounts import AccountRefused
from pipette.ui import words

_REFUSALS = {
    "name": "This name cannot be used: it may not be empty or hold a colon or a slash.",
    "kind": "This kind of platform is not known.",
    "url": "This is no plain https:// or http:// address. Keys never stand in an address.",
}
_TESTS = {
    "reach": "reaches the platform",
    "key": "the key is accepted",
    "projects": "projects or buckets are visible",
    "upload": "may upload",
    "clock": "the clocks agree",
}


def add(session: Session, arguments: argparse.Namespace) -> int:
    """Adding a name again gives it a new key; another kind or address is refused."""
    region = _region(KINDS[arguments.kind].about, arguments.region, arguments.url)
    account = Account(arguments.name, arguments.kind, arguments.url, region)
    account, is_new = _kept(session, account)
    key = Secret(read_key())
    if not key and session.credentials.overriding(account.name) is None:
        raise Refusal("No key was given on standard input. Nothing was added.", SIGN_IN)
    try:
        (session.accounts.add if is_new else session.accounts.update)(account)
    except AccountRefused as error:
        raise Refusal(_REFUSALS[str(error)]) from error
    code = _keep_key(session, account.name, key) if key else ALL_WELL
    session.tell_owner(account.name)
    line = f"{account.name} was added." if is_new else f"{account.name} has a new key."
    session.speaker.event("account", _fields(account), line)
    return code


def _region(kind: ServiceKind, code: str, url: str) -> str:
    """The region as the service itself calls it. Raises Refusal for one it has not."""
    if not code or url or kind.takes_other_regions:
        return code
    region = kind.region(code)
    if region is not None:
        return region.code
    known = [f"{region.code} ({region.name})" for region in kind.regions if region.code]
    there_are = f"it has {', '.join(known)}" if known else "it has only one"
    raise Refusal(f"{kind.title} has no region called {code!r}: {there_are}. Nothing was added.")


def _kept(session: Session, given: Account) -> tuple[Account, bool]:
    """The account as it will be kept, and whether it is new. Raises Refusal."""
    known = next((one for one in session.accounts.list() if one.name == given.name), None)
    if known is None:
        return given, True
    url, region = given.url or known.url, given.region or known.region
    if (known.kind, known.url) != (given.kind, url):
        raise Refusal(
            f"There is a location called {given.name!r} already, of another kind or address."
        )
    return replace(known, region=region), False


def _keep_key(session: Session, name: str, key: Secret) -> int:
    from pipette.store.credentials import KeychainTrouble, environment_name

    try:
        session.credentials.set(name, key)
    except KeychainTrouble as trouble:
        if session.credentials.overriding(name) is not None:
            return ALL_WELL
        variable = environment_name(name)
        session.speaker.say(
            f"{words.message(trouble.kind).title}, so the key could not be kept. "
            f"Set {variable} to the key whenever you use this location."
        )
        return SIGN_IN
    return ALL_WELL


def show(session: Session, arguments: argparse.Namespace) -> int:
    for account in _chosen(session, arguments.name):
        where = " · ".join(part for part in (account.url, account.region, account.who) if part)
        kind = KINDS[account.kind].about.title
        session.speaker.event(
            "account", _fields(account), f"{account.name}  {kind}  {where}".rstrip()
        )
    return ALL_WELL


def test(session: Session, arguments: argparse.Namespace) -> int:
    """Try accounts out. The worst outcome decides: sign-in, then reach, then anything else."""
    chosen = _chosen(session, arguments.name)
    codes = {_test(session, account) for account in chosen}
    for code in (SIGN_IN, OUT_OF_REACH, SOME_FAILED):
        if code in codes:
            return code
    return ALL_WELL


def _test(session: Session, account: Account) -> int:
    try:
        results = session.desk.test(account, session.secret(account.name))
    except SignInNeeded as error:
        results = [AccountTest("key", passed=False, detail=error.detail, kind=error.kind)]
    except TransferError as error:
        results = [AccountTest("reach", passed=False, detail=error.detail, kind=error.kind)]
    for result in results:
        fields: dict[str, Value] = {
            "account": account.name,
            "test": result.name,
            "passed": result.passed,
            "detail": result.detail or None,
            "error": result.kind or None,
        }
        session.speaker.event("test", fields, _test_line(account, result))
    return _code_of(results)


def _test_line(account: Account, result: AccountTest) -> str:
    mark = {True: "yes", False: "no", None: "not known"}[result.passed]
    kind = result.detail if result.detail in {"NoKeychain", "KeychainLocked"} else result.kind
    why = (
        f". {words.message(kind, place=account.name).text}"
        if result.passed is False and kind
        else ""
    )
    return f"{account.name}: {_TESTS.get(result.name, result.name)}: {mark}{why}"


def _code_of(results: Sequence[AccountTest]) -> int:
    failed = [result for result in results if result.passed is False]
    errors = [error_of_kind(result.kind, "") for result in failed]
    if any(isinstance(error, SignInNeeded) for error in errors):
        return SIGN_IN
    if any(result.name == "reach" for result in failed):
        return OUT_OF_REACH
    return SOME_FAILED if failed else ALL_WELL


def remove(session: Session, arguments: argparse.Namespace) -> int:
    """Forgets the key too. Receipts stay."""
    from pipette.store.credentials import KeychainLocked, NoKeychain

    account = session.account(arguments.name)
    try:
        session.credentials.delete(account.name)
    except NoKeychain:
        session.speaker.say("There is no keychain here, so there was no key to forget.")
    except KeychainLocked as locked:
        raise Refusal(
            words.message(locked.kind).text + " Nothing was removed.", SIGN_IN
        ) from locked
    session.accounts.remove(account.name)
    session.tell_owner(account.name)
    session.speaker.event("account", _fields(account), f"{account.name} was removed.")
    return ALL_WELL


def _chosen(session: Session, name: str | None) -> Sequence[Account]:
    return [session.account(name)] if name else session.accounts.list()


def _fields(account: Account) -> dict[str, Value]:
    return {
        "name": account.name,
        "kind": account.kind,
        "url": account.url or None,
        "region": account.region or None,
        "who": account.who or None,
        "demo": account.demo,
    }
