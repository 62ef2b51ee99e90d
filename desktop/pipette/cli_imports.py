"""The command ``import-drs``: have a platform import a list of DRS addresses."""

from __future__ import annotations

import argparse
from pathlib import Path

from pipette.cli_engine import Refusal
from pipette.cli_session import Session
from pipette.cli_transfers import refuse_missing_container, run
from pipette.model.drs_manifest import Checks, Manifest, checked
from pipette.model.drs_table import ManifestUnreadable, Role, guessed_roles, table_from_bytes
from pipette.model.files import Location
from pipette.model.transfer import BatchOptions, IfExists
from pipette.providers.protocol_drs import ImportsDrs
from pipette.ui import words_drs


def import_drs(session: Session, arguments: argparse.Namespace) -> int:
    place = session.place(arguments.to)
    rule = IfExists(arguments.if_exists or IfExists.SKIP.value)
    segments = _refuse_bad_target(session, place)
    project = "" if place.path.strip("/") else place.container
    manifest = _manifest(arguments.manifest, Checks(rule, segments, project))
    options = BatchOptions(rule, False, session.settings.operator, tuple(arguments.tag))
    return run(
        session,
        lambda engine: [engine.import_drs(manifest, place, options)],
        arguments.give_up_after,
    )


def _refuse_bad_target(session: Session, place: Location) -> int:
    """How many segments name a project there. What would fail for every row is refused."""
    account = place.account
    if not session.ask(account, lambda: session.desk.can(account, ImportsDrs)):
        raise Refusal(f"{account} cannot import DRS addresses. Nothing was sent.")
    if not place.container:
        raise Refusal(f"{place} names no project. Nothing was sent.")
    refuse_missing_container(session, place)
    features = session.ask(account, lambda: session.desk.features(account))
    return features.container_segments


def _manifest(path: str, checks: Checks) -> Manifest:
    try:
        table = table_from_bytes(Path(path).read_bytes())
    except OSError as error:
        raise Refusal(f"{path} cannot be read: {error.strerror}. Nothing was sent.") from error
    except ManifestUnreadable as error:
        raise Refusal(f"{path}: {words_drs.UNREADABLE[error.reason]} Nothing was sent.") from error
    roles = guessed_roles(table)
    if not table.rows or Role.ADDRESS not in roles:
        raise Refusal(f"{path}: {words_drs.NO_ADDRESSES} Nothing was sent.")
    return checked(str(Path(path).absolute()), table, roles, checks)
