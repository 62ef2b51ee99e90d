"""A whole window on scripted parts: a desk that answers from memory, accounts, and a theme."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from PySide6.QtWidgets import QApplication
from tests.fakes.queue import ScriptedQueue

from pipette.engine.desk import Desk
from pipette.model.account import Account, Secret
from pipette.model.errors import TransferError
from pipette.model.files import Kind, Location, RemoteFile
from pipette.model.kinds import Kinds
from pipette.model.receipt_document import Json
from pipette.model.transfer import BatchId, IfExists
from pipette.providers.kinds import KINDS
from pipette.providers.protocol import (
    AccountTest,
    Features,
    OpenUpload,
    Page,
    Provider,
    ShowsPages,
    Who,
)
from pipette.store.accounts import Accounts
from pipette.store.credentials import Credentials, MemoryCredentials
from pipette.store.settings import Settings
from pipette.ui.main_window import MainWindow
from pipette.ui.main_window_parts import Parts
from pipette.ui.theme import Theme, ThemeChoice

ALL_KINDS = Kinds(info.about for info in KINDS.values())
ALL_WELL = (
    AccountTest("reach", True, "38 ms"),
    AccountTest("key", True, "Dana Whitfield"),
    AccountTest("projects", True, "3"),
    AccountTest("upload", True),
    AccountTest("clock", True),
)


class NoProviders:
    """The scripted desk answers by itself; nothing may reach for an adapter."""

    def provider(self, account: str) -> Provider:
        raise AssertionError(account)

    def trial(self, account: Account, secret: Secret) -> ScriptedDesk:
        raise AssertionError(account)

    def forget(self, account: str) -> None:
        raise AssertionError(account)


class ScriptedDesk(Desk):
    """Answers from ``folders``. ``hold`` keeps answers back until ``let_go``, for what waiting shows."""

    def __init__(self) -> None:
        super().__init__(NoProviders())
        self.folders: dict[Location, list[Page]] = {}
        self.failures: dict[Location, TransferError] = {}
        self.tests: Sequence[AccountTest] = ALL_WELL
        self.person = Who("id-dana", "Dana Whitfield")
        self.tried: list[tuple[Account, Secret]] = []
        self.made: list[Location] = []
        self.deleted: list[Location] = []
        self.listed: list[Location] = []
        self.left_over: list[OpenUpload] = []
        self.aborted: list[OpenUpload] = []
        self.forgotten: list[str] = []
        self.lacks: dict[str, set[type]] = {}
        """Abilities that the service of an account has not."""
        self.told: dict[str, Features] = {}
        self._gate = threading.Event()
        self._gate.set()

    def hold(self) -> None:
        self._gate.clear()

    def let_go(self) -> None:
        self._gate.set()

    def put(self, folder: Location, *items: RemoteFile) -> None:
        self.folders[folder] = [Page(items)]

    def list(self, folder: Location, cursor: str | None = None) -> Page:
        self._gate.wait(10)
        self.listed.append(folder)
        if folder in self.failures:
            raise self.failures[folder]
        pages = self.folders.get(folder, [Page(())])
        number = int(cursor or 0)
        more = str(number + 1) if number + 1 < len(pages) else None
        return replace(pages[number], cursor=more)

    def make_folder(self, folder: Location) -> None:
        self.made.append(folder)

    def delete(self, at: Location) -> None:
        self.deleted.append(at)

    def link(self, at: Location, hours: float) -> str:
        return f"https://store.example/{at.path}?for={hours}"

    def features(self, account: str) -> Features:
        return self.told.get(account, Features(frozenset(IfExists)))

    def can(self, account: str, ability: type) -> bool:
        """Everything, except pages of its own, unless told otherwise."""
        return ability not in self.lacks.get(account, {ShowsPages})

    def page(self, at: Location) -> str:
        return f"https://platform.example/{at.container}/{at.path}"

    def unfinished(self, account: str, container: str) -> Sequence[OpenUpload]:
        return self.left_over

    def forget(self, account: str) -> None:
        self.forgotten.append(account)

    def abort(self, account: str, upload: OpenUpload) -> None:
        self.aborted.append(upload)

    def test(self, account: Account, secret: Secret) -> Sequence[AccountTest]:
        self._gate.wait(10)
        self.tried.append((account, secret))
        return self.tests

    def who(self, account: Account, secret: Secret) -> Who:
        return self.person


def a_remote_file(at: Location, size: int | None = 1000, **facts: object) -> RemoteFile:
    return RemoteFile(at, Kind.FILE, size=size, **facts)


def a_folder(at: Location, **facts: object) -> RemoteFile:
    return RemoteFile(at, Kind.FOLDER, **facts)


def _no_receipt(batch: BatchId) -> Mapping[str, Json]:
    raise LookupError(batch)


@dataclass
class Scene:
    """Everything a test needs to look at the window from outside."""

    window: MainWindow
    queue: ScriptedQueue
    desk: ScriptedDesk
    accounts: Accounts
    credentials: Credentials
    theme: Theme
    saved: list[Settings] = field(default_factory=list)


def make_theme(choice: ThemeChoice = ThemeChoice.LIGHT) -> Theme:
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        raise TypeError(app)
    return Theme(app, choice)


def make_scene(
    folder: Path,
    accounts: Sequence[Account] = (),
    queue: ScriptedQueue | None = None,
    desk: ScriptedDesk | None = None,
    settings: Settings | None = None,
    theme: Theme | None = None,
    change: Callable[[Parts], Parts] = lambda parts: parts,
) -> Scene:
    """A window on these parts, not shown yet."""
    kept = Accounts(folder / "accounts.json")
    for account in accounts:
        kept.add(account)
    credentials = Credentials(MemoryCredentials(), {})
    queue = queue or ScriptedQueue()
    desk = desk or ScriptedDesk()
    saved: list[Settings] = []
    theme = theme or make_theme()
    parts = Parts(
        queue=queue,
        desk=desk,
        accounts=kept,
        credentials=credentials,
        settings=settings or Settings(),
        save_settings=saved.append,
        theme=theme,
        clean=lambda text: text,
        read_receipt=_no_receipt,
        kinds=ALL_KINDS,
    )
    window = MainWindow(change(parts))
    return Scene(window, queue, desk, kept, credentials, theme, saved)
